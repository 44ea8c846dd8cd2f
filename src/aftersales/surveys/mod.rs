//! After a case is resolved: what its buyer says of it, and who asks some weeks later whether all is still well.
//!
//! - **A survey** is open from the moment a case is resolved, for the days that policy says; nothing is written until it is answered. It is answered
//!   once for each time the case was resolved, by the database; whoever answers for a buyer does so by telephone, under their own name.
//! - **A low score** reaches the supervisor in the same write: the case is opened again and is in their queue, and where it cannot be opened again,
//!   there is a follow-up for them that is due today.
//! - **Follow-ups** of repairs and exchanges are planned by the sweep ([`plan`]), once for each of the days that policy says, and only to ask who
//!   agreed to be asked; that somebody did not is kept.
//!
//! **Satisfied** is an answer of 4 or 5; the share is out of the answers with a score. Who declined is counted apart.

mod advice;
mod http;
mod rules;
mod store;
mod summary;
mod sweep;

use crate::aftersales::cases::CASE;
use crate::aftersales::classes::{CaseChannel, Queue, ReasonClass};
use crate::choices;
use crate::kernel::choices::Choice;
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room};

pub use rules::{FOLLOW_UP_MACHINE, SurveyStanding};
pub use store::answers::{Survey, SurveySaid, answer, buyer_answers, erase, standing};
pub use store::follow_ups::FollowUp;
pub use store::planning::{FollowUpsPlanned, is_due, plan};
pub use summary::{Satisfaction, SatisfactionOf};

/// What buyers said.
pub const ROOM: Room = Room::new("surveys", http::routes).menu(&[Entry::new("/surveys", "surveys-title", &[Permission::CasesRead])]);

/// Who is to be asked again.
pub const FOLLOW_UPS: Room = Room::new("follow-ups", http::follow_up_routes)
    .menu(&[Entry::new("/follow-ups", "follow-ups-title", &[Permission::CasesRead])])
    .sweeps(&[sweep::SWEEP]);

/// Characters a buyer may write with a score.
pub const WORDS_MAX: usize = 1_000;

choices! {
    /// How a survey was answered.
    #[derive(Default)]
    SurveyVia {
        /// On the status page.
        #[default]
        Card = "card", "进度页", "Status page";
        /// By telephone: somebody of the desk wrote it down.
        Phone = "phone", "电话", "Telephone";
    }
}

choices! {
    /// Why somebody asks again.
    #[derive(Default)]
    FollowUpKind {
        /// It was repaired.
        #[default]
        Repair = "repair", "维修后", "After a repair";
        /// Another one was given.
        Exchange = "exchange", "换货后", "After an exchange";
        /// They were dissatisfied.
        LowScore = "low_score", "不满意", "Dissatisfied";
        /// The desk wants to know.
        Desk = "desk", "客服安排", "Planned by the desk";
    }
}

choices! {
    /// Where a follow-up stands.
    #[derive(Default)]
    FollowUpState {
        /// To be done.
        #[default]
        Planned = "planned", "待回访", "To be done";
        /// Done.
        Done = "done", "已回访", "Done";
        /// Nobody did it in time.
        Missed = "missed", "逾期未回访", "Missed";
        /// There was no consent to be asked, or they would rather not be.
        Declined = "declined", "不愿被回访", "Not to be asked";
    }
}

choices! {
    /// What came of a follow-up.
    #[derive(Default)]
    FollowUpResult {
        /// All is well.
        #[default]
        Fine = "fine", "一切正常", "All is well";
        /// Something is wrong again: it goes on in another case.
        Again = "again", "又出现问题", "Wrong again";
    }
}

choices! {
    /// Which follow-ups a list shows.
    FollowUpShown {
        /// Those that are due today, and those that are late.
        Due = "due", "今天到期的", "Due today";
        /// Those that are planned.
        Planned = "planned", "待回访", "To be done";
        /// Those that are over.
        Over = "over", "已结束", "Over";
        /// Every one.
        All = "all", "全部", "All";
    }
}

/// The scores a list can be narrowed by, and those who gave none.
const SCORES: &[Choice] = &[
    Choice { text: "1", zh: "1", en: "1", also: &[], about: ("", "") },
    Choice { text: "2", zh: "2", en: "2", also: &[], about: ("", "") },
    Choice { text: "3", zh: "3", en: "3", also: &[], about: ("", "") },
    Choice { text: "4", zh: "4", en: "4", also: &[], about: ("", "") },
    Choice { text: "5", zh: "5", en: "5", also: &[], about: ("", "") },
    Choice { text: "none", zh: "未评分", en: "Declined", also: &[], about: ("", "") },
];

#[rustfmt::skip]
mod fields {
    use super::*;

    pub const CASE_NO: Field = Field::new("case", Kind::Line(20), &["工单号"], &["Case"]).refers(&CASE);
    pub const SCORE: Field = Field::new("score", Kind::Whole(1, 5), &["评分"], &["Score"]).nullable();
    pub const WORDS: Field = Field::new("words", Kind::Paragraph(WORDS_MAX), &["留言"], &["Words"]);
    pub const DECLINED: Field = Field::new("declined", Kind::Flag, &["不愿评价"], &["Declined"]);
    pub const SERIAL: Field = Field::new("serial", Kind::Line(20), &["序列号"], &["Serial"]).only_read();
    pub const NOTE: Field = Field::new("note", Kind::Paragraph(1_000), &["说明"], &["Note"]);
}
use fields::{CASE_NO, DECLINED, NOTE, SCORE, SERIAL, WORDS};

/// What an answer shows.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "surveys", title: ("满意度", "Satisfaction"), columns: &[
    Field::new("code", Kind::Line(30), &["编号"], &["Answer"]).listed(),
    CASE_NO.listed(), SCORE.listed(), DECLINED.listed(), WORDS.listed(),
    Field::new("via", Kind::Choice(SurveyVia::TABLE), &["方式"], &["Answered by"]).listed(),
    Field::new("agent", Kind::Line(40), &["工单负责人"], &["Agent"]).listed(),
    Field::new("channel", Kind::Choice(CaseChannel::TABLE), &["来源"], &["Came by"]).listed(),
    Field::new("reason_class", Kind::Choice(ReasonClass::TABLE), &["原因类别"], &["Reason"]).listed(),
    Field::new("answered_by", Kind::Actor, &["记录人"], &["Written down by"]),
    Field::new("resolved_at", Kind::Moment, &["解决时间"], &["Resolved"]),
    Field::new("answered_at", Kind::Moment, &["评价时间"], &["Answered"]).listed(),
] };

/// What a list of answers can be narrowed by.
#[rustfmt::skip]
const FILTERS: &[Field] = &[
    Field::new("score", Kind::Choice(SCORES), &["评分"], &["Score"]),
    Field::new("agent", Kind::Line(40), &["工单负责人"], &["Agent"]),
    Field::new("channel", Kind::Choice(CaseChannel::TABLE), &["来源"], &["Came by"]),
    Field::new("class", Kind::Choice(ReasonClass::TABLE), &["原因类别"], &["Reason"]),
    Field::new("from", Kind::Day, &["从"], &["From"]),
    Field::new("to", Kind::Day, &["到"], &["To"]),
];

/// What somebody of the desk says for a buyer.
#[rustfmt::skip]
const NEW: Fields = Fields { table: "surveys", title: FIELDS.title, columns: &[
    CASE_NO.needed().hint("买家在电话里评价的是哪一个工单。", "The case the buyer speaks of on the telephone.", ""),
    SCORE.hint("1 很不满意，5 很满意；不愿评价就留空。", "1 very dissatisfied, 5 very satisfied; left empty where they would rather not say.", "5"),
    DECLINED.hint("买家不愿评价；以后不再询问。", "The buyer would rather not say; they are not asked again.", ""),
    WORDS.hint("买家的原话，不含个人信息。", "What the buyer says, naming no person.", ""),
] };

/// What the buyer's own form asks.
#[rustfmt::skip]
pub const ASKED: Fields = Fields { table: "surveys", title: FIELDS.title, columns: &[SCORE, DECLINED, WORDS] };

/// What a follow-up shows.
#[rustfmt::skip]
pub const FOLLOW_UP_FIELDS: Fields = Fields { table: "follow-ups", title: ("回访", "Follow-ups"), columns: &[
    Field::new("code", Kind::Line(60), &["编号"], &["Follow-up"]).listed(),
    Field::new("due_on", Kind::Day, &["应于"], &["Due"]).listed(),
    Field::new("kind", Kind::Choice(FollowUpKind::TABLE), &["类型"], &["Why"]).listed().filter("kind"),
    CASE_NO.listed(), SERIAL.listed(),
    Field::new("queue", Kind::Choice(Queue::TABLE), &["队列"], &["Queue"]).listed().filter("queue"),
    Field::new("state", Kind::Choice(FollowUpState::TABLE), &["状态"], &["State"]).listed(),
    Field::new("result", Kind::Choice(FollowUpResult::TABLE), &["结果"], &["Result"]).nullable().listed(),
    NOTE,
    Field::new("advice", Kind::Both, &["保养建议"], &["Care advice"]).only_read().not_in_files(),
    Field::new("next_case", Kind::Line(20), &["后续工单"], &["Goes on in"]).refers(&CASE).only_read(),
    Field::new("ended_by", Kind::Actor, &["记录人"], &["By"]),
    Field::new("ended_at", Kind::Moment, &["结束时间"], &["Ended"]).nullable(),
] };

/// What the desk says of one that it plans.
#[rustfmt::skip]
const FOLLOW_UP_NEW: Fields = Fields { table: "follow-ups", title: FOLLOW_UP_FIELDS.title, columns: &[
    CASE_NO.needed(),
    Field::new("line", Kind::Whole(1, 1_000_000), &["行号"], &["Line"]).needed().hint("工单只有一件时为 1。", "1 where the case is about one garment.", "1"),
    Field::new("due_on", Kind::Day, &["应于"], &["Due"]).needed(),
    NOTE.hint("要问什么；不写个人信息。", "What is to be asked, naming no person.", ""),
] };

/// What a list of follow-ups can be narrowed by besides; without a word it shows what is due.
#[rustfmt::skip]
const FOLLOW_UP_FILTERS: &[Field] = &[
    Field::new("shown", Kind::Choice(FollowUpShown::TABLE), &["显示"], &["Show"]).needed(),
];

/// What came of a follow-up.
#[rustfmt::skip]
const DONE: Fields = Fields { table: "follow-ups", title: FOLLOW_UP_FIELDS.title, columns: &[
    Field::new("result", Kind::Choice(FollowUpResult::TABLE), &["结果"], &["Result"]).needed()
        .hint("又出现问题时，会按原来的原因新建一个后续工单。", "Where something is wrong again, a case that follows this one is opened, for the same reason.", ""),
    NOTE.hint("买家说了什么；不写个人信息。", "What the buyer says, naming no person.", ""),
] };

/// Why somebody is not asked.
#[rustfmt::skip]
const DECLINE: Fields = Fields { table: "follow-ups", title: FOLLOW_UP_FIELDS.title, columns: &[NOTE.needed()] };
