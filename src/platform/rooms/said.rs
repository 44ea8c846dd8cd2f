//! What somebody says of a thing, read field by field: from a form, a document or a row of a file.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind, Lines};
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Error, Fault, Faults, Refusal, Result, parsed};
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
        let mut faults = Faults::default();
        Self(read_document(fields, "", document, &mut faults)).unless(fields, faults, rule)
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
        let mut faults = Faults::default();
        Self(read_form(fields, "", &closed_up(fields, values.clone()), &mut faults)).unless(fields, faults, rule)
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
        for field in fields.in_files() {
            if !row.has_column(field.name) || (field.read_only && !field.of_new) || matches!(field.kind, Kind::ByHand) {
                continue;
            }
            let read = match field.kind {
                Kind::Day => row.optional_date(field.name).map(|day| day.map(|day| day.to_string().into())),
                _ => {
                    let unit = field.unit_in.and_then(|name| fields.named(name)).map(|unit| (unit, row.get(unit.name)));
                    let is_unit =
                        |shown: &str| unit.is_some_and(|(unit, said)| unit.read(shown).is_ok_and(|shown| unit.read(said) == Ok(shown)));
                    row.optional_number_of(field.name, takes(field.kind), is_unit, |_, text| field.read(text))
                }
            };
            match read {
                Some(None) if field.required => {
                    row.fault(Fault::new(field.name, Code::Missing));
                    sound = false;
                }
                // What always has a value is not emptied.
                Some(None) if matches!(field.kind, Kind::Choice(_) | Kind::Flag) && !field.nullable => {}
                Some(value) => drop(said.insert(field.name.to_owned(), value.unwrap_or(Value::Null))),
                None => sound = false,
            }
        }
        let said = Self(said);
        let ruled = rule(&said);
        sound &= ruled.is_empty();
        ruled.into_iter().for_each(|fault| row.fault(fault));
        sound.then_some(said)
    }

    /// Itself, unless something is wrong: a field, what the rule says, or, where the rule says nothing of it, what is missing.
    fn unless(self, fields: &Fields, faults: Faults, rule: impl FnOnce(&Self) -> Vec<Fault>) -> Result<Self> {
        let ruled = rule(&self);
        let of_rule = |field: &str| ruled.iter().any(|fault| fault.field == field);
        let mut faults: Vec<Fault> =
            faults.all().into_iter().filter(|fault| fault.code != Code::Missing || !of_rule(&fault.field)).collect();
        faults.extend(ruled);
        in_order(fields, faults)?;
        Ok(self)
    }

    /// The thing as it is after what was said: `before`, or a new one, with each value that was said in its place. What was said to be nothing
    /// becomes what a new one has there.
    ///
    /// # Errors
    /// [`Code::Invalid`] when something that must be filled in is not.
    pub fn onto<D: Serialize + DeserializeOwned + Default>(&self, fields: &Fields, before: Option<&D>) -> Result<D> {
        let (after, missing) = self.laid_onto(fields, before)?;
        Refusal::unless_empty(missing)?;
        Ok(after)
    }

    /// The same, with what must be filled in and is not beside it.
    ///
    /// # Errors
    /// [`Error::Broken`] when the fields are not those of the thing.
    pub fn laid_onto<D>(&self, fields: &Fields, before: Option<&D>) -> Result<(D, Vec<Fault>)>
    where
        D: Serialize + DeserializeOwned + Default,
    {
        let blank = object(&D::default())?;
        let mut after = before.map_or_else(|| Ok(blank.clone()), object)?;
        // What must be said is not said by what a new one happens to have there.
        let mut known = before.map_or_else(|| Ok(Map::new()), object)?;
        for (name, value) in &self.0 {
            let field = fields.named(name).ok_or_else(|| Error::broken(format!("no field {name}")))?;
            put(&mut known, field.place(), value.clone());
            let value = match (field.within(&after), value) {
                (was, Value::Null) if field.always_has() => was.clone(),
                (_, Value::Null) => field.within(&blank).clone(),
                // A reference in other letters is the same.
                (Value::String(was), Value::String(is)) if field.is_reference() => text::rewritten(was, is.clone()).into(),
                (_, value) => value.clone(),
            };
            put(&mut after, field.place(), value);
        }
        let missing = missing(fields, |field| field.within(&known)).map(|name| Fault::new(name, Code::Missing)).collect();
        Ok((serde_json::from_value(Value::Object(after)).map_err(Error::broken)?, missing))
    }

    /// The same, saying this text of a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, text: &str) -> Self {
        self.0.insert(name.to_owned(), text.into());
        self
    }

    /// The same of a thing that is there: without what is only said of a new one.
    #[must_use]
    pub fn of_known(mut self, fields: &Fields) -> Self {
        self.0.retain(|name, _| fields.named(name).is_none_or(|field| !field.of_new));
        self
    }

    /// The same as the whole truth: what was not said is said to be nothing. What always has a value keeps the one it has.
    #[must_use]
    pub fn whole(mut self, fields: &Fields) -> Self {
        for field in fields.columns.iter().filter(|field| !field.read_only) {
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

    /// The same with this value of a field.
    #[must_use]
    pub fn with_value(mut self, name: &'static str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Whether a field was spoken of.
    pub fn says(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What was said for a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|said| !said.is_null())
    }

    /// The day that was said for a field.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        parsed(self.text(name)?)
    }

    /// The text that was said for a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// Puts a value in its place: `query.code` into the field `code` of the field `query`. Where nothing is put, nothing is left.
pub(super) fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None if value.is_null() => drop(document.remove(path)),
        None => drop(document.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert(Value::Null);
            if inner.is_null() && !value.is_null() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A path below another.
pub(super) fn below(at: &str, path: &str) -> String {
    if at.is_empty() { path.to_owned() } else { format!("{at}.{path}") }
}

/// The names of what must be filled in and is not. Both languages of a text are one.
fn missing<'a>(fields: &'a Fields, value: impl Fn(&Field) -> &'a Value + 'a) -> impl Iterator<Item = &'static str> + 'a {
    let mut done = Vec::new();
    let name_of = |field: &Field| field.both.map_or(field.place(), |half| half.group);
    fields.columns.iter().filter(|field| field.needed).filter_map(move |field| {
        let name = name_of(field);
        let missing =
            !done.contains(&name) && fields.columns.iter().filter(|other| name_of(other) == name).all(|field| is_empty(value(field)));
        done.push(name);
        missing.then_some(name)
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Notes what is missing of what was said at `at`, but for what is wrong already.
pub(super) fn note_missing(fields: &Fields, at: &str, said: &Map<String, Value>, wrong: &[String], faults: &mut Faults) {
    const NOTHING: &Value = &Value::Null;
    let about = |name: &str| wrong.iter().any(|field| field == name || field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    for name in missing(fields, |field| said.get(field.name).unwrap_or(NOTHING)).filter(|name| !about(name)) {
        faults.note(Fault::new(below(at, name), Code::Missing));
    }
}

/// What a document at `at` says, by the fields' names.
fn read_document(fields: &Fields, at: &str, document: Map<String, Value>, faults: &mut Faults) -> Map<String, Value> {
    let (mut flat, mut said, mut wrong) = (Map::new(), Map::new(), Vec::new());
    document.into_iter().for_each(|(key, value)| flatten(fields, key, value, &mut flat));
    for field in fields.columns {
        let path = field.path();
        // What is only read may stand there, as a document that was read has it.
        let Some(value) = flat.remove(&path).filter(|_| !field.read_only) else { continue };
        let mut own = Faults::default();
        let read = field.read_document(&below(at, &path), &value, &mut own);
        if own.any() {
            wrong.push(path);
        }
        own.all().into_iter().for_each(|fault| faults.note(fault));
        said.insert(field.name.to_owned(), read.unwrap_or(Value::Null));
    }
    flat.into_iter().for_each(|(unknown, _)| faults.note(Fault::new(below(at, &unknown), Code::UnknownField)));
    note_missing(fields, at, &said, &wrong, faults);
    said
}

/// The entries of a document by the paths of fields. What has fields within it is no entry of its own.
fn flatten(fields: &Fields, at: String, value: Value, into: &mut Map<String, Value>) {
    let has_fields = || fields.columns.iter().any(|field| field.path().strip_prefix(&at).is_some_and(|rest| rest.starts_with('.')));
    match value {
        Value::Object(inner) if has_fields() => {
            inner.into_iter().for_each(|(key, value)| flatten(fields, format!("{at}.{key}"), value, into));
        }
        Value::Null if has_fields() => {}
        other => drop(into.insert(at, other)),
    }
}

/// A line of a document, at `at`, as the value it stands for.
pub(super) fn line(fields: &Fields, at: &str, document: Map<String, Value>, faults: &mut Faults) -> Value {
    nested(fields, &read_document(fields, at, document, faults))
}

/// What was said by the fields' names, each in its place.
pub(super) fn nested(fields: &Fields, said: &Map<String, Value>) -> Value {
    let mut value = Map::new();
    for (field, said) in fields.columns.iter().filter_map(|field| Some((field, said.get(field.name)?))).filter(|(_, said)| !said.is_null())
    {
        put(&mut value, field.place(), said.clone());
    }
    Value::Object(value)
}

/// What a form says at `at`, by the fields' names.
fn read_form(fields: &Fields, at: &str, values: &HashMap<String, String>, faults: &mut Faults) -> Map<String, Value> {
    let (mut said, mut wrong) = (Map::new(), Vec::new());
    let chosen = |names: &mut dyn Iterator<Item = String>| {
        let texts = names.filter_map(|name| values.get(&name)).map(|text| text.trim()).filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join(",")
    };
    for field in fields.columns.iter().filter(|field| !field.read_only) {
        let path = below(at, &field.path());
        let text = match field.kind {
            Kind::Lines(Lines { fields: of, max, cell: None }) => {
                let places = filled(values, &path, *max).into_iter();
                let lines: Vec<_> = places.map(|place| nested(of, &read_form(of, &format!("{path}.{place}"), values, faults))).collect();
                said.insert(field.name.to_owned(), lines.into());
                continue;
            }
            // A box that is not ticked is not sent.
            Kind::Flag => if values.contains_key(&path) { "yes" } else { "no" }.to_owned(),
            Kind::Choices(table) => {
                let ticked = table.iter().filter(|choice| values.contains_key(&format!("{path}.{}", choice.text)));
                ticked.map(|choice| choice.text).collect::<Vec<_>>().join(",")
            }
            _ => match field.selects(Lang::En).len() {
                0 => chosen(&mut std::iter::once(path.clone())),
                several => chosen(&mut (0..several).map(|place| format!("{path}.{place}"))),
            },
        };
        let read = if text.is_empty() { Ok(Value::Null) } else { field.read(&text) };
        if read.is_err() {
            wrong.push(field.path());
        }
        let value = faults.keep_at(&path, read);
        said.insert(field.name.to_owned(), value);
    }
    note_missing(fields, at, &said, &wrong, faults);
    said
}

/// The places of the lines below `path` of which something is filled in.
pub(super) fn filled(values: &HashMap<String, String>, path: &str, max: usize) -> BTreeSet<usize> {
    let place = |name: &str| name.strip_prefix(path)?.strip_prefix('.')?.split('.').next().and_then(parsed);
    let places = values.iter().filter(|(_, value)| !value.trim().is_empty()).filter_map(|(name, _)| place(name));
    places.filter(|place| *place < max).collect()
}

/// A form without empty lines between filled ones, so that its lines and those of what it says have the same numbers.
pub(super) fn closed_up(fields: &Fields, mut values: HashMap<String, String>) -> HashMap<String, String> {
    for field in fields.columns {
        let Kind::Lines(Lines { max, cell: None, .. }) = field.kind else { continue };
        let path = field.path();
        for (to, from) in filled(&values, &path, *max).into_iter().enumerate().filter(|(to, from)| to != from) {
            let (empty, line) = (format!("{path}.{to}."), format!("{path}.{from}."));
            values.retain(|name, _| !name.starts_with(&empty));
            let names: Vec<String> = values.keys().filter(|name| name.starts_with(&line)).cloned().collect();
            for name in names {
                let value = values.remove(&name).unwrap_or_default();
                values.insert(name.replacen(&line, &empty, 1), value);
            }
        }
    }
    values
}

/// Refuses what is wrong, in the order of the form, whoever reads it.
fn in_order(fields: &Fields, mut faults: Vec<Fault>) -> Result<()> {
    let place = |fault: &Fault| {
        let about =
            |path: &str| path.starts_with(&*fault.field) || fault.field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        fields.columns.iter().position(|field| about(&field.path()))
    };
    faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
    Refusal::unless_empty(faults)
}

/// What a field takes of all that a spreadsheet can hold in a cell.
fn takes(kind: Kind) -> Takes {
    match kind {
        Kind::Whole(..) | Kind::OneOf(_) | Kind::Decimal(_, _, "") | Kind::Amount => Takes::Number,
        Kind::Flag => Takes::Flag,
        Kind::Paragraph(_) | Kind::Lines(_) => Takes::Prose,
        _ => Takes::Text,
    }
}

/// A value as the object it serialises to.
pub(crate) fn object<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value).map_err(Error::broken)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::broken("a thing serialises to an object")),
    }
}

/// A thing as programs read it: both languages of a text as one entry, and nothing where there is none of what may be absent.
///
/// # Errors
/// [`Error::Broken`] for a thing that has no fields.
pub fn document<T: Serialize>(fields: &Fields, thing: &T) -> Result<Value> {
    let mut document = object(thing)?;
    for field in fields.columns {
        if let Some(half) = field.both.filter(|_| field.at.is_none()) {
            let Some(text) = document.remove(field.name) else { continue };
            put(&mut document, &format!("{}.{}", half.group, half.key()), text);
        } else if field.nullable && field.within(&document).as_str().is_some_and(str::is_empty) {
            document.insert(field.place().to_owned(), Value::Null);
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
        let Value::Object(said) = said else { panic!("not an object") };
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
