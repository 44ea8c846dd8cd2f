//! Inspection: what can be wrong with a garment, and what was found.

pub mod defects;
pub mod findings;
