//! Time: UTC instants with microseconds in the store, local dates in the brand's zone, and the clock that both come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

use super::error::{Code, Fault};

/// Where the time comes from. Everything that needs to know it is handed one, so that a test can set it.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until it is moved with [`Clock::advance`].
    pub fn fixed(at: NaiveDateTime) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(at.and_utc().timestamp_micros()))))
    }

    /// Now, UTC, whole microseconds (both stores keep exactly that).
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> NaiveDateTime {
        match &self.0 {
            Source::System => whole_micros(chrono::Utc::now().naive_utc()),
            Source::Fixed(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default().naive_utc(),
        }
    }

    /// Moves a fixed clock; does nothing to the machine's.
    pub fn advance(&self, by: chrono::Duration) {
        if let Source::Fixed(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }
}

fn whole_micros(at: NaiveDateTime) -> NaiveDateTime {
    at.with_nanosecond(at.nanosecond() / 1000 * 1000).unwrap_or(at)
}

/// The local date of a UTC instant in the brand's zone.
pub fn local_date(at: NaiveDateTime, zone: Tz) -> NaiveDate {
    zone.from_utc_datetime(&at).date_naive()
}

/// The UTC instant at which a day begins in the brand's zone: its first moment, where its midnight is skipped by the clocks.
pub fn local_midnight(day: NaiveDate, zone: Tz) -> NaiveDateTime {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let begins = (0..24).map(|hour| midnight + chrono::Duration::hours(hour)).find_map(|at| zone.from_local_datetime(&at).earliest());
    begins.map_or(midnight, |at| at.naive_utc())
}

/// A UTC instant as people in the brand's zone read it: `2026-06-15 20:00`.
pub fn local_minute(at: NaiveDateTime, zone: Tz) -> String {
    zone.from_utc_datetime(&at).format("%Y-%m-%d %H:%M").to_string()
}

/// `months` later: the corresponding date, or the month's end where there is none (Civil Code of China, Art. 202).
pub fn add_months(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// A date as people and files write it: `2026-03-31`, `2026/3/31`, `20260331` or `2026年3月31日`, years 1990 to 2099.
///
/// # Errors
/// [`Code::NotADate`] for `field`.
pub fn read_date(field: &'static str, text: &str) -> Result<NaiveDate, Fault> {
    let text = text.trim();
    let date = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        NaiveDate::parse_from_str(text, "%Y%m%d").ok()
    } else {
        let plain = text.replace(['/', '.', '年', '月'], "-").replace('日', "");
        let plain = plain.split([' ', 'T']).next().unwrap_or_default();
        NaiveDate::parse_from_str(plain, "%Y-%m-%d").ok()
    };
    date.filter(|date| (1990..=2099).contains(&date.year())).ok_or_else(|| Fault::new(field, Code::NotADate).with("value", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let want = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        for text in ["2026-03-31", "2026/3/31", "20260331", "2026年3月31日", " 2026.03.31 ", "2026-03-31 00:00:00"] {
            assert_eq!(read_date("d", text).unwrap(), want, "{text}");
        }
        for text in ["", "31/03/2026", "2026-02-30", "0226-01-01", "tomorrow"] {
            assert!(read_date("d", text).is_err(), "{text}");
        }
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let jan31 = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        assert_eq!(add_months(jan31, 1), NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());
    }
}
