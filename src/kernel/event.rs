//! The kinds of facts: one table, with what each means to people (zh, en) and its EPCIS 2.0 equivalent.
//!
//! Every change of business state appends its event in the same write; timelines, webhooks, EPCIS and the journal are all read from
//! events, and nothing else writes history. Personal data never enters a body.

use super::text::Both;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One garment, by id. Its events live with it, in a table of their own.
    Garment(i64),
    /// Any other thing, by the name of its table and its id.
    Thing(&'static str, i64),
}

/// How a kind is said in EPCIS 2.0: event type, business step, disposition (CBV 2.0 bare words).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epcis {
    /// `ObjectEvent`, `TransactionEvent`, `TransformationEvent`…
    pub event_type: &'static str,
    /// `ADD`, `OBSERVE`, `DELETE`.
    pub action: &'static str,
    /// CBV business step.
    pub biz_step: &'static str,
    /// CBV disposition, or empty.
    pub disposition: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $text:literal, $zh:literal, $en:literal, $public:literal, $epcis:expr;)*) => {
        /// A kind of fact. The text form is stored; it never changes meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind { $(#[doc = $en] $name,)* }

        impl EventKind {
            /// Every kind, in table order.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$name,)*];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $(EventKind::$name => $text,)* }
            }

            /// What it means to people, Chinese and English.
            pub const fn words(self) -> (&'static str, &'static str) {
                match self { $(EventKind::$name => ($zh, $en),)* }
            }

            /// Whether the buyer's page may show it.
            pub const fn is_public(self) -> bool {
                match self { $(EventKind::$name => $public,)* }
            }

            /// Its EPCIS form, where there is one.
            pub const fn epcis(self) -> Option<Epcis> {
                match self { $(EventKind::$name => $epcis,)* }
            }

            /// The kind of a stored text.
            pub fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

const fn object(action: &'static str, biz_step: &'static str, disposition: &'static str) -> Option<Epcis> {
    Some(Epcis { event_type: "ObjectEvent", action, biz_step, disposition })
}

kinds! {
    // garments
    Sold = "garment.sold", "已售出", "Sold", true, Some(Epcis { event_type: "TransactionEvent", action: "ADD", biz_step: "retail_selling", disposition: "retail_sold" });
    SaleCorrected = "garment.sale_corrected", "销售记录已更正", "Sale record corrected", false, None;
    Delivered = "garment.delivered", "已送达买家", "Delivered to its buyer", true, None;
    Returned = "garment.returned", "已退回", "Returned", true, object("OBSERVE", "receiving", "returned");
    Claimed = "garment.claimed", "持有人已领取", "Claimed by its holder", true, None;
    TransferOffered = "garment.transfer_offered", "转让码已生成", "Transfer code made", false, None;
    Transferred = "garment.transferred", "已转让给新持有人", "Passed on to a new holder", true, None;
    HolderEnded = "garment.holder_ended", "持有关系已结束", "Holder released it", true, None;
    ClaimRefused = "garment.claim_refused", "领取码错误", "Wrong claim code", false, None;
    WarrantyStarted = "garment.warranty_started", "质保开始", "Warranty started", true, None;
    WarrantyVoided = "garment.warranty_voided", "质保作废", "Warranty voided", true, None;
    ContactSealed = "garment.contact_sealed", "联系方式已加密保存", "Contact saved, sealed", false, None;
    ContactErased = "garment.contact_erased", "联系方式已删除", "Contact erased", false, None;
    GarmentImported = "garment.imported", "外部序列号已导入", "Serial from elsewhere imported", false, object("ADD", "commissioning", "active");
    GarmentVoided = "garment.voided", "序列号已作废", "Serial voided", false, object("DELETE", "decommissioning", "inactive");
    WarrantyExtended = "garment.warranty_extended", "质保已顺延", "Warranty extended", true, None;
    GarmentRepaired = "garment.repaired", "已维修", "Repaired", true, object("OBSERVE", "repairing", "active");
    PartReplaced = "garment.part_replaced", "已更换部件", "A part was replaced", false, None;
    Settled = "garment.settled", "售后已处理（退款、换货或储值）", "Settled: refunded, exchanged or credited", false, None;
    GarmentHeld = "garment.held", "停止销售", "Not for sale", false, None;
    GarmentReleased = "garment.released", "可以再次销售", "May be sold again", false, None;
    Exchanged = "garment.exchanged", "作为换货交给买家", "Given to a buyer in exchange", false, None;
    GarmentFinding = "garment.finding", "记录了一项缺陷", "A defect was logged", false, object("OBSERVE", "inspecting", "non_conformant");
    // findings on batches and lots, and what happens to findings
    FindingLogged = "finding.logged", "缺陷已记录", "Finding logged", false, object("OBSERVE", "inspecting", "non_conformant");
    FindingWithdrawn = "finding.withdrawn", "缺陷记录已撤回", "Finding withdrawn", false, None;
    FindingPhotos = "finding.photos_added", "缺陷照片已添加", "Photos added to a finding", false, None;
    // production
    Saved = "saved", "已保存", "Saved", false, None;
    PartySaved = "party.saved", "往来单位已保存", "Party saved", false, None;
    StyleSaved = "style.saved", "款号已保存", "Style saved", false, None;
    PolicySaved = "policy.saved", "质保政策已保存", "Warranty policy saved", false, None;
    SkuSaved = "sku.saved", "单品已保存", "Sku saved", false, None;
    GtinChanged = "sku.gtin_changed", "GTIN 已更换，旧码仍有效", "GTIN changed; the old one still resolves", false, None;
    LotSaved = "lot.saved", "物料批已保存", "Lot saved", false, None;
    LotCorrected = "lot.corrected", "物料批已更正", "Lot corrected", false, None;
    BatchCorrected = "batch.corrected", "生产批次已更正", "Batch corrected", false, None;
    StyleCorrected = "style.corrected", "款号已更正", "Style corrected", false, None;
    SkuCorrected = "sku.corrected", "单品已更正", "Sku corrected", false, None;
    BatchSaved = "batch.saved", "生产批次已保存", "Batch saved", false, None;
    BatchMinted = "batch.minted", "序列号已生成", "Serials minted", false, object("ADD", "commissioning", "active");
    BatchVoided = "batch.units_voided", "部分序列号已作废", "Serials voided", false, object("DELETE", "decommissioning", "inactive");
    UnitsHeld = "batch.units_held", "部分单件停止销售", "Units not for sale", false, None;
    UnitsReleased = "batch.units_released", "部分单件可以再次销售", "Units may be sold again", false, None;
    LabelsMade = "label_job.made", "标签已生成", "Labels made", false, object("OBSERVE", "encoding", "encoded");
    PrintStarted = "label_job.started", "打印任务已开始", "Print job started", false, None;
    PrintPaused = "label_job.paused", "打印任务已暂停", "Print job paused", false, None;
    PrintSettled = "label_job.settled", "打印任务已核对", "Print job settled", false, None;
    PrinterSaved = "printer.saved", "打印机已保存", "Printer saved", false, None;
    LinkSaved = "link.saved", "链接已添加", "Link attached", false, None;
    LinkRemoved = "link.removed", "链接已移除", "Link removed", false, None;
    // after-sales
    CaseOpened = "case.opened", "工单已创建", "Case opened", false, None;
    RepairOpened = "repair.opened", "维修单已创建", "Repair opened", false, None;
    RepairQuoted = "repair.quoted", "已报价", "Quoted", false, None;
    RepairAccepted = "repair.accepted", "买家已确认报价", "The buyer agreed to the quote", false, None;
    RepairMoved = "repair.moved", "维修进度已更新", "Repair moved on", false, None;
    RepairPart = "repair.part", "已换上部件", "A part was put in", false, None;
    RepairChecked = "repair.checked", "已检查", "Checked", false, None;
    RepairDiagnosed = "repair.diagnosed", "维修件已检验", "Looked at in the workshop", false, None;
    RepairPaid = "repair.paid", "已登记付款", "Payment noted", false, None;
    RepairSigned = "repair.signed", "买家已验收", "The buyer looked at it", false, None;
    CaseHanded = "case.handed", "工单已转交", "Case handed over", false, None;
    CaseRated = "case.rated", "种类或轻重已调整", "Kind or gravity changed", false, None;
    CaseMoved = "case.moved", "工单状态已变更", "Case moved on", false, None;
    CaseLineDecided = "case.line_decided", "处理结果已决定", "Outcome decided", false, None;
    CaseLineInspected = "case.line_inspected", "退回件已检验", "Garment inspected", false, None;
    CaseLineEnded = "case.line_ended", "单件已办结", "Line ended", false, None;
    CaseLineOpened = "case.line_opened", "单件重新处理", "Line opened again", false, None;
    ReturnRequested = "return.requested", "退货已申请", "Return requested", false, None;
    ReturnMoved = "return.moved", "退货状态已变更", "Return moved on", false, None;
    ReturnDestroyed = "return.destroyed", "退回件已销毁", "Returned garment destroyed", false, None;
    CaseConcluded = "case.concluded", "原因已认定", "Cause determined", false, None;
    CaseReopened = "case.reopened", "工单已重新打开", "Case opened again", false, None;
    CaseMerged = "case.merged", "工单已合并", "Cases merged", false, None;
    CaseNoted = "case.noted", "已添加备注", "Note added", false, None;
    CaseAnswered = "case.answered", "已答复买家", "Answer to the buyer", false, None;
    CaseBuyerWrote = "case.buyer_wrote", "买家留言", "The buyer wrote", false, None;
    CaseWithdrawn = "case.withdrawn", "收到撤回合同的声明", "Withdrawal from the contract received", false, None;
    CasePhotos = "case.photos_added", "工单照片已添加", "Photos added to a case", false, None;
    CaseTaskSet = "case.task_set", "任务已设立", "Task set", false, None;
    CaseTaskEnded = "case.task_ended", "任务已结束", "Task ended", false, None;
    HelpAsked = "garment.help_asked", "已申请售后", "Help was asked for", true, None;
    SettlementAuthorised = "settlement.authorised", "退款、换货或储值已申请", "Refund, exchange or credit asked for", false, None;
    SettlementApproved = "settlement.approved", "已审批", "Approved", false, None;
    SettlementSubmitted = "settlement.submitted", "已提交付款", "Handed over for payment", false, None;
    SettlementPaid = "settlement.paid", "已付款或已交付", "Paid or handed over", false, None;
    SettlementFailed = "settlement.failed", "付款失败", "Payment failed", false, None;
    SettlementVoided = "settlement.voided", "已作废", "Made void", false, None;
    CostPosted = "ledger.posted", "已记账", "Cost posted", false, None;
    CostReversed = "ledger.reversed", "已冲销", "Entry reversed", false, None;
    CostsMoved = "ledger.moved", "费用已按责任划转", "Costs moved by verdict", false, None;
    CostsMovedBack = "ledger.moved_back", "费用划转已冲销", "Moved costs taken back", false, None;
    SurveyAnswered = "survey.answered", "买家已评价", "The buyer said how satisfied they are", false, None;
    FollowUpPlanned = "follow_up.planned", "已安排回访", "Follow-up planned", false, None;
    FollowUpEnded = "follow_up.ended", "回访已结束", "Follow-up ended", false, None;
    ServiceLevelSaved = "service_level.saved", "服务时限已保存", "Service level saved", false, None;
    ClockEscalated = "clock.escalated", "时限提醒", "A deadline was escalated", false, None;
    ClockMoved = "clock.moved", "期限已重算", "A deadline was reckoned anew", false, None;
    // quality
    DefectSaved = "defect.saved", "缺陷代码已保存", "Defect code saved", false, None;
    ScopeSaved = "recall.scope_saved", "召回范围已保存", "Recall scope saved", false, None;
    ScopeHeld = "recall.held", "召回范围内的单件停止销售", "Garments of a recall held back", false, None;
    ScopeReleased = "recall.released", "召回范围内的单件恢复销售", "Garments of a recall released", false, None;
    MeasureSaved = "measure.saved", "改进措施已保存", "Measure saved", false, None;
    MeasureMoved = "measure.moved", "改进措施状态已变更", "Measure moved on", false, None;
    LiabilityRulesProposed = "liability.rules_proposed", "责任规则已提出", "Liability rules proposed", false, None;
    LiabilityRulesApproved = "liability.rules_approved", "责任规则已生效", "Liability rules put in force", false, None;
    LiabilityRulesRejected = "liability.rules_rejected", "责任规则未通过", "Liability rules rejected", false, None;
    VerdictProposed = "verdict.proposed", "责任认定已提出", "Verdict proposed", false, None;
    VerdictNotified = "verdict.notified", "已通知责任方", "Those who are charged were told", false, None;
    VerdictAccepted = "verdict.accepted", "责任方已接受", "A party accepted", false, None;
    VerdictContested = "verdict.contested", "责任方提出异议", "A party contested", false, None;
    VerdictInspected = "verdict.inspected", "异议后已复检", "Inspected again after a contest", false, None;
    EvidenceRecorded = "evidence.recorded", "证据已记录", "Evidence recorded", false, None;
    EvidenceWithdrawn = "evidence.withdrawn", "证据已撤回", "Evidence withdrawn", false, None;
    VerdictFiled = "verdict.filed", "已提交材料", "Documents handed in", false, None;
    VerdictDecided = "verdict.decided", "责任已裁定", "Verdict decided", false, None;
    VerdictFinal = "verdict.final", "责任认定已生效", "Verdict final", false, None;
    VerdictSuperseded = "verdict.superseded", "责任认定已被取代", "Verdict superseded", false, None;
    StatementIssued = "statement.issued", "责任报告已编制", "Statement issued", false, None;
    ChargebackMoved = "chargeback.moved", "扣款状态已变更", "Chargeback moved", false, None;
    LegalHoldSet = "garment.legal_hold_set", "已设置法律保全", "Legal hold set", false, None;
    LegalHoldLifted = "garment.legal_hold_lifted", "法律保全已解除", "Legal hold lifted", false, None;
    StatementVoided = "statement.voided", "责任报告已作废", "Statement made void", false, None;
    PolicyValueSet = "policy.value_set", "政策数值已更改", "Value of policy changed", false, None;
    // staff
    CalendarSaved = "calendar.saved", "日历已保存", "Calendar saved", false, None;
    AccountSaved = "account.saved", "账号已保存", "Account saved", false, None;
    AccountDisabled = "account.disabled", "账号已停用", "Account disabled", false, None;
    PasswordSet = "account.password_set", "密码已设置", "Password set", false, None;
    ApiKeyIssued = "account.api_key_issued", "API 密钥已签发", "API key issued", false, None;
    ApiKeyRevoked = "account.api_key_revoked", "API 密钥已吊销", "API key revoked", false, None;
    ContactRead = "account.contact_read", "查看了联系方式", "Contact data read", false, None;
}

impl EventKind {
    /// What it means to people, as a text in both languages.
    pub fn both(self) -> Both {
        let (zh, en) = self.words();
        Both { zh: zh.to_owned(), en: en.to_owned() }
    }
}
