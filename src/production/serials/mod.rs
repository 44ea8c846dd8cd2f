//! What somebody scanned or typed, answered once: the garment of a serial, ours or from elsewhere; the batch, the lots and the garment that a
//! code may mean; and the box that finds anything by what is printed on it.

mod find;
mod http;
mod page;
mod rules;
mod store;

pub use find::{Finder, Meant, find, garment, meant, printed, serial_in};
pub use http::{Beside, routes};
pub use rules::Scanned;
