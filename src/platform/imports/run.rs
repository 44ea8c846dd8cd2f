//! The two passes over a file: check everything, then write it chunk by chunk.

use std::ops::{AddAssign, ControlFlow};
use std::time::{Duration, Instant};

use super::report::{Faults, ImportFault, ImportReport, Outcome, Reason};
use super::row::{Row, Seen};
use super::sheet::{Columns, Header};
use super::table::Source;
use crate::kernel::error::{Code, Error, Fault, Result};

/// Rows checked or written at a time.
pub const CHUNK: usize = 2_000;
/// Most rows that are written at a time where they come in an order of their own: each commit writes every page that it touched once more.
const CHUNK_MAX: usize = 8_000;
/// How long a write of rows may keep other writers waiting, about.
const TURN: Duration = Duration::from_millis(250);

/// What a room says about a table it loads from files. One value lives through both passes, so it may remember between them.
pub trait Import {
    /// A row, read.
    type Record;

    /// The table's columns.
    fn columns(&self) -> &'static Columns;

    /// Reads a row: every cell first, the record only if all are sound. None when something was wrong, which the [`Row`] has noted. Called in
    /// both passes, and must read the same row the same way.
    fn read(&mut self, row: &mut Row<'_>) -> Option<Self::Record>;

    /// First pass: holds a chunk of sound rows, in the file's order, against the store, and writes nothing. Faults carry the line of their
    /// entry ([`Entry::fault`]) and a column's name as field.
    ///
    /// # Errors
    /// Whatever the store answers; it ends the import.
    fn check(&mut self, chunk: &[Entry<Self::Record>]) -> Result<Checked>;

    /// End of the first pass: what only the whole file shows, such as a parent that is in neither the file nor the store, or a cycle.
    ///
    /// # Errors
    /// Whatever the store answers; it ends the import.
    fn check_whole(&mut self) -> Result<Vec<Fault>> {
        Ok(Vec::new())
    }

    /// Between the passes: the rows that the first found sound, in the order in which they are written best. None: the second pass reads the
    /// file again, in its own order.
    ///
    /// # Errors
    /// When they were kept and can no longer be read.
    fn kept(&mut self) -> Result<Option<Kept<Self::Record>>> {
        Ok(None)
    }

    /// Second pass: writes a chunk, all of it in one write or none. **Idempotent**: a row that is there already changes nothing and counts as
    /// unchanged, so that an interrupted import is completed by the same file.
    ///
    /// # Errors
    /// A refusal stops the import at this chunk and is reported; anything else ends it.
    fn apply(&mut self, chunk: Vec<Entry<Self::Record>>) -> Result<Applied>;
}

/// Rows that the first pass kept, in the order in which they are to be written.
pub type Kept<R> = Box<dyn Iterator<Item = Result<Entry<R>>>>;

/// A record and the line it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<R> {
    /// Line of the file, from 1.
    pub line: u64,
    /// The row, read.
    pub record: R,
}

impl<R> Entry<R> {
    /// A fault of this row, about the column named `column`.
    pub fn fault(&self, column: &'static str, code: Code) -> Fault {
        Fault::new(column, code).at_line(self.line)
    }
}

/// What checking a chunk found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What applying it now would do.
    pub would: Applied,
}

/// What writing rows did to the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that were new.
    pub added: u64,
    /// Rows that changed what was there.
    pub changed: u64,
    /// Rows that said what was there already.
    pub unchanged: u64,
}

impl AddAssign for Applied {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
    }
}

/// Whether to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only the first pass.
    DryRun,
    /// Both passes; the second only if the first found nothing wrong.
    Apply,
}

/// Which pass is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Reading and checking.
    Checking,
    /// Writing.
    Applying,
}

/// How far an import is; reported after every chunk and at the end of each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The pass under way.
    pub pass: Pass,
    /// Rows read in it.
    pub rows: u64,
    /// Rows the file has, once a pass has counted them.
    pub of_rows: Option<u64>,
    /// Bytes read in it.
    pub bytes: u64,
    /// Bytes the file has.
    pub of_bytes: u64,
}

/// Imports a file: see the module's description for what each pass does. Blocks; call it on a thread that may.
///
/// Faults of the file are in the report, not an error. Memory is bounded by a chunk of rows, the kept faults, the keys given to
/// [`Row::unique`] (16 bytes each) and, for a workbook, its table of texts.
///
/// # Errors
/// What [`Import::check`], [`Import::check_whole`] and [`Import::apply`] return (except a refusal of `apply`), and a file that can no longer be read.
pub fn run<I: Import>(source: &mut Source, import: &mut I, mode: Mode, progress: &mut dyn FnMut(Progress)) -> Result<ImportReport> {
    let mut faults = Faults::default();
    let mut would = Applied::default();
    let checking = Walk { pass: Pass::Checking, of_rows: None, faults: &mut faults, progress };
    let (rows_read, header) = checking.walk(source, import, Some(Seen::default()), &mut |import, chunk, header, faults| {
        let checked = import.check(&chunk)?;
        note(faults, header, import.columns(), checked.faults);
        would += checked.would;
        Ok(ControlFlow::Continue(()))
    })?;
    let mut report = ImportReport {
        file: source.name().to_owned(),
        table: import.columns().table.to_owned(),
        dry_run: mode == Mode::DryRun,
        outcome: Outcome::Refused,
        rows_read,
        added: would.added,
        changed: would.changed,
        unchanged: would.unchanged,
        faults: Vec::new(),
        fault_count: 0,
    };
    if faults.count == 0 && mode == Mode::Apply {
        let mut done = Applied::default();
        let mut stopped = false;
        let mut write = |import: &mut I, chunk: Vec<Entry<I::Record>>, header: &Header, faults: &mut Faults| {
            let first = chunk.first().map_or(0, |entry| entry.line);
            match import.apply(chunk) {
                Ok(applied) => done += applied,
                Err(Error::Refused(refusal)) => {
                    stopped = true;
                    let whole = Fault { field: "".into(), line: Some(first), code: refusal.code, args: refusal.args };
                    let found = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
                    note(faults, header, import.columns(), found);
                    return Ok(ControlFlow::Break(()));
                }
                Err(error) => return Err(error),
            }
            Ok(ControlFlow::Continue(()))
        };
        let applying = Walk { pass: Pass::Applying, of_rows: Some(rows_read), faults: &mut faults, progress };
        match import.kept()?.zip(header) {
            Some((kept, header)) => applying.hand_on(kept, source.size(), import, &header, &mut write)?,
            None => drop(applying.walk(source, import, None, &mut write)?),
        }
        report.outcome = if stopped || faults.count > 0 { Outcome::Stopped } else { Outcome::Applied };
        (report.added, report.changed, report.unchanged) = (done.added, done.changed, done.unchanged);
    } else if faults.count == 0 {
        report.outcome = Outcome::Checked;
    } else if mode == Mode::Apply {
        (report.added, report.changed, report.unchanged) = (0, 0, 0);
    }
    report.fault_count = faults.count;
    report.faults = faults.kept;
    Ok(report)
}

/// How many rows to write next, when so many took so long: as many as fit one [`TURN`], the wait for other writers' turns included.
fn in_a_turn(rows: usize, took: Duration) -> usize {
    let fit = u128::try_from(rows).unwrap_or_default() * TURN.as_micros() / took.as_micros().max(1);
    usize::try_from(fit).unwrap_or(CHUNK_MAX).clamp(CHUNK, CHUNK_MAX)
}

/// Notes faults under the headers as the file spells them.
fn note(faults: &mut Faults, header: &Header, columns: &Columns, found: Vec<Fault>) {
    for fault in found {
        let column = header.spelling_of(columns, &fault.field).to_owned();
        faults.push(ImportFault::of(&Fault { field: column.into(), ..fault }, None));
    }
}

/// What is done with a chunk of sound rows.
type EachChunk<'a, I> = dyn FnMut(&mut I, Vec<Entry<<I as Import>::Record>>, &Header, &mut Faults) -> Result<ControlFlow<()>> + 'a;

struct Walk<'a> {
    pass: Pass,
    of_rows: Option<u64>,
    faults: &'a mut Faults,
    progress: &'a mut dyn FnMut(Progress),
}

impl Walk<'_> {
    /// Hands on rows that were kept, in chunks. How far that is, is said in bytes of the file too.
    fn hand_on<I: Import>(
        self,
        mut kept: Kept<I::Record>,
        size: u64,
        import: &mut I,
        header: &Header,
        each: &mut EachChunk<'_, I>,
    ) -> Result<()> {
        let all = self.of_rows.unwrap_or_default().max(1);
        let mut rows = 0;
        let mut at_once = CHUNK;
        loop {
            let chunk = kept.by_ref().take(at_once).collect::<Result<Vec<_>>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            rows += u64::try_from(chunk.len()).unwrap_or_default();
            let begun = Instant::now();
            let flow = each(import, chunk, header, self.faults)?;
            at_once = in_a_turn(at_once, begun.elapsed());
            let bytes = u64::try_from(u128::from(size) * u128::from(rows) / u128::from(all)).unwrap_or(size);
            (self.progress)(Progress { pass: self.pass, rows, of_rows: self.of_rows, bytes: bytes.min(size), of_bytes: size });
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    /// Reads the file once, handing on sound rows in chunks. Returns the rows read, and their header if there is one to read them under.
    fn walk<I: Import>(
        self,
        source: &mut Source,
        import: &mut I,
        mut seen: Option<Seen>,
        each: &mut EachChunk<'_, I>,
    ) -> Result<(u64, Option<Header>)> {
        let columns = import.columns();
        let size = source.size();
        let mut header: Option<Header> = None;
        let mut first = true;
        let mut rows = 0;
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut broken_off = false;
        let meter = source.meter();
        let ended = source.rows(columns, &mut |raw| {
            if std::mem::take(&mut first) {
                header = Header::read(columns, raw, self.faults);
                return Ok(if header.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) });
            }
            let Some(header) = &header else {
                return Ok(ControlFlow::Break(()));
            };
            rows += 1;
            let before = self.faults.count;
            let mut row = Row { columns, header, raw, faults: self.faults, seen: seen.as_mut() };
            row.note_flaws();
            let record = import.read(&mut row);
            match record {
                Some(record) if self.faults.count == before => chunk.push(Entry { line: raw.line(), record }),
                None if self.faults.count == before => {
                    let fault = Fault::new("", Code::Malformed).with("reason", Reason::RowRefused.as_str()).at_line(raw.line());
                    self.faults.push(ImportFault::of(&fault, None));
                }
                _ => {}
            }
            if chunk.len() < CHUNK {
                return Ok(ControlFlow::Continue(()));
            }
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            let flow = each(import, full, header, self.faults)?;
            broken_off = flow.is_break();
            (self.progress)(Progress { pass: self.pass, rows, of_rows: self.of_rows, bytes: meter.so_far().min(size), of_bytes: size });
            Ok(flow)
        })?;
        let whole = ended.is_none();
        if let Some(fault) = ended {
            self.faults.push(ImportFault::of(&fault, None));
        }
        if first && self.faults.count == 0 {
            let fault = Fault::new("", Code::FileBroken).with("reason", Reason::Empty.as_str());
            self.faults.push(ImportFault::of(&fault, None));
        }
        if let Some(header) = header.as_ref().filter(|_| !broken_off) {
            if !chunk.is_empty() {
                broken_off = each(import, chunk, header, self.faults)?.is_break();
            }
            if self.pass == Pass::Checking && whole && !broken_off {
                let found = import.check_whole()?;
                note(self.faults, header, columns, found);
            }
        }
        (self.progress)(Progress { pass: self.pass, rows, of_rows: Some(rows), bytes: size, of_bytes: size });
        Ok((rows, header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_as_large_as_fits_a_turn() {
        let next = |rows, millis| in_a_turn(rows, Duration::from_millis(millis));
        assert_eq!((next(2_000, 100), next(4_000, 250), next(8_000, 500)), (5_000, 4_000, 4_000));
        assert_eq!((next(2_000, 0), next(8_000, 10), next(8_000, 60_000)), (CHUNK_MAX, CHUNK_MAX, CHUNK));
    }
}
