//! Cells and rows as they come out of a file, before anybody knows what their columns mean.

use super::report::Reason;
use crate::kernel::error::{Code, Fault};

/// Characters a cell may have, whatever its column allows.
const CELL_MAX: usize = 4_000;

/// What a cell holds. A spreadsheet turns what people type into something else, so a reader takes only the kinds it is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, as every cell of a CSV file is.
    #[default]
    Text,
    /// Text of a CSV file as a spreadsheet writes a date that it made of something else: `4-Feb`, `Feb-04`, `2月4日` for a size 2-4.
    LooksDated,
    /// A number.
    Number,
    /// A date, with or without a time: `2026-03-31`, `2026-03-31 10:20:00`.
    Date,
    /// A time of day or a length of time.
    Time,
    /// Yes or no.
    Bool,
}

/// A number without what its format adds to it: `1234.50` of `¥1,234.50`, and `¥`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bare {
    pub(super) number: String,
    /// Without spaces, signs and thousands separators; empty where there is nothing else.
    pub(super) around: String,
}

/// A cell as a person sees it, and what is wrong with it whatever its column is (the fault's field and line are filled in later).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// The number alone, where its format shows more than that.
    pub(super) bare: Option<Box<Bare>>,
    /// It shows what a merged range holds, whose first cell is another.
    pub(super) merged: bool,
    /// That other stands in another column.
    pub(super) across: bool,
    pub(super) flaw: Option<Box<Fault>>,
}

impl Cell {
    /// A text, looked over for what no cell may have.
    pub(super) fn text(text: String) -> Self {
        let flaw = flaw_of(&text);
        Self { text, flaw, ..Self::default() }
    }

    /// What was read as something else than text.
    pub(super) fn of(kind: Kind, text: String) -> Self {
        Self { text, kind, ..Self::default() }
    }

    /// A cell that cannot be taken, and why.
    pub(super) fn refused(text: String, reason: Reason) -> Self {
        Self { text, flaw: Some(Box::new(reason.of_cell())), ..Self::default() }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.flaw.is_none() && self.text.trim().is_empty()
    }

    /// Makes it a cell of a CSV file, in the room the last one took.
    fn set(&mut self, text: &str) {
        self.text.clear();
        self.text.push_str(text);
        self.flaw = flaw_of(text);
        self.kind = if looks_dated(text) { Kind::LooksDated } else { Kind::Text };
        self.bare = None;
        (self.merged, self.across) = (false, false);
    }
}

fn flaw_of(text: &str) -> Option<Box<Fault>> {
    let plain = text.len() <= CELL_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let unwanted = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let fault = if plain {
        match text.as_bytes() {
            // Hardly any cell begins so, and every cell comes past here.
            [b'#' | b' ' | b'E', ..] if looks_wrong(text) => Reason::CellError.of_cell(),
            _ => looks_scientific(text).then(|| Reason::DigitsLost.of_cell())?,
        }
    } else if text.contains(char::REPLACEMENT_CHARACTER) {
        Reason::UnreadableText.of_cell()
    } else if text.contains(unwanted) {
        Fault::new("", Code::ControlCharacter)
    } else if text.len() > CELL_MAX && text.chars().count() > CELL_MAX {
        Fault::new("", Code::TooLong).with("max", CELL_MAX)
    } else {
        return None;
    };
    Some(Box::new(fault))
}

/// `#N/A`, `#WERT!`, `#NAME?`, `Err:502`: how spreadsheets write that a formula failed, in whatever language; `######`: a column that was too narrow.
fn looks_wrong(text: &str) -> bool {
    const WITHOUT_MARK: [&str; 6] = ["N/A", "NV", "N/D", "N/DISP", "GETTING_DATA", "N.V."];
    let text = text.trim();
    let Some(word) = text.strip_prefix('#') else {
        return text.strip_prefix("Err:").is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_'));
    let named = word.strip_suffix(['!', '?']).is_some_and(is_word);
    named || WITHOUT_MARK.contains(&word) || (!word.is_empty() && word.bytes().all(|byte| byte == b'#'))
}

/// `2.02601E+11`: how a spreadsheet writes a long number that was not formatted as text.
fn looks_scientific(text: &str) -> bool {
    // Hardly any cell has a plus, and every cell comes past here.
    if text.len() > 32 || !text.as_bytes().contains(&b'+') {
        return false;
    }
    let bytes = text.trim().as_bytes();
    let Some(mark) = bytes.iter().rposition(|byte| matches!(byte, b'E' | b'e')) else {
        return false;
    };
    let (mantissa, exponent) = bytes.split_at(mark);
    let mantissa = mantissa.strip_prefix(b"-").unwrap_or(mantissa);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let small = match mantissa {
        [first] => first.is_ascii_digit(),
        [first, b'.', rest @ ..] => first.is_ascii_digit() && digits(rest),
        _ => false,
    };
    small && matches!(exponent, [_, b'+', rest @ ..] if (2..=3).contains(&rest.len()) && digits(rest))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// See [`Kind::LooksDated`].
fn looks_dated(text: &str) -> bool {
    if text.len() > 16 || !(text.as_bytes().contains(&b'-') || text.trim_end().ends_with('日')) {
        return false;
    }
    let text = text.trim();
    let number = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        Some((day, month)) if number(day) => MONTHS.contains(&month),
        Some((month, day)) => number(day) && MONTHS.contains(&month),
        None => text.strip_suffix('日').and_then(|text| text.split_once('月')).is_some_and(|(month, day)| number(month) && number(day)),
    }
}

/// What a row was read from, where that says what its cells can mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// Into a sheet, where an empty cell need not be written.
    #[default]
    Sheet,
    /// As text, where a row that ends early says nothing of the rest.
    Text,
    /// As text with semicolons, as where a comma is the decimal sign.
    Semicolons,
}

/// The cells of a row and the line it starts on. One value serves row after row, so that a cell's room is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct RawRow {
    line: u64,
    written: Written,
    heads: bool,
    cells: Vec<Cell>,
    used: usize,
}

impl RawRow {
    /// Of a text that has this between its cells.
    pub(super) fn of_text(delimiter: u8) -> Self {
        Self { written: if delimiter == b';' { Written::Semicolons } else { Written::Text }, ..Self::default() }
    }

    /// See [`Written`].
    pub(super) fn written(&self) -> Written {
        self.written
    }

    pub(super) fn start(&mut self, line: u64) {
        self.line = line;
        self.heads = false;
        self.used = 0;
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether this row is the header of those that follow.
    pub(super) fn heads(&self) -> bool {
        self.heads
    }

    pub(super) fn make_header(&mut self) {
        self.heads = true;
    }

    /// Moves it to another line: rows of a workbook with several sheets are counted through (see `workbook::line_of`).
    pub(super) fn at_line(&mut self, line: u64) {
        self.line = line;
    }

    pub(super) fn cells(&self) -> &[Cell] {
        self.cells.get(..self.used).unwrap_or_default()
    }

    /// The next cell of a CSV file.
    pub(super) fn push(&mut self, text: &str) {
        if let Some(cell) = self.slot(self.used) {
            cell.set(text);
        }
    }

    /// Puts a cell at a place, with empty cells before it where there are none.
    pub(super) fn put(&mut self, place: usize, cell: Cell) {
        if let Some(there) = self.slot(place) {
            *there = cell;
        }
    }

    /// Notes what is wrong with the cell at a place.
    pub(super) fn blame(&mut self, place: usize, reason: Reason) {
        if let Some(cell) = self.cells.get_mut(place) {
            cell.flaw = Some(Box::new(reason.of_cell()));
        }
    }

    fn slot(&mut self, place: usize) -> Option<&mut Cell> {
        if place >= self.cells.len() {
            self.cells.resize(place + 1, Cell::default());
        }
        for between in self.cells.get_mut(self.used..place).unwrap_or_default() {
            *between = Cell::default();
        }
        self.used = self.used.max(place + 1);
        self.cells.get_mut(place)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.cells().iter().all(Cell::is_blank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_made_of_numbers_and_sizes_is_recognised() {
        for text in ["2.02601E+11", "2E+11", "-1.5e+15", " 6.90123E+012 "] {
            assert!(Cell::text(text.to_owned()).flaw.is_some(), "{text}");
        }
        for text in ["E+11", "1E5", "2.0E+1", "12.5E+11", "A2E+11", "2.02601E+11x", "1.E11", "LOT-2E+1234", "", "5E-07"] {
            assert_eq!(Cell::text(text.to_owned()).flaw, None, "{text}");
        }
        for text in ["#N/A", "#REF!", " #VALUE!", "#DIV/0!", "#NAME?", "#WERT!", "#NV", "######", "Err:502"] {
            assert!(Cell::text(text.to_owned()).flaw.is_some(), "{text}");
        }
        for text in ["#", "#1", "#A-1", "#fff", "# N/A", "#NO. 7", "Error:502", "Err:5021", "E-1"] {
            assert_eq!(Cell::text(text.to_owned()).flaw, None, "{text}");
        }
        for text in ["4-Feb", "Feb-04", "12-Dec", "2月4日", "12月31日", " 3-Mar "] {
            assert!(looks_dated(text), "{text}");
        }
        for text in ["2-4", "FEB-04", "4-feb", "2026年2月4日", "2月", "Feb", "-", "", "Feb-2026", "2026-02-04", "MAR-26-A", "月日"] {
            assert!(!looks_dated(text), "{text}");
        }
    }

    #[test]
    fn a_row_used_again_keeps_nothing() {
        let mut row = RawRow::default();
        row.start(1);
        row.put(2, Cell::of(Kind::Bool, "TRUE".into()));
        row.start(2);
        row.push("a");
        row.put(3, Cell::text("d".into()));
        let texts: Vec<_> = row.cells().iter().map(|cell| (cell.text.as_str(), cell.kind)).collect();
        assert_eq!(texts, [("a", Kind::Text), ("", Kind::Text), ("", Kind::Text), ("d", Kind::Text)]);
        assert_eq!((row.line(), row.heads(), row.is_blank()), (2, false, false));
    }
}
