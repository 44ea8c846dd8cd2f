//! The queries of jobs.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::each;
use crate::kernel::{Error, Id, Result, saturating};
use crate::platform::db::Db;
use crate::platform::db::schema::job::dsl;
use crate::platform::events::Stamp;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Is being done.
    Running,
    /// Has been done.
    Done,
    /// Could not be done.
    Failed,
    /// Was called off.
    Cancelled,
}

impl JobState {
    const ALL: [(JobState, &'static str); 5] = [
        (JobState::Queued, "queued"),
        (JobState::Running, "running"),
        (JobState::Done, "done"),
        (JobState::Failed, "failed"),
        (JobState::Cancelled, "cancelled"),
    ];

    /// The stored text.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, text)| text)
    }

    fn of(text: &str) -> Result<Self> {
        Self::ALL
            .iter()
            .find(|(_, stored)| *stored == text)
            .map(|(state, _)| *state)
            .ok_or_else(|| Error::broken(format!("job state {text}")))
    }

    /// Whether it will not change any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A piece of long work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// Which kind of work.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// What was asked for.
    pub input: Value,
    /// What came of it; null until it is over.
    pub report: Value,
    /// Steps done.
    pub done: i64,
    /// Steps in all; 0 while not known.
    pub total: i64,
    /// Who asked.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Last news, UTC.
    pub updated_at: NaiveDateTime,
}

type Row = (i64, String, String, String, String, i64, i64, String, NaiveDateTime, NaiveDateTime);

fn job(row: Row) -> Result<Job> {
    let (id, kind, state, input, report, done, total, created_by, created_at, updated_at) = row;
    Ok(Job {
        id: Id(id),
        kind,
        state: JobState::of(&state)?,
        input: serde_json::from_str(&input).map_err(Error::broken)?,
        report: serde_json::from_str(&report).map_err(Error::broken)?,
        done,
        total,
        created_by,
        created_at,
        updated_at,
    })
}

macro_rules! columns {
    () => {
        (dsl::id, dsl::kind, dsl::state, dsl::input, dsl::report, dsl::done, dsl::total, dsl::created_by, dsl::created_at, dsl::updated_at)
    };
}

/// Queues a job and returns its id.
pub fn enqueue(db: &mut Db, stamp: &Stamp, kind: &str, input: &Value) -> Result<Id> {
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(dsl::job)
        .values((
            dsl::id.eq(id.0),
            dsl::kind.eq(kind),
            dsl::state.eq("queued"),
            dsl::input.eq(input.to_string()),
            dsl::report.eq("null"),
            dsl::done.eq(0),
            dsl::total.eq(0),
            dsl::created_by.eq(&stamp.actor),
            dsl::created_at.eq(stamp.at),
            dsl::updated_at.eq(stamp.at),
            dsl::version.eq(1),
        ))
        .execute(c))?;
    Ok(id)
}

/// One job.
pub fn find(db: &mut Db, id: Id) -> Result<Option<Job>> {
    let rows: Vec<Row> = each!(db, |c| dsl::job.filter(dsl::id.eq(id.0)).select(columns!()).load(c))?;
    rows.into_iter().next().map(job).transpose()
}

/// The newest jobs of a kind that somebody asked for, at most `most`.
pub fn recent(db: &mut Db, kind: &str, created_by: &str, most: i64) -> Result<Vec<Job>> {
    let rows: Vec<Row> = each!(db, |c| dsl::job
        .filter(dsl::kind.eq(kind).and(dsl::created_by.eq(created_by)))
        .order(dsl::id.desc())
        .limit(most)
        .select(columns!())
        .load(c))?;
    rows.into_iter().map(job).collect()
}

/// Takes the oldest job that waits or whose runner fell silent.
pub(super) fn take(db: &mut Db, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<Option<Job>> {
    let waiting: Vec<Row> = each!(db, |c| dsl::job
        .filter(dsl::state.eq("queued").or(dsl::state.eq("running").and(dsl::lease_until.lt(now))))
        .order(dsl::id)
        .limit(1)
        .select(columns!())
        .load(c))?;
    let Some(row) = waiting.into_iter().next() else {
        return Ok(None);
    };
    each!(db, |c| diesel::update(dsl::job.filter(dsl::id.eq(row.0)))
        .set((dsl::state.eq("running"), dsl::lease_until.eq(lease_until), dsl::updated_at.eq(now), dsl::version.eq(dsl::version + 1)))
        .execute(c))?;
    job(row).map(Some)
}

pub(super) fn progress(db: &mut Db, id: Id, done: u64, total: u64, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<()> {
    let whole = |number: u64| saturating::<i64>(number);
    each!(db, |c| diesel::update(dsl::job.filter(dsl::id.eq(id.0).and(dsl::state.eq("running"))))
        .set((dsl::done.eq(whole(done)), dsl::total.eq(whole(total)), dsl::updated_at.eq(now), dsl::lease_until.eq(lease_until)))
        .execute(c))?;
    Ok(())
}

pub(super) fn finish(db: &mut Db, id: Id, state: JobState, report: &Value, now: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(dsl::job.filter(dsl::id.eq(id.0)))
        .set((
            dsl::state.eq(state.as_str()),
            dsl::report.eq(report.to_string()),
            dsl::updated_at.eq(now),
            dsl::lease_until.eq(None::<NaiveDateTime>),
            dsl::version.eq(dsl::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
