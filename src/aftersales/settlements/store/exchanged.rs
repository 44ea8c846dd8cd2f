//! Exchanges that were carried out.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::super::{SettlementKind, SettlementState};
use super::settlement;
use crate::each;
use crate::kernel::{GarmentId, Id, Result};
use crate::platform::db::Db;

/// Exchanges whose new garment was handed over between two days, both included: the settlement, its line, the new garment, the day.
pub fn exchanged_between(db: &mut Db, from: NaiveDate, to: NaiveDate) -> Result<Vec<(Id, Id, GarmentId, NaiveDate)>> {
    let of = settlement::kind.eq(SettlementKind::Exchange).and(settlement::state.eq(SettlementState::Paid));
    let of = of.and(settlement::paid_on.between(from, to)).and(settlement::new_garment_id.is_not_null());
    Ok(each!(db, |c| settlement::table
        .filter(of)
        .order(settlement::id)
        .select((settlement::id, settlement::line_id, settlement::new_garment_id.assume_not_null(), settlement::paid_on.assume_not_null()))
        .load(c))?)
}
