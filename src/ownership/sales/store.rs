//! Queries on `sale`.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Serialize;

use super::examine::{Ready, examine};
use super::rules::{NewSale, SaleStatus, dates, in_order};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::Money;
use crate::kernel::paging::{Page, PageAsk};
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result};
use crate::ownership::warranties::{self, Facts};
use crate::ownership::{garments, holders};
use crate::platform::db::schema::sale;
use crate::platform::db::{At, Day, Db, chunk_rows, lie_close, planned};
use crate::platform::events::{self, Stamp};
use crate::production::{batches, terms};
use crate::{each, insert_all};

/// A sale as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The garment.
    pub garment: GarmentId,
    /// Which of its sales, from 1.
    pub seq: i64,
    /// Whether it stands.
    pub status: SaleStatus,
    /// Sold.
    pub sold_on: NaiveDate,
    /// Handed over.
    pub delivered_on: Option<NaiveDate>,
    /// Delivery promised.
    pub promised_on: Option<NaiveDate>,
    /// How.
    pub channel: String,
    /// Who sold it.
    pub retailer: Option<Id>,
    /// The shop's number.
    pub order_no: String,
    /// Paid.
    pub price: Option<Money>,
    /// Where.
    pub country: String,
    /// Where.
    pub city: String,
    /// The warranty policy version.
    pub policy: Option<Id>,
    /// Where the record comes from.
    pub source: String,
    /// When it was registered, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

#[derive(Queryable)]
struct Row {
    garment_id: i64,
    seq: i64,
    status: String,
    sold_on: NaiveDate,
    delivered_on: Option<NaiveDate>,
    promised_on: Option<NaiveDate>,
    channel: String,
    retailer_id: Option<i64>,
    order_no: String,
    price_minor: Option<i64>,
    currency: Option<String>,
    country: String,
    city: String,
    policy_id: Option<i64>,
    source: String,
    created_at: NaiveDateTime,
    version: i64,
}

impl TryFrom<Row> for Sale {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let status =
            SaleStatus::of(&row.status).ok_or_else(|| Error::broken(format!("sale of {} has status {}", row.garment_id, row.status)))?;
        Ok(Self {
            garment: GarmentId(row.garment_id),
            seq: row.seq,
            status,
            sold_on: row.sold_on,
            delivered_on: row.delivered_on,
            promised_on: row.promised_on,
            channel: row.channel,
            retailer: row.retailer_id.map(Id),
            order_no: row.order_no,
            price: row.price_minor.zip(row.currency).map(|(minor, currency)| Money { minor, currency }),
            country: row.country,
            city: row.city,
            policy: row.policy_id.map(Id),
            source: row.source,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

impl Sale {
    /// Whether a report says what this sale says already.
    pub fn says(&self, new: &NewSale) -> bool {
        let sound = &new.sound;
        self.retailer == new.retailer
            && self.sold_on == sound.sold_on
            && self.delivered_on == sound.delivered_on
            && self.promised_on == sound.promised_on
            && self.order_no == sound.order_no
            && self.price == sound.price
            && self.channel == sound.channel
            && self.country == sound.country
            && self.city == sound.city
    }
}

/// The sales of a garment, oldest first.
///
/// # Errors
/// When the store does.
pub fn of_garment(db: &mut Db, garment: GarmentId) -> Result<Vec<Sale>> {
    of_garments(db, &[garment])
}

/// The latest sale of a garment.
///
/// # Errors
/// When the store does.
pub fn latest(db: &mut Db, garment: GarmentId) -> Result<Option<Sale>> {
    Ok(of_garment(db, garment)?.pop())
}

/// The sales of many garments, by garment, oldest first.
///
/// # Errors
/// When the store does.
pub fn of_garments(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<Sale>> {
    let mut sales = Vec::new();
    for chunk in garments::in_runs(garments).into_iter().flat_map(|run| run.chunks(chunk_rows(1))) {
        let ids: Vec<i64> = chunk.iter().map(|garment| garment.0).collect();
        let rows: Vec<Row> = match lie_close(&ids) {
            Some((first, last)) => {
                let between = sale::table.filter(sale::garment_id.between(first, last)).order((sale::garment_id, sale::seq));
                let mut rows: Vec<Row> = each!(db, |c| between.load(c))?;
                rows.retain(|row| ids.binary_search(&row.garment_id).is_ok());
                rows
            }
            None => each!(db, |c| planned(
                sale::table.filter(sale::garment_id.eq_any(&ids)).order((sale::garment_id, sale::seq)),
                ids.len() == 1
            )
            .load(c))?,
        };
        for row in rows {
            sales.push(row.try_into()?);
        }
    }
    Ok(sales)
}

/// Registers a sale, with the garment's row, its warranty, the counts and the events.
///
/// # Errors
/// [`Code::SerialUnknown`] for a garment that was not issued or is void; [`Code::WrongState`] when its batch is on hold;
/// [`Code::AlreadySold`]; [`Code::DatesOutOfOrder`] against its making or its former sale.
pub fn register(db: &mut Db, stamp: &Stamp, zone: Tz, new: &NewSale) -> Result<Sale> {
    let faults = dates(new.sound.sold_on, new.sound.delivered_on, local_date(stamp.at, zone));
    Refusal::unless_empty(faults)?;
    let examined = examine(db, stamp, zone, std::slice::from_ref(new))?;
    if let Some((_, refusal)) = examined.refused.into_iter().next() {
        return Err(refusal.into());
    }
    if examined.ready.is_empty() {
        // The very same sale, reported again: whoever repeats a request uses its key.
        return Err(already_sold());
    }
    register_examined(db, stamp, &examined.ready)?;
    latest(db, new.garment)?.ok_or_else(|| Error::broken("a sale that was just registered is not there"))
}

fn already_sold() -> Error {
    Refusal { code: Code::AlreadySold, args: Vec::new(), faults: vec![Fault::new("serial", Code::AlreadySold)] }.into()
}

/// The body of the event that a garment is sold.
#[derive(Serialize)]
struct Sold<'a> {
    channel: &'a str,
    retailer: Option<Id>,
    sale: i64,
    sold_on: NaiveDate,
}

/// Registers sales that [`examine`] found ready in the same write.
///
/// # Errors
/// [`Code::AlreadySold`] when another write sold one of them in between.
pub fn register_examined(db: &mut Db, stamp: &Stamp, ready: &[Ready]) -> Result<()> {
    let all: Vec<GarmentId> = ready.iter().map(|one| one.new.garment).collect();
    garments::touch(db, &all, stamp.at)?;
    let again: Vec<GarmentId> = ready.iter().filter(|one| one.seq > 1).map(|one| one.new.garment).collect();
    garments::set_status(db, &again, garments::Status::Live)?;
    for chunk in ready.chunks(chunk_rows(17)) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|Ready { new, seq, policy, .. }| {
                let sound = &new.sound;
                (
                    sale::garment_id.eq(new.garment.0),
                    sale::seq.eq(seq),
                    sale::status.eq(SaleStatus::Live.as_str()),
                    sale::sold_on.eq(Day(sound.sold_on)),
                    sale::delivered_on.eq(sound.delivered_on.map(Day)),
                    sale::promised_on.eq(sound.promised_on.map(Day)),
                    sale::channel.eq(&sound.channel),
                    sale::retailer_id.eq(new.retailer.map(|id| id.0)),
                    sale::order_no.eq(&sound.order_no),
                    sale::price_minor.eq(sound.price.as_ref().map(|price| price.minor)),
                    sale::currency.eq(sound.price.as_ref().map(|price| &price.currency)),
                    sale::country.eq(&sound.country),
                    sale::city.eq(&sound.city),
                    sale::policy_id.eq(policy.map(|id| id.0)),
                    sale::source.eq(new.source),
                    sale::created_at.eq(At(stamp.at)),
                    sale::version.eq(1),
                )
            })
            .collect();
        insert_all!(db, sale::table, &rows).map_err(|error| match Error::from(error) {
            error if error.code() == Code::Duplicate => already_sold(),
            error => error,
        })?;
    }
    let openings: Vec<_> = ready.iter().filter_map(|one| one.warranty).collect();
    let mut tally = garments::Tally::default();
    let mut facts = Vec::with_capacity(ready.len());
    for one in ready {
        tally.sold(one.new.garment, one.new.retailer, 1);
        if one.is_held {
            // Claimed before the sale was reported: counted under nobody until now.
            tally.claimed(one.new.garment, None, -1);
            tally.claimed(one.new.garment, one.new.retailer, 1);
        }
        let sound = &one.new.sound;
        facts
            .push((one.new.garment.0, Sold { channel: &sound.channel, retailer: one.new.retailer, sale: one.seq, sold_on: sound.sold_on }));
    }
    events::append_garments(db, stamp, EventKind::Sold, &facts)?;
    warranties::open(db, stamp, &openings)?;
    garments::tally(db, &tally)
}

fn live(db: &mut Db, garment: GarmentId) -> Result<Sale> {
    latest(db, garment)?.filter(|sale| sale.status == SaleStatus::Live).ok_or_else(|| Code::NotSold.into())
}

/// Ends the garment's live sale because it came back: its warranty and its holding end with it, and it may be sold again.
///
/// # Errors
/// [`Code::NotSold`]; [`Code::DatesOutOfOrder`] or [`Code::OutOfRange`] for `returned_on`.
pub fn end_sale(db: &mut Db, stamp: &Stamp, zone: Tz, garment: GarmentId, returned_on: NaiveDate) -> Result<Sale> {
    let before = live(db, garment)?;
    in_order("returned_on", before.sold_on, returned_on)?;
    let today = local_date(stamp.at, zone);
    if !dates(returned_on, None, today).is_empty() {
        return Err(Fault::new("returned_on", Code::OutOfRange).with("min", before.sold_on).with("max", today).into());
    }
    holders::end_for_return(db, stamp, garment)?;
    let ended = each!(db, |c| diesel::update(row_of(&before))
        .set((sale::status.eq(SaleStatus::Ended.as_str()), sale::version.eq(before.version + 1)))
        .execute(c))?;
    one_changed(ended)?;
    warranties::end(db, garment, before.seq, returned_on, "returned")?;
    garments::set_status(db, &[garment], garments::Status::Returned)?;
    let mut tally = garments::Tally::default();
    tally.sold(garment, before.retailer, -1);
    garments::tally(db, &tally)?;
    let body = serde_json::json!({ "sale": before.seq, "returned_on": returned_on });
    events::append(db, stamp, EventKind::Returned, Subject::Garment(garment.0), &body)?;
    latest(db, garment)?.ok_or_else(|| Code::NotSold.into())
}

/// The row of a sale as it was read.
#[diesel::dsl::auto_type(no_type_alias)]
fn row_of(before: &Sale) -> _ {
    let (garment, seq, version): (i64, i64, i64) = (before.garment.0, before.seq, before.version);
    sale::table.filter(sale::garment_id.eq(garment).and(sale::seq.eq(seq)).and(sale::version.eq(version)))
}

fn one_changed(rows: usize) -> Result<()> {
    if rows == 0 { Err(Code::Stale.into()) } else { Ok(()) }
}

/// Notes the day the garment was handed over, and works out its warranty anew by its start rules.
///
/// # Errors
/// [`Code::NotSold`]; [`Code::DatesOutOfOrder`] or [`Code::OutOfRange`] for `delivered_on`.
pub fn deliver(db: &mut Db, stamp: &Stamp, zone: Tz, garment: GarmentId, delivered_on: NaiveDate) -> Result<Sale> {
    let before = live(db, garment)?;
    Refusal::unless_empty(
        dates(before.sold_on, Some(delivered_on), local_date(stamp.at, zone))
            .into_iter()
            .filter(|fault| fault.field != "sold_on")
            .collect(),
    )?;
    if before.delivered_on == Some(delivered_on) {
        return Ok(before);
    }
    let changed = each!(db, |c| diesel::update(row_of(&before))
        .set((sale::delivered_on.eq(delivered_on), sale::version.eq(before.version + 1)))
        .execute(c))?;
    one_changed(changed)?;
    let body = serde_json::json!({ "sale": before.seq, "delivered_on": delivered_on });
    events::append(db, stamp, EventKind::Delivered, Subject::Garment(garment.0), &body)?;
    if let Some(warranty) = warranties::of_sale(db, garment, before.seq)? {
        let policy = before.policy.map_or(Ok(None), |id| terms::policy(db, id))?;
        // The terms of the day it was registered, whatever the house says today.
        if let Some(terms) = warranties::terms(db, policy.as_ref(), before.created_at)? {
            let made = batches::batch(db, garment.batch())?.and_then(|batch| batch.finished_on);
            let activated = holders::live(db, garment)?.map(|holder| local_date(holder.claimed_at, zone).max(before.sold_on));
            let facts = Facts { sold: Some(before.sold_on), delivered: Some(delivered_on), activated, made };
            warranties::again(db, stamp, &warranty, &terms, &facts)?;
        }
    }
    latest(db, garment)?.ok_or_else(|| Code::NotSold.into())
}

/// Which sales a list shows.
#[derive(Clone, Debug, Default)]
pub struct SaleFilter {
    /// Sold on or after.
    pub from: Option<NaiveDate>,
    /// Sold on or before.
    pub to: Option<NaiveDate>,
    /// Only of this retailer.
    pub retailer: Option<Id>,
}

/// A page of sales, the latest day first.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none; when the store does.
pub fn list(db: &mut Db, filter: &SaleFilter, ask: &PageAsk) -> Result<Page<Sale>> {
    let after = ask.key()?.map(|key| read_key(&key)).transpose()?;
    let rows: Vec<Row> = each!(db, |c| {
        let mut query =
            sale::table.order((sale::sold_on.desc(), sale::garment_id.desc(), sale::seq.desc())).limit(ask.limit() + 1).into_boxed();
        if let Some(from) = filter.from {
            query = query.filter(sale::sold_on.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(sale::sold_on.le(to));
        }
        if let Some(retailer) = filter.retailer {
            query = query.filter(sale::retailer_id.eq(retailer.0));
        }
        if let Some((day, garment, seq)) = after {
            query = query
                .filter(sale::sold_on.le(day))
                .filter(sale::sold_on.lt(day).or(sale::garment_id.lt(garment)).or(sale::garment_id.eq(garment).and(sale::seq.lt(seq))));
        }
        query.load(c)
    })?;
    let sales = rows.into_iter().map(Sale::try_from).collect::<Result<Vec<_>>>()?;
    Ok(Page::new(sales, ask.limit(), |sale| format!("{}|{}|{}", sale.sold_on, sale.garment.0, sale.seq)))
}

fn read_key(key: &str) -> Result<(NaiveDate, i64, i64)> {
    let mut parts = key.split('|');
    let mut next = || parts.next().unwrap_or_default();
    let read = (|| Some((next().parse().ok()?, next().parse().ok()?, next().parse().ok()?)))();
    read.ok_or_else(|| Fault::new("after", Code::Malformed).with("reason", "page-token").into())
}
