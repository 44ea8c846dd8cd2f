//! Several rivals at once: Poisson regression on factors, with ridge shrinkage, and what each factor adds to the others.

use serde::Serialize;

use super::answer::{Answer, Lack, at_least_zero, count};
use super::matrix::Square;
use super::optimise::{Local, Peak, climb};
use super::poisson;
use super::special::{chi_square_upper, x_ln_ratio};

/// A logarithm of a rate ratio beyond which an effect counts as having no finite estimate.
const DIVERGES: f64 = 15.0;
/// Rounds of estimating the strength of shrinkage.
const ROUNDS: usize = 200;
/// Penalty at which a factor counts as having no effect at all.
const NO_EFFECT: f64 = 1e6;

/// A factor: a dimension with a level for every row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// Its name.
    pub name: String,
    /// Its levels, sorted; the first is the one others are compared with where nothing is shrunk.
    pub levels: Vec<String>,
    /// The level of each row.
    of_row: Vec<usize>,
}

impl Factor {
    /// A factor from the value of each row.
    pub fn new(name: &str, values: &[&str]) -> Self {
        let mut levels: Vec<String> = values.iter().map(ToString::to_string).collect();
        levels.sort_unstable();
        levels.dedup();
        let of_row = values.iter().map(|value| levels.partition_point(|level| level.as_str() < *value)).collect();
        Self { name: name.to_owned(), levels, of_row }
    }
}

/// How effects are held back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shrink {
    /// Not at all: maximum likelihood, each level against the factor's first.
    None,
    /// By a ridge penalty `λ/2 Σ β²` on the levels of each factor, one `λ` a factor.
    Ridge(Vec<f64>),
    /// By ridge penalties estimated from the data: the levels of a factor are draws from a normal distribution of variance `1/λ`.
    Estimated,
}

/// The effect of one level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Which factor.
    pub factor: usize,
    /// Which of its levels.
    pub level: usize,
    /// Logarithm of the rate ratio: to the factor's first level, or to the average where effects are shrunk.
    pub estimate: f64,
    /// Its standard error (of the penalised likelihood, where effects are shrunk).
    pub standard_error: f64,
}

/// A fitted regression `E[claims] = exposure · exp(intercept + effects)`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regression {
    /// Logarithm of the rate at the first levels, or on average where effects are shrunk; and its standard error.
    pub intercept: (f64, f64),
    /// The effects.
    pub effects: Vec<Effect>,
    /// Log-likelihood, without the penalty.
    pub ln_likelihood: f64,
    /// `2 Σ y ln(y/μ) − (y − μ)`.
    pub deviance: f64,
    /// The deviance of one rate for all rows.
    pub null_deviance: f64,
    /// Rows less parameters; with shrinkage parameters count as far as they are free.
    pub df: f64,
    /// Pearson's chi-square over `df`: above 1.3 rows differ by more than these factors and chance explain. None without degrees of
    /// freedom.
    pub dispersion: Option<f64>,
    /// The penalties used, one a factor; none without shrinkage.
    pub penalties: Vec<f64>,
}

/// Rows with exposure, and which columns of the design each of them has.
struct Design<'a> {
    rows: Vec<(f64, f64, Vec<usize>)>,
    /// Factor and level of each column after the intercept.
    columns: Vec<(usize, usize)>,
    factors: &'a [Factor],
}

impl<'a> Design<'a> {
    fn new(cells: &[(u32, f64)], factors: &'a [Factor], shrunk: bool) -> Result<Self, Lack> {
        if factors.iter().any(|factor| factor.of_row.len() != cells.len()) {
            return Err(Lack::OutOfRange);
        }
        // Without shrinkage the first level that has exposure is the reference.
        let mut seen: Vec<Vec<(bool, bool)>> = factors.iter().map(|factor| vec![(false, false); factor.levels.len()]).collect();
        for (row, (claims, exposure)) in cells.iter().enumerate() {
            if at_least_zero(*exposure)? <= 0.0 {
                if *claims > 0 {
                    return Err(Lack::OutOfRange);
                }
                continue;
            }
            for (factor, seen) in factors.iter().zip(&mut seen) {
                if let Some((exposed, claimed)) = factor.of_row.get(row).and_then(|level| seen.get_mut(*level)) {
                    *exposed = true;
                    *claimed |= *claims > 0;
                }
            }
        }
        if !shrunk && seen.iter().flatten().any(|(exposed, claimed)| *exposed && !*claimed) {
            return Err(Lack::Separated);
        }
        let mut columns = Vec::new();
        for (factor, levels) in seen.iter().enumerate() {
            let present = levels.iter().enumerate().filter(|(_, (exposed, _))| *exposed).map(|(level, _)| level);
            columns.extend(present.skip(usize::from(!shrunk)).map(|level| (factor, level)));
        }
        let column = |row: usize| {
            let of = |(factor, level): &(usize, usize)| factors.get(*factor).and_then(|f| f.of_row.get(row)) == Some(level);
            std::iter::once(0).chain(columns.iter().enumerate().filter(|(_, one)| of(one)).map(|(at, _)| at + 1)).collect()
        };
        let kept = cells.iter().enumerate().filter(|(_, (_, exposure))| *exposure > 0.0);
        let rows: Vec<(f64, f64, Vec<usize>)> = kept.map(|(row, (y, e))| (f64::from(*y), *e, column(row))).collect();
        if rows.is_empty() {
            return Err(Lack::NoExposure);
        }
        if rows.iter().all(|(y, _, _)| *y <= 0.0) {
            return Err(Lack::NoEvents);
        }
        Ok(Self { rows, columns, factors })
    }

    /// The rate of all rows together.
    fn pooled(&self) -> f64 {
        let (claims, exposure) = self.rows.iter().fold((0.0, 0.0), |(y, e), row| (y + row.0, e + row.1));
        claims / exposure
    }

    fn mean(row: &(f64, f64, Vec<usize>), at: &[f64]) -> f64 {
        row.1 * row.2.iter().filter_map(|column| at.get(*column)).sum::<f64>().exp()
    }

    fn penalty(&self, column: usize, penalties: &[f64]) -> f64 {
        let factor = column.checked_sub(1).and_then(|column| self.columns.get(column)).map(|(factor, _)| *factor);
        factor.and_then(|factor| penalties.get(factor)).copied().unwrap_or(0.0)
    }

    /// Penalised log-likelihood without the constant `Σ ln y!`.
    fn local(&self, at: &[f64], penalties: &[f64]) -> Local {
        let mut information = Square::zero(at.len());
        let mut gradient = vec![0.0; at.len()];
        let mut value = 0.0;
        for row in &self.rows {
            let mean = Self::mean(row, at);
            value += if row.0 > 0.0 { row.0 * mean.ln() } else { 0.0 } - mean;
            for left in &row.2 {
                if let Some(slope) = gradient.get_mut(*left) {
                    *slope += row.0 - mean;
                }
                for right in &row.2 {
                    information.add(*left, *right, mean);
                }
            }
        }
        for (column, (slope, at)) in gradient.iter_mut().zip(at).enumerate() {
            let penalty = self.penalty(column, penalties);
            value -= penalty * at * at / 2.0;
            *slope -= penalty * at;
            information.add(column, column, penalty);
        }
        Local { value, gradient, information }
    }

    fn climb(&self, penalties: &[f64], start: Option<Vec<f64>>) -> Result<Peak, Lack> {
        let start = start.unwrap_or_else(|| std::iter::once(self.pooled().ln()).chain(self.columns.iter().map(|_| 0.0)).collect());
        climb(|at| self.local(at, penalties), start).ok_or(Lack::Unsettled)
    }

    /// Penalties by the fixed point `1/λ = Σ β² / (levels − λ tr V)`, `V` the covariance of the factor's effects (Schall 1991, *Biometrika*
    /// 78:719; MacKay 1992). A factor without effect reaches [`NO_EFFECT`].
    fn estimate(&self) -> Result<(Vec<f64>, Peak), Lack> {
        let mut penalties = vec![1.0; self.factors.len()];
        let mut peak = self.climb(&penalties, None)?;
        for _ in 0..ROUNDS {
            let covariance = peak.local.information.cholesky().ok_or(Lack::Inseparable)?.inverse();
            let next: Vec<f64> = (0..penalties.len())
                .map(|factor| {
                    let of = self.columns.iter().enumerate().filter(|(_, (one, _))| *one == factor).map(|(column, _)| column + 1);
                    let (mut levels, mut squares, mut trace) = (0.0, 0.0, 0.0);
                    for column in of {
                        levels += 1.0;
                        squares += peak.at.get(column).map_or(0.0, |effect| effect * effect);
                        trace += covariance.at(column, column);
                    }
                    let free = levels - penalties.get(factor).copied().unwrap_or(0.0) * trace;
                    if squares * NO_EFFECT <= free { NO_EFFECT } else { free / squares }
                })
                .collect();
            let settled = next.iter().zip(&penalties).all(|(next, before)| (next - before).abs() <= 1e-8 * before);
            penalties = next;
            peak = self.climb(&penalties, Some(peak.at))?;
            if settled {
                break;
            }
        }
        Ok((penalties, peak))
    }
}

/// Fits claims out of exposure, one cell a row, to factors (log link, offset `ln exposure`; Breslow and Day 1987, II, ch. 4). Rows without
/// exposure are left out.
///
/// Without shrinkage, factors that always go together are [`Lack::Inseparable`], and a level without any claim is [`Lack::Separated`];
/// shrinkage answers both with finite effects, shared between factors that cannot be told apart.
pub fn fit(cells: &[(u32, f64)], factors: &[Factor], shrink: &Shrink) -> Answer<Regression> {
    let fit = || {
        let shrunk = *shrink != Shrink::None;
        let design = Design::new(cells, factors, shrunk)?;
        let (penalties, peak) = match shrink {
            Shrink::None => {
                let start: Vec<f64> = std::iter::once(design.pooled().ln()).chain(design.columns.iter().map(|_| 0.0)).collect();
                // The rank of the design is that of its information, whatever the effects.
                design.local(&start, &[]).information.cholesky().ok_or(Lack::Inseparable)?;
                (Vec::new(), design.climb(&[], Some(start))?)
            }
            Shrink::Ridge(penalties) => {
                if penalties.len() != factors.len() || penalties.iter().any(|penalty| !(*penalty > 0.0 && penalty.is_finite())) {
                    return Err(Lack::OutOfRange);
                }
                (penalties.clone(), design.climb(penalties, None)?)
            }
            Shrink::Estimated => design.estimate()?,
        };
        summary(&design, penalties, peak)
    };
    fit().into()
}

fn summary(design: &Design<'_>, penalties: Vec<f64>, peak: Peak) -> Result<Regression, Lack> {
    let Peak { at, .. } = peak;
    let local = design.local(&at, &penalties);
    if penalties.is_empty() && at.iter().skip(1).any(|effect| effect.abs() > DIVERGES) {
        return Err(Lack::Separated);
    }
    let covariance = local.information.cholesky().ok_or(Lack::Inseparable)?.inverse();
    let error = |column: usize| covariance.at(column, column).sqrt();
    let effects = design.columns.iter().zip(at.iter().skip(1)).enumerate();
    let effects = effects
        .map(|(column, (&(factor, level), &estimate))| Effect { factor, level, estimate, standard_error: error(column + 1) })
        .collect();
    let rate = design.pooled();
    let (mut ln_likelihood, mut deviance, mut null_deviance, mut pearson) = (0.0, 0.0, 0.0, 0.0);
    for row in &design.rows {
        let (y, mean) = (row.0, Design::mean(row, &at));
        ln_likelihood += poisson::ln_probability(poisson::whole_from(y), mean);
        deviance += 2.0 * (x_ln_ratio(y, mean) - (y - mean));
        null_deviance += 2.0 * (x_ln_ratio(y, rate * row.1) - (y - rate * row.1));
        pearson += (y - mean).powi(2) / mean;
    }
    let held: f64 = (0..at.len()).map(|column| design.penalty(column, &penalties) * covariance.at(column, column)).sum();
    let df = count(design.rows.len()) - (count(at.len()) - held);
    let intercept = (at.first().copied().unwrap_or(f64::NAN), error(0));
    let dispersion = (df > 1e-9).then(|| pearson / df);
    Ok(Regression { intercept, effects, ln_likelihood, deviance, null_deviance, df, dispersion, penalties })
}

/// What a factor adds to the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Adds {
    /// Which factor is left out.
    pub factor: usize,
    /// Twice the loss of log-likelihood without it.
    pub statistic: f64,
    /// Its effects.
    pub df: f64,
    /// The p-value by chi-square (R `drop1(test = "LRT")`).
    pub p: f64,
}

/// Likelihood-ratio test of each factor given all the others, without shrinkage.
pub fn drop_one(cells: &[(u32, f64)], factors: &[Factor]) -> Answer<Vec<Adds>> {
    let tests = || {
        let all = fit(cells, factors, &Shrink::None).or_lack()?;
        let adds = (0..factors.len()).map(|factor| {
            let others: Vec<Factor> = factors.iter().enumerate().filter(|(at, _)| *at != factor).map(|(_, one)| one.clone()).collect();
            let without = fit(cells, &others, &Shrink::None).or_lack()?;
            let statistic = (2.0 * (all.ln_likelihood - without.ln_likelihood)).max(0.0);
            let df = without.df - all.df;
            let p = if df > 0.0 { chi_square_upper(statistic, df) } else { 1.0 };
            Ok(Adds { factor, statistic, df, p })
        });
        adds.collect::<Result<Vec<_>, Lack>>()
    };
    tests().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two suppliers and two lines; the line doubles the rate, the supplier does nothing but deliver mostly to it.
    fn confounded() -> (Vec<(u32, f64)>, Vec<Factor>) {
        let cells = vec![(200, 1000.0), (20, 200.0), (40, 200.0), (100, 1000.0)];
        let factors = vec![Factor::new("supplier", &["S2", "S2", "S1", "S1"]), Factor::new("line", &["L2", "L1", "L2", "L1"])];
        (cells, factors)
    }

    #[test]
    fn the_line_explains_the_supplier() {
        let (cells, factors) = confounded();
        let tests = drop_one(&cells, &factors).known().unwrap();
        assert!(tests[0].p > 0.99 && tests[1].p < 1e-5, "{tests:?}");
        let fitted = fit(&cells, &factors, &Shrink::None).known().unwrap();
        assert!((fitted.effects[1].estimate - 2.0_f64.ln()).abs() < 1e-9);
        let shrunk = fit(&cells, &factors, &Shrink::Estimated).known().unwrap();
        assert!(shrunk.penalties[0] > 1e3 * shrunk.penalties[1], "{:?}", shrunk.penalties);
    }

    #[test]
    fn edges_have_answers() {
        let together = vec![Factor::new("supplier", &["S1", "S2"]), Factor::new("line", &["L1", "L2"])];
        assert_eq!(fit(&[(5, 10.0), (9, 10.0)], &together, &Shrink::None).lack(), Some(Lack::Inseparable));
        let ridge = fit(&[(5, 10.0), (9, 10.0)], &together, &Shrink::Ridge(vec![1.0, 1.0])).known().unwrap();
        assert!((ridge.effects[0].estimate - ridge.effects[2].estimate).abs() < 1e-9, "what cannot be told apart is shared");
        let one = vec![Factor::new("supplier", &["S1", "S2"])];
        assert_eq!(fit(&[(5, 10.0), (0, 10.0)], &one, &Shrink::None).lack(), Some(Lack::Separated));
        assert!(fit(&[(5, 10.0), (0, 10.0)], &one, &Shrink::Ridge(vec![1.0])).known().is_some());
        assert_eq!(fit(&[(0, 10.0), (0, 10.0)], &one, &Shrink::Estimated).lack(), Some(Lack::NoEvents));
        assert_eq!(fit(&[(0, 0.0), (0, 0.0)], &one, &Shrink::None).lack(), Some(Lack::NoExposure));
        assert_eq!(fit(&[(1, 1.0)], &one, &Shrink::None).lack(), Some(Lack::OutOfRange));
        let exact = fit(&[(5, 10.0), (9, 10.0)], &one, &Shrink::None).known().unwrap();
        assert_eq!(exact.dispersion, None);
    }
}
