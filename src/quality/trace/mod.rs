//! Trace: from a lot or a party forward to every batch and garment made out of it, from a garment or a finding back to its lots and suppliers.
//!
//! Always in two steps. First the genealogy alone, held in memory and read again when its version has changed ([`genealogy`]), gives the
//! batches and the units in them; then plain queries take that list to the tables that grow with garments. No recursion ever meets one of
//! those, so a distributed store answers the same way.
//!
//! A caller bound to a party traces its own lots and the batches they went into. Others' lots on the way are there without name or code, and
//! so are retailers: what a supplier learns is which batches, how many garments, what was found.

mod costs;
pub mod genealogy;
mod graph;
mod http;
mod page;
mod picture;
mod rules;
mod store;
mod tables;
mod walk;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use genealogy::{Genealogy, Parts, Scratch, UsePart};
pub use rules::shares;
pub use store::{DOWN_SQL, LotFacts, PartyFacts, Tally, UP_SQL, down_by_sql, lots, parties, parts, tallies, up_by_sql};
pub use tables::{BATCH_TITLES, batch_row};
pub use walk::{AffectedBatch, Held, affected, genealogy as held_genealogy, trace};

use crate::kernel::text::Both;
use crate::kernel::{GarmentId, Id};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::Room;

/// The room.
pub const ROOM: Room = Room::new("trace", http::routes).menu(&[Entry::new("/trace", "trace-title", &[Permission::TraceRead])]);

/// What a trace begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The lot with this code: what it was made of, what was made of it.
    Lot(String),
    /// The party with this code: what its lots went into and what it sewed.
    Party(String),
    /// The batch with this code: what it was made of.
    Batch(String),
    /// One garment, named by this serial: what that unit was made of.
    Garment(GarmentId, String),
    /// A finding: what the thing it is about was made of.
    Finding(Id),
}

/// What kind of thing a trace begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A lot.
    Lot,
    /// A party.
    Party,
    /// A batch.
    Batch,
    /// A garment.
    Garment,
    /// A finding.
    Finding,
}

impl Kind {
    /// The text form, as it stands in addresses and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lot => "lot",
            Self::Party => "party",
            Self::Batch => "batch",
            Self::Garment => "garment",
            Self::Finding => "finding",
        }
    }
}

/// A trace: where it began, what it came to, and how much of that was made, sold and found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Trace {
    /// Where it began.
    pub subject: Subject,
    /// Sums over everything it came to.
    pub totals: Totals,
    /// For a batch or a garment: what went in, by component.
    pub components: Vec<Component>,
    /// The lots, those nearest to the beginning first. At most [`LOTS_SHOWN`]; `totals.lots` counts all.
    pub lots: Vec<LotLine>,
    /// The batches, by number.
    pub batches: Vec<BatchLine>,
    /// Forward from a lot or party that is in some garments of its batches only: those garments beside the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// Who sold the garments, most first.
    pub retailers: Vec<Place>,
    /// What was found on them, most first.
    pub defects: Vec<DefectLine>,
    /// What the claims on them cost, by currency; for the brand's people who may read money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<TraceCost>,
}

/// What claims cost in a currency, whoever pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TraceCost {
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub cost_minor: i64,
}

/// Lots a trace lists.
pub const LOTS_SHOWN: usize = 1_000;

/// Where a trace began.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Subject {
    /// What kind of thing.
    pub kind: Kind,
    /// Its code; a garment's serial; a finding's id.
    pub code: String,
    /// What it is called: material, name, style.
    pub name: Both,
    /// For a garment: its number within the batch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<i64>,
    /// For a finding: code of the defect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
    /// For a finding: the component the defect is of; its lots are the suspected ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
}

/// Sums over everything a trace came to. Garments are counted only within the units it came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Lots, the ones it began at included.
    pub lots: i64,
    /// Lots of other parties, shown to a bound caller without name or code.
    pub hidden_lots: i64,
    /// Parties those lots came from.
    pub suppliers: i64,
    /// Batches.
    pub batches: i64,
    /// Garments that have serials.
    pub made: i64,
    /// Garments labels were made for; where no label job is recorded, those that have serials.
    pub labelled: i64,
    /// Serials made void.
    pub void: i64,
    /// Garments with a live sale.
    pub sold: i64,
    /// Garments with a holder.
    pub claimed: i64,
    /// Live findings, those on lots included.
    pub findings: i64,
    /// Pieces those findings name.
    pub pieces: i64,
    /// Findings of the gravest severity.
    pub critical: i64,
}

/// A party, as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartyLine {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Both,
}

/// A component of a batch or garment and its lots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Component {
    /// Its name.
    pub component: String,
    /// More than one lot may be in the same unit, and nobody recorded which: no one supplier can be named.
    pub ambiguous: bool,
    /// The finding's defect is one of this component.
    pub suspected: bool,
    /// The lots.
    pub lots: Vec<ComponentLot>,
}

/// A lot in a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentLot {
    /// Code of the lot; absent where it is another party's and the caller may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<Both>,
    /// Who supplied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<PartyLine>,
    /// The units it is in; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<Units>,
    /// Where ambiguous and every quantity is known: its share of the component in millionths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_micro: Option<i64>,
}

/// Units of a batch as people count them: from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// First unit, from 1.
    pub first: i64,
    /// Last unit, included.
    pub last: i64,
}

/// A lot a trace came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LotLine {
    /// Levels from the beginning: below zero what it was made of, above zero what was made of it.
    pub level: i64,
    /// Code; absent where the caller may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Kind of material: `fabric`, `button`.
    pub kind: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<Both>,
    /// The dye house's own lot, where there is one and the caller may know.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dye_lot: String,
    /// Who supplied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<PartyLine>,
}

/// Findings on the garments a trace came to beside those on the other garments of the same batches: same factory, line and days. Findings on
/// a whole batch count for neither.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Compared {
    /// Batches that have garments of both kinds; the rest are left out of the comparison.
    pub batches: i64,
    /// Garments the trace came to.
    pub made: i64,
    /// Pieces found on them.
    pub pieces: i64,
    /// Those for every thousand made.
    pub per_thousand: f64,
    /// The other garments.
    pub other_made: i64,
    /// Pieces found on those.
    pub other_pieces: i64,
    /// Those for every thousand made.
    pub other_per_thousand: f64,
}

/// A batch a trace came to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BatchLine {
    /// Code.
    pub code: String,
    /// Number: the upper part of its garments' ids.
    pub no: i64,
    /// Code of the style.
    pub style: String,
    /// Name of the style.
    pub style_name: Both,
    /// Code of the sku.
    pub sku: String,
    /// Who sewed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factory: Option<PartyLine>,
    /// The line, or empty.
    pub line: String,
    /// Last day of sewing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<NaiveDate>,
    /// `open`, `released`, `hold` or `closed`.
    pub status: String,
    /// The units the trace came to, as far as they have serials.
    pub units: Vec<Units>,
    /// Units of the whole batch that have serials.
    pub minted: i64,
    /// Garments among `units`.
    pub made: i64,
    /// Of those, labels made.
    pub labelled: i64,
    /// Of those, void.
    pub void: i64,
    /// Of those, with a live sale.
    pub sold: i64,
    /// Of those, with a holder.
    pub claimed: i64,
    /// Live findings on them.
    pub findings: i64,
    /// Pieces those findings name.
    pub pieces: i64,
    /// Pieces found for every thousand made; absent when none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_thousand: Option<f64>,
    /// Codes of the lots from the beginning to the one in this batch; `null` where the caller may not know one, `…` where many are left out.
    pub path: Vec<Option<String>>,
    /// What the claims on them cost, by currency; for the brand's people who may read money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<TraceCost>,
}

/// A retailer and what it sold of the garments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// The retailer; absent when none was named, or when the caller may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retailer: Option<PartyLine>,
    /// ISO 3166 alpha-2, or empty.
    pub country: String,
    /// City, or empty.
    pub city: String,
    /// Garments with a live sale.
    pub sold: i64,
    /// Garments with a holder.
    pub claimed: i64,
}

/// A defect found on what a trace came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DefectLine {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Both,
    /// `minor`, `major` or `critical`.
    pub severity: String,
    /// Findings.
    pub findings: i64,
    /// Pieces they name.
    pub pieces: i64,
}
