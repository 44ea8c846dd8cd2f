//! From what somebody scanned or typed to the thing it names: a garment's serial or address, a batch code, a lot code.

use super::{About, SubjectKind};
use crate::kernel::serial::Keyring;
use crate::kernel::{Code, Fault, Id, Result};
use crate::ownership::sales::read_name;
use crate::platform::db::Db;
use crate::production::batches::{self, Batch};
use crate::production::materials::{self, Lot};

/// What somebody calls a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// A serial, an address, a batch code or a lot code.
    pub text: String,
    /// The GTIN beside a serial.
    pub gtin: Option<String>,
    /// Only such a thing.
    pub kind: Option<SubjectKind>,
}

/// The thing of a name that a caller bound to `scope` may know of. A batch comes before a lot of the same code, both before a serial; an
/// address names a garment.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`]; [`Code::NotADigitalLink`] for an address without a serial; [`Code::SerialTypo`] for a serial whose
/// check character is wrong.
pub fn find_subject(db: &mut Db, keys: &Keyring, named: &Named, scope: Option<Id>) -> Result<Option<About>> {
    let text = crate::kernel::text::line("subject", &named.text, 2_000)?;
    let may_be = |kind: SubjectKind| named.kind.is_none_or(|only| only == kind);
    if !text.contains("//") {
        if may_be(SubjectKind::Batch) {
            let batch = batches::batch_by_code(db, &text)?;
            if let Some(batch) = known_batch(db, batch, scope)? {
                return Ok(Some(About::Batch(batch.no)));
            }
        }
        if may_be(SubjectKind::Lot) {
            if let Some(lot) = known_lot(materials::lot_by_code(db, &text)?, scope) {
                return Ok(Some(About::Lot(lot.id)));
            }
        }
    }
    if !may_be(SubjectKind::Garment) {
        return Ok(None);
    }
    let serial = read_name("subject", &text, named.gtin.as_deref())?;
    let found = batches::find_serial(db, keys, serial.gtin.as_deref(), &serial.serial).or_else(|error| match error.code() {
        // A word that is too short or too long for a serial of ours is no mistyped serial, it is some other code.
        Code::SerialTypo if !looks_like_a_serial(&serial.serial) => Ok(None),
        _ => Err(error),
    })?;
    let Some(garment) = found else { return Ok(None) };
    let batch = batches::batch(db, garment.batch())?;
    Ok(known_batch(db, batch, scope)?.map(|_| About::Garment(garment)))
}

/// Whether a text has the twenty characters of our serials.
fn looks_like_a_serial(text: &str) -> bool {
    text.chars().filter(char::is_ascii_alphanumeric).count() == 20
}

/// What to say when a name names nothing.
pub(super) fn unknown(text: &str) -> Fault {
    Fault::new("subject", Code::UnknownReference).with("value", text.trim())
}

fn known_batch(db: &mut Db, batch: Option<Batch>, scope: Option<Id>) -> Result<Option<Batch>> {
    match (batch, scope) {
        (Some(batch), Some(party)) if !batches::is_of_party(db, &batch, party)? => Ok(None),
        (batch, _) => Ok(batch),
    }
}

fn known_lot(lot: Option<Lot>, scope: Option<Id>) -> Option<Lot> {
    lot.filter(|lot| scope.is_none_or(|party| lot.party_id == party))
}
