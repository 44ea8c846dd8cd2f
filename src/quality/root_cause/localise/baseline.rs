//! What each cell would have claimed if nothing were wrong, and how far innocent cells differ.

use std::collections::{BTreeSet, HashMap};

use super::likelihood::{Site, lift, log_likelihood, peak, rising};
use super::table::Cell;

/// Expected claims per cell, with how uncertain each expectation is.
#[derive(Clone, Debug)]
pub struct Baseline {
    sites: Vec<Site>,
    /// Per cell, the part of the over-dispersion that comes from a short history: `1 / (past claims + prior claims)`.
    unsure: Vec<f64>,
    /// The part common to all cells: innocent differences and drift.
    spread: f64,
}

/// Innocent cells are never assumed to differ by less than this (a coefficient of variation of 3 %), nor by more than 170 %.
const SPREAD: (f64, f64) = (1e-3, 3.0);

impl Baseline {
    /// From each cell's own past, shrunk towards the past of all: the cell's rate is Gamma with mean `g` (the pooled past rate) and weight
    /// `κ` (in exposure), so the expectation is `n (h + κ g) / (H + κ)`, and the count to come is negative binomial with over-dispersion
    /// `1 / (h + κ g)` (Gamma-Poisson; Robbins 1956, Lawless 1987). `κ` maximises the marginal likelihood of the past. Nothing is set by hand.
    ///
    /// Without any past every cell is expected to claim at the pooled rate of now.
    pub fn of_past(cells: &[Cell]) -> Self {
        let past_claims: f64 = cells.iter().map(|cell| f64::from(cell.past_claims)).sum();
        let past_exposure: f64 = cells.iter().map(|cell| cell.past_exposure).sum();
        if past_exposure <= 0.0 {
            return Self::of_exposure(cells);
        }
        let rate = (past_claims + 0.5) / past_exposure;
        let weight = prior_weight(cells, rate);
        Self::of(
            cells,
            |cell| cell.exposure * (f64::from(cell.past_claims) + weight * rate) / (cell.past_exposure + weight),
            |cell| (f64::from(cell.past_claims) + weight * rate).recip(),
        )
    }

    /// From the exposure alone: all cells claim at the pooled rate of now.
    pub fn of_exposure(cells: &[Cell]) -> Self {
        let claims: f64 = cells.iter().map(|cell| f64::from(cell.claims)).sum();
        let exposure: f64 = cells.iter().map(|cell| cell.exposure).sum();
        let rate = if exposure > 0.0 { (claims + 0.5) / exposure } else { 0.0 };
        Self::of(cells, |cell| cell.exposure * rate, |_| 0.0)
    }

    fn of(cells: &[Cell], expected: impl Fn(&Cell) -> f64, unsure: impl Fn(&Cell) -> f64) -> Self {
        let unsure: Vec<f64> = cells.iter().map(unsure).collect();
        let sites = cells
            .iter()
            .zip(&unsure)
            .map(|(cell, unsure)| Site { claims: f64::from(cell.claims), expected: expected(cell).max(1e-9), spread: SPREAD.0 + unsure })
            .collect();
        Self { sites, unsure, spread: SPREAD.0 }
    }

    /// The cells as the likelihood sees them.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Over-dispersion common to all cells: the variance of innocent cells is `mean + spread × mean²`.
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// The sites of some cells.
    pub fn at<'a>(&'a self, cells: &'a [usize]) -> impl Iterator<Item = Site> + Clone + 'a {
        cells.iter().filter_map(|&at| self.sites.get(at).copied())
    }

    /// Multiplies the expectation of some cells: the deflation that follows a cause that has been found.
    pub fn raise(&mut self, cells: &[usize], ratio: f64) {
        for &at in cells {
            if let Some(site) = self.sites.get_mut(at) {
                site.expected *= ratio;
            }
        }
    }

    /// Sets the level of all cells to that of the cells outside all `causes`, so that a season in which everything is worse blames nobody,
    /// and fits the common over-dispersion to what the causes leave over, by maximum likelihood.
    pub fn settle(&mut self, causes: &[&[usize]]) {
        let apart: BTreeSet<usize> = causes.iter().flat_map(|cells| cells.iter().copied()).collect();
        let outside = self.sites.iter().enumerate().filter(|(at, _)| !apart.contains(at));
        let (claims, expected) = outside.fold((0.5, 0.5), |(claims, expected), (_, site)| (claims + site.claims, expected + site.expected));
        for site in &mut self.sites {
            site.expected *= claims / expected;
        }
        let mut residual = self.clone();
        for cells in causes {
            let ratio = lift(residual.at(cells)).ratio;
            residual.raise(cells, ratio);
        }
        // What depends on the count and the history alone is worked out once for each that occurs.
        let mut counts: Vec<(f64, f64)> = Vec::new();
        let mut places: HashMap<(u64, u64), usize> = HashMap::new();
        let mut cells: Vec<(Site, f64, usize)> = Vec::with_capacity(residual.sites.len());
        for (site, unsure) in residual.sites.into_iter().zip(&self.unsure).filter(|(site, _)| site.expected > 1e-6) {
            let place = *places.entry((site.claims.to_bits(), unsure.to_bits())).or_insert_with(|| {
                counts.push((site.claims, *unsure));
                counts.len() - 1
            });
            cells.push((site, *unsure, place));
        }
        let likelihood = |common: f64| {
            let rises: Vec<f64> = counts.iter().map(|(claims, unsure)| rising((common + unsure).recip(), *claims)).collect();
            let of = |(site, unsure, place): &(Site, f64, usize)| {
                log_likelihood(Site { spread: common + unsure, ..*site }, rises.get(*place).copied().unwrap_or_default())
            };
            cells.iter().map(of).sum()
        };
        self.spread = peak(SPREAD.0.ln(), SPREAD.1.ln(), 18, |spread| likelihood(spread.exp())).exp();
        for (site, unsure) in self.sites.iter_mut().zip(&self.unsure) {
            site.spread = self.spread + unsure;
        }
    }
}

/// The weight `κ` (in exposure) of the pooled past rate, at the peak of the marginal likelihood of the cells' past:
/// `Σ ln Γ(h + κg) − ln Γ(κg) + κg ln(κ/(κ + H)) + h ln(H/(κ + H))`; between 0.01 and 10,000 prior claims.
fn prior_weight(cells: &[Cell], rate: f64) -> f64 {
    let past: Vec<(f64, f64)> =
        cells.iter().filter(|cell| cell.past_exposure > 0.0).map(|cell| (f64::from(cell.past_claims), cell.past_exposure)).collect();
    let marginal = |prior_claims: f64| {
        let weight = prior_claims / rate;
        past.iter()
            .map(|&(claims, exposure)| {
                let seen = if claims > 0.0 { rising(prior_claims, claims) + claims * (exposure / (weight + exposure)).ln() } else { 0.0 };
                seen - prior_claims * (exposure / weight).ln_1p()
            })
            .sum::<f64>()
    };
    peak(0.01f64.ln(), 1e4f64.ln(), 22, |log| marginal(log.exp())).exp() / rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(claims: u32, exposure: f64, past_claims: u32, past_exposure: f64) -> Cell {
        Cell { claims, exposure, past_claims, past_exposure }
    }

    #[test]
    fn cells_alike_in_the_past_are_expected_to_claim_alike() {
        let baseline = Baseline::of_past(&[cell(0, 10.0, 100, 1_000.0), cell(0, 10.0, 1_010, 10_000.0), cell(0, 10.0, 0, 0.0)]);
        for site in baseline.sites() {
            assert!((site.expected - 1.0).abs() < 0.02, "{site:?}");
        }
    }

    #[test]
    fn cells_that_differ_keep_their_own_past() {
        let baseline = Baseline::of_past(&[cell(0, 10.0, 100, 1_000.0), cell(0, 10.0, 400, 1_000.0), cell(0, 10.0, 10, 1_000.0)]);
        let expected: Vec<f64> = baseline.sites().iter().map(|site| site.expected).collect();
        assert!((expected[0] - 1.0).abs() < 0.1 && (expected[1] - 4.0).abs() < 0.1 && (expected[2] - 0.1).abs() < 0.05, "{expected:?}");
    }

    #[test]
    fn without_a_past_the_pooled_rate_of_now_is_expected() {
        let baseline = Baseline::of_past(&[cell(30, 100.0, 0, 0.0), cell(10, 300.0, 0, 0.0)]);
        assert!((baseline.sites()[0].expected - 10.125).abs() < 1e-9);
        assert!(Baseline::of_past(&[]).sites().is_empty());
    }

    #[test]
    fn the_level_is_that_of_the_cells_outside() {
        let mut baseline = Baseline::of_past(&[cell(900, 100.0, 100, 100.0), cell(200, 100.0, 100, 100.0), cell(200, 100.0, 100, 100.0)]);
        baseline.settle(&[&[0]]);
        assert!((baseline.sites()[1].expected - 200.0).abs() < 3.0, "{:?}", baseline.sites());
    }

    #[test]
    fn a_spread_that_is_there_is_found() {
        let mut equal = Baseline::of_exposure(&(0..60).map(|_| cell(20, 10.0, 0, 0.0)).collect::<Vec<_>>());
        equal.settle(&[]);
        assert!(equal.spread() < 0.002, "{}", equal.spread());
        // Half of the cells at 10, half at 30 about a mean of 20: a coefficient of variation of one half.
        let cells: Vec<Cell> = (0..60).map(|at| cell(if at % 2 == 0 { 10 } else { 30 }, 10.0, 0, 0.0)).collect();
        let mut apart = Baseline::of_exposure(&cells);
        apart.settle(&[]);
        assert!((0.15..0.35).contains(&apart.spread()), "{}", apart.spread());
    }
}
