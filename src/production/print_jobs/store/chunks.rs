//! What becomes of a job's parts.

use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::rules;
use super::{ChunkState, PrintJobState};
use crate::each;
use crate::kernel::{Id, Result};
use crate::platform::db::schema::{label_chunk, label_job};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::Stamp;

/// Note of a chunk that left whole, to a printer that confirms nothing.
pub(in super::super) const WRITTEN: &str = "written";

/// A chunk of a job.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = label_chunk, treat_none_as_default_value = false)]
pub struct Chunk {
    /// The job.
    pub job_id: Id,
    /// Its place in the job, from 1.
    pub seq: i64,
    /// Its first unit, from 0.
    pub unit_from: i64,
    /// The unit after its last.
    pub unit_to: i64,
    /// Where it stands.
    pub state: ChunkState,
    /// When it was sent, UTC.
    pub sent_at: Option<NaiveDateTime>,
    /// When it was settled, UTC.
    pub settled_at: Option<NaiveDateTime>,
    /// What was said about it.
    pub note: String,
}

impl Chunk {
    /// Its units, from 0, end left out.
    pub const fn units(&self) -> Range<i64> {
        self.unit_from..self.unit_to
    }

    /// Labels.
    pub const fn labels(&self) -> i64 {
        self.unit_to - self.unit_from
    }
}

/// How far a print job is, in labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// In all chunks that count: not the voided ones.
    pub all: i64,
    /// Sent; with a printer that confirms nothing, until somebody has looked.
    pub sent: i64,
    /// Printed.
    pub confirmed: i64,
}

/// How far a job is.
pub(in super::super) fn totals(db: &mut Db, job: Id) -> Result<Totals> {
    let mut totals = Totals::default();
    for chunk in chunks(db, job)?.iter().filter(|chunk| chunk.state != ChunkState::Voided) {
        totals.all += chunk.labels();
        match chunk.state {
            ChunkState::Sent => totals.sent += chunk.labels(),
            ChunkState::Confirmed => totals.confirmed += chunk.labels(),
            _ => {}
        }
    }
    Ok(totals)
}

/// The chunks of a job, in order.
pub(in super::super) fn chunks(db: &mut Db, job: Id) -> Result<Vec<Chunk>> {
    let chunks = label_chunk::table.filter(label_chunk::job_id.eq(job)).order(label_chunk::seq);
    Ok(each!(db, |c| chunks.select(Chunk::as_select()).load(c))?)
}

/// The first chunk that waits.
pub(in super::super) fn next_chunk(db: &mut Db, job: Id) -> Result<Option<Chunk>> {
    Ok(chunks(db, job)?.into_iter().find(|chunk| chunk.state == ChunkState::Queued))
}

/// Writes chunks down, the first of them in this place of the job.
pub(super) fn insert(db: &mut Db, stamp: &Stamp, job: Id, first: i64, units: &[Range<i64>], state: ChunkState) -> Result<()> {
    let settled_at = (state == ChunkState::Confirmed).then_some(stamp.at);
    let chunk = |(seq, run): (i64, &Range<i64>)| Chunk {
        job_id: job,
        seq,
        unit_from: run.start,
        unit_to: run.end,
        state,
        sent_at: settled_at,
        settled_at,
        note: String::new(),
    };
    let rows: Vec<Chunk> = (first..).zip(units).map(chunk).collect();
    for some in rows.chunks(chunk_rows(8)) {
        each!(db, |c| diesel::insert_into(label_chunk::table).values(some).execute(c))?;
    }
    Ok(())
}

/// What was on its way when a runner fell silent: nobody knows. Gives the number of chunks.
pub(in super::super) fn lose_sent(db: &mut Db, at: NaiveDateTime, job: Id) -> Result<usize> {
    let sent = label_chunk::job_id.eq(job).and(label_chunk::state.eq(ChunkState::Sent)).and(label_chunk::note.ne(WRITTEN));
    let lost = (label_chunk::state.eq(ChunkState::Unknown), label_chunk::settled_at.eq(at), label_chunk::note.eq("interrupted"));
    Ok(each!(db, |c| diesel::update(label_chunk::table.filter(sent)).set(lost).execute(c))?)
}

/// Writes down that a chunk is about to leave. False when the job is not the runner's any more: then nothing may leave.
pub(in super::super) fn mark_sent(db: &mut Db, at: NaiveDateTime, job: Id, version: i64, seq: i64) -> Result<bool> {
    let ours = label_job::id.eq(job).and(label_job::version.eq(version)).and(label_job::state.eq(PrintJobState::Running));
    let still = each!(db, |c| diesel::update(label_job::table.filter(ours)).set(label_job::updated_at.eq(at)).execute(c))?;
    Ok(still == 1 && chunk_step(db, at, job, seq, ChunkState::Queued, ChunkState::Sent, "")?)
}

/// Moves a chunk on if it stands where it was read. False when it does not.
///
/// # Errors
/// [`Code::WrongState`](crate::kernel::Code::WrongState) for a step that is not allowed.
pub(in super::super) fn chunk_step(
    db: &mut Db,
    at: NaiveDateTime,
    job: Id,
    seq: i64,
    from: ChunkState,
    to: ChunkState,
    note: &str,
) -> Result<bool> {
    rules::CHUNK.check(from, to)?;
    let here = label_chunk::job_id.eq(job).and(label_chunk::seq.eq(seq)).and(label_chunk::state.eq(from));
    let sent_at = (to == ChunkState::Sent).then_some(label_chunk::sent_at.eq(at));
    let settled_at = (to != ChunkState::Sent).then_some(label_chunk::settled_at.eq(at));
    let changes = (label_chunk::state.eq(to), label_chunk::note.eq(note), sent_at, settled_at);
    let changed = each!(db, |c| diesel::update(label_chunk::table.filter(here)).set(changes).execute(c))?;
    if changed == 1 && to == ChunkState::Confirmed {
        let units: Vec<(i64, i64)> = each!(db, |c| label_chunk::table
            .filter(label_chunk::job_id.eq(job).and(label_chunk::seq.eq(seq)))
            .select((label_chunk::unit_from, label_chunk::unit_to))
            .load(c))?;
        let made: i64 = units.iter().map(|(from, to)| to - from).sum();
        each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(job)))
            .set(label_job::made.eq(label_job::made + made))
            .execute(c))?;
    }
    Ok(changed == 1)
}

/// Says something about a chunk that is sent.
pub(in super::super) fn note(db: &mut Db, job: Id, seq: i64, note: &str) -> Result<()> {
    let sent = label_chunk::job_id.eq(job).and(label_chunk::seq.eq(seq)).and(label_chunk::state.eq(ChunkState::Sent));
    each!(db, |c| diesel::update(label_chunk::table.filter(sent)).set(label_chunk::note.eq(note)).execute(c))?;
    Ok(())
}
