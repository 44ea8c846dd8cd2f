//! Time to claim by a Weibull law, and the claims still to come.

use serde::Serialize;

use super::answer::{Answer, Interval, Lack, at_least_zero};
use super::matrix::Square;
use super::optimise::root_of_rising;
use super::special::gamma_quantile;
use super::survival::Subject;

/// How far the logarithm of the shape is searched either side of 0.
const REACH: f64 = 16.0;

/// A fitted Weibull law: share without a claim at age `t` is `exp(−(t/scale)^shape)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weibull {
    /// Shape `k`: below 1 claims become rarer with age, above 1 more frequent.
    pub shape: f64,
    /// Scale in units of age: 63 % have claimed by then.
    pub scale: f64,
    /// Log-likelihood.
    pub ln_likelihood: f64,
    /// Variance of `ln scale`.
    pub variance_ln_scale: f64,
    /// Variance of `ln σ`, `σ = 1/k`.
    pub variance_ln_sigma: f64,
    /// Covariance of the two.
    pub covariance: f64,
}

/// Claims still to come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// Expected claims.
    pub expected: f64,
    /// Interval of the number of claims: chance and the uncertainty of the fit together.
    pub interval: Interval,
}

/// Fits a Weibull law by maximum likelihood to claims, to units without a claim so far, and to units that came under watch late.
///
/// The shape is the root of the profile equation `1/k + Σ_d w ln t / d − Σ w (tᵏ ln t − vᵏ ln v) / Σ w (tᵏ − vᵏ) = 0` (`v` the entry, `d`
/// the claims; Lawless 2003, *Statistical Models and Methods for Lifetime Data*, §5.2), the scale `(Σ w (tᵏ − vᵏ) / d)^{1/k}`; times are
/// divided by the longest before powers are taken. Variances are those of the observed information.
///
/// No claim: [`Lack::NoEvents`]. Every claim at the longest age watched: the shape would be infinite, [`Lack::NoSpread`]; so one claim is
/// enough only if somebody was watched for longer. An age of 0 has no logarithm: count half a day.
pub fn fit(subjects: &[Subject]) -> Answer<Weibull> {
    let fit = || {
        subjects.iter().try_for_each(Subject::checked)?;
        let longest = subjects.iter().map(|subject| subject.exit).fold(0.0, f64::max);
        let claims = || subjects.iter().filter(|subject| subject.event);
        let events: f64 = claims().map(|subject| subject.weight).sum();
        if events <= 0.0 {
            return Err(Lack::NoEvents);
        }
        let ln_claims = claims().map(|subject| subject.weight * (subject.exit / longest).ln()).sum::<f64>() / events;
        if ln_claims >= 0.0 {
            return Err(Lack::NoSpread);
        }
        let power = |t: f64, k: f64| if t > 0.0 { (k * (t / longest).ln()).exp() } else { 0.0 };
        let watched = |k: f64| subjects.iter().map(|s| s.weight * (power(s.exit, k) - power(s.entry, k))).sum::<f64>();
        let ln_watched = |k: f64| {
            let term = |t: f64| if t > 0.0 { power(t, k) * (t / longest).ln() } else { 0.0 };
            subjects.iter().map(|s| s.weight * (term(s.exit) - term(s.entry))).sum::<f64>()
        };
        let profile = |ln_k: f64| {
            let k = ln_k.exp();
            ln_watched(k) / watched(k) - ln_claims - 1.0 / k
        };
        let shape = root_of_rising(profile, 0.0, REACH).ok_or(Lack::Unsettled)?.exp();
        let scale = longest * (watched(shape) / events).powf(1.0 / shape);
        Weibull::at(subjects, shape, scale)
    };
    fit().into()
}

impl Weibull {
    /// The law at its likeliest parameters, with likelihood and information in `(ln scale, ln σ)`, `z = (ln t − ln scale) / σ`.
    fn at(subjects: &[Subject], shape: f64, scale: f64) -> Result<Self, Lack> {
        let z = |t: f64| shape * (t / scale).ln();
        // Σ e^z and its products with z and z², entries taken off; a unit watched from the start has e^z = 0 there.
        let moments = |t: f64| {
            let (z, hazard) = (z(t), z(t).exp());
            if t > 0.0 { [hazard, z * hazard, z * z * hazard] } else { [0.0; 3] }
        };
        let (mut ln_likelihood, mut ln_claims, mut watched) = (0.0, 0.0, [0.0; 3]);
        for subject in subjects {
            let Subject { entry, exit, event, weight } = *subject;
            let watch = moments(exit).into_iter().zip(moments(entry)).map(|(exit, entry)| weight * (exit - entry));
            watched.iter_mut().zip(watch).for_each(|(sum, moment)| *sum += moment);
            if event {
                ln_likelihood += weight * (z(exit) + shape.ln() - exit.ln());
                ln_claims += weight * z(exit);
            }
        }
        let [hazard, once, twice] = watched;
        ln_likelihood -= hazard;
        let mut information = Square::zero(2);
        information.add(0, 0, shape * shape * hazard);
        information.add(0, 1, shape * once);
        information.add(1, 0, shape * once);
        information.add(1, 1, twice + once - ln_claims);
        let covariance = information.cholesky().ok_or(Lack::Unsettled)?.inverse();
        Ok(Self {
            shape,
            scale,
            ln_likelihood,
            variance_ln_scale: covariance.at(0, 0),
            variance_ln_sigma: covariance.at(1, 1),
            covariance: covariance.at(0, 1),
        })
    }

    /// Cumulative hazard `(t/scale)^shape` at age `t`.
    pub fn hazard(&self, t: f64) -> f64 {
        if t > 0.0 { (t / self.scale).powf(self.shape) } else { 0.0 }
    }

    /// The age by which the share `p` has claimed (B10 life at 0.1).
    pub fn quantile(&self, p: f64) -> f64 {
        self.scale * (-(-p).ln_1p()).powf(1.0 / self.shape)
    }

    /// The probability of a claim within `horizon` of a unit that has none at `age`: `1 − S(t+h) / S(t)`.
    pub fn claim_within(&self, age: f64, horizon: f64) -> f64 {
        -(self.hazard(age) - self.hazard(age + horizon)).exp_m1()
    }

    /// Claims within `horizon` of units in service, given as (units, age): `Σ N (1 − S(t+h)/S(t))`, each unit claiming once at most.
    ///
    /// The interval is that of a gamma variable with the same mean and the variance `Σ N p (1−p) + g' V g`: chance, and the uncertainty of
    /// the fit by the delta method, `g` the slope of the mean in `(ln scale, ln σ)` (Meeker and Escobar 1998, §12.7). `within` is its
    /// probability. Nobody in service: [`Lack::NoExposure`].
    pub fn forecast(&self, in_service: &[(f64, f64)], horizon: f64, within: f64) -> Answer<Forecast> {
        let forecast = || {
            at_least_zero(horizon)?;
            let tail = (1.0 - super::answer::inside_unit(within)?) / 2.0;
            let (mut expected, mut variance, mut by_scale, mut by_sigma, mut all) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (units, age) in in_service {
                let (units, age) = (at_least_zero(*units)?, at_least_zero(*age)?);
                let p = self.claim_within(age, horizon);
                let (from, to) = (self.hazard(age), self.hazard(age + horizon));
                let z_hazard = |hazard: f64| if hazard > 0.0 { hazard.ln() * hazard } else { 0.0 };
                all += units;
                expected += units * p;
                variance += units * p * (1.0 - p);
                by_scale -= units * (1.0 - p) * self.shape * (to - from);
                by_sigma -= units * (1.0 - p) * (z_hazard(to) - z_hazard(from));
            }
            if all <= 0.0 {
                return Err(Lack::NoExposure);
            }
            variance += by_scale * by_scale * self.variance_ln_scale
                + 2.0 * by_scale * by_sigma * self.covariance
                + by_sigma * by_sigma * self.variance_ln_sigma;
            if expected <= 0.0 {
                return Ok(Forecast { expected, interval: Interval { lower: 0.0, upper: 0.0 } });
            }
            let (shape, scale) = (expected * expected / variance, variance / expected);
            let quantile = |p: f64| gamma_quantile(shape, p) * scale;
            Ok(Forecast { expected, interval: Interval { lower: quantile(tail), upper: quantile(1.0 - tail) } })
        };
        forecast().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_answers() {
        assert_eq!(fit(&[]).lack(), Some(Lack::NoEvents));
        assert_eq!(fit(&[Subject::new(3.0, false)]).lack(), Some(Lack::NoEvents));
        assert_eq!(fit(&[Subject::new(3.0, true)]).lack(), Some(Lack::NoSpread));
        assert_eq!(fit(&[Subject::new(3.0, true), Subject::new(2.0, false)]).lack(), Some(Lack::NoSpread));
        assert_eq!(fit(&[Subject::new(0.0, true)]).lack(), Some(Lack::OutOfRange));
        let one = fit(&[Subject::new(3.0, true), Subject::new(4.0, false)]).known().unwrap();
        assert!(one.shape.is_finite() && one.scale.is_finite());
        assert_eq!(one.forecast(&[], 5.0, 0.9).lack(), Some(Lack::NoExposure));
        assert_eq!(one.forecast(&[(10.0, 1.0)], 0.0, 0.9).known().unwrap().expected, 0.0);
    }

    #[test]
    fn times_in_days_or_years_are_the_same_law() {
        let days: Vec<Subject> =
            [5.0, 12.0, 18.0, 20.0, 31.0].map(|t| Subject::new(t, true)).into_iter().chain([Subject::new(40.0, false); 15]).collect();
        let tiny: Vec<Subject> = days.iter().map(|s| Subject { exit: s.exit * 1e-6, ..*s }).collect();
        let (one, other) = (fit(&days).known().unwrap(), fit(&tiny).known().unwrap());
        assert!((one.shape - other.shape).abs() < 1e-12);
        assert!((one.scale * 1e-6 / other.scale - 1.0).abs() < 1e-12);
    }

    #[test]
    fn late_entry_is_allowed_for() {
        // Exponential units (constant hazard 1/10) of which half came under watch at age 5: the hazard found must not depend on that.
        let quantile = |i: u32| -10.0 * (1.0 - (f64::from(i) + 0.5) / 400.0_f64).ln();
        let early = (0..400).map(|i| Subject::new(quantile(i), true));
        let late = (0..400).map(|i| Subject { entry: 5.0, ..Subject::new(5.0 + quantile(i), true) });
        let law = fit(&early.chain(late).collect::<Vec<_>>()).known().unwrap();
        assert!((law.shape - 1.0).abs() < 0.03 && (law.scale - 10.0).abs() < 0.3, "{law:?}");
    }

    #[test]
    fn uncertainty_widens_the_forecast() {
        let few: Vec<Subject> =
            [5.0, 12.0, 18.0].map(|t| Subject::new(t, true)).into_iter().chain([Subject::new(40.0, false); 30]).collect();
        let law = fit(&few).known().unwrap();
        let forecast = law.forecast(&[(1000.0, 40.0)], 12.0, 0.9).known().unwrap();
        let chance = 1.645 * forecast.expected.sqrt();
        assert!(forecast.interval.upper - forecast.expected > chance);
        assert!(forecast.interval.lower < forecast.expected && forecast.expected < forecast.interval.upper);
    }
}
