//! Every query about batches, their units and their serials.

pub mod batches;
pub mod foreign;
pub mod load;
pub mod serials;
pub mod units;
