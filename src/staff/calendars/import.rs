//! Calendars from files: a row is a day. A national calendar in the JSON of the holiday-cn project is read as such a table, too.

use super::{CalendarDay, DayKind, Wanted, store};
use crate::kernel::Result;
use crate::kernel::text::Lang;
use crate::platform::db::Store;
use crate::platform::events::Stamp;
use crate::platform::http::House;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{
    Applied, Checked, Column, Columns, Entry, Import, ImportReport, ImportTable, Importer, Mode, Progress, Row, Source, run,
};

/// Characters a day's name may have.
pub(super) const NAME_MAX: usize = 60;

/// The columns of a file of days.
pub const COLUMNS: Columns = Columns {
    table: "calendars",
    title: ("日历", "Calendars"),
    columns: &[
        Column::required(
            "calendar",
            &["日历", "日历编码"],
            &["Calendar"],
            ("日历编码；全国节假日用 CN", "The calendar's code; CN for China's public holidays"),
            "CN",
        ),
        Column::required("day", &["日期"], &["Day", "Date"], ("与平常不同的日子", "The day that is not like its weekday"), "2026-10-01"),
        Column::required(
            "kind",
            &["类型", "休或班"],
            &["Kind", "Type"],
            ("休息或上班（调休）", "Off, or work where it would be a day of rest"),
            "休息",
        ),
        Column::optional("name_zh", &["名称", "节日"], &["Name zh"], ("节日名称（中文）", "Its name in Chinese"), "国庆节"),
        Column::optional("name_en", &["英文名称"], &["Name", "Name en"], ("节日名称（英文）", "Its name in English"), "National Day"),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &COLUMNS, needs: Permission::PolicyEdit, run: import };

/// What files call a kind beside its own words.
const KINDS: &[(&str, DayKind)] = &[
    ("off", DayKind::Off),
    ("work", DayKind::Work),
    ("休息", DayKind::Off),
    ("上班", DayKind::Work),
    ("休", DayKind::Off),
    ("班", DayKind::Work),
    ("holiday", DayKind::Off),
    ("working day", DayKind::Work),
];

/// A day as a download shows it and a file takes it.
pub(super) fn cells(day: &CalendarDay, lang: Lang) -> Vec<String> {
    vec![day.calendar.clone(), day.day.to_string(), day.kind.word(lang).to_owned(), day.name.zh.clone(), day.name.en.clone()]
}

fn import(house: &House, importer: &Importer, source: &mut Source, mode: Mode, progress: &mut dyn FnMut(Progress)) -> Result<ImportReport> {
    let mut import = DayImport { store: house.store.clone(), stamp: importer.stamp.clone(), file: source.name().to_owned() };
    run(source, &mut import, mode, progress)
}

struct DayImport {
    store: Store,
    stamp: Stamp,
    file: String,
}

impl Import for DayImport {
    type Record = Wanted;

    fn columns(&self) -> &'static Columns {
        const { &COLUMNS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<Wanted> {
        let calendar = row.code("calendar");
        let day = row.date("day");
        let kind = row.choice("kind", KINDS);
        let name_zh = row.optional_text("name_zh", NAME_MAX);
        let name_en = row.optional_text("name_en", NAME_MAX);
        let (calendar, day) = (calendar?, day?);
        row.unique("day", &format!("{calendar} {day}"));
        Some(Wanted { calendar, day, kind: kind?, name_zh: name_zh?, name_en: name_en? })
    }

    fn check(&mut self, chunk: &[Entry<Wanted>]) -> Result<Checked> {
        let wanted: Vec<Wanted> = chunk.iter().map(|entry| entry.record.clone()).collect();
        let plans = self.store.read_blocking(|db| store::plan(db, &wanted, &self.file))?;
        let mut checked = Checked::default();
        plans.into_iter().for_each(|plan| checked.would += plan.would);
        Ok(checked)
    }

    fn apply(&mut self, chunk: Vec<Entry<Wanted>>) -> Result<Applied> {
        let (stamp, file) = (self.stamp.clone(), self.file.clone());
        let wanted: Vec<Wanted> = chunk.into_iter().map(|entry| entry.record).collect();
        self.store.write_blocking(move |db| store::save(db, &stamp, &wanted, &file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
