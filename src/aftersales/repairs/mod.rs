//! Repairs: an order at a time for a line of a case, from the first look to the buyer's signature. Nothing is begun that the buyer has not agreed to in its
//! exact words, nothing leaves the house that only the repairer has looked at, and what is put in comes from a lot and belongs to the garment
//! from then on.
//!
//! A repair is covered where the buyer has a right to it: it costs them nothing, and the order names the right. The days in our hands are added
//! to the warranty, and the brand answers for what was mended for a while of its own.
//!
//! Repairs push what they find to the left in the write in which it happens: what was decided, found, done and behind it to the case; each step
//! to the repair's own clocks; labour, parts and ways to the ledger; what was mended to the rights.

mod http;
mod rules;
mod store;

use serde::Deserialize;

use crate::aftersales::cases::{CASE, Condition, FROM_CASE, FROM_LIVE_LINE};
use crate::aftersales::classes::CaseCause;
use crate::aftersales::rights::{RULE, RightKind};
use crate::choices;
use crate::inspection::defects::{DEFECT, Severity, defect_code};
use crate::kernel::money;
use crate::kernel::text::Lang;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Onward};
use crate::platform::rooms::{Field, Fields, Kind, Lines, Room};
use crate::production::materials;

pub use http::act;
pub use rules::REPAIR_MACHINE;
pub use store::buyer::{BuyersRepair, buyer_answers, buyer_signs, of_case};
pub use store::{RepairOrder, RepairPart, all_parts, handed_between, open, parts_in};

/// The room.
pub const ROOM: Room =
    Room::new("repairs", http::routes).menu(&[Entry::new("/repairs", "repairs-title", &[Permission::CasesRead])]).onward(&[
        Onward::new(FROM_CASE, "/repairs?q={}", "repairs-title", Permission::CasesRead),
        Onward::new(FROM_LIVE_LINE, "/repairs/new?case={}&line={}", "repairs-new", Permission::CasesEdit),
    ]);

choices! {
    /// What is done to a garment.
    #[derive(Default)]
    RepairKind {
        /// Mended.
        #[default]
        Repair = "repair", "修补", "Repair";
        /// Made to fit.
        Alteration = "alteration", "改制", "Alteration";
        /// Cleaned, waterproofed, pressed.
        Care = "care", "护理", "Care";
    }
}

choices! {
    /// Where it is done.
    #[derive(Default)]
    RepairSite {
        /// In our workshop.
        #[default]
        Workshop = "workshop", "维修间", "Workshop";
        /// Where the buyer is.
        OnSite = "on_site", "上门", "On site";
        /// Back at the factory.
        Factory = "factory", "返厂", "Factory";
    }
}

choices! {
    /// Where a repair stands.
    #[derive(Default)]
    RepairState {
        /// To be looked at.
        #[default]
        Triage = "triage", "待诊断", "To be looked at";
        /// Not repaired, with the reason.
        Declined = "declined", "不予维修", "Declined";
        /// The buyer is asked.
        Quoted = "quoted", "待买家确认", "Quoted";
        /// The buyer agreed.
        Accepted = "accepted", "已确认", "Accepted";
        /// The buyer did not want it.
        Rejected = "rejected", "买家未同意", "Not wanted";
        /// Here.
        Received = "received", "已收到", "Received";
        /// Being worked on.
        Repairing = "repairing", "维修中", "Being repaired";
        /// The repairer is content; somebody else looks next.
        Checked = "checked", "待复检", "To be checked again";
        /// Two have looked at it.
        Ready = "ready", "待交付", "Ready";
        /// On its way to the buyer.
        Sent = "sent", "已寄出", "Sent";
        /// With the buyer, who has not signed.
        Handed = "handed", "待签字", "Handed over";
        /// Signed.
        Done = "done", "已完成", "Done";
        /// It cannot be mended.
        Beyond = "beyond", "无法修复", "Beyond repair";
    }
}

choices! {
    /// How a buyer agreed.
    AcceptedVia {
        /// On the status page.
        Card = "card", "状态页", "Status page";
        /// By telephone.
        Phone = "phone", "电话", "Telephone";
        /// In a chat.
        Chat = "chat", "在线客服", "Chat";
        /// By mail.
        Mail = "mail", "邮件", "Mail";
        /// In a shop.
        Shop = "shop", "门店", "Shop";
    }
}

choices! {
    /// Who looked at it.
    CheckKind {
        /// The repairer.
        #[serde(rename = "self")]
        Itself = "self", "自检", "The repairer's own";
        /// Somebody else of the house.
        Second = "second", "复检", "Second";
        /// The buyer.
        Buyer = "buyer", "买家验收", "The buyer's";
    }
}

choices! {
    /// What a repair costs us.
    #[derive(Default)]
    RepairCost {
        /// Work.
        #[default]
        RepairLabour = "repair_labour", "维修工时", "Labour";
        /// Material that is of no lot.
        RepairParts = "repair_parts", "维修用料", "Parts";
        /// The way to the buyer.
        LogisticsOut = "logistics_out", "寄出运费", "Transport to the buyer";
        /// The way to us.
        LogisticsIn = "logistics_in", "寄回运费", "Transport from the buyer";
        /// A courier's visit.
        Pickup = "pickup", "上门取件", "Pick-up";
        /// A visit of our own people.
        OnsiteVisit = "onsite_visit", "上门服务", "On-site visit";
    }
}

#[rustfmt::skip]
const KIND: Field = Field::new("kind", Kind::Choice(RepairKind::TABLE), &["维修类型"], &["Kind"]);
#[rustfmt::skip]
const SITE: Field = Field::new("site", Kind::Choice(RepairSite::TABLE), &["维修地点"], &["Where"]);
#[rustfmt::skip]
const CASE_NO: Field = Field::new("case", Kind::Line(20), &["工单号"], &["Case"]).refers(&CASE);
#[rustfmt::skip]
const LINE_NO: Field = Field::new("line", Kind::Whole(1, 100_000), &["工单行"], &["Line of the case"]);
#[rustfmt::skip]
const COVERED: Field = Field::new("covered", Kind::Flag, &["质保内"], &["Covered"])
    .hint("质保内的维修不向买家收费。", "A covered repair costs the buyer nothing.", "");
#[rustfmt::skip]
const PLAN: Field = Field::new("plan", Kind::Paragraph(2_000), &["维修方案"], &["Plan"]);
#[rustfmt::skip]
const PRICE: Field = Field::new("price", Kind::Amount, &["价格"], &["Price"]).in_unit_of("currency");
#[rustfmt::skip]
const CURRENCY: Field = Field::new("currency", Kind::Text(money::read_currency, as_it_is), &["币种"], &["Currency"]);
#[rustfmt::skip]
const READY_ON: Field = Field::new("ready_on", Kind::Day, &["预计完成"], &["Ready by"]);

/// What a repair order shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "repairs", title: ("维修单", "Repairs"), columns: &[
    Field::new("code", Kind::Line(30), &["维修单号"], &["Repair"]).listed(),
    CASE_NO.listed(), LINE_NO,
    Field::new("serial", Kind::Line(20), &["序列号"], &["Serial"]).only_read().listed(),
    KIND.listed().filter("kind"), SITE.listed().filter("site"),
    Field::new("state", Kind::Choice(RepairState::TABLE), &["状态"], &["State"]).listed().filter("state"),
    COVERED.listed(),
    Field::new("under_kind", Kind::Choice(RightKind::TABLE), &["依据的权利"], &["Under which right"]).nullable(),
    Field::new("under_rule", Kind::Line(40), &["权利规则"], &["Under which rule"]).nullable().refers(&RULE),
    Field::new("diagnosis", Kind::Paragraph(2_000), &["诊断"], &["What was seen"]),
    PLAN, PRICE.nullable().listed(), CURRENCY.nullable(), READY_ON.nullable().listed(),
    Field::new("quote_version", Kind::Whole(0, 1_000), &["报价版本"], &["Quote"]),
    Field::new("accepted_via", Kind::Choice(AcceptedVia::TABLE), &["确认方式"], &["Accepted by"]).nullable(),
    Field::new("accepted_at", Kind::Moment, &["确认时间"], &["Accepted"]).nullable(),
    Field::new("text_hash", Kind::Line(64), &["报价文本的 SHA-256"], &["SHA-256 of the quote's text"]),
    Field::new("paid_ref", Kind::Line(80), &["付款凭证"], &["Payment"]),
    Field::new("received_on", Kind::Day, &["收到日期"], &["Received on"]).nullable(),
    Field::new("handed_on", Kind::Day, &["交付日期"], &["Handed over on"]).nullable(),
    Field::new("extended_days", Kind::Whole(0, 100_000), &["质保顺延天数"], &["Days added to the warranty"]),
    Field::new("repairer", Kind::Actor, &["维修人"], &["Repaired by"]),
    Field::new("rework", Kind::Whole(0, 1_000), &["返工次数"], &["Times done again"]),
    Field::new("score", Kind::Whole(1, 5), &["买家评分"], &["The buyer's mark"]).nullable(),
    Field::new("parts", Kind::Lines(&PARTS), &["更换的部件"], &["Parts put in"]).only_read().not_in_files(),
    Field::new("checks", Kind::Lines(&CHECKS), &["检查"], &["Checks"]).only_read().not_in_files(),
    Field::new("quotes", Kind::Lines(&QUOTES), &["报价"], &["Quotes"]).only_read().not_in_files(),
    Field::new("costs", Kind::Lines(&COSTS), &["费用"], &["Costs"]).only_read().not_in_files(),
] };

#[rustfmt::skip]
const PARTS: Lines = Lines::of(200, Fields { table: "parts", title: ("部件", "Parts"), columns: &[
    COMPONENT.listed(), LOT.listed(), QUANTITY.listed(),
    Field::new("at", Kind::Moment, &["时间"], &["When"]).listed(),
] });
#[rustfmt::skip]
const CHECKS: Lines = Lines::of(200, Fields { table: "checks", title: ("检查", "Checks"), columns: &[
    Field::new("kind", Kind::Choice(CheckKind::TABLE), &["检查人"], &["Whose"]).listed(),
    Field::new("passed", Kind::Flag, &["通过"], &["Passed"]).listed(),
    Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).listed(),
    Field::new("actor", Kind::Actor, &["记录人"], &["By"]).listed(),
    Field::new("at", Kind::Moment, &["时间"], &["When"]).listed(),
] });
#[rustfmt::skip]
const QUOTES: Lines = Lines::of(200, Fields { table: "quotes", title: ("报价", "Quotes"), columns: &[
    Field::new("version", Kind::Whole(1, 1_000), &["版本"], &["Version"]).listed(),
    PLAN.listed(), PRICE.listed(), CURRENCY.listed(), READY_ON.listed(),
    Field::new("text_hash", Kind::Line(64), &["文本的 SHA-256"], &["SHA-256 of its text"]),
    Field::new("at", Kind::Moment, &["时间"], &["When"]).listed(),
] });

#[rustfmt::skip]
const COSTS: Lines = Lines::of(500, Fields { table: "costs", title: ("费用", "Costs"), columns: &[
    Field::new("kind", Kind::Choice(RepairCost::TABLE), &["费用类别"], &["Kind"]).listed(),
    AMOUNT.listed(), CURRENCY.listed(), OCCURRED_ON.listed(), VOUCHER.listed(),
] });

#[rustfmt::skip]
const AMOUNT: Field = Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).in_unit_of("currency");
#[rustfmt::skip]
const OCCURRED_ON: Field = Field::new("occurred_on", Kind::Day, &["发生日期"], &["Day"]);
#[rustfmt::skip]
const VOUCHER: Field = Field::new("reference", Kind::Line(120), &["凭证"], &["Reference"]).nullable()
    .hint("运单号或单据编号，不含个人信息；不填则记维修单号。", "Waybill or voucher, naming no person; the repair's number when left out.", "SF1234567890");
#[rustfmt::skip]
const SPENT_IN: Field = Field::new("currency", Kind::Text(money::read_currency, as_it_is), &["币种"], &["Currency"]).nullable()
    .hint("不填则同报价，没有报价为 CNY。", "As the quote says when left out, and CNY without one.", "CNY");
#[rustfmt::skip]
const FREIGHT: Field = Field::new("freight", Kind::Amount, &["运费"], &["Freight"]).nullable().in_unit_of("currency")
    .hint("由我们承担的运费，记入售后账。", "What we pay for the way; it goes to the ledger.", "12.00");

#[rustfmt::skip]
const COMPONENT: Field = Field::new("component", Kind::Line(40), &["部位"], &["Component"]).needed().hint("纽扣、拉链、面料……", "Buttons, zip, shell …", "buttons");
#[rustfmt::skip]
const LOT: Field = Field::new("lot", Kind::Text(materials::read_name, as_it_is), &["物料批号"], &["Lot"]).needed().refers(&materials::LOT)
    .hint("部件来自哪一批物料；几家供应商同号时写 批号@供应商。", "The lot the part is from; code@supplier where several suppliers use the code.", "");
#[rustfmt::skip]
const QUANTITY: Field = Field::new("quantity", Kind::Decimal(3, 1_000_000_000, ""), &["数量"], &["Quantity"]).needed().at("quantity_milli").hint("", "In the unit of the lot.", "1");

/// What makes a new order.
#[rustfmt::skip]
const NEW: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    CASE_NO.needed(), LINE_NO.needed().hint("", "1 where the case is about one garment.", "1"), KIND, SITE, COVERED,
    Field::new("diagnosis", Kind::Paragraph(2_000), &["诊断"], &["What was seen"]).hint("看到了什么，还没看就先空着。", "Leave it empty until somebody has looked.", ""),
] };

/// A quote.
#[rustfmt::skip]
const QUOTE: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    PLAN.needed().hint("买家看到的就是这段文字，一字不差；改动后须重新确认。", "The buyer reads these very words, and agrees anew when they change.", ""),
    PRICE.needed().hint("质保内为 0。", "0 where the repair is covered.", "0"), CURRENCY.needed(), READY_ON.needed(),
] };

/// What is quoted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct QuoteSaid {
    plan: String,
    price: String,
    currency: String,
    ready_on: chrono::NaiveDate,
}

/// How the buyer agreed, and to which quote.
#[rustfmt::skip]
const ACCEPT: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("quote_version", Kind::Whole(1, 1_000), &["报价版本"], &["Quote"]).needed().hint("向买家读的是哪一版报价。", "Which quote the buyer was read.", "1"),
    Field::new("via", Kind::Choice(AcceptedVia::TABLE), &["确认方式"], &["Accepted by"]).needed(),
] };

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct AcceptSaid {
    quote_version: i64,
    via: AcceptedVia,
}

/// What the workshop saw.
#[rustfmt::skip]
const DIAGNOSE: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("found", Kind::Text(defect_code, as_it_is), &["发现的缺陷"], &["Defect found"]).nullable().refers(&DEFECT)
        .hint("缺陷目录中的代码；没有发现缺陷就留空。", "A code of the defect catalogue; left empty when nothing was found.", "button_missing"),
    Field::new("severity", Kind::Choice(Severity::TABLE), &["严重程度"], &["Severity"]).nullable(),
    Field::new("grade", Kind::Choice(Condition::TABLE), &["成色"], &["Condition"]).needed(),
    Field::new("cause", Kind::Choice(CaseCause::TABLE), &["原因归类"], &["Cause"]).nullable()
        .hint("能确定才填；没有发现缺陷而又不填，记为“无过错”。", "Only where it is certain; without a defect and a cause it is “no fault”.", ""),
    Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).nullable().hint("不写个人信息。", "Names no person.", ""),
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct DiagnoseSaid {
    found: Option<String>,
    severity: Option<Severity>,
    grade: Condition,
    cause: Option<CaseCause>,
    note: Option<String>,
}

/// What something cost.
#[rustfmt::skip]
const COST: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("kind", Kind::Choice(RepairCost::TABLE), &["费用类别"], &["Kind"]).needed(),
    AMOUNT.needed(), SPENT_IN, OCCURRED_ON.nullable().hint("不填就是今天。", "Today when left out.", ""), VOUCHER,
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CostSaid {
    kind: RepairCost,
    amount: String,
    currency: Option<String>,
    occurred_on: Option<chrono::NaiveDate>,
    reference: Option<String>,
}

/// What the way cost.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WaySaid {
    freight: Option<String>,
    currency: Option<String>,
    reference: Option<String>,
}

#[rustfmt::skip]
const SEND: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[VOUCHER, FREIGHT, SPENT_IN] };

/// Why something is not done.
#[rustfmt::skip]
const REASON: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("reason", Kind::Paragraph(1_000), &["原因"], &["Reason"]).needed(),
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct RepairReason {
    reason: String,
}

#[rustfmt::skip]
const RECEIVE: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("received_on", Kind::Day, &["收到日期"], &["Received on"]).needed(), VOUCHER, FREIGHT, SPENT_IN,
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReceivedSaid {
    received_on: chrono::NaiveDate,
    #[serde(flatten)]
    way: WaySaid,
}

#[rustfmt::skip]
const PART: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    COMPONENT, LOT, QUANTITY,
    Field::new("cost", Kind::Amount, &["用料成本"], &["What it cost"]).nullable().in_unit_of("currency").hint("记入售后账。", "It goes to the ledger.", "1.20"), SPENT_IN,
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PartSaid {
    component: String,
    lot: String,
    #[serde(rename = "quantity")]
    quantity_milli: i64,
    cost: Option<String>,
    currency: Option<String>,
}

#[rustfmt::skip]
const CHECK: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("passed", Kind::Flag, &["通过"], &["Passed"]).hint("功能、外观、尺寸都合格。", "Function, looks and measurements are right.", ""),
    Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).hint("", "Needed where it did not pass.", ""),
] };

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CheckSaid {
    passed: bool,
    note: String,
}

#[rustfmt::skip]
const PAY: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("paid_ref", Kind::Line(80), &["付款凭证"], &["Payment"]).needed().hint("收款单号，不含个人信息。", "Number of the receipt; names no person.", ""),
] };

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaidSaid {
    paid_ref: String,
}

#[rustfmt::skip]
const HAND: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("handed_on", Kind::Day, &["交付日期"], &["Handed over on"]).needed(),
] };

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct HandedSaid {
    handed_on: chrono::NaiveDate,
}

#[rustfmt::skip]
const SIGN: Fields = Fields { table: "repairs", title: FIELDS.title, columns: &[
    Field::new("passed", Kind::Flag, &["买家满意"], &["The buyer is content"]),
    Field::new("score", Kind::Whole(1, 5), &["评分（1 到 5）"], &["Mark, 1 to 5"]).nullable(),
    Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]).hint("", "Needed where the buyer is not.", ""),
] };

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignedSaid {
    passed: bool,
    score: Option<i64>,
    note: String,
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
