//! Cases: one after-sales matter about one garment or many, from the first word of a buyer to its end. A line per garment says what is wrong,
//! what is wanted, what was decided and what was found. A case always has one owner: a queue, and a person of it once somebody took it.
//!
//! Returns, repairs and settlements happen to lines and know cases; a case knows nothing of them. What they find comes back through
//! [`conclude`].

mod rules;
mod store;

use crate::choices;

pub use rules::{CASE_MACHINE, LINE_MACHINE};
pub use store::{CaseClaims, CaseLine, CaseReason, GarmentClaim, ServiceCase, claims, conclude, garments_of, line, lines};

choices! {
    /// Where a case stands.
    #[derive(Default)]
    CaseState {
        /// Nobody has it yet but its queue.
        #[default]
        New = "new", "新建", "New";
        /// Somebody has it.
        Assigned = "assigned", "已分派", "Assigned";
        /// Somebody works on it.
        InProgress = "in_progress", "处理中", "In progress";
        /// The buyer's turn.
        WaitingCustomer = "waiting_customer", "等待买家", "Waiting for the buyer";
        /// Another department's turn.
        WaitingInternal = "waiting_internal", "等待内部", "Waiting for a colleague";
        /// A supplier's turn.
        WaitingSupplier = "waiting_supplier", "等待供应商", "Waiting for a supplier";
        /// Goods are on their way.
        InTransit = "in_transit", "运输中", "In transit";
        /// Every line has an outcome, and the buyer was told.
        Resolved = "resolved", "已解决", "Resolved";
        /// Over for good.
        Closed = "closed", "已关闭", "Closed";
        /// Not to be done: nothing was paid.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

choices! {
    /// Where a line stands.
    #[derive(Default)]
    LineState {
        /// Nothing decided.
        #[default]
        Open = "open", "待处理", "Open";
        /// What will be done is decided.
        Decided = "decided", "已决定", "Decided";
        /// Done.
        Done = "done", "已完成", "Done";
        /// Not granted, with the reason.
        Refused = "refused", "已拒绝", "Refused";
        /// The buyer took it back.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// The same matter stands in another case.
        Merged = "merged", "已合并", "Merged";
    }
}

choices! {
    /// What is done about a line.
    LineDecision {
        /// It is mended.
        Repair = "repair", "维修", "Repair";
        /// Another one is given.
        Exchange = "exchange", "换货", "Exchange";
        /// Money is given back.
        Refund = "refund", "退款", "Refund";
        /// Credit is given.
        Credit = "credit", "储值", "Store credit";
        /// An answer is given.
        Advice = "advice", "答复", "Advice";
        /// More than was owed.
        Goodwill = "goodwill", "善意补偿", "Goodwill";
        /// Nothing, with a reason.
        Refuse = "refuse", "拒绝", "Refuse";
    }
}

choices! {
    /// What state a garment came back in.
    Condition {
        /// As new.
        A = "a", "A（全新）", "A (as new)";
        /// Tried on.
        B = "b", "B（试穿）", "B (tried on)";
        /// Worn, or with a defect.
        C = "c", "C（有使用痕迹或缺陷）", "C (worn or defective)";
        /// Not to be used any more.
        D = "d", "D（不可再用）", "D (beyond use)";
    }
}
