//! The queries of label jobs: how they are written down, and how they move on. What becomes of their parts is in `chunks`, what is made of
//! labels that went wrong in `amends`.

mod amends;
mod chunks;

use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::dsl::{Nullable, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{self, Pick, Standing, Wanted};
use super::{ChunkState, FIELDS, PrintJobState};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::serial::Epoch;
use crate::kernel::text::folded;
use crate::kernel::{BatchNo, Code, Error, Id, Result};
use crate::platform::db::schema::{batch, label_chunk, label_job, printer};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{LabelsRead, Permission};
use crate::platform::jobs;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees};
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch};
use crate::production::labels::Format;
use crate::production::printers::{self, Printer};
use crate::{each, keyset, step, text_column};

pub use amends::Verdict;
pub(super) use amends::{Voided, settle, spoil, spoil_serials};
pub use chunks::{Chunk, Totals};
pub(super) use chunks::{WRITTEN, chunk_step, chunks, lose_sent, mark_sent, next_chunk, note, totals};

text_column!(PrintJobState, ChunkState, Format);

/// The kind of the long work that writes a job's file.
pub(super) const LABEL_WORK: &str = "labels";
/// The subject of a job's events.
const SUBJECT: &str = "label_job";
/// Keys looked up by one statement.
const KEYS: usize = chunk_rows(1) / 4;

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Queryable, Selectable)]
#[diesel(table_name = label_job)]
pub struct PrintJob {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// Number of the batch.
    #[serde(skip)]
    pub batch_no: BatchNo,
    /// Code of the batch.
    #[diesel(select_expression = batch::code, select_expression_type = batch::code)]
    pub batch: String,
    /// Name of the template.
    pub template: String,
    /// What is written.
    #[schema(value_type = String)]
    pub format: Format,
    /// The printer; None for a file.
    #[serde(skip)]
    pub printer_id: Option<Id>,
    /// Code of the printer; absent for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[diesel(select_expression = printer::code.nullable(), select_expression_type = Nullable<printer::code>)]
    pub printer: Option<String>,
    /// Where the file is, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether the labels carry claim codes.
    pub claim_codes: bool,
    /// Where it stands.
    pub state: PrintJobState,
    /// Why it stands there: names of reasons, separated by commas, or a text.
    pub message: String,
    /// Labels in all.
    #[diesel(select_expression = labels("state <> 'voided'"), select_expression_type = SqlLiteral<BigInt>)]
    pub labels: i64,
    /// Labels made or confirmed.
    pub made: i64,
    /// Labels nobody knows about: perhaps printed. See [`is_open`](super::view::is_open).
    #[diesel(select_expression = labels("(state = 'unknown' OR state = 'sent' AND label_job.state <> 'running')"))]
    #[diesel(select_expression_type = SqlLiteral<BigInt>)]
    pub unaccounted: i64,
    /// Who asked.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Last news, UTC.
    pub updated_at: NaiveDateTime,
    /// Grows with every change of state.
    #[serde(skip)]
    pub version: i64,
}

/// Labels in a job's chunks of which this is true.
fn labels(which: &str) -> SqlLiteral<BigInt> {
    sql(&format!("(SELECT CAST(coalesce(sum(unit_to - unit_from), 0) AS BIGINT) FROM label_chunk WHERE job_id = label_job.id AND {which})"))
}

/// Jobs with the codes of their batches and printers, to be narrowed.
macro_rules! jobs {
    () => {
        label_job::table
            .inner_join(batch::table.on(batch::no.eq(label_job::batch_no)))
            .left_join(printer::table.on(printer::id.nullable().eq(label_job::printer_id)))
            .select(PrintJob::as_select())
    };
}

/// Whether a job waits, or its runner fell silent.
macro_rules! waits {
    ($now:expr) => {
        label_job::state.eq(PrintJobState::Queued).or(label_job::state.eq(PrintJobState::Running).and(label_job::lease_until.lt($now)))
    };
}

impl Listing for PrintJob {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "label-jobs";
    const SCHEMA: &'static str = "PrintJob";
    type Read = BrandOnly<LabelsRead>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn href(&self) -> String {
        format!("/labels/jobs/{}", self.id)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("labels-title", "/labels".to_owned(), Permission::LabelsRead)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let (window, pattern) = (window.of_ids()?, anywhere(&query.q));
        Ok(each!(db, |c| {
            let mut jobs = jobs!().into_boxed();
            if let Some(code) = query.filter("batch") {
                jobs = jobs.filter(batch::code_key.eq(folded(code)));
            }
            if let Some(state) = query.filter("state") {
                jobs = jobs.filter(label_job::state.eq(state));
            }
            if !query.q.is_empty() {
                let found = lower(batch::code).like(&pattern).escape('\\').or(lower(label_job::template).like(&pattern).escape('\\'));
                jobs = jobs.filter(found);
            }
            keyset!(c, jobs, newest label_job::id, &window)
        })?)
    }

    fn named(_: &mut Db, _: &AppState, jobs: Vec<Self>) -> Result<Vec<Self>> {
        Ok(jobs.into_iter().map(Self::addressed).collect())
    }
}

impl PrintJob {
    /// The job with its file's address in place of its name.
    pub(super) fn addressed(self) -> Self {
        let file = self.file.as_ref().map(|_| format!("/api/v1/label-jobs/{}/file", self.id));
        Self { file, ..self }
    }

    /// The error of what its state does not allow.
    fn wrong_state(&self) -> Error {
        refused_in(self.state).into()
    }
}

/// A job.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn job(db: &mut Db, id: Id) -> Result<PrintJob> {
    let found: Vec<PrintJob> = each!(db, |c| jobs!().filter(label_job::id.eq(id)).load(c))?;
    found.into_iter().next().ok_or_else(|| Code::NotFound.into())
}

/// The newest jobs, of one batch if wanted.
pub(super) fn newest(db: &mut Db, of: Option<BatchNo>, most: i64) -> Result<Vec<PrintJob>> {
    Ok(each!(db, |c| {
        let mut jobs = jobs!().into_boxed();
        if let Some(no) = of {
            jobs = jobs.filter(label_job::batch_no.eq(no));
        }
        jobs.order(label_job::id.desc()).limit(most).load(c)
    })?)
}

/// The printer of a job.
///
/// # Errors
/// [`Code::NotFound`] for a job that makes a file.
pub(super) fn printer_of(db: &mut Db, job: &PrintJob) -> Result<Printer> {
    let id = job.printer_id.ok_or(Code::NotFound)?;
    printers::by_id(db, id)?.ok_or_else(|| Code::NotFound.into())
}

/// What happened to a job, the oldest first.
pub(super) fn history(db: &mut Db, id: Id) -> Result<Vec<Fact>> {
    events::of(db, Subject::Thing(SUBJECT, id.0))
}

/// Units of a batch that some job has or had.
fn labelled(db: &mut Db, no: BatchNo) -> Result<RoaringBitmap> {
    let jobs: Vec<Id> = each!(db, |c| label_job::table.filter(label_job::batch_no.eq(no)).select(label_job::id).load(c))?;
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
pub(super) fn standing(db: &mut Db, batch: &Batch) -> Result<Standing> {
    let (void, labelled) = (batches::voids_of(db, batch.no)?, labelled(db, batch.no)?);
    Ok(Standing { planned: batch.planned, minted: batch.minted, void, labelled })
}

/// Labels that somebody wants, checked as far as is possible without writing.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The job to be written down.
    pub job: NewJob,
    /// Of which units.
    pub wanted: Wanted,
    /// With which key new serials are minted.
    pub epoch: Epoch,
    /// The GTIN that the first mint fixes.
    pub gtin: Option<String>,
    /// Dots per inch of a file; the template's own when absent.
    pub dpi: Option<u16>,
}

/// A job to be written down.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = label_job)]
pub(super) struct NewJob {
    pub batch_no: BatchNo,
    pub template: String,
    pub format: Format,
    pub printer_id: Option<Id>,
    pub claim_codes: bool,
}

/// Picks the units that are wanted and mints what they lack.
///
/// # Errors
/// What [`rules::pick`] and [`batches::mint`] refuse.
pub(super) fn take_units(db: &mut Db, stamp: &Stamp, order: &Order) -> Result<(Batch, Vec<Range<i64>>)> {
    let no = order.job.batch_no;
    let batch = batches::batch(db, no)?.ok_or(Code::NotFound)?;
    let Pick { mint, runs } = rules::pick(&standing(db, &batch)?, &order.wanted)?;
    if mint == 0 {
        return Ok((batch, runs));
    }
    batches::mint(db, stamp, no, mint, order.epoch, order.gtin.as_deref())?;
    Ok((batches::batch(db, no)?.ok_or(Code::NotFound)?, runs))
}

/// Writes down what is wanted: a print job with its units cut into chunks, or a job for a file, whose writing is queued as long work.
pub(super) fn queue(db: &mut Db, stamp: &Stamp, order: &Order) -> Result<Id> {
    let (_, runs) = take_units(db, stamp, order)?;
    if order.job.printer_id.is_some() {
        let size = policies::value(db, Policy::PrintChunk, stamp.at)?;
        let id = insert(db, stamp, &order.job, &rules::chunks(&runs, size), PrintJobState::Queued)?;
        tell(db, stamp, id, EventKind::PrintStarted, order.job.batch_no, rules::count(&runs))?;
        return Ok(id);
    }
    let id = insert(db, stamp, &order.job, &runs, PrintJobState::Queued)?;
    jobs::enqueue(db, stamp, LABEL_WORK, &serde_json::json!({ "label_job": id, "dpi": order.dpi }))?;
    Ok(id)
}

/// Writes a job down with its chunks, all in one state.
pub(super) fn insert(db: &mut Db, stamp: &Stamp, new: &NewJob, units: &[Range<i64>], state: PrintJobState) -> Result<Id> {
    let id = stamp.id();
    let (from, to) = (units.first().map_or(0, |run| run.start), units.iter().map(|run| run.end).max().unwrap_or(1));
    let made = if state == PrintJobState::Done { rules::count(units) } else { 0 };
    let row = (
        new,
        label_job::id.eq(id),
        label_job::unit_from.eq(from),
        label_job::unit_to.eq(to),
        label_job::state.eq(state),
        label_job::message.eq(""),
        label_job::made.eq(made),
        label_job::created_by.eq(&stamp.actor),
        label_job::created_at.eq(stamp.at),
        label_job::updated_at.eq(stamp.at),
        label_job::version.eq(1),
    );
    each!(db, |c| diesel::insert_into(label_job::table).values(row).execute(c))?;
    chunks::insert(db, stamp, id, 1, units, if state == PrintJobState::Done { ChunkState::Confirmed } else { ChunkState::Queued })?;
    if state == PrintJobState::Done {
        tell(db, stamp, id, EventKind::LabelsMade, new.batch_no, made)?;
    }
    Ok(id)
}

fn tell(db: &mut Db, stamp: &Stamp, job: Id, kind: EventKind, batch: BatchNo, labels: i64) -> Result<()> {
    let body = serde_json::json!({ "batch": batch.0, "labels": labels });
    events::append(db, stamp, kind, Subject::Thing(SUBJECT, job.0), &body)
}

/// Moves a job on, if it stands where it was read; its lease ends unless it runs.
///
/// # Errors
/// [`Code::WrongState`] for a step that is not allowed; [`Code::Stale`] when it moved in between.
pub(super) fn step(db: &mut Db, stamp: &Stamp, job: &PrintJob, to: PrintJobState, message: &str) -> Result<()> {
    let more = (label_job::message.eq(message), label_job::updated_at.eq(stamp.at), label_job::lease_until.eq(None::<NaiveDateTime>));
    let row = label_job::table.filter(label_job::id.eq(job.id));
    step!(db, row, label_job::state, label_job::version, rules::JOB, job.state => to, job.version, more);
    Ok(())
}

/// What a person tells a job: `pause`, `resume` or `cancel`. A file cannot be put aside.
///
/// # Errors
/// [`Code::NotFound`] for another word; as [`step`].
pub(super) fn turn(db: &mut Db, stamp: &Stamp, id: Id, word: &str) -> Result<Id> {
    let job = job(db, id)?;
    let for_printer = || if job.printer_id.is_some() { Ok(()) } else { Err(job.wrong_state()) };
    match word {
        "pause" => for_printer().and_then(|()| step(db, stamp, &job, PrintJobState::Paused, "by-hand")),
        "resume" if job.state == PrintJobState::Paused => for_printer().and_then(|()| step(db, stamp, &job, PrintJobState::Queued, "")),
        "resume" => Err(job.wrong_state()),
        "cancel" => give_up(db, stamp, &job, PrintJobState::Cancelled, "by-hand"),
        _ => Err(Code::NotFound.into()),
    }?;
    Ok(id)
}

/// A file's progress.
pub(super) fn made(db: &mut Db, at: NaiveDateTime, id: Id, made: i64) -> Result<()> {
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id).and(label_job::state.eq(PrintJobState::Running))))
        .set((label_job::made.eq(made), label_job::updated_at.eq(at)))
        .execute(c))?;
    Ok(())
}

/// A file is there: its units have labels.
///
/// # Errors
/// [`Code::WrongState`] when the job was called off meanwhile.
pub(super) fn file_done(db: &mut Db, stamp: &Stamp, id: Id, file: &str, labels: i64) -> Result<()> {
    let job = job(db, id)?;
    step(db, stamp, &job, PrintJobState::Done, "")?;
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id)))
        .set((label_job::file.eq(file), label_job::made.eq(labels)))
        .execute(c))?;
    each!(db, |c| diesel::update(label_chunk::table.filter(label_chunk::job_id.eq(id).and(label_chunk::state.eq(ChunkState::Queued))))
        .set((label_chunk::state.eq(ChunkState::Confirmed), label_chunk::sent_at.eq(stamp.at), label_chunk::settled_at.eq(stamp.at)))
        .execute(c))?;
    tell(db, stamp, id, EventKind::LabelsMade, job.batch_no, labels)
}

/// A job ends without what is still queued: those units are free for another one.
pub(super) fn give_up(db: &mut Db, stamp: &Stamp, job: &PrintJob, to: PrintJobState, message: &str) -> Result<()> {
    step(db, stamp, job, to, message)?;
    let queued = label_chunk::job_id.eq(job.id).and(label_chunk::state.eq(ChunkState::Queued));
    each!(db, |c| diesel::delete(label_chunk::table.filter(queued)).execute(c))?;
    Ok(())
}

/// Takes the oldest print job that waits or whose runner fell silent.
pub(super) fn take(db: &mut Db, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<Option<PrintJob>> {
    let waiting: Vec<Id> = each!(db, |c| label_job::table
        .filter(label_job::printer_id.is_not_null())
        .filter(waits!(now))
        .order(label_job::id)
        .select(label_job::id)
        .limit(1)
        .load(c))?;
    waiting.into_iter().next().map(|id| take_this(db, id, now, lease_until)).transpose()
}

/// Takes this job, if it waits or its runner fell silent.
///
/// # Errors
/// [`Code::Stale`] when it does not.
pub(super) fn take_this(db: &mut Db, id: Id, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<PrintJob> {
    let taken = each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id)).filter(waits!(now)))
        .set((
            label_job::state.eq(PrintJobState::Running),
            label_job::message.eq(""),
            label_job::lease_until.eq(lease_until),
            label_job::updated_at.eq(now),
            label_job::version.eq(label_job::version + 1),
        ))
        .execute(c))?;
    if taken == 0 {
        return Err(Code::Stale.into());
    }
    job(db, id)
}

/// The job is still being run.
pub(super) fn renew(db: &mut Db, id: Id, now: NaiveDateTime, lease_until: NaiveDateTime) -> Result<()> {
    each!(db, |c| diesel::update(label_job::table.filter(label_job::id.eq(id).and(label_job::state.eq(PrintJobState::Running))))
        .set((label_job::lease_until.eq(lease_until), label_job::updated_at.eq(now)))
        .execute(c))?;
    Ok(())
}

/// The runner puts a job aside, unless it is not its own any more.
pub(super) fn pause(db: &mut Db, stamp: &Stamp, taken: &PrintJob, reason: &str) -> Result<()> {
    let now = job(db, taken.id)?;
    if now.state != PrintJobState::Running || now.version != taken.version {
        return Ok(());
    }
    step(db, stamp, &now, PrintJobState::Paused, reason)?;
    let body = serde_json::json!({ "batch": now.batch_no.0, "reason": reason });
    events::append(db, stamp, EventKind::PrintPaused, Subject::Thing(SUBJECT, now.id.0), &body)
}

/// Nothing is left to be sent.
///
/// # Errors
/// [`Code::Stale`] when the job is not the runner's any more.
pub(super) fn print_done(db: &mut Db, stamp: &Stamp, taken: &PrintJob) -> Result<()> {
    step(db, stamp, taken, PrintJobState::Done, "")?;
    let totals = totals(db, taken.id)?;
    tell(db, stamp, taken.id, EventKind::LabelsMade, taken.batch_no, totals.confirmed + totals.sent)
}
