//! Who asks and what they may see: the one argument every handler takes.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};

use super::names::Named;
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::db::Db;
use crate::platform::events::Stamp;
use crate::platform::http::perm::{Perm, Permission};
use crate::platform::http::{Asker, Caller, Idempotency, Identity, Layout, Locale, app_of};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// The right `P`, for the brand's own people: whoever is bound to a party is refused.
pub struct BrandOnly<P>(PhantomData<P>);

impl<P: Perm> Perm for BrandOnly<P> {
    const NEEDS: Permission = P::NEEDS;
    const BRAND_ONLY: bool = true;
}

/// What somebody may see: everything, or only what is of the party they are bound to. A row that is not theirs is not there for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees(Option<Id>);

impl Sees {
    /// Everything: the brand's own people, and the program itself.
    pub const ALL: Self = Self(None);

    /// Only what is of this party.
    pub const fn only(party: Id) -> Self {
        Self(Some(party))
    }

    /// The party they are bound to.
    pub const fn party(self) -> Option<Id> {
        self.0
    }

    /// Whether they may see what is of this party.
    pub fn is_of(self, party: Id) -> bool {
        self.0.is_none_or(|own| own == party)
    }
}

/// A request by somebody who has the right `P`.
pub struct Call<P: Perm> {
    request: HttpRequest,
    app: web::Data<AppState>,
    caller: Caller<P>,
}

impl<P: Perm> Asker for Call<P> {
    const NEEDS: Option<Permission> = Some(P::NEEDS);
    const BRAND_ONLY: bool = P::BRAND_ONLY;
}

impl<P: Perm> FromRequest for Call<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = app_of(request);
        let caller = Caller::<P>::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| Ok(Self { request: request.clone(), app: app?, caller })))
    }
}

impl<P: Perm> Deref for Call<P> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.caller
    }
}

impl<P: Perm> Call<P> {
    /// What they may see.
    pub fn sees(&self) -> Sees {
        Sees(self.caller.party)
    }

    /// The language of the answer.
    pub fn lang(&self) -> Lang {
        Locale::of(&self.request).0
    }

    /// The words of that language.
    pub fn words(&self) -> Words {
        Words::of(self.lang())
    }

    /// The application's state.
    pub fn app(&self) -> &AppState {
        &self.app
    }

    /// The request itself, for what nothing here says.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The frame of a page with this title.
    pub fn layout(&self, title: impl Into<String>) -> Layout {
        Layout::of(&self.request, title)
    }

    /// Reads from one consistent state.
    pub async fn read<T: Send + 'static>(&self, body: impl FnOnce(&mut Db) -> Result<T> + Send + 'static) -> Result<T> {
        self.app.store.read(body).await
    }

    /// Changes something, once however often this very request is sent: `hash` is its body's, `form_key` its form's own key.
    ///
    /// # Errors
    /// [`Code::KeyReused`] when the key came with another request; whatever the body returns.
    pub async fn change<T, F>(&self, hash: &str, form_key: Option<&str>, body: F) -> Result<T>
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
        F: Fn(&mut Db, &Stamp) -> Result<T> + Send + 'static,
    {
        let once = Idempotency::of(&self.request, hash, form_key)?;
        let stamp = self.caller.stamp();
        self.app.store.write(move |db| once.run(db, &stamp, |db| body(db, &stamp))).await
    }

    /// The rooms whose things people know by their names.
    pub fn named(&self) -> Named {
        self.request.app_data::<Named>().cloned().unwrap_or_else(|| Named(Arc::default()))
    }

    /// A part of the address.
    ///
    /// # Errors
    /// [`Code::NotFound`] when the route has no such part.
    pub fn segment(&self, name: &str) -> Result<String> {
        self.request.match_info().get(name).map(|text| text.to_owned()).ok_or_else(|| Code::NotFound.into())
    }
}

/// Changes something for somebody who is not signed in, as [`Call::change`] does for those who are: `actor` is what events call them.
///
/// # Errors
/// [`Code::KeyReused`] when the key came with another request; whatever the body returns.
pub async fn change_as<T, F>(request: &HttpRequest, actor: &str, hash: &str, form_key: Option<&str>, body: F) -> Result<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    F: Fn(&mut Db, &Stamp) -> Result<T> + Send + 'static,
{
    let (app, once) = (app_of(request)?, Idempotency::of(request, hash, form_key)?);
    let stamp = app.stamp(actor);
    app.store.write(move |db| once.run(db, &stamp, |db| body(db, &stamp))).await
}
