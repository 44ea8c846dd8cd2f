//! Lines: one garment of a case each.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::{Condition, LineDecision, LineState};
use super::case_line;
use crate::aftersales::classes::{CaseCause, ReasonClass, Wish};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::{BatchNo, Code, GarmentId, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::{self, Stamp};

/// A garment of a case.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_line)]
pub struct CaseLine {
    /// Its id.
    pub id: Id,
    /// Its case.
    pub case_id: Id,
    /// Its place in the case, from 1.
    pub line_no: i64,
    /// The garment.
    pub garment_id: GarmentId,
    /// The garment's batch.
    pub batch_no: BatchNo,
    /// Which of its sales, where it was sold.
    pub sale_seq: Option<i64>,
    /// Where it stands.
    pub state: LineState,
    /// What they say is wrong.
    pub reason_code: String,
    /// As far as rights go.
    pub reason_class: ReasonClass,
    /// The defect they mean, where they mean one.
    pub defect_code: Option<String>,
    /// Place on the garment, or empty.
    pub zone: String,
    /// In their own words, or empty.
    pub words: String,
    /// What they would like.
    pub wanted: Wish,
    /// What is done about it.
    pub decided: Option<LineDecision>,
    /// What state it came back in.
    pub grade: Option<Condition>,
    /// Whether it is kept apart.
    pub quarantined: bool,
    /// The day it was looked at here.
    pub inspected_on: Option<NaiveDate>,
    /// The defect that was found; none with `inspected_on` means that none was.
    pub found_defect: Option<String>,
    /// The finding of it.
    pub finding_id: Option<Id>,
    /// What was behind it.
    pub cause: Option<CaseCause>,
    /// The local day of the report: the first, where it was reported twice.
    pub reported_on: NaiveDate,
    /// When it came to an end.
    pub ended_at: Option<NaiveDateTime>,
    /// Grows with every change.
    pub version: i64,
}

/// A line.
pub fn line(db: &mut Db, id: Id) -> Result<Option<CaseLine>> {
    let found: Vec<CaseLine> = each!(db, |c| case_line::table.find(id.0).select(CaseLine::as_select()).load(c))?;
    Ok(found.into_iter().next())
}

/// The lines of a case, in their order.
pub fn lines(db: &mut Db, case: Id) -> Result<Vec<CaseLine>> {
    Ok(each!(db, |c| case_line::table.filter(case_line::case_id.eq(case)).order(case_line::line_no).select(CaseLine::as_select()).load(c))?)
}

/// Says what was behind a line: a verdict further on does, or whoever works on it.
///
/// # Errors
/// [`Code::NotFound`] for a line that is not there.
pub fn conclude(db: &mut Db, stamp: &Stamp, id: Id, cause: CaseCause) -> Result<()> {
    let line = line(db, id)?.ok_or(Code::NotFound)?;
    if line.cause == Some(cause) {
        return Ok(());
    }
    each!(db, |c| diesel::update(case_line::table.find(id.0))
        .set((case_line::cause.eq(cause.as_str()), case_line::version.eq(case_line::version + 1)))
        .execute(c))?;
    let body = json!({ "line": line.line_no, "cause": cause, "before": line.cause });
    events::append(db, stamp, EventKind::CaseConcluded, Subject::Thing("case", line.case_id.0), &body)
}
