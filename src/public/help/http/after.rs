//! What the page of a request says of a parcel that it waits for, and what it asks once it is resolved.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::Deserialize;

use super::ACTOR;
use super::status::{secret_of, then};
use crate::aftersales::cases::{self, CaseLine, ServiceCase};
use crate::aftersales::return_addresses::{self, ReturnAddress};
use crate::aftersales::returns::{self, Inbound, ReturnAct, ReturnState};
use crate::aftersales::surveys::{self, SurveySaid, SurveyStanding};
use crate::kernel::text;
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::{Form, FormFaults, Layout, Routes, Visitor, address, app_of, random_token};
use crate::platform::limits::Limit;
use crate::platform::rooms::{Said, change_as};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// Mounts these routes.
pub(super) fn routes(on: &mut Routes<'_>) {
    on.post("/help/{no}/{secret}/score", score).post("/help/{no}/{secret}/sent", sent).post("/help/{no}/{secret}/answer", answer);
}

/// Returns of a case that a page shows.
const PARCELS: usize = 20;

/// A garment that is to be sent back, or is on its way.
struct Parcel {
    id: Id,
    /// What it is.
    garment: String,
    inbound: Inbound,
    /// The carrier's number; empty while it waits.
    waybill: String,
    is_on_its_way: bool,
}

/// Something that the desk would like to know before a return is granted.
struct Question {
    /// The return.
    id: Id,
    /// What it is about.
    garment: String,
    /// What is asked.
    words: String,
}

/// What the page asks.
pub(super) struct After {
    survey: SurveyStanding,
    questions: Vec<Question>,
    parcels: Vec<Parcel>,
    /// Where they are sent, where that is known.
    address: Option<ReturnAddress>,
    zone: Tz,
}

/// What the page of a case asks at `now`, of its lines, each with what its garment is called.
pub(super) fn read<'a>(
    db: &mut Db,
    app: &AppState,
    case: &ServiceCase,
    lines: impl Iterator<Item = (&'a CaseLine, &'a str)>,
    now: NaiveDateTime,
) -> Result<After> {
    let (mut parcels, mut questions) = (Vec::new(), Vec::new());
    for (line, garment) in lines.take(PARCELS) {
        let garment = garment.to_owned();
        let Some(order) = returns::of_line(db, line.id)? else { continue };
        if order.state == ReturnState::NeedInfo {
            questions.push(Question { id: order.id, garment, words: order.note });
            continue;
        }
        let is_on_its_way = order.state == ReturnState::InTransit;
        if is_on_its_way || order.state == ReturnState::AwaitingInbound {
            let inbound = order.inbound.unwrap_or(Inbound::Parcel);
            parcels.push(Parcel { id: order.id, garment, inbound, waybill: order.waybill, is_on_its_way });
        }
    }
    let address = if parcels.is_empty() { None } else { return_addresses::of_market(db, &case.market)? };
    Ok(After { survey: surveys::standing(db, case, now)?, questions, parcels, address, zone: app.config.time_zone })
}

/// Whether something is to be handed to a carrier.
fn is_to_be_sent(parcels: &[Parcel]) -> bool {
    parcels.iter().any(|parcel| parcel.inbound == Inbound::Parcel && !parcel.is_on_its_way)
}

#[derive(Template)]
#[template(path = "public/help/after.html")]
struct Part<'a> {
    t: Words,
    csrf: &'a str,
    once: String,
    at: &'a str,
    /// Until when it may be answered; empty where it may not.
    until: String,
    /// What there is to say instead, or empty.
    said: String,
    fault: Option<&'a str>,
    questions: &'a [Question],
    answer_fault: Option<&'a str>,
    parcels: &'a [Parcel],
    address: Option<&'a ReturnAddress>,
    waybill_fault: Option<&'a str>,
}

impl Part<'_> {
    fn is_to_be_sent(&self) -> bool {
        is_to_be_sent(self.parcels)
    }
}

impl After {
    /// Whether the buyer is asked to send something.
    pub(super) fn waits_for_a_parcel(&self) -> bool {
        is_to_be_sent(&self.parcels)
    }

    /// Whether the buyer is asked something.
    pub(super) const fn waits_for_an_answer(&self) -> bool {
        !self.questions.is_empty()
    }

    /// The part of the page, as HTML; empty where it asks nothing.
    pub(super) fn part(&self, layout: &Layout, at: &str, faults: &FormFaults) -> Result<String> {
        let t = layout.t;
        let (until, said) = match self.survey {
            SurveyStanding::NotYet => (String::new(), String::new()),
            SurveyStanding::Open(until) => (local_minute(until, self.zone), String::new()),
            SurveyStanding::Answered(score) => (String::new(), t.say1("help-score-answered", "score", score.to_string()).into_owned()),
            SurveyStanding::Declined => (String::new(), t.say("help-score-declined").into_owned()),
            SurveyStanding::Expired => (String::new(), t.say("help-score-expired").into_owned()),
        };
        let fault = faults.at("score").or_else(|| faults.at("declined"));
        let part = Part {
            t,
            csrf: layout.csrf(),
            once: random_token::<12>(),
            at,
            until,
            said,
            fault,
            questions: &self.questions,
            answer_fault: faults.at("answer"),
            parcels: &self.parcels,
            address: self.address.as_ref(),
            waybill_fault: faults.at("waybill"),
        };
        part.render().map_err(Error::broken)
    }
}

/// They say how satisfied they are, or that they would rather not.
async fn score(
    _: Visitor,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, no, zone) = (secret_of(&path.1)?, path.0.clone(), app.config.time_zone);
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let done = match Said::of_form(&surveys::ASKED, &form.value).and_then(|said| said.value::<SurveySaid>()) {
        Ok(said) => {
            let answers = move |db: &mut Db, stamp: &Stamp| surveys::buyer_answers(db, stamp, zone, &no, &secret, &said);
            change_as(&request, ACTOR, &form.hash, form.once.as_deref(), answers).await
        }
        Err(error) => Err(error),
    };
    then(&request, &path, String::new(), done).await
}

/// What they say of a parcel: which, and the carrier's number.
#[derive(Deserialize)]
struct SentSaid {
    parcel: Id,
    waybill: String,
}

/// They say that a garment is on its way back.
async fn sent(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<SentSaid>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, no, zone) = (secret_of(&path.1)?, path.0.clone(), app.config.time_zone);
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let parcel = form.value.parcel;
    let done = match text::line("waybill", &form.value.waybill, 80) {
        Ok(waybill) => {
            change_as(&request, ACTOR, &form.hash, form.once.as_deref(), move |db, stamp| {
                let case = cases::with_secret(db, &no, &secret)?.ok_or(Code::NotFound)?;
                // A return of another case is none for them.
                if returns::by_id(db, parcel)?.case_id != case.id {
                    return Err(Code::NotFound.into());
                }
                let act = ReturnAct::Sent { waybill: waybill.clone() };
                returns::act(db, stamp, zone, parcel, None, &act).map(drop)
            })
            .await
        }
        Err(fault) => Err(fault.into()),
    };
    then(&request, &path, String::new(), done).await
}

/// What they answer: to the question of which return.
#[derive(Deserialize)]
struct AnswerSaid {
    question: Id,
    answer: String,
}

/// They answer what the desk asked: a letter of theirs, and it is the desk's turn again.
async fn answer(_: Visitor, request: HttpRequest, path: web::Path<(String, String)>, form: Form<AnswerSaid>) -> Result<HttpResponse> {
    let app = app_of(&request)?;
    let (secret, no, zone) = (secret_of(&path.1)?, path.0.clone(), app.config.time_zone);
    app.limits.spend(Limit::HelpAddress, &address(&request))?;
    let said = form.value;
    let answers = move |db: &mut Db, stamp: &Stamp| returns::buyer_answers(db, stamp, zone, (&no, &secret), said.question, &said.answer);
    let answered = change_as(&request, ACTOR, &form.hash, form.once.as_deref(), answers).await;
    then(&request, &path, String::new(), answered).await
}
