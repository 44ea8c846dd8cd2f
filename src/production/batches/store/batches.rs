//! Batches as they are stored.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::LAST_BATCH_NO;
use crate::kernel::text::{ByCode, folded};
use crate::kernel::{BatchNo, Code, Fault, Id, Result};
use crate::platform::db::schema::{batch, batch_lot, lot};
use crate::platform::db::{Db, chunk_rows, planned};
use crate::production::batches::{BatchLot, BatchStatus, Origin};
use crate::{each, text_column};

/// The subject of a batch's events.
pub(in crate::production::batches) const SUBJECT: &str = "batch";
/// Keys looked up by one statement.
pub(super) const KEYS: usize = chunk_rows(1) / 4;

text_column!(BatchStatus, Origin);

/// A batch as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = batch, primary_key(no), treat_none_as_null = true)]
#[serde(default)]
pub struct Batch {
    /// Its number: the upper part of every garment id.
    #[serde(rename = "number")]
    pub no: BatchNo,
    /// Its code: unique, given by people.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// What is sewn.
    #[serde(skip)]
    pub sku_id: Id,
    /// Who sews.
    #[serde(skip)]
    pub factory_id: Id,
    /// The line, or empty.
    pub line: String,
    /// First day.
    pub started_on: Option<NaiveDate>,
    /// Last day; not before the first.
    pub finished_on: Option<NaiveDate>,
    /// Garments planned.
    pub planned: i64,
    /// Units that have serials: 0 to `minted - 1`. Of a foreign batch: units given out so far.
    pub minted: i64,
    /// The GTIN of its serials, fourteen digits; fixed at the first mint. None before it, and for a sku without GTIN.
    pub minted_gtin: Option<String>,
    /// The key epoch of its serials; fixed at the first mint.
    #[serde(skip)]
    pub minted_epoch: Option<i64>,
    /// When it was first minted, UTC.
    #[serde(skip)]
    pub minted_at: Option<NaiveDateTime>,
    /// Whose serials.
    pub origin: Origin,
    /// Where it stands.
    pub status: BatchStatus,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// The batch with this number.
pub fn batch(db: &mut Db, no: BatchNo) -> Result<Option<Batch>> {
    Ok(each!(db, |c| batch::table.find(no).select(Batch::as_select()).first(c).optional())?)
}

/// The batch with this code.
pub fn batch_by_code(db: &mut Db, code: &str) -> Result<Option<Batch>> {
    Ok(each!(db, |c| batch::table.filter(batch::code_key.eq(folded(code))).select(Batch::as_select()).first(c).optional())?)
}

/// The key epochs that serials were minted in.
pub fn epochs_in_use(db: &mut Db) -> Result<Vec<i64>> {
    let epochs: Vec<Option<i64>> =
        each!(db, |c| batch::table.filter(batch::minted_epoch.is_not_null()).select(batch::minted_epoch).distinct().load(c))?;
    Ok(epochs.into_iter().flatten().collect())
}

/// The batches with these numbers, in any order; those that are not there are left out.
pub fn batches(db: &mut Db, numbers: &[BatchNo]) -> Result<Vec<Batch>> {
    let mut found = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(KEYS) {
        found.extend(each!(db, |c| {
            let query = batch::table.filter(batch::no.eq_any(chunk)).select(Batch::as_select());
            planned(query, chunk.len() == 1).load::<Batch>(c)
        })?);
    }
    Ok(found)
}

/// The batches with these codes, by code; those that are not there are left out.
pub(in crate::production::batches) fn batches_by_code(db: &mut Db, codes: &[&str]) -> Result<ByCode<Batch>> {
    let mut found: Vec<Batch> = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(KEYS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code)).collect();
        found.extend(each!(db, |c| batch::table.filter(batch::code_key.eq_any(&keys)).select(Batch::as_select()).load::<Batch>(c))?);
    }
    Ok(found.into_iter().map(|batch| (batch.code.clone(), batch)).collect())
}

/// The lots a batch is made of, by component.
pub fn lots_of(db: &mut Db, no: BatchNo) -> Result<Vec<BatchLot>> {
    let rows: Vec<(String, Id, i64, i64, Option<i64>)> = each!(db, |c| batch_lot::table
        .filter(batch_lot::batch_no.eq(no))
        .order((batch_lot::component, batch_lot::unit_from, batch_lot::lot_id))
        .select((batch_lot::component, batch_lot::lot_id, batch_lot::unit_from, batch_lot::unit_to, batch_lot::quantity_milli))
        .load(c))?;
    let used = |(component, lot, from, to, quantity_milli)| BatchLot { batch: no, component, lot, units: from..to, quantity_milli };
    Ok(rows.into_iter().map(used).collect())
}

/// Whether a party may know of a batch: it sewed it, or one of its lots went in.
pub fn is_of_party(db: &mut Db, batch: &Batch, party: Id) -> Result<bool> {
    if batch.factory_id == party {
        return Ok(true);
    }
    let own: i64 = each!(db, |c| batch_lot::table
        .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
        .filter(batch_lot::batch_no.eq(batch.no).and(lot::party_id.eq(party)))
        .count()
        .get_result(c))?;
    Ok(own > 0)
}

/// The number after the last. Two writers that see the same last one: the store lets one of them commit and runs the other again.
pub(super) fn next_no(db: &mut Db) -> Result<BatchNo> {
    match last_no(db)?.0 + 1 {
        no if no <= LAST_BATCH_NO => Ok(BatchNo(no)),
        _ => Err(Fault::new("no", Code::OutOfRange).with("min", 1).with("max", LAST_BATCH_NO).into()),
    }
}

/// The highest number that a batch has; 0 where there is none.
pub(super) fn last_no(db: &mut Db) -> Result<BatchNo> {
    let last: Option<i64> = each!(db, |c| batch::table.select(diesel::dsl::max(batch::no)).get_result(c))?;
    Ok(BatchNo(last.unwrap_or_default()))
}

pub(super) fn insert_lots(db: &mut Db, lots: &[BatchLot]) -> Result<()> {
    for chunk in lots.chunks(chunk_rows(6)) {
        let row = |used: &BatchLot| {
            (
                batch_lot::batch_no.eq(used.batch),
                batch_lot::component.eq(used.component.clone()),
                batch_lot::lot_id.eq(used.lot),
                batch_lot::unit_from.eq(used.units.start),
                batch_lot::unit_to.eq(used.units.end),
                batch_lot::quantity_milli.eq(used.quantity_milli),
            )
        };
        let rows: Vec<_> = chunk.iter().map(row).collect();
        each!(db, |c| diesel::insert_into(batch_lot::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Puts these lots in the place of those a batch was made of.
pub(super) fn replace_lots(db: &mut Db, no: BatchNo, lots: &[BatchLot]) -> Result<()> {
    let keyed = |lots: &[BatchLot]| -> HashMap<_, _> {
        let one = |used: &BatchLot| ((used.component.clone(), used.units.start, used.lot), (used.units.end, used.quantity_milli));
        lots.iter().map(one).collect()
    };
    if keyed(&lots_of(db, no)?) == keyed(lots) {
        return Ok(());
    }
    each!(db, |c| diesel::delete(batch_lot::table.filter(batch_lot::batch_no.eq(no))).execute(c))?;
    insert_lots(db, lots)
}
