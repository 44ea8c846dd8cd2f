//! What is shown once, when it is made: a key of a program, a link that lets somebody in. Only its hash is kept.

use std::fmt;

use actix_web::HttpResponse;
use askama::Template;
use zeroize::Zeroizing;

use super::call::Call;
use super::thing::Thing;
use crate::platform::http::perm::Perm;
use crate::platform::http::{Layout, html, sha256_hex};

/// A secret that was just made: the only moment it is known.
pub struct Secret {
    shown: Zeroizing<String>,
    /// SHA-256 of the secret, in hexadecimal: what is kept of it.
    pub hash: String,
}

impl Secret {
    /// Of a secret, and the text that is handed over: the secret itself, or an address that holds it.
    pub fn new(secret: &str, shown: String) -> Self {
        Self { shown: Zeroizing::new(shown), hash: sha256_hex(secret.as_bytes()) }
    }

    /// What is handed over.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "platform/rooms/secret.html")]
struct SecretView {
    layout: Layout,
    room: &'static str,
    name: String,
    code: String,
    href: String,
    /// None when it was shown before.
    secret: Option<Secret>,
}

impl SecretView {
    fn say(&self, what: &str) -> std::borrow::Cow<'static, str> {
        self.layout.t.say(format!("{}-{what}", self.room))
    }
}

/// The page that shows a thing's new secret; None when the very request was answered before, and the secret shown then.
pub fn secret_page<T: Thing, P: Perm>(call: &Call<P>, thing: &T, secret: Option<Secret>) -> HttpResponse {
    let (room, name) = (T::FIELDS.table, thing.title(call.lang()));
    let code = Some(thing.code()).filter(|code| *code != name).unwrap_or_default().to_owned();
    let layout = call.layout(call.words().say(format!("{room}-issued")));
    html(&SecretView { layout, room, name, code, href: thing.href(), secret })
}
