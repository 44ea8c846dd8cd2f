//! The screens of the parties.

use std::collections::HashMap;

use askama::Template;

use super::{Party, PartyFields, Role, Status};
use crate::kernel::text::{Both, Lang};
use crate::platform::http::{Filled, Shell, segment};

#[derive(Template)]
#[template(path = "production/parties/list.html")]
pub(super) struct ListPage {
    pub shell: Shell,
    pub parties: Vec<Party>,
    pub role: Option<Role>,
    pub q: String,
    pub next: Option<String>,
    pub csv: String,
}

impl ListPage {
    fn options(&self) -> Vec<(String, String)> {
        role_options(self.shell.lang, self.shell.t.say("parties-any-role").into_owned())
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.role.map_or("", Role::as_str) == value
    }
}

#[derive(Template)]
#[template(path = "production/parties/one.html")]
pub(super) struct OnePage {
    pub shell: Shell,
    pub party: Party,
    pub used: Vec<Use>,
}

impl OnePage {
    fn trace(&self) -> String {
        format!("/trace/party/{}", segment(&self.party.code))
    }
}

/// One place where a party is used: how often, and where that is listed.
pub(super) struct Use {
    pub key: &'static str,
    pub count: i64,
    pub href: String,
}

#[derive(Template)]
#[template(path = "production/parties/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    pub form: Filled,
    /// The code of the party that is changed; None for a new one.
    pub code: Option<String>,
}

impl FormPage {
    fn action(&self) -> String {
        self.code.as_ref().map_or_else(|| "/parties/new".to_owned(), |code| format!("/parties/{}/edit", segment(code)))
    }

    fn back(&self) -> String {
        self.code.as_ref().map_or_else(|| "/parties".to_owned(), |code| format!("/parties/{}", segment(code)))
    }

    fn roles(&self) -> Vec<(String, &'static str)> {
        Role::ALL.iter().map(|role| (box_of(*role), role.words(self.shell.lang))).collect()
    }

    fn states(&self) -> Vec<(String, String)> {
        [Status::Active, Status::Closed]
            .map(|status| (status.as_str().to_owned(), self.shell.t.say(format!("parties-status-{}", status.as_str())).into_owned()))
            .into()
    }
}

/// The name of a role's box in the form.
fn box_of(role: Role) -> String {
    format!("roles.{}", role.as_str())
}

fn role_options(lang: Lang, any: String) -> Vec<(String, String)> {
    let roles = Role::ALL.iter().map(|role| (role.as_str().to_owned(), role.words(lang).to_owned()));
    std::iter::once((String::new(), any)).chain(roles).collect()
}

/// What a form says of a party.
pub(super) fn fields_of(values: &HashMap<String, String>) -> PartyFields {
    let text = |name: &str| values.get(name).cloned().unwrap_or_default();
    let both = |name: &str| Both { zh: text(&format!("{name}.zh")), en: text(&format!("{name}.en")) };
    PartyFields {
        code: text("code"),
        name: both("name"),
        roles: Role::ALL.iter().copied().filter(|role| values.contains_key(&box_of(*role))).collect(),
        gln: Some(text("gln")),
        country: text("country"),
        city: text("city"),
        address: both("address"),
        contact: text("contact"),
        status: Status::of(&text("status")),
        version: text("version").parse().ok(),
    }
}

/// A party as its form shows it.
pub(super) fn values_of(party: &Party) -> HashMap<String, String> {
    let mut values: HashMap<String, String> = [
        ("code", &party.code),
        ("name.zh", &party.name.zh),
        ("name.en", &party.name.en),
        ("gln", party.gln.as_ref().unwrap_or(&String::new())),
        ("country", &party.country),
        ("city", &party.city),
        ("address.zh", &party.address.zh),
        ("address.en", &party.address.en),
        ("contact", &party.contact),
        ("status", &party.status.as_str().to_owned()),
        ("version", &party.version.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .collect();
    values.extend(party.roles.iter().map(|role| (box_of(*role), "on".to_owned())));
    values
}

/// A party's address in the staff pages.
pub(super) fn href(code: &str) -> String {
    format!("/parties/{}", segment(code))
}
