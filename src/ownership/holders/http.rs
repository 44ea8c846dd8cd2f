//! What the staff may do about holders: read how to reach one, and be seen reading it. The holders' own pages are part of the card.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Consent, Contact, HolderKeys, ReadReason};
use crate::kernel::{Code, Result};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Caller, Json, Routes, json, perm};
use crate::platform::state::AppState;
use crate::production::serials::{self, Scanned};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(read_api);
}

/// Why contact data is read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadContact {
    /// Becomes part of the garment's history, with who read it and when.
    why: ReadReason,
}

/// How to reach a holder, and for what.
#[derive(Debug, Serialize, ToSchema)]
struct ContactView {
    /// Only what they left.
    contact: Contact,
    /// What they may be contacted for.
    consents: Vec<Consent>,
}

/// Reads how to reach the garment's holder. A POST, because the reading is recorded.
#[utoipa::path(
    tag = "holders",
    request_body = ReadContact,
    responses((status = 200, body = ContactView), (status = 404, body = Problem, description = "Nobody holds it, or they left nothing"))
)]
#[post("/api/v1/contacts/{serial}/read")]
async fn read_api(
    caller: Caller<perm::ContactRead>,
    app: web::Data<AppState>,
    serial: web::Path<String>,
    body: Json<ReadContact>,
) -> Result<HttpResponse> {
    if caller.party.is_some() {
        return Err(Code::NotFound.into());
    }
    let (house_keys, stamp, why) = (app.keys.clone(), caller.stamp(), body.value.why);
    let keys = HolderKeys::derive(&app.keys.house)?;
    let scanned = Scanned::read("serial", &serial, None)?;
    let (contact, consents) = app
        .store
        .write(move |db| {
            let garment = serials::garment(db, &house_keys.serials, &scanned)?;
            super::contact_read(db, &stamp, &keys, garment, why)
        })
        .await?;
    json(&ContactView { contact, consents })
}
