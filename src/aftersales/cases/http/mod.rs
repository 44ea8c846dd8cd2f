//! Addresses of cases. Cases name people and other parties' goods: nobody bound to a party sees them.

mod open;

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::act::{CaseAct, workers};
use super::page::{self, OnePage, Shown};
use super::store::cases::{CaseRow, by_no, with_secret};
use super::store::contact::{self, Reached};
use super::store::{SUBJECT, acts, lines, notes};
use super::view::{CaseView, case_view};
use super::{CaseLine, GARMENTS_MAX, ServiceCase, TOLD, href};
use crate::aftersales::rights::{self, RightsAnswer};
use crate::aftersales::service_levels;
use crate::inspection::findings::{PhotoSize, at_photos, clean_photos, photo_answer, read_photo_form};
use crate::kernel::event::Subject;
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Fault, Id, Result, saturating};
use crate::ownership::holders::{HolderKeys, ReadReason, Secret};
use crate::platform::events;
use crate::platform::http::perm::{CasesEdit, CasesRead, ContactRead, Perm, Permission};
use crate::platform::http::{Form, FormState, Json, Problem, Routes, html_response, json, query_escape, see_other};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Call, Names, Sees, list_description, list_routes, timeline};

type Reads = Call<BrandOnly<CasesRead>>;
type Works = Call<BrandOnly<CasesEdit>>;
type Reveals = Call<BrandOnly<ContactRead>>;

/// Lines that a page shows.
const SHOWN: usize = 100;
/// Lines of which a page shows what their buyers are entitled to.
const RIGHTS_SHOWN: usize = 3;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<CaseRow>);
    list_routes::<CaseRow>(on);
    on.api(__path_one_json, one_json).api(__path_act_json, act_json).api(__path_contact_json, contact_json).get("/cases/mine", mine);
    open::routes(on);
    on.get("/cases/{no}", one_page)
        .post("/cases/{no}", act_form)
        .post("/cases/{no}/contact", contact_page)
        .post("/cases/{no}/photos", add_photos)
        .get("/cases/{no}/photos/{id}.jpg", picture);
}

/// The open cases of whoever asks.
async fn mine(call: Works) -> Result<HttpResponse> {
    let login = call.actor.split_once(':').map_or("", |(_, login)| login);
    Ok(see_other(format!("/cases?owner={}", query_escape(login))))
}

/// One case with its lines, notes, tasks and photos.
#[utoipa::path(
    get, path = "/api/v1/cases/{no}", tag = "cases", params(("no" = String, Path)),
    responses((status = 200, body = CaseView), (status = 404, body = Problem))
)]
async fn one_json(call: Reads, no: web::Path<String>) -> Result<HttpResponse> {
    json(&viewed(&call, no.into_inner()).await?)
}

async fn viewed<P: Perm>(call: &Call<P>, no: String) -> Result<CaseView> {
    let keys = call.app().keys.clone();
    call.read(move |db| {
        let case = by_no(db, &no)?.ok_or(Code::NotFound)?;
        case_view(db, &keys.serials, &case, GARMENTS_MAX)
    })
    .await
}

/// Does something with a case: takes it, moves it on, decides, writes down. `act` says what; what else it asks stands beside it. Without a
/// `version` it is done however the case was read.
#[utoipa::path(
    post, path = "/api/v1/cases/{no}/acts", tag = "cases", request_body = CaseAct,
    params(("no" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The state does not allow it: `allowed` names those that may follow; or somebody changed it since"),
        (status = 422, body = Problem),
    )
)]
async fn act_json(call: Works, no: web::Path<String>, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let (act, version) = CaseAct::of_json(body.value)?;
    let no = acted(&call, &body.hash, None, no.into_inner(), version, act).await?;
    json(&viewed(&call, no).await?)
}

/// Does it, and gives the number of the case as it was made.
async fn acted(call: &Works, hash: &str, once: Option<&str>, no: String, version: Option<i64>, act: CaseAct) -> Result<String> {
    let today = call.app().today();
    call.change(hash, once, move |db, stamp| Ok(acts::act(db, stamp, today, &no, version, &act)?.no)).await
}

async fn act_form(call: Works, no: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let no = no.into_inner();
    let done = match CaseAct::of_form(&form.value) {
        Ok((act, version)) => acted(&call, &form.hash, form.once.as_deref(), no.clone(), version, act).await,
        Err(error) => Err(error),
    };
    shown(&call, no, form.value, done).await
}

/// The case after something was done to it; or once more, with what is wrong.
async fn shown(call: &Works, no: String, values: HashMap<String, String>, done: Result<String>) -> Result<HttpResponse> {
    let error = match done {
        Ok(no) => return Ok(see_other(href(&no))),
        Err(error) => error,
    };
    let status = if error.code().status() == 409 { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let form = FormState::refused(values, error, call.words())?;
    Ok(html_response(status, &page_of(call, no, form, None).await?))
}

async fn one_page(call: Reads, no: web::Path<String>) -> Result<HttpResponse> {
    let no = no.into_inner();
    let mut page = page_of(&call, no.clone(), FormState::default(), None).await?;
    let opened = call.request().cookie(open::JUST_OPENED).and_then(|cookie| Secret::parse(cookie.value()));
    let Some(secret) = opened else { return Ok(html_response(StatusCode::OK, &page)) };
    let (of, own) = (no.clone(), secret.clone());
    if call.read(move |db| with_secret(db, &of, &own)).await?.is_some() {
        page.shown.status = Some(open::status_of(&call, &no, &secret));
    }
    let mut answer = html_response(StatusCode::OK, &page);
    answer.add_cookie(&open::just_opened(&call, &no, "", 0)).map_err(|error| Error::broken(error.to_string()))?;
    Ok(answer)
}

/// The page of a case; `reached` is its contact in the clear, for whoever just said why they read it.
async fn page_of<P: Perm>(call: &Call<P>, no: String, form: FormState, reached: Option<Reached>) -> Result<OnePage> {
    let (keys, own, now) = (call.app().keys.clone(), HolderKeys::derive(&call.app().keys.house)?, call.app().clock.now());
    let (may_work, named) = (call.may(Permission::CasesEdit), call.named());
    let read = call.read(move |db| {
        let case: ServiceCase = by_no(db, &no)?.ok_or(Code::NotFound)?;
        let view = case_view(db, &keys.serials, &case, SHOWN)?;
        let left = contact::contact_left(db, &own, &case)?;
        let erased = contact::erased_at(db, &case)?;
        let facts = events::of(db, Subject::Thing(SUBJECT, case.id.0))?;
        let names = Names::told(db, &named, &TOLD, &facts, Sees::ALL)?
            .with(db, &named, "defects", view.lines.iter().filter_map(|line| line.found.as_deref()), Sees::ALL)?
            .with(
                db,
                &named,
                "parties",
                view.retailer.as_deref().into_iter().chain(view.notes.iter().filter_map(|note| note.party.as_deref())),
                Sees::ALL,
            )?;
        let people = if may_work { workers(db)? } else { Vec::new() };
        let clocks = service_levels::of(db, case.id, now)?;
        let lines = lines::lines(db, case.id)?.into_iter().take(RIGHTS_SHOWN);
        let market = Some(case.market.as_str()).filter(|market| !market.is_empty());
        let rules = rights::rules(db)?;
        let answer = |line: CaseLine| Ok(RightsAnswer::under(&rules, rights::facts(db, line.garment_id, line.reported_on, market)?));
        let rights = lines.map(answer).collect::<Result<Vec<_>>>()?;
        Ok((view, left, erased, (facts, names), people, policies::value(db, Policy::PhotosPerCase, now)?, (clocks, rights)))
    });
    let (view, left, erased, (facts, names), people, photos, (clocks, rights)) = read.await?;
    let rights = rights.iter().map(|answer| rights::part(answer, call.words(), true)).collect::<Result<Vec<_>>>()?;
    let layout = call.layout(format!("{} · {}", view.no, view.kind.word(call.lang())));
    let zone = call.app().config.time_zone;
    let history = timeline::lines(&facts, &TOLD, (layout.lang, zone, &names))?;
    let me = call.actor.split_once(':').map(|(_, login)| login.to_owned()).unwrap_or_default();
    page::one(
        layout,
        Shown {
            form,
            history,
            people,
            me,
            may_work,
            status: None,
            may_reveal: call.may(Permission::ContactRead) && left.is_some() && reached.is_none(),
            contact: reached.or(left),
            erased: erased.map(|at| local_minute(at, zone)),
            clocks,
            rights,
            names,
            room: photos - saturating::<i64>(view.photos.len()),
            zone,
            case: view,
        },
    )
}

/// Why contact data is read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadCaseContact {
    /// Becomes part of the case's history, with who read it and when.
    why: ReadReason,
}

/// Reads how to reach whoever asked. A POST, because the reading is recorded.
#[utoipa::path(
    post, path = "/api/v1/cases/{no}/contact", tag = "cases", request_body = ReadCaseContact, params(("no" = String, Path)),
    responses((status = 200, body = Reached), (status = 404, body = Problem, description = "There is no such case, or nothing was left"))
)]
async fn contact_json(call: Reveals, no: web::Path<String>, body: Json<ReadCaseContact>) -> Result<HttpResponse> {
    json(&revealed(&call, no.into_inner(), body.value.why).await?)
}

async fn revealed(call: &Reveals, no: String, why: ReadReason) -> Result<Reached> {
    let (stamp, keys) = (call.app().stamp(&call.actor), HolderKeys::derive(&call.app().keys.house)?);
    // Read anew each time it is asked for: what is in the clear is kept nowhere, the table of repeated requests included.
    call.app().store.write(move |db| contact::contact_read(db, &stamp, &keys, &no, why)).await
}

async fn contact_page(call: Reveals, no: web::Path<String>, form: Form<ReadForm>) -> Result<HttpResponse> {
    let no = no.into_inner();
    let reached = revealed(&call, no.clone(), form.value.why).await?;
    Ok(html_response(StatusCode::OK, &page_of(&call, no, FormState::default(), Some(reached)).await?))
}

/// The same as a form sends it, with what every form of ours has beside it.
#[derive(Debug, Deserialize)]
struct ReadForm {
    why: ReadReason,
}

/// Adds photos to a case.
async fn add_photos(call: Works, no: web::Path<String>, form: Multipart) -> Result<HttpResponse> {
    let no = no.into_inner();
    let now = call.app().clock.now();
    let most = call.read(move |db| policies::value(db, Policy::PhotosPerCase, now)).await?;
    let form = read_photo_form(call.request(), form, most).await?;
    let once = form.values.get("once").cloned();
    let done = if form.photos.is_empty() {
        Err(Fault::new("photos", Code::Missing).into())
    } else {
        attach(&call, &form.hash, once.as_deref(), no.clone(), form.photos).await.map_err(at_photos)
    };
    shown(&call, no, form.values, done).await
}

async fn attach(call: &Works, hash: &str, once: Option<&str>, no: String, uploads: Vec<Vec<u8>>) -> Result<String> {
    let pictures = clean_photos(uploads).await?;
    call.change(hash, once, move |db, stamp| notes::attach_to(db, stamp, &no, &pictures)).await
}

async fn picture(call: Reads, path: web::Path<(String, String)>, wanted: web::Query<PhotoSize>) -> Result<HttpResponse> {
    let (no, id) = path.into_inner();
    let (id, small): (Id, bool) = (id.parse()?, wanted.is_small()?);
    let found = call.read(move |db| {
        let case = by_no(db, &no)?.ok_or(Code::NotFound)?;
        notes::jpeg(db, case.id, id)?.ok_or_else(|| Error::from(Code::NotFound))
    });
    let (jpeg, hash) = found.await?;
    photo_answer(call.request(), id, (jpeg, &hash), small).await
}
