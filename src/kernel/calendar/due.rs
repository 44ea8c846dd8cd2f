//! Deadlines and elapsed time.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::Calendar;
use super::spans::{Pauses, Span};
use crate::kernel::error::{Code, Fault};
use crate::kernel::saturating;
use crate::kernel::time::local_date;

/// What a target is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Seconds of calendar time, day and night.
    Seconds,
    /// Minutes of working time.
    WorkingMinutes,
    /// Working days: the close of the n-th after the start day.
    WorkingDays,
}

impl Unit {
    /// The largest target of this unit: ten years, and about as much work.
    pub const fn most(self) -> u32 {
        match self {
            Self::Seconds => 315_576_000,
            Self::WorkingMinutes => 1_000_000,
            Self::WorkingDays => 3_660,
        }
    }
}

/// How long something may take: 1 to [`Unit::most`] of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    unit: Unit,
    value: u32,
}

impl Target {
    /// A target of `value` units.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] for `field`.
    pub fn new(field: &'static str, unit: Unit, value: u32) -> Result<Self, Fault> {
        if (1..=unit.most()).contains(&value) {
            Ok(Self { unit, value })
        } else {
            Err(Fault::new(field, Code::OutOfRange).with("min", 1).with("max", unit.most()))
        }
    }

    /// What it is counted in.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// How many of them.
    pub const fn value(self) -> u32 {
        self.value
    }

    /// So many percent of it, in whole units: of more than the whole at least one unit more, at most what a target can be. None for less
    /// than one unit.
    pub fn share(self, percent: u32) -> Option<Self> {
        let share = saturating::<u32>(u64::from(self.value) * u64::from(percent) / 100);
        let least = if percent > 100 { self.value.saturating_add(1) } else { 0 };
        let value = share.max(least).min(self.unit.most());
        (value > 0).then_some(Self { value, ..self })
    }
}

/// When something is due, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// UTC instant. Done at it is done in time.
    pub at: NaiveDateTime,
    /// Years on the way whose holidays are not known yet; the week alone was used for them.
    pub years_without_data: Vec<i32>,
}

impl Calendar {
    /// The working time of a local date as UTC instants, in order. A window the wall clock skips whole is left out.
    pub fn spans_on(&self, date: NaiveDate) -> impl Iterator<Item = Span> {
        self.hours(date).windows().iter().map(move |window| Span::of(*window, date, self.zone())).filter(|span| !span.is_empty())
    }

    /// The working time from `at` on, in order, without end.
    fn open_from(&self, at: NaiveDateTime) -> impl Iterator<Item = Span> {
        let rest = Span { from: at, to: NaiveDateTime::MAX };
        local_date(at, self.zone())
            .iter_days()
            .flat_map(|date| self.spans_on(date))
            .map(move |span| span.within(rest))
            .filter(|span| !span.is_empty())
    }

    /// The first instant of working time from `at` on: `at` itself while somebody works.
    pub fn opens(&self, at: NaiveDateTime) -> NaiveDateTime {
        self.open_from(at).next().map_or(at, |span| span.from)
    }

    /// The working time between two instants outside the pauses. Zero when `to` is not after `from`.
    pub fn elapsed(&self, from: NaiveDateTime, to: NaiveDateTime, pauses: &Pauses) -> TimeDelta {
        let asked = Span { from, to };
        self.open_from(from).take_while(|span| span.from < to).flat_map(|span| pauses.outside(span.within(asked))).map(Span::length).sum()
    }

    /// When `target` from `start` is due.
    ///
    /// Calendar time and working minutes: the earliest instant at which that much of it has gone by outside the pauses, so a target
    /// that fills a day is due at its close, not at the next opening. (Adding a pause to the start as calendar time is the common
    /// mistake: what counts is the working time it takes away.)
    ///
    /// Working days: the close of the n-th working day after the local date of `start`, which is not counted itself. A day paused
    /// from opening to close does not count, and the deadline never lies in a pause: it is the close of the first day, from the
    /// n-th on, that is not paused at its close.
    ///
    /// An instant past what a calendar can name is `NaiveDateTime::MAX`.
    pub fn due(&self, start: NaiveDateTime, target: Target, pauses: &Pauses) -> Deadline {
        let value = i64::from(target.value);
        let at = match target.unit {
            Unit::Seconds => {
                return Deadline {
                    at: reached(pauses.outside(Span { from: start, to: NaiveDateTime::MAX }), TimeDelta::seconds(value)),
                    years_without_data: Vec::new(),
                };
            }
            Unit::WorkingMinutes => reached(self.open_from(start).flat_map(|span| pauses.outside(span)), TimeDelta::minutes(value)),
            Unit::WorkingDays => self.close_of_day(start, target.value, pauses),
        };
        let years_without_data = self.years_without_data(local_date(start, self.zone()), local_date(at, self.zone()));
        Deadline { at, years_without_data }
    }

    fn close_of_day(&self, start: NaiveDateTime, days: u32, pauses: &Pauses) -> NaiveDateTime {
        let mut left = days;
        for date in local_date(start, self.zone()).iter_days().skip(1) {
            let Some(close) = self.spans_on(date).last().map(|span| span.to) else { continue };
            let Some(worked_until) = self.spans_on(date).flat_map(|span| pauses.outside(span)).last().map(|piece| piece.to) else {
                continue;
            };
            left = left.saturating_sub(1);
            if left == 0 && worked_until == close {
                return close;
            }
        }
        NaiveDateTime::MAX
    }
}

/// The instant at which the pieces add up to `wanted`.
fn reached(pieces: impl Iterator<Item = Span>, wanted: TimeDelta) -> NaiveDateTime {
    let mut left = wanted;
    for piece in pieces {
        if left <= piece.length() {
            return piece.from + left;
        }
        left -= piece.length();
    }
    NaiveDateTime::MAX
}
