//! The buyer's pages: the card of a garment, the page of a product, claiming, holding and passing on, and "not issued by us".
//!
//! No page has a script, and each is one request: the style sheet is inlined, symbols are drawn in the page.
//!
//! **Speed.** A page has a part that is the same for every garment of a sku (identity, materials, care, label items, questions), which is
//! rendered once and kept until the catalogue changes (`kept.rs`), and a part of the garment's own, which is two look-ups by key. The whole
//! page is kept too, for as long as nothing at all was written to the embedded store ([`crate::platform::db::Store::changes`]); the
//! page of somebody who holds the garment never is.
//!
//! **Wording.** A copied label carries a valid serial. So the card says what was issued, when it was first claimed and on how many phones it
//! was scanned, and never that the thing in hand is genuine.

mod http;
mod kept;
mod page;
mod rules;
mod store;

pub use http::{
    Answer, At, Desk, NO_GTIN, Refused, Seen, choices_page, count_guess, garment_page, issued, kept_page, product_page,
    product_replaced_by, seen, unissued_page,
};

use crate::kernel::gs1::Gtin;
use crate::platform::http::segment;
use crate::platform::rooms::Room;
use crate::production::batches::SerialOf;

/// The room.
pub const ROOM: Room = Room::new("card", http::routes);

/// Where a garment's pages are, as people's browsers see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its GTIN, unless its brand has none.
    pub gtin: Option<Gtin>,
    /// Its serial as it is printed.
    pub serial: String,
}

impl Address {
    /// The path of its card, under which its other pages lie: `/card/09506000134352/0ABC…`, `/card/-/0ABC…` without a GTIN.
    pub fn base(&self) -> String {
        let gtin = self.gtin.as_ref().map_or("-", Gtin::as_str);
        format!("/card/{gtin}/{}", segment(&self.serial))
    }

    /// The path of the address on its label.
    pub fn label(&self) -> String {
        SerialOf { serial: self.serial.clone(), gtin: self.gtin.map(|gtin| gtin.to_string()) }.card_href()
    }
}
