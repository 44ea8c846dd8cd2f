//! What the card reads: two statements by key, whatever the number of garments.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::aftersales::rights::{self, Repaired};
use crate::each;
use crate::kernel::event::EventKind;
use crate::kernel::{Code, Error, GarmentId, Id, Result};
use crate::ownership::sales::SaleStatus;
use crate::ownership::warranties::{self, Warranty};
use crate::platform::db::schema::{batch, garment_event, holder, sale, scan_total, warranty};
use crate::platform::db::{Db, Live};
use crate::public::links;

/// What happened to a garment since it was made.
#[derive(Clone, Debug)]
pub struct Life {
    /// What it is.
    pub sku: Id,
    /// Whether it was given back and has not been sold again.
    pub is_returned: bool,
    /// The policy version its warranty is under; None without one, or where the usual number of days holds.
    pub policy: Option<Id>,
    /// The day of its live sale.
    pub sold_on: Option<NaiveDate>,
    /// Its live sale's warranty.
    pub warranty: Option<Warranty>,
    /// Since when somebody holds it.
    pub held_since: Option<NaiveDateTime>,
    /// Distinct devices that scanned it, and the first scan.
    pub scans: Option<(i64, NaiveDateTime)>,
    /// What the public may know, oldest first.
    pub past: Vec<(NaiveDateTime, EventKind)>,
    /// What was mended since its live sale.
    pub mended: Vec<Repaired>,
}

impl Life {
    /// Whether it has a live sale.
    pub fn is_sold(&self) -> bool {
        self.sold_on.is_some()
    }

    /// The day that a fact is about, where that is not the day it was recorded on.
    pub fn day_of(&self, place: usize, kind: EventKind) -> Option<NaiveDate> {
        let is_last = self.past.iter().skip(place + 1).all(|(_, later)| *later != kind);
        match kind {
            EventKind::Sold if is_last => self.sold_on,
            EventKind::WarrantyStarted if is_last => self.warranty.as_ref()?.starts_on,
            _ => None,
        }
    }

    /// When it was first claimed.
    pub fn first_claimed(&self) -> Option<NaiveDateTime> {
        self.past.iter().find(|(_, kind)| *kind == EventKind::Claimed).map(|(at, _)| *at).or(self.held_since)
    }
}

type Row = (
    i64,
    Option<String>,
    Option<i64>,
    Option<NaiveDate>,
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
/// [`Code::NotFound`] when there is no such batch.
pub fn life(db: &mut Db, id: GarmentId) -> Result<Life> {
    let rows: Vec<Row> = each!(db, |c| batch::table
        .left_join(sale::table.on(sale::garment_id.eq(id.0)))
        .left_join(warranty::table.on(warranty::garment_id.eq(id.0).and(warranty::sale_seq.nullable().eq(sale::seq.nullable()))))
        .left_join(holder::table.on(holder::garment_id.eq(id.0).and(holder::status.eq(Live))))
        .left_join(scan_total::table.on(scan_total::garment_id.eq(id.0)))
        .filter(batch::no.eq(id.batch().0))
        // The latest sale, the first of the rows, is the only one that can be live. Asked for by key rather than as the live one, which is a
        // look-up less. No limit: SQLite plans a statement with a bound limit anew each time.
        .order(sale::seq.desc())
        .select((
            batch::sku_id,
            sale::status.nullable(),
            sale::seq.nullable(),
            sale::sold_on.nullable(),
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
    let Some((sku, status, seq, sold_on, policy, covered, starts, ends, reason, held, devices, first_scan)) = rows.into_iter().next()
    else {
        return Err(Code::NotFound.into());
    };
    let status = status.map(|status| SaleStatus::of(&status).ok_or_else(|| Error::broken("a sale's status"))).transpose()?;
    let is_live = status == Some(SaleStatus::Live);
    let facts: Vec<(NaiveDateTime, String)> = each!(db, |c| garment_event::table
        .filter(garment_event::garment_id.eq(id.0))
        .order(garment_event::id)
        .select((garment_event::at, garment_event::kind))
        .load(c))?;
    let warranty = match (seq.filter(|_| is_live), covered.as_deref().map(warranties::Status::of)) {
        (Some(sale_seq), Some(status)) => Some(Warranty {
            garment: id,
            sale_seq,
            policy: policy.map(Id),
            status: status.ok_or_else(|| Error::broken("a warranty's status"))?,
            starts_on: starts,
            ends_on: ends,
            start_basis: String::new(),
            reason: reason.unwrap_or_default(),
            inherited_until: None,
            version: 0,
        }),
        _ => None,
    };
    let mut past = Vec::with_capacity(facts.len());
    for (at, kind) in facts {
        let kind = EventKind::of(&kind).ok_or_else(|| Error::broken(format!("an event of garment {} is “{kind}”", id.0)))?;
        past.extend(Some((at, kind)).filter(|_| kind.is_public()));
    }
    // Read only of what was ever repaired: of all others it would be a look-up for nothing.
    let mended = match seq.filter(|_| is_live && past.iter().any(|(_, kind)| *kind == EventKind::GarmentRepaired)) {
        Some(seq) => rights::repairs_of(db, id, seq)?,
        None => Vec::new(),
    };
    Ok(Life {
        sku: Id(sku),
        is_returned: status == Some(SaleStatus::Ended),
        policy: policy.filter(|_| is_live).map(Id),
        sold_on: sold_on.filter(|_| is_live),
        warranty,
        held_since: held,
        scans: devices.zip(first_scan),
        past,
        mended,
    })
}

/// The versions of what pages are rendered from: the catalogue's and the links'.
pub fn versions(db: &mut Db) -> Result<[i64; 2]> {
    Ok([db.held_version("catalogue")?, db.held_version(links::HELD)?])
}
