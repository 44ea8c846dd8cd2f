//! Working time: when something is due, and how much working time has gone by.
//!
//! A [`Calendar`] says when a team works: its [`Week`] of windows, in an IANA zone, and two tables of days that differ from it. A day
//! of the deployment's own wins over a national one, a national one over the week. On it stand a deadline
//! ([`Calendar::due`]: calendar time, working minutes or working days, with pauses), the time gone by ([`Calendar::elapsed`]),
//! and a [`Countdown`], which is replayed from its events. A buyer's window ([`Nation::last_day`]) asks the state alone, never a team's hours.
//!
//! Days are counted as the Civil Code of China does (Arts. 200 to 204): the first day is not counted, a last day of statutory rest
//! rolls on, hours run from the moment. Tables of days are read from the JSON of the holiday-cn project and from CSV ([`read_json`], [`read_csv`]).
//!
//! Instants are UTC, dates are local to the calendar's zone. Everything here is exact to the microsecond.

mod countdown;
mod days;
mod due;
mod hours;
mod import;
mod spans;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

pub use countdown::{Breach, Cause, Change, Countdown, CountdownEvent, Run, State};
pub use days::{Day, Days, Kind, LastDay, Nation};
pub use due::{Deadline, Target, Unit};
pub use hours::{DAY_MINUTES, Hours, Week, Window};
pub use import::{read_csv, read_json};
pub use spans::{Pauses, Span};

use super::error::{Code, Fault};

/// The hours of a day off.
static DAY_OFF: Hours = Hours::NONE;

/// When a team works: one version of it. A change is a new version, so that a verdict can say what it was reached by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    version: u32,
    zone: Tz,
    week: Week,
    makeup_hours: Hours,
    works_makeup_days: bool,
    nation: Option<Arc<Nation>>,
    own: Days,
}

impl Calendar {
    /// A calendar of a week alone. Its make-up hours are those of the first weekday that has any.
    ///
    /// # Errors
    /// [`Code::Missing`] for `week` when it has no window: nothing would ever be due.
    pub fn new(version: u32, zone: Tz, week: Week) -> Result<Self, Fault> {
        let makeup_hours = week.first_hours().ok_or_else(|| Fault::new("week", Code::Missing))?.clone();
        Ok(Self { version, zone, week, makeup_hours, works_makeup_days: true, nation: None, own: Days::default() })
    }

    /// Following the state's days. A calendar without a state knows no holidays but its own, and never lacks data.
    #[must_use]
    pub fn with_nation(self, nation: Arc<Nation>) -> Self {
        Self { nation: Some(nation), ..self }
    }

    /// With the deployment's own days, which win over the state's.
    #[must_use]
    pub fn with_own_days(self, own: Days) -> Self {
        Self { own, ..self }
    }

    /// With other hours on make-up workdays.
    #[must_use]
    pub fn with_makeup_hours(self, makeup_hours: Hours) -> Self {
        Self { makeup_hours, ..self }
    }

    /// For a team that does not work the state's make-up workdays (finance teams often do not); its own make-up workdays it works.
    #[must_use]
    pub fn without_makeup_days(self) -> Self {
        Self { works_makeup_days: false, ..self }
    }

    /// Its version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The zone its windows and dates are local to.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The hours of a local date: a day of the deployment's own, else a national one, else the weekday's.
    pub fn hours(&self, date: NaiveDate) -> &Hours {
        let national = || self.nation.as_ref()?.days().get(date).filter(|day| self.works_makeup_days || day.kind == Kind::Off);
        match self.own.get(date).or_else(national) {
            Some(Day { hours: Some(hours), .. }) => hours,
            Some(Day { kind: Kind::Work, .. }) => &self.makeup_hours,
            Some(Day { kind: Kind::Off, .. }) => &DAY_OFF,
            None => self.week.on(date.weekday()),
        }
    }

    /// The years between two local dates (both included) for which no national days are known; the week alone is used for them.
    pub fn years_without_data(&self, from: NaiveDate, to: NaiveDate) -> Vec<i32> {
        self.nation.as_ref().map(|nation| nation.days().years_without_data(from, to)).unwrap_or_default()
    }
}

/// The versions of a calendar, by number.
#[derive(Clone, Debug, Default)]
pub struct Versions(BTreeMap<u32, Calendar>);

impl Versions {
    /// The versions given.
    ///
    /// # Errors
    /// [`Code::Duplicate`] for `version` when a number is there twice.
    pub fn new(calendars: impl IntoIterator<Item = Calendar>) -> Result<Self, Fault> {
        let mut versions = BTreeMap::new();
        for calendar in calendars {
            let version = calendar.version;
            if versions.insert(version, calendar).is_some() {
                return Err(Fault::new("version", Code::Duplicate).with("value", version));
            }
        }
        Ok(Self(versions))
    }

    /// The calendar of a version.
    ///
    /// # Errors
    /// [`Code::UnknownReference`] for `calendar_version`.
    pub fn get(&self, version: u32) -> Result<&Calendar, Fault> {
        self.0.get(&version).ok_or_else(|| Fault::new("calendar_version", Code::UnknownReference).with("value", version))
    }
}

/// The zone of an IANA name such as `Asia/Shanghai`.
///
/// # Errors
/// [`Code::UnknownReference`] for `field`.
pub fn read_zone(field: &'static str, text: &str) -> Result<Tz, Fault> {
    text.trim().parse().map_err(|_| Fault::new(field, Code::UnknownReference).with("value", text))
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use chrono::{NaiveDateTime, TimeZone};
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "note")]
        _note: Option<String>,
        time_zone: String,
        holidays: String,
        calendars: BTreeMap<String, Described>,
        vectors: Vec<Vector>,
    }

    type Windows = Vec<(u16, u16)>;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Described {
        week: BTreeMap<String, Windows>,
        makeup_hours: Windows,
    }

    #[derive(Deserialize)]
    struct Vector {
        id: String,
        calendar: String,
        #[serde(flatten)]
        ask: Ask,
        expect: serde_json::Value,
    }

    #[derive(Deserialize)]
    #[serde(tag = "op", content = "args", rename_all = "snake_case", deny_unknown_fields)]
    enum Ask {
        Add { start: String, minutes: u32, pauses: Vec<(String, String)> },
        WorkingDays { start: String, days: u32 },
        Elapsed { from: String, to: String },
        Window { received: NaiveDate, days: u32 },
    }

    fn hours(windows: &Windows) -> Hours {
        Hours::new("hours", windows.iter().map(|(from, to)| Window::new("hours", *from, *to).unwrap())).unwrap()
    }

    /// Each answer beside what was expected; every question of the file.
    fn answers(file: &File, nation: &Arc<Nation>) -> Vec<(String, serde_json::Value, serde_json::Value)> {
        let zone = read_zone("time_zone", &file.time_zone).unwrap();
        let utc = |local: &str| {
            let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
            zone.from_local_datetime(&local).earliest().unwrap().naive_utc()
        };
        let local = |at: NaiveDateTime| zone.from_utc_datetime(&at).format("%Y-%m-%dT%H:%M").to_string();
        let calendars: BTreeMap<&str, Calendar> = file
            .calendars
            .iter()
            .map(|(name, described)| {
                assert!(described.week.keys().all(|day| matches!(day.parse(), Ok(1..=7))), "weekdays of {name}");
                let week =
                    Week::new(|weekday| described.week.get(&weekday.number_from_monday().to_string()).map(hours).unwrap_or_default());
                let calendar = Calendar::new(1, zone, week).unwrap().with_makeup_hours(hours(&described.makeup_hours));
                (name.as_str(), calendar.with_nation(Arc::clone(nation)))
            })
            .collect();
        let due = |calendar: &Calendar, start: &str, unit, value, pauses: &Pauses| {
            local(calendar.due(utc(start), Target::new("target", unit, value).unwrap(), pauses).at).into()
        };
        let answer = |vector: &Vector| {
            let calendar = &calendars[vector.calendar.as_str()];
            match &vector.ask {
                Ask::Add { start, minutes, pauses } => {
                    let pauses = Pauses::new(pauses.iter().map(|(from, to)| Span { from: utc(from), to: utc(to) }));
                    due(calendar, start, Unit::WorkingMinutes, *minutes, &pauses)
                }
                Ask::WorkingDays { start, days } => due(calendar, start, Unit::WorkingDays, *days, &Pauses::default()),
                Ask::Elapsed { from, to } => calendar.elapsed(utc(from), utc(to), &Pauses::default()).num_minutes().into(),
                Ask::Window { received, days } => nation.last_day(*received, *days).date.to_string().into(),
            }
        };
        file.vectors.iter().map(|vector| (vector.id.clone(), answer(vector), vector.expect.clone())).collect()
    }

    #[test]
    fn working_time_vectors() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/working-time"));
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !(name.contains("vectors") && name.ends_with(".json")) {
                continue;
            }
            let file: File = serde_json::from_str(&read(&name)).expect(&name);
            assert!(!file.vectors.is_empty(), "{name} holds no vectors");
            let nation = Arc::new(Nation::saturday_and_sunday(read_json(&read(&file.holidays)).unwrap()));
            let answers = answers(&file, &nation);
            let wrong: Vec<_> = answers.iter().filter(|(_, answer, expected)| answer != expected).collect();
            assert!(wrong.is_empty(), "{name}: {} of {} differ: {wrong:?}", wrong.len(), answers.len());
            seen += answers.len();
        }
        assert!(seen >= 200, "only {seen} vectors found in {}", folder.display());
    }
}
