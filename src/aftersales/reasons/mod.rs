//! What people say is wrong, as data: reasons in plain words, each with the class that decides which rights it gives and the defect it most
//! likely is. Seeded from [`catalogue::SEED`] ([`seed`]); a code never changes, because lines of cases name it.

pub mod catalogue;
mod store;

use crate::aftersales::classes::ReasonClass;
use crate::inspection::defects::{DEFECT, ZONES, defect_code};
use crate::kernel::choices::Choice;
use crate::kernel::components;
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Fault, Result};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room, import_table};

pub use catalogue::WITHDRAWAL;
pub use store::{CaseReason, all, by_code, offered, seed};

/// The room.
pub const ROOM: Room = Room::of::<CaseReason>()
    .menu(&[Entry::new("/reasons", "reasons-title", &[Permission::PolicyEdit])])
    .imports(&[import_table::<CaseReason>()])
    .seeds(&[seed]);

const NAME: (&str, &str) = ("原因", "Reason");

/// The fields of a reason.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "reasons", title: ("售后原因", "Reasons"), columns: &[
    Field::new("code", Kind::Text(defect_code, as_it_is), &["代码", "原因代码"], &["Code", "Reason code"]).needed().unique().listed()
        .hint("小写字母、数字和 _，最多 40 个；保存后不再改变。", "Small letters, digits and _, at most 40. It never changes.", "button_off"),
    Field::new("name_zh", Kind::Line(80), &["中文说法", "名称"], &["Words (Chinese)", "Chinese words"]).half_of("name", Lang::Zh, NAME).needed().listed()
        .hint("买家会怎么说。", "As a buyer says it.", "纽扣掉了"),
    Field::new("name_en", Kind::Line(80), &["英文说法"], &["Words (English)", "English words"]).half_of("name", Lang::En, NAME).needed().listed()
        .hint("", "", "A button came off"),
    Field::new("class", Kind::Choice(ReasonClass::TABLE), &["类别"], &["Class"]).needed().listed().filter("class")
        .hint("决定买家有哪些权利；质量问题会计入供应商的投诉率。", "Decides which rights a buyer has. A defect counts as a claim.", "质量问题"),
    Field::new("defect_code", Kind::Text(defect_code, as_it_is), &["可能的缺陷", "缺陷代码"], &["Likely defect", "Defect code"]).nullable().listed().refers(&DEFECT)
        .hint("缺陷目录中的代码；检验后以实际发现的为准。", "A code of the defect catalogue: what it most likely is, until somebody looks.", "button_missing"),
    Field::new("categories", Kind::Text(categories, as_it_is), &["适用品类"], &["Categories"]).listed()
        .hint("款号的品类，用逗号分隔；留空表示全部。", "Categories of styles, with commas between; empty for all.", "coats,jackets"),
    Field::new("zones", Kind::Text(zones, as_it_is), &["常见部位"], &["Usual places"])
        .hint("部位代码，用逗号分隔；只有一个时，买家没有选部位就按它记录。", "Codes of places, with commas between. Where there is one alone, it is taken when a buyer names none.", "label"),
    Field::new("components", Kind::Text(components, as_it_is), &["相关部件"], &["Components"])
        .hint("只向有这些部件的款式提供，用逗号分隔；留空表示全部。例如没有纽扣的 T 恤不会出现“纽扣掉了”。", "Offered only for garments that have one of these, with commas between; empty for all: whoever has a T-shirt without buttons is not asked about buttons.", "buttons"),
    Field::new("rank", Kind::Whole(0, 9_999), &["顺序"], &["Order"]).listed()
        .hint("小的排在前面。", "Small ones come first.", "10"),
    Field::new("retired", Kind::Flag, &["不再使用"], &["No longer offered"]).listed().hint("", "", "否"),
] };

/// A list of categories, with commas.
fn categories(field: &'static str, written: &str) -> Result<String, Fault> {
    let line = text::optional_line(field, written, 300)?;
    let all: Vec<&str> = line.split([',', '，', '、', ';', '；']).map(str::trim).filter(|one| !one.is_empty()).collect();
    Ok(all.join(","))
}

/// A list of places on a garment, with commas.
fn zones(field: &'static str, written: &str) -> Result<String, Fault> {
    let line = categories(field, written)?;
    let unknown = line.split(',').find(|one| !one.is_empty() && Choice::meant_by(ZONES, one).is_none());
    if let Some(unknown) = unknown {
        return Err(Fault::new(field, Code::UnknownReference).with("value", unknown));
    }
    let codes = line.split(',').filter_map(|one| Choice::meant_by(ZONES, one)).map(|zone| zone.text);
    Ok(codes.collect::<Vec<_>>().join(","))
}

/// A list of components, with commas: their codes, as people call them.
fn components(field: &'static str, written: &str) -> Result<String, Fault> {
    let line = categories(field, written)?;
    let named = |one: &str| components::meant_by(one).map(|known| known.text).ok_or_else(|| one.to_owned());
    let codes: Result<Vec<&str>, String> = line.split(',').filter(|one| !one.is_empty()).map(named).collect();
    Ok(codes.map_err(|unknown| Fault::new(field, Code::UnknownReference).with("value", unknown))?.join(","))
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_categories_are_read_as_people_write_them() {
        assert_eq!(zones("zones", "门襟, label").unwrap(), "closure,label");
        assert_eq!(zones("zones", "elbow patch").unwrap_err().code, Code::UnknownReference);
        assert_eq!(components("components", "纽扣、zippers").unwrap(), "buttons,zip");
        assert_eq!(components("components", "wheels").unwrap_err().code, Code::UnknownReference);
        assert_eq!(categories("categories", " coats，jackets ; 外套、").unwrap(), "coats,jackets,外套");
    }
}
