//! Every query about lots and what they are made of.

mod load;
mod names;
mod sheet;

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

use super::LotKind;
use super::rules::{any_cycle, cyclic};
use crate::kernel::text::Both;
use crate::kernel::{Id, Result};
use crate::platform::db::schema::{lot, lot_parent};
use crate::platform::db::{Db, chunk_rows};
use crate::{each, text_column};

pub(super) use load::{Ident, Waiting, Would, ident, load, would_load};
pub use names::{Called, lot_called, lots_called, names};
pub use sheet::{BatchUse, LotPart, LotSheet, OtherLot, create};

/// Keys looked up by one statement.
const KEYS: usize = chunk_rows(1) / 4;

text_column!(LotKind);

/// A lot as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = lot, treat_none_as_null = true)]
#[serde(default)]
pub struct Lot {
    /// Its id.
    pub id: Id,
    /// Its code, given by its supplier and unique among that supplier's.
    pub code: String,
    /// The same as it is compared: see [`folded`](crate::kernel::text::folded).
    #[serde(skip)]
    pub code_key: String,
    /// The party it was received from.
    #[serde(skip)]
    pub party_id: Id,
    /// Kind of material.
    pub kind: LotKind,
    /// What it is in Chinese, or empty: `全棉府绸`.
    pub material_zh: String,
    /// The same in English: `cotton poplin`.
    pub material_en: String,
    /// The dye house's own lot, or empty.
    pub dye_lot: String,
    /// Quantity in thousandths of the unit.
    pub quantity_milli: i64,
    /// Unit: `m`, `kg`, `pcs`.
    pub unit: String,
    /// Country of origin, ISO 3166 alpha-2, or empty.
    pub country: String,
    /// Day it was produced.
    pub produced_on: Option<NaiveDate>,
    /// Day it was received; not before it was produced.
    pub received_on: Option<NaiveDate>,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl Lot {
    /// What it is.
    pub fn material(&self) -> Both {
        Both { zh: self.material_zh.clone(), en: self.material_en.clone() }
    }
}

/// The lots of a supplier, by code.
pub fn lots_of(db: &mut Db, party: Id) -> Result<Vec<Lot>> {
    Ok(each!(db, |c| lot::table.filter(lot::party_id.eq(party)).order(lot::code).select(Lot::as_select()).load(c))?)
}

/// The lot with this id.
pub fn lot(db: &mut Db, id: Id) -> Result<Option<Lot>> {
    Ok(each!(db, |c| lot::table.find(id).select(Lot::as_select()).first(c).optional())?)
}

/// The lots with these ids, in any order; those that are not there are left out.
pub fn lots(db: &mut Db, ids: &[Id]) -> Result<Vec<Lot>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS) {
        found.extend(each!(db, |c| lot::table.filter(lot::id.eq_any(chunk)).select(Lot::as_select()).load::<Lot>(c))?);
    }
    Ok(found)
}

/// A lot that another is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = lot_parent, treat_none_as_default_value = false)]
pub struct Parent {
    /// The lot that was made.
    #[diesel(column_name = lot_id)]
    pub lot: Id,
    /// The lot it was made of.
    #[diesel(column_name = parent_id)]
    pub parent: Id,
    /// How much went in, in thousandths of the parent's unit.
    pub quantity_milli: Option<i64>,
}

/// What these lots are made of, one step up.
pub fn parents_of(db: &mut Db, lots: &[Id]) -> Result<Vec<Parent>> {
    let mut found = Vec::new();
    for chunk in lots.chunks(KEYS) {
        found.extend(each!(db, |c| lot_parent::table
            .filter(lot_parent::lot_id.eq_any(chunk))
            .order((lot_parent::lot_id, lot_parent::parent_id))
            .select(Parent::as_select())
            .load::<Parent>(c))?);
    }
    Ok(found)
}

/// What was made of these lots, one step down.
pub fn children_of(db: &mut Db, lots: &[Id]) -> Result<Vec<Parent>> {
    let mut found = Vec::new();
    for chunk in lots.chunks(KEYS) {
        found.extend(each!(db, |c| lot_parent::table
            .filter(lot_parent::parent_id.eq_any(chunk))
            .order((lot_parent::parent_id, lot_parent::lot_id))
            .select(Parent::as_select())
            .load::<Parent>(c))?);
    }
    Ok(found)
}

fn insert_parents(db: &mut Db, edges: &[Parent]) -> Result<()> {
    for chunk in edges.chunks(chunk_rows(3)) {
        each!(db, |c| diesel::insert_into(lot_parent::table).values(chunk).execute(c))?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Edge {
    #[diesel(sql_type = BigInt)]
    lot_id: i64,
    #[diesel(sql_type = BigInt)]
    parent_id: i64,
}

/// Every edge above a lot. `UNION` keeps each once, so it ends on a cycle too.
const EDGES_ABOVE: &str = "WITH RECURSIVE above (lot_id, parent_id) AS (\
     SELECT lot_id, parent_id FROM lot_parent WHERE lot_id = $1 \
     UNION SELECT edge.lot_id, edge.parent_id FROM lot_parent edge JOIN above ON edge.lot_id = above.parent_id) \
     SELECT lot_id, parent_id FROM above";

/// Refuses what has just been written when the lot is now above itself; the refusal undoes the write.
fn refuse_cycle(db: &mut Db, id: Id) -> Result<()> {
    let edges: Vec<Edge> = each!(db, |c| diesel::sql_query(EDGES_ABOVE).bind::<BigInt, _>(id.0).load(c))?;
    refuse_cycle_among(db, &edges.iter().map(|edge| (edge.lot_id, edge.parent_id)).collect::<Vec<_>>(), &[id.0])
}

fn refuse_cycle_among(db: &mut Db, edges: &[(i64, i64)], suspects: &[i64]) -> Result<()> {
    let mut parents: HashMap<i64, Vec<i64>> = HashMap::new();
    for (lot, parent) in edges {
        parents.entry(*lot).or_default().push(*parent);
    }
    let Some(path) = any_cycle(|lot| parents.get(&lot).map_or(&[][..], Vec::as_slice), suspects.iter().copied()) else {
        return Ok(());
    };
    let ids: Vec<Id> = path.iter().copied().map(Id).collect();
    let codes: BTreeMap<Id, String> = lots(db, &ids)?.into_iter().map(|lot| (lot.id, lot.code)).collect();
    Err(cyclic(&ids.iter().filter_map(|id| codes.get(id)).collect::<Vec<_>>()))
}

/// Every edge of the graph: lot and parent.
pub(super) fn all_edges(db: &mut Db) -> Result<Vec<(i64, i64)>> {
    Ok(each!(db, |c| lot_parent::table.select((lot_parent::lot_id, lot_parent::parent_id)).load(c))?)
}
