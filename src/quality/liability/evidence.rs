//! What settles an argument about blame, as it was measured or seen, and what each of it says to the rules: one table.

use super::starter::ClaimFact;
use super::{CASE_NO, LINE_NO};
use crate::choices;
use crate::platform::rooms::{Field, Fields, Kind};
use crate::production::materials::LOT;
use crate::production::parties::PARTY;

choices! {
    /// What was measured or looked at.
    #[derive(Default)]
    EvidenceKind {
        /// A laboratory's value beside the one that was agreed for the material.
        #[default]
        Laboratory = "laboratory", "实验室检测", "Laboratory test";
        /// The same by the supplier's own laboratory.
        SupplierLaboratory = "supplier_laboratory", "供应商检测", "Supplier's laboratory test";
        /// How it was washed, beside its care label.
        WashLog = "wash_log", "洗涤记录", "Wash log";
        /// How the carrier delivered it.
        Transport = "transport", "运输与签收记录", "Transport and delivery";
        /// How it was packed.
        Packaging = "packaging", "包装", "Packaging";
        /// Whether the part itself is whole.
        Part = "part", "零件状态", "The part itself";
        /// Measures beside their tolerance.
        Measures = "measures", "尺寸测量", "Measures";
        /// The pattern and the size specification.
        Pattern = "pattern", "纸样与尺寸规格", "Pattern and size specification";
        /// Whether what was sent is what was ordered.
        SentItem = "sent_item", "发货核对", "What was sent";
        /// How shop or warehouse treated it.
        ShopHandling = "shop_handling", "门店与仓库", "Shop and warehouse";
        /// How it was used: cuts, burns, chemicals, alterations.
        Use = "use", "使用痕迹", "Use";
    }
}

choices! {
    /// What came of it.
    #[derive(Default)]
    EvidenceResult {
        /// As it should be.
        #[default]
        Meets = "meets", "符合", "As it should be";
        /// Not as it should be.
        Fails = "fails", "不符合", "Not as it should be";
    }
}

/// What a record says to the rules: a fact for the hard rules, a piece of evidence for the rest.
#[rustfmt::skip]
const MEANING: &[(EvidenceKind, EvidenceResult, Option<ClaimFact>, Option<&str>)] = {
    use {ClaimFact as F, EvidenceKind as K, EvidenceResult::{Fails, Meets}};
    &[
        (K::Laboratory, Meets, Some(F::LabMeetsSpec), None),
        (K::Laboratory, Fails, Some(F::LabBelowSpec), None),
        (K::SupplierLaboratory, Meets, None, Some("supplier_laboratory_meets_spec")),
        (K::SupplierLaboratory, Fails, Some(F::LabBelowSpec), None),
        (K::WashLog, Meets, None, Some("wash_log_in_order")),
        (K::WashLog, Fails, Some(F::WashViolated), Some("wash_log_violated")),
        (K::Transport, Fails, Some(F::DamagedOnDelivery), None),
        (K::Packaging, Fails, Some(F::PackagingBelowStandard), None),
        (K::Part, Meets, Some(F::PartIntact), Some("part_intact")),
        (K::Part, Fails, Some(F::PartBroken), Some("part_broken")),
        (K::Measures, Fails, Some(F::MeasuresOff), None),
        (K::Pattern, Meets, Some(F::PatternCorrect), None),
        (K::Pattern, Fails, Some(F::SpecOff), None),
        (K::SentItem, Fails, Some(F::WrongItemShipped), None),
        (K::ShopHandling, Fails, Some(F::ShopDamage), None),
        (K::Use, Fails, Some(F::CustomerDamage), None),
    ]
};

impl EvidenceKind {
    /// What this result says to the rules.
    pub fn says(self, result: EvidenceResult) -> (Option<ClaimFact>, Option<&'static str>) {
        let row = MEANING.iter().find(|(kind, of, ..)| (*kind, *of) == (self, result));
        row.map_or((None, None), |(.., fact, rule)| (*fact, *rule))
    }

    /// What follows from a measured value and the one that was agreed: at least so much in a laboratory, at most so much off where measures are taken.
    /// None where the two are no measure of it.
    pub fn follows(self, measured: i64, required: i64) -> Option<EvidenceResult> {
        let is_met = match self {
            Self::Laboratory | Self::SupplierLaboratory => measured >= required,
            Self::Measures => measured <= required,
            _ => return None,
        };
        Some(if is_met { EvidenceResult::Meets } else { EvidenceResult::Fails })
    }

    /// Whether it may be of a lot, and then of everything made of it.
    pub const fn is_of_lots(self) -> bool {
        matches!(self, Self::Laboratory | Self::SupplierLaboratory)
    }
}

#[rustfmt::skip]
const VALUE: Kind = Kind::Decimal(3, 1_000_000_000, "");

/// The fields of a record.
#[rustfmt::skip]
pub const EVIDENCE_FIELDS: Fields = Fields { table: "evidence", title: ("证据", "Evidence"), columns: &[
    Field::new("code", Kind::Id, &["证据"], &["Record"]).only_read(),
    Field::new("kind", Kind::Choice(EvidenceKind::TABLE), &["类别"], &["Kind"]).needed().listed().filter("kind"),
    Field { needed: false, required: false, ..CASE_NO }.nullable()
        .hint("与某一件有关时填写；批次检测填物料批。", "Where it is about a garment of a case; a lot's test names the lot instead.", "C-2026-000123"),
    LINE_NO.hint("工单中的第几件；只有一件时可不填。", "Which garment of the case; may be left out where there is one.", "1"),
    Field::new("lot", Kind::Line(81), &["物料批"], &["Lot"]).nullable().listed().refers(&LOT)
        .hint("实验室检测可以针对整个物料批：用它做成的每一件都算数。", "A laboratory's value may be of a whole lot: it counts for everything made of it.", "FAB-0117"),
    Field::new("measured", VALUE, &["实测值"], &["Measured"]).nullable().listed()
        .hint("实验室：检测值；尺寸：与规格的偏差。", "Of a laboratory the value; of measures how far off they are.", "3"),
    Field::new("required", VALUE, &["约定值"], &["Agreed"]).nullable().listed()
        .hint("实验室：最低值；尺寸：公差。与实测值一起填，结论自动得出。", "Of a laboratory the least value; of measures the tolerance. With the measured value the result follows.", "4"),
    Field::new("result", Kind::Choice(EvidenceResult::TABLE), &["结论"], &["Result"]).nullable().listed().filter("result")
        .hint("填了两个数值就不用填。", "Follows where both values are given.", ""),
    Field::new("party", Kind::Code, &["单位"], &["Party"]).nullable().listed().refers(&PARTY)
        .hint("运输记录填写承运商。", "Of transport the carrier.", "SF"),
    Field::new("source", Kind::Line(200), &["来源"], &["Source"]).needed().listed()
        .hint("报告、运单或记录的编号；不要写个人信息。", "Number of the report, waybill or record. Name no person.", "SGS-2026-0815"),
    Field::new("seen_on", Kind::Day, &["日期"], &["Day"]).needed().listed().hint("检测或看到的日期。", "The day it was measured or seen.", "2026-06-14"),
    Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).hint("不要写个人信息。", "Name no person.", ""),
    Field::new("withdrawn", Kind::Line(1_000), &["撤回原因"], &["Withdrawn because"]).only_read(),
    Field::new("created_by", Kind::Actor, &["记录人"], &["Recorded by"]).only_read(),
    Field::new("created_at", Kind::Moment, &["记录时间"], &["Recorded"]).only_read().listed(),
] };

/// What is said of a new record.
#[rustfmt::skip]
pub const NEW_EVIDENCE: Fields = Fields { table: EVIDENCE_FIELDS.table, title: EVIDENCE_FIELDS.title, columns: {
    const ALL: &[Field] = EVIDENCE_FIELDS.columns;
    let (_, rest) = ALL.split_at(1);
    rest.split_at(11).0
} };

/// What is asked of whoever withdraws one.
#[rustfmt::skip]
pub const WITHDRAW: Fields = Fields { table: EVIDENCE_FIELDS.table, title: EVIDENCE_FIELDS.title, columns: &[
    Field::new("reason", Kind::Paragraph(1_000), &["原因"], &["Reason"]).needed().hint("为什么这条记录不对；不要写个人信息。", "Why it is a mistake. Name no person.", ""),
] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_against_the_one_that_was_agreed() {
        use EvidenceResult::{Fails, Meets};
        assert_eq!(EvidenceKind::Laboratory.follows(3_000, 4_000), Some(Fails));
        assert_eq!(EvidenceKind::Laboratory.follows(4_000, 4_000), Some(Meets));
        assert_eq!(EvidenceKind::Measures.follows(21_000, 20_000), Some(Fails));
        assert_eq!(EvidenceKind::WashLog.follows(1, 1), None);
    }

    #[test]
    fn every_failure_says_something() {
        assert!(EvidenceKind::ALL.iter().all(|kind| kind.says(EvidenceResult::Fails) != (None, None)));
        assert_eq!(NEW_EVIDENCE.columns.last().map(|field| field.name), Some("note"));
    }
}
