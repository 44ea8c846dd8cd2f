//! The desk where files are handed in: each table that can be imported, and the job that reads a file of it.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AnyImport, Columns, ImportReport, Mode, News, Place, Source};
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::jobs::{Job, Work};

/// The kind of job that imports a file.
pub const IMPORT_JOB: &str = "import";

/// For whom a file is read.
#[derive(Clone, Debug)]
pub struct Importer {
    /// Who, for events.
    pub stamp: Stamp,
    /// The party they are bound to, if any: a shop registers only its own sales.
    pub party: Option<Id>,
}

/// Begins the import of one file: a room's [`Import`](super::Import), made for whoever hands it in.
pub type Begin = fn(&House, &Importer) -> Result<Box<dyn AnyImport>>;

/// A table that can be imported.
#[derive(Clone, Copy)]
pub struct ImportTable {
    /// Its columns.
    pub columns: &'static Columns,
    /// Who may import it.
    pub needs: Permission,
    /// How it begins. Refuses who may not import it whatever their role says.
    pub begin: Begin,
}

impl ImportTable {
    /// Imports one file, chunk by chunk.
    ///
    /// # Errors
    /// As [`run`](super::run), and [`Code::Forbidden`] for somebody who is bound to a party where the table is for the brand's own people.
    pub fn run(
        &self,
        house: &House,
        importer: &Importer,
        source: &mut Source,
        mode: Mode,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<ImportReport> {
        (self.begin)(house, importer)?.run(Place::Store(&house.store), source, mode, tell)
    }
}

/// Every table that can be imported, in the order a new deployment loads them. `app.rs` makes the list.
#[derive(Clone)]
pub struct ImportTables(pub Arc<[ImportTable]>);

impl ImportTables {
    /// The table of a name.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn find(&self, name: &str) -> Result<ImportTable> {
        self.0.iter().find(|table| table.columns.table == name).copied().ok_or_else(|| Code::NotFound.into())
    }
}

/// The table a file is meant for, by its headers: the one that has the most of them among those whose needed columns are all there. None
/// when there is no such table, or when two fit alike.
///
/// # Errors
/// As [`Source::open`].
pub(super) fn recognise(path: &Path, tables: &[ImportTable]) -> Result<Option<ImportTable>> {
    let mut source = Source::open(path)?;
    let mut fits: Vec<(usize, ImportTable)> = Vec::new();
    for table in tables {
        let headers = source.headers(table.columns)?;
        fits.extend(table.columns.fit(&headers).map(|known| (known, *table)));
    }
    fits.sort_by_key(|(known, _)| std::cmp::Reverse(*known));
    Ok(match fits.as_slice() {
        [(most, _), (next, _), ..] if most == next => None,
        [(_, table), ..] => Some(*table),
        [] => None,
    })
}

/// What an import job is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportInput {
    /// The table's name.
    pub table: String,
    /// The file's name as it was sent.
    pub file: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Only check it.
    pub dry_run: bool,
    /// The party the asker is bound to.
    pub party: Option<Id>,
}

impl ImportInput {
    /// Of a job.
    ///
    /// # Errors
    /// When the job is of another kind.
    pub fn of(job: &Job) -> Result<Self> {
        serde_json::from_value(job.input.clone()).map_err(Error::broken)
    }
}

/// The work of importing.
pub struct ImportWork(pub ImportTables);

impl Work for ImportWork {
    fn kind(&self) -> &'static str {
        IMPORT_JOB
    }

    fn run(&self, house: &House, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let input = ImportInput::of(job)?;
        let table = self.0.find(&input.table)?;
        let mut source = Source::open(&input.path)?.in_zone(house.config.time_zone);
        let importer = Importer { stamp: house.stamp(&job.created_by), party: input.party };
        let mode = if input.dry_run { Mode::DryRun } else { Mode::Apply };
        let mut report = table.run(house, &importer, &mut source, mode, &mut |news| {
            if let News::Progress(now) = news {
                progress(now.bytes.min(now.of_bytes), now.of_bytes);
            }
        })?;
        report.file = input.file;
        serde_json::to_value(report).map_err(Error::broken)
    }
}

/// Days a file that was handed in is kept, so that what was checked can still be written.
const KEPT_DAYS: i64 = 30;

/// Where files that were handed in lie.
pub fn uploads(house: &House) -> PathBuf {
    house.config.data_dir.join("uploads")
}

/// Removes the files that were handed in more than [`KEPT_DAYS`] ago; their reports stay. What cannot be removed is left for the next time.
pub(super) fn sweep(house: &House) {
    let before = house.clock.now() - TimeDelta::days(KEPT_DAYS);
    let is_old =
        |file: &DirEntry| file.metadata().and_then(|of| of.modified()).is_ok_and(|at| DateTime::<Utc>::from(at).naive_utc() < before);
    for file in std::fs::read_dir(uploads(house)).into_iter().flatten().flatten().filter(is_old) {
        if let Err(error) = std::fs::remove_file(file.path()) {
            tracing::warn!(%error, file = %file.path().display(), "a file handed in long ago was not removed");
        }
    }
}
