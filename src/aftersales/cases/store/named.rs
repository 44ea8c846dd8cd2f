//! Cases and lines as other rooms name them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::lines::CaseLine;
use super::{case_line, service_case};
use crate::each;
use crate::kernel::{BatchNo, GarmentId, Id, Result};
use crate::platform::db::{Db, in_chunks};

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
