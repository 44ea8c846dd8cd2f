//! Corrective and preventive measures: what is changed so that a defect does not come back, who sees to it by when, and whether it helped.
//!
//! A measure comes of a finding, a verdict, a recall or a signal. It is planned (why it happened, five times asked; what is to change), implemented,
//! and checked on a day by somebody else than its owner. The **effect** is counted, not said: garments first sold in so many days before and after
//! the change, each with the claims of the defect that were confirmed within the same days, so that both had equally long to show it. One that
//! did not help is planned again.

mod http;
mod rules;
mod store;

use serde::Deserialize;

use crate::choices;
use crate::inspection::defects::{self, defect_code};
use crate::kernel::text::{self, Lang};
use crate::kernel::{Fault, Id, parsed};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::production::materials;

pub use rules::{MEASURE_MACHINE, MeasureEffect, stretches};
pub use store::{Measure, MeasureRow, effect};

/// The room.
pub const ROOM: Room = Room::new("measures", http::routes).menu(&[Entry::new("/measures", "measures-title", &[Permission::RecallEdit])]);

choices! {
    /// What a measure is for.
    #[derive(Default)]
    MeasureKind {
        /// Something went wrong.
        #[default]
        Corrective = "corrective", "纠正", "Corrective";
        /// Something could go wrong.
        Preventive = "preventive", "预防", "Preventive";
    }
}

choices! {
    /// What a measure comes of.
    #[derive(Default)]
    MeasureOrigin {
        /// A finding.
        #[default]
        Finding = "finding", "缺陷记录", "Finding";
        /// A verdict.
        Verdict = "verdict", "责任认定", "Verdict";
        /// A recall.
        Recall = "recall", "召回范围", "Recall scope";
        /// A signal.
        Signal = "signal", "质量信号", "Signal";
    }
}

choices! {
    /// Where a measure stands.
    #[derive(Default)]
    MeasureState {
        /// Somebody sees that something must change.
        #[default]
        Open = "open", "待制定", "Open";
        /// It is known what.
        Planned = "planned", "已计划", "Planned";
        /// It is changed.
        Implemented = "implemented", "已实施", "Implemented";
        /// It helped.
        Verified = "verified", "已验证有效", "Verified";
        /// It did not.
        Ineffective = "ineffective", "无效", "Ineffective";
        /// Over.
        Closed = "closed", "已关闭", "Closed";
    }
}

#[rustfmt::skip]
mod fields {
    use super::*;

    pub const WHYS: Field = Field::new("whys", Kind::Paragraph(4_000), &["根本原因（五个为什么）"], &["Root cause (five whys)"])
        .hint("一行一个为什么，问到能改变的那一层为止。", "One why a line, down to what can be changed.", "");
    pub const ACTION: Field = Field::new("action", Kind::Paragraph(4_000), &["要改变什么"], &["What is to change"])
        .hint("在哪一道工序、哪一家、改成什么样。", "At which operation, at whose, and to what.", "");
    pub const DUE_ON: Field = Field::new("due_on", Kind::Day, &["完成期限"], &["Due"]);
    pub const NOTE: Field = Field::new("note", Kind::Paragraph(2_000), &["说明"], &["Note"]);
    pub const CHECK_ON: Field = Field::new("check_on", Kind::Day, &["验证日期"], &["Checked from"]).nullable();
    pub const IMPLEMENTED_ON: Field = Field::new("implemented_on", Kind::Day, &["实施日期"], &["Implemented on"]).nullable();
    pub const OWNER: Field = Field::new("owner", Kind::Line(40), &["负责人"], &["Owner"])
        .hint("负责人的用户名；不能由本人验证。", "The name they sign in with. They do not check it themselves.", "li.na");
}
use fields::{ACTION, CHECK_ON, DUE_ON, IMPLEMENTED_ON, NOTE, OWNER, WHYS};

/// What a measure shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "measures", title: ("改进措施", "Measures"), columns: &[
    CODE.listed(), TITLE.listed(), KIND.listed().filter("kind"),
    Field::new("state", Kind::Choice(MeasureState::TABLE), &["状态"], &["State"]).only_read().listed().filter("state"),
    ORIGIN.listed().filter("origin"), ORIGIN_REF, DEFECT.listed().filter("defect"), LOT, OWNER.listed().filter("owner"), DUE_ON.listed(),
    WHYS, ACTION,
    IMPLEMENTED_ON.only_read(), CHECK_ON.only_read(),
    Field::new("checked_on", Kind::Day, &["验证于"], &["Checked on"]).nullable().only_read(),
    Field::new("checked_by", Kind::Actor, &["验证人"], &["Checked by"]).only_read(),
    Field::new("before_sold", Kind::Whole(0, i64::MAX), &["实施前售出"], &["Sold before"]).nullable().only_read(),
    Field::new("before_claims", Kind::Whole(0, i64::MAX), &["实施前投诉"], &["Claims before"]).nullable().only_read(),
    Field::new("after_sold", Kind::Whole(0, i64::MAX), &["实施后售出"], &["Sold after"]).nullable().only_read(),
    Field::new("after_claims", Kind::Whole(0, i64::MAX), &["实施后投诉"], &["Claims after"]).nullable().only_read(),
    NOTE.only_read(),
    Field::new("created_by", Kind::Actor, &["提出人"], &["Brought up by"]).only_read(),
] };

#[rustfmt::skip]
const CODE: Field = Field::new("code", Kind::Code, &["编码"], &["Code"]).needed()
    .hint("1 到 40 个字母、数字或 - _ . / #。", "1 to 40 letters, digits or - _ . / #.", "CAPA-2026-01");
const TITLE: Field = Field::new("title", Kind::Line(120), &["标题"], &["Title"]).needed();
const KIND: Field = Field::new("kind", Kind::Choice(MeasureKind::TABLE), &["类型"], &["Kind"]);
const ORIGIN: Field = Field::new("origin", Kind::Choice(MeasureOrigin::TABLE), &["来源"], &["Comes of"]).needed();
/// What it comes of, as it is written.
fn origin(field: &'static str, text: &str) -> Result<String, Fault> {
    text::line(field, text, 60)
}

/// What people call that: a defect by its name; a number that nobody gave is where the page leads.
fn origin_name(text: &str, lang: Lang) -> &str {
    let is_number = text.len() == 13 && parsed::<Id>(text).is_some();
    match defects::catalogue::SEED.iter().find(|seed| seed.code == text) {
        Some(seed) => lang.of(seed.zh, seed.en),
        None if is_number => lang.of("见来源", "as it leads to"),
        None => text,
    }
}

#[rustfmt::skip]
const ORIGIN_REF: Field = Field::new("origin_ref", Kind::Text(origin, origin_name), &["来源编号"], &["Which"]).needed()
    .hint("缺陷记录、责任认定或召回范围的编号；质量信号填写缺陷代码。", "The finding, the verdict or the recall scope by its code; of a signal the defect.", "RC-2026-01");
#[rustfmt::skip]
const DEFECT: Field = Field::new("defect", Kind::Text(defect_code, as_it_is), &["缺陷代码"], &["Defect"]).needed().at("defect_code").refers(&defects::DEFECT)
    .hint("缺陷目录中的代码；有效与否按它的投诉计算。", "A code of the defect catalogue: whether it helped is counted in its claims.", "button_loose");
#[rustfmt::skip]
const LOT: Field = Field::new("lot", Kind::Text(materials::read_name, as_it_is), &["物料批"], &["Lot"]).nullable().refers(&materials::LOT)
    .hint("与哪一批物料有关；没有就留空。", "The lot behind it; left empty where there is none.", "");

/// What is said of a new one.
#[rustfmt::skip]
const NEW: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[
    CODE, TITLE, KIND, ORIGIN, ORIGIN_REF, DEFECT, LOT, OWNER.needed(), DUE_ON.needed(), WHYS, ACTION,
] };

/// What a change says of it.
#[rustfmt::skip]
const CHANGE: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[
    TITLE, KIND, ORIGIN, ORIGIN_REF, DEFECT, LOT, OWNER.needed(), DUE_ON.needed(), WHYS, ACTION,
] };

/// What a plan says.
#[rustfmt::skip]
const PLAN: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[WHYS.needed(), ACTION.needed(), DUE_ON.needed()] };

#[derive(Clone, Debug, Deserialize)]
struct PlanSaid {
    whys: String,
    action: String,
    due_on: chrono::NaiveDate,
}

/// When it was changed, and from when on it is checked.
#[rustfmt::skip]
const IMPLEMENT: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[
    IMPLEMENTED_ON.needed(),
    CHECK_ON.needed().hint("实施前后各取同样多的天数比较，所以要留出足够的时间。", "As many days before and after are compared: leave it long enough.", ""),
] };

#[derive(Clone, Copy, Debug, Deserialize)]
struct ImplementSaid {
    implemented_on: chrono::NaiveDate,
    check_on: chrono::NaiveDate,
}

/// What a check says.
#[rustfmt::skip]
const CHECK: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[
    Field::new("works", Kind::Flag, &["有效"], &["It helped"]).hint("数字由系统计算；投诉率没有下降时不能判为有效。", "The numbers are counted. It cannot be said to have helped where the rate rose.", ""),
    NOTE.needed(),
] };

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CheckedSaid {
    works: bool,
    note: String,
}

/// Why it is closed.
#[rustfmt::skip]
const CLOSE: Fields = Fields { table: "measures", title: FIELDS.title, columns: &[NOTE.needed()] };

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
