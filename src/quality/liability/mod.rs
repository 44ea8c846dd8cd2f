//! Liability: who pays what share of a matter, and why, so that the one who pays can work it out again.
//!
//! So far the room decides and keeps nothing: [`Rules`] (tables that are data, with a version) and a [`Matter`] (claims, facts, evidence, the
//! excess of a lot) go in, a [`Reckoning`] comes out, and a [`Bundle`] freezes all three as one text with its SHA-256.

pub mod rules;

pub use rules::{
    Basis, Bundle, Change, Claim, ENGINE, Evidence, EvidenceRule, Excess, Factor, Gate, Matter, Money, Moved, Outcome, Prior, Reckoning,
    Role, Rules, Sample, Shares, Verdict, WHOLE, Without, difference, reckon, sensitivity,
};
