//! What a sound sale is. Values in, values out.

use chrono::{Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::choices;
use crate::kernel::money::Money;
use crate::kernel::time::local_date;
use crate::kernel::{Code, Fault, GarmentId, Id, Result, text};
use crate::production::batches::Batch;

/// Days ahead of the brand's date that a sale may be dated: shops east of the brand are in tomorrow already.
const DAYS_AHEAD: u64 = 1;

choices! {
    /// Whether a sale still stands.
    SaleStatus {
        /// The buyer has the garment.
        Live = "live", "已售", "Sold";
        /// It came back.
        Ended = "ended", "已退回", "Returned";
    }
}

/// A sale as somebody reports it, each field read by itself.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct SaleAsk {
    /// The garment: its serial, or the whole address on its label.
    pub serial: String,
    /// The GTIN beside the serial, if the serial is not ours.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Code of the retailer. Callers bound to one may leave it out.
    #[serde(default)]
    pub retailer: Option<String>,
    /// The rest.
    #[serde(flatten)]
    #[schema(inline)]
    pub sound: Sound,
}

/// What a sale says beside whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sound {
    /// The day it was sold.
    pub sold_on: NaiveDate,
    /// The day it was handed over, if that is known.
    #[serde(default)]
    pub delivered_on: Option<NaiveDate>,
    /// The day for which delivery was promised.
    #[serde(default)]
    pub promised_on: Option<NaiveDate>,
    /// The day the buyer confirmed, at this purchase, that it cannot be returned without a reason.
    #[serde(default)]
    pub no_return_confirmed_on: Option<NaiveDate>,
    /// The shop's own number; names no person.
    #[serde(default)]
    pub order_no: String,
    /// What was paid for this garment, tax included.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub price: Option<Money>,
    /// How it was sold: `shop`, `web`, `live_stream`…; as the brand names it.
    #[serde(default)]
    pub channel: String,
    /// Two letters (ISO 3166-1), or empty.
    #[serde(default)]
    pub country: String,
    /// City, or empty.
    #[serde(default)]
    pub city: String,
}

/// A sale to be registered: which garment, by whom, and the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSale {
    /// The garment.
    pub garment: GarmentId,
    /// Who sold it.
    pub retailer: Option<Id>,
    /// Everything else.
    pub sound: Sound,
    /// Where the record comes from: `api`, `desk`, `import`.
    pub source: &'static str,
    /// When another store registered it, UTC, if it was brought from one.
    pub registered_at: Option<NaiveDateTime>,
}

impl NewSale {
    /// Whether it was registered elsewhere before this store had its batch. What holds a batch or makes a unit void stops sales from then on, and
    /// what this store knows of either came with the batch or later.
    pub fn came_with(&self, batch: &Batch) -> bool {
        self.registered_at.is_some_and(|at| at < batch.created_at)
    }
}

/// Reads the moment, UTC, at which a sale was registered: `2026-06-10T04:05:06`.
///
/// # Errors
/// [`Code::NotADate`] for `field`.
pub fn moment(field: &'static str, text: &str) -> Result<NaiveDateTime, Fault> {
    let written = text.trim().trim_end_matches('Z').replace('T', " ");
    NaiveDateTime::parse_from_str(&written, "%Y-%m-%d %H:%M:%S%.f")
        .map_err(|_| Fault::new(field, Code::NotADate).with("value", text.trim()))
}

/// What is wrong with a sale's days by themselves.
pub fn dates(sold_on: NaiveDate, delivered_on: Option<NaiveDate>, today: NaiveDate) -> Vec<Fault> {
    let last = today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today);
    let mut faults = Vec::new();
    let mut not_after_last = |field: &'static str, day: NaiveDate| {
        if day > last {
            faults.push(Fault::new(field, Code::OutOfRange).with("min", "1990-01-01").with("max", last));
        }
    };
    not_after_last("sold_on", sold_on);
    if let Some(delivered) = delivered_on {
        not_after_last("delivered_on", delivered);
        if let Err(fault) = in_order("delivered_on", sold_on, delivered) {
            faults.push(fault);
        }
    }
    faults
}

/// What is wrong with the day on which a buyer confirmed that a garment cannot be returned without a reason: afterwards it binds nobody.
pub fn confirmed(sold_on: NaiveDate, confirmed_on: Option<NaiveDate>) -> Option<Fault> {
    let late = confirmed_on.filter(|day| *day > sold_on)?;
    Some(Fault::new("no_return_confirmed_on", Code::DatesOutOfOrder).with("earlier", late).with("later", sold_on))
}

/// What is wrong with the moment at which another store registered a sale of this day.
pub fn registered(at: NaiveDateTime, sold_on: NaiveDate, now: NaiveDateTime, zone: Tz) -> Vec<Fault> {
    if at > now {
        return vec![Fault::new("registered_at", Code::OutOfRange).with("min", "1990-01-01").with("max", now)];
    }
    dates(sold_on, None, local_date(at, zone))
}

/// That `later` is not before `earlier`.
///
/// # Errors
/// [`Code::DatesOutOfOrder`] for `field`.
pub fn in_order(field: &'static str, earlier: NaiveDate, later: NaiveDate) -> Result<(), Fault> {
    if later < earlier {
        return Err(Fault::new(field, Code::DatesOutOfOrder).with("earlier", earlier).with("later", later));
    }
    Ok(())
}

/// A channel: a code, or nothing.
pub fn channel(field: &'static str, written: &str) -> Result<String, Fault> {
    if written.trim().is_empty() { Ok(String::new()) } else { text::code(field, written) }
}
