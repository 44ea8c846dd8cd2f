//! Batches and their lots from files: many at a time, and what is there already stays as it is.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;

use super::batches::{batches_by_code, insert, insert_lots, next_no, saved, update, used_lot};
use crate::each;
use crate::kernel::{BatchNo, Code, Fault, Id, Result};
use crate::platform::db::schema::{batch, batch_lot};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::Stamp;
use crate::platform::imports::{Applied, Entry};
use crate::production::batches::rules::{self, units_text};
use crate::production::batches::store::batches::Resolved;
use crate::production::batches::{Batch, BatchDraft, BatchLot};
use crate::production::{materials, parties, products};

/// What a chunk of batches points at.
struct Beside {
    batches: HashMap<String, Batch>,
    skus: HashMap<String, Id>,
    factories: HashMap<String, Id>,
    sku_codes: HashMap<Id, String>,
    factory_codes: HashMap<Id, String>,
}

/// What a row asks for, held against the store.
enum Asked<'a> {
    New(Resolved),
    Same,
    Other(&'a Batch, Resolved),
}

impl Beside {
    fn of(db: &mut Db, chunk: &[Entry<BatchDraft>]) -> Result<Self> {
        let all = |code: fn(&BatchDraft) -> &str| {
            chunk.iter().map(|entry| code(&entry.record)).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        let batches = batches_by_code(db, &all(|record| &record.code))?;
        let now = |id: fn(&Batch) -> Id| batches.values().map(id).collect::<Vec<_>>();
        Ok(Self {
            sku_codes: products::skus_by_ids(db, &now(|batch| batch.sku_id))?.into_iter().map(|(id, sku)| (id, sku.code)).collect(),
            factory_codes: parties::codes_of_ids(db, &now(|batch| batch.factory_id))?,
            batches,
            skus: products::skus_by_codes(db, &all(|record| &record.sku))?.into_iter().map(|(code, sku)| (code, sku.id)).collect(),
            factories: parties::ids_of_codes(db, &all(|record| &record.factory))?,
        })
    }

    /// A batch as a file would say it, in what `draft` speaks of.
    fn draft_of(&self, batch: &Batch, draft: &BatchDraft) -> BatchDraft {
        BatchDraft {
            code: batch.code.clone(),
            sku: self.sku_codes.get(&batch.sku_id).cloned().unwrap_or_default(),
            factory: self.factory_codes.get(&batch.factory_id).cloned().unwrap_or_default(),
            line: batch.line.clone(),
            started_on: batch.started_on,
            finished_on: batch.finished_on,
            planned: batch.planned,
            status: draft.status.as_ref().map(|_| batch.status.as_str().to_owned()),
            origin: draft.origin.as_ref().map(|_| batch.origin.as_str().to_owned()),
            lots: Vec::new(),
            version: None,
        }
    }

    fn hold(&self, draft: &BatchDraft) -> Result<Asked<'_>, Fault> {
        let unknown = |column: &'static str, code: &str| Fault::new(column, Code::UnknownReference).with("value", code);
        let sku = self.skus.get(&draft.sku).copied().ok_or_else(|| unknown("sku_code", &draft.sku))?;
        let factory = self.factories.get(&draft.factory).copied().ok_or_else(|| unknown("factory_code", &draft.factory))?;
        let resolved = Resolved { sku, factory, lots: Vec::new() };
        let Some(batch) = self.batches.get(&draft.code) else {
            return Ok(Asked::New(resolved));
        };
        let same_origin = draft.origin.as_deref().is_none_or(|origin| origin == batch.origin.as_str());
        if batch.minted > 0 && (batch.sku_id != sku || !same_origin) {
            return Err(Fault::new(if same_origin { "sku_code" } else { "origin" }, Code::BatchMinted));
        }
        let same = batch.sku_id == sku
            && batch.factory_id == factory
            && batch.line == draft.line
            && batch.started_on == draft.started_on
            && batch.finished_on == draft.finished_on
            && batch.planned == draft.planned
            && draft.status.as_deref().is_none_or(|status| status == batch.status.as_str())
            && same_origin;
        Ok(if same { Asked::Same } else { Asked::Other(batch, resolved) })
    }
}

/// What loading these batches would do, and what is wrong with them (by place).
///
/// # Errors
/// When the store does.
pub fn would_load(db: &mut Db, chunk: &[Entry<BatchDraft>]) -> Result<(Applied, Vec<(usize, Fault)>)> {
    let beside = Beside::of(db, chunk)?;
    let (mut would, mut faults) = (Applied::default(), Vec::new());
    for (place, Entry { line, record }) in chunk.iter().enumerate() {
        match beside.hold(record) {
            Ok(Asked::New(_)) => would.add(*line, &record.code),
            Ok(Asked::Same) => would.keep(),
            Ok(Asked::Other(batch, _)) => drop(would.compare(*line, &record.code, Some(&beside.draft_of(batch, record)), record)?),
            Err(fault) => faults.push((place, fault)),
        }
    }
    Ok((would, faults))
}

/// Loads batches; their lots stay as they are.
///
/// # Errors
/// As [`super::batches::create`] and [`super::batches::change`].
pub fn load(db: &mut Db, stamp: &Stamp, chunk: &[Entry<BatchDraft>]) -> Result<Applied> {
    let beside = Beside::of(db, chunk)?;
    let mut applied = Applied::default();
    let mut next: Option<BatchNo> = None;
    for Entry { line, record } in chunk {
        match beside.hold(record)? {
            Asked::Same => applied.keep(),
            Asked::New(resolved) => {
                let sound = rules::check(record)?;
                let no = match next {
                    Some(no) if no.0 <= crate::kernel::ids::LAST_BATCH_NO => no,
                    _ => next_no(db)?,
                };
                insert(db, stamp, no, &sound, &resolved)?;
                saved(db, stamp, no, &sound.draft)?;
                next = Some(BatchNo(no.0 + 1));
                applied.add(*line, &record.code);
            }
            Asked::Other(batch, resolved) => {
                let mut draft = record.clone();
                draft.status.get_or_insert_with(|| batch.status.as_str().to_owned());
                draft.origin.get_or_insert_with(|| batch.origin.as_str().to_owned());
                let sound = rules::check(&draft)?;
                update(db, batch, batch.version, &sound, &resolved)?;
                saved(db, stamp, batch.no, &serde_json::json!({ "facts": sound.draft }))?;
                applied.compare(*line, &record.code, Some(&beside.draft_of(batch, record)), record)?;
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
    /// Code of the lot.
    pub lot: String,
    /// Units, from 0, end left out.
    pub units: Range<i64>,
    /// How much went in.
    pub quantity_milli: Option<i64>,
}

/// What loading lots of batches would do.
#[derive(Default)]
pub struct UsePlan {
    add: Vec<BatchLot>,
    /// Those whose end or quantity changes; their key is batch, component, lot and first unit.
    change: Vec<BatchLot>,
    touched: BTreeSet<(i64, String)>,
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
    let all = |code: fn(&UseRecord) -> &str| {
        chunk.iter().map(|entry| code(&entry.record)).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let batches = batches_by_code(db, &all(|record| &record.batch))?;
    let lots = materials::lots_by_code(db, &all(|record| &record.lot))?;
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
    let mut wanted: Vec<(usize, BatchLot)> = Vec::new();
    for (place, Entry { record, .. }) in chunk.iter().enumerate() {
        let unknown = |column: &'static str, code: &str| Fault::new(column, Code::UnknownReference).with("value", code);
        match (batches.get(&record.batch), lots.get(&record.lot)) {
            (None, _) => plan.faults.push((place, unknown("batch_code", &record.batch))),
            (_, None) => plan.faults.push((place, unknown("lot_code", &record.lot))),
            (Some(batch), Some(lot)) => {
                wanted.push((place, used_lot(batch.no, &record.component, lot.id, &record.units, record.quantity_milli)))
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
            Some(_) => plan.change.push(used.clone()),
            None => plan.add.push(used.clone()),
        }
        if let Some(Entry { line, record }) = chunk.get(*place) {
            let facts =
                |units: &Range<i64>, quantity: Option<i64>| serde_json::json!({ "units": units_text(units), "quantity_milli": quantity });
            let key = format!("{} {} {}", record.batch, record.component, record.lot);
            let before = same_start.map(|(units, quantity)| facts(units, *quantity));
            plan.would.compare(*line, &key, before.as_ref(), &facts(&used.units, used.quantity_milli))?;
            plan.touched.insert((used.batch.0, record.batch.clone()));
        }
    }
    Ok(plan)
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
    let mut uses: HashMap<&str, Vec<serde_json::Value>> = HashMap::new();
    for Entry { record, .. } in chunk {
        uses.entry(&record.batch).or_default().push(serde_json::json!({
            "component": record.component, "lot": record.lot, "units": units_text(&record.units), "quantity_milli": record.quantity_milli,
        }));
    }
    for (no, code) in &plan.touched {
        // Whoever has the batch open in a form now holds an old state.
        each!(db, |c| diesel::update(batch::table.filter(batch::no.eq(no))).set(batch::version.eq(batch::version + 1)).execute(c))?;
        let body = serde_json::json!({ "code": code, "lots": uses.get(code.as_str()) });
        saved(db, stamp, BatchNo(*no), &body)?;
    }
    Ok(plan.would)
}
