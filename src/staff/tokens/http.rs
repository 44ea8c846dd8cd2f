//! What keys have beside what every thing has: they are exchanged for tokens, and revoked.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::rules::KEY_PREFIX;
use super::store::{ApiKey, live_of_hash, note_use, revoke};
use crate::kernel::{Code, Result};
use crate::platform::http::address;
use crate::platform::http::perm::AccountsEdit;
use crate::platform::http::{Json, Problem, Routes, Visitor, header_text, json, sha256_hex};
use crate::platform::limits::Limit;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Call, Fields, Said, ThingAct, once_made_routes, thing_act};
use crate::platform::state::AppState;

/// Ends a key.
const REVOKE: ThingAct<ApiKey> = ThingAct {
    verb: "revoke",
    about: "Revokes a key: its tokens stop at once.",
    asks: &Fields::NONE,
    deed: |db, stamp, key, _| revoke(db, stamp, key),
};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    once_made_routes::<ApiKey>(on);
    thing_act::<_, BrandOnly<AccountsEdit>>(on, REVOKE);
    on.api(__path_exchange, exchange).api(__path_withdraw, withdraw);
}

/// Revokes a key: its tokens stop at once.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{code}", tag = "api-keys", params(("code" = String, Path)),
    responses((status = 200, body = ref("#/components/schemas/ApiKey")), (status = 404, body = Problem))
)]
async fn withdraw(call: Call<BrandOnly<AccountsEdit>>, id: web::Path<String>) -> Result<HttpResponse> {
    json(&REVOKE.done(&call, "", None, id.into_inner(), Said::default()).await?)
}

/// A key, where it does not come as a header.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Exchange {
    /// The key, `htk_…`.
    key: String,
}

/// A token, good for some minutes.
#[derive(Serialize, ToSchema)]
struct TokenBody {
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds it holds.
    expires_in: i64,
}

/// Exchanges a key for a token. The key comes as `Authorization: Bearer htk_…` or as JSON.
#[utoipa::path(
    post, path = "/api/v1/token", tag = "tokens", request_body = Option<Exchange>,
    responses((status = 200, body = TokenBody), (status = 401, body = Problem), (status = 429, body = Problem))
)]
async fn exchange(_: Visitor, request: HttpRequest, app: web::Data<AppState>, body: Result<Json<Exchange>>) -> Result<HttpResponse> {
    app.limits.spend(Limit::TokenAddress, &address(&request))?;
    let header = header_text(request.headers(), header::AUTHORIZATION);
    let key = match header.and_then(|value| value.split_once(' ')) {
        Some((_, key)) => Zeroizing::new(key.trim().to_owned()),
        None => Zeroizing::new(body?.value.key),
    };
    if !key.starts_with(KEY_PREFIX) {
        return Err(Code::BadToken.into());
    }
    let (hash, now) = (sha256_hex(key.as_bytes()), app.clock.now());
    let (key, minutes) = app.store.read(move |db| Ok((live_of_hash(db, &hash)?, policies::value(db, Policy::TokenMinutes, now)?))).await?;
    let token = super::sign(&app.keys.tokens, &app.config.public_url, &key.id.to_string(), minutes, now)?;
    app.store.write(move |db| note_use(db, key.id, now)).await?;
    json(&TokenBody { token, token_type: "Bearer", expires_in: minutes * 60 })
}
