//! Links the brand attaches to what it makes: of any GS1 link type, in a language, of a media type, for a setting.
//!
//! A link hangs on a style, a sku, a material lot, a batch or a garment and holds for everything below it; of two links of one type the
//! one that hangs more specifically counts ([`Level`]). A link marked as default takes the card's place as the default link of what it
//! hangs on and of everything below, unless something more specific says otherwise again. One level has at most one default.

mod http;
mod rules;
mod store;
mod vocabulary;

use crate::choices;
use crate::kernel::text::Lang;
use crate::platform::rooms::{Field, Fields, Kind, Room};

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
pub use rules::{Offer, Wishes, best, media_ranges, our_tags};
pub use store::{Attached, Defaults, HELD, Link, attached, defaults};
pub use vocabulary::{LINK_TYPES, LinkType, NAMESPACE, local_name};

/// The room.
pub const ROOM: Room = Room::new("links", http::routes).menu(&[Entry::new("/links", "links-title", &[Permission::LinksEdit]).act(
    "/links/new",
    "links-new",
    Permission::LinksEdit,
)]);

choices! {
    /// What a link is attached to, from the least to the most specific: of two links of one type the more specific one counts.
    #[derive(Default)]
    Level {
        /// Everything of a design.
        #[default]
        Style = "style", "款式", "Style";
        /// One colour and size.
        Sku = "sku", "单品", "SKU";
        /// Everything sewn out of a material lot.
        Lot = "lot", "物料批", "Lot";
        /// One production run.
        Batch = "batch", "生产批次", "Batch";
        /// One garment.
        Garment = "garment", "单件", "Garment";
    }
}

/// The fields of a link.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "links", title: ("链接", "Links"), columns: &[
    Field::new("level", Kind::Choice(Level::TABLE), &["关联对象"], &["Attached to"]).needed().listed().filter("level"),
    Field::new("code", Kind::Line(400), &["编码或序列号"], &["Code or serial"]).needed().listed().filter("code")
        .hint("款式、单品、物料批、批次的编码；单件的序列号。", "The code of the style, sku, lot or batch; a garment's serial.", "SH-2601"),
    Field::new("gtin", Kind::Line(14), &["GTIN"], &["GTIN"]).nullable().filter("gtin")
        .hint("序列号旁的 GTIN；外部序列号必须填写。", "The GTIN beside the serial; needed for serials from elsewhere.", "09506000134352"),
    Field::new("link_type", Kind::Text(rules::link_type, vocabulary::title), &["链接类型"], &["Link type"]).needed().listed()
        .hint("GS1 词汇表中的类型，例如 gs1:instructions，或它的完整地址。", "A type of the GS1 vocabulary, such as gs1:instructions, or its full address.", "gs1:instructions"),
    Field::new("href", Kind::Text(rules::address, as_it_is), &["地址"], &["Address"]).needed().listed()
        .hint("完整的 http 或 https 地址，最多 2000 个字符。", "An absolute http or https address, at most 2,000 characters.", "https://example.com/care"),
    Field::new("title", Kind::Line(200), &["标题"], &["Title"]).needed().listed()
        .hint("消费者看到的文字。", "What people read.", "洗涤说明"),
    Field::new("hreflang", Kind::Text(rules::language_tag, as_it_is), &["语言"], &["Language"]).listed()
        .hint("BCP 47 语言标签；与语言无关时不填。", "A BCP 47 tag; empty where the language does not matter.", "zh-CN"),
    Field::new("media_type", Kind::Text(rules::media, as_it_is), &["媒体类型"], &["Media type"])
        .hint("与媒体类型无关时不填。", "Empty where it does not matter.", "text/html"),
    Field::new("context", Kind::Line(40), &["场合"], &["Setting"])
        .hint("请求用 context 指明的市场或场合；无关时不填。", "The market or setting it is meant for, as requests name it in context; empty where that does not matter.", "CN"),
    Field::new("is_default", Kind::Flag, &["代替质保卡"], &["In place of the card"]).listed()
        .hint("作为默认链接代替质保卡；每个对象最多一个。", "It takes the card's place as the default link; one at most for each thing.", "否"),
    Field::new("created_at", Kind::Moment, &["添加时间"], &["Attached"]).listed(),
] };

/// What is said of a new one: all but when that was.
const NEW: Fields = FIELDS.part(0, 10);

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
