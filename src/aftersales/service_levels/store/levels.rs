//! Levels.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::catalogue::{LAST_RANK, SEED, TABLE};
use super::super::sweep::RECKON_WORK;
use super::super::{FIELDS, LevelUnit, rules};
use crate::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use crate::kernel::calendar::Target;
use crate::kernel::choices::Choice;
use crate::kernel::event::EventKind;
use crate::kernel::text::{Lang, folded};
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{CatalogueRead, Permission, PolicyEdit};
use crate::platform::jobs;
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::staff::working_hours::{self, WorkWeek};
use crate::{each, keyset, save_row, text_column};

text_column!(LevelUnit);

diesel::table! {
    service_level (id) {
        id -> BigInt,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        clock -> Text,
        rank -> BigInt,
        kind -> Nullable<Text>,
        severity -> Nullable<Text>,
        priority -> Nullable<Text>,
        channel -> Nullable<Text>,
        market -> Text,
        target -> BigInt,
        unit -> Text,
        warn_percent -> Nullable<BigInt>,
        escalate_percent -> Nullable<BigInt>,
        calendar -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

/// How long something may take, for the cases that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = service_level, treat_none_as_null = true)]
pub struct ServiceLevel {
    /// Its id.
    pub id: Id,
    /// Its code: `complaint.first_reply`.
    pub code: String,
    /// What people call it in Chinese, or empty.
    pub name_zh: String,
    /// What people call it in English, or empty.
    pub name_en: String,
    /// Which clock runs on it.
    pub clock: String,
    /// Of the rows of a clock that fit, the lowest holds.
    pub rank: i64,
    /// Only for this kind of case.
    pub kind: Option<CaseKind>,
    /// Only for cases this grave.
    pub severity: Option<CaseSeverity>,
    /// Only for cases of this priority.
    pub priority: Option<Priority>,
    /// Only for cases that came this way.
    pub channel: Option<CaseChannel>,
    /// Only for this market, a country's code; empty for all.
    pub market: String,
    /// How long it may take …
    pub target: i64,
    /// … counted in what.
    pub unit: LevelUnit,
    /// Share of the time, in percent, after which the owner is warned.
    pub warn_percent: Option<i64>,
    /// Share of the time, in percent, after which the director is told.
    pub escalate_percent: Option<i64>,
    /// By whose working hours it is counted and people are told.
    pub calendar: String,
    /// First day it holds, where the team works.
    pub valid_from: NaiveDate,
    /// Last day it holds; none for good.
    pub valid_to: Option<NaiveDate>,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl ServiceLevel {
    /// How long it may take, as a calendar counts it.
    ///
    /// # Errors
    /// [`Error::Broken`] for a row that says no such time.
    pub(super) fn time(&self) -> Result<Target> {
        self.unit.target(self.target).map_err(|fault| Error::broken(format!("the service level {}: {fault:?}", self.code)))
    }
}

impl Listing for ServiceLevel {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "service-levels";
    const SCHEMA: &'static str = "ServiceLevel";
    type Read = BrandOnly<CatalogueRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("service-levels-new", "/service-levels/new".to_owned(), Permission::PolicyEdit),
            ("import-from-file", "/imports?table=service-levels".to_owned(), Permission::PolicyEdit),
            ("working-hours-title", "/working-hours".to_owned(), Permission::PolicyEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut levels = service_level::table.select(Self::as_select()).into_boxed();
            if let Some(clock) = query.filter("clock") {
                levels = levels.filter(service_level::clock.eq(clock));
            }
            if let Some(kind) = query.filter("kind") {
                levels = levels.filter(service_level::kind.eq(kind));
            }
            if !query.q.is_empty() {
                let zh = lower(service_level::name_zh).like(&pattern).escape('\\');
                let named = zh.or(lower(service_level::name_en).like(&pattern).escape('\\'));
                levels = levels.filter(named.or(service_level::code.like(anywhere(&folded(&query.q))).escape('\\')));
            }
            keyset!(c, levels, service_level::code, window)
        })?)
    }
}

impl Thing for ServiceLevel {
    const SUBJECT: &'static str = "service_level";
    const SAVED: EventKind = EventKind::ServiceLevelSaved;
    const CHANGE: &'static Fields = &FIELDS.part(1, FIELDS.columns.len());
    type Edit = PolicyEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        let name = lang.of(&self.name_zh, &self.name_en);
        if name.is_empty() { self.code.clone() } else { name.to_owned() }
    }

    fn blank(app: &AppState) -> Self {
        Self { valid_from: app.today(), ..Self::default() }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        in_chunks(&keys, |keys| {
            each!(db, |c| service_level::table.filter(service_level::code.eq_any(keys)).select(Self::as_select()).load(c))
        })
    }

    fn resolved(self, db: &mut Db) -> Result<Self> {
        let missing = || Fault::new("calendar", Code::UnknownReference).with("value", &self.calendar);
        let week = WorkWeek::with_codes(db, &[&self.calendar])?.into_iter().next().ok_or_else(missing)?;
        Ok(Self { calendar: week.code, ..self })
    }

    /// Rows of a clock are judged together, as they are after all of the edits.
    fn faults_of(db: &mut Db, _stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        let mut rows = all(db)?;
        rows.retain(|row| !edits.iter().any(|(after, _)| after.code == row.code));
        let of_clock = |clock: &str, but: &str| -> Vec<&Self> {
            let after = rows.iter().chain(edits.iter().map(|(after, _)| after));
            after.filter(|row| row.clock == clock && row.code != but).collect()
        };
        let faults = edits.iter().map(|(level, before)| {
            let mut faults: Vec<Fault> = level.unit.target(level.target).err().into_iter().collect();
            if let Some(last) = level.valid_to.filter(|last| *last < level.valid_from) {
                faults.push(Fault::new("valid_to", Code::DatesOutOfOrder).with("earlier", level.valid_from).with("later", last));
            }
            faults.extend(rules::beside(level, &of_clock(&level.clock, &level.code)));
            // The clock it was of must do without it.
            let left = before.filter(|before| before.clock != level.clock);
            faults.extend(left.and_then(|before| rules::bare(&of_clock(&before.clock, &level.code))));
            faults
        });
        Ok(faults.collect())
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_row!(db, stamp, service_level, self, before);
        // What runs already is held against it, in the background: there may be very many.
        let clocks: BTreeSet<&str> = before.map(|before| before.clock.as_str()).into_iter().chain([self.clock.as_str()]).collect();
        jobs::enqueue(db, stamp, RECKON_WORK, &json!({ "clocks": clocks }))?;
        Ok(self)
    }
}

/// Every level, by rank: there are a few for each clock.
pub(super) fn all(db: &mut Db) -> Result<Vec<ServiceLevel>> {
    Ok(each!(db, |c| service_level::table.order((service_level::rank, service_level::code)).select(ServiceLevel::as_select()).load(c))?)
}

/// Those of some clocks, by rank.
pub(super) fn of_clocks(db: &mut Db, clocks: &[&str]) -> Result<Vec<ServiceLevel>> {
    Ok(each!(db, |c| service_level::table
        .filter(service_level::clock.eq_any(clocks))
        .order((service_level::rank, service_level::code))
        .select(ServiceLevel::as_select())
        .load(c))?)
}

/// Puts in the levels that are shipped, of clocks that have none, and the week they are counted by. Rows that are there are left as they are.
pub fn seed(db: &mut Db) -> Result<()> {
    let known: Vec<String> = all(db)?.into_iter().map(|level| level.clock).collect();
    let missing: Vec<_> = (1..).zip(SEED).filter(|(_, seed)| !known.iter().any(|clock| clock == seed.clock)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    working_hours::seed(db)?;
    let Some(week) = working_hours::all(db)?.into_iter().next() else { return Ok(()) };
    for (id, seed) in missing {
        let name = Choice::of(TABLE, seed.clock);
        let level = ServiceLevel {
            id: Id(id),
            code: seed.clock.to_owned(),
            name_zh: name.map_or("", |name| name.zh).to_owned(),
            name_en: name.map_or("", |name| name.en).to_owned(),
            clock: seed.clock.to_owned(),
            rank: LAST_RANK,
            target: seed.target,
            unit: seed.unit,
            warn_percent: seed.warn,
            escalate_percent: seed.escalate,
            calendar: week.code.clone(),
            valid_from: NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default(),
            version: 1,
            ..ServiceLevel::default()
        };
        each!(db, |c| diesel::insert_into(service_level::table).values(&level).on_conflict(service_level::code).do_nothing().execute(c))?;
    }
    Ok(())
}
