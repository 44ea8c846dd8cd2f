//! What whoever asked does with their case: writes, takes it back, withdraws from the contract.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::rules::kind_of;
use super::super::{Audience, CaseState, LineState, WORDS_MAX};
use super::CaseLine;
use super::lines;
use super::open::{NewCase, open};
use super::{ServiceCase, acts, case_line, cases, moment, notes, save};
use crate::aftersales::classes::{CaseKind, Wish};
use crate::each;
use crate::inspection::findings::photo::Picture;
use crate::kernel::event::EventKind;
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Fault, Result, text};
use crate::ownership::holders::Secret;
use crate::platform::db::Db;
use crate::platform::events::Stamp;

/// The case of a number, for whoever has its secret; [`Code::NotFound`] for everybody else.
fn own(db: &mut Db, no: &str, secret: &Secret) -> Result<ServiceCase> {
    cases::with_secret(db, no, secret)?.ok_or_else(|| Code::NotFound.into())
}

/// Somebody who asked writes, with or without pictures. Where it was their turn, it is ours again.
///
/// # Errors
/// [`Code::WrongState`] for a case that is over; [`Code::Missing`] for nothing at all.
pub fn buyer_writes(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret, words: &str, photos: &[Picture]) -> Result<()> {
    let case = &own(db, no, secret)?;
    if case.state.is_final() {
        return Err(refused_in(case.state).into());
    }
    let words = text::paragraph("words", words, WORDS_MAX)?;
    if words.is_empty() && photos.is_empty() {
        return Err(Fault::new("words", Code::Missing).into());
    }
    if !words.is_empty() {
        notes::write(db, stamp, case, Audience::Buyer, None, &words)?;
    }
    if !photos.is_empty() {
        notes::attach(db, stamp, case, None, photos)?;
    }
    let state = if case.state == CaseState::WaitingCustomer { CaseState::InProgress } else { case.state };
    save(db, stamp, case, ServiceCase { state, ..case.clone() }, EventKind::CaseBuyerWrote, json!({})).map(drop)
}

/// Somebody who asked does not want it any more.
///
/// # Errors
/// [`Code::WrongState`] where something was carried out, or it is over; [`Code::UnderWay`].
pub fn take_back(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret) -> Result<()> {
    let case = own(db, no, secret)?;
    acts::cancel(db, stamp, &case, json!({})).map(drop)
}

/// A withdrawal from the contract that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The number of its receipt: that of the case where one was opened for it or it was declared in one's own.
    pub receipt: String,
    /// When it was received, UTC.
    pub at: NaiveDateTime,
    /// Whether the case is that of whoever declared it: they may look at it with their secret.
    pub is_own: bool,
}

/// Receives a withdrawal from the contract, whatever else is under way. None is turned away: where a request about the garment is open already,
/// the declaration of whoever opened it (by its `secret`) turns that into a withdrawal, and anybody else's is put down with it for the desk to
/// look at, with what they say about themselves (`about`). What they are told gives nothing of that case away.
///
/// # Errors
/// As [`open`].
pub fn receive_withdrawal(db: &mut Db, stamp: &Stamp, new: &NewCase, secrets: &[Secret], about: &str) -> Result<Received> {
    let garments: Vec<_> = new.lines.iter().map(|line| line.garment).collect();
    let Some((line, no)) = lines::live_of(db, &garments)?.into_iter().next() else {
        let (case, _) = open(db, stamp, &NewCase { kind: Some(CaseKind::Withdrawal), ..new.clone() })?;
        return Ok(Received { receipt: case.no, at: stamp.at, is_own: true });
    };
    let case = cases::by_no(db, &no)?.ok_or(Code::NotFound)?;
    let is_own = secrets.iter().any(|secret| secret.is_of(&case.secret_hash));
    let note = notes::write(db, stamp, &case, Audience::Us, None, about)?;
    if is_own {
        withdraw(db, stamp, &case, &line)?;
        return Ok(Received { receipt: case.no, at: case.withdrawn_at.unwrap_or(stamp.at), is_own });
    }
    moment(db, stamp, &case, EventKind::CaseWithdrawn, &json!({ "receipt": note, "by": "somebody else" }))?;
    Ok(Received { receipt: note.to_string(), at: stamp.at, is_own })
}

/// Turns a case into a withdrawal from the contract. Declared twice, the first counts.
fn withdraw(db: &mut Db, stamp: &Stamp, case: &ServiceCase, line: &CaseLine) -> Result<()> {
    if case.withdrawn_at.is_none() {
        lines::save(db, line, CaseLine { wanted: Wish::Withdraw, ..line.clone() })?;
        let after = ServiceCase { kind: kind_of(Wish::Withdraw), withdrawn_at: Some(stamp.at), ..case.clone() };
        save(db, stamp, case, after, EventKind::CaseWithdrawn, json!({}))?;
    }
    Ok(())
}

/// Declares a withdrawal in one's own case, about every garment of it that is still open.
///
/// # Errors
/// [`Code::WrongState`] where none is.
pub fn withdraw_own(db: &mut Db, stamp: &Stamp, no: &str, secret: &Secret) -> Result<Received> {
    let case = &own(db, no, secret)?;
    let live = [LineState::Open, LineState::Decided];
    let found: Vec<CaseLine> = each!(db, |c| case_line::table
        .filter(case_line::case_id.eq(case.id).and(case_line::state.eq_any(live)))
        .order(case_line::line_no)
        .select(CaseLine::as_select())
        .load(c))?;
    let Some(line) = found.first() else { return Err(refused_in(case.state).into()) };
    withdraw(db, stamp, case, line)?;
    Ok(Received { receipt: case.no.clone(), at: case.withdrawn_at.unwrap_or(stamp.at), is_own: true })
}
