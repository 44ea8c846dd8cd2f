//! Queries on `scan_device` and `scan_total`.

use std::collections::{BTreeMap, HashMap};

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use diesel::upsert::excluded;
use serde::Serialize;

use crate::each;
use crate::kernel::{GarmentId, Result, saturating};
use crate::platform::db::schema::{scan_device, scan_total};
use crate::platform::db::{Db, planned};
use crate::platform::policies::{self, Policy};

/// Rows one purge deletes at most, so that nobody waits long for the writer.
pub const PURGE_ROWS: usize = 5_000;

/// What stands for a device that looks at one garment in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device(pub u64);

/// Looks of one device at one garment.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    first_at: NaiveDateTime,
    last_at: NaiveDateTime,
    times: i64,
}

impl Seen {
    /// A first look.
    pub fn at(at: NaiveDateTime) -> Self {
        Self { first_at: at, last_at: at, times: 1 }
    }

    /// With others of the same device.
    pub fn join(&mut self, others: &Self) {
        self.first_at = self.first_at.min(others.first_at);
        self.last_at = self.last_at.max(others.last_at);
        self.times += others.times;
    }
}

/// Writes gathered looks.
pub fn record(db: &mut Db, looks: &HashMap<(GarmentId, Device), Seen>) -> Result<()> {
    let mut totals: BTreeMap<i64, (i64, Seen)> = BTreeMap::new();
    // In order of the key, so that two processes never wait for each other in a circle.
    let mut ordered: Vec<_> = looks.iter().collect();
    ordered.sort_unstable_by_key(|(key, _)| *key);
    for ((garment, device), seen) in ordered {
        let times: Vec<i64> = each!(db, |c| planned(
            diesel::insert_into(scan_device::table)
                .values((
                    scan_device::garment_id.eq(garment.0),
                    scan_device::device.eq(format!("{:016x}", device.0)),
                    scan_device::first_at.eq(seen.first_at),
                    scan_device::last_at.eq(seen.last_at),
                    scan_device::times.eq(seen.times),
                ))
                .on_conflict((scan_device::garment_id, scan_device::device))
                .do_update()
                .set((
                    scan_device::last_at.eq(excluded(scan_device::last_at)),
                    scan_device::times.eq(scan_device::times + excluded(scan_device::times)),
                ))
                .returning(scan_device::times),
            true
        )
        .load(c))?;
        // A row that was there already has counted before.
        let new = i64::from(times.first() == Some(&seen.times));
        totals
            .entry(garment.0)
            .and_modify(|(devices, total)| {
                *devices += new;
                total.join(seen);
            })
            .or_insert((new, *seen));
    }
    for (garment, (devices, total)) in totals {
        let _one: Vec<i64> = each!(db, |c| planned(
            diesel::insert_into(scan_total::table)
                .values((
                    scan_total::garment_id.eq(garment),
                    scan_total::devices.eq(devices),
                    scan_total::times.eq(total.times),
                    scan_total::first_at.eq(total.first_at),
                    scan_total::last_at.eq(total.last_at),
                ))
                .on_conflict(scan_total::garment_id)
                .do_update()
                .set((
                    scan_total::devices.eq(scan_total::devices + excluded(scan_total::devices)),
                    scan_total::times.eq(scan_total::times + excluded(scan_total::times)),
                    scan_total::last_at.eq(excluded(scan_total::last_at)),
                ))
                .returning(scan_total::garment_id),
            true
        )
        .load(c))?;
    }
    Ok(())
}

/// What is known of looks at a garment's card.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// Distinct devices, as far as they can be told apart.
    pub devices: i64,
    /// Looks.
    pub times: i64,
    /// The first, UTC.
    pub first_at: NaiveDateTime,
    /// The last, UTC.
    pub last_at: NaiveDateTime,
}

/// The looks at a garment's card; None before the first.
pub fn summary(db: &mut Db, garment: GarmentId) -> Result<Option<Summary>> {
    let rows: Vec<Summary> = each!(db, |c| scan_total::table
        .filter(scan_total::garment_id.eq(garment.0))
        .select((scan_total::devices, scan_total::times, scan_total::first_at, scan_total::last_at))
        .load(c))?;
    Ok(rows.into_iter().next())
}

/// Deletes at most [`PURGE_ROWS`] devices that were not seen for as long as policy says, and returns how many. Totals stay.
pub fn purge(db: &mut Db, now: NaiveDateTime) -> Result<usize> {
    let days = policies::value(db, Policy::ScanDeviceDays, now)?;
    let before = now - Duration::days(days);
    let old: Vec<(i64, String)> = each!(db, |c| scan_device::table
        .filter(scan_device::last_at.lt(before))
        .order(scan_device::last_at)
        .select((scan_device::garment_id, scan_device::device))
        .limit(saturating(PURGE_ROWS))
        .load(c))?;
    for (garment, device) in &old {
        each!(db, |c| diesel::delete(scan_device::table.filter(scan_device::garment_id.eq(garment).and(scan_device::device.eq(device))))
            .execute(c))?;
    }
    Ok(old.len())
}
