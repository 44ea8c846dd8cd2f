//! Cases: one after-sales matter about one garment or many, from the first word of a buyer to its end. A line per garment says what is wrong,
//! what is wanted, what was decided and what was found. A case always has one owner: a queue, and a person of it once somebody took it.
//!
//! Returns, repairs and settlements happen to lines and know cases; a case knows nothing of them. What they find comes back through
//! [`decide`], [`inspected`], [`done`], [`carried_out`], [`refuse`], [`withdraw`], [`open_again`] and [`conclude`], and what only clocks note through
//! [`happened`]. What of them is under way is known here ([`began`], [`over`]): nothing is merged, cancelled or closed over it.
//!
//! - **A garment is in one open line at most**, by the database: a second report of it is answered with the case that is there.
//! - **Everything that is done with a case** is a [`CaseAct`], whether a form or a program says it; each leaves its event in the same write.
//! - **What may be of a person** stands in the words of a line, in notes and, sealed, in the contact; never in an event.

mod act;
mod http;
mod import;
mod page;
mod rules;
mod store;
mod view;

use std::time::Duration;

use chrono::NaiveDate;

use crate::aftersales::classes::{CaseCause, CaseChannel, CaseKind, CaseSeverity, Priority, Queue};
use crate::choices;
use crate::inspection::defects::DEFECT;
use crate::inspection::findings::FROM_FINDING;
use crate::kernel::choices::Choice;
use crate::kernel::text::Lang;
use crate::kernel::{Id, Result};
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Onward, random_token};
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room, Sweep};
use crate::platform::state::AppState;

pub use act::CaseAct;
pub use rules::{CASE_MACHINE, LINE_MACHINE, decision_of, kind_of};
pub use store::acts::{act, close_over, conclude};
pub use store::cases::{by_id, by_no, of_order, with_secret};
pub use store::contact::{Reached, contact_erase, contact_left, contact_read};
pub use store::joined::{ask_buyer, carried_out, decide, done, happened, inspected, inspectors_since, open_again, refuse, turn, withdraw};
pub use store::lines::{line, lines, live_of};
pub use store::notes::{CaseNote, CasePhoto, CaseTask, jpeg as photo_jpeg, notes, photos, photos_of};
pub use store::open::{LineAsk, NewCase, NewContact, NewLine, found, open};
pub use store::wishes::{Received, buyer_writes, receive_withdrawal, take_back, withdraw_own};
pub use store::work::{began, over, under_way};
pub use store::{
    CaseClaims, CaseLine, ClaimLine, GarmentClaim, ServiceCase, claim_lines_of, claims, components_of, garments_of, line_if_said,
    line_said, lines_found, lines_of_garments, lines_of_ids, nos_of_ids, right_to, said,
};

/// The room.
pub const ROOM: Room = Room::new("cases", http::routes)
    .menu(&[Entry::new("/cases", "cases-title", &[Permission::CasesRead]).act("/cases/scan", "cases-scan", Permission::CasesEdit)])
    .imports(&[import::IMPORT])
    .onward(&[Onward::new(FROM_FINDING, "/cases?q={}", "cases-of-garment", Permission::CasesRead)])
    .sweeps(&[Sweep { name: "cases", every: HOUR, run: close_all }]);

/// The number of a case.
pub const CASE: Reference = Reference { room: "cases", narrowed: "", needs: "cases.read" };

/// How long cases that are over are left alone between two looks.
const HOUR: Duration = Duration::from_secs(3_600);

/// Closes every case that is over, a stretch at a time.
fn close_all(app: &AppState) -> Result<()> {
    /// Cases looked at in one write.
    const STRETCH: i64 = 100;
    let mut after = Id(0);
    loop {
        let stamp = app.stamp("system");
        match app.store.write_blocking(move |db| close_over(db, &stamp, after, STRETCH))? {
            (_, Some(last)) => after = last,
            (_, None) => return Ok(()),
        }
    }
}

/// From where one goes on to rooms that know cases: the whole of a case, by its number; a line of it, by its number and the line's.
pub const FROM_CASE: &str = "case";
/// See [`FROM_CASE`].
pub const FROM_LINE: &str = "case-line";
/// See [`FROM_CASE`]: from a line that is not over, to what happens to its garment.
pub const FROM_LIVE_LINE: &str = "live-case-line";

/// Garments a case may have.
pub const GARMENTS_MAX: usize = 5_000;
/// Characters of what somebody says of a line.
pub const WORDS_MAX: usize = 1_000;
/// The market where a sale names none.
const HOME: &str = "CN";

/// Who writes when somebody who asked for help does.
pub const BUYER: &str = "buyer";

/// The address of a case's page.
fn href(no: &str) -> String {
    format!("/cases/{no}")
}

/// Numbers for a case opened on this day: the first that is free becomes its own. Drawn before the write, which may run twice.
pub fn draw(today: NaiveDate) -> [String; 3] {
    std::array::from_fn(|_| rules::number(today, &random_token::<5>()))
}

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
    /// What another room does for a line.
    LineWork {
        /// It is on its way back, or here.
        Return = "return", "退货", "return";
        /// It is being repaired.
        Repair = "repair", "维修", "repair";
        /// Something is being given for it.
        Settlement = "settlement", "退款或换货", "refund or exchange";
        /// The buyer is being compensated.
        Compensation = "compensation", "赔偿", "compensation";
    }
}

impl LineWork {
    /// What takes the garment itself: one of them at a time.
    const OF_GOODS: [Self; 2] = [Self::Return, Self::Repair];

    /// Whether it takes the garment itself.
    fn is_of_goods(self) -> bool {
        Self::OF_GOODS.contains(&self)
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

choices! {
    /// Who a note is for.
    #[derive(Default)]
    Audience {
        /// The brand's own people.
        #[default]
        Us = "us", "内部", "For us";
        /// Whoever asked: it stands on their status page.
        Buyer = "buyer", "给买家", "For the buyer";
        /// A supplier.
        Supplier = "supplier", "给供应商", "For a supplier";
    }
}

choices! {
    /// Where a task stands.
    #[derive(Default)]
    TaskState {
        /// To be done.
        #[default]
        Open = "open", "待办", "Open";
        /// Done.
        Done = "done", "已完成", "Done";
        /// Not to be done any more.
        Dropped = "dropped", "已取消", "Dropped";
    }
}

choices! {
    /// Which cases a list shows.
    CaseShown {
        /// Those that somebody has to work on.
        Open = "open", "处理中的", "To be worked on";
        /// Nobody has them.
        New = "new", "新建", "New";
        /// Somebody else's turn.
        Waiting = "waiting", "等待中", "Waiting";
        /// Resolved, and not yet closed.
        Resolved = "resolved", "已解决", "Resolved";
        /// Over.
        Closed = "closed", "已关闭", "Closed";
        /// Not done.
        Cancelled = "cancelled", "已取消", "Cancelled";
        /// Every one.
        All = "all", "全部", "All";
    }
}

choices! {
    /// Which cases a list shows by their next deadline, the nearest first. What waits for its buyer has none that runs.
    CaseDue {
        /// The deadline has passed.
        Overdue = "overdue", "已超时", "Overdue";
        /// Within a day.
        Soon = "soon", "24 小时内到期", "Due within 24 hours";
        /// Later.
        Later = "later", "以后到期", "Due later";
        /// Whenever it is.
        Any = "any", "按到期先后", "By deadline";
    }
}

/// How a case that the desk opens came in.
const CHANNELS: &[Choice] = &[
    Choice { text: "phone", zh: "电话", en: "Telephone", also: &[], about: ("", "") },
    Choice { text: "chat", zh: "在线客服", en: "Chat", also: &[], about: ("", "") },
    Choice { text: "mail", zh: "邮件", en: "Mail", also: &[], about: ("", "") },
    Choice { text: "shop", zh: "门店", en: "Shop", also: &[], about: ("", "") },
];

const BATCH: Reference = Reference { room: "batches", narrowed: "", needs: "production.read" };

#[rustfmt::skip]
mod fields {
    use super::*;

    pub const KIND: Field = Field::new("kind", Kind::Choice(CaseKind::TABLE), &["种类"], &["Kind"]);
    pub const STATE: Field = Field::new("state", Kind::Choice(CaseState::TABLE), &["状态"], &["State"]);
    pub const SEVERITY: Field = Field::new("severity", Kind::Choice(CaseSeverity::TABLE), &["严重程度"], &["Severity"]);
    pub const PRIORITY: Field = Field::new("priority", Kind::Choice(Priority::TABLE), &["优先级"], &["Priority"]);
    pub const QUEUE: Field = Field::new("queue", Kind::Choice(Queue::TABLE), &["队列"], &["Queue"]);
    pub const OWNER: Field = Field::new("owner", Kind::Line(40), &["负责人"], &["Owner"]).nullable();
    pub const CHANNEL: Field = Field::new("channel", Kind::Choice(CaseChannel::TABLE), &["来源"], &["Came by"]);
    pub const ORDER: Field = Field::new("order_no", Kind::Line(60), &["订单号"], &["Order"]);
    pub const CAUSE: Field = Field::new("cause", Kind::Choice(CaseCause::TABLE), &["原因归类"], &["Cause"]).nullable();
    pub const SEQ: Field = Field::new("seq", Kind::Whole(1, i64::MAX), &["次数"], &["Opening"]);
}
use fields::{CAUSE, CHANNEL, KIND, ORDER, OWNER, PRIORITY, QUEUE, SEQ, SEVERITY, STATE};

/// What a list of cases shows, and its files.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "cases", title: ("工单", "Cases"), columns: &[
    Field::new("no", Kind::Code, &["工单号"], &["Number"]).listed(),
    KIND.listed().filter("kind"), STATE.listed(), SEVERITY.listed().filter("severity"), PRIORITY,
    QUEUE.listed().filter("queue"), OWNER.listed(), CHANNEL,
    Field::new("reason.zh", Kind::Line(80), &["中文原因"], &["Reason (Chinese)"]).half_of("reason", Lang::Zh, ("原因", "Reason")).listed(),
    Field::new("reason.en", Kind::Line(80), &["英文原因"], &["Reason (English)"]).half_of("reason", Lang::En, ("原因", "Reason")).listed(),
    Field::new("garments", Kind::Whole(0, i64::MAX), &["件数"], &["Garments"]).listed(),
    Field::new("batch", Kind::Code, &["生产批次"], &["Batch"]).refers(&BATCH).listed(),
    ORDER, CAUSE, SEQ,
    Field::new("due_at", Kind::Moment, &["到期"], &["Due"]).nullable().listed(),
    Field::new("opened_at", Kind::Moment, &["创建时间"], &["Opened"]).listed(),
    Field::new("touched_at", Kind::Moment, &["最近动态"], &["Last moved"]),
] };

/// What a list of cases can be narrowed by besides.
#[rustfmt::skip]
const FILTERS: &[Field] = &[
    Field::new("state", Kind::Choice(CaseShown::TABLE), &["状态"], &["State"]),
    Field::new("due", Kind::Choice(CaseDue::TABLE), &["到期"], &["Due"]),
    Field::new("decided", Kind::Choice(LineDecision::TABLE), &["处理结果"], &["Outcome"]),
    Field::new("owner", Kind::Line(40), &["负责人"], &["Owner"]),
    Field::new("followed", Kind::Line(40), &["曾经手的人"], &["Had it before"]),
    Field::new("from", Kind::Day, &["从"], &["From"]),
    Field::new("to", Kind::Day, &["到"], &["To"]),
];

/// The owner that a list without any is asked for.
const NOBODY: &str = "-";

/// What the history of a case tells of: its own fields and those of its lines.
#[rustfmt::skip]
const TOLD: Fields = Fields { table: "cases", title: FIELDS.title, columns: &[
    KIND, STATE, SEVERITY, PRIORITY, QUEUE, OWNER, CHANNEL, CAUSE, SEQ,
    Field::new("line.state", Kind::Choice(LineState::TABLE), &["单件状态"], &["Line"]),
    Field::new("decided", Kind::Choice(LineDecision::TABLE), &["处理结果"], &["Outcome"]),
    Field::new("grade", Kind::Choice(Condition::TABLE), &["成色"], &["Condition"]),
    Field::new("found_defect", Kind::Line(40), &["发现的缺陷"], &["Found"]).refers(&DEFECT),
    Field::new("line_cause", Kind::Choice(CaseCause::TABLE), &["原因归类"], &["Cause"]),
    Field::new("audience", Kind::Choice(Audience::TABLE), &["对象"], &["For"]),
    Field::new("task", Kind::Choice(TaskState::TABLE), &["任务"], &["Task"]),
    Field::new("photos", Kind::Whole(0, 100), &["照片"], &["Photos"]),
    Field::new("garments", Kind::Whole(0, i64::MAX), &["件数"], &["Garments"]),
    Field::new("into", Kind::Code, &["并入"], &["Goes on in"]),
] };
