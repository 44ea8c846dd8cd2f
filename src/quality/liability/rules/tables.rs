//! The rule tables: data with a version, agreed with those who pay by them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::shares::{self, Role, Shares, WHOLE};
use crate::kernel::error::{Code, Fault, Result};
use crate::kernel::faults::Faults;
use crate::kernel::text;

/// All rules of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Name of this version; another text for every change.
    pub version: String,
    /// Hard rules; the first that fits decides.
    pub gates: Vec<Gate>,
    /// Shares agreed before anything is known of a claim but its defect.
    pub priors: Vec<Prior>,
    /// What each kind of evidence says.
    pub evidence: Vec<EvidenceRule>,
    /// The most that one class of evidence may say for a role; 1/`cap` is the most it may say against. 20 is usual.
    pub cap: u32,
    /// The share, in micro-shares, that a role must reach for a claim to count as resolved. 500,000 is usual.
    pub resolved_from: u32,
}

/// A hard rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The clause of the agreement that says so. Distinct.
    pub clause: String,
    /// The facts that must all hold.
    pub facts: BTreeSet<String>,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows from a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// These shares, whatever the evidence.
    Charge(Shares),
    /// Nothing is charged until somebody has looked (a tampered serial).
    Hold,
}

/// Shares before evidence for a defect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// Defect code.
    pub defect: String,
    /// Product family; none is every family that has no row of its own.
    pub family: Option<String>,
    /// The shares.
    pub shares: Shares,
    /// Who signed the row: both sides.
    pub signed_by: BTreeSet<String>,
}

/// What a kind of evidence says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Its code. Distinct.
    pub code: String,
    /// Its class. What is of one class is not independent, and counts once.
    pub class: String,
    /// Likelihood ratio by role in millionths: how many times likelier this is when that role caused the matter than when it did not.
    /// A role left out has 1.
    pub ratios: BTreeMap<Role, u32>,
}

impl Rules {
    /// The prior shares of a defect in a product family.
    pub fn prior(&self, defect: &str, family: &str) -> Option<&Shares> {
        let row = |wanted: Option<&str>| self.priors.iter().find(|row| row.defect == defect && row.family.as_deref() == wanted);
        row(Some(family)).or_else(|| row(None)).map(|row| &row.shares)
    }

    /// The rule of a kind of evidence.
    pub fn evidence(&self, code: &str) -> Option<&EvidenceRule> {
        self.evidence.iter().find(|rule| rule.code == code)
    }

    /// Whether some gate asks for this fact.
    pub(super) fn asks_for(&self, fact: &str) -> bool {
        self.gates.iter().any(|gate| gate.facts.contains(fact))
    }

    /// The same rules in the one order they are frozen in. Gates keep theirs: it has a meaning.
    pub(super) fn in_order(mut self) -> Self {
        self.priors.sort_by(|a, b| (&a.defect, &a.family).cmp(&(&b.defect, &b.family)));
        self.evidence.sort_by(|a, b| a.code.cmp(&b.code));
        self
    }

    /// Checks the tables, naming everything that is wrong.
    ///
    /// # Errors
    /// [`Code::Invalid`] with the faults: a text missing or too long, clauses, codes or priors there twice, a gate without facts, shares that
    /// do not sum to a whole, a prior that not two have signed, a ratio of zero, a cap outside 1 to 1000, a threshold above the whole.
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let mut line = |field: String, text: &str| faults.keep_at(&field, text::line("", text, 80));
        line("version".to_owned(), &self.version);
        for (place, gate) in self.gates.iter().enumerate() {
            line(format!("gates.{place}.clause"), &gate.clause);
        }
        for (place, row) in self.priors.iter().enumerate() {
            line(format!("priors.{place}.defect"), &row.defect);
        }
        for (place, rule) in self.evidence.iter().enumerate() {
            line(format!("evidence.{place}.code"), &rule.code);
            line(format!("evidence.{place}.class"), &rule.class);
        }
        let mut range = |field: &'static str, value: u32, max: u32| {
            if !(1..=max).contains(&value) {
                faults.note(Fault::new(field, Code::OutOfRange).with("min", 1).with("max", max));
            }
        };
        range("cap", self.cap, 1_000);
        range("resolved_from", self.resolved_from, WHOLE);
        distinct("gates", "clause", self.gates.iter().map(|gate| &gate.clause), &mut faults);
        distinct("priors", "defect", self.priors.iter().map(|row| (&row.defect, &row.family)), &mut faults);
        distinct("evidence", "code", self.evidence.iter().map(|rule| &rule.code), &mut faults);
        for (place, gate) in self.gates.iter().enumerate() {
            if gate.facts.is_empty() {
                faults.note(Fault::new(format!("gates.{place}.facts"), Code::Missing));
            }
            if let Outcome::Charge(shares) = &gate.outcome {
                faults.keep(shares::check(&format!("gates.{place}.outcome.charge"), shares));
            }
        }
        for (place, row) in self.priors.iter().enumerate() {
            faults.keep(shares::check(&format!("priors.{place}.shares"), &row.shares));
            if row.signed_by.len() < 2 {
                faults.note(Fault::new(format!("priors.{place}.signed_by"), Code::TooShort).with("min", 2));
            }
        }
        for (place, rule) in self.evidence.iter().enumerate() {
            if rule.ratios.is_empty() || rule.ratios.values().any(|ratio| *ratio == 0) {
                faults.note(Fault::new(format!("evidence.{place}.ratios"), Code::OutOfRange).with("min", 1).with("max", u32::MAX));
            }
        }
        faults.unless_any(())
    }
}

/// Notes what is there twice in a list.
pub(super) fn distinct<T: Ord>(list: &str, field: &str, keys: impl Iterator<Item = T>, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (place, key) in keys.enumerate() {
        if !seen.insert(key) {
            faults.note(Fault::new(format!("{list}.{place}.{field}"), Code::Duplicate));
        }
    }
}
