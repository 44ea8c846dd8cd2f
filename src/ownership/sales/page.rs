//! The screen of a garment's sales.

use askama::Template;

use super::view::SaleView;
use crate::platform::http::{FormState, Layout};

#[derive(Template)]
#[template(path = "ownership/sales/one.html")]
pub(super) struct OnePage {
    pub layout: Layout,
    pub serial: String,
    /// What it is: name, colour, size.
    pub what: String,
    /// Its card, as a buyer sees it.
    pub card: String,
    /// Newest first.
    pub sales: Vec<SaleView>,
    pub form: FormState,
    pub today: String,
}

impl OnePage {
    fn live(&self) -> Option<&SaleView> {
        self.sales.iter().find(|sale| sale.is_live())
    }
}

impl SaleView {
    fn paid(&self) -> String {
        self.price.as_ref().map_or_else(String::new, |price| format!("{} {}", price.amount(), price.currency))
    }

    fn delivered(&self) -> String {
        self.delivered_on.map_or_else(String::new, |day| day.to_string())
    }

    fn coverage(&self, layout: &Layout) -> String {
        self.warranty.say(layout.t)
    }
}
