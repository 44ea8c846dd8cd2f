//! Findings.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use serde::Serialize;
use serde_json::json;

use super::super::rules;
use super::super::{About, NewFinding, Sound, Stage, Status, SubjectKind};
use crate::inspection::defects::{self, Defect, Severity};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::folded;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::garments;
use crate::platform::db::schema::{batch, batch_lot, defect, finding as table, lot};
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{CHUNK_KEYS, Db, chunk_rows, in_chunks};
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::ListWindow;
use crate::{each, keyset, step, text_column};

text_column!(SubjectKind, Stage, Status);

/// The subject of a finding's events.
const SUBJECT: &str = "finding";
/// Latest findings that tell what somebody logs most.
const RECENT: i64 = 300;

/// A finding as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub struct Finding {
    /// Its id.
    pub id: Id,
    /// Which kind of thing it is about.
    pub subject: SubjectKind,
    /// The garment it is about.
    pub garment_id: Option<GarmentId>,
    /// The batch it is about, or that the garment is of.
    pub batch_no: Option<BatchNo>,
    /// The lot it is about.
    pub lot_id: Option<Id>,
    /// Code of the defect.
    pub defect_code: String,
    /// How bad.
    pub severity: Severity,
    /// Place on the garment, or empty.
    pub zone: String,
    /// How many, from 1.
    pub quantity: i64,
    /// Where in its life it was seen.
    pub stage: Stage,
    /// What else there is to say.
    pub note: String,
    /// The day it was seen.
    pub found_on: NaiveDate,
    /// Live, or withdrawn.
    pub status: Status,
    /// Why it was withdrawn, or empty.
    pub reason: String,
    /// Who logged it: `staff:<login>`, `api:<key>`.
    pub created_by: String,
    /// When, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl Finding {
    /// A new one.
    fn new(stamp: &Stamp, new: &NewFinding, severity: Severity) -> Self {
        let NewFinding { about, sound } = new;
        Self {
            id: stamp.id(),
            subject: about.kind(),
            garment_id: if let About::Garment(garment) = about { Some(*garment) } else { None },
            batch_no: about.batch(),
            lot_id: if let About::Lot(lot) = about { Some(*lot) } else { None },
            defect_code: sound.defect.clone(),
            severity,
            zone: sound.zone.clone(),
            quantity: sound.quantity,
            stage: sound.stage,
            note: sound.note.clone(),
            found_on: sound.found_on,
            status: Status::Live,
            reason: String::new(),
            created_by: stamp.actor.clone(),
            created_at: stamp.at,
            version: 1,
        }
    }

    /// What somebody would write to log the same.
    pub fn as_new(&self) -> Result<NewFinding> {
        let sound = Sound {
            defect: self.defect_code.clone(),
            severity: Some(self.severity),
            zone: self.zone.clone(),
            quantity: self.quantity,
            stage: self.stage,
            note: self.note.clone(),
            found_on: self.found_on,
        };
        Ok(NewFinding { about: self.about()?, sound })
    }

    /// What it is about.
    ///
    /// # Errors
    /// [`Error::Broken`] for a row that names nothing.
    pub fn about(&self) -> Result<About> {
        match (self.subject, self.garment_id, self.batch_no, self.lot_id) {
            (SubjectKind::Garment, Some(garment), _, _) => Ok(About::Garment(garment)),
            (SubjectKind::Batch, _, Some(no), _) => Ok(About::Batch(no)),
            (SubjectKind::Lot, _, _, Some(lot)) => Ok(About::Lot(lot)),
            _ => Err(Error::broken(format!("finding {}: of nothing", self.id.0))),
        }
    }
}

/// Which findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only those a caller bound to this party may know of.
    pub scope: Option<Id>,
    /// Only on this batch and its garments.
    pub batch: Option<BatchNo>,
    /// Only on this garment.
    pub garment: Option<GarmentId>,
    /// Only on this lot and on batches that hold it.
    pub lot: Option<Id>,
    /// Only on lots of this party, batches that hold them, and batches it sewed.
    pub supplier: Option<Id>,
    /// Only this kind of defect.
    pub defect: Option<String>,
    /// Only of this severity.
    pub severity: Option<Severity>,
    /// Only seen at this stage.
    pub stage: Option<Stage>,
    /// Only those that count, or only those that do not.
    pub status: Option<Status>,
    /// Seen on or after this day.
    pub from: Option<NaiveDate>,
    /// Seen on or before this day.
    pub to: Option<NaiveDate>,
    /// Only with this text in the note, the defect's name or the batch's code; empty for all.
    pub text: String,
}

/// Lots of a party, batches that hold one of them, batches it sewed.
macro_rules! of_party {
    ($party:expr) => {
        table::lot_id
            .eq_any(lot::table.filter(lot::party_id.eq($party.0)).select(lot::id.nullable()))
            .or(table::batch_no.eq_any(
                batch_lot::table
                    .inner_join(lot::table.on(lot::id.eq(batch_lot::lot_id)))
                    .filter(lot::party_id.eq($party.0))
                    .select(batch_lot::batch_no.nullable()),
            ))
            .or(table::batch_no.eq_any(batch::table.filter(batch::factory_id.eq($party.0)).select(batch::no.nullable())))
    };
}

macro_rules! narrow {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter) = ($query, $filter);
        for party in [filter.scope, filter.supplier].into_iter().flatten() {
            query = query.filter(of_party!(party));
        }
        if let Some(no) = filter.batch {
            query = query.filter(table::batch_no.eq(no.0));
        }
        if let Some(garment) = filter.garment {
            query = query.filter(table::garment_id.eq(garment.0));
        }
        if let Some(id) = filter.lot {
            let holding = batch_lot::table.filter(batch_lot::lot_id.eq(id.0)).select(batch_lot::batch_no.nullable());
            query = query.filter(table::lot_id.eq(id.0).or(table::batch_no.eq_any(holding)));
        }
        if let Some(defect) = &filter.defect {
            query = query.filter(table::defect_code.eq(defect));
        }
        if let Some(severity) = filter.severity {
            query = query.filter(table::severity.eq(severity.as_str()));
        }
        if let Some(stage) = filter.stage {
            query = query.filter(table::stage.eq(stage.as_str()));
        }
        if let Some(status) = filter.status {
            query = query.filter(table::status.eq(status.as_str()));
        }
        if let Some(from) = filter.from {
            query = query.filter(table::found_on.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(table::found_on.le(to));
        }
        if !filter.text.is_empty() {
            let pattern = anywhere(&filter.text);
            let named =
                lower(defect::name_zh).like(pattern.clone()).escape('\\').or(lower(defect::name_en).like(pattern.clone()).escape('\\'));
            let called = batch::code_key.like(anywhere(&folded(&filter.text))).escape('\\');
            query = query.filter(
                lower(table::note)
                    .like(pattern)
                    .escape('\\')
                    .or(table::defect_code.eq_any(defect::table.filter(named).select(defect::code)))
                    .or(table::batch_no.eq_any(batch::table.filter(called).select(batch::no.nullable()))),
            );
        }
        query
    }};
}

/// A stretch of the findings of a filter, the latest logged first.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub(in crate::inspection::findings) fn list(db: &mut Db, filter: &FindingFilter, window: &ListWindow) -> Result<Vec<Finding>> {
    let window = window.of_ids()?;
    Ok(each!(db, |c| keyset!(c, narrow!(table::table.select(Finding::as_select()).into_boxed(), filter), newest table::id, window))?)
}

/// How many findings there are of a filter, and how many pieces they are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Findings.
    pub findings: i64,
    /// Their quantities together.
    pub pieces: i64,
    /// Minor findings.
    pub minor: i64,
    /// Major findings.
    pub major: i64,
    /// Critical findings.
    pub critical: i64,
}

fn pieces() -> SqlLiteral<Nullable<BigInt>> {
    // PostgreSQL sums whole numbers to a NUMERIC.
    sql("CAST(SUM(quantity) AS BIGINT)")
}

/// Counts the findings of a filter.
pub fn counts(db: &mut Db, filter: &FindingFilter) -> Result<Counts> {
    let mut counts = Counts::default();
    let wanted = |severity: &&Severity| filter.severity.is_none_or(|only| only == **severity);
    for severity in Severity::ALL.iter().filter(wanted) {
        let filter = FindingFilter { severity: Some(*severity), ..filter.clone() };
        let (number, pieces): (i64, Option<i64>) =
            each!(db, |c| narrow!(table::table.into_boxed(), &filter).select((count_star(), pieces())).get_result(c))?;
        counts.findings += number;
        counts.pieces += pieces.unwrap_or_default();
        match severity {
            Severity::Minor => counts.minor = number,
            Severity::Major => counts.major = number,
            Severity::Critical => counts.critical = number,
        }
    }
    Ok(counts)
}

/// A finding, if a caller bound to `scope` may know of it.
pub fn finding(db: &mut Db, id: Id, scope: Option<Id>) -> Result<Option<Finding>> {
    let filter = FindingFilter { scope, ..FindingFilter::default() };
    let found: Vec<Finding> =
        each!(db, |c| narrow!(table::table.select(Finding::as_select()).into_boxed(), &filter).filter(table::id.eq(id)).load(c))?;
    Ok(found.into_iter().next())
}

/// The findings on a garment, withdrawn ones left out.
pub fn on_garment(db: &mut Db, garment: GarmentId) -> Result<Vec<Finding>> {
    on_garments(db, &[garment])
}

/// The findings on these garments, withdrawn ones left out.
pub fn on_garments(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<Finding>> {
    live_about(db, &garments.iter().copied().map(About::Garment).collect::<Vec<_>>())
}

/// The findings on these things, withdrawn ones left out.
pub(in crate::inspection::findings) fn live_about(db: &mut Db, things: &[About]) -> Result<Vec<Finding>> {
    let (mut garments, mut batches, mut lots) = (Vec::new(), Vec::new(), Vec::new());
    for about in things {
        match about {
            About::Garment(garment) => garments.push(Some(*garment)),
            About::Batch(no) => batches.push(Some(*no)),
            About::Lot(id) => lots.push(Some(*id)),
        }
    }
    macro_rules! live {
        ($of:expr) => {
            table::table.filter($of.and(table::status.eq(Status::Live))).select(Finding::as_select())
        };
    }
    let mut found: Vec<Finding> = Vec::new();
    for chunk in garments.chunks(CHUNK_KEYS) {
        found.extend(each!(db, |c| live!(table::garment_id.eq_any(chunk)).load(c))?);
    }
    for chunk in batches.chunks(CHUNK_KEYS) {
        let of = table::batch_no.eq_any(chunk).and(table::subject.eq(SubjectKind::Batch));
        found.extend(each!(db, |c| live!(of).load(c))?);
    }
    for chunk in lots.chunks(CHUNK_KEYS) {
        found.extend(each!(db, |c| live!(table::lot_id.eq_any(chunk)).load(c))?);
    }
    Ok(found)
}

/// Logs findings, all of them or none. Their ids, in their order.
///
/// # Errors
/// [`Code::UnknownReference`] for a defect that is not in the catalogue or no longer offered, its place named (`findings.3.defect`) where
/// there are several.
pub fn log(db: &mut Db, stamp: &Stamp, news: &[NewFinding]) -> Result<Vec<Id>> {
    let news: Vec<_> = news.iter().map(|new| (new, None)).collect();
    insert(db, stamp, &news, |defect| !defect.retired)
}

/// The same of findings that were made before, whatever is still offered; with the numbers they have, if they have any.
pub(in crate::inspection::findings) fn log_as_found(db: &mut Db, stamp: &Stamp, news: &[(NewFinding, Option<Id>)]) -> Result<Vec<Id>> {
    let news: Vec<_> = news.iter().map(|(new, id)| (new, *id)).collect();
    insert(db, stamp, &news, |_| true)
}

/// Those of these numbers that a finding has.
pub(in crate::inspection::findings) fn taken(db: &mut Db, ids: &[Id]) -> Result<HashSet<Id>> {
    let found = in_chunks(ids, |ids| each!(db, |c| table::table.filter(table::id.eq_any(ids)).select(table::id).load(c)))?;
    Ok(found.into_iter().collect())
}

fn insert(db: &mut Db, stamp: &Stamp, news: &[(&NewFinding, Option<Id>)], may_name: fn(&Defect) -> bool) -> Result<Vec<Id>> {
    let catalogue = defects::by_code(db)?;
    let mut faults = Vec::new();
    let mut logged = Vec::with_capacity(news.len());
    for (place, (new, id)) in news.iter().enumerate() {
        match catalogue.get(&new.sound.defect).filter(|defect| may_name(defect)) {
            Some(defect) => {
                let finding = Finding::new(stamp, new, new.sound.severity.unwrap_or(defect.severity));
                logged.push(Finding { id: id.unwrap_or(finding.id), ..finding });
            }
            None => {
                let field = if news.len() == 1 { "defect".to_owned() } else { format!("findings.{place}.defect") };
                faults.push(Fault::new(field, Code::UnknownReference).with("value", &new.sound.defect));
            }
        }
    }
    Refusal::unless_empty(faults)?;
    for rows in logged.chunks(chunk_rows(17)) {
        each!(db, |c| diesel::insert_into(table::table).values(rows).execute(c))?;
    }
    let (mut touched, mut on_garments) = (Vec::new(), Vec::new());
    for one in &logged {
        let body = json!({ "finding": one.id, "defect": one.defect_code, "severity": one.severity, "quantity": one.quantity });
        events::append(db, stamp, EventKind::FindingLogged, Subject::Thing(SUBJECT, one.id.0), &body)?;
        if let Some(garment) = one.garment_id {
            touched.push(garment);
            on_garments.push((garment.0, body));
        }
    }
    garments::touch(db, &touched, stamp.at)?;
    events::append_garments(db, stamp, EventKind::GarmentFinding, &on_garments)?;
    Ok(logged.into_iter().map(|one| one.id).collect())
}

/// Withdraws a finding that was a mistake. It stays, with the reason, and counts nowhere.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::WrongState`] when it is withdrawn already; [`Code::Stale`] when it changed since `version`.
pub fn withdraw(db: &mut Db, stamp: &Stamp, id: Id, version: i64, reason: &str) -> Result<Finding> {
    let reason = rules::reason(reason)?;
    let known = finding(db, id, None)?.ok_or(Code::NotFound)?;
    let row = table::table.filter(table::id.eq(id.0));
    step!(db, row, table::status, table::version, rules::FINDING, known.status => Status::Withdrawn, version, table::reason.eq(&reason));
    let body = json!({ "finding": id, "reason": reason });
    events::append(db, stamp, EventKind::FindingWithdrawn, Subject::Thing(SUBJECT, id.0), &body)?;
    if let Some(garment) = known.garment_id {
        events::append(db, stamp, EventKind::FindingWithdrawn, Subject::Garment(garment.0), &body)?;
    }
    Ok(Finding { status: Status::Withdrawn, reason, version: version + 1, ..known })
}

/// What happened to a finding, oldest first.
pub(in crate::inspection::findings) fn history(db: &mut Db, id: Id) -> Result<Vec<events::Fact>> {
    events::of(db, Subject::Thing(SUBJECT, id.0))
}

/// What has been logged lately: the codes of the latest findings, the most frequent first, and the stage of `actor`'s last one that was
/// not on a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::inspection::findings) struct Lately {
    /// Codes, the most frequent first.
    pub defects: Vec<String>,
    /// The stage they logged at last; lots apart, which are seen on receipt.
    pub stage: Option<Stage>,
}

/// What `actor` has logged lately; what everybody has, while they are new.
pub(in crate::inspection::findings) fn lately(db: &mut Db, actor: &str) -> Result<Lately> {
    let rows: Vec<(String, Stage, SubjectKind, String)> = each!(db, |c| table::table
        .order(table::id.desc())
        .limit(RECENT)
        .select((table::defect_code, table::stage, table::subject, table::created_by))
        .load(c))?;
    let own: Vec<_> = rows.iter().filter(|(.., by)| by == actor).collect();
    let stage = own.iter().find(|(_, _, subject, _)| *subject != SubjectKind::Lot).map(|(_, stage, ..)| *stage);
    let counted: Vec<&str> =
        if own.is_empty() { rows.iter().map(|row| row.0.as_str()).collect() } else { own.iter().map(|row| row.0.as_str()).collect() };
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for code in counted {
        match counts.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => counts.push((code, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Lately { defects: counts.into_iter().map(|(code, _)| code.to_owned()).collect(), stage })
}

/// Notes that photos came to a finding.
pub(super) fn note_photos(db: &mut Db, stamp: &Stamp, id: Id, photos: &[Id]) -> Result<()> {
    events::append(db, stamp, EventKind::FindingPhotos, Subject::Thing(SUBJECT, id.0), &json!({ "finding": id, "photos": photos }))
}
