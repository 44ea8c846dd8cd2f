//! Every query on surveys and follow-ups.

pub mod answers;
pub mod follow_ups;
pub mod planning;

use super::{FollowUpKind, FollowUpResult, FollowUpState, SurveyVia};
use crate::text_column;

text_column!(SurveyVia, FollowUpKind, FollowUpState, FollowUpResult);

diesel::table! {
    survey (id) {
        id -> BigInt,
        code -> Text,
        case_id -> BigInt,
        seq -> BigInt,
        score -> Nullable<BigInt>,
        declined -> Bool,
        words -> Text,
        via -> Text,
        answered_by -> Text,
        agent -> Text,
        channel -> Text,
        reason_class -> Text,
        resolved_at -> Timestamp,
        answered_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    follow_up (id) {
        id -> BigInt,
        code -> Text,
        kind -> Text,
        source_id -> BigInt,
        days -> BigInt,
        case_id -> BigInt,
        line_id -> BigInt,
        garment_id -> BigInt,
        queue -> Text,
        due_on -> Date,
        state -> Text,
        result -> Nullable<Text>,
        note -> Text,
        next_case_id -> Nullable<BigInt>,
        ended_by -> Text,
        ended_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        version -> BigInt,
    }
}
