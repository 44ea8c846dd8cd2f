//! How after-sales matters are classified: the closed lists that cases, their clocks, rights and verdicts have in common.

mod store;

use crate::choices;

choices! {
    /// What a case is about.
    #[derive(Default)]
    CaseKind {
        /// A question.
        #[default]
        Consult = "consult", "咨询", "Advice";
        /// Goods come back for money.
        Return = "return", "退货", "Return";
        /// Goods come back for goods.
        Exchange = "exchange", "换货", "Exchange";
        /// Goods come back mended.
        Repair = "repair", "维修", "Repair";
        /// Somebody is dissatisfied.
        Complaint = "complaint", "投诉", "Complaint";
        /// The contract is withdrawn from, without a reason (EU).
        Withdrawal = "withdrawal", "撤回合同", "Withdrawal";
    }
}

choices! {
    /// How grave a case is.
    #[derive(Default)]
    CaseSeverity {
        /// Like most.
        #[default]
        General = "general", "一般", "General";
        /// Begins at the supervisor.
        Serious = "serious", "严重", "Serious";
        /// Safety, health, many garments or much money.
        Critical = "critical", "重大", "Critical";
    }
}

choices! {
    /// What is done first.
    #[derive(Default)]
    Priority {
        /// In turn.
        #[default]
        Normal = "normal", "普通", "Normal";
        /// Before the others.
        Urgent = "urgent", "紧急", "Urgent";
    }
}

choices! {
    /// How a case came in.
    #[derive(Default)]
    CaseChannel {
        /// From the garment's card.
        #[default]
        Card = "card", "质保卡", "Card";
        /// By telephone.
        Phone = "phone", "电话", "Telephone";
        /// In a chat.
        Chat = "chat", "在线客服", "Chat";
        /// By mail.
        Mail = "mail", "邮件", "Mail";
        /// In a shop.
        Shop = "shop", "门店", "Shop";
        /// From a program.
        Api = "api", "接口", "Program";
    }
}

choices! {
    /// Who works on a case.
    #[derive(Default)]
    Queue {
        /// The after-sales desk.
        #[default]
        Desk = "desk", "客服", "Desk";
        /// Repair and technical questions.
        Technical = "technical", "技术", "Technical";
        /// Inspection and cause.
        Quality = "quality", "质检", "Quality";
        /// Parcels.
        Logistics = "logistics", "物流", "Logistics";
        /// Money.
        Finance = "finance", "财务", "Finance";
        /// Whoever answers for the desk.
        Supervisor = "supervisor", "主管", "Supervisor";
    }
}

choices! {
    /// Why somebody writes, as far as rights go.
    #[derive(Default)]
    ReasonClass {
        /// Something is wrong with the garment: a claim.
        #[default]
        Defect = "defect", "质量问题", "Defect";
        /// It does not fit.
        Size = "size", "尺码不合", "Size";
        /// They would rather not keep it.
        ChangeOfMind = "change_of_mind", "不想要了", "Change of mind";
        /// Late, damaged on its way, or another thing.
        Delivery = "delivery", "物流问题", "Delivery";
        /// A question.
        Advice = "advice", "咨询", "Advice";
        /// About how they were treated.
        Complaint = "complaint", "服务投诉", "Complaint";
    }
}

choices! {
    /// What a buyer would like.
    #[derive(Default)]
    Wish {
        /// Mended.
        #[default]
        Repair = "repair", "维修", "Repair";
        /// Another one.
        Exchange = "exchange", "换货", "Exchange";
        /// Their money back.
        Refund = "refund", "退货退款", "Return and refund";
        /// To withdraw from the contract.
        Withdraw = "withdraw", "撤回合同", "Withdraw from the contract";
        /// An answer.
        Advice = "advice", "咨询", "Advice";
        /// To complain.
        Complain = "complain", "投诉", "Complain";
    }
}

choices! {
    /// What was behind it. Where a claim's cause is not known, that is said.
    CaseCause {
        /// Cloth, trims, thread of a supplier.
        SupplierMaterial = "supplier_material", "供应商材料", "Supplier's material";
        /// Sewing and making-up.
        Workmanship = "workmanship", "做工", "Workmanship";
        /// The brand's design or measurements.
        Design = "design", "设计或尺寸规格", "Design or size specification";
        /// Transport.
        Carrier = "carrier", "承运商", "Carrier";
        /// The shop.
        Retailer = "retailer", "零售商", "Retailer";
        /// Use against the care label.
        Misuse = "misuse", "使用不当", "Misuse";
        /// Normal wear.
        Wear = "wear", "正常磨损", "Normal wear";
        /// Nothing was wrong.
        NoFault = "no_fault", "未发现问题", "No fault found";
        /// It cannot be known.
        Undetermined = "undetermined", "无法判定", "Undetermined";
    }
}
