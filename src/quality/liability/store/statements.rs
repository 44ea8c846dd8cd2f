//! Statements: what a party is charged with for a period, frozen.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::rules::{
    Bundle, ChargedParty, ENGINE, FORMAT, LineNotice, Rules, SharePart, StatementCost, StatementCount, StatementEntry, StatementKind,
    StatementText, WhoPays,
};
use super::super::{ReplyState, STATEMENT_MACHINE, StatementState, VerdictState};
use super::agreements::{self, VerdictNotice};
use super::chargebacks;
use super::contests::{self, VerdictReply};
use super::inspections;
use super::rule_sets::tables;
use super::verdicts::{self, LineVerdict, VerdictShare, paid_by, shares_of};
use super::{statement, statement_line, verdict, verdict_share};
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::settlements::{self, LedgerEntry, Payer, Sign};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::{ListWindow, Sees};
use crate::production::{batches, materials, parties};
use crate::{each, insert_all, keyset, step};

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = statement)]
pub struct Statement {
    /// Its id.
    pub id: Id,
    /// Who is charged.
    pub party_id: Id,
    /// First day of the period.
    pub from_on: NaiveDate,
    /// Last day of the period.
    pub to_on: NaiveDate,
    /// Whether it stands.
    pub state: StatementState,
    /// Every amount is in it.
    pub currency: String,
    /// Its lines.
    pub claims: i64,
    /// All lines together, in minor units; below zero when more is taken back than charged.
    pub amount_minor: i64,
    /// The file.
    pub bundle: String,
    /// SHA-256 of the statement in it.
    pub sha256: String,
    /// The engine that reckoned it.
    pub engine: String,
    /// Who made it.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// What a statement is made of.
#[derive(Clone, Debug)]
pub struct StatementAsk {
    /// Who is charged.
    pub party: Id,
    /// First day on which verdicts became final.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Of which currency, where a line has cost in several.
    pub currency: String,
}

/// A line as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct StatementLine {
    /// The verdict.
    pub verdict: Id,
    /// Why it is there.
    pub kind: StatementKind,
    /// How much.
    pub amount_minor: i64,
}

/// Statements by their ids, in no order.
pub fn with_ids(db: &mut Db, ids: &[Id]) -> Result<Vec<Statement>> {
    in_chunks(ids, |ids| each!(db, |c| statement::table.filter(statement::id.eq_any(ids)).select(Statement::as_select()).load(c)))
}

/// A stretch of the list, the latest first.
pub fn list(db: &mut Db, party: Option<Id>, state: Option<StatementState>, sees: Sees, window: &ListWindow) -> Result<Vec<Statement>> {
    let window = window.of_ids()?;
    Ok(each!(db, |c| {
        let mut query = statement::table.select(Statement::as_select()).into_boxed();
        for party in [party, sees.party()].into_iter().flatten() {
            query = query.filter(statement::party_id.eq(party));
        }
        if let Some(state) = state {
            query = query.filter(statement::state.eq(state.as_str()));
        }
        keyset!(c, query, newest statement::id, window)
    })?)
}

/// The lines of a statement.
pub fn lines_of(db: &mut Db, id: Id) -> Result<Vec<StatementLine>> {
    Ok(each!(db, |c| statement_line::table
        .filter(statement_line::statement_id.eq(id))
        .order(statement_line::place)
        .select((statement_line::verdict_id, statement_line::kind, statement_line::amount_minor))
        .load(c))?)
}

/// What is to be charged, and what was charged in which statement and is to be taken back.
struct Due {
    claims: Vec<LineVerdict>,
    corrections: Vec<(LineVerdict, Id)>,
}

fn due(db: &mut Db, ask: &StatementAsk) -> Result<Due> {
    let standing: Vec<(Id, StatementKind, Id)> = each!(db, |c| statement_line::table
        .filter(statement_line::party_id.eq(ask.party).and(statement_line::live.eq(true)))
        .select((statement_line::verdict_id, statement_line::kind, statement_line::statement_id))
        .load(c))?;
    let of = |wanted: StatementKind| standing.iter().filter(move |(_, kind, _)| *kind == wanted).map(|(verdict, _, of)| (*verdict, *of));
    let mut charged: BTreeMap<Id, Id> = of(StatementKind::Claim).collect();
    let theirs = verdict_share::table.filter(verdict_share::party_id.eq(ask.party)).select(verdict_share::verdict_id);
    let mut claims: Vec<LineVerdict> = each!(db, |c| verdict::table
        .filter(verdict::state.eq(VerdictState::Final.as_str()).and(verdict::final_on.between(ask.from, ask.to)))
        .filter(verdict::id.eq_any(theirs))
        .order(verdict::id)
        .select(LineVerdict::as_select())
        .load(c))?;
    claims.retain(|one| !charged.contains_key(&one.id));
    for (taken_back, _) in of(StatementKind::Correction) {
        charged.remove(&taken_back);
    }
    let mut corrections = Vec::new();
    for one in verdicts::with_ids(db, &charged.keys().copied().collect::<Vec<_>>())? {
        if let (Some(of), true) = (charged.get(&one.id), one.superseded_on.is_some_and(|day| day <= ask.to)) {
            corrections.push((one, *of));
        }
    }
    corrections.sort_by_key(|(one, _)| one.id);
    Ok(Due { claims, corrections })
}

/// The lines by which verdicts were charged in statements, turned round, in the order of the verdicts; their rule tables are put to `rules`. Each
/// statement is read once.
fn turned(db: &mut Db, corrections: &[(LineVerdict, Id)], rules: &mut BTreeMap<String, Rules>) -> Result<Vec<StatementEntry>> {
    let mut wanted: BTreeMap<Id, BTreeMap<String, Id>> = BTreeMap::new();
    for (of, in_statement) in corrections {
        wanted.entry(*in_statement).or_default().insert(of.id.to_string(), of.id);
    }
    let mut found: BTreeMap<Id, StatementEntry> = BTreeMap::new();
    for (in_statement, verdicts) in wanted {
        let Some(charged) = with_ids(db, &[in_statement])?.pop() else { continue };
        let before = StatementText::of_file(&charged.bundle)?;
        for mut line in before.lines.into_iter().filter(|line| line.kind == StatementKind::Claim) {
            let Some(of) = verdicts.get(&line.verdict) else { continue };
            line.kind = StatementKind::Correction;
            line.corrects = Some(before.code.clone());
            line.amount_minor = line.charged();
            if let Some(tables) = before.rules.iter().find(|tables| tables.version == line.rules) {
                rules.entry(tables.version.clone()).or_insert_with(|| tables.clone());
            }
            found.insert(*of, line);
        }
    }
    let line_of = |(of, in_statement): &(LineVerdict, Id)| {
        let gone = || Error::broken(format!("verdict {}: the statement {in_statement} that charged it does not have it", of.id));
        found.remove(&of.id).ok_or_else(gone)
    };
    corrections.iter().map(line_of).collect()
}

/// What the lines of a statement refer to, each read once.
struct Around {
    nos: HashMap<Id, String>,
    lines: HashMap<Id, CaseLine>,
    batches: HashMap<BatchNo, String>,
    lots: HashMap<Id, String>,
    shares: HashMap<Id, Vec<VerdictShare>>,
    /// By verdict: the costs that it moved.
    costs: HashMap<Id, Vec<LedgerEntry>>,
    /// By verdict: what the ledger charges the party with.
    charged: HashMap<Id, i64>,
    /// By case: the line a picture shows, where that is known, and its hash.
    photos: HashMap<Id, Vec<(Option<Id>, String)>>,
    notices: HashMap<Id, VerdictNotice>,
    replies: HashMap<Id, VerdictReply>,
    /// By line: the day somebody looked again.
    again: HashMap<Id, NaiveDate>,
}

fn around(db: &mut Db, claims: &[LineVerdict], party: Id) -> Result<Around> {
    let ids: Vec<Id> = claims.iter().map(|one| one.id).collect();
    let shares = shares_of(db, &ids)?;
    let mut numbers: Vec<BatchNo> = claims.iter().map(|one| one.batch_no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut own: Vec<Id> =
        shares.values().flatten().filter(|share| share.party_id == Some(party)).filter_map(|share| share.lot_id).collect();
    own.sort_unstable();
    own.dedup();
    let moves = settlements::entries_of_verdicts(db, &ids)?;
    let taken_back: BTreeSet<Id> = moves.iter().filter_map(|entry| entry.reversal_of).collect();
    let stands = |entry: &&LedgerEntry| entry.reversal_of.is_none() && !taken_back.contains(&entry.id);
    let pairs: BTreeSet<(Id, Id)> = moves.iter().filter(stands).filter_map(|entry| entry.verdict_id.zip(entry.moves_id)).collect();
    let bases: Vec<Id> = pairs.iter().map(|(_, base)| *base).collect();
    let by_id: HashMap<Id, LedgerEntry> = settlements::entries_with_ids(db, &bases)?.into_iter().map(|entry| (entry.id, entry)).collect();
    let mut costs: HashMap<Id, Vec<LedgerEntry>> = HashMap::new();
    for (verdict, base) in pairs {
        costs.entry(verdict).or_default().extend(by_id.get(&base).cloned());
    }
    let mut charged: HashMap<Id, i64> = HashMap::new();
    for entry in moves.iter().filter(stands).filter(|entry| entry.party_id == Some(party)) {
        if let Some(verdict) = entry.verdict_id {
            *charged.entry(verdict).or_default() += entry.signed();
        }
    }
    let mut photos: HashMap<Id, Vec<(Option<Id>, String)>> = HashMap::new();
    let mut cases_of: Vec<Id> = claims.iter().map(|one| one.case_id).collect();
    cases_of.sort_unstable();
    cases_of.dedup();
    for photo in cases::photos_of(db, &cases_of)? {
        photos.entry(photo.case_id).or_default().push((photo.line_id, photo.sha256));
    }
    let own_notice = |notices: Vec<VerdictNotice>| notices.into_iter().find(|notice| notice.party_id == party);
    let notices = agreements::notices(db, &ids)?.into_iter().filter_map(|(id, all)| Some((id, own_notice(all)?))).collect();
    let replies = contests::of_party(db, &ids, party)?.into_iter().map(|reply| (reply.verdict_id, reply)).collect();
    let lines_of: Vec<Id> = claims.iter().map(|one| one.line_id).collect();
    let again = inspections::of_lines(db, &lines_of)?.into_iter().map(|second| (second.line_id, second.inspected_on)).collect();
    Ok(Around {
        photos,
        notices,
        replies,
        again,
        nos: cases::nos_of_ids(db, &cases_of)?,
        lines: cases::lines_of_ids(db, &lines_of)?,
        batches: batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch.code)).collect(),
        lots: materials::lots(db, &own)?.into_iter().map(|lot| (lot.id, lot.code)).collect(),
        shares,
        costs,
        charged,
    })
}

/// A line of the file. Others are not named: a supplier learns its own lots, and of the rest only the role.
fn entry_of(of: &LineVerdict, around: &Around, party: Id, rules: &BTreeMap<String, Rules>) -> Result<StatementEntry> {
    let gone = |what: &str| Error::broken(format!("verdict {}: its {what} is not there", of.id));
    let matter = Bundle::matter_of(&of.bundle)?;
    let claim = matter.claims.into_iter().next().ok_or_else(|| gone("claim"))?;
    let shares = around.shares.get(&of.id).ok_or_else(|| gone("shares"))?;
    // In the order in which the ledger gives out cents.
    let mut payers: Vec<Payer> = shares.iter().map(VerdictShare::charged).collect();
    payers.sort_unstable();
    payers.dedup();
    let part = |share: &VerdictShare| {
        let is_own = share.party_id == Some(party);
        Ok(SharePart {
            role: share.role,
            payer: payers.iter().position(|payer| *payer == share.charged()).ok_or_else(|| gone("payer"))?,
            lot: share.lot_id.filter(|_| is_own).and_then(|id| around.lots.get(&id).cloned()),
            micro: u32::try_from(share.micro).map_err(Error::broken)?,
        })
    };
    let who = |payer: &Payer| match payer {
        Payer::Brand => WhoPays::Brand,
        Payer::Customer => WhoPays::Customer,
        Payer::Party(id) if *id == party => WhoPays::Own,
        Payer::Party(_) => WhoPays::Other,
    };
    let costs = around.costs.get(&of.id).map(Vec::as_slice).unwrap_or_default();
    let cost = |entry: &LedgerEntry| StatementCost {
        entry: entry.id.to_string(),
        kind: entry.kind.as_str().to_owned(),
        credit: entry.sign == Sign::Credit,
        occurred_on: entry.occurred_on,
        amount_minor: entry.amount_minor,
    };
    let line = around.lines.get(&of.line_id).ok_or_else(|| gone("line"))?;
    let photos = around.photos.get(&of.case_id).into_iter().flatten();
    let photos = photos.filter(|(shows, _)| shows.is_none_or(|shows| shows == line.id)).map(|(_, hash)| hash.clone());
    let notice = around.notices.get(&of.id).map(|notice| LineNotice {
        reply_by: notice.reply_by,
        reply_days: notice.reply_days,
        silence_accepts: notice.silence_accepts,
        reply: ReplyState::after(around.replies.get(&of.id)).as_str().to_owned(),
    });
    let mut entry = StatementEntry {
        kind: StatementKind::Claim,
        case: around.nos.get(&of.case_id).cloned().ok_or_else(|| gone("case"))?,
        line: line.line_no,
        batch: around.batches.get(&of.batch_no).cloned().ok_or_else(|| gone("batch"))?,
        reported_on: line.reported_on,
        inspected_on: line.inspected_on,
        inspected_again_on: around.again.get(&line.id).copied(),
        photos: photos.collect(),
        notice,
        corrects: None,
        verdict: of.id.to_string(),
        seq: of.seq,
        sha256: of.sha256.clone(),
        rules: of.rules_code.clone(),
        claim,
        excess: matter.excess,
        without: Vec::new(),
        ambiguous: false,
        parts: shares.iter().map(part).collect::<Result<_>>()?,
        payers: payers.iter().map(who).collect(),
        costs: costs.iter().map(cost).collect(),
        amount_minor: 0,
    };
    entry.amount_minor = entry.charged();
    entry.ambiguous = entry.is_parted();
    let tables = rules.get(&of.rules_code).ok_or_else(|| gone("rules"))?;
    entry.without = entry.reckoned_without(tables, &matter.currency);
    Ok(entry)
}

/// Makes the statement of a party for a period: every verdict that became final in it and was not charged before, and what was charged before and
/// is superseded since, taken back. What was posted to a line after its verdict became final is moved first. It says nothing of how often what the party
/// answers for fails: [`make_statement_with`] does.
///
/// # Errors
/// [`Code::DatesOutOfOrder`]; [`Code::Invalid`] for a line whose costs are in another currency; [`Code::NotFound`] for no such party.
pub fn make_statement(db: &mut Db, stamp: &Stamp, ask: &StatementAsk) -> Result<Statement> {
    make_statement_with(db, stamp, ask, &[])
}

/// The same, with how often what the party answers for fails ([`counts`](super::super::gather::counts)).
///
/// # Errors
/// As [`make_statement`].
pub fn make_statement_with(db: &mut Db, stamp: &Stamp, ask: &StatementAsk, counts: &[StatementCount]) -> Result<Statement> {
    if ask.to < ask.from {
        return Err(Fault::new("to", Code::DatesOutOfOrder).with("earlier", ask.from).with("later", ask.to).into());
    }
    let party = parties::by_ids(db, &[ask.party])?.pop().ok_or(Code::NotFound)?;
    let due = due(db, ask)?;
    let late = settlements::unmoved(db, &due.claims.iter().map(|one| one.line_id).collect::<Vec<_>>())?;
    for one in due.claims.iter().filter(|one| late.contains(&one.line_id)) {
        let shares = paid_by(db, one.id)?;
        settlements::reallocate(db, stamp, one.case_id, one.line_id, &shares, one.id)?;
    }
    let around = around(db, &due.claims, party.id)?;
    let codes: BTreeSet<&str> = due.claims.iter().map(|one| one.rules_code.as_str()).collect();
    let mut rules = tables(db, &codes.into_iter().collect::<Vec<_>>())?;
    let mut lines = Vec::new();
    for one in &due.claims {
        let other = around.costs.get(&one.id).into_iter().flatten().find(|entry| entry.currency != ask.currency);
        if let Some(other) = other {
            let allowed = format!("{} ({})", other.currency, around.nos.get(&one.case_id).map_or("", String::as_str));
            return Err(Fault::new("currency", Code::NotOneOf).with("value", &ask.currency).with("allowed", allowed).into());
        }
        let line = entry_of(one, &around, party.id, &rules)?;
        let charged = around.charged.get(&one.id).copied().unwrap_or_default();
        if line.amount_minor != charged {
            return Err(Error::broken(format!("verdict {}: the ledger has {charged}, the statement {}", one.id, line.amount_minor)));
        }
        lines.push(line);
    }
    lines.extend(turned(db, &due.corrections, &mut rules)?);
    let verdicts = due.claims.iter().chain(due.corrections.iter().map(|(one, _)| one)).map(|one| one.id);
    let id = stamp.id();
    let text = StatementText {
        format: FORMAT.to_owned(),
        engine: ENGINE.to_owned(),
        code: id.to_string(),
        party: ChargedParty { code: party.code.clone(), name_zh: party.name_zh.clone(), name_en: party.name_en.clone() },
        from: ask.from,
        to: ask.to,
        currency: ask.currency.clone(),
        made_at: stamp.at,
        rules: rules.into_values().collect(),
        counts: counts.to_vec(),
        ambiguous_minor: lines.iter().filter(|line| line.ambiguous).map(|line| line.amount_minor).sum(),
        amount_minor: lines.iter().map(|line| line.amount_minor).sum(),
        lines,
    };
    let sealed = text.sealed()?;
    let row = Statement {
        id,
        party_id: party.id,
        from_on: ask.from,
        to_on: ask.to,
        state: StatementState::Issued,
        currency: ask.currency.clone(),
        claims: i64::try_from(text.lines.len()).map_err(Error::broken)?,
        amount_minor: text.amount_minor,
        bundle: sealed.text,
        sha256: sealed.sha256,
        engine: ENGINE.to_owned(),
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
        version: 1,
    };
    each!(db, |c| diesel::insert_into(statement::table).values(&row).execute(c))?;
    let numbered: Vec<_> = (0_i64..).zip(verdicts.zip(&text.lines)).collect();
    for chunk in numbered.chunks(crate::platform::db::chunk_rows(7)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(place, (verdict, line))| {
                (
                    statement_line::statement_id.eq(id.0),
                    statement_line::place.eq(place),
                    statement_line::party_id.eq(party.id.0),
                    statement_line::verdict_id.eq(verdict.0),
                    statement_line::kind.eq(line.kind.as_str()),
                    statement_line::amount_minor.eq(line.amount_minor),
                    statement_line::live.eq(true),
                )
            })
            .collect();
        insert_all!(db, statement_line::table, &rows)?;
    }
    let body = json!({ "party": party.code, "from": ask.from, "to": ask.to, "claims": row.claims, "sha256": row.sha256 });
    events::append(db, stamp, EventKind::StatementIssued, Subject::Thing("statement", id.0), &body)?;
    Ok(row)
}

/// Takes a statement back: its lines may stand in another.
///
/// # Errors
/// [`Code::WrongState`]; [`Code::Stale`].
pub fn void_statement(db: &mut Db, stamp: &Stamp, before: &Statement, reason: &str) -> Result<()> {
    // A correction of one of its lines refers to it: that one goes first.
    let charged: BTreeSet<Id> =
        lines_of(db, before.id)?.into_iter().filter(|line| line.kind == StatementKind::Claim).map(|line| line.verdict).collect();
    let corrects = statement_line::party_id.eq(before.party_id).and(statement_line::kind.eq(StatementKind::Correction.as_str()));
    let corrected: Vec<Id> = each!(db, |c| statement_line::table
        .filter(corrects.and(statement_line::live.eq(true)).and(statement_line::statement_id.ne(before.id)))
        .select(statement_line::verdict_id)
        .load(c))?;
    if corrected.iter().any(|one| charged.contains(one)) {
        return Err(Refusal::new(Code::WrongState).with("state", "corrected-later").into());
    }
    if chargebacks::stands_on(db, before.id)? {
        return Err(Refusal::new(Code::WrongState).with("state", "charged-back").into());
    }
    step!(db, statement::table.find(before.id.0), statement::state, statement::version, STATEMENT_MACHINE,
        before.state => StatementState::Void, before.version);
    let lines = statement_line::table.filter(statement_line::statement_id.eq(before.id));
    each!(db, |c| diesel::update(lines).set(statement_line::live.eq(false)).execute(c))?;
    let body = json!({ "reason": reason });
    events::append(db, stamp, EventKind::StatementVoided, Subject::Thing("statement", before.id.0), &body)
}
