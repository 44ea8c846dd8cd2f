//! Hangtag: QR warranty cards, traceability and root cause for garments.
//!
//! # The map of the house
//!
//! Data walks one way, from left to right; a wing never imports a wing to its right.
//!
//! | wing | rooms | what it is for |
//! |---|---|---|
//! | [`kernel`] | ids, gs1, serial, qr, time, money, error | pure values and rules; no I/O, no clock |
//! | [`platform`] | db, http, jobs, imports, outside | machinery every room stands on |
//! | [`staff`] | accounts, tokens, sign_in | people who sign in, what they may do |
//! | `production` | parties, styles, skus, terms, materials, batches, labels | what was made, out of what, and its labels |
//! | `ownership` | sales, warranties, holders, scans | who sold it, who holds it |
//! | `inspection` | defects, findings | what can be wrong with a garment, and what was found |
//! | `aftersales` | reasons, cases | what buyers ask for and what is done about it |
//! | `quality` | trace, recalls, root_cause | what went wrong and where it came from |
//! | `public` | resolver, card, help | what the world sees |
//!
//! Inside a room four files have fixed jobs: `mod.rs` says what the room offers, `http.rs` is the only one with actix,
//! `rules.rs` decides (values in, values out), `store.rs` holds every query. `app.rs` is the only file that names every room.
//! `tests/architecture` fails on an import that is not on its list.

pub mod aftersales;
pub mod app;
pub mod cli;
pub mod demo;
pub mod inspection;
pub mod kernel;
pub mod ownership;
pub mod platform;
pub mod production;
pub mod public;
pub mod quality;
pub mod staff;
