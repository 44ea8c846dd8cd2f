//! The lots of batches from files: many at a time; what is there already and what the file does not speak of stays as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;

use super::batches::{KEYS, batches_by_code, insert_lots};
use crate::each;
use crate::kernel::{Code, Fault, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch, batch_lot};
use crate::platform::events::Stamp;
use crate::platform::imports::{Applied, Entry};
use crate::platform::rooms::{Thing, tell_saved};
use crate::production::batches::rules::{GUARDS, came_after, units_text};
use crate::production::batches::{ALL_UNITS, BatchLot, BatchSheet, LotUse};
use crate::production::corrections::{self, frozen};
use crate::production::materials::{self, LotName};

/// A row of a file of lots of batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRecord {
    /// Code of the batch.
    pub batch: String,
    /// The component.
    pub component: String,
    /// The lot.
    pub lot: LotName,
    /// Units, from 0, end left out; None when the file does not speak of them.
    pub units: Option<Range<i64>>,
    /// How much went in, if it is said; None when the file does not speak of it.
    pub quantity_milli: Option<Option<i64>>,
}

/// What loading lots of batches would do.
#[derive(Default)]
pub struct UsePlan {
    add: Vec<BatchLot>,
    /// Those whose end or quantity changes; their key is batch, component, lot and first unit.
    change: Vec<BatchLot>,
    /// Codes of the batches that change, by number.
    touched: BTreeMap<i64, String>,
    /// What each row says, by place.
    pub wanted: Vec<(usize, BatchLot)>,
    /// The counts.
    pub would: Applied,
    /// What is wrong, by place.
    pub faults: Vec<(usize, Fault)>,
}

/// Units made of a lot, and how much of it went in.
type Used = (Range<i64>, Option<i64>);

/// Holds lots of batches against the store.
pub fn plan_uses(db: &mut Db, chunk: &[Entry<UseRecord>]) -> Result<UsePlan> {
    let codes: BTreeSet<&str> = chunk.iter().map(|entry| entry.record.batch.as_str()).collect();
    let batches = batches_by_code(db, &codes.into_iter().collect::<Vec<_>>())?;
    let lots = materials::lots_called(db, chunk.iter().map(|entry| &entry.record.lot), None)?;
    let numbers: Vec<i64> = batches.values().map(|batch| batch.no.0).collect();
    let mut there: HashMap<(i64, String, i64), Vec<Used>> = HashMap::new();
    for chunk in numbers.chunks(KEYS) {
        let rows: Vec<(i64, String, i64, i64, i64, Option<i64>)> =
            each!(db, |c| batch_lot::table.filter(batch_lot::batch_no.eq_any(chunk)).load(c))?;
        for (no, component, lot, from, to, quantity_milli) in rows {
            there.entry((no, component, lot)).or_default().push((from..to, quantity_milli));
        }
    }
    let mut plan = UsePlan::default();
    let standing = corrections::of_batches(db, &batches.values().map(|batch| batch.no).collect::<Vec<_>>())?;
    let mut wanted: Vec<(usize, BatchLot)> = Vec::new();
    for (place, Entry { record, .. }) in chunk.iter().enumerate() {
        let unknown = |code: &str| Fault::new("batch_code", Code::UnknownReference).with("value", code);
        match (batches.get(&record.batch), lots.get("lot_code", &record.lot)) {
            (None, _) => plan.faults.push((place, unknown(&record.batch))),
            (_, Err(fault)) => plan.faults.push((place, fault)),
            (Some(batch), Ok(lot)) => {
                let beside = there.get(&(batch.no.0, record.component.clone(), lot.id.0)).map_or(&[][..], Vec::as_slice);
                let only = if let [(units, _)] = beside { Some(units.clone()) } else { None };
                let units = record.units.clone().or(only).unwrap_or(ALL_UNITS);
                let known = beside.iter().find(|(other, _)| other.start == units.start).and_then(|(_, quantity)| *quantity);
                let quantity = record.quantity_milli.unwrap_or(known);
                let used = BatchLot { batch: batch.no, component: record.component.clone(), lot: lot.id, units, quantity_milli: quantity };
                wanted.push((place, used));
            }
        }
    }
    let restated: std::collections::HashSet<(i64, &str, i64, i64)> =
        wanted.iter().map(|(_, used)| (used.batch.0, used.component.as_str(), used.lot.0, used.units.start)).collect();
    for (place, used) in &wanted {
        let beside = there.get(&(used.batch.0, used.component.clone(), used.lot.0)).map_or(&[][..], Vec::as_slice);
        let same_start = beside.iter().find(|(units, _)| units.start == used.units.start);
        let restates = |units: &Range<i64>| restated.contains(&(used.batch.0, used.component.as_str(), used.lot.0, units.start));
        let meets = |units: &Range<i64>| units.start < used.units.end && used.units.start < units.end;
        if let Some((other, _)) = beside.iter().find(|(units, _)| meets(units) && !restates(units)) {
            let fault = Fault::new("units", Code::Duplicate).with("field", "units").with("value", units_text(&used.units));
            plan.faults.push((*place, fault.with("overlaps", units_text(other))));
            continue;
        }
        match same_start {
            Some((units, quantity)) if *units == used.units && *quantity == used.quantity_milli => {
                plan.would.keep();
                continue;
            }
            Some((units, quantity)) => {
                let before = said(used, units, *quantity);
                let held = standing.get(&used.batch).map(|standing| {
                    let after = said(used, &used.units, used.quantity_milli);
                    frozen(GUARDS, &before, &after, standing)
                });
                let column = if *units == used.units { "quantity" } else { "units" };
                plan.faults.extend(held.into_iter().flatten().map(|fault| (*place, Fault { field: column.into(), ..fault })));
                plan.change.push(used.clone());
            }
            None => {
                let named = chunk.get(*place).map(|entry| (batches.get(&entry.record.batch), lots.get("lot_code", &entry.record.lot)));
                if let Some((Some(batch), Ok(lot))) = named {
                    plan.faults.extend(came_after("lot_code", lot, batch).map(|fault| (*place, fault)));
                }
                let is_sold = standing.get(&used.batch).is_some_and(|standing| standing.sold > 0);
                let sold = if is_sold { corrections::sold_in(db, used.batch, std::slice::from_ref(&used.units))? } else { 0 };
                plan.faults.extend((sold > 0).then(|| (*place, corrections::fixed("lot_code", "sold", sold))));
                plan.add.push(used.clone());
            }
        }
        if let Some((Entry { line, record }, batch)) = chunk.get(*place).and_then(|entry| Some((entry, batches.get(&entry.record.batch)?)))
        {
            let facts =
                |units: &Range<i64>, quantity: Option<i64>| serde_json::json!({ "units": units_text(units), "quantity_milli": quantity });
            let key = format!("{} {} {}", batch.code, record.component, record.lot);
            let before = same_start.map(|(units, quantity)| facts(units, *quantity));
            plan.would.compare(*line, &key, before.as_ref(), &facts(&used.units, used.quantity_milli))?;
            plan.touched.insert(batch.no.0, batch.code.clone());
        }
    }
    plan.wanted = wanted;
    Ok(plan)
}

/// One use of a lot, as its batch says it.
fn said(used: &BatchLot, units: &Range<i64>, quantity_milli: Option<i64>) -> BatchSheet {
    let (component, lot) = (used.component.clone(), used.lot.to_string());
    let used = LotUse { component, lot, units: Some(units_text(units)), quantity_milli, ..LotUse::default() };
    BatchSheet { lots: vec![used], ..BatchSheet::default() }
}

/// Loads lots of batches.
///
/// # Errors
/// The first fault of [`plan_uses`].
pub fn load_uses(db: &mut Db, stamp: &Stamp, chunk: &[Entry<UseRecord>]) -> Result<Applied> {
    let plan = plan_uses(db, chunk)?;
    if let Some((_, fault)) = plan.faults.first() {
        return Err(fault.clone().into());
    }
    let touched: Vec<&str> = plan.touched.values().map(String::as_str).collect();
    let before = BatchSheet::with_codes(db, &touched)?;
    insert_lots(db, &plan.add)?;
    for used in &plan.change {
        let row = batch_lot::table.filter(
            batch_lot::batch_no
                .eq(used.batch.0)
                .and(batch_lot::component.eq(&used.component))
                .and(batch_lot::lot_id.eq(used.lot.0))
                .and(batch_lot::unit_from.eq(used.units.start)),
        );
        each!(db, |c| diesel::update(row)
            .set((batch_lot::unit_to.eq(used.units.end), batch_lot::quantity_milli.eq(used.quantity_milli)))
            .execute(c))?;
    }
    for no in plan.touched.keys() {
        // Whoever has the batch open in a form now holds an old state.
        each!(db, |c| diesel::update(batch::table.filter(batch::no.eq(no))).set(batch::version.eq(batch::version + 1)).execute(c))?;
    }
    for saved in BatchSheet::with_codes(db, &touched)? {
        tell_saved(db, stamp, before.iter().find(|before| before.no == saved.no), &saved)?;
    }
    if !plan.touched.is_empty() {
        db.bump("genealogy")?;
    }
    Ok(plan.would)
}
