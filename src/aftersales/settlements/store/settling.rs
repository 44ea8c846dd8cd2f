//! Settlements, from asking to paying.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::rules::{SETTLEMENT_MACHINE, approved, cost_of, may_go_on, outcome_of, work_of};
use super::super::{LedgerKind, Payer, SettlementKind, SettlementState};
use super::{exchange, settlement};
use crate::aftersales::cases::{self, CaseLine, LineDecision, LineState};
use crate::aftersales::ledger::{self, Cost, minor_of, post};
use crate::aftersales::returns;
use crate::aftersales::service_levels::Moment;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::{MachineState, refused_in};
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::sales::{self, Sale};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::ListWindow;
use crate::{each, keyset, step};

/// What is given for a line of a case.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlement, treat_none_as_default_value = false)]
pub struct Settlement {
    /// Its id.
    pub id: Id,
    /// The case.
    pub case_id: Id,
    /// The line of it.
    pub line_id: Id,
    /// The garment.
    pub garment_id: GarmentId,
    /// Which of its sales.
    pub sale_seq: i64,
    /// How it is settled.
    pub kind: SettlementKind,
    /// Where it stands.
    pub state: SettlementState,
    /// What the buyer is given back, in minor units.
    pub amount_minor: i64,
    /// Of this currency: that of the sale.
    pub currency: String,
    /// The garment given in exchange.
    pub new_garment_id: Option<GarmentId>,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub author: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// Who approved it as well.
    pub second_approver: Option<String>,
    /// Whether it takes two.
    pub needs_two: bool,
    /// With which payout it was handed over.
    pub payout_id: Option<Id>,
    /// The bank's reference, or empty.
    pub payout_ref: String,
    /// Why it could not be paid, or empty.
    pub failure: String,
    /// The day it was paid or handed over.
    pub paid_on: Option<NaiveDate>,
    /// When it was asked for, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
    /// The one it goes on with, where a part of the price was given before.
    pub further_of: Option<Id>,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct SettlementAsk {
    /// The line of a case.
    pub line: Id,
    /// How to settle it.
    pub kind: SettlementKind,
    /// What is given back, in minor units of the sale's currency; None for all that is left, and nothing in an exchange.
    pub amount_minor: Option<i64>,
    /// What was paid, where the sale has no price.
    pub price: Option<Money>,
    /// The garment given in exchange.
    pub new_garment: Option<GarmentId>,
    /// Why.
    pub reason: String,
}

/// How a settlement was paid or handed over.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'a> {
    /// The bank's reference; of an exchange the waybill.
    pub reference: &'a str,
    /// The day.
    pub paid_on: NaiveDate,
    /// What the garment given in exchange cost, in minor units of the sale's currency.
    pub goods_minor: Option<i64>,
    /// What its way to the buyer cost, likewise.
    pub freight_minor: Option<i64>,
}

impl Settlement {
    /// What somebody asks for of a sale, before anybody approved it.
    fn asked(stamp: &Stamp, line: &CaseLine, seq: i64, ask: &SettlementAsk, money: Money) -> Self {
        Self {
            id: stamp.id(),
            case_id: line.case_id,
            line_id: line.id,
            garment_id: line.garment_id,
            sale_seq: seq,
            kind: ask.kind,
            state: SettlementState::Authorised,
            amount_minor: money.minor,
            currency: money.currency,
            new_garment_id: None,
            reason: ask.reason.clone(),
            author: stamp.actor.clone(),
            approver: None,
            second_approver: None,
            needs_two: false,
            payout_id: None,
            payout_ref: String::new(),
            failure: String::new(),
            paid_on: None,
            created_at: stamp.at,
            version: 1,
            further_of: None,
        }
    }

    /// What is given back.
    pub fn money(&self) -> Money {
        Money { minor: self.amount_minor, currency: self.currency.clone() }
    }
}

/// Which settlements a list shows.
#[derive(Clone, Debug, Default)]
pub struct SettlementFilter {
    /// Only in this state.
    pub state: Option<SettlementState>,
    /// Only of this kind.
    pub kind: Option<SettlementKind>,
    /// Only of this payout.
    pub payout: Option<Id>,
    /// Only of this case.
    pub case: Option<Id>,
}

/// A stretch of the list, the latest first.
pub fn list(db: &mut Db, filter: &SettlementFilter, window: &ListWindow) -> Result<Vec<Settlement>> {
    let window = window.of_ids()?;
    Ok(each!(db, |c| {
        let mut query = settlement::table.select(Settlement::as_select()).into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(settlement::state.eq(state.as_str()));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(settlement::kind.eq(kind.as_str()));
        }
        if let Some(payout) = filter.payout {
            query = query.filter(settlement::payout_id.eq(payout));
        }
        if let Some(case) = filter.case {
            query = query.filter(settlement::case_id.eq(case));
        }
        keyset!(c, query, newest settlement::id, window)
    })?)
}

/// Settlements by their ids, in no order.
pub fn with_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<Settlement>> {
    in_chunks(ids, |ids| each!(db, |c| settlement::table.filter(settlement::id.eq_any(ids)).select(Settlement::as_select()).load(c)))
}

fn one(db: &mut Db, id: Id) -> Result<Settlement> {
    with_ids(db, &[id])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// The settlements of a line, the void ones included, oldest first.
pub fn of_line(db: &mut Db, line: Id) -> Result<Vec<Settlement>> {
    Ok(each!(db, |c| settlement::table.filter(settlement::line_id.eq(line)).order(settlement::id).select(Settlement::as_select()).load(c))?)
}

/// The settlements of a payout.
pub fn of_payout(db: &mut Db, payout: Id) -> Result<Vec<Settlement>> {
    Ok(each!(db, |c| settlement::table
        .filter(settlement::payout_id.eq(payout))
        .order(settlement::id)
        .select(Settlement::as_select())
        .load(c))?)
}

/// The last that was given for a sale, or is to be.
fn live(db: &mut Db, garment: GarmentId, seq: i64) -> Result<Option<Settlement>> {
    let of = settlement::garment_id.eq(garment).and(settlement::sale_seq.eq(seq)).and(settlement::state.ne(SettlementState::Void.as_str()));
    let of = of.and(settlement::kind.ne(SettlementKind::Compensation.as_str()));
    let last = settlement::table.filter(of).order(settlement::id.desc()).limit(1);
    let found: Vec<Settlement> = each!(db, |c| last.select(Settlement::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

fn already_settled(before: &Settlement) -> Error {
    let (zh, en) = (before.kind.word(Lang::Zh), before.kind.word(Lang::En));
    let refusal = Refusal::new(Code::AlreadySettled).with("kind", before.kind.text()).with("kind_zh", zh).with("kind_en", en);
    refusal.with("settlement", before.id).into()
}

/// Leaves an event at the settlement and at its case.
fn tell(db: &mut Db, stamp: &Stamp, kind: EventKind, of: &Settlement, more: &[(&str, Value)]) -> Result<()> {
    let mut body = json!({ "settlement": of.id, "line": of.line_id, "kind": of.kind, "amount": of.money() });
    if let Value::Object(body) = &mut body {
        body.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    events::append(db, stamp, kind, Subject::Thing("settlement", of.id.0), &body)?;
    events::append(db, stamp, kind, Subject::Thing("case", of.case_id.0), &body)
}

/// The sale with its price, which is recorded now where it had none.
fn priced(db: &mut Db, stamp: &Stamp, sale: Sale, said: Option<&Money>) -> Result<(Sale, Money)> {
    match (sale.price(), said) {
        (Some(price), None) => Ok((sale, price)),
        (Some(price), Some(said)) if price == *said => Ok((sale, price)),
        (Some(price), Some(said)) => {
            let allowed = price.amount();
            Err(Fault::new("price_paid", Code::NotOneOf).with("value", said.amount()).with("allowed", allowed).into())
        }
        (None, None) => Err(Fault::new("price_paid", Code::NoPrice).into()),
        (None, Some(said)) => {
            sales::record_price(db, stamp, sale.garment, sale.seq, said)?;
            Ok((Sale { price_minor: Some(said.minor), currency: Some(said.currency.clone()), ..sale }, said.clone()))
        }
    }
}

/// Asks for a settlement: sets aside what it takes of the price.
///
/// # Errors
/// [`Code::NotSold`] for a garment that was sold to nobody; [`Code::NoPrice`] for a sale without a price; [`Code::AlreadySettled`] for a sale that
/// is settled, but for what was paid in part and goes on; [`Code::BeyondPaid`] for more than is left, [`Code::BeyondAccepted`] for more than the inspection accepted; [`Code::WrongState`] for a
/// line that is over and for a return that is under way; what keeps a garment from being given.
pub fn authorise(db: &mut Db, stamp: &Stamp, ask: &SettlementAsk) -> Result<Settlement> {
    let line = cases::line(db, ask.line)?.ok_or(Code::NotFound)?;
    if ask.kind == SettlementKind::Compensation {
        return compensate(db, stamp, ask, &line);
    }
    if !matches!(line.state, LineState::Open | LineState::Decided) {
        return Err(refused_in(line.state).into());
    }
    let sale = match line.sale_seq {
        Some(seq) => sales::of_seq(db, line.garment_id, seq)?,
        None => None,
    };
    let sale = sale.ok_or(Code::NotSold)?;
    // Nothing is given for what is still on its way back, or was refused.
    let order = returns::of_line(db, line.id)?;
    let part = order.as_ref().map(returns::accepted_part).transpose()?.flatten();
    let before = live(db, sale.garment, sale.seq)?;
    if let Some(before) = &before
        && !(may_go_on(before.kind, before.state, ask.kind) && sale.refundable().is_some_and(|left| left.minor > 0))
    {
        return Err(already_settled(before));
    }
    let (sale, price) = priced(db, stamp, sale, ask.price.as_ref())?;
    let is_exchange = ask.kind == SettlementKind::Exchange;
    let (given, least) = (sale.refund_reserved_minor, i64::from(!is_exchange));
    let left = part.unwrap_or(price.minor).min(price.minor) - given;
    // Where nothing is left, the least there is is asked in vain, and the refusal says so.
    let amount_minor = ask.amount_minor.unwrap_or(if is_exchange { 0 } else { left.max(least) });
    if amount_minor < least {
        let said = |minor| Money { minor, currency: price.currency.clone() }.amount();
        return Err(Fault::new("amount", Code::OutOfRange).with("min", said(least)).with("max", said(left)).into());
    }
    // An exchange gives goods for the whole price.
    let worth = if is_exchange { price.minor } else { amount_minor };
    within_part(part, (given, worth), &price)?;
    sales::reserve_refund(db, sale.garment, sale.seq, amount_minor)?;
    let new_garment = match (is_exchange, ask.new_garment) {
        (true, Some(garment)) => {
            exchange::set_aside(db, stamp, garment, sale.garment)?;
            Some(garment)
        }
        (true, None) => return Err(Fault::new("new_serial", Code::Missing).into()),
        (false, None) => None,
        (false, Some(_)) => return Err(Fault::new("new_serial", Code::UnknownField).into()),
    };
    let limit = minor_of(policies::value(db, Policy::TwoApproveFrom, stamp.at)?, &price.currency);
    let asked = Settlement::asked(stamp, &line, sale.seq, ask, Money { minor: amount_minor, ..price });
    let further_of = before.map(|before| before.id);
    let row = begin(db, stamp, Settlement { new_garment_id: new_garment, needs_two: worth >= limit, further_of, ..asked })?;
    if let Some(order) = order {
        returns::settling(db, stamp, &order, row.id)?;
    }
    // What is given as goodwill is decided as that.
    if let Some(outcome) = outcome_of(row.kind).filter(|_| line.decided != Some(LineDecision::Goodwill)) {
        cases::decide(db, stamp, line.id, outcome.decision())?;
    }
    cases::happened(db, stamp, line.id, Moment::Authorised)?;
    Ok(row)
}

/// Asks for compensation: money beyond what was paid, which settles nothing. It sets nothing aside, and the line goes its way; it is held against its
/// cap now and once more when it is paid.
fn compensate(db: &mut Db, stamp: &Stamp, ask: &SettlementAsk, line: &CaseLine) -> Result<Settlement> {
    if is_dropped(line.state) {
        return Err(refused_in(line.state).into());
    }
    if ask.new_garment.is_some() {
        return Err(Fault::new("new_serial", Code::UnknownField).into());
    }
    let sale = line.sale_seq.map_or(Ok(None), |seq| sales::of_seq(db, line.garment_id, seq))?.ok_or(Code::NotSold)?;
    let (sale, price) = priced(db, stamp, sale, ask.price.as_ref())?;
    let minor = ask.amount_minor.ok_or_else(|| Fault::new("amount", Code::Missing))?;
    let money = Money { minor, ..price.clone() };
    if minor < 1 {
        let said = |minor| Money { minor, ..price.clone() }.amount();
        return Err(Fault::new("amount", Code::OutOfRange).with("min", said(1)).with("max", said(price.minor)).into());
    }
    ledger::within_cap(db, stamp, line, &money)?;
    let needs_two = minor >= minor_of(policies::value(db, Policy::TwoApproveFrom, stamp.at)?, &money.currency);
    begin(db, stamp, Settlement { needs_two, ..Settlement::asked(stamp, line, sale.seq, ask, money) })
}

/// Writes what is asked for, with its event.
fn begin(db: &mut Db, stamp: &Stamp, row: Settlement) -> Result<Settlement> {
    match each!(db, |c| diesel::insert_into(settlement::table).values(&row).execute(c)).map_err(Error::from) {
        // Somebody else settled it since it was looked for: run again, this finds theirs and says so.
        Err(Error::Refused(refusal)) if refusal.code == Code::Duplicate => return Err(Error::Retry),
        other => drop(other?),
    }
    cases::began(db, stamp, row.line_id, work_of(row.kind))?;
    tell(db, stamp, EventKind::SettlementAuthorised, &row, &[("reason", row.reason.as_str().into())])?;
    Ok(row)
}

/// Holds what is asked for against what the inspection accepted of what came back, and was not given yet.
fn within_part(part: Option<i64>, (given, worth): (i64, i64), price: &Money) -> Result<()> {
    let Some(part) = part.filter(|part| given + worth > *part) else { return Ok(()) };
    let said = |minor| Money { minor, currency: price.currency.clone() }.amount();
    let fault = Fault::new("amount", Code::BeyondAccepted).with("asked", said(worth)).with("left", said(part - given));
    let fault = fault.with("rest", said(price.minor - part)).with("currency", &price.currency);
    Err(Refusal { code: fault.code, args: fault.args.clone(), faults: vec![fault] }.into())
}

/// Whether it is still owed: nobody took the line back, refused it, or put it into another case since.
fn is_owed(db: &mut Db, of: &Settlement) -> Result<()> {
    match cases::line(db, of.line_id)?.map(|line| line.state) {
        Some(state) if is_dropped(state) => Err(refused_in(state).into()),
        _ => Ok(()),
    }
}

const fn is_dropped(state: LineState) -> bool {
    matches!(state, LineState::Withdrawn | LineState::Refused | LineState::Merged)
}

/// Approves a settlement: it may be paid once everybody it takes has.
///
/// # Errors
/// [`Code::NeedsAnother`] for whoever asked for it or approved it before; [`Code::WrongState`]; [`Code::Stale`].
pub fn approve(db: &mut Db, stamp: &Stamp, before: &Settlement) -> Result<Settlement> {
    SETTLEMENT_MACHINE.check(before.state, SettlementState::Approved)?;
    is_owed(db, before)?;
    let is_approved = approved(&before.author, before.approver.as_deref(), before.needs_two, &stamp.actor)?;
    let actor = Some(stamp.actor.as_str());
    let (first, second) = match &before.approver {
        None => (actor, None),
        Some(first) => (Some(first.as_str()), actor),
    };
    let who = (settlement::approver.eq(first), settlement::second_approver.eq(second));
    let row = settlement::table.find(before.id.0);
    if is_approved {
        step!(db, row, settlement::state, settlement::version, SETTLEMENT_MACHINE,
            before.state => SettlementState::Approved, before.version, who);
    } else {
        let as_read = settlement::state.eq(before.state.as_str()).and(settlement::version.eq(before.version));
        let noted = each!(db, |c| diesel::update(row.filter(as_read)).set((settlement::version.eq(before.version + 1), who)).execute(c))?;
        if noted == 0 {
            return Err(Code::Stale.into());
        }
    }
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::SettlementApproved, &after, &[("needs_another", (!is_approved).into())])?;
    Ok(after)
}

/// Hands approved settlements over for payment, and once more those whose payment failed. Gives the payout they are in.
///
/// # Errors
/// [`Code::WrongState`] for one that is neither; [`Code::Missing`] for none at all.
pub fn submit(db: &mut Db, stamp: &Stamp, all: &[Settlement]) -> Result<Id> {
    if all.is_empty() {
        return Err(Fault::new("settlements", Code::Missing).into());
    }
    let payout = stamp.id();
    for before in all {
        is_owed(db, before)?;
        step!(db, settlement::table.find(before.id.0), settlement::state, settlement::version, SETTLEMENT_MACHINE,
            before.state => SettlementState::Submitted, before.version, (settlement::payout_id.eq(payout), settlement::failure.eq("")));
        tell(db, stamp, EventKind::SettlementSubmitted, before, &[("payout", payout.to_string().into())])?;
    }
    Ok(payout)
}

/// Every approved settlement of a currency that waits to be handed over and is still owed; of every currency for None.
pub fn waiting(db: &mut Db, currency: Option<&str>) -> Result<Vec<Settlement>> {
    let mut all: Vec<Settlement> = each!(db, |c| {
        let mut query = settlement::table.filter(settlement::state.eq(SettlementState::Approved.as_str())).into_boxed();
        if let Some(currency) = currency {
            query = query.filter(settlement::currency.eq(currency));
        }
        query.order(settlement::id).select(Settlement::as_select()).load(c)
    })?;
    let lines = cases::lines_of_ids(db, &all.iter().map(|one| one.line_id).collect::<Vec<_>>())?;
    all.retain(|one| lines.get(&one.line_id).is_some_and(|line| !is_dropped(line.state)));
    Ok(all)
}

/// Hands over everything of a currency that is approved, of every currency for None. Gives the payout and how many are in it.
///
/// # Errors
/// As [`submit`].
pub fn pay_out(db: &mut Db, stamp: &Stamp, currency: Option<&str>) -> Result<(Id, usize)> {
    let all = waiting(db, currency)?;
    Ok((submit(db, stamp, &all)?, all.len()))
}

/// Says that a settlement was paid, or handed over: what was given back is a cost from now on, a garment given in exchange is sold to its buyer, the
/// return is over and the line of its case is done. Said again, it is as it was.
///
/// # Errors
/// [`Code::WrongState`], also for one that was paid with another reference; [`Code::Stale`]; a day that is to come.
pub fn pay(db: &mut Db, stamp: &Stamp, zone: Tz, before: &Settlement, reference: &str, paid_on: NaiveDate) -> Result<Settlement> {
    hand_over(db, stamp, zone, before, &Payment { reference, paid_on, goods_minor: None, freight_minor: None })
}

/// The same with what it cost to hand it over.
///
/// # Errors
/// As [`pay`]; [`Code::DoesNotApply`] for goods that were not given.
pub fn hand_over(db: &mut Db, stamp: &Stamp, zone: Tz, before: &Settlement, payment: &Payment<'_>) -> Result<Settlement> {
    let Payment { reference, paid_on, .. } = *payment;
    if before.state == SettlementState::Paid && before.payout_ref == reference {
        return Ok(before.clone());
    }
    let today = local_date(stamp.at, zone);
    if paid_on > today {
        return Err(Fault::new("paid_on", Code::DateToCome).with("value", paid_on).with("latest", today).into());
    }
    let paid = (settlement::payout_ref.eq(reference), settlement::paid_on.eq(paid_on));
    step!(db, settlement::table.find(before.id.0), settlement::state, settlement::version, SETTLEMENT_MACHINE,
        before.state => SettlementState::Paid, before.version, paid);
    if payment.goods_minor.is_some() && before.new_garment_id.is_none() {
        return Err(Fault::new("goods_cost", Code::DoesNotApply).with("with", before.kind.text()).into());
    }
    let costs = [
        (cost_of(before.kind), Some(before.amount_minor), Some(before.id)),
        (LedgerKind::ExchangeGoods, payment.goods_minor, None),
        (LedgerKind::LogisticsOut, payment.freight_minor, None),
    ];
    for (kind, minor, settlement) in costs {
        let Some(minor) = minor.filter(|minor| *minor > 0) else { continue };
        let cost = Cost {
            case: before.case_id,
            line: Some(before.line_id),
            kind,
            money: Money { minor, ..before.money() },
            occurred_on: paid_on,
            payer: Payer::Brand,
            settlement,
            reference: reference.to_owned(),
        };
        post(db, stamp, &cost)?;
    }
    if let Some(new) = before.new_garment_id {
        exchange::give(db, stamp, zone, before, new, paid_on)?;
        cases::happened(db, stamp, before.line_id, Moment::Shipped)?;
    }
    cases::over(db, before.line_id, work_of(before.kind))?;
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::SettlementPaid, &after, &[("reference", reference.into()), ("paid_on", paid_on.to_string().into())])?;
    let Some(outcome) = outcome_of(before.kind) else { return Ok(after) };
    if let Some(order) = returns::of_line(db, before.line_id)? {
        returns::settled(db, stamp, &order, outcome)?;
    }
    let decision = cases::line(db, before.line_id)?.and_then(|line| line.decided);
    let decision = decision.filter(|decided| *decided == LineDecision::Goodwill).unwrap_or(outcome.decision());
    cases::carried_out(db, stamp, before.line_id, decision)?;
    cases::happened(db, stamp, before.line_id, Moment::Paid)?;
    let body = json!({ "sale": after.sale_seq, "kind": after.kind, "settlement": after.id });
    events::append(db, stamp, EventKind::Settled, Subject::Garment(after.garment_id.0), &body)?;
    Ok(after)
}

/// Says that a settlement could not be paid. Said again, it is as it was.
///
/// # Errors
/// [`Code::WrongState`]; [`Code::Stale`].
pub fn fail(db: &mut Db, stamp: &Stamp, before: &Settlement, why: &str) -> Result<Settlement> {
    if before.state == SettlementState::Failed && before.failure == why {
        return Ok(before.clone());
    }
    step!(db, settlement::table.find(before.id.0), settlement::state, settlement::version, SETTLEMENT_MACHINE,
        before.state => SettlementState::Failed, before.version, settlement::failure.eq(why));
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::SettlementFailed, &after, &[("reason", why.into())])?;
    Ok(after)
}

/// Makes a settlement void: what it had set aside may be given back again, and what is done about the line is decided anew.
///
/// # Errors
/// [`Code::WrongState`] while it is being paid, and once it was; [`Code::Stale`].
pub fn void(db: &mut Db, stamp: &Stamp, before: &Settlement, why: &str) -> Result<Settlement> {
    step!(db, settlement::table.find(before.id.0), settlement::state, settlement::version, SETTLEMENT_MACHINE,
        before.state => SettlementState::Void, before.version);
    cases::over(db, before.line_id, work_of(before.kind))?;
    if outcome_of(before.kind).is_some() {
        undo(db, stamp, before, why)?;
    }
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::SettlementVoided, &after, &[("reason", why.into())])?;
    Ok(after)
}

/// Takes back what a settlement of the sale had set aside, and how its line was to end.
fn undo(db: &mut Db, stamp: &Stamp, before: &Settlement, why: &str) -> Result<()> {
    sales::release_refund(db, before.garment_id, before.sale_seq, before.amount_minor)?;
    if let Some(new) = before.new_garment_id {
        garments::release(db, stamp, new, HoldKind::Reserved)?;
    }
    if let Some(order) = returns::of_line(db, before.line_id)? {
        returns::unsettled(db, stamp, &order)?;
    }
    cases::happened(db, stamp, before.line_id, Moment::Voided)?;
    // A line that is over by now stays so.
    if cases::line(db, before.line_id)?.is_some_and(|line| line.state == LineState::Decided) {
        cases::open_again(db, stamp, before.line_id, why)?;
    }
    Ok(())
}
