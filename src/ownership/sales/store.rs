//! Queries on `sale`.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Serialize;

use super::rules::{NewSale, SaleStatus, dates, in_order};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::money::Money;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Error, Fault, GarmentId, Id, Refusal, Result, parsed};
use crate::ownership::warranties::{self, Facts, Opening};
use crate::ownership::{garments, holders};
use crate::platform::db::schema::sale;
use crate::platform::db::search::{anywhere, lower};
use crate::platform::db::{At, CHUNK_KEYS, Day, Db, chunk_rows, lie_close, planned};
use crate::platform::events::{self, Stamp};
use crate::platform::rooms::{From, ListWindow};
use crate::production::{batches, terms};
use crate::{each, insert_all, text_column};

text_column!(SaleStatus);

/// A sale as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
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
    /// Paid, in minor units.
    pub price_minor: Option<i64>,
    /// Of this currency.
    pub currency: Option<String>,
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
    /// The buyer confirmed at the purchase that it cannot be returned without a reason.
    pub no_return_confirmed_on: Option<NaiveDate>,
    /// What of the price is promised back already, in minor units.
    pub refund_reserved_minor: i64,
    /// The day on which it came back, where it did.
    pub ended_on: Option<NaiveDate>,
}

/// A sale that may be registered, with what follows from it.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The sale.
    pub new: NewSale,
    /// Which of the garment's sales it will be.
    pub seq: i64,
    /// The policy version it is under.
    pub policy: Option<Id>,
    /// Its warranty; None where nothing is promised.
    pub warranty: Option<Opening>,
    /// Whether somebody holds the garment already.
    pub is_held: bool,
}

impl Sale {
    /// What was paid.
    pub fn price(&self) -> Option<Money> {
        Some(Money { minor: self.price_minor?, currency: self.currency.clone()? })
    }

    /// What of the price may still be given back.
    pub fn refundable(&self) -> Option<Money> {
        let price = self.price()?;
        Some(Money { minor: price.minor - self.refund_reserved_minor, ..price })
    }

    /// Whether a report says what this sale says already.
    pub fn says(&self, new: &NewSale) -> bool {
        let sound = &new.sound;
        self.retailer == new.retailer
            && self.sold_on == sound.sold_on
            && self.delivered_on == sound.delivered_on
            && self.promised_on == sound.promised_on
            && self.no_return_confirmed_on == sound.no_return_confirmed_on
            && self.order_no == sound.order_no
            && self.price_minor == sound.price.as_ref().map(|price| price.minor)
            && self.currency.as_ref() == sound.price.as_ref().map(|price| &price.currency)
            && self.channel == sound.channel
            && self.country == sound.country
            && self.city == sound.city
    }
}

/// The sales of a garment, oldest first.
pub fn of_garment(db: &mut Db, garment: GarmentId) -> Result<Vec<Sale>> {
    of_garments(db, &[garment])
}

/// The latest sale of a garment.
pub fn latest(db: &mut Db, garment: GarmentId) -> Result<Option<Sale>> {
    Ok(of_garment(db, garment)?.pop())
}

/// The sales of many garments, by garment, oldest first.
pub fn of_garments(db: &mut Db, garments: &[GarmentId]) -> Result<Vec<Sale>> {
    let mut sales = Vec::new();
    for chunk in garments::in_runs(garments).into_iter().flat_map(|run| run.chunks(CHUNK_KEYS)) {
        let ids: Vec<i64> = chunk.iter().map(|garment| garment.0).collect();
        let found: Vec<Sale> = match lie_close(&ids) {
            Some((first, last)) => {
                let between = sale::table.filter(sale::garment_id.between(first, last)).order((sale::garment_id, sale::seq));
                let mut found: Vec<Sale> = each!(db, |c| between.load(c))?;
                found.retain(|sale| ids.binary_search(&sale.garment.0).is_ok());
                found
            }
            None => each!(db, |c| planned(
                sale::table.filter(sale::garment_id.eq_any(&ids)).order((sale::garment_id, sale::seq)),
                ids.len() == 1
            )
            .load(c))?,
        };
        sales.extend(found);
    }
    Ok(sales)
}

pub(super) fn already_sold() -> Error {
    Refusal { code: Code::AlreadySold, args: Vec::new(), faults: vec![Fault::new("serial", Code::AlreadySold)] }.into()
}

/// The body of the event that a garment is sold.
#[derive(Serialize)]
struct Sold<'a> {
    channel: &'a str,
    retailer: Option<Id>,
    sale: i64,
    sold_on: NaiveDate,
    /// When the store it was brought from registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at: Option<NaiveDateTime>,
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
    for chunk in ready.chunks(chunk_rows(18)) {
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
                    sale::no_return_confirmed_on.eq(sound.no_return_confirmed_on.map(Day)),
                    sale::channel.eq(&sound.channel),
                    sale::retailer_id.eq(new.retailer.map(|id| id.0)),
                    sale::order_no.eq(&sound.order_no),
                    sale::price_minor.eq(sound.price.as_ref().map(|price| price.minor)),
                    sale::currency.eq(sound.price.as_ref().map(|price| &price.currency)),
                    sale::country.eq(&sound.country),
                    sale::city.eq(&sound.city),
                    sale::policy_id.eq(policy.map(|id| id.0)),
                    sale::source.eq(new.source),
                    sale::created_at.eq(At(new.registered_at.unwrap_or(stamp.at))),
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
        let NewSale { garment, retailer, sound, registered_at, .. } = &one.new;
        let sold =
            Sold { channel: &sound.channel, retailer: *retailer, sale: one.seq, sold_on: sound.sold_on, registered_at: *registered_at };
        facts.push((garment.0, sold));
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
        .set((sale::status.eq(SaleStatus::Ended.as_str()), sale::ended_on.eq(returned_on), sale::version.eq(before.version + 1)))
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
        let batch = batches::batch(db, garment.batch())?.ok_or_else(|| Error::broken("a sale of no batch"))?;
        // The terms of the day it was registered, whatever the house says today; of one brought from another store, of the day it came with its batch.
        if let Some(terms) = warranties::terms(db, policy.as_ref(), before.created_at.max(batch.created_at))? {
            let made = batch.finished_on;
            let activated = holders::live(db, garment)?.map(|holder| local_date(holder.claimed_at, zone).max(before.sold_on));
            let facts = Facts { sold: Some(before.sold_on), delivered: Some(delivered_on), activated, made };
            warranties::again(db, stamp, &warranty, &terms, &facts)?;
        }
    }
    latest(db, garment)?.ok_or_else(|| Code::NotSold.into())
}

/// One sale of a garment.
pub fn of_seq(db: &mut Db, garment: GarmentId, seq: i64) -> Result<Option<Sale>> {
    Ok(of_garment(db, garment)?.into_iter().find(|sale| sale.seq == seq))
}

/// Sets aside a part of what was paid, to be given back. One conditional update, so that nothing is promised twice, whoever asks at the same time.
///
/// # Errors
/// [`Code::BeyondPaid`] with what is left; [`Code::NoPrice`] for a sale without a price.
pub fn reserve_refund(db: &mut Db, garment: GarmentId, seq: i64, minor: i64) -> Result<()> {
    let fits = (sale::refund_reserved_minor + minor).nullable().le(sale::price_minor);
    let row = sale::table.filter(sale::garment_id.eq(garment.0).and(sale::seq.eq(seq))).filter(fits);
    let reserved = each!(db, |c| diesel::update(row).set(sale::refund_reserved_minor.eq(sale::refund_reserved_minor + minor)).execute(c))?;
    if reserved == 1 {
        return Ok(());
    }
    let sale = of_seq(db, garment, seq)?.ok_or(Code::NotSold)?;
    let left = sale.refundable().ok_or_else(|| Fault::new("price_paid", Code::NoPrice))?;
    let asked = Money { minor, ..left.clone() };
    let fault =
        Fault::new("amount", Code::BeyondPaid).with("asked", asked.amount()).with("left", left.amount()).with("currency", &left.currency);
    Err(Refusal { code: fault.code, args: fault.args.clone(), faults: vec![fault] }.into())
}

/// Gives back what [`reserve_refund`] had set aside.
///
/// # Errors
/// [`Error::Broken`] when less than that was set aside.
pub fn release_refund(db: &mut Db, garment: GarmentId, seq: i64, minor: i64) -> Result<()> {
    let row = sale::table.filter(sale::garment_id.eq(garment.0).and(sale::seq.eq(seq)).and(sale::refund_reserved_minor.ge(minor)));
    let released = each!(db, |c| diesel::update(row).set(sale::refund_reserved_minor.eq(sale::refund_reserved_minor - minor)).execute(c))?;
    if released == 1 { Ok(()) } else { Err(Error::broken(format!("sale {seq} of garment {}: {minor} was not set aside", garment.0))) }
}

/// Records what was paid for a garment whose sale came without a price.
///
/// # Errors
/// [`Code::Stale`] when it has a price.
pub fn record_price(db: &mut Db, stamp: &Stamp, garment: GarmentId, seq: i64, price: &Money) -> Result<()> {
    let row = sale::table.filter(sale::garment_id.eq(garment.0).and(sale::seq.eq(seq)).and(sale::price_minor.is_null()));
    let recorded = each!(db, |c| diesel::update(row)
        .set((sale::price_minor.eq(price.minor), sale::currency.eq(&price.currency), sale::version.eq(sale::version + 1)))
        .execute(c))?;
    one_changed(recorded)?;
    let body = serde_json::json!({ "sale": seq, "price": price });
    events::append(db, stamp, EventKind::SaleCorrected, Subject::Garment(garment.0), &body)
}

/// Which sales a list shows.
#[derive(Clone, Debug, Default)]
pub(super) struct SaleFilter {
    /// Sold on or after.
    pub from: Option<NaiveDate>,
    /// Sold on or before.
    pub to: Option<NaiveDate>,
    /// Only of this retailer.
    pub retailer: Option<Id>,
    /// Only of this garment.
    pub garment: Option<GarmentId>,
    /// Only with this text in the order's number; empty for all.
    pub text: String,
}

/// A stretch of the sales of a filter, the latest day first.
///
/// # Errors
/// [`Code::Malformed`] for a page token that is none.
pub(super) fn list(db: &mut Db, filter: &SaleFilter, window: &ListWindow) -> Result<Vec<Sale>> {
    let from = window.from.read(read_key)?;
    let mut sales: Vec<Sale> = each!(db, |c| {
        let mut query = sale::table.limit(window.limit).into_boxed();
        if let Some(from) = filter.from {
            query = query.filter(sale::sold_on.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(sale::sold_on.le(to));
        }
        if let Some(retailer) = filter.retailer {
            query = query.filter(sale::retailer_id.eq(retailer));
        }
        if let Some(garment) = filter.garment {
            query = query.filter(sale::garment_id.eq(garment));
        }
        if !filter.text.is_empty() {
            query = query.filter(lower(sale::order_no).like(anywhere(&filter.text)).escape('\\'));
        }
        match from {
            From::Before((day, garment, seq)) => query
                .filter(sale::sold_on.ge(day))
                .filter(sale::sold_on.gt(day).or(sale::garment_id.gt(garment)).or(sale::garment_id.eq(garment).and(sale::seq.gt(seq))))
                .order((sale::sold_on, sale::garment_id, sale::seq))
                .load(c),
            From::Start => query.order((sale::sold_on.desc(), sale::garment_id.desc(), sale::seq.desc())).load(c),
            From::After((day, garment, seq)) => query
                .filter(sale::sold_on.le(day))
                .filter(sale::sold_on.lt(day).or(sale::garment_id.lt(garment)).or(sale::garment_id.eq(garment).and(sale::seq.lt(seq))))
                .order((sale::sold_on.desc(), sale::garment_id.desc(), sale::seq.desc()))
                .load(c),
        }
    })?;
    if matches!(from, From::Before(_)) {
        sales.reverse();
    }
    Ok(sales)
}

/// What the list is ordered by: the day, and the sale.
fn read_key(key: &str) -> Option<(NaiveDate, i64, i64)> {
    let mut parts = key.split('|');
    Some((parsed(parts.next()?)?, parsed(parts.next()?)?, parsed(parts.next()?)?))
}
