//! API keys and tokens: a program holds a long-lived key, exchanges it for a token of some minutes, and works with that.
//!
//! The key is random, shown once, and kept as its SHA-256. The token is a JWT (HS256, our own keys, see [`Keys`]) that names the key and
//! nothing else: what it may do is read from the key's row at each use, so that a revoked key, or a closed party, stops every token at once.

mod jwt;
mod keys;
mod rules;
mod store;

pub use jwt::{Claims, sign, verify};
pub use keys::{Key, Keyring, Keys};
pub use rules::{AUDIENCE_PURPOSE, KEY_PREFIX, NewKey};
pub use store::{ApiKey, by_id, insert, live, live_of_hash, note_use, page, revoke};
