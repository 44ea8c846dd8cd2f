//! Quality: what went wrong and where it came from.

pub mod liability;
pub mod measures;
pub mod recalls;
pub mod root_cause;
pub mod signals;
pub mod trace;
