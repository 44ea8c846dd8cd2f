//! Statements as they are read.

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::super::gather::counts;
use super::super::rules::{CountOf, StatementCount, StatementEntry, StatementKind, StatementText};
use super::super::store::statements::{self, Statement, StatementAsk, make_statement_with};
use super::super::{NEW_STATEMENT, ReplyState, STATEMENT_FIELDS, StatementState};
use super::{history, id_of};
use crate::kernel::event::EventKind;
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Id, Result};
use crate::ownership::sales;
use crate::platform::db::Db;
use crate::platform::events::{Fact, Stamp};
use crate::platform::http::perm::{LiabilityEdit, LiabilityRead, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, Fields, ListQuery, ListWindow, Listing, Prepare, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::parties;

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
    /// Micro-shares of the party.
    pub share: u32,
    /// Lots of several parties may be in the garment.
    pub ambiguous: bool,
    /// The last day of its reply.
    pub reply_by: Option<NaiveDate>,
    /// What it said.
    pub reply: Option<ReplyState>,
    /// The statement that charged what this line takes back.
    pub corrects: Option<String>,
    /// How much, as people write it.
    pub amount: String,
}

/// Claims of a month, and how many were to come in it, as they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementMonthView {
    /// Of what.
    pub of: CountOf,
    /// Code of the party's own lot, where it is of one.
    pub lot: Option<String>,
    /// Code of the defect.
    pub defect: String,
    /// The month: `2026-05`.
    pub month: String,
    /// Confirmed claims.
    pub claims: u32,
    /// Expected claims, in millionths.
    pub expected_micro: u64,
}

/// The months of counts, one after the other.
fn months_of(counts: &[StatementCount]) -> Vec<StatementMonthView> {
    let of = |count: &StatementCount| {
        let (of, lot, defect) = (count.of, count.lot.clone(), count.defect.clone());
        let months = count.months.clone().into_iter();
        months
            .map(|one| StatementMonthView {
                of,
                lot: lot.clone(),
                defect: defect.clone(),
                month: one.month,
                claims: one.claims,
                expected_micro: one.expected_micro,
            })
            .collect::<Vec<_>>()
    };
    counts.iter().flat_map(of).collect()
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
    /// Of that what lines have in which lots of several parties may be to blame, as people write it.
    pub ambiguous: String,
    /// Its lines; the list leaves them out.
    pub lines: Vec<StatementLineView>,
    /// How often what the party answers for fails; the list leaves it out.
    pub counts: Vec<StatementCount>,
    /// The same by month of the claims; the list leaves it out.
    pub months: Vec<StatementMonthView>,
    /// Grows with every change.
    pub version: i64,
}

/// Lines that a page and a document show; the file has all.
const LINES_SHOWN: usize = 1_000;

fn statement_views(db: &mut Db, all: Vec<Statement>, with_lines: bool) -> Result<Vec<StatementView>> {
    let codes = parties::codes_of_ids(db, &all.iter().map(|one| one.party_id).collect::<Vec<_>>())?;
    let money = |minor: i64, currency: &str| Money { minor, currency: currency.to_owned() }.amount();
    let view = |one: Statement| {
        let text = if with_lines { Some(StatementText::of_file(&one.bundle)?) } else { None };
        let (lines, counts, ambiguous) = text.map_or((Vec::new(), Vec::new(), 0), |text| (text.lines, text.counts, text.ambiguous_minor));
        let line = |line: StatementEntry| StatementLineView {
            share: line.own_share(),
            ambiguous: line.ambiguous,
            reply_by: line.notice.as_ref().map(|notice| notice.reply_by),
            reply: line.notice.as_ref().and_then(|notice| ReplyState::of(&notice.reply)),
            corrects: line.corrects,
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
            ambiguous: money(ambiguous, &one.currency),
            lines: lines.into_iter().take(LINES_SHOWN).map(line).collect(),
            months: months_of(&counts),
            counts,
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
    pub(in crate::quality::liability) fn stored(&self, db: &mut Db) -> Result<Statement> {
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
        let Some(party) = super::super::store::party_asked(db, query, sees)? else { return Ok(Vec::new()) };
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

    fn title(&self, lang: Lang) -> String {
        format!("{} {} {} – {}", lang.of("责任报告", "Statement"), self.party, self.from, self.to)
    }

    fn is_seen(&self, sees: Sees) -> bool {
        sees.is_of(self.party_id)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let found = statements::with_ids(db, &ids)?;
        statement_views(db, found, true)
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        Ok(Self::with_codes(db, &[code])?.into_iter().find(|view| view.is_seen(sees)).map(|view| view.seen_by(sees)))
    }

    const PREPARED: Option<Prepare<Self>> = Some(|mut view, db, app| {
        if let Some(party) = parties::by_code(db, &view.party)? {
            view.counts = counts(app, db, party.id)?;
        }
        Ok(view)
    });

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        if self.from > app.today() && self.from <= self.to {
            return Err(Fault::new("from", Code::DateToCome).with("value", self.from).with("latest", app.today()).into());
        }
        let party =
            parties::by_code(db, &self.party)?.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", &self.party))?;
        let currency = if self.currency.is_empty() { sales::CURRENCY.to_owned() } else { self.currency };
        let ask = StatementAsk { party: party.id, from: self.from, to: self.to, currency };
        let made = make_statement_with(db, stamp, &ask, &self.counts)?;
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
