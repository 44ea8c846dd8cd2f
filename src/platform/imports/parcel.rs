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

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::Prints;
use super::desk::{ImportTable, ImportTables, Importer};
use super::notes::{ImportNote, Note};
use super::records::Records;
use super::report::{ImportFault, ImportReport, Outcome, Reason};
use super::run::{InParcel, Mode, News, Pass, Place};
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
    /// Whether it does only what the last check found, which is kept beside the changes.
    is_shown: bool,
    /// Whether it is being written without anybody having seen what it does.
    unseen: bool,
    /// The records that the files of each table speak of.
    records: Arc<HashMap<&'static str, Arc<Mutex<Records>>>>,
}

/// A file that was read: the report on it, and what was found to change.
#[derive(Clone)]
struct FileRead {
    report: ImportReport,
    prints: Arc<Prints>,
}

fn reports(files: Vec<FileRead>) -> Vec<ImportReport> {
    files.into_iter().map(|file| file.report).collect()
}

/// What is told while a parcel is at work: the pass, and the bytes done of all there are to do.
pub type Tell<'a> = dyn FnMut(Pass, u64, u64) + 'a;

impl Parcel {
    /// A parcel of files, which must be [in order](in_order).
    pub fn new(app: &AppState, importer: Importer, tables: &ImportTables, files: Vec<ParcelFile>) -> Self {
        let mut of_table: HashMap<&'static str, Vec<(usize, String)>> = HashMap::new();
        for (place, file) in files.iter().enumerate() {
            of_table.entry(file.table.columns.table).or_default().push((place, file.name.clone()));
        }
        let records = of_table.into_iter().map(|(table, files)| (table, Arc::new(Mutex::new(Records::of(files))))).collect();
        Self {
            app: app.clone(),
            importer,
            tables: tables.clone(),
            files: files.into(),
            changes: None,
            is_shown: false,
            unseen: false,
            records: Arc::new(records),
        }
    }

    /// The same, with the first `most` changes of each file kept in a file of this folder (see [`changes_of`]).
    pub fn keeping_changes(self, folder: PathBuf, most: usize) -> Self {
        Self { changes: Some((folder, most)), ..self }
    }

    /// The same, which writes only what the last check found that kept its changes in the same folder.
    pub fn as_shown(self) -> Self {
        Self { is_shown: true, ..self }
    }

    /// What writing it would do. Nothing is written.
    ///
    /// # Errors
    /// As [`run`](super::run); faults of the files are in the report.
    pub fn check(&self, tell: &mut Tell<'_>) -> Result<ParcelReport> {
        let steps = if self.files.len() > 1 { 3 } else { 1 };
        let checked = self.checked(&mut Meter::new(self.sizes(), steps, tell))?;
        if let Some((folder, _)) = &self.changes {
            for (place, file) in checked.iter().enumerate() {
                std::fs::write(prints_of(folder, place), file.prints.to_bytes())?;
            }
        }
        Ok(ParcelReport::of(reports(checked)))
    }

    /// Checks it, and writes it if every file is clean and does what it was found to do before; else nothing is written, and where only the
    /// latter is wrong the report is that of a check, with a note that says so.
    ///
    /// # Errors
    /// As [`run`](super::run); faults of the files are in the report.
    pub fn write(&self, tell: &mut Tell<'_>) -> Result<ParcelReport> {
        let own = Self { unseen: !self.is_shown, ..self.clone() };
        if let Some(written) = own.written(tell)? {
            return Ok(ParcelReport::of(written));
        }
        let mut again = self.check(tell)?;
        let sound = again.files.iter_mut().filter(|file| file.outcome == Outcome::Checked);
        sound.take(1).for_each(|file| file.notes.insert(0, ImportNote::new(Note::ChangedSince)));
        Ok(again)
    }

    /// Writes it. None when it would do something else than was found before, and nothing was written.
    fn written(&self, tell: &mut Tell<'_>) -> Result<Option<Vec<ImportReport>>> {
        let (together, shown) = (self.together(), self.shown()?);
        if self.files.len() == 1 && together == 0 {
            let mut meter = Meter::new(self.sizes(), 2, tell);
            let report = self.alone(0, Mode::Apply, shown.first().cloned(), &mut meter)?.report;
            return Ok(Some(vec![report]).filter(|only| !only.iter().any(is_to_show)));
        }
        let mut meter = Meter::new(self.sizes(), 5, tell);
        let checked = self.checked(&mut meter)?;
        if checked.iter().any(|file| file.report.outcome != Outcome::Checked) {
            return Ok(Some(reports(checked).into_iter().map(not_written).collect()));
        }
        if shown.iter().zip(&checked).any(|(shown, file)| !shown.have_all(&file.prints)) {
            return Ok(None);
        }
        let found: Vec<Arc<Prints>> = checked.iter().map(|file| Arc::clone(&file.prints)).collect();
        let mut written = reports(self.attempt(together, Vec::new(), &found, &mut meter)?);
        if written.last().is_some_and(is_moved) {
            return Ok(None);
        }
        while written.len() < self.files.len() && written.iter().all(|report| report.outcome == Outcome::Applied) {
            let next = self.alone(written.len(), Mode::Apply, found.get(written.len()).cloned(), &mut meter)?.report;
            if is_to_show(&next) && written.is_empty() {
                return Ok(None);
            }
            // What is written already stands; the rest is to be looked at again.
            written.push(if next.outcome == Outcome::Checked {
                ImportReport { outcome: Outcome::Stopped, ..not_written(next) }
            } else {
                next
            });
        }
        let unreached = reports(checked).into_iter().skip(written.len()).map(not_written);
        written.extend(unreached);
        Ok(Some(written))
    }

    /// What the last check found each file to do, where it is to do nothing else. What was found and is no longer kept is taken for nothing.
    fn shown(&self) -> Result<Vec<Arc<Prints>>> {
        let Some((folder, _)) = self.changes.as_ref().filter(|_| self.is_shown) else { return Ok(Vec::new()) };
        let kept = |place| match std::fs::read(prints_of(folder, place)) {
            Ok(bytes) => Ok(Arc::new(Prints::of_bytes(&bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Arc::default()),
            Err(error) => Err(error.into()),
        };
        (0..self.files.len()).map(kept).collect()
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

    fn checked(&self, meter: &mut Meter<'_, '_>) -> Result<Vec<FileRead>> {
        let mut files = Vec::with_capacity(self.files.len());
        for place in 0..self.files.len() {
            files.push(self.alone(place, Mode::DryRun, None, meter)?);
        }
        let unclean = files.iter().rposition(|file| file.report.outcome != Outcome::Checked).map_or(0, |last| last + 1);
        let reach = unclean.max(self.together());
        let is_settled = |file: &FileRead| file.report.outcome == Outcome::Checked && file.report.added + file.report.changed == 0;
        if self.files.len() > 1 && !files.iter().take(reach).all(is_settled) {
            let settled = files.iter().take(reach).map(|file| Some(file).filter(|file| is_settled(file)).cloned()).collect();
            let tried = self.attempt(reach, settled, &[], meter)?;
            files.splice(..tried.len(), tried);
        }
        Ok(files)
    }

    /// Reads one file by itself, which is to do nothing but what was `found`.
    fn alone(&self, place: usize, mode: Mode, found: Option<Arc<Prints>>, meter: &mut Meter<'_, '_>) -> Result<FileRead> {
        self.read(place, Place::Store(&self.app.store), mode, found, &mut |pass, bytes| meter.now(place, pass, bytes))
    }

    /// Writes the first files in one write: for good, each doing nothing but what was `found`, or to see what comes of it when `settled` says
    /// what each of them is known to do. Those that are known to do nothing are passed over. A file that would do something else is
    /// [`Outcome::Checked`], and nothing is written.
    fn attempt(
        &self,
        count: usize,
        settled: Vec<Option<FileRead>>,
        found: &[Arc<Prints>],
        meter: &mut Meter<'_, '_>,
    ) -> Result<Vec<FileRead>> {
        let is_trial = !settled.is_empty();
        let (own, found, (sender, heard)) = (self.clone(), found.to_vec(), channel());
        let body = move |db: &mut Db| -> Result<Attempt<Vec<FileRead>>> {
            let mut files: Vec<FileRead> = Vec::with_capacity(count);
            for place in 0..count {
                if let Some(known) = settled.get(place).and_then(Option::as_ref) {
                    files.push(known.clone());
                    continue;
                }
                let FileRead { report, prints } =
                    own.read(place, Place::Within(db), Mode::Apply, found.get(place).cloned(), &mut |pass, bytes| {
                        // Nobody listens any more when the caller has gone.
                        let _gone = sender.send((place, pass, bytes));
                    })?;
                let outcome = report.outcome;
                files.push(FileRead { report: if is_trial { tried(report) } else { report }, prints });
                // What the store refused half way leaves it in no state to go on from.
                if outcome == Outcome::Stopped || (!is_trial && outcome != Outcome::Applied) {
                    break;
                }
            }
            if !is_trial && files.iter().all(|file| file.report.outcome == Outcome::Applied) {
                return Ok(Attempt::Keep(files));
            }
            let undone = |file: FileRead| match file.report.outcome {
                Outcome::Applied | Outcome::Stopped => FileRead { report: not_written(file.report), ..file },
                _ => file,
            };
            let is_moved = !is_trial && files.last().is_some_and(|last| is_moved(&last.report));
            Ok(Attempt::Undo(if is_trial || is_moved { files } else { files.into_iter().map(undone).collect() }))
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
    fn read(
        &self,
        at: usize,
        place: Place<'_>,
        mode: Mode,
        found: Option<Arc<Prints>>,
        tell: &mut dyn FnMut(Pass, u64),
    ) -> Result<FileRead> {
        let file = self.files.get(at).ok_or(Code::NotFound)?;
        let begun = (file.table.begin)(&self.app, &self.importer).and_then(|import| Ok((import, self.open(file)?)));
        let mut prints = Prints::default();
        let (import, source) = match begun {
            Ok(begun) => begun,
            Err(Error::Refused(refusal)) => {
                let report = unread(&file.name, file.table.columns.table, mode == Mode::DryRun, *refusal);
                return Ok(FileRead { report, prints: Arc::default() });
            }
            Err(error) => return Err(error),
        };
        let records = self.records.get(file.table.columns.table).cloned().unwrap_or_default();
        let mut source = source.within(InParcel { records, file: at, shown: found, unseen: self.unseen });
        let mut kept = match &self.changes {
            Some((folder, most)) => Some((BufWriter::new(File::create(changes_of(folder, at))?), *most)),
            None => None,
        };
        let mut lost = None;
        let report = import.run(place, &mut source, mode, &mut |news| match news {
            News::Progress(now) => tell(now.pass, now.bytes.min(now.of_bytes)),
            News::Changes(more) => {
                prints.extend(more);
                if let Some((kept, room)) = &mut kept {
                    lost = lost.take().or_else(|| more.iter().take(*room).find_map(|change| keep(kept, change).err()));
                    *room = room.saturating_sub(more.len());
                }
            }
        })?;
        kept.map_or(Ok(()), |(mut kept, _)| kept.flush())?;
        lost.map_or_else(|| Ok(FileRead { report, prints: Arc::new(prints) }), Err)
    }

    /// Opens a file as what it is read as.
    fn open(&self, file: &ParcelFile) -> Result<Source> {
        let columns = file.table.columns;
        file.reading.fits(columns)?;
        let mut source = Source::open_in(&file.path, file.reading.encoding()?)?
            .read_as(&file.name, file.reading.clone())
            .in_zone(self.app.config.time_zone);
        let headers = source.headers(columns)?;
        if (Reading { encoding: None, ..file.reading.clone() }) == Reading::default() {
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

/// Where it lies what was found of a parcel's file.
fn prints_of(folder: &Path, place: usize) -> PathBuf {
    folder.join(format!("{place}.prints"))
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

/// Whether a file was not written, or not to its end, since it would do something else than was found before.
fn is_moved(report: &ImportReport) -> bool {
    let all_stale = !report.faults.is_empty() && report.faults.iter().all(|fault| fault.code() == Some(Code::Stale));
    report.outcome == Outcome::Checked || (report.outcome == Outcome::Stopped && all_stale)
}

/// Whether nothing of it was written for that reason.
fn is_to_show(report: &ImportReport) -> bool {
    is_moved(report) && (report.outcome == Outcome::Checked || report.added + report.changed == 0)
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
