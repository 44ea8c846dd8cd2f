//! The two passes over a file: check everything, then write it chunk by chunk.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::changes::{Applied, CHANGES_KEPT, Change};
use super::report::{Faults, ImportFault, ImportReport, Outcome, Reason};
use super::row::{Row, Seen};
use super::sheet::{Columns, Header};
use super::table::Source;
use crate::kernel::{Code, Error, Fault, Result, saturating};
use crate::platform::db::{Db, Store};
use crate::platform::locks::lock;

/// Rows checked or written at a time.
pub const CHUNK: usize = 2_000;
/// Most rows that are written at a time where they come in an order of their own: each commit writes every page that it touched once more.
const CHUNK_MAX: usize = 8_000;
/// How long a write of rows may keep other writers waiting, about.
const TURN: Duration = Duration::from_millis(250);

/// What a room says about a table it loads from files. One value lives through both passes of one file, so it may remember between them.
pub trait Import: Send + 'static {
    /// A row, read.
    type Record: Send + Sync + 'static;

    /// The table's columns.
    fn columns(&self) -> &'static Columns;

    /// A file of this name is going to be read; said before anything else is asked.
    fn begins(&mut self, _file: &str, _mode: Mode) {}

    /// Reads a row: every cell first, the record only if all are sound. None when something was wrong, which the [`Row`] has noted. Called in
    /// both passes, and must read the same row the same way.
    fn read(&mut self, row: &mut Row<'_>) -> Option<Self::Record>;

    /// First pass: holds a chunk of sound rows, in the file's order, against the store, and writes nothing. Faults carry the line of their
    /// entry ([`Entry::fault`]) and a column's name as field.
    fn check(&mut self, db: &mut Db, chunk: &[Entry<Self::Record>]) -> Result<Checked>;

    /// End of the first pass: what only the whole file shows, such as a parent that is in neither the file nor the store, or a cycle.
    fn check_whole(&mut self, _db: &mut Db) -> Result<Vec<Fault>> {
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

    /// Second pass: writes a chunk within a write that the engine opened. **Idempotent**: a row that is there already changes nothing and
    /// counts as unchanged, so that an interrupted import is completed by the same file. The store may ask for the same chunk once more after
    /// undoing the first try, so what is remembered from chunk to chunk must be the same after the second try as after the first.
    ///
    /// # Errors
    /// A refusal stops the import at this chunk and is reported; anything else ends it.
    fn apply(&mut self, db: &mut Db, chunk: &[Entry<Self::Record>]) -> Result<Applied>;
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

/// What an import tells whoever waits for it.
pub enum News<'a> {
    /// How far it is.
    Progress(Progress),
    /// What a chunk of rows does, or would do in a dry run. Every change comes past here once, also those a report has no room for.
    Changes(&'a [Change]),
}

/// Where the passes find the store.
pub enum Place<'a> {
    /// Each chunk is checked in a read of its own and written in a write of its own.
    Store(&'a Store),
    /// Everything happens within one write that is under way. Whoever opened it decides whether it stands, and undoes it when an import
    /// [stopped](Outcome::Stopped).
    Within(&'a mut Db),
}

impl Place<'_> {
    fn read<T>(&mut self, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        match self {
            Self::Store(store) => store.read_blocking(body),
            Self::Within(db) => body(db),
        }
    }

    fn write<T: Send + 'static>(&mut self, body: impl Fn(&mut Db) -> Result<T> + Send + 'static) -> Result<T> {
        match self {
            Self::Store(store) => store.write_blocking(body),
            Self::Within(db) => body(db),
        }
    }
}

/// An import whose records are its own affair: what a table's [`begin`](super::ImportTable::begin) makes for one file.
pub trait AnyImport: Send {
    /// [`run`], with this import.
    fn run(self: Box<Self>, place: Place<'_>, source: &mut Source, mode: Mode, tell: &mut dyn FnMut(News<'_>)) -> Result<ImportReport>;
}

impl<I: Import> AnyImport for I {
    fn run(self: Box<Self>, place: Place<'_>, source: &mut Source, mode: Mode, tell: &mut dyn FnMut(News<'_>)) -> Result<ImportReport> {
        run(place, source, &Arc::new(Mutex::new(*self)), mode, tell)
    }
}

/// Imports a file: see the module's description for what each pass does. Blocks; call it on a thread that may.
///
/// Faults of the file are in the report, not an error. Memory is bounded by a chunk of rows, the kept faults and changes, the keys given to
/// [`Row::unique`] (16 bytes each) and, for a workbook, its table of texts.
///
/// # Errors
/// What [`Import::check`], [`Import::check_whole`] and [`Import::apply`] return (except a refusal of `apply`), and a file that can no longer be read.
pub fn run<I: Import>(
    mut place: Place<'_>,
    source: &mut Source,
    import: &Arc<Mutex<I>>,
    mode: Mode,
    tell: &mut dyn FnMut(News<'_>),
) -> Result<ImportReport> {
    lock(import).begins(source.name(), mode);
    let columns = lock(import).columns();
    let mut faults = Faults::default();
    let mut would = Tally::default();
    let mut checking = Walk { place: &mut place, pass: Pass::Checking, of_rows: None, faults: &mut faults, tell };
    let (rows_read, header) = checking.walk(source, import, Some(Seen::default()), &mut |place, chunk, header, faults, tell| {
        let checked = place.read(|db| lock(import).check(db, &chunk))?;
        note(faults, header, columns, checked.faults);
        would.take(checked.would, (mode == Mode::DryRun).then_some(tell));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut notes = source.notes();
    notes.extend(header.iter().flat_map(Header::notes));
    let mut outcome = Outcome::Refused;
    let mut tally = would;
    if faults.count == 0 && mode == Mode::Apply {
        let mut done = Tally::default();
        let mut stopped = false;
        let mut write =
            |place: &mut Place<'_>, chunk: Vec<Entry<I::Record>>, header: &Header, faults: &mut Faults, tell: &mut dyn FnMut(News<'_>)| {
                let first = chunk.first().map_or(0, |entry| entry.line);
                let shared = Arc::clone(import);
                match place.write(move |db| lock(&shared).apply(db, &chunk)) {
                    Ok(applied) => done.take(applied, Some(tell)),
                    Err(Error::Refused(refusal)) => {
                        stopped = true;
                        let whole = Fault { field: "".into(), line: Some(first), code: refusal.code, args: refusal.args };
                        let found = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
                        note(faults, header, columns, found);
                        return Ok(ControlFlow::Break(()));
                    }
                    Err(error) => return Err(error),
                }
                Ok(ControlFlow::Continue(()))
            };
        let mut applying = Walk { place: &mut place, pass: Pass::Applying, of_rows: Some(rows_read), faults: &mut faults, tell };
        let kept = lock(import).kept()?;
        match kept.zip(header) {
            Some((kept, header)) => applying.hand_on(kept, source.size(), &header, &mut write)?,
            None => drop(applying.walk(source, import, None, &mut write)?),
        }
        outcome = if stopped || faults.count > 0 { Outcome::Stopped } else { Outcome::Applied };
        tally = done;
    } else if faults.count == 0 {
        outcome = Outcome::Checked;
    } else if mode == Mode::Apply {
        tally = Tally::default();
    }
    Ok(ImportReport {
        file: source.name().to_owned(),
        table: columns.table.to_owned(),
        dry_run: mode == Mode::DryRun,
        outcome,
        rows_read,
        added: tally.0.added,
        changed: tally.0.changed,
        unchanged: tally.0.unchanged,
        changes: tally.0.changes,
        notes,
        fault_count: faults.count,
        faults: faults.kept.into_iter().map(|fault| source.placed(fault)).collect(),
    })
}

/// What the chunks so far do: all counted, the first [`CHANGES_KEPT`] changes kept.
#[derive(Default)]
struct Tally(Applied);

impl Tally {
    fn take(&mut self, more: Applied, tell: Option<&mut dyn FnMut(News<'_>)>) {
        if let Some(tell) = tell {
            tell(News::Changes(&more.changes));
        }
        self.0.added += more.added;
        self.0.changed += more.changed;
        self.0.unchanged += more.unchanged;
        let room = CHANGES_KEPT.saturating_sub(self.0.changes.len());
        self.0.changes.extend(more.changes.into_iter().take(room));
    }
}

/// How many rows to write next, when so many took so long: as many as fit one [`TURN`], the wait for other writers' turns included.
fn in_a_turn(rows: usize, took: Duration) -> usize {
    let fit = saturating::<u128>(rows) * TURN.as_micros() / took.as_micros().max(1);
    saturating::<usize>(fit).clamp(CHUNK, CHUNK_MAX)
}

/// Notes faults under the headers as the file spells them.
fn note(faults: &mut Faults, header: &Header, columns: &Columns, found: Vec<Fault>) {
    for fault in found {
        faults.push(header.place(columns, fault, None));
    }
}

/// What is done with a chunk of sound rows.
type EachChunk<'a, R> =
    dyn FnMut(&mut Place<'_>, Vec<Entry<R>>, &Header, &mut Faults, &mut dyn FnMut(News<'_>)) -> Result<ControlFlow<()>> + 'a;

struct Walk<'a, 'p> {
    place: &'a mut Place<'p>,
    pass: Pass,
    of_rows: Option<u64>,
    faults: &'a mut Faults,
    tell: &'a mut dyn FnMut(News<'_>),
}

impl Walk<'_, '_> {
    /// Hands on rows that were kept, in chunks. How far that is, is said in bytes of the file too.
    fn hand_on<R>(&mut self, mut kept: Kept<R>, size: u64, header: &Header, each: &mut EachChunk<'_, R>) -> Result<()> {
        let all = self.of_rows.unwrap_or_default().max(1);
        let mut rows = 0;
        let mut at_once = CHUNK;
        loop {
            let chunk = kept.by_ref().take(at_once).collect::<Result<Vec<_>>>()?;
            if chunk.is_empty() {
                return Ok(());
            }
            rows += saturating::<u64>(chunk.len());
            let begun = Instant::now();
            let flow = each(self.place, chunk, header, self.faults, self.tell)?;
            at_once = in_a_turn(at_once, begun.elapsed());
            let bytes = saturating::<u64>(u128::from(size) * u128::from(rows) / u128::from(all)).min(size);
            (self.tell)(News::Progress(Progress { pass: self.pass, rows, of_rows: self.of_rows, bytes, of_bytes: size }));
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    /// Reads the file once, handing on sound rows in chunks. Returns the rows read, and their header if there is one to read them under.
    fn walk<I: Import>(
        &mut self,
        source: &mut Source,
        import: &Mutex<I>,
        mut seen: Option<Seen>,
        each: &mut EachChunk<'_, I::Record>,
    ) -> Result<(u64, Option<Header>)> {
        let columns = lock(import).columns();
        let (size, zone) = (source.size(), source.zone());
        let mut header: Option<Header> = None;
        let mut first = true;
        let mut rows = 0;
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut broken_off = false;
        let (meter, reading) = (source.meter(), source.reading().clone());
        let ended = source.rows(columns, &mut |raw| {
            if broken_off {
                return Ok(ControlFlow::Break(()));
            }
            if raw.heads() {
                first = false;
                if let Some(header) = header.take().filter(|_| !chunk.is_empty()) {
                    broken_off = each(self.place, std::mem::take(&mut chunk), &header, self.faults, self.tell)?.is_break();
                }
                header = Header::read(columns, raw, &reading, self.faults);
            }
            let Some(header) = &header else {
                return Ok(ControlFlow::Break(()));
            };
            if raw.heads() {
                return Ok(ControlFlow::Continue(()));
            }
            rows += 1;
            let before = self.faults.count;
            let code = header.code_of(raw, rows);
            let mut row = Row { columns, header, raw, code: code.as_ref(), zone, faults: self.faults, seen: seen.as_mut() };
            row.note_flaws();
            let record = lock(import).read(&mut row);
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
            let flow = each(self.place, full, header, self.faults, self.tell)?;
            broken_off = flow.is_break();
            let bytes = meter.so_far().min(size);
            (self.tell)(News::Progress(Progress { pass: self.pass, rows, of_rows: self.of_rows, bytes, of_bytes: size }));
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
                broken_off = each(self.place, chunk, header, self.faults, self.tell)?.is_break();
            }
            // All keys have been compared; what looks at the whole may need the room.
            drop(seen);
            if self.pass == Pass::Checking && whole && !broken_off {
                let found = self.place.read(|db| lock(import).check_whole(db))?;
                note(self.faults, header, columns, found);
            }
        }
        (self.tell)(News::Progress(Progress { pass: self.pass, rows, of_rows: Some(rows), bytes: size, of_bytes: size }));
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
