//! What of a style others stand on, and who may know of one.

use super::{Style, StyleView};
use crate::kernel::Id;
use crate::kernel::text::{Lang, folded};
use crate::production::composition;
use crate::production::corrections::{By, Guard, parts};

/// What a style says of the garments that buyers have: what their cards call them, who answers for them, what they are made of. Free is what
/// moves none of them: the warranty policy and its terms (a sale keeps the version of its day), care, notes and whatever else helps.
pub(super) const GUARDS: &[Guard<StyleView>] = &[
    Guard { field: "code", by: &[By::Sold], said: |style| parts([folded(&style.code)]) },
    Guard { field: "name", by: &[By::Sold], said: |style| parts([&style.name_zh, &style.name_en]) },
    Guard { field: "brand", by: &[By::Sold], said: |style| parts([&style.brand]) },
    Guard { field: "category", by: &[By::Sold], said: |style| parts([&style.category]) },
    Guard { field: "manufacturer", by: &[By::Sold], said: |style| parts(style.manufacturer.as_deref().map(folded)) },
    Guard { field: "facts.composition", by: &[By::Sold], said: |style| parts([composition::show(&style.facts.composition, Lang::Zh)]) },
];

/// Whether somebody bound to a party (None: one of our own people) may know of a style: a shop sees what is sold, but a confidential style
/// is seen outside the house only by whoever makes it.
pub fn may_see(bound: Option<Id>, style: &Style) -> bool {
    bound.is_none() || !style.confidential || bound == style.manufacturer_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::corrections::{Standing, frozen};

    fn held(before: &StyleView, after: &StyleView, standing: Standing) -> String {
        frozen(GUARDS, before, after, &standing).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_style_stays_what_buyers_bought() {
        let style = |name_zh: &str, brand: &str, policy: &str| {
            let style =
                Style { code: "ST-1".into(), name_zh: name_zh.into(), brand: brand.into(), policy: policy.into(), ..Style::default() };
            StyleView { style, manufacturer: None }
        };
        let (shirt, trousers) = (style("衬衫", "", ""), style("长裤", "", "W-2"));
        assert_eq!(held(&shirt, &trousers, Standing { minted: 5, ..Standing::default() }), "");
        assert_eq!(held(&shirt, &trousers, Standing { minted: 5, sold: 1, ..Standing::default() }), "name");
        assert_eq!(held(&shirt, &style("衬衫", "Shanlan", ""), Standing { sold: 1, ..Standing::default() }), "");
    }
}
