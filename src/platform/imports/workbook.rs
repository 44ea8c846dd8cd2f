//! XLSX workbooks as rows of text: measured before they are opened, streamed when they are read.

use std::collections::HashSet;
use std::io::{BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use zip::ZipArchive;
use zip::result::ZipError;

use super::report::Reason;
use super::sheet::Columns;
use super::table::{Cell, EachRow, Metered, RawRow, TABLE_COLUMNS_MAX};
use crate::kernel::error::{Code, Error, Fault, Result};

/// Rows of a sheet (Excel specifications and limits).
const ROWS_MAX: u32 = 1_048_576;
/// Cells with something in them that a sheet may have: every row of a full sheet with 64 columns.
const CELLS_MAX: u64 = 64 * 1_048_576;
/// Bytes all parts of a workbook may unpack to.
const UNPACKED_MAX: u64 = 2 << 30;
/// Bytes the parts that are held in memory (texts, styles, the list of sheets) may unpack to.
const HELD_MAX: u64 = 128 << 20;
/// Bytes between two tags. A cell has at most 32,767 characters.
const RUN_MAX: usize = 1 << 20;
/// Digits beyond which a number is no longer exact in a cell: 2⁵³.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// An opened workbook.
pub(super) type Workbook = Box<Xlsx<BufReader<Metered>>>;

/// Opens a workbook after measuring it.
pub(super) fn open(mut bytes: BufReader<Metered>) -> Result<Workbook> {
    measure(&mut bytes)?;
    bytes.rewind()?;
    guarded(|| Xlsx::new(bytes)).map(Box::new).ok_or_else(|| Reason::Damaged.refusal())
}

/// Runs the XLSX reader. It does arithmetic on what stands in the file, and where that overflows it panics in a debug build: such a file is
/// as damaged as one it refuses.
fn guarded<T>(read: impl FnOnce() -> Result<T, calamine::XlsxError>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok().and_then(Result::ok)
}

/// Unpacks every part once without keeping it: a part that unpacks without end, a text without end, or a list that announces more entries than
/// it can have must not reach the reader, which keeps them in memory.
fn measure(bytes: &mut BufReader<Metered>) -> Result<()> {
    let damaged = || Reason::Damaged.refusal();
    let mut archive = ZipArchive::new(bytes).map_err(|_| damaged())?;
    let (mut all, mut held) = (0u64, 0u64);
    let mut names = HashSet::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Reason::Password.refusal(),
            _ => damaged(),
        })?;
        let name = part.name().map_err(|_| damaged())?.to_ascii_lowercase();
        let streamed = name.contains("worksheets/") && !name.ends_with("sharedstrings.xml") && !name.ends_with("styles.xml");
        let mut tags = Tags::default();
        let mut piece = [0; 1 << 14];
        loop {
            let count = part.read(&mut piece).map_err(|_| damaged())?;
            if count == 0 {
                break;
            }
            let count_u64 = u64::try_from(count).unwrap_or(u64::MAX);
            all += count_u64;
            held += if streamed { 0 } else { count_u64 };
            if all > UNPACKED_MAX || held > HELD_MAX || !tags.take(piece.get(..count).unwrap_or_default()) {
                return Err(Reason::TooLarge.refusal());
            }
        }
        if !tags.take(b"<") {
            return Err(Reason::TooLarge.refusal());
        }
        names.insert(name);
    }
    if names.contains("[content_types].xml") && names.contains("xl/workbook.xml") {
        return Ok(());
    }
    Err(Reason::NotXlsx.refusal())
}

/// Follows the tags of a part, holding one at a time with the text behind it.
#[derive(Default)]
struct Tags {
    run: Vec<u8>,
    taken: u64,
}

impl Tags {
    /// Takes more bytes; false when they are not to be read on.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let mut pieces = bytes.split(|byte| *byte == b'<').peekable();
        while let Some(piece) = pieces.next() {
            self.run.extend_from_slice(piece);
            self.taken += u64::try_from(piece.len() + 1).unwrap_or_default();
            if self.run.len() > RUN_MAX {
                return false;
            }
            if pieces.peek().is_some() {
                if !announces_little(&self.run) {
                    return false;
                }
                self.run.clear();
            }
        }
        true
    }
}

/// Whether a tag, if it opens the list of texts, announces no more of them than [`HELD_MAX`] has room for: the reader reserves what is announced.
fn announces_little(tag: &[u8]) -> bool {
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'>' || *byte == b'/').next().unwrap_or_default();
    if name.rsplit(|byte| *byte == b':').next() != Some(b"sst") {
        return true;
    }
    let tag = String::from_utf8_lossy(tag);
    tag.split("uniqueCount").skip(1).all(|after| {
        let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.is_empty() || digits.parse::<u64>().is_ok_and(|count| count <= HELD_MAX / 16)
    })
}

/// What to say about a compound file: an encrypted workbook, or a workbook from before 2007.
pub(super) fn compound_file(mut bytes: Metered) -> Error {
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut window = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut piece) {
            Err(error) => return error.into(),
            Ok(0) => return Reason::OldExcel.refusal(),
            Ok(count) => window.extend_from_slice(piece.get(..count).unwrap_or_default()),
        }
        if window.windows(encrypted.len()).any(|found| found == encrypted) {
            return Reason::Password.refusal();
        }
        window.drain(..window.len().saturating_sub(encrypted.len()));
    }
}

/// Hands the rows of the table's sheet to `each`.
pub(super) fn rows(book: &mut Workbook, columns: &Columns, each: &mut EachRow<'_>) -> Result<Option<Fault>> {
    let sheets: Vec<_> = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).collect();
    let named = sheets.iter().find(|sheet| columns.is_sheet(&sheet.name));
    let first = sheets.iter().find(|sheet| sheet.visible == SheetVisible::Visible);
    let Some(name) = named.or(first).map(|sheet| sheet.name.clone()) else {
        return Ok(Some(Reason::Empty.ends_at(1)));
    };
    let Some(mut cells) = guarded(|| book.worksheet_cells_reader(&name)) else {
        return Ok(Some(Reason::Damaged.ends_at(1)));
    };
    let mut row = RawRow::default();
    let mut under_way = None;
    let mut count = 0u64;
    loop {
        let Some(cell) = guarded(|| cells.next_cell()) else {
            return Ok(Some(Reason::Damaged.ends_at(row.line().max(1))));
        };
        let position = cell.as_ref().map(calamine::Cell::get_position);
        if under_way != position.map(|(line, _)| line) {
            if under_way.is_some() && !row.is_blank() && each(&row)?.is_break() {
                return Ok(None);
            }
            let Some((line, _)) = position else {
                return Ok(None);
            };
            under_way = Some(line);
            row.start(u64::from(line) + 1);
        }
        let (Some(cell), Some((line, place))) = (cell, position) else {
            return Ok(None);
        };
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        count += 1;
        if line >= ROWS_MAX || count > CELLS_MAX {
            return Ok(Some(Reason::TooLarge.ends_at(row.line())));
        }
        match usize::try_from(place).ok().filter(|place| *place < TABLE_COLUMNS_MAX) {
            Some(place) => row.put(place, shown(cell.get_value())),
            None => return Ok(Some(Reason::TooManyColumns.ends_at(row.line()))),
        }
    }
}

/// The text of a cell as a person sees it.
fn shown(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::default(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::new(text.clone()),
        DataRef::SharedString(text) => Cell::new((*text).to_owned()),
        DataRef::Bool(yes) => Cell::new(yes.to_string()),
        DataRef::Int(number) => Cell::new(number.to_string()),
        DataRef::Float(number) if !number.is_finite() || (number.fract() == 0.0 && number.abs() > EXACT_MAX) => {
            Cell { text: number.to_string(), flaw: Some(Fault::new("", Code::Malformed).with("reason", Reason::DigitsLost.as_str())) }
        }
        DataRef::Float(number) => Cell::new(decimal(*number)),
        DataRef::DateTime(at) => Cell::new(date(at)),
        DataRef::Error(error) => {
            Cell { text: error.to_string(), flaw: Some(Fault::new("", Code::Malformed).with("reason", Reason::CellError.as_str())) }
        }
    }
}

/// A number with the 15 significant digits a spreadsheet shows; whole numbers exactly.
fn decimal(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

/// `2026-03-31`, with the time behind it when there is one.
fn date(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    if at.is_duration() {
        return decimal(at.as_f64());
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) == (0, 0, 0, 0) { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }
}
