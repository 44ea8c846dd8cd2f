//! Keys over HTTP: the exchange of a key for a token, and the administrator's list of keys.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use askama::Template;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::rules::{KEY_PREFIX, NewKey};
use super::store::{ApiKey, all, by_id, insert, live_of_hash, note_use, page, revoke};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::Lang;
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::http::limits::{Limit, address};
use crate::platform::http::perm::AccountsEdit;
use crate::platform::http::{
    Caller, Form, FormFaults, House, Json, Locale, Once, Problem, Routes, Shell, created, csv, html, html_response, json, random_token,
    see_other, sha256_hex,
};
use crate::platform::policies::{self, Policy};
use crate::staff::accounts::{Role, Roles};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(exchange)
        .service(list)
        .service(issue)
        .service(withdraw)
        .map(|c| c.service(list_page).service(list_csv).service(issue_page).service(withdraw_page));
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
#[utoipa::path(tag = "tokens", request_body = Option<Exchange>,
    responses((status = 200, body = TokenBody), (status = 401, body = Problem), (status = 429, body = Problem)))]
#[post("/api/v1/token")]
async fn exchange(request: HttpRequest, house: web::Data<House>, body: Result<Json<Exchange>>) -> Result<HttpResponse> {
    house.limits.spend(Limit::TokenAddress, &address(&request))?;
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = match header.and_then(|value| value.split_once(' ')) {
        Some((_, key)) => Zeroizing::new(key.trim().to_owned()),
        None => Zeroizing::new(body?.value.key),
    };
    if !key.starts_with(KEY_PREFIX) {
        return Err(Code::BadToken.into());
    }
    let (hash, now) = (sha256_hex(key.as_bytes()), house.clock.now());
    let (key, minutes) =
        house.store.read(move |db| Ok((live_of_hash(db, &hash)?, policies::value(db, Policy::TokenMinutes, now)?))).await?;
    let token = super::sign(&house.keys.tokens, &house.config.public_url, &key.id.to_string(), minutes, now)?;
    house.store.write(move |db| note_use(db, key.id, now)).await?;
    json(&TokenBody { token, token_type: "Bearer", expires_in: minutes * 60 })
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
struct KeyBody {
    /// Its id.
    #[schema(value_type = String)]
    id: Id,
    /// What it is for.
    name: String,
    /// What it may do.
    roles: Roles,
    /// Code of the party it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    /// Since when, UTC.
    created_at: chrono::NaiveDateTime,
    /// When it was last exchanged, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<chrono::NaiveDateTime>,
    /// When it was revoked, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<chrono::NaiveDateTime>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            roles: key.roles,
            party: key.party_code,
            created_at: key.created_at,
            used_at: key.used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
struct KeyPage {
    /// The keys, the newest first.
    items: Vec<KeyBody>,
    /// Send it as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A key to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedKey {
    name: String,
    roles: Vec<Role>,
    party: Option<String>,
}

/// A key just issued. Its secret is shown this once.
#[derive(Serialize, ToSchema)]
struct IssuedKey {
    key: KeyBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Issues a key once; None for the secret when this very request issued it before, because only its hash was kept. A program cannot
/// issue keys: a stolen token must not outlive itself.
async fn make(house: &House, caller: &Caller<AccountsEdit>, once: Once, new: NewKey) -> Result<(ApiKey, Option<Zeroizing<String>>)> {
    let new = new.checked()?;
    let person = caller.account.ok_or(Code::Forbidden)?;
    let secret = Zeroizing::new(format!("{KEY_PREFIX}{}", random_token::<32>()));
    let (hash, stamp) = (sha256_hex(secret.as_bytes()), caller.stamp());
    let kept = hash.clone();
    let (id, made) = house
        .store
        .write(move |db| once.run(db, &stamp, |db| insert(db, &stamp, &new, &kept, person).map(|id| (id, kept.clone()))))
        .await?;
    let key = house.store.read(move |db| by_id(db, id)).await?.ok_or_else(|| Error::broken("a key just issued is not there"))?;
    Ok((key, (made == hash).then_some(secret)))
}

/// The keys, revoked ones included.
#[utoipa::path(tag = "tokens", params(("after" = Option<String>, Query), ("per_page" = Option<i64>, Query)),
    responses((status = 200, body = KeyPage), (status = 403, body = Problem)))]
#[get("/api/v1/api-keys")]
async fn list(_caller: Caller<AccountsEdit>, house: web::Data<House>, ask: web::Query<PageAsk>) -> Result<HttpResponse> {
    let found = house.store.read(move |db| page(db, &ask)).await?;
    json(&KeyPage { next: found.next, items: found.items.into_iter().map(KeyBody::from).collect() })
}

/// Issues a key. Only a person may.
#[utoipa::path(tag = "tokens", request_body = WantedKey,
    responses((status = 201, body = IssuedKey), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/api-keys")]
async fn issue(caller: Caller<AccountsEdit>, house: web::Data<House>, request: HttpRequest, body: Json<WantedKey>) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let new = NewKey { name: body.value.name, roles: body.value.roles.into(), party: body.value.party };
    let (key, secret) = make(&house, &caller, once, new).await?;
    let location = format!("/api/v1/api-keys/{}", key.id);
    created(&location, &IssuedKey { key: key.into(), secret: secret.map(|secret| secret.to_string()) })
}

/// Revokes a key: its tokens stop at once.
#[utoipa::path(tag = "tokens", responses((status = 200, body = KeyBody), (status = 404, body = Problem)))]
#[delete("/api/v1/api-keys/{id}")]
async fn withdraw(caller: Caller<AccountsEdit>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    let (stamp, id): (_, Id) = (caller.stamp(), id.parse()?);
    json(&KeyBody::from(house.store.write(move |db| revoke(db, &stamp, id)).await?))
}

#[derive(Template)]
#[template(path = "staff/tokens/list.html")]
struct ListPage {
    shell: Shell,
    page: Page<ApiKey>,
    faults: FormFaults,
    wanted: NewKey,
    zone: chrono_tz::Tz,
}

impl ListPage {
    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }

    fn lang(&self) -> Lang {
        self.shell.lang
    }

    fn local(&self, at: &chrono::NaiveDateTime) -> String {
        local_minute(*at, self.zone)
    }

    fn holds(&self, role: &Role) -> bool {
        self.wanted.roles.has(*role)
    }

    fn party(&self) -> &str {
        self.wanted.party.as_deref().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "staff/tokens/issued.html")]
struct IssuedPage {
    shell: Shell,
    name: String,
    /// None when the form was sent twice: the key was shown the first time.
    secret: Option<Zeroizing<String>>,
}

async fn show(request: &HttpRequest, house: &House, ask: PageAsk, wanted: NewKey, faults: FormFaults) -> Result<HttpResponse> {
    let page = house.store.read(move |db| page(db, &ask)).await?;
    let shell = Shell::titled(request, "api-keys-title");
    let status = faults.status();
    Ok(html_response(status, &ListPage { shell, page, faults, wanted, zone: house.config.time_zone }))
}

/// The keys and the form of a new one.
#[get("/api-keys")]
async fn list_page(
    request: HttpRequest,
    _caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    ask: web::Query<PageAsk>,
) -> Result<HttpResponse> {
    let wanted = NewKey { name: String::new(), roles: Roles::default(), party: None };
    show(&request, &house, ask.into_inner(), wanted, FormFaults::default()).await
}

/// The keys as a table to take away.
#[get("/api-keys.csv")]
async fn list_csv(request: HttpRequest, _caller: Caller<AccountsEdit>, house: web::Data<House>) -> Result<HttpResponse> {
    let (locale, zone) = (Locale::of(&request), house.config.time_zone);
    let keys = house.store.read(all).await?;
    let header = ["api-keys-name", "accounts-roles", "accounts-party", "api-keys-created", "api-keys-used", "api-keys-revoked"];
    let rows = keys.into_iter().map(|key| {
        let local = |at: Option<chrono::NaiveDateTime>| at.map(|at| local_minute(at, zone)).unwrap_or_default();
        let (created, used, revoked) = (local(Some(key.created_at)), local(key.used_at), local(key.revoked_at));
        [key.name, key.roles.names(locale.0), key.party_code.unwrap_or_default(), created, used, revoked]
    });
    csv("api-keys", header.map(|key| locale.words().say(key)), rows)
}

/// Issues a key and shows it once.
#[post("/api-keys")]
async fn issue_page(
    request: HttpRequest,
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let field = |name: &str| form.value.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let roles: Vec<Role> = form.value.iter().filter(|(key, _)| key == "roles").filter_map(|(_, value)| value.parse().ok()).collect();
    let party = Some(field("party")).filter(|party| !party.is_empty()).map(str::to_owned);
    let new = NewKey { name: field("name").to_owned(), roles: roles.into(), party };
    match make(&house, &caller, once, new.clone()).await {
        Ok((key, secret)) => {
            let shell = Shell::titled(&request, "api-keys-issued");
            Ok(html(&IssuedPage { shell, name: key.name, secret }))
        }
        Err(error) => {
            let faults = FormFaults::of(error, Locale::of(&request).words())?;
            show(&request, &house, PageAsk::default(), new, faults).await
        }
    }
}

/// An empty form: its token is all that counts.
#[derive(Deserialize)]
struct Nothing {}

/// Revokes a key.
#[post("/api-keys/{id}/revoke")]
async fn withdraw_page(
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    _form: Form<Nothing>,
) -> Result<HttpResponse> {
    let (stamp, id): (_, Id) = (caller.stamp(), id.parse()?);
    house.store.write(move |db| revoke(db, &stamp, id)).await?;
    Ok(see_other("/api-keys"))
}
