//! Every query on settlements.

pub mod exchange;
pub mod exchanged;
pub mod settling;

use super::{SettlementKind, SettlementState};
use crate::text_column;

text_column!(SettlementKind, SettlementState);

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
        further_of -> Nullable<BigInt>,
    }
}
