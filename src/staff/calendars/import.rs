//! Calendars from files: a row is a day. A national calendar in the JSON of the holiday-cn project is read as such a table, too.

use super::{CalendarDay, DayFilter, DayKind, Wanted, store};
use crate::kernel::Result;
use crate::kernel::text::{Lang, folded};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::exports::Cell;
use crate::platform::http::perm::Permission;
use crate::platform::imports::{AnyImport, Applied, Checked, Column, Columns, Entry, Import, ImportTable, Importer, Mode, Row, TableOut};
use crate::platform::state::AppState;

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
        Column::optional(
            "name_zh",
            &["名称", "节日"],
            &["Name (Chinese)", "Name zh"],
            ("节日名称（中文）", "Its name in Chinese"),
            "国庆节",
        ),
        Column::optional(
            "name_en",
            &["英文名称"],
            &["Name (English)", "Name", "Name en"],
            ("节日名称（英文）", "Its name in English"),
            "National Day",
        ),
    ],
};

/// The table, for the import desk.
pub const IMPORT: ImportTable = ImportTable { columns: &COLUMNS, needs: Permission::PolicyEdit, reads: Permission::SignedIn, begin, rows };

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

fn begin(_: &AppState, importer: &Importer) -> Result<Box<dyn AnyImport>> {
    importer.brand_only()?;
    Ok(Box::new(DayImport { stamp: importer.stamp.clone(), file: String::new() }))
}

fn rows(db: &mut Db, out: &mut TableOut<'_>) -> Result<()> {
    let lang = out.export.lang;
    let days = store::list(db, &DayFilter::default(), None, i64::MAX)?;
    days.iter().try_for_each(|day| out.row(&cells(day, lang).into_iter().map(Cell::from).collect::<Vec<_>>()))
}

struct DayImport {
    stamp: Stamp,
    /// The file's name: a day says how it came in.
    file: String,
}

impl Import for DayImport {
    type Record = Wanted;

    fn begins(&mut self, file: &str, _mode: Mode) {
        file.clone_into(&mut self.file);
    }

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
        row.unique_as("day", &format!("{} {day}", folded(&calendar)), &day.to_string());
        Some(Wanted { calendar, day, kind: kind?, name_zh: name_zh?, name_en: name_en? })
    }

    fn check(&mut self, db: &mut Db, chunk: &[Entry<Wanted>]) -> Result<Checked> {
        Ok(Checked { would: store::would(db, &of_lines(chunk), &self.file)?, ..Checked::default() })
    }

    fn apply(&mut self, db: &mut Db, chunk: &[Entry<Wanted>]) -> Result<Applied> {
        store::save(db, &self.stamp, &of_lines(chunk), &self.file)
    }
}

fn of_lines(chunk: &[Entry<Wanted>]) -> Vec<(u64, Wanted)> {
    chunk.iter().map(|entry| (entry.line, entry.record.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_answers_to_two_columns() {
        assert_eq!(COLUMNS.ambiguous(), Vec::<&str>::new());
    }
}
