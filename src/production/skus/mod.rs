//! Skus: a style in one colour and size.
//!
//! A sku is named by its own code and, once the brand has one for it, by a GTIN-14. A GTIN that is replaced stays as an alias of the sku: a label
//! printed with it never dies.

mod http;
mod rules;
mod store;

use crate::kernel::gs1::Gtin;
use crate::kernel::text::Lang;
use crate::kernel::{Fault, faults};
use crate::platform::imports::{ImportTable, things};
use crate::platform::rooms::{Field, Fields, Kind, Room, import_table};

pub use store::{Product, Sku, SkuView, StyledSku, by_code, by_codes, by_gtin, by_id, by_ids, old_gtins, product, styled};

const OLD_GTIN: Field = Field::new("old_gtin", Kind::Text(gtin, as_it_is), &[], &[]).unique();
const COLOUR: (&str, &str) = ("颜色", "Colour");

/// The fields of a sku.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "skus", title: ("单品", "Skus"), columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).of(things::SKU).needed().listed()
        .hint("1 到 40 个字母、数字或 - _ . / #。", "1 to 40 letters, digits or - _ . / #.", "ST-2601-WHT-M"),
    Field::new("style", Kind::Code, &[], &[]).of(things::STYLE).needed().absent_from_files().listed().filter("style").offers("styles")
        .hint("所属款号。", "Code of its style.", "ST-2601"),
    Field::new("gtin", Kind::Text(gtin, as_it_is), &[], &[]).of(things::GTIN).nullable().unique().listed().filter("gtin")
        .hint("8、12、13 或 14 位数字。换成新码后，旧标签仍能扫开。", "8, 12, 13 or 14 digits. When it is replaced, labels with the old one still work.", "6901234000016"),
    Field::new("old_gtins", Kind::Several(&OLD_GTIN), &["旧商品条码", "旧条码"], &["Former GTINs", "Old GTINs"]).of_new()
        .hint("以前的条码；印有旧码的标签仍能扫开。", "GTINs it once had, oldest first; labels with them still lead to it.", ""),
    Field::new("colour_zh", Kind::Line(60), &["颜色", "中文颜色"], &["Colour (Chinese)", "Chinese colour", "Colour zh"]).half_of("colour", Lang::Zh, COLOUR).listed().hint("", "", "白色"),
    Field::new("colour_en", Kind::Line(60), &["英文颜色"], &["Colour (English)", "Colour", "Color", "Colour en"]).half_of("colour", Lang::En, COLOUR).listed().hint("", "", "White"),
    Field::new("size", Kind::Line(20), &["尺码", "尺寸"], &["Size"]).listed()
        .hint("与尺寸表一致，例如 M。", "As the size chart names it, such as M.", "M"),
    Field::new("size_label", Kind::Line(40), &["号型", "号型规格"], &["Size label", "Label size"]).listed()
        .hint("标签上印的号型，例如 170/88A。", "As the label must say it (号型), such as 170/88A.", "170/88A"),
] };

/// The room.
pub const ROOM: Room = Room::new("skus", http::routes).imports(&[IMPORT]);

/// The table, for the import desk.
pub const IMPORT: ImportTable = import_table::<SkuView>();

/// A GTIN of 8, 12, 13 or 14 digits as 14.
fn gtin(field: &'static str, text: &str) -> Result<String, Fault> {
    Gtin::parse_product(text).map(|gtin| gtin.to_string()).map_err(|error| faults::at(field, &error))
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
