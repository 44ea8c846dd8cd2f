//! Tables of days from files: the JSON of the holiday-cn project (MIT) and CSV.
//!
//! Both read whole or not at all: everything wrong is named at once, each fault with the line of its row.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::rc::Rc;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::days::{Day, Days, Kind};
use super::hours::Hours;
use crate::kernel::faults::Faults;
use crate::kernel::time::read_date;
use crate::kernel::{Code, Fault, Result, saturating, text};

/// Longest name of a day, in characters.
const NAME_MAX: usize = 60;

/// A row of either file.
struct Row {
    /// Line on which it begins, from 1.
    line: u64,
    /// What stands before its fields' names in a fault.
    prefix: String,
    date: String,
    /// `off` or `work`, in either language.
    kind: String,
    name: String,
    hours: Option<String>,
}

/// The rows that are right; what is wrong goes to `faults`.
fn days_of(rows: Vec<Row>, allowed: impl Fn(NaiveDate) -> Option<Fault>, faults: &mut Faults) -> Days {
    let mut days = Days::default();
    let mut first_lines: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for Row { line, prefix, date, kind, name, hours } in rows {
        let mut here = |fault: Fault| {
            let field = format!("{prefix}{}", fault.field);
            faults.note(Fault { field: field.into(), ..fault }.at_line(line));
        };
        let date = read_date("date", &date).and_then(|date| allowed(date).map_or(Ok(date), Err)).map_err(&mut here);
        let kind = read_kind(&kind).map_err(&mut here);
        let name = text::optional_line("name", &name, NAME_MAX).map_err(&mut here);
        let hours = hours.map(|text| Hours::read("hours", &text)).transpose().map_err(&mut here);
        let (Ok(date), Ok(kind), Ok(name), Ok(hours)) = (date, kind, name, hours) else { continue };
        match days.add(Day { date, kind, name, hours }) {
            Ok(()) => drop(first_lines.insert(date, line)),
            Err(fault) => here(fault.with("first_line", first_lines.get(&date).copied().unwrap_or_default())),
        }
    }
    days
}

fn read_kind(text: &str) -> Result<Kind, Fault> {
    match text.trim() {
        "off" | "休" => Ok(Kind::Off),
        "work" | "班" => Ok(Kind::Work),
        "" => Err(Fault::new("kind", Code::Missing)),
        other => Err(Fault::new("kind", Code::NotOneOf).with("value", other).with("allowed", "off, work, 休, 班")),
    }
}

/// Reads CSV with a header of `date`, `kind` (`off` or `work`; 休 or 班) and, if wanted, `name` and `hours`
/// (`09:00-12:00;13:00-18:00`; empty is what the kind says). The table covers every year it has a date in.
///
/// # Errors
/// [`Code::Invalid`] with every fault at its line: a column missing, unknown or there twice, a row with too many cells, a value that
/// cannot be read, a date there twice.
pub fn read_csv(text: &str) -> Result<Days> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut faults = Faults::default();
    let header = reader.headers().map_err(|error| broken_csv(&error))?.clone();
    let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, column) in header.iter().enumerate() {
        if !["date", "kind", "name", "hours"].contains(&column) {
            faults.note(Fault::new(column.to_owned(), Code::UnknownField).at_line(1));
        } else if columns.insert(column, place).is_some() {
            faults.note(Fault::new(column.to_owned(), Code::Duplicate).at_line(1));
        }
    }
    for column in ["date", "kind"] {
        if !columns.contains_key(column) {
            faults.note(Fault::new(column, Code::ColumnMissing).with("column", column).at_line(1));
        }
    }
    if faults.any() {
        return faults.unless_any(Days::default());
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken_csv(&error))?;
        let line = record.position().map_or(0, |position| line_of(position, text));
        let cell = |column: &str| columns.get(column).and_then(|place| record.get(*place)).unwrap_or_default().to_owned();
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() > header.len() {
            faults.note(Fault::new("date", Code::TooManyCells).at_line(line));
            continue;
        }
        rows.push(Row {
            line,
            prefix: String::new(),
            date: cell("date"),
            kind: cell("kind"),
            name: cell("name"),
            hours: Some(cell("hours")).filter(|hours| !hours.is_empty()),
        });
    }
    let mut days = days_of(rows, |_| None, &mut faults);
    let years: Vec<i32> = days.iter().map(|day| day.date.year()).collect();
    years.into_iter().for_each(|year| days.cover(year));
    faults.unless_any(days)
}

/// The line of a record: `csv` counts blank lines before it as its own.
fn line_of(position: &csv::Position, text: &str) -> u64 {
    let begin = saturating::<usize>(position.byte());
    let blank = text.bytes().skip(begin).take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| *byte == b'\n').count();
    position.line() + saturating::<u64>(blank)
}

fn broken_csv(error: &csv::Error) -> Fault {
    let fault = Fault::new("file", Code::FileBroken).with("reason", error);
    match error.position() {
        Some(position) => fault.at_line(position.line()),
        None => fault,
    }
}

/// Reads `{"year": …, "papers": […], "days": [{"name": …, "date": …, "isOffDay": …}, …]}`, the shape of holiday-cn. The table covers
/// `year`, unless `days` is empty, as it is until the State Council has published the year. Dates may reach into the months next to it.
///
/// # Errors
/// [`Code::Invalid`] with every fault at the line of its row: not JSON of this shape, a date that cannot be read, is there twice or is
/// not in the year.
pub fn read_json(text: &str) -> Result<Days> {
    let line = Rc::new(Cell::new(1));
    let source = Lines { bytes: text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes(), line: Rc::clone(&line) };
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    let file = FileSeed(&line).deserialize(&mut deserializer).and_then(|file| deserializer.end().map(|()| file)).map_err(|error| {
        let line = saturating::<u64>(error.line()).max(1);
        Fault::new("file", Code::Malformed).with("reason", error).at_line(line)
    })?;
    let mut faults = Faults::default();
    let published = !file.days.is_empty();
    let mut days = days_of(file.days, |date| outside(file.year, date), &mut faults);
    if published {
        days.cover(file.year);
    }
    faults.unless_any(days)
}

/// The fault of a date that does not belong to a table of `year`: from the December before to the January after.
fn outside(year: i32, date: NaiveDate) -> Option<Fault> {
    let month = |date: NaiveDate| date.year() * 12 + saturating::<i32>(date.month0());
    let inside = (year * 12 - 1..=year * 12 + 12).contains(&month(date));
    let min = format!("{}-12-01", year - 1);
    let max = format!("{}-01-31", year + 1);
    (!inside).then(|| Fault::new("date", Code::OutOfRange).with("min", min).with("max", max))
}

/// Text that knows which line has been read. `serde_json` takes one byte at a time, so the line is that of the value in hand.
struct Lines<'a> {
    bytes: &'a [u8],
    line: Rc<Cell<u64>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let taken = self.bytes.read(into)?;
        let ends = into.iter().take(taken).filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + saturating::<u64>(ends));
        Ok(taken)
    }
}

struct File {
    year: i32,
    days: Vec<Row>,
}

struct FileSeed<'a>(&'a Cell<u64>);

impl<'de> DeserializeSeed<'de> for FileSeed<'_> {
    type Value = File;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<File, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FileSeed<'_> {
    type Value = File;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a year of days")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
        let (mut year, mut days) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "year" if year.is_some() => return Err(A::Error::duplicate_field("year")),
                "days" if days.is_some() => return Err(A::Error::duplicate_field("days")),
                "year" => year = Some(map.next_value()?),
                "days" => days = Some(map.next_value_seed(RowsSeed(self.0))?),
                "papers" | "$schema" | "$id" => drop(map.next_value::<IgnoredAny>()?),
                other => return Err(A::Error::unknown_field(other, &["year", "papers", "days"])),
            }
        }
        let year = year.filter(|year| (1990..=2099).contains(year)).ok_or_else(|| A::Error::missing_field("year"))?;
        Ok(File { year, days: days.ok_or_else(|| A::Error::missing_field("days"))? })
    }
}

struct RowsSeed<'a>(&'a Cell<u64>);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_> {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Row>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_> {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of days")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Row>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(RowSeed { line: self.0, place: rows.len() })? {
            rows.push(row);
        }
        Ok(rows)
    }
}

struct RowSeed<'a> {
    line: &'a Cell<u64>,
    place: usize,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Written {
            name: String,
            date: String,
            is_off_day: bool,
        }
        let line = self.line.get();
        let Written { name, date, is_off_day } = Written::deserialize(deserializer)?;
        let kind = if is_off_day { "off" } else { "work" }.to_owned();
        Ok(Row { line, prefix: format!("days.{}.", self.place), date, kind, name, hours: None })
    }
}
