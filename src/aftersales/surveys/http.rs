//! Answers and follow-ups: what every thing has, they have from their fields; the acts, and the measure for programs.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};

use super::store::answers::{Survey, satisfaction};
use super::store::follow_ups::{FollowUp, decline, done};
use super::{DECLINE, DONE, Satisfaction};
use crate::kernel::Result;
use crate::platform::http::perm::{CasesEdit, CasesRead};
use crate::platform::http::{Routes, json};
use crate::platform::rooms::{BrandOnly, Call, ThingAct, asked_of, once_made_routes, thing_act};

/// Mounts the answers.
pub fn routes(on: &mut Routes<'_>) {
    once_made_routes::<Survey>(on);
    on.api(__path_satisfaction_json, satisfaction_json);
}

/// Mounts the follow-ups.
pub fn follow_up_routes(on: &mut Routes<'_>) {
    once_made_routes::<FollowUp>(on);
    let acts = [
        ThingAct { verb: "done", about: "Somebody asked: all is well, or it goes on in a case that follows.", asks: &DONE, deed: done },
        ThingAct { verb: "decline", about: "The buyer would rather not be asked.", asks: &DECLINE, deed: decline },
    ];
    for act in acts {
        thing_act::<_, BrandOnly<CasesEdit>>(on, act);
    }
}

/// How satisfied buyers are: answers of 4 or 5 out of the answers with a score; as a whole, by agent and by class of reason. It is narrowed as the
/// list of answers is.
#[utoipa::path(get, path = "/api/v1/satisfaction", tag = "surveys",
    params(("score" = Option<String>, Query), ("agent" = Option<String>, Query), ("channel" = Option<String>, Query), ("class" = Option<String>, Query),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, body = Satisfaction)))]
async fn satisfaction_json(call: Call<BrandOnly<CasesRead>>, pairs: web::Query<HashMap<String, String>>) -> Result<HttpResponse> {
    let query = asked_of::<Survey>(&call, &pairs)?;
    json(&call.read(move |db| satisfaction(db, &query)).await?)
}
