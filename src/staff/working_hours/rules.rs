//! A team's week and the days of its calendars as one calendar, and that as the text a version of it is kept in.

use std::sync::Arc;

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::kernel::calendar::{Calendar, Day, Days, Hours, Kind, Nation, Week, read_zone};
use crate::kernel::error::Fault;

/// What deadlines are reckoned on: everything that moves one, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// IANA name of the zone.
    pub zone: String,
    /// The hours of each weekday, Monday first.
    pub week: [String; 7],
    /// The hours of make-up days; empty for those of the first working day.
    pub makeup: String,
    /// Whether make-up days of the state are worked.
    pub works_makeup: bool,
    /// The state's days; none where the team follows no state.
    pub nation: Option<DayTable>,
    /// The team's own days.
    pub own: DayTable,
}

/// Days that are not like their weekday, with the years they were published for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTable {
    /// Days off.
    pub off: Vec<NaiveDate>,
    /// Working days.
    pub work: Vec<NaiveDate>,
    /// Years that are complete.
    pub years: Vec<i32>,
}

impl DayTable {
    /// The days of a calendar.
    pub fn of(days: &Days) -> Self {
        let of_kind = |kind| days.iter().filter(|day| day.kind == kind).map(|day| day.date).collect();
        Self { off: of_kind(Kind::Off), work: of_kind(Kind::Work), years: days.years().collect() }
    }

    fn days(&self) -> Result<Days, Fault> {
        let of_kind = |dates: Vec<NaiveDate>, kind| dates.into_iter().map(move |date| Day { date, kind, name: String::new(), hours: None });
        Days::new(of_kind(self.off.clone(), Kind::Off).chain(of_kind(self.work.clone(), Kind::Work)), self.years.iter().copied())
    }
}

impl Content {
    /// The calendar that it says.
    ///
    /// # Errors
    /// [`Code::Missing`](crate::kernel::Code::Missing) for `week` when nobody ever works.
    pub fn calendar(&self, version: u32) -> Result<Calendar, Fault> {
        let zone = read_zone("zone", &self.zone)?;
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = self.week.each_ref().map(|text| Hours::read("week", text));
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] =
            [monday?, tuesday?, wednesday?, thursday?, friday?, saturday?, sunday?];
        let week = Week::new(|weekday| {
            let hours = match weekday {
                Weekday::Mon => &monday,
                Weekday::Tue => &tuesday,
                Weekday::Wed => &wednesday,
                Weekday::Thu => &thursday,
                Weekday::Fri => &friday,
                Weekday::Sat => &saturday,
                Weekday::Sun => &sunday,
            };
            hours.clone()
        });
        let mut calendar = Calendar::new(version, zone, week)?.with_own_days(self.own.days()?);
        let makeup = Hours::read("makeup", &self.makeup)?;
        if !makeup.is_empty() {
            calendar = calendar.with_makeup_hours(makeup);
        }
        if !self.works_makeup {
            calendar = calendar.without_makeup_days();
        }
        Ok(match &self.nation {
            Some(table) => calendar.with_nation(Arc::new(Nation::saturday_and_sunday(table.days()?))),
            None => calendar,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;

    #[test]
    fn what_is_kept_of_a_calendar_gives_the_same_calendar() {
        let day = |text: &str, kind| Day { date: text.parse().unwrap(), kind, name: "春节".into(), hours: None };
        let nation = Days::new([day("2026-02-17", Kind::Off), day("2026-02-14", Kind::Work)], [2026]).unwrap();
        let own = Days::new([day("2026-03-03", Kind::Off)], []).unwrap();
        let mut week: [String; 7] = Default::default();
        week.iter_mut().take(5).for_each(|hours| *hours = "09:00-12:00;13:00-18:00".into());
        let content = Content {
            zone: "Asia/Shanghai".into(),
            week,
            makeup: "10:00-16:00".into(),
            works_makeup: true,
            nation: Some(DayTable::of(&nation)),
            own: DayTable::of(&own),
        };
        let kept: Content = serde_json::from_str(&serde_json::to_string(&content).unwrap()).unwrap();
        let calendar = kept.calendar(7).unwrap();
        let hours = |date: &str| calendar.hours(date.parse().unwrap()).to_string();
        assert_eq!((calendar.version(), hours("2026-02-17"), hours("2026-02-14")), (7, String::new(), "10:00-16:00".into()));
        assert_eq!(
            (hours("2026-03-02"), hours("2026-03-03"), hours("2026-03-07")),
            (content.week[0].clone(), String::new(), String::new())
        );
        assert_eq!(calendar.years_without_data("2025-12-01".parse().unwrap(), "2027-01-01".parse().unwrap()), [2025, 2027]);
        let finance = Content { works_makeup: false, ..content.clone() }.calendar(7).unwrap();
        assert!(finance.hours("2026-02-14".parse().unwrap()).is_empty());
        let idle = Content { week: Default::default(), ..content }.calendar(1).unwrap_err();
        assert_eq!((idle.field.as_ref(), idle.code), ("week", Code::Missing));
    }
}
