//! The second look at a garment, after a contest, by somebody else than looked first.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde_json::json;

use super::super::VerdictState;
use super::verdict_inspection as table;
use super::verdicts::LineVerdict;
use crate::aftersales::cases::{self, CaseLine, Condition};
use crate::each;
use crate::inspection::defects;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::machine::refused_in;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result};
use crate::platform::db::{Db, in_chunks};
use crate::platform::events::{self, Fact, Stamp};

/// What somebody found who looked again.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = table, treat_none_as_default_value = false)]
pub struct SecondInspection {
    /// The verdict that was contested.
    pub verdict_id: Id,
    /// The line it is of.
    pub line_id: Id,
    /// The defect that was found; none where none was.
    pub found_defect: Option<String>,
    /// Whether that is what was found at first.
    pub confirms: bool,
    /// What they say.
    pub report: String,
    /// Who looked first, as events say; empty where nobody is known.
    pub first_inspector: String,
    /// Who looked again.
    pub inspector: String,
    /// The day they did.
    pub inspected_on: NaiveDate,
    /// When it was written down, UTC.
    pub at: NaiveDateTime,
}

/// The second looks at a line, oldest first.
pub fn of_line(db: &mut Db, line: Id) -> Result<Vec<SecondInspection>> {
    Ok(each!(db, |c| table::table.filter(table::line_id.eq(line)).order(table::verdict_id).select(SecondInspection::as_select()).load(c))?)
}

/// The second looks at these lines, oldest first of each.
pub fn of_lines(db: &mut Db, lines: &[Id]) -> Result<Vec<SecondInspection>> {
    in_chunks(lines, |lines| {
        each!(db, |c| table::table
            .filter(table::line_id.eq_any(lines))
            .order(table::verdict_id)
            .select(SecondInspection::as_select())
            .load(c))
    })
}

/// The second looks after these verdicts were contested.
pub fn of_verdicts(db: &mut Db, verdicts: &[Id]) -> Result<Vec<SecondInspection>> {
    in_chunks(verdicts, |ids| {
        each!(db, |c| table::table.filter(table::verdict_id.eq_any(ids)).select(SecondInspection::as_select()).load(c))
    })
}

/// Who looked at the garment of a line last; and who looked after this version was contested, if anybody did, with the finding of it.
fn inspectors(db: &mut Db, line: &CaseLine, contested: &LineVerdict) -> Result<(String, Option<(Fact, String)>)> {
    let (mut first, mut again, mut is_contested) = (String::new(), None, false);
    for fact in events::of(db, Subject::Thing("case", line.case_id.0))? {
        let said = fact.document()?;
        let is_of = |name: &str, value: serde_json::Value| said.get(name) == Some(&value);
        if fact.kind == EventKind::VerdictContested.as_str() && is_of("verdict", json!(contested.id)) {
            is_contested = true;
        } else if fact.kind == EventKind::CaseLineInspected.as_str() && is_of("line", json!(line.line_no)) {
            if is_contested {
                let finding = said.get("finding").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
                again = Some((fact, finding));
            } else {
                first = fact.actor;
            }
        }
    }
    Ok((first, again))
}

/// Takes what somebody else wrote down at the case itself, after this version was contested, as the second look, where none is there.
///
/// # Errors
/// When the store cannot be read or written.
pub fn adopt(db: &mut Db, contested: &LineVerdict) -> Result<()> {
    if !of_verdicts(db, &[contested.id])?.is_empty() {
        return Ok(());
    }
    let line = cases::line(db, contested.line_id)?.ok_or_else(|| Error::broken("a verdict on no line"))?;
    let (first, again) = inspectors(db, &line, contested)?;
    let (Some((fact, finding)), Some(on)) = (again.filter(|(fact, _)| fact.actor != first), line.inspected_on) else { return Ok(()) };
    let row = SecondInspection {
        verdict_id: contested.id,
        line_id: line.id,
        confirms: line.found_defect == contested.defect_code,
        found_defect: line.found_defect,
        report: if finding.is_empty() { on.to_string() } else { finding },
        first_inspector: first,
        inspector: fact.actor,
        inspected_on: on,
        at: fact.at,
    };
    each!(db, |c| diesel::insert_into(table::table).values(&row).execute(c))?;
    Ok(())
}

/// Writes down what somebody found who looked again. Where that is another defect, the line says so from now on.
///
/// # Errors
/// [`Code::WrongState`] for a verdict that is not contested; [`Code::AnotherInspector`] for whoever looked first; [`Code::UnknownReference`] for a
/// defect that is not in the catalogue; [`Code::Duplicate`] where somebody did already.
pub fn inspect_again(
    db: &mut Db,
    stamp: &Stamp,
    today: NaiveDate,
    of: &LineVerdict,
    found: Option<&str>,
    report: &str,
) -> Result<SecondInspection> {
    if of.state != VerdictState::Contested {
        return Err(refused_in(of.state).into());
    }
    if let Some(code) = found
        && !defects::by_code(db)?.contains_key(code)
    {
        return Err(Fault::new("found", Code::UnknownReference).with("value", code).into());
    }
    let line = cases::line(db, of.line_id)?.ok_or_else(|| Error::broken("a verdict on no line"))?;
    let (first, _) = inspectors(db, &line, of)?;
    if first == stamp.actor {
        return Err(Refusal::new(Code::AnotherInspector).into());
    }
    if !of_verdicts(db, &[of.id])?.is_empty() {
        return Err(Refusal::new(Code::Duplicate).with("field", "verdict").into());
    }
    let row = SecondInspection {
        verdict_id: of.id,
        line_id: line.id,
        found_defect: found.map(str::to_owned),
        confirms: found == of.defect_code.as_deref(),
        report: report.to_owned(),
        first_inspector: first,
        inspector: stamp.actor.clone(),
        inspected_on: today,
        at: stamp.at,
    };
    each!(db, |c| diesel::insert_into(table::table).values(&row).execute(c))?;
    if !row.confirms {
        let grade = line.grade.unwrap_or(Condition::C);
        match cases::inspected(db, stamp, line.id, today, found, None, grade) {
            // Of a case that is over nothing changes: the verdict goes by what was found here.
            Err(Error::Refused(refusal)) if refusal.code == Code::WrongState => {}
            other => other?,
        }
    }
    let body = json!({ "verdict": of.id, "line": line.id, "found": row.found_defect, "confirms": row.confirms, "report": row.report });
    events::append(db, stamp, EventKind::VerdictInspected, Subject::Thing("verdict", of.id.0), &body)?;
    events::append(db, stamp, EventKind::VerdictInspected, Subject::Thing("case", of.case_id.0), &body)?;
    Ok(row)
}
