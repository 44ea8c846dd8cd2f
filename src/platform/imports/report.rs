//! The verdict on a file: what was read, what changed, and every fault, in a form that can be kept as JSON and worded later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::changes::Change;
use super::notes::ImportNote;
use crate::kernel::error::{Code, Error, Fault, Refusal};
use crate::kernel::text::{Both, Lang};
use crate::platform::words::Words;

/// Faults a report keeps; the rest are only counted.
pub const FAULTS_KEPT: usize = 1_000;
/// Characters of a cell that a fault shows.
const SHOWN_MAX: usize = 120;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Why a file or a cell cannot be read: the `reason` of [`Code::FileBroken`] and [`Code::Malformed`] here, worded as `reason-<text>`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// The stable text form that stands in a fault's `reason`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// No row at all.
    Empty = "empty";
    /// Neither text nor a workbook.
    NotATable = "not-a-table";
    /// The binary format before 2007, or WPS's.
    OldExcel = "old-excel";
    /// HTML, whatever its name: what many systems call an Excel export.
    WebPage = "web-page";
    /// XML, whatever its name, such as the Excel 2003 XML format.
    Xml = "xml";
    /// A PDF.
    Pdf = "pdf";
    /// A picture.
    Picture = "picture";
    /// An archive of files, or a packed one.
    Archive = "archive";
    /// A spreadsheet of Apple Numbers.
    Numbers = "numbers";
    /// An OpenDocument spreadsheet.
    OpenDocument = "open-document";
    /// A binary workbook (.xlsb).
    BinaryWorkbook = "binary-workbook";
    /// Encrypted.
    Password = "password";
    /// A ZIP of something else.
    NotXlsx = "not-xlsx";
    /// Cut short or damaged.
    Damaged = "damaged";
    /// More inside than can be taken.
    TooLarge = "too-large";
    /// A quote that is opened and never closed, or a row too long for any other reason.
    OpenQuote = "open-quote";
    /// More columns than a table can have.
    TooManyColumns = "too-many-columns";
    /// An encoding that nobody expects here.
    UnknownEncoding = "unknown-encoding";
    /// Lines in UTF-8 and lines in another encoding (`other`: the line before in the other).
    MixedEncoding = "mixed-encoding";
    /// A guessed encoding that may be another (`encoding`, `sample`), of a file that is written unseen.
    DoubtfulEncoding = "doubtful-encoding";
    /// Bytes that are no text in the file's encoding.
    UnreadableText = "unreadable-text";
    /// A quotation mark inside a quoted cell that is not doubled.
    StrayQuote = "stray-quote";
    /// `#N/A`, `#REF!` and the like.
    CellError = "cell-error";
    /// A formula whose result the file does not hold.
    NoResult = "no-result";
    /// A number beyond what a spreadsheet keeps exactly.
    DigitsLost = "digits-lost";
    /// A number whose format shows what cannot be told from it: fractions, powers of ten, conditions.
    NumberFormat = "number-format";
    /// A number whose format shows more than the number: another unit, digits, a power of ten in words.
    ShowsMore = "shows-more";
    /// What a merged range of several columns shows, in another column than its own.
    MergedAcross = "merged-across";
    /// A number that is another one where a comma is the decimal sign, in a file as it is written there.
    DecimalComma = "decimal-comma";
    /// A date where something else is meant.
    IsDate = "is-date";
    /// A time of day or a length of time, which no column takes.
    IsTime = "is-time";
    /// Yes or no where something else is meant.
    IsBoolean = "is-boolean";
    /// A text that looks like a date which a spreadsheet made of something else.
    LooksDated = "looks-dated";
    /// A number with a comma that could mean two things.
    Ambiguous = "ambiguous-number";
    /// A row was read into nothing without a word.
    RowRefused = "row-refused";
    /// Its columns are those of no table, or of more than one.
    NoTable = "no-table";
    /// Its columns are those of another table (`table_zh`, `table_en`).
    OtherTable = "other-table";
    /// Of a ZIP of files, as the next: a `member` whose name is a path, a folder, a link, or nothing that a file is called.
    MemberName = "member-name";
    /// Two members have one name.
    MemberTwice = "member-twice";
    /// A member is encrypted.
    MemberPassword = "member-password";
    /// A member is packed by a method that is not read.
    MemberPacking = "member-packing";
    /// A member is cut short, damaged, or more than it says.
    MemberDamaged = "member-damaged";
    /// A member is a ZIP of files itself.
    MemberArchive = "member-archive";
    /// More than `max` members.
    MembersTooMany = "members-too-many";
    /// Its members unpack to `megabytes`, more than `max`.
    MembersTooLarge = "members-too-large";
}

impl Reason {
    /// A refusal of the whole file.
    pub(super) fn refusal(self) -> Error {
        Refusal::new(Code::FileBroken).with("reason", self.as_str()).into()
    }

    /// What is wrong with a cell (the field and the line are filled in later).
    pub(super) fn of_cell(self) -> Fault {
        Fault::new("", Code::Malformed).with("reason", self.as_str())
    }

    /// What ended the reading of a file at `line`.
    pub(super) fn ends_at(self, line: u64) -> Fault {
        Fault::new("", Code::FileBroken).with("reason", self.as_str()).at_line(line)
    }
}

/// One thing wrong with one place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportFault {
    /// The sheet of the workbook. Absent unless several were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Line of the file (row of the sheet), from 1. Absent when it is about the file as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column's header as the file spells it, or the column's name where the file lacks it; empty when it is about the whole row or file.
    pub column: String,
    /// The column's title, where the file lacks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Both>,
    /// What stands in the cell, cut at 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Why, from the table of codes.
    pub code: String,
    /// Arguments of the message.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}

impl ImportFault {
    /// A fault with the cell it is about; without a cell, the fault's own `value` stands in.
    pub(super) fn of(fault: &Fault, cell: Option<&str>) -> Self {
        // Of a list of what may stand there, nothing is left out.
        let kept = |name: &str, value: &str| if name.starts_with("allowed") { value.to_owned() } else { clipped(value) };
        let args: BTreeMap<_, _> = fault.args.iter().map(|(name, value)| ((*name).to_owned(), kept(name, value))).collect();
        let value = cell.map(clipped).or_else(|| args.get("value").cloned());
        Self {
            sheet: None,
            line: fault.line,
            column: clipped(&fault.field),
            title: None,
            value,
            code: fault.code.as_str().to_owned(),
            args,
        }
    }

    /// The same, about a column that the file lacks.
    pub(super) fn titled(self, title: Option<Both>) -> Self {
        Self { title, ..self }
    }

    /// The column as its reader knows it.
    pub fn place(&self, lang: Lang) -> &str {
        self.title.as_ref().map_or(&self.column, |title| lang.of(&title.zh, &title.en))
    }

    /// The code it stands for. None for one of another version of the program.
    pub fn code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == self.code)
    }

    /// What is wrong, in a sentence (without naming the place).
    pub fn word(&self, words: Words) -> String {
        let pairs: Vec<_> = self.args.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let code = self.code.replace('_', "-");
        let of_files = format!("import-{code}");
        let told_by = |(arg, how): &(&str, &str)| self.args.contains_key(*arg).then(|| format!("{of_files}-{how}"));
        let special = HOW_TOLD.iter().filter_map(told_by).find(|key| words.knows(key));
        // "Is there already" has a line to point at only when it is in the file itself.
        let is_pointed = self.code != Code::Duplicate.as_str() || self.args.contains_key("line");
        let plain = Some(of_files.clone()).filter(|key| is_pointed && words.knows(key));
        let key = special.or(plain).unwrap_or_else(|| format!("error-{code}"));
        words.say_with(&key, &pairs).into_owned()
    }
}

/// Arguments of a fault by which it is told in another sentence, and what the key of that ends in.
const HOW_TOLD: &[(&str, &str)] = &[("nearest_en", "near"), ("file", "in"), ("letters", "header"), ("overlaps", "overlaps")];

pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The faults of a file as they are found: the first [`FAULTS_KEPT`] whole, all of them counted.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) kept: Vec<ImportFault>,
    pub(super) count: u64,
}

impl Faults {
    /// Those kept, in the order of their lines; those of the whole file first.
    pub(super) fn in_order(mut self) -> Vec<ImportFault> {
        self.kept.sort_by_key(|fault| fault.line);
        self.kept
    }

    pub(super) fn push(&mut self, fault: ImportFault) {
        self.count += 1;
        if self.kept.len() < FAULTS_KEPT {
            self.kept.push(fault);
        }
    }
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A dry run of a file without faults: it can be applied as it is.
    Checked,
    /// The file has faults; nothing was written.
    Refused,
    /// Every row is in the store.
    Applied,
    /// The store refused a chunk that it would have taken when it was checked. Earlier chunks stand; the same file may be sent again.
    Stopped,
}

/// The verdict on one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// The file's name as it was sent.
    pub file: String,
    /// The table it was read as, such as `lots`.
    pub table: String,
    /// Whether it was only checked.
    pub dry_run: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows read, without the header and empty lines.
    pub rows_read: u64,
    /// Rows that were new, or would be in a dry run.
    pub added: u64,
    /// Rows that changed what was there, or would.
    pub changed: u64,
    /// Rows that said what was there already.
    pub unchanged: u64,
    /// The first 1,000 rows that were new or changed something, or would in a dry run: which record, which fields, from what to what (of new
    /// records as far as 5,000 values go). All of them are counted by `added` and `changed`.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// What to know of the file before it is written, such as a sheet that was left out or an encoding that was guessed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ImportNote>,
    /// The first 1,000 faults that were found, in the order of their lines.
    pub faults: Vec<ImportFault>,
    /// All faults, also those not listed.
    pub fault_count: u64,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Refused => "refused",
            Self::Applied => "applied",
            Self::Stopped => "stopped",
        }
    }
}

impl ImportReport {
    /// Whether there are more faults than are listed.
    pub fn is_clipped(&self) -> bool {
        u64::try_from(self.faults.len()).is_ok_and(|listed| listed < self.fault_count)
    }

    /// Its faults as rows of a table to mend the file by: file, sheet (where it has several), line, column, value, reason.
    pub fn fault_rows(&self, words: Words) -> impl Iterator<Item = [String; 6]> {
        self.faults.iter().map(move |fault| {
            let line = fault.line.map(|line| line.to_string()).unwrap_or_default();
            let [sheet, value] = [&fault.sheet, &fault.value].map(|text| text.clone().unwrap_or_default());
            [self.file.clone(), sheet, line, fault.place(words.lang()).to_owned(), value, fault.word(words)]
        })
    }

    /// The message that says how it ended.
    pub fn outcome_key(&self) -> String {
        format!("imports-outcome-{}", self.outcome.as_str())
    }

    /// The tone of a note about it: `good`, `warn` or `bad`.
    pub const fn outcome_tone(&self) -> &'static str {
        match self.outcome {
            Outcome::Checked | Outcome::Applied => "good",
            Outcome::Stopped => "warn",
            Outcome::Refused => "bad",
        }
    }
}
