//! What was made, out of what, by whom; and its labels.

pub mod batches;
pub mod labels;
pub mod materials;
pub mod parties;
pub mod products;
