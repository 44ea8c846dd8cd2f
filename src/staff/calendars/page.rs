//! The screen of the calendars.

use askama::Template;

use super::{CalendarDay, DayKind};
use crate::platform::http::{FormState, Layout, segment};

#[derive(Template)]
#[template(path = "staff/calendars/list.html")]
pub(super) struct ListPage {
    pub layout: Layout,
    pub days: Vec<CalendarDay>,
    pub codes: Vec<String>,
    pub calendar: String,
    pub year: String,
    pub next: Option<String>,
    pub csv: String,
    pub form: FormState,
    pub may_edit: bool,
}

impl ListPage {
    fn kinds(&self) -> Vec<(String, &'static str)> {
        DayKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.word(self.layout.lang))).collect()
    }

    fn removal(&self, day: &CalendarDay) -> String {
        format!("/calendars/{}/{}/remove", segment(&day.calendar), day.day)
    }
}
