//! The columns a table of files has, and how the headers people write are matched to them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::asides;
use super::cell::{Cell, RawRow};
use super::notes::{ImportNote, Note};
use super::reading::{CodeRule, MadeCode, Reading, code_from};
use super::report::{Faults, ImportFault};
use super::things::Noun;
use super::value::ValueKind;
use super::workbook::letters;
use crate::kernel::choices::Choice;
use crate::kernel::error::{Code, Fault};
use crate::kernel::names::half_width;
use crate::kernel::saturating;
use crate::kernel::text::{Both, Lang};

/// How a text becomes the value that is kept, for `field`.
pub type ReadText = fn(field: &'static str, text: &str) -> Result<String, Fault>;
/// What a kept text is called by people.
pub type ShowText = fn(text: &str, lang: Lang) -> &str;

/// Lines of a thing, such as the lots a batch is made of.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    /// The fields of a line.
    pub fields: Columns,
    /// Most lines.
    pub max: usize,
    /// How all of them are read from one cell of a file and one box of a form, and written there. Without, a form has a line of boxes for
    /// each, and files of the thing do not speak of them.
    pub cell: Option<(ReadLines, WriteLines)>,
}

impl Lines {
    /// At most so many lines of these fields.
    pub const fn of(max: usize, fields: Columns) -> Self {
        Self { fields, max, cell: None }
    }

    /// Read from one cell, and written there.
    #[must_use]
    pub const fn in_a_cell(self, read: ReadLines, write: WriteLines) -> Self {
        Self { cell: Some((read, write)), ..self }
    }
}

/// How one cell becomes lines, for `field`.
pub type ReadLines = fn(field: &'static str, text: &str) -> Result<Value, Fault>;
/// How lines are written in one cell.
pub type WriteLines = fn(lines: &Value) -> String;

/// Where the code of another thing leads.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// The address of its pages without the slash: `parties`.
    pub room: &'static str,
    /// What narrows its list when codes are offered: `role=factory&`, or nothing.
    pub narrowed: &'static str,
    /// The right that opens them.
    pub needs: &'static str,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The room reads it by hand.
    ByHand,
    /// One line of at most so many characters.
    Line(usize),
    /// Several lines of at most so many characters in all.
    Paragraph(usize),
    /// The number of a thing that has no other name: where it leads, people read that rather than the number.
    Id,
    /// Who did something, as events name them; people read whom that is.
    Actor,
    /// A code people give to things ([`text::code`]).
    Code,
    /// A text with rules of its own, such as a country or a GLN.
    Text(ReadText, ShowText),
    /// One of a table of words.
    Choice(&'static [Choice]),
    /// Some of a table of words, kept in the table's order without repetition.
    Choices(&'static [Choice]),
    /// A day.
    Day,
    /// A whole number within bounds.
    Whole(i64, i64),
    /// One of some numbers.
    OneOf(&'static [i64]),
    /// Yes or no.
    Flag,
    /// A moment, UTC; people read it in the brand's zone.
    Moment,
    /// A number not below zero of so many decimals, kept in units of the last; at most so many of those; and what people write behind it.
    Decimal(usize, i64, &'static str),
    /// An amount of money as people write it, `199.00`, in the currency that the field of [`Column::unit_in`] has: how many decimals that takes
    /// only the whole thing shows.
    Amount,
    /// Several of a field, with commas between them; no two the same where that field is unique.
    Several(&'static Column),
    /// Lines of fields of their own.
    Lines(&'static Lines),
    /// A text in both languages in one; only of what is computed.
    Both,
    /// A value with a form of its own.
    Value(&'static dyn ValueKind),
}

/// A text in two languages has two fields; this says of which text one is a half.
#[derive(Clone, Copy, Debug)]
pub struct Half {
    /// The text's name: `name`.
    pub group: &'static str,
    /// Which half.
    pub lang: Lang,
    /// The title of the text as a whole, Chinese and English.
    pub title: (&'static str, &'static str),
}

impl Half {
    /// Its key within the text.
    pub const fn key(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }
}

/// One column of a table; a field of the thing that a row stands for.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in code, in documents and in JSON: English, snake_case. Always accepted as a header.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the file must have it and every row must fill it.
    pub required: bool,
    /// Whether it only stands in downloads: a file that brings it back is read without it, which is said.
    pub read_only: bool,
    /// Whether a file says it all the same of what is not there yet, and leaves it as it is of what is there.
    pub of_new: bool,
    /// The thing it names, where other tables name it too: its title and names are then the thing's.
    pub thing: Option<Noun>,
    /// Whether a thing must have it; of a text in two languages, one of them.
    pub needed: bool,
    /// Whether it is absent rather than empty when there is none.
    pub nullable: bool,
    /// Whether no two things have the same.
    pub unique: bool,
    /// Whether the list of things shows it.
    pub listed: bool,
    /// The name of the list's filter by it, if there is one.
    pub filter: Option<&'static str>,
    /// The list of the API of whose rows it names one.
    pub offers: Option<&'static str>,
    /// Of which text in two languages it is a half.
    pub both: Option<Half>,
    /// Of which other thing it is the code.
    pub refers: Option<&'static Reference>,
    /// The field beside it that has the unit of its number.
    pub unit_in: Option<&'static str>,
    /// Where it stands in the thing, if not under its name: `facts.care` is a field of the field `facts`.
    pub at: Option<&'static str>,
    /// Whether files have a column for it.
    pub in_files: bool,
    /// The title of the part of the form that begins with it, if one does.
    pub part: Option<(&'static str, &'static str)>,
    /// Whether its form asks it only of those who open the rest.
    pub rare: bool,
    /// Chinese headers; the first is the title used in templates.
    pub zh: &'static [&'static str],
    /// English headers; the first is the title used in templates.
    pub en: &'static [&'static str],
    /// What belongs into it, in Chinese and in English.
    pub about: (&'static str, &'static str),
    /// A cell as it could stand there, the same in every example row, or one on each line for the rows one after another. Templates show it,
    /// and the examples of all tables together must be a parcel without faults.
    pub example: &'static str,
}

impl Column {
    /// A column that every file and every row must have.
    pub const fn required(
        name: &'static str,
        zh: &'static [&'static str],
        en: &'static [&'static str],
        about: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        Self { required: true, needed: true, ..Self::optional(name, zh, en, about, example) }
    }

    /// A column that a file may lack and a row may leave empty.
    pub const fn optional(
        name: &'static str,
        zh: &'static [&'static str],
        en: &'static [&'static str],
        about: (&'static str, &'static str),
        example: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::ByHand,
            required: false,
            needed: false,
            nullable: false,
            unique: false,
            listed: false,
            filter: None,
            offers: None,
            both: None,
            refers: None,
            unit_in: None,
            at: None,
            in_files: true,
            part: None,
            rare: false,
            read_only: false,
            of_new: false,
            thing: None,
            zh,
            en,
            about,
            example,
        }
    }

    /// A column of downloads alone, with one title in each language.
    pub const fn read_only(name: &'static str, zh: &'static [&'static str], en: &'static [&'static str]) -> Self {
        Self { read_only: true, ..Self::optional(name, zh, en, ("", ""), "") }
    }

    /// The same column, which names a thing that other tables name too.
    pub const fn of(self, thing: Noun) -> Self {
        Self { thing: Some(thing), ..self }
    }

    /// The header a template gives it.
    pub fn title(&self, lang: Lang) -> &'static str {
        if let Some(thing) = &self.thing {
            return thing.title(lang);
        }
        let titles = match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        };
        titles.first().copied().unwrap_or(self.name)
    }

    /// The cell of an example row.
    pub fn example_of(&self, row: usize) -> &'static str {
        if self.example.contains('\n') { self.example.split('\n').nth(row).unwrap_or_default() } else { self.example }
    }

    /// What belongs into it.
    pub const fn about(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.about.0,
            Lang::En => self.about.1,
        }
    }

    /// Every header it answers to.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        let things = self.thing.into_iter().flat_map(|thing| thing.names().collect::<Vec<_>>());
        std::iter::once(self.name).chain(things).chain(self.zh.iter().copied()).chain(self.en.iter().copied())
    }

    /// Its title in both languages.
    pub(super) fn titles(&self) -> Both {
        Both { zh: self.title(Lang::Zh).to_owned(), en: self.title(Lang::En).to_owned() }
    }
}

/// The columns of a table: constant data of the room that reads it.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// The table's name in code and in addresses, such as `lots`.
    pub table: &'static str,
    /// Its title, Chinese and English; a sheet of a workbook with this name is preferred to the first.
    pub title: (&'static str, &'static str),
    /// The columns in the order templates show them.
    pub columns: &'static [Column],
}

impl Columns {
    /// The columns that a file is read by.
    pub fn written(&self) -> impl Iterator<Item = &'static Column> {
        self.in_files().filter(|column| !column.read_only)
    }

    /// The columns that a file handed in again needs to say everything that a file can say.
    pub fn taken_away(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.in_files().filter(|column| !column.read_only || column.of_new)
    }

    /// How many example rows it has.
    pub fn example_rows(&self) -> usize {
        self.columns.iter().map(|column| column.example.split('\n').count()).max().unwrap_or_default()
    }

    /// The title for people.
    pub fn title(&self, lang: Lang) -> &'static str {
        lang.of(self.title.0, self.title.1)
    }

    /// Headers that two columns would both answer to. Empty in a sound description: every room tests that its own is.
    pub fn ambiguous(&self) -> Vec<&'static str> {
        let mut owner: HashMap<String, &'static str> = HashMap::new();
        let spellings = self.in_files().flat_map(|column| column.spellings().map(move |spelling| (column.name, spelling)));
        spellings.filter(|(name, spelling)| *owner.entry(fold(spelling)).or_insert(name) != *name).map(|(_, spelling)| spelling).collect()
    }

    /// The columns that files have.
    pub fn in_files(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.in_files)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The place of the column that answers to `header`, or to what it says in more words than one.
    pub(super) fn find(&self, header: &str) -> Option<usize> {
        self.titled(header).or_else(|| asides::meant(self, header).map(|meant| meant.place))
    }

    /// The place of the column that has this name.
    pub(super) fn titled(&self, header: &str) -> Option<usize> {
        let header = fold(header);
        self.columns.iter().position(|column| column.in_files && column.spellings().any(|spelling| fold(spelling) == header))
    }

    /// The column that holds a field of the record: the field's own name, that of a field within a field joined by `_`, with `_code` where the
    /// field names another record, or with `_milli` where it is told in whole units.
    pub fn of_field(&self, field: &str) -> Option<&'static Column> {
        let parts: Vec<&str> = field.split('.').collect();
        let tails = (0..parts.len()).map(|from| parts.get(from..).unwrap_or_default().join("_"));
        let first = parts.first().map(|first| (*first).to_owned());
        let named = |name: String| ["", "_code", "_milli"].iter().find_map(|ending| self.column(&format!("{name}{ending}")));
        tails.chain(first).find_map(named)
    }

    /// The column whose name is most like a header that is no column's; none when none is like it.
    pub(super) fn nearest(&self, header: &str, taken: &HashSet<usize>) -> Option<&'static Column> {
        let header = fold(header);
        let likeness = |spelling: &str| {
            let spelling = fold(spelling);
            let (short, long) = if spelling.len() < header.len() { (&spelling, &header) } else { (&header, &spelling) };
            let within = short.len() >= WITHIN_MIN && long.contains(short.as_str());
            strsim::normalized_damerau_levenshtein(&header, &spelling).max(if within { LIKE_MIN + 0.1 } else { 0.0 })
        };
        let free = self.columns.iter().enumerate().filter(|(place, column)| !taken.contains(place) && !column.read_only && column.in_files);
        let judged = free.map(|(_, column)| (column.spellings().map(likeness).fold(0.0, f64::max), column));
        judged.filter(|(likeness, _)| *likeness >= LIKE_MIN).max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, column)| column)
    }

    /// Columns that a file must have and these headers do not name.
    pub(super) fn missing(&self, headers: &[String]) -> Vec<&'static Column> {
        let known: HashSet<usize> = headers.iter().filter_map(|header| self.find(header)).collect();
        self.columns
            .iter()
            .enumerate()
            .filter(|(place, column)| column.required && !known.contains(place))
            .map(|(_, column)| column)
            .collect()
    }

    /// The places of the columns that hold a record's name.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = usize> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| column.name.starts_with("name")).map(|(place, _)| place)
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// How many of these headers are columns of this table; none when a column is missing that a file must have.
    pub(super) fn fit(&self, headers: &[String]) -> Option<usize> {
        self.missing(headers).is_empty().then(|| self.known(headers))
    }

    /// How many of these headers are columns of this table.
    pub(super) fn known(&self, headers: &[String]) -> usize {
        headers.iter().filter_map(|header| self.find(header)).collect::<HashSet<_>>().len()
    }

    /// Whether a sheet of this name is meant for this table.
    pub(super) fn is_sheet(&self, name: &str) -> bool {
        let name = fold(name);
        [self.table, self.title.0, self.title.1].iter().any(|title| fold(title) == name)
    }
}

/// How like two names must be to be taken for one another, 1 being the same.
const LIKE_MIN: f64 = 0.6;
/// Bytes a name must have for another that contains it to be like it: two Chinese characters, or six letters less two.
const WITHIN_MIN: usize = 4;

/// What of a header counts when it is compared: letters and digits, half-width, lower case.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The header row of one file: which cell holds which column, and how the file spells it.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// For each column of the description, the cell that holds it.
    cells: Vec<Option<usize>>,
    /// The headers as the file spells them, cell by cell.
    spelled: Vec<String>,
    /// Cells that are not read.
    left_out: HashSet<usize>,
    /// Cells under a column that is only read: all among those, but for what is said of new things.
    read_only: Vec<usize>,
    /// For each column of the description, what stands in it in every row.
    constants: Vec<Option<Cell>>,
    /// Columns whose header says the unit: the column, that of its unit, and all names of the unit it says.
    units: Vec<(&'static str, &'static str, &'static [&'static str])>,
    /// Columns of the description, by their places, in which what looks like a date is meant as it stands.
    as_written: HashSet<usize>,
    /// How rows get the record's own code.
    codes: Option<Codes>,
}

/// Where a row's code comes from.
#[derive(Debug)]
enum Codes {
    /// The row's number, in place of `{n}`.
    Numbered(String),
    /// The first of these cells that has something in it; they hold the record's name, or something else that tells it.
    Cells { cells: Vec<usize>, of_name: bool },
}

impl Header {
    /// Matches a file's first row. None when rows cannot be read under it (a column missing, or there twice); what is wrong is in `faults`.
    pub(super) fn read(columns: &Columns, row: &RawRow, reading: &Reading, faults: &mut Faults) -> Option<Self> {
        let count = columns.columns.len();
        let mut before: Option<&Cell> = None;
        let spelled = row.cells().iter().map(|cell| {
            // A heading merged over several columns is that of the first; the others have none.
            let again = cell.merged && before.is_some_and(|before| before.text == cell.text);
            before = Some(cell);
            if again { String::new() } else { cell.text.trim().to_owned() }
        });
        let spelled: Vec<String> = spelled.collect();
        let meant: Vec<Option<usize>> = spelled.iter().map(|heading| reading.place(columns, heading)).collect();
        let taken: HashSet<usize> = meant.iter().flatten().copied().collect();
        let mut header = Self { cells: vec![None; count], constants: vec![None; count], spelled, ..Self::default() };
        let mut readable = true;
        for (place, (spelled, meant)) in header.spelled.iter().zip(meant).enumerate() {
            if spelled.is_empty() {
                continue;
            }
            if let Some(column) = meant.and_then(|column| columns.columns.get(column)).filter(|column| column.read_only) {
                header.read_only.push(place);
                if !column.of_new {
                    header.left_out.insert(place);
                    continue;
                }
            }
            let fault = |code| Fault::new(spelled.clone(), code).at_line(row.line());
            match meant.and_then(|column| header.cells.get_mut(column)) {
                Some(slot @ None) => {
                    *slot = Some(place);
                    let column = meant.and_then(|column| columns.columns.get(column));
                    let said = || columns.titled(spelled).is_none().then(|| asides::meant(columns, spelled)?.unit).flatten();
                    header.units.extend(column.and_then(|column| Some((column.name, column.unit_in?, said()?))));
                }
                Some(Some(first)) => {
                    readable = false;
                    let letters = [*first, place].map(|place| letters(saturating(place))).join(", ");
                    faults.push(ImportFault::of(&fault(Code::Duplicate).with("field", spelled).with("letters", letters), None));
                }
                None if reading.ignore_unknown || reading.meant(spelled).is_some() => drop(header.left_out.insert(place)),
                None => {
                    let mut unknown = fault(Code::UnknownField);
                    if let Some(nearest) = columns.nearest(spelled, &taken) {
                        let Both { zh, en } = nearest.titles();
                        unknown = unknown.with("nearest_zh", zh).with("nearest_en", en);
                    }
                    faults.push(ImportFault::of(&unknown, None));
                }
            }
        }
        for (column, constant) in columns.columns.iter().zip(&mut header.constants) {
            *constant = reading.set.get(column.name).map(|text| Cell::text(text.clone()));
        }
        header.as_written = reading.as_written.iter().filter_map(|name| columns.place(name)).collect();
        if let Some(rule) = reading.codes.as_ref().filter(|_| header.cells.first().is_some_and(Option::is_none)) {
            header.codes = header.made_by(columns, rule);
            if let Some(Codes::Cells { cells, .. }) = &header.codes {
                // What a code is made of is read, whether or not it is besides.
                header.left_out.retain(|cell| !cells.contains(cell));
            }
            if let (None, CodeRule::From(named)) = (&header.codes, rule) {
                readable = false;
                faults.push(ImportFault::of(&Fault::new(named.clone(), Code::UnknownField).at_line(row.line()), None));
            }
        }
        for (place, column) in columns.columns.iter().enumerate() {
            if column.required && !header.speaks_of(place) {
                readable = false;
                let Both { zh, en } = column.titles();
                let fault = Fault::new(column.name, Code::ColumnMissing).with("column", column.name).at_line(row.line());
                let fault = fault.with("column_zh", zh).with("column_en", en);
                faults.push(ImportFault::of(&fault, None).titled(Some(column.titles())));
            }
        }
        readable.then_some(header)
    }

    /// Where codes come from by this rule; None where the file has nothing to make them from.
    fn made_by(&self, columns: &Columns, rule: &CodeRule) -> Option<Codes> {
        let cells = match rule {
            CodeRule::Numbered(rule) => return Some(Codes::Numbered(rule.clone())),
            CodeRule::From(named) => {
                let by_header = self.spelled.iter().position(|spelled| !spelled.is_empty() && fold(spelled) == fold(named));
                by_header.or_else(|| columns.find(named).and_then(|place| self.cell_of(place))).into_iter().collect::<Vec<_>>()
            }
            // The English name first: its letters are found on every keyboard.
            CodeRule::Slug => columns.names().rev().filter_map(|place| self.cell_of(place)).collect(),
        };
        (!cells.is_empty()).then_some(Codes::Cells { cells, of_name: *rule == CodeRule::Slug })
    }

    /// The code of a row, the `number`th under the header, where it has none of its own. None where there is nothing to make it of.
    pub(super) fn code_of(&self, row: &RawRow, number: u64) -> Option<Cell> {
        match self.codes.as_ref()? {
            Codes::Numbered(rule) => Some(Cell::text(rule.replace("{n}", &number.to_string()))),
            // What is no text in the cell makes no code either.
            Codes::Cells { cells, .. } => {
                let made =
                    cells.iter().filter_map(|cell| row.cells().get(*cell)).map(|cell| Cell { text: code_from(&cell.text), ..cell.clone() });
                made.into_iter().find(|cell| !cell.text.is_empty())
            }
        }
    }

    /// What the code of a row was made of, where one was made.
    pub(super) fn made_of(&self, columns: &Columns, row: &RawRow, code: Option<&Cell>) -> Option<MadeCode> {
        let (code, codes) = (code?, self.codes.as_ref()?);
        let text = |cell: usize| row.cells().get(cell).map_or("", |cell| cell.text.trim());
        let as_it_is = |cells: &Vec<usize>| cells.iter().any(|cell| text(*cell).to_lowercase() == code.text.to_lowercase());
        let is_source = matches!(codes, Codes::Cells { cells, of_name: false } if as_it_is(cells));
        let names = columns.names().filter(|place| self.cell_of(*place).is_some_and(|cell| !text(cell).is_empty()));
        Some(MadeCode { is_source, names: names.collect() })
    }

    /// Whether a file under it says something of the column at `place` of the description.
    pub(super) fn speaks_of(&self, place: usize) -> bool {
        self.cell_of(place).is_some() || self.constant(place).is_some() || (place == 0 && self.codes.is_some())
    }

    /// The cell that holds the column at `place` of the description.
    pub(super) fn cell_of(&self, place: usize) -> Option<usize> {
        self.cells.get(place).copied().flatten()
    }

    /// What stands in the column at `place` in every row.
    pub(super) fn constant(&self, place: usize) -> Option<&Cell> {
        self.constants.get(place).and_then(Option::as_ref)
    }

    /// The header above cell `cell`, as the file spells it; empty where there is none.
    pub(super) fn spelled(&self, cell: usize) -> &str {
        self.spelled.get(cell).map_or("", String::as_str)
    }

    /// Columns whose header says the unit: the column, that of its unit, and all names of the unit it says.
    pub(super) fn units(&self) -> &[(&'static str, &'static str, &'static [&'static str])] {
        &self.units
    }

    /// Whether what looks like a date is meant as it stands in the column at `place` of the description.
    pub(super) fn is_as_written(&self, place: usize) -> bool {
        self.as_written.contains(&place)
    }

    /// The notes on columns that are not read back, or only of what is new, or in which what looks like a date is taken.
    pub(super) fn notes(&self) -> impl Iterator<Item = ImportNote> {
        let note = |(note, is_read)| {
            let columns: Vec<&str> =
                self.read_only.iter().filter(|place| self.is_left_out(**place) != is_read).map(|place| self.spelled(*place)).collect();
            (!columns.is_empty()).then(|| ImportNote::new(note).with("columns", columns.join(", ")))
        };
        let as_written: Vec<&str> = self
            .cells
            .iter()
            .enumerate()
            .filter(|(place, _)| self.is_as_written(*place))
            .filter_map(|(_, cell)| Some(self.spelled((*cell)?)))
            .collect();
        let as_written = (!as_written.is_empty()).then(|| ImportNote::new(Note::AsWritten).with("columns", as_written.join(", ")));
        [(Note::ReadOnly, false), (Note::OfNew, true)].into_iter().filter_map(note).chain(as_written)
    }

    /// Whether a cell is one that nobody reads.
    pub(super) fn is_left_out(&self, cell: usize) -> bool {
        self.left_out.contains(&cell)
    }

    /// A fault of a row, where its column stands: under the header as the file spells it, or under the column's title where the file lacks it.
    pub(super) fn place(&self, columns: &Columns, fault: Fault, cell: Option<&str>) -> ImportFault {
        let column = columns.of_field(&fault.field);
        let spelled = column.and_then(|column| self.cell_of(columns.place(column.name)?)).map(|cell| self.spelled(cell));
        let titles = column.filter(|_| spelled.is_none()).map(Column::titles);
        let field = spelled.or(column.map(|column| column.name)).map_or(fault.field, |field| field.to_owned().into());
        ImportFault::of(&Fault { field, ..fault }, cell).titled(titles)
    }
}
