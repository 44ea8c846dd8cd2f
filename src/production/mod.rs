//! What was made, out of what, and its labels.

pub mod labels;
