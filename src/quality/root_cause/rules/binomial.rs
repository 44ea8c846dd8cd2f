//! Exact evidence about defectives out of pieces inspected: intervals and tail probabilities.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, inside_unit};
use super::poisson::{TIE, first_where, whole_from};
use super::special::{beta_lower, beta_quantile, ln_choose, normal_quantile};

/// `ln P(X = x)` for a binomial variable of `n` trials with share `p`.
pub fn ln_probability(x: u32, n: u32, p: f64) -> f64 {
    let power = |times: u32, ln_share: f64| if times == 0 { 0.0 } else { f64::from(times) * ln_share };
    ln_choose(n, x) + power(x, p.ln()) + power(n.saturating_sub(x), (-p).ln_1p())
}

/// `P(X ≥ x) = I_p(x, n−x+1)`.
pub fn at_least(x: u32, n: u32, p: f64) -> f64 {
    if x == 0 {
        1.0
    } else if x > n {
        0.0
    } else {
        beta_lower(f64::from(x), f64::from(n - x) + 1.0, p)
    }
}

/// `P(X ≤ x) = I_{1−p}(n−x, x+1)`.
pub fn at_most(x: u32, n: u32, p: f64) -> f64 {
    if x >= n { 1.0 } else { beta_lower(f64::from(n - x), f64::from(x) + 1.0, 1.0 - p) }
}

/// How surprising a number of defectives is against a stated share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Surprise {
    /// `P(X ≥ x)`.
    pub at_least: f64,
    /// The sum over all outcomes no likelier than this one (the rule of R's `binom.test`).
    pub two_sided: f64,
}

/// The exact evidence that `x` out of `n` do not come from the share `p` (0..=1). Nothing inspected: [`Lack::NoExposure`].
pub fn surprise(x: u32, n: u32, p: f64) -> Answer<Surprise> {
    if n == 0 {
        return Answer::TooLittle(Lack::NoExposure);
    }
    if x > n || !(0.0..=1.0).contains(&p) {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    Answer::Known(Surprise { at_least: at_least(x, n, p), two_sided: two_sided(x, n, p) })
}

fn two_sided(x: u32, n: u32, p: f64) -> f64 {
    let (here, mean) = (f64::from(x), f64::from(n) * p);
    let bound = ln_probability(x, n, p) + TIE.ln();
    let rare = |count: u32| ln_probability(count, n, p) <= bound;
    let total = if here < mean {
        at_most(x, n, p) + at_least(first_where(whole_from(mean), n.saturating_add(1), rare), n, p)
    } else if here > mean {
        let common = first_where(0, whole_from(mean.floor()).saturating_add(1), |count| !rare(count));
        at_least(x, n, p) + if common == 0 { 0.0 } else { at_most(common - 1, n, p) }
    } else {
        1.0
    };
    total.min(1.0)
}

fn interval(x: u32, n: u32, confidence: f64, bounds: impl FnOnce(f64, f64, f64) -> Interval) -> Answer<Interval> {
    let interval = || {
        let outside = 1.0 - inside_unit(confidence)?;
        match (x, n) {
            (_, 0) => Err(Lack::NoExposure),
            (x, n) if x > n => Err(Lack::OutOfRange),
            _ => Ok(bounds(f64::from(x), f64::from(n), outside / 2.0)),
        }
    };
    interval().into()
}

/// The exact interval of a share: quantiles `Beta(α/2; x, n−x+1)` and `Beta(1−α/2; x+1, n−x)` (Clopper and Pearson 1934, *Biometrika*
/// 26:404). Never less sure than it says: the one for contracts.
pub fn clopper_pearson(x: u32, n: u32, confidence: f64) -> Answer<Interval> {
    interval(x, n, confidence, |x, n, tail| Interval {
        lower: if x <= 0.0 { 0.0 } else { beta_quantile(x, n - x + 1.0, tail) },
        upper: if x >= n { 1.0 } else { beta_quantile(x + 1.0, n - x, 1.0 - tail) },
    })
}

/// The score interval of a share (Wilson 1927, *JASA* 22:209): close to its confidence on average, the one for display.
pub fn wilson(x: u32, n: u32, confidence: f64) -> Answer<Interval> {
    interval(x, n, confidence, |x, n, tail| {
        let z = normal_quantile(1.0 - tail);
        let share = x / n;
        let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        Interval { lower: if x <= 0.0 { 0.0 } else { centre - half }, upper: if x >= n { 1.0 } else { centre + half } }
    })
}

/// The equal-tailed interval of the posterior `Beta(x+½, n−x+½)` (Brown, Cai and DasGupta 2001, *Statistical Science* 16:101).
pub fn jeffreys(x: u32, n: u32, confidence: f64) -> Answer<Interval> {
    interval(x, n, confidence, |x, n, tail| {
        let quantile = |p| beta_quantile(x + 0.5, n - x + 0.5, p);
        Interval { lower: quantile(tail), upper: quantile(1.0 - tail) }
    })
}

/// The normal interval about `(x + z²/2) / (n + z²)`, cut to 0..=1 (Agresti and Coull 1998, *The American Statistician* 52:119).
pub fn agresti_coull(x: u32, n: u32, confidence: f64) -> Answer<Interval> {
    interval(x, n, confidence, |x, n, tail| {
        let z = normal_quantile(1.0 - tail);
        let trials = n + z * z;
        let share = (x + z * z / 2.0) / trials;
        let half = z * (share * (1.0 - share) / trials).sqrt();
        Interval { lower: (share - half).max(0.0), upper: (share + half).min(1.0) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(clopper_pearson(0, 0, 0.95).lack(), Some(Lack::NoExposure));
        assert_eq!(wilson(3, 2, 0.95).lack(), Some(Lack::OutOfRange));
        assert_eq!(surprise(1, 4, 1.5).lack(), Some(Lack::OutOfRange));
        assert_eq!(clopper_pearson(9, 9, 0.95).known().unwrap().upper, 1.0);
        assert_eq!(surprise(2, 4, 0.5).known().unwrap().two_sided, 1.0);
        assert_eq!(surprise(0, 4, 0.0).known().unwrap().at_least, 1.0);
    }

    #[test]
    fn two_sided_is_the_sum_it_says() {
        for (n, p) in [(9, 0.5), (30, 0.07), (51, 0.93), (200, 0.015)] {
            for x in 0..=n {
                let bound = ln_probability(x, n, p) + TIE.ln();
                let sum: f64 = (0..=n).map(|k| ln_probability(k, n, p)).filter(|p| *p <= bound).map(f64::exp).sum();
                assert!((two_sided(x, n, p) - sum).abs() < 1e-11, "{x} of {n} at {p}");
            }
        }
    }

    #[test]
    fn the_exact_interval_holds_the_others() {
        let exact = clopper_pearson(12, 315, 0.95).known().unwrap();
        let shown = jeffreys(12, 315, 0.95).known().unwrap();
        assert!(exact.lower < shown.lower && shown.upper < exact.upper);
    }
}
