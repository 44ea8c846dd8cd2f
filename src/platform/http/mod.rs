//! The web server: who asks, in which language, bodies in, pages and problems out. Knows no room.

pub mod assets;
pub mod body;
pub mod caller;
mod download;
mod filled;
mod headers;
pub mod limits;
mod locale;
pub mod once;
pub mod pack;
pub mod page;
pub mod perm;
pub mod problem;
mod routes;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use body::{Form, Json};
pub use caller::{Caller, Doorkeeper, Identity, Visitor, at_the_door};
pub use download::{attachment, csv, segment, table};
pub use filled::Filled;
pub use headers::guard_headers;
pub use limits::{Limit, Limits};
pub use locale::{LANG_COOKIE, Locale, remember_lang};
pub use once::{Once, created, json};
pub use page::{Entry, FormFaults, Menu, Shell, html, html_response, see_other};
pub use problem::{Problem, dress};
pub use routes::{RouteEntry, Routes};

use crate::config::Config;
use crate::kernel::Id;
use crate::kernel::text::hex;
use crate::kernel::time::Clock;
use crate::platform::db::Store;
use crate::platform::events::Stamp;
use crate::platform::keys::Keys;

/// What every handler and job is handed: the store, the clock, the settings. Cheap to clone.
#[derive(Clone)]
pub struct House {
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// The secret keys.
    pub keys: Arc<Keys>,
    /// This process, for ids.
    pub node: u16,
    /// How often things may be tried.
    pub limits: Arc<Limits>,
}

impl House {
    /// A house on this store, with fresh counters.
    pub fn new(store: Store, clock: Clock, config: Config, keys: Keys, node: u16) -> Self {
        let limits = Arc::new(Limits::new(&clock));
        Self { store, clock, config: Arc::new(config), keys: Arc::new(keys), node, limits }
    }

    /// A stamp of now for `actor`.
    pub fn stamp(&self, actor: &str) -> Stamp {
        Stamp { actor: actor.to_owned(), at: self.clock.now(), node: self.node }
    }

    /// Today in the brand's zone.
    pub fn today(&self) -> chrono::NaiveDate {
        crate::kernel::time::local_date(self.clock.now(), self.config.time_zone)
    }

    /// A fresh id.
    pub fn id(&self) -> Id {
        Id::fresh(self.clock.now(), self.node)
    }
}

/// `N` random bytes in lower-case hexadecimal: unguessable from 16 bytes on.
pub fn random_token<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        // Without randomness nothing that follows would be safe.
        tracing::error!(%error, "the system gives no random bytes");
        std::process::abort();
    }
    hex(&bytes)
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// An id for a log line that the asker is shown.
pub fn log_id() -> String {
    random_token::<5>()
}

/// Escapes a text for a query value.
pub fn query_escape(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}
