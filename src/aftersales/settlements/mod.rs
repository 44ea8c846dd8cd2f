//! What is given back for a sold garment, and what after-sales costs.
//!
//! A [`Settlement`] is what is given for one line of a case: money, another garment or credit. A sale is settled once, however it is settled and
//! whoever asks at the same time (a partial unique index), and never for more than is left of its price (a conditional update of the sale); what was
//! paid back in part may be settled further in the same way. Whoever
//! asks does not approve; above a limit two others do. Compensation settles nothing, and takes the same people. It moves the line of the case, its return and their clocks in the same write.
//!
//! What is given is a cost in the [ledger](crate::aftersales::ledger), whose pages and API are here as well.

mod acts;
mod http;
mod rules;
mod store;
mod view;

use crate::aftersales::cases::{CASE, FROM_CASE, FROM_LINE, FROM_LIVE_LINE};
use crate::choices;
use crate::kernel::text::Lang;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Onward};
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room};
use crate::production::parties::PARTY;

pub use super::ledger::{
    Balance, BalanceOf, Cost, LedgerEntry, LedgerKind, Payer, PayerKind, Sign, balances, entries_of_lines, entries_of_verdicts,
    natural_sign, post, reallocate, reverse, reverse_entry, unmoved, with_ids as entries_with_ids,
};
pub use rules::SETTLEMENT_MACHINE;
pub use store::exchanged::exchanged_between;
pub use store::settling::{Payment, Settlement, SettlementAsk, approve, authorise, fail, hand_over, of_line, pay, submit, void};
pub use view::{CaseCosts, EntryView, SettlementView, costs_of_case};

/// The room.
pub const ROOM: Room = Room::new("settlements", http::routes)
    .menu(&[
        Entry::new("/settlements", "settlements-title", &[Permission::CasesRead]),
        Entry::new("/ledger", "ledger-title", &[Permission::MoneyRead]),
    ])
    .onward(&[
        Onward::new(FROM_CASE, "/settlements?q={}", "settlements-title", Permission::CasesRead),
        Onward::new(FROM_CASE, "/ledger?case={}", "ledger-title", Permission::MoneyRead),
        Onward::new(FROM_LIVE_LINE, "/settlements/new?case={}&line={}", "settlements-new", Permission::CasesEdit),
        Onward::new(FROM_LINE, "/ledger/new?case={}&line={}", "ledger-new", Permission::MoneyEdit),
    ]);

choices! {
    /// How a sale is settled.
    #[derive(Default)]
    SettlementKind {
        /// Money is given back.
        #[default]
        Refund = "refund", "退款", "Refund";
        /// Another garment is given.
        Exchange = "exchange", "换货", "Exchange";
        /// Credit is given.
        Credit = "credit", "储值", "Store credit";
        /// Money beyond what was paid: it settles nothing.
        Compensation = "compensation", "赔偿", "Compensation";
    }
}

choices! {
    /// Where a settlement stands.
    #[derive(Default)]
    SettlementState {
        /// Asked for; what it takes is set aside.
        #[default]
        Authorised = "authorised", "待审批", "To be approved";
        /// Approved by everybody it takes.
        Approved = "approved", "已审批", "Approved";
        /// Handed over to whoever pays.
        Submitted = "submitted", "付款中", "Being paid";
        /// Done.
        Paid = "paid", "已完成", "Done";
        /// It could not be paid.
        Failed = "failed", "付款失败", "Failed";
        /// Not to be done.
        Void = "void", "已作废", "Void";
    }
}

/// Where a settlement leads.
const SETTLEMENT: Reference = Reference { room: "settlements", narrowed: "", needs: "cases.read" };
/// Where a verdict leads.
const VERDICT: Reference = Reference { room: "verdicts", narrowed: "", needs: "liability.read" };
/// Where an entry of the ledger leads.
const ENTRY: Reference = Reference { room: "ledger", narrowed: "", needs: "money.read" };

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[rustfmt::skip]
const CASE_NO: Field = Field::new("case", Kind::Line(40), &["工单号"], &["Case"]).needed().listed().refers(&CASE).hint("工单的编号。", "The number of the case.", "C-2026-000123");
#[rustfmt::skip]
const LINE_NO: Field = Field::new("line", Kind::Whole(1, 100_000), &["行号"], &["Line"]).nullable().listed()
    .hint("工单中的第几件；只有一件时可不填。", "Which garment of the case; may be left out where there is one.", "1");
const SERIAL: Field = Field::new("serial", Kind::Line(40), &["序列号"], &["Serial"]).only_read().listed();
const CURRENCY: Field = Field::new("currency", Kind::Text(crate::kernel::money::read_currency, as_it_is), &["币种"], &["Currency"]);

const HOW: Field = Field::new("kind", Kind::Choice(SettlementKind::TABLE), &["方式"], &["Kind"]).needed().listed().filter("kind");
#[rustfmt::skip]
const GIVEN: Field = Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).listed().in_unit_of("currency")
    .hint("退给买家的金额；不填就是还能退的全部，换货时为 0。赔偿须填写。", "What the buyer is given. Left empty it is all that is left, and nothing for an exchange. Needed for compensation.", "199.00");
#[rustfmt::skip]
const NEW_SERIAL: Field = Field::new("new_serial", Kind::Line(2_000), &["换出的序列号"], &["Serial given in exchange"]).nullable()
    .hint("换货时填写换给买家的那一件。", "For an exchange: the garment that the buyer is given.", "");
#[rustfmt::skip]
const REASON: Field = Field::new("reason", Kind::Line(240), &["理由"], &["Reason"]).needed()
    .hint("为什么这样处理；不要写个人信息。", "Why it is settled so; name no person.", "纽扣脱落，无法维修");
#[rustfmt::skip]
const PRICE_PAID: Field = Field::new("price_paid", Kind::Amount, &["实付金额"], &["Price paid"]).nullable().rare()
    .hint("只有销售没有登记成交价时才填：买家为这一件实付的金额。", "Only where the sale has no price: what the buyer paid for this garment.", "199.00");

/// The fields of a settlement.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "settlements", title: ("退款与换货", "Refunds and exchanges"), columns: &[
    Field::new("code", Kind::Id, &["处理单"], &["Settlement"]).only_read(),
    CASE_NO, LINE_NO, SERIAL,
    HOW, GIVEN, CURRENCY.only_read(), NEW_SERIAL, REASON, PRICE_PAID,
    Field::new("state", Kind::Choice(SettlementState::TABLE), &["状态"], &["State"]).only_read().listed().filter("state"),
    Field::new("needs_two", Kind::Flag, &["须两人审批"], &["Two people approve"]).only_read(),
    Field::new("author", Kind::Actor, &["申请人"], &["Asked by"]).only_read(),
    Field::new("approver", Kind::Actor, &["审批人"], &["Approved by"]).only_read(),
    Field::new("second_approver", Kind::Actor, &["第二审批人"], &["Also approved by"]).only_read(),
    Field::new("payout", Kind::Id, &["付款批"], &["Payout"]).only_read().filter("payout"),
    Field::new("payout_ref", Kind::Line(120), &["付款凭证号"], &["Payment reference"]).only_read(),
    Field::new("failure", Kind::Line(240), &["失败原因"], &["Why it failed"]).only_read(),
    Field::new("paid_on", Kind::Day, &["完成日期"], &["Done on"]).only_read(),
    Field::new("further_of", Kind::Line(13), &["接续处理单"], &["Goes on with"]).only_read(),
    Field::new("created_at", Kind::Moment, &["申请时间"], &["Asked for"]).only_read().listed(),
] };

/// What is said of a new settlement.
#[rustfmt::skip]
const NEW: Fields = Fields { table: FIELDS.table, title: FIELDS.title, columns: &[CASE_NO, LINE_NO, HOW, GIVEN, NEW_SERIAL, REASON, PRICE_PAID] };

#[rustfmt::skip]
const OCCURRED_ON: Field = Field::new("occurred_on", Kind::Day, &["发生日期"], &["Day"]).needed().listed().hint("费用发生的日期。", "The day it was spent.", "2026-06-12");
const COST: Field = Field::new("kind", Kind::Choice(LedgerKind::TABLE), &["费用类别"], &["Kind"]).needed().listed().filter("kind");
const AMOUNT: Field = Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).needed().listed().in_unit_of("currency").hint(
    "大于 0。",
    "More than nothing.",
    "35.00",
);
const CHARGED: Field = Field::new("payer", Kind::Choice(PayerKind::TABLE), &["承担方"], &["Charged to"]).listed().filter("payer");
#[rustfmt::skip]
const CHARGED_PARTY: Field = Field::new("party", Kind::Code, &["单位编码"], &["Party"]).nullable().listed().refers(&PARTY).filter("party")
    .hint("由单位承担时填写。一般先记品牌方，责任认定后系统自动划转。", "Where a party is charged. Costs begin as the brand's; a verdict moves them.", "HF-01").rare();
const SPENT_IN: Field = CURRENCY.listed().hint("三个字母；不填为 CNY", "Three letters; CNY when left out", "CNY");
#[rustfmt::skip]
const VOUCHER: Field = Field::new("reference", Kind::Line(120), &["凭证"], &["Reference"]).listed().hint("发票、运单或单据的编号。", "Number of the bill, waybill or voucher.", "SF1234567890");

/// The fields of an entry of the ledger.
#[rustfmt::skip]
pub const LEDGER_FIELDS: Fields = Fields { table: "ledger", title: ("售后账", "Ledger"), columns: &[
    OCCURRED_ON, CASE_NO.filter("case"), LINE_NO, SERIAL, COST,
    Field::new("sign", Kind::Choice(Sign::TABLE), &["借贷"], &["Sign"]).only_read().listed(),
    AMOUNT, SPENT_IN, CHARGED, CHARGED_PARTY, VOUCHER,
    Field::new("settlement", Kind::Id, &["处理单"], &["Settlement"]).only_read().refers(&SETTLEMENT),
    Field::new("verdict", Kind::Id, &["责任认定"], &["Verdict"]).only_read().refers(&VERDICT),
    Field::new("moves", Kind::Id, &["划转自"], &["Moves"]).only_read().refers(&ENTRY),
    Field::new("reversal_of", Kind::Id, &["冲销"], &["Takes back"]).only_read().refers(&ENTRY),
    Field::new("code", Kind::Id, &["分录"], &["Entry"]).only_read(),
    Field::new("actor", Kind::Actor, &["记账人"], &["Posted by"]).only_read(),
    Field::new("at", Kind::Moment, &["记账时间"], &["Posted"]).only_read(),
] };

/// What is said of a new entry.
#[rustfmt::skip]
const NEW_ENTRY: Fields = Fields { table: LEDGER_FIELDS.table, title: LEDGER_FIELDS.title, columns: &[
    OCCURRED_ON, CASE_NO, LINE_NO, COST, AMOUNT, SPENT_IN, CHARGED, CHARGED_PARTY, VOUCHER,
] };

/// What the lists can be narrowed by besides.
const FILTERS: &[Field] = &[Field::new("from", Kind::Day, &["从"], &["From"]), Field::new("to", Kind::Day, &["到"], &["To"])];

/// What is said when a settlement was paid.
#[rustfmt::skip]
const PAID: Fields = Fields { table: "settlements", title: FIELDS.title, columns: &[
    Field::new("reference", Kind::Line(120), &["付款凭证号"], &["Payment reference"]).needed().hint("银行流水号，或换货的运单号。", "The bank's reference; of an exchange the waybill.", "20260615-000812"),
    Field::new("paid_on", Kind::Day, &["完成日期"], &["Done on"]).nullable().hint("不填就是今天。", "Today when left out.", ""),
    Field::new("goods_cost", Kind::Amount, &["换货商品成本"], &["Cost of the goods"]).nullable()
        .hint("换货时：换出的那一件的成本，按销售币种。", "Of an exchange: what the garment given cost, in the currency of the sale.", "120.00"),
    Field::new("freight", Kind::Amount, &["寄出运费"], &["Transport"]).nullable().hint("寄给买家的运费，按销售币种。", "What its way to the buyer cost, in the currency of the sale.", "12.00"),
] };

/// What is said when it could not be paid, or is not to be done.
#[rustfmt::skip]
const WHY: Fields = Fields { table: "settlements", title: FIELDS.title, columns: &[
    Field::new("reason", Kind::Line(240), &["原因"], &["Reason"]).needed().hint("不要写个人信息。", "Name no person.", "账号不存在"),
] };
