//! Root cause: how well and how fast causes are found, and how often chance is blamed.
//!
//! `cargo bench --bench root_cause` prints the tables of `docs/root-cause.md`. Milliseconds mean something only on a machine with nothing
//! else to do; the scores are the same everywhere.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints, and one that cannot be set up has nothing to measure"
)]

mod localisation;

fn main() {
    localisation::settings();
    localisation::chance();
}
