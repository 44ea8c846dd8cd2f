//! A service clock, replayed from its events: running, paused, met or missed.
//!
//! The events decide everything; evaluating twice, or in any chunks, gives the same countdown. A breach is sticky: no later pause, change
//! of policy, of calendar or cancelling takes it back. A change of policy counts from the original start, with the pauses already taken.
//! Starting again (a reopened case) begins a new run; the verdicts of the runs before stay.

use chrono::{NaiveDateTime, TimeDelta};

use super::due::{Deadline, Target, Unit};
use super::spans::{Pauses, Span};
use super::{Calendar, Versions};
use crate::kernel::{Code, Fault, saturating};

/// What happens to a countdown. What changes nothing (a pause of a paused countdown, a stop of a stopped one) is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It starts; or, when the run before is over, starts again.
    Start {
        /// How long it may take.
        target: Target,
        /// The version of the calendar it goes by.
        calendar: u32,
    },
    /// Waiting for somebody whose time does not count.
    Pause,
    /// The waiting is over.
    Resume,
    /// Another policy applies, from the original start.
    Retarget(Target),
    /// Another version of the calendar applies, from the original start (holidays were imported).
    Recalendar(u32),
    /// What was to be done is done.
    Stop,
    /// It is not to be done any more.
    Cancel,
}

/// One event of a countdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountdownEvent {
    /// Number of the event; grows. An event whose number was seen is not applied again.
    pub id: i64,
    /// When it happened, UTC; never before the event before it.
    pub at: NaiveDateTime,
    /// What happened.
    pub change: Change,
}

/// What a breach came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The deadline passed.
    Time,
    /// A change of policy put the deadline into the past.
    Policy,
    /// A change of calendar put the deadline into the past.
    Calendar,
}

/// That a countdown was missed, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The deadline that passed; or the change that put it into the past.
    pub at: NaiveDateTime,
    /// What it came by.
    pub cause: Cause,
}

/// Where a run stands. The last three are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Time runs.
    Running,
    /// Time stands still; nothing is due.
    Paused,
    /// Done in time.
    Met,
    /// The deadline passed first, whatever came after.
    Missed,
    /// Not to be done any more, before the deadline passed.
    Cancelled,
}

/// One run of a countdown, from a start to its stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the run, from 1; a reopened case has more than one.
    pub seq: u32,
    /// When it started.
    pub started_at: NaiveDateTime,
    /// How long it may take.
    pub target: Target,
    /// The version of the calendar it goes by.
    pub calendar: u32,
    /// Pauses that are over.
    pub pauses: Pauses,
    /// Since when it is paused.
    pub paused_since: Option<NaiveDateTime>,
    /// When it is due; none while it is paused.
    pub deadline: Option<Deadline>,
    /// When it was missed, if it was. Never taken back.
    pub breach: Option<Breach>,
    /// When it was stopped or cancelled.
    pub ended_at: Option<NaiveDateTime>,
    /// Whether the end was a cancelling.
    pub cancelled: bool,
}

impl Run {
    fn start(seq: u32, at: NaiveDateTime, target: Target, calendar: &Calendar) -> Self {
        let mut run = Self {
            seq,
            started_at: at,
            target,
            calendar: calendar.version(),
            pauses: Pauses::default(),
            paused_since: None,
            deadline: None,
            breach: None,
            ended_at: None,
            cancelled: false,
        };
        run.reckon(calendar);
        run
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        match (self.breach, self.ended_at, self.cancelled, self.paused_since) {
            (Some(_), ..) => State::Missed,
            (None, Some(_), true, _) => State::Cancelled,
            (None, Some(_), false, _) => State::Met,
            (None, None, _, Some(_)) => State::Paused,
            (None, None, _, None) => State::Running,
        }
    }

    /// The time gone by outside pauses until its end, or until `now`: calendar time for a target in seconds, else working time.
    pub fn elapsed(&self, now: NaiveDateTime, calendar: &Calendar) -> TimeDelta {
        let until = [self.ended_at, self.paused_since].into_iter().flatten().fold(now, NaiveDateTime::min);
        match self.target.unit() {
            Unit::Seconds => self.pauses.outside(Span { from: self.started_at, to: until }).map(Span::length).sum(),
            Unit::WorkingMinutes | Unit::WorkingDays => calendar.elapsed(self.started_at, until, &self.pauses),
        }
    }

    /// Works out the deadline anew. A paused run has one only if it was reached before the pause.
    fn reckon(&mut self, calendar: &Calendar) {
        let deadline = calendar.due(self.started_at, self.target, &self.pauses);
        self.deadline = Some(deadline).filter(|deadline| self.paused_since.is_none_or(|since| deadline.at < since));
    }

    /// Notes the breach once `now` is past the deadline.
    fn look(&mut self, now: NaiveDateTime) {
        self.note_breach(now, |deadline| Breach { at: deadline, cause: Cause::Time });
    }

    fn note_breach(&mut self, now: NaiveDateTime, breach: impl FnOnce(NaiveDateTime) -> Breach) {
        let passed = self.deadline.as_ref().map(|deadline| deadline.at).filter(|at| *at < now);
        if let (None, None, Some(at)) = (self.breach, self.ended_at, passed) {
            self.breach = Some(breach(at));
        }
    }

    fn apply(&mut self, at: NaiveDateTime, change: Change, calendar: &Calendar) {
        if self.ended_at.is_some() {
            return;
        }
        self.look(at);
        match change {
            Change::Start { .. } => {}
            Change::Pause => self.paused_since = self.paused_since.or(Some(at)),
            Change::Resume => self.resume(at),
            Change::Retarget(target) => self.target = target,
            Change::Recalendar(version) => self.calendar = version,
            Change::Stop | Change::Cancel => {
                self.resume(at);
                self.ended_at = Some(at);
                self.cancelled = change == Change::Cancel;
            }
        }
        self.reckon(calendar);
        match change {
            Change::Retarget(_) => self.note_breach(at, |_| Breach { at, cause: Cause::Policy }),
            Change::Recalendar(_) => self.note_breach(at, |_| Breach { at, cause: Cause::Calendar }),
            _ => {}
        }
    }

    fn resume(&mut self, at: NaiveDateTime) {
        if let Some(since) = self.paused_since.take() {
            self.pauses = self.pauses.and(Span { from: since, to: at });
        }
    }
}

/// A service clock with all its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Countdown {
    runs: Vec<Run>,
    last: Option<(i64, NaiveDateTime)>,
}

impl Countdown {
    /// The countdown that these events make.
    pub fn replay(events: &[CountdownEvent], calendars: &Versions) -> Result<Self, Fault> {
        let mut countdown = Self::default();
        events.iter().try_for_each(|event| countdown.apply(event, calendars))?;
        Ok(countdown)
    }

    /// Goes on with one event. One that was seen before changes nothing; a refused one leaves the countdown as it was.
    ///
    /// # Errors
    /// [`Code::DatesOutOfOrder`] for `at` when it lies before the event before; [`Code::WrongState`] for `change` when nothing has
    /// started yet, or something starts that still runs; [`Code::UnknownReference`] for `calendar_version`.
    pub fn apply(&mut self, event: &CountdownEvent, calendars: &Versions) -> Result<(), Fault> {
        let CountdownEvent { id, at, change } = *event;
        if let Some((last_id, last_at)) = self.last {
            if id <= last_id {
                return Ok(());
            }
            if at < last_at {
                return Err(Fault::new("at", Code::DatesOutOfOrder).with("earlier", last_at).with("later", at));
            }
        }
        let wrong_state = |state: &str| Err(Fault::new("change", Code::WrongState).with("state", state));
        let seq = saturating::<u32>(self.runs.len()).saturating_add(1);
        match (change, self.runs.last_mut()) {
            (Change::Start { .. }, Some(run)) if run.ended_at.is_none() => return wrong_state("started"),
            (Change::Start { target, calendar }, _) => self.runs.push(Run::start(seq, at, target, calendars.get(calendar)?)),
            (_, None) => return wrong_state("not_started"),
            (Change::Recalendar(version), Some(run)) => run.apply(at, change, calendars.get(version)?),
            (_, Some(run)) => run.apply(at, change, calendars.get(run.calendar)?),
        }
        self.last = Some((id, at));
        Ok(())
    }

    /// Notes a breach that `now` shows. Looking often or never makes no difference to what later events find.
    pub fn look(&mut self, now: NaiveDateTime) {
        if let Some(run) = self.runs.last_mut() {
            run.look(now);
        }
    }

    /// The runs, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The run that counts: the last. None when nothing has started.
    pub fn run(&self) -> Option<&Run> {
        self.runs.last()
    }
}
