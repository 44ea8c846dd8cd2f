//! The excess of a lot: what part of its claims is surely its own, and how several elevated factors share it.

use std::collections::BTreeMap;

use num_bigint::BigUint;
use num_traits::FromPrimitive;

use super::matter::{Excess, Sample};
use super::shares::{Role, Shares, WHOLE, in_proportion, whole_part};
use crate::kernel::saturating;

/// The probability at the low end of every bound that charges somebody.
const LOW: f64 = 0.05;

/// The quantile of the standard normal distribution at 1 − [`LOW`].
const Z: f64 = 1.644_853_626_951_472_2;

/// 2⁶⁴: what makes a weight whole without losing any of a float's digits that a micro-share could show.
const SCALE: f64 = 18_446_744_073_709_551_616.0;

/// A number below 2⁵³ as a float, exactly.
fn float(number: u64) -> f64 {
    let (high, low) = (saturating::<u32>(number >> 32), saturating::<u32>(number & u64::from(u32::MAX)));
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

fn from_micro(micro: u64) -> f64 {
    float(micro) / f64::from(WHOLE)
}

impl Excess {
    /// The attributable fraction at its lower bound, in micro-shares rounded down: `1 − 1/RR₀.₀₅`, not below zero, where `RR₀.₀₅` is the
    /// 5 % quantile of the rate ratio's posterior `Γ(shape + observed, rate + expected)` (gamma-Poisson; Greenland and Robins 1988 for the
    /// fraction). With few claims it is far below `1 − expected/observed`; as they come in it rises to it. Zero where no more was observed than
    /// expected.
    pub fn attributable(&self) -> u32 {
        if u64::from(self.observed) * u64::from(WHOLE) <= self.expected_micro {
            return 0;
        }
        let ratio = lower_gamma_quantile(from_micro(self.shape_micro) + f64::from(self.observed), LOW)
            / (from_micro(self.rate_micro) + from_micro(self.expected_micro));
        if ratio > 1.0 { whole_part((1.0 - 1.0 / ratio) * f64::from(WHOLE)) } else { 0 }
    }

    /// How the factors share the excess: by Shapley's value of the game in which a set of factors is worth the excess that it alone
    /// would make, `E·(∏ RR − 1)`. Empty when none is elevated.
    pub fn shared(&self) -> Shares {
        let elevations: Vec<f64> = self.factors.iter().map(|factor| from_micro(factor.ratio_micro.into()) - 1.0).collect();
        let mut weights: BTreeMap<Role, BigUint> = BTreeMap::new();
        for (factor, value) in self.factors.iter().zip(shapley_of_product(&elevations)) {
            *weights.entry(factor.role).or_default() += BigUint::from_f64(value * SCALE).unwrap_or_default();
        }
        in_proportion(&weights)
    }
}

impl Sample {
    /// The part of the returned pieces that the analysis surely confirms, in micro-shares rounded down: the lower bound of Wilson's interval
    /// (1927) at 5 %. Nothing analysed confirms nothing.
    pub fn recognised(self) -> u32 {
        whole_part(wilson_lower(self.confirmed, self.analysed, Z) * f64::from(WHOLE))
    }
}

/// The lower bound of Wilson's interval for `hits` of `of`, `z` standard deviations below. Zero when `of` is.
pub(super) fn wilson_lower(hits: u32, of: u32, z: f64) -> f64 {
    if hits == 0 || of == 0 {
        return 0.0;
    }
    let (n, share) = (f64::from(of), f64::from(hits) / f64::from(of));
    let middle = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - spread) / (1.0 + z * z / n)).clamp(0.0, 1.0)
}

/// Shapley's values of the game `v(S) = ∏_{j∈S} (1 + xⱼ) − 1`, in the order of `elevations`; they sum to `v` of all.
///
/// By Owen's integral (1972) the value is `∫₀¹ xᵢ ∏_{j≠i} (1 + t·xⱼ) dt = xᵢ Σₖ eₖ/(k + 1)`, `eₖ` being the elementary symmetric
/// polynomials of the others: exact for any number of players without the 2ⁿ coalitions. The others are taken in order of size, so that
/// equal players get the same to the last bit. With `x = −p` it is the noisy-or game `1 − ∏ (1 − pⱼ)`, negated.
pub(super) fn shapley_of_product(elevations: &[f64]) -> Vec<f64> {
    let value = |(place, own): (usize, &f64)| {
        let mut others: Vec<f64> = elevations.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, x)| *x).collect();
        others.sort_by(f64::total_cmp);
        let mut symmetric = vec![1.0];
        for x in others {
            let shifted = std::iter::once(0.0).chain(symmetric.iter().map(|e| e * x));
            symmetric = symmetric.iter().copied().chain(std::iter::once(0.0)).zip(shifted).map(|(kept, taken)| kept + taken).collect();
        }
        let degrees = (1..=u32::MAX).map(f64::from);
        own * symmetric.iter().zip(degrees).map(|(e, degree)| e / degree).sum::<f64>()
    };
    elevations.iter().enumerate().map(value).collect()
}

/// The quantile at `probability` of a ratio that was `Γ(shape, shape)` before so many claims came where `expected` were to, all in millionths; in
/// millionths rounded down.
pub(super) fn posterior_quantile((shape, expected): (u64, u64), claims: u32, probability: f64) -> u64 {
    let quantile = gamma_quantile(from_micro(shape) + f64::from(claims), probability) / (from_micro(shape) + from_micro(expected));
    whole_micro(quantile)
}

/// The quantile at `probability` (at most ½) of the gamma distribution of shape `shape` and rate 1.
fn lower_gamma_quantile(shape: f64, probability: f64) -> f64 {
    quantile_between(0.0, shape, shape, probability)
}

/// The same for any probability up to 0.999. Ten standard deviations above the mean lie above that, and so does what a shape near zero needs.
fn gamma_quantile(shape: f64, probability: f64) -> f64 {
    if probability <= 0.5 {
        lower_gamma_quantile(shape, probability)
    } else {
        quantile_between(0.0, shape + 10.0 * shape.sqrt() + 30.0, shape, probability)
    }
}

/// Bisection down to neighbouring floats. The shape lies above the median.
fn quantile_between(mut low: f64, mut high: f64, shape: f64, probability: f64) -> f64 {
    for _ in 0..1_100 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if gamma_below(shape, middle) < probability { low = middle } else { high = middle }
    }
    low
}

/// Whole millionths in a ratio.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped below 2^53; NaN gives 0")]
fn whole_micro(ratio: f64) -> u64 {
    (ratio * f64::from(WHOLE)).clamp(0.0, 9e15) as u64
}

/// The regularised lower incomplete gamma function `P(a, x)` for `x > 0`.
///
/// The lower function is `xᵃe⁻ˣ·S` with the series `S = Σ xⁿ/(a(a+1)…(a+n))`, the upper one `xᵃe⁻ˣ·C` with Legendre's continued fraction
/// (Abramowitz and Stegun 6.5.29 and 6.5.31). In `P = S/(S + C)` the power, the exponential and the gamma function cancel, so that
/// nothing but the four operations is left.
fn gamma_below(a: f64, x: f64) -> f64 {
    let series = series(a, x);
    series / (series + upper(a, x))
}

fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut next = a;
    loop {
        next += 1.0;
        term *= x / next;
        let longer = sum + term;
        if longer == sum {
            return sum;
        }
        sum = longer;
    }
}

/// `Γ(b, x)·x⁻ᵇeˣ` by the continued fraction where it converges well, for the largest `b = a − n` not above `max(x, 1)`; then up to `a` by
/// `Γ(b + 1, x) = b·Γ(b, x) + xᵇe⁻ˣ`, in which every term is positive.
fn upper(a: f64, x: f64) -> f64 {
    let steps = (a - x.max(1.0)).ceil().max(0.0);
    let mut b = a - steps;
    if b <= 0.0 {
        b += 1.0;
    }
    let mut value = continued_fraction(b, x);
    while b < a - 0.5 {
        value = (b * value + 1.0) / x;
        b += 1.0;
    }
    value
}

/// Lentz's method as modified by Thompson and Barnett (1986).
fn continued_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value == 0.0 { TINY } else { value };
    let mut denominator = away_from_zero(x + 1.0 - a);
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / denominator;
    let mut value = d;
    let mut n = 0.0;
    while n < 100_000.0 {
        n += 1.0;
        denominator += 2.0;
        let numerator = n * (a - n);
        d = 1.0 / away_from_zero(numerator * d + denominator);
        c = away_from_zero(denominator + numerator / c);
        let next = value * (d * c);
        if next == value {
            break;
        }
        value = next;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, tolerance: f64) {
        assert!((left - right).abs() <= tolerance * right.abs(), "{left} is not {right}");
    }

    /// Chi-square quantiles at 5 % (half of them, with half the degrees of freedom), and the exponential distribution's.
    #[test]
    fn gamma_quantiles_are_those_of_the_tables() {
        for (degrees, quantile) in [(1.0, 0.003_932_140), (2.0, 0.102_586_6), (10.0, 3.940_299), (30.0, 18.492_66), (100.0, 77.929_47)] {
            close(lower_gamma_quantile(degrees / 2.0, 0.05), quantile / 2.0, 1e-6);
        }
        close(lower_gamma_quantile(1.0, 0.05), 0.051_293_294_387_550_58, 1e-14);
        for (degrees, quantile) in [(1.0, 3.841_459), (2.0, 5.991_465), (10.0, 18.307_04), (100.0, 124.342_1)] {
            close(gamma_quantile(degrees / 2.0, 0.95), quantile / 2.0, 1e-6);
        }
        // Wilson and Hilferty's approximation for a large shape.
        let ninth: f64 = 1.0 / (9.0 * 100_008.0);
        close(lower_gamma_quantile(100_008.0, 0.05), 100_008.0 * (1.0 - ninth - Z * ninth.sqrt()).powi(3), 1e-8);
    }

    #[test]
    fn gamma_below_is_what_integers_make_it() {
        // P(n, x) = 1 − e⁻ˣ Σ_{k<n} xᵏ/k! for whole n.
        for (n, x) in [(1_u32, 0.01_f64), (1, 1.0), (3, 0.5), (3, 2.9), (8, 4.0), (20, 11.0), (20, 20.0), (48, 37.2)] {
            let mut term = 1.0;
            let mut sum = 0.0;
            for k in 0..n {
                sum += term;
                term *= x / f64::from(k + 1);
            }
            close(gamma_below(f64::from(n), x), 1.0 - (-x).exp() * sum, 1e-10);
        }
    }

    #[test]
    fn wilson_bounds() {
        close(wilson_lower(12, 315, 1.959_963_984_540_054), 0.02192411657407878, 1e-12);
        assert_eq!(wilson_lower(0, 80, 1.96).to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson_lower(0, 0, 1.96).to_bits(), 0.0_f64.to_bits());
    }

    /// Over all orders of arrival, as it is defined.
    fn by_definition(worth: &dyn Fn(u32) -> f64, players: u32) -> Vec<f64> {
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        (0..players)
            .map(|player| {
                (0..1_u32 << players)
                    .filter(|set| set & (1 << player) == 0)
                    .map(|set| {
                        let size = set.count_ones();
                        let weight = factorial(size) * factorial(players - size - 1) / factorial(players);
                        weight * (worth(set | 1 << player) - worth(set))
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn shapley_is_what_it_is_defined_as() {
        for elevations in [vec![1.0, 0.5], vec![0.2, 3.0, 0.0, 1.5], vec![-0.6, -0.3, -0.1], vec![0.7, 0.7, 0.1, 0.9, 2.0, 0.4, 0.3]] {
            let worth =
                |set: u32| (0_u32..).zip(&elevations).filter(|(j, _)| set & (1 << j) != 0).map(|(_, x)| 1.0 + x).product::<f64>() - 1.0;
            let expected = by_definition(&worth, u32::try_from(elevations.len()).unwrap());
            for (value, expected) in shapley_of_product(&elevations).into_iter().zip(expected) {
                assert!((value - expected).abs() < 1e-12, "{value} is not {expected} in {elevations:?}");
            }
        }
    }

    #[test]
    fn shapley_of_two_rate_ratios_and_of_a_noisy_or() {
        let values: Vec<f64> = shapley_of_product(&[1.0, 0.5]).into_iter().map(|value| 100.0 * value).collect();
        assert_eq!(values, [125.0, 75.0]);
        for (value, expected) in shapley_of_product(&[-0.6, -0.3, -0.1]).into_iter().zip([0.486, 0.201, 0.061]) {
            close(-value, expected, 1e-12);
        }
    }
}
