//! Every query on service levels and clocks.

mod clocks;
mod levels;
mod moments;

pub use levels::{ServiceLevel, seed};
pub use moments::{happened, happened_to};

pub(super) use clocks::{ClockRow, DueFilter, due, fire, follow, has_to_tell, of_case, readings, weeks_behind};
