//! What was made, out of what, by whom; and its labels.

mod faults;
pub mod labels;
pub mod parties;
pub mod products;
