//! Rows within a thing: read from a document and from the boxes of a form, and laid out in a form.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind, Rows};
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::Lang;
use crate::platform::http::Filled;

/// Empty lines a form offers.
const BLANK: usize = 4;

/// The cells of a row that people fill in.
fn cells(rows: &Rows) -> impl Iterator<Item = &'static Field> + use<> {
    rows.fields.iter().filter(|cell| cell.is_said())
}

fn place_of(field: &Field, place: usize, cell: &str) -> String {
    format!("{}.{place}.{cell}", field.name)
}

/// One row, cell by cell; what is wrong with it is named with its place.
fn row(
    field: &Field,
    rows: &Rows,
    place: usize,
    faults: &mut Vec<Fault>,
    mut read: impl FnMut(&'static Field) -> Result<Option<Value>, Fault>,
) -> Value {
    let mut said = Map::new();
    for cell in cells(rows) {
        let value = read(cell).and_then(|value| match value {
            None if cell.needed => Err(Fault::new(cell.name, Code::Missing)),
            value => Ok(value),
        });
        let value = value.unwrap_or_else(|fault| {
            faults.push(Fault { field: place_of(field, place, cell.name).into(), ..fault });
            None
        });
        said.insert(cell.name.to_owned(), value.unwrap_or(Value::Null));
    }
    Value::Object(said)
}

/// The rows that a document says.
pub(super) fn of_json(field: &Field, rows: &Rows, said: Value, faults: &mut Vec<Fault>) -> Value {
    let Value::Array(said) = said else {
        faults.push(field.mistyped("list"));
        return Value::Null;
    };
    if said.len() > rows.max {
        faults.push(Fault::new(field.name, Code::OutOfRange).with("min", 0).with("max", rows.max));
        return Value::Null;
    }
    let mut read = Vec::with_capacity(said.len());
    for (place, said) in said.into_iter().enumerate() {
        let Value::Object(mut said) = said else {
            faults.push(Fault { field: format!("{}.{place}", field.name).into(), ..field.mistyped("list") });
            continue;
        };
        read.push(row(field, rows, place, faults, |cell| said.remove(cell.name).map_or(Ok(None), |value| cell.read_json(&value))));
        faults.extend(said.into_iter().map(|(unknown, _)| Fault::new(place_of(field, place, &unknown), Code::UnknownField)));
    }
    Value::Array(read)
}

/// The rows that a form says, once it is [`closed_up`].
pub(super) fn of_form(field: &Field, rows: &Rows, values: &HashMap<String, String>, faults: &mut Vec<Fault>) -> Value {
    let read = |place: usize| {
        row(field, rows, place, faults, |cell| {
            let text = values.get(&place_of(field, place, cell.name)).map_or("", |text| text.trim());
            if text.is_empty() { Ok(None) } else { cell.read(text).map(Some) }
        })
    };
    Value::Array((0..count(field, rows, values)).map(read).collect())
}

/// How many rows a form has, counted by the greatest number in a field's name.
fn count(field: &Field, rows: &Rows, values: &HashMap<String, String>) -> usize {
    let place = |name: &String| name.strip_prefix(field.name)?.strip_prefix('.')?.split('.').next()?.parse::<usize>().ok();
    values.keys().filter_map(place).filter(|place| *place < rows.max).max().map_or(0, |last| last + 1)
}

/// A form without empty rows between filled ones, so that its rows and those of what it says have the same numbers.
pub(super) fn closed_up(fields: &Fields, mut values: HashMap<String, String>) -> HashMap<String, String> {
    for field in fields.columns {
        let Kind::Rows(rows) = field.kind else { continue };
        let mut next = 0;
        for place in 0..count(field, rows, &values) {
            let mut take = |cell: &'static Field| (cell, values.remove(&place_of(field, place, cell.name)).unwrap_or_default());
            let row: Vec<(&Field, String)> = cells(rows).map(&mut take).collect();
            if row.iter().any(|(_, text)| !text.trim().is_empty()) {
                values.extend(row.into_iter().map(|(cell, text)| (place_of(field, next, cell.name), text)));
                next += 1;
            }
        }
    }
    values
}

/// What stands in the boxes of a form for these rows.
pub(super) fn values(field: &Field, rows: &Rows, said: &[Value]) -> Vec<(String, String)> {
    let one = |(place, row): (usize, &Value)| {
        let text = |cell: &'static Field| {
            let value = row.get(cell.name).unwrap_or(&Value::Null);
            (place_of(field, place, cell.name), cell.show(value, Lang::En))
        };
        cells(rows).map(text).collect::<Vec<_>>()
    };
    said.iter().enumerate().flat_map(one).collect()
}

/// A box of a line.
pub(super) struct RowBox {
    pub name: String,
    pub label: &'static str,
    pub value: String,
    pub fault: Option<String>,
    pub offer: String,
}

/// The lines of boxes a form shows: those that are filled in, and some empty ones.
pub(super) fn boxes(field: &Field, rows: &Rows, form: &Filled, lang: Lang) -> Vec<Vec<RowBox>> {
    let one = |place: usize, cell: &'static Field| {
        let name = place_of(field, place, cell.name);
        let (value, fault) = (form.value(&name).to_owned(), form.fault(&name).map(str::to_owned));
        RowBox { label: cell.title(lang), value, fault, offer: cell.offer(), name }
    };
    let lines = count(field, rows, form.values()) + BLANK;
    (0..lines.min(rows.max)).map(|place| cells(rows).map(|cell| one(place, cell)).collect()).collect()
}

/// The titles over those boxes.
pub(super) fn heads(rows: &Rows, lang: Lang) -> Vec<&'static str> {
    cells(rows).map(|cell| cell.title(lang)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LOTS: Rows = Rows {
        fields: &[
            Field::new("component", Kind::Line(40), &["部位"], &["Component"]).needed(),
            Field::new("quantity_milli", Kind::Quantity("unit"), &["用量"], &["Quantity"]).nullable(),
            Field::new("unit", Kind::Line(12), &["单位"], &["Unit"]).computed(),
        ],
        max: 3,
        cell: None,
    };
    const FIELD: Field = Field::new("lots", Kind::Rows(&LOTS), &["用料"], &["Made of"]);
    const FIELDS: Fields = Fields { table: "things", title: ("物", "Things"), columns: &[FIELD] };

    fn form(values: &[(&str, &str)]) -> HashMap<String, String> {
        closed_up(&FIELDS, values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn empty_lines_are_closed_up() {
        let values = form(&[("lots.0.component", " "), ("lots.2.component", "shell"), ("lots.2.quantity_milli", "1,200.5"), ("code", "B")]);
        assert_eq!(
            (values.get("lots.0.component").map(String::as_str), values.get("code").map(String::as_str)),
            (Some("shell"), Some("B"))
        );
        let mut faults = Vec::new();
        assert_eq!(of_form(&FIELD, &LOTS, &values, &mut faults), json!([{ "component": "shell", "quantity_milli": 1_200_500 }]));
        assert_eq!(faults, []);
        let again = super::values(&FIELD, &LOTS, &[json!({ "component": "shell", "quantity_milli": 1_200_500, "unit": "m" })]);
        assert_eq!(again, [("lots.0.component".to_owned(), "shell".to_owned()), ("lots.0.quantity_milli".to_owned(), "1200.5".to_owned())]);
    }

    #[test]
    fn what_is_wrong_with_a_row_has_its_place() {
        let told = |said: Value| {
            let mut faults = Vec::new();
            of_json(&FIELD, &LOTS, said, &mut faults);
            faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(
            told(json!([{ "component": "a" }, { "quantity_milli": -1 }])),
            ["lots.1.component missing", "lots.1.quantity_milli below_zero"]
        );
        assert_eq!(told(json!([{ "component": "a", "unit": "m" }])), ["lots.0.unit unknown_field"], "what is computed is not said");
        assert_eq!(told(json!({})), ["lots malformed"]);
        assert_eq!(told(json!([1])), ["lots.0 malformed"]);
        assert_eq!(told(json!([{}, {}, {}, {}])), ["lots out_of_range"]);
        let mut faults = Vec::new();
        of_form(&FIELD, &LOTS, &form(&[("lots.1.quantity_milli", "much")]), &mut faults);
        assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), ["lots.0.component", "lots.0.quantity_milli"]);
    }
}
