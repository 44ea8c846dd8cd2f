//! The lots' API and pages. A supplier's people see only lots of their own party, and change none.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::page::{FormPage, ListPage, OnePage, draft_of, href, values_of};
use super::store::preview;
use super::{LOT_COLUMNS, LotDraft, LotFilter, LotKind, LotSheet, LotView, import, store};
use crate::kernel::event::Subject;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{Code, Error, Fault, Id, Result, text};
use crate::platform::events;
use crate::platform::exports::Format;
use crate::platform::http::{
    Caller, Filled, Form, House, Identity, Json, Locale, Once, Problem, Routes, Shell, created, html, html_response, json, perm,
    query_escape, see_other, table,
};
use crate::production::corrections::{Act, Correction, Preview};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_api).service(one_api).service(create_api).service(change_api).service(preview_api).service(correct_api).map(|c| {
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
    });
}

/// Which lots, and which page of them.
#[derive(Deserialize, IntoParams)]
struct Ask {
    /// Only lots from the party with this code.
    #[serde(alias = "party")]
    supplier: Option<String>,
    /// Only lots of this kind.
    kind: Option<String>,
    /// Only those with this text in code, material or dye lot.
    q: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

impl Ask {
    fn filter(&self, who: &Identity) -> Result<LotFilter> {
        let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = given(&self.kind).map(|kind| LotKind::read("kind", &kind));
        let q = text::optional_line("q", self.q.as_deref().unwrap_or_default(), 80)?;
        Ok(LotFilter { party: who.party, supplier: given(&self.supplier), kind: kind.transpose()?, q: Some(q).filter(|q| !q.is_empty()) })
    }

    fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }

    fn query(filter: &LotFilter) -> String {
        let q = query_escape(filter.q.as_deref().unwrap_or_default());
        let supplier = query_escape(filter.supplier.as_deref().unwrap_or_default());
        format!("q={q}&supplier={supplier}&kind={}", filter.kind.map_or("", LotKind::as_str))
    }
}

async fn page_of(house: &House, filter: LotFilter, ask: PageAsk) -> Result<Page<LotView>> {
    house.store.read(move |db| store::list(db, &filter, &ask)).await
}

async fn visible(house: &House, party: Option<Id>, code: String) -> Result<LotSheet> {
    house.store.read(move |db| store::sheet(db, &code, party)).await?.ok_or_else(|| Code::NotFound.into())
}

/// Lots by code.
#[utoipa::path(tag = "lots", params(Ask), responses((status = 200, body = Page<LotView>), (status = 422, body = Problem)))]
#[get("/api/v1/lots")]
async fn list_api(caller: Caller<perm::ProductionRead>, house: web::Data<House>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(&house, ask.filter(&caller)?, ask.page()).await?)
}

/// One lot: what it is, what it was made of, what was made of it, the batches it went into.
#[utoipa::path(tag = "lots", responses((status = 200, body = LotSheet), (status = 404, body = Problem)))]
#[get("/api/v1/lots/{code}")]
async fn one_api(caller: Caller<perm::ProductionRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&visible(&house, caller.party, code.into_inner()).await?)
}

/// Makes a lot.
#[utoipa::path(tag = "lots", request_body = LotDraft, responses((status = 201, body = LotSheet), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/lots")]
async fn create_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    body: Json<LotDraft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let sheet = create(&house, &caller, once, body.value).await?;
    created(&format!("/api/v1{}", href(&sheet.lot.name)), &sheet)
}

/// Changes a lot, what it is made of included. `version` is the one that was read.
#[utoipa::path(tag = "lots", request_body = LotDraft, responses((status = 200, body = LotSheet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/lots/{code}")]
async fn change_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<LotDraft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&change(&house, &caller, once, code.into_inner(), body.value, Act::Edit).await?)
}

/// What a correction of a lot would move, and which facts need one.
#[utoipa::path(tag = "lots", responses((status = 200, body = Preview), (status = 404, body = Problem)))]
#[get("/api/v1/lots/{code}/correct")]
async fn preview_api(caller: Caller<perm::ProductionEdit>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    caller.unbound()?;
    json(&house.store.read(move |db| preview(db, &code)).await?)
}

/// Corrects a lot that other things stand on: what was written down was not what was meant. `to.version` is the one that was read.
#[utoipa::path(tag = "lots", request_body = Correction<LotDraft>, responses((status = 200, body = LotSheet), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/lots/{code}/correct")]
async fn correct_api(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<Correction<LotDraft>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let Correction { reason, to } = body.value;
    json(&change(&house, &caller, once, code.into_inner(), to, Act::correct(&reason)?).await?)
}

async fn create(house: &House, caller: &Caller<perm::ProductionEdit>, once: Once, draft: LotDraft) -> Result<LotSheet> {
    caller.unbound()?;
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::create(db, &stamp, &draft))).await
}

async fn change(
    house: &House,
    caller: &Caller<perm::ProductionEdit>,
    once: Once,
    code: String,
    draft: LotDraft,
    act: Act,
) -> Result<LotSheet> {
    caller.unbound()?;
    let version = draft.version.ok_or_else(|| Fault::new("version", Code::Missing))?;
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::change(db, &stamp, &code, version, &draft, &act))).await
}

#[get("/lots")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let filter = ask.filter(&caller)?;
    let query = Ask::query(&filter);
    let page = page_of(&house, filter.clone(), ask.page()).await?;
    let next = page.next.map(|next| format!("/lots?{query}&after={next}"));
    Ok(html(&ListPage { shell: Shell::titled(&request, "lots-title"), lots: page.items, filter, next, csv: format!("/lots.csv?{query}") }))
}

#[get("/lots.csv")]
async fn list_csv(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    list_as(Format::Csv, &request, &caller, &house, &ask).await
}

#[get("/lots.xlsx")]
async fn list_xlsx(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    list_as(Format::Xlsx, &request, &caller, &house, &ask).await
}

/// The list as a file, in the columns that can be loaded again.
async fn list_as(format: Format, request: &HttpRequest, who: &Identity, house: &House, ask: &Ask) -> Result<HttpResponse> {
    let filter = ask.filter(who)?;
    let drafts = house.store.read(move |db| store::drafts(db, &filter)).await?;
    let lang = Locale::of(request).0;
    let header = LOT_COLUMNS.columns.iter().map(|column| column.title(lang).to_owned()).collect();
    table(format, "lots", header, drafts.iter().map(|draft| import::row(draft, lang)))
}

#[get("/lots/new")]
async fn new_page(request: HttpRequest, caller: Caller<perm::ProductionEdit>) -> Result<HttpResponse> {
    caller.unbound()?;
    Ok(html(&FormPage { shell: Shell::titled(&request, "lots-new"), form: Filled::default(), code: None, correcting: None }))
}

#[post("/lots/new")]
async fn create_form(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let outcome = match draft_of(&form.value) {
        Ok(draft) => create(&house, &caller, once, draft).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(sheet) => Ok(see_other(href(&sheet.lot.name))),
        Err(error) => again(Shell::titled(&request, "lots-new"), form.value, error, None, None),
    }
}

#[get("/lots/{code}")]
async fn one_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let (name, party) = (code.into_inner(), caller.party);
    let asked = name.clone();
    let found = house.store.read(move |db| {
        let Some(lot) = store::lot_called(db, &asked, party)? else { return Ok(None) };
        let Some(sheet) = store::sheet(db, &asked, party)? else { return Ok(None) };
        Ok(Some((sheet, events::of(db, Subject::Thing(store::SUBJECT, lot.id.0))?)))
    });
    let (sheet, history) = match found.await {
        Err(error) if error.code() == Code::Ambiguous => return Ok(see_other(format!("/lots?q={}", query_escape(&name)))),
        found => found?.ok_or(Code::NotFound)?,
    };
    let may_edit = caller.may(perm::Permission::ProductionEdit) && caller.party.is_none();
    Ok(html(&OnePage::new(Shell::of(&request, sheet.lot.code.clone()), sheet, &history, may_edit, house.config.time_zone)))
}

#[get("/lots/{code}/edit")]
async fn edit_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let sheet = visible(&house, None, code.into_inner()).await?;
    let form = Filled::of(values_of(&sheet));
    Ok(html(&FormPage { shell: Shell::titled(&request, "lots-edit"), form, code: Some(sheet.lot.name), correcting: None }))
}

#[post("/lots/{code}/edit")]
async fn change_form(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let code = code.into_inner();
    match saved(&house, &caller, once, &code, &form.value, Ok(Act::Edit)).await {
        Ok(sheet) => Ok(see_other(href(&sheet.lot.name))),
        Err(error) => again(Shell::titled(&request, "lots-edit"), form.value, error, Some(code), None),
    }
}

/// Saves what a form says of the lot `code`.
async fn saved(
    house: &House,
    caller: &Caller<perm::ProductionEdit>,
    once: Once,
    code: &str,
    values: &HashMap<String, String>,
    act: Result<Act, Fault>,
) -> Result<LotSheet> {
    let draft = draft_of(values)?;
    change(house, caller, once, code.to_owned(), draft, act?).await
}

#[get("/lots/{code}/correct")]
async fn correct_page(
    request: HttpRequest,
    caller: Caller<perm::ProductionEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let code = code.into_inner();
    let asked = code.clone();
    let moves = house.store.read(move |db| preview(db, &asked)).await?;
    let sheet = visible(&house, None, code).await?;
    let form = Filled::of(values_of(&sheet));
    Ok(html(&FormPage { shell: Shell::titled(&request, "correct-title"), form, code: Some(sheet.lot.name), correcting: Some(moves) }))
}

#[post("/lots/{code}/correct")]
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
    let act = Act::correct(form.value.get("reason").map_or("", String::as_str));
    match saved(&house, &caller, once, &code, &form.value, act).await {
        Ok(sheet) => Ok(see_other(href(&sheet.lot.name))),
        Err(error) => {
            let asked = code.clone();
            let moves = house.store.read(move |db| preview(db, &asked)).await?;
            again(Shell::titled(&request, "correct-title"), form.value, error, Some(code), Some(moves))
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
    let form = Filled::refused(values, error, shell.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &FormPage { shell, form, code, correcting }))
}
