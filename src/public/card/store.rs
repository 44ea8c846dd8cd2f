//! What the card reads: two statements by key, whatever the number of garments.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::each;
use crate::kernel::event::EventKind;
use crate::kernel::{Error, GarmentId, Id, Result};
use crate::ownership::warranties::{self, Warranty};
use crate::platform::db::Db;
use crate::platform::db::schema::{batch, garment, garment_event, holder, sale, scan_total, warranty};

/// What happened to a garment since it was made.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Whether it was given back and has not been sold again.
    pub is_returned: bool,
    /// The policy version its warranty is under; None without one, or where the house's number of days holds.
    pub policy: Option<Id>,
    /// Whether it has a live sale.
    pub is_sold: bool,
    /// Its live sale's warranty.
    pub warranty: Option<Warranty>,
    /// Since when somebody holds it.
    pub held_since: Option<NaiveDateTime>,
    /// Distinct devices that scanned it, and the first scan.
    pub scans: Option<(i64, NaiveDateTime)>,
    /// What the public may know, oldest first.
    pub past: Vec<(NaiveDateTime, EventKind)>,
}

impl Life {
    /// When it was first claimed.
    pub fn first_claimed(&self) -> Option<NaiveDateTime> {
        self.past.iter().find(|(_, kind)| *kind == EventKind::Claimed).map(|(at, _)| *at).or(self.held_since)
    }
}

type Row = (
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<NaiveDate>,
    Option<NaiveDate>,
    Option<String>,
    Option<NaiveDateTime>,
    Option<i64>,
    Option<NaiveDateTime>,
);

/// The life of a garment.
///
/// # Errors
/// When the store does.
pub fn life(db: &mut Db, id: GarmentId) -> Result<Life> {
    let rows: Vec<Row> = each!(db, |c| batch::table
        .left_join(garment::table.on(garment::garment_id.eq(id.0)))
        .left_join(sale::table.on(sale::garment_id.eq(id.0).and(sale::status.eq("live"))))
        .left_join(warranty::table.on(warranty::garment_id.eq(id.0).and(warranty::sale_seq.nullable().eq(sale::seq.nullable()))))
        .left_join(holder::table.on(holder::garment_id.eq(id.0).and(holder::status.eq("live"))))
        .left_join(scan_total::table.on(scan_total::garment_id.eq(id.0)))
        .filter(batch::no.eq(id.batch().0))
        .select((
            garment::status.nullable(),
            sale::seq.nullable(),
            warranty::policy_id.nullable(),
            warranty::status.nullable(),
            warranty::starts_on.nullable(),
            warranty::ends_on.nullable(),
            warranty::reason.nullable(),
            holder::claimed_at.nullable(),
            scan_total::devices.nullable(),
            scan_total::first_at.nullable(),
        ))
        .load(c))?;
    let Some((status, sale, policy, covered, starts, ends, reason, held, devices, first_scan)) = rows.into_iter().next() else {
        return Ok(Life::default());
    };
    let facts: Vec<(NaiveDateTime, String)> = each!(db, |c| garment_event::table
        .filter(garment_event::garment_id.eq(id.0))
        .order(garment_event::id)
        .select((garment_event::at, garment_event::kind))
        .load(c))?;
    let warranty = match (sale, covered.as_deref().map(warranties::Status::of)) {
        (Some(sale_seq), Some(status)) => Some(Warranty {
            garment: id,
            sale_seq,
            policy: policy.map(Id),
            status: status.ok_or_else(|| Error::broken("a warranty's status"))?,
            starts_on: starts,
            ends_on: ends,
            start_basis: String::new(),
            reason: reason.unwrap_or_default(),
            version: 0,
        }),
        _ => None,
    };
    let past = facts.into_iter().filter_map(|(at, kind)| Some((at, EventKind::of(&kind)?))).filter(|(_, kind)| kind.is_public()).collect();
    Ok(Life {
        is_returned: status.as_deref() == Some("returned"),
        policy: policy.map(Id),
        is_sold: sale.is_some(),
        warranty,
        held_since: held,
        scans: devices.zip(first_scan),
        past,
    })
}
