//! What is to be decided: the claims of a lot or a case, with their facts and evidence.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::shares::{Role, WHOLE};
use super::tables::{Rules, distinct};
use crate::kernel::{Code, Fault, Faults, Result, money, saturating, text};

/// The most a claim may be about, in minor units.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// A matter: one claim, or the claims of one lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// The case or lot it is about.
    pub code: String,
    /// ISO 4217; all amounts are in it.
    pub currency: String,
    /// The claims.
    pub claims: Vec<Claim>,
    /// Whether its lot fails more often than it should.
    pub excess: Option<Excess>,
    /// Whether only some of the returned pieces were analysed.
    pub sample: Option<Sample>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its code. Distinct.
    pub code: String,
    /// What it cost, in minor units.
    pub amount_minor: i64,
    /// Defect code.
    pub defect: String,
    /// Product family.
    pub family: String,
    /// Facts that gates ask for.
    pub facts: BTreeSet<String>,
    /// What was found.
    pub evidence: BTreeSet<Evidence>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The rule that says what it means.
    pub rule: String,
    /// The finding, report or document it stands in.
    pub source: String,
}

/// How a lot's claims compare with what was to be expected, and what is elevated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excess {
    /// Claims so far.
    pub observed: u32,
    /// Claims that units sold, their age and the completeness of reports let expect, in millionths of a claim.
    pub expected_micro: u64,
    /// Shape of the gamma distribution of rate ratios among comparable lots, in millionths.
    pub shape_micro: u64,
    /// Rate of that distribution, in millionths.
    pub rate_micro: u64,
    /// What is elevated. One takes the whole excess; more share it by Shapley's value.
    pub factors: Vec<Factor>,
}

/// An elevated factor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// Who answers for it.
    pub role: Role,
    /// The lot or line.
    pub code: String,
    /// Its fitted rate ratio, others held fixed, in millionths; not below 1.
    pub ratio_micro: u32,
}

/// An analysis of some of the returned pieces (reference-market procedure, VDA field failure analysis).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Pieces returned.
    pub returned: u32,
    /// Pieces analysed.
    pub analysed: u32,
    /// Pieces in which the fault was confirmed.
    pub confirmed: u32,
}

impl Matter {
    /// The same matter in the one order it is frozen in.
    pub(super) fn in_order(mut self) -> Self {
        self.claims.sort_by(|a, b| a.code.cmp(&b.code));
        if let Some(excess) = &mut self.excess {
            excess.factors.sort();
        }
        self
    }

    /// Checks the matter against the rules it is to be reckoned by, naming everything that is wrong.
    ///
    /// # Errors
    /// [`Code::Invalid`] with the faults: codes missing or there twice, a currency that is none, no claims, amounts below zero, evidence without
    /// a rule, facts that no gate asks for, numbers outside their range, more confirmed than analysed or analysed than returned.
    pub fn check(&self, rules: &Rules) -> Result<()> {
        let mut faults = Faults::default();
        faults.keep(text::line("code", &self.code, 80));
        if money::decimals(&self.currency).is_none() {
            faults.note(Fault::new("currency", Code::Malformed).with("reason", "ISO 4217"));
        }
        if self.claims.is_empty() {
            faults.note(Fault::new("claims", Code::Missing));
        }
        distinct("claims", "code", self.claims.iter().map(|claim| &claim.code), &mut faults);
        for (place, claim) in self.claims.iter().enumerate() {
            faults.keep_at(&format!("claims.{place}.code"), text::line("", &claim.code, 80));
            if !(0..=AMOUNT_MAX).contains(&claim.amount_minor) {
                let fault = Fault::new(format!("claims.{place}.amount_minor"), Code::OutOfRange);
                faults.note(fault.with("min", 0).with("max", AMOUNT_MAX));
            }
            for fact in claim.facts.iter().filter(|fact| !rules.asks_for(fact)) {
                faults.note(Fault::new(format!("claims.{place}.facts"), Code::UnknownReference).with("value", fact));
            }
            for evidence in claim.evidence.iter().filter(|evidence| rules.evidence(&evidence.rule).is_none()) {
                faults.note(Fault::new(format!("claims.{place}.evidence"), Code::UnknownReference).with("value", &evidence.rule));
            }
        }
        self.excess.iter().for_each(|excess| excess.check(&mut faults));
        if let Some(sample) = self.sample
            && !(sample.confirmed <= sample.analysed && sample.analysed <= sample.returned)
        {
            let max = if sample.confirmed > sample.analysed { sample.analysed } else { sample.returned };
            faults.note(Fault::new("sample", Code::OutOfRange).with("min", 0).with("max", max));
        }
        faults.unless_any(())
    }
}

impl Excess {
    /// Largest count, in claims, that the reckoning takes.
    const COUNT_MAX: u32 = 10_000_000;
    /// Largest shape and rate.
    const PRIOR_MAX: u64 = 100_000;
    /// Most factors: more are never elevated at once.
    const FACTORS_MAX: u64 = 12;

    fn check(&self, faults: &mut Faults) {
        let micro = u64::from(WHOLE);
        let mut range = |field: &str, value: u64, min: u64, max: u64| {
            if !(min..=max).contains(&value) {
                faults.note(Fault::new(format!("excess.{field}"), Code::OutOfRange).with("min", min).with("max", max));
            }
        };
        range("observed", self.observed.into(), 0, Self::COUNT_MAX.into());
        range("expected_micro", self.expected_micro, 1, u64::from(Self::COUNT_MAX) * micro);
        range("shape_micro", self.shape_micro, micro / 1_000, Self::PRIOR_MAX * micro);
        range("rate_micro", self.rate_micro, micro / 1_000, Self::PRIOR_MAX * micro);
        range("factors", saturating(self.factors.len()), 1, Self::FACTORS_MAX);
        for (place, factor) in self.factors.iter().enumerate() {
            range(&format!("factors.{place}.ratio_micro"), factor.ratio_micro.into(), micro, u32::MAX.into());
        }
    }
}
