//! Lots from files: many at a time; what is there already and what the file does not speak of stays as it is.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::super::import::LotRecord;
use super::super::rules::{GUARDS, LotName, check};
use super::names::names;
use super::sheet::{impossible, sheets_of};
use super::{Called, Lot, LotSheet, Parent, all_edges, insert_parents, lots_called, refuse_cycle_among};
use crate::kernel::text::folded;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{lot, lot_parent};
use crate::platform::events::Stamp;
use crate::platform::imports::{Applied, ChangeKind, Entry};
use crate::platform::rooms::tell_saved;
use crate::production::corrections::{self, frozen};
use crate::production::parties;
use crate::{each, save_row};

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
    /// The lot that is there.
    before: Option<LotSheet>,
    /// As it would be.
    after: LotSheet,
}

impl Planned {
    fn is_same(&self) -> bool {
        self.before.as_ref() == Some(&self.after)
    }

    /// Counts what the row does.
    fn tell(&self, told: &mut Applied) -> Result<Option<ChangeKind>> {
        told.compare(self.line, &self.after.code, self.before.as_ref(), &self.after)
    }
}

/// Rows held against the store, and what is wrong with them (by place, under the fields of a lot).
#[derive(Default)]
struct Plan {
    rows: Vec<Planned>,
    faults: Vec<(usize, Fault)>,
    /// Every lot that a row may name as a parent.
    parents: Called,
}

fn plan(db: &mut Db, stamp: &Stamp, chunk: &[Entry<LotRecord>]) -> Result<Plan> {
    let own: Vec<LotName> = chunk.iter().map(|entry| LotName { code: entry.record.code.clone(), supplier: None }).collect();
    let asked: HashSet<Ident> = chunk.iter().map(|entry| entry.record.ident()).collect();
    let called = lots_called(db, &own, None)?;
    let stored = called.all().filter(|(lot, supplier)| asked.contains(&ident(&lot.code, supplier))).map(|(lot, _)| lot.id);
    let stored = sheets_of(db, &stored.collect::<Vec<_>>())?;
    let mut there: HashMap<Ident, LotSheet> = stored.into_iter().map(|lot| (ident(&lot.code, &lot.supplier), lot)).collect();
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
        let before = there.remove(&record.ident());
        let sound = record.onto(before.as_ref(), written.get(&supplier)).and_then(|mut after| {
            after.lot.party_id = supplier;
            if let Some(Lot { code_key, created_at, .. }) = before.as_deref() {
                (after.lot.code_key, after.lot.created_at) = (code_key.clone(), *created_at);
            }
            check(&after).map(|()| after)
        });
        match sound {
            Ok(after) => laid.push((place, Planned { line: *line, before, after })),
            Err(Error::Refused(refusal)) => {
                let whole = Fault { field: "parents".into(), line: None, code: refusal.code, args: refusal.args };
                let found = if refusal.faults.is_empty() { vec![whole] } else { refusal.faults };
                plan.faults.extend(found.into_iter().map(|fault| (place, fault)));
            }
            Err(error) => return Err(error),
        }
    }
    let named: Vec<LotName> =
        laid.iter().flat_map(|(_, row)| &row.after.parents).map(|part| LotName::read("parents", &part.lot)).collect::<Result<_, _>>()?;
    plan.parents = lots_called(db, &named, None)?;
    as_written(db, &plan.parents, laid.iter_mut().map(|(_, row)| &mut row.after))?;
    let changed: Vec<Id> = laid.iter().filter(|(_, row)| !row.is_same()).filter_map(|(_, row)| Some(row.before.as_ref()?.id)).collect();
    let standing = corrections::of_lots(db, &changed)?;
    let suppliers: Vec<_> =
        laid.iter().map(|(_, row)| (Some(row.after.party_id), row.before.as_ref().map(|before| before.party_id))).collect();
    let closed = parties::newly_closed(db, stamp, "supplier", &suppliers)?;
    for ((place, row), closed) in laid.into_iter().zip(closed) {
        let standing = row.before.as_ref().and_then(|before| Some((before, standing.get(&before.id)?)));
        let held = standing.map(|(before, standing)| frozen(GUARDS, before, &row.after, standing)).unwrap_or_default();
        let found = held.into_iter().chain(closed).chain(impossible(db, stamp, row.before.as_ref(), &row.after)?);
        plan.faults.extend(found.map(|fault| (place, fault)));
        plan.rows.push(row);
    }
    Ok(plan)
}

/// Names the parents of lots as the store does, where it has them.
fn as_written<'a>(db: &mut Db, known: &Called, lots: impl Iterator<Item = &'a mut LotSheet>) -> Result<()> {
    let names = names(db, known.all().map(|(lot, _)| (lot.id, lot.code.as_str(), lot.party_id)))?;
    for lot in lots {
        for part in &mut lot.parents {
            // Of several that it may mean, none is written down: that is said at the end of the file.
            if let Ok(lot) = known.get("parents", &LotName::read("parents", &part.lot)?)
                && let Some(name) = names.get(&lot.id)
            {
                part.id = lot.id;
                part.lot.clone_from(name);
            }
        }
        lot.parents.sort_by(|a, b| a.lot.cmp(&b.lot));
    }
    Ok(())
}

/// What loading records would do.
pub(in crate::production::materials) struct Would {
    pub(in crate::production::materials) applied: Applied,
    /// What is wrong with them: by place, under the fields of a lot.
    pub(in crate::production::materials) faults: Vec<(usize, Fault)>,
    /// Of the lines whose lots are there: whether what they are made of changes, or the day they were made.
    pub(in crate::production::materials) moves: HashMap<u64, bool>,
}

/// What loading these records would do.
pub(in crate::production::materials) fn would_load(db: &mut Db, stamp: &Stamp, chunk: &[Entry<LotRecord>]) -> Result<Would> {
    let Plan { rows, faults, .. } = plan(db, stamp, chunk)?;
    let mut applied = Applied::default();
    for row in &rows {
        row.tell(&mut applied)?;
    }
    let moves = rows.iter().filter_map(|row| {
        let before = row.before.as_ref()?;
        Some((row.line, before.parents != row.after.parents || before.produced_on != row.after.produced_on))
    });
    Ok(Would { applied, faults, moves: moves.collect() })
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
    let Plan { rows, faults, parents } = plan(db, stamp, chunk)?;
    Refusal::unless_empty(faults.into_iter().map(|(_, fault)| fault).collect())?;
    let mut applied = Applied::default();
    let mut ids: HashMap<LotName, Id> = HashMap::new();
    let mut rewired: Vec<(Id, &LotSheet)> = Vec::new();
    // Existing lots whose parents change, and lots joined late: only they can close a cycle.
    let mut suspects: Vec<i64> = Vec::new();
    for row in &rows {
        let (change, before) = (row.tell(&mut applied)?, row.before.as_ref());
        let mut saved = row.after.lot.clone();
        if change.is_some() {
            saved.code_key = folded(&saved.code);
            save_row!(db, stamp, lot, saved, before.map(|before| &before.lot));
            tell_saved(db, stamp, before, &LotSheet { lot: saved.clone(), ..row.after.clone() })?;
        }
        match before {
            None => rewired.push((saved.id, &row.after)),
            Some(before) if before.parents != row.after.parents => {
                each!(db, |c| diesel::delete(lot_parent::table.filter(lot_parent::lot_id.eq(saved.id))).execute(c))?;
                rewired.push((saved.id, &row.after));
                suspects.push(saved.id.0);
            }
            Some(_) => {}
        }
        for supplier in [None, Some(row.after.supplier.clone())] {
            ids.insert(LotName { code: row.after.code.clone(), supplier }.folded(), saved.id);
        }
    }
    let mut waiting = waiting.clone();
    let mut edges = Vec::new();
    for (lot, sheet) in rewired {
        for part in &sheet.parents {
            let name = LotName::read("parents", &part.lot)?;
            // The store's own comes first: it is written without its supplier while this chunk brings another of its code.
            let known = Some(part.id).filter(|id| *id != Id::default()).or_else(|| ids.get(&name.folded()).copied());
            match (known, parents.get("parents", &name)) {
                (Some(parent), _) | (None, Ok(&Lot { id: parent, .. })) => {
                    edges.push(Parent { lot, parent, quantity_milli: part.quantity_milli });
                }
                (None, Err(fault)) if fault.code == Code::UnknownReference => {
                    waiting.entry(name.folded()).or_default().push((lot, part.quantity_milli));
                }
                (None, Err(fault)) => return Err(fault.into()),
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
        db.bump("genealogy")?;
    }
    Ok((applied, waiting))
}
