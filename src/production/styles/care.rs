//! Care symbols as a field of a style: one list to choose from for each group in forms, codes in files and documents.

use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::openapi::{ArrayBuilder, RefOr, Schema};

use crate::kernel::care::{self, Group, Symbol};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Faults};
use crate::platform::imports::{Select, ValueKind};

/// Care symbols by code, at most one of each group, kept in the order of the standard.
pub(super) const CARE: &dyn ValueKind = &CareKind;

/// The groups of care symbols, in the order of the standard.
const GROUPS: [Group; 6] = [Group::Wash, Group::Bleach, Group::TumbleDry, Group::NaturalDry, Group::Iron, Group::ProfessionalClean];

#[derive(Debug)]
struct CareKind;

fn symbols(value: &Value) -> impl Iterator<Item = &'static Symbol> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).filter_map(care::symbol)
}

fn in_order(field: &'static str, codes: &[String]) -> Result<Value, Fault> {
    Ok(care::in_order(field, codes)?.into_iter().map(|symbol| symbol.code).collect())
}

impl ValueKind for CareKind {
    fn read(&self, field: &'static str, text: &str) -> Result<Value, Fault> {
        let codes = text.split([' ', ',', '，', '、', ';', '；']).map(|code| code.trim().to_ascii_lowercase());
        in_order(field, &codes.filter(|code| !code.is_empty()).collect::<Vec<_>>())
    }

    fn read_json(&self, at: &str, sent: &Value, faults: &mut Faults) -> Value {
        let codes = sent.as_array().and_then(|codes| codes.iter().map(|code| code.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
        let expected = || Fault::new("", Code::Malformed).with("reason", "expects-list");
        faults.keep_at(at, codes.ok_or_else(expected).and_then(|codes| in_order("", &codes)))
    }

    fn write(&self, value: &Value) -> String {
        symbols(value).map(|symbol| symbol.code).collect::<Vec<_>>().join(" ")
    }

    fn show(&self, value: &Value, lang: Lang) -> String {
        symbols(value).map(|symbol| symbol.words(lang)).collect::<Vec<_>>().join(lang.of("；", "; "))
    }

    fn schema(&self, _: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
        ArrayBuilder::new().items(String::schema()).build().into()
    }

    fn selects(&self, lang: Lang) -> Vec<Select> {
        let of = |group: Group| care::SYMBOLS.iter().filter(move |symbol| symbol.group == group);
        let select = |group: &Group| Select {
            title: group.name(lang).to_owned(),
            options: of(*group).map(|symbol| (symbol.code, symbol.words(lang))).collect(),
        };
        GROUPS.iter().map(select).collect()
    }

    fn chosen(&self, value: &Value) -> Vec<String> {
        let of =
            |group: &Group| symbols(value).find(|symbol| symbol.group == *group).map(|symbol| symbol.code.to_owned()).unwrap_or_default();
        GROUPS.iter().map(of).collect()
    }
}
