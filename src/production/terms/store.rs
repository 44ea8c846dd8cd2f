//! Every query on warranty policies.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{FIELDS, StartRule, StartRules};
use crate::each;
use crate::kernel::event::EventKind;
use crate::kernel::text::{Lang, folded};
use crate::kernel::{Code, Fault, Id, Result, parsed};
use crate::platform::db::schema::warranty_policy;
use crate::platform::db::search::anywhere;
use crate::platform::db::{Db, known_text};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CatalogueEdit, CatalogueRead, Permission};
use crate::platform::http::query_escape;
use crate::platform::rooms::{Fields, From as Begin, ListQuery, ListWindow, Listing, Panel, Sees, Thing, href};
use crate::platform::state::AppState;

/// One version of a warranty policy. The policy itself is its newest version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = warranty_policy)]
pub struct WarrantyPolicy {
    /// Its id.
    pub id: Id,
    /// Its code, the same for all versions.
    pub code: String,
    /// The same as it is compared: see [`folded`].
    #[serde(skip)]
    pub code_key: String,
    /// Which version, from 1.
    pub version: i64,
    /// The first day it holds.
    pub valid_from: NaiveDate,
    /// Months the warranty lasts …
    pub months: i64,
    /// … and days on top of them.
    pub days: i64,
    /// The days it may start from: the first that is known counts.
    #[diesel(deserialize_as = String, serialize_as = String)]
    pub start_rules: StartRules,
    /// It never ends later than this many months after the garment was made.
    pub made_plus_months: Option<i64>,
    /// What is covered, in Chinese.
    pub coverage_zh: String,
    /// The same in English.
    pub coverage_en: String,
    /// What is not, in Chinese.
    pub exclusions_zh: String,
    /// The same in English.
    pub exclusions_en: String,
    /// When it was saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
}

impl TryFrom<String> for StartRules {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn try_from(stored: String) -> Result<Self, Self::Error> {
        stored.split(',').map(|rule| known_text(rule, StartRule::of(rule))).collect::<Result<_, _>>().map(Self)
    }
}

impl From<StartRules> for String {
    fn from(rules: StartRules) -> Self {
        rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(",")
    }
}

impl Listing for WarrantyPolicy {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "policies";
    const SCHEMA: &'static str = "WarrantyPolicy";
    type Read = CatalogueRead;

    fn key(&self) -> String {
        format!("{}\n{}", self.code, self.version)
    }

    fn href(&self) -> String {
        href::<Self>(&self.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("policies-new", "/policies/new".to_owned(), Permission::CatalogueEdit),
            ("import-from-file", "/imports?table=policies".to_owned(), Permission::CatalogueEdit),
        ]
    }

    /// Every version, the newest of a code first.
    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        use warranty_policy::{code, code_key, version};
        let from = window.from.read(|key| key.rsplit_once('\n').and_then(|(of, no)| Some((of.to_owned(), parsed::<i64>(no)?))))?;
        let mut rows: Vec<Self> = each!(db, |c| {
            let mut found = warranty_policy::table.select(Self::as_select()).limit(window.limit).into_boxed();
            if let Some(of) = query.filter("policy") {
                found = found.filter(code_key.eq(folded(of)));
            }
            if !query.q.is_empty() {
                found = found.filter(code_key.like(anywhere(&folded(&query.q))).escape('\\'));
            }
            match &from {
                Begin::Start => found.order((code.asc(), version.desc())).load(c),
                Begin::After((of, no)) => {
                    found.filter(code.gt(of).or(code.eq(of).and(version.lt(no)))).order((code.asc(), version.desc())).load(c)
                }
                Begin::Before((of, no)) => {
                    found.filter(code.lt(of).or(code.eq(of).and(version.gt(no)))).order((code.desc(), version.asc())).load(c)
                }
            }
        })?;
        if matches!(window.from, Begin::Before(_)) {
            rows.reverse();
        }
        Ok(rows)
    }
}

impl Thing for WarrantyPolicy {
    const SUBJECT: &'static str = "policy";
    const SAVED: EventKind = EventKind::PolicySaved;
    const EDIT: &'static str = "policies-next-version";
    type Edit = CatalogueEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn title(&self, _: Lang) -> String {
        self.code.clone()
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn is_seen(&self, _: Sees) -> bool {
        true
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        codes.iter().filter_map(|code| newest(db, code).transpose()).collect()
    }

    /// Adds the first or next version; none is ever changed.
    fn write(mut self, db: &mut Db, stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        let last = newest(db, &self.code)?;
        if let Some(last) = &last {
            self.code.clone_from(&last.code);
        }
        (self.id, self.version, self.created_at) = (stamp.id(), last.map_or(1, |last| last.version + 1), stamp.at);
        self.code_key = folded(&self.code);
        each!(db, |c| diesel::insert_into(warranty_policy::table).values(self.clone()).execute(c))?;
        // The catalogue shows what is promised.
        db.bump("catalogue")?;
        Ok(self)
    }

    fn faults(&self, db: &mut Db, _before: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(newest(db, &self.code)?.as_ref().and_then(|last| self.too_early(last)).into_iter().collect())
    }

    fn blank(app: &AppState) -> Self {
        Self::default().offered(app.today())
    }

    fn offered(self, today: NaiveDate) -> Self {
        Self { valid_from: self.valid_from.max(today), ..self }
    }

    fn panels(&self, db: &mut Db) -> Result<Vec<Panel>> {
        let versions = policies(db, Some(&self.code))?.len();
        let all = ("policies-versions", versions.to_string(), format!("/policies?policy={}", query_escape(&self.code)));
        let facts = vec![("policies-version", self.version.to_string(), String::new()), all];
        Ok(vec![Panel { key: "policies-history", facts }])
    }
}

impl WarrantyPolicy {
    /// Why it cannot follow the version `last`, if it cannot.
    pub(super) fn too_early(&self, last: &Self) -> Option<Fault> {
        let fault = || Fault::new("valid_from", Code::DatesOutOfOrder).with("earlier", last.valid_from).with("later", self.valid_from);
        (self.valid_from < last.valid_from).then(fault)
    }
}

/// The newest version of a policy.
fn newest(db: &mut Db, code: &str) -> Result<Option<WarrantyPolicy>> {
    Ok(policies(db, Some(code))?.into_iter().next())
}

/// The version of a policy with this id: one look-up by key.
pub fn policy(db: &mut Db, id: Id) -> Result<Option<WarrantyPolicy>> {
    let rows: Vec<WarrantyPolicy> =
        each!(db, |c| warranty_policy::table.filter(warranty_policy::id.eq(id)).select(WarrantyPolicy::as_select()).load(c))?;
    Ok(rows.into_iter().next())
}

/// The version of the policy `code` that holds on `date`: the newest that holds from that day or an earlier one.
pub fn policy_at(db: &mut Db, code: &str, date: NaiveDate) -> Result<Option<WarrantyPolicy>> {
    if code.is_empty() {
        return Ok(None);
    }
    let rows: Vec<WarrantyPolicy> = each!(db, |c| warranty_policy::table
        .filter(warranty_policy::code_key.eq(folded(code)).and(warranty_policy::valid_from.le(date)))
        .order(warranty_policy::version.desc())
        .select(WarrantyPolicy::as_select())
        .load(c))?;
    Ok(rows.into_iter().next())
}

/// All versions of one policy, or of all of them, newest first within a code.
pub fn policies(db: &mut Db, code: Option<&str>) -> Result<Vec<WarrantyPolicy>> {
    Ok(each!(db, |c| {
        let mut query = warranty_policy::table
            .order((warranty_policy::code, warranty_policy::version.desc()))
            .select(WarrantyPolicy::as_select())
            .into_boxed();
        if let Some(code) = code {
            query = query.filter(warranty_policy::code_key.eq(folded(code)));
        }
        query.load(c)
    })?)
}

/// The codes of all warranty policies, folded.
pub fn policy_codes(db: &mut Db) -> Result<HashSet<String>> {
    let codes: Vec<String> = each!(db, |c| warranty_policy::table.select(warranty_policy::code_key).distinct().load(c))?;
    Ok(codes.into_iter().collect())
}
