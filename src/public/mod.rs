//! What the world sees, assembled from every wing.
//!
//! `resolver` → `card` → `links`; `help` → `card`.

pub mod card;
pub mod help;
pub mod links;
pub mod resolver;
