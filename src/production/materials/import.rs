//! Lots from files. The whole file forms one graph with what is in the store: a parent may stand further down than its child.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use chrono::NaiveDate;

use super::rules::{LotName, any_cycle, out_of_order, path_text};
use super::store::{self, Ident, Waiting, Would, ident};
use super::{FIELDS, Lot, LotSheet};
use crate::kernel::text::folded;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Row};
use crate::platform::rooms::{Said, import_table, of_column};
use crate::platform::state::AppState;

/// Files of lots at the import desk.
pub const IMPORT: ImportTable = ImportTable { begin, ..import_table::<LotSheet>() };

fn begin(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(LotImport::new(importer.stamp.clone())))
}

/// A row of the file.
pub struct LotRecord {
    /// Its code as the file has it.
    pub code: String,
    /// Its supplier's code as the file has it.
    pub supplier: String,
    /// What the row says of it.
    said: Said,
}

impl LotRecord {
    /// What tells it from every other.
    pub(super) fn ident(&self) -> Ident {
        ident(&self.code, &self.supplier)
    }

    /// The lot after this row. One that is there keeps its code as it was written, and its supplier's stands as that is `written`: the row only
    /// names them, in whatever letters.
    pub(super) fn onto(&self, before: Option<&LotSheet>, written: Option<&String>) -> Result<LotSheet> {
        let (code, supplier) = (before.map_or(&self.code, |before| &before.code), written.unwrap_or(&self.supplier));
        self.said.clone().with("code", code).with("supplier", supplier).onto(&FIELDS, before)
    }
}

/// What the file says of one lot, kept until its end.
struct Node {
    line: u64,
    code: String,
    /// None where the file does not speak of it.
    produced_on: Option<Option<NaiveDate>>,
    parents: Option<Vec<LotName>>,
}

/// What the file says of a new lot that is made of nothing: little, because a file may have a million of them, and only those that
/// another row names take part in the graph.
struct Leaf {
    line: u64,
    /// Hash of its folded code; two codes of one hash are not expected.
    code: u64,
    /// Its supplier, in [`LotImport::suppliers`].
    supplier: u32,
    produced_on: Option<NaiveDate>,
}

/// The import of lots.
struct LotImport {
    stamp: Stamp,
    /// Lots that are made of something or that change; by what tells them from others.
    nodes: HashMap<Ident, Node>,
    leaves: Vec<Leaf>,
    /// Folded codes of the leaves' suppliers.
    suppliers: HashMap<String, u32>,
    hasher: RandomState,
    /// Line of the chunk written last, what waited before it, and what waits after it: the chunk may have to be written twice.
    written: (u64, Waiting, Waiting),
}

impl LotImport {
    fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            nodes: HashMap::new(),
            leaves: Vec::new(),
            suppliers: HashMap::new(),
            hasher: RandomState::new(),
            written: Default::default(),
        }
    }

    fn keep_leaf(&mut self, entry: &Entry<LotRecord>, produced_on: Option<NaiveDate>) -> Result<()> {
        let (code, supplier) = entry.record.ident();
        let next = u32::try_from(self.suppliers.len()).map_err(Error::broken)?;
        let supplier = *self.suppliers.entry(supplier).or_insert(next);
        self.leaves.push(Leaf { line: entry.line, code: self.hasher.hash_one(code), supplier, produced_on });
        Ok(())
    }

    /// Makes nodes of the leaves that others are made of.
    fn join_leaves(&mut self) {
        let named = self.nodes.values().flat_map(|node| node.parents.iter().flatten());
        let named: HashMap<u64, String> = named.map(|name| (self.hasher.hash_one(folded(&name.code)), name.code.clone())).collect();
        let suppliers: HashMap<u32, &String> = self.suppliers.iter().map(|(supplier, number)| (*number, supplier)).collect();
        for Leaf { line, code, supplier, produced_on } in std::mem::take(&mut self.leaves) {
            let (Some(code), Some(supplier)) = (named.get(&code), suppliers.get(&supplier)) else { continue };
            let node = Node { line, code: code.clone(), produced_on: Some(produced_on), parents: None };
            self.nodes.entry(ident(code, supplier)).or_insert(node);
        }
    }
}

impl Import for LotImport {
    type Record = LotRecord;

    fn columns(&self) -> &'static Columns {
        const { &FIELDS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<LotRecord> {
        let said = Said::of_row(&FIELDS, row)?;
        let (code, supplier) = (said.text("code")?.to_owned(), said.text("supplier")?.to_owned());
        let (code_key, supplier_key) = ident(&code, &supplier);
        row.unique_as("code", &format!("{code_key}@{supplier_key}"), &code);
        Some(LotRecord { code, supplier, said })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Checked> {
        let Would { applied: would, faults, moves } = store::would_load(db, chunk)?;
        for (place, entry) in chunk.iter().enumerate() {
            // A lot that is refused by itself is not looked for among its own ancestors as well.
            if faults.iter().any(|(at, fault)| *at == place && fault.code == Code::Cycle) {
                continue;
            }
            let moves = moves.get(&entry.line).copied();
            if moves == Some(false) {
                continue;
            }
            // What is wrong with a row by itself has been said by now, and not that it is missing to others.
            let LotSheet { lot, parents, .. } = entry.record.onto(None, None).or_else(|error| match error {
                Error::Refused(_) => Ok(LotSheet::default()),
                error => Err(error),
            })?;
            let parents = || parents.iter().map(|part| LotName::read("parents", &part.lot)).collect::<Result<Vec<_>, Fault>>();
            let parents = entry.record.said.says("parents").then(parents).transpose()?;
            if moves.is_none() && parents.iter().all(Vec::is_empty) {
                self.keep_leaf(entry, lot.produced_on)?;
                continue;
            }
            let produced_on = entry.record.said.says("produced_on").then_some(lot.produced_on);
            self.nodes.insert(entry.record.ident(), Node { line: entry.line, code: entry.record.code.clone(), produced_on, parents });
        }
        let at_line = |(place, fault): (usize, Fault)| Some(of_column::<LotSheet>(fault, chunk.get(place)?.line));
        Ok(Checked { faults: faults.into_iter().filter_map(at_line).collect(), would, ..Checked::default() })
    }

    fn check_whole(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        self.join_leaves();
        let nodes = &self.nodes;
        let mut faults = Vec::new();
        let own = nodes.iter().map(|((code, supplier), _)| LotName { code: code.clone(), supplier: Some(supplier.clone()) });
        let asked: Vec<LotName> = own.chain(nodes.values().flat_map(|node| node.parents.iter().flatten()).cloned()).collect();
        let stored = store::lots_called(db, &asked, None)?;
        // Lots that are only in the file get numbers below zero, which no stored lot has.
        let mut number: HashMap<Ident, i64> = stored.all().map(|(lot, supplier)| (ident(&lot.code, supplier), lot.id.0)).collect();
        for (place, ident) in (1i64..).zip(nodes.keys()) {
            number.entry(ident.clone()).or_insert(-place);
        }
        let mut suppliers_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for (code, supplier) in number.keys() {
            suppliers_of.entry(code).or_default().push(supplier);
        }
        let lots_of_file: HashMap<i64, &Node> = nodes.iter().filter_map(|(ident, node)| Some((*number.get(ident)?, node))).collect();
        let mut parents: HashMap<i64, Vec<i64>> = HashMap::new();
        for (lot, parent) in store::all_edges(db)? {
            if lots_of_file.get(&lot).is_none_or(|node| node.parents.is_none()) {
                parents.entry(lot).or_default().push(parent);
            }
        }
        for (id, node) in &lots_of_file {
            for parent in node.parents.iter().flatten() {
                let code = parent.folded().code;
                let mut meant: Vec<&str> = suppliers_of.get(code.as_str()).cloned().unwrap_or_default();
                meant.retain(|supplier| parent.is_of(supplier));
                meant.sort_unstable();
                match meant.as_slice() {
                    [] => faults.push(Fault::new("parents", Code::UnknownReference).with("value", parent).at_line(node.line)),
                    [supplier] => parents.entry(*id).or_default().extend(number.get(&(code, (*supplier).to_owned()))),
                    several => faults.push(parent.ambiguous("parents", several.iter().copied()).at_line(node.line)),
                }
            }
        }
        let strangers: Vec<Id> = parents
            .iter()
            .flat_map(|(lot, above)| {
                above.iter().filter(|parent| lots_of_file.contains_key(parent) || lots_of_file.contains_key(lot)).chain([lot])
            })
            .filter(|id| **id > 0 && !lots_of_file.contains_key(id))
            .map(|id| Id(*id))
            .collect();
        let strangers: HashMap<i64, Lot> = store::lots(db, &strangers)?.into_iter().map(|lot| (lot.id.0, lot)).collect();
        let known: HashMap<i64, Option<NaiveDate>> = stored.all().map(|(lot, _)| (lot.id.0, lot.produced_on)).collect();
        let told = |id: i64| match lots_of_file.get(&id) {
            Some(node) => {
                let produced_on = node.produced_on.or_else(|| known.get(&id).copied()).flatten();
                Some((node.code.clone(), produced_on, Some(node.line)))
            }
            None => strangers.get(&id).map(|lot| (lot.code.clone(), lot.produced_on, None)),
        };
        for (lot, above) in &parents {
            for parent in above {
                let (Some(child), Some(parent)) = (told(*lot), told(*parent)) else { continue };
                let Some(line) = child.2.or(parent.2) else { continue };
                let late = out_of_order("produced_on", (&parent.0, parent.1), (&child.0, child.1));
                faults.extend(late.map(|fault| fault.at_line(line)));
            }
        }
        if let Some(path) = any_cycle(&parents, lots_of_file.keys().copied()) {
            let unnamed: Vec<Id> = path.iter().filter(|id| **id > 0).map(|id| Id(*id)).collect();
            let named: HashMap<i64, String> = store::lots(db, &unnamed)?.into_iter().map(|lot| (lot.id.0, lot.code)).collect();
            let name = |id: &i64| lots_of_file.get(id).map(|node| node.code.clone()).or_else(|| named.get(id).cloned());
            let line = path.iter().filter_map(|id| lots_of_file.get(id)).map(|node| node.line).min().unwrap_or_default();
            let codes: Vec<String> = path.iter().filter_map(name).collect();
            faults.push(Fault::new("parents", Code::Cycle).with("path", path_text(&codes)).at_line(line));
        }
        faults.sort_by_key(|fault| fault.line);
        Ok(faults)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<LotRecord>]) -> Result<Applied> {
        let (line, before, after) = &mut self.written;
        let first = chunk.first().map_or(0, |entry| entry.line);
        if *line != first {
            (*line, *before) = (first, std::mem::take(after));
        }
        let applied;
        (applied, *after) = store::load(db, &self.stamp, chunk, before)?;
        Ok(applied)
    }
}
