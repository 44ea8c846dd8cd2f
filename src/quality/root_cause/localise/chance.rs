//! Draws that are the same on every machine and in every year: a report must recompute to the same p.
//!
//! Poisson by inversion and by Hörmann's PTRS (1993); Gamma by Marsaglia and Tsang (2000).

use statrs::function::gamma::ln_gamma;

use crate::kernel::chance::Stream;

/// A reproducible stream of draws.
#[derive(Clone, Debug)]
pub struct Chance(Stream);

/// A variance, and what every draw of a [`Chance::gamma`] with it needs.
#[derive(Clone, Copy, Debug)]
pub struct Differ {
    variance: f64,
    shape: f64,
    d: f64,
    c: f64,
}

impl Differ {
    /// By this variance.
    pub fn by(variance: f64) -> Self {
        let shape = variance.recip();
        let d = (if shape < 1.0 { shape + 1.0 } else { shape }) - 1.0 / 3.0;
        Self { variance, shape, d, c: (9.0 * d).sqrt().recip() }
    }

    /// Whether it is this variance.
    pub const fn is_by(&self, variance: f64) -> bool {
        self.variance.to_bits() == variance.to_bits()
    }
}

impl Chance {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Stream::new(seed))
    }

    /// Uniform in the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        self.0.uniform()
    }

    /// A Poisson count with this mean; 0 for a mean that is not above 0.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean >= 10.0 { self.poisson_large(mean) } else { self.poisson_small(mean) }
    }

    fn poisson_small(&mut self, mean: f64) -> f64 {
        let mut left = self.uniform();
        let (mut count, mut chance) = (0.0, (-mean).exp());
        while left > chance && count < 100.0 {
            left -= chance;
            count += 1.0;
            chance *= mean / count;
        }
        count
    }

    fn poisson_large(&mut self, mean: f64) -> f64 {
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.024_83 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let squeeze = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let edge = 0.5 - u.abs();
            let count = ((2.0 * a / edge + b) * u + mean + 0.43).floor();
            if edge >= 0.07 && v <= squeeze {
                return count;
            }
            if count < 0.0 || (edge < 0.013 && v > edge) {
                continue;
            }
            if (v * inverse_alpha / (a / (edge * edge) + b)).ln() <= count * mean.ln() - mean - ln_gamma(count + 1.0) {
                return count;
            }
        }
    }

    /// A Gamma variable with mean 1 and this variance; 1 for a variance that is not above 0.
    pub fn gamma(&mut self, of: &Differ) -> f64 {
        let Differ { variance, shape, d, c } = *of;
        if variance <= 0.0 {
            return 1.0;
        }
        let boost = if shape < 1.0 { self.uniform().powf(variance) } else { 1.0 };
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v <= 0.0 {
                continue;
            }
            let u = self.uniform();
            if u < 1.0 - 0.0331 * x.powi(4) || u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return boost * d * v * variance;
            }
        }
    }

    /// A standard normal variable, by the polar method of Marsaglia and Bray (1964).
    fn normal(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.uniform() - 1.0;
            let y = 2.0 * self.uniform() - 1.0;
            let s = x * x + y * y;
            if s < 1.0 {
                return x * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Throws `total` claims into cells with chances proportional to `means`: one multinomial draw, written to `counts`.
    ///
    /// Poisson counts of a slightly smaller total are drawn first and the claims still missing one by one, which is exact, since Poisson
    /// counts are multinomial given their sum.
    pub fn multinomial(&mut self, total: f64, means: &[f64], counts: &mut Vec<f64>) {
        let sum: f64 = means.iter().sum();
        let first = if sum > 0.0 { (total - 2.0 * total.sqrt()).max(0.0) / sum } else { 0.0 };
        let mut left = loop {
            counts.clear();
            counts.extend(means.iter().map(|mean| if first * mean > 0.0 { self.poisson(first * mean) } else { 0.0 }));
            let left = total - counts.iter().sum::<f64>();
            if left >= 0.0 {
                break left;
            }
        };
        if sum <= 0.0 || left < 1.0 {
            return;
        }
        let sums: Vec<f64> = means
            .iter()
            .scan(0.0, |sum, mean| {
                *sum += mean;
                Some(*sum)
            })
            .collect();
        while left >= 1.0 {
            let at = self.uniform() * sum;
            if let Some(count) = counts.get_mut(sums.partition_point(|sum| *sum <= at)) {
                *count += 1.0;
            }
            left -= 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(draws: &[f64]) -> (f64, f64) {
        let n = f64::from(u32::try_from(draws.len()).unwrap());
        let mean = draws.iter().sum::<f64>() / n;
        (mean, draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0))
    }

    #[test]
    fn poisson_has_its_mean_and_variance() {
        let mut chance = Chance::new(7);
        for mean in [0.3, 4.0, 9.9, 10.1, 60.0, 5_000.0] {
            let (found, variance) = moments(&(0..40_000).map(|_| chance.poisson(mean)).collect::<Vec<_>>());
            assert!((found - mean).abs() < 5.0 * (mean / 40_000.0).sqrt(), "{mean} {found}");
            assert!((variance / mean - 1.0).abs() < 0.05, "{mean} {variance}");
        }
    }

    #[test]
    fn gamma_has_mean_one_and_its_variance() {
        let mut chance = Chance::new(8);
        for asked in [0.01, 0.25, 1.0, 3.0] {
            let (mean, variance) = moments(&(0..100_000).map(|_| chance.gamma(&Differ::by(asked))).collect::<Vec<_>>());
            assert!((mean - 1.0).abs() < 0.03 && (variance / asked - 1.0).abs() < 0.1, "{asked}: {mean} {variance}");
        }
        assert_eq!(chance.gamma(&Differ::by(0.0)), 1.0);
    }

    #[test]
    fn multinomial_keeps_the_total_and_the_proportions() {
        let mut chance = Chance::new(9);
        let means = [1.0, 0.0, 3.0, 6.0];
        let (mut counts, mut sums) = (Vec::new(), [0.0; 4]);
        for _ in 0..2_000 {
            chance.multinomial(500.0, &means, &mut counts);
            assert_eq!(counts.iter().sum::<f64>(), 500.0);
            sums.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        }
        for (sum, mean) in sums.iter().zip(means) {
            assert!((sum / 1e6 - mean / 10.0).abs() < 0.003, "{sum} {mean}");
        }
        chance.multinomial(3.0, &[0.0, 0.0], &mut counts);
        assert_eq!(counts, [0.0, 0.0]);
    }
}
