//! A job as the API and the pages show it.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Totals, Verdict};
use super::{Chunk, ChunkState, JobState, LabelJobRow, fill};
use crate::kernel::{Code, Id, Result};
use crate::platform::db::Db;
use crate::platform::http::House;
use crate::production::batches::{self, units_text};

/// A job as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// Code of the batch.
    pub batch: String,
    /// Name of the template.
    pub template: String,
    /// What is written.
    pub format: String,
    /// Code of the printer; absent for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
    /// Where the file is, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether the labels carry claim codes.
    pub claim_codes: bool,
    /// Where it stands.
    pub state: JobState,
    /// Names of reasons, separated by commas, or a text.
    pub message: String,
    /// Labels in all.
    pub labels: i64,
    /// Labels made or confirmed.
    pub made: i64,
    /// Labels nobody knows about: perhaps printed.
    pub unaccounted: i64,
    /// Who asked.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Last news, UTC.
    pub updated_at: NaiveDateTime,
    /// Its chunks.
    pub chunks: Vec<ChunkView>,
}

/// A chunk as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChunkView {
    /// Its place in the job, from 1.
    pub seq: i64,
    /// Its units, counted from 1: `501-550`.
    pub units: String,
    /// Labels.
    pub labels: i64,
    /// Where it stands.
    pub state: ChunkState,
    /// When it was sent, UTC.
    pub sent_at: Option<NaiveDateTime>,
    /// Reasons, as in a job's message.
    pub note: String,
    /// Whether a person must say what became of it.
    pub open: bool,
}

/// Whether nobody knows what became of a chunk: unknown, or sent by a job that does not run.
pub fn is_open(job: &LabelJobRow, chunk: &Chunk) -> bool {
    match chunk.state {
        ChunkState::Unknown => true,
        ChunkState::Sent => job.state != JobState::Running,
        _ => false,
    }
}

/// A job with its chunks.
///
/// # Errors
/// [`Code::NotFound`].
pub fn job_view(db: &mut Db, id: Id) -> Result<JobView> {
    let job = store::job(db, id)?.ok_or(Code::NotFound)?;
    let chunks = store::chunks(db, id)?;
    let batch = batches::batch(db, job.batch)?.ok_or(Code::NotFound)?;
    let printer = store::printer_of(db, id)?.map(|printer| printer.code);
    let open = |chunk: &&Chunk| is_open(&job, chunk);
    let unaccounted = chunks.iter().filter(open).map(|chunk| chunk.units.end - chunk.units.start).sum();
    let views = chunks.iter().map(|chunk| ChunkView {
        seq: chunk.seq,
        units: units_text(&chunk.units),
        labels: chunk.units.end - chunk.units.start,
        state: chunk.state,
        sent_at: chunk.sent_at,
        note: chunk.note.clone(),
        open: is_open(&job, chunk),
    });
    Ok(JobView {
        id,
        batch: batch.code,
        template: job.template.clone(),
        format: job.format.name().to_owned(),
        printer,
        file: job.file.as_ref().map(|_| format!("/api/v1/label-jobs/{id}/file")),
        claim_codes: job.claim_codes,
        state: job.state,
        message: job.message.clone(),
        labels: Totals::of(&chunks).all,
        made: job.made,
        unaccounted,
        created_by: job.created_by.clone(),
        created_at: job.created_at,
        updated_at: job.updated_at,
        chunks: views.collect(),
    })
}

/// A label nobody knows about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Unaccounted {
    /// The chunk.
    pub chunk: i64,
    /// Number of the garment in its batch, from 1.
    pub unit: i64,
    /// Its serial.
    pub serial: String,
}

/// The labels of a job nobody knows about.
///
/// # Errors
/// [`Code::NotFound`].
pub fn unaccounted(house: &House, id: Id) -> Result<Vec<Unaccounted>> {
    let (job, chunks, batch) = house.store.read_blocking(move |db| {
        let job = store::job(db, id)?.ok_or(Code::NotFound)?;
        let batch = batches::batch(db, job.batch)?.ok_or(Code::NotFound)?;
        Ok((job, store::chunks(db, id)?, batch))
    })?;
    let mut found = Vec::new();
    for chunk in chunks.iter().filter(|chunk| is_open(&job, chunk)) {
        let units = fill::units(&house.keys.serials, &batch, std::slice::from_ref(&chunk.units), false)?;
        found.extend(units.map(|unit| Unaccounted { chunk: chunk.seq, unit: unit.unit, serial: unit.serial }));
    }
    Ok(found)
}

/// What a person says of open chunks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Chunk by chunk.
    pub chunks: Vec<ChunkVerdict>,
}

/// What a person says of one chunk.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChunkVerdict {
    /// The chunk.
    pub seq: i64,
    /// `printed`, `void` or `reprint`.
    pub verdict: Verdict,
}

/// Labels that came out spoiled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spoiled {
    /// Units, counted from 1: `17, 45-60`.
    pub units: String,
    /// Whether as many new labels are made.
    #[serde(default)]
    pub reprint: bool,
}
