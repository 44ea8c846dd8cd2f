//! Products: styles, their skus, the GTINs of both past and present, and the warranty policies that go with them.
//!
//! - A **style** is a design; its facts ([`StyleFacts`]) are what labels, the card and the passport say.
//! - A **sku** is a style in one colour and size. It is named by its own code and, once the brand has one for it, by a GTIN-14. A GTIN that
//!   is replaced stays as an alias of the sku: a label printed with it never dies.
//! - A **warranty policy** is never changed: a new version takes its place from a day on, and a garment keeps the one that held at its sale.

mod composition;
mod facts;
mod http;
mod import;
mod page;
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
pub use http::routes;
pub use import::{POLICY_COLUMNS, POLICY_IMPORT, SKU_COLUMNS, SKU_IMPORT, STYLE_COLUMNS, STYLE_IMPORT};
pub use rules::{LabelItem, label_items, missing_items};
pub use store::{
    add_policy, change_sku, change_style, create_sku, create_style, old_gtins, policies, policy, policy_at, policy_gaps, product, sku,
    sku_by_code, sku_by_gtin, skus, skus_by_codes, skus_by_ids, skus_of, style, style_by_code, styles, styles_by_ids, what,
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

/// What a person or a program says of a style.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StyleFields {
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// The brand on the label.
    #[serde(default)]
    pub brand: String,
    /// At least one language.
    pub name: Both,
    /// What kind of garment it is.
    #[serde(default)]
    pub category: String,
    /// Whether the public must not learn its name.
    #[serde(default)]
    pub confidential: bool,
    /// The code of the party named as manufacturer.
    #[serde(default)]
    pub manufacturer: Option<String>,
    /// The code of its warranty policy.
    #[serde(default)]
    pub policy: Option<String>,
    /// What is known of it.
    #[serde(default)]
    pub facts: StyleFacts,
    /// Active when absent.
    #[serde(default)]
    pub status: Status,
    /// The version that was read. Needed in a change, absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A style as the API shows it: its fields with its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StyleView {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// The brand on the label.
    pub brand: String,
    /// Its name.
    pub name: Both,
    /// What kind of garment it is.
    pub category: String,
    /// Whether the public must not learn its name.
    pub confidential: bool,
    /// The code of the party named as manufacturer.
    pub manufacturer: Option<String>,
    /// The code of its warranty policy.
    pub policy: Option<String>,
    /// What is known of it.
    pub facts: StyleFacts,
    /// Whether it is in use.
    pub status: Status,
    /// Grows with every change; a change must name the one it read.
    pub version: i64,
}

impl StyleView {
    /// The view of a style whose manufacturer has this code.
    pub fn of(style: Style, manufacturer: Option<String>) -> Self {
        let Style { id, code, brand, name, category, confidential, manufacturer_id: _, policy_code, facts, status, version } = style;
        let policy = (!policy_code.is_empty()).then_some(policy_code);
        Self { id, code, brand, name, category, confidential, manufacturer, policy, facts, status, version }
    }
}

impl From<StyleView> for StyleFields {
    fn from(view: StyleView) -> Self {
        let StyleView { id: _, code, brand, name, category, confidential, manufacturer, policy, facts, status, version } = view;
        Self { code, brand, name, category, confidential, manufacturer, policy, facts, status, version: Some(version) }
    }
}

/// What a person or a program says of a sku.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkuFields {
    /// The code of its style.
    pub style: String,
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// A GTIN of 8, 12, 13 or 14 digits. One that is replaced stays as an alias.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Its colour.
    #[serde(default)]
    pub colour: Both,
    /// Its size as the size chart names it.
    #[serde(default)]
    pub size: String,
    /// The size as the label must say it (号型): `170/88A`.
    #[serde(default)]
    pub size_label: String,
    /// The version that was read. Needed in a change, absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A sku as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SkuView {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// The code of its style.
    pub style: String,
    /// The code everyone calls it by.
    pub code: String,
    /// Its present GTIN, 14 digits.
    pub gtin: Option<String>,
    /// GTINs it once had; labels with them still lead to it.
    pub old_gtins: Vec<String>,
    /// Its colour.
    pub colour: Both,
    /// Its size as the size chart names it.
    pub size: String,
    /// The size as the label says it.
    pub size_label: String,
    /// Grows with every change.
    pub version: i64,
}

impl SkuView {
    /// The view of a sku.
    pub fn of(sku: Sku, style: String, old_gtins: Vec<String>) -> Self {
        let Sku { id, style_id: _, code, gtin, colour, size, size_label, version } = sku;
        Self { id, style, code, gtin, old_gtins, colour, size, size_label, version }
    }
}

impl From<SkuView> for SkuFields {
    fn from(view: SkuView) -> Self {
        let SkuView { id: _, style, code, gtin, old_gtins: _, colour, size, size_label, version } = view;
        Self { style, code, gtin, colour, size, size_label, version: Some(version) }
    }
}

/// A version of a warranty policy to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyFields {
    /// 1 to 40 letters, digits and `- _ . / #`. One that is there gets a new version.
    pub code: String,
    /// The first day it holds; not before that of the version it follows.
    pub valid_from: NaiveDate,
    /// Months the warranty lasts (0 to 240) …
    pub months: i64,
    /// … and days on top of them (0 to 3,660). Both 0: no warranty.
    pub days: i64,
    /// The days it may start from, in order: the first that is known counts.
    pub start_rules: Vec<StartRule>,
    /// It never ends later than this many months after the garment was made.
    #[serde(default)]
    pub made_plus_months: Option<i64>,
    /// What is covered. At most 4,000 characters in each language.
    #[serde(default)]
    pub coverage: Both,
    /// What is not.
    #[serde(default)]
    pub exclusions: Both,
}

impl From<WarrantyPolicy> for PolicyFields {
    fn from(policy: WarrantyPolicy) -> Self {
        let WarrantyPolicy { id: _, code, version: _, valid_from, months, days, start_rules, made_plus_months, coverage, exclusions } =
            policy;
        Self { code, valid_from, months, days, start_rules, made_plus_months, coverage, exclusions }
    }
}

/// Which styles a list shows.
#[derive(Clone, Debug, Default)]
pub struct StyleFilter {
    /// Only those with this text in code, name, brand or category.
    pub q: String,
    /// Only those in this state.
    pub status: Option<Status>,
    /// Only those made by this party.
    pub manufacturer: Option<Id>,
    /// Only those that somebody bound to this party may know of.
    pub seen_by: Option<Id>,
}

/// Which skus a list shows.
#[derive(Clone, Debug, Default)]
pub struct SkuFilter {
    /// Only those of this style.
    pub style: Option<Id>,
    /// Only this one.
    pub sku: Option<Id>,
    /// Only those of styles that somebody bound to this party may know of.
    pub seen_by: Option<Id>,
    /// Only those with this text in code, colour or the style's name; empty for all.
    pub q: String,
}
