//! Lots: a quantity of one material received from one party, perhaps made of other lots.
//!
//! Lots and their parents are the genealogy that every trace walks, so they form no cycle: whoever saves a lot or loads a file of lots is
//! refused with the path of the cycle. Quantities are thousandths of the lot's unit.
//!
//! A lot's code is its supplier's. Where several suppliers use the same one, it is written `code@supplier` ([`LotName`]) wherever a lot is
//! named: in addresses, forms, files and documents.

mod http;
mod import;
mod page;
mod rules;
mod store;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use http::routes;
pub use import::{COLUMNS as LOT_COLUMNS, IMPORT};
pub(crate) use rules::out_of_order;
pub use rules::{LotName, check, milli_text, read_parts};
pub use store::{
    BatchUse, Called, LotFilter, LotPart, LotSheet, LotView, Parent, PartyRef, change, children_of, create, list, lot, lot_called, lots,
    lots_called, names, parents_of, sheet,
};

use crate::choices;
use crate::kernel::Id;
use crate::kernel::text::Both;

choices! {
    /// What kind of material a lot is of, from the raw material to what is packed.
    LotKind {
        /// Cotton, wool, polyester staple.
        Fibre = "fibre", "纤维", "Fibre";
        /// Spun or filament.
        Yarn = "yarn", "纱线", "Yarn";
        /// Cloth before dyeing.
        Greige = "greige", "坯布", "Greige cloth";
        /// Cloth that is cut.
        Fabric = "fabric", "面料", "Fabric";
        /// Cloth inside.
        Lining = "lining", "里料", "Lining";
        /// Down, wadding.
        Filling = "filling", "填充物", "Filling";
        /// Sewing thread.
        Thread = "thread", "缝纫线", "Thread";
        /// Buttons and snaps.
        Button = "button", "纽扣", "Button";
        /// Zip fasteners.
        Zip = "zip", "拉链", "Zip";
        /// Tapes, elastics, prints, other accessories.
        Trim = "trim", "辅料", "Trim";
        /// Care and brand labels.
        Label = "label", "标签", "Label";
        /// Bags, boxes, hangers.
        Packaging = "packaging", "包装", "Packaging";
        /// Dyes, finishes, glue.
        Chemical = "chemical", "染化料", "Chemical";
    }
}

/// A lot as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lot {
    /// Its id.
    pub id: Id,
    /// Its code, given by its supplier and unique among that supplier's.
    pub code: String,
    /// The party it was received from.
    pub party_id: Id,
    /// Kind of material.
    pub kind: LotKind,
    /// What it is: `全棉府绸`, `cotton poplin`.
    pub material: Both,
    /// The dye house's own lot, or empty.
    pub dye_lot: String,
    /// Quantity in thousandths of the unit.
    pub quantity_milli: i64,
    /// Unit: `m`, `kg`, `pcs`.
    pub unit: String,
    /// Country of origin, ISO 3166 alpha-2, or empty.
    pub country: String,
    /// Day it was produced.
    pub produced_on: Option<NaiveDate>,
    /// Day it was received; not before it was produced.
    pub received_on: Option<NaiveDate>,
    /// When it was first saved, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// What somebody wants a lot to be; not checked yet (see [`check`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotDraft {
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// Code of the party it was received from.
    pub supplier: String,
    /// One of the kinds: `fibre`, `yarn`, `greige`, `fabric`, `lining`, `filling`, `thread`, `button`, `zip`, `trim`, `label`, `packaging`, `chemical`.
    pub kind: String,
    /// What it is; at least one language.
    pub material: Both,
    /// The dye house's own lot.
    #[serde(default)]
    pub dye_lot: String,
    /// Quantity in thousandths of the unit, not below zero.
    pub quantity_milli: i64,
    /// Unit: `m`, `kg`, `pcs`.
    pub unit: String,
    /// Country of origin, ISO 3166 alpha-2.
    #[serde(default)]
    pub country: String,
    /// Day it was produced.
    #[serde(default)]
    pub produced_on: Option<NaiveDate>,
    /// Day it was received.
    #[serde(default)]
    pub received_on: Option<NaiveDate>,
    /// The lots it was made of.
    #[serde(default)]
    pub parents: Vec<PartDraft>,
    /// The version that was read. Needed in a change, absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A lot that another is made of, as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartDraft {
    /// Code of the lot; `code@supplier` where several suppliers use it.
    pub lot: String,
    /// How much of it went in, in thousandths of its unit; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_milli: Option<i64>,
}
