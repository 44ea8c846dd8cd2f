//! The room's API for handhelds, cameras and other systems, and the page of one finding. A caller bound to a party sees only what is on its own lots
//! and batches, and logs nothing.

mod entry;
mod upload;

pub use upload::{PhotoForm, PhotoSize, at_photos, clean_all, photo_answer, read_form};

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::{OnePage, Rights};
use super::photo::BYTES_MAX;
use super::rules::not_yet;
use super::store::{findings, photos};
use super::{Draft, FIELDS, FindingView, Photo, subject, view};
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, saturating};
use crate::platform::db::Db;
use crate::platform::http::body::read_body;
use crate::platform::http::perm::{FindingsEdit, FindingsRead, Perm, Permission};
use crate::platform::http::{
    Form, FormState, Json, Problem, Routes, created, header_text, html, html_response, json, see_other, sha256_hex,
};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Call, Names, Said, list_description, list_routes, timeline};

/// Findings that may be logged at once.
const MANY: usize = 500;

type Reads = Call<FindingsRead>;
type Logs = Call<BrandOnly<FindingsEdit>>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<FindingView>);
    list_routes::<FindingView>(on);
    on.api(__path_log_one, log_one)
        .api(__path_log_many, log_many)
        .api(__path_one_json, one_json)
        .api(__path_withdraw_json, withdraw_json)
        .api(__path_add_photo, add_photo)
        .get("/findings/new", entry::form)
        .post("/findings/new", entry::log)
        .get("/findings/{id}", one_page)
        .post("/findings/{id}/withdraw", withdraw)
        .post("/findings/{id}/photos", add_photos)
        .get("/photos/{id}.jpg", upload::picture);
}

/// One finding with its photos.
#[utoipa::path(
    get, path = "/api/v1/findings/{id}", tag = "findings", params(("id" = String, Path)),
    responses((status = 200, body = FindingView), (status = 404, body = Problem))
)]
async fn one_json(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    json(&visible(&call, id.parse()?).await?)
}

/// A finding the caller may see.
async fn visible<P: Perm>(call: &Call<P>, id: Id) -> Result<FindingView> {
    let (keys, party) = (call.app().keys.clone(), call.party);
    call.read(move |db| view::view_of(db, &keys.serials, id, party)).await
}

/// What a document says of a finding.
fn draft_of(call: &Logs, document: Map<String, Value>) -> Result<Draft> {
    let today = call.app().today();
    Said::of_json_by(&FIELDS, document, |said| not_yet(said.day("found_on"), today))?.value()
}

/// Logs what was written, with these pictures on the first: the ids.
async fn log(call: &Logs, hash: &str, once: Option<&str>, drafts: Vec<Draft>, pictures: Vec<super::photo::Picture>) -> Result<Vec<Id>> {
    let (today, keys) = (call.app().today(), call.app().keys.clone());
    call.change(hash, once, move |db, stamp| subject::report(db, &keys.serials, stamp, today, &drafts, &pictures)).await
}

async fn log_drafts(call: &Logs, hash: &str, drafts: Vec<Draft>) -> Result<Vec<FindingView>> {
    let ids = log(call, hash, None, drafts, Vec::new()).await?;
    let keys = call.app().keys.clone();
    call.read(move |db| view::views_of(db, &keys.serials, &ids)).await
}

/// Logs a finding.
#[utoipa::path(
    post, path = "/api/v1/findings", tag = "findings", request_body = Draft,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses((status = 201, body = FindingView, headers(("location" = String))), (status = 422, body = Problem))
)]
async fn log_one(call: Logs, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let draft = draft_of(&call, body.value)?;
    let logged = log_drafts(&call, &body.hash, vec![draft]).await?.pop().ok_or(Code::NotFound)?;
    created(&format!("/api/v1/findings/{}", logged.id), &logged)
}

/// Findings that a handheld gathered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Gathered {
    /// 1 to 500 of them.
    #[schema(value_type = Vec<Draft>)]
    findings: Vec<Map<String, Value>>,
}

/// What was logged.
#[derive(Debug, Serialize, ToSchema)]
struct Logged {
    /// In the order they were sent.
    findings: Vec<FindingView>,
}

/// Logs findings that a handheld gathered while it had no connection: all of them or, when one is wrong, none.
#[utoipa::path(
    post, path = "/api/v1/findings/bulk", tag = "findings", request_body = Gathered,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses((status = 200, body = Logged), (status = 422, body = Problem, description = "Each wrong field by its place: `findings.3.zone`"))
)]
async fn log_many(call: Logs, body: Json<Gathered>) -> Result<HttpResponse> {
    let documents = body.value.findings;
    if documents.is_empty() || documents.len() > MANY {
        return Err(Fault::new("findings", Code::OutOfRange).with("min", 1).with("max", MANY).into());
    }
    let (mut drafts, mut faults) = (Vec::with_capacity(documents.len()), Vec::new());
    for (place, document) in documents.into_iter().enumerate() {
        match draft_of(&call, document) {
            Ok(draft) => drafts.push(draft),
            Err(Error::Refused(refusal)) => faults.extend(subject::located(place, refusal.faults)),
            Err(error) => return Err(error),
        }
    }
    Refusal::unless_empty(faults)?;
    json(&Logged { findings: log_drafts(&call, &body.hash, drafts).await? })
}

/// A withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    /// Why it was a mistake.
    reason: String,
    /// The version that was read.
    version: i64,
}

/// Withdraws a finding that was a mistake: it stays, with the reason, and counts nowhere.
#[utoipa::path(
    post, path = "/api/v1/findings/{id}/withdraw", tag = "findings", params(("id" = String, Path)), request_body = Withdrawal,
    responses((status = 200, body = FindingView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn withdraw_json(call: Logs, id: web::Path<String>, body: Json<Withdrawal>) -> Result<HttpResponse> {
    json(&withdrawn(&call, &body.hash, None, id.parse()?, body.value).await?)
}

async fn withdrawn(call: &Logs, hash: &str, once: Option<&str>, id: Id, asked: Withdrawal) -> Result<FindingView> {
    let keys = call.app().keys.clone();
    call.change(hash, once, move |db, stamp| view::withdraw(db, &keys.serials, stamp, id, asked.version, &asked.reason)).await
}

/// Adds a photo to a finding: the body is the picture, JPEG or PNG, at most 8 MiB and 40 megapixels. What is stored is the picture alone,
/// upright, at most 2048 pixels wide or high, without place, time or camera.
#[utoipa::path(
    post, path = "/api/v1/findings/{id}/photos", tag = "findings",
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    params(
        ("id" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again"),
    ),
    responses(
        (status = 201, body = Photo, headers(("location" = String))),
        (status = 404, body = Problem),
        (status = 413, body = Problem, description = "More than 8 MiB"),
        (status = 422, body = Problem, description = "No picture, too many pixels, cut short, or more photos than a finding may have"),
    )
)]
async fn add_photo(call: Logs, id: web::Path<String>, body: web::Payload) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let kind = header_text(call.request().headers(), "content-type");
    if !kind.is_some_and(|kind| kind.starts_with("image/")) {
        return Err(Code::UnsupportedMedia.into());
    }
    visible(&call, id).await?;
    let mut body: Payload = body.into_inner();
    let bytes = read_body(call.request(), &mut body, BYTES_MAX).await?;
    let photo = attach(&call, &sha256_hex(&bytes), None, id, vec![bytes]).await?.pop().ok_or(Code::NotFound)?;
    created(&photo.href, &photo)
}

async fn attach(call: &Logs, hash: &str, once: Option<&str>, id: Id, uploads: Vec<Vec<u8>>) -> Result<Vec<Photo>> {
    let pictures = upload::clean_all(uploads).await?;
    call.change(hash, once, move |db, stamp| photos::attach(db, stamp, id, &pictures)).await
}

/// Photos a finding may have.
async fn photos_allowed<P: Perm>(call: &Call<P>) -> Result<i64> {
    let now = call.app().clock.now();
    call.read(move |db| policies::value(db, Policy::PhotosPerFinding, now)).await
}

async fn one_page(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    Ok(html(&page_of(&call, id.parse()?, FormState::default()).await?))
}

async fn page_of<P: Perm>(call: &Call<P>, id: Id, form: FormState) -> Result<OnePage> {
    let finding = visible(call, id).await?;
    // Facts name who did them, and that is not for a supplier.
    let (sees, named) = (call.sees(), call.named());
    let told = move |db: &mut Db| {
        let facts = findings::history(db, id)?;
        Ok((Names::told(db, &named, &FIELDS, &facts, sees)?, facts))
    };
    let (names, facts) = if call.party.is_some() { (Names::default(), Vec::new()) } else { call.read(told).await? };
    let rights =
        Rights { may_edit: call.may(Permission::FindingsEdit) && call.party.is_none(), may_trace: call.may(Permission::TraceRead) };
    let most = photos_allowed(call).await?;
    let layout = call.layout(finding.defect.name.get(call.lang()));
    let zone = call.app().config.time_zone;
    let history = timeline::lines(&facts, &FIELDS, (layout.lang, zone, &names))?;
    let room = most - saturating::<i64>(finding.photos.len());
    let logged_at = local_minute(finding.logged_at, zone);
    Ok(OnePage { layout, finding, history, form, room, rights, logged_at })
}

/// Withdraws the finding.
async fn withdraw(call: Logs, id: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let text = |name: &str| form.value.get(name).cloned().unwrap_or_default();
    let done = match text("version").parse() {
        Ok(version) => withdrawn(&call, &form.hash, form.once.as_deref(), id, Withdrawal { reason: text("reason"), version }).await,
        Err(_) => Err(Fault::new("version", Code::Missing).into()),
    };
    shown(&call, id, form.value, done.map(drop)).await
}

/// Adds photos to the finding.
async fn add_photos(call: Logs, id: web::Path<String>, form: Multipart) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    visible(&call, id).await?;
    let form = upload::read_form(call.request(), form, photos_allowed(&call).await?).await?;
    let once = form.values.get("once").cloned();
    let done = if form.photos.is_empty() {
        Err(Fault::new("photos", Code::Missing).into())
    } else {
        attach(&call, &form.hash, once.as_deref(), id, form.photos).await.map_err(upload::at_photos)
    };
    shown(&call, id, form.values, done.map(drop)).await
}

/// The finding after something was done to it; or once more, with what is wrong beside its fields.
async fn shown(call: &Logs, id: Id, values: HashMap<String, String>, done: Result<()>) -> Result<HttpResponse> {
    let Err(error) = done else { return Ok(see_other(format!("/findings/{id}"))) };
    let form = FormState::refused(values, error, call.words())?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page_of(call, id, form).await?))
}
