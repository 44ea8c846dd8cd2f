//! Coming in and going out: the sign-in page, one-time links, one's own account, and the page work starts from.

mod http;
mod rules;

use crate::platform::rooms::Room;
pub use rules::way_back;

/// The room.
pub const ROOM: Room = Room::new("sign_in", http::routes);
