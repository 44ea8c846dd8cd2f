//! The test of the test: small crates that are wrong in one way each, and their legal siblings. Every one lies below folders named `store`,
//! `http` and `kernel`, so a rule that looks at the checkout's own path shows here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::plan::{Exception, Plan};
use crate::rules::{Review, check};
use crate::source;

/// A small house: what every planted crate has.
const BASE: &[(&str, &str)] = &[
    ("kernel/time", "pub struct Clock;"),
    ("kernel/ids", "pub struct Id(pub i64);\nimpl Id { pub fn fresh() -> Self { Self(0) } }"),
    ("kernel", "pub use ids::Id;\npub use time::Clock;"),
    (
        "platform/db",
        "pub enum Db { One(diesel::SqliteConnection) }\npub struct Store;\n#[macro_export]\nmacro_rules! each { ($db:expr, |$c:ident| $body:expr) => { match $db { $crate::platform::db::Db::One($c) => $body } } }",
    ),
    ("platform/db/schema", "diesel::table! { party (id) { id -> BigInt, } }\ndiesel::table! { sale (id) { id -> BigInt, } }"),
    (
        "platform/http",
        "pub struct House { pub store: crate::platform::db::Store }\npub use actix_web::web;\npub fn token() -> String { String::new() }",
    ),
    ("production/parties", "pub use store::{Party, by_code, list, save};"),
    (
        "production/parties/store",
        "use diesel::prelude::*;\nuse crate::each;\nuse crate::platform::db::Db;\nuse crate::platform::db::schema::party;\npub struct Party;\n\
         pub fn by_code(db: &mut Db) -> Party { each!(db, |c| party::table.load(c)) }\npub fn list(db: &mut Db) { each!(db, |c| party::table.load(c)) }\n\
         pub fn save(db: &mut Db) { each!(db, |c| diesel::insert_into(party::table).execute(c)) }",
    ),
    ("production/labels", "pub fn draw() {}"),
    ("ownership/sales", "pub use store::{Sale, register};"),
    (
        "ownership/sales/store",
        "use diesel::prelude::*;\nuse crate::each;\nuse crate::platform::db::Db;\nuse crate::platform::db::schema::sale;\npub struct Sale;\n\
         pub fn register(db: &mut Db) { each!(db, |c| diesel::insert_into(sale::table).execute(c)) }",
    ),
    ("quality/findings", "pub struct Finding;"),
    ("app", "use crate::quality::findings;\nuse crate::production::parties;"),
];

const PLAN: Plan = Plan {
    wings: &["kernel", "platform", "production", "ownership", "quality"],
    front: &["lib", "main", "app"],
    open_wings: &["platform"],
    schema: ("platform/db", "platform/db/schema"),
    tables: &[("production/parties", &["party"]), ("ownership/sales", &["sale"])],
    diesel: &[("platform/db", "it opens the store")],
    actix: &[("platform/http", "it is the server")],
    pure_crates: &["chrono", "serde"],
    impure: &[("kernel/time", "Clock"), ("kernel/ids", "Id::fresh")],
    exceptions: &[],
    namesakes: &[],
};

/// The base with `files` in place of its own or beside them; modules are declared where nobody did.
fn planted(files: &[(&str, &str)], plan: &Plan) -> Review {
    let mut all: BTreeMap<String, String> = BASE.iter().chain(files).map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect();
    for path in all.keys().cloned().collect::<Vec<_>>() {
        for parent in Path::new(&path).ancestors().skip(1) {
            all.entry(parent.to_str().unwrap().to_owned()).or_default();
        }
    }
    let declared: Vec<(String, String)> = all
        .iter()
        .map(|(path, code)| {
            if path.ends_with(".html") {
                return (path.clone(), code.clone());
            }
            let is_module = |other: &String| !other.is_empty() && other.as_str() != "main" && !other.ends_with(".html");
            let is_child = |other: &&String| is_module(other) && Path::new(other).parent() == Some(Path::new(path));
            let names = all.keys().filter(is_child).filter_map(|child| child.rsplit('/').next());
            let missing = names.filter(|name| !code.contains(&format!("mod {name}")));
            // At the end, so that the lines of the code stay the lines of the file.
            (path.clone(), format!("{code}\n{}", missing.map(|name| format!("pub mod {name};\n")).collect::<String>()))
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store/http/kernel");
    for (path, code) in declared {
        let has_children = all.keys().any(|other| Path::new(other).parent() == Some(Path::new(&path)) && !other.is_empty());
        let file = match path.as_str() {
            "" => "lib.rs".to_owned(),
            _ if path.ends_with(".html") => path.clone(),
            _ if has_children => format!("{path}/mod.rs"),
            _ => format!("{path}.rs"),
        };
        let file = root.join("src").join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, code).unwrap();
    }
    let manifest = "[package]\nname = \"planted\"\n[dependencies]\ndiesel = \"2\"\nactix-web = \"4\"\ntokio = \"1\"\nchrono = \"0\"\nserde = \"1\"\n\
                    getrandom = \"0\"\nother-name = { package = \"diesel\", version = \"2\" }\n";
    std::fs::write(root.join("Cargo.toml"), manifest).unwrap();
    check(&source::read(&root), plan)
}

/// What was found, as `rule file:line`.
fn found(files: &[(&str, &str)], plan: &Plan) -> Vec<String> {
    let findings = planted(files, plan).findings;
    let found: BTreeSet<String> =
        findings.iter().map(|one| format!("{} {}:{}", one.rule, one.at.file.trim_start_matches("src/"), one.at.line)).collect();
    found.into_iter().collect()
}

#[track_caller]
fn assert_found(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(found(files, &PLAN), expected, "{files:#?}");
}

#[track_caller]
fn assert_legal(files: &[(&str, &str)]) {
    let findings: Vec<String> = planted(files, &PLAN).findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{files:#?}\n{}", findings.join("\n"));
}

#[test]
fn the_planted_house_itself_is_legal() {
    assert_legal(&[]);
}

#[test]
fn an_arrow_to_the_right_is_seen_however_it_is_written() {
    for code in [
        "use crate::quality::findings::Finding;",
        "use super::super::super::quality::findings::Finding;",
        "use self::super::super::super::quality::findings::Finding;",
        "use crate::{kernel::Id, quality::{findings::{self, Finding as Seen}}};",
        "use crate::quality::*;",
        "use crate::quality as left; fn f() -> left::findings::Finding { todo!() }",
        "use crate::r#quality::r#findings::Finding;",
        "fn f(_: crate::quality::findings::Finding) {}",
        "fn f() { use crate::quality; let _ = quality::findings::Finding; }",
        "fn f() -> Vec<crate::quality::findings::Finding> { vec![] }",
        "fn f() { vec![crate::quality::findings::Finding]; }",
        "macro_rules! seen { () => { crate::quality::findings::Finding } }",
        "macro_rules! seen { ($n:ident) => { $crate::quality::findings::$n } }",
        "#[serde(with = \"crate::quality::findings\")] struct S;",
        "const QUOTE: char = '\"'; use crate::quality::findings::Finding; const END: char = '\"';",
        "const RAW: &str = r##\"\"#\"##; use crate::quality::findings::Finding;",
        "#[cfg(test)] mod tests {} use crate::quality::findings::Finding;",
        "#[cfg(any(test, unix))] use crate::quality::findings::Finding;",
        "#[cfg(not(test))] use crate::quality::findings::Finding;",
        "mod inner { use super::super::super::super::quality::findings::Finding; }",
        "use planted::quality::findings::Finding;",
        "use crate::app;",
    ] {
        let line = |findings: Vec<String>| findings.iter().filter(|one| *one == "one-way production/parties/rules.rs:1").count();
        assert_eq!(line(found(&[("production/parties/rules", code)], &PLAN)), 1, "{code}");
    }
    // An arrow that nobody listed, through the middle of a file after its tests.
    let code = "#[cfg(test)]\nmod tests {\n    use super::*;\n}\nuse crate::ownership::sales::Sale;";
    assert_found(&[("production/parties/rules", code)], &["one-way production/parties/rules.rs:5"]);
    // Tests go one way too.
    assert_found(
        &[("production/parties/rules", "#[cfg(test)] use crate::quality::findings::Finding;")],
        &["one-way production/parties/rules.rs:1"],
    );
    assert_found(&[("kernel/time", "pub struct Clock; use crate::app;")], &["one-way kernel/time.rs:1"]);
    assert_found(&[("production/parties/page", "pub struct P;"), ("production/parties/extra", "")], &[]);
}

#[test]
fn a_path_that_is_only_spoken_of_is_no_path() {
    for code in [
        "//! use crate::quality::findings::Finding;\n/* crate::quality::findings */\n/// [`crate::quality::findings::Finding`]\npub struct S;",
        "const S: &str = \"crate::quality::findings::Finding\"; const R: &str = r#\"use crate::quality;\"#;",
        "const C: char = '\"'; // crate::quality::findings\nconst D: char = '\"';",
        "struct quality; fn f(q: quality) { let quality = 1; g(quality, q.quality); }",
        "mod quality { pub mod findings { pub(super) struct Finding; } } use self::quality::findings::Finding;",
        "use crate::kernel::Id;\nfn f<'quality>(_: &'quality Id) {}",
    ] {
        assert_legal(&[("production/parties/view", code)]);
    }
}

#[test]
fn edges_are_told_with_what_is_used() {
    let edge = |code: &str, to: &str| -> Vec<String> {
        let review = planted(&[("quality/findings", code)], &PLAN);
        review.edges.get("quality/findings").and_then(|edges| edges.get(to)).into_iter().flatten().cloned().collect()
    };
    let parties = "production/parties";
    assert_eq!(edge("use crate::production::parties;\nfn f() { parties::list(); parties::by_code(); }", parties), ["by_code", "list"]);
    assert_eq!(edge("use crate::production::parties::{self as p, Party};\nfn f() { p::list::<u8>(); }", parties), ["Party", "list"]);
    assert_eq!(edge("use crate::production::parties::*;", parties), ["*"]);
    assert_eq!(edge("use crate::production::parties::*;\nfn f() { list(); }", parties), ["*", "list"]);
    assert_eq!(edge("use crate::each;\nfn f() { each!(x, |c| crate::production::parties::save(c)) }", parties), ["save"]);
    assert_eq!(edge("use crate::each;", "platform/db"), ["each!"]);
    let twin = format!("{}\npub use twin::twin;", BASE[3].1);
    let files =
        [("platform/db", twin.as_str()), ("platform/db/twin", "pub fn twin() {}"), ("quality/findings", "use crate::platform::db::twin;")];
    assert_eq!(planted(&files, &PLAN).edges["quality/findings"]["platform/db"].iter().collect::<Vec<_>>(), ["twin"]);
    assert_eq!(edge("use crate::kernel::{Id, time::Clock};", "kernel"), ["Id", "time::Clock"]);
    assert_eq!(edge("use crate::kernel::time;\nfn f(_: time::Clock) {}", "kernel"), ["time::Clock"]);
    assert_eq!(edge("#[cfg(test)] mod tests { use crate::production::parties::Party; }", parties), Vec::<String>::new());
    // Behind a re-export the room that it comes from is told as well.
    let review = planted(
        &[
            ("ownership/sales", "pub use crate::production::parties::Party;\npub use store::Sale;"),
            ("quality/findings", "use crate::ownership::sales::Party;"),
        ],
        &PLAN,
    );
    assert_eq!(review.edges["quality/findings"].keys().collect::<Vec<_>>(), ["ownership/sales", "production/parties"]);
    assert!(review.findings.is_empty(), "{:?}", review.findings);
    // A template runs in its page.
    let template =
        "<p>{{ crate::production::parties::draw(1) }}</p>\n<p>crate::production::labels::draw</p>{% if crate::ownership::sales::Sale %}";
    let review = planted(&[("quality/findings/page", ""), ("quality/findings/list.html", template)], &PLAN);
    assert_eq!(review.edges["quality/findings"].keys().collect::<Vec<_>>(), ["ownership/sales", "production/parties"]);
}

#[test]
fn a_room_is_used_through_its_mod_and_is_on_the_list() {
    let through = ["through-mod quality/findings.rs:1"];
    assert_found(&[("quality/findings", "use crate::production::parties::store::Party;")], &through);
    assert_found(&[("quality/findings", "use crate::production::parties::{store as s};")], &through);
    assert_found(&[("quality/findings", "fn f() { crate::production::parties::store::list(); }")], &through);
    assert_found(&[("quality/findings", "#[cfg(test)] mod tests { use crate::production::parties::store::Party; }")], &through);
    let offered = "pub use store::{Party, by_code, list, save};\npub use store as books;";
    assert_found(&[("production/parties", offered), ("quality/findings", "use crate::production::parties::books::list;")], &through);
    assert_legal(&[("quality/findings", "use crate::production::parties::Party;\nuse crate::platform::db::schema as _;")]);
    assert_legal(&[("production/parties/view", "use super::store::Party;\nuse super::super::labels::draw;")]);
    assert_found(&[("extras/rumours", "")], &["rooms extras:1"]);
    assert_found(&[("quality", "pub use crate::production::parties::Party;")], &["wing-file quality/mod.rs:1"]);
    // A folder's name is no part: this room is called `store`, its rules are rules.
    assert_eq!(found(&[("production/store/view", "use diesel::prelude::*;")], &PLAN), ["diesel production/store/view.rs:1"]);
}

#[test]
fn rooms_of_a_wing_go_in_no_circle() {
    let circle = planted(
        &[("production/labels", "use crate::production::parties::Party;"), ("production/parties/view", "use super::super::labels::draw;")],
        &PLAN,
    );
    let told: Vec<String> = circle.findings.iter().map(|one| format!("{} {}", one.rule, one.what)).collect();
    assert_eq!(told, ["circle production/labels → production/parties → production/labels"]);
    assert_legal(&[("production/labels", "use crate::production::parties::Party;")]);
}

#[test]
fn a_table_is_changed_by_its_owner_alone() {
    let head = "use diesel::prelude::*; use crate::each; use crate::platform::db::Db; use crate::platform::db::schema::{self, party, sale};\npub struct Sale; pub fn register() {}\n";
    for (line, rule) in [
        ("fn f(db: &mut Db) { each!(db, |c| diesel::delete(party::table.filter(party::id.eq(1))).execute(c)) }", "table-owner"),
        ("fn f(c: C) { diesel::update(schema::party::table).set(1).execute(c); }", "table-owner"),
        ("fn f(c: C) { diesel::insert_into(crate::platform::db::schema::party::dsl::party).values(1).execute(c); }", "table-owner"),
        ("use crate::platform::db::schema::party as sales; fn f(c: C) { diesel::delete(sales::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { use crate::platform::db::schema::party::dsl; diesel::delete(dsl::party).execute(c); }", "table-owner"),
        ("fn f(c: C) { let gone = || party::table.filter(1); diesel::delete(gone()).execute(c); }", "table-owner"),
        ("fn f(c: C) { let gone = party::table.find(1); diesel::delete(&gone).execute(c); }", "table-owner"),
        ("fn row() -> R { party::table.find(1) } fn f(c: C) { diesel::delete(row()).execute(c); }", "table-owner"),
        ("use diesel::delete as keep; fn f(c: C) { keep(party::table).execute(c); }", "table-owner"),
        ("use diesel as d; fn f(c: C) { d::delete::<T>(party::table).execute(c); }", "table-owner"),
        ("use diesel::dsl::*; fn f(c: C) { delete(party::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { use diesel::dsl::*; delete(party::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { diesel::dsl::delete(party::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { ::other_name::delete(party::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { rows.insert_into(party::table).execute(c); }", "table-owner"),
        ("fn f(c: C) { diesel::sql_query(\"DELETE FROM party WHERE id = $1\").execute(c); }", "table-owner"),
        ("const TEXT: &str = \"update \\\"party\\\" set id = 1\";", "table-owner"),
        ("fn f(c: C, gone: G) { diesel::delete(gone).execute(c); }", "table-unseen"),
        ("fn f(c: C) { let act = diesel::delete; act(party::table).execute(c); }", "table-unseen"),
        ("fn f(c: C) { party.save_changes(c); }", "table-unseen"),
        ("macro_rules! wipe { ($c:expr) => { diesel::delete(party::table).execute($c) } }", "table-owner"),
    ] {
        let expected = format!("{rule} ownership/sales/store.rs:3");
        assert_eq!(found(&[("ownership/sales/store", &format!("{head}{line}"))], &PLAN), [expected], "{line}");
    }
    let saves = "#[macro_export]\nmacro_rules! save_row { ($db:expr, $table:ident, $row:expr) => { $crate::each!($db, |c| diesel::insert_into($table::table).values(&$row).execute(c)) } }";
    for (line, rule) in [
        ("use crate::save_row; fn f(db: &mut Db) { save_row!(db, sale, 1) }", None),
        ("use crate::save_row; fn f(db: &mut Db) { save_row!(db, party, 1) }", Some("table-owner")),
        ("use crate::save_row as keep; fn f(db: &mut Db) { let row = party::table.find(1); keep!(db, row, 1) }", Some("table-owner")),
        ("fn f(db: &mut Db, row: R) { crate::save_row!(db, row, 1) }", Some("table-unseen")),
    ] {
        let expected: Vec<String> = rule.into_iter().map(|rule| format!("{rule} ownership/sales/store.rs:3")).collect();
        assert_eq!(found(&[("ownership/sales/store", &format!("{head}{line}")), ("platform/db/saves", saves)], &PLAN), expected, "{line}");
    }
    for line in [
        "#[cfg(test)] mod tests { diesel::table! { hat (id) { id -> BigInt, } } }",
        "diesel::table! { till (id) { id -> BigInt, } } fn f(db: &mut Db) { each!(db, |c| diesel::delete(till::table).execute(c)); party::table.load(c); }",
        "fn f(db: &mut Db) { each!(db, |c| diesel::delete(sale::table.filter(sale::id.eq_any(party::table.select(party::id)))).execute(c)) }",
        "fn f(c: C) { diesel::sql_query(\"SELECT 1 FROM party JOIN sale\").load(c); }",
        "#[cfg(test)] mod tests { fn f(c: C) { diesel::delete(super::party::table).execute(c); } }",
        "fn f(c: C) { set.insert(1); map.update(party); party::table.load(c); }",
    ] {
        let review = planted(&[("ownership/sales/store", &format!("{head}{line}"))], &PLAN);
        assert!(review.findings.is_empty(), "{line}\n{:#?}", review.findings);
        assert_eq!(review.readers["party"].iter().collect::<Vec<_>>(), ["ownership/sales"]);
    }
    // A table that a room's store declares is that room's; in any other file of it, it is nobody's.
    let till = "diesel::table! { till (id) { id -> BigInt, } }";
    let foreign = "use crate::ownership::sales::store::till; fn f(c: C) { diesel::delete(till::table).execute(c); }";
    let found_there = found(&[("ownership/sales/store", &format!("{head}{till}")), ("production/labels/store", foreign)], &PLAN);
    assert!(found_there.iter().any(|found| found.starts_with("table-owner production/labels")), "{found_there:?}");
    assert_found(&[("ownership/sales/view", till)], &["diesel ownership/sales/view.rs:1", "table-owner ownership/sales/view.rs:1"]);
    let plan = Plan { tables: &[("production/parties", &["party"])], ..PLAN };
    assert_eq!(found(&[], &plan), ["table-owner platform/db/schema.rs:2"]);
    let plan = Plan { tables: &[("production/parties", &["party", "stock"]), ("ownership/sales", &["sale"])], ..PLAN };
    assert_eq!(found(&[], &plan), ["table-owner tests/architecture/plan.rs:1"]);
}

#[test]
fn rules_are_values_in_and_values_out() {
    for code in [
        "use crate::kernel::Clock;",
        "fn f(clock: &crate::kernel::time::Clock) {}",
        "use crate::kernel::time as t; fn f(_: &t::Clock) {}",
        "use super::super::*; fn f(db: &mut Db) {}",
        "use crate::platform::db::Db;",
        "use crate::platform::http::token;",
        "use crate::each; fn f(x: X) { each!(x, |c| c) }",
        "fn f() { crate::each!(x, |c| c) }",
        "fn f() -> crate::kernel::Id { crate::kernel::Id::fresh() }",
        "use crate::kernel::Id; fn f() -> Id { Id::fresh() }",
        "use tokio::sync::Mutex;",
        "async fn f() { ::tokio::time::sleep(1).await }",
        "fn f() { getrandom::fill(&mut []); }",
        "use std::{fs, collections::BTreeMap};",
        "use std::time::Instant;",
        "use std::time::*;",
        "fn f() { chrono::Utc::now(); }",
        "use chrono::Utc as U; fn f() { U::now(); }",
        "static SEEN: std::sync::Mutex<u8> = std::sync::Mutex::new(0);",
        "static mut SEEN: u8 = 0;",
        "fn f() { static SEEN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0); }",
        "thread_local! { static SEEN: u8 = const { 0 }; }",
        "use super::super::store::list;",
        "fn f() { super::super::by_code(); }",
        "fn f() { println!(\"{}\", 1); }",
        "use super::super::http::handler;",
        "macro_rules! now { () => { std::time::Instant::now() } }",
        "use std::collections::hash_map::RandomState;",
    ] {
        let files = [
            ("production/parties/rules/deep", code),
            ("production/parties", "use crate::platform::db::Db;\npub use store::{Party, by_code, list, save};"),
            ("production/parties/http", "pub fn handler() {}"),
        ];
        let found = found(&files, &PLAN);
        assert!(!found.is_empty() && found.iter().all(|one| one == "rules production/parties/rules/deep.rs:1"), "{code}: {found:?}");
    }
    for code in [
        "use crate::kernel::Id;\nuse chrono::{NaiveDate, NaiveDateTime};\nfn f(now: NaiveDateTime) -> Id { Id(1) }",
        "use std::{collections::BTreeMap, fmt, sync::LazyLock};\nstatic TABLE: LazyLock<BTreeMap<u8, u8>> = LazyLock::new(BTreeMap::new);",
        "use super::super::store::Party;\nfn f(party: &Party) -> std::time::Duration { todo!() }",
        "#[cfg(test)] mod tests { use tokio::test; fn f() { std::fs::read(\"x\"); crate::kernel::Id::fresh(); } }",
        "#[test] fn f() { std::fs::read(\"x\"); }",
    ] {
        assert_legal(&[("production/parties/rules/deep", code)]);
    }
    // The same words in another part of the room are nobody's rules.
    assert_legal(&[("production/parties/view", "use crate::kernel::Clock; use crate::platform::db::Db; fn f() { std::fs::read(1); }")]);
}

#[test]
fn the_kernel_does_nothing_to_the_world() {
    for code in [
        "use std::{fs};",
        "use std::{io::{self as _, stdin}, collections::BTreeMap};",
        "fn f() { std::env::var(\"X\"); }",
        "use std::net;",
        "use std::process::Command;",
        "fn f() { std::thread::sleep(x); }",
        "use tokio::time;",
        "use diesel::prelude::*;",
        "use actix_web::web;",
        "fn f() { eprintln!(); }",
        "extern crate std as s; fn f() { s::fs::read(1); }",
    ] {
        let found = found(&[("kernel/money", code)], &PLAN);
        assert!(found.contains(&"kernel kernel/money.rs:1".to_owned()), "{code}: {found:?}");
    }
    assert_legal(&[(
        "kernel/money",
        "use std::io::{self, Read, Write};\nuse std::fmt;\nfn f(_: io::Error) -> Result<(), std::io::Error> { Ok(()) }",
    )]);
    assert_legal(&[("kernel/money", "#[cfg(test)] mod tests { fn f() { std::fs::read(1); } }")]);
}

#[test]
fn diesel_is_in_store_and_actix_in_http() {
    for code in [
        "use diesel::prelude::*;",
        "use diesel as d; fn f() { d::sql_query(x); }",
        "use ::diesel::QueryDsl as _;",
        "pub use diesel;",
        "use other_name::prelude::*;",
        "#[derive(diesel::Queryable)] struct Row;",
        "fn f() { crate::platform::db::tools::max(1); }",
        "use crate::platform::db::tools::*;",
        "use crate::platform::db::tools::d;",
        "fn f() { raw!(1); } use crate::raw;",
    ] {
        let tools = "pub use diesel as d;\npub use diesel::prelude::*;\n#[macro_export]\nmacro_rules! raw { ($x:expr) => { ::diesel::sql_query($x) } }";
        let found = found(&[("production/parties/view", code), ("platform/db/tools", tools)], &PLAN);
        assert_eq!(found, ["diesel production/parties/view.rs:1"], "{code}");
        let found = self::found(&[("production/parties/store/view", code), ("platform/db/tools", tools)], &PLAN);
        assert!(found.is_empty(), "{code}: {found:?}");
    }
    let found = found(&[("production/parties/view", "extern crate diesel as d; fn f() { d::sql_query(1); }")], &PLAN);
    assert_eq!(found, ["diesel production/parties/view.rs:1", "source production/parties/view.rs:1"]);
    for code in ["use actix_web::get;", "use crate::platform::http::web;", "fn f() -> actix_web::HttpResponse { todo!() }"] {
        assert_found(&[("production/parties/view", code)], &["actix production/parties/view.rs:1"]);
        assert_legal(&[("production/parties/http/pages", code)]);
    }
    assert_legal(&[("production/parties/view", "#[cfg(test)] mod tests { use diesel::prelude::*; #[actix_web::test] async fn f() {} }")]);
}

#[test]
fn a_page_shows_what_it_is_given() {
    for code in [
        "use crate::platform::db::Db;",
        "use super::store::list;",
        "use crate::ownership::sales::register;",
        "fn f(house: &H) { house.store.read(|db| 1); }",
        "fn f(store: &S) { store.write_blocking(|db| 1); }",
        "fn f() { std::fs::read(1); }",
        "use crate::each;",
        "async fn f() { tokio::time::sleep(1).await }",
        "use crate::platform::db::schema::party;",
    ] {
        let files = [("production/parties/page", code), ("production/parties/store", BASE[7].1)];
        let found = found(&files, &Plan { wings: &["kernel", "platform", "ownership", "production", "quality"], ..PLAN });
        assert_eq!(found, ["page production/parties/page.rs:1"], "{code}");
    }
    assert_legal(&[(
        "production/parties/page",
        "use super::store::Party;\nstruct P<'a> { party: &'a Party }\nfn f(text: &str) { read(text); }",
    )]);
}

#[test]
fn a_step_of_the_trade_is_not_put_together_in_http() {
    let head = "use super::store::{self, list, save}; use crate::platform::http::House; use crate::platform::db::Db;\n";
    for (code, steps) in [
        (
            "async fn f(house: &House) { house.store.write(move |db| { store::by_code(db)?; store::save(db) }).await }",
            "f: store::by_code + store::save",
        ),
        (
            "fn f(house: &House) { house.store.write_blocking(|db| once.run(db, &stamp, |d| { list(d); save(d) })) }",
            "f: store::list + store::save",
        ),
        ("fn f(call: C) { call.change(&hash, None, move |db, stamp| { list(db); save(db, stamp) }) }", "f: store::list + store::save"),
        (
            "fn f(house: &House) { let act = move |db: &mut Db| { list(db); save(db) }; house.store.write(act) }",
            "f: store::list + store::save",
        ),
        (
            "fn helper(db: &mut Db) { list(db); save(db) } fn f(house: &House) { house.store.write(|db| helper(db)) }",
            "f: store::list + store::save",
        ),
        (
            "fn f(house: &House) { house.store.write(|db| { let party = crate::production::parties::by_code(db); party.void(db) }) }",
            "f: store::by_code + .void",
        ),
    ] {
        let review = planted(&[("production/parties/http", &format!("{head}{code}"))], &PLAN);
        let told: Vec<String> = review.findings.iter().map(|one| format!("{} {}", one.rule, one.what)).collect();
        assert_eq!(told, [format!("step {steps}")], "{code}");
    }
    assert_found(
        &[("production/parties/http", &format!("{head}fn f(house: &House, act: A) {{ house.store.write(act) }}"))],
        &["step-unseen production/parties/http.rs:2"],
    );
    for code in [
        "async fn f(house: &House) { house.store.write(move |db| once.run(db, &stamp, |db| save(db))).await }",
        "async fn f(house: &House) { house.store.write(save).await; file.write(&[1]); }",
        "async fn f(house: &House) { house.store.read(move |db| { list(db); store::by_code(db) }).await }",
        "fn helper(db: &mut Db) { save(db) } fn f(house: &House) { house.store.write(|db| helper(db)) }",
    ] {
        let review = planted(&[("production/parties/http", &format!("{head}{code}"))], &PLAN);
        let told: Vec<String> = review.findings.iter().filter(|one| one.rule == "step").map(|one| one.what.clone()).collect();
        assert!(told.is_empty(), "{code} {told:?}");
    }
}

#[test]
fn source_that_hides_is_told() {
    for code in [
        "#[path = \"../../quality/findings.rs\"]\nmod hidden;",
        "#[cfg_attr(unix, path = \"x.rs\")]\nmod hidden;",
        "include!(\"x.in\");",
        "fn f() { mod inner { use super::*; } }",
    ] {
        let found = found(&[("production/parties/view", code)], &PLAN);
        assert_eq!(found, ["source production/parties/view.rs:1"], "{code}");
    }
    let files = [("production/parties/view", ""), ("production/parties", "pub use store::{Party, by_code, list, save}; // mod view")];
    assert_found(&files, &["source production/parties/view.rs:1"]);
    assert_found(&[("main", "mod view {}\nfn main() {}")], &["source main.rs:1"]);
    assert_legal(&[("main", "fn main() { planted::app::run(); }")]);
}

#[test]
fn two_public_types_of_one_name_need_a_reason() {
    let files = [("quality/findings", "pub struct Party;")];
    assert_found(&files, &["namesake production/parties/store.rs:5"]);
    let plan = Plan { namesakes: &[("Party", "production/parties quality/findings", "they are two things")], ..PLAN };
    assert_eq!(found(&files, &plan), Vec::<String>::new());
    assert_eq!(found(&[], &plan), ["stale tests/architecture/plan.rs:1"]);
    assert_found(&[("quality/findings", "#[derive(utoipa::ToSchema)] struct Party;")], &["namesake production/parties/store.rs:5"]);
    assert_found(&[("quality/findings", "choices! { /// One.\n Party { A = \"a\"; } }")], &["namesake production/parties/store.rs:5"]);
    assert_found(&[("quality/findings", "pub(crate) enum Party {}")], &["namesake production/parties/store.rs:5"]);
    assert_legal(&[(
        "quality/findings",
        "struct Party; mod deep { pub(super) struct Party; }\n#[cfg(test)] mod tests { pub struct Party; }",
    )]);
}

#[test]
fn an_exception_is_used_or_told() {
    let exception = |what| Exception { rule: "rules", place: "production/parties/rules", what, why: "for now" };
    let known: &'static [Exception] = Box::leak(Box::new([exception("platform/http: token")]));
    let plan = Plan { exceptions: known, ..PLAN };
    assert_eq!(found(&[("production/parties/rules", "use crate::platform::http::token;")], &plan), Vec::<String>::new());
    assert_eq!(found(&[("production/parties/rules", "")], &plan), ["stale tests/architecture/plan.rs:1"]);
    assert_eq!(
        found(&[("production/parties/rules", "use crate::platform::http::{House, token};")], &plan),
        ["rules production/parties/rules.rs:1"]
    );
    let plan = Plan { diesel: &[("platform/db", "it opens the store"), ("platform/http", "no more")], ..PLAN };
    assert_eq!(found(&[], &plan), ["stale tests/architecture/plan.rs:1"]);
}
