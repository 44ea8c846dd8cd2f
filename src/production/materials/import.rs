//! Lots from files. The whole file forms one graph with what is in the store: a parent may stand further down than its child.

mod graph;

use self::graph::{Graph, Told};
use super::rules::LotName;
use super::store::{self, Ident, Waiting, Would, ident};
use super::{FIELDS, LotSheet};
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Row};
use crate::platform::rooms::{Said, import_table, of_column};
use crate::platform::state::AppState;

/// Files of lots at the import desk.
pub const IMPORT: ImportTable = ImportTable { begin, ..import_table::<LotSheet>() };

fn begin(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(LotImport { stamp: importer.stamp.clone(), graph: Graph::default(), written: Default::default() }))
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

/// The import of lots.
struct LotImport {
    stamp: Stamp,
    /// What the file says of lots, to be held together at its end.
    graph: Graph,
    /// Line of the chunk written last, what waited before it, and what waits after it: the chunk may have to be written twice.
    written: (u64, Waiting, Waiting),
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
        let Would { applied: would, faults, moves } = store::would_load(db, &self.stamp, chunk)?;
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
            let LotRecord { code, supplier, said } = &entry.record;
            self.graph.tell(Told {
                line: entry.line,
                code,
                supplier,
                is_stored: moves.is_some(),
                produced_on: said.says("produced_on").then_some(lot.produced_on),
                parents: said.says("parents").then(parents).transpose()?,
            })?;
        }
        let at_line = |(place, fault): (usize, Fault)| Some(of_column::<LotSheet>(fault, chunk.get(place)?.line));
        Ok(Checked { faults: faults.into_iter().filter_map(at_line).collect(), would, ..Checked::default() })
    }

    fn check_whole(&mut self, db: &mut Db) -> Result<Vec<Fault>> {
        self.graph.faults(db)
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
