//! Who is to be asked again, and what came of it.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::advice::advice;
use super::super::rules::FOLLOW_UP_MACHINE;
use super::super::{FOLLOW_UP_FIELDS, FOLLOW_UP_FILTERS, FOLLOW_UP_NEW, FollowUpKind, FollowUpResult, FollowUpShown, FollowUpState};
use super::answers::Survey;
use super::follow_up;
use crate::aftersales::cases::{self, CaseLine, NewCase, NewLine, ServiceCase};
use crate::aftersales::classes::{CaseChannel, Queue};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{Both, Lang};
use crate::kernel::{Code, Error, GarmentId, Id, Result};
use crate::ownership::holders::{HolderKeys, Secret};
use crate::platform::db::Db;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::events::{self, Stamp};
use crate::platform::http::perm::{CasesEdit, CasesRead, Permission};
use crate::platform::rooms::{Act, Acting, BrandOnly, Field, Fields, ListQuery, ListWindow, Listing, Sees, Thing};
use crate::platform::state::AppState;
use crate::production::{batches, serials, skus};
use crate::{each, keyset, step};

/// A follow-up as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = follow_up, treat_none_as_default_value = false)]
#[serde(default)]
pub struct FollowUpRow {
    /// Its id.
    pub id: Id,
    /// What people call it: the day it is due, its case and line, and why.
    pub code: String,
    /// Why somebody asks.
    pub kind: FollowUpKind,
    /// The repair, the settlement or the survey it comes of.
    #[serde(skip)]
    pub source_id: Id,
    /// How many days after that.
    pub days: i64,
    /// The case.
    #[serde(skip)]
    pub case_id: Id,
    /// The line of it.
    #[serde(skip)]
    pub line_id: Id,
    /// The garment the buyer has.
    #[serde(skip)]
    pub garment_id: GarmentId,
    /// Who does it.
    pub queue: Queue,
    /// On which local day.
    pub due_on: NaiveDate,
    /// Where it stands.
    pub state: FollowUpState,
    /// What came of it.
    pub result: Option<FollowUpResult>,
    /// What there is to say.
    pub note: String,
    /// The case in which it goes on.
    #[serde(skip)]
    pub next_case_id: Option<Id>,
    /// Who ended it, or empty.
    pub ended_by: String,
    /// When, UTC.
    pub ended_at: Option<NaiveDateTime>,
    /// When it was planned, UTC.
    #[serde(skip)]
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

/// A follow-up with what its page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUp {
    /// As it is stored.
    #[serde(flatten)]
    pub row: FollowUpRow,
    /// Number of its case.
    pub case: String,
    /// Which line of it, where the desk plans one.
    #[serde(skip_serializing)]
    pub line: i64,
    /// The garment's serial.
    pub serial: String,
    /// How such a garment is cared for.
    pub advice: Both,
    /// Number of the case in which it goes on.
    pub next_case: Option<String>,
}

impl From<FollowUpRow> for FollowUp {
    fn from(row: FollowUpRow) -> Self {
        Self { row, ..Self::default() }
    }
}

impl Listing for FollowUp {
    const FIELDS: &'static Fields = &FOLLOW_UP_FIELDS;
    const API: &'static str = "follow-ups";
    const SCHEMA: &'static str = "FollowUp";
    const FILTERS: &'static [Field] = FOLLOW_UP_FILTERS;
    type Read = BrandOnly<CasesRead>;

    fn key(&self) -> String {
        self.row.code.clone()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("follow-ups-new", "/follow-ups/new".to_owned(), Permission::CasesEdit),
            ("surveys-title", "/surveys".to_owned(), Permission::CasesRead),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, _: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let shown = query.filter("shown").and_then(FollowUpShown::of);
        // Whoever looks for something finds it however it stands.
        let shown = shown.unwrap_or(if query.q.is_empty() { FollowUpShown::Due } else { FollowUpShown::All });
        let today = query.app().today();
        let rows: Vec<FollowUpRow> = each!(db, |c| {
            let mut rows = follow_up::table.select(FollowUpRow::as_select()).into_boxed();
            rows = match shown {
                FollowUpShown::Due => rows.filter(follow_up::state.eq(FollowUpState::Planned).and(follow_up::due_on.le(today))),
                FollowUpShown::Planned => rows.filter(follow_up::state.eq(FollowUpState::Planned)),
                FollowUpShown::Over => rows.filter(follow_up::state.ne(FollowUpState::Planned)),
                FollowUpShown::All => rows,
            };
            if let Some(kind) = query.filter("kind") {
                rows = rows.filter(follow_up::kind.eq(kind));
            }
            if let Some(queue) = query.filter("queue") {
                rows = rows.filter(follow_up::queue.eq(queue));
            }
            if !query.q.is_empty() {
                rows = rows.filter(lower(follow_up::code).like(anywhere(&query.q)).escape('\\'));
            }
            keyset!(c, rows, follow_up::code, window)
        })?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn named(db: &mut Db, app: &AppState, mut rows: Vec<Self>) -> Result<Vec<Self>> {
        let cases: Vec<Id> = rows.iter().flat_map(|one| [Some(one.row.case_id), one.row.next_case_id]).flatten().collect();
        let numbers: HashMap<Id, String> = cases::nos_of_ids(db, &cases)?;
        let garments: Vec<GarmentId> = rows.iter().map(|one| one.row.garment_id).collect();
        let serials = serials::serials_of(db, &app.keys.serials, &garments)?;
        for one in &mut rows {
            one.case = numbers.get(&one.row.case_id).cloned().unwrap_or_default();
            one.next_case = one.row.next_case_id.and_then(|id| numbers.get(&id).cloned());
            one.serial = serials.get(&one.row.garment_id).cloned().unwrap_or_default();
        }
        Ok(rows)
    }
}

impl Thing for FollowUp {
    const SUBJECT: &'static str = "follow_up";
    const SAVED: EventKind = EventKind::FollowUpPlanned;
    type Edit = CasesEdit;
    const NEW: &'static Fields = &FOLLOW_UP_NEW;
    const CHANGE: &'static Fields = &Fields::NONE;

    fn id(&self) -> Id {
        self.row.id
    }

    fn code(&self) -> &str {
        &self.row.code
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn title(&self, lang: Lang) -> String {
        format!("{} {}", lang.of("回访", "Follow-up"), self.row.code)
    }

    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>> {
        let rows: Vec<FollowUpRow> =
            each!(db, |c| follow_up::table.filter(follow_up::code.eq_any(codes)).select(FollowUpRow::as_select()).load(c))?;
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        let Some(mut found) = Self::with_codes(db, &[code])?.into_iter().find(|one| one.is_seen(sees)) else { return Ok(None) };
        let batch = batches::batch(db, found.row.garment_id.batch())?.ok_or_else(|| Error::broken("a garment of no batch"))?;
        let styled = skus::styled(db, batch.sku_id)?;
        let of = |lang| advice(&styled.style.category, found.row.due_on, lang);
        found.advice = Both { zh: of(Lang::Zh), en: of(Lang::En) };
        Ok(Some(found))
    }

    fn resolved(mut self, db: &mut Db) -> Result<Self> {
        let (case, line) = cases::line_said(db, &self.case, self.line)?;
        self.row = FollowUpRow { case_id: case.id, line_id: line.id, garment_id: line.garment_id, ..self.row };
        Ok(self)
    }

    /// One that the desk plans.
    fn write(mut self, db: &mut Db, stamp: &Stamp, _: Option<&Self>) -> Result<Self> {
        let id = stamp.id();
        let row = FollowUpRow { id, kind: FollowUpKind::Desk, source_id: id, created_at: stamp.at, version: 1, ..self.row };
        self.row = FollowUpRow { code: code(row.due_on, &self.case, self.line, &format!("d{}", id.to_string().to_lowercase())), ..row };
        each!(db, |c| diesel::insert_into(follow_up::table).values(&self.row).execute(c))?;
        Ok(self)
    }

    fn acts(&self) -> Vec<Act> {
        let ask = |key: &'static str, verb: &str| Act::get(key, format!("{}/{verb}", self.href()), Permission::CasesEdit);
        let done = FOLLOW_UP_MACHINE.allows(self.row.state, FollowUpState::Done).then(|| ask("follow-ups-done", "done"));
        let decline = FOLLOW_UP_MACHINE.allows(self.row.state, FollowUpState::Declined).then(|| ask("follow-ups-decline", "decline"));
        done.into_iter().chain(decline).collect()
    }
}

/// What people call a follow-up: in the order of these codes they are due.
pub(super) fn code(due: NaiveDate, case: &str, line: i64, why: &str) -> String {
    format!("{}-{case}.{line}-{why}", due.format("%y%m%d"))
}

/// A follow-up of a low score: the supervisor's, today.
pub(super) fn low_score(db: &mut Db, stamp: &Stamp, case: &ServiceCase, survey: &Survey, today: NaiveDate) -> Result<()> {
    let line = cases::lines(db, case.id)?.into_iter().next().ok_or_else(|| Error::broken("a case without a line"))?;
    let row = FollowUpRow {
        id: stamp.id(),
        code: code(today, &case.no, line.line_no, &format!("s{}", survey.row.seq)),
        kind: FollowUpKind::LowScore,
        source_id: survey.row.id,
        case_id: case.id,
        line_id: line.id,
        garment_id: line.garment_id,
        queue: Queue::Supervisor,
        due_on: today,
        created_at: stamp.at,
        version: 1,
        ..FollowUpRow::default()
    };
    insert(db, stamp, &row).map(drop)
}

/// Writes one down, unless it is there already; whether it was not.
pub(super) fn insert(db: &mut Db, stamp: &Stamp, row: &FollowUpRow) -> Result<bool> {
    if each!(db, |c| diesel::insert_into(follow_up::table).values(row).on_conflict_do_nothing().execute(c))? == 0 {
        return Ok(false);
    }
    let body =
        json!({ "follow_up": row.id, "kind": row.kind, "due_on": row.due_on, "changes": { "state": { "from": null, "to": row.state } } });
    events::append(db, stamp, EventKind::FollowUpPlanned, Subject::Thing(FollowUp::SUBJECT, row.id.0), &body)?;
    Ok(true)
}

/// Ends a follow-up.
pub(super) fn end(
    db: &mut Db,
    stamp: &Stamp,
    row: &FollowUpRow,
    to: FollowUpState,
    (result, note, next): (Option<FollowUpResult>, &str, Option<Id>),
) -> Result<()> {
    let more = (
        follow_up::result.eq(result),
        follow_up::note.eq(note),
        follow_up::next_case_id.eq(next),
        follow_up::ended_by.eq(&stamp.actor),
        follow_up::ended_at.eq(Some(stamp.at)),
    );
    step!(db, follow_up::table.find(row.id.0), follow_up::state, follow_up::version, FOLLOW_UP_MACHINE, row.state => to, row.version, more);
    let body = json!({ "follow_up": row.id, "result": result, "changes": { "state": { "from": row.state, "to": to } } });
    events::append(db, stamp, EventKind::FollowUpEnded, Subject::Thing(FollowUp::SUBJECT, row.id.0), &body)?;
    events::append(
        db,
        stamp,
        EventKind::FollowUpEnded,
        Subject::Thing("case", row.case_id.0),
        &json!({ "follow_up": row.id, "result": result }),
    )
}

/// Nobody asks about a case any more.
pub(super) fn decline_all(db: &mut Db, stamp: &Stamp, case: Id) -> Result<()> {
    let planned = follow_up::case_id.eq(case).and(follow_up::state.eq(FollowUpState::Planned));
    let rows: Vec<FollowUpRow> = each!(db, |c| follow_up::table.filter(planned).select(FollowUpRow::as_select()).load(c))?;
    rows.iter().try_for_each(|row| end(db, stamp, row, FollowUpState::Declined, (None, &row.note, None)))
}

/// What came of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::aftersales::surveys) struct DoneSaid {
    result: FollowUpResult,
    note: String,
}

/// Somebody asked. What is wrong again goes on in a case that follows.
///
/// # Errors
/// [`Code::WrongState`]; what keeps a case from being opened.
pub(in crate::aftersales::surveys) fn done(db: &mut Db, stamp: &Stamp, one: FollowUp, by: &Acting<'_>) -> Result<FollowUp> {
    let said: DoneSaid = by.said.value()?;
    FOLLOW_UP_MACHINE.check(one.row.state, FollowUpState::Done)?;
    let next = match said.result {
        FollowUpResult::Fine => None,
        FollowUpResult::Again => Some(follows(db, stamp, by.app, &one, &said.note)?),
    };
    end(db, stamp, &one.row, FollowUpState::Done, (Some(said.result), &said.note, next))?;
    FollowUp::find(db, &one.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
}

/// They would rather not be asked.
pub(in crate::aftersales::surveys) fn decline(db: &mut Db, stamp: &Stamp, one: FollowUp, by: &Acting<'_>) -> Result<FollowUp> {
    let note = by.said.text("note").unwrap_or_default().to_owned();
    end(db, stamp, &one.row, FollowUpState::Declined, (None, &note, None))?;
    FollowUp::find(db, &one.row.code, Sees::ALL)?.ok_or_else(|| Code::NotFound.into())
}

/// Opens the case that follows: about the garment the buyer has, for the reason there was.
fn follows(db: &mut Db, stamp: &Stamp, app: &AppState, one: &FollowUp, note: &str) -> Result<Id> {
    let before = cases::by_id(db, one.row.case_id)?.ok_or(Code::NotFound)?;
    let line: CaseLine = cases::line(db, one.row.line_id)?.ok_or(Code::NotFound)?;
    let today = app.today();
    let new = NewCase {
        numbers: cases::draw(today),
        today,
        keys: HolderKeys::derive(&app.keys.house)?,
        secret_hash: Secret::fresh().hash(),
        channel: CaseChannel::Phone,
        kind: None,
        priority: None,
        market: Some(before.market.clone()),
        lang: before.lang,
        order_no: before.order_no.clone(),
        contact: None,
        lines: vec![NewLine {
            garment: one.row.garment_id,
            reason: line.reason_code,
            zone: line.zone,
            words: note.to_owned(),
            wanted: Some(line.wanted),
        }],
        photos: Vec::new(),
        parent: Some(before.id),
    };
    Ok(cases::open(db, stamp, &new)?.0.id)
}
