//! The screens of the sales.

use std::collections::HashMap;

use askama::Template;

use super::rules::SaleAsk;
use super::view::SaleView;
use crate::kernel::money::{Money, read_amount, read_currency};
use crate::kernel::time::read_date;
use crate::kernel::{Code, Fault, Faults, Result};
use crate::ownership::warranties::WarrantyState;
use crate::platform::http::{Filled, Shell, segment};
use crate::production::batches::SerialOf;
use crate::production::parties::Party;

#[derive(Template)]
#[template(path = "ownership/sales/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub sales: Vec<SaleView>,
    pub from: String,
    pub to: String,
    pub retailer: String,
    pub retailers: Vec<Party>,
    /// A person of one retailer sees only its sales and has nothing to choose.
    pub is_bound: bool,
    pub next: Option<String>,
    pub csv: String,
    /// What was looked for in vain, and why.
    pub sought: (String, String),
}

impl ListPage {
    fn is_filtered(&self) -> bool {
        !(self.from.is_empty() && self.to.is_empty() && self.retailer.is_empty())
    }
}

#[derive(Template)]
#[template(path = "ownership/sales/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub form: Filled,
    pub retailers: Vec<Party>,
    pub is_bound: bool,
    /// The serial that was just registered, for a shop that registers one after another.
    pub done: Option<String>,
}

impl FormPage {
    /// Whether something stands in the fields that are folded away, or is wrong with it.
    fn has_more(&self) -> bool {
        KEPT_OPTIONS.iter().any(|name| !self.form.value(name).is_empty() || self.form.invalid(name))
    }
}

/// Fields that few shops need.
pub(super) const KEPT_OPTIONS: [&str; 4] = ["currency", "channel", "country", "city"];

#[derive(Template)]
#[template(path = "ownership/sales/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub serial: String,
    /// What it is: name, colour, size.
    pub what: String,
    /// Its card, as a buyer sees it.
    pub card: String,
    /// Newest first.
    pub sales: Vec<SaleView>,
    pub form: Filled,
    pub today: String,
}

impl OnePage {
    fn live(&self) -> Option<&SaleView> {
        self.sales.iter().find(|sale| sale.is_live())
    }
}

/// Where a garment's sales are.
pub(super) fn href(serial: &str) -> String {
    format!("/sales/{}", segment(serial))
}

/// Where a garment's card is: the path of its label's address.
pub(super) fn card_of(of: &SerialOf) -> String {
    match &of.gtin {
        Some(gtin) => format!("/01/{gtin}/21/{}", segment(&of.serial)),
        None => format!("/C/{}", segment(&of.serial)),
    }
}

impl SaleView {
    fn href(&self) -> String {
        href(&self.serial)
    }

    fn paid(&self) -> String {
        self.price.as_ref().map_or_else(String::new, |price| format!("{} {}", price.amount(), price.currency))
    }

    fn delivered(&self) -> String {
        self.delivered_on.map_or_else(String::new, |day| day.to_string())
    }

    fn badge(&self) -> &'static str {
        match self.warranty {
            WarrantyState::Running { .. } => "good",
            WarrantyState::Waiting { .. } => "warn",
            WarrantyState::Void { .. } => "bad",
            WarrantyState::None | WarrantyState::Ended { .. } => "",
        }
    }

    fn coverage(&self, shell: &Shell) -> String {
        self.warranty.say(shell.t)
    }
}

/// The rows of the list as a file: the columns of the import, so that what is taken away can be read in again, and how the sale stands.
pub(super) fn cells(sale: &SaleView) -> Vec<String> {
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    vec![
        sale.serial.clone(),
        sale.gtin.clone().unwrap_or_default(),
        sale.retailer.clone().unwrap_or_default(),
        sale.sold_on.to_string(),
        day(sale.delivered_on),
        sale.order_no.clone(),
        sale.price.as_ref().map_or_else(String::new, Money::amount),
        sale.price.as_ref().map_or_else(String::new, |price| price.currency.clone()),
        sale.channel.clone(),
        sale.country.clone(),
        sale.city.clone(),
        sale.status.as_str().to_owned(),
    ]
}

/// What the form says, read.
pub(super) fn ask_of(values: &HashMap<String, String>) -> Result<SaleAsk> {
    let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let mut faults = Faults::default();
    if text("serial").is_empty() {
        faults.note(Fault::new("serial", Code::Missing));
    }
    let sold_on = faults.keep(if text("sold_on").is_empty() {
        Err(Fault::new("sold_on", Code::Missing))
    } else {
        read_date("sold_on", &text("sold_on")).map(Some)
    });
    let delivered_on = faults.keep(some("delivered_on").map(|day| read_date("delivered_on", &day)).transpose());
    let currency = faults.keep(read_currency("currency", &some("currency").unwrap_or_else(|| "CNY".to_owned())));
    let price = faults.keep(some("price").map(|price| read_amount("price", &price, &currency)).transpose());
    let ask = SaleAsk {
        serial: text("serial"),
        gtin: None,
        retailer: some("retailer"),
        sold_on: sold_on.unwrap_or_default(),
        delivered_on,
        promised_on: None,
        order_no: text("order_no"),
        price: price.map(|minor| Money { minor, currency }),
        channel: text("channel"),
        country: text("country"),
        city: text("city"),
    };
    faults.unless_any(ask)
}
