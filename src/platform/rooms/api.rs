//! A thing's part of the API's description, from its fields.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Components, ComponentsBuilder, ContentBuilder, Paths, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::field::{Field, Fields, Kind, Lines};
use super::list::Filtered;
use super::listing::{Listing, filters_of};
use super::said::object;
use super::thing::{Thing, only_read};
use crate::kernel::choices::Choice;
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
    let mut more = Vec::new();
    let schemas = ComponentsBuilder::new()
        .schema(thing, as_read::<T>(&mut more))
        .schema(said_name::<T>(T::NEW), as_said::<T>(T::NEW, &mut more))
        .schema(page, as_page(thing));
    let schemas = match T::SECRET {
        ("", _) => schemas,
        (name, secret) => schemas.schema(&made, as_made(thing, name, secret)),
    };
    let schemas = if T::FIELDS.columns.iter().any(has_both) { schemas.schema("Both", Both::schema()) } else { schemas };
    (paths, with(schemas, more))
}

/// Whether a field says a text in two languages, or lines that may.
fn has_both(field: &Field) -> bool {
    field.both.is_some() || matches!(field.kind, Kind::Both | Kind::Lines(_))
}

/// The path by which a thing is changed.
pub(super) fn change<T: Thing>() -> (Paths, Components) {
    let said = said_name::<T>(T::CHANGE);
    let about = format!("Changes one of the {}. `version` is the one that was read.", T::FIELDS.table);
    let change = operation::<T>("change", about).parameter(code_parameter()).request_body(Some(body(&said)));
    let change = wrong(answers(change, "200", T::SCHEMA), &["404", "409", "422"]);
    let paths = PathsBuilder::new().path(format!("/api/v1/{}/{{code}}", T::API), PathItem::new(HttpMethod::Put, change));
    let mut more = Vec::new();
    let schemas = ComponentsBuilder::new().schema(said, as_said::<T>(T::CHANGE, &mut more));
    (paths.build(), with(schemas, more))
}

fn with(schemas: ComponentsBuilder, more: Schemas) -> Components {
    more.into_iter().fold(schemas, |schemas, (name, schema)| schemas.schema(name, schema)).build()
}

/// The path of an act on one thing.
pub(super) fn act<T: Thing>(verb: &str, about: &str) -> (Paths, Components) {
    let act = wrong(answers(operation::<T>(verb, about.to_owned()).parameter(code_parameter()), "200", T::SCHEMA), &["404", "409"]);
    let path = format!("/api/v1/{}/{{code}}/{verb}", T::API);
    (PathsBuilder::new().path(path, PathItem::new(HttpMethod::Post, act)).build(), ComponentsBuilder::new().build())
}

/// The same of an act that asks something.
pub(super) fn asking_act<T: Thing>(verb: &str, about: &str, asks: &Fields) -> (Paths, Components) {
    if asks.columns.is_empty() {
        return act::<T>(verb, about);
    }
    let said = name_below(T::SCHEMA, verb);
    let act = operation::<T>(verb, about.to_owned()).parameter(code_parameter()).request_body(Some(body(&said)));
    let act = wrong(answers(act, "200", T::SCHEMA), &["404", "409", "422"]);
    let path = format!("/api/v1/{}/{{code}}/{verb}", T::API);
    let mut more = Vec::new();
    let object =
        object_of(&said, asks, "", (Of::Said, false), &mut more).additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let schemas = with(ComponentsBuilder::new().schema(said, object.build()), more);
    (PathsBuilder::new().path(path, PathItem::new(HttpMethod::Post, act)).build(), schemas)
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

/// Schemas that others refer to, by name.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What a schema is of: what is read, or what is said, which has nothing that is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Read,
    Said,
}

impl Of {
    fn has(self, field: &Field) -> bool {
        self == Self::Read || !field.read_only
    }
}

/// The schema of a field; `thing` is what it is a field of. What it refers to is added to `more`.
fn schema_of(thing: &str, field: &Field, what: Of, more: &mut Schemas) -> RefOr<Schema> {
    let number = |format| nullable(Type::Integer, field).format(Some(SchemaFormat::KnownFormat(format))).build().into();
    match field.kind {
        Kind::Choices(table) => array(choice_of(thing, field, table, more), field),
        Kind::Choice(table) => {
            let RefOr::Ref(mut choice) = choice_of(thing, field, table, more) else { return typed(Type::String) };
            choice.description = about(field).unwrap_or_default();
            choice.into()
        }
        Kind::Whole(..) | Kind::OneOf(_) | Kind::Decimal(..) => number(KnownFormat::Int64),
        Kind::Flag => nullable(Type::Boolean, field).build().into(),
        Kind::Day => nullable(Type::String, field).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).build().into(),
        Kind::Several(of) => array(schema_of(thing, of, what, more), field),
        Kind::Both => refers("Both", about(field)),
        Kind::Lines(Lines { fields: of, .. }) => {
            let name = name_below(thing, field.name.strip_suffix('s').unwrap_or(field.name));
            // What is said of a line is a schema of its own where less is said than read.
            let less = what == Of::Said && of.columns.iter().any(|cell| cell.read_only);
            let name = if less { format!("{name}Fields") } else { name };
            let read = of.columns.iter().filter(|cell| less && cell.read_only).map(|cell| cell.name.to_owned());
            let line = object_of(&name, of, "", (what, false), more).additional_properties(Some(AdditionalProperties::FreeForm(false)));
            let line = with_read(line, read);
            more.push((name.clone(), line.build().into()));
            array(Ref::from_schema_name(name).into(), field)
        }
        Kind::Value(kind) => match kind.schema(more) {
            RefOr::T(Schema::Array(mut array)) => {
                array.description = about(field);
                Schema::Array(array).into()
            }
            other => other,
        },
        _ => nullable(Type::String, field).build().into(),
    }
}

fn array(of: RefOr<Schema>, field: &Field) -> RefOr<Schema> {
    ArrayBuilder::new().items(of).description(about(field)).build().into()
}

/// A name of a schema below that of a thing: `StyleFacts`.
fn name_below(thing: &str, name: &str) -> String {
    let words = name.split(['_', '.']).flat_map(|word| {
        let mut letters = word.chars();
        let capital = letters.next().map(char::to_uppercase).into_iter().flatten();
        capital.chain(letters).collect::<Vec<_>>()
    });
    thing.chars().chain(words).collect()
}

/// A table of words is a schema of its own, called after the thing and its field: two things may each have a status.
fn choice_of(thing: &str, field: &Field, table: &'static [Choice], more: &mut Schemas) -> RefOr<Schema> {
    let singular = field.name.strip_suffix('s').filter(|_| matches!(field.kind, Kind::Choices(_))).unwrap_or(field.name);
    let name = name_below(thing, singular);
    let words = table.iter().map(|choice| choice.text);
    more.push((name.clone(), ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()));
    Ref::from_schema_name(name).into()
}

/// An object of the fields at `at`: what has fields within it is a schema of its own, and both languages of a text are one. What is read whole
/// has every field that may not be absent, anything else those that are needed.
fn object_of(thing: &str, fields: &Fields, at: &str, (what, is_whole): (Of, bool), more: &mut Schemas) -> ObjectBuilder {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    let mut done: Vec<&str> = Vec::new();
    for field in fields.columns.iter().filter(|field| what.has(field)) {
        let place = field.both.map_or(field.place(), |half| half.group);
        let Some(rest) = place.strip_prefix(at).map(|rest| rest.trim_start_matches('.')) else { continue };
        let (first, is_within) = rest.split_once('.').map_or((rest, false), |(first, _)| (first, true));
        if done.contains(&first) {
            continue;
        }
        done.push(first);
        let schema = match field.both {
            _ if is_within => {
                let (name, at) = (name_below(thing, first), if at.is_empty() { first.to_owned() } else { format!("{at}.{first}") });
                let inner =
                    object_of(&name, fields, &at, (what, false), more).additional_properties(Some(AdditionalProperties::FreeForm(false)));
                more.push((name.clone(), inner.build().into()));
                Ref::from_schema_name(name).into()
            }
            Some(_) => refers("Both", about(field)),
            None => schema_of(thing, field, what, more),
        };
        object = object.property(first, schema);
        if is_whole && (is_within || !field.nullable) || field.needed && !is_within {
            object = object.required(first);
        }
    }
    object
}

/// With what may stand there and is only read.
fn with_read(object: ObjectBuilder, read: impl IntoIterator<Item = String>) -> ObjectBuilder {
    let any = || ObjectBuilder::new().schema_type(SchemaType::AnyValue).read_only(true).build();
    read.into_iter().fold(object, |object, name| object.property(name, any()))
}

fn as_said<T: Thing>(fields: &Fields, more: &mut Schemas) -> Schema {
    let thing = T::SCHEMA;
    let version = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("The version that was read. Needed in a change, absent when it is new."));
    let object = object_of(thing, fields, "", (Of::Said, false), more)
        .description(Some("What a person or a program says of it. What is only read may stand in it, and changes nothing."));
    // A thing whose fields are not its document's would have none of its routes.
    let object = with_read(object, only_read::<T>(fields).into_iter().flatten());
    object.property("version", version.build()).additional_properties(Some(AdditionalProperties::FreeForm(false))).build().into()
}

/// Whether its document has an id: a thing may be known by its code alone.
fn has_id<T: Thing>() -> bool {
    object(&T::default()).is_ok_and(|document| document.contains_key("id"))
}

fn as_read<T: Thing>(more: &mut Schemas) -> Schema {
    let id = ObjectBuilder::new().schema_type(Type::String).description(Some("Its id, 13 characters.")).build();
    let version = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("Grows with every change; a change must name the one it read."));
    let fields = object_of(T::SCHEMA, T::FIELDS, "", (Of::Read, true), more);
    let read = if has_id::<T>() { fields.property("id", id).required("id") } else { fields };
    let read = read.property("version", version.build()).required("version");
    let besides = T::read_besides().into_iter();
    besides.fold(read, |read, (name, schema)| read.property(name, schema).required(name)).build().into()
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
