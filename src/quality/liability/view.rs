//! Rule tables, verdicts and statements as people and programs read them. Who is bound to a party learns of a verdict what concerns them: the
//! defect, the batch, their own lots and share, the rule and the evidence; of others only the role.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::rules::{Bundle, Evidence, Moved, Role, StatementKind, StatementText, Without, difference, sensitivity};
use super::starter::{ClaimFact, starter};
use super::store::rule_sets::{self, RuleSet};
use super::store::statements::{self, Statement, StatementAsk, make_statement};
use super::store::verdicts::{self, LineVerdict, VerdictAsk, VerdictFilter, VerdictShare, is_told, propose, shares_of};
use super::{
    NEW_RULES, NEW_STATEMENT, NEW_VERDICT, Needed, RULES_FIELDS, RulesState, STATEMENT_FIELDS, StatementState, VERDICT_FIELDS,
    VERDICT_FILTERS, VerdictBasis, VerdictState,
};
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::classes::CaseCause;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Result, parsed};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, BrandOnly, Field, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::{batches, materials, parties};

/// The history of something, of which who is bound to a party sees nothing: it names people.
fn history(db: &mut Db, subject: &'static str, id: Id) -> Result<Vec<Fact>> {
    events::of(db, Subject::Thing(subject, id.0))
}

fn id_of(code: &str) -> Id {
    parsed(code).unwrap_or_default()
}

/// A version of the rule tables as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesView {
    #[serde(skip)]
    id: Id,
    /// Its name.
    pub code: String,
    /// Where it stands.
    pub state: RulesState,
    /// Why it is wanted.
    pub reason: String,
    /// The tables, as JSON.
    pub rules: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Who wants it.
    pub proposed_by: String,
    /// Who approved it.
    pub approved_by: String,
    /// When it was proposed, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

fn rules_view(set: RuleSet) -> RulesView {
    RulesView {
        id: set.id,
        code: set.code,
        state: set.state,
        reason: set.reason,
        rules: set.rules,
        sha256: set.sha256,
        proposed_by: set.proposed_by,
        approved_by: set.approved_by.unwrap_or_default(),
        created_at: set.created_at,
        version: set.version,
    }
}

impl RulesView {
    /// The version itself.
    pub(super) fn stored(&self, db: &mut Db) -> Result<RuleSet> {
        rule_sets::with_codes(db, &[&self.code])?.pop().ok_or_else(|| Code::NotFound.into())
    }
}

impl Listing for RulesView {
    const FIELDS: &'static Fields = &RULES_FIELDS;
    const API: &'static str = "liability-rules";
    const SCHEMA: &'static str = "LiabilityRules";
    type Read = BrandOnly<LiabilityRead>;

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn href(&self) -> String {
        crate::platform::rooms::href::<Self>(&self.code)
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("liability-rules-new", "/liability-rules/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        Ok(rule_sets::list(db, &query.q, window)?.into_iter().map(rules_view).collect())
    }
}

impl Thing for RulesView {
    const SUBJECT: &'static str = "liability_rules";
    const SAVED: EventKind = EventKind::LiabilityRulesProposed;
    const NEW: &'static Fields = &NEW_RULES;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        self.id
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        self.code.clone()
    }

    /// The form begins with the program's own tables, under a name to be changed.
    fn blank(_app: &AppState) -> Self {
        let rules = serde_json::to_string_pretty(&starter()).into_iter().next().unwrap_or_default();
        Self { rules, ..Self::default() }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        Ok(rule_sets::with_codes(db, codes)?.into_iter().map(rules_view).collect())
    }

    fn make(self, db: &mut Db, stamp: &Stamp, _app: &AppState, _secret: &str) -> Result<Self> {
        Ok(rules_view(rule_sets::propose_rules(db, stamp, &self.rules, &self.reason)?))
    }

    /// Tables are made by [`Thing::make`] and never changed.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn acts(&self) -> Vec<Act> {
        if self.state != RulesState::Proposed {
            return Vec::new();
        }
        let href = |verb: &str| format!("/liability-rules/{}/{verb}", segment(&self.code));
        vec![
            Act::post("liability-rules-approve", href("approve"), Permission::LiabilityEdit)
                .about("liability-rules-approve-about")
                .brand_only(),
            Act::post("liability-rules-reject", href("reject"), Permission::LiabilityEdit).grave().brand_only(),
        ]
    }
}

/// A share as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    /// In what role.
    pub role: Role,
    /// Code of the party; of others', absent for who is bound to one.
    pub party: Option<String>,
    /// The lot; likewise.
    pub lot: Option<String>,
    /// Micro-shares.
    pub micro: i64,
}

/// A verdict as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictView {
    /// What its address ends with.
    pub code: String,
    /// Number of the case.
    pub case: String,
    /// Line of the case.
    pub line: Option<i64>,
    /// Which version, from 1.
    pub seq: i64,
    /// Code of the batch.
    pub batch: String,
    /// The defect that was found.
    pub defect: Option<String>,
    /// Where it stands.
    pub state: VerdictState,
    /// What decided it.
    pub basis: VerdictBasis,
    /// The clause of the hard rule.
    pub clause: String,
    /// What was behind the claim.
    pub cause: Option<CaseCause>,
    /// What would resolve what is open.
    pub needs: Vec<Needed>,
    /// Several parties' lots may be in the garment.
    pub ambiguous: bool,
    /// Facts that were known.
    pub facts: Vec<ClaimFact>,
    /// What was found.
    pub evidence: Vec<Evidence>,
    /// Said of a new one: who carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The shares.
    pub shares: Vec<ShareView>,
    /// The last day of a reply.
    pub reply_by: Option<NaiveDate>,
    /// Why it was decided so, or why there is a new version.
    pub reason: String,
    /// The rule tables.
    pub rules: String,
    /// SHA-256 of everything it was reckoned of.
    pub sha256: String,
    /// Who had it reckoned.
    pub proposed_by: String,
    /// Who decided.
    pub decided_by: String,
    /// The day it became final.
    pub final_on: Option<NaiveDate>,
    /// When it was reckoned, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// Verdicts as somebody sees them; each case, batch, party and lot is read once.
fn verdict_views(db: &mut Db, all: Vec<LineVerdict>, sees: Sees) -> Result<Vec<VerdictView>> {
    let ids: Vec<Id> = all.iter().map(|one| one.id).collect();
    let mut shares: HashMap<Id, Vec<VerdictShare>> = shares_of(db, &ids)?;
    let nos = cases::nos_of_ids(db, &all.iter().map(|one| one.case_id).collect::<Vec<_>>())?;
    let lines: HashMap<Id, CaseLine> = cases::lines_of_ids(db, &all.iter().map(|one| one.line_id).collect::<Vec<_>>())?;
    let mut numbers: Vec<BatchNo> = all.iter().map(|one| one.batch_no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let batches: HashMap<BatchNo, String> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch.code)).collect();
    let named: Vec<Id> = shares.values().flatten().filter_map(|share| share.party_id).filter(|party| sees.is_of(*party)).collect();
    let parties = parties::codes_of_ids(db, &named)?;
    let lots: Vec<Id> = shares
        .values()
        .flatten()
        .filter(|share| share.party_id.is_some_and(|party| sees.is_of(party)))
        .filter_map(|share| share.lot_id)
        .collect();
    let lots: HashMap<Id, String> = materials::lots(db, &lots)?.into_iter().map(|lot| (lot.id, lot.code)).collect();
    let is_brand = sees == Sees::ALL;
    let share_view = |share: VerdictShare| ShareView {
        role: share.role,
        party: share.party_id.and_then(|id| parties.get(&id).cloned()),
        lot: share.lot_id.and_then(|id| lots.get(&id).cloned()),
        micro: share.micro,
    };
    let mut views = Vec::with_capacity(all.len());
    for one in all {
        let own = shares.remove(&one.id).unwrap_or_default();
        if !is_told(&one, &own, sees) {
            continue;
        }
        let (_, matter) = Bundle::kept(one.bundle.clone(), one.sha256.clone()).inputs()?;
        let claim = matter.claims.into_iter().next().ok_or_else(|| Error::broken(format!("verdict {} has no claim", one.id)))?;
        views.push(VerdictView {
            code: one.id.to_string(),
            case: nos.get(&one.case_id).cloned().unwrap_or_default(),
            line: lines.get(&one.line_id).map(|line| line.line_no),
            seq: one.seq,
            batch: batches.get(&one.batch_no).cloned().unwrap_or_default(),
            defect: one.defect_code,
            state: one.state,
            basis: one.basis,
            clause: one.clause,
            cause: Some(one.cause),
            needs: one.needs.split(',').filter_map(Needed::of).collect(),
            ambiguous: one.ambiguous,
            facts: claim.facts.iter().filter_map(|fact| ClaimFact::of(fact)).collect(),
            evidence: claim.evidence.into_iter().collect(),
            carrier: None,
            shares: own.into_iter().map(share_view).collect(),
            reply_by: one.reply_by,
            reason: one.reason,
            rules: one.rules_code,
            sha256: one.sha256,
            proposed_by: if is_brand { one.proposed_by } else { String::new() },
            decided_by: one.decided_by.filter(|_| is_brand).unwrap_or_default(),
            final_on: one.final_on,
            created_at: one.created_at,
            version: one.version,
        });
    }
    Ok(views)
}

impl VerdictView {
    /// The verdict itself.
    pub(super) fn stored(&self, db: &mut Db) -> Result<LineVerdict> {
        verdicts::with_ids(db, &[self.code.parse()?])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    fn ask(&self, db: &mut Db) -> Result<VerdictAsk> {
        let case = cases::by_no(db, &self.case)?.ok_or_else(|| Fault::new("case", Code::UnknownReference).with("value", &self.case))?;
        let lines = cases::lines(db, case.id)?;
        let line = match (self.line, lines.as_slice()) {
            (None, [only]) => only.id,
            (None, _) => return Err(Fault::new("line", Code::Missing).into()),
            (Some(wanted), lines) => {
                let unknown = || Fault::new("line", Code::UnknownReference).with("value", wanted);
                lines.iter().find(|line| line.line_no == wanted).ok_or_else(unknown)?.id
            }
        };
        let carrier = match self.carrier.as_deref() {
            None | Some("") => None,
            Some(code) => {
                Some(parties::by_code(db, code)?.ok_or_else(|| Fault::new("carrier", Code::UnknownReference).with("value", code))?.id)
            }
        };
        let facts = self.facts.iter().map(|fact| fact.as_str().to_owned()).collect();
        Ok(VerdictAsk { line, facts, evidence: self.evidence.clone(), carrier, excess: None, reason: self.reason.clone() })
    }
}

impl Listing for VerdictView {
    const FIELDS: &'static Fields = &VERDICT_FIELDS;
    const API: &'static str = "verdicts";
    const SCHEMA: &'static str = "Verdict";
    const FILTERS: &'static [Field] = VERDICT_FILTERS;
    type Read = LiabilityRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("verdicts-new", "/verdicts/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let mut filter = VerdictFilter {
            state: query.filter("state").and_then(VerdictState::of),
            defect: query.filter("defect").map(str::to_owned),
            ..VerdictFilter::default()
        };
        if let Some(no) = query.filter("case").or(Some(query.q.as_str()).filter(|q| !q.is_empty())) {
            let Some(case) = cases::by_no(db, no)? else { return Ok(Vec::new()) };
            filter.case = Some(case.id);
        }
        if let Some(code) = query.filter("batch") {
            let Some(batch) = batches::batch_by_code(db, code)? else { return Ok(Vec::new()) };
            filter.batch = Some(batch.no);
        }
        if let Some(code) = query.filter("party") {
            let Some(party) = parties::by_code(db, code)?.filter(|party| sees.is_of(party.id)) else { return Ok(Vec::new()) };
            filter.party = Some(party.id);
        }
        let found = verdicts::list(db, &filter, sees, window)?;
        verdict_views(db, found, sees)
    }
}

impl Thing for VerdictView {
    const SUBJECT: &'static str = "verdict";
    const SAVED: EventKind = EventKind::VerdictProposed;
    const NEW: &'static Fields = &NEW_VERDICT;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        id_of(&self.code)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} · {}/{}", self.state.word(lang), self.case, self.line.unwrap_or_default())
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = codes.iter().map(|code| code.parse()).collect::<Result<Vec<Id>>>()?;
        let found = verdicts::with_ids(db, &ids)?;
        verdict_views(db, found, Sees::ALL)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let found = verdicts::with_ids(db, &[code.parse()?])?;
        Ok(verdict_views(db, found, sees)?.pop())
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let ask = self.ask(db)?;
        let made = propose(db, stamp, app.today(), &ask)?;
        verdict_views(db, vec![made], Sees::ALL)?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Verdicts are made by [`Thing::make`] and moved by their acts.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        // Who is bound to a party is not told who did what.
        if self.proposed_by.is_empty() { Ok(Vec::new()) } else { history(db, "verdict", self.id()) }
    }

    fn acts(&self) -> Vec<Act> {
        use VerdictState as S;
        let href = |verb: &str| format!("/verdicts/{}/{verb}", segment(&self.code));
        let edit = Permission::LiabilityEdit;
        let is_bound = self.proposed_by.is_empty();
        let charges = self.shares.iter().any(|share| share.party.is_some());
        let allowed = [
            (
                !is_bound && self.state == S::Proposed && charges,
                Act::post("verdicts-notify", href("notify"), edit).about("verdicts-notify-about"),
            ),
            (
                !is_bound && matches!(self.state, S::Proposed | S::Notified | S::Contested),
                Act::get("verdicts-decide", href("decide"), edit),
            ),
            (
                !is_bound && matches!(self.state, S::Accepted | S::Decided),
                Act::post("verdicts-finish", href("finish"), edit).about("verdicts-finish-about"),
            ),
            (is_bound && self.state == S::Notified, Act::post("verdicts-accept", href("accept"), Permission::LiabilityRead)),
            (is_bound && self.state == S::Notified, Act::get("verdicts-contest", href("contest"), Permission::LiabilityRead)),
        ];
        allowed.into_iter().filter(|(is_allowed, _)| *is_allowed).map(|(_, act)| act).collect()
    }
}

/// What hangs on each piece of evidence of a verdict, and what moved since the version before.
#[derive(Debug, Serialize)]
pub struct WhyView {
    /// The canonical text of everything it was reckoned of.
    pub bundle: String,
    /// SHA-256 of that.
    pub sha256: String,
    /// Each piece of evidence left out in turn.
    pub without: Vec<Without>,
    /// What changed since the version before, and what each change moved. Empty for the first.
    pub since: Vec<Moved>,
    /// What the parties said: code, whether it accepts, why not.
    pub replies: Vec<(String, bool, String)>,
}

/// Why a verdict is as it is.
pub(super) fn why(db: &mut Db, code: &str) -> Result<WhyView> {
    let one = verdicts::with_ids(db, &[code.parse()?])?.pop().ok_or(Code::NotFound)?;
    let bundle = Bundle::kept(one.bundle.clone(), one.sha256.clone());
    let (rules, matter) = bundle.inputs()?;
    let before = verdicts::of_line(db, one.line_id)?.into_iter().rfind(|other| other.seq < one.seq);
    let since = match before {
        Some(before) => difference(&Bundle::kept(before.bundle, before.sha256), &bundle)?,
        None => Vec::new(),
    };
    let replies = verdicts::replies(db, one.id)?;
    let codes = parties::codes_of_ids(db, &replies.iter().map(|(party, ..)| *party).collect::<Vec<_>>())?;
    let replies = replies.into_iter().filter_map(|(party, accepts, reason)| Some((codes.get(&party)?.clone(), accepts, reason))).collect();
    Ok(WhyView { without: sensitivity(&rules, &matter), since, bundle: one.bundle, sha256: one.sha256, replies })
}

/// A line of a statement as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLineView {
    /// The version of the verdict.
    pub verdict: String,
    /// Why it is there.
    pub kind: StatementKind,
    /// Number of the case.
    pub case: String,
    /// Code of the batch.
    pub batch: String,
    /// The defect.
    pub defect: String,
    /// How much, as people write it.
    pub amount: String,
}

/// A statement as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// What its address ends with.
    pub code: String,
    #[serde(skip)]
    party_id: Id,
    /// Who is charged.
    pub party: String,
    /// First day of the period.
    pub from: NaiveDate,
    /// Last day of the period.
    pub to: NaiveDate,
    /// Its lines.
    pub claims: i64,
    /// All lines together, as people write it.
    pub amount: String,
    /// Every amount is in it.
    pub currency: String,
    /// Whether it stands.
    pub state: StatementState,
    /// SHA-256 of the statement in its file.
    pub sha256: String,
    /// The engine that reckoned it.
    pub engine: String,
    /// Who made it; empty for who is bound to a party.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Its lines; the list leaves them out.
    pub lines: Vec<StatementLineView>,
    /// Grows with every change.
    pub version: i64,
}

/// Lines that a page and a document show; the file has all.
const LINES_SHOWN: usize = 1_000;

fn statement_views(db: &mut Db, all: Vec<Statement>, with_lines: bool) -> Result<Vec<StatementView>> {
    let codes = parties::codes_of_ids(db, &all.iter().map(|one| one.party_id).collect::<Vec<_>>())?;
    let money = |minor: i64, currency: &str| Money { minor, currency: currency.to_owned() }.amount();
    let view = |one: Statement| {
        let lines = if with_lines { StatementText::of_file(&one.bundle)?.lines } else { Vec::new() };
        let line = |line: super::rules::StatementEntry| StatementLineView {
            verdict: line.verdict,
            kind: line.kind,
            case: line.case,
            batch: line.batch,
            defect: line.claim.defect,
            amount: money(line.amount_minor, &one.currency),
        };
        Ok(StatementView {
            code: one.id.to_string(),
            party_id: one.party_id,
            party: codes.get(&one.party_id).cloned().unwrap_or_default(),
            from: one.from_on,
            to: one.to_on,
            claims: one.claims,
            amount: money(one.amount_minor, &one.currency),
            lines: lines.into_iter().take(LINES_SHOWN).map(line).collect(),
            currency: one.currency,
            state: one.state,
            sha256: one.sha256,
            engine: one.engine,
            created_by: one.created_by,
            created_at: one.created_at,
            version: one.version,
        })
    };
    all.into_iter().map(view).collect()
}

impl StatementView {
    /// The statement itself.
    pub(super) fn stored(&self, db: &mut Db) -> Result<Statement> {
        statements::with_ids(db, &[self.code.parse()?])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    fn seen_by(mut self, sees: Sees) -> Self {
        if sees != Sees::ALL {
            self.created_by.clear();
        }
        self
    }
}

impl Listing for StatementView {
    const FIELDS: &'static Fields = &STATEMENT_FIELDS;
    const API: &'static str = "statements";
    const SCHEMA: &'static str = "Statement";
    type Read = LiabilityRead;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("statements-new", "/statements/new".to_owned(), Permission::LiabilityEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let party = match query.filter("party").or(Some(query.q.as_str()).filter(|q| !q.is_empty())) {
            None => None,
            Some(code) => match parties::by_code(db, code)?.filter(|party| sees.is_of(party.id)) {
                Some(party) => Some(party.id),
                None => return Ok(Vec::new()),
            },
        };
        let found = statements::list(db, party, query.filter("state").and_then(StatementState::of), sees, window)?;
        Ok(statement_views(db, found, false)?.into_iter().map(|view| view.seen_by(sees)).collect())
    }
}

impl Thing for StatementView {
    const SUBJECT: &'static str = "statement";
    const SAVED: EventKind = EventKind::StatementIssued;
    const NEW: &'static Fields = &NEW_STATEMENT;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = LiabilityEdit;

    fn id(&self) -> Id {
        id_of(&self.code)
    }

    fn code(&self) -> &str {
        &self.code
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn title(&self, _: Lang) -> String {
        format!("{} {} – {}", self.party, self.from, self.to)
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.party_id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = codes.iter().map(|code| code.parse()).collect::<Result<Vec<Id>>>()?;
        let found = statements::with_ids(db, &ids)?;
        statement_views(db, found, true)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        Ok(Self::with_codes(db, &[code])?.into_iter().find(|view| view.is_seen(sees)).map(|view| view.seen_by(sees)))
    }

    fn make(self, db: &mut Db, stamp: &Stamp, _app: &AppState, _secret: &str) -> Result<Self> {
        let party =
            parties::by_code(db, &self.party)?.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", &self.party))?;
        let currency = if self.currency.is_empty() { sales::CURRENCY.to_owned() } else { self.currency };
        let made = make_statement(db, stamp, &StatementAsk { party: party.id, from: self.from, to: self.to, currency })?;
        statement_views(db, vec![made], true)?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Statements are made by [`Thing::make`] and never changed.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        if self.created_by.is_empty() { Ok(Vec::new()) } else { history(db, "statement", self.id()) }
    }

    fn acts(&self) -> Vec<Act> {
        let href = |verb: &str| format!("/statements/{}/{verb}", segment(&self.code));
        let file = Act::get("statements-file", href("file"), Permission::LiabilityRead).about("statements-file-about");
        let void = Act::get("statements-void", href("void"), Permission::LiabilityEdit).grave().brand_only();
        if self.state == StatementState::Issued { vec![file, void] } else { vec![file] }
    }
}
