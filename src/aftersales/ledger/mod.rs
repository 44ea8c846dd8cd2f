//! The ledger: what anything of after-sales cost, and whom it is charged to. Entries are added, never changed (triggers refuse it); a mistake is taken
//! back by the same entry with the other sign. At first a cost is the brand's or the customer's; a verdict that becomes final moves it
//! ([`reallocate`]), and one that is superseded moves it back ([`reverse`]). Every balance is a sum of entries and nothing else.
//!
//! Returns, repairs and settlements post what they cost; the pages and the API of the ledger stand with settlements.

mod rules;
mod store;

use crate::choices;
use crate::kernel::Id;

pub use rules::{minor_of, natural_sign};
pub use store::moves::{reallocate, reverse, unmoved};
pub use store::{
    Balance, BalanceOf, Cost, LedgerEntry, LedgerFilter, LineCost, balances, costs_of_lines, entries_of_case, entries_of_lines,
    entries_of_verdicts, list, payer_of_way, post, reverse_entry, with_ids, within_cap,
};

choices! {
    /// What a cost is for.
    #[derive(Default)]
    LedgerKind {
        /// Given back to the buyer.
        #[default]
        Refund = "refund", "退款", "Refund";
        /// What a garment given in exchange cost.
        ExchangeGoods = "exchange_goods", "换货商品成本", "Goods given in exchange";
        /// Work on a repair.
        RepairLabour = "repair_labour", "维修工时", "Repair labour";
        /// Parts of a repair.
        RepairParts = "repair_parts", "维修用料", "Repair parts";
        /// The way to the buyer.
        LogisticsOut = "logistics_out", "寄出运费", "Transport to the buyer";
        /// The way back.
        LogisticsIn = "logistics_in", "退回运费", "Transport from the buyer";
        /// A courier's visit.
        Pickup = "pickup", "上门取件", "Pick-up";
        /// Money beyond the price.
        CompensationCash = "compensation_cash", "现金赔偿", "Compensation";
        /// A present.
        Gift = "gift", "赠品", "Gift";
        /// More than was owed.
        Goodwill = "goodwill", "善意补偿", "Goodwill";
        /// Taking in, sorting and putting back what came.
        Handling = "handling", "收货整理", "Handling";
        /// A laboratory's or inspector's bill.
        InspectionLab = "inspection_lab", "检测费", "Inspection and laboratory";
        /// A technician's visit.
        OnsiteVisit = "onsite_visit", "上门服务", "On-site visit";
        /// Destroying what nobody may wear.
        Destruction = "destruction", "销毁费用", "Destruction";
        /// What could not be sold again.
        ScrapLoss = "scrap_loss", "报废损失", "Scrap";
        /// What it was sold for again.
        ResaleRecovery = "resale_recovery", "再售回收", "Recovered by resale";
        /// What the customer paid.
        CustomerPayment = "customer_payment", "顾客付款", "Paid by the customer";
        /// What a party paid.
        ChargebackRecovery = "chargeback_recovery", "扣款回收", "Recovered from a party";
        /// What an insurance paid.
        InsuranceRecovery = "insurance_recovery", "保险赔付", "Recovered from insurance";
    }
}

choices! {
    /// Which way an entry counts.
    #[derive(Default)]
    Sign {
        /// It costs.
        #[default]
        Debit = "debit", "借", "Debit";
        /// It brings in, or takes back.
        Credit = "credit", "贷", "Credit";
    }
}

choices! {
    /// Whom an entry is charged to.
    #[derive(Default)]
    PayerKind {
        /// The brand itself.
        #[default]
        Brand = "brand", "品牌方", "Brand";
        /// The customer.
        Customer = "customer", "顾客", "Customer";
        /// A supplier, factory, carrier or retailer.
        Party = "party", "往来单位", "Party";
    }
}

/// Whom something is charged to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payer {
    /// The brand itself.
    #[default]
    Brand,
    /// The customer.
    Customer,
    /// A party.
    Party(Id),
}

impl Payer {
    /// Its kind and, of a party, which.
    pub const fn parts(self) -> (PayerKind, Option<Id>) {
        match self {
            Self::Brand => (PayerKind::Brand, None),
            Self::Customer => (PayerKind::Customer, None),
            Self::Party(id) => (PayerKind::Party, Some(id)),
        }
    }
}
