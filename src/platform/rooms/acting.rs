//! Acts on one thing: done at once, or once something was asked.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Map, Value};

use super::call::{Call, Sees};
use super::field::Fields;
use super::form::{Asked, asking_again, asking_page};
use super::said::{Said, document};
use super::thing::{Thing, one_of, seen_named};
use crate::kernel::{Code, Error, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::Perm;
use crate::platform::http::{Form, FormState, Json, Layout, Routes, html, json, see_other, segment};
use crate::platform::state::AppState;

/// Who acts, and what they say.
pub struct Acting<'a> {
    /// The application.
    pub app: &'a AppState,
    /// What they may see: whose party they act for.
    pub sees: Sees,
    /// What they say.
    pub said: &'a Said,
}

/// What an act does: given the thing as it stands, it comes back as it is afterwards.
pub type ActDeed<T> = fn(&mut Db, &Stamp, T, &Acting<'_>) -> Result<T>;

/// An act on one thing.
pub struct ThingAct<T: Thing> {
    /// The last part of its address; `{room}-{verb}` is the message of its name, `{room}-{verb}-about` of what it does.
    pub verb: &'static str,
    /// What it does, for the API's description.
    pub about: &'static str,
    /// What it asks; [`Fields::NONE`] for nothing: it is done at once.
    pub asks: &'static Fields,
    /// Does it.
    pub deed: ActDeed<T>,
}

impl<T: Thing> Clone for ThingAct<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Thing> Copy for ThingAct<T> {}

impl<T: Thing> ThingAct<T> {
    /// Does it, once for a request with this hash and key: the thing as it is afterwards.
    ///
    /// # Errors
    /// [`Code::NotFound`]; what the deed refuses.
    pub async fn done<P: Perm>(self, call: &Call<P>, hash: &str, once: Option<&str>, code: String, said: Said) -> Result<T> {
        let (app, sees) = (call.app().clone(), call.sees());
        call.change(hash, once, move |db, stamp| self.within(db, stamp, &code, &Acting { app: &app, sees, said: &said })).await
    }

    /// Does it in a write that is under way.
    ///
    /// # Errors
    /// [`Code::NotFound`]; what the deed refuses.
    pub fn within(self, db: &mut Db, stamp: &Stamp, code: &str, acting: &Acting<'_>) -> Result<T> {
        let thing = seen_named(db, acting.app, code, acting.sees)?;
        let done = (self.deed)(db, stamp, thing, acting)?;
        T::named(db, acting.app, vec![done])?.pop().ok_or_else(|| Code::NotFound.into())
    }

    /// The page of its form: what is done with what, and what is said of it beforehand.
    async fn page<P: Perm>(self, call: &Call<P>, code: &str) -> Result<(Layout, Asked)> {
        let (words, key) = (call.words(), format!("{}-{}", T::FIELDS.table, self.verb));
        let (code, app, sees) = (code.to_owned(), call.app().clone(), call.sees());
        let read = call.read(move |db| {
            let thing = seen_named::<T>(db, &app, &code, sees)?;
            Ok((thing.title(words.lang()), thing.before_act(db, self.verb, (sees, words))?))
        });
        let (title, said) = read.await?;
        let about = format!("{key}-about");
        let about = words.knows(&about).then(|| words.say(about).into_owned());
        let before = match (about, said) {
            (Some(about), Some((said, lines))) => Some((format!("{about} {said}"), lines)),
            (about, None) => about.map(|about| (about, Vec::new())),
            (None, said) => said,
        };
        Ok((
            Layout { keeps_form: true, ..call.layout(format!("{} · {title}", words.say(&key))) },
            Asked { before, sends: Some(words.say(key).into_owned()), ..Asked::default() },
        ))
    }

    /// Where its form is sent, and where one goes who gives up.
    fn places(self, code: &str) -> (String, String) {
        let back = format!("/{}/{}", T::FIELDS.table, segment(code));
        (format!("{back}/{}", self.verb), back)
    }
}

/// Mounts an act that the right `P` opens (`BrandOnly<…>` to the brand's own people alone): `POST /api/v1/ROOM/CODE/VERB` answers the thing as it is afterwards; the
/// page's form leads back to its page, or is shown again with why the act was refused.
pub fn thing_act<T: Thing, P: Perm>(on: &mut Routes<'_>, act: ThingAct<T>) {
    let (pages, api) = (format!("/{}/{{code}}/{}", T::FIELDS.table, act.verb), format!("/api/v1/{}/{{code}}/{}", T::API, act.verb));
    on.described(|| super::api::asking_act::<T>(act.verb, act.about, act.asks));
    if act.asks.columns.is_empty() {
        on.post(&api, move |call: Call<P>, code: web::Path<String>| async move {
            let done = act.done(&call, "", None, code.into_inner(), Said::default()).await?;
            json(&document(T::FIELDS, &done)?)
        });
        on.post(&pages, move |call: Call<P>, code: web::Path<String>, form: Form<HashMap<String, String>>| async move {
            let code = code.into_inner();
            match act.done(&call, &form.hash, form.once.as_deref(), code.clone(), Said::default()).await {
                Ok(thing) => Ok(see_other(thing.href())),
                Err(Error::Refused(refusal)) if refusal.code.status() == 409 => {
                    let mut page = one_of::<T, _>(&call, code, Some((false, call.words().refusal(&refusal)))).await?;
                    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
                    Ok(page)
                }
                Err(error) => Err(error),
            }
        });
        return;
    }
    on.post(&api, move |call: Call<P>, code: web::Path<String>, body: Json<Map<String, Value>>| async move {
        let said = Said::of_json(act.asks, body.value)?;
        json(&document(T::FIELDS, &act.done(&call, &body.hash, None, code.into_inner(), said).await?)?)
    });
    on.get(&pages, move |call: Call<P>, code: web::Path<String>| async move {
        let (action, back) = act.places(&code);
        let (layout, asked) = act.page(&call, &code).await?;
        Ok::<_, Error>(html(&asking_page(layout, act.asks, FormState::default(), action, back, asked)))
    });
    on.post(&pages, move |call: Call<P>, code: web::Path<String>, form: Form<HashMap<String, String>>| async move {
        act_by_form(act, call, code.into_inner(), form).await
    });
}

async fn act_by_form<T: Thing, P: Perm>(
    act: ThingAct<T>,
    call: Call<P>,
    code: String,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let done = match Said::of_form(act.asks, &form.value) {
        Ok(_) if FormState::is_shown_again(&form.value) => Err(Code::Invalid.into()),
        Ok(said) => act.done(&call, &form.hash, form.once.as_deref(), code.clone(), said).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(thing) => Ok(see_other(thing.href())),
        Err(error) => {
            let (layout, asked) = act.page(&call, &code).await?;
            if FormState::is_shown_again(&form.value) {
                let form = super::shown_again(act.asks, form.value, call.words())?;
                let (action, back) = act.places(&code);
                return Ok(html(&asking_page(layout, act.asks, form, action, back, asked)));
            }
            asking_again(layout, act.asks, form.value, error, act.places(&code), asked)
        }
    }
}
