//! What is under way for lines: a return, a repair, a settlement. The rooms that do them say so here in the write in which one begins or is over.
//! So a case knows what merging, cancelling or closing it would leave behind, and the store keeps a garment in one return or repair at a time.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::LineWork;
use super::{ServiceCase, joined, lines};
use crate::each;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;

diesel::table! {
    line_work (line_id, kind) {
        line_id -> BigInt,
        kind -> Text,
        case_id -> BigInt,
        garment_id -> BigInt,
        begun_at -> Timestamp,
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = line_work)]
struct WorkRow {
    line_id: Id,
    kind: LineWork,
    case_id: Id,
    garment_id: GarmentId,
    begun_at: NaiveDateTime,
}

/// Something begins for a line.
///
/// # Errors
/// [`Code::Duplicate`] for `line` where the same is under way for it; [`Code::UnderWay`] where the garment is being returned or repaired otherwise.
pub fn began(db: &mut Db, stamp: &Stamp, line: Id, kind: LineWork) -> Result<()> {
    let line = lines::line(db, line)?.ok_or(Code::NotFound)?;
    let kinds: &[LineWork] = if kind.is_of_goods() { &LineWork::OF_GOODS } else { std::slice::from_ref(&kind) };
    let same = line_work::garment_id.eq(line.garment_id).and(line_work::kind.eq_any(kinds));
    let found: Vec<WorkRow> = each!(db, |c| line_work::table.filter(same).select(WorkRow::as_select()).load(c))?;
    match found.into_iter().find(|other| kind.is_of_goods() || other.line_id == line.id) {
        Some(other) if other.line_id == line.id && other.kind == kind => {
            let faults = vec![Fault::new("line", Code::Duplicate).with("field", "line")];
            return Err(Refusal { code: Code::Duplicate, args: Vec::new(), faults }.into());
        }
        Some(other) => return Err(in_the_way(db, &other)?),
        None => {}
    }
    let row = WorkRow { line_id: line.id, kind, case_id: line.case_id, garment_id: line.garment_id, begun_at: stamp.at };
    match each!(db, |c| diesel::insert_into(line_work::table).values(&row).execute(c)).map_err(Error::from) {
        // Somebody else began since it was looked for: run again, this finds theirs.
        Err(error) if error.code() == Code::Duplicate => Err(Error::Retry),
        other => other.map(drop),
    }
}

/// What began for a line is over.
pub fn over(db: &mut Db, line: Id, kind: LineWork) -> Result<()> {
    each!(db, |c| diesel::delete(line_work::table.find((line.0, kind.as_str()))).execute(c))?;
    Ok(())
}

/// What is under way for the lines of a case: the line's number, and what.
pub fn under_way(db: &mut Db, case: Id) -> Result<Vec<(Id, LineWork)>> {
    let of = line_work::table.filter(line_work::case_id.eq(case)).order((line_work::line_id, line_work::kind));
    Ok(each!(db, |c| of.select((line_work::line_id, line_work::kind)).load(c))?)
}

/// Passes where nothing is under way for a line of a case, or for none of them: what would be left behind is ended first.
///
/// # Errors
/// [`Code::UnderWay`] with what it is.
pub(super) fn nothing_left_of(db: &mut Db, case: &ServiceCase, line: Option<Id>) -> Result<()> {
    let of = line_work::table.filter(line_work::case_id.eq(case.id)).order((line_work::line_id, line_work::kind));
    let found: Vec<WorkRow> = each!(db, |c| of.select(WorkRow::as_select()).load(c))?;
    match found.into_iter().find(|row| line.is_none_or(|line| row.line_id == line)) {
        Some(row) => Err(in_the_way(db, &row)?),
        None => Ok(()),
    }
}

fn in_the_way(db: &mut Db, row: &WorkRow) -> Result<Error> {
    let (case, line) = joined::case_of(db, row.line_id)?;
    let refusal = Refusal::new(Code::UnderWay).with("what", row.kind.as_str());
    let refusal = refusal.with("what_zh", row.kind.word(Lang::Zh)).with("what_en", row.kind.word(Lang::En));
    Ok(refusal.with("line", line.line_no).with("no", case.no).into())
}
