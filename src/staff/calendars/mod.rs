//! Calendars: days that are not like their weekday, national holidays and a team's own. Deadlines are reckoned on them.
//!
//! A calendar is named by its code (`CN`, `WAREHOUSE`) and is there once it has a day. A year is known as soon as one of its days from February to
//! November is: until then only weekdays count, and whoever reckons is told so.

mod http;
mod import;
mod page;
mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::choices;
use crate::kernel::text::Both;
use crate::kernel::{Code, Fault};

use crate::platform::http::Entry;
use crate::platform::http::perm::Permission;
use crate::platform::rooms::Room;
pub use import::{COLUMNS, IMPORT};
pub use store::{HELD, days, import_days};

/// The room.
pub const ROOM: Room =
    Room::new("calendars", http::routes).menu(&[Entry::new("/calendars", "calendars-title", &[Permission::PolicyEdit])]).imports(&[IMPORT]);

choices! {
    /// What a day is, whatever its weekday.
    DayKind {
        /// Nobody works.
        Off = "off", "休息", "Off";
        /// A working day on what would be a day of rest.
        Work = "work", "上班", "Work";
    }
}

/// A day of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CalendarDay {
    /// The calendar's code.
    pub calendar: String,
    /// Which day, local to whoever keeps the calendar.
    #[schema(value_type = String, format = Date)]
    pub day: NaiveDate,
    /// Off or working.
    pub kind: DayKind,
    /// What people call it; may be empty.
    pub name: Both,
    /// How it came in: the name of a file, `api`, `page`.
    pub source: String,
}

/// What somebody says of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayFields {
    /// Off or working.
    pub kind: DayKind,
    /// At most 60 characters in each language.
    #[serde(default)]
    pub name: Both,
    /// As the address says; only read.
    #[serde(default, skip_serializing)]
    #[schema(read_only)]
    calendar: Value,
    /// As the address says; only read.
    #[serde(default, skip_serializing)]
    #[schema(read_only)]
    day: Value,
    /// Only read.
    #[serde(default, skip_serializing)]
    #[schema(read_only)]
    source: Value,
}

/// Which days a list shows.
#[derive(Clone, Debug, Default)]
struct DayFilter {
    /// Of this calendar.
    calendar: Option<String>,
    /// Of this year.
    year: Option<i32>,
}

/// A day to be written. What is None stays as it is, or empty where there is nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    calendar: String,
    day: NaiveDate,
    kind: DayKind,
    name_zh: Option<String>,
    name_en: Option<String>,
}

/// How somebody says what a day is.
#[derive(Clone, Copy)]
enum Way {
    /// As a program does, which names the day whose place it takes.
    Api,
    /// As a person does, who may not know of a day that is there.
    Page,
}

impl Wanted {
    /// What is wrong with it where the day is there already and says something else.
    fn against(&self, there: &CalendarDay) -> Option<Fault> {
        let named = |said: &Option<String>, known: &str| said.as_deref().is_none_or(|said| said == known);
        let is_same = self.kind == there.kind && named(&self.name_zh, &there.name.zh) && named(&self.name_en, &there.name.en);
        let by = match there.kind {
            DayKind::Off => "day-off",
            DayKind::Work => "day-work",
        };
        (!is_same).then(|| Fault::new("day", Code::InUse).with("by", by))
    }
}
