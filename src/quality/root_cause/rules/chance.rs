//! Seeded draws for the tests: the same on every machine.

use std::f64::consts::TAU;

use crate::kernel::chance::Stream;

/// A stream of draws from a seed.
#[derive(Clone, Debug)]
pub(super) struct Chance(Stream);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Stream::new(seed))
    }

    /// Uniform in (0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        self.0.uniform()
    }

    /// Standard normal (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
    }

    /// Gamma of this shape and rate 1 (Marsaglia and Tsang 2000).
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Poisson: by inversion for small means, as a sum of halves for large.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 30.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let (mut left, mut count, mut p) = (self.uniform(), 0, (-mean).exp());
        while left > p && count < 1000 {
            left -= p;
            count += 1;
            p *= mean / f64::from(count);
        }
        count
    }

    /// A place with a chance proportional to its weight.
    pub(super) fn pick(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut at = self.uniform() * weights.clone().sum::<f64>();
        weights
            .enumerate()
            .find_map(|(place, weight)| {
                at -= weight;
                (at < 0.0).then_some(place)
            })
            .unwrap_or_default()
    }
}

#[test]
fn draws_have_their_moments() {
    let mut chance = Chance::new(11);
    for mean in [0.2, 4.0, 90.0] {
        let draws: Vec<f64> = (0..20_000).map(|_| f64::from(chance.poisson(mean))).collect();
        let average = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - average).powi(2)).sum::<f64>() / 20_000.0;
        assert!((average / mean - 1.0).abs() < 0.05 && (variance / mean - 1.0).abs() < 0.05, "{mean}: {average} {variance}");
    }
    for shape in [0.3, 4.0] {
        let average = (0..20_000).map(|_| chance.gamma(shape)).sum::<f64>() / 20_000.0;
        assert!((average / shape - 1.0).abs() < 0.05, "{shape}: {average}");
    }
}
