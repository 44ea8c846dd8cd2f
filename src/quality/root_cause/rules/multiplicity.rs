//! Many questions at once: adjusted p-values, questions that cannot be answered, and the Bayesian false-discovery share.

use serde::Serialize;

use super::answer::count;

/// How p-values are adjusted for how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `m p`: no false finding at all with the probability asked for.
    Bonferroni,
    /// The same guarantee step by step, never weaker (Holm 1979, *Scandinavian Journal of Statistics* 6:65).
    Holm,
    /// The same guarantee for independent tests (Hochberg 1988, *Biometrika* 75:800).
    Hochberg,
    /// The expected share of false findings, for independent or positively dependent tests (Benjamini and Hochberg 1995, *JRSS B* 57:289).
    BenjaminiHochberg,
    /// The same share under any dependence (Benjamini and Yekutieli 2001, *Annals of Statistics* 29:1165).
    BenjaminiYekutieli,
}

/// Adjusted p-values, in the order given. A None (a test that could not be made) stays None and is not counted.
///
/// With `p₍₁₎ ≤ … ≤ p₍ₘ₎`: Holm is the running maximum of `(m−i+1) p₍ᵢ₎`, Hochberg its running minimum from the end, BH that of `m/i ·
/// p₍ᵢ₎`, BY the same times `Σ 1/i`; all at most 1 (R `p.adjust`).
pub fn adjust(p: &[Option<f64>], method: Method) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(at, p)| Some((at, (*p)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let m = count(order.len());
    let harmonic: f64 = (1..=order.len()).map(|i| 1.0 / count(i)).sum();
    let factor = |rank: usize| {
        let i = count(rank + 1);
        match method {
            Method::Bonferroni => m,
            Method::Holm | Method::Hochberg => m - i + 1.0,
            Method::BenjaminiHochberg => m / i,
            Method::BenjaminiYekutieli => harmonic * m / i,
        }
    };
    for (rank, (_, p)) in order.iter_mut().enumerate() {
        *p = (*p * factor(rank)).min(1.0);
    }
    match method {
        Method::Bonferroni => {}
        Method::Holm => running(order.iter_mut(), f64::max),
        Method::Hochberg | Method::BenjaminiHochberg | Method::BenjaminiYekutieli => running(order.iter_mut().rev(), f64::min),
    }
    let mut adjusted = vec![None; p.len()];
    for (at, p) in order {
        if let Some(place) = adjusted.get_mut(at) {
            *place = Some(p);
        }
    }
    adjusted
}

fn running<'a>(values: impl Iterator<Item = &'a mut (usize, f64)>, choose: impl Fn(f64, f64) -> f64) {
    let mut so_far: Option<f64> = None;
    for (_, value) in values {
        *value = so_far.map_or(*value, |before| choose(before, *value));
        so_far = Some(*value);
    }
}

/// Which tests could be significant at all, given the least p-value each can reach: the others only cost the rest their power.
///
/// The smallest `K` such that at most `K` tests can reach `level / K`; those are testable (Tarone 1990, *Biometrics* 46:515; for
/// false-discovery procedures Gilbert 2005, *JRSS C* 54:143).
pub fn testable(least: &[f64], level: f64) -> Vec<bool> {
    let mut sorted = least.to_vec();
    sorted.sort_by(f64::total_cmp);
    let reaching = |bound: f64| sorted.partition_point(|p| *p <= bound);
    let k = (1..=sorted.len()).find(|k| reaching(level / count(*k)) <= *k).unwrap_or(1);
    least.iter().map(|p| *p <= level / count(k)).collect()
}

/// What a Bayesian list promises.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Which are on the list, in the order given.
    pub chosen: Vec<bool>,
    /// How many.
    pub length: usize,
    /// The expected share of false ones among them; 0 for an empty list.
    pub expected_false: f64,
}

/// The longest list, most probable first, whose expected share of false entries is at most `share`: the average of `1 − probability` over
/// it (Newton et al. 2004, *Biostatistics* 5:155; Müller, Parmigiani and Rice 2006). None means "cannot be said", and is never listed.
pub fn list(probability: &[Option<f64>], share: f64) -> Listed {
    let mut order: Vec<(usize, f64)> = probability.iter().enumerate().filter_map(|(at, p)| Some((at, (*p)?))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (mut wrong, mut length, mut expected_false) = (0.0, 0, 0.0);
    for (rank, (_, p)) in order.iter().enumerate() {
        wrong += 1.0 - p;
        let average = wrong / count(rank + 1);
        if average > share {
            break;
        }
        (length, expected_false) = (rank + 1, average);
    }
    let mut chosen = vec![false; probability.len()];
    for (at, _) in order.iter().take(length) {
        if let Some(place) = chosen.get_mut(*at) {
            *place = true;
        }
    }
    Listed { chosen, length, expected_false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_tested_is_not_counted() {
        let p = [Some(0.01), None, Some(0.04)];
        assert_eq!(adjust(&p, Method::Bonferroni), [Some(0.02), None, Some(0.08)]);
        assert_eq!(adjust(&[], Method::BenjaminiHochberg), []);
        assert_eq!(adjust(&[None], Method::Holm), [None]);
    }

    #[test]
    fn small_cells_do_not_eat_power() {
        // Three cells that could be significant, forty that never could.
        let least: Vec<f64> = [1e-9; 3].into_iter().chain([0.2; 40]).collect();
        assert_eq!(testable(&least, 0.05).iter().filter(|testable| **testable).count(), 3);
        assert!(testable(&[], 0.05).is_empty());
    }

    #[test]
    fn a_list_keeps_its_promise() {
        let listed = list(&[Some(0.5), Some(0.99), None, Some(0.8)], 0.3);
        assert_eq!(listed.chosen, [true, true, false, true]);
        assert!((listed.expected_false - 0.71 / 3.0).abs() < 1e-12);
        assert_eq!(list(&[Some(0.4)], 0.3).length, 0);
    }
}
