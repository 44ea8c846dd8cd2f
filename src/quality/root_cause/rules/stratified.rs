//! Comparisons within strata of a rival: Mantel–Haenszel for shares and for rates, and whether one ratio fits every stratum.
//!
//! This is what keeps an innocent supplier innocent: a supplier who delivers to the bad line looks bad over all, and equal within each
//! line.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, count, exposed, inside_unit};
use super::special::{chi_square_upper, normal_quantile};
use super::tables::Table;
use crate::kernel::saturating;

/// One ratio over all strata.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Common {
    /// Odds ratio or rate ratio, exposed to unexposed; infinite when no stratum has an unexposed event.
    pub ratio: f64,
    /// Its interval, from a normal approximation of the logarithm.
    pub interval: Interval,
    /// Chi-square of one degree of freedom against a ratio of 1.
    pub chi_square: f64,
    /// The p-value of that.
    pub p: f64,
    /// Strata that say anything.
    pub strata: u32,
}

/// Whether one ratio fits every stratum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Homogeneity {
    /// Chi-square.
    pub chi_square: f64,
    /// Degrees of freedom: strata less one.
    pub df: f64,
    /// The p-value.
    pub p: f64,
}

impl Homogeneity {
    fn new(chi_square: f64, df: f64) -> Self {
        Self { chi_square, df, p: chi_square_upper(chi_square, df) }
    }
}

/// A table as four numbers `[a, b, c, d]`: exposed with and without the defect, unexposed with and without.
fn numbers(table: &Table) -> [f64; 4] {
    let ([a, b], [c, d]) = (table.exposed, table.unexposed);
    [a, b, c, d].map(f64::from)
}

fn bounds(ratio: f64, variance: f64, confidence: f64) -> Result<Interval, Lack> {
    let z = normal_quantile(0.5 + inside_unit(confidence)? / 2.0);
    if ratio <= 0.0 || !ratio.is_finite() {
        return Ok(Interval { lower: 0.0, upper: f64::INFINITY });
    }
    let reach = (z * variance.sqrt()).exp();
    Ok(Interval { lower: ratio / reach, upper: ratio * reach })
}

/// Mantel–Haenszel odds ratio over strata of defectives and good pieces.
///
/// Ratio `Σ(ad/n) / Σ(bc/n)` and its chi-square (Mantel and Haenszel 1959; with `corrected`, ½ is taken off the difference where it is that
/// large); interval by Robins, Breslow and Greenland (1986, *Biometrics* 42:311). As R `mantelhaen.test`. When no stratum holds both
/// levels, exposed and not, with and without the defect, the two cannot be told apart: [`Lack::Inseparable`].
pub fn odds_ratio(strata: &[Table], corrected: bool, confidence: f64) -> Answer<Common> {
    let common = || {
        let (mut difference, mut variance, mut used) = (0.0, 0.0, 0);
        let (mut r, mut s, mut pr, mut ps_qr, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for [a, b, c, d] in strata.iter().map(numbers) {
            let n = a + b + c + d;
            if n < 2.0 {
                continue;
            }
            let spread = (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1.0));
            used += u32::from(spread > 0.0);
            difference += a - (a + b) * (a + c) / n;
            variance += spread;
            let (p, q, up, down) = ((a + d) / n, (b + c) / n, a * d / n, b * c / n);
            r += up;
            s += down;
            pr += p * up;
            ps_qr += p * down + q * up;
            qs += q * down;
        }
        if variance <= 0.0 {
            return Err(Lack::Inseparable);
        }
        let distance = f64::abs(difference);
        let correction = if corrected && distance >= 0.5 { 0.5 } else { 0.0 };
        let chi_square = (distance - correction).powi(2) / variance;
        let ratio = if s > 0.0 { r / s } else { f64::INFINITY };
        let spread = pr / (2.0 * r * r) + ps_qr / (2.0 * r * s) + qs / (2.0 * s * s);
        Ok(Common { ratio, interval: bounds(ratio, spread, confidence)?, chi_square, p: chi_square_upper(chi_square, 1.0), strata: used })
    };
    common().into()
}

/// Whether one odds ratio fits every stratum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EqualOdds {
    /// Breslow and Day (1980, *Statistical Methods in Cancer Research* I, §4.4).
    pub breslow_day: Homogeneity,
    /// The same with the correction of Tarone (1985, *Biometrika* 72:91), which makes it an efficient score test.
    pub tarone: Homogeneity,
}

/// Breslow–Day test that the odds ratio is the same in all strata. Strata without both levels say nothing and are left out.
///
/// Fewer than two strata that speak: [`Lack::TooFew`]. A common odds ratio of 0 or infinity: [`Lack::Separated`].
pub fn equal_odds(strata: &[Table]) -> Answer<EqualOdds> {
    let test = || {
        let ratio = odds_ratio(strata, false, 0.95).or_lack()?.ratio;
        if ratio <= 0.0 || !ratio.is_finite() {
            return Err(Lack::Separated);
        }
        let (mut chi_square, mut excess, mut variance, mut used) = (0.0, 0.0, 0.0, 0_usize);
        for [a, b, c, d] in strata.iter().map(numbers) {
            let (exposed, defects) = (a + b, a + c);
            if exposed <= 0.0 || c + d <= 0.0 || defects <= 0.0 || b + d <= 0.0 {
                continue;
            }
            // The expected count solves x (d − a + x) = ratio · (exposed − x)(defects − x).
            let (square, linear, constant) = (1.0 - ratio, ratio * (exposed + defects) + (d - a), -ratio * exposed * defects);
            let root = (linear * linear - 4.0 * square * constant).sqrt();
            let expected = if linear >= 0.0 { -2.0 * constant / (linear + root) } else { (root - linear) / (2.0 * square) };
            let spread = 1.0 / (1.0 / expected + 1.0 / (exposed - expected) + 1.0 / (defects - expected) + 1.0 / (d - a + expected));
            chi_square += (a - expected).powi(2) / spread;
            excess += a - expected;
            variance += spread;
            used += 1;
        }
        if used < 2 {
            return Err(Lack::TooFew);
        }
        let df = count(used) - 1.0;
        let tarone = chi_square - excess * excess / variance;
        Ok(EqualOdds { breslow_day: Homogeneity::new(chi_square, df), tarone: Homogeneity::new(tarone, df) })
    };
    test().into()
}

/// Claims and expected claims of the two levels of a factor, in one stratum of its rival.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stratum {
    /// Exposed: claims, and the exposure they came from.
    pub exposed: (u32, f64),
    /// Unexposed: claims, and the exposure they came from.
    pub unexposed: (u32, f64),
}

/// Strata that hold both levels and at least one claim, as `(c₁, e₁, c₀, e₀)`.
fn speaking(strata: &[Stratum]) -> Result<Vec<(f64, f64, f64, f64)>, Lack> {
    let mut speaking = Vec::new();
    for Stratum { exposed: (c1, e1), unexposed: (c0, e0) } in strata {
        match (exposed(*e1), exposed(*e0)) {
            (Ok(e1), Ok(e0)) if *c1 > 0 || *c0 > 0 => speaking.push((f64::from(*c1), e1, f64::from(*c0), e0)),
            (Err(Lack::OutOfRange), _) | (_, Err(Lack::OutOfRange)) => return Err(Lack::OutOfRange),
            _ => {}
        }
    }
    Ok(speaking)
}

/// Mantel–Haenszel rate ratio over strata of claims out of exposure.
///
/// `Σ(c₁e₀/t) / Σ(c₀e₁/t)` with `t = e₀ + e₁`; variance of its logarithm `Σ((c₀+c₁) e₀e₁/t²) / (ΣR·ΣS)` (Greenland and Robins 1985,
/// *Biometrics* 41:55); chi-square `(Σ(c₁ − c e₁/t))² / Σ(c e₀e₁/t²)` without continuity correction. When no stratum holds both levels the
/// factor and its rival always go together: [`Lack::Inseparable`], and nobody is blamed. When they do and no claim fell there:
/// [`Lack::NoEvents`].
pub fn rate_ratio(strata: &[Stratum], confidence: f64) -> Answer<Common> {
    let common = || {
        let speaking = speaking(strata)?;
        if speaking.is_empty() {
            let both = strata.iter().any(|stratum| stratum.exposed.1 > 0.0 && stratum.unexposed.1 > 0.0);
            return Err(if both { Lack::NoEvents } else { Lack::Inseparable });
        }
        let (mut r, mut s, mut difference, mut variance) = (0.0, 0.0, 0.0, 0.0);
        for (c1, e1, c0, e0) in &speaking {
            let all = e1 + e0;
            r += c1 * e0 / all;
            s += c0 * e1 / all;
            difference += c1 - (c1 + c0) * e1 / all;
            variance += (c1 + c0) * e1 * e0 / (all * all);
        }
        let chi_square = difference * difference / variance;
        let ratio = if s > 0.0 { r / s } else { f64::INFINITY };
        Ok(Common {
            ratio,
            interval: bounds(ratio, variance / (r * s), confidence)?,
            chi_square,
            p: chi_square_upper(chi_square, 1.0),
            strata: saturating(speaking.len()),
        })
    };
    common().into()
}

/// Whether one rate ratio fits every stratum: given a stratum's claims `c`, the exposed ones are binomial with share `θe₁ / (θe₁ + e₀)`, θ
/// the common ratio; chi-square over strata, less one degree of freedom (Breslow and Day 1987, II, §3.6).
pub fn equal_rates(strata: &[Stratum]) -> Answer<Homogeneity> {
    let test = || {
        let ratio = rate_ratio(strata, 0.95).or_lack()?.ratio;
        if ratio <= 0.0 || !ratio.is_finite() {
            return Err(Lack::Separated);
        }
        let speaking = speaking(strata)?;
        if speaking.len() < 2 {
            return Err(Lack::TooFew);
        }
        let chi_square = speaking
            .iter()
            .map(|(c1, e1, c0, e0)| {
                let share = ratio * e1 / (ratio * e1 + e0);
                let all = c1 + c0;
                (c1 - all * share).powi(2) / (all * share * (1.0 - share))
            })
            .sum();
        Ok(Homogeneity::new(chi_square, count(speaking.len()) - 1.0))
    };
    test().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A supplier who sends most of its cloth to the bad line, and is no worse than the other on either.
    #[test]
    fn an_innocent_supplier_stays_innocent() {
        let strata = [Stratum { exposed: (80, 800.0), unexposed: (20, 200.0) }, Stratum { exposed: (4, 200.0), unexposed: (16, 800.0) }];
        let crude = super::super::poisson::compare((84, 1000.0), (36, 1000.0), 0.95).known().unwrap();
        assert!(crude.ratio > 2.0 && crude.two_sided < 1e-4);
        let within = rate_ratio(&strata, 0.95).known().unwrap();
        assert!((within.ratio - 1.0).abs() < 1e-12 && within.p > 0.999);
        assert!(equal_rates(&strata).known().unwrap().p > 0.99);
    }

    #[test]
    fn what_goes_together_is_inseparable() {
        let strata = [Stratum { exposed: (80, 800.0), unexposed: (0, 0.0) }, Stratum { exposed: (0, 0.0), unexposed: (16, 800.0) }];
        assert_eq!(rate_ratio(&strata, 0.95).lack(), Some(Lack::Inseparable));
        let tables = [Table { exposed: [5, 50], unexposed: [0, 0] }, Table { exposed: [0, 0], unexposed: [2, 90] }];
        assert_eq!(odds_ratio(&tables, true, 0.95).lack(), Some(Lack::Inseparable));
        assert_eq!(equal_odds(&tables).lack(), Some(Lack::Inseparable));
        let silent = [Stratum { exposed: (0, 8.0), unexposed: (0, 2.0) }];
        assert_eq!(rate_ratio(&silent, 0.95).lack(), Some(Lack::NoEvents));
    }

    #[test]
    fn an_effect_on_one_line_only_is_seen() {
        let strata = [Stratum { exposed: (60, 200.0), unexposed: (10, 200.0) }, Stratum { exposed: (11, 200.0), unexposed: (10, 200.0) }];
        assert!(equal_rates(&strata).known().unwrap().p < 0.01);
    }
}
