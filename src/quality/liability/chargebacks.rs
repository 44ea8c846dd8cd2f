//! What a party is asked to pay: the lines of one statement.

use super::STATEMENT;
use crate::choices;
use crate::kernel::machine::Machine;
use crate::machine;
use crate::platform::rooms::{Field, Fields, Kind};
use crate::production::parties::PARTY;

choices! {
    /// Where a chargeback stands.
    #[derive(Default)]
    ChargebackState {
        /// Made.
        #[default]
        Draft = "draft", "草稿", "Draft";
        /// Sent to the party.
        Issued = "issued", "已发出", "Issued";
        /// The party says that it will pay.
        Acknowledged = "acknowledged", "已确认", "Acknowledged";
        /// It says that it will not.
        Disputed = "disputed", "有争议", "Disputed";
        /// Paid or netted.
        Settled = "settled", "已结清", "Settled";
        /// Given up on purpose.
        Waived = "waived", "已豁免", "Waived";
        /// Given up because it cannot be had.
        WrittenOff = "written_off", "已核销", "Written off";
        /// Taken back: its lines may stand in another.
        Void = "void", "已作废", "Void";
    }
}

/// Where a chargeback may go.
pub const CHARGEBACK_MACHINE: Machine<ChargebackState> = machine![ChargebackState:
    Draft => Issued | Void;
    Issued => Acknowledged | Disputed | Settled | Waived | WrittenOff | Void;
    Acknowledged => Settled | Waived | WrittenOff | Void;
    Disputed => Acknowledged | Settled | Waived | WrittenOff | Void
];

/// The fields of a chargeback.
#[rustfmt::skip]
pub const CHARGEBACK_FIELDS: Fields = Fields { table: "chargebacks", title: ("扣款单", "Chargebacks"), columns: &[
    Field::new("code", Kind::Id, &["扣款单"], &["Chargeback"]).only_read(),
    Field::new("statement", Kind::Id, &["责任报告"], &["Statement"]).needed().refers(&STATEMENT).hint("按哪一份责任报告扣款。", "The statement whose lines are charged.", ""),
    Field::new("party", Kind::Code, &["单位编码"], &["Party"]).only_read().listed().refers(&PARTY).filter("party"),
    Field::new("state", Kind::Choice(ChargebackState::TABLE), &["状态"], &["State"]).only_read().listed().filter("state"),
    Field::new("claims", Kind::Whole(0, i64::MAX), &["明细数"], &["Lines"]).only_read().listed(),
    Field::new("amount", Kind::Amount, &["金额"], &["Amount"]).only_read().listed().in_unit_of("currency"),
    Field::new("currency", Kind::Line(3), &["币种"], &["Currency"]).only_read().listed(),
    Field::new("reference", Kind::Line(120), &["结算凭证号"], &["Payment reference"]).only_read(),
    Field::new("reason", Kind::Paragraph(1_000), &["理由"], &["Reason"]).only_read(),
    Field::new("created_by", Kind::Actor, &["编制人"], &["Made by"]).only_read(),
    Field::new("created_at", Kind::Moment, &["编制时间"], &["Made"]).only_read().listed(),
] };

/// What is said of a new one.
#[rustfmt::skip]
pub const NEW_CHARGEBACK: Fields = Fields { table: CHARGEBACK_FIELDS.table, title: CHARGEBACK_FIELDS.title, columns: {
    const ALL: &[Field] = CHARGEBACK_FIELDS.columns;
    ALL.split_at(1).1.split_at(1).0
} };

/// What is asked of whoever settles one.
#[rustfmt::skip]
pub const SETTLE: Fields = Fields { table: CHARGEBACK_FIELDS.table, title: CHARGEBACK_FIELDS.title, columns: &[
    Field::new("reference", Kind::Line(120), &["结算凭证号"], &["Payment reference"]).needed().hint("银行流水号，或抵扣货款的单据号。", "The bank's reference, or the bill it was netted with.", "20260715-000112"),
] };

/// What is asked of whoever gives one up or disputes it.
#[rustfmt::skip]
pub const SAY_WHY: Fields = Fields { table: CHARGEBACK_FIELDS.table, title: CHARGEBACK_FIELDS.title, columns: &[
    Field::new("reason", Kind::Paragraph(1_000), &["理由"], &["Reason"]).needed().hint("不要写个人信息。", "Name no person.", ""),
] };
