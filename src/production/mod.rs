//! The production wing: what was made, out of what, by whom; and its labels.

pub mod batches;
pub mod composition;
pub mod corrections;
pub mod labels;
pub mod materials;
pub mod parties;
pub mod print_jobs;
pub mod printers;
pub mod serials;
pub mod skus;
pub mod styles;
pub mod terms;
