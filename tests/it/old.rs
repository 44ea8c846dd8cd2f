//! Stores that released programs wrote: opened, migrated, and compared fact by fact. `tests/old/README.md` says how they were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use hangtag::platform::db::{Catalogue, DatabaseUrl, Table, migrate};
use hangtag::platform::keys::KeyFile;
use serde_json::{Value, json};

use crate::support::{On, Place, stores};
use crate::upgrade::program;

/// The rows of every table, each row by column, in an order that both stores have.
pub type Facts = BTreeMap<String, Vec<Value>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old/0.1")
}

/// The store that version 0.1 wrote, not migrated.
pub fn store_of_0_1(on: On) -> Place {
    let place = Place::new(on);
    match &place.url {
        DatabaseUrl::Sqlite(path) => drop(std::fs::copy(folder().join("hangtag.db"), path).unwrap()),
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url).unwrap();
            connection.batch_execute(&tables_of_0_1()).unwrap();
            connection.batch_execute(&std::fs::read_to_string(folder().join("hangtag.sql")).unwrap()).unwrap();
        }
    }
    let keys = KeyFile::place(place.folder.path());
    std::fs::copy(KeyFile::place(&folder()), &keys).unwrap();
    // A checkout makes files that others may read; keys that others may read are refused.
    let mut private = std::fs::metadata(&keys).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut private, 0o600);
    std::fs::set_permissions(&keys, private).unwrap();
    place
}

/// The frozen migrations of 0.1 as it ran them, with the note of each.
fn tables_of_0_1() -> String {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut names: Vec<String> = std::fs::read_dir(&tree).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.retain(|name| name.as_str() < "0006");
    let mut sql = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);".to_owned();
    for name in names {
        sql.push_str(&std::fs::read_to_string(tree.join(&name).join("up.sql")).unwrap());
        sql.push_str(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{}');", &name[..4]));
    }
    sql
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A row as one JSON object, written by the store itself.
fn select(table: &str, columns: &Table, on: On) -> String {
    let cell = |name: &str, kind: &str| {
        let kind = kind.trim_start_matches("Nullable<").trim_end_matches('>');
        match (on, kind) {
            (On::Sqlite, "Bool") => format!("json(CASE WHEN {name} THEN 'true' ELSE 'false' END)"),
            (On::Sqlite, "Binary") => format!("json(CASE WHEN {name} IS NULL THEN 'null' ELSE json_object('hex', lower(hex({name}))) END)"),
            (On::Sqlite, "Timestamp") => {
                format!("CASE WHEN instr({name}, '.') THEN substr({name} || '000000', 1, 26) ELSE {name} || '.000000' END")
            }
            (On::Postgres, "Binary") => {
                format!("CASE WHEN {name} IS NULL THEN NULL ELSE json_build_object('hex', encode({name}, 'hex')) END")
            }
            (On::Postgres, "Timestamp") => format!("to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US')"),
            _ => name.to_owned(),
        }
    };
    let cells: Vec<String> =
        columns.columns.iter().map(|column| format!("'{}', {}", column.name, cell(&column.name, &column.kind))).collect();
    let object = if on == On::Sqlite { "json_object" } else { "json_build_object" };
    let text = if on == On::Sqlite { "" } else { "::text" };
    format!("SELECT {object}({}){text} AS line FROM {table}", cells.join(", "))
}

fn canonical(lines: Vec<Line>) -> Vec<Value> {
    let mut rows: Vec<Value> = lines.into_iter().map(|row| serde_json::from_str(&row.line).unwrap()).collect();
    rows.sort_by_key(ToString::to_string);
    rows
}

/// Everything a store holds.
pub fn facts(url: &DatabaseUrl) -> Facts {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            let tables = Catalogue::of_sqlite(&mut c).unwrap().0;
            let rows = |(name, table): (&String, &Table)| {
                (name.clone(), canonical(diesel::sql_query(select(name, table, On::Sqlite)).load(&mut c).unwrap()))
            };
            tables.iter().map(rows).collect()
        }
        DatabaseUrl::Postgres(url) => {
            let mut c = PgConnection::establish(url).unwrap();
            let tables = Catalogue::of_postgres(&mut c).unwrap().0;
            let rows = |(name, table): (&String, &Table)| {
                (name.clone(), canonical(diesel::sql_query(select(name, table, On::Postgres)).load(&mut c).unwrap()))
            };
            tables.iter().map(rows).collect()
        }
    }
}

/// What 0.1 wrote, as it is kept beside the store.
fn written() -> Facts {
    let mut facts: Facts = serde_json::from_str(&std::fs::read_to_string(folder().join("facts.json")).unwrap()).unwrap();
    facts.values_mut().for_each(|rows| rows.sort_by_key(ToString::to_string));
    facts
}

/// Rows with the columns that an older row has: later versions add some.
fn as_known(rows: &[Value], older: &Value) -> Vec<Value> {
    let known = |row: &Value| {
        let columns = row.as_object().unwrap().iter().filter(|(name, _)| older.get(name).is_some());
        Value::Object(columns.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let mut rows: Vec<Value> = rows.iter().map(known).collect();
    rows.sort_by_key(ToString::to_string);
    rows
}

#[test]
fn a_store_of_0_1_keeps_every_fact() {
    let written = written();
    assert!(written.len() >= 39 && written.values().all(|rows| !rows.is_empty()), "every table of 0.1 has a row");
    for on in stores() {
        let app = store_of_0_1(on);
        assert_eq!(facts(&app.url), written, "{on:?}, as it was written");
        assert_eq!(migrate(&app.url).unwrap().applied.first().map(String::as_str), Some("0006"), "{on:?}");
        let migrated = facts(&app.url);
        for (table, rows) in &written {
            assert_eq!(&as_known(&migrated[table], &rows[0]), rows, "{table} on {on:?}");
        }
        // The day on which a garment came back was known from its history alone.
        let back: Vec<&Value> = migrated["sale"].iter().filter(|sale| sale["status"] == "ended").map(|sale| &sale["ended_on"]).collect();
        assert_eq!(back, [&json!("2025-07-09")], "{on:?}");
    }
}

#[test]
fn a_store_of_0_1_is_worked_with() {
    for on in stores() {
        let app = store_of_0_1(on);
        let program = program(&app);
        assert!(program.run(&["migrate"]).well().out.contains("applied 0006"));
        let doctor = program.run(&["doctor"]);
        let bad: Vec<_> =
            doctor.out.lines().filter(|line| line.starts_with("BAD") && !line.contains("fsync:") && !line.contains("clock:")).collect();
        assert!(bad.is_empty(), "{on:?}: {doctor:?}");
        // What 0.1 printed is verified with its keys; what it voided is not.
        let printed = std::fs::read_to_string(folder().join("labels.csv")).unwrap();
        let titles: Vec<&str> = printed.lines().next().unwrap().trim_start_matches('\u{feff}').split(',').collect();
        let place = titles.iter().position(|title| *title == "serial").unwrap();
        let serials: Vec<&str> = printed.lines().skip(1).map(|line| line.split(',').nth(place).unwrap()).collect();
        let named = program.run(&["serial", "check", serials[0]]).well();
        assert!(named.out.contains("\"batch\":\"B-1\"") && named.out.contains("\"unit\":1}"), "{on:?}: {named:?}");
        program.run(&["serial", "check", serials[39]]).badly();
        let listed = program.run(&["user", "list"]).well();
        assert!(listed.out.contains("boss") && listed.out.contains("invited"), "{on:?}: {listed:?}");
        let file = app.folder.path().join("parties.csv");
        std::fs::write(&file, "code,name_zh,roles\nBRAND,岚山服饰有限公司,brand\nNEW-1,新厂,factory\n").unwrap();
        let said = program.run(&["import", "parties", file.to_str().unwrap()]).well();
        assert!(said.out.contains("parties.csv"), "{on:?}: {said:?}");
        assert_eq!(facts(&app.url)["party"].len(), written()["party"].len() + 1, "{on:?}");
    }
}

/// What a person typed for a currency without decimals, or with three, was written with two; what a program sent was not.
#[test]
fn amounts_that_0_1_wrote_with_two_decimals_have_their_currencys() {
    for on in stores() {
        let app = store_of_0_1(on);
        let wrote = [("desk", "JPY", 199_900), ("import", "KWD", 1_990), ("import", "CNY", 19_900), ("api", "JPY", 1_999)];
        let sql: String = (1..)
            .zip(wrote)
            .map(|(seq, (source, currency, minor))| {
                format!(
                    "INSERT INTO sale (garment_id, seq, status, sold_on, channel, order_no, price_minor, currency, country, city, source, created_at, version) \
                     VALUES (1, {seq}, 'ended', '2026-01-01', 'store', 'old-{seq}', {minor}, '{currency}', '', '', '{source}', '2026-01-01 00:00:00', 1);"
                )
            })
            .collect();
        match &app.url {
            DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(&sql).unwrap(),
            DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(&sql).unwrap(),
        }
        migrate(&app.url).unwrap();
        let sales = &facts(&app.url)["sale"];
        let of = |seq: usize| sales.iter().find(|sale| sale["order_no"] == json!(format!("old-{seq}"))).unwrap()["price_minor"].clone();
        assert_eq!((1..=4).map(of).collect::<Vec<_>>(), [json!(1_999), json!(19_900), json!(19_900), json!(1_999)], "{on:?}");
    }
}
