//! The findings' pages: a list for the desk, a form for the line.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;

use super::upload::{self, PhotoForm};
use super::{Ask, id_of, page_of, resolve, unbound, view_of, visible};
use crate::kernel::serial::Keyring;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::exports::Format;
use crate::platform::http::{Caller, Filled, Form, House, Locale, Once, Shell, html, html_response, perm, see_other, table};
use crate::platform::policies::{self, Policy};
use crate::production::{batches, materials, products};
use crate::quality::findings::page::{self, FormPage, ListPage, OnePage, SubjectPage, draft_of};
use crate::quality::findings::store::findings::{Counts, counts};
use crate::quality::findings::store::{defects, findings, photos};
use crate::quality::findings::subject::{self, Found, Named};
use crate::quality::findings::view::{SubjectView, subjects};
use crate::quality::findings::{About, Defect, FindingView, Stage, SubjectKind};

/// Rows a download may have.
const ALL: usize = 100_000;
/// Rows a download reads at a time.
const CHUNK: i64 = 500;

/// The findings.
#[get("/findings")]
pub(super) async fn list(
    request: HttpRequest,
    caller: Caller<perm::FindingsRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let ask = ask.into_inner();
    let page = page_of(&house, caller.party, ask.clone()).await?;
    let (keys, bound, asked) = (house.keys.clone(), caller.party, ask.clone());
    let (counts, defects) = house
        .store
        .read(move |db| {
            let counts = match asked.filter(db, &keys.serials, bound)? {
                Some(filter) => counts(db, &filter)?,
                None => Counts::default(),
            };
            Ok((counts, defects::defects(db)?))
        })
        .await?;
    let query = ask.query();
    let next = page.next.map(|next| format!("/findings?{query}&after={next}"));
    let may_log = caller.may(perm::Permission::FindingsEdit) && caller.party.is_none();
    let shell = Shell::titled(&request, "findings-title");
    Ok(html(&ListPage { shell, findings: page.items, counts, defects, ask, query, next, may_log, is_bound: caller.party.is_some() }))
}

/// Every finding of a filter, for a download.
async fn all(house: &House, bound: Option<Id>, mut ask: Ask) -> Result<Vec<FindingView>> {
    let mut rows = Vec::new();
    (ask.per_page, ask.after) = (Some(CHUNK), None);
    loop {
        let page = page_of(house, bound, ask.clone()).await?;
        rows.extend(page.items);
        match page.next {
            Some(next) if rows.len() < ALL => ask.after = Some(next),
            _ => return Ok(rows),
        }
    }
}

/// The findings as a file: the columns of the import, and what else there is to know.
#[get("/findings.csv")]
pub(super) async fn csv_file(
    request: HttpRequest,
    caller: Caller<perm::FindingsRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let rows = all(&house, caller.party, ask.into_inner()).await?;
    let locale = Locale::of(&request);
    table(Format::Csv, "findings", page::titles(locale.words()), rows.iter().map(|row| page::cells(row, locale.0)))
}

/// The findings as a workbook.
#[get("/findings.xlsx")]
pub(super) async fn xlsx_file(
    request: HttpRequest,
    caller: Caller<perm::FindingsRead>,
    house: web::Data<House>,
    ask: web::Query<Ask>,
) -> Result<HttpResponse> {
    let rows = all(&house, caller.party, ask.into_inner()).await?;
    let locale = Locale::of(&request);
    table(Format::Xlsx, "findings", page::titles(locale.words()), rows.iter().map(|row| page::cells(row, locale.0)))
}

/// What a new finding is to be about, and what the form begins with.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Start {
    subject: Option<String>,
    kind: Option<String>,
    gtin: Option<String>,
    stage: Option<String>,
    /// A finding that was just logged.
    done: Option<String>,
}

/// What the form needs from the store.
struct Ready {
    subject: SubjectView,
    /// What it is, so that whoever scanned it sees that it is this.
    what: String,
    defects: Vec<Defect>,
    lately: Vec<String>,
    stage: Option<Stage>,
    photos: i64,
}

fn ready(db: &mut Db, house: &House, named: &Named, actor: &str, lang: Lang) -> Result<Option<Ready>> {
    let keys: &Keyring = &house.keys.serials;
    let Some(Found { about, .. }) = subject::find_subject(db, keys, named, None)? else { return Ok(None) };
    let Some(subject) = subjects(db, keys, &[about])?.remove(&about) else { return Ok(None) };
    let lately = findings::lately(db, actor)?;
    let photos = policies::value(db, Policy::PhotosPerFinding, house.clock.now())?;
    let of_batch = |db: &mut Db, no| batches::batch(db, no)?.map_or(Ok(String::new()), |batch| products::what(db, batch.sku_id, lang));
    let what = match about {
        About::Garment(garment) => of_batch(db, garment.batch())?,
        About::Batch(no) => of_batch(db, no)?,
        About::Lot(id) => materials::lot(db, id)?.map(|lot| lot.material().get(lang).to_owned()).unwrap_or_default(),
    };
    Ok(Some(Ready { subject, what, defects: defects::defects(db)?, lately: lately.defects, stage: lately.stage, photos }))
}

/// The form of a new finding: first one box for whatever is scanned, then the finding itself.
#[get("/findings/new")]
pub(super) async fn new(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    start: web::Query<Start>,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let start = start.into_inner();
    let shell = Shell::titled(&request, "findings-new");
    let text = start.subject.clone().unwrap_or_default();
    if text.trim().is_empty() {
        let done = match start.done.as_deref().and_then(|id| id.parse().ok()) {
            Some(id) => Some(visible(&house, None, id).await?),
            None => None,
        };
        return Ok(html(&SubjectPage { shell, subject: text, fault: None, choices: Vec::new(), done }));
    }
    let kind = start.kind.as_deref().filter(|kind| !kind.is_empty()).map(|kind| SubjectKind::read("kind", kind)).transpose()?;
    let named = Named {
        text: text.clone(),
        gtin: start.gtin.clone().filter(|gtin| !gtin.is_empty()),
        kind,
        stage: start.stage.as_deref().and_then(Stage::of),
    };
    let (inside, actor, lang) = (house.clone(), caller.actor.clone(), shell.lang);
    let found = house.store.read(move |db| ready(db, &inside, &named, &actor, lang)).await;
    let ready = match found {
        Ok(Some(ready)) => ready,
        Ok(None) => {
            let fault = Some(shell.t.fault(&subject::unknown(&text)));
            return Ok(html_response(StatusCode::NOT_FOUND, &SubjectPage { shell, subject: text, fault, choices: Vec::new(), done: None }));
        }
        Err(Error::Refused(refusal)) => {
            let fault = Some(refusal.faults.first().map_or_else(|| shell.t.refusal(&refusal), |fault| shell.t.fault(fault)));
            let choices = page::choices(&refusal, shell.lang);
            return Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &SubjectPage { shell, subject: text, fault, choices, done: None }));
        }
        Err(error) => return Err(error),
    };
    let usual = if ready.subject.kind == SubjectKind::Lot { Some(Stage::Incoming) } else { ready.stage };
    let stage = start.stage.as_deref().and_then(Stage::of).or(usual).unwrap_or(Stage::Final);
    let values: HashMap<String, String> = [
        ("subject", ready.subject.code().to_owned()),
        ("kind", ready.subject.kind.as_str().to_owned()),
        ("gtin", ready.subject.gtin.clone().unwrap_or_default()),
        ("stage", stage.as_str().to_owned()),
        ("quantity", "1".to_owned()),
        ("found_on", house.today().to_string()),
        ("severity", String::new()),
        ("zone", String::new()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    Ok(html(&form_page(shell, Filled::of(values), ready, house.today().to_string())))
}

fn form_page(shell: Shell, form: Filled, ready: Ready, today: String) -> FormPage {
    let groups = page::groups(&ready.defects, &ready.lately, shell.lang);
    FormPage { shell, form, subject: ready.subject, what: ready.what, groups, photos: ready.photos, today }
}

/// Logs what the form says, with its photos: all of it or none.
#[post("/findings/new")]
pub(super) async fn log(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    form: Multipart,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let most = photos_allowed(&house).await?;
    let PhotoForm { values, photos, hash } = upload::read_form(&request, form, most).await?;
    match save(&request, &caller, &house, &values, photos, &hash).await {
        Ok(finding) => Ok(see_other(format!("/findings/new?done={}", finding.id))),
        Err(error) => {
            let shell = Shell::titled(&request, "findings-new");
            let text = values.get("subject").cloned().unwrap_or_default();
            let kind = values.get("kind").and_then(|kind| SubjectKind::of(kind));
            let named = Named { text: text.clone(), gtin: values.get("gtin").filter(|gtin| !gtin.is_empty()).cloned(), kind, stage: None };
            let filled = Filled::refused(values, error, shell.t)?;
            let (inside, actor, lang) = (house.clone(), caller.actor.clone(), shell.lang);
            let ready = house.store.read(move |db| ready(db, &inside, &named, &actor, lang)).await.ok().flatten();
            Ok(match ready {
                Some(ready) => {
                    let page = form_page(shell, filled, ready, house.today().to_string());
                    html_response(StatusCode::UNPROCESSABLE_ENTITY, &page)
                }
                None => {
                    let fault = filled.fault("subject").or(filled.general.as_deref()).map(str::to_owned);
                    let page = SubjectPage { shell, subject: text, fault, choices: Vec::new(), done: None };
                    html_response(StatusCode::UNPROCESSABLE_ENTITY, &page)
                }
            })
        }
    }
}

async fn photos_allowed(house: &House) -> Result<i64> {
    let now = house.clock.now();
    house.store.glance(move |db| policies::value(db, Policy::PhotosPerFinding, now)).await
}

async fn save(
    request: &HttpRequest,
    caller: &Caller<perm::FindingsEdit>,
    house: &House,
    values: &HashMap<String, String>,
    uploads: Vec<Vec<u8>>,
    hash: &str,
) -> Result<FindingView> {
    let draft = draft_of(values)?;
    let pictures = upload::clean_all(uploads).await.map_err(upload::at_photos)?;
    let once = Once::of(request, hash, values.get("once").map(String::as_str))?;
    let (stamp, today, keys) = (caller.stamp(), house.today(), house.keys.clone());
    house
        .store
        .write(move |db| {
            let ids: Vec<Id> = once.run(db, &stamp, |db| {
                let news = resolve(db, &keys.serials, std::slice::from_ref(&draft), today)?;
                let ids = findings::log(db, &stamp, &news)?;
                if let Some(id) = ids.first().filter(|_| !pictures.is_empty()) {
                    photos::attach(db, &stamp, *id, &pictures)?;
                }
                Ok(ids)
            })?;
            let id = ids.first().copied().ok_or(Code::NotFound)?;
            view_of(db, &keys.serials, id, None)
        })
        .await
}

/// One finding.
#[get("/findings/{id}")]
pub(super) async fn one(
    request: HttpRequest,
    caller: Caller<perm::FindingsRead>,
    house: web::Data<House>,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let page = one_page(&request, &caller, &house, id_of(&id)?, Filled::default()).await?;
    Ok(html(&page))
}

async fn one_page<P: perm::Perm>(request: &HttpRequest, caller: &Caller<P>, house: &House, id: Id, form: Filled) -> Result<OnePage> {
    let finding = visible(house, caller.party, id).await?;
    // Facts name who did them, and that is not for a supplier.
    let facts = if caller.party.is_some() { Vec::new() } else { house.store.read(move |db| findings::history(db, id)).await? };
    let may_edit = caller.may(perm::Permission::FindingsEdit) && caller.party.is_none();
    let may_trace = caller.may(perm::Permission::TraceRead);
    let most = photos_allowed(house).await?;
    let shell = Shell::of(request, finding.defect.name.get(Locale::of(request).0));
    Ok(OnePage::new(shell, finding, &facts, house.config.time_zone, form, most, page::Rights { may_edit, may_trace }))
}

/// Withdraws the finding.
#[post("/findings/{id}/withdraw")]
pub(super) async fn withdraw(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let (id, once) = (id_of(&id)?, Once::of(&request, &form.hash, form.once.as_deref())?);
    let text = |name: &str| form.value.get(name).cloned().unwrap_or_default();
    let (reason, version) = (text("reason"), text("version").parse::<i64>());
    let stamp = caller.stamp();
    let outcome = match version {
        Ok(version) => {
            let write = move |db: &mut Db| once.run(db, &stamp, |db| findings::withdraw(db, &stamp, id, version, &reason).map(|_| id));
            house.store.write(write).await
        }
        Err(_) => Err(Fault::new("version", Code::Missing).into()),
    };
    match outcome {
        Ok(_) => Ok(see_other(format!("/findings/{id}"))),
        Err(error) => again(&request, &caller, &house, id, form.value, error).await,
    }
}

/// Adds photos to the finding.
#[post("/findings/{id}/photos")]
pub(super) async fn add_photos(
    request: HttpRequest,
    caller: Caller<perm::FindingsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    form: Multipart,
) -> Result<HttpResponse> {
    unbound(&caller)?;
    let id = id_of(&id)?;
    visible(&house, None, id).await?;
    let most = photos_allowed(&house).await?;
    let PhotoForm { values, photos: uploads, hash } = upload::read_form(&request, form, most).await?;
    let once = Once::of(&request, &hash, values.get("once").map(String::as_str))?;
    let outcome = match upload::clean_all(uploads).await.map_err(upload::at_photos) {
        Ok(pictures) if pictures.is_empty() => Err(Fault::new("photos", Code::Missing).into()),
        Ok(pictures) => {
            let stamp = caller.stamp();
            house.store.write(move |db| once.run(db, &stamp, |db| photos::attach(db, &stamp, id, &pictures))).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => Ok(see_other(format!("/findings/{id}"))),
        Err(error) => again(&request, &caller, &house, id, values, error).await,
    }
}

async fn again(
    request: &HttpRequest,
    caller: &Caller<perm::FindingsEdit>,
    house: &House,
    id: Id,
    values: HashMap<String, String>,
    error: Error,
) -> Result<HttpResponse> {
    let form = Filled::refused(values, error, Locale::of(request).words())?;
    Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &one_page(request, caller, house, id, form).await?))
}
