//! The door: recognises people by their session's cookie and programs by their token. A request with neither costs nothing here.

mod http;

pub use http::{authenticator, cookie, csrf_of, no_cookie, session_token};
