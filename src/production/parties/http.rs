//! The parties' API and pages.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::page::{FormPage, ListPage, OnePage, Use, fields_of, href, values_of};
use super::{COLUMNS, Party, PartyFields, PartyFilter, Role, import, store};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{Code, Error, Fault, Id, Result, text};
use crate::platform::http::{
    Caller, Filled, Form, House, Json, Locale, Once, Problem, Routes, Shell, created, csv, html, html_response, json, perm, query_escape,
    see_other,
};

/// Rows a download may have.
const ALL: i64 = 1_000_000;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(list_api).service(one_api).service(create_api).service(change_api).map(|c| {
        c.service(list_page)
            .service(list_csv)
            .service(new_page)
            .service(create_form)
            .service(one_page)
            .service(edit_page)
            .service(change_form)
    });
}

/// Which parties, and which page of them.
#[derive(Deserialize, IntoParams)]
struct Ask {
    /// Only those with this role.
    role: Option<String>,
    /// Only those with this text in code, name, city or GLN.
    q: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

impl Ask {
    fn filter(&self, only: Option<Id>) -> Result<PartyFilter> {
        let role = self.role.as_deref().filter(|role| !role.is_empty()).map(|role| {
            let unknown = || {
                Fault::new("role", Code::NotOneOf)
                    .with("value", role)
                    .with("allowed", Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "))
            };
            Role::of(role).ok_or_else(unknown)
        });
        Ok(PartyFilter { role: role.transpose()?, q: text::optional_line("q", self.q.as_deref().unwrap_or_default(), 80)?, only })
    }

    fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }
}

async fn page_of(house: &House, filter: PartyFilter, ask: PageAsk) -> Result<Page<Party>> {
    let (after, limit) = (ask.key()?, ask.limit());
    let rows = house.store.read(move |db| store::list(db, &filter, after.as_deref(), limit + 1)).await?;
    Ok(Page::new(rows, limit, |party| party.code.clone()))
}

/// The party of a code, if this caller may know of it.
async fn visible(house: &House, only: Option<Id>, code: String) -> Result<Party> {
    let party = house.store.read(move |db| store::by_code(db, &code)).await?.ok_or(Code::NotFound)?;
    if only.is_some_and(|only| only != party.id) { Err(Code::NotFound.into()) } else { Ok(party) }
}

/// Parties by code.
#[utoipa::path(tag = "parties", params(Ask), responses((status = 200, body = Page<Party>), (status = 422, body = Problem)))]
#[get("/api/v1/parties")]
async fn list_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, ask: web::Query<Ask>) -> Result<HttpResponse> {
    json(&page_of(&house, ask.filter(caller.party)?, ask.page()).await?)
}

/// One party.
#[utoipa::path(tag = "parties", responses((status = 200, body = Party), (status = 404, body = Problem)))]
#[get("/api/v1/parties/{code}")]
async fn one_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&visible(&house, caller.party, code.into_inner()).await?)
}

/// Makes a party.
#[utoipa::path(tag = "parties", request_body = PartyFields, responses((status = 201, body = Party), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/parties")]
async fn create_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    body: Json<PartyFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let party = create(&house, &caller, once, body.value).await?;
    created(&format!("/api/v1{}", href(&party.code)), &party)
}

/// Changes a party. `version` is the one that was read.
#[utoipa::path(tag = "parties", request_body = PartyFields, responses((status = 200, body = Party), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/parties/{code}")]
async fn change_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<PartyFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&change(&house, &caller, once, code.into_inner(), body.value).await?)
}

async fn create(house: &House, caller: &Caller<perm::CatalogueEdit>, once: Once, fields: PartyFields) -> Result<Party> {
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::create(db, &stamp, &fields))).await
}

async fn change(house: &House, caller: &Caller<perm::CatalogueEdit>, once: Once, code: String, fields: PartyFields) -> Result<Party> {
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::change(db, &stamp, &code, &fields))).await
}

fn titled(request: &HttpRequest, key: &str) -> Shell {
    Shell::of(request, Locale::of(request).words().say(key))
}

fn query(ask: &Ask, filter: &PartyFilter) -> String {
    let mut query = format!("q={}&role={}", query_escape(&filter.q), filter.role.map_or("", Role::as_str));
    if let Some(rows) = ask.per_page {
        query.push_str(&format!("&per_page={rows}"));
    }
    query
}

#[get("/parties")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let filter = ask.filter(caller.party)?;
    let query = query(&ask, &filter);
    let page = page_of(&house, filter.clone(), ask.page()).await?;
    Ok(html(&ListPage {
        shell: titled(&request, "parties-title"),
        parties: page.items,
        role: filter.role,
        q: filter.q,
        next: page.next.map(|next| format!("/parties?{query}&after={next}")),
        csv: format!("/parties.csv?{query}"),
    }))
}

#[get("/parties.csv")]
async fn list_csv(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let filter = ask.filter(caller.party)?;
    let parties = house.store.read(move |db| store::list(db, &filter, None, ALL)).await?;
    let lang = Locale::of(&request).0;
    csv("parties", COLUMNS.columns.iter().map(|column| column.title(lang)), parties.iter().map(|party| import::cells(party, lang)))
}

#[get("/parties/new")]
async fn new_page(request: HttpRequest, _caller: Caller<perm::CatalogueEdit>) -> Result<HttpResponse> {
    Ok(html(&FormPage { shell: titled(&request, "parties-new"), form: Filled::default(), code: None }))
}

#[post("/parties/new")]
async fn create_form(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let fields = PartyFields { version: None, ..fields_of(&form.value) };
    match create(&house, &caller, once, fields).await {
        Ok(party) => Ok(see_other(href(&party.code))),
        Err(error) => again(titled(&request, "parties-new"), form.value, error, None),
    }
}

#[get("/parties/{code}")]
async fn one_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let party = visible(&house, caller.party, code.into_inner()).await?;
    let id = party.id;
    let uses = house.store.read(move |db| store::uses(db, id)).await?;
    let q = query_escape(&party.code);
    let used = vec![
        Use { key: "parties-used-styles", count: uses.styles, href: format!("/styles?manufacturer={q}") },
        Use { key: "parties-used-lots", count: uses.lots, href: format!("/lots?party={q}") },
        Use { key: "parties-used-batches", count: uses.batches, href: format!("/batches?factory={q}") },
    ];
    let title = party.name.get(Locale::of(&request).0).to_owned();
    Ok(html(&OnePage { shell: Shell::of(&request, title), party, used }))
}

#[get("/parties/{code}/edit")]
async fn edit_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let party = visible(&house, caller.party, code.into_inner()).await?;
    let form = Filled::of(values_of(&party));
    Ok(html(&FormPage { shell: titled(&request, "parties-edit"), form, code: Some(party.code) }))
}

#[post("/parties/{code}/edit")]
async fn change_form(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let code = code.into_inner();
    match change(&house, &caller, once, code.clone(), fields_of(&form.value)).await {
        Ok(party) => Ok(see_other(href(&party.code))),
        Err(error) => again(titled(&request, "parties-edit"), form.value, error, Some(code)),
    }
}

/// The form once more, with what is wrong beside its fields.
fn again(shell: Shell, values: HashMap<String, String>, error: Error, code: Option<String>) -> Result<HttpResponse> {
    let form = Filled::refused(values, error, shell.t)?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &FormPage { shell, form, code }))
}
