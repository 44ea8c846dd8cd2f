//! Who asks: a person with a session, a program with a token, or nobody. A handler cannot reach its work without naming the right it needs.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::perm::{Perm, Permission, Permissions};
use crate::kernel::text::Lang;
use crate::kernel::{Code, Error, Id, Result};
use crate::platform::events::Stamp;
use crate::platform::state::AppState;

/// Somebody who has proved who they are.
#[derive(Clone)]
pub struct Identity {
    /// For events: `staff:<login>` or `api:<key name>`.
    pub actor: String,
    /// Name to show.
    pub name: String,
    /// The account, where there is one.
    pub account: Option<Id>,
    /// What they may do.
    pub permissions: Permissions,
    /// The party they are bound to: they see only rows of its lots and batches.
    pub party: Option<Id>,
    /// The language they work in.
    pub lang: Option<Lang>,
    /// The token their forms carry; None for programs, which have no forms.
    pub csrf: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the form's token nor the name of a person belongs in a log.
        f.debug_struct("Identity").field("actor", &self.actor).field("party", &self.party).finish_non_exhaustive()
    }
}

/// Recognises people and programs. The staff wing provides it; this one only asks.
pub trait Authenticator: Send + Sync {
    /// Who made this request, or None for nobody. An invalid token is an error, an expired session is nobody.
    fn recognise<'a>(&'a self, app: &'a AppState, request: &'a HttpRequest)
    -> Pin<Box<dyn Future<Output = Result<Option<Identity>>> + 'a>>;
}

/// Middleware: finds out who asks, once, and turns away forms of other sites with [`Code::CrossSite`].
pub async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    match recognise(&request).await {
        Ok(Some(identity)) => drop(request.extensions_mut().insert(identity)),
        Ok(None) => {}
        Err(error) => {
            let response = super::problem::respond(&error, request.request());
            return Ok(request.into_response(response).map_into_right_body());
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

async fn recognise(request: &ServiceRequest) -> Result<Option<Identity>> {
    let app = app_of(request.request())?;
    let identity = match request.app_data::<web::Data<dyn Authenticator>>() {
        Some(authenticator) => authenticator.recognise(&app, request.request()).await?,
        None => None,
    };
    let is_program = identity.as_ref().is_some_and(|identity| identity.csrf.is_none());
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_program && is_cross_site(request) {
        return Err(Code::CrossSite.into());
    }
    Ok(identity)
}

/// `Sec-Fetch-Site` where the browser sends it, `Origin` where it does not.
fn is_cross_site(request: &ServiceRequest) -> bool {
    // What is no text is nothing that a page of ours sends.
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().map_or("", |text| text));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match text("origin") {
        Some(origin) => {
            let host = text("host").unwrap_or_default();
            origin.split_once("://").is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
        }
        None => false,
    }
}

/// The application's state.
///
/// # Errors
/// [`Error::Broken`] where none was handed to the server.
pub fn app_of(request: &HttpRequest) -> Result<web::Data<AppState>> {
    request.app_data::<web::Data<AppState>>().cloned().ok_or_else(|| Error::broken("no application state"))
}

/// A caller with the right `P`. As a handler's argument it is the check.
pub struct Caller<P: Perm> {
    identity: Identity,
    stamp: Stamp,
    right: PhantomData<P>,
}

impl<P: Perm> Caller<P> {
    /// Who and when, for what this request changes.
    pub fn stamp(&self) -> Stamp {
        self.stamp.clone()
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl<P: Perm> Deref for Caller<P> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl Identity {
    /// Whether they have the right.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }
}

impl<P: Perm> FromRequest for Caller<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready((|| {
            let identity = request.extensions().get::<Identity>().cloned().ok_or(Code::SignInNeeded)?;
            if !identity.permissions.has(P::NEEDS) {
                return Err(Code::Forbidden.into());
            }
            // What is not of their party is not there for them, whatever their rights.
            if P::BRAND_ONLY && identity.party.is_some() {
                return Err(Code::NotFound.into());
            }
            let stamp = app_of(request)?.stamp(&identity.actor);
            Ok(Self { identity, stamp, right: PhantomData })
        })())
    }
}

/// Whoever asks, signed in or not: for public pages that show staff a little more.
pub struct Visitor(pub Option<Identity>);

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get::<Identity>().cloned())))
    }
}
