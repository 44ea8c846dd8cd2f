//! Cookies and bearer tokens, and who stands behind them.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::kernel::text::hex;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::config::Config;
use crate::platform::http::{Authenticator, Identity, header_text};
use crate::platform::state::AppState;
use crate::staff::accounts::{self, is_worth_noting, session_hash};
use crate::staff::tokens::{self, KEY_PREFIX};

/// The cookie's name. Over TLS the prefix makes browsers refuse it from any other host or path (RFC 6265bis §4.1.3.2).
const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-hangtag" } else { "hangtag" }
}

/// The cookie of a session. It ends with the browser, at the latest with the session.
pub fn cookie(config: &Config, token: &str) -> Cookie<'static> {
    let secure = config.is_secure();
    Cookie::build(cookie_name(secure), token.to_owned()).path("/").http_only(true).same_site(SameSite::Strict).secure(secure).finish()
}

/// The cookie that takes a session's away.
pub fn no_cookie(config: &Config) -> Cookie<'static> {
    let mut gone = cookie(config, "");
    gone.make_removal();
    gone
}

/// The session's token a request carries, if it has the form of one.
pub fn session_token(request: &HttpRequest, config: &Config) -> Option<String> {
    if !request.headers().contains_key(header::COOKIE) {
        return None;
    }
    let cookie = request.cookie(cookie_name(config.is_secure()))?;
    let token = cookie.value();
    (token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| token.to_owned())
}

/// The bearer token a request carries. A long-lived key is not one: it opens nothing but the exchange.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = header_text(request.headers(), header::AUTHORIZATION)?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.starts_with(KEY_PREFIX)).then_some(token)
}

/// What a signed-in person's forms carry: derived from the session, so that it needs no place of its own and ends with it.
pub fn csrf_of(token: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).map_err(Error::broken)?;
    mac.update(b"hangtag csrf");
    Ok(hex(&mac.finalize().into_bytes()))
}

struct Porter;

/// The doorkeeper.
pub fn authenticator() -> Arc<dyn Authenticator> {
    Arc::new(Porter)
}

impl Authenticator for Porter {
    fn recognise<'a>(
        &'a self,
        app: &'a AppState,
        request: &'a HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Identity>>> + 'a>> {
        Box::pin(async move {
            if let Some(token) = bearer(request) {
                return program(app, token).await.map(Some);
            }
            match session_token(request, &app.config) {
                Some(token) => person(app, &token).await,
                None => Ok(None),
            }
        })
    }
}

/// Who has this session. A session that is over is nobody's.
async fn person(app: &AppState, token: &str) -> Result<Option<Identity>> {
    let (hash, now) = (session_hash(token), app.clock.now());
    let asked = hash.clone();
    let Some((account, session)) = app.store.read_inline(move |db| accounts::opened(db, &asked, now)).await? else { return Ok(None) };
    if is_worth_noting(session.seen_at, now) {
        // Losing the note costs a minute of idling; it must not cost the answer.
        if let Err(error) = app.store.write(move |db| accounts::seen(db, &hash, now)).await {
            tracing::warn!(%error, "a session's last use was not noted");
        }
    }
    Ok(Some(Identity {
        actor: format!("staff:{}", account.login),
        name: account.name,
        account: Some(account.id),
        permissions: account.roles.permissions(),
        party: account.party,
        lang: Some(account.lang),
        csrf: Some(csrf_of(token)?),
    }))
}

/// Which program has this token.
async fn program(app: &AppState, token: &str) -> Result<Identity> {
    let claims = tokens::verify(&app.keys.tokens, &app.config.public_url, token, app.clock.now())?;
    let id: Id = claims.sub.parse().map_err(|_| Code::BadToken)?;
    let key = app.store.read_inline(move |db| tokens::live(db, id)).await?.ok_or(Code::BadToken)?;
    Ok(Identity {
        actor: format!("api:{}", key.name),
        name: key.name,
        account: None,
        permissions: key.roles.permissions(),
        party: key.party,
        lang: None,
        csrf: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_held_to_its_host_over_tls() {
        let config = Config { public_url: "https://id.brand.cn".into(), ..Config::default() };
        assert_eq!(cookie(&config, "t").to_string(), "__Host-hangtag=t; HttpOnly; SameSite=Strict; Secure; Path=/");
        assert_eq!(cookie(&Config::default(), "t").to_string(), "hangtag=t; HttpOnly; SameSite=Strict; Path=/");
        let gone = no_cookie(&config).to_string();
        assert!(gone.starts_with("__Host-hangtag=;") && gone.contains("Max-Age=0") && gone.contains("Secure"), "{gone}");
    }

    #[test]
    fn a_forms_token_says_nothing_of_the_session() {
        let token = "0".repeat(64);
        let csrf = csrf_of(&token).unwrap();
        assert_eq!(csrf.len(), 64);
        assert_ne!(csrf, session_hash(&token));
        assert_ne!(csrf, csrf_of(&"1".repeat(64)).unwrap());
    }
}
