//! Signals: which defects came to be more, and which lots, suppliers, lines, sizes … are behind them, from what is stored.
//!
//! Three tables that are never mixed: what was *reported* (early), what was *confirmed* (sure), what was found at the *line* before the sale, each out
//! of its own exposure. Claims are lines of cases ([`cases::claims`](crate::aftersales::cases::claims)); until those are many, findings on garments
//! that had left the factory count as reported claims as well, one for each garment and defect, and the case's line wins. What garments should have
//! claimed by now is sold garments × age curve × what can be known by now. `docs/root-cause.md` explains every number.
//!
//! Whoever is bound to a party sees nothing of this: it names everybody.

mod claims;
mod held;
mod http;
mod page;
mod picture;
mod report;
mod rules;
mod store;
mod tables;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

pub use claims::{CLAIMS_LISTED, ClaimsAsk, SignalCase, SignalClaim, SignalClaims, SignalFinding, claims};
pub use report::{confirmed, confirmed_by_month, report};
pub use rules::counts::ClaimKind;
pub use rules::expectation::CurveBasis;
pub use rules::frame::Dimension;
pub use rules::judge::{LISTED, SignalVerdict};
pub use tables::{node_rows, node_titles, signal_rows, signal_titles};

use rules::counts::Costs;
use rules::judge::above_expected;

use crate::kernel::Id;
use crate::kernel::text::Both;
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::Room;

/// The room. Suppliers may trace and get no entry: the page names everybody.
pub const ROOM: Room =
    Room::new("signals", http::routes).menu(&[Entry::new("/signals", "signals-title", &[Permission::RecallEdit, Permission::MoneyRead])]);

/// Whoever is named must be so at this level, adjusted for how many defects there are (Holm). It is below the 5 % that are meant: the fitted
/// spread of innocent cells is a little too small, and p with it (`docs/root-cause.md`).
pub const LEVEL: f64 = 0.03;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalsAsk {
    /// Which claims.
    pub kind: ClaimKind,
    /// The defect to go into; all defects in a list when empty.
    pub defect: Option<String>,
}

/// What stands out today.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalReport {
    /// As of the end of this day.
    pub as_of: NaiveDate,
    /// Which claims were counted.
    pub kind: ClaimKind,
    /// Garments that were sold, one that was sold again counted again; of findings at the line, pieces made.
    pub exposed: u64,
    /// Claims that were counted, all defects together.
    pub claims: u32,
    /// What they cost, by currency. Like all costs here it is for those who may read money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ClaimCost>,
    /// Claims on garments whose day of sale is not known here, or on units that are not told apart. They are in no figure.
    pub left_out: u32,
    /// Garments that were looked at and nothing was found.
    pub no_fault: u64,
    /// The month in which the first claim was recorded: what was sold earlier was at risk here from then on only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The defects, those that somebody is to blame for first, then by how much they rose.
    pub defects: Vec<DefectSignal>,
    /// The defect that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<SignalDetail>,
}

/// What somebody can be asked to answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answerable {
    /// A lot, for whoever supplied it.
    Lot(Id),
    /// Everything that a factory sewed.
    Factory(Id),
    /// Everything that somebody sold.
    Retailer(Id),
}

/// What is known of a lot, a factory, a retailer as to one defect, from confirmed claims alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfirmedClaims {
    /// Of which.
    pub of: Answerable,
    /// The defect.
    pub defect: String,
    /// Claims.
    pub claims: u32,
    /// Claims that the average one of its kind would show.
    pub expected: f64,
    /// How much those of its kind differ anyway: the shape of the gamma distribution of their ratios; none where they do not.
    pub shape: Option<f64>,
    /// How many times as many as the average one of its kind.
    pub ratio: RatioInterval,
    /// The share of its claims in the long run that can be known by now.
    pub known_share: Option<f64>,
    /// Whether it answers for the excess: named as the cause, surely bad, and no other could be it as well.
    pub answers: bool,
}

/// Confirmed claims of a month, and how many were to come in it.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthClaims {
    /// The month of the claims: `2026-05`.
    pub month: String,
    /// Claims; of a garment that had come back, of the month in which it did.
    pub claims: u32,
    /// Claims that as many garments of their ages would have shown in that month at the rate of all.
    pub expected: f64,
}

/// What claims cost in a currency, from the ledger: everything that was spent on their lines less what came in, whoever pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimCost {
    /// ISO 4217.
    pub currency: String,
    /// All of it, in minor units.
    pub cost_minor: i64,
    /// The part above what was expected, at the ratio, in minor units.
    pub excess_minor: i64,
    /// That part at the lower bound of the ratio: what is the excess surely.
    pub excess_lower_minor: i64,
}

impl ClaimCost {
    /// What of these costs is above what was expected, at a ratio.
    fn of(costs: &Costs, ratio: Option<RatioInterval>) -> Vec<Self> {
        let above = |minor, ratio: Option<f64>| ratio.map_or(0, |ratio| above_expected(minor, ratio));
        let one = |(currency, minor)| Self {
            currency,
            cost_minor: minor,
            excess_minor: above(minor, ratio.map(|ratio| ratio.ratio)),
            excess_lower_minor: above(minor, ratio.map(|ratio| ratio.lower)),
        };
        costs.each().map(one).collect()
    }
}

impl SignalReport {
    /// The same for who may not read money.
    #[must_use]
    pub fn without_money(mut self) -> Self {
        self.costs.clear();
        self.defects.iter_mut().for_each(|one| one.costs.clear());
        if let Some(detail) = &mut self.detail {
            detail.signal.costs.clear();
            detail.nodes.iter_mut().for_each(|one| one.costs.clear());
        }
        self
    }
}

/// A ratio with an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct RatioInterval {
    /// The ratio.
    pub ratio: f64,
    /// Lower bound (5 %).
    pub lower: f64,
    /// Upper bound (95 %); absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

/// A defect among the others.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DefectSignal {
    /// Code.
    pub defect: String,
    /// Name.
    pub name: Both,
    /// Claims.
    pub claims: u32,
    /// For every thousand exposed.
    pub per_thousand: f64,
    /// Claims of this month and the one before.
    pub recent: u32,
    /// Claims expected of them, were the rate that of all months.
    pub recent_expected: f64,
    /// How many times as many claims came lately as in the months before, for what was at risk. Absent before there is anything to compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise: Option<RatioInterval>,
    /// The share of the claims in the long run that can be known by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_share: Option<f64>,
    /// How often chance alone would make something look as bad; adjusted for the number of defects.
    pub p: f64,
    /// What is said of it as a whole: `explains` where somebody is to blame, `inseparable` where one of several is, else `quiet`, or `too_little`.
    pub verdict: SignalVerdict,
    /// Who.
    pub named: Vec<NodeName>,
    /// What its claims cost, by currency; the excess is that of whoever is named, of one where nobody can tell which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ClaimCost>,
}

/// A lot, supplier, line … by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeName {
    /// What it is.
    pub dimension: Dimension,
    /// Its code, or what it is called.
    pub code: String,
    /// Its name, where it has one.
    pub name: Both,
    /// The kind of a lot: `fabric`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lot_kind: String,
    /// The page of its trace, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// One defect, and everything that could be behind it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignalDetail {
    /// The defect.
    pub signal: DefectSignal,
    /// What the age curve was drawn from.
    pub basis: CurveBasis,
    /// The most suspicious first, at most [`LISTED`].
    pub nodes: Vec<NodeSignal>,
    /// Those that are not listed.
    pub more: usize,
    /// What a rank by plain rates puts first. It misleads: small lots have wild rates.
    pub by_rate: Vec<SimpleRank>,
    /// What plain χ² puts first. It misleads: companions of a bad lot look as bad as the lot.
    pub by_chi_square: Vec<SimpleRank>,
}

/// Counts with something, or without it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExposedClaims {
    /// Garments sold, or pieces made.
    pub exposed: u64,
    /// Claims.
    pub claims: u32,
    /// For every thousand; absent where nothing was exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_thousand: Option<f64>,
}

/// A lot, supplier, line … as to a defect.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeSignal {
    /// What its claims are asked for by.
    pub of: String,
    /// Which.
    pub node: NodeName,
    /// With it.
    pub with: ExposedClaims,
    /// All others.
    pub without: ExposedClaims,
    /// Claims expected of it by now, at the rate of all.
    pub expected: f64,
    /// How many times as many claims as the average of its dimension, shrunk; the interval holds the true ratio nine times out of ten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<RatioInterval>,
    /// The probability that it is more than twice as bad as the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<f64>,
    /// The share of its claims in the long run that can be known by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_share: Option<f64>,
    /// The word.
    pub verdict: SignalVerdict,
    /// Whom the word is said beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<NodeName>,
    /// How many times as many claims it has among garments equal in that other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<f64>,
    /// Inseparable: garments to make with the one and without the other, so that they can be told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocate: Option<f64>,
    /// What its claims cost, by currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<ClaimCost>,
}

/// What a simple method puts first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SimpleRank {
    /// Which.
    pub node: NodeName,
    /// Claims for every thousand, or χ².
    pub value: f64,
    /// What is said of it here.
    pub verdict: SignalVerdict,
}
