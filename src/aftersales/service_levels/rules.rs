//! Which level a case has, what a moment does to its clocks, and what the events of a clock come to.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use super::catalogue::{Clock, name_of};
use super::{About, ClockState, EscalationStep, Moment, ServiceLevel};
use crate::kernel::calendar::{Breach, Calendar, Change, Countdown, CountdownEvent, Deadline, Pauses, Run, State, Target, Unit, Versions};
use crate::kernel::error::{Code, Fault};
use crate::kernel::saturating;

impl ServiceLevel {
    /// Whether it names no condition.
    pub fn is_for_all(&self) -> bool {
        self.kind.is_none() && self.severity.is_none() && self.priority.is_none() && self.channel.is_none() && self.market.is_empty()
    }

    /// Whether a case fits it.
    fn fits(&self, about: &About<'_>) -> bool {
        self.kind.is_none_or(|only| only == about.kind)
            && self.severity.is_none_or(|only| only == about.severity)
            && self.priority.is_none_or(|only| only == about.priority)
            && self.channel.is_none_or(|only| only == about.channel)
            && (self.market.is_empty() || self.market == about.market)
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    fn ends(&self) -> NaiveDate {
        self.valid_to.unwrap_or(NaiveDate::MAX)
    }

    /// Whether both hold on some day.
    fn meets(&self, other: &Self) -> bool {
        self.valid_from <= other.ends() && other.valid_from <= self.ends()
    }
}

/// The level of a clock that a case has: of the rows that hold and fit, the one of the lowest rank. `day` is today where a row's team works.
pub fn select<'a>(
    levels: &'a [ServiceLevel],
    clock: &str,
    about: &About<'_>,
    day: impl Fn(&ServiceLevel) -> NaiveDate,
) -> Option<&'a ServiceLevel> {
    levels.iter().filter(|level| level.clock == clock && level.fits(about) && level.holds_on(day(level))).min_by_key(|level| level.rank)
}

/// What is wrong with a level beside the other rows of its clock: two that could hold at once, a row without conditions before one that has some,
/// and days on which rows with conditions hold and none without.
pub fn beside(level: &ServiceLevel, others: &[&ServiceLevel]) -> Vec<Fault> {
    let at_once = || others.iter().filter(|other| other.meets(level));
    let mut faults = Vec::new();
    if at_once().any(|other| other.rank == level.rank) {
        faults.push(Fault::new("rank", Code::Duplicate).with("value", level.rank));
    } else if level.is_for_all() {
        if let Some(other) = at_once().find(|other| other.is_for_all()) {
            faults.push(Fault::new("valid_from", Code::Overlap).with("first", &other.code).with("second", &level.code));
        }
        let least = at_once().map(|other| other.rank).max().unwrap_or_default() + 1;
        if level.rank < least {
            faults.push(Fault::new("rank", Code::OutOfRange).with("value", level.rank).with("min", least).with("max", 9_999));
        }
    } else if let Some(last) = at_once().filter(|other| other.is_for_all()).map(|other| other.rank).min().filter(|last| *last < level.rank)
    {
        faults.push(Fault::new("rank", Code::OutOfRange).with("value", level.rank).with("min", 1).with("max", last - 1));
    }
    let all: Vec<&ServiceLevel> = others.iter().copied().chain([level]).collect();
    faults.extend(bare(&all));
    faults
}

/// That rows of a clock have conditions on days on which none is without.
pub fn bare(rows: &[&ServiceLevel]) -> Option<Fault> {
    let for_all = || rows.iter().copied().filter(|row| row.is_for_all()).collect();
    let bare = rows.iter().find(|row| !row.is_for_all() && !covers(for_all(), row.valid_from, row.ends()))?;
    let clock = name_of(&bare.clock);
    Some(Fault::new("clock", Code::NoCatchAll).with("value", &bare.code).with("clock_zh", clock.zh).with("clock_en", clock.en))
}

/// Whether some of these rows hold on every day from one to another.
fn covers(mut rows: Vec<&ServiceLevel>, from: NaiveDate, to: NaiveDate) -> bool {
    rows.sort_unstable_by_key(|row| row.valid_from);
    let mut open = Some(from);
    for row in rows {
        match open {
            Some(day) if row.valid_from <= day && row.ends() >= day => open = row.ends().succ_opt().filter(|next| *next <= to),
            Some(_) => {}
            None => return true,
        }
    }
    open.is_none()
}

/// What a moment does to a clock that runs; none where it does nothing.
pub fn effect(clock: &Clock, moment: Moment) -> Option<Change> {
    match moment {
        Moment::Cancelled => Some(Change::Cancel),
        moment if clock.drops.contains(&moment) => Some(Change::Cancel),
        moment if clock.stops.contains(&moment) => Some(Change::Stop),
        Moment::Waiting if clock.waits => Some(Change::Pause),
        Moment::Working => Some(Change::Resume),
        _ => None,
    }
}

/// Whether a change would change nothing of a run.
pub fn is_idle(run: &Run, change: Change) -> bool {
    match change {
        Change::Pause => run.paused_since.is_some(),
        Change::Resume => run.paused_since.is_none(),
        Change::Retarget(target) => target == run.target,
        Change::Recalendar(version) => version == run.calendar,
        Change::Start { .. } | Change::Stop | Change::Cancel => false,
    }
}

/// At which shares of its time people are told of a clock, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The owner.
    pub warn: Option<i64>,
    /// The director.
    pub escalate: Option<i64>,
}

/// What the events of a clock come to at an instant. There is no other way to say when a clock is due or whether it was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The run.
    pub run: Run,
    /// Where it stands.
    pub state: ClockState,
    /// Every step that people are told of, with its instant; none once the clock has ended.
    pub steps: Vec<(EscalationStep, NaiveDateTime)>,
    /// What is left of its time, in working time where that counts; below zero what it is late. None once it has ended.
    pub left: Option<TimeDelta>,
}

impl Reading {
    /// When it is due, as far as that can be named.
    pub fn due(&self) -> Option<&Deadline> {
        self.run.deadline.as_ref().filter(|deadline| can_be_named(deadline.at))
    }

    /// The instant people look for it by: that of its breach, else when it is due.
    pub fn due_at(&self) -> Option<NaiveDateTime> {
        self.run.breach.map(|breach: Breach| breach.at).or(self.due().map(|deadline| deadline.at))
    }

    /// The steps that were reached before `now`, from the one after the first `told`.
    pub fn reached(&self, told: i64, now: NaiveDateTime) -> impl Iterator<Item = (EscalationStep, NaiveDateTime)> {
        self.steps.iter().copied().filter(move |(step, at)| number(*step) > told && *at < now)
    }

    /// The instant of the next step after the first `told`.
    pub fn next(&self, told: i64) -> Option<NaiveDateTime> {
        self.steps.iter().filter(|(step, _)| number(*step) > told).map(|(_, at)| *at).min()
    }
}

/// The number of a step, from 1.
pub fn number(step: EscalationStep) -> i64 {
    saturating::<i64>(EscalationStep::ALL.iter().position(|one| *one == step).unwrap_or_default()) + 1
}

/// An instant beyond the year 9999 is none that a store or a person can do anything with.
fn can_be_named(at: NaiveDateTime) -> bool {
    at.year() <= 9_999
}

/// Reads a clock's events.
///
/// # Errors
/// As [`Countdown::apply`], for events that cannot have happened; [`Code::Missing`] for none.
pub fn read(events: &[CountdownEvent], calendars: &Versions, ladder: Ladder, now: NaiveDateTime) -> Result<Reading, Fault> {
    let mut countdown = Countdown::replay(events, calendars)?;
    countdown.look(now);
    let run = countdown.run().cloned().ok_or_else(|| Fault::new("events", Code::Missing))?;
    let calendar = calendars.get(run.calendar)?;
    let state = match run.state() {
        State::Running => ClockState::Running,
        State::Paused => ClockState::Paused,
        State::Met => ClockState::Met,
        State::Missed => ClockState::Missed,
        State::Cancelled => ClockState::Cancelled,
    };
    Ok(Reading { steps: steps(&run, calendar, ladder), left: left(&run, calendar, now), state, run })
}

fn steps(run: &Run, calendar: &Calendar, ladder: Ladder) -> Vec<(EscalationStep, NaiveDateTime)> {
    if run.ended_at.is_some() {
        return Vec::new();
    }
    let share = |percent: Option<i64>| {
        let target = run.target.share(saturating(percent?))?;
        let at = calendar.due(run.started_at, target, &run.pauses).at;
        // Nothing comes nearer while it stands still.
        Some(at).filter(|at| run.paused_since.is_none_or(|since| *at < since))
    };
    let missed = run.breach.map(|breach| breach.at).or(run.deadline.as_ref().map(|deadline| deadline.at));
    let steps =
        [(EscalationStep::Warned, share(ladder.warn)), (EscalationStep::Missed, missed), (EscalationStep::Overdue, share(ladder.escalate))];
    steps.into_iter().filter_map(|(step, at)| Some((step, at.filter(|at| can_be_named(*at))?))).collect()
}

/// The time between two instants, as a target of this unit counts it.
fn between(unit: Unit, calendar: &Calendar, from: NaiveDateTime, to: NaiveDateTime) -> TimeDelta {
    match unit {
        Unit::Seconds => to - from,
        Unit::WorkingMinutes | Unit::WorkingDays if from <= to => calendar.elapsed(from, to, &Pauses::default()),
        Unit::WorkingMinutes | Unit::WorkingDays => -calendar.elapsed(to, from, &Pauses::default()),
    }
}

fn left(run: &Run, calendar: &Calendar, now: NaiveDateTime) -> Option<TimeDelta> {
    if run.ended_at.is_some() {
        return None;
    }
    match (&run.deadline, run.breach) {
        (Some(deadline), _) if can_be_named(deadline.at) => Some(between(run.target.unit(), calendar, now, deadline.at)),
        (None, Some(breach)) => Some(between(run.target.unit(), calendar, now, breach.at)),
        // It stands still: what is left of it stays.
        (None, None) => whole(run.target).map(|whole| whole - run.elapsed(now, calendar)),
        (Some(_), _) => None,
    }
}

/// A target as a stretch of time, where it is one.
fn whole(target: Target) -> Option<TimeDelta> {
    match target.unit() {
        Unit::Seconds => Some(TimeDelta::seconds(target.value().into())),
        Unit::WorkingMinutes => Some(TimeDelta::minutes(target.value().into())),
        Unit::WorkingDays => None,
    }
}
