//! The web server: who asks, in which language, bodies in, pages and problems out. Knows no room.

mod address;
pub mod assets;
pub mod body;
pub mod caller;
pub mod compress;
mod download;
mod form_state;
mod headers;
pub mod idempotency;
mod locale;
pub mod page;
pub mod perm;
pub mod problem;
mod routes;

use sha2::{Digest, Sha256};

pub use address::address;
pub use body::{Form, Json};
pub use caller::{Authenticator, Caller, Identity, Visitor, app_of, authenticate};
pub use download::{attachment, csv, segment, table};
pub use form_state::FormState;
pub use headers::{guard_headers, header_text};
pub use idempotency::{Idempotency, created, json};
pub use locale::{LANG_COOKIE, Locale, remember_lang};
pub use page::{Entry, FormFaults, Layout, Menu, MenuPart, Onward, Onwards, Pages, html, html_response, see_other};
pub use problem::{Problem, render_errors};
pub use routes::{Asker, Guarded, RouteEntry, Routes, serve};

use crate::kernel::text::hex;

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
