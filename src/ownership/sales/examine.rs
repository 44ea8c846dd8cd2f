//! Whether sales can be registered: a chunk of them is held against its batches, styles, policies and earlier sales, each read once.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use roaring::RoaringBitmap;

use super::rules::{NewSale, SaleStatus, in_order};
use super::store::{self, Ready, Sale};
use crate::kernel::machine::refused_in;
use crate::kernel::time::local_date;
use crate::kernel::{BatchNo, Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::garments::{self, HoldKind};
use crate::ownership::holders;
use crate::ownership::warranties::{self, Facts, Opening, Terms};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::production::batches::{self, Batch, BatchStatus};
use crate::production::terms::{self, WarrantyPolicy};
use crate::production::{parties, skus, styles};

/// What examining a chunk found.
#[derive(Debug, Default)]
pub struct Examined {
    /// Sales that can be registered.
    pub ready: Vec<Ready>,
    /// Sales that are there already, word for word: their places in the chunk.
    pub unchanged: Vec<usize>,
    /// Sales that cannot be registered: their places in the chunk, and why. The field is the sale's.
    pub refused: Vec<(usize, Refusal)>,
}

/// What a chunk of sales needs to know.
struct Known {
    batches: HashMap<BatchNo, KnownBatch>,
    sales: HashMap<GarmentId, Vec<Sale>>,
    claimed: HashMap<GarmentId, NaiveDate>,
    holds: HashMap<GarmentId, HoldKind>,
    /// Codes of the retailers that are closed.
    closed: HashMap<Id, String>,
    default_terms: Option<Terms>,
}

struct KnownBatch {
    batch: Batch,
    voids: RoaringBitmap,
    /// Versions of the style's policy with their terms, newest first.
    policies: Vec<(WarrantyPolicy, Terms)>,
}

fn know(db: &mut Db, stamp: &Stamp, zone: Tz, chunk: &[NewSale]) -> Result<Known> {
    let garments: Vec<GarmentId> = chunk.iter().map(|new| new.garment).collect::<BTreeSet<_>>().into_iter().collect();
    let numbers: Vec<BatchNo> = garments.iter().map(|garment| garment.batch()).collect::<BTreeSet<_>>().into_iter().collect();
    let found = batches::batches(db, &numbers)?;
    let sku_ids: Vec<Id> = found.iter().map(|batch| batch.sku_id).collect::<HashSet<_>>().into_iter().collect();
    let skus = skus::by_ids(db, &sku_ids)?;
    let style_ids: Vec<Id> = skus.values().map(|sku| sku.style_id).collect::<HashSet<_>>().into_iter().collect();
    let styles = styles::by_ids(db, &style_ids)?;
    let mut by_code: HashMap<String, Vec<(WarrantyPolicy, Terms)>> = HashMap::new();
    for style in styles.values().filter(|style| !style.policy.is_empty()) {
        if !by_code.contains_key(&style.policy) {
            let versions = terms::policies(db, Some(&style.policy))?.into_iter().map(|version| Ok((version.clone(), Terms::of(&version)?)));
            let versions = versions.collect::<Result<Vec<_>>>()?;
            if versions.is_empty() {
                return Err(Error::broken(format!("style {}: there is no warranty policy {}", style.code, style.policy)));
            }
            by_code.insert(style.policy.clone(), versions);
        }
    }
    let mut voids = batches::voids_of_batches(db, &numbers)?;
    let mut batches = HashMap::with_capacity(found.len());
    for batch in found {
        let style = skus.get(&batch.sku_id).and_then(|sku| styles.get(&sku.style_id));
        let style = style.ok_or_else(|| Error::broken(format!("batch {}: its style is not there", batch.no.0)))?;
        // Without a policy of its style the house's default holds.
        let policies = by_code.get(&style.policy).cloned().unwrap_or_default();
        let voids = voids.remove(&batch.no).unwrap_or_default();
        batches.insert(batch.no, KnownBatch { batch, voids, policies });
    }
    let mut sales: HashMap<GarmentId, Vec<Sale>> = HashMap::new();
    for sale in store::of_garments(db, &garments)? {
        sales.entry(sale.garment).or_default().push(sale);
    }
    let claimed = holders::claimed_at_of(db, &garments)?.into_iter().map(|(garment, at)| (garment, local_date(at, zone))).collect();
    let retailers: Vec<Id> = chunk.iter().filter_map(|new| new.retailer).collect::<BTreeSet<_>>().into_iter().collect();
    let closed = if retailers.is_empty() { HashMap::new() } else { parties::closed_among(db, stamp, &retailers)? };
    let holds = garments::holds_of(db, &garments)?;
    Ok(Known { batches, sales, claimed, holds, closed, default_terms: warranties::terms(db, None, stamp.at)? })
}

/// Examines a chunk. Of two sales of one garment in it, the first is ready and the second refused.
///
/// # Errors
/// When the store does; what is wrong with a sale is in the answer.
pub fn examine(db: &mut Db, stamp: &Stamp, zone: Tz, chunk: &[NewSale]) -> Result<Examined> {
    let known = know(db, stamp, zone, chunk)?;
    let mut examined = Examined::default();
    let mut taken = HashSet::new();
    for (place, new) in chunk.iter().enumerate() {
        let earlier = known.sales.get(&new.garment).map(Vec::as_slice).unwrap_or_default();
        if earlier.iter().any(|sale| sale.says(new)) {
            examined.unchanged.push(place);
        } else if !taken.insert(new.garment) {
            examined.refused.push((place, refusal("serial", Code::AlreadySold)));
        } else {
            match ready(&known, new, earlier) {
                Ok(ready) => examined.ready.push(ready),
                Err(refused) => examined.refused.push((place, *refused)),
            }
        }
    }
    Ok(examined)
}

fn refusal(field: &'static str, code: Code) -> Refusal {
    Refusal { code, args: Vec::new(), faults: vec![Fault::new(field, code)] }
}

fn ready(known: &Known, new: &NewSale, earlier: &[Sale]) -> Result<Ready, Box<Refusal>> {
    let refuse = |field, code| Box::new(refusal(field, code));
    let invalid = |fault: Fault| Box::new(Refusal { code: Code::Invalid, args: Vec::new(), faults: vec![fault] });
    let Some(KnownBatch { batch, voids, policies }) = known.batches.get(&new.garment.batch()) else {
        return Err(refuse("serial", Code::SerialUnknown));
    };
    if let Some(code) = new.retailer.and_then(|retailer| known.closed.get(&retailer)) {
        return Err(invalid(Fault::new("retailer", Code::Closed).with("closed", code)));
    }
    let (unit, came_with) = (new.garment.unit(), new.came_with(batch));
    if unit >= batch.minted || (!came_with && u32::try_from(unit).is_ok_and(|unit| voids.contains(unit))) {
        return Err(refuse("serial", Code::SerialUnknown));
    }
    if batch.status == BatchStatus::Hold && !came_with {
        let refusal = refused_in(batch.status);
        let fault = Fault { args: refusal.args.clone(), ..Fault::new("serial", Code::WrongState) };
        return Err(Box::new(Refusal { faults: vec![fault], ..refusal }));
    }
    if let Some(kind) = known.holds.get(&new.garment) {
        let refusal = refused_in(*kind);
        let fault = Fault { args: refusal.args.clone(), ..Fault::new("serial", Code::WrongState) };
        return Err(Box::new(Refusal { faults: vec![fault], ..refusal }));
    }
    if earlier.iter().any(|sale| sale.status == SaleStatus::Live) {
        return Err(refuse("serial", Code::AlreadySold));
    }
    let sold_on = new.sound.sold_on;
    // The first cartons of a batch are sold while the last are sewn: only what nobody had begun cannot be sold.
    if let Some(begun) = batch.started_on {
        in_order("sold_on", begun, sold_on).map_err(invalid)?;
    }
    let last = earlier.iter().max_by_key(|sale| sale.seq);
    if let Some(last) = last {
        in_order("sold_on", last.sold_on, sold_on).map_err(invalid)?;
    }
    let seq = last.map_or(1, |sale| sale.seq + 1);
    let policy = policies.iter().find(|(policy, _)| policy.valid_from <= sold_on);
    let terms = match policy {
        Some((_, terms)) => Some(terms.clone()).filter(|terms| !terms.are_empty()),
        None => known.default_terms.clone(),
    };
    let activated = known.claimed.get(&new.garment).copied();
    let facts = Facts {
        sold: Some(sold_on),
        delivered: new.sound.delivered_on,
        activated: activated.map(|day| day.max(sold_on)),
        made: batch.finished_on,
    };
    let policy = policy.map(|(policy, _)| policy.id);
    let warranty = terms.map(|terms| Opening { garment: new.garment, sale_seq: seq, policy, term: warranties::term(&terms, &facts) });
    Ok(Ready { new: new.clone(), seq, policy, warranty, is_held: activated.is_some() })
}
