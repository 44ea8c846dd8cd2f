//! Every query on the defect catalogue.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::catalogue::SEED;
use super::{Component, FIELDS, Severity, Suspect};
use crate::kernel::event::EventKind;
use crate::kernel::text::{Both, Lang, folded};
use crate::kernel::{Fault, Id, Result};
use crate::platform::db::schema::defect;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{FindingsRead, Permission, PolicyEdit};
use crate::platform::rooms::{Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::production::corrections::fixed;
use crate::{each, keyset, save_coded_row, text_column};

text_column!(Component, Severity, Suspect);

/// A kind of defect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = defect)]
pub struct Defect {
    /// Its code: `seam_open`.
    pub code: String,
    /// What people call it in Chinese, or empty.
    pub name_zh: String,
    /// What people call it in English, or empty.
    pub name_en: String,
    /// The part of the garment it belongs to.
    pub component: Component,
    /// How bad it is unless the finding says otherwise.
    pub severity: Severity,
    /// Who is asked first.
    pub suspect: Suspect,
    /// Whether a garment with it can be mended.
    pub repairable: bool,
    /// No longer offered; findings that have it keep it.
    pub retired: bool,
    /// Grows with every change.
    pub version: i64,
}

impl Defect {
    /// What people call it, or what they call it in the other language.
    pub fn name(&self, lang: Lang) -> &str {
        lang.of(&self.name_zh, &self.name_en)
    }

    /// What people call it, in both languages.
    pub fn both(&self) -> Both {
        Both { zh: self.name_zh.clone(), en: self.name_en.clone() }
    }
}

impl Listing for Defect {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "defects";
    const SCHEMA: &'static str = "Defect";
    type Read = FindingsRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("defects-new", "/defects/new".to_owned(), Permission::PolicyEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut defects = defect::table.select(Self::as_select()).into_boxed();
            if let Some(component) = query.filter("component") {
                defects = defects.filter(defect::component.eq(component));
            }
            if let Some(severity) = query.filter("severity") {
                defects = defects.filter(defect::severity.eq(severity));
            }
            if let Some(suspect) = query.filter("suspect") {
                defects = defects.filter(defect::suspect.eq(suspect));
            }
            if !query.q.is_empty() {
                let named = lower(defect::name_zh).like(&pattern).escape('\\').or(lower(defect::name_en).like(&pattern).escape('\\'));
                defects = defects.filter(named.or(defect::code.like(anywhere(&folded(&query.q))).escape('\\')));
            }
            keyset!(c, defects, defect::code, window)
        })?)
    }
}

impl Thing for Defect {
    const SUBJECT: &'static str = "defect";
    const SAVED: EventKind = EventKind::DefectSaved;
    type Edit = PolicyEdit;

    /// Its key is its code: all of the catalogue is one subject.
    fn id(&self) -> Id {
        Id(0)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        self.name(lang).to_owned()
    }

    fn is_seen(&self, _: Sees) -> bool {
        true
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| each!(db, |c| defect::table.filter(defect::code.eq_any(keys)).select(Self::as_select()).load(c)))
    }

    fn write(mut self, db: &mut Db, _: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_coded_row!(db, defect, self, before);
        Ok(self)
    }

    fn faults(&self, _db: &mut Db, before: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(before.filter(|before| before.code != self.code).map(|_| fixed("code", "code", "")).into_iter().collect())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        // Events of former versions hold the whole defect.
        events::of_code(db, Self::SUBJECT, &self.code, &["/code", "/defect/code"])
    }
}

/// Puts in the rows of the shipped catalogue that are missing. Rows that are there are left as they are.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: Vec<String> = each!(db, |c| defect::table.select(defect::code).load(c))?;
    for row in SEED.iter().filter(|row| !known.iter().any(|code| code == row.code)) {
        let row = Defect {
            code: row.code.to_owned(),
            name_zh: row.zh.to_owned(),
            name_en: row.en.to_owned(),
            component: row.component,
            severity: row.severity,
            suspect: row.suspect,
            repairable: row.repairable,
            retired: false,
            version: 1,
        };
        each!(db, |c| diesel::insert_into(defect::table).values(&row).on_conflict(defect::code).do_nothing().execute(c))?;
    }
    Ok(())
}

/// The whole catalogue, by component and code; a few hundred rows at most.
pub fn all(db: &mut Db) -> Result<Vec<Defect>> {
    let mut defects: Vec<Defect> = each!(db, |c| defect::table.select(Defect::as_select()).order(defect::code).load(c))?;
    defects.sort_by_key(|defect| defect.component);
    Ok(defects)
}

/// The catalogue by code.
pub fn by_code(db: &mut Db) -> Result<HashMap<String, Defect>> {
    Ok(all(db)?.into_iter().map(|defect| (defect.code.clone(), defect)).collect())
}
