//! How cases go, step by step: what the desk, the bench and the inspectors usually do, and when.

use chrono::{NaiveDate, TimeDelta};
use serde_json::json;

use super::telling::{Deed, FREIGHT, Reckoned, Step};
use crate::aftersales::cases::{Audience, BUYER, CaseAct, CaseState, Condition, LineDecision};
use crate::aftersales::classes::{CaseCause, Queue};
use crate::aftersales::returns::{Inbound, ReturnAct, ReturnOutcome};
use crate::aftersales::settlements::{LedgerKind, SettlementKind};
use crate::demo::people::{AGENT, FINANCE, INSPECTOR, LEAD, MANAGER, QUALITY, REPAIRER};
use crate::kernel::GarmentId;
use crate::kernel::text::Lang;

/// Steps of a case that began on this day, in the language of whoever asked.
pub(super) struct Plot {
    lang: Lang,
    began: NaiveDate,
    steps: Vec<Step>,
}

impl Plot {
    pub(super) const fn new(lang: Lang, began: NaiveDate) -> Self {
        Self { lang, began, steps: Vec::new() }
    }

    /// All of them, in the order of their instants.
    pub(super) fn steps(mut self) -> Vec<Step> {
        self.steps.sort_by_key(|step| (step.day, step.minute));
        self.steps
    }

    fn text(&self, zh: &str, en: &str) -> String {
        self.lang.of(zh, en).to_owned()
    }

    /// So many days after it began, at this hour.
    pub(super) fn at(mut self, day: i64, hour: i64, actor: &'static str, deed: Deed) -> Self {
        // Within an hour each takes its minutes.
        let minute = hour * 60;
        let last = self.steps.iter().rev().find(|step| step.day == day).map_or(minute, |step| (step.minute + 3).max(minute));
        self.steps.push(Step { day, minute: last, actor, deed });
        self
    }

    pub(super) fn case(self, day: i64, hour: i64, act: CaseAct) -> Self {
        self.at(day, hour, AGENT, Deed::Case(act))
    }

    pub(super) fn to(self, day: i64, hour: i64, to: CaseState) -> Self {
        self.at(day, hour, AGENT, Deed::To(to))
    }

    /// What the buyer reads.
    pub(super) fn answer(self, day: i64, hour: i64, zh: &str, en: &str) -> Self {
        let body = self.text(zh, en);
        self.case(day, hour, CaseAct::Note { audience: Audience::Buyer, party: None, body })
    }

    /// What only the brand's people read.
    pub(super) fn note(self, day: i64, hour: i64, body: &str) -> Self {
        self.case(day, hour, CaseAct::Note { audience: Audience::Us, party: None, body: body.to_owned() })
    }

    pub(super) fn decide(self, day: i64, hour: i64, outcome: LineDecision, reason: Option<(&str, &str)>) -> Self {
        let reason = reason.map(|(zh, en)| self.text(zh, en));
        self.case(day, hour, CaseAct::Decide { line: Some(1), outcome, reason })
    }

    pub(super) fn back(self, day: i64, hour: i64, actor: &'static str, act: ReturnAct) -> Self {
        self.at(day, hour, actor, Deed::Back(act))
    }

    pub(super) fn cost(self, day: i64, hour: i64, kind: LedgerKind, minor: i64, reference: &str) -> Self {
        self.at(day, hour, AGENT, Deed::Cost(kind, minor, reference.to_owned()))
    }

    /// The result is told, and a week later it is over.
    pub(super) fn resolve(self, day: i64, hour: i64, (zh, en): (&str, &str), cause: Option<CaseCause>) -> Self {
        let result = self.text(zh, en);
        self.at(day, hour, AGENT, Deed::Done).case(day, hour, CaseAct::Resolve { result, cause }).case(day + 8, 10, CaseAct::Close {})
    }

    /// A question that is answered.
    pub(super) fn advice(self, (zh, en): (&str, &str)) -> Self {
        self.answer(0, 14, zh, en).decide(0, 14, LineDecision::Advice, None).resolve(
            0,
            15,
            ("已答复您的问题，如还有疑问可随时回复。", "We have answered; write again if anything is left open."),
            None,
        )
    }

    /// Comes back by parcel, under a rule of rights or as goodwill: here on the sixth day, looked at, accepted.
    pub(super) fn comes_back(
        self,
        rule: Option<&'static str>,
        found: Option<&'static str>,
        grade: Condition,
        report: (&str, &str),
    ) -> Self {
        let came = self.began + TimeDelta::days(6);
        let waybill = came.format("SF14%y%m%d00").to_string();
        let goodwill = self.text("买家诉求合理，按善意处理。", "A fair request: granted as goodwill.");
        let note = if rule.is_some() { String::new() } else { goodwill };
        let report = self.text(report.0, report.1);
        self.answer(
            0,
            13,
            "已收到您的申请，我们马上处理；寄回方式稍后发给您。",
            "We have your request and are on it; how to send it back follows.",
        )
        .to(0, 13, CaseState::InProgress)
        .at(0, 14, AGENT, Deed::Return(rule, note))
        .back(1, 10, AGENT, ReturnAct::Approve { inbound: Some(Inbound::Parcel) })
        .to(1, 10, CaseState::InTransit)
        .back(3, 12, AGENT, ReturnAct::Sent { waybill: waybill.clone() })
        .back(6, 10, AGENT, ReturnAct::Received { on: Some(came) })
        .to(6, 10, CaseState::InProgress)
        .cost(6, 10, LedgerKind::LogisticsIn, FREIGHT, &waybill)
        .at(7, 10, INSPECTOR, Deed::Looked(found, grade))
        .back(7, 11, INSPECTOR, ReturnAct::Accept { report, partly: false, amount: None })
    }

    /// What came back is paid back; what costs more than 2,000 takes two to approve.
    pub(super) fn refunded(self, is_dear: bool, (zh, en): (&str, &str), cause: CaseCause) -> Self {
        let reason = self.text(zh, en);
        let reference = format!("BANK{}", (self.began + TimeDelta::days(9)).format("%Y%m%d"));
        let asked = self
            .decide(7, 14, LineDecision::Refund, None)
            .back(7, 14, AGENT, ReturnAct::Settle {})
            .at(7, 14, AGENT, Deed::Give(SettlementKind::Refund, None, None, reason))
            .at(7, 16, FINANCE, Deed::Approved);
        let approved = if is_dear { asked.at(7, 17, LEAD, Deed::Approved) } else { asked };
        approved
            .at(8, 10, FINANCE, Deed::PaidOut)
            .at(9, 10, FINANCE, Deed::Paid(reference, None))
            .back(9, 10, AGENT, ReturnAct::Settled { outcome: ReturnOutcome::Refund })
            .resolve(
                9,
                11,
                ("退款已原路退回，预计 1 到 3 个工作日到账。", "Your money is on its way back and arrives within 1 to 3 working days."),
                Some(cause),
            )
    }

    /// What came back is exchanged for this garment, which cost so many minor units to make.
    pub(super) fn exchanged(self, (new, goods_minor): (GarmentId, i64), is_dear: bool, (zh, en): (&str, &str), cause: CaseCause) -> Self {
        let reason = self.text(zh, en);
        let asked = self
            .decide(7, 14, LineDecision::Exchange, None)
            .back(7, 14, AGENT, ReturnAct::Settle {})
            .at(7, 14, AGENT, Deed::Give(SettlementKind::Exchange, None, Some(new), reason))
            .at(7, 15, FINANCE, Deed::Approved);
        let approved = if is_dear { asked.at(7, 16, LEAD, Deed::Approved) } else { asked };
        approved
            .at(7, 17, FINANCE, Deed::PaidOut)
            .at(8, 11, FINANCE, Deed::Paid("SF1500021177".to_owned(), Some(goods_minor)))
            .back(8, 11, AGENT, ReturnAct::Settled { outcome: ReturnOutcome::Exchange })
            .resolve(8, 12, ("新衣已寄出，请留意快递。", "The new one is on its way to you."), Some(cause))
    }

    /// Mended at the bench: quoted, agreed to, checked by two, signed on the ninth day. `part` is the component and the lot that is put in.
    pub(super) fn repaired(self, seen: (&str, &str), plan: (&str, &str), found: &'static str, part: Option<(&str, &str)>) -> Self {
        let day = |days| self.began + TimeDelta::days(days);
        let (received, ready, handed) = (day(3), day(9), day(8));
        let (seen, plan) = (self.text(seen.0, seen.1), self.text(plan.0, plan.1));
        let begun = self
            .answer(
                0,
                13,
                "已收到，纽扣和开线都可以免费修好，请看维修方案。",
                "Thank you: we mend this free of charge. Please look at our plan.",
            )
            .at(0, 14, AGENT, Deed::Bench(seen))
            .at(0, 14, AGENT, Deed::Repair("quote", json!({ "plan": plan, "price": "0", "currency": "CNY", "ready_on": ready })))
            .at(1, 9, BUYER, Deed::Repair("accept", json!({ "quote_version": 1, "via": "card" })))
            .to(1, 10, CaseState::InTransit)
            .at(3, 10, REPAIRER, Deed::Repair("receive", json!({ "received_on": received })))
            .to(3, 10, CaseState::InProgress)
            .cost(3, 10, LedgerKind::LogisticsIn, FREIGHT, "")
            .at(3, 15, REPAIRER, Deed::Looked(Some(found), Condition::C))
            .at(4, 9, REPAIRER, Deed::Repair("start", json!({})));
        let mended = match part {
            Some((component, lot)) => {
                let put_in = json!({ "component": component, "lot": lot, "quantity_milli": 1_000 });
                begun.at(4, 10, REPAIRER, Deed::Repair("part", put_in)).cost(4, 11, LedgerKind::RepairParts, 80, lot)
            }
            None => begun,
        };
        mended
            .cost(4, 11, LedgerKind::RepairLabour, 1_500, "")
            .at(4, 11, REPAIRER, Deed::Repair("check", json!({ "passed": true })))
            .at(4, 15, INSPECTOR, Deed::Repair("check", json!({ "passed": true })))
            .at(5, 10, AGENT, Deed::Repair("send", json!({})))
            .cost(5, 10, LedgerKind::LogisticsOut, FREIGHT, "")
            .at(8, 12, BUYER, Deed::Repair("hand", json!({ "handed_on": handed })))
            .at(8, 18, BUYER, Deed::Repair("sign", json!({ "passed": true, "score": 5 })))
    }

    /// Nobody outside is charged: decided by somebody else than had it reckoned, and final.
    pub(super) fn ours(self, day: i64, of: Reckoned, why: (&str, &str)) -> Self {
        let why = self.text(why.0, why.1);
        self.at(day, 10, MANAGER, Deed::Reckoned(of)).at(day, 15, LEAD, Deed::Judged(why)).at(day, 16, MANAGER, Deed::Finished)
    }

    /// A party is charged, told, and accepts.
    pub(super) fn accepted(self, day: i64, of: Reckoned, (party, actor): (&'static str, &'static str)) -> Self {
        self.at(day, 10, MANAGER, Deed::Reckoned(of))
            .at(day, 11, MANAGER, Deed::Notified)
            .at(day + 2, 10, actor, Deed::Replied(party, true, String::new()))
            .at(day + 2, 15, MANAGER, Deed::Finished)
    }

    /// A party is charged, told, and does not accept.
    pub(super) fn contested(self, day: i64, of: Reckoned, (party, actor): (&'static str, &'static str), why: &str) -> Self {
        self.at(day, 10, MANAGER, Deed::Reckoned(of)).at(day, 11, MANAGER, Deed::Notified).at(
            day + 3,
            10,
            actor,
            Deed::Replied(party, false, why.to_owned()),
        )
    }

    /// After a contest somebody else finds the same: as it was reckoned.
    pub(super) fn stands(self, day: i64, found: &'static str, why: &str) -> Self {
        self.at(day, 9, QUALITY, Deed::LookedAgain(found, why.to_owned())).at(day, 10, LEAD, Deed::Judged(why.to_owned())).at(
            day,
            11,
            MANAGER,
            Deed::Finished,
        )
    }

    /// After a contest somebody else looks again, finds something else, and it is reckoned anew.
    pub(super) fn found_otherwise(self, day: i64, found: &'static str, of: Reckoned, why: &str) -> Self {
        self.at(day, 10, QUALITY, Deed::LookedAgain(found, of.reason.clone()))
            .at(day, 14, MANAGER, Deed::Reckoned(of))
            .at(day, 16, LEAD, Deed::Judged(why.to_owned()))
            .at(day, 17, MANAGER, Deed::Finished)
    }

    /// Whoever asked says how it was handled.
    pub(super) fn scored(self, day: i64, score: i64, words: (&str, &str)) -> Self {
        let words = self.text(words.0, words.1);
        self.at(day, 20, BUYER, Deed::Scored(score, words))
    }

    /// Somebody asks a colleague.
    pub(super) fn handed_on(self, day: i64, hour: i64, queue: Queue, title: &str) -> Self {
        let due_on = Some(self.began + TimeDelta::days(day + 3));
        self.case(day, hour, CaseAct::Task { title: title.to_owned(), queue, due_on }).to(day, hour, CaseState::WaitingInternal)
    }
}
