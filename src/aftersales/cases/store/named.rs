//! Cases and lines as other rooms name them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::cases::by_no;
use super::lines::{self, CaseLine};
use super::{ServiceCase, case_line, service_case};
use crate::each;
use crate::kernel::{BatchNo, Code, Fault, GarmentId, Id, Result};
use crate::platform::db::{Db, in_chunks};

/// The case of a number that somebody said.
///
/// # Errors
/// [`Code::UnknownReference`] for `case`.
pub fn said(db: &mut Db, no: &str) -> Result<ServiceCase> {
    Ok(by_no(db, no)?.ok_or_else(|| Fault::new("case", Code::UnknownReference).with("value", no))?)
}

/// The case of a number that somebody said, and its line of a number.
///
/// # Errors
/// [`Code::UnknownReference`] for `case` or `line`.
pub fn line_said(db: &mut Db, no: &str, line: i64) -> Result<(ServiceCase, CaseLine)> {
    let case = said(db, no)?;
    let found = lines::numbered(db, case.id, line)?;
    Ok((case, found.ok_or_else(|| Fault::new("line", Code::UnknownReference).with("value", line))?))
}

/// The same where the line may be left out: it is the only one then, and none of a case with several.
///
/// # Errors
/// As [`line_said`].
pub fn line_if_said(db: &mut Db, no: &str, line: Option<i64>) -> Result<(ServiceCase, Option<CaseLine>)> {
    match line {
        Some(line) => line_said(db, no, line).map(|(case, line)| (case, Some(line))),
        None => {
            let case = said(db, no)?;
            let mut lines = lines::lines(db, case.id)?;
            let only = if lines.len() == 1 { lines.pop() } else { None };
            Ok((case, only))
        }
    }
}

/// The numbers of cases.
pub fn nos_of_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let found: Vec<(Id, String)> = in_chunks(ids, |ids| {
        each!(db, |c| service_case::table.filter(service_case::id.eq_any(ids)).select((service_case::id, service_case::no)).load(c))
    })?;
    Ok(found.into_iter().collect())
}

/// Lines by their ids.
pub fn lines_of_ids(db: &mut Db, ids: &[Id]) -> Result<HashMap<Id, CaseLine>> {
    let found: Vec<CaseLine> =
        in_chunks(ids, |ids| each!(db, |c| case_line::table.filter(case_line::id.eq_any(ids)).select(CaseLine::as_select()).load(c)))?;
    Ok(found.into_iter().map(|line| (line.id, line)).collect())
}

/// The lines on garments of a batch whose inspection found this defect, oldest first: confirmed claims.
pub fn lines_found(db: &mut Db, batch: BatchNo, defect: &str) -> Result<Vec<CaseLine>> {
    Ok(each!(db, |c| case_line::table
        .filter(case_line::batch_no.eq(batch).and(case_line::found_defect.eq(defect)))
        .order(case_line::id)
        .select(CaseLine::as_select())
        .load(c))?)
}

/// Every line there is or was of these garments, oldest first.
pub fn lines_of_garments(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<CaseLine>> {
    in_chunks(garments, |garments| {
        each!(db, |c| case_line::table
            .filter(case_line::garment_id.eq_any(garments))
            .order(case_line::id)
            .select(CaseLine::as_select())
            .load(c))
    })
}
