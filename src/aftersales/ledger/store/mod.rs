//! Every query on the ledger: entries are added, and nothing else.

pub mod moves;

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::json;

use super::rules::{is_of_repair, minor_of, natural_sign, opposite};
use super::{LedgerKind, Payer, PayerKind, Sign};
use crate::aftersales::cases::{self, CaseLine, LineDecision};
use crate::aftersales::rights::Remedy;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::Money;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result, saturating};
use crate::ownership::sales;
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::policies::{self, Policy};
use crate::platform::rooms::ListWindow;
use crate::{each, keyset, text_column};

text_column!(LedgerKind, Sign, PayerKind);

diesel::table! {
    ledger_entry (id) {
        id -> BigInt,
        case_id -> BigInt,
        line_id -> Nullable<BigInt>,
        garment_id -> Nullable<BigInt>,
        kind -> Text,
        sign -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        occurred_on -> Date,
        payer -> Text,
        party_id -> Nullable<BigInt>,
        settlement_id -> Nullable<BigInt>,
        verdict_id -> Nullable<BigInt>,
        moves_id -> Nullable<BigInt>,
        reversal_of -> Nullable<BigInt>,
        reference -> Text,
        actor -> Text,
        at -> Timestamp,
    }
}

/// The most an entry may be of, in minor units.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_entry, treat_none_as_default_value = false)]
pub struct LedgerEntry {
    /// Its id.
    pub id: Id,
    /// The case.
    pub case_id: Id,
    /// The line of it, where it is of one.
    pub line_id: Option<Id>,
    /// The line's garment.
    pub garment_id: Option<GarmentId>,
    /// What it is for.
    pub kind: LedgerKind,
    /// Which way it counts.
    pub sign: Sign,
    /// How much, in minor units, more than nothing.
    pub amount_minor: i64,
    /// Of this currency.
    pub currency: String,
    /// The day it was spent.
    pub occurred_on: NaiveDate,
    /// Whom it is charged to.
    pub payer: PayerKind,
    /// Which party.
    pub party_id: Option<Id>,
    /// The settlement that was paid.
    pub settlement_id: Option<Id>,
    /// The version of a verdict that moved it here.
    pub verdict_id: Option<Id>,
    /// The entry it moves a part of.
    pub moves_id: Option<Id>,
    /// The entry it takes back.
    pub reversal_of: Option<Id>,
    /// Bill, waybill, voucher; or empty.
    pub reference: String,
    /// Who posted it.
    pub actor: String,
    /// When, UTC.
    pub at: NaiveDateTime,
}

impl LedgerEntry {
    /// Whom it is charged to.
    pub fn charged(&self) -> Payer {
        match (self.payer, self.party_id) {
            (PayerKind::Party, Some(id)) => Payer::Party(id),
            (PayerKind::Customer, _) => Payer::Customer,
            _ => Payer::Brand,
        }
    }

    /// How much, without which way.
    pub fn money(&self) -> Money {
        Money { minor: self.amount_minor, currency: self.currency.clone() }
    }

    /// How much, below zero for what takes back or brings in.
    pub const fn signed(&self) -> i64 {
        match self.sign {
            Sign::Debit => self.amount_minor,
            Sign::Credit => -self.amount_minor,
        }
    }
}

/// A cost to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The case.
    pub case: Id,
    /// The line of it; None for what is of the whole case. Of a case with one line it is that one's.
    pub line: Option<Id>,
    /// What it is for.
    pub kind: LedgerKind,
    /// How much.
    pub money: Money,
    /// The day it was spent.
    pub occurred_on: NaiveDate,
    /// Whom it is charged to at first.
    pub payer: Payer,
    /// The settlement it pays.
    pub settlement: Option<Id>,
    /// Bill, waybill, voucher; or empty.
    pub reference: String,
}

/// Adds an entry as it is.
pub fn add(db: &mut Db, entry: &LedgerEntry) -> Result<()> {
    each!(db, |c| diesel::insert_into(ledger_entry::table).values(entry).execute(c))?;
    Ok(())
}

/// Whether a claim costs its buyer nothing: the desk granted that, or any right to have it mended says so.
fn is_covered(db: &mut Db, line: &CaseLine) -> Result<bool> {
    Ok(line.decided == Some(LineDecision::Goodwill) || cases::right_to(db, line, Remedy::Repair)?.is_some())
}

/// Whom the way of a garment of a line is charged to, where a right says that its buyer pays it: theirs, unless the claim is covered.
pub fn payer_of_way(db: &mut Db, line: &CaseLine) -> Result<Payer> {
    Ok(if is_covered(db, line)? { Payer::Brand } else { Payer::Customer })
}

/// Holds a compensation against what it may come to together with what was given back (I-5).
///
/// # Errors
/// [`Code::BeyondPaid`] with what is left; [`Code::NoPrice`].
pub fn within_cap(db: &mut Db, stamp: &Stamp, line: &CaseLine, money: &Money) -> Result<()> {
    let Some(seq) = line.sale_seq else { return Ok(()) };
    let Some(sale) = sales::of_seq(db, line.garment_id, seq)? else { return Ok(()) };
    let price = sale.price().ok_or_else(|| Fault::new("amount", Code::NoPrice))?;
    let given = entries_of_lines(db, &[line.id])?;
    let given: i64 = given.iter().filter(|entry| entry.kind == LedgerKind::CompensationCash).map(LedgerEntry::signed).sum();
    let percent = policies::value(db, Policy::CompensationPercent, stamp.at)?;
    let most: i64 = saturating(i128::from(price.minor) * i128::from(percent) / 100);
    let left = (most - sale.refund_reserved_minor - given).max(0);
    if price.currency == money.currency && money.minor <= left {
        return Ok(());
    }
    let fault = Fault::new("amount", Code::BeyondPaid).with("asked", money.amount());
    let left = Money { minor: left, currency: price.currency };
    let fault = fault.with("left", left.amount()).with("currency", &left.currency);
    Err(Refusal { code: fault.code, args: fault.args.clone(), faults: vec![fault] }.into())
}

/// Refuses a compensation from the amount on that takes a second person.
fn alone(db: &mut Db, stamp: &Stamp, money: &Money) -> Result<()> {
    let from = minor_of(policies::value(db, Policy::CompensationAlone, stamp.at)?, &money.currency);
    if money.minor < from {
        return Ok(());
    }
    let from = Money { minor: from, currency: money.currency.clone() };
    Err(Refusal::new(Code::NeedsAnother).with("who", "compensation").with("from", from.amount()).with("currency", &from.currency).into())
}

/// Posts a cost.
///
/// # Errors
/// [`Code::OutOfRange`] for an amount of nothing; [`Code::UnknownReference`] for a line that is not the case's; [`Code::CoveredClaim`] when it charges
/// the customer for what a right of theirs or the desk covers; [`Code::BeyondPaid`] for a compensation above its cap;
/// [`Code::NeedsAnother`] for one that nobody else approved and that takes it.
pub fn post(db: &mut Db, stamp: &Stamp, cost: &Cost) -> Result<LedgerEntry> {
    if !(1..=AMOUNT_MAX).contains(&cost.money.minor) {
        let said = |minor| Money { minor, ..cost.money.clone() }.amount();
        return Err(Fault::new("amount", Code::OutOfRange).with("min", said(1)).with("max", said(AMOUNT_MAX)).into());
    }
    let lines = cases::lines(db, cost.case)?;
    let line = match (cost.line, lines.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(id), lines) => {
            let of_case = lines.iter().find(|line| line.id == id);
            Some(of_case.ok_or_else(|| Fault::new("line", Code::UnknownReference).with("value", id))?)
        }
    };
    if let Some(line) = line {
        if cost.payer == Payer::Customer && is_of_repair(cost.kind) && is_covered(db, line)? {
            return Err(Code::CoveredClaim.into());
        }
        if cost.kind == LedgerKind::CompensationCash {
            within_cap(db, stamp, line, &cost.money)?;
            if cost.settlement.is_none() {
                alone(db, stamp, &cost.money)?;
            }
        }
    }
    let (payer, party_id) = cost.payer.parts();
    let entry = LedgerEntry {
        id: stamp.id(),
        case_id: cost.case,
        line_id: line.map(|line| line.id),
        garment_id: line.map(|line| line.garment_id),
        kind: cost.kind,
        sign: natural_sign(cost.kind),
        amount_minor: cost.money.minor,
        currency: cost.money.currency.clone(),
        occurred_on: cost.occurred_on,
        payer,
        party_id,
        settlement_id: cost.settlement,
        verdict_id: None,
        moves_id: None,
        reversal_of: None,
        reference: cost.reference.clone(),
        actor: stamp.actor.clone(),
        at: stamp.at,
    };
    add(db, &entry)?;
    tell(db, stamp, EventKind::CostPosted, &entry)?;
    Ok(entry)
}

/// Leaves an event at an entry and its case.
pub fn tell(db: &mut Db, stamp: &Stamp, kind: EventKind, entry: &LedgerEntry) -> Result<()> {
    let body = json!({
        "entry": entry.id, "kind": entry.kind, "sign": entry.sign, "amount": entry.money(), "payer": entry.payer, "party": entry.party_id,
    });
    events::append(db, stamp, kind, Subject::Thing("ledger_entry", entry.id.0), &body)?;
    events::append(db, stamp, kind, Subject::Thing("case", entry.case_id.0), &body)
}

/// The entry that takes another back.
pub fn reversal(stamp: &Stamp, of: &LedgerEntry) -> LedgerEntry {
    LedgerEntry {
        id: stamp.id(),
        sign: opposite(of.sign),
        moves_id: None,
        reversal_of: Some(of.id),
        actor: stamp.actor.clone(),
        at: stamp.at,
        ..of.clone()
    }
}

/// Takes an entry back, and with it whatever a verdict moved of it.
///
/// # Errors
/// [`Code::AlreadyReversed`] for one that was taken back or takes one back; [`Code::WrongState`] for what only its verdict moves back.
pub fn reverse_entry(db: &mut Db, stamp: &Stamp, before: &LedgerEntry) -> Result<LedgerEntry> {
    if before.reversal_of.is_some() || !unreversed(db, &[before.id])?.contains(&before.id) {
        return Err(Code::AlreadyReversed.into());
    }
    if before.moves_id.is_some() || before.settlement_id.is_some() {
        let reason = if before.moves_id.is_some() { "of-verdict" } else { "of-settlement" };
        return Err(Refusal::new(Code::WrongState).with("state", reason).into());
    }
    for moved in movers(db, &[before.id])? {
        add(db, &reversal(stamp, &moved))?;
    }
    let taken = reversal(stamp, before);
    add(db, &taken).map_err(|error| if error.code() == Code::Duplicate { Error::from(Code::AlreadyReversed) } else { error })?;
    tell(db, stamp, EventKind::CostReversed, &taken)?;
    Ok(taken)
}

/// Those of these entries that nothing takes back.
pub fn unreversed(db: &mut Db, ids: &[Id]) -> Result<BTreeSet<Id>> {
    let keys: Vec<Option<i64>> = ids.iter().map(|id| Some(id.0)).collect();
    let taken: Vec<Option<Id>> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table.filter(ledger_entry::reversal_of.eq_any(keys)).select(ledger_entry::reversal_of).load(c))
    })?;
    let mut live: BTreeSet<Id> = ids.iter().copied().collect();
    for id in taken.iter().flatten() {
        live.remove(id);
    }
    Ok(live)
}

/// The costs of lines that may be moved (posted as the brand's, neither moved nor a correction), with their lines: of these, those that nothing takes
/// back and no verdict has moved.
pub fn waiting(db: &mut Db, lines: &[Id]) -> Result<Vec<(Id, Option<Id>)>> {
    let keys: Vec<Option<i64>> = lines.iter().map(|id| Some(id.0)).collect();
    let posted: Vec<(Id, Option<Id>)> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table
            .filter(ledger_entry::line_id.eq_any(keys).and(ledger_entry::payer.eq(PayerKind::Brand.as_str())))
            .filter(ledger_entry::moves_id.is_null().and(ledger_entry::reversal_of.is_null()))
            .select((ledger_entry::id, ledger_entry::line_id))
            .load(c))
    })?;
    let ids: Vec<Id> = posted.iter().map(|(id, _)| *id).collect();
    let keys: Vec<Option<i64>> = ids.iter().map(|id| Some(id.0)).collect();
    let moves: Vec<(Id, Option<Id>)> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table
            .filter(ledger_entry::moves_id.eq_any(keys))
            .select((ledger_entry::id, ledger_entry::moves_id))
            .load(c))
    })?;
    let (live, stand) = (unreversed(db, &ids)?, unreversed(db, &moves.iter().map(|(id, _)| *id).collect::<Vec<_>>())?);
    let moved: BTreeSet<Id> = moves.iter().filter(|(id, _)| stand.contains(id)).filter_map(|(_, of)| *of).collect();
    Ok(posted.into_iter().filter(|(id, _)| live.contains(id) && !moved.contains(id)).collect())
}

/// What moves these entries and was not moved back.
pub fn movers(db: &mut Db, ids: &[Id]) -> Result<Vec<LedgerEntry>> {
    let keys: Vec<Option<i64>> = ids.iter().map(|id| Some(id.0)).collect();
    let moved: Vec<LedgerEntry> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table.filter(ledger_entry::moves_id.eq_any(keys)).select(LedgerEntry::as_select()).load(c))
    })?;
    let live = unreversed(db, &moved.iter().map(|entry| entry.id).collect::<Vec<_>>())?;
    Ok(moved.into_iter().filter(|entry| live.contains(&entry.id)).collect())
}

/// The entries of lines, oldest first.
pub fn entries_of_lines(db: &mut Db, lines: &[Id]) -> Result<Vec<LedgerEntry>> {
    let keys: Vec<Option<i64>> = lines.iter().map(|id| Some(id.0)).collect();
    let mut found: Vec<LedgerEntry> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table.filter(ledger_entry::line_id.eq_any(keys)).select(LedgerEntry::as_select()).load(c))
    })?;
    found.sort_by_key(|entry| entry.id);
    Ok(found)
}

/// What a line cost in a currency, whoever pays: everything spent on it, less what it brought in or its buyer paid. What is had back from those who
/// answer for it does not make it cheaper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCost {
    /// The line.
    pub line: Id,
    /// Of this currency.
    pub currency: String,
    /// Minor units.
    pub minor: i64,
}

/// What these lines cost; all of them without any. A cost of a whole case of several lines is no line's.
pub fn costs_of_lines(db: &mut Db, of: Option<&[Id]>) -> Result<Vec<LineCost>> {
    const RECOVERED: [LedgerKind; 2] = [LedgerKind::ChargebackRecovery, LedgerKind::InsuranceRecovery];
    let minor = || sql::<BigInt>("CAST(SUM(CASE sign WHEN 'debit' THEN amount_minor ELSE -amount_minor END) AS BIGINT)");
    macro_rules! costs {
        ($c:expr, $filter:expr) => {
            ledger_entry::table
                .filter(ledger_entry::kind.ne_all(RECOVERED.map(LedgerKind::as_str)).and($filter))
                .group_by((ledger_entry::line_id, ledger_entry::currency))
                .select((ledger_entry::line_id, ledger_entry::currency, minor()))
                .load::<(Option<Id>, String, i64)>($c)
        };
    }
    let rows = match of {
        None => each!(db, |c| costs!(c, ledger_entry::line_id.is_not_null()))?,
        Some(lines) => {
            let keys: Vec<Option<i64>> = lines.iter().map(|id| Some(id.0)).collect();
            in_chunks(&keys, |keys| each!(db, |c| costs!(c, ledger_entry::line_id.eq_any(keys))))?
        }
    };
    Ok(rows.into_iter().filter_map(|(line, currency, minor)| Some(LineCost { line: line?, currency, minor })).collect())
}

/// The entries that versions of verdicts made, those that take them back included, oldest first.
pub fn entries_of_verdicts(db: &mut Db, verdicts: &[Id]) -> Result<Vec<LedgerEntry>> {
    let keys: Vec<Option<i64>> = verdicts.iter().map(|id| Some(id.0)).collect();
    let mut found: Vec<LedgerEntry> = in_chunks(&keys, |keys| {
        each!(db, |c| ledger_entry::table.filter(ledger_entry::verdict_id.eq_any(keys)).select(LedgerEntry::as_select()).load(c))
    })?;
    found.sort_by_key(|entry| entry.id);
    Ok(found)
}

/// The entries of a case, oldest first.
pub fn entries_of_case(db: &mut Db, case: Id) -> Result<Vec<LedgerEntry>> {
    Ok(each!(db, |c| ledger_entry::table
        .filter(ledger_entry::case_id.eq(case))
        .order(ledger_entry::id)
        .select(LedgerEntry::as_select())
        .load(c))?)
}

/// Entries by their ids, in no order.
pub fn with_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<LedgerEntry>> {
    in_chunks(ids, |ids| each!(db, |c| ledger_entry::table.filter(ledger_entry::id.eq_any(ids)).select(LedgerEntry::as_select()).load(c)))
}

/// Which entries a list shows.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Only of this case.
    pub case: Option<Id>,
    /// Only of this kind.
    pub kind: Option<LedgerKind>,
    /// Only what this is charged with.
    pub payer: Option<PayerKind>,
    /// Only what this party is charged with.
    pub party: Option<Id>,
    /// Spent on or after.
    pub from: Option<NaiveDate>,
    /// Spent on or before.
    pub to: Option<NaiveDate>,
}

/// A stretch of the ledger, what was posted last first.
pub fn list(db: &mut Db, filter: &LedgerFilter, window: &ListWindow) -> Result<Vec<LedgerEntry>> {
    let window = window.of_ids()?;
    Ok(each!(db, |c| {
        let mut query = ledger_entry::table.select(LedgerEntry::as_select()).into_boxed();
        if let Some(case) = filter.case {
            query = query.filter(ledger_entry::case_id.eq(case));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(ledger_entry::kind.eq(kind.as_str()));
        }
        if let Some(payer) = filter.payer {
            query = query.filter(ledger_entry::payer.eq(payer.as_str()));
        }
        if let Some(party) = filter.party {
            query = query.filter(ledger_entry::party_id.eq(party));
        }
        if let Some(from) = filter.from {
            query = query.filter(ledger_entry::occurred_on.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(ledger_entry::occurred_on.le(to));
        }
        keyset!(c, query, newest ledger_entry::id, window)
    })?)
}

/// What a balance is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceOf {
    /// A case.
    Case(Id),
    /// A party.
    Party(Id),
}

/// What somebody is charged with in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Who.
    pub payer: Payer,
    /// How much; below zero when more came in than was spent.
    pub money: Money,
}

/// What each payer is charged with, in each currency: the sum of the entries, and nothing else.
pub fn balances(db: &mut Db, of: BalanceOf) -> Result<Vec<Balance>> {
    let entries = match of {
        BalanceOf::Case(case) => entries_of_case(db, case)?,
        BalanceOf::Party(party) => {
            each!(db, |c| ledger_entry::table.filter(ledger_entry::party_id.eq(party)).select(LedgerEntry::as_select()).load(c))?
        }
    };
    Ok(summed(&entries))
}

/// Entries summed by payer and currency.
pub fn summed<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>) -> Vec<Balance> {
    let mut sums: std::collections::BTreeMap<(Payer, &str), i64> = std::collections::BTreeMap::new();
    for entry in entries {
        *sums.entry((entry.charged(), entry.currency.as_str())).or_default() += entry.signed();
    }
    sums.into_iter().map(|((payer, currency), minor)| Balance { payer, money: Money { minor, currency: currency.to_owned() } }).collect()
}
