//! Numbers that a deployment decides: rows with a version and a time from which they hold, never constants in code.
//!
//! The table below says which there are, their default and what they mean; a row in the store overrides a default from its `valid_from` on.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::db::Db;
use super::db::schema::policy;
use super::events::{self, Stamp};
use crate::each;
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::{self, Both};
use crate::kernel::{Code, Error, Fault, Faults, Result, parsed};

macro_rules! policies {
    ($($name:ident = $text:literal, $default:literal, $low:literal..=$high:literal, $zh:literal, $en:literal;)*) => {
        /// A number of policy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Policy { $(#[doc = $en] $name,)* }

        impl Policy {
            /// Every policy, in table order.
            pub const ALL: &'static [Policy] = &[$(Policy::$name,)*];

            /// The stored name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Policy::$name => $text,)* }
            }

            /// The value where the store says nothing.
            pub const fn default(self) -> i64 {
                match self { $(Policy::$name => $default,)* }
            }

            /// Smallest and largest value.
            pub const fn bounds(self) -> (i64, i64) {
                match self { $(Policy::$name => ($low, $high),)* }
            }

            /// What it means, Chinese and English.
            pub const fn words(self) -> (&'static str, &'static str) {
                match self { $(Policy::$name => ($zh, $en),)* }
            }

            /// The same as a text in both languages.
            pub fn both(self) -> Both {
                let (zh, en) = self.words();
                Both { zh: zh.to_owned(), en: en.to_owned() }
            }

            /// The policy of a name.
            pub fn of(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|policy| policy.as_str() == text)
            }
        }
    };
}

policies! {
    ClaimTries = "claim.tries_per_day", 5, 1..=100, "每个序列号每天可尝试领取码的次数", "claim code tries a day for one serial";
    TransferHours = "transfer.hours", 72, 1..=720, "转让码有效小时数", "hours a transfer code holds";
    ScanDeviceDays = "scan.device_days", 90, 1..=3650, "扫码设备标识保留天数", "days a scanning device is remembered";
    SessionIdleMinutes = "session.idle_minutes", 30, 5..=1440, "登录闲置分钟数", "minutes a session may stand idle";
    SessionHours = "session.absolute_hours", 12, 1..=168, "登录最长小时数", "hours a session may last";
    InviteHours = "account.link_hours", 24, 1..=168, "一次性链接有效小时数", "hours a one-time link holds";
    TokenMinutes = "api.token_minutes", 15, 1..=1440, "API 令牌有效分钟数", "minutes an API token holds";
    ServiceDays = "warranty.default_days", 365, 0..=3650, "未指定政策时的质保天数", "days of warranty where a style names no policy";
    PhotosPerFinding = "finding.photos", 6, 0..=30, "每条缺陷记录的照片数", "photos a finding may have";
    PhotosPerCase = "case.photos", 12, 0..=60, "每个工单的照片数", "photos a case may have";
    CaseMajorGarments = "case.major_garments", 20, 2..=100000, "工单涉及多少件即为重大", "garments from which on a case is critical";
    ReopenDays = "case.reopen_days", 7, 0..=365, "已解决的工单可以重新打开的天数", "days in which a resolved case may be opened again";
    SurveyDays = "survey.expire_days", 14, 1..=365, "工单解决后买家可评价的天数", "days after a case is resolved in which its buyer may say how satisfied they are";
    SurveyLowScore = "survey.low_score", 2, 0..=4, "评分不高于多少立即转主管", "score up to which a buyer's answer is before the supervisor at once";
    FollowUpRepairFirst = "follow_up.repair_first", 7, 1..=365, "维修交付后第一次回访的天数", "days after a repair was handed over to the first follow-up";
    FollowUpRepairSecond = "follow_up.repair_second", 30, 1..=365, "维修交付后第二次回访的天数", "days after a repair was handed over to the second follow-up";
    FollowUpExchangeFirst = "follow_up.exchange_first", 30, 1..=365, "换货完成后第一次回访的天数", "days after an exchange to the first follow-up";
    FollowUpExchangeSecond = "follow_up.exchange_second", 90, 1..=365, "换货完成后第二次回访的天数", "days after an exchange to the second follow-up";
    FollowUpMissed = "follow_up.missed_days", 14, 1..=365, "回访逾期多少天即视为未回访", "days after which a follow-up that nobody did is missed";
    ReturnLapseDays = "return.lapse_days", 14, 1..=365, "同意退货后多少天未寄回即失效", "days after which an approved return lapses that nobody sent";
    ExchangeInherits = "exchange.inherit_warranty", 0, 0..=1, "换出的衣服质保：0 按自身政策重新计算，1 沿用原来那一件的剩余期限", "warranty of a garment given in exchange: 0 anew by its own policy, 1 what was left of the one it replaces";
    ExchangeLeastDays = "exchange.least_warranty_days", 30, 0..=3650, "沿用剩余期限时，换货后至少保障的天数", "days a warranty taken over in an exchange lasts at least";
    CompensationAlone = "compensation.alone_below", 200, 0..=1000000000, "赔偿达到多少金额须由第二个人审批（销售币种的整数单位）", "amount of compensation from which a second person approves, in whole units of the sale's currency";
    RepairCoverDays = "repair.cover_days", 90, 0..=3650, "维修过的部位的质保天数", "days of warranty on what a repair mended";
    ImportMegabytes = "import.megabytes", 2048, 1..=1048576, "每人已上传、尚待写入的文件总量上限（MB）", "megabytes of files a person may have handed in that wait to be written";
    PrintChunk = "print.chunk", 50, 1..=1000, "打印任务每段的标签数", "labels in a chunk of a print job";
    PrintAnswerSeconds = "print.answer_seconds", 5, 1..=60, "等待打印机答复的秒数", "seconds a printer has to answer";
    TwoApproveFrom = "settlement.two_approve_from", 2000, 0..=1000000000, "从多少金额起须由两人审批（销售币种的整数单位）", "amount from which two people approve, in whole units of the sale's currency";
    LiabilityReplyDays = "liability.reply_days", 7, 1..=365, "没有供应商协议时，责任方答复的工作日数", "working days in which a party without an agreement may reply";
    LiabilitySiblings = "liability.siblings", 2, 1..=1000, "同批次另有多少件同样缺陷即作为证据", "other garments of a batch with the same defect from which on they are evidence";
    LiabilityWornDays = "liability.worn_days", 365, 30..=3650, "售出多少天后面料视为自然磨损", "days after the sale from which on cloth may be worn out";
    CompensationPercent = "settlement.compensation_percent", 300, 100..=10000, "赔偿与退款合计不超过成交价的百分比", "percent of the price that compensation and refund together may reach";
    PrintConfirmSeconds = "print.confirm_seconds", 120, 1..=3600, "等待一段标签打印完成的秒数", "seconds a chunk has to be printed";
}

/// A value of policy: since when, who set it, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyVersion {
    /// 1, 2, 3 …; 0 is the program's own value, which nobody set.
    pub version: i64,
    /// The value.
    pub value: i64,
    /// From when on it holds, UTC; absent for the program's own.
    pub valid_from: Option<NaiveDateTime>,
    /// Who set it.
    pub set_by: String,
    /// Why.
    pub reason: String,
}

/// A policy and what holds now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyValue {
    /// Its name, `claim.tries_per_day`.
    pub code: String,
    /// What it means.
    pub about: Both,
    /// Smallest value it may have.
    pub min: i64,
    /// Largest value it may have.
    pub max: i64,
    /// The program's own value, which holds where nothing is set.
    pub default: i64,
    /// What holds now.
    pub now: PolicyVersion,
    /// Every version that was set, newest first; one may hold only in future.
    pub versions: Vec<PolicyVersion>,
}

/// A row: version, from when on, value, who, why.
type Row = (i64, NaiveDateTime, String, String, String);

/// What stands in the store for a policy, what begins last first.
fn rows(db: &mut Db, which: Policy) -> Result<Vec<PolicyVersion>> {
    let rows: Vec<Row> = each!(db, |c| policy::table
        .filter(policy::code.eq(which.as_str()))
        .order((policy::valid_from.desc(), policy::version.desc()))
        .select((policy::version, policy::valid_from, policy::value, policy::set_by, policy::reason))
        .load(c))?;
    let read = |(version, valid_from, value, set_by, reason): Row| {
        let value = number(which, &value)?;
        Ok(PolicyVersion { version, value, valid_from: Some(valid_from), set_by, reason })
    };
    rows.into_iter().map(read).collect()
}

/// A stored value.
fn number(which: Policy, text: &str) -> Result<i64> {
    let (min, max) = which.bounds();
    let within = parsed(text).filter(|value| (min..=max).contains(value));
    within.ok_or_else(|| {
        Error::broken(format!("the policy {} has the value “{text}”, which is no number from {min} to {max}", which.as_str()))
    })
}

/// The value that holds at `at`: of the versions that have begun, the one that began last.
///
/// # Errors
/// [`Error::Broken`] for a stored value that is no number within its bounds: a default in its place would be somebody else's decision.
pub fn value(db: &mut Db, which: Policy, at: NaiveDateTime) -> Result<i64> {
    let begun = db.held(&[HELD], begun)?;
    let holds = begun.get(which.as_str()).into_iter().flatten().find(|(from, _)| *from <= at);
    holds.map_or_else(|| Ok(which.default()), |(_, text)| number(which, text))
}

/// Under this name the changes of all values are counted ([`Db::bump`]).
const HELD: &str = "policies";

/// From when on each stored value holds and the value as it is stored, by the code of its policy, what begins last first.
type Begun = HashMap<String, Vec<(NaiveDateTime, String)>>;

fn begun(db: &mut Db) -> Result<Begun> {
    let rows: Vec<(String, NaiveDateTime, String)> = each!(db, |c| policy::table
        .order((policy::valid_from.desc(), policy::version.desc()))
        .select((policy::code, policy::valid_from, policy::value))
        .load(c))?;
    let mut begun = Begun::new();
    for (code, from, value) in rows {
        begun.entry(code).or_default().push((from, value));
    }
    Ok(begun)
}

/// A policy with what holds at `at` and all its versions.
pub fn read(db: &mut Db, which: Policy, at: NaiveDateTime) -> Result<PolicyValue> {
    let versions = rows(db, which)?;
    let own = PolicyVersion { version: 0, value: which.default(), valid_from: None, set_by: String::new(), reason: String::new() };
    let now = versions.iter().find(|version| version.valid_from.is_some_and(|from| from <= at)).cloned().unwrap_or(own);
    let (min, max) = which.bounds();
    Ok(PolicyValue { code: which.as_str().to_owned(), about: which.both(), min, max, default: which.default(), now, versions })
}

/// Every policy, in table order.
pub fn all(db: &mut Db, at: NaiveDateTime) -> Result<Vec<PolicyValue>> {
    Policy::ALL.iter().map(|which| read(db, *which, at)).collect()
}

/// What somebody wants a policy to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// The value, within the policy's bounds.
    pub value: i64,
    /// Why; at most 240 characters. It is kept with the value.
    pub reason: String,
    /// From when on it holds, UTC; now when absent. Never in the past: what was decided by the old value stands.
    #[serde(default)]
    pub valid_from: Option<NaiveDateTime>,
}

impl SetPolicy {
    /// A value that holds at once.
    pub fn now(value: i64, reason: &str) -> Self {
        Self { value, reason: reason.to_owned(), valid_from: None }
    }
}

/// Sets a new version.
///
/// # Errors
/// [`Code::OutOfRange`] for a value outside the policy's bounds, [`Code::Missing`] without a reason, [`Code::DatesOutOfOrder`] for a time that
/// is past.
pub fn set(db: &mut Db, stamp: &Stamp, which: Policy, wanted: &SetPolicy) -> Result<PolicyValue> {
    let mut faults = Faults::default();
    let (min, max) = which.bounds();
    if !(min..=max).contains(&wanted.value) {
        faults.note(Fault::new("value", Code::OutOfRange).with("value", wanted.value).with("min", min).with("max", max));
    }
    let reason = faults.keep(text::line("reason", &wanted.reason, 240));
    let valid_from = wanted.valid_from.unwrap_or(stamp.at);
    if valid_from < stamp.at {
        faults.note(Fault::new("valid_from", Code::DatesOutOfOrder).with("earlier", stamp.at).with("later", valid_from));
    }
    faults.unless_any(())?;
    let versions = rows(db, which)?;
    let version = versions.iter().map(|version| version.version).max().unwrap_or_default() + 1;
    each!(db, |c| diesel::insert_into(policy::table)
        .values((
            policy::code.eq(which.as_str()),
            policy::version.eq(version),
            policy::valid_from.eq(valid_from),
            policy::value.eq(wanted.value.to_string()),
            policy::set_by.eq(&stamp.actor),
            policy::reason.eq(&reason),
        ))
        .execute(c))?;
    db.bump(HELD)?;
    // A policy's key is its code, so it stands in the body.
    let body = json!({ "policy": which.as_str(), "version": version, "value": wanted.value, "valid_from": valid_from, "reason": reason });
    events::append(db, stamp, EventKind::PolicyValueSet, Subject::Thing("policy", 0), &body)?;
    read(db, which, stamp.at)
}
