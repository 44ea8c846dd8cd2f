//! The page of one thing: its fields, what else the room shows of it, what may be done, what happened to it.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use askama::Template;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::field::{Field, Fields, Kind};
use super::names::Names;
use super::timeline::Happened;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Identity, Layout};

/// Something that may be done with a thing.
pub struct Act {
    /// The message of its name.
    pub key: &'static str,
    /// Where it leads.
    pub href: String,
    /// Who may.
    pub needs: Permission,
    /// The message of what it does, where its name does not say it; empty for none.
    pub about: &'static str,
    is_post: bool,
    is_grave: bool,
    brand_only: bool,
}

impl Act {
    /// A page that leads on.
    pub const fn get(key: &'static str, href: String, needs: Permission) -> Self {
        Self { key, href, needs, about: "", is_post: false, is_grave: false, brand_only: false }
    }

    /// Something that is done at once.
    pub const fn post(key: &'static str, href: String, needs: Permission) -> Self {
        Self { key, href, needs, about: "", is_post: true, is_grave: false, brand_only: false }
    }

    /// The same, with the message of what it does.
    #[must_use]
    pub const fn about(mut self, key: &'static str) -> Self {
        self.about = key;
        self
    }

    /// The same, shown as something that ends or takes away.
    #[must_use]
    pub const fn grave(mut self) -> Self {
        self.is_grave = true;
        self
    }
}

impl Act {
    /// For the brand's own people.
    #[must_use]
    pub const fn brand_only(mut self) -> Self {
        self.brand_only = true;
        self
    }

    /// Whether somebody may.
    pub(super) fn is_open_to(&self, who: &Identity) -> bool {
        who.may(self.needs) && !(self.brand_only && who.party.is_some())
    }
}

/// What the page of one thing shows beside what every page shows.
#[derive(Default)]
pub struct Besides {
    /// What came of an act that led there: whether it is well, and in words.
    pub note: Option<(bool, String)>,
    /// A section of the room's own, as HTML.
    pub section: String,
    /// The answer's status, if it is not 200.
    pub status: Option<StatusCode>,
}

/// Facts beside the fields, each with words, what it says and where that leads (empty for nowhere).
pub struct Panel {
    /// The message of its title.
    pub key: &'static str,
    /// Message of the words, what it says, where that leads.
    pub facts: Vec<(&'static str, String, String)>,
}

/// What stands where nothing is said.
pub const NOTHING: &str = "—";

/// A field of a thing as its page shows it.
pub struct ShownFact {
    /// Its title.
    pub title: &'static str,
    /// What it says.
    pub words: String,
    /// The code of what the words name, or empty.
    pub code: String,
    /// The language of the words, where it is said.
    pub lang: &'static str,
    /// How it is set: `code`, or nothing.
    pub class: &'static str,
    /// Where it leads, or empty.
    pub href: String,
}

/// Rows of a thing: title, titles of the columns with their classes, rows of cells with where they lead.
pub(super) struct Table {
    pub title: &'static str,
    pub heads: Vec<(&'static str, &'static str)>,
    pub rows: Vec<Vec<TableCell>>,
    /// What it says when it has no rows: the message `{room}-{field}-none`.
    pub none: Cow<'static, str>,
}

pub(super) struct TableCell {
    /// The title of its column: what a narrow page says before it.
    pub title: &'static str,
    /// The number that paper says where a page has a way; or empty.
    pub code: String,
    pub words: String,
    pub class: &'static str,
    pub href: String,
}

#[derive(Template)]
#[template(path = "platform/rooms/one.html")]
pub(super) struct OneView {
    pub layout: Layout,
    pub room: &'static str,
    pub code: String,
    pub badges: Vec<&'static str>,
    /// What came of an act: whether it is well, and in words.
    pub note: Option<(bool, String)>,
    pub facts: Vec<ShownFact>,
    pub panels: Vec<Panel>,
    pub tables: Vec<Table>,
    pub section: String,
    pub acts: Vec<Act>,
    /// The message of what changing it is called, and where it leads.
    pub edit: Option<(&'static str, String)>,
    pub history: Vec<Happened>,
}

impl OneView {
    fn list_title(&self) -> String {
        format!("{}-title", self.room)
    }
}

/// A thing's fields as its page shows them; what it does not have has a dash.
pub fn facts(fields: &'static Fields, thing: &Map<String, Value>, layout: &Layout, (zone, names): (Tz, &Names)) -> Vec<ShownFact> {
    let is_asked = |field: &Field| !matches!(field.name, "code" | "id") && fields.is_told(field, layout.lang) || field.both.is_some();
    let said = |field: &'static Field| {
        let value = field.within(thing);
        let words = Some(field.show_in(thing, value, (layout.lang, zone, names))).filter(|words| !words.is_empty());
        let name = names.of(field, value, layout.lang);
        let code = name.and(value.as_str()).unwrap_or_default().to_owned();
        // A table that somebody wrote as JSON is set as what it is.
        let is_table = value.as_str().is_some_and(|text| text.starts_with('{'));
        let is_code = is_table || name.is_none() && (field.refers.is_some() || matches!(field.kind, Kind::Code));
        let href = field.leads(value, |right| layout.may(right));
        ShownFact {
            title: field.title(layout.lang),
            words: if field.is_only_a_way(&href) { layout.t.say("open").into_owned() } else { words.unwrap_or_else(|| NOTHING.to_owned()) },
            code,
            lang: field.both.map_or("", |half| half.lang.tag()),
            class: if is_code { "code" } else { "" },
            href,
        }
    };
    let shown = fields.columns.iter().filter(|field| !matches!(field.kind, Kind::Lines(_)) && is_asked(field));
    // What people may still fill in has a dash; what the program has not said is not there.
    shown.filter(|field| !field.read_only || !field.show(field.within(thing), layout.lang).is_empty()).map(said).collect()
}

/// The rows that a thing has.
pub(super) fn tables(fields: &'static Fields, thing: &Map<String, Value>, layout: &Layout, (zone, names): (Tz, &Names)) -> Vec<Table> {
    let table = |field: &'static Field| {
        let (Kind::Lines(lines), Value::Array(all)) = (field.kind, field.within(thing)) else { return None };
        let shown = || lines.fields.listed_or_all(layout.lang);
        let cell = |row: &Map<String, Value>, of: &'static Field| {
            let value = of.within(row);
            let class = match (names.of(of, value, layout.lang), of.refers) {
                (Some(_), _) => "",
                (None, Some(_)) => "code",
                (None, None) => of.class(),
            };
            let href = of.leads(value, |right| layout.may(right));
            // What a line does not say of its unit, the thing does.
            let within = if of.unit_in.is_some_and(|unit| row.contains_key(unit)) { row } else { thing };
            let words = if of.is_only_a_way(&href) {
                layout.t.say("open").into_owned()
            } else {
                of.show_in(within, value, (layout.lang, zone, names))
            };
            let code = value.as_str().filter(|_| of.is_only_a_way(&href)).unwrap_or_default().to_owned();
            TableCell { title: of.title(layout.lang), code, words, class, href }
        };
        let rows = all.iter().filter_map(Value::as_object).map(|row| shown().map(|of| cell(row, of)).collect()).collect();
        let none = layout.t.say(format!("{}-{}-none", fields.table, field.name));
        Some(Table { none, title: field.title(layout.lang), heads: shown().map(|of| (of.title(layout.lang), of.class())).collect(), rows })
    };
    fields.columns.iter().filter_map(table).collect()
}
