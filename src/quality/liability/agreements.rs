//! What was agreed with a party about answering to a verdict.

use crate::platform::rooms::{Field, Fields, Kind};
use crate::production::parties::PARTY;

/// The fields of an agreement.
#[rustfmt::skip]
pub const AGREEMENT_FIELDS: Fields = Fields { table: "supplier-agreements", title: ("供应商协议", "Supplier agreements"), columns: &[
    Field::new("code", Kind::Id, &["协议"], &["Agreement"]).only_read(),
    Field::new("party", Kind::Code, &["单位编码"], &["Party"]).needed().listed().refers(&PARTY).filter("party").hint("与谁约定。", "With whom.", "HF-01"),
    Field::new("valid_from", Kind::Day, &["生效日期"], &["Valid from"]).needed().listed()
        .hint("从这一天起发出的认定适用。", "For verdicts that are told from this day on.", "2026-01-01"),
    Field::new("valid_to", Kind::Day, &["截止日期"], &["Valid to"]).nullable().listed()
        .hint("最后一天；不填为长期有效。", "The last day; open when left out.", "2026-12-31"),
    Field::new("reply_days", Kind::Whole(1, 365), &["答复期限（工作日）"], &["Reply within (working days)"]).needed().listed()
        .hint("从通知的次日起算。", "Counted from the day after it was told.", "7"),
    Field::new("silence_accepts", Kind::Flag, &["逾期不答复视为接受"], &["Silence accepts"]).listed()
        .hint("只有双方书面约定时才勾选。", "Only where both sides agreed so in writing.", "否"),
    Field::new("calendar", Kind::Code, &["工作时间"], &["Working hours"])
        .hint("“工作时间”中的编码，工作日按它算；不填用第一份。", "A code of working hours, by which working days are counted; the first when left out.", "DESK"),
    Field::new("document", Kind::Line(200), &["文件"], &["Document"]).needed().listed()
        .hint("协议或合同的编号。", "Number of the agreement or contract.", "QA-2026-017"),
    Field::new("created_at", Kind::Moment, &["登记时间"], &["Recorded"]).only_read(),
] };
