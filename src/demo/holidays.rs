//! The public holidays of 2026 and the days that are worked for them, as the State Council's office announced them on 4 November 2025.

use chrono::NaiveDate;

use crate::kernel::text::Both;
use crate::kernel::{Error, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::staff::calendars::{self, CalendarDay, DayKind};

/// The calendar of China.
const CHINA: &str = "CN";
/// The year.
const YEAR: i32 = 2026;
/// Where it is announced.
const SOURCE: &str = "gov.cn/zhengce/zhengceku/202511/content_7047091.htm";

/// Month and day.
type On = (u32, u32);

/// Name in both languages, the first day off, how many there are, the days of rest that are worked.
const HOLIDAYS: &[(&str, &str, On, u32, &[On])] = &[
    ("元旦", "New Year's Day", (1, 1), 3, &[(1, 4)]),
    ("春节", "Spring Festival", (2, 15), 9, &[(2, 14), (2, 28)]),
    ("清明节", "Tomb-Sweeping Day", (4, 4), 3, &[]),
    ("劳动节", "Labour Day", (5, 1), 5, &[(5, 9)]),
    ("端午节", "Dragon Boat Festival", (6, 19), 3, &[]),
    ("中秋节", "Mid-Autumn Festival", (9, 25), 3, &[]),
    ("国庆节", "National Day", (10, 1), 7, &[(9, 20), (10, 10)]),
];

/// Puts them in, as their file would.
///
/// # Errors
/// When the store refuses one: a fault of this table.
pub(super) fn announced(db: &mut Db, stamp: &Stamp) -> Result<()> {
    let mut days = Vec::new();
    for (zh, en, (month, first), off, worked) in HOLIDAYS {
        let rest = (0..*off).map(|more| ((*month, first + more), DayKind::Off));
        for ((month, day), kind) in rest.chain(worked.iter().map(|on| (*on, DayKind::Work))) {
            let day = NaiveDate::from_ymd_opt(YEAR, month, day).ok_or_else(|| Error::broken(format!("no day {month}-{day}")))?;
            let name = Both { zh: (*zh).to_owned(), en: (*en).to_owned() };
            days.push(CalendarDay { calendar: CHINA.to_owned(), day, kind, name, source: SOURCE.to_owned() });
        }
    }
    calendars::import_days(db, stamp, &days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::calendar::read_json;

    #[test]
    fn they_are_those_of_the_announcement() {
        let said = read_json(include_str!("../../tests/vectors/working-time/holidays-cn-2026.json")).unwrap();
        let days: u32 = HOLIDAYS.iter().map(|(_, _, _, off, worked)| off + u32::try_from(worked.len()).unwrap()).sum();
        assert_eq!(usize::try_from(days).unwrap(), said.iter().count());
    }
}
