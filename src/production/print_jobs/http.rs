//! The API and the pages of labels and print jobs. The list of jobs is every list's.

use std::collections::HashMap;
use std::io::{self, Read};

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{ChosenBatch, JobPage, LabelsPage, Shown, request_of};
use super::view::{self, ChunkVerdict, JobView, Settlement, Spoiled, job_view};
use super::{FIELDS, LabelRequest, PrintJob, PrintJobState, default_template, make, preview, rules, store};
use crate::kernel::text::Both;
use crate::kernel::{Code, Error, Fault, Id, Result, parsed};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::{LabelsEdit, LabelsRead, Perm};
use crate::platform::http::{Form, FormState, Json, Problem, Routes, created, csv, html, html_response, json, query_escape, see_other};
use crate::platform::rooms::{
    BrandOnly, Call, From, ListQuery, ListWindow, Listing, Names, Sees, Thing, list_description, list_routes, timeline,
};
use crate::platform::state::AppState;
use crate::production::batches::BatchSheet;
use crate::production::labels::{Format, Template};
use crate::production::printers;

type Reads = Call<BrandOnly<LabelsRead>>;
type Edits = Call<BrandOnly<LabelsEdit>>;
/// What a form says.
type Fields = HashMap<String, String>;

/// Jobs the page of labels lists.
const RECENT: i64 = 50;
/// Batches a page offers.
const OFFERED: i64 = 12;

/// Mounts the room.
pub fn routes(on: &mut Routes<'_>) {
    on.described(list_description::<PrintJob>);
    list_routes::<PrintJob>(on);
    on.api(__path_create_api, create_api)
        .api(__path_one_api, one_api)
        .api(__path_file_api, file_api)
        .api(__path_unaccounted_api, unaccounted_api)
        .api(__path_settle_api, settle_api)
        .api(__path_spoil_api, spoil_api)
        .api(__path_step_api, step_api)
        .api(__path_templates_api, templates_api)
        .get("/labels", labels_page)
        .post("/labels", create_form)
        .get("/labels/preview.png", preview_png)
        .post("/labels/spoiled", spoil_serials_form)
        .get("/labels/jobs/{id}", job_page)
        .get("/labels/jobs/{id}/unaccounted.csv", unaccounted_csv)
        .post("/labels/jobs/{id}/settle", settle_form)
        .post("/labels/jobs/{id}/spoiled", spoil_form)
        .post("/labels/jobs/{id}/{step}", step_form);
}

/// Runs what blocks on a thread where it may.
async fn blocking<T: Send + 'static>(app: &AppState, body: impl FnOnce(&AppState) -> Result<T> + Send + 'static) -> Result<T> {
    let app = app.clone();
    tokio::task::spawn_blocking(move || body(&app)).await.map_err(Error::broken)?
}

/// Changes a job, and shows it as it is afterwards.
async fn changed<F>(call: &Edits, hash: &str, once: Option<&str>, change: F) -> Result<JobView>
where
    F: Fn(&mut Db, &Stamp) -> Result<Id> + Send + 'static,
{
    call.change(hash, once, move |db, stamp| {
        let id = change(db, stamp)?;
        job_view(db, id)
    })
    .await
}

/// Checks everything, mints what is lacking and queues the job.
async fn create(call: &Edits, hash: &str, once: Option<&str>, request: LabelRequest) -> Result<JobView> {
    let order = blocking(call.app(), move |app| make::order(app, &request)).await?;
    changed(call, hash, once, move |db, stamp| store::queue(db, stamp, &order)).await
}

async fn settle(call: &Edits, hash: &str, once: Option<&str>, id: Id, said: Settlement) -> Result<JobView> {
    let epoch = call.app().keys.serials.newest();
    let verdicts: Vec<_> = said.chunks.iter().map(|one| (one.seq, one.verdict)).collect();
    changed(call, hash, once, move |db, stamp| store::settle(db, stamp, id, &verdicts, epoch)).await
}

async fn spoil(call: &Edits, hash: &str, once: Option<&str>, id: Id, said: Spoiled) -> Result<JobView> {
    let (epoch, units) = (call.app().keys.serials.newest(), rules::read_list("units", &said.units)?);
    changed(call, hash, once, move |db, stamp| store::spoil(db, stamp, id, &units, said.reprint, epoch).map(|_| id)).await
}

async fn step(call: &Edits, once: Option<&str>, id: Id, word: String) -> Result<JobView> {
    changed(call, "", once, move |db, stamp| store::turn(db, stamp, id, &word)).await
}

/// Labels of a batch: a file is made, or they are sent to a printer.
#[utoipa::path(
    post, path = "/api/v1/label-jobs", tag = "labels", request_body = LabelRequest,
    responses((status = 201, body = JobView), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn create_api(call: Edits, body: Json<LabelRequest>) -> Result<HttpResponse> {
    let job = create(&call, &body.hash, None, body.value).await?;
    created(&format!("/api/v1/label-jobs/{}", job.id), &job)
}

/// A job and its chunks.
#[utoipa::path(
    get, path = "/api/v1/label-jobs/{id}", tag = "labels", params(("id" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem))
)]
async fn one_api(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    json(&call.read(move |db| job_view(db, id)).await?)
}

/// A job's file, once it is made.
#[utoipa::path(
    get, path = "/api/v1/label-jobs/{id}/file", tag = "labels", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>), (status = 404, body = Problem))
)]
async fn file_api(call: Edits, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let job = call.read(move |db| store::job(db, id)).await?;
    let name = job.file.as_ref().filter(|_| job.state == PrintJobState::Done).ok_or(Code::NotFound)?;
    let place = make::folder(call.app()).join(name);
    let Ok(file) = std::fs::File::open(&place) else { return Err(Code::NotFound.into()) };
    let ending = place.extension().and_then(|ending| ending.to_str()).unwrap_or("bin");
    let safe: String = job.batch.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let disposition = format!("attachment; filename=\"labels-{safe}-{id}.{ending}\"");
    let media = if job.format.is_file_per_label() { "application/zip" } else { job.format.media_type() };
    // A read that fails breaks the download off: half a file must not look like a whole one.
    let stream = futures_util::stream::try_unfold(file, |mut file| async {
        let read = web::block(move || {
            let mut buffer = vec![0; 1 << 16];
            let count = file.read(&mut buffer)?;
            buffer.truncate(count);
            Ok::<_, io::Error>((web::Bytes::from(buffer), file))
        });
        let (bytes, file) = read.await.map_err(io::Error::other)??;
        Ok::<_, io::Error>((!bytes.is_empty()).then_some((bytes, file)))
    });
    Ok(HttpResponse::Ok().content_type(media).insert_header(("content-disposition", disposition)).streaming(stream))
}

/// The labels of a job nobody knows about.
#[utoipa::path(
    get, path = "/api/v1/label-jobs/{id}/unaccounted", tag = "labels", params(("id" = String, Path)),
    responses((status = 200, body = Vec<view::Unaccounted>), (status = 404, body = Problem))
)]
async fn unaccounted_api(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    json(&blocking(call.app(), move |app| view::unaccounted(app, id)).await?)
}

/// Says what became of chunks nobody knows about.
#[utoipa::path(
    post, path = "/api/v1/label-jobs/{id}/settle", tag = "labels", params(("id" = String, Path)), request_body = Settlement,
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn settle_api(call: Edits, id: web::Path<String>, body: Json<Settlement>) -> Result<HttpResponse> {
    json(&settle(&call, &body.hash, None, id.parse()?, body.value).await?)
}

/// Voids labels that came out spoiled, and makes new ones if wanted.
#[utoipa::path(
    post, path = "/api/v1/label-jobs/{id}/spoiled", tag = "labels", params(("id" = String, Path)), request_body = Spoiled,
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn spoil_api(call: Edits, id: web::Path<String>, body: Json<Spoiled>) -> Result<HttpResponse> {
    json(&spoil(&call, &body.hash, None, id.parse()?, body.value).await?)
}

/// `pause`, `resume` or `cancel` a job. A chunk that is on its way is finished first.
#[utoipa::path(
    post, path = "/api/v1/label-jobs/{id}/{step}", tag = "labels", params(("id" = String, Path), ("step" = String, Path)),
    responses((status = 200, body = JobView), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn step_api(call: Edits, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (id, word) = path.into_inner();
    json(&step(&call, None, id.parse()?, word).await?)
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

fn templates(app: &AppState) -> Result<Vec<TemplateView>> {
    let folder = app.config.labels_dir.as_deref();
    let one = |name: String| {
        let spec = Template::load(&name, folder)?.spec;
        Ok(TemplateView { name, title: spec.name, width: spec.width, height: spec.height, dpi: spec.dpi })
    };
    Template::names(folder).into_iter().map(one).collect()
}

/// The templates there are.
#[utoipa::path(get, path = "/api/v1/label-templates", tag = "labels", responses((status = 200, body = Vec<TemplateView>)))]
async fn templates_api(call: Reads) -> Result<HttpResponse> {
    json(&templates(call.app())?)
}

/// A batch as the page shows it.
fn chosen(db: &mut Db, view: BatchSheet) -> Result<ChosenBatch> {
    let standing = store::standing(db, &view)?;
    Ok(ChosenBatch { no: view.no, labelled: standing.labelled(), fresh: standing.fresh(), view })
}

/// Batches whose code, sku, style or line has this text, the newest codes first.
fn named_like(db: &mut Db, query: &ListQuery) -> Result<Vec<ChosenBatch>> {
    let window = ListWindow { from: From::Start, limit: OFFERED, last_first: true };
    let found = BatchSheet::list(db, query, Sees::ALL, &window)?;
    found.into_iter().map(|view| chosen(db, view)).collect()
}

async fn labels<P: Perm>(call: &Call<P>, form: FormState, spoiled: FormState) -> Result<LabelsPage> {
    let (app, code) = (call.app(), form.value("batch").trim().to_owned());
    let asked = app.clone();
    let read = call.read(move |db| {
        let batch = if code.is_empty() { None } else { BatchSheet::find(db, &code, Sees::ALL)? };
        let batch = batch.map(|batch| chosen(db, batch)).transpose()?;
        let offered = match &batch {
            Some(_) => Vec::new(),
            None => named_like(db, &ListQuery::searching(&asked, code))?,
        };
        Ok((store::newest(db, batch.as_ref().map(|batch| batch.no), RECENT)?, printers::all(db)?, batch, offered))
    });
    let (jobs, printers, batch, offered) = read.await?;
    let templates = templates(app)?;
    // What is wrong with the label is said where its picture would be.
    let (mut shown, mut trouble) = (None, Vec::new());
    if batch.is_some() {
        let asked = LabelRequest { format: None, printer: None, claim_codes: true, ..request_of(form.values()) };
        let name = asked.template.clone().unwrap_or_default();
        let (words, href) =
            (call.words(), format!("/labels/preview.png?batch={}&template={}", query_escape(&asked.batch), query_escape(&name)));
        match blocking(app, move |app| preview(app, &asked)).await {
            Ok((_, left_out)) => {
                let size = templates.iter().find(|one| one.name == name).map(|one| (one.width, one.height));
                shown = Some(Shown { href, size });
                if !left_out.is_empty() {
                    trouble.push(words.say1("labels-left-out", "fields", left_out.join(", ")).into_owned());
                }
            }
            Err(Error::Refused(refusal)) if refusal.faults.is_empty() => trouble.push(words.refusal(&refusal)),
            Err(Error::Refused(refusal)) => trouble.extend(refusal.faults.iter().map(|fault| words.fault(fault))),
            Err(other) => return Err(other),
        }
    }
    let templates = templates.into_iter().map(|one| (one.name, one.title)).collect();
    let (layout, zone) = (call.layout(call.words().say("labels-title")), app.config.time_zone);
    Ok(LabelsPage { layout, form, spoiled, templates, printers, jobs, batch, offered, shown, trouble, zone })
}

/// The template that is taken when nobody names one.
fn usual_template(app: &AppState) -> (String, String) {
    ("template".to_owned(), default_template(app.config.default_lang).to_owned())
}

async fn labels_page(call: Reads, asked: web::Query<Fields>) -> Result<HttpResponse> {
    let mut values = asked.into_inner();
    // Without a claim code nobody can claim the garment: to leave it out is a choice.
    let usual = [("format", Format::Pdf.as_str()), ("claim_codes", "on"), ("reprint", "on")];
    let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (name, value) in usual.into_iter().chain([usual_template(call.app())]) {
        values.entry(name).or_insert(value);
    }
    if let Some(count) = values.get("spoiled").cloned() {
        values.extend([("count".to_owned(), count), ("only_new".to_owned(), "on".to_owned())]);
    }
    let spoiled = FormState::of(values.clone());
    Ok(html(&labels(&call, FormState::of(values), spoiled).await?))
}

async fn create_form(call: Edits, form: Form<Fields>) -> Result<HttpResponse> {
    let count = form.value.get("count").map(|count| count.trim().to_owned()).unwrap_or_default();
    let asked = request_of(&form.value);
    let outcome = if !count.is_empty() && asked.count.is_none() {
        Err(Fault::new("count", Code::NotANumber).with("value", count).into())
    } else {
        create(&call, &form.hash, form.once.as_deref(), asked).await
    };
    match outcome {
        Ok(job) => Ok(see_other(format!("/labels/jobs/{}", job.id))),
        Err(error) => {
            let form = FormState::refused(form.value, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &labels(&call, form, FormState::default()).await?))
        }
    }
}

/// Voids spoiled labels, whichever batch and job they are of, by what is printed on them.
async fn spoil_serials_form(call: Edits, form: Form<Fields>) -> Result<HttpResponse> {
    let keys = call.app().keys.clone();
    let (texts, reprint) = (form.value.get("serials").cloned().unwrap_or_default(), form.value.contains_key("reprint"));
    let done =
        call.change(&form.hash, form.once.as_deref(), move |db, stamp| store::spoil_serials(db, stamp, &keys.serials, &texts, reprint));
    match done.await {
        Ok(store::Voided { job: Some(id), .. }) => Ok(see_other(format!("/labels/jobs/{id}"))),
        Ok(done) => Ok(see_other(format!("/labels?batch={}&spoiled={}", query_escape(&done.batch), done.voided))),
        Err(error) => {
            let spoiled = FormState::refused(form.value, error, call.words())?;
            let page = labels(&call, FormState::of([usual_template(call.app())].into()), spoiled).await?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

#[derive(Deserialize)]
struct PreviewAsk {
    batch: String,
    template: Option<String>,
}

async fn preview_png(call: Reads, ask: web::Query<PreviewAsk>) -> Result<HttpResponse> {
    let PreviewAsk { batch, template } = ask.into_inner();
    let asked = LabelRequest { batch, template, claim_codes: true, ..LabelRequest::default() };
    let (png, _) = blocking(call.app(), move |app| preview(app, &asked)).await?;
    Ok(HttpResponse::Ok().content_type("image/png").insert_header(("cache-control", "private, no-cache")).body(png))
}

async fn job_page(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    Ok(html(&job_page_of(&call, id.parse()?, FormState::default()).await?))
}

async fn job_page_of<P: Perm>(call: &Call<P>, id: Id, form: FormState) -> Result<JobPage> {
    let (job, history) = call.read(move |db| Ok((job_view(db, id)?, store::history(db, id)?))).await?;
    let open = blocking(call.app(), move |app| view::unaccounted(app, id)).await?;
    let (layout, zone) = (call.layout(call.words().say("labels-job-title")), call.app().config.time_zone);
    let history = timeline::lines(&history, &FIELDS, (layout.lang, zone, &Names::default()))?;
    Ok(JobPage { layout, job, open, form, history, zone })
}

async fn unaccounted_csv(call: Reads, id: web::Path<String>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let rows = blocking(call.app(), move |app| view::unaccounted(app, id)).await?;
    let rows = rows.iter().map(|row| [row.chunk.to_string(), row.unit.to_string(), row.serial.clone()]);
    csv(&format!("unaccounted-{id}"), ["labels-chunk", "labels-unit", "labels-serial"].map(|key| call.words().say(key)), rows)
}

/// Back to the job's page, or the page again with what was wrong.
async fn back(call: &Edits, id: Id, values: Fields, done: Result<JobView>) -> Result<HttpResponse> {
    match done {
        Ok(_) => Ok(see_other(format!("/labels/jobs/{id}"))),
        Err(error) => {
            let form = FormState::refused(values, error, call.words())?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &job_page_of(call, id, form).await?))
        }
    }
}

async fn settle_form(call: Edits, id: web::Path<String>, form: Form<Fields>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let verdict = |(name, word): (&String, &String)| {
        let said = (parsed(name.strip_prefix("chunk.")?), serde_json::from_value(word.as_str().into()));
        Some(match said {
            (Some(seq), Ok(verdict)) => Ok(ChunkVerdict { seq, verdict }),
            _ => Err(Fault::new(name.clone(), Code::NotOneOf).with("value", word).with("allowed", "printed, void, reprint")),
        })
    };
    let done = match form.value.iter().filter_map(verdict).collect::<Result<Vec<_>, Fault>>() {
        Ok(chunks) => settle(&call, &form.hash, form.once.as_deref(), id, Settlement { chunks }).await,
        Err(fault) => Err(fault.into()),
    };
    back(&call, id, form.value, done).await
}

async fn spoil_form(call: Edits, id: web::Path<String>, form: Form<Fields>) -> Result<HttpResponse> {
    let id: Id = id.parse()?;
    let said = Spoiled { units: form.value.get("units").cloned().unwrap_or_default(), reprint: form.value.contains_key("reprint") };
    let done = spoil(&call, &form.hash, form.once.as_deref(), id, said).await;
    back(&call, id, form.value, done).await
}

async fn step_form(call: Edits, path: web::Path<(String, String)>, form: Form<Fields>) -> Result<HttpResponse> {
    let (id, word) = path.into_inner();
    let id: Id = id.parse()?;
    let done = step(&call, form.once.as_deref(), id, word).await;
    back(&call, id, form.value, done).await
}
