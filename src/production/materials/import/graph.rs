//! The lots of a file and what each is made of, kept until its end: a parent may stand further down than its child. A file may have a million of
//! them, so texts are kept once, and everything else is numbers: some 100 bytes a lot.

use std::collections::HashMap;
use std::collections::hash_map::{Entry as Slot, RandomState};
use std::hash::BuildHasher;

use chrono::NaiveDate;

use super::super::rules::{LotName, any_cycle, out_of_order, path_text};
use super::super::store;
use crate::kernel::text::folded;
use crate::kernel::{Code, Error, Fault, Id, Result, saturating};
use crate::platform::db::Db;

/// Names looked up in the store at a time.
const ASKED: usize = 2_000;
/// No text, no lot, no line.
const NONE: u32 = u32::MAX;

/// Texts that are one as codes are, each kept as it was written first, and numbered.
#[derive(Default)]
struct Texts {
    hasher: RandomState,
    /// By the hash of the folded text; two texts of one hash are not expected.
    numbers: HashMap<u64, u32>,
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(folded(text))
    }

    fn number(&mut self, text: &str) -> Result<u32> {
        match self.numbers.entry(self.hash(text)) {
            Slot::Occupied(there) => Ok(*there.get()),
            Slot::Vacant(free) => {
                let number = number_of(self.ends.len())?;
                self.all.push_str(text);
                self.ends.push(number_of(self.all.len())?);
                Ok(*free.insert(number))
            }
        }
    }

    fn get(&self, number: u32) -> &str {
        let end = |number: u32| self.ends.get(saturating::<usize>(number)).map_or(0, |end| saturating::<usize>(*end));
        self.all.get(number.checked_sub(1).map_or(0, end)..end(number)).unwrap_or_default()
    }
}

fn number_of(count: usize) -> Result<u32> {
    u32::try_from(count).map_err(Error::broken)
}

/// A lot of the file, or one of the store that has to do with it.
struct Node {
    /// Its code; [`NONE`] while nobody asked.
    code: u32,
    supplier: u32,
    /// Of the file; [`NONE`] for one that the file does not speak of.
    line: u32,
    /// Another lot of the same code; [`NONE`] for the last.
    next: u32,
    produced_on: Option<NaiveDate>,
    /// Whether the store has it as well.
    is_stored: bool,
    /// Whether the file says what day it was made, and what of.
    says: (bool, bool),
}

/// A new lot that is made of nothing. It takes part only where another row names it.
struct Leaf {
    /// Hash of its folded code.
    code: u64,
    supplier: u32,
    line: u32,
    produced_on: Option<NaiveDate>,
}

/// A parent that the file names.
struct Named {
    child: u32,
    code: u32,
    /// [`NONE`] where the code alone is named.
    supplier: u32,
}

/// What the file says of one lot.
pub(super) struct Told<'a> {
    pub(super) line: u64,
    pub(super) code: &'a str,
    pub(super) supplier: &'a str,
    /// Whether the store has it.
    pub(super) is_stored: bool,
    /// None where the file does not speak of it.
    pub(super) produced_on: Option<Option<NaiveDate>>,
    /// None where the file does not speak of them.
    pub(super) parents: Option<Vec<LotName>>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Graph {
    codes: Texts,
    suppliers: Texts,
    nodes: Vec<Node>,
    /// Of each code, one of its lots.
    of_code: Vec<u32>,
    named: Vec<Named>,
    leaves: Vec<Leaf>,
}

impl Graph {
    /// Takes what the file says of a lot.
    pub(super) fn tell(&mut self, told: Told<'_>) -> Result<()> {
        let supplier = self.suppliers.number(told.supplier)?;
        if !told.is_stored && told.parents.iter().all(Vec::is_empty) {
            let (code, line) = (self.codes.hash(told.code), saturating(told.line));
            self.leaves.push(Leaf { code, supplier, line, produced_on: told.produced_on.flatten() });
            return Ok(());
        }
        let code = self.codes.number(told.code)?;
        let says = (told.produced_on.is_some(), told.parents.is_some());
        let (line, produced_on, is_stored) = (saturating(told.line), told.produced_on.flatten(), told.is_stored);
        let child = self.put(Node { code, supplier, line, next: NONE, produced_on, is_stored, says })?;
        for LotName { code, supplier } in told.parents.into_iter().flatten() {
            let code = self.codes.number(&code)?;
            let supplier = supplier.map_or(Ok(NONE), |supplier| self.suppliers.number(&supplier))?;
            self.named.push(Named { child, code, supplier });
        }
        Ok(())
    }

    /// Puts a lot to the others of its code.
    fn put(&mut self, mut node: Node) -> Result<u32> {
        let number = number_of(self.nodes.len())?;
        if node.code != NONE {
            let place = saturating::<usize>(node.code);
            if place >= self.of_code.len() {
                self.of_code.resize(place + 1, NONE);
            }
            if let Some(first) = self.of_code.get_mut(place) {
                node.next = std::mem::replace(first, number);
            }
        }
        self.nodes.push(node);
        Ok(number)
    }

    fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(saturating::<usize>(number))
    }

    /// The lots of a code.
    fn called(&self, code: u32) -> impl Iterator<Item = (u32, &Node)> {
        let at = |number: u32| self.node(number).map(|node| (number, node));
        let first = self.of_code.get(saturating::<usize>(code)).and_then(|first| at(*first));
        std::iter::successors(first, move |(_, node)| at(node.next))
    }

    /// What is wrong with the whole: parents that are nowhere or may be several, days out of order, a lot above itself.
    pub(super) fn faults(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        for Leaf { code, supplier, line, produced_on } in std::mem::take(&mut self.leaves) {
            if let Some(code) = self.codes.numbers.get(&code).copied() {
                self.put(Node { code, supplier, line, next: NONE, produced_on, is_stored: false, says: (true, true) })?;
            }
        }
        let mut stored = self.join_stored(db)?;
        let mut faults = Vec::new();
        let mut edges: Vec<(u32, u32)> = Vec::with_capacity(self.named.len());
        for named in std::mem::take(&mut self.named) {
            let is_meant = |node: &Node| named.supplier == NONE || node.supplier == named.supplier;
            let meant: Vec<(u32, &Node)> = self.called(named.code).filter(|(_, node)| is_meant(node)).collect();
            if let [(parent, _)] = meant.as_slice() {
                edges.push((named.child, *parent));
                continue;
            }
            let supplier = (named.supplier != NONE).then(|| self.suppliers.get(named.supplier).to_owned());
            let name = LotName { code: self.codes.get(named.code).to_owned(), supplier };
            let fault = if meant.is_empty() {
                Fault::new("parents", Code::UnknownReference).with("value", name)
            } else {
                let mut suppliers: Vec<&str> = meant.iter().map(|(_, node)| self.suppliers.get(node.supplier)).collect();
                suppliers.sort_unstable();
                name.ambiguous("parents", suppliers.into_iter())
            };
            faults.extend(self.at_line(named.child, fault));
        }
        for (lot, parent) in store::all_edges(db)? {
            let (lot, parent) = (self.number_of(&mut stored, lot)?, self.number_of(&mut stored, parent)?);
            if self.node(lot).is_some_and(|node| node.line == NONE || !node.says.1) {
                edges.push((lot, parent));
            }
        }
        let of_file = |number: u32| self.node(number).is_some_and(|node| node.line != NONE);
        let beside = edges.iter().filter(|(lot, parent)| of_file(*lot) || of_file(*parent)).flat_map(|(lot, parent)| [*lot, *parent]);
        let beside = beside.filter(|number| !self.is_named(*number)).collect();
        self.name(db, &stored, beside)?;
        for (lot, parent) in &edges {
            let (Some(child), Some(above)) = (self.node(*lot), self.node(*parent)) else { continue };
            let day = |node: &Node| (self.codes.get(node.code), node.produced_on);
            let late = out_of_order("produced_on", day(above), day(child));
            let teller = if child.line == NONE { *parent } else { *lot };
            faults.extend(late.and_then(|fault| self.at_line(teller, fault)));
        }
        edges.sort_unstable();
        let roots = (0u32..).zip(&self.nodes).filter(|(_, node)| node.line != NONE).map(|(number, _)| number);
        let above = Above::of(&edges);
        if let Some(path) = any_cycle(|number| above.get(number), roots) {
            self.name(db, &stored, path.iter().copied().filter(|number| !self.is_named(*number)).collect())?;
            let nodes = || path.iter().filter_map(|number| self.node(*number));
            let codes: Vec<&str> = nodes().map(|node| self.codes.get(node.code)).collect();
            let line = nodes().map(|node| node.line).min().unwrap_or_default();
            faults.push(Fault::new("parents", Code::Cycle).with("path", path_text(&codes)).at_line(u64::from(line)));
        }
        faults.sort_by_key(|fault| fault.line);
        Ok(faults)
    }

    /// Joins the lots of the store that are named or that the file changes. Returns the numbers of stored lots, by their ids.
    fn join_stored(&mut self, db: &mut Db) -> Result<HashMap<i64, u32>> {
        let mut asked: Vec<u32> = self.named.iter().map(|named| named.code).collect();
        asked.extend(self.nodes.iter().filter(|node| node.is_stored).map(|node| node.code));
        asked.sort_unstable();
        asked.dedup();
        let mut stored = HashMap::new();
        for chunk in asked.chunks(ASKED) {
            let name = |code: &u32| LotName { code: self.codes.get(*code).to_owned(), supplier: None };
            let called = store::lots_called(db, &chunk.iter().map(name).collect::<Vec<_>>(), None)?;
            for (lot, supplier) in called.all() {
                let (code, supplier) = (self.codes.number(&lot.code)?, self.suppliers.number(supplier)?);
                let there = self.called(code).find(|(_, node)| node.supplier == supplier).map(|(number, _)| number);
                let number = match there {
                    Some(number) => number,
                    None => {
                        self.put(Node { code, supplier, line: NONE, next: NONE, produced_on: None, is_stored: true, says: (false, false) })?
                    }
                };
                if let Some(node) = self.nodes.get_mut(saturating::<usize>(number)).filter(|node| !node.says.0) {
                    node.produced_on = lot.produced_on;
                }
                stored.insert(lot.id.0, number);
            }
        }
        Ok(stored)
    }

    /// The number of a stored lot; of one that nobody asked for a new one, without a name.
    fn number_of(&mut self, stored: &mut HashMap<i64, u32>, id: i64) -> Result<u32> {
        if let Some(number) = stored.get(&id) {
            return Ok(*number);
        }
        let node = Node { code: NONE, supplier: NONE, line: NONE, next: NONE, produced_on: None, is_stored: true, says: (false, false) };
        let number = self.put(node)?;
        stored.insert(id, number);
        Ok(number)
    }

    fn is_named(&self, number: u32) -> bool {
        self.node(number).is_some_and(|node| node.code != NONE)
    }

    /// Reads the names and days of lots that have none yet.
    fn name(&mut self, db: &mut Db, stored: &HashMap<i64, u32>, mut numbers: Vec<u32>) -> Result<()> {
        numbers.sort_unstable();
        let ids: Vec<Id> = stored.iter().filter(|(_, number)| numbers.binary_search(number).is_ok()).map(|(id, _)| Id(*id)).collect();
        for lot in store::lots(db, &ids)? {
            let code = self.codes.number(&lot.code)?;
            if let Some(node) = stored.get(&lot.id.0).and_then(|number| self.nodes.get_mut(saturating::<usize>(*number))) {
                (node.code, node.produced_on) = (code, lot.produced_on);
            }
        }
        Ok(())
    }

    /// A fault at the line of a lot of the file; none for another.
    fn at_line(&self, number: u32, fault: Fault) -> Option<Fault> {
        let line = self.node(number)?.line;
        (line != NONE).then(|| fault.at_line(u64::from(line)))
    }
}

/// What stands above each lot.
struct Above {
    starts: Vec<u32>,
    parents: Vec<u32>,
}

impl Above {
    /// Of edges from lot to parent, sorted.
    fn of(edges: &[(u32, u32)]) -> Self {
        let lots = edges.last().map_or(0, |(lot, _)| saturating::<usize>(*lot) + 1);
        let mut starts = vec![0u32; lots + 1];
        for (lot, _) in edges {
            if let Some(start) = starts.get_mut(saturating::<usize>(*lot) + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        starts.iter_mut().for_each(|start| {
            sum += *start;
            *start = sum;
        });
        Self { starts, parents: edges.iter().map(|(_, parent)| *parent).collect() }
    }

    fn get(&self, lot: u32) -> &[u32] {
        let start = |lot: usize| self.starts.get(lot).map(|start| saturating::<usize>(*start));
        let lot = saturating::<usize>(lot);
        start(lot).zip(start(lot + 1)).and_then(|(from, to)| self.parents.get(from..to)).unwrap_or_default()
    }
}
