//! Warranty policies: the terms under which garments are sold.
//!
//! A policy is never changed: a new version takes its place from a day on, and a garment keeps the one that held at its sale.

mod import;
mod store;

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::kernel::text::Lang;
use crate::platform::imports::things;
use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::platform::words::Words;

pub use import::IMPORT;
pub use store::{WarrantyPolicy, policies, policy, policy_at, policy_codes};

choices! {
    /// From which day a warranty runs.
    StartRule {
        /// The day it was handed over.
        Delivered = "delivered", "签收", "Delivery", ["交付", "on delivery"];
        /// The day it was sold.
        Sold = "sold", "销售", "Sale", ["售出"];
        /// The day its holder claimed it.
        Activated = "activated", "激活", "Activation", ["领取"];
        /// The day its batch was finished.
        Made = "made", "生产", "Making";
    }
}

/// The room.
pub const ROOM: Room = Room::of::<WarrantyPolicy>().imports(&[IMPORT]);

/// The days a warranty may start from, in order: the first that is known counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StartRules(pub Vec<StartRule>);

impl Deref for StartRules {
    type Target = [StartRule];

    fn deref(&self) -> &[StartRule] {
        &self.0
    }
}

/// Months a warranty may last.
const MONTHS_MAX: i64 = 240;
/// Days it may last on top of them.
const DAYS_MAX: i64 = 3_660;

const COVERAGE: (&str, &str) = ("质保范围", "Covered");
const EXCLUSIONS: (&str, &str) = ("不保范围", "Not covered");
const RULE: Field = Field::new("start_rule", Kind::Choice(StartRule::TABLE), &["起算日"], &["Starts on"]).unique();

/// The fields of a version of a policy.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "policies", title: ("质保政策", "Warranty policies"), columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).of(things::POLICY).needed().listed().filter("policy")
        .hint("1 到 40 个字母、数字或 - _ . / #；编码已有时，保存后成为该政策的下一个版本。", "1 to 40 letters, digits or - _ . / #. Where the code exists already, this becomes its next version.", "W-STD"),
    Field::new("valid_from", Kind::Day, &["生效日期", "生效日"], &["Valid from", "From"]).needed().listed()
        .hint("不早于上一个版本。", "The first day it holds; not before that of the version it follows.", "2026-01-01"),
    Field::new("months", Kind::Whole(0, MONTHS_MAX), &["质保月数", "月数"], &["Months"]).needed().absent_from_files().listed()
        .hint("0 到 240；月数和天数都为 0 即无质保。", "Months the warranty lasts, 0 to 240. With 0 months and 0 days there is no warranty.", "12"),
    Field::new("days", Kind::Whole(0, DAYS_MAX), &["质保天数", "天数"], &["Days"]).listed()
        .hint("在月数之外再加的天数，0 到 3660。", "Days on top of the months, 0 to 3660.", "0"),
    Field::new("start_rules", Kind::Several(&RULE), &["起算规则", "起算日"], &["Start rules", "Starts on"]).needed().listed()
        .hint("质保起算日，按先后列出，取第一个已知的：签收、销售、激活、生产。", "Days it may start from, in order; the first that is known counts: delivery, sale, activation, making.", "签收、销售、激活"),
    Field::new("made_plus_months", Kind::Whole(0, MONTHS_MAX), &["生产后最长月数"], &["Months after making at most", "Made plus months"]).nullable().listed()
        .hint("质保最迟在生产完成后多少个月结束；不限可不填。", "It never ends later than this many months after the garment was made. Leave it empty for no limit.", "36"),
    Field::new("coverage_zh", Kind::Paragraph(4_000), &["质保范围", "保修范围"], &["Coverage (Chinese)", "Coverage zh"]).half_of("coverage", Lang::Zh, COVERAGE).listed()
        .hint("", "What is covered, in Chinese.", "面料、缝线、拉链和纽扣的质量问题"),
    Field::new("coverage_en", Kind::Paragraph(4_000), &["英文质保范围"], &["Coverage (English)", "Coverage", "Coverage en"]).half_of("coverage", Lang::En, COVERAGE).listed()
        .hint("", "The same in English.", "Faults of fabric, seams, zips and buttons"),
    Field::new("exclusions_zh", Kind::Paragraph(4_000), &["不保范围", "除外情形"], &["Exclusions (Chinese)", "Exclusions zh"]).half_of("exclusions", Lang::Zh, EXCLUSIONS).listed()
        .hint("不在质保范围内的情形。", "What is not covered, in Chinese.", "不按洗涤说明造成的损坏"),
    Field::new("exclusions_en", Kind::Paragraph(4_000), &["英文不保范围"], &["Exclusions (English)", "Exclusions", "Exclusions en"]).half_of("exclusions", Lang::En, EXCLUSIONS).listed()
        .hint("", "The same in English.", "Damage by washing against the instructions"),
] };

impl WarrantyPolicy {
    /// What is covered.
    pub fn coverage(&self, lang: Lang) -> &str {
        lang.of(&self.coverage_zh, &self.coverage_en)
    }

    /// What is not.
    pub fn exclusions(&self, lang: Lang) -> &str {
        lang.of(&self.exclusions_zh, &self.exclusions_en)
    }

    /// How long it lasts, in words.
    pub fn term(&self, words: Words) -> String {
        let part = |key: &str, count: i64| (count > 0).then(|| words.say1(key, "count", count).into_owned());
        let parts: Vec<String> = [part("policies-months", self.months), part("policies-days", self.days)].into_iter().flatten().collect();
        if parts.is_empty() { words.say("policies-no-warranty").into_owned() } else { parts.join(words.lang().of("零", " and ")) }
    }

    /// From which day it runs, in words.
    pub fn starts(&self, words: Words) -> String {
        let rules: Vec<_> = self.start_rules.iter().map(|rule| words.say(format!("policies-start-{}", rule.as_str()))).collect();
        rules.join(words.lang().of("；否则", "; otherwise "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(FIELDS.ambiguous(), Vec::<&str>::new());
    }

    #[test]
    fn start_rules_keep_their_order() {
        let field = FIELDS.named("start_rules").unwrap();
        for said in ["签收、sold", "delivered > Sale", "签收 售出"] {
            assert_eq!(field.read(said).unwrap(), json!(["delivered", "sold"]), "{said}");
        }
        assert!(field.read("bought").is_err() && field.read("sold, sold").is_err());
    }
}
