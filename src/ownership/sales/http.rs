//! The sales' API, for shops and their systems, and the pages.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::OnePage;
use super::register::{Desk, Later, later, report, sales_of};
use super::view::{SaleView, retailers};
use super::{FIELDS, SaleAsk};
use crate::kernel::time::read_date;
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::http::perm::{Perm, SalesEdit, SalesRead};
use crate::platform::http::problem::Problem;
use crate::platform::http::{Form, FormState, Json, Layout, Routes, created, html, html_response, json, query_escape, see_other, segment};
use crate::platform::rooms::{Call, FormView, Said, form_page, list_again, list_description, list_routes, shown_again};
use crate::production::serials::{self, Beside, Scanned};
use crate::production::{batches, parties, skus};

type Reads = Call<SalesRead>;
type Edits = Call<SalesEdit>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<SaleView>);
    list_routes::<SaleView>(on);
    on.api(__path_register_json, register_json)
        .api(__path_one_json, one_json)
        .api(__path_delivered_json, delivered_json)
        .api(__path_returned_json, returned_json)
        .get("/sales/find", find_page)
        .get("/sales/new", new_form)
        .post("/sales/new", register_form)
        .get("/sales/{serial}", one_page)
        .post("/sales/{serial}/delivered", delivered_form)
        .post("/sales/{serial}/returned", returned_form);
}

/// The scan as the label has it, found on a reader and not on the one writer.
async fn printed(call: &Edits, scanned: Scanned) -> Result<Scanned> {
    let keys = call.app().keys.clone();
    call.read(move |db| serials::printed(db, &keys.serials, scanned)).await
}

async fn register(call: &Edits, hash: &str, once: Option<&str>, said: Said, source: &'static str) -> Result<SaleView> {
    let ask = SaleAsk::of(said)?;
    let scanned = printed(call, Scanned::read("serial", &ask.serial, ask.gtin.as_deref())?).await?;
    let (keys, zone, bound) = (call.app().keys.clone(), call.app().config.time_zone, call.party);
    call.change(hash, once, move |db, stamp| report(db, &Desk { keys: &keys.serials, stamp, zone, bound }, &scanned, &ask, source)).await
}

/// Registers a sale: the garment gets its warranty in the same moment.
#[utoipa::path(
    post, path = "/api/v1/sales", tag = "sales", request_body = SaleAsk,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent again, the first answer comes again")),
    responses(
        (status = 201, body = SaleView, headers(("location" = String))),
        (status = 404, body = Problem, description = "We did not issue this serial"),
        (status = 409, body = Problem, description = "Sold already, or its batch is on hold"),
        (status = 422, body = Problem),
    )
)]
async fn register_json(call: Edits, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let today = call.app().today();
    let said = Said::of_json_by(&FIELDS, body.value, |said| SaleAsk::faults(said, today))?;
    let sale = register(&call, &body.hash, None, said, "api").await?;
    created(&format!("/api/v1{}", sale.href()), &sale)
}

/// The sales of one garment.
#[derive(Debug, Serialize, ToSchema)]
struct SalesOfGarment {
    /// Its serial.
    serial: String,
    /// Its sales, the latest first.
    sales: Vec<SaleView>,
}

/// The sales of a garment, the latest first, each with its warranty.
#[utoipa::path(
    get, path = "/api/v1/sales/{serial}", tag = "sales", params(("serial" = String, Path), Beside),
    responses((status = 200, body = SalesOfGarment), (status = 404, body = Problem))
)]
async fn one_json(call: Reads, serial: web::Path<String>, beside: web::Query<Beside>) -> Result<HttpResponse> {
    let scanned = Scanned::read("serial", &serial, beside.gtin.as_deref())?;
    let (app, bound) = (call.app().clone(), call.party);
    let sales = call.read(move |db| {
        let garment = serials::garment(db, &app.keys.serials, &scanned)?;
        sales_of(db, &app.keys.serials, app.today(), garment, bound)
    });
    let sales = sales.await?;
    let serial = sales.first().ok_or(Code::NotFound)?.serial.clone();
    json(&SalesOfGarment { serial, sales })
}

async fn note(call: &Edits, hash: &str, once: Option<&str>, (serial, gtin): (&str, Option<&str>), what: Later) -> Result<SaleView> {
    let scanned = printed(call, Scanned::read("serial", serial, gtin)?).await?;
    let (keys, zone, bound) = (call.app().keys.clone(), call.app().config.time_zone, call.party);
    call.change(hash, once, move |db, stamp| later(db, &Desk { keys: &keys.serials, stamp, zone, bound }, &scanned, what)).await
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
    post, path = "/api/v1/sales/{serial}/delivered", tag = "sales", params(("serial" = String, Path)), request_body = Delivered,
    responses((status = 200, body = SaleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn delivered_json(call: Edits, serial: web::Path<String>, body: Json<Delivered>) -> Result<HttpResponse> {
    let Delivered { delivered_on, gtin } = body.value;
    json(&note(&call, &body.hash, None, (&serial, gtin.as_deref()), Later::Delivered(delivered_on)).await?)
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
    post, path = "/api/v1/sales/{serial}/returned", tag = "sales", params(("serial" = String, Path)), request_body = Returned,
    responses((status = 200, body = SaleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn returned_json(call: Edits, serial: web::Path<String>, body: Json<Returned>) -> Result<HttpResponse> {
    let Returned { returned_on, gtin } = body.value;
    json(&note(&call, &body.hash, None, (&serial, gtin.as_deref()), Later::Returned(returned_on)).await?)
}

/// What somebody typed or scanned to get to a garment's sales.
#[derive(Deserialize)]
struct Sought {
    #[serde(default)]
    serial: String,
}

/// Goes to the page of whatever serial or address was scanned; what is not found stays in the box, to be mended.
async fn find_page(call: Reads, sought: web::Query<Sought>) -> Result<HttpResponse> {
    match one(&call, &sought.serial, FormState::default()).await {
        Ok(page) => Ok(see_other(format!("/sales/{}", segment(&page.serial)))),
        Err(error) => list_again::<SaleView>(&call, &sought.serial, error).await,
    }
}

/// What stays the same from one sale to the next of a queue.
const KEPT: [&str; 6] = ["sold_on", "retailer", "currency", "channel", "country", "city"];

async fn page_of(call: &Edits, form: FormState) -> Result<FormView> {
    let (sees, lang) = (call.sees(), call.lang());
    let retailers = call.read(move |db| retailers(db, sees, lang, |party| party.status == parties::Status::Active)).await?;
    let layout = Layout { keeps_form: true, ..call.layout(call.words().say("sales-new")) };
    Ok(form_page(layout, &FIELDS, form, "/sales/new", "/sales").offering("retailer", retailers))
}

async fn new_form(call: Edits, start: web::Query<HashMap<String, String>>) -> Result<HttpResponse> {
    let mut start = start.into_inner();
    let done = start.remove("done");
    let mut values = HashMap::from([("sold_on".to_owned(), call.app().today().to_string())]);
    values.extend(start.into_iter().filter(|(name, _)| name == "serial" || KEPT.contains(&name.as_str())));
    let page = page_of(&call, FormState::of(values)).await?;
    let Some(serial) = done else { return Ok(html(&page)) };
    let said = call.words().say1("sales-done", "serial", &serial);
    Ok(html(&page.noting(said, format!("/sales/{}", segment(&serial)))))
}

async fn register_form(call: Edits, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    if FormState::is_shown_again(&form.value) {
        return Ok(html(&page_of(&call, shown_again(&FIELDS, form.value, call.words())?).await?));
    }
    let today = call.app().today();
    let registered = match Said::of_form_by(&FIELDS, &form.value, |said| SaleAsk::faults(said, today)) {
        Ok(said) => register(&call, &form.hash, form.once.as_deref(), said, "desk").await,
        Err(error) => Err(error),
    };
    match registered {
        Ok(sale) => {
            let kept = KEPT.iter().filter_map(|name| Some((name, form.value.get(*name)?))).filter(|(_, value)| !value.is_empty());
            let kept: String = kept.map(|(name, value)| format!("&{name}={}", query_escape(value))).collect();
            Ok(see_other(format!("/sales/new?done={}{kept}", query_escape(&sale.serial))))
        }
        Err(error) => {
            // That a serial is unknown stands beside its field too: it is a thing to mend, not a page that is not there.
            let error = match error.code() {
                code @ (Code::SerialUnknown | Code::SerialTypo) => Fault::new("serial", code).into(),
                _ => error,
            };
            let form = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page_of(&call, form).await?))
        }
    }
}

/// The page of a garment's sales.
async fn one<P: Perm>(call: &Call<P>, serial: &str, form: FormState) -> Result<OnePage> {
    let scanned = Scanned::read("serial", serial, None)?;
    let (app, bound, lang) = (call.app().clone(), call.party, call.lang());
    let found = call.read(move |db| {
        let keys = &app.keys.serials;
        let garment = serials::garment(db, keys, &scanned)?;
        let sales = sales_of(db, keys, app.today(), garment, bound)?;
        let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
        let of = batches::serial_of(db, keys, garment)?.ok_or(Code::SerialUnknown)?;
        Ok((skus::styled(db, batch.sku_id)?.inside.get(lang).to_owned(), of, sales))
    });
    let (what, of, sales) = found.await?;
    let (layout, today) = (call.layout(call.words().say("sales-garment")), call.app().today().to_string());
    Ok(OnePage { layout, card: of.card_href(), serial: of.serial, what, sales, form, today })
}

async fn one_page(call: Reads, serial: web::Path<String>) -> Result<HttpResponse> {
    Ok(html(&one(&call, &serial, FormState::default()).await?))
}

async fn noted(
    call: Edits,
    serial: &str,
    form: Form<HashMap<String, String>>,
    field: &'static str,
    what: fn(NaiveDate) -> Later,
) -> Result<HttpResponse> {
    let done = match read_date(field, form.value.get(field).map_or("", String::as_str)) {
        Ok(day) => note(&call, &form.hash, form.once.as_deref(), (serial, None), what(day)).await,
        Err(fault) => Err(Error::from(fault)),
    };
    match done {
        Ok(sale) => Ok(see_other(sale.href())),
        Err(error) => {
            let again = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &one(&call, serial, again).await?))
        }
    }
}

async fn delivered_form(call: Edits, serial: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    noted(call, &serial, form, "delivered_on", Later::Delivered).await
}

async fn returned_form(call: Edits, serial: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    noted(call, &serial, form, "returned_on", Later::Returned).await
}
