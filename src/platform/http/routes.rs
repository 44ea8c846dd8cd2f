//! Where rooms mount their routes.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa::openapi::{Components, Paths};
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

use super::perm::Permission;

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
pub enum Routes<'a, 'c> {
    /// The server.
    Served(&'a mut web::ServiceConfig),
    /// The API's description: of handlers that describe themselves, and of what a room's fields say.
    Described {
        /// Handlers that describe themselves.
        api: &'a mut ServiceConfig<'c>,
        /// What is described by fields.
        made: &'a mut Vec<(Paths, Components)>,
    },
    /// The table of routes.
    Listed(&'a mut Vec<RouteEntry>),
}

impl Routes<'_, '_> {
    /// Mounts a route of the API that describes itself.
    pub fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        match self {
            Self::Served(server) => drop(server.service(route)),
            Self::Described { api, .. } => drop(api.service(route)),
            Self::Listed(_) => {}
        }
        self
    }

    /// Mounts routes that are no part of the API: pages, files, the resolver.
    pub fn map(&mut self, pages: impl FnOnce(&mut web::ServiceConfig) -> &mut web::ServiceConfig) -> &mut Self {
        if let Self::Served(server) = self {
            pages(server);
        }
        self
    }

    /// Adds a description to the API's.
    pub fn described(&mut self, description: impl FnOnce() -> (Paths, Components)) -> &mut Self {
        if let Self::Described { made, .. } = self {
            made.push(description());
        }
        self
    }
}
