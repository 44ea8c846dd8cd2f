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

use serde::Serialize;

pub use import::{BATCH_LOTS, BATCHES, GARMENTS};
pub use rules::{address, gtin14, read_units, units_text};
pub use store::batches::{Batch, batch, batch_by_code, batches, epochs_in_use, is_of_party, lots_of};
pub use store::foreign::{ForeignGarment, ForeignPlan};
pub use store::serials::{SerialOf, address_of, made_with, own_serial, serial_of};
pub use store::sheet::{BatchSheet, LotUse, UsedLot, create};
pub use store::units::{Minted, is_issued, is_void, mint, mint_as_elsewhere, void_units, voids_of, voids_of_batches};

use rules::{read_component, read_unit_text};

use crate::choices;
use crate::kernel::ids::{LAST_BATCH_NO, UNITS_PER_BATCH};
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Id};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::imports::things;
use crate::platform::rooms::{Field, Fields, Kind, Lines, Reference, Room};
use crate::production::{materials, parties};

choices! {
    /// Where a batch stands.
    #[derive(Default)]
    BatchStatus {
        /// Being made; may be minted.
        #[default]
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
    #[derive(Default)]
    Origin {
        /// Ours: derived from the garment's number.
        #[default]
        Own = "own", "本系统", "Ours";
        /// Serials the garments came with.
        Foreign = "foreign", "外部", "From elsewhere";
    }
}

/// The room.
pub const ROOM: Room = Room::new("batches", http::routes)
    .menu(&[Entry::new("/batches", "batches-title", &[Permission::ProductionRead]).act(
        "/batches/new",
        "batches-new",
        Permission::ProductionEdit,
    )])
    .imports(&[BATCHES, BATCH_LOTS, GARMENTS]);

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

/// Where the code of a sku leads.
const SKU: Reference = Reference { room: "skus", narrowed: "", needs: "catalogue.read" };

/// The fields of a batch.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "batches", title: ("生产批次", "Batches"), columns: &[
    Field::new("code", Kind::Code, &[], &[]).of(things::BATCH).needed().listed()
        .hint("批次编号：1 到 40 个字母、数字和 - _ . / #。", "What the batch is called: 1 to 40 letters, digits and - _ . / #.", "B-2026-014\nEXT-2026-01"),
    Field::new("sku", Kind::Code, &[], &[]).of(things::SKU).needed().listed().filter("sku").refers(&SKU)
        .hint("做的是哪个单品；有了序列号就不能再改。", "What is sewn. Cannot change once there are serials.", "ST-2601-WHT-M"),
    Field::new("style_name", Kind::Both, &["产品"], &["Product"]).only_read().listed().hint("", "The name of its style.", ""),
    Field::new("colour", Kind::Both, &["产品颜色"], &["Product colour"]).only_read().listed(),
    Field::new("size", Kind::Line(40), &["产品尺码"], &["Product size"]).only_read().listed(),
    Field::new("factory", Kind::Code, &["成衣厂编码", "成衣厂编号", "工厂编码", "工厂编号", "成衣厂", "工厂"], &["Factory", "Factory code", "Factory no."]).needed().filter("factory").refers(&parties::FACTORY)
        .hint("在哪家工厂生产：往来单位编号。", "Code of the party that sews.", "HF-01"),
    Field::new("factory_name", Kind::Both, &["工厂名称"], &["Factory name"]).only_read().listed(),
    Field::new("line", Kind::Line(40), &["产线", "生产线"], &["Line"]).hint("产线名称。", "The line.", "3"),
    Field::new("started_on", Kind::Day, &["开工日期", "开始日期"], &["Started", "Started on"]).nullable().hint("开工的日期。", "The first day.", "2026-03-16"),
    Field::new("finished_on", Kind::Day, &["完工日期", "结束日期"], &["Finished", "Finished on"]).nullable().listed()
        .hint("完工的日期，不早于开工。", "The last day; not before the first.", "2026-03-27"),
    Field::new("planned", Kind::Whole(i64::MIN, i64::MAX), &["计划数量", "数量"], &["Planned", "Quantity"]).needed().listed()
        .hint("计划件数，0 到 4,194,304；序列号不会多于此数。", "Garments planned, 0 to 4,194,304; there are no more serials than that.", "1200"),
    Field::new("minted", Kind::Whole(0, UNITS_PER_BATCH), &["已有序列号"], &["With serial", "Minted"]).only_read().listed().hint("", "Serials that exist, void ones included.", ""),
    Field::new("void", Kind::Whole(0, UNITS_PER_BATCH), &["已作废"], &["Void"]).only_read().hint("", "Serials that are void.", ""),
    Field::new("number", Kind::Whole(1, LAST_BATCH_NO), &["批次序号"], &["Batch number in serials"]).of_new().unique()
        .hint("序列号里的批次序号，由系统编排；从另一套系统迁入的新批次沿用原号。", "The batch's number within its serials; a batch brought from another store keeps the one it has there.", ""),
    Field::new("status", Kind::Choice(BatchStatus::TABLE), &["状态"], &["Status"]).listed().filter("status")
        .hint("扣留或关闭后不再生成序列号。文件里不填：新批次为进行中，已有的批次不变。", "On hold or closed, nothing more is minted. Left out: open for a new batch, unchanged for one that is there.", "open\nreleased"),
    Field::new("origin", Kind::Choice(Origin::TABLE), &["序列号来源", "来源"], &["Serials", "Origin"])
        .hint("外部：单件自带序列号。文件里不填：新批次为本系统，已有的批次不变。", "From elsewhere: the garments came with serials of their own. Left out: ours for a new batch, unchanged for one that is there.", "own\nforeign").rare(),
    Field::new("gtin", Kind::Line(14), &["单品条码"], &["Sku's GTIN"]).only_read().not_in_files().nullable().hint("", "The GTIN of the sku now; a batch minted before may have another.", ""),
    Field::new("minted_gtin", Kind::Line(14), &["序列号的商品条码"], &["GTIN of its serials"]).only_read().not_in_files().nullable(),
    Field::new("lots", Kind::Lines(&LOTS), &["用料"], &["Made of"]).not_in_files()
        .hint("件号从 1 数起，含两端，例如 501-1000；全部用到就不填。保存后会多出几行。", "Units are counted from 1, both ends included: 501-1000. Leave them empty when the lot went into all. Save to get more rows.", ""),
] };

/// The lots a batch is made of.
#[rustfmt::skip]
const LOTS: Lines = Lines::of(2_000, Fields { table: "lots", title: ("用料", "Lots"), columns: &[
    Field::new("component", Kind::Text(read_component, as_it_is), &["部位"], &["Component"]).needed().listed(),
    Field::new("lot", Kind::Text(materials::read_name, as_it_is), &["物料批号"], &["Lot"]).needed().listed().refers(&materials::LOT)
        .hint("", "Code of the lot; `code@supplier` where several suppliers use it.", ""),
    Field::new("units", Kind::Text(read_unit_text, as_it_is), &["件号（不填为全部）"], &["Units (all when empty)"]).nullable().listed()
        .hint("", "Units made of it, counted from 1 with both ends: `501-1000`, `501-` or `7`.", ""),
    Field::new("material", Kind::Both, &["物料"], &["Material"]).only_read().listed(),
    Field::new("dye_lot", Kind::Line(60), &["缸号"], &["Dye lot"]).only_read().listed(),
    Field::new("supplier", Kind::Code, &["供应商编号"], &["Supplier code"]).only_read(),
    Field::new("supplier_name", Kind::Both, &["供应商"], &["Supplier"]).only_read().listed(),
    Field::new("quantity_milli", materials::QUANTITY, &["用量"], &["Quantity"]).in_unit_of("unit").nullable().listed()
        .hint("", "How much went in, in thousandths of the lot's unit.", ""),
    Field::new("unit", Kind::Line(12), &["单位"], &["Unit"]).only_read(),
] });

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_fields() {
        assert_eq!(FIELDS.ambiguous(), Vec::<&str>::new());
    }
}
