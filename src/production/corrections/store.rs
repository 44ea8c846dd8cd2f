//! How much stands on a thing. Findings are another wing's; here they are only counted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::Standing;
use crate::each;
use crate::kernel::units::{count, tidy};
use crate::kernel::{BatchNo, GarmentId, Id, Result, saturating};
use crate::platform::db::schema::{batch, batch_lot, batch_tally, finding, lot_parent, sale, sku};
use crate::platform::db::{Db, Live, chunk_rows};

/// Keys of one `IN` list.
const KEYS: usize = chunk_rows(1) / 4;
/// What a finding that counts is marked with.
const LIVE: &str = "live";

/// A batch of a thing: key of the thing, number, garments that have serials.
type Of = (i64, i64, i64);

/// What stands on these lots themselves: lots, batches, findings. For the garments see [`moved_by_lot`].
pub fn of_lots(db: &mut Db, lots: &[Id]) -> Result<HashMap<Id, Standing>> {
    let mut standing: HashMap<Id, Standing> = HashMap::with_capacity(lots.len());
    for chunk in lots.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let made: Vec<(i64, i64)> = each!(db, |c| lot_parent::table
            .filter(lot_parent::parent_id.eq_any(&keys))
            .group_by(lot_parent::parent_id)
            .select((lot_parent::parent_id, count_star()))
            .load(c))?;
        let used: Vec<(i64, i64)> = each!(db, |c| batch_lot::table
            .filter(batch_lot::lot_id.eq_any(&keys))
            .select((batch_lot::lot_id, batch_lot::batch_no))
            .distinct()
            .load(c))?;
        let found: Vec<(i64, i64)> = each!(db, |c| finding::table
            .filter(finding::lot_id.eq_any(&keys).and(finding::status.eq(LIVE)))
            .group_by(finding::lot_id)
            .select((finding::lot_id.assume_not_null(), count_star()))
            .load(c))?;
        made.into_iter().for_each(|(lot, count)| standing.entry(Id(lot)).or_default().lots = count);
        used.into_iter().for_each(|(lot, _)| standing.entry(Id(lot)).or_default().batches += 1);
        found.into_iter().for_each(|(lot, count)| standing.entry(Id(lot)).or_default().findings = count);
    }
    Ok(standing)
}

/// A lot and everything that was made of it.
fn made_of(db: &mut Db, lot: Id) -> Result<Vec<Id>> {
    let (mut reached, mut open) = (HashSet::from([lot.0]), vec![lot.0]);
    while let Some(chunk) = open.get(..open.len().min(KEYS)).filter(|chunk| !chunk.is_empty()) {
        let below: Vec<i64> =
            each!(db, |c| lot_parent::table.filter(lot_parent::parent_id.eq_any(chunk)).select(lot_parent::lot_id).load(c))?;
        open.drain(..open.len().min(KEYS));
        open.extend(below.into_iter().filter(|lot| reached.insert(*lot)));
    }
    Ok(reached.into_iter().map(Id).collect())
}

/// What a correction of a lot moves: beside what stands on the lot itself, the batches that it and everything made of it went into, with those of
/// their garments that are made of it, as its trace counts them.
pub fn moved_by_lot(db: &mut Db, lot: Id) -> Result<Standing> {
    let reached = made_of(db, lot)?;
    let on_lots = of_lots(db, &reached)?;
    let mut spans: BTreeMap<(i64, i64), Vec<Range<i64>>> = BTreeMap::new();
    for chunk in reached.chunks(KEYS) {
        let rows: Vec<(i64, i64, i64, i64)> = each!(db, |c| batch_lot::table
            .inner_join(batch::table.on(batch::no.eq(batch_lot::batch_no)))
            .filter(batch_lot::lot_id.eq_any(chunk))
            .select((batch::no, batch::minted, batch_lot::unit_from, batch_lot::unit_to))
            .load(c))?;
        rows.into_iter().for_each(|(no, minted, from, to)| spans.entry((no, minted)).or_default().push(from..to));
    }
    let lots = on_lots.get(&lot).map_or(0, |own| own.lots);
    let mut moved = Standing {
        lots,
        batches: saturating(spans.len()),
        findings: on_lots.values().map(|lot| lot.findings).sum(),
        ..Standing::default()
    };
    let mut whole: Vec<Of> = Vec::new();
    for ((no, minted), ranges) in spans {
        let units = tidy(ranges, minted);
        moved.minted += count(&units);
        if count(&units) == minted {
            whole.push((lot.0, no, minted));
        } else {
            moved.sold += sold_in(db, BatchNo(no), &units)?;
            moved.findings += found_in(db, BatchNo(no), &units)?;
        }
    }
    let all = summed(db, whole)?.remove(&lot.0).unwrap_or_default();
    Ok(Standing { sold: moved.sold + all.sold, findings: moved.findings + all.findings, ..moved })
}

/// Garments of these units of a batch that are sold.
pub fn sold_in(db: &mut Db, no: BatchNo, units: &[Range<i64>]) -> Result<i64> {
    let (first, _) = GarmentId::range_of(no);
    let mut sold = 0;
    for range in units {
        let within = sale::garment_id.ge(first + range.start).and(sale::garment_id.lt(first + range.end));
        sold += each!(db, |c| sale::table.filter(within.and(sale::status.eq(Live))).count().get_result::<i64>(c))?;
    }
    Ok(sold)
}

/// Live findings on garments of these units of a batch, and on the batch itself: they may be on any of its units.
fn found_in(db: &mut Db, no: BatchNo, units: &[Range<i64>]) -> Result<i64> {
    if units.is_empty() {
        return Ok(0);
    }
    let live = || finding::batch_no.eq(no.0).and(finding::status.eq(LIVE));
    let mut found: i64 = each!(db, |c| finding::table.filter(live().and(finding::garment_id.is_null())).count().get_result(c))?;
    let (first, _) = GarmentId::range_of(no);
    for range in units {
        let within = finding::garment_id.ge(first + range.start).and(finding::garment_id.lt(first + range.end));
        found += each!(db, |c| finding::table.filter(live().and(within)).count().get_result::<i64>(c))?;
    }
    Ok(found)
}

/// What stands on these batches.
pub fn of_batches(db: &mut Db, batches: &[BatchNo]) -> Result<HashMap<BatchNo, Standing>> {
    let mut rows: Vec<Of> = Vec::with_capacity(batches.len());
    for chunk in batches.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|no| no.0).collect();
        rows.extend::<Vec<Of>>(each!(db, |c| batch::table
            .filter(batch::no.eq_any(&keys))
            .select((batch::no, batch::no, batch::minted))
            .load(c))?);
    }
    Ok(summed(db, rows)?.into_iter().map(|(no, standing)| (BatchNo(no), Standing { batches: 0, ..standing })).collect())
}

/// What stands on these skus.
pub fn of_skus(db: &mut Db, skus: &[Id]) -> Result<HashMap<Id, Standing>> {
    let mut rows: Vec<Of> = Vec::new();
    for chunk in skus.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        rows.extend::<Vec<Of>>(each!(db, |c| batch::table
            .filter(batch::sku_id.eq_any(&keys))
            .select((batch::sku_id, batch::no, batch::minted))
            .load(c))?);
    }
    Ok(summed(db, rows)?.into_iter().map(|(id, standing)| (Id(id), standing)).collect())
}

/// What stands on these styles.
pub fn of_styles(db: &mut Db, styles: &[Id]) -> Result<HashMap<Id, Standing>> {
    let mut rows: Vec<Of> = Vec::new();
    for chunk in styles.chunks(KEYS) {
        let keys: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        rows.extend::<Vec<Of>>(each!(db, |c| batch::table
            .inner_join(sku::table.on(sku::id.eq(batch::sku_id)))
            .filter(sku::style_id.eq_any(&keys))
            .select((sku::style_id, batch::no, batch::minted))
            .load(c))?);
    }
    Ok(summed(db, rows)?.into_iter().map(|(id, standing)| (Id(id), standing)).collect())
}

/// Batches, garments and findings by thing.
fn summed(db: &mut Db, rows: Vec<Of>) -> Result<HashMap<i64, Standing>> {
    let mut numbers: Vec<i64> = rows.iter().map(|(_, no, _)| *no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let (mut sold, mut found): (HashMap<i64, i64>, HashMap<i64, i64>) = Default::default();
    for chunk in numbers.chunks(KEYS) {
        let tallies: Vec<(i64, i64)> = each!(db, |c| batch_tally::table
            .filter(batch_tally::batch_no.eq_any(chunk))
            .select((batch_tally::batch_no, batch_tally::sold))
            .load(c))?;
        tallies.into_iter().for_each(|(no, count)| *sold.entry(no).or_default() += count);
        let findings: Vec<(i64, i64)> = each!(db, |c| finding::table
            .filter(finding::batch_no.eq_any(chunk).and(finding::status.eq(LIVE)))
            .group_by(finding::batch_no)
            .select((finding::batch_no.assume_not_null(), count_star()))
            .load(c))?;
        found.extend(findings);
    }
    let mut standing: HashMap<i64, Standing> = HashMap::new();
    for (thing, no, minted) in rows {
        let one = standing.entry(thing).or_default();
        one.batches += 1;
        one.minted += minted;
        one.sold += sold.get(&no).copied().unwrap_or_default();
        one.findings += found.get(&no).copied().unwrap_or_default();
    }
    Ok(standing)
}

/// How much of a lot is recorded as used, in thousandths of its unit.
pub fn used_milli(db: &mut Db, lot: Id) -> Result<i64> {
    let sewn: Vec<Option<i64>> =
        each!(db, |c| batch_lot::table.filter(batch_lot::lot_id.eq(lot.0)).select(batch_lot::quantity_milli).load(c))?;
    let made: Vec<Option<i64>> =
        each!(db, |c| lot_parent::table.filter(lot_parent::parent_id.eq(lot.0)).select(lot_parent::quantity_milli).load(c))?;
    Ok(sewn.into_iter().chain(made).flatten().sum())
}
