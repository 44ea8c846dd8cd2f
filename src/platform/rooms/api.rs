//! A thing's part of the API's description, from its fields.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Components, ComponentsBuilder, ContentBuilder, Paths, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::field::{Field, Fields, Kind, Rows};
use super::list::Filtered;
use super::listing::{Listing, filters_of};
use super::said::object;
use super::thing::Thing;
use crate::kernel::text::{Both, Lang};

/// The paths and schemas of a thing.
pub(super) fn description<T: Thing>() -> (Paths, Components) {
    let (room, thing) = (T::FIELDS.table, T::SCHEMA);
    let page = format!("Page_{thing}");
    let made = if T::SECRET.0.is_empty() { thing.to_owned() } else { format!("{thing}Made") };
    let all = format!("/api/v1/{}", T::API);
    let one = format!("{all}/{{code}}");

    let list = wrong(answers(listed::<T>(), "200", &page), &["422"]);
    let create = operation::<T>("create", format!("Makes one of the {room}.")).request_body(Some(body(&said_name::<T>(T::NEW))));
    let create = wrong(answers(create, "201", &made), &["409", "422"]);
    let read = wrong(answers(operation::<T>("one", format!("One of the {room}.")).parameter(code_parameter()), "200", thing), &["404"]);

    let mut all_item = PathItem::new(HttpMethod::Get, list);
    all_item.post = Some(create.build());
    let paths = PathsBuilder::new().path(all, all_item).path(one, PathItem::new(HttpMethod::Get, read)).build();
    let schemas = ComponentsBuilder::new()
        .schema(thing, as_read(thing, T::FIELDS, has_id::<T>()))
        .schema(said_name::<T>(T::NEW), as_said(thing, T::NEW))
        .schema(page, as_page(thing));
    let schemas = match T::SECRET {
        ("", _) => schemas,
        (name, secret) => schemas.schema(&made, as_made(thing, name, secret)),
    };
    let schemas = if T::FIELDS.columns.iter().any(has_both) { schemas.schema("Both", Both::schema()) } else { schemas };
    (paths, tables(thing, T::FIELDS).into_iter().fold(schemas, |schemas, (name, table)| schemas.schema(name, table)).build())
}

/// Whether a field says a text in two languages, or rows that may.
fn has_both(field: &Field) -> bool {
    field.both.is_some() || matches!(field.kind, Kind::Both | Kind::Rows(_))
}

/// The path by which a thing is changed.
pub(super) fn change<T: Thing>() -> (Paths, Components) {
    let said = said_name::<T>(T::CHANGE);
    let about = format!("Changes one of the {}. `version` is the one that was read.", T::FIELDS.table);
    let change = operation::<T>("change", about).parameter(code_parameter()).request_body(Some(body(&said)));
    let change = wrong(answers(change, "200", T::SCHEMA), &["404", "409", "422"]);
    let paths = PathsBuilder::new().path(format!("/api/v1/{}/{{code}}", T::API), PathItem::new(HttpMethod::Put, change));
    (paths.build(), ComponentsBuilder::new().schema(said, as_said(T::SCHEMA, T::CHANGE)).build())
}

/// The path of an act on one thing.
pub(super) fn act<T: Thing>(verb: &str, about: &str) -> (Paths, Components) {
    let act = wrong(answers(operation::<T>(verb, about.to_owned()).parameter(code_parameter()), "200", T::SCHEMA), &["404", "409"]);
    let path = format!("/api/v1/{}/{{code}}/{verb}", T::API);
    (PathsBuilder::new().path(path, PathItem::new(HttpMethod::Post, act)).build(), ComponentsBuilder::new().build())
}

/// Name of the schema of what is said of a thing: a change may say less than what makes a new one.
fn said_name<T: Thing>(said: &Fields) -> String {
    let names = |fields: &Fields| fields.columns.iter().map(|field| field.name).collect::<Vec<_>>();
    format!("{}{}", T::SCHEMA, if names(said) == names(T::NEW) { "Fields" } else { "Change" })
}

fn operation<T: Listing>(verb: &str, summary: String) -> OperationBuilder {
    let room = T::FIELDS.table;
    OperationBuilder::new().tag(room).operation_id(Some(format!("{}_{verb}", room.replace('-', "_")))).summary(Some(summary))
}

fn body(said: &str) -> RequestBody {
    RequestBodyBuilder::new().content("application/json", content(said)).required(Some(Required::True)).build()
}

fn wrong(operation: OperationBuilder, codes: &[&str]) -> OperationBuilder {
    codes.iter().fold(operation, |operation, code| answers(operation, code, "Problem"))
}

/// How a list is asked.
fn listed<T: Listing>() -> OperationBuilder {
    let list = operation::<T>("list", format!("{}, a page at a time.", T::FIELDS.title.1));
    parameters::<T>().fold(list, OperationBuilder::parameter)
}

/// The path of a list whose rows describe themselves.
pub fn list_description<T: Listing + ToSchema>() -> (Paths, Components) {
    let page = format!("Page_{}", T::SCHEMA);
    let list = answers(answers(listed::<T>(), "200", &page), "422", "Problem");
    let paths = PathsBuilder::new().path(format!("/api/v1/{}", T::API), PathItem::new(HttpMethod::Get, list)).build();
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let components = ComponentsBuilder::new().schema(T::SCHEMA, T::schema()).schema(page, as_page(T::SCHEMA));
    (paths, schemas.into_iter().fold(components, |made, (name, schema)| made.schema(name, schema)).build())
}

/// The code in the path of one thing.
pub fn code_parameter() -> ParameterBuilder {
    ParameterBuilder::new().name("code").parameter_in(ParameterIn::Path).required(Required::True).schema(Some(typed(Type::String)))
}

/// Adds an answer whose body is a schema.
pub fn answers(operation: OperationBuilder, code: &str, schema: &str) -> OperationBuilder {
    operation.response(code, ResponseBuilder::new().content("application/json", content(schema)).build())
}

/// A body of a schema.
pub fn content(schema: &str) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build()
}

fn typed(of: Type) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(of).build().into()
}

/// The filters of the list, and its pages.
fn parameters<T: Listing>() -> impl Iterator<Item = ParameterBuilder> {
    let asked = |name: &str, about: String, of: Type| {
        let schema = ObjectBuilder::new().schema_type(SchemaType::from_iter([of, Type::Null])).build();
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .description(Some(about))
            .required(Required::False)
            .schema(Some(schema))
    };
    let filters = filters_of::<T>().map(move |Filtered { name, field, .. }| {
        asked(name, format!("Only those with this: {}.", field.title(Lang::En).to_lowercase()), Type::String)
    });
    filters.chain([
        asked("q", "Only those with this text.".into(), Type::String),
        asked("after", "The token of the page before.".into(), Type::String),
        asked("before", "The token of the page after: the rows before it.".into(), Type::String),
        asked("per_page", "Rows wanted, 1 to 500.".into(), Type::Integer),
    ])
}

fn nullable(of: Type, field: &Field) -> ObjectBuilder {
    let types = if field.nullable { SchemaType::from_iter([of, Type::Null]) } else { of.into() };
    ObjectBuilder::new().schema_type(types).description(about(field))
}

/// What belongs into it, and how much.
fn about(field: &Field) -> Option<String> {
    let limit = match field.kind {
        Kind::Line(max) | Kind::Paragraph(max) => format!("At most {max} characters."),
        _ => String::new(),
    };
    let about = [field.about(Lang::En), &limit].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    Some(about).filter(|about| !about.is_empty())
}

fn refers(name: impl Into<String>, about: Option<String>) -> RefOr<Schema> {
    let mut refers = Ref::from_schema_name(name);
    refers.description = about.unwrap_or_default();
    refers.into()
}

fn schema_of(thing: &str, field: &Field, said: bool) -> RefOr<Schema> {
    match field.kind {
        Kind::Rows(rows) => ArrayBuilder::new().items(row_of(rows, said)).description(about(field)).build().into(),
        Kind::Choices(_) => {
            ArrayBuilder::new().items(Ref::from_schema_name(table_name(thing, field))).description(about(field)).build().into()
        }
        Kind::Choice(_) => refers(table_name(thing, field), about(field)),
        Kind::Whole(..) => nullable(Type::Integer, field).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).build().into(),
        Kind::OneOf(_) => nullable(Type::Integer, field).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).build().into(),
        Kind::Quantity(_) => nullable(Type::Integer, field).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).build().into(),
        Kind::Both => refers("Both", about(field)),
        Kind::Flag => nullable(Type::Boolean, field).build().into(),
        Kind::Day => nullable(Type::String, field).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).build().into(),
        _ => nullable(Type::String, field).build().into(),
    }
}

/// A row of a thing; what is computed of it is not said.
fn row_of(rows: &Rows, said: bool) -> RefOr<Schema> {
    let cells = rows.fields.iter().filter(|cell| !said || cell.is_said());
    let row = cells.fold(ObjectBuilder::new().schema_type(Type::Object), |row, cell| {
        let schema = match cell.kind {
            Kind::Choice(table) => nullable(Type::String, cell).enum_values(Some(table.iter().map(|choice| choice.text))).build().into(),
            _ => schema_of("", cell, said),
        };
        let row = row.property(cell.name, schema);
        if cell.needed { row.required(cell.name) } else { row }
    });
    row.build().into()
}

/// A table of words is a schema of its own, called after the thing and its field: two things may each have a status.
fn table_name(thing: &str, field: &Field) -> String {
    let singular = field.name.strip_suffix('s').filter(|_| matches!(field.kind, Kind::Choices(_))).unwrap_or(field.name);
    let mut letters = singular.chars();
    let capital = letters.next().map(char::to_uppercase).into_iter().flatten();
    thing.chars().chain(capital).chain(letters).collect()
}

fn tables(thing: &str, fields: &'static Fields) -> Vec<(String, Schema)> {
    let table = |field: &Field| match field.kind {
        Kind::Choice(table) | Kind::Choices(table) => {
            let words = table.iter().map(|choice| choice.text);
            Some((table_name(thing, field), ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()))
        }
        _ => None,
    };
    fields.columns.iter().filter_map(table).collect()
}

/// Each entry of a document once: both languages of a text are one.
fn entries(thing: &str, fields: &'static Fields, said: bool) -> Vec<(&'static str, bool, RefOr<Schema>)> {
    let mut entries: Vec<(&'static str, bool, RefOr<Schema>)> = Vec::new();
    for field in fields.columns.iter().filter(|field| !said || field.is_said()) {
        match field.both {
            None => entries.push((field.name, field.needed, schema_of(thing, field, said))),
            Some(half) if entries.iter().all(|(name, ..)| *name != half.group) => {
                entries.push((half.group, field.needed, refers("Both", about(field))))
            }
            Some(_) => {}
        }
    }
    entries
}

fn as_said(thing: &str, fields: &'static Fields) -> Schema {
    let object = ObjectBuilder::new().schema_type(Type::Object).description(Some("What a person or a program says of it."));
    let version = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("The version that was read. Needed in a change, absent when it is new."));
    let object = object.property("version", version.build()).additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let said = entries(thing, fields, true).into_iter().fold(object, |object, (name, needed, schema)| {
        let object = object.property(name, schema);
        if needed { object.required(name) } else { object }
    });
    said.build().into()
}

/// Whether its document has an id: a thing may be known by its code alone.
fn has_id<T: Thing>() -> bool {
    object(&T::default()).is_ok_and(|document| document.contains_key("id"))
}

fn as_read(thing: &str, fields: &'static Fields, has_id: bool) -> Schema {
    let id = ObjectBuilder::new().schema_type(Type::String).description(Some("Its id, 13 characters.")).build();
    let version = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("Grows with every change; a change must name the one it read."));
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let object = if has_id { object.property("id", id).required("id") } else { object };
    let object = object.property("version", version.build()).required("version");
    let optional = |name: &str| fields.named(name).is_some_and(|field| field.nullable);
    let read = entries(thing, fields, false).into_iter().fold(object, |object, (name, _, schema)| {
        let object = object.property(name, schema);
        if optional(name) { object } else { object.required(name) }
    });
    read.build().into()
}

fn as_made(thing: &str, name: &str, secret: &str) -> Schema {
    let shown =
        ObjectBuilder::new().schema_type(Type::String).description(Some("Shown this once, and not when the request is sent again."));
    let object = ObjectBuilder::new().schema_type(Type::Object).description(Some("What was made, with its secret."));
    object.property(name, Ref::from_schema_name(thing)).required(name).property(secret, shown.build()).build().into()
}

fn as_page(thing: &str) -> Schema {
    let token = |about: &str| {
        ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).description(Some(about.to_owned())).build()
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A page of rows and the tokens of the pages beside it."))
        .property("items", ArrayBuilder::new().items(Ref::from_schema_name(thing)).description(Some("The rows.")).build())
        .required("items")
        .property("next", token("Send it as `after` for the next page; absent on the last."))
        .property("previous", token("Send it as `before` for the page before; absent on the first."))
        .build()
        .into()
}
