//! The integration suite: one binary, one file per room. Every API test runs on SQLite, and on PostgreSQL too when one is at hand.

mod labels_engine;
mod platform;
mod schema;
mod staff;
mod support;
