//! The defect catalogue.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::json;

use super::super::catalogue::SEED;
use super::super::rules::check_defect;
use super::super::{Component, Defect, DefectDraft, Severity, Suspect};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, folded};
use crate::kernel::{Code, Error, Result};
use crate::platform::db::schema::defect as defect_table;
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};

#[derive(Queryable)]
struct Row {
    code: String,
    name_zh: String,
    name_en: String,
    component: String,
    severity: String,
    suspect: String,
    repairable: bool,
    retired: bool,
    version: i64,
}

impl TryFrom<Row> for Defect {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let odd = |what: &str| Error::broken(format!("defect {}: no {what}", row.code));
        Ok(Self {
            component: Component::of(&row.component).ok_or_else(|| odd(&row.component))?,
            severity: Severity::of(&row.severity).ok_or_else(|| odd(&row.severity))?,
            suspect: Suspect::of(&row.suspect).ok_or_else(|| odd(&row.suspect))?,
            name: Both { zh: row.name_zh, en: row.name_en },
            code: row.code,
            repairable: row.repairable,
            retired: row.retired,
            version: row.version,
        })
    }
}

/// Puts in the rows of the shipped catalogue that are missing. Rows that are there are left as they are.
///
/// # Errors
/// When the store does.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: Vec<String> = each!(db, |c| defect_table::table.select(defect_table::code).load(c))?;
    let missing: Vec<_> = SEED
        .iter()
        .filter(|row| !known.iter().any(|code| code == row.code))
        .map(|row| {
            (
                defect_table::code.eq(row.code),
                defect_table::name_zh.eq(row.zh),
                defect_table::name_en.eq(row.en),
                defect_table::component.eq(row.component.as_str()),
                defect_table::severity.eq(row.severity.as_str()),
                defect_table::suspect.eq(row.suspect.as_str()),
                defect_table::repairable.eq(row.repairable),
                defect_table::retired.eq(false),
                defect_table::version.eq(1),
            )
        })
        .collect();
    for rows in missing.chunks(chunk_rows(9)) {
        each!(db, |c| diesel::insert_into(defect_table::table).values(rows).on_conflict(defect_table::code).do_nothing().execute(c))?;
    }
    Ok(())
}

/// The whole catalogue, by component and code; a few hundred rows at most.
///
/// # Errors
/// When the store does.
pub fn defects(db: &mut Db) -> Result<Vec<Defect>> {
    let rows: Vec<Row> = each!(db, |c| defect_table::table.order(defect_table::code).load(c))?;
    let mut defects = rows.into_iter().map(Defect::try_from).collect::<Result<Vec<_>>>()?;
    defects.sort_by_key(|defect| defect.component);
    Ok(defects)
}

/// The catalogue by code.
///
/// # Errors
/// When the store does.
pub fn defects_by_code(db: &mut Db) -> Result<HashMap<String, Defect>> {
    Ok(defects(db)?.into_iter().map(|defect| (defect.code.clone(), defect)).collect())
}

/// The kind of defect with this code.
///
/// # Errors
/// When the store does.
pub fn defect(db: &mut Db, code: &str) -> Result<Option<Defect>> {
    let rows: Vec<Row> = each!(db, |c| defect_table::table.filter(defect_table::code.eq(folded(code))).load(c))?;
    rows.into_iter().next().map(Defect::try_from).transpose()
}

/// Makes a kind of defect (no version in the draft) or changes one (the version that was read).
///
/// # Errors
/// [`Code::Invalid`]; [`Code::Duplicate`] for a new code that is there; [`Code::NotFound`] and [`Code::Stale`] for a change.
pub fn change(db: &mut Db, stamp: &Stamp, code: &str, draft: &DefectDraft) -> Result<Defect> {
    let mut wanted = check_defect(code, draft)?;
    let known = defect(db, &wanted.code)?;
    let values = (
        defect_table::name_zh.eq(&wanted.name.zh),
        defect_table::name_en.eq(&wanted.name.en),
        defect_table::component.eq(wanted.component.as_str()),
        defect_table::severity.eq(wanted.severity.as_str()),
        defect_table::suspect.eq(wanted.suspect.as_str()),
        defect_table::repairable.eq(wanted.repairable),
        defect_table::retired.eq(wanted.retired),
        defect_table::version.eq(wanted.version + 1),
    );
    match (draft.version, known) {
        (None, Some(_)) => return Err(crate::kernel::Fault::new("code", Code::Duplicate).with("field", "code").with("value", code).into()),
        (None, None) => {
            each!(db, |c| diesel::insert_into(defect_table::table).values((defect_table::code.eq(&wanted.code), values)).execute(c))?;
        }
        (Some(_), None) => return Err(Code::NotFound.into()),
        (Some(version), Some(_)) => {
            let target = defect_table::code.eq(&wanted.code).and(defect_table::version.eq(version));
            if each!(db, |c| diesel::update(defect_table::table.filter(target)).set(values).execute(c))? == 0 {
                return Err(Code::Stale.into());
            }
        }
    }
    wanted.version += 1;
    // A defect's key is its code, so it stands in the body.
    let body = serde_json::to_value(&wanted).map_err(Error::broken)?;
    events::append(db, stamp, EventKind::DefectSaved, Subject::Thing("defect", 0), &json!({ "defect": body }))?;
    Ok(wanted)
}
