//! What was made, out of what, by whom; and its labels.

pub mod batches;
pub mod materials;
