//! The steps of a sale: registered, delivered, taken back; each found by what was scanned.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::examine::examine;
use super::rules::{NewSale, SaleAsk, dates};
use super::store::{self, Sale, already_sold, deliver, end_sale, latest, register_examined};
use super::view::{SaleView, view_of, views};
use crate::kernel::serial::Keyring;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::production::parties;
use crate::production::serials::{self, Scanned};

/// Registers a sale, with the garment's row, its warranty, the counts and the events.
///
/// # Errors
/// [`Code::SerialUnknown`] for a garment that was not issued or is void; [`Code::WrongState`] when its batch is on hold;
/// [`Code::AlreadySold`]; [`Code::DatesOutOfOrder`] against its making or its former sale.
pub fn register(db: &mut Db, stamp: &Stamp, zone: Tz, new: &NewSale) -> Result<Sale> {
    let faults = dates(new.sound.sold_on, new.sound.delivered_on, local_date(stamp.at, zone));
    Refusal::unless_empty(faults)?;
    let examined = examine(db, stamp, zone, std::slice::from_ref(new))?;
    if let Some((_, refusal)) = examined.refused.into_iter().next() {
        return Err(refusal.into());
    }
    if examined.ready.is_empty() {
        // The very same sale, reported again: whoever repeats a request uses its key.
        return Err(already_sold());
    }
    register_examined(db, stamp, &examined.ready)?;
    latest(db, new.garment)?.ok_or_else(|| Error::broken("a sale that was just registered is not there"))
}

/// Who does something with a sale, and where.
pub(super) struct Desk<'a> {
    pub keys: &'a Keyring,
    pub stamp: &'a Stamp,
    pub zone: Tz,
    /// The retailer they are bound to.
    pub bound: Option<Id>,
}

impl Desk<'_> {
    fn today(&self) -> NaiveDate {
        local_date(self.stamp.at, self.zone)
    }

    /// The retailer a sale is registered under: its own for a caller who is bound to one, whatever they say otherwise is refused.
    fn retailer(&self, db: &mut Db, code: Option<&str>) -> Result<Option<Id>> {
        let Some(code) = code else { return Ok(self.bound) };
        let known = parties::by_code(db, code)?.map(|party| party.id).filter(|id| self.bound.is_none_or(|own| own == *id));
        known.map(Some).ok_or_else(|| Fault::new("retailer", Code::UnknownReference).with("value", code).into())
    }
}

/// Registers what was reported of a garment that was scanned. `source` is where the record comes from.
pub(super) fn report(db: &mut Db, at: &Desk<'_>, scanned: &Scanned, ask: &SaleAsk, source: &'static str) -> Result<SaleView> {
    let garment = serials::garment(db, at.keys, scanned)?;
    let retailer = at.retailer(db, ask.retailer.as_deref())?;
    let sale = register(db, at.stamp, at.zone, &NewSale { garment, retailer, sound: ask.sound.clone(), source, registered_at: None })?;
    view_of(db, at.keys, at.today(), sale)
}

/// What happens to a live sale after it was made.
#[derive(Clone, Copy)]
pub(super) enum Later {
    Delivered(NaiveDate),
    Returned(NaiveDate),
}

/// Notes what happened to the live sale of a garment that was scanned. [`Code::NotFound`] for a retailer who did not sell it.
pub(super) fn later(db: &mut Db, at: &Desk<'_>, scanned: &Scanned, what: Later) -> Result<SaleView> {
    let garment = serials::garment(db, at.keys, scanned)?;
    if at.bound.is_some() && latest(db, garment)?.is_none_or(|sale| sale.retailer != at.bound) {
        return Err(Code::NotFound.into());
    }
    let sale = match what {
        Later::Delivered(day) => deliver(db, at.stamp, at.zone, garment, day)?,
        Later::Returned(day) => end_sale(db, at.stamp, at.zone, garment, day)?,
    };
    view_of(db, at.keys, at.today(), sale)
}

/// The garment's sales that somebody bound to a retailer may see, newest first. [`Code::NotFound`] where they sold none of them.
pub(super) fn sales_of(db: &mut Db, keys: &Keyring, today: NaiveDate, garment: GarmentId, bound: Option<Id>) -> Result<Vec<SaleView>> {
    let mut sales = store::of_garment(db, garment)?;
    if bound.is_some() {
        sales.retain(|sale| sale.retailer == bound);
        if sales.is_empty() {
            return Err(Code::NotFound.into());
        }
    }
    sales.reverse();
    views(db, keys, today, sales)
}
