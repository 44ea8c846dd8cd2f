//! From what somebody writes to findings: the garment, batch or lot that was scanned or typed, and what is known of how much and how old it is.

use chrono::NaiveDate;

use super::photo::Picture;
use super::rules::{Holds, Sound, Told, impossible};
use super::store::{findings, photos};
use super::{About, Draft, NewFinding, Stage, SubjectKind};
use crate::kernel::serial::Keyring;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::production::batches::Batch;
use crate::production::materials::Lot;
use crate::production::serials::{self, Scanned};

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

    fn garment(garment: GarmentId, batch: &Batch) -> Self {
        Self { about: About::Garment(garment), holds: Holds { pieces: Some(1), since: batch.started_on } }
    }

    fn lot(lot: &Lot) -> Self {
        let whole = (lot.quantity_milli + 999) / 1_000;
        Self { about: About::Lot(lot.id), holds: Holds { pieces: Some(whole).filter(|pieces| *pieces > 0), since: lot.produced_on } }
    }
}

/// The thing that was scanned, of those that somebody bound to `party` may know of; None when it names nothing. Of a batch and a lot of one code,
/// goods that come in are the lot and everything later is the batch. Both come before a serial; a label names a garment.
///
/// # Errors
/// [`Code::Ambiguous`] for a code of several suppliers' lots, or of a batch and a lot where no stage is known; [`Code::SerialTypo`].
pub fn find_subject(
    db: &mut Db,
    keys: &Keyring,
    scanned: &Scanned,
    kind: Option<SubjectKind>,
    stage: Option<Stage>,
    party: Option<Id>,
) -> Result<Option<Found>> {
    let may_be = |of: SubjectKind| kind.is_none_or(|only| only == of);
    let meant = serials::meant(db, keys, scanned, party)?;
    let batch = meant.batch.as_ref().filter(|_| may_be(SubjectKind::Batch));
    let is_later = stage.is_some_and(|stage| stage != Stage::Incoming);
    if let Some(batch) = batch.filter(|_| is_later || !may_be(SubjectKind::Lot)) {
        return Ok(Some(Found::batch(batch)));
    }
    let lot = if may_be(SubjectKind::Lot) { meant.lot()? } else { None };
    match (batch, lot) {
        (Some(batch), Some(_)) if stage.is_none() => {
            return Err(Fault::new("subject", Code::Ambiguous).with("between", "kinds").with("value", &batch.code).into());
        }
        (_, Some(lot)) => return Ok(Some(Found::lot(lot))),
        (Some(batch), None) => return Ok(Some(Found::batch(batch))),
        (None, None) => {}
    }
    match meant.garment.filter(|_| may_be(SubjectKind::Garment)) {
        Some((garment, batch)) => Ok(Some(Found::garment(garment, &batch))),
        None if meant.is_typo && may_be(SubjectKind::Garment) && scanned.looks_like_a_serial() => Err(Code::SerialTypo.into()),
        None => Ok(None),
    }
}

/// What to say when a name names nothing.
pub(super) fn unknown(text: &str) -> Fault {
    Fault::new("subject", Code::UnknownReference).with("value", text.trim())
}

/// A draft whose subject is found: what may be logged. `elsewhere` says that another store logged it: perhaps before the serial was made void.
///
/// # Errors
/// [`Code::Invalid`] with what is wrong with the subject, or what cannot be of it.
pub(super) fn resolve(db: &mut Db, keys: &Keyring, draft: &Draft, today: NaiveDate, elsewhere: bool) -> Result<NewFinding> {
    // Said of the field, so that a form and a file show it where it was typed.
    let at_subject = |error: Error| match error {
        Error::Refused(refusal) => {
            let fault = refusal.faults.first().cloned();
            let fault = fault.unwrap_or(Fault { field: "subject".into(), line: None, code: refusal.code, args: refusal.args });
            Fault { field: if fault.field == "gtin" { "gtin".into() } else { "subject".into() }, ..fault }.into()
        }
        other => other,
    };
    let scanned = draft.scanned()?;
    let found = find_subject(db, keys, &scanned, draft.only(), Some(draft.stage), None).map_err(at_subject)?;
    let found = match found {
        None if elsewhere => serials::issued(db, keys, &scanned)?.map(|(garment, batch)| Found::garment(garment, &batch)),
        found => found,
    };
    let found = found.ok_or_else(|| unknown(&draft.subject))?;
    let sound = Sound::of(draft, today);
    let told = Told { stage: Some(sound.stage), quantity: Some(sound.quantity), found_on: Some(sound.found_on) };
    Refusal::unless_empty(impossible(told, found.about, &found.holds))?;
    Ok(NewFinding { about: found.about, sound })
}

/// Logs what was written, all of it or none, with these pictures on the first. The ids, in the order of the drafts.
///
/// # Errors
/// [`Code::Invalid`] with every wrong field of every draft; with more than one draft its place stands before the field: `findings.3.zone`.
pub(super) fn report(
    db: &mut Db,
    keys: &Keyring,
    stamp: &Stamp,
    today: NaiveDate,
    drafts: &[Draft],
    pictures: &[Picture],
) -> Result<Vec<Id>> {
    let (mut news, mut faults) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (place, draft) in drafts.iter().enumerate() {
        match resolve(db, keys, draft, today, false) {
            Ok(new) => news.push(new),
            Err(Error::Refused(refusal)) if drafts.len() > 1 => faults.extend(located(place, refusal.faults)),
            Err(error) => return Err(error),
        }
    }
    Refusal::unless_empty(faults)?;
    let ids = findings::log(db, stamp, &news)?;
    if let Some(first) = ids.first().filter(|_| !pictures.is_empty()) {
        photos::attach(db, stamp, *first, pictures)?;
    }
    Ok(ids)
}

/// The faults of one of several findings, by its place.
pub(super) fn located(place: usize, faults: Vec<Fault>) -> impl Iterator<Item = Fault> {
    faults.into_iter().map(move |fault| Fault { field: format!("findings.{place}.{}", fault.field).into(), ..fault })
}
