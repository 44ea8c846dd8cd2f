//! Bodies that are files: taken within what somebody may have waiting, and removed again when nothing comes of them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};

use super::super::ZippedFiles;
use super::super::desk::{remove_one, sweep, uploads};
use crate::kernel::{Code, Error, Refusal, Result, parsed, saturating};
use crate::platform::http::header_text;
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};
use crate::platform::state::AppState;

/// Bytes a file may have. A season's million sales are about 120 MB.
const FILE_LIMIT: u64 = 1 << 30;
/// How long a file may go without a byte arriving.
const SILENCE: Duration = Duration::from_secs(20);
/// Bytes taken between two looks at what waits.
const LOOK: u64 = 4 << 20;
/// Bytes of a megabyte, as disks count them.
const MEGABYTE: u64 = 1_000_000;

/// A file that arrived. It is removed when it is dropped, unless somebody keeps it.
pub(super) struct Received {
    /// Its name among the files handed in.
    pub(super) stored_as: String,
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Its size.
    pub(super) bytes: u64,
    is_kept: bool,
}

impl Received {
    /// An empty one of somebody's, to be written.
    fn begun(app: &AppState, quota: &Quota) -> Self {
        let stored_as = format!("{}-{}", quota.owner, app.id());
        let path = quota.folder.join(&stored_as);
        Self { stored_as, path, bytes: 0, is_kept: false }
    }

    /// It stays where it lies.
    pub(super) fn keep(mut self) -> String {
        self.is_kept = true;
        std::mem::take(&mut self.stored_as)
    }
}

impl AsRef<Path> for Received {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.is_kept {
            remove_one(&self.path);
        }
    }
}

/// What somebody may have waiting.
#[derive(Clone)]
pub(super) struct Quota {
    folder: PathBuf,
    /// How the names of their files begin.
    owner: String,
    megabytes: u64,
}

impl Quota {
    /// That of an actor. Refuses a request whose announced length does not fit, before anything of it is read.
    pub(super) async fn of(app: &AppState, actor: &str, request: &HttpRequest) -> Result<Self> {
        let at = app.clock.now();
        let megabytes = app.store.read(move |db| policies::value(db, Policy::ImportMegabytes, at)).await?;
        let owner: String = sha256_hex(actor.as_bytes()).chars().take(12).collect();
        let quota = Self { folder: uploads(app), owner, megabytes: saturating(megabytes) };
        let length = header_text(request.headers(), header::CONTENT_LENGTH).and_then(parsed);
        quota.admit(length.unwrap_or_default())?;
        Ok(quota)
    }

    /// Refuses more bytes than fit beside what waits.
    fn admit(&self, more: u64) -> Result<()> {
        // What is not there, or no more, takes no room; what cannot be looked at is not taken for nothing.
        let unless_gone = |size: std::io::Result<u64>| match size {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            size => size,
        };
        let size = |file: std::fs::DirEntry| {
            let is_own = file.file_name().to_string_lossy().starts_with(&self.owner);
            if is_own { file.metadata().map(|of| of.len()) } else { Ok(0) }
        };
        let waiting = std::fs::read_dir(&self.folder).and_then(|files| files.map(|file| unless_gone(file.and_then(size))).sum());
        let waiting = unless_gone(waiting)?;
        if waiting.saturating_add(more) > self.megabytes.saturating_mul(MEGABYTE) {
            return Err(Refusal::new(Code::QuotaFull).with("megabytes", self.megabytes).into());
        }
        Ok(())
    }
}

/// Writes what arrives into a file of its own; a file that is too large, exceeds the quota or falls silent leaves nothing behind.
pub(super) async fn receive<B, E>(app: &AppState, quota: &Quota, body: &mut B) -> Result<Received>
where
    B: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    std::fs::create_dir_all(&quota.folder)?;
    sweep(app);
    let mut received = Received::begun(app, quota);
    received.bytes = write(&received.path, quota, body).await?;
    Ok(received)
}

/// The files in a ZIP that arrived, which count as if each had been sent by itself; none where it is no ZIP of files.
pub(super) fn unpacked(app: &AppState, quota: &Quota, received: &Received) -> Result<Option<Vec<(String, Received)>>> {
    let Some(bundle) = ZippedFiles::open(&received.path)? else { return Ok(None) };
    quota.admit(bundle.bytes())?;
    let unpacked = bundle.unpack(&quota.folder, || Ok(Received::begun(app, quota)))?;
    let sized = |(name, bytes, mut member): (String, u64, Received)| {
        member.bytes = bytes;
        (name, member)
    };
    Ok(Some(unpacked.into_iter().map(sized).collect()))
}

async fn write<B, E>(path: &Path, quota: &Quota, body: &mut B) -> Result<u64>
where
    B: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut file = std::fs::File::create_new(path)?;
    let (mut bytes, mut looked) = (0u64, 0u64);
    loop {
        let next = tokio::time::timeout(SILENCE, body.next()).await.map_err(|_| Error::from(Code::BodyTooSlow))?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
        bytes += saturating::<u64>(chunk.len());
        if bytes > FILE_LIMIT {
            return Err(Refusal::new(Code::BodyTooLarge).with("limit", FILE_LIMIT).into());
        }
        file.write_all(&chunk)?;
        if bytes - looked > LOOK {
            looked = bytes;
            quota.admit(0)?;
        }
    }
    quota.admit(0)?;
    file.sync_all()?;
    Ok(bytes)
}
