//! The desk where files are handed in: each table that can be imported, and the job that checks or writes what was handed in.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::parcel::{Parcel, ParcelFile, ParcelReport, changes_of, in_order, unread};
use super::store::{self, Filed, ParcelState};
use super::{AnyImport, Columns, ImportReport, Mode, News, Outcome, Pass, Place, Reading, Reason, Rows, Source};
use crate::kernel::{Code, Error, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::jobs::{Job, Work};
use crate::platform::state::AppState;

/// The kind of job that imports a parcel.
pub const IMPORT_JOB: &str = "import";
/// Changes of each file that are kept to be taken away.
const CHANGES_FILED: usize = 100_000;

/// For whom a file is read.
#[derive(Clone, Debug)]
pub struct Importer {
    /// Who, for events.
    pub stamp: Stamp,
    /// The party they are bound to, if any: a shop registers only its own sales.
    pub party: Option<Id>,
}

impl Importer {
    /// Refuses who is bound to a party: most files are for the brand's own people.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn brand_only(&self) -> Result<()> {
        if self.party.is_some() { Err(Code::Forbidden.into()) } else { Ok(()) }
    }
}

/// Begins the import of one file: a room's [`Import`](super::Import), made for whoever hands it in.
pub type Begin = fn(&AppState, &Importer) -> Result<Box<dyn AnyImport>>;

/// A table that can be imported.
#[derive(Clone, Copy)]
pub struct ImportTable {
    /// Its columns.
    pub columns: &'static Columns,
    /// Who may import it.
    pub needs: Permission,
    /// Who may see all of it.
    pub reads: Permission,
    /// How it begins. Refuses who may not import it whatever their role says.
    pub begin: Begin,
    /// How its rows are read from the store.
    pub rows: Rows,
}

impl ImportTable {
    /// Imports one file, chunk by chunk.
    ///
    /// # Errors
    /// As [`run`](super::run), and [`Code::Forbidden`] for somebody who is bound to a party where the table is for the brand's own people.
    pub fn run(
        &self,
        app: &AppState,
        importer: &Importer,
        source: &mut Source,
        mode: Mode,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Result<ImportReport> {
        (self.begin)(app, importer)?.run(Place::Store(&app.store), source, mode, tell)
    }
}

/// Every table that can be imported, in the order a new deployment loads them. `app.rs` makes the list.
#[derive(Clone)]
pub struct ImportTables(pub Arc<[ImportTable]>);

impl ImportTables {
    /// The table of a name, if there is one.
    pub fn get(&self, name: &str) -> Option<ImportTable> {
        self.0.iter().find(|table| table.columns.table == name).copied()
    }

    /// The table of a name that somebody asks for.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn find(&self, name: &str) -> Result<ImportTable> {
        self.get(name).ok_or_else(|| Code::NotFound.into())
    }
}

/// What the headers of a file say of the table it is meant for.
#[derive(Clone, Default)]
pub struct Recognised {
    /// The headers.
    pub headers: Vec<String>,
    /// The table that has the most of them among those whose needed columns are all there. None when there is no such table, or when two fit
    /// alike.
    pub table: Option<ImportTable>,
}

/// Recognises a file by its headers.
pub fn recognise(path: &Path, tables: &[ImportTable]) -> Result<Recognised> {
    recognise_as(path, &Reading::default(), tables)
}

/// The same, of a file whose encoding is perhaps named.
///
/// # Errors
/// As [`Reading::encoding`].
pub fn recognise_as(path: &Path, reading: &Reading, tables: &[ImportTable]) -> Result<Recognised> {
    let mut source = Source::open_in(path, reading.encoding()?)?;
    let mut headers = Vec::new();
    let mut fits: Vec<(usize, ImportTable)> = Vec::new();
    for table in tables {
        let found = source.headers(table.columns)?;
        fits.extend(table.columns.fit(&found).map(|known| (known, *table)));
        // What splits into the most cells is the row of headers.
        if found.len() > headers.len() {
            headers = found;
        }
    }
    fits.sort_by_key(|(known, _)| std::cmp::Reverse(*known));
    let table = match fits.as_slice() {
        [(most, _), (next, _), ..] if most == next => None,
        [(_, table), ..] => Some(*table),
        [] => None,
    };
    Ok(Recognised { headers, table })
}

/// The table whose columns are most like these headers, for a file that fits none; None when nothing is like them.
pub fn nearest(headers: &[String], tables: &[ImportTable]) -> Option<ImportTable> {
    let judged = tables.iter().map(|table| (table.columns.known(headers), std::cmp::Reverse(table.columns.missing(headers).len()), *table));
    let best = judged.enumerate().max_by_key(|(place, (known, missing, _))| (*known, *missing, std::cmp::Reverse(*place)));
    best.filter(|(_, (known, ..))| *known > 0).map(|(_, (.., table))| table)
}

/// What an import job is asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ImportInput {
    /// The parcel.
    pub parcel: Id,
    /// Only check it.
    pub dry_run: bool,
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

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let input = ImportInput::of(job)?;
        let (parcel, files) = app.store.read_blocking(|db| Ok((store::parcel(db, input.parcel)?, store::files(db, input.parcel)?)))?;
        if parcel.job != Some(job.id) || parcel.state != ParcelState::Open {
            // Thrown away or handed on since; or this job was taken up again after it had told what came of it.
            return parcel.report.filter(|_| parcel.job == Some(job.id)).map_or(Ok(Value::Null), value_of);
        }
        let importer = Importer { stamp: app.stamp(&job.created_by), party: parcel.party };
        let outcome = self.import(app, importer, input, &files, parcel.report.is_some(), progress);
        let now = app.clock.now();
        let is_mine = move |db: &mut Db| Ok(store::parcel(db, input.parcel)?.job == Some(job.id));
        let report = match outcome {
            Ok(report) => report,
            // Files that were replaced meanwhile are gone; what takes their place is another job's.
            Err(Error::Broken(_)) if !app.store.read_blocking(is_mine)? => return Ok(Value::Null),
            Err(error) => return Err(error),
        };
        let state = match report.outcome {
            Outcome::Checked => ParcelState::Sound,
            Outcome::Refused => ParcelState::Faulty,
            Outcome::Applied => ParcelState::Written,
            Outcome::Stopped => ParcelState::Stopped,
        };
        let (told, id) = (report.clone(), job.id);
        app.store.write_blocking(move |db| store::settle(db, input.parcel, id, state, &told, now))?;
        if state == ParcelState::Written {
            remove(app, &files);
        }
        value_of(report)
    }
}

impl ImportWork {
    fn import(
        &self,
        app: &AppState,
        importer: Importer,
        input: ImportInput,
        files: &[Filed],
        is_shown: bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<ParcelReport> {
        let mut files: Vec<&Filed> = files.iter().collect();
        in_order(&mut files, &self.0, |file| &file.table);
        let (mut known, mut strangers) = (Vec::new(), Vec::new());
        for file in files {
            match self.0.find(&file.table) {
                Ok(table) if file.refused.is_none() => {
                    let path = uploads(app).join(&file.stored_as);
                    known.push(ParcelFile { table, name: file.name.clone(), path, reading: file.reading.clone() });
                }
                _ => strangers.push(stranger(file)),
            }
        }
        let folder = changes(app, input.parcel);
        std::fs::create_dir_all(&folder)?;
        let parcel = Parcel::new(app, importer, &self.0, known).keeping_changes(folder, CHANGES_FILED);
        let parcel = if is_shown { parcel.as_shown() } else { parcel };
        let tell = &mut |_: Pass, done: u64, total: u64| progress(done, total);
        let report = if input.dry_run || !strangers.is_empty() { parcel.check(tell)? } else { parcel.write(tell)? };
        Ok(report.with(strangers))
    }
}

/// The report on a file of which nobody knows what it is.
fn stranger(file: &Filed) -> ImportReport {
    let refusal = Refusal::new(Code::FileBroken).with("reason", Reason::NoTable.as_str());
    let mut report = unread(&file.name, &file.table, true, refusal);
    if let Some(fault) = &file.refused {
        report.faults = vec![fault.clone()];
    }
    report
}

/// A parcel's report as its job has it: that of the file itself where there is one only.
fn value_of(mut report: ParcelReport) -> Result<Value> {
    let only = if report.files.len() == 1 { report.files.pop() } else { None };
    only.map_or_else(|| serde_json::to_value(&report), serde_json::to_value).map_err(Error::broken)
}

/// Days a file that was handed in is kept, so that what was checked can still be written.
const KEPT_DAYS: i64 = 30;

/// Where files that were handed in lie.
pub fn uploads(app: &AppState) -> PathBuf {
    app.config.data_dir.join("uploads")
}

/// Where the changes of a parcel's files lie.
pub(super) fn changes(app: &AppState, parcel: Id) -> PathBuf {
    uploads(app).join(format!("{parcel}.changes"))
}

/// Where the changes of the file at a place of a parcel's report lie.
pub(super) fn changes_at(app: &AppState, parcel: Id, place: usize) -> PathBuf {
    changes_of(&changes(app, parcel), place)
}

/// Removes files that nobody needs any more. What cannot be removed is left for the sweep.
pub(super) fn remove<'a>(app: &AppState, files: impl IntoIterator<Item = &'a Filed>) {
    for file in files.into_iter().filter(|file| !file.stored_as.is_empty()) {
        remove_one(&uploads(app).join(&file.stored_as));
    }
}

pub(super) fn remove_one(path: &Path) {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if let Err(error) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %path.display(), "a file handed in was not removed");
    }
}

/// Removes the files that were handed in more than [`KEPT_DAYS`] ago; their reports stay. What cannot be removed is left for the next time.
pub(super) fn sweep(app: &AppState) {
    let before = app.clock.now() - TimeDelta::days(KEPT_DAYS);
    let is_old =
        |file: &DirEntry| file.metadata().and_then(|of| of.modified()).is_ok_and(|at| DateTime::<Utc>::from(at).naive_utc() < before);
    std::fs::read_dir(uploads(app)).into_iter().flatten().flatten().filter(is_old).for_each(|file| remove_one(&file.path()));
}
