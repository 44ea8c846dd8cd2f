//! Every route that the program serves, and who may use it: the table is the program's own, read off the handlers. For each row: nobody is
//! sent to sign in (a page) or gets 401 (the API, and whatever changes something); somebody whose role lacks the right gets 403.

use std::collections::BTreeMap;
use std::path::Path;

use hangtag::platform::http::RouteEntry;
use hangtag::platform::http::perm::Permission;
use hangtag::staff::accounts::Role;

use crate::story;
use crate::support::{Answer, Request, TestApp};

/// Who may do what is reviewed: a route that is new, or asks for another right, is a visible difference.
#[test]
fn the_routes_are_the_reviewed_ones() {
    let mut routes = hangtag::app::routes();
    routes.sort();
    let line = |route: &RouteEntry| {
        let needs = route.needs.map_or("anybody", Permission::as_str);
        let brand = if route.brand_only { ", the brand's own people" } else { "" };
        format!("{:6} {}  {needs}{brand}\n", route.method, route.path)
    };
    insta::assert_snapshot!("routes", routes.iter().map(line).collect::<String>());
}

/// No route goes past the table: rooms mount theirs on `Routes`, which takes the right off the handler, and it alone serves them.
#[test]
fn no_route_is_mounted_by_hand() {
    let by_hand =
        ["web::resource(", "web::scope(", ".service(", "#[get(", "#[post(", "#[put(", "#[delete(", "#[route(", "#[routes]", "web::get()"];
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("platform/http/routes.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert_eq!(by_hand.iter().find(|way| text.contains(**way)), None, "{}", path.display());
            }
        }
    }
    assert!(hangtag::app::routes().len() > 200);
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
fn request(row: &RouteEntry) -> Request {
    let uri = filled(&row.path);
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

async fn check_nobody(app: &TestApp, row: &RouteEntry) {
    let answer = app.send(request(row)).await;
    let status = answer.status.as_u16();
    match row.needs {
        None => {
            assert!(!matches!(status, 403 | 500..), "{row:?}: {status} {}", answer.text());
            assert!(!sends_to_sign_in(&answer), "{row:?} is public, and sends nobody to sign in");
        }
        Some(_) if row.path.starts_with("/api/") || row.method != "GET" => assert_eq!(status, 401, "{row:?}: {}", answer.text()),
        Some(_) => assert!(sends_to_sign_in(&answer), "{row:?}: {status} {}", answer.text()),
    }
}

story!(nobody_gets_in_where_a_right_is_needed, |app| {
    for row in hangtag::app::routes() {
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
    for row in hangtag::app::routes() {
        let Some(right) = row.needs else { continue };
        for role in Role::ALL.iter().filter(|role| !role.permissions().has(right)) {
            for caller in [&people[role], &programs[role]] {
                let answer = caller.send(request(&row)).await;
                assert_eq!(answer.status.as_u16(), 403, "{row:?} as {role:?}: {}", answer.text());
            }
        }
    }
});
