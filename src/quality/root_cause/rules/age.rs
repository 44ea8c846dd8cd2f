//! The age curve: how many claims a unit makes at each age, and from it what a cohort should have shown by now.
//!
//! A unit sold last month cannot have worn through yet. Claims per unit made compare a young batch with an old one; claims per *expected*
//! claim compare like with like. This is where exposures of every other file come from.

use serde::Serialize;

use super::answer::{Answer, Lack, at_least_zero};
use super::delay::Completeness;

/// Units put into service in one period, and their claims by age.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// Units.
    pub units: f64,
    /// Claims at age 0, 1, 2, … periods, as far as the cohort is old. Its last age is the present.
    pub claims: Vec<u32>,
}

impl Cohort {
    /// Units whose claims at `age` would be known by now: units times the completeness of that age.
    fn known_units(&self, age: usize, known: &Completeness) -> f64 {
        self.claims.len().checked_sub(age + 1).map_or(0.0, |lag| self.units * known.after(lag))
    }
}

/// Claims and units at risk by age, summed over cohorts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ages {
    claims: Vec<f64>,
    units: Vec<f64>,
}

impl Ages {
    /// Sums the cohorts. A number of units that is negative or no number: [`Lack::OutOfRange`].
    pub fn of(cohorts: &[Cohort], known: &Completeness) -> Answer<Self> {
        let sum = || {
            let mut ages = Self::default();
            for cohort in cohorts {
                at_least_zero(cohort.units)?;
                ages.weigh(cohort, known, 1.0);
            }
            Ok(ages)
        };
        sum().into()
    }

    /// Claims and units at risk by age, where somebody counted them otherwise than by cohorts seen from their first age on. Columns of unequal
    /// length, or anything negative or no number: [`Lack::OutOfRange`].
    pub fn counted(claims: Vec<f64>, units: Vec<f64>) -> Answer<Self> {
        let sound = || {
            claims.iter().chain(&units).try_for_each(|value| at_least_zero(*value).map(drop))?;
            if claims.len() == units.len() { Ok(()) } else { Err(Lack::OutOfRange) }
        };
        Answer::from(sound()).map(|()| Self { claims, units })
    }

    /// The same without one of the cohorts: a cohort must not be measured against a curve that it shaped itself.
    #[must_use]
    pub fn without(&self, cohort: &Cohort, known: &Completeness) -> Self {
        let mut rest = self.clone();
        rest.weigh(cohort, known, -1.0);
        rest
    }

    fn weigh(&mut self, cohort: &Cohort, known: &Completeness, weight: f64) {
        let length = self.claims.len().max(cohort.claims.len());
        self.claims.resize(length, 0.0);
        self.units.resize(length, 0.0);
        for (age, ((claims, units), made)) in self.claims.iter_mut().zip(&mut self.units).zip(&cohort.claims).enumerate() {
            *claims += weight * f64::from(*made);
            *units = (*units + weight * cohort.known_units(age, known)).max(0.0);
        }
    }

    /// The claim rate at each age, `λ(a) = Σ n(d, a) / Σ N(d) F(now − d − a)` over the cohorts `d` old enough (Kalbfleisch, Lawless and
    /// Robinson 1991, *Technometrics* 33:273).
    ///
    /// Neighbouring ages are pooled until each pool has `fewest` claims (5 keeps the tail steady, 0 pools nothing); a last pool with fewer
    /// joins the one before. The curve ends at the last age at which anybody was at risk; nobody at any age: [`Lack::NoExposure`].
    pub fn curve(&self, fewest: u32) -> Answer<Curve> {
        let at_risk = self.units.iter().take_while(|units| **units > 0.0).count();
        if at_risk == 0 {
            return Answer::TooLittle(Lack::NoExposure);
        }
        let mut pools: Vec<Pool> = Vec::new();
        let mut open = Pool::default();
        for (claims, units) in self.claims.iter().zip(&self.units).take(at_risk) {
            open.ages += 1;
            open.claims += claims;
            open.units += units;
            if open.claims >= f64::from(fewest) {
                pools.push(std::mem::take(&mut open));
            }
        }
        match pools.last_mut() {
            Some(last) if open.ages > 0 => last.join(&open),
            None => pools.push(open),
            _ => {}
        }
        Answer::Known(Curve { pools })
    }
}

/// Neighbouring ages with one rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Pool {
    ages: u32,
    claims: f64,
    units: f64,
}

impl Pool {
    fn join(&mut self, other: &Self) {
        self.ages += other.ages;
        self.claims += other.claims;
        self.units += other.units;
    }

    fn rate(&self) -> f64 {
        self.claims / self.units
    }
}

/// Claims per unit at each age.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    pools: Vec<Pool>,
}

/// The curve at one age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtAge {
    /// Claims per unit at this age.
    pub rate: f64,
    /// Claims per unit up to and with this age.
    pub cumulative: f64,
    /// Standard error of `cumulative`: `√Σ n / D²`, for Poisson claims.
    pub standard_error: f64,
}

impl Curve {
    /// The curve at age 0, 1, 2, ….
    pub fn ages(&self) -> Vec<AtAge> {
        let (mut before, mut variance) = (0.0, 0.0);
        let mut ages = Vec::new();
        for pool in &self.pools {
            let of = pool.claims / (pool.units * pool.units);
            for age in (1..=pool.ages).map(f64::from) {
                let standard_error = f64::sqrt(variance + age * age * of);
                ages.push(AtAge { rate: pool.rate(), cumulative: before + age * pool.rate(), standard_error });
            }
            let length = f64::from(pool.ages);
            before += length * pool.rate();
            variance += length * length * of;
        }
        ages
    }

    fn rates(&self) -> impl Iterator<Item = f64> + '_ {
        self.pools.iter().flat_map(|pool| (0..pool.ages).map(|_| pool.rate()))
    }

    /// Claims expected by now, and *known* by now, of `units` that have been seen at `seen` ages (0, …, `seen − 1`): `N Σ λ(a) F(lag)`.
    pub fn expected(&self, units: f64, seen: usize, known: &Completeness) -> f64 {
        units * self.rates().take(seen).enumerate().map(|(age, rate)| rate * known.after(seen - age - 1)).sum::<f64>()
    }

    /// Claims still to come of the same units up to the end of the curve, not counting those made and not yet known.
    pub fn remaining(&self, units: f64, seen: usize) -> f64 {
        units * self.rates().skip(seen).sum::<f64>()
    }

    /// The share of all claims up to the end of the curve that can be known by now; nothing expected at all: [`Lack::NoEvents`].
    pub fn completeness(&self, seen: usize, known: &Completeness) -> Answer<f64> {
        let all = self.remaining(1.0, 0);
        if all > 0.0 { Answer::Known(self.expected(1.0, seen, known) / all) } else { Answer::TooLittle(Lack::NoEvents) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohorts() -> Vec<Cohort> {
        vec![
            Cohort { units: 1000.0, claims: vec![2, 3, 1, 2] },
            Cohort { units: 1200.0, claims: vec![1, 4, 2] },
            Cohort { units: 900.0, claims: vec![2, 1] },
        ]
    }

    #[test]
    fn edges_have_answers() {
        let known = Completeness::at_once();
        assert_eq!(Ages::default().curve(0).lack(), Some(Lack::NoExposure));
        assert_eq!(Ages::of(&[Cohort { units: -1.0, claims: vec![0] }], &known).lack(), Some(Lack::OutOfRange));
        let silent = Ages::of(&[Cohort { units: 10.0, claims: vec![0, 0] }], &known).known().unwrap().curve(5).known().unwrap();
        assert_eq!((silent.ages().len(), silent.expected(10.0, 2, &known)), (2, 0.0));
        assert_eq!(silent.completeness(2, &known).lack(), Some(Lack::NoEvents));
    }

    #[test]
    fn pooling_keeps_the_number_of_claims() {
        let known = Completeness::at_once();
        let ages = Ages::of(&cohorts(), &known).known().unwrap();
        let lengths = |fewest| ages.curve(fewest).known().unwrap().pools.iter().map(|pool| pool.ages).collect::<Vec<_>>();
        assert_eq!((lengths(0), lengths(5), lengths(6)), (vec![1; 4], vec![1, 1, 2], vec![4]));
        let plain = ages.curve(0).known().unwrap();
        let expected: f64 = cohorts().iter().map(|cohort| plain.expected(cohort.units, cohort.claims.len(), &known)).sum();
        assert!((expected - 18.0).abs() < 1e-12);
    }

    #[test]
    fn leaving_one_out_is_fitting_the_others() {
        let known = Completeness::of(vec![0.5, 0.8]).known().unwrap();
        let all = Ages::of(&cohorts(), &known).known().unwrap();
        let rest = all.without(&cohorts()[0], &known).curve(0).known().unwrap();
        let direct = Ages::of(&cohorts()[1..], &known).known().unwrap().curve(0).known().unwrap();
        for (one, other) in rest.ages().iter().zip(direct.ages()) {
            assert!((one.rate - other.rate).abs() < 1e-12);
        }
    }

    #[test]
    fn late_reports_raise_the_rate() {
        let late = Completeness::of(vec![0.5]).known().unwrap();
        let cohorts = [Cohort { units: 100.0, claims: vec![4] }];
        let curve = Ages::of(&cohorts, &late).known().unwrap().curve(0).known().unwrap();
        assert!((curve.ages()[0].rate - 0.08).abs() < 1e-12);
        assert!((curve.expected(100.0, 1, &late) - 4.0).abs() < 1e-12);
    }
}
