//! The columns a table of files has, and how the headers people write are matched to them.

use std::collections::{HashMap, HashSet};

use super::cell::RawRow;
use super::report::{Faults, ImportFault};
use crate::kernel::choices::Choice;
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::Lang;

/// How a text becomes the value that is kept, for `field`.
pub type ReadText = fn(field: &'static str, text: &str) -> Result<String, Fault>;
/// What a kept text is called by people.
pub type ShowText = fn(text: &str, lang: Lang) -> &str;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The room reads it by hand.
    ByHand,
    /// One line of at most so many characters.
    Line(usize),
    /// Several lines of at most so many characters in all.
    Paragraph(usize),
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
    /// Chinese headers; the first is the title used in templates.
    pub zh: &'static [&'static str],
    /// English headers; the first is the title used in templates.
    pub en: &'static [&'static str],
    /// What belongs into it, in Chinese and in English.
    pub about: (&'static str, &'static str),
    /// A cell as it could stand there; templates show it, and it must read well.
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
            zh,
            en,
            about,
            example,
        }
    }

    /// The header a template gives it.
    pub fn title(&self, lang: Lang) -> &'static str {
        let titles = match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        };
        titles.first().copied().unwrap_or(self.name)
    }

    /// What belongs into it.
    pub fn about(&self, lang: Lang) -> &'static str {
        lang.of(self.about.0, self.about.1)
    }

    fn spellings(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.zh.iter().copied()).chain(self.en.iter().copied())
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
    /// The title for people.
    pub fn title(&self, lang: Lang) -> &'static str {
        lang.of(self.title.0, self.title.1)
    }

    /// Headers that two columns would both answer to. Empty in a sound description: every room tests that its own is.
    pub fn ambiguous(&self) -> Vec<&'static str> {
        let mut owner: HashMap<String, &'static str> = HashMap::new();
        let spellings = self.columns.iter().flat_map(|column| column.spellings().map(move |spelling| (column.name, spelling)));
        spellings.filter(|(name, spelling)| *owner.entry(fold(spelling)).or_insert(name) != *name).map(|(_, spelling)| spelling).collect()
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The place of the column that answers to `header`.
    pub(super) fn find(&self, header: &str) -> Option<usize> {
        let header = fold(header);
        self.columns.iter().position(|column| column.spellings().any(|spelling| fold(spelling) == header))
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// How many of these headers are columns of this table; none when a column is missing that a file must have.
    pub(super) fn fit(&self, headers: &[String]) -> Option<usize> {
        let known: HashSet<usize> = headers.iter().filter_map(|header| self.find(header)).collect();
        let whole = self.columns.iter().enumerate().all(|(place, column)| !column.required || known.contains(&place));
        whole.then_some(known.len())
    }

    /// Whether a sheet of this name is meant for this table.
    pub(super) fn is_sheet(&self, name: &str) -> bool {
        let name = fold(name);
        [self.table, self.title.0, self.title.1].iter().any(|title| fold(title) == name)
    }
}

/// What of a header counts when it is compared: letters and digits, half-width, lower case.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The half-width form of a full-width character, as input methods for Chinese produce them; other characters unchanged.
pub(super) fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// The header row of one file: which cell holds which column, and how the file spells it.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// For each column of the description, the cell that holds it.
    cells: Vec<Option<usize>>,
    /// The headers as the file spells them, cell by cell.
    spelled: Vec<String>,
}

impl Header {
    /// Matches a file's first row. None when rows cannot be read under it (a column missing, or there twice); what is wrong is in `faults`.
    pub(super) fn read(columns: &Columns, row: &RawRow, faults: &mut Faults) -> Option<Self> {
        let mut header = Self { cells: vec![None; columns.columns.len()], spelled: Vec::new() };
        let mut readable = true;
        for (place, cell) in row.cells().iter().enumerate() {
            let spelled = cell.text.trim();
            // A heading merged over several columns is that of the first; the others have none.
            let spelled = if cell.merged && header.spelled.last().is_some_and(|before| before == spelled) { "" } else { spelled };
            header.spelled.push(spelled.to_owned());
            if spelled.is_empty() {
                continue;
            }
            let fault = |code| Fault::new(spelled.to_owned(), code).at_line(row.line());
            let slot = columns.find(spelled).and_then(|column| header.cells.get_mut(column));
            match slot {
                None => faults.push(ImportFault::of(&fault(Code::UnknownField), None)),
                Some(slot @ None) => *slot = Some(place),
                Some(Some(_)) => {
                    readable = false;
                    faults.push(ImportFault::of(&fault(Code::Duplicate).with("field", spelled).with("line", row.line()), None));
                }
            }
        }
        for (column, cell) in columns.columns.iter().zip(&header.cells) {
            if column.required && cell.is_none() {
                readable = false;
                let fault = Fault::new(column.name, Code::ColumnMissing).with("column", column.name).at_line(row.line());
                faults.push(ImportFault::of(&fault, None));
            }
        }
        readable.then_some(header)
    }

    /// The cell that holds the column at `place` of the description.
    pub(super) fn cell_of(&self, place: usize) -> Option<usize> {
        self.cells.get(place).copied().flatten()
    }

    /// The header above cell `cell`, as the file spells it; empty where there is none.
    pub(super) fn spelled(&self, cell: usize) -> &str {
        self.spelled.get(cell).map_or("", String::as_str)
    }

    /// How the file spells the column `name`; `name` itself when the file lacks it.
    pub(super) fn spelling_of<'a>(&'a self, columns: &Columns, name: &'a str) -> &'a str {
        columns.place(name).and_then(|place| self.cell_of(place)).map_or(name, |cell| self.spelled(cell))
    }
}
