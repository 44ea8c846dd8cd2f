//! Accounts over HTTP: the JSON side here, the pages in `pages.rs`.

mod pages;

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Account, Credential, Draft, NewLink, Role, Roles, by_login, insert, new_link, page, set_active, update};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Result};
use crate::platform::http::perm::AccountsEdit;
use crate::platform::http::{Caller, House, Json, Once, Problem, Routes, created, json};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list).service(one).service(add).service(change).service(disable).service(enable).service(renew).map(pages::mount);
}

/// A person who signs in.
#[derive(Serialize, ToSchema)]
struct AccountBody {
    /// Name to sign in with.
    login: String,
    /// Name to show.
    name: String,
    /// What they do.
    roles: Roles,
    /// Code of the party they are bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    /// The language they work in.
    #[schema(value_type = String)]
    lang: Lang,
    /// Whether they may sign in.
    active: bool,
    /// Whether they have chosen a password.
    has_password: bool,
    /// Since when, UTC.
    created_at: chrono::NaiveDateTime,
    /// Send it back to change the account.
    version: i64,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        Self {
            login: account.login,
            name: account.name,
            roles: account.roles,
            party: account.party_code,
            lang: account.lang,
            active: account.active,
            has_password: account.has_password,
            created_at: account.created_at,
            version: account.version,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
struct AccountPage {
    /// The accounts, by login.
    items: Vec<AccountBody>,
    /// Send it as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    login: String,
    name: String,
    roles: Vec<Role>,
    party: Option<String>,
    #[schema(value_type = Option<String>)]
    lang: Option<Lang>,
}

/// An account to be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedAccount {
    name: String,
    roles: Vec<Role>,
    party: Option<String>,
    #[schema(value_type = String)]
    lang: Lang,
    version: i64,
}

/// An account just made, and the link that lets its owner in. The link is shown this once.
#[derive(Serialize, ToSchema)]
struct MadeAccount {
    account: AccountBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// A one-time link. It is shown this once.
#[derive(Serialize, ToSchema)]
struct LinkBody {
    link: String,
}

/// Makes an account once; None for the link when this very request made it before, because only its hash was kept.
async fn make(house: &House, caller: &Caller<AccountsEdit>, once: Once, draft: Draft) -> Result<(Account, Option<String>)> {
    let draft = draft.checked()?;
    let link = NewLink::fresh();
    let (stamp, hash) = (caller.stamp(), link.hash.clone());
    let (login, made) = house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| insert(db, &stamp, &draft, &Credential::Link(&hash)).map(|account| (account.login, hash.clone())))
        })
        .await?;
    let account =
        house.store.read(move |db| by_login(db, &login)).await?.ok_or_else(|| Error::broken("an account just made is not there"))?;
    Ok((account, (made == link.hash).then(|| link.address(&house.config))))
}

/// Who signs in.
#[utoipa::path(tag = "accounts", params(("after" = Option<String>, Query), ("per_page" = Option<i64>, Query)),
    responses((status = 200, body = AccountPage), (status = 403, body = Problem)))]
#[get("/api/v1/accounts")]
async fn list(_caller: Caller<AccountsEdit>, house: web::Data<House>, ask: web::Query<PageAsk>) -> Result<HttpResponse> {
    let found: Page<Account> = house.store.read(move |db| page(db, &ask)).await?;
    json(&AccountPage { next: found.next, items: found.items.into_iter().map(AccountBody::from).collect() })
}

/// One account.
#[utoipa::path(tag = "accounts", responses((status = 200, body = AccountBody), (status = 404, body = Problem)))]
#[get("/api/v1/accounts/{login}")]
async fn one(_caller: Caller<AccountsEdit>, house: web::Data<House>, login: web::Path<String>) -> Result<HttpResponse> {
    let account = house.store.read(move |db| by_login(db, &login)).await?.ok_or(Code::NotFound)?;
    json(&AccountBody::from(account))
}

/// Makes an account and the one-time link for its owner.
#[utoipa::path(tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = MadeAccount), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/accounts")]
async fn add(caller: Caller<AccountsEdit>, house: web::Data<House>, request: HttpRequest, body: Json<NewAccount>) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let new = body.value;
    let draft = Draft {
        login: new.login,
        name: new.name,
        roles: new.roles.into(),
        party: new.party,
        lang: new.lang.unwrap_or(house.config.default_lang),
    };
    let (account, link) = make(&house, &caller, once, draft).await?;
    let location = format!("/api/v1/accounts/{}", account.login);
    created(&location, &MadeAccount { account: account.into(), link })
}

/// Changes name, roles, party and language. Changed rights end the person's sessions.
#[utoipa::path(tag = "accounts", request_body = ChangedAccount,
    responses((status = 200, body = AccountBody), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/accounts/{login}")]
async fn change(
    caller: Caller<AccountsEdit>,
    house: web::Data<House>,
    login: web::Path<String>,
    body: Json<ChangedAccount>,
) -> Result<HttpResponse> {
    let new = body.value;
    let draft = Draft { login: login.into_inner(), name: new.name, roles: new.roles.into(), party: new.party, lang: new.lang }.checked()?;
    let (stamp, version) = (caller.stamp(), new.version);
    let account = house.store.write(move |db| update(db, &stamp, &draft, version)).await?;
    json(&AccountBody::from(account))
}

/// Keeps somebody out, at once.
#[utoipa::path(tag = "accounts", responses((status = 200, body = AccountBody), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/api/v1/accounts/{login}/disable")]
async fn disable(caller: Caller<AccountsEdit>, house: web::Data<House>, login: web::Path<String>) -> Result<HttpResponse> {
    let stamp = caller.stamp();
    let account = house.store.write(move |db| set_active(db, &stamp, &login, false)).await?;
    json(&AccountBody::from(account))
}

/// Lets somebody in again.
#[utoipa::path(tag = "accounts", responses((status = 200, body = AccountBody), (status = 404, body = Problem)))]
#[post("/api/v1/accounts/{login}/enable")]
async fn enable(caller: Caller<AccountsEdit>, house: web::Data<House>, login: web::Path<String>) -> Result<HttpResponse> {
    let stamp = caller.stamp();
    let account = house.store.write(move |db| set_active(db, &stamp, &login, true)).await?;
    json(&AccountBody::from(account))
}

/// A new one-time link, for a first or a forgotten password. Earlier links stop.
#[utoipa::path(tag = "accounts", responses((status = 200, body = LinkBody), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/api/v1/accounts/{login}/link")]
async fn renew(_caller: Caller<AccountsEdit>, house: web::Data<House>, login: web::Path<String>) -> Result<HttpResponse> {
    json(&LinkBody { link: new_link(&house, &login).await? })
}
