//! Photos of findings.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::photo::Picture;
use super::findings;
use crate::each;
use crate::kernel::{Code, Fault, Id, Result, saturating};
use crate::platform::db::schema::photo as table;
use crate::platform::db::{CHUNK_KEYS, Db};
use crate::platform::events::Stamp;
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};

/// A photo, without its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Photo {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// Pixels across.
    pub width: i64,
    /// Pixels down.
    pub height: i64,
    /// SHA-256 of the JPEG, lower-case hexadecimal.
    pub sha256: String,
    /// Where it is.
    pub href: String,
}

/// The photos of these findings, by finding, in the order they came.
pub fn photos_of(db: &mut Db, findings: &[Id]) -> Result<HashMap<Id, Vec<Photo>>> {
    let mut found: HashMap<Id, Vec<Photo>> = HashMap::new();
    for chunk in findings.chunks(CHUNK_KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, i64, i64, i64, String)> = each!(db, |c| table::table
            .filter(table::finding_id.eq_any(&keys))
            .order(table::id)
            .select((table::finding_id, table::id, table::width, table::height, table::sha256))
            .load(c))?;
        for (finding, id, width, height, sha256) in rows {
            let id = Id(id);
            found.entry(Id(finding)).or_default().push(Photo { id, width, height, sha256, href: format!("/photos/{id}.jpg") });
        }
    }
    Ok(found)
}

/// The JPEG of a photo and its hash, if a caller bound to `scope` may know of its finding.
pub fn photo(db: &mut Db, id: Id, scope: Option<Id>) -> Result<Option<(Vec<u8>, String)>> {
    let rows: Vec<(i64, String)> =
        each!(db, |c| table::table.filter(table::id.eq(id.0)).select((table::finding_id, table::sha256)).load(c))?;
    let Some((finding, hash)) = rows.into_iter().next() else { return Ok(None) };
    if findings::finding(db, Id(finding), scope)?.is_none() {
        return Ok(None);
    }
    let jpegs: Vec<Vec<u8>> = each!(db, |c| table::table.filter(table::id.eq(id.0)).select(table::jpeg).load(c))?;
    Ok(jpegs.into_iter().next().map(|jpeg| (jpeg, hash)))
}

/// Adds photos to a finding that is there. One that it has already is not kept twice. What they are now.
///
/// # Errors
/// [`Code::OutOfRange`] when it would have more than the policy allows.
pub fn attach(db: &mut Db, stamp: &Stamp, finding: Id, pictures: &[Picture]) -> Result<Vec<Photo>> {
    let known = photos_of(db, &[finding])?.remove(&finding).unwrap_or_default();
    let (mut ids, mut fresh) = (Vec::with_capacity(pictures.len()), Vec::new());
    let mut hashes: HashMap<String, Id> = known.iter().map(|photo| (photo.sha256.clone(), photo.id)).collect();
    for picture in pictures {
        let hash = sha256_hex(&picture.jpeg);
        let id = *hashes.entry(hash.clone()).or_insert_with(|| {
            let id = stamp.id();
            fresh.push((id, hash, picture));
            id
        });
        ids.push(id);
    }
    let max = policies::value(db, Policy::PhotosPerFinding, stamp.at)?;
    if saturating::<i64>(known.len() + fresh.len()) > max {
        return Err(too_many(max).into());
    }
    for (id, hash, picture) in &fresh {
        each!(db, |c| diesel::insert_into(table::table)
            .values((
                table::id.eq(id.0),
                table::finding_id.eq(finding.0),
                table::width.eq(i64::from(picture.width)),
                table::height.eq(i64::from(picture.height)),
                table::sha256.eq(hash),
                table::jpeg.eq(&picture.jpeg),
                table::created_at.eq(stamp.at),
            ))
            .execute(c))?;
    }
    if !fresh.is_empty() {
        let added: Vec<Id> = fresh.iter().map(|(id, ..)| *id).collect();
        findings::note_photos(db, stamp, finding, &added)?;
    }
    let all = photos_of(db, &[finding])?.remove(&finding).unwrap_or_default();
    Ok(all.into_iter().filter(|photo| ids.contains(&photo.id)).collect())
}

/// What is wrong with more photos than `max`.
pub(in crate::inspection::findings) fn too_many(max: i64) -> Fault {
    Fault::new("photos", Code::OutOfRange).with("min", 0).with("max", max)
}
