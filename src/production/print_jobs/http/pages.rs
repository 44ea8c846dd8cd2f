//! The pages of labels, print jobs and printers.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;

use super::{blocking, create, settle, spoil, step, templates, view_of};
use crate::kernel::paging::PageAsk;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::{Caller, Filled, Form, House, Locale, Once, Shell, csv, html, html_response, perm, query_escape, see_other};
use crate::production::batches::{self, BatchFilter, BatchView};
use crate::production::labels::{Fonts, Format};
use crate::production::print_jobs::page::{ChosenBatch, JobPage, LabelsPage, Shown, request_of};
use crate::production::print_jobs::view::{self, ChunkVerdict, JobView, Settlement, Spoiled, job_view};
use crate::production::print_jobs::{LabelRequest, default_template, preview, store};
use crate::production::printers;

/// Jobs a page lists.
const RECENT: i64 = 50;
/// Batches a page offers.
const OFFERED: i64 = 12;

/// Mounts the pages.
pub(super) fn routes(config: &mut ServiceConfig) -> &mut ServiceConfig {
    config
        .service(labels_page)
        .service(create_form)
        .service(preview_png)
        .service(spoil_serials_form)
        .service(job_page)
        .service(unaccounted_csv)
        .service(settle_form)
        .service(spoil_form)
        .service(step_form)
}

/// A batch as the page shows it.
fn chosen(db: &mut Db, view: BatchView) -> Result<ChosenBatch> {
    let batch = batches::batch_by_code(db, &view.code)?.ok_or(Code::NotFound)?;
    let standing = store::standing(db, &batch)?;
    Ok(ChosenBatch { labelled: standing.labelled(), fresh: standing.fresh(), view })
}

/// Batches whose code, sku, style or line has this text, the newest codes first.
fn named_like(db: &mut Db, q: Option<String>) -> Result<Vec<ChosenBatch>> {
    let filter = BatchFilter { q, newest: true, ..BatchFilter::default() };
    let page = batches::list(db, &filter, &PageAsk { after: None, per_page: Some(OFFERED) })?;
    page.items.into_iter().map(|view| chosen(db, view)).collect()
}

async fn labels(request: &HttpRequest, house: &House, form: Filled, spoiled: Filled) -> Result<LabelsPage> {
    let code = form.value("batch").trim().to_owned();
    let (jobs, printers, batch, offered) = house
        .store
        .read(move |db| {
            let batch = if code.is_empty() { None } else { batches::sheet(db, &code, None)? };
            let batch = batch.map(|sheet| chosen(db, sheet.batch)).transpose()?;
            let offered = match &batch {
                Some(_) => Vec::new(),
                None => named_like(db, Some(code.clone()).filter(|code| !code.is_empty()))?,
            };
            let of_batch = match &batch {
                Some(chosen) => batches::batch_by_code(db, &chosen.view.code)?.map(|batch| batch.no),
                None => None,
            };
            let ids: Vec<Id> = store::jobs(db, None, of_batch, RECENT)?.iter().map(|job| job.id).collect();
            let jobs = ids.into_iter().map(|id| job_view(db, id)).collect::<Result<Vec<_>>>()?;
            Ok((jobs, printers::all(db)?, batch, offered))
        })
        .await?;
    let templates = templates(house)?;
    // What is wrong with the label is said where its picture would be.
    let mut shown = None;
    let mut trouble = Vec::new();
    let wanted = LabelRequest { claim_codes: true, ..request_of(form.values()) };
    if batch.is_some() {
        let words = Locale::of(request).words();
        let asked = LabelRequest { format: None, printer: None, ..wanted.clone() };
        match blocking(house, move |house| preview(house, &asked)).await {
            Ok((_, left_out)) => {
                let name = wanted.template.as_deref().unwrap_or_default();
                let size = templates.iter().find(|one| one.name == name).map(|one| (one.width, one.height));
                let href = format!("/labels/preview.png?batch={}&template={}", query_escape(&wanted.batch), query_escape(name));
                shown = Some(Shown { href, size });
                if !left_out.is_empty() {
                    trouble.push(words.say1("labels-left-out", "fields", left_out.join(", ")).into_owned());
                }
            }
            Err(Error::Refused(refusal)) if refusal.faults.is_empty() => trouble.push(words.refusal(&refusal)),
            Err(Error::Refused(refusal)) => {
                trouble.extend(refusal.faults.iter().map(|fault| words.fault(fault)));
            }
            Err(other) => return Err(other),
        }
    }
    let templates = templates.into_iter().map(|one| (one.name, one.title)).collect();
    let (shell, zone) = (Shell::titled(request, "labels-title"), house.config.time_zone);
    Ok(LabelsPage { shell, form, spoiled, templates, printers, jobs, batch, offered, shown, trouble, zone })
}

#[get("/labels")]
async fn labels_page(
    request: HttpRequest,
    _caller: Caller<perm::LabelsRead>,
    house: web::Data<House>,
    asked: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let mut values = asked.into_inner();
    // Without a claim code nobody can claim the garment: to leave it out is a choice.
    let usual = [("format", Format::Pdf.name()), ("template", default_template(house.config.default_lang, Fonts::shared()).0)];
    for (name, value) in usual.into_iter().chain([("claim_codes", "on"), ("reprint", "on")]) {
        values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    if let Some(count) = values.get("spoiled").cloned() {
        values.extend([("count".to_owned(), count), ("only_new".to_owned(), "on".to_owned())]);
    }
    let spoiled = Filled::of(values.clone());
    Ok(html(&labels(&request, &house, Filled::of(values), spoiled).await?))
}

#[post("/labels")]
async fn create_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let count = form.value.get("count").map(|count| count.trim().to_owned()).unwrap_or_default();
    let asked = request_of(&form.value);
    let outcome = if !count.is_empty() && asked.count.is_none() {
        Err(Fault::new("count", Code::NotANumber).with("value", count).into())
    } else {
        create(&house, caller.stamp(), once, asked).await
    };
    match outcome {
        Ok(job) => Ok(see_other(format!("/labels/jobs/{}", job.id))),
        Err(error) => {
            let form = Filled::refused(form.value, error, Locale::of(&request).words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &labels(&request, &house, form, Filled::default()).await?))
        }
    }
}

/// Voids spoiled labels, whichever batch and job they are of, by what is printed on them.
#[post("/labels/spoiled")]
async fn spoil_serials_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let (stamp, keys) = (caller.stamp(), house.keys.clone());
    let (texts, reprint) = (form.value.get("serials").cloned().unwrap_or_default(), form.value.contains_key("reprint"));
    let done =
        house.store.write(move |db| once.run(db, &stamp, |db| store::spoil_serials(db, &stamp, &keys.serials, &texts, reprint))).await;
    match done {
        Ok(done) => Ok(see_other(match done.job {
            Some(id) => format!("/labels/jobs/{id}"),
            None => format!("/labels?batch={}&spoiled={}", query_escape(&done.batch), done.voided),
        })),
        Err(error) => {
            let spoiled = Filled::refused(form.value, error, Locale::of(&request).words())?;
            let usual = [("template", default_template(house.config.default_lang, Fonts::shared()).0)];
            let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let page = labels(&request, &house, Filled::of(usual.into()), spoiled).await?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

#[derive(Deserialize)]
struct PreviewAsk {
    batch: String,
    template: Option<String>,
}

#[get("/labels/preview.png")]
async fn preview_png(_caller: Caller<perm::LabelsRead>, house: web::Data<House>, ask: web::Query<PreviewAsk>) -> Result<HttpResponse> {
    let PreviewAsk { batch, template } = ask.into_inner();
    let asked = LabelRequest { batch, template, claim_codes: true, ..LabelRequest::default() };
    let (png, _) = blocking(&house, move |house| preview(house, &asked)).await?;
    Ok(HttpResponse::Ok().content_type("image/png").insert_header(("cache-control", "private, no-cache")).body(png))
}

#[get("/labels/jobs/{id}")]
async fn job_page(
    request: HttpRequest,
    _caller: Caller<perm::LabelsRead>,
    house: web::Data<House>,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    Ok(html(&job_page_of(&request, &house, id.parse()?, Filled::default()).await?))
}

async fn job_page_of(request: &HttpRequest, house: &House, id: Id, form: Filled) -> Result<JobPage> {
    let job = view_of(house, id).await?;
    let open = blocking(house, move |house| view::unaccounted(house, id)).await?;
    Ok(JobPage { shell: Shell::titled(request, "labels-job-title"), job, open, form, zone: house.config.time_zone })
}

#[get("/labels/jobs/{id}/unaccounted.csv")]
async fn unaccounted_csv(
    request: HttpRequest,
    _caller: Caller<perm::LabelsRead>,
    house: web::Data<House>,
    id: web::Path<String>,
) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let rows = blocking(&house, move |house| view::unaccounted(house, id)).await?;
    let rows = rows.iter().map(|row| [row.chunk.to_string(), row.unit.to_string(), row.serial.clone()]);
    let words = Locale::of(&request).words();
    csv(&format!("unaccounted-{id}"), ["labels-chunk", "labels-unit", "labels-serial"].map(|key| words.say(key)), rows)
}

/// Back to the job's page, or the page again with what was wrong.
async fn back(
    request: &HttpRequest,
    house: &House,
    id: Id,
    values: HashMap<String, String>,
    done: Result<JobView>,
) -> Result<HttpResponse> {
    match done {
        Ok(_) => Ok(see_other(format!("/labels/jobs/{id}"))),
        Err(error) => {
            let form = Filled::refused(values, error, Locale::of(request).words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &job_page_of(request, house, id, form).await?))
        }
    }
}

#[post("/labels/jobs/{id}/settle")]
async fn settle_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let id: Id = id.parse()?;
    let chunks = form.value.iter().filter_map(|(name, value)| {
        let seq = name.strip_prefix("chunk.")?.parse().ok()?;
        let verdict = serde_json::from_value(serde_json::Value::String(value.clone())).ok()?;
        Some(ChunkVerdict { seq, verdict })
    });
    let said = Settlement { chunks: chunks.collect() };
    let done = settle(&house, caller.stamp(), once, id, said).await;
    back(&request, &house, id, form.value, done).await
}

#[post("/labels/jobs/{id}/spoiled")]
async fn spoil_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let id: Id = id.parse()?;
    let said = Spoiled { units: form.value.get("units").cloned().unwrap_or_default(), reprint: form.value.contains_key("reprint") };
    let done = spoil(&house, caller.stamp(), once, id, said).await;
    back(&request, &house, id, form.value, done).await
}

#[post("/labels/jobs/{id}/{step}")]
async fn step_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    path: web::Path<(String, String)>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (id, word) = path.into_inner();
    let id: Id = id.parse()?;
    let done = step(&house, caller.stamp(), id, &word).await;
    back(&request, &house, id, form.value, done).await
}
