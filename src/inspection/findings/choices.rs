//! The closed lists of this room, each a table: stored text, Chinese, English.

use crate::choices;

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
    /// Which findings a list shows.
    Counted {
        /// Those that count.
        Live = "live", "有效", "In force";
        /// Those that were mistakes.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// Both.
        All = "all", "全部", "All";
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
