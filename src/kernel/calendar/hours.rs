//! Working hours of a day and of a week, in minutes from local midnight.

use std::fmt;

use chrono::Weekday;

use crate::kernel::{Code, Fault, parsed};

/// Minutes in a day: the last end a window can have.
pub const DAY_MINUTES: u16 = 1440;

/// A stretch of a day in minutes from local midnight, half-open: `from` belongs to it, `to` does not. `0 ≤ from < to ≤ 1440`,
/// so that a day without a break is 0..1440 and loses no minute at midnight. A night shift is two windows on two days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    from: u16,
    to: u16,
}

impl Window {
    /// A window, in minutes from local midnight.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] for `field` unless `0 ≤ from < to ≤ 1440`.
    pub fn new(field: &'static str, from: u16, to: u16) -> Result<Self, Fault> {
        if from < to && to <= DAY_MINUTES {
            Ok(Self { from, to })
        } else {
            Err(Fault::new(field, Code::OutOfRange).with("min", "00:00").with("max", "24:00"))
        }
    }

    /// Its first minute.
    pub const fn from(self) -> u16 {
        self.from
    }

    /// The minute after its last.
    pub const fn to(self) -> u16 {
        self.to
    }

    /// Reads `09:00-12:30`; an end may be `24:00`.
    fn read(field: &'static str, text: &str) -> Result<Self, Fault> {
        let minute = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let two_digits = |text: &str| parsed::<u16>(text).filter(|_| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()));
            let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
            (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let (from, to) = text
            .split_once(['-', '–', '～'])
            .and_then(|(from, to)| Some((minute(from)?, minute(to)?)))
            .ok_or_else(|| Fault::new(field, Code::Malformed).with("reason", "09:00-12:00;13:00-18:00"))?;
        Self::new(field, from, to)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

/// The working hours of one day: windows in order that do not overlap (they may touch). None at all is a day off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(Vec<Window>);

impl Hours {
    /// A day off.
    pub const NONE: Self = Self(Vec::new());

    /// Hours out of windows in any order.
    ///
    /// # Errors
    /// [`Code::Overlap`] for `field` when two of them share a minute.
    pub fn new(field: &'static str, windows: impl IntoIterator<Item = Window>) -> Result<Self, Fault> {
        let mut windows: Vec<Window> = windows.into_iter().collect();
        windows.sort_unstable();
        for (first, second) in windows.iter().zip(windows.iter().skip(1)) {
            if second.from < first.to {
                return Err(Fault::new(field, Code::Overlap).with("first", first).with("second", second));
            }
        }
        Ok(Self(windows))
    }

    /// Reads `09:00-12:00;13:00-18:00`. An empty text is a day off.
    ///
    /// # Errors
    /// [`Code::Malformed`], [`Code::OutOfRange`] or [`Code::Overlap`] for `field`.
    pub fn read(field: &'static str, text: &str) -> Result<Self, Fault> {
        let windows: Result<Vec<Window>, Fault> =
            text.split([';', '；']).filter(|part| !part.trim().is_empty()).map(|part| Window::read(field, part)).collect();
        Self::new(field, windows?)
    }

    /// The windows, in order.
    pub fn windows(&self) -> &[Window] {
        &self.0
    }

    /// Whether nobody works.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, window) in self.0.iter().enumerate() {
            write!(f, "{}{window}", if place == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

/// The hours of each weekday, Monday first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week([Hours; 7]);

/// The weekdays in the order of a [`Week`] (ISO 8601: Monday is the first).
pub(super) const WEEKDAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl Week {
    /// A week out of each weekday's hours.
    pub fn new(hours_of: impl FnMut(Weekday) -> Hours) -> Self {
        Self(WEEKDAYS.map(hours_of))
    }

    /// The same hours on each of `weekdays`, none on the others.
    pub fn same(weekdays: &[Weekday], hours: &Hours) -> Self {
        Self::new(|weekday| if weekdays.contains(&weekday) { hours.clone() } else { Hours::default() })
    }

    /// The hours of a weekday.
    pub const fn on(&self, weekday: Weekday) -> &Hours {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = &self.0;
        match weekday {
            Weekday::Mon => monday,
            Weekday::Tue => tuesday,
            Weekday::Wed => wednesday,
            Weekday::Thu => thursday,
            Weekday::Fri => friday,
            Weekday::Sat => saturday,
            Weekday::Sun => sunday,
        }
    }

    /// The hours of the first weekday that has any. None when nobody ever works.
    pub fn first_hours(&self) -> Option<&Hours> {
        self.0.iter().find(|hours| !hours.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_shown() {
        let hours = Hours::read("hours", " 13:00-18:00 ; 9:00-12:00；20:00-24:00").unwrap();
        assert_eq!(hours.to_string(), "09:00-12:00;13:00-18:00;20:00-24:00");
        assert_eq!(Hours::read("hours", &hours.to_string()).unwrap(), hours);
        assert!(Hours::read("hours", "").unwrap().is_empty());
    }

    #[test]
    fn wrong_hours_are_refused() {
        for (text, code) in [
            ("09:00", Code::Malformed),
            ("nine-ten", Code::Malformed),
            ("09:60-10:00", Code::Malformed),
            ("+9:00-10:00", Code::Malformed),
            ("18:00-09:00", Code::OutOfRange),
            ("09:00-09:00", Code::OutOfRange),
            ("09:00-24:01", Code::OutOfRange),
            ("09:00-12:00;11:59-13:00", Code::Overlap),
        ] {
            assert_eq!(Hours::read("hours", text).unwrap_err().code, code, "{text}");
        }
        assert!(Hours::read("hours", "09:00-12:00;12:00-13:00").is_ok(), "windows may touch");
    }
}
