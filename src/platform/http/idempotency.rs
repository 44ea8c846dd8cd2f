//! Doing a thing once however often it is asked: `Idempotency-Key` on a request, the hidden field `once` on a form.
//!
//! The key, the request's hash and the answer commit with the write. Same key and same request: the first answer again. Same key,
//! other request: 422.

use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::caller::Identity;
use crate::each;
use crate::kernel::{Code, Error, Fault, Result};
use crate::platform::db::Db;
use crate::platform::db::schema::idempotency::dsl;
use crate::platform::events::Stamp;

/// The name of the header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// How one request is told from its repetition.
#[derive(Clone, Debug)]
pub struct Idempotency {
    caller: String,
    key: Option<String>,
    hash: String,
}

impl Idempotency {
    /// Of a request with a body of this hash; `form_key` is a form's own key.
    ///
    /// # Errors
    /// [`Code::TooLong`] for a key of more than 128 characters.
    pub fn of(request: &HttpRequest, hash: &str, form_key: Option<&str>) -> Result<Self> {
        use actix_web::HttpMessage;
        let header = request.headers().get(IDEMPOTENCY_KEY).map(|key| key.to_str()).transpose();
        let header = header.map_err(|_| Fault::new("Idempotency-Key", Code::ControlCharacter))?;
        let key = header.or(form_key).filter(|key| !key.is_empty()).map(str::to_owned);
        if key.as_ref().is_some_and(|key| key.len() > 128) {
            return Err(Fault::new("Idempotency-Key", Code::TooLong).with("max", 128).into());
        }
        let who = request.extensions().get::<Identity>().map_or_else(|| "public".to_owned(), |identity| identity.actor.clone());
        Ok(Self { caller: format!("{who} {}", request.path()), key, hash: hash.to_owned() })
    }

    /// Runs `body` within a write unless this very request was answered before; then gives that answer.
    ///
    /// # Errors
    /// [`Code::KeyReused`] when the key came with another request; whatever the body returns.
    pub fn run<T: Serialize + DeserializeOwned>(&self, db: &mut Db, stamp: &Stamp, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let Some(key) = &self.key else {
            return body(db);
        };
        let known: Vec<(String, String)> = each!(db, |c| dsl::idempotency
            .filter(dsl::caller.eq(&self.caller).and(dsl::key.eq(key)))
            .select((dsl::request_hash, dsl::body))
            .load(c))?;
        if let Some((hash, answer)) = known.into_iter().next() {
            if hash != self.hash {
                return Err(Code::KeyReused.into());
            }
            return serde_json::from_str(&answer).map_err(Error::broken);
        }
        let answer = body(db)?;
        let text = serde_json::to_string(&answer).map_err(Error::broken)?;
        each!(db, |c| diesel::insert_into(dsl::idempotency)
            .values((
                dsl::caller.eq(&self.caller),
                dsl::key.eq(key),
                dsl::request_hash.eq(&self.hash),
                dsl::status.eq(200),
                dsl::body.eq(&text),
                dsl::created_at.eq(stamp.at),
            ))
            .execute(c))?;
        Ok(answer)
    }
}

/// A JSON answer.
pub fn json<T: Serialize>(value: &T) -> Result<HttpResponse> {
    let text = serde_json::to_string(value).map_err(Error::broken)?;
    Ok(HttpResponse::Ok().content_type("application/json; charset=utf-8").body(text))
}

/// A JSON answer to something made, with its address.
pub fn created<T: Serialize>(location: &str, value: &T) -> Result<HttpResponse> {
    let text = serde_json::to_string(value).map_err(Error::broken)?;
    Ok(HttpResponse::Created().insert_header(("location", location)).content_type("application/json; charset=utf-8").body(text))
}
