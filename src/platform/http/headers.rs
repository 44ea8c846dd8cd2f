//! Headers every response carries, errors included. No `unsafe-*` anywhere: inlined style sheets are allowed by their hash.

use std::sync::OnceLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AsHeaderName, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;
use sha2::{Digest, Sha256};

use super::page::{PUBLIC_CSS, STAFF_CSS, ZONES_CSS};
use crate::kernel::saturating;
use crate::platform::state::AppState;

#[expect(clippy::disallowed_methods, reason = "constants and hashes; and what would stand in for them allows nothing")]
fn policy() -> &'static HeaderValue {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = |css: &str| base64(&Sha256::digest(css.as_bytes()));
        let text = format!(
            "default-src 'none'; script-src 'self'; style-src 'sha256-{}' 'sha256-{}' 'sha256-{}'; img-src 'self' data: blob:; connect-src 'self'; \
             manifest-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
            hash(STAFF_CSS),
            hash(PUBLIC_CSS),
            hash(ZONES_CSS)
        );
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    })
}

/// A header as text. None where it is not there, and where it is none: whoever must know those apart asks the headers themselves.
#[expect(clippy::disallowed_methods, reason = "a preference in bytes that are no text is none")]
pub fn header_text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Standard base64 with padding (RFC 4648 §4), for the policy's hashes.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place > chunk.len() {
                text.push('=');
            } else {
                let digit = saturating::<usize>(word >> (18 - 6 * place) & 63);
                text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'A')));
            }
        }
    }
    text
}

/// Middleware: sets what is not set already.
pub async fn guard_headers<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let secure = request.app_data::<web::Data<AppState>>().is_some_and(|app| app.config.is_secure());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_SECURITY_POLICY, policy().clone());
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The serial is in the path: nobody we link to learns it.
    set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set(HeaderName::from_static("permissions-policy"), HeaderValue::from_static("geolocation=(), microphone=(), camera=(self)"));
    set(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_the_rfc() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn the_policy_allows_nothing_unsafe() {
        let policy = policy().to_str().unwrap();
        assert!(policy.contains("sha256-") && !policy.contains("unsafe"));
    }
}
