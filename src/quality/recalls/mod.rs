//! Recall scopes: a trace that was saved. What was asked, of what state of the genealogy, the batches and units that came out, the hash of
//! that, and how many garments it was. A scope never changes; the page tells whether the same trace gives the same answer today.
//!
//! Callers bound to a party do not see scopes.

mod http;
mod page;
mod rules;
mod store;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::choices;
use crate::platform::rooms::{Field, Fields, Kind, Room};

pub use rules::{Difference, batches as scope_batches, canonical, compare};
pub use store::{Scope, by_code, hold, insert, release};

use super::trace::{Query, Units};
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;

/// The room.
pub const ROOM: Room = Room::new("recalls", http::routes).menu(&[Entry::new("/recalls", "recalls-title", &[Permission::RecallEdit])]);

choices! {
    /// What a scope's trace began at.
    ScopeKind {
        /// A lot.
        Lot = "lot", "物料批", "Lot";
        /// A party.
        Party = "party", "往来单位", "Party";
        /// A batch.
        Batch = "batch", "生产批次", "Batch";
    }
}

/// What a list of scopes shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "recalls", title: ("召回范围", "Recall scopes"), columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).listed(),
    Field::new("title", Kind::Line(120), &["标题"], &["Title"]).listed(),
    Field::new("query.kind", Kind::Choice(ScopeKind::TABLE), &["追溯起点"], &["Begins at"]).listed(),
    Field::new("query.code", Kind::Code, &["起点编码"], &["Code of the beginning"]).listed(),
    Field::new("counts.batches", Kind::Whole(0, i64::MAX), &["批次"], &["Batches"]).listed(),
    Field::new("counts.made", Kind::Whole(0, i64::MAX), &["已生成"], &["Made"]).listed(),
    Field::new("counts.sold", Kind::Whole(0, i64::MAX), &["已售"], &["Sold"]).listed(),
    Field::new("hash", Kind::Line(64), &["清单的 SHA-256"], &["SHA-256 of the list"]),
    Field::new("created_by", Kind::Actor, &["保存人"], &["Saved by"]),
    Field::new("created_at", Kind::Moment, &["保存时间"], &["Saved"]).listed(),
] };

/// What a form for a new one asks.
#[rustfmt::skip]
const FORM: Fields = Fields { table: "recalls", title: FIELDS.title, columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).needed()
        .hint("1 到 40 个字母、数字或 - _ . / #，例如 RC-2026-01。", "1 to 40 letters, digits or - _ . / #, such as RC-2026-01.", "RC-2026-01"),
    Field::new("title", Kind::Line(120), &["标题"], &["Title"]).needed()
        .hint("一句话说明召回什么、为什么。", "What is recalled and why, in one line.", "面料甲醛超标"),
    Field::new("query.kind", Kind::Choice(ScopeKind::TABLE), &["追溯起点"], &["Begins at"]).needed(),
    Field::new("query.code", Kind::Line(40), &["物料批、单位或批次的编码"], &["Code of the lot, party or batch"]).needed(),
] };

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeQuery {
    /// What the trace begins at.
    pub kind: ScopeKind,
    /// Its code.
    pub code: String,
}

impl ScopeQuery {
    /// As a trace asks it.
    pub fn as_trace(&self) -> Query {
        let code = self.code.clone();
        match self.kind {
            ScopeKind::Lot => Query::Lot(code),
            ScopeKind::Party => Query::Party(code),
            ScopeKind::Batch => Query::Batch(code),
        }
    }
}

/// What somebody wants saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScope {
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// What it is about, up to 120 characters.
    pub title: String,
    /// What to trace.
    pub query: ScopeQuery,
}

/// Of what the answer was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inputs {
    /// Version of the genealogy.
    pub genealogy: i64,
    /// When, UTC.
    pub at: NaiveDateTime,
}

/// A batch in a scope. The fields stand in the order of the canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeBatch {
    /// Its code.
    pub batch: String,
    /// Its number.
    pub no: i64,
    /// The affected units that had serials, counted from 1 with both ends.
    pub units: Vec<Units>,
}

/// A saved trace with its batches, and what the same trace gives today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScopeToday {
    /// The scope.
    #[serde(flatten)]
    pub scope: Scope,
    /// Its batches, by number.
    pub batches: Vec<ScopeBatch>,
    /// What is different today.
    pub today: Difference,
    /// Since when its garments are held back from sale, UTC; absent when they are not.
    pub held_since: Option<NaiveDateTime>,
}
