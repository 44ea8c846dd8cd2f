//! The only file that names every room: mounts their routes, lists the menu, registers their jobs.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};
use utoipa_actix_web::AppExt;

use crate::inspection::{defects, findings};
use crate::kernel::{Code, Error};
use crate::ownership::scans::Counter;
use crate::ownership::{holders, sales, warranties};
use crate::platform::http::pack::pack;
use crate::platform::http::perm::Permission;
use crate::platform::http::{Entry, House, Menu, RouteEntry, Routes, assets, at_the_door, dress, guard_headers, remember_lang};
use crate::platform::imports::{self, ImportTable, ImportTables, ImportWork};
use crate::platform::jobs::{self, Work, Works};
use crate::platform::rooms;
use crate::production::{batches, materials, parties, print_jobs, printers, products, serials};
use crate::public::{card, links, resolver};
use crate::quality::{recalls, trace};
use crate::staff;

/// Who has a table to import.
const MAY_IMPORT: &[Permission] =
    &[Permission::CatalogueEdit, Permission::ProductionEdit, Permission::SalesEdit, Permission::FindingsEdit, Permission::PolicyEdit];

/// The staff menu, in the order people work.
#[rustfmt::skip]
const MENU: &[Entry] = &[
    Entry::new("/find", "batches-find-title", &[Permission::ProductionRead]),
    Entry::new("/styles", "styles-title", &[Permission::CatalogueRead]).act("/styles/new", "styles-new", Permission::CatalogueEdit),
    Entry::new("/parties", "parties-title", &[Permission::CatalogueRead]).act("/parties/new", "parties-new", Permission::CatalogueEdit),
    Entry::new("/lots", "lots-title", &[Permission::ProductionRead]).act("/lots/new", "lots-new", Permission::ProductionEdit),
    Entry::new("/batches", "batches-title", &[Permission::ProductionRead]).act("/batches/new", "batches-new", Permission::ProductionEdit),
    Entry::new("/labels", "labels-title", &[Permission::LabelsRead]),
    Entry::new("/sales", "sales-title", &[Permission::SalesRead]).act("/sales/new", "sales-new", Permission::SalesEdit),
    Entry::new("/links", "links-title", &[Permission::LinksEdit]).act("/links/new", "links-new", Permission::LinksEdit),
    Entry::new("/findings", "findings-title", &[Permission::FindingsRead]).act("/findings/new", "findings-new", Permission::FindingsEdit),
    Entry::new("/trace", "trace-title", &[Permission::TraceRead]),
    Entry::new("/recalls", "recalls-title", &[Permission::RecallEdit]),
    Entry::new("/defects", "defects-title", &[Permission::PolicyEdit]),
    Entry::new("/policy-values", "policy-values-title", &[Permission::PolicyEdit]),
    Entry::new("/calendars", "calendars-title", &[Permission::PolicyEdit]),
    Entry::new("/imports", "imports-title", MAY_IMPORT),
    Entry::new("/accounts", "accounts-title", &[Permission::AccountsEdit]).act("/accounts/new", "accounts-new", Permission::AccountsEdit),
    Entry::new("/api-keys", "api-keys-title", &[Permission::AccountsEdit]).act("/api-keys/new", "api-keys-new", Permission::AccountsEdit),
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
    staff::calendars::IMPORT,
];

/// Every room's routes. A request tries them in this order, so what the world asks for comes first.
const ROUTES: &[fn(&mut Routes<'_, '_>)] = &[
    resolver::routes,
    card::routes,
    assets::routes,
    jobs::routes,
    staff::policies::routes,
    imports::routes,
    staff::sign_in::routes,
    staff::accounts::routes,
    staff::tokens::routes,
    rooms::routes::<parties::Party>,
    staff::calendars::routes,
    products::routes,
    materials::routes,
    batches::routes,
    serials::routes,
    print_jobs::routes,
    printers::routes,
    sales::routes,
    warranties::routes,
    holders::routes,
    rooms::routes::<defects::Defect>,
    findings::routes,
    trace::routes,
    recalls::routes,
    links::routes,
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
fn mount(mut on: Routes<'_, '_>) {
    for routes in ROUTES {
        routes(&mut on);
    }
}

/// The routes that read their right off their handlers, as the program serves them.
pub fn routes() -> Vec<RouteEntry> {
    let mut listed = Vec::new();
    mount(Routes::Listed(&mut listed));
    listed
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
    App::new()
        .app_data(web::Data::new(house.clone()))
        .app_data(Menu(Arc::from(MENU)))
        .app_data(web::Data::new(import_tables()))
        .app_data(web::Data::from(staff::door::porter()))
        .app_data(web::Data::new(card::Desk::new(house, counter)))
        .configure(|server| mount(Routes::Served(server)))
        .default_service(web::to(nowhere))
        .wrap(from_fn(at_the_door))
        .wrap(from_fn(dress))
        .wrap(from_fn(guard_headers))
        .wrap(from_fn(remember_lang))
        .wrap(from_fn(pack))
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
    let mut made = Vec::new();
    let described = App::new().into_utoipa_app().openapi(base).configure(|api| mount(Routes::Described { api, made: &mut made }));
    let mut whole = described.split_for_parts().1;
    for (paths, components) in made {
        whole.merge(OpenApiBuilder::new().paths(paths).components(Some(components)).build());
    }
    whole
}
