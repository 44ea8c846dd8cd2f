//! Links the brand attaches to what it makes: of any GS1 link type, in a language, of a media type, for a setting.
//!
//! A link hangs on a style, a sku, a material lot, a batch or a garment and holds for everything below it; of two links of one type the
//! one that hangs more specifically counts ([`Level`]). A link marked as default takes the card's place as the default link of what it
//! hangs on and of everything below, unless something more specific says otherwise again. One level has at most one default.

mod http;
mod rules;
mod store;
mod vocabulary;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::Id;

pub use http::routes;
pub use rules::{Level, Offer, Wishes, best, media_ranges, our_tags};
pub use store::{Defaults, HELD, attached, defaults};
pub use vocabulary::{LINK_TYPES, LinkType, NAMESPACE, local_name};

/// A link as it is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it hangs on.
    pub level: Level,
    /// What it is about.
    pub kind: &'static LinkType,
    /// Where it leads, and for whom.
    pub offer: Offer,
    /// Whether it takes the card's place.
    pub is_default: bool,
}

/// A link to be attached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// `style`, `sku`, `lot`, `batch` or `garment`.
    pub level: String,
    /// The code of the style, sku, lot or batch; a garment's serial.
    pub code: String,
    /// The GTIN beside the serial; needed for serials from elsewhere.
    #[serde(default)]
    pub gtin: Option<String>,
    /// `gs1:instructions`, or the type's full address.
    pub link_type: String,
    /// An absolute http or https address, at most 2,000 characters.
    pub href: String,
    /// What people read, at most 200 characters.
    pub title: String,
    /// A BCP 47 tag; empty where the language does not matter.
    #[serde(default)]
    pub hreflang: String,
    /// A media type; empty where it does not matter.
    #[serde(default)]
    pub media_type: String,
    /// The market or setting it is meant for, as requests name it in `context`; empty where that does not matter.
    #[serde(default)]
    pub context: String,
    /// Whether it takes the card's place as the default link.
    #[serde(default)]
    pub is_default: bool,
}

/// A link as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    /// Its id, 13 characters.
    #[schema(value_type = String)]
    pub id: Id,
    /// What it hangs on.
    pub level: String,
    /// The code of that, or the garment's serial.
    pub code: String,
    /// `gs1:instructions`.
    pub link_type: String,
    /// Where it leads.
    pub href: String,
    /// What people read.
    pub title: String,
    /// BCP 47 tag, or empty.
    pub hreflang: String,
    /// Media type, or empty.
    pub media_type: String,
    /// The setting, or empty.
    pub context: String,
    /// Whether it takes the card's place.
    pub is_default: bool,
    /// When it was attached, UTC.
    pub created_at: NaiveDateTime,
}
