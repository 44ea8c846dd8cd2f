//! The plan, held against the code.
//!
//! `source` and `scan` read the crate into facts, `names` says what a path means, `rules` holds `plan` against the facts, and `planted`
//! holds the rules against crates that are wrong in every way that was thought of.
//!
//! What it cannot see: a type that nobody writes down (`|db| …` in a closure has one), a method found by its receiver, what a procedural
//! macro makes of its input, and what other crates do. Code that is compiled for tests alone may use every crate, clock, chance, file and
//! table; it may not point to the right, nor into another room.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking"
)]

mod names;
mod plan;
mod planted;
mod rules;
mod scan;
mod source;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

static REVIEW: LazyLock<rules::Review> = LazyLock::new(|| rules::check(&source::read(Path::new(env!("CARGO_MANIFEST_DIR"))), &plan::PLAN));

#[test]
fn the_code_keeps_to_its_plan() {
    let findings: Vec<String> = REVIEW.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// Who uses what of whom. A line more is a decision: does the arrow belong there, and is it the right function of that room?
#[test]
fn who_uses_whom_is_as_it_was_reviewed() {
    let mut text = String::new();
    for (room, uses) in &REVIEW.edges {
        writeln!(text, "{room}").unwrap();
        for (other, items) in uses {
            writeln!(text, "  {other}: {}", items.iter().map(String::as_str).collect::<Vec<_>>().join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!("edges", text);
}

/// Which rooms read a table that is not theirs. A room more is one more that a change of the table has to ask.
#[test]
fn who_reads_a_table_is_as_it_was_reviewed() {
    let mut text = String::new();
    for (room, table) in &REVIEW.tables {
        let readers = REVIEW.readers.get(table).into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        writeln!(text, "{table} of {room}{}{readers}", if readers.is_empty() { "" } else { ", read by " }).unwrap();
    }
    insta::assert_snapshot!("tables", text);
}
