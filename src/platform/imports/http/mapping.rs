//! How a file is read, as a form: its headers beside our columns, what stands in every row, and how codes are made.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::sheet::fold;
use super::super::store::Filed;
use super::super::{CodeRule, Column, ImportFault, ImportReport, ImportTable, Reading, Reason};
use crate::kernel::Result;
use crate::kernel::text::Lang;

/// The form of one file.
pub(super) struct Mapping {
    /// The table it would be read as.
    pub(super) table: ImportTable,
    /// Each header of the file, with the column it stands for.
    pub(super) headers: Vec<Mapped>,
    /// Columns that no header stands for, with what stands in every row.
    pub(super) lacking: Vec<(&'static Column, String)>,
    /// Whether the records' own code is among them, so that one must be made.
    pub(super) needs_codes: bool,
    /// Columns that hold what looks like a date, with whether it is meant as it stands.
    pub(super) dated: Vec<(&'static Column, bool)>,
    /// How codes are made.
    pub(super) rule: Option<CodeRule>,
}

/// A header of a file.
pub(super) struct Mapped {
    /// As the file spells it.
    pub(super) header: String,
    /// The column it stands for; None where it is left out.
    pub(super) column: Option<&'static str>,
}

impl Mapped {
    pub(super) fn is(&self, column: &str) -> bool {
        self.column == Some(column)
    }
}

impl Mapping {
    /// What a file would be read by as this table: as somebody said, or as it says of itself, or as we guess.
    pub(super) fn of(file: &Filed, table: ImportTable, report: Option<&ImportReport>) -> Self {
        let columns = table.columns;
        let said = if file.table == table.columns.table { file.reading.clone() } else { Reading::default() };
        let known = |header: &str| columns.find(header).and_then(|place| columns.columns.get(place));
        let mut taken: HashSet<usize> = file.headers.iter().filter_map(|header| columns.find(header)).collect();
        let mut headers = Vec::with_capacity(file.headers.len());
        for header in &file.headers {
            let column = match said.meant(header) {
                Some(name) => columns.column(name),
                None => known(header).or_else(|| columns.nearest(header, &taken).filter(|_| said == Reading::default())),
            };
            taken.extend(column.and_then(|column| columns.place(column.name)));
            headers.push(Mapped { header: header.clone(), column: column.map(|column| column.name) });
        }
        let filled: HashSet<&str> = headers.iter().filter_map(|mapped| mapped.column).collect();
        let lacking = columns.written().filter(|column| !filled.contains(column.name));
        let lacking: Vec<_> = lacking.map(|column| (column, said.set.get(column.name).cloned().unwrap_or_default())).collect();
        let needs_codes = lacking.first().is_some_and(|(column, _)| columns.place(column.name) == Some(0));
        let looks_dated = |fault: &&ImportFault| fault.args.get("reason").is_some_and(|reason| reason == Reason::LooksDated.as_str());
        let found: HashSet<&str> =
            report.into_iter().flat_map(|report| &report.faults).filter(looks_dated).map(|fault| fault.column.as_str()).collect();
        let is_dated = |column: &&Column| {
            let header = headers.iter().find(|mapped| mapped.is(column.name)).map_or(column.name, |mapped| mapped.header.as_str());
            said.as_written.contains(column.name) || found.contains(header)
        };
        let dated = columns.written().filter(is_dated).map(|column| (column, said.as_written.contains(column.name))).collect();
        Self { table, headers, dated, lacking: lacking.into_iter().skip(usize::from(needs_codes)).collect(), needs_codes, rule: said.codes }
    }

    /// The columns a header may stand for.
    pub(super) fn choices(&self, lang: Lang) -> Vec<(&'static str, &'static str)> {
        self.table.columns.written().map(|column| (column.name, column.title(lang))).collect()
    }

    /// Whether something stands in every row.
    pub(super) fn has_constants(&self) -> bool {
        self.lacking.iter().any(|(column, value)| column.required || !value.is_empty())
    }

    /// Whether codes are made in this way.
    pub(super) fn is_rule(&self, rule: impl AsRef<str>) -> bool {
        match (&self.rule, rule.as_ref()) {
            (Some(CodeRule::Numbered(_)), "numbered") => true,
            (Some(CodeRule::From(header)), rule) => rule.strip_prefix("from:").is_some_and(|named| fold(named) == fold(header)),
            (Some(CodeRule::Slug), "slug") => true,
            _ => false,
        }
    }

    /// What stands before the number of a numbered code.
    pub(super) fn prefix(&self) -> String {
        match &self.rule {
            Some(CodeRule::Numbered(rule)) => rule.replace("{n}", ""),
            _ => String::new(),
        }
    }
}

/// The reading that a filled-in form asks for.
///
/// # Errors
/// The faults of the form's fields.
pub(super) fn reading(file: &Filed, table: &ImportTable, values: &HashMap<String, String>) -> Result<Reading> {
    let columns = table.columns;
    let value = |field: &str| values.get(field).map(|value| value.trim()).unwrap_or_default();
    let mut map = BTreeMap::new();
    for (place, header) in file.headers.iter().enumerate() {
        let chosen = value(&format!("map.{place}"));
        let own = columns.find(header).and_then(|place| columns.columns.get(place)).map_or("", |column| column.name);
        // What a header says of itself need not be said.
        if chosen != own || own.is_empty() {
            map.insert(header.clone(), chosen.to_owned());
        }
    }
    let constant = |column: &Column| (column.name.to_owned(), value(&format!("set.{}", column.name)).to_owned());
    let set = columns.columns.iter().map(constant).filter(|(_, text)| !text.is_empty()).collect();
    let codes = match value("codes") {
        "" => None,
        "numbered" => Some(format!("{}{{n}}", value("prefix")).parse()?),
        rule => Some(rule.parse()?),
    };
    let is_as_written = |column: &&Column| !value(&format!("as.{}", column.name)).is_empty();
    let as_written = columns.columns.iter().filter(is_as_written).map(|column| column.name.to_owned()).collect();
    let reading = Reading { map, ignore_unknown: false, set, as_written, codes, encoding: None };
    reading.fits(columns)?;
    Ok(reading)
}
