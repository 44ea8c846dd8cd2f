//! Labels that went wrong: a person's word on what nobody knows about, spoiled ones, and the new ones in their place.

use std::collections::BTreeMap;
use std::ops::Range;

use diesel::prelude::*;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::rules::{self, Wanted};
use super::chunks::{chunk_step, chunks, insert};
use super::{ChunkState, NewJob, Order, PrintJob, PrintJobState, SUBJECT, job, queue, step, take_units};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::serial::{Epoch, Keyring};
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{label_chunk, label_job};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::production::batches;
use crate::production::serials::{self, Scanned};

/// Why serials become void: names of reasons (`void-reason-…`), which a history says in words.
const SPOILED: &str = "spoiled";
const UNACCOUNTED: &str = "unaccounted";

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

/// Settles chunks of a job by a person's word.
///
/// # Errors
/// [`Code::UnknownReference`] for a chunk that is not the job's; [`Code::WrongState`] for one that is not open, or while the job runs.
pub(in super::super) fn settle(db: &mut Db, stamp: &Stamp, id: Id, verdicts: &[(i64, Verdict)], epoch: Epoch) -> Result<Id> {
    let now = job(db, id)?;
    if now.state == PrintJobState::Running {
        return Err(now.wrong_state());
    }
    let chunks = chunks(db, id)?;
    let mut again = 0;
    for (seq, verdict) in verdicts {
        let unknown = || Fault::new("chunks", Code::UnknownReference).with("value", seq);
        let chunk = chunks.iter().find(|chunk| chunk.seq == *seq).ok_or_else(unknown)?;
        let to = if *verdict == Verdict::Printed { ChunkState::Confirmed } else { ChunkState::Voided };
        if chunk.state == ChunkState::Queued || !chunk_step(db, stamp.at, id, *seq, chunk.state, to, "")? {
            return Err(refused_in(chunk.state).into());
        }
        if to == ChunkState::Voided {
            let voided = batches::void_units(db, stamp, now.batch_no, &[chunk.units()], UNACCOUNTED)?;
            again += if *verdict == Verdict::Reprint { voided } else { 0 };
        }
    }
    let body = serde_json::json!({ "batch": now.batch_no.0, "chunks": verdicts.len(), "reprint": again });
    events::append(db, stamp, EventKind::PrintSettled, Subject::Thing(SUBJECT, id.0), &body)?;
    queue_again(db, stamp, &now, again, epoch)?;
    Ok(id)
}

/// Voids spoiled units of a job's batch and, if wanted, queues as many new labels. Gives how many units were voided.
///
/// # Errors
/// [`Code::UnknownReference`] for units the job never had; [`Code::WrongState`] while it runs.
pub(in super::super) fn spoil(db: &mut Db, stamp: &Stamp, id: Id, units: &[Range<i64>], reprint: bool, epoch: Epoch) -> Result<i64> {
    let now = job(db, id)?;
    if now.state == PrintJobState::Running || (reprint && now.printer_id.is_none() && now.state != PrintJobState::Done) {
        return Err(now.wrong_state());
    }
    let mut own = RoaringBitmap::new();
    for chunk in chunks(db, id)?.iter().filter(|chunk| chunk.state != ChunkState::Queued) {
        own.insert_range(u32::try_from(chunk.unit_from).map_err(Error::broken)?..u32::try_from(chunk.unit_to).map_err(Error::broken)?);
    }
    if let Some(beyond) = rules::without(units, &own)?.first() {
        return Err(Fault::new("units", Code::UnknownReference).with("value", batches::units_text(beyond)).into());
    }
    let voided = batches::void_units(db, stamp, now.batch_no, units, SPOILED)?;
    if reprint {
        queue_again(db, stamp, &now, voided, epoch)?;
    }
    Ok(voided)
}

/// What became of spoiled labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Voided {
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
pub(in super::super) fn spoil_serials(db: &mut Db, stamp: &Stamp, keys: &Keyring, texts: &str, reprint: bool) -> Result<Voided> {
    let mut faults = Vec::new();
    let mut units: BTreeMap<(BatchNo, Option<Id>), Vec<Range<i64>>> = BTreeMap::new();
    for text in rules::read_serials("serials", texts)? {
        let scanned = Scanned::read("serials", text, None).map_err(Error::from);
        let found = match scanned.and_then(|scanned| serials::find(db, keys, &scanned)) {
            Err(Error::Refused(_)) => None,
            other => other?,
        };
        match found {
            Some(garment) => {
                let (no, unit) = (garment.batch(), garment.unit());
                units.entry((no, job_of_unit(db, no, unit)?)).or_default().push(unit..unit + 1);
            }
            None => faults.push(Fault::new("serials", Code::UnknownReference).with("value", text)),
        }
    }
    Refusal::unless_empty(faults)?;
    let mut done = Voided::default();
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
    let ids: Vec<Id> = each!(db, |c| label_job::table
        .inner_join(label_chunk::table.on(label_chunk::job_id.eq(label_job::id)))
        .filter(label_job::batch_no.eq(no))
        .filter(label_chunk::unit_from.le(unit).and(label_chunk::unit_to.gt(unit)))
        .filter(label_chunk::state.ne(ChunkState::Queued))
        .order(label_job::id.desc())
        .select(label_job::id)
        .load(c))?;
    Ok(ids.into_iter().next())
}

/// New labels in place of voided ones: new chunks at the end of a print job; a job of their own where the labels went into a file.
fn queue_again(db: &mut Db, stamp: &Stamp, now: &PrintJob, count: i64, epoch: Epoch) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    let gtin = batches::batch(db, now.batch_no)?.ok_or(Code::NotFound)?.minted_gtin;
    let PrintJob { batch_no, printer_id, format, claim_codes, .. } = *now;
    let job = NewJob { batch_no, template: now.template.clone(), format, printer_id, claim_codes };
    let order = Order { job, wanted: Wanted::New(Some(count)), epoch, gtin, dpi: None };
    if printer_id.is_none() {
        return queue(db, stamp, &order).map(drop);
    }
    let (_, runs) = take_units(db, stamp, &order)?;
    let size = policies::value(db, Policy::PrintChunk, stamp.at)?;
    let first = chunks(db, now.id)?.last().map_or(0, |chunk| chunk.seq) + 1;
    insert(db, stamp, now.id, first, &rules::chunks(&runs, size), ChunkState::Queued)?;
    // A paused or waiting job goes on when its turn comes.
    match now.state {
        PrintJobState::Done | PrintJobState::Cancelled => step(db, stamp, now, PrintJobState::Queued, ""),
        _ => Ok(()),
    }
}
