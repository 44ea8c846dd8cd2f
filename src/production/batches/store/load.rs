//! Batches and their lots from files: many at a time; what is there already and what the file does not speak of stays as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;

use super::batches::{Resolved, batches_by_code, drafts_of, insert, insert_lots, next_no, saved, update, used_lot};
use crate::each;
use crate::kernel::{BatchNo, Code, Error, Fault, Refusal, Result};
use crate::platform::db::schema::{batch, batch_lot};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::Stamp;
use crate::platform::imports::{Applied, ChangeKind, Entry};
use crate::production::batches::import::BatchRecord;
use crate::production::batches::rules::{self, GUARDS, Sound, units_text};
use crate::production::batches::{ALL_UNITS, Batch, BatchDraft, BatchLot, LotUse};
use crate::production::corrections::{self, frozen};
use crate::production::materials::{self, LotName};
use crate::production::{parties, skus};

/// What is wrong, by the place of its row.
type Faulty = Vec<(usize, Fault)>;

/// A batch that is there, and what it says.
type There = Option<(Batch, BatchDraft)>;

/// A row held against the store.
struct Planned {
    line: u64,
    there: There,
    /// What it would say.
    sound: Sound,
    resolved: Resolved,
}

impl Planned {
    /// Counts what the row does.
    fn tell(&self, told: &mut Applied) -> Result<Option<ChangeKind>> {
        told.compare(self.line, &self.sound.draft.code, self.there.as_ref().map(|(_, before)| before), &self.sound.draft)
    }
}

/// Rows held against the store, and what is wrong with them (by place, under the fields of a draft).
fn plan(db: &mut Db, chunk: &[Entry<BatchRecord>]) -> Result<(Vec<Planned>, Faulty)> {
    let mut there = batches_by_code(db, &chunk.iter().map(|entry| entry.record.code.as_str()).collect::<Vec<_>>())?;
    let stored: Vec<Batch> = there.values().cloned().collect();
    let mut drafts = drafts_of(db, &stored)?;
    let standing = corrections::of_batches(db, &stored.iter().map(|batch| batch.no).collect::<Vec<_>>())?;
    let mut faults = Faulty::new();
    let mut laid: Vec<(usize, u64, There, Sound)> = Vec::with_capacity(chunk.len());
    for (place, Entry { line, record }) in chunk.iter().enumerate() {
        let before = there.remove(&record.code).and_then(|batch| Some((drafts.remove(&batch.no)?, batch)));
        let mut after =
            before.as_ref().map_or_else(|| BatchDraft { code: record.code.clone(), ..BatchDraft::default() }, |(draft, _)| draft.clone());
        record.edits.onto(&mut after);
        match rules::check(&after) {
            Ok(sound) => laid.push((place, *line, before.map(|(draft, batch)| (batch, draft)), sound)),
            Err(Error::Refused(refusal)) => faults.extend(refusal.faults.into_iter().map(|fault| (place, fault))),
            Err(error) => return Err(error),
        }
    }
    let skus = skus::by_codes(db, &laid.iter().map(|(.., sound)| sound.draft.sku.as_str()).collect::<Vec<_>>())?;
    let factories = parties::ids_of_codes(db, &laid.iter().map(|(.., sound)| sound.draft.factory.as_str()).collect::<Vec<_>>())?;
    let written = parties::codes_of_ids(db, &factories.values().copied().collect::<Vec<_>>())?;
    let mut rows = Vec::with_capacity(laid.len());
    for (place, line, there, mut sound) in laid {
        let draft = &mut sound.draft;
        let unknown = |field: &'static str, code: &str| (place, Fault::new(field, Code::UnknownReference).with("value", code));
        let Some(sku) = skus.get(&draft.sku) else {
            faults.push(unknown("sku", &draft.sku));
            continue;
        };
        let Some(factory) = factories.get(&draft.factory).copied() else {
            faults.push(unknown("factory", &draft.factory));
            continue;
        };
        draft.sku.clone_from(&sku.code);
        if let Some(code) = written.get(&factory) {
            draft.factory.clone_from(code);
        }
        let resolved = Resolved { sku: sku.id, factory, lots: Vec::new() };
        if let Some((batch, before)) = &there {
            let held = standing.get(&batch.no).map(|standing| frozen(GUARDS, before, &sound.draft, standing)).unwrap_or_default();
            faults.extend(rules::impossible(batch, &sound).into_iter().chain(held).map(|fault| (place, fault)));
        }
        rows.push(Planned { line, there, sound, resolved });
    }
    Ok((rows, faults))
}

/// What loading these batches would do, and what is wrong with them (by place, under the fields of a draft).
///
/// # Errors
/// When the store does.
pub fn would_load(db: &mut Db, chunk: &[Entry<BatchRecord>]) -> Result<(Applied, Faulty)> {
    let (rows, faults) = plan(db, chunk)?;
    let mut would = Applied::default();
    for row in &rows {
        row.tell(&mut would)?;
    }
    Ok((would, faults))
}

/// Loads batches; their lots stay as they are.
///
/// # Errors
/// What [`would_load`] finds, when it has come up since the file was checked.
pub fn load(db: &mut Db, stamp: &Stamp, chunk: &[Entry<BatchRecord>]) -> Result<Applied> {
    let (rows, faults) = plan(db, chunk)?;
    Refusal::unless_empty(faults.into_iter().map(|(_, fault)| fault).collect())?;
    let mut applied = Applied::default();
    let mut next: Option<BatchNo> = None;
    for row in &rows {
        match (row.tell(&mut applied)?, &row.there) {
            (None, _) => {}
            (Some(_), None) => {
                let no = match next {
                    Some(no) if no.0 <= crate::kernel::ids::LAST_BATCH_NO => no,
                    _ => next_no(db)?,
                };
                insert(db, stamp, no, &row.sound, &row.resolved)?;
                saved(db, stamp, no, &row.sound.draft)?;
                next = Some(BatchNo(no.0 + 1));
            }
            (Some(_), Some((batch, _))) => {
                update(db, batch, batch.version, &row.sound, &row.resolved)?;
                saved(db, stamp, batch.no, &serde_json::json!({ "facts": row.sound.draft }))?;
            }
        }
    }
    Ok(applied)
}

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
///
/// # Errors
/// When the store does.
pub fn plan_uses(db: &mut Db, chunk: &[Entry<UseRecord>]) -> Result<UsePlan> {
    let codes: BTreeSet<&str> = chunk.iter().map(|entry| entry.record.batch.as_str()).collect();
    let batches = batches_by_code(db, &codes.into_iter().collect::<Vec<_>>())?;
    let lots = materials::lots_called(db, chunk.iter().map(|entry| &entry.record.lot), None)?;
    let numbers: Vec<i64> = batches.values().map(|batch| batch.no.0).collect();
    let mut there: HashMap<(i64, String, i64), Vec<Used>> = HashMap::new();
    for chunk in numbers.chunks(chunk_rows(1) / 4) {
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
                wanted.push((place, used_lot(batch.no, &record.component, lot.id, &units, quantity)));
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
        if beside.iter().any(|(units, _)| meets(units) && !restates(units)) {
            plan.faults.push((*place, Fault::new("units", Code::Duplicate).with("field", "units").with("value", units_text(&used.units))));
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
            None => plan.add.push(used.clone()),
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
fn said(used: &BatchLot, units: &Range<i64>, quantity_milli: Option<i64>) -> BatchDraft {
    let lot = LotUse { component: used.component.clone(), lot: used.lot.to_string(), units: Some(units_text(units)), quantity_milli };
    BatchDraft { lots: vec![lot], ..BatchDraft::default() }
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
    let mut uses: HashMap<i64, Vec<serde_json::Value>> = HashMap::new();
    for (place, used) in &plan.wanted {
        let Some(Entry { record, .. }) = chunk.get(*place) else { continue };
        uses.entry(used.batch.0).or_default().push(serde_json::json!({
            "component": record.component, "lot": record.lot.to_string(), "units": units_text(&used.units), "quantity_milli": used.quantity_milli,
        }));
    }
    for (no, code) in &plan.touched {
        // Whoever has the batch open in a form now holds an old state.
        each!(db, |c| diesel::update(batch::table.filter(batch::no.eq(no))).set(batch::version.eq(batch::version + 1)).execute(c))?;
        let body = serde_json::json!({ "code": code, "lots": uses.get(no) });
        saved(db, stamp, BatchNo(*no), &body)?;
    }
    Ok(plan.would)
}
