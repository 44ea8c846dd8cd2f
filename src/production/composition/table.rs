//! Looking a fibre or a component up by what people write for it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::{self, ENDINGS, Name, QUALIFIERS, WHOLLY};
use crate::kernel::names::{fold, nearest};
use crate::kernel::text::Both;

/// The names of one kind of thing.
pub(super) struct Table {
    /// What it is a table of, as the message says it.
    pub kind: &'static str,
    pub rows: &'static [Name],
    either: &'static [(&'static str, &'static [&'static str])],
    /// Words that may stand before a name without changing what it is; folded.
    qualifiers: LazyLock<Vec<String>>,
    index: LazyLock<HashMap<String, &'static Name>>,
}

/// Fibres.
pub(super) static FIBRES: Table = Table {
    kind: "fibre",
    rows: names::FIBRES,
    either: names::EITHER,
    qualifiers: LazyLock::new(|| QUALIFIERS.iter().map(|word| fold(word)).collect()),
    index: LazyLock::new(|| index(names::FIBRES)),
};

/// Components of garments.
pub(super) static COMPONENTS: Table = Table {
    kind: "component",
    rows: names::COMPONENTS,
    either: &[],
    qualifiers: LazyLock::new(Vec::new),
    index: LazyLock::new(|| index(names::COMPONENTS)),
};

fn index(rows: &'static [Name]) -> HashMap<String, &'static Name> {
    rows.iter().flat_map(|row| row.2.iter().chain([&row.0, &row.1]).map(move |name| (fold(name), row))).collect()
}

impl Table {
    /// What a text in one language means: as it stands in the table; in the plural; with words about where it grew or how it was spun
    /// (`精梳棉`, `pima cotton`); or with the same once more in brackets (`锦纶(尼龙)`, `cotton (combed)`).
    pub fn find(&self, text: &str) -> Option<&'static Name> {
        let wanted = fold(text);
        let found = self.bare(&wanted).or_else(|| self.bare(self.unqualified(&wanted)));
        found.or_else(|| {
            let (outside, inside) = text.trim_end().strip_suffix(')')?.split_once('(')?;
            let outside = self.find(outside)?;
            let says_the_same = self.find(inside).is_some_and(|inside| inside.0 == outside.0) || self.unqualified(&fold(inside)).is_empty();
            says_the_same.then_some(outside)
        })
    }

    fn bare(&self, wanted: &str) -> Option<&'static Name> {
        [""].iter().chain(ENDINGS).filter_map(|ending| wanted.strip_suffix(ending)).find_map(|stem| self.index.get(stem)).copied()
    }

    fn unqualified<'a>(&self, wanted: &'a str) -> &'a str {
        let mut stem = wanted;
        while let Some(rest) = self.qualifiers.iter().find_map(|word| stem.strip_prefix(word.as_str())) {
            stem = rest;
        }
        stem
    }

    /// Whether a text, in one language or in both with a slash between, means a row of the table.
    pub fn knows(&self, text: &str) -> bool {
        let name = name_of(text);
        match (self.find(&name.zh), self.find(&name.en)) {
            (Some(zh), Some(en)) => zh.0 == en.0,
            (found, None) | (None, found) => found.is_some() && (name.zh.is_empty() || name.en.is_empty()),
        }
    }

    /// The standard name of what a person wrote in one or both languages. What is not in the table must be given in both, and stays as it is.
    pub fn standard(&self, given: &Both) -> Option<Both> {
        let (zh, en) = (given.zh.trim(), given.en.trim());
        let row = match (self.find(zh), self.find(en)) {
            (Some(one), Some(other)) if one.0 == other.0 => one,
            (Some(_), Some(_)) => return None,
            _ if !zh.is_empty() && !en.is_empty() => return Some(Both { zh: zh.to_owned(), en: en.to_owned() }),
            (one, other) => one.or(other)?,
        };
        Some(Both { zh: row.0.to_owned(), en: row.1.to_owned() })
    }

    /// What was perhaps meant by a name that is not in the table: Chinese and English.
    pub fn near(&self, given: &Both) -> Vec<(&'static str, &'static str)> {
        let texts = [given.zh.trim(), given.en.trim()];
        let both: Vec<_> = texts.iter().filter_map(|text| self.find(text)).collect();
        if !both.is_empty() {
            return both.iter().map(|row| (row.0, row.1)).collect();
        }
        let rows = |names: &[&str]| self.rows.iter().filter(|row| names.contains(&row.0)).map(|row| (row.0, row.1)).collect();
        for wanted in texts.map(fold).iter().filter(|text| !text.is_empty()) {
            if let Some((_, names)) = self.either.iter().find(|(word, _)| fold(word) == self.unqualified(wanted)) {
                return rows(names);
            }
            let written =
                self.rows.iter().flat_map(|row| [row.0, row.1].into_iter().chain(row.2.iter().copied()).map(move |name| (fold(name), row)));
            let written: Vec<_> = written.collect();
            if let Some(row) = nearest(wanted, written.iter().map(|(name, row)| (name.as_str(), *row))) {
                return vec![(row.0, row.1)];
            }
        }
        Vec::new()
    }
}

/// Whether a fibre's name says by itself that there is nothing else: `全棉`, `pure wool`.
pub(super) fn is_wholly(text: &str) -> bool {
    let text = fold(text);
    WHOLLY.iter().any(|word| text.starts_with(word)) && FIBRES.find(&text).is_some()
}

/// A name in whichever language it is written; with a slash, in both.
pub(super) fn name_of(text: &str) -> Both {
    let text = text.trim();
    match text.split_once('/').map(|(one, other)| (one.trim(), other.trim())) {
        Some((zh, en)) if has_han(zh) && !has_han(en) && !en.is_empty() => Both { zh: zh.to_owned(), en: en.to_owned() },
        Some((en, zh)) if has_han(zh) && !has_han(en) && !en.is_empty() => Both { zh: zh.to_owned(), en: en.to_owned() },
        _ if has_han(text) => Both { zh: text.to_owned(), en: String::new() },
        _ => Both { zh: String::new(), en: text.to_owned() },
    }
}

pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}')
}

fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}
