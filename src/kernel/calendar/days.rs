//! Days that are not like their weekday, and what the state says about rest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days as DayCount, NaiveDate, NaiveDateTime, Weekday};
use chrono_tz::Tz;

use super::hours::{DAY_MINUTES, Hours, WEEKDAYS};
use super::spans::instant;
use crate::kernel::error::{Code, Fault};

/// What an exceptional day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody works, unless the day has hours of its own.
    Off,
    /// A working day on what would be a rest day (调休), with the calendar's make-up hours unless it has hours of its own.
    Work,
}

/// A day that is not like its weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Local date.
    pub date: NaiveDate,
    /// Off or working.
    pub kind: Kind,
    /// What people call it: 春节, stock-taking. May be empty.
    pub name: String,
    /// Its own hours, which win over those its kind would give it.
    pub hours: Option<Hours>,
}

/// Exceptional days, one a date, with the years they were published for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    days: BTreeMap<NaiveDate, Day>,
    years: BTreeSet<i32>,
}

impl Days {
    /// A table of days that covers `years`.
    ///
    /// # Errors
    /// [`Code::Duplicate`] for `date` when a date is there twice.
    pub fn new(days: impl IntoIterator<Item = Day>, years: impl IntoIterator<Item = i32>) -> Result<Self, Fault> {
        let mut table = Self { days: BTreeMap::new(), years: years.into_iter().collect() };
        days.into_iter().try_for_each(|day| table.add(day))?;
        Ok(table)
    }

    /// Adds a day.
    pub(super) fn add(&mut self, day: Day) -> Result<(), Fault> {
        if self.days.contains_key(&day.date) {
            return Err(Fault::new("date", Code::Duplicate).with("value", day.date));
        }
        self.days.insert(day.date, day);
        Ok(())
    }

    /// Notes that the table is complete for `year`.
    pub(super) fn cover(&mut self, year: i32) {
        self.years.insert(year);
    }

    /// The day on `date`, if it is exceptional.
    pub fn get(&self, date: NaiveDate) -> Option<&Day> {
        self.days.get(&date)
    }

    /// All of them, by date.
    pub fn iter(&self) -> impl Iterator<Item = &Day> {
        self.days.values()
    }

    /// The years the table is complete for. A year that is not among them has no data: its days are like their weekday.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    /// Takes over a later publication: its years are replaced whole, its other dates (a New Year's bridge across the year's end) win.
    pub fn update(&mut self, newer: Self) {
        self.days.retain(|date, _| !newer.years.contains(&date.year()));
        self.days.extend(newer.days);
        self.years.extend(newer.years);
    }

    /// The years between two dates (both included) that the table has no data for, in order.
    pub fn years_without_data(&self, from: NaiveDate, to: NaiveDate) -> Vec<i32> {
        (from.year()..=to.year()).filter(|year| !self.years.contains(year)).collect()
    }
}

/// What the state says about rest: its weekend, its holidays, its make-up workdays.
///
/// It decides what a team's hours must not: the last day of a buyer's window, whatever hours the team keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nation {
    weekend: Vec<Weekday>,
    days: Days,
}

/// The last day of a period, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDay {
    /// Local date. The period ends when this day does, at 24:00.
    pub date: NaiveDate,
    /// Years on the way whose holidays are not known yet; the weekend alone was used for them.
    pub years_without_data: Vec<i32>,
}

impl LastDay {
    /// The UTC instant at which it is over: midnight at its end, in the zone given.
    pub fn over_at(&self, zone: Tz) -> NaiveDateTime {
        instant(self.date, DAY_MINUTES, zone)
    }
}

impl Nation {
    /// A state with its weekend and its days.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] for `weekend` when it is the whole week: no period would ever end.
    pub fn new(weekend: &[Weekday], days: Days) -> Result<Self, Fault> {
        let weekend: Vec<Weekday> = WEEKDAYS.into_iter().filter(|weekday| weekend.contains(weekday)).collect();
        if weekend.len() == WEEKDAYS.len() {
            return Err(Fault::new("weekend", Code::OutOfRange).with("min", 0).with("max", 6));
        }
        Ok(Self { weekend, days })
    }

    /// Saturday and Sunday, with the days given: China, and most others.
    pub fn saturday_and_sunday(days: Days) -> Self {
        Self { weekend: vec![Weekday::Sat, Weekday::Sun], days }
    }

    /// Its exceptional days.
    pub const fn days(&self) -> &Days {
        &self.days
    }

    /// Whether `date` is a statutory rest day: a holiday, or a weekend that is not a make-up workday.
    pub fn rests_on(&self, date: NaiveDate) -> bool {
        self.days.get(date).map_or_else(|| self.weekend.contains(&date.weekday()), |day| day.kind == Kind::Off)
    }

    /// The last day of a period of `days` after `received`: the first day is not counted, and a last day that is a statutory rest
    /// day rolls to the day after the rest (Civil Code of China, Arts. 201 and 203).
    pub fn last_day(&self, received: NaiveDate, days: u32) -> LastDay {
        let nominal = received.checked_add_days(DayCount::new(u64::from(days))).unwrap_or(NaiveDate::MAX);
        let date = nominal.iter_days().find(|date| !self.rests_on(*date)).unwrap_or(NaiveDate::MAX);
        LastDay { date, years_without_data: self.days.years_without_data(nominal, date) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn day(text: &str, kind: Kind) -> Day {
        Day { date: date(text), kind, name: String::new(), hours: None }
    }

    #[test]
    fn a_later_publication_replaces_its_years() {
        let mut days =
            Days::new([day("2026-01-01", Kind::Off), day("2026-01-02", Kind::Off), day("2025-10-01", Kind::Off)], [2025, 2026]).unwrap();
        days.update(Days::new([day("2026-01-01", Kind::Off), day("2025-12-31", Kind::Off)], [2026]).unwrap());
        let dates: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2025-10-01", "2025-12-31", "2026-01-01"]);
    }

    #[test]
    fn a_date_stands_once() {
        let fault = Days::new([day("2026-01-01", Kind::Off), day("2026-01-01", Kind::Work)], [2026]).unwrap_err();
        assert_eq!(fault.code, Code::Duplicate);
    }

    #[test]
    fn a_year_without_data_is_said() {
        let nation = Nation::saturday_and_sunday(Days::new([day("2026-01-01", Kind::Off)], [2026]).unwrap());
        assert_eq!(nation.last_day(date("2026-12-20"), 7), LastDay { date: date("2026-12-28"), years_without_data: vec![] });
        // 2027-01-02 is a Saturday.
        assert_eq!(nation.last_day(date("2026-12-26"), 7), LastDay { date: date("2027-01-04"), years_without_data: vec![2027] });
    }

    #[test]
    fn a_weekend_is_not_the_whole_week() {
        use Weekday::*;
        assert!(Nation::new(&[Mon, Tue, Wed, Thu, Fri, Sat, Sun], Days::default()).is_err());
        let friday = Nation::new(&[Fri, Sat, Sat], Days::default()).unwrap();
        assert!(friday.rests_on(date("2026-03-06")) && !friday.rests_on(date("2026-03-08")));
    }
}
