//! How often chance alone would look as bad.

use super::chance::{Chance, Differ};
use super::likelihood::{Site, conditional};
use super::suspects::{Candidate, real};

/// Exceedances after which more replicates would not change the verdict (Besag and Clifford 1991).
const ENOUGH: usize = 20;

/// Monte-Carlo p of a suspect's excess against the best of **all** suspects under chance, so that having looked at many is paid for.
///
/// A replicate throws the claims into the cells in proportion to `expected × Gamma(mean 1, variance spread)`, the total kept; the statistic
/// is the conditional Poisson likelihood ratio on counts weighted by `1 / (1 + spread × expected)`, which have a variance equal to their
/// mean (for spread 0 these are the counts). `p = (1 + #{replicates ≥ observed}) / (1 + replicates)`; sequentially, when 20 replicates
/// were as bad, `p = 20 / replicates so far`. No claims, nothing expected: p = 1.
///
/// Without any spread the chance that one suspect reaches a ratio of `x` nats is at most `e^−x` (Chernoff 1952: the ratio is the
/// Kullback–Leibler divergence of a binomial), so that of any is at most `suspects × e^−x`. Where this bound is below anything that the
/// replicates could show it is the answer, and none are drawn.
pub fn p_value(sites: &[Site], accused: &[usize], candidates: &[Candidate], replicates: usize, seed: u64) -> f64 {
    let weighted: Vec<(f64, f64)> = sites
        .iter()
        .map(|site| {
            let weight = (1.0 + site.spread * site.expected).recip();
            (weight, weight * site.expected)
        })
        .collect();
    let mut counts: Vec<f64> = sites.iter().map(|site| site.claims).collect();
    let total: f64 = counts.iter().sum();
    let expected: f64 = weighted.iter().map(|(_, expected)| expected).sum();
    if total <= 0.0 || expected <= 0.0 {
        return 1.0;
    }
    let weigh = |counts: &[f64], cells: &mut Vec<f64>| -> f64 {
        cells.clear();
        cells.extend(counts.iter().zip(&weighted).map(|(count, (weight, _))| weight * count));
        cells.iter().sum()
    };
    let sum = |cells: &[f64], members: &[usize]| members.iter().filter_map(|&at| cells.get(at)).fold(0.0, |sum, more| sum + more);
    let within = |members: &[usize]| members.iter().filter_map(|&at| weighted.get(at)).fold(0.0, |sum, (_, expected)| sum + expected);
    let mut cells = Vec::new();
    let all = weigh(&counts, &mut cells);
    let observed = conditional(sum(&cells, accused), within(accused), all, expected);
    if observed <= 0.0 {
        return 1.0;
    }
    let bound = real(candidates.len()) * (-observed).exp();
    if bound < real(1 + replicates).recip() && sites.iter().all(|site| site.spread <= 0.0) {
        return bound;
    }
    // What is expected of each candidate is the same in every replicate.
    let candidates: Vec<(&[usize], f64)> =
        candidates.iter().map(|candidate| (candidate.cells.as_slice(), within(&candidate.cells))).collect();
    let mut chance = Chance::new(seed);
    let mut as_bad = 0;
    let mut means = Vec::new();
    let mut differ = Differ::by(0.0);
    for done in 1..=replicates {
        means.clear();
        means.extend(sites.iter().map(|site| {
            if !differ.is_by(site.spread) {
                differ = Differ::by(site.spread);
            }
            site.expected * chance.gamma(&differ)
        }));
        chance.multinomial(total, &means, &mut counts);
        let all = weigh(&counts, &mut cells);
        as_bad += usize::from(candidates.iter().any(|(members, within)| exceeds(observed, sum(&cells, members), *within, all, expected)));
        if as_bad == ENOUGH {
            return real(ENOUGH) / real(done);
        }
    }
    real(1 + as_bad) / real(1 + replicates)
}

/// Whether the conditional likelihood ratio reaches a value. χ² bounds the ratio from above and needs no logarithm, so most are settled by it.
fn exceeds(observed: f64, claims: f64, expected: f64, all_claims: f64, all_expected: f64) -> bool {
    let mean = expected * all_claims / all_expected;
    let excess = claims - mean;
    excess > 0.0
        && excess * excess * all_claims >= observed * mean * (all_claims - mean)
        && conditional(claims, expected, all_claims, all_expected) >= observed
}

#[cfg(test)]
mod tests {
    use super::super::suspects::Suspect;
    use super::*;

    fn singles(cells: usize) -> Vec<Candidate> {
        (0..cells).map(|at| Candidate { suspect: Suspect::Node(at), cells: vec![at], length: 0.0 }).collect()
    }

    fn sites(claims: &[f64], spread: f64) -> Vec<Site> {
        claims.iter().map(|&claims| Site { claims, expected: 10.0, spread }).collect()
    }

    #[test]
    fn a_clear_excess_is_not_chance_and_none_is() {
        let candidates = singles(20);
        let mut claims = vec![10.0; 20];
        assert_eq!(p_value(&sites(&claims, 0.0), &[0], &candidates, 199, 1), 1.0);
        claims[0] = 40.0;
        let bound = p_value(&sites(&claims, 0.0), &[0], &candidates, 199, 1);
        assert!(bound > 0.0 && bound < 1e-8, "{bound}");
        assert_eq!(p_value(&sites(&claims, 1e-6), &[0], &candidates, 199, 1), 0.005);
        assert_eq!(p_value(&sites(&[0.0; 20], 0.0), &[0], &candidates, 199, 1), 1.0);
    }

    #[test]
    fn innocent_differences_make_the_same_excess_less_remarkable() {
        let candidates = singles(20);
        let mut claims = vec![10.0; 20];
        claims[0] = 27.0;
        let (tight, loose) =
            (p_value(&sites(&claims, 0.0), &[0], &candidates, 199, 1), p_value(&sites(&claims, 0.4), &[0], &candidates, 199, 1));
        assert!(tight < 0.02 && loose > 0.1, "{tight} {loose}");
    }

    #[test]
    fn under_chance_p_is_below_one_in_twenty_as_often_as_it_should() {
        let candidates = singles(12);
        let mut chance = Chance::new(3);
        let (mut counts, mut reports) = (Vec::new(), 0);
        for seed in 0..400 {
            chance.multinomial(120.0, &[10.0; 12], &mut counts);
            let worst = (0..12).max_by(|&a, &b| counts[a].total_cmp(&counts[b])).unwrap();
            reports += usize::from(p_value(&sites(&counts, 0.0), &[worst], &candidates, 99, seed) <= 0.05);
        }
        assert!((4..=36).contains(&reports), "{reports} of 400");
    }
}
