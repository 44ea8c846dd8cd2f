//! How often a party's lots fail, beside how often they should: what a statement says of it, and works out again.

use serde::{Deserialize, Serialize};

use super::excess::posterior_quantile;
use super::shares::WHOLE;
use crate::choices;
use crate::kernel::saturating;

choices! {
    /// What a party answers for.
    #[derive(Default)]
    CountOf {
        /// One of its lots.
        #[default]
        Lot = "lot", "物料批", "Lot";
        /// Everything it sewed.
        Sewn = "sewn", "缝制的服装", "Garments it sewed";
        /// Everything it sold.
        Sold = "sold", "售出的服装", "Garments it sold";
    }
}

/// The claims of a month, and how many were to come in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthCount {
    /// The month of the claims: `2026-05`.
    pub month: String,
    /// Confirmed claims.
    pub claims: u32,
    /// Claims that the average of its kind would show in that month, in millionths of a claim.
    pub expected_micro: u64,
}

/// A lot (or everything a party sewed or sold) and a defect: confirmed claims, what was to be expected by now, and the ratio with its interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementCount {
    /// Of what.
    pub of: CountOf,
    /// Code of the party's own lot, where it is of one.
    pub lot: Option<String>,
    /// Code of the defect.
    pub defect: String,
    /// Confirmed claims so far.
    pub claims: u32,
    /// Claims that the average lot of its kind would show by now, in millionths of a claim.
    pub expected_micro: u64,
    /// How much lots of its kind differ anyway: shape and rate of the gamma distribution of their ratios, in millionths. None where they do not.
    pub shape_micro: Option<u64>,
    /// The share of its claims in the long run that can be known by now, in millionths.
    pub completeness_micro: Option<u32>,
    /// How many times as many claims as the average lot, in millionths: shrunken by how much lots differ anyway.
    pub ratio_micro: u64,
    /// The ratio is below that with a probability of 5 %.
    pub lower_micro: u64,
    /// And above that with a probability of 5 %.
    pub upper_micro: u64,
    /// Claims and expected claims by month, the first one first; each sums to what is said above. Files of format 2 have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<MonthCount>,
}

impl StatementCount {
    /// With ratio and interval as they follow from the counts. The distribution of ratios has the mean one, so its rate is its shape; where lots do not
    /// differ a hundredfold claims would not move one, and all are average.
    #[must_use]
    pub fn worked_out(mut self) -> Self {
        let one = u64::from(WHOLE);
        (self.ratio_micro, self.lower_micro, self.upper_micro) = match self.shape_micro {
            None => (one, one, one),
            Some(shape) => {
                let quantile = |p| posterior_quantile((shape, self.expected_micro), self.claims, p);
                let mean = (u128::from(shape) + u128::from(self.claims) * u128::from(one)) * u128::from(one)
                    / (u128::from(shape) + u128::from(self.expected_micro)).max(1);
                (saturating(mean), quantile(0.05), quantile(0.95))
            }
        };
        self
    }

    /// With its months: of each the claims and a weight, by which the expected claims are parted so that nothing is lost.
    #[must_use]
    pub fn by_month(mut self, months: Vec<(String, u32, u64)>) -> Self {
        let whole: u128 = months.iter().map(|(.., weight)| u128::from(*weight)).sum();
        // Where next to nothing was to come in any of them, in each alike.
        let weight = |weight: u64| if whole == 0 { 1 } else { u128::from(weight) };
        let whole = months.iter().map(|(.., one)| weight(*one)).sum::<u128>().max(1);
        let (mut before, mut sum) = (0_u128, 0_u128);
        for (month, claims, one) in months {
            sum += weight(one);
            let upto = u128::from(self.expected_micro) * sum / whole;
            self.months.push(MonthCount { month, claims, expected_micro: saturating(upto - before) });
            before = upto;
        }
        self
    }

    /// Whether its months are in order and come to what it says as a whole.
    pub fn months_hold(&self) -> bool {
        let claims: u64 = self.months.iter().map(|one| u64::from(one.claims)).sum();
        let expected: u128 = self.months.iter().map(|one| u128::from(one.expected_micro)).sum();
        self.months.is_sorted_by(|one, next| one.month < next.month)
            && claims == u64::from(self.claims)
            && expected == u128::from(self.expected_micro)
    }

    /// Between which ratios nine of ten of its kind lie, in millionths: others without their names. None where they do not differ.
    pub fn peers(&self) -> Option<(u64, u64)> {
        let quantile = |shape, p| posterior_quantile((shape, 0), 0, p);
        self.shape_micro.map(|shape| (quantile(shape, 0.05), quantile(shape, 0.95)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_the_reference_example() {
        // Γ(8 + 40, 8 + 11.5): 48 / 19.5 = 2.4615, 5 % point 1.908.
        let count = StatementCount {
            defect: "fading".into(),
            claims: 40,
            expected_micro: 11_500_000,
            shape_micro: Some(8_000_000),
            ..StatementCount::default()
        };
        let known = count.clone().worked_out();
        assert_eq!(known.ratio_micro, 2_461_538);
        assert!((1_907_500..1_908_500).contains(&known.lower_micro), "{}", known.lower_micro);
        assert!((3_050_000..3_100_000).contains(&known.upper_micro), "{}", known.upper_micro);
        let (low, high) = known.peers().unwrap();
        assert!(low < 1_000_000 && 1_000_000 < high && high < known.upper_micro, "{low} {high}");
        let alike = StatementCount { shape_micro: None, ..count }.worked_out();
        assert_eq!((alike.ratio_micro, alike.lower_micro, alike.upper_micro), (1_000_000, 1_000_000, 1_000_000));
    }
}
