//! What was made, out of what, by whom; and its labels.

pub mod batches;
pub mod materials;
//! What was made, out of what, and its labels.

pub mod labels;
