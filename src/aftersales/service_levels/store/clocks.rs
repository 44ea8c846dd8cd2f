//! Clocks, their events and their escalations.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::catalogue::name_of;
use super::super::rules::{self, Ladder, Reading};
use super::super::{ClockState, Moment};
use crate::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use crate::kernel::calendar::{Change, CountdownEvent, Target, Unit, Versions};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, Lang};
use crate::kernel::time::local_minute;
use crate::kernel::{Code, Error, Id, Result, saturating};
use crate::platform::db::{Db, FEW, in_chunks, planned};
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::From;
use crate::staff::working_hours;
use crate::{each, text_column};

text_column!(ClockState);

diesel::table! {
    clock (id) {
        id -> BigInt,
        case_id -> BigInt,
        case_no -> Text,
        part_id -> BigInt,
        code -> Text,
        seq -> BigInt,
        kind -> Text,
        severity -> Text,
        priority -> Text,
        level_code -> Text,
        level_version -> BigInt,
        calendar_no -> BigInt,
        target -> BigInt,
        unit -> Text,
        warn_percent -> Nullable<BigInt>,
        escalate_percent -> Nullable<BigInt>,
        started_at -> Timestamp,
        state -> Text,
        due_at -> Nullable<Timestamp>,
        breached_at -> Nullable<Timestamp>,
        met_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        next_at -> Nullable<Timestamp>,
        told -> BigInt,
        version -> BigInt,
        channel -> Text,
        market -> Text,
    }
}

diesel::table! {
    clock_event (clock_id, no) {
        clock_id -> BigInt,
        no -> BigInt,
        at -> Timestamp,
        change -> Text,
        moment -> Text,
        target -> Nullable<BigInt>,
        unit -> Nullable<Text>,
        calendar_no -> Nullable<BigInt>,
        actor -> Text,
    }
}

diesel::table! {
    clock_escalation (clock_id, step) {
        clock_id -> BigInt,
        step -> BigInt,
        reached_at -> Timestamp,
        tell_at -> Timestamp,
        written_at -> Timestamp,
        taken_by -> Nullable<Text>,
        taken_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(clock, clock_escalation);

diesel::table! {
    clock_week (week) {
        week -> Text,
        calendar_no -> BigInt,
    }
}

/// A clock as it is stored. Its events say the rest; what follows from them here is an index.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clock, treat_none_as_null = true)]
pub(in crate::aftersales::service_levels) struct ClockRow {
    pub id: Id,
    pub case_id: Id,
    pub case_no: String,
    pub part_id: Id,
    pub code: String,
    pub seq: i64,
    pub kind: CaseKind,
    pub severity: CaseSeverity,
    pub priority: Priority,
    pub channel: CaseChannel,
    pub market: String,
    pub level_code: String,
    pub level_version: i64,
    pub calendar_no: i64,
    pub target: i64,
    pub unit: String,
    pub warn_percent: Option<i64>,
    pub escalate_percent: Option<i64>,
    pub started_at: NaiveDateTime,
    pub state: ClockState,
    pub due_at: Option<NaiveDateTime>,
    pub breached_at: Option<NaiveDateTime>,
    pub met_at: Option<NaiveDateTime>,
    pub ended_at: Option<NaiveDateTime>,
    pub next_at: Option<NaiveDateTime>,
    pub told: i64,
    pub version: i64,
}

impl ClockRow {
    pub fn ladder(&self) -> Ladder {
        Ladder { warn: self.warn_percent, escalate: self.escalate_percent }
    }

    /// The same with what follows from its events.
    #[must_use]
    pub fn with(self, reading: &Reading) -> Self {
        let run = &reading.run;
        Self {
            calendar_no: run.calendar.into(),
            target: run.target.value().into(),
            unit: unit_text(run.target.unit()).to_owned(),
            started_at: run.started_at,
            state: reading.state,
            due_at: reading.due_at(),
            breached_at: run.breach.map(|breach| breach.at),
            met_at: run.ended_at.filter(|_| reading.state == ClockState::Met),
            ended_at: run.ended_at,
            next_at: reading.next(self.told),
            ..self
        }
    }
}

/// The texts of what a calendar counts.
const UNITS: [(Unit, &str); 3] =
    [(Unit::Seconds, "seconds"), (Unit::WorkingMinutes, "working_minutes"), (Unit::WorkingDays, "working_days")];

fn unit_text(unit: Unit) -> &'static str {
    UNITS.iter().find(|(one, _)| *one == unit).map_or("", |(_, text)| text)
}

/// An event as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = clock_event, treat_none_as_default_value = false)]
struct EventRow {
    clock_id: Id,
    no: i64,
    at: NaiveDateTime,
    change: String,
    moment: String,
    target: Option<i64>,
    unit: Option<String>,
    calendar_no: Option<i64>,
    actor: String,
}

impl EventRow {
    /// # Errors
    /// [`Error::Broken`] for a row that says nothing.
    fn read(&self) -> Result<CountdownEvent> {
        let broken = || Error::broken(format!("event {} of clock {}: {}", self.no, self.clock_id, self.change));
        let calendar = || self.calendar_no.map(saturating::<u32>).ok_or_else(broken);
        let target = || {
            let (unit, _) = UNITS.iter().find(|(_, text)| Some(*text) == self.unit.as_deref()).ok_or_else(broken)?;
            Target::new("target", *unit, saturating(self.target.ok_or_else(broken)?)).map_err(|_| broken())
        };
        let change = match self.change.as_str() {
            "start" => Change::Start { target: target()?, calendar: calendar()? },
            "pause" => Change::Pause,
            "resume" => Change::Resume,
            "retarget" => Change::Retarget(target()?),
            "recalendar" => Change::Recalendar(calendar()?),
            "stop" => Change::Stop,
            "cancel" => Change::Cancel,
            _ => return Err(broken()),
        };
        Ok(CountdownEvent { id: self.no, at: self.at, change })
    }

    fn of(clock: Id, event: CountdownEvent, moment: &str, actor: &str) -> Self {
        let (change, target, calendar) = match event.change {
            Change::Start { target, calendar } => ("start", Some(target), Some(calendar)),
            Change::Pause => ("pause", None, None),
            Change::Resume => ("resume", None, None),
            Change::Retarget(target) => ("retarget", Some(target), None),
            Change::Recalendar(version) => ("recalendar", None, Some(version)),
            Change::Stop => ("stop", None, None),
            Change::Cancel => ("cancel", None, None),
        };
        Self {
            clock_id: clock,
            no: event.id,
            at: event.at,
            change: change.to_owned(),
            moment: moment.to_owned(),
            target: target.map(|target| target.value().into()),
            unit: target.map(|target| unit_text(target.unit()).to_owned()),
            calendar_no: calendar.map(i64::from),
            actor: actor.to_owned(),
        }
    }
}

/// A clock with everything that happened to it and the calendars that needs.
pub(super) struct Told {
    pub row: ClockRow,
    pub events: Vec<CountdownEvent>,
}

impl Told {
    /// What it comes to.
    ///
    /// # Errors
    /// [`Error::Broken`] for events that cannot have happened.
    pub fn read(&self, calendars: &Versions, now: NaiveDateTime) -> Result<Reading> {
        // Time does not go back within a clock, whatever the machine's does.
        let now = self.events.last().map_or(now, |last| now.max(last.at));
        rules::read(&self.events, calendars, self.row.ladder(), now)
            .map_err(|fault| Error::broken(format!("clock {} of case {}: {fault:?}", self.row.code, self.row.case_no)))
    }
}

/// Clocks with their events, and the calendars of all of them.
pub(super) fn told(db: &mut Db, rows: Vec<ClockRow>) -> Result<(Vec<Told>, Arc<Versions>)> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let mut events: HashMap<Id, Vec<CountdownEvent>> = HashMap::with_capacity(rows.len());
    let found: Vec<EventRow> = in_chunks(&ids, |ids| {
        let of = clock_event::table.filter(clock_event::clock_id.eq_any(ids)).order((clock_event::clock_id, clock_event::no));
        each!(db, |c| planned(of.select(EventRow::as_select()), ids.len() <= FEW).load(c))
    })?;
    for event in found {
        events.entry(event.clock_id).or_default().push(event.read()?);
    }
    let told: Vec<Told> = rows.into_iter().map(|row| Told { events: events.remove(&row.id).unwrap_or_default(), row }).collect();
    Ok((told, working_hours::versions(db)?))
}

/// Clocks, each with what it comes to.
pub(in crate::aftersales::service_levels) type Read = Vec<(ClockRow, Reading)>;

/// Clocks with what they come to, and the calendars of all of them.
pub(in crate::aftersales::service_levels) fn readings(
    db: &mut Db,
    rows: Vec<ClockRow>,
    now: NaiveDateTime,
) -> Result<(Read, Arc<Versions>)> {
    let (told, calendars) = told(db, rows)?;
    let read = told.into_iter().map(|one| one.read(&calendars, now).map(|reading| (one.row, reading)));
    Ok((read.collect::<Result<_>>()?, calendars))
}

/// Every clock of a case, in the order they began.
pub(in crate::aftersales::service_levels) fn of_case(db: &mut Db, case: Id) -> Result<Vec<ClockRow>> {
    Ok(each!(db, |c| clock::table
        .filter(clock::case_id.eq(case))
        .order((clock::started_at, clock::id))
        .select(ClockRow::as_select())
        .load(c))?)
}

/// Writes events of a clock and what it then comes to. Gives the reading.
pub(super) fn apply(db: &mut Db, stamp: &Stamp, mut told: Told, moment: Option<Moment>, changes: &[Change]) -> Result<(ClockRow, Reading)> {
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let last = told.events.last();
        let event = CountdownEvent {
            id: last.map_or(0, |last| last.id) + 1,
            // A machine whose clock went back says nothing wrong of the case.
            at: last.map_or(stamp.at, |last| stamp.at.max(last.at)),
            change: *change,
        };
        told.events.push(event);
        rows.push(EventRow::of(told.row.id, event, moment.map_or("", Moment::as_str), &stamp.actor));
    }
    let calendars = working_hours::versions(db)?;
    let reading = told.read(&calendars, stamp.at)?;
    let row = told.row.with(&reading);
    let row = if row.version == 0 {
        let row = ClockRow { version: 1, ..row };
        each!(db, |c| diesel::insert_into(clock::table).values(&row).execute(c))?;
        row
    } else {
        save(db, row)?
    };
    for event in &rows {
        each!(db, |c| diesel::insert_into(clock_event::table).values(event).execute(c))?;
    }
    Ok((row, reading))
}

/// Writes what follows from a clock's events.
fn save(db: &mut Db, row: ClockRow) -> Result<ClockRow> {
    let as_read = clock::id.eq(row.id).and(clock::version.eq(row.version));
    let row = ClockRow { version: row.version + 1, ..row };
    if each!(db, |c| diesel::update(clock::table.filter(as_read)).set(&row).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    Ok(row)
}

/// Notes that clocks run on a week's calendar, of which this is a version.
pub(super) fn note_week(db: &mut Db, week: &str, no: i64) -> Result<()> {
    let row = (clock_week::week.eq(week), clock_week::calendar_no.eq(no));
    each!(db, |c| diesel::insert_into(clock_week::table).values(row).on_conflict(clock_week::week).do_nothing().execute(c))?;
    Ok(())
}

/// The weeks that clocks run on whose calendar changed since clocks last followed it.
pub(in crate::aftersales::service_levels) fn weeks_behind(db: &mut Db) -> Result<Vec<String>> {
    let weeks: Vec<(String, i64)> = each!(db, |c| clock_week::table.order(clock_week::week).load(c))?;
    let mut behind = Vec::new();
    for (week, no) in weeks {
        if !working_hours::is_current(db, &week, no)? {
            behind.push(week);
        }
    }
    Ok(behind)
}

/// Whether something is to be told of a clock.
pub(in crate::aftersales::service_levels) fn has_to_tell(db: &mut Db, now: NaiveDateTime) -> Result<bool> {
    Ok(!to_tell(db, now, 1)?.is_empty())
}

/// Clocks of which there is something to tell, the longest ago first.
fn to_tell(db: &mut Db, now: NaiveDateTime, limit: i64) -> Result<Vec<ClockRow>> {
    Ok(each!(db, |c| clock::table
        .filter(clock::next_at.lt(now))
        .order((clock::next_at, clock::id))
        .limit(limit)
        .select(ClockRow::as_select())
        .load(c))?)
}

/// What an event says of a clock, for readers of either language.
fn said(code: &str, what: impl Fn(Lang) -> String) -> Both {
    let name = name_of(code);
    let in_lang = |lang: Lang| format!("{}{}{}", name.get(lang), lang.of("：", ": "), what(lang));
    Both { zh: in_lang(Lang::Zh), en: in_lang(Lang::En) }
}

/// How long a clock that cannot be read is left alone.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);

/// Tells what is to be told of at most `limit` clocks: how many there were, and how many steps were told.
pub(in crate::aftersales::service_levels) fn fire(db: &mut Db, stamp: &Stamp, limit: i64) -> Result<(usize, usize)> {
    let rows = to_tell(db, stamp.at, limit)?;
    let (told, calendars) = told(db, rows)?;
    let (looked, mut steps) = (told.len(), 0);
    for one in told {
        let reading = match one.read(&calendars, stamp.at) {
            Ok(reading) => reading,
            Err(error) => {
                // One broken clock holds up no other.
                tracing::error!(?error, "a clock cannot be read");
                save(db, ClockRow { next_at: Some(stamp.at + PUT_OFF), ..one.row })?;
                continue;
            }
        };
        let mut row = one.row;
        for (step, reached_at) in reading.reached(row.told, stamp.at) {
            let number = rules::number(step);
            let calendar = calendars.get(reading.run.calendar).map_err(|fault| Error::broken(format!("{fault:?}")))?;
            let tell_at = if row.severity == CaseSeverity::Critical { stamp.at } else { calendar.opens(stamp.at) };
            let once = (
                clock_escalation::clock_id.eq(row.id),
                clock_escalation::step.eq(number),
                clock_escalation::reached_at.eq(reached_at),
                clock_escalation::tell_at.eq(tell_at),
                clock_escalation::written_at.eq(stamp.at),
            );
            let written = each!(db, |c| diesel::insert_into(clock_escalation::table).values(once).on_conflict_do_nothing().execute(c))?;
            if written == 1 {
                steps += 1;
                let says = said(&row.code, |lang| {
                    format!("{}{}", step.word(lang), lang.of("，到期 ", ", due "))
                        + &local_minute(row.due_at.unwrap_or(reached_at), calendar.zone())
                });
                let body = json!({ "says": says, "clock": row.code, "step": step, "reached_at": reached_at, "tell_at": tell_at });
                events::append(db, stamp, EventKind::ClockEscalated, Subject::Thing("case", row.case_id.0), &body)?;
            }
            row.told = row.told.max(number);
        }
        save(db, row.with(&reading))?;
    }
    Ok((looked, steps))
}

/// Has at most `limit` clocks follow a week's calendar to the version that holds now: how many there were, and how many deadlines moved. When none
/// is left, that is noted.
pub(in crate::aftersales::service_levels) fn follow(db: &mut Db, stamp: &Stamp, week: &str, limit: i64) -> Result<(usize, usize)> {
    let no = working_hours::current(db, stamp, week)?;
    let before = working_hours::earlier(db, week, no)?;
    let working: Vec<&str> = UNITS.iter().filter(|(unit, _)| *unit != Unit::Seconds).map(|(_, text)| *text).collect();
    let behind: Vec<ClockRow> = each!(db, |c| clock::table
        .filter(clock::calendar_no.eq_any(before))
        .filter(clock::ended_at.is_null())
        .filter(clock::unit.eq_any(working))
        .limit(limit)
        .select(ClockRow::as_select())
        .load(c))?;
    if behind.is_empty() {
        let found = clock_week::table.find(week);
        each!(db, |c| diesel::update(found).set(clock_week::calendar_no.eq(no)).execute(c))?;
        return Ok((0, 0));
    }
    let (told, calendars) = told(db, behind)?;
    let (looked, mut moved) = (told.len(), 0);
    let change = Change::Recalendar(u32::try_from(no).map_err(Error::broken)?);
    for one in told {
        moved += usize::from(move_on(db, stamp, one, &calendars, &[change], ("calendar", json!(no)))?);
    }
    Ok((looked, moved))
}

/// Changes a clock for a reason that is not its case's: a calendar or a level that changed (`because`). Where that moves its deadline, the case is told
/// from when to when. Whether it did.
pub(super) fn move_on(
    db: &mut Db,
    stamp: &Stamp,
    one: Told,
    calendars: &Versions,
    changes: &[Change],
    because: (&str, Value),
) -> Result<bool> {
    let (from, case) = (one.row.due_at, one.row.case_id);
    let zone = calendars.get(saturating(one.row.calendar_no)).map_err(|fault| Error::broken(format!("{fault:?}")))?.zone();
    let (row, reading) = apply(db, stamp, one, None, changes)?;
    if row.due_at == from {
        return Ok(false);
    }
    let local = |at: Option<NaiveDateTime>| at.map_or_else(|| "—".to_owned(), |at| local_minute(at, zone));
    let says = said(&row.code, |_| format!("{} → {}", local(from), local(row.due_at)));
    let body = json!({ "says": says, "clock": row.code, "from": from, "to": row.due_at, (because.0): because.1, "state": reading.state });
    events::append(db, stamp, EventKind::ClockMoved, Subject::Thing("case", case.0), &body)?;
    Ok(true)
}

/// Open clocks of a code behind one of them, by id.
pub(super) fn open_of(db: &mut Db, code: &str, after: Id, limit: i64) -> Result<Vec<ClockRow>> {
    Ok(each!(db, |c| clock::table
        .filter(clock::code.eq(code).and(clock::ended_at.is_null()).and(clock::id.gt(after)))
        .order(clock::id)
        .limit(limit)
        .select(ClockRow::as_select())
        .load(c))?)
}

/// A step of an escalation: when it was reached, and who took the case up after it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = clock_escalation)]
pub(in crate::aftersales::service_levels) struct Escalation {
    pub clock_id: Id,
    pub step: i64,
    pub reached_at: NaiveDateTime,
    pub taken_by: Option<String>,
    pub taken_at: Option<NaiveDateTime>,
}

/// The steps that were told of these clocks, in their order.
pub(in crate::aftersales::service_levels) fn escalations(db: &mut Db, clocks: &[Id]) -> Result<HashMap<Id, Vec<Escalation>>> {
    let found: Vec<Escalation> = in_chunks(clocks, |clocks| {
        each!(db, |c| clock_escalation::table
            .filter(clock_escalation::clock_id.eq_any(clocks))
            .order((clock_escalation::clock_id, clock_escalation::step))
            .select(Escalation::as_select())
            .load(c))
    })?;
    let mut by_clock: HashMap<Id, Vec<Escalation>> = HashMap::new();
    for one in found {
        by_clock.entry(one.clock_id).or_default().push(one);
    }
    Ok(by_clock)
}

/// Somebody took a case: every step of its clocks that was told and that nobody had taken is theirs.
pub fn taken(db: &mut Db, stamp: &Stamp, case: Id, by: &str) -> Result<()> {
    let of_case = clock::table.filter(clock::case_id.eq(case)).select(clock::id);
    let open = clock_escalation::clock_id.eq_any(of_case).and(clock_escalation::taken_by.is_null());
    let theirs = (clock_escalation::taken_by.eq(by), clock_escalation::taken_at.eq(stamp.at));
    each!(db, |c| diesel::update(clock_escalation::table.filter(open)).set(theirs).execute(c))?;
    Ok(())
}

/// Which open clocks are asked for, of those that are due some time.
#[derive(Clone, Debug, Default)]
pub(in crate::aftersales::service_levels) struct DueFilter {
    /// Due on or after this instant.
    pub from: Option<NaiveDateTime>,
    /// Due before this instant.
    pub until: Option<NaiveDateTime>,
    /// This clock alone.
    pub code: Option<String>,
    /// Of this kind of case alone.
    pub kind: Option<String>,
    /// Of cases of this priority alone.
    pub priority: Option<String>,
    /// Of the case that is called so.
    pub case_no: Option<String>,
}

/// A stretch of the open clocks by when they are due.
pub(in crate::aftersales::service_levels) fn due(
    db: &mut Db,
    filter: &DueFilter,
    from: &From<(NaiveDateTime, Id)>,
    limit: i64,
) -> Result<Vec<ClockRow>> {
    let mut rows: Vec<ClockRow> = each!(db, |c| {
        let mut query = clock::table.filter(clock::ended_at.is_null()).filter(clock::due_at.is_not_null()).limit(limit).into_boxed();
        if let Some(begin) = filter.from {
            query = query.filter(clock::due_at.ge(begin));
        }
        if let Some(until) = filter.until {
            query = query.filter(clock::due_at.lt(until));
        }
        if let Some(code) = &filter.code {
            query = query.filter(clock::code.eq(code));
        }
        if let Some(kind) = &filter.kind {
            query = query.filter(clock::kind.eq(kind));
        }
        if let Some(priority) = &filter.priority {
            query = query.filter(clock::priority.eq(priority));
        }
        if let Some(no) = &filter.case_no {
            query = query.filter(clock::case_no.eq(no));
        }
        match from {
            From::Start => query.order((clock::due_at.asc(), clock::id.asc())).select(ClockRow::as_select()).load(c),
            From::After((at, id)) => query
                .filter(clock::due_at.ge(at))
                .filter(clock::due_at.gt(at).or(clock::id.gt(id)))
                .order((clock::due_at.asc(), clock::id.asc()))
                .select(ClockRow::as_select())
                .load(c),
            From::Before((at, id)) => query
                .filter(clock::due_at.le(at))
                .filter(clock::due_at.lt(at).or(clock::id.lt(id)))
                .order((clock::due_at.desc(), clock::id.desc()))
                .select(ClockRow::as_select())
                .load(c),
        }
    })?;
    if matches!(from, From::Before(_)) {
        rows.reverse();
    }
    Ok(rows)
}
