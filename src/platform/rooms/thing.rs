//! A kind of thing that people list, look at, make and change; and the routes it gets from that.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::{BrandOnly, Call, Sees};
use super::form::{form_again, form_page, values};
use super::listing::{Listing, list_routes};
use super::one::{Act, OneView, Panel, facts};
use super::said::{Said, document, object};
use super::{Kind, timeline};
use crate::kernel::event::Subject;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::Perm;
use crate::platform::http::{Filled, Form, Json, Routes, Shell, created, html, json, see_other, segment};

/// A kind of thing: what the room says of it. The thing is what is stored and what somebody says of it in one: its id, version and the time it
/// was made are the store's.
pub trait Thing: Listing + Clone + Default + DeserializeOwned + Sync {
    /// What a thing is called in events.
    const SUBJECT: &'static str;
    /// Who may make and change it.
    type Edit: Perm;

    /// Its id.
    fn id(&self) -> Id;
    /// The code people call it by.
    fn code(&self) -> &str;
    /// Its name for people, the title of its page.
    fn title(&self, lang: Lang) -> String;
    /// Grows with every change.
    fn version(&self) -> i64;

    /// Those with these codes, in whatever letters the table compares as one, in no order.
    ///
    /// # Errors
    /// Those of the store.
    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>>;

    /// Whether the asker may know of it.
    fn is_seen(&self, sees: Sees) -> bool;

    /// Saves it: a new one, or in the place of `before`, if that is still as it was read.
    ///
    /// # Errors
    /// [`Code::Stale`] when somebody changed it since; [`Code::Duplicate`] for a code that is there; what the room's rules refuse.
    fn save(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self>;

    /// Faults that only the store shows, of a row of a file that would be saved.
    ///
    /// # Errors
    /// Those of the store.
    fn faults(&self, _db: &mut Db, _before: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(Vec::new())
    }

    /// What happened to it, oldest first.
    ///
    /// # Errors
    /// Those of the store.
    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        events::of(db, Subject::Thing(Self::SUBJECT, self.id().0))
    }

    /// What its page shows beside its fields.
    ///
    /// # Errors
    /// Those of the store.
    fn panels(&self, _db: &mut Db) -> Result<Vec<Panel>> {
        Ok(Vec::new())
    }

    /// What may be done with it, beside changing it.
    fn acts(&self) -> Vec<Act> {
        Vec::new()
    }
}

/// Its address in the staff pages.
pub fn href<T: Thing>(code: &str) -> String {
    format!("/{}/{}", T::FIELDS.table, segment(code))
}

/// Mounts a thing's pages, files and API.
pub fn routes<T: Thing>(on: &mut Routes<'_, '_>) {
    let room = T::FIELDS.table;
    let (pages, api) = (format!("/{room}"), format!("/api/v1/{room}"));
    on.described(super::api::description::<T>);
    list_routes::<T>(on);
    on.post(&api, create_json::<T>)
        .get(&format!("{api}/{{code}}"), one_json::<T>)
        .put(&format!("{api}/{{code}}"), change_json::<T>)
        .get(&format!("{pages}/new"), new_form::<T>)
        .post(&format!("{pages}/new"), create_form::<T>)
        .get(&format!("{pages}/{{code}}"), one_page::<T>)
        .get(&format!("{pages}/{{code}}/edit"), edit_form::<T>)
        .post(&format!("{pages}/{{code}}/edit"), change_form::<T>);
}

/// The thing of a code, if the asker may know of it.
fn seen<T: Thing>(db: &mut Db, code: &str, sees: Sees) -> Result<T> {
    T::with_codes(db, &[code])?.into_iter().find(|thing| thing.is_seen(sees)).ok_or_else(|| Code::NotFound.into())
}

async fn one_json<T: Thing>(call: Call<T::Read>, code: web::Path<String>) -> Result<HttpResponse> {
    let sees = call.sees();
    let thing = call.read(move |db| seen::<T>(db, &code, sees)).await?;
    json(&document(T::FIELDS, &thing)?)
}

async fn create_json<T: Thing>(call: Call<BrandOnly<T::Edit>>, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let said = Said::of_json(T::FIELDS, body.value)?;
    let thing = create::<T>(&call, &body.hash, None, said).await?;
    created(&format!("/api/v1{}", href::<T>(thing.code())), &document(T::FIELDS, &thing)?)
}

async fn change_json<T: Thing>(
    call: Call<BrandOnly<T::Edit>>,
    code: web::Path<String>,
    body: Json<Map<String, Value>>,
) -> Result<HttpResponse> {
    let mut document_sent = body.value;
    let version = document_sent.remove("version").ok_or_else(|| Fault::new("version", Code::Missing))?;
    let version = version.as_i64().ok_or_else(|| Fault::new("version", Code::NotANumber))?;
    // A document says everything: what it leaves out is gone.
    let said = Said::of_json(T::FIELDS, document_sent)?.whole(T::FIELDS);
    let thing = change::<T>(&call, &body.hash, None, code.into_inner(), version, said).await?;
    json(&document(T::FIELDS, &thing)?)
}

async fn create<T: Thing>(call: &Call<BrandOnly<T::Edit>>, hash: &str, once: Option<&str>, said: Said) -> Result<T> {
    let thing: T = said.onto(T::FIELDS, None)?;
    call.change(hash, once, move |db, stamp| thing.clone().save(db, stamp, None)).await
}

async fn change<T: Thing>(
    call: &Call<BrandOnly<T::Edit>>,
    hash: &str,
    once: Option<&str>,
    code: String,
    version: i64,
    said: Said,
) -> Result<T> {
    call.change(hash, once, move |db, stamp| {
        let before: T = seen(db, &code, Sees::ALL)?;
        if before.version() != version {
            return Err(Code::Stale.into());
        }
        said.onto(T::FIELDS, Some(&before))?.save(db, stamp, Some(&before))
    })
    .await
}

async fn one_page<T: Thing>(call: Call<T::Read>, code: web::Path<String>) -> Result<HttpResponse> {
    one_of::<T, _>(&call, code.into_inner(), None).await
}

/// The page of one thing; `note` is what came of an act that led there: whether it is well, and in words.
///
/// # Errors
/// [`Code::NotFound`] for a code of none, or of one that the asker may not know of.
pub async fn one_of<T: Thing, P: Perm>(call: &Call<P>, code: String, note: Option<(bool, String)>) -> Result<HttpResponse> {
    let sees = call.sees();
    let found = call.read(move |db| {
        let thing: T = seen(db, &code, sees)?;
        let history = thing.history(db)?;
        Ok((thing.panels(db)?, history, thing))
    });
    let (panels, history, thing) = found.await?;
    let shell = call.shell(thing.title(call.lang()));
    let values = object(&thing)?;
    let badges = T::FIELDS.columns.iter().filter(|field| matches!(field.kind, Kind::Choice(_) | Kind::Choices(_)));
    let badges = badges.filter_map(|field| Some(field.badges(values.get(field.name)?, shell.lang))).flatten().collect();
    let edit = (call.may(T::Edit::NEEDS) && call.party.is_none()).then(|| format!("{}/edit", href::<T>(thing.code())));
    Ok(html(&OneView {
        room: T::FIELDS.table,
        code: thing.code().to_owned(),
        badges,
        note,
        facts: facts(T::FIELDS, &values, shell.lang),
        panels,
        acts: thing.acts().into_iter().filter(|act| call.may(act.needs)).collect(),
        edit,
        history: timeline::lines(&history, shell.lang, call.house().config.time_zone, |_| None),
        shell,
    }))
}

/// The frame of a form, where it is sent, and where one goes who gives up.
fn form_of<T: Thing, P: Perm>(call: &Call<P>, code: Option<&str>) -> (Shell, String, String) {
    let room = T::FIELDS.table;
    let shell = call.shell(call.words().say(format!("{room}-{}", if code.is_some() { "edit" } else { "new" })));
    match code.map(href::<T>) {
        Some(one) => (shell, format!("{one}/edit"), one),
        None => (shell, format!("/{room}/new"), format!("/{room}")),
    }
}

fn again<T: Thing>(
    call: &Call<BrandOnly<T::Edit>>,
    values: HashMap<String, String>,
    error: Error,
    code: Option<&str>,
) -> Result<HttpResponse> {
    let (shell, action, back) = form_of::<T, _>(call, code);
    form_again(shell, T::FIELDS, values, error, action, back)
}

async fn new_form<T: Thing>(call: Call<BrandOnly<T::Edit>>) -> Result<HttpResponse> {
    let form = Filled::of(values(T::FIELDS, &object(&T::default())?, 0));
    let (shell, action, back) = form_of::<T, _>(&call, None);
    Ok(html(&form_page(shell, T::FIELDS, form, action, back)))
}

async fn create_form<T: Thing>(call: Call<BrandOnly<T::Edit>>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let made = match Said::of_form(T::FIELDS, &form.value) {
        Ok(said) => create::<T>(&call, &form.hash, form.once.as_deref(), said).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(thing) => Ok(see_other(href::<T>(thing.code()))),
        Err(error) => again::<T>(&call, form.value, error, None),
    }
}

async fn edit_form<T: Thing>(call: Call<BrandOnly<T::Edit>>, code: web::Path<String>) -> Result<HttpResponse> {
    let thing = call.read(move |db| seen::<T>(db, &code, Sees::ALL)).await?;
    let form = Filled::of(values(T::FIELDS, &object(&thing)?, thing.version()));
    let (shell, action, back) = form_of::<T, _>(&call, Some(thing.code()));
    Ok(html(&form_page(shell, T::FIELDS, form, action, back)))
}

async fn change_form<T: Thing>(
    call: Call<BrandOnly<T::Edit>>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let code = code.into_inner();
    let version =
        form.value.get("version").and_then(|version| version.parse().ok()).ok_or_else(|| Fault::new("version", Code::Missing).into());
    let changed = match (version, Said::of_form(T::FIELDS, &form.value)) {
        (Ok(version), Ok(said)) => change::<T>(&call, &form.hash, form.once.as_deref(), code.clone(), version, said).await,
        (_, Err(error)) | (Err(error), _) => Err(error),
    };
    match changed {
        Ok(thing) => Ok(see_other(href::<T>(thing.code()))),
        Err(error) => again::<T>(&call, form.value, error, Some(&code)),
    }
}
