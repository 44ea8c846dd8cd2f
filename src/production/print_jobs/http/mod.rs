//! The API of labels, print jobs and printers; their pages in [`pages`].

mod pages;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{self, JobView, Settlement, Spoiled, job_view};
use super::{JobState, LabelRequest, make, rules, store};
use crate::kernel::text::Both;
use crate::kernel::{Code, Error, Id, Refusal, Result};
use crate::platform::events::Stamp;
use crate::platform::http::{Caller, House, Json, Once, Problem, Routes, created, json, perm};
use crate::production::labels::Template;

/// Mounts the room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(create_api)
        .service(one_api)
        .service(file_api)
        .service(unaccounted_api)
        .service(settle_api)
        .service(spoil_api)
        .service(step_api)
        .service(templates_api)
        .map(pages::routes);
}

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
