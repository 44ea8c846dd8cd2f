//! The queries of label jobs, their chunks, and printers.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{self, Pick, Standing, Wanted};
use super::{Chunk, ChunkState, JobState, LabelJobRow};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::serial::{Epoch, Keyring};
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::schema::{label_chunk, label_job};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::batches::{self, Batch};
use crate::production::labels::Format;
use crate::production::printers::{self, Printer};
use crate::production::serials::{self, Scanned};
use crate::{each, step};

/// The subject of a job's events.
const SUBJECT: &str = "label_job";
/// Why serials become void: names of reasons (`void-reason-…`), which a history says in words.
const SPOILED: &str = "spoiled";
const UNACCOUNTED: &str = "unaccounted";
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

/// How far a batch is.
///
/// # Errors
/// When the store does.
pub(super) fn standing(db: &mut Db, batch: &Batch) -> Result<Standing> {
    let (void, labelled) = (batches::voids_of(db, batch.no)?, labelled(db, batch.no)?);
    Ok(Standing { planned: batch.planned, minted: batch.minted, void, labelled })
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
    let Pick { mint, runs } = rules::pick(&standing(db, &batch)?, wanted)?;
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
    let more = (label_job::message.eq(message), label_job::updated_at.eq(stamp.at), label_job::lease_until.eq(None::<NaiveDateTime>));
    let row = label_job::table.filter(label_job::id.eq(job.id.0));
    step!(db, row, label_job::state, label_job::version, rules::JOB, job.state => to, job.version, more);
    Ok(())
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
    .set((label_chunk::state.eq(ChunkState::Confirmed.as_str()), label_chunk::sent_at.eq(stamp.at), label_chunk::settled_at.eq(stamp.at)))
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

// Print jobs

/// How far a print job is, in labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// In all chunks that count: not the voided ones.
    pub all: i64,
    /// Waiting.
    pub queued: i64,
    /// Sent; with a printer that confirms nothing, until somebody has looked.
    pub sent: i64,
    /// Printed.
    pub confirmed: i64,
    /// Perhaps printed.
    pub unknown: i64,
    /// Void.
    pub voided: i64,
}

impl Totals {
    /// Of these chunks.
    pub fn of(chunks: &[Chunk]) -> Self {
        let mut totals = Self::default();
        for chunk in chunks {
            let labels = chunk.units.end - chunk.units.start;
            let of_state = match chunk.state {
                ChunkState::Queued => &mut totals.queued,
                ChunkState::Sent => &mut totals.sent,
                ChunkState::Confirmed => &mut totals.confirmed,
                ChunkState::Unknown => &mut totals.unknown,
                ChunkState::Voided => &mut totals.voided,
            };
            *of_state += labels;
        }
        totals.all = totals.queued + totals.sent + totals.confirmed + totals.unknown;
        totals
    }
}

/// How far a job is.
///
/// # Errors
/// When the store does.
pub(super) fn totals(db: &mut Db, id: Id) -> Result<Totals> {
    Ok(Totals::of(&chunks(db, id)?))
}

/// Takes the oldest print job that waits or whose runner fell silent.
///
/// # Errors
/// When the store does.
pub(super) fn take(db: &mut Db, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<Option<LabelJobRow>> {
    let waiting: Vec<i64> = each!(db, |c| label_job::table
        .filter(label_job::printer_id.is_not_null())
        .filter(
            label_job::state
                .eq(JobState::Queued.as_str())
                .or(label_job::state.eq(JobState::Running.as_str()).and(label_job::lease_until.lt(now)))
        )
        .order(label_job::id)
        .select(label_job::id)
        .limit(1)
        .load(c))?;
    waiting.into_iter().next().map(|id| take_this(db, Id(id), now, lease_until)).transpose()
}

/// Takes this job, if it waits or its runner fell silent.
///
/// # Errors
/// [`Code::Stale`] when it does not.
pub(super) fn take_this(db: &mut Db, id: Id, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<LabelJobRow> {
    let taken = each!(db, |c| diesel::update(
        label_job::table.filter(label_job::id.eq(id.0)).filter(
            label_job::state
                .eq(JobState::Queued.as_str())
                .or(label_job::state.eq(JobState::Running.as_str()).and(label_job::lease_until.lt(now)))
        )
    )
    .set((
        label_job::state.eq(JobState::Running.as_str()),
        label_job::message.eq(""),
        label_job::lease_until.eq(lease_until),
        label_job::updated_at.eq(now),
        label_job::version.eq(label_job::version + 1),
    ))
    .execute(c))?;
    if taken == 0 {
        return Err(Code::Stale.into());
    }
    job(db, id)?.ok_or_else(|| Code::NotFound.into())
}

/// The job is still being run.
///
/// # Errors
/// When the store does.
pub(super) fn renew(db: &mut Db, id: Id, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id.0).and(label_job::state.eq(JobState::Running.as_str()))))
        .set((label_job::lease_until.eq(lease_until), label_job::updated_at.eq(now)))
        .execute(c))?;
    Ok(())
}

/// What was on its way when a runner fell silent: nobody knows. Gives the number of chunks.
///
/// # Errors
/// When the store does.
pub(super) fn lose_sent(db: &mut Db, at: NaiveDateTime, id: Id) -> Result<usize> {
    Ok(each!(db, |c| diesel::update(label_chunk::table.filter(
        label_chunk::job_id.eq(id.0).and(label_chunk::state.eq(ChunkState::Sent.as_str())).and(label_chunk::note.ne(super::run::WRITTEN))
    ))
    .set((label_chunk::state.eq(ChunkState::Unknown.as_str()), label_chunk::settled_at.eq(at), label_chunk::note.eq("interrupted")))
    .execute(c))?)
}

/// The first chunk that waits.
///
/// # Errors
/// When the store does.
pub(super) fn next_chunk(db: &mut Db, id: Id) -> Result<Option<Chunk>> {
    Ok(chunks(db, id)?.into_iter().find(|chunk| chunk.state == ChunkState::Queued))
}

/// Writes down that a chunk is about to leave. False when the job is not the runner's any more: then nothing may leave.
///
/// # Errors
/// When the store does.
pub(super) fn mark_sent(db: &mut Db, at: NaiveDateTime, id: Id, version: i64, seq: i64) -> Result<bool> {
    let still = each!(db, |c| diesel::update(
        label_job::table
            .filter(label_job::id.eq(id.0).and(label_job::version.eq(version)).and(label_job::state.eq(JobState::Running.as_str())))
    )
    .set(label_job::updated_at.eq(at))
    .execute(c))?;
    Ok(still == 1 && chunk_step(db, at, id, seq, ChunkState::Queued, ChunkState::Sent, "")?)
}

/// Moves a chunk on if it stands where it was read. False when it does not.
///
/// # Errors
/// [`Code::WrongState`] for a step that is not allowed.
pub(super) fn chunk_step(db: &mut Db, at: NaiveDateTime, id: Id, seq: i64, from: ChunkState, to: ChunkState, note: &str) -> Result<bool> {
    rules::CHUNK.check(from, to)?;
    let here =
        || label_chunk::table.filter(label_chunk::job_id.eq(id.0).and(label_chunk::seq.eq(seq)).and(label_chunk::state.eq(from.as_str())));
    let changed = if to == ChunkState::Sent {
        each!(db, |c| diesel::update(here())
            .set((label_chunk::state.eq(to.as_str()), label_chunk::sent_at.eq(at), label_chunk::note.eq(note)))
            .execute(c))?
    } else {
        each!(db, |c| diesel::update(here())
            .set((label_chunk::state.eq(to.as_str()), label_chunk::settled_at.eq(at), label_chunk::note.eq(note)))
            .execute(c))?
    };
    if changed == 1 && to == ChunkState::Confirmed {
        let labels: Vec<(i64, i64)> = each!(db, |c| label_chunk::table
            .filter(label_chunk::job_id.eq(id.0).and(label_chunk::seq.eq(seq)))
            .select((label_chunk::unit_from, label_chunk::unit_to))
            .load(c))?;
        let made: i64 = labels.iter().map(|(from, to)| to - from).sum();
        each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id.0)))
            .set(label_job::made.eq(label_job::made + made))
            .execute(c))?;
    }
    Ok(changed == 1)
}

/// Says something about a chunk that is sent.
///
/// # Errors
/// When the store does.
pub(super) fn note(db: &mut Db, id: Id, seq: i64, note: &str) -> Result<()> {
    each!(db, |c| diesel::update(
        label_chunk::table
            .filter(label_chunk::job_id.eq(id.0).and(label_chunk::seq.eq(seq)).and(label_chunk::state.eq(ChunkState::Sent.as_str())))
    )
    .set(label_chunk::note.eq(note))
    .execute(c))?;
    Ok(())
}

/// The runner puts a job aside, unless it is not its own any more.
///
/// # Errors
/// When the store does.
pub(super) fn pause(db: &mut Db, stamp: &Stamp, taken: &LabelJobRow, reason: &str) -> Result<()> {
    let now = job(db, taken.id)?.ok_or(Code::NotFound)?;
    if now.state != JobState::Running || now.version != taken.version {
        return Ok(());
    }
    step(db, stamp, &now, JobState::Paused, reason)?;
    let body = serde_json::json!({ "batch": now.batch.0, "reason": reason });
    events::append(db, stamp, EventKind::PrintPaused, Subject::Thing(SUBJECT, now.id.0), &body)
}

/// Nothing is left to be sent.
///
/// # Errors
/// [`Code::Stale`] when the job is not the runner's any more.
pub(super) fn print_done(db: &mut Db, stamp: &Stamp, taken: &LabelJobRow) -> Result<()> {
    step(db, stamp, taken, JobState::Done, "")?;
    let totals = totals(db, taken.id)?;
    tell(db, stamp, taken.id, EventKind::LabelsMade, taken.batch, totals.confirmed + totals.sent)
}

/// Writes a print job down, its units cut into chunks. What goes to a printer is new: units no job ever had.
///
/// # Errors
/// As [`take_units`].
pub(super) fn queue_print(db: &mut Db, stamp: &Stamp, new: &NewJob, wanted: &Wanted, epoch: Epoch, gtin: Option<&str>) -> Result<Id> {
    let (_, runs) = take_units(db, stamp, new.batch, wanted, epoch, gtin)?;
    let size = policies::value(db, Policy::PrintChunk, stamp.at)?;
    let id = insert(db, stamp, new, &rules::chunks(&runs, size), JobState::Queued)?;
    tell(db, stamp, id, EventKind::PrintStarted, new.batch, rules::count(&runs))?;
    Ok(id)
}

/// A person's word on a chunk of which nobody knows whether it was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every label of it is there and good.
    Printed,
    /// Its serials are void.
    Void,
    /// Its serials are void, and as many new labels are printed.
    Reprint,
}

/// Settles chunks of a job by a person's word. Gives how many new labels were queued.
///
/// # Errors
/// [`Code::UnknownReference`] for a chunk that is not the job's; [`Code::WrongState`] for one that is not open, or while the job runs.
pub fn settle(db: &mut Db, stamp: &Stamp, id: Id, verdicts: &[(i64, Verdict)], epoch: Epoch) -> Result<i64> {
    let now = job(db, id)?.ok_or(Code::NotFound)?;
    if now.state == JobState::Running {
        return Err(Refusal::new(Code::WrongState).with("state", now.state.as_str()).into());
    }
    let chunks = chunks(db, id)?;
    let mut again = 0;
    for (seq, verdict) in verdicts {
        let unknown = || Fault::new("chunks", Code::UnknownReference).with("value", seq);
        let chunk = chunks.iter().find(|chunk| chunk.seq == *seq).ok_or_else(unknown)?;
        let to = if *verdict == Verdict::Printed { ChunkState::Confirmed } else { ChunkState::Voided };
        if chunk.state == ChunkState::Queued || !chunk_step(db, stamp.at, id, *seq, chunk.state, to, "")? {
            return Err(Refusal::new(Code::WrongState).with("state", chunk.state.as_str()).into());
        }
        if to == ChunkState::Voided {
            let voided = batches::void_units(db, stamp, now.batch, std::slice::from_ref(&chunk.units), UNACCOUNTED)?;
            again += if *verdict == Verdict::Reprint { voided } else { 0 };
        }
    }
    let body = serde_json::json!({ "batch": now.batch.0, "chunks": verdicts.len(), "reprint": again });
    events::append(db, stamp, EventKind::PrintSettled, Subject::Thing(SUBJECT, id.0), &body)?;
    queue_again(db, stamp, &now, again, epoch)?;
    Ok(again)
}

/// Voids spoiled units of a job's batch and, if wanted, queues as many new labels. Gives how many units were voided.
///
/// # Errors
/// [`Code::OutOfRange`] for units the job never had; [`Code::WrongState`] while it runs.
pub(super) fn spoil(db: &mut Db, stamp: &Stamp, id: Id, units: &[Range<i64>], reprint: bool, epoch: Epoch) -> Result<i64> {
    let now = job(db, id)?.ok_or(Code::NotFound)?;
    if now.state == JobState::Running || (reprint && now.printer.is_none() && now.state != JobState::Done) {
        return Err(Refusal::new(Code::WrongState).with("state", now.state.as_str()).into());
    }
    let mut own = RoaringBitmap::new();
    for chunk in chunks(db, id)?.iter().filter(|chunk| chunk.state != ChunkState::Queued) {
        own.insert_range(u32::try_from(chunk.units.start).map_err(Error::broken)?..u32::try_from(chunk.units.end).map_err(Error::broken)?);
    }
    let beyond = rules::without(units, &own)?;
    if let Some(run) = beyond.first() {
        let fault = Fault::new("units", Code::UnknownReference).with("value", batches::units_text(run));
        return Err(fault.into());
    }
    let voided = batches::void_units(db, stamp, now.batch, units, SPOILED)?;
    if reprint {
        queue_again(db, stamp, &now, voided, epoch)?;
    }
    Ok(voided)
}

/// What became of spoiled labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Voided {
    /// Serials that were not void before.
    pub voided: i64,
    /// Code of the batch, of the last one if there are several.
    pub batch: String,
    /// The last of the jobs that make as many new ones.
    pub job: Option<Id>,
}

/// Voids the garments of serials or addresses as they are scanned and, if wanted, queues as many new labels in the jobs that made them.
///
/// # Errors
/// [`Code::Invalid`] with a fault for every text that is no serial of ours or is void already; as [`spoil`].
pub(super) fn spoil_serials(db: &mut Db, stamp: &Stamp, keys: &Keyring, texts: &str, reprint: bool) -> Result<Voided> {
    let mut faults = Vec::new();
    let mut units: BTreeMap<(BatchNo, Option<Id>), Vec<Range<i64>>> = BTreeMap::new();
    for text in rules::read_serials("serials", texts)? {
        let scanned = Scanned::read("serials", text, None).map_err(Error::from);
        let garment = match scanned.and_then(|scanned| serials::find(db, keys, &scanned)) {
            Ok(Some(garment)) => garment,
            Ok(None) | Err(Error::Refused(_)) => {
                faults.push(Fault::new("serials", Code::UnknownReference).with("value", text));
                continue;
            }
            Err(other) => return Err(other),
        };
        let (no, unit) = (garment.batch(), garment.unit());
        units.entry((no, job_of_unit(db, no, unit)?)).or_default().push(unit..unit + 1);
    }
    Refusal::unless_empty(faults)?;
    let mut done = Voided { voided: 0, batch: String::new(), job: None };
    for ((no, job), units) in units {
        done.batch = batches::batch(db, no)?.ok_or(Code::NotFound)?.code;
        done.voided += match job {
            Some(id) => spoil(db, stamp, id, &units, reprint, keys.newest())?,
            None => batches::void_units(db, stamp, no, &units, SPOILED)?,
        };
        done.job = job;
    }
    Ok(done)
}

/// The newest job that made a label of this unit, or may have.
fn job_of_unit(db: &mut Db, no: BatchNo, unit: i64) -> Result<Option<Id>> {
    let ids: Vec<i64> = each!(db, |c| label_job::table
        .inner_join(label_chunk::table.on(label_chunk::job_id.eq(label_job::id)))
        .filter(label_job::batch_no.eq(no.0))
        .filter(label_chunk::unit_from.le(unit).and(label_chunk::unit_to.gt(unit)))
        .filter(label_chunk::state.ne(ChunkState::Queued.as_str()))
        .order(label_job::id.desc())
        .select(label_job::id)
        .load(c))?;
    Ok(ids.first().copied().map(Id))
}

/// New labels in place of voided ones: new chunks at the end of a print job.
fn queue_again(db: &mut Db, stamp: &Stamp, now: &LabelJobRow, count: i64, epoch: Epoch) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    let batch = batches::batch(db, now.batch)?.ok_or(Code::NotFound)?;
    let (_, runs) = take_units(db, stamp, now.batch, &Wanted::New(Some(count)), epoch, batch.minted_gtin.as_deref())?;
    if now.printer.is_none() {
        let new =
            NewJob { batch: now.batch, template: now.template.clone(), format: now.format, printer: None, claim_codes: now.claim_codes };
        let id = insert(db, stamp, &new, &runs, JobState::Queued)?;
        return super::make::enqueue(db, stamp, id, None);
    }
    let size = policies::value(db, Policy::PrintChunk, stamp.at)?;
    let first = chunks(db, now.id)?.last().map_or(0, |chunk| chunk.seq) + 1;
    insert_chunks(db, stamp, now.id, first, &rules::chunks(&runs, size), ChunkState::Queued)?;
    // A paused or waiting job goes on when its turn comes.
    match now.state {
        JobState::Done | JobState::Cancelled => step(db, stamp, now, JobState::Queued, ""),
        _ => Ok(()),
    }
}

/// The newest jobs, of one batch if wanted, at most `most` after the one with this id.
///
/// # Errors
/// When the store does.
pub(super) fn jobs(db: &mut Db, before: Option<Id>, of: Option<BatchNo>, most: i64) -> Result<Vec<LabelJobRow>> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows: Vec<JobRow> = each!(db, |c| {
        let mut query = label_job::table.filter(label_job::id.lt(before)).into_boxed();
        if let Some(no) = of {
            query = query.filter(label_job::batch_no.eq(no.0));
        }
        query.order(label_job::id.desc()).limit(most).load(c)
    })?;
    rows.into_iter().map(LabelJobRow::try_from).collect()
}

/// The printer of a job.
///
/// # Errors
/// Those of the store.
pub(super) fn printer_of(db: &mut Db, id: Id) -> Result<Option<Printer>> {
    job(db, id)?.and_then(|job| job.printer).map_or(Ok(None), |printer| printers::by_id(db, printer))
}
