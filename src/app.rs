//! The only file that names every room, in one list.

use std::sync::{Arc, LazyLock};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};

use crate::aftersales::{cases, line_acts, reasons, repairs, return_addresses, returns, rights, service_levels, settlements, surveys};
use crate::inspection::{defects, findings};
use crate::kernel::{Code, Result};
use crate::ownership::scans::Counter;
use crate::ownership::{holders, sales, warranties};
use crate::platform::db::Db;
use crate::platform::http::compress::compress;
use crate::platform::http::perm::Permission;
use crate::platform::http::{
    Entry, Menu, MenuPart, Onwards, Pages, RouteEntry, Routes, assets, authenticate, guard_headers, remember_lang, render_errors, serve,
};
use crate::platform::imports::{self, ImportTables, ImportWork};
use crate::platform::jobs::{self, Work, Works};
use crate::platform::rooms::{Named, Room, Sweep};
use crate::platform::state::AppState;
use crate::production::{batches, materials, parties, print_jobs, printers, serials, skus, styles, terms};
use crate::public::{card, help, links, resolver};
use crate::quality::{liability, measures, recalls, signals, trace};
use crate::staff;

/// Who has a table to import.
const MAY_IMPORT: &[Permission] = &[
    Permission::CatalogueEdit,
    Permission::ProductionEdit,
    Permission::LabelsEdit,
    Permission::SalesEdit,
    Permission::FindingsEdit,
    Permission::CasesEdit,
    Permission::PolicyEdit,
];

/// Every room. A request tries them in this order, so what the world asks for comes first, and a new deployment
/// loads its tables in it.
#[rustfmt::skip]
const ROOMS: &[Room] = &[
    resolver::ROOM,
    card::ROOM,
    help::ROOM,
    Room::new("assets", assets::routes),
    Room::new("jobs", jobs::routes),
    staff::sign_in::ROOM,
    parties::ROOM,
    terms::ROOM,
    styles::ROOM,
    skus::ROOM,
    materials::ROOM,
    batches::ROOM,
    serials::ROOM,
    print_jobs::ROOM,
    printers::ROOM,
    sales::ROOM,
    warranties::ROOM,
    holders::ROOM,
    links::ROOM,
    defects::ROOM,
    findings::ROOM,
    reasons::ROOM,
    cases::ROOM,
    service_levels::DEADLINES,
    returns::ROOM,
    repairs::ROOM,
    settlements::ROOM,
    line_acts::ROOM,
    surveys::ROOM,
    surveys::FOLLOW_UPS,
    rights::ROOM,
    return_addresses::ROOM,
    signals::ROOM,
    trace::ROOM,
    recalls::ROOM,
    liability::ROOM,
    measures::ROOM,
    staff::policies::ROOM,
    staff::calendars::ROOM,
    staff::working_hours::ROOM,
    service_levels::ROOM,
    Room::new("imports", imports::routes).menu(&[Entry::new("/imports", "imports-title", MAY_IMPORT)]),
    staff::accounts::ROOM,
    staff::tokens::ROOM,
];

/// The parts of the staff menu by the day of the house: name, whose daily work it is, and the addresses of its entries in the order people work.
#[rustfmt::skip]
const MENU: &[(&str, &[Permission], &[&str])] = &[
    ("menu-aftersales", &[Permission::ContactRead], &[
        "/cases", "/clocks", "/returns", "/repairs", "/follow-ups", "/surveys", "/sales",
    ]),
    ("menu-quality", &[Permission::FindingsEdit, Permission::RecallEdit], &[
        "/signals", "/findings", "/trace", "/verdicts", "/verdicts/replies", "/measures", "/recalls", "/evidence", "/legal-holds",
    ]),
    ("menu-money", &[Permission::MoneyEdit], &[
        "/settlements", "/ledger", "/statements", "/chargebacks", "/supplier-agreements",
    ]),
    ("menu-production", &[Permission::ProductionEdit, Permission::LabelsEdit], &[
        "/batches", "/lots", "/labels", "/find", "/styles", "/parties", "/links",
    ]),
    ("menu-settings", &[], &[
        "/reasons", "/defects", "/rights", "/liability-rules", "/service-levels", "/calendars", "/working-hours", "/return-addresses", "/policy-values",
        "/imports", "/accounts", "/api-keys",
    ]),
];

/// The staff menu.
fn menu() -> Menu {
    let entry = |href: &&str| ROOMS.iter().flat_map(|room| room.menu).find(|entry| entry.href == *href).copied();
    let parts = MENU.iter().map(|(key, day_of, hrefs)| MenuPart { key, day_of, entries: hrefs.iter().filter_map(entry).collect() });
    Menu(parts.collect())
}

/// The rooms whose things people know by their names.
fn named() -> Named {
    Named(Arc::new(ROOMS.iter().flat_map(|room| room.names).copied().collect()))
}

/// The ways on from things to rooms that they know nothing of, in the order people work.
fn onwards() -> Onwards {
    Onwards(ROOMS.iter().flat_map(|room| room.onward).copied().collect())
}

/// The kinds of long work.
pub fn works() -> Works {
    let import: Box<dyn Work> = Box::new(ImportWork(import_tables()));
    ROOMS.iter().flat_map(|room| room.works).map(|make| make()).chain([import]).collect()
}

/// What rooms look after by themselves while the program serves.
pub fn sweeps() -> impl Iterator<Item = Sweep> {
    ROOMS.iter().flat_map(|room| room.sweeps).copied()
}

/// Every table that can be imported, in the order a new deployment loads them.
pub fn import_tables() -> ImportTables {
    ImportTables(ROOMS.iter().flat_map(|room| room.imports).copied().collect())
}

/// Puts in what a deployment starts with, where it is missing; what it changed there stays.
pub fn seed(db: &mut Db) -> Result<()> {
    ROOMS.iter().flat_map(|room| room.seeds).try_for_each(|seed| seed(db))
}

/// Mounts every room's routes.
fn mount(mut on: Routes<'_>) {
    for room in ROOMS {
        (room.routes)(&mut on);
    }
}

/// The routes that read their right off their handlers, as the program serves them.
pub fn routes() -> Vec<RouteEntry> {
    let mut listed = Vec::new();
    mount(Routes::Listed(&mut listed));
    listed
}

/// Where there are pages.
fn pages() -> Pages {
    // Every worker serves the same.
    static PAGES: LazyLock<Pages> = LazyLock::new(|| {
        let is_page = |route: &RouteEntry| route.method == "GET" && !route.path.starts_with("/api/");
        Pages(Arc::new(routes().into_iter().filter(is_page).map(|route| route.path).collect()))
    });
    PAGES.clone()
}

/// The whole application, ready to be served or tested. Looks at cards are counted where a counter is handed in.
pub fn app(
    app: &AppState,
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
        .app_data(web::Data::new(app.clone()))
        .app_data(menu())
        .app_data(named())
        .app_data(onwards())
        .app_data(pages())
        .app_data(web::Data::new(import_tables()))
        .app_data(web::Data::from(staff::door::authenticator()))
        .app_data(web::Data::new(card::Desk::new(app, counter)))
        .configure(|server| serve(server, mount))
        .default_service(web::to(nowhere))
        .wrap(from_fn(authenticate))
        .wrap(from_fn(render_errors))
        .wrap(from_fn(guard_headers))
        .wrap(from_fn(remember_lang))
        .wrap(from_fn(compress))
        .wrap(Compress::default())
}

async fn nowhere(_request: HttpRequest) -> Result<HttpResponse> {
    Err(Code::NotFound.into())
}

/// The API's description, from the handlers themselves.
pub fn openapi() -> utoipa::openapi::OpenApi {
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder};
    let mut whole = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Hangtag")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("Traceability and warranty for garments."))
                .build(),
        )
        .build();
    let mut made = Vec::new();
    mount(Routes::Described(&mut made));
    for (paths, components) in made {
        whole.merge(OpenApiBuilder::new().paths(paths).components(Some(components)).build());
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::text::Lang;
    use crate::platform::rooms::{Field, Fields, Kind};
    use crate::platform::words::Words;

    #[test]
    fn whatever_is_sent_leaves_its_sender_near_a_page() {
        let (pages, far) = (pages(), ["/sign-out"]);
        let sent = routes().into_iter().filter(|route| route.method == "POST" && !route.path.starts_with("/api/"));
        let lost: Vec<String> = sent.map(|route| route.path).filter(|path| pages.nearest(path).is_none()).collect();
        assert_eq!(lost, far);
        let nearest = |path: &str| pages.nearest(path).map(|count| path.split('/').take(count).collect::<Vec<_>>().join("/"));
        assert_eq!(nearest("/parties/{code}/edit").as_deref(), Some("/parties/{code}/edit"));
        assert_eq!(nearest("/printers/{code}/status").as_deref(), Some("/printers/{code}"));
        assert_eq!(nearest("/labels/jobs/{id}/{step}").as_deref(), Some("/labels/jobs/{id}"));
    }

    /// The fields of a table, and those of its lines.
    fn all_fields(fields: &'static Fields) -> Vec<&'static Field> {
        let lines = |field: &'static Field| if let Kind::Lines(of) = field.kind { all_fields(&of.fields) } else { Vec::new() };
        fields.columns.iter().flat_map(|field| lines(field).into_iter().chain([field])).collect()
    }

    #[test]
    fn both_languages_of_a_text_are_called_alike() {
        let mut halves = 0;
        for table in import_tables().0.iter() {
            for field in all_fields(table.columns) {
                let ending = match field.name.rsplit_once(['_', '.']) {
                    Some((_, "zh")) => " (Chinese)",
                    Some((_, "en")) => " (English)",
                    _ => continue,
                };
                halves += 1;
                assert!(field.title(Lang::En).ends_with(ending), "{} {}: {}", table.columns.table, field.name, field.title(Lang::En));
            }
        }
        assert!(halves > 30);
    }

    #[test]
    fn no_header_answers_to_two_fields() {
        for table in import_tables().0.iter() {
            assert_eq!(table.columns.ambiguous(), Vec::<&str>::new(), "{}", table.columns.table);
        }
    }

    /// What a program can say wrongly of a field, and what files can.
    #[test]
    fn whatever_is_wrong_with_a_value_is_said_in_words() {
        let wrong = [json!({}), json!([]), json!([{}]), json!([7]), json!("?"), json!(true), json!(-7), json!(1.5), json!(i64::MAX)];
        let mut said = 0;
        for table in import_tables().0.iter() {
            for field in all_fields(table.columns).into_iter().filter(|field| !matches!(field.kind, Kind::Moment | Kind::Both)) {
                let of_json = wrong.iter().filter_map(|value| field.read_json(value).err());
                for fault in of_json.chain(field.read("?").err()).chain(field.read("99999999999999999999").err()) {
                    for lang in Lang::ALL {
                        let words = Words::of(lang).fault(&fault);
                        assert!(!words.contains("expects-") && !words.contains("{ $"), "{}: {words}", field.name);
                    }
                    said += 1;
                }
            }
        }
        assert!(said > 500);
    }

    #[test]
    fn rooms_have_names_words_and_whoever_may_import_finds_the_desk() {
        let mut names: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        let (mut told, mut placed): (Vec<&str>, Vec<&str>) = (
            ROOMS.iter().flat_map(|room| room.menu).map(|entry| entry.href).collect(),
            MENU.iter().flat_map(|part| part.2).copied().collect(),
        );
        told.sort_unstable();
        placed.sort_unstable();
        assert_eq!(told, placed, "every entry has its one place in the menu");
        assert!(MENU.iter().all(|(key, ..)| Lang::ALL.iter().all(|lang| Words::of(*lang).knows(key))));
        for entry in menu().0.iter().flat_map(|part| &part.entries) {
            let act = entry.act.map(|(_, key, _)| key);
            for key in [entry.key].into_iter().chain(act) {
                assert!(Lang::ALL.iter().all(|lang| Words::of(*lang).knows(key)), "{key}");
            }
        }
        for table in import_tables().0.iter() {
            assert!(MAY_IMPORT.contains(&table.needs), "{}", table.columns.table);
        }
    }
}
