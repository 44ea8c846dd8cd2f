//! Findings from files: an inspection agency's list, another system's year. A row that is there already, word for word, changes nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use super::rules::not_yet;
use super::subject::resolve;
use super::{About, COLUMNS, Draft, FindingView, NewFinding, store};
use crate::inspection::defects;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, faults, parsed};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Row};
use crate::platform::keys::Keys;
use crate::platform::rooms::{Said, oldest_first};
use crate::platform::state::AppState;

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable {
    columns: &COLUMNS,
    needs: Permission::FindingsEdit,
    reads: Permission::FindingsRead,
    begin,
    rows: oldest_first::<FindingView>,
};

fn begin(app: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    let today = crate::kernel::time::local_date(importer.stamp.at, app.config.time_zone);
    Ok(Box::new(FindingImport { keys: app.keys.clone(), stamp: importer.stamp.clone(), today, alike: HashMap::new() }))
}

struct FindingImport {
    keys: Arc<Keys>,
    stamp: Stamp,
    today: NaiveDate,
    /// Of rows that say the same under numbers of their own: the lines, by what they say.
    alike: HashMap<Draft, BTreeSet<u64>>,
}

/// A row, read.
struct FindingRow {
    draft: Draft,
    /// Its number, which it keeps where no other finding has it.
    id: Option<Id>,
}

impl Import for FindingImport {
    type Record = FindingRow;

    fn columns(&self) -> &'static Columns {
        &COLUMNS
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<FindingRow> {
        let said = Said::of_row_by(&COLUMNS, row, |said| not_yet(said.day("found_on"), self.today))?;
        let draft: Draft = row.keep(said.value().map_err(|error| faults::at("subject", &error)))?;
        // Two equal rows are more likely a slip than two findings, unless each has a number of its own; one row with the quantity of both says it
        // clearly.
        let id = said.text("id").unwrap_or_default();
        row.unique("subject", &format!("{draft:?}{id}"));
        if !id.is_empty() {
            self.alike.entry(draft.clone()).or_default().insert(row.line());
        }
        let id: Option<Id> = parsed(id);
        if let Some(id) = id {
            row.unique("id", &id.to_string());
        }
        Some(FindingRow { draft, id })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<FindingRow>]) -> Result<Checked> {
        let held = self.held_against(db, chunk)?;
        Ok(Checked { would: held.applied, faults: held.faults, ..Checked::default() })
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<FindingRow>]) -> Result<Applied> {
        let held = self.held_against(db, chunk)?;
        Refusal::unless_empty(held.faults)?;
        if !held.news.is_empty() {
            store::findings::log_as_found(db, &self.stamp, &held.news)?;
        }
        Ok(held.applied)
    }
}

/// A chunk held against the store.
#[derive(Default)]
struct Held {
    news: Vec<(NewFinding, Option<Id>)>,
    applied: Applied,
    faults: Vec<Fault>,
}

impl FindingImport {
    fn held_against(&self, db: &mut Db, chunk: &[Entry<FindingRow>]) -> Result<Held> {
        let catalogue = defects::by_code(db)?;
        let (mut held, mut found) = (Held::default(), Vec::with_capacity(chunk.len()));
        for entry in chunk {
            // What another store found before the defect was retired, or the serial made void, it found.
            let was_found = self.alike.contains_key(&entry.record.draft);
            let Some(defect) = catalogue.get(&entry.record.draft.defect).filter(|defect| !defect.retired || was_found) else {
                held.faults.push(entry.fault("defect", Code::UnknownReference).with("value", &entry.record.draft.defect));
                continue;
            };
            match resolve(db, &self.keys.serials, &entry.record.draft, self.today, was_found) {
                Ok(mut new) => {
                    new.sound.severity.get_or_insert(defect.severity);
                    found.push((entry, new));
                }
                Err(Error::Refused(refusal)) => held.faults.extend(refusal.faults.into_iter().map(|fault| fault.at_line(entry.line))),
                Err(error) => return Err(error),
            }
        }
        let things: Vec<About> = found.iter().map(|(_, new)| new.about).collect();
        let known = store::findings::live_about(db, &things)?;
        let mut there: HashMap<NewFinding, usize> = HashMap::new();
        for known in &known {
            *there.entry(known.as_new()?).or_default() += 1;
        }
        let ids: Vec<Id> = found.iter().filter_map(|(entry, _)| entry.record.id).collect();
        let taken = store::findings::taken(db, &ids)?;
        for (entry, new) in found {
            let before = self.alike.get(&entry.record.draft).map_or(0, |lines| lines.range(..entry.line).count());
            let is_there = there.get(&new).is_some_and(|known| *known > before);
            let other = entry.record.id.filter(|id| taken.contains(id));
            if is_there {
                held.applied.keep();
            } else if let Some(id) = other {
                held.faults.push(entry.fault("id", Code::Duplicate).with("value", id));
            } else {
                held.applied.add(entry.line, format!("{} {}", entry.record.draft.subject, new.sound.defect), || &entry.record.draft)?;
                held.news.push((new, entry.record.id));
            }
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(super::COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
