//! The season's batches: minted, labelled, released.

use chrono::NaiveDate;

use super::catalogue::{GARMENTS, Garment};
use super::goods::sku_code;
use super::season::{BAD_LOT, BIG_BATCH, Maker, Plan};
use super::stock::{Lots, used};
use crate::kernel::{BatchNo, Result};
use crate::platform::events::Stamp;
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch, BatchSheet, BatchStatus, LotUse};
use crate::production::labels::{Format, Target};
use crate::production::print_jobs::{self, LabelRequest};

/// A batch as the season's sales see it.
pub(super) struct Made {
    pub(super) no: BatchNo,
    pub(super) style: &'static Garment,
    pub(super) code: String,
    pub(super) units: i64,
    /// Units that had a label, from the first on: only those are sold.
    pub(super) labelled: i64,
    pub(super) finished_on: NaiveDate,
    pub(super) price: i64,
    /// Units whose shell is of the bad lot, from 0, end left out.
    pub(super) bad: std::ops::Range<i64>,
    pub(super) share: i64,
}

impl Maker<'_> {
    pub(super) fn batches(&mut self, plan: Plan, lots: &Lots) -> Result<Vec<Made>> {
        (self.tell)("batches");
        let mut left = (plan.garments - BIG_BATCH).max(0);
        let mut made = Vec::new();
        let mut number = 0i64;
        let average = (left / 48).clamp(60, 200_000);
        let mut turn = 0usize;
        while left > 0 || number == 0 {
            let Some(garment) = GARMENTS.get(turn % GARMENTS.len()) else { break };
            turn += 1;
            number += 1;
            let units = (average * self.chance.between(40, 170) / 100).clamp(24, left.max(24));
            left -= units;
            let started = 60 + number * 9 % 430;
            made.push(self.batch(plan, garment, number, units, started, lots)?);
        }
        if let Some(shirt) = GARMENTS.first() {
            made.push(self.batch(plan, shirt, number + 1, BIG_BATCH, 470, lots)?);
        }
        Ok(made)
    }

    fn batch(&mut self, plan: Plan, garment: &'static Garment, number: i64, units: i64, started: i64, lots: &Lots) -> Result<Made> {
        let (started_on, finished_on) = (self.day(started), self.day(started + 3 + units / 4_000));
        let colour = self.chance.one(garment.colours).copied().unwrap_or_default();
        let size = self.chance.one(garment.sizes).copied().unwrap_or_default();
        let is_big = units == BIG_BATCH;
        let is_navy_shirt = garment.code == "LS-T01" && (is_big || self.chance.once_in_a_million(600_000));
        let is_navy_shirt = is_navy_shirt && Lots::of(&lots.fabrics, "jersey", started_on).iter().any(|code| code == BAD_LOT);
        let colour = if is_navy_shirt { garment.colours.first().copied().unwrap_or(colour) } else { colour };
        let mut uses = Vec::new();
        let mut bad = 0..0;
        for (component, what) in garment.parts {
            let pool = Lots::of(if *component == "shell" { &lots.fabrics } else { &lots.trims }, what, started_on);
            let pool: Vec<String> = pool.into_iter().filter(|code| code != BAD_LOT).collect();
            let Some(one) = self.chance.one(&pool).cloned() else { continue };
            if *component != "shell" {
                uses.push(used(component, one, None, units * 1_000));
                continue;
            }
            // Rolls change within a run: the first part of one lot, the rest of another.
            let change = units * self.chance.between(35, 65) / 100;
            let second = if is_navy_shirt { BAD_LOT.to_owned() } else { self.chance.one(&pool).cloned().unwrap_or_else(|| one.clone()) };
            if second == one || change < 1 {
                uses.push(used("shell", one, None, units * 1_350));
                continue;
            }
            // The big batch only took what was left of the bad lot.
            let end = if is_big { change + 15_000 } else { units };
            if is_navy_shirt {
                bad = change..end;
            }
            uses.push(used("shell", one.clone(), Some(format!("1-{change}")), change * 1_350));
            uses.push(used("shell", second, Some(format!("{}-{end}", change + 1)), (end - change) * 1_350));
            if end < units {
                let third = self.chance.one(&pool).filter(|code| **code != one).cloned().unwrap_or(one);
                uses.push(used("shell", third, Some(format!("{}-{units}", end + 1)), (units - end) * 1_350));
            }
        }
        let code = format!("B{}-{number:03}", started_on.format("%y%m"));
        let no = self.run(
            &code,
            (number % 6 + 1, garment.factory),
            sku_code(garment, colour.1, size.0),
            units,
            (started_on, finished_on),
            uses,
        )?;
        // The label operator has half of the big batch still to print.
        let labelled = if is_big { units / 2 } else { units };
        let share = if is_big { plan.sold_per_million / 10 } else { plan.sold_per_million };
        Ok(Made { no, style: garment, code, units, labelled, finished_on, price: garment.price_minor, bad, share })
    }

    /// Makes, mints and releases a batch.
    pub(super) fn run(
        &self,
        code: &str,
        (line, factory): (i64, &str),
        sku: String,
        units: i64,
        (started_on, finished_on): (NaiveDate, NaiveDate),
        lots: Vec<LotUse>,
    ) -> Result<BatchNo> {
        let batch = Batch {
            code: code.to_owned(),
            line: line.to_string(),
            started_on: Some(started_on),
            finished_on: Some(finished_on),
            planned: units,
            status: BatchStatus::Released,
            ..Batch::default()
        };
        let batch = BatchSheet { batch, sku, factory: factory.into(), lots, ..BatchSheet::default() };
        let (planned, minted) = (self.stamp("system", started_on), self.stamp("staff:operator", finished_on));
        let epoch = self.app.keys.serials.newest();
        self.app.store.write_blocking(move |db| {
            let made = batches::create(db, &planned, batch.clone())?;
            batches::mint(db, &minted, made.no, units, epoch, made.gtin.as_deref())?;
            Ok(made.no)
        })
    }

    /// The labels of batches.
    pub(super) fn labels_of(&self, made: &[Made]) -> Vec<Labels> {
        made.iter().map(|batch| self.labels(&batch.code, batch.labelled, batch.finished_on)).collect()
    }

    /// The labels of the first so many units of a batch.
    pub(super) fn labels(&self, batch: &str, count: i64, on: NaiveDate) -> Labels {
        let rows = LabelRequest {
            batch: batch.to_owned(),
            format: Some(Format::Csv.as_str().to_owned()),
            count: Some(count),
            claim_codes: true,
            ..LabelRequest::default()
        };
        Labels { rows, stamp: self.stamp("staff:operator", on) }
    }
}

/// Labels as rows for a printing house, which nobody keeps.
pub(super) struct Labels {
    rows: LabelRequest,
    stamp: Stamp,
}

impl Labels {
    /// Makes them.
    pub(super) fn make(&self, app: &AppState) -> Result<()> {
        print_jobs::make(app, &self.stamp, &self.rows, Target::Stream(&mut std::io::sink()), &mut |_, _| ())?;
        Ok(())
    }
}
