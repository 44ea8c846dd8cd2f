//! A thing's fields: name, kind, limits, words; and one reader for each kind, whoever wrote the value.

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::lines;
use super::names::Names;
use crate::kernel::choices::{Choice, not_one_of};
use crate::kernel::money::{read_decimal, shortest_decimal};
use crate::kernel::names::half_widths;
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Fault, Faults, parsed, time};
use crate::platform::exports::{Cell, Format};
use crate::platform::http::segment;
use crate::platform::imports::Select;
pub use crate::platform::imports::{Column as Field, Columns as Fields, Half, Kind, Lines, Reference};
use crate::platform::imports::{read_flag, read_whole};
use crate::platform::words::Words;

/// Entries that several of a field may have.
pub(super) const ENTRIES_MAX: usize = 50;
/// Characters of an id.
const ID_LEN: usize = 13;
/// Characters that the name of whoever did something has at most.
const ACTOR_MAX: usize = 120;
/// Decimals that the currency with the most has.
const MOST_DECIMALS: usize = 4;
/// What stands between several of a field, when people write them.
const BETWEEN: [char; 7] = [',', '，', '、', ';', '；', '|', '>'];

impl Field {
    /// A field with its titles in Chinese and English; the first of each is shown, all are accepted as the header of a column.
    pub const fn new(name: &'static str, kind: Kind, zh: &'static [&'static str], en: &'static [&'static str]) -> Self {
        Self { kind, ..Self::optional(name, zh, en, ("", ""), "") }
    }

    /// Must be filled in. Of a text in two languages, one of them must.
    #[must_use]
    pub const fn needed(mut self) -> Self {
        self.needed = true;
        // A file may leave out one of two languages.
        self.required = self.both.is_none();
        self
    }

    /// A file may lack its column, though a new thing must have it.
    #[must_use]
    pub const fn absent_from_files(mut self) -> Self {
        self.required = false;
        self
    }

    /// A file must have its column and fill it, though a form or a program may leave it out.
    #[must_use]
    pub const fn filled_in_files(mut self) -> Self {
        self.required = true;
        self
    }

    /// Follows from the rest: shown and given away, never said. In files a column of downloads alone.
    #[must_use]
    pub const fn only_read(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Only read, but for a file that brings a thing that is not there yet: what another store gave it, it keeps.
    #[must_use]
    pub const fn of_new(mut self) -> Self {
        self.of_new = true;
        self.only_read()
    }

    /// The Chinese or English half of a text called `group`, which has this title as a whole.
    #[must_use]
    pub const fn half_of(mut self, group: &'static str, lang: Lang, title: (&'static str, &'static str)) -> Self {
        self.both = Some(Half { group, lang, title });
        self
    }

    /// What belongs into it, in Chinese and in English, and a value as it could stand there.
    #[must_use]
    pub const fn hint(mut self, zh: &'static str, en: &'static str, example: &'static str) -> Self {
        self.about = (zh, en);
        self.example = example;
        self
    }

    /// No two things have the same.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Stands in the list.
    #[must_use]
    pub const fn listed(mut self) -> Self {
        self.listed = true;
        self
    }

    /// The list can be narrowed by it, under this name.
    #[must_use]
    pub const fn filter(mut self, name: &'static str) -> Self {
        self.filter = Some(name);
        self
    }

    /// Is the code of another thing: it leads there, and the form offers codes as one types.
    #[must_use]
    pub const fn refers(mut self, to: &'static Reference) -> Self {
        self.refers = Some(to);
        self
    }

    /// Is a number of the unit that the field of this name beside it has.
    #[must_use]
    pub const fn in_unit_of(mut self, name: &'static str) -> Self {
        self.unit_in = Some(name);
        self
    }

    /// Names one of another list: the form offers its rows as one types. `parties`, say.
    #[must_use]
    pub const fn offers(mut self, list: &'static str) -> Self {
        self.offers = Some(list);
        self
    }

    /// Is absent (`null`) rather than an empty text when there is none.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same field of something else, where it has this name: `subject.code` is a field within a field.
    #[must_use]
    pub const fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Stands in the thing at this place rather than under its name: a field within a field.
    #[must_use]
    pub const fn at(mut self, place: &'static str) -> Self {
        self.at = Some(place);
        self
    }

    /// Has no column in files.
    #[must_use]
    pub const fn not_in_files(mut self) -> Self {
        self.in_files = false;
        self.required = false;
        self
    }

    /// Begins a part of the form that has this title.
    #[must_use]
    pub const fn part(mut self, zh: &'static str, en: &'static str) -> Self {
        self.part = Some((zh, en));
        self
    }

    /// Is seldom filled in: the form folds it away, below the rest.
    #[must_use]
    pub const fn rare(mut self) -> Self {
        self.rare = true;
        self
    }

    /// Its place in a document: `name.zh` for the Chinese half of a name, else where it stands in the thing.
    pub fn path(&self) -> String {
        match self.both {
            Some(half) => format!("{}.{}", half.group, half.key()),
            None => self.place().to_owned(),
        }
    }

    /// Where it stands in the thing.
    pub const fn place(&self) -> &'static str {
        match self.at {
            Some(place) => place,
            None => self.name,
        }
    }

    /// Whether it always has one of a table's words: who says nothing of it leaves it as it is.
    pub(super) const fn always_has(&self) -> bool {
        matches!(self.kind, Kind::Choice(_)) && !self.nullable && !self.needed
    }

    /// The page of the thing whose code this is; empty when it is none, or `may` says that its page is closed to the reader.
    pub(super) fn leads(&self, value: &Value, may: impl Fn(&str) -> bool) -> String {
        match (self.refers, value.as_str()) {
            (Some(to), Some(code)) if !code.is_empty() && may(to.needs) => format!("/{}/{}", to.room, segment(code)),
            _ => String::new(),
        }
    }

    /// Whether people read of it that it leads to `href`, and not the number it is.
    pub(super) const fn is_only_a_way(&self, href: &str) -> bool {
        matches!(self.kind, Kind::Id) && !href.is_empty()
    }

    /// The address that offers codes as one types; empty when it has none.
    pub(super) fn offer(&self) -> String {
        let list = |(room, narrowed): (&str, &str)| format!("/api/v1/{room}?{narrowed}per_page=20&q=");
        self.refers.map(|to| (to.room, to.narrowed)).or(self.offers.map(|room| (room, ""))).map(list).unwrap_or_default()
    }

    /// Whether it names another thing by its code.
    pub(super) fn is_reference(&self) -> bool {
        matches!(self.kind, Kind::Code) && self.name != "code"
    }

    /// The title over a column of a list, where a text in two languages has one column.
    pub fn list_title(&self, lang: Lang) -> &'static str {
        self.both.map_or_else(|| self.title(lang), |half| lang.of(half.title.0, half.title.1))
    }

    /// The value of a text that is not empty. A file or a form may use any word of a table.
    ///
    /// # Errors
    /// What is wrong with it, as a fault of this field.
    pub fn read(&self, text: &str) -> Result<Value, Fault> {
        let name = self.name;
        Ok(match self.kind {
            Kind::ByHand => Value::String(text.to_owned()),
            Kind::Line(max) => text::line(name, text, max)?.into(),
            Kind::Actor => text::line(name, text, ACTOR_MAX)?.into(),
            Kind::Id => text::line(name, text, ID_LEN)?.into(),
            Kind::Paragraph(max) => text::paragraph(name, text, max)?.into(),
            Kind::Code => text::code(name, text)?.into(),
            Kind::Text(read, _) => read(name, text)?.into(),
            Kind::Choice(table) => self.meant(table, text)?.text.into(),
            Kind::Choices(table) => {
                let words = text.split([',', '，', '、', ';', '；', '|']).map(str::trim).filter(|word| !word.is_empty());
                in_order(table, &words.map(|word| self.meant(table, word)).collect::<Result<Vec<_>, _>>()?)
            }
            Kind::Amount => {
                read_decimal(name, text, MOST_DECIMALS)?;
                half_widths(text.trim()).into()
            }
            Kind::Day => time::read_date(name, text)?.to_string().into(),
            Kind::Whole(min, max) => self.whole(read_whole(name, text)?, min, max)?,
            Kind::OneOf(numbers) => self.one_of(read_whole(name, text)?, numbers)?,
            Kind::Flag => read_flag(name, text)?.into(),
            Kind::Decimal(places, max, unit) => self.decimal(text, places, max, unit)?,
            Kind::Several(of) => {
                let mut faults = Faults::default();
                // A line may have spaces in it, and so may a word of a table.
                let is_one = |part: &str| match of.kind {
                    Kind::Line(_) => true,
                    Kind::Choice(table) => Choice::meant_by(table, part).is_some(),
                    _ => false,
                };
                let apart = |part| if is_one(part) { vec![part] } else { part.split(' ').collect() };
                let parts = text.split(BETWEEN).flat_map(apart).map(str::trim).filter(|part| !part.is_empty());
                let read = |(_, part): (usize, &str), faults: &mut Faults| faults.keep(of.read(part).map(Some));
                let read = several(of, name, parts.enumerate(), &mut faults, read);
                // A cell has one fault: the first.
                faults.first().map_or(Ok(read), |fault| Err(fault.clone()))?
            }
            Kind::Value(kind) => kind.read(name, text)?,
            Kind::Lines(Lines { cell: Some((read, _)), .. }) => read(name, text)?,
            Kind::Lines(of) => lines::read(of, name, text)?,
            // Moments and what follows from other things are the program's own: nobody writes one.
            Kind::Moment | Kind::Both => return Err(Fault::new(name, Code::UnknownField)),
        })
    }

    /// The value a program sent at `at` in its document; notes everything that is wrong with it. None when it says that there is none.
    pub(super) fn read_document(&self, at: &str, value: &Value, faults: &mut Faults) -> Option<Value> {
        match (self.kind, value) {
            (_, Value::Null) => None,
            (Kind::Several(of), Value::Array(items)) => {
                let read = |(place, item): (usize, &Value), faults: &mut Faults| of.read_document(&format!("{at}.{place}"), item, faults);
                Some(several(of, at, items.iter().enumerate(), faults, read))
            }
            (Kind::Lines(of), Value::Array(items)) => {
                faults.at_most(at, items.len(), of.max);
                let lines = items.iter().take(of.max).enumerate();
                let line = |(place, item): (usize, &Value)| match item {
                    Value::Object(line) => Some(super::said::line(&of.fields, &format!("{at}.{place}"), line.clone(), faults)),
                    _ => {
                        faults.note(Fault { field: format!("{at}.{place}").into(), ..self.mistyped("expects-object") });
                        None
                    }
                };
                Some(lines.filter_map(line).collect())
            }
            (Kind::Value(kind), value) => Some(kind.read_json(at, value, faults)),
            _ => faults.keep_at(at, self.read_json(value)),
        }
    }

    /// The value a program sent; None when it says that there is none.
    ///
    /// # Errors
    /// What is wrong with it, as a fault of this field.
    pub fn read_json(&self, value: &Value) -> Result<Option<Value>, Fault> {
        let read = match (value, self.kind) {
            (Value::Null, _) => return Ok(None),
            (_, Kind::ByHand) => value.clone(),
            (Value::String(text), Kind::Choice(table)) => self.sent(table, text)?.text.into(),
            (Value::Array(items), Kind::Choices(table)) => {
                let sent = |item: &Value| self.sent(table, item.as_str().ok_or_else(|| self.mistyped("expects-list"))?);
                in_order(table, &items.iter().map(sent).collect::<Result<Vec<_>, _>>()?)
            }
            (Value::Number(number), Kind::Whole(min, max)) => {
                self.whole(number.as_i64().ok_or_else(|| self.mistyped("expects-whole"))?, min, max)?
            }
            (Value::Number(number), Kind::OneOf(numbers)) => {
                self.one_of(number.as_i64().ok_or_else(|| self.mistyped("expects-whole"))?, numbers)?
            }
            (Value::Bool(_), Kind::Flag) => value.clone(),
            (_, Kind::Flag) => return Err(self.mistyped("expects-yes-or-no")),
            (Value::Number(number), Kind::Decimal(_, max, _)) => {
                let units = number.as_i64().ok_or_else(|| self.mistyped("expects-whole"))?;
                if units < 0 {
                    return Err(Fault::new(self.name, Code::BelowZero).with("value", self.write(value)));
                }
                self.whole(units, 0, max)?
            }
            (_, Kind::Choices(_) | Kind::Several(_) | Kind::Lines(_)) => return Err(self.mistyped("expects-list")),
            (_, Kind::Whole(..) | Kind::OneOf(_) | Kind::Decimal(..)) => return Err(self.mistyped("expects-whole")),
            (Value::String(text), _) if text.trim().is_empty() => return Ok(None),
            (Value::String(text), _) => self.read(text)?,
            _ => return Err(self.mistyped("expects-text")),
        };
        Ok(Some(read))
    }

    fn mistyped(&self, reason: &'static str) -> Fault {
        Fault::new(self.name, Code::Malformed).with("reason", reason)
    }

    /// The line people mean by a word.
    fn meant(&self, table: &'static [Choice], word: &str) -> Result<&'static Choice, Fault> {
        Choice::meant_by(table, word).ok_or_else(|| not_one_of(self.name, word, &table.iter().collect::<Vec<_>>()))
    }

    /// The line of a stored text that a program sent.
    fn sent(&self, table: &'static [Choice], text: &str) -> Result<&'static Choice, Fault> {
        let allowed = || table.iter().map(|choice| choice.text).collect::<Vec<_>>().join(", ");
        Choice::of(table, text).ok_or_else(|| Fault::new(self.name, Code::NotOneOf).with("value", text).with("allowed", allowed()))
    }

    fn whole(&self, number: i64, min: i64, max: i64) -> Result<Value, Fault> {
        if (min..=max).contains(&number) {
            Ok(number.into())
        } else {
            Err(Fault::new(self.name, Code::OutOfRange).with("value", number).with("min", min).with("max", max))
        }
    }

    fn one_of(&self, number: i64, numbers: &[i64]) -> Result<Value, Fault> {
        if numbers.contains(&number) {
            return Ok(number.into());
        }
        let allowed: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        Err(Fault::new(self.name, Code::NotOneOf).with("value", number).with("allowed", allowed.join(", ")))
    }

    fn decimal(&self, text: &str, places: usize, max: i64, unit: &str) -> Result<Value, Fault> {
        let number = half_widths(text.trim());
        let units = read_decimal(self.name, number.strip_suffix(unit).unwrap_or(&number), places)?;
        if units <= max {
            return Ok(units.into());
        }
        let said = |units| format!("{}{unit}", shortest_decimal(units, places));
        Err(Fault::new(self.name, Code::OutOfRange).with("value", text).with("min", said(0)).with("max", said(max)))
    }

    /// A value as a person writes it into a form: what [`Field::read`] takes.
    pub(super) fn write(&self, value: &Value) -> String {
        match (self.kind, value) {
            (_, Value::Null) => String::new(),
            (Kind::Decimal(places, _, unit), Value::Number(number)) => {
                number.as_i64().map_or_else(|| number.to_string(), |units| format!("{}{unit}", shortest_decimal(units, places)))
            }
            (Kind::Several(of), Value::Array(items)) => items.iter().map(|item| of.write(item)).collect::<Vec<_>>().join(", "),
            (Kind::Lines(Lines { cell: Some((_, write)), .. }), value) => write(value),
            (Kind::Lines(of), Value::Array(all)) => lines::write(of, all),
            (Kind::Value(kind), value) => kind.write(value),
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }

    /// The lists its form offers, of each at most one is chosen.
    pub(super) fn selects(&self, lang: Lang) -> Vec<Select> {
        match self.kind {
            Kind::Value(kind) => kind.selects(lang),
            // One place for each choice, as none comes twice.
            Kind::Several(Field { kind: Kind::Choice(table), .. }) => {
                let options = || table.iter().map(|choice| (choice.text, choice.word(lang))).collect();
                (1..=table.len()).map(|place| Select { title: place.to_string(), options: options() }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is chosen of each of them.
    pub(super) fn chosen(&self, value: &Value) -> Vec<String> {
        match (self.kind, value) {
            (Kind::Value(kind), value) => kind.chosen(value),
            (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// A value as its words, in the language: for lists, pages and files.
    pub fn show(&self, value: &Value, lang: Lang) -> String {
        match (self.kind, value) {
            (Kind::Value(kind), value) => kind.show(value, lang),
            (Kind::Several(of), Value::Array(items)) => {
                items.iter().map(|item| of.show(item, lang)).collect::<Vec<_>>().join(lang.of("、", ", "))
            }
            (Kind::Lines(Lines { cell: Some(_), .. }), value) => self.write(value),
            (Kind::Both, Value::Object(both)) => {
                let half = |name: &str| both.get(name).and_then(Value::as_str).unwrap_or_default();
                lang.of(half("zh"), half("en")).to_owned()
            }
            (Kind::Decimal(..), value) => self.write(value),
            (Kind::Choices(_), Value::Array(_)) => self.badges(value, lang).join(lang.of("、", ", ")),
            (Kind::Choice(table), Value::String(text)) if !text.is_empty() => word(table, text, lang).to_owned(),
            (Kind::Flag, Value::Bool(yes)) => if *yes { lang.of("是", "Yes") } else { lang.of("否", "No") }.to_owned(),
            (Kind::Text(_, show), Value::String(text)) => show(text, lang).to_owned(),
            (Kind::Actor, Value::String(text)) => Words::of(lang).actor(text),
            (_, Value::String(text)) => text.clone(),
            (_, Value::Null) => String::new(),
            // Of several things a list says how many they are.
            (_, Value::Array(things)) => Some(things.len()).filter(|count| *count > 0).map_or_else(String::new, |count| count.to_string()),
            (_, other) => other.to_string(),
        }
    }

    /// A value as an event keeps it, in words: lines as what stands in them, and what was too long as it was written and cut.
    pub(super) fn told(&self, value: &Value, lang: Lang) -> String {
        match (self.kind, value) {
            (Kind::Choice(_), value) => self.show(value, lang),
            (_, Value::String(text)) => text.clone(),
            (Kind::Lines(Lines { fields, cell: None, .. }), Value::Array(lines)) => {
                let cells = |line: &Map<String, Value>| {
                    let said = fields.columns.iter().filter(|cell| !cell.read_only).map(|cell| cell.show(cell.within(line), lang));
                    said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
                };
                lines.iter().filter_map(Value::as_object).map(cells).collect::<Vec<_>>().join(lang.of("；", "; "))
            }
            _ => self.show(value, lang),
        }
    }

    /// Its value in a row as people read it: a code as the name of what it is of, a number in groups and with the unit the row has, a moment to
    /// the minute in the zone.
    pub(super) fn show_in(&self, row: &Map<String, Value>, value: &Value, (lang, zone, names): (Lang, Tz, &Names)) -> String {
        let moment = value.as_str().filter(|_| matches!(self.kind, Kind::Moment)).and_then(parsed::<NaiveDateTime>);
        match (self.kind, value) {
            (Kind::Whole(..), Value::Number(number)) => text::grouped(number),
            (Kind::Decimal(..), Value::Number(_)) | (Kind::Amount, Value::String(_)) => {
                let unit = self.unit_in.and_then(|unit| row.get(unit)).and_then(Value::as_str).unwrap_or_default();
                format!("{} {unit}", text::grouped(self.show(value, lang))).trim_end().to_owned()
            }
            (Kind::Several(of), Value::Array(items)) => {
                let said = |item| of.show_in(row, item, (lang, zone, names));
                items.iter().map(said).collect::<Vec<_>>().join(lang.of("、", ", "))
            }
            _ => match (names.of(self, value, lang), moment) {
                (Some(name), _) => name.to_owned(),
                (None, Some(at)) => time::local_minute(at, zone),
                (None, None) => self.show(value, lang),
            },
        }
    }

    /// The class of its cells: how they are set.
    pub(super) const fn class(&self) -> &'static str {
        match self.kind {
            Kind::Code => "code",
            _ if matches!(self.name.as_bytes(), b"code") => "code",
            // Of what a room reads by hand, lists show amounts.
            Kind::Whole(..) | Kind::OneOf(_) | Kind::Decimal(..) | Kind::Amount | Kind::ByHand => "num",
            Kind::Day | Kind::Moment => "day",
            _ => "",
        }
    }

    /// The tone of a badge, by the word that is stored.
    pub(super) fn tone(&self, value: &Value) -> &'static str {
        match (self.kind, value.as_str()) {
            (Kind::Choice(_), Some("active" | "released" | "running")) => "good",
            (Kind::Choice(_), Some("major" | "waiting")) => "warn",
            (Kind::Choice(_), Some("critical" | "hold" | "void" | "missed")) => "bad",
            _ => "",
        }
    }

    /// Its value in a row; a place with dots is that of a field within a field.
    pub(super) fn within<'a>(&self, row: &'a Map<String, Value>) -> &'a Value {
        let mut parts = self.place().split('.');
        let first = parts.next().and_then(|name| row.get(name)).unwrap_or(NOTHING);
        parts.fold(first, |value, name| value.get(name).unwrap_or(NOTHING))
    }

    /// The words of a choice or of each of several.
    pub(super) fn badges(&self, value: &Value, lang: Lang) -> Vec<&'static str> {
        match (self.kind, value) {
            (Kind::Choices(table), Value::Array(chosen)) => {
                chosen.iter().filter_map(Value::as_str).map(|text| word(table, text, lang)).collect()
            }
            (Kind::Choice(table), Value::String(text)) if !text.is_empty() => vec![word(table, text, lang)],
            _ => Vec::new(),
        }
    }

    /// A value as it stands in a file that may be handed in again: codes of countries rather than their names. Moments are in the brand's zone.
    pub(super) fn cell(&self, value: &Value, format: Format, lang: Lang, zone: Tz) -> Cell {
        let moment = |at: &str| at.parse::<NaiveDateTime>().map(|at| (format, zone.from_utc_datetime(&at).naive_local(), at));
        match (self.kind, value) {
            (Kind::Text(..) | Kind::Actor, Value::String(text)) => text.as_str().into(),
            (Kind::Several(Field { kind: Kind::Choice(_), .. }), value) => self.show(value, lang).into(),
            (Kind::Decimal(_, _, ""), Value::Number(_)) => parsed::<f64>(&self.write(value)).into(),
            (Kind::Value(_) | Kind::Several(_) | Kind::Decimal(..) | Kind::Lines(_), value) => self.write(value).into(),
            (Kind::Whole(..) | Kind::OneOf(_), Value::Number(number)) => number.as_i64().into(),
            (Kind::Amount, Value::String(text)) if format == Format::Xlsx => {
                parsed::<f64>(text).map_or_else(|| text.as_str().into(), Cell::Number)
            }
            (Kind::Moment, Value::String(at)) => match moment(at) {
                Ok((Format::Csv, _, at)) => time::local_minute(at, zone).into(),
                Ok((Format::Xlsx, local, _)) => local.into(),
                Err(_) => at.as_str().into(),
            },
            (Kind::Day, Value::String(day)) => day.parse::<chrono::NaiveDate>().map_or_else(|_| day.as_str().into(), Into::into),
            _ => self.show(value, lang).into(),
        }
    }
}

const NOTHING: &Value = &Value::Null;

/// What was chosen of a table, in the order of the table.
fn in_order(table: &'static [Choice], chosen: &[&'static Choice]) -> Value {
    table.iter().filter(|choice| chosen.contains(choice)).map(|choice| choice.text).collect::<Vec<_>>().into()
}

/// Several of a field, each read by `read`; notes too many, and one that came before where none comes twice.
fn several<T>(
    of: &Field,
    at: &str,
    items: impl Iterator<Item = (usize, T)>,
    faults: &mut Faults,
    mut read: impl FnMut((usize, T), &mut Faults) -> Option<Value>,
) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for (place, item) in items {
        if place == ENTRIES_MAX {
            faults.at_most(at, ENTRIES_MAX + 1, ENTRIES_MAX);
            break;
        }
        let Some(value) = read((place, item), faults) else { continue };
        if of.unique && all.contains(&value) {
            faults.note(Fault::new(format!("{at}.{place}"), Code::Duplicate).with("value", of.write(&value)));
        }
        all.push(value);
    }
    all.into()
}

/// What people call the choice with this stored text; the text itself where the table has no such choice.
fn word(table: &'static [Choice], text: &str, lang: Lang) -> &'static str {
    Choice::of(table, text).map_or("?", |choice| choice.word(lang))
}

impl Fields {
    /// None at all: those of a change, for what stays as it was made.
    pub const NONE: Self = Self { table: "", title: ("", ""), columns: &[] };

    /// Some of the fields, from one place to before another: what is said of a new one, say.
    #[must_use]
    pub const fn part(self, from: usize, to: usize) -> Self {
        Self { columns: self.columns.split_at(to).0.split_at(from).1, ..self }
    }

    /// The field of a name.
    pub fn named(&self, name: &str) -> Option<&'static Field> {
        self.columns.iter().find(|field| field.name == name)
    }

    /// The fields a line shows: as [`Fields::listed`], or all where none is.
    pub(super) fn listed_or_all(&'static self, lang: Lang) -> impl Iterator<Item = &'static Field> {
        let any = self.columns.iter().any(|field| field.listed);
        self.columns.iter().filter(move |field| (field.listed || !any) && self.is_told(field, lang))
    }

    /// The fields a list shows: of a text in two languages the half of the reader.
    pub fn listed(&'static self, lang: Lang) -> impl Iterator<Item = &'static Field> {
        self.columns.iter().filter(move |field| field.listed && self.is_told(field, lang))
    }

    /// Whether a reader of this language is told the field for itself: not the other half of a text, and not the unit that stands with its number.
    pub(super) fn is_told(&self, field: &Field, lang: Lang) -> bool {
        field.both.is_none_or(|half| half.lang == lang) && self.columns.iter().all(|number| number.unit_in != Some(field.name))
    }
}
