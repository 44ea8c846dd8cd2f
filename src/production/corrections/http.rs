//! Corrections: what one would move, a form and a call that make one. Every thing that is [`Corrected`] has the same.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{Components, ComponentsBuilder, Paths, PathsBuilder, Ref, Required};
use utoipa::{PartialSchema, ToSchema};

use super::{Act, Corrected, Preview, save};
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::http::{Filled, Form, Json, Routes, html, json, see_other};
use crate::platform::rooms::{
    self, BrandOnly, Call, Field, Fields, FormAddition, Kind, Sees, Update, answers, code_parameter, content, document, form_again_with,
    form_page_with, form_values, href, seen,
};

/// What a correction asks beside the thing's fields.
const REASON: Fields = Fields {
    table: "corrections",
    title: ("更正", "Correction"),
    columns: &[Field::new("reason", Kind::Line(300), &["原因"], &["Reason"]).needed().hint(
        "为什么原先记下的不是本意。原因会留在历史记录中，请勿写个人姓名。",
        "Why what was written down was not what was meant. It stays in the history; name no person.",
        "",
    )],
};

type Edits<T> = Call<BrandOnly<<T as rooms::Thing>::Edit>>;

/// Mounts the corrections of a kind of thing.
pub fn routes<T: Corrected>(on: &mut Routes<'_, '_>) {
    let page = format!("/{}/{{code}}/correct", T::FIELDS.table);
    let api = format!("/api/v1{page}");
    on.described(description::<T>);
    on.get(&api, preview_json::<T>).post(&api, correct_json::<T>).get(&page, correct_page::<T>).post(&page, correct_form::<T>);
}

async fn preview<T: Corrected>(call: &Edits<T>, code: String) -> Result<(T, Preview)> {
    let read = call.read(move |db| {
        let thing: T = seen(db, &code, Sees::ALL)?;
        let moves = thing.moves(db)?;
        Ok((thing, Preview::of(T::GUARDS, moves)))
    });
    read.await
}

async fn preview_json<T: Corrected>(call: Edits<T>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&preview::<T>(&call, code.into_inner()).await?.1)
}

async fn correct_json<T: Corrected>(call: Edits<T>, code: web::Path<String>, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let mut asked = body.value;
    let (reason, to) = (asked.remove("reason"), asked.remove("to"));
    if let Some((unknown, _)) = asked.into_iter().next() {
        return Err(Fault::new(unknown, Code::UnknownField).into());
    }
    let act = Act::correct(reason.as_ref().and_then(Value::as_str).unwrap_or_default())?;
    let Some(Value::Object(to)) = to else { return Err(Fault::new("to", Code::Missing).into()) };
    let corrected = correct::<T>(&call, &body.hash, None, Update::of_json::<T>(code.into_inner(), to), Ok(act)).await?;
    json(&document(T::FIELDS, &corrected)?)
}

async fn correct<T: Corrected>(
    call: &Edits<T>,
    hash: &str,
    once: Option<&str>,
    change: Result<Update>,
    act: Result<Act, Fault>,
) -> Result<T> {
    let (change, act) = (change?, act?);
    change.done(call, hash, once, move |thing: T, db, stamp, before| save(thing, db, stamp, Some(before), &act)).await
}

/// What the form says beside its fields: what the correction moves.
fn told<T: Corrected>(call: &Edits<T>, preview: &Preview) -> FormAddition {
    let words = call.words();
    let point = |(key, count): (String, i64)| words.say1(&key, "count", crate::kernel::text::grouped(count)).into_owned();
    FormAddition {
        about: words.say("correct-about").into_owned(),
        points: preview.lines().into_iter().map(point).collect(),
        fields: &REASON,
    }
}

/// Where the form is sent, and where one goes who gives up.
fn to<T: Corrected>(code: &str) -> (String, String) {
    let one = href::<T>(code);
    (format!("{one}/correct"), one)
}

async fn correct_page<T: Corrected>(call: Edits<T>, code: web::Path<String>) -> Result<HttpResponse> {
    let (thing, preview) = preview::<T>(&call, code.into_inner()).await?;
    let Value::Object(values) = serde_json::to_value(&thing).map_err(Error::broken)? else { return Err(Error::broken("no object")) };
    let form = Filled::of(form_values(T::CHANGE, &values, thing.version()));
    let (action, back) = to::<T>(thing.code());
    Ok(html(&form_page_with(
        call.shell(call.words().say("correct-title")),
        T::CHANGE,
        form,
        action,
        back,
        Some(told::<T>(&call, &preview)),
    )))
}

async fn correct_form<T: Corrected>(call: Edits<T>, code: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let code = code.into_inner();
    let act = Act::correct(form.value.get("reason").map_or("", String::as_str));
    match correct::<T>(&call, &form.hash, form.once.as_deref(), Update::of_form::<T>(code.clone(), &form.value), act).await {
        Ok(thing) => Ok(see_other(href::<T>(thing.code()))),
        Err(error) => {
            let (_, preview) = preview::<T>(&call, code.clone()).await?;
            let shell = call.shell(call.words().say("correct-title"));
            form_again_with(shell, T::CHANGE, form.value, error, to::<T>(&code), Some(told::<T>(&call, &preview)))
        }
    }
}

/// The paths and schemas of the corrections of a thing.
fn description<T: Corrected>() -> (Paths, Components) {
    let (room, body) = (T::FIELDS.table, format!("{}Correction", T::SCHEMA));
    let operation = |verb: &str, about: &str| {
        let operation = OperationBuilder::new().tag(room).operation_id(Some(format!("{room}_{verb}"))).summary(Some(about));
        operation.parameter(code_parameter())
    };
    let preview = operation("correction_preview", "What a correction would move, and which facts need one.");
    let preview = answers(answers(preview, "200", "Preview"), "404", "Problem");
    let asked = RequestBodyBuilder::new().content("application/json", content(&body)).required(Some(Required::True)).build();
    let correct = operation(
        "correct",
        "Corrects a thing that other things stand on: what was written down was not what was meant. `to.version` is the one that was read.",
    );
    let correct = answers(correct.request_body(Some(asked)), "200", T::SCHEMA);
    let correct = ["404", "409", "422"].into_iter().fold(correct, |operation, code| answers(operation, code, "Problem"));
    let reason = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Why, at most 300 characters. It stays in the history; it names no person."));
    let correction = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A correction as somebody asks for it: why, and the whole thing as it should have been."))
        .property("reason", reason)
        .required("reason")
        .property("to", Ref::from_schema_name(format!("{}Fields", T::SCHEMA)))
        .required("to")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let mut item = PathItem::new(HttpMethod::Get, preview);
    item.post = Some(correct.build());
    let paths = PathsBuilder::new().path(format!("/api/v1/{room}/{{code}}/correct"), item).build();
    let mut schemas = Vec::new();
    Preview::schemas(&mut schemas);
    let components = ComponentsBuilder::new().schema(body, correction).schema("Preview", Preview::schema());
    (paths, schemas.into_iter().fold(components, |made, (name, schema)| made.schema(name, schema)).build())
}
