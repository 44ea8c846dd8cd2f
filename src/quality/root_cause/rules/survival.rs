//! Time to claim without a model: Kaplan–Meier, Nelson–Aalen and the log-rank test, with units that come under watch late.

use serde::Serialize;

use super::answer::{Answer, Lack, at_least_zero, count};
use super::matrix::Square;
use super::special::chi_square_upper;

/// One unit, or `weight` units with the same history. Times in any one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// Age at which it came under watch: at registration, say (left truncation). 0 for units watched from the start.
    pub entry: f64,
    /// Age at the claim, or the last age at which it was known to have none.
    pub exit: f64,
    /// Whether `exit` is a claim.
    pub event: bool,
    /// How many such units.
    pub weight: f64,
}

impl Subject {
    /// A single unit watched from the start.
    pub fn new(exit: f64, event: bool) -> Self {
        Self { entry: 0.0, exit, event, weight: 1.0 }
    }

    pub(super) fn checked(&self) -> Result<(), Lack> {
        at_least_zero(self.entry)?;
        at_least_zero(self.weight)?;
        if self.exit.is_finite() && self.exit > self.entry { Ok(()) } else { Err(Lack::OutOfRange) }
    }
}

/// The state at a time at which somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Age.
    pub time: f64,
    /// Units under watch just before: `entry < time ≤ exit`.
    pub at_risk: f64,
    /// Claims at this age.
    pub events: f64,
    /// Share without a claim, `Π (1 − d/n)` (Kaplan and Meier 1958).
    pub survival: f64,
    /// Greenwood's standard error `S √Σ d / (n(n−d))`; none once the share is 0.
    pub survival_se: Option<f64>,
    /// Cumulative hazard `Σ d/n` (Nelson 1969; Aalen 1978).
    pub hazard: f64,
    /// Its standard error `√Σ d/n²`.
    pub hazard_se: f64,
}

/// A time at which somebody left, with the numbers at risk and of events in each group.
type Row = (f64, Vec<f64>, Vec<f64>);

/// The rows of a life table, ascending by time, for `groups` groups.
fn table(subjects: &[Subject], group_of: impl Fn(usize) -> usize, groups: usize) -> Result<Vec<Row>, Lack> {
    let mut entries = Vec::with_capacity(subjects.len());
    let mut exits = Vec::with_capacity(subjects.len());
    for (at, subject) in subjects.iter().enumerate() {
        subject.checked()?;
        entries.push((subject.entry, subject.weight, group_of(at)));
        exits.push((subject.exit, subject.weight, group_of(at), subject.event));
    }
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    exits.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut at_risk = vec![0.0; groups];
    let mut add = |group: usize, weight: f64| {
        if let Some(sum) = at_risk.get_mut(group) {
            *sum += weight;
        }
        at_risk.clone()
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut waiting = entries.into_iter().peekable();
    for together in exits.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let Some(time) = together.first().map(|first| first.0) else { continue };
        let mut now = add(groups, 0.0);
        while let Some((_, weight, group)) = waiting.next_if(|entry| entry.0 < time) {
            now = add(group, weight);
        }
        let mut events = vec![0.0; groups];
        for (_, weight, group, event) in together {
            if let Some(sum) = events.get_mut(*group).filter(|_| *event) {
                *sum += weight;
            }
        }
        rows.push((time, now, events));
        for (_, weight, group, _) in together {
            add(*group, -weight);
        }
    }
    Ok(rows)
}

/// The share without a claim and the cumulative hazard at every age at which somebody left.
///
/// Nobody watched: [`Lack::NoExposure`]. An exit that is not after its entry: [`Lack::OutOfRange`].
pub fn curve(subjects: &[Subject]) -> Answer<Vec<Step>> {
    let curve = || {
        if subjects.is_empty() {
            return Err(Lack::NoExposure);
        }
        let (mut survival, mut greenwood, mut hazard, mut variance) = (1.0, 0.0, 0.0, 0.0);
        let steps = table(subjects, |_| 0, 1)?.into_iter().map(|(time, at_risk, events)| {
            let (n, d) = (at_risk.iter().sum::<f64>(), events.iter().sum::<f64>());
            if d > 0.0 {
                survival *= 1.0 - d / n;
                greenwood += d / (n * (n - d));
                hazard += d / n;
                variance += d / (n * n);
            }
            let survival_se = (survival > 0.0).then(|| survival * f64::sqrt(greenwood));
            Step { time, at_risk: n, events: d, survival, survival_se, hazard, hazard_se: f64::sqrt(variance) }
        });
        Ok(steps.collect())
    };
    curve().into()
}

/// The log-rank comparison of groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRank {
    /// Claims seen in each group.
    pub observed: Vec<f64>,
    /// Claims each group would have with the hazard of all together.
    pub expected: Vec<f64>,
    /// Chi-square on groups less one degrees of freedom.
    pub chi_square: f64,
    /// Its p-value.
    pub p: f64,
}

/// Whether groups of units make claims at the same hazard (Mantel 1966; Peto and Peto 1972; R `survdiff`): `group` names each subject's
/// group, `0..groups`.
///
/// Fewer than two groups under watch: [`Lack::TooFew`]; no claim while two groups were: [`Lack::NoEvents`].
pub fn log_rank(subjects: &[Subject], group: &[usize], groups: usize) -> Answer<LogRank> {
    let test = || {
        if group.len() != subjects.len() || group.iter().any(|group| *group >= groups) {
            return Err(Lack::OutOfRange);
        }
        if groups < 2 {
            return Err(Lack::TooFew);
        }
        let (mut observed, mut expected) = (vec![0.0; groups], vec![0.0; groups]);
        let mut variance = Square::zero(groups - 1);
        for (_, at_risk, events) in table(subjects, |at| group.get(at).copied().unwrap_or(groups), groups)? {
            let (n, d) = (at_risk.iter().sum::<f64>(), events.iter().sum::<f64>());
            if d <= 0.0 {
                continue;
            }
            observed.iter_mut().zip(&events).for_each(|(sum, events)| *sum += events);
            expected.iter_mut().zip(&at_risk).for_each(|(sum, at_risk)| *sum += d * at_risk / n);
            if n <= 1.0 {
                continue;
            }
            let spread = d * (n - d) / (n - 1.0);
            for (row, left) in at_risk.iter().take(groups - 1).enumerate() {
                variance.add(row, row, spread * left / n);
                for (column, right) in at_risk.iter().take(groups - 1).enumerate() {
                    variance.add(row, column, -spread * left * right / (n * n));
                }
            }
        }
        let excess: Vec<f64> = observed.iter().zip(&expected).take(groups - 1).map(|(observed, expected)| observed - expected).collect();
        let factor = variance.cholesky().ok_or(Lack::NoEvents)?;
        let chi_square = factor.solve(&excess).iter().zip(&excess).map(|(x, excess)| x * excess).sum();
        Ok(LogRank { observed, expected, chi_square, p: chi_square_upper(chi_square, count(groups) - 1.0) })
    };
    test().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(curve(&[]).lack(), Some(Lack::NoExposure));
        assert_eq!(curve(&[Subject { entry: 4.0, ..Subject::new(4.0, true) }]).lack(), Some(Lack::OutOfRange));
        let ended = curve(&[Subject::new(1.0, true)]).known().unwrap();
        assert_eq!((ended[0].survival, ended[0].survival_se, ended[0].hazard), (0.0, None, 1.0));
        assert_eq!(log_rank(&[Subject::new(1.0, true)], &[0], 1).lack(), Some(Lack::TooFew));
        let silent = [Subject::new(1.0, false), Subject::new(2.0, false)];
        assert_eq!(log_rank(&silent, &[0, 1], 2).lack(), Some(Lack::NoEvents));
    }

    #[test]
    fn weight_is_repetition() {
        let repeated = [Subject::new(2.0, true), Subject::new(2.0, true), Subject::new(5.0, false), Subject::new(7.0, true)];
        let weighted = [Subject { weight: 2.0, ..Subject::new(2.0, true) }, Subject::new(5.0, false), Subject::new(7.0, true)];
        assert_eq!(curve(&repeated), curve(&weighted));
    }

    #[test]
    fn three_groups_of_the_same_kind_do_not_differ() {
        let subjects: Vec<Subject> = (0..90).map(|i| Subject::new(f64::from(i / 3) + 1.0, i % 2 == 0)).collect();
        let group: Vec<usize> = (0..90).map(|i| i % 3).collect();
        assert!(log_rank(&subjects, &group, 3).known().unwrap().p > 0.5);
    }
}
