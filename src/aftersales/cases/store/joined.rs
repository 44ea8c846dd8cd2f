//! What the rooms that carry out a decision say of a line: each is a change of its case, in the write in which it happened there. A case that is
//! resolved already is worked on like one that is not: its buyer was told, and what they were told is carried out.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::{Audience, CaseAct, CaseState, Condition, LineDecision, LineState};
use super::acts::{Seen, act, begin_again, decided, done_one, end_line, inspect, of_line, open_or_resolved, worked_on};
use super::lines::{self, CaseLine, line};
use super::{SUBJECT, ServiceCase, cases, notes, save};
use crate::aftersales::classes::CaseKind;
use crate::aftersales::service_levels::{self, About, Moment};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{Code, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};

/// The case of a line, and the line.
pub(super) fn case_of(db: &mut Db, id: Id) -> Result<(ServiceCase, CaseLine)> {
    let line = line(db, id)?.ok_or(Code::NotFound)?;
    let case = cases::by_id(db, line.case_id)?.ok_or(Code::NotFound)?;
    Ok((case, line))
}

/// Something happened to the way a garment takes back, or to what is given for it: the clocks of this line take note. They are those of a return,
/// whatever else its case is about.
pub fn happened(db: &mut Db, stamp: &Stamp, line: Id, moment: Moment) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    let kind = match case.kind {
        back @ (CaseKind::Return | CaseKind::Exchange | CaseKind::Withdrawal) => back,
        CaseKind::Consult | CaseKind::Repair | CaseKind::Complaint => CaseKind::Return,
    };
    service_levels::happened_to(db, stamp, &About { kind, ..case.about() }, line.id, moment)
}

/// Who has looked at the garment of a line since an event.
pub fn inspectors_since(db: &mut Db, line: &CaseLine, event: i64) -> Result<Vec<String>> {
    let looked = EventKind::CaseLineInspected.as_str();
    let facts = events::of(db, Subject::Thing(SUBJECT, line.case_id.0))?;
    let mut actors = Vec::new();
    for fact in facts.into_iter().filter(|fact| fact.id > event && fact.kind == looked) {
        if fact.document()?.get("line").and_then(Value::as_i64) == Some(line.line_no) {
            actors.push(fact.actor);
        }
    }
    Ok(actors)
}

/// Decides what is done about a line. Decided so before, it is as it was.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] where nothing can be decided any more.
pub fn decide(db: &mut Db, stamp: &Stamp, line: Id, decision: LineDecision) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    if line.state == LineState::Decided && line.decided == Some(decision) {
        return Ok(());
    }
    let after = worked_on(db, stamp, &case)?;
    decided(db, stamp, (&case, after), &line, decision, None).map(drop)
}

/// Says that what was decided about a line is done.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] where nothing is decided.
pub fn done(db: &mut Db, stamp: &Stamp, line: Id) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    done_one(db, stamp, &case, &line).map(drop)
}

/// Says that this was done about a line, whatever had been decided. A line that is over already stays as it is.
pub fn carried_out(db: &mut Db, stamp: &Stamp, line: Id, decision: LineDecision) -> Result<()> {
    let (_, now) = case_of(db, line)?;
    if !now.state.is_live() {
        return Ok(());
    }
    decide(db, stamp, line, decision)?;
    done(db, stamp, line)
}

/// Does not grant what was asked for a line: `reason` is what the buyer reads. A line that is over already stays as it is.
pub fn refuse(db: &mut Db, stamp: &Stamp, line: Id, reason: &str) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    if !line.state.is_live() {
        return Ok(());
    }
    let after = worked_on(db, stamp, &case)?;
    decided(db, stamp, (&case, after), &line, LineDecision::Refuse, Some(reason)).map(drop)
}

/// Ends a line because the buyer keeps the garment as it is. A line that is over already stays as it is.
pub fn withdraw(db: &mut Db, stamp: &Stamp, line: Id, why: &str) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    if !line.state.is_live() {
        return Ok(());
    }
    end_line(db, stamp, &case, &line, LineState::Withdrawn, json!({ "reason": why })).map(drop)
}

/// Opens a line again about which something was decided, done or refused that does not stand: it is decided anew, in the next sequence of its case
/// where that was resolved.
///
/// # Errors
/// [`Code::WrongState`] for a case that is over for good; [`Code::CaseOpen`] where the garment is in another case by now.
pub fn open_again(db: &mut Db, stamp: &Stamp, line: Id, reason: &str) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    if line.state == LineState::Open {
        return Ok(());
    }
    open_or_resolved(&case)?;
    if !line.state.is_live()
        && let Some((_, no)) = lines::live_of(db, &[line.garment_id])?.into_iter().next()
    {
        return Err(Refusal::new(Code::CaseOpen).with("no", no).into());
    }
    lines::save(db, &line, CaseLine { state: LineState::Open, decided: None, ended_at: None, ..line.clone() })?;
    let case = if case.state == CaseState::Resolved { begin_again(db, stamp, &case, reason)? } else { case };
    let mut body = of_line(&line, "line.state", json!(line.state), json!(LineState::Open));
    if let Some(body) = body.as_object_mut() {
        body.insert("reason".to_owned(), reason.into());
    }
    save(db, stamp, &case, case.clone(), EventKind::CaseLineOpened, body).map(drop)
}

/// Asks whoever opened the case of a line something: it stands on their page, and it is their turn.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for a case that is over.
pub fn ask_buyer(db: &mut Db, stamp: &Stamp, line: Id, question: &str) -> Result<()> {
    let (case, _) = case_of(db, line)?;
    notes::write(db, stamp, &case, Audience::Buyer, None, question)?;
    let after = worked_on(db, stamp, &case)?;
    let body = json!({ "changes": { "audience": { "from": null, "to": Audience::Buyer } } });
    save(db, stamp, &case, after, EventKind::CaseAnswered, body)?;
    turn(db, stamp, case.id, CaseState::WaitingCustomer)
}

/// It is the buyer's turn, or ours again. A case about several garments goes on with the others.
pub fn turn(db: &mut Db, stamp: &Stamp, case: Id, to: CaseState) -> Result<()> {
    let case = cases::by_id(db, case)?.ok_or(Code::NotFound)?;
    let fits = match to {
        CaseState::WaitingCustomer => {
            let live = lines::lines(db, case.id)?.iter().filter(|line| line.state.is_live()).count();
            case.state == CaseState::InProgress && live == 1
        }
        _ => case.state == CaseState::WaitingCustomer,
    };
    if fits {
        act(db, stamp, stamp.at.date(), &case.no, None, &CaseAct::Step { to })?;
    }
    Ok(())
}

/// Says that a garment was looked at: on which day, which defect was found (none with a day means that none was), with which finding, in what
/// state it is. What is worn or defective is kept apart.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] for a case that is over.
pub fn inspected(
    db: &mut Db,
    stamp: &Stamp,
    line: Id,
    day: NaiveDate,
    found: Option<&str>,
    finding: Option<Id>,
    grade: Condition,
) -> Result<()> {
    let (case, line) = case_of(db, line)?;
    inspect(db, stamp, &case, &line, Seen { day, found, finding, grade, apart: false }).map(drop)
}
