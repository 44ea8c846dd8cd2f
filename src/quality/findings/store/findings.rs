//! Findings.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::super::rules;
use super::super::{About, Finding, NewFinding, Severity, Stage, Status};
use super::defects;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::garments;
use crate::platform::db::schema::{batch, batch_lot, finding as table, lot};
use crate::platform::db::{Db, chunk_rows};
use crate::platform::events::{self, Stamp};
use crate::{each, step};

/// The subject of a finding's events.
const SUBJECT: &str = "finding";
/// Latest findings that tell what somebody logs most.
const RECENT: i64 = 300;

#[derive(Queryable)]
struct Row {
    id: i64,
    subject: String,
    garment_id: Option<i64>,
    batch_no: Option<i64>,
    lot_id: Option<i64>,
    defect_code: String,
    severity: String,
    zone: String,
    quantity: i64,
    stage: String,
    note: String,
    found_on: NaiveDate,
    status: String,
    reason: String,
    created_by: String,
    created_at: NaiveDateTime,
    version: i64,
}

impl TryFrom<Row> for Finding {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let odd = |what: &str| Error::broken(format!("finding {}: odd {what}", row.id));
        let about = match (row.subject.as_str(), row.garment_id, row.batch_no, row.lot_id) {
            ("garment", Some(garment), _, _) => About::Garment(GarmentId(garment)),
            ("batch", _, Some(no), _) => About::Batch(BatchNo(no)),
            ("lot", _, _, Some(lot)) => About::Lot(Id(lot)),
            _ => return Err(odd("subject")),
        };
        Ok(Self {
            id: Id(row.id),
            about,
            severity: Severity::of(&row.severity).ok_or_else(|| odd("severity"))?,
            stage: Stage::of(&row.stage).ok_or_else(|| odd("stage"))?,
            status: Status::of(&row.status).ok_or_else(|| odd("status"))?,
            defect: row.defect_code,
            zone: row.zone,
            quantity: row.quantity,
            note: row.note,
            found_on: row.found_on,
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at,
            version: row.version,
        })
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
        query
    }};
}

/// Findings, the latest logged first.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub fn list(db: &mut Db, filter: &FindingFilter, ask: &PageAsk) -> Result<Page<Finding>> {
    let before = match ask.key()? {
        Some(key) => Some(key.parse::<i64>().map_err(|_| Fault::new("after", Code::Malformed).with("reason", "page-token"))?),
        None => None,
    };
    let limit = ask.limit();
    let rows: Vec<Row> = each!(db, |c| {
        let mut query = narrow!(table::table.into_boxed(), filter).order(table::id.desc()).limit(limit + 1);
        if let Some(before) = before {
            query = query.filter(table::id.lt(before));
        }
        query.load(c)
    })?;
    let findings = rows.into_iter().map(Finding::try_from).collect::<Result<Vec<_>>>()?;
    Ok(Page::new(findings, limit, |finding| finding.id.0.to_string()))
}

/// How many findings there are of a filter, and how many pieces they are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
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
///
/// # Errors
/// When the store does.
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
///
/// # Errors
/// When the store does.
pub fn finding(db: &mut Db, id: Id, scope: Option<Id>) -> Result<Option<Finding>> {
    let filter = FindingFilter { scope, ..FindingFilter::default() };
    let rows: Vec<Row> = each!(db, |c| narrow!(table::table.into_boxed(), &filter).filter(table::id.eq(id.0)).load(c))?;
    rows.into_iter().next().map(Finding::try_from).transpose()
}

/// The findings on these things, withdrawn ones left out.
///
/// # Errors
/// When the store does.
pub(in crate::quality::findings) fn live_about(db: &mut Db, things: &[About]) -> Result<Vec<Finding>> {
    let (mut garments, mut batches, mut lots) = (Vec::new(), Vec::new(), Vec::new());
    for about in things {
        match about {
            About::Garment(garment) => garments.push(Some(garment.0)),
            About::Batch(no) => batches.push(Some(no.0)),
            About::Lot(id) => lots.push(Some(id.0)),
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    let keys = chunk_rows(1) - 4;
    for chunk in garments.chunks(keys) {
        let of = table::garment_id.eq_any(chunk).and(table::status.eq("live"));
        rows.extend(each!(db, |c| table::table.filter(of).load::<Row>(c))?);
    }
    for chunk in batches.chunks(keys) {
        let of = table::batch_no.eq_any(chunk).and(table::subject.eq("batch")).and(table::status.eq("live"));
        rows.extend(each!(db, |c| table::table.filter(of).load::<Row>(c))?);
    }
    for chunk in lots.chunks(keys) {
        let of = table::lot_id.eq_any(chunk).and(table::status.eq("live"));
        rows.extend(each!(db, |c| table::table.filter(of).load::<Row>(c))?);
    }
    rows.into_iter().map(Finding::try_from).collect()
}

/// Logs findings, all of them or none. Their ids, in their order.
///
/// # Errors
/// [`Code::UnknownReference`] for a defect that is not in the catalogue or no longer offered, its place named (`findings.3.defect`) where
/// there are several.
pub fn log(db: &mut Db, stamp: &Stamp, news: &[NewFinding]) -> Result<Vec<Id>> {
    let catalogue = defects::defects_by_code(db)?;
    let mut faults = Vec::new();
    let mut ready = Vec::with_capacity(news.len());
    for (place, new) in news.iter().enumerate() {
        let known = catalogue.get(&new.sound.defect).filter(|defect| !defect.retired);
        match (known, new.sound.stage) {
            (Some(defect), Some(stage)) => ready.push((stamp.id(), new, new.sound.severity.unwrap_or(defect.severity), stage)),
            _ => {
                let field = if news.len() == 1 { "defect".to_owned() } else { format!("findings.{place}.defect") };
                faults.push(Fault::new(field, Code::UnknownReference).with("value", &new.sound.defect));
            }
        }
    }
    Refusal::unless_empty(faults)?;
    for chunk in ready.chunks(chunk_rows(17)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, new, severity, stage)| {
                let (garment, lot) = match new.about {
                    About::Garment(garment) => (Some(garment.0), None),
                    About::Batch(_) => (None, None),
                    About::Lot(lot) => (None, Some(lot.0)),
                };
                (
                    table::id.eq(id.0),
                    table::subject.eq(new.about.kind().as_str()),
                    table::garment_id.eq(garment),
                    table::batch_no.eq(new.about.batch().map(|no| no.0)),
                    table::lot_id.eq(lot),
                    table::defect_code.eq(&new.sound.defect),
                    table::severity.eq(severity.as_str()),
                    table::zone.eq(&new.sound.zone),
                    table::quantity.eq(new.sound.quantity),
                    table::stage.eq(stage.as_str()),
                    table::note.eq(&new.sound.note),
                    table::found_on.eq(new.sound.found_on),
                    table::status.eq(Status::Live.as_str()),
                    table::reason.eq(""),
                    table::created_by.eq(&stamp.actor),
                    table::created_at.eq(stamp.at),
                    table::version.eq(1),
                )
            })
            .collect();
        each!(db, |c| diesel::insert_into(table::table).values(&rows).execute(c))?;
    }
    let mut on_garments = Vec::new();
    for (id, new, severity, _) in &ready {
        let body = json!({ "finding": id, "defect": new.sound.defect, "severity": severity.as_str(), "quantity": new.sound.quantity });
        events::append(db, stamp, EventKind::FindingLogged, Subject::Thing(SUBJECT, id.0), &body)?;
        if let About::Garment(garment) = new.about {
            on_garments.push((garment.0, body));
        }
    }
    let touched: Vec<GarmentId> = on_garments.iter().map(|(garment, _)| GarmentId(*garment)).collect();
    garments::touch(db, &touched, stamp.at)?;
    events::append_garments(db, stamp, EventKind::GarmentFinding, &on_garments)?;
    Ok(ready.into_iter().map(|(id, ..)| id).collect())
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
    if let About::Garment(garment) = known.about {
        events::append(db, stamp, EventKind::FindingWithdrawn, Subject::Garment(garment.0), &body)?;
    }
    Ok(Finding { status: Status::Withdrawn, reason, version: version + 1, ..known })
}

/// What happened to a finding, oldest first.
///
/// # Errors
/// When the store does.
pub(in crate::quality::findings) fn history(db: &mut Db, id: Id) -> Result<Vec<events::Fact>> {
    events::of(db, Subject::Thing(SUBJECT, id.0))
}

/// What has been logged lately: the codes of the latest findings, the most frequent first, and the stage of `actor`'s last one that was
/// not on a lot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::quality::findings) struct Lately {
    /// Codes, the most frequent first.
    pub defects: Vec<String>,
    /// The stage they logged at last; lots apart, which are seen on receipt.
    pub stage: Option<Stage>,
}

/// What `actor` has logged lately; what everybody has, while they are new.
///
/// # Errors
/// When the store does.
pub(in crate::quality::findings) fn lately(db: &mut Db, actor: &str) -> Result<Lately> {
    let rows: Vec<(String, String, String, String)> = each!(db, |c| table::table
        .order(table::id.desc())
        .limit(RECENT)
        .select((table::defect_code, table::stage, table::subject, table::created_by))
        .load(c))?;
    let own: Vec<_> = rows.iter().filter(|(.., by)| by == actor).collect();
    let stage = own.iter().find(|(_, _, subject, _)| subject != "lot").and_then(|(_, stage, ..)| Stage::of(stage));
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
///
/// # Errors
/// When the store does.
pub(super) fn note_photos(db: &mut Db, stamp: &Stamp, id: Id, photos: &[Id]) -> Result<()> {
    events::append(db, stamp, EventKind::FindingPhotos, Subject::Thing(SUBJECT, id.0), &json!({ "finding": id, "photos": photos }))
}
