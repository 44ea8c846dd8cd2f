//! Which units of a batch have serials, and which of those are void.

use std::collections::HashMap;
use std::ops::Range;

use diesel::prelude::*;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::super::rules::{as_planned, may_mint, units_text};
use super::super::{Batch, BatchStatus};
use super::batches::{SUBJECT, batch, batch_by_code};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::serial::Epoch;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Refusal, Result, saturating};
use crate::platform::db::schema::{batch as batch_table, batch_void};
use crate::platform::db::{CHUNK_KEYS, Db, planned};
use crate::platform::events::{self, Stamp};
use crate::production::skus;

/// What a mint brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minted {
    /// The units that have serials now and had none before, from 0, end left out.
    pub units: Range<i64>,
    /// The GTIN of the batch's serials; None for a sku without.
    pub gtin: Option<String>,
    /// The key epoch of the batch's serials.
    pub epoch: u8,
}

/// Mints `count` more units: one update of one row, whatever the count. The first mint fixes the GTIN (fourteen digits, None for a sku
/// without) and the key epoch; later ones go on with those, whatever they are handed, because the serials of a batch are one series.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::OutOfRange`] for a count below 1; [`Code::BatchTooLarge`] beyond 4,194,304 units; [`Code::WrongState`] for a
/// batch that is on hold, closed or foreign; [`Code::BeyondPlanned`]; [`Code::NotAGtin`] for a GTIN that is not fourteen digits.
pub fn mint(db: &mut Db, stamp: &Stamp, no: BatchNo, count: i64, epoch: Epoch, gtin: Option<&str>) -> Result<Minted> {
    let before = batch(db, no)?.ok_or(Code::NotFound)?;
    may_mint(before.status, before.origin)?;
    as_planned(&before, saturating(voids_of(db, no)?.len()), count)?;
    mint_more(db, stamp, before, count, epoch, gtin)
}

/// Writes down what another store minted of a batch that is new here, wherever the batch stands now.
///
/// # Errors
/// As [`mint`], but for [`Code::BeyondPlanned`]; [`Code::WrongState`] only for a foreign batch.
pub fn mint_as_elsewhere(db: &mut Db, stamp: &Stamp, no: BatchNo, count: i64, epoch: Epoch, gtin: Option<&str>) -> Result<Minted> {
    let before = batch(db, no)?.ok_or(Code::NotFound)?;
    may_mint(BatchStatus::Open, before.origin)?;
    mint_more(db, stamp, before, count, epoch, gtin)
}

fn mint_more(db: &mut Db, stamp: &Stamp, before: Batch, count: i64, epoch: Epoch, gtin: Option<&str>) -> Result<Minted> {
    let no = before.no;
    if count < 1 {
        return Err(Fault::new("count", Code::OutOfRange).with("min", 1).with("max", UNITS_PER_BATCH).into());
    }
    if count > UNITS_PER_BATCH - before.minted {
        let fault = Fault::new("count", Code::BatchTooLarge).with("max", UNITS_PER_BATCH - before.minted);
        return Err(Refusal { code: Code::BatchTooLarge, args: Vec::new(), faults: vec![fault] }.into());
    }
    let first = before.minted == 0;
    let (gtin, epoch, at) = if first {
        (gtin, i64::from(epoch.number()), Some(stamp.at))
    } else {
        (before.minted_gtin.as_deref(), epoch_of(&before)?, before.minted_at)
    };
    if gtin.is_some_and(|gtin| gtin.len() != 14 || !gtin.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Fault::new("gtin", Code::NotAGtin).into());
    }
    let units = before.minted..before.minted + count;
    // The count it started from is part of the condition: no unit is ever handed out twice.
    let changed = each!(db, |c| diesel::update(
        batch_table::table
            .filter(batch_table::no.eq(no.0).and(batch_table::minted.eq(before.minted)).and(batch_table::version.eq(before.version)))
    )
    .set((
        batch_table::minted.eq(units.end),
        batch_table::minted_gtin.eq(gtin),
        batch_table::minted_epoch.eq(epoch),
        batch_table::minted_at.eq(at),
        batch_table::version.eq(before.version + 1),
    ))
    .execute(c))?;
    if changed == 0 {
        return Err(Code::Stale.into());
    }
    let body = serde_json::json!({ "units": units_text(&units), "count": count, "gtin": gtin, "epoch": epoch });
    events::append(db, stamp, EventKind::BatchMinted, Subject::Thing(SUBJECT, no.0), &body)?;
    let epoch = u8::try_from(epoch).map_err(Error::broken)?;
    Ok(Minted { units, gtin: gtin.map(str::to_owned), epoch })
}

/// The same for the batch of a code, with the GTIN its sku has now.
pub fn mint_next(db: &mut Db, stamp: &Stamp, code: &str, count: i64, epoch: Epoch) -> Result<Minted> {
    let batch = batch_by_code(db, code)?.ok_or(Code::NotFound)?;
    let gtin = skus::by_id(db, batch.sku_id)?.and_then(|sku| sku.gtin);
    mint(db, stamp, batch.no, count, epoch, gtin.as_deref())
}

fn epoch_of(batch: &Batch) -> Result<i64> {
    batch.minted_epoch.ok_or_else(|| Error::broken(format!("batch {} is minted without an epoch", batch.no.0)))
}

/// The void units of a batch and the version of their row, if there is one.
fn bitmap(db: &mut Db, no: BatchNo) -> Result<Option<(RoaringBitmap, i64)>> {
    let rows: Vec<(Vec<u8>, i64)> =
        each!(db, |c| batch_void::table.filter(batch_void::batch_no.eq(no.0)).select((batch_void::bitmap, batch_void::version)).load(c))?;
    rows.into_iter().next().map(|(bytes, version)| Ok((void_units_of(&bytes)?, version))).transpose()
}

/// The void units in a row's bytes.
fn void_units_of(bytes: &[u8]) -> Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes).map_err(Error::broken)
}

/// The void units of a batch, counted from 0.
pub fn voids_of(db: &mut Db, no: BatchNo) -> Result<RoaringBitmap> {
    Ok(bitmap(db, no)?.map(|(units, _)| units).unwrap_or_default())
}

/// The void units of many batches, counted from 0; batches without any are left out.
pub fn voids_of_batches(db: &mut Db, numbers: &[BatchNo]) -> Result<HashMap<BatchNo, RoaringBitmap>> {
    let mut voids = HashMap::new();
    for chunk in numbers.chunks(CHUNK_KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|no| no.0).collect();
        let rows: Vec<(i64, Vec<u8>)> = each!(db, |c| planned(
            batch_void::table.filter(batch_void::batch_no.eq_any(&keys)).select((batch_void::batch_no, batch_void::bitmap)),
            keys.len() == 1
        )
        .load(c))?;
        for (no, bytes) in rows {
            voids.insert(BatchNo(no), void_units_of(&bytes)?);
        }
    }
    Ok(voids)
}

/// Whether a unit is void.
pub fn is_void(db: &mut Db, garment: GarmentId) -> Result<bool> {
    Ok(holds(&voids_of(db, garment.batch())?, garment.unit()))
}

fn holds(units: &RoaringBitmap, unit: i64) -> bool {
    u32::try_from(unit).is_ok_and(|unit| units.contains(unit))
}

/// Whether a garment exists: its batch does, its unit is minted and not void. Of a foreign batch this says only that the unit was given
/// out; whether a serial belongs to it is for the room of serials to say.
pub fn is_issued(db: &mut Db, garment: GarmentId) -> Result<bool> {
    let minted = batch(db, garment.batch())?.is_some_and(|batch| garment.unit() < batch.minted);
    Ok(!is_void(db, garment)? && minted)
}

/// Makes units void, for ever: their serials are answered like ones that never were. Returns how many were not void before.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::OutOfRange`] for units that are not minted; [`Code::Missing`] without a reason or units.
pub fn void_units(db: &mut Db, stamp: &Stamp, no: BatchNo, units: &[Range<i64>], reason: &str) -> Result<i64> {
    let reason = crate::kernel::text::line("reason", reason, 200)?;
    let batch = batch(db, no)?.ok_or(Code::NotFound)?;
    if units.is_empty() {
        return Err(Fault::new("units", Code::Missing).into());
    }
    let known = bitmap(db, no)?;
    let version = known.as_ref().map(|(_, version)| *version);
    let mut void = known.map(|(units, _)| units).unwrap_or_default();
    let before = void.len();
    for range in units {
        let outside = || Fault::new("units", Code::OutOfRange).with("value", units_text(range)).with("min", 1).with("max", batch.minted);
        if range.start < 0 || range.end > batch.minted || range.is_empty() {
            return Err(outside().into());
        }
        let bound = |unit: i64| u32::try_from(unit).map_err(|_| outside());
        void.insert_range(bound(range.start)?..bound(range.end)?);
    }
    let added = void.len() - before;
    if added == 0 {
        return Ok(0);
    }
    void.optimize();
    let mut bytes = Vec::with_capacity(void.serialized_size());
    void.serialize_into(&mut bytes)?;
    let voided = i64::try_from(void.len()).map_err(Error::broken)?;
    let written = match version {
        None => each!(db, |c| diesel::insert_into(batch_void::table)
            .values((
                batch_void::batch_no.eq(no.0),
                batch_void::bitmap.eq(&bytes),
                batch_void::voided.eq(voided),
                batch_void::version.eq(1)
            ))
            .execute(c)),
        Some(version) => {
            each!(db, |c| diesel::update(batch_void::table.filter(batch_void::batch_no.eq(no.0).and(batch_void::version.eq(version))))
                .set((batch_void::bitmap.eq(&bytes), batch_void::voided.eq(voided), batch_void::version.eq(version + 1)))
                .execute(c))
        }
    }?;
    if written == 0 {
        return Err(Code::Stale.into());
    }
    let texts: Vec<String> = units.iter().map(units_text).collect();
    let body = serde_json::json!({ "units": texts.join(", "), "count": added, "reason": reason });
    events::append(db, stamp, EventKind::BatchVoided, Subject::Thing(SUBJECT, no.0), &body)?;
    i64::try_from(added).map_err(Error::broken)
}

/// The same for the batch of a code.
pub fn void_of(db: &mut Db, stamp: &Stamp, code: &str, units: &[Range<i64>], reason: &str) -> Result<i64> {
    let batch = batch_by_code(db, code)?.ok_or(Code::NotFound)?;
    void_units(db, stamp, batch.no, units, reason)
}
