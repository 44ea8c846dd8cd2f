//! What was made, out of what, by whom; and its labels.

pub mod labels;
pub mod parties;
pub mod products;
//! The production wing: what was made, out of what, by whom; and its labels.

pub mod batches;
mod faults;
pub mod materials;
pub mod parties;
pub mod products;
