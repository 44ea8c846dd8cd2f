//! What the rooms of this wing share about a garment: its row, made when something first happens to it, and its batch's counts by retailer.

mod store;

pub use store::{LiveSale, Status, Tally, live_sale, set_status, tally, touch};
