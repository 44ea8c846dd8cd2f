//! What rows do to the store, told row by row: new, changed (which field, from what to what), or there already.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ImportTable;
use super::report::clipped;
use super::sheet::Columns;
use super::workbook::row_of;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::platform::exports::Cell;
use crate::platform::words::Words;

/// Changes a report keeps; the rest are only counted.
pub const CHANGES_KEPT: usize = 1_000;

/// Lines of a file of whose new records the values are told. A longer file is looked through by its first.
const DESCRIBED: u64 = 100_000;

/// What a row does to the record it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It says something else than what was there.
    Changed,
}

impl ChangeKind {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
        }
    }
}

/// A field of a record, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Its name as the record's JSON has it, `name.zh` for a field within a field.
    pub field: String,
    /// What stood there, as people read it; empty for nothing. Cut at 120 characters.
    pub old: String,
    /// What stands there now.
    pub new: String,
}

impl FieldChange {
    /// The title of the column that holds the field, or its name where no column does.
    pub fn title(&self, columns: &Columns, lang: Lang) -> &str {
        columns.of_field(&self.field).map_or(self.field.as_str(), |column| column.title(lang))
    }
}

/// What one row of a file does, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Line of the file (row of the sheet), from 1.
    pub line: u64,
    /// What the record is called.
    pub key: String,
    /// New or changed.
    pub kind: ChangeKind,
    /// What changes; of a record that is new, what is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Stands for what it changes and what stood there, see [`Prints`].
    #[serde(skip)]
    pub(super) print: u64,
}

impl Change {
    /// What is in a new record, on one line.
    pub fn told(&self, table: Option<&ImportTable>, lang: Lang) -> String {
        let told = self.fields.iter().map(|field| {
            let title = table.map_or(field.field.as_str(), |table| field.title(table.columns, lang));
            format!("{title}{}{}", lang.of("：", ": "), field.new)
        });
        told.collect::<Vec<_>>().join(lang.of("；", "; "))
    }
}

/// What changes were found, so that later nothing else is done: of each, a hash of its row, its record, and what stands in the fields that it
/// changes. What a file makes of them its bytes say, which stay the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Prints(HashSet<u64>);

impl Prints {
    pub(super) fn extend(&mut self, changes: &[Change]) {
        self.0.extend(changes.iter().map(|change| change.print));
    }

    /// Whether every one of these changes is among them.
    pub(super) fn have(&self, changes: &[Change]) -> bool {
        changes.iter().all(|change| self.0.contains(&change.print))
    }

    /// Whether all that is among the others is among them.
    pub(super) fn have_all(&self, others: &Self) -> bool {
        others.0.is_subset(&self.0)
    }

    /// Refuses changes that are not among them.
    ///
    /// # Errors
    /// [`Code::Stale`] at the line of each.
    pub(super) fn admit(&self, changes: &[Change]) -> Result<()> {
        let others = changes.iter().filter(|change| !self.0.contains(&change.print));
        let faults: Vec<Fault> = others.map(|change| Fault::new("", Code::Stale).with("value", &change.key).at_line(change.line)).collect();
        if faults.is_empty() { Ok(()) } else { Err(Refusal { faults, ..Refusal::new(Code::Stale) }.into()) }
    }

    /// As they are kept in a file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|print| print.to_le_bytes()).collect()
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.as_chunks().0.iter().map(|print| u64::from_le_bytes(*print)).collect())
    }
}

/// A print is compared after a restart at most, and by another program never: where the hash has changed, what is to be written is shown again.
fn print(line: u64, key: &str, kind: ChangeKind, changed: &[(FieldChange, String)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (line, key, kind).hash(&mut hasher);
    if kind == ChangeKind::Changed {
        changed.iter().for_each(|(field, was)| (&field.field, was).hash(&mut hasher));
    }
    hasher.finish()
}

/// The titles of a table of changes.
pub fn change_titles(words: Words) -> Vec<String> {
    ["file", "line", "record", "kind", "field", "old", "new"].map(|title| words.say(format!("import-changes-{title}")).into_owned()).into()
}

/// A change of a file as rows of such a table, one for each field; one without a field for a new record of which nothing is told.
pub fn change_rows(file: &str, table: Option<&ImportTable>, change: &Change, words: Words) -> Vec<Vec<Cell>> {
    let kind = words.say(format!("import-changes-{}", change.kind.as_str())).into_owned();
    let row = |field: &str, old: &str, new: &str| {
        let line = saturating::<i64>(change.line);
        vec![file.into(), line.into(), change.key.as_str().into(), kind.as_str().into(), field.into(), old.into(), new.into()]
    };
    let of_field = |field: &FieldChange| {
        let title = table.map_or(field.field.as_str(), |table| field.title(table.columns, words.lang()));
        row(title, &field.old, &field.new)
    };
    if change.fields.is_empty() { vec![row("", "", "")] } else { change.fields.iter().map(of_field).collect() }
}

/// What rows do to the store, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that were new.
    pub added: u64,
    /// Rows that changed what was there.
    pub changed: u64,
    /// Rows that said what was there already.
    pub unchanged: u64,
    /// Those that were new or changed something, in the order they were told.
    pub changes: Vec<Change>,
}

impl Applied {
    /// Counts a row that was new, and tells what is in the record.
    ///
    /// # Errors
    /// [`Error::Broken`] when a record has no JSON.
    pub fn add<A: Serialize>(&mut self, line: u64, key: impl Into<String>, after: impl FnOnce() -> A) -> Result<()> {
        let key = key.into();
        let told = if row_of(line) <= DESCRIBED { difference(&Value::Null, &json(&after())?) } else { Vec::new() };
        self.added += 1;
        self.tell(line, key, ChangeKind::Added, told);
        Ok(())
    }

    fn tell(&mut self, line: u64, key: String, kind: ChangeKind, told: Vec<(FieldChange, String)>) {
        let print = print(line, &key, kind, &told);
        self.changes.push(Change { line, key, kind, fields: told.into_iter().map(|(field, _)| field).collect(), print });
    }

    /// Speaks of new records in the order of their columns, and only of what columns hold.
    pub(super) fn speak_of(&mut self, columns: &Columns) {
        let place = |field: &FieldChange| columns.of_field(&field.field).and_then(|column| columns.place(column.name));
        let is_said = |field: &FieldChange| columns.of_field(&field.field).is_some_and(|column| !column.read_only || column.of_new);
        for change in self.changes.iter_mut().filter(|change| change.kind == ChangeKind::Added) {
            change.fields.retain(is_said);
            change.fields.sort_by_key(place);
        }
    }

    /// Counts a row that said what was there already.
    pub fn keep(&mut self) {
        self.unchanged += 1;
    }

    /// Counts a row by what was there `before` it and what is there `after` it: both as JSON, field by field; `id` and `version` count for
    /// nothing. Returns what kind of change it is, None for none.
    ///
    /// # Errors
    /// [`Error::Broken`] when a record has no JSON.
    pub fn compare<B: Serialize, A: Serialize>(
        &mut self,
        line: u64,
        key: &str,
        before: Option<&B>,
        after: &A,
    ) -> Result<Option<ChangeKind>> {
        let Some(before) = before else {
            self.add(line, key, || after)?;
            return Ok(Some(ChangeKind::Added));
        };
        let fields = difference(&json(before)?, &json(after)?);
        if fields.is_empty() {
            self.keep();
            return Ok(None);
        }
        self.changed += 1;
        self.tell(line, key.to_owned(), ChangeKind::Changed, fields);
        Ok(Some(ChangeKind::Changed))
    }
}

fn json<T: Serialize>(record: &T) -> Result<Value> {
    serde_json::to_value(record).map_err(Error::broken)
}

/// The fields in which two records differ, those of the second first, each with all that stood there. Of a record that was not there, those that
/// have something in them.
fn difference(before: &Value, after: &Value) -> Vec<(FieldChange, String)> {
    let mut found = Vec::new();
    compare_within("", before, after, &mut found);
    found
}

fn compare_within(path: &str, before: &Value, after: &Value, found: &mut Vec<(FieldChange, String)>) {
    let none = Map::new();
    // An amount is one with its currency.
    let parts = |value: &Value| value.as_object().filter(|parts| !parts.contains_key("currency")).is_some();
    if parts(after) && (parts(before) || before.is_null()) {
        let (old, new) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        for name in new.keys().chain(gone).filter(|name| !(path.is_empty() && matches!(name.as_str(), "id" | "version"))) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            compare_within(&path, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), found);
        }
        return;
    }
    let (scale, name) = scaled(path);
    let (old, new) = (shown(before, scale), shown(after, scale));
    // Nothing and an empty text are the same to everybody who reads them; so is what is not so of what was not there.
    if before != after && !(old.is_empty() && (new.is_empty() || *after == Value::Bool(false))) {
        found.push((FieldChange { field: name.to_owned(), old: clipped(&old), new: clipped(&new) }, old));
    }
}

/// Endings of fields that count in parts of what people count in, and how many decimals the parts make.
const SCALED: &[(&str, usize)] = &[("_milli", 3), ("_hundredths", 2), ("_minor", 2)];

/// How many decimals the parts of a field make, and its name without its ending.
fn scaled(path: &str) -> (usize, &str) {
    SCALED.iter().find_map(|(ending, scale)| Some((*scale, path.strip_suffix(ending)?))).unwrap_or((0, path))
}

/// A value as people read it; lists with commas between.
fn shown(value: &Value, scale: usize) -> String {
    let listed = |each: &mut dyn Iterator<Item = (&Value, usize)>, between: &str| {
        each.map(|(one, scale)| shown(one, scale)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => listed(&mut all.iter().map(|one| (one, scale)), ", "),
        Value::Object(money) if money.contains_key("amount") => {
            ["amount", "currency"].map(|part| shown(money.get(part).unwrap_or(&Value::Null), 0)).join(" ")
        }
        Value::Object(all) => listed(&mut all.iter().map(|(name, one)| (one, scaled(name).0)), " "),
        Value::Number(number) => match number.as_i64().filter(|_| scale > 0) {
            None => number.to_string(),
            Some(parts) => {
                let digits = format!("{:0>width$}", parts.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at_checked(digits.len() - scale).unwrap_or((&digits, ""));
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                format!("{}{whole}{point}{fraction}", if parts < 0 { "-" } else { "" })
            }
        },
        Value::Bool(yes) => yes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_field_by_field() {
        let before = json!({ "id": "1", "version": 3, "code": "A", "name": { "zh": "甲", "en": "" }, "quantity_milli": 1250500, "roles": ["mill"], "gln": null });
        let after =
            json!({ "code": "A", "name": { "zh": "乙", "en": "" }, "quantity_milli": 900, "roles": ["mill", "supplier"], "gln": "" });
        let mut applied = Applied::default();
        assert_eq!(applied.compare(7, "A", Some(&before), &after).unwrap(), Some(ChangeKind::Changed));
        let told: Vec<_> = applied.changes[0].fields.iter().map(|f| (f.field.as_str(), f.old.as_str(), f.new.as_str())).collect();
        assert_eq!(told, [("name.zh", "甲", "乙"), ("quantity", "1250.5", "0.9"), ("roles", "mill", "mill, supplier")]);
        assert_eq!(applied.compare(8, "A", Some(&before), &before).unwrap(), None);
        assert_eq!(applied.compare(9, "B", None::<&()>, &before).unwrap(), Some(ChangeKind::Added));
        assert_eq!((applied.added, applied.changed, applied.unchanged), (1, 1, 1));
        // Of a new one what is in it; of one far down in a file nothing but that it is new.
        let told = |applied: &Applied, place: usize| -> Vec<String> {
            applied.changes[place].fields.iter().map(|field| format!("{}: {} -> {}", field.field, field.old, field.new)).collect()
        };
        assert_eq!(told(&applied, 1), ["code:  -> A", "name.zh:  -> 甲", "quantity:  -> 1250.5", "roles:  -> mill"]);
        applied.add(DESCRIBED + 1, "C", || &before).unwrap();
        assert_eq!(told(&applied, 2), Vec::<String>::new());
        let made_of = json!({ "parts": [{ "lot": "F-1", "quantity_milli": 120500 }], "paid": { "minor": 5, "currency": "CNY", "amount": "0.05" }, "void": false });
        applied.add(10, "D", || &made_of).unwrap();
        assert_eq!(told(&applied, 3), ["paid:  -> 0.05 CNY", "parts:  -> F-1 120.5"]);
        assert_eq!((applied.changes[1].line, applied.changes[1].key.as_str()), (9, "B"));
    }

    #[test]
    fn only_what_was_found_before_is_admitted() {
        let change = |old: &str, new: &str| {
            let mut applied = Applied::default();
            applied.compare(2, "A", Some(&json!({ "city": old })), &json!({ "city": new })).unwrap();
            applied.changes
        };
        let mut prints = Prints::default();
        prints.extend(&change("Alpha", "Beta"));
        assert!(prints.have(&change("Alpha", "Beta")));
        // What stood there counts, however long it is.
        assert!(!prints.have(&change("Gamma", "Beta")));
        let long = "x".repeat(200);
        prints.extend(&change(&format!("{long}1"), "Beta"));
        assert!(prints.have(&change(&format!("{long}1"), "Beta")) && !prints.have(&change(&format!("{long}2"), "Beta")));
        let Err(Error::Refused(refusal)) = prints.admit(&change("Gamma", "Beta")) else { panic!("admitted") };
        assert_eq!((refusal.code, refusal.faults[0].code, refusal.faults[0].line), (Code::Stale, Code::Stale, Some(2)));
        let kept = Prints::of_bytes(&prints.to_bytes());
        assert!(kept.have_all(&prints) && prints.have_all(&kept) && !Prints::default().have_all(&prints));
    }
}
