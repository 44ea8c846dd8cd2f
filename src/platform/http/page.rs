//! What every page shares: language, words, who is signed in, where they may go.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;

use super::caller::Identity;
use super::locale::Locale;
use super::perm::Permission;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Result};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// The staff style sheet, inlined into every staff page. Its hash is in the content security policy.
pub const STAFF_CSS: &str = concat!(include_str!("staff.css"), include_str!("zones.css"));
/// What pages with the places of a garment add to the public style sheet.
pub const ZONES_CSS: &str = include_str!("zones.css");
/// The style sheet of the public pages.
pub const PUBLIC_CSS: &str = include_str!("public.css");

/// One entry of the staff menu. `app.rs` holds the list, because it is the only one that knows every room.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it leads.
    pub href: &'static str,
    /// The message of its name.
    pub key: &'static str,
    /// Who sees it: who may do any of this.
    pub needs: &'static [Permission],
    /// What is done there most: where, its message, who may.
    pub act: Option<(&'static str, &'static str, Permission)>,
}

impl Entry {
    /// An entry without anything that is done there most.
    pub const fn new(href: &'static str, key: &'static str, needs: &'static [Permission]) -> Self {
        Self { href, key, needs, act: None }
    }

    /// The entry with what is done there most.
    #[must_use]
    pub const fn act(mut self, href: &'static str, key: &'static str, needs: Permission) -> Self {
        self.act = Some((href, key, needs));
        self
    }
}

/// A part of the staff menu: what belongs to one kind of work.
#[derive(Clone, Debug)]
pub struct MenuPart {
    /// The message of its name.
    pub key: &'static str,
    /// Whose daily work it is: who has any of these rights finds it first.
    pub day_of: &'static [Permission],
    /// Its entries, in the order people work.
    pub entries: Vec<Entry>,
}

impl MenuPart {
    /// Whether the entry of this address is in it.
    pub fn has(&self, href: &str) -> bool {
        self.entries.iter().any(|entry| entry.href == href)
    }
}

/// The staff menu.
#[derive(Clone)]
pub struct Menu(pub Arc<[MenuPart]>);

impl Menu {
    /// The most entries that stand side by side, without parts.
    const SIDE_BY_SIDE: usize = 6;

    /// What somebody may use of it, the parts of their own day first.
    fn of(&self, who: &Identity) -> Vec<MenuPart> {
        let may = |needs: &[Permission]| needs.iter().any(|needs| who.may(*needs));
        let open = |part: &MenuPart| {
            let entries: Vec<Entry> = part.entries.iter().filter(|entry| may(entry.needs)).copied().collect();
            (!entries.is_empty()).then_some(MenuPart { key: part.key, day_of: part.day_of, entries })
        };
        let mut parts: Vec<MenuPart> = self.0.iter().filter_map(open).collect();
        parts.sort_by_key(|part| !may(part.day_of));
        parts
    }
}

/// A page of another room that goes on from a thing which knows nothing of that room.
#[derive(Clone, Copy, Debug)]
pub struct Onward {
    /// From what.
    pub from: &'static str,
    /// Where it leads: `{}` stands for what names the thing, each in its turn.
    href: &'static str,
    /// The message of its name.
    pub key: &'static str,
    /// Who sees it.
    needs: Permission,
}

impl Onward {
    /// A way on from a kind of thing.
    pub const fn new(from: &'static str, href: &'static str, key: &'static str, needs: Permission) -> Self {
        Self { from, href, key, needs }
    }

    /// The address from the thing of these names.
    pub fn of(&self, names: &[&str]) -> String {
        names.iter().fold(self.href.to_owned(), |href, name| href.replacen("{}", &super::query_escape(name), 1))
    }
}

/// Every way on, of every room.
#[derive(Clone)]
pub struct Onwards(pub Arc<[Onward]>);

/// The paths at which there is a page, with their parameters in braces.
#[derive(Clone)]
pub struct Pages(pub Arc<HashSet<String>>);

impl Pages {
    /// How many segments of a path lead to its nearest page: itself, or what it lies in.
    pub fn nearest(&self, pattern: &str) -> Option<usize> {
        let parts: Vec<&str> = pattern.split('/').collect();
        (2..=parts.len()).rev().find(|count| parts.get(..*count).is_some_and(|parts| self.0.contains(&parts.join("/"))))
    }
}

/// The page of a request: where something was sent to, there may be none, and what it is about has one.
fn place(request: &HttpRequest) -> String {
    let nearest = || request.app_data::<Pages>()?.nearest(&request.match_pattern()?);
    match nearest().filter(|_| request.method() == Method::POST) {
        Some(count) => request.path().split('/').take(count).collect::<Vec<_>>().join("/"),
        None => request.path().to_owned(),
    }
}

/// What a page needs besides its own content. Templates call it `shell`.
pub struct Layout {
    /// The language.
    pub lang: Lang,
    /// The words. `{{ shell.t.say("key") }}`
    pub t: Words,
    /// The page's title.
    pub title: String,
    /// The path, for marking the menu.
    pub path: String,
    /// The same page in the other language.
    pub other_lang_href: String,
    /// Whether the page is a form (of the id `form`) that keeps what stands in it when it is shown in the other language.
    pub keeps_form: bool,
    /// Who is signed in.
    pub who: Option<Identity>,
    /// What this person may use of the menu, their own work first.
    pub menu: Vec<MenuPart>,
    /// Where this person may go on to from things of other rooms.
    pub onwards: Vec<Onward>,
    /// The brand's name.
    pub brand: String,
}

impl Layout {
    /// The shell of a page whose title is the word under `key`, in the reader's language.
    pub fn titled(request: &HttpRequest, key: &str) -> Self {
        Self::of(request, Locale::of(request).words().say(key))
    }

    /// The shell of the page a request asks for.
    pub fn of(request: &HttpRequest, title: impl Into<String>) -> Self {
        let lang = Locale::of(request).0;
        let who = request.extensions().get::<Identity>().cloned();
        let menu = match (&who, request.app_data::<Menu>()) {
            (Some(who), Some(menu)) => menu.of(who),
            _ => Vec::new(),
        };
        let onwards = match (&who, request.app_data::<Onwards>()) {
            (Some(who), Some(all)) => all.0.iter().filter(|onward| who.may(onward.needs)).copied().collect(),
            _ => Vec::new(),
        };
        let other = match lang {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        };
        let is_kept = |pair: &&str| !matches!(*pair, "" | "shown") && !pair.starts_with("lang=");
        let rest: Vec<&str> = request.query_string().split('&').filter(is_kept).collect();
        let mut query = rest.join("&");
        if !query.is_empty() {
            query.push('&');
        }
        Self {
            lang,
            t: Words::of(lang),
            title: title.into(),
            path: request.path().to_owned(),
            other_lang_href: format!("{}?{query}lang={}", place(request), other.tag()),
            keeps_form: false,
            who,
            menu,
            onwards,
            brand: request.app_data::<web::Data<AppState>>().map(|app| app.config.brand(lang).to_owned()).unwrap_or_default(),
        }
    }

    /// The token a form carries, empty for the public.
    pub fn csrf(&self) -> &str {
        self.who.as_ref().and_then(|who| who.csrf.as_deref()).unwrap_or_default()
    }

    /// A fresh idempotency key for a form: pressing the button twice does the thing once.
    pub fn once(&self) -> String {
        super::random_token::<12>()
    }

    /// Where it goes on to from a kind of thing.
    pub fn onward(&self, from: &str) -> impl Iterator<Item = &Onward> {
        self.onwards.iter().filter(move |onward| onward.from == from)
    }

    /// The address of the menu's entry where we are: of those that lie on the way here the nearest; empty where none does.
    pub fn here(&self) -> &'static str {
        let leads = |href: &str| self.path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let all = self.menu.iter().flat_map(|part| &part.entries).map(|entry| entry.href);
        all.filter(|href| leads(href)).max_by_key(|href| href.len()).unwrap_or_default()
    }

    /// Whether the menu is so short that its entries stand side by side.
    pub fn is_short(&self) -> bool {
        self.menu.iter().map(|part| part.entries.len()).sum::<usize>() <= Menu::SIDE_BY_SIDE
    }

    /// Whether whoever is signed in has the right of this name.
    pub fn may(&self, permission: &str) -> bool {
        self.who.as_ref().is_some_and(|who| Permission::ALL.iter().any(|one| one.as_str() == permission && who.may(*one)))
    }

    /// A number as people read it, in groups of three.
    pub fn n(&self, number: impl std::fmt::Display) -> String {
        crate::kernel::text::grouped(number)
    }

    /// The staff style sheet.
    pub fn staff_css(&self) -> &'static str {
        STAFF_CSS
    }

    /// The address of the staff pages' script.
    pub fn staff_module(&self) -> &str {
        super::assets::STAFF_MODULE.href()
    }

    /// Where the brand's name leads: those who work here to their desk, everybody else to the public front page.
    pub fn home(&self) -> &'static str {
        if self.who.is_some() { "/desk" } else { "/" }
    }

    /// What pages with the places of a garment add to it.
    pub fn zones_css(&self) -> &'static str {
        ZONES_CSS
    }

    /// The public style sheet.
    pub fn public_css(&self) -> &'static str {
        PUBLIC_CSS
    }
}

/// What is wrong with a form a person sent: shown beside its fields when the form comes back with what they wrote.
#[derive(Debug, Default)]
pub struct FormFaults {
    /// What it is about as a whole, when no field is to blame.
    pub whole: Option<String>,
    fields: Vec<(String, String)>,
}

impl FormFaults {
    /// The faults of a refusal, in words. The page is then sent with [`FormFaults::status`].
    ///
    /// # Errors
    /// The error itself when it is not for the person to mend.
    pub fn of(error: Error, words: Words) -> Result<Self> {
        match error {
            Error::Refused(refusal) if refusal.code == Code::KeyReused => {
                Ok(Self { whole: Some(words.say("form-sent-before").into_owned()), fields: Vec::new() })
            }
            Error::Refused(refusal) => Ok(Self {
                whole: refusal.faults.is_empty().then(|| words.refusal(&refusal)),
                fields: refusal.faults.iter().map(|fault| (fault.field.to_string(), words.fault(fault))).collect(),
            }),
            other => Err(other),
        }
    }

    /// Why a field is wrong.
    pub fn at(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, why)| why.as_str())
    }

    /// 422 when anything is wrong, else 200.
    pub fn status(&self) -> StatusCode {
        if self.whole.is_none() && self.fields.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// A page as a response.
pub fn html(page: &impl Template) -> HttpResponse {
    html_response(StatusCode::OK, page)
}

/// A page as a response with a status.
pub fn html_response(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body),
        Err(error) => {
            tracing::error!(%error, "a page does not render");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// After a form: on to a page that may be reloaded.
pub fn see_other(location: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location.as_ref())).finish()
}
