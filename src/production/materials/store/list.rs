//! Lots as lists, documents and files show them.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Lot, LotDraft, LotKind, PartDraft};
use super::names::{names, names_of};
use super::{Row, lots, parents_of};
use crate::each;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::text::{Both, folded};
use crate::kernel::{Code, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{lot, party};
use crate::platform::db::search::{anywhere, lower};
use crate::production::parties;

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
    /// What it is called in addresses, files and other documents: its code; `code@supplier` where several suppliers use it.
    pub name: String,
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

/// A lot's row with code and name of its supplier.
pub(super) type Joined = (Row, String, String, String);

/// Lots as they are shown, by id.
pub(super) fn views(db: &mut Db, rows: Vec<Joined>) -> Result<Vec<(Id, LotView)>> {
    let lots = rows.into_iter().map(|(row, code, zh, en)| Ok((Lot::try_from(row)?, code, zh, en))).collect::<Result<Vec<_>>>()?;
    let mut names = names(db, lots.iter().map(|(lot, ..)| (lot.id, lot.code.as_str(), lot.party_id)))?;
    Ok(lots.into_iter().map(|(lot, code, zh, en)| (lot.id, view(names.remove(&lot.id).unwrap_or_default(), lot, code, zh, en))).collect())
}

fn view(name: String, lot: Lot, code: String, name_zh: String, name_en: String) -> LotView {
    LotView {
        name,
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

/// Between the two halves of a list's key; no code has it.
const AND: char = '\n';

/// Lots by code, a page at a time.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub fn list(db: &mut Db, filter: &LotFilter, ask: &PageAsk) -> Result<Page<LotView>> {
    let (limit, after) = (ask.limit(), ask.key()?);
    let halves = |key: &str| key.split_once(AND).and_then(|(code, id)| Some((code.to_owned(), Id(id.parse().ok()?))));
    let after = after.as_deref().map(|key| halves(key).ok_or_else(|| Fault::new("after", Code::Malformed).with("reason", "page-token")));
    let rows = joined(db, filter, after.transpose()?, Some(limit + 1))?;
    let page = Page::new(views(db, rows)?, limit, |(id, lot): &(Id, LotView)| format!("{}{AND}{}", lot.code, id.0));
    Ok(Page { items: page.items.into_iter().map(|(_, lot)| lot).collect(), next: page.next })
}

/// All lots of a filter as a file has them, what they are made of included.
///
/// # Errors
/// When the store does.
pub(in crate::production::materials) fn drafts(db: &mut Db, filter: &LotFilter) -> Result<Vec<LotDraft>> {
    let lots = joined(db, filter, None, None)?.into_iter().map(|(row, ..)| row.try_into()).collect::<Result<Vec<Lot>>>()?;
    let mut drafts = drafts_of(db, &lots, filter.party)?;
    Ok(lots.iter().filter_map(|lot| drafts.remove(&lot.id)).collect())
}

/// Lots as somebody would write them, by id. Parents of other parties stay unnamed to somebody who is bound to `party`.
pub(super) fn drafts_of(db: &mut Db, those: &[Lot], party: Option<Id>) -> Result<HashMap<Id, LotDraft>> {
    let edges = parents_of(db, &those.iter().map(|lot| lot.id).collect::<Vec<_>>())?;
    let above: Vec<Id> = edges.iter().map(|edge| edge.parent).collect();
    let mut above = lots(db, &above)?;
    above.retain(|lot| party.is_none_or(|party| party == lot.party_id));
    let names = names_of(db, &above)?;
    let suppliers = parties::codes_of_ids(db, &those.iter().map(|lot| lot.party_id).collect::<Vec<_>>())?;
    let mut parents: HashMap<Id, Vec<PartDraft>> = HashMap::new();
    for edge in &edges {
        if let Some(lot) = names.get(&edge.parent).cloned() {
            parents.entry(edge.lot).or_default().push(PartDraft { lot, quantity_milli: edge.quantity_milli });
        }
    }
    parents.values_mut().for_each(|parts| parts.sort());
    let mut draft = |lot: &Lot| LotDraft {
        code: lot.code.clone(),
        supplier: suppliers.get(&lot.party_id).cloned().unwrap_or_default(),
        kind: lot.kind.as_str().to_owned(),
        material: lot.material.clone(),
        dye_lot: lot.dye_lot.clone(),
        quantity_milli: lot.quantity_milli,
        unit: lot.unit.clone(),
        country: lot.country.clone(),
        produced_on: lot.produced_on,
        received_on: lot.received_on,
        parents: parents.remove(&lot.id).unwrap_or_default(),
        version: None,
    };
    Ok(those.iter().map(|lot| (lot.id, draft(lot))).collect())
}

fn joined(db: &mut Db, filter: &LotFilter, after: Option<(String, Id)>, limit: Option<i64>) -> Result<Vec<Joined>> {
    Ok(each!(db, |c| {
        let mut query = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).into_boxed();
        if let Some(party) = filter.party {
            query = query.filter(lot::party_id.eq(party.0));
        }
        if let Some(supplier) = &filter.supplier {
            query = query.filter(party::code_key.eq(folded(supplier)));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(lot::kind.eq(kind.as_str()));
        }
        if let Some(q) = &filter.q {
            let pattern = anywhere(q);
            query = query.filter(
                lot::code_key
                    .like(anywhere(&folded(q)))
                    .escape('\\')
                    .or(lower(lot::material_zh).like(pattern.clone()).escape('\\'))
                    .or(lower(lot::material_en).like(pattern.clone()).escape('\\'))
                    .or(lower(lot::dye_lot).like(pattern).escape('\\')),
            );
        }
        if let Some((code, id)) = &after {
            query = query.filter(lot::code.ge(code)).filter(lot::code.gt(code).or(lot::id.gt(id.0)));
        }
        if let Some(limit) = limit {
            query = query.limit(limit);
        }
        query.order((lot::code, lot::id)).select((lot::all_columns, party::code, party::name_zh, party::name_en)).load(c)
    })?)
}
