//! The warranties' API.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WarrantyState;
use crate::kernel::{Result, text};
use crate::platform::http::perm::{SalesEdit, SalesRead};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Json, Routes, json};
use crate::platform::rooms::{BrandOnly, Call};
use crate::platform::words::Words;
use crate::production::serials::{self, Scanned};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_one_api, one_api).api(__path_void_api, void_api);
}

/// How a garment is covered.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Cover {
    /// For programs.
    warranty: WarrantyState,
    /// For people, in the language asked for.
    says: String,
}

impl Cover {
    fn of(warranty: WarrantyState, words: Words) -> Self {
        Self { says: warranty.say(words), warranty }
    }
}

/// How the warranty of a garment's latest sale stands today. For the brand's own people; a retailer finds it with its sales.
#[utoipa::path(get, path = "/api/v1/warranties/{serial}", tag = "warranties", responses((status = 200, body = Cover), (status = 404, body = Problem)), params(("serial" = String, Path)))]
async fn one_api(call: Call<BrandOnly<SalesRead>>, serial: web::Path<String>) -> Result<HttpResponse> {
    let (keys, today, scanned) = (call.app().keys.clone(), call.app().today(), Scanned::read("serial", &serial, None)?);
    let state = call.read(move |db| {
        let garment = serials::garment(db, &keys.serials, &scanned)?;
        super::state(db, garment, today)
    });
    json(&Cover::of(state.await?, call.words()))
}

/// Why a warranty is declared void.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Voiding {
    /// For the buyer to read; names no person. At most 200 characters.
    reason: String,
}

/// Declares the warranty of a garment's live sale void. For the brand's own people.
#[utoipa::path(post, path = "/api/v1/warranties/{serial}/void", tag = "warranties",
    request_body = Voiding,
    responses((status = 200, body = Cover), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)), params(("serial" = String, Path)))]
async fn void_api(call: Call<BrandOnly<SalesEdit>>, serial: web::Path<String>, body: Json<Voiding>) -> Result<HttpResponse> {
    let (keys, today, words) = (call.app().keys.clone(), call.app().today(), call.words());
    let (reason, scanned) = (text::line("reason", &body.value.reason, 200)?, Scanned::read("serial", &serial, None)?);
    let cover = call.change(&body.hash, None, move |db, stamp| {
        let garment = serials::garment(db, &keys.serials, &scanned)?;
        let warranty = super::void(db, stamp, garment, &reason)?;
        Ok(Cover::of(warranty.state(db, today)?, words))
    });
    json(&cover.await?)
}
