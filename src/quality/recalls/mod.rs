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

pub use http::routes;
pub use rules::{Difference, canonical, compare};
pub use store::{by_code, insert, list};

use super::trace::{Query, Totals, Units};

/// What a scope's trace began at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// A lot.
    Lot,
    /// A party.
    Party,
    /// A batch.
    Batch,
}

impl ScopeKind {
    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lot => "lot",
            Self::Party => "party",
            Self::Batch => "batch",
        }
    }

    /// The kind of a text.
    pub fn of(text: &str) -> Option<Self> {
        [Self::Lot, Self::Party, Self::Batch].into_iter().find(|kind| kind.as_str() == text)
    }
}

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

/// A saved trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    /// Its code.
    pub code: String,
    /// What it is about.
    pub title: String,
    /// What was asked.
    pub query: ScopeQuery,
    /// Of what.
    pub inputs: Inputs,
    /// SHA-256 of the canonical form of the batches, in hexadecimal.
    pub hash: String,
    /// How much it was.
    pub counts: Totals,
    /// Who saved it.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
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
}
