//! The integration suite: one binary, one file per room. Every API test runs on SQLite, and on PostgreSQL too when one is at hand.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::single_range_in_vec_init,
    clippy::string_slice,
    reason = "a test may fail by panicking and says what it skips"
)]

mod aftersales_kills;
mod backup;
mod batches;
mod browser;
mod calendars;
mod card;
mod cases;
mod closed_loop;
mod codes;
mod corrections;
mod demo;
mod documents;
mod durability;
mod ends;
mod exposure;
mod facts;
mod findings;
mod help;
mod holders;
mod imports;
mod labels_engine;
mod labels_text;
mod liability;
mod line_acts;
mod links;
mod materials;
mod measures;
mod moving;
mod old;
mod openapi;
mod parcels;
mod parties;
mod plans;
mod platform;
mod print_jobs;
mod products;
mod recalls;
mod refusals;
mod repairs;
mod resolver;
mod returns;
mod rights;
mod root_cause;
mod sales;
mod scans;
mod schema;
mod seed_items;
mod service_levels;
mod settlements;
mod signals;
mod staff;
mod stored;
mod support;
mod surveys;
mod trace;
mod upgrade;
mod walk;
mod warranties;
mod words;
