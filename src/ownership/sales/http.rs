//! The sales' API, for shops and their systems, and the pages.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::COLUMNS;
use super::page::{FormPage, ListPage, OnePage, ask_of, card_of, cells, href};
use super::rules::{NewSale, SaleAsk, check};
use super::store::{self, Sale, SaleFilter};
use super::view::{SaleView, views};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::time::read_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::problem::Problem;
use crate::platform::http::{
    Caller, Filled, Form, House, Json, Locale, Once, Routes, Shell, created, csv, html, html_response, json, perm, query_escape, see_other,
};
use crate::production::parties::{self, Party, Role};
use crate::production::serials::{self, Scanned};
use crate::production::{batches, products};

/// Rows a download may have.
const ALL: i64 = 1_000_000;
/// Rows a download reads at a time.
const CHUNK: i64 = 500;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_api).service(register_api).service(one_api).service(delivered_api).service(returned_api).map(|c| {
        c.service(list_page)
            .service(list_csv)
            .service(find_page)
            .service(new_page)
            .service(new_form)
            .service(one_page)
            .service(delivered_form)
            .service(returned_form)
    });
}

/// Which sales, and which page of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
struct Ask {
    /// Sold on or after this day.
    from: Option<String>,
    /// Sold on or before this day.
    to: Option<String>,
    /// Code of the retailer.
    retailer: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

impl Ask {
    fn text(value: Option<&String>) -> Option<&str> {
        value.map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn days(&self) -> Result<(Option<NaiveDate>, Option<NaiveDate>)> {
        let from = Self::text(self.from.as_ref()).map(|day| read_date("from", day)).transpose()?;
        let to = Self::text(self.to.as_ref()).map(|day| read_date("to", day)).transpose()?;
        if let (Some(earlier), Some(later)) = (from, to) {
            super::rules::in_order("to", earlier, later)?;
        }
        Ok((from, to))
    }

    fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }
}

/// The filter of what was asked, within what the caller may see. None when it names a retailer they may not know of.
fn filter_of(db: &mut Db, ask: &Ask, bound: Option<Id>) -> Result<Option<SaleFilter>> {
    let (from, to) = ask.days()?;
    let retailer = match Ask::text(ask.retailer.as_ref()) {
        None => bound,
        Some(code) => match parties::by_code(db, code)?.filter(|party| bound.is_none_or(|own| own == party.id)) {
            Some(party) => Some(party.id),
            None => return Ok(None),
        },
    };
    Ok(Some(SaleFilter { from, to, retailer }))
}

async fn page_of(house: &House, bound: Option<Id>, ask: Ask) -> Result<Page<SaleView>> {
    let (keys, today) = (house.keys.clone(), house.today());
    house
        .store
        .read(move |db| {
            let Some(filter) = filter_of(db, &ask, bound)? else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            let Page { items, next } = store::list(db, &filter, &ask.page())?;
            Ok(Page { items: views(db, &keys.serials, today, items)?, next })
        })
        .await
}

/// Sales, the latest day first. A caller bound to a retailer sees its own.
#[utoipa::path(tag = "sales", params(Ask), responses((status = 200, body = Page<SaleView>), (status = 422, body = Problem)))]
#[get("/api/v1/sales")]
async fn list_api(caller: Caller<perm::SalesRead>, house: web::Data<House>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(&house, caller.party, ask.into_inner()).await?)
}

/// The retailer a sale is registered under: its own for a caller who is bound to one, whatever they say otherwise is refused.
fn retailer_of(db: &mut Db, code: Option<&str>, bound: Option<Id>) -> Result<Option<Id>> {
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Ok(bound);
    };
    let known = parties::by_code(db, code)?.map(|party| party.id).filter(|id| bound.is_none_or(|own| own == *id));
    known.map(Some).ok_or_else(|| Fault::new("retailer", Code::UnknownReference).with("value", code).into())
}

async fn register(house: &House, stamp: Stamp, bound: Option<Id>, once: Once, ask: SaleAsk, source: &'static str) -> Result<SaleView> {
    let (zone, today, keys) = (house.config.time_zone, house.today(), house.keys.clone());
    let sound = check(&ask, today)?;
    let named = pinned(house, Scanned::read("serial", &ask.serial, ask.gtin.as_deref())?).await?;
    house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                let garment = serials::garment(db, &keys.serials, &named)?;
                let retailer = retailer_of(db, ask.retailer.as_deref(), bound)?;
                let sale = store::register(db, &stamp, zone, &NewSale { garment, retailer, sound: sound.clone(), source })?;
                one_view(db, &keys.serials, today, sale)
            })
        })
        .await
}

async fn pinned(house: &House, named: Scanned) -> Result<Scanned> {
    let keys = house.keys.clone();
    house.store.read(move |db| serials::printed(db, &keys.serials, named)).await
}

fn one_view(db: &mut Db, keys: &crate::kernel::serial::Keyring, today: NaiveDate, sale: Sale) -> Result<SaleView> {
    views(db, keys, today, vec![sale])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Registers a sale: the garment gets its warranty in the same moment.
#[utoipa::path(
    tag = "sales",
    request_body = SaleAsk,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses(
        (status = 201, body = SaleView, headers(("location" = String))),
        (status = 404, body = Problem, description = "We did not issue this serial"),
        (status = 409, body = Problem, description = "Sold already, or its batch is on hold"),
        (status = 422, body = Problem),
    )
)]
#[post("/api/v1/sales")]
async fn register_api(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    body: Json<SaleAsk>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let sale = register(&house, caller.stamp(), caller.party, once, body.value, "api").await?;
    created(&format!("/api/v1{}", href(&sale.serial)), &sale)
}

/// The GTIN beside a serial, where that is needed to tell it from another.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Beside {
    /// 8 to 14 digits.
    gtin: Option<String>,
}

/// The sales of one garment.
#[derive(Debug, Serialize, ToSchema)]
struct SalesOfGarment {
    /// Its serial.
    serial: String,
    /// Its sales, the latest first.
    sales: Vec<SaleView>,
}

/// The garment's sales that the caller may see, newest first. [`Code::NotFound`] for a caller bound to a retailer who sold none of them.
fn sales_of(db: &mut Db, house: &House, garment: GarmentId, bound: Option<Id>) -> Result<Vec<SaleView>> {
    let mut sales = store::of_garment(db, garment)?;
    if let Some(own) = bound {
        sales.retain(|sale| sale.retailer == Some(own));
        if sales.is_empty() {
            return Err(Code::NotFound.into());
        }
    }
    sales.reverse();
    views(db, &house.keys.serials, house.today(), sales)
}

async fn of_serial(house: &House, bound: Option<Id>, serial: String, gtin: Option<String>) -> Result<SalesOfGarment> {
    let inside = house.clone();
    let named = Scanned::read("serial", &serial, gtin.as_deref())?;
    let sales = house
        .store
        .read(move |db| {
            let garment = serials::garment(db, &inside.keys.serials, &named)?;
            sales_of(db, &inside, garment, bound)
        })
        .await?;
    Ok(SalesOfGarment { serial: sales.first().map_or(serial, |sale| sale.serial.clone()), sales })
}

/// The sales of a garment, the latest first, each with its warranty.
#[utoipa::path(tag = "sales", params(Beside), responses((status = 200, body = SalesOfGarment), (status = 404, body = Problem)))]
#[get("/api/v1/sales/{serial}")]
async fn one_api(
    caller: Caller<perm::SalesRead>,
    house: web::Data<House>,
    serial: web::Path<String>,
    beside: web::Query<Beside>,
) -> Result<HttpResponse> {
    let of = of_serial(&house, caller.party, serial.into_inner(), beside.into_inner().gtin).await?;
    if of.sales.is_empty() {
        return Err(Code::NotFound.into());
    }
    json(&of)
}

/// What happens to a live sale after it was made.
#[derive(Clone, Copy)]
enum Later {
    Delivered(NaiveDate),
    Returned(NaiveDate),
}

async fn later(
    house: &House,
    stamp: Stamp,
    bound: Option<Id>,
    once: Once,
    serial: &str,
    gtin: Option<&str>,
    what: Later,
) -> Result<SaleView> {
    let (zone, today, keys) = (house.config.time_zone, house.today(), house.keys.clone());
    let named = pinned(house, Scanned::read("serial", serial, gtin)?).await?;
    house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                let garment = serials::garment(db, &keys.serials, &named)?;
                if bound.is_some() && store::latest(db, garment)?.is_none_or(|sale| sale.retailer != bound) {
                    return Err(Code::NotFound.into());
                }
                let sale = match what {
                    Later::Delivered(day) => store::deliver(db, &stamp, zone, garment, day)?,
                    Later::Returned(day) => store::end_sale(db, &stamp, zone, garment, day)?,
                };
                one_view(db, &keys.serials, today, sale)
            })
        })
        .await
}

/// A delivery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delivered {
    /// The day the buyer had it.
    delivered_on: NaiveDate,
    /// The GTIN beside the serial, where that is needed.
    #[serde(default)]
    gtin: Option<String>,
}

/// Notes when the garment was handed over; its warranty is worked out anew, and never ends earlier for it.
#[utoipa::path(
    tag = "sales",
    request_body = Delivered,
    responses((status = 200, body = SaleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[post("/api/v1/sales/{serial}/delivered")]
async fn delivered_api(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    serial: web::Path<String>,
    body: Json<Delivered>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let Delivered { delivered_on, gtin } = body.value;
    json(&later(&house, caller.stamp(), caller.party, once, &serial, gtin.as_deref(), Later::Delivered(delivered_on)).await?)
}

/// A return.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Returned {
    /// The day it came back.
    returned_on: NaiveDate,
    /// The GTIN beside the serial, where that is needed.
    #[serde(default)]
    gtin: Option<String>,
}

/// Ends the live sale because the garment came back: its warranty and its holding end too, and it may be sold again.
#[utoipa::path(
    tag = "sales",
    request_body = Returned,
    responses((status = 200, body = SaleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[post("/api/v1/sales/{serial}/returned")]
async fn returned_api(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    serial: web::Path<String>,
    body: Json<Returned>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let Returned { returned_on, gtin } = body.value;
    json(&later(&house, caller.stamp(), caller.party, once, &serial, gtin.as_deref(), Later::Returned(returned_on)).await?)
}

/// The retailers to choose from; none for somebody who is bound to one.
async fn retailers(house: &House, bound: Option<Id>) -> Result<Vec<Party>> {
    if bound.is_some() {
        return Ok(Vec::new());
    }
    house.store.read(|db| parties::with_role(db, Role::Retailer)).await
}

fn query(ask: &Ask) -> String {
    let part = |name: &str, value: Option<&String>| format!("{name}={}", query_escape(value.map_or("", |text| text.trim())));
    [part("from", ask.from.as_ref()), part("to", ask.to.as_ref()), part("retailer", ask.retailer.as_ref())].join("&")
}

#[get("/sales")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::SalesRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let page = listed(&request, &caller, &house, ask.into_inner(), (String::new(), String::new())).await?;
    Ok(html(&page))
}

async fn listed(
    request: &HttpRequest,
    caller: &Caller<perm::SalesRead>,
    house: &House,
    ask: Ask,
    sought: (String, String),
) -> Result<ListPage> {
    let query = query(&ask);
    let page = page_of(house, caller.party, ask.clone()).await?;
    Ok(ListPage {
        shell: Shell::titled(request, "sales-title"),
        sales: page.items,
        from: ask.from.unwrap_or_default(),
        to: ask.to.unwrap_or_default(),
        retailer: ask.retailer.unwrap_or_default(),
        retailers: retailers(house, caller.party).await?,
        is_bound: caller.party.is_some(),
        next: page.next.map(|next| format!("/sales?{query}&after={next}")),
        csv: format!("/sales.csv?{query}"),
        sought,
    })
}

#[get("/sales.csv")]
async fn list_csv(
    request: HttpRequest,
    caller: Caller<perm::SalesRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let (mut ask, mut rows, mut left) = (ask.into_inner(), Vec::new(), ALL);
    ask.per_page = Some(CHUNK);
    while left > 0 {
        let page = page_of(&house, caller.party, ask.clone()).await?;
        left -= CHUNK;
        rows.extend(page.items.iter().map(cells));
        match page.next {
            Some(next) => ask.after = Some(next),
            None => break,
        }
    }
    let locale = Locale::of(&request);
    let titles =
        COLUMNS.columns.iter().map(|column| column.title(locale.0).to_owned()).chain([locale.words().say("sales-status").into_owned()]);
    csv("sales", titles, rows)
}

/// What somebody typed or scanned to get to a garment's sales.
#[derive(Deserialize)]
struct Sought {
    #[serde(default)]
    serial: String,
}

/// Goes to the page of whatever serial or address was scanned; what is not found stays in the box, to be mended.
#[get("/sales/find")]
async fn find_page(
    request: HttpRequest,
    caller: Caller<perm::SalesRead>,
    house: web::Data<House>,
    sought: web::Query<Sought>,
) -> Result<HttpResponse> {
    match sought_serial(&house, caller.party, &sought.serial).await {
        Ok(serial) => Ok(see_other(href(&serial))),
        Err(Error::Refused(refusal)) => {
            let words = Locale::of(&request).words();
            let why = refusal.faults.first().map_or_else(|| words.refusal(&refusal), |fault| words.fault(fault));
            let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let page = listed(&request, &caller, &house, Ask::default(), (sought.serial.clone(), why)).await?;
            Ok(html_response(status, &page))
        }
        Err(error) => Err(error),
    }
}

async fn sought_serial(house: &House, bound: Option<Id>, typed: &str) -> Result<String> {
    let named = Scanned::read("serial", typed, None)?;
    let inside = house.clone();
    let of = house
        .store
        .read(move |db| {
            let garment = serials::garment(db, &inside.keys.serials, &named)?;
            sales_of(db, &inside, garment, bound)?;
            batches::serial_of(db, &inside.keys.serials, garment)
        })
        .await?;
    Ok(of.ok_or(Code::SerialUnknown)?.serial)
}

/// What stays the same from one sale to the next of a queue.
const KEPT: [&str; 6] = ["sold_on", "retailer", "currency", "channel", "country", "city"];

#[get("/sales/new")]
async fn new_page(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    start: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let mut start = start.into_inner();
    let done = start.remove("done");
    let mut values = HashMap::from([("sold_on".to_owned(), house.today().to_string())]);
    values.extend(start.into_iter().filter(|(name, _)| name == "serial" || KEPT.contains(&name.as_str())));
    Ok(html(&FormPage {
        shell: Shell::titled(&request, "sales-new"),
        form: Filled::of(values),
        retailers: retailers(&house, caller.party).await?,
        is_bound: caller.party.is_some(),
        done,
    }))
}

#[post("/sales/new")]
async fn new_form(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let registered = match ask_of(&form.value) {
        Ok(ask) => register(&house, caller.stamp(), caller.party, once, ask, "desk").await,
        Err(error) => Err(error),
    };
    match registered {
        Ok(sale) => {
            let kept = KEPT.iter().filter_map(|name| Some((name, form.value.get(*name)?))).filter(|(_, value)| !value.is_empty());
            let kept: String = kept.map(|(name, value)| format!("&{name}={}", query_escape(value))).collect();
            Ok(see_other(format!("/sales/new?done={}{kept}", query_escape(&sale.serial))))
        }
        Err(error) => {
            let shell = Shell::titled(&request, "sales-new");
            let form = filled(form.value, error, &shell)?;
            let retailers = retailers(&house, caller.party).await?;
            let page = FormPage { shell, form, retailers, is_bound: caller.party.is_some(), done: None };
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// The form again. That a serial is unknown stands beside its field too: it is a thing to mend, not a page that is not there.
fn filled(values: HashMap<String, String>, error: crate::kernel::Error, shell: &Shell) -> Result<Filled> {
    let error = match error.code() {
        code @ (Code::SerialUnknown | Code::SerialTypo | Code::NotADigitalLink) => Fault::new("serial", code).into(),
        _ => error,
    };
    Filled::refused(values, error, shell.t)
}

async fn one(request: &HttpRequest, house: &House, bound: Option<Id>, serial: String, form: Filled) -> Result<OnePage> {
    let SalesOfGarment { serial, sales } = of_serial(house, bound, serial, None).await?;
    let (named, inside, lang) = (Scanned::read("serial", &serial, None)?, house.clone(), Locale::of(request).0);
    let (what, card) = house
        .store
        .read(move |db| {
            let garment = serials::garment(db, &inside.keys.serials, &named)?;
            let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
            let of = batches::serial_of(db, &inside.keys.serials, garment)?.ok_or(Code::SerialUnknown)?;
            Ok((products::what(db, batch.sku_id, lang)?, card_of(&of)))
        })
        .await?;
    Ok(OnePage { shell: Shell::titled(request, "sales-garment"), serial, what, card, sales, form, today: house.today().to_string() })
}

#[get("/sales/{serial}")]
async fn one_page(
    request: HttpRequest,
    caller: Caller<perm::SalesRead>,
    house: web::Data<House>,
    serial: web::Path<String>,
) -> Result<HttpResponse> {
    Ok(html(&one(&request, &house, caller.party, serial.into_inner(), Filled::default()).await?))
}

async fn later_form(
    request: &HttpRequest,
    caller: &Caller<perm::SalesEdit>,
    house: &House,
    serial: String,
    form: Form<HashMap<String, String>>,
    field: &'static str,
    what: fn(NaiveDate) -> Later,
) -> Result<HttpResponse> {
    let once = Once::of(request, &form.hash, form.once.as_deref())?;
    let day = read_date(field, form.value.get(field).map_or("", String::as_str));
    let done = match day {
        Ok(day) => later(house, caller.stamp(), caller.party, once, &serial, None, what(day)).await,
        Err(fault) => Err(fault.into()),
    };
    match done {
        Ok(sale) => Ok(see_other(href(&sale.serial))),
        Err(error) => {
            let again = Filled::refused(form.value, error, Locale::of(request).words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &one(request, house, caller.party, serial, again).await?))
        }
    }
}

#[post("/sales/{serial}/delivered")]
async fn delivered_form(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    serial: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    later_form(&request, &caller, &house, serial.into_inner(), form, "delivered_on", Later::Delivered).await
}

#[post("/sales/{serial}/returned")]
async fn returned_form(
    request: HttpRequest,
    caller: Caller<perm::SalesEdit>,
    house: web::Data<House>,
    serial: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    later_form(&request, &caller, &house, serial.into_inner(), form, "returned_on", Later::Returned).await
}
