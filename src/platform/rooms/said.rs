//! What somebody says of a thing, read field by field: from a form, a document or a row of a file.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind, Rows};
use super::rows;
use crate::kernel::error::{Code, Error, Fault, Refusal, Result};
use crate::platform::imports::{Row, Takes};

/// The values that were said, by the fields' names. What was not said is not in it; what was said to be nothing is `null`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said(Map<String, Value>);

impl Said {
    /// What a document says. An entry that no field has is a fault.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field.
    pub fn of_json(fields: &Fields, document: Map<String, Value>) -> Result<Self> {
        Self::of_json_by(fields, document, |_| Vec::new())
    }

    /// The same under a rule of the room, which says what is wrong beyond single fields with what could be read.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field and what the rule says.
    pub fn of_json_by(fields: &Fields, document: Map<String, Value>, rule: impl FnOnce(&Self) -> Vec<Fault>) -> Result<Self> {
        let mut flat = Map::new();
        let mut faults = Vec::new();
        for (key, value) in document {
            match value {
                Value::Object(halves) if fields.columns.iter().any(|field| field.both.is_some_and(|half| half.group == key)) => {
                    flat.extend(halves.into_iter().map(|(half, value)| (format!("{key}.{half}"), value)));
                }
                other => drop(flat.insert(key, other)),
            }
        }
        let mut said = Map::new();
        for field in fields.columns.iter().filter(|field| field.is_said()) {
            let Some(value) = flat.remove(&field.path()) else { continue };
            let read = match field.kind {
                Kind::Rows(of) if !value.is_null() => Ok(Some(rows::of_json(field, of, value, &mut faults))),
                _ => field.read_json(&value),
            };
            match read {
                Ok(read) => say(&mut said, field, read),
                Err(fault) => faults.push(at(field, fault)),
            }
        }
        faults.extend(flat.into_iter().map(|(unknown, _)| Fault::new(unknown, Code::UnknownField)));
        Self(said).unless(fields, faults, rule)
    }

    /// What a form says: it speaks of every field.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field.
    pub fn of_form(fields: &Fields, values: &HashMap<String, String>) -> Result<Self> {
        Self::of_form_by(fields, values, |_| Vec::new())
    }

    /// The same under a rule of the room, which says what is wrong beyond single fields with what could be read.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field and what the rule says.
    pub fn of_form_by(fields: &Fields, values: &HashMap<String, String>, rule: impl FnOnce(&Self) -> Vec<Fault>) -> Result<Self> {
        let mut said = Map::new();
        let mut faults = Vec::new();
        let values = rows::closed_up(fields, values.clone());
        for field in fields.columns.iter().filter(|field| field.is_said()) {
            let path = field.path();
            let text = match field.kind {
                Kind::Rows(of @ Rows { cell: None, .. }) => {
                    let read = rows::of_form(field, of, &values, &mut faults);
                    say(&mut said, field, Some(read));
                    continue;
                }
                // A box that is not ticked is not sent.
                Kind::Flag => if values.contains_key(&path) { "yes" } else { "no" }.to_owned(),
                Kind::Choices(table) => {
                    let ticked = table.iter().filter(|choice| values.contains_key(&format!("{path}.{}", choice.text)));
                    ticked.map(|choice| choice.text).collect::<Vec<_>>().join(",")
                }
                _ => values.get(&path).map(|text| text.trim().to_owned()).unwrap_or_default(),
            };
            let read = if text.is_empty() { Ok(None) } else { field.read(&text).map(Some) };
            match read {
                Ok(value) => say(&mut said, field, value),
                Err(fault) => faults.push(at(field, fault)),
            }
        }
        Self(said).unless(fields, faults, rule)
    }

    /// What a row of a file says: of the columns that the file has and that are not read by hand. None when a cell is wrong, which the row has
    /// noted.
    pub fn of_row(fields: &'static Fields, row: &mut Row<'_>) -> Option<Self> {
        Self::of_row_by(fields, row, |_| Vec::new())
    }

    /// The same under a rule of the room, which says what is wrong beyond single fields with what could be read.
    pub fn of_row_by(fields: &'static Fields, row: &mut Row<'_>, rule: impl FnOnce(&Self) -> Vec<Fault>) -> Option<Self> {
        let mut said = Map::new();
        let mut sound = true;
        for field in fields.columns.iter().filter(|field| field.is_said() && !matches!(field.kind, Kind::ByHand)) {
            if !row.has_column(field.name) {
                continue;
            }
            let read = match field.kind {
                Kind::Day => row.optional_date(field.name).map(|day| day.map(|day| day.to_string().into())),
                _ => row.optional_take(field.name, takes(field.kind), |_, text| field.read(text)),
            };
            match read {
                Some(None) if field.required => {
                    row.fault(Fault::new(field.name, Code::Missing));
                    sound = false;
                }
                Some(value) => say(&mut said, field, value),
                None => sound = false,
            }
        }
        let said = Self(said);
        let ruled = rule(&said);
        sound &= ruled.is_empty();
        ruled.into_iter().for_each(|fault| row.fault(fault));
        sound.then_some(said)
    }

    fn unless(self, fields: &Fields, mut faults: Vec<Fault>, rule: impl FnOnce(&Self) -> Vec<Fault>) -> Result<Self> {
        faults.extend(rule(&self));
        let wrong: Vec<String> = faults.iter().map(|fault| fault.field.to_string()).collect();
        let about =
            |name: &str| wrong.iter().any(|field| field == name || field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        faults.extend(self.missing(fields).filter(|name| !about(name)).map(|name| Fault::new(name, Code::Missing)));
        // In the order of the form, whoever reads them.
        let place = |fault: &Fault| fields.columns.iter().position(|field| field.path().starts_with(&*fault.field));
        faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        Refusal::unless_empty(faults)?;
        Ok(self)
    }

    /// The names of what must be filled in and is not. Both languages of a text are one.
    fn missing<'a>(&'a self, fields: &'a Fields) -> impl Iterator<Item = &'static str> + 'a {
        let mut done = Vec::new();
        fields.columns.iter().filter(|field| field.needed).filter_map(move |field| {
            let name = field.both.map_or(field.name, |half| half.group);
            let together = |other: &&Field| other.both.map_or(other.name, |half| half.group) == name;
            let missing = !done.contains(&name) && fields.columns.iter().filter(together).all(|field| self.is_empty(field));
            done.push(name);
            missing.then_some(name)
        })
    }

    fn is_empty(&self, field: &Field) -> bool {
        match self.0.get(field.name) {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::String(text)) => text.is_empty(),
            Some(_) => false,
        }
    }

    /// The thing as it is after what was said: `before`, or a new one, with each value that was said in its place. What was said to be nothing
    /// becomes what a new one has there.
    ///
    /// # Errors
    /// [`Code::Invalid`] when something that must be filled in is not.
    pub fn onto<D: Serialize + DeserializeOwned + Default>(&self, fields: &Fields, before: Option<&D>) -> Result<D> {
        let blank = object(&D::default())?;
        // What must be said is not said by what a new one happens to have there.
        let mut known = Self(before.map_or_else(|| Ok(Map::new()), object)?);
        known.0.extend(self.0.clone());
        let missing: Vec<Fault> = known.missing(fields).map(|name| Fault::new(name, Code::Missing)).collect();
        Refusal::unless_empty(missing)?;
        let mut after = blank;
        after.extend(known.0.into_iter().filter(|(_, value)| !value.is_null()));
        serde_json::from_value(Value::Object(after)).map_err(Error::broken)
    }

    /// The same, saying this text of a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, text: &str) -> Self {
        self.0.insert(name.to_owned(), text.into());
        self
    }

    /// The same as the whole truth: what was not said is said to be nothing. What always has a value keeps the one it has.
    #[must_use]
    pub fn whole(mut self, fields: &Fields) -> Self {
        for field in fields.columns.iter().filter(|field| field.is_said() && !field.always_has()) {
            self.0.entry(field.name).or_insert(Value::Null);
        }
        self
    }

    /// What was said, as the value it stands for: `query.code` is a field within a field. What was said to be nothing is not in it.
    ///
    /// # Errors
    /// [`Error::Broken`] when the fields are not those of the value.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        let mut document = Map::new();
        for (name, said) in self.0.iter().filter(|(_, said)| !said.is_null()) {
            put(&mut document, name, said.clone());
        }
        serde_json::from_value(Value::Object(document)).map_err(Error::broken)
    }

    /// Whether a field was spoken of.
    pub fn says(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The same with this value of a field.
    #[must_use]
    pub fn with_value(mut self, name: &'static str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// What was said for a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|said| !said.is_null())
    }

    /// The day that was said for a field.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        self.text(name)?.parse().ok()
    }

    /// The text that was said for a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// Puts a value in its place: `query.code` into the field `code` of the field `query`.
fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(document.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            if let Value::Object(inner) = document.entry(first).or_insert_with(|| Value::Object(Map::new())) {
                put(inner, rest, value);
            }
        }
    }
}

/// Notes what was said of a field. Nothing said of what always has a value leaves it as it is.
fn say(said: &mut Map<String, Value>, field: &Field, value: Option<Value>) {
    if value.is_some() || !field.always_has() {
        said.insert(field.name.to_owned(), value.unwrap_or(Value::Null));
    }
}

/// What a field takes of all that a spreadsheet can hold in a cell.
const fn takes(kind: Kind) -> Takes {
    match kind {
        Kind::Whole(..) | Kind::OneOf(_) | Kind::Quantity(_) => Takes::Number,
        Kind::Flag => Takes::Flag,
        Kind::Paragraph(_) => Takes::Prose,
        _ => Takes::Text,
    }
}

fn at(field: &Field, fault: Fault) -> Fault {
    Fault { field: field.path().into(), ..fault }
}

/// A value as the object it serialises to.
pub(super) fn object<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(Error::broken)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::broken("a thing serialises to an object")),
    }
}

/// What somebody could have said to make a thing as it is: its document without what is computed.
///
/// # Errors
/// [`Error::Broken`] when the thing is no object.
pub fn said_of<T: Serialize>(fields: &Fields, thing: &T) -> Result<Map<String, Value>> {
    let Value::Object(mut said) = document(fields, thing)? else { return Err(Error::broken("a thing serialises to an object")) };
    let named = |name: &str| fields.columns.iter().find(|field| field.both.map_or(field.name, |half| half.group) == name);
    said.retain(|name, _| named(name).is_some_and(Field::is_said));
    for field in fields.columns {
        let (Kind::Rows(rows), Some(Value::Array(all))) = (field.kind, said.get_mut(field.name)) else { continue };
        for row in all.iter_mut().filter_map(Value::as_object_mut) {
            row.retain(|name, _| rows.fields.iter().any(|cell| cell.name == name && cell.is_said()));
        }
    }
    Ok(said)
}

/// A thing as programs read it: both languages of a text as one entry.
///
/// # Errors
/// [`Error::Broken`] for what is no object.
pub fn document<T: Serialize>(fields: &Fields, thing: &T) -> Result<Value> {
    let mut document = object(thing)?;
    for (field, half) in fields.columns.iter().filter_map(|field| Some((field, field.both?))) {
        let Some(text) = document.remove(field.name) else { continue };
        let both = document.entry(half.group).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(both) = both {
            both.insert(half.key().to_owned(), text);
        }
    }
    Ok(Value::Object(document))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// Something whose field that must be said has a value when it is new.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Plate {
        code: String,
        size: i64,
    }

    impl Default for Plate {
        fn default() -> Self {
            Self { code: String::new(), size: 9 }
        }
    }

    const FIELDS: Fields = Fields {
        table: "plates",
        title: ("盘", "Plates"),
        columns: &[
            Field::new("code", Kind::Code, &["编码"], &["Code"]).needed(),
            Field::new("size", Kind::Whole(1, 99), &["大小"], &["Size"]).needed(),
        ],
    };

    fn onto(said: Value, before: Option<&Plate>) -> Result<Plate, Vec<String>> {
        let Value::Object(said) = said else { unreachable!() };
        Said(said).onto(&FIELDS, before).map_err(|error| match error {
            Error::Refused(refusal) => refusal.faults.into_iter().map(|fault| format!("{} {:?}", fault.field, fault.code)).collect(),
            other => vec![other.to_string()],
        })
    }

    #[test]
    fn what_must_be_said_is_not_filled_in() {
        let before = Plate { code: "A".into(), size: 5 };
        let missing = || Err(vec!["size Missing".to_owned()]);
        assert_eq!(onto(json!({"code": "A"}), None), missing());
        assert_eq!(onto(json!({"code": "A", "size": null}), None), missing());
        assert_eq!(onto(json!({"code": "A", "size": null}), Some(&before)), missing());
        assert_eq!(onto(json!({"code": "B"}), Some(&before)), Ok(Plate { code: "B".into(), size: 5 }));
        assert_eq!(onto(json!({"code": "A", "size": 7}), None), Ok(Plate { code: "A".into(), size: 7 }));
    }
}
