//! Every query about lots and what they are made of.

mod list;
mod load;
mod names;

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{GUARDS, LotName, any_cycle, check, cyclic, out_of_order};
use super::{Lot, LotDraft, LotKind, milli_text};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::text::{Both, folded};
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::schema::{batch, batch_lot, lot, lot_parent, party};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::production::corrections::{self, Act, Change, Preview};
use crate::production::parties;

pub(super) use list::drafts;
use list::{Joined, drafts_of, views};
pub use list::{LotFilter, LotView, PartyRef, list};
pub(super) use load::{Ident, Waiting, ident, load, would_load};
pub use names::{Called, lot_called, lots_called, names};
use names::{names_of, there};

/// The subject of a lot's events.
pub(super) const SUBJECT: &str = "lot";
/// Keys looked up by one statement.
const KEYS: usize = chunk_rows(1) / 4;

#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    code: String,
    party_id: i64,
    kind: String,
    material_zh: String,
    material_en: String,
    dye_lot: String,
    quantity_milli: i64,
    unit: String,
    country: String,
    produced_on: Option<NaiveDate>,
    received_on: Option<NaiveDate>,
    created_at: NaiveDateTime,
    version: i64,
    _code_key: String,
}

impl TryFrom<Row> for Lot {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: Id(row.id),
            code: row.code,
            party_id: Id(row.party_id),
            kind: LotKind::of(&row.kind).ok_or_else(|| Error::broken(format!("lot {}: no kind {}", row.id, row.kind)))?,
            material: Both { zh: row.material_zh, en: row.material_en },
            dye_lot: row.dye_lot,
            quantity_milli: row.quantity_milli,
            unit: row.unit,
            country: row.country,
            produced_on: row.produced_on,
            received_on: row.received_on,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Lot>> {
    rows.into_iter().map(Lot::try_from).collect()
}

/// The lot with this id.
///
/// # Errors
/// When the store does.
pub fn lot(db: &mut Db, id: Id) -> Result<Option<Lot>> {
    let rows: Vec<Row> = each!(db, |c| lot::table.filter(lot::id.eq(id.0)).load(c))?;
    Ok(all(rows)?.pop())
}

/// The lots with these ids, in any order; those that are not there are left out.
///
/// # Errors
/// When the store does.
pub fn lots(db: &mut Db, ids: &[Id]) -> Result<Vec<Lot>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<Row> = each!(db, |c| lot::table.filter(lot::id.eq_any(keys)).load(c))?;
        found.extend(all(rows)?);
    }
    Ok(found)
}

/// A lot that another is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parent {
    /// The lot that was made.
    pub lot: Id,
    /// The lot it was made of.
    pub parent: Id,
    /// How much went in, in thousandths of the parent's unit.
    pub quantity_milli: Option<i64>,
}

fn parent_of((lot, parent, quantity_milli): (i64, i64, Option<i64>)) -> Parent {
    Parent { lot: Id(lot), parent: Id(parent), quantity_milli }
}

/// What these lots are made of, one step up.
///
/// # Errors
/// When the store does.
pub fn parents_of(db: &mut Db, lots: &[Id]) -> Result<Vec<Parent>> {
    let mut found = Vec::new();
    for chunk in lots.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, i64, Option<i64>)> = each!(db, |c| lot_parent::table
            .filter(lot_parent::lot_id.eq_any(keys))
            .order((lot_parent::lot_id, lot_parent::parent_id))
            .load(c))?;
        found.extend(rows.into_iter().map(parent_of));
    }
    Ok(found)
}

/// What was made of these lots, one step down.
///
/// # Errors
/// When the store does.
pub fn children_of(db: &mut Db, lots: &[Id]) -> Result<Vec<Parent>> {
    let mut found = Vec::new();
    for chunk in lots.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, i64, Option<i64>)> = each!(db, |c| lot_parent::table
            .filter(lot_parent::parent_id.eq_any(keys))
            .order((lot_parent::parent_id, lot_parent::lot_id))
            .load(c))?;
        found.extend(rows.into_iter().map(parent_of));
    }
    Ok(found)
}

/// A lot that went into another or came out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotPart {
    /// The other lot: its code; `code@supplier` where several suppliers use it.
    pub lot: String,
    /// Its supplier.
    pub supplier: PartyRef,
    /// Its kind.
    pub kind: LotKind,
    /// What it is.
    pub material: Both,
    /// How much went in, in thousandths of the parent's unit.
    pub quantity_milli: Option<i64>,
    /// The parent's unit.
    pub unit: String,
}

/// A batch that a lot went into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchUse {
    /// Code of the batch.
    pub batch: String,
    /// The component it became.
    pub component: String,
    /// First unit made of it, from 1.
    pub unit_first: i64,
    /// Last unit made of it, from 1.
    pub unit_last: i64,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
}

impl BatchUse {
    /// Whether every unit of the batch is made of it.
    pub fn is_all(&self) -> bool {
        (self.unit_first, self.unit_last) == (1, UNITS_PER_BATCH)
    }
}

/// A lot with everything its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotSheet {
    /// The lot.
    #[serde(flatten)]
    pub lot: LotView,
    /// What it was made of.
    pub parents: Vec<LotPart>,
    /// What was made of it.
    pub children: Vec<LotPart>,
    /// The batches it went into.
    pub batches: Vec<BatchUse>,
}

/// The lot that `name` means with its neighbours. None when there is no such lot, or `party` is named and it is not that party's; neighbours
/// of other parties are then left out.
///
/// # Errors
/// [`Code::Ambiguous`] where several suppliers have a lot of this code.
pub fn sheet(db: &mut Db, name: &str, party: Option<Id>) -> Result<Option<LotSheet>> {
    let Some(found) = lot_called(db, name, party)? else { return Ok(None) };
    sheet_of(db, &found, party)
}

fn sheet_of(db: &mut Db, found: &Lot, party: Option<Id>) -> Result<Option<LotSheet>> {
    let id = found.id;
    let up = parents_of(db, &[id])?;
    let down = children_of(db, &[id])?;
    let ids: Vec<i64> = up.iter().map(|edge| edge.parent.0).chain(down.iter().map(|edge| edge.lot.0)).chain([id.0]).collect();
    let mut known: HashMap<Id, LotView> = HashMap::new();
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<Joined> = each!(db, |c| {
            let mut query = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).filter(lot::id.eq_any(chunk)).into_boxed();
            if let Some(party) = party {
                query = query.filter(lot::party_id.eq(party.0));
            }
            query.select((lot::all_columns, party::code, party::name_zh, party::name_en)).load(c)
        })?;
        known.extend(views(db, rows)?);
    }
    let part = |other: Id, unit: Option<&str>, quantity_milli: Option<i64>| {
        known.get(&other).map(|lot| LotPart {
            lot: lot.name.clone(),
            supplier: lot.supplier.clone(),
            kind: lot.kind,
            material: lot.material.clone(),
            quantity_milli,
            unit: unit.unwrap_or(&lot.unit).to_owned(),
        })
    };
    let mut parents: Vec<_> = up.iter().filter_map(|edge| part(edge.parent, None, edge.quantity_milli)).collect();
    let mut children: Vec<_> = down.iter().filter_map(|edge| part(edge.lot, Some(&found.unit), edge.quantity_milli)).collect();
    parents.sort_by(|a, b| a.lot.cmp(&b.lot));
    children.sort_by(|a, b| a.lot.cmp(&b.lot));
    let uses: Vec<(String, String, i64, i64, Option<i64>)> = each!(db, |c| batch_lot::table
        .inner_join(batch::table.on(batch::no.eq(batch_lot::batch_no)))
        .filter(batch_lot::lot_id.eq(id.0))
        .order((batch::code, batch_lot::component, batch_lot::unit_from))
        .select((batch::code, batch_lot::component, batch_lot::unit_from, batch_lot::unit_to, batch_lot::quantity_milli))
        .load(c))?;
    let batches = uses
        .into_iter()
        .map(|(batch, component, from, unit_last, quantity_milli)| BatchUse {
            batch,
            component,
            unit_first: from + 1,
            unit_last,
            quantity_milli,
        })
        .collect();
    Ok(known.remove(&id).map(|lot| LotSheet { lot, parents, children, batches }))
}

/// Saves a new lot.
///
/// # Errors
/// What [`check`] refuses; [`Code::Duplicate`] for a code that its supplier uses already; [`Code::UnknownReference`] for a supplier or parent
/// that is not there; [`Code::DatesOutOfOrder`] for a parent produced later.
pub fn create(db: &mut Db, stamp: &Stamp, draft: &LotDraft) -> Result<LotSheet> {
    let (mut draft, kind) = check(draft)?;
    let id = stamp.id();
    let (supplier, edges) = resolve(db, id, &mut draft)?;
    not_taken(db, id, supplier, &draft)?;
    insert(db, stamp, id, supplier, kind, &draft)?;
    insert_parents(db, &edges)?;
    let body = serde_json::to_value(&draft).map_err(Error::broken)?;
    events::append(db, stamp, EventKind::LotSaved, Subject::Thing(SUBJECT, id.0), &body)?;
    saved(db, id)
}

/// Changes the lot that `name` means, parents included, if it still has `version`. Its code may change too.
///
/// # Errors
/// As [`create`]; [`Code::NotFound`]; [`Code::Stale`] when somebody changed it in between; [`Code::Cycle`] when it would contain itself;
/// [`Code::InUse`] for an edit that takes a fact from what stands on it ([`GUARDS`]), or less than what is recorded as used.
pub fn change(db: &mut Db, stamp: &Stamp, name: &str, version: i64, draft: &LotDraft, act: &Act) -> Result<LotSheet> {
    let (mut draft, kind) = check(draft)?;
    let before = lot_called(db, name, None)?.ok_or(Code::NotFound)?;
    let id = before.id;
    let (supplier, edges) = resolve(db, id, &mut draft)?;
    not_taken(db, id, supplier, &draft)?;
    not_before_children(db, id, &draft)?;
    let was = drafts_of(db, std::slice::from_ref(&before), None)?.remove(&id).unwrap_or_default();
    let standing = match act {
        Act::Edit => corrections::of_lots(db, &[id])?.remove(&id).unwrap_or_default(),
        Act::Correct { .. } => corrections::moved_by_lot(db, id)?,
    };
    act.allow(GUARDS, &was, &draft, &standing)?;
    Refusal::unless_empty(below_used(db, id, &was, &draft)?.into_iter().collect())?;
    update(db, id, version, supplier, kind, &draft)?;
    if edges != parents_of(db, &[id])? {
        each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(id.0))).execute(c))?;
        insert_parents(db, &edges)?;
        refuse_cycle(db, id)?;
    }
    let body = serde_json::to_value(&draft).map_err(Error::broken)?;
    let change = Change { code: &draft.code, before: &was, after: &draft, standing: &standing, saved: body };
    act.record(db, stamp, (EventKind::LotSaved, EventKind::LotCorrected), Subject::Thing(SUBJECT, id.0), change)?;
    saved(db, id)
}

/// What a correction of the lot that `name` means would move.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Ambiguous`].
pub(super) fn preview(db: &mut Db, name: &str) -> Result<Preview> {
    let lot = lot_called(db, name, None)?.ok_or(Code::NotFound)?;
    Ok(Preview::of(GUARDS, corrections::moved_by_lot(db, lot.id)?))
}

/// A quantity that is lowered to less than what is recorded as used.
fn below_used(db: &mut Db, id: Id, was: &LotDraft, draft: &LotDraft) -> Result<Option<Fault>> {
    if draft.quantity_milli >= was.quantity_milli {
        return Ok(None);
    }
    let used = corrections::used_milli(db, id)?;
    Ok((draft.quantity_milli < used).then(|| corrections::fixed("quantity_milli", "used-least", milli_text(used))))
}

/// Refuses a code that another lot of the supplier has.
fn not_taken(db: &mut Db, id: Id, supplier: Id, draft: &LotDraft) -> Result<()> {
    let others: Vec<i64> = each!(db, |c| lot::table
        .filter(lot::code_key.eq(folded(&draft.code)).and(lot::party_id.eq(supplier.0)).and(lot::id.ne(id.0)))
        .select(lot::id)
        .load(c))?;
    if others.is_empty() {
        return Ok(());
    }
    let fault = Fault::new("code", Code::Duplicate).with("field", "code").with("value", &draft.code);
    Err(Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into())
}

/// The supplier and the edges a draft asks for, sorted as the store returns them. The draft then names both as they are written.
fn resolve(db: &mut Db, id: Id, draft: &mut LotDraft) -> Result<(Id, Vec<Parent>)> {
    let mut faults = Vec::new();
    let supplier = parties::by_code(db, &draft.supplier)?;
    if supplier.is_none() {
        faults.push(Fault::new("supplier", Code::UnknownReference).with("value", &draft.supplier));
    }
    let asked = draft.parents.iter().map(|part| LotName::read("lot", &part.lot)).collect::<Result<Vec<_>, Fault>>()?;
    let known = lots_called(db, &asked, None)?;
    let mut edges = Vec::with_capacity(asked.len());
    let mut parents: Vec<Lot> = Vec::with_capacity(asked.len());
    for (place, (part, name)) in draft.parents.iter().zip(&asked).enumerate() {
        match known.get("lot", name) {
            Err(fault) => faults.push(Fault { field: format!("parents.{place}.lot").into(), ..fault }),
            Ok(parent) if edges.iter().any(|edge: &Parent| edge.parent == parent.id) => {
                faults.push(Fault::new(format!("parents.{place}.lot"), Code::Duplicate).with("field", "lot").with("value", name));
            }
            Ok(parent) => {
                faults.extend(out_of_order("produced_on", (&parent.code, parent.produced_on), (&draft.code, draft.produced_on)));
                edges.push(Parent { lot: id, parent: parent.id, quantity_milli: part.quantity_milli });
                parents.push(parent.clone());
            }
        }
    }
    Refusal::unless_empty(faults)?;
    let Some(supplier) = supplier else { return Err(Code::Invalid.into()) };
    draft.supplier = supplier.code;
    let names = names_of(db, &parents)?;
    for (part, edge) in draft.parents.iter_mut().zip(&edges) {
        if let Some(name) = names.get(&edge.parent) {
            part.lot.clone_from(name);
        }
    }
    draft.parents.sort();
    edges.sort_by_key(|edge| edge.parent);
    Ok((supplier.id, edges))
}

/// Refuses a day of production after that of something made of it.
fn not_before_children(db: &mut Db, id: Id, draft: &LotDraft) -> Result<()> {
    if draft.produced_on.is_none() {
        return Ok(());
    }
    let children: Vec<Id> = children_of(db, &[id])?.into_iter().map(|edge| edge.lot).collect();
    let late = |child: &Lot| out_of_order("produced_on", (&draft.code, draft.produced_on), (&child.code, child.produced_on));
    Refusal::unless_empty(lots(db, &children)?.iter().filter_map(late).take(1).collect())
}

fn insert(db: &mut Db, stamp: &Stamp, id: Id, supplier: Id, kind: LotKind, draft: &LotDraft) -> Result<()> {
    each!(db, |c| diesel::insert_into(lot::table)
        .values((
            lot::id.eq(id.0),
            lot::code.eq(&draft.code),
            lot::code_key.eq(folded(&draft.code)),
            lot::party_id.eq(supplier.0),
            lot::kind.eq(kind.as_str()),
            lot::material_zh.eq(&draft.material.zh),
            lot::material_en.eq(&draft.material.en),
            lot::dye_lot.eq(&draft.dye_lot),
            lot::quantity_milli.eq(draft.quantity_milli),
            lot::unit.eq(&draft.unit),
            lot::country.eq(&draft.country),
            lot::produced_on.eq(draft.produced_on),
            lot::received_on.eq(draft.received_on),
            lot::created_at.eq(stamp.at),
            lot::version.eq(1),
        ))
        .execute(c))?;
    Ok(())
}

fn update(db: &mut Db, id: Id, version: i64, supplier: Id, kind: LotKind, draft: &LotDraft) -> Result<()> {
    let changed = each!(db, |c| diesel::update(lot::table.filter(lot::id.eq(id.0).and(lot::version.eq(version))))
        .set((
            lot::code.eq(&draft.code),
            lot::code_key.eq(folded(&draft.code)),
            lot::party_id.eq(supplier.0),
            lot::kind.eq(kind.as_str()),
            lot::material_zh.eq(&draft.material.zh),
            lot::material_en.eq(&draft.material.en),
            lot::dye_lot.eq(&draft.dye_lot),
            lot::quantity_milli.eq(draft.quantity_milli),
            lot::unit.eq(&draft.unit),
            lot::country.eq(&draft.country),
            lot::produced_on.eq(draft.produced_on),
            lot::received_on.eq(draft.received_on),
            lot::version.eq(version + 1),
        ))
        .execute(c))?;
    if changed == 0 { Err(Code::Stale.into()) } else { Ok(()) }
}

fn insert_parents(db: &mut Db, edges: &[Parent]) -> Result<()> {
    for chunk in edges.chunks(chunk_rows(3)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|edge| {
                (
                    lot_parent::lot_id.eq(edge.lot.0),
                    lot_parent::parent_id.eq(edge.parent.0),
                    lot_parent::quantity_milli.eq(edge.quantity_milli),
                )
            })
            .collect();
        each!(db, |c| diesel::insert_into(lot_parent::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// The lot just saved; whoever holds the genealogy in memory reads it again.
fn saved(db: &mut Db, id: Id) -> Result<LotSheet> {
    events::bump(db, "genealogy")?;
    let lot = there(lot(db, id)?)?;
    sheet_of(db, &lot, None)?.ok_or_else(|| Code::NotFound.into())
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
    let Some(path) = any_cycle(&parents, suspects.iter().copied()) else {
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
