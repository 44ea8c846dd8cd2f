//! The pages of the door.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;

use super::rules::{START, way_back};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::http::address;
use crate::platform::http::perm::{Permission, SignedIn};
use crate::platform::http::{
    Caller, Entry, Form, FormFaults, LANG_COOKIE, Layout, Locale, MenuPart, Routes, Visitor, html, html_response, random_token, see_other,
};
use crate::platform::limits::Limit;
use crate::platform::state::AppState;
use crate::staff::accounts::passwords::{self, Compared, PASSWORD_MAX, PASSWORD_MIN};
use crate::staff::accounts::{self, Account, Credential, Role, Roles, Session, session_hash};
use crate::staff::door::{cookie, no_cookie, session_token};

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.get("/sign-in", sign_in)
        .post("/sign-in", enter)
        .post("/sign-out", sign_out)
        .get("/set-up/{token}", set_up)
        .post("/set-up/{token}", set_up_done)
        .get("/account", own_account)
        .post("/account/lang", own_lang)
        .post("/account/password", own_password)
        .post("/account/sessions", own_sessions)
        .get("/desk", desk);
}

#[derive(Template)]
#[template(path = "staff/sign_in/sign_in.html")]
struct SignInPage {
    layout: Layout,
    faults: FormFaults,
    login: String,
    back: String,
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

/// The sign-in page.
async fn sign_in(visitor: Visitor, request: HttpRequest, query: web::Query<Back>) -> HttpResponse {
    if visitor.0.is_some() {
        return see_other(way_back(&query.back));
    }
    sign_in_page(&request, String::new(), &query.back, FormFaults::default())
}

fn sign_in_page(request: &HttpRequest, login: String, back: &str, faults: FormFaults) -> HttpResponse {
    let layout = Layout::titled(request, "sign-in");
    let status = faults.status();
    html_response(status, &SignInPage { layout, faults, login, back: way_back(back).to_owned() })
}

#[derive(Deserialize)]
struct SignIn {
    login: String,
    password: String,
    #[serde(default)]
    back: String,
}

/// Signs somebody in. Who does not exist, has no password, or is disabled gets the same answer after the same work as a wrong password.
async fn enter(_: Visitor, request: HttpRequest, app: web::Data<AppState>, form: Form<SignIn>) -> Result<HttpResponse> {
    let SignIn { login, password, back } = form.value;
    match checked(&request, &app, &login, &password).await {
        Ok(account) => started(&request, &app, account, way_back(&back)).await,
        Err(error) => {
            let status = error.code().status();
            let mut answer = sign_in_page(&request, login, &back, FormFaults::of(error, Locale::of(&request).words())?);
            if let Ok(status) = actix_web::http::StatusCode::from_u16(status) {
                *answer.status_mut() = status;
            }
            Ok(answer)
        }
    }
}

async fn checked(request: &HttpRequest, app: &AppState, login: &str, password: &str) -> Result<Id> {
    app.limits.spend(Limit::SignInAddress, &address(request))?;
    let login: String = login.trim().to_ascii_lowercase().chars().take(64).collect();
    app.limits.spend(Limit::SignInAccount, &login)?;
    let door = app.store.read(move |db| accounts::door(db, &login)).await?;
    let stored = door.as_ref().and_then(|door| door.password_hash.clone());
    // Longer than any password that can be set: as wrong as any other, and no more work.
    let tried: String = password.chars().take(PASSWORD_MAX + 1).collect();
    let compared = passwords::compare(&tried, stored).await?;
    let Some(door) = door.filter(|door| door.active && compared != Compared::Wrong) else {
        tracing::info!(address = address(request), "a sign-in was refused");
        return Err(Code::WrongPassword.into());
    };
    if compared == Compared::RightButOld {
        let (id, hash) = (door.id, passwords::hash(&tried).await?);
        app.store.write(move |db| accounts::rehash(db, id, &hash)).await?;
    }
    tracing::info!(account = %door.id, address = address(request), "signed in");
    Ok(door.id)
}

/// A new session under a new token, whatever the browser came with; the one it came with ends.
async fn started(request: &HttpRequest, app: &AppState, account: Id, to: &str) -> Result<HttpResponse> {
    let (token, now) = (random_token::<32>(), app.clock.now());
    let (hash, before) = (session_hash(&token), session_token(request, &app.config).map(|token| session_hash(&token)));
    app.store
        .write(move |db| {
            if let Some(before) = &before {
                accounts::forget_session(db, before)?;
            }
            accounts::insert_session(db, account, &hash, now)
        })
        .await?;
    // Who wanted no page in particular begins where their work does.
    let own = match to {
        START => app.store.read(move |db| accounts::by_id(db, account)).await?.and_then(|account| account.roles.start()),
        _ => None,
    };
    let mut answer = see_other(own.unwrap_or(to));
    answer.add_cookie(&cookie(&app.config, &token)).map_err(Error::broken)?;
    Ok(answer)
}

/// An empty form: its token is all that counts.
#[derive(Deserialize)]
struct Nothing {}

/// Ends the session. What waits in the browser to be sent (`storage`) stays; what it could show to the next person goes.
async fn sign_out(_: Visitor, request: HttpRequest, app: web::Data<AppState>, _form: Form<Nothing>) -> Result<HttpResponse> {
    if let Some(hash) = session_token(&request, &app.config).map(|token| session_hash(&token)) {
        app.store.write(move |db| accounts::forget_session(db, &hash)).await?;
    }
    let mut answer = see_other("/sign-in");
    answer
        .headers_mut()
        .insert(header::HeaderName::from_static("clear-site-data"), header::HeaderValue::from_static("\"cache\", \"cookies\""));
    answer.add_cookie(&no_cookie(&app.config)).map_err(Error::broken)?;
    Ok(answer)
}

// One-time links.

#[derive(Template)]
#[template(path = "staff/sign_in/set_up.html")]
struct SetUpPage {
    layout: Layout,
    faults: FormFaults,
    token: String,
    /// Whose link it is; None makes the first administrator.
    account: Option<Account>,
    login: String,
    name: String,
}

impl SetUpPage {
    fn min(&self) -> usize {
        PASSWORD_MIN
    }

    fn max(&self) -> usize {
        PASSWORD_MAX
    }
}

async fn link_of(request: &HttpRequest, app: &AppState, token: &str) -> Result<Option<Account>> {
    app.limits.spend(Limit::LinkAddress, &address(request))?;
    let (token, now) = (token.to_owned(), app.clock.now());
    app.store.read(move |db| accounts::find_link(db, &token, now)).await
}

fn set_up_page(
    request: &HttpRequest,
    token: String,
    account: Option<Account>,
    login: String,
    name: String,
    faults: FormFaults,
) -> HttpResponse {
    let key = if account.is_some() { "set-up-title" } else { "set-up-first-title" };
    let layout = Layout { path: "/set-up".into(), ..Layout::titled(request, key) };
    let status = faults.status();
    html_response(status, &SetUpPage { layout, faults, token, account, login, name })
}

/// What a one-time link opens. Looking does not use it up: previews of messages look too.
async fn set_up(_: Visitor, request: HttpRequest, app: web::Data<AppState>, token: web::Path<String>) -> Result<HttpResponse> {
    let account = link_of(&request, &app, &token).await?;
    Ok(set_up_page(&request, token.into_inner(), account, String::new(), String::new(), FormFaults::default()))
}

#[derive(Deserialize)]
struct SetUp {
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    password: String,
    again: String,
}

/// Uses a one-time link: sets the password, or makes the first administrator, and signs in.
async fn set_up_done(
    _: Visitor,
    request: HttpRequest,
    app: web::Data<AppState>,
    token: web::Path<String>,
    form: Form<SetUp>,
) -> Result<HttpResponse> {
    let token = token.into_inner();
    let account = link_of(&request, &app, &token).await?;
    let SetUp { login, name, password, again } = form.value;
    match settled(&request, &app, &token, account.as_ref(), (&login, &name), (&password, &again)).await {
        Ok(id) => started(&request, &app, id, START).await,
        Err(error) if error.code() == Code::LinkSpent => Err(error),
        Err(error) => {
            let faults = FormFaults::of(error, Locale::of(&request).words())?;
            Ok(set_up_page(&request, token, account, login, name, faults))
        }
    }
}

async fn settled(
    request: &HttpRequest,
    app: &AppState,
    token: &str,
    account: Option<&Account>,
    (login, name): (&str, &str),
    (password, again): (&str, &str),
) -> Result<Id> {
    let draft = match account {
        Some(_) => None,
        None => {
            let roles = Roles::from(vec![Role::Admin]);
            let (login, name, lang) = (login.to_owned(), name.to_owned(), Locale::of(request).0);
            Some(Account { login, name, roles, lang, ..Account::default() }.checked()?)
        }
    };
    let login = draft.as_ref().map(|draft| draft.login.as_str()).or(account.map(|account| account.login.as_str())).unwrap_or_default();
    twice(password, again, login)?;
    let hash = passwords::hash(password).await?;
    let stamp = app.stamp(&format!("staff:{login}"));
    let token = token.to_owned();
    app.store
        .write(move |db| {
            // Looked up again: between the look and this write somebody else may have used it.
            let link = accounts::find_link(db, &token, stamp.at)?;
            accounts::spend_link(db, &token, stamp.at)?;
            match (&link, &draft) {
                (Some(account), _) => {
                    accounts::set_password(db, &stamp, account.id, &hash, None)?;
                    Ok(account.id)
                }
                (None, Some(draft)) => Ok(accounts::insert(db, &stamp, draft.clone(), &Credential::PasswordHash(hash.clone()))?.id),
                (None, None) => Err(Code::LinkSpent.into()),
            }
        })
        .await
}

fn twice(password: &str, again: &str, login: &str) -> Result<()> {
    passwords::check(password, login)?;
    if password != again {
        return Err(Fault::new("again", Code::PasswordsDiffer).into());
    }
    Ok(())
}

// One's own account.

#[derive(Template)]
#[template(path = "staff/sign_in/account.html")]
struct AccountPage {
    layout: Layout,
    faults: FormFaults,
    account: Account,
    sessions: Vec<Session>,
    current: String,
    zone: chrono_tz::Tz,
}

impl AccountPage {
    fn lang(&self) -> Lang {
        self.layout.lang
    }

    fn local(&self, at: &NaiveDateTime) -> String {
        crate::kernel::time::local_minute(*at, self.zone)
    }

    fn is_current(&self, session: &Session) -> bool {
        session.hash == self.current
    }

    fn min(&self) -> usize {
        PASSWORD_MIN
    }

    fn max(&self) -> usize {
        PASSWORD_MAX
    }
}

/// The account of a person; a program has none.
fn person(caller: &Caller<SignedIn>) -> Result<Id> {
    Ok(caller.account.ok_or(Code::Forbidden)?)
}

fn current_session(request: &HttpRequest, app: &AppState) -> String {
    session_token(request, &app.config).map(|token| session_hash(&token)).unwrap_or_default()
}

async fn account_page(request: &HttpRequest, app: &AppState, id: Id, faults: FormFaults) -> Result<HttpResponse> {
    let now = app.clock.now();
    let (account, sessions) =
        app.store.read(move |db| Ok((accounts::by_id(db, id)?.ok_or(Code::NotFound)?, accounts::sessions_of(db, id, now)?))).await?;
    let layout = Layout::titled(request, "account-title");
    let current = current_session(request, app);
    let status = faults.status();
    Ok(html_response(status, &AccountPage { layout, faults, account, sessions, current, zone: app.config.time_zone }))
}

/// One's own account.
async fn own_account(caller: Caller<SignedIn>, request: HttpRequest, app: web::Data<AppState>) -> Result<HttpResponse> {
    account_page(&request, &app, person(&caller)?, FormFaults::default()).await
}

#[derive(Deserialize)]
struct ChosenLang {
    lang: Lang,
}

/// The language one works in.
async fn own_lang(caller: Caller<SignedIn>, app: web::Data<AppState>, form: Form<ChosenLang>) -> Result<HttpResponse> {
    let (id, lang) = (person(&caller)?, form.value.lang);
    app.store.write(move |db| accounts::set_lang(db, id, lang)).await?;
    let mut answer = see_other("/account");
    // A language chosen for this browser would hide the one just chosen.
    let mut forgotten = actix_web::cookie::Cookie::build(LANG_COOKIE, "").path("/").finish();
    forgotten.make_removal();
    answer.add_cookie(&forgotten).map_err(Error::broken)?;
    Ok(answer)
}

#[derive(Deserialize)]
struct NewPassword {
    current: String,
    password: String,
    again: String,
}

/// Another password. Every session ends; this one goes on under a new token.
async fn own_password(
    caller: Caller<SignedIn>,
    request: HttpRequest,
    app: web::Data<AppState>,
    form: Form<NewPassword>,
) -> Result<HttpResponse> {
    let id = person(&caller)?;
    match changed(&app, &caller, id, &form.value).await {
        Ok(()) => started(&request, &app, id, "/account").await,
        Err(error) => account_page(&request, &app, id, FormFaults::of(error, Locale::of(&request).words())?).await,
    }
}

async fn changed(app: &AppState, caller: &Caller<SignedIn>, id: Id, new: &NewPassword) -> Result<()> {
    let account = app.store.read(move |db| accounts::by_id(db, id)).await?.ok_or(Code::NotFound)?;
    twice(&new.password, &new.again, &account.login)?;
    app.limits.spend(Limit::SignInAccount, &account.login)?;
    let login = account.login;
    let stored = app.store.read(move |db| accounts::door(db, &login)).await?.and_then(|door| door.password_hash);
    if passwords::compare(&new.current, stored).await? == Compared::Wrong {
        return Err(Fault::new("current", Code::WrongPassword).into());
    }
    let (hash, stamp) = (passwords::hash(&new.password).await?, caller.stamp());
    app.store.write(move |db| accounts::set_password(db, &stamp, id, &hash, None)).await
}

#[derive(Deserialize)]
struct EndSession {
    /// The session's hash, or `others`.
    session: String,
}

/// Ends one of one's own sessions, or all others.
async fn own_sessions(
    caller: Caller<SignedIn>,
    request: HttpRequest,
    app: web::Data<AppState>,
    form: Form<EndSession>,
) -> Result<HttpResponse> {
    let (id, current) = (person(&caller)?, current_session(&request, &app));
    let which = form.value.session;
    app.store
        .write(move |db| match which.as_str() {
            "others" => accounts::end_sessions(db, id, Some(&current)),
            hash => accounts::end_session(db, id, hash),
        })
        .await?;
    Ok(see_other("/account"))
}

// Where work starts.

#[derive(Template)]
#[template(path = "staff/sign_in/desk.html")]
struct DeskPage {
    layout: Layout,
    roles: String,
    party: Option<String>,
}

impl DeskPage {
    /// What this person may do most at an entry.
    fn act(&self, entry: &Entry) -> Option<(&'static str, &'static str, Permission)> {
        entry.act.filter(|(_, _, needs)| self.layout.who.as_ref().is_some_and(|who| who.may(*needs)))
    }

    /// The entries of a part of the menu: first where they have something to do, then where they have something to look at.
    fn doors(&self, part: &MenuPart) -> Vec<Entry> {
        let (first, then): (Vec<Entry>, Vec<Entry>) = part.entries.iter().partition(|entry| self.act(entry).is_some());
        [first, then].concat()
    }

    /// What an entry is for, in a sentence, to who is bound to a party as it is to them; empty where nobody wrote one.
    fn about(&self, key: &str) -> String {
        let name = key.strip_suffix("-title").unwrap_or(key);
        let own = self.party.as_ref().map(|_| format!("{name}-about-own"));
        let about = own.into_iter().chain([format!("{name}-about")]).find(|about| self.layout.t.knows(about));
        about.map(|about| self.layout.t.say(about).into_owned()).unwrap_or_default()
    }
}

/// Where work starts: everything this person may do.
async fn desk(caller: Caller<SignedIn>, request: HttpRequest, app: web::Data<AppState>) -> Result<HttpResponse> {
    let id = person(&caller)?;
    let account = app.store.read(move |db| accounts::by_id(db, id)).await?.ok_or(Code::NotFound)?;
    let locale = Locale::of(&request);
    let layout = Layout::of(&request, locale.words().say1("desk-title", "name", &account.name));
    Ok(html(&DeskPage { layout, roles: account.roles.names(locale.0), party: account.party_code }))
}
