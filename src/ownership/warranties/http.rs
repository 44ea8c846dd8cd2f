//! The warranties' API.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WarrantyState;
use crate::kernel::{Code, Result, text};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Caller, Idempotency, Json, Locale, Routes, json, perm};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::serials::{self, Scanned};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(one_api).service(void_api);
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

/// How the warranty of a garment's latest sale stands today. For callers bound to no party; a retailer finds it with its sales.
#[utoipa::path(tag = "warranties", responses((status = 200, body = Cover), (status = 404, body = Problem)))]
#[get("/api/v1/warranties/{serial}")]
async fn one_api(
    request: HttpRequest,
    caller: Caller<perm::SalesRead>,
    app: web::Data<AppState>,
    serial: web::Path<String>,
) -> Result<HttpResponse> {
    if caller.party.is_some() {
        return Err(Code::NotFound.into());
    }
    let (keys, today, scanned) = (app.keys.clone(), app.today(), Scanned::read("serial", &serial, None)?);
    let state = app
        .store
        .read(move |db| {
            let garment = serials::garment(db, &keys.serials, &scanned)?;
            super::state(db, garment, today)
        })
        .await?;
    json(&Cover::of(state, Locale::of(&request).words()))
}

/// Why a warranty is declared void.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Voiding {
    /// For the buyer to read; names no person. At most 200 characters.
    reason: String,
}

/// Declares the warranty of a garment's live sale void. For callers bound to no party.
#[utoipa::path(
    tag = "warranties",
    request_body = Voiding,
    responses((status = 200, body = Cover), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[post("/api/v1/warranties/{serial}/void")]
async fn void_api(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    app: web::Data<AppState>,
    serial: web::Path<String>,
    body: Json<Voiding>,
) -> Result<HttpResponse> {
    if caller.party.is_some() {
        return Err(Code::NotFound.into());
    }
    let once = Idempotency::of(&request, &body.hash, None)?;
    let reason = text::line("reason", &body.value.reason, 200)?;
    let scanned = Scanned::read("serial", &serial, None)?;
    let (keys, today, stamp, words) = (app.keys.clone(), app.today(), caller.stamp(), Locale::of(&request).words());
    let cover = app
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                let garment = serials::garment(db, &keys.serials, &scanned)?;
                let warranty = super::void(db, &stamp, garment, &reason)?;
                Ok(Cover::of(warranty.state(db, today)?, words))
            })
        })
        .await?;
    json(&cover)
}
