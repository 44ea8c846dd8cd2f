//! Localisation: which lot, line, supplier or combination of them carries an excess of claims.
//!
//! A scan by likelihood ratio over conjunctions of values ([`conjunctions`]) and over the lot graph ([`lots`]), each cell against its own
//! past, with innocent differences between cells allowed for; Monte-Carlo p; then each cause beside its rivals. [`scan`] tells the method
//! step by step, `docs/root-cause.md` what was tried and how well it does. Pure: values in, values out; the same input gives the same
//! answer to the last bit, for the only chance in it is seeded by the input's hash.

mod baseline;
mod chance;
mod conditioning;
mod cube;
mod likelihood;
mod lines;
mod scan;
mod significance;
mod suspects;
mod table;

pub use baseline::Baseline;
pub use conditioning::{Adjusted, DECISIVE, Relation, Separation, Verdict, Weighed, mantel_haenszel, relate, separation, weighted};
pub use cube::{Count, Cube, Lead, Pair};
pub use likelihood::{Lift, Site, conditional, lift};
pub use lines::answer;
pub use scan::{Cause, Explanation, Settings, Tie, scan};
pub use significance::p_value;
pub use suspects::{Candidate, Suspect, conjunctions, lots};
pub use table::{Cell, MOST_DIMENSIONS, Table};

/// Explains a table: a scan over all its conjunctions, seeded by its hash.
pub fn explain(table: &Table, settings: &Settings) -> Explanation {
    scan(table.cells(), &conjunctions(table, settings.depth), settings, table.seed())
}
