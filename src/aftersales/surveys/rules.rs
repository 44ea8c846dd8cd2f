//! Until when a survey is open, when a follow-up is due, and where it may go.

use chrono::{Days, NaiveDate, NaiveDateTime};

use super::FollowUpState;
use crate::kernel::machine::Machine;
use crate::machine;

/// Where a follow-up may go. What was missed may still be done.
pub const FOLLOW_UP_MACHINE: Machine<FollowUpState> = machine![FollowUpState:
    Planned => Done | Missed | Declined;
    Missed => Done | Declined
];

/// Where the survey of a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyStanding {
    /// The case is not resolved.
    NotYet,
    /// It can be answered until then, UTC.
    Open(NaiveDateTime),
    /// It was answered with this score.
    Answered(i64),
    /// They would rather not say.
    Declined,
    /// Nobody answered in time.
    Expired,
}

/// Where the survey of a case stands at `now` that was resolved then; `answer` is what was said of it, if anything: a score, or that they would rather not.
pub fn standing(resolved: Option<NaiveDateTime>, answer: Option<Option<i64>>, days: i64, now: NaiveDateTime) -> SurveyStanding {
    match (resolved, answer) {
        (_, Some(Some(score))) => SurveyStanding::Answered(score),
        (_, Some(None)) => SurveyStanding::Declined,
        (None, None) => SurveyStanding::NotYet,
        (Some(at), None) => {
            let until = at.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDateTime::MAX);
            if now <= until { SurveyStanding::Open(until) } else { SurveyStanding::Expired }
        }
    }
}

/// The day so many days after another.
pub fn due(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_add_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MAX)
}

/// The day so many days before another.
pub fn before(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_is_open_for_its_days_and_answered_once() {
        let at = |day| NaiveDate::from_ymd_opt(2026, 6, day).unwrap().and_hms_opt(12, 0, 0).unwrap();
        let resolved = Some(at(1));
        assert_eq!(standing(None, None, 14, at(1)), SurveyStanding::NotYet);
        assert_eq!(standing(resolved, None, 14, at(1)), SurveyStanding::Open(at(15)));
        assert_eq!(standing(resolved, None, 14, at(15)), SurveyStanding::Open(at(15)));
        assert_eq!(standing(resolved, None, 14, at(15) + chrono::TimeDelta::microseconds(1)), SurveyStanding::Expired);
        assert_eq!(standing(resolved, Some(Some(4)), 14, at(30)), SurveyStanding::Answered(4));
        assert_eq!(standing(resolved, Some(None), 14, at(2)), SurveyStanding::Declined);
    }

    #[test]
    fn what_is_over_stays_over_and_what_was_missed_may_be_done() {
        use FollowUpState::{Declined, Done, Missed, Planned};
        for (from, to, may) in
            [(Planned, Done, true), (Missed, Done, true), (Done, Planned, false), (Declined, Done, false), (Done, Missed, false)]
        {
            assert_eq!(FOLLOW_UP_MACHINE.allows(from, to), may, "{from:?} {to:?}");
        }
    }
}
