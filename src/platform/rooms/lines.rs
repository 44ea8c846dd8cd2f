//! Lines of a thing in one cell of a file: a line each, with `|` between its fields, in quotes where a text has one of these in it.

use serde_json::{Map, Value};

use super::field::{Field, Lines};
use super::said::{nested, note_missing};
use crate::kernel::error::{Code, Fault};
use crate::kernel::faults::Faults;
use crate::kernel::text::Lang;

const BETWEEN: u8 = b'|';

/// The fields that a line says.
fn said(of: &Lines) -> impl Iterator<Item = &'static Field> {
    of.fields.columns.iter().filter(|field| !field.read_only)
}

/// The lines of a cell, for `name`.
pub(super) fn read(of: &Lines, name: &'static str, text: &str) -> Result<Value, Fault> {
    let wrong = |reason: &str| Fault::new(name, Code::Malformed).with("reason", reason);
    // A Chinese keyboard types the wide one; a text with both has the wide one in its words.
    let text = if text.as_bytes().contains(&BETWEEN) { text.to_owned() } else { text.replace('｜', "|") };
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(BETWEEN).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|_| wrong("unreadable-text"))?;
        if row.len() > said(of).count() {
            return Err(wrong("too-many-in-line").with("value", row.iter().collect::<Vec<_>>().join("|")));
        }
        let mut line = Map::new();
        for (field, text) in said(of).zip(&row) {
            let value = if text.is_empty() { Ok(Value::Null) } else { field.read(text) };
            line.insert(field.name.to_owned(), value.map_err(|fault| Fault { field: name.into(), ..fault })?);
        }
        let mut faults = Faults::default();
        note_missing(&of.fields, "", &line, &[], &mut faults);
        if let Some(missing) = faults.first() {
            let of = said(of).find(|field| field.both.map_or(field.place(), |half| half.group) == missing.field);
            let title = |lang| of.map_or("", |field| field.list_title(lang));
            let fault = wrong("lacks-in-line").with("lacks_zh", title(Lang::Zh)).with("lacks_en", title(Lang::En));
            return Err(fault.with("number", lines.len() + 1));
        }
        lines.push(nested(&of.fields, &line));
    }
    if lines.len() > of.max {
        return Err(Fault::new(name, Code::OutOfRange).with("min", 0).with("max", of.max));
    }
    Ok(lines.into())
}

/// Lines as [`read`] reads them.
pub(super) fn write(of: &Lines, lines: &[Value]) -> String {
    let mut text = Vec::new();
    let mut rows = csv::WriterBuilder::new().delimiter(BETWEEN).from_writer(&mut text);
    for line in lines.iter().filter_map(Value::as_object) {
        // Memory is always written, and what is written here is UTF-8.
        let _written = rows.write_record(said(of).map(|field| field.write(field.within(line))));
    }
    drop(rows);
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::platform::rooms::{Fields, Kind};

    const NAME: (&str, &str) = ("名称", "Name");
    const LINES: Lines = Lines::of(
        3,
        Fields {
            table: "points",
            title: ("部位", "Points"),
            columns: &[
                Field::new("name_zh", Kind::Line(20), &["中文"], &["Chinese"]).half_of("name", Lang::Zh, NAME).needed().at("name.zh"),
                Field::new("name_en", Kind::Line(20), &["英文"], &["English"]).half_of("name", Lang::En, NAME).needed().at("name.en"),
                Field::new("note", Kind::Paragraph(50), &["说明"], &["Note"]),
                Field::new("mm", Kind::Whole(1, 99), &["毫米"], &["Millimetres"]).nullable(),
                Field::new("seen", Kind::Line(9), &["看到"], &["Seen"]).only_read(),
            ],
        },
    );

    #[test]
    fn lines_are_read_as_they_are_written() {
        let lines = json!([
            { "name": { "zh": "胸围", "en": "a|b" }, "note": "two\nlines \"here\"", "mm": 7 },
            { "name": { "en": "Length" } },
        ]);
        let text = write(&LINES, lines.as_array().unwrap());
        assert_eq!(text, "胸围|\"a|b\"|\"two\nlines \"\"here\"\"\"|7\n|Length||");
        assert_eq!(read(&LINES, "points", &text), Ok(lines));
        assert_eq!(
            read(&LINES, "points", " 长 | Length \n\n宽"),
            Ok(json!([{ "name": { "zh": "长", "en": "Length" } }, { "name": { "zh": "宽" } }]))
        );
        assert_eq!(read(&LINES, "points", "长｜Length｜｜7"), Ok(json!([{ "name": { "zh": "长", "en": "Length" }, "mm": 7 }])));
        assert_eq!(read(&LINES, "points", "长｜宽|Length"), Ok(json!([{ "name": { "zh": "长｜宽", "en": "Length" } }])));
        assert_eq!(read(&LINES, "points", &write(&LINES, &[])), Ok(json!([])));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_of_the_cell() {
        let reason = |text: &str| {
            let fault = read(&LINES, "points", text).unwrap_err();
            let reason = fault.args.iter().find(|(name, _)| *name == "reason").map(|(_, reason)| reason.to_string());
            (fault.field.into_owned(), fault.code, reason.unwrap_or_default())
        };
        let of = |code, reason: &str| ("points".to_owned(), code, reason.to_owned());
        assert_eq!(reason("长|L|x|7|9"), of(Code::Malformed, "too-many-in-line"));
        assert_eq!(reason("长\n||x|7"), of(Code::Malformed, "lacks-in-line"));
        assert_eq!(reason("长|||100"), of(Code::OutOfRange, ""));
        assert_eq!(reason("1\n2\n3\n4"), of(Code::OutOfRange, ""));
    }
}
