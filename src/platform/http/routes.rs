//! Where rooms mount their routes, whose right is read off their handler: a handler that names nobody does not compile.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use utoipa::openapi::{Components, ComponentsBuilder, HttpMethod, Paths};
use utoipa_actix_web::OpenApiFactory;

use super::caller::{Caller, Visitor};
use super::perm::{Perm, Permission};

/// A route of the running program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteEntry {
    /// The method.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: String,
    /// The right it needs; None for a route that is open to anybody.
    pub needs: Option<Permission>,
    /// Whether who is bound to a party is refused even with the right.
    pub brand_only: bool,
}

/// What a room mounts its routes on. To serve them, their descriptions are not made: each worker would make them all once and throw them away
/// (7 MB that stay behind in its memory).
pub enum Routes<'a> {
    /// The server: each route with its path, for [`serve`].
    Served(&'a mut Vec<(String, Route)>),
    /// The API's description: of handlers that describe themselves, and of what a room's fields say.
    Described(&'a mut Vec<(Paths, Components)>),
    /// The table of routes.
    Listed(&'a mut Vec<RouteEntry>),
}

/// Serves the routes that `mount` mounts, each behind the beginning of its path. A server tries its routes one after another, those with parameters by a
/// regular expression each: so a request passes some hundred beginnings, compared letter by letter, and then the few routes behind its own.
pub fn serve(server: &mut web::ServiceConfig, mount: impl FnOnce(Routes<'_>)) {
    let mut routes = Vec::new();
    mount(Routes::Served(&mut routes));
    let mut rooms: Vec<(String, Vec<(String, Route)>)> = Vec::new();
    for (path, route) in routes {
        let head = beginning(&path);
        let behind = path.strip_prefix(head).unwrap_or_default().to_owned();
        match rooms.iter_mut().find(|(of, _)| of == head) {
            Some((_, routes)) => routes.push((behind, route)),
            None => rooms.push((head.to_owned(), vec![(behind, route)])),
        }
    }
    for (head, routes) in rooms {
        if head.is_empty() {
            for (path, route) in routes {
                server.route(&path, route);
            }
        } else {
            server.service(routes.into_iter().fold(web::scope(&head), |scope, (path, route)| scope.route(&path, route)));
        }
    }
}

/// The segments that all routes of a room share: the first of a page, the first behind `/api/v1` of the API; empty where that is a parameter.
fn beginning(path: &str) -> &str {
    let api = if path.starts_with(API) { API.len() } else { 0 };
    let rest = path.get(api..).unwrap_or_default();
    let length = rest.char_indices().skip(1).find(|(_, c)| *c == '/').map_or(rest.len(), |(at, _)| at);
    let is_fixed = length > 1 && !rest.get(..length).unwrap_or_default().contains('{');
    path.get(..api + length).filter(|_| is_fixed).unwrap_or_default()
}

/// Before every path of the API.
const API: &str = "/api/v1";

impl Routes<'_> {
    /// Adds a description to the API's.
    pub fn described(&mut self, description: impl FnOnce() -> (Paths, Components)) -> &mut Self {
        if let Self::Described(made) = self {
            made.push(description());
        }
        self
    }
}

/// The argument of a handler that says who may call it.
pub trait Asker {
    /// The right it takes; None for anybody.
    const NEEDS: Option<Permission>;
    /// Whether who is bound to a party is refused.
    const BRAND_ONLY: bool = false;
}

impl<P: Perm> Asker for Caller<P> {
    const NEEDS: Option<Permission> = Some(P::NEEDS);
    const BRAND_ONLY: bool = P::BRAND_ONLY;
}

impl Asker for Visitor {
    const NEEDS: Option<Permission> = None;
}

/// Arguments of a handler of which the first says who may call it.
pub trait Guarded {
    /// The first.
    type Asker: Asker;
}

macro_rules! guarded {
    ($($rest:ident)*) => {
        impl<W: Asker, $($rest),*> Guarded for (W, $($rest,)*) {
            type Asker = W;
        }
    };
}

guarded!();
guarded!(A);
guarded!(A B);
guarded!(A B C);
guarded!(A B C D);
guarded!(A B C D E);
guarded!(A B C D E F);

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $verb:ident;)*) => {
        impl Routes<'_> {
            $(
                $(#[$doc])*
                pub fn $name<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
                where
                    F: Handler<Args>,
                    Args: FromRequest + Guarded + 'static,
                    F::Output: Responder + 'static,
                {
                    match self {
                        Self::Served(routes) => routes.push((path.to_owned(), web::method(Method::$verb).to(handler))),
                        Self::Listed(routes) => routes.push(RouteEntry {
                            method: stringify!($verb),
                            path: path.to_owned(),
                            needs: <Args::Asker as Asker>::NEEDS,
                            brand_only: <Args::Asker as Asker>::BRAND_ONLY,
                        }),
                        Self::Described(_) => {}
                    }
                    self
                }
            )*
        }
    };
}

impl Routes<'_> {
    /// Answers GET and HEAD.
    pub fn read<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + Guarded + 'static,
        F::Output: Responder + 'static,
    {
        self.get(path, handler.clone()).head(path, handler)
    }

    /// Answers a route of the API that describes itself: `description` is what `#[utoipa::path(…)]` makes beside the handler, and says the
    /// method and the path.
    pub fn api<D, F, Args>(&mut self, description: D, handler: F) -> &mut Self
    where
        D: utoipa::Path + OpenApiFactory,
        F: Handler<Args>,
        Args: FromRequest + Guarded + 'static,
        F::Output: Responder + 'static,
    {
        self.described(|| {
            let mut schemas = Vec::new();
            description.schemas(&mut schemas);
            let components = schemas.into_iter().fold(ComponentsBuilder::new(), |made, (name, schema)| made.schema(name, schema));
            (description.paths(), components.build())
        });
        let path = D::path();
        for method in D::methods() {
            match method {
                HttpMethod::Get => self.get(&path, handler.clone()),
                HttpMethod::Put => self.put(&path, handler.clone()),
                HttpMethod::Delete => self.delete(&path, handler.clone()),
                _ => self.post(&path, handler.clone()),
            };
        }
        self
    }
}

methods! {
    /// Answers GET.
    get = GET;
    /// Answers HEAD.
    head = HEAD;
    /// Answers OPTIONS.
    options = OPTIONS;
    /// Answers POST.
    post = POST;
    /// Answers PUT.
    put = PUT;
    /// Answers DELETE.
    delete = DELETE;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_what_all_of_its_room_share() {
        let known = [
            ("/cases/{no}/photos/{id}.jpg", "/cases"),
            ("/cases", "/cases"),
            ("/api/v1/cases/{no}", "/api/v1/cases"),
            ("/api/v1/{table}", ""),
            ("/01/{gtin}/21/{serial}", "/01"),
            ("/{first}/{second}", ""),
            ("/v{n}", ""),
            ("/", ""),
        ];
        known.iter().for_each(|(path, head)| assert_eq!(beginning(path), *head, "{path}"));
    }
}
