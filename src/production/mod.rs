//! The production wing: what was made, out of what, by whom; and its labels.

mod faults;
pub mod parties;

pub mod products;
