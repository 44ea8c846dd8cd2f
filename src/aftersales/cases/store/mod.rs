//! Every query on cases.

mod claims;
mod lines;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{CaseState, Condition, LineDecision, LineState};
use crate::aftersales::classes::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue, ReasonClass, Wish};
use crate::kernel::Id;
use crate::text_column;

pub use claims::{CaseClaims, GarmentClaim, claims, garments_of};
pub use lines::{CaseLine, conclude, line, lines};

text_column!(
    CaseKind,
    CaseState,
    CaseSeverity,
    Priority,
    CaseChannel,
    Queue,
    ReasonClass,
    LineState,
    Wish,
    LineDecision,
    Condition,
    CaseCause
);

diesel::table! {
    case_reason (code) {
        code -> Text,
        class -> Text,
        name_zh -> Text,
        name_en -> Text,
        defect_code -> Nullable<Text>,
        categories -> Text,
        zones -> Text,
        rank -> BigInt,
        retired -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    service_case (id) {
        id -> BigInt,
        no -> Text,
        kind -> Text,
        state -> Text,
        severity -> Text,
        priority -> Text,
        channel -> Text,
        market -> Text,
        lang -> Text,
        order_no -> Text,
        retailer_id -> Nullable<BigInt>,
        queue -> Text,
        owner_id -> Nullable<BigInt>,
        cause -> Nullable<Text>,
        result -> Text,
        seq -> BigInt,
        merged_into -> Nullable<BigInt>,
        parent_id -> Nullable<BigInt>,
        secret_hash -> Text,
        phone_tag -> Nullable<Text>,
        opened_by -> Text,
        opened_at -> Timestamp,
        told_at -> Nullable<Timestamp>,
        resolved_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        touched_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    case_line (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_no -> BigInt,
        garment_id -> BigInt,
        batch_no -> BigInt,
        sale_seq -> Nullable<BigInt>,
        state -> Text,
        reason_code -> Text,
        reason_class -> Text,
        defect_code -> Nullable<Text>,
        zone -> Text,
        words -> Text,
        wanted -> Text,
        decided -> Nullable<Text>,
        grade -> Nullable<Text>,
        quarantined -> Bool,
        inspected_on -> Nullable<Date>,
        found_defect -> Nullable<Text>,
        finding_id -> Nullable<BigInt>,
        cause -> Nullable<Text>,
        reported_on -> Date,
        ended_at -> Nullable<Timestamp>,
        version -> BigInt,
    }
}

diesel::table! {
    case_note (id) {
        id -> BigInt,
        case_id -> BigInt,
        audience -> Text,
        party_id -> Nullable<BigInt>,
        body -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    case_photo (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_id -> Nullable<BigInt>,
        width -> BigInt,
        height -> BigInt,
        sha256 -> Text,
        jpeg -> Binary,
        actor -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    case_task (id) {
        id -> BigInt,
        case_id -> BigInt,
        title -> Text,
        queue -> Text,
        owner_id -> Nullable<BigInt>,
        due_at -> Nullable<Timestamp>,
        state -> Text,
        note -> Text,
        created_by -> Text,
        created_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    case_contact (case_id) {
        case_id -> BigInt,
        sealed_key -> Nullable<Binary>,
        sealed -> Nullable<Binary>,
        consent -> Text,
        created_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(service_case, case_line, case_reason, case_note, case_photo, case_task, case_contact);

/// What people say is wrong, as data.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = case_reason, treat_none_as_null = true)]
pub struct CaseReason {
    /// Its code: `button_off`.
    pub code: String,
    /// Which rights it gives.
    pub class: ReasonClass,
    /// What people say in Chinese.
    pub name_zh: String,
    /// What people say in English.
    pub name_en: String,
    /// The defect it most likely is, where it is one.
    pub defect_code: Option<String>,
    /// Categories of garments it is offered for, with commas; empty for all.
    pub categories: String,
    /// Places on the garment it is offered for, with commas; empty for all.
    pub zones: String,
    /// Its place among the others.
    pub rank: i64,
    /// No longer offered; lines that have it keep it.
    pub retired: bool,
    /// Grows with every change.
    pub version: i64,
}

/// A case as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = service_case)]
pub struct ServiceCase {
    /// Its id.
    pub id: Id,
    /// What people say on the telephone.
    pub no: String,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// How grave it is.
    pub severity: CaseSeverity,
    /// What is done first.
    pub priority: Priority,
    /// How it came in.
    pub channel: CaseChannel,
    /// The market whose rules hold: an ISO 3166 code of two letters.
    pub market: String,
    /// The buyer's language, as a tag.
    pub lang: String,
    /// The order, or empty.
    pub order_no: String,
    /// Who sold, where one shop did.
    pub retailer_id: Option<Id>,
    /// Who works on it: always one.
    pub queue: Queue,
    /// Which person of the queue, once somebody took it.
    pub owner_id: Option<Id>,
    /// What was behind it.
    pub cause: Option<CaseCause>,
    /// What the buyer was told in the end, or empty.
    pub result: String,
    /// 1, and one more each time it is opened again.
    pub seq: i64,
    /// The case that goes on with it.
    pub merged_into: Option<Id>,
    /// The case it follows.
    pub parent_id: Option<Id>,
    /// SHA-256 of the secret that opens its status page.
    pub secret_hash: String,
    /// Keyed hash of the order's number and the end of the telephone number.
    pub phone_tag: Option<String>,
    /// Who opened it.
    pub opened_by: String,
    /// When, UTC.
    pub opened_at: NaiveDateTime,
    /// When the buyer was told the result.
    pub told_at: Option<NaiveDateTime>,
    /// When it was resolved.
    pub resolved_at: Option<NaiveDateTime>,
    /// When it ended.
    pub closed_at: Option<NaiveDateTime>,
    /// When something last happened to it.
    pub touched_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}
