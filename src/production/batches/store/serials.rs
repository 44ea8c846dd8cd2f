//! From a garment to its serial and address.

use diesel::prelude::*;

use super::batches::batch;
use crate::each;
use crate::kernel::serial::{Epoch, Keyring, NO_GTIN};
use crate::kernel::{Error, GarmentId, Result};
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

/// The serial of a garment of one of our own batches.
///
/// # Errors
/// [`Error::Broken`] when the batch is not minted or the key of its epoch is gone.
pub fn own_serial(keys: &Keyring, batch: &Batch, garment: GarmentId) -> Result<SerialOf> {
    let gone = || Error::broken(format!("batch {}: no key for its serials", batch.no.0));
    let epoch = batch.minted_epoch.and_then(|epoch| Epoch::new(u8::try_from(epoch).ok()?)).ok_or_else(gone)?;
    let gtin = batch.minted_gtin.as_deref().map_or(Some(NO_GTIN), gtin14).ok_or_else(gone)?;
    let serial = keys.mint_under(epoch, &gtin, garment).ok_or_else(gone)?;
    Ok(SerialOf { serial: serial.to_string(), gtin: batch.minted_gtin.clone() })
}

/// A garment's own address as on its label: `HTTPS://ID.BRAND.CN/01/{GTIN}/21/{serial}`, or `…/C/{serial}` for a sku without GTIN. None
/// when its unit has no serial. `stem` is the settings' `label_stem()`.
///
/// # Errors
/// As [`serial_of`].
pub fn address_of(db: &mut Db, stem: &str, keys: &Keyring, garment: GarmentId) -> Result<Option<String>> {
    serial_of(db, keys, garment)?.map(|of| address(stem, of.gtin.as_deref(), &of.serial)).transpose()
}
