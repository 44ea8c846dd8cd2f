//! Addresses of recall scopes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;

use super::page::{ListPage, NewPage, OnePage, href};
use super::{Inputs, NewScope, Scope, ScopeKind, ScopeQuery, ScopeToday, rules, store};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Result};
use crate::platform::events;
use crate::platform::exports::{self, Cell, Format};
use crate::platform::http::{
    Caller, Form, House, Json, Locale, Once, Problem, Routes, Shell, created, html, html_response, json, perm, query_escape, see_other,
};
use crate::production::batches;
use crate::quality::trace;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_api).service(one_api).service(create_api).service(units_api).service(garments_api);
    config.map(|config| config.service(list_page).service(new_page).service(create_form).service(one_page));
}

/// Scopes name other parties' batches: nobody bound to one sees them.
fn unbound(party: Option<Id>) -> Result<()> {
    if party.is_some() { Err(Code::NotFound.into()) } else { Ok(()) }
}

async fn page_of(house: &House, ask: &PageAsk) -> Result<Page<Scope>> {
    let (after, limit) = (ask.key()?, ask.limit());
    let rows = house.store.read(move |db| store::list(db, after.as_deref(), limit + 1)).await?;
    Ok(Page::new(rows, limit, |scope| scope.code.clone()))
}

/// Recall scopes by code.
#[utoipa::path(tag = "recalls", params(("after" = Option<String>, Query), ("per_page" = Option<i64>, Query)), responses((status = 200, body = Page<Scope>)))]
#[get("/api/v1/recall-scopes")]
async fn list_api(caller: Caller<perm::TraceRead>, house: web::Data<House>, ask: web::Query<PageAsk>) -> Result<HttpResponse> {
    unbound(caller.party)?;
    json(&page_of(&house, &ask).await?)
}

/// One recall scope with its batches, and whether the same trace gives the same answer today.
#[utoipa::path(tag = "recalls", responses((status = 200, body = ScopeToday), (status = 404, body = Problem)))]
#[get("/api/v1/recall-scopes/{code}")]
async fn one_api(caller: Caller<perm::TraceRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    unbound(caller.party)?;
    json(&today(&house, code.into_inner()).await?)
}

async fn today(house: &House, code: String) -> Result<ScopeToday> {
    let memory = house.store.clone();
    house
        .store
        .read(move |db| {
            let (scope, batches) = store::by_code(db, &code)?.ok_or(Code::NotFound)?;
            let now = match trace::affected(&memory, db, &scope.query.as_trace()) {
                Ok(affected) => Some(rules::batches(&affected)),
                Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => None,
                Err(error) => return Err(error),
            };
            let today = rules::compare(&batches, &scope.hash, now.as_deref())?;
            Ok(ScopeToday { scope, batches, today })
        })
        .await
}

/// Traces now and saves the answer.
#[utoipa::path(tag = "recalls", request_body = NewScope, responses((status = 201, body = Scope), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/recall-scopes")]
async fn create_api(
    request: HttpRequest,
    caller: Caller<perm::RecallEdit>,
    house: web::Data<House>,
    body: Json<NewScope>,
) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let once = Once::of(&request, &body.hash, None)?;
    let scope = save(&house, &caller, once, body.value).await?;
    created(&format!("/api/v1/recall-scopes/{}", query_escape(&scope.code).replace('/', "%2F")), &scope)
}

async fn save(house: &House, caller: &Caller<perm::RecallEdit>, once: Once, new: NewScope) -> Result<Scope> {
    let new = rules::check(&new)?;
    let (stamp, memory, query) = (caller.stamp(), house.store.clone(), new.query.as_trace());
    // Traced in a read: what a write sees may yet be undone, and must not be what is held in memory.
    let traced = house.store.read(move |db| {
        let affected = rules::batches(&trace::affected(&memory, db, &query)?);
        let (answer, _) = trace::trace(&memory, db, &query, None)?;
        Ok((affected, answer.totals, events::held_version(db, "genealogy")?))
    });
    let (affected, counts, genealogy) = traced.await.map_err(|error| match error {
        Error::Refused(refusal) if refusal.code == Code::NotFound => {
            Fault::new("query.code", Code::UnknownReference).with("value", &new.query.code).into()
        }
        other => other,
    })?;
    let (result, hash) = rules::canonical(&affected)?;
    let inputs = Inputs { genealogy, at: stamp.at };
    house.store.write(move |db| once.run(db, &stamp, |db| store::insert(db, &stamp, &new, &inputs, &counts, &result, &hash))).await
}

/// In which form a file is wanted.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FileAsk {
    /// `csv` (when absent) or `xlsx`.
    format: Option<Format>,
}

/// The affected units of each batch, as a file.
#[utoipa::path(tag = "recalls", params(FileAsk), responses((status = 200, content_type = "text/csv"), (status = 404, body = Problem)))]
#[get("/api/v1/recall-scopes/{code}/units")]
async fn units_api(
    request: HttpRequest,
    caller: Caller<perm::TraceRead>,
    house: web::Data<House>,
    code: web::Path<String>,
    ask: web::Query<FileAsk>,
) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let code = code.into_inner();
    let titles = titles(
        &request,
        &["recalls-batch", "recalls-first", "recalls-last", "recalls-garments", "recalls-first-serial", "recalls-last-serial"],
    );
    let (keys, stem) = (house.keys.clone(), format!("recall-{code}-units"));
    exports::download(&house.store, ask.format.unwrap_or(Format::Csv), &stem, titles, move |db, sheet| {
        let (_, batches) = store::by_code(db, &code)?.ok_or(Code::NotFound)?;
        for batch in &batches {
            for units in &batch.units {
                let mut serial = |unit: i64| match GarmentId::new(BatchNo(batch.no), unit - 1) {
                    Some(garment) => Ok::<_, Error>(batches::serial_of(db, &keys.serials, garment)?.map(|of| of.serial)),
                    None => Ok(None),
                };
                let (first, last) = (serial(units.first)?, serial(units.last)?);
                let count = units.last - units.first + 1;
                sheet.row(&[
                    batch.batch.as_str().into(),
                    units.first.into(),
                    units.last.into(),
                    count.into(),
                    first.into(),
                    last.into(),
                ])?;
            }
        }
        Ok(())
    })
    .await
}

/// The garments of a scope that have been sold, with their serials, as a file.
#[utoipa::path(tag = "recalls", params(FileAsk), responses((status = 200, content_type = "text/csv"), (status = 404, body = Problem)))]
#[get("/api/v1/recall-scopes/{code}/garments")]
async fn garments_api(
    request: HttpRequest,
    caller: Caller<perm::TraceRead>,
    house: web::Data<House>,
    code: web::Path<String>,
    ask: web::Query<FileAsk>,
) -> Result<HttpResponse> {
    /// Units asked for at a time.
    const AT_ONCE: i64 = 20_000;
    unbound(caller.party)?;
    let code = code.into_inner();
    let titles = titles(
        &request,
        &["recalls-batch", "recalls-unit", "recalls-serial", "recalls-sold-on", "recalls-retailer", "trace-country", "trace-city"],
    );
    let (keys, stem) = (house.keys.clone(), format!("recall-{code}-garments"));
    exports::download(&house.store, ask.format.unwrap_or(Format::Csv), &stem, titles, move |db, sheet| {
        let (_, scoped) = store::by_code(db, &code)?.ok_or(Code::NotFound)?;
        for batch in &scoped {
            let whole = batches::batch(db, BatchNo(batch.no))?.ok_or(Code::NotFound)?;
            for units in &batch.units {
                let mut from = units.first - 1;
                while from < units.last {
                    let to = (from + AT_ONCE).min(units.last);
                    for sold in store::sold(db, batch.no, &(from..to))? {
                        let garment = GarmentId(sold.garment_id);
                        let serial = match whole.origin {
                            batches::Origin::Own => Cell::from(batches::own_serial(&keys.serials, &whole, garment)?.serial),
                            batches::Origin::Foreign => batches::serial_of(db, &keys.serials, garment)?.map(|of| of.serial).into(),
                        };
                        sheet.row(&[
                            batch.batch.as_str().into(),
                            (garment.unit() + 1).into(),
                            serial,
                            sold.sold_on.into(),
                            sold.retailer.into(),
                            sold.country.into(),
                            sold.city.into(),
                        ])?;
                    }
                    from = to;
                }
            }
        }
        Ok(())
    })
    .await
}

fn titles(request: &HttpRequest, keys: &[&str]) -> Vec<String> {
    let words = Locale::of(request).words();
    keys.iter().map(|key| words.say(key).into_owned()).collect()
}

fn titled(request: &HttpRequest, key: &str) -> Shell {
    Shell::of(request, Locale::of(request).words().say(key))
}

#[get("/recalls")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::TraceRead>,
    house: web::Data<House>,
    ask: web::Query<PageAsk>,
) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let page = page_of(&house, &ask).await?;
    let next = page.next.map(|next| format!("/recalls?after={next}"));
    Ok(html(&ListPage { shell: titled(&request, "recalls-title"), scopes: page.items, next }))
}

/// What the trace's page hands over.
#[derive(Deserialize)]
struct Handed {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    code: String,
}

#[get("/recalls/new")]
async fn new_page(request: HttpRequest, caller: Caller<perm::RecallEdit>, handed: web::Query<Handed>) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let handed = handed.into_inner();
    let kind = ScopeKind::of(&handed.kind).unwrap_or(ScopeKind::Lot).as_str().to_owned();
    let shell = titled(&request, "recalls-new");
    Ok(html(&NewPage { shell, code: String::new(), title: String::new(), kind, query: handed.code, refusal: None }))
}

#[derive(Clone, Default, Deserialize)]
struct Filled {
    #[serde(default)]
    code: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    query: String,
}

#[post("/recalls/new")]
async fn create_form(
    request: HttpRequest,
    caller: Caller<perm::RecallEdit>,
    house: web::Data<House>,
    form: Form<Filled>,
) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let filled = form.value;
    let outcome = match ScopeKind::of(&filled.kind) {
        Some(kind) => {
            let query = ScopeQuery { kind, code: filled.query.clone() };
            save(&house, &caller, once, NewScope { code: filled.code.clone(), title: filled.title.clone(), query }).await
        }
        None => Err(Fault::new("query.kind", Code::NotOneOf).with("value", &filled.kind).with("allowed", "lot, party, batch").into()),
    };
    match outcome {
        Ok(scope) => Ok(see_other(href(&scope.code))),
        Err(Error::Refused(refusal)) if !refusal.faults.is_empty() => {
            let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let Filled { code, title, kind, query } = filled;
            let shell = titled(&request, "recalls-new");
            Ok(html_response(status, &NewPage { shell, code, title, kind, query, refusal: Some(*refusal) }))
        }
        Err(error) => Err(error),
    }
}

#[get("/recalls/{code}")]
async fn one_page(
    request: HttpRequest,
    caller: Caller<perm::TraceRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    unbound(caller.party)?;
    let scope = today(&house, code.into_inner()).await?;
    let shell = Shell::of(&request, format!("{} · {}", scope.scope.code, scope.scope.title));
    Ok(html(&OnePage { shell, scope }))
}
