//! The queries of label jobs, their chunks, and printers.

use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use roaring::RoaringBitmap;

use super::rules::{self, Pick, Standing, Wanted};
use super::{Chunk, ChunkState, JobState, LabelJobRow};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::serial::Epoch;
use crate::kernel::{BatchNo, Code, Error, Id, Result};
use crate::platform::db::schema::{label_chunk, label_job};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::production::batches::{self, Batch};
use crate::production::labels::Format;

/// The subject of a job's events.
const SUBJECT: &str = "label_job";
/// Keys looked up by one statement.
const KEYS: usize = chunk_rows(1) / 4;

#[derive(Queryable)]
struct JobRow {
    id: i64,
    batch_no: i64,
    template: String,
    format: String,
    printer_id: Option<i64>,
    file: Option<String>,
    claim_codes: bool,
    _unit_from: i64,
    _unit_to: i64,
    state: String,
    message: String,
    made: i64,
    created_by: String,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    _lease_until: Option<NaiveDateTime>,
    version: i64,
}

impl TryFrom<JobRow> for LabelJobRow {
    type Error = Error;

    fn try_from(row: JobRow) -> Result<Self> {
        Ok(Self {
            id: Id(row.id),
            batch: BatchNo(row.batch_no),
            template: row.template,
            format: row.format.parse().map_err(|_| Error::broken(format!("label job {}: format {}", row.id, row.format)))?,
            printer: row.printer_id.map(Id),
            file: row.file,
            claim_codes: row.claim_codes,
            state: JobState::of(&row.state).ok_or_else(|| Error::broken(format!("label job {}: state {}", row.id, row.state)))?,
            message: row.message,
            made: row.made,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// A job.
///
/// # Errors
/// When the store does.
pub(super) fn job(db: &mut Db, id: Id) -> Result<Option<LabelJobRow>> {
    let rows: Vec<JobRow> = each!(db, |c| label_job::table.filter(label_job::id.eq(id.0)).load(c))?;
    rows.into_iter().next().map(LabelJobRow::try_from).transpose()
}

type ChunkRow = (i64, i64, i64, String, Option<NaiveDateTime>, Option<NaiveDateTime>, String);

fn chunk((seq, from, to, state, sent_at, settled_at, note): ChunkRow) -> Result<Chunk> {
    let state = ChunkState::of(&state).ok_or_else(|| Error::broken(format!("chunk state {state}")))?;
    Ok(Chunk { seq, units: from..to, state, sent_at, settled_at, note })
}

/// The chunks of a job, in order.
///
/// # Errors
/// When the store does.
pub(super) fn chunks(db: &mut Db, job: Id) -> Result<Vec<Chunk>> {
    let rows: Vec<ChunkRow> = each!(db, |c| label_chunk::table
        .filter(label_chunk::job_id.eq(job.0))
        .order(label_chunk::seq)
        .select((
            label_chunk::seq,
            label_chunk::unit_from,
            label_chunk::unit_to,
            label_chunk::state,
            label_chunk::sent_at,
            label_chunk::settled_at,
            label_chunk::note
        ))
        .load(c))?;
    rows.into_iter().map(chunk).collect()
}

/// Units of a batch that some job has or had.
fn labelled(db: &mut Db, no: BatchNo) -> Result<RoaringBitmap> {
    let jobs: Vec<i64> = each!(db, |c| label_job::table.filter(label_job::batch_no.eq(no.0)).select(label_job::id).load(c))?;
    let mut units = RoaringBitmap::new();
    for some in jobs.chunks(KEYS) {
        let rows: Vec<(i64, i64)> = each!(db, |c| label_chunk::table
            .filter(label_chunk::job_id.eq_any(some))
            .select((label_chunk::unit_from, label_chunk::unit_to))
            .load(c))?;
        for (from, to) in rows {
            units.insert_range(u32::try_from(from).map_err(Error::broken)?..u32::try_from(to).map_err(Error::broken)?);
        }
    }
    Ok(units)
}

/// Picks the units that are wanted and mints what they lack.
///
/// # Errors
/// What [`rules::pick`] and [`batches::mint`] refuse.
pub(super) fn take_units(
    db: &mut Db,
    stamp: &Stamp,
    no: BatchNo,
    wanted: &Wanted,
    epoch: Epoch,
    gtin: Option<&str>,
) -> Result<(Batch, Vec<Range<i64>>)> {
    let batch = batches::batch(db, no)?.ok_or(Code::NotFound)?;
    let standing =
        Standing { planned: batch.planned, minted: batch.minted, void: batches::voids_of(db, no)?, labelled: labelled(db, no)? };
    let Pick { mint, runs } = rules::pick(&standing, wanted)?;
    if mint == 0 {
        return Ok((batch, runs));
    }
    batches::mint(db, stamp, no, mint, epoch, gtin)?;
    Ok((batches::batch(db, no)?.ok_or(Code::NotFound)?, runs))
}

/// A job to be written down.
#[derive(Clone, Debug)]
pub(super) struct NewJob {
    pub batch: BatchNo,
    pub template: String,
    pub format: Format,
    pub printer: Option<Id>,
    pub claim_codes: bool,
}

/// Writes a job down with its chunks, all in one state.
///
/// # Errors
/// When the store does.
pub(super) fn insert(db: &mut Db, stamp: &Stamp, new: &NewJob, units: &[Range<i64>], state: JobState) -> Result<Id> {
    let id = stamp.id();
    let (from, to) = (units.first().map_or(0, |run| run.start), units.iter().map(|run| run.end).max().unwrap_or(1));
    let made = if state == JobState::Done { rules::count(units) } else { 0 };
    each!(db, |c| diesel::insert_into(label_job::table)
        .values((
            label_job::id.eq(id.0),
            label_job::batch_no.eq(new.batch.0),
            label_job::template.eq(&new.template),
            label_job::format.eq(new.format.name()),
            label_job::printer_id.eq(new.printer.map(|id| id.0)),
            label_job::file.eq(None::<String>),
            label_job::claim_codes.eq(new.claim_codes),
            label_job::unit_from.eq(from),
            label_job::unit_to.eq(to),
            label_job::state.eq(state.as_str()),
            label_job::message.eq(""),
            label_job::made.eq(made),
            label_job::created_by.eq(&stamp.actor),
            label_job::created_at.eq(stamp.at),
            label_job::updated_at.eq(stamp.at),
            label_job::lease_until.eq(None::<NaiveDateTime>),
            label_job::version.eq(1),
        ))
        .execute(c))?;
    let chunk_state = if state == JobState::Done { ChunkState::Confirmed } else { ChunkState::Queued };
    insert_chunks(db, stamp, id, 1, units, chunk_state)?;
    if state == JobState::Done {
        tell(db, stamp, id, EventKind::LabelsMade, new.batch, made)?;
    }
    Ok(id)
}

fn insert_chunks(db: &mut Db, stamp: &Stamp, job: Id, first: i64, units: &[Range<i64>], state: ChunkState) -> Result<()> {
    let settled = (state == ChunkState::Confirmed).then_some(stamp.at);
    let rows: Vec<_> = (first..)
        .zip(units)
        .map(|(seq, run)| {
            (
                label_chunk::job_id.eq(job.0),
                label_chunk::seq.eq(seq),
                label_chunk::unit_from.eq(run.start),
                label_chunk::unit_to.eq(run.end),
                label_chunk::state.eq(state.as_str()),
                label_chunk::sent_at.eq(settled),
                label_chunk::settled_at.eq(settled),
                label_chunk::note.eq(""),
            )
        })
        .collect();
    for some in rows.chunks(chunk_rows(8)) {
        each!(db, |c| diesel::insert_into(label_chunk::table).values(some.to_vec()).execute(c))?;
    }
    Ok(())
}

fn tell(db: &mut Db, stamp: &Stamp, job: Id, kind: EventKind, batch: BatchNo, labels: i64) -> Result<()> {
    let body = serde_json::json!({ "batch": batch.0, "labels": labels });
    events::append(db, stamp, kind, Subject::Thing(SUBJECT, job.0), &body)
}

/// Moves a job on, if it stands where it was read; its lease ends unless it runs.
///
/// # Errors
/// [`Code::WrongState`] for a step that is not allowed; [`Code::Stale`] when it moved in between.
pub(super) fn step(db: &mut Db, stamp: &Stamp, job: &LabelJobRow, to: JobState, message: &str) -> Result<()> {
    if !rules::job_may(job.state, to) {
        return Err(crate::kernel::Refusal::new(Code::WrongState).with("state", job.state.as_str()).into());
    }
    let changed = each!(db, |c| diesel::update(
        label_job::table.filter(label_job::id.eq(job.id.0).and(label_job::state.eq(job.state.as_str())).and(label_job::version.eq(job.version)))
    )
    .set((
        label_job::state.eq(to.as_str()),
        label_job::message.eq(message),
        label_job::updated_at.eq(stamp.at),
        label_job::lease_until.eq(None::<NaiveDateTime>),
        label_job::version.eq(label_job::version + 1),
    ))
    .execute(c))?;
    if changed == 0 { Err(Code::Stale.into()) } else { Ok(()) }
}

/// A file's progress.
///
/// # Errors
/// When the store does.
pub(super) fn made(db: &mut Db, at: NaiveDateTime, id: Id, made: i64) -> Result<()> {
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id.0).and(label_job::state.eq(JobState::Running.as_str()))))
        .set((label_job::made.eq(made), label_job::updated_at.eq(at)))
        .execute(c))?;
    Ok(())
}

/// A file is there: its units have labels.
///
/// # Errors
/// [`Code::Stale`] when the job was called off meanwhile.
pub(super) fn file_done(db: &mut Db, stamp: &Stamp, id: Id, file: &str, labels: i64) -> Result<()> {
    let job = job(db, id)?.ok_or(Code::NotFound)?;
    step(db, stamp, &job, JobState::Done, "")?;
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id.0)))
        .set((label_job::file.eq(file), label_job::made.eq(labels)))
        .execute(c))?;
    each!(db, |c| diesel::update(
        label_chunk::table.filter(label_chunk::job_id.eq(id.0).and(label_chunk::state.eq(ChunkState::Queued.as_str())))
    )
    .set((
        label_chunk::state.eq(ChunkState::Confirmed.as_str()),
        label_chunk::sent_at.eq(stamp.at),
        label_chunk::settled_at.eq(stamp.at)
    ))
    .execute(c))?;
    tell(db, stamp, id, EventKind::LabelsMade, job.batch, labels)
}

/// A job ends without what is still queued: those units are free for another one.
///
/// # Errors
/// As [`step`].
pub(super) fn give_up(db: &mut Db, stamp: &Stamp, job: &LabelJobRow, to: JobState, message: &str) -> Result<()> {
    step(db, stamp, job, to, message)?;
    each!(db, |c| diesel::delete(
        label_chunk::table.filter(label_chunk::job_id.eq(job.id.0).and(label_chunk::state.eq(ChunkState::Queued.as_str())))
    )
    .execute(c))?;
    Ok(())
}
