//! A kind of thing that people list, look at, make and change; and the routes it gets from that.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

use super::call::{BrandOnly, Call, Sees};
use super::changes::{changes, tell_saved};
use super::form::{form_again, form_page, form_values, overtaken};
use super::listing::{Listing, href, list_routes};
use super::names::Names;
use super::one::{Act, Besides, NOTHING, OneView, Panel, facts, tables};
use super::said::{Said, document, object};
use super::secret::{Secret, secret_page};
use super::{Field, Fields, Kind, timeline};
use crate::kernel::event::{EventKind, Subject};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, Id, Refusal, Result, parsed};
use crate::platform::db::Db;
use crate::platform::events::{self, Fact, Stamp};
use crate::platform::http::perm::Perm;
use crate::platform::http::{Form, FormState, Json, Layout, Routes, created, html, html_response, json, query_escape, see_other};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// Reads what a new thing is made of, before the write.
pub type Prepare<T> = fn(T, &mut Db, &AppState) -> Result<T>;

/// A kind of thing: what the room says of it. The thing is what is stored and what somebody says of it in one: its id, version and the time it
/// was made are the store's.
pub trait Thing: Listing + Clone + Default + DeserializeOwned + Sync {
    /// What a thing is called in events.
    const SUBJECT: &'static str;
    /// What saving it is called in events.
    const SAVED: EventKind = EventKind::Saved;
    /// Fields of which the history says only that they changed: what is of a person stays where it can be erased.
    const UNTOLD: &'static [&'static str] = &[];
    /// The message of what changing it is called.
    const EDIT: &'static str = "edit";
    /// Who may make and change it.
    type Edit: Perm;
    /// What is said of a new one.
    const NEW: &'static Fields = Self::FIELDS;
    /// What a change says of it: what stays as it was made is not in it.
    const CHANGE: &'static Fields = Self::NEW;
    /// What the document of a new one calls the thing and its [`Secret`].
    const SECRET: (&'static str, &'static str) = ("", "");

    /// Its id.
    fn id(&self) -> Id;
    /// The code people call it by. Its address ends with it, unless [`Listing::href`] says otherwise.
    fn code(&self) -> &str;
    /// Its name for people, the title of its page.
    fn title(&self, lang: Lang) -> String;
    /// Grows with every change.
    fn version(&self) -> i64 {
        1
    }

    /// Those with these codes (with what their addresses end with), in whatever letters the table compares as one, in no order.
    fn with_codes(db: &mut Db, codes: &[&str]) -> Result<Vec<Self>>;

    /// Whether the asker may know of it: the brand's own people, unless the room says otherwise.
    fn is_seen(&self, sees: Sees) -> bool {
        sees == Sees::ALL
    }

    /// A new one before anything is said of it.
    fn blank(_app: &AppState) -> Self {
        Self::default()
    }

    /// A secret that a new one comes with.
    fn secret(_app: &AppState) -> Option<Secret> {
        None
    }

    /// Reads what a new one is made of and takes long to read, before the write that makes it: others do not wait for that. The write refuses it when
    /// what it rests on has changed in between.
    const PREPARED: Option<Prepare<Self>> = None;

    /// What an act's form says beforehand beside what the act does: a sentence, and a line for each thing it names. None where there is nothing to say.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn before_act(&self, _db: &mut Db, _verb: &str, _asker: (Sees, Words)) -> Result<Option<(String, Vec<String>)>> {
        Ok(None)
    }

    /// Makes a new one; `secret` is the hash of its secret.
    fn make(self, db: &mut Db, stamp: &Stamp, _app: &AppState, _secret: &str) -> Result<Self> {
        self.save(db, stamp, None)
    }

    /// The one that a code names for the asker, with everything its page and its document show. None when they may not know of one.
    ///
    /// # Errors
    /// [`Code::Ambiguous`] where the code alone may mean several.
    fn find(db: &mut Db, code: &str, sees: Sees) -> Result<Option<Self>> {
        Ok(Self::with_codes(db, &[code])?.into_iter().find(|thing| thing.is_seen(sees)))
    }

    /// What somebody said, with the things it names as the store writes them.
    ///
    /// # Errors
    /// [`Code::Invalid`] with what its fields together cannot be, or what it names and is not there.
    fn resolved(self, _db: &mut Db) -> Result<Self> {
        Ok(self)
    }

    /// Writes it: a new one, or in the place of `before`, if that is still as it was read.
    ///
    /// # Errors
    /// [`Code::Stale`] when somebody changed it since; [`Code::Duplicate`] for a code that is there; what the room's rules refuse.
    fn write(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self>;

    /// Saves it: writes it, and leaves the event that says what changed.
    ///
    /// # Errors
    /// As [`Thing::write`].
    fn save(self, db: &mut Db, stamp: &Stamp, before: Option<&Self>) -> Result<Self> {
        let saved = self.write(db, stamp, before)?;
        tell_saved(db, stamp, before, &saved)?;
        Ok(saved)
    }

    /// Faults that only the whole thing or the store shows.
    fn faults(&self, _db: &mut Db, _before: Option<&Self>) -> Result<Vec<Fault>> {
        Ok(Vec::new())
    }

    /// The same of several that would be saved, each with what is there now: a form and a document hand in one, a file many. `stamp` says when.
    fn faults_of(db: &mut Db, _stamp: &Stamp, edits: &[(Self, Option<&Self>)]) -> Result<Vec<Vec<Fault>>> {
        edits.iter().map(|(after, before)| after.faults(db, *before)).collect()
    }

    /// As the form for changing it begins.
    #[must_use]
    fn offered(self, _today: NaiveDate) -> Self {
        self
    }

    /// What happened to it, oldest first.
    fn history(&self, db: &mut Db) -> Result<Vec<Fact>> {
        events::of(db, Subject::Thing(Self::SUBJECT, self.id().0))
    }

    /// What its page shows beside its fields.
    fn panels(&self, _db: &mut Db) -> Result<Vec<Panel>> {
        Ok(Vec::new())
    }

    /// What programs read of it beside its fields: name and schema.
    fn read_besides() -> Vec<(&'static str, RefOr<Schema>)> {
        Vec::new()
    }

    /// What may be done with it, beside changing it.
    fn acts(&self) -> Vec<Act> {
        Vec::new()
    }
}

/// Mounts the pages, files and API of a thing that is made and changed.
pub fn routes<T: Thing>(on: &mut Routes<'_>) {
    once_made_routes::<T>(on);
    change_routes::<T>(on);
}

/// The same of a thing that stays as it was made.
pub fn once_made_routes<T: Thing>(on: &mut Routes<'_>) {
    made_routes::<T>(on);
    // After `/new`, which it would take for a code.
    on.get(&format!("/{}/{{code}}", T::FIELDS.table), one_page::<T>);
}

/// The same as [`once_made_routes`] without the page of one, which the room has of its own.
pub fn once_made_routes_without_page<T: Thing>(on: &mut Routes<'_>) {
    made_routes::<T>(on);
}

/// The same as [`routes`] without the page of one, which the room has of its own.
pub fn routes_without_page<T: Thing>(on: &mut Routes<'_>) {
    made_routes::<T>(on);
    change_routes::<T>(on);
}

fn made_routes<T: Thing>(on: &mut Routes<'_>) {
    let (pages, api) = (format!("/{}", T::FIELDS.table), format!("/api/v1/{}", T::API));
    on.described(super::api::description::<T>);
    list_routes::<T>(on);
    on.post(&api, create_json::<T>)
        .get(&format!("{api}/{{code}}"), one_json::<T>)
        .get(&format!("{pages}/new"), new_form::<T>)
        .post(&format!("{pages}/new"), create_form::<T>);
}

fn change_routes<T: Thing>(on: &mut Routes<'_>) {
    let (pages, api) = (format!("/{}", T::FIELDS.table), format!("/api/v1/{}", T::API));
    on.described(super::api::change::<T>)
        .put(&format!("{api}/{{code}}"), change_json::<T>)
        .get(&format!("{pages}/{{code}}/edit"), edit_form::<T>)
        .post(&format!("{pages}/{{code}}/edit"), change_form::<T>);
}

/// The thing of a code, if the asker may know of it.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Ambiguous`] where the code alone may mean several.
pub fn seen<T: Thing>(db: &mut Db, code: &str, sees: Sees) -> Result<T> {
    T::find(db, code, sees)?.ok_or_else(|| Code::NotFound.into())
}

/// The same with what no column of its table says.
pub(super) fn seen_named<T: Thing>(db: &mut Db, app: &AppState, code: &str, sees: Sees) -> Result<T> {
    let found = seen(db, code, sees)?;
    T::named(db, app, vec![found])?.pop().ok_or_else(|| Code::NotFound.into())
}

async fn found<T: Thing, P: Perm>(call: &Call<P>, code: String, sees: Sees) -> Result<T> {
    let app = call.app().clone();
    call.read(move |db| seen_named::<T>(db, &app, &code, sees)).await
}

async fn one_json<T: Thing>(call: Call<T::Read>, code: web::Path<String>) -> Result<HttpResponse> {
    json(&document(T::FIELDS, &found::<T, _>(&call, code.into_inner(), call.sees()).await?)?)
}

async fn create_json<T: Thing>(call: Call<BrandOnly<T::Edit>>, body: Json<Map<String, Value>>) -> Result<HttpResponse> {
    let said = said_in::<T>(T::NEW, body.value)?;
    let (thing, secret) = create::<T>(&call, &body.hash, None, said).await?;
    let place = thing.href();
    let href = format!("/api/v1/{}/{}", T::API, place.rsplit('/').next().unwrap_or_default());
    let made = document(T::FIELDS, &thing)?;
    match T::SECRET {
        ("", _) => created(&href, &made),
        (thing, name) => {
            let secret = secret.map(|secret| (name.to_owned(), secret.shown().into()));
            created(&href, &Map::from_iter([(thing.to_owned(), made)].into_iter().chain(secret)))
        }
    }
}

/// What a document of a thing has that is said neither of a new one nor in a change: it follows from the rest, or stays as it was made.
pub(super) fn only_read<T: Thing>(said: &Fields) -> Result<Vec<String>> {
    let first = |field: &Field| field.path().split('.').next().unwrap_or_default().to_owned();
    let known = object(&document(T::FIELDS, &T::default())?)?.into_iter().map(|(name, _)| name);
    let besides = T::read_besides().into_iter().map(|(name, _)| name.to_owned());
    let mut read: Vec<String> = known.chain(T::FIELDS.columns.iter().map(first)).chain(besides).chain(["id".to_owned()]).collect();
    read.sort_unstable();
    read.dedup();
    read.retain(|name| name != "version" && !said.columns.iter().any(|field| !field.read_only && first(field) == *name));
    Ok(read)
}

/// What a document says. What is only read may stand in it, so that a document may be sent back as it was read; nothing is done with it.
fn said_in<T: Thing>(said: &Fields, mut document: Map<String, Value>) -> Result<Said> {
    only_read::<T>(said)?.iter().for_each(|name| drop(document.remove(name)));
    Said::of_json(said, document)
}

async fn change_json<T: Thing>(
    call: Call<BrandOnly<T::Edit>>,
    code: web::Path<String>,
    body: Json<Map<String, Value>>,
) -> Result<HttpResponse> {
    let change = Update::of_json::<T>(code.into_inner(), body.value)?;
    let thing: T = change.done(&call, &body.hash, None, changed).await?;
    json(&document(T::FIELDS, &thing)?)
}

/// Makes one; its secret is known only to who made it, not to the very request sent again.
async fn create<T: Thing>(call: &Call<BrandOnly<T::Edit>>, hash: &str, once: Option<&str>, said: Said) -> Result<(T, Option<Secret>)> {
    let app = call.app().clone();
    let mut thing: T = said.onto(T::NEW, Some(&T::blank(&app)))?;
    if let Some(prepare) = T::PREPARED {
        let app = app.clone();
        thing = call.read(move |db| prepare(thing, db, &app)).await?;
    }
    let secret = T::secret(&app);
    let kept = secret.as_ref().map(|secret| secret.hash.clone()).unwrap_or_default();
    let made = call.change(hash, once, move |db, stamp| {
        let made = checked(db, stamp, thing.clone(), None)?.make(db, stamp, &app, &kept)?;
        Ok((T::named(db, &app, vec![made])?.pop().ok_or(Code::NotFound)?, kept.clone()))
    });
    let (thing, kept) = made.await?;
    Ok((thing, secret.filter(|secret| secret.hash == kept)))
}

/// Makes a thing of what a program says, as the API does.
pub fn made<T: Thing>(db: &mut Db, stamp: &Stamp, document: Value) -> Result<T> {
    let Value::Object(document) = document else { return Err(Code::Malformed.into()) };
    saved(Said::of_json(T::NEW, document)?.onto(T::NEW, None)?, db, stamp, None)
}

/// A thing that may be saved in the place of `before`.
fn checked<T: Thing>(db: &mut Db, stamp: &Stamp, after: T, before: Option<&T>) -> Result<T> {
    let edit = [(after.resolved(db)?, before)];
    Refusal::unless_none(T::faults_of(db, stamp, &edit)?.into_iter().flatten().collect())?;
    let [(after, _)] = edit;
    Ok(after)
}

/// Saves what somebody said of a thing: a new one, or in the place of `before`, if that is still as it was read. What changes nothing leaves it
/// as it is, without an event.
///
/// # Errors
/// All that is wrong with it, as [`Thing::resolved`] and [`Thing::faults_of`] say; as [`Thing::save`].
pub fn saved<T: Thing>(after: T, db: &mut Db, stamp: &Stamp, before: Option<&T>) -> Result<T> {
    let after = checked(db, stamp, after, before)?;
    match before {
        // What says what is there changes nothing, and is no fact.
        Some(before) if changes(before, &after)?.is_empty() => Ok(before.clone()),
        _ => after.save(db, stamp, before),
    }
}

fn changed<T: Thing>(after: T, db: &mut Db, stamp: &Stamp, before: &T) -> Result<T> {
    saved(after, db, stamp, Some(before))
}

/// What somebody wants one thing to become: its code, the version that was read, and what they say of it.
pub struct Update {
    code: String,
    version: i64,
    said: Said,
}

impl Update {
    /// What a document wants, with the version that was read. It says everything: what it leaves out is gone.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every wrong field.
    pub fn of_json<T: Thing>(code: String, mut document: Map<String, Value>) -> Result<Self> {
        let version = document.remove("version").ok_or_else(|| Fault::new("version", Code::Missing))?;
        let version = version.as_i64().ok_or_else(|| Fault::new("version", Code::NotANumber))?;
        Ok(Self { code, version, said: said_in::<T>(T::CHANGE, document)?.whole(T::CHANGE) })
    }

    /// What a form wants.
    pub fn of_form<T: Thing>(code: String, values: &HashMap<String, String>) -> Result<Self> {
        let version = values.get("version").and_then(|version| parsed(version)).ok_or_else(|| Fault::new("version", Code::Missing))?;
        Ok(Self { code, version, said: Said::of_form(T::CHANGE, values)? })
    }

    /// Does it, through what saves the thing in the place of what was there; once for a request with this hash and key.
    ///
    /// # Errors
    /// [`Code::Stale`] when somebody changed it since it was read; whatever `save` refuses.
    pub async fn done<T, F>(self, call: &Call<BrandOnly<T::Edit>>, hash: &str, once: Option<&str>, save: F) -> Result<T>
    where
        T: Thing,
        F: Fn(T, &mut Db, &Stamp, &T) -> Result<T> + Send + 'static,
    {
        let (Self { code, version, said }, app) = (self, call.app().clone());
        call.change(hash, once, move |db, stamp| {
            let before: T = seen_named(db, &app, &code, Sees::ALL)?;
            if before.version() != version {
                return Err(Code::Stale.into());
            }
            save(said.onto(T::CHANGE, Some(&before))?, db, stamp, &before)
        })
        .await
    }
}

async fn one_page<T: Thing>(call: Call<T::Read>, code: web::Path<String>) -> Result<HttpResponse> {
    let code = code.into_inner();
    match one_of::<T, _>(&call, code.clone(), None).await {
        // Where the code alone may mean several, the list shows them.
        Err(error) if error.code() == Code::Ambiguous => Ok(see_other(format!("/{}?q={}", T::FIELDS.table, query_escape(&code)))),
        answer => answer,
    }
}

/// The page of one thing; `note` is what came of an act that led there: whether it is well, and in words.
pub async fn one_of<T: Thing, P: Perm>(call: &Call<P>, code: String, note: Option<(bool, String)>) -> Result<HttpResponse> {
    one_with::<T, P>(call, code, Besides { note, ..Besides::default() }).await
}

/// The page of one thing, with what a room shows besides.
///
/// # Errors
/// [`Code::NotFound`] for a code of none, or of one that the asker may not know of.
pub async fn one_with<T: Thing, P: Perm>(call: &Call<P>, code: String, besides: Besides) -> Result<HttpResponse> {
    let (sees, app, named) = (call.sees(), call.app().clone(), call.named());
    let found = call.read(move |db| {
        let thing: T = seen_named(db, &app, &code, sees)?;
        let history = thing.history(db)?;
        let values = object(&thing)?;
        let names = Names::of_thing(db, &named, T::FIELDS, &values, &history, sees)?;
        Ok((thing.panels(db)?, history, names, values, thing))
    });
    let (panels, history, names, values, thing) = found.await?;
    let layout = call.layout(thing.title(call.lang()));
    let badges = T::FIELDS.columns.iter().filter(|field| field.listed && matches!(field.kind, Kind::Choice(_) | Kind::Choices(_)));
    let badges = badges.flat_map(|field| field.badges(field.within(&values), layout.lang)).collect();
    let may_edit = !T::CHANGE.columns.is_empty() && call.may(T::Edit::NEEDS) && call.party.is_none();
    let edit = may_edit.then(|| (T::EDIT, format!("{}/edit", thing.href())));
    let zone = call.app().config.time_zone;
    let mut facts = facts(T::FIELDS, &values, &layout, (zone, &names));
    // Where nobody fills anything in, what is not there is no gap.
    facts.retain(|fact| !T::CHANGE.columns.is_empty() || fact.words != NOTHING);
    let view = OneView {
        room: T::FIELDS.table,
        // A number that nobody gave it says nothing to people.
        code: Some(thing.code()).filter(|code| *code != thing.id().to_string()).unwrap_or_default().to_owned(),
        badges,
        note: besides.note,
        facts,
        panels,
        tables: tables(T::FIELDS, &values, &layout, (zone, &names)),
        section: besides.section,
        acts: thing.acts().into_iter().filter(|act| act.is_open_to(call)).collect(),
        edit,
        history: timeline::lines(&history, T::FIELDS, (layout.lang, zone, &names))?,
        layout,
    };
    Ok(html_response(besides.status.unwrap_or(StatusCode::OK), &view))
}

/// A thing as the form for changing it begins.
///
/// # Errors
/// [`Error::Broken`] for a thing that has no fields.
pub fn thing_values<T: Thing, P: Perm>(call: &Call<P>, thing: &T) -> Result<HashMap<String, String>> {
    Ok(form_values(T::CHANGE, &object(&thing.clone().offered(call.app().today()))?, thing.version()))
}

/// The frame of a form, where it is sent, and where one goes who gives up.
fn form_of<T: Thing, P: Perm>(call: &Call<P>, one: Option<String>) -> (Layout, String, String) {
    let room = T::FIELDS.table;
    let mut layout = call.layout(call.words().say(format!("{room}-{}", if one.is_some() { "edit" } else { "new" })));
    layout.keeps_form = true;
    match one {
        Some(one) => (layout, format!("{one}/edit"), one),
        None => (layout, format!("/{room}/new"), format!("/{room}")),
    }
}

async fn again<T: Thing>(
    call: &Call<BrandOnly<T::Edit>>,
    values: HashMap<String, String>,
    error: Error,
    code: Option<&str>,
) -> Result<HttpResponse> {
    let (layout, action, back) = form_of::<T, _>(call, code.map(href::<T>));
    let fields = if code.is_some() { T::CHANGE } else { T::NEW };
    match code {
        _ if FormState::is_shown_again(&values) => {
            Ok(html(&form_page(layout, fields, shown_again(fields, values, call.words())?, action, back)))
        }
        Some(code) if error.code() == Code::Stale => {
            let form = overtaken_form::<T>(call, values, code.to_owned()).await?;
            Ok(html_response(StatusCode::UNPROCESSABLE_ENTITY, &form_page(layout, fields, form, action, back)))
        }
        _ => form_again(layout, fields, values, error, action, back),
    }
}

/// A form in the other language, with what is wrong with what stands in it.
pub fn shown_again(fields: &'static Fields, values: HashMap<String, String>, words: Words) -> Result<FormState> {
    match Said::of_form(fields, &values) {
        Ok(_) => Ok(FormState::of(values)),
        Err(error) => FormState::refused(values, error, words),
    }
}

/// The form of a thing that somebody else changed since it was opened: it names the fields that differ.
pub async fn overtaken_form<T: Thing>(call: &Call<BrandOnly<T::Edit>>, values: HashMap<String, String>, code: String) -> Result<FormState> {
    let now: T = found(call, code, Sees::ALL).await?;
    Ok(overtaken(T::CHANGE, values, (&object(&now)?, now.version()), call.words()))
}

/// A new one as its form begins. What must be said is left open, unless the room offers something: nobody says 0 by leaving it there.
fn blank_values<T: Thing>(app: &AppState) -> Result<HashMap<String, String>> {
    let (offered, default) = (object(&T::blank(app))?, object(&T::default())?);
    let mut values = form_values(T::NEW, &offered, 0);
    let open = T::NEW.columns.iter().filter(|field| field.needed && field.within(&offered) == field.within(&default));
    values.extend(open.map(|field| (field.path(), String::new())));
    Ok(values)
}

/// The form for a new one; what the address says of a field stands in it.
async fn new_form<T: Thing>(call: Call<BrandOnly<T::Edit>>, said: web::Query<HashMap<String, String>>) -> Result<HttpResponse> {
    let mut blank = blank_values::<T>(call.app())?;
    let is_field = |name: &String| T::NEW.columns.iter().any(|field| field.path() == *name);
    blank.extend(said.into_inner().into_iter().filter(|(name, _)| is_field(name)));
    let form = FormState::of(blank);
    let (layout, action, back) = form_of::<T, _>(&call, None);
    Ok(html(&form_page(layout, T::NEW, form, action, back)))
}

async fn create_form<T: Thing>(call: Call<BrandOnly<T::Edit>>, form: Form<HashMap<String, String>>) -> Result<HttpResponse> {
    let made = match Said::of_form(T::NEW, &form.value) {
        Ok(_) if FormState::is_shown_again(&form.value) => Err(Code::Invalid.into()),
        Ok(said) => create::<T>(&call, &form.hash, form.once.as_deref(), said).await,
        Err(error) => Err(error),
    };
    match made {
        Ok((thing, secret)) if !T::SECRET.0.is_empty() => Ok(secret_page(&call, &thing, secret)),
        Ok((thing, _)) => Ok(see_other(thing.href())),
        Err(error) => again::<T>(&call, form.value, error, None).await,
    }
}

async fn edit_form<T: Thing>(call: Call<BrandOnly<T::Edit>>, code: web::Path<String>) -> Result<HttpResponse> {
    let thing: T = found(&call, code.into_inner(), Sees::ALL).await?;
    let form = FormState::of(thing_values(&call, &thing)?);
    let (layout, action, back) = form_of::<T, _>(&call, Some(thing.href()));
    Ok(html(&form_page(layout, T::CHANGE, form, action, back)))
}

async fn change_form<T: Thing>(
    call: Call<BrandOnly<T::Edit>>,
    code: web::Path<String>,
    form: Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let code = code.into_inner();
    let changed = match Update::of_form::<T>(code.clone(), &form.value) {
        Ok(_) if FormState::is_shown_again(&form.value) => Err(Code::Invalid.into()),
        Ok(change) => change.done(&call, &form.hash, form.once.as_deref(), changed::<T>).await,
        Err(error) => Err(error),
    };
    match changed {
        Ok(thing) => Ok(see_other(thing.href())),
        Err(error) => again::<T>(&call, form.value, error, Some(&code)).await,
    }
}
