//! Bodies on the way in: bounded, with a deadline, and every wrong field named.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::caller::Identity;
use super::headers::header_text;
use crate::kernel::{Code, Error, Fault, Refusal, Result, parsed};

/// Bytes a JSON or form body may have.
pub const BODY_LIMIT: usize = 256 * 1024;
/// Time a JSON or form body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Reads a body whole, at most `limit` bytes, within the deadline.
///
/// # Errors
/// [`Code::BodyTooLarge`], [`Code::BodyTooSlow`], [`Code::Malformed`].
pub async fn read_body(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Vec<u8>> {
    let too_large = || Error::from(Refusal::new(Code::BodyTooLarge).with("limit", limit));
    let announced = header_text(request.headers(), header::CONTENT_LENGTH).and_then(parsed::<usize>);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let read = async {
        let mut body = Vec::with_capacity(announced.unwrap_or_default().min(limit));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    tokio::time::timeout(BODY_TIME, read).await.map_err(|_| Code::BodyTooSlow)?
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// A JSON body: unknown fields refused, wrong ones named. Also keeps the hash that tells a repeated request from another one.
pub struct Json<T> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the body, for idempotency.
    pub hash: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let media = request.content_type().to_ascii_lowercase();
            if media != "application/json" && !media.ends_with("+json") {
                return Err(Code::UnsupportedMedia.into());
            }
            let body = read_body(&request, &mut payload, BODY_LIMIT).await?;
            let mut reader = serde_json::Deserializer::from_slice(&body);
            let value = serde_path_to_error::deserialize(&mut reader)
                .map_err(|error| wrong_field(&error.path().to_string(), error.inner().to_string()))?;
            reader.end().map_err(|error| Refusal::new(Code::Malformed).with("reason", error))?;
            Ok(Self { value, hash: super::sha256_hex(&body) })
        })
    }
}

/// serde's message, as a fault of a field.
fn wrong_field(path: &str, message: String) -> Error {
    let quoted = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let at = |field: String| if path == "." || path.is_empty() { field } else { format!("{path}.{field}") };
    if let Some(field) = quoted("unknown field `") {
        // The path of an unknown field ends with it already.
        let field = if path.ends_with(&field) { path.to_owned() } else { at(field) };
        return Fault::new(field, Code::UnknownField).into();
    }
    if let Some(field) = quoted("missing field `") {
        return Fault::new(at(field), Code::Missing).into();
    }
    if path == "." || path.is_empty() || path == "?" {
        return Refusal::new(Code::Malformed).with("reason", message).into();
    }
    Fault::new(path.to_owned(), Code::Malformed).with("reason", message).into()
}

/// A form a person filled in on one of our pages. Checks the token of a signed-in person's form.
pub struct Form<T> {
    /// What was filled in.
    pub value: T,
    /// The form's idempotency key (its hidden field `once`), if it has one.
    pub once: Option<String>,
    /// SHA-256 of the body, for idempotency.
    pub hash: String,
}

#[derive(serde::Deserialize)]
struct Hidden {
    #[serde(default)]
    csrf: String,
    once: Option<String>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                return Err(Code::UnsupportedMedia.into());
            }
            let body = read_body(&request, &mut payload, BODY_LIMIT).await?;
            let malformed = |error: serde_urlencoded::de::Error| Error::from(Refusal::new(Code::Malformed).with("reason", error));
            let hidden: Hidden = serde_urlencoded::from_bytes(&body).map_err(malformed)?;
            check_csrf(&request, &hidden.csrf)?;
            let value = serde_urlencoded::from_bytes(&body).map_err(|error| wrong_field("", error.to_string()))?;
            Ok(Self { value, once: hidden.once, hash: super::sha256_hex(&body) })
        })
    }
}

/// Checks the token of a signed-in person's form. The public has none: their forms are held by `Sec-Fetch-Site` and `SameSite` alone.
///
/// # Errors
/// [`Code::CrossSite`].
pub fn check_csrf(request: &HttpRequest, token: &str) -> Result<()> {
    let expected = request.extensions().get::<Identity>().and_then(|identity| identity.csrf.clone());
    match expected {
        Some(expected) if !bool::from(expected.as_bytes().ct_eq(token.as_bytes())) => Err(Code::CrossSite.into()),
        _ => Ok(()),
    }
}

/// An optional text of a form: browsers send empty fields as empty text.
pub fn filled(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}
