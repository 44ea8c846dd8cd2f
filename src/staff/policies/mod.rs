//! The values of policy as people see and set them: a page, the API. What they are, `platform/policies` says.

mod http;

pub use http::routes;
