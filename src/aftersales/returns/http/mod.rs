//! Returns: the list, the page with what may be done now, and the same for programs.

mod new;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::rules::{RETURN_MACHINE, ReturnAct, is_ours, may_be_disputed};
use super::store::settled::LAPSE_WORK;
use super::store::{self, ReturnOrder, acts};
use super::{DestroyGround, FIELDS, Inbound, ReturnCost, ReturnOutcome, ReturnState, ReturnlessOrigin};
use crate::kernel::choices::Choice;
use crate::kernel::{Code, Fault, Id, Result, parsed, time};
use crate::platform::db::Db;
use crate::platform::http::perm::{CasesEdit, CasesRead, Perm};
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, html_response, json, see_other};
use crate::platform::jobs;
use crate::platform::rooms::timeline::{self, Happened};
use crate::platform::rooms::{self, BrandOnly, Call, Listing, Names, list_description, list_routes, object};
use crate::platform::state::AppState;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<ReturnOrder>);
    list_routes::<ReturnOrder>(on);
    // Before the page of one return, which would take this for its id.
    new::routes(on);
    on.api(__path_lapse_json, lapse_json)
        .api(__path_one_json, one_json)
        .api(__path_act_json, act_json)
        .get("/returns/{id}", one_page)
        .post("/returns/{id}/act", act_form);
}

fn found(db: &mut Db, app: &AppState, id: Id) -> Result<ReturnOrder> {
    let order = store::by_id(db, id)?;
    ReturnOrder::named(db, app, vec![order])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// One return.
#[utoipa::path(get, path = "/api/v1/returns/{id}", tag = "returns", params(("id" = String, Path)),
    responses((status = 200, body = ReturnOrder), (status = 404, body = Problem)))]
async fn one_json(call: Call<BrandOnly<CasesRead>>, id: web::Path<String>) -> Result<HttpResponse> {
    let (id, app): (Id, _) = (id.parse()?, call.app().clone());
    json(&call.read(move |db| found(db, &app, id)).await?)
}

/// Does something with a return: one step, if its state allows it.
#[utoipa::path(post, path = "/api/v1/returns/{id}/act", tag = "returns", params(("id" = String, Path)), request_body = ReturnAct,
    responses((status = 200, body = ReturnOrder), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn act_json(call: Call<BrandOnly<CasesEdit>>, id: web::Path<String>, body: Json<ReturnAct>) -> Result<HttpResponse> {
    let (id, act, zone): (Id, _, _) = (id.parse()?, body.value, call.app().config.time_zone);
    let moved: ReturnOrder = call.change(&body.hash, None, move |db, stamp| acts::act(db, stamp, zone, id, None, &act)).await?;
    json(&moved)
}

/// Lets returns lapse whose parcel nobody sent in time: long work, whose report says how many.
#[utoipa::path(post, path = "/api/v1/returns/lapse", tag = "returns", responses((status = 202, description = "The job is at the address that `location` says.")))]
async fn lapse_json(call: Call<BrandOnly<CasesEdit>>) -> Result<HttpResponse> {
    let job = call.change("", None, |db, stamp| jobs::enqueue(db, stamp, LAPSE_WORK, &Value::Null)).await?;
    Ok(HttpResponse::Accepted().insert_header(("location", jobs::address(job))).finish())
}

#[derive(Template)]
#[template(path = "aftersales/returns/one.html")]
struct OnePage {
    layout: Layout,
    order: ReturnOrder,
    form: FormState,
    history: Vec<Happened>,
    names: Names,
    zone: Tz,
}

/// Acts of the page: their name, the state they are done in (none: whichever the machine allows), and what they ask.
struct Offer {
    act: &'static str,
    to: ReturnState,
    only_in: &'static [ReturnState],
    asks: &'static [&'static str],
}

impl Offer {
    /// Whether it does not take the return on: it ends it, asks for more, or notes a cost.
    fn is_aside(&self) -> bool {
        self.is_grave() && !matches!(self.to, ReturnState::Refused) || matches!(self.act, COST | "ask_more" | "returnless")
    }

    /// Whether it ends something or takes it away.
    fn is_grave(&self) -> bool {
        matches!(self.to, ReturnState::Rejected | ReturnState::Refused | ReturnState::Withdrawn) || self.act == DESTROY
    }
}

const fn offer(act: &'static str, to: ReturnState, only_in: &'static [ReturnState], asks: &'static [&'static str]) -> Offer {
    Offer { act, to, only_in, asks }
}

/// The acts that leave a return where it stands.
const DESTROY: &str = "destroy";
/// What is offered for what may be contested alone.
const DISPUTE: &str = "dispute";
const COST: &str = "cost";

const OFFERS: &[Offer] = &[
    offer("approve", ReturnState::Approved, &[], &["inbound"]),
    offer("ask_more", ReturnState::NeedInfo, &[], &["note"]),
    offer("answered", ReturnState::Requested, &[], &["note"]),
    offer("reject", ReturnState::Rejected, &[], &["note"]),
    offer("send_back", ReturnState::AwaitingInbound, &[], &["inbound"]),
    offer("returnless", ReturnState::Settled, &[ReturnState::Approved], &["origin", "outcome", "note"]),
    offer("sent", ReturnState::InTransit, &[], &["waybill"]),
    offer("received", ReturnState::Received, &[], &["on"]),
    offer("inspect", ReturnState::Inspecting, &[ReturnState::Received], &[]),
    offer("accept", ReturnState::Accepted, &[ReturnState::Inspecting], &["report", "partly", "amount"]),
    offer("refuse", ReturnState::Refused, &[], &["report"]),
    offer(DISPUTE, ReturnState::Inspecting, &[], &["note"]),
    offer("give_back", ReturnState::ReturningToCustomer, &[], &["waybill"]),
    offer("settle", ReturnState::Settling, &[], &[]),
    offer("settled", ReturnState::Settled, &[ReturnState::Settling], &["outcome"]),
    offer("close", ReturnState::ClosedRefused, &[], &[]),
    offer("withdraw", ReturnState::Withdrawn, &[], &[]),
    offer(DESTROY, ReturnState::Settled, &[], &["ground", "weight_g", "document"]),
    offer(COST, ReturnState::Settled, &[], &["cost", "amount", "reference"]),
];

impl OnePage {
    /// What may be done now: what takes the return on, or what stands aside of that.
    fn offers(&self, aside: bool) -> impl Iterator<Item = &'static Offer> {
        let state = self.order.state;
        let may_destroy = is_ours(&self.order) && self.order.destroyed.destroyed_on.is_none();
        OFFERS.iter().filter(move |offer| offer.is_aside() == aside).filter(move |offer| match offer.act {
            DESTROY => may_destroy,
            COST => true,
            DISPUTE => may_be_disputed(&self.order),
            _ => RETURN_MACHINE.allows(state, offer.to) && (offer.only_in.is_empty() || offer.only_in.contains(&state)),
        })
    }

    /// Its fields as people read them, those that say something.
    fn facts(&self) -> Vec<rooms::ShownFact> {
        let Ok(row) = object(&self.order) else { return Vec::new() };
        rooms::facts(&FIELDS, &row, &self.layout, (self.zone, &self.names))
            .into_iter()
            .filter(|fact| fact.words != rooms::NOTHING)
            .collect()
    }

    fn choices(&self, field: &str) -> &'static [Choice] {
        match field {
            "inbound" => Inbound::TABLE,
            "origin" => ReturnlessOrigin::TABLE,
            "outcome" => ReturnOutcome::TABLE,
            "ground" => DestroyGround::TABLE,
            "cost" => ReturnCost::TABLE,
            _ => &[],
        }
    }

    fn name(&self, offer: &Offer) -> String {
        self.layout.t.say(format!("returns-{}", offer.act.replace('_', "-"))).into_owned()
    }

    fn asked(&self, offer: &Offer, field: &str) -> String {
        let (own, any) = (format!("returns-field-{field}-{}", offer.act), format!("returns-field-{field}"));
        self.layout.t.say(if self.layout.t.knows(&own) { own } else { any }).into_owned()
    }

    /// Whether something that stands aside was sent, and came back.
    fn is_aside_open(&self) -> bool {
        OFFERS.iter().any(|offer| offer.is_aside() && offer.act == self.form.value("act"))
    }

    /// Several forms of the page may ask the same.
    fn id(&self, offer: &Offer, field: &str) -> String {
        format!("{}-{field}", offer.act)
    }

    fn fault(&self, offer: &Offer, field: &str) -> Option<&str> {
        self.form.fault(field).filter(|_| self.form.value("act") == offer.act)
    }

    /// What the browser is told of a field that is wrong, as attributes; the first of them is where one goes on.
    fn marks(&self, offer: &Offer, field: &str) -> String {
        if self.fault(offer, field).is_none() {
            return String::new();
        }
        let first = offer.asks.iter().find(|asked| self.fault(offer, asked).is_some());
        let focus = if first.is_some_and(|first| *first == field) { " autofocus" } else { "" };
        format!(" aria-invalid=\"true\" aria-describedby=\"{}-fault\"{focus}", self.id(offer, field))
    }

    /// What stands in a field: what came back, if this act was sent.
    fn value(&self, offer: &Offer, field: &str) -> &str {
        if self.form.value("act") == offer.act { self.form.value(field) } else { "" }
    }
}

async fn page<P: Perm>(call: &Call<P>, id: &str, sent: Option<FormState>) -> Result<HttpResponse> {
    let (id, app, named, sees): (Id, _, _, _) = (id.parse()?, call.app().clone(), call.named(), call.sees());
    let read = call.read(move |db| {
        let (order, history) = (found(db, &app, id)?, store::history(db, id)?);
        let names = Names::of_thing(db, &named, &FIELDS, &object(&order)?, &history, sees)?;
        Ok((order, history, names))
    });
    let (order, history, names) = read.await?;
    let (layout, zone) = (call.layout(call.words().say1("returns-one", "case", &order.case_no)), call.app().config.time_zone);
    let history = timeline::lines(&history, &FIELDS, (layout.lang, zone, &names))?;
    let status = if sent.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(html_response(status, &OnePage { layout, order, form: sent.unwrap_or_default(), history, names, zone }))
}

async fn one_page(call: Call<BrandOnly<CasesRead>>, id: web::Path<String>) -> Result<HttpResponse> {
    page(&call, &id, None).await
}

/// What a form says of an act, as a program would send it.
fn act_of(values: &HashMap<String, String>) -> Result<ReturnAct> {
    let named = values.get("act").map(String::as_str).unwrap_or_default();
    let offer =
        OFFERS.iter().find(|offer| offer.act == named).ok_or_else(|| Fault::new("act", Code::UnknownReference).with("value", named))?;
    let mut document = Map::from_iter([("act".to_owned(), Value::from(named))]);
    for field in offer.asks {
        match (*field, values.get(*field).map(|text| text.trim()).filter(|text| !text.is_empty())) {
            ("partly", ticked) => drop(document.insert("partly".to_owned(), ticked.is_some().into())),
            ("weight_g", Some(text)) => {
                let grams: i64 = parsed(text).ok_or_else(|| Fault::new("weight_g", Code::NotANumber).with("value", text))?;
                document.insert("weight_g".to_owned(), grams.into());
            }
            ("on", Some(text)) => drop(document.insert("on".to_owned(), time::read_date("on", text)?.to_string().into())),
            ("cost", Some(text)) => drop(document.insert("kind".to_owned(), text.into())),
            (field, Some(text)) => drop(document.insert(field.to_owned(), text.into())),
            // A choice and a day are left out; a text is empty, and whoever needs it says so.
            ("amount", None) if offer.act == COST => return Err(Fault::new("amount", Code::Missing).into()),
            ("note" | "report" | "waybill" | "document" | "reference", None) => drop(document.insert((*field).to_owned(), "".into())),
            (field @ ("origin" | "outcome" | "ground" | "weight_g" | "cost"), None) => return Err(Fault::new(field, Code::Missing).into()),
            ("inbound", None) if offer.to == ReturnState::AwaitingInbound => return Err(Fault::new("inbound", Code::Missing).into()),
            _ => {}
        }
    }
    serde_json::from_value(document.into()).map_err(|error| Fault::new("act", Code::Malformed).with("reason", error).into())
}

async fn act_form(call: Call<BrandOnly<CasesEdit>>, id: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let (key, zone): (Id, _) = (id.parse()?, call.app().config.time_zone);
    let version = form.value.get("version").and_then(|version| parsed(version));
    let done = match act_of(&form.value) {
        Ok(act) => {
            call.change::<ReturnOrder, _>(&form.hash, form.once.as_deref(), move |db, stamp| acts::act(db, stamp, zone, key, version, &act))
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(see_other(format!("/returns/{key}"))),
        Err(error) => page(&call, &id, Some(FormState::refused(form.value, error, call.words())?)).await,
    }
}
