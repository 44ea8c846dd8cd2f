//! What the buyer of a line may ask for at our cost.

use super::cases;
use super::lines::CaseLine;
use crate::aftersales::classes::{CaseCause, ReasonClass};
use crate::aftersales::reasons;
use crate::aftersales::rights::{self, Remedy, Right, RightState, RightsAnswer};
use crate::kernel::{Code, Result};
use crate::platform::db::Db;

/// The right by which a remedy of what was reported costs its buyer nothing, as things stood on the day of the report: none where their use was
/// behind it or nothing is wrong. Every right counts: the law's, the brand's promise and warranty, that of a mended part for that part. Of several
/// the one that gives the buyer most.
pub fn right_to(db: &mut Db, line: &CaseLine, remedy: Remedy) -> Result<Option<Right>> {
    let is_theirs = matches!(line.cause, Some(CaseCause::Misuse | CaseCause::Wear | CaseCause::NoFault));
    let is_defect = line.reason_class == ReasonClass::Defect || line.found_defect.is_some();
    if is_theirs || (remedy == Remedy::Repair && !is_defect) {
        return Ok(None);
    }
    let Some(seq) = line.sale_seq else { return Ok(None) };
    let case = cases::by_id(db, line.case_id)?.ok_or(Code::NotFound)?;
    let facts = rights::facts_of_sale(db, line.garment_id, seq, line.reported_on, Some(&case.market))?;
    let mut rights = RightsAnswer::of(db, facts)?.rights;
    rights.retain(|right| right.state == RightState::Now && right.remedies.contains(&remedy));
    if rights.iter().any(|right| right.component.is_some()) {
        let components = components_of(db, line)?;
        rights.retain(|right| right.component.as_ref().is_none_or(|component| components.contains(component)));
    }
    Ok(rights.into_iter().min_by_key(|right| right.kind))
}

/// The components that what was reported is about.
pub fn components_of(db: &mut Db, line: &CaseLine) -> Result<Vec<String>> {
    Ok(reasons::by_code(db)?.get(&line.reason_code).map(|reason| reason.components().map(str::to_owned).collect()).unwrap_or_default())
}
