//! Asking for a return: which garment of which case, under which of the rights that its buyer has today.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use askama::Template;

use super::super::store::{ReturnAsk, ReturnOrder, acts, first};
use crate::aftersales::cases;
use crate::aftersales::rights::{FreightPayer, RightLine};
use crate::kernel::choices::Choice;
use crate::kernel::{Code, Error, Fault, Result, parsed};
use crate::platform::db::Db;
use crate::platform::http::perm::CasesEdit;
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, created, html_response, see_other};
use crate::platform::rooms::{BrandOnly, Call};

impl ReturnAsk {
    /// What a form says.
    fn of_form(values: &HashMap<String, String>) -> Result<Self> {
        let said = |name: &str| values.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let line = said("line").unwrap_or_else(|| "1".to_owned());
        Ok(Self {
            case: said("case").ok_or_else(|| Fault::new("case", Code::Missing))?,
            line: parsed(&line).ok_or_else(|| Fault::new("line", Code::NotANumber).with("value", line))?,
            rule: said("rule"),
            freight: said("freight").and_then(|text| FreightPayer::of(&text)).unwrap_or_default(),
            note: said("note").unwrap_or_default(),
        })
    }
}

/// Mounts both ways of asking.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.api(__path_request_json, request_json).get("/returns/new", new_page).post("/returns/new", new_form);
}

/// Asks for the return of a line of a case, under a right that its buyer has today or as goodwill.
#[utoipa::path(post, path = "/api/v1/returns", tag = "returns", request_body = ReturnAsk,
    responses((status = 201, body = ReturnOrder), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn request_json(call: Call<BrandOnly<CasesEdit>>, body: Json<ReturnAsk>) -> Result<HttpResponse> {
    let order = requested(&call, &body.hash, None, body.value).await?;
    created(&format!("/api/v1/returns/{}", order.id), &order)
}

async fn requested(call: &Call<BrandOnly<CasesEdit>>, hash: &str, once: Option<&str>, ask: ReturnAsk) -> Result<ReturnOrder> {
    let zone = call.app().config.time_zone;
    call.change(hash, once, move |db, stamp| acts::request(db, stamp, zone, &ask)).await
}

#[derive(Template)]
#[template(path = "aftersales/returns/new.html")]
struct NewPage {
    layout: Layout,
    form: FormState,
    /// Where a garment is named: what its buyer may ask for today, and whether that is chosen: as was sent, else the best.
    rights: Option<Vec<(RightLine, bool)>>,
    /// Whether none of them is.
    is_goodwill: bool,
}

impl NewPage {
    fn payers(&self) -> &'static [Choice] {
        FreightPayer::TABLE
    }
}

/// The form, with what was refused; where a case is named, with what its buyer may ask for.
async fn page(call: &Call<BrandOnly<CasesEdit>>, values: HashMap<String, String>, refused: Option<Error>) -> Result<HttpResponse> {
    let said = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let (no, line, today, words) = (said("case"), parsed(&said("line")).unwrap_or_else(first), call.app().today(), call.words());
    let found = match no.is_empty() {
        true => Ok(None),
        false => {
            let rights = move |db: &mut Db| {
                let (_, line) = cases::line_said(db, &no, line)?;
                Ok(Some(acts::rights_of(db, &line, today)?.lines(words)))
            };
            call.read(rights).await
        }
    };
    let (rights, refused) = match found {
        Ok(rights) => (rights, refused),
        Err(error) => (None, refused.or(Some(error))),
    };
    let sent = values.get("rule").cloned();
    let chosen = |(place, right): (usize, RightLine)| {
        let is_chosen = sent.as_ref().map_or(place == 0, |rule| *rule == right.rule);
        (right, is_chosen)
    };
    let rights: Option<Vec<_>> = rights.map(|rights| rights.into_iter().enumerate().map(chosen).collect());
    let is_goodwill = rights.iter().flatten().all(|(_, is_chosen)| !is_chosen);
    let (status, form) = match refused {
        None => (StatusCode::OK, FormState::of(values)),
        Some(error) => (error.status_code(), FormState::refused(values, error, words)?),
    };
    Ok(html_response(status, &NewPage { layout: call.layout(words.say("returns-new")), form, rights, is_goodwill }))
}

async fn new_page(call: Call<BrandOnly<CasesEdit>>, said: web::Query<HashMap<String, String>>) -> Result<HttpResponse> {
    page(&call, said.into_inner(), None).await
}

async fn new_form(call: Call<BrandOnly<CasesEdit>>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let made = match ReturnAsk::of_form(&form.value) {
        Ok(ask) => requested(&call, &form.hash, form.once.as_deref(), ask).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(order) => Ok(see_other(format!("/returns/{}", order.id))),
        Err(error) => page(&call, form.value, Some(error)).await,
    }
}
