//! What the claims on the garments of a trace cost so far, from the ledger.

use std::collections::{BTreeMap, HashMap};

use super::{BatchLine, Trace, TraceCost};
use crate::aftersales::{cases, ledger};
use crate::kernel::{BatchNo, GarmentId, Id, Result};
use crate::platform::db::Db;

/// A trace with what its claims cost: beside each batch, and together.
///
/// # Errors
/// When the store cannot be read.
pub fn with_costs(db: &mut Db, mut trace: Trace) -> Result<Trace> {
    let numbers: Vec<BatchNo> = trace.batches.iter().map(|batch| BatchNo(batch.no)).collect();
    let lines: HashMap<Id, GarmentId> = cases::claim_lines_of(db, &numbers)?.into_iter().collect();
    let ids: Vec<Id> = lines.keys().copied().collect();
    let mut of: HashMap<BatchNo, Vec<(GarmentId, String, i64)>> = HashMap::new();
    for cost in ledger::costs_of_lines(db, Some(&ids))? {
        if let Some(garment) = lines.get(&cost.line) {
            of.entry(garment.batch()).or_default().push((*garment, cost.currency, cost.minor));
        }
    }
    let mut all: BTreeMap<String, i64> = BTreeMap::new();
    for batch in &mut trace.batches {
        let mut own: BTreeMap<String, i64> = BTreeMap::new();
        for (_, currency, minor) in of.get(&BatchNo(batch.no)).into_iter().flatten().filter(|(garment, ..)| holds(batch, *garment)) {
            for sums in [&mut own, &mut all] {
                *sums.entry(currency.clone()).or_default() += minor;
            }
        }
        batch.costs = listed(own);
    }
    trace.costs = listed(all);
    Ok(trace)
}

/// Whether a garment is among the units that a trace came to.
fn holds(batch: &BatchLine, garment: GarmentId) -> bool {
    let unit = garment.unit() + 1;
    batch.units.iter().any(|units| (units.first..=units.last).contains(&unit))
}

fn listed(sums: BTreeMap<String, i64>) -> Vec<TraceCost> {
    let one = |(currency, cost_minor)| TraceCost { currency, cost_minor };
    sums.into_iter().map(one).filter(|cost| cost.cost_minor != 0).collect()
}
