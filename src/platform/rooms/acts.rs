//! What is done with one thing: an act with a name, at once or with what has to be said for it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::{BrandOnly, Call, Sees};
use super::field::Fields;
use super::form::{form_again, form_page, form_values};
use super::listing::href;
use super::said::{Said, document};
use super::thing::{Thing, one_of, seen_named, shown_again};
use crate::kernel::{Code, Error, Fault, Result, parsed};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Perm;
use crate::platform::http::{Form, FormState, Json, Layout, Routes, html, json, see_other};

/// What is done with one thing: given as it stands, it comes back as it is afterwards.
pub type Deed<T> = fn(&mut Db, &Stamp, T) -> Result<T>;

/// Mounts an act on one thing: `POST /api/v1/ROOM/CODE/VERB` answers it as it is afterwards; `POST /ROOM/CODE/VERB` leads back to its page, or
/// shows it with why the act was refused.
pub fn act_routes<T: Thing>(on: &mut Routes<'_>, verb: &'static str, about: &'static str, deed: Deed<T>) {
    let (pages, api) = (format!("/{}/{{code}}/{verb}", T::FIELDS.table), format!("/api/v1/{}/{{code}}/{verb}", T::API));
    on.described(|| super::api::act::<T>(verb, about))
        .post(&api, move |call: Call<BrandOnly<T::Edit>>, code: web::Path<String>| async move {
            json(&document(T::FIELDS, &acted(&call, None, code.into_inner(), deed).await?)?)
        })
        .post(&pages, move |call: Call<BrandOnly<T::Edit>>, code: web::Path<String>, form: Form<HashMap<String, String>>| async move {
            let code = code.into_inner();
            match acted(&call, form.once.as_deref(), code.clone(), deed).await {
                Ok(thing) => Ok(see_other(thing.href())),
                Err(Error::Refused(refusal)) if refusal.code.status() == 409 => {
                    let mut page = one_of::<T, _>(&call, code, Some((false, call.words().refusal(&refusal)))).await?;
                    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
                    Ok(page)
                }
                Err(error) => Err(error),
            }
        });
}

/// Does something with the thing of a code, and gives it as it is afterwards.
///
/// # Errors
/// [`Code::NotFound`]; what the deed refuses.
pub async fn acted<T: Thing>(call: &Call<BrandOnly<T::Edit>>, once: Option<&str>, code: String, deed: Deed<T>) -> Result<T> {
    let app = call.app().clone();
    call.change("", once, move |db, stamp| {
        let thing = seen_named(db, &app, &code, Sees::ALL)?;
        deed(db, stamp, thing)
    })
    .await
}

/// What is done with one thing once something was said for it.
pub type AskedDeed<T, V> = fn(&mut Db, &Stamp, T, V) -> Result<T>;

/// An act that asks: its verb, what the API says of it, what it asks, what it does.
pub struct Asking<T, V> {
    /// The end of its address: `POST /ROOM/CODE/VERB`. Its page is called by the message `ROOM-VERB`.
    pub verb: &'static str,
    /// What it does, for the API.
    pub about: &'static str,
    /// What has to be said.
    pub fields: &'static Fields,
    /// What it does.
    pub deed: AskedDeed<T, V>,
}

/// Mounts an act that asks, for those of the brand who have the right `P`: a page with its form at `/ROOM/CODE/VERB`, which leads back to the
/// thing's page, and `POST /api/v1/ROOM/CODE/VERB`. A form is refused with [`Code::Stale`] when the thing was changed since it was read; a
/// program may say `version`, and is then held to it too.
pub fn asking_routes<T: Thing, P: Perm, V>(on: &mut Routes<'_>, act: &'static Asking<T, V>)
where
    V: DeserializeOwned + Clone + Send + 'static,
{
    let (pages, api) = (format!("/{}/{{code}}/{}", T::FIELDS.table, act.verb), format!("/api/v1/{}/{{code}}/{}", T::API, act.verb));
    on.described(|| super::api::asking::<T>(act.verb, act.about, act.fields))
        .get(&pages, move |call: Call<BrandOnly<P>>, code: web::Path<String>| async move {
            let (app, code) = (call.app().clone(), code.into_inner());
            let asked = code.clone();
            let thing: T = call.read(move |db| seen_named(db, &app, &asked, Sees::ALL)).await?;
            let form = FormState::of(form_values(act.fields, &Map::new(), thing.version()));
            let (layout, action, back) = place::<T, P>(&call, &code, act.verb);
            Ok::<_, Error>(html(&form_page(layout, act.fields, form, action, back)))
        })
        .post(&pages, move |call: Call<BrandOnly<P>>, code: web::Path<String>, form: Form<HashMap<String, String>>| async move {
            let code = code.into_inner();
            let (layout, action, back) = place::<T, P>(&call, &code, act.verb);
            if FormState::is_shown_again(&form.value) {
                let again = shown_again(act.fields, form.value, call.words())?;
                return Ok(html(&form_page(layout, act.fields, again, action, back)));
            }
            let version = form.value.get("version").and_then(|version| parsed(version));
            let done = match Said::of_form(act.fields, &form.value).and_then(|said| said.value::<V>()) {
                Ok(said) => asked(&call, (&form.hash, form.once.as_deref()), (code, version), said, act.deed).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(thing) => Ok(see_other(thing.href())),
                Err(error) => form_again(layout, act.fields, form.value, error, action, back),
            }
        })
        .post(&api, move |call: Call<BrandOnly<P>>, code: web::Path<String>, body: Json<Map<String, Value>>| async move {
            let mut said = body.value;
            let version = match said.remove("version") {
                Some(version) => Some(version.as_i64().ok_or_else(|| Fault::new("version", Code::NotANumber))?),
                None => None,
            };
            let said = Said::of_json(act.fields, said)?.value::<V>()?;
            json(&document(T::FIELDS, &asked(&call, (&body.hash, None), (code.into_inner(), version), said, act.deed).await?)?)
        });
}

/// The frame of an act's form, where it is sent, and where one goes who gives up.
fn place<T: Thing, P: Perm>(call: &Call<BrandOnly<P>>, code: &str, verb: &str) -> (Layout, String, String) {
    let mut layout = call.layout(call.words().say(format!("{}-{verb}", T::FIELDS.table)));
    layout.keeps_form = true;
    let back = href::<T>(code);
    (layout, format!("{back}/{verb}"), back)
}

async fn asked<T: Thing, P: Perm, V: Clone + Send + 'static>(
    call: &Call<BrandOnly<P>>,
    (hash, once): (&str, Option<&str>),
    (code, version): (String, Option<i64>),
    said: V,
    deed: AskedDeed<T, V>,
) -> Result<T> {
    let app = call.app().clone();
    call.change(hash, once, move |db, stamp| {
        let thing: T = seen_named(db, &app, &code, Sees::ALL)?;
        if version.is_some_and(|version| version != thing.version()) {
            return Err(Code::Stale.into());
        }
        deed(db, stamp, thing, said.clone())
    })
    .await
}
