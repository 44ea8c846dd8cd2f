//! The language of an answer: `?lang=`, then the `lang` cookie, then the account, then `Accept-Language`, then the brand's.

use std::future::{Ready, ready};

use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::caller::Identity;
use super::headers::header_text;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// The cookie that remembers a choice of language.
pub const LANG_COOKIE: &str = "lang";

/// The language of this request.
#[derive(Clone, Copy, Debug)]
pub struct Locale(pub Lang);

impl Locale {
    /// The words of the language.
    pub fn words(self) -> Words {
        Words::of(self.0)
    }

    /// The language a request asks for.
    pub fn of(request: &HttpRequest) -> Self {
        let remembered = || request.cookie(LANG_COOKIE).and_then(|cookie| Lang::of_tag(cookie.value()));
        let account = || request.extensions().get::<Identity>().and_then(|identity| identity.lang);
        let accepted = || {
            let header = header_text(request.headers(), header::ACCEPT_LANGUAGE)?;
            accept_language::parse(header).iter().find_map(|tag| Lang::of_tag(tag))
        };
        let app = || request.app_data::<web::Data<AppState>>().map_or(Lang::Zh, |app| app.config.default_lang);
        Self(asked(request).or_else(remembered).or_else(account).or_else(accepted).unwrap_or_else(app))
    }
}

/// The language the address itself names.
fn asked(request: &HttpRequest) -> Option<Lang> {
    request.query_string().split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::of_tag)
}

/// Whether a request follows a link to the other language on a page of ours, or sends a form only to be `shown` in it. An address that somebody
/// was sent, or that a program asks for, is no choice of theirs: its `?lang=` is for that answer alone, as that of a file and of the API.
fn is_choice(request: &HttpRequest) -> bool {
    let text = |name: &str| header_text(request.headers(), name).unwrap_or_default();
    // Browsers say where a request comes from, except to plain-text addresses.
    let is_ours = matches!(text("sec-fetch-site"), "" | "same-origin");
    let shows = request.method() == Method::GET || request.query_string().split('&').any(|pair| pair == "shown");
    shows && is_ours && text("accept").contains("text/html") && !request.path().starts_with("/api/")
}

/// Middleware: who follows a link to the other language stays in it on the pages after.
pub async fn remember_lang<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let chosen = Some(request.request()).filter(|request| is_choice(request));
    let chosen = chosen.filter(|request| request.cookie(LANG_COOKIE).is_none_or(|cookie| Lang::of_tag(cookie.value()) != asked(request)));
    let secure = request.app_data::<web::Data<AppState>>().is_some_and(|app| app.config.is_secure());
    let cookie = chosen.and_then(asked).map(|lang| {
        let cookie = Cookie::build(LANG_COOKIE, lang.tag()).path("/").max_age(Duration::days(365));
        cookie.http_only(true).same_site(SameSite::Lax).secure(secure).finish()
    });
    let mut response = next.call(request).await?;
    if let Some(cookie) = cookie {
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

impl FromRequest for Locale {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
