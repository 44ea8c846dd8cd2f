//! The integration suite: one binary, one file per room. Every API test runs on SQLite, and on PostgreSQL too when one is at hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail by panicking and says what it skips"
)]

mod findings;
mod labels_engine;
mod platform;
mod schema;
mod staff;
mod support;
