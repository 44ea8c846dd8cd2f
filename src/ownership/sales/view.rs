//! A sale as programs and people see it: garment by serial, retailer by code, with how its warranty stands.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::rules::SaleStatus;
use super::store::{self, Sale, SaleFilter};
use super::{FILTERS, LISTED};
use crate::kernel::money::Money;
use crate::kernel::serial::Keyring;
use crate::kernel::text::Lang;
use crate::kernel::{BatchNo, Code, Error, GarmentId, Id, Result};
use crate::ownership::warranties::{self, WarrantyState};
use crate::platform::db::Db;
use crate::platform::http::perm::{Permission, SalesRead};
use crate::platform::http::segment;
use crate::platform::rooms::{Field, Fields, ListQuery, ListWindow, Listing, Offered, Sees};
use crate::production::batches;
use crate::production::parties::{self, Party, Role};
use crate::production::serials::{self, Scanned};

/// A sale.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SaleView {
    /// The garment.
    #[serde(skip)]
    garment: GarmentId,
    /// The garment's serial.
    pub serial: String,
    /// The GTIN it stands beside; absent for a sku without.
    pub gtin: Option<String>,
    /// Which of the garment's sales, from 1.
    pub seq: i64,
    /// Whether it stands.
    pub status: SaleStatus,
    /// Sold.
    pub sold_on: NaiveDate,
    /// Handed over.
    pub delivered_on: Option<NaiveDate>,
    /// Delivery promised.
    pub promised_on: Option<NaiveDate>,
    /// The buyer confirmed at the purchase that it cannot be returned without a reason.
    pub no_return_confirmed_on: Option<NaiveDate>,
    /// How it was sold.
    pub channel: String,
    /// Code of the retailer.
    pub retailer: Option<String>,
    /// The shop's own number.
    pub order_no: String,
    /// What was paid.
    #[schema(value_type = Option<Object>)]
    pub price: Option<Money>,
    /// Country.
    pub country: String,
    /// City.
    pub city: String,
    /// Where the record comes from.
    pub source: String,
    /// How its warranty stands today.
    pub warranty: WarrantyState,
    /// When it was registered, UTC.
    pub created_at: NaiveDateTime,
    /// Grows with every change.
    pub version: i64,
}

impl SaleView {
    /// Where its garment's sales are.
    pub fn href(&self) -> String {
        format!("/sales/{}", segment(&self.serial))
    }

    /// Whether the buyer has the garment.
    pub fn is_live(&self) -> bool {
        self.status == SaleStatus::Live
    }
}

/// Sales as they are seen, in the same order; each batch, retailer and warranty is read once.
pub(super) fn views(db: &mut Db, keys: &Keyring, today: NaiveDate, sales: Vec<Sale>) -> Result<Vec<SaleView>> {
    let garments: Vec<GarmentId> = sales.iter().map(|sale| sale.garment).collect();
    let mut numbers: Vec<BatchNo> = garments.iter().map(|garment| garment.batch()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let batches: HashMap<_, _> = batches::batches(db, &numbers)?.into_iter().map(|batch| (batch.no, batch)).collect();
    let mut retailers: Vec<Id> = sales.iter().filter_map(|sale| sale.retailer).collect();
    retailers.sort_unstable();
    retailers.dedup();
    let retailers: HashMap<Id, String> = parties::by_ids(db, &retailers)?.into_iter().map(|party| (party.id, party.code)).collect();
    let warranties = warranties::of_garments(db, &garments)?;
    sales
        .into_iter()
        .map(|sale| {
            let batch = batches.get(&sale.garment.batch()).ok_or_else(|| Error::broken("a sale of no batch"))?;
            let of = serials::serial_in(db, keys, batch, sale.garment)?;
            let of = of.ok_or_else(|| Error::broken("a sold garment without a serial"))?;
            let warranty = warranties.get(&(sale.garment, sale.seq)).map_or(Ok(WarrantyState::None), |one| one.state(db, today))?;
            let price = sale.price();
            Ok(SaleView {
                garment: sale.garment,
                serial: of.serial,
                gtin: of.gtin,
                seq: sale.seq,
                status: sale.status,
                sold_on: sale.sold_on,
                delivered_on: sale.delivered_on,
                promised_on: sale.promised_on,
                no_return_confirmed_on: sale.no_return_confirmed_on,
                channel: sale.channel,
                retailer: sale.retailer.and_then(|id| retailers.get(&id).cloned()),
                order_no: sale.order_no,
                price,
                country: sale.country,
                city: sale.city,
                source: sale.source,
                warranty,
                created_at: sale.created_at,
                version: sale.version,
            })
        })
        .collect()
}

/// A sale as it is seen.
pub(super) fn view_of(db: &mut Db, keys: &Keyring, today: NaiveDate, sale: Sale) -> Result<SaleView> {
    views(db, keys, today, vec![sale])?.pop().ok_or_else(|| Code::NotFound.into())
}

/// The filter of a list, within what the asker may see. None when it names a retailer they may not know of.
fn filter_of(db: &mut Db, query: &ListQuery, sees: Sees) -> Result<Option<SaleFilter>> {
    let retailer = match query.filter("retailer") {
        None => sees.party(),
        Some(code) => match parties::by_code(db, code)?.filter(|party| sees.is_of(party.id)) {
            Some(party) => Some(party.id),
            None => return Ok(None),
        },
    };
    // A serial is a garment, anything else a part of an order's number.
    let garment = match Scanned::read("q", &query.q, None) {
        Ok(scanned) if scanned.looks_like_a_serial() => {
            serials::find(db, &query.app().keys.serials, &scanned).or_else(|error| match error {
                Error::Refused(_) => Ok(None),
                error => Err(error),
            })?
        }
        _ => None,
    };
    let text = if garment.is_some() { String::new() } else { query.q.clone() };
    Ok(Some(SaleFilter { from: query.day("from"), to: query.day("to"), retailer, garment, text }))
}

impl Listing for SaleView {
    const FIELDS: &'static Fields = &LISTED;
    const API: &'static str = "sales";
    const SCHEMA: &'static str = "SaleView";
    const FILTERS: &'static [Field] = FILTERS;
    const ACTS_OF_BOUND: bool = true;
    type Read = SalesRead;

    fn key(&self) -> String {
        format!("{}|{}|{}", self.sold_on, self.garment.0, self.seq)
    }

    fn href(&self) -> String {
        self.href()
    }

    /// A file takes no sale back, and so brings none that was.
    fn comes_back(&self) -> bool {
        self.is_live()
    }

    fn acts() -> Vec<(&'static str, String, Permission)> {
        vec![
            ("sales-new", "/sales/new".to_owned(), Permission::SalesEdit),
            ("sales-import", "/imports?table=sales".to_owned(), Permission::SalesEdit),
        ]
    }

    fn list(db: &mut Db, query: &ListQuery, sees: Sees, window: &ListWindow) -> Result<Vec<Self>> {
        let Some(filter) = filter_of(db, query, sees)? else { return Ok(Vec::new()) };
        let sales = store::list(db, &filter, window)?;
        let app = query.app();
        views(db, &app.keys.serials, app.today(), sales)
    }

    fn offered(db: &mut Db, filter: &str, sees: Sees, lang: Lang) -> Result<Option<Vec<Offered>>> {
        if filter == "retailer" { retailers(db, sees, lang, |_| true) } else { Ok(Some(Vec::new())) }
    }
}

/// The retailers to choose from; None for somebody who is bound to one.
pub(super) fn retailers(db: &mut Db, sees: Sees, lang: Lang, is_offered: fn(&Party) -> bool) -> Result<Option<Vec<Offered>>> {
    if sees != Sees::ALL {
        return Ok(None);
    }
    let named = |party: Party| (party.code.clone().into(), format!("{} ({})", party.name(lang), party.code).into());
    Ok(Some(parties::with_role(db, Role::Retailer)?.into_iter().filter(is_offered).map(named).collect()))
}
