//! The routes of links: an API only; what the public sees of them is in the resolver and on the card.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::Deserialize;

use super::store;
use super::{LinkView, NewLink};
use crate::kernel::paging::PageAsk;
use crate::kernel::{Id, Result};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Caller, House, Json, Once, Routes, created, json, perm};

/// Mounts the room's routes.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list).service(one).service(attach).service(remove);
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `style`, `sku`, `lot`, `batch` or `garment`.
    level: Option<String>,
    /// Links of this thing alone: its code, or a garment's serial.
    code: Option<String>,
    /// The GTIN beside the serial.
    gtin: Option<String>,
    /// Continue after this.
    after: Option<String>,
    /// Links a page.
    per_page: Option<i64>,
}

/// Links, in the order they were attached.
#[utoipa::path(tag = "links", params(Filter), responses((status = 200, body = Vec<LinkView>), (status = 422, body = Problem)))]
#[get("/api/v1/links")]
async fn list(_caller: Caller<perm::LinksEdit>, house: web::Data<House>, filter: web::Query<Filter>) -> Result<HttpResponse> {
    let (filter, keys) = (filter.into_inner(), house.keys.clone());
    let ask = PageAsk { after: filter.after.clone(), per_page: filter.per_page };
    let page = house
        .store
        .read(move |db| store::list(db, &keys.serials, filter.level.as_deref(), filter.code.as_deref(), filter.gtin.as_deref(), &ask))
        .await?;
    json(&page)
}

/// One link.
#[utoipa::path(tag = "links", responses((status = 200, body = LinkView), (status = 404, body = Problem)))]
#[get("/api/v1/links/{id}")]
async fn one(_caller: Caller<perm::LinksEdit>, house: web::Data<House>, path: web::Path<String>) -> Result<HttpResponse> {
    let (id, keys): (Id, _) = (path.parse()?, house.keys.clone());
    json(&house.store.read(move |db| store::view(db, &keys.serials, id)).await?)
}

/// Attaches a link to a style, sku, lot, batch or garment.
#[utoipa::path(
    tag = "links",
    request_body = NewLink,
    responses((status = 201, body = LinkView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[post("/api/v1/links")]
async fn attach(
    request: HttpRequest,
    caller: Caller<perm::LinksEdit>,
    house: web::Data<House>,
    new: Json<NewLink>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &new.hash, None)?;
    let (stamp, keys, new) = (caller.stamp(), house.keys.clone(), new.value);
    let link: LinkView = house.store.write(move |db| once.run(db, &stamp, |db| store::attach(db, &stamp, &keys.serials, &new))).await?;
    created(&format!("/api/v1/links/{}", link.id), &link)
}

/// Takes a link away.
#[utoipa::path(tag = "links", responses((status = 204), (status = 404, body = Problem)))]
#[delete("/api/v1/links/{id}")]
async fn remove(caller: Caller<perm::LinksEdit>, house: web::Data<House>, path: web::Path<String>) -> Result<HttpResponse> {
    let (id, stamp): (Id, _) = (path.parse()?, caller.stamp());
    house.store.write(move |db| store::remove(db, &stamp, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
