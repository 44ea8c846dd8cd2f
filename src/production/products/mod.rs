//! Products: styles, their skus, the GTINs of both past and present, and the warranty policies that go with them.
//!
//! - A **style** is a design; its facts ([`StyleFacts`]) are what labels, the card and the passport say.
//! - A **sku** is a style in one colour and size. It is named by its own code and, once the brand has one for it, by a GTIN-14. A GTIN that
//!   is replaced stays as an alias of the sku: a label printed with it never dies.
//! - A **warranty policy** is never changed: a new version takes its place from a day on, and a garment keeps the one that held at its sale.

mod facts;
mod rules;
mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parties::{Maker, Status};
use crate::kernel::Id;
use crate::kernel::text::{Both, Lang};

pub use facts::{
    AgeGroup, Certificate, Component, Faq, Fibre, NoReasonReturn, Point, SafetyClass, SizeChart, Stages, StyleFacts, WHOLE, percent,
};
pub use rules::{LabelItem, label_items, missing_items};
pub use store::{
    old_gtins, policies, policy, policy_at, product, sku, sku_by_code, sku_by_gtin, skus_by_codes, skus_of, style, style_by_code, styles,
    styles_by_ids,
};

/// A design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    /// Its id.
    pub id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// The brand on the label.
    pub brand: String,
    /// Its name, for staff; for the public see [`Style::public_name`].
    pub name: Both,
    /// What kind of garment it is: shirt, trousers …
    pub category: String,
    /// Whether the public must not learn its name, as with uniforms of a customer.
    pub confidential: bool,
    /// The party named on the label as manufacturer.
    pub manufacturer_id: Option<Id>,
    /// The warranty policy's code; empty where the house's default holds.
    pub policy_code: String,
    /// What is known of it.
    pub facts: StyleFacts,
    /// Whether it is in use.
    pub status: Status,
    /// Grows with every change.
    pub version: i64,
}

impl Style {
    /// What the public calls it: the neutral title where the style is confidential.
    pub fn public_name(&self, lang: Lang) -> &str {
        if !self.confidential {
            return self.name.get(lang);
        }
        match self.facts.public_name.get(lang) {
            "" => lang.of("服装", "Garment"),
            name => name,
        }
    }
}

/// A style in one colour and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    /// Its id.
    pub id: Id,
    /// Its style.
    pub style_id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// Its present GTIN, 14 digits.
    pub gtin: Option<String>,
    /// Its colour.
    pub colour: Both,
    /// Its size as the size chart names it: `M`.
    pub size: String,
    /// The size as the label must say it (号型): `170/88A`.
    pub size_label: String,
    /// Grows with every change.
    pub version: i64,
}

/// From which day a warranty runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartRule {
    /// The day it was handed over.
    Delivered,
    /// The day it was sold.
    Sold,
    /// The day its holder claimed it.
    Activated,
    /// The day its batch was finished.
    Made,
}

impl StartRule {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Delivered, Self::Sold, Self::Activated, Self::Made];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Sold => "sold",
            Self::Activated => "activated",
            Self::Made => "made",
        }
    }

    /// The rule of a stored text.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.as_str() == text)
    }
}

/// One version of a warranty policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WarrantyPolicy {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// Its code, the same for all versions.
    pub code: String,
    /// Which version, from 1.
    pub version: i64,
    /// The first day it holds.
    pub valid_from: NaiveDate,
    /// Months the warranty lasts …
    pub months: i64,
    /// … and days on top of them.
    pub days: i64,
    /// The days it may start from: the first that is known counts.
    pub start_rules: Vec<StartRule>,
    /// It never ends later than this many months after the garment was made.
    pub made_plus_months: Option<i64>,
    /// What is covered.
    pub coverage: Both,
    /// What is not.
    pub exclusions: Both,
}

/// All that the buyer's card says of a garment's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The sku.
    pub sku: Sku,
    /// Its style.
    pub style: Style,
    /// Who made it, as the label says.
    pub maker: Option<Maker>,
    /// The warranty policy that holds on the day asked for; None where the house's default does.
    pub policy: Option<WarrantyPolicy>,
}

/// Which styles a list shows.
#[derive(Clone, Debug, Default)]
pub struct StyleFilter {
    /// Only those with this text in code, name, brand or category.
    pub q: String,
    /// Only those in this state.
    pub status: Option<Status>,
    /// Only those made by this party: what a supplier's own people may see.
    pub manufacturer: Option<Id>,
}
