//! Cells: dimensions, claims counted and claims expected. One form of fact for detection, localisation and attribution.
//!
//! Exposure is never units made. It is the claims that units of that age would have made and reported by now at the average rate: units ×
//! age curve × reporting completeness ([`expect`]). So a cell of 2 claims against 0.9 expected says the same whatever the age of its units.

use std::collections::BTreeMap;

use serde::Serialize;

use super::age::Curve;
use super::answer::{Answer, Lack, at_least_zero};
use super::delay::Completeness;

/// Claims against expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Claims known by now.
    pub claims: u32,
    /// Claims that should be known by now.
    pub expected: f64,
    /// Claims that should be known once everything has been reported up to the horizon of the age curve. Not below `expected`.
    pub at_horizon: f64,
}

impl Tally {
    /// The share of the claims up to the horizon that can be known today: how early it is to judge. None when nothing is expected at all.
    pub fn completeness(&self) -> Option<f64> {
        (self.at_horizon > 0.0).then(|| self.expected / self.at_horizon)
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            claims: self.claims.saturating_add(other.claims),
            expected: self.expected + other.expected,
            at_horizon: self.at_horizon + other.at_horizon,
        }
    }
}

/// What `units` that have been seen at `seen` ages should have claimed by now and by the horizon of the curve, as (expected, at horizon).
pub fn expect(units: f64, seen: usize, curve: &Curve, known: &Completeness) -> (f64, f64) {
    (curve.expected(units, seen, known), curve.remaining(units, 0))
}

/// A table of cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cells {
    dims: Vec<String>,
    cells: Vec<(Vec<String>, Tally)>,
}

impl Cells {
    /// A table with these dimensions; every cell has one value a dimension, in their order. A cell with another number of values, a
    /// negative expectation, or claims where nothing is expected: [`Lack::OutOfRange`].
    pub fn new(dims: Vec<String>, cells: Vec<(Vec<String>, Tally)>) -> Answer<Self> {
        let check = || {
            for (values, tally) in &cells {
                let expected = at_least_zero(tally.expected)?;
                if values.len() != dims.len() || at_least_zero(tally.at_horizon)? < expected || (expected <= 0.0 && tally.claims > 0) {
                    return Err(Lack::OutOfRange);
                }
            }
            Ok(())
        };
        Answer::from(check()).map(|()| Self { dims, cells })
    }

    /// The names of the dimensions.
    pub fn dims(&self) -> &[String] {
        &self.dims
    }

    /// The cells summed over every dimension but these (by number), in order of their values. A dimension that is not there gives empty
    /// values.
    pub fn along(&self, dims: &[usize]) -> Vec<(Vec<String>, Tally)> {
        let mut sums: BTreeMap<Vec<String>, Tally> = BTreeMap::new();
        for (values, tally) in &self.cells {
            let key = dims.iter().map(|dim| values.get(*dim).cloned().unwrap_or_default()).collect();
            let sum = sums.entry(key).or_default();
            *sum = sum.and(tally);
        }
        sums.into_iter().collect()
    }
}

/// A factor by defect table: what each cell should have if the factor's levels differed in how many claims they have, and not in which.
///
/// `levels` are the factor's tallies, `defects` the claims of each defect over all levels: `Eᵢⱼ = eᵢ · C_j / Σe`. The cells of a level that
/// is worse throughout all stand out alike; see [`super::mixture`] for what is done with them. Nothing expected: [`Lack::NoExposure`].
pub fn by_defect(levels: &[Tally], defects: &[u32]) -> Answer<Vec<Vec<f64>>> {
    let all: f64 = levels.iter().map(|level| level.expected).sum();
    if !(all > 0.0 && all.is_finite()) {
        return Answer::TooLittle(Lack::NoExposure);
    }
    let row = |level: &Tally| defects.iter().map(|claims| level.expected * f64::from(*claims) / all).collect();
    Answer::Known(levels.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::root_cause::rules::age::{Ages, Cohort};

    fn tally(claims: u32, expected: f64) -> Tally {
        Tally { claims, expected, at_horizon: 2.0 * expected }
    }

    fn values(of: &[&str]) -> Vec<String> {
        of.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sums_along_a_dimension_keep_the_totals() {
        let cells =
            vec![(values(&["F1", "L1"]), tally(4, 2.0)), (values(&["F1", "L2"]), tally(1, 3.0)), (values(&["F2", "L1"]), tally(0, 1.0))];
        let cells = Cells::new(values(&["fabric", "line"]), cells).known().unwrap();
        let lines = cells.along(&[1]);
        assert_eq!(lines, [(values(&["L1"]), tally(4, 3.0)), (values(&["L2"]), tally(1, 3.0))]);
        assert_eq!(cells.along(&[]), [(vec![], tally(5, 6.0))]);
        assert_eq!(lines[0].1.completeness(), Some(0.5));
    }

    #[test]
    fn edges_have_answers() {
        let one = |tally| Cells::new(values(&["fabric"]), vec![(values(&["F1"]), tally)]).lack();
        assert_eq!(one(tally(1, 0.0)), Some(Lack::OutOfRange));
        assert_eq!(one(tally(1, -1.0)), Some(Lack::OutOfRange));
        assert_eq!(one(tally(0, 0.0)), None);
        assert_eq!(Cells::new(vec![], vec![(values(&["F1"]), tally(1, 1.0))]).lack(), Some(Lack::OutOfRange));
        assert_eq!(Tally::default().completeness(), None);
        assert_eq!(by_defect(&[], &[1]).lack(), Some(Lack::NoExposure));
    }

    #[test]
    fn expectation_is_known_units_on_the_curve() {
        let known = Completeness::of(vec![0.5]).known().unwrap();
        let cohort = Cohort { units: 100.0, claims: vec![4, 1, 0] };
        let curve = Ages::of(&[cohort], &known).known().unwrap().curve(0).known().unwrap();
        let (expected, at_horizon) = expect(100.0, 3, &curve, &known);
        assert!((expected - 5.0).abs() < 1e-12 && (at_horizon - 5.0).abs() < 1e-12);
        let (young, at_horizon) = expect(100.0, 1, &curve, &known);
        assert!((young - 2.0).abs() < 1e-12 && (at_horizon - 5.0).abs() < 1e-12);
    }
}
