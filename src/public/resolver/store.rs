//! What the resolver looks up: the thing an address names, and the links that hang on it.

use crate::kernel::gs1::{DigitalLink, Gtin};
use crate::kernel::serial::Keyring;
use crate::kernel::{BatchNo, GarmentId, Result};
use crate::platform::db::Db;
use crate::production::serials::Scanned;
use crate::production::{batches, skus};
use crate::public::card::{self, Refused, Seen};
use crate::public::links::{self, Attached, Level};

/// What an address names.
pub struct Target {
    /// The GTIN as it was asked for: an old one stays in use.
    pub gtin: Gtin,
    /// The sku.
    pub sku: skus::Sku,
    /// The batch that the address names, where it is one of the sku's. Its code is as it was asked for.
    pub batch: Option<(BatchNo, String)>,
    /// The garment.
    pub seen: Option<Seen>,
}

/// The thing an address names, or why there is none.
pub fn target(db: &mut Db, keyring: &Keyring, link: &DigitalLink) -> Result<Result<Target, Refused>> {
    let Some(gtin) = link.gtin() else { return Ok(Err(Refused::NoProduct)) };
    let Some(sku) = skus::by_gtin(db, gtin.as_str())? else { return Ok(Err(Refused::NoProduct)) };
    let seen = match link.serial() {
        None => None,
        Some(serial) => match card::seen(db, keyring, &Scanned::label(gtin.as_str(), serial))? {
            Ok(seen) => Some(seen),
            Err(why) => return Ok(Err(why)),
        },
    };
    let batch = match link.lot() {
        None => None,
        Some(code) => batches::batch_by_code(db, code)?.filter(|batch| batch.sku_id == sku.id).map(|batch| (batch.no, batch.code)),
    };
    Ok(Ok(Target { gtin, sku, batch, seen }))
}

/// The links that hang on a batch and on the lots it was sewn out of; for a garment only on the lots that went into it.
pub fn of_batch(db: &mut Db, no: BatchNo, garment: Option<GarmentId>) -> Result<Vec<Attached>> {
    let mut attached = links::attached(db, Level::Batch, no.0)?;
    let mut lots: Vec<i64> = batches::lots_of(db, no)?
        .into_iter()
        .filter(|used| garment.is_none_or(|garment| used.units.contains(&garment.unit())))
        .map(|used| used.lot.0)
        .collect();
    lots.sort_unstable();
    lots.dedup();
    for lot in lots {
        attached.extend(links::attached(db, Level::Lot, lot)?);
    }
    Ok(attached)
}

/// The links that hang on a garment itself and on what it was sewn out of.
pub fn of_garment(db: &mut Db, garment: GarmentId) -> Result<Vec<Attached>> {
    let mut attached = links::attached(db, Level::Garment, garment.0)?;
    attached.extend(of_batch(db, garment.batch(), Some(garment))?);
    Ok(attached)
}

/// The links that hang on a style or a sku.
pub fn of_sku(db: &mut Db, sku: &skus::Sku) -> Result<Vec<Attached>> {
    let mut attached = links::attached(db, Level::Style, sku.style_id.0)?;
    attached.extend(links::attached(db, Level::Sku, sku.id.0)?);
    Ok(attached)
}
