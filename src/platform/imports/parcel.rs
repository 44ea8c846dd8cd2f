//! Many files handed in at once: ordered by what depends on what, checked together, written together.
//!
//! A lot may name a party that only the same parcel brings. So its files are tried out in one write that is undone whatever it finds: each is
//! checked against what those before it would make, and the verdict is that of writing. SQLite has one writer, which such a trial holds up;
//! so every file is first checked by reading alone, and only what that does not settle is tried out: the small files that will be written in
//! one write anyway, and those that were not clean by themselves. A big file that is clean as the store stands (a season's sales, all of whose
//! garments are known) holds up nobody.
//!
//! Writing: the small files from the first on in one write, all or none; then each of the others chunk by chunk. Every file can be written
//! again without harm, so a parcel interrupted on the way is completed by writing it once more.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::desk::{ImportTable, ImportTables, Importer};
use super::report::{ImportFault, ImportReport, Outcome, Reason};
use super::run::{Mode, News, Pass, Place};
use super::table::Source;
use super::{Change, Reading};
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::platform::db::{Attempt, Db};
use crate::platform::state::AppState;

/// Bytes of text that one write takes at most: some 10,000 rows, which hold up other writers for about a second.
const TOGETHER_MAX: u64 = 1 << 20;
/// How many times its size a workbook's text has.
const UNPACKED: u64 = 8;

/// A file of a parcel.
#[derive(Clone)]
pub struct ParcelFile {
    /// What it is read as.
    pub table: ImportTable,
    /// Its name as it was sent.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// How it is read.
    pub reading: Reading,
}

/// The verdict on a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParcelReport {
    /// How it ended: [`Outcome::Refused`] when one file has faults, and then nothing of any file was written.
    pub outcome: Outcome,
    /// Of each file, in the order they depend on one another.
    pub files: Vec<ImportReport>,
}

impl ParcelReport {
    fn of(files: Vec<ImportReport>) -> Self {
        let ended = |outcome| files.iter().any(|file| file.outcome == outcome);
        let worst = [Outcome::Stopped, Outcome::Refused, Outcome::Applied].into_iter().find(|outcome| ended(*outcome));
        Self { outcome: worst.unwrap_or(Outcome::Checked), files }
    }

    /// The same, with the reports on further files.
    pub(super) fn with(self, more: Vec<ImportReport>) -> Self {
        Self::of(self.files.into_iter().chain(more).collect())
    }
}

/// Puts files into the order in which they depend on one another: that of the tables; files of one table as they were handed in.
pub fn in_order<T>(files: &mut [T], tables: &ImportTables, table_of: impl Fn(&T) -> &str) {
    files.sort_by_key(|file| tables.0.iter().position(|table| table.columns.table == table_of(file)));
}

/// A parcel at work.
#[derive(Clone)]
pub struct Parcel {
    app: AppState,
    importer: Importer,
    tables: ImportTables,
    files: Arc<[ParcelFile]>,
    /// Where all changes of each file go, and how many at most.
    changes: Option<(PathBuf, usize)>,
}

/// What is told while a parcel is at work: the pass, and the bytes done of all there are to do.
pub type Tell<'a> = dyn FnMut(Pass, u64, u64) + 'a;

impl Parcel {
    /// A parcel of files, which must be [in order](in_order).
    pub fn new(app: &AppState, importer: Importer, tables: &ImportTables, files: Vec<ParcelFile>) -> Self {
        Self { app: app.clone(), importer, tables: tables.clone(), files: files.into(), changes: None }
    }

    /// The same, with the first `most` changes of each file kept in a file of this folder (see [`changes_of`]).
    pub fn keeping_changes(self, folder: PathBuf, most: usize) -> Self {
        Self { changes: Some((folder, most)), ..self }
    }

    /// What writing it would do. Nothing is written.
    ///
    /// # Errors
    /// As [`run`](super::run); faults of the files are in the report.
    pub fn check(&self, tell: &mut Tell<'_>) -> Result<ParcelReport> {
        let steps = if self.files.len() > 1 { 3 } else { 1 };
        Ok(ParcelReport::of(self.checked(&mut Meter::new(self.sizes(), steps, tell))?))
    }

    /// Checks it, and writes it if every file is clean.
    ///
    /// # Errors
    /// As [`run`](super::run); faults of the files are in the report.
    pub fn write(&self, tell: &mut Tell<'_>) -> Result<ParcelReport> {
        let together = self.together();
        if self.files.len() == 1 && together == 0 {
            let mut meter = Meter::new(self.sizes(), 2, tell);
            return Ok(ParcelReport::of(vec![self.alone(0, Mode::Apply, &mut meter)?]));
        }
        let mut meter = Meter::new(self.sizes(), 5, tell);
        let checked = self.checked(&mut meter)?;
        if checked.iter().any(|file| file.outcome != Outcome::Checked) {
            return Ok(ParcelReport::of(checked.into_iter().map(not_written).collect()));
        }
        let mut reports = self.attempt(together, Vec::new(), &mut meter)?;
        while reports.len() < self.files.len() && reports.iter().all(|report| report.outcome == Outcome::Applied) {
            reports.push(self.alone(reports.len(), Mode::Apply, &mut meter)?);
        }
        let unreached = checked.into_iter().skip(reports.len()).map(not_written);
        reports.extend(unreached);
        Ok(ParcelReport::of(reports))
    }

    fn sizes(&self) -> Vec<u64> {
        self.files.iter().map(|file| std::fs::metadata(&file.path).map_or(0, |of| of.len())).collect()
    }

    /// How many files, from the first on, are written in one write.
    fn together(&self) -> usize {
        let mut left = TOGETHER_MAX;
        let weigh = |(file, bytes): (&ParcelFile, u64)| bytes.saturating_mul(if is_workbook(&file.path) { UNPACKED } else { 1 });
        self.files
            .iter()
            .zip(self.sizes())
            .map(weigh)
            .take_while(|weight| left.checked_sub(*weight).map(|rest| left = rest).is_some())
            .count()
    }

    fn checked(&self, meter: &mut Meter<'_, '_>) -> Result<Vec<ImportReport>> {
        let mut reports = Vec::with_capacity(self.files.len());
        for place in 0..self.files.len() {
            reports.push(self.alone(place, Mode::DryRun, meter)?);
        }
        let unclean = reports.iter().rposition(|report| report.outcome != Outcome::Checked).map_or(0, |last| last + 1);
        let reach = unclean.max(self.together());
        let is_settled = |report: &ImportReport| report.outcome == Outcome::Checked && report.added + report.changed == 0;
        if self.files.len() > 1 && !reports.iter().take(reach).all(is_settled) {
            let settled = reports.iter().take(reach).map(|report| Some(report).filter(|report| is_settled(report)).cloned()).collect();
            let tried = self.attempt(reach, settled, meter)?;
            reports.splice(..tried.len(), tried);
        }
        Ok(reports)
    }

    /// Reads one file by itself.
    fn alone(&self, place: usize, mode: Mode, meter: &mut Meter<'_, '_>) -> Result<ImportReport> {
        self.read(place, Place::Store(&self.app.store), mode, &mut |pass, bytes| meter.now(place, pass, bytes))
    }

    /// Writes the first files in one write: for good, or to see what comes of it when `settled` says what each of them is known to do. Those
    /// that are known to do nothing are passed over.
    fn attempt(&self, count: usize, settled: Vec<Option<ImportReport>>, meter: &mut Meter<'_, '_>) -> Result<Vec<ImportReport>> {
        let is_trial = !settled.is_empty();
        let (own, (sender, heard)) = (self.clone(), channel());
        let body = move |db: &mut Db| -> Result<Attempt<Vec<ImportReport>>> {
            let mut reports: Vec<ImportReport> = Vec::with_capacity(count);
            for place in 0..count {
                if let Some(known) = settled.get(place).and_then(Option::as_ref) {
                    reports.push(known.clone());
                    continue;
                }
                let report = own.read(place, Place::Within(db), Mode::Apply, &mut |pass, bytes| {
                    // Nobody listens any more when the caller has gone.
                    let _gone = sender.send((place, pass, bytes));
                })?;
                let outcome = report.outcome;
                reports.push(if is_trial { tried(report) } else { report });
                // What the store refused half way leaves it in no state to go on from.
                if outcome == Outcome::Stopped || (!is_trial && outcome != Outcome::Applied) {
                    break;
                }
            }
            let stands = !is_trial && reports.iter().all(|report| report.outcome == Outcome::Applied);
            Ok(if stands {
                Attempt::Keep(reports)
            } else {
                Attempt::Undo(if is_trial { reports } else { reports.into_iter().map(not_written).collect() })
            })
        };
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| self.app.store.attempt_blocking(body));
            // Told as it comes. On the embedded store whoever writes down how far the work is waits for the write itself.
            while let Ok((place, pass, bytes)) = heard.recv() {
                meter.now(place, pass, bytes);
            }
            writing.join().map_err(|_| Error::broken("a parcel panicked"))?
        })
    }

    /// Reads one file.
    fn read(&self, at: usize, place: Place<'_>, mode: Mode, tell: &mut dyn FnMut(Pass, u64)) -> Result<ImportReport> {
        let file = self.files.get(at).ok_or(Code::NotFound)?;
        let begun = (file.table.begin)(&self.app, &self.importer).and_then(|import| Ok((import, self.open(file)?)));
        let (import, mut source) = match begun {
            Ok(begun) => begun,
            Err(Error::Refused(refusal)) => return Ok(unread(&file.name, file.table.columns.table, mode == Mode::DryRun, *refusal)),
            Err(error) => return Err(error),
        };
        let mut kept = match &self.changes {
            Some((folder, most)) => Some((BufWriter::new(File::create(changes_of(folder, at))?), *most)),
            None => None,
        };
        let mut lost = None;
        let report = import.run(place, &mut source, mode, &mut |news| match news {
            News::Progress(now) => tell(now.pass, now.bytes.min(now.of_bytes)),
            News::Changes(more) => {
                if let Some((kept, room)) = &mut kept {
                    lost = lost.take().or_else(|| more.iter().take(*room).find_map(|change| keep(kept, change).err()));
                    *room = room.saturating_sub(more.len());
                }
            }
        })?;
        kept.map_or(Ok(()), |(mut kept, _)| kept.flush())?;
        lost.map_or(Ok(report), Err)
    }

    /// Opens a file as what it is read as.
    fn open(&self, file: &ParcelFile) -> Result<Source> {
        let columns = file.table.columns;
        file.reading.fits(columns)?;
        let mut source = Source::open(&file.path)?.read_as(&file.name, file.reading.clone()).in_zone(self.app.config.time_zone);
        let headers = source.headers(columns)?;
        if file.reading == Reading::default() {
            let fits = self.tables.0.iter().filter_map(|table| Some((table.columns.fit(&headers)?, table.columns.title)));
            let better = fits.max_by_key(|(known, _)| *known).filter(|(known, _)| *known > columns.known(&headers));
            if let Some((_, (zh, en))) = better {
                let reason = Refusal::new(Code::FileBroken).with("reason", Reason::OtherTable.as_str());
                return Err(reason.with("table_zh", zh).with("table_en", en).into());
            }
        }
        Ok(source)
    }
}

fn keep(kept: &mut BufWriter<File>, change: &Change) -> Result<()> {
    serde_json::to_writer(&mut *kept, change).map_err(Error::broken)?;
    kept.write_all(b"\n")?;
    Ok(())
}

/// Where all changes of a parcel's file lie, one a line, as JSON.
pub fn changes_of(folder: &Path, place: usize) -> PathBuf {
    folder.join(format!("{place}.changes"))
}

/// The report on a file that could not be read at all.
pub(super) fn unread(name: &str, table: &str, dry_run: bool, refusal: Refusal) -> ImportReport {
    let whole = Fault { field: "".into(), line: None, code: refusal.code, args: refusal.args };
    let faults = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
    ImportReport {
        file: name.to_owned(),
        table: table.to_owned(),
        dry_run,
        outcome: Outcome::Refused,
        rows_read: 0,
        added: 0,
        changed: 0,
        unchanged: 0,
        changes: Vec::new(),
        notes: Vec::new(),
        fault_count: saturating(faults.len()),
        faults: faults.iter().map(|fault| ImportFault::of(fault, None)).collect(),
    }
}

/// A report of writing as that of a check.
fn tried(report: ImportReport) -> ImportReport {
    let outcome = match report.outcome {
        Outcome::Applied => Outcome::Checked,
        Outcome::Stopped => Outcome::Refused,
        other => other,
    };
    ImportReport { dry_run: true, outcome, ..report }
}

/// The report on a file that nothing was written of.
fn not_written(report: ImportReport) -> ImportReport {
    ImportReport { dry_run: false, ..tried(report) }
}

fn is_workbook(path: &Path) -> bool {
    let mut head = [0; 2];
    File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head)).is_ok() && head == *b"PK"
}

/// How far a parcel is: its files are gone through in steps, and each step has as many bytes as the files.
struct Meter<'a, 'b> {
    sizes: Vec<u64>,
    steps: u64,
    /// Steps that each file has been through, and its pass in the present one.
    gone: Vec<(u64, Option<Pass>, u64)>,
    tell: &'a mut Tell<'b>,
}

impl<'a, 'b> Meter<'a, 'b> {
    fn new(sizes: Vec<u64>, steps: u64, tell: &'a mut Tell<'b>) -> Self {
        let gone = vec![(0, None, 0); sizes.len()];
        Self { sizes, steps, gone, tell }
    }

    fn now(&mut self, place: usize, pass: Pass, bytes: u64) {
        if let Some((steps, last, before)) = self.gone.get_mut(place) {
            if last.is_some_and(|last| last != pass) || bytes < *before {
                *steps += 1;
            }
            (*last, *before) = (Some(pass), bytes);
        }
        let all = self.sizes.iter().sum::<u64>().saturating_mul(self.steps);
        let done =
            self.gone.iter().zip(&self.sizes).map(|((steps, _, bytes), size)| steps.saturating_mul(*size) + bytes.min(size)).sum::<u64>();
        (self.tell)(pass, done.min(all), all);
    }
}
