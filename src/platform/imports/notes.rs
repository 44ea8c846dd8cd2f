//! What a person should know of a file before it is written, though nothing of it is wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::{ImportFault, Reason, clipped};
use crate::kernel::{Code, Fault, parsed};
use crate::platform::words::Words;

macro_rules! notes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What a note says, worded as `import-note-<text>`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Note { $($(#[$doc])* $name,)* }

        impl Note {
            /// Every kind of note.
            pub const ALL: &'static [Note] = &[$(Note::$name,)*];

            /// The stable text form that stands in a note's `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Note::$name => $text,)* }
            }
        }
    };
}

notes! {
    /// The encoding was guessed: `encoding`, and the `sample` on `line` to judge it by.
    Encoding = "encoding";
    /// The encoding was guessed, and others are as likely: the same.
    EncodingDoubted = "encoding-doubted";
    /// What it would do has changed since it was shown; nothing was written.
    ChangedSince = "changed-since";
    /// Lines above the header were passed over: `lines`.
    AboveHeader = "above-header";
    /// Several sheets were read as one table: `sheets`.
    Sheets = "sheets";
    /// Sheets with something on them were not read: `sheets`.
    SheetsLeft = "sheets-left";
    /// A hidden sheet was read, because no visible one is this table: `sheet`.
    HiddenSheet = "hidden-sheet";
    /// Hidden rows were read: `lines`.
    HiddenRows = "hidden-rows";
    /// Hidden columns were read: `columns`.
    HiddenColumns = "hidden-columns";
    /// What merged cells show was taken for each of their cells: `cells`.
    Merged = "merged";
    /// Columns that stand in downloads alone were not read: `columns`.
    ReadOnly = "read-only";
    /// Columns that only say something of what is not there yet: `columns`.
    OfNew = "of-new";
    /// Columns in which what looks like a date was taken as it stands, as somebody said: `columns`.
    AsWritten = "as-written";
}

/// Something to know of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportNote {
    /// The sheet it is about, where several were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// What it says.
    pub code: String,
    /// Arguments of the message.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}

impl ImportNote {
    pub(super) fn new(note: Note) -> Self {
        Self { sheet: None, code: note.as_str().to_owned(), args: BTreeMap::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), clipped(&value.to_string()));
        self
    }

    pub(super) fn on(mut self, sheet: Option<&str>) -> Self {
        self.sheet = sheet.map(clipped);
        self
    }

    /// Whether it says this.
    pub fn is(&self, note: Note) -> bool {
        self.code == note.as_str()
    }

    /// The fault that a doubted encoding is where nobody has seen what was made of the file.
    pub(super) fn as_doubt(&self) -> Option<ImportFault> {
        let fault = Fault::new("", Code::FileBroken).with("reason", Reason::DoubtfulEncoding.as_str());
        let said = |name: &str| self.args.get(name).cloned().unwrap_or_default();
        let fault = fault.with("encoding", said("encoding")).with("sample", said("sample"));
        let fault = parsed(&said("line")).map_or(fault.clone(), |line| fault.at_line(line));
        self.is(Note::EncodingDoubted).then(|| ImportFault::of(&fault, None))
    }

    /// It in a sentence, with its sheet in front.
    pub fn word(&self, words: Words) -> String {
        let pairs: Vec<_> = self.args.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let said = words.say_with(&format!("import-note-{}", self.code), &pairs).into_owned();
        match &self.sheet {
            Some(sheet) => words.say_with("import-on-sheet", &[("sheet", sheet.clone()), ("said", said)]).into_owned(),
            None => said,
        }
    }
}

/// Numbers in rising order as people list them, `2–4, 7`: a few stretches, and how it goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretches {
    kept: Vec<(u64, u64)>,
    more: bool,
}

/// Stretches, cells or columns that a note lists.
pub(super) const LISTED: usize = 12;

impl Stretches {
    pub(super) fn push(&mut self, number: u64) {
        let room = self.kept.len() < LISTED;
        match self.kept.last_mut() {
            Some((_, last)) if !self.more && *last + 1 == number => *last = number,
            _ if room => self.kept.push((number, number)),
            _ => self.more = true,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

impl std::fmt::Display for Stretches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (first, last)) in self.kept.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            if first == last { write!(f, "{comma}{first}")? } else { write!(f, "{comma}{first}–{last}")? }
        }
        if self.more { write!(f, ", …") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Lang;

    #[test]
    fn every_note_has_its_words() {
        for lang in Lang::ALL {
            let words = Words::of(lang);
            assert!(Note::ALL.iter().all(|note| words.knows(&format!("import-note-{}", note.as_str()))));
        }
        let note = ImportNote::new(Note::HiddenRows).with("lines", "5–9").on(Some("2月"));
        assert_eq!(note.word(Words::of(Lang::En)), "Sheet “2月”: Hidden rows were read like the others: 5–9.");
        assert_eq!(note.word(Words::of(Lang::Zh)), "工作表“2月”：隐藏的行也已读取：5–9。");
    }

    #[test]
    fn numbers_are_listed_in_stretches() {
        let said = |numbers: &[u64]| {
            let mut stretches = Stretches::default();
            numbers.iter().for_each(|number| stretches.push(*number));
            stretches.to_string()
        };
        assert_eq!(said(&[2, 3, 4, 7, 9, 10]), "2–4, 7, 9–10");
        assert_eq!(said(&[]), "");
        let odd: Vec<u64> = (0..30).map(|n| 2 * n + 1).collect();
        assert_eq!(said(&odd), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, …");
    }
}
