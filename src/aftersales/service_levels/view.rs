//! Clocks as screens and programs see them.

use std::borrow::Cow;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::{TABLE, name_of};
use super::rules::{Reading, number};
use super::store::{self, ClockRow, DueFilter, Escalation};
use super::{ClockState, DueWhen, EscalationStep};
use crate::aftersales::classes::{CaseKind, CaseSeverity, Priority};
use crate::kernel::calendar::{Cause, Target, Unit, Versions};
use crate::kernel::error::Error;
use crate::kernel::text::{Both, Lang};
use crate::kernel::time::local_minute;
use crate::kernel::{Id, Result, parsed, saturating};
use crate::platform::db::Db;
use crate::platform::http::perm::CasesRead;
use crate::platform::http::segment;
use crate::platform::rooms::{BrandOnly, Field, Fields, From, Kind, ListQuery, ListWindow, Listing, Reference, Sees};
use crate::platform::words::Words;

/// A clock as a case's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownClock {
    /// Its code.
    pub code: String,
    /// What people call it.
    pub name: Both,
    /// The part of the case it is of; 0 for the case itself.
    #[schema(value_type = String)]
    pub part: Id,
    /// Which run of it, from 1: a case that is opened again begins the next.
    pub seq: i64,
    /// Where it stands.
    pub state: ClockState,
    /// How long it may take, in words.
    pub target: Both,
    /// The level it runs on.
    pub level: String,
    /// When it started, UTC.
    pub started_at: NaiveDateTime,
    /// When it is due, UTC; absent while it stands still.
    pub due_at: Option<NaiveDateTime>,
    /// The same as people where the team works read it; empty while it stands still.
    pub due: String,
    /// The zone of `due`: its IANA name.
    pub zone: String,
    /// What is left of its time, or how late it is, in words; empty once it has ended.
    pub left: Both,
    /// When it was missed, UTC.
    pub breached_at: Option<NaiveDateTime>,
    /// Whether it was missed because its case was classified anew or the calendar changed, not because time passed.
    pub missed_by_change: bool,
    /// When it ended, UTC.
    pub ended_at: Option<NaiveDateTime>,
    /// Years on the way whose public holidays are not known: it is due by weekdays alone.
    pub unofficial_years: Vec<i32>,
    /// The steps of its escalation that were told.
    pub escalations: Vec<ShownEscalation>,
}

/// A step of the escalation of a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownEscalation {
    /// Which.
    pub step: EscalationStep,
    /// When it was reached, UTC.
    pub reached_at: NaiveDateTime,
    /// Who took the case up after it; absent while nobody has.
    pub taken_by: Option<String>,
    /// When, UTC.
    pub taken_at: Option<NaiveDateTime>,
}

impl ShownEscalation {
    fn of(one: Escalation) -> Option<Self> {
        let step = EscalationStep::ALL.iter().copied().find(|step| number(*step) == one.step)?;
        Some(Self { step, reached_at: one.reached_at, taken_by: one.taken_by, taken_at: one.taken_at })
    }
}

impl ShownClock {
    fn of(row: ClockRow, reading: &Reading, calendars: &Versions, told: Vec<Escalation>) -> Result<Self> {
        let zone = calendars.get(reading.run.calendar).map_err(|fault| Error::broken(format!("{fault:?}")))?.zone();
        let due = reading.due();
        Ok(Self {
            name: name_of(&row.code),
            part: row.part_id,
            seq: row.seq,
            state: reading.state,
            target: time_both(reading.run.target),
            level: row.level_code,
            started_at: reading.run.started_at,
            due_at: due.map(|due| due.at),
            due: due.map(|due| local_minute(due.at, zone)).unwrap_or_default(),
            zone: zone.name().to_owned(),
            left: left(reading),
            breached_at: reading.run.breach.map(|breach| breach.at),
            missed_by_change: reading.run.breach.is_some_and(|breach| breach.cause != Cause::Time),
            ended_at: reading.run.ended_at,
            unofficial_years: due.map(|due| due.years_without_data.clone()).unwrap_or_default(),
            escalations: told.into_iter().filter_map(ShownEscalation::of).collect(),
            code: row.code,
        })
    }
}

/// The clocks of a case as they stand at `now`, in the order they began.
///
/// # Errors
/// [`Error::Broken`] for a clock whose events cannot have happened.
pub fn of(db: &mut Db, case: Id, now: NaiveDateTime) -> Result<Vec<ShownClock>> {
    let rows = store::of_case(db, case)?;
    let mut told = store::escalations(db, &rows.iter().filter(|row| row.told > 0).map(|row| row.id).collect::<Vec<_>>())?;
    let (readings, calendars) = store::readings(db, rows, now)?;
    let shown = readings.into_iter().map(|(row, reading)| {
        let told = told.remove(&row.id).unwrap_or_default();
        ShownClock::of(row, &reading, &calendars, told)
    });
    shown.collect()
}

/// A clock that runs, or that was missed and is still owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DueClock {
    #[serde(skip)]
    #[schema(ignore)]
    key: (NaiveDateTime, Id),
    /// What people call its case.
    pub case: String,
    /// Which clock.
    pub clock: String,
    /// What the case is about.
    pub kind: CaseKind,
    /// How grave it is.
    pub severity: CaseSeverity,
    /// What is done first.
    pub priority: Priority,
    /// Where it stands.
    pub state: ClockState,
    /// When it started, UTC.
    pub started_at: NaiveDateTime,
    /// How long it may take, in words.
    pub target: Both,
    /// When it is due, UTC; of one that was missed, since when.
    pub due_at: NaiveDateTime,
    /// What is left, or how late it is, in words.
    pub left: Both,
    /// The last step of its escalation.
    pub told: Option<EscalationStep>,
    /// Who took the case up after it.
    pub taken_by: Option<String>,
    /// Years on the way whose public holidays are not known, with commas.
    pub unofficial_years: String,
}

const CASE: Reference = Reference { room: "cases", narrowed: "", needs: "cases.read" };

#[rustfmt::skip]
const DUE_FIELDS: Fields = Fields { table: "clocks", title: ("到期时限", "Deadlines"), columns: &[
    Field::new("case", Kind::Code, &["工单号"], &["Case"]).only_read().listed().refers(&CASE),
    Field::new("clock", Kind::Choice(TABLE), &["计时项目"], &["Clock"]).only_read().listed().filter("clock"),
    Field::new("kind", Kind::Choice(CaseKind::TABLE), &["工单类型"], &["Case kind"]).only_read().listed().filter("kind"),
    Field::new("severity", Kind::Choice(CaseSeverity::TABLE), &["严重程度"], &["Severity"]).only_read().listed(),
    Field::new("priority", Kind::Choice(Priority::TABLE), &["优先级"], &["Priority"]).only_read().listed().filter("priority"),
    Field::new("state", Kind::Choice(ClockState::TABLE), &["状态"], &["State"]).only_read().listed(),
    Field::new("started_at", Kind::Moment, &["开始"], &["Started"]).only_read(),
    Field::new("target", Kind::Both, &["时限"], &["Target"]).only_read().listed(),
    Field::new("due_at", Kind::Moment, &["到期"], &["Due"]).only_read().listed(),
    Field::new("left", Kind::Both, &["还剩"], &["Left"]).only_read().listed(),
    Field::new("told", Kind::Choice(EscalationStep::TABLE), &["已通知"], &["Told"]).only_read().listed().nullable(),
    Field::new("taken_by", Kind::Actor, &["接手人"], &["Taken by"]).only_read().listed().nullable(),
    Field::new("unofficial_years", Kind::Line(80), &["节假日未公布的年份"], &["Holidays not known for"]).only_read().listed(),
] };

impl DueClock {
    fn of(row: ClockRow, reading: &Reading, told: Option<&Escalation>) -> Self {
        let due_at = row.due_at.unwrap_or(row.started_at);
        let years = reading.due().map(|due| due.years_without_data.iter().map(ToString::to_string).collect::<Vec<_>>());
        Self {
            key: (due_at, row.id),
            case: row.case_no,
            clock: row.code,
            kind: row.kind,
            severity: row.severity,
            priority: row.priority,
            state: reading.state,
            started_at: reading.run.started_at,
            target: time_both(reading.run.target),
            due_at: reading.due_at().unwrap_or(due_at),
            left: left(reading),
            told: EscalationStep::ALL.iter().copied().rfind(|step| number(*step) <= row.told),
            taken_by: told.and_then(|last| last.taken_by.clone()),
            unofficial_years: years.unwrap_or_default().join(", "),
        }
    }
}

fn listed(db: &mut Db, now: NaiveDateTime, filter: &DueFilter, from: &From<(NaiveDateTime, Id)>, limit: i64) -> Result<Vec<DueClock>> {
    let rows = store::due(db, filter, from, limit)?;
    let told = store::escalations(db, &rows.iter().filter(|row| row.told > 0).map(|row| row.id).collect::<Vec<_>>())?;
    let (readings, _) = store::readings(db, rows, now)?;
    let last = |id: Id| told.get(&id).and_then(|steps| steps.last());
    Ok(readings.into_iter().map(|(row, reading)| DueClock::of(row.clone(), &reading, last(row.id))).collect())
}

/// What is due before `until`, the longest ago first: at most `limit` of them, behind the one given.
///
/// # Errors
/// [`Error::Broken`] for a clock whose events cannot have happened.
pub fn due_before(db: &mut Db, now: NaiveDateTime, until: NaiveDateTime, after: Option<&DueClock>, limit: i64) -> Result<Vec<DueClock>> {
    let from = after.map_or(From::Start, |last| From::After(last.key));
    listed(db, now, &DueFilter { until: Some(until), ..DueFilter::default() }, &from, limit)
}

impl Listing for DueClock {
    const FIELDS: &'static Fields = &DUE_FIELDS;
    const API: &'static str = "clocks";
    const SCHEMA: &'static str = "DueClock";
    const FILTERS: &'static [Field] = &[Field::new("standing", Kind::Choice(DueWhen::TABLE), &["到期"], &["Due"])];
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        let (at, id) = self.key;
        format!("{at} {}", id.0)
    }

    fn href(&self) -> String {
        format!("/cases/{}", segment(&self.case))
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let now = query.app().clock.now();
        let soon = now + TimeDelta::hours(24);
        let (from, until) = match query.filter("standing").and_then(DueWhen::of) {
            Some(DueWhen::Overdue) => (None, Some(now)),
            Some(DueWhen::Soon) => (Some(now), Some(soon)),
            Some(DueWhen::Later) => (Some(soon), None),
            None => (None, None),
        };
        let text = |name| query.filter(name).map(str::to_owned);
        let case_no = Some(query.q.trim().to_uppercase()).filter(|no| !no.is_empty());
        let filter = DueFilter { from, until, code: text("clock"), kind: text("kind"), priority: text("priority"), case_no };
        let page = window.from.read(|key| {
            let (at, id) = key.rsplit_once(' ')?;
            Some((parsed::<NaiveDateTime>(&at.replace(' ', "T"))?, Id(parsed(id)?)))
        })?;
        listed(db, now, &filter, &page, window.limit)
    }
}

fn both(say: impl Fn(Words) -> Cow<'static, str>) -> Both {
    Both { zh: say(Words::of(Lang::Zh)).into_owned(), en: say(Words::of(Lang::En)).into_owned() }
}

/// The stretches people count time in: the message, and how many seconds one has. Working time has no days.
const COUNTED: [(&str, u64); 4] = [("clocks-days", 86_400), ("clocks-hours", 3_600), ("clocks-minutes", 60), ("clocks-seconds", 1)];

/// A stretch of time in its two greatest units.
fn stretch(words: Words, seconds: u64, is_working: bool) -> String {
    let mut left = seconds;
    let mut said = Vec::new();
    for (key, each) in COUNTED.into_iter().skip(usize::from(is_working)) {
        let count = left / each;
        left %= each;
        if count > 0 {
            said.push(words.say1(key, "count", count).into_owned());
        } else if !said.is_empty() {
            break;
        }
        if said.len() == 2 {
            break;
        }
    }
    let time = if said.is_empty() { words.say1("clocks-minutes", "count", 0).into_owned() } else { said.join(" ") };
    if is_working { words.say1("clocks-working", "time", time).into_owned() } else { time }
}

/// A target in words.
fn time_both(target: Target) -> Both {
    let value = u64::from(target.value());
    both(|words| match target.unit() {
        Unit::Seconds => stretch(words, value, false).into(),
        Unit::WorkingMinutes => stretch(words, value * 60, true).into(),
        Unit::WorkingDays => words.say1("clocks-working-days", "count", value),
    })
}

/// What is left of a clock's time, or how late it is.
fn left(reading: &Reading) -> Both {
    let key = match (reading.state, reading.left) {
        (ClockState::Paused, None) => "clocks-paused",
        (ClockState::Paused, Some(_)) => "clocks-paused-left",
        // Missed by nothing yet of working time is late all the same.
        (ClockState::Missed, Some(_)) => "clocks-over",
        (_, Some(left)) if left < TimeDelta::zero() => "clocks-over",
        (_, Some(_)) => "clocks-left",
        (_, None) => return Both::default(),
    };
    let seconds = saturating::<u64>(reading.left.map(|left| left.num_seconds().unsigned_abs()).unwrap_or_default());
    let is_working = reading.run.target.unit() != Unit::Seconds;
    both(|words| words.say1(key, "time", stretch(words, seconds, is_working)))
}
