//! Every query on service levels and clocks.

mod clocks;
mod levels;
mod moments;

pub use clocks::taken;
pub use levels::{ServiceLevel, seed};
pub use moments::{happened, happened_to, reckon};

pub(crate) use clocks::clock;
pub(super) use clocks::{ClockRow, DueFilter, Escalation, due, escalations, fire, follow, has_to_tell, of_case, readings, weeks_behind};
