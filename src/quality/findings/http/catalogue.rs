//! The defect catalogue's API and pages.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};

use crate::kernel::{Code, Result};
use crate::platform::http::{
    Caller, Filled, Form, House, Json, Locale, Once, Problem, Shell, csv, html, html_response, json, perm, see_other,
};
use crate::quality::findings::page::{DefectPage, DefectsPage, defect_draft_of, defect_values};
use crate::quality::findings::store::defects;
use crate::quality::findings::{Defect, DefectDraft};

/// The defect catalogue, by component and code.
#[utoipa::path(tag = "findings", responses((status = 200, body = Vec<Defect>)))]
#[get("/api/v1/defects")]
pub(super) async fn list_api(_caller: Caller<perm::FindingsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    json(&house.store.read(defects::defects).await?)
}

/// Makes a kind of defect (without `version`) or changes one (with the version that was read).
#[utoipa::path(
    tag = "findings",
    request_body = DefectDraft,
    responses((status = 200, body = Defect), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
#[put("/api/v1/defects/{code}")]
pub(super) async fn change_api(
    request: HttpRequest,
    caller: Caller<perm::PolicyEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<DefectDraft>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&change(&house, &caller, once, code.into_inner(), body.value).await?)
}

async fn change(house: &House, caller: &Caller<perm::PolicyEdit>, once: Once, code: String, draft: DefectDraft) -> Result<Defect> {
    let stamp = caller.stamp();
    house.store.write(move |db| once.run(db, &stamp, |db| defects::change(db, &stamp, &code, &draft))).await
}

/// The catalogue, for whoever logs by it.
#[get("/defects")]
pub(super) async fn page(request: HttpRequest, caller: Caller<perm::FindingsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    let defects = house.store.read(defects::defects).await?;
    let shell = Shell::titled(&request, "defects-title");
    Ok(html(&DefectsPage { shell, defects, may_edit: caller.may(perm::Permission::PolicyEdit) }))
}

/// The catalogue as a file.
#[get("/defects.csv")]
pub(super) async fn csv_file(request: HttpRequest, _caller: Caller<perm::FindingsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    let defects = house.store.read(defects::defects).await?;
    let locale = Locale::of(&request);
    let (lang, t) = (locale.0, locale.words());
    let keys = ["code", "name-zh", "name-en", "component", "severity", "suspect", "repairable", "retired"];
    let titles = keys.iter().map(|key| t.say(format!("defects-{key}")).into_owned());
    let yes = |is: bool| t.say(if is { "yes" } else { "no" }).into_owned();
    let rows = defects.iter().map(|defect| {
        vec![
            defect.code.clone(),
            defect.name.zh.clone(),
            defect.name.en.clone(),
            defect.component.word(lang).to_owned(),
            defect.severity.word(lang).to_owned(),
            defect.suspect.word(lang).to_owned(),
            yes(defect.repairable),
            yes(defect.retired),
        ]
    });
    csv("defects", titles, rows)
}

/// The form of a kind of defect; `new` is the form of none yet.
#[get("/defects/{code}")]
pub(super) async fn edit(
    request: HttpRequest,
    _caller: Caller<perm::PolicyEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    let code = code.into_inner();
    if code == "new" {
        return Ok(html(&DefectPage { shell: titled(&request, None), form: Filled::default(), code: None }));
    }
    let known = code.clone();
    let defect = house.store.read(move |db| defects::defect(db, &known)).await?.ok_or(Code::NotFound)?;
    let form = Filled::of(defect_values(&defect));
    Ok(html(&DefectPage { shell: titled(&request, Some(&code)), form, code: Some(code) }))
}

fn titled(request: &HttpRequest, code: Option<&str>) -> Shell {
    let title = code.map_or_else(|| Locale::of(request).words().say("defects-new").into_owned(), str::to_owned);
    Shell::of(request, title)
}

/// Saves that form.
#[post("/defects/{code}")]
pub(super) async fn save(
    request: HttpRequest,
    caller: Caller<perm::PolicyEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let known = Some(code.into_inner()).filter(|code| code != "new");
    let (wanted, draft) = defect_draft_of(known.as_deref(), &form.value);
    match change(&house, &caller, once, wanted, draft).await {
        Ok(_) => Ok(see_other("/defects")),
        Err(error) => {
            let shell = titled(&request, known.as_deref());
            let form = Filled::refused(form.value, error, shell.t)?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &DefectPage { shell, form, code: known }))
        }
    }
}
