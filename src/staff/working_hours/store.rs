//! Every query on teams' weeks and the versions of their calendars.

use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::FIELDS;
use super::rules::{Content, DayTable};
use crate::kernel::calendar::Versions;
use crate::kernel::text::{Lang, folded};
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::Stamp;
use crate::platform::http::perm::{Permission, PolicyEdit, SignedIn};
use crate::platform::rooms::{BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::staff::calendars;
use crate::{each, keyset, save_row};

diesel::table! {
    work_week (id) {
        id -> BigInt,
        code -> Text,
        name_zh -> Text,
        name_en -> Text,
        zone -> Text,
        holidays -> Text,
        works_makeup -> Bool,
        monday -> Text,
        tuesday -> Text,
        wednesday -> Text,
        thursday -> Text,
        friday -> Text,
        saturday -> Text,
        sunday -> Text,
        makeup -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    calendar_version (no) {
        no -> BigInt,
        week -> Text,
        held -> BigInt,
        content -> Text,
        created_at -> Timestamp,
    }
}

/// The week of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = work_week)]
pub struct WorkWeek {
    /// Its id.
    pub id: Id,
    /// What people call it; its own days stand in the calendar of this code.
    pub code: String,
    /// Its name in Chinese, or empty.
    pub name_zh: String,
    /// Its name in English, or empty.
    pub name_en: String,
    /// IANA name of the zone its hours are local to.
    pub zone: String,
    /// The calendar of public holidays it follows, or empty.
    pub holidays: String,
    /// Whether it works the state's make-up workdays.
    pub works_makeup: bool,
    /// Hours of the day: `09:00-12:00;13:00-18:00`, empty for a day off.
    pub monday: String,
    /// As [`WorkWeek::monday`].
    pub tuesday: String,
    /// As [`WorkWeek::monday`].
    pub wednesday: String,
    /// As [`WorkWeek::monday`].
    pub thursday: String,
    /// As [`WorkWeek::monday`].
    pub friday: String,
    /// As [`WorkWeek::monday`].
    pub saturday: String,
    /// As [`WorkWeek::monday`].
    pub sunday: String,
    /// Hours of make-up days; empty for those of the first working day.
    pub makeup: String,
    /// When it was first saved, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl Default for WorkWeek {
    fn default() -> Self {
        let text = String::new;
        Self {
            id: Id::default(),
            code: text(),
            name_zh: text(),
            name_en: text(),
            zone: text(),
            holidays: text(),
            works_makeup: true,
            monday: text(),
            tuesday: text(),
            wednesday: text(),
            thursday: text(),
            friday: text(),
            saturday: text(),
            sunday: text(),
            makeup: text(),
            created_at: NaiveDateTime::default(),
            version: 0,
        }
    }
}

impl WorkWeek {
    /// What it says without any day of a calendar.
    fn plain(&self) -> Content {
        let week = [&self.monday, &self.tuesday, &self.wednesday, &self.thursday, &self.friday, &self.saturday, &self.sunday];
        Content {
            zone: self.zone.clone(),
            week: week.map(Clone::clone),
            makeup: self.makeup.clone(),
            works_makeup: self.works_makeup,
            nation: None,
            own: DayTable::default(),
        }
    }
}

impl Listing for WorkWeek {
    const FIELDS: &'static Fields = &FIELDS;
    const API: &'static str = "working-hours";
    const SCHEMA: &'static str = "WorkWeek";
    type Read = BrandOnly<SignedIn>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("working-hours-new", "/working-hours/new".to_owned(), Permission::PolicyEdit),
            ("calendars-title", "/calendars".to_owned(), Permission::PolicyEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let pattern = anywhere(&query.q);
        Ok(each!(db, |c| {
            let mut weeks = work_week::table.select(Self::as_select()).into_boxed();
            if !query.q.is_empty() {
                let named = lower(work_week::name_zh).like(&pattern).escape('\\').or(lower(work_week::name_en).like(&pattern).escape('\\'));
                weeks = weeks.filter(named.or(lower(work_week::code).like(&pattern).escape('\\')));
            }
            keyset!(c, weeks, work_week::code, window)
        })?)
    }
}

impl Thing for WorkWeek {
    const SUBJECT: &'static str = "work_week";
    /// Its code is that of its own days: it stays.
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
        Self { zone: app.config.time_zone.name().to_owned(), ..Self::default() }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let keys: Vec<String> = codes.iter().map(|code| folded(code)).collect();
        Ok(all(db)?.into_iter().filter(|week| keys.contains(&folded(&week.code))).collect())
    }

    fn faults(&self, db: &mut Db, before: Option<&Self>) -> Result<Vec<Fault>> {
        let taken = before.is_none() && !Self::with_codes(db, &[&self.code])?.is_empty();
        let taken = taken.then(|| Fault::new("code", Code::Duplicate).with("value", &self.code));
        let idle = self.plain().calendar(1).err().map(|fault| Fault { field: "monday".into(), ..fault });
        Ok(taken.into_iter().chain(idle).collect())
    }

    fn write(mut self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        save_row!(db, stamp, work_week, self, before);
        db.bump(calendars::HELD)?;
        Ok(self)
    }
}

/// Every week, by code: there are as many as teams.
pub fn all(db: &mut Db) -> Result<Vec<WorkWeek>> {
    Ok(each!(db, |c| work_week::table.order(work_week::code).select(WorkWeek::as_select()).load(c))?)
}

/// Puts in the week a deployment starts with, where there is none: Monday to Friday, 9 to 18 in Shanghai, China's public holidays and make-up days.
pub fn seed(db: &mut Db) -> Result<()> {
    if !all(db)?.is_empty() {
        return Ok(());
    }
    let day = || "09:00-18:00".to_owned();
    let week = WorkWeek {
        id: Id(1),
        code: "DESK".to_owned(),
        name_zh: "客服".to_owned(),
        name_en: "Service desk".to_owned(),
        zone: chrono_tz::Asia::Shanghai.name().to_owned(),
        holidays: "CN".to_owned(),
        monday: day(),
        tuesday: day(),
        wednesday: day(),
        thursday: day(),
        friday: day(),
        version: 1,
        ..WorkWeek::default()
    };
    each!(db, |c| diesel::insert_into(work_week::table).values(&week).on_conflict(work_week::code).do_nothing().execute(c))?;
    Ok(())
}

/// A version of a team's calendar as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = calendar_version)]
struct VersionRow {
    no: i64,
    week: String,
    held: i64,
    content: String,
    created_at: NaiveDateTime,
}

fn newest(db: &mut Db, week: &str) -> Result<Option<VersionRow>> {
    let rows: Vec<VersionRow> = each!(db, |c| calendar_version::table
        .filter(calendar_version::week.eq(week))
        .order(calendar_version::no.desc())
        .limit(1)
        .select(VersionRow::as_select())
        .load(c))?;
    Ok(rows.into_iter().next())
}

/// Under this name the new versions of all calendars are counted ([`Db::bump`]).
const HELD: &str = "calendar-versions";

/// The number of the version of a team's calendar that holds now. Where its week or a day changed since the last, that is a new one.
///
/// # Errors
/// [`Code::NotFound`] when no team has a week of this code.
pub fn current(db: &mut Db, stamp: &Stamp, week: &str) -> Result<i64> {
    let held = db.held_version(calendars::HELD)?;
    let last = newest(db, week)?;
    if let Some(row) = last.as_ref().filter(|row| row.held == held) {
        return Ok(row.no);
    }
    let of = WorkWeek::with_codes(db, &[week])?.into_iter().next().ok_or(Code::NotFound)?;
    let nation = if of.holidays.is_empty() { None } else { Some(DayTable::of(&calendars::days(db, &of.holidays)?)) };
    let content = Content { nation, own: DayTable::of(&calendars::days(db, &of.code)?), ..of.plain() };
    let content = serde_json::to_string(&content).map_err(Error::broken)?;
    match last.filter(|row| row.content == content) {
        Some(row) => {
            let found = calendar_version::table.find(row.no);
            each!(db, |c| diesel::update(found).set(calendar_version::held.eq(held)).execute(c))?;
            Ok(row.no)
        }
        None => {
            let greatest: Option<i64> =
                each!(db, |c| calendar_version::table.select(diesel::dsl::max(calendar_version::no)).get_result(c))?;
            let row = VersionRow { no: greatest.unwrap_or_default() + 1, week: of.code, held, content, created_at: stamp.at };
            let new = each!(db, |c| diesel::insert_into(calendar_version::table).values(&row).on_conflict_do_nothing().execute(c))?;
            // Another process took the number: what it wrote may be this very version.
            if new == 0 {
                return Err(Error::Retry);
            }
            db.bump(HELD)?;
            Ok(row.no)
        }
    }
}

/// Whether this is the version that holds now, as far as anybody has looked since a calendar last changed.
pub fn is_current(db: &mut Db, week: &str, no: i64) -> Result<bool> {
    let held = db.held_version(calendars::HELD)?;
    Ok(newest(db, week)?.is_some_and(|row| row.no == no && row.held == held))
}

/// The versions of a team's calendar before this one.
pub fn earlier(db: &mut Db, week: &str, no: i64) -> Result<Vec<i64>> {
    let before = calendar_version::week.eq(week).and(calendar_version::no.lt(no));
    Ok(each!(db, |c| calendar_version::table.filter(before).order(calendar_version::no).select(calendar_version::no).load(c))?)
}

/// Every version of every team's calendar, each as it was when it was made.
///
/// # Errors
/// [`Error::Broken`] for a version that does not read back.
pub fn versions(db: &mut Db) -> Result<Arc<Versions>> {
    db.held(&[HELD], |db| {
        let rows: Vec<(i64, String)> =
            each!(db, |c| calendar_version::table.select((calendar_version::no, calendar_version::content)).load(c))?;
        let broken = |no: i64, fault: &Fault| Error::broken(format!("version {no} of a calendar: {fault:?}"));
        let calendars = rows.into_iter().map(|(no, content)| {
            let content: Content = serde_json::from_str(&content).map_err(Error::broken)?;
            content.calendar(u32::try_from(no).map_err(Error::broken)?).map_err(|fault| broken(no, &fault))
        });
        Versions::new(calendars.collect::<Result<Vec<_>>>()?).map_err(|fault| broken(0, &fault))
    })
}
