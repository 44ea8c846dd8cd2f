//! The values of policy as people see and set them: a page, the API. What they are, `platform/policies` says.

mod http;

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::Room;

/// The room.
pub const ROOM: Room =
    Room::new("policy-values", http::routes).menu(&[Entry::new("/policy-values", "policy-values-title", &[Permission::PolicyEdit])]);
