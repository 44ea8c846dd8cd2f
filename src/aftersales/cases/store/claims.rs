//! Claims: what the lines of cases say is wrong with garments, counted so that one matter is one claim.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::case_line;
use crate::aftersales::cases::LineState;
use crate::aftersales::classes::ReasonClass;
use crate::each;
use crate::kernel::{BatchNo, GarmentId, Id, Result};
use crate::platform::db::{Db, in_chunks};

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

/// A line on which claims rest.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct ClaimLine {
    /// Its id.
    pub id: Id,
    /// The garment.
    pub garment: GarmentId,
    /// Where it stands: what goes on in another case is no claim of its own, and what it cost is.
    pub state: LineState,
    /// The defect that was said.
    pub said: Option<String>,
    /// When.
    pub reported_on: NaiveDate,
    /// When the garment was looked at.
    pub inspected_on: Option<NaiveDate>,
    /// The defect that was found.
    pub found: Option<String>,
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
    /// The lines that they rest on, and those that go on in another case.
    pub lines: Vec<ClaimLine>,
}

/// The first days of what was said or found of garments.
#[derive(Default)]
struct FirstDays(BTreeMap<(GarmentId, Option<String>), NaiveDate>);

impl FirstDays {
    fn keep(&mut self, garment: GarmentId, defect: Option<&String>, on: NaiveDate) {
        let first = self.0.entry((garment, defect.cloned())).or_insert(on);
        *first = (*first).min(on);
    }
}

/// The claims of these garments; of all of them without any. One for each garment and defect.
pub fn claims(db: &mut Db, of: Option<&[GarmentId]>) -> Result<CaseClaims> {
    macro_rules! lines {
        ($c:expr, $filter:expr) => {
            case_line::table
                .filter(case_line::reason_class.eq(ReasonClass::Defect).and($filter))
                .select((
                    case_line::id,
                    case_line::garment_id,
                    case_line::state,
                    case_line::defect_code,
                    case_line::reported_on,
                    case_line::inspected_on,
                    case_line::found_defect,
                ))
                .load::<ClaimLine>($c)
        };
    }
    let lines = match of {
        None => each!(db, |c| lines!(c, case_line::id.gt(0)))?,
        Some(garments) => in_chunks(garments, |garments| each!(db, |c| lines!(c, case_line::garment_id.eq_any(garments))))?,
    };
    let (mut said, mut found) = (FirstDays::default(), FirstDays::default());
    for line in lines.iter().filter(|line| line.state != LineState::Merged) {
        said.keep(line.garment, line.said.as_ref(), line.reported_on);
        if let Some(on) = line.inspected_on {
            found.keep(line.garment, line.found.as_ref(), on);
        }
    }
    let claim = |((garment, defect), on): ((GarmentId, Option<String>), NaiveDate)| GarmentClaim {
        garment,
        defect: defect.unwrap_or_default(),
        on,
    };
    let (confirmed, no_fault): (Vec<_>, Vec<_>) = found.0.into_iter().partition(|((_, defect), _)| defect.is_some());
    Ok(CaseClaims {
        reported: said.0.into_iter().map(claim).collect(),
        confirmed: confirmed.into_iter().map(claim).collect(),
        no_fault: no_fault.into_iter().map(|((garment, _), on)| (garment, on)).collect(),
        lines,
    })
}

/// The lines of claims on garments of these batches, each with its garment.
pub fn claim_lines_of(db: &mut Db, batches: &[BatchNo]) -> Result<Vec<(Id, GarmentId)>> {
    in_chunks(batches, |batches| {
        each!(db, |c| case_line::table
            .filter(case_line::batch_no.eq_any(batches).and(case_line::reason_class.eq(ReasonClass::Defect)))
            .select((case_line::id, case_line::garment_id))
            .load(c))
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
