//! The routes of the buyer's pages: here those anybody may look at, in `holding` those around claiming and holding.

mod holding;

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, routes, web};
use askama::Template;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Address;
use super::kept::{Shelf, terms_html};
use super::page::{Card, Home, Notice, ProductPage, Said, Unissued};
use super::rules::saying;
use super::store::{self, Life};
use crate::kernel::gs1::Gtin;
use crate::kernel::serial::{Keyring, Serial};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, GarmentId, Result};
use crate::ownership::holders::{self, HolderKeys};
use crate::ownership::scans::{Counter, Look};
use crate::ownership::warranties::WarrantyState;
use crate::platform::db::Db;
use crate::platform::http::limits::{Limit, address};
use crate::platform::http::problem::respond;
use crate::platform::http::{House, Locale, Shell, html, html_response, see_other, segment};
use crate::production::{batches, products};

/// Mounts the room's routes.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.map(|config| config.service(home).service(find_serial).service(product).service(own_card).configure(holding::routes));
}

/// What the pages need besides the store: one a worker.
#[derive(Clone)]
pub struct Desk {
    shelf: Arc<Shelf>,
    holders: Option<HolderKeys>,
    counter: Option<Counter>,
}

impl Desk {
    /// Of a house. Looks are counted where a counter runs.
    pub fn new(house: &House, counter: Option<Counter>) -> Self {
        Self { shelf: Arc::default(), holders: HolderKeys::derive(&house.keys.house).ok(), counter }
    }
}

/// What a page of ours is made with.
struct Tools {
    house: web::Data<House>,
    holders: HolderKeys,
    shelf: Arc<Shelf>,
    counter: Option<Counter>,
}

impl Tools {
    fn of(request: &HttpRequest) -> Result<Self> {
        let absent = || Error::broken("the card's desk is not there");
        let house = request.app_data::<web::Data<House>>().ok_or_else(absent)?.clone();
        let desk = request.app_data::<web::Data<Desk>>().ok_or_else(absent)?;
        let Desk { shelf, holders, counter } = desk.as_ref().clone();
        Ok(Self { house, holders: holders.ok_or_else(absent)?, shelf, counter })
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

/// The page of a garment at its label's address or at its own: one request, no redirect.
///
/// # Errors
/// When the store does.
pub async fn garment_page(request: &HttpRequest, seen: &Seen) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    let secret = holding::secret_of(request, &tools, seen.garment);
    let lang = Locale::of(request).0;
    let (house, shelf) = (tools.house.clone(), tools.shelf.clone());
    let (today, seen) = (house.today(), seen.clone());
    let changes = house.store.changes();
    let config = house.config.clone();
    let mut page = {
        let (secret, seen, shell) = (secret.clone(), seen.clone(), Shell::of(request, ""));
        house
            .store
            .glance(move |db| {
                let life = store::life(db, seen.garment)?;
                let kept = shelf.parts(changes, db, &config, life.sku, lang, today)?;
                let state = state_of(db, &life, today)?;
                let policy = life.policy.or(if life.is_sold() { None } else { kept.product.policy.as_ref().map(|policy| policy.id) });
                let terms = shelf.terms(db, policy, lang)?;
                let is_mine = match &secret {
                    Some(secret) => holders::holder_of(db, seen.garment, secret)?.is_some(),
                    None => false,
                };
                let said = Said::of(&saying(life.is_sold(), life.is_returned, &state), shell.t);
                let mut card = Card {
                    shell,
                    terms,
                    serial: grouped(&seen.address.serial),
                    base: seen.address.base(),
                    saying: said,
                    is_mine,
                    is_held: false,
                    claimed: String::new(),
                    scanned: String::new(),
                    first_scan: String::new(),
                    many: false,
                    past: Vec::new(),
                    kept,
                };
                card.tell(&life, config.time_zone);
                Ok(card)
            })
            .await?
    };
    page.shell.title.clone_from(&page.kept.name);
    let body = Bytes::from(page.render().map_err(Error::broken)?);
    if secret.is_none() {
        tools.shelf.keep(changes, &address_of(request), lang, today, seen.garment, &body);
    }
    count(request, &tools, seen.garment);
    Ok(page_of(body))
}

/// Where the brand leads a garment's visitors instead of to its card.
///
/// # Errors
/// When the store does.
pub async fn replaced_by(request: &HttpRequest, garment: GarmentId) -> Result<Option<String>> {
    let tools = Tools::of(request)?;
    let (shelf, changes) = (tools.shelf.clone(), tools.house.store.changes());
    tools
        .house
        .store
        .glance(move |db| {
            let defaults = shelf.defaults(changes, db)?;
            if defaults.is_empty() {
                return Ok(None);
            }
            let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
            let sku = products::sku(db, batch.sku_id)?.ok_or(Code::NotFound)?;
            defaults.of_garment(db, garment, &sku)
        })
        .await
}

/// Where the brand leads a product's visitors instead of to its page.
///
/// # Errors
/// When the store does.
pub async fn product_replaced_by(request: &HttpRequest, sku: &products::Sku) -> Result<Option<String>> {
    let tools = Tools::of(request)?;
    let (shelf, changes, sku) = (tools.shelf.clone(), tools.house.store.changes(), sku.clone());
    tools.house.store.glance(move |db| Ok(shelf.defaults(changes, db)?.of_sku(&sku))).await
}

/// The page kept for this very address, when nothing was written since.
pub fn kept_page(request: &HttpRequest) -> Option<HttpResponse> {
    let tools = Tools::of(request).ok()?;
    let lang = Locale::of(request).0;
    let whole = tools.shelf.page(tools.house.store.changes()?, &address_of(request), lang, tools.house.today())?;
    if holding::secret_of(request, &tools, whole.garment).is_some() {
        return None;
    }
    count(request, &tools, whole.garment);
    let brotli = header::Encoding::brotli();
    let accepted = request.get_header::<header::AcceptEncoding>();
    if accepted.is_some_and(|accepted| accepted.negotiate([brotli.clone(), header::Encoding::identity()].iter()) == Some(brotli)) {
        let mut page = page_of(whole.brotli());
        page.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("br"));
        return Some(page);
    }
    Some(page_of(whole.body.clone()))
}

fn page_of(body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::VARY, "Accept, Accept-Encoding, Accept-Language, Cookie"))
        .body(body)
}

fn address_of(request: &HttpRequest) -> String {
    request.uri().path_and_query().map_or_else(|| request.path().to_owned(), |address| address.as_str().to_owned())
}

/// Counts a look, aside from the request. Only people's browsers, only GET.
fn count(request: &HttpRequest, tools: &Tools, garment: GarmentId) {
    let Some(counter) = &tools.counter else { return };
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Ok(from) = address(request).trim_end_matches("/64").parse() else { return };
    let purposes = [text("sec-purpose"), text("purpose"), text("x-purpose"), text("x-moz")];
    counter.count(garment, &Look { method: request.method().as_str(), user_agent: text("user-agent"), purposes: &purposes, address: from });
}

/// How the warranty of its live sale stands today.
fn state_of(db: &mut Db, life: &Life, today: chrono::NaiveDate) -> Result<WarrantyState> {
    life.warranty.as_ref().map_or(Ok(WarrantyState::None), |warranty| warranty.state(db, today))
}

fn grouped(serial: &str) -> String {
    Serial::parse(serial).map_or_else(|_| serial.to_owned(), |serial| serial.grouped())
}

/// The page of a product.
///
/// # Errors
/// When the store does.
pub async fn product_page(request: &HttpRequest, gtin: &Gtin, sku: products::Sku) -> Result<HttpResponse> {
    let tools = Tools::of(request)?;
    let lang = Locale::of(request).0;
    let (house, shelf, today) = (tools.house.clone(), tools.shelf.clone(), tools.house.today());
    let (changes, config) = (house.store.changes(), house.config.clone());
    let (kept, terms) = house
        .store
        .glance(move |db| {
            let kept = shelf.parts(changes, db, &config, sku.id, lang, today)?;
            let terms = match &kept.product.policy {
                Some(policy) => Arc::from(terms_html(policy, lang)?),
                None => Arc::from(""),
            };
            Ok((kept, terms))
        })
        .await?;
    let shell = Shell::of(request, kept.name.clone());
    Ok(html(&ProductPage { shell, kept, terms, gtin: gtin.to_string() }))
}

/// Counts an answer "not issued" against whoever asked, wherever they asked: who tries serials is slowed. An issued label always opens,
/// because whole neighbourhoods share an address.
///
/// # Errors
/// [`Code::TooMany`] in place of the answer.
pub fn count_guess(request: &HttpRequest, why: &Refused) -> Result<()> {
    match (why, request.app_data::<web::Data<House>>()) {
        (Refused::Unissued, Some(house)) => house.limits.spend(Limit::BadSerialAddress, &address(request)),
        _ => Ok(()),
    }
}

/// "Not issued by us", with status 404; a typo says so, and an address that is damaged (400). What was typed comes back to be mended.
pub fn unissued_page(request: &HttpRequest, why: Refused, typed: &str) -> HttpResponse {
    if let Err(error) = count_guess(request, &why) {
        return respond(&error, request);
    }
    let status = if matches!(why, Refused::Damaged(_)) { StatusCode::BAD_REQUEST } else { StatusCode::NOT_FOUND };
    let mut shell = Shell::of(request, "");
    let t = shell.t;
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
    shell.title = word(title);
    let headline = if headline.is_empty() { String::new() } else { word(headline) };
    let (text, shown) = (word(text), shown.map(|(key, value)| (word(key), value)));
    let help = help(request, shell.lang);
    html_response(status, &Unissued { shell, class, headline, text, shown, typed, help })
}

fn help(request: &HttpRequest, lang: Lang) -> String {
    request.app_data::<web::Data<House>>().map(|house| house.config.help(lang).to_owned()).unwrap_or_default()
}

/// Pages that may be used again: the other address of a list.
pub fn choices_page(request: &HttpRequest, status: StatusCode, choices: Vec<(String, String)>) -> HttpResponse {
    let mut shell = Shell::of(request, "");
    shell.title = shell.t.say("choices-title").into_owned();
    let text = shell.t.say("choices-text").into_owned();
    html_response(status, &Notice { shell, class: "", text, form: None, choices, base: String::new() })
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    serial: String,
    #[serde(default)]
    gtin: String,
}

/// The front door for the public.
#[routes]
#[get("/")]
#[head("/")]
async fn home(request: HttpRequest) -> HttpResponse {
    home_with(&request, StatusCode::OK, String::new(), String::new())
}

fn home_with(request: &HttpRequest, status: StatusCode, typed: String, fault: String) -> HttpResponse {
    let mut shell = Shell::of(request, "");
    shell.title = shell.t.say("home-title").into_owned();
    let help = help(request, shell.lang);
    html_response(status, &Home { shell, typed, fault, help })
}

/// From a serial somebody typed to the address on its label.
#[routes]
#[get("/find-serial")]
#[head("/find-serial")]
async fn find_serial(request: HttpRequest, asked: web::Query<Asked>) -> Result<HttpResponse> {
    let tools = Tools::of(&request)?;
    let from = address(&request);
    tools.house.limits.gate(Limit::BadSerialAddress, &from)?;
    let typed: String = asked.serial.trim().chars().take(60).collect();
    if typed.is_empty() {
        let words = Locale::of(&request).words();
        let fault = words.fault(&crate::kernel::Fault::new("serial", Code::Missing));
        return Ok(home_with(&request, StatusCode::UNPROCESSABLE_ENTITY, typed, fault));
    }
    let gtin = Gtin::parse(&asked.gtin).ok();
    match look_up(&tools, gtin.as_ref().map(Gtin::as_str), &typed).await? {
        Ok(seen) => Ok(see_other(match &seen.address.gtin {
            Some(gtin) => format!("/01/{gtin}/21/{}", segment(&seen.address.serial)),
            None => format!("/C/{}", segment(&seen.address.serial)),
        })),
        Err(Refused::Typo) => {
            let text = Locale::of(&request).words().say("unissued-typo-text").into_owned();
            Ok(home_with(&request, StatusCode::UNPROCESSABLE_ENTITY, typed, text))
        }
        Err(why) => Ok(unissued_page(&request, why, &typed)),
    }
}

/// The garment of a serial, ours or from elsewhere. A wrong check character is a typo; everything else that is wrong gets one answer.
async fn look_up(tools: &Tools, gtin: Option<&str>, typed: &str) -> Result<Result<Seen, Refused>> {
    let (keys, gtin, typed) = (tools.house.keys.clone(), gtin.map(str::to_owned), typed.to_owned());
    tools.house.store.glance(move |db| seen(db, &keys.serials, gtin.as_deref(), &typed)).await
}

/// The garment of a serial, by the GTIN beside it if there is one ([`NO_GTIN`] says that there is none).
///
/// # Errors
/// When the store does.
pub fn seen(db: &mut Db, keyring: &Keyring, gtin: Option<&str>, typed: &str) -> Result<Result<Seen, Refused>> {
    let garment = match batches::find_serial(db, keyring, gtin, typed) {
        Ok(Some(garment)) => garment,
        Ok(None) => return Ok(Err(Refused::Unissued)),
        Err(error) if error.code() == Code::SerialTypo => return Ok(Err(Refused::Typo)),
        Err(error) => return Err(error),
    };
    // As it was asked for, where that is how it is printed; spares the look-up that a slip of the keys needs.
    let (asked, read) = (gtin.map(Gtin::parse), Serial::parse(typed));
    if let (Some(Ok(gtin)), Ok(serial)) = (&asked, &read)
        && serial.as_str() == typed
    {
        return Ok(Ok(Seen { garment, address: Address { gtin: Some(*gtin), serial: typed.to_owned() } }));
    }
    let of = batches::serial_of(db, keyring, garment)?.ok_or(Code::NotFound)?;
    let gtin = of.gtin.as_deref().and_then(|gtin| Gtin::parse(gtin).ok());
    Ok(Ok(Seen { garment, address: Address { gtin, serial: of.serial } }))
}

/// The garment of a path of ours; the answer when there is none.
async fn named(request: &HttpRequest, tools: &Tools, gtin: &str, serial: &str) -> Result<Result<Seen, HttpResponse>> {
    let gtin = match gtin {
        "-" => NO_GTIN.to_owned(),
        digits => match Gtin::parse(digits) {
            Ok(gtin) => gtin.to_string(),
            Err(_) => return Ok(Err(unissued_page(request, Refused::NoProduct, digits))),
        },
    };
    Ok(look_up(tools, Some(&gtin), serial).await?.map_err(|why| unissued_page(request, why, serial)))
}

/// A product's page at its own address: where the resolver leads.
#[routes]
#[get("/card/{gtin}")]
#[head("/card/{gtin}")]
async fn product(request: HttpRequest, path: web::Path<String>) -> Result<HttpResponse> {
    let tools = Tools::of(&request)?;
    let Ok(gtin) = Gtin::parse(&path) else { return Ok(unissued_page(&request, Refused::NoProduct, &path)) };
    match tools.house.store.glance(move |db| products::sku_by_gtin(db, gtin.as_str())).await? {
        Some(sku) => product_page(&request, &gtin, sku).await,
        None => Ok(unissued_page(&request, Refused::NoProduct, gtin.as_str())),
    }
}

/// A garment's card at its own address: where the resolver leads.
#[routes]
#[get("/card/{gtin}/{serial}")]
#[head("/card/{gtin}/{serial}")]
async fn own_card(request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    if let Some(page) = kept_page(&request) {
        return Ok(page);
    }
    let tools = Tools::of(&request)?;
    match named(&request, &tools, &path.0, &path.1).await? {
        Ok(seen) => garment_page(&request, &seen).await,
        Err(answer) => Ok(answer),
    }
}
