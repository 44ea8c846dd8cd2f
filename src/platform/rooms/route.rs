//! Routes whose right is read off their handler: a handler that names nobody does not compile.

use actix_web::{FromRequest, Handler, Responder, web};
use utoipa::openapi::{ComponentsBuilder, HttpMethod};
use utoipa_actix_web::OpenApiFactory;

use super::call::Call;
use crate::platform::http::perm::{Perm, Permission};
use crate::platform::http::{RouteEntry, Routes, Visitor};

/// Arguments of a handler of which the first says who may call it.
pub trait Guarded {
    /// The right it takes; None for anybody.
    const NEEDS: Option<Permission>;
    /// Whether who is bound to a party is refused.
    const BRAND_ONLY: bool;
}

macro_rules! named {
    ($($rest:ident)*) => {
        impl<P: Perm, $($rest),*> Guarded for (Call<P>, $($rest,)*) {
            const NEEDS: Option<Permission> = Some(P::NEEDS);
            const BRAND_ONLY: bool = P::BRAND_ONLY;
        }

        impl<$($rest),*> Guarded for (Visitor, $($rest,)*) {
            const NEEDS: Option<Permission> = None;
            const BRAND_ONLY: bool = false;
        }
    };
}

named!();
named!(A);
named!(A B);
named!(A B C);

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:literal;)*) => {
        impl Routes<'_, '_> {
            $(
                $(#[$doc])*
                pub fn $name<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
                where
                    F: Handler<Args>,
                    Args: FromRequest + Guarded + 'static,
                    F::Output: Responder + 'static,
                {
                    match self {
                        Self::Served(server) => drop(server.route(path, web::$name().to(handler))),
                        Self::Listed(routes) => routes.push(RouteEntry {
                            method: $method,
                            path: path.to_owned(),
                            needs: Args::NEEDS,
                            brand_only: Args::BRAND_ONLY,
                        }),
                        Self::Described { .. } => {}
                    }
                    self
                }
            )*
        }
    };
}

impl Routes<'_, '_> {
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
    get = "GET";
    /// Answers POST.
    post = "POST";
    /// Answers PUT.
    put = "PUT";
    /// Answers DELETE.
    delete = "DELETE";
}
