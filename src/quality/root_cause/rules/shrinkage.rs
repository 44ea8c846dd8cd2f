//! Shrunken rates: what to believe of a batch's claim rate when batches differ and some are small (Gamma–Poisson empirical Bayes).
//!
//! Model: batch `i` has a rate `λᵢ` drawn from a distribution common to all batches, and claims `yᵢ ~ Poisson(λᵢ Eᵢ)`, `Eᵢ` its exposure.
//! The common distribution is fitted to all batches; a batch's own claims then move it. Small batches stay near the average, large ones go
//! where their claims are. With `E` in expected claims a rate is a ratio: 2 is twice what was expected.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, at_least_zero, exposed};
use super::matrix::Square;
use super::mixture::Mixture;
use super::optimise::{Local, climb};
use super::poisson;
use super::special::{beta_lower, digamma, gamma_quantile, gamma_upper, ln_factorial, ln_gamma, trigamma};

/// Groups below which the spread between them is not fitted but taken as [`FIXED_SHAPE`].
pub const FEWEST_GROUPS: usize = 8;
/// The shape of the prior when there are too few groups to fit it: a coefficient of variation of one half between batches.
pub const FIXED_SHAPE: f64 = 4.0;
/// Gain in log-likelihood over one common rate below which the spread between groups counts as none.
const NO_GAIN: f64 = 1e-8;

/// A gamma distribution of a rate: density `rateˢʰᵃᵖᵉ λˢʰᵃᵖᵉ⁻¹ e^(−rate λ) / Γ(shape)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gamma {
    /// Shape α: as if that many claims had been seen.
    pub shape: f64,
    /// Rate β: as if they had been seen in that much exposure.
    pub rate: f64,
}

impl Gamma {
    /// `α / β`.
    pub fn mean(&self) -> f64 {
        self.shape / self.rate
    }

    /// The rate it stays below with probability `p`.
    pub fn quantile(&self, p: f64) -> f64 {
        gamma_quantile(self.shape, p) / self.rate
    }

    /// The probability of a rate above `bound`.
    pub fn above(&self, bound: f64) -> f64 {
        gamma_upper(self.shape, self.rate * bound)
    }

    /// The distribution after `claims` out of `exposure`: `Gamma(α + y, β + E)`.
    #[must_use]
    pub fn given(&self, claims: u32, exposure: f64) -> Self {
        Self { shape: self.shape + f64::from(claims), rate: self.rate + exposure }
    }

    /// `ln P(Y = claims)` out of `exposure > 0`: negative binomial.
    pub fn ln_predictive(&self, claims: u32, exposure: f64) -> f64 {
        self.slopes(claims, exposure).value
    }

    /// `P(Y ≥ claims)` out of `exposure`: `I_{E/(β+E)}(y, α)`.
    pub fn predicts_at_least(&self, claims: u32, exposure: f64) -> f64 {
        if claims == 0 { 1.0 } else { beta_lower(f64::from(claims), self.shape, exposure / (self.rate + exposure)) }
    }

    /// [`Self::ln_predictive`] with its derivatives by `ln α` and `ln β`:
    /// `ln Γ(y+α) − ln Γ(α) − ln y! + α ln(β/(β+E)) + y ln(E/(β+E))`.
    pub(super) fn slopes(&self, claims: u32, exposure: f64) -> Slopes {
        let (y, a, b, e) = (f64::from(claims), self.shape, self.rate, exposure);
        let (rise, rise_a, rise_aa) = rising(a, claims);
        let shrunk = -(e / b).ln_1p();
        let claimed = if claims == 0 { 0.0 } else { y * (e / (b + e)).ln() };
        let by_a = a * (rise_a + shrunk);
        let by_b = a - (a + y) * b / (b + e);
        Slopes {
            value: rise - ln_factorial(claims) + a * shrunk + claimed,
            by: [by_a, by_b],
            twice: [by_a + a * a * rise_aa, a * e / (b + e), -(a + y) * b * e / ((b + e) * (b + e))],
        }
    }
}

/// A log-probability with its derivatives by two parameters.
pub(super) struct Slopes {
    pub(super) value: f64,
    /// By the first and by the second.
    pub(super) by: [f64; 2],
    /// Twice by the first, by both, twice by the second.
    pub(super) twice: [f64; 3],
}

/// `ln Γ(a + y) − ln Γ(a)` and its first two derivatives by `a`; as sums while those are short.
fn rising(a: f64, y: u32) -> (f64, f64, f64) {
    const SHORT: u32 = 20;
    if y <= SHORT {
        return (0..y)
            .map(|i| a + f64::from(i))
            .fold((0.0, 0.0, 0.0), |(ln, once, twice), term| (ln + term.ln(), once + 1.0 / term, twice - 1.0 / (term * term)));
    }
    let end = a + f64::from(y);
    (ln_gamma(end) - ln_gamma(a), digamma(end) - digamma(a), trigamma(end) - trigamma(a))
}

/// What is believed of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Belief {
    /// Rates differ between batches by a gamma distribution.
    Gamma(Gamma),
    /// Batches do not differ: one rate for all, known as well as all claims together make it. A batch's own claims do not move it again.
    Shared(Gamma),
    /// Most rates come from one gamma distribution, some from another.
    Mixture(Mixture),
}

impl Belief {
    /// The mean rate.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Gamma(gamma) | Self::Shared(gamma) => gamma.mean(),
            Self::Mixture(mixture) => mixture.mean(),
        }
    }

    /// The rate stayed below with probability `p`.
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Gamma(gamma) | Self::Shared(gamma) => gamma.quantile(p),
            Self::Mixture(mixture) => mixture.quantile(p),
        }
    }

    /// The rates stayed below with probabilities `(1 − within) / 2` and `(1 + within) / 2`.
    pub fn interval(&self, within: f64) -> Interval {
        Interval { lower: self.quantile((1.0 - within) / 2.0), upper: self.quantile(f64::midpoint(1.0, within)) }
    }

    /// The probability of a rate above `bound`.
    pub fn above(&self, bound: f64) -> f64 {
        match self {
            Self::Gamma(gamma) | Self::Shared(gamma) => gamma.above(bound),
            Self::Mixture(mixture) => mixture.above(bound),
        }
    }

    /// What is believed of a batch after its `claims` out of `exposure`.
    #[must_use]
    pub fn given(&self, claims: u32, exposure: f64) -> Self {
        match self {
            Self::Gamma(gamma) => Self::Gamma(gamma.given(claims, exposure)),
            Self::Shared(gamma) => Self::Shared(*gamma),
            Self::Mixture(mixture) => Self::Mixture(mixture.given(claims, exposure)),
        }
    }

    /// The probability that a batch of this `exposure` shows at least so many claims before any of them is seen.
    pub fn predicts_at_least(&self, claims: u32, exposure: f64) -> f64 {
        match self {
            Self::Gamma(gamma) | Self::Shared(gamma) => gamma.predicts_at_least(claims, exposure),
            Self::Mixture(mixture) => mixture.predicts_at_least(claims, exposure),
        }
    }

    /// Spread between batches: the shape of the gamma distribution, infinite when they do not differ, none for a mixture.
    pub fn shape(&self) -> Option<f64> {
        match self {
            Self::Gamma(gamma) => Some(gamma.shape),
            Self::Shared(_) => Some(f64::INFINITY),
            Self::Mixture(_) => None,
        }
    }
}

/// A fitted distribution of rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// What is believed of a batch before its claims are looked at.
    pub prior: Belief,
    /// Log-likelihood of all claims.
    pub ln_likelihood: f64,
}

/// Groups of (claims, exposure) with exposure, and their sums.
pub(super) struct Groups {
    pub(super) with_exposure: Vec<(u32, f64)>,
    pub(super) claims: f64,
    pub(super) exposure: f64,
}

impl Groups {
    /// Groups without exposure are left out; claims without exposure are refused.
    pub(super) fn of(groups: &[(u32, f64)]) -> Result<Self, Lack> {
        let mut kept = Self { with_exposure: Vec::with_capacity(groups.len()), claims: 0.0, exposure: 0.0 };
        for &(claims, exposure) in groups {
            if at_least_zero(exposure)? > 0.0 {
                kept.with_exposure.push((claims, exposure));
                kept.claims += f64::from(claims);
                kept.exposure += exposure;
            } else if claims > 0 {
                return Err(Lack::OutOfRange);
            }
        }
        exposed(kept.exposure)?;
        Ok(kept)
    }

    /// One rate for all. Without any claim, by Jeffreys' prior: as if half a claim had been seen.
    fn shared(&self) -> Fit {
        let gamma = Gamma { shape: if self.claims > 0.0 { self.claims } else { 0.5 }, rate: self.exposure };
        let rate = self.claims / self.exposure;
        let ln_likelihood = self.with_exposure.iter().map(|(y, e)| poisson::ln_probability(*y, rate * e)).sum();
        Fit { prior: Belief::Shared(gamma), ln_likelihood }
    }

    /// `Σ (y − rate E)² − y`: how much more than chance the groups spread about `rate`, in squared claims.
    fn excess(&self, rate: f64) -> f64 {
        self.with_exposure.iter().map(|(y, e)| (f64::from(*y) - rate * e).powi(2) - f64::from(*y)).sum()
    }
}

/// The gamma distribution of rates that makes `(claims, exposure)` of the groups likeliest (marginal maximum likelihood, a negative
/// binomial regression without covariates: Robbins 1956; Clayton and Kaldor 1987, *Biometrics* 43:671).
///
/// Groups that spread no more than chance have no gamma distribution: one rate for all, [`Belief::Shared`]. So have groups without any
/// claim, with Jeffreys' prior. No exposure at all: [`Lack::NoExposure`].
pub fn fit(groups: &[(u32, f64)]) -> Answer<Fit> {
    let fit = || {
        let groups = Groups::of(groups)?;
        let shared = groups.shared();
        let rate = groups.claims / groups.exposure;
        let excess = groups.excess(rate);
        if groups.claims <= 0.0 || excess <= 0.0 {
            return Ok(shared);
        }
        let squares: f64 = groups.with_exposure.iter().map(|(_, e)| e * e).sum();
        let shape = (rate * rate * squares / excess).clamp(1e-3, 1e6);
        let start = vec![shape.ln(), (shape / rate).ln()];
        let marginal = Marginal::of(&groups.with_exposure);
        let peak = climb(|at| marginal.at(at), start).ok_or(Lack::Unsettled)?;
        if peak.local.value - shared.ln_likelihood < NO_GAIN {
            return Ok(shared);
        }
        Ok(Fit { prior: Belief::Gamma(gamma_at(&peak.at)), ln_likelihood: peak.local.value })
    };
    fit().into()
}

fn gamma_at(at: &[f64]) -> Gamma {
    match at {
        [shape, rate, ..] => Gamma { shape: shape.exp(), rate: rate.exp() },
        _ => Gamma { shape: f64::NAN, rate: f64::NAN },
    }
}

/// The log-likelihood of all groups, arranged so that a group costs one logarithm: what depends on the claims alone is done once for each
/// count that occurs, what depends on neither parameter once for all.
struct Marginal<'a> {
    cells: &'a [(u32, f64)],
    /// Each count that occurs, and how often.
    counts: Vec<(u32, f64)>,
    /// `Σ y ln E − ln y!`.
    constant: f64,
}

impl<'a> Marginal<'a> {
    fn of(cells: &'a [(u32, f64)]) -> Self {
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        let mut constant = 0.0;
        for (y, e) in cells {
            *counts.entry(*y).or_default() += 1.0;
            constant += f64::from(*y) * e.ln() - ln_factorial(*y);
        }
        Self { cells, counts: counts.into_iter().collect(), constant }
    }

    /// [`Gamma::slopes`] summed over the groups.
    fn at(&self, at: &[f64]) -> Local {
        let Gamma { shape: a, rate: b } = gamma_at(at);
        let (mut value, mut by_a, mut rise_aa) = (self.constant, 0.0, 0.0);
        for (y, times) in &self.counts {
            let (rise, once, twice) = rising(a, *y);
            value += times * rise;
            by_a += times * once;
            rise_aa += times * twice;
        }
        let (mut by_b, mut ab, mut bb) = (0.0, 0.0, 0.0);
        for (y, e) in self.cells {
            let claims = a + f64::from(*y);
            let grown = (e / b).ln_1p();
            let kept = b / (b + e);
            value -= claims * grown + f64::from(*y) * b.ln();
            by_a -= grown;
            by_b += a - claims * kept;
            ab += a * (1.0 - kept);
            bb -= claims * kept * (1.0 - kept);
        }
        let mut information = Square::zero(2);
        for (row, column, curve) in [(0, 0, a * by_a + a * a * rise_aa), (0, 1, ab), (1, 0, ab), (1, 1, bb)] {
            information.add(row, column, -curve);
        }
        Local { value, gradient: vec![a * by_a, by_b], information }
    }
}

/// What to believe of a group before its own claims: [`fit`], or with fewer than [`FEWEST_GROUPS`] groups a gamma distribution about the
/// pooled rate with [`FIXED_SHAPE`], because so few groups do not tell how much groups differ.
pub fn prior(groups: &[(u32, f64)]) -> Answer<Fit> {
    let prior = || {
        let known = Groups::of(groups)?;
        if known.with_exposure.len() >= FEWEST_GROUPS || known.claims <= 0.0 {
            return fit(groups).or_lack();
        }
        let gamma = Gamma { shape: FIXED_SHAPE, rate: FIXED_SHAPE * known.exposure / known.claims };
        let ln_likelihood = known.with_exposure.iter().map(|(y, e)| gamma.ln_predictive(*y, *e)).sum();
        Ok(Fit { prior: Belief::Gamma(gamma), ln_likelihood })
    };
    prior().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(fit(&[]).lack(), Some(Lack::NoExposure));
        assert_eq!(fit(&[(2, 0.0), (1, 4.0)]).lack(), Some(Lack::OutOfRange));
        let zero = fit(&[(0, 10.0), (0, 40.0)]).known().unwrap();
        assert_eq!(zero.prior, Belief::Shared(Gamma { shape: 0.5, rate: 50.0 }));
        assert_eq!(zero.ln_likelihood, 0.0);
        let one = fit(&[(5, 10.0)]).known().unwrap().prior;
        assert_eq!((one.shape(), one.mean()), (Some(f64::INFINITY), 0.5));
        let few = prior(&[(5, 10.0), (0, 10.0)]).known().unwrap().prior;
        assert_eq!(few, Belief::Gamma(Gamma { shape: 4.0, rate: 16.0 }));
    }

    #[test]
    fn slopes_are_derivatives() {
        let gamma = |at: &[f64]| gamma_at(at);
        for (y, e) in [(0, 0.7), (3, 2.0), (40, 11.0)] {
            let at = [0.4_f64, -0.3];
            let here = gamma(&at).slopes(y, e);
            let h = 1e-5;
            for i in 0..2 {
                let (mut up, mut down) = (at, at);
                up[i] += h;
                down[i] -= h;
                let (up, down) = (gamma(&up).slopes(y, e), gamma(&down).slopes(y, e));
                assert!(((up.value - down.value) / (2.0 * h) - here.by[i]).abs() < 1e-7);
                assert!(((up.by[0] - down.by[0]) / (2.0 * h) - here.twice[i]).abs() < 1e-6);
                assert!(((up.by[1] - down.by[1]) / (2.0 * h) - here.twice[i + 1]).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_likelihood_is_the_sum_over_groups() {
        let cells = [(0, 0.7), (3, 2.0), (3, 5.0), (40, 11.0)];
        let at = [0.4_f64, -0.3];
        let all = Marginal::of(&cells).at(&at);
        let each: Vec<Slopes> = cells.iter().map(|(y, e)| gamma_at(&at).slopes(*y, *e)).collect();
        let close = |one: f64, other: f64| assert!((one - other).abs() < 1e-10, "{one} {other}");
        close(all.value, each.iter().map(|one| one.value).sum());
        for i in 0..2 {
            close(all.gradient[i], each.iter().map(|one| one.by[i]).sum());
            for k in 0..2 {
                close(-all.information.at(i, k), each.iter().map(|one| one.twice[i + k]).sum());
            }
        }
    }

    #[test]
    fn predictive_tail_is_the_sum_of_probabilities() {
        let gamma = Gamma { shape: 0.9, rate: 1.4 };
        let sum: f64 = (3..400).map(|y| gamma.ln_predictive(y, 2.0).exp()).sum();
        assert!((gamma.predicts_at_least(3, 2.0) - sum).abs() < 1e-12);
    }

    #[test]
    fn small_groups_stay_near_the_average() {
        let groups: Vec<(u32, f64)> = (0..40).map(|i| if i % 4 == 0 { (30, 10.0) } else { (8, 10.0) }).chain([(2, 0.2)]).collect();
        let prior = fit(&groups).known().unwrap().prior;
        let small = prior.given(2, 0.2).mean();
        assert!(small < 2.5 && small > prior.mean(), "{small}");
        assert!(prior.given(30, 10.0).above(2.0 * prior.mean()) > prior.given(2, 0.2).above(2.0 * prior.mean()));
    }
}
