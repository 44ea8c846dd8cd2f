//! Detection: which cells to look into, which to hold, and every figure that belongs beside the answer.
//!
//! The rule is Bayesian. From all cells together comes how much cells differ anyway; a cell is put on the list when it is probably more
//! than `ratio` times as bad as the average one, and the list is as long as its expected share of false entries allows. Exact p-values
//! stand beside it as evidence and do not raise the alarm: they are computed as if cells differed by chance alone, which they never do.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, at_least_zero, exposed, inside_unit};
use super::dispersion::{Dispersion, dispersion};
use super::mixture;
use super::multiplicity;
use super::poisson::{self, Surprise};
use super::shrinkage::{self, Belief, Fit};

/// What is asked of detection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// A cell is bad when its true rate is more than so many times that of the average cell.
    pub ratio: f64,
    /// The share of false entries a list for investigation may be expected to have.
    pub false_share: f64,
    /// The probability of being bad above which a lot is held or charged for.
    pub sure: f64,
    /// The probability of the intervals shown.
    pub within: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ratio: 2.0, false_share: 0.3, sure: 0.8, within: 0.9 }
    }
}

/// How cells differ innocently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// By one gamma distribution: batches, lots, lines, suppliers.
    Gamma,
    /// By a mixture of two: factor by defect tables of [`mixture::FEWEST_CELLS`] cells and more.
    Mixture,
}

/// What follows for a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    Quiet,
    /// Look into it: on the list whose expected share of false entries is [`Settings::false_share`].
    Investigate,
    /// Hold it, or charge for it: bad with probability [`Settings::sure`], and its interval lies above the average.
    Hold,
}

/// What is said of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Signal {
    /// Claims known.
    pub claims: u32,
    /// Claims the average cell would show with this exposure.
    pub expected: f64,
    /// Shrunken rate ratio to the average cell.
    pub ratio: f64,
    /// Its interval (with the default settings the 5 % and the 95 % point).
    pub interval: Interval,
    /// The probability that the true ratio is above [`Settings::ratio`].
    pub bad: f64,
    /// What follows.
    pub level: Level,
}

impl Signal {
    /// Exact evidence against the average rate, as if cells differed by chance alone.
    pub fn evidence(&self) -> Answer<Surprise> {
        poisson::surprise(self.claims, self.expected)
    }
}

/// The outcome over all cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// How cells differ.
    pub fit: Fit,
    /// Whether they differ by more than chance at all.
    pub dispersion: Answer<Dispersion>,
    /// One a cell, in the order given; a cell without exposure has none.
    pub signals: Vec<Answer<Signal>>,
    /// The share of the cells to investigate or hold that is expected to be false.
    pub expected_false: f64,
}

impl Detection {
    /// The cells by the lower end of their ratio's interval, the worst first: the order to work in. Cells without exposure are left out.
    pub fn ranked(&self) -> Vec<(usize, Signal)> {
        let known = |(at, signal): (usize, &Answer<Signal>)| signal.known().map(|signal| (at, signal));
        let mut ranked: Vec<(usize, Signal)> = self.signals.iter().enumerate().filter_map(known).collect();
        ranked.sort_by(|a, b| b.1.interval.lower.total_cmp(&a.1.interval.lower).then(a.0.cmp(&b.0)));
        ranked
    }
}

/// Detects bad cells among `(claims, expected claims)`.
///
/// No expectation anywhere: [`Lack::NoExposure`]; for a mixture too few cells: [`Lack::TooFew`]. With fewer than
/// [`shrinkage::FEWEST_GROUPS`] cells the spread between cells is not fitted but taken as usual ([`shrinkage::prior`]).
pub fn detect(cells: &[(u32, f64)], model: Model, settings: &Settings) -> Answer<Detection> {
    let detect = || {
        let sound = at_least_zero(settings.ratio)? > 0.0;
        inside_unit(settings.sure)?;
        inside_unit(settings.within)?;
        if !sound || !(0.0..=1.0).contains(&settings.false_share) {
            return Err(Lack::OutOfRange);
        }
        let fit = match model {
            Model::Gamma => shrinkage::prior(cells).or_lack()?,
            Model::Mixture => mixture::fit(cells).or_lack()?,
        };
        let mut signals: Vec<Answer<Signal>> = cells.iter().map(|cell| judge(*cell, &fit.prior, settings)).collect();
        let bad: Vec<Option<f64>> = signals.iter().map(|signal| signal.known().map(|signal| signal.bad)).collect();
        let listed = multiplicity::list(&bad, settings.false_share);
        for (signal, chosen) in signals.iter_mut().zip(&listed.chosen) {
            if let Answer::Known(signal) = signal {
                if signal.bad > settings.sure && signal.interval.lower > 1.0 {
                    signal.level = Level::Hold;
                } else if *chosen {
                    signal.level = Level::Investigate;
                }
            }
        }
        Ok(Detection { fit, dispersion: dispersion(cells), signals, expected_false: listed.expected_false })
    };
    detect().into()
}

/// The figures of one cell; its level is still open.
fn judge((claims, exposure): (u32, f64), prior: &Belief, settings: &Settings) -> Answer<Signal> {
    let judge = || {
        let exposure = exposed(exposure)?;
        let average = prior.mean();
        let after = prior.given(claims, exposure);
        Ok(Signal {
            claims,
            expected: exposed(average * exposure)?,
            ratio: after.mean() / average,
            interval: after.interval(settings.within).map(|rate| rate / average),
            bad: after.above(settings.ratio * average),
            level: Level::Quiet,
        })
    };
    judge().into()
}

/// The probability that the next lot of a supplier is worse than `quality` defects a piece, from what is believed of the supplier's rate
/// and the pieces it makes: the risk that inspection should be aimed at.
///
/// Given the rate `λ` of the supplier its lots of `pieces` hold a Poisson number of defects; the share of lots above `quality · pieces` is
/// averaged over the belief, which gives a negative binomial tail. No pieces: [`Lack::NoExposure`].
pub fn lot_worse_than(belief: &Belief, pieces: u32, quality: f64) -> Answer<f64> {
    let worse = || {
        let pieces = exposed(f64::from(pieces))?;
        let bound = poisson::whole_from((at_least_zero(quality)? * pieces).floor() + 1.0);
        Ok(belief.predicts_at_least(bound, pieces))
    };
    worse().into()
}

/// The share of a cell's claims that is its own excess, `1 − 1/RR` (attributable fraction), at the mean and at the lower end of the ratio's
/// interval; 0 where the ratio is not above 1. Money follows the lower one: it never charges early for what may still turn out to be
/// chance.
pub fn attributable(signal: &Signal) -> (f64, f64) {
    let fraction = |ratio: f64| if ratio > 1.0 { 1.0 - 1.0 / ratio } else { 0.0 };
    (fraction(signal.ratio), fraction(signal.interval.lower))
}

/// Claims that would have to be seen before a cell of this expectation is held, all else as it is: what a young lot is still allowed.
/// Searched up to a hundred times the expectation and a hundred more; none when even that would not do.
pub fn claims_until_hold(prior: &Belief, expected: f64, settings: &Settings) -> Answer<Option<u32>> {
    let until = || {
        let exposure = exposed(expected)? / prior.mean();
        let most = poisson::whole_from(100.0 * expected + 100.0);
        let holds = |claims: u32| {
            let after = prior.given(claims, exposure);
            let tail = (1.0 - settings.within) / 2.0;
            after.above(settings.ratio * prior.mean()) > settings.sure && after.quantile(tail) > prior.mean()
        };
        let found = poisson::first_where(0, most, holds);
        Ok((found < most).then_some(found))
    };
    until().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::root_cause::rules::shrinkage::Gamma;

    fn batches() -> Vec<(u32, f64)> {
        let ordinary = (0..60).map(|i| (4 + i % 5, 6.0));
        ordinary.chain([(40, 6.0), (2, 0.2), (0, 0.0)]).collect()
    }

    #[test]
    fn the_bad_batch_is_held_and_the_small_one_is_not_judged_by_its_raw_rate() {
        let found = detect(&batches(), Model::Gamma, &Settings::default()).known().unwrap();
        let of = |at: usize| found.signals[at].known().unwrap();
        assert_eq!(of(60).level, Level::Hold);
        // Ten times what was expected, of two claims: not held.
        assert!(of(61).level < Level::Hold && of(61).ratio < 3.0);
        assert_eq!(found.signals[62].lack(), Some(Lack::NoExposure));
        assert_eq!(found.ranked()[0].0, 60);
        assert_eq!(found.ranked().len(), 62);
        assert!(found.expected_false <= 0.3);
        assert!(found.dispersion.known().unwrap().more_than_chance());
    }

    #[test]
    fn batches_that_differ_by_chance_alone_raise_nothing() {
        let even: Vec<(u32, f64)> = (0..50).map(|i| (3 + i % 3, 4.0)).collect();
        let found = detect(&even, Model::Gamma, &Settings::default()).known().unwrap();
        assert!(found.signals.iter().all(|signal| signal.known().unwrap().level == Level::Quiet));
        assert!(!found.dispersion.known().unwrap().more_than_chance());
    }

    proptest::proptest! {
        /// Neither the order of the cells nor the unit of exposure says anything about them.
        #[test]
        fn order_and_units_do_not_matter(claims in proptest::collection::vec(0_u32..40, 9..30), unit in 0.01_f64..100.0) {
            let cells: Vec<(u32, f64)> = claims.iter().zip(1_u32..).map(|(claims, at)| (*claims, f64::from(at % 7 + 1))).collect();
            let turned: Vec<(u32, f64)> = cells.iter().rev().map(|(claims, expected)| (*claims, expected * unit)).collect();
            let of = |cells: &[(u32, f64)]| detect(cells, Model::Gamma, &Settings::default()).known().unwrap().signals;
            for (one, other) in of(&cells).into_iter().zip(of(&turned).into_iter().rev()) {
                let (one, other) = (one.known().unwrap(), other.known().unwrap());
                proptest::prop_assert!((one.ratio - other.ratio).abs() < 1e-5 * one.ratio);
                proptest::prop_assert!((one.bad - other.bad).abs() < 1e-5);
            }
        }

        /// More claims never make a cell look better.
        #[test]
        fn more_claims_are_never_better(shape in 0.2_f64..20.0, expected in 0.05_f64..50.0, claims in 0_u32..60) {
            let prior = Belief::Gamma(Gamma { shape, rate: shape });
            let of = |claims| judge((claims, expected), &prior, &Settings::default()).known().unwrap();
            let (one, more) = (of(claims), of(claims + 1));
            proptest::prop_assert!(more.ratio > one.ratio && more.bad >= one.bad && more.interval.lower >= one.interval.lower);
            proptest::prop_assert!(one.interval.lower <= one.ratio * 1.2 && one.interval.lower < one.interval.upper);
            proptest::prop_assert!(more.evidence().known().unwrap().at_least <= one.evidence().known().unwrap().at_least);
        }
    }

    #[test]
    fn edges_have_answers() {
        let settings = Settings::default();
        assert_eq!(detect(&[], Model::Gamma, &settings).lack(), Some(Lack::NoExposure));
        assert_eq!(detect(&batches(), Model::Mixture, &settings).lack(), Some(Lack::TooFew));
        assert_eq!(detect(&[(1, 1.0)], Model::Gamma, &Settings { sure: 1.5, ..settings }).lack(), Some(Lack::OutOfRange));
        let silent = detect(&[(0, 3.0), (0, 9.0)], Model::Gamma, &settings).known().unwrap();
        assert!(silent.signals.iter().all(|signal| signal.known().unwrap().level == Level::Quiet));
    }

    /// Forty claims against 11.5 with a prior of Gamma(8, 8): a ratio of 2.46, of which 59 % of the claims are excess and 48 % surely so.
    #[test]
    fn the_worked_example_of_the_lot_excess() {
        let prior = Belief::Gamma(Gamma { shape: 8.0, rate: 8.0 });
        let signal = judge((40, 11.5), &prior, &Settings::default()).known().unwrap();
        assert!((signal.ratio - 48.0 / 19.5).abs() < 1e-12);
        let (mean, lower) = attributable(&signal);
        assert!((mean - 0.594).abs() < 5e-4 && (lower - 0.4758).abs() < 5e-4, "{mean} {lower}");
    }

    #[test]
    fn a_young_lot_needs_more_than_a_few_claims() {
        let prior = Belief::Gamma(Gamma { shape: 4.0, rate: 4.0 });
        let until = |expected| claims_until_hold(&prior, expected, &Settings::default()).known().unwrap().unwrap();
        assert!(until(0.2) >= 6, "{}", until(0.2));
        assert!(until(20.0) > 40 && until(20.0) < 80, "{}", until(20.0));
        let worse = |quality| lot_worse_than(&prior, 10, quality).known().unwrap();
        assert!(worse(2.0) < worse(1.0) && worse(1.0) < 0.6);
    }
}
