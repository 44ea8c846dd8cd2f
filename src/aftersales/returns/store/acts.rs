//! What is done with a return, from the request to its end; each step tells its line and its clocks in the same write.

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{self, RETURN_MACHINE, ReturnAct};
use super::super::{DestroyGround, ReturnCost, ReturnKind, ReturnOutcome, ReturnState, ReturnlessOrigin};
use super::{ReturnAsk, ReturnOrder, SUBJECT, by_id, history, of_line, return_order, settled};
use crate::aftersales::cases::{self, CaseLine, CaseState, LineDecision, LineState, LineWork};
use crate::aftersales::ledger::{self, Cost, Payer};
use crate::aftersales::rights::{self, FreightPayer, RightFacts, SeenDefect};
use crate::aftersales::service_levels::Moment;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::money::{Money, read_amount};
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, text};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::sales::{self, SaleStatus};
use crate::ownership::warranties;
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};
use crate::production::{batches, skus};
use crate::{each, step};

/// Sets columns of a return beside its state, in the write that moved it.
macro_rules! set {
    ($db:expr, $order:expr, $($what:expr),+ $(,)?) => {
        each!($db, |c| diesel::update(return_order::table.filter(return_order::id.eq($order.id))).set(($($what,)+)).execute(c))?
    };
}

/// What the buyer of a line may ask for on a day, with what they say is wrong and what was found.
pub fn rights_of(db: &mut Db, line: &CaseLine, today: NaiveDate) -> Result<rights::RightsAnswer> {
    let facts = rights::facts(db, line.garment_id, today, None)?;
    rights::RightsAnswer::of(db, with_claim(facts, line))
}

/// Asks for a return of a line. It rests on a right that the buyer has today, or is goodwill with a reason.
///
/// # Errors
/// [`Code::UnknownReference`] for `case` or `line`; [`Code::WrongState`] for one that is over or was settled; [`Code::Duplicate`] and [`Code::UnderWay`] as [`cases::began`];
/// [`Code::NoRight`] for a rule that gives nothing today; [`Code::NotSold`].
pub fn request(db: &mut Db, stamp: &Stamp, zone: Tz, ask: &ReturnAsk) -> Result<ReturnOrder> {
    let (_, line) = cases::line_said(db, &ask.case, ask.line)?;
    if !matches!(line.state, LineState::Open | LineState::Decided) {
        return Err(refused_in(line.state).into());
    }
    // What was settled is contested or settled further; it does not come back twice.
    if let Some(before) = of_line(db, line.id)?.filter(|before| before.state == ReturnState::Settled) {
        return Err(RETURN_MACHINE.refused(before.state).into());
    }
    cases::began(db, stamp, line.id, LineWork::Return)?;
    let sale = sales::latest(db, line.garment_id)?
        .filter(|sale| Some(sale.seq) == line.sale_seq || line.sale_seq.is_none())
        .ok_or(Code::NotSold)?;
    let note = text::optional_line("note", &ask.note, 500)?;
    let mut order = ReturnOrder { kind: ReturnKind::Goodwill, freight: ask.freight, ..ReturnOrder::default() };
    match &ask.rule {
        None if note.is_empty() => return Err(Fault::new("note", Code::Missing).into()),
        None => {}
        Some(rule) => {
            let right = rights_of(db, &line, local_date(stamp.at, zone))?.rights.into_iter().find(|right| &right.rule == rule);
            let right = right.ok_or_else(|| Refusal::new(Code::NoRight).with("rule", rule))?;
            order = ReturnOrder {
                kind: rules::kind_of(right.kind),
                freight: right.freight,
                rule: right.rule,
                rule_version: right.version,
                ..order
            };
        }
    }
    let id = stamp.id();
    each!(db, |c| diesel::insert_into(return_order::table)
        .values((
            return_order::id.eq(id),
            return_order::line_id.eq(line.id),
            return_order::case_id.eq(line.case_id),
            return_order::garment_id.eq(line.garment_id),
            return_order::sale_seq.eq(sale.seq),
            return_order::state.eq(ReturnState::Requested.as_str()),
            return_order::kind.eq(order.kind.as_str()),
            return_order::rule.eq(&order.rule),
            (
                return_order::rule_version.eq(order.rule_version),
                return_order::freight.eq(order.freight.as_str()),
                return_order::waybill.eq(""),
                return_order::note.eq(&note),
                return_order::report.eq(""),
                return_order::requested_at.eq(stamp.at),
                return_order::inspected_by.eq(""),
                return_order::returnless_by.eq(""),
                return_order::version.eq(1),
            ),
        ))
        .execute(c))?;
    let body = json!({ "line": line.line_no, "kind": order.kind, "rule": order.rule, "rule_version": order.rule_version, "freight": order.freight });
    events::append(db, stamp, EventKind::ReturnRequested, Subject::Thing(SUBJECT, id.0), &body)?;
    by_id(db, id)
}

/// What the buyer says of the line is a fact for rights, as said and not found.
fn with_claim(facts: RightFacts, line: &CaseLine) -> RightFacts {
    let found = line.found_defect.clone().zip(line.inspected_on).map(|(code, day)| (code, day, true));
    let said = line.defect_code.clone().map(|code| (code, line.reported_on, false));
    let seen = found.into_iter().chain(said).map(|(code, seen_on, is_found)| SeenDefect { code, measured: None, seen_on, is_found });
    RightFacts { defects: facts.defects.into_iter().chain(seen).collect(), ..facts }
}

/// One step of a return, with its event.
pub(super) fn go(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, to: ReturnState, said: &Value) -> Result<ReturnOrder> {
    let (was_over, is_over) = (rules::is_over(order.state), rules::is_over(to));
    let ended = return_order::ended_at.eq(is_over.then_some(stamp.at));
    let row = return_order::table.filter(return_order::id.eq(order.id));
    step!(db, row, return_order::state, return_order::version, RETURN_MACHINE, order.state => to, order.version, ended);
    let body = json!({ "changes": { "state": { "from": order.state, "to": to } }, "said": said });
    events::append(db, stamp, EventKind::ReturnMoved, Subject::Thing(SUBJECT, order.id.0), &body)?;
    match (was_over, is_over) {
        (false, true) => cases::over(db, order.line_id, LineWork::Return)?,
        (true, false) => cases::began(db, stamp, order.line_id, LineWork::Return)?,
        _ => {}
    }
    by_id(db, order.id)
}

/// Does something with a return, if it is still as it was read, where the caller says which version that was.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] with what is allowed now; [`Code::Stale`]; [`Code::NotInspected`], [`Code::AnotherInspector`] at the gate.
pub fn act(db: &mut Db, stamp: &Stamp, zone: Tz, id: Id, version: Option<i64>, act: &ReturnAct) -> Result<ReturnOrder> {
    let order = by_id(db, id)?;
    if version.is_some_and(|version| version != order.version) {
        return Err(Code::Stale.into());
    }
    if act.is_done(&order) {
        return Ok(order);
    }
    let today = local_date(stamp.at, zone);
    let line = order.line_id;
    let needed = |field: &'static str, text: &str| text::line(field, text, 500);
    let none = Value::Null;
    let Some(to) = act.to() else {
        beside(db, stamp, &order, today, act)?;
        return by_id(db, id);
    };
    match act {
        ReturnAct::AskMore { note } => {
            let note = needed("note", note)?;
            let moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::note.eq(&note));
            cases::ask_buyer(db, stamp, line, &note)?;
        }
        ReturnAct::Reject { note } => {
            let note = needed("note", note)?;
            let moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::note.eq(&note));
            // What the desk grants instead stands.
            if line_of(db, &order)?.decided.is_none_or(is_of_a_return) {
                cases::refuse(db, stamp, line, &note)?;
            }
            cases::happened(db, stamp, line, Moment::Rejected)?;
        }
        ReturnAct::Answered { note } => {
            let note = text::optional_line("note", note, 500)?;
            let moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::note.eq(note));
            cases::turn(db, stamp, order.case_id, CaseState::InProgress)?;
        }
        ReturnAct::Approve { inbound } => {
            let mut moved = go(db, stamp, &order, to, &none)?;
            set!(db, moved, return_order::approved_at.eq(stamp.at));
            let now = line_of(db, &order)?;
            if now.state == LineState::Open {
                cases::decide(db, stamp, line, rules::granted(now.wanted))?;
            }
            cases::happened(db, stamp, line, Moment::Approved)?;
            if let Some(inbound) = inbound {
                moved = go(db, stamp, &moved, ReturnState::AwaitingInbound, &json!({ "inbound": inbound }))?;
                set!(db, moved, return_order::inbound.eq(inbound.as_str()));
            }
        }
        ReturnAct::SendBack { inbound } => {
            let moved = go(db, stamp, &order, to, &json!({ "inbound": inbound }))?;
            set!(db, moved, return_order::inbound.eq(inbound.as_str()));
        }
        ReturnAct::Returnless { origin, note, outcome } => returnless(db, stamp, &order, *origin, &needed("note", note)?, *outcome)?,
        ReturnAct::Sent { waybill } => {
            sent(db, stamp, &order, to, waybill)?;
            cases::happened(db, stamp, line, Moment::Collected)?;
        }
        ReturnAct::GiveBack { waybill } => sent(db, stamp, &order, to, waybill)?,
        ReturnAct::Received { on } => {
            let day = on.unwrap_or(today);
            if day > today || day < local_date(order.requested_at, zone) {
                let fault = Fault::new("on", Code::OutOfRange).with("min", local_date(order.requested_at, zone)).with("max", today);
                return Err(fault.into());
            }
            let moved = go(db, stamp, &order, to, &json!({ "on": day }))?;
            set!(db, moved, return_order::received_on.eq(day));
            cases::happened(db, stamp, line, Moment::Received)?;
        }
        ReturnAct::Accept { report, partly, amount } => {
            let part = part_of(db, &order, *partly, amount.as_deref())?;
            accept(db, stamp, zone, &order, to, report, part)?;
        }
        ReturnAct::Refuse { report } => {
            let (moved, report) = looked_at(db, stamp, &order, to, report)?;
            // What was accepted in part has ended its sale already.
            if moved.accepted_minor.is_some() {
                return Err(refused_in(ReturnState::PartlyAccepted).into());
            }
            cases::refuse(db, stamp, line, &report)?;
            cases::happened(db, stamp, line, Moment::Rejected)?;
        }
        ReturnAct::Dispute { note } => {
            if !rules::may_be_disputed(&order) {
                return Err(RETURN_MACHINE.refused(order.state).into());
            }
            let note = needed("note", note)?;
            // Its line is over where it was refused, or a part was paid.
            if order.state != ReturnState::PartlyAccepted {
                cases::open_again(db, stamp, line, &note)?;
            }
            let moved = go(db, stamp, &order, to, &json!({ "disputed": true }))?;
            let none = None::<i64>;
            set!(db, moved, return_order::note.eq(&note), return_order::disputed_at.eq(stamp.at), return_order::settlement_id.eq(none));
            cases::happened(db, stamp, line, Moment::Disputed)?;
        }
        ReturnAct::Inspect {} => {
            // What was found comes back to the inspector by a dispute alone.
            if order.state != ReturnState::Received {
                return Err(RETURN_MACHINE.refused(order.state).into());
            }
            go(db, stamp, &order, to, &none)?;
        }
        ReturnAct::Settled { outcome } => {
            // What stays with its buyer is settled by a decision of its own, what a settlement gives when that is paid.
            if order.state == ReturnState::Approved || order.settlement_id.is_some() {
                return Err(refused_in(order.state).into());
            }
            settled::end(db, stamp, &order, *outcome)?;
            match outcome {
                // Its repair says when it is done.
                ReturnOutcome::Repair => cases::decide(db, stamp, line, LineDecision::Repair)?,
                _ => cases::carried_out(db, stamp, line, outcome.decision())?,
            }
        }
        ReturnAct::Settle {} => drop(go(db, stamp, &order, to, &none)?),
        ReturnAct::Close {} => {
            go(db, stamp, &order, to, &none)?;
            cases::happened(db, stamp, line, Moment::Settled)?;
        }
        ReturnAct::Withdraw {} => {
            go(db, stamp, &order, to, &none)?;
            kept(db, stamp, &order, "withdrawn")?;
        }
        ReturnAct::Destroy { .. } | ReturnAct::Cost { .. } => {}
    }
    by_id(db, id)
}

/// What leaves a return where it stands.
fn beside(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, today: NaiveDate, act: &ReturnAct) -> Result<()> {
    match act {
        ReturnAct::Destroy { ground, weight_g, photo, document } => {
            destroy(db, stamp, order, today, (*ground, *weight_g), (*photo, document))
        }
        ReturnAct::Cost { kind, amount, reference } => spend(db, stamp, order, today, *kind, (amount, reference)),
        _ => Ok(()),
    }
}

/// Posts what was spent on a return. Its way here is charged to whom the right says, unless the claim is covered; everything else is ours until a
/// verdict moves it.
fn spend(
    db: &mut Db,
    stamp: &Stamp,
    order: &ReturnOrder,
    today: NaiveDate,
    kind: ReturnCost,
    (amount, reference): (&str, &str),
) -> Result<()> {
    let currency = sale_of(db, order)?.currency.unwrap_or_else(|| sales::CURRENCY.to_owned());
    let reference = text::optional_line("reference", reference, 120)?;
    let line = line_of(db, order)?;
    let is_theirs = kind == ReturnCost::Inbound && order.freight == FreightPayer::Buyer;
    let cost = Cost {
        case: order.case_id,
        line: Some(order.line_id),
        kind: kind.ledger_kind(order.inbound),
        money: Money { minor: read_amount("amount", amount, &currency)?, currency },
        occurred_on: today,
        payer: if is_theirs { ledger::payer_of_way(db, &line)? } else { Payer::Brand },
        settlement: None,
        reference: if reference.is_empty() { order.waybill.clone() } else { reference },
    };
    ledger::post(db, stamp, &cost).map(drop)
}

fn line_of(db: &mut Db, order: &ReturnOrder) -> Result<CaseLine> {
    cases::line(db, order.line_id)?.ok_or_else(|| Error::broken("a return without its line"))
}

/// The buyer keeps the garment: nothing is done about its line any more, unless the desk granted something else, which stands.
pub(super) fn kept(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, why: &str) -> Result<()> {
    if line_of(db, order)?.decided.is_none_or(is_of_a_return) { cases::withdraw(db, stamp, order.line_id, why) } else { Ok(()) }
}

fn sale_of(db: &mut Db, order: &ReturnOrder) -> Result<sales::Sale> {
    sales::of_seq(db, order.garment_id, order.sale_seq)?.ok_or_else(|| Error::broken("a return without its sale"))
}

/// Whether it is what a buyer gets who gives something back.
const fn is_of_a_return(decision: LineDecision) -> bool {
    matches!(decision, LineDecision::Refund | LineDecision::Exchange | LineDecision::Credit)
}

/// It is on its way: to us, or back to its buyer.
fn sent(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, to: ReturnState, waybill: &str) -> Result<()> {
    let waybill = text::optional_line("waybill", waybill, 80)?;
    let moved = go(db, stamp, order, to, &json!({ "waybill": waybill }))?;
    set!(db, moved, return_order::waybill.eq(waybill));
    Ok(())
}

/// What of the price is accepted, in minor units, where it is a part.
fn part_of(db: &mut Db, order: &ReturnOrder, is_part: bool, amount: Option<&str>) -> Result<Option<i64>> {
    let amount = amount.map(str::trim).filter(|text| !text.is_empty());
    let text = match (is_part, amount) {
        (false, None) => return Ok(None),
        (false, Some(_)) => return Err(Fault::new("amount", Code::DoesNotApply).with("with", "accept").into()),
        (true, None) => return Err(Fault::new("amount", Code::Missing).into()),
        (true, Some(text)) => text,
    };
    let sale = sale_of(db, order)?;
    let currency = sale.currency.clone().unwrap_or_else(|| sales::CURRENCY.to_owned());
    let minor = read_amount("amount", text, &currency)?;
    let most = sale.price_minor.map_or(i64::MAX, |price| price - 1);
    // No less than was given for it already.
    let least = sale.refund_reserved_minor.max(1);
    if (least..=most).contains(&minor) {
        return Ok(Some(minor));
    }
    let said = |minor| Money { minor, currency: currency.clone() }.amount();
    Err(Fault::new("amount", Code::OutOfRange).with("min", said(least)).with("max", said(most)).into())
}

/// What the inspection says of what is here, through the gate: the return in its new state, with the report.
fn looked_at(db: &mut Db, stamp: &Stamp, order: &ReturnOrder, to: ReturnState, report: &str) -> Result<(ReturnOrder, String)> {
    let line = line_of(db, order)?;
    let report = rules::gate(order, &line, &stamp.actor, report)?;
    looked_at_again(db, order, &line)?;
    let inspecting = match order.state {
        ReturnState::Received => go(db, stamp, order, ReturnState::Inspecting, &Value::Null)?,
        ReturnState::Inspecting => order.clone(),
        other => return Err(RETURN_MACHINE.refused(other).into()),
    };
    let moved = go(db, stamp, &inspecting, to, &json!({ "inspected_on": line.inspected_on, "found": line.found_defect }))?;
    set!(db, moved, return_order::report.eq(&report), return_order::inspected_by.eq(&stamp.actor));
    Ok((moved, report))
}

/// Whether somebody else has looked at what is contested, since it was.
fn looked_at_again(db: &mut Db, order: &ReturnOrder, line: &CaseLine) -> Result<()> {
    if order.disputed_at.is_none() {
        return Ok(());
    }
    let mut contested = 0;
    for fact in history(db, order.id)? {
        if fact.document()?.pointer("/said/disputed") == Some(&Value::Bool(true)) {
            contested = fact.id;
        }
    }
    let since = cases::inspectors_since(db, line, contested)?;
    if since.is_empty() {
        return Err(Fault::new("inspected_on", Code::NotInspected).into());
    }
    if since.iter().all(|actor| *actor == order.inspected_by) { Err(Code::AnotherInspector.into()) } else { Ok(()) }
}

/// What is accepted ends the sale, and what nobody else should wear is never sold again.
fn accept(db: &mut Db, stamp: &Stamp, zone: Tz, order: &ReturnOrder, to: ReturnState, report: &str, part: Option<i64>) -> Result<()> {
    let (moved, _) = looked_at(db, stamp, order, to, report)?;
    set!(db, moved, return_order::accepted_minor.eq(part));
    // What was refused meanwhile without having been seen is decided anew.
    if !line_of(db, order)?.state.is_live() {
        cases::open_again(db, stamp, order.line_id, report)?;
    }
    let returned_on = order.received_on.unwrap_or_else(|| local_date(stamp.at, zone));
    // A second inspection finds the sale ended by the first.
    if sale_of(db, order)?.status == SaleStatus::Live {
        sales::end_sale(db, stamp, zone, order.garment_id, returned_on)?;
    }
    let batch = batches::batch(db, order.garment_id.batch())?.ok_or_else(|| Error::broken("a garment of no batch"))?;
    let styled = skus::styled(db, batch.sku_id)?;
    if rights::is_intimate(db, &styled.style.category)? {
        garments::hold(db, stamp, order.garment_id, HoldKind::Hygiene, "returned")?;
    }
    cases::happened(db, stamp, order.line_id, Moment::Accepted)
}

/// What is here is destroyed, once, with the evidence of it: nobody sells or claims it any more.
fn destroy(
    db: &mut Db,
    stamp: &Stamp,
    order: &ReturnOrder,
    today: NaiveDate,
    (ground, weight_g): (DestroyGround, i64),
    (photo, document): (Option<Id>, &str),
) -> Result<()> {
    if !rules::is_ours(order) {
        return Err(RETURN_MACHINE.refused(order.state).into());
    }
    if order.destroyed.destroyed_on.is_some() {
        return Err(refused_in(HoldKind::Destroyed).into());
    }
    let document = text::optional_line("document", document, 120)?;
    if document.is_empty() && photo.is_none() {
        return Err(Fault::new("document", Code::Missing).into());
    }
    if !(1..=WEIGHT_MAX).contains(&weight_g) {
        return Err(Fault::new("weight_g", Code::OutOfRange).with("min", 1).with("max", WEIGHT_MAX).into());
    }
    if let Some(photo) = photo
        && !cases::photos(db, order.case_id)?.iter().any(|one| one.id == photo)
    {
        return Err(Fault::new("photo", Code::UnknownReference).with("value", photo).into());
    }
    let as_read = return_order::version.eq(order.version);
    let said = (
        return_order::destroyed_on.eq(today),
        return_order::destroyed_ground.eq(ground.as_str()),
        return_order::destroyed_weight_g.eq(weight_g),
        return_order::destroyed_photo.eq(photo.map(|id| id.0)),
        return_order::destroyed_document.eq(&document),
        return_order::version.eq(order.version + 1),
    );
    let row = return_order::table.filter(return_order::id.eq(order.id).and(as_read));
    if each!(db, |c| diesel::update(row).set(said).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    garments::hold(db, stamp, order.garment_id, HoldKind::Destroyed, ground.as_str())?;
    let body = json!({ "ground": ground, "weight_g": weight_g, "photo": photo, "document": document, "on": today });
    events::append(db, stamp, EventKind::ReturnDestroyed, Subject::Thing(SUBJECT, order.id.0), &body)
}

/// The most a garment weighs, in grams.
const WEIGHT_MAX: i64 = 50_000;

/// The goods stay with the buyer: a person of ours decides that, with a ground.
fn returnless(
    db: &mut Db,
    stamp: &Stamp,
    order: &ReturnOrder,
    origin: ReturnlessOrigin,
    ground: &str,
    outcome: ReturnOutcome,
) -> Result<()> {
    if !stamp.actor.starts_with("staff:") {
        return Err(Code::PersonNeeded.into());
    }
    if order.state != ReturnState::Approved {
        return Err(refused_in(order.state).into());
    }
    let moved = go(db, stamp, order, ReturnState::Settled, &json!({ "returnless": origin, "outcome": outcome }))?;
    set!(
        db,
        moved,
        return_order::returnless_origin.eq(origin.as_str()),
        return_order::returnless_by.eq(&stamp.actor),
        return_order::outcome.eq(outcome.as_str()),
        return_order::note.eq(ground),
    );
    cases::decide(db, stamp, order.line_id, outcome.decision())?;
    cases::happened(db, stamp, order.line_id, Moment::PhotoApproved)?;
    match warranties::void(db, stamp, order.garment_id, "") {
        // Sold without one, or void already.
        Err(Error::Refused(refusal)) if matches!(refusal.code, Code::NotSold | Code::WrongState) => {}
        other => drop(other?),
    }
    garments::hold(db, stamp, order.garment_id, HoldKind::Kept, "returnless")
}
