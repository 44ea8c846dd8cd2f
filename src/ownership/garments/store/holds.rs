//! What keeps garments from being sold or claimed: one by one, or units of a batch by ranges, however many they are.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::json;

use super::super::{HoldKind, in_runs};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, GarmentId, Result};
use crate::platform::db::{CHUNK_KEYS, Db, in_chunks, lie_close, planned};
use crate::platform::events::{self, Stamp};
use crate::{each, text_column};

text_column!(HoldKind);

diesel::table! {
    garment_hold (garment_id, kind) {
        garment_id -> BigInt,
        kind -> Text,
        reason -> Text,
        set_by -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    unit_hold (batch_no, kind, reason, unit_from) {
        batch_no -> BigInt,
        kind -> Text,
        reason -> Text,
        unit_from -> BigInt,
        unit_to -> BigInt,
        set_by -> Text,
        at -> Timestamp,
    }
}

/// Keeps a garment from being sold, from now on; by some kinds from being claimed, too ([`HoldKind::bars_claims`]).
pub fn hold(db: &mut Db, stamp: &Stamp, garment: GarmentId, kind: HoldKind, reason: &str) -> Result<()> {
    let row = (
        garment_hold::garment_id.eq(garment.0),
        garment_hold::kind.eq(kind.as_str()),
        garment_hold::reason.eq(reason),
        garment_hold::set_by.eq(&stamp.actor),
        garment_hold::at.eq(stamp.at),
    );
    let new = each!(db, |c| diesel::insert_into(garment_hold::table).values(row).on_conflict_do_nothing().execute(c))?;
    if new == 0 {
        return Ok(());
    }
    events::append(db, stamp, EventKind::GarmentHeld, Subject::Garment(garment.0), &json!({ "hold": kind, "reason": reason }))
}

/// Takes back what [`hold`] said of a garment: it may be sold again, unless something else keeps it. Without such a hold nothing happens.
pub fn release(db: &mut Db, stamp: &Stamp, garment: GarmentId, kind: HoldKind) -> Result<()> {
    let held = garment_hold::table.find((garment.0, kind.as_str()));
    if each!(db, |c| diesel::delete(held).execute(c))? == 0 {
        return Ok(());
    }
    events::append(db, stamp, EventKind::GarmentReleased, Subject::Garment(garment.0), &json!({ "hold": kind }))
}

/// Keeps units of a batch (from 0, the end left out) from being sold, however many they are: a row for each range, none for a garment. `reason` names
/// what decided it, and [`release_units`] by the same takes it back.
pub fn hold_units(db: &mut Db, stamp: &Stamp, batch: BatchNo, units: &[Range<i64>], kind: HoldKind, reason: &str) -> Result<()> {
    let mut new = 0;
    for range in units.iter().filter(|range| !range.is_empty()) {
        let row = (
            unit_hold::batch_no.eq(batch.0),
            unit_hold::kind.eq(kind.as_str()),
            unit_hold::reason.eq(reason),
            unit_hold::unit_from.eq(range.start),
            unit_hold::unit_to.eq(range.end),
            unit_hold::set_by.eq(&stamp.actor),
            unit_hold::at.eq(stamp.at),
        );
        new += each!(db, |c| diesel::insert_into(unit_hold::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    if new == 0 {
        return Ok(());
    }
    let body = json!({ "hold": kind, "reason": reason, "units": units });
    events::append(db, stamp, EventKind::UnitsHeld, Subject::Thing("batch", batch.0), &body)
}

/// Takes back every hold of units of this kind that was decided with this. In how many batches.
pub fn release_units(db: &mut Db, stamp: &Stamp, kind: HoldKind, reason: &str) -> Result<usize> {
    let held = unit_hold::table.filter(unit_hold::kind.eq(kind.as_str()).and(unit_hold::reason.eq(reason)));
    let batches: BTreeSet<i64> = each!(db, |c| held.select(unit_hold::batch_no).load(c))?.into_iter().collect();
    each!(db, |c| diesel::delete(held).execute(c))?;
    for batch in &batches {
        let body = json!({ "hold": kind, "reason": reason });
        events::append(db, stamp, EventKind::UnitsReleased, Subject::Thing("batch", *batch), &body)?;
    }
    Ok(batches.len())
}

/// Since when, UTC, units are held with this; None when none is.
pub fn units_held(db: &mut Db, kind: HoldKind, reason: &str) -> Result<Option<NaiveDateTime>> {
    let held = unit_hold::table.filter(unit_hold::kind.eq(kind.as_str()).and(unit_hold::reason.eq(reason)));
    let found: Vec<NaiveDateTime> = each!(db, |c| held.select(unit_hold::at).load(c))?;
    Ok(found.into_iter().min())
}

/// Who holds units with this, once each.
pub fn holders_of_units(db: &mut Db, kind: HoldKind, reason: &str) -> Result<BTreeSet<String>> {
    let held = unit_hold::table.filter(unit_hold::kind.eq(kind.as_str()).and(unit_hold::reason.eq(reason)));
    let found: Vec<String> = each!(db, |c| held.select(unit_hold::set_by).load(c))?;
    Ok(found.into_iter().collect())
}

/// A range of units that are held: batch, kind, first, end.
type HeldUnits = (BatchNo, HoldKind, i64, i64);

fn held_units(db: &mut Db, batches: &[BatchNo]) -> Result<Vec<HeldUnits>> {
    in_chunks(batches, |batches| {
        let of = unit_hold::table.filter(unit_hold::batch_no.eq_any(batches)).order((unit_hold::batch_no, unit_hold::unit_from));
        let held = of.select((unit_hold::batch_no, unit_hold::kind, unit_hold::unit_from, unit_hold::unit_to));
        each!(db, |c| planned(held, batches.len() == 1).load(c))
    })
}

fn is_within(garment: GarmentId, (batch, _, from, to): &HeldUnits) -> bool {
    garment.batch() == *batch && (*from..*to).contains(&garment.unit())
}

/// What keeps these garments from being sold, where something does.
pub fn holds_of(db: &mut Db, garments: &[GarmentId]) -> Result<HashMap<GarmentId, HoldKind>> {
    let mut holds = HashMap::new();
    for chunk in in_runs(garments).into_iter().flat_map(|run| run.chunks(CHUNK_KEYS)) {
        let ids: Vec<i64> = chunk.iter().map(|garment| garment.0).collect();
        let all = garment_hold::table.select((garment_hold::garment_id, garment_hold::kind));
        let found: Vec<(i64, HoldKind)> = match lie_close(&ids) {
            Some((first, last)) => each!(db, |c| all.filter(garment_hold::garment_id.between(first, last)).load(c))?,
            None => each!(db, |c| planned(all.filter(garment_hold::garment_id.eq_any(&ids)), ids.len() == 1).load(c))?,
        };
        holds.extend(found.into_iter().map(|(garment, kind)| (GarmentId(garment), kind)));
    }
    let batches: Vec<BatchNo> = garments.iter().map(|garment| garment.batch()).collect::<BTreeSet<_>>().into_iter().collect();
    let ranges = held_units(db, &batches)?;
    if !ranges.is_empty() {
        let within = |garment: &GarmentId| ranges.iter().find(|range| is_within(*garment, range)).map(|(_, kind, ..)| (*garment, *kind));
        let held: Vec<_> = garments.iter().filter_map(within).collect();
        for (garment, kind) in held {
            holds.entry(garment).or_insert(kind);
        }
    }
    Ok(holds)
}

/// Everything that keeps a garment from being sold.
pub fn holds(db: &mut Db, garment: GarmentId) -> Result<Vec<HoldKind>> {
    let all = garment_hold::table.filter(garment_hold::garment_id.eq(garment.0)).order(garment_hold::kind);
    let mut holds: Vec<HoldKind> = each!(db, |c| all.select(garment_hold::kind).load(c))?;
    for range in held_units(db, &[garment.batch()])? {
        if is_within(garment, &range) && !holds.contains(&range.1) {
            holds.push(range.1);
        }
    }
    Ok(holds)
}
