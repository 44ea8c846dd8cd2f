//! The routes of the buyer's pages: here those anybody may look at, in `holding` those around claiming and holding.

mod holding;

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;

use self::holding::Sent;
use super::Address;
use super::kept::{PageCache, terms_html};
use super::page::{Card, Home, Notice, ProductPage, Said, Unissued};
use super::rules::saying;
use super::store::{self, Life};
use crate::kernel::gs1::Gtin;
use crate::kernel::serial::{Keyring, Serial};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, GarmentId, Result, parsed};
use crate::ownership::holders::{self, HolderKeys, Secret};
use crate::ownership::scans::{Counter, Look};
use crate::ownership::warranties::WarrantyState;
use crate::platform::db::Db;
use crate::platform::http::address;
use crate::platform::http::problem::respond;
use crate::platform::http::{Layout, Locale, Routes, Visitor, app_of, compress, header_text, html, html_response, see_other};
use crate::platform::limits::Limit;
use crate::platform::state::AppState;
use crate::production::serials::{self, Scanned};
use crate::production::{batches, skus};
use crate::public::links::Defaults;

/// Mounts the room's routes.
pub fn routes(on: &mut Routes<'_>) {
    on.read("/", home).read("/find-serial", find_serial).read("/card/{gtin}", product).read("/card/{gtin}/{serial}", own_card);
    holding::routes(on);
}

/// What the pages need besides the store: one a worker.
#[derive(Clone)]
pub struct Desk {
    cache: Arc<PageCache>,
    holders: Option<Arc<HolderKeys>>,
    counter: Option<Arc<Counter>>,
}

impl Desk {
    /// Of a house. Looks are counted where a counter runs.
    #[expect(clippy::disallowed_methods, reason = "without the holders' keys every page says that the desk is not there")]
    pub fn new(app: &AppState, counter: Option<Counter>) -> Self {
        Self { cache: Arc::default(), holders: HolderKeys::derive(&app.keys.house).ok().map(Arc::new), counter: counter.map(Arc::new) }
    }
}

/// What a page of ours is made with.
struct Tools {
    app: web::Data<AppState>,
    holders: Arc<HolderKeys>,
    cache: Arc<PageCache>,
    counter: Option<Arc<Counter>>,
}

impl Tools {
    fn of(request: &HttpRequest) -> Result<Self> {
        let absent = || Error::broken("the card's desk is not there");
        let app = app_of(request)?;
        let desk = request.app_data::<web::Data<Desk>>().ok_or_else(absent)?;
        let Desk { cache, holders, counter } = desk.as_ref().clone();
        Ok(Self { app, holders: holders.ok_or_else(absent)?, cache, counter })
    }
}

/// A garment that was asked for and that we issued.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which.
    pub garment: GarmentId,
    /// Its serial as it is printed.
    pub address: Address,
}

/// Beside a serial: it stands beside no GTIN.
pub const NO_GTIN: &str = "00000000000000";

/// Why no garment's page can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The address is no Digital Link: the reason, in words.
    Damaged(String),
    /// The check character is wrong: somebody mistyped.
    Typo,
    /// Never issued, or void: nobody is told which.
    Unissued,
    /// No product has this GTIN.
    NoProduct,
}

/// At which of its addresses a garment was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// That of its label, where the brand may lead visitors elsewhere.
    Label,
    /// That of its card.
    Card,
}

/// What a garment's address is answered with.
pub enum Answer<P = HttpResponse> {
    /// Its card.
    Page(P),
    /// The brand leads there instead.
    Elsewhere(String),
    /// No page of a garment.
    Refused(Refused),
}

/// The card of a garment: one request, no redirect, and every look-up from one state of the store.
///
/// - `gtin` is what stands beside the serial ([`NO_GTIN`] says: nothing).
/// - `typed` is the serial, ours or one from elsewhere.
pub async fn garment_page(request: &HttpRequest, at: At, gtin: &str, typed: &str) -> Result<Answer> {
    let tools = Tools::of(request)?;
    let (app, cache) = (tools.app.clone(), tools.cache.clone());
    let (today, changes) = (app.today(), app.store.changes());
    let (sent, layout) = (Sent::with(request, &tools), Layout::of(request, ""));
    let scan = Scan { app, cache, changes, today, at, scanned: Scanned::label(gtin, typed), sent, layout };
    let Found { card, garment, is_for_all } = match tools.app.store.read_inline(move |db| scan.look_up(db)).await? {
        Answer::Page(found) => found,
        Answer::Elsewhere(href) => return Ok(Answer::Elsewhere(href)),
        Answer::Refused(why) => return Ok(Answer::Refused(why)),
    };
    let body = card.page()?;
    if is_for_all {
        tools.cache.keep(changes, &address_of(request), card.lang(), today, garment, &body);
    }
    count(request, &tools, garment);
    Ok(Answer::Page(page_of(body)))
}

/// A garment's address being looked up.
struct Scan {
    app: web::Data<AppState>,
    cache: Arc<PageCache>,
    /// The store's count, from before anything is read.
    changes: Option<u64>,
    today: NaiveDate,
    at: At,
    scanned: Scanned,
    sent: Sent,
    layout: Layout,
}

/// The card found there.
struct Found {
    card: Box<Card>,
    garment: GarmentId,
    /// Whether it is the same for everybody who asks.
    is_for_all: bool,
}

impl Scan {
    fn look_up(self, db: &mut Db) -> Result<Answer<Found>> {
        let seen = match seen(db, &self.app.keys.serials, &self.scanned)? {
            Ok(seen) => seen,
            Err(why) => return Ok(Answer::Refused(why)),
        };
        let garment = seen.garment;
        if self.at == At::Label {
            let defaults = self.cache.defaults(self.changes, db)?;
            if let Some(href) = replaced_by(db, &defaults, garment)? {
                return Ok(Answer::Elsewhere(href));
            }
        }
        let secret = self.sent.secret(garment);
        let card = self.card(db, &seen, secret.as_ref())?;
        Ok(Answer::Page(Found { card: Box::new(card), garment, is_for_all: secret.is_none() }))
    }

    /// The card as `secret`'s owner sees it; without one, as everybody does.
    fn card(self, db: &mut Db, seen: &Seen, secret: Option<&Secret>) -> Result<Card> {
        let Self { app, cache, changes, today, mut layout, .. } = self;
        let life = store::life(db, seen.garment)?;
        let kept = cache.parts(changes, db, &app.config, life.sku, layout.lang, today)?;
        let state = state_of(db, &life, today)?;
        let policy = life.policy.or(if life.is_sold() { None } else { kept.product.policy.as_ref().map(|policy| policy.id) });
        let terms = cache.terms(db, policy, layout.lang)?;
        let is_mine = match secret {
            Some(secret) => holders::holder_of(db, seen.garment, secret)?.is_some(),
            None => false,
        };
        layout.title.clone_from(&kept.name);
        let mut card = Card {
            saying: Said::of(&saying(life.is_sold(), life.is_returned, &state), layout.t),
            layout,
            terms,
            serial: grouped(&seen.address.serial),
            base: seen.address.base(),
            is_mine,
            is_held: false,
            claimed: String::new(),
            scanned: String::new(),
            first_scan: String::new(),
            many: false,
            mended: Vec::new(),
            past: Vec::new(),
            kept,
        };
        card.tell(&life, app.config.time_zone, today);
        Ok(card)
    }
}

/// Where the brand leads a garment's visitors instead of to its card.
fn replaced_by(db: &mut Db, defaults: &Defaults, garment: GarmentId) -> Result<Option<String>> {
    if defaults.is_empty() {
        return Ok(None);
    }
    let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
    let styled = skus::styled(db, batch.sku_id)?;
    defaults.of_garment(db, garment, &styled.sku)
}

/// Where the brand leads a product's visitors instead of to its page.
pub async fn product_replaced_by(request: &HttpRequest, sku: &skus::Sku) -> Result<Option<String>> {
    let tools = Tools::of(request)?;
    let (cache, changes, sku) = (tools.cache.clone(), tools.app.store.changes(), sku.clone());
    tools.app.store.read_inline(move |db| Ok(cache.defaults(changes, db)?.of_sku(&sku))).await
}

/// The page kept for this very address, when nothing was written since.
pub fn kept_page(request: &HttpRequest) -> Option<HttpResponse> {
    let Ok(tools) = Tools::of(request) else { return None };
    let lang = Locale::of(request).0;
    let whole = tools.cache.page(tools.app.store.changes()?, &address_of(request), lang, tools.app.today())?;
    if holding::secret_of(request, &tools, whole.garment).is_some() {
        return None;
    }
    count(request, &tools, whole.garment);
    if compress::takes_brotli(request) {
        let mut page = page_of(whole.brotli());
        compress::say_brotli(page.headers_mut());
        return Some(page);
    }
    Some(page_of(whole.body.clone()))
}

fn page_of(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").insert_header((header::VARY, "Accept, Accept-Language, Cookie")).body(body)
}

fn address_of(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or_else(|| request.path().to_owned(), |address| address.as_str().to_owned())
}

/// Counts a look, aside from the request. Only people's browsers, only GET.
fn count(request: &HttpRequest, tools: &Tools, garment: GarmentId) {
    let Some(counter) = &tools.counter else { return };
    let text = |name: &str| header_text(request.headers(), name).unwrap_or_default();
    let Ok(from) = address(request).trim_end_matches("/64").parse() else { return };
    let purposes = [text("sec-purpose"), text("purpose"), text("x-purpose"), text("x-moz")];
    counter.count(garment, &Look { method: request.method().as_str(), user_agent: text("user-agent"), purposes: &purposes, address: from });
}

/// How the warranty of its live sale stands today.
fn state_of(db: &mut Db, life: &Life, today: NaiveDate) -> Result<WarrantyState> {
    life.warranty.as_ref().map_or(Ok(WarrantyState::None), |warranty| warranty.state(db, today))
}

fn grouped(serial: &str) -> String {
    Serial::parse(serial).map_or_else(|_| serial.to_owned(), |serial| serial.grouped())
}

/// The page of a product.
pub async fn product_page(request: &HttpRequest, gtin: &Gtin, sku: skus::Sku) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    let lang = Locale::of(request).0;
    let (app, cache, today) = (tools.app.clone(), tools.cache.clone(), tools.app.today());
    let (changes, config) = (app.store.changes(), app.config.clone());
    let (kept, terms) = app
        .store
        .read_inline(move |db| {
            let kept = cache.parts(changes, db, &config, sku.id, lang, today)?;
            let terms = match &kept.product.policy {
                Some(policy) => Arc::from(terms_html(policy, lang)?),
                None => Arc::from(""),
            };
            Ok((kept, terms))
        })
        .await?;
    let layout = Layout::of(request, kept.name.clone());
    Ok(html(&ProductPage { layout, kept, terms, gtin: gtin.to_string() }))
}

/// Counts an answer "not issued" against whoever asked, wherever they asked: who tries serials is slowed. An issued label always opens,
/// because whole neighbourhoods share an address.
///
/// # Errors
/// [`Code::TooMany`] in place of the answer.
pub fn count_guess(request: &HttpRequest, why: &Refused) -> Result<()> {
    match (why, request.app_data::<web::Data<AppState>>()) {
        (Refused::Unissued, Some(app)) => app.limits.spend(Limit::BadSerialAddress, &address(request)),
        _ => Ok(()),
    }
}

/// "Not issued by us", with status 404; a typo says so, and an address that is damaged (400). What was typed comes back to be mended.
pub fn unissued_page(request: &HttpRequest, why: Refused, typed: &str) -> HttpResponse {
    if let Err(error) = count_guess(request, &why) {
        return respond(&error, request);
    }
    let status = if matches!(why, Refused::Damaged(_)) { StatusCode::BAD_REQUEST } else { StatusCode::NOT_FOUND };
    let mut layout = Layout::of(request, "");
    let t = layout.t;
    let word = |key: &str| t.say(key).into_owned();
    let typed: String = typed.chars().filter(|c| !c.is_control()).take(60).collect();
    // Its look, its heading, a headline, the text, what is shown again, what may be mended.
    let (class, title, headline, text, shown, typed) = match why {
        Refused::Damaged(reason) => ("", "damaged-title", "", "damaged-text", Some(("damaged-reason", reason)), String::new()),
        Refused::Typo => ("", "unissued-typo", "", "unissued-typo-text", None, typed),
        Refused::Unissued => ("bad", "unissued-title", "unissued-lead", "unissued-text", None, typed),
        Refused::NoProduct => {
            ("bad", "unissued-title", "unissued-product", "unissued-product-text", Some(("unissued-number", typed)), String::new())
        }
    };
    layout.title = word(title);
    let headline = if headline.is_empty() { String::new() } else { word(headline) };
    let (text, shown) = (word(text), shown.map(|(key, value)| (word(key), value)));
    let help = help(request, layout.lang);
    html_response(status, &Unissued { layout, class, headline, text, shown, typed, help })
}

fn help(request: &HttpRequest, lang: Lang) -> String {
    request.app_data::<web::Data<AppState>>().map(|app| app.config.help(lang).to_owned()).unwrap_or_default()
}

/// Pages that may be used again: the other address of a list.
pub fn choices_page(request: &HttpRequest, status: StatusCode, choices: Vec<(String, String)>) -> HttpResponse {
    let mut layout = Layout::of(request, "");
    layout.title = layout.t.say("choices-title").into_owned();
    let text = layout.t.say("choices-text").into_owned();
    html_response(status, &Notice { layout, class: "", text, form: None, choices, base: String::new() })
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    serial: String,
    #[serde(default)]
    gtin: String,
}

/// The front door for the public.
async fn home(_: Visitor, request: HttpRequest) -> HttpResponse {
    home_with(&request, StatusCode::OK, String::new(), String::new())
}

fn home_with(request: &HttpRequest, status: StatusCode, typed: String, fault: String) -> HttpResponse {
    let mut layout = Layout::of(request, "");
    layout.title = layout.t.say("home-title").into_owned();
    let help = help(request, layout.lang);
    html_response(status, &Home { layout, typed, fault, help })
}

/// From a serial somebody typed to the address on its label.
async fn find_serial(_: Visitor, request: HttpRequest, asked: web::Query<Asked>) -> Result<HttpResponse> {
    let tools = Tools::of(&request)?;
    let from = address(&request);
    tools.app.limits.gate(Limit::BadSerialAddress, &from)?;
    // What comes after the serial of a label's address is no part of it.
    let typed: String = asked.serial.trim().chars().take(500).collect();
    let gtin: Option<Gtin> = parsed(&asked.gtin);
    let scanned = match Scanned::read("serial", &typed, gtin.as_ref().map(Gtin::as_str)) {
        Ok(scanned) => scanned,
        Err(fault) => {
            let fault = Locale::of(&request).words().fault(&fault);
            return Ok(home_with(&request, StatusCode::UNPROCESSABLE_ENTITY, typed, fault));
        }
    };
    match look_up(&tools, scanned).await? {
        Ok(seen) => Ok(see_other(seen.address.label())),
        Err(Refused::Typo) => {
            let text = Locale::of(&request).words().say("unissued-typo-text").into_owned();
            Ok(home_with(&request, StatusCode::UNPROCESSABLE_ENTITY, typed, text))
        }
        Err(why) => Ok(unissued_page(&request, why, &typed)),
    }
}

/// The garment of a serial, ours or from elsewhere. A wrong check character is a typo; everything else that is wrong gets one answer.
async fn look_up(tools: &Tools, scanned: Scanned) -> Result<Result<Seen, Refused>> {
    let keys = tools.app.keys.clone();
    tools.app.store.read_inline(move |db| seen(db, &keys.serials, &scanned)).await
}

/// The garment that was scanned.
pub fn seen(db: &mut Db, keyring: &Keyring, scanned: &Scanned) -> Result<Result<Seen, Refused>> {
    let garment = match serials::find(db, keyring, scanned) {
        Ok(Some(garment)) => garment,
        Ok(None) => return Ok(Err(Refused::Unissued)),
        Err(error) if error.code() == Code::SerialTypo => return Ok(Err(Refused::Typo)),
        Err(error) => return Err(error),
    };
    // As it was asked for, where that is how it is printed; spares the look-up that a slip of the keys needs.
    let (asked, read) = (scanned.gtin.as_deref().map(Gtin::parse), Serial::parse(&scanned.text));
    if let (Some(Ok(gtin)), Ok(serial)) = (&asked, &read)
        && serial.as_str() == scanned.text
    {
        return Ok(Ok(Seen { garment, address: Address { gtin: Some(*gtin), serial: scanned.text.clone() } }));
    }
    let of = batches::serial_of(db, keyring, garment)?.ok_or(Code::NotFound)?;
    let gtin = of.gtin.as_deref().map(Gtin::parse).transpose().map_err(Error::broken)?;
    Ok(Ok(Seen { garment, address: Address { gtin, serial: of.serial } }))
}

/// The garment of a path of ours; the answer when there is none.
async fn named(request: &HttpRequest, tools: &Tools, gtin: &str, serial: &str) -> Result<Result<Seen, HttpResponse>> {
    let Some(gtin) = gtin_of(gtin) else { return Ok(Err(unissued_page(request, Refused::NoProduct, gtin))) };
    Ok(look_up(tools, Scanned::label(&gtin, serial)).await?.map_err(|why| unissued_page(request, why, serial)))
}

/// The garment whose pages lie below `/card/{gtin}/{serial}`, for the rooms that add some; the answer when there is none.
///
/// # Errors
/// [`Code::TooMany`] for whoever tries serials.
pub async fn issued(request: &HttpRequest, gtin: &str, serial: &str) -> Result<Result<Seen, HttpResponse>> {
    named(request, &Tools::of(request)?, gtin, serial).await
}

/// The GTIN in a path of ours, in fourteen digits.
fn gtin_of(digits: &str) -> Option<String> {
    if digits == "-" { Some(NO_GTIN.to_owned()) } else { parsed::<Gtin>(digits).map(|gtin| gtin.to_string()) }
}

/// A product's page at its own address: where the resolver leads.
async fn product(_: Visitor, request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse> {
    let tools = Tools::of(&request)?;
    let Ok(gtin) = Gtin::parse(&path) else { return Ok(unissued_page(&request, Refused::NoProduct, &path)) };
    match tools.app.store.read_inline(move |db| skus::by_gtin(db, gtin.as_str())).await? {
        Some(sku) => product_page(&request, &gtin, sku).await,
        None => Ok(unissued_page(&request, Refused::NoProduct, gtin.as_str())),
    }
}

/// A garment's card at its own address: where the resolver leads.
async fn own_card(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    if let Some(page) = kept_page(&request) {
        return Ok(page);
    }
    let Some(gtin) = gtin_of(&path.0) else { return Ok(unissued_page(&request, Refused::NoProduct, &path.0)) };
    match garment_page(&request, At::Card, &gtin, &path.1).await? {
        Answer::Page(page) => Ok(page),
        Answer::Elsewhere(href) => Ok(see_other(href)),
        Answer::Refused(why) => Ok(unissued_page(&request, why, &path.1)),
    }
}
