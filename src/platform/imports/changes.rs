//! What rows do to the store, told row by row: new, changed (which field, from what to what), or there already.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::ImportTable;
use super::report::clipped;
use super::sheet::Columns;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result, saturating};
use crate::platform::exports::Cell;
use crate::platform::words::Words;

/// Changes a report keeps; the rest are only counted.
pub const CHANGES_KEPT: usize = 1_000;

/// What a row does to the record it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// What changes; empty for a record that is new, which is as its row says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// The titles of a table of changes.
pub fn change_titles(words: Words) -> Vec<String> {
    ["file", "line", "record", "kind", "field", "old", "new"].map(|title| words.say(format!("import-changes-{title}")).into_owned()).into()
}

/// A change of a file as rows of such a table: one for each field, one for a record that is new.
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
    /// Counts a row that was new.
    pub fn add(&mut self, line: u64, key: impl Into<String>) {
        self.added += 1;
        self.changes.push(Change { line, key: key.into(), kind: ChangeKind::Added, fields: Vec::new() });
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
            self.add(line, key);
            return Ok(Some(ChangeKind::Added));
        };
        let fields = difference(&json(before)?, &json(after)?);
        if fields.is_empty() {
            self.keep();
            return Ok(None);
        }
        self.changed += 1;
        self.changes.push(Change { line, key: key.to_owned(), kind: ChangeKind::Changed, fields });
        Ok(Some(ChangeKind::Changed))
    }
}

fn json<T: Serialize>(record: &T) -> Result<Value> {
    serde_json::to_value(record).map_err(Error::broken)
}

/// The fields in which two records differ, those of the second first.
fn difference(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare_within("", before, after, &mut found);
    found
}

fn compare_within(path: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        for name in new.keys().chain(gone).filter(|name| !(path.is_empty() && matches!(name.as_str(), "id" | "version"))) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            compare_within(&path, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), found);
        }
        return;
    }
    let (scale, name) = SCALED.iter().find_map(|(ending, scale)| Some((*scale, path.strip_suffix(ending)?))).unwrap_or((0, path));
    let (old, new) = (shown(before, scale), shown(after, scale));
    // Nothing and an empty text are the same to everybody who reads them.
    if before != after && !(old.is_empty() && new.is_empty()) {
        found.push(FieldChange { field: name.to_owned(), old: clipped(&old), new: clipped(&new) });
    }
}

/// Endings of fields that count in parts of what people count in, and how many decimals the parts make.
const SCALED: &[(&str, usize)] = &[("_milli", 3), ("_hundredths", 2), ("_minor", 2)];

/// A value as people read it; lists with commas between.
fn shown(value: &Value, scale: usize) -> String {
    let listed = |each: &mut dyn Iterator<Item = &Value>, between: &str| {
        each.map(|one| shown(one, scale)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => listed(&mut all.iter(), ", "),
        Value::Object(all) => listed(&mut all.values(), " "),
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
        assert_eq!((applied.changes[1].line, applied.changes[1].key.as_str()), (9, "B"));
    }
}
