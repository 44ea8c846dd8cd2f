//! Where a measure may go, and which days are compared.

use std::ops::Range;

use chrono::NaiveDate;
use serde::Serialize;

use super::MeasureState;
use crate::kernel::machine::Machine;
use crate::machine;

/// Where a measure may go. One that did not help is planned again.
pub const MEASURE_MACHINE: Machine<MeasureState> = machine![MeasureState:
    Open => Planned | Closed;
    Planned => Planned | Implemented | Closed;
    Implemented => Verified | Ineffective;
    Ineffective => Planned | Closed;
    Verified => Closed
];

/// The days before a change and the days after it that are compared: as many of both, the end of each left out.
pub fn stretches(implemented_on: NaiveDate, until: NaiveDate) -> (Range<NaiveDate>, Range<NaiveDate>) {
    let days = (until - implemented_on).max(chrono::TimeDelta::zero());
    let from = implemented_on.checked_sub_signed(days).unwrap_or(NaiveDate::MIN);
    (from..implemented_on, implemented_on..until)
}

/// What was counted before a change and after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MeasureEffect {
    /// Garments first sold before.
    pub before_sold: i64,
    /// Of these, with a claim of the defect that was confirmed before.
    pub before_claims: i64,
    /// Garments first sold after.
    pub after_sold: i64,
    /// Of these, with a claim of the defect that was confirmed after.
    pub after_claims: i64,
}

impl MeasureEffect {
    /// Whether there is anything to compare.
    pub const fn is_known(self) -> bool {
        self.before_sold > 0 && self.after_sold > 0
    }

    /// Whether claims for each garment sold did not rise.
    pub fn is_no_worse(self) -> bool {
        let wide = i128::from;
        wide(self.after_claims) * wide(self.before_sold) <= wide(self.before_claims) * wide(self.after_sold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_days_before_and_after_are_compared() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (before, after) = stretches(day("2026-06-11"), day("2026-06-21"));
        assert_eq!(
            (before.start, before.end, after.start, after.end),
            (day("2026-06-01"), day("2026-06-11"), day("2026-06-11"), day("2026-06-21"))
        );
        assert!(stretches(day("2026-06-11"), day("2026-06-01")).1.is_empty());
    }

    #[test]
    fn what_has_no_numbers_is_not_known_and_a_rate_that_rose_is_worse() {
        let effect =
            |before_sold, before_claims, after_sold, after_claims| MeasureEffect { before_sold, before_claims, after_sold, after_claims };
        assert!(!effect(0, 0, 9, 0).is_known() && !effect(9, 1, 0, 0).is_known());
        assert!(effect(100, 5, 50, 2).is_no_worse() && effect(100, 4, 50, 2).is_no_worse() && !effect(100, 3, 50, 2).is_no_worse());
        assert!(effect(i64::MAX, 1, i64::MAX, 1).is_no_worse());
    }

    #[test]
    fn one_that_did_not_help_is_planned_again() {
        use MeasureState::{Closed, Implemented, Ineffective, Open, Planned, Verified};
        for (from, to, may) in [
            (Ineffective, Planned, true),
            (Open, Implemented, false),
            (Planned, Verified, false),
            (Verified, Planned, false),
            (Closed, Open, false),
            (Implemented, Ineffective, true),
        ] {
            assert_eq!(MEASURE_MACHINE.allows(from, to), may, "{from:?} {to:?}");
        }
    }
}
