//! The pages: what each template is filled with.

use std::sync::Arc;

use askama::Template;
use bytes::Bytes;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::kept::Parts;
use super::rules::{MANY_DEVICES, Saying, Tone, date_text};
use super::store::Life;
use crate::kernel::components;
use crate::kernel::event::EventKind;
use crate::kernel::text::Lang;
use crate::kernel::time::local_date;
use crate::kernel::{Error, Result};
use crate::platform::http::{FormFaults, Layout};
use crate::platform::words::Words;

/// A warranty's state as a person reads it.
pub struct Said {
    /// How it looks.
    pub tone: Tone,
    /// The headline.
    pub title: String,
    /// The explanation, or empty.
    pub text: String,
    /// The brand's reason, or empty.
    pub reason: String,
}

impl Said {
    /// In words.
    pub fn of(saying: &Saying, t: Words) -> Self {
        let lang = t.lang();
        let day = |date: Option<NaiveDate>| date.map(|date| date_text(date, lang)).unwrap_or_default();
        let args = [("since", day(saying.since)), ("until", day(saying.until)), ("days", saying.days.to_string())];
        let text = if saying.text.is_empty() { String::new() } else { t.say_with(saying.text, &args).into_owned() };
        let reason = if saying.reason == "returned" { t.say("card-returned").into_owned() } else { saying.reason.clone() };
        Self { tone: saying.tone, title: t.say_with(saying.title, &args).into_owned(), text, reason }
    }
}

/// The card.
#[derive(Template)]
#[template(path = "public/card/card.html")]
pub struct Card {
    pub(super) layout: Layout,
    pub(super) kept: Arc<Parts>,
    pub(super) terms: Arc<str>,
    pub(super) serial: String,
    pub(super) base: String,
    pub(super) saying: Said,
    pub(super) is_mine: bool,
    pub(super) is_held: bool,
    pub(super) claimed: String,
    pub(super) scanned: String,
    pub(super) first_scan: String,
    pub(super) many: bool,
    /// What the brand answers for since it was repaired, in sentences.
    pub(super) mended: Vec<String>,
    /// Day for machines, day for people, what happened.
    pub(super) past: Vec<((String, String), &'static str)>,
}

impl Card {
    /// The page. Its parts are long, so that the room for them is made at once.
    pub fn page(&self) -> Result<Bytes> {
        const OF_ITS_OWN: usize = 6_144;
        let parts = [&self.kept.top, &self.kept.middle, &self.kept.bottom].map(String::len).iter().sum::<usize>() + self.terms.len();
        let mut page = String::with_capacity(self.layout.public_css().len() + parts + OF_ITS_OWN);
        self.render_into(&mut page).map_err(Error::broken)?;
        Ok(page.into())
    }

    /// The language it is in.
    pub fn lang(&self) -> Lang {
        self.layout.lang
    }

    /// The words of a garment's life.
    pub fn tell(&mut self, life: &Life, zone: Tz, today: NaiveDate) {
        let (t, lang) = (self.layout.t, self.layout.lang);
        let day = |at| date_text(local_date(at, zone), lang);
        self.is_held = life.held_since.is_some();
        self.claimed = life.first_claimed().map(day).unwrap_or_default();
        let devices = life.scans.map_or(0, |(devices, _)| devices);
        self.scanned = t.say1("card-label-devices", "count", devices).into_owned();
        self.first_scan = life.scans.map(|(_, first)| t.say1("card-label-first", "date", day(first)).into_owned()).unwrap_or_default();
        self.many = devices > MANY_DEVICES && !self.is_mine;
        let covered = life.mended.iter().filter(|one| one.covered_until >= today);
        self.mended = covered
            .map(|one| {
                let args = [
                    ("component", components::name_of(&one.component, lang).to_owned()),
                    ("until", date_text(one.covered_until, lang)),
                    ("repaired", date_text(one.done_on, lang)),
                ];
                t.say_with(if one.component.is_empty() { "card-mended" } else { "card-mended-part" }, &args).into_owned()
            })
            .collect();
        self.past = life
            .past
            .iter()
            .enumerate()
            .map(|(place, (at, kind))| {
                let date = life.day_of(place, *kind).unwrap_or_else(|| local_date(*at, zone));
                ((date.to_string(), date_text(date, lang)), said(*kind, lang))
            })
            .collect();
    }
}

fn said(kind: EventKind, lang: Lang) -> &'static str {
    let (zh, en) = kind.words();
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// The page of a product, for those who have no serial at hand.
#[derive(Template)]
#[template(path = "public/card/product.html")]
pub struct ProductPage {
    pub(super) layout: Layout,
    pub(super) kept: Arc<Parts>,
    pub(super) terms: Arc<str>,
    pub(super) gtin: String,
}

/// The front door for the public.
#[derive(Template)]
#[template(path = "public/card/home.html")]
pub struct Home {
    pub(super) layout: Layout,
    pub(super) typed: String,
    pub(super) fault: String,
    pub(super) help: String,
}

/// "Not issued by us", the typo, the damaged address.
#[derive(Template)]
#[template(path = "public/card/unissued.html")]
pub struct Unissued {
    pub(super) layout: Layout,
    pub(super) class: &'static str,
    /// Above the text, or empty.
    pub(super) headline: String,
    pub(super) text: String,
    /// What is shown again, with what it is.
    pub(super) shown: Option<(String, String)>,
    /// The serial that was typed, to be mended.
    pub(super) typed: String,
    pub(super) help: String,
}

/// A form with one code: claiming, accepting.
#[derive(Template)]
#[template(path = "public/card/claim.html")]
pub struct CodeForm {
    pub(super) layout: Layout,
    pub(super) name: String,
    pub(super) serial: String,
    pub(super) base: String,
    pub(super) action: &'static str,
    pub(super) lead: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) button: String,
    pub(super) is_held: bool,
    /// What was typed, to be mended.
    pub(super) typed: String,
    pub(super) fault: String,
    pub(super) tries: String,
    pub(super) help: String,
}

/// What only the holder sees.
#[derive(Template)]
#[template(path = "public/card/mine.html")]
pub struct Mine {
    pub(super) layout: Layout,
    pub(super) name: String,
    pub(super) serial: String,
    pub(super) base: String,
    pub(super) saying: Said,
    pub(super) terms: Arc<str>,
    pub(super) since: String,
    /// The recovery code's drawing; only right after the claim.
    pub(super) recovery: Option<String>,
    /// A fresh transfer code and until when.
    pub(super) transfer: Option<(String, String)>,
    pub(super) hours: i64,
    pub(super) contact_since: String,
    /// Name, label, type, autocomplete token, value.
    pub(super) fields: Vec<(&'static str, String, &'static str, &'static str, String)>,
    /// Name and words of each purpose, and whether it is ticked.
    pub(super) purposes: Vec<(&'static str, String, bool)>,
    pub(super) faults: FormFaults,
    pub(super) note: String,
    pub(super) help: String,
}

/// A short message, perhaps with one button or with links.
#[derive(Template)]
#[template(path = "public/card/notice.html")]
pub struct Notice {
    pub(super) layout: Layout,
    pub(super) class: &'static str,
    pub(super) text: String,
    /// Where the button goes, the hidden key, its words.
    pub(super) form: Option<(String, String, String)>,
    pub(super) choices: Vec<(String, String)>,
    pub(super) base: String,
}
