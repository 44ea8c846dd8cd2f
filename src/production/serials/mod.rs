//! What somebody scanned or typed, answered once: the garment of a serial, ours or from elsewhere; the batch, the lots and the garment that a
//! code may mean; and the box that finds anything by what is printed on it.

mod find;
mod http;
mod page;
mod rules;
mod store;

pub use find::{Finder, Meant, find, garment, issued, meant, printed, serial_in, serials_of};
pub use http::Beside;
pub use rules::Scanned;

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::Room;

/// The room.
pub const ROOM: Room = Room::new("serials", http::routes).menu(&[Entry::new("/find", "batches-find-title", &[Permission::ProductionRead])]);
