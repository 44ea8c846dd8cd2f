//! The routes of asking for help, in three files: asking, the page of a request, withdrawing from the contract.

mod after;
mod ask;
mod status;
mod withdraw;

use std::collections::{BTreeSet, HashMap};

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::page::{Filled, SayPage};
use crate::inspection::defects::Shape;
use crate::kernel::components;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Fault, GarmentId, Result};
use crate::ownership::holders::{COOKIE_DAYS, Contact, HolderKeys, Purpose, Secret};
use crate::platform::db::Db;
use crate::platform::http::{Layout, Locale, Routes, html_response};
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch};
use crate::production::composition::Component;
use crate::production::{materials, skus};

/// Mounts the room.
pub(super) fn routes(on: &mut Routes<'_>) {
    ask::routes(on);
    status::routes(on);
    after::routes(on);
    withdraw::routes(on);
}

/// Who writes: nobody that we know by name.
const ACTOR: &str = crate::aftersales::cases::BUYER;

fn keys(app: &AppState) -> Result<HolderKeys> {
    HolderKeys::derive(&app.keys.house)
}

/// The name of the cookie that keeps the secret of a request.
fn cookie_name(no: &str, is_secure: bool) -> String {
    format!("{}k_{no}", if is_secure { "__Host-" } else { "" })
}

fn cookie(app: &AppState, no: &str, secret: &Secret) -> Cookie<'static> {
    let is_secure = app.config.is_secure();
    Cookie::build(cookie_name(no, is_secure), secret.expose().to_owned())
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Lax)
        .max_age(CookieAge::days(COOKIE_DAYS))
        .finish()
}

/// The secrets of requests that this browser sent, by their numbers.
fn secrets(request: &HttpRequest, app: &AppState) -> HashMap<String, Secret> {
    let prefix = cookie_name("", app.config.is_secure());
    // A cookie that cannot be read is none that we gave.
    let Ok(cookies) = request.cookies() else { return HashMap::new() };
    let own = |cookie: &Cookie<'static>| Some((cookie.name().strip_prefix(&prefix)?.to_owned(), Secret::parse(cookie.value())?));
    cookies.iter().filter_map(own).collect()
}

/// The key of a form, as our pages make it: anything else has none.
fn form_key(once: Option<&str>) -> Option<String> {
    once.filter(|once| once.len() >= 24 && once.bytes().all(|byte| byte.is_ascii_alphanumeric())).map(str::to_owned)
}

/// The address of a request's page for whoever has its secret.
fn place(no: &str, secret: &Secret) -> String {
    format!("/help/{no}/{}", secret.expose())
}

/// What a garment is, as the public may know it.
struct Product {
    name: String,
    category: String,
    batch: Batch,
    /// What it looks like, as far as its category says.
    shape: Option<Shape>,
    /// What it is made of: what such a garment usually is, and what its style and its batch say. None where nobody can say.
    components: Option<BTreeSet<String>>,
}

/// The parts of a garment.
fn components(db: &mut Db, batch: &Batch, composition: &[Component], shape: Shape) -> Result<BTreeSet<String>> {
    let mut all: BTreeSet<String> = shape.components().iter().map(|code| (*code).to_owned()).collect();
    let uses = batches::lots_of(db, batch.no)?;
    let ids: Vec<_> = uses.iter().map(|used| used.lot).collect();
    // What people call the component, and the kind of what went into it.
    let kinds = materials::lots(db, &ids)?.into_iter().map(|lot| lot.kind.as_str().to_owned());
    let of_style = composition.iter().flat_map(|component| [component.name.zh.clone(), component.name.en.clone()]);
    let named = uses.into_iter().map(|used| used.component).chain(kinds).chain(of_style);
    all.extend(named.filter_map(|name| components::meant_by(&name)).map(|known| known.text.to_owned()));
    Ok(all)
}

fn product(db: &mut Db, garment: GarmentId, lang: Lang) -> Result<Product> {
    let (name, batch) = called(db, garment, lang)?;
    let styled = skus::styled(db, batch.sku_id)?;
    let style = &styled.style;
    let shape = Shape::of_category(&style.category);
    let components = shape.map(|shape| components(db, &batch, &style.facts.composition, shape)).transpose()?;
    Ok(Product { name, category: style.category.clone(), batch, shape, components })
}

/// What a garment is called, and its batch.
fn called(db: &mut Db, garment: GarmentId, lang: Lang) -> Result<(String, Batch)> {
    let batch = batches::batch(db, garment.batch())?.ok_or(Code::NotFound)?;
    Ok((skus::styled(db, batch.sku_id)?.outside.get(lang).to_owned(), batch))
}

/// A page that says one thing, with the way on.
fn say(
    request: &HttpRequest,
    app: &AppState,
    status: StatusCode,
    (title, text): (&str, &str),
    links: Vec<(String, String)>,
) -> HttpResponse {
    let layout = Layout::titled(request, title);
    let (text, help) = (layout.t.say(text).into_owned(), app.config.help(layout.lang).to_owned());
    html_response(status, &SayPage { layout, text, links, help })
}

impl Filled {
    fn of(values: &HashMap<String, String>) -> Self {
        let text = |name: &str| values.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self {
            reason: text("reason"),
            zone: text("zone"),
            wanted: text("wanted"),
            words: text("words"),
            name: text("name"),
            phone: text("phone"),
            email: text("email"),
            order_no: text("order_no"),
            purposes: Purpose::ALL.iter().map(|purpose| purpose.as_str()).filter(|purpose| values.contains_key(*purpose)).collect(),
        }
    }

    /// What they left to be reached by, with what for; None when they left nothing and agreed to nothing.
    fn contact(&self) -> Option<(Contact, Vec<Purpose>)> {
        let purposes: Vec<Purpose> = Purpose::ALL.into_iter().filter(|purpose| self.purposes.contains(&purpose.as_str())).collect();
        let contact = Contact { name: self.name.clone(), phone: self.phone.clone(), email: self.email.clone() };
        let is_empty = purposes.is_empty() && contact == Contact::default();
        (!is_empty).then_some((contact, purposes))
    }
}

/// What is wrong with the only line of a request, said of the form's own fields.
fn of_form(error: Error) -> Error {
    let Error::Refused(mut refusal) = error else { return error };
    for fault in &mut refusal.faults {
        if let Some(name) = fault.field.strip_prefix("lines.0.") {
            *fault = Fault { field: name.to_owned().into(), ..fault.clone() };
        }
    }
    Error::Refused(refusal)
}

/// The language that a request is made in.
fn lang(request: &HttpRequest) -> Lang {
    Locale::of(request).0
}
