//! What a party is charged with: every share from the rules and the facts, every amount from the costs and the shares.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::counts::StatementCount;
use super::matter::{Claim, Excess, Matter};
use super::reckoning::{LeftOut, reckon, shares_without};
use super::shares::{Role, Shares};
use super::tables::Rules;
use crate::choices;
use crate::kernel::error::Result;
use crate::kernel::money;

/// Name and version of the file's form.
pub const FORMAT: &str = "hangtag-statement/3";
/// The form before: the same without months.
pub(super) const BEFORE: &str = "hangtag-statement/2";

/// What a party is charged with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementText {
    /// [`FORMAT`].
    pub format: String,
    /// [`ENGINE`](super::ENGINE).
    pub engine: String,
    /// Its id in the store that made it.
    pub code: String,
    /// Who is charged.
    pub party: ChargedParty,
    /// First day of the period.
    pub from: NaiveDate,
    /// Last day of the period.
    pub to: NaiveDate,
    /// ISO 4217; every amount is in minor units of it.
    pub currency: String,
    /// When it was made, UTC.
    pub made_at: NaiveDateTime,
    /// The rule tables that its lines were reckoned by.
    pub rules: Vec<Rules>,
    /// How often the party's lots fail, from confirmed claims alone, as of the day it was made.
    pub counts: Vec<StatementCount>,
    /// What it is charged with, line by line.
    pub lines: Vec<StatementEntry>,
    /// Of that what lines have in which lots of several parties may be to blame.
    pub ambiguous_minor: i64,
    /// All lines together.
    pub amount_minor: i64,
}

/// Who is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargedParty {
    /// Code.
    pub code: String,
    /// Name.
    pub name_zh: String,
    /// Name.
    pub name_en: String,
}

choices! {
    /// Why a line of a statement is there.
    #[derive(Default)]
    StatementKind {
        /// A verdict became final.
        #[default]
        Claim = "claim", "索赔", "Claim";
        /// One that was charged before is superseded: it is taken back.
        Correction = "correction", "更正", "Correction";
    }
}

/// Whom a part is charged to; others are not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoPays {
    /// The party whose statement it is.
    Own,
    /// The brand, for what nobody else answers for.
    Brand,
    /// The customer.
    Customer,
    /// Another party.
    Other,
}

/// A part of a role's share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharePart {
    /// In what role.
    pub role: Role,
    /// Who pays it: place among the line's payers.
    pub payer: usize,
    /// The party's own lot, where the share is a lot's.
    pub lot: Option<String>,
    /// Micro-shares.
    pub micro: u32,
}

/// A cost that was parted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementCost {
    /// The entry of the ledger.
    pub entry: String,
    /// What it is for.
    pub kind: String,
    /// Whether it brought something in.
    pub credit: bool,
    /// The day it was spent.
    pub occurred_on: NaiveDate,
    /// How much, more than nothing.
    pub amount_minor: i64,
}

/// What the party was told of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineNotice {
    /// The last day of its reply.
    pub reply_by: NaiveDate,
    /// Working days it was given.
    pub reply_days: i64,
    /// Whether saying nothing accepts, as was agreed.
    pub silence_accepts: bool,
    /// What it said: `accepted`, `contested`, `silent`, or `none`.
    pub reply: String,
}

/// The shares without one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineWithout {
    /// The fact or the evidence left out.
    pub left_out: LeftOut,
    /// The shares by role then.
    pub shares: Shares,
}

/// A line of a statement: one version of one verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementEntry {
    /// Why it is there.
    pub kind: StatementKind,
    /// Number of the case.
    pub case: String,
    /// Line of the case.
    pub line: i64,
    /// Code of the batch.
    pub batch: String,
    /// The day the claim was reported.
    pub reported_on: NaiveDate,
    /// The day the garment was looked at.
    pub inspected_on: Option<NaiveDate>,
    /// The day somebody else looked again, where it was contested.
    pub inspected_again_on: Option<NaiveDate>,
    /// SHA-256 of the pictures of it.
    pub photos: BTreeSet<String>,
    /// What the party was told of it. None for a version that was decided after a contest.
    pub notice: Option<LineNotice>,
    /// The statement that charged what this line takes back.
    pub corrects: Option<String>,
    /// The version of the verdict.
    pub verdict: String,
    /// Which version of the line's verdict it is.
    pub seq: i64,
    /// SHA-256 of the verdict's own bundle.
    pub sha256: String,
    /// The rule tables it was reckoned by.
    pub rules: String,
    /// Defect, facts and evidence.
    pub claim: Claim,
    /// The lot's excess.
    pub excess: Option<Excess>,
    /// The shares without each fact and each piece of evidence in turn.
    pub without: Vec<LineWithout>,
    /// Lots of several parties may be in the garment: the share is parted by quantity.
    pub ambiguous: bool,
    /// How the shares of the roles are parted.
    pub parts: Vec<SharePart>,
    /// Who pays, in the order in which cents are given out.
    pub payers: Vec<WhoPays>,
    /// What was parted.
    pub costs: Vec<StatementCost>,
    /// What the party is charged with; below zero for a correction.
    pub amount_minor: i64,
}

impl StatementEntry {
    /// The micro-shares of each payer, in their order.
    pub(super) fn micros(&self) -> Vec<u32> {
        let of =
            |place: usize| self.parts.iter().filter(|part| part.payer == place).fold(0_u32, |sum, part| sum.saturating_add(part.micro));
        (0..self.payers.len()).map(of).collect()
    }

    /// The micro-shares of the party.
    pub fn own_share(&self) -> u32 {
        let own = self.micros().into_iter().zip(&self.payers).filter(|(_, who)| **who == WhoPays::Own);
        own.fold(0, |sum, (micro, _)| sum.saturating_add(micro))
    }

    /// What the party is charged with: of every cost its part, to the minor unit.
    pub fn charged(&self) -> i64 {
        let micros = self.micros();
        let own = |amount: i64| {
            let parts = money::split(amount, &micros);
            parts.iter().zip(&self.payers).filter(|(_, who)| **who == WhoPays::Own).map(|(part, _)| part).sum::<i64>()
        };
        let all: i64 = self.costs.iter().map(|cost| if cost.credit { -own(cost.amount_minor) } else { own(cost.amount_minor) }).sum();
        match self.kind {
            StatementKind::Claim => all,
            StatementKind::Correction => -all,
        }
    }

    /// What it was reckoned of.
    fn matter(&self, currency: &str) -> Matter {
        Matter {
            code: self.verdict.clone(),
            currency: currency.to_owned(),
            claims: vec![self.claim.clone()],
            excess: self.excess.clone(),
            sample: None,
        }
    }

    /// The shares by role that the rules give.
    pub(super) fn reckoned(&self, rules: &Rules, currency: &str) -> Result<BTreeMap<Role, u32>> {
        let matter = self.matter(currency);
        matter.check(rules)?;
        Ok(reckon(rules, &matter).verdicts.into_iter().next().map(|verdict| verdict.charge).unwrap_or_default())
    }

    /// The shares that the rules give without each input in turn.
    pub fn reckoned_without(&self, rules: &Rules, currency: &str) -> Vec<LineWithout> {
        let without = shares_without(rules, &self.matter(currency)).into_iter();
        without.map(|(left_out, shares)| LineWithout { left_out, shares }).collect()
    }

    /// Whether a share of the party is parted among several by quantity.
    pub fn is_parted(&self) -> bool {
        let lots = |role: Role| self.parts.iter().filter(|part| part.role == role).map(|part| part.payer).collect::<BTreeSet<_>>().len();
        self.parts.iter().any(|part| lots(part.role) > 1)
    }
}
