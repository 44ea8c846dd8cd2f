//! The middle: what every room has in common, said once.
//!
//! A room says which [`Fields`] its thing has and how the store finds and saves one ([`Thing`]); from that it gets a list with filters, pages
//! in both directions and downloads, a form, a page of one, the API with its description, and files to hand in. What is special to a room is
//! written by hand beside it, on the same parts:
//!
//! - [`Call`]: who asks, what they may see ([`Sees`]), the language, `read` and `change`;
//! - [`Field`]: one reader for a value, whoever wrote it: a person in a form, a planner in a file, a program;
//! - [`ListQuery`] and [`Window`]: which rows of a list, from where, in which direction;
//! - [`machine!`](crate::machine): which state may follow which.

mod api;
mod call;
mod field;
mod form;
mod import;
mod list;
mod one;
mod route;
mod said;
mod thing;
pub mod timeline;

pub use call::{BrandOnly, Call, Sees};
pub use field::{Field, Fields, Half, Kind, ReadText, ShowText};
pub use import::import;
pub use list::{From, ListQuery, Window};
pub use one::{Act, Panel};
pub use route::{Listed, Named};
pub use said::Said;
pub use thing::{Thing, routes};
