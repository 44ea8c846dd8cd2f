//! What of a sku others stand on.

use super::SkuView;
use crate::kernel::text::folded;
use crate::production::corrections::{By, Guard, parts};

/// What a sku says that others stand on. Free is its GTIN: one that is replaced stays an alias.
pub(super) const GUARDS: &[Guard<SkuView>] = &[
    Guard { field: "code", by: &[By::Batches], said: |sku| parts([folded(&sku.code)]) },
    Guard { field: "style", by: &[By::Minted, By::Findings], said: |sku| parts([folded(&sku.style)]) },
    Guard { field: "colour", by: &[By::Minted], said: |sku| parts([&sku.colour_zh, &sku.colour_en]) },
    Guard { field: "size", by: &[By::Minted], said: |sku| parts([&sku.size]) },
    Guard { field: "size_label", by: &[By::Minted], said: |sku| parts([&sku.size_label]) },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::corrections::{Standing, frozen};
    use crate::production::skus::Sku;

    fn held(before: &SkuView, after: &SkuView, standing: Standing) -> String {
        frozen(GUARDS, before, after, &standing).into_iter().map(|fault| fault.field.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_sku_stays_what_its_garments_are() {
        let sku = |code: &str, colour_zh: &str, size: &str| Sku {
            code: code.into(),
            colour_zh: colour_zh.into(),
            size: size.into(),
            ..Sku::default()
        };
        let shirt = SkuView { sku: sku("S-1", "白", "M"), style: "SHIRT".into(), ..SkuView::default() };
        let other = SkuView { sku: sku("S-2", "黑", "L"), style: "TROUSERS".into(), ..SkuView::default() };
        let planned = Standing { batches: 1, ..Standing::default() };
        assert_eq!(held(&shirt, &other, planned), "code");
        assert_eq!(held(&shirt, &other, Standing { minted: 1, ..planned }), "code style colour size");
        let more = Sku { gtin: Some("06901234000016".into()), size_label: "170/88A".into(), ..shirt.sku.clone() };
        assert_eq!(held(&shirt, &SkuView { sku: more, ..shirt.clone() }, Standing { minted: 1, sold: 1, ..planned }), "");
    }
}
