//! Service levels: how long an answer, a decision, a repair may take, as rows a deployment edits; and the clocks of cases that run on them.
//!
//! A case says what happened to it ([`happened`]); the table of clocks (`catalogue::CLOCKS`) says which clocks that starts, stops or makes wait.
//! A clock is its list of events: when it is due, whether it was missed and what a screen shows of it come from one reading of them
//! (`rules::read`). What stands in the clock's columns is an index of that, so that what is due is found among millions.
//! The sweep ([`sweep()`]) asks that index, reads anew, and leaves at most one escalation a step, whoever runs it and however often.

mod catalogue;
mod rules;
mod store;
mod sweep;
mod view;

use crate::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use crate::choices;
use crate::kernel::calendar::{Target, Unit};
use crate::kernel::error::{Code, Fault};
use crate::kernel::text::{self, Lang};
use crate::kernel::{Id, countries, saturating};
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, Routes};
use crate::platform::rooms::{Field, Fields, Kind, Reference, Room, import_table, list_description, list_routes};

pub(crate) use store::clock;
pub use store::{ServiceLevel, happened, happened_to, reckon, seed, taken};
pub use sweep::{Swept, sweep};
pub use view::{DueClock, ShownClock, ShownEscalation, due_before, of};

/// The clocks that run, for the desk.
pub const DEADLINES: Room =
    Room::new("clocks", clock_routes).menu(&[Entry::new("/clocks", "clocks-title", &[Permission::CasesRead])]).sweeps(&[sweep::SWEEP]);

/// The levels they run on.
pub const ROOM: Room = Room::of::<ServiceLevel>()
    .menu(&[Entry::new("/service-levels", "service-levels-title", &[Permission::PolicyEdit])])
    .imports(&[import_table::<ServiceLevel>()])
    .seeds(&[seed])
    .works(&[|| Box::new(sweep::ReckonWork)]);

fn clock_routes(on: &mut Routes<'_>) {
    on.described(list_description::<DueClock>);
    list_routes::<DueClock>(on);
}

choices! {
    /// What happens to a case or to a part of it, as far as clocks care.
    Moment {
        /// It was opened.
        Opened = "opened", "工单创建", "Opened";
        /// A person answered the buyer for the first time.
        FirstReply = "first_reply", "首次人工答复", "First answer by a person";
        /// The buyer was spoken to.
        Contacted = "contacted", "已联系买家", "Buyer contacted";
        /// A solution was proposed.
        Proposed = "proposed", "已提出方案", "Solution proposed";
        /// A return was granted.
        Approved = "approved", "退换申请通过", "Return granted";
        /// A return was not granted.
        Rejected = "rejected", "退换申请未通过", "Return not granted";
        /// Goods need not come back: the photos are enough.
        PhotoApproved = "photo_approved", "凭照片免退货通过", "Granted by photos";
        /// Goods were taken over from the buyer.
        Collected = "collected", "已取件", "Collected";
        /// Goods arrived here.
        Received = "received", "已收货", "Received";
        /// The inspection accepted what came back.
        Accepted = "accepted", "验货通过", "Accepted by the inspection";
        /// Somebody looked at what came back.
        Inspected = "inspected", "已检验", "Inspected";
        /// The buyer contests what was found.
        Disputed = "disputed", "买家有异议", "Contested by the buyer";
        /// What is done about it was decided.
        Decided = "decided", "已决定", "Decided";
        /// What was decided was done.
        Settled = "settled", "已处理完毕", "Settled";
        /// Money was authorised to go back.
        Authorised = "authorised", "退款已批准", "Refund authorised";
        /// It is not to go back after all.
        Voided = "voided", "退款已作废", "Refund made void";
        /// Money was paid.
        Paid = "paid", "退款已支付", "Refund paid";
        /// Goods were sent out to the buyer.
        Shipped = "shipped", "已向买家发出", "Sent to the buyer";
        /// A service point needs goods.
        Needed = "needed", "已登记补货需求", "Goods needed";
        /// They arrived there.
        Restocked = "restocked", "补货已到服务点", "Goods arrived";
        /// A repair was looked at.
        Triaged = "triaged", "维修已初检", "Repair looked at";
        /// A price and a plan were given.
        Quoted = "quoted", "已报价", "Quoted";
        /// The buyer agreed to them.
        QuoteAccepted = "quote_accepted", "买家已接受报价", "Quote accepted";
        /// Somebody is with the buyer.
        OnSite = "on_site", "已到达现场", "On site";
        /// Whoever repaired checked it.
        SelfChecked = "self_checked", "已自检", "Checked by the repairer";
        /// A party was told that it answers for something.
        Notified = "notified", "已通知责任方", "Party notified";
        /// It answered.
        Answered = "answered", "责任方已答复", "Party answered";
        /// It is the buyer's turn: their time does not count.
        Waiting = "waiting", "等待买家", "Waiting for the buyer";
        /// It is our turn, or a supplier's.
        Working = "working", "处理中", "Being worked on";
        /// It is another kind of case, or graver, or more urgent than it was.
        Reclassified = "reclassified", "重新分类", "Reclassified";
        /// The buyer was told the result.
        Resolved = "resolved", "已解决", "Resolved";
        /// It was opened again.
        Reopened = "reopened", "重新打开", "Opened again";
        /// It is not to be done any more, or goes on in another case.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

choices! {
    /// Where a clock stands.
    #[derive(Default)]
    ClockState {
        /// Time runs.
        #[default]
        Running = "running", "计时中", "Running";
        /// Time stands still.
        Paused = "paused", "暂停", "Paused";
        /// Done in time.
        Met = "met", "按时完成", "Met";
        /// The deadline passed first. Nothing takes that back.
        Missed = "missed", "已超时", "Missed";
        /// Not to be done any more.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

choices! {
    /// A step of the escalation of a clock; each is told once.
    EscalationStep {
        /// A share of the time is gone: whoever has the case is told.
        Warned = "warned", "已提醒负责人", "Owner warned";
        /// The deadline passed: the owner and the supervisor are told.
        Missed = "missed", "已通知主管", "Supervisor told";
        /// It is late for long: the director is told.
        Overdue = "overdue", "已上报总监", "Director told";
    }
}

choices! {
    /// What a level's time is counted in.
    #[derive(Default)]
    LevelUnit {
        /// Seconds, day and night.
        Seconds = "seconds", "秒", "seconds";
        /// Minutes, day and night.
        Minutes = "minutes", "分钟", "minutes";
        /// Hours, day and night.
        #[default]
        Hours = "hours", "小时", "hours";
        /// Days of 24 hours.
        Days = "days", "天", "days", ["自然日", "calendar days"];
        /// Minutes of working time.
        WorkingMinutes = "working_minutes", "工作分钟", "working minutes";
        /// Hours of working time.
        WorkingHours = "working_hours", "工作小时", "working hours";
        /// Working days: until closing time of the last, the first not counted.
        WorkingDays = "working_days", "个工作日", "working days", ["工作日"];
    }
}

impl LevelUnit {
    /// What a calendar counts, and how many of that one is.
    const fn counted(self) -> (Unit, i64) {
        match self {
            Self::Seconds => (Unit::Seconds, 1),
            Self::Minutes => (Unit::Seconds, 60),
            Self::Hours => (Unit::Seconds, 3_600),
            Self::Days => (Unit::Seconds, 86_400),
            Self::WorkingMinutes => (Unit::WorkingMinutes, 1),
            Self::WorkingHours => (Unit::WorkingMinutes, 60),
            Self::WorkingDays => (Unit::WorkingDays, 1),
        }
    }

    /// So many of it as a target.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] for `target`.
    pub fn target(self, value: i64) -> Result<Target, Fault> {
        let (unit, each) = self.counted();
        Target::new("target", unit, saturating(value.saturating_mul(each))).map_err(|_| {
            Fault::new("target", Code::OutOfRange).with("value", value).with("min", 1).with("max", i64::from(unit.most()) / each)
        })
    }
}

choices! {
    /// When the clocks of a list are due.
    DueWhen {
        /// The deadline has passed.
        Overdue = "overdue", "已超时", "Overdue";
        /// Due within a day.
        Soon = "soon", "24 小时内到期", "Due within 24 hours";
        /// Due later.
        Later = "later", "以后到期", "Due later";
    }
}

/// The case that something happens to, as far as clocks care.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its id.
    pub case: Id,
    /// What people call it.
    pub no: &'a str,
    /// What it is about.
    pub kind: CaseKind,
    /// How grave it is.
    pub severity: CaseSeverity,
    /// What is done first.
    pub priority: Priority,
    /// How it came in.
    pub channel: CaseChannel,
    /// The market whose rules hold: an ISO 3166 code of two letters, or empty.
    pub market: &'a str,
}

const NAME: (&str, &str) = ("名称", "Name");

/// The fields of a level.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "service-levels", title: ("服务时限", "Service levels"), columns: &[
    Field::new("code", Kind::Text(level_code, as_it_is), &["编码"], &["Code"]).needed().unique().listed()
        .hint("小写字母、数字和 - _ .，最多 40 个；保存后不再改变。", "Small letters, digits and - _ . , at most 40. It never changes.", "complaint.first_reply"),
    Field::new("name_zh", Kind::Line(80), &["中文名称"], &["Name (Chinese)"]).half_of("name", Lang::Zh, NAME).needed().hint("", "", "投诉首次答复"),
    Field::new("name_en", Kind::Line(80), &["英文名称"], &["Name (English)"]).half_of("name", Lang::En, NAME).needed().hint("", "", "First answer to a complaint"),
    Field::new("clock", Kind::Choice(catalogue::TABLE), &["计时项目"], &["Clock"]).needed().listed().filter("clock")
        .hint("从哪一刻计到哪一刻。", "From which moment to which.", "complaint.first_reply"),
    Field::new("rank", Kind::Whole(1, 9_999), &["顺序"], &["Rank"]).needed().listed()
        .hint("符合条件的各行中数字最小的生效；没有条件的一行必须排在最后。", "Of the rows that fit, the one with the smallest number holds; the row without conditions comes last.", "900"),
    Field::new("kind", Kind::Choice(CaseKind::TABLE), &["工单类型"], &["Case kind"]).nullable().listed().filter("kind").part("适用于（不填为全部）", "For which cases (nothing for all)"),
    Field::new("severity", Kind::Choice(CaseSeverity::TABLE), &["严重程度"], &["Severity"]).nullable().listed(),
    Field::new("priority", Kind::Choice(Priority::TABLE), &["优先级"], &["Priority"]).nullable().listed(),
    Field::new("channel", Kind::Choice(CaseChannel::TABLE), &["渠道"], &["Channel"]).nullable().listed(),
    Field::new("market", Kind::Text(countries::read, countries::name), &["市场"], &["Market"]).listed().hint("国家，例如 CN。", "A country, such as CN.", ""),
    Field::new("target", Kind::Whole(1, 315_576_000), &["时限"], &["Target"]).needed().listed().part("时限", "How long it may take").hint("", "", "24"),
    Field::new("unit", Kind::Choice(LevelUnit::TABLE), &["单位"], &["Unit"]).needed().listed()
        .hint("工作时间按下面的日历计算，其余昼夜连续计时。", "Working time is counted by the calendar below; everything else runs day and night.", "小时"),
    Field::new("warn_percent", Kind::Whole(1, 99), &["提醒（用时 %）"], &["Warn at, %"]).nullable().listed()
        .hint("用去这一比例的时间后提醒负责人；不填则不提醒。", "The owner is warned when this share of the time is gone; never where nothing is said.", "75"),
    Field::new("escalate_percent", Kind::Whole(101, 1_000), &["上报（用时 %）"], &["Escalate at, %"]).nullable()
        .hint("超时后主管总会收到通知；用到这一比例时上报总监，按工作日计时的至少再过一天。不填则不上报。", "The supervisor is always told of a missed deadline; the director is at this share, at least a day later where days are counted. Never where nothing is said.", "150"),
    Field::new("calendar", Kind::Code, &["工作时间"], &["Working hours"]).needed().listed().refers(&WEEK)
        .hint("按哪个团队的工作时间计算和通知。", "By whose hours it is counted, and when they are told.", "DESK"),
    Field::new("valid_from", Kind::Day, &["生效日期"], &["Valid from"]).needed().listed().part("有效期", "When it holds").hint("", "", "2026-01-01"),
    Field::new("valid_to", Kind::Day, &["失效日期"], &["Valid until"]).nullable().listed().hint("最后一天；不填为一直有效。", "The last day; for good where nothing is said.", ""),
] };

const WEEK: Reference = Reference { room: "working-hours", narrowed: "", needs: "policy.edit" };

/// A level's code: 1 to 40 characters of `a-z`, digits and `- _ .`, in whatever case and width it was written; kept folded.
fn level_code(field: &'static str, written: &str) -> Result<String, Fault> {
    let code = text::folded(&text::line(field, written, 40)?);
    let is_plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte));
    if is_plain { Ok(code) } else { Err(Fault::new(field, Code::Malformed).with("value", code).with("reason", "level-code")) }
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_say_hours_and_days_and_calendars_count_seconds_and_minutes() {
        let counted = |unit: LevelUnit, value| unit.target(value).map(|target| (target.unit(), target.value()));
        assert_eq!(counted(LevelUnit::Hours, 24), Ok((Unit::Seconds, 86_400)));
        assert_eq!(counted(LevelUnit::Days, 7), Ok((Unit::Seconds, 604_800)));
        assert_eq!(counted(LevelUnit::WorkingHours, 2), Ok((Unit::WorkingMinutes, 120)));
        assert_eq!(counted(LevelUnit::WorkingDays, 3), Ok((Unit::WorkingDays, 3)));
        for (unit, value) in
            [(LevelUnit::Days, 4_000), (LevelUnit::WorkingDays, 3_661), (LevelUnit::Seconds, 0), (LevelUnit::Hours, i64::MAX)]
        {
            assert_eq!(counted(unit, value).unwrap_err().code, Code::OutOfRange, "{value}");
        }
    }
}
