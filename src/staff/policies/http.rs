//! The values of policy: one page, the API. Anybody who may change them sees who set what, since when and why.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::kernel::time::{local_midnight, read_date};
use crate::kernel::{Code, Error, Fault, Refusal, Result};
use crate::platform::http::perm::PolicyEdit;
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, html, html_response, json, see_other};
use crate::platform::policies::{Policy, PolicyValue, SetPolicy, all, read, set};
use crate::platform::rooms::{BrandOnly, Call};

/// Mounts the pages and the API.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_list_json, list_json)
        .api(__path_set_json, set_json)
        .get("/policy-values", list_page)
        .get("/policy-values/{code}", one_page)
        .post("/policy-values/{code}", set_form);
}

type Asked = Call<BrandOnly<PolicyEdit>>;

fn policy(code: &str) -> Result<Policy> {
    Policy::of(code).ok_or_else(|| Code::NotFound.into())
}

/// Every value of policy: what it means, what holds now, and every version with who set it, from when on and why.
#[utoipa::path(get, path = "/api/v1/policy-values", tag = "policy values", responses((status = 200, body = Vec<PolicyValue>)))]
async fn list_json(call: Asked) -> Result<HttpResponse> {
    let now = call.app().clock.now();
    json(&call.read(move |db| all(db, now)).await?)
}

/// Sets a value of policy, from now or from a time to come.
#[utoipa::path(
    put,
    path = "/api/v1/policy-values/{code}",
    tag = "policy values",
    params(("code" = String, Path)),
    request_body = SetPolicy,
    responses((status = 200, body = PolicyValue), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn set_json(call: Asked, code: web::Path<String>, body: Json<SetPolicy>) -> Result<HttpResponse> {
    let (which, wanted) = (policy(&code)?, body.value);
    json(&call.change(&body.hash, None, move |db, stamp| set(db, stamp, which, &wanted)).await?)
}

#[derive(Template)]
#[template(path = "staff/policies/list.html")]
struct ListView {
    layout: Layout,
    policies: Vec<PolicyValue>,
    zone: Tz,
}

#[derive(Template)]
#[template(path = "staff/policies/one.html")]
struct OneView {
    layout: Layout,
    policy: PolicyValue,
    form: FormState,
    zone: Tz,
}

/// A time in the brand's zone, or nothing.
fn local(at: &Option<NaiveDateTime>, zone: Tz) -> String {
    at.map(|at| zone.from_utc_datetime(&at).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

async fn list_page(call: Asked) -> Result<HttpResponse> {
    let now = call.app().clock.now();
    let policies = call.read(move |db| all(db, now)).await?;
    Ok(html(&ListView { layout: call.layout(call.words().say("policy-values-title")), policies, zone: call.app().config.time_zone }))
}

async fn view(call: &Asked, which: Policy, form: Option<FormState>) -> Result<OneView> {
    let now = call.app().clock.now();
    let policy = call.read(move |db| read(db, which, now)).await?;
    let form = form.unwrap_or_else(|| FormState::of(HashMap::from([("value".to_owned(), policy.now.value.to_string())])));
    Ok(OneView { layout: call.layout(policy.about.get(call.lang())), policy, form, zone: call.app().config.time_zone })
}

async fn one_page(call: Asked, code: web::Path<String>) -> Result<HttpResponse> {
    Ok(html(&view(&call, policy(&code)?, None).await?))
}

/// What the form says: a whole number, a reason, and the day from whose beginning it holds.
fn wanted(values: &HashMap<String, String>, zone: Tz) -> Result<SetPolicy> {
    let text = |name: &str| values.get(name).map(|text| text.trim()).unwrap_or_default();
    let mut faults: Vec<Fault> = Vec::new();
    let value = text("value").parse().map_err(|_| Fault::new("value", Code::NotANumber).with("value", text("value")));
    let value = value.map_err(|fault| faults.push(fault));
    let day = Some(text("valid_from")).filter(|day| !day.is_empty()).map(|day| read_date("valid_from", day)).transpose();
    let day = day.map_err(|fault| faults.push(fault));
    Refusal::unless_empty(faults)?;
    let (Ok(value), Ok(day)) = (value, day) else { return Err(Code::Invalid.into()) };
    Ok(SetPolicy { value, reason: text("reason").to_owned(), valid_from: day.map(|day| local_midnight(day, zone)) })
}

async fn set_form(call: Asked, code: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let which = policy(&code)?;
    let done: Result<PolicyValue, Error> = match wanted(&form.value, call.app().config.time_zone) {
        Ok(wanted) => call.change(&form.hash, form.once.as_deref(), move |db, stamp| set(db, stamp, which, &wanted)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(see_other("/policy-values")),
        Err(error) => {
            let form = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &view(&call, which, Some(form)).await?))
        }
    }
}
