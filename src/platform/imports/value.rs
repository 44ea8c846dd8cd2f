//! Values with a form of their own: what a composition or a row of care symbols is, only the room knows.

use std::fmt::Debug;

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use crate::kernel::error::Fault;
use crate::kernel::faults::Faults;
use crate::kernel::text::Lang;

/// A kind of value that a room reads and writes itself; everything else about its field is said as of any other.
pub trait ValueKind: Debug + Sync {
    /// What a person wrote for `field`; never empty.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    fn read(&self, field: &'static str, text: &str) -> Result<Value, Fault>;

    /// What a program sent at `at` in its document; notes everything that is wrong with it.
    fn read_json(&self, at: &str, value: &Value, faults: &mut Faults) -> Value;

    /// The value in a form that [`ValueKind::read`] takes, for forms and files.
    fn write(&self, value: &Value) -> String;

    /// The value as people read it.
    fn show(&self, value: &Value, lang: Lang) -> String;

    /// Its schema; those it refers to are added to `schemas`.
    fn schema(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema>;

    /// The lists a form offers, of each at most one is chosen; none where it is written as a line. What is chosen is read as one text with
    /// commas between.
    fn selects(&self, _lang: Lang) -> Vec<Select> {
        Vec::new()
    }

    /// What is chosen of each of the lists.
    fn chosen(&self, _value: &Value) -> Vec<String> {
        Vec::new()
    }
}

/// A list of which one may be chosen.
pub struct Select {
    /// Its title.
    pub title: String,
    /// Stored texts and their words.
    pub options: Vec<(&'static str, &'static str)>,
}
