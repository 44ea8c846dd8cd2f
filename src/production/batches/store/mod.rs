//! Every query about batches, their units and their serials.

pub mod batches;
pub mod units;
