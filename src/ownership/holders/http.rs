//! What the staff may do about holders: read how to reach one, and be seen reading it. The holders' own pages are part of the card.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{LegalHold, lift};
use super::{Consent, Contact, HolderKeys, LIFT, ReadReason};
use crate::kernel::{Code, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::{ContactRead, LiabilityEdit};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Json, Routes, json};
use crate::platform::rooms::{Acting, BrandOnly, Call, Thing, ThingAct, once_made_routes, thing_act};
use crate::production::serials::{self, Scanned};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_read_api, read_api);
    once_made_routes::<LegalHold>(on);
    let lift = ThingAct::<LegalHold> {
        verb: "lift",
        about: "Lifts a legal hold: what should have been erased in the meantime is erased. Not by whoever set it.",
        asks: &LIFT,
        deed: lift_one,
    };
    thing_act::<_, BrandOnly<LiabilityEdit>>(on, lift);
}

/// Lifts a legal hold.
fn lift_one(db: &mut Db, stamp: &Stamp, hold: LegalHold, acting: &Acting<'_>) -> Result<LegalHold> {
    lift(db, stamp, &hold, acting.said.text("reason").unwrap_or_default())?;
    LegalHold::with_codes(db, &[&hold.code])?.pop().ok_or_else(|| Code::NotFound.into())
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
#[utoipa::path(post, path = "/api/v1/contacts/{serial}/read", tag = "holders",
    request_body = ReadContact,
    responses((status = 200, body = ContactView), (status = 404, body = Problem, description = "Nobody holds it, or they left nothing")), params(("serial" = String, Path)))]
async fn read_api(call: Call<BrandOnly<ContactRead>>, serial: web::Path<String>, body: Json<ReadContact>) -> Result<HttpResponse> {
    let (app, stamp, why) = (call.app(), call.app().stamp(&call.actor), body.value.why);
    let (own, keys, scanned) = (app.keys.clone(), HolderKeys::derive(&app.keys.house)?, Scanned::read("serial", &serial, None)?);
    let found = app.store.write(move |db| {
        let garment = serials::garment(db, &own.serials, &scanned)?;
        super::contact_read(db, &stamp, &keys, garment, why)
    });
    let (contact, consents) = found.await?;
    json(&ContactView { contact, consents })
}
