//! Batches and the lots they are made of.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::rules::{self, GUARDS, Sound, units_text};
use super::super::{Batch, BatchDraft, BatchLot, BatchStatus, LotUse, Origin};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::ids::LAST_BATCH_NO;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::{Both, ByCode, folded};
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::schema::{batch, batch_lot, batch_void, lot, party, sku, style};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, chunk_rows, planned};
use crate::platform::events::{self, Stamp};
use crate::production::corrections::{self, Act, Change, Preview};
use crate::production::materials::{self, LotName, PartyRef};
use crate::production::{parties, skus};

/// The subject of a batch's events.
pub(in crate::production::batches) const SUBJECT: &str = "batch";
/// Keys looked up by one statement.
const KEYS: usize = chunk_rows(1) / 4;

#[derive(Queryable)]
struct Row {
    no: i64,
    code: String,
    sku_id: i64,
    factory_id: i64,
    line: String,
    started_on: Option<NaiveDate>,
    finished_on: Option<NaiveDate>,
    planned: i64,
    minted: i64,
    minted_gtin: Option<String>,
    minted_epoch: Option<i64>,
    minted_at: Option<NaiveDateTime>,
    origin: String,
    status: String,
    created_at: NaiveDateTime,
    version: i64,
    _code_key: String,
}

impl TryFrom<Row> for Batch {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let odd = |what: &str| Error::broken(format!("batch {}: no {what}", row.no));
        Ok(Self {
            no: BatchNo(row.no),
            sku_id: Id(row.sku_id),
            factory_id: Id(row.factory_id),
            origin: Origin::of(&row.origin).ok_or_else(|| odd(&row.origin))?,
            status: BatchStatus::of(&row.status).ok_or_else(|| odd(&row.status))?,
            code: row.code,
            line: row.line,
            started_on: row.started_on,
            finished_on: row.finished_on,
            planned: row.planned,
            minted: row.minted,
            minted_gtin: row.minted_gtin,
            minted_epoch: row.minted_epoch,
            minted_at: row.minted_at,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

/// The batch with this number.
///
/// # Errors
/// When the store does.
pub fn batch(db: &mut Db, no: BatchNo) -> Result<Option<Batch>> {
    let rows: Vec<Row> = each!(db, |c| batch::table.filter(batch::no.eq(no.0)).load(c))?;
    rows.into_iter().next().map(Batch::try_from).transpose()
}

/// The batch with this code.
///
/// # Errors
/// When the store does.
pub fn batch_by_code(db: &mut Db, code: &str) -> Result<Option<Batch>> {
    let rows: Vec<Row> = each!(db, |c| batch::table.filter(batch::code_key.eq(folded(code))).load(c))?;
    rows.into_iter().next().map(Batch::try_from).transpose()
}

/// The key epochs that serials were minted in.
///
/// # Errors
/// When the store does.
pub fn epochs_in_use(db: &mut Db) -> Result<Vec<i64>> {
    let epochs: Vec<Option<i64>> =
        each!(db, |c| batch::table.filter(batch::minted_epoch.is_not_null()).select(batch::minted_epoch).distinct().load(c))?;
    Ok(epochs.into_iter().flatten().collect())
}

/// The batches with these numbers, in any order; those that are not there are left out.
///
/// # Errors
/// When the store does.
pub fn batches(db: &mut Db, numbers: &[BatchNo]) -> Result<Vec<Batch>> {
    let mut found = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|no| no.0).collect();
        let rows: Vec<Row> = each!(db, |c| planned(batch::table.filter(batch::no.eq_any(&keys)), keys.len() == 1).load(c))?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// The batches with these codes, by code; those that are not there are left out.
///
/// # Errors
/// When the store does.
pub(in crate::production::batches) fn batches_by_code(db: &mut Db, codes: &[&str]) -> Result<ByCode<Batch>> {
    let mut found: Vec<(String, Batch)> = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(KEYS) {
        let keys: Vec<String> = chunk.iter().map(|code| folded(code)).collect();
        let rows: Vec<Row> = each!(db, |c| batch::table.filter(batch::code_key.eq_any(&keys)).load(c))?;
        for row in rows {
            found.push((row.code.clone(), row.try_into()?));
        }
    }
    Ok(found.into_iter().collect())
}

/// The lots a batch is made of, by component.
///
/// # Errors
/// When the store does.
pub fn lots_of(db: &mut Db, no: BatchNo) -> Result<Vec<BatchLot>> {
    let rows: Vec<(String, i64, i64, i64, Option<i64>)> = each!(db, |c| batch_lot::table
        .filter(batch_lot::batch_no.eq(no.0))
        .order((batch_lot::component, batch_lot::unit_from, batch_lot::lot_id))
        .select((batch_lot::component, batch_lot::lot_id, batch_lot::unit_from, batch_lot::unit_to, batch_lot::quantity_milli))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(component, lot, from, to, quantity_milli)| BatchLot { batch: no, component, lot: Id(lot), units: from..to, quantity_milli })
        .collect())
}

/// Whether a party may know of a batch: it sewed it, or one of its lots went in.
///
/// # Errors
/// When the store does.
pub fn is_of_party(db: &mut Db, batch: &Batch, party: Id) -> Result<bool> {
    if batch.factory_id == party {
        return Ok(true);
    }
    let own: i64 = each!(db, |c| batch_lot::table
        .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
        .filter(batch_lot::batch_no.eq(batch.no.0).and(lot::party_id.eq(party.0)))
        .count()
        .get_result(c))?;
    Ok(own > 0)
}

/// A sku as a batch names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkuRef {
    /// Its code.
    pub code: String,
    /// Its style's name.
    pub name: Both,
    /// Its colour.
    pub colour: Both,
    /// Its size.
    pub size: String,
    /// Its GTIN now; a batch minted before may have another.
    pub gtin: Option<String>,
}

/// A batch as lists and documents show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchView {
    /// Its code.
    pub code: String,
    /// What is sewn.
    pub sku: SkuRef,
    /// Who sews.
    pub factory: PartyRef,
    /// The line, or empty.
    pub line: String,
    /// First day.
    pub started_on: Option<NaiveDate>,
    /// Last day.
    pub finished_on: Option<NaiveDate>,
    /// Garments planned.
    pub planned: i64,
    /// Serials that exist, void ones included.
    pub minted: i64,
    /// Serials that are void.
    pub void: i64,
    /// The GTIN of its serials.
    pub minted_gtin: Option<String>,
    /// Whose serials.
    pub origin: Origin,
    /// Where it stands.
    pub status: BatchStatus,
    /// Send it back with a change.
    pub version: i64,
}

/// What a list of batches is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct BatchFilter {
    /// Only batches of this party: sewn by it or made of its lots.
    pub party: Option<Id>,
    /// Only batches of the factory with this code.
    pub factory: Option<String>,
    /// Only batches of the sku with this code.
    pub sku: Option<String>,
    /// Only batches that stand here.
    pub status: Option<BatchStatus>,
    /// Part of the code, the sku, the style's name or the line, whatever its case.
    pub q: Option<String>,
    /// From the last code to the first: codes with a date in them then begin with the newest.
    pub newest: bool,
}

type Joined = (Row, (String, String, String), (String, String, String, String, Option<String>), (String, String), Option<i64>);

fn view(joined: Joined) -> Result<BatchView> {
    let (row, (factory, zh, en), (code, colour_zh, colour_en, size, gtin), (name_zh, name_en), void) = joined;
    let batch = Batch::try_from(row)?;
    Ok(BatchView {
        code: batch.code,
        sku: SkuRef { code, name: Both { zh: name_zh, en: name_en }, colour: Both { zh: colour_zh, en: colour_en }, size, gtin },
        factory: PartyRef { code: factory, name: Both { zh, en } },
        line: batch.line,
        started_on: batch.started_on,
        finished_on: batch.finished_on,
        planned: batch.planned,
        minted: batch.minted,
        void: void.unwrap_or_default(),
        minted_gtin: batch.minted_gtin,
        origin: batch.origin,
        status: batch.status,
        version: batch.version,
    })
}

/// Batches by code, a page at a time.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub fn list(db: &mut Db, filter: &BatchFilter, ask: &PageAsk) -> Result<Page<BatchView>> {
    let (limit, after) = (ask.limit(), ask.key()?);
    let rows = joined(db, filter, after.as_deref(), None, Some(limit + 1))?;
    let views = rows.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page::new(views, limit, |batch: &BatchView| batch.code.clone()))
}

/// All batches of a filter, by code.
///
/// # Errors
/// When the store does.
pub(in crate::production::batches) fn all(db: &mut Db, filter: &BatchFilter) -> Result<Vec<BatchView>> {
    joined(db, filter, None, None, None)?.into_iter().map(view).collect()
}

fn joined(db: &mut Db, filter: &BatchFilter, after: Option<&str>, code: Option<&str>, limit: Option<i64>) -> Result<Vec<Joined>> {
    Ok(each!(db, |c| {
        let mut query = batch::table
            .inner_join(party::table.on(party::id.eq(batch::factory_id)))
            .inner_join(sku::table.on(sku::id.eq(batch::sku_id)))
            .inner_join(style::table.on(style::id.eq(sku::style_id)))
            .left_join(batch_void::table.on(batch_void::batch_no.eq(batch::no)))
            .into_boxed();
        if let Some(party) = filter.party {
            let of_its_lots = batch_lot::table
                .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
                .filter(lot::party_id.eq(party.0))
                .select(batch_lot::batch_no);
            query = query.filter(batch::factory_id.eq(party.0).or(batch::no.eq_any(of_its_lots)));
        }
        if let Some(factory) = &filter.factory {
            query = query.filter(party::code_key.eq(folded(factory)));
        }
        if let Some(sku) = &filter.sku {
            query = query.filter(sku::code_key.eq(folded(sku)));
        }
        if let Some(status) = filter.status {
            query = query.filter(batch::status.eq(status.as_str()));
        }
        if let Some(q) = &filter.q {
            let (pattern, key) = (anywhere(q), anywhere(&folded(q)));
            query = query.filter(
                batch::code_key
                    .like(key.clone())
                    .escape('\\')
                    .or(sku::code_key.like(key).escape('\\'))
                    .or(lower(style::name_zh).like(pattern.clone()).escape('\\'))
                    .or(lower(style::name_en).like(pattern.clone()).escape('\\'))
                    .or(lower(batch::line).like(pattern).escape('\\')),
            );
        }
        if let Some(code) = code {
            query = query.filter(batch::code_key.eq(folded(code)));
        }
        if let Some(after) = after {
            query = match filter.newest {
                true => query.filter(batch::code.lt(after)),
                false => query.filter(batch::code.gt(after)),
            };
        }
        if let Some(limit) = limit {
            query = query.limit(limit);
        }
        query = if filter.newest { query.order(batch::code.desc()) } else { query.order(batch::code) };
        query
            .select((
                batch::all_columns,
                (party::code, party::name_zh, party::name_en),
                (sku::code, sku::colour_zh, sku::colour_en, sku::size, sku::gtin),
                (style::name_zh, style::name_en),
                batch_void::voided.nullable(),
            ))
            .load(c)
    })?)
}

/// A lot in a component of a batch, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComponentLot {
    /// The component.
    pub component: String,
    /// The lot: its code; `code@supplier` where several suppliers use it.
    pub lot: String,
    /// Its supplier.
    pub supplier: PartyRef,
    /// What it is.
    pub material: Both,
    /// Its dye lot, or empty.
    pub dye_lot: String,
    /// Units made of it, counted from 1 with both ends; absent for all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub units: Option<String>,
    /// How much went in, in thousandths of the unit.
    pub quantity_milli: Option<i64>,
    /// The lot's unit.
    pub unit: String,
}

/// A batch with everything its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchSheet {
    /// The batch.
    #[serde(flatten)]
    pub batch: BatchView,
    /// What it is made of, by component.
    pub lots: Vec<ComponentLot>,
}

/// A batch with its lots. None when there is no such batch, or `party` is named and may not know of it; lots of other parties are then left
/// out.
///
/// # Errors
/// When the store does.
pub fn sheet(db: &mut Db, code: &str, party: Option<Id>) -> Result<Option<BatchSheet>> {
    let filter = BatchFilter { party, ..BatchFilter::default() };
    let Some(joined) = joined(db, &filter, None, Some(code), None)?.pop() else {
        return Ok(None);
    };
    let no = BatchNo(joined.0.no);
    type Used = (String, i64, i64, Option<i64>, (i64, String, String, String, String, String), (i64, String, String, String));
    let rows: Vec<Used> = each!(db, |c| {
        let mut query = batch_lot::table
            .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
            .inner_join(party::table.on(party::id.eq(lot::party_id)))
            .filter(batch_lot::batch_no.eq(no.0))
            .into_boxed();
        if let Some(party) = party {
            query = query.filter(lot::party_id.eq(party.0));
        }
        query
            .order((batch_lot::component, batch_lot::unit_from, lot::code))
            .select((
                batch_lot::component,
                batch_lot::unit_from,
                batch_lot::unit_to,
                batch_lot::quantity_milli,
                (lot::id, lot::code, lot::material_zh, lot::material_en, lot::dye_lot, lot::unit),
                (party::id, party::code, party::name_zh, party::name_en),
            ))
            .load(c)
    })?;
    let names = materials::names(db, rows.iter().map(|(.., (id, code, ..), (party, ..))| (Id(*id), code.as_str(), Id(*party))))?;
    let lots = rows
        .into_iter()
        .map(|(component, from, to, quantity_milli, (id, lot, zh, en, dye_lot, unit), (_, supplier, name_zh, name_en))| ComponentLot {
            component,
            lot: names.get(&Id(id)).cloned().unwrap_or(lot),
            supplier: PartyRef { code: supplier, name: Both { zh: name_zh, en: name_en } },
            material: Both { zh, en },
            dye_lot,
            units: Some(units_text(&(from..to))).filter(|text| !text.is_empty()),
            quantity_milli,
            unit,
        })
        .collect();
    Ok(Some(BatchSheet { batch: view(joined)?, lots }))
}

/// What a draft points at, found in the store.
pub(in crate::production::batches) struct Resolved {
    pub(in crate::production::batches) sku: Id,
    pub(in crate::production::batches) factory: Id,
    pub(in crate::production::batches) lots: Vec<BatchLot>,
}

/// What a draft points at; the draft then names it as it is written.
fn resolve(db: &mut Db, no: BatchNo, sound: &mut Sound) -> Result<Resolved> {
    let draft = &mut sound.draft;
    let mut faults = Vec::new();
    let mut unknown = |field: &'static str, code: &str| faults.push(Fault::new(field, Code::UnknownReference).with("value", code));
    let sku = skus::by_code(db, &draft.sku)?;
    let factory = parties::by_code(db, &draft.factory)?;
    if sku.is_none() {
        unknown("sku", &draft.sku);
    }
    if factory.is_none() {
        unknown("factory", &draft.factory);
    }
    let asked = draft.lots.iter().map(|used| LotName::read("lot", &used.lot)).collect::<Result<Vec<_>, Fault>>()?;
    let known = materials::lots_called(db, &asked, None)?;
    let mut found = Vec::with_capacity(asked.len());
    for (place, name) in asked.iter().enumerate() {
        match known.get("lot", name) {
            Ok(lot) => found.push(lot),
            Err(fault) => faults.push(Fault { field: format!("lots.{place}.lot").into(), ..fault }),
        }
    }
    Refusal::unless_empty(faults)?;
    let (Some(sku), Some(factory)) = (sku, factory) else { return Err(Code::Invalid.into()) };
    let names = materials::names(db, found.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let mut lots = Vec::with_capacity(found.len());
    for ((used, units), lot) in draft.lots.iter_mut().zip(&sound.units).zip(found) {
        lots.push(used_lot(no, &used.component, lot.id, units, used.quantity_milli));
        if let Some(name) = names.get(&lot.id) {
            used.lot.clone_from(name);
        }
    }
    Refusal::unless_empty(rules::twice(&draft.lots, &sound.units))?;
    (draft.sku, draft.factory) = (sku.code, factory.code);
    Ok(Resolved { sku: sku.id, factory: factory.id, lots })
}

/// Batches as somebody would write them, by number; the lots they are made of are left out.
pub(in crate::production::batches) fn drafts_of(db: &mut Db, those: &[Batch]) -> Result<HashMap<BatchNo, BatchDraft>> {
    let skus = skus::by_ids(db, &those.iter().map(|batch| batch.sku_id).collect::<Vec<_>>())?;
    let factories = parties::codes_of_ids(db, &those.iter().map(|batch| batch.factory_id).collect::<Vec<_>>())?;
    let draft = |batch: &Batch| BatchDraft {
        code: batch.code.clone(),
        sku: skus.get(&batch.sku_id).map(|sku| sku.code.clone()).unwrap_or_default(),
        factory: factories.get(&batch.factory_id).cloned().unwrap_or_default(),
        line: batch.line.clone(),
        started_on: batch.started_on,
        finished_on: batch.finished_on,
        planned: batch.planned,
        status: Some(batch.status.as_str().to_owned()),
        origin: Some(batch.origin.as_str().to_owned()),
        lots: Vec::new(),
        version: None,
    };
    Ok(those.iter().map(|batch| (batch.no, draft(batch))).collect())
}

/// The lots of a batch as somebody would write them.
fn uses_of(db: &mut Db, no: BatchNo) -> Result<Vec<LotUse>> {
    let used = lots_of(db, no)?;
    let lots = materials::lots(db, &used.iter().map(|used| used.lot).collect::<Vec<_>>())?;
    let names = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let written = |used: BatchLot| LotUse {
        lot: names.get(&used.lot).cloned().unwrap_or_default(),
        units: Some(units_text(&used.units)).filter(|text| !text.is_empty()),
        component: used.component,
        quantity_milli: used.quantity_milli,
    };
    Ok(used.into_iter().map(written).collect())
}

pub(in crate::production::batches) fn used_lot(
    batch: BatchNo,
    component: &str,
    lot: Id,
    units: &Range<i64>,
    quantity_milli: Option<i64>,
) -> BatchLot {
    BatchLot { batch, component: component.to_owned(), lot, units: units.clone(), quantity_milli }
}

/// Saves a new batch under the next number.
///
/// # Errors
/// What [`rules::check`] refuses; [`Code::Duplicate`] for a code that is taken; [`Code::UnknownReference`] for a sku, factory or lot that is
/// not there; [`Code::OutOfRange`] when all 16,777,215 numbers are used.
pub fn create(db: &mut Db, stamp: &Stamp, draft: &BatchDraft) -> Result<BatchSheet> {
    let mut sound = rules::check(draft)?;
    if batch_by_code(db, &sound.draft.code)?.is_some() {
        return Err(taken(&sound.draft.code));
    }
    let no = next_no(db)?;
    let resolved = resolve(db, no, &mut sound)?;
    insert(db, stamp, no, &sound, &resolved)?;
    insert_lots(db, &resolved.lots)?;
    saved(db, stamp, no, &sound.draft)?;
    sheet(db, &sound.draft.code, None)?.ok_or_else(|| Error::broken("a batch just saved is not there"))
}

/// Changes the batch `code`, its lots included, if it still has `version`. A status or origin that the draft leaves out stays as it is.
///
/// # Errors
/// As [`create`]; [`Code::NotFound`]; [`Code::Stale`] when somebody changed it in between; [`Code::InUse`] for an edit that takes a fact from
/// what stands on it ([`GUARDS`]), and for what no batch with serials can become.
pub fn change(db: &mut Db, stamp: &Stamp, code: &str, version: i64, draft: &BatchDraft, act: &Act) -> Result<BatchSheet> {
    let before = batch_by_code(db, code)?.ok_or(Code::NotFound)?;
    let no = before.no;
    let mut draft = draft.clone();
    draft.status.get_or_insert_with(|| before.status.as_str().to_owned());
    draft.origin.get_or_insert_with(|| before.origin.as_str().to_owned());
    let mut sound = rules::check(&draft)?;
    if folded(&sound.draft.code) != folded(&before.code) && batch_by_code(db, &sound.draft.code)?.is_some() {
        return Err(taken(&sound.draft.code));
    }
    let resolved = resolve(db, no, &mut sound)?;
    let mut was = drafts_of(db, std::slice::from_ref(&before))?.remove(&no).unwrap_or_default();
    was.lots = uses_of(db, no)?;
    let standing = corrections::of_batches(db, &[no])?.remove(&no).unwrap_or_default();
    corrections::refuse(rules::impossible(&before, &sound))?;
    act.allow(GUARDS, &was, &sound.draft, &standing)?;
    update(db, &before, version, &sound, &resolved)?;
    replace_lots(db, no, &resolved.lots)?;
    let body = serde_json::to_value(&sound.draft).map_err(Error::broken)?;
    let change = Change { code: &sound.draft.code, before: &was, after: &sound.draft, standing: &standing, saved: body };
    act.record(db, stamp, (EventKind::BatchSaved, EventKind::BatchCorrected), Subject::Thing(SUBJECT, no.0), change)?;
    events::bump(db, "genealogy")?;
    sheet(db, &sound.draft.code, None)?.ok_or_else(|| Error::broken("a batch just saved is not there"))
}

/// What a correction of the batch `code` would move.
///
/// # Errors
/// [`Code::NotFound`].
pub(in crate::production::batches) fn preview(db: &mut Db, code: &str) -> Result<Preview> {
    let batch = batch_by_code(db, code)?.ok_or(Code::NotFound)?;
    let standing = corrections::of_batches(db, &[batch.no])?.remove(&batch.no).unwrap_or_default();
    Ok(Preview::of(GUARDS, standing))
}

fn taken(code: &str) -> Error {
    let fault = Fault::new("code", Code::Duplicate).with("field", "code").with("value", code);
    Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into()
}

/// The number after the last. Two writers that see the same last one: the store lets one of them commit and runs the other again.
pub(in crate::production::batches) fn next_no(db: &mut Db) -> Result<BatchNo> {
    let last: Option<i64> = each!(db, |c| batch::table.select(diesel::dsl::max(batch::no)).get_result(c))?;
    match last.unwrap_or_default() + 1 {
        no if no <= LAST_BATCH_NO => Ok(BatchNo(no)),
        _ => Err(Fault::new("no", Code::OutOfRange).with("min", 1).with("max", LAST_BATCH_NO).into()),
    }
}

pub(in crate::production::batches) fn insert(db: &mut Db, stamp: &Stamp, no: BatchNo, sound: &Sound, resolved: &Resolved) -> Result<()> {
    let draft = &sound.draft;
    let inserted = each!(db, |c| diesel::insert_into(batch::table)
        .values((
            batch::no.eq(no.0),
            batch::code.eq(&draft.code),
            batch::code_key.eq(folded(&draft.code)),
            batch::sku_id.eq(resolved.sku.0),
            batch::factory_id.eq(resolved.factory.0),
            batch::line.eq(&draft.line),
            batch::started_on.eq(draft.started_on),
            batch::finished_on.eq(draft.finished_on),
            batch::planned.eq(draft.planned),
            batch::minted.eq(0),
            batch::origin.eq(sound.origin.as_str()),
            batch::status.eq(sound.status.as_str()),
            batch::created_at.eq(stamp.at),
            batch::version.eq(1),
        ))
        .execute(c));
    match inserted.map_err(Error::from) {
        // The code was free a moment ago in this very write: another writer took the number or the code. Run again, and the reader sees it.
        Err(Error::Refused(refusal)) if refusal.code == Code::Duplicate => Err(Error::Retry),
        outcome => outcome.map(|_| ()),
    }
}

/// Changes the facts of a batch if it still has `version`; its lots are another matter ([`replace_lots`]).
pub(in crate::production::batches) fn update(db: &mut Db, before: &Batch, version: i64, sound: &Sound, resolved: &Resolved) -> Result<()> {
    let draft = &sound.draft;
    let changed = each!(db, |c| diesel::update(batch::table.filter(batch::no.eq(before.no.0).and(batch::version.eq(version))))
        .set((
            batch::code.eq(&draft.code),
            batch::code_key.eq(folded(&draft.code)),
            batch::sku_id.eq(resolved.sku.0),
            batch::factory_id.eq(resolved.factory.0),
            batch::line.eq(&draft.line),
            batch::started_on.eq(draft.started_on),
            batch::finished_on.eq(draft.finished_on),
            batch::planned.eq(draft.planned),
            batch::origin.eq(sound.origin.as_str()),
            batch::status.eq(sound.status.as_str()),
            batch::version.eq(version + 1),
        ))
        .execute(c))?;
    if changed == 0 { Err(Code::Stale.into()) } else { Ok(()) }
}

pub(in crate::production::batches) fn insert_lots(db: &mut Db, lots: &[BatchLot]) -> Result<()> {
    for chunk in lots.chunks(chunk_rows(6)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|used| {
                (
                    batch_lot::batch_no.eq(used.batch.0),
                    batch_lot::component.eq(&used.component),
                    batch_lot::lot_id.eq(used.lot.0),
                    batch_lot::unit_from.eq(used.units.start),
                    batch_lot::unit_to.eq(used.units.end),
                    batch_lot::quantity_milli.eq(used.quantity_milli),
                )
            })
            .collect();
        each!(db, |c| diesel::insert_into(batch_lot::table).values(&rows).execute(c))?;
    }
    Ok(())
}

fn replace_lots(db: &mut Db, no: BatchNo, lots: &[BatchLot]) -> Result<()> {
    let key = |used: &BatchLot| (used.component.clone(), used.units.start, used.lot);
    let sorted = |lots: &[BatchLot]| lots.iter().map(|used| (key(used), (used.units.end, used.quantity_milli))).collect::<BTreeMap<_, _>>();
    if sorted(&lots_of(db, no)?) == sorted(lots) {
        return Ok(());
    }
    each!(db, |c| diesel::delete(batch_lot::table.filter(batch_lot::batch_no.eq(no.0))).execute(c))?;
    insert_lots(db, lots)
}

pub(in crate::production::batches) fn saved<T: Serialize>(db: &mut Db, stamp: &Stamp, no: BatchNo, what: &T) -> Result<()> {
    let body = serde_json::to_value(what).map_err(Error::broken)?;
    events::append(db, stamp, EventKind::BatchSaved, Subject::Thing(SUBJECT, no.0), &body)?;
    events::bump(db, "genealogy")
}
