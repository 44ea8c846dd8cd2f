//! Every query of the calendars.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use serde_json::json;

use super::{CalendarDay, DayFilter, DayKind, Wanted, Way};
use crate::each;
use crate::kernel::calendar::{Day, Days, Kind};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, folded};
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{calendar, calendar_day};
use crate::platform::events::{self, Stamp};
use crate::platform::imports::Applied;

type Row = (String, NaiveDate, String, String, String, String);

fn day_of((calendar, day, kind, zh, en, source): Row) -> Result<CalendarDay> {
    let kind = DayKind::of(&kind).ok_or_else(|| Error::broken(format!("{calendar} {day}: no kind {kind}")))?;
    Ok(CalendarDay { calendar, day, kind, name: Both { zh, en }, source })
}

/// The calendar of a code in whatever letters: its id, and the code as it is written. They are few, and a store of before may have two of one code:
/// then the one that is written so is meant.
fn called(db: &mut Db, code: &str) -> Result<Option<(i64, String)>> {
    let mut all: Vec<(i64, String)> = each!(db, |c| calendar::table.order(calendar::code).select((calendar::id, calendar::code)).load(c))?;
    all.retain(|(_, known)| folded(known) == folded(code));
    let exact = all.iter().position(|(_, known)| known == code).unwrap_or_default();
    Ok(all.into_iter().nth(exact))
}

/// Days by calendar and date, after the one given.
pub(super) fn list(db: &mut Db, filter: &DayFilter, after: Option<&(String, NaiveDate)>, limit: i64) -> Result<Vec<CalendarDay>> {
    let only = filter.calendar.as_deref().map(|code| called(db, code)).transpose()?;
    let only = match only {
        Some(None) => return Ok(Vec::new()),
        only => only.flatten().map(|(id, _)| id),
    };
    let rows: Vec<Row> = each!(db, |c| {
        let mut query = calendar_day::table
            .inner_join(calendar::table.on(calendar::id.eq(calendar_day::calendar_id)))
            .select((
                calendar::code,
                calendar_day::day,
                calendar_day::kind,
                calendar_day::name_zh,
                calendar_day::name_en,
                calendar_day::source,
            ))
            .into_boxed();
        if let Some(id) = only {
            query = query.filter(calendar::id.eq(id));
        }
        if let Some((first, last)) =
            filter.year.and_then(|year| Some((NaiveDate::from_yo_opt(year, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?)))
        {
            query = query.filter(calendar_day::day.between(first, last));
        }
        if let Some((code, day)) = after {
            query = query.filter(calendar::code.gt(code).or(calendar::code.eq(code).and(calendar_day::day.gt(day))));
        }
        query.order((calendar::code, calendar_day::day)).limit(limit).load(c)
    })?;
    rows.into_iter().map(day_of).collect()
}

/// The codes of all calendars.
pub(super) fn codes(db: &mut Db) -> Result<Vec<String>> {
    Ok(each!(db, |c| calendar::table.order(calendar::code).select(calendar::code).load(c))?)
}

/// Under this name the changes of all calendars are counted ([`Db::bump`]).
pub const HELD: &str = "calendars";

/// The days of a calendar as deadlines are reckoned on them. It covers every year that has a day from February to November in it: the table of a
/// year may reach over New Year into the next, which is not known by that.
pub fn days(db: &mut Db, code: &str) -> Result<Days> {
    let filter = DayFilter { calendar: Some(code.to_owned()), year: None };
    let rows = list(db, &filter, None, i64::MAX)?;
    let within = rows.iter().filter(|row| (2..=11).contains(&row.day.month()));
    let years: Vec<i32> = within.map(|row| row.day.year()).collect();
    let day = |row: CalendarDay| Day {
        date: row.day,
        kind: match row.kind {
            DayKind::Off => Kind::Off,
            DayKind::Work => Kind::Work,
        },
        name: if row.name.zh.is_empty() { row.name.en } else { row.name.zh },
        hours: None,
    };
    Ok(Days::new(rows.into_iter().map(day), years)?)
}

/// What is to be written into a calendar.
struct Plan {
    code: String,
    id: Option<i64>,
    /// Days that are new or other than before.
    writes: Vec<CalendarDay>,
}

/// What writing these days, each with its line, does, calendar by calendar.
fn plan(db: &mut Db, wanted: &[(u64, Wanted)], source: &str, applied: &mut Applied) -> Result<Vec<Plan>> {
    let mut by_code: BTreeMap<String, Vec<&(u64, Wanted)>> = BTreeMap::new();
    for one in wanted {
        by_code.entry(folded(&one.1.calendar)).or_default().push(one);
    }
    let mut plans = Vec::new();
    for wanted in by_code.into_values() {
        let Some((_, first)) = wanted.first() else { continue };
        let known = called(db, &first.calendar)?;
        let code = known.as_ref().map_or(&first.calendar, |(_, code)| code).clone();
        let filter = DayFilter { calendar: Some(code.clone()), year: None };
        let there: HashMap<NaiveDate, CalendarDay> = list(db, &filter, None, i64::MAX)?.into_iter().map(|day| (day.day, day)).collect();
        let mut plan = Plan { code: code.clone(), id: known.map(|(id, _)| id), writes: Vec::new() };
        for (line, one) in wanted {
            let before = there.get(&one.day);
            let said = |said: &Option<String>, known: Option<&String>| said.clone().or_else(|| known.cloned()).unwrap_or_default();
            let name =
                Both { zh: said(&one.name_zh, before.map(|day| &day.name.zh)), en: said(&one.name_en, before.map(|day| &day.name.en)) };
            // How a day came in is no change of the day.
            let known = before.map_or(source, |before| &before.source).to_owned();
            let after = CalendarDay { calendar: code.clone(), day: one.day, kind: one.kind, name, source: known };
            if applied.compare(*line, &format!("{code} {}", one.day), before, &after)?.is_some() {
                plan.writes.push(CalendarDay { source: source.to_owned(), ..after });
            }
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// What writing these days would do.
pub(super) fn would(db: &mut Db, wanted: &[(u64, Wanted)], source: &str) -> Result<Applied> {
    let mut applied = Applied::default();
    plan(db, wanted, source, &mut applied)?;
    Ok(applied)
}

/// Puts days in that come from one place: what the first of them says of that is said of all.
///
/// # Errors
/// When the store fails.
pub fn import_days(db: &mut Db, stamp: &Stamp, days: &[CalendarDay]) -> Result<()> {
    let wanted = |day: &CalendarDay| Wanted {
        calendar: day.calendar.clone(),
        day: day.day,
        kind: day.kind,
        name_zh: Some(day.name.zh.clone()),
        name_en: Some(day.name.en.clone()),
    };
    let lines: Vec<(u64, Wanted)> = (1..).zip(days.iter().map(wanted)).collect();
    save(db, stamp, &lines, days.first().map_or("", |day| day.source.as_str())).map(drop)
}

/// Writes days, each with its line; a calendar that is not there is made. What is as it was is left alone, its source too.
pub(super) fn save(db: &mut Db, stamp: &Stamp, wanted: &[(u64, Wanted)], source: &str) -> Result<Applied> {
    let mut applied = Applied::default();
    let plans = plan(db, wanted, source, &mut applied)?;
    for plan in plans {
        if plan.writes.is_empty() {
            continue;
        }
        let id = match plan.id {
            Some(id) => id,
            None => {
                let id = stamp.id().0;
                let row = (calendar::id.eq(id), calendar::code.eq(&plan.code), calendar::created_at.eq(stamp.at));
                each!(db, |c| diesel::insert_into(calendar::table).values(row).execute(c))?;
                id
            }
        };
        for day in &plan.writes {
            let said = (
                calendar_day::kind.eq(day.kind.as_str()),
                calendar_day::name_zh.eq(&day.name.zh),
                calendar_day::name_en.eq(&day.name.en),
                calendar_day::source.eq(&day.source),
            );
            each!(db, |c| diesel::insert_into(calendar_day::table)
                .values((calendar_day::calendar_id.eq(id), calendar_day::day.eq(day.day), said))
                .on_conflict((calendar_day::calendar_id, calendar_day::day))
                .do_update()
                .set(said)
                .execute(c))?;
        }
        let days = serde_json::to_value(&plan.writes).map_err(Error::broken)?;
        events::append(db, stamp, EventKind::CalendarSaved, Subject::Thing("calendar", id), &json!({ "code": plan.code, "days": days }))?;
        db.bump(HELD)?;
    }
    Ok(applied)
}

/// Says what one day is. A person is told of a day that is there and says something else, and takes it away first.
pub(super) fn say(db: &mut Db, stamp: &Stamp, wanted: &Wanted, way: Way) -> Result<CalendarDay> {
    let source = match way {
        Way::Api => "api",
        Way::Page => "page",
    };
    if let (Way::Page, Some(there)) = (way, one(db, &wanted.calendar, wanted.day)?) {
        Refusal::unless_empty(wanted.against(&there).into_iter().collect())?;
    }
    save(db, stamp, &[(0, wanted.clone())], source)?;
    one(db, &wanted.calendar, wanted.day)?.ok_or_else(|| Code::NotFound.into())
}

/// The day of a calendar.
pub(super) fn one(db: &mut Db, code: &str, day: NaiveDate) -> Result<Option<CalendarDay>> {
    let filter = DayFilter { calendar: Some(code.to_owned()), year: Some(day.year()) };
    Ok(list(db, &filter, None, i64::MAX)?.into_iter().find(|one| one.day == day))
}

/// Takes a day out: it is like its weekday again.
pub(super) fn remove(db: &mut Db, stamp: &Stamp, code: &str, day: NaiveDate) -> Result<CalendarDay> {
    let before = one(db, code, day)?.ok_or(Code::NotFound)?;
    let (id, code) = called(db, code)?.ok_or(Code::NotFound)?;
    let target = calendar_day::calendar_id.eq(id).and(calendar_day::day.eq(day));
    each!(db, |c| diesel::delete(calendar_day::table.filter(target)).execute(c))?;
    let body = json!({ "code": code, "removed": serde_json::to_value(&before).map_err(Error::broken)? });
    events::append(db, stamp, EventKind::CalendarSaved, Subject::Thing("calendar", id), &body)?;
    db.bump(HELD)?;
    Ok(before)
}
