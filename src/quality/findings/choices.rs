//! The closed lists of this room, each a table: stored text, Chinese, English.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::text::Lang;
use crate::kernel::{Code, Fault};

macro_rules! choices {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every one, in the order people meet them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// Every word a file may use.
            pub(crate) const WORDS: &'static [(&'static str, $name)] =
                &[$(($text, $name::$variant), ($zh, $name::$variant), ($en, $name::$variant),)*];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The one of a stored text.
            pub fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }

            /// What people call it.
            pub const fn word(self, lang: Lang) -> &'static str {
                match (self, lang) { $(($name::$variant, Lang::Zh) => $zh, ($name::$variant, Lang::En) => $en,)* }
            }

            /// The one of a text that somebody sent.
            ///
            /// # Errors
            /// [`Code::Missing`], [`Code::NotOneOf`].
            pub fn read(field: &'static str, text: &str) -> Result<Self, Fault> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(Fault::new(field, Code::Missing));
                }
                Self::of(text).ok_or_else(|| {
                    let allowed: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    Fault::new(field, Code::NotOneOf).with("value", text).with("allowed", allowed.join(", "))
                })
            }
        }
    };
}

choices! {
    /// How bad a defect is (the three classes of ISO 2859-1 sampling).
    Severity {
        /// A small departure that hardly reduces use.
        Minor = "minor", "轻微", "Minor";
        /// Likely to fail, or to be returned.
        Major = "major", "主要", "Major";
        /// Dangerous, or against the law.
        Critical = "critical", "致命", "Critical";
    }
}

choices! {
    /// Where in a garment's life a defect was seen.
    Stage {
        /// Material on receipt.
        Incoming = "incoming", "来料", "Incoming";
        /// At the sewing line.
        Inline = "inline", "在线", "In line";
        /// Final inspection.
        Final = "final", "终检", "Final";
        /// In the warehouse.
        Warehouse = "warehouse", "仓库", "Warehouse";
        /// In the shop.
        Store = "store", "门店", "Store";
        /// A garment that came back.
        Return = "return", "退货", "Return";
        /// At the repairer's.
        Repair = "repair", "维修", "Repair";
        /// With its buyer.
        Buyer = "buyer", "买家", "Buyer";
    }
}

choices! {
    /// Whether a finding counts.
    Status {
        /// It counts.
        Live = "live", "有效", "Live";
        /// It was a mistake and counts nowhere.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
    }
}

choices! {
    /// What kind of thing a finding is about.
    SubjectKind {
        /// One garment.
        Garment = "garment", "单件", "Garment";
        /// A batch.
        Batch = "batch", "生产批次", "Batch";
        /// A lot.
        Lot = "lot", "物料批", "Lot";
    }
}

choices! {
    /// The part of a garment that a defect belongs to.
    Component {
        /// Cloth.
        Fabric = "fabric", "面料", "Fabric";
        /// Colour of the cloth.
        Colour = "colour", "颜色", "Colour";
        /// Down, wadding.
        Filling = "filling", "填充", "Filling";
        /// Seams and making-up.
        Sewing = "sewing", "缝制", "Sewing";
        /// Buttons, zips, tapes.
        Trim = "trim", "辅料", "Trims";
        /// Print and embroidery.
        Print = "print", "印绣花", "Print and embroidery";
        /// Measurements.
        Size = "size", "尺寸", "Size";
        /// Labels and marks.
        Label = "label", "标识", "Labels";
        /// Pressing, cleaning, storage.
        Finishing = "finishing", "后整理", "Finishing";
        /// Packing and transport.
        Packing = "packing", "包装运输", "Packing and transport";
        /// What happened in use.
        Use = "use", "使用", "Use";
    }
}

choices! {
    /// Who is asked first about a defect. A suspicion to start from, never a verdict.
    Suspect {
        /// Who spun, wove or knitted.
        Mill = "mill", "面料厂", "Mill";
        /// Who dyed or finished the cloth.
        DyeHouse = "dye_house", "染整厂", "Dye house";
        /// Who made buttons, zips, labels.
        TrimMaker = "trim_maker", "辅料厂", "Trim maker";
        /// Who sewed.
        Factory = "factory", "成衣厂", "Factory";
        /// Who designed and specified.
        Brand = "brand", "品牌方", "Brand";
        /// Who transported.
        Carrier = "carrier", "承运商", "Carrier";
        /// Who sold.
        Retailer = "retailer", "零售商", "Retailer";
        /// Who wore it.
        Customer = "customer", "消费者", "Customer";
        /// Nobody: it wears out.
        Nobody = "nobody", "无（正常磨损）", "Nobody (normal wear)";
    }
}

impl Severity {
    /// The class of its badge.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Minor => "",
            Self::Major => "warn",
            Self::Critical => "bad",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::read("stage", stage.as_str()), Ok(*stage));
        }
        assert_eq!(Severity::read("severity", "").unwrap_err().code, Code::Missing);
        assert_eq!(Severity::read("severity", "bad").unwrap_err().code, Code::NotOneOf);
    }
}
