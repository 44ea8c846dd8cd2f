//! A file as rows of text: its kind, encoding and delimiter found out from its content, its rows streamed.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};
use encoding_rs::{Decoder, Encoding, GB18030, UTF_8};

use super::report::Reason;
use super::sheet::Columns;
use super::workbook::{self, Workbook};
use crate::kernel::calendar;
use crate::kernel::error::{Code, Error, Fault, Result};

/// Cells a row may have.
pub const TABLE_COLUMNS_MAX: usize = 1_024;
/// Characters a cell may have, whatever its column allows.
const CELL_MAX: usize = 4_000;
/// Bytes of one row of a CSV file, quoted line breaks included. An unclosed quote ends here and not at the end of memory.
const RECORD_MAX: usize = 1 << 20;
/// Bytes read at a time.
const PIECE: u64 = 1 << 16;

/// Bytes of a file that can be read from the start more than once.
pub trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// Bytes read in the present pass, for a progress bar.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(super) fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes under a meter.
pub(super) struct Metered {
    bytes: Box<dyn Bytes>,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.meter.0.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Bytes that a file of holidays may have; a year has 4,000.
const HOLIDAYS_MAX: u64 = 1 << 20;

/// A year of national days, in the JSON of the holiday-cn project, as the CSV of a table of calendars.
fn holidays(bytes: &mut impl Read, size: u64) -> Result<Vec<u8>> {
    if size > HOLIDAYS_MAX {
        return Err(Reason::NotATable.refusal());
    }
    let mut text = String::new();
    bytes.read_to_string(&mut text).map_err(|_| Reason::NotATable.refusal())?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["calendar", "day", "kind", "name_zh"]).map_err(Error::broken)?;
    for day in calendar::read_json(&text)?.iter() {
        let kind = if day.kind == calendar::Kind::Off { "off" } else { "work" };
        csv.write_record(["CN", &day.date.to_string(), kind, &day.name]).map_err(Error::broken)?;
    }
    csv.into_inner().map_err(|error| Error::broken(error.into_error()))
}

/// A file to import, opened and looked at.
pub struct Source {
    name: String,
    size: u64,
    meter: Meter,
    body: Body,
}

enum Body {
    Text { bytes: Metered, encoding: &'static Encoding },
    Workbook(Workbook),
}

impl Source {
    /// Opens a file of the file system.
    ///
    /// # Errors
    /// As [`Source::new`]; [`Error::Broken`](crate::kernel::Error::Broken) when the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::new(&name, File::open(path)?)
    }

    /// Takes bytes from anywhere. `name` is only shown; what the file is, its content says. Reads the whole once, to find out the encoding
    /// of a text or to measure what a workbook unpacks to.
    ///
    /// # Errors
    /// [`Code::FileBroken`] with a [`Reason`] when it is not a table that can be read.
    pub fn new(name: &str, bytes: impl Bytes + 'static) -> Result<Self> {
        let meter = Meter::default();
        let mut bytes = Metered { bytes: Box::new(bytes), meter: meter.clone() };
        let size = bytes.seek(SeekFrom::End(0))?;
        let mut head = Vec::new();
        bytes.rewind()?;
        bytes.by_ref().take(8).read_to_end(&mut head)?;
        bytes.rewind()?;
        if head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start().starts_with(b"{") {
            return Self::new(name, std::io::Cursor::new(holidays(&mut bytes, size)?));
        }
        let body = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Body::Workbook(workbook::open(BufReader::with_capacity(1 << 16, bytes))?)
        } else if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            return Err(workbook::compound_file(bytes));
        } else {
            let encoding = encoding_of(&mut bytes, &head)?;
            Body::Text { bytes, encoding }
        };
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
        Ok(Self { name, size, meter, body })
    }

    /// The name it was sent under, without folders.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The headers as a table of these columns would read them: the cells of the first row that is not empty.
    pub(super) fn headers(&mut self, columns: &Columns) -> Result<Vec<String>> {
        let mut headers = Vec::new();
        self.rows(columns, &mut |row| {
            headers = row.cells().iter().map(|cell| cell.text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
            Ok(ControlFlow::Break(()))
        })?;
        Ok(headers)
    }

    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Hands every row that is not empty to `each`, from the first (the header), until it breaks off. Returns the fault at which the file
    /// could not be read on, if it could not.
    pub(super) fn rows(&mut self, columns: &Columns, each: &mut EachRow<'_>) -> Result<Option<Fault>> {
        self.meter.0.store(0, Ordering::Relaxed);
        match &mut self.body {
            Body::Text { bytes, encoding } => {
                bytes.rewind()?;
                Records::new(bytes, encoding, columns)?.all(each)
            }
            Body::Workbook(book) => workbook::rows(book, columns, each),
        }
    }
}

/// What is done with a row: go on, or break off.
pub(super) type EachRow<'a> = dyn FnMut(&RawRow) -> Result<ControlFlow<()>> + 'a;

/// A cell as text, and what is wrong with it whatever its column is (the fault's field and line are filled in later).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) flaw: Option<Fault>,
}

impl Cell {
    /// A cell of text, looked over for what no cell may have.
    pub(super) fn new(text: String) -> Self {
        let unwanted = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        let flaw = if text.contains(char::REPLACEMENT_CHARACTER) {
            Some(Fault::new("", Code::Malformed).with("reason", Reason::UnreadableText.as_str()))
        } else if text.contains(unwanted) {
            Some(Fault::new("", Code::ControlCharacter))
        } else if text.len() > CELL_MAX && text.chars().count() > CELL_MAX {
            Some(Fault::new("", Code::TooLong).with("max", CELL_MAX))
        } else {
            None
        };
        Self { text, flaw }
    }
}

/// The cells of a row and the line it starts on.
#[derive(Debug, Default)]
pub(super) struct RawRow {
    line: u64,
    cells: Vec<Cell>,
}

impl RawRow {
    pub(super) fn start(&mut self, line: u64) {
        self.line = line;
        self.cells.clear();
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    pub(super) fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// Puts a cell at a place, with empty cells before it where there are none.
    pub(super) fn put(&mut self, place: usize, cell: Cell) {
        if place >= self.cells.len() {
            self.cells.resize(place + 1, Cell::default());
        }
        if let Some(there) = self.cells.get_mut(place) {
            *there = cell;
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty() && cell.flaw.is_none())
    }
}

/// The encoding of a text: by its byte order mark, else UTF-8 if that is what it is, else GB18030 (of which GBK and GB 2312 are parts).
///
/// A UTF-8 file with a few bad bytes stays UTF-8, so that those cells are named instead of every Chinese text turned into another: of
/// the characters of a GBK text about one in seven happens to be well-formed UTF-8, of those of a damaged UTF-8 text nearly all.
fn encoding_of(bytes: &mut Metered, head: &[u8]) -> Result<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    let (mut well, mut ill) = (0u64, 0u64);
    let mut piece = Vec::new();
    let mut first = true;
    loop {
        let count = bytes.by_ref().take(PIECE).read_to_end(&mut piece)?;
        if std::mem::take(&mut first) {
            if count == 0 {
                return Err(Reason::Empty.refusal());
            }
            refuse_binary(&piece)?;
        }
        let mut cut = Vec::new();
        let mut chunks = piece.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            well += u64::try_from(chunk.valid().chars().filter(|c| !c.is_ascii()).count()).unwrap_or_default();
            if chunk.invalid().is_empty() {
                continue;
            }
            // A character cut in two by the end of the piece is judged with the next one.
            if chunks.peek().is_none() && count > 0 {
                cut = chunk.invalid().to_vec();
            } else {
                ill += 1;
            }
        }
        if count == 0 {
            return Ok(if ill == 0 || well > 2 * ill { UTF_8 } else { GB18030 });
        }
        piece = cut;
    }
}

/// A text has no zero bytes and hardly any control characters.
fn refuse_binary(head: &[u8]) -> Result<()> {
    let control = head.iter().filter(|byte| byte.is_ascii_control() && !matches!(**byte, b'\t' | b'\n' | b'\r')).count();
    if head.contains(&0) || head.starts_with(b"%PDF-") || control > 8 + head.len() / 32 {
        return Err(Reason::NotATable.refusal());
    }
    Ok(())
}

/// The records of a CSV text.
///
/// The state machine is that of the `csv` crate; it is driven here by hand because a record must be bounded, a quote that is never closed must
/// be told from the end of the file, and the line of a record must be right after empty lines.
struct Records<'a> {
    bytes: &'a mut Metered,
    decoder: Decoder,
    parser: csv_core::Reader,
    piece: Vec<u8>,
    /// Decoded text with `\n` line ends, and how much of it the parser has had.
    text: Vec<u8>,
    at: usize,
    /// The last byte was a carriage return, already passed on as a line feed.
    after_return: bool,
    last: u8,
    done: bool,
    record: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a mut Metered, encoding: &'static Encoding, columns: &Columns) -> Result<Self> {
        let mut records = Self {
            bytes,
            decoder: encoding.new_decoder_with_bom_removal(),
            parser: csv_core::Reader::new(),
            piece: Vec::new(),
            text: Vec::new(),
            at: 0,
            after_return: false,
            last: b'\n',
            done: false,
            record: vec![0; 1 << 12],
            ends: vec![0; 64],
        };
        while !records.done && records.text.is_empty() {
            records.fill()?;
        }
        let named = named_delimiter(&records.text);
        records.parser = parser(named.unwrap_or_else(|| best_delimiter(&records.text, columns)));
        if named.is_some() {
            records.at = records.text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            records.parser.set_line(2);
        }
        Ok(records)
    }

    fn all(mut self, each: &mut EachRow<'_>) -> Result<Option<Fault>> {
        let mut row = RawRow::default();
        loop {
            match self.next(&mut row)? {
                Next::End => return Ok(None),
                Next::Broken(fault) => return Ok(Some(fault)),
                Next::Row if row.is_blank() => {}
                Next::Row => {
                    if each(&row)?.is_break() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Decodes the next piece of the file behind what is left of the last.
    fn fill(&mut self) -> Result<()> {
        self.piece.clear();
        let count = self.bytes.take(PIECE).read_to_end(&mut self.piece)?;
        self.done = count == 0;
        let room = self.decoder.max_utf8_buffer_length(count).ok_or_else(|| Reason::Damaged.refusal())?;
        let mut decoded = String::with_capacity(room);
        // With room for the worst case all of the piece is decoded at once; what is no text becomes U+FFFD, which makes its cell a fault.
        let (_, _, _) = self.decoder.decode_to_string(&self.piece, &mut decoded, self.done);
        self.text = decoded.into_bytes();
        self.at = 0;
        let mut after_return = self.after_return;
        self.text.retain_mut(|byte| {
            let second_of_two = after_return && *byte == b'\n';
            after_return = *byte == b'\r';
            if after_return {
                *byte = b'\n';
            }
            !second_of_two
        });
        self.after_return = after_return;
        self.last = self.text.last().copied().unwrap_or(self.last);
        // The last line always ends, so that only an open quote is still going on at the end of the file.
        if self.done && self.last != b'\n' {
            self.text.push(b'\n');
        }
        Ok(())
    }

    fn next(&mut self, row: &mut RawRow) -> Result<Next> {
        let (mut written, mut cells) = (0, 0);
        loop {
            if self.at >= self.text.len() && !self.done {
                self.fill()?;
                if self.text.is_empty() && !self.done {
                    continue;
                }
            }
            let input = self.text.get(self.at..).unwrap_or_default();
            let at_end = input.is_empty();
            let (result, taken, wrote, ended) = self.parser.read_record(
                input,
                self.record.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(cells..).unwrap_or_default(),
            );
            self.at += taken;
            written += wrote;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.record.len() < RECORD_MAX => self.record.resize(self.record.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < TABLE_COLUMNS_MAX => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::OutputFull => return Ok(Next::Broken(Reason::OpenQuote.ends_at(self.first_line(written)))),
                ReadRecordResult::OutputEndsFull => return Ok(Next::Broken(Reason::TooManyColumns.ends_at(self.first_line(written)))),
                ReadRecordResult::Record if at_end => return Ok(Next::Broken(Reason::OpenQuote.ends_at(self.first_line(written)))),
                ReadRecordResult::Record => {
                    row.start(self.first_line(written) - 1);
                    let mut start = 0;
                    for end in self.ends.get(..cells).unwrap_or_default() {
                        let cell = self.record.get(start..*end).unwrap_or_default();
                        row.push(Cell::new(String::from_utf8_lossy(cell).into_owned()));
                        start = *end;
                    }
                    return Ok(Next::Row);
                }
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
    }

    /// The line on which the record under way began, while its last line has not ended.
    fn first_line(&self, written: usize) -> u64 {
        let breaks = self.record.get(..written).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.parser.line() - u64::try_from(breaks).unwrap_or_default().min(self.parser.line() - 1)
    }
}

enum Next {
    Row,
    Broken(Fault),
    End,
}

fn parser(delimiter: u8) -> csv_core::Reader {
    ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build()
}

/// The delimiter of a first line `sep=;`, as spreadsheets write and understand it.
fn named_delimiter(head: &[u8]) -> Option<u8> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t')] => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter under which the first line names most columns that are known, then the one that makes most cells of it.
fn best_delimiter(head: &[u8], columns: &Columns) -> u8 {
    let head = [head, b"\n"].concat();
    let judged = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| {
        let mut record = vec![0; head.len() + 1];
        let mut ends = vec![0; TABLE_COLUMNS_MAX];
        let mut parser = parser(*delimiter);
        let (result, _, _, cells) = parser.read_record(&head, &mut record, &mut ends);
        if result != ReadRecordResult::Record {
            return (0, 0);
        }
        let mut start = 0;
        let mut known = 0;
        for end in ends.get(..cells).unwrap_or_default() {
            let cell = record.get(start..*end).unwrap_or_default();
            known += usize::from(std::str::from_utf8(cell).is_ok_and(|cell| columns.find(cell).is_some()));
            start = *end;
        }
        (known, cells)
    });
    judged.unwrap_or(b',')
}
