//! The two passes over a file: check everything, then write it chunk by chunk.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::changes::{Applied, CHANGES_KEPT, Change, ChangeKind, Prints};
use super::notes::{ImportNote, Note};
use super::reading::MadeCode;
use super::records::{At, Records};
use super::report::{Faults, ImportFault, ImportReport, Outcome, Reason, clipped};
use super::row::{Row, SaidByRow};
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
    /// Of rows whose record only the store tells, since it has several names: the line, and what it is in the store. Others say theirs by
    /// [`Row::unique`].
    pub records: Vec<(u64, String)>,
    /// The columns that name those records, each in one of several ways.
    pub named_by: &'static [&'static str],
}

/// What a file has to do with the others of its parcel, and with what people have seen of it.
#[derive(Clone, Default)]
pub(super) struct InParcel {
    /// The records that the parcel's files of this table speak of.
    pub(super) records: Arc<Mutex<Records>>,
    /// Its place among the parcel's files.
    pub(super) file: usize,
    /// What writing it was found to do. It is not written when that has changed.
    pub(super) shown: Option<Arc<Prints>>,
    /// Whether it is written without having been shown, so that nothing of it may be guesswork.
    pub(super) unseen: bool,
}

/// Rows found sound, and what else is known of them by their lines, where that is asked.
struct Chunk<R> {
    entries: Vec<Entry<R>>,
    told: HashMap<u64, Told>,
}

impl<R> Default for Chunk<R> {
    fn default() -> Self {
        Self { entries: Vec::new(), told: HashMap::new() }
    }
}

/// What is known of a row beside its record.
struct Told {
    values: Vec<(u32, u32)>,
    made: Option<MadeCode>,
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
    let InParcel { records, file, shown, unseen } = source.in_parcel();
    let (mut found, mut moved) = (Prints::default(), false);
    let mut checking = Walk { place: &mut place, pass: Pass::Checking, of_rows: None, faults: &mut faults, tell };
    let (rows_read, header) = checking.walk(source, import, Some(&records), &mut |place, chunk, header, faults, tell| {
        let mut checked = place.read(|db| lock(import).check(db, &chunk.entries))?;
        note(faults, header, columns, std::mem::take(&mut checked.faults));
        note(faults, header, columns, contradictions(&mut lock(&records), file, columns, &chunk.told, &checked));
        note(faults, header, columns, taken_over(columns, &chunk.told, &checked.would.changes));
        match &shown {
            Some(shown) => moved |= !shown.have(&checked.would.changes),
            None if mode == Mode::Apply => found.extend(&checked.would.changes),
            None => {}
        }
        checked.would.speak_of(columns);
        would.take(checked.would, (mode == Mode::DryRun).then_some(tell));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut notes = source.notes();
    notes.extend(header.iter().flat_map(Header::notes));
    if unseen && mode == Mode::Apply {
        notes.iter().filter_map(ImportNote::as_doubt).for_each(|fault| faults.push(fault));
    }
    let mut outcome = Outcome::Refused;
    let mut tally = would;
    if faults.count == 0 && moved {
        outcome = Outcome::Checked;
        notes.push(ImportNote::new(Note::ChangedSince));
    } else if faults.count == 0 && mode == Mode::Apply {
        let allowed = shown.unwrap_or_else(|| Arc::new(found));
        let mut done = Tally::default();
        let mut stopped = false;
        let mut write =
            |place: &mut Place<'_>, chunk: Chunk<I::Record>, header: &Header, faults: &mut Faults, tell: &mut dyn FnMut(News<'_>)| {
                let first = chunk.entries.first().map_or(0, |entry| entry.line);
                let (shared, allowed) = (Arc::clone(import), Arc::clone(&allowed));
                let written = place.write(move |db| {
                    let applied = lock(&shared).apply(db, &chunk.entries)?;
                    allowed.admit(&applied.changes).map(|()| applied)
                });
                match written {
                    Ok(mut applied) => {
                        applied.speak_of(columns);
                        done.take(applied, Some(tell));
                    }
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
        added: tally.all.added,
        changed: tally.all.changed,
        unchanged: tally.all.unchanged,
        changes: tally.all.changes,
        notes,
        fault_count: faults.count,
        faults: faults.in_order().into_iter().map(|fault| source.placed(fault)).collect(),
    })
}

/// Faults of rows that say something else of a record than a row of another file, where only the store tells which record that is.
fn contradictions(records: &mut Records, file: usize, columns: &Columns, told: &HashMap<u64, Told>, checked: &Checked) -> Vec<Fault> {
    let mut faults = Vec::new();
    let compares = records.compares();
    for (line, key) in checked.records.iter().filter(|_| compares) {
        let own = At { file, line: *line };
        let values = told.get(line).map_or(&[][..], |told| told.values.as_slice());
        // Two rows of one file the room compares itself.
        if let Some(before) = records.meet("", key, own, values).filter(|before| before.at.file != file) {
            let contradicted = before.contradicted(records, columns, own).filter(|fault| !checked.named_by.contains(&&*fault.field));
            faults.extend(contradicted.map(|fault| fault.at_line(*line)));
        }
    }
    faults
}

/// Faults of rows whose made code is that of a record which nothing says to be theirs: its name is another, and so is what the code was made of.
fn taken_over(columns: &Columns, told: &HashMap<u64, Told>, changes: &[Change]) -> Vec<Fault> {
    let changed = changes.iter().filter(|change| change.kind == ChangeKind::Changed);
    let fault = |change: &Change| {
        let made = told.get(&change.line)?.made.as_ref()?;
        let other = made.other_in(columns, &change.fields)?;
        let code = columns.columns.first()?;
        let fault = Fault::new(code.name, Code::MadeCodeTaken).with("made", &change.key).with("value", &change.key);
        Some(fault.with("there", clipped(&other.old)).with("here", clipped(&other.new)).at_line(change.line))
    };
    changed.filter_map(fault).collect()
}

/// What the chunks so far do: all counted, the first [`CHANGES_KEPT`] changes kept, and of new records the values of so many that a report
/// stays one that can be read.
#[derive(Default)]
struct Tally {
    all: Applied,
    values: usize,
}

/// Values of new records that a report keeps.
const VALUES_KEPT: usize = 5_000;

impl Tally {
    fn take(&mut self, more: Applied, tell: Option<&mut dyn FnMut(News<'_>)>) {
        if let Some(tell) = tell {
            tell(News::Changes(&more.changes));
        }
        self.all.added += more.added;
        self.all.changed += more.changed;
        self.all.unchanged += more.unchanged;
        let room = CHANGES_KEPT.saturating_sub(self.all.changes.len());
        for mut change in more.changes.into_iter().take(room) {
            if change.kind == ChangeKind::Added {
                self.values += change.fields.len();
                change.fields.truncate(if self.values > VALUES_KEPT { 0 } else { usize::MAX });
            }
            self.all.changes.push(change);
        }
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
type EachChunk<'a, R> = dyn FnMut(&mut Place<'_>, Chunk<R>, &Header, &mut Faults, &mut dyn FnMut(News<'_>)) -> Result<ControlFlow<()>> + 'a;

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
            let entries = kept.by_ref().take(at_once).collect::<Result<Vec<_>>>()?;
            if entries.is_empty() {
                return Ok(());
            }
            rows += saturating::<u64>(entries.len());
            let chunk = Chunk { entries, told: HashMap::new() };
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
        records: Option<&Mutex<Records>>,
        each: &mut EachChunk<'_, I::Record>,
    ) -> Result<(u64, Option<Header>)> {
        let columns = lock(import).columns();
        let (size, zone) = (source.size(), source.zone());
        let mut header: Option<Header> = None;
        let mut first = true;
        let mut rows = 0;
        let mut chunk = Chunk::default();
        let file = source.in_parcel().file;
        let mut broken_off = false;
        let (meter, reading) = (source.meter(), source.reading().clone());
        let ended = source.rows(columns, &mut |raw| {
            if broken_off {
                return Ok(ControlFlow::Break(()));
            }
            if raw.heads() {
                first = false;
                if let Some(header) = header.take().filter(|_| !chunk.entries.is_empty()) {
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
            let (code, said) = (header.code_of(raw, rows), SaidByRow::default());
            let mut known = records.map(lock);
            let mut row =
                Row { columns, header, raw, code: code.as_ref(), zone, faults: self.faults, records: known.as_deref_mut(), file, said };
            row.note_flaws();
            row.note_units();
            let record = lock(import).read(&mut row);
            let values = row.said.values;
            match record {
                Some(record) if self.faults.count == before => {
                    let made = header.made_of(columns, raw, code.as_ref()).filter(|_| records.is_some());
                    if made.is_some() || !values.is_empty() {
                        chunk.told.insert(raw.line(), Told { values, made });
                    }
                    chunk.entries.push(Entry { line: raw.line(), record });
                }
                None if self.faults.count == before => {
                    let fault = Fault::new("", Code::Malformed).with("reason", Reason::RowRefused.as_str()).at_line(raw.line());
                    self.faults.push(ImportFault::of(&fault, None));
                }
                _ => {}
            }
            drop(known);
            if chunk.entries.len() < CHUNK {
                return Ok(ControlFlow::Continue(()));
            }
            let flow = each(self.place, std::mem::take(&mut chunk), header, self.faults, self.tell)?;
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
            if !chunk.entries.is_empty() {
                broken_off = each(self.place, chunk, header, self.faults, self.tell)?.is_break();
            }
            // All records have been compared; what looks at the whole may need the room.
            if let Some(records) = records {
                lock(records).forget();
            }
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
