//! What the law asks a label to say, and what a sound style, sku or policy is.

use super::{AgeGroup, PolicyFields, SafetyClass, Sku, SkuFields, Style, StyleFacts, StyleFields};
use crate::kernel::gs1::Gtin;
use crate::kernel::text::{self, Lang, folded};
use crate::kernel::{Code, Fault, Faults, Id, Result, care, faults};
use crate::production::corrections::{By, Guard, parts};
use crate::production::parties::Maker;

/// What a sku says that others stand on. Free is its GTIN: one that is replaced stays an alias.
pub(super) const SKU_GUARDS: &[Guard<SkuFields>] = &[
    Guard { field: "code", by: &[By::Batches], said: |sku| parts([folded(&sku.code)]) },
    Guard { field: "style", by: &[By::Minted, By::Findings], said: |sku| parts([folded(&sku.style)]) },
    Guard { field: "colour", by: &[By::Minted], said: |sku| parts([&sku.colour.zh, &sku.colour.en]) },
    Guard { field: "size", by: &[By::Minted], said: |sku| parts([&sku.size]) },
    Guard { field: "size_label", by: &[By::Minted], said: |sku| parts([&sku.size_label]) },
];

/// What a style says of the garments that buyers have: what their cards call them, who answers for them, what they are made of. Free is what
/// moves none of them: the warranty policy and its terms (a sale keeps the version of its day), care, notes and whatever else helps.
pub(super) const STYLE_GUARDS: &[Guard<StyleFields>] = &[
    Guard { field: "code", by: &[By::Sold], said: |style| parts([folded(&style.code)]) },
    Guard { field: "name", by: &[By::Sold], said: |style| parts([&style.name.zh, &style.name.en]) },
    Guard { field: "brand", by: &[By::Sold], said: |style| parts([&style.brand]) },
    Guard { field: "category", by: &[By::Sold], said: |style| parts([&style.category]) },
    Guard { field: "manufacturer", by: &[By::Sold], said: |style| parts(style.manufacturer.as_deref().map(folded)) },
    Guard { field: "facts.composition", by: &[By::Sold], said: |style| parts([style.facts.composition_in(Lang::Zh)]) },
];

/// Months a warranty may last.
const MONTHS_MAX: i64 = 240;
/// Days it may last on top of them.
const DAYS_MAX: i64 = 3_660;

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

/// The eight items of a sku's label in `lang`, in the order of the standard. An item nothing is known of is empty; a text that exists only in
/// the other language stands in.
pub fn label_items(style: &Style, sku: &Sku, maker: Option<&Maker>, lang: Lang) -> Vec<(LabelItem, String)> {
    LabelItem::ALL.iter().map(|item| (*item, item_text(*item, style, sku, maker, lang))).collect()
}

/// The items a sku's label would have to leave empty. Notes on use are needed only where wrong use does harm, so they are never missing.
pub fn missing_items(style: &Style, sku: &Sku, maker: Option<&Maker>) -> Vec<LabelItem> {
    let empty = |item: &LabelItem| item_text(*item, style, sku, maker, Lang::Zh).is_empty();
    let addressless = maker.is_some_and(|maker| maker.address.get(Lang::Zh).is_empty());
    LabelItem::ALL
        .iter()
        .filter(|item| **item != LabelItem::UseNotes && (empty(item) || (**item == LabelItem::Manufacturer && addressless)))
        .copied()
        .collect()
}

fn item_text(item: LabelItem, style: &Style, sku: &Sku, maker: Option<&Maker>, lang: Lang) -> String {
    let facts = &style.facts;
    match item {
        LabelItem::Manufacturer => maker.map(|maker| listed(&[maker.name.get(lang), maker.address.get(lang)], lang)).unwrap_or_default(),
        LabelItem::ProductName => style.public_name(lang).to_owned(),
        LabelItem::Size => if sku.size_label.is_empty() { &sku.size } else { &sku.size_label }.clone(),
        LabelItem::Composition => facts.composition_in(lang),
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

/// Whether somebody bound to a party (None: one of our own people) may know of a style: a shop sees what is sold, but a confidential style
/// is seen outside the house only by whoever makes it.
pub(super) fn may_see(bound: Option<Id>, style: &Style) -> bool {
    bound.is_none() || !style.confidential || bound == style.manufacturer_id
}

/// The fields of a style, trimmed and put in order.
///
/// # Errors
/// [`Code::Invalid`] with every field that is wrong.
pub(super) fn sound_style(given: &StyleFields) -> Result<StyleFields> {
    let mut faults = Faults::default();
    let reference = |faults: &mut Faults, field: &'static str, code: &Option<String>| {
        faults.keep(code.as_deref().filter(|code| !code.trim().is_empty()).map(|code| text::code(field, code)).transpose())
    };
    let fields = StyleFields {
        code: faults.keep(text::code("code", &given.code)),
        brand: faults.keep(text::optional_line("brand", &given.brand, 80)),
        name: faults.some_lines("name", &given.name, 120),
        category: faults.keep(text::optional_line("category", &given.category, 60)),
        confidential: given.confidential,
        manufacturer: reference(&mut faults, "manufacturer", &given.manufacturer),
        policy: reference(&mut faults, "policy", &given.policy),
        facts: given.facts.sound(&mut faults, "facts"),
        status: given.status,
        version: given.version,
    };
    faults.unless_any(fields)
}

/// The fields of a sku, trimmed; its GTIN in 14 digits.
///
/// # Errors
/// [`Code::Invalid`] with every field that is wrong.
pub(super) fn sound_sku(given: &SkuFields) -> Result<SkuFields> {
    let mut faults = Faults::default();
    let fields = SkuFields {
        style: faults.keep(text::code("style", &given.style)),
        code: faults.keep(text::code("code", &given.code)),
        gtin: faults.keep(given.gtin.as_deref().filter(|gtin| !gtin.trim().is_empty()).map(|gtin| gtin_14("gtin", gtin)).transpose()),
        colour: faults.lines("colour", &given.colour, 60),
        size: faults.keep(text::optional_line("size", &given.size, 20)),
        size_label: faults.keep(text::optional_line("size_label", &given.size_label, 40)),
        version: given.version,
    };
    faults.unless_any(fields)
}

/// A GTIN of 8, 12, 13 or 14 digits as 14.
///
/// # Errors
/// [`Code::NotAGtin`]; [`Code::CheckDigit`] with the digit `expected`; [`Code::RestrictedGtin`] with the `reason`.
pub(super) fn gtin_14(field: &'static str, text: &str) -> Result<String, Fault> {
    Gtin::parse_product(text).map(|gtin| gtin.to_string()).map_err(|error| faults::at(field, &error))
}

/// The fields of a policy's version, trimmed.
///
/// # Errors
/// [`Code::Invalid`] with every field that is wrong.
pub(super) fn sound_policy(given: &PolicyFields) -> Result<PolicyFields> {
    let mut faults = Faults::default();
    let mut range = |field: &'static str, value: i64, max: i64| {
        if !(0..=max).contains(&value) {
            faults.note(Fault::new(field, Code::OutOfRange).with("min", 0).with("max", max));
        }
    };
    range("months", given.months, MONTHS_MAX);
    range("days", given.days, DAYS_MAX);
    given.made_plus_months.into_iter().for_each(|months| range("made_plus_months", months, MONTHS_MAX));
    let mut start_rules = Vec::with_capacity(given.start_rules.len());
    for rule in &given.start_rules {
        if start_rules.contains(rule) {
            faults.note(Fault::new("start_rules", Code::Duplicate).with("value", rule.as_str()));
        }
        start_rules.push(*rule);
    }
    if start_rules.is_empty() {
        faults.note(Fault::new("start_rules", Code::Missing));
    }
    let fields = PolicyFields {
        code: faults.keep(text::code("code", &given.code)),
        valid_from: given.valid_from,
        months: given.months,
        days: given.days,
        start_rules,
        made_plus_months: given.made_plus_months,
        coverage: faults.paragraphs("coverage", &given.coverage, 4_000),
        exclusions: faults.paragraphs("exclusions", &given.exclusions, 4_000),
    };
    faults.unless_any(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::Both;
    use crate::production::corrections::{Standing, frozen};

    fn held<T>(guards: &[Guard<T>], before: &T, after: &T, standing: Standing) -> String {
        frozen(guards, before, after, &standing).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_sku_stays_what_its_garments_are() {
        let both = |zh: &str| Both { zh: zh.into(), en: String::new() };
        let shirt = SkuFields { style: "SHIRT".into(), code: "S-1".into(), colour: both("白"), size: "M".into(), ..SkuFields::default() };
        let other =
            SkuFields { style: "TROUSERS".into(), code: "S-2".into(), colour: both("黑"), size: "L".into(), ..SkuFields::default() };
        let planned = Standing { batches: 1, ..Standing::default() };
        assert_eq!(held(SKU_GUARDS, &shirt, &other, planned), "code");
        assert_eq!(held(SKU_GUARDS, &shirt, &other, Standing { minted: 1, ..planned }), "code style colour size");
        let more = SkuFields { gtin: Some("06901234000016".into()), size_label: "170/88A".into(), ..shirt.clone() };
        assert_eq!(held(SKU_GUARDS, &shirt, &more, Standing { minted: 1, sold: 1, ..planned }), "");
    }

    #[test]
    fn a_style_stays_what_buyers_bought() {
        let shirt = StyleFields { code: "ST-1".into(), name: Both { zh: "衬衫".into(), en: String::new() }, ..StyleFields::default() };
        let trousers = StyleFields { name: Both { zh: "长裤".into(), en: String::new() }, policy: Some("W-2".into()), ..shirt.clone() };
        assert_eq!(held(STYLE_GUARDS, &shirt, &trousers, Standing { minted: 5, ..Standing::default() }), "");
        assert_eq!(held(STYLE_GUARDS, &shirt, &trousers, Standing { minted: 5, sold: 1, ..Standing::default() }), "name");
        let more = StyleFields { name: Both { en: "Shirt".into(), ..shirt.name.clone() }, brand: "Shanlan".into(), ..shirt.clone() };
        assert_eq!(held(STYLE_GUARDS, &shirt, &more, Standing { sold: 1, ..Standing::default() }), "");
    }
}
