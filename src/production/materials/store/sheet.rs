//! Lots as lists, documents, forms and files have them: with their suppliers' and parents' names.

use std::collections::HashMap;
use std::ops::Deref;

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::rules::{self, GUARDS, LotName, out_of_order, to_come, twice};
use super::super::{FIELDS, LotKind};
use super::names::names;
use super::{KEYS, Lot, Parent, children_of, insert_parents, lot_called, lots, lots_called, parents_of, refuse_cycle};
use crate::kernel::event::EventKind;
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::money::shortest_decimal;
use crate::kernel::text::{Both, Lang, folded, grouped};
use crate::kernel::{Code, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch, batch_lot, lot, lot_parent, party};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{Permission, ProductionEdit, ProductionRead};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Panel, Sees, Thing, href, key_of_two, saved, seen};
use crate::production::corrections::{self, Correctable, Standing};
use crate::production::parties;
use crate::{each, keyset, save_row};

/// A lot, and what else is said and shown of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LotSheet {
    /// The lot.
    #[serde(flatten)]
    pub lot: Lot,
    /// What it is called in addresses, files and other documents: its code; `code@supplier` where several suppliers use it.
    pub name: String,
    /// Code of the party it was received from.
    pub supplier: String,
    /// That party's name.
    pub supplier_name: Both,
    /// What it was made of.
    pub parents: Vec<LotPart>,
    /// What was made of it; only of one that was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Vec<LotPart>>,
    /// The batches it went into; only of one that was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<Vec<BatchUse>>,
}

impl Deref for LotSheet {
    type Target = Lot;

    fn deref(&self) -> &Lot {
        &self.lot
    }
}

/// A lot that went into another or came out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LotPart {
    /// The other lot: its code; `code@supplier` where several suppliers use it.
    pub lot: String,
    /// How much went in, in thousandths of the parent's unit.
    pub quantity_milli: Option<i64>,
    /// What else is shown of it, of a lot that was looked up.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub of: Option<OtherLot>,
    /// The other lot, once it has been looked up.
    #[serde(skip)]
    pub id: Id,
}

/// What is shown of the other lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherLot {
    /// Its kind.
    pub kind: LotKind,
    /// What it is.
    pub material: Both,
    /// Its supplier's code.
    pub supplier: String,
    /// Its supplier's name.
    pub supplier_name: Both,
    /// The unit of what went in: the parent's.
    pub unit: String,
}

/// A batch that a lot went into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchUse {
    /// Code of the batch.
    pub batch: String,
    /// The component it became.
    pub component: String,
    /// First unit made of it, from 1.
    pub unit_first: i64,
    /// Last unit made of it, from 1.
    pub unit_last: i64,
    /// Both as people read them; empty for all.
    pub units: String,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
    /// That unit.
    pub unit: String,
}

/// A lot's row with code and name of its supplier.
type Joined = (Lot, String, String, String);

/// Lots with the names of their suppliers and parents. Parents that the asker may not know of are left out.
fn sheets(db: &mut Db, rows: Vec<Joined>, sees: Sees) -> Result<Vec<LotSheet>> {
    let mut called = names(db, rows.iter().map(|(lot, ..)| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let edges = parents_of(db, &rows.iter().map(|(lot, ..)| lot.id).collect::<Vec<_>>())?;
    let mut above = lots(db, &edges.iter().map(|edge| edge.parent).collect::<Vec<_>>())?;
    above.retain(|lot| sees.is_of(lot.party_id));
    let above = names(db, above.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let mut parents: HashMap<Id, Vec<LotPart>> = HashMap::new();
    for edge in &edges {
        if let Some(lot) = above.get(&edge.parent).cloned() {
            let part = LotPart { lot, quantity_milli: edge.quantity_milli, of: None, id: edge.parent };
            parents.entry(edge.lot).or_default().push(part);
        }
    }
    let mut sheet = |(lot, supplier, zh, en): Joined| {
        let mut parents = parents.remove(&lot.id).unwrap_or_default();
        parents.sort_by(|a, b| a.lot.cmp(&b.lot));
        let name = called.remove(&lot.id).unwrap_or_default();
        LotSheet { name, supplier, supplier_name: Both { zh, en }, parents, children: None, batches: None, lot }
    };
    Ok(rows.into_iter().map(&mut sheet).collect())
}

/// The rows of these lots, if the asker may know of them.
fn rows_of(db: &mut Db, ids: &[Id], sees: Sees) -> Result<Vec<Joined>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS) {
        let rows: Vec<Joined> = each!(db, |c| lot::table
            .inner_join(party::table.on(party::id.eq(lot::party_id)))
            .filter(lot::id.eq_any(chunk))
            .select((Lot::as_select(), party::code, party::name_zh, party::name_en))
            .load(c))?;
        found.extend(rows.into_iter().filter(|(lot, ..)| sees.is_of(lot.party_id)));
    }
    Ok(found)
}

/// Lots with these ids as files have them.
pub(super) fn sheets_of(db: &mut Db, ids: &[Id]) -> Result<Vec<LotSheet>> {
    let rows = rows_of(db, ids, Sees::ALL)?;
    sheets(db, rows, Sees::ALL)
}

impl LotSheet {
    /// With what its page and its document show besides: its neighbours, as far as the asker may know of them, and the batches it went into.
    fn shown(mut self, db: &mut Db, sees: Sees) -> Result<Self> {
        let down = children_of(db, &[self.id])?;
        let ids: Vec<Id> = self.parents.iter().map(|part| part.id).chain(down.iter().map(|edge| edge.lot)).collect();
        let rows = rows_of(db, &ids, sees)?;
        let called = names(db, rows.iter().map(|(lot, ..)| (lot.id, lot.code.as_str(), lot.party_id)))?;
        let known: HashMap<Id, Joined> = rows.into_iter().map(|row| (row.0.id, row)).collect();
        let other = |id: Id, unit: Option<&str>| {
            known.get(&id).map(|(lot, supplier, zh, en)| OtherLot {
                kind: lot.kind,
                material: lot.material(),
                supplier: supplier.clone(),
                supplier_name: Both { zh: zh.clone(), en: en.clone() },
                unit: unit.unwrap_or(&lot.unit).to_owned(),
            })
        };
        for part in &mut self.parents {
            part.of = other(part.id, None);
        }
        let child = |edge: &Parent| {
            let (of, lot) = (Some(other(edge.lot, Some(&self.unit))?), called.get(&edge.lot)?.clone());
            Some(LotPart { lot, quantity_milli: edge.quantity_milli, of, id: edge.lot })
        };
        let mut children: Vec<LotPart> = down.iter().filter_map(child).collect();
        children.sort_by(|a, b| a.lot.cmp(&b.lot));
        let uses: Vec<(String, String, i64, i64, Option<i64>)> = each!(db, |c| batch_lot::table
            .inner_join(batch::table.on(batch::no.eq(batch_lot::batch_no)))
            .filter(batch_lot::lot_id.eq(self.id.0))
            .order((batch::code, batch_lot::component, batch_lot::unit_from))
            .select((batch::code, batch_lot::component, batch_lot::unit_from, batch_lot::unit_to, batch_lot::quantity_milli))
            .load(c))?;
        let used = |(batch, component, from, unit_last, quantity_milli): (String, String, i64, i64, Option<i64>)| BatchUse {
            units: if (from, unit_last) == (0, UNITS_PER_BATCH) { String::new() } else { format!("{}–{unit_last}", from + 1) },
            unit: self.unit.clone(),
            unit_first: from + 1,
            batch,
            component,
            unit_last,
            quantity_milli,
        };
        let batches = uses.into_iter().map(used).collect();
        Ok(Self { children: Some(children), batches: Some(batches), ..self })
    }

    /// Refuses a code that another lot of the supplier has.
    fn not_taken(&self, db: &mut Db, before: Option<&Self>) -> Result<()> {
        let own = before.map_or(Id::default(), |before| before.id);
        let others: i64 = each!(db, |c| lot::table
            .filter(lot::code_key.eq(&self.code_key).and(lot::party_id.eq(self.party_id)).and(lot::id.ne(own)))
            .count()
            .get_result(c))?;
        if others == 0 {
            return Ok(());
        }
        let fault = Fault::new("code", Code::Duplicate).with("field", "code").with("value", &self.code);
        Err(Refusal { code: Code::Duplicate, args: vec![("field", "code".into())], faults: vec![fault] }.into())
    }
}

/// What a lot cannot become, whoever says it and however: a day that is to come, and what contradicts those who use it.
pub(super) fn impossible(db: &mut Db, stamp: &Stamp, before: Option<&LotSheet>, after: &LotSheet) -> Result<Vec<Fault>> {
    let days = |lot: &LotSheet| [("produced_on", lot.produced_on), ("received_on", lot.received_on)];
    let was = before.map_or([None; 2], |before| days(before).map(|(_, day)| day));
    let moved: Vec<_> = days(after).into_iter().zip(was).filter(|((_, is), was)| is != was).collect();
    let ahead = moved.iter().filter_map(|((field, is), was)| to_come(field, (*was, *is), stamp.at, 1));
    let mut faults: Vec<Fault> = ahead.collect();
    let Some(before) = before else { return Ok(faults) };
    if !moved.is_empty() {
        let first: Option<(String, Option<NaiveDate>)> = each!(db, |c| batch_lot::table
            .inner_join(batch::table.on(batch::no.eq(batch_lot::batch_no)))
            .filter(batch_lot::lot_id.eq(before.id).and(batch::finished_on.is_not_null()))
            .order(batch::finished_on)
            .select((batch::code, batch::finished_on))
            .first(c)
            .optional())?;
        let late = |(field, is)| out_of_order(field, (&after.code, is), first.as_ref().map_or(("", None), |(code, day)| (code, *day)));
        faults.extend(moved.into_iter().filter_map(|(day, _)| late(day)));
    }
    faults.extend(below_used(db, before, after)?);
    // What garments are made of is told to whoever has them: once sold, it is added to by a correction.
    let had = |part: &LotPart| before.parents.iter().any(|known| folded(&known.lot) == folded(&part.lot));
    if !after.parents.iter().all(had) {
        let sold = corrections::moved_by_lot(db, before.id)?.sold;
        faults.extend((sold > 0).then(|| corrections::fixed("parents", "sold", sold)));
    }
    Ok(faults)
}

/// A quantity that is lowered to less than what is recorded as used.
fn below_used(db: &mut Db, before: &LotSheet, after: &LotSheet) -> Result<Option<Fault>> {
    if after.quantity_milli >= before.quantity_milli {
        return Ok(None);
    }
    let used = corrections::used_milli(db, before.id)?;
    Ok((after.quantity_milli < used).then(|| corrections::fixed("quantity_milli", "used-least", shortest_decimal(used, 3))))
}

impl Listing for LotSheet {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "lots";
    const SCHEMA: &'static str = "Lot";
    type Read = ProductionRead;

    fn key(&self) -> String {
        key_of_two(&self.code, self.id)
    }

    fn href(&self) -> String {
        href::<Self>(&self.name)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("lots-add", "/lots/new".to_owned(), Permission::ProductionEdit),
            ("import-from-file", "/imports?table=lots".to_owned(), Permission::ProductionEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        let rows: Vec<Joined> = each!(db, |c| {
            let mut lots = lot::table.inner_join(party::table.on(party::id.eq(lot::party_id))).into_boxed();
            if let Some(party) = sees.party() {
                lots = lots.filter(lot::party_id.eq(party));
            }
            if let Some(supplier) = query.filter("supplier") {
                lots = lots.filter(party::code_key.eq(folded(supplier)));
            }
            if let Some(kind) = query.filter("kind") {
                lots = lots.filter(lot::kind.eq(kind));
            }
            if !query.q.is_empty() {
                lots = lots.filter(
                    lot::code_key
                        .like(anywhere(&folded(&query.q)))
                        .escape('\\')
                        .or(lower(lot::material_zh).like(&pattern).escape('\\'))
                        .or(lower(lot::material_en).like(&pattern).escape('\\'))
                        .or(lower(lot::dye_lot).like(&pattern).escape('\\')),
                );
            }
            let lots = lots.select((Lot::as_select(), party::code, party::name_zh, party::name_en));
            keyset!(c, lots, lot::code, lot::id, window)
        })?;
        sheets(db, rows, sees)
    }
}

impl Thing for LotSheet {
    const SUBJECT: &'static str = "lot";
    const SAVED: EventKind = EventKind::LotSaved;
    type Edit = ProductionEdit;

    fn id(&self) -> Id {
        self.lot.id
    }

    fn code(&self) -> &str {
        &self.name
    }

    fn version(&self) -> i64 {
        self.lot.version
    }

    fn title(&self, lang: Lang) -> String {
        self.material().get(lang).to_owned()
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.party_id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let asked = codes.iter().map(|code| LotName::read("lot", code)).collect::<Result<Vec<_>, Fault>>()?;
        let called = lots_called(db, &asked, None)?;
        let ids: Vec<Id> = asked.iter().flat_map(|name| called.meant_by(name)).map(|lot| lot.id).collect();
        sheets_of(db, &ids)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let Some(lot) = lot_called(db, code, sees.party())? else { return Ok(None) };
        let rows = rows_of(db, &[lot.id], sees)?;
        sheets(db, rows, sees)?.pop().map(|sheet| sheet.shown(db, sees)).transpose()
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        rules::check(&self)?;
        let mut faults = Vec::new();
        match parties::by_code(db, &self.supplier)? {
            Some(party) => (self.lot.party_id, self.supplier) = (party.id, party.code),
            None => faults.push(Fault::new("supplier", Code::UnknownReference).with("value", &self.supplier)),
        }
        let asked = self.parents.iter().map(|part| LotName::read("lot", &part.lot)).collect::<Result<Vec<_>, Fault>>()?;
        let known = lots_called(db, &asked, None)?;
        let mut found: Vec<&Lot> = Vec::with_capacity(asked.len());
        for (place, name) in asked.iter().enumerate() {
            match known.get("lot", name) {
                Err(fault) => faults.push(Fault { field: format!("parents.{place}.lot").into(), ..fault }),
                Ok(parent) if found.iter().any(|other| other.id == parent.id) => faults.push(twice(place, &name.to_string())),
                Ok(parent) => {
                    faults.extend(out_of_order("produced_on", (&parent.code, parent.produced_on), (&self.code, self.produced_on)));
                    found.push(parent);
                }
            }
        }
        Refusal::unless_empty(faults)?;
        let called = names(db, found.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
        for (part, lot) in self.parents.iter_mut().zip(&found) {
            part.id = lot.id;
            if let Some(name) = called.get(&lot.id) {
                part.lot.clone_from(name);
            }
        }
        self.parents.sort_by(|a, b| a.lot.cmp(&b.lot));
        Ok(self)
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        self.lot.code_key = folded(&self.lot.code);
        self.not_taken(db, before)?;
        let mut row = self.lot.clone();
        save_row!(db, stamp, lot, row, before.map(|before| &before.lot));
        let mut edges: Vec<Parent> =
            self.parents.iter().map(|part| Parent { lot: row.id, parent: part.id, quantity_milli: part.quantity_milli }).collect();
        edges.sort_by_key(|edge| edge.parent);
        if edges != parents_of(db, &[row.id])? {
            each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(row.id))).execute(c))?;
            insert_parents(db, &edges)?;
            refuse_cycle(db, row.id)?;
        }
        db.bump("genealogy")?;
        seen(db, &LotName { code: row.code, supplier: Some(self.supplier) }.to_string(), Sees::ALL)
    }

    /// A day of production after that of something made of it; what others stand on; what it cannot become.
    fn faults_of(db: &mut Db, stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let mut all = corrections::held(db, edits)?;
        let suppliers: Vec<_> = edits.iter().map(|(lot, before)| (Some(lot.party_id), before.map(|before| before.party_id))).collect();
        let closed = parties::newly_closed(db, stamp, "supplier", &suppliers)?;
        for (((lot, before), faults), closed) in edits.iter().zip(&mut all).zip(closed) {
            faults.extend(closed);
            faults.extend(impossible(db, stamp, *before, lot)?);
            let Some(before) = before else { continue };
            let children: Vec<Id> = children_of(db, &[before.id])?.into_iter().map(|edge| edge.lot).collect();
            let children = if lot.produced_on.is_some() { lots(db, &children)? } else { Vec::new() };
            let late = |child: &Lot| out_of_order("produced_on", (&lot.code, lot.produced_on), (&child.code, child.produced_on));
            faults.extend(children.iter().filter_map(late).take(1));
        }
        Ok(all)
    }

    /// How much of it is recorded as used, which may be more than there is: a quantity is often an estimate, and is said rather than refused.
    fn panels(&self, db: &mut Db) -> Result<Vec<Panel>> {
        let used = corrections::used_milli(db, self.id)?;
        let amount = |milli| format!("{} {}", grouped(shortest_decimal(milli, 3)), self.unit);
        let left = self.quantity_milli - used;
        let left = if left < 0 { ("lots-used-beyond", amount(-left)) } else { ("lots-used-left", amount(left)) };
        let facts = [("lots-used-sum", amount(used)), left].map(|(key, amount)| (key, amount, String::new()));
        Ok(if used > 0 { vec![Panel { key: "lots-used", facts: facts.into() }] } else { Vec::new() })
    }

    fn acts(&self) -> Vec<Act> {
        vec![
            Act::get("lots-trace", format!("/trace/lot/{}", segment(&self.name)), Permission::TraceRead),
            Act::get("correct", format!("{}/correct", href::<Self>(&self.name)), Permission::ProductionEdit).brand_only(),
        ]
    }
}

impl Correctable for LotSheet {
    const GUARDS: &'static [corrections::Guard<Self>] = GUARDS;
    const CORRECTED: EventKind = EventKind::LotCorrected;

    fn standing(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, Standing>> {
        corrections::of_lots(db, ids)
    }

    fn moves(&self, db: &mut Db) -> Result<Standing> {
        corrections::moved_by_lot(db, self.id)
    }
}

/// Makes a lot.
///
/// # Errors
/// [`Code::Invalid`] with what is wrong; [`Code::Duplicate`] for a code that its supplier has; [`Code::Cycle`].
pub fn create(db: &mut Db, stamp: &Stamp, lot: LotSheet) -> Result<LotSheet> {
    saved(lot, db, stamp, None)
}
