//! From what somebody scanned or typed to the thing it names: a garment's serial or address, a batch code, a lot code.

use super::rules::Holds;
use super::{About, Stage, SubjectKind};
use crate::kernel::serial::Keyring;
use crate::kernel::{Code, Fault, Id, Refusal, Result};
use crate::ownership::sales::read_name;
use crate::platform::db::Db;
use crate::production::batches::{self, Batch};
use crate::production::materials::{self, Lot};

/// What somebody calls a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// A serial, an address, a batch code or a lot code (`code@supplier` where several suppliers use it).
    pub text: String,
    /// The GTIN beside a serial.
    pub gtin: Option<String>,
    /// Only such a thing.
    pub kind: Option<SubjectKind>,
    /// Where something was found on it: decides between a batch and a lot of the same code.
    pub stage: Option<Stage>,
}

/// The thing a name means, and what is known of how much and how old it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The thing.
    pub about: About,
    /// What it holds.
    pub holds: Holds,
}

impl Found {
    fn batch(batch: &Batch) -> Self {
        let pieces = Some(batch.planned.max(batch.minted)).filter(|pieces| *pieces > 0);
        Self { about: About::Batch(batch.no), holds: Holds { pieces, since: batch.started_on } }
    }

    fn lot(lot: &Lot) -> Self {
        let whole = (lot.quantity_milli + 999) / 1_000;
        Self { about: About::Lot(lot.id), holds: Holds { pieces: Some(whole).filter(|pieces| *pieces > 0), since: lot.produced_on } }
    }
}

/// The thing of a name that a caller bound to `scope` may know of. Of a batch and a lot of the same code the stage chooses: what comes in is
/// the lot, what is found later the batch. Both come before a serial; an address names a garment.
///
/// # Errors
/// [`Code::Missing`], [`Code::TooLong`]; [`Code::Ambiguous`] for a code of several suppliers' lots, or of a batch and a lot where no stage is
/// known; [`Code::NotADigitalLink`] for an address without a serial; [`Code::SerialTypo`] for a serial whose check character is wrong.
pub fn find_subject(db: &mut Db, keys: &Keyring, named: &Named, scope: Option<Id>) -> Result<Option<Found>> {
    let text = crate::kernel::text::line("subject", &named.text, 2_000)?;
    let may_be = |kind: SubjectKind| named.kind.is_none_or(|only| only == kind);
    if !text.contains("//")
        && let Some(found) = batch_or_lot(db, named, &text, may_be, scope)?
    {
        return Ok(Some(found));
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
    let batch = known_batch(db, batch, scope)?;
    Ok(batch.map(|batch| Found { about: About::Garment(garment), holds: Holds { pieces: None, since: batch.started_on } }))
}

fn batch_or_lot(db: &mut Db, named: &Named, text: &str, may_be: impl Fn(SubjectKind) -> bool, scope: Option<Id>) -> Result<Option<Found>> {
    let batch = if may_be(SubjectKind::Batch) { batches::batch_by_code(db, text)? } else { None };
    let batch = known_batch(db, batch, scope)?;
    match (&batch, named.stage) {
        (Some(batch), Some(stage)) if stage != Stage::Incoming => return Ok(Some(Found::batch(batch))),
        _ if !may_be(SubjectKind::Lot) => return Ok(batch.as_ref().map(Found::batch)),
        _ => {}
    }
    let lot = materials::lot_called(db, text, scope)?;
    match (batch, lot) {
        (Some(batch), Some(_)) if named.stage.is_none() => Err(two_kinds(&batch.code).into()),
        (_, Some(lot)) => Ok(Some(Found::lot(&lot))),
        (batch, None) => Ok(batch.as_ref().map(Found::batch)),
    }
}

/// The refusal of a code that is a batch's and a lot's, where nothing says which is meant.
fn two_kinds(code: &str) -> Refusal {
    Refusal::new(Code::Ambiguous).with("between", "kinds").with("value", code)
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
