//! Control charts for shares and rates whose subgroups are large and differ in size: Laney's p′ and u′.
//!
//! Ordinary p and u charts take every difference beyond binomial or Poisson chance as a signal; with thousands of pieces per day all days
//! signal. Laney scales the limits by the day-to-day variation actually seen.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, at_least_zero, count};

/// Points from which limits are called final; with fewer they are shown as provisional.
pub const FINAL: usize = 15;
/// Average range of two standard normal values (`d₂` for subgroups of two), as Laney gives it.
const D2: f64 = 1.128;

/// One subgroup on a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Share or rate of the subgroup.
    pub value: f64,
    /// Standardised distance from the centre line, before scaling.
    pub z: f64,
    /// Limits by binomial or Poisson chance alone, `centre ± 3 s`.
    pub chance: Interval,
    /// Laney's limits, `centre ± 3 s σ_z`.
    pub limits: Interval,
}

impl Point {
    /// Whether the point is outside Laney's limits.
    pub fn signals(&self) -> bool {
        self.value > self.limits.upper || self.value < self.limits.lower
    }
}

/// A chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chart {
    /// Pooled share or rate.
    pub centre: f64,
    /// Variation between subgroups as a multiple of chance; below 1 when they differ less.
    pub sigma_z: f64,
    /// One per subgroup; None where nothing was inspected.
    pub points: Vec<Option<Point>>,
    /// Whether there are enough points to call the limits final ([`FINAL`]).
    pub settled: bool,
}

/// Laney's p′ chart of defectives out of pieces inspected, in order of time (Laney 2002, *Quality Engineering* 14:531).
///
/// `zᵢ = (pᵢ − p̄) / sᵢ`, `sᵢ = √(p̄(1−p̄)/nᵢ)`, `σ_z = mean |zᵢ − zᵢ₋₁| / 1.128`, limits `p̄ ± 3 sᵢ σ_z` within 0..=1. A subgroup without
/// pieces is left out and no range is taken across it. No two neighbours: [`Lack::TooFew`]; all good or all bad: [`Lack::NoEvents`],
/// [`Lack::NoSpread`].
pub fn p_prime(subgroups: &[(u32, u32)]) -> Answer<Chart> {
    if subgroups.iter().any(|(defectives, n)| defectives > n) {
        return Answer::TooLittle(Lack::OutOfRange);
    }
    let sized: Vec<(u32, f64)> = subgroups.iter().map(|(defectives, n)| (*defectives, f64::from(*n))).collect();
    chart(&sized, 1.0, |centre| centre * (1.0 - centre))
}

/// Laney's u′ chart of defects out of an amount inspected (pieces, metres), in order of time; as [`p_prime`] with `sᵢ = √(ū/nᵢ)`.
pub fn u_prime(subgroups: &[(u32, f64)]) -> Answer<Chart> {
    chart(subgroups, f64::INFINITY, |centre| centre)
}

fn chart(subgroups: &[(u32, f64)], most: f64, variance: impl Fn(f64) -> f64) -> Answer<Chart> {
    let chart = || {
        let (mut events, mut size) = (0.0, 0.0);
        for (x, n) in subgroups {
            if at_least_zero(*n)? <= 0.0 && *x > 0 {
                return Err(Lack::OutOfRange);
            }
            events += f64::from(*x);
            size += n;
        }
        if size <= 0.0 {
            return Err(Lack::NoExposure);
        }
        if events <= 0.0 {
            return Err(Lack::NoEvents);
        }
        let centre = events / size;
        let variance = variance(centre);
        if variance <= 0.0 {
            return Err(Lack::NoSpread);
        }
        let spread = |n: f64| (variance / n).sqrt();
        let z = |(x, n): &(u32, f64)| (*n > 0.0).then(|| (f64::from(*x) / n - centre) / spread(*n));
        let standard: Vec<Option<f64>> = subgroups.iter().map(z).collect();
        let ranges: Vec<f64> = standard.iter().zip(standard.iter().skip(1)).filter_map(|(a, b)| Some(((*b)? - (*a)?).abs())).collect();
        if ranges.is_empty() {
            return Err(Lack::TooFew);
        }
        let sigma_z = ranges.iter().sum::<f64>() / count(ranges.len()) / D2;
        let about = |reach: f64| Interval { lower: (centre - reach).max(0.0), upper: (centre + reach).min(most) };
        let point = |((x, n), z): (&(u32, f64), &Option<f64>)| {
            let reach = 3.0 * spread(*n);
            z.map(|z| Point { value: f64::from(*x) / n, z, chance: about(reach), limits: about(reach * sigma_z) })
        };
        let points: Vec<Option<Point>> = subgroups.iter().zip(&standard).map(point).collect();
        let settled = points.iter().flatten().count() >= FINAL;
        Ok(Chart { centre, sigma_z, points, settled })
    };
    chart().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(p_prime(&[]).lack(), Some(Lack::NoExposure));
        assert_eq!(p_prime(&[(3, 100)]).lack(), Some(Lack::TooFew));
        assert_eq!(p_prime(&[(0, 100), (0, 90)]).lack(), Some(Lack::NoEvents));
        assert_eq!(p_prime(&[(100, 100), (90, 90)]).lack(), Some(Lack::NoSpread));
        assert_eq!(p_prime(&[(101, 100)]).lack(), Some(Lack::OutOfRange));
        assert_eq!(u_prime(&[(3, 0.0), (2, 5.0)]).lack(), Some(Lack::OutOfRange));
    }

    #[test]
    fn an_idle_day_is_not_bridged() {
        let with_idle = p_prime(&[(10, 1000), (14, 1000), (0, 0), (30, 1000), (31, 1000)]).known().unwrap();
        let z: Vec<f64> = with_idle.points.iter().flatten().map(|point| point.z).collect();
        let expected = ((z[1] - z[0]).abs() + (z[3] - z[2]).abs()) / 2.0 / 1.128;
        assert!((with_idle.sigma_z - expected).abs() < 1e-12);
        assert!(with_idle.points[2].is_none() && !with_idle.settled);
        // Two neighbours apart by an idle day are no neighbours.
        assert_eq!(p_prime(&[(10, 1000), (0, 0), (30, 1000)]).lack(), Some(Lack::TooFew));
    }
}
