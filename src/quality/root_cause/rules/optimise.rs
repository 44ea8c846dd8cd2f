//! Roots, minima and peaks: Brent's two methods and a damped Newton climb.

use super::matrix::Square;

/// Evaluations after which a search in one dimension gives up.
const EVALUATIONS: usize = 200;
/// Newton steps after which a climb gives up.
const STEPS: usize = 200;

/// The zero of `f` between `lower` and `upper`, to the last digit.
///
/// None when `f` has the same sign at both ends or is not a number there.
pub fn root(f: impl Fn(f64) -> f64, lower: f64, upper: f64) -> Option<f64> {
    root_within(f, lower, upper, 0.0)
}

/// The zero of `f` between `lower` and `upper`, within `tolerance` (Brent 1973, *Algorithms for Minimization without Derivatives*, ch. 4).
///
/// Step for step the search of R's `uniroot`, so that figures R has published with its coarse tolerance can be reproduced.
pub fn root_within(f: impl Fn(f64) -> f64, lower: f64, upper: f64, tolerance: f64) -> Option<f64> {
    // b is the best so far, a the one before it, c on the other side of the zero.
    let (mut a, mut b, mut c) = (lower, upper, lower);
    let (mut fa, mut fb) = (f(a), f(b));
    let mut fc = fa;
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    for _ in 0..EVALUATIONS {
        let before = b - a;
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let least = 2.0 * f64::EPSILON * b.abs() + tolerance / 2.0;
        let across = c - b;
        let mut step = across / 2.0;
        if step.abs() <= least || fb == 0.0 {
            break;
        }
        if before.abs() >= least && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if a == c {
                (across * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (across * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if p < 0.75 * across * q - (least * q).abs() / 2.0 && p < (before * q / 2.0).abs() {
                step = p / q;
            }
        }
        (a, fa) = (b, fb);
        b += if step.abs() > least { step } else { least.copysign(step) };
        fb = f(b);
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
        }
    }
    Some(b)
}

/// The zero of a function that does not fall, over the whole line: brackets by doubling around `start`, then [`root`].
///
/// None when no change of sign is found within `reach` of `start`.
pub fn root_of_rising(f: impl Fn(f64) -> f64, start: f64, reach: f64) -> Option<f64> {
    let direction = if f(start) <= 0.0 { 1.0 } else { -1.0 };
    let mut width = 1.0;
    while width <= reach {
        let end = start + direction * width;
        if f(end) * direction >= 0.0 {
            return root(f, start.min(end), start.max(end));
        }
        width *= 2.0;
    }
    None
}

/// Where `f` is least between `lower` and `upper`, and how little that is (Brent 1973, ch. 5). Finds a local minimum when there are
/// several.
pub fn minimum(f: impl Fn(f64) -> f64, lower: f64, upper: f64) -> (f64, f64) {
    const GOLDEN: f64 = 0.381_966_011_250_105_1;
    let (mut a, mut b) = (lower, upper);
    let mut x = a + GOLDEN * (b - a);
    let (mut w, mut v) = (x, x);
    let mut fx = f(x);
    let (mut fw, mut fv) = (fx, fx);
    let (mut step, mut before): (f64, f64) = (0.0, 0.0);
    for _ in 0..EVALUATIONS {
        let middle = f64::midpoint(a, b);
        let tolerance = 1e-9 * x.abs() + 1e-12;
        if (x - middle).abs() <= 2.0 * tolerance - (b - a) / 2.0 {
            break;
        }
        let (mut p, mut q, mut r) = (0.0, 0.0, 0.0);
        if before.abs() > tolerance {
            r = (x - w) * (fx - fv);
            q = (x - v) * (fx - fw);
            p = (x - v) * q - (x - w) * r;
            q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            } else {
                q = -q;
            }
            (r, before) = (before, step);
        }
        if p.abs() < (0.5 * q * r).abs() && p > q * (a - x) && p < q * (b - x) {
            step = p / q;
            if (x + step - a) < 2.0 * tolerance || (b - x - step) < 2.0 * tolerance {
                step = tolerance.copysign(middle - x);
            }
        } else {
            before = if x < middle { b - x } else { a - x };
            step = GOLDEN * before;
        }
        let u = x + if step.abs() >= tolerance { step } else { tolerance.copysign(step) };
        let fu = f(u);
        if fu <= fx {
            if u < x {
                b = x;
            } else {
                a = x;
            }
            (v, fv) = (w, fw);
            (w, fw) = (x, fx);
            (x, fx) = (u, fu);
        } else {
            if u < x {
                a = u;
            } else {
                b = u;
            }
            if fu <= fw || w == x {
                (v, fv) = (w, fw);
                (w, fw) = (u, fu);
            } else if fu <= fv || v == x || v == w {
                (v, fv) = (u, fu);
            }
        }
    }
    (x, fx)
}

/// A function at a point, with its slopes and curvatures.
pub struct Local {
    /// The value.
    pub value: f64,
    /// First derivatives.
    pub gradient: Vec<f64>,
    /// Second derivatives with the sign turned: positive definite near a peak.
    pub information: Square,
}

/// Where a climb ended.
pub struct Peak {
    /// The point.
    pub at: Vec<f64>,
    /// The function there.
    pub local: Local,
}

/// Climbs to a local maximum of `f` by Newton steps. Where the curvature does not bend downwards the diagonal is raised until it does
/// (Levenberg), and a step that does not climb is halved.
///
/// None when `f` is not a number at the start or the climb does not settle: a next step that would gain no more than the rounding of the
/// value.
pub fn climb(f: impl Fn(&[f64]) -> Local, start: Vec<f64>) -> Option<Peak> {
    let mut at = start;
    let mut local = f(&at);
    if !local.value.is_finite() {
        return None;
    }
    for _ in 0..STEPS {
        let step = uphill(&local)?;
        let gain: f64 = step.iter().zip(&local.gradient).map(|(step, slope)| step * slope).sum();
        if gain.abs() <= 1e-13 + 16.0 * f64::EPSILON * local.value.abs() {
            // The last step is too small to show in the value, and still brings the point nearer.
            let at = at.iter().zip(&step).map(|(at, step)| at + step).collect();
            return Some(Peak { at, local });
        }
        let mut share = 1.0;
        let (next, found) = loop {
            let next: Vec<f64> = at.iter().zip(&step).map(|(at, step)| at + share * step).collect();
            let found = f(&next);
            if found.value > local.value {
                break (next, found);
            }
            share /= 2.0;
            if share < 1e-10 {
                // No higher ground in the best direction: what is left of the slope is rounding.
                return (gain < 1e-6).then_some(Peak { at, local });
            }
        };
        (at, local) = (next, found);
    }
    None
}

/// The Newton step, or the nearest to it that climbs.
fn uphill(local: &Local) -> Option<Vec<f64>> {
    let mut raise = 0.0;
    let scale = local.information.diagonal().map(f64::abs).fold(1e-8, f64::max);
    for _ in 0..40 {
        if let Some(factor) = local.information.raised(raise).cholesky() {
            return Some(factor.solve(&local.gradient));
        }
        raise = if raise == 0.0 { 1e-6 * scale } else { raise * 4.0 };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_to_the_last_digit() {
        let found = root(|x| x * x - 2.0, 0.0, 2.0).unwrap();
        assert!((found - std::f64::consts::SQRT_2).abs() < 1e-15);
        assert!(root(|x| x * x + 1.0, -1.0, 1.0).is_none());
        let found = root_of_rising(|x| x.exp() - 1e6, 0.0, 64.0).unwrap();
        assert!((found - 1e6_f64.ln()).abs() < 1e-13);
    }

    #[test]
    fn minima_and_peaks() {
        let (x, fx) = minimum(|x| (x - 0.3).powi(2) + 1.0, -2.0, 5.0);
        assert!((x - 0.3).abs() < 1e-7 && (fx - 1.0).abs() < 1e-14);
        // Rosenbrock's valley, upside down.
        let peak = climb(
            |p| {
                let (x, y) = (p[0], p[1]);
                let mut information = Square::zero(2);
                information.add(0, 0, 2.0 + 1200.0 * x * x - 400.0 * y);
                information.add(0, 1, -400.0 * x);
                information.add(1, 0, -400.0 * x);
                information.add(1, 1, 200.0);
                let value = -((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2));
                Local { value, gradient: vec![2.0 * (1.0 - x) + 400.0 * x * (y - x * x), -200.0 * (y - x * x)], information }
            },
            vec![-1.2, 1.0],
        )
        .unwrap();
        assert!((peak.at[0] - 1.0).abs() < 1e-5 && (peak.at[1] - 1.0).abs() < 1e-5);
    }
}
