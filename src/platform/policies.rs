//! Numbers that a deployment decides: rows with a version and a time from which they hold, never constants in code.
//!
//! The table below says which there are, their default and what they mean; a row in the store overrides a default from its `valid_from` on.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::db::Db;
use super::db::schema::policy;
use super::events::Stamp;
use crate::each;
use crate::kernel::{Code, Error, Fault, Result};

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
    ImportMegabytes = "import.megabytes", 2048, 1..=1048576, "每人已上传、尚待写入的文件总量上限（MB）", "megabytes of files a person may have handed in that wait to be written";
    PrintChunk = "print.chunk", 50, 1..=1000, "打印任务每段的标签数", "labels in a chunk of a print job";
    PrintAnswerSeconds = "print.answer_seconds", 5, 1..=60, "等待打印机答复的秒数", "seconds a printer has to answer";
    PrintConfirmSeconds = "print.confirm_seconds", 120, 1..=3600, "等待一段标签打印完成的秒数", "seconds a chunk has to be printed";
}

/// The value that holds at `at`.
///
/// # Errors
/// When the store does.
pub fn value(db: &mut Db, which: Policy, at: NaiveDateTime) -> Result<i64> {
    let rows: Vec<String> = each!(db, |c| policy::table
        .filter(policy::code.eq(which.as_str()).and(policy::valid_from.le(at)))
        .order(policy::version.desc())
        .select(policy::value)
        .load(c))?;
    Ok(rows.first().and_then(|text| text.parse().ok()).unwrap_or_else(|| which.default()))
}

/// Sets a new version that holds from now on.
///
/// # Errors
/// [`Code::OutOfRange`] for a value outside the policy's bounds.
pub fn set(db: &mut Db, stamp: &Stamp, which: Policy, value: i64) -> Result<()> {
    let (min, max) = which.bounds();
    if !(min..=max).contains(&value) {
        return Err(Error::from(Fault::new(which.as_str(), Code::OutOfRange).with("min", min).with("max", max)));
    }
    let last: Option<i64> =
        each!(db, |c| policy::table.filter(policy::code.eq(which.as_str())).select(diesel::dsl::max(policy::version)).get_result(c))?;
    let version = last.unwrap_or_default() + 1;
    each!(db, |c| diesel::insert_into(policy::table)
        .values((
            policy::code.eq(which.as_str()),
            policy::version.eq(version),
            policy::valid_from.eq(stamp.at),
            policy::value.eq(value.to_string()),
        ))
        .execute(c))?;
    Ok(())
}
