//! What a sound sale is. Values in, values out.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::kernel::money::{self, Money};
use crate::kernel::{Code, Fault, GarmentId, Id, Refusal, Result, countries, text};

/// Days ahead of the brand's date that a sale may be dated: shops east of the brand are in tomorrow already.
const DAYS_AHEAD: u64 = 1;

/// Whether a sale still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaleStatus {
    /// The buyer has the garment.
    Live,
    /// It came back.
    Ended,
}

impl SaleStatus {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            SaleStatus::Live => "live",
            SaleStatus::Ended => "ended",
        }
    }

    /// The status of a stored text.
    pub fn of(text: &str) -> Option<Self> {
        [SaleStatus::Live, SaleStatus::Ended].into_iter().find(|status| status.as_str() == text)
    }
}

/// A sale as somebody reports it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleAsk {
    /// The garment: its serial, or the whole address on its label.
    pub serial: String,
    /// The GTIN beside the serial, if the serial is not ours.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Code of the retailer. Callers bound to one may leave it out.
    #[serde(default)]
    pub retailer: Option<String>,
    /// The day it was sold.
    pub sold_on: NaiveDate,
    /// The day it was handed over, if that is known.
    #[serde(default)]
    pub delivered_on: Option<NaiveDate>,
    /// The day for which delivery was promised.
    #[serde(default)]
    pub promised_on: Option<NaiveDate>,
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

/// The part of a sale that needs nothing but itself to be sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sound {
    /// Sold.
    pub sold_on: NaiveDate,
    /// Handed over.
    pub delivered_on: Option<NaiveDate>,
    /// Delivery promised.
    pub promised_on: Option<NaiveDate>,
    /// The shop's number.
    pub order_no: String,
    /// Paid.
    pub price: Option<Money>,
    /// How.
    pub channel: String,
    /// Where.
    pub country: String,
    /// Where.
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
}

/// Checks what needs neither store nor garment. `today` is the brand's date.
///
/// # Errors
/// Every fault, by field.
pub fn check(ask: &SaleAsk, today: NaiveDate) -> Result<Sound> {
    let mut faults = dates(ask.sold_on, ask.delivered_on, today);
    let mut keep = |read: Result<String, Fault>| {
        read.unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        })
    };
    let order_no = keep(text::optional_line("order_no", &ask.order_no, 60));
    let channel = keep(channel("channel", &ask.channel));
    let country = keep(countries::read("country", &ask.country));
    let city = keep(text::optional_line("city", &ask.city, 60));
    let price = ask
        .price
        .as_ref()
        .map(|price| Money { minor: price.minor, currency: keep(money::read_currency("price.currency", &price.currency)) });
    if let Some(price) = price.as_ref().filter(|price| price.minor < 0) {
        faults.push(Fault::new("price.minor", Code::BelowZero).with("value", price.minor));
    }
    Refusal::unless_empty(faults)?;
    Ok(Sound {
        sold_on: ask.sold_on,
        delivered_on: ask.delivered_on,
        promised_on: ask.promised_on,
        order_no,
        price,
        channel,
        country,
        city,
    })
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
///
/// # Errors
/// As [`text::code`], for `field`.
pub fn channel(field: &'static str, written: &str) -> Result<String, Fault> {
    if written.trim().is_empty() { Ok(String::new()) } else { text::code(field, written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn ask(json: serde_json::Value) -> SaleAsk {
        serde_json::from_value(json).unwrap()
    }

    fn faults(json: serde_json::Value) -> Vec<(String, Code)> {
        match check(&ask(json), day("2026-06-15")) {
            Ok(_) => Vec::new(),
            Err(crate::kernel::Error::Refused(refusal)) => {
                refusal.faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code)).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn days_are_in_order_and_not_ahead() {
        assert!(faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-16"})).is_empty());
        assert_eq!(faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-17"})), [("sold_on".to_owned(), Code::OutOfRange)]);
        assert_eq!(
            faults(serde_json::json!({"serial": "x", "sold_on": "2026-06-10", "delivered_on": "2026-06-09"})),
            [("delivered_on".to_owned(), Code::DatesOutOfOrder)]
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = serde_json::json!({
            "serial": "x", "sold_on": "2026-06-10", "order_no": "a\u{1}", "channel": "two words", "country": "QQ", "city": "x".repeat(61),
            "price": {"minor": -1, "currency": "RMB¥"},
        });
        let fields: Vec<_> = faults(wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["order_no", "channel", "country", "city", "price.currency", "price.minor"]);
        let unknown = serde_json::from_value::<SaleAsk>(serde_json::json!({"serial": "x", "sold_on": "2026-06-10", "buyer": "王"}));
        assert!(unknown.unwrap_err().to_string().contains("buyer"));
    }

    #[test]
    fn a_sound_sale_is_kept_as_sent() {
        let sound = check(
            &ask(serde_json::json!({
                "serial": "x", "sold_on": "2026-06-10", "order_no": " A-1 ", "channel": "web", "country": "China", "city": "杭州",
                "price": {"minor": 19900, "currency": "rmb"},
            })),
            day("2026-06-15"),
        )
        .unwrap();
        assert_eq!((sound.order_no.as_str(), sound.country.as_str()), ("A-1", "CN"));
        assert_eq!(sound.price, Some(Money { minor: 19_900, currency: "CNY".into() }));
    }
}
