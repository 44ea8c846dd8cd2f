//! Warranty policies from files. A row is a version of a policy, named by its code and the day from which it holds.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::store::policies;
use super::{FIELDS, WarrantyPolicy};
use crate::kernel::Id;
use crate::kernel::error::{Code, Fault, Refusal, Result};
use crate::kernel::text::folded;
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Row, TableOut};
use crate::platform::rooms::{Said, Thing, import_table, write_row};
use crate::platform::state::AppState;

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { begin, rows, ..import_table::<WarrantyPolicy>() };

fn begin(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(PolicyImport { stamp: importer.stamp.clone(), last: HashMap::new() }))
}

/// The versions of each policy, the oldest first: each follows the one before. Of two from the same day on only the later holds.
fn rows(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    let mut all = policies(db, None)?;
    all.dedup_by(|older, newer| older.code_key == newer.code_key && older.valid_from == newer.valid_from);
    all.sort_by(|one, other| (&one.code_key, one.version).cmp(&(&other.code_key, other.version)));
    all.iter().try_for_each(|version| write_row(version, out))
}

struct PolicyImport {
    stamp: Stamp,
    /// The newest version of each policy by its folded code, rows of the file so far included.
    last: HashMap<String, WarrantyPolicy>,
}

struct Version {
    code: String,
    said: Said,
}

impl Version {
    /// The version this row writes after `last`, and what it lacks: what the file does not speak of is as it was.
    fn after(&self, last: Option<&WarrantyPolicy>) -> Result<(WarrantyPolicy, Vec<Fault>)> {
        // A file with days has no need of months.
        let blank = WarrantyPolicy::default();
        let code = last.map_or(&self.code, |last| &last.code);
        self.said.clone().with("code", code).laid_onto(&FIELDS, Some(last.unwrap_or(&blank)))
    }
}

/// Whether a version says the same from the same day on.
fn is_there(versions: &[WarrantyPolicy], now: &WarrantyPolicy) -> bool {
    let said = |policy: &WarrantyPolicy| WarrantyPolicy {
        id: Id::default(),
        code_key: String::new(),
        version: 0,
        created_at: NaiveDateTime::default(),
        ..policy.clone()
    };
    versions.iter().any(|version| said(version) == said(now))
}

/// What a version is called: the policy and the day from which it holds.
fn named(policy: &WarrantyPolicy) -> String {
    format!("{} {}", policy.code, policy.valid_from)
}

impl Import for PolicyImport {
    type Record = Version;

    fn columns(&self) -> &'static Columns {
        &FIELDS
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<Version> {
        if !row.has("months") && !row.has("days") {
            row.fault(Fault::new("months", Code::Missing));
        }
        let said = Said::of_row(&FIELDS, row)?;
        let (code, day) = (said.text("code")?.to_owned(), said.text("valid_from")?);
        row.unique_as("valid_from", &format!("{} {day}", folded(&code)), &format!("{code} {day}"));
        Some(Version { code, said })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<Version>]) -> Result<Checked> {
        let mut checked = Checked::default();
        for entry in chunk {
            let versions = policies(db, Some(&entry.record.code))?;
            let key = folded(&entry.record.code);
            let last = self.last.remove(&key).or_else(|| versions.first().cloned());
            let (now, missing) = entry.record.after(last.as_ref())?;
            checked.faults.extend(missing.into_iter().map(|fault| fault.at_line(entry.line)));
            if is_there(&versions, &now) {
                checked.would.keep();
                self.last.insert(key, last.unwrap_or(now));
                continue;
            }
            checked.faults.extend(last.and_then(|last| now.too_early(&last)).map(|fault| fault.at_line(entry.line)));
            checked.would.add(entry.line, named(&now), || &now)?;
            self.last.insert(key, now);
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<Version>]) -> Result<Applied> {
        let mut applied = Applied::default();
        for entry in chunk {
            let versions = policies(db, Some(&entry.record.code))?;
            let (now, missing) = entry.record.after(versions.first())?;
            Refusal::unless_empty(missing)?;
            if is_there(&versions, &now) {
                applied.keep();
            } else {
                applied.add(entry.line, named(&now), || &now)?;
                now.save(db, &self.stamp, versions.first())?;
            }
        }
        Ok(applied)
    }
}
