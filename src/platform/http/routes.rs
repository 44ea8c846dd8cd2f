//! Where rooms mount their routes.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

/// What a room mounts its routes on. To serve them, their descriptions are not made: each worker would make them all once and throw them away
/// (7 MB that stay behind in its memory).
pub enum Routes<'a, 'c> {
    /// The server.
    Served(&'a mut web::ServiceConfig),
    /// The API's description.
    Described(&'a mut ServiceConfig<'c>),
}

impl Routes<'_, '_> {
    /// Mounts a route of the API.
    pub fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        match self {
            Self::Served(server) => drop(server.service(route)),
            Self::Described(api) => drop(api.service(route)),
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
}
