//! A job as the API and the pages show it.

use std::ops::Deref;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, Verdict};
use super::{Chunk, ChunkState, PrintJob, PrintJobState, fill};
use crate::kernel::{Code, Id, Result};
use crate::platform::db::Db;
use crate::platform::state::AppState;
use crate::production::batches::{self, units_text};

/// A job and its chunks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// The job.
    #[serde(flatten)]
    pub job: PrintJob,
    /// Its chunks.
    pub chunks: Vec<ChunkView>,
}

impl Deref for JobView {
    type Target = PrintJob;

    fn deref(&self) -> &PrintJob {
        &self.job
    }
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
pub fn is_open(job: &PrintJob, chunk: &Chunk) -> bool {
    match chunk.state {
        ChunkState::Unknown => true,
        ChunkState::Sent => job.state != PrintJobState::Running,
        _ => false,
    }
}

/// A job with its chunks.
///
/// # Errors
/// [`Code::NotFound`].
pub fn job_view(db: &mut Db, id: Id) -> Result<JobView> {
    let job = store::job(db, id)?.addressed();
    let view = |chunk: Chunk| ChunkView {
        seq: chunk.seq,
        units: units_text(&chunk.units()),
        labels: chunk.labels(),
        state: chunk.state,
        sent_at: chunk.sent_at,
        open: is_open(&job, &chunk),
        note: chunk.note,
    };
    let chunks = store::chunks(db, id)?.into_iter().map(view).collect();
    Ok(JobView { job, chunks })
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
pub fn unaccounted(app: &AppState, id: Id) -> Result<Vec<Unaccounted>> {
    let (job, chunks, batch) = app.store.read_blocking(move |db| {
        let job = store::job(db, id)?;
        let batch = batches::batch(db, job.batch_no)?.ok_or(Code::NotFound)?;
        Ok((job, store::chunks(db, id)?, batch))
    })?;
    let mut found = Vec::new();
    for chunk in chunks.iter().filter(|chunk| is_open(&job, chunk)) {
        let units = [chunk.units()];
        let units = fill::units(&app.keys.serials, &batch, &units, false)?;
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
