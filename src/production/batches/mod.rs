//! Batches: one sku sewn in one run at one factory and line, out of lots. Their units are the garments, which exist by arithmetic.
//!
//! - Minting a batch, of whatever size, is one update of its row: units 0 to `minted - 1` then have serials. Printing again mints more.
//! - Spoiled labels are void units in one bitmap a batch.
//! - A **foreign** batch holds garments that came with serials of their own: each has a row that says which unit it is.
//!
//! People count units from 1, both ends included (`501-1000`); everything inside counts from 0 and leaves the end out.

mod http;
mod import;
mod page;
mod rules;
mod store;

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use http::routes;
pub use import::{BATCH_COLUMNS, BATCH_LOT_COLUMNS, BATCH_LOTS, BATCHES, GARMENT_COLUMNS, GARMENTS};
pub use rules::{address, check, gtin14, read_units, units_text};
pub use store::batches::{
    BatchFilter, BatchSheet, BatchView, ComponentLot, SkuRef, batch, batch_by_code, batches, change, create, epochs_in_use, is_of_party,
    list, lots_of, sheet,
};
pub use store::foreign::{ForeignGarment, ForeignPlan};
pub use store::serials::{SerialOf, address_of, own_serial, serial_of};
pub use store::units::{Minted, is_issued, is_void, mint, void_units, voids_of, voids_of_batches};

use crate::choices;
use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::{BatchNo, Id};

choices! {
    /// Where a batch stands.
    BatchStatus {
        /// Being made; may be minted.
        Open = "open", "进行中", "Open";
        /// Finished and let go; may be minted for reprints.
        Released = "released", "已放行", "Released";
        /// Held back: nothing is minted.
        Hold = "hold", "已扣留", "On hold";
        /// Done with: nothing is minted any more.
        Closed = "closed", "已关闭", "Closed";
    }
}

choices! {
    /// Whose serials a batch has.
    Origin {
        /// Ours: derived from the garment's number.
        Own = "own", "本系统", "Ours";
        /// Serials the garments came with.
        Foreign = "foreign", "外部", "From elsewhere";
    }
}

/// A batch as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Its number: the upper part of every garment id.
    pub no: BatchNo,
    /// Its code: unique, given by people.
    pub code: String,
    /// What is sewn.
    pub sku_id: Id,
    /// Who sews.
    pub factory_id: Id,
    /// The line, or empty.
    pub line: String,
    /// First day.
    pub started_on: Option<NaiveDate>,
    /// Last day; not before the first.
    pub finished_on: Option<NaiveDate>,
    /// Garments planned.
    pub planned: i64,
    /// Units that have serials: 0 to `minted - 1`. Of a foreign batch: units given out so far.
    pub minted: i64,
    /// The GTIN of its serials, fourteen digits; fixed at the first mint. None before it, and for a sku without GTIN.
    pub minted_gtin: Option<String>,
    /// The key epoch of its serials; fixed at the first mint.
    pub minted_epoch: Option<i64>,
    /// When it was first minted, UTC.
    pub minted_at: Option<NaiveDateTime>,
    /// Whose serials.
    pub origin: Origin,
    /// Where it stands.
    pub status: BatchStatus,
    /// When it was first saved, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// A lot that went into a component of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BatchLot {
    /// The batch.
    pub batch: BatchNo,
    /// The component: `shell`, `lining`, `buttons`.
    pub component: String,
    /// The lot.
    pub lot: Id,
    /// Units made of it, from 0, end left out; [`ALL_UNITS`] when nobody said.
    pub units: Range<i64>,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
}

/// Every unit a batch can have, minted later ones included.
pub const ALL_UNITS: Range<i64> = 0..UNITS_PER_BATCH;

/// What somebody wants a batch to be; not checked yet (see [`check`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchDraft {
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// Code of the sku.
    pub sku: String,
    /// Code of the factory.
    pub factory: String,
    /// The line.
    #[serde(default)]
    pub line: String,
    /// First day.
    #[serde(default)]
    pub started_on: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub finished_on: Option<NaiveDate>,
    /// Garments planned, 0 to 4,194,304.
    pub planned: i64,
    /// `open` (when absent), `released`, `hold` or `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `own` (when absent) or `foreign`; cannot change once there are serials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The lots it is made of.
    #[serde(default)]
    pub lots: Vec<LotUse>,
    /// The version that was read. Needed in a change, absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A lot that goes into a component, as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotUse {
    /// The component: `shell`, `lining`, `buttons`.
    pub component: String,
    /// Code of the lot.
    pub lot: String,
    /// Units made of it, counted from 1 with both ends: `501-1000`, `501-` or `7`. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// How much went in, in thousandths of the lot's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_milli: Option<i64>,
}
