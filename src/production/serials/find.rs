//! From what was scanned to what it names: one by one, and many serials at once.

use std::collections::{BTreeSet, HashMap};

use super::rules::Scanned;
use super::store;
use crate::kernel::serial::{Epoch, Gtin14, Keyring, Serial};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Result};
use crate::platform::db::Db;
use crate::production::batches::{self, Batch, Origin, SerialOf, gtin14};
use crate::production::materials::{self, Called, Lot, LotName};

/// The garment that was scanned; None when there is none that was issued and is not void.
///
/// Unknown, forged and void serials are one answer, reached by the same queries and the same ciphers whichever it is.
///
/// # Errors
/// [`Code::SerialTypo`] when it is no serial from elsewhere and its check character says it was mistyped.
pub fn find(db: &mut Db, keys: &Keyring, scanned: &Scanned) -> Result<Option<GarmentId>> {
    store::find_serial(db, keys, scanned.gtin.as_deref(), &scanned.text)
}

/// The garment that was scanned.
///
/// # Errors
/// [`Code::SerialTypo`], [`Code::SerialUnknown`].
pub fn garment(db: &mut Db, keys: &Keyring, scanned: &Scanned) -> Result<GarmentId> {
    find(db, keys, scanned)?.ok_or_else(|| Code::SerialUnknown.into())
}

/// The same scan as the label has it, with the GTIN that its serial was made with: a serial alone is tried with every GTIN there is, which a write
/// should not. One that names no garment stays as it is.
pub fn printed(db: &mut Db, keys: &Keyring, scanned: Scanned) -> Result<Scanned> {
    if scanned.gtin.is_some() {
        return Ok(scanned);
    }
    let found = match find(db, keys, &scanned) {
        Ok(Some(garment)) => batches::serial_of(db, keys, garment)?,
        Ok(None) | Err(Error::Refused(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(found.map_or(scanned, Scanned::from))
}

/// The garment of a serial that was issued, void or not, and its batch: for what was said of it elsewhere, perhaps before it was made void.
pub fn issued(db: &mut Db, keys: &Keyring, scanned: &Scanned) -> Result<Option<(GarmentId, Batch)>> {
    let Ok(garment) = Finder::default().find(db, keys, scanned)? else { return Ok(None) };
    let batch = batches::batch(db, garment.batch())?.filter(|batch| garment.unit() < batch.minted);
    Ok(batch.map(|batch| (garment, batch)))
}

/// Everything that was perhaps meant, of what somebody may know of.
#[derive(Default)]
pub struct Meant {
    /// The batch of that code.
    pub batch: Option<Batch>,
    /// The garment of that serial, and its batch.
    pub garment: Option<(GarmentId, Batch)>,
    /// Whether it is mistyped, if it is meant to be a serial.
    pub is_typo: bool,
    lots: Option<(LotName, Called)>,
}

impl Meant {
    /// The lots of that name, each supplier's own.
    pub fn lots(&self) -> impl Iterator<Item = &Lot> {
        self.lots.iter().flat_map(|(name, called)| called.meant_by(name))
    }

    /// The one lot of that name.
    ///
    /// # Errors
    /// [`Code::Ambiguous`] where several suppliers have one, which names them.
    pub fn lot(&self) -> Result<Option<&Lot>, Fault> {
        let Some((name, called)) = &self.lots else { return Ok(None) };
        called.get("lot", name).map(Some).or_else(|fault| if fault.code == Code::UnknownReference { Ok(None) } else { Err(fault) })
    }
}

/// What a scan or a code may mean to somebody who is bound to `party`, or to anybody of the brand.
pub fn meant(db: &mut Db, keys: &Keyring, scanned: &Scanned, party: Option<Id>) -> Result<Meant> {
    let mut meant = Meant::default();
    if let Some(code) = scanned.code() {
        if let Some(batch) = batches::batch_by_code(db, code)? {
            meant.batch = known(db, batch, party)?;
        }
        if let Ok(name) = LotName::read("lot", code) {
            let called = materials::lots_called(db, [&name], party)?;
            meant.lots = Some((name, called));
        }
    }
    match find(db, keys, scanned) {
        Ok(Some(garment)) => {
            if let Some(batch) = batches::batch(db, garment.batch())? {
                meant.garment = known(db, batch, party)?.map(|batch| (garment, batch));
            }
        }
        Ok(None) => {}
        Err(error) if error.code() == Code::SerialTypo => meant.is_typo = true,
        Err(error) => return Err(error),
    }
    Ok(meant)
}

/// The serial of a garment of this batch; None when its unit has none.
pub fn serial_in(db: &mut Db, keys: &Keyring, batch: &Batch, garment: GarmentId) -> Result<Option<SerialOf>> {
    match batch.origin {
        Origin::Own => batches::own_serial(keys, batch, garment).map(Some),
        Origin::Foreign => batches::serial_of(db, keys, garment),
    }
}

/// The serials of garments, each batch read once. Units without one are left out.
pub fn serials_of(db: &mut Db, keys: &Keyring, garments: &[GarmentId]) -> Result<HashMap<GarmentId, String>> {
    let mut numbers: Vec<BatchNo> = garments.iter().map(|garment| garment.batch()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let batches: HashMap<BatchNo, Batch> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch)).collect();
    let mut found = HashMap::new();
    for garment in garments {
        let Some(batch) = batches.get(&garment.batch()) else { continue };
        found.extend(serial_in(db, keys, batch, *garment)?.map(|of| (*garment, of.serial)));
    }
    Ok(found)
}

/// A batch, if somebody bound to `party` may know of it.
fn known(db: &mut Db, batch: Batch, party: Option<Id>) -> Result<Option<Batch>> {
    match party {
        Some(party) if !batches::is_of_party(db, &batch, party)? => Ok(None),
        _ => Ok(Some(batch)),
    }
}

/// Finds the garments of many scans: serials of ours are deciphered, with what is known of all batches from the first on. Whether a unit is minted
/// and not void is for the caller, who reads the batches anyway.
#[derive(Debug, Default)]
pub struct Finder(Option<Known>);

#[derive(Debug)]
struct Known {
    /// What the serials of each batch of ours are made with. Once it is minted that never changes.
    batches: HashMap<BatchNo, (Gtin14, Epoch)>,
    /// The GTINs among those; the one that fitted last first: files come sorted by product as often as not.
    gtins: Vec<Gtin14>,
}

impl Known {
    fn read(db: &mut Db) -> Result<Self> {
        let batches = store::made_with(db)?;
        let gtins: BTreeSet<Gtin14> = batches.values().map(|(gtin, _)| *gtin).collect();
        Ok(Self { batches, gtins: gtins.into_iter().collect() })
    }

    /// The garment of a serial that its batch made with this GTIN, or with any, in the serial's epoch.
    fn open(&mut self, keys: &Keyring, gtin: Option<Gtin14>, serial: &Serial) -> Option<GarmentId> {
        let is_own = |gtin: &Gtin14, garment: GarmentId| self.batches.get(&garment.batch()) == Some(&(*gtin, serial.epoch()));
        if let Some(gtin) = gtin {
            return keys.open_with_any([&gtin], serial, is_own).map(|(_, garment)| garment);
        }
        let (place, garment) = keys.open_with_any(&self.gtins, serial, is_own)?;
        self.gtins.get_mut(..=place).unwrap_or_default().rotate_right(1);
        Some(garment)
    }
}

impl Finder {
    /// The garment that was scanned; what is wrong with a scan of none.
    pub fn find(&mut self, db: &mut Db, keys: &Keyring, scanned: &Scanned) -> Result<Result<GarmentId, Fault>> {
        let given = scanned.gtin.as_deref().map(gtin14);
        // A GTIN that is none names nothing of ours.
        if let (Ok(serial), false) = (Serial::parse(&scanned.text), given == Some(None)) {
            let known = match self.0.take() {
                Some(known) => known,
                None => Known::read(db)?,
            };
            if let Some(garment) = self.0.insert(known).open(keys, given.flatten(), &serial) {
                return Ok(Ok(garment));
            }
        }
        if let Some(garment) = store::foreign_garment(db, given, scanned.text.trim())? {
            return Ok(Ok(garment));
        }
        // Of a batch minted since, or none at all.
        match garment(db, keys, scanned) {
            Ok(garment) => Ok(Ok(garment)),
            Err(Error::Refused(refusal)) => Ok(Err(Fault::new("serial", refusal.code).with("value", &scanned.text))),
            Err(error) => Err(error),
        }
    }
}
