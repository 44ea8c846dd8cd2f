//! What is done with a repair, from the quote to the signature.

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{REPAIR_MACHINE, days_held, moments, quote_text};
use super::super::{
    AcceptSaid, CheckKind, CheckSaid, CostSaid, DiagnoseSaid, HandedSaid, PaidSaid, PartSaid, QuoteSaid, ReceivedSaid, RepairCost,
    RepairReason, RepairState, SignedSaid, WaySaid,
};
use super::{RepairOrder, RepairPart, RepairRow, entitled, repair_check, repair_order, repair_part, repair_quote};
use crate::aftersales::cases::{self, CaseLine, CaseState, LineDecision, LineState, LineWork};
use crate::aftersales::classes::{CaseCause, CaseKind};
use crate::aftersales::rights::{self, Repaired};
use crate::aftersales::service_levels::{self, Moment};
use crate::aftersales::settlements::{self, Cost, LedgerKind, Payer};
use crate::inspection::findings::{self, About, NewFinding, Sound, Stage};
use crate::kernel::components;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::{Money, read_amount};
use crate::kernel::text::folded;
use crate::kernel::{Code, Error, Fault, Refusal, Result, saturating};
use crate::ownership::warranties;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::http::sha256_hex;
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::{Sees, Thing};
use crate::production::materials;
use crate::{each, step};

/// Moves a repair on, with what else changes, and tells it.
macro_rules! moved {
    ($db:expr, $stamp:expr, $order:expr, $to:expr, $kind:expr, $body:expr, $more:expr) => {{
        let (order, to): (RepairOrder, RepairState) = ($order, $to);
        let row = repair_order::table.find(order.row.id.0);
        step!($db, row, repair_order::state, repair_order::version, REPAIR_MACHINE, order.row.state => to, order.row.version, $more);
        let mut body: Value = $body;
        if let Some(body) = body.as_object_mut() {
            body.insert("status".to_owned(), json!(to));
        }
        events::append($db, $stamp, $kind, Subject::Thing(RepairOrder::SUBJECT, order.row.id.0), &body)?;
        clocked($db, $stamp, &order.row, moments(order.row.site, order.row.state, to, order.row.received_on.is_some()))?;
        if to.is_over() {
            cases::over($db, order.row.line_id, LineWork::Repair)?;
        }
        again($db, &order)
    }};
}

/// A repair as it is now.
fn again(db: &mut Db, order: &RepairOrder) -> Result<RepairOrder> {
    RepairOrder::find(db, &order.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
}

/// Tells the clocks of a repair, which are its own whatever else its case is about.
pub(super) fn clocked(db: &mut Db, stamp: &Stamp, row: &RepairRow, moments: &[Moment]) -> Result<()> {
    if moments.is_empty() {
        return Ok(());
    }
    let case = cases::by_id(db, row.case_id)?.ok_or(Code::NotFound)?;
    let about = service_levels::About { kind: CaseKind::Repair, ..case.about() };
    moments.iter().try_for_each(|moment| service_levels::happened_to(db, stamp, &about, row.id, *moment))
}

fn line_of(db: &mut Db, order: &RepairOrder) -> Result<CaseLine> {
    cases::line(db, order.row.line_id)?.ok_or_else(|| Code::NotFound.into())
}

/// Posts what something cost us; nothing where it cost nothing. `field` names where the amount was said.
fn posted(
    db: &mut Db,
    stamp: &Stamp,
    order: &RepairOrder,
    (kind, occurred_on): (LedgerKind, NaiveDate),
    (field, amount, currency): (&'static str, Option<&str>, Option<&str>),
    reference: Option<&str>,
) -> Result<()> {
    let Some(amount) = amount else { return Ok(()) };
    let currency = currency.or(order.row.currency.as_deref()).unwrap_or("CNY");
    let minor = read_amount(field, amount, currency)?;
    if minor == 0 && field != "amount" {
        return Ok(());
    }
    let cost = Cost {
        case: order.row.case_id,
        line: Some(order.row.line_id),
        kind,
        money: Money { minor, currency: currency.to_owned() },
        occurred_on,
        payer: Payer::Brand,
        settlement: None,
        reference: reference.filter(|reference| !reference.is_empty()).unwrap_or(&order.row.code).to_owned(),
    };
    settlements::post(db, stamp, &cost).map(drop)
}

impl From<RepairCost> for LedgerKind {
    fn from(cost: RepairCost) -> Self {
        match cost {
            RepairCost::RepairLabour => Self::RepairLabour,
            RepairCost::RepairParts => Self::RepairParts,
            RepairCost::LogisticsOut => Self::LogisticsOut,
            RepairCost::LogisticsIn => Self::LogisticsIn,
            RepairCost::Pickup => Self::Pickup,
            RepairCost::OnsiteVisit => Self::OnsiteVisit,
        }
    }
}

/// What a way to or from the buyer cost.
fn way(db: &mut Db, stamp: &Stamp, order: &RepairOrder, (kind, on): (RepairCost, NaiveDate), said: &WaySaid) -> Result<()> {
    let said_of = ("freight", said.freight.as_deref(), said.currency.as_deref());
    posted(db, stamp, order, (kind.into(), on), said_of, said.reference.as_deref())
}

/// Something cost us something.
///
/// # Errors
/// As [`settlements::post`]; [`Code::DatesOutOfOrder`] for a day to come.
pub(in crate::aftersales::repairs) fn cost(
    db: &mut Db,
    stamp: &Stamp,
    order: RepairOrder,
    today: NaiveDate,
    said: CostSaid,
) -> Result<RepairOrder> {
    let on = said.occurred_on.unwrap_or(today);
    not_to_come(stamp, on, "occurred_on")?;
    let said_of = ("amount", Some(said.amount.as_str()), said.currency.as_deref());
    posted(db, stamp, &order, (said.kind.into(), on), said_of, said.reference.as_deref())?;
    again(db, &order)
}

/// Somebody of the workshop looks at it: what they found becomes a finding on the garment and what the case goes by. Nothing found and no other
/// cause named is nobody's fault.
///
/// # Errors
/// [`Code::WrongState`] once it is checked or over; [`Code::UnknownReference`] for `found`.
pub(in crate::aftersales::repairs) fn diagnose(
    db: &mut Db,
    stamp: &Stamp,
    order: RepairOrder,
    today: NaiveDate,
    said: DiagnoseSaid,
) -> Result<RepairOrder> {
    use RepairState::{Accepted, Quoted, Received, Repairing, Triage};
    if !matches!(order.row.state, Triage | Quoted | Accepted | Received | Repairing) {
        return Err(REPAIR_MACHINE.refused(order.row.state).into());
    }
    let (line, note) = (line_of(db, &order)?, said.note.unwrap_or_default());
    let finding = match &said.found {
        Some(defect) => {
            let sound = Sound {
                defect: defect.clone(),
                severity: said.severity,
                zone: line.zone.clone(),
                quantity: 1,
                stage: Stage::Return,
                note: note.clone(),
                found_on: today,
            };
            let logged = findings::log(db, stamp, &[NewFinding { about: About::Garment(order.row.garment_id), sound }]);
            logged.map_err(|error| error.renaming("defect", "found"))?.first().copied()
        }
        None => None,
    };
    cases::inspected(db, stamp, line.id, today, said.found.as_deref(), finding, said.grade)?;
    if let Some(cause) = said.cause.or(if said.found.is_none() { Some(CaseCause::NoFault) } else { None }) {
        cases::conclude(db, stamp, line.id, cause)?;
    }
    // What was quoted stays as it was quoted until it is quoted anew.
    let line = line_of(db, &order)?;
    let row = match order.row.quote_version {
        0 => order.row.clone().under(entitled(db, &line, order.row.kind)?),
        _ => order.row.clone(),
    };
    let as_read = repair_order::version.eq(order.row.version);
    let seen = (
        repair_order::diagnosis.eq(joined(&order.row.diagnosis, &note)),
        repair_order::covered.eq(row.covered),
        repair_order::under_kind.eq(row.under_kind),
        repair_order::under_rule.eq(&row.under_rule),
        repair_order::version.eq(order.row.version + 1),
    );
    if each!(db, |c| diesel::update(repair_order::table.find(order.row.id.0).filter(as_read)).set(seen).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    let body = json!({ "found": said.found, "finding": finding, "grade": said.grade, "cause": said.cause });
    events::append(db, stamp, EventKind::RepairDiagnosed, Subject::Thing(RepairOrder::SUBJECT, order.row.id.0), &body)?;
    again(db, &order)
}

/// A text with another below it.
fn joined(before: &str, more: &str) -> String {
    if before.is_empty() || more.is_empty() { format!("{before}{more}") } else { format!("{before}\n{more}") }
}

/// Quotes, or quotes anew: the buyer is asked again, whatever was agreed to before.
///
/// # Errors
/// [`Code::CoveredClaim`] for a price of a covered repair; what is wrong with the amount.
pub(in crate::aftersales::repairs) fn quote(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: QuoteSaid) -> Result<RepairOrder> {
    let minor = read_amount("price", &said.price, &said.currency)?;
    let line = line_of(db, &order)?;
    let row = order.row.clone().under(entitled(db, &line, order.row.kind)?);
    if row.covered && minor > 0 {
        return Err(Code::CoveredClaim.into());
    }
    let version = order.row.quote_version + 1;
    let hash = sha256_hex(quote_text(&said.plan, minor, &said.currency, said.ready_on).as_bytes());
    REPAIR_MACHINE.check(order.row.state, RepairState::Quoted)?;
    each!(db, |c| diesel::insert_into(repair_quote::table)
        .values((
            repair_quote::order_id.eq(order.row.id),
            repair_quote::version.eq(version),
            repair_quote::plan.eq(&said.plan),
            repair_quote::price_minor.eq(minor),
            repair_quote::currency.eq(&said.currency),
            repair_quote::ready_on.eq(said.ready_on),
            repair_quote::text_hash.eq(&hash),
            repair_quote::actor.eq(&stamp.actor),
            repair_quote::at.eq(stamp.at),
        ))
        .execute(c))?;
    let body = json!({ "quote": version, "hash": hash });
    let more = (
        repair_order::quote_version.eq(version),
        repair_order::plan.eq(&said.plan),
        repair_order::price_minor.eq(minor),
        repair_order::currency.eq(&said.currency),
        repair_order::ready_on.eq(said.ready_on),
        repair_order::text_hash.eq(&hash),
        (repair_order::covered.eq(row.covered), repair_order::under_kind.eq(row.under_kind), repair_order::under_rule.eq(&row.under_rule)),
        (
            repair_order::accepted_version.eq(None::<i64>),
            repair_order::accepted_via.eq(None::<&str>),
            repair_order::accepted_at.eq(None::<NaiveDateTime>),
        ),
    );
    let order: RepairOrder = moved!(db, stamp, order, RepairState::Quoted, EventKind::RepairQuoted, body, more)?;
    if line.decided != Some(LineDecision::Repair) {
        cases::decide(db, stamp, line.id, LineDecision::Repair)?;
    }
    cases::turn(db, stamp, order.row.case_id, CaseState::WaitingCustomer)?;
    Ok(order)
}

/// The buyer agrees to the quote that holds.
///
/// # Errors
/// [`Code::QuoteChanged`] for any other.
pub(in crate::aftersales::repairs) fn accept(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: AcceptSaid) -> Result<RepairOrder> {
    REPAIR_MACHINE.check(order.row.state, RepairState::Accepted)?;
    if said.quote_version != order.row.quote_version {
        return Err(changed(&order));
    }
    let body = json!({ "quote": said.quote_version, "via": said.via, "hash": order.row.text_hash });
    let more = (
        repair_order::accepted_version.eq(said.quote_version),
        repair_order::accepted_via.eq(said.via.as_str()),
        repair_order::accepted_at.eq(stamp.at),
    );
    let order: RepairOrder = moved!(db, stamp, order, RepairState::Accepted, EventKind::RepairAccepted, body, more)?;
    cases::turn(db, stamp, order.row.case_id, CaseState::InProgress)?;
    Ok(order)
}

/// That another quote holds by now.
pub(super) fn changed(order: &RepairOrder) -> Error {
    Refusal::new(Code::QuoteChanged).with("now", order.row.quote_version).into()
}

/// The buyer does not want it: what is done instead is decided on the case.
pub(in crate::aftersales::repairs) fn reject(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    let order = ended(db, stamp, order, RepairState::Rejected, &said)?;
    cases::turn(db, stamp, order.row.case_id, CaseState::InProgress)?;
    decided_anew(db, stamp, &order, &said.reason)?;
    Ok(order)
}

/// A line of which the repair was all that was decided waits for another decision. What was decided otherwise in between stands, and what is over
/// stays over.
fn decided_anew(db: &mut Db, stamp: &Stamp, order: &RepairOrder, why: &str) -> Result<()> {
    let line = line_of(db, order)?;
    if line.state == LineState::Decided && line.decided == Some(LineDecision::Repair) {
        cases::open_again(db, stamp, line.id, why)?;
    }
    Ok(())
}

/// It is not repaired: the line is refused, and the buyer reads why.
pub(in crate::aftersales::repairs) fn decline(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    let order = ended(db, stamp, order, RepairState::Declined, &said)?;
    cases::refuse(db, stamp, order.row.line_id, &said.reason)?;
    cases::turn(db, stamp, order.row.case_id, CaseState::InProgress)?;
    Ok(order)
}

/// It cannot be mended: what is done instead is decided on the case.
pub(in crate::aftersales::repairs) fn beyond(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    let order = ended(db, stamp, order, RepairState::Beyond, &said)?;
    decided_anew(db, stamp, &order, &said.reason)?;
    Ok(order)
}

fn ended(db: &mut Db, stamp: &Stamp, order: RepairOrder, to: RepairState, said: &RepairReason) -> Result<RepairOrder> {
    let diagnosis = joined(&order.row.diagnosis, &said.reason);
    moved!(db, stamp, order, to, EventKind::RepairMoved, json!({ "reason": said.reason }), repair_order::diagnosis.eq(diagnosis))
}

/// The garment is here.
///
/// # Errors
/// [`Code::DatesOutOfOrder`] for a day to come, or before the report.
pub(in crate::aftersales::repairs) fn receive(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: ReceivedSaid) -> Result<RepairOrder> {
    let line = line_of(db, &order)?;
    in_order(line.reported_on, said.received_on, "received_on")?;
    not_to_come(stamp, said.received_on, "received_on")?;
    way(db, stamp, &order, (RepairCost::LogisticsIn, said.received_on), &said.way)?;
    let body = json!({ "received_on": said.received_on });
    moved!(db, stamp, order, RepairState::Received, EventKind::RepairMoved, body, repair_order::received_on.eq(said.received_on))
}

fn in_order(earlier: NaiveDate, later: NaiveDate, field: &'static str) -> Result<()> {
    if later < earlier {
        return Err(Fault::new(field, Code::DatesOutOfOrder).with("earlier", earlier).with("later", later).into());
    }
    Ok(())
}

/// A day is local: the next one has begun somewhere.
fn not_to_come(stamp: &Stamp, day: NaiveDate, field: &'static str) -> Result<()> {
    in_order(day, stamp.at.date().succ_opt().unwrap_or(NaiveDate::MAX), field)
}

/// The work begins.
pub(in crate::aftersales::repairs) fn start(db: &mut Db, stamp: &Stamp, order: RepairOrder) -> Result<RepairOrder> {
    moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairMoved, json!({}), repair_order::repairer.eq(&stamp.actor))
}

/// Something of a lot is put in: the garment is made of it too from now on.
///
/// # Errors
/// [`Code::UnknownReference`] or [`Code::Ambiguous`] for `lot`; [`Code::WrongState`] unless it is being repaired.
pub(in crate::aftersales::repairs) fn part(
    db: &mut Db,
    stamp: &Stamp,
    order: RepairOrder,
    today: NaiveDate,
    said: PartSaid,
) -> Result<RepairOrder> {
    let lot =
        materials::lot_called(db, &said.lot, None)?.ok_or_else(|| Fault::new("lot", Code::UnknownReference).with("value", &said.lot))?;
    if said.quantity_milli == 0 {
        return Err(Fault::new("quantity", Code::OutOfRange).with("min", "0.001").with("max", "1000000").into());
    }
    REPAIR_MACHINE.check(order.row.state, RepairState::Checked)?;
    let (id, garment, component) = (stamp.id(), order.row.garment_id, folded(&said.component));
    let row = RepairPart {
        id,
        order_id: order.row.id,
        garment_id: garment,
        component,
        lot_id: lot.id,
        quantity_milli: said.quantity_milli,
        actor: stamp.actor.clone(),
        at: stamp.at,
    };
    each!(db, |c| diesel::insert_into(repair_part::table).values(&row).execute(c))?;
    let body = json!({ "repair": order.row.id, "component": row.component, "lot": lot.id, "quantity_milli": row.quantity_milli });
    let said_of = ("cost", said.cost.as_deref(), said.currency.as_deref());
    posted(db, stamp, &order, (LedgerKind::RepairParts, today), said_of, None)?;
    db.bump("genealogy")?;
    events::append(db, stamp, EventKind::PartReplaced, Subject::Garment(garment.0), &body)?;
    moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairPart, body, repair_order::repairer.eq(&stamp.actor))
}

fn noted(db: &mut Db, stamp: &Stamp, order: &RepairOrder, kind: CheckKind, passed: bool, note: &str) -> Result<()> {
    if !passed && note.is_empty() {
        return Err(Fault::new("note", Code::Missing).into());
    }
    let seq = saturating::<i64>(order.checks.len()) + 1;
    each!(db, |c| diesel::insert_into(repair_check::table)
        .values((
            repair_check::order_id.eq(order.row.id),
            repair_check::seq.eq(seq),
            repair_check::kind.eq(kind.as_str()),
            repair_check::passed.eq(passed),
            repair_check::note.eq(note),
            repair_check::actor.eq(&stamp.actor),
            repair_check::at.eq(stamp.at),
        ))
        .execute(c))?;
    Ok(())
}

/// Somebody looks at it: the repairer first, then somebody else.
///
/// # Errors
/// [`Code::NeedsAnother`] when the second check is by who repaired it; [`Code::WrongState`] when nothing is to be checked.
pub(in crate::aftersales::repairs) fn check(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: CheckSaid) -> Result<RepairOrder> {
    let (kind, well) = match order.row.state {
        RepairState::Checked => (CheckKind::Second, RepairState::Ready),
        _ => (CheckKind::Itself, RepairState::Checked),
    };
    REPAIR_MACHINE.check(order.row.state, well)?;
    if kind == CheckKind::Second && order.row.repairer == stamp.actor {
        return Err(Refusal::new(Code::NeedsAnother).with("who", "repairer").into());
    }
    noted(db, stamp, &order, kind, said.passed, &said.note)?;
    let (to, rework) = if said.passed { (well, 0) } else { (RepairState::Repairing, 1) };
    let repairer = if kind == CheckKind::Itself { stamp.actor.clone() } else { order.row.repairer.clone() };
    let body = json!({ "check": kind, "passed": said.passed });
    let more = (repair_order::rework.eq(repair_order::rework + rework), repair_order::repairer.eq(repairer));
    moved!(db, stamp, order, to, EventKind::RepairChecked, body, more)
}

/// A payment is noted: the first time, what the buyer paid lowers what the repair costs us.
///
/// # Errors
/// [`Code::WrongState`] where nothing is to be paid.
pub(in crate::aftersales::repairs) fn pay(
    db: &mut Db,
    stamp: &Stamp,
    order: RepairOrder,
    today: NaiveDate,
    said: PaidSaid,
) -> Result<RepairOrder> {
    let Some(price) = order.price.clone().filter(|_| order.row.price_minor.is_some_and(|minor| minor > 0)) else {
        return Err(REPAIR_MACHINE.refused(order.row.state).into());
    };
    if order.row.paid_ref.is_empty() {
        let said_of = ("price", Some(price.as_str()), None);
        posted(db, stamp, &order, (LedgerKind::CustomerPayment, today), said_of, Some(&said.paid_ref))?;
    }
    let as_read = repair_order::version.eq(order.row.version);
    let paid = (repair_order::paid_ref.eq(&said.paid_ref), repair_order::version.eq(order.row.version + 1));
    if each!(db, |c| diesel::update(repair_order::table.find(order.row.id.0).filter(as_read)).set(paid).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    events::append(
        db,
        stamp,
        EventKind::RepairPaid,
        Subject::Thing(RepairOrder::SUBJECT, order.row.id.0),
        &json!({ "payment": said.paid_ref }),
    )?;
    again(db, &order)
}

/// What has its price does not leave unpaid.
fn is_settled(order: &RepairOrder) -> Result<()> {
    if order.row.price_minor.is_some_and(|minor| minor > 0) && order.row.paid_ref.is_empty() {
        return Err(Code::Unpaid.into());
    }
    Ok(())
}

/// It goes to the buyer.
///
/// # Errors
/// [`Code::Unpaid`].
pub(in crate::aftersales::repairs) fn send(
    db: &mut Db,
    stamp: &Stamp,
    order: RepairOrder,
    today: NaiveDate,
    said: WaySaid,
) -> Result<RepairOrder> {
    is_settled(&order)?;
    way(db, stamp, &order, (RepairCost::LogisticsOut, today), &said)?;
    moved!(db, stamp, order, RepairState::Sent, EventKind::RepairMoved, json!({}), repair_order::score.eq(None::<i64>))
}

/// The buyer has it.
///
/// # Errors
/// [`Code::Unpaid`]; [`Code::DatesOutOfOrder`] for a day to come, or before it was received.
pub(in crate::aftersales::repairs) fn hand(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: HandedSaid) -> Result<RepairOrder> {
    is_settled(&order)?;
    in_order(order.row.received_on.unwrap_or(said.handed_on), said.handed_on, "handed_on")?;
    not_to_come(stamp, said.handed_on, "handed_on")?;
    let body = json!({ "handed_on": said.handed_on });
    moved!(db, stamp, order, RepairState::Handed, EventKind::RepairMoved, body, repair_order::handed_on.eq(said.handed_on))
}

/// The buyer signs, or does not: then it comes back to the bench.
pub(in crate::aftersales::repairs) fn sign(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: SignedSaid) -> Result<RepairOrder> {
    REPAIR_MACHINE.check(order.row.state, RepairState::Done)?;
    noted(db, stamp, &order, CheckKind::Buyer, said.passed, &said.note)?;
    let body = json!({ "passed": said.passed, "score": said.score });
    if !said.passed {
        let more = (
            repair_order::rework.eq(repair_order::rework + 1),
            repair_order::handed_on.eq(None::<NaiveDate>),
            repair_order::score.eq(said.score),
        );
        return moved!(db, stamp, order, RepairState::Repairing, EventKind::RepairSigned, body, more);
    }
    let handed_on = order.row.handed_on.unwrap_or(stamp.at.date());
    let held = if order.row.covered { days_held(order.row.received_on, handed_on) } else { 0 };
    let extended = match order.row.sale_seq {
        Some(seq) if held > 0 => warranties::extend(db, stamp, order.row.garment_id, seq, held)?.map_or(0, |_| held),
        _ => 0,
    };
    let garment = order.row.garment_id;
    events::append(
        db,
        stamp,
        EventKind::GarmentRepaired,
        Subject::Garment(garment.0),
        &json!({ "repair": order.row.id, "handed_on": handed_on }),
    )?;
    let line = line_of(db, &order)?;
    if let Some(seq) = order.row.sale_seq {
        let mended = mended(db, stamp, &order, &line, (handed_on, extended))?;
        rights::repaired(db, garment, seq, &order.row.code, &mended)?;
    }
    // What was taken back meanwhile is given back all the same.
    if line.state == LineState::Decided {
        cases::done(db, stamp, line.id)?;
    }
    let more = (repair_order::extended_days.eq(extended), repair_order::score.eq(said.score));
    moved!(db, stamp, order, RepairState::Done, EventKind::RepairSigned, body, more)
}

/// What was mended, from the parts that were put in or, without any, from what was reported; the days in our hands are told once.
fn mended(
    db: &mut Db,
    stamp: &Stamp,
    order: &RepairOrder,
    line: &CaseLine,
    (done_on, days_added): (NaiveDate, i64),
) -> Result<Vec<Repaired>> {
    let days: u64 = saturating(policies::value(db, Policy::RepairCoverDays, stamp.at)?);
    let covered_until = done_on.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    let named = order.parts.iter().map(|part| components::meant_by(&part.component).map_or(part.component.as_str(), |known| known.text));
    let mut all: Vec<String> = named.map(str::to_owned).collect();
    if all.is_empty() {
        all = cases::components_of(db, line)?;
    }
    if all.is_empty() {
        all.push(String::new());
    }
    all.sort_unstable();
    all.dedup();
    let under = order.row.under_kind.filter(|_| order.row.covered);
    let days_of = |place: usize| if place == 0 { days_added } else { 0 };
    let one = |(place, component)| Repaired { done_on, under, component, covered_until, days_added: days_of(place) };
    Ok(all.into_iter().enumerate().map(one).collect())
}
