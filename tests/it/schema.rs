//! Both migration trees describe the same tables, and `schema.rs` describes them too.

use std::collections::BTreeMap;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use hangtag::each;
use hangtag::platform::db::Db;

use crate::support::{On, TestApp, stores};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

type Tables = BTreeMap<String, Vec<String>>;

/// `table` → `column kind nullable`, in the words of both stores.
fn columns(db: &mut Db) -> Tables {
    let sql = match db {
        Db::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, CASE WHEN c.\"notnull\" = 1 THEN 'NO' ELSE 'YES' END AS nullable \
             FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY m.name, c.cid"
        }
        Db::Pg(_) => {
            "SELECT table_name::text, column_name::text, data_type::text AS kind, is_nullable::text AS nullable FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%' ORDER BY table_name, ordinal_position"
        }
    };
    let rows: Vec<Column> = each!(db, |c| diesel::sql_query(sql).load(c)).unwrap();
    let mut tables = Tables::new();
    for row in rows {
        let kind = match row.kind.to_ascii_lowercase().as_str() {
            "integer" | "bigint" => "BigInt",
            "text" => "Text",
            "timestamp" | "timestamp without time zone" => "Timestamp",
            "date" => "Date",
            "boolean" => "Bool",
            "blob" | "bytea" => "Binary",
            other => panic!("{}.{}: {other}", row.table_name, row.column_name),
        };
        let kind = if row.nullable == "YES" { format!("Nullable<{kind}>") } else { kind.to_owned() };
        tables.entry(row.table_name).or_default().push(format!("{} {kind}", row.column_name));
    }
    tables
}

/// Primary, unique and foreign keys, and indices, as sorted lines.
fn keys(db: &mut Db) -> Vec<String> {
    let sql = match db {
        Db::Sqlite(_) => {
            "SELECT m.name AS table_name, (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns, \
             CASE WHEN i.origin = 'pk' THEN 'primary' WHEN i.\"unique\" = 1 THEN 'unique' ELSE 'index' END AS kind \
             FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             UNION ALL SELECT m.name, c.name, 'primary' FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
               WHERE m.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             UNION ALL SELECT m.name, f.\"from\", 'refers ' || f.\"table\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
        }
        Db::Pg(_) => {
            "SELECT t.relname::text AS table_name, (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(att, n) \
               JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att)::text AS columns, \
             CASE WHEN i.indisprimary THEN 'primary' WHEN i.indisunique THEN 'unique' ELSE 'index' END AS kind \
             FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
             WHERE n.nspname = current_schema() AND t.relname NOT LIKE '\\_\\_%' \
             UNION ALL SELECT t.relname::text, (SELECT string_agg(a.attname, ',') FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(c.conkey))::text, \
               'refers ' || r.relname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid \
               JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype = 'f' AND n.nspname = current_schema()"
        }
    };
    let rows: Vec<Key> = each!(db, |c| diesel::sql_query(sql).load(c)).unwrap();
    let mut lines: Vec<String> = rows.into_iter().map(|row| format!("{} ({}) {}", row.table_name, row.columns, row.kind)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// What `schema.rs` says, read as text: diesel keeps no list of it.
fn described() -> Tables {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/platform/db/schema.rs")).unwrap();
    let mut tables = Tables::new();
    for part in text.split("diesel::table! {").skip(1) {
        let mut lines = part.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = lines.next().unwrap().split(' ').next().unwrap().to_owned();
        let columns = lines.take_while(|line| *line != "}").map(|line| line.trim_end_matches(',').replace(" -> ", " ")).collect();
        tables.insert(name, columns);
    }
    tables
}

#[actix_web::test]
async fn every_store_has_the_tables_the_program_describes() {
    for on in stores() {
        let app = TestApp::new(on);
        let found = app.house.store.read(|db| Ok(columns(db))).await.unwrap();
        let expected = described();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{on:?}");
        for (table, columns) in expected {
            assert_eq!(found[&table], columns, "{table} on {on:?}");
        }
    }
}

#[actix_web::test]
async fn both_stores_have_the_same_keys() {
    if !stores().contains(&On::Postgres) {
        return;
    }
    let (lite, pg) = (TestApp::new(On::Sqlite), TestApp::new(On::Postgres));
    let lite = lite.house.store.read(|db| Ok(keys(db))).await.unwrap();
    let pg = pg.house.store.read(|db| Ok(keys(db))).await.unwrap();
    assert_eq!(lite, pg);
}

#[actix_web::test]
async fn big_tables_begin_with_the_garment() {
    const BIG: &[&str] = &["garment", "sale", "warranty", "holder", "claim_try", "contact", "scan_device", "scan_total", "garment_event"];
    let app = TestApp::new(On::Sqlite);
    let keys = app.house.store.read(|db| Ok(keys(db))).await.unwrap();
    for table in BIG {
        for key in keys.iter().filter(|key| key.starts_with(&format!("{table} (")) && !key.contains(" refers ") && !key.ends_with(" index"))
        {
            assert!(key.starts_with(&format!("{table} (garment_id")), "{key}");
        }
    }
}
