//! The products' API.

mod pages;

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{PolicyFields, Sku, SkuFields, SkuFilter, SkuView, Style, StyleFields, StyleFilter, StyleView, WarrantyPolicy, rules, store};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{Code, Fault, Id, Result, text};
use crate::platform::db::Db;
use crate::platform::http::{Caller, House, Json, Once, Problem, Routes, created, json, perm, segment};
use crate::production::corrections::{Act, Correction, Preview};
use crate::production::parties::{self, Status};

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(styles_api)
        .service(style_api)
        .service(create_style_api)
        .service(change_style_api)
        .service(style_preview_api)
        .service(correct_style_api)
        .service(skus_api)
        .service(sku_api)
        .service(create_sku_api)
        .service(change_sku_api)
        .service(sku_preview_api)
        .service(correct_sku_api)
        .service(policies_api)
        .service(policy_versions_api)
        .service(add_policy_api)
        .map(pages::mount);
}

/// Which styles, and which page of them.
#[derive(Clone, Deserialize, IntoParams)]
pub(super) struct StyleAsk {
    /// Only those with this text in code, name, brand or category.
    pub q: Option<String>,
    /// Only those in this state: active or closed.
    pub status: Option<String>,
    /// Only those made by the party of this code.
    pub manufacturer: Option<String>,
    /// The token of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500.
    pub per_page: Option<i64>,
}

impl StyleAsk {
    /// The filter; `bound` is the party the caller is bound to.
    pub(super) fn filter(&self, db: &mut Db, bound: Option<Id>) -> Result<StyleFilter> {
        let status = match self.status.as_deref().unwrap_or_default() {
            "" => None,
            "active" => Some(Status::Active),
            "closed" => Some(Status::Closed),
            other => return Err(Fault::new("status", Code::NotOneOf).with("value", other).with("allowed", "active, closed").into()),
        };
        let manufacturer = match self.manufacturer.as_deref().unwrap_or_default() {
            "" => None,
            code => {
                let ids = parties::ids_of_codes(db, &[code])?;
                Some(ids.into_values().next().ok_or_else(|| Fault::new("manufacturer", Code::UnknownReference).with("value", code))?)
            }
        };
        let q = text::optional_line("q", self.q.as_deref().unwrap_or_default(), 80)?;
        Ok(StyleFilter { q, status, manufacturer, seen_by: bound })
    }

    pub(super) fn page(&self) -> PageAsk {
        PageAsk { after: self.after.clone(), per_page: self.per_page }
    }
}

/// A page of styles.
pub(super) fn style_page(db: &mut Db, ask: &StyleAsk, bound: Option<Id>) -> Result<Page<StyleView>> {
    let (after, limit) = (ask.page().key()?, ask.page().limit());
    let filter = ask.filter(db, bound)?;
    let page = Page::new(store::styles(db, &filter, after.as_deref(), limit + 1)?, limit, |style| style.code.clone());
    Ok(Page { items: style_views(db, page.items)?, next: page.next })
}

/// Styles as the API shows them.
pub(super) fn style_views(db: &mut Db, styles: Vec<Style>) -> Result<Vec<StyleView>> {
    let ids: Vec<Id> = styles.iter().filter_map(|style| style.manufacturer_id).collect();
    let makers = parties::codes_of_ids(db, &ids)?;
    Ok(styles
        .into_iter()
        .map(|style| {
            let maker = style.manufacturer_id.and_then(|id| makers.get(&id).cloned());
            StyleView::of(style, maker)
        })
        .collect())
}

/// Skus as the API shows them.
pub(super) fn sku_views(db: &mut Db, skus: Vec<Sku>) -> Result<Vec<SkuView>> {
    let styles: Vec<Id> = skus.iter().map(|sku| sku.style_id).collect();
    let styles = store::style_codes(db, &styles)?;
    let mut old = store::old_gtins(db, &skus.iter().map(|sku| sku.id).collect::<Vec<_>>())?;
    let views = skus.into_iter().map(|sku| {
        let (style, old) = (styles.get(&sku.style_id).cloned().unwrap_or_default(), old.remove(&sku.id).unwrap_or_default());
        SkuView::of(sku, style, old)
    });
    Ok(views.collect())
}

/// The style of a code, if this caller may know of it.
pub(super) fn visible_style(db: &mut Db, bound: Option<Id>, code: &str) -> Result<Style> {
    let style = store::style_by_code(db, code)?.ok_or(Code::NotFound)?;
    if rules::may_see(bound, &style) { Ok(style) } else { Err(Code::NotFound.into()) }
}

/// The sku of a code, if this caller may know of it.
pub(super) fn visible_sku(db: &mut Db, bound: Option<Id>, code: &str) -> Result<Sku> {
    let sku = store::sku_by_code(db, code)?.ok_or(Code::NotFound)?;
    if bound.is_some() {
        let style = store::style(db, sku.style_id)?.ok_or(Code::NotFound)?;
        if !rules::may_see(bound, &style) {
            return Err(Code::NotFound.into());
        }
    }
    Ok(sku)
}

fn one<T>(items: Vec<T>) -> Result<T> {
    items.into_iter().next().ok_or_else(|| Code::NotFound.into())
}

/// Styles by code.
#[utoipa::path(tag = "styles", params(StyleAsk), responses((status = 200, body = Page<StyleView>), (status = 422, body = Problem)))]
#[get("/api/v1/styles")]
async fn styles_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, ask: web::Query<StyleAsk>) -> Result<HttpResponse> {
    let bound = caller.party;
    json(&house.store.read(move |db| style_page(db, &ask, bound)).await?)
}

/// One style.
#[utoipa::path(tag = "styles", responses((status = 200, body = StyleView), (status = 404, body = Problem)))]
#[get("/api/v1/styles/{code}")]
async fn style_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    let bound = caller.party;
    let view = house.store.read(move |db| {
        let style = visible_style(db, bound, &code)?;
        one(style_views(db, vec![style])?)
    });
    json(&view.await?)
}

/// Makes a style.
#[utoipa::path(tag = "styles", request_body = StyleFields, responses((status = 201, body = StyleView), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/styles")]
async fn create_style_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    body: Json<StyleFields>,
) -> Result<HttpResponse> {
    let view = save_style(&house, &caller, Once::of(&request, &body.hash, None)?, None, body.value, Act::Edit).await?;
    created(&format!("/api/v1/styles/{}", segment(&view.code)), &view)
}

/// Changes a style. `version` is the one that was read.
#[utoipa::path(tag = "styles", request_body = StyleFields, responses((status = 200, body = StyleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/styles/{code}")]
async fn change_style_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<StyleFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&save_style(&house, &caller, once, Some(code.into_inner()), body.value, Act::Edit).await?)
}

/// What a correction of a style would move, and which facts need one.
#[utoipa::path(tag = "styles", responses((status = 200, body = Preview), (status = 404, body = Problem)))]
#[get("/api/v1/styles/{code}/correct")]
async fn style_preview_api(caller: Caller<perm::CatalogueEdit>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    caller.unbound()?;
    json(&house.store.read(move |db| store::style_preview(db, &code)).await?)
}

/// Corrects a style that other things stand on: what was written down was not what was meant. `to.version` is the one that was read.
#[utoipa::path(tag = "styles", request_body = Correction<StyleFields>, responses((status = 200, body = StyleView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/styles/{code}/correct")]
async fn correct_style_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<Correction<StyleFields>>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let once = Once::of(&request, &body.hash, None)?;
    let Correction { reason, to } = body.value;
    json(&save_style(&house, &caller, once, Some(code.into_inner()), to, Act::correct(&reason)?).await?)
}

/// Makes a style, or changes the one of `code`.
pub(super) async fn save_style(
    house: &House,
    caller: &Caller<perm::CatalogueEdit>,
    once: Once,
    code: Option<String>,
    fields: StyleFields,
    act: Act,
) -> Result<StyleView> {
    let stamp = caller.stamp();
    let save = move |db: &mut Db| {
        let style = match &code {
            Some(code) => store::change_style(db, &stamp, code, &fields, &act)?,
            None => store::create_style(db, &stamp, &fields)?,
        };
        one(style_views(db, vec![style])?)
    };
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, &save)).await
}

/// Which skus, and which page of them.
#[derive(Deserialize, IntoParams)]
struct SkuAsk {
    /// Only those of the style of this code.
    style: Option<String>,
    /// Only the one that has, or once had, this GTIN.
    gtin: Option<String>,
    /// Only those with this text in code, colour or the style's name.
    q: Option<String>,
    /// The token of the page before.
    after: Option<String>,
    /// Rows wanted, 1 to 500.
    per_page: Option<i64>,
}

/// Skus by code.
#[utoipa::path(tag = "skus", params(SkuAsk), responses((status = 200, body = Page<SkuView>), (status = 422, body = Problem)))]
#[get("/api/v1/skus")]
async fn skus_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, ask: web::Query<SkuAsk>) -> Result<HttpResponse> {
    let bound = caller.party;
    let page = house.store.read(move |db| {
        let ask = ask.into_inner();
        let page = PageAsk { after: ask.after, per_page: ask.per_page };
        let (after, limit) = (page.key()?, page.limit());
        let style = match ask.style.as_deref().filter(|code| !code.is_empty()) {
            Some(code) => Some(store::style_by_code(db, code)?.map_or(Id(0), |style| style.id)),
            None => None,
        };
        let sku = match ask.gtin.as_deref().filter(|gtin| !gtin.is_empty()) {
            Some(gtin) => Some(store::sku_by_gtin(db, &rules::gtin_14("gtin", gtin)?)?.map_or(Id(0), |sku| sku.id)),
            None => None,
        };
        let q = text::optional_line("q", ask.q.as_deref().unwrap_or_default(), 80)?;
        let filter = SkuFilter { style, sku, seen_by: bound, q };
        let page = Page::new(store::skus(db, &filter, after.as_deref(), limit + 1)?, limit, |sku| sku.code.clone());
        Ok(Page { items: sku_views(db, page.items)?, next: page.next })
    });
    json(&page.await?)
}

/// One sku.
#[utoipa::path(tag = "skus", responses((status = 200, body = SkuView), (status = 404, body = Problem)))]
#[get("/api/v1/skus/{code}")]
async fn sku_api(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    let bound = caller.party;
    let view = house.store.read(move |db| {
        let sku = visible_sku(db, bound, &code)?;
        one(sku_views(db, vec![sku])?)
    });
    json(&view.await?)
}

/// Makes a sku.
#[utoipa::path(tag = "skus", request_body = SkuFields, responses((status = 201, body = SkuView), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/skus")]
async fn create_sku_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    body: Json<SkuFields>,
) -> Result<HttpResponse> {
    let view = save_sku(&house, &caller, Once::of(&request, &body.hash, None)?, None, body.value, Act::Edit).await?;
    created(&format!("/api/v1/skus/{}", segment(&view.code)), &view)
}

/// Changes a sku. `version` is the one that was read. A GTIN that is replaced stays as an alias.
#[utoipa::path(tag = "skus", request_body = SkuFields, responses((status = 200, body = SkuView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/skus/{code}")]
async fn change_sku_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<SkuFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&save_sku(&house, &caller, once, Some(code.into_inner()), body.value, Act::Edit).await?)
}

/// What a correction of a sku would move, and which facts need one.
#[utoipa::path(tag = "skus", responses((status = 200, body = Preview), (status = 404, body = Problem)))]
#[get("/api/v1/skus/{code}/correct")]
async fn sku_preview_api(caller: Caller<perm::CatalogueEdit>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    caller.unbound()?;
    json(&house.store.read(move |db| store::sku_preview(db, &code)).await?)
}

/// Corrects a sku that other things stand on: what was written down was not what was meant. `to.version` is the one that was read.
#[utoipa::path(tag = "skus", request_body = Correction<SkuFields>, responses((status = 200, body = SkuView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/skus/{code}/correct")]
async fn correct_sku_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<Correction<SkuFields>>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let once = Once::of(&request, &body.hash, None)?;
    let Correction { reason, to } = body.value;
    json(&save_sku(&house, &caller, once, Some(code.into_inner()), to, Act::correct(&reason)?).await?)
}

/// Makes a sku, or changes the one of `code`.
pub(super) async fn save_sku(
    house: &House,
    caller: &Caller<perm::CatalogueEdit>,
    once: Once,
    code: Option<String>,
    fields: SkuFields,
    act: Act,
) -> Result<SkuView> {
    let stamp = caller.stamp();
    let save = move |db: &mut Db| {
        let sku = match &code {
            Some(code) => store::change_sku(db, &stamp, code, &fields, &act)?,
            None => store::create_sku(db, &stamp, &fields)?,
        };
        one(sku_views(db, vec![sku])?)
    };
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, &save)).await
}

/// Every version of every warranty policy, newest first within a code.
#[utoipa::path(tag = "policies", responses((status = 200, body = [WarrantyPolicy])))]
#[get("/api/v1/policies")]
async fn policies_api(_caller: Caller<perm::CatalogueRead>, house: web::Data<House>) -> Result<HttpResponse> {
    json(&house.store.read(|db| store::policies(db, None)).await?)
}

/// Every version of one warranty policy, newest first.
#[utoipa::path(tag = "policies", responses((status = 200, body = [WarrantyPolicy]), (status = 404, body = Problem)))]
#[get("/api/v1/policies/{code}")]
async fn policy_versions_api(
    _caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let versions = house.store.read(move |db| store::policies(db, Some(&code))).await?;
    if versions.is_empty() { Err(Code::NotFound.into()) } else { json(&versions) }
}

/// Adds the first or next version of a warranty policy. Versions are never changed.
#[utoipa::path(tag = "policies", request_body = PolicyFields, responses((status = 201, body = WarrantyPolicy), (status = 422, body = Problem)))]
#[post("/api/v1/policies")]
async fn add_policy_api(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    body: Json<PolicyFields>,
) -> Result<HttpResponse> {
    let policy = save_policy(&house, &caller, Once::of(&request, &body.hash, None)?, body.value).await?;
    created(&format!("/api/v1/policies/{}", segment(&policy.code)), &policy)
}

/// Adds a version of a policy.
pub(super) async fn save_policy(
    house: &House,
    caller: &Caller<perm::CatalogueEdit>,
    once: Once,
    fields: PolicyFields,
) -> Result<WarrantyPolicy> {
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| store::add_policy(db, &stamp, &fields))).await
}
