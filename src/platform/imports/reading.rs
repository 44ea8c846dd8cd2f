//! How a file is read whose columns are not ours: which header stands for which column, what is left out, what stands in every row, and how
//! rows without a code get one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::changes::FieldChange;
use super::sheet::{Columns, fold};
use crate::kernel::error::{Code, Error, Fault, Refusal, Result};
use crate::kernel::text;

/// Characters a code may have.
const CODE_MAX: usize = 40;

/// Names of encodings that files come in, for those who must say one.
const ENCODINGS: &[&str] = &[
    "UTF-8",
    "GB18030",
    "Big5",
    "Shift_JIS",
    "EUC-JP",
    "EUC-KR",
    "windows-1252",
    "windows-1250",
    "windows-1254",
    "windows-1251",
    "macintosh",
    "UTF-16LE",
];

/// A way to read a file. The default reads it as it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// Of a header of the file, the name of the column it stands for; empty: the header's cells are left out.
    pub map: BTreeMap<String, String>,
    /// Headers that stand for nothing are left out rather than refused.
    pub ignore_unknown: bool,
    /// Of a column by its name, what stands in it in every row, where the file lacks the column.
    pub set: BTreeMap<String, String>,
    /// Columns by their names in which what looks like a date that a spreadsheet made of something else (`Mar-10`) is meant as it stands.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub as_written: BTreeSet<String>,
    /// How rows get a code, where the file lacks the column of the record's own code (each table's first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<CodeRule>,
    /// The encoding of a text, by any of the names of the WHATWG's standard. Without one, a byte order mark or the text's form says it, or it
    /// is guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

impl Reading {
    /// The encoding that was named.
    ///
    /// # Errors
    /// [`Code::NotOneOf`] for a name that no encoding has.
    pub fn encoding(&self) -> Result<Option<&'static Encoding>> {
        let named = |name: &String| {
            let unknown = || Fault::new("encoding", Code::NotOneOf).with("value", name).with("allowed", ENCODINGS.join(", "));
            Encoding::for_label(name.as_bytes()).ok_or_else(unknown)
        };
        Ok(self.encoding.as_ref().map(named).transpose()?)
    }

    /// Refuses what this table cannot be read by.
    ///
    /// # Errors
    /// [`Code::NotOneOf`] naming a column that the table does not have.
    pub fn fits(&self, columns: &Columns) -> Result<()> {
        let named =
            self.map.iter().filter(|(_, name)| !name.is_empty()).map(|(_, name)| name).chain(self.set.keys()).chain(&self.as_written);
        let strange = named.filter(|name| columns.column(name).is_none());
        let allowed = || columns.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        Refusal::unless_empty(
            strange.map(|name| Fault::new("map", Code::NotOneOf).with("value", name).with("allowed", allowed())).collect(),
        )
    }

    /// The place of the column that a header stands for in a table of these columns.
    pub(super) fn place(&self, columns: &Columns, header: &str) -> Option<usize> {
        match self.meant(header) {
            Some(name) => columns.place(name),
            None => columns.find(header),
        }
    }

    /// Whether a column, at its place among the table's, has something in it though the file lacks it.
    pub(super) fn fills(&self, place: usize, name: &str) -> bool {
        self.set.contains_key(name) || (place == 0 && self.codes.is_some())
    }

    /// What a header stands for: a column's name, or an empty text where it is left out. None when nothing was said of it.
    pub(super) fn meant(&self, header: &str) -> Option<&str> {
        let header = fold(header);
        self.map.iter().find(|(named, _)| fold(named) == header).map(|(_, name)| name.as_str())
    }
}

/// How a row gets a code from what stands in it. The same row gets the same code each time, so that a file imported again finds what it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CodeRule {
    /// A text in which `{n}` is the row's number under the header, from 1: `F-{n}`. The same only as long as no row is put before another.
    Numbered(String),
    /// What stands under another header of the file, in the letters a code may have: `from:OS ID`.
    From(String),
    /// The record's name in the letters a code may have: `slug`.
    Slug,
}

impl FromStr for CodeRule {
    type Err = Error;

    fn from_str(rule: &str) -> Result<Self> {
        let rule = rule.trim();
        let wrong =
            || Error::from(Fault::new("codes", Code::NotOneOf).with("value", rule).with("allowed", "PREFIX-{n}, from:COLUMN, slug"));
        match rule.split_once(':') {
            Some(("from", header)) if !header.trim().is_empty() => Ok(Self::From(header.trim().to_owned())),
            _ if rule == "slug" => Ok(Self::Slug),
            _ if rule.matches("{n}").count() == 1 && text::code("codes", &rule.replace("{n}", "1")).is_ok() => {
                Ok(Self::Numbered(rule.to_owned()))
            }
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for CodeRule {
    type Error = Error;

    fn try_from(rule: String) -> Result<Self> {
        rule.parse()
    }
}

impl fmt::Display for CodeRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbered(rule) => out.write_str(rule),
            Self::From(header) => write!(out, "from:{header}"),
            Self::Slug => out.write_str("slug"),
        }
    }
}

impl From<CodeRule> for String {
    fn from(rule: CodeRule) -> Self {
        rule.to_string()
    }
}

/// A text in the letters a code may have. One too long for a code is cut and told from its like by six digits of its hash; empty stays empty.
pub(super) fn code_from(text: &str) -> String {
    let mut code = String::new();
    for c in text.trim().chars().flat_map(char::to_uppercase) {
        if c.is_alphanumeric() || "_./#".contains(c) {
            code.push(c);
        } else if !code.ends_with('-') {
            code.push('-');
        }
    }
    let code = code.trim_matches('-');
    if code.chars().count() <= CODE_MAX {
        return code.to_owned();
    }
    let digits = text::hex(&Sha256::digest(code.as_bytes()));
    let cut: String = code.chars().take(CODE_MAX - 7).collect();
    format!("{}-{}", cut.trim_end_matches('-'), digits.get(..6).unwrap_or_default().to_uppercase())
}

/// What is known of a row whose code was made.
pub(super) struct MadeCode {
    /// Whether the code is, as it stands, what the file has under the header that it was made from.
    pub(super) is_source: bool,
    /// The columns of the record's name that the row fills, by their places.
    pub(super) names: Vec<usize>,
}

impl MadeCode {
    /// What shows that a record with the code is another's, of what the row would change in it: its name, unless one of its names is the
    /// row's; of a record without a name, whatever is other. None where the record is the row's.
    pub(super) fn other_in<'a>(&self, columns: &Columns, changed: &'a [FieldChange]) -> Option<&'a FieldChange> {
        let column_of = |field: &FieldChange| columns.of_field(&field.field).and_then(|column| columns.place(column.name));
        let is_same = |field: &FieldChange| fold(&field.old) == fold(&field.new);
        let renamed = |place: &usize| changed.iter().any(|field| column_of(field) == Some(*place) && !is_same(field));
        if self.is_source || self.names.iter().any(|place| !renamed(place)) {
            return None;
        }
        let of_name = |field: &&FieldChange| column_of(field).is_some_and(|place| self.names.contains(&place));
        let named = |field: &&FieldChange| of_name(field) && !field.old.is_empty();
        changed.iter().find(named).or_else(|| changed.iter().find(of_name)).or_else(|| changed.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_code() {
        assert_eq!(code_from(" Hop Lun (Pvt.) Ltd. "), "HOP-LUN-PVT.-LTD.");
        assert_eq!(code_from("绍兴华纺 一厂"), "绍兴华纺-一厂");
        assert_eq!(code_from("  --- "), "");
        let long = "Artistic Fabric & Garment Industries (Private) Limited";
        let made = code_from(&format!("{long} Unit 1"));
        assert!(text::code("code", &made).is_ok() && made.starts_with("ARTISTIC-FABRIC-GARMENT"), "{made}");
        assert_ne!(made, code_from(&format!("{long} Unit 2")));
        assert_eq!(made, code_from(&format!(" {long}  Unit 1")));
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        for rule in ["F-{n}", "from:OS ID", "slug"] {
            assert_eq!(rule.parse::<CodeRule>().unwrap().to_string(), rule);
        }
        for wrong in ["", "F-", "{n}{n}", "F {n}", "from:", "name"] {
            assert!(wrong.parse::<CodeRule>().is_err(), "{wrong}");
        }
    }
}
