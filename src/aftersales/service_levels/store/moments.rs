//! What happens to a case, and what that does to its clocks, in the same write.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::json;

use super::super::catalogue::{CLOCKS, Clock, clock as clock_of};
use super::super::rules;
use super::super::{About, ClockState, Moment, ServiceLevel};
use super::clocks::{ClockRow, Told, apply, clock_event, move_on, note_week, of_case, open_of, told};
use super::levels;
use crate::each;
use crate::kernel::calendar::{Change, read_zone};
use crate::kernel::time::local_date;
use crate::kernel::{Error, Id, Result, saturating};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::staff::working_hours;

/// The case itself, where no part of it is meant.
const WHOLE: Id = Id(0);

/// Something happened to a case: its clocks start, stop, stand still or go on. To be called in the write in which it happens.
///
/// Called twice it does the same as once. What happens to the case touches the clocks of its parts, too.
///
/// # Errors
/// [`Code::Stale`](crate::kernel::Code::Stale) when a clock moved in between.
pub fn happened(db: &mut Db, stamp: &Stamp, about: &About<'_>, moment: Moment) -> Result<()> {
    happened_to(db, stamp, about, WHOLE, moment)
}

/// The same of a part of a case that has clocks of its own: a line, a repair, a verdict.
///
/// # Errors
/// As [`happened`].
pub fn happened_to(db: &mut Db, stamp: &Stamp, about: &About<'_>, part: Id, moment: Moment) -> Result<()> {
    let all = of_case(db, about.case)?;
    let mut policy = Policy::default();
    let touched: Vec<ClockRow> =
        all.iter().filter(|row| row.ended_at.is_none() && (part == WHOLE || row.part_id == part)).cloned().collect();
    let mut ended = BTreeSet::new();
    if !touched.is_empty() {
        let (told, calendars) = told(db, touched)?;
        for one in told {
            let Some(clock) = clock_of(&one.row.code) else { continue };
            let key = (one.row.part_id, clock.code);
            let (one, changes) = match moment {
                // A part is what it was, whatever its case is about now: a repair in a case of a return.
                Moment::Reclassified => {
                    let kind = if one.row.part_id == WHOLE { about.kind } else { one.row.kind };
                    policy.changes(db, stamp, &About { kind, ..*about }, clock, one)?
                }
                _ => (one, rules::effect(clock, moment).into_iter().collect()),
            };
            let run = one.read(&calendars, stamp.at)?.run;
            let changes: Vec<Change> = changes.into_iter().filter(|change| !rules::is_idle(&run, *change)).collect();
            // Of a case that changed, what is shown of it changes with it.
            if changes.is_empty() && moment != Moment::Reclassified {
                continue;
            }
            let (row, _) = apply(db, stamp, one, Some(moment), &changes)?;
            if row.ended_at.is_some() {
                ended.insert(key);
            }
        }
    }
    for clock in CLOCKS.iter().filter(|clock| clock.is_of(about)) {
        let of_it = || all.iter().filter(|row| row.part_id == part && row.code == clock.code);
        let runs = of_it().any(|row| row.ended_at.is_none()) && !ended.contains(&(part, clock.code));
        let begins = match moment {
            // What it has now and had not before: it begins now, unless it is done already.
            Moment::Reclassified => {
                part == WHOLE
                    && clock.starts.contains(&Moment::Opened)
                    && of_it().all(|row| row.state == ClockState::Cancelled && row.ended_at.is_some())
                    && !is_done(db, &all, clock)?
            }
            Moment::Opened => clock.starts.contains(&moment) && of_it().next().is_none(),
            moment => clock.starts.contains(&moment),
        };
        if begins && !runs {
            let seq = of_it().map(|row| row.seq).max().unwrap_or_default() + 1;
            policy.start(db, stamp, about, (part, clock, seq), moment)?;
        }
    }
    Ok(())
}

/// Whether something has happened to the case that this clock would have stopped at.
fn is_done(db: &mut Db, all: &[ClockRow], clock: &Clock) -> Result<bool> {
    let ids: Vec<Id> = all.iter().map(|row| row.id).collect();
    let stops: Vec<&str> = clock.stops.iter().map(|moment| moment.as_str()).collect();
    let happened = clock_event::clock_id.eq_any(ids).and(clock_event::moment.eq_any(stops));
    let found: Vec<i64> = each!(db, |c| clock_event::table.filter(happened).limit(1).select(clock_event::no).load(c))?;
    Ok(!found.is_empty())
}

/// The levels and the weeks they are counted by, read once they are needed.
#[derive(Default)]
struct Policy(Option<(Vec<ServiceLevel>, BTreeMap<String, Tz>)>);

impl Policy {
    /// The level of a clock that a case has today.
    fn level(&mut self, db: &mut Db, stamp: &Stamp, about: &About<'_>, clock: &Clock) -> Result<Option<ServiceLevel>> {
        if self.0.is_none() {
            let zone = |week: working_hours::WorkWeek| match read_zone("zone", &week.zone) {
                Ok(zone) => Ok((week.code, zone)),
                Err(fault) => Err(Error::broken(format!("the week {}: {fault:?}", week.code))),
            };
            let zones = working_hours::all(db)?.into_iter().map(zone).collect::<Result<_>>()?;
            self.0 = Some((levels::of_clocks(db, &CLOCKS.iter().map(|clock| clock.code).collect::<Vec<_>>())?, zones));
        }
        let Some((levels, zones)) = &self.0 else { return Ok(None) };
        let today = |level: &ServiceLevel| -> NaiveDate {
            zones.get(&level.calendar).map_or_else(|| stamp.at.date(), |zone| local_date(stamp.at, *zone))
        };
        Ok(rules::select(levels, clock.code, about, today).cloned())
    }

    /// Starts a clock, where a level says how long it may run.
    fn start(
        &mut self,
        db: &mut Db,
        stamp: &Stamp,
        about: &About<'_>,
        (part, clock, seq): (Id, &Clock, i64),
        moment: Moment,
    ) -> Result<()> {
        let Some(level) = self.level(db, stamp, about, clock)? else { return Ok(()) };
        let no = working_hours::current(db, stamp, &level.calendar)?;
        note_week(db, &level.calendar, no)?;
        let (target, calendar) = (level.time()?, saturating(no));
        let row = ClockRow {
            id: stamp.id(),
            case_id: about.case,
            case_no: about.no.to_owned(),
            part_id: part,
            code: clock.code.to_owned(),
            seq,
            kind: about.kind,
            severity: about.severity,
            priority: about.priority,
            channel: about.channel,
            market: about.market.to_owned(),
            level_code: String::new(),
            level_version: 0,
            calendar_no: no,
            target: target.value().into(),
            unit: String::new(),
            warn_percent: None,
            escalate_percent: None,
            started_at: stamp.at,
            state: ClockState::Running,
            due_at: None,
            breached_at: None,
            met_at: None,
            ended_at: None,
            next_at: None,
            told: 0,
            version: 0,
        };
        let one = Told { row: under(row, &level), events: Vec::new() };
        apply(db, stamp, one, Some(moment), &[Change::Start { target, calendar }]).map(drop)
    }

    /// What it does to a clock that its case is another than it was: it ends where such a case has none, else its level may be another, from the
    /// original start on.
    fn changes(&mut self, db: &mut Db, stamp: &Stamp, about: &About<'_>, clock: &Clock, mut one: Told) -> Result<(Told, Vec<Change>)> {
        (one.row.kind, one.row.severity, one.row.priority) = (about.kind, about.severity, about.priority);
        if !clock.is_of(about) {
            return Ok((one, vec![Change::Cancel]));
        }
        let Some(level) = self.level(db, stamp, about, clock)? else { return Ok((one, Vec::new())) };
        let mut changes = Vec::new();
        let no = working_hours::current(db, stamp, &level.calendar)?;
        if no != one.row.calendar_no {
            note_week(db, &level.calendar, no)?;
            changes.push(Change::Recalendar(saturating(no)));
        }
        changes.push(Change::Retarget(level.time()?));
        one.row = under(one.row, &level);
        Ok((one, changes))
    }
}

/// Holds at most `limit` open clocks of a code, behind the clock `after`, against the levels as they are now: how many there were, how many deadlines
/// moved, and the last that was looked at; none when that was all. A clock that was missed stays so.
pub fn reckon(db: &mut Db, stamp: &Stamp, code: &str, after: Id, limit: i64) -> Result<(usize, usize, Option<Id>)> {
    let Some(clock) = clock_of(code) else { return Ok((0, 0, None)) };
    let rows = open_of(db, code, after, limit)?;
    let last = rows.last().map(|row| row.id);
    let (all, calendars) = told(db, rows)?;
    let (looked, mut moved, mut policy) = (all.len(), 0, Policy::default());
    for one in all {
        let of = one.row.clone();
        let ClockRow { case_id, case_no, kind, severity, priority, channel, market, .. } = &of;
        let about = About { case: *case_id, no: case_no, kind: *kind, severity: *severity, priority: *priority, channel: *channel, market };
        let (one, changes) = policy.changes(db, stamp, &about, clock, one)?;
        let run = one.read(&calendars, stamp.at)?.run;
        let changes: Vec<Change> = changes.into_iter().filter(|change| !rules::is_idle(&run, *change)).collect();
        if changes.is_empty() && one.row == of {
            continue;
        }
        let level = json!({ "code": one.row.level_code, "version": one.row.level_version });
        moved += usize::from(move_on(db, stamp, one, &calendars, &changes, ("level", level))?);
    }
    Ok((looked, moved, last))
}

/// A clock under a level.
fn under(row: ClockRow, level: &ServiceLevel) -> ClockRow {
    ClockRow {
        level_code: level.code.clone(),
        level_version: level.version,
        warn_percent: level.warn_percent,
        escalate_percent: level.escalate_percent,
        ..row
    }
}
