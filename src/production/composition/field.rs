//! A composition as a field of a thing: one line in forms and files, components and fibres in documents.

use serde_json::Value;
use utoipa::openapi::{ArrayBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Component, read, show, sound, write};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Faults};
use crate::platform::imports::ValueKind;

/// What it is made of, component by component. A garment of one fabric throughout has one component without a name.
pub const COMPOSITION: &dyn ValueKind = &CompositionKind;

#[derive(Debug)]
struct CompositionKind;

#[expect(clippy::disallowed_methods, reason = "nothing, or what this kind has read")]
fn components(value: &Value) -> Vec<Component> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// Components as a value.
#[expect(clippy::disallowed_methods, reason = "they have nothing in them that JSON has not")]
fn value(components: &[Component]) -> Value {
    serde_json::to_value(components).unwrap_or_default()
}

impl ValueKind for CompositionKind {
    fn read(&self, field: &'static str, text: &str) -> Result<Value, Fault> {
        read(field, text).map(|components| value(&components))
    }

    fn read_json(&self, at: &str, sent: &Value, faults: &mut Faults) -> Value {
        match serde_path_to_error::deserialize::<_, Vec<Component>>(sent) {
            Ok(components) => value(&sound(faults, at, &components)),
            Err(error) => {
                faults.note(Fault::new(format!("{at}.{}", error.path()), Code::Malformed).with("reason", error.inner()));
                Value::Null
            }
        }
    }

    fn write(&self, value: &Value) -> String {
        write(&components(value))
    }

    fn show(&self, value: &Value, lang: Lang) -> String {
        show(&components(value), lang)
    }

    fn schema(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
        schemas.push(("Component".to_owned(), Component::schema()));
        <Component as ToSchema>::schemas(schemas);
        ArrayBuilder::new().items(Ref::from_schema_name("Component")).build().into()
    }
}
