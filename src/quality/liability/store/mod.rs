//! Every query on rule tables, evidence, agreements, verdicts, statements and chargebacks.

pub mod agreements;
pub mod chargebacks;
pub mod contests;
pub mod files;
pub mod inspections;
pub mod records;
pub mod rule_sets;
pub mod statements;
pub mod verdicts;

use super::rules::{Role, StatementKind};
use super::{RulesState, StatementState, VerdictBasis, VerdictState};
use crate::kernel::{Id, Result};
use crate::platform::db::Db;
use crate::platform::rooms::{ListQuery, Sees};
use crate::production::parties;
use crate::text_column;

/// The party whose rows a list asks for, by filter or search: Some of none for everybody's, None where nobody may be meant by it.
pub(super) fn party_asked(db: &mut Db, query: &ListQuery, sees: Sees) -> Result<Option<Option<Id>>> {
    let Some(code) = query.filter_or_search("party") else { return Ok(Some(None)) };
    Ok(parties::by_code(db, code)?.filter(|party| sees.is_of(party.id)).map(|party| Some(party.id)))
}

text_column!(RulesState, VerdictState, VerdictBasis, StatementState, StatementKind, Role);

diesel::table! {
    liability_rules (id) {
        id -> BigInt,
        code -> Text,
        state -> Text,
        rules -> Text,
        sha256 -> Text,
        reason -> Text,
        proposed_by -> Text,
        approved_by -> Nullable<Text>,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    verdict (id) {
        id -> BigInt,
        line_id -> BigInt,
        case_id -> BigInt,
        seq -> BigInt,
        garment_id -> BigInt,
        batch_no -> BigInt,
        state -> Text,
        defect_code -> Nullable<Text>,
        basis -> Text,
        clause -> Text,
        cause -> Text,
        needs -> Text,
        ambiguous -> Bool,
        rules_code -> Text,
        bundle -> Text,
        sha256 -> Text,
        reply_by -> Nullable<Date>,
        reason -> Text,
        proposed_by -> Text,
        decided_by -> Nullable<Text>,
        final_on -> Nullable<Date>,
        superseded_on -> Nullable<Date>,
        created_at -> Timestamp,
        version -> BigInt,
        said -> Text,
    }
}

diesel::table! {
    verdict_share (verdict_id, place) {
        verdict_id -> BigInt,
        place -> BigInt,
        role -> Text,
        payer -> Text,
        party_id -> Nullable<BigInt>,
        lot_id -> Nullable<BigInt>,
        micro -> BigInt,
    }
}

diesel::table! {
    verdict_reply (verdict_id, party_id) {
        verdict_id -> BigInt,
        party_id -> BigInt,
        line_id -> BigInt,
        accepts -> Bool,
        round -> Nullable<BigInt>,
        by_silence -> Bool,
        reason -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    statement (id) {
        id -> BigInt,
        party_id -> BigInt,
        from_on -> Date,
        to_on -> Date,
        state -> Text,
        currency -> Text,
        claims -> BigInt,
        amount_minor -> BigInt,
        bundle -> Text,
        sha256 -> Text,
        engine -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    statement_line (statement_id, place) {
        statement_id -> BigInt,
        place -> BigInt,
        party_id -> BigInt,
        verdict_id -> BigInt,
        kind -> Text,
        amount_minor -> BigInt,
        live -> Bool,
    }
}

diesel::table! {
    evidence_record (id) {
        id -> BigInt,
        kind -> Text,
        result -> Text,
        line_id -> Nullable<BigInt>,
        lot_id -> Nullable<BigInt>,
        party_id -> Nullable<BigInt>,
        measured -> Nullable<BigInt>,
        required -> Nullable<BigInt>,
        source -> Text,
        seen_on -> Date,
        note -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_by -> Text,
        withdrawn_why -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    supplier_agreement (id) {
        id -> BigInt,
        party_id -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        reply_days -> BigInt,
        silence_accepts -> Bool,
        calendar -> Text,
        document -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    verdict_notice (verdict_id, party_id) {
        verdict_id -> BigInt,
        party_id -> BigInt,
        agreement_id -> Nullable<BigInt>,
        calendar_version -> BigInt,
        reply_days -> BigInt,
        reply_by -> Date,
        silence_accepts -> Bool,
        is_rough -> Bool,
    }
}

diesel::table! {
    verdict_file (id) {
        id -> BigInt,
        verdict_id -> BigInt,
        party_id -> Nullable<BigInt>,
        kind -> Text,
        name -> Text,
        sha256 -> Text,
        content -> Binary,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    verdict_inspection (verdict_id) {
        verdict_id -> BigInt,
        line_id -> BigInt,
        found_defect -> Nullable<Text>,
        confirms -> Bool,
        report -> Text,
        first_inspector -> Text,
        inspector -> Text,
        inspected_on -> Date,
        at -> Timestamp,
    }
}

diesel::table! {
    chargeback (id) {
        id -> BigInt,
        party_id -> BigInt,
        statement_id -> BigInt,
        state -> Text,
        currency -> Text,
        claims -> BigInt,
        amount_minor -> BigInt,
        reference -> Text,
        reason -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    chargeback_line (chargeback_id, place) {
        chargeback_id -> BigInt,
        place -> BigInt,
        party_id -> BigInt,
        verdict_id -> BigInt,
        kind -> Text,
        amount_minor -> BigInt,
        live -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    verdict,
    verdict_share,
    verdict_notice,
    verdict_reply,
    statement,
    statement_line,
    chargeback,
    chargeback_line
);
