//! How much better the claims of some cells are explained by one common ratio than by chance.

use statrs::function::gamma::ln_gamma;

use crate::quality::root_cause::rules::scan;

/// A cell as the likelihood sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    /// Claims, a count (fractional only in weighted sums).
    pub claims: f64,
    /// Claims expected if nothing were wrong; above 0.
    pub expected: f64,
    /// Over-dispersion: the variance of the claims is `mean + spread × mean²`. 0 is Poisson.
    pub spread: f64,
}

/// A ratio of observed to expected, and what it gains.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lift {
    /// Maximum-likelihood ratio common to all cells, to one in a thousand; only a first estimate where it is not above 1.
    pub ratio: f64,
    /// Log-likelihood gained over ratio 1, in nats; 0 when the ratio is not above 1.
    pub gain: f64,
}

/// Log-likelihood of a negative binomial count with this mean, up to terms without the mean:
/// `y ln μ − (y + 1/τ) ln(1 + τμ)`, or Poisson `y ln μ − μ` where τ vanishes.
fn kernel(claims: f64, mean: f64, spread: f64) -> f64 {
    let excess = if spread * mean < 1e-9 { mean } else { (spread * mean).ln_1p() * (claims + spread.recip()) };
    if claims > 0.0 { claims * mean.ln() - excess } else { -excess }
}

/// The whole negative binomial log-likelihood, for comparing spreads:
/// `ln Γ(y + 1/τ) − ln Γ(1/τ) + y ln(τμ) − (y + 1/τ) ln(1 + τμ)`. `rise` is the first difference, [`rising`] of `1/τ`: it is the same for all cells
/// with as many claims.
pub fn log_likelihood(site: Site, rise: f64) -> f64 {
    let Site { claims, expected, spread } = site;
    let rising = if claims > 0.0 { rise + claims * (spread * expected).ln() } else { 0.0 };
    rising - (claims + spread.recip()) * (spread * expected).ln_1p()
}

/// `ln Γ(a + y) − ln Γ(a)`; for small counts as the finite sum, which is faster and exact.
pub fn rising(a: f64, y: f64) -> f64 {
    if y > 16.0 {
        return ln_gamma(a + y) - ln_gamma(a);
    }
    let (mut product, mut step) = (1.0, 0.0);
    while step < y {
        product *= a + step;
        step += 1.0;
    }
    product.ln()
}

/// Fits one ratio to cells under the negative binomial, and says what it gains: the likelihood-ratio statistic of "these cells are worse by
/// one common factor".
///
/// Cells, not sums, enter: with over-dispersion a cell's weight is `1 / (1 + τ r e)`, so that one large cell cannot speak for a whole lot.
/// Where all cells of a suspect deviate alike, the suspect gains more than any part of it; where a part carries the excess, that part gains
/// more. So comparing gains along a chain of suspects, each within the next, is the homogeneity test of the scan. With spread 0 it is the Poisson scan statistic `c ln(c/e) − (c − e)` of Kulldorff (1997). The ratio solves
/// `Σ wᵢ (yᵢ − r eᵢ) = 0` by iteration (Lawless 1987).
pub fn lift(sites: impl Iterator<Item = Site> + Clone) -> Lift {
    lift_over(sites.clone(), || sites.map(|site| (site, now(site))))
}

/// What the claims of a cell are worth at ratio 1: what a gain is counted from.
pub fn now(site: Site) -> f64 {
    kernel(site.claims, site.expected, site.spread)
}

/// [`lift`], with what the claims of each cell are worth [`now`] at hand: it is the same for every suspect that the cell belongs to.
pub fn lift_over<I: Iterator<Item = (Site, f64)>>(sites: impl Iterator<Item = Site> + Clone, with_now: impl FnOnce() -> I) -> Lift {
    let sums = |ratio: f64| {
        sites.clone().fold((0.0, 0.0), |(claims, expected), site| {
            let weight = (1.0 + site.spread * ratio * site.expected).recip();
            (claims + weight * site.claims, expected + weight * site.expected)
        })
    };
    // The likelihood rises at ratio 1 exactly when its peak is above 1, and most suspects need no more than this look.
    let (claims, expected) = sums(1.0);
    if claims <= 0.0 || expected <= 0.0 {
        return Lift::default();
    }
    let mut ratio = claims / expected;
    if ratio <= 1.0 {
        return Lift { ratio, gain: 0.0 };
    }
    for _ in 0..30 {
        let (claims, expected) = sums(ratio);
        let before = std::mem::replace(&mut ratio, claims / expected);
        if (ratio / before - 1.0).abs() < 1e-3 {
            break;
        }
    }
    let gain = with_now().map(|(site, now)| kernel(site.claims, ratio * site.expected, site.spread) - now).sum::<f64>();
    Lift { ratio, gain: gain.max(0.0) }
}

/// [`scan::conditional`] where claims that were not expected at all are no evidence: 0, not infinite.
pub fn conditional(claims: f64, expected: f64, all_claims: f64, all_expected: f64) -> f64 {
    if expected <= 0.0 { 0.0 } else { scan::conditional(claims, expected, all_claims, all_expected) }
}

/// Place of the highest value of a function of one variable with one peak, by golden section (Kiefer 1953). `steps` shrink the bracket by
/// 0.618 each.
pub fn peak(mut low: f64, mut high: f64, steps: usize, value: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let mut left = high - GOLDEN * (high - low);
    let mut right = low + GOLDEN * (high - low);
    let (mut at_left, mut at_right) = (value(left), value(right));
    for _ in 0..steps {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = value(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = value(right);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(rows: &[(f64, f64)], spread: f64) -> Vec<Site> {
        rows.iter().map(|&(claims, expected)| Site { claims, expected, spread }).collect()
    }

    #[test]
    fn without_spread_it_is_the_poisson_scan() {
        let lift = lift(sites(&[(12.0, 4.0), (18.0, 6.0)], 0.0).into_iter());
        assert!((lift.ratio - 3.0).abs() < 1e-9);
        assert!((lift.gain - (30.0 * 3f64.ln() - 20.0)).abs() < 1e-9, "{lift:?}");
    }

    #[test]
    fn conditional_agrees_with_its_formula() {
        let expected = 30.0 * (30f64 / 10.0).ln() + 70.0 * (70f64 / 90.0).ln();
        assert!((conditional(30.0, 1.0, 100.0, 10.0) - expected).abs() < 1e-12);
        assert_eq!(conditional(10.0, 1.0, 100.0, 10.0), 0.0);
        assert!((conditional(100.0, 1.0, 100.0, 10.0) - 100.0 * 10f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn cells_that_deviate_alike_speak_for_the_whole_and_uneven_ones_for_the_part() {
        let gain = |rows: &[(f64, f64)]| lift(sites(rows, 0.2).into_iter()).gain;
        assert!(gain(&[(30.0, 10.0), (30.0, 10.0), (30.0, 10.0)]) > 2.0 * gain(&[(30.0, 10.0)]));
        assert!(gain(&[(190.0, 20.0), (20.0, 20.0), (20.0, 20.0)]) < gain(&[(190.0, 20.0)]));
    }

    #[test]
    fn one_large_cell_does_not_speak_for_a_lot() {
        let gain = |spread| {
            let large = lift(sites(&[(900.0, 450.0)], spread).into_iter()).gain;
            large / lift(sites(&[(20.0, 10.0); 20], spread).into_iter()).gain
        };
        assert!(gain(0.0) > 2.0 && gain(0.2) < 0.2, "{} {}", gain(0.0), gain(0.2));
    }

    #[test]
    fn nothing_gains_nothing() {
        assert_eq!(lift(std::iter::empty()), Lift::default());
        assert_eq!(lift(sites(&[(0.0, 3.0)], 0.1).into_iter()), Lift::default());
        assert_eq!(lift(sites(&[(3.0, 6.0)], 0.1).into_iter()).gain, 0.0);
    }

    #[test]
    fn the_two_ways_of_a_rising_factorial_agree() {
        for a in [0.01, 0.7, 5.0, 900.0] {
            for y in [0.0, 1.0, 7.0, 16.0] {
                assert!((rising(a, y) - (ln_gamma(a + y) - ln_gamma(a))).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn the_likelihood_of_all_counts_sums_to_one() {
        let total: f64 = (0..400u32)
            .map(|y| {
                let site = Site { claims: f64::from(y), expected: 6.0, spread: 0.5 };
                (log_likelihood(site, rising(2.0, f64::from(y))) - ln_gamma(f64::from(y) + 1.0)).exp()
            })
            .sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn the_peak_is_found() {
        assert!((peak(-4.0, 9.0, 50, |x| -(x - 1.25).powi(2)) - 1.25).abs() < 1e-6);
    }
}
