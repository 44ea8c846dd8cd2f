//! One row under its header: readers that return a value, or note what is wrong with the cell and return nothing.

use std::fmt::Debug;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::cell::{Cell, Kind, RawRow, Written};
use super::records::{At, Records};
use super::report::{Faults, ImportFault, Reason};
use super::sheet::{Columns, Header, fold};
use super::workbook::letters;
use crate::kernel::names::half_widths;
use crate::kernel::{Code, Fault, money, saturating, text, time};

/// What a reader takes, of all that a spreadsheet can hold in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A code, a name, a word of a list: a text, or a number as its format shows it. No date, no time, no TRUE, and in a CSV file nothing that
    /// a spreadsheet writes for a date it made of a size.
    Text,
    /// Text that may well say `2月4日`.
    Prose,
    /// A number, or a text to read one from. Where a format shows more than the number (`39.9万`), it is not what a person sees there.
    Number,
    /// A date, or a text to read one from.
    Date,
    /// Yes or no, in any form.
    Flag,
}

impl Takes {
    /// What this reader gets of a cell and its text without spaces around it, or why it gets nothing.
    fn of<'c>(self, cell: &'c Cell, text: &'c str) -> Result<&'c str, Reason> {
        match (self, cell.kind) {
            (Self::Number, Kind::Number) => match cell.bare.as_deref() {
                None => Ok(text),
                Some(bare) if bare.around.is_empty() => Ok(&bare.number),
                Some(_) => Err(Reason::ShowsMore),
            },
            (Self::Text, Kind::LooksDated) => Err(Reason::LooksDated),
            (_, Kind::Text | Kind::LooksDated | Kind::Number) | (Self::Date, Kind::Date) | (Self::Flag, Kind::Bool) => Ok(text),
            (_, Kind::Date) => Err(Reason::IsDate),
            (_, Kind::Time) => Err(Reason::IsTime),
            (_, Kind::Bool) => Err(Reason::IsBoolean),
        }
    }
}

/// A row of a file.
///
/// Every reader names a column by its name in the [`Columns`]. It returns `None` when the cell is wrong, after noting the fault with line and
/// column, so that a room reads all its cells first and asks for them with `?` only when it builds the record: every bad cell of the row is
/// then reported, not only the first. The `optional_` readers return `Some(None)` for an empty cell or a column that the file lacks.
pub struct Row<'a> {
    pub(super) columns: &'a Columns,
    pub(super) header: &'a Header,
    pub(super) raw: &'a RawRow,
    /// Its code, where the file has none and one was made.
    pub(super) code: Option<&'a Cell>,
    pub(super) zone: Option<Tz>,
    pub(super) faults: &'a mut Faults,
    /// The records of the rows before. None in the second pass, when they have been compared.
    pub(super) records: Option<&'a mut Records>,
    /// Which file of its parcel it is in.
    pub(super) file: usize,
    pub(super) said: SaidByRow,
}

/// What a row says, as far as others may contradict it.
#[derive(Default)]
pub(super) struct SaidByRow {
    /// Hashes of its values, where files are compared.
    pub(super) values: Vec<(u32, u32)>,
    /// The row of another file that speaks of the same record, once the row's key was read.
    same_as: Option<Option<At>>,
}

impl<'a> Row<'a> {
    /// Its line in the file (row of the sheet), from 1. A row with line breaks in quotes has the line it starts on.
    pub fn line(&self) -> u64 {
        self.raw.line()
    }

    /// The text of a cell as it is shown, whatever it is, without spaces around it; empty when the file lacks the column. What becomes part of
    /// a record is read by one of the readers instead, which look at what the cell is.
    pub fn get(&self, column: &str) -> &'a str {
        self.cell(column).map_or("", |cell| cell.text.trim())
    }

    /// Whether the row speaks of the column: what a file does not speak of stays as it is, an empty cell under a header erases. A line of text
    /// that ends early speaks of no more.
    pub fn has_column(&self, column: &str) -> bool {
        let ends_before =
            |place| self.raw.written() != Written::Sheet && self.header.cell_of(place).is_some_and(|cell| cell >= self.raw.cells().len());
        self.columns.place(column).is_some_and(|place| self.header.speaks_of(place) && !ends_before(place))
    }

    /// Whether the cell has something in it.
    pub fn has(&self, column: &str) -> bool {
        !self.get(column).is_empty()
    }

    /// A required text through any reader of the kernel's form, such as [`text::code`] or a room's own.
    pub fn read<T: Debug>(&mut self, column: &'static str, reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>) -> Option<T> {
        self.take(column, Takes::Text, reader)
    }

    /// Like [`Row::read`], for a cell that may be empty.
    pub fn optional<T: Debug>(
        &mut self,
        column: &'static str,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        self.optional_take(column, Takes::Text, reader)
    }

    /// A required cell of what `takes` says, through a reader.
    pub fn take<T: Debug>(
        &mut self,
        column: &'static str,
        takes: Takes,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
    ) -> Option<T> {
        let read = self.optional_take(column, takes, reader)?;
        if read.is_none() {
            self.fault(Fault::new(column, Code::Missing));
        }
        read
    }

    /// Like [`Row::take`], for a cell that may be empty.
    pub fn optional_take<T: Debug>(
        &mut self,
        column: &'static str,
        takes: Takes,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        self.optional_number_of(column, takes, |_| false, reader)
    }

    /// Like [`Row::optional_take`], for a number of a unit or a currency: `is_unit` says whether what its format shows beside it (`m`, `€`) is
    /// the one that the row says.
    pub fn optional_number_of<T: Debug>(
        &mut self,
        column: &'static str,
        takes: Takes,
        is_unit: impl FnOnce(&str) -> bool,
        reader: impl FnOnce(&'static str, &str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        let Some(cell) = self.cell(column) else {
            return Some(None);
        };
        if cell.flaw.is_some() {
            return None;
        }
        let text = cell.text.trim();
        if text.is_empty() {
            self.says(column, &"");
            return Some(None);
        }
        let got = match cell.bare.as_deref().filter(|_| takes == Takes::Number) {
            _ if cell.across => Err(Reason::MergedAcross),
            Some(bare) if !bare.around.is_empty() && is_unit(&bare.around) => Ok(bare.number.as_str()),
            None if takes == Takes::Number && self.raw.written() == Written::Semicolons && is_european(text) => Err(Reason::DecimalComma),
            _ => match takes.of(cell, text) {
                Err(Reason::LooksDated) if self.is_as_written(column) => Ok(text),
                got => got,
            },
        };
        let read = got.map_err(Reason::of_cell).and_then(|text| reader(column, text));
        let read = self.keep(read.map_err(|fault| Fault { field: column.into(), ..fault }))?;
        self.says(column, &read);
        Some(Some(read))
    }

    /// Remembers what the row says in a column, where other files may say otherwise.
    fn says(&mut self, column: &str, read: &impl Debug) {
        if let Some((records, place)) = self.records.as_ref().filter(|records| records.compares()).zip(self.columns.place(column)) {
            self.said.values.push(records.value(place, read));
        }
    }

    fn is_as_written(&self, column: &str) -> bool {
        self.columns.place(column).is_some_and(|place| self.header.is_as_written(place))
    }

    /// What was read; None after noting what is wrong with it.
    pub fn keep<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    /// A one-line text that may be absent.
    pub fn optional_text(&mut self, column: &'static str, max: usize) -> Option<Option<String>> {
        self.optional(column, |field, cell| text::line(field, cell, max))
    }

    /// A code as [`text::code`] reads it.
    pub fn code(&mut self, column: &'static str) -> Option<String> {
        self.read(column, text::code)
    }

    /// A code that may be absent.
    pub fn optional_code(&mut self, column: &'static str) -> Option<Option<String>> {
        self.optional(column, text::code)
    }

    /// A date as [`time::read_date_in`] reads it, in the zone of the [`Source`](super::Source).
    pub fn date(&mut self, column: &'static str) -> Option<NaiveDate> {
        let zone = self.zone;
        self.take(column, Takes::Date, |field, cell| read_date(field, cell, zone))
    }

    /// A date that may be absent.
    pub fn optional_date(&mut self, column: &'static str) -> Option<Option<NaiveDate>> {
        let zone = self.zone;
        self.optional_take(column, Takes::Date, |field, cell| read_date(field, cell, zone))
    }

    /// An amount of money, which may be absent, in minor units of a currency: `199.5` is 19,950 in CNY. Not below zero.
    pub fn optional_money(&mut self, column: &'static str, currency: &str) -> Option<Option<i64>> {
        let is_unit = |shown: &str| money::is_sign_of(shown, currency);
        self.optional_number_of(column, Takes::Number, is_unit, |field, cell| money::read_amount(field, cell, currency))
    }

    /// A whole number that may be absent.
    pub fn optional_whole(&mut self, column: &'static str) -> Option<Option<i64>> {
        self.optional_take(column, Takes::Number, read_whole)
    }

    /// One of a list of words, whatever their case; several words (zh, en) may mean the same.
    pub fn choice<T: Copy + Debug>(&mut self, column: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.read(column, |field, cell| one_of(field, cell, words))
    }

    /// One of a list of words, or nothing.
    pub fn optional_choice<T: Copy + Debug>(&mut self, column: &'static str, words: &[(&str, T)]) -> Option<Option<T>> {
        self.optional(column, |field, cell| one_of(field, cell, words))
    }

    /// Notes a fault when `key` stood under `column` in a row before: the row's natural key, in the form the store compares it in. The first
    /// row with it is named in the fault. Said after every cell was read, and first of what tells the record from all others: a row of another
    /// file of the parcel may then say the same of it, and nothing else.
    pub fn unique(&mut self, column: &'static str, key: &str) {
        self.unique_as(column, key, key);
    }

    /// Like [`Row::unique`], for a code: one in other letters is the same.
    pub fn unique_code(&mut self, column: &'static str, code: &str) {
        self.unique_as(column, &text::folded(code), code);
    }

    /// Like [`Row::unique`], for a key of several cells that people read as `shown`.
    pub fn unique_as(&mut self, column: &'static str, key: &str, shown: &str) {
        let own = At { file: self.file, line: self.line() };
        let Some(records) = self.records.as_mut() else { return };
        let before = records.meet(column, key, own, &self.said.values);
        let at = before.as_ref().map(|before| before.at);
        let is_elsewhere = at.is_some_and(|at| at.file != own.file);
        let is_key = self.said.same_as.is_none();
        let is_same_record = *self.said.same_as.get_or_insert(at.filter(|_| is_elsewhere)) == at;
        let faults: Vec<Fault> = match before {
            Some(before) if is_elsewhere && is_key => before.contradicted(records, self.columns, own).collect(),
            Some(_) if is_elsewhere && is_same_record => Vec::new(),
            Some(before) => {
                let fault = Fault::new(column, Code::Duplicate).with("field", column).with("value", shown);
                vec![records.pointed(fault, own, before.at)]
            }
            None => Vec::new(),
        };
        faults.into_iter().for_each(|fault| self.fault(fault));
    }

    /// Notes a fault of this row that only several cells together show, such as dates out of order. Its field is a column's name.
    pub fn fault(&mut self, fault: Fault) {
        let value = self.columns.place(&fault.field).map(|_| self.get(&fault.field)).filter(|value| !value.is_empty());
        self.faults.push(self.header.place(self.columns, fault.at_line(self.raw.line()), value));
    }

    /// Notes what is wrong with the cells whatever they mean: unreadable characters, cells beyond the header.
    pub(super) fn note_flaws(&mut self) {
        for (place, cell) in self.raw.cells().iter().enumerate().filter(|(place, _)| !self.header.is_left_out(*place)) {
            let spelled = self.header.spelled(place);
            let mut fault = match &cell.flaw {
                // What is merged over the end of the table stands in its last column as well.
                _ if spelled.is_empty() && cell.merged => continue,
                _ if spelled.is_empty() && !cell.text.trim().is_empty() => {
                    Fault::new("", Code::TooManyCells).with("letter", letters(saturating(place)))
                }
                Some(flaw) => Fault::clone(flaw),
                None => continue,
            };
            fault.field = spelled.to_owned().into();
            self.faults.push(ImportFault::of(&fault.at_line(self.raw.line()), Some(cell.text.trim())));
        }
    }

    /// Notes where the unit in the row is not the one that a header says.
    pub(super) fn note_units(&mut self) {
        for (number, unit, names) in self.header.units() {
            let said = self.get(unit);
            if self.has(number) && !said.is_empty() && !names.contains(&fold(said).as_str()) {
                self.fault(Fault::new(*unit, Code::NotOneOf).with("value", said).with("allowed", names.join(", ")));
            }
        }
    }

    /// The cell of a column, or what stands in its place in every row; None when the file lacks the column or the row ends before it.
    fn cell(&self, column: &str) -> Option<&'a Cell> {
        let place = self.columns.place(column)?;
        match self.header.cell_of(place) {
            Some(cell) => self.raw.cells().get(cell),
            None => self.code.filter(|_| place == 0).or_else(|| self.header.constant(place)),
        }
    }
}

/// One of a list of words, whatever their case.
///
/// # Errors
/// [`Code::NotOneOf`] for `field`.
pub fn one_of<T: Copy>(field: &'static str, cell: &str, words: &[(&str, T)]) -> Result<T, Fault> {
    let wanted = cell.to_lowercase();
    let found = words.iter().find(|(word, _)| word.to_lowercase() == wanted).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let (en, zh): (Vec<_>, Vec<_>) = words.iter().map(|(word, _)| *word).partition(|word| word.is_ascii());
        let fault = Fault::new(field, Code::NotOneOf).with("value", cell).with("allowed", [&en[..], &zh[..]].concat().join(", "));
        fault.with("allowed_zh", if zh.is_empty() { en.join("、") } else { zh.join("、") }).with("allowed_en", en.join(", "))
    })
}

/// Reads yes or no, in either language.
///
/// # Errors
/// [`Code::NotOneOf`] for `field`.
pub fn read_flag(field: &'static str, cell: &str) -> Result<bool, Fault> {
    const WORDS: &[(&str, bool)] = &[
        ("是", true),
        ("否", false),
        ("yes", true),
        ("no", false),
        ("true", true),
        ("false", false),
        ("y", true),
        ("n", false),
        ("1", true),
        ("0", false),
    ];
    one_of(field, cell, WORDS)
}

fn read_date(field: &'static str, cell: &str, zone: Option<Tz>) -> Result<NaiveDate, Fault> {
    let cell = half_widths(cell);
    match zone {
        Some(zone) => time::read_date_in(field, &cell, zone),
        None => time::read_date(field, &cell),
    }
}

/// Whether a number reads as another one where a comma is the decimal sign: `1,250` and `1.250`. Where the points part thousands in more groups
/// than one, it does not read as a number here at all.
fn is_european(text: &str) -> bool {
    let text = half_widths(text);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, part)) => {
            (1..=3).contains(&whole.len()) && !whole.starts_with('0') && part.len() == 3 && digits(whole) && digits(part)
        }
        None => text.matches(',').count() == 1,
    }
}

/// Reads a whole number, not below zero; a fraction of nothing but zeros is taken, as some systems export counts.
///
/// # Errors
/// [`Code::NotANumber`], [`Code::Malformed`] (a comma that could mean two things), [`Code::BelowZero`] for `field`.
pub fn read_whole(field: &'static str, cell: &str) -> Result<i64, Fault> {
    money::read_decimal(field, cell, 0)
        .map_err(|fault| if fault.code == Code::TooManyDecimals { Fault::new(field, Code::NotANumber).with("value", cell) } else { fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_in_files() {
        assert_eq!(read_whole("n", "1,000.00").unwrap(), 1_000);
        assert_eq!(read_whole("n", "1.5").unwrap_err().code, Code::NotANumber);
    }

    #[test]
    fn a_number_that_means_another_elsewhere() {
        for text in ["1,250", "0,750", "12,5", "1.250", "１，２５０"] {
            assert!(is_european(text), "{text}");
        }
        for text in ["1250", "12.5", "0.750", "1.2505", "1,250.00", "1,234,567", "A.123", ""] {
            assert!(!is_european(text), "{text}");
        }
    }
}
