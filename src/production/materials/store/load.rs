//! Lots from files: many at a time; what is there already and what the file does not speak of stays as it is.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::import::LotRecord;
use super::super::rules::{GUARDS, LotName, check};
use super::super::{Lot, LotDraft, LotKind};
use super::{
    Called, Parent, SUBJECT, all_edges, below_used, drafts_of, insert, insert_parents, lots_called, names_of, refuse_cycle_among, update,
};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::folded;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::lot_parent;
use crate::platform::events::{self, Stamp};
use crate::platform::imports::{Applied, ChangeKind, Entry};
use crate::production::corrections::{self, frozen};
use crate::production::parties;

/// What tells a lot from every other: its code and its supplier's, folded.
pub(in crate::production::materials) type Ident = (String, String);

/// Of a code and a supplier's.
pub(in crate::production::materials) fn ident(code: &str, supplier: &str) -> Ident {
    (folded(code), folded(supplier))
}

/// Parents that a file names before it has them: by the parent's folded name, the lots that wait for it and how much goes in.
pub(in crate::production::materials) type Waiting = HashMap<LotName, Vec<(Id, Option<i64>)>>;

/// A row held against the store.
struct Planned {
    line: u64,
    /// The lot that is there, and what it says.
    there: Option<(Lot, LotDraft)>,
    /// What it would say.
    after: LotDraft,
    kind: LotKind,
    supplier: Id,
}

impl Planned {
    fn is_same(&self) -> bool {
        self.there.as_ref().is_some_and(|(_, before)| *before == self.after)
    }

    /// Counts what the row does.
    fn tell(&self, told: &mut Applied) -> Result<Option<ChangeKind>> {
        told.compare(self.line, &self.after.code, self.there.as_ref().map(|(_, before)| before), &self.after)
    }
}

/// Rows held against the store, and what is wrong with them (by place, under the fields of a draft).
#[derive(Default)]
struct Plan {
    rows: Vec<Planned>,
    faults: Vec<(usize, Fault)>,
    /// Every lot that a row may name as a parent.
    parents: Called,
}

fn plan(db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Plan> {
    let own: Vec<LotName> = chunk.iter().map(|entry| LotName { code: entry.record.code.clone(), supplier: None }).collect();
    let asked: HashSet<Ident> = chunk.iter().map(|entry| entry.record.ident()).collect();
    let mut there: HashMap<Ident, Lot> =
        lots_called(db, &own, None)?.all().map(|(lot, supplier)| (ident(&lot.code, supplier), lot.clone())).collect();
    there.retain(|ident, _| asked.contains(ident));
    let stored: Vec<Lot> = there.values().cloned().collect();
    let mut drafts = drafts_of(db, &stored, None)?;
    let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.supplier.as_str()).collect();
    let suppliers = parties::ids_of_codes(db, &codes)?;
    let written = parties::codes_of_ids(db, &suppliers.values().copied().collect::<Vec<_>>())?;
    let mut plan = Plan::default();
    let mut laid = Vec::with_capacity(chunk.len());
    for (place, Entry { line, record }) in chunk.iter().enumerate() {
        let Some(supplier) = suppliers.get(&record.supplier).copied() else {
            plan.faults.push((place, Fault::new("supplier", Code::UnknownReference).with("value", &record.supplier)));
            continue;
        };
        let before = there.get(&record.ident()).cloned().and_then(|lot| Some((drafts.remove(&lot.id)?, lot)));
        let mut after = before.as_ref().map_or_else(
            || LotDraft { code: record.code.clone(), supplier: written.get(&supplier).cloned().unwrap_or_default(), ..LotDraft::default() },
            |(draft, _)| draft.clone(),
        );
        record.edits.onto(&mut after);
        match check(&after) {
            Ok((after, kind)) => {
                laid.push((place, Planned { line: *line, there: before.map(|(draft, lot)| (lot, draft)), after, kind, supplier }))
            }
            Err(Error::Refused(refusal)) => {
                let whole = Fault { field: "parents".into(), line: None, code: refusal.code, args: refusal.args };
                let found = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
                plan.faults.extend(found.into_iter().map(|fault| (place, fault)));
            }
            Err(error) => return Err(error),
        }
    }
    let named: Vec<LotName> = laid.iter().flat_map(|(_, row)| &row.after.parents).filter_map(|part| name_of(&part.lot)).collect();
    plan.parents = lots_called(db, &named, None)?;
    as_written(db, &plan.parents, laid.iter_mut().map(|(_, row)| &mut row.after))?;
    let changed: Vec<Id> = laid.iter().filter(|(_, row)| !row.is_same()).filter_map(|(_, row)| Some(row.there.as_ref()?.0.id)).collect();
    let standing = corrections::of_lots(db, &changed)?;
    for (place, row) in laid {
        if let Some((lot, before)) = &row.there {
            let held = standing.get(&lot.id).map(|standing| frozen(GUARDS, before, &row.after, standing)).unwrap_or_default();
            plan.faults.extend(held.into_iter().chain(below_used(db, lot.id, before, &row.after)?).map(|fault| (place, fault)));
        }
        plan.rows.push(row);
    }
    Ok(plan)
}

/// The name of a parent in a draft that has been checked.
fn name_of(text: &str) -> Option<LotName> {
    LotName::read("parents", text).ok()
}

/// Names the parents of drafts as the store does, where it has them.
fn as_written<'a>(db: &mut Db, known: &Called, drafts: impl Iterator<Item = &'a mut LotDraft>) -> Result<()> {
    let lots: Vec<Lot> = known.all().map(|(lot, _)| lot.clone()).collect();
    let names = names_of(db, &lots)?;
    for draft in drafts {
        for part in &mut draft.parents {
            let known = name_of(&part.lot).and_then(|name| known.get("parents", &name).ok());
            if let Some(name) = known.and_then(|lot| names.get(&lot.id)) {
                part.lot.clone_from(name);
            }
        }
        draft.parents.sort();
    }
    Ok(())
}

/// What loading these records would do, and what is wrong with them (by place, under the fields of a draft).
///
/// # Errors
/// When the store does.
pub(in crate::production::materials) fn would_load(db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<(Applied, Vec<(usize, Fault)>)> {
    let plan = plan(db, chunk)?;
    let mut would = Applied::default();
    for row in &plan.rows {
        row.tell(&mut would)?;
    }
    Ok((would, plan.faults))
}

/// Loads a chunk of a file. Parents that are not there yet wait for a later chunk; those that earlier chunks waited for are joined.
///
/// # Errors
/// What [`would_load`] finds, when it has come up since the file was checked; [`Code::Cycle`] when somebody made one since.
pub(in crate::production::materials) fn load(
    db: &mut Db,
    stamp: &Stamp,
    chunk: &[Entry<LotRecord>],
    waiting: &Waiting,
) -> Result<(Applied, Waiting)> {
    let Plan { rows, faults, parents } = plan(db, chunk)?;
    Refusal::unless_empty(faults.into_iter().map(|(_, fault)| fault).collect())?;
    let mut applied = Applied::default();
    let mut ids: HashMap<LotName, Id> = HashMap::new();
    let mut rewired: Vec<(Id, &LotDraft)> = Vec::new();
    // Existing lots whose parents change, and lots joined late: only they can close a cycle.
    let mut suspects: Vec<i64> = Vec::new();
    for row in &rows {
        let change = row.tell(&mut applied)?;
        let id = match (&row.there, change) {
            (None, _) => {
                let id = stamp.id();
                insert(db, stamp, id, row.supplier, row.kind, &row.after)?;
                rewired.push((id, &row.after));
                id
            }
            (Some((lot, _)), None) => lot.id,
            (Some((lot, before)), Some(_)) => {
                update(db, lot.id, lot.version, row.supplier, row.kind, &row.after)?;
                if before.parents != row.after.parents {
                    each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(lot.id.0))).execute(c))?;
                    rewired.push((lot.id, &row.after));
                    suspects.push(lot.id.0);
                }
                lot.id
            }
        };
        for supplier in [None, Some(row.after.supplier.clone())] {
            ids.insert(LotName { code: row.after.code.clone(), supplier }.folded(), id);
        }
        if change.is_some() {
            let body = serde_json::to_value(&row.after).map_err(Error::broken)?;
            events::append(db, stamp, EventKind::LotSaved, Subject::Thing(SUBJECT, id.0), &body)?;
        }
    }
    let mut waiting = waiting.clone();
    let mut edges = Vec::new();
    for (lot, draft) in rewired {
        for part in &draft.parents {
            let Some(name) = name_of(&part.lot) else { continue };
            let stored = || parents.get("parents", &name).ok().map(|lot| lot.id);
            match ids.get(&name.folded()).copied().or_else(stored) {
                Some(parent) => edges.push(Parent { lot, parent, quantity_milli: part.quantity_milli }),
                None => waiting.entry(name.folded()).or_default().push((lot, part.quantity_milli)),
            }
        }
    }
    for (name, parent) in &ids {
        for (lot, quantity_milli) in waiting.remove(name).into_iter().flatten() {
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
