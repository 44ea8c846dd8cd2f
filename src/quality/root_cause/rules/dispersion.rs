//! Whether groups differ by more than chance.

use serde::Serialize;

use super::answer::{Answer, Lack, at_least_zero, count};
use super::special::{chi_square_upper, x_ln_ratio};

/// Above this ratio of chi-square to degrees of freedom the groups are said to differ by more than chance, and shrinkage replaces plain
/// rates.
pub const MORE_THAN_CHANCE: f64 = 1.3;

/// The spread of groups about one common rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// Pearson's `Σ(x − E)² / E`.
    pub chi_square: f64,
    /// The likelihood-ratio statistic `2 Σ x ln(x/E)`.
    pub g: f64,
    /// Groups with exposure, less one.
    pub df: f64,
    /// The p-value of `chi_square`.
    pub p: f64,
    /// `chi_square / df`: 1 when groups differ by chance alone.
    pub phi: f64,
}

impl Dispersion {
    /// Whether batches differ by more than chance ([`MORE_THAN_CHANCE`]).
    pub fn more_than_chance(&self) -> bool {
        self.phi > MORE_THAN_CHANCE
    }
}

/// The spread of `(events, exposure)` groups about their pooled rate. Groups without exposure and events are left out.
///
/// One group has nothing to differ from: [`Lack::TooFew`]. Events without exposure: [`Lack::OutOfRange`].
pub fn dispersion(groups: &[(u32, f64)]) -> Answer<Dispersion> {
    let dispersion = || {
        let (mut events, mut exposure, mut used) = (0.0, 0.0, 0);
        for (x, e) in groups {
            let e = at_least_zero(*e)?;
            if e > 0.0 {
                used += 1;
            } else if *x > 0 {
                return Err(Lack::OutOfRange);
            }
            events += f64::from(*x);
            exposure += e;
        }
        if used == 0 {
            return Err(Lack::NoExposure);
        }
        if used == 1 {
            return Err(Lack::TooFew);
        }
        if events <= 0.0 {
            return Err(Lack::NoEvents);
        }
        let rate = events / exposure;
        let pairs = || groups.iter().filter(|(_, e)| *e > 0.0).map(|(x, e)| (f64::from(*x), rate * e));
        let chi_square: f64 = pairs().map(|(x, expected)| (x - expected).powi(2) / expected).sum();
        let g = 2.0 * pairs().map(|(x, expected)| x_ln_ratio(x, expected)).sum::<f64>();
        let df = count(used) - 1.0;
        Ok(Dispersion { chi_square, g, df, p: chi_square_upper(chi_square, df), phi: chi_square / df })
    };
    dispersion().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(dispersion(&[]).lack(), Some(Lack::NoExposure));
        assert_eq!(dispersion(&[(3, 10.0)]).lack(), Some(Lack::TooFew));
        assert_eq!(dispersion(&[(0, 10.0), (0, 4.0)]).lack(), Some(Lack::NoEvents));
        assert_eq!(dispersion(&[(1, 10.0), (2, 0.0)]).lack(), Some(Lack::OutOfRange));
        let even = dispersion(&[(3, 100.0), (3, 100.0)]).known().unwrap();
        assert_eq!((even.chi_square, even.p, even.more_than_chance()), (0.0, 1.0, false));
    }
}
