//! The act of correcting, the same for every room whose facts others stand on: what it would move, its page, its part of the API.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{Components, ComponentsBuilder, ContentBuilder, Paths, PathsBuilder, Ref, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::{Act, Correctable, Correction, Preview, Standing, correct, preview};
use crate::kernel::text::grouped;
use crate::kernel::{Error, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::{Filled, Form, Json, Routes, html_response, json, see_other};
use crate::platform::rooms::{
    Asked, BrandOnly, Call, Field, Fields, Kind, Said, Sees, Thing, asking_page, document, href, seen, thing_values, version_of,
    version_said, whole_document,
};

type Corrects<T> = Call<BrandOnly<<T as Thing>::Edit>>;

/// What a correction asks beside the thing as it should have been.
#[rustfmt::skip]
const REASON: Fields = Fields { table: "corrections", title: ("更正", "Correction"), columns: &[
    Field::new("reason", Kind::Line(300), &["原因"], &["Reason"]).needed()
        .hint("为什么原先记下的不是本意。原因会留在历史记录中，请勿写个人姓名。", "Why what was written down was not what was meant. It stays in the history; name no person.", ""),
] };

/// Mounts corrections of a kind of thing.
pub fn routes<T: Correctable>(on: &mut Routes<'_, '_>) {
    let room = T::FIELDS.table;
    let (page, api) = (format!("/{room}/{{code}}/correct"), format!("/api/v1/{room}/{{code}}/correct"));
    on.described(description::<T>);
    on.get(&api, preview_json::<T>).post(&api, correct_json::<T>).get(&page, correct_form::<T>).post(&page, correct_by_form::<T>);
}

async fn preview_json<T: Correctable>(call: Corrects<T>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&of_code::<T>(&call, code.into_inner()).await?.1)
}

/// The thing of a code, and what a correction of it would move.
async fn of_code<T: Correctable>(call: &Corrects<T>, code: String) -> Result<(T, Preview)> {
    let found = call.read(move |db| {
        let thing: T = seen(db, &code, Sees::ALL)?;
        Ok((preview(db, &thing)?, thing))
    });
    found.await.map(|(preview, thing)| (thing, preview))
}

async fn correct_json<T: Correctable>(
    call: Corrects<T>,
    code: web::Path<String>,
    body: Json<Correction<Map<String, Value>>>,
) -> Result<HttpResponse> {
    let Correction { reason, mut to } = body.value;
    let (act, version) = (Act::correct(&reason)?, version_of(&mut to)?);
    let (said, code, house) = (whole_document::<T>(to)?, code.into_inner(), call.house().clone());
    let done: T = call.change(&body.hash, None, move |db, stamp| correct(db, stamp, &house, (&code, version), &said, &act)).await?;
    json(&document(T::FIELDS, &done)?)
}

fn form_of<T: Correctable>(call: &Corrects<T>, code: &str, form: Filled, preview: &Preview, status: StatusCode) -> HttpResponse {
    let (words, back) = (call.words(), href::<T>(code));
    let line = |(key, count): (String, i64)| words.say1(&key, "count", grouped(count)).into_owned();
    let moves = preview.lines().into_iter().map(line).collect();
    let asked = Asked { fields: Some(&REASON), before: Some((words.say("correct-about").into_owned(), moves)) };
    html_response(status, &asking_page(call.shell(words.say("correct-title")), T::FIELDS, form, format!("{back}/correct"), back, asked))
}

async fn correct_form<T: Correctable>(call: Corrects<T>, code: web::Path<String>) -> Result<HttpResponse> {
    let (thing, preview) = of_code::<T>(&call, code.into_inner()).await?;
    let form = Filled::of(thing_values(&call, &thing)?);
    Ok(form_of::<T>(&call, thing.code(), form, &preview, StatusCode::OK))
}

async fn correct_by_form<T: Correctable>(
    call: Corrects<T>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (reason, at) = (form.value.get("reason").cloned().unwrap_or_default(), code.into_inner());
    let read = || -> Result<_> {
        let said = Said::of_form(T::FIELDS, &form.value)?;
        Ok((version_said(&form.value)?, said, Act::correct(&reason)?))
    };
    let done: Result<T, Error> = match read() {
        Ok((version, said, act)) => {
            let (code, house) = (at.clone(), call.house().clone());
            let correct = move |db: &mut Db, stamp: &Stamp| correct(db, stamp, &house, (&code, version), &said, &act);
            call.change(&form.hash, form.once.as_deref(), correct).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(thing) => Ok(see_other(href::<T>(thing.code()))),
        Err(error) => {
            let (_, preview) = of_code::<T>(&call, at.clone()).await?;
            let form = Filled::refused(form.value, error, call.words())?;
            Ok(form_of::<T>(&call, &at, form, &preview, StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}

fn description<T: Correctable>() -> (Paths, Components) {
    let (room, to) = (T::FIELDS.table, format!("{}Fields", T::SCHEMA));
    let body = format!("Correction_{to}");
    let content = |schema: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let operation = |verb: &str, summary: String, answers: &[(&str, &str)]| {
        let code =
            ParameterBuilder::new().name("code").parameter_in(ParameterIn::Path).required(Required::True).schema(Some(String::schema()));
        let begun = OperationBuilder::new().tag(room).operation_id(Some(format!("{room}_{verb}"))).summary(Some(summary)).parameter(code);
        answers.iter().fold(begun, |operation, (code, schema)| {
            operation.response(*code, ResponseBuilder::new().content("application/json", content(schema)).build())
        })
    };
    let preview = operation(
        "correction",
        format!("What a correction of one of the {room} would move, and which facts need one."),
        &[("200", "Preview"), ("404", "Problem")],
    );
    let corrected = operation(
        "correct",
        format!(
            "Corrects one of the {room} that others stand on: what was written down was not what was meant. `to.version` is the one that was read."
        ),
        &[("200", T::SCHEMA), ("404", "Problem"), ("409", "Problem"), ("422", "Problem")],
    );
    let asked = RequestBodyBuilder::new().content("application/json", content(&body)).required(Some(Required::True)).build();
    let mut item = PathItem::new(HttpMethod::Get, preview);
    item.post = Some(corrected.request_body(Some(asked)).build());
    let reason = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Why, at most 300 characters. It stays in the history; it names no person."));
    let correction = ObjectBuilder::new()
        .description(Some("A correction as somebody asks for it."))
        .property("reason", reason.build())
        .required("reason")
        .property("to", Ref::from_schema_name(to))
        .required("to")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let mut more = vec![("Preview".to_owned(), Preview::schema())];
    <Preview as ToSchema>::schemas(&mut more);
    <Standing as ToSchema>::schemas(&mut more);
    let components = ComponentsBuilder::new().schema(body, correction.build());
    let components = more.into_iter().fold(components, |made, (name, schema)| made.schema(name, schema));
    (PathsBuilder::new().path(format!("/api/v1/{room}/{{code}}/correct"), item).build(), components.build())
}
