//! Addresses of recall scopes. Scopes name other parties' batches: nobody bound to one sees them.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::page::OnePage;
use super::store::{self, href};
use super::{FORM, Inputs, NewScope, Scope, ScopeToday, rules};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Result};
use crate::platform::exports::{self, Cell, Format};
use crate::platform::http::perm::{RecallEdit, TraceRead};
use crate::platform::http::{Form, FormState, Json, Layout, Problem, Routes, created, html, json, see_other, segment};
use crate::platform::rooms::{BrandOnly, Call, Said, form_again, form_page, list_description, list_routes, shown_again};
use crate::platform::state::AppState;
use crate::production::batches;
use crate::quality::trace;

type Reads = Call<BrandOnly<TraceRead>>;
type Saves = Call<BrandOnly<RecallEdit>>;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<Scope>);
    list_routes::<Scope>(on);
    on.api(__path_create_json, create_json)
        .api(__path_one_json, one_json)
        .api(__path_units_file, units_file)
        .api(__path_garments_file, garments_file)
        .get("/recalls/new", new_form)
        .post("/recalls/new", create_form)
        .api(__path_hold_json, hold_json)
        .api(__path_release_json, release_json)
        .post("/recalls/{code}/hold", hold_form)
        .post("/recalls/{code}/release", release_form)
        .get("/recalls/{code}", one_page);
}

async fn held(call: &Saves, hash: &str, once: Option<&str>, code: String) -> Result<String> {
    let scope: Scope = call.change(hash, once, move |db, stamp| store::hold(db, stamp, &code)).await?;
    Ok(scope.code)
}

async fn released(call: &Saves, hash: &str, once: Option<&str>, code: String) -> Result<String> {
    let scope: Scope = call.change(hash, once, move |db, stamp| store::release(db, stamp, &code)).await?;
    Ok(scope.code)
}

/// Holds every garment of a scope back from sale. Whoever has one may still claim it.
#[utoipa::path(
    post, path = "/api/v1/recall-scopes/{code}/hold", tag = "recalls", params(("code" = String, Path)),
    responses((status = 200, body = ScopeToday), (status = 404, body = Problem))
)]
async fn hold_json(call: Saves, code: web::Path<String>) -> Result<HttpResponse> {
    let code = held(&call, "", None, code.into_inner()).await?;
    json(&today(call.app(), code).await?)
}

/// Lets the garments of a scope be sold again, unless something else holds them. Whoever holds them does not release them: somebody else does.
#[utoipa::path(
    post, path = "/api/v1/recall-scopes/{code}/release", tag = "recalls", params(("code" = String, Path)),
    responses((status = 200, body = ScopeToday), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn release_json(call: Saves, code: web::Path<String>) -> Result<HttpResponse> {
    let code = released(&call, "", None, code.into_inner()).await?;
    json(&today(call.app(), code).await?)
}

async fn hold_form(call: Saves, code: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let code = held(&call, &form.hash, form.once.as_deref(), code.into_inner()).await?;
    Ok(see_other(href(&code)))
}

async fn release_form(call: Saves, code: web::Path<String>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let code = released(&call, &form.hash, form.once.as_deref(), code.into_inner()).await?;
    Ok(see_other(href(&code)))
}

/// One recall scope with its batches, and whether the same trace gives the same answer today.
#[utoipa::path(
    get, path = "/api/v1/recall-scopes/{code}", tag = "recalls", params(("code" = String, Path)),
    responses((status = 200, body = ScopeToday), (status = 404, body = Problem))
)]
async fn one_json(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    json(&today(call.app(), code.into_inner()).await?)
}

async fn today(app: &AppState, code: String) -> Result<ScopeToday> {
    let memory = app.store.clone();
    app.store
        .read(move |db| {
            let (scope, batches) = store::by_code(db, &code)?.ok_or(Code::NotFound)?;
            let now = match trace::affected(&memory, db, &scope.query.as_trace()) {
                Ok(affected) => Some(rules::batches(&affected)),
                Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => None,
                Err(error) => return Err(error),
            };
            let today = rules::compare(&batches, &scope.hash, now.as_deref())?;
            let held_since = store::held_since(db, &scope.code)?;
            Ok(ScopeToday { scope, batches, today, held_since })
        })
        .await
}

/// Traces now and saves the answer.
#[utoipa::path(
    post, path = "/api/v1/recall-scopes", tag = "recalls", request_body = NewScope,
    responses((status = 201, body = Scope), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn create_json(call: Saves, body: Json<NewScope>) -> Result<HttpResponse> {
    let scope = save(&call, &body.hash, None, body.value).await?;
    created(&format!("/api/v1/recall-scopes/{}", segment(&scope.code)), &scope)
}

async fn save(call: &Saves, hash: &str, once: Option<&str>, new: NewScope) -> Result<Scope> {
    let new = rules::check(&new)?;
    let (memory, query) = (call.app().store.clone(), new.query.as_trace());
    // Traced in a read: what a write sees may yet be undone, and must not be what is held in memory.
    let traced = call.read(move |db| {
        let affected = rules::batches(&trace::affected(&memory, db, &query)?);
        let (answer, _) = trace::trace(&memory, db, &query, None)?;
        Ok((affected, answer.totals, db.held_version("genealogy")?))
    });
    let (affected, counts, genealogy) = traced.await.map_err(|error| match error {
        Error::Refused(refusal) if refusal.code == Code::NotFound => {
            Fault::new("query.code", Code::UnknownReference).with("value", &new.query.code).into()
        }
        other => other,
    })?;
    let (result, sum) = rules::canonical(&affected)?;
    call.change(hash, once, move |db, stamp| {
        let inputs = Inputs { genealogy, at: stamp.at };
        store::insert(db, stamp, new.clone(), inputs, counts.clone(), &result, &sum)
    })
    .await
}

/// In which form a file is wanted.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FileAsk {
    /// `csv` (when absent) or `xlsx`.
    #[param(inline)]
    format: Option<Format>,
}

/// The affected units of each batch, as a file.
#[utoipa::path(
    get, path = "/api/v1/recall-scopes/{code}/units", tag = "recalls", params(("code" = String, Path), FileAsk),
    responses((status = 200, content_type = "text/csv"), (status = 404, body = Problem))
)]
async fn units_file(call: Reads, code: web::Path<String>, ask: web::Query<FileAsk>) -> Result<HttpResponse> {
    let code = code.into_inner();
    let titles = titles(
        &call,
        &["recalls-batch", "recalls-first", "recalls-last", "recalls-garments", "recalls-first-serial", "recalls-last-serial"],
    );
    let (keys, stem) = (call.app().keys.clone(), format!("recall-{code}-units"));
    exports::download(&call.app().store, ask.format.unwrap_or(Format::Csv), &stem, titles, move |db, sheet| {
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
#[utoipa::path(
    get, path = "/api/v1/recall-scopes/{code}/garments", tag = "recalls", params(("code" = String, Path), FileAsk),
    responses((status = 200, content_type = "text/csv"), (status = 404, body = Problem))
)]
async fn garments_file(call: Reads, code: web::Path<String>, ask: web::Query<FileAsk>) -> Result<HttpResponse> {
    /// Units asked for at a time.
    const AT_ONCE: i64 = 20_000;
    let code = code.into_inner();
    let titles = titles(
        &call,
        &["recalls-batch", "recalls-unit", "recalls-serial", "recalls-sold-on", "recalls-retailer", "trace-country", "trace-city"],
    );
    let (keys, stem) = (call.app().keys.clone(), format!("recall-{code}-garments"));
    exports::download(&call.app().store, ask.format.unwrap_or(Format::Csv), &stem, titles, move |db, sheet| {
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

fn titles(call: &Reads, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| call.words().say(key).into_owned()).collect()
}

/// What the trace's page hands over.
#[derive(Deserialize)]
struct Handed {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    code: String,
}

fn layout(call: &Saves) -> Layout {
    Layout { keeps_form: true, ..call.layout(call.words().say("recalls-new")) }
}

async fn new_form(call: Saves, handed: web::Query<Handed>) -> Result<HttpResponse> {
    let Handed { kind, code } = handed.into_inner();
    let form = FormState::of(HashMap::from([("query.kind".to_owned(), kind), ("query.code".to_owned(), code)]));
    Ok(html(&form_page(layout(&call), &FORM, form, "/recalls/new", "/recalls")))
}

async fn create_form(call: Saves, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    if FormState::is_shown_again(&form.value) {
        let form = shown_again(&FORM, form.value, call.words())?;
        return Ok(html(&form_page(layout(&call), &FORM, form, "/recalls/new", "/recalls")));
    }
    let saved = match Said::of_form(&FORM, &form.value).and_then(|said| said.value::<NewScope>()) {
        Ok(new) => save(&call, &form.hash, form.once.as_deref(), new).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(scope) => Ok(see_other(href(&scope.code))),
        Err(error) => form_again(layout(&call), &FORM, form.value, error, "/recalls/new", "/recalls"),
    }
}

async fn one_page(call: Reads, code: web::Path<String>) -> Result<HttpResponse> {
    let scope = today(call.app(), code.into_inner()).await?;
    let layout = call.layout(format!("{} · {}", scope.scope.code, scope.scope.title));
    Ok(html(&OnePage { layout, scope }))
}
