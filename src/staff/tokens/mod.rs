//! API keys and tokens: a program holds a long-lived key, exchanges it for a token of some minutes, and works with that.
//!
//! The key is random, shown once, and kept as its SHA-256. The token is a JWT (HS256, keys of the house's key file) that names the key and
//! nothing else: what it may do is read from the key's row at each use, so that a revoked key, or a closed party, stops every token at once.

mod http;
mod jwt;
mod rules;
mod store;

pub use http::routes;
pub use jwt::{Claims, Live, sign, verify};
pub use rules::{AUDIENCE_PURPOSE, KEY_PREFIX, NewKey};
pub use store::{ApiKey, by_id, insert, live, live_of_hash, note_use, page, revoke};
