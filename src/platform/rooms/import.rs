//! Files of a thing: one row a thing, named by its code. A column that the file lacks changes nothing; an empty cell empties.

use std::marker::PhantomData;

use serde_json::{Map, Value};

use super::field::{Field, Kind};
use super::listing::rows;
use super::said::{Said, object, put};
use super::thing::Thing;
use crate::kernel::error::{Error, Fault, Refusal, Result};
use crate::kernel::text::{ByCode, Lang};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Perm;
use crate::platform::imports::{AnyImport, Applied, Checked, Columns, Entry, Import, ImportTable, Importer, Row};
use crate::platform::state::AppState;

/// The table of imports of a kind of thing.
pub const fn import_table<T: Thing>() -> ImportTable {
    ImportTable { columns: T::FIELDS, needs: T::Edit::NEEDS, reads: T::Read::NEEDS, begin: import::<T>, rows: rows::<T> }
}

/// Begins the import of a file of things.
///
/// # Errors
/// As [`Importer::brand_only`].
pub fn import<T: Thing>(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(ThingImport::<T> { stamp: importer.stamp.clone(), thing: PhantomData }))
}

struct ThingImport<T> {
    stamp: Stamp,
    thing: PhantomData<T>,
}

/// A row: the code that names the thing, and what is said of it.
struct SaidOf {
    code: String,
    said: Said,
}

impl SaidOf {
    /// The thing after this row, and what it lacks. One that is there keeps its code as it was written: the row only names it, in whatever letters.
    fn onto<T: Thing>(&self, before: Option<&T>) -> Result<(T, Vec<Fault>)> {
        match before {
            None => self.said.laid_onto(T::FIELDS, None),
            Some(before) => self.said.clone().of_known(T::FIELDS).with("code", before.code()).laid_onto(T::FIELDS, Some(before)),
        }
    }
}

/// A thing as a report of changes compares it: what has a form of its own, as people write it, and words in both languages, as the report is kept
/// for readers of either.
fn readable<T: Thing>(thing: &T) -> Result<Map<String, Value>> {
    let mut values = object(thing)?;
    for field in T::FIELDS.columns {
        let value = field.within(&values);
        let written: Value = match field.kind {
            Kind::Value(_) | Kind::Lines(_) => field.write(value).into(),
            Kind::Choice(_) | Kind::Choices(_) => {
                let (zh, en) = (field.badges(value, Lang::Zh), field.badges(value, Lang::En));
                zh.into_iter().zip(en).map(|(zh, en)| if zh == en { zh.to_owned() } else { format!("{zh} {en}") }).collect()
            }
            _ => continue,
        };
        put(&mut values, field.place(), written);
    }
    Ok(values)
}

/// The things of a chunk's rows as they stand, by code.
fn before<T: Thing>(db: &mut Db, chunk: &[Entry<SaidOf>]) -> Result<ByCode<T>> {
    let codes: Vec<&str> = chunk.iter().map(|entry| entry.record.code.as_str()).collect();
    Ok(T::with_codes(db, &codes)?.into_iter().map(|thing| (thing.code().to_owned(), thing)).collect())
}

/// A fault of a document's field as one of the row's column: `name` is the column of its first half, `parents.2.lot` that of all parents.
pub fn of_column<T: Thing>(fault: Fault, line: u64) -> Fault {
    let at = |path: &str| path == fault.field || fault.field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    let named = |field: &&Field| at(field.both.map_or(field.place(), |half| half.group));
    let column = T::FIELDS.in_files().find(|field| field.path() == fault.field).or_else(|| T::FIELDS.in_files().find(named));
    let field = column.map_or(fault.field.clone(), |column| column.name.into());
    Fault { field, ..fault }.at_line(line)
}

impl<T: Thing> Import for ThingImport<T> {
    type Record = SaidOf;

    fn columns(&self) -> &'static Columns {
        T::FIELDS
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<SaidOf> {
        let said = Said::of_row(T::FIELDS, row)?;
        let code = said.text("code")?.to_owned();
        row.unique_code("code", &code);
        for field in T::FIELDS.columns.iter().filter(|field| field.unique && field.name != "code") {
            if let Some(value) = said.get(field.name) {
                row.unique(field.name, &field.write(value));
            }
        }
        Some(SaidOf { code, said })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<SaidOf>]) -> Result<Checked> {
        let mut checked = Checked::default();
        let there = before::<T>(db, chunk)?;
        let (mut lines, mut edits) = (Vec::new(), Vec::new());
        for entry in chunk {
            let before = there.get(&entry.record.code);
            let (after, missing) = entry.record.onto::<T>(before)?;
            let sound = if missing.is_empty() { after.resolved(db) } else { Ok(after) };
            checked.faults.extend(missing.into_iter().map(|fault| of_column::<T>(fault, entry.line)));
            match sound {
                Ok(after) => {
                    checked.would.compare(entry.line, after.code(), before.map(readable).transpose()?.as_ref(), &readable(&after)?)?;
                    lines.push(entry.line);
                    edits.push((after, before));
                }
                Err(Error::Refused(refusal)) => {
                    checked.faults.extend(refusal.faults.into_iter().map(|fault| of_column::<T>(fault, entry.line)));
                }
                Err(error) => return Err(error),
            }
        }
        for (line, faults) in lines.into_iter().zip(T::faults_of(db, &self.stamp, &edits)?) {
            checked.faults.extend(faults.into_iter().map(|fault| of_column::<T>(fault, line)));
        }
        Ok(checked)
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<SaidOf>]) -> Result<Applied> {
        let mut applied = Applied::default();
        let there = before::<T>(db, chunk)?;
        let mut edits = Vec::new();
        for entry in chunk {
            let before = there.get(&entry.record.code);
            let (after, missing) = entry.record.onto::<T>(before)?;
            Refusal::unless_empty(missing)?;
            let after = after.resolved(db)?;
            if applied.compare(entry.line, after.code(), before.map(readable).transpose()?.as_ref(), &readable(&after)?)?.is_some() {
                edits.push((after, before));
            }
        }
        // What the store says may have changed since it was checked.
        Refusal::unless_none(T::faults_of(db, &self.stamp, &edits)?.into_iter().flatten().collect())?;
        for (after, before) in edits {
            after.save(db, &self.stamp, before)?;
        }
        Ok(applied)
    }
}
