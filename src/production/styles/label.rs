//! What the law asks a label to say. Values in, values out.

use super::{AgeGroup, SafetyClass, Style, StyleFacts};
use crate::kernel::care;
use crate::kernel::text::Lang;
use crate::production::composition;
use crate::production::parties::Maker;

macro_rules! items {
    ($($name:ident = $text:literal, $zh:literal, $en:literal;)*) => {
        /// One of the eight things a label says (GB/T 5296.4-2012, clause 5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LabelItem { $(#[doc = $en] $name,)* }

        impl LabelItem {
            /// All eight, in the order of the standard.
            pub const ALL: &'static [LabelItem] = &[$(LabelItem::$name,)*];

            /// Its stable text.
            pub const fn as_str(self) -> &'static str {
                match self { $(LabelItem::$name => $text,)* }
            }

            /// Its name for people.
            pub const fn words(self, lang: Lang) -> &'static str {
                match (self, lang) { $((LabelItem::$name, Lang::Zh) => $zh, (LabelItem::$name, Lang::En) => $en,)* }
            }
        }
    };
}

items! {
    Manufacturer = "manufacturer", "制造者", "Manufacturer";
    ProductName = "product_name", "产品名称", "Product";
    Size = "size", "号型规格", "Size";
    Composition = "composition", "纤维成分及含量", "Composition";
    Care = "care", "维护方法", "Care";
    Standard = "standard", "执行标准", "Product standard";
    Safety = "safety", "安全类别", "Safety class";
    UseNotes = "use_notes", "使用和贮藏注意事项", "Use and storage";
}

/// The eight items of the label of a garment of this size in `lang`, in the order of the standard. An item nothing is known of is empty; a text that exists only in
/// the other language stands in.
pub fn label_items(style: &Style, size: &str, maker: Option<&Maker>, lang: Lang) -> Vec<(LabelItem, String)> {
    LabelItem::ALL.iter().map(|item| (*item, item_text(*item, style, size, maker, lang))).collect()
}

/// The items such a label would have to leave empty. Notes on use are needed only where wrong use does harm, so they are never missing.
pub fn missing_items(style: &Style, size: &str, maker: Option<&Maker>) -> Vec<LabelItem> {
    let empty = |item: &LabelItem| item_text(*item, style, size, maker, Lang::Zh).is_empty();
    let addressless = maker.is_some_and(|maker| maker.address.get(Lang::Zh).is_empty());
    LabelItem::ALL
        .iter()
        .filter(|item| **item != LabelItem::UseNotes && (empty(item) || (**item == LabelItem::Manufacturer && addressless)))
        .copied()
        .collect()
}

fn item_text(item: LabelItem, style: &Style, size: &str, maker: Option<&Maker>, lang: Lang) -> String {
    let facts = &style.facts;
    match item {
        LabelItem::Manufacturer => maker.map(|maker| listed(&[maker.name.get(lang), maker.address.get(lang)], lang)).unwrap_or_default(),
        LabelItem::ProductName => style.public_name(lang).to_owned(),
        LabelItem::Size => size.to_owned(),
        LabelItem::Composition => composition::show(&facts.composition, lang),
        LabelItem::Care => {
            let symbols = facts.care.iter().filter_map(|code| care::symbol(code)).map(|symbol| symbol.words(lang));
            let parts: Vec<&str> = symbols.chain(std::iter::once(facts.care_note.get(lang))).collect();
            listed(&parts, lang)
        }
        LabelItem::Standard => facts.product_standard.clone(),
        LabelItem::Safety => safety_text(facts, lang),
        LabelItem::UseNotes => facts.use_notes.get(lang).to_owned(),
    }
}

/// What is not empty of `parts`, as a list.
fn listed(parts: &[&str], lang: Lang) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(lang.of("；", "; "))
}

/// The safety class as it is marked: `GB 18401-2010 B类`; for children GB 31701-2015, for infants with 婴幼儿用品.
fn safety_text(facts: &StyleFacts, lang: Lang) -> String {
    let Some(class) = facts.safety_class.map(SafetyClass::as_str) else {
        return String::new();
    };
    let standard = if facts.age_group == AgeGroup::Adult { "GB 18401-2010" } else { "GB 31701-2015" };
    let marked = match lang {
        Lang::Zh => format!("{standard} {class}类"),
        Lang::En => format!("{standard} class {class}"),
    };
    if facts.age_group == AgeGroup::Infant { format!("{marked} {}", lang.of("婴幼儿用品", "for infants")) } else { marked }
}
