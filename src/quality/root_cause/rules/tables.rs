//! Two-by-two tables, exactly: Fisher's test and its stratified form by one conditional distribution.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, inside_unit};
use super::optimise::root_within;
use super::poisson::TIE;
use super::special::{ln_choose, ln_sum_exp};
use crate::kernel::saturating;

/// A two-by-two table: exposed and unexposed pieces, with and without the defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Exposed pieces: with the defect, without.
    pub exposed: [u32; 2],
    /// Unexposed pieces: with the defect, without.
    pub unexposed: [u32; 2],
}

/// Odds ratio and exact p-values, given all margins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Exact {
    /// The conditional maximum-likelihood odds ratio; 0 or infinite at the edge of what the margins allow.
    pub odds_ratio: f64,
    /// Its exact interval.
    pub interval: Interval,
    /// `P` of at least as many exposed defectives when the odds are equal.
    pub greater: f64,
    /// The sum over all tables no likelier when the odds are equal.
    pub two_sided: f64,
}

/// The number of exposed defectives given every margin, at odds ratio 1: `from`, `from + 1`, … with the logarithms of their probabilities.
///
/// At odds ratio `ω` each probability is multiplied by `ωᵏ` and scaled to sum to 1 (the non-central hypergeometric distribution); strata
/// add up by convolution.
#[derive(Clone, Debug)]
struct Given {
    from: u32,
    ln_p: Vec<f64>,
}

impl Given {
    fn of(table: Table) -> Self {
        let [a, b] = table.exposed.map(u64::from);
        let [c, d] = table.unexposed.map(u64::from);
        let fit = |value: u64| saturating::<u32>(value);
        let (exposed, unexposed, defects) = (fit(a + b), fit(c + d), fit(a + c));
        let from = defects.saturating_sub(unexposed);
        let all = ln_choose(exposed.saturating_add(unexposed), defects);
        let ln_p = (from..=exposed.min(defects)).map(|k| ln_choose(exposed, k) + ln_choose(unexposed, defects - k) - all).collect();
        Self { from, ln_p }
    }

    /// The sum of two independent ones.
    fn and(&self, other: &Self) -> Self {
        let length = self.ln_p.len() + other.ln_p.len() - 1;
        let mut p = vec![0.0; length];
        for (i, left) in self.ln_p.iter().enumerate() {
            for (sum, right) in p.iter_mut().skip(i).zip(&other.ln_p) {
                *sum += (left + right).exp();
            }
        }
        Self { from: self.from + other.from, ln_p: p.into_iter().map(f64::ln).collect() }
    }

    /// Counts from 0 above `from` with their probabilities at these odds.
    fn tilted(&self, odds: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let psi = odds.ln();
        let weight = move |(k, ln_p): (u32, &f64)| if k == 0 { *ln_p } else { ln_p + psi * f64::from(k) };
        let total = ln_sum_exp((0..).zip(&self.ln_p).map(weight));
        (0..).zip(&self.ln_p).map(move |(k, ln_p)| (f64::from(k), (weight((k, ln_p)) - total).exp()))
    }

    fn mean(&self, odds: f64) -> f64 {
        self.tilted(odds).map(|(k, p)| k * p).sum()
    }

    fn at_least(&self, step: f64, odds: f64) -> f64 {
        self.tilted(odds).filter(|(k, _)| *k >= step).map(|(_, p)| p).sum()
    }

    fn at_most(&self, step: f64, odds: f64) -> f64 {
        self.tilted(odds).filter(|(k, _)| *k <= step).map(|(_, p)| p).sum()
    }

    fn test(&self, seen: u32, confidence: f64, tolerance: f64) -> Result<Exact, Lack> {
        let tail = (1.0 - inside_unit(confidence)?) / 2.0;
        if self.ln_p.len() < 2 {
            return Err(Lack::NoSpread);
        }
        let place = usize::try_from(seen.saturating_sub(self.from)).map_err(|_| Lack::OutOfRange)?;
        let here = *self.ln_p.get(place).ok_or(Lack::OutOfRange)?;
        let step = f64::from(seen - self.from);
        let (first, last) = (place == 0, place + 1 == self.ln_p.len());
        let mean = || odds_where(|odds| self.mean(odds) - step, tolerance);
        let lower = || odds_where(|odds| self.at_least(step, odds) - tail, tolerance);
        let upper = || odds_where(|odds| tail - self.at_most(step, odds), tolerance);
        let odds_ratio = if first {
            0.0
        } else if last {
            f64::INFINITY
        } else {
            mean()?
        };
        let interval = Interval { lower: if first { 0.0 } else { lower()? }, upper: if last { f64::INFINITY } else { upper()? } };
        let two_sided: f64 = self.ln_p.iter().filter(|p| **p <= here + TIE.ln()).map(|p| p.exp()).sum();
        Ok(Exact { odds_ratio, interval, greater: self.at_least(step, 1.0).min(1.0), two_sided: two_sided.min(1.0) })
    }
}

/// The odds at which a rising function is 0: below 1 on the scale of the odds, above on that of their inverse.
fn odds_where(rising: impl Fn(f64) -> f64, tolerance: f64) -> Result<f64, Lack> {
    let odds = if rising(1.0) >= 0.0 {
        root_within(&rising, 0.0, 1.0, tolerance)
    } else {
        root_within(|inverse: f64| rising(1.0 / inverse), f64::EPSILON, 1.0, tolerance).map(|inverse| 1.0 / inverse)
    };
    odds.ok_or(Lack::Unsettled)
}

/// Fisher's exact test of one table (Fisher 1935; conditional odds ratio and interval as R `fisher.test`).
///
/// When the margins allow one table only nothing can be learnt from it: [`Lack::NoSpread`].
pub fn fisher(table: Table, confidence: f64) -> Answer<Exact> {
    fisher_over(&[table], confidence)
}

/// The exact conditional test over strata: one common odds ratio, every stratum's margins given (Mehta, Patel and Gray 1985, *JASA* 80:969;
/// R `mantelhaen.test(exact = TRUE)`). Costs the product of the strata's ranges; for large strata use [`super::stratified`].
pub fn fisher_over(strata: &[Table], confidence: f64) -> Answer<Exact> {
    fisher_within(strata, confidence, 0.0)
}

/// The same with odds found within `tolerance`.
pub(super) fn fisher_within(strata: &[Table], confidence: f64, tolerance: f64) -> Answer<Exact> {
    let test = || {
        let seen = strata.iter().try_fold(0_u32, |sum, table| sum.checked_add(table.exposed[0])).ok_or(Lack::OutOfRange)?;
        let given = strata.iter().map(|table| Given::of(*table)).reduce(|left, right| left.and(&right)).ok_or(Lack::TooFew)?;
        given.test(seen, confidence, tolerance)
    };
    test().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        let one_way = Table { exposed: [0, 7], unexposed: [0, 9] };
        assert_eq!(fisher(one_way, 0.95).lack(), Some(Lack::NoSpread));
        assert_eq!(fisher_over(&[], 0.95).lack(), Some(Lack::TooFew));
        let all = fisher(Table { exposed: [5, 0], unexposed: [0, 5] }, 0.95).known().unwrap();
        assert_eq!((all.odds_ratio, all.interval.upper), (f64::INFINITY, f64::INFINITY));
        assert!((all.two_sided - 2.0 / 252.0).abs() < 1e-12);
    }

    #[test]
    fn the_bounds_are_where_the_tails_say() {
        let table = Table { exposed: [8, 192], unexposed: [5, 795] };
        let (given, found) = (Given::of(table), fisher(table, 0.95).known().unwrap());
        assert!((given.at_least(8.0, found.interval.lower) - 0.025).abs() < 1e-12);
        assert!((given.at_most(8.0, found.interval.upper) - 0.025).abs() < 1e-12);
        assert!((given.mean(found.odds_ratio) - 8.0).abs() < 1e-10);
    }

    #[test]
    fn swapping_the_rows_turns_the_ratio() {
        let table = Table { exposed: [8, 20], unexposed: [5, 70] };
        let turned = Table { exposed: table.unexposed, unexposed: table.exposed };
        let (one, other) = (fisher(table, 0.9).known().unwrap(), fisher(turned, 0.9).known().unwrap());
        assert!((one.odds_ratio * other.odds_ratio - 1.0).abs() < 1e-9);
        assert!((one.interval.lower * other.interval.upper - 1.0).abs() < 1e-9);
        assert!((one.two_sided - other.two_sided).abs() < 1e-12);
    }
}
