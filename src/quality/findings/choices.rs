//! The closed lists of this room, each a table: stored text, Chinese, English.

use crate::choices;

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
