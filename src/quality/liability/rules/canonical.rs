//! Canonical JSON, for whoever hashes or publishes it: as RFC 8785 writes it, no space, members in the order of their names' UTF-16 units. It is
//! written while it is serialised, and no tree of it is made: a statement has a hundred megabytes.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};
use serde_json::{Error as JsonError, Value};

use crate::kernel::{Error, Result};

/// The canonical JSON of a value without fractions.
///
/// # Errors
/// [`Error::Broken`] for a fraction, bytes, and what else no statement and no bundle has.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let mut text = Vec::new();
    value.serialize(Writer(&mut text)).map_err(Error::broken)?;
    String::from_utf8(text).map_err(Error::broken)
}

struct Writer<'a>(&'a mut Vec<u8>);

type Written = std::result::Result<(), JsonError>;
type Never = Impossible<(), JsonError>;

fn strange(what: &str) -> JsonError {
    JsonError::custom(format!("canonical JSON is written here without {what}"))
}

macro_rules! plain {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Written {
            serde_json::to_writer(self.0, &value)
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = JsonError;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Never;

    plain!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_char: char, serialize_str: &str);

    fn serialize_f32(self, _: f32) -> Written {
        Err(strange("fractions"))
    }

    fn serialize_f64(self, _: f64) -> Written {
        Err(strange("fractions"))
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(strange("bytes"))
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, variant: &'static str, value: &T) -> Written {
        let mut members = Members::new(self.0);
        SerializeStruct::serialize_field(&mut members, variant, value)?;
        members.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> std::result::Result<Elements<'a>, JsonError> {
        self.0.push(b'[');
        Ok(Elements { text: self.0, is_first: true })
    }

    fn serialize_tuple(self, len: usize) -> std::result::Result<Elements<'a>, JsonError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> std::result::Result<Never, JsonError> {
        Err(strange("unnamed fields"))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> std::result::Result<Never, JsonError> {
        Err(strange("unnamed fields"))
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Members<'a>, JsonError> {
        Ok(Members::new(self.0))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> std::result::Result<Members<'a>, JsonError> {
        Ok(Members::new(self.0))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> std::result::Result<Never, JsonError> {
        Err(strange("variants of several fields"))
    }
}

struct Elements<'a> {
    text: &'a mut Vec<u8>,
    is_first: bool,
}

impl SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if !std::mem::take(&mut self.is_first) {
            self.text.push(b',');
        }
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Written {
        self.text.push(b']');
        Ok(())
    }
}

impl SerializeTuple for Elements<'_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Written {
        SerializeSeq::end(self)
    }
}

/// An object: its members are written one after another, each with a comma before it, and put in order at the end.
struct Members<'a> {
    text: &'a mut Vec<u8>,
    from: usize,
    /// The name of each, and where it begins.
    begins: Vec<(Cow<'static, str>, usize)>,
}

impl<'a> Members<'a> {
    fn new(text: &'a mut Vec<u8>) -> Self {
        Self { from: text.len(), text, begins: Vec::new() }
    }

    fn begin(&mut self, name: Cow<'static, str>) -> Written {
        let at = self.text.len();
        self.text.push(b',');
        serde_json::to_writer(&mut *self.text, &name)?;
        self.text.push(b':');
        self.begins.push((name, at));
        Ok(())
    }

    fn close(self) -> Written {
        let Self { text, from, begins } = self;
        if begins.is_empty() {
            text.extend_from_slice(b"{}");
            return Ok(());
        }
        if !begins.is_sorted_by(|(one, _), (next, _)| order(one, next).is_lt()) {
            let written = text.split_off(from);
            let ends = begins.iter().skip(1).map(|(_, at)| *at).chain([from + written.len()]);
            let mut members: Vec<(&str, &[u8])> = begins
                .iter()
                .zip(ends)
                .map(|((name, at), end)| (name.as_ref(), written.get(at - from..end - from).unwrap_or_default()))
                .collect();
            members.sort_by(|(one, _), (next, _)| order(one, next));
            members.into_iter().for_each(|(_, member)| text.extend_from_slice(member));
        }
        if let Some(comma) = text.get_mut(from) {
            *comma = b'{';
        }
        text.push(b'}');
        Ok(())
    }
}

/// Names by their UTF-16 units; of plain names those are their bytes.
fn order(one: &str, other: &str) -> Ordering {
    if one.is_ascii() && other.is_ascii() { one.cmp(other) } else { one.encode_utf16().cmp(other.encode_utf16()) }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.begin(Cow::Borrowed(name))?;
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Written {
        self.close()
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Written {
        match serde_json::to_value(name)? {
            Value::String(name) => self.begin(Cow::Owned(name)),
            _ => Err(strange("names that are no text")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Written {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Unsorted<'a> {
        b: Option<u32>,
        a: &'a [Choice],
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u32>,
        #[serde(rename = "0")]
        first: (i64, bool),
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Plain,
        With(Value),
    }

    #[test]
    fn canonical_json_is_that_of_rfc_8785() {
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "1": 3, "\u{1f600}": 4, "\u{80}": 5, "\u{fb33}": 6, "a": ["\u{f}\n\"\\é", null, true, -7]});
        let text = canonical(&value).unwrap();
        let expected =
            "{\"\\r\":2,\"1\":3,\"a\":[\"\\u000f\\n\\\"\\\\é\",null,true,-7],\"\u{80}\":5,\"\u{20ac}\":1,\"\u{1f600}\":4,\"\u{fb33}\":6}";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_struct_is_written_as_its_tree_would_be() {
        let value = Unsorted { b: None, a: &[Choice::Plain, Choice::With(json!({ "y": {}, "x": [] }))], left_out: None, first: (-3, true) };
        let text = canonical(&value).unwrap();
        assert_eq!(text, r#"{"0":[-3,true],"a":["plain",{"with":{"x":[],"y":{}}}],"b":null}"#);
        assert_eq!(text, canonical(&serde_json::to_value(&value).unwrap()).unwrap());
    }

    #[test]
    fn a_fraction_is_refused() {
        assert!(canonical(&json!([1, 0.5])).is_err());
    }
}
