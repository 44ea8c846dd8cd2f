//! What the things that several tables speak of are called: one title for each, and every other name people give it, in all tables alike.

use crate::kernel::text::Lang;

/// A thing that columns of several tables name. The first of its names is its title; the rest are understood as headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    zh: &'static [&'static str],
    en: &'static [&'static str],
}

impl Noun {
    /// The header a template gives it.
    pub fn title(&self, lang: Lang) -> &'static str {
        let names = match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        };
        names.first().copied().unwrap_or_default()
    }

    /// All its names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.zh.iter().chain(self.en).copied()
    }
}

/// A style's code.
pub const STYLE: Noun =
    Noun { zh: &["款号", "货号", "款式编码", "款式编号"], en: &["Style", "Style code", "Style no.", "Style number"] };
/// A sku's code.
pub const SKU: Noun =
    Noun { zh: &["单品编码", "单品编号", "单品", "SKU编码", "SKU编号"], en: &["Sku", "Sku code", "Sku no.", "Sku number"] };
/// A lot's code.
pub const LOT: Noun = Noun { zh: &["物料批号", "批号", "物料批次号"], en: &["Lot", "Lot code", "Lot no.", "Lot number"] };
/// A batch's code.
pub const BATCH: Noun = Noun {
    zh: &["生产批号", "批次号", "批次", "生产批次", "生产批次号"],
    en: &["Batch", "Batch code", "Batch no.", "Batch number"],
};
/// A garment's serial.
pub const SERIAL: Noun = Noun { zh: &["序列号", "唯一码"], en: &["Serial", "Serial number", "Serial no."] };
/// A sku's GTIN.
pub const GTIN: Noun = Noun { zh: &["商品条码", "条码"], en: &["GTIN", "Barcode", "EAN"] };
/// A warranty policy's code.
pub const POLICY: Noun = Noun { zh: &["质保政策", "政策编码", "政策编号"], en: &["Warranty policy", "Policy", "Policy code"] };
