//! What a save changes, as the event it leaves tells it: each field with what stood in it and what stands in it now.

use serde_json::{Map, Value, json};

use super::field::{Field, Kind};
use super::said::object;
use super::thing::Thing;
use crate::kernel::Result;
use crate::kernel::event::Subject;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};

/// Characters that an event keeps of a value.
const KEPT_MAX: usize = 300;

/// The fields in which two states of a thing differ, by their paths: `{"unit": {"from": "m", "to": "pcs"}}`. Of lines, those that differ. What
/// is personal ([`Thing::UNTOLD`]) is named without what it says.
///
/// # Errors
/// [`Error::Broken`](crate::kernel::Error::Broken) for a thing that has no fields.
pub fn changes<T: Thing>(before: &T, after: &T) -> Result<Map<String, Value>> {
    let (before, after) = (object(before)?, object(after)?);
    let differ = T::FIELDS.columns.iter().filter(|field| !field.read_only).filter_map(|field| {
        let (from, to) = (said(field, field.within(&before)), said(field, field.within(&after)));
        if from == to {
            return None;
        }
        let (from, to) = apart(from, to);
        let told = if T::UNTOLD.contains(&field.name) { json!({}) } else { json!({ "from": kept(field, from), "to": kept(field, to) }) };
        Some((field.path(), told))
    });
    Ok(differ.collect())
}

/// Leaves the event of a thing that was saved in the place of `before`, or is new.
///
/// # Errors
/// As [`changes`].
pub fn tell_saved<T: Thing>(db: &mut Db, stamp: &Stamp, before: Option<&T>, saved: &T) -> Result<()> {
    let (name, told) = match before {
        Some(before) => ("changes", changes(before, saved)?),
        None => ("fields", fields(saved)?),
    };
    let body = json!({ "code": saved.code(), "version": saved.version(), (name): told });
    events::append(db, stamp, T::SAVED, Subject::Thing(T::SUBJECT, saved.id().0), &body)
}

/// What a new thing says, by the paths of its fields.
fn fields<T: Thing>(new: &T) -> Result<Map<String, Value>> {
    let new = object(new)?;
    let is_told = |field: &&Field| !field.read_only && !matches!(field.kind, Kind::Moment) && !T::UNTOLD.contains(&field.name);
    let told = T::FIELDS.columns.iter().filter(is_told).filter_map(|field| {
        let value = kept(field, said(field, field.within(&new)));
        (!value.is_null()).then(|| (field.path(), value))
    });
    Ok(told.collect())
}

/// What somebody says of a field: nothing and an empty text are the same, and of lines what is only read is no part.
fn said(field: &Field, value: &Value) -> Value {
    match (field.kind, value) {
        (Kind::Lines(of), Value::Array(lines)) => {
            let is_said = |name: &String| {
                let first = |cell: &Field| cell.place().split('.').next() == Some(name.as_str());
                of.fields.columns.iter().any(|cell| !cell.read_only && first(cell))
            };
            let said = |line: &Map<String, Value>| -> Value {
                line.iter().filter(|(name, _)| is_said(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
            };
            lines.iter().filter_map(Value::as_object).map(said).collect()
        }
        (_, Value::String(text)) if text.is_empty() => Value::Null,
        (_, Value::Array(all)) if all.is_empty() => Value::Null,
        (_, value) => value.clone(),
    }
}

/// Of two lists of lines, those that are only in one of them; where only their order differs, all.
fn apart(from: Value, to: Value) -> (Value, Value) {
    let (Value::Array(old), Value::Array(new)) = (&from, &to) else { return (from, to) };
    if !old.iter().chain(new).all(Value::is_object) {
        return (from, to);
    }
    let only = |of: &[Value], other: &[Value]| of.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>();
    let (gone, come) = (only(old, new), only(new, old));
    if gone.is_empty() && come.is_empty() { (from, to) } else { (gone.into(), come.into()) }
}

/// A value as an event keeps it: one that is long as people write it, cut.
fn kept(field: &Field, value: Value) -> Value {
    if value.to_string().chars().nth(KEPT_MAX).is_none() {
        return value;
    }
    let text = field.write(&value);
    match text.char_indices().nth(KEPT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Lang;
    use crate::platform::rooms::{Fields, Lines};

    const LINES: Lines = Lines::of(
        9,
        Fields {
            table: "parts",
            title: ("零件", "Parts"),
            columns: &[
                Field::new("lot", Kind::Line(20), &["批"], &["Lot"]),
                Field::new("metres", Kind::Decimal(2, 9_999, ""), &["米"], &["Metres"]),
                Field::new("supplier", Kind::Line(20), &["供应商"], &["Supplier"]).only_read(),
            ],
        },
    );
    const PARTS: Field = Field::new("parts", Kind::Lines(&LINES), &["零件"], &["Parts"]);
    const NOTE: Field = Field::new("note", Kind::Paragraph(900), &["说明"], &["Note"]);

    #[test]
    fn of_lines_those_that_differ_are_told_without_what_is_only_read() {
        let of = |lots: &[(&str, i64, &str)]| {
            let lines: Vec<_> = lots.iter().map(|(lot, metres, of)| json!({ "lot": lot, "metres": metres, "supplier": of })).collect();
            said(&PARTS, &lines.into())
        };
        let before = of(&[("A", 150, "x"), ("B", 200, "x")]);
        assert_eq!(before, of(&[("A", 150, "y"), ("B", 200, "z")]));
        let (gone, come) = apart(before.clone(), of(&[("A", 150, "x"), ("B", 250, "x")]));
        assert_eq!((PARTS.told(&gone, Lang::En), PARTS.told(&come, Lang::En)), ("B 2".to_owned(), "B 2.5".to_owned()));
        let turned = of(&[("B", 200, "x"), ("A", 150, "x")]);
        assert_eq!(apart(before.clone(), turned.clone()), (before, turned));
    }

    #[test]
    fn what_an_event_keeps_is_bounded() {
        let long = "很".repeat(900);
        let text = kept(&NOTE, long.as_str().into());
        assert_eq!(text.as_str().map(|text| text.chars().count()), Some(KEPT_MAX + 1));
        let all: Vec<_> = (0..300).map(|lot| json!({ "lot": format!("L-{lot}"), "metres": 150 })).collect();
        let Value::String(text) = kept(&PARTS, all.into()) else { panic!("a text") };
        assert!(text.starts_with("L-0") && text.ends_with('…'));
        assert_eq!(PARTS.told(&text.as_str().into(), Lang::Zh), text);
        assert_eq!(said(&NOTE, &"".into()), said(&NOTE, &Value::Null));
    }
}
