//! Photos in and out.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::Reads;
use crate::inspection::findings::photo::{self, BYTES_MAX, Picture};
use crate::inspection::findings::store::photos;
use crate::inspection::findings::store::photos::too_many;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, saturating};
use crate::platform::http::body::{BODY_LIMIT, check_csrf};
use crate::platform::http::sha256_hex;

/// How long a body may go without a byte arriving.
const SILENCE: Duration = Duration::from_secs(20);
/// The side of a thumbnail.
const THUMBNAIL: u32 = 320;
/// Pictures decoded at a time: the largest takes some 300 MB while it is.
static DECODERS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

async fn decoding<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _turn = DECODERS.acquire().await.map_err(Error::broken)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::broken)?
}

/// Makes the pictures that are stored out of uploads.
pub async fn clean_all(uploads: Vec<Vec<u8>>) -> Result<Vec<Picture>> {
    let mut pictures = Vec::with_capacity(uploads.len());
    for bytes in uploads {
        pictures.push(decoding(move || photo::clean(&bytes)).await?);
    }
    Ok(pictures)
}

/// What an upload is refused for, said of the form's field.
pub fn at_photos(error: Error) -> Error {
    match error {
        Error::Refused(refusal) if refusal.faults.is_empty() && refusal.code.status() == 422 => {
            Fault { field: "photos".into(), line: None, code: refusal.code, args: refusal.args }.into()
        }
        other => other,
    }
}

/// A form with photos, read whole.
pub struct PhotoForm {
    /// The fields, by name.
    pub values: HashMap<String, String>,
    /// The files that are not empty, as they came.
    pub photos: Vec<Vec<u8>>,
    /// What their sender calls them, without a path.
    pub names: Vec<String>,
    /// A hash of all of it, for idempotency.
    pub hash: String,
}

/// Reads a form of ours with at most `most` photos.
///
/// # Errors
/// [`Code::CrossSite`] without our token, which stands before the photos; [`Code::BodyTooLarge`] for a photo of more than 8 MiB;
/// [`Code::OutOfRange`] for more photos than `most`; [`Code::BodyTooSlow`], [`Code::Malformed`].
pub async fn read_form(request: &HttpRequest, mut form: Multipart, most: i64) -> Result<PhotoForm> {
    let (mut values, mut photos, mut names, mut hashes) = (HashMap::new(), Vec::new(), Vec::new(), String::new());
    let (mut checked, mut texts) = (false, 0);
    while let Some(field) = next_in_time(&mut form).await? {
        let mut field = field.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        let name = field.name().unwrap_or_default().to_owned();
        if name == "photos" {
            if !checked {
                return Err(Code::CrossSite.into());
            }
            let bytes = read_field(&mut field, BYTES_MAX).await?;
            // A file input that was left alone sends one empty file.
            if bytes.is_empty() {
                continue;
            }
            hashes.push_str(&sha256_hex(&bytes));
            photos.push(bytes);
            names.push(called(field.content_disposition().and_then(|said| said.get_filename()), photos.len()));
            if saturating::<i64>(photos.len()) > most {
                return Err(too_many(most).into());
            }
            continue;
        }
        let bytes = read_field(&mut field, BODY_LIMIT - texts).await?;
        texts += bytes.len() + name.len();
        if texts >= BODY_LIMIT {
            return Err(Refusal::new(Code::BodyTooLarge).with("limit", BODY_LIMIT).into());
        }
        let text = String::from_utf8(bytes).map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        if name == "csrf" {
            check_csrf(request, &text)?;
            checked = true;
            continue;
        }
        hashes.push_str(&sha256_hex(format!("{name}={text}").as_bytes()));
        values.insert(name, text);
    }
    if !checked {
        check_csrf(request, "")?;
    }
    Ok(PhotoForm { values, photos, names, hash: sha256_hex(hashes.as_bytes()) })
}

/// What a file is called: its own name without a path and without what no name has, or its number.
fn called(name: Option<&str>, number: usize) -> String {
    let last = name.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && *c != '"').take(80).collect();
    let kept = kept.trim();
    if kept.is_empty() { number.to_string() } else { kept.to_owned() }
}

async fn next_in_time<S: futures_util::Stream + Unpin>(stream: &mut S) -> Result<Option<S::Item>> {
    tokio::time::timeout(SILENCE, stream.next()).await.map_err(|_| Code::BodyTooSlow.into())
}

async fn read_field(field: &mut Field, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_in_time(field).await? {
        let chunk = chunk.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(Refusal::new(Code::BodyTooLarge).with("limit", limit).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How a photo is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoSize {
    /// 320 for a thumbnail.
    w: Option<u32>,
}

impl PhotoSize {
    /// Whether a thumbnail is wanted.
    ///
    /// # Errors
    /// [`Code::NotOneOf`] for a width that none is made in.
    pub fn is_small(&self) -> Result<bool> {
        match self.w {
            None => Ok(false),
            Some(THUMBNAIL) => Ok(true),
            Some(other) => Err(Fault::new("w", Code::NotOneOf).with("value", other).with("allowed", THUMBNAIL).into()),
        }
    }
}

/// A photo, for those who may see its finding.
pub(super) async fn picture(call: Reads, id: web::Path<String>, wanted: web::Query<PhotoSize>) -> Result<HttpResponse> {
    let (id, party): (Id, _) = (id.parse()?, call.party);
    let small = wanted.is_small()?;
    let (jpeg, hash) = call.read(move |db| photos::photo(db, id, party)).await?.ok_or(Code::NotFound)?;
    photo_answer(call.request(), id, (jpeg, &hash), small).await
}

/// A stored photo as an answer; `small` for a thumbnail.
pub async fn photo_answer(request: &HttpRequest, id: Id, (jpeg, hash): (Vec<u8>, &str), small: bool) -> Result<HttpResponse> {
    let tag = format!("\"{hash}{}\"", if small { "-320" } else { "" });
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .insert_header((header::ETAG, tag.as_str()))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    let body = if small { decoding(move || photo::thumbnail(&jpeg, THUMBNAIL)).await? } else { jpeg };
    Ok(response
        .content_type("image/jpeg")
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{id}.jpg\"")))
        .body(body))
}
