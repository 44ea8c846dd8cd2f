//! The rules, and what a garment's buyer is entitled to. For the brand's own people.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{AnswerView, RightRule, answer, read_market};
use crate::kernel::{Code, Result, time};
use crate::platform::http::perm::CasesRead;
use crate::platform::http::{Problem, Routes, json};
use crate::platform::rooms::{self, BrandOnly, Call};
use crate::production::batches;
use crate::production::serials::{self, Beside, Scanned};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    rooms::routes::<RightRule>(on);
    on.api(__path_one_json, one_json);
}

/// Of which day and market.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct RightsQuery {
    /// The local day; today when absent.
    on: Option<String>,
    /// Two letters of a country; that of the sale when absent.
    market: Option<String>,
}

/// What the buyer of a garment is entitled to: every right with its rule, its window, who pays the way, what it takes, and the words for people.
#[utoipa::path(get, path = "/api/v1/rights/{serial}", tag = "rights", params(("serial" = String, Path), Beside, RightsQuery),
    responses((status = 200, body = AnswerView), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn one_json(
    call: Call<BrandOnly<CasesRead>>,
    serial: web::Path<String>,
    beside: web::Query<Beside>,
    asked: web::Query<RightsQuery>,
) -> Result<HttpResponse> {
    let scanned = Scanned::read("serial", &serial, beside.gtin.as_deref())?;
    let on = asked.on.as_deref().map_or_else(|| Ok(call.app().today()), |day| time::read_date("on", day))?;
    let market = asked.market.as_deref().map(|market| read_market("market", market)).transpose()?.filter(|market| !market.is_empty());
    let keys = call.app().keys.clone();
    let view = call.read(move |db| {
        let garment = serials::garment(db, &keys.serials, &scanned)?;
        let serial = batches::serial_of(db, &keys.serials, garment)?.ok_or(Code::SerialUnknown)?.serial;
        Ok(AnswerView::of(serial, answer(db, garment, on, market.as_deref())?))
    });
    json(&view.await?)
}
