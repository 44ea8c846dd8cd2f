//! Machinery every room stands on. Nothing here knows a garment.

pub mod imports;
