//! What was made, out of what, by whom; and its labels.

pub mod labels;
pub mod parties;
pub mod products;
pub mod batches;
pub mod materials;
