//! Sales: one row each time a garment is handed to a buyer. A garment has one live sale at most; when it comes back the sale ends, and
//! selling it again makes a new row, so that nothing of the first is lost.
//!
//! A sale makes the garment's row, its warranty under the policy version of that day, and its place in the counts by batch and retailer, all in
//! the same write. Many at once (a file, a shop's day) take the same path in bulk: everything a chunk needs to know is read once, everything
//! it changes is written in a few statements.

mod examine;
mod http;
mod import;
mod page;
mod rules;
mod store;
mod view;

pub use examine::{Examined, Ready, examine};
pub use http::routes;
pub use import::{COLUMNS, IMPORT};
pub use rules::{NewSale, SaleAsk, SaleStatus, Sound, check};
pub use store::{Sale, SaleFilter, deliver, end_sale, latest, list, of_garment, register, register_examined};
pub use view::{SaleView, views};
