//! What links have beside what every thing has: they are taken away.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};

use super::store::{self, Link};
use crate::kernel::{Id, Result};
use crate::platform::http::perm::LinksEdit;
use crate::platform::http::{Form, Problem, Routes, see_other};
use crate::platform::rooms::{BrandOnly, Call, once_made_routes};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    once_made_routes::<Link>(on);
    on.api(__path_remove, remove).post("/links/{code}/remove", remove_page);
}

async fn removed(call: &Call<BrandOnly<LinksEdit>>, id: Id) -> Result<()> {
    call.change("", None, move |db, stamp| store::remove(db, stamp, id)).await
}

/// Takes a link away.
#[utoipa::path(
    delete, path = "/api/v1/links/{code}", tag = "links", params(("code" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
async fn remove(call: Call<BrandOnly<LinksEdit>>, id: web::Path<String>) -> Result<HttpResponse> {
    removed(&call, id.parse()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn remove_page(
    call: Call<BrandOnly<LinksEdit>>,
    id: web::Path<String>,
    _form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    removed(&call, id.parse()?).await?;
    Ok(see_other("/links"))
}
