//! What a buyer is entitled to, until when, who pays the way, and what it takes: asked of stored facts by the desk, the card and programs.
//!
//! Rules are rows, one for each right of a market, with validity, version and the source they come from ([`RightRule`], seeded from
//! [`catalogue`]). [`rights`] is a function of the facts and the rules alone: all that apply, the best for the buyer first; [`lapses`] says what
//! does not, and why. What has begun to hold is not changed but ended: a new row takes its place.
//!
//! Repairs happen to the right of this room; when the buyer signs for one, [`repaired`] records what was mended. From that follow the longer
//! guarantee of a market that gives it, and the brand's warranty on each component that was mended.
//!
//! The desk may grant more than this, with a reason; never less. Rights of members (tiers) are not here: no tier is stored yet.

mod catalogue;
mod facts;
mod http;
mod rules;
mod store;
mod view;

use crate::choices;
use crate::inspection::defects::{self, defect_code};
use crate::kernel::text::Lang;
use crate::kernel::{Fault, countries};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room, import_table, named};

pub use facts::{RightsAnswer, answer, facts, facts_of_sale, is_intimate};
pub use rules::{
    Lapse, Repaired, Right, RightFacts, RightNotice, RightRules, RightState, SaleStanding, SeenDefect, Sold, Unknown, WarrantyCover, Why,
    lapses, rights,
};
pub use store::{RightRule, repaired, repairs_of, rules, seed};
pub use view::{AnswerView, RightLine, lines, part};

choices! {
    /// What kind of right it is, the best for a buyer first where all else is equal.
    #[derive(Default)]
    RightKind {
        /// Of a garment that is recalled: free, and outside every window.
        Recall = "recall", "召回", "Recall";
        /// The brand's promise for named faults and late delivery: no argument, no cost.
        NoWorry = "no_worry", "无忧退换", "No-worry return";
        /// From a contract made at a distance, also before delivery (EU).
        Withdrawal = "withdrawal", "撤回合同", "Withdrawal";
        /// To return without a reason.
        #[default]
        NoReason = "no_reason", "无理由退货", "Return without a reason";
        /// What the law gives where the garment has a defect.
        LegalGuarantee = "legal_guarantee", "法定保障", "Legal guarantee";
        /// What the brand gives beyond that.
        BrandWarranty = "brand_warranty", "品牌质保", "Brand warranty";
        /// Made to fit.
        Alteration = "alteration", "尺寸修改", "Alteration";
    }
}

choices! {
    /// Which day decides whether a rule holds.
    #[derive(Default)]
    HoldsFrom {
        /// That of the sale: a garment keeps the rule it was sold under.
        #[default]
        Sale = "sale", "销售日", "Day of sale";
        /// That of the request.
        Request = "request", "申请日", "Day of request";
    }
}

choices! {
    /// From which day a right's time is counted. That day itself does not count.
    #[derive(Default)]
    CountedFrom {
        /// The buyer got the garment.
        #[default]
        Delivery = "delivery", "收货", "Delivery", ["签收"];
        /// The garment was bought.
        Purchase = "purchase", "购买", "Purchase", ["销售"];
        /// As the garment's warranty is stored, whatever it was counted from.
        Warranty = "warranty", "质保期", "As the warranty says";
    }
}

choices! {
    /// Who pays the way back and forth.
    #[derive(Default)]
    FreightPayer {
        /// The brand does.
        #[default]
        Company = "company", "商家承担", "The brand";
        /// The buyer does.
        Buyer = "buyer", "买家承担", "The buyer";
    }
}

choices! {
    /// What a buyer may ask for.
    Remedy {
        /// The money back.
        Refund = "refund", "退款", "refund";
        /// Another one.
        Exchange = "exchange", "换货", "exchange";
        /// Mended.
        Repair = "repair", "维修", "repair";
        /// Made to fit.
        Alteration = "alteration", "修改尺寸", "alteration";
    }
}

choices! {
    /// What a right takes.
    Need {
        /// Something is wrong with the garment.
        Defect = "defect", "商品存在质量问题", "something is wrong with the garment";
        /// We look at it first.
        Inspection = "inspection", "经检验确认", "an inspection confirms it";
        /// Not worn or washed.
        Unused = "unused", "未穿着未洗涤", "not worn or washed";
        /// As it was sold.
        Packaging = "packaging", "包装完好", "packaging complete";
        /// Still on it.
        Tags = "tags", "吊牌齐全", "tags still on it";
        /// A hygiene seal, where there is one.
        Seal = "seal", "卫生封条（如有）未拆", "any hygiene seal unbroken";
        /// Of what is wrong.
        Photos = "photos", "提供照片", "photos";
        /// Order or receipt.
        Proof = "proof", "购买凭证", "proof of purchase";
    }
}

impl RightKind {
    /// Whether nobody asks why. Exclusions are of these alone: they never touch what a defect gives.
    pub const fn asks_no_reason(self) -> bool {
        matches!(self, Self::Withdrawal | Self::NoReason)
    }

    /// Whether it is for a garment with something wrong, whatever that is.
    pub const fn asks_a_defect(self) -> bool {
        matches!(self, Self::LegalGuarantee | Self::BrandWarranty)
    }
}

const NAME: (&str, &str) = ("名称", "Name");
const NOTICE: (&str, &str) = ("须告知的内容", "What must be told");
const DEFECT: Field = Field::new("defect", Kind::Text(defect_code, as_it_is), &["缺陷"], &["Defect"]).unique().refers(&defects::DEFECT);
const CHANNEL: Field = Field::new("channel", Kind::Line(40), &["渠道"], &["Channel"]).unique();
const CATEGORY: Field = Field::new("category", Kind::Line(60), &["品类"], &["Category"]).unique();

/// The fields of a rule.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "rights", title: ("权利规则", "Rules of rights"), columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).needed().listed()
        .hint("1 到 40 个字母、数字或 - _ . / #。已生效的规则不改，另建一条接替。", "1 to 40 letters, digits or - _ . / #. A rule that holds is not changed; another one follows it.", "CN-GIFT-30"),
    Field::new("kind", Kind::Choice(RightKind::TABLE), &["种类"], &["Kind"]).needed().listed().filter("kind").hint("", "", "无理由退货"),
    Field::new("name_zh", Kind::Line(80), &["中文名称", "名称"], &["Name (Chinese)", "Name zh"]).half_of("name", Lang::Zh, NAME).needed().listed()
        .hint("买家看到的名称。", "What buyers read, in Chinese.", "节日礼品三十天退货"),
    Field::new("name_en", Kind::Line(80), &["英文名称"], &["Name (English)", "Name", "Name en"]).half_of("name", Lang::En, NAME).needed().listed()
        .hint("", "The same in English.", "Thirty days for gifts"),
    Field::new("market", Kind::Text(read_market, market_name), &["市场"], &["Market"]).listed().filter("market")
        .hint("国家代码或名称；EU 指欧盟各国；空着表示各地适用。", "A country; EU for all of its members; empty for everywhere.", "CN"),
    Field::new("valid_from", Kind::Day, &["生效日期"], &["Valid from"]).needed().listed().hint("", "The first day it holds.", "2026-12-01"),
    Field::new("valid_to", Kind::Day, &["失效日期"], &["Valid to"]).nullable().listed().hint("最后一天；不限可不填。", "The last day; empty for no end.", "2027-02-28"),
    Field::new("holds_from", Kind::Choice(HoldsFrom::TABLE), &["以哪天为准"], &["Decided by"])
        .hint("按销售日：售出后规则变更不影响该件商品。", "By the day of sale, a garment keeps the rule it was sold under.", "销售日"),
    Field::new("counted_from", Kind::Choice(CountedFrom::TABLE), &["起算"], &["Counted from"]).part("期限", "Time")
        .hint("当天不计入。", "That day itself does not count.", "收货"),
    Field::new("before_delivery", Kind::Flag, &["收货前也可行使"], &["Also before delivery"]).hint("", "From the purchase on, whatever it is counted from.", "否"),
    Field::new("months", Kind::Whole(0, 600), &["月数"], &["Months"]).nullable().listed().hint("", "Months it lasts …", ""),
    Field::new("days", Kind::Whole(0, 3_660), &["天数"], &["Days"]).nullable().listed()
        .hint("月数、天数都空着即没有期限。", "… and days on top. With neither it has no end.", "30"),
    Field::new("rest_days", Kind::Text(read_calendar, as_it_is), &["休息日顺延的日历"], &["Calendar of rest"])
        .hint("最后一天是休息日的，按此日历顺延；不顺延可不填。", "Code of the calendar by whose days of rest a last day rolls on; empty where it does not.", "CN"),
    Field::new("defects", Kind::Several(&DEFECT), &["适用缺陷"], &["Defects"]).part("条件", "Conditions")
        .hint("缺陷代码，用逗号分开。质保和法定保障空着即任何质量问题。", "Codes of defects with commas between. Empty, a guarantee is for any.", ""),
    Field::new("measured_over", Kind::Whole(0, 100_000), &["实测超过"], &["Measured over"]).nullable()
        .hint("毫米或处数；没有实测值时以缺陷记录为准。", "Millimetres or places; without a measurement the finding itself counts.", ""),
    Field::new("late_days", Kind::Whole(0, 365), &["迟于约定天数"], &["Days late"]).nullable()
        .hint("比约定送达日迟到超过这么多天。", "Delivered more than this many days after the day promised.", ""),
    Field::new("not_channels", Kind::Several(&CHANNEL), &["不适用渠道"], &["Not for channels"])
        .hint("销售渠道的代码，例如 shop。", "Channels of sale as sales name them, such as shop.", "shop"),
    Field::new("never_for", Kind::Several(&CATEGORY), &["不适用品类"], &["Never for categories"])
        .hint("品类按款号上的写法。只用于无须理由的权利。", "Categories as styles name them. Only for rights that ask no reason.", "定制"),
    Field::new("confirmed_for", Kind::Several(&CATEGORY), &["经确认不适用的品类"], &["Not for categories, if confirmed"])
        .hint("买家购买时逐单确认后不适用的品类。", "Categories it is not for where the buyer confirmed that at the purchase.", "内衣"),
    Field::new("freight", Kind::Choice(FreightPayer::TABLE), &["运费"], &["Freight"]).listed().part("内容", "What it gives").hint("", "", "买家承担"),
    Field::new("remedies", Kind::Choices(Remedy::TABLE), &["可要求"], &["Remedies"]).needed().listed().hint("", "What the buyer may ask for.", "退款、换货"),
    Field::new("needs", Kind::Choices(Need::TABLE), &["需要"], &["Needs"]).hint("", "What it takes.", "未穿着未洗涤"),
    Field::new("repair_months", Kind::Whole(1, 120), &["维修后延长月数"], &["Months more after a repair"]).nullable()
        .hint("按本规则维修后，法定保障延长的月数。", "Months by which a repair under it extends a legal guarantee, once.", ""),
    Field::new("repair_since", Kind::Day, &["延长自哪天起的维修"], &["For repairs since"]).nullable().hint("", "The first day of repairs that do.", ""),
    Field::new("notice_zh", Kind::Paragraph(2_000), &["须告知的内容"], &["Notice (Chinese)", "Notice zh"]).half_of("notice", Lang::Zh, NOTICE)
        .hint("选择前须告知买家的文字；记录其散列值。", "What buyers must be told before they choose, in Chinese; its hash is kept.", ""),
    Field::new("notice_en", Kind::Paragraph(2_000), &["英文须告知的内容"], &["Notice (English)", "Notice", "Notice en"]).half_of("notice", Lang::En, NOTICE)
        .hint("", "The same in English.", ""),
    Field::new("source", Kind::Line(240), &["依据"], &["Source"]).needed().hint("法条、政策或承诺的出处。", "The law, policy or promise it comes from.", "2026 年节日服务承诺"),
] };

/// The room.
pub const ROOM: Room = Room::new("rights", http::routes)
    .menu(&[Entry::new("/rights", "rights-title", &[Permission::PolicyEdit])])
    .imports(&[import_table::<RightRule>()])
    .seeds(&[seed])
    .names(&[named::<RightRule>()]);

/// The code of a rule.
pub const RULE: Reference = Reference { room: "rights", narrowed: "", needs: "policy.edit" };

/// All members of the European Union.
const EU: &str = "EU";

/// A market as people write it: a country, or the European Union; empty is everywhere.
///
/// # Errors
/// As [`countries::read`].
pub fn read_market(field: &'static str, text: &str) -> Result<String, Fault> {
    if ["EU", "欧盟", "EUROPEAN UNION"].contains(&text.trim().to_uppercase().as_str()) {
        return Ok(EU.to_owned());
    }
    countries::read(field, text)
}

/// What people call a market.
pub fn market_name(market: &str, lang: Lang) -> &str {
    match market {
        EU => lang.of("欧盟", "European Union"),
        country => countries::name(country, lang),
    }
}

/// The code of a calendar, or nothing.
fn read_calendar(field: &'static str, text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() { Ok(String::new()) } else { crate::kernel::text::code(field, text) }
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_is_a_country_or_the_union() {
        for (written, market) in [("eu", "EU"), ("欧盟", "EU"), ("Germany", "DE"), ("中国", "CN"), ("", "")] {
            assert_eq!(read_market("market", written).unwrap(), market);
        }
        assert!(read_market("market", "Atlantis").is_err());
    }
}
