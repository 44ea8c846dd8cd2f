//! Lots from files: many at a time, and what is there already stays as it is.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::import::LotRecord;
use super::super::{Lot, LotDraft, PartDraft};
use super::{Parent, SUBJECT, all_edges, insert, insert_parents, lots_by_code, parents_of, refuse_cycle_among, update};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::lot_parent;
use crate::platform::events::{self, Stamp};
use crate::platform::imports::{Applied, Entry};
use crate::production::parties;

/// Parents that a file names before it has them: by the parent's code, the lots that wait for it and how much goes in.
pub(in crate::production::materials) type Waiting = HashMap<String, Vec<(Id, Option<i64>)>>;

/// A chunk of a file beside what is in the store.
struct Beside {
    lots: HashMap<String, Lot>,
    parents: HashMap<Id, Vec<PartDraft>>,
    suppliers: HashMap<String, Id>,
    supplier_codes: HashMap<Id, String>,
}

impl Beside {
    fn of(db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Self> {
        let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.draft.code.as_str()).collect();
        let lots = lots_by_code(db, &codes)?;
        let ids: Vec<Id> = lots.values().map(|lot| lot.id).collect();
        let edges = parents_of(db, &ids)?;
        let names: Vec<Id> = edges.iter().map(|edge| edge.parent).collect();
        let names: HashMap<Id, String> = super::lots(db, &names)?.into_iter().map(|lot| (lot.id, lot.code)).collect();
        let mut parents: HashMap<Id, Vec<PartDraft>> = HashMap::new();
        for edge in edges {
            let lot = names.get(&edge.parent).cloned().unwrap_or_default();
            parents.entry(edge.lot).or_default().push(PartDraft { lot, quantity_milli: edge.quantity_milli });
        }
        parents.values_mut().for_each(|parts| parts.sort());
        let suppliers: Vec<&str> = chunk.iter().map(|entry| entry.record.draft.supplier.as_str()).collect();
        let suppliers = parties::ids_of_codes(db, &suppliers)?;
        let supplier_codes = parties::codes_of_ids(db, &lots.values().map(|lot| lot.party_id).collect::<Vec<_>>())?;
        Ok(Self { lots, parents, suppliers, supplier_codes })
    }

    fn supplier(&self, record: &LotRecord) -> Result<Id> {
        let code = &record.draft.supplier;
        self.suppliers.get(code).copied().ok_or_else(|| Fault::new("supplier_code", Code::UnknownReference).with("value", code).into())
    }

    /// A lot as a file would say it, in what `record` speaks of.
    fn draft_of(&self, lot: &Lot, record: &LotRecord) -> LotDraft {
        LotDraft {
            code: lot.code.clone(),
            supplier: self.supplier_codes.get(&lot.party_id).cloned().unwrap_or_default(),
            kind: lot.kind.as_str().to_owned(),
            material: lot.material.clone(),
            dye_lot: lot.dye_lot.clone(),
            quantity_milli: lot.quantity_milli,
            unit: lot.unit.clone(),
            country: lot.country.clone(),
            produced_on: lot.produced_on,
            received_on: lot.received_on,
            parents: if record.says_parents { self.parents.get(&lot.id).cloned().unwrap_or_default() } else { Vec::new() },
            version: None,
        }
    }

    /// Whether the store says of the lot itself what the record says.
    fn same_facts(&self, lot: &Lot, record: &LotRecord) -> bool {
        let draft = &record.draft;
        self.suppliers.get(&draft.supplier) == Some(&lot.party_id)
            && lot.kind == record.kind
            && lot.material == draft.material
            && lot.dye_lot == draft.dye_lot
            && lot.quantity_milli == draft.quantity_milli
            && lot.unit == draft.unit
            && lot.country == draft.country
            && lot.produced_on == draft.produced_on
            && lot.received_on == draft.received_on
    }

    /// Whether the store says what the record says of what the lot is made of.
    fn same_parents(&self, lot: &Lot, record: &LotRecord) -> bool {
        !record.says_parents || self.parents.get(&lot.id).map_or(&[][..], Vec::as_slice) == record.draft.parents.as_slice()
    }
}

/// What loading these records would do.
///
/// # Errors
/// When the store does.
pub(in crate::production::materials) fn would_load(db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Applied> {
    let beside = Beside::of(db, chunk)?;
    let mut would = Applied::default();
    for Entry { line, record } in chunk {
        let before = beside.lots.get(&record.draft.code).map(|lot| beside.draft_of(lot, record));
        would.compare(*line, &record.draft.code, before.as_ref(), &record.draft)?;
    }
    Ok(would)
}

/// Loads a chunk of a file. Parents that are not there yet wait for a later chunk; those that earlier chunks waited for are joined.
///
/// # Errors
/// [`Code::UnknownReference`] for a supplier that has gone; [`Code::Cycle`] when somebody made one since the file was checked.
pub(in crate::production::materials) fn load(
    db: &mut Db,
    stamp: &Stamp,
    chunk: &[Entry<LotRecord>],
    waiting: &Waiting,
) -> Result<(Applied, Waiting)> {
    let beside = Beside::of(db, chunk)?;
    let mut applied = Applied::default();
    let mut ids: HashMap<String, Id> = HashMap::new();
    let mut rewired: Vec<(Id, &LotRecord)> = Vec::new();
    // Existing lots whose parents change, and lots joined late: only they can close a cycle.
    let mut suspects: Vec<i64> = Vec::new();
    for Entry { line, record } in chunk {
        let supplier = beside.supplier(record)?;
        let id = match beside.lots.get(&record.draft.code) {
            None => {
                let id = stamp.id();
                insert(db, stamp, id, supplier, record.kind, &record.draft)?;
                applied.add(*line, &record.draft.code);
                rewired.push((id, record));
                id
            }
            Some(lot) if beside.same_facts(lot, record) && beside.same_parents(lot, record) => {
                applied.keep();
                ids.insert(record.draft.code.clone(), lot.id);
                continue;
            }
            Some(lot) => {
                update(db, lot.id, lot.version, supplier, record.kind, &record.draft)?;
                applied.compare(*line, &record.draft.code, Some(&beside.draft_of(lot, record)), &record.draft)?;
                if !beside.same_parents(lot, record) {
                    each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(lot.id.0))).execute(c))?;
                    rewired.push((lot.id, record));
                    suspects.push(lot.id.0);
                }
                lot.id
            }
        };
        ids.insert(record.draft.code.clone(), id);
        let body = serde_json::to_value(&record.draft).map_err(Error::broken)?;
        events::append(db, stamp, EventKind::LotSaved, Subject::Thing(SUBJECT, id.0), &body)?;
    }
    let elsewhere: Vec<&str> = rewired
        .iter()
        .flat_map(|(_, record)| &record.draft.parents)
        .map(|part| part.lot.as_str())
        .filter(|code| !ids.contains_key(*code))
        .collect();
    let elsewhere = lots_by_code(db, &elsewhere)?;
    let mut waiting = waiting.clone();
    let mut edges = Vec::new();
    for (lot, record) in rewired {
        for part in &record.draft.parents {
            match ids.get(&part.lot).copied().or_else(|| elsewhere.get(&part.lot).map(|lot| lot.id)) {
                Some(parent) => edges.push(Parent { lot, parent, quantity_milli: part.quantity_milli }),
                None => waiting.entry(part.lot.clone()).or_default().push((lot, part.quantity_milli)),
            }
        }
    }
    for (code, parent) in &ids {
        for (lot, quantity_milli) in waiting.remove(code).into_iter().flatten() {
            suspects.push(lot.0);
            edges.push(Parent { lot, parent: *parent, quantity_milli });
        }
    }
    insert_parents(db, &edges)?;
    if !suspects.is_empty() {
        let edges = all_edges(db)?;
        refuse_cycle_among(db, &edges, &suspects)?;
    }
    if applied.added + applied.changed > 0 || !edges.is_empty() {
        events::bump(db, "genealogy")?;
    }
    Ok((applied, waiting))
}
