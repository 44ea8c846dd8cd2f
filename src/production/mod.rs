//! What was made, out of what, by whom; and its labels.

pub mod batches;
pub mod labels;
//! The production wing: what was made, out of what, by whom; and its labels.

pub mod batches;
pub mod parties;

pub mod products;
pub mod materials;
pub mod parties;
pub mod products;
