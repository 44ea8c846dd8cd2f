//! How many distinct devices looked at a garment's card: the one hint of a copied label that costs the buyer nothing.
//!
//! A look is counted aside from the request: [`Counter::count`] adds a keyed hash to what has gathered in memory and returns; a task writes
//! some of that every five seconds. What has gathered when the machine dies is not counted, and when there is no more room new devices are
//! dropped: the page never waits. No address is stored or gathered, only a hash of address, browser and garment under a key that changes every
//! `scan.device_days`, after which the rows themselves are deleted; so nobody is followed from one garment to another or over time.

mod counter;
mod rules;
mod store;

pub use counter::{Counter, DeviceKey};
pub use rules::{Look, is_bot, is_counted};
pub use store::{Summary, purge, summary};
