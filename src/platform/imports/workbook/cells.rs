//! The rows of one sheet: each cell with what it holds, as its format shows it, and what is merged laid over its range.

use std::io::BufRead;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use num_traits::ToPrimitive;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::cell::{Cell, Kind, RawRow};
use super::super::notes::{LISTED, Stretches};
use super::super::report::Reason;
use super::super::table::{EachRow, TABLE_COLUMNS_MAX};
use super::formats::{Format, Numbers, general};
use super::parts::{Archive, Outline, attribute, character, is_true, next, number, open, rich_text, unescape_units};
use crate::kernel::{Fault, Result, parsed, saturating};

/// Rows of a sheet (Excel specifications and limits).
const ROWS_MAX: u32 = 1_048_576;
/// Columns that a reference may name: three letters. What a table takes is less ([`TABLE_COLUMNS_MAX`]).
const LETTERS_MAX: u32 = 26 * 26 * 26 + 26 * 26 + 26;
/// Cells with something in them that a sheet may have: every row of a full sheet with 64 columns.
const CELLS_MAX: u64 = 64 * 1_048_576;
/// From here on a whole number in a cell may have lost its last digits: spreadsheets keep fifteen.
const DIGITS_KEPT: f64 = 1e15;

/// A range of cells, rows and columns counted from 0, both ends within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

impl Range {
    /// Reads `B2:D4`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let (first, last) = (place(first)?, place(last)?);
        if first.0 > last.0 || first.1 > last.1 {
            return None;
        }
        Some(Self { rows: (first.0, last.0), columns: (first.1, last.1) })
    }
}

/// Row and column of `B2`, counted from 0.
fn place(reference: &str) -> Option<(u32, u32)> {
    let mut column: u32 = 0;
    let mut rest = reference.as_bytes();
    while let [letter @ (b'A'..=b'Z' | b'a'..=b'z'), behind @ ..] = rest {
        column = column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)?;
        rest = behind;
    }
    let mut row: u32 = 0;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        row = row.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
        rest = behind;
    }
    let column = column.checked_sub(1).filter(|column| *column < LETTERS_MAX)?;
    rest.is_empty().then_some((row.checked_sub(1)?, column))
}

/// The letters of a column counted from 0.
pub(in crate::platform::imports) fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from_u32(u32::from('A') + column % 26).unwrap_or('?'));
        if column < 26 {
            return letters.into_iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}

/// What was seen of a sheet besides its cells.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Hidden columns, counted from 0, both ends within.
    pub(super) hidden_columns: Vec<(u32, u32)>,
    /// Hidden rows that were handed on.
    pub(super) hidden_rows: Stretches,
    /// Merged ranges whose value was taken for several rows that were handed on.
    pub(super) merged: Vec<String>,
}

/// Hands the rows of a sheet that are not empty to `each` until it breaks off. `merges` are its merged ranges by their first rows.
pub(super) fn rows(
    archive: &mut Archive,
    part: usize,
    outline: &Outline,
    merges: &[Range],
    seen: &mut Seen,
    each: &mut EachRow<'_>,
) -> Result<Option<Fault>> {
    let mut sheet = match open(archive, part) {
        Ok(xml) => Sheet {
            xml,
            outline,
            merges: Merges::new(merges),
            row: RawRow::default(),
            line: 0,
            cells: 0,
            value: String::new(),
            formula: String::new(),
            buffer: Vec::new(),
        },
        Err(reason) => return Ok(Some(reason.ends_at(1))),
    };
    let mut buffer = Vec::new();
    loop {
        let ended = match next(&mut sheet.xml, &mut buffer) {
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                "row" => {
                    let read = Start::of(&tag).and_then(|start| sheet.row(&start).map(|()| start.hidden));
                    match read {
                        Err(reason) => Err(reason),
                        Ok(_) if sheet.row.is_blank() => Ok(true),
                        Ok(hidden) => {
                            let laid = sheet.merges.lay_over(&mut sheet.row, seen);
                            if hidden {
                                seen.hidden_rows.push(sheet.row.line());
                            }
                            if laid.is_ok() && each(&sheet.row)?.is_break() {
                                return Ok(None);
                            }
                            laid.map(|()| true)
                        }
                    }
                }
                _ => Ok(true),
            },
            Ok(Event::Empty(tag)) => match tag.local_name().as_ref() {
                "row" => Start::of(&tag).and_then(|start| sheet.begin(&start)).map(|()| true),
                "col" => hidden_columns(&tag, seen).map(|()| true),
                "sheetData" => Ok(false),
                _ => Ok(true),
            },
            Ok(Event::End(tag)) => Ok(tag.local_name().as_ref() != "sheetData"),
            Ok(Event::Eof) => Err(Reason::Damaged),
            Ok(_) => Ok(true),
            Err(reason) => Err(reason),
        };
        match ended {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(reason) => return Ok(Some(reason.ends_at(u64::from(sheet.line.max(1))))),
        }
    }
}

fn hidden_columns(tag: &BytesStart<'_>, seen: &mut Seen) -> std::result::Result<(), Reason> {
    if !is_true(attribute(tag, "hidden")?.as_deref()) || seen.hidden_columns.len() >= TABLE_COLUMNS_MAX {
        return Ok(());
    }
    if let (Some(first), Some(last)) = (number(tag, "min")?, number(tag, "max")?) {
        seen.hidden_columns.push((first.saturating_sub(1), last.saturating_sub(1)));
    }
    Ok(())
}

/// What the tag of a row says.
struct Start {
    line: Option<u32>,
    hidden: bool,
}

impl Start {
    fn of(tag: &BytesStart<'_>) -> std::result::Result<Self, Reason> {
        let mut start = Self { line: None, hidden: false };
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| Reason::Damaged)?;
            match attribute.key.as_ref() {
                "r" => start.line = Some(attribute.value.parse().map_err(|_| Reason::Damaged)?),
                "hidden" => start.hidden = is_true(Some(&attribute.value)),
                _ => {}
            }
        }
        Ok(start)
    }
}

struct Sheet<'a, R> {
    xml: Reader<R>,
    outline: &'a Outline,
    merges: Merges<'a>,
    row: RawRow,
    /// Of the row under way, from 1.
    line: u32,
    cells: u64,
    /// What stands in the cell under way, and the room for its parts: used again from cell to cell.
    value: String,
    formula: String,
    buffer: Vec<u8>,
}

/// What the tag of a cell says.
#[derive(Default)]
struct Head {
    column: u32,
    format: usize,
    kind: Type,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Type {
    #[default]
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Iso,
}

type Read<T> = std::result::Result<T, Reason>;

impl<R: BufRead> Sheet<'_, R> {
    fn begin(&mut self, start: &Start) -> Read<()> {
        let line = start.line.unwrap_or(self.line + 1);
        if line > ROWS_MAX {
            return Err(Reason::TooLarge);
        }
        if line <= self.line {
            return Err(Reason::Damaged);
        }
        self.line = line;
        self.row.start(u64::from(line));
        Ok(())
    }

    /// Reads a row to its end.
    fn row(&mut self, start: &Start) -> Read<()> {
        self.begin(start)?;
        let mut buffer = Vec::new();
        let mut column = 0;
        loop {
            let (head, formula) = match next(&mut self.xml, &mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let head = self.head(&tag, column)?;
                    column = head.column + 1;
                    let formula = self.read_value(head.kind == Type::Inline)?;
                    (head, formula)
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                    column = self.head(&tag, column)?.column + 1;
                    continue;
                }
                Event::End(tag) if tag.local_name().as_ref() == "row" => return Ok(()),
                Event::Eof => return Err(Reason::Damaged),
                _ => continue,
            };
            let Some(cell) = self.cell(&head, formula)? else {
                continue;
            };
            self.cells += 1;
            if self.cells > CELLS_MAX {
                return Err(Reason::TooLarge);
            }
            match Some(saturating(head.column)).filter(|place| *place < TABLE_COLUMNS_MAX) {
                Some(place) => self.row.put(place, cell),
                None => return Err(Reason::TooManyColumns),
            }
        }
    }

    fn head(&self, tag: &BytesStart<'_>, next: u32) -> Read<Head> {
        let mut head = Head { column: next, ..Head::default() };
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| Reason::Damaged)?;
            match attribute.key.as_ref() {
                "r" => {
                    let (row, column) = place(&attribute.value).ok_or(Reason::Damaged)?;
                    if row >= ROWS_MAX {
                        return Err(Reason::TooLarge);
                    }
                    if row + 1 != self.line || column < next {
                        return Err(Reason::Damaged);
                    }
                    head.column = column;
                }
                "s" => head.format = attribute.value.parse().map_err(|_| Reason::Damaged)?,
                "t" => {
                    head.kind = match attribute.value.as_ref() {
                        "n" => Type::Number,
                        "s" => Type::Shared,
                        "str" => Type::Text,
                        "inlineStr" => Type::Inline,
                        "b" => Type::Bool,
                        "e" => Type::Error,
                        "d" => Type::Iso,
                        _ => return Err(Reason::Damaged),
                    };
                }
                _ => {}
            }
        }
        Ok(head)
    }

    /// Reads a cell to its end; whether it is a formula. Of an inline text the value beside it is a repetition.
    fn read_value(&mut self, inline: bool) -> Read<bool> {
        let Self { xml, value, formula, buffer, .. } = self;
        value.clear();
        formula.clear();
        let (mut within, mut is_formula, mut within_formula) = (false, false, false);
        loop {
            match next(xml, buffer)? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "v" => within = !inline,
                    "f" => (is_formula, within_formula) = (true, true),
                    "is" => rich_text(xml, "is", value)?,
                    _ => {}
                },
                Event::Empty(tag) => is_formula |= tag.local_name().as_ref() == "f",
                Event::End(tag) => match tag.local_name().as_ref() {
                    "v" => within = false,
                    "f" => within_formula = false,
                    "c" => return Ok(is_formula),
                    _ => {}
                },
                Event::Text(piece) if within => value.push_str(&piece.xml10_content()),
                Event::CData(piece) if within => value.push_str(&piece.xml10_content()),
                Event::GeneralRef(entity) if within => value.push(character(&entity)?),
                Event::Text(piece) if within_formula => formula.push_str(&piece),
                Event::GeneralRef(entity) if within_formula => formula.push(character(&entity)?),
                Event::Eof => return Err(Reason::Damaged),
                _ => {}
            }
        }
    }

    /// The cell as a person sees it; None when there is nothing in it.
    fn cell(&self, head: &Head, formula: bool) -> Read<Option<Cell>> {
        let value = self.value.as_str();
        // A formula may have an empty text for its result, but no empty number.
        if formula && self.has_no_result(head.kind, value) {
            return Ok(Some(Cell::refused(format!("={}", self.formula), Reason::NoResult)));
        }
        if value.is_empty() {
            return Ok(None);
        }
        let formats = &self.outline.formats;
        let format = formats.get(head.format).or_else(|| formats.first()).ok_or(Reason::Damaged)?;
        Ok(Some(match head.kind {
            Type::Shared => {
                let text = parsed(value.trim()).and_then(|place| self.outline.texts.get(place)).ok_or(Reason::Damaged)?;
                if text.is_empty() {
                    return Ok(None);
                }
                text_cell(format, text.to_owned())
            }
            Type::Text => {
                let mut text = value.to_owned();
                unescape_units(&mut text, 0);
                text_cell(format, text)
            }
            Type::Inline => text_cell(format, value.to_owned()),
            Type::Bool => match value.trim() {
                "1" | "true" => Cell::of(Kind::Bool, "TRUE".to_owned()),
                "0" | "false" => Cell::of(Kind::Bool, "FALSE".to_owned()),
                _ => return Err(Reason::Damaged),
            },
            Type::Error => Cell::refused(value.to_owned(), Reason::CellError),
            Type::Iso => Cell::of(Kind::Date, value.trim().replace('T', " ")),
            Type::Number => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => self.number_cell(format, number),
                _ => return Err(Reason::Damaged),
            },
        }))
    }

    /// Whether a formula was never computed. A program that writes formulas without computing them stores nothing, or a zero; it then asks for
    /// them to be computed when the file is opened, which a spreadsheet program that has computed them does not.
    fn has_no_result(&self, kind: Type, value: &str) -> bool {
        let placeholder = self.outline.to_compute && kind == Type::Number && value.trim() == "0";
        placeholder || (value.trim().is_empty() && matches!(kind, Type::Number | Type::Bool | Type::Error | Type::Iso | Type::Shared))
    }

    fn number_cell(&self, format: &Format, number: f64) -> Cell {
        if number.abs() >= DIGITS_KEPT {
            return Cell::refused(general(number), Reason::DigitsLost);
        }
        match format.numbers {
            Numbers::General => Cell::of(Kind::Number, general(number)),
            Numbers::Date => match self.instant(number) {
                Some(at) => Cell::of(Kind::Date, written(at)),
                None => Cell::of(Kind::Time, clock(number)),
            },
            Numbers::Time => Cell::of(Kind::Time, clock(number)),
            Numbers::Patterns(_) | Numbers::Unknown => match format.numbers.show(number) {
                Some(shown) => Cell { bare: shown.bare.map(Box::new), ..Cell::of(Kind::Number, shown.text) },
                None => Cell::refused(general(number), Reason::NumberFormat),
            },
        }
    }

    /// The instant of a serial number of days; none below one, which is a time of day.
    fn instant(&self, days: f64) -> Option<NaiveDateTime> {
        let since = if self.outline.since_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1899, 12, 30) }?;
        if days < 1.0 {
            return None;
        }
        let seconds = (days * 86_400.0).round().to_i64()?;
        since.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::try_seconds(seconds)?)
    }
}

/// A text in its cell: what its format puts around it, and nothing when the format hides it.
fn text_cell(format: &Format, text: String) -> Cell {
    match &format.texts {
        Some((before, after)) if before.is_empty() && after.is_empty() => Cell::text(text),
        Some((before, after)) => Cell::text(format!("{before}{text}{after}")),
        None => Cell::refused(text, Reason::NumberFormat),
    }
}

fn written(at: NaiveDateTime) -> String {
    let form = if at.time() == chrono::NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    at.format(form).to_string()
}

/// Days as hours, minutes and seconds.
fn clock(days: f64) -> String {
    let seconds = (days * 86_400.0).round().to_i64().unwrap_or_default();
    format!("{}:{:02}:{:02}", seconds / 3_600, (seconds / 60).rem_euclid(60), seconds.rem_euclid(60))
}

/// The merged ranges of a sheet, laid over its rows as they come.
struct Merges<'a> {
    coming: &'a [Range],
    /// Those that the present row is in, with what their first cells show, and whether it was taken for a further row.
    here: Vec<(Range, Cell, bool)>,
}

impl<'a> Merges<'a> {
    fn new(coming: &'a [Range]) -> Self {
        Self { coming, here: Vec::new() }
    }

    fn lay_over(&mut self, row: &mut RawRow, seen: &mut Seen) -> Read<()> {
        let line = saturating::<u32>(row.line()).checked_sub(1).ok_or(Reason::Damaged)?;
        self.here.retain(|(range, ..)| range.rows.1 >= line);
        while let Some((range, coming)) = self.coming.split_first().filter(|(range, _)| range.rows.0 <= line) {
            self.coming = coming;
            if range.rows.1 >= line {
                // Where the row of its first cell was empty, so is the range.
                let first = row.cells().get(saturating::<usize>(range.columns.0)).filter(|_| range.rows.0 == line);
                self.here.push((*range, first.cloned().unwrap_or_default(), false));
            }
        }
        // Ranges of a sound sheet do not overlap, so that a row has no more of their cells than columns.
        let widths = self.here.iter().map(|(range, ..)| u64::from(range.columns.1.min(LETTERS_MAX) - range.columns.0) + 1);
        if widths.sum::<u64>() > u64::from(LETTERS_MAX) {
            return Err(Reason::Damaged);
        }
        for (range, shown, told) in &mut self.here {
            let further = range.rows.0 < line;
            for column in range.columns.0..=range.columns.1 {
                let Some(place) = Some(saturating(column)).filter(|place| *place < TABLE_COLUMNS_MAX) else {
                    break;
                };
                if further || column > range.columns.0 {
                    row.put(place, Cell { merged: true, across: column > range.columns.0, ..shown.clone() });
                }
            }
            if further && !std::mem::replace(told, true) && !shown.is_blank() && seen.merged.len() <= LISTED {
                let corner = |row: u32, column: u32| format!("{}{}", letters(column), row + 1);
                seen.merged.push(format!("{}:{}", corner(range.rows.0, range.columns.0), corner(range.rows.1, range.columns.1)));
            }
        }
        Ok(())
    }
}
