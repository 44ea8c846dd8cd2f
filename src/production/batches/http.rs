//! What batches have beside what every thing has: serials are minted, made void and looked up.
//! A supplier's people see only batches they sewed or that hold their lots, and change none.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{UnitLine, UnitsSection, voids_text};
use super::rules;
use super::store::{serials, units};
use super::{BatchSheet, Minted};
use crate::kernel::{Error, Fault, GarmentId, Result};
use crate::platform::http::perm::{LabelsEdit, Perm, Permission, ProductionRead};
use crate::platform::http::{Form, FormState, Json, Problem, Routes, json, see_other};
use crate::platform::rooms::{self, Besides, BrandOnly, Call, href, one_with, seen};
use crate::production::corrections;

/// Mounts the room.
pub(super) fn routes(on: &mut Routes<'_>) {
    rooms::routes_without_page::<BatchSheet>(on);
    corrections::routes::<BatchSheet>(on);
    on.api(__path_mint_api, mint_api)
        .api(__path_void_api, void_api)
        .get("/batches/{code}", one_page)
        .post("/batches/{code}/voids", void_form);
}

/// How many serials to mint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MintBody {
    /// Garments, 1 to what the batch has room for.
    count: i64,
}

/// The units that were minted.
#[derive(Serialize, Deserialize, ToSchema)]
struct MintedBody {
    /// The first, counted from 1.
    unit_first: i64,
    /// The last.
    unit_last: i64,
    /// The GTIN of the batch's serials.
    gtin: Option<String>,
    /// The key epoch of the batch's serials.
    epoch: u8,
}

/// Mints serials for the next units of a batch.
#[utoipa::path(
    post, path = "/api/v1/batches/{code}/mint", tag = "batches", request_body = MintBody, params(("code" = String, Path)),
    responses((status = 200, body = MintedBody), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn mint_api(call: Call<BrandOnly<LabelsEdit>>, code: web::Path<String>, body: Json<MintBody>) -> Result<HttpResponse> {
    let (code, count, epoch) = (code.into_inner(), body.value.count, call.app().keys.serials.newest());
    let minted = call.change(&body.hash, None, move |db, stamp| {
        let Minted { units, gtin, epoch } = units::mint_next(db, stamp, &code, count, epoch)?;
        Ok(MintedBody { unit_first: units.start + 1, unit_last: units.end, gtin, epoch })
    });
    json(&minted.await?)
}

/// Which units to make void.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VoidBody {
    /// Units counted from 1 with both ends: `7`, `501-520`.
    units: Vec<String>,
    /// Why, at most 200 characters.
    reason: String,
}

/// How many units became void.
#[derive(Serialize, Deserialize, ToSchema)]
struct VoidedBody {
    /// Units that were not void before.
    voided: i64,
}

/// Makes units void, for ever.
#[utoipa::path(
    post, path = "/api/v1/batches/{code}/voids", tag = "batches", request_body = VoidBody, params(("code" = String, Path)),
    responses((status = 200, body = VoidedBody), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn void_api(call: Call<BrandOnly<LabelsEdit>>, code: web::Path<String>, body: Json<VoidBody>) -> Result<HttpResponse> {
    json(&void(&call, &body.hash, None, code.into_inner(), body.value).await?)
}

async fn void(call: &Call<BrandOnly<LabelsEdit>>, hash: &str, once: Option<&str>, code: String, body: VoidBody) -> Result<VoidedBody> {
    let ranges = body.units.iter().map(|text| rules::read_some_units("units", text)).collect::<Result<Vec<_>, Fault>>()?;
    call.change(hash, once, move |db, stamp| Ok(VoidedBody { voided: units::void_of(db, stamp, &code, &ranges, &body.reason)? })).await
}

/// What the page of a batch is asked besides.
#[derive(Deserialize)]
struct OneAsk {
    /// A unit, counted from 1, whose serial to show.
    unit: Option<i64>,
}

async fn one_page(call: Call<ProductionRead>, code: web::Path<String>, ask: web::Query<OneAsk>) -> Result<HttpResponse> {
    one(&call, code.into_inner(), ask.unit, (FormState::default(), None)).await
}

/// The page of a batch, with the form for void units as it was filled in.
async fn one<P: Perm>(
    call: &Call<P>,
    code: String,
    unit: Option<i64>,
    (form, status): (FormState, Option<StatusCode>),
) -> Result<HttpResponse> {
    let (sees, keys, stem) = (call.sees(), call.app().keys.clone(), call.app().config.label_stem());
    let asked = unit.filter(|_| call.may(Permission::LabelsRead));
    let named = code.clone();
    let found = call.read(move |db| {
        let batch: BatchSheet = seen(db, &named, sees)?;
        let voids = voids_text(&units::voids_of(db, batch.no)?);
        let Some(garment) = asked.and_then(|unit| GarmentId::new(batch.no, unit - 1)) else { return Ok((batch, voids, None)) };
        let Some(of) = serials::serial_of(db, &keys.serials, garment)? else { return Ok((batch, voids, None)) };
        let address = rules::address(&stem, of.gtin.as_deref(), &of.serial)?;
        let is_void = units::is_void(db, garment)?;
        Ok((batch, voids, Some(UnitLine { unit: garment.unit() + 1, serial: of.serial, address, is_void })))
    });
    let (batch, voids, line) = found.await?;
    let section = UnitsSection { layout: call.layout(code.as_str()), batch, voids, asked, line, form };
    let section = section.render().map_err(Error::broken)?;
    one_with::<BatchSheet, P>(call, code, Besides { section, status, ..Besides::default() }).await
}

async fn void_form(
    call: Call<BrandOnly<LabelsEdit>>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let code = code.into_inner();
    let text = |name: &str| form.value.get(name).cloned().unwrap_or_default();
    let units =
        text("units").split([',', '，', ';', '；', '、', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    match void(&call, &form.hash, form.once.as_deref(), code.clone(), VoidBody { units, reason: text("reason") }).await {
        Ok(_) => Ok(see_other(href::<BatchSheet>(&code))),
        Err(error) => {
            let form = FormState::refused(form.value, error, call.words())?;
            one(&call, code, None, (form, Some(StatusCode::UNPROCESSABLE_ENTITY))).await
        }
    }
}
