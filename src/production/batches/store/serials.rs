//! From a garment to its serial and address.

use diesel::prelude::*;

use super::batches::batch;
use crate::each;
use crate::kernel::serial::{Epoch, Gtin14, Keyring, NO_GTIN};
use crate::kernel::{BatchNo, Error, GarmentId, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::foreign_serial;
use crate::platform::http::segment;
use crate::production::batches::rules::{address, gtin14};
use crate::production::batches::{Batch, Origin};

/// A garment's serial and the GTIN it stands beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialOf {
    /// The serial as it is printed.
    pub serial: String,
    /// Fourteen digits; None for a sku without GTIN.
    pub gtin: Option<String>,
}

impl SerialOf {
    /// The address of the garment's trace in the staff pages. A serial from elsewhere needs its GTIN to be one of a kind.
    pub fn trace_href(&self) -> String {
        let gtin = self.gtin.as_ref().map(|gtin| format!("?gtin={gtin}")).unwrap_or_default();
        format!("/trace/garment/{}{gtin}", segment(&self.serial))
    }

    /// The path of the garment's card, as on its label.
    pub fn card_href(&self) -> String {
        match &self.gtin {
            Some(gtin) => format!("/01/{gtin}/21/{}", segment(&self.serial)),
            None => format!("/C/{}", segment(&self.serial)),
        }
    }
}

/// The serial of a garment, void or not; None when its unit has none.
///
/// # Errors
/// [`Error::Broken`] when the key of its epoch is gone.
pub fn serial_of(db: &mut Db, keys: &Keyring, garment: GarmentId) -> Result<Option<SerialOf>> {
    let Some(batch) = batch(db, garment.batch())?.filter(|batch| garment.unit() < batch.minted) else {
        return Ok(None);
    };
    if batch.origin == Origin::Own {
        return own_serial(keys, &batch, garment).map(Some);
    }
    let rows: Vec<(String, String)> = each!(db, |c| foreign_serial::table
        .filter(foreign_serial::garment_id.eq(garment.0))
        .select((foreign_serial::serial, foreign_serial::gtin))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(serial, gtin)| SerialOf { serial, gtin: Some(gtin).filter(|gtin| !gtin.is_empty()) }))
}

/// The GTIN ([`NO_GTIN`] for a sku without) and the key epoch that the serials of one of our own batches are made with.
///
/// # Errors
/// [`Error::Broken`] when it is not minted, or has a GTIN or an epoch that is none.
pub fn made_with(no: BatchNo, gtin: Option<&str>, epoch: Option<i64>) -> Result<(Gtin14, Epoch)> {
    let with = gtin.map_or(Some(NO_GTIN), gtin14).zip(epoch.and_then(Epoch::of));
    with.ok_or_else(|| Error::broken(format!("batch {}: its serials are of GTIN {gtin:?}, epoch {epoch:?}", no.0)))
}

/// The serial of a garment of one of our own batches.
///
/// # Errors
/// [`Error::Broken`] when the batch is not minted or the key of its epoch is gone.
pub fn own_serial(keys: &Keyring, batch: &Batch, garment: GarmentId) -> Result<SerialOf> {
    let (gtin, epoch) = made_with(batch.no, batch.minted_gtin.as_deref(), batch.minted_epoch)?;
    let gone = || Error::broken(format!("batch {}: no key for its serials", batch.no.0));
    let serial = keys.mint_under(epoch, &gtin, garment).ok_or_else(gone)?;
    Ok(SerialOf { serial: serial.to_string(), gtin: batch.minted_gtin.clone() })
}

/// A garment's own address as on its label: `HTTPS://ID.BRAND.CN/01/{GTIN}/21/{serial}`, or `…/C/{serial}` for a sku without GTIN. None
/// when its unit has no serial. `stem` is the settings' `label_stem()`.
pub fn address_of(db: &mut Db, stem: &str, keys: &Keyring, garment: GarmentId) -> Result<Option<String>> {
    serial_of(db, keys, garment)?.map(|of| address(stem, of.gtin.as_deref(), &of.serial)).transpose()
}
