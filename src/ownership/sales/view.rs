//! A sale as programs and people see it: garment by serial, retailer by code, with how its warranty stands.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::rules::SaleStatus;
use super::store::Sale;
use crate::kernel::money::Money;
use crate::kernel::serial::Keyring;
use crate::kernel::{BatchNo, Error, GarmentId, Id, Result};
use crate::ownership::warranties::{self, WarrantyState};
use crate::platform::db::Db;
use crate::production::batches::{self, Origin};
use crate::production::parties;

/// A sale.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SaleView {
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
    /// Whether the buyer has the garment.
    pub fn is_live(&self) -> bool {
        self.status == SaleStatus::Live
    }
}

/// Sales as they are seen, in the same order; each batch, retailer and warranty is read once.
///
/// # Errors
/// When the store does.
pub fn views(db: &mut Db, keys: &Keyring, today: NaiveDate, sales: Vec<Sale>) -> Result<Vec<SaleView>> {
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
            let of = match batch.origin {
                Origin::Own => Some(batches::own_serial(keys, batch, sale.garment)?),
                Origin::Foreign => batches::serial_of(db, keys, sale.garment)?,
            };
            let of = of.ok_or_else(|| Error::broken("a sold garment without a serial"))?;
            let warranty = warranties.get(&(sale.garment, sale.seq)).map_or(Ok(WarrantyState::None), |one| one.state(db, today))?;
            Ok(SaleView {
                serial: of.serial,
                gtin: of.gtin,
                seq: sale.seq,
                status: sale.status,
                sold_on: sale.sold_on,
                delivered_on: sale.delivered_on,
                promised_on: sale.promised_on,
                channel: sale.channel,
                retailer: sale.retailer.and_then(|id| retailers.get(&id).cloned()),
                order_no: sale.order_no,
                price: sale.price,
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
