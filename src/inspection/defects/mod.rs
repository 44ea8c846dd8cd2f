//! The defect catalogue: what can be wrong with a garment, how bad that is unless the inspector says otherwise, who is asked first; and the
//! places on a garment. Rows that a deployment may edit, seeded from [`catalogue::SEED`] ([`seed`]). A code never changes: findings name it.

pub mod catalogue;
mod shapes;
mod store;
mod zones;

use crate::choices;
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Fault};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room, import_table, named};

pub use shapes::Shape;
pub use store::{Defect, all, by_code, seed};
pub use zones::{BACK, ELSEWHERE, FRONT, LEGS, ZONES};

choices! {
    /// How bad a defect is (the three classes of ISO 2859-1 sampling).
    #[derive(Default)]
    Severity {
        /// A small departure that hardly reduces use.
        #[default]
        Minor = "minor", "轻微", "Minor";
        /// Likely to fail, or to be returned.
        Major = "major", "主要", "Major";
        /// Dangerous, or against the law.
        Critical = "critical", "致命", "Critical";
    }
}

choices! {
    /// The part of a garment that a defect belongs to.
    #[derive(Default)]
    Component {
        /// Cloth.
        #[default]
        Fabric = "fabric", "面料", "Fabric";
        /// Colour of the cloth.
        Colour = "colour", "颜色", "Colour";
        /// Down, wadding.
        Filling = "filling", "填充", "Filling";
        /// Seams and making-up.
        Sewing = "sewing", "缝制", "Sewing";
        /// Buttons, zips, tapes.
        Trim = "trim", "辅料", "Trims";
        /// Print and embroidery.
        Print = "print", "印绣花", "Print and embroidery";
        /// Measurements.
        Size = "size", "尺寸", "Size";
        /// Labels and marks.
        Label = "label", "标识", "Labels";
        /// Pressing, cleaning, storage.
        Finishing = "finishing", "后整理", "Finishing";
        /// Packing and transport.
        Packing = "packing", "包装运输", "Packing and transport";
        /// What happened in use.
        Use = "use", "使用", "Use";
    }
}

choices! {
    /// Who is asked first about a defect. A suspicion to start from, never a verdict.
    #[derive(Default)]
    Suspect {
        /// Who spun, wove or knitted.
        #[default]
        Mill = "mill", "面料厂", "Mill";
        /// Who dyed or finished the cloth.
        DyeHouse = "dye_house", "染整厂", "Dye house";
        /// Who made buttons, zips, labels.
        TrimMaker = "trim_maker", "辅料厂", "Trim maker";
        /// Who sewed.
        Factory = "factory", "成衣厂", "Factory";
        /// Who designed and specified.
        Brand = "brand", "品牌方", "Brand";
        /// Who transported.
        Carrier = "carrier", "承运商", "Carrier";
        /// Who sold.
        Retailer = "retailer", "零售商", "Retailer";
        /// Who wore it.
        Customer = "customer", "消费者", "Customer";
        /// Nobody: it wears out.
        Nobody = "nobody", "无（正常磨损）", "Nobody (normal wear)";
    }
}

impl Severity {
    /// The class of its badge.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Minor => "",
            Self::Major => "warn",
            Self::Critical => "bad",
        }
    }
}

/// The room.
pub const ROOM: Room = Room::of::<Defect>()
    .menu(&[Entry::new("/defects", "defects-title", &[Permission::PolicyEdit])])
    .imports(&[import_table::<Defect>()])
    .seeds(&[seed])
    .names(&[named::<Defect>()]);

/// The code of a kind of defect.
pub const DEFECT: Reference = Reference { room: "defects", narrowed: "", needs: "findings.read" };

const NAME: (&str, &str) = ("缺陷", "Defect");

/// The fields of a kind of defect.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "defects", title: ("缺陷目录", "Defect catalogue"), columns: &[
    Field::new("code", Kind::Text(defect_code, as_it_is), &["代码", "缺陷代码"], &["Code", "Defect code"]).needed().unique().listed()
        .hint("小写字母、数字和 _，最多 40 个；保存后不再改变。", "Small letters, digits and _, at most 40. It never changes.", "seam_open"),
    Field::new("name_zh", Kind::Line(80), &["中文名称", "名称"], &["Name (Chinese)", "Chinese name", "Name zh"]).half_of("name", Lang::Zh, NAME).needed().listed()
        .hint("中文、英文名称至少填一个。", "At least one language.", "缝线开线"),
    Field::new("name_en", Kind::Line(80), &["英文名称"], &["Name (English)", "English name", "Name", "Name en"]).half_of("name", Lang::En, NAME).needed().listed()
        .hint("", "", "Open seam"),
    Field::new("component", Kind::Choice(Component::TABLE), &["部件", "衣服部分"], &["Part", "Component"]).needed().listed().filter("component").hint("", "", "缝制"),
    Field::new("severity", Kind::Choice(Severity::TABLE), &["严重程度"], &["Severity"]).needed().listed().filter("severity")
        .hint("轻微：不影响使用。主要：很可能损坏或被退回。致命：有危险或违法。", "Minor: hardly matters in use. Major: likely to fail or come back. Critical: dangerous or against the law.", "主要"),
    Field::new("suspect", Kind::Choice(Suspect::TABLE), &["先问谁", "首先询问"], &["Asked first", "Suspect"]).needed().listed().filter("suspect")
        .hint("调查的起点，不是结论。", "A suspicion to start from, never a verdict.", "成衣厂"),
    Field::new("repairable", Kind::Flag, &["可以修补"], &["Can be mended"]).listed().hint("", "", "是"),
    Field::new("retired", Kind::Flag, &["不再使用"], &["No longer offered"]).listed().hint("", "", "否"),
] };

/// A defect's code: 1 to 40 characters of `a-z`, digits and `_`, in whatever case and width it was written. It is kept folded, so that it is
/// what codes are compared by.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`]; [`Code::UnknownReference`] for other characters.
pub fn defect_code(field: &'static str, written: &str) -> Result<String, Fault> {
    let code = text::folded(&text::line(field, written, 40)?);
    let is_plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain { Ok(code) } else { Err(Fault::new(field, Code::UnknownReference).with("value", code)) }
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defects_code_is_read_in_any_letters() {
        assert_eq!(defect_code("defect", " ｓeam_OPEN\u{200b}").unwrap(), "seam_open");
        assert_eq!(defect_code("code", "Sail Torn").unwrap_err().code, Code::UnknownReference);
    }
}
