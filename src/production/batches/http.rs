//! The batches' API and pages. A supplier's people see only batches they sewed or that hold their lots, and change none.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::{self, FormPage, ListPage, OnePage, UnitLine, draft_of, href, values_of};
use super::rules;
use super::store::batches::{self as store, BatchFilter, BatchSheet, BatchView};
use super::store::{serials, units};
use super::{BATCH_COLUMNS, BatchDraft, BatchStatus, Minted};
use crate::kernel::event::Subject;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Result, text};
use crate::platform::events;
use crate::platform::exports::{Cell, Format};
use crate::platform::http::{
    Caller, Filled, Form, House, Identity, Json, Locale, Once, Problem, Routes, Shell, created, csv, html, html_response, json, perm,
    query_escape, see_other, table,
};
use crate::production::corrections::{Act, Correction, Preview};
use crate::production::skus;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(list_api)
        .service(one_api)
        .service(create_api)
        .service(change_api)
        .service(preview_api)
        .service(correct_api)
        .service(mint_api)
        .service(void_api)
        .map(|c| {
            c.service(list_page)
                .service(list_csv)
                .service(list_xlsx)
                .service(new_page)
                .service(create_form)
                .service(one_page)
                .service(edit_page)
                .service(change_form)
                .service(correct_page)
                .service(correct_form)
                .service(void_form)
        });
}

/// Which batches, and which page of them.
#[derive(Deserialize, IntoParams)]
struct Ask {
    /// Only batches of the factory with this code.
    factory: Option<String>,
    /// Only batches of the sku with this code.
    sku: Option<String>,
    /// Only batches that stand here: `open`, `released`, `hold`, `closed`.
    status: Option<String>,
    /// Only those with this text in code, sku, style or line.
    q: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

impl Ask {
    fn filter(&self, who: &Identity) -> Result<BatchFilter> {
        let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let status = given(&self.status).map(|status| BatchStatus::read("status", &status));
        let q = text::optional_line("q", self.q.as_deref().unwrap_or_default(), 80)?;
        Ok(BatchFilter {
            party: who.party,
            factory: given(&self.factory),
            sku: given(&self.sku),
            status: status.transpose()?,
            q: Some(q).filter(|q| !q.is_empty()),
            newest: false,
        })
    }

    fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }

    fn query(filter: &BatchFilter) -> String {
        let text = |text: &Option<String>| query_escape(text.as_deref().unwrap_or_default());
        let status = filter.status.map_or("", BatchStatus::as_str);
        format!("q={}&factory={}&sku={}&status={status}", text(&filter.q), text(&filter.factory), text(&filter.sku))
    }
}

async fn page_of(house: &House, filter: BatchFilter, ask: PageAsk) -> Result<Page<BatchView>> {
    house.store.read(move |db| store::list(db, &filter, &ask)).await
}

async fn visible(house: &House, party: Option<Id>, code: String) -> Result<BatchSheet> {
    house.store.read(move |db| store::sheet(db, &code, party)).await?.ok_or_else(|| Code::NotFound.into())
}

/// Batches by code.
#[utoipa::path(tag = "batches", params(Ask), responses((status = 200, body = Page<BatchView>), (status = 422, body = Problem)))]
#[get("/api/v1/batches")]
async fn list_api(caller: Caller<perm::ProductionRead>, house: web::Data<House>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(&house, ask.filter(&caller)?, ask.page()).await?)
}

/// One batch and the lots it is made of.
#[utoipa::path(tag = "batches", responses((status = 200, body = BatchSheet), (status = 404, body = Problem)))]
#[get("/api/v1/batches/{code}")]
async fn one_api(caller: Caller<perm::ProductionRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&visible(&house, caller.party, code.into_inner()).await?)
}

/// Makes a batch.
#[utoipa::path(tag = "batches", request_body = BatchDraft, responses((status = 201, body = BatchSheet), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/batches")]
async fn create_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    body: Json<BatchDraft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let sheet = create(&house, &caller, once, body.value).await?;
    created(&format!("/api/v1{}", href(&sheet.batch.code)), &sheet)
}

/// Changes a batch, the lots it is made of included. `version` is the one that was read.
#[utoipa::path(tag = "batches", request_body = BatchDraft, responses((status = 200, body = BatchSheet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/batches/{code}")]
async fn change_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<BatchDraft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&change(&house, &caller, once, code.into_inner(), body.value, Act::Edit).await?)
}

/// What a correction of a batch would move, and which facts need one.
#[utoipa::path(tag = "batches", responses((status = 200, body = Preview), (status = 404, body = Problem)))]
#[get("/api/v1/batches/{code}/correct")]
async fn preview_api(caller: Caller<perm::ProductionEdit>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    caller.unbound()?;
    json(&house.store.read(move |db| store::preview(db, &code)).await?)
}

/// Corrects a batch that other things stand on: what was written down was not what was meant. `to.version` is the one that was read.
#[utoipa::path(tag = "batches", request_body = Correction<BatchDraft>, responses((status = 200, body = BatchSheet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/batches/{code}/correct")]
async fn correct_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<Correction<BatchDraft>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let Correction { reason, to } = body.value;
    json(&change(&house, &caller, once, code.into_inner(), to, Act::correct(&reason)?).await?)
}

/// How many serials to mint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MintBody {
    /// Garments, 1 to what the batch has room for.
    count: i64,
}

/// The units that were minted.
#[derive(Serialize, Deserialize, ToSchema)]
struct MintedBody {
    /// The first, counted from 1.
    unit_first: i64,
    /// The last.
    unit_last: i64,
    /// The GTIN of the batch's serials.
    gtin: Option<String>,
    /// The key epoch of the batch's serials.
    epoch: u8,
}

/// Mints serials for the next units of a batch.
#[utoipa::path(tag = "batches", request_body = MintBody, responses((status = 200, body = MintedBody), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/batches/{code}/mint")]
async fn mint_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<MintBody>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let once = Once::of(&request, &body.hash, None)?;
    let (stamp, code, count, epoch) = (caller.stamp(), code.into_inner(), body.value.count, house.keys.serials.newest());
    let minted = house.store.write(move |db| {
        once.run(db, &stamp, |db| {
            let batch = store::batch_by_code(db, &code)?.ok_or(Code::NotFound)?;
            let gtin = skus::by_id(db, batch.sku_id)?.and_then(|sku| sku.gtin);
            let Minted { units, gtin, epoch } = units::mint(db, &stamp, batch.no, count, epoch, gtin.as_deref())?;
            Ok(MintedBody { unit_first: units.start + 1, unit_last: units.end, gtin, epoch })
        })
    });
    json(&minted.await?)
}

/// Which units to make void.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VoidBody {
    /// Units counted from 1 with both ends: `7`, `501-520`.
    units: Vec<String>,
    /// Why, at most 200 characters.
    reason: String,
}

/// How many units became void.
#[derive(Serialize, Deserialize, ToSchema)]
struct VoidedBody {
    /// Units that were not void before.
    voided: i64,
}

/// Makes units void, for ever.
#[utoipa::path(tag = "batches", request_body = VoidBody, responses((status = 200, body = VoidedBody), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/batches/{code}/voids")]
async fn void_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<VoidBody>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&void(&house, &caller, once, code.into_inner(), body.value).await?)
}

async fn void(house: &House, caller: &Caller<perm::LabelsEdit>, once: Once, code: String, body: VoidBody) -> Result<VoidedBody> {
    caller.unbound()?;
    let ranges = body.units.iter().map(|text| rules::read_some_units("units", text)).collect::<Result<Vec<_>, Fault>>()?;
    let stamp = caller.stamp();
    let done = house.store.write(move |db| {
        once.run(db, &stamp, |db| {
            let batch = store::batch_by_code(db, &code)?.ok_or(Code::NotFound)?;
            Ok(VoidedBody { voided: units::void_units(db, &stamp, batch.no, &ranges, &body.reason)? })
        })
    });
    done.await
}

async fn create(house: &House, caller: &Caller<perm::ProductionEdit>, once: Once, draft: BatchDraft) -> Result<BatchSheet> {
    caller.unbound()?;
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::create(db, &stamp, &draft))).await
}

async fn change(
    house: &House,
    caller: &Caller<perm::ProductionEdit>,
    once: Once,
    code: String,
    draft: BatchDraft,
    act: Act,
) -> Result<BatchSheet> {
    caller.unbound()?;
    let version = draft.version.ok_or_else(|| Fault::new("version", Code::Missing))?;
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::change(db, &stamp, &code, version, &draft, &act))).await
}

#[get("/batches")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let filter = BatchFilter { newest: true, ..ask.filter(&caller)? };
    let query = Ask::query(&filter);
    let page = page_of(&house, filter.clone(), ask.page()).await?;
    let next = page.next.map(|next| format!("/batches?{query}&after={next}"));
    Ok(html(&ListPage { shell: Shell::titled(&request, "batches-title"), batches: page.items, filter, next, query }))
}

async fn all(house: &House, caller: &Identity, ask: &Ask) -> Result<Vec<BatchView>> {
    let filter = ask.filter(caller)?;
    house.store.read(move |db| store::all(db, &filter)).await
}

#[get("/batches.csv")]
async fn list_csv(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let batches = all(&house, &caller, &ask).await?;
    let lang = Locale::of(&request).0;
    let header = BATCH_COLUMNS.columns.iter().map(|column| column.title(lang));
    csv("batches", header, batches.iter().map(|batch| page::cells(batch, lang)))
}

#[get("/batches.xlsx")]
async fn list_xlsx(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let batches = all(&house, &caller, &ask).await?;
    let lang = Locale::of(&request).0;
    let header = BATCH_COLUMNS.columns.iter().map(|column| column.title(lang).to_owned()).collect();
    table(Format::Xlsx, "batches", header, batches.iter().map(|batch| page::cells(batch, lang).map(Cell::from).to_vec()))
}

#[get("/batches/new")]
async fn new_page(request: HttpRequest, caller: Caller<perm::ProductionEdit>) -> Result<HttpResponse> {
    caller.unbound()?;
    Ok(html(&FormPage {
        shell: Shell::titled(&request, "batches-new"),
        form: Filled::default(),
        rows: page::BLANK_ROWS,
        code: None,
        correcting: None,
    }))
}

#[post("/batches/new")]
async fn create_form(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let values = page::closed_up(form.value);
    let outcome = match draft_of(&values) {
        Ok(draft) => create(&house, &caller, once, draft).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(sheet) => Ok(see_other(href(&sheet.batch.code))),
        Err(error) => again(Shell::titled(&request, "batches-new"), values, error, None, None),
    }
}

/// What the page of a batch is asked besides.
#[derive(Deserialize)]
struct OneAsk {
    /// A unit, counted from 1, whose serial to show.
    unit: Option<i64>,
}

#[get("/batches/{code}")]
async fn one_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    code: web::Path<String>,
    ask: web::Query<OneAsk>,
) -> Result<HttpResponse> {
    let shell = Shell::of(&request, code.as_str());
    let faults = (Filled::default(), StatusCode::OK);
    one(shell, &caller, caller.may(perm::Permission::ProductionEdit), &house, code.into_inner(), ask.unit, faults).await
}

/// The page of a batch, with the form for void units as it was filled in.
async fn one(
    shell: Shell,
    who: &Identity,
    may_edit: bool,
    house: &House,
    code: String,
    unit: Option<i64>,
    (form, status): (Filled, StatusCode),
) -> Result<HttpResponse> {
    let (party, keys, stem) = (who.party, house.keys.clone(), house.config.label_stem());
    let unit = unit.filter(|_| who.may(perm::Permission::LabelsRead));
    let found = house.store.read(move |db| {
        let Some(sheet) = store::sheet(db, &code, party)? else { return Ok(None) };
        let Some(batch) = store::batch_by_code(db, &code)? else { return Ok(None) };
        let history = events::of(db, Subject::Thing(store::SUBJECT, batch.no.0))?;
        let void = units::voids_of(db, batch.no)?;
        let garment = unit.and_then(|unit| GarmentId::new(batch.no, unit - 1));
        let line = match garment {
            None => None,
            Some(garment) => match serials::serial_of(db, &keys.serials, garment)? {
                None => None,
                Some(of) => Some(UnitLine {
                    unit: garment.unit() + 1,
                    address: rules::address(&stem, of.gtin.as_deref(), &of.serial)?,
                    serial: of.serial,
                    is_void: units::is_void(db, garment)?,
                }),
            },
        };
        Ok(Some((sheet, history, void, line)))
    });
    let (sheet, history, void, line) = found.await?.ok_or(Code::NotFound)?;
    let may_edit = may_edit && who.party.is_none();
    let page = OnePage::new(shell, sheet, &history, house.config.time_zone, &void);
    Ok(html_response(status, &OnePage { may_edit, asked: unit, line, form, ..page }))
}

#[get("/batches/{code}/edit")]
async fn edit_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let sheet = visible(&house, None, code.into_inner()).await?;
    let (form, rows) = (Filled::of(values_of(&sheet)), sheet.lots.len() + page::BLANK_ROWS);
    Ok(html(&FormPage { shell: Shell::titled(&request, "batches-edit"), form, rows, code: Some(sheet.batch.code), correcting: None }))
}

#[post("/batches/{code}/edit")]
async fn change_form(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let code = code.into_inner();
    let values = page::closed_up(form.value);
    match saved(&house, &caller, once, &code, &values, Ok(Act::Edit)).await {
        Ok(sheet) => Ok(see_other(href(&sheet.batch.code))),
        Err(error) => again(Shell::titled(&request, "batches-edit"), values, error, Some(code), None),
    }
}

/// Saves what a form says of the batch `code`.
async fn saved(
    house: &House,
    caller: &Caller<perm::ProductionEdit>,
    once: Once,
    code: &str,
    values: &HashMap<String, String>,
    act: Result<Act, Fault>,
) -> Result<BatchSheet> {
    let draft = draft_of(values)?;
    change(house, caller, once, code.to_owned(), draft, act?).await
}

#[get("/batches/{code}/correct")]
async fn correct_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let code = code.into_inner();
    let asked = code.clone();
    let moves = house.store.read(move |db| store::preview(db, &asked)).await?;
    let sheet = visible(&house, None, code).await?;
    let (form, rows) = (Filled::of(values_of(&sheet)), sheet.lots.len() + page::BLANK_ROWS);
    let shell = Shell::titled(&request, "correct-title");
    Ok(html(&FormPage { shell, form, rows, code: Some(sheet.batch.code), correcting: Some(moves) }))
}

#[post("/batches/{code}/correct")]
async fn correct_form(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let code = code.into_inner();
    let values = page::closed_up(form.value);
    let act = Act::correct(values.get("reason").map_or("", String::as_str));
    match saved(&house, &caller, once, &code, &values, act).await {
        Ok(sheet) => Ok(see_other(href(&sheet.batch.code))),
        Err(error) => {
            let asked = code.clone();
            let moves = house.store.read(move |db| store::preview(db, &asked)).await?;
            again(Shell::titled(&request, "correct-title"), values, error, Some(code), Some(moves))
        }
    }
}

/// The form once more, with what is wrong beside its fields.
fn again(
    shell: Shell,
    values: HashMap<String, String>,
    error: Error,
    code: Option<String>,
    correcting: Option<Preview>,
) -> Result<HttpResponse> {
    let rows = page::rows_in(&values) + page::BLANK_ROWS;
    let form = Filled::refused(values, error, shell.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &FormPage { shell, form, rows, code, correcting }))
}

#[post("/batches/{code}/voids")]
async fn void_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let code = code.into_inner();
    let text = |name: &str| form.value.get(name).cloned().unwrap_or_default();
    let units =
        text("units").split([',', '，', ';', '；', '、', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    match void(&house, &caller, once, code.clone(), VoidBody { units, reason: text("reason") }).await {
        Ok(_) => Ok(see_other(href(&code))),
        Err(error) => {
            let shell = Shell::of(&request, code.as_str());
            let form = Filled::refused(form.value, error, shell.t)?;
            one(shell, &caller, caller.may(perm::Permission::ProductionEdit), &house, code, None, (form, StatusCode::UNPROCESSABLE_ENTITY))
                .await
        }
    }
}
