//! Reporting delay: how much of what has happened is known by now.
//!
//! Claims reach us weeks after the defect shows. A young batch looks innocent because its claims are still on their way; dividing by the
//! share known by now makes it comparable with an old one.

use serde::Serialize;

use super::answer::{Answer, Lack};

/// The share of a period's claims that is known after 0, 1, 2, … further periods; all of them later than the last.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Completeness(Vec<f64>);

impl Completeness {
    /// Everything is known at once.
    pub fn at_once() -> Self {
        Self(Vec::new())
    }

    /// From shares known by lag, as agreed or measured elsewhere. Each must be in 0..=1 and none below the one before.
    pub fn of(shares: Vec<f64>) -> Answer<Self> {
        let sound = shares.iter().all(|share| (0.0..=1.0).contains(share)) && shares.is_sorted();
        if sound { Answer::Known(Self(shares)) } else { Answer::TooLittle(Lack::OutOfRange) }
    }

    /// The share known `lag` periods after.
    pub fn after(&self, lag: usize) -> f64 {
        self.0.get(lag).copied().unwrap_or(1.0)
    }
}

/// How claims of a period come in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delay {
    /// Growth from each lag to the next: known claims after `j+1` periods over known claims after `j`.
    pub factors: Vec<f64>,
    /// What follows from them.
    pub completeness: Completeness,
}

impl Delay {
    /// All claims that a period will come to, by its claims known so far after `lag` periods. None known so far: [`Lack::NoEvents`].
    pub fn ultimate(&self, known: u32, lag: usize) -> Answer<f64> {
        if known == 0 {
            return Answer::TooLittle(Lack::NoEvents);
        }
        Answer::Known(f64::from(known) / self.completeness.after(lag))
    }
}

/// Reads the delay from claims known by lag: one row a period of origin, in any order, each the cumulative count after 0, 1, 2, … periods.
///
/// Growth factors are pooled over the rows that show both lags, `fⱼ = ΣC(j+1) / ΣC(j)` (chain ladder by volume: Mack 1993, *ASTIN Bulletin*
/// 23:213). `1/fⱼ` is one less the reverse-time hazard of reporting at lag `j+1`, so the completeness `Π 1/fⱼ` is the product-limit
/// estimate from right-truncated delays (Lagakos, Barraj and De Gruttola 1988, *Biometrika* 75:515; Kalbfleisch and Lawless 1989). The last
/// factor rests on one row: it is cut at `most_last`. A lag at which no row knows a claim is pooled with the next: its factor is 1.
///
/// No row with two lags: [`Lack::TooFew`]. A row that falls: [`Lack::OutOfRange`].
pub fn chain_ladder(rows: &[Vec<u32>], most_last: f64) -> Answer<Delay> {
    let fit = || {
        if rows.iter().any(|row| !row.is_sorted()) || most_last < 1.0 || most_last.is_nan() {
            return Err(Lack::OutOfRange);
        }
        let lags = rows.iter().map(Vec::len).max().unwrap_or(0);
        if lags < 2 {
            return Err(Lack::TooFew);
        }
        let factor = |lag: usize| {
            let both = rows.iter().filter_map(|row| Some((f64::from(*row.get(lag)?), f64::from(*row.get(lag + 1)?))));
            let (before, after) = both.fold((0.0, 0.0), |(x, y), (before, after)| (x + before, y + after));
            if before > 0.0 { after / before } else { 1.0 }
        };
        let mut factors: Vec<f64> = (0..lags - 1).map(factor).collect();
        if let Some(last) = factors.last_mut() {
            *last = last.min(most_last);
        }
        let mut shares = vec![1.0; lags];
        let mut known = 1.0;
        for (share, factor) in shares.iter_mut().rev().skip(1).zip(factors.iter().rev()) {
            known /= factor;
            *share = known;
        }
        Ok(Delay { factors, completeness: Completeness(shares) })
    };
    fit().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(chain_ladder(&[], 3.0).lack(), Some(Lack::TooFew));
        assert_eq!(chain_ladder(&[vec![5]], 3.0).lack(), Some(Lack::TooFew));
        assert_eq!(chain_ladder(&[vec![5, 4]], 3.0).lack(), Some(Lack::OutOfRange));
        assert_eq!(Completeness::of(vec![0.5, 0.4]).lack(), Some(Lack::OutOfRange));
        assert_eq!(Completeness::at_once().after(0), 1.0);
        let silent = chain_ladder(&[vec![0, 0, 8], vec![0, 4]], 3.0).known().unwrap();
        assert_eq!(silent.factors, [1.0, 1.0]);
        assert_eq!(silent.ultimate(0, 0).lack(), Some(Lack::NoEvents));
    }

    #[test]
    fn one_row_does_not_run_away() {
        let wild = chain_ladder(&[vec![10, 12, 120], vec![10, 13]], 2.0).known().unwrap();
        assert_eq!(wild.factors, [1.25, 2.0]);
        assert_eq!(wild.completeness.after(0), 0.4);
        assert_eq!(wild.ultimate(10, 0), Answer::Known(25.0));
    }
}
