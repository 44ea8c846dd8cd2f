//! Records of evidence: what was measured or seen.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::evidence::{EVIDENCE_FIELDS, EvidenceKind, EvidenceResult, NEW_EVIDENCE};
use super::evidence_record as table;
use crate::aftersales::cases::{self, CaseLine};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault, Id, Refusal, Result, parsed};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{CasesRead, FindingsEdit, Permission};
use crate::platform::http::segment;
use crate::platform::rooms::{Act, BrandOnly, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::{materials, parties};
use crate::{each, keyset, text_column};

text_column!(EvidenceKind, EvidenceResult);

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub struct EvidenceRow {
    /// Its id.
    pub id: Id,
    /// What was looked at.
    pub kind: EvidenceKind,
    /// What came of it.
    pub result: EvidenceResult,
    /// The line of a case it is of.
    pub line_id: Option<Id>,
    /// Or the lot.
    pub lot_id: Option<Id>,
    /// The party it names: the carrier.
    pub party_id: Option<Id>,
    /// Thousandths of the value.
    pub measured: Option<i64>,
    /// Thousandths of the value that was agreed.
    pub required: Option<i64>,
    /// Number of the report or record.
    pub source: String,
    /// When it was measured or seen.
    pub seen_on: NaiveDate,
    /// What else there is to say.
    pub note: String,
    /// Who wrote it down.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// When it was withdrawn, UTC.
    pub withdrawn_at: Option<NaiveDateTime>,
    /// Who did, or empty.
    pub withdrawn_by: String,
    /// Why, or empty.
    pub withdrawn_why: String,
    /// Grows with every change.
    pub version: i64,
}

/// A record as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// What its address ends with.
    pub code: String,
    /// What was looked at.
    pub kind: EvidenceKind,
    /// Number of the case, where it is about a garment of one.
    pub case: Option<String>,
    /// Line of the case.
    pub line: Option<i64>,
    /// Code of the lot, where it is about a lot.
    pub lot: Option<String>,
    /// Thousandths of the value.
    pub measured: Option<i64>,
    /// Thousandths of the value that was agreed.
    pub required: Option<i64>,
    /// What came of it.
    pub result: Option<EvidenceResult>,
    /// Code of the party.
    pub party: Option<String>,
    /// Number of the report or record.
    pub source: String,
    /// When it was measured or seen.
    pub seen_on: NaiveDate,
    /// What else there is to say.
    pub note: String,
    /// Why it was withdrawn; empty while it stands.
    pub withdrawn: String,
    /// Who wrote it down.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// The newest record of each kind that stands: of the line itself, else of one of these lots.
pub fn newest(db: &mut Db, line: Id, lots: &[Id]) -> Result<Vec<EvidenceRow>> {
    let own: Vec<EvidenceRow> = each!(db, |c| table::table
        .filter(table::line_id.eq(line).and(table::withdrawn_at.is_null()))
        .select(EvidenceRow::as_select())
        .load(c))?;
    let of_lots: Vec<EvidenceRow> = in_chunks(lots, |lots| {
        let lots: Vec<Option<Id>> = lots.iter().copied().map(Some).collect();
        each!(db, |c| table::table
            .filter(table::lot_id.eq_any(lots).and(table::withdrawn_at.is_null()))
            .select(EvidenceRow::as_select())
            .load(c))
    })?;
    let mut newest: BTreeMap<EvidenceKind, EvidenceRow> = BTreeMap::new();
    for row in own.into_iter().chain(of_lots) {
        let rank = |row: &EvidenceRow| (row.line_id.is_some(), row.seen_on, row.id);
        if newest.get(&row.kind).is_none_or(|known| rank(known) < rank(&row)) {
            newest.insert(row.kind, row);
        }
    }
    Ok(newest.into_values().collect())
}

/// Every record of a line, those that were withdrawn too, oldest first.
pub fn of_line(db: &mut Db, line: Id) -> Result<Vec<EvidenceRecord>> {
    let rows: Vec<EvidenceRow> =
        each!(db, |c| table::table.filter(table::line_id.eq(line)).order(table::id).select(EvidenceRow::as_select()).load(c))?;
    read(db, rows)
}

/// The line of a case that somebody names.
///
/// # Errors
/// [`Code::UnknownReference`] for `case` or `line`; [`Code::Missing`] for `line` where the case has several.
pub fn line_named(db: &mut Db, no: &str, line: Option<i64>) -> Result<CaseLine> {
    let (_, line) = cases::line_if_said(db, no, line)?;
    Ok(line.ok_or_else(|| Fault::new("line", Code::Missing))?)
}

fn read(db: &mut Db, rows: Vec<EvidenceRow>) -> Result<Vec<EvidenceRecord>> {
    let lines = cases::lines_of_ids(db, &rows.iter().filter_map(|row| row.line_id).collect::<Vec<_>>())?;
    let nos = cases::nos_of_ids(db, &lines.values().map(|line| line.case_id).collect::<Vec<_>>())?;
    let lots = materials::lots(db, &rows.iter().filter_map(|row| row.lot_id).collect::<Vec<_>>())?;
    let names: HashMap<Id, String> = materials::names(db, lots.iter().map(|lot| (lot.id, lot.code.as_str(), lot.party_id)))?;
    let parties = parties::codes_of_ids(db, &rows.iter().filter_map(|row| row.party_id).collect::<Vec<_>>())?;
    let of = |row: EvidenceRow| {
        let line = row.line_id.and_then(|id| lines.get(&id));
        EvidenceRecord {
            code: row.id.to_string(),
            kind: row.kind,
            case: line.and_then(|line| nos.get(&line.case_id).cloned()),
            line: line.map(|line| line.line_no),
            lot: row.lot_id.and_then(|id| names.get(&id).cloned()),
            measured: row.measured,
            required: row.required,
            result: Some(row.result),
            party: row.party_id.and_then(|id| parties.get(&id).cloned()),
            source: row.source,
            seen_on: row.seen_on,
            note: row.note,
            withdrawn: row.withdrawn_why,
            created_by: row.created_by,
            created_at: row.created_at,
            version: row.version,
        }
    };
    Ok(rows.into_iter().map(of).collect())
}

impl EvidenceRecord {
    /// What came of it: what follows from its values, or what somebody says where there are none.
    fn outcome(&self) -> Result<EvidenceResult, Fault> {
        let missing = |field: &'static str| Fault::new(field, Code::Missing);
        match (self.measured, self.required, self.result) {
            (Some(_), None, _) => Err(missing("required")),
            (None, Some(_), _) => Err(missing("measured")),
            (None, None, Some(result)) => Ok(result),
            (None, None, None) => Err(missing("result")),
            (Some(measured), Some(required), said) => match self.kind.follows(measured, required) {
                None => Err(Fault::new("measured", Code::UnknownField)),
                Some(result) => match said.filter(|said| *said != result) {
                    Some(said) => Err(Fault::new("result", Code::NotOneOf)
                        .with("value", said.as_str())
                        .with("value_zh", said.word(Lang::Zh))
                        .with("value_en", said.word(Lang::En))
                        .with("allowed", result.as_str())
                        .with("allowed_zh", result.word(Lang::Zh))
                        .with("allowed_en", result.word(Lang::En))),
                    None => Ok(result),
                },
            },
        }
    }
}

impl Listing for EvidenceRecord {
    const FIELDS: &'static Fields = &EVIDENCE_FIELDS;
    const API: &'static str = "evidence";
    const SCHEMA: &'static str = "EvidenceRecord";
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![("evidence-new", "/evidence/new".to_owned(), Permission::FindingsEdit)]
    }

    fn list(db: &mut Db, query: &ListQuery, _sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let window = window.of_ids()?;
        let lines = match query.filter_or_search("case") {
            None => None,
            Some(no) => match cases::by_no(db, no)? {
                None => return Ok(Vec::new()),
                Some(case) => Some(cases::lines(db, case.id)?.into_iter().map(|line| Some(line.id)).collect::<Vec<_>>()),
            },
        };
        let rows = each!(db, |c| {
            let mut all = table::table.select(EvidenceRow::as_select()).into_boxed();
            if let Some(kind) = query.filter("kind") {
                all = all.filter(table::kind.eq(kind));
            }
            if let Some(result) = query.filter("result") {
                all = all.filter(table::result.eq(result));
            }
            if let Some(lines) = &lines {
                all = all.filter(table::line_id.eq_any(lines));
            }
            keyset!(c, all, newest table::id, window)
        })?;
        read(db, rows)
    }
}

impl Thing for EvidenceRecord {
    const SUBJECT: &'static str = "evidence";
    const SAVED: EventKind = EventKind::EvidenceRecorded;
    const NEW: &'static Fields = &NEW_EVIDENCE;
    const CHANGE: &'static Fields = &Fields::NONE;
    type Edit = FindingsEdit;

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
        format!("{} · {}", self.kind.word(lang), self.source)
    }

    fn blank(app: &AppState) -> Self {
        Self { seen_on: app.today(), ..Self::default() }
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let ids = Id::of_codes(codes)?;
        let rows: Vec<EvidenceRow> =
            in_chunks(&ids, |ids| each!(db, |c| table::table.filter(table::id.eq_any(ids)).select(EvidenceRow::as_select()).load(c)))?;
        read(db, rows)
    }

    fn make(self, db: &mut Db, stamp: &Stamp, app: &AppState, _secret: &str) -> Result<Self> {
        let mut faults = Vec::new();
        let result = match self.outcome() {
            Ok(result) => result,
            Err(fault) => {
                faults.push(fault);
                EvidenceResult::default()
            }
        };
        if self.seen_on > app.today() {
            faults.push(Fault::new("seen_on", Code::DateToCome).with("value", self.seen_on).with("latest", app.today()));
        }
        if self.kind == EvidenceKind::Transport && result == EvidenceResult::Fails && self.party.is_none() {
            faults.push(Fault::new("party", Code::Missing));
        }
        let is_of_lot = self.lot.is_some();
        match (&self.case, is_of_lot) {
            (Some(_), true) => faults.push(Fault::new("lot", Code::UnknownField)),
            (None, false) => faults.push(Fault::new("case", Code::Missing)),
            (None, true) if !self.kind.is_of_lots() => faults.push(Fault::new("case", Code::Missing)),
            _ => {}
        }
        Refusal::unless_none(faults)?;
        let line_id = match &self.case {
            Some(no) => Some(line_named(db, no, self.line)?.id),
            None => None,
        };
        let lot_id = match &self.lot {
            Some(code) => Some(
                materials::lot_called(db, code, None)?.ok_or_else(|| Fault::new("lot", Code::UnknownReference).with("value", code))?.id,
            ),
            None => None,
        };
        let party_id = match &self.party {
            Some(code) => {
                Some(parties::by_code(db, code)?.ok_or_else(|| Fault::new("party", Code::UnknownReference).with("value", code))?.id)
            }
            None => None,
        };
        let row = EvidenceRow {
            id: stamp.id(),
            kind: self.kind,
            result,
            line_id,
            lot_id,
            party_id,
            measured: self.measured,
            required: self.required,
            source: self.source,
            seen_on: self.seen_on,
            note: self.note,
            created_by: stamp.actor.clone(),
            created_at: stamp.at,
            withdrawn_at: None,
            withdrawn_by: String::new(),
            withdrawn_why: String::new(),
            version: 1,
        };
        each!(db, |c| diesel::insert_into(table::table).values(&row).execute(c))?;
        let body = json!({ "kind": row.kind, "result": row.result, "line": row.line_id, "lot": row.lot_id, "source": row.source });
        events::append(db, stamp, EventKind::EvidenceRecorded, Subject::Thing(Self::SUBJECT, row.id.0), &body)?;
        read(db, vec![row])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// Records are made by [`Thing::make`] and never changed.
    fn write(self, _db: &mut Db, _stamp: &Stamp, _before: Option<&Self>) -> Result<Self> {
        Err(Code::MethodNotAllowed.into())
    }

    fn acts(&self) -> Vec<Act> {
        if !self.withdrawn.is_empty() {
            return Vec::new();
        }
        let href = format!("/evidence/{}/withdraw", segment(&self.code));
        vec![Act::get("evidence-withdraw", href, Permission::FindingsEdit).grave().brand_only()]
    }
}

/// Withdraws a record that was a mistake: from then on it says nothing. Verdicts that were reckoned with it stay as they are.
///
/// # Errors
/// [`Code::WrongState`] for one that was withdrawn; [`Code::Stale`].
pub fn withdraw(db: &mut Db, stamp: &Stamp, record: &EvidenceRecord, reason: &str) -> Result<()> {
    if !record.withdrawn.is_empty() {
        return Err(Refusal::new(Code::WrongState).with("state", "withdrawn-evidence").into());
    }
    let row = table::table.filter(table::id.eq(record.id()).and(table::version.eq(record.version)));
    let set = (
        table::withdrawn_at.eq(stamp.at),
        table::withdrawn_by.eq(&stamp.actor),
        table::withdrawn_why.eq(reason),
        table::version.eq(record.version + 1),
    );
    if each!(db, |c| diesel::update(row).set(set).execute(c))? == 0 {
        return Err(Code::Stale.into());
    }
    events::append(db, stamp, EventKind::EvidenceWithdrawn, Subject::Thing("evidence", record.id().0), &json!({ "reason": reason }))
}
