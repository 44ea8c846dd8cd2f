//! Verdicts as they are read.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::super::gather::{ExcessRead, read_excess};
use super::super::rules::{Bundle, Evidence, Role};
use super::super::starter::ClaimFact;
use super::super::store::records::line_named;
use super::super::store::verdicts::{self, LineVerdict, VerdictAsk, VerdictFilter, VerdictShare, is_told, propose, shares_of};
use super::super::store::{agreements, contests, files};
use super::super::{NEW_VERDICT, Needed, ReplyState, VERDICT_FIELDS, VERDICT_FILTERS, VerdictBasis, VerdictState, WantedProof};
use super::{history, id_of};
use crate::aftersales::cases::{self, CaseLine};
use crate::aftersales::classes::CaseCause;
use crate::kernel::event::EventKind;
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Code, Error, Fault, Id, Result, saturating};
use crate::platform::db::Db;
use crate::platform::events::{Fact, Stamp};
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, Field, Fields, ListQuery, ListWindow, Listing, Prepare, Sees, Thing};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::{batches, materials, parties};

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

/// What a party that is charged was told, and what it said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeView {
    /// Code of the party.
    pub party: String,
    /// The last day of its reply.
    pub reply_by: NaiveDate,
    /// Working days it was given.
    pub reply_days: i64,
    /// Whether saying nothing accepts, as was agreed.
    pub silence_accepts: bool,
    /// A year was counted of which no holidays are known yet.
    pub is_rough: bool,
    /// What it said.
    pub reply: ReplyState,
    /// Times it may still contest what it is charged with for this garment.
    pub rounds_left: i64,
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
    /// Said of a new one: evidence of the version before that holds no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Evidence>,
    /// Read before the write that makes a new one.
    #[serde(skip)]
    pub read: Option<ExcessRead>,
    /// Said of a new one: who carried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The shares.
    pub shares: Vec<ShareView>,
    /// What those who are charged were told, and what they said. Who is bound to a party reads its own.
    #[serde(default)]
    pub notices: Vec<NoticeView>,
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
pub fn verdict_views(db: &mut Db, all: Vec<LineVerdict>, sees: Sees) -> Result<Vec<VerdictView>> {
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
    let mut told = notice_views(db, &all, sees)?;
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
        let matter = Bundle::matter_of(&one.bundle)?;
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
            withdrawn: Vec::new(),
            read: None,
            carrier: None,
            shares: own.into_iter().map(share_view).collect(),
            reply_by: one
                .reply_by
                .map(|last| sees.party().and_then(|_| told.get(&one.id)?.first().map(|own| own.reply_by)).unwrap_or(last)),
            notices: told.remove(&one.id).unwrap_or_default(),
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

/// What the parties of verdicts were told, and what they said, as somebody sees it.
fn notice_views(db: &mut Db, all: &[LineVerdict], sees: Sees) -> Result<HashMap<Id, Vec<NoticeView>>> {
    let told = agreements::notices(db, &all.iter().map(|one| one.id).collect::<Vec<_>>())?;
    let seen: Vec<Id> = told.values().flatten().map(|notice| notice.party_id).filter(|party| sees.is_of(*party)).collect();
    let codes = parties::codes_of_ids(db, &seen)?;
    let mut views: HashMap<Id, Vec<NoticeView>> = HashMap::new();
    for one in all {
        let Some(notices) = told.get(&one.id) else { continue };
        let said = contests::of_line(db, one.line_id)?;
        for notice in notices.iter().filter(|notice| sees.is_of(notice.party_id)) {
            let reply = said.iter().find(|reply| (reply.verdict_id, reply.party_id) == (one.id, notice.party_id));
            let contested = said.iter().filter(|reply| reply.party_id == notice.party_id && !reply.accepts).count();
            views.entry(one.id).or_default().push(NoticeView {
                party: codes.get(&notice.party_id).cloned().unwrap_or_default(),
                reply_by: notice.reply_by,
                reply_days: notice.reply_days,
                silence_accepts: notice.silence_accepts,
                is_rough: notice.is_rough,
                reply: ReplyState::after(reply),
                rounds_left: contests::ROUNDS - saturating::<i64>(contested),
            });
        }
    }
    Ok(views)
}

impl VerdictView {
    /// The verdict itself.
    pub(in crate::quality::liability) fn stored(&self, db: &mut Db) -> Result<LineVerdict> {
        verdicts::with_ids(db, &[self.code.parse()?])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    fn ask(&self, db: &mut Db) -> Result<VerdictAsk> {
        let line = line_named(db, &self.case, self.line)?.id;
        let carrier = match self.carrier.as_deref() {
            None | Some("") => None,
            Some(code) => {
                Some(parties::by_code(db, code)?.ok_or_else(|| Fault::new("carrier", Code::UnknownReference).with("value", code))?.id)
            }
        };
        let facts = self.facts.iter().map(|fact| fact.as_str().to_owned()).collect();
        Ok(VerdictAsk {
            line,
            facts,
            evidence: self.evidence.clone(),
            withdrawn: self.withdrawn.clone(),
            carrier,
            excess: None,
            reason: self.reason.clone(),
        })
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
        if let Some(no) = query.filter_or_search("case") {
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
        format!("{} {}/{}", lang.of("责任认定", "Verdict"), self.case, self.line.unwrap_or_default())
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let found = verdicts::with_ids(db, &ids)?;
        verdict_views(db, found, Sees::ALL)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let found = verdicts::with_ids(db, &[code.parse()?])?;
        Ok(verdict_views(db, found, sees)?.pop())
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let mut ask = self.ask(db)?;
        let read = self.read.ok_or_else(|| Error::broken("a verdict for which nothing was read"))?;
        read.check(db)?;
        ask.excess = read.excess;
        let made = propose(db, stamp, app.today(), &ask)?;
        verdict_views(db, vec![made], Sees::ALL)?.pop().ok_or_else(|| Code::NotFound.into())
    }

    const PREPARED: Option<Prepare<Self>> = Some(|mut view, db, app| {
        let line = line_named(db, &view.case, view.line)?;
        view.read = Some(read_excess(app, db, line)?);
        Ok(view)
    });

    fn before_act(&self, db: &mut Db, verb: &str, (sees, words): (Sees, Words)) -> Result<Option<(String, Vec<String>)>> {
        if verb != "contest" {
            return Ok(None);
        }
        let line = self.stored(db)?.line_id;
        let files = files::files_of_line(db, line, sees)?;
        let missing: Vec<String> = WantedProof::missing(&files).into_iter().map(|one| one.word(words.lang()).to_owned()).collect();
        Ok((!missing.is_empty()).then(|| (words.say("verdicts-contest-missing").into_owned(), missing)))
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
            (!is_bound && self.state == S::Contested, Act::get("verdicts-inspect", href("inspect"), Permission::FindingsEdit).brand_only()),
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
