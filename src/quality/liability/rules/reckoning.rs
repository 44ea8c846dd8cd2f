//! From claims to money, and what each piece of evidence does to it.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

use super::matter::{Claim, Evidence, Matter};
use super::shares::{self, Money, Role, Shares, WHOLE, in_proportion, micro_minor, mix, nobody, whole_minor};
use super::tables::{EvidenceRule, Outcome, Rules};

/// What decided a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A gate, by its clause.
    Gate(String),
    /// A gate that holds the claim back, by its clause. Charges nobody.
    Held(String),
    /// Prior and evidence.
    Evidence,
    /// Prior and evidence, but nobody leads: it goes to inspection. Charges nobody but for the excess.
    Unresolved,
    /// No prior is agreed for its defect. Charges nobody but for the excess.
    NoPrior,
}

/// What became of one claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The claim.
    pub claim: String,
    /// What decided it.
    pub basis: Basis,
    /// The shares after prior and evidence, whether they are charged or not. Empty where a gate decided or no prior is agreed.
    pub belief: Shares,
    /// The shares that are charged, those of nobody included.
    pub charge: Shares,
}

/// What became of a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reckoning {
    /// The part of every claim that the lot's excess takes before the shares, in micro-shares. Zero without an excess.
    pub attributable: u32,
    /// How the elevated factors share that part. Empty without an excess.
    pub excess: Shares,
    /// The part of every claim that is recognised by the sample, in micro-shares. A whole without one.
    pub recognised: u32,
    /// Each claim, in order of their codes.
    pub verdicts: Vec<Verdict>,
    /// The money by role. It sums to the amounts of the claims; that of [`Role::NoFault`] and [`Role::Unresolved`] is charged to nobody.
    pub money: Money,
}

/// What decides every claim of a matter alike.
struct Terms<'a> {
    rules: &'a Rules,
    attributable: u32,
    excess: Shares,
    recognised: u32,
}

impl<'a> Terms<'a> {
    fn new(rules: &'a Rules, matter: &Matter) -> Self {
        let excess = matter.excess.as_ref().map(|excess| excess.shared()).unwrap_or_default();
        let attributable = matter.excess.as_ref().filter(|_| !excess.is_empty()).map_or(0, |excess| excess.attributable());
        let recognised = matter.sample.map_or(WHOLE, |sample| sample.recognised());
        Self { rules, attributable, excess, recognised }
    }

    fn verdict(&self, claim: &Claim) -> Verdict {
        let verdict = |basis, belief, charge| Verdict { claim: claim.code.clone(), basis, belief, charge };
        if let Some(gate) = self.rules.gates.iter().find(|gate| gate.facts.is_subset(&claim.facts)) {
            return match &gate.outcome {
                Outcome::Charge(shares) => verdict(Basis::Gate(gate.clause.clone()), Shares::new(), shares.clone()),
                Outcome::Hold => verdict(Basis::Held(gate.clause.clone()), Shares::new(), nobody()),
            };
        }
        let (basis, belief) = match self.rules.prior(&claim.defect, &claim.family) {
            None => (Basis::NoPrior, Shares::new()),
            Some(prior) => {
                let belief = posterior(self.rules, prior, &claim.evidence);
                let leading = belief.iter().filter(|(role, _)| **role != Role::Unresolved).map(|(_, share)| *share).max();
                let resolved = leading.is_some_and(|share| share >= self.rules.resolved_from);
                (if resolved { Basis::Evidence } else { Basis::Unresolved }, belief)
            }
        };
        let settled = if basis == Basis::Evidence { belief.clone() } else { nobody() };
        let charge = mix(self.recognised, &mix(self.attributable, &self.excess, &settled), &nobody());
        verdict(basis, belief, charge)
    }
}

/// Shares after evidence: `posterior ∝ prior · ∏ ratio`, one product for each class.
///
/// Within a class the strongest ratio above 1 and the strongest below 1 count, each once, and their product is capped to `1/cap..=cap`. So
/// repeating evidence changes nothing, its order does not matter, and evidence that speaks against a role having caused the matter, and
/// against no other, never raises that role's share. (What is charged follows the share; but such evidence can also settle a claim that charged
/// nobody, by letting another role lead.)
fn posterior(rules: &Rules, prior: &Shares, evidence: &BTreeSet<Evidence>) -> Shares {
    let mut classes: BTreeMap<&str, Vec<&EvidenceRule>> = BTreeMap::new();
    for rule in evidence.iter().filter_map(|evidence| rules.evidence(&evidence.rule)) {
        classes.entry(&rule.class).or_default().push(rule);
    }
    // In whole numbers, of which one stands for the ratio 1 / cap.
    let (cap, one) = (u128::from(rules.cap), u128::from(WHOLE) * u128::from(WHOLE));
    let weight = |role: &Role, share: u32| {
        classes.values().fold(BigUint::from(share), |weight, class| {
            let ratios = || class.iter().map(|rule| rule.ratios.get(role).copied().unwrap_or(WHOLE));
            let strongest_for = ratios().max().unwrap_or(WHOLE).max(WHOLE);
            let strongest_against = ratios().min().unwrap_or(WHOLE).min(WHOLE);
            weight * (u128::from(strongest_for) * u128::from(strongest_against) * cap).clamp(one, one * cap * cap)
        })
    };
    in_proportion(&prior.iter().map(|(role, share)| (*role, weight(role, *share))).collect())
}

/// What the verdicts charge, in millionths of a minor unit: exact.
fn micro_money<'a>(charged: impl Iterator<Item = (i64, &'a Shares)>) -> BTreeMap<Role, u128> {
    let mut sum: BTreeMap<Role, u128> = BTreeMap::new();
    for (role, micro) in charged.flat_map(|(amount, charge)| micro_minor(amount, charge)) {
        *sum.entry(role).or_default() += micro;
    }
    sum
}

/// Reckons a matter by rules. What the rules do not know (evidence without a rule, a fact no gate asks for) says nothing; [`Matter::check`] and
/// [`Rules::check`] refuse it.
pub fn reckon(rules: &Rules, matter: &Matter) -> Reckoning {
    let terms = Terms::new(rules, matter);
    let mut claims: Vec<&Claim> = matter.claims.iter().collect();
    claims.sort_by(|a, b| a.code.cmp(&b.code));
    let verdicts: Vec<Verdict> = claims.iter().map(|claim| terms.verdict(claim)).collect();
    let charged = claims.iter().zip(&verdicts).map(|(claim, verdict)| (claim.amount_minor, &verdict.charge));
    let money = whole_minor(&micro_money(charged));
    let Terms { attributable, excess, recognised, .. } = terms;
    Reckoning { attributable, excess, recognised, verdicts, money }
}

/// An input that is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// A fact.
    Fact(String),
    /// A piece of evidence.
    Evidence(Evidence),
}

impl LeftOut {
    /// The claim without it.
    pub(super) fn of(&self, claim: &Claim) -> Claim {
        let mut lesser = claim.clone();
        match self {
            Self::Fact(fact) => drop(lesser.facts.remove(fact)),
            Self::Evidence(evidence) => drop(lesser.evidence.remove(evidence)),
        }
        lesser
    }
}

/// What the money would be without one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Without {
    /// The claim it belongs to.
    pub claim: String,
    /// The input left out.
    pub left_out: LeftOut,
    /// What decides the claim then.
    pub basis: Basis,
    /// The shares that would be charged then.
    pub charge: Shares,
    /// By how much the money of each role would change. It sums to zero; empty when nothing hangs on it.
    pub moved: Money,
}

/// The shares that are charged without each fact and each piece of evidence of the claims, one left out at a time.
pub fn shares_without(rules: &Rules, matter: &Matter) -> Vec<(LeftOut, Shares)> {
    let terms = Terms::new(rules, matter);
    let mut without: Vec<(LeftOut, Shares)> = Vec::new();
    for claim in &matter.claims {
        without.extend(inputs(claim).map(|left_out| {
            let charge = terms.verdict(&left_out.of(claim)).charge;
            (left_out, charge)
        }));
    }
    without
}

/// The facts and the evidence of a claim.
fn inputs(claim: &Claim) -> impl Iterator<Item = LeftOut> {
    let facts = claim.facts.iter().cloned().map(LeftOut::Fact);
    facts.chain(claim.evidence.iter().cloned().map(LeftOut::Evidence))
}

/// What hangs on each fact and each piece of evidence: the matter reckoned again without it, one at a time.
pub fn sensitivity(rules: &Rules, matter: &Matter) -> Vec<Without> {
    let terms = Terms::new(rules, matter);
    let charges: Vec<Shares> = matter.claims.iter().map(|claim| terms.verdict(claim).charge).collect();
    let all = micro_money(matter.claims.iter().map(|claim| claim.amount_minor).zip(&charges));
    let money = whole_minor(&all);
    let mut without = Vec::new();
    for (claim, charge) in matter.claims.iter().zip(&charges) {
        let others = subtracted(&all, &micro_minor(claim.amount_minor, charge));
        for left_out in inputs(claim) {
            let Verdict { basis, charge, .. } = terms.verdict(&left_out.of(claim));
            let mut sum = others.clone();
            for (role, micro) in micro_minor(claim.amount_minor, &charge) {
                *sum.entry(role).or_default() += micro;
            }
            let moved = shares::change(&money, &whole_minor(&sum));
            without.push(Without { claim: claim.code.clone(), left_out, basis, charge, moved });
        }
    }
    without.sort_by(|a, b| (&a.claim, &a.left_out).cmp(&(&b.claim, &b.left_out)));
    without
}

fn subtracted(from: &BTreeMap<Role, u128>, part: &BTreeMap<Role, u128>) -> BTreeMap<Role, u128> {
    from.iter().map(|(role, micro)| (*role, micro - part.get(role).copied().unwrap_or_default())).collect()
}
