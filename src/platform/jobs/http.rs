//! Asking how far a job is.

use actix_web::{HttpResponse, get, web};

use super::{Job, find};
use crate::kernel::{Code, Id, Result};
use crate::platform::http::perm::{self, Permission};
use crate::platform::http::{Caller, Problem, Routes, json};
use crate::platform::state::AppState;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(job);
}

/// One job, for whoever asked for it.
#[utoipa::path(tag = "jobs", responses((status = 200, body = Job), (status = 404, body = Problem)))]
#[get("/api/v1/jobs/{id}")]
async fn job(caller: Caller<perm::SignedIn>, app: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let job = app.store.read(move |db| find(db, id)).await?.ok_or(Code::NotFound)?;
    if job.created_by != caller.actor && !caller.may(Permission::AccountsEdit) {
        return Err(Code::NotFound.into());
    }
    json(&job)
}
