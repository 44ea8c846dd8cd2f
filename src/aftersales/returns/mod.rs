//! Returns: a garment of a case on its way back, what is found when it is here, and what becomes of it. One return at a time for a line of a case.
//!
//! - **The gate**: what is accepted or refused was inspected ([`CaseLine::inspected_on`](crate::aftersales::cases::CaseLine)) and has a report; what was
//!   refused may be disputed, and then somebody else inspects it. What is accepted in part says what of the price that is; the rest takes another
//!   inspection by somebody else, also once that part was paid.
//! - **Once accepted** the sale has ended: warranty and holding with it, and nobody claims the garment until it is sold again. Of clothes worn next
//!   to the skin there is no again.
//! - **Without the goods back** (returnless) a person decides, with a ground; whether a platform forced it is kept. The garment stays with its
//!   buyer, without a warranty, and cannot be sold.
//! - **What its buyer gets** is given by the room of settlements: it asks what was accepted ([`accepted_part`]) and says what became of it
//!   ([`settling`], [`unsettled`], [`settled`]). Each step moves the line of the case and its clocks in the same write.
//! - **What is destroyed** has a ground, a weight and evidence: a photo of the case or the number of a document.

mod http;
mod rules;
mod store;

use std::time::Duration;

use crate::aftersales::cases::{CASE, FROM_CASE, FROM_LIVE_LINE};
use crate::aftersales::rights::RULE;
use crate::choices;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Onward};
use crate::platform::rooms::{Field, Fields, Kind, Room, Sweep};

pub use rules::{RETURN_MACHINE, ReturnAct};
pub use store::acts::{act, request};
pub use store::buyer::buyer_answers;
pub use store::settled::{LAPSE_WORK, accepted_part, lapse, lapse_all, settled, settling, unsettled};
pub use store::{ReturnAsk, ReturnOrder, by_id, of_line};

choices! {
    /// Where a return stands.
    #[derive(Default)]
    ReturnState {
        /// Asked for.
        #[default]
        Requested = "requested", "已申请", "Requested";
        /// The buyer is asked for more.
        NeedInfo = "need_info", "待补充", "More is needed";
        /// Granted.
        Approved = "approved", "已同意", "Approved";
        /// Not granted.
        Rejected = "rejected", "未同意", "Rejected";
        /// The buyer sends it.
        AwaitingInbound = "awaiting_inbound", "待寄回", "Waiting for the parcel";
        /// On its way.
        InTransit = "in_transit", "寄回途中", "On its way back";
        /// Here.
        Received = "received", "已签收", "Received";
        /// Being looked at.
        Inspecting = "inspecting", "检验中", "Being inspected";
        /// As it should be.
        Accepted = "accepted", "验收通过", "Accepted";
        /// In part as it should be.
        PartlyAccepted = "partly_accepted", "部分通过", "Partly accepted";
        /// Not as it should be.
        Refused = "refused", "验收不通过", "Refused";
        /// Money or goods are being given.
        Settling = "settling", "结算中", "Being settled";
        /// Done.
        Settled = "settled", "已结算", "Settled";
        /// Going back to the buyer.
        ReturningToCustomer = "returning_to_customer", "退回买家途中", "Going back to the buyer";
        /// The buyer has it again.
        ClosedRefused = "closed_refused", "已退回买家", "Back with the buyer";
        /// The buyer took it back.
        Withdrawn = "withdrawn", "买家已撤回", "Withdrawn";
        /// It was never sent.
        Lapsed = "lapsed", "逾期未寄", "Lapsed";
    }
}

choices! {
    /// On what ground it comes back.
    #[derive(Default)]
    ReturnKind {
        /// The buyer would rather not keep it.
        #[default]
        NoFault = "no_fault", "无理由", "Without a reason";
        /// Something is wrong with it.
        Defect = "defect", "质量问题", "Defect";
        /// The brand's no-worry promise.
        NoWorry = "no_worry", "无忧退换", "No worry";
        /// The contract was withdrawn from.
        Withdrawal = "withdrawal", "撤回合同", "Withdrawal";
        /// It is recalled.
        Recall = "recall", "召回", "Recall";
        /// More than was owed.
        Goodwill = "goodwill", "善意", "Goodwill";
    }
}

choices! {
    /// How it comes back.
    Inbound {
        /// The buyer sends it.
        Parcel = "parcel", "买家寄回", "Sent by the buyer";
        /// It is fetched.
        Pickup = "pickup", "上门取件", "Fetched";
        /// It is brought to a shop.
        Shop = "shop", "到店退回", "Brought to a shop";
    }
}

choices! {
    /// Whose decision it was that the goods stay where they are.
    ReturnlessOrigin {
        /// Ours.
        Own = "own", "商家决定", "Our decision";
        /// A platform's, against ours: the merchant may appeal.
        PlatformForced = "platform_forced", "平台强制", "Forced by a platform";
    }
}

choices! {
    /// What the buyer gets.
    ReturnOutcome {
        /// Money back.
        Refund = "refund", "退款", "Refund";
        /// Another one.
        Exchange = "exchange", "换货", "Exchange";
        /// Mended after all.
        Repair = "repair", "维修", "Repair";
        /// Credit.
        Credit = "credit", "储值", "Store credit";
    }
}

choices! {
    /// Why something is destroyed.
    DestroyGround {
        /// Nobody else should wear it.
        Hygiene = "hygiene", "卫生原因", "Hygiene";
        /// It is not safe, or recalled.
        Unsafe = "unsafe", "存在安全隐患或已召回", "Unsafe or recalled";
        /// It cannot be mended or cleaned, or that costs more than it is worth.
        BeyondRepair = "beyond_repair", "无法修复或修复不合算", "Beyond repair";
        /// A law or an authority demands it.
        Ordered = "ordered", "法律或主管部门要求", "Demanded by law";
    }
}

choices! {
    /// What is spent on a return.
    ReturnCost {
        /// Its way here.
        Inbound = "inbound", "寄回运费", "Its way here";
        /// Its way back to its buyer.
        Outbound = "outbound", "退回买家运费", "Its way back to the buyer";
        /// Looking at it.
        Inspection = "inspection", "检验", "Inspection";
        /// Taking it in and putting it away.
        Handling = "handling", "收货整理", "Handling";
        /// Destroying it.
        Destruction = "destruction", "销毁", "Destruction";
    }
}

/// What the list shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "returns", title: ("退货", "Returns"), columns: &[
    Field::new("id", Kind::Code, &["编号"], &["No."]),
    Field::new("case_no", Kind::Code, &["工单"], &["Case"]).listed().refers(&CASE),
    Field::new("state", Kind::Choice(ReturnState::TABLE), &["状态"], &["State"]).listed().filter("state"),
    Field::new("kind", Kind::Choice(ReturnKind::TABLE), &["种类"], &["Kind"]).listed().filter("kind"),
    Field::new("serial", Kind::Line(60), &["序列号"], &["Serial"]).listed(),
    Field::new("rule", Kind::Code, &["依据的规则"], &["Under which rule"]).refers(&RULE),
    Field::new("freight", Kind::Choice(crate::aftersales::rights::FreightPayer::TABLE), &["运费"], &["Freight"]).listed(),
    Field::new("inbound", Kind::Choice(Inbound::TABLE), &["寄回方式"], &["Comes back"]).nullable(),
    Field::new("waybill", Kind::Line(80), &["运单号"], &["Waybill"]).listed(),
    Field::new("note", Kind::Line(500), &["说明"], &["Note"]),
    Field::new("report", Kind::Line(2_000), &["检验报告"], &["Inspection report"]),
    Field::new("requested_at", Kind::Moment, &["申请时间"], &["Requested"]).listed(),
    Field::new("approved_at", Kind::Moment, &["同意时间"], &["Approved"]),
    Field::new("received_on", Kind::Day, &["签收日期"], &["Received"]).nullable(),
    Field::new("outcome", Kind::Choice(ReturnOutcome::TABLE), &["结果"], &["Outcome"]).nullable().listed(),
    Field::new("returnless_origin", Kind::Choice(ReturnlessOrigin::TABLE), &["免寄回"], &["Without the goods"]).nullable(),
    Field::new("returnless_by", Kind::Actor, &["免寄回批准人"], &["Approved without the goods by"]),
    Field::new("accepted", Kind::Line(60), &["验收金额"], &["Accepted"]).nullable(),
    Field::new("destroyed_on", Kind::Day, &["销毁日期"], &["Destroyed"]).nullable(),
    Field::new("destroyed_ground", Kind::Choice(DestroyGround::TABLE), &["销毁原因"], &["Why destroyed"]).nullable(),
    Field::new("destroyed_weight_g", Kind::Whole(1, 50_000), &["销毁重量（克）"], &["Weight destroyed, g"]).nullable(),
    Field::new("destroyed_document", Kind::Line(120), &["销毁凭证"], &["Document of destruction"]),
] };

/// The room.
pub const ROOM: Room = Room::new("returns", http::routes)
    .menu(&[Entry::new("/returns", "returns-title", &[Permission::CasesRead])])
    .works(&[|| Box::new(store::settled::LapseWork)])
    .sweeps(&[Sweep { name: "returns", every: DAY, run: |app| store::settled::lapse_all(app, "system", |_| ()).map(drop) }])
    .onward(&[
        Onward::new(FROM_CASE, "/returns?q={}", "returns-title", Permission::CasesRead),
        Onward::new(FROM_LIVE_LINE, "/returns/new?case={}&line={}", "returns-new", Permission::CasesEdit),
    ]);

/// How long what nobody sends is left alone between two looks.
const DAY: Duration = Duration::from_secs(86_400);
