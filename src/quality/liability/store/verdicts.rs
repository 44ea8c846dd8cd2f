//! Verdicts: for a line of a case, in versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::super::gather::{Parted, gather};
use super::super::rules::{Basis, Bundle, Evidence, Excess, Matter, Role, Rules, Shares, WHOLE, reckon};
use super::super::starter::WEAR;
use super::super::{Needed, VERDICT_MACHINE, VerdictBasis, VerdictState};
use super::rule_sets::{active, tables};
use super::{agreements, contests, inspections, verdict, verdict_share};
use crate::aftersales::cases;
use crate::aftersales::classes::CaseCause;
use crate::aftersales::service_levels::{self, Moment};
use crate::aftersales::settlements::{self, Payer, PayerKind};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::sales;
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::{ListWindow, Sees};
use crate::{each, keyset, step};

/// A version of what was decided about a line.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verdict)]
pub struct LineVerdict {
    /// Its id.
    pub id: Id,
    /// The line.
    pub line_id: Id,
    /// The case of it.
    pub case_id: Id,
    /// Which version, from 1.
    pub seq: i64,
    /// The garment.
    pub garment_id: GarmentId,
    /// Its batch.
    pub batch_no: BatchNo,
    /// Where it stands.
    pub state: VerdictState,
    /// The defect that was found.
    pub defect_code: Option<String>,
    /// What decided it.
    pub basis: VerdictBasis,
    /// The clause of the hard rule, or empty.
    pub clause: String,
    /// What was behind the claim, as cases say it.
    pub cause: CaseCause,
    /// What would resolve what is open, names with commas; or empty.
    pub needs: String,
    /// Several parties' lots may be in the garment.
    pub ambiguous: bool,
    /// The rule tables it was reckoned by.
    pub rules_code: String,
    /// Everything it was reckoned of but the rules, and its outcome, as canonical JSON: [`LineVerdict::whole`] has them too.
    pub bundle: String,
    /// SHA-256 of the whole of it, rules included.
    pub sha256: String,
    /// The last day of a reply.
    pub reply_by: Option<NaiveDate>,
    /// Why it was decided so, or why there is a new version; or empty.
    pub reason: String,
    /// Who had it reckoned.
    pub proposed_by: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The day it became final.
    pub final_on: Option<NaiveDate>,
    /// The day a later version took its place.
    pub superseded_on: Option<NaiveDate>,
    /// When it was reckoned, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
    /// The evidence that somebody said, beside what is stored; a list in JSON.
    pub said: String,
}

/// A share of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verdict_share)]
pub struct VerdictShare {
    /// The verdict.
    pub verdict_id: Id,
    /// Its place, from 0.
    pub place: i64,
    /// In what role.
    pub role: Role,
    /// Who pays.
    pub payer: PayerKind,
    /// Which party.
    pub party_id: Option<Id>,
    /// For which lot.
    pub lot_id: Option<Id>,
    /// Micro-shares.
    pub micro: i64,
}

impl VerdictShare {
    /// Who pays.
    pub const fn charged(&self) -> Payer {
        match (self.payer, self.party_id) {
            (PayerKind::Party, Some(id)) => Payer::Party(id),
            (PayerKind::Customer, _) => Payer::Customer,
            _ => Payer::Brand,
        }
    }
}

impl LineVerdict {
    /// Its bundle, with the rules that it was reckoned by.
    ///
    /// # Errors
    /// [`Error::Broken`] where those are not there.
    pub fn whole(&self, db: &mut Db) -> Result<Bundle> {
        let rules = tables(db, &[&self.rules_code])?.remove(&self.rules_code).ok_or_else(|| Error::broken("rules without a name"))?;
        Bundle::joined(&self.bundle, &rules, self.sha256.clone())
    }
}

/// What a verdict is asked of.
#[derive(Clone, Debug, Default)]
pub struct VerdictAsk {
    /// The line of a case.
    pub line: Id,
    /// What is known beside what is stored: facts that hard rules ask for.
    pub facts: Vec<String>,
    /// What was found. What was said for the version before holds on.
    pub evidence: Vec<Evidence>,
    /// What was said for the version before and holds no more.
    pub withdrawn: Vec<Evidence>,
    /// Who carried it, where that matters.
    pub carrier: Option<Id>,
    /// Whether its lot fails more often than it should.
    pub excess: Option<Excess>,
    /// Why there is a new version, where there was one; or empty.
    pub reason: String,
}

/// Verdicts by their ids, in no order.
pub fn with_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<LineVerdict>> {
    in_chunks(ids, |ids| each!(db, |c| verdict::table.filter(verdict::id.eq_any(ids)).select(LineVerdict::as_select()).load(c)))
}

pub(super) fn one(db: &mut Db, id: Id) -> Result<LineVerdict> {
    with_ids(db, &[id])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// The versions of a line's verdict, oldest first.
pub fn of_line(db: &mut Db, line: Id) -> Result<Vec<LineVerdict>> {
    Ok(each!(db, |c| verdict::table.filter(verdict::line_id.eq(line)).order(verdict::seq).select(LineVerdict::as_select()).load(c))?)
}

/// The shares of verdicts, in their places.
pub fn shares_of(db: &mut Db, verdicts: &[Id]) -> Result<HashMap<Id, Vec<VerdictShare>>> {
    let found: Vec<VerdictShare> = in_chunks(verdicts, |ids| {
        each!(db, |c| verdict_share::table
            .filter(verdict_share::verdict_id.eq_any(ids))
            .order((verdict_share::verdict_id, verdict_share::place))
            .select(VerdictShare::as_select())
            .load(c))
    })?;
    let mut by_verdict: HashMap<Id, Vec<VerdictShare>> = HashMap::new();
    for share in found {
        by_verdict.entry(share.verdict_id).or_default().push(share);
    }
    Ok(by_verdict)
}

/// Which verdicts a list shows.
#[derive(Clone, Debug, Default)]
pub struct VerdictFilter {
    /// Only in this state.
    pub state: Option<VerdictState>,
    /// Only of this case.
    pub case: Option<Id>,
    /// Only of this batch.
    pub batch: Option<BatchNo>,
    /// Only of this defect.
    pub defect: Option<String>,
    /// Only with a share of this party.
    pub party: Option<Id>,
}

/// States in which whoever is charged may know of a verdict.
const TOLD: [VerdictState; 6] = [
    VerdictState::Notified,
    VerdictState::Accepted,
    VerdictState::Contested,
    VerdictState::Decided,
    VerdictState::Final,
    VerdictState::Superseded,
];

/// A stretch of the list, the latest first. Who is bound to a party sees what it is charged with, once it was told.
pub fn list(db: &mut Db, filter: &VerdictFilter, sees: Sees, window: &ListWindow) -> Result<Vec<LineVerdict>> {
    let window = window.of_ids()?;
    let told: Vec<&str> = TOLD.iter().map(|state| state.as_str()).collect();
    Ok(each!(db, |c| {
        let mut query = verdict::table.select(LineVerdict::as_select()).into_boxed();
        for party in [filter.party, sees.party()].into_iter().flatten() {
            let theirs = verdict_share::table.filter(verdict_share::party_id.eq(party)).select(verdict_share::verdict_id);
            query = query.filter(verdict::id.eq_any(theirs));
        }
        if sees != Sees::ALL {
            // One that was superseded before anybody was told has no day of a reply.
            query = query.filter(verdict::state.eq_any(&told)).filter(verdict::reply_by.is_not_null());
        }
        if let Some(state) = filter.state {
            query = query.filter(verdict::state.eq(state.as_str()));
        }
        if let Some(case) = filter.case {
            query = query.filter(verdict::case_id.eq(case));
        }
        if let Some(batch) = filter.batch {
            query = query.filter(verdict::batch_no.eq(batch));
        }
        if let Some(defect) = &filter.defect {
            query = query.filter(verdict::defect_code.eq(defect));
        }
        keyset!(c, query, newest verdict::id, window)
    })?)
}

/// Whether who is bound to a party may know of a verdict with these shares.
pub fn is_told(of: &LineVerdict, shares: &[VerdictShare], sees: Sees) -> bool {
    let Some(party) = sees.party() else { return true };
    TOLD.contains(&of.state) && of.reply_by.is_some() && shares.iter().any(|share| share.party_id == Some(party))
}

/// Leaves an event at a verdict and its case, and moves the clock on which a reply runs.
pub(super) fn tell(db: &mut Db, stamp: &Stamp, kind: EventKind, of: &LineVerdict, more: Value) -> Result<()> {
    let body = json!({ "verdict": of.id, "seq": of.seq, "line": of.line_id, "state": of.state, "sha256": of.sha256, "more": more });
    events::append(db, stamp, kind, Subject::Thing("verdict", of.id.0), &body)?;
    events::append(db, stamp, kind, Subject::Thing("case", of.case_id.0), &body)?;
    let moment = match (kind, of.state) {
        (EventKind::VerdictNotified, _) => Moment::Notified,
        (EventKind::VerdictAccepted, VerdictState::Accepted) | (EventKind::VerdictContested | EventKind::VerdictDecided, _) => {
            Moment::Answered
        }
        (EventKind::VerdictSuperseded, _) => Moment::Cancelled,
        _ => return Ok(()),
    };
    let case = cases::by_id(db, of.case_id)?.ok_or_else(|| Error::broken("a verdict of no case"))?;
    service_levels::happened_to(db, stamp, &case.about(), of.id, moment)
}

/// What cases call what the shares say: that of the role with the most.
fn cause_of(charge: &Shares, clause: &str) -> CaseCause {
    let leading = charge.iter().max_by_key(|(role, share)| (**share, std::cmp::Reverse(**role))).map(|(role, _)| *role);
    match leading {
        Some(Role::Mill | Role::Trims) => CaseCause::SupplierMaterial,
        Some(Role::Factory) => CaseCause::Workmanship,
        Some(Role::Carrier) => CaseCause::Carrier,
        Some(Role::Retailer) => CaseCause::Retailer,
        Some(Role::Brand) => CaseCause::Design,
        Some(Role::Customer) => CaseCause::Misuse,
        Some(Role::NoFault) if clause == WEAR => CaseCause::Wear,
        Some(Role::NoFault) => CaseCause::NoFault,
        Some(Role::Unresolved) | None => CaseCause::Undetermined,
    }
}

/// What a line has cost so far, in the currency of its sale; for the record, as shares do not depend on it.
fn cost_so_far(db: &mut Db, line: Id, currency: &str) -> Result<i64> {
    let entries = settlements::entries_of_lines(db, &[line])?;
    let own = entries.iter().filter(|entry| entry.moves_id.is_none() && entry.payer != PayerKind::Party && entry.currency == currency);
    Ok(own.map(settlements::LedgerEntry::signed).sum::<i64>().max(0))
}

/// Has a verdict reckoned by the rules in force. A version before it is superseded, and what it had moved is moved back.
///
/// # Errors
/// [`Code::WrongState`] for a line that nobody has looked at; [`Code::Invalid`] for facts or evidence that the rules do not know, and without a
/// reason where the version before had been told to anybody.
pub fn propose(db: &mut Db, stamp: &Stamp, today: NaiveDate, ask: &VerdictAsk) -> Result<LineVerdict> {
    let line = cases::line(db, ask.line)?.ok_or(Code::NotFound)?;
    let (case_id, line_no) = (line.case_id, line.line_no);
    let no = cases::nos_of_ids(db, &[case_id])?.remove(&case_id).ok_or(Code::NotFound)?;
    let before = of_line(db, line.id)?.pop();
    if ask.reason.is_empty() && before.as_ref().is_some_and(|before| before.state != VerdictState::Proposed) {
        return Err(Fault::new("reason", Code::Missing).into());
    }
    if let Some(before) = &before {
        adopt_second_look(db, before)?;
    }
    let rules = active(db)?;
    let said = said(before.as_ref(), ask, &rules)?;
    let gathered = gather(db, stamp, line)?;
    let currency = gathered.sale.as_ref().and_then(|sale| sale.currency.clone()).unwrap_or_else(|| sales::CURRENCY.to_owned());
    let amount = cost_so_far(db, gathered.line.id, &currency)?;
    let claim = gathered.claim(format!("{no}/{line_no}"), amount, (&ask.facts, &said), &rules);
    let matter = Matter { code: format!("{no}/{line_no}"), currency, claims: vec![claim], excess: ask.excess.clone(), sample: None };
    matter.check(&rules).map_err(as_said)?;
    let reckoning = reckon(&rules, &matter).verdicts.pop().ok_or_else(|| Error::broken("a matter of one claim has one verdict"))?;
    let (basis, clause) = match reckoning.basis {
        Basis::Gate(clause) => (VerdictBasis::Gate, clause),
        Basis::Held(clause) => (VerdictBasis::Held, clause),
        Basis::Evidence => (VerdictBasis::Evidence, String::new()),
        Basis::Unresolved => (VerdictBasis::Unresolved, String::new()),
        Basis::NoPrior => (VerdictBasis::NoPrior, String::new()),
    };
    let mut parting = gathered.part(&reckoning.charge, ask.carrier.or_else(|| gathered.carrier()));
    parting.needs.extend(match basis {
        VerdictBasis::Unresolved => Some(gathered.test_needed()),
        VerdictBasis::NoPrior => Some(Needed::AgreedShares),
        VerdictBasis::Held => Some(Needed::Release),
        VerdictBasis::Gate | VerdictBasis::Evidence => None,
    });
    let rules_code = rules.version.clone();
    let bundle = Bundle::seal(rules, matter)?;
    if let Some(before) = &before {
        supersede(db, stamp, today, before)?;
    }
    let row = LineVerdict {
        id: stamp.id(),
        line_id: gathered.line.id,
        case_id,
        seq: before.as_ref().map_or(1, |before| before.seq + 1),
        garment_id: gathered.line.garment_id,
        batch_no: gathered.batch.no,
        state: VerdictState::Proposed,
        defect_code: gathered.line.found_defect.clone(),
        basis,
        cause: cause_of(&reckoning.charge, &clause),
        clause,
        needs: parting.needs.iter().map(|need| need.as_str()).collect::<Vec<_>>().join(","),
        ambiguous: parting.ambiguous,
        rules_code,
        bundle: bundle.parted(),
        sha256: bundle.sha256().to_owned(),
        reply_by: None,
        reason: ask.reason.clone(),
        proposed_by: stamp.actor.clone(),
        decided_by: None,
        final_on: None,
        superseded_on: None,
        created_at: stamp.at,
        version: 1,
        said: serde_json::to_string(&said).map_err(Error::broken)?,
    };
    each!(db, |c| diesel::insert_into(verdict::table).values(&row).execute(c))?;
    add_shares(db, row.id, &parting.parts)?;
    tell(db, stamp, EventKind::VerdictProposed, &row, json!({ "basis": row.basis, "cause": row.cause }))?;
    Ok(row)
}

/// The evidence that somebody says: what was said for the version before, as far as the rules still know it and nobody withdraws it, and what is
/// said now.
///
/// # Errors
/// [`Code::UnknownReference`] for `withdrawn`: what was not said.
fn said(before: Option<&LineVerdict>, ask: &VerdictAsk, rules: &Rules) -> Result<Vec<Evidence>> {
    let held: Vec<Evidence> = match before {
        Some(before) => serde_json::from_str(&before.said).map_err(Error::broken)?,
        None => Vec::new(),
    };
    if let Some((place, one)) = ask.withdrawn.iter().enumerate().find(|(_, one)| !held.contains(one)) {
        return Err(Fault::new(format!("withdrawn.{place}.rule"), Code::UnknownReference).with("value", &one.rule).into());
    }
    let holds = |one: &Evidence| !ask.withdrawn.contains(one) && rules.evidence(&one.rule).is_some();
    let all: BTreeSet<Evidence> = held.into_iter().filter(holds).chain(ask.evidence.iter().cloned()).collect();
    Ok(all.into_iter().collect())
}

/// What is wrong with a matter of one claim, at the fields where somebody said it.
fn as_said(error: Error) -> Error {
    match error {
        Error::Refused(mut refusal) => {
            for fault in &mut refusal.faults {
                if let Some(field) = fault.field.strip_prefix("claims.0.") {
                    fault.field = field.to_owned().into();
                }
            }
            Error::Refused(refusal)
        }
        other => other,
    }
}

/// Writes the shares of a verdict.
///
/// # Errors
/// [`Code::WrongSum`] for parts that are no whole.
fn add_shares(db: &mut Db, verdict: Id, parts: &[Parted]) -> Result<()> {
    let sum: u64 = parts.iter().map(|part| u64::from(part.micro)).sum();
    if sum != u64::from(WHOLE) {
        return Err(Fault::new("shares", Code::WrongSum).with("sum", sum).with("expected", WHOLE).into());
    }
    for (place, part) in (0_i64..).zip(parts) {
        let (payer, party_id) = part.payer.parts();
        let row = VerdictShare { verdict_id: verdict, place, role: part.role, payer, party_id, lot_id: part.lot, micro: part.micro.into() };
        each!(db, |c| diesel::insert_into(verdict_share::table).values(&row).execute(c))?;
    }
    Ok(())
}

/// The parties that a verdict charges.
pub(super) fn charged(db: &mut Db, id: Id) -> Result<BTreeSet<Id>> {
    let shares = shares_of(db, &[id])?.remove(&id).unwrap_or_default();
    Ok(shares.into_iter().filter_map(|share| share.party_id).collect())
}

pub(super) fn refused(state: &str) -> Error {
    Refusal::new(Code::WrongState).with("state", state).into()
}

/// Tells those who are charged: from today on they may reply, each as it was agreed with them.
///
/// # Errors
/// [`Code::WrongState`], also for one that charges nobody outside, or where no working hours are known; [`Code::Stale`].
pub fn notify(db: &mut Db, stamp: &Stamp, today: NaiveDate, before: &LineVerdict) -> Result<LineVerdict> {
    let parties = charged(db, before.id)?;
    let notices = parties.into_iter().map(|party| agreements::notice(db, stamp, today, before.id, party)).collect::<Result<Vec<_>>>()?;
    let Some(reply_by) = notices.iter().map(|notice| notice.reply_by).max() else { return Err(refused("charges-nobody")) };
    step!(db, verdict::table.find(before.id.0), verdict::state, verdict::version, VERDICT_MACHINE,
        before.state => VerdictState::Notified, before.version, verdict::reply_by.eq(reply_by));
    for notice in &notices {
        agreements::tell(db, notice)?;
    }
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::VerdictNotified, &after, json!({ "reply_by": reply_by }))?;
    Ok(after)
}

/// Decides: it stands as it was reckoned. Somebody else than had it reckoned. What is to be decided otherwise is reckoned anew first, with what has
/// been found since.
///
/// # Errors
/// [`Code::NeedsAnother`]; [`Code::WrongState`], also while those who are charged do not know of it or may still reply, and before somebody looked
/// again after a contest; [`Code::Stale`].
pub fn decide(db: &mut Db, stamp: &Stamp, today: NaiveDate, before: &LineVerdict, reason: &str) -> Result<LineVerdict> {
    VERDICT_MACHINE.check(before.state, VerdictState::Decided)?;
    if before.proposed_by == stamp.actor {
        return Err(Refusal::new(Code::NeedsAnother).with("who", "author").into());
    }
    let contested = contests::last_contested(db, before)?;
    let is_open = match before.state {
        VerdictState::Proposed => contested.is_none() && !charged(db, before.id)?.is_empty(),
        VerdictState::Notified => before.reply_by.is_none_or(|last| last >= today),
        _ => false,
    };
    if is_open {
        return Err(refused("reply-open"));
    }
    adopt_second_look(db, before)?;
    if let Some(contested) = contested
        && inspections::of_verdicts(db, &[contested])?.is_empty()
    {
        return Err(refused("second-inspection"));
    }
    // A version that followed a contest is told with its decision.
    let reply_by = before.reply_by.or(Some(today).filter(|_| before.state == VerdictState::Proposed));
    let what = (verdict::decided_by.eq(&stamp.actor), verdict::reason.eq(reason), verdict::reply_by.eq(reply_by));
    step!(db, verdict::table.find(before.id.0), verdict::state, verdict::version, VERDICT_MACHINE,
        before.state => VerdictState::Decided, before.version, what);
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::VerdictDecided, &after, json!({ "reason": reason }))?;
    Ok(after)
}

/// Whoever looked at the case itself after the last contest has looked again.
fn adopt_second_look(db: &mut Db, of: &LineVerdict) -> Result<()> {
    match contests::last_contested(db, of)? {
        Some(id) => {
            let contested = one(db, id)?;
            inspections::adopt(db, &contested)
        }
        None => Ok(()),
    }
}

/// Who pays what of a verdict, in micro-shares that sum to a whole.
pub fn paid_by(db: &mut Db, id: Id) -> Result<Vec<(Payer, u32)>> {
    let shares = shares_of(db, &[id])?.remove(&id).unwrap_or_default();
    shares.into_iter().map(|share| Ok((share.charged(), u32::try_from(share.micro).map_err(Error::broken)?))).collect()
}

/// Makes a verdict final: the line has its cause, and every cost of it moves to whoever answers for it.
///
/// # Errors
/// [`Code::WrongState`] for one that is neither accepted nor decided; [`Code::Stale`].
pub fn finish(db: &mut Db, stamp: &Stamp, today: NaiveDate, before: &LineVerdict) -> Result<LineVerdict> {
    step!(db, verdict::table.find(before.id.0), verdict::state, verdict::version, VERDICT_MACHINE,
        before.state => VerdictState::Final, before.version, verdict::final_on.eq(today));
    cases::conclude(db, stamp, before.line_id, before.cause)?;
    let shares = paid_by(db, before.id)?;
    settlements::reallocate(db, stamp, before.case_id, before.line_id, &shares, before.id)?;
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::VerdictFinal, &after, json!({ "cause": after.cause }))?;
    Ok(after)
}

/// Takes a version out of the way of the next; what it had moved is moved back.
fn supersede(db: &mut Db, stamp: &Stamp, today: NaiveDate, before: &LineVerdict) -> Result<()> {
    step!(db, verdict::table.find(before.id.0), verdict::state, verdict::version, VERDICT_MACHINE,
        before.state => VerdictState::Superseded, before.version, verdict::superseded_on.eq(today));
    if before.state == VerdictState::Final {
        settlements::reverse(db, stamp, before.id)?;
    }
    let after = one(db, before.id)?;
    tell(db, stamp, EventKind::VerdictSuperseded, &after, json!({ "before": before.state }))
}

/// Verdicts whose shares are no whole, for whoever looks for trouble.
pub fn unsound(db: &mut Db) -> Result<Vec<Id>> {
    let all: Vec<(Id, i64)> = each!(db, |c| verdict_share::table.select((verdict_share::verdict_id, verdict_share::micro)).load(c))?;
    let mut sums: BTreeMap<Id, i64> = BTreeMap::new();
    for (id, micro) in all {
        *sums.entry(id).or_default() += micro;
    }
    let known: Vec<Id> = each!(db, |c| verdict::table.select(verdict::id).load(c))?;
    Ok(known.into_iter().filter(|id| sums.get(id).copied() != Some(i64::from(WHOLE))).collect())
}
