//! The refusal table: every route of the house, and who may use it. A route that is not in it fails the suite.
//!
//! Each room keeps its rows as `ROUTES` in its own test file. For each row: nobody is sent to sign in (a page) or gets 401 (the API, and
//! whatever changes something); somebody whose role lacks the right gets 403.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hangtag::platform::http::perm::Permission;
use hangtag::staff::accounts::Role;

use crate::story;
use crate::support::{Answer, Request, TestApp};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Anybody.
    Public,
    /// Whoever has the right.
    Needs(Permission),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// As in the handler's attribute.
    pub path: &'static str,
    pub may: May,
}

/// A route for whoever has the right.
pub const fn needs(method: &'static str, path: &'static str, right: Permission) -> Route {
    Route { method, path, may: May::Needs(right) }
}

/// A route for anybody.
pub const fn public(method: &'static str, path: &'static str) -> Route {
    Route { method, path, may: May::Public }
}

/// Every room's rows.
fn table() -> Vec<Route> {
    [
        crate::findings::ROUTES,
        crate::imports::ROUTES,
        crate::platform::ROUTES,
        crate::staff::ROUTES,
        crate::trace::ROUTES,
        OTHERS,
        &listed(),
    ]
    .concat()
}

/// The rows that the running program says itself: routes whose right is read off their handler.
fn listed() -> Vec<Route> {
    let row = |route: hangtag::platform::http::RouteEntry| Route {
        method: route.method,
        path: route.path.leak(),
        may: route.needs.map_or(May::Public, May::Needs),
    };
    hangtag::app::routes().into_iter().map(row).collect()
}

/// Who may do what is reviewed: a route that is new, or asks for another right, is a visible difference.
#[test]
fn the_routes_are_the_reviewed_ones() {
    let mut routes = hangtag::app::routes();
    routes.sort();
    let line = |route: &hangtag::platform::http::RouteEntry| {
        let needs = route.needs.map_or("anybody", Permission::as_str);
        let brand = if route.brand_only { ", the brand's own people" } else { "" };
        format!("{:6} {}  {needs}{brand}\n", route.method, route.path)
    };
    insta::assert_snapshot!("routes", routes.iter().map(line).collect::<String>());
}

use Permission as P;

/// The rows of rooms whose test files keep none.
const OTHERS: &[Route] = &[
    needs("GET", "/api/v1/warranties/{serial}", P::SalesRead),
    needs("POST", "/api/v1/warranties/{serial}/void", P::SalesEdit),
    needs("POST", "/api/v1/contacts/{serial}/read", P::ContactRead),
    needs("GET", "/api/v1/calendars", P::SignedIn),
    needs("PUT", "/api/v1/calendars/{calendar}/{day}", P::PolicyEdit),
    needs("DELETE", "/api/v1/calendars/{calendar}/{day}", P::PolicyEdit),
    needs("GET", "/calendars", P::SignedIn),
    needs("GET", "/calendars.csv", P::SignedIn),
    needs("POST", "/calendars", P::PolicyEdit),
    needs("POST", "/calendars/{calendar}/{day}/remove", P::PolicyEdit),
    public("GET", "/"),
    public("HEAD", "/"),
    public("GET", "/card/{gtin}"),
    public("HEAD", "/card/{gtin}"),
    public("GET", "/card/{gtin}/{serial}"),
    public("HEAD", "/card/{gtin}/{serial}"),
    public("GET", "/card/{gtin}/{serial}/claim"),
    public("POST", "/card/{gtin}/{serial}/claim"),
    public("GET", "/card/{gtin}/{serial}/mine"),
    public("POST", "/card/{gtin}/{serial}/mine/contact"),
    public("POST", "/card/{gtin}/{serial}/mine/erase"),
    public("GET", "/card/{gtin}/{serial}/mine/export"),
    public("POST", "/card/{gtin}/{serial}/mine/release"),
    public("POST", "/card/{gtin}/{serial}/mine/transfer"),
    public("GET", "/card/{gtin}/{serial}/recover"),
    public("POST", "/card/{gtin}/{serial}/recover"),
    public("GET", "/card/{gtin}/{serial}/transfer"),
    public("POST", "/card/{gtin}/{serial}/transfer"),
    public("GET", "/find-serial"),
    public("HEAD", "/find-serial"),
    public("GET", "/.well-known/gs1resolver"),
    public("HEAD", "/.well-known/gs1resolver"),
    public("OPTIONS", "/.well-known/gs1resolver"),
    public("GET", "/01/{rest:.*}"),
    public("HEAD", "/01/{rest:.*}"),
    public("OPTIONS", "/01/{rest:.*}"),
    public("GET", "/C/{serial}"),
    public("HEAD", "/C/{serial}"),
    public("OPTIONS", "/C/{serial}"),
    public("GET", "/C/{serial}/"),
    public("HEAD", "/C/{serial}/"),
    public("GET", "/c/{serial}"),
    public("HEAD", "/c/{serial}"),
    public("GET", "/c/{serial}/"),
    public("HEAD", "/c/{serial}/"),
];

/// The routes in the source: `(method, path, file)`.
fn routes_in_source() -> Vec<(String, String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String, String)>) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(attributes(&text).into_iter().map(|(method, route)| (method, route, path.display().to_string())));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// The routes a source text declares by attributes: `#[get("/x")]`, `#[route("/x", method = "GET", method = "HEAD")]`.
fn attributes(text: &str) -> Vec<(String, String)> {
    let quoted = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for attribute in text.split("#[").skip(1) {
        let attribute = attribute.strip_prefix("actix_web::").unwrap_or(attribute);
        for method in ["get", "post", "put", "delete", "head", "options", "patch", "connect", "trace"] {
            if let Some(rest) = attribute.strip_prefix(method).and_then(|rest| rest.strip_prefix("(\"")) {
                found.push((method.to_uppercase(), quoted(rest)));
            }
        }
        if let Some(rest) = attribute.strip_prefix("route(").and_then(|rest| rest.trim_start().strip_prefix('"')) {
            let path = quoted(rest);
            let arguments = rest.split(")]").next().unwrap_or_default();
            found.extend(arguments.split("method = \"").skip(1).map(|method| (quoted(method).to_uppercase(), path.clone())));
        }
    }
    found
}

#[test]
fn attributes_are_read_in_every_form() {
    let text = "#[get(\"/a/{b}\")]\nasync fn x() {}\n    #[post(\"/c\")] #[route(\"/d\", method = \"GET\", method = \"HEAD\")] #[derive(Debug)] #[route(\n \"/e\",\n method = \"PUT\")]";
    let pairs = [("GET", "/a/{b}"), ("POST", "/c"), ("GET", "/d"), ("HEAD", "/d"), ("PUT", "/e")];
    assert_eq!(attributes(text), pairs.map(|(method, path)| (method.to_owned(), path.to_owned())));
}

#[test]
fn every_route_is_in_the_table_and_the_table_has_no_other() {
    let in_source = routes_in_source().into_iter().map(|(method, path, file)| ((method, path), file));
    let by_program = hangtag::app::routes().into_iter().map(|route| ((route.method.to_owned(), route.path), "the program".to_owned()));
    let source: BTreeMap<(String, String), String> = in_source.chain(by_program).collect();
    assert!(source.len() > 30, "the source is not read: {source:?}");
    let rows = table();
    let known: BTreeSet<(String, String)> = rows.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(known.len(), rows.len(), "a row stands twice");
    let missing: Vec<_> = source.iter().filter(|(route, _)| !known.contains(*route)).collect();
    assert!(missing.is_empty(), "routes without a row (method, path, who may) in ROUTES of their room's test file: {missing:#?}");
    let gone: Vec<_> = known.iter().filter(|route| !source.contains_key(*route)).collect();
    assert!(gone.is_empty(), "rows without a route: {gone:#?}");
}

/// Every path is declared by attribute, where the test above can see it.
#[test]
fn no_route_is_mounted_by_hand() {
    for (forbidden, instead) in [("web::resource(", "an attribute"), ("web::scope(", "full paths")] {
        let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(!text.contains(forbidden), "{}: {forbidden} — use {instead}", path.display());
                }
            }
        }
    }
}

/// A path with its parameters filled in.
fn filled(path: &str) -> String {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        text.push('1');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    text + rest
}

/// A request of the kind a route expects: a page is asked for as a browser does, the API as a program.
fn request(row: &Route) -> Request {
    let uri = filled(row.path);
    let is_api = row.path.starts_with("/api/");
    match (row.method, is_api) {
        ("GET" | "HEAD" | "OPTIONS", false) => Request::new(row.method, &uri).html(),
        (_, false) => Request::form(&uri, &[]).html(),
        ("GET" | "HEAD" | "OPTIONS" | "DELETE", true) => Request::new(row.method, &uri),
        (_, true) => Request::json(row.method, &uri, &serde_json::json!({})),
    }
}

/// Whether a page that is refused to nobody sends them to sign in.
fn sends_to_sign_in(answer: &Answer) -> bool {
    answer.status.as_u16() == 303 && answer.header("location").is_some_and(|to| to.starts_with("/sign-in?back="))
}

async fn check_nobody(app: &TestApp, row: &Route) {
    let answer = app.send(request(row)).await;
    let status = answer.status.as_u16();
    match row.may {
        May::Public => {
            assert!(!matches!(status, 403 | 500..), "{row:?}: {status} {}", answer.text());
            assert!(!sends_to_sign_in(&answer), "{row:?} is public, and sends nobody to sign in");
        }
        May::Needs(_) if row.path.starts_with("/api/") || row.method != "GET" => assert_eq!(status, 401, "{row:?}: {}", answer.text()),
        May::Needs(_) => assert!(sends_to_sign_in(&answer), "{row:?}: {status} {}", answer.text()),
    }
}

story!(nobody_gets_in_where_a_right_is_needed, |app| {
    for row in table() {
        check_nobody(&app, &row).await;
    }
});

story!(a_role_without_the_right_is_refused, |app| {
    let mut people = BTreeMap::new();
    let mut programs = BTreeMap::new();
    for role in Role::ALL {
        people.insert(*role, app.persona(*role).await);
        programs.insert(*role, app.api(*role).await);
    }
    for row in table() {
        let May::Needs(right) = row.may else { continue };
        for role in Role::ALL.iter().filter(|role| !role.permissions().has(right)) {
            for caller in [&people[role], &programs[role]] {
                let answer = caller.send(request(&row)).await;
                assert_eq!(answer.status.as_u16(), 403, "{row:?} as {role:?}: {}", answer.text());
            }
        }
    }
});
