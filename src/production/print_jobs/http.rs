//! The API and the pages of labels, print jobs and printers.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::page::{JobPage, LabelsPage, PrinterPage, PrintersPage, request_of};
use super::store;
use super::view::{self, JobView, Settlement, Spoiled, job_view};
use super::{JobState, LabelRequest, Printer, PrinterFields, Status, make, rules, run};
use crate::kernel::text::Both;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::events::Stamp;
use crate::platform::http::{
    Caller, Filled, Form, House, Json, Locale, Once, Problem, Shell, created, csv, html, html_response, json, perm, query_escape,
    see_other, segment,
};
use crate::production::labels::{Format, Template};

/// Mounts the room.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_api)
        .service(one_api)
        .service(file_api)
        .service(unaccounted_api)
        .service(settle_api)
        .service(spoil_api)
        .service(step_api)
        .service(templates_api)
        .service(printers_api)
        .service(create_printer_api)
        .service(change_printer_api)
        .map(|c| {
            c.service(labels_page)
                .service(create_form)
                .service(preview_png)
                .service(job_page)
                .service(unaccounted_csv)
                .service(settle_form)
                .service(spoil_form)
                .service(step_form)
                .service(printers_page)
                .service(create_printer_form)
                .service(printer_page)
                .service(change_printer_form)
                .service(printer_status)
        });
}

/// Jobs a page lists.
const RECENT: i64 = 50;

/// Runs what blocks on a thread where it may.
async fn blocking<T: Send + 'static>(house: &House, body: impl FnOnce(&House) -> Result<T> + Send + 'static) -> Result<T> {
    let house = house.clone();
    tokio::task::spawn_blocking(move || body(&house)).await.unwrap_or_else(|error| Err(Error::broken(error)))
}

async fn view_of(house: &House, id: Id) -> Result<JobView> {
    house.store.read(move |db| job_view(db, id)).await
}

/// Checks everything, mints what is lacking and queues the job.
async fn create(house: &House, stamp: Stamp, once: Once, request: LabelRequest) -> Result<JobView> {
    let work = move |house: &House| {
        if let Some(code) = request.printer.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
            let request = LabelRequest { printer: Some(code.to_owned()), ..request.clone() };
            let (new, wanted, gtin) = make::prepare_print(house, &request)?;
            let epoch = house.keys.serials.newest();
            return house.store.write_blocking(move |db| {
                once.run(db, &stamp, |db| {
                    let id = store::queue_print(db, &stamp, &new, &wanted, epoch, gtin.as_deref())?;
                    job_view(db, id)
                })
            });
        }
        let (_, queue) = make::queue_file(house, &stamp, &LabelRequest { printer: None, ..request })?;
        house.store.write_blocking(move |db| {
            once.run(db, &stamp, |db| {
                let id = queue(db)?;
                job_view(db, id)
            })
        })
    };
    blocking(house, work).await
}

/// Labels of a batch: a file is made, or they are sent to a printer.
#[utoipa::path(tag = "labels", request_body = LabelRequest, responses((status = 201, body = JobView), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/label-jobs")]
async fn create_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    body: Json<LabelRequest>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let job = create(&house, caller.stamp(), once, body.value).await?;
    created(&format!("/api/v1/label-jobs/{}", job.id), &job)
}

/// A job and its chunks.
#[utoipa::path(tag = "labels", responses((status = 200, body = JobView), (status = 404, body = Problem)))]
#[get("/api/v1/label-jobs/{id}")]
async fn one_api(_caller: Caller<perm::LabelsRead>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    json(&view_of(&house, id.parse()?).await?)
}

/// A job's file, once it is made.
#[utoipa::path(tag = "labels", responses((status = 200, body = Vec<u8>), (status = 404, body = Problem)))]
#[get("/api/v1/label-jobs/{id}/file")]
async fn file_api(_caller: Caller<perm::LabelsEdit>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let (job, batch) = house
        .store
        .read(move |db| {
            let job = store::job(db, id)?.ok_or(Code::NotFound)?;
            let batch = crate::production::batches::batch(db, job.batch)?.ok_or(Code::NotFound)?;
            Ok((job, batch))
        })
        .await?;
    let name = job.file.as_ref().filter(|_| job.state == JobState::Done).ok_or(Code::NotFound)?;
    let place = make::folder(&house).join(name);
    let Ok(file) = std::fs::File::open(&place) else { return Err(Code::NotFound.into()) };
    let ending = place.extension().and_then(|ending| ending.to_str()).unwrap_or("bin");
    let safe: String = batch.code.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let disposition = format!("attachment; filename=\"labels-{safe}-{id}.{ending}\"");
    let media = if job.format.is_file_per_label() { "application/zip" } else { job.format.media_type() };
    let stream = futures_util::stream::unfold(file, |mut file| async {
        let read = tokio::task::spawn_blocking(move || {
            use std::io::Read;
            let mut buffer = vec![0; 1 << 16];
            let read = file.read(&mut buffer);
            read.map(|count| {
                buffer.truncate(count);
                (buffer, file)
            })
        });
        match read.await {
            Ok(Ok((bytes, _))) if bytes.is_empty() => None,
            Ok(Ok((bytes, file))) => Some((Ok::<_, std::io::Error>(web::Bytes::from(bytes)), file)),
            Ok(Err(error)) => {
                tracing::error!(%error, "a label file was not read");
                None
            }
            Err(error) => {
                tracing::error!(%error, "a label file was not read");
                None
            }
        }
    });
    Ok(HttpResponse::Ok().content_type(media).insert_header(("content-disposition", disposition)).streaming(stream))
}

/// The labels of a job nobody knows about.
#[utoipa::path(tag = "labels", responses((status = 200, body = Vec<view::Unaccounted>), (status = 404, body = Problem)))]
#[get("/api/v1/label-jobs/{id}/unaccounted")]
async fn unaccounted_api(_caller: Caller<perm::LabelsRead>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    json(&blocking(&house, move |house| view::unaccounted(house, id)).await?)
}

async fn settle(house: &House, stamp: Stamp, once: Once, id: Id, said: Settlement) -> Result<JobView> {
    let epoch = house.keys.serials.newest();
    let verdicts: Vec<_> = said.chunks.iter().map(|one| (one.seq, one.verdict)).collect();
    house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                store::settle(db, &stamp, id, &verdicts, epoch)?;
                job_view(db, id)
            })
        })
        .await
}

/// Says what became of chunks nobody knows about.
#[utoipa::path(tag = "labels", request_body = Settlement, responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/api/v1/label-jobs/{id}/settle")]
async fn settle_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    body: Json<Settlement>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&settle(&house, caller.stamp(), once, id.parse()?, body.value).await?)
}

async fn spoil(house: &House, stamp: Stamp, once: Once, id: Id, said: Spoiled) -> Result<JobView> {
    let (epoch, units) = (house.keys.serials.newest(), rules::read_list("units", &said.units)?);
    house
        .store
        .write(move |db| {
            once.run(db, &stamp, |db| {
                store::spoil(db, &stamp, id, &units, said.reprint, epoch)?;
                job_view(db, id)
            })
        })
        .await
}

/// Voids labels that came out spoiled, and makes new ones if wanted.
#[utoipa::path(tag = "labels", request_body = Spoiled, responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/api/v1/label-jobs/{id}/spoiled")]
async fn spoil_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    id: web::Path<String>,
    body: Json<Spoiled>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&spoil(&house, caller.stamp(), once, id.parse()?, body.value).await?)
}

async fn step(house: &House, stamp: Stamp, id: Id, word: &str) -> Result<JobView> {
    let to = match word {
        "pause" => JobState::Paused,
        "resume" => JobState::Queued,
        "cancel" => JobState::Cancelled,
        _ => return Err(Code::NotFound.into()),
    };
    house
        .store
        .write(move |db| {
            let job = store::job(db, id)?.ok_or(Code::NotFound)?;
            // A file cannot be put aside, and a job that is over does not resume.
            let is_file = job.printer.is_none() && to != JobState::Cancelled;
            if is_file || (to == JobState::Queued && job.state != JobState::Paused) {
                return Err(Refusal::new(Code::WrongState).with("state", job.state.as_str()).into());
            }
            match to {
                JobState::Cancelled => store::give_up(db, &stamp, &job, to, "by-hand")?,
                JobState::Paused => store::step(db, &stamp, &job, to, "by-hand")?,
                _ => store::step(db, &stamp, &job, to, "")?,
            }
            job_view(db, id)
        })
        .await
}

/// `pause`, `resume` or `cancel` a job. A chunk that is on its way is finished first.
#[utoipa::path(tag = "labels", responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/api/v1/label-jobs/{id}/{step}")]
async fn step_api(caller: Caller<perm::LabelsEdit>, house: web::Data<House>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (id, word) = path.into_inner();
    json(&step(&house, caller.stamp(), id.parse()?, &word).await?)
}

/// A template as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Both,
    /// Width of a label, mm.
    pub width: f64,
    /// Height of a label, mm.
    pub height: f64,
    /// Resolutions it is made for; the first is its own.
    pub dpi: Vec<u16>,
}

fn templates(house: &House) -> Result<Vec<TemplateView>> {
    let folder = house.config.labels_dir.as_deref();
    let one = |name: String| {
        let spec = Template::load(&name, folder)?.spec;
        Ok(TemplateView { name, title: spec.name, width: spec.width, height: spec.height, dpi: spec.dpi })
    };
    Template::names(folder).into_iter().map(one).collect()
}

/// The templates there are.
#[utoipa::path(tag = "labels", responses((status = 200, body = Vec<TemplateView>)))]
#[get("/api/v1/label-templates")]
async fn templates_api(_caller: Caller<perm::LabelsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    json(&templates(&house)?)
}

/// The printers.
#[utoipa::path(tag = "labels", responses((status = 200, body = Vec<Printer>)))]
#[get("/api/v1/printers")]
async fn printers_api(_caller: Caller<perm::LabelsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    json(&house.store.read(store::printers).await?)
}

async fn save_printer(house: &House, stamp: Stamp, once: Once, code: Option<String>, fields: PrinterFields) -> Result<Printer> {
    house.store.write(move |db| once.run(db, &stamp, |db| store::save_printer(db, &stamp, code.as_deref(), &fields))).await
}

/// Adds a printer.
#[utoipa::path(tag = "labels", request_body = PrinterFields, responses((status = 201, body = Printer), (status = 422, body = Problem)))]
#[post("/api/v1/printers")]
async fn create_printer_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    body: Json<PrinterFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    let printer = save_printer(&house, caller.stamp(), once, None, body.value).await?;
    created(&format!("/api/v1/printers/{}", segment(&printer.code)), &printer)
}

/// Changes a printer. `version` is the one that was read.
#[utoipa::path(tag = "labels", request_body = PrinterFields, responses((status = 200, body = Printer), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/api/v1/printers/{code}")]
async fn change_printer_api(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    body: Json<PrinterFields>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &body.hash, None)?;
    json(&save_printer(&house, caller.stamp(), once, Some(code.into_inner()), body.value).await?)
}

fn titled(request: &HttpRequest, key: &str) -> Shell {
    Shell::of(request, Locale::of(request).words().say(key))
}

async fn labels(request: &HttpRequest, house: &House, form: Filled) -> Result<LabelsPage> {
    let (jobs, printers) = house
        .store
        .read(|db| {
            let ids: Vec<Id> = store::jobs(db, None, RECENT)?.iter().map(|job| job.id).collect();
            let jobs = ids.into_iter().map(|id| job_view(db, id)).collect::<Result<Vec<_>>>()?;
            Ok((jobs, store::printers(db)?))
        })
        .await?;
    let templates = templates(house)?.into_iter().map(|one| (one.name, one.title)).collect();
    // What is wrong with the label is said where its picture would be.
    let mut preview = None;
    let mut trouble = Vec::new();
    let wanted = LabelRequest { claim_codes: true, ..request_of(form.values()) };
    if !wanted.batch.is_empty() {
        let words = Locale::of(request).words();
        let asked = LabelRequest { format: None, printer: None, ..wanted.clone() };
        match blocking(house, move |house| super::preview(house, &asked)).await {
            Ok((_, left_out)) => {
                let template = query_escape(wanted.template.as_deref().unwrap_or_default());
                preview = Some(format!("/labels/preview.png?batch={}&template={template}", query_escape(&wanted.batch)));
                if !left_out.is_empty() {
                    trouble.push(words.say1("labels-left-out", "fields", left_out.join(", ")).into_owned());
                }
            }
            Err(Error::Refused(refusal)) if refusal.faults.is_empty() => trouble.push(words.refusal(&refusal)),
            Err(Error::Refused(refusal)) => {
                trouble.extend(refusal.faults.iter().map(|fault| format!("{}: {}", fault.field, words.fault(fault))));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(LabelsPage { shell: titled(request, "labels-title"), form, templates, printers, jobs, preview, trouble })
}

#[get("/labels")]
async fn labels_page(
    request: HttpRequest,
    _caller: Caller<perm::LabelsRead>,
    house: web::Data<House>,
    asked: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let mut values = asked.into_inner();
    values.entry("format".to_owned()).or_insert_with(|| Format::Pdf.name().to_owned());
    values
        .entry("template".to_owned())
        .or_insert_with(|| super::default_template(house.config.default_lang, crate::production::labels::Fonts::shared()).0.to_owned());
    Ok(html(&labels(&request, &house, Filled::of(values)).await?))
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
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &labels(&request, &house, form).await?))
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
    let (png, _) = blocking(&house, move |house| super::preview(house, &asked)).await?;
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
    Ok(JobPage { shell: titled(request, "labels-job-title"), job, open, form, zone: house.config.time_zone })
}

#[get("/labels/jobs/{id}/unaccounted.csv")]
async fn unaccounted_csv(_caller: Caller<perm::LabelsRead>, house: web::Data<House>, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let rows = blocking(&house, move |house| view::unaccounted(house, id)).await?;
    let rows = rows.iter().map(|row| [row.chunk.to_string(), row.unit.to_string(), row.serial.clone()]);
    csv(&format!("unaccounted-{id}"), ["chunk", "unit", "serial"], rows)
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
        Some(view::ChunkVerdict { seq, verdict })
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

async fn printers(request: &HttpRequest, house: &House, form: Filled) -> Result<PrintersPage> {
    let printers = house.store.read(store::printers).await?;
    Ok(PrintersPage { shell: titled(request, "labels-printers"), printers, form })
}

#[get("/printers")]
async fn printers_page(request: HttpRequest, _caller: Caller<perm::LabelsRead>, house: web::Data<House>) -> Result<HttpResponse> {
    let values = [("port", "9100"), ("language", "zpl"), ("dpi", "300"), ("confirms", "on")];
    let form = Filled::of(values.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    Ok(html(&printers(&request, &house, form).await?))
}

#[post("/printers")]
async fn create_printer_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    match save_printer(&house, caller.stamp(), once, None, super::page::printer_of(&form.value)).await {
        Ok(printer) => Ok(see_other(format!("/printers/{}", segment(&printer.code)))),
        Err(error) => {
            let form = Filled::refused(form.value, error, Locale::of(&request).words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &printers(&request, &house, form).await?))
        }
    }
}

async fn printer(house: &House, code: String) -> Result<Printer> {
    house.store.read(move |db| store::printer_by_code(db, &code)).await?.ok_or_else(|| Code::NotFound.into())
}

fn printer_shown(
    request: &HttpRequest,
    printer: Printer,
    form: Option<Filled>,
    asked: Option<Result<Option<Status>>>,
) -> Result<PrinterPage> {
    let words = Locale::of(request).words();
    let answer = match asked {
        None => None,
        Some(Ok(None)) => Some((false, words.say("labels-reason-silent").into_owned())),
        Some(Ok(Some(status))) if status.stops.is_empty() => {
            let key = if status.is_idle() { "labels-printer-idle" } else { "labels-printer-busy" };
            Some((true, words.say1(key, "count", status.waiting).into_owned()))
        }
        Some(Ok(Some(status))) => {
            let stops: Vec<_> = status.stops.iter().map(|stop| stop.as_str()).collect();
            Some((false, super::page::reasons(words, &stops.join(","))))
        }
        Some(Err(Error::Refused(refusal))) => Some((false, words.refusal(&refusal))),
        Some(Err(other)) => return Err(other),
    };
    let form = form.unwrap_or_else(|| Filled::of(super::page::printer_values(&printer)));
    Ok(PrinterPage { shell: Shell::of(request, printer.code.clone()), printer, form, answer })
}

#[get("/printers/{code}")]
async fn printer_page(
    request: HttpRequest,
    _caller: Caller<perm::LabelsRead>,
    house: web::Data<House>,
    code: web::Path<String>,
) -> Result<HttpResponse> {
    Ok(html(&printer_shown(&request, printer(&house, code.into_inner()).await?, None, None)?))
}

#[post("/printers/{code}")]
async fn change_printer_form(
    request: HttpRequest,
    caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let once = Once::of(&request, &form.hash, form.once.as_deref())?;
    let known = printer(&house, code.into_inner()).await?;
    match save_printer(&house, caller.stamp(), once, Some(known.code.clone()), super::page::printer_of(&form.value)).await {
        Ok(printer) => Ok(see_other(format!("/printers/{}", segment(&printer.code)))),
        Err(error) => {
            let form = Filled::refused(form.value, error, Locale::of(&request).words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &printer_shown(&request, known, Some(form), None)?))
        }
    }
}

#[post("/printers/{code}/status")]
async fn printer_status(
    request: HttpRequest,
    _caller: Caller<perm::LabelsEdit>,
    house: web::Data<House>,
    code: web::Path<String>,
    _form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let known = printer(&house, code.into_inner()).await?;
    let asked = known.clone();
    let answer = blocking(&house, move |house| run::ask(house, &asked)).await;
    Ok(html(&printer_shown(&request, known, None, Some(answer))?))
}
