//! What is done with a repair, from the quote to the signature.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{REPAIR_MACHINE, days_held, quote_text};
use super::super::{
    AcceptSaid, CheckKind, CheckSaid, HandedSaid, PaidSaid, PartSaid, QuoteSaid, ReceivedSaid, RepairReason, RepairState, SignedSaid,
};
use super::{RepairOrder, RepairPart, is_covered, repair_check, repair_order, repair_part, repair_quote};
use crate::aftersales::cases;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::read_amount;
use crate::kernel::text::folded;
use crate::kernel::{Code, Fault, Refusal, Result, saturating};
use crate::ownership::warranties;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::platform::http::sha256_hex;
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
        RepairOrder::find($db, &order.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
    }};
}

/// Quotes, or quotes anew: the buyer is asked again, whatever was agreed to before.
///
/// # Errors
/// [`Code::CoveredClaim`] for a price of a covered repair; what is wrong with the amount.
pub(in crate::aftersales::repairs) fn quote(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: QuoteSaid) -> Result<RepairOrder> {
    let minor = read_amount("price", &said.price, &said.currency)?;
    let line = cases::line(db, order.row.line_id)?.ok_or(Code::NotFound)?;
    let covered = is_covered(db, &line)?;
    if covered && minor > 0 {
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
        repair_order::covered.eq(covered),
        (
            repair_order::accepted_version.eq(None::<i64>),
            repair_order::accepted_via.eq(None::<&str>),
            repair_order::accepted_at.eq(None::<NaiveDateTime>),
        ),
    );
    moved!(db, stamp, order, RepairState::Quoted, EventKind::RepairQuoted, body, more)
}

/// The buyer agrees to the quote that holds.
///
/// # Errors
/// [`Code::QuoteChanged`] for any other.
pub(in crate::aftersales::repairs) fn accept(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: AcceptSaid) -> Result<RepairOrder> {
    REPAIR_MACHINE.check(order.row.state, RepairState::Accepted)?;
    if said.quote_version != order.row.quote_version {
        return Err(Refusal::new(Code::QuoteChanged).with("now", order.row.quote_version).into());
    }
    let body = json!({ "quote": said.quote_version, "via": said.via, "hash": order.row.text_hash });
    let more = (
        repair_order::accepted_version.eq(said.quote_version),
        repair_order::accepted_via.eq(said.via.as_str()),
        repair_order::accepted_at.eq(stamp.at),
    );
    moved!(db, stamp, order, RepairState::Accepted, EventKind::RepairAccepted, body, more)
}

/// The buyer does not want it.
pub(in crate::aftersales::repairs) fn reject(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Rejected, &said)
}

/// It is not repaired.
pub(in crate::aftersales::repairs) fn decline(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Declined, &said)
}

/// It cannot be mended: what is done instead is decided on the case.
pub(in crate::aftersales::repairs) fn beyond(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: RepairReason) -> Result<RepairOrder> {
    ended(db, stamp, order, RepairState::Beyond, &said)
}

fn ended(db: &mut Db, stamp: &Stamp, order: RepairOrder, to: RepairState, said: &RepairReason) -> Result<RepairOrder> {
    let diagnosis = if order.row.diagnosis.is_empty() { said.reason.clone() } else { format!("{}\n{}", order.row.diagnosis, said.reason) };
    moved!(db, stamp, order, to, EventKind::RepairMoved, json!({ "reason": said.reason }), repair_order::diagnosis.eq(diagnosis))
}

/// The garment is here.
///
/// # Errors
/// [`Code::DatesOutOfOrder`] for a day to come, or before the report.
pub(in crate::aftersales::repairs) fn receive(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: ReceivedSaid) -> Result<RepairOrder> {
    let line = cases::line(db, order.row.line_id)?.ok_or(Code::NotFound)?;
    in_order(line.reported_on, said.received_on, "received_on")?;
    not_to_come(stamp, said.received_on, "received_on")?;
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
pub(in crate::aftersales::repairs) fn part(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: PartSaid) -> Result<RepairOrder> {
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
    events::bump(db, "genealogy")?;
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

/// A payment is noted.
pub(in crate::aftersales::repairs) fn pay(db: &mut Db, stamp: &Stamp, order: RepairOrder, said: PaidSaid) -> Result<RepairOrder> {
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
    RepairOrder::find(db, &order.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
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
pub(in crate::aftersales::repairs) fn send(db: &mut Db, stamp: &Stamp, order: RepairOrder) -> Result<RepairOrder> {
    is_settled(&order)?;
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
    cases::done(db, stamp, order.row.line_id)?;
    let more = (repair_order::extended_days.eq(extended), repair_order::score.eq(said.score));
    moved!(db, stamp, order, RepairState::Done, EventKind::RepairSigned, body, more)
}
