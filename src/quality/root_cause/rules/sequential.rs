//! Watching claims as they come: the Poisson CUSUM with its run lengths, and Wald's sequential test.

use serde::Serialize;

use super::answer::{Answer, Lack, at_least_zero, exposed, inside_unit};
use super::matrix::Square;
use super::poisson;
use crate::kernel::saturating;

/// States of the Markov chain above which run lengths are not computed.
const MOST_STATES: u32 = 600;

/// A Poisson CUSUM: raises an alarm when the claims of late are better explained by `ratio` times the expected rate than by the expected
/// rate.
///
/// `S = max(0, S + x ln R − e (R − 1))`, the log-likelihood ratio of one period (Lucas 1985, *Technometrics* 27:129). It is exact for an
/// expectation that differs from period to period, so ages and reporting delays go in through `e`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cusum {
    ratio: f64,
    threshold: f64,
    sum: f64,
}

impl Cusum {
    /// A chart that looks for `ratio > 1` times the expected claims and alarms at `threshold > 0` (a logarithm of a likelihood ratio).
    pub fn new(ratio: f64, threshold: f64) -> Answer<Self> {
        let sound = ratio > 1.0 && ratio.is_finite() && threshold > 0.0 && threshold.is_finite();
        if sound { Answer::Known(Self { ratio, threshold, sum: 0.0 }) } else { Answer::TooLittle(Lack::OutOfRange) }
    }

    /// Takes in a period with its claims and its expected claims, and says whether the alarm is raised. Without expectation claims say
    /// nothing.
    pub fn add(&mut self, claims: u32, expected: f64) -> Answer<bool> {
        let take = |expected: f64| {
            self.sum = (self.sum + f64::from(claims) * self.ratio.ln() - expected * (self.ratio - 1.0)).max(0.0);
            self.sum >= self.threshold
        };
        exposed(expected).map(take).into()
    }

    /// The sum so far.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

/// A CUSUM in whole steps: `S = max(0, S + x·m − k)`, alarm at `S ≥ h`, all in units of `1/m` claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lattice {
    /// Steps per claim `m`.
    pub steps: u32,
    /// Reference value `k`.
    pub reference: u32,
    /// Threshold `h`.
    pub threshold: u32,
}

impl Lattice {
    /// Periods until the alarm, on average, when claims are Poisson of mean `mean` per period (average run length).
    ///
    /// Exact: `S` is a Markov chain on `0..h`, and the run lengths solve `(I − Q) L = 1` (Brook and Evans 1972, *Biometrika* 59:539).
    /// More than 600 states: [`Lack::OutOfRange`].
    pub fn run_length(&self, mean: f64) -> Answer<f64> {
        let run_length = || {
            let mean = at_least_zero(mean)?;
            if self.steps == 0 || self.threshold == 0 || self.threshold > MOST_STATES {
                return Err(Lack::OutOfRange);
            }
            let states = usize::try_from(self.threshold).map_err(|_| Lack::OutOfRange)?;
            let mut chain = Square::zero(states).raised(1.0);
            for (row, from) in (0..self.threshold).enumerate() {
                // The most claims that leave the sum at or below zero, then one state for each further claim.
                let room = self.reference.checked_sub(from).map(|room| room / self.steps);
                if let Some(most) = room {
                    chain.add(row, 0, -poisson::at_most(most, mean));
                }
                let mut claims = room.map_or(0, |most| most + 1);
                loop {
                    let to = u64::from(from) + u64::from(claims) * u64::from(self.steps) - u64::from(self.reference);
                    let Some(column) = Some(saturating::<usize>(to)).filter(|to| *to < states) else { break };
                    chain.add(row, column, -poisson::ln_probability(claims, mean).exp());
                    claims += 1;
                }
            }
            let lengths = chain.solve(vec![1.0; states]).ok_or(Lack::Unsettled)?;
            lengths.first().copied().filter(|length| length.is_finite() && *length > 0.0).ok_or(Lack::Unsettled)
        };
        run_length().into()
    }
}

/// The threshold of a [`Cusum`] that alarms once in `periods` periods on average while nothing is wrong, with `expected` claims per period.
///
/// In claims the reference value is `k = e (R − 1) / ln R`; it is put on a lattice of tenths of a claim or finer, the run length is brought
/// to at least `periods` by doubling and halving, and the threshold is returned on the chart's own scale. Where expectations differ between
/// periods take their average: the run length is then an approximation.
pub fn threshold(ratio: f64, expected: f64, periods: f64) -> Answer<f64> {
    let threshold = || {
        let expected = exposed(expected)?;
        if !(ratio > 1.0 && ratio.is_finite() && periods > 1.0) {
            return Err(Lack::OutOfRange);
        }
        let reference = expected * (ratio - 1.0) / ratio.ln();
        // As fine as the chain allows: small expectations need fine steps, large ones have thresholds of many claims.
        let mut steps = if reference < 1.0 { 40 } else { 10 };
        loop {
            let lattice = Lattice { steps, reference: poisson::whole_from((reference * f64::from(steps)).round()), threshold: 1 };
            let long =
                |threshold: u32| Lattice { threshold, ..lattice }.run_length(expected).known().is_none_or(|length| length >= periods);
            let reach = (0..).map(|power| 1_u32 << power).take_while(|reach| *reach <= MOST_STATES).find(|reach| long(*reach));
            match reach {
                Some(reach) => {
                    let found = poisson::first_where(1, reach, long);
                    return Ok(f64::from(found) / f64::from(steps) * ratio.ln());
                }
                None if steps > 1 => steps /= 2,
                None => return Err(Lack::OutOfRange),
            }
        }
    };
    threshold().into()
}

/// Where a sequential test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The lower rate is accepted.
    AcceptH0,
    /// The higher rate is accepted.
    AcceptH1,
    /// Not decided yet.
    Continue,
}

/// Wald's sequential test between two rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sprt {
    /// `x ln(λ₁/λ₀) − T (λ₁ − λ₀)`.
    pub ln_ratio: f64,
    /// Lower bound `ln(β / (1−α))`.
    pub lower: f64,
    /// Upper bound `ln((1−β) / α)`.
    pub upper: f64,
    /// Claims per unit of exposure at which the log ratio neither rises nor falls: `(λ₁ − λ₀) / ln(λ₁/λ₀)`.
    pub reference: f64,
    /// What follows.
    pub decision: Decision,
}

/// Tests rate `low` against rate `high` with error probabilities `alpha` (high accepted though low is true) and `beta` (the reverse), after
/// `claims` in `exposure` (Wald 1945, *Annals of Mathematical Statistics* 16:117). The bounds are conservative, because the last claim
/// overshoots them.
pub fn sprt(low: f64, high: f64, alpha: f64, beta: f64, claims: u32, exposure: f64) -> Answer<Sprt> {
    let sprt = || {
        let (alpha, beta, exposure) = (inside_unit(alpha)?, inside_unit(beta)?, at_least_zero(exposure)?);
        if !(low > 0.0 && high > low && high.is_finite()) || alpha + beta >= 1.0 {
            return Err(Lack::OutOfRange);
        }
        let per_claim = (high / low).ln();
        let ln_ratio = f64::from(claims) * per_claim - exposure * (high - low);
        let (lower, upper) = ((beta / (1.0 - alpha)).ln(), ((1.0 - beta) / alpha).ln());
        let decision = if ln_ratio >= upper {
            Decision::AcceptH1
        } else if ln_ratio <= lower {
            Decision::AcceptH0
        } else {
            Decision::Continue
        };
        Ok(Sprt { ln_ratio, lower, upper, reference: (high - low) / per_claim, decision })
    };
    sprt().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(Cusum::new(1.0, 3.0).lack(), Some(Lack::OutOfRange));
        let mut chart = Cusum::new(2.0, 3.0).known().unwrap();
        assert_eq!(chart.add(4, 0.0).lack(), Some(Lack::NoExposure));
        assert_eq!(sprt(0.02, 0.01, 0.05, 0.1, 3, 10.0).lack(), Some(Lack::OutOfRange));
        assert_eq!(sprt(0.01, 0.02, 0.05, 0.1, 0, 0.0).known().unwrap().decision, Decision::Continue);
        assert_eq!(Lattice { steps: 1, reference: 2, threshold: 0 }.run_length(1.0).lack(), Some(Lack::OutOfRange));
    }

    #[test]
    fn an_alarm_comes_and_the_sum_stays_above_zero() {
        let mut chart = Cusum::new(2.0, 2.0).known().unwrap();
        for _ in 0..20 {
            assert_eq!(chart.add(0, 1.0), Answer::Known(false));
        }
        assert_eq!(chart.sum(), 0.0);
        assert_eq!(chart.add(3, 1.0), Answer::Known(false));
        assert_eq!(chart.add(3, 1.0), Answer::Known(true));
    }

    #[test]
    fn thresholds_give_the_run_length_asked_for() {
        for expected in [0.2, 1.0, 4.0, 12.0] {
            let short = threshold(2.0, expected, 50.0).known().unwrap();
            let long = threshold(2.0, expected, 500.0).known().unwrap();
            assert!(0.0 < short && short < long, "{expected}: {short} {long}");
        }
    }
}
