//! Every query on reasons.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::FIELDS;
use super::catalogue::{SEED, WITHDRAWAL};
use crate::aftersales::classes::ReasonClass;
use crate::inspection::defects;
use crate::kernel::text::{Lang, folded};
use crate::kernel::{Code, Fault, Id, Result, saturating};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{FindingsRead, Permission, PolicyEdit};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::production::corrections::fixed;
use crate::{each, keyset, save_coded_row};

diesel::table! {
    case_reason (code) {
        code -> Text,
        class -> Text,
        name_zh -> Text,
        name_en -> Text,
        defect_code -> Nullable<Text>,
        categories -> Text,
        zones -> Text,
        rank -> BigInt,
        retired -> Bool,
        version -> BigInt,
        components -> Text,
    }
}

/// What people say is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = case_reason, primary_key(code), treat_none_as_null = true)]
pub struct CaseReason {
    /// Its code: `button_off`.
    pub code: String,
    /// Which rights it gives.
    pub class: ReasonClass,
    /// What people say in Chinese, or empty.
    pub name_zh: String,
    /// What people say in English, or empty.
    pub name_en: String,
    /// The defect it most likely is, where it is one.
    pub defect_code: Option<String>,
    /// Categories of garments it is offered for, with commas; empty for all.
    pub categories: String,
    /// Where on the garment it usually is: zones with commas; empty for anywhere.
    pub zones: String,
    /// Its place among the others.
    pub rank: i64,
    /// No longer offered; lines that have it keep it.
    pub retired: bool,
    /// Grows with every change.
    pub version: i64,
    /// Components of a garment that it is about: codes with commas; empty for any garment.
    pub components: String,
}

impl CaseReason {
    /// What people say, or what they say in the other language.
    pub fn name(&self, lang: Lang) -> &str {
        lang.of(&self.name_zh, &self.name_en)
    }

    /// The place it is at where nobody says: the usual one, if there is one alone.
    pub fn usual_zone(&self) -> &str {
        if self.zones.contains(',') { "" } else { &self.zones }
    }

    /// The components that it is about.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.components.split(',').filter(|one| !one.is_empty())
    }

    /// Whether it is offered for garments of this category.
    pub fn is_of(&self, category: &str) -> bool {
        self.categories.is_empty() || self.categories.split(',').any(|one| folded(one) == folded(category))
    }
}

impl Listing for CaseReason {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "reasons";
    const SCHEMA: &'static str = "CaseReason";
    type Read = BrandOnly<FindingsRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("reasons-new", "/reasons/new".to_owned(), Permission::PolicyEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut reasons = case_reason::table.select(Self::as_select()).into_boxed();
            if let Some(class) = query.filter("class") {
                reasons = reasons.filter(case_reason::class.eq(class));
            }
            if !query.q.is_empty() {
                let named =
                    lower(case_reason::name_zh).like(&pattern).escape('\\').or(lower(case_reason::name_en).like(&pattern).escape('\\'));
                reasons = reasons.filter(named.or(case_reason::code.like(anywhere(&folded(&query.q))).escape('\\')));
            }
            keyset!(c, reasons, case_reason::code, window)
        })?)
    }
}

impl Thing for CaseReason {
    const SUBJECT: &'static str = "case_reason";
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

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| each!(db, |c| case_reason::table.filter(case_reason::code.eq_any(keys)).select(Self::as_select()).load(c)))
    }

    fn write(mut self, db: &mut Db, _: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_coded_row!(db, case_reason, self, before);
        db.bump(HELD)?;
        Ok(self)
    }

    fn faults(&self, db: &mut Db, before: Option<&Self>) -> Result<Vec<Fault>> {
        let moved = before.filter(|before| before.code != self.code).map(|_| fixed("code", "code", ""));
        let catalogue = defects::by_code(db)?;
        let unknown = self.defect_code.as_ref().filter(|code| !catalogue.contains_key(*code));
        let unknown = unknown.map(|code| Fault::new("defect_code", Code::UnknownReference).with("value", code));
        Ok(moved.into_iter().chain(unknown).collect())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        events::of_code(db, Self::SUBJECT, &self.code, &["/code"])
    }
}

/// Puts in the rows of the shipped catalogue that are missing. Rows that are there are left as they are. The defects they name must be there.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: Vec<String> = each!(db, |c| case_reason::table.select(case_reason::code).load(c))?;
    let defects = defects::by_code(db)?;
    for (place, row) in SEED.iter().enumerate().filter(|(_, row)| !known.iter().any(|code| code == row.code)) {
        let row = CaseReason {
            code: row.code.to_owned(),
            class: row.class,
            name_zh: row.zh.to_owned(),
            name_en: row.en.to_owned(),
            defect_code: Some(row.defect.to_owned()).filter(|code| defects.contains_key(code)),
            categories: row.categories.to_owned(),
            zones: row.zones.to_owned(),
            rank: 10 * (1 + saturating::<i64>(place)),
            retired: false,
            version: 1,
            components: row.components.to_owned(),
        };
        each!(db, |c| diesel::insert_into(case_reason::table).values(&row).on_conflict(case_reason::code).do_nothing().execute(c))?;
        db.bump(HELD)?;
    }
    Ok(())
}

/// The whole catalogue, in the order in which it is offered.
pub fn all(db: &mut Db) -> Result<Vec<CaseReason>> {
    Ok(each!(db, |c| case_reason::table.order((case_reason::rank, case_reason::code)).select(CaseReason::as_select()).load(c))?)
}

/// Under this name the changes of all reasons are counted ([`Db::bump`]).
const HELD: &str = "reasons";

/// The catalogue by code.
pub fn by_code(db: &mut Db) -> Result<Arc<HashMap<String, CaseReason>>> {
    db.held(&[HELD], |db| Ok(all(db)?.into_iter().map(|reason| (reason.code.clone(), reason)).collect()))
}

/// What is offered to somebody who asks about a garment of this category that has these components (None: nobody can say); withdrawing from the
/// contract is a path of its own.
pub fn offered(db: &mut Db, category: &str, components: Option<&BTreeSet<String>>) -> Result<Vec<CaseReason>> {
    let is_offered = |reason: &CaseReason| {
        let has = components.is_none_or(|all| reason.components.is_empty() || reason.components().any(|one| all.contains(one)));
        !reason.retired && reason.code != WITHDRAWAL && reason.is_of(category) && has
    };
    Ok(all(db)?.into_iter().filter(is_offered).collect())
}
