//! Our own script modules, embedded in the program and served with a hash in the name: a browser keeps them for ever, and a new version has
//! a new name. Every page is complete without them.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::caller::Visitor;
use super::routes::Routes;
use super::sha256_hex;
use crate::kernel::{Code, Result};

/// An embedded file.
pub struct Asset {
    name: &'static str,
    ending: &'static str,
    media: &'static str,
    body: &'static str,
    href: OnceLock<String>,
}

impl Asset {
    const fn new(name: &'static str, ending: &'static str, media: &'static str, body: &'static str) -> Self {
        Self { name, ending, media, body, href: OnceLock::new() }
    }

    /// Where it is: `/assets/staff-1f0c….js`.
    pub fn href(&self) -> &str {
        self.href.get_or_init(|| {
            let hash = sha256_hex(self.body.as_bytes());
            format!("/assets/{}-{}.{}", self.name, hash.get(..16).unwrap_or(&hash), self.ending)
        })
    }
}

/// Scanner bursts, smaller photos, lists that can be searched: what the staff pages do better with a script.
pub static STAFF_MODULE: Asset = Asset::new("staff", "js", "text/javascript; charset=utf-8", include_str!("staff.js"));

static ASSETS: [&Asset; 1] = [&STAFF_MODULE];

/// Mounts the assets.
pub fn routes(on: &mut Routes<'_>) {
    on.get("/assets/{file}", asset);
}

/// One of them, for anybody.
async fn asset(_: Visitor, file: web::Path<String>) -> Result<HttpResponse> {
    let wanted = format!("/assets/{file}");
    let found = ASSETS.iter().find(|asset| asset.href() == wanted).ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .content_type(found.media)
        .body(found.body))
}
