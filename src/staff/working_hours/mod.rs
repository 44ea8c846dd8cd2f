//! When teams work: each team's week, which public holidays it follows, whether it works the make-up days of the state. With the days of its own
//! ([`calendars`](super::calendars), under the week's code) that is a calendar to reckon deadlines on.
//!
//! A calendar is reckoned on in versions ([`current`]): one that was used never changes, and [`versions`] gives it back as it was.

mod rules;
mod store;

use crate::kernel::calendar::{Hours, read_zone};
use crate::kernel::error::Fault;
use crate::kernel::text::Lang;
use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::{Field, Fields, Kind, Room, import_table};

pub use store::{WorkWeek, all, current, earlier, is_current, seed, versions};

/// The room.
pub const ROOM: Room = Room::of::<WorkWeek>()
    .menu(&[Entry::new("/working-hours", "working-hours-title", &[Permission::PolicyEdit])])
    .imports(&[import_table::<WorkWeek>()]);

const NAME: (&str, &str) = ("名称", "Name");
const HOURS: &str = "09:00-12:00;13:00-18:00";

/// The fields of a team's week.
#[rustfmt::skip]
pub const FIELDS: Fields = Fields { table: "working-hours", title: ("工作时间", "Working hours"), columns: &[
    Field::new("code", Kind::Code, &["编码"], &["Code"]).needed().unique().listed()
        .hint("团队自己的休息日和加班日在“日历”中用同一编码登记；保存后不再改变。", "The team's own days off and extra days stand in Calendars under the same code. It never changes.", "DESK"),
    Field::new("name_zh", Kind::Line(80), &["中文名称"], &["Name (Chinese)"]).half_of("name", Lang::Zh, NAME).needed().listed().hint("", "", "客服"),
    Field::new("name_en", Kind::Line(80), &["英文名称"], &["Name (English)"]).half_of("name", Lang::En, NAME).needed().listed().hint("", "", "Service desk"),
    Field::new("zone", Kind::Text(zone, as_it_is), &["时区"], &["Time zone"]).needed().listed()
        .hint("IANA 时区名称。", "The name of an IANA time zone.", "Asia/Shanghai"),
    Field::new("holidays", Kind::Code, &["法定节假日日历"], &["Public holidays"]).listed()
        .hint("“日历”中的编码；不填则只有团队自己的休息日。", "A code of Calendars; without one the team has no days off but its own.", "CN"),
    Field::new("works_makeup", Kind::Flag, &["调休日上班"], &["Works make-up days"]).listed()
        .hint("国家规定的调休上班日是否上班。", "Whether the team works on the state's make-up workdays.", "是"),
    Field::new("monday", Kind::Text(hours, as_it_is), &["星期一"], &["Monday"]).listed()
        .hint("一天可有几段，中间用分号；不填为休息。夜班跨过零点写成两天。", "Several stretches a day with semicolons between them; nothing for a day off. A night shift is two stretches on two days.", HOURS),
    Field::new("tuesday", Kind::Text(hours, as_it_is), &["星期二"], &["Tuesday"]).hint("", "", HOURS),
    Field::new("wednesday", Kind::Text(hours, as_it_is), &["星期三"], &["Wednesday"]).hint("", "", HOURS),
    Field::new("thursday", Kind::Text(hours, as_it_is), &["星期四"], &["Thursday"]).hint("", "", HOURS),
    Field::new("friday", Kind::Text(hours, as_it_is), &["星期五"], &["Friday"]).hint("", "", HOURS),
    Field::new("saturday", Kind::Text(hours, as_it_is), &["星期六"], &["Saturday"]),
    Field::new("sunday", Kind::Text(hours, as_it_is), &["星期日"], &["Sunday"]),
    Field::new("makeup", Kind::Text(hours, as_it_is), &["调休日时间"], &["Hours of make-up days"])
        .hint("不填则与一周中第一个工作日相同。", "Those of the week's first working day where nothing is said.", "09:00-18:00"),
] };

fn zone(field: &'static str, text: &str) -> Result<String, Fault> {
    read_zone(field, text).map(|zone| zone.name().to_owned())
}

fn hours(field: &'static str, text: &str) -> Result<String, Fault> {
    Hours::read(field, text).map(|hours| hours.to_string())
}

const fn as_it_is(text: &str, _: Lang) -> &str {
    text
}
