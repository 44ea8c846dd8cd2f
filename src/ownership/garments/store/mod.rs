//! Queries on `garment` and `batch_tally`, and the one question about a live sale that rooms below `sales` have.

pub mod holds;

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::in_runs;
use crate::kernel::{Code, Error, GarmentId, Id, Result};
use crate::platform::db::schema::{batch_tally, garment, sale};
use crate::platform::db::{At, CHUNK_KEYS, COPIED, Connection, Db, Live, chunk_rows, lie_close, planned};
use crate::{each, insert_all};

/// What has become of a garment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With its seller or buyer.
    Live,
    /// Given back; may be sold again.
    Returned,
}

impl Status {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Live => "live",
            Status::Returned => "returned",
        }
    }
}

/// Makes the rows of garments that have none yet.
///
/// # Errors
/// [`Error::Retry`] when another write makes one at the same time.
pub fn touch(db: &mut Db, garments: &[GarmentId], at: NaiveDateTime) -> Result<()> {
    for chunk in in_runs(garments).into_iter().flat_map(|run| run.chunks(chunk_rows(4))) {
        let row = |one: &GarmentId| {
            (
                garment::garment_id.eq(one.0),
                garment::status.eq(Status::Live.as_str()),
                garment::created_at.eq(At(at)),
                garment::version.eq(1),
            )
        };
        match &mut db.connection {
            Connection::Pg(c) if chunk.len() >= COPIED => {
                let ids: Vec<i64> = chunk.iter().map(|one| one.0).collect();
                let all = garment::table.select(garment::garment_id);
                let there: Vec<i64> = match lie_close(&ids) {
                    Some((first, last)) => all.filter(garment::garment_id.between(first, last)).load(c)?,
                    None => all.filter(garment::garment_id.eq_any(&ids)).load(c)?,
                };
                let there: HashSet<i64> = there.into_iter().collect();
                let rows: Vec<_> = chunk.iter().filter(|one| !there.contains(&one.0)).map(row).collect();
                insert_all!(db, garment::table, &rows).map_err(|error| match Error::from(error) {
                    error if error.code() == Code::Duplicate => Error::Retry,
                    error => error,
                })?;
            }
            _ => each!(db, |c| chunk.iter().try_for_each(|one| {
                let insert = diesel::insert_into(garment::table).values(row(one)).on_conflict(garment::garment_id).do_nothing();
                insert.execute(c).map(drop)
            }))?,
        }
    }
    Ok(())
}

/// Sets what has become of garments that have rows. Those that are so already are left alone.
pub fn set_status(db: &mut Db, garments: &[GarmentId], status: Status) -> Result<()> {
    for chunk in garments.chunks(CHUNK_KEYS) {
        let ids: Vec<i64> = chunk.iter().map(|one| one.0).collect();
        each!(db, |c| diesel::update(garment::table.filter(garment::garment_id.eq_any(&ids).and(garment::status.ne(status.as_str()))))
            .set((garment::status.eq(status.as_str()), garment::version.eq(garment::version + 1)))
            .execute(c))?;
    }
    Ok(())
}

/// Whether a garment was given back and has not been sold again.
pub fn is_returned(db: &mut Db, of: GarmentId) -> Result<bool> {
    let rows: Vec<String> = each!(db, |c| garment::table.filter(garment::garment_id.eq(of.0)).select(garment::status).load(c))?;
    Ok(rows.first().is_some_and(|status| status == Status::Returned.as_str()))
}

/// Changes to the counts of sold and claimed garments, by batch and retailer, gathered so that many garments of a batch cost one statement.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<(i64, i64), Counts>);

/// What is added to the counts of a batch and retailer.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    sold: i64,
    claimed: i64,
    /// Sales and ends of sales.
    changes: i64,
}

impl Tally {
    /// Counts a sale (+1) or its end (−1). No retailer named counts under party 0.
    pub fn sold(&mut self, garment: GarmentId, retailer: Option<Id>, by: i64) {
        let counts = self.entry(garment, retailer);
        (counts.sold, counts.changes) = (counts.sold + by, counts.changes + 1);
    }

    /// Counts a claim (+1).
    pub fn claimed(&mut self, garment: GarmentId, retailer: Option<Id>, by: i64) {
        self.entry(garment, retailer).claimed += by;
    }

    fn entry(&mut self, garment: GarmentId, retailer: Option<Id>) -> &mut Counts {
        self.0.entry((garment.batch().0, retailer.map_or(0, |id| id.0))).or_default()
    }
}

/// Adds the changes to the counts.
pub fn tally(db: &mut Db, changes: &Tally) -> Result<()> {
    for ((batch, party), of) in &changes.0 {
        let _one: Vec<i64> = each!(db, |c| planned(
            diesel::insert_into(batch_tally::table)
                .values((
                    batch_tally::batch_no.eq(batch),
                    batch_tally::party_id.eq(party),
                    batch_tally::sold.eq(of.sold),
                    batch_tally::claimed.eq(of.claimed),
                    batch_tally::changes.eq(of.changes),
                ))
                .on_conflict((batch_tally::batch_no, batch_tally::party_id))
                .do_update()
                .set((
                    batch_tally::sold.eq(batch_tally::sold + excluded(batch_tally::sold)),
                    batch_tally::claimed.eq(batch_tally::claimed + excluded(batch_tally::claimed)),
                    batch_tally::changes.eq(batch_tally::changes + excluded(batch_tally::changes)),
                ))
                .returning(batch_tally::batch_no),
            true
        )
        .load(c))?;
    }
    Ok(())
}

/// A garment's live sale, as far as the rooms below `sales` need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSale {
    /// Which of the garment's sales.
    pub seq: i64,
    /// Who sold it.
    pub retailer: Option<Id>,
}

/// The live sale of a garment, if it is sold.
pub fn live_sale(db: &mut Db, garment: GarmentId) -> Result<Option<LiveSale>> {
    let rows: Vec<(i64, Option<i64>)> = each!(db, |c| sale::table
        .filter(sale::garment_id.eq(garment.0).and(sale::status.eq(Live)))
        .select((sale::seq, sale::retailer_id))
        .load(c))?;
    Ok(rows.into_iter().next().map(|(seq, retailer)| LiveSale { seq, retailer: retailer.map(Id) }))
}
