//! Parties: everyone the brand deals with. Suppliers, mills, dye houses, trim makers, factories, carriers, retailers, service points,
//! corporate customers, and the brand itself.
//!
//! A party is named by its code everywhere; its id is for rows that point at it. It is never deleted, because what it made is still worn: it is
//! closed, and closed parties keep their history.

mod http;
mod import;
mod page;
mod rules;
mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::text::{Both, Lang};
use crate::kernel::{Id, countries};

pub use http::routes;
pub use import::{COLUMNS, IMPORT};
pub use store::{by_code, by_id, by_ids, change, codes_of_ids, create, ids_of_codes, list, maker};

/// Characters a party's name may have.
pub const NAME_MAX: usize = 120;

macro_rules! roles {
    ($($name:ident = $text:literal, $zh:literal, $en:literal, $others:expr;)*) => {
        /// What a party does for the brand. A party may have several roles.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Role { $(#[doc = $en] $name,)* }

        impl Role {
            /// Every role, in the order lists show them.
            pub const ALL: &'static [Role] = &[$(Role::$name,)*];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Role::$name => $text,)* }
            }

            /// Its name for people.
            pub const fn words(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Role::$name, Lang::Zh) => $zh, (Role::$name, Lang::En) => $en,)* }
            }

            // What else files call it.
            const fn also(self) -> &'static [&'static str] {
                match self { $(Role::$name => $others,)* }
            }
        }
    };
}

roles! {
    Brand = "brand", "品牌方", "Brand", &["品牌", "brand owner"];
    Supplier = "supplier", "供应商", "Supplier", &["供货商", "vendor"];
    Mill = "mill", "面料厂", "Mill", &["纺织厂", "织造厂", "纱厂", "fabric mill", "spinner", "weaver", "knitter"];
    DyeHouse = "dye_house", "染厂", "Dye house", &["印染厂", "染整厂", "dyer", "dyehouse"];
    TrimMaker = "trim_maker", "辅料厂", "Trim maker", &["辅料商", "trims", "trim supplier"];
    Factory = "factory", "成衣厂", "Garment factory", &["工厂", "制衣厂", "加工厂", "manufacturer", "cmt"];
    Carrier = "carrier", "承运商", "Carrier", &["物流商", "快递", "物流", "logistics"];
    Retailer = "retailer", "零售商", "Retailer", &["门店", "经销商", "店铺", "shop", "store"];
    ServicePoint = "service_point", "服务点", "Service point", &["维修点", "售后网点", "repair shop"];
    Organisation = "organisation", "团体客户", "Corporate customer", &["客户", "企业客户", "organization", "corporate", "customer"];
}

impl Role {
    /// The role of a stored text.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// The role people mean by a word, in either language, whatever its case.
    pub fn meant_by(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        Self::ALL.iter().copied().find(|role| {
            let names = [role.as_str(), role.words(Lang::Zh), role.words(Lang::En)];
            names.iter().chain(role.also()).any(|name| name.to_lowercase() == word)
        })
    }
}

/// Whether something is in use. Shared by parties and styles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// No longer used for anything new. What it was used for stands.
    Closed,
}

impl Status {
    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }

    /// The status of a stored text; what is not closed is active.
    pub fn of(text: &str) -> Self {
        if text == Self::Closed.as_str() { Self::Closed } else { Self::Active }
    }
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Party {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// The code everyone calls it by.
    pub code: String,
    /// Its name.
    pub name: Both,
    /// What it does for the brand, in table order.
    pub roles: Vec<Role>,
    /// Its Global Location Number, 13 digits.
    pub gln: Option<String>,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// The city, or empty.
    pub city: String,
    /// The postal address as labels print it.
    pub address: Both,
    /// How to reach it: telephone, mail, a person. Never shown to the public.
    pub contact: String,
    /// Whether it is in use.
    pub status: Status,
    /// Grows with every change; a change must name the one it read.
    pub version: i64,
}

/// What a person or a program says of a party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyFields {
    /// 1 to 40 letters, digits and `- _ . / #`.
    pub code: String,
    /// At least one language.
    pub name: Both,
    /// At least one.
    pub roles: Vec<Role>,
    /// 13 digits, the last a check digit.
    #[serde(default)]
    pub gln: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: String,
    /// At most 80 characters.
    #[serde(default)]
    pub city: String,
    /// At most 240 characters in each language.
    #[serde(default)]
    pub address: Both,
    /// At most 240 characters.
    #[serde(default)]
    pub contact: String,
    /// Active when absent.
    #[serde(default)]
    pub status: Status,
    /// The version that was read. Needed in a change, absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Party {
    /// Its country's name.
    pub fn country_name(&self, lang: Lang) -> &str {
        countries::name(&self.country, lang)
    }
}

impl From<Party> for PartyFields {
    fn from(party: Party) -> Self {
        let Party { id: _, code, name, roles, gln, country, city, address, contact, status, version } = party;
        Self { code, name, roles, gln, country, city, address, contact, status, version: Some(version) }
    }
}

/// What a label and a card say of whoever made a garment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Both,
    /// Its address.
    pub address: Both,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// The city, or empty.
    pub city: String,
}

impl From<&Party> for Maker {
    fn from(party: &Party) -> Self {
        Self {
            code: party.code.clone(),
            name: party.name.clone(),
            address: party.address.clone(),
            country: party.country.clone(),
            city: party.city.clone(),
        }
    }
}

/// Which parties a list shows.
#[derive(Clone, Debug, Default)]
pub struct PartyFilter {
    /// Only those with this role.
    pub role: Option<Role>,
    /// Only those with this text in code, name, city or GLN.
    pub q: String,
    /// Only this one: what somebody bound to it may see.
    pub only: Option<Id>,
}
