//! The garment of a serial for programs, and the box that finds anything by what is printed on it. A supplier's people find only what is of their
//! own batches and lots.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::FindPage;
use super::{Meant, Scanned, meant};
use crate::kernel::{Code, Result};
use crate::platform::http::perm::{Permission, ProductionRead};
use crate::platform::http::{Problem, Routes, html, html_response, json, query_escape, see_other, segment};
use crate::platform::rooms::Call;
use crate::production::{batches, materials};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_one_json, one_json).get("/find", find_page);
}

/// The GTIN beside a serial, where that is needed to tell it from another.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
pub struct Beside {
    /// 8 to 14 digits.
    pub gtin: Option<String>,
}

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
async fn one_json(call: Call<ProductionRead>, serial: web::Path<String>, beside: web::Query<Beside>) -> Result<HttpResponse> {
    let scanned = Scanned::read("serial", &serial, beside.gtin.as_deref())?;
    let (party, keys, stem) = (call.party, call.app().keys.clone(), call.app().config.label_stem());
    let found = call.read(move |db| {
        let Meant { garment, is_typo, .. } = meant(db, &keys.serials, &scanned, party)?;
        let (garment, batch) = garment.ok_or(if is_typo { Code::SerialTypo } else { Code::SerialUnknown })?;
        let of = batches::serial_of(db, &keys.serials, garment)?.ok_or(Code::SerialUnknown)?;
        let address = batches::address(&stem, of.gtin.as_deref(), &of.serial)?;
        Ok(FoundBody { serial: of.serial, gtin: of.gtin, batch: batch.code, unit: garment.unit() + 1, address })
    });
    json(&found.await?)
}

#[derive(Deserialize)]
struct Find {
    /// A serial, the address on a label, a batch or a lot code.
    q: Option<String>,
}

/// One box for whatever is printed on a thing; it leads to the thing's page.
async fn find_page(call: Call<ProductionRead>, asked: web::Query<Find>) -> Result<HttpResponse> {
    let layout = call.layout(call.words().say("batches-find-title"));
    let q = asked.into_inner().q.unwrap_or_default().trim().to_owned();
    if q.is_empty() {
        return Ok(html(&FindPage { layout, q, fault: None }));
    }
    let scanned = match Scanned::read("q", &q, None) {
        Ok(scanned) => scanned,
        Err(fault) => {
            let fault = Some(layout.t.fault(&fault));
            return Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &FindPage { layout, q, fault }));
        }
    };
    let (party, keys, may_trace) = (call.party, call.app().keys.clone(), call.may(Permission::TraceRead));
    let found = call.read(move |db| {
        let meant = meant(db, &keys.serials, &scanned, party)?;
        if let Some(batch) = &meant.batch {
            return Ok(Ok(format!("/batches/{}", segment(&batch.code))));
        }
        match meant.lots().collect::<Vec<_>>().as_slice() {
            [] => {}
            [lot] => {
                let names = materials::names(db, [(lot.id, lot.code.as_str(), lot.party_id)])?;
                return Ok(Ok(format!("/lots/{}", segment(names.get(&lot.id).unwrap_or(&lot.code)))));
            }
            _ => return Ok(Ok(format!("/lots?q={}", query_escape(&scanned.text)))),
        }
        let Some((garment, batch)) = meant.garment else { return Ok(Err(meant.is_typo)) };
        // Who may not trace sees the unit on the page of its batch.
        let on_batch = format!("/batches/{}?unit={}", segment(&batch.code), garment.unit() + 1);
        let of = if may_trace { batches::serial_of(db, &keys.serials, garment)? } else { None };
        Ok(Ok(of.map_or(on_batch, |of| of.trace_href())))
    });
    let is_typo = match found.await? {
        Ok(href) => return Ok(see_other(href)),
        Err(is_typo) => is_typo,
    };
    let (status, key) =
        if is_typo { (StatusCode::UNPROCESSABLE_ENTITY, "batches-find-typo") } else { (StatusCode::NOT_FOUND, "batches-find-none") };
    let fault = Some(layout.t.say(key).into_owned());
    Ok(html_response(status, &FindPage { layout, q, fault }))
}
