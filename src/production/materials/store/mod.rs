//! Every query about lots and what they are made of.

mod load;

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{any_cycle, check, cyclic, out_of_order};
use super::{Lot, LotDraft, LotKind, PartDraft};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::Both;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::schema::{batch, batch_lot, lot, lot_parent, party};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::production::parties;

pub(super) use load::{Waiting, load, would_load};

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

/// The lot with this code.
///
/// # Errors
/// When the store does.
pub fn lot_by_code(db: &mut Db, code: &str) -> Result<Option<Lot>> {
    let rows: Vec<Row> = each!(db, |c| lot::table.filter(lot::code.eq(code)).load(c))?;
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

/// The lots with these codes, by code; those that are not there are left out.
///
/// # Errors
/// When the store does.
pub fn lots_by_code(db: &mut Db, codes: &[&str]) -> Result<HashMap<String, Lot>> {
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(KEYS) {
        let rows: Vec<Row> = each!(db, |c| lot::table.filter(lot::code.eq_any(chunk)).load(c))?;
        found.extend(all(rows)?.into_iter().map(|lot| (lot.code.clone(), lot)));
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

/// A party as other things name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyRef {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Both,
}

/// A lot as lists and documents show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotView {
    /// Its code.
    pub code: String,
    /// The party it was received from.
    pub supplier: PartyRef,
    /// Kind of material.
    pub kind: LotKind,
    /// What it is.
    pub material: Both,
    /// The dye house's own lot, or empty.
    pub dye_lot: String,
    /// Quantity in thousandths of the unit.
    pub quantity_milli: i64,
    /// Unit.
    pub unit: String,
    /// Country of origin, ISO 3166 alpha-2, or empty.
    pub country: String,
    /// Day it was produced.
    pub produced_on: Option<NaiveDate>,
    /// Day it was received.
    pub received_on: Option<NaiveDate>,
    /// Send it back with a change.
    pub version: i64,
}

fn view(lot: Lot, code: String, name_zh: String, name_en: String) -> LotView {
    LotView {
        code: lot.code,
        supplier: PartyRef { code, name: Both { zh: name_zh, en: name_en } },
        kind: lot.kind,
        material: lot.material,
        dye_lot: lot.dye_lot,
        quantity_milli: lot.quantity_milli,
        unit: lot.unit,
        country: lot.country,
        produced_on: lot.produced_on,
        received_on: lot.received_on,
        version: lot.version,
    }
}

/// What a list of lots is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct LotFilter {
    /// Only lots of this party: a supplier's user sees no others.
    pub party: Option<Id>,
    /// Only lots from the party with this code.
    pub supplier: Option<String>,
    /// Only lots of this kind.
    pub kind: Option<LotKind>,
    /// Part of the code, the material or the dye lot, whatever its case.
    pub q: Option<String>,
}

/// Lots by code, a page at a time.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub fn list(db: &mut Db, filter: &LotFilter, ask: &PageAsk) -> Result<Page<LotView>> {
    let (limit, after) = (ask.limit(), ask.key()?);
    let views = views(db, filter, after.as_deref(), Some(limit + 1))?;
    Ok(Page::new(views, limit, |lot: &LotView| lot.code.clone()))
}

/// All lots of a filter as a file has them, what they are made of included.
///
/// # Errors
/// When the store does.
pub(super) fn drafts(db: &mut Db, filter: &LotFilter) -> Result<Vec<LotDraft>> {
    let views = views(db, filter, None, None)?;
    let codes: Vec<&str> = views.iter().map(|lot| lot.code.as_str()).collect();
    let ids: HashMap<Id, String> = lots_by_code(db, &codes)?.into_values().map(|lot| (lot.id, lot.code)).collect();
    let edges = parents_of(db, &ids.keys().copied().collect::<Vec<_>>())?;
    let strangers: Vec<Id> = edges.iter().map(|edge| edge.parent).filter(|id| !ids.contains_key(id)).collect();
    // Lots of other parties stay unnamed to somebody who is bound to one.
    let strangers = lots(db, &strangers)?.into_iter().filter(|lot| filter.party.is_none_or(|party| party == lot.party_id));
    let names: HashMap<Id, String> = strangers.map(|lot| (lot.id, lot.code)).chain(ids.clone()).collect();
    let mut parents: HashMap<&str, Vec<PartDraft>> = HashMap::new();
    for edge in &edges {
        if let (Some(lot), Some(parent)) = (ids.get(&edge.lot), names.get(&edge.parent)) {
            parents.entry(lot).or_default().push(PartDraft { lot: parent.clone(), quantity_milli: edge.quantity_milli });
        }
    }
    Ok(views
        .iter()
        .map(|lot| LotDraft {
            code: lot.code.clone(),
            supplier: lot.supplier.code.clone(),
            kind: lot.kind.as_str().to_owned(),
            material: lot.material.clone(),
            dye_lot: lot.dye_lot.clone(),
            quantity_milli: lot.quantity_milli,
            unit: lot.unit.clone(),
            country: lot.country.clone(),
            produced_on: lot.produced_on,
            received_on: lot.received_on,
            parents: parents.remove(lot.code.as_str()).unwrap_or_default(),
            version: None,
        })
        .collect())
}

fn views(db: &mut Db, filter: &LotFilter, after: Option<&str>, limit: Option<i64>) -> Result<Vec<LotView>> {
    let rows: Vec<(Row, String, String, String)> = each!(db, |c| {
        let mut query = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).into_boxed();
        if let Some(party) = filter.party {
            query = query.filter(lot::party_id.eq(party.0));
        }
        if let Some(supplier) = &filter.supplier {
            query = query.filter(party::code.eq(supplier));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(lot::kind.eq(kind.as_str()));
        }
        if let Some(q) = &filter.q {
            let pattern = anywhere(q);
            query = query.filter(
                lower(lot::code)
                    .like(pattern.clone())
                    .escape('\\')
                    .or(lower(lot::material_zh).like(pattern.clone()).escape('\\'))
                    .or(lower(lot::material_en).like(pattern.clone()).escape('\\'))
                    .or(lower(lot::dye_lot).like(pattern).escape('\\')),
            );
        }
        if let Some(after) = after {
            query = query.filter(lot::code.gt(after));
        }
        if let Some(limit) = limit {
            query = query.limit(limit);
        }
        query.order(lot::code).select((lot::all_columns, party::code, party::name_zh, party::name_en)).load(c)
    })?;
    rows.into_iter().map(|(row, code, zh, en)| Ok(view(row.try_into()?, code, zh, en))).collect()
}

/// A lot that went into another or came out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LotPart {
    /// Code of the other lot.
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

/// A lot with its neighbours. None when there is no such lot, or `party` is named and it is not that party's; neighbours of other parties
/// are then left out.
///
/// # Errors
/// When the store does.
pub fn sheet(db: &mut Db, code: &str, party: Option<Id>) -> Result<Option<LotSheet>> {
    let Some(found) = lot_by_code(db, code)?.filter(|lot| party.is_none_or(|party| party == lot.party_id)) else {
        return Ok(None);
    };
    let id = found.id;
    let up = parents_of(db, &[id])?;
    let down = children_of(db, &[id])?;
    let ids: Vec<i64> = up.iter().map(|edge| edge.parent.0).chain(down.iter().map(|edge| edge.lot.0)).chain([id.0]).collect();
    let mut views: HashMap<i64, LotView> = HashMap::new();
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<(Row, String, String, String)> = each!(db, |c| {
            let mut query = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).filter(lot::id.eq_any(chunk)).into_boxed();
            if let Some(party) = party {
                query = query.filter(lot::party_id.eq(party.0));
            }
            query.select((lot::all_columns, party::code, party::name_zh, party::name_en)).load(c)
        })?;
        for (row, code, zh, en) in rows {
            views.insert(row.id, view(row.try_into()?, code, zh, en));
        }
    }
    let part = |other: Id, unit: Option<&str>, quantity_milli: Option<i64>| {
        views.get(&other.0).map(|lot| LotPart {
            lot: lot.code.clone(),
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
    Ok(views.remove(&id.0).map(|lot| LotSheet { lot, parents, children, batches }))
}

/// Saves a new lot.
///
/// # Errors
/// What [`check`] refuses; [`Code::Duplicate`] for a code that is taken; [`Code::UnknownReference`] for a supplier or parent that is not
/// there; [`Code::DatesOutOfOrder`] for a parent produced later.
pub fn create(db: &mut Db, stamp: &Stamp, draft: &LotDraft) -> Result<LotSheet> {
    let (draft, kind) = check(draft)?;
    if lot_by_code(db, &draft.code)?.is_some() {
        return Err(taken(&draft.code));
    }
    let supplier = parties::ids_of_codes(db, &[draft.supplier.as_str()])?.get(&draft.supplier).copied();
    let id = stamp.id();
    let edges = resolve(db, id, &draft, supplier)?;
    insert(db, stamp, id, supplier.unwrap_or(Id(0)), kind, &draft)?;
    insert_parents(db, &edges)?;
    saved(db, stamp, id, &draft)?;
    sheet(db, &draft.code, None)?.ok_or_else(|| Error::broken("a lot just saved is not there"))
}

/// Changes the lot `code`, parents included, if it still has `version`. Its code may change too.
///
/// # Errors
/// As [`create`]; [`Code::NotFound`]; [`Code::Stale`] when somebody changed it in between; [`Code::Cycle`] when it would contain itself.
pub fn change(db: &mut Db, stamp: &Stamp, code: &str, version: i64, draft: &LotDraft) -> Result<LotSheet> {
    let (draft, kind) = check(draft)?;
    let before = lot_by_code(db, code)?.ok_or(Code::NotFound)?;
    if draft.code != before.code && lot_by_code(db, &draft.code)?.is_some() {
        return Err(taken(&draft.code));
    }
    let supplier = parties::ids_of_codes(db, &[draft.supplier.as_str()])?.get(&draft.supplier).copied();
    let edges = resolve(db, before.id, &draft, supplier)?;
    not_before_children(db, before.id, &draft)?;
    update(db, before.id, version, supplier.unwrap_or(before.party_id), kind, &draft)?;
    if edges != parents_of(db, &[before.id])? {
        each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(before.id.0))).execute(c))?;
        insert_parents(db, &edges)?;
        refuse_cycle(db, before.id)?;
    }
    saved(db, stamp, before.id, &draft)?;
    sheet(db, &draft.code, None)?.ok_or_else(|| Error::broken("a lot just saved is not there"))
}

fn taken(code: &str) -> Error {
    let fault = Fault::new("code", Code::Duplicate).with("field", "code").with("value", code);
    Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into()
}

/// The edges a draft asks for, sorted as the store returns them.
fn resolve(db: &mut Db, id: Id, draft: &LotDraft, supplier: Option<Id>) -> Result<Vec<Parent>> {
    let mut faults = Vec::new();
    if supplier.is_none() {
        faults.push(Fault::new("supplier", Code::UnknownReference).with("value", &draft.supplier));
    }
    let codes: Vec<&str> = draft.parents.iter().map(|part| part.lot.as_str()).collect();
    let known = lots_by_code(db, &codes)?;
    let mut edges = Vec::with_capacity(codes.len());
    for (place, part) in draft.parents.iter().enumerate() {
        let Some(parent) = known.get(&part.lot) else {
            faults.push(Fault::new(format!("parents.{place}.lot"), Code::UnknownReference).with("value", &part.lot));
            continue;
        };
        faults.extend(out_of_order("produced_on", (&parent.code, parent.produced_on), (&draft.code, draft.produced_on)));
        edges.push(Parent { lot: id, parent: parent.id, quantity_milli: part.quantity_milli });
    }
    Refusal::unless_empty(faults)?;
    edges.sort_by_key(|edge| edge.parent);
    Ok(edges)
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

fn saved(db: &mut Db, stamp: &Stamp, id: Id, draft: &LotDraft) -> Result<()> {
    let body = serde_json::to_value(draft).map_err(Error::broken)?;
    events::append(db, stamp, EventKind::LotSaved, Subject::Thing(SUBJECT, id.0), &body)?;
    events::bump(db, "genealogy")
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
