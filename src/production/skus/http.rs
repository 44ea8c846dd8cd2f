//! What skus have beside what every thing has: corrections, and the way to a new one from its style.

use actix_web::{HttpResponse, web};

use super::SkuView;
use crate::kernel::Result;
use crate::platform::http::perm::CatalogueEdit;
use crate::platform::http::{Routes, query_escape, see_other};
use crate::platform::rooms::{self, BrandOnly, Call};
use crate::production::corrections;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    rooms::routes::<SkuView>(on);
    corrections::routes::<SkuView>(on);
    on.get("/styles/{code}/skus/new", of_style);
}

async fn of_style(_: Call<BrandOnly<CatalogueEdit>>, style: web::Path<String>) -> Result<HttpResponse> {
    Ok(see_other(format!("/skus/new?style={}", query_escape(&style))))
}
