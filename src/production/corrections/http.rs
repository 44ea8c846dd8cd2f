//! The act of correcting, the same for every room whose facts others stand on: what it would move, its page, its part of the API.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{Components, ComponentsBuilder, Paths, PathsBuilder, Ref, Required};
use utoipa::{PartialSchema, ToSchema};

use super::{Correctable, Preview, Standing, correct, reason};
use crate::kernel::text::grouped;
use crate::kernel::{Code, Result};
use crate::platform::http::perm::Perm;
use crate::platform::http::{Form, FormState, Json, Layout, Routes, html, html_response, json, see_other};
use crate::platform::rooms::{
    Asked, BrandOnly, Call, Field, Fields, Kind, Sees, Thing, Update, answers, asking_again, asking_page, code_parameter, content,
    document, href, overtaken_form, seen, shown_again, thing_values,
};

type Corrects<T> = Call<BrandOnly<<T as Thing>::Edit>>;

/// What a correction asks beside the thing as it should have been.
#[rustfmt::skip]
const REASON: Fields = Fields { table: "corrections", title: ("更正", "Correction"), columns: &[
    Field::new("reason", Kind::Line(300), &["原因"], &["Reason"]).needed()
        .hint("为什么原先记下的不是本意。原因会留在历史记录中，请勿写个人姓名。", "Why what was written down was not what was meant. It stays in the history; name no person.", ""),
] };

/// A correction as somebody asks for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    reason: String,
    /// The whole thing as it should have been, with the version that was read.
    to: Map<String, Value>,
}

/// Mounts corrections of a kind of thing.
pub fn routes<T: Correctable>(on: &mut Routes<'_>) {
    let page = format!("/{}/{{code}}/correct", T::FIELDS.table);
    let api = format!("/api/v1{page}");
    on.described(description::<T>);
    on.get(&api, preview_json::<T>).post(&api, correct_json::<T>).get(&page, correct_form::<T>).post(&page, correct_by_form::<T>);
}

/// The thing of a code, and what a correction of it would move.
async fn of_code<T: Correctable>(call: &Corrects<T>, code: String) -> Result<(T, Preview)> {
    let found = call.read(move |db| {
        let thing: T = seen(db, &code, Sees::ALL)?;
        let moves = thing.moves(db)?;
        Ok((thing, Preview::of(T::GUARDS, moves)))
    });
    found.await
}

async fn preview_json<T: Correctable>(call: Corrects<T>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&of_code::<T>(&call, code.into_inner()).await?.1)
}

async fn done<T: Correctable>(call: &Corrects<T>, hash: &str, once: Option<&str>, why: &str, change: Result<Update>) -> Result<T> {
    let (why, change) = (reason(why)?, change?);
    change.done(call, hash, once, move |after, db, stamp, before| correct(after, db, stamp, before, &why)).await
}

async fn correct_json<T: Correctable>(call: Corrects<T>, code: web::Path<String>, body: Json<Correction>) -> Result<HttpResponse> {
    let Correction { reason, to } = body.value;
    let corrected: T = done(&call, &body.hash, None, &reason, Update::of_json::<T>(code.into_inner(), to)).await?;
    json(&document(T::FIELDS, &corrected)?)
}

/// What the form asks beside the thing's fields, and says beforehand: what the correction moves.
fn asked<T: Correctable>(call: &Corrects<T>, preview: &Preview) -> Asked {
    let words = call.words();
    let line = |(key, count): (String, i64)| words.say1(&key, "count", grouped(count)).into_owned();
    let moves = preview.lines().into_iter().map(line).collect();
    Asked { fields: Some(&REASON), before: Some((words.say("correct-about").into_owned(), moves)), ..Asked::default() }
}

/// The frame of its form.
fn layout_of<P: Perm>(call: &Call<P>) -> Layout {
    Layout { keeps_form: true, ..call.layout(call.words().say("correct-title")) }
}

async fn correct_form<T: Correctable>(call: Corrects<T>, code: web::Path<String>) -> Result<HttpResponse> {
    let (thing, preview) = of_code::<T>(&call, code.into_inner()).await?;
    let (back, form) = (href::<T>(thing.code()), FormState::of(thing_values(&call, &thing)?));
    let layout = layout_of(&call);
    Ok(html(&asking_page(layout, T::CHANGE, form, format!("{back}/correct"), back, asked::<T>(&call, &preview))))
}

async fn correct_by_form<T: Correctable>(
    call: Corrects<T>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (code, why) = (code.into_inner(), form.value.get("reason").map_or("", String::as_str));
    let change = Update::of_form::<T>(code.clone(), &form.value);
    let change = if FormState::is_shown_again(&form.value) { Err(Code::Invalid.into()) } else { change };
    match done::<T>(&call, &form.hash, form.once.as_deref(), why, change).await {
        Ok(thing) => Ok(see_other(href::<T>(thing.code()))),
        Err(error) => {
            let (_, preview) = of_code::<T>(&call, code.clone()).await?;
            let (layout, back, asked) = (layout_of(&call), href::<T>(&code), asked::<T>(&call, &preview));
            let action = format!("{back}/correct");
            if FormState::is_shown_again(&form.value) {
                return Ok(html(&asking_page(layout, T::CHANGE, shown_again(T::CHANGE, form.value, call.words())?, action, back, asked)));
            }
            if error.code() == Code::Stale {
                let form = overtaken_form::<T>(&call, form.value, code).await?;
                return Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &asking_page(layout, T::CHANGE, form, action, back, asked)));
            }
            asking_again(layout, T::CHANGE, form.value, error, (action, back), asked)
        }
    }
}

fn description<T: Correctable>() -> (Paths, Components) {
    let (room, to) = (T::FIELDS.table, format!("{}Fields", T::SCHEMA));
    let body = format!("Correction_{to}");
    let operation = |verb: &str, summary: String, codes: &[(&str, &str)]| {
        let begun = OperationBuilder::new().tag(room).operation_id(Some(format!("{room}_{verb}"))).summary(Some(summary));
        codes.iter().fold(begun.parameter(code_parameter()), |operation, (code, schema)| answers(operation, code, schema))
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
