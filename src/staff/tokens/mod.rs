//! API keys and tokens: a program holds a long-lived key, exchanges it for a token of some minutes, and works with that.
//!
//! The key is random, shown once, and kept as its SHA-256. The token is a JWT (HS256, keys of the deployment's key file) that names the key and
//! nothing else: what it may do is read from the key's row at each use, so that a revoked key, or a closed party, stops every token at once.

mod http;
mod jwt;
mod rules;
mod store;

use crate::platform::rooms::{Field, Fields, Kind, Room};
use crate::staff::accounts::{PARTY, ROLES};

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
pub use jwt::{Claims, Live, sign, verify};
pub use rules::{AUDIENCE_PURPOSE, KEY_PREFIX};
pub use store::{ApiKey, insert, live, live_of_hash, note_use, revoke};

/// The room.
pub const ROOM: Room =
    Room::new("api-keys", http::routes).menu(&[Entry::new("/api-keys", "api-keys-title", &[Permission::AccountsEdit]).act(
        "/api-keys/new",
        "api-keys-new",
        Permission::AccountsEdit,
    )]);

/// What a list of keys shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "api-keys", title: ("API 密钥", "API keys"), columns: &[
    Field::new("name", Kind::Line(60), &["用途"], &["What it is for"]).needed().listed()
        .hint("例如：ERP、网店。记录中会写明。", "For example: ERP, webshop. Records name it.", "ERP"),
    ROLES,
    PARTY,
    Field::new("created_at", Kind::Moment, &["签发时间"], &["Issued"]).listed(),
    Field::new("used_at", Kind::Moment, &["最近使用"], &["Last used"]).nullable().listed(),
    Field::new("revoked_at", Kind::Moment, &["吊销时间"], &["Revoked"]).nullable().listed(),
] };

/// What is said of a new one.
const NEW: Fields = FIELDS.part(0, 3);
