//! Shares of a joint excess: the Shapley value of small games (Shapley 1953).
//!
//! A player's share is its marginal contribution averaged over all orders in which players could join. Shares sum to the value of all
//! together, players who contribute the same get the same, and who contributes nothing gets nothing.

use super::answer::{Answer, Lack, count};
use crate::kernel::saturating;

/// Most players for whom all coalitions are counted (4,096 of them).
pub const MOST_PLAYERS: usize = 12;

/// The shares of `players` in a game; `value` of a coalition, given as a bit set with player `i` at bit `i`. `value(0)` is taken as
/// nothing.
///
/// `φᵢ = Σ_S |S|! (n−|S|−1)! / n! · (v(S ∪ i) − v(S))`. More than [`MOST_PLAYERS`]: [`Lack::OutOfRange`].
pub fn shares(players: usize, value: impl Fn(u32) -> f64) -> Answer<Vec<f64>> {
    if players > MOST_PLAYERS {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let values: Vec<f64> = (0..1_u32 << players).map(value).collect();
    // |S|! (n−|S|−1)! / n! = 1 / (n · C(n−1, |S|))
    let mut weights = vec![1.0 / count(players).max(1.0)];
    for size in 1..players {
        let before = weights.last().copied().unwrap_or_default();
        weights.push(before * count(size) / count(players - size));
    }
    let share = |player: usize| {
        let coalitions = values.iter().enumerate().filter(|(coalition, _)| coalition >> player & 1 == 0);
        let gains = coalitions.filter_map(|(coalition, without)| {
            let size = saturating::<usize>(coalition.count_ones());
            Some(weights.get(size)? * (values.get(coalition | 1 << player)? - without))
        });
        gains.sum()
    };
    Answer::Known((0..players).map(share).collect())
}

/// Shares of the excess of claims when factors with rate ratios `ratios` fall together on `expected` claims: `v(S) = expected (Π RR − 1)`.
pub fn of_rate_ratios(expected: f64, ratios: &[f64]) -> Answer<Vec<f64>> {
    shares(ratios.len(), |coalition| expected * (product(coalition, ratios, |ratio| ratio) - 1.0))
}

/// Shares of the probability that at least one of several independent causes struck: `v(S) = 1 − Π (1 − p)`.
pub fn of_causes(probabilities: &[f64]) -> Answer<Vec<f64>> {
    shares(probabilities.len(), |coalition| 1.0 - product(coalition, probabilities, |p| 1.0 - p))
}

fn product(coalition: u32, players: &[f64], each: impl Fn(f64) -> f64) -> f64 {
    players.iter().enumerate().filter(|(player, _)| coalition >> player & 1 == 1).map(|(_, value)| each(*value)).product()
}

/// Shares in proportion to `ln RR`, for more factors than can be counted out. They differ from [`of_rate_ratios`]: say which were used.
/// No factor above 1: [`Lack::NoEvents`].
pub fn log_shares(expected: f64, ratios: &[f64]) -> Answer<Vec<f64>> {
    if ratios.iter().any(|ratio| !ratio.is_finite() || *ratio < 1.0) {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    if sum <= 0.0 {
        return Answer::TooLittle(Lack::NoEvents);
    }
    let excess = expected * (sum.exp() - 1.0);
    Answer::Known(ratios.iter().map(|ratio| excess * ratio.ln() / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_factors_share_the_excess() {
        assert_eq!(of_rate_ratios(100.0, &[2.0, 1.5]), Answer::Known(vec![125.0, 75.0]));
        let logs = log_shares(100.0, &[2.0, 1.5]).known().unwrap();
        assert!((logs[0] - 126.186).abs() < 0.001 && (logs.iter().sum::<f64>() - 200.0).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn shares_sum_and_are_fair(mut ratios in proptest::collection::vec(1.0_f64..4.0, 1..7), expected in 0.1_f64..1000.0) {
            ratios.push(1.0);
            ratios.push(ratios[0]);
            let shares = of_rate_ratios(expected, &ratios).known().unwrap();
            let all = expected * (ratios.iter().product::<f64>() - 1.0);
            proptest::prop_assert!((shares.iter().sum::<f64>() - all).abs() <= 1e-9 * all.max(1.0));
            proptest::prop_assert!(shares[ratios.len() - 2].abs() <= 1e-9 * all.max(1.0));
            proptest::prop_assert!((shares[0] - shares[ratios.len() - 1]).abs() <= 1e-9 * all.max(1.0));
        }
    }

    #[test]
    fn edges_have_answers() {
        assert_eq!(of_rate_ratios(5.0, &[]), Answer::Known(vec![]));
        assert_eq!(of_rate_ratios(5.0, &[2.0; 13]).lack(), Some(Lack::OutOfRange));
        assert_eq!(log_shares(5.0, &[1.0]).lack(), Some(Lack::NoEvents));
    }
}
