//! What batches have beside what every thing has: serials are minted, made void and looked up, and a box finds anything by what is printed on it.
//! A supplier's people see only batches they sewed or that hold their lots, and change none.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::{FindPage, UnitLine, UnitsSection, trace_href, voids_text};
use super::rules::{self, Sought};
use super::store::{batches as store, serials, units};
use super::{Batch, BatchSheet, Minted};
use crate::kernel::{Code, Error, Fault, GarmentId, Result};
use crate::platform::db::Db;
use crate::platform::http::perm::{LabelsEdit, Perm, Permission, ProductionRead};
use crate::platform::http::{Filled, Form, Json, Problem, Routes, html, html_response, json, query_escape, see_other};
use crate::platform::rooms::{self, Besides, BrandOnly, Call, Listing, Sees, Thing, href, one_with, seen};
use crate::production::corrections;
use crate::production::materials::LotSheet;

/// Mounts the room.
pub(super) fn routes(on: &mut Routes<'_, '_>) {
    rooms::routes_without_page::<BatchSheet>(on);
    corrections::routes::<BatchSheet>(on);
    on.api(__path_mint_api, mint_api)
        .api(__path_void_api, void_api)
        .api(__path_serial_api, serial_api)
        .get("/batches/{code}", one_page)
        .post("/batches/{code}/voids", void_form)
        .get("/find", find_page);
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
    let (code, count, epoch) = (code.into_inner(), body.value.count, call.house().keys.serials.newest());
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

/// Beside which GTIN a serial stands.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Beside {
    /// The GTIN, if known.
    gtin: Option<String>,
}

/// The garment a serial names.
#[derive(Serialize, ToSchema)]
struct FoundBody {
    /// The serial as it is printed.
    serial: String,
    /// The GTIN it stands beside.
    gtin: Option<String>,
    /// Its batch.
    batch: String,
    /// Its unit, counted from 1.
    unit: i64,
    /// The address on its label.
    address: String,
}

/// The garment of a serial, ours as people type it or one from elsewhere exactly.
#[utoipa::path(
    get, path = "/api/v1/serials/{serial}", tag = "batches", params(("serial" = String, Path), Beside),
    responses((status = 200, body = FoundBody), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn serial_api(call: Call<ProductionRead>, serial: web::Path<String>, beside: web::Query<Beside>) -> Result<HttpResponse> {
    let (sees, keys, stem) = (call.sees(), call.house().keys.clone(), call.house().config.label_stem());
    let (serial, gtin) = (serial.into_inner(), beside.into_inner().gtin);
    let found = call.read(move |db| {
        let unknown = || Error::from(Code::SerialUnknown);
        let garment = serials::find_serial(db, &keys.serials, gtin.as_deref(), &serial)?.ok_or_else(unknown)?;
        let batch = known_batch(db, garment, sees)?.ok_or_else(unknown)?;
        let of = serials::serial_of(db, &keys.serials, garment)?.ok_or_else(unknown)?;
        let address = rules::address(&stem, of.gtin.as_deref(), &of.serial)?;
        Ok(FoundBody { serial: of.serial, gtin: of.gtin, batch: batch.code, unit: garment.unit() + 1, address })
    });
    json(&found.await?)
}

/// The batch of a garment, if the asker may know of it.
fn known_batch(db: &mut Db, garment: GarmentId, sees: Sees) -> Result<Option<Batch>> {
    let Some(batch) = store::batch(db, garment.batch())? else { return Ok(None) };
    match sees.party() {
        Some(party) if !store::is_of_party(db, &batch, party)? => Ok(None),
        _ => Ok(Some(batch)),
    }
}

/// What the page of a batch is asked besides.
#[derive(Deserialize)]
struct OneAsk {
    /// A unit, counted from 1, whose serial to show.
    unit: Option<i64>,
}

async fn one_page(call: Call<ProductionRead>, code: web::Path<String>, ask: web::Query<OneAsk>) -> Result<HttpResponse> {
    one(&call, code.into_inner(), ask.unit, (Filled::default(), None)).await
}

/// The page of a batch, with the form for void units as it was filled in.
async fn one<P: Perm>(
    call: &Call<P>,
    code: String,
    unit: Option<i64>,
    (form, status): (Filled, Option<StatusCode>),
) -> Result<HttpResponse> {
    let (sees, keys, stem) = (call.sees(), call.house().keys.clone(), call.house().config.label_stem());
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
    let section = UnitsSection { shell: call.shell(code.as_str()), batch, voids, asked, line, form };
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
            let form = Filled::refused(form.value, error, call.words())?;
            one(&call, code, None, (form, Some(StatusCode::UNPROCESSABLE_ENTITY))).await
        }
    }
}

/// What somebody is looking for.
#[derive(Deserialize)]
struct Find {
    /// A serial, the address on a label, a batch or a lot code.
    q: Option<String>,
}

/// One box for whatever is printed on a thing; it leads to the thing's page.
async fn find_page(call: Call<ProductionRead>, asked: web::Query<Find>) -> Result<HttpResponse> {
    let shell = call.shell(call.words().say("batches-find-title"));
    let q = asked.into_inner().q.unwrap_or_default().trim().to_owned();
    if q.is_empty() {
        return Ok(html(&FindPage { shell, q, fault: None }));
    }
    let (sees, keys, sought) = (call.sees(), call.house().keys.clone(), rules::sought(&q));
    let may_trace = call.may(Permission::TraceRead);
    let found = call.read(move |db| {
        if let Sought::Anything(code) = &sought {
            if let Some(batch) = BatchSheet::find(db, code, sees)? {
                return Ok(Some(batch.href()));
            }
            match LotSheet::find(db, code, sees) {
                Ok(None) => {}
                Ok(Some(lot)) => return Ok(Some(lot.href())),
                Err(error) if error.code() == Code::Ambiguous => return Ok(Some(format!("/lots?q={}", query_escape(code)))),
                Err(error) => return Err(error),
            }
        }
        let (gtin, serial) = sought.serial();
        let Some(garment) = serials::find_serial(db, &keys.serials, gtin, serial)? else { return Ok(None) };
        let Some(batch) = known_batch(db, garment, sees)? else { return Ok(None) };
        // Who may not trace sees the unit on the page of its batch.
        if !may_trace {
            return Ok(Some(format!("{}?unit={}", href::<BatchSheet>(&batch.code), garment.unit() + 1)));
        }
        Ok(serials::serial_of(db, &keys.serials, garment)?.map(|of| trace_href(&of)))
    });
    let code = match found.await {
        Ok(Some(href)) => return Ok(see_other(href)),
        Ok(None) => Code::SerialUnknown,
        Err(error) if error.code() == Code::SerialTypo => Code::SerialTypo,
        Err(error) => return Err(error),
    };
    let (fault, status) = match code {
        Code::SerialTypo => ("batches-find-typo", StatusCode::UNPROCESSABLE_ENTITY),
        _ => ("batches-find-none", StatusCode::NOT_FOUND),
    };
    let fault = Some(shell.t.say(fault).into_owned());
    Ok(html_response(status, &FindPage { shell, q, fault }))
}
