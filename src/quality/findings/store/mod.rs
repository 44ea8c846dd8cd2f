//! Every query on kinds of defect, findings and photos.

pub mod defects;
pub mod findings;
pub mod photos;
