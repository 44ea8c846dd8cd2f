//! The rules that a new deployment starts with, each with the place it comes from. A deployment ends them and adds its own; rows that it has are
//! never overwritten. Numbers without a law or a promise behind them say so in their source.

use chrono::{NaiveDate, NaiveTime};

use super::{CountedFrom, FreightPayer, HoldsFrom, Need, Remedy, RightKind, RightRule};
use crate::kernel::Id;
use crate::kernel::text::folded;
use crate::platform::db::JsonText;

/// What styles usually call clothes worn next to the skin.
const INTIMATE: &[&str] =
    &["内衣", "内裤", "文胸", "泳衣", "袜子", "intimate", "underwear", "bra", "briefs", "lingerie", "swimwear", "hosiery"];
/// What styles usually call clothes made for one person.
const TO_MEASURE: &[&str] = &["定制", "量身定制", "私人定制", "made to measure", "made-to-order", "bespoke", "custom"];
/// What sales usually call a shop in the street.
const IN_A_SHOP: &[&str] = &["shop", "store", "counter", "门店", "专柜"];

/// In the contract's stead, what a withdrawal's receipt is.
const RECEIPT_ZH: &str = "撤回无须说明理由。提交后再确认一次即可；我们会立即把收到的日期和时间以可保存的形式发给您。";
const RECEIPT_EN: &str = "You need not say why. Send it and confirm it once; we acknowledge it at once in a form you can keep, with the day and time it was received.";

/// What Directive (EU) 2024/1799 asks to be told before repair or replacement is chosen.
const CHOICE_ZH: &str = "商品不符合合同时，您可以选择维修或更换。选择维修的，法定保障期在原期限之外延长 12 个月；选择更换的不延长。两者都不能在合理时间内解决的，您可以要求减价或退货退款。";
const CHOICE_EN: &str = "Where the goods are not as agreed you may choose between repair and replacement. If you choose repair, the legal guarantee lasts 12 months longer than it otherwise would; with a replacement it does not. Where neither helps within a reasonable time, you may ask for a lower price or for your money back.";

fn list(texts: &[&str]) -> JsonText<Vec<String>> {
    JsonText(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// A rule of this code and kind, with its names, its first day and its source. A rule of the garment's day of sale.
fn row(code: &str, kind: RightKind, (name_zh, name_en): (&str, &str), valid_from: (i32, u32, u32), source: &str) -> RightRule {
    let (year, month, day) = valid_from;
    RightRule {
        code: code.into(),
        kind,
        name_zh: name_zh.into(),
        name_en: name_en.into(),
        valid_from: NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default(),
        source: source.into(),
        ..RightRule::default()
    }
}

/// The catalogue as it is shipped.
pub(super) fn rows() -> Vec<RightRule> {
    use Need::{Inspection, Packaging, Photos, Proof, Seal, Tags, Unused};
    use Remedy::{Alteration, Exchange, Refund, Repair};
    let both = JsonText(vec![Refund, Exchange]);
    let seen = JsonText(vec![Inspection, Photos]);
    let no_worry = |code: &str, names, defects: &[&str], measured_over, source: &str| RightRule {
        days: Some(365),
        defects: list(defects),
        measured_over,
        remedies: both.clone(),
        needs: seen.clone(),
        ..row(code, RightKind::NoWorry, names, (2000, 1, 1), source)
    };
    let rows = [
        RightRule {
            counted_from: CountedFrom::Purchase,
            holds_from: HoldsFrom::Request,
            remedies: JsonText(vec![Refund, Exchange, Repair]),
            ..row(
                "RECALL",
                RightKind::Recall,
                ("召回免费处理", "Recall"),
                (2000, 1, 1),
                "Regulation (EU) 2023/988, Art. 37; a remedy of a recall is free and knows no window",
            )
        },
        no_worry(
            "NO-WORRY-SIZE",
            ("尺寸误差无忧退换", "No-worry return: size"),
            &["dim_deviation"],
            Some(20),
            "S2-25, S2-29; term: service term of 365 days (S2-1), as none is named",
        ),
        no_worry(
            "NO-WORRY-FABRIC",
            ("面料问题无忧退换", "No-worry return: fabric"),
            &["pilling", "fading", "tearing"],
            None,
            "S2-26, S2-29; term: service term of 365 days (S2-1), as none is named",
        ),
        no_worry(
            "NO-WORRY-THREADS",
            ("线头无忧退换", "No-worry return: loose threads"),
            &["loose_thread"],
            Some(5),
            "S2-27, S2-29; term: service term of 365 days (S2-1), as none is named",
        ),
        no_worry(
            "NO-WORRY-BUTTON",
            ("纽扣松动无忧退换", "No-worry return: loose button"),
            &["button_loose"],
            None,
            "S2-27, S2-29; term: service term of 365 days (S2-1), as none is named",
        ),
        RightRule {
            before_delivery: true,
            days: Some(7),
            late_days: Some(3),
            remedies: both.clone(),
            ..row(
                "NO-WORRY-LATE",
                RightKind::NoWorry,
                ("迟到无忧退换", "No-worry return: late delivery"),
                (2000, 1, 1),
                "S2-28, S2-29; term: the return window of seven days (S0-14), as none is named",
            )
        },
        RightRule {
            market: "CN".into(),
            days: Some(7),
            rest_days: "CN".into(),
            freight: FreightPayer::Buyer,
            remedies: JsonText(vec![Refund]),
            needs: JsonText(vec![Unused, Packaging, Tags]),
            not_channels: list(IN_A_SHOP),
            never_for: list(TO_MEASURE),
            confirmed_for: list(INTIMATE),
            ..row(
                "CN-SEVEN-DAYS",
                RightKind::NoReason,
                ("七日无理由退货", "Seven days without a reason"),
                (2014, 3, 15),
                "消费者权益保护法 第二十五条；网络购买商品七日无理由退货暂行办法 第六、七条；民法典 第二百零三条",
            )
        },
        RightRule {
            market: "CN".into(),
            days: Some(7),
            rest_days: "CN".into(),
            freight: FreightPayer::Buyer,
            remedies: both.clone(),
            needs: JsonText(vec![Unused, Packaging, Tags]),
            never_for: list(TO_MEASURE),
            confirmed_for: list(INTIMATE),
            ..row(
                "CN-RETURN",
                RightKind::NoReason,
                ("七天退换货", "Return or exchange within seven days"),
                (2000, 1, 1),
                "S0-13, S0-14, S1-6, S1-8",
            )
        },
        RightRule {
            market: "CN".into(),
            days: Some(7),
            rest_days: "CN".into(),
            remedies: JsonText(vec![Refund, Exchange, Repair]),
            needs: JsonText(vec![Inspection]),
            ..row(
                "CN-QUALITY",
                RightKind::LegalGuarantee,
                ("质量问题七日内退换", "Defect within seven days"),
                (2000, 1, 1),
                "S0-12, S0-14, S1-6: within seven days, freight by the seller",
            )
        },
        RightRule {
            market: super::EU.into(),
            before_delivery: true,
            days: Some(14),
            rest_days: super::EU.into(),
            freight: FreightPayer::Buyer,
            remedies: JsonText(vec![Refund]),
            needs: JsonText(vec![Seal]),
            not_channels: list(IN_A_SHOP),
            never_for: list(TO_MEASURE),
            notice_zh: RECEIPT_ZH.into(),
            notice_en: RECEIPT_EN.into(),
            ..row(
                "EU-WITHDRAWAL",
                RightKind::Withdrawal,
                ("十四天撤回权", "Withdrawal within fourteen days"),
                (2014, 6, 13),
                "Directive 2011/83/EU, Arts. 9, 11, 11a (Directive (EU) 2023/2673, since 2026-06-19), 14, 16; Regulation 1182/71, Art. 3",
            )
        },
        RightRule {
            market: super::EU.into(),
            months: Some(24),
            remedies: JsonText(vec![Exchange, Repair]),
            repair_months: Some(12),
            repair_since: NaiveDate::from_ymd_opt(2026, 7, 31),
            notice_zh: CHOICE_ZH.into(),
            notice_en: CHOICE_EN.into(),
            ..row(
                "EU-GUARANTEE",
                RightKind::LegalGuarantee,
                ("两年法定保障", "Two-year legal guarantee"),
                (2002, 1, 1),
                "Directive (EU) 2019/771, Arts. 10, 13, 14; repair: Directive (EU) 2024/1799, since 2026-07-31",
            )
        },
        RightRule {
            counted_from: CountedFrom::Warranty,
            remedies: JsonText(vec![Exchange, Repair]),
            needs: JsonText(vec![Inspection]),
            ..row(
                "WARRANTY",
                RightKind::BrandWarranty,
                ("品牌质保", "Brand warranty"),
                (2000, 1, 1),
                "S1-9, S1-10, S1-11; the term is that of the garment's warranty",
            )
        },
        RightRule {
            days: Some(365),
            freight: FreightPayer::Buyer,
            remedies: JsonText(vec![Alteration]),
            needs: JsonText(vec![Proof]),
            ..row(
                "ALTERATION",
                RightKind::Alteration,
                ("尺码免费修改", "Free alteration"),
                (2000, 1, 1),
                "S1-26; term: service term of 365 days (S2-1), freight as without a defect (S1-6), as neither is named",
            )
        },
    ];
    // Small ids of their own: ids made by the program begin far above.
    let numbered = (1..).zip(rows).map(|(number, row)| RightRule {
        id: Id(number),
        code_key: folded(&row.code),
        created_at: row.valid_from.and_time(NaiveTime::MIN),
        version: 1,
        ..row
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::rules::faults;
    use super::*;
    use crate::inspection::defects::catalogue::SEED;

    #[test]
    fn every_row_is_sound_and_says_where_it_comes_from() {
        let rows = rows();
        assert_eq!(rows.iter().map(|row| &row.code_key).collect::<BTreeSet<_>>().len(), rows.len());
        for row in rows {
            assert_eq!(faults(&row), [], "{}", row.code);
            assert!(
                !row.source.is_empty() && !row.name_zh.is_empty() && !row.name_en.is_empty() && !row.remedies.is_empty(),
                "{}",
                row.code
            );
            // As a file or a form writes them: what is read again is no change.
            assert!(row.needs.is_sorted() && row.remedies.is_sorted(), "{}", row.code);
            assert!(row.defects.iter().all(|code| SEED.iter().any(|seed| seed.code == code)), "{}", row.code);
        }
    }
}
