//! Every query on settlements and on the ledger.

pub mod exchanged;
pub mod ledger;
pub mod moves;
pub mod settling;

use super::{LedgerKind, PayerKind, SettlementKind, SettlementState, Sign};
use crate::text_column;

text_column!(SettlementKind, SettlementState, LedgerKind, Sign, PayerKind);

diesel::table! {
    settlement (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_id -> BigInt,
        garment_id -> BigInt,
        sale_seq -> BigInt,
        kind -> Text,
        state -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        new_garment_id -> Nullable<BigInt>,
        reason -> Text,
        author -> Text,
        approver -> Nullable<Text>,
        second_approver -> Nullable<Text>,
        needs_two -> Bool,
        payout_id -> Nullable<BigInt>,
        payout_ref -> Text,
        failure -> Text,
        paid_on -> Nullable<Date>,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    ledger_entry (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_id -> Nullable<BigInt>,
        garment_id -> Nullable<BigInt>,
        kind -> Text,
        sign -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        occurred_on -> Date,
        payer -> Text,
        party_id -> Nullable<BigInt>,
        settlement_id -> Nullable<BigInt>,
        verdict_id -> Nullable<BigInt>,
        moves_id -> Nullable<BigInt>,
        reversal_of -> Nullable<BigInt>,
        reference -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}
