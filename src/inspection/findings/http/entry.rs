//! The form of a new finding, for the line: first one box for whatever is scanned, then the finding itself.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::upload::{self, PhotoForm};
use super::{Logs, photos_allowed, visible};
use crate::inspection::defects::{self, Defect};
use crate::inspection::findings::page::{self, FormPage, SubjectPage};
use crate::inspection::findings::rules::{Holds, Told, impossible, not_yet, usual_stage};
use crate::inspection::findings::store::findings;
use crate::inspection::findings::subject::{Found, find_subject, unknown};
use crate::inspection::findings::view::{SubjectView, subjects};
use crate::inspection::findings::{About, Draft, FIELDS, Stage, SubjectKind};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result, faults, parsed};
use crate::ownership::garments;
use crate::platform::db::Db;
use crate::platform::http::{FormState, Layout, html, html_response, see_other};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Said, shown_again};
use crate::platform::state::AppState;
use crate::production::serials::Scanned;
use crate::production::{batches, materials, skus};

/// What a new finding is to be about, and what the form begins with.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Start {
    #[serde(default)]
    subject: String,
    kind: Option<String>,
    gtin: Option<String>,
    stage: Option<String>,
    /// A finding that was just logged.
    done: Option<String>,
}

/// What the form needs from the store.
struct Ready {
    subject: SubjectView,
    about: About,
    holds: Holds,
    /// What it is, so that whoever scanned it sees that it is this.
    what: String,
    defects: Vec<Defect>,
    lately: Vec<String>,
    /// The stage the form begins with.
    stage: Stage,
    photos: i64,
}

fn ready(db: &mut Db, app: &AppState, start: &Start, actor: &str, lang: Lang) -> Result<Ready> {
    let keys = &app.keys.serials;
    let kind = start.kind.as_deref().filter(|kind| !kind.is_empty()).map(|kind| SubjectKind::read("kind", kind)).transpose()?;
    let named = start.stage.as_deref().and_then(Stage::of);
    let scanned = Scanned::read("subject", &start.subject, start.gtin.as_deref())?;
    let found = find_subject(db, keys, &scanned, kind, named, None)?;
    let Found { about, holds } = found.ok_or_else(|| unknown(&start.subject))?;
    let subject = subjects(db, keys, &[about])?.remove(&about).ok_or_else(|| unknown(&start.subject))?;
    let lately = findings::lately(db, actor)?;
    let photos = policies::value(db, Policy::PhotosPerFinding, app.clock.now())?;
    let of_batch = |db: &mut Db, no| match batches::batch(db, no)? {
        Some(batch) => Ok(skus::styled(db, batch.sku_id)?.inside.get(lang).to_owned()),
        None => Ok::<_, Error>(String::new()),
    };
    let what = match about {
        About::Garment(garment) => of_batch(db, garment.batch())?,
        About::Batch(no) => of_batch(db, no)?,
        About::Lot(id) => materials::lot(db, id)?.map(|lot| lot.material().get(lang).to_owned()).unwrap_or_default(),
    };
    let is_sold = if let About::Garment(garment) = about { garments::live_sale(db, garment)?.is_some() } else { false };
    let stage = named.unwrap_or_else(|| usual_stage(about.kind(), is_sold, lately.stage));
    Ok(Ready { subject, about, holds, what, defects: defects::all(db)?, lately: lately.defects, stage, photos })
}

async fn ready_for(call: &Logs, start: &Start) -> Result<Ready> {
    let (app, actor, lang, start) = (call.app().clone(), call.actor.clone(), call.lang(), start.clone());
    call.read(move |db| ready(db, &app, &start, &actor, lang)).await
}

fn layout(call: &Logs) -> Layout {
    call.layout(call.words().say("findings-new"))
}

/// The box, with what is wrong with what was typed into it.
fn ask_again(call: &Logs, subject: String, fault: &Fault) -> HttpResponse {
    let layout = layout(call);
    let choices = page::choices(fault, layout.lang);
    let status = if *fault == unknown(&subject) { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
    let fault = Some(layout.t.fault(fault));
    html_response(status, &SubjectPage { layout, subject, fault, choices, done: None })
}

/// What is wrong with what was typed into the box.
fn fault_of(error: Error) -> Result<Fault> {
    match error {
        Error::Refused(refusal) => Ok(refusal.faults.first().cloned().unwrap_or_else(|| faults::at("subject", &Error::Refused(refusal)))),
        other => Err(other),
    }
}

pub(super) async fn form(call: Logs, start: web::Query<Start>) -> Result<HttpResponse> {
    let start = start.into_inner();
    if start.subject.trim().is_empty() {
        let done = match start.done {
            Some(id) => Some(visible(&call, id.parse()?).await?),
            None => None,
        };
        return Ok(html(&SubjectPage { layout: layout(&call), subject: String::new(), fault: None, choices: Vec::new(), done }));
    }
    let ready = match ready_for(&call, &start).await {
        Ok(ready) => ready,
        Err(error) => return Ok(ask_again(&call, start.subject, &fault_of(error)?)),
    };
    let values = [
        ("subject", ready.subject.code.clone()),
        ("kind", ready.subject.kind.as_str().to_owned()),
        ("gtin", ready.subject.gtin.clone().unwrap_or_default()),
        ("stage", ready.stage.as_str().to_owned()),
        ("quantity", "1".to_owned()),
        ("found_on", call.app().today().to_string()),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(html(&form_page(&call, FormState::of(values), ready)))
}

fn form_page(call: &Logs, form: FormState, ready: Ready) -> FormPage {
    let layout = Layout { keeps_form: true, ..layout(call) };
    let groups = page::groups(&ready.defects, &ready.lately, layout.lang);
    let today = call.app().today().to_string();
    FormPage { layout, form, subject: ready.subject, what: ready.what, groups, photos: ready.photos, today }
}

/// Logs what the form says, with its photos: all of it or none.
pub(super) async fn log(call: Logs, form: Multipart) -> Result<HttpResponse> {
    let PhotoForm { values, photos, hash, .. } = upload::read_form(call.request(), form, photos_allowed(&call).await?).await?;
    let is_shown_again = FormState::is_shown_again(&values);
    let saved = if is_shown_again { Err(Code::Invalid.into()) } else { save(&call, &values, photos, &hash).await };
    let error = match saved {
        Ok(id) => return Ok(see_other(format!("/findings/new?done={id}"))),
        Err(error) => error,
    };
    let value = |name: &str| values.get(name).cloned();
    let start = Start { subject: value("subject").unwrap_or_default(), kind: value("kind"), gtin: value("gtin"), ..Start::default() };
    match ready_for(&call, &start).await {
        Ok(ready) if is_shown_again => Ok(html(&form_page(&call, shown_again(&FIELDS, values, call.words())?, ready))),
        Ok(ready) => {
            let error = with_impossible(error, &values, &ready);
            let page = form_page(&call, FormState::refused(values, error, call.words())?, ready);
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Ok(ask_again(&call, start.subject, &fault_of(error)?)),
    }
}

/// What is wrong with the form, and what cannot be of this thing besides: everything is marked at once.
fn with_impossible(error: Error, values: &HashMap<String, String>, ready: &Ready) -> Error {
    let Error::Refused(mut refusal) = error else { return error };
    let text = |name: &str| values.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let read = |name: &str| {
        // What cannot be read is marked already.
        let Ok(value) = FIELDS.named(name)?.read(text(name)?) else { return None };
        Some(value)
    };
    let told = Told {
        stage: text("stage").and_then(Stage::of),
        quantity: read("quantity").and_then(|value| value.as_i64()),
        found_on: read("found_on").and_then(|value| parsed(value.as_str()?)),
    };
    let besides = impossible(told, ready.about, &ready.holds).into_iter();
    let besides: Vec<Fault> = besides.filter(|fault| refusal.faults.iter().all(|known| known.field != fault.field)).collect();
    if !refusal.faults.is_empty() {
        refusal.faults.extend(besides);
    }
    Error::Refused(refusal)
}

async fn save(call: &Logs, values: &HashMap<String, String>, uploads: Vec<Vec<u8>>, hash: &str) -> Result<Id> {
    let today = call.app().today();
    let draft: Draft = Said::of_form_by(&FIELDS, values, |said| not_yet(said.day("found_on"), today))?.value()?;
    let pictures = upload::clean_all(uploads).await.map_err(upload::at_photos)?;
    let ids = super::log(call, hash, values.get("once").map(String::as_str), vec![draft], pictures).await?;
    ids.first().copied().ok_or_else(|| Error::broken("a finding that was just logged has no id"))
}
