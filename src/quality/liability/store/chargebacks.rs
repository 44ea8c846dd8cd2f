//! Chargebacks: the lines of a statement that a party is asked to pay.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::StatementState;
use super::super::chargebacks::{CHARGEBACK_FIELDS, CHARGEBACK_MACHINE, ChargebackState, NEW_CHARGEBACK};
use super::statements::{self, lines_of};
use super::verdicts::{self, LineVerdict};
use super::{chargeback as table, chargeback_line};
use crate::aftersales::settlements::{self, Cost, LedgerKind, Payer};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, parsed, saturating};
use crate::platform::db::{Db, chunk_rows, in_chunks};
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{LiabilityRead, MoneyEdit, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::parties;
use crate::{each, insert_all, keyset, step, text_column};

text_column!(ChargebackState);

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct ChargebackRow {
    id: Id,
    party_id: Id,
    statement_id: Id,
    state: ChargebackState,
    currency: String,
    claims: i64,
    amount_minor: i64,
    reference: String,
    reason: String,
    created_by: String,
    created_at: NaiveDateTime,
    version: i64,
}

/// A chargeback as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chargeback {
    /// What its address ends with.
    pub code: String,
    #[serde(skip)]
    party_id: Id,
    /// The statement whose lines it charges.
    pub statement: String,
    /// Who is charged.
    pub party: String,
    /// Where it stands.
    pub state: ChargebackState,
    /// Its lines.
    pub claims: i64,
    /// All of them together, as people write it.
    pub amount: String,
    /// The amount's.
    pub currency: String,
    /// What it was paid or netted with; or empty.
    pub reference: String,
    /// Why it was disputed or given up; or empty.
    pub reason: String,
    /// Who made it; empty for who is bound to a party.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

fn read(db: &mut Db, rows: Vec<ChargebackRow>) -> Result<Vec<Chargeback>> {
    let codes = parties::codes_of_ids(db, &rows.iter().map(|row| row.party_id).collect::<Vec<_>>())?;
    let of = |row: ChargebackRow| Chargeback {
        code: row.id.to_string(),
        party_id: row.party_id,
        statement: row.statement_id.to_string(),
        party: codes.get(&row.party_id).cloned().unwrap_or_default(),
        state: row.state,
        claims: row.claims,
        amount: Money { minor: row.amount_minor, currency: row.currency.clone() }.amount(),
        currency: row.currency,
        reference: row.reference,
        reason: row.reason,
        created_by: row.created_by,
        created_at: row.created_at,
        version: row.version,
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Whether a chargeback that stands has lines of this statement.
pub(super) fn stands_on(db: &mut Db, statement: Id) -> Result<bool> {
    let standing: i64 = each!(db, |c| table::table
        .filter(table::statement_id.eq(statement).and(table::state.ne(ChargebackState::Void.as_str())))
        .count()
        .get_result(c))?;
    Ok(standing > 0)
}

/// Charges the lines of a statement that no chargeback that stands has.
fn charge(db: &mut Db, stamp: &Stamp, code: &str) -> Result<ChargebackRow> {
    let unknown = || Fault::new("statement", Code::UnknownReference).with("value", code);
    let id: Id = code.parse().map_err(|_| unknown())?;
    let statement = statements::with_ids(db, &[id])?.pop().ok_or_else(unknown)?;
    if statement.state != StatementState::Issued {
        return Err(refused_in(statement.state).into());
    }
    let lines = lines_of(db, statement.id)?;
    let verdicts: Vec<Id> = lines.iter().map(|line| line.verdict).collect();
    let standing: Vec<(Id, String)> = in_chunks(&verdicts, |ids| {
        each!(db, |c| chargeback_line::table
            .filter(chargeback_line::verdict_id.eq_any(ids).and(chargeback_line::party_id.eq(statement.party_id)))
            .filter(chargeback_line::live.eq(true))
            .select((chargeback_line::verdict_id, chargeback_line::kind))
            .load(c))
    })?;
    let is_standing = |verdict: Id, kind: &str| standing.iter().any(|(of, as_kind)| *of == verdict && as_kind == kind);
    let lines: Vec<_> = lines.into_iter().filter(|line| !is_standing(line.verdict, line.kind.as_str())).collect();
    if lines.is_empty() {
        return Err(Refusal::new(Code::WrongState).with("state", "nothing-due").into());
    }
    let row = ChargebackRow {
        id: stamp.id(),
        party_id: statement.party_id,
        statement_id: statement.id,
        state: ChargebackState::Draft,
        currency: statement.currency,
        claims: saturating(lines.len()),
        amount_minor: lines.iter().map(|line| line.amount_minor).sum(),
        reference: String::new(),
        reason: String::new(),
        created_by: stamp.actor.clone(),
        created_at: stamp.at,
        version: 1,
    };
    each!(db, |c| diesel::insert_into(table::table).values(&row).execute(c))?;
    let numbered: Vec<_> = (0_i64..).zip(&lines).collect();
    for chunk in numbered.chunks(chunk_rows(7)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(place, line)| {
                (
                    chargeback_line::chargeback_id.eq(row.id.0),
                    chargeback_line::place.eq(*place),
                    chargeback_line::party_id.eq(row.party_id.0),
                    chargeback_line::verdict_id.eq(line.verdict.0),
                    chargeback_line::kind.eq(line.kind.as_str()),
                    chargeback_line::amount_minor.eq(line.amount_minor),
                    chargeback_line::live.eq(true),
                )
            })
            .collect();
        insert_all!(db, chargeback_line::table, &rows)?;
    }
    told(db, stamp, row.id, json!({ "statement": row.statement_id, "claims": row.claims, "state": row.state }))?;
    Ok(row)
}

fn told(db: &mut Db, stamp: &Stamp, id: Id, body: serde_json::Value) -> Result<()> {
    events::append(db, stamp, EventKind::ChargebackMoved, Subject::Thing("chargeback", id.0), &body)
}

/// Moves a chargeback on; what is said of it besides is the reference of its payment, or why.
///
/// # Errors
/// [`Code::WrongState`]; [`Code::Stale`]; as [`settlements::post`] for one that is settled.
pub fn move_on(db: &mut Db, stamp: &Stamp, today: NaiveDate, before: &Chargeback, to: ChargebackState, said: &str) -> Result<()> {
    let (id, reference, reason) = (before.id(), if to == ChargebackState::Settled { said } else { "" }, said);
    let reason = if to == ChargebackState::Settled { before.reason.as_str() } else { reason };
    step!(db, table::table.find(id.0), table::state, table::version, CHARGEBACK_MACHINE,
        before.state => to, before.version, (table::reference.eq(reference), table::reason.eq(reason)));
    if to == ChargebackState::Void {
        let lines = chargeback_line::table.filter(chargeback_line::chargeback_id.eq(id));
        each!(db, |c| diesel::update(lines).set(chargeback_line::live.eq(false)).execute(c))?;
    }
    if to == ChargebackState::Settled {
        recover(db, stamp, today, before, said)?;
    }
    told(db, stamp, id, json!({ "changes": { "state": { "from": before.state, "to": to } }, "reason": said }))
}

/// What was paid is in the ledger, line by line: what a claim charged is recovered, and what a correction takes back is a recovery taken back.
fn recover(db: &mut Db, stamp: &Stamp, today: NaiveDate, of: &Chargeback, reference: &str) -> Result<()> {
    let lines: Vec<(Id, i64)> = each!(db, |c| chargeback_line::table
        .filter(chargeback_line::chargeback_id.eq(of.id()))
        .order(chargeback_line::place)
        .select((chargeback_line::verdict_id, chargeback_line::amount_minor))
        .load(c))?;
    let verdicts: HashMap<Id, LineVerdict> =
        verdicts::with_ids(db, &lines.iter().map(|(id, _)| *id).collect::<Vec<_>>())?.into_iter().map(|one| (one.id, one)).collect();
    for (id, minor) in lines {
        let one = verdicts.get(&id).ok_or_else(|| Error::broken(format!("a chargeback of verdict {id}, which is not there")))?;
        if minor > 0 {
            let cost = Cost {
                case: one.case_id,
                line: Some(one.line_id),
                kind: LedgerKind::ChargebackRecovery,
                money: Money { minor, currency: of.currency.clone() },
                occurred_on: today,
                payer: Payer::Party(of.party_id),
                settlement: None,
                reference: reference.to_owned(),
            };
            settlements::post(db, stamp, &cost)?;
            continue;
        }
        let taken: Vec<Id> = settlements::entries_of_lines(db, &[one.line_id])?.iter().filter_map(|entry| entry.reversal_of).collect();
        let recovered = settlements::entries_of_lines(db, &[one.line_id])?.into_iter().find(|entry| {
            entry.kind == LedgerKind::ChargebackRecovery
                && entry.party_id == Some(of.party_id)
                && entry.amount_minor == -minor
                && entry.reversal_of.is_none()
                && !taken.contains(&entry.id)
        });
        if let Some(entry) = recovered {
            settlements::reverse_entry(db, stamp, &entry)?;
        }
    }
    Ok(())
}

impl Listing for Chargeback {
    const FIELDS: &'static Fields = &CHARGEBACK_FIELDS;
    const API: &'static str = "chargebacks";
    const SCHEMA: &'static str = "Chargeback";
    type Read = LiabilityRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("chargebacks-new", "/chargebacks/new".to_owned(), Permission::MoneyEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        let Some(asked) = super::party_asked(db, query, sees)? else { return Ok(Vec::new()) };
        let rows = each!(db, |c| {
            let mut all = table::table.select(ChargebackRow::as_select()).into_boxed();
            for party in [asked, sees.party()].into_iter().flatten() {
                all = all.filter(table::party_id.eq(party));
            }
            if sees != Sees::ALL {
                all = all.filter(table::state.ne(ChargebackState::Draft.as_str()));
            }
            if let Some(state) = query.filter("state") {
                all = all.filter(table::state.eq(state));
            }
            keyset!(c, all, newest table::id, window)
        })?;
        Ok(read(db, rows)?.into_iter().map(|one| one.seen_by(sees)).collect())
    }
}

impl Chargeback {
    fn seen_by(mut self, sees: Sees) -> Self {
        if sees != Sees::ALL {
            self.created_by.clear();
        }
        self
    }
}

impl Thing for Chargeback {
    const SUBJECT: &'static str = "chargeback";
    const SAVED: EventKind = EventKind::ChargebackMoved;
    const NEW: &'static Fields = &NEW_CHARGEBACK;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = MoneyEdit;

    fn id(&self) -> Id {
        parsed(&self.code).unwrap_or_default()
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} · {} {} · {}", self.party, self.amount, self.currency, self.state.word(lang))
    }

    /// A party learns of one once it is issued.
    fn is_seen(&self, sees: Sees) -> bool {
        sees == Sees::ALL || (sees.is_of(self.party_id) && self.state != ChargebackState::Draft)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let rows: Vec<ChargebackRow> =
            in_chunks(&ids, |ids| each!(db, |c| table::table.filter(table::id.eq_any(ids)).select(ChargebackRow::as_select()).load(c)))?;
        read(db, rows)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        Ok(Self::with_codes(db, &[code])?.into_iter().find(|one| one.is_seen(sees)).map(|one| one.seen_by(sees)))
    }

    fn make(self, db: &mut Db, stamp: &Stamp, _app: &AppState, _secret: &str) -> Result<Self> {
        let row = charge(db, stamp, &self.statement)?;
        read(db, vec![row])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Chargebacks are made by [`Thing::make`] and moved by their acts.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        // Who is bound to a party is not told who did what.
        if self.created_by.is_empty() { Ok(Vec::new()) } else { events::of(db, Subject::Thing(Self::SUBJECT, self.id().0)) }
    }

    fn acts(&self) -> Vec<Act> {
        use ChargebackState as S;
        let href = |verb: &str| format!("/chargebacks/{}/{verb}", segment(&self.code));
        let is_bound = self.created_by.is_empty();
        let own = [
            (S::Acknowledged, Act::post("chargebacks-acknowledge", href("acknowledge"), Permission::LiabilityRead)),
            (S::Disputed, Act::get("chargebacks-dispute", href("dispute"), Permission::LiabilityRead)),
        ];
        let ours = [
            (S::Issued, Act::post("chargebacks-issue", href("issue"), Permission::MoneyEdit).about("chargebacks-issue-about")),
            (S::Settled, Act::get("chargebacks-settle", href("settle"), Permission::MoneyEdit)),
            (S::Waived, Act::get("chargebacks-waive", href("waive"), Permission::MoneyEdit).grave()),
            (S::WrittenOff, Act::get("chargebacks-write-off", href("write-off"), Permission::MoneyEdit).grave()),
            (S::Void, Act::get("chargebacks-void", href("void"), Permission::MoneyEdit).grave()),
        ];
        let may: Vec<(S, Act)> = if is_bound { own.into_iter().collect() } else { ours.into_iter().collect() };
        may.into_iter().filter(|(to, _)| CHARGEBACK_MACHINE.check(self.state, *to).is_ok()).map(|(_, act)| act).collect()
    }
}
