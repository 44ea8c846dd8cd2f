//! Stretches of time as UTC instants, what is left of one outside pauses, and where a local wall clock stands in UTC.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};

use super::hours::Window;

/// A stretch of time between two UTC instants, half-open; empty when `to ≤ from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first instant.
    pub from: NaiveDateTime,
    /// The first instant after it.
    pub to: NaiveDateTime,
}

impl Span {
    /// How long it is; zero when empty.
    pub fn length(self) -> TimeDelta {
        (self.to - self.from).max(TimeDelta::zero())
    }

    /// What it has in common with another.
    pub(super) fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// A window of a local date.
    pub(super) fn of(window: Window, date: NaiveDate, zone: Tz) -> Self {
        Self { from: instant(date, window.from(), zone), to: instant(date, window.to(), zone) }
    }
}

/// The UTC instant at which the wall clock of `zone` shows `minute` (0..=1440) of `date`.
///
/// A minute that the clock skips is the instant at which it goes on; a minute that it shows twice is the first of the two. Both
/// keep the order of minutes, so windows that do not overlap on the wall do not overlap in time.
pub(super) fn instant(date: NaiveDate, minute: u16, zone: Tz) -> NaiveDateTime {
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(i64::from(minute))).unwrap_or(NaiveDateTime::MAX);
    match zone.offset_from_local_datetime(&local).earliest() {
        Some(offset) => local.checked_sub_offset(offset.fix()).unwrap_or(NaiveDateTime::MAX),
        None => GapInfo::new(&local, &zone).and_then(|gap| gap.end).map_or(local, |end| end.naive_utc()),
    }
}

/// Pauses of a countdown: spans in order that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pauses(Vec<Span>);

impl Pauses {
    /// Pauses out of spans in any order; overlapping ones are taken together, empty ones left out.
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        let mut pauses: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match pauses.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                _ => pauses.push(span),
            }
        }
        Self(pauses)
    }

    /// These and one more.
    #[must_use]
    pub fn and(&self, span: Span) -> Self {
        Self::new(self.spans().iter().copied().chain([span]))
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// What is left of `span` outside the pauses, in order, no piece empty.
    pub fn outside(&self, span: Span) -> impl Iterator<Item = Span> {
        let first = self.0.partition_point(|pause| pause.to <= span.from);
        let in_reach = self.0.iter().skip(first).take_while(move |pause| pause.from < span.to);
        let starts = std::iter::once(span.from).chain(in_reach.clone().map(|pause| pause.to));
        let ends = in_reach.map(|pause| pause.from).chain(std::iter::once(span.to));
        starts.zip(ends).map(|(from, to)| Span { from, to }).filter(|piece| !piece.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { from: at(&format!("2026-03-02T{from}:00")), to: at(&format!("2026-03-02T{to}:00")) }
    }

    #[test]
    fn pieces_outside_pauses() {
        let pauses = Pauses::new([span("13:00", "14:00"), span("08:00", "10:00"), span("09:30", "11:00"), span("12:00", "12:00")]);
        assert_eq!(pauses.spans(), [span("08:00", "11:00"), span("13:00", "14:00")]);
        let left = |from, to| pauses.outside(span(from, to)).collect::<Vec<_>>();
        assert_eq!(left("09:00", "18:00"), [span("11:00", "13:00"), span("14:00", "18:00")]);
        assert_eq!(left("11:00", "13:00"), [span("11:00", "13:00")]);
        assert_eq!(left("13:10", "13:50"), []);
        assert_eq!(left("15:00", "16:00"), [span("15:00", "16:00")]);
    }

    #[test]
    fn a_wall_clock_that_skips_and_repeats() {
        let berlin = chrono_tz::Europe::Berlin;
        let spring: NaiveDate = "2026-03-29".parse().unwrap();
        assert_eq!(instant(spring, 119, berlin), at("2026-03-29T00:59:00"));
        for skipped in [120, 150, 179, 180] {
            assert_eq!(instant(spring, skipped, berlin), at("2026-03-29T01:00:00"), "{skipped}");
        }
        let autumn: NaiveDate = "2026-10-25".parse().unwrap();
        assert_eq!(instant(autumn, 120, berlin), at("2026-10-25T00:00:00"), "the first of two");
        assert_eq!(instant(autumn, 180, berlin), at("2026-10-25T02:00:00"));
        assert_eq!(instant(autumn, 1440, berlin), at("2026-10-25T23:00:00"));
        // A day that Samoa never had.
        let never: NaiveDate = "2011-12-30".parse().unwrap();
        assert_eq!(instant(never, 0, chrono_tz::Pacific::Apia), instant(never, 1440, chrono_tz::Pacific::Apia));
    }
}
