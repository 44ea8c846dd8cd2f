//! From a serial to its garment.

use std::collections::HashMap;

use diesel::prelude::*;
use roaring::RoaringBitmap;

use crate::each;
use crate::kernel::serial::{Epoch, Gtin14, Keyring, NO_GTIN, Serial, has_serial_form};
use crate::kernel::{BatchNo, Error, GarmentId, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch as batch_table, batch_void, foreign_serial};
use crate::production::batches::{self, Origin, gtin14};

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
        Ok(serial) => open(db, keys, given, serial)?.map(|found| (found, serial)),
        Err(_) if foreign.is_some() => None,
        // Where serials come from elsewhere as well, what has not the form of ours may be one of those.
        Err(_) if !has_serial_form(text) && any_foreign(db)? => None,
        Err(_) => return parsed.map(|_| None),
    };
    // Garment 0 is in no batch: looked up so that nothing costs as much as something.
    let named = foreign.or(own.map(|((garment, _), _)| garment)).unwrap_or(GarmentId(0));
    let series = Series::of(db, named.batch())?;
    let issued = series.is_some_and(|series| {
        let its_own = foreign.is_some() || own.is_some_and(|((_, gtin), serial)| series.has(&gtin, serial));
        its_own && named.unit() < series.minted && !u32::try_from(named.unit()).is_ok_and(|unit| series.voids.contains(unit))
    });
    Ok(Some(named).filter(|_| issued))
}

/// Whether there are serials from elsewhere.
fn any_foreign(db: &mut Db) -> Result<bool> {
    let first: Vec<i64> = each!(db, |c| foreign_serial::table.select(foreign_serial::garment_id).limit(1).load(c))?;
    Ok(!first.is_empty())
}

/// What tells which serials of a batch were issued.
struct Series {
    origin: Origin,
    /// The GTIN ([`NO_GTIN`] for a sku without) and the key epoch that ours are made with, from the first mint on.
    with: Option<(Gtin14, Epoch)>,
    /// The units that have one.
    minted: i64,
    /// Those among them whose serial is void.
    voids: RoaringBitmap,
}

impl Series {
    fn of(db: &mut Db, no: BatchNo) -> Result<Option<Self>> {
        type Row = (String, Option<String>, Option<i64>, i64, Option<Vec<u8>>);
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
            origin: Origin::of(&origin).ok_or_else(|| Error::broken("a batch's origin"))?,
            with: epoch.map(|_| batches::made_with(no, gtin.as_deref(), epoch)).transpose()?,
            minted,
            voids: bitmap
                .map_or(Ok(RoaringBitmap::new()), |bytes| RoaringBitmap::deserialize_from(bytes.as_slice()).map_err(Error::broken))?,
        }))
    }

    /// Whether they are ours, made with this GTIN, of the serial's key epoch.
    fn has(&self, gtin: &Gtin14, serial: &Serial) -> bool {
        self.origin == Origin::Own && self.with == Some((*gtin, serial.epoch()))
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
            let read = |gtin: String| gtin14(&gtin).ok_or_else(|| Error::broken(format!("serials are minted with the GTIN “{gtin}”")));
            known.into_iter().flatten().map(read).chain([Ok(NO_GTIN)]).collect::<Result<_>>()?
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
pub fn made_with(db: &mut Db) -> Result<HashMap<BatchNo, (Gtin14, Epoch)>> {
    let rows: Vec<(i64, Option<String>, Option<i64>)> = each!(db, |c| batch_table::table
        .filter(batch_table::minted_epoch.is_not_null().and(batch_table::origin.eq(Origin::Own.as_str())))
        .select((batch_table::no, batch_table::minted_gtin, batch_table::minted_epoch))
        .load(c))?;
    let with = |(no, gtin, epoch): (i64, Option<String>, _)| Ok((BatchNo(no), batches::made_with(BatchNo(no), gtin.as_deref(), epoch)?));
    rows.into_iter().map(with).collect()
}

/// The garment that came with this very serial, void or not.
pub fn foreign_garment(db: &mut Db, given: Option<Option<Gtin14>>, serial: &str) -> Result<Option<GarmentId>> {
    let rows: Vec<(String, i64)> = each!(db, |c| foreign_serial::table
        .filter(foreign_serial::serial.eq(serial))
        .select((foreign_serial::gtin, foreign_serial::garment_id))
        .load(c))?;
    let garment = match given {
        None => match rows.as_slice() {
            [(_, garment)] => Some(*garment),
            _ => None,
        },
        Some(gtin) => {
            let wanted = gtin.filter(|gtin| *gtin != NO_GTIN).map(|gtin| String::from_utf8_lossy(&gtin).into_owned());
            rows.into_iter().find(|(own, _)| *own == wanted.as_deref().unwrap_or_default()).map(|(_, garment)| garment)
        }
    };
    Ok(garment.map(GarmentId))
}
