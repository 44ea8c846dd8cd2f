//! The integration suite: one binary, one file per room. Every API test runs on SQLite, and on PostgreSQL too when one is at hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail by panicking and says what it skips"
)]

mod batches;
mod holders;
mod labels_engine;
mod materials;
mod platform;
mod refusals;
mod parties;
mod platform;
mod products;
mod sales;
mod scans;
mod card;
mod labels_engine;
mod links;
mod platform;
mod resolver;
mod schema;
mod staff;
mod support;
mod warranties;
mod recalls;
mod schema;
mod staff;
mod support;
mod trace;
