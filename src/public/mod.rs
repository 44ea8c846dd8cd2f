//! What the world sees, assembled from every wing.
//!
//! `resolver` → `card` → `links`.

pub mod card;
pub mod links;
pub mod resolver;
