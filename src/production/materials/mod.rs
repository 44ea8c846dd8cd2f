//! Lots: a quantity of one material received from one party, perhaps made of other lots.
//!
//! Lots and their parents are the genealogy that every trace walks, so they form no cycle: whoever saves a lot or loads a file of lots is
//! refused with the path of the cycle. Quantities are thousandths of the lot's unit.
//!
//! A lot's code is its supplier's. Where several suppliers use the same one, it is written `code@supplier` ([`LotName`]) wherever a lot is
//! named: in addresses, forms, files and documents.

mod import;
mod rules;
mod store;

pub use import::IMPORT;
pub use rules::LotName;
pub(crate) use rules::{fields_out_of_order, out_of_order, to_come};
pub use store::{
    BatchUse, Called, Lot, LotPart, LotSheet, OtherLot, Parent, children_of, create, lot, lot_called, lots, lots_called, lots_of, names,
    parents_of,
};

use rules::{parts_text, read_parts};

use crate::choices;
use crate::kernel::countries;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Result};
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Routes};
use crate::platform::imports::things;
use crate::platform::rooms::{self, Field, Fields, Kind, Lines, Reference, Room};
use crate::production::{corrections, parties};

choices! {
    /// What kind of material a lot is of, from the raw material to what is packed.
    #[derive(Default)]
    LotKind {
        /// Cotton, wool, polyester staple.
        Fibre = "fibre", "纤维", "Fibre";
        /// Spun or filament.
        Yarn = "yarn", "纱线", "Yarn";
        /// Cloth before dyeing.
        Greige = "greige", "坯布", "Greige cloth";
        /// Cloth that is cut.
        #[default]
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

/// Where the name of a lot leads.
pub const LOT: Reference = Reference { room: "lots", narrowed: "", needs: "production.read" };

/// A quantity in thousandths of a unit: below 10¹² units, fifteen digits in all, which is what spreadsheets keep.
pub const QUANTITY: Kind = Kind::Decimal(3, 999_999_999_999_999, "");

const MATERIAL: (&str, &str) = ("物料", "Material");

/// The fields of a lot.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "lots", title: ("物料批", "Lots"), columns: &[
    Field::new("code", Kind::Code, &[], &[]).of(things::LOT).needed().listed()
        .hint("供应商给的批号：1 到 40 个字母、数字和 - _ . / #；同一家的批号不重复。", "What its supplier calls the lot: 1 to 40 letters, digits and - _ . / #; unique for that supplier.", "FAB-0117\nYARN-031"),
    Field::new("supplier", Kind::Code, &["供应商编码", "供应商编号", "供应商"], &["Supplier", "Supplier code", "Supplier no."]).needed().filter("supplier").refers(&parties::PARTY)
        .hint("供货的往来单位编号。", "Code of the party it was received from.", "HF-01"),
    Field::new("kind", Kind::Choice(LotKind::TABLE), &["物料类别", "类别"], &["Kind", "Material kind"]).needed().listed().filter("kind")
        .hint("纤维、纱线、坯布、面料、里料、填充物、缝纫线、纽扣、拉链、辅料、标签、包装、染化料。", "Fibre, yarn, greige, fabric, lining, filling, thread, button, zip, trim, label, packaging or chemical.", "fabric\nyarn"),
    Field::new("material_zh", Kind::Line(120), &["物料名称", "物料", "中文品名"], &["Material (Chinese)"]).half_of("material", Lang::Zh, MATERIAL).needed().listed()
        .hint("中英文至少填一个。", "At least one language.", "全棉府绸\n精梳棉纱"),
    Field::new("material_en", Kind::Line(120), &["英文品名", "物料英文名"], &["Material (English)", "Material"]).half_of("material", Lang::En, MATERIAL).needed().listed()
        .hint("", "", "Cotton poplin\nCombed cotton yarn"),
    Field::new("dye_lot", Kind::Line(60), &["缸号", "染缸号"], &["Dye lot"]).listed().hint("染厂自己的缸号。", "The dye house's own lot.", "D2211\n"),
    Field::new("quantity_milli", QUANTITY, &["数量"], &["Quantity", "Qty"]).in_unit_of("unit").needed().listed()
        .hint("不小于零，最多三位小数。", "Not below zero, at most three decimals. In documents thousandths of the unit.", "1250.5\n300"),
    Field::new("unit", Kind::Line(12), &["单位"], &["Unit"]).needed().hint("米、千克、个……", "m, kg, pcs …", "m\nkg"),
    Field::new("country", Kind::Text(countries::read, countries::name), &["原产国", "产地"], &["Country", "Country of origin"])
        .hint("代码或名称，例如 CN 或 中国。", "Code or name, such as CN or China.", "CN"),
    Field::new("produced_on", Kind::Day, &["生产日期"], &["Produced", "Produced on"]).nullable().hint("生产的日期。", "The day it was produced.", "2026-03-01\n2026-02-10"),
    Field::new("received_on", Kind::Day, &["到货日期", "收货日期"], &["Received", "Received on"]).nullable().listed()
        .hint("到货的日期，不早于生产日期。", "The day it was received; not before it was produced.", "2026-03-12\n2026-02-14"),
    Field::new("parents", Kind::Lines(&PARENTS), &["来源批", "上级批次", "由何批制成"], &["Made of", "Parents"])
        .hint("由哪些批制成，知道用量就写在冒号后；几家供应商批号相同时写 批号@供应商编号。例如 YARN-031:120.5; YARN-032", "The lots it was made of, with the quantity if known; lot@supplier where several suppliers use the code. Such as YARN-031:120.5; YARN-032", "YARN-031:120.5\n"),
    Field::new("supplier_name", Kind::Both, &["供应商名称"], &["Supplier name"]).only_read().listed(),
    Field::new("name", Kind::Line(81), &["全称"], &["Full name"]).only_read().not_in_files()
        .hint("", "What it is called in addresses, files and other documents: its code; `code@supplier` where several suppliers use it.", ""),
    Field::new("children", Kind::Lines(&CHILDREN), &["制成了什么"], &["Went into"]).only_read().not_in_files().nullable().hint("", "What was made of it; in the document of one only.", ""),
    Field::new("batches", Kind::Lines(&USES), &["用于生产批次"], &["Batches"]).only_read().not_in_files().nullable().hint("", "The batches it went into; in the document of one only.", ""),
] };

const PARENTS: Lines = Lines::of(500, PART).in_a_cell(read_parts, parts_text);
const CHILDREN: Lines = Lines::of(0, PART);
const USES: Lines = Lines::of(0, USE);

/// A lot that went into another or came out of it.
#[rustfmt::skip]
const PART: Fields = Fields { table: "parts", title: ("来源批", "Parts"), columns: &[
    Field::new("lot", Kind::Text(read_name, as_it_is), &["批号"], &["Lot"]).needed().listed().refers(&LOT)
        .hint("", "Code of the lot; `code@supplier` where several suppliers use it.", ""),
    Field::new("kind", Kind::Choice(LotKind::TABLE), &["类别"], &["Kind"]).only_read().listed(),
    Field::new("material", Kind::Both, &["物料"], &["Material"]).only_read().listed(),
    Field::new("supplier", Kind::Code, &["供应商编号"], &["Supplier code"]).only_read(),
    Field::new("supplier_name", Kind::Both, &["供应商"], &["Supplier"]).only_read().listed(),
    Field::new("quantity_milli", QUANTITY, &["用量"], &["Used"]).in_unit_of("unit").nullable().listed()
        .hint("", "How much went in, in thousandths of the parent's unit; absent when not known.", ""),
    Field::new("unit", Kind::Line(12), &["单位"], &["Unit"]).only_read(),
] };

/// A batch that a lot went into.
#[rustfmt::skip]
const USE: Fields = Fields { table: "uses", title: ("用于生产批次", "Uses"), columns: &[
    Field::new("batch", Kind::Code, &["批次"], &["Batch"]).only_read().listed().refers(&Reference { room: "batches", narrowed: "", needs: "production.read" }),
    Field::new("component", Kind::Line(40), &["部位"], &["Component"]).only_read().listed(),
    Field::new("unit_first", Kind::Whole(1, i64::MAX), &["首件"], &["First unit"]).only_read(),
    Field::new("unit_last", Kind::Whole(1, i64::MAX), &["末件"], &["Last unit"]).only_read(),
    Field::new("units", Kind::Text(read_name, all_units), &["件号"], &["Units"]).only_read().listed().hint("", "First and last unit, empty for all.", ""),
    Field::new("quantity_milli", QUANTITY, &["用量"], &["Used"]).in_unit_of("unit").only_read().nullable().listed(),
    Field::new("unit", Kind::Line(12), &["单位"], &["Unit"]).only_read(),
] };

/// A quantity as people write it, in thousandths of the unit.
///
/// # Errors
/// As [`Field::read`] of a [`QUANTITY`].
pub fn read_quantity(field: &'static str, text: &str) -> Result<i64, Fault> {
    let read = Field::new(field, QUANTITY, &[], &[]).read(text)?;
    read.as_i64().ok_or_else(|| Fault::new(field, Code::NotANumber).with("value", text))
}

/// The name of a lot as it is written.
pub fn read_name(field: &'static str, text: &str) -> Result<String, Fault> {
    LotName::read(field, text).map(|name| name.to_string())
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

fn all_units(units: &str, lang: Lang) -> &str {
    if units.is_empty() { lang.of("全部", "All") } else { units }
}

/// The room.
pub const ROOM: Room = Room::new("lots", routes)
    .menu(&[Entry::new("/lots", "lots-title", &[Permission::ProductionRead]).act("/lots/new", "lots-new", Permission::ProductionEdit)])
    .imports(&[IMPORT]);

fn routes(on: &mut Routes<'_>) {
    rooms::routes::<LotSheet>(on);
    corrections::routes::<LotSheet>(on);
}

/// What a field is called.
fn titled(name: &'static str, lang: Lang) -> &'static str {
    FIELDS.named(name).map_or(name, |field| field.title(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_fields() {
        assert_eq!(FIELDS.ambiguous(), Vec::<&str>::new());
    }
}
