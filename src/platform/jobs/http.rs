//! Asking how far a job is.

use actix_web::{HttpResponse, web};

use super::{Job, find};
use crate::kernel::{Code, Id, Result};
use crate::platform::http::perm::{self, Permission};
use crate::platform::http::{Caller, Problem, Routes, json};
use crate::platform::state::AppState;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_job, job);
}

/// One job, for whoever asked for it.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", responses((status = 200, body = Job), (status = 404, body = Problem)), params(("id" = String, Path)))]
async fn job(caller: Caller<perm::SignedIn>, app: web::Data<AppState>, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let job = app.store.read(move |db| find(db, id)).await?.ok_or(Code::NotFound)?;
    if job.created_by != caller.actor && !caller.may(Permission::AccountsEdit) {
        return Err(Code::NotFound.into());
    }
    json(&job)
}
