//! Coming in and going out: the sign-in page, one-time links, one's own account, and the page work starts from.

mod http;
mod rules;

pub use http::routes;
pub use rules::way_back;
