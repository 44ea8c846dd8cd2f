//! Lists: which rows, from where, in which direction; as a page, a document or a file.

use std::borrow::Cow;
use std::collections::HashMap;

use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind};
use super::names::Names;
use crate::kernel::paging::{PAGE_DEFAULT, PAGE_MAX, Page, open, seal};
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Fault, Id, Result, parsed, saturating};
use crate::platform::http::{Layout, query_escape};
use crate::platform::state::AppState;

/// Where a page of a list starts, and in which direction it is read. Keys are those of the first and last row of the page before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum From<K = String> {
    /// At the beginning.
    #[default]
    Start,
    /// Behind the row with this key.
    After(K),
    /// Before the row with this key: the rows nearest to it.
    Before(K),
}

impl From {
    /// The same with its key taken apart.
    ///
    /// # Errors
    /// [`Code::Malformed`] for the token of some other list.
    pub fn read<K>(&self, read: impl Fn(&str) -> Option<K>) -> Result<From<K>> {
        let key = |page: &'static str, key: &str| read(key).ok_or_else(|| Fault::new(page, Code::Malformed).with("reason", "page-token"));
        Ok(match self {
            Self::Start => From::Start,
            Self::After(after) => From::After(key("after", after)?),
            Self::Before(before) => From::Before(key("before", before)?),
        })
    }
}

/// A stretch of a list for a store to read: at most `limit` rows.
#[derive(Clone, Debug)]
pub struct ListWindow<K = String> {
    /// Where it starts.
    pub from: From<K>,
    /// Most rows.
    pub limit: i64,
    /// Whether the list runs from its last key to its first.
    pub last_first: bool,
}

impl ListWindow {
    /// The same of a list that is ordered by ids.
    ///
    /// # Errors
    /// [`Code::Malformed`] for a token whose key is no id.
    pub fn of_ids(&self) -> Result<ListWindow<Id>> {
        let from = match &self.from {
            From::Start => From::Start,
            From::After(key) => From::After(key.parse()?),
            From::Before(key) => From::Before(key.parse()?),
        };
        Ok(ListWindow { from, limit: self.limit, last_first: self.last_first })
    }
}

impl<K> ListWindow<K> {
    /// Whether its rows are read in ascending order of their keys.
    pub fn ascending(&self) -> bool {
        matches!(self.from, From::Before(_)) == self.last_first
    }

    /// The rows as they were read, in the order of the list.
    pub fn in_order<T>(&self, mut rows: Vec<T>) -> Vec<T> {
        if matches!(self.from, From::Before(_)) {
            rows.reverse();
        }
        rows
    }
}

/// Between the two halves of a key of two columns; no code has it.
const AND: char = '\n';

/// The key of a row in a list that is ordered by a column and, where that is the same, by the id.
pub fn key_of_two(first: &str, id: Id) -> String {
    format!("{first}{AND}{}", id.0)
}

/// The halves of such a key.
///
/// # Errors
/// [`Code::Malformed`] for a page token of another list.
pub fn halves(key: &str) -> Result<(&str, Id)> {
    let wrong = || Fault::new("after", Code::Malformed).with("reason", "page-token");
    let (first, id) = key.split_once(AND).ok_or_else(wrong)?;
    Ok((first, Id(id.parse().map_err(|_| wrong())?)))
}

/// Narrows a boxed query to a window of a list, and runs it; the rows come in the list's order.
///
/// `keyset!(c, query, party::code, window)` where one unique column orders it, `keyset!(c, query, newest job::id, window)` where it begins with
/// the greatest key, `keyset!(c, query, lot::code, lot::id, window)` where a column and the id order it; `c` is the connection of an
/// [`each!`](crate::each).
#[macro_export]
macro_rules! keyset {
    ($c:expr, $query:expr, newest $key:expr, $window:expr) => {
        $crate::keyset!(@ $c, $query, $key, $window, true)
    };
    ($c:expr, $query:expr, $key:expr, $window:expr) => {
        $crate::keyset!(@ $c, $query, $key, $window, false)
    };
    ($c:expr, $query:expr, $key:expr, $id:expr, $window:expr) => {{
        use $crate::platform::rooms::{From, halves};
        let (query, window) = ($query, $window);
        let query = match &window.from {
            From::Start => query,
            From::After(key) | From::Before(key) => {
                let (key, id) = halves(key)?;
                if window.ascending() {
                    query.filter($key.ge(key)).filter($key.gt(key).or($id.gt(id)))
                } else {
                    query.filter($key.le(key)).filter($key.lt(key).or($id.lt(id)))
                }
            }
        };
        let query = if window.ascending() { query.order(($key.asc(), $id.asc())) } else { query.order(($key.desc(), $id.desc())) };
        query.limit(window.limit).load($c).map(|rows| window.in_order(rows))
    }};
    (@ $c:expr, $query:expr, $key:expr, $window:expr, $newest:expr) => {{
        use $crate::platform::rooms::From;
        let (query, window) = ($query, $window);
        let ascending = window.ascending() != $newest;
        let query = match &window.from {
            From::Start => query,
            From::After(key) | From::Before(key) if ascending => query.filter($key.gt(key)),
            From::After(key) | From::Before(key) => query.filter($key.lt(key)),
        };
        let query = if ascending { query.order($key.asc()) } else { query.order($key.desc()) };
        query.limit(window.limit).load($c).map(|rows| window.in_order(rows))
    }};
}

/// What a list is asked: filters, and which page.
#[derive(Clone)]
pub struct ListQuery {
    /// A text to look for, or empty.
    pub q: String,
    filters: Vec<(&'static str, String)>,
    from: From,
    per_page: Option<i64>,
    app: AppState,
}

/// A filter: its name, the field that reads it, and whether it may be left open.
#[derive(Clone, Copy)]
pub(super) struct Filtered {
    pub name: &'static str,
    pub field: &'static Field,
    pub may_be_any: bool,
}

impl ListQuery {
    /// Of an address's query. What is neither a filter of this list nor about its pages is left alone: addresses carry more than ours.
    ///
    /// # Errors
    /// [`Code::Invalid`] with a filter that no row can have, or a page token that is none.
    pub(super) fn of(asked: impl Iterator<Item = Filtered>, pairs: &HashMap<String, String>, app: &AppState) -> Result<Self> {
        let given = |name: &str| pairs.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let mut filters = Vec::new();
        for Filtered { name, field, .. } in asked {
            let Some(value) = given(name) else { continue };
            // A filter takes one of what the field may have several of.
            let kind = if let Kind::Choices(table) = field.kind { Kind::Choice(table) } else { field.kind };
            let read = Field { name, kind, ..*field }.read_json(&Value::from(value))?;
            filters.extend(read.as_ref().and_then(Value::as_str).map(|value| (name, value.to_owned())));
        }
        let from = match (given("after"), given("before")) {
            (Some(token), _) => From::After(open("after", token)?),
            (None, Some(token)) => From::Before(open("before", token)?),
            (None, None) => From::Start,
        };
        let per_page = given("per_page").map(|rows| rows.parse().map_err(|_| Fault::new("per_page", Code::NotANumber).with("value", rows)));
        let q = text::optional_line("q", given("q").unwrap_or_default(), 2_000)?;
        let query = Self { q, filters, from, per_page: per_page.transpose()?, app: app.clone() };
        match (query.day("from"), query.day("to")) {
            (Some(earlier), Some(later)) if later < earlier => {
                Err(Fault::new("to", Code::DatesOutOfOrder).with("earlier", earlier).with("later", later).into())
            }
            _ => Ok(query),
        }
    }

    /// The application the list is of, for what takes its keys or its clock.
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// The day a filter has.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        self.filter(name).and_then(parsed)
    }

    /// For a text alone.
    pub fn searching(app: &AppState, q: String) -> Self {
        Self { q, filters: Vec::new(), from: From::Start, per_page: None, app: app.clone() }
    }

    /// The value a filter has.
    pub fn filter(&self, name: &str) -> Option<&str> {
        self.filters.iter().find(|(filter, _)| *filter == name).map(|(_, value)| value.as_str())
    }

    /// The value a filter has, or else what is searched for.
    pub fn filter_or_search(&self, name: &str) -> Option<&str> {
        self.filter(name).or(Some(self.q.as_str()).filter(|q| !q.is_empty()))
    }

    /// Whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.q.is_empty() || !self.filters.is_empty()
    }

    fn limit(&self) -> i64 {
        self.per_page.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// The stretch to read for this page: one row more than it shows, which tells whether the list goes on.
    pub fn window(&self) -> ListWindow {
        ListWindow { from: self.from.clone(), limit: self.limit() + 1, last_first: false }
    }

    /// The page out of the rows of [`ListQuery::window`].
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> ListPage<T> {
        let limit = saturating::<usize>(self.limit());
        let more = rows.len() > limit;
        let backwards = matches!(self.from, From::Before(_));
        if more && backwards {
            rows.remove(0);
        }
        rows.truncate(limit);
        let (goes_on, came_from) = if backwards { (true, more) } else { (more, self.from != From::Start) };
        let next = rows.last().filter(|_| goes_on).map(|last| seal(&key(last)));
        let previous = rows.first().filter(|_| came_from).map(|first| seal(&key(first)));
        ListPage { page: Page { items: rows, next }, previous }
    }

    /// The filters and the page size as an address's query, without which page: empty, or `?q=…`.
    pub fn narrowed(&self) -> String {
        let filters = self.filters.iter().map(|(name, value)| (*name, value.clone()));
        let q = Some(("q", self.q.clone())).filter(|(_, q)| !q.is_empty());
        let rows = self.per_page.map(|rows| ("per_page", rows.to_string()));
        let pairs: Vec<_> =
            q.into_iter().chain(filters).chain(rows).map(|(name, value)| format!("{name}={}", query_escape(&value))).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn with(&self, name: &str, token: &str) -> String {
        let narrowed = self.narrowed();
        format!("{narrowed}{}{name}={token}", if narrowed.is_empty() { '?' } else { '&' })
    }
}

/// A page of a list and the token of the page before it.
#[derive(Debug)]
pub struct ListPage<T> {
    /// The rows, and the token of the next page.
    pub page: Page<T>,
    /// Send it as `before` for the page before; absent on the first.
    pub previous: Option<String>,
}

/// A cell of a list's table.
pub(super) struct ListCell {
    pub words: String,
    /// Words that stand each on a badge of their own.
    pub badges: Vec<&'static str>,
    /// `good`, or nothing, for a badge.
    pub tone: &'static str,
    pub class: &'static str,
}

impl ListCell {
    fn of(field: &Field, row: &Map<String, Value>, value: &Value, reading: (Lang, Tz, &Names)) -> Self {
        let badges = field.badges(value, reading.0);
        let words = if badges.is_empty() { field.show_in(row, value, reading) } else { String::new() };
        let is_named = reading.2.of(field, value, reading.0).is_some();
        Self { words, badges, tone: field.tone(value), class: if is_named { "" } else { field.class() } }
    }
}

pub(super) struct ListRow {
    pub href: String,
    pub cells: Vec<ListCell>,
}

impl ListRow {
    /// A row, of the fields its list shows.
    pub(super) fn of(fields: &'static Fields, row: &Map<String, Value>, href: String, reading: (Lang, Tz, &Names)) -> Self {
        let is_empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        let value = |field: &Field| {
            let own = field.within(row);
            // Where the reader's language has no text, the other stands in.
            let other = field.both.filter(|_| is_empty(own)).and_then(|half| {
                let halves = fields.columns.iter().filter(|other| other.both.is_some_and(|other| other.group == half.group));
                halves.map(|other| other.within(row)).find(|value| !is_empty(value))
            });
            other.unwrap_or(own).clone()
        };
        Self { href, cells: fields.listed(reading.0).map(|field| ListCell::of(field, row, &value(field), reading)).collect() }
    }
}

/// A value and its words.
pub type Offered = (Cow<'static, str>, Cow<'static, str>);

/// A filter as the list's form shows it.
pub(super) struct Filter {
    pub name: &'static str,
    pub title: &'static str,
    pub value: String,
    /// The words it may have; empty for a text.
    pub options: Vec<Offered>,
    /// Whether it may be left open.
    pub may_be_any: bool,
    pub is_day: bool,
    /// The address that offers codes as one types, or empty.
    pub offer: String,
}

impl Filter {
    pub(super) fn of(Filtered { name, field, may_be_any }: Filtered, query: &ListQuery, offered: Vec<Offered>, lang: Lang) -> Self {
        let options = match field.kind {
            Kind::Choice(table) | Kind::Choices(table) => {
                table.iter().map(|choice| (choice.text.into(), choice.word(lang).into())).collect()
            }
            _ => offered,
        };
        let value = query.filter(name).unwrap_or_default().to_owned();
        Self { name, title: field.title(lang), value, options, may_be_any, is_day: matches!(field.kind, Kind::Day), offer: field.offer() }
    }
}

/// A sum over all rows of a list.
pub struct Sum {
    /// What is summed, in words.
    pub words: Cow<'static, str>,
    /// How much it is.
    pub value: i64,
    /// The tone of its badge, where it has one.
    pub tone: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "platform/rooms/list.html")]
pub(super) struct ListView {
    pub layout: Layout,
    /// The room's name: its address and the beginning of its words' keys.
    pub room: &'static str,
    /// What may be done: the message of its name, where it leads.
    pub acts: Vec<(&'static str, String)>,
    pub query: ListQuery,
    /// What is wrong with what is looked for.
    pub fault: Option<String>,
    pub filters: Vec<Filter>,
    pub sums: Vec<Sum>,
    /// What the room says above the rows, as HTML.
    pub top: String,
    /// Whether who looks sees only what is of their party.
    pub is_bound: bool,
    /// Titles of the columns and their classes.
    pub heads: Vec<(&'static str, &'static str)>,
    pub rows: Vec<ListRow>,
    pub next: Option<String>,
    pub previous: Option<String>,
}

impl ListView {
    /// Whether a phone shows the filters only when asked: there are more than fit above the list.
    fn is_foldable(&self) -> bool {
        self.filters.len() > 2
    }

    /// Whether any row says something in a column: one in which none does is left out.
    fn is_told(&self, column: &usize) -> bool {
        let told = |cell: &ListCell| !cell.words.is_empty() || !cell.badges.is_empty();
        *column == 0 || self.rows.iter().any(|row| row.cells.get(*column).is_some_and(told))
    }

    /// The title of a column, for a row shown as a card on a phone.
    fn title_of(&self, column: &usize) -> &str {
        self.heads.get(*column).map_or("", |(title, _)| title)
    }

    fn say(&self, what: &str) -> std::borrow::Cow<'static, str> {
        self.layout.t.say(format!("{}-{what}", self.room))
    }

    /// What the list is of, said to those who see only a part of it in their own words where there are some.
    fn about(&self) -> std::borrow::Cow<'static, str> {
        let own = format!("{}-about-own", self.room);
        if self.is_bound && self.layout.t.knows(&own) { self.layout.t.say(own) } else { self.say("about") }
    }

    fn file(&self, ending: &str) -> String {
        format!("/{}.{ending}{}", self.room, self.query.narrowed())
    }

    fn page(&self, name: &str, token: &str) -> String {
        format!("/{}{}", self.room, self.query.with(name, token))
    }
}
