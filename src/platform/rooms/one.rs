//! The page of one thing: its fields, what else the room shows of it, what may be done, what happened to it.

use askama::Template;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::field::{Field, Fields};
use super::timeline::Happened;
use crate::kernel::text::Lang;
use crate::platform::http::Shell;
use crate::platform::http::perm::Permission;

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
}

impl Act {
    /// A page that leads on.
    pub const fn get(key: &'static str, href: String, needs: Permission) -> Self {
        Self { key, href, needs, about: "", is_post: false, is_grave: false }
    }

    /// Something that is done at once.
    pub const fn post(key: &'static str, href: String, needs: Permission) -> Self {
        Self { key, href, needs, about: "", is_post: true, is_grave: false }
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

/// Facts beside the fields, each with words, what it says and where that leads (empty for nowhere).
pub struct Panel {
    /// The message of its title.
    pub key: &'static str,
    /// Message of the words, what it says, where that leads.
    pub facts: Vec<(&'static str, String, String)>,
}

/// A field of the thing: title, what it says, and in which language that is.
pub(super) struct Fact {
    pub title: &'static str,
    pub words: String,
    pub lang: &'static str,
    pub class: &'static str,
}

#[derive(Template)]
#[template(path = "platform/rooms/one.html")]
pub(super) struct OneView {
    pub shell: Shell,
    pub room: &'static str,
    pub code: String,
    pub badges: Vec<&'static str>,
    /// What came of an act: whether it is well, and in words.
    pub note: Option<(bool, String)>,
    pub facts: Vec<Fact>,
    pub panels: Vec<Panel>,
    pub acts: Vec<Act>,
    pub edit: Option<String>,
    pub history: Vec<Happened>,
}

impl OneView {
    fn list_title(&self) -> String {
        format!("{}-title", self.room)
    }
}

/// A thing's fields as its page shows them; what it does not have has a dash.
pub(super) fn facts(fields: &'static Fields, thing: &Map<String, Value>, lang: Lang, zone: Tz) -> Vec<Fact> {
    let show = |field: &Field, value: &Value| match field.kind {
        super::Kind::Moment => field.show_in(value, lang, zone),
        _ => field.show(value, lang),
    };
    let said = |field: &'static Field| {
        let words = thing.get(field.name).map(|value| show(field, value)).filter(|words| !words.is_empty());
        let class = if matches!(field.kind, super::Kind::Code) { "code" } else { "" };
        Fact {
            title: field.title(lang),
            words: words.unwrap_or_else(|| "—".to_owned()),
            lang: field.both.map_or("", |half| half.lang.tag()),
            class,
        }
    };
    fields.columns.iter().map(said).collect()
}
