//! The products' pages.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;

use super::{StyleAsk, one, save_policy, save_sku, save_style, sku_views, style_page, style_views, visible_sku, visible_style};
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::http::{Caller, Filled, Form, House, Locale, Once, Shell, csv, html, html_response, perm, query_escape, see_other};
use crate::production::corrections::{Act, Preview};
use crate::production::parties::{self, Party};
use crate::production::products::page::{
    ListPage, OnePage, PoliciesPage, PolicyForm, SkuForm, StyleForm, href, policy_of, policy_values, sku_of, sku_values, style_of,
    style_values,
};
use crate::production::products::{
    SKU_COLUMNS, STYLE_COLUMNS, Sku, SkuFields, SkuFilter, SkuView, StyleFields, import, label_items, missing_items, store,
};

/// Rows a download may have.
const ALL: i64 = 1_000_000;

/// Mounts the pages.
pub(super) fn mount(config: &mut web::ServiceConfig) -> &mut web::ServiceConfig {
    config
        .service(list_page)
        .service(styles_csv)
        .service(new_style)
        .service(create_style)
        .service(style_one)
        .service(edit_style)
        .service(change_style)
        .service(correct_style_page)
        .service(correct_style)
        .service(new_sku)
        .service(create_sku)
        .service(skus_csv)
        .service(sku_one)
        .service(edit_sku)
        .service(change_sku)
        .service(correct_sku_page)
        .service(correct_sku)
        .service(policies_page)
        .service(new_policy)
        .service(add_policy)
}

type Values = HashMap<String, String>;

#[get("/styles")]
async fn list_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    ask: web::Query<StyleAsk>,
) -> Result<HttpResponse> {
    let (bound, asked) = (caller.party, ask.clone());
    let page = house.store.read(move |db| style_page(db, &asked, bound)).await?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (q, status, manufacturer) = (text(&ask.q), text(&ask.status), text(&ask.manufacturer));
    let mut query = format!("q={}&status={}&manufacturer={}", query_escape(&q), query_escape(&status), query_escape(&manufacturer));
    if let Some(rows) = ask.per_page {
        query.push_str(&format!("&per_page={rows}"));
    }
    Ok(html(&ListPage {
        shell: Shell::titled(&request, "styles-title"),
        styles: page.items,
        q,
        status,
        manufacturer,
        next: page.next.map(|next| format!("/styles?{query}&after={next}")),
        csv: format!("/styles.csv?{query}"),
    }))
}

#[get("/styles.csv")]
async fn styles_csv(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    ask: web::Query<StyleAsk>,
) -> Result<HttpResponse> {
    let bound = caller.party;
    let styles = house.store.read(move |db| {
        let filter = ask.filter(db, bound)?;
        let styles = store::styles(db, &filter, None, ALL)?;
        style_views(db, styles)
    });
    let lang = Locale::of(&request).0;
    csv(
        "styles",
        STYLE_COLUMNS.columns.iter().map(|column| column.title(lang)),
        styles.await?.iter().map(|style| import::style_cells(style, lang)),
    )
}

#[get("/skus.csv")]
async fn skus_csv(request: HttpRequest, caller: Caller<perm::CatalogueRead>, house: web::Data<House>) -> Result<HttpResponse> {
    let filter = SkuFilter { seen_by: caller.party, ..SkuFilter::default() };
    let skus = house.store.read(move |db| {
        let skus = store::skus(db, &filter, None, ALL)?;
        sku_views(db, skus)
    });
    let lang = Locale::of(&request).0;
    csv("skus", SKU_COLUMNS.columns.iter().map(|column| column.title(lang)), skus.await?.iter().map(import::sku_cells))
}

#[get("/styles/{code}")]
async fn style_one(
    request: HttpRequest,
    caller: Caller<perm::CatalogueRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let (bound, today, lang) = (caller.party, house.today(), Locale::of(&request).0);
    let (view, maker, policy, skus, items) = house
        .store
        .read(move |db| {
            let style = visible_style(db, bound, &code)?;
            let maker = style.manufacturer_id.map_or(Ok(None), |id| parties::maker(db, id))?;
            let policy = store::policy_at(db, &style.policy_code, today)?;
            let skus = store::skus_of(db, style.id)?;
            let nothing = Sku {
                id: Id(0),
                style_id: style.id,
                code: String::new(),
                gtin: None,
                colour: Both::default(),
                size: String::new(),
                size_label: String::new(),
                version: 0,
            };
            // The sku that lacks most shows what is still to be done.
            let worst = skus.iter().max_by_key(|sku| missing_items(&style, sku, maker.as_ref()).len()).unwrap_or(&nothing);
            let missing = missing_items(&style, worst, maker.as_ref());
            let items: Vec<_> = label_items(&style, worst, maker.as_ref(), lang)
                .into_iter()
                .map(|(item, text)| (item, text, missing.contains(&item)))
                .collect();
            let skus = sku_views(db, skus)?;
            Ok((one(style_views(db, vec![style])?)?, maker, policy, skus, items))
        })
        .await?;
    let shell = Shell::of(&request, view.name.get(lang).to_owned());
    let may_correct = bound.is_none();
    Ok(html(&OnePage { shell, view, maker, policy, skus, may_correct, items }))
}

async fn style_form(
    house: &House,
    shell: Shell,
    form: Filled,
    code: Option<String>,
    correcting: Option<Preview>,
    status: StatusCode,
) -> Result<HttpResponse> {
    let lang = shell.lang;
    let (makers, policies) = house
        .store
        .read(move |db| {
            let mut policies: Vec<String> = store::policies(db, None)?.into_iter().map(|policy| policy.code).collect();
            policies.dedup();
            Ok((makers(db, lang)?, policies))
        })
        .await?;
    Ok(html_response(status, &StyleForm { shell, form, code, makers, policies, correcting }))
}

/// Parties that may be named as manufacturer, for the form's suggestions.
fn makers(db: &mut Db, lang: Lang) -> Result<Vec<(String, String)>> {
    let mut found: Vec<Party> = Vec::new();
    for role in [parties::Role::Brand, parties::Role::Factory] {
        found.extend(parties::with_role(db, role)?);
    }
    found.sort_by(|one, other| one.code.cmp(&other.code));
    found.dedup_by(|one, other| one.code == other.code);
    Ok(found.into_iter().map(|party| (party.code.clone(), party.name(lang).to_owned())).collect())
}

#[get("/styles/new")]
async fn new_style(request: HttpRequest, _caller: Caller<perm::CatalogueEdit>, house: web::Data<House>) -> Result<HttpResponse> {
    style_form(&house, Shell::titled(&request, "styles-new"), Filled::default(), None, None, StatusCode::OK).await
}

#[get("/styles/{code}/edit")]
async fn edit_style(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let bound = caller.party;
    let view = house.store.read(move |db| {
        let style = visible_style(db, bound, &code)?;
        one(style_views(db, vec![style])?)
    });
    let view = view.await?;
    style_form(&house, Shell::titled(&request, "styles-edit"), Filled::of(style_values(&view)), Some(view.code), None, StatusCode::OK).await
}

#[get("/styles/{code}/correct")]
async fn correct_style_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let found = house.store.read(move |db| {
        let style = visible_style(db, None, &code)?;
        Ok((one(style_views(db, vec![style])?)?, store::style_preview(db, &code)?))
    });
    let (view, moves) = found.await?;
    let form = Filled::of(style_values(&view));
    style_form(&house, Shell::titled(&request, "correct-title"), form, Some(view.code), Some(moves), StatusCode::OK).await
}

#[post("/styles/{code}/correct")]
async fn correct_style(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let fields = style_of(&form.value);
    let act = Act::correct(form.value.get("reason").map_or("", String::as_str));
    submit_style(&request, &caller, &house, form, fields, Some(code.into_inner()), act).await
}

#[post("/styles/new")]
async fn create_style(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    let fields = style_of(&form.value).map(|fields| StyleFields { version: None, ..fields });
    submit_style(&request, &caller, &house, form, fields, None, Ok(Act::Edit)).await
}

#[post("/styles/{code}/edit")]
async fn change_style(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    let fields = style_of(&form.value);
    submit_style(&request, &caller, &house, form, fields, Some(code.into_inner()), Ok(Act::Edit)).await
}

async fn submit_style(
    request: &HttpRequest,
    caller: &Caller<perm::CatalogueEdit>,
    house: &House,
    form: Form<Values>,
    fields: Result<StyleFields, Vec<Fault>>,
    code: Option<String>,
    act: Result<Act, Fault>,
) -> Result<HttpResponse> {
    let once = Once::of(request, &form.hash, form.once.as_deref())?;
    let is_edit = act == Ok(Act::Edit);
    let saved = match (fields, act) {
        (Ok(fields), Ok(act)) => save_style(house, caller, once, code.clone(), fields, act).await,
        (Err(faults), _) => Err(unreadable(faults)),
        (_, Err(fault)) => Err(fault.into()),
    };
    match saved {
        Ok(view) => Ok(see_other(href(&view.code))),
        Err(error) => {
            let moves = match code.clone().filter(|_| !is_edit) {
                Some(code) => Some(house.store.read(move |db| store::style_preview(db, &code)).await?),
                None => None,
            };
            let shell = Shell::titled(
                request,
                if moves.is_some() {
                    "correct-title"
                } else if code.is_some() {
                    "styles-edit"
                } else {
                    "styles-new"
                },
            );
            let form = Filled::refused(form.value, error, shell.t)?;
            style_form(house, shell, form, code, moves, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

fn unreadable(faults: Vec<Fault>) -> Error {
    Refusal { code: Code::Invalid, args: Vec::new(), faults }.into()
}

#[get("/styles/{code}/skus/new")]
async fn new_sku(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let bound = caller.party;
    let style = house.store.read(move |db| visible_style(db, bound, &code)).await?.code;
    Ok(html(&SkuForm {
        shell: Shell::titled(&request, "skus-new"),
        form: Filled::default(),
        style,
        code: None,
        old_gtins: Vec::new(),
        correcting: None,
    }))
}

#[post("/styles/{code}/skus/new")]
async fn create_sku(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    style: web::Path<String>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let style = style.into_inner();
    let fields = SkuFields { version: None, ..sku_of(&form.value, &style) };
    match save_sku(&house, &caller, once, None, fields, Act::Edit).await {
        Ok(sku) => Ok(see_other(href(&sku.style))),
        Err(error) => {
            let shell = Shell::titled(&request, "skus-new");
            let form = Filled::refused(form.value, error, shell.t)?;
            Ok(html_response(
                StatusCode::UNPROCESSABLE_ENTITY,
                &SkuForm { shell, form, style, code: None, old_gtins: Vec::new(), correcting: None },
            ))
        }
    }
}

/// A sku is shown with its style.
#[get("/skus/{code}")]
async fn sku_one(caller: Caller<perm::CatalogueRead>, house: web::Data<House>, code: web::Path<String>) -> Result<HttpResponse> {
    let bound = caller.party;
    let view = house.store.read(move |db| {
        let sku = visible_sku(db, bound, &code)?;
        one(sku_views(db, vec![sku])?)
    });
    Ok(see_other(format!("{}#skus", href(&view.await?.style))))
}

#[get("/skus/{code}/edit")]
async fn edit_sku(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let (view, _) = sku_and_preview(&house, caller.party, &code).await?;
    let form = Filled::of(sku_values(&view));
    Ok(html(&sku_page(Shell::titled(&request, "skus-edit"), form, view, None)))
}

#[get("/skus/{code}/correct")]
async fn correct_sku_page(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let (view, moves) = sku_and_preview(&house, None, &code).await?;
    let mut values = sku_values(&view);
    values.insert("style".to_owned(), view.style.clone());
    Ok(html(&sku_page(Shell::titled(&request, "correct-title"), Filled::of(values), view, Some(moves))))
}

/// A sku, if this caller may know of it, and what a correction of it would move.
async fn sku_and_preview(house: &House, bound: Option<Id>, code: &str) -> Result<(SkuView, Preview)> {
    let code = code.to_owned();
    let found = house.store.read(move |db| {
        let sku = visible_sku(db, bound, &code)?;
        Ok((one(sku_views(db, vec![sku])?)?, store::sku_preview(db, &code)?))
    });
    found.await
}

fn sku_page(shell: Shell, form: Filled, view: SkuView, correcting: Option<Preview>) -> SkuForm {
    SkuForm { shell, form, style: view.style, code: Some(view.code), old_gtins: view.old_gtins, correcting }
}

#[post("/skus/{code}/edit")]
async fn change_sku(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    let (view, _) = sku_and_preview(&house, caller.party, &code).await?;
    let fields = sku_of(&form.value, &view.style);
    submit_sku(&request, &caller, &house, form, fields, view, (Ok(Act::Edit), None)).await
}

#[post("/skus/{code}/correct")]
async fn correct_sku(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    caller.unbound()?;
    let (view, moves) = sku_and_preview(&house, None, &code).await?;
    let text = |name: &str| form.value.get(name).cloned().unwrap_or_default();
    let (fields, act) = (sku_of(&form.value, &text("style")), Act::correct(&text("reason")));
    submit_sku(&request, &caller, &house, form, fields, view, (act, Some(moves))).await
}

async fn submit_sku(
    request: &HttpRequest,
    caller: &Caller<perm::CatalogueEdit>,
    house: &House,
    form: Form<Values>,
    fields: SkuFields,
    view: SkuView,
    (act, moves): (Result<Act, Fault>, Option<Preview>),
) -> Result<HttpResponse> {
    let once = Once::of(request, &form.hash, form.once.as_deref())?;
    let saved = match act {
        Ok(act) => save_sku(house, caller, once, Some(view.code.clone()), fields, act).await,
        Err(fault) => Err(fault.into()),
    };
    match saved {
        Ok(sku) => Ok(see_other(href(&sku.style))),
        Err(error) => {
            let shell = Shell::titled(request, if moves.is_some() { "correct-title" } else { "skus-edit" });
            let form = Filled::refused(form.value, error, shell.t)?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &sku_page(shell, form, view, moves)))
        }
    }
}

#[get("/policies")]
async fn policies_page(request: HttpRequest, _caller: Caller<perm::CatalogueRead>, house: web::Data<House>) -> Result<HttpResponse> {
    let mut policies: Vec<(String, Vec<_>)> = Vec::new();
    for version in house.store.read(|db| store::policies(db, None)).await? {
        match policies.last_mut() {
            Some((code, versions)) if *code == version.code => versions.push(version),
            _ => policies.push((version.code.clone(), vec![version])),
        }
    }
    Ok(html(&PoliciesPage { shell: Shell::titled(&request, "policies-title"), policies }))
}

#[derive(Deserialize)]
struct From {
    /// The code of the policy that gets a new version.
    from: Option<String>,
}

#[get("/policies/new")]
async fn new_policy(
    request: HttpRequest,
    _caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    from: web::Query<From>,
) -> Result<HttpResponse> {
    let today = house.today();
    let form = match from.into_inner().from.filter(|code| !code.is_empty()) {
        Some(code) => {
            let versions = house.store.read(move |db| store::policies(db, Some(&code))).await?;
            Filled::of(policy_values(versions.first().ok_or(Code::NotFound)?, today))
        }
        None => Filled::of([("valid_from".to_owned(), today.to_string())].into()),
    };
    Ok(html(&PolicyForm { shell: Shell::titled(&request, "policies-new"), form }))
}

#[post("/policies/new")]
async fn add_policy(
    request: HttpRequest,
    caller: Caller<perm::CatalogueEdit>,
    house: web::Data<House>,
    form: Form<Values>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let saved = match policy_of(&form.value) {
        Ok(fields) => save_policy(&house, &caller, once, fields).await,
        Err(faults) => Err(unreadable(faults)),
    };
    match saved {
        Ok(_) => Ok(see_other("/policies")),
        Err(error) => {
            let shell = Shell::titled(&request, "policies-new");
            let form = Filled::refused(form.value, error, shell.t)?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &PolicyForm { shell, form }))
        }
    }
}
