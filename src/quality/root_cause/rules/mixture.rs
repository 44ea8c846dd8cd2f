//! Factor by defect tables: most cells ordinary, some extreme. A mixture of two gamma distributions of the ratio observed to expected
//! (DuMouchel 1999, *The American Statistician* 53:177, the Gamma-Poisson shrinker). For tables of 200 cells and more; for fewer the one
//! gamma of [`super::shrinkage`] is safer.

use serde::Serialize;

use super::answer::{Answer, Lack};
use super::matrix::Square;
use super::optimise::{Local, climb, root};
use super::shrinkage::{Belief, Fit, Gamma, Groups};
use super::special::digamma;

/// Cells below which a mixture is not fitted.
pub const FEWEST_CELLS: usize = 200;
/// Where the parameters of a fit are cut off, in logarithms: beyond it the likelihood is flat.
const REACH: f64 = 25.0;

/// A rate from `first` with probability `share`, from `second` otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mixture {
    /// Probability of the first, 0..=1.
    pub share: f64,
    /// One distribution.
    pub first: Gamma,
    /// The other.
    pub second: Gamma,
}

/// DuMouchel's start: a wide distribution of extreme ratios, a narrow one of ordinary ratios.
const START: Mixture = Mixture { share: 1.0 / 3.0, first: Gamma { shape: 0.2, rate: 0.1 }, second: Gamma { shape: 2.0, rate: 4.0 } };

impl Mixture {
    fn mixed(&self, each: impl Fn(&Gamma) -> f64) -> f64 {
        self.share * each(&self.first) + (1.0 - self.share) * each(&self.second)
    }

    /// The mean ratio.
    pub fn mean(&self) -> f64 {
        self.mixed(Gamma::mean)
    }

    /// The probability of a ratio above `bound`.
    pub fn above(&self, bound: f64) -> f64 {
        self.mixed(|gamma| gamma.above(bound))
    }

    /// The ratio stayed below with probability `p`: between the quantiles of the two parts.
    pub fn quantile(&self, p: f64) -> f64 {
        let (one, other) = (self.first.quantile(p), self.second.quantile(p));
        let below = |ratio: f64| self.mixed(|gamma| super::special::gamma_lower(gamma.shape, gamma.rate * ratio)) - p;
        root(below, one.min(other), one.max(other)).unwrap_or(if self.share > 0.5 { one } else { other })
    }

    /// The probability that a cell with `claims` against `expected` comes from the first: `Q = [1 + (1−P) f₂ / (P f₁)]⁻¹`.
    pub fn responsible(&self, claims: u32, expected: f64) -> f64 {
        let odds = ((1.0 - self.share) / self.share).ln() + self.second.ln_predictive(claims, expected)
            - self.first.ln_predictive(claims, expected);
        1.0 / (1.0 + odds.exp())
    }

    /// What is believed of a cell's ratio after its claims.
    #[must_use]
    pub fn given(&self, claims: u32, expected: f64) -> Self {
        Self {
            share: self.responsible(claims, expected),
            first: self.first.given(claims, expected),
            second: self.second.given(claims, expected),
        }
    }

    /// The geometric mean ratio `exp E[ln λ]`, `E[ln λ] = Q (ψ(α₁) − ln β₁) + (1−Q)(ψ(α₂) − ln β₂)`; of what is believed *after* the claims
    /// it is DuMouchel's EBGM.
    pub fn geometric_mean(&self) -> f64 {
        self.mixed(|gamma| digamma(gamma.shape) - gamma.rate.ln()).exp()
    }

    /// The probability that a cell of this expectation shows at least so many claims.
    pub fn predicts_at_least(&self, claims: u32, expected: f64) -> f64 {
        self.mixed(|gamma| gamma.predicts_at_least(claims, expected))
    }

    fn parameters(&self) -> Vec<f64> {
        let logit = (self.share / (1.0 - self.share)).ln();
        vec![self.first.shape.ln(), self.first.rate.ln(), self.second.shape.ln(), self.second.rate.ln(), logit]
    }

    fn at(parameters: &[f64]) -> Option<Self> {
        let [a1, b1, a2, b2, logit] = *parameters.first_chunk()?;
        let within = [a1, b1, a2, b2, logit].iter().all(|parameter: &f64| parameter.abs() < REACH);
        within.then(|| Self {
            share: 1.0 / (1.0 + (-logit).exp()),
            first: Gamma { shape: a1.exp(), rate: b1.exp() },
            second: Gamma { shape: a2.exp(), rate: b2.exp() },
        })
    }
}

/// The mixture that makes `(claims, expected)` of the cells likeliest, by Newton climbs from three starts; the best of them.
///
/// The likelihood has flat directions and the two parts may change places: compare log-likelihoods, never parameters.
/// Fewer than [`FEWEST_CELLS`] cells with expectation: [`Lack::TooFew`]. No claim at all: [`Lack::NoEvents`].
pub fn fit(cells: &[(u32, f64)]) -> Answer<Fit> {
    let fit = || {
        let cells = Groups::of(cells)?;
        if cells.with_exposure.len() < FEWEST_CELLS {
            return Err(Lack::TooFew);
        }
        if cells.claims <= 0.0 {
            return Err(Lack::NoEvents);
        }
        let mean = cells.claims / cells.exposure;
        let about = |share: f64, low: f64, high: f64| Mixture {
            share,
            first: Gamma { shape: low, rate: low / mean },
            second: Gamma { shape: high, rate: high / mean },
        };
        let best = [START, about(0.1, 0.5, 5.0), about(0.5, 1.0, 20.0)]
            .iter()
            .filter_map(|start| climb(|at| likelihood(&cells, at), start.parameters()))
            .max_by(|a, b| a.local.value.total_cmp(&b.local.value))
            .ok_or(Lack::Unsettled)?;
        let mixture = Mixture::at(&best.at).ok_or(Lack::Unsettled)?;
        Ok(Fit { prior: Belief::Mixture(mixture), ln_likelihood: best.local.value })
    };
    fit().into()
}

/// With `q` the responsibility of the first part and `gₖ`, `Hₖ` the derivatives of a part's log-probability, a cell adds `q g₁` and `(1−q)
/// g₂` to the slopes, and `q(H₁ + g₁g₁ᵀ)`, `(1−q)(H₂ + g₂g₂ᵀ)` less the outer product of its slopes to the curvatures.
fn likelihood(cells: &Groups, at: &[f64]) -> Local {
    let mut information = Square::zero(5);
    let mut gradient = vec![0.0; 5];
    let Some(mixture) = Mixture::at(at) else {
        return Local { value: f64::NEG_INFINITY, gradient, information };
    };
    let mut value = 0.0;
    let share = mixture.share;
    for (y, e) in &cells.with_exposure {
        let (one, two) = (mixture.first.slopes(*y, *e), mixture.second.slopes(*y, *e));
        let (ln_one, ln_two) = (share.ln() + one.value, (-share).ln_1p() + two.value);
        let top = ln_one.max(ln_two);
        let total = top + ((ln_one - top).exp() + (ln_two - top).exp()).ln();
        let q = (ln_one - total).exp();
        value += total;
        let ([a1, b1], [a2, b2]) = (one.by, two.by);
        let slopes = [q * a1, q * b1, (1.0 - q) * a2, (1.0 - q) * b2, q - share];
        for (sum, slope) in gradient.iter_mut().zip(slopes) {
            *sum += slope;
        }
        // Raw second moments of each block, then the outer product is taken off.
        for (offset, weight, by, twice) in [(0, q, one.by, one.twice), (2, 1.0 - q, two.by, two.twice)] {
            let ([a, b], [aa, ab, bb]) = (by, twice);
            for (row, column, curve) in [(0, 0, aa + a * a), (0, 1, ab + a * b), (1, 0, ab + a * b), (1, 1, bb + b * b)] {
                information.add(offset + row, offset + column, -weight * curve);
            }
        }
        // The logit of the share: d²/dl² of ln(P f₁ + (1−P) f₂), and its products with the slopes of the parts.
        information.add(4, 4, -(q - share) * (1.0 - 2.0 * share));
        for (k, slope) in [a1, b1].into_iter().enumerate() {
            information.add(k, 4, -q * (1.0 - share) * slope);
            information.add(4, k, -q * (1.0 - share) * slope);
        }
        for (k, slope) in [a2, b2].into_iter().enumerate() {
            information.add(2 + k, 4, (1.0 - q) * share * slope);
            information.add(4, 2 + k, (1.0 - q) * share * slope);
        }
        for (row, left) in slopes.into_iter().enumerate() {
            for (column, right) in slopes.into_iter().enumerate() {
                information.add(row, column, left * right);
            }
        }
    }
    Local { value, gradient, information }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curvature_is_the_derivative_of_the_slope() {
        let Ok(cells) = Groups::of(&[(0, 0.5), (1, 1.0), (12, 3.0), (40, 11.0)]) else { panic!() };
        let at = START.parameters();
        let here = likelihood(&cells, &at);
        let h = 1e-5;
        for i in 0..5 {
            let (mut up, mut down) = (at.clone(), at.clone());
            up[i] += h;
            down[i] -= h;
            let (up, down) = (likelihood(&cells, &up), likelihood(&cells, &down));
            assert!(((up.value - down.value) / (2.0 * h) - here.gradient[i]).abs() < 1e-6);
            for k in 0..5 {
                let curve = (up.gradient[k] - down.gradient[k]) / (2.0 * h);
                assert!((curve + here.information.at(i, k)).abs() < 1e-5, "{i} {k}: {curve} {}", here.information.at(i, k));
            }
        }
    }

    #[test]
    fn few_cells_are_no_mixture() {
        assert_eq!(fit(&[(1, 1.0); 50]).lack(), Some(Lack::TooFew));
        assert_eq!(fit(&[(0, 1.0); 250]).lack(), Some(Lack::NoEvents));
    }

    #[test]
    fn an_extreme_cell_is_seen_among_ordinary_ones() {
        let cells: Vec<(u32, f64)> = (0..300).map(|i| if i % 60 == 0 { (40, 5.0) } else { (3 + i % 5, 5.0) }).collect();
        let prior = fit(&cells).known().unwrap().prior;
        assert!(prior.given(40, 5.0).above(4.0) > 0.99);
        assert!(prior.given(7, 5.0).above(2.0) < 0.2);
    }
}
