//! What is done with a case and its lines: each act is one change of the case, with the event that says so.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{CASE_MACHINE, LINE_MACHINE, is_done_at_once, may_cancel, may_close, may_resolve};
use super::super::{Audience, CaseAct, CaseState, Condition, LineDecision, LineState, TaskState};
use super::lines::{self, CaseLine};
use super::{ServiceCase, case_line, cases, joined, moment, note_taken, notes, save, service_case, work};
use crate::aftersales::classes::CaseCause;
use crate::aftersales::service_levels::{self, Moment};
use crate::each;
use crate::inspection::findings::{self, About, NewFinding, Sound, Stage};
use crate::kernel::event::EventKind;
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Permission;
use crate::platform::policies::{self, Policy};
use crate::production::parties;
use crate::staff::accounts::{self, Account};

/// Does something with a case; `version` is the one that was read, where one was. As it is afterwards.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Stale`] when somebody changed it since it was read; [`Code::WrongState`] with what is possible now; what the act
/// itself asks for.
pub fn act(db: &mut Db, stamp: &Stamp, today: NaiveDate, no: &str, version: Option<i64>, act: &CaseAct) -> Result<ServiceCase> {
    let case = cases::by_no(db, no)?.ok_or(Code::NotFound)?;
    if version.is_some_and(|read| read != case.version) {
        return Err(Code::Stale.into());
    }
    match act {
        CaseAct::Take {} => take(db, stamp, &case),
        CaseAct::Assign { owner } => assign(db, stamp, &case, owner),
        CaseAct::Move { queue } => {
            let state = if case.state == CaseState::Assigned { CaseState::New } else { open(&case)?.state };
            save(db, stamp, &case, ServiceCase { queue: *queue, owner_id: None, state, ..case.clone() }, EventKind::CaseHanded, json!({}))
        }
        CaseAct::Rate { kind, severity, priority } => {
            let after = ServiceCase { kind: *kind, severity: *severity, priority: *priority, ..open(&case)?.clone() };
            save(db, stamp, &case, after, EventKind::CaseRated, json!({}))
        }
        CaseAct::Step { to } => {
            let after = ServiceCase { state: *to, ..owned(db, stamp, &case)? };
            if !case.state.steps().any(|plain| plain == *to) {
                return Err(with_allowed(&case));
            }
            save(db, stamp, &case, after, EventKind::CaseMoved, json!({}))
        }
        CaseAct::Decide { line, outcome, reason } => {
            if *outcome == LineDecision::Refuse && reason.as_deref().unwrap_or_default().is_empty() {
                return Err(Fault::new("reason", Code::Missing).into());
            }
            match line {
                Some(no) => {
                    let line = lines::of_case(db, case.id, *no)?;
                    decide_one(db, stamp, &case, &line, *outcome, reason.as_deref())
                }
                None => decide_all(db, stamp, &case, *outcome, reason.as_deref()),
            }
        }
        CaseAct::Inspect { line, grade, apart, found, severity, note } => {
            let line = lines::of_case(db, case.id, *line)?;
            let finding = match found {
                Some(defect) => Some(log(db, stamp, today, &line, (defect, *severity, note.as_deref().unwrap_or_default()))?),
                None => None,
            };
            let seen = Seen { day: today, found: found.as_deref(), finding, grade: *grade, apart: *apart };
            inspect(db, stamp, &case, &line, seen)
        }
        CaseAct::Done { line: Some(no) } => {
            let line = lines::of_case(db, case.id, *no)?;
            done_one(db, stamp, &case, &line)
        }
        CaseAct::Done { line: None } => {
            let after = open_or_resolved(&case)?.clone();
            let decided: Vec<CaseLine> = lines::lines(db, case.id)?.into_iter().filter(|line| line.state == LineState::Decided).collect();
            for line in &decided {
                lines::save(db, line, CaseLine { state: LineState::Done, ended_at: Some(stamp.at), ..line.clone() })?;
                service_levels::happened_to(db, stamp, &case.about(), line.id, Moment::Settled)?;
            }
            save(db, stamp, &case, after, EventKind::CaseLineEnded, json!({ "units": decided.len().to_string() }))
        }
        CaseAct::TakeBack { line } => {
            let line = lines::of_case(db, case.id, *line)?;
            open(&case)?;
            work::nothing_left_of(db, &case, Some(line.id))?;
            end_line(db, stamp, &case, &line, LineState::Withdrawn, json!({}))
        }
        CaseAct::Conclude { line, cause } => {
            let line = lines::of_case(db, case.id, *line)?;
            conclude(db, stamp, line.id, *cause)?;
            cases::by_id(db, case.id)?.ok_or_else(|| Code::NotFound.into())
        }
        CaseAct::Resolve { result, cause } => resolve(db, stamp, &case, result, *cause),
        CaseAct::Close {} => close(db, stamp, &case),
        CaseAct::Cancel { reason } => cancel(db, stamp, &case, json!({ "reason": reason })),
        CaseAct::Reopen { reason } => reopen(db, stamp, &case, reason),
        CaseAct::Merge { into } => merge(db, stamp, &case, into),
        CaseAct::Note { audience, party, body } => note(db, stamp, &case, *audience, party.as_deref(), body),
        CaseAct::Task { title, queue, due_on } => {
            let after = open_or_resolved(&case)?.clone();
            notes::set_task(db, stamp, &case, title, *queue, *due_on)?;
            save(db, stamp, &case, after, EventKind::CaseTaskSet, json!({ "reason": title }))
        }
        CaseAct::EndTask { task, to, note } => {
            notes::end_task(db, case.id, *task, *to, note.as_deref().unwrap_or_default())?;
            let changes = json!({ "changes": { "task": { "from": TaskState::Open, "to": to } } });
            save(db, stamp, &case, case.clone(), EventKind::CaseTaskEnded, changes)
        }
    }
}

/// The case, if somebody still works on it.
fn open(case: &ServiceCase) -> Result<&ServiceCase> {
    if case.state.is_open() { Ok(case) } else { Err(with_allowed(case)) }
}

/// The case, if it is not over for good.
pub(super) fn open_or_resolved(case: &ServiceCase) -> Result<&ServiceCase> {
    if case.state.is_final() { Err(with_allowed(case)) } else { Ok(case) }
}

fn with_allowed(case: &ServiceCase) -> Error {
    CASE_MACHINE.refused(case.state).into()
}

/// Who does something, where it is one of our people who may work on cases.
fn worker(db: &mut Db, stamp: &Stamp) -> Result<Option<Account>> {
    accounts::of_actor(db, &stamp.actor)
}

/// The case as whoever works on it leaves it: theirs where it was nobody's, and no longer new.
fn owned(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<ServiceCase> {
    let owner = match case.owner_id {
        Some(owner) => Some(owner),
        None => worker(db, stamp)?.map(|account| account.id),
    };
    let state = if matches!(case.state, CaseState::New | CaseState::Assigned) { CaseState::InProgress } else { case.state };
    Ok(ServiceCase { owner_id: owner, state, ..open(case)?.clone() })
}

/// The case as whoever works on it leaves it, where it may be resolved already: the buyer was told, and something is still to be carried out.
pub(super) fn worked_on(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<ServiceCase> {
    if case.state.is_open() { owned(db, stamp, case) } else { open_or_resolved(case).cloned() }
}

fn take(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<ServiceCase> {
    let me = worker(db, stamp)?.ok_or_else(|| Fault::new("owner", Code::Missing))?;
    hand_to(db, stamp, case, me.id)
}

fn assign(db: &mut Db, stamp: &Stamp, case: &ServiceCase, login: &str) -> Result<ServiceCase> {
    let unknown = || Fault::new("owner", Code::UnknownReference).with("value", login);
    let account = accounts::by_login(db, login)?.ok_or_else(unknown)?;
    let may = account.is_active() && account.party.is_none() && account.roles.permissions().has(Permission::CasesEdit);
    if may { hand_to(db, stamp, case, account.id) } else { Err(unknown().into()) }
}

fn hand_to(db: &mut Db, stamp: &Stamp, case: &ServiceCase, owner: Id) -> Result<ServiceCase> {
    let state = if open(case)?.state == CaseState::New { CaseState::Assigned } else { case.state };
    if case.owner_id == Some(owner) {
        note_taken(db, stamp, case)?;
        return Ok(case.clone());
    }
    save(db, stamp, case, ServiceCase { owner_id: Some(owner), state, ..case.clone() }, EventKind::CaseHanded, json!({}))
}

/// What an event says of a line.
pub(super) fn of_line(line: &CaseLine, name: &str, from: Value, to: Value) -> Value {
    json!({ "line": line.line_no, "changes": { name: { "from": from, "to": to } } })
}

fn decide_one(
    db: &mut Db,
    stamp: &Stamp,
    case: &ServiceCase,
    line: &CaseLine,
    outcome: LineDecision,
    reason: Option<&str>,
) -> Result<ServiceCase> {
    let after = owned(db, stamp, case)?;
    decided(db, stamp, (case, after), line, outcome, reason)
}

/// Decides about a line of a case, which is another afterwards.
pub(super) fn decided(
    db: &mut Db,
    stamp: &Stamp,
    (case, after): (&ServiceCase, ServiceCase),
    line: &CaseLine,
    outcome: LineDecision,
    reason: Option<&str>,
) -> Result<ServiceCase> {
    let (state, ended_at) = ends(outcome, stamp);
    LINE_MACHINE.check(line.state, state)?;
    lines::save(db, line, CaseLine { state, ended_at, decided: Some(outcome), ..line.clone() })?;
    let mut body = of_line(line, "decided", json!(line.decided), json!(outcome));
    tell_why(db, stamp, case, reason, &mut body)?;
    save(db, stamp, case, after, EventKind::CaseLineDecided, body)
}

fn decide_all(db: &mut Db, stamp: &Stamp, case: &ServiceCase, outcome: LineDecision, reason: Option<&str>) -> Result<ServiceCase> {
    let after = owned(db, stamp, case)?;
    let (state, ended_at) = ends(outcome, stamp);
    let moved = lines::move_all(db, case.id, LineState::Open, state, Some(outcome), ended_at)?;
    if moved == 0 {
        return Err(refused_in(LineState::Decided).into());
    }
    let mut body = json!({ "units": moved.to_string(), "changes": { "decided": { "from": null, "to": outcome } } });
    tell_why(db, stamp, case, reason, &mut body)?;
    save(db, stamp, case, after, EventKind::CaseLineDecided, body)
}

/// Where a line stands once this is decided about it.
fn ends(outcome: LineDecision, stamp: &Stamp) -> (LineState, Option<chrono::NaiveDateTime>) {
    match outcome {
        LineDecision::Refuse => (LineState::Refused, Some(stamp.at)),
        _ => (LineState::Decided, None),
    }
}

/// Why something is not granted: the buyer reads it, and it stays in the history.
fn tell_why(db: &mut Db, stamp: &Stamp, case: &ServiceCase, reason: Option<&str>, body: &mut Value) -> Result<()> {
    let Some(reason) = reason.filter(|reason| !reason.is_empty()) else { return Ok(()) };
    notes::write(db, stamp, case, Audience::Buyer, None, reason)?;
    if let Value::Object(body) = body {
        body.insert("reason".to_owned(), reason.into());
    }
    Ok(())
}

pub(super) fn done_one(db: &mut Db, stamp: &Stamp, case: &ServiceCase, line: &CaseLine) -> Result<ServiceCase> {
    end_line(db, stamp, case, line, LineState::Done, json!({}))
}

/// Ends a line. What was decided about it is done then, or it is not to be done any more.
pub(super) fn end_line(
    db: &mut Db,
    stamp: &Stamp,
    case: &ServiceCase,
    line: &CaseLine,
    state: LineState,
    more: Value,
) -> Result<ServiceCase> {
    let after = open_or_resolved(case)?.clone();
    LINE_MACHINE.check(line.state, state)?;
    lines::save(db, line, CaseLine { state, ended_at: Some(stamp.at), ..line.clone() })?;
    let mut body = of_line(line, "line.state", json!(line.state), json!(state));
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let after = save(db, stamp, case, after, EventKind::CaseLineEnded, body)?;
    let moment = if state == LineState::Done { Moment::Settled } else { Moment::Cancelled };
    service_levels::happened_to(db, stamp, &after.about(), line.id, moment)?;
    Ok(after)
}

/// What somebody saw who looked at a garment that came back.
pub(super) struct Seen<'a> {
    pub day: NaiveDate,
    pub found: Option<&'a str>,
    pub finding: Option<Id>,
    pub grade: Condition,
    pub apart: bool,
}

/// Notes what was seen of a garment. What is worn or defective is kept apart.
pub(super) fn inspect(db: &mut Db, stamp: &Stamp, case: &ServiceCase, line: &CaseLine, seen: Seen<'_>) -> Result<ServiceCase> {
    let after = worked_on(db, stamp, case)?;
    let looked = CaseLine {
        inspected_on: Some(seen.day),
        found_defect: seen.found.map(str::to_owned),
        finding_id: seen.finding,
        grade: Some(seen.grade),
        quarantined: seen.apart || matches!(seen.grade, Condition::C | Condition::D),
        ..line.clone()
    };
    let changes = json!({
        "grade": { "from": line.grade, "to": looked.grade },
        "found_defect": { "from": line.found_defect, "to": looked.found_defect },
    });
    lines::save(db, line, looked)?;
    let body = json!({ "line": line.line_no, "finding": seen.finding, "changes": changes });
    let after = save(db, stamp, case, after, EventKind::CaseLineInspected, body)?;
    service_levels::happened_to(db, stamp, &after.about(), line.id, Moment::Inspected)?;
    Ok(after)
}

/// Logs the finding of what was seen on a garment that came back.
fn log(
    db: &mut Db,
    stamp: &Stamp,
    today: NaiveDate,
    line: &CaseLine,
    (defect, severity, note): (&str, Option<crate::inspection::defects::Severity>, &str),
) -> Result<Id> {
    let sound = Sound {
        defect: defect.to_owned(),
        severity,
        zone: line.zone.clone(),
        quantity: 1,
        stage: Stage::Return,
        note: note.to_owned(),
        found_on: today,
    };
    let logged = findings::log(db, stamp, &[NewFinding { about: About::Garment(line.garment_id), sound }]);
    let logged = logged.map_err(|error| match error {
        // The form calls it what was found.
        Error::Refused(mut refusal) => {
            refusal.faults.iter_mut().filter(|fault| fault.field == "defect").for_each(|fault| fault.field = "found".into());
            Error::Refused(refusal)
        }
        other => other,
    })?;
    logged.first().copied().ok_or_else(|| Error::broken("a finding that was just logged has no id"))
}

/// Says what was behind a line: a verdict further on does, or whoever works on it.
///
/// # Errors
/// [`Code::NotFound`] for a line that is not there.
pub fn conclude(db: &mut Db, stamp: &Stamp, line: Id, cause: CaseCause) -> Result<()> {
    let (case, line) = joined::case_of(db, line)?;
    if line.cause == Some(cause) {
        return Ok(());
    }
    lines::save(db, &line, CaseLine { cause: Some(cause), ..line.clone() })?;
    moment(db, stamp, &case, EventKind::CaseConcluded, &of_line(&line, "line_cause", json!(line.cause), json!(cause)))
}

fn resolve(db: &mut Db, stamp: &Stamp, case: &ServiceCase, result: &str, cause: Option<CaseCause>) -> Result<ServiceCase> {
    CASE_MACHINE.check(case.state, CaseState::Resolved)?;
    let all = lines::lines(db, case.id)?;
    let known = all.iter().all(|line| line.cause.is_some()).then(|| all.first().and_then(|line| line.cause)).flatten();
    let cause = cause.or(case.cause).or(known);
    may_resolve(case.kind, case.severity, cause.is_some(), &lines::standing(db, case.id)?)?;
    for line in &all {
        let is_over = line.state == LineState::Decided && line.decided.is_some_and(is_done_at_once);
        let state = if is_over { LineState::Done } else { line.state };
        let after =
            CaseLine { state, ended_at: if is_over { Some(stamp.at) } else { line.ended_at }, cause: line.cause.or(cause), ..line.clone() };
        if after != *line {
            lines::save(db, line, after)?;
        }
    }
    let after = ServiceCase {
        state: CaseState::Resolved,
        result: result.to_owned(),
        cause,
        told_at: Some(stamp.at),
        resolved_at: Some(stamp.at),
        ..case.clone()
    };
    save(db, stamp, case, after, EventKind::CaseMoved, json!({}))
}

/// Closes a resolved case of which everything is done.
fn close(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<ServiceCase> {
    CASE_MACHINE.check(case.state, CaseState::Closed)?;
    may_close(&lines::standing(db, case.id)?)?;
    work::nothing_left_of(db, case, None)?;
    let left = notes::tasks(db, case.id)?.into_iter().filter(|task| task.state == TaskState::Open).count();
    if left > 0 {
        return Err(Refusal::new(Code::TasksOpen).with("count", left).into());
    }
    let after = ServiceCase { state: CaseState::Closed, closed_at: Some(stamp.at), ..case.clone() };
    save(db, stamp, case, after, EventKind::CaseMoved, json!({}))
}

/// Closes resolved cases that nobody may open again any more and of which everything is done, at most `limit` of them behind the case `after`. How
/// many were closed, and the last that was looked at; none when that was all.
pub fn close_over(db: &mut Db, stamp: &Stamp, after: Id, limit: i64) -> Result<(usize, Option<Id>)> {
    let days = policies::value(db, Policy::ReopenDays, stamp.at)?;
    let before = stamp.at.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(stamp.at);
    let over = service_case::closed_at.is_null().and(service_case::state.eq(CaseState::Resolved)).and(service_case::resolved_at.lt(before));
    let found: Vec<ServiceCase> = each!(db, |c| service_case::table
        .filter(over)
        .filter(service_case::id.gt(after))
        .order(service_case::id)
        .limit(limit)
        .select(ServiceCase::as_select())
        .load(c))?;
    let mut closed = 0;
    for case in &found {
        match close(db, stamp, case) {
            Ok(_) => closed += 1,
            // Something of it is still to be done.
            Err(Error::Refused(refusal)) if matches!(refusal.code, Code::Undecided | Code::TasksOpen | Code::UnderWay) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((closed, found.last().map(|case| case.id)))
}

/// Ends a case of which nothing was carried out.
pub(super) fn cancel(db: &mut Db, stamp: &Stamp, case: &ServiceCase, body: Value) -> Result<ServiceCase> {
    CASE_MACHINE.check(case.state, CaseState::Cancelled)?;
    may_cancel(&lines::standing(db, case.id)?)?;
    work::nothing_left_of(db, case, None)?;
    end_lines(db, stamp, case)?;
    let after = ServiceCase { state: CaseState::Cancelled, closed_at: Some(stamp.at), ..case.clone() };
    save(db, stamp, case, after, EventKind::CaseMoved, body)
}

/// Ends the lines of a case that is not done.
fn end_lines(db: &mut Db, stamp: &Stamp, case: &ServiceCase) -> Result<()> {
    let live = case_line::table.filter(case_line::case_id.eq(case.id).and(case_line::state.eq_any([LineState::Open, LineState::Decided])));
    each!(db, |c| diesel::update(live)
        .set((
            case_line::state.eq(LineState::Withdrawn),
            case_line::ended_at.eq(Some(stamp.at)),
            case_line::version.eq(case_line::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Opens a resolved case again: its next sequence, in which every line that was done or refused is open again.
fn reopen(db: &mut Db, stamp: &Stamp, case: &ServiceCase, reason: &str) -> Result<ServiceCase> {
    if case.state != CaseState::Resolved {
        return Err(with_allowed(case));
    }
    let days = policies::value(db, Policy::ReopenDays, stamp.at)?;
    let until = case.resolved_at.and_then(|at| at.checked_add_days(Days::new(days.unsigned_abs())));
    if until.is_some_and(|until| stamp.at > until) {
        return Err(Refusal::new(Code::TooLate).with("days", days).into());
    }
    let all = lines::lines(db, case.id)?;
    let over = |line: &&CaseLine| matches!(line.state, LineState::Done | LineState::Refused);
    let garments: Vec<_> = all.iter().filter(over).map(|line| line.garment_id).collect();
    if let Some((_, no)) = lines::live_of(db, &garments)?.into_iter().next() {
        return Err(Refusal::new(Code::CaseOpen).with("no", no).into());
    }
    for line in all.iter().filter(over) {
        lines::save(db, line, CaseLine { state: LineState::Open, decided: None, ended_at: None, ..line.clone() })?;
    }
    begin_again(db, stamp, case, reason)
}

/// A resolved case begins its next sequence.
pub(super) fn begin_again(db: &mut Db, stamp: &Stamp, case: &ServiceCase, reason: &str) -> Result<ServiceCase> {
    let after = ServiceCase { state: CaseState::InProgress, seq: case.seq + 1, told_at: None, resolved_at: None, ..case.clone() };
    save(db, stamp, case, after, EventKind::CaseReopened, json!({ "reason": reason }))
}

/// Merges a case into another one that is about the same matter: its open lines go on there, as the same reports. What is under way for one of
/// them is ended first: a return, a repair and the entries of the ledger name the case they were begun in, on paper that the buyer has as well.
fn merge(db: &mut Db, stamp: &Stamp, case: &ServiceCase, into: &str) -> Result<ServiceCase> {
    let unknown = || Fault::new("into", Code::UnknownReference).with("value", into);
    let other = cases::by_no(db, into)?.filter(|other| other.id != case.id).ok_or_else(unknown)?;
    open(case)?;
    open(&other)?;
    work::nothing_left_of(db, case, None)?;
    let there = lines::lines(db, other.id)?;
    let last = there.iter().map(|line| line.line_no).max().unwrap_or_default();
    let mut moved = Vec::new();
    for (next, line) in (last + 1..).zip(lines::lines(db, case.id)?.into_iter().filter(|line| line.state.is_live())) {
        lines::save(db, &line, CaseLine { state: LineState::Merged, ended_at: Some(stamp.at), ..line.clone() })?;
        moved.push(CaseLine { id: stamp.id(), case_id: other.id, line_no: next, version: 1, ..line });
    }
    lines::insert(db, &moved)?;
    let body = json!({ "from": case.no, "units": moved.len().to_string() });
    save(db, stamp, &other, other.clone(), EventKind::CaseMerged, body)?;
    let after = ServiceCase { state: CaseState::Cancelled, closed_at: Some(stamp.at), merged_into: Some(other.id), ..case.clone() };
    save(db, stamp, case, after, EventKind::CaseMerged, json!({ "changes": { "into": { "from": null, "to": other.no } } }))
}

fn note(db: &mut Db, stamp: &Stamp, case: &ServiceCase, audience: Audience, party: Option<&str>, body: &str) -> Result<ServiceCase> {
    let party = match (audience, party) {
        (Audience::Supplier, Some(code)) => {
            let unknown = || Fault::new("party", Code::UnknownReference).with("value", code);
            Some(parties::by_code(db, code)?.ok_or_else(unknown)?.id)
        }
        (Audience::Supplier, None) => return Err(Fault::new("party", Code::Missing).into()),
        (Audience::Us | Audience::Buyer, _) => None,
    };
    notes::write(db, stamp, case, audience, party, body)?;
    let what = if audience == Audience::Buyer { EventKind::CaseAnswered } else { EventKind::CaseNoted };
    save(db, stamp, case, case.clone(), what, json!({ "changes": { "audience": { "from": null, "to": audience } } }))
}
