//! Exact evidence about counts out of an exposure: intervals, tail probabilities, two rates compared.
//!
//! These say how surprising a count is *if batches differ by chance alone*. Batches differ innocently as well, so exact p-values are shown
//! as evidence and never raise an alarm by themselves; that is for [`super::detect`].

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, at_least_zero, exposed, inside_unit};
use super::binomial;
use super::special::{gamma_lower, gamma_quantile, gamma_upper, ln_factorial, ln_gamma_lower};

/// Two probabilities this close are taken as equal when outcomes are ordered by probability (as R's `poisson.test`, `binom.test` and
/// `fisher.test` do), so that mirror outcomes are not split by rounding.
pub(super) const TIE: f64 = 1.0 + 1e-7;

/// A rate with its exact interval, in events per unit of exposure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// `events / exposure`.
    pub rate: f64,
    /// The interval that holds the true rate with at least the probability asked for.
    pub interval: Interval,
}

/// The rate of `events` out of `exposure` with the exact two-sided interval of confidence `confidence` (0..1).
///
/// `lower = Q(α/2; x)`, `upper = Q(1−α/2; x+1)`, quantiles of gamma variables of that shape, over the exposure (Garwood 1936, *Biometrika*
/// 28:437). Without events the lower bound is 0. Without exposure there is no rate: [`Lack::NoExposure`].
pub fn rate(events: u32, exposure: f64, confidence: f64) -> Answer<Rate> {
    let rate = || {
        let exposure = exposed(exposure)?;
        let outside = 1.0 - inside_unit(confidence)?;
        let x = f64::from(events);
        let lower = if events == 0 { 0.0 } else { gamma_quantile(x, outside / 2.0) };
        let interval = Interval { lower, upper: gamma_quantile(x + 1.0, 1.0 - outside / 2.0) };
        Ok(Rate { rate: x / exposure, interval: interval.map(|bound| bound / exposure) })
    };
    rate().into()
}

/// `ln P(X = x)` for a Poisson variable of mean `mean ≥ 0`.
pub fn ln_probability(x: u32, mean: f64) -> f64 {
    let power = if x == 0 { 0.0 } else { f64::from(x) * mean.ln() };
    power - mean - ln_factorial(x)
}

/// `P(X ≥ x)` for a Poisson variable of mean `mean ≥ 0`: the regularised lower gamma function `P(x, mean)`.
pub fn at_least(x: u32, mean: f64) -> f64 {
    if x == 0 { 1.0 } else { gamma_lower(f64::from(x), mean) }
}

/// `ln P(X ≥ x)`, also where the probability itself is too small for a number.
pub fn ln_at_least(x: u32, mean: f64) -> f64 {
    if x == 0 { 0.0 } else { ln_gamma_lower(f64::from(x), mean) }
}

/// `P(X ≤ x)`.
pub fn at_most(x: u32, mean: f64) -> f64 {
    if mean <= 0.0 { 1.0 } else { gamma_upper(f64::from(x) + 1.0, mean) }
}

/// `P(X > x) + P(X = x) / 2`: without the conservatism of the exact tail (Lancaster 1961).
pub fn mid_p(x: u32, mean: f64) -> f64 {
    let above = x.checked_add(1).map_or(0.0, |next| at_least(next, mean));
    above + ln_probability(x, mean).exp() / 2.0
}

/// How surprising a count is against an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Surprise {
    /// `P(X ≥ x)`: the one-sided exact p-value for too many.
    pub at_least: f64,
    /// The same in natural logarithm: it keeps its digits where the p-value is 0.
    pub ln_at_least: f64,
    /// The mid-p value.
    pub mid_p: f64,
    /// The two-sided exact p-value: the sum over all counts no likelier than this one.
    pub two_sided: f64,
}

/// The exact evidence that `events` is not a Poisson count of mean `expected`.
///
/// Nothing expected is no evidence: [`Lack::NoExposure`], whatever was counted.
pub fn surprise(events: u32, expected: f64) -> Answer<Surprise> {
    exposed(expected)
        .map(|mean| Surprise {
            at_least: at_least(events, mean),
            ln_at_least: ln_at_least(events, mean),
            mid_p: mid_p(events, mean),
            two_sided: two_sided(events, mean),
        })
        .into()
}

/// The sum of the probabilities of all counts no likelier than `x` (the rule of R's `poisson.test`).
fn two_sided(x: u32, mean: f64) -> f64 {
    let here = f64::from(x);
    let bound = ln_probability(x, mean) + TIE.ln();
    let rare = |count: u32| ln_probability(count, mean) <= bound;
    let total = if here < mean {
        // Beyond the mean probabilities fall: double the reach until it holds a rare count, then find the first.
        let first = whole_from(mean);
        let mut reach = 1_u32;
        while !rare(first.saturating_add(reach)) && reach < u32::MAX / 2 {
            reach *= 2;
        }
        at_most(x, mean) + at_least(first_where(first, first.saturating_add(reach), rare), mean)
    } else if here > mean {
        // Below the mean they rise: the rare ones come first.
        let common = first_where(0, whole_from(mean.floor()).saturating_add(1), |count| !rare(count));
        at_least(x, mean) + if common == 0 { 0.0 } else { at_most(common - 1, mean) }
    } else {
        1.0
    };
    total.min(1.0)
}

/// The smallest whole number at or above `value`, within the range of counts.
pub(super) fn whole_from(value: f64) -> u32 {
    first_where(0, u32::MAX, |count| f64::from(count) >= value)
}

/// The first of `from..to` for which `test` holds, when it holds for all after the first; `to` when for none.
pub(super) fn first_where(from: u32, to: u32, test: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (from, to);
    while from < to {
        let middle = u32::midpoint(from, to);
        if test(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

/// Two rates compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// First rate over second; infinite when the second has no events.
    pub ratio: f64,
    /// Exact interval of the ratio. The upper bound is infinite when the second has no events.
    pub interval: Interval,
    /// `P` of a first count at least as large, if the rates are equal.
    pub greater: f64,
    /// The sum over all splits no likelier, if the rates are equal.
    pub two_sided: f64,
}

/// Compares `events / exposure` of two groups, given as (events, exposure).
///
/// Given their sum, the first count is binomial with share `t₁ / (t₁ + t₂)` when the rates are equal; a bound `p` of that share
/// (Clopper–Pearson) is a bound `p / (1−p) · t₂ / t₁` of the ratio (Przyborowski and Wilenski 1940; R `poisson.test`). No event in either:
/// [`Lack::NoEvents`].
pub fn compare(first: (u32, f64), second: (u32, f64), confidence: f64) -> Answer<Ratio> {
    let compare = || {
        let (t1, t2) = (exposed(first.1)?, exposed(second.1)?);
        let all = first.0.checked_add(second.0).ok_or(Lack::OutOfRange)?;
        if all == 0 {
            return Err(Lack::NoEvents);
        }
        let odds = |share: f64| if share >= 1.0 { f64::INFINITY } else { share / (1.0 - share) * t2 / t1 };
        let share = binomial::clopper_pearson(first.0, all, confidence).or_lack()?;
        let test = binomial::surprise(first.0, all, t1 / (t1 + t2)).or_lack()?;
        let ratio = if second.0 == 0 { f64::INFINITY } else { f64::from(first.0) / t1 / (f64::from(second.0) / t2) };
        Ok(Ratio { ratio, interval: share.map(odds), greater: test.at_least, two_sided: test.two_sided })
    };
    compare().into()
}

/// The least p-value a cell could reach if every one of `possible` events fell on it: what [`super::multiplicity::testable`] asks for.
pub fn least_p(possible: u32, expected: f64) -> Answer<f64> {
    at_least_zero(expected).map(|mean| at_least(possible, mean)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(rate(3, 0.0, 0.95).lack(), Some(Lack::NoExposure));
        assert_eq!(rate(3, f64::NAN, 0.95).lack(), Some(Lack::OutOfRange));
        assert_eq!(rate(0, 10.0, 0.95).known().unwrap().interval.lower, 0.0);
        assert_eq!(surprise(2, 0.0).lack(), Some(Lack::NoExposure));
        let none = surprise(0, 1.5).known().unwrap();
        assert_eq!((none.at_least, none.ln_at_least), (1.0, 0.0));
        assert_eq!(compare((0, 5.0), (0, 9.0), 0.95).lack(), Some(Lack::NoEvents));
        assert_eq!(compare((4, 5.0), (0, 9.0), 0.95).known().unwrap().interval.upper, f64::INFINITY);
    }

    #[test]
    fn far_tail_in_logarithms() {
        let far = surprise(1000, 1.0).known().unwrap();
        assert_eq!(far.at_least, 0.0);
        let beyond = far.ln_at_least - ln_probability(1000, 1.0);
        assert!(beyond > 0.0 && beyond < 0.0011, "the first term of the tail carries nearly all of it: {beyond}");
    }

    #[test]
    fn two_sided_is_the_sum_it_says() {
        for mean in [0.3, 2.0, 4.2, 11.7] {
            for x in 0..40 {
                let bound = ln_probability(x, mean) + TIE.ln();
                let sum: f64 = (0..400).map(|k| ln_probability(k, mean)).filter(|p| *p <= bound).map(f64::exp).sum();
                assert!((two_sided(x, mean) - sum).abs() < 1e-12, "{x} of {mean}");
            }
        }
    }
}
