//! Which clocks there are: what starts and stops each, whether the buyer's time counts; and the levels a deployment starts with, which it edits.

use super::{About, LevelUnit, Moment};
use crate::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use crate::kernel::choices::Choice;
use crate::kernel::text::Both;

use Moment::{
    Accepted, Answered, Approved, Authorised, Collected, Contacted, Decided, Disputed, FirstReply, Inspected, Needed, Notified, OnSite,
    Opened, Paid, PhotoApproved, Proposed, QuoteAccepted, Quoted, Received, Rejected, Reopened, Resolved, Restocked, SelfChecked, Settled,
    Shipped, Triaged, Voided,
};

/// A clock: from which moment to which.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Its code; never changes.
    pub code: &'static str,
    /// The kinds of case it is for; none for all.
    pub kinds: &'static [CaseKind],
    /// For cases this grave alone.
    pub severity: Option<CaseSeverity>,
    /// For cases of this priority alone.
    pub priority: Option<Priority>,
    /// For cases that came this way alone.
    pub channel: Option<CaseChannel>,
    /// It starts at any of these, unless it runs.
    pub starts: &'static [Moment],
    /// It stops at any of these.
    pub stops: &'static [Moment],
    /// It ends at any of these without having been met: it is not owed any more.
    pub drops: &'static [Moment],
    /// Whether it stands still while it is the buyer's turn. The clocks of a first contact never do.
    pub waits: bool,
}

impl Clock {
    /// Whether a case has it.
    pub fn is_of(&self, about: &About<'_>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&about.kind))
            && self.severity.is_none_or(|only| only == about.severity)
            && self.priority.is_none_or(|only| only == about.priority)
            && self.channel.is_none_or(|only| only == about.channel)
    }
}

/// What people call a clock; its code where there is none of that code any more.
pub fn name_of(code: &str) -> Both {
    let (zh, en) = Choice::of(TABLE, code).map_or((code, code), |choice| (choice.zh, choice.en));
    Both { zh: zh.to_owned(), en: en.to_owned() }
}

/// The clock of a code.
pub fn clock(code: &str) -> Option<&'static Clock> {
    CLOCKS.iter().find(|clock| clock.code == code)
}

const BACK: &[CaseKind] = &[CaseKind::Return, CaseKind::Exchange, CaseKind::Withdrawal];
const COMPLAINT: &[CaseKind] = &[CaseKind::Complaint];
const REPAIR: &[CaseKind] = &[CaseKind::Repair];
/// Complaints have a clock of their own from beginning to end.
const OTHERS: &[CaseKind] = &[CaseKind::Consult, CaseKind::Return, CaseKind::Exchange, CaseKind::Repair, CaseKind::Withdrawal];

/// A clock with no condition but kinds.
const fn plain(code: &'static str, kinds: &'static [CaseKind], starts: &'static [Moment], stops: &'static [Moment], waits: bool) -> Clock {
    Clock { code, kinds, severity: None, priority: None, channel: None, starts, stops, drops: &[], waits }
}

/// Every clock. A case that is resolved has been answered, decided and settled; a payment and a supplier's answer may still be owed.
#[rustfmt::skip]
pub const CLOCKS: &[Clock] = &[
    Clock { channel: Some(CaseChannel::Chat), ..plain("chat.first", &[], &[Opened], &[FirstReply, Proposed, Resolved], false) },
    plain("consult.first", &[CaseKind::Consult], &[Opened], &[FirstReply, Proposed, Resolved], false),
    Clock { priority: Some(Priority::Urgent), ..plain("urgent.plan", &[], &[Opened], &[Proposed, Resolved], true) },
    Clock { severity: Some(CaseSeverity::Critical), ..plain("incident.onsite", &[], &[Opened], &[OnSite, Resolved], false) },
    plain("complaint.contact", COMPLAINT, &[Opened], &[Contacted, Resolved], false),
    plain("complaint.first_reply", COMPLAINT, &[Opened, Reopened], &[FirstReply, Proposed, Resolved], false),
    plain("complaint.resolve", COMPLAINT, &[Opened, Reopened], &[Resolved], true),
    plain("case.resolve", OTHERS, &[Opened, Reopened], &[Resolved], true),
    plain("return.review", &[CaseKind::Return, CaseKind::Exchange], &[Opened], &[Approved, Rejected, PhotoApproved, Decided, Resolved], true),
    plain("return.pickup", BACK, &[Approved], &[Collected, Received, Resolved], true),
    plain("return.settle", BACK, &[Received], &[Settled, Resolved], true),
    Clock { drops: &[Voided], ..plain("refund.payout", &[], &[Authorised], &[Paid], false) },
    plain("exchange.ship", &[CaseKind::Exchange], &[Accepted], &[Shipped, Resolved], true),
    plain("exchange.returnless.ship", BACK, &[PhotoApproved], &[Shipped, Settled, Resolved], true),
    plain("restock.arrive", &[], &[Needed], &[Restocked], false),
    plain("repair.estimate", REPAIR, &[Triaged], &[Quoted, Resolved], true),
    plain("repair.pickup", REPAIR, &[QuoteAccepted], &[Collected, Received, Resolved], true),
    plain("repair.complete", REPAIR, &[Received], &[Shipped, Resolved], true),
    plain("repair.onsite_minor", REPAIR, &[OnSite], &[SelfChecked, Resolved], false),
    plain("liability.reply", &[], &[Notified], &[Answered], false),
    plain("return.inspect", BACK, &[Received, Disputed], &[Inspected, Settled], false),
    Clock { drops: &[Rejected], ..plain("refund.statutory", BACK, &[Received], &[Paid, Settled], false) },
];

const fn called(text: &'static str, zh: &'static str, en: &'static str) -> Choice {
    Choice { text, zh, en, also: &[], about: ("", "") }
}

/// What people call the clocks.
pub const TABLE: &[Choice] = &[
    called("chat.first", "在线客服首次应答", "First answer in a chat"),
    called("consult.first", "咨询首次人工答复", "First answer to a question"),
    called("urgent.plan", "紧急工单提出方案", "Proposal for an urgent case"),
    called("incident.onsite", "重大事件团队到场", "Team on site of a critical case"),
    called("complaint.contact", "投诉首次联系买家", "First contact after a complaint"),
    called("complaint.first_reply", "投诉首次答复", "First answer to a complaint"),
    called("complaint.resolve", "投诉解决", "Complaint resolved"),
    called("case.resolve", "工单解决", "Case resolved"),
    called("return.review", "退换申请审核", "Return or exchange reviewed"),
    called("return.pickup", "退换上门取件", "Return collected"),
    called("return.settle", "退换收货后处理", "Return settled after arrival"),
    called("refund.payout", "退款到账", "Refund paid"),
    called("exchange.ship", "换货发出", "Exchange sent"),
    called("exchange.returnless.ship", "免退货换货发出", "Exchange sent without a return"),
    called("restock.arrive", "补货到达服务点", "Goods at the service point"),
    called("repair.estimate", "维修报价", "Repair quoted"),
    called("repair.pickup", "维修上门取件", "Repair collected"),
    called("repair.complete", "维修完成寄出", "Repair done and sent"),
    called("repair.onsite_minor", "现场小修", "Small repair on site"),
    called("liability.reply", "责任方答复", "Answer of the liable party"),
    called("return.inspect", "退回件检验", "Returned garment inspected"),
    called("refund.statutory", "法定退款期限", "Refund within the statutory period"),
];

/// A level as it is shipped: the row of a clock without conditions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    /// The clock, and the level's code.
    pub clock: &'static str,
    /// How long it may take.
    pub target: i64,
    /// Counted in what.
    pub unit: LevelUnit,
    /// When the owner is warned, in percent of it.
    pub warn: Option<i64>,
    /// When the director is told, in percent of it.
    pub escalate: Option<i64>,
}

/// Rank of the rows that are shipped: behind whatever a deployment puts before them.
pub const LAST_RANK: i64 = 900;

const fn seed(clock: &'static str, target: i64, unit: LevelUnit, warn: Option<i64>) -> Seed {
    Seed { clock, target, unit, warn, escalate: Some(150) }
}

/// The levels as they are shipped.
#[rustfmt::skip]
pub const SEED: &[Seed] = &[
    Seed { escalate: None, ..seed("chat.first", 30, LevelUnit::Seconds, None) },
    seed("consult.first", 2, LevelUnit::WorkingHours, Some(75)),
    seed("urgent.plan", 4, LevelUnit::Hours, Some(50)),
    seed("incident.onsite", 24, LevelUnit::Hours, Some(50)),
    seed("complaint.contact", 1, LevelUnit::Hours, Some(50)),
    seed("complaint.first_reply", 24, LevelUnit::Hours, Some(75)),
    seed("complaint.resolve", 3, LevelUnit::WorkingDays, Some(75)),
    seed("case.resolve", 10, LevelUnit::WorkingDays, Some(75)),
    seed("return.review", 1, LevelUnit::WorkingDays, None),
    seed("return.pickup", 48, LevelUnit::Hours, Some(75)),
    seed("return.settle", 3, LevelUnit::WorkingDays, Some(75)),
    seed("refund.payout", 5, LevelUnit::WorkingDays, Some(60)),
    seed("exchange.ship", 1, LevelUnit::WorkingDays, None),
    seed("exchange.returnless.ship", 48, LevelUnit::Hours, Some(75)),
    seed("restock.arrive", 48, LevelUnit::Hours, Some(75)),
    seed("repair.estimate", 1, LevelUnit::WorkingDays, None),
    seed("repair.pickup", 48, LevelUnit::Hours, Some(75)),
    seed("repair.complete", 7, LevelUnit::Days, Some(71)),
    seed("repair.onsite_minor", 30, LevelUnit::Minutes, Some(83)),
    seed("liability.reply", 7, LevelUnit::WorkingDays, Some(75)),
    seed("return.inspect", 2, LevelUnit::WorkingDays, Some(75)),
    seed("refund.statutory", 7, LevelUnit::Days, Some(75)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_has_a_name_a_level_and_an_end() {
        let codes: Vec<&str> = CLOCKS.iter().map(|clock| clock.code).collect();
        assert_eq!(TABLE.iter().map(|choice| choice.text).collect::<Vec<_>>(), codes);
        assert_eq!(SEED.iter().map(|seed| seed.clock).collect::<Vec<_>>(), codes);
        for clock in CLOCKS {
            assert!(!clock.starts.is_empty() && !clock.stops.is_empty(), "{}", clock.code);
            assert!(!clock.starts.iter().any(|moment| clock.stops.contains(moment)), "{} would stop as it starts", clock.code);
        }
        for seed in SEED {
            seed.unit.target(seed.target).unwrap();
        }
    }

    #[test]
    fn an_open_case_of_any_kind_has_a_clock_until_it_is_resolved() {
        for kind in CaseKind::ALL {
            let about = About {
                case: crate::kernel::Id(1),
                no: "C-1",
                kind: *kind,
                severity: CaseSeverity::General,
                priority: Priority::Normal,
                channel: CaseChannel::Card,
                market: "CN",
            };
            let to_the_end = |clock: &&Clock| clock.is_of(&about) && clock.starts == [Opened, Reopened] && clock.stops == [Resolved];
            assert_eq!(CLOCKS.iter().filter(to_the_end).count(), 1, "{kind:?}");
        }
    }
}
