//! Claiming, holding, passing on.

use std::sync::Arc;

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{Seen, Tools, grouped, help, named, state_of};
use crate::kernel::qr::{Ecc, Qr};
use crate::kernel::text::Lang;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, GarmentId, Refusal, Result};
use crate::ownership::holders::{self, COOKIE_DAYS, Contact, HolderKeys, Outcome, Purpose, Secret, TransferCode};
use crate::platform::http::address;
use crate::platform::http::{
    Form, FormFaults, Layout, Locale, Routes, Visitor, attachment, html, html_response, query_escape, see_other, segment,
};
use crate::platform::limits::Limit;
use crate::platform::policies::{self, Policy};
use crate::platform::words::Words;
use crate::public::card::page::{CodeForm, Mine, Notice, Said};
use crate::public::card::rules::{date_text, saying};
use crate::public::card::store::{self, Life};

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.get("/card/{gtin}/{serial}/claim", claim_form)
        .post("/card/{gtin}/{serial}/claim", claim)
        .get("/card/{gtin}/{serial}/mine", papers)
        .post("/card/{gtin}/{serial}/mine/transfer", offer_transfer)
        .post("/card/{gtin}/{serial}/mine/contact", save_contact)
        .post("/card/{gtin}/{serial}/mine/erase", erase_contact)
        .get("/card/{gtin}/{serial}/mine/export", export)
        .post("/card/{gtin}/{serial}/mine/release", release)
        .get("/card/{gtin}/{serial}/transfer", transfer_form)
        .post("/card/{gtin}/{serial}/transfer", accept)
        .get("/card/{gtin}/{serial}/recover", recover_form)
        .post("/card/{gtin}/{serial}/recover", recover);
}

pub(super) fn secret_of(request: &HttpRequest, tools: &Tools, garment: GarmentId) -> Option<Secret> {
    Sent::with(request, tools).secret(garment)
}

/// The cookies of a request, among which a holder's secret may be.
pub(super) struct Sent {
    cookies: Vec<Cookie<'static>>,
    holders: Arc<HolderKeys>,
    is_secure: bool,
}

impl Sent {
    pub(super) fn with(request: &HttpRequest, tools: &Tools) -> Self {
        // A cookie that cannot be read is none that we gave.
        let cookies = request.cookies().map_or_else(|_| Vec::new(), |cookies| cookies.clone());
        Self { cookies, holders: tools.holders.clone(), is_secure: tools.app.config.is_secure() }
    }

    /// The secret of a garment's holder.
    pub(super) fn secret(&self, garment: GarmentId) -> Option<Secret> {
        if self.cookies.is_empty() {
            // Spares nearly everybody the keyed name.
            return None;
        }
        let name = self.holders.cookie_name(garment, self.is_secure);
        Secret::parse(self.cookies.iter().find(|cookie| cookie.name() == name)?.value())
    }
}

fn holder_cookie(tools: &Tools, garment: GarmentId, value: &str, days: i64) -> Cookie<'static> {
    let is_secure = tools.app.config.is_secure();
    Cookie::build(tools.holders.cookie_name(garment, is_secure), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Lax)
        .max_age(CookieAge::days(days))
        .finish()
}

/// What the pages around a garment show of it.
struct About {
    name: String,
    life: Life,
    said: Said,
    terms: Arc<str>,
    mine: Option<holders::Holder>,
    contact_since: Option<chrono::NaiveDateTime>,
    hours: i64,
}

async fn about(request: &HttpRequest, tools: &Tools, garment: GarmentId, secret: Option<Secret>) -> Result<About> {
    let (app, cache, lang) = (tools.app.clone(), tools.cache.clone(), Locale::of(request).0);
    let (today, now) = (app.today(), app.clock.now());
    let (changes, config, keys) = (app.store.changes(), app.config.clone(), tools.holders.clone());
    app.store
        .read(move |db| {
            let life = store::life(db, garment)?;
            let kept = cache.parts(changes, db, &config, life.sku, lang, today)?;
            let state = state_of(db, &life, today)?;
            let said = Said::of(&saying(life.is_sold(), life.is_returned, &state), Words::of(lang));
            let mine = match &secret {
                Some(secret) => holders::holder_of(db, garment, secret)?,
                None => None,
            };
            let contact_since = match (&secret, &mine) {
                (Some(secret), Some(_)) => holders::contact_of(db, &keys, garment, secret)?
                    .and_then(|(_, consents)| consents.iter().map(|consent| consent.given_at).min()),
                _ => None,
            };
            let hours = policies::value(db, Policy::TransferHours, now)?;
            Ok(About { name: kept.name.clone(), said, terms: cache.terms(db, life.policy, lang)?, life, mine, contact_since, hours })
        })
        .await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Claim,
    Transfer,
}

/// The form for a code, again with what was wrong.
fn code_form(
    request: &HttpRequest,
    seen: &Seen,
    about: &About,
    kind: Kind,
    status: StatusCode,
    (typed, fault, tries): (&str, String, String),
) -> HttpResponse {
    let mut layout = Layout::of(request, "");
    let t = layout.t;
    let word = |key: &str| t.say(key).into_owned();
    let (action, title, lead, label, hint, button) = match kind {
        Kind::Claim => ("claim", "claim-title", "claim-lead", "claim-code", "claim-code-hint", "claim-button"),
        Kind::Transfer => ("transfer", "transfer-title", "transfer-lead", "transfer-code", "transfer-hint", "transfer-button"),
    };
    layout.title = word(title);
    layout.other_lang_href = other_lang(&layout, &format!("{}/{action}", seen.address.base()));
    let help = help(request, layout.lang);
    let page = CodeForm {
        name: about.name.clone(),
        serial: grouped(&seen.address.serial),
        base: seen.address.base(),
        action,
        lead: word(lead),
        label: word(label),
        hint: word(hint),
        button: word(button),
        is_held: kind == Kind::Claim && about.life.held_since.is_some(),
        typed: typed.to_owned(),
        fault,
        tries,
        help,
        layout,
    };
    html_response(status, &page)
}

/// The other language of a page that was reached by a form: its own address cannot be asked for again.
fn other_lang(layout: &Layout, path: &str) -> String {
    let other = match layout.lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    };
    format!("{path}?lang={}", other.tag())
}

/// The page of whoever holds it; what is shown only once is handed in.
struct Once {
    recovery: Option<String>,
    transfer: Option<(String, String)>,
    note: String,
    /// A contact that was refused, to be mended, and why.
    contact: ContactFilled,
    faults: FormFaults,
}

impl Once {
    fn nothing() -> Self {
        Self { recovery: None, transfer: None, note: String::new(), contact: ContactFilled::default(), faults: FormFaults::default() }
    }
}

fn mine_page(request: &HttpRequest, tools: &Tools, seen: &Seen, about: About, once: Once) -> HttpResponse {
    let mut layout = Layout::of(request, "");
    let (t, lang) = (layout.t, layout.lang);
    let word = |key: &str| t.say(key).into_owned();
    let day = |at| date_text(local_date(at, tools.app.config.time_zone), lang);
    layout.title = word("mine-title");
    layout.other_lang_href = other_lang(&layout, &format!("{}/mine", seen.address.base()));
    let Some(mine) = about.mine else {
        layout.title = word("mine-not");
        let text = word("mine-not-text");
        // What they most likely came for instead.
        let (place, next) = if about.life.held_since.is_some() { ("transfer", "card-accept") } else { ("claim", "claim-title") };
        let choices = vec![(format!("{}/{place}", seen.address.base()), word(next))];
        return html_response(StatusCode::FORBIDDEN, &Notice { layout, class: "", text, form: None, choices, base: seen.address.base() });
    };
    let (status, help, Once { recovery, transfer, note, contact, faults }) = (once.faults.status(), help(request, lang), once);
    let ticked = [contact.service.is_some(), contact.recall.is_some(), contact.follow_up.is_some()];
    let page = Mine {
        name: about.name,
        serial: grouped(&seen.address.serial),
        base: seen.address.base(),
        saying: about.said,
        terms: about.terms,
        since: day(mine.claimed_at),
        recovery,
        transfer,
        hours: about.hours,
        contact_since: about.contact_since.map(|at| t.say1("mine-contact-kept", "date", day(at)).into_owned()).unwrap_or_default(),
        fields: vec![
            ("name", word("mine-name"), "text", "name", contact.name),
            ("phone", word("mine-phone"), "tel", "tel", contact.phone),
            ("email", word("mine-mail"), "email", "email", contact.email),
        ],
        purposes: Purpose::ALL.iter().zip(ticked).map(|(purpose, tick)| (purpose.as_str(), word(purpose.words_key()), tick)).collect(),
        faults,
        note,
        help,
        layout,
    };
    html_response(status, &page)
}

/// The QR code that restores a holder's key on another phone.
fn recovery_drawing(tools: &Tools, seen: &Seen, secret: &Secret) -> Result<String> {
    let target = format!("{}{}/recover?key={}", tools.app.config.public_url.trim_end_matches('/'), seen.address.base(), secret.expose());
    let qr = Qr::encode(target.as_bytes(), Ecc::M)?;
    let side = qr.size();
    Ok(format!(
        "<svg viewBox=\"-4 -4 {0} {0}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\"><path fill=\"#fff\" d=\"M-4-4h{0}v{0}h-{0}z\"/><path fill=\"#000\" d=\"{1}\"/></svg>",
        side + 8,
        qr.to_svg_path()
    ))
}

#[derive(Deserialize)]
struct CodeTyped {
    #[serde(default)]
    code: String,
}

/// "This is mine".
async fn claim_form(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    code_page(&request, &path, Kind::Claim).await
}

/// A garment that was passed on.
async fn transfer_form(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    code_page(&request, &path, Kind::Transfer).await
}

async fn code_page(request: &HttpRequest, path: &(String, String), kind: Kind) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    let seen = match named(request, &tools, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = holders_already(request, &tools, &seen, kind).await? {
        return Ok(answer);
    }
    let about = about(request, &tools, seen.garment, None).await?;
    Ok(code_form(request, &seen, &about, kind, StatusCode::OK, ("", String::new(), String::new())))
}

/// Claims with the code under the scratch film.
async fn claim(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<CodeTyped>) -> Result<HttpResponse> {
    take(&request, &path, &form.value.code, Kind::Claim).await
}

/// Accepts with the former owner's code.
async fn accept(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<CodeTyped>) -> Result<HttpResponse> {
    take(&request, &path, &form.value.code, Kind::Transfer).await
}

/// The papers, for a holder who claims what they hold: the page may have been sent twice, or opened again.
async fn holders_already(request: &HttpRequest, tools: &Tools, seen: &Seen, kind: Kind) -> Result<Option<HttpResponse>> {
    let Some(secret) = secret_of(request, tools, seen.garment).filter(|_| kind == Kind::Claim) else { return Ok(None) };
    let about = about(request, tools, seen.garment, Some(secret)).await?;
    if about.mine.is_none() {
        return Ok(None);
    }
    let note = Locale::of(request).words().say("mine-already").into_owned();
    Ok(Some(mine_page(request, tools, seen, about, Once { note, ..Once::nothing() })))
}

async fn take(request: &HttpRequest, path: &(String, String), typed: &str, kind: Kind) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    let seen = match named(request, &tools, &path.0, &path.1).await? {
        Ok(seen) => seen,
        Err(answer) => return Ok(answer),
    };
    if let Some(answer) = holders_already(request, &tools, &seen, kind).await? {
        return Ok(answer);
    }
    let typed: String = typed.chars().take(80).collect();
    let again = |about: &About, status: StatusCode, fault: String, tries: String| {
        code_form(request, &seen, about, kind, status, (&typed, fault, tries))
    };
    let words = Locale::of(request).words();
    if let Err(error) = tools.app.limits.spend(Limit::ClaimAddress, &address(request)) {
        let about = about(request, &tools, seen.garment, None).await?;
        let text = match &error {
            Error::Refused(refusal) => words.refusal(refusal),
            _ => String::new(),
        };
        return Ok(again(&about, StatusCode::TOO_MANY_REQUESTS, text, String::new()));
    }
    let secret = Secret::fresh();
    let outcome = {
        let (garment, typed, today, secret) = (seen.garment, typed.clone(), tools.app.today(), secret.clone());
        let (stamp, serials, keys) = (tools.app.stamp("holder"), tools.app.keys.clone(), tools.holders.clone());
        tools
            .app
            .store
            .write(move |db| match kind {
                Kind::Claim => holders::claim(db, &stamp, &serials.serials, garment, &typed, today, &secret),
                Kind::Transfer => holders::transfer_accept(db, &stamp, &keys, garment, &typed, today, &secret),
            })
            .await
    };
    match outcome {
        Ok(Outcome::Held(_)) => {
            let about = about(request, &tools, seen.garment, Some(secret.clone())).await?;
            let recovery = Some(recovery_drawing(&tools, &seen, &secret)?);
            let mut response = mine_page(request, &tools, &seen, about, Once { recovery, ..Once::nothing() });
            response
                .add_cookie(&holder_cookie(&tools, seen.garment, secret.expose(), COOKIE_DAYS))
                .map_err(|error| Error::broken(error.to_string()))?;
            Ok(response)
        }
        Ok(Outcome::Wrong { left }) => {
            let about = about(request, &tools, seen.garment, None).await?;
            let code = if kind == Kind::Claim { Code::WrongClaimCode } else { Code::WrongTransferCode };
            let fault = words.refusal(&Refusal::new(code));
            Ok(again(&about, StatusCode::UNPROCESSABLE_ENTITY, fault, words.say1("claim-tries", "count", left).into_owned()))
        }
        Ok(Outcome::NoCode) => {
            let about = about(request, &tools, seen.garment, None).await?;
            let fault = if kind == Kind::Claim { "claim-no-code" } else { "transfer-no-code" };
            Ok(again(&about, StatusCode::UNPROCESSABLE_ENTITY, words.say(fault).into_owned(), String::new()))
        }
        Err(Error::Refused(refusal)) => {
            let about = about(request, &tools, seen.garment, None).await?;
            let status = StatusCode::from_u16(refusal.code.status()).map_err(Error::broken)?;
            Ok(again(&about, status, words.refusal(&refusal), String::new()))
        }
        Err(error) => Err(error),
    }
}

/// The holder's papers.
async fn papers(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    as_holder(&request, &path, async |tools, seen, secret| {
        let about = about(&request, tools, seen.garment, secret).await?;
        Ok(mine_page(&request, tools, seen, about, Once::nothing()))
    })
    .await
}

/// What every page of a holder begins with.
async fn as_holder(
    request: &HttpRequest,
    path: &(String, String),
    then: impl AsyncFnOnce(&Tools, &Seen, Option<Secret>) -> Result<HttpResponse>,
) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    match named(request, &tools, &path.0, &path.1).await? {
        Ok(seen) => {
            let secret = secret_of(request, &tools, seen.garment);
            then(&tools, &seen, secret).await
        }
        Err(answer) => Ok(answer),
    }
}

/// The answer to a browser that does not hold it.
async fn not_mine(request: &HttpRequest, tools: &Tools, seen: &Seen) -> Result<HttpResponse> {
    let about = about(request, tools, seen.garment, None).await?;
    Ok(mine_page(request, tools, seen, about, Once::nothing()))
}

/// Makes a one-time code for the next owner.
async fn offer_transfer(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, _form: Form<Empty>) -> Result<HttpResponse> {
    as_holder(&request, &path, async |tools, seen, secret| {
        let Some(secret) = secret else { return not_mine(&request, tools, seen).await };
        let code = TransferCode::fresh();
        let (garment, stamp, keys, own, offered) =
            (seen.garment, tools.app.stamp("holder"), tools.holders.clone(), secret.clone(), code.clone());
        let until = match tools.app.store.write(move |db| holders::transfer_offer(db, &stamp, &keys, garment, &own, &offered)).await {
            Ok(until) => until,
            Err(error) if error.code() == Code::NotFound => return not_mine(&request, tools, seen).await,
            Err(error) => return Err(error),
        };
        let about = about(&request, tools, seen.garment, Some(secret)).await?;
        let words = Locale::of(&request).words();
        let local = chrono::TimeZone::from_utc_datetime(&tools.app.config.time_zone, &until);
        let until = format!("{} {}", date_text(local.date_naive(), words.lang()), local.format("%H:%M"));
        let transfer = Some((code.grouped(), words.say1("mine-code-until", "until", until).into_owned()));
        Ok(mine_page(&request, tools, seen, about, Once { transfer, ..Once::nothing() }))
    })
    .await
}

#[derive(Deserialize)]
struct Empty {}

#[derive(Clone, Deserialize, Default)]
#[serde(default)]
struct ContactFilled {
    name: String,
    phone: String,
    email: String,
    service: Option<String>,
    recall: Option<String>,
    follow_up: Option<String>,
}

/// Saves contact data, sealed.
async fn save_contact(
    _: Visitor,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Form<ContactFilled>,
) -> Result<HttpResponse> {
    let filled = &form.value;
    as_holder(&request, &path, async |tools, seen, secret| {
        let Some(secret) = secret else { return not_mine(&request, tools, seen).await };
        let ticked = [&filled.service, &filled.recall, &filled.follow_up];
        let purposes: Vec<Purpose> =
            Purpose::ALL.into_iter().zip(ticked).filter(|(_, tick)| tick.is_some()).map(|(purpose, _)| purpose).collect();
        let contact = Contact { name: filled.name.clone(), phone: filled.phone.clone(), email: filled.email.clone() };
        let lang = Locale::of(&request).0;
        let (garment, stamp, keys, own) = (seen.garment, tools.app.stamp("holder"), tools.holders.clone(), secret.clone());
        let saved =
            tools.app.store.write(move |db| holders::contact_save(db, &stamp, &keys, garment, &own, &contact, &purposes, lang)).await;
        let words = Locale::of(&request).words();
        let once = match saved {
            Ok(()) => Once { note: words.say("mine-saved").into_owned(), ..Once::nothing() },
            Err(error) if error.code() == Code::Invalid => {
                Once { contact: filled.clone(), faults: FormFaults::of(error, words)?, ..Once::nothing() }
            }
            Err(error) if error.code() == Code::NotFound => return not_mine(&request, tools, seen).await,
            Err(error) => return Err(error),
        };
        let about = about(&request, tools, seen.garment, Some(secret)).await?;
        Ok(mine_page(&request, tools, seen, about, once))
    })
    .await
}

/// Erases contact data.
async fn erase_contact(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, _form: Form<Empty>) -> Result<HttpResponse> {
    as_holder(&request, &path, async |tools, seen, secret| {
        let Some(secret) = secret else { return not_mine(&request, tools, seen).await };
        let (garment, stamp, own) = (seen.garment, tools.app.stamp("holder"), secret.clone());
        match tools.app.store.write(move |db| holders::contact_erase(db, &stamp, garment, &own)).await {
            Ok(()) => {}
            Err(error) if error.code() == Code::NotFound => return not_mine(&request, tools, seen).await,
            Err(error) => return Err(error),
        }
        let about = about(&request, tools, seen.garment, Some(secret)).await?;
        let note = Locale::of(&request).words().say("mine-erased").into_owned();
        Ok(mine_page(&request, tools, seen, about, Once { note, ..Once::nothing() }))
    })
    .await
}

/// Everything kept about the holder, as a file.
async fn export(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    as_holder(&request, &path, async |tools, seen, secret| {
        let Some(secret) = secret else { return not_mine(&request, tools, seen).await };
        let (garment, keys, now, printed) = (seen.garment, tools.holders.clone(), tools.app.clock.now(), seen.address.base());
        let exported = tools.app.store.read(move |db| holders::export(db, &keys, garment, &secret, &printed, now)).await;
        match exported {
            Ok(exported) => {
                let text = serde_json::to_string_pretty(&exported).map_err(Error::broken)?;
                let name = format!("{}.json", segment(&seen.address.serial));
                Ok(attachment("application/json; charset=utf-8", &name, text))
            }
            Err(error) if error.code() == Code::NotFound => not_mine(&request, tools, seen).await,
            Err(error) => Err(error),
        }
    })
    .await
}

/// Gives it up.
async fn release(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, _form: Form<Empty>) -> Result<HttpResponse> {
    as_holder(&request, &path, async |tools, seen, secret| {
        let Some(secret) = secret else { return not_mine(&request, tools, seen).await };
        let (garment, stamp) = (seen.garment, tools.app.stamp("holder"));
        match tools.app.store.write(move |db| holders::release(db, &stamp, garment, &secret)).await {
            Ok(()) => {}
            Err(error) if error.code() == Code::NotFound => return not_mine(&request, tools, seen).await,
            Err(error) => return Err(error),
        }
        let mut response = see_other(seen.address.base());
        response.add_cookie(&holder_cookie(tools, garment, "", 0)).map_err(|error| Error::broken(error.to_string()))?;
        Ok(response)
    })
    .await
}

#[derive(Deserialize)]
struct Recovery {
    #[serde(default)]
    key: String,
}

/// Where a recovery code leads: a button, because looking must not change anything.
async fn recover_form(
    _: Visitor,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    asked: web::Query<Recovery>,
) -> Result<HttpResponse> {
    as_holder(&request, &path, async |_, seen, _| {
        let mut layout = Layout::of(&request, "");
        let word = |key: &str| layout.t.say(key).into_owned();
        let (title, text, button) = (word("recover-title"), word("recover-text"), word("recover-button"));
        layout.title = title;
        layout.other_lang_href =
            format!("{}&key={}", other_lang(&layout, &format!("{}/recover", seen.address.base())), query_escape(&asked.key));
        let form = Some((format!("{}/recover", seen.address.base()), asked.key.clone(), button));
        Ok(html(&Notice { layout, class: "", text, form, choices: Vec::new(), base: seen.address.base() }))
    })
    .await
}

/// Restores a holder's key in this browser.
async fn recover(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<Recovery>) -> Result<HttpResponse> {
    let key = form.value.key;
    as_holder(&request, &path, async |tools, seen, _| {
        tools.app.limits.spend(Limit::ClaimAddress, &address(&request))?;
        let Some(secret) = Secret::parse(&key) else { return not_mine(&request, tools, seen).await };
        let (garment, own) = (seen.garment, secret.clone());
        match tools.app.store.read(move |db| holders::recover(db, garment, &own)).await {
            Ok(_) => {
                let mut response = see_other(format!("{}/mine", seen.address.base()));
                response
                    .add_cookie(&holder_cookie(tools, garment, secret.expose(), COOKIE_DAYS))
                    .map_err(|error| Error::broken(error.to_string()))?;
                Ok(response)
            }
            Err(error) if error.code() == Code::LinkSpent => not_mine(&request, tools, seen).await,
            Err(error) => Err(error),
        }
    })
    .await
}
