//! The findings' API, for handhelds, cameras and other systems.

use actix_web::dev::Payload;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Ask, id_of, page_of, resolve, unbound, upload, view_of, visible};
use crate::kernel::paging::Page;
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::http::{Caller, House, Json, Once, Problem, created, json, perm, sha256_hex};
use crate::quality::findings::photo::BYTES_MAX;
use crate::quality::findings::store::{findings, photos};
use crate::quality::findings::{Draft, FindingView, Photo, views};

/// Findings that may be logged at once.
const MANY: usize = 500;

/// Findings, the latest logged first.
#[utoipa::path(tag = "findings", params(Ask), responses((status = 200, body = Page<FindingView>), (status = 422, body = Problem)))]
#[get("/api/v1/findings")]
pub(super) async fn list(caller: Caller<perm::FindingsRead>, house: web::Data<House>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(&house, caller.party, ask.into_inner()).await?)
}

/// One finding with its photos.
#[utoipa::path(tag = "findings", responses((status = 200, body = FindingView), (status = 404, body = Problem)))]
#[get("/api/v1/findings/{id}")]
pub(super) async fn one(caller: Caller<perm::FindingsRead>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    json(&visible(&house, caller.party, id_of(&id)?).await?)
}

async fn log(house: &House, caller: &Caller<perm::FindingsEdit>, once: Once, drafts: Vec<Draft>) -> Result<Vec<FindingView>> {
    unbound(caller)?;
    let (stamp, today, keys) = (caller.stamp(), house.today(), house.keys.clone());
    house
        .store
        .write(move |db| {
            let ids: Vec<Id> = once.run(db, &stamp, |db| {
                let news = resolve(db, &keys.serials, &drafts, today)?;
                findings::log(db, &stamp, &news)
            })?;
            let mut logged = Vec::with_capacity(ids.len());
            for id in ids {
                logged.extend(findings::finding(db, id, None)?);
            }
            views(db, &keys.serials, logged, false)
        })
        .await
}

/// Logs a finding.
#[utoipa::path(
    tag = "findings",
    request_body = Draft,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses((status = 201, body = FindingView, headers(("location" = String))), (status = 422, body = Problem))
)]
#[post("/api/v1/findings")]
pub(super) async fn log_one(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    body: Json<Draft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let logged = log(&house, &caller, once, vec![body.value]).await?.pop().ok_or(Code::NotFound)?;
    created(&format!("/api/v1/findings/{}", logged.id), &logged)
}

/// Findings that a handheld gathered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Gathered {
    /// 1 to 500 of them.
    findings: Vec<Draft>,
}

/// What was logged.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Logged {
    /// In the order they were sent.
    findings: Vec<FindingView>,
}

/// Logs findings that a handheld gathered while it had no connection: all of them or, when one is wrong, none.
#[utoipa::path(
    tag = "findings",
    request_body = Gathered,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses((status = 200, body = Logged), (status = 422, body = Problem, description = "Each wrong field by its place: `findings.3.zone`"))
)]
#[post("/api/v1/findings/bulk")]
pub(super) async fn log_many(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    body: Json<Gathered>,
) -> Result<HttpResponse> {
    let drafts = body.value.findings;
    if drafts.is_empty() || drafts.len() > MANY {
        return Err(Fault::new("findings", Code::OutOfRange).with("min", 1).with("max", MANY).into());
    }
    let once = Once::of(&request, &body.hash, None)?;
    json(&Logged { findings: log(&house, &caller, once, drafts).await? })
}

/// A withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Withdrawal {
    /// Why it was a mistake.
    reason: String,
    /// The version that was read.
    version: i64,
}

/// Withdraws a finding that was a mistake: it stays, with the reason, and counts nowhere.
#[utoipa::path(
    tag = "findings",
    request_body = Withdrawal,
    responses((status = 200, body = FindingView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[post("/api/v1/findings/{id}/withdraw")]
pub(super) async fn withdraw(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    body: Json<Withdrawal>,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let (once, id) = (Once::of(&request, &body.hash, None)?, id_of(&id)?);
    let (stamp, keys, asked) = (caller.stamp(), house.keys.clone(), body.value);
    let finding = house.store.write(move |db| {
        once.run(db, &stamp, |db| {
            findings::withdraw(db, &stamp, id, asked.version, &asked.reason)?;
            view_of(db, &keys.serials, id, None)
        })
    });
    json(&finding.await?)
}

/// Adds a photo to a finding: the body is the picture, JPEG or PNG, at most 8 MiB and 40 megapixels. What is stored is the picture alone,
/// upright, at most 2048 pixels wide or high, without place, time or camera.
#[utoipa::path(
    tag = "findings",
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses(
        (status = 201, body = Photo, headers(("location" = String))),
        (status = 404, body = Problem),
        (status = 413, body = Problem, description = "More than 8 MiB"),
        (status = 422, body = Problem, description = "No picture, too many pixels, cut short, or more photos than a finding may have"),
    )
)]
#[post("/api/v1/findings/{id}/photos")]
pub(super) async fn add_photo(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    body: web::Payload,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let id = id_of(&id)?;
    if !request.headers().get("content-type").and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("image/")) {
        return Err(Code::UnsupportedMedia.into());
    }
    visible(&house, None, id).await?;
    let mut body: Payload = body.into_inner();
    let bytes = crate::platform::http::body::read_body(&request, &mut body, BYTES_MAX).await?;
    let once = Once::of(&request, &sha256_hex(&bytes), None)?;
    let pictures = upload::clean_all(vec![bytes]).await?;
    let stamp = caller.stamp();
    let photo: Photo = house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                let ids = photos::attach(db, &stamp, id, &pictures)?;
                let known = photos::photos_of(db, &[id])?.remove(&id).unwrap_or_default();
                known.into_iter().find(|photo| ids.contains(&photo.id)).ok_or_else(|| Code::NotFound.into())
            })
        })
        .await?;
    created(&photo.href, &photo)
}
