//! What accounts have beside what every thing has: they are shut and opened, and get new links.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Account, new_link, store};
use crate::kernel::Result;
use crate::platform::http::perm::AccountsEdit;
use crate::platform::http::{Form, Problem, Routes, json};
use crate::platform::rooms::{self, ActDeed, BrandOnly, Call, Fields, ThingAct, secret_page, thing_act};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    rooms::routes::<Account>(on);
    let act = |verb, about, deed: ActDeed<Account>| ThingAct::<Account> { verb, about, asks: &Fields::NONE, deed };
    let disable = act("disable", "Keeps somebody out, at once.", |db, stamp, account, _| store::disable(db, stamp, account));
    let enable = act("enable", "Lets somebody in again.", |db, stamp, account, _| store::enable(db, stamp, account));
    thing_act::<_, BrandOnly<AccountsEdit>>(on, disable);
    thing_act::<_, BrandOnly<AccountsEdit>>(on, enable);
    on.api(__path_renew, renew).post("/accounts/{code}/link", renew_page);
}

/// A one-time link. It is shown this once.
#[derive(Serialize, ToSchema)]
struct LinkBody<'a> {
    link: &'a str,
}

/// A new one-time link, for a first or a forgotten password. Earlier links stop.
#[utoipa::path(
    post, path = "/api/v1/accounts/{code}/link", tag = "accounts", params(("code" = String, Path)),
    responses((status = 200, body = LinkBody), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn renew(call: Call<BrandOnly<AccountsEdit>>, login: web::Path<String>) -> Result<HttpResponse> {
    let (_, link) = new_link(call.app(), &login).await?;
    json(&LinkBody { link: link.shown() })
}

async fn renew_page(
    call: Call<BrandOnly<AccountsEdit>>,
    login: web::Path<String>,
    _: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (account, link) = new_link(call.app(), &login).await?;
    Ok(secret_page(&call, &account, Some(link)))
}
