//! Lines: one garment of a case each.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::super::rules::{LINE_MACHINE, Standing};
use super::super::{Condition, LineDecision, LineState};
use super::{case_line, service_case};
use crate::aftersales::classes::{CaseCause, ReasonClass, Wish};
use crate::kernel::{BatchNo, Code, Error, GarmentId, Id, Result};
use crate::platform::db::{Db, chunk_rows, in_chunks};
use crate::{each, step};

/// A garment of a case.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_line, treat_none_as_default_value = false)]
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

/// A line of a case by its number.
pub(super) fn numbered(db: &mut Db, case: Id, line_no: i64) -> Result<Option<CaseLine>> {
    let found: Vec<CaseLine> = each!(db, |c| case_line::table
        .filter(case_line::case_id.eq(case).and(case_line::line_no.eq(line_no)))
        .select(CaseLine::as_select())
        .load(c))?;
    Ok(found.into_iter().next())
}

/// The same of a number that must be there.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) fn of_case(db: &mut Db, case: Id, line_no: i64) -> Result<CaseLine> {
    numbered(db, case, line_no)?.ok_or_else(|| Code::NotFound.into())
}

/// Lines as far as resolving and closing go.
pub(super) fn standing(db: &mut Db, case: Id) -> Result<Vec<Standing>> {
    Ok(each!(db, |c| case_line::table
        .filter(case_line::case_id.eq(case))
        .order(case_line::line_no)
        .select((case_line::line_no, case_line::state, case_line::reason_class, case_line::decided))
        .load(c))?)
}

/// The open lines of these garments, with the numbers of their cases.
pub fn live_of(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<(CaseLine, String)>> {
    let live = [LineState::Open, LineState::Decided];
    let found: Vec<(CaseLine, String)> = in_chunks(garments, |garments| {
        each!(db, |c| case_line::table
            .inner_join(service_case::table.on(service_case::id.eq(case_line::case_id)))
            .filter(case_line::garment_id.eq_any(garments).and(case_line::state.eq_any(live)))
            .select((CaseLine::as_select(), service_case::no))
            .load(c))
    })?;
    Ok(found)
}

/// Writes new lines.
///
/// # Errors
/// [`Error::Retry`] when another write opened one of a garment in between: the next try finds it.
pub(super) fn insert(db: &mut Db, lines: &[CaseLine]) -> Result<()> {
    for rows in lines.chunks(chunk_rows(23)) {
        each!(db, |c| diesel::insert_into(case_line::table).values(rows).execute(c)).map_err(|error| match Error::from(error) {
            error if error.code() == Code::Duplicate => Error::Retry,
            error => error,
        })?;
    }
    Ok(())
}

/// What of a line changes, but for its state and version.
#[derive(AsChangeset)]
#[diesel(table_name = case_line, treat_none_as_null = true)]
struct Kept {
    wanted: Wish,
    decided: Option<LineDecision>,
    grade: Option<Condition>,
    quarantined: bool,
    inspected_on: Option<NaiveDate>,
    found_defect: Option<String>,
    finding_id: Option<Id>,
    cause: Option<CaseCause>,
    ended_at: Option<NaiveDateTime>,
}

/// Saves a line in the place of what was read.
///
/// # Errors
/// [`Code::WrongState`] for a state that may not follow, [`Code::Stale`] when somebody changed it in between.
pub(super) fn save(db: &mut Db, before: &CaseLine, mut after: CaseLine) -> Result<CaseLine> {
    let kept = Kept {
        wanted: after.wanted,
        decided: after.decided,
        grade: after.grade,
        quarantined: after.quarantined,
        inspected_on: after.inspected_on,
        found_defect: after.found_defect.clone(),
        finding_id: after.finding_id,
        cause: after.cause,
        ended_at: after.ended_at,
    };
    let row = case_line::table.find(before.id.0);
    if before.state == after.state {
        let as_read = case_line::state.eq(before.state).and(case_line::version.eq(before.version));
        let version = case_line::version.eq(before.version + 1);
        if each!(db, |c| diesel::update(row.filter(as_read)).set((version, kept)).execute(c))? == 0 {
            return Err(Code::Stale.into());
        }
    } else {
        step!(db, row, case_line::state, case_line::version, LINE_MACHINE, before.state => after.state, before.version, kept);
    }
    after.version = before.version + 1;
    Ok(after)
}

/// Moves every line of a case that stands in one state to another; how many there were.
pub(super) fn move_all(
    db: &mut Db,
    case: Id,
    from: LineState,
    to: LineState,
    decided: Option<LineDecision>,
    ended_at: Option<NaiveDateTime>,
) -> Result<usize> {
    LINE_MACHINE.check(from, to)?;
    let these = case_line::table.filter(case_line::case_id.eq(case).and(case_line::state.eq(from)));
    Ok(each!(db, |c| diesel::update(these)
        .set((
            case_line::state.eq(to),
            case_line::decided.eq(decided),
            case_line::ended_at.eq(ended_at),
            case_line::version.eq(case_line::version + 1),
        ))
        .execute(c))?)
}
