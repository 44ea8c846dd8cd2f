//! Quality: what went wrong and where it came from.

pub mod recalls;
pub mod trace;
