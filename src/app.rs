//! The only file that names every room: mounts their routes, lists the menu, registers their jobs.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::{Code, Error};
use crate::ownership::scans::Counter;
use crate::ownership::{holders, sales, warranties};
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, House, Menu, assets, at_the_door, dress, guard_headers, remember_lang};
use crate::platform::imports::{self, ImportTable, ImportTables, ImportWork};
use crate::platform::jobs::{self, Work, Works};
use crate::production::{batches, materials, parties, print_jobs, products};
use crate::public::{card, links, resolver};
use crate::quality::{findings, recalls, trace};
use crate::staff;

/// The staff menu, in the order people work.
#[rustfmt::skip]
const MENU: &[Entry] = &[
    Entry { href: "/find", key: "batches-find-title", needs: Permission::ProductionRead },
    Entry { href: "/styles", key: "styles-title", needs: Permission::CatalogueRead },
    Entry { href: "/parties", key: "parties-title", needs: Permission::CatalogueRead },
    Entry { href: "/lots", key: "lots-title", needs: Permission::ProductionRead },
    Entry { href: "/batches", key: "batches-title", needs: Permission::ProductionRead },
    Entry { href: "/labels", key: "labels-title", needs: Permission::LabelsRead },
    Entry { href: "/sales", key: "sales-title", needs: Permission::SalesRead },
    Entry { href: "/findings", key: "findings-title", needs: Permission::FindingsRead },
    Entry { href: "/trace", key: "trace-title", needs: Permission::TraceRead },
    Entry { href: "/recalls", key: "recalls-title", needs: Permission::RecallEdit },
    Entry { href: "/defects", key: "defects-title", needs: Permission::PolicyEdit },
    Entry { href: "/imports", key: "imports-title", needs: Permission::SignedIn },
    Entry { href: "/accounts", key: "accounts-title", needs: Permission::AccountsEdit },
    Entry { href: "/api-keys", key: "api-keys-title", needs: Permission::AccountsEdit },
];

/// The tables that can be imported, in the order a new deployment loads them.
#[rustfmt::skip]
const IMPORTS: &[ImportTable] = &[
    parties::IMPORT,
    products::POLICY_IMPORT,
    products::STYLE_IMPORT,
    products::SKU_IMPORT,
    materials::IMPORT,
    batches::BATCHES,
    batches::BATCH_LOTS,
    batches::GARMENTS,
    sales::IMPORT,
    findings::IMPORT,
];

/// Every room's routes.
const ROUTES: &[fn(&mut ServiceConfig<'_>)] = &[
    assets::routes,
    jobs::routes,
    imports::routes,
    staff::sign_in::routes,
    staff::accounts::routes,
    staff::tokens::routes,
    parties::routes,
    products::routes,
    materials::routes,
    batches::routes,
    print_jobs::routes,
    sales::routes,
    warranties::routes,
    holders::routes,
    findings::routes,
    trace::routes,
    recalls::routes,
    links::routes,
    resolver::routes,
    card::routes,
];

/// The kinds of long work.
pub fn works() -> Works {
    let works: Vec<Box<dyn Work>> = vec![Box::new(ImportWork(import_tables())), Box::new(print_jobs::LabelWork)];
    works.into()
}

/// Every table that can be imported.
pub fn import_tables() -> ImportTables {
    ImportTables(Arc::from(IMPORTS))
}

/// Mounts every room's routes.
fn rooms(config: &mut ServiceConfig<'_>) {
    for routes in ROUTES {
        config.configure(routes);
    }
}

/// The whole application, ready to be served or tested. Looks at cards are counted where a counter is handed in.
pub fn app(
    house: &House,
    counter: Option<Counter>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let (app, _) = App::new()
        .into_utoipa_app()
        .app_data(web::Data::new(house.clone()))
        .app_data(Menu(Arc::from(MENU)))
        .app_data(web::Data::new(import_tables()))
        .app_data(web::Data::from(staff::door::porter()))
        .app_data(web::Data::new(card::Desk::new(house, counter)))
        .configure(rooms)
        .split_for_parts();
    app.default_service(web::to(nowhere))
        .wrap(from_fn(at_the_door))
        .wrap(from_fn(dress))
        .wrap(from_fn(guard_headers))
        .wrap(from_fn(remember_lang))
        .wrap(Compress::default())
}

async fn nowhere(_request: HttpRequest) -> Result<HttpResponse, Error> {
    Err(Code::NotFound.into())
}

/// The API's description, from the handlers themselves.
pub fn openapi() -> utoipa::openapi::OpenApi {
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder};
    let base = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Hangtag")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("Traceability and warranty for garments."))
                .build(),
        )
        .build();
    App::new().into_utoipa_app().openapi(base).configure(rooms).split_for_parts().1
}
