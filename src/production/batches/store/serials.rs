//! From the serial somebody reads or types to the garment, and back to its serial and address.

use std::collections::HashMap;

use diesel::prelude::*;
use roaring::RoaringBitmap;

use super::batches::batch;
use super::units::{holds, void_units_of};
use crate::each;
use crate::kernel::serial::{Epoch, Gtin14, Keyring, NO_GTIN, Serial};
use crate::kernel::{BatchNo, Error, GarmentId, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch as batch_table, batch_void, foreign_serial};
use crate::production::batches::rules::{self, address, gtin14};
use crate::production::batches::{Batch, Origin};

/// The garment a serial names, ours or one from elsewhere; None when there is none that was issued and is not void.
///
/// - `text` is a serial as people type it: ours with spaces, hyphens, lower case and look-alikes; one from elsewhere exactly.
/// - `gtin` is the GTIN it stands beside, of 8 to 14 digits. Without one, every GTIN that was ever minted is tried, and a serial from
///   elsewhere must be the only one of its text. [`NO_GTIN`] names the serials of skus without GTIN, as `/C/…` addresses do.
///
/// Unknown, forged and void serials are one answer, reached by the same queries and the same ciphers whichever it is.
///
/// # Errors
/// [`crate::kernel::Code::SerialTypo`] when it is no serial from elsewhere and its check character says it was mistyped.
pub fn find_serial(db: &mut Db, keys: &Keyring, gtin: Option<&str>, text: &str) -> Result<Option<GarmentId>> {
    let given = gtin.map(gtin14);
    let foreign = foreign_garment(db, given, text.trim())?;
    let parsed = Serial::parse(text);
    let own = match &parsed {
        Ok(serial) => open(db, keys, given, serial)?,
        Err(_) if foreign.is_some() => None,
        Err(_) => return parsed.map(|_| None),
    };
    let own = own.zip(parsed.as_ref().ok());
    // Garment 0 is in no batch: looked up so that nothing costs as much as something.
    let named = foreign.or(own.map(|((garment, _), _)| garment)).unwrap_or(GarmentId(0));
    let series = Series::of(db, named.batch())?;
    let issued = series.is_some_and(|series| {
        let its_own = foreign.is_some() || own.is_some_and(|((_, gtin), serial)| series.has(&gtin, serial));
        its_own && named.unit() < series.minted && !holds(&series.voids, named.unit())
    });
    Ok(Some(named).filter(|_| issued))
}

/// The garment of what a scanner reads off a label, an address or a serial, or of a serial as a person types it.
///
/// # Errors
/// As [`find_serial`].
pub fn find_scanned(db: &mut Db, keys: &Keyring, text: &str) -> Result<Option<GarmentId>> {
    let sought = rules::sought(text);
    let (gtin, serial) = sought.serial();
    find_serial(db, keys, gtin, serial)
}

/// What tells which serials of a batch were issued.
struct Series {
    origin: Origin,
    /// The GTIN they are made with; [`NO_GTIN`] for a sku without.
    gtin: Option<Gtin14>,
    epoch: Option<i64>,
    /// The units that have one.
    minted: i64,
    /// Those among them whose serial is void.
    voids: RoaringBitmap,
}

impl Series {
    fn of(db: &mut Db, no: BatchNo) -> Result<Option<Self>> {
        type Row = (Origin, Option<String>, Option<i64>, i64, Option<Vec<u8>>);
        let rows: Vec<Row> = each!(db, |c| batch_table::table
            .left_join(batch_void::table.on(batch_void::batch_no.eq(batch_table::no)))
            .filter(batch_table::no.eq(no.0))
            .select((
                batch_table::origin,
                batch_table::minted_gtin,
                batch_table::minted_epoch,
                batch_table::minted,
                batch_void::bitmap.nullable(),
            ))
            .load(c))?;
        let Some((origin, gtin, epoch, minted, bitmap)) = rows.into_iter().next() else { return Ok(None) };
        Ok(Some(Self {
            origin,
            gtin: gtin.as_deref().map_or(Some(NO_GTIN), gtin14),
            epoch,
            minted,
            voids: bitmap.map_or(Ok(RoaringBitmap::new()), |bytes| void_units_of(&bytes))?,
        }))
    }

    /// Whether they are ours, made with this GTIN, of the serial's key epoch.
    fn has(&self, gtin: &Gtin14, serial: &Serial) -> bool {
        self.origin == Origin::Own && self.gtin == Some(*gtin) && self.epoch == Some(i64::from(serial.epoch().number()))
    }
}

/// Deciphers with the GTIN given, or with each that was ever minted, to the end.
fn open(db: &mut Db, keys: &Keyring, given: Option<Option<Gtin14>>, serial: &Serial) -> Result<Option<(GarmentId, Gtin14)>> {
    let gtins = match given {
        // A GTIN that is none is tried as no GTIN and can never match: the work is the same.
        Some(gtin) => vec![gtin.unwrap_or([0; 14])],
        None => {
            let known: Vec<Option<String>> = each!(db, |c| batch_table::table
                .filter(batch_table::minted_gtin.is_not_null())
                .select(batch_table::minted_gtin)
                .distinct()
                .load(c))?;
            known.into_iter().flatten().filter_map(|gtin| gtin14(&gtin)).chain([NO_GTIN]).collect()
        }
    };
    let mut found = None;
    for gtin in gtins {
        found = keys.open(&gtin, serial).map(|garment| (garment, gtin)).or(found);
    }
    Ok(found)
}

/// The GTIN ([`NO_GTIN`] for a sku without) and the key epoch that the serials of each batch of ours are made with, from its first mint on and
/// for ever.
///
/// # Errors
/// When the store does.
pub fn made_with(db: &mut Db) -> Result<HashMap<BatchNo, (Gtin14, Epoch)>> {
    let rows: Vec<(i64, Option<String>, Option<i64>)> = each!(db, |c| batch_table::table
        .filter(batch_table::minted_epoch.is_not_null().and(batch_table::origin.eq(Origin::Own.as_str())))
        .select((batch_table::no, batch_table::minted_gtin, batch_table::minted_epoch))
        .load(c))?;
    let with = |gtin: Option<String>, epoch: Option<i64>| {
        Some((gtin.as_deref().map_or(Some(NO_GTIN), gtin14)?, Epoch::new(u8::try_from(epoch?).ok()?)?))
    };
    Ok(rows.into_iter().filter_map(|(no, gtin, epoch)| Some((BatchNo(no), with(gtin, epoch)?))).collect())
}

/// The garment that came with this very serial.
fn foreign_garment(db: &mut Db, given: Option<Option<Gtin14>>, serial: &str) -> Result<Option<GarmentId>> {
    let rows: Vec<(String, i64)> = each!(db, |c| foreign_serial::table
        .filter(foreign_serial::serial.eq(serial))
        .select((foreign_serial::gtin, foreign_serial::garment_id))
        .load(c))?;
    let garment = match given {
        None => <[_; 1]>::try_from(rows).ok().map(|[(_, garment)]| garment),
        Some(gtin) => {
            let wanted = gtin.filter(|gtin| *gtin != NO_GTIN).map(|gtin| String::from_utf8_lossy(&gtin).into_owned());
            rows.into_iter().find(|(own, _)| *own == wanted.as_deref().unwrap_or_default()).map(|(_, garment)| garment)
        }
    };
    Ok(garment.map(GarmentId))
}

/// A garment's serial and the GTIN it stands beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialOf {
    /// The serial as it is printed.
    pub serial: String,
    /// Fourteen digits; None for a sku without GTIN.
    pub gtin: Option<String>,
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
