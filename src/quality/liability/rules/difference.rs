//! What changed between two bundles, and how much money each change moved.

use serde::Serialize;

use super::bundle::Bundle;
use super::matter::{Claim, Evidence, Matter};
use super::reckoning::reckon;
use super::shares::{self, Money};
use super::tables::Rules;
use crate::kernel::error::Result;

/// A change of one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A claim was taken out.
    ClaimRemoved(String),
    /// A claim came in.
    ClaimAdded(String),
    /// A claim's amount.
    Amount(String),
    /// A claim's defect or product family.
    Defect(String),
    /// A claim's facts.
    Facts(String),
    /// Evidence of a claim was taken out.
    EvidenceRemoved(String, Evidence),
    /// Evidence of a claim came in.
    EvidenceAdded(String, Evidence),
    /// The lot's excess: its counts, its prior or its factors.
    Excess,
    /// The sample.
    Sample,
    /// The rules, from one version to another.
    Rules(String, String),
    /// The matter's code or currency.
    Title,
}

/// A change and the money it moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// What changed.
    pub change: Change,
    /// By how much the money of each role changed. Empty when the change moved none.
    pub money: Money,
}

/// Goes from one bundle to the other one change at a time, and says what each moved; together they are the whole difference.
///
/// The order is fixed: claims by code (taken out; then amount, defect, facts, evidence out, evidence in; then new ones), the excess, the sample, the
/// rules. What a change moves can depend on those before it, as with any way of dividing a joint effect.
pub fn difference(from: &Bundle, to: &Bundle) -> Result<Vec<Moved>> {
    let ((rules, matter), (new_rules, new_matter)) = (from.inputs()?, to.inputs()?);
    let mut walk = Walk { money: reckon(&rules, &matter).money, rules, matter, moved: Vec::new() };
    let find = |claims: &[Claim], code: &str| claims.iter().find(|claim| claim.code == code).cloned();
    for old in walk.matter.claims.clone() {
        match find(&new_matter.claims, &old.code) {
            None => walk.step(Change::ClaimRemoved(old.code.clone()), |matter| matter.claims.retain(|claim| claim.code != old.code)),
            Some(new) => walk.claim(&old, &new),
        }
    }
    for new in &new_matter.claims {
        if find(&walk.matter.claims, &new.code).is_none() {
            walk.step(Change::ClaimAdded(new.code.clone()), |matter| matter.claims.push(new.clone()));
        }
    }
    if walk.matter.excess != new_matter.excess {
        walk.step(Change::Excess, |matter| matter.excess = new_matter.excess.clone());
    }
    if walk.matter.sample != new_matter.sample {
        walk.step(Change::Sample, |matter| matter.sample = new_matter.sample);
    }
    if walk.rules != new_rules {
        let change = Change::Rules(walk.rules.version.clone(), new_rules.version.clone());
        walk.rules = new_rules;
        walk.step(change, |_| ());
    }
    if (&walk.matter.code, &walk.matter.currency) != (&new_matter.code, &new_matter.currency) {
        walk.step(Change::Title, |_| ());
    }
    Ok(walk.moved)
}

/// Where the way from one bundle to the other has come to.
struct Walk {
    rules: Rules,
    matter: Matter,
    money: Money,
    moved: Vec<Moved>,
}

impl Walk {
    fn step(&mut self, change: Change, apply: impl FnOnce(&mut Matter)) {
        apply(&mut self.matter);
        let money = reckon(&self.rules, &self.matter).money;
        self.moved.push(Moved { change, money: shares::change(&self.money, &money) });
        self.money = money;
    }

    /// Steps from a claim to what became of it.
    fn claim(&mut self, old: &Claim, new: &Claim) {
        let code = || new.code.clone();
        if old.amount_minor != new.amount_minor {
            self.of(new, Change::Amount(code()), |claim| claim.amount_minor = new.amount_minor);
        }
        if (&old.defect, &old.family) != (&new.defect, &new.family) {
            self.of(new, Change::Defect(code()), |claim| {
                claim.defect.clone_from(&new.defect);
                claim.family.clone_from(&new.family);
            });
        }
        if old.facts != new.facts {
            self.of(new, Change::Facts(code()), |claim| claim.facts.clone_from(&new.facts));
        }
        for evidence in old.evidence.difference(&new.evidence) {
            self.of(new, Change::EvidenceRemoved(code(), evidence.clone()), |claim| claim.evidence.retain(|one| one != evidence));
        }
        for evidence in new.evidence.difference(&old.evidence) {
            self.of(new, Change::EvidenceAdded(code(), evidence.clone()), |claim| claim.evidence.extend([evidence.clone()]));
        }
    }

    fn of(&mut self, claim: &Claim, change: Change, apply: impl FnOnce(&mut Claim)) {
        let code = claim.code.clone();
        self.step(change, |matter| {
            if let Some(claim) = matter.claims.iter_mut().find(|claim| claim.code == code) {
                apply(claim);
            }
        });
    }
}
