//! Every query about batches, their units and their serials.

pub mod batches;
pub mod foreign;
pub mod serials;
pub mod sheet;
pub mod units;
pub mod uses;
