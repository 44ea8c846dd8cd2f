//! When a warranty starts and ends, and what to tell people about it. Values in, values out.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::choices;
use crate::kernel::time::add_months;
use crate::kernel::{Error, Result};
use crate::production::terms::{StartRule, WarrantyPolicy};

/// What a policy version promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it starts with, in order of preference.
    pub starts: Vec<StartRule>,
    /// Months it lasts.
    pub months: u32,
    /// Days it lasts, beyond the months.
    pub days: u32,
    /// It never ends later than this many months after the garment was made, where that is known.
    pub made_plus_months: Option<u32>,
}

impl Terms {
    /// Those of a policy's version.
    ///
    /// # Errors
    /// [`Error::Broken`] for a number below zero or beyond any calendar.
    pub fn of(policy: &WarrantyPolicy) -> Result<Self> {
        let count = |number: i64| match u32::try_from(number) {
            Ok(count @ ..=100_000) => Ok(count),
            _ => Err(Error::broken(format!("warranty policy {}, version {}: {number}", policy.code, policy.version))),
        };
        Ok(Self {
            starts: policy.start_rules.0.clone(),
            months: count(policy.months)?,
            days: count(policy.days)?,
            made_plus_months: policy.made_plus_months.map(count).transpose()?,
        })
    }

    /// The terms of a style without a policy: `days` from delivery, else from the sale.
    pub fn of_days(days: u32) -> Self {
        Self { starts: vec![StartRule::Delivered, StartRule::Sold], months: 0, days, made_plus_months: None }
    }

    /// Whether they promise anything at all.
    pub fn are_empty(&self) -> bool {
        self.months == 0 && self.days == 0
    }
}

/// The days that are known about a garment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Sold.
    pub sold: Option<NaiveDate>,
    /// Handed to the buyer.
    pub delivered: Option<NaiveDate>,
    /// Claimed by its holder.
    pub activated: Option<NaiveDate>,
    /// Its batch finished.
    pub made: Option<NaiveDate>,
}

/// A term: both days belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it started with.
    pub basis: StartRule,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// The term that follows from what is known; None while nothing it could start with has happened.
///
/// A period of months ends on the corresponding date, or the month's end where there is none, and its first day is not counted: twelve
/// months from 15 June end with 15 June (Civil Code of China, Art. 201 and 202).
pub fn term(terms: &Terms, facts: &Facts) -> Option<Term> {
    let (basis, starts_on) = terms.starts.iter().find_map(|rule| {
        let day = match rule {
            StartRule::Delivered => facts.delivered,
            StartRule::Sold => facts.sold,
            StartRule::Activated => facts.activated,
            StartRule::Made => facts.made,
        };
        day.map(|day| (*rule, day))
    })?;
    let lasts_until = add_months(starts_on, terms.months).checked_add_days(Days::new(terms.days.into())).unwrap_or(NaiveDate::MAX);
    let cap = facts.made.zip(terms.made_plus_months).map_or(NaiveDate::MAX, |(made, months)| add_months(made, months));
    Some(Term { basis, starts_on, ends_on: lasts_until.min(cap).max(starts_on) })
}

/// A term that is known anew: the start may move, the end never to an earlier day.
#[must_use]
pub fn moved(before: Option<Term>, after: Term) -> Term {
    match before {
        Some(before) if before.ends_on > after.ends_on => Term { ends_on: before.ends_on, ..after },
        _ => after,
    }
}

/// The same until the day on which another warranty would have ended, whose remainder it takes over.
#[must_use]
pub fn inherited(term: Term, until: NaiveDate) -> Term {
    Term { ends_on: until.max(term.starts_on), ..term }
}

choices! {
    /// How a warranty is stored.
    Status {
        /// Not started: what its start rules wait for has not happened.
        Waiting = "waiting", "未开始", "Not started";
        /// Started. Whether it has run out is a matter of the day one asks.
        Running = "running", "保障中", "Running";
        /// Declared void, with a reason.
        Void = "void", "已作废", "Void";
        /// Over before its time, with a reason.
        Ended = "ended", "已终止", "Ended early";
    }
}

/// What a warranty waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// Delivery.
    Delivery,
    /// The holder's claim.
    Activation,
    /// Whichever of both comes first.
    Either,
    /// The end of production, which is not recorded yet.
    Production,
}

/// What terms wait for when nothing they start with has happened.
pub fn waits_for(terms: &Terms) -> WaitsFor {
    match (terms.starts.contains(&StartRule::Delivered), terms.starts.contains(&StartRule::Activated)) {
        (true, true) => WaitsFor::Either,
        (true, false) => WaitsFor::Delivery,
        (false, true) => WaitsFor::Activation,
        (false, false) => WaitsFor::Production,
    }
}

/// A warranty as of a day, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WarrantyState {
    /// Not sold, or sold without one.
    None,
    /// Starts later.
    Waiting {
        /// With what.
        waits_for: WaitsFor,
    },
    /// Holds.
    Running {
        /// First day.
        since: NaiveDate,
        /// Last day.
        until: NaiveDate,
        /// Days after today that still belong to it; 0 on the last.
        days_left: i64,
    },
    /// Over.
    Ended {
        /// Its last day, if it ever ran.
        since: Option<NaiveDate>,
        /// Why, where it ended before its time.
        reason: String,
    },
    /// Declared void.
    Void {
        /// Why.
        reason: String,
    },
}

/// The state on `today` of a warranty of this status, term and reason.
pub fn state(status: Status, term: Option<(NaiveDate, NaiveDate)>, reason: &str, waits_for: WaitsFor, today: NaiveDate) -> WarrantyState {
    match (status, term) {
        (Status::Void, _) => WarrantyState::Void { reason: reason.to_owned() },
        (Status::Ended, term) => WarrantyState::Ended { since: term.map(|(_, until)| until), reason: reason.to_owned() },
        (Status::Running, Some((_, until))) if until < today => WarrantyState::Ended { since: Some(until), reason: String::new() },
        (Status::Running, Some((since, until))) => {
            WarrantyState::Running { since, until, days_left: until.signed_duration_since(today).num_days() }
        }
        (Status::Waiting | Status::Running, _) => WarrantyState::Waiting { waits_for },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms(starts: &[StartRule], months: u32, days: u32, made_plus_months: Option<u32>) -> Terms {
        Terms { starts: starts.to_vec(), months, days, made_plus_months }
    }

    #[test]
    fn a_number_that_no_policy_has_is_no_other() {
        let of =
            |months, days, made_plus_months| Terms::of(&WarrantyPolicy { months, days, made_plus_months, ..WarrantyPolicy::default() });
        assert_eq!(of(24, 1, Some(36)).unwrap(), terms(&[], 24, 1, Some(36)));
        for wrong in [of(-1, 0, None), of(1 << 40, 0, None), of(0, 100_001, None), of(12, 0, Some(-6))] {
            assert!(matches!(wrong, Err(Error::Broken(_))), "{wrong:?}");
        }
    }

    const USUAL: [StartRule; 2] = [StartRule::Delivered, StartRule::Sold];

    #[rstest]
    // the first known rule wins, in the policy's order
    #[case(&USUAL, 12, 0, None, Some(("delivered", "2026-06-18", "2027-06-18")))]
    #[case(&[StartRule::Sold, StartRule::Delivered], 12, 0, None, Some(("sold", "2026-06-15", "2027-06-15")))]
    #[case(&[StartRule::Activated, StartRule::Sold], 0, 365, None, Some(("sold", "2026-06-15", "2027-06-15")))]
    #[case(&[StartRule::Activated], 12, 0, None, None)]
    #[case(&[StartRule::Activated, StartRule::Made], 12, 10, None, Some(("made", "2026-05-31", "2027-06-10")))]
    // never later than so many months after making, never before it starts
    #[case(&[StartRule::Made], 12, 0, Some(6), Some(("made", "2026-05-31", "2026-11-30")))]
    #[case(&USUAL, 24, 0, Some(18), Some(("delivered", "2026-06-18", "2027-11-30")))]
    #[case(&USUAL, 24, 0, Some(0), Some(("delivered", "2026-06-18", "2026-06-18")))]
    fn starts_and_ends(
        #[case] starts: &[StartRule],
        #[case] months: u32,
        #[case] days: u32,
        #[case] plus: Option<u32>,
        #[case] want: Option<(&str, &str, &str)>,
    ) {
        let facts =
            Facts { sold: Some(day("2026-06-15")), delivered: Some(day("2026-06-18")), activated: None, made: Some(day("2026-05-31")) };
        let got = term(&terms(starts, months, days, plus), &facts);
        assert_eq!(
            got,
            want.map(|(basis, from, to)| Term { basis: StartRule::of(basis).unwrap(), starts_on: day(from), ends_on: day(to) })
        );
    }

    #[test]
    fn a_month_ends_where_the_next_one_does() {
        let facts = Facts { sold: Some(day("2027-11-30")), ..Facts::default() };
        assert_eq!(term(&terms(&USUAL, 3, 0, None), &facts).unwrap().ends_on, day("2028-02-29"));
    }

    #[test]
    fn both_days_belong_to_it() {
        let term = Some((day("2026-06-15"), day("2026-06-22")));
        let on = |today| state(Status::Running, term, "", WaitsFor::Delivery, day(today));
        assert_eq!(on("2026-06-15"), WarrantyState::Running { since: day("2026-06-15"), until: day("2026-06-22"), days_left: 7 });
        assert_eq!(on("2026-06-22"), WarrantyState::Running { since: day("2026-06-15"), until: day("2026-06-22"), days_left: 0 });
        assert_eq!(on("2026-06-23"), WarrantyState::Ended { since: Some(day("2026-06-22")), reason: String::new() });
    }

    fn a_day() -> impl Strategy<Value = NaiveDate> {
        (0_u64..3650).prop_map(|days| NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(days))
    }

    fn some_terms() -> impl Strategy<Value = Terms> {
        let starts = prop::sample::subsequence(StartRule::ALL.to_vec(), 0..=4).prop_shuffle();
        (starts, 0_u32..60, 0_u32..800, prop::option::of(0_u32..60)).prop_map(|(starts, months, days, made_plus_months)| Terms {
            starts,
            months,
            days,
            made_plus_months,
        })
    }

    proptest! {
        /// Whatever becomes known in whatever order, a term's end never moves to an earlier day, and never lies before its start.
        #[test]
        fn the_end_never_moves_earlier(
            terms in some_terms(),
            steps in prop::collection::vec((prop::option::of(a_day()), prop::option::of(a_day()), prop::option::of(a_day()), prop::option::of(a_day())), 1..8),
        ) {
            let mut now: Option<Term> = None;
            for (sold, delivered, activated, made) in steps {
                let Some(fresh) = term(&terms, &Facts { sold, delivered, activated, made }) else { continue };
                prop_assert!(fresh.starts_on <= fresh.ends_on);
                let next = moved(now, fresh);
                prop_assert!(now.is_none_or(|before| before.ends_on <= next.ends_on));
                prop_assert!(next.ends_on >= fresh.ends_on && next.starts_on == fresh.starts_on && next.starts_on <= next.ends_on);
                now = Some(next);
            }
        }

        /// More months or days never make it shorter.
        #[test]
        fn longer_terms_end_no_earlier(terms in some_terms(), sold in a_day(), made in a_day(), more in 0_u32..24) {
            let facts = Facts { sold: Some(sold), made: Some(made), ..Facts::default() };
            let longer = Terms { months: terms.months + more, ..terms.clone() };
            if let (Some(short), Some(long)) = (term(&terms, &facts), term(&longer, &facts)) {
                prop_assert!(short.ends_on <= long.ends_on);
            }
        }
    }
}
