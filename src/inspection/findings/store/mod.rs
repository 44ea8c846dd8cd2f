//! Every query on findings and photos.

pub mod findings;
pub mod photos;
