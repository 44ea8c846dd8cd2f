//! Claims: what the lines of cases say is wrong with garments, counted so that one matter is one claim.

use chrono::NaiveDate;
use diesel::dsl::min;
use diesel::prelude::*;

use super::case_line;
use crate::aftersales::cases::LineState;
use crate::aftersales::classes::ReasonClass;
use crate::each;
use crate::kernel::{GarmentId, Id, Result};
use crate::platform::db::{CHUNK_KEYS, Db, in_chunks};

/// One defect of one garment, on the first day it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GarmentClaim {
    /// The garment.
    pub garment: GarmentId,
    /// Code of the defect; empty where nobody named one.
    pub defect: String,
    /// The first day.
    pub on: NaiveDate,
}

/// The claims of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseClaims {
    /// What was said: lines whose reason is a defect. What goes on in another case is counted there; a defect said again is the same claim.
    pub reported: Vec<GarmentClaim>,
    /// What was found when the garment was looked at, by the day of that.
    pub confirmed: Vec<GarmentClaim>,
    /// Garments that were looked at and nothing was found, with the first day of that.
    pub no_fault: Vec<(GarmentId, NaiveDate)>,
}

type Row = (GarmentId, Option<String>, Option<NaiveDate>);

macro_rules! first_days {
    ($db:expr, $of:expr, $day:expr, $rows:expr) => {
        match $of {
            None => each!($db, |c| $rows
                .group_by((case_line::garment_id, $day.0))
                .select((case_line::garment_id, $day.0, min($day.1)))
                .load::<Row>(c))?,
            Some(garments) => {
                let mut found: Vec<Row> = Vec::new();
                for chunk in garments.chunks(CHUNK_KEYS) {
                    found.extend(each!($db, |c| $rows
                        .filter(case_line::garment_id.eq_any(chunk))
                        .group_by((case_line::garment_id, $day.0))
                        .select((case_line::garment_id, $day.0, min($day.1)))
                        .load::<Row>(c))?);
                }
                found
            }
        }
    };
}

/// The claims of these garments; of all of them without any. One for each garment and defect.
pub fn claims(db: &mut Db, of: Option<&[GarmentId]>) -> Result<CaseClaims> {
    let live = || case_line::table.filter(case_line::reason_class.eq(ReasonClass::Defect).and(case_line::state.ne(LineState::Merged)));
    let looked_at = || live().filter(case_line::inspected_on.is_not_null());
    let reported = first_days!(db, of, (case_line::defect_code, case_line::reported_on), live());
    let found = first_days!(db, of, (case_line::found_defect, case_line::inspected_on), looked_at());
    let claim = |(garment, defect, on): Row| Some(GarmentClaim { garment, defect: defect.unwrap_or_default(), on: on? });
    let (confirmed, no_fault): (Vec<Row>, Vec<Row>) = found.into_iter().partition(|(_, defect, _)| defect.is_some());
    Ok(CaseClaims {
        reported: reported.into_iter().filter_map(claim).collect(),
        confirmed: confirmed.into_iter().filter_map(claim).collect(),
        no_fault: no_fault.into_iter().filter_map(|(garment, _, on)| Some((garment, on?))).collect(),
    })
}

/// The garments of these cases, each once.
pub fn garments_of(db: &mut Db, cases: &[Id]) -> Result<Vec<GarmentId>> {
    let mut garments: Vec<GarmentId> = in_chunks(cases, |cases| {
        each!(db, |c| case_line::table.filter(case_line::case_id.eq_any(cases)).select(case_line::garment_id).load(c))
    })?;
    garments.sort_unstable();
    garments.dedup();
    Ok(garments)
}
