//! The language of an answer: `?lang=`, then the `lang` cookie, then the account, then `Accept-Language`, then the house's.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::House;
use super::caller::Identity;
use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
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
        let asked = || {
            let query = request.query_string();
            let lang = query.split('&').find_map(|pair| pair.strip_prefix("lang="))?;
            Lang::of_tag(lang)
        };
        let remembered = || request.cookie(LANG_COOKIE).and_then(|cookie| Lang::of_tag(cookie.value()));
        let account = || request.extensions().get::<Identity>().and_then(|identity| identity.lang);
        let accepted = || {
            let header = request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            accept_language::parse(header).iter().find_map(|tag| Lang::of_tag(tag))
        };
        let house = || request.app_data::<web::Data<House>>().map_or(Lang::Zh, |house| house.config.default_lang);
        Self(asked().or_else(remembered).or_else(account).or_else(accepted).unwrap_or_else(house))
    }
}

impl FromRequest for Locale {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
