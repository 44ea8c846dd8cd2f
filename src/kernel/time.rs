//! Time: UTC instants with microseconds in the store, local dates in the brand's zone, and the clock that both come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

use super::{Code, Fault, parsed};

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

/// A date as people and files write it: `2026-03-31`, `2026/3/31`, `20260331` or `2026年3月31日`, years 1990 to 2099. A time of day may stand
/// behind it and is dropped; anything else behind it is refused, and so is a time with a zone, whose date depends on where one stands
/// ([`read_date_in`]).
///
/// # Errors
/// [`Code::NotADate`] for `field`.
pub fn read_date(field: &'static str, text: &str) -> Result<NaiveDate, Fault> {
    date_of(text, None).ok_or_else(|| Fault::new(field, Code::NotADate).with("value", text.trim()))
}

/// Like [`read_date`]; a time with a zone (`2026-07-15T18:30:00Z`, `+02:00`) is the date it then was in `zone`.
///
/// # Errors
/// [`Code::NotADate`] for `field`.
pub fn read_date_in(field: &'static str, text: &str, zone: Tz) -> Result<NaiveDate, Fault> {
    date_of(text, Some(zone)).ok_or_else(|| Fault::new(field, Code::NotADate).with("value", text.trim()))
}

fn date_of(text: &str, zone: Option<Tz>) -> Option<NaiveDate> {
    let text = text.trim();
    let (day, behind) = match text.find([' ', 'T', 't']) {
        Some(end) => (text.get(..end)?, text.get(end + 1..)?.trim_start()),
        None => (text, ""),
    };
    let date = if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) {
        NaiveDate::parse_from_str(day, "%Y%m%d")
    } else {
        let plain = day.replace(['/', '.', '年', '月'], "-");
        NaiveDate::parse_from_str(plain.strip_suffix('日').unwrap_or(&plain), "%Y-%m-%d")
    };
    let Ok(date) = date else { return None };
    let date = if behind.is_empty() { date } else { on_the_day(date, behind, zone)? };
    (1990..=2099).contains(&date.year()).then_some(date)
}

/// The date of a time of day on `date`, when its zone, if it has one, is turned into `zone`.
fn on_the_day(date: NaiveDate, behind: &str, zone: Option<Tz>) -> Option<NaiveDate> {
    let clock_ends = behind.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(behind.len());
    let (clock, offset) = behind.split_at_checked(clock_ends)?;
    let to_the_minute = |_| NaiveTime::parse_from_str(clock, "%H:%M");
    let Ok(time) = NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").or_else(to_the_minute) else { return None };
    let minutes = match offset.trim() {
        "" => return Some(date),
        "Z" | "z" | "UTC" | "GMT" => 0,
        offset => offset_minutes(offset)?,
    };
    let utc = date.and_time(time).checked_sub_signed(chrono::Duration::minutes(minutes))?;
    Some(local_date(utc, zone?))
}

/// Minutes east of UTC: `+08:00`, `+0800`, `-05`.
fn offset_minutes(offset: &str) -> Option<i64> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-" | "−", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { "0" } else { minutes };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| parsed::<i64>(text)).flatten();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (digits.len() <= 4 && hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let want = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        for text in [
            "2026-03-31",
            "2026/3/31",
            "20260331",
            "2026年3月31日",
            " 2026.03.31 ",
            "2026-03-31 00:00:00",
            "2026-03-31T23:59",
            "2026/3/31 9:05",
            "20260331 10:00",
            "2026-03-31T08:00:00.250",
        ] {
            assert_eq!(read_date("d", text).unwrap(), want, "{text}");
        }
        for text in [
            "",
            "31/03/2026",
            "2026-02-30",
            "0226-01-01",
            "tomorrow",
            "2026-03-31 至 2026-04-05",
            "2026-03-31 to 2026-04-05",
            "2026-03-31 25:00",
            "2026-03-31 ok",
            "2026-03-31日日",
            "2026-03-31-",
            "2026-03-31T10:00:00Z",
            "2026-03-31 10:00 +08:00",
            "2026-03-31,",
            "2026-03-31 Z",
        ] {
            assert!(read_date("d", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_with_a_zone_is_the_date_here() {
        let shanghai = |text| read_date_in("d", text, chrono_tz::Asia::Shanghai).map(|date| date.to_string());
        for (text, day) in [
            ("2026-07-15T18:30:00Z", "2026-07-16"),
            ("2026-07-15 15:59:59 UTC", "2026-07-15"),
            ("2026-07-15T20:00:00+02:00", "2026-07-16"),
            ("2026-07-16 00:10 +0800", "2026-07-16"),
            ("2026-07-16T00:10:00.5+09", "2026-07-15"),
            ("2026-07-15T12:00:00-05:00", "2026-07-16"),
            ("2026-07-15T18:30:00", "2026-07-15"),
            ("2026-07-15", "2026-07-15"),
        ] {
            assert_eq!(shanghai(text).unwrap(), day, "{text}");
        }
        for text in
            ["2026-07-15T18:30:00+99:00", "2026-07-15T18:30:00 CST", "2026-07-15Z", "2026-07-15T18:30:00+2", "2026-07-15T18:30:00+08:00:00"]
        {
            assert!(shanghai(text).is_err(), "{text}");
        }
        // On the last day of 1989 in Greenwich, 1990 has begun here; the other way round it is before the first year that is taken.
        assert_eq!(shanghai("1989-12-31T20:00:00Z").unwrap(), "1990-01-01");
        assert!(shanghai("1990-01-01T00:30:00+09:00").is_err());
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let jan31 = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        assert_eq!(add_months(jan31, 1), NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());
    }
}
