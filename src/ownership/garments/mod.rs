//! What the rooms of this wing share about a garment: its row, made when something first happens to it, and its batch's counts by retailer.

mod store;

pub use store::{Status, Tally, live_retailer, set_status, tally, touch};
