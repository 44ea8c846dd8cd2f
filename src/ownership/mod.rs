//! Who sold a garment, until when it is covered, who holds it, and how often its label was scanned.
//!
//! Inside the wing: `sales` → `holders` → `warranties`; these use `garments`; `scans` stands alone.

pub mod garments;
pub mod holders;
pub mod sales;
pub mod scans;
pub mod warranties;
