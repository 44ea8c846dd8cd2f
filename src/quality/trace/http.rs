//! Addresses of traces: JSON, files and pages.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::costs::with_costs;
use super::graph::Graph;
use super::page::{SearchPage, TracePage};
use super::picture::{chart, comparison, picture, trace_href};
use super::tables::Table;
use super::{Kind, Query, Trace, walk};
use crate::kernel::{Code, Error, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::exports::{self, Format};
use crate::platform::http::perm::{Permission, TraceRead};
use crate::platform::http::{Problem, Routes, html, json, query_escape, see_other};
use crate::platform::rooms::Call;
use crate::platform::state::AppState;
use crate::production::serials::{self, Beside, Scanned};
use crate::production::{batches, materials, parties};

type Traces = Call<TraceRead>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.api(__path_lot_api, lot_api)
        .api(__path_party_api, party_api)
        .api(__path_batch_api, batch_api)
        .api(__path_garment_api, garment_api)
        .api(__path_finding_api, finding_api)
        .get("/trace", search_page)
        .get("/trace/lot/{code}", lot_page)
        .get("/trace/party/{code}", party_page)
        .get("/trace/batch/{code}", batch_page)
        .get("/trace/garment/{serial}", garment_page)
        .get("/trace/finding/{id}", finding_page);
}

/// In which form a trace is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Ask {
    /// `csv` or `xlsx` for a file; JSON without.
    #[param(inline)]
    format: Option<Format>,
    /// Which table a file holds: `batches`, `lots`, `retailers` or `defects`. Without: batches forward, lots backward.
    #[param(inline)]
    table: Option<Table>,
}

/// What was made of a lot, and what it was made of.
#[utoipa::path(
    get, path = "/api/v1/trace/lots/{code}", tag = "trace", params(("code" = String, Path), Ask),
    responses((status = 200, body = Trace), (status = 404, body = Problem))
)]
async fn lot_api(call: Traces, code: web::Path<String>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    answer(&call, Begin::Query(Query::Lot(code.into_inner())), ask.into_inner()).await
}

/// What was made of a party's lots, and what it sewed.
#[utoipa::path(
    get, path = "/api/v1/trace/parties/{code}", tag = "trace", params(("code" = String, Path), Ask),
    responses((status = 200, body = Trace), (status = 404, body = Problem))
)]
async fn party_api(call: Traces, code: web::Path<String>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    answer(&call, Begin::Query(Query::Party(code.into_inner())), ask.into_inner()).await
}

/// What a batch was made of.
#[utoipa::path(
    get, path = "/api/v1/trace/batches/{code}", tag = "trace", params(("code" = String, Path), Ask),
    responses((status = 200, body = Trace), (status = 404, body = Problem))
)]
async fn batch_api(call: Traces, code: web::Path<String>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    answer(&call, Begin::Query(Query::Batch(code.into_inner())), ask.into_inner()).await
}

/// What one garment was made of: the very rolls, where somebody wrote down which units they went into.
#[utoipa::path(
    get, path = "/api/v1/trace/garments/{serial}", tag = "trace", params(("serial" = String, Path), Beside, Ask),
    responses((status = 200, body = Trace), (status = 404, body = Problem), (status = 422, body = Problem))
)]
async fn garment_api(call: Traces, serial: web::Path<String>, beside: web::Query<Beside>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    answer(&call, Begin::scanned(&serial, &beside)?, ask.into_inner()).await
}

/// What the thing a finding is about was made of; the lots of the defect's component are marked.
#[utoipa::path(
    get, path = "/api/v1/trace/findings/{id}", tag = "trace", params(("id" = String, Path), Ask),
    responses((status = 200, body = Trace), (status = 404, body = Problem))
)]
async fn finding_api(call: Traces, id: web::Path<String>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    answer(&call, Begin::Query(Query::Finding(id.parse()?)), ask.into_inner()).await
}

/// Where a trace begins, before serials are looked up.
enum Begin {
    Query(Query),
    Serial(Scanned),
}

impl Begin {
    fn scanned(serial: &str, beside: &Beside) -> Result<Self> {
        Ok(Self::Serial(Scanned::read("serial", serial, beside.gtin.as_deref())?))
    }

    fn query(self, db: &mut Db, app: &AppState) -> Result<Query> {
        match self {
            Self::Query(query) => Ok(query),
            Self::Serial(scanned) => {
                let garment = serials::garment(db, &app.keys.serials, &scanned)?;
                garment_query(db, app, garment)
            }
        }
    }
}

fn garment_query(db: &mut Db, app: &AppState, garment: GarmentId) -> Result<Query> {
    let of = batches::serial_of(db, &app.keys.serials, garment)?.ok_or(Code::SerialUnknown)?;
    Ok(Query::Garment(garment, of.serial))
}

/// What claims cost is for the brand's own people who may read money.
fn reads_money(call: &Traces) -> bool {
    call.party.is_none() && call.may(Permission::MoneyRead)
}

/// The trace of what is asked for, with what its batches cost where that may be read.
fn traced(app: &AppState, db: &mut Db, begin: Begin, bound: Option<Id>, reads_money: bool) -> Result<(Trace, Graph)> {
    let query = begin.query(db, app)?;
    let (trace, graph) = walk::trace(&app.store, db, &query, bound)?;
    Ok((if reads_money { with_costs(db, trace)? } else { trace }, graph))
}

async fn answer(call: &Traces, begin: Begin, ask: Ask) -> Result<HttpResponse> {
    let (bound, inside, reads_money) = (call.party, call.app().clone(), reads_money(call));
    let Some(format) = ask.format else {
        let trace = call.read(move |db| Ok(traced(&inside, db, begin, bound, reads_money)?.0));
        return json(&trace.await?);
    };
    let words = call.words();
    let kind = match &begin {
        Begin::Query(Query::Lot(_)) => Kind::Lot,
        Begin::Query(Query::Party(_)) => Kind::Party,
        Begin::Query(Query::Batch(_)) => Kind::Batch,
        Begin::Query(Query::Finding(_)) => Kind::Finding,
        Begin::Query(Query::Garment(..)) | Begin::Serial(_) => Kind::Garment,
    };
    let table = ask.table.unwrap_or_else(|| Table::usual(kind));
    let last = call.request().path().rsplit('/').next().unwrap_or_default();
    let stem = format!("trace-{}-{last}-{}", kind.as_str(), table.as_str());
    exports::download(&call.app().store, format, &stem, table.titles(words), move |db, sheet| {
        let (trace, _) = traced(&inside, db, begin, bound, reads_money && table == Table::Batches)?;
        table.rows(&trace, words).iter().try_for_each(|row| sheet.row(row))
    })
    .await
}

async fn lot_page(call: Traces, code: web::Path<String>) -> Result<HttpResponse> {
    page(&call, Begin::Query(Query::Lot(code.into_inner())), "lots").await
}

async fn party_page(call: Traces, code: web::Path<String>) -> Result<HttpResponse> {
    page(&call, Begin::Query(Query::Party(code.into_inner())), "parties").await
}

async fn batch_page(call: Traces, code: web::Path<String>) -> Result<HttpResponse> {
    page(&call, Begin::Query(Query::Batch(code.into_inner())), "batches").await
}

async fn garment_page(call: Traces, serial: web::Path<String>, beside: web::Query<Beside>) -> Result<HttpResponse> {
    page(&call, Begin::scanned(&serial, &beside)?, "garments").await
}

async fn finding_page(call: Traces, id: web::Path<String>) -> Result<HttpResponse> {
    page(&call, Begin::Query(Query::Finding(id.parse()?)), "findings").await
}

async fn page(call: &Traces, begin: Begin, plural: &str) -> Result<HttpResponse> {
    let (bound, inside, reads_money) = (call.party, call.app().clone(), reads_money(call));
    let asked = if let Begin::Query(Query::Lot(name)) = &begin { name.clone() } else { String::new() };
    let found = call.read(move |db| traced(&inside, db, begin, bound, reads_money));
    let (trace, graph) = match found.await {
        // The search lists each of them.
        Err(error) if error.code() == Code::Ambiguous => return Ok(see_other(format!("/trace?q={}", query_escape(&asked)))),
        found => found?,
    };
    let words = call.words();
    let kind = words.say(format!("trace-kind-{}", trace.subject.kind.as_str()));
    let title = format!("{kind} {}", trace.subject.code);
    let api = format!("/api/v1/trace/{plural}/{}", query_escape(&trace.subject.code).replace('/', "%2F"));
    Ok(html(&TracePage {
        layout: call.layout(title),
        picture: picture(&graph, &trace, words),
        chart: chart(&trace, words),
        comparison: comparison(&trace, words),
        api,
        trace,
    }))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn search_page(call: Traces, ask: web::Query<Search>) -> Result<HttpResponse> {
    let q = ask.q.trim().to_owned();
    let (bound, inside, asked) = (call.party, call.app().clone(), q.clone());
    let mut found = call.read(move |db| if asked.is_empty() { Ok(Vec::new()) } else { find(db, &inside, &asked, bound) }).await?;
    if let [(kind, code)] = found.as_slice() {
        return Ok(see_other(trace_href(kind, code)));
    }
    found.dedup();
    Ok(html(&SearchPage { layout: call.layout(call.words().say("trace-title")), q, found }))
}

/// Everything of this name the caller may know of. An address or element string that is wrong names nothing.
fn find(db: &mut Db, app: &AppState, text: &str, bound: Option<Id>) -> Result<Vec<(&'static str, String)>> {
    let mut queries = Vec::new();
    let Ok(scanned) = Scanned::read("q", text, None) else { return Ok(Vec::new()) };
    let meant = serials::meant(db, &app.keys.serials, &scanned, bound)?;
    let names = materials::names(db, meant.lots().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    queries.extend(meant.lots().filter_map(|lot| names.get(&lot.id)).map(|name| ("lot", Query::Lot(name.clone()), name.clone())));
    if let Some(party) = scanned.code().map_or(Ok(None), |code| parties::by_code(db, code))? {
        queries.push(("party", Query::Party(party.code.clone()), party.code));
    }
    if let Some(batch) = meant.batch {
        queries.push(("batch", Query::Batch(batch.code.clone()), batch.code));
    }
    if let Some((garment, _)) = meant.garment {
        let query = garment_query(db, app, garment)?;
        if let Query::Garment(_, serial) = &query {
            let serial = serial.clone();
            queries.push(("garment", query, serial));
        }
    }
    let mut found = Vec::new();
    for (kind, query, code) in queries {
        match walk::trace(&app.store, db, &query, bound) {
            Ok(_) => found.push((kind, code)),
            Err(Error::Refused(refusal)) if is_hidden(&refusal) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn is_hidden(refusal: &Refusal) -> bool {
    refusal.code == Code::NotFound
}
