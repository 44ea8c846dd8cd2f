//! How many distinct devices looked at a garment's card: the one hint of a copied label that costs the buyer nothing.
//!
//! A look is counted aside from the request: [`Counter::count`] puts a keyed hash into a bounded queue and returns; a task writes what has
//! gathered about once a second. What is in the queue when the machine dies is not counted, and when the queue is full looks are dropped:
//! the page never waits. No address is stored or queued, only a hash of address, browser and garment under a key that changes every
//! `scan.device_days`, after which the rows themselves are deleted; so nobody is followed from one garment to another or over time.

mod counter;
mod rules;
mod store;

pub use counter::{Counter, DeviceKey};
pub use rules::{Look, is_bot, is_counted};
pub use store::{Summary, purge, summary};
