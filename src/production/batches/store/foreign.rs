//! Garments that came with serials of their own: each gets the next unit of a foreign batch and a row that says so.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::batches::{SUBJECT, batches_by_code};
use crate::each;
use crate::kernel::event::EventKind;
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Result};
use crate::platform::db::schema::{batch as batch_table, foreign_serial};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::production::batches::{Batch, Origin};
use crate::production::skus::{self, Sku};

/// How far beyond the units before it the unit of a garment from a file may be, where its batch was not planned larger.
const UNITS_SKIPPED: i64 = 1_000;
/// Rows read at a time.
const ROWS: i64 = 2_000;

/// A garment as a file brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignGarment {
    /// Its serial: any value GS1 AI 21 may have, exactly as on its label.
    pub serial: String,
    /// The GTIN on its label, fourteen digits; None for the sku's own.
    pub gtin: Option<String>,
    /// Code of the foreign batch it belongs to.
    pub batch: String,
    /// Its unit, from 0; None for the next.
    pub unit: Option<i64>,
}

/// What adding garments would do.
#[derive(Debug, Default)]
pub struct ForeignPlan {
    /// New rows: serial, GTIN (empty for none), garment, and the place among those asked.
    add: Vec<(String, String, GarmentId, usize)>,
    /// Batches that grow: how many units are given out now and then.
    grown: HashMap<i64, (i64, i64)>,
    /// How many are there already, just so.
    pub unchanged: u64,
    /// What is wrong, with the place among those asked.
    pub faults: Vec<(usize, Fault)>,
}

impl ForeignPlan {
    /// The places of those that are new, among those asked.
    pub fn added(&self) -> impl Iterator<Item = usize> {
        self.add.iter().map(|(_, _, _, place)| *place)
    }
}

/// Holds garments against the store and gives each new one its unit. `next` remembers the next free unit of each batch from one chunk of a
/// file to the following one that is only checked; a fresh map starts from the store.
pub fn plan(db: &mut Db, garments: &[ForeignGarment], next: &mut HashMap<BatchNo, i64>) -> Result<ForeignPlan> {
    let mut plan = ForeignPlan::default();
    let codes: HashSet<&str> = garments.iter().map(|garment| garment.batch.as_str()).collect();
    let batches = batches_by_code(db, &codes.into_iter().collect::<Vec<_>>())?;
    let skus: HashSet<Id> = batches.values().map(|batch| batch.sku_id).collect();
    let gtins = Gtins::of(db, &skus.into_iter().collect::<Vec<_>>())?;
    let serials: Vec<&str> = garments.iter().map(|garment| garment.serial.as_str()).collect();
    let mut there: HashMap<(String, String), GarmentId> = HashMap::new();
    for chunk in serials.chunks(chunk_rows(1) / 4) {
        let rows: Vec<(String, String, i64)> = each!(db, |c| foreign_serial::table.filter(foreign_serial::serial.eq_any(chunk)).load(c))?;
        there.extend(rows.into_iter().map(|(serial, gtin, garment)| ((serial, gtin), GarmentId(garment))));
    }
    let asked: Vec<i64> = garments
        .iter()
        .filter_map(|garment| GarmentId::new(batches.get(&garment.batch)?.no, garment.unit?))
        .map(|garment| garment.0)
        .collect();
    let mut given_out: HashSet<i64> = HashSet::new();
    for chunk in asked.chunks(chunk_rows(1) / 4) {
        let rows: Vec<i64> = each!(db, |c| foreign_serial::table
            .filter(foreign_serial::garment_id.eq_any(chunk))
            .select(foreign_serial::garment_id)
            .load(c))?;
        given_out.extend(rows);
    }
    for (place, garment) in garments.iter().enumerate() {
        let found =
            batches.get(&garment.batch).ok_or_else(|| Fault::new("batch_code", Code::UnknownReference).with("value", &garment.batch));
        let gtin = found.and_then(|batch| Ok((batch, gtins.of_garment(batch, garment.gtin.as_deref())?)));
        let (batch, gtin) = match gtin {
            Ok(both) => both,
            Err(fault) => {
                plan.faults.push((place, fault));
                continue;
            }
        };
        if let Some(known) = there.get(&(garment.serial.clone(), gtin.clone())) {
            if known.batch() == batch.no && garment.unit.is_none_or(|unit| unit == known.unit()) {
                plan.unchanged += 1;
            } else {
                plan.faults.push((place, Fault::new("serial", Code::Duplicate).with("field", "serial").with("value", &garment.serial)));
            }
            continue;
        }
        let free = next.entry(batch.no).or_insert(batch.minted);
        let unit = garment.unit.unwrap_or(*free);
        // A unit far beyond those before it is a slip, and would count all between as made.
        let most = *free + batch.planned.max(UNITS_SKIPPED);
        match GarmentId::new(batch.no, unit) {
            Some(_) if unit > most => plan.faults.push((place, Fault::new("unit", Code::OutOfRange).with("min", 1).with("max", most + 1))),
            None => plan.faults.push((place, Fault::new("unit", Code::BatchTooLarge).with("max", UNITS_PER_BATCH))),
            Some(id) if !given_out.insert(id.0) => {
                plan.faults.push((place, Fault::new("unit", Code::Duplicate).with("field", "unit").with("value", unit + 1)));
            }
            Some(id) => {
                *free = (unit + 1).max(*free);
                plan.grown.insert(batch.no.0, (batch.minted, *free));
                there.insert((garment.serial.clone(), gtin.clone()), id);
                plan.add.push((garment.serial.clone(), gtin, id, place));
            }
        }
    }
    Ok(plan)
}

/// Hands on the garments of a foreign batch by unit: serial and GTIN, which is empty where there is none.
pub fn each_of_batch(db: &mut Db, no: BatchNo, each: &mut dyn FnMut(String, String, GarmentId) -> Result<()>) -> Result<()> {
    let (mut first, last) = GarmentId::range_of(no);
    loop {
        let rows: Vec<(String, String, GarmentId)> = each!(db, |c| foreign_serial::table
            .filter(foreign_serial::garment_id.between(first, last))
            .order(foreign_serial::garment_id)
            .limit(ROWS)
            .load(c))?;
        let Some((.., garment)) = rows.last() else { return Ok(()) };
        first = garment.0 + 1;
        rows.into_iter().try_for_each(|(serial, gtin, garment)| each(serial, gtin, garment))?;
    }
}

/// The GTINs of skus: the present one and those they once had.
struct Gtins {
    skus: HashMap<Id, Sku>,
    once: HashMap<Id, Vec<String>>,
}

impl Gtins {
    fn of(db: &mut Db, skus: &[Id]) -> Result<Self> {
        Ok(Self { skus: skus::by_ids(db, skus)?, once: skus::old_gtins(db, skus)? })
    }

    /// The GTIN a garment's serial is kept under; empty for none.
    fn of_garment(&self, batch: &Batch, given: Option<&str>) -> Result<String, Fault> {
        if batch.origin != Origin::Foreign {
            return Err(Fault::new("batch_code", Code::WrongState).with("state", batch.origin.as_str()).with("value", &batch.code));
        }
        let present = self.skus.get(&batch.sku_id).and_then(|sku| sku.gtin.as_deref());
        let once = |gtin: &str| self.once.get(&batch.sku_id).is_some_and(|once| once.iter().any(|old| old == gtin));
        match given {
            None => Ok(present.unwrap_or_default().to_owned()),
            Some("") => Ok(String::new()),
            Some(gtin) if present == Some(gtin) || once(gtin) => Ok(gtin.to_owned()),
            Some(gtin) => Err(Fault::new("gtin", Code::UnknownReference).with("value", gtin)),
        }
    }
}

/// Adds garments, each with its event. Those that are there already stay as they are.
///
/// # Errors
/// The first fault of [`plan`].
pub fn add(db: &mut Db, stamp: &Stamp, garments: &[ForeignGarment]) -> Result<ForeignPlan> {
    let plan = plan(db, garments, &mut HashMap::new())?;
    if let Some((_, fault)) = plan.faults.first() {
        return Err(fault.clone().into());
    }
    for chunk in plan.add.chunks(chunk_rows(3)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(serial, gtin, garment, _)| {
                (foreign_serial::serial.eq(serial), foreign_serial::gtin.eq(gtin), foreign_serial::garment_id.eq(garment.0))
            })
            .collect();
        each!(db, |c| diesel::insert_into(foreign_serial::table).values(&rows).execute(c))?;
    }
    for (no, (before, after)) in &plan.grown {
        let changed = each!(db, |c| diesel::update(batch_table::table.filter(batch_table::no.eq(no).and(batch_table::minted.eq(before))))
            .set((batch_table::minted.eq(after), batch_table::version.eq(batch_table::version + 1)))
            .execute(c))?;
        if changed == 0 {
            return Err(Error::Retry);
        }
    }
    let facts: Vec<(i64, serde_json::Value)> = plan
        .add
        .iter()
        .map(|(serial, gtin, garment, place)| {
            let batch = garments.get(*place).map(|garment| garment.batch.as_str());
            (garment.0, serde_json::json!({ SUBJECT: batch, "serial": serial, "gtin": gtin }))
        })
        .collect();
    events::append_garments(db, stamp, EventKind::GarmentImported, &facts)?;
    Ok(plan)
}
