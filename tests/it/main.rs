//! The integration suite: one binary, one file per room. Every API test runs on SQLite, and on PostgreSQL too when one is at hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail by panicking and says what it skips"
)]

mod labels_engine;
mod platform;
mod print_jobs;
mod schema;
mod staff;
mod support;
