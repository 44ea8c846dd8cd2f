//! What is handed in with a verdict: pictures made anew, everything else as it came. Nothing is refused for what kind of file it is.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::json;

use super::super::FileKind;
use super::verdicts::{LineVerdict, tell};
use super::{verdict, verdict_file as table};
use crate::kernel::event::EventKind;
use crate::kernel::{Code, Fault, Id, Result, saturating};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::Sees;
use crate::{each, text_column};

text_column!(FileKind);

/// A file without its content.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct VerdictFile {
    /// Its id.
    pub id: Id,
    /// The verdict it was handed in with.
    pub verdict_id: Id,
    /// Whose door it came through; none is the brand's.
    pub party_id: Option<Id>,
    /// What it is.
    pub kind: FileKind,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Who handed it in.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

impl VerdictFile {
    /// What its name ends with, as a name of a file may end anywhere.
    pub fn ending(&self) -> &str {
        let ending = self.name.rsplit_once('.').map_or("", |(_, ending)| ending);
        match self.kind {
            FileKind::Photo => "jpg",
            FileKind::Pdf => "pdf",
            FileKind::Other if !ending.is_empty() && ending.len() <= 8 && ending.bytes().all(|b| b.is_ascii_alphanumeric()) => ending,
            FileKind::Other => "bin",
        }
    }
}

/// A file to be kept.
pub struct HandedIn {
    /// What it is.
    pub kind: FileKind,
    /// What it is called.
    pub name: String,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// The files of verdicts as somebody sees them: a party those that came through its own door.
pub fn files_of(db: &mut Db, verdicts: &[Id], sees: Sees) -> Result<Vec<VerdictFile>> {
    let found: Vec<VerdictFile> = in_chunks(verdicts, |ids| {
        each!(db, |c| table::table.filter(table::verdict_id.eq_any(ids)).order(table::id).select(VerdictFile::as_select()).load(c))
    })?;
    Ok(found.into_iter().filter(|file| sees.party().is_none_or(|own| file.party_id == Some(own))).collect())
}

/// The same of every version of a line's verdict.
pub fn files_of_line(db: &mut Db, line: Id, sees: Sees) -> Result<Vec<VerdictFile>> {
    let ids: Vec<Id> = each!(db, |c| verdict::table.filter(verdict::line_id.eq(line)).select(verdict::id).load(c))?;
    files_of(db, &ids, sees)
}

/// A file with its content, if the asker may have it.
pub fn content(db: &mut Db, verdict: Id, file: Id, sees: Sees) -> Result<Option<(VerdictFile, Vec<u8>)>> {
    let Some(known) = files_of(db, &[verdict], sees)?.into_iter().find(|known| known.id == file) else { return Ok(None) };
    let content: Vec<Vec<u8>> = each!(db, |c| table::table.filter(table::id.eq(file)).select(table::content).load(c))?;
    Ok(content.into_iter().next().map(|content| (known, content)))
}

/// Keeps files with a verdict. One that is there already is not kept twice.
///
/// # Errors
/// [`Code::OutOfRange`] for more than a case may have photos.
pub fn hand_in(db: &mut Db, stamp: &Stamp, of: &LineVerdict, party: Option<Id>, files: &[HandedIn]) -> Result<()> {
    let mut known: Vec<String> = files_of(db, &[of.id], Sees::ALL)?.into_iter().map(|file| file.sha256).collect();
    let max = policies::value(db, Policy::PhotosPerCase, stamp.at)?;
    let mut added = Vec::new();
    for file in files {
        if known.contains(&file.sha256) {
            continue;
        }
        known.push(file.sha256.clone());
        if saturating::<i64>(known.len()) > max {
            return Err(Fault::new("photos", Code::OutOfRange).with("min", 0).with("max", max).into());
        }
        let id = stamp.id();
        let row = (
            table::id.eq(id),
            table::verdict_id.eq(of.id),
            table::party_id.eq(party),
            table::kind.eq(file.kind.as_str()),
            table::name.eq(&file.name),
            table::sha256.eq(&file.sha256),
            table::content.eq(&file.content),
            table::actor.eq(&stamp.actor),
            table::at.eq(stamp.at),
        );
        each!(db, |c| diesel::insert_into(table::table).values(row).execute(c))?;
        added.push(file.sha256.as_str());
    }
    if added.is_empty() {
        return Ok(());
    }
    tell(db, stamp, EventKind::VerdictFiled, of, json!({ "party": party, "files": added }))
}
