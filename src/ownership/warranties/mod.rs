//! Until when a garment is covered, from what day, and why: one warranty per sale, under the policy version of the day of that sale.
//!
//! A warranty runs out by the calendar; nothing is written when it does. What is written are its start, a later end, and an end before its
//! time ("ended", "void"), which always has a reason.

mod http;
mod rules;
mod store;

pub use rules::{Facts, Status, Term, Terms, WaitsFor, WarrantyState, inherited, moved, term, waits_for};
pub use store::{
    Opening, Warranty, activate, again, end, extend, inherit, latest, of_garments, of_sale, open, promised_until, terms, void,
};

use chrono::NaiveDate;

use crate::kernel::{GarmentId, Result};
use crate::platform::db::Db;
use crate::platform::rooms::Room;
use crate::platform::words::Words;

/// The room.
pub const ROOM: Room = Room::new("warranties", http::routes);

/// The warranty of a garment's latest sale on `today`.
pub fn state(db: &mut Db, garment: GarmentId, today: NaiveDate) -> Result<WarrantyState> {
    store::latest(db, garment)?.map_or(Ok(WarrantyState::None), |warranty| warranty.state(db, today))
}

impl WarrantyState {
    /// In a sentence for people.
    pub fn say(&self, words: Words) -> String {
        let because = |key: &str, reason: &str| match reason {
            "" => words.say(key).into_owned(),
            "returned" => words.say("warranties-ended-returned").into_owned(),
            "exchanged" => words.say("warranties-ended-exchanged").into_owned(),
            other => format!("{} {other}", words.say(key)),
        };
        match self {
            WarrantyState::None => words.say("warranties-none").into_owned(),
            WarrantyState::Waiting { waits_for } => words
                .say(match waits_for {
                    WaitsFor::Delivery => "warranties-waiting-delivery",
                    WaitsFor::Activation => "warranties-waiting-activation",
                    WaitsFor::Either => "warranties-waiting-either",
                    WaitsFor::Production => "warranties-waiting-production",
                })
                .into_owned(),
            WarrantyState::Running { until, days_left, .. } => {
                words.say_with("warranties-running", &[("until", until.to_string()), ("days", days_left.to_string())]).into_owned()
            }
            WarrantyState::Ended { since: Some(since), reason } if reason.is_empty() => {
                words.say1("warranties-ended", "since", since).into_owned()
            }
            WarrantyState::Ended { reason, .. } => because("warranties-ended-early", reason),
            WarrantyState::Void { reason } => because("warranties-void", reason),
        }
    }
}
