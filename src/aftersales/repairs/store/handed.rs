//! Repairs that buyers have back.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::RepairState;
use super::repair_order;
use crate::each;
use crate::kernel::{GarmentId, Id, Result};
use crate::platform::db::Db;

/// Repairs that were signed for, and handed over between two days, both included: the repair, its line, the garment, the day.
pub fn handed_between(db: &mut Db, from: NaiveDate, to: NaiveDate) -> Result<Vec<(Id, Id, GarmentId, NaiveDate)>> {
    let of = repair_order::state.eq(RepairState::Done).and(repair_order::handed_on.between(from, to));
    Ok(each!(db, |c| repair_order::table
        .filter(of)
        .order(repair_order::id)
        .select((repair_order::id, repair_order::line_id, repair_order::garment_id, repair_order::handed_on.assume_not_null()))
        .load(c))?)
}
