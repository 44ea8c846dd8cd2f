//! Both migration trees describe the same tables, and so does the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hangtag::platform::db::{Catalogue, Connection, Db, KeyKind};
use hangtag::platform::http::sha256_hex;

use crate::support::{On, TestApp, stores};

type Tables = BTreeMap<String, Vec<String>>;

/// What a store says of its tables.
async fn catalogue(app: &TestApp) -> Catalogue {
    let read = |db: &mut Db| match &mut db.connection {
        Connection::Sqlite(c) => Catalogue::of_sqlite(c),
        Connection::Pg(c) => Catalogue::of_postgres(c),
    };
    app.state.store.read(read).await.unwrap()
}

/// The files that may declare tables: `schema.rs` and the rooms' stores.
fn declaring(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            declaring(&path, found);
        } else if path.ends_with("platform/db/schema.rs") || path.ends_with("store.rs") || path.parent().unwrap().ends_with("store") {
            found.push(path);
        }
    }
}

/// What the program says, read as text: diesel keeps no list of it.
fn described() -> Tables {
    let mut files = Vec::new();
    declaring(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut tables = Tables::new();
    for part in text.split("diesel::table! {").skip(1) {
        let mut lines = part.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = lines.next().unwrap().split(' ').next().unwrap().to_owned();
        let columns = lines.take_while(|line| *line != "}").map(|line| line.trim_end_matches(',').replace(" -> ", " ")).collect();
        tables.insert(name, columns);
    }
    tables
}

fn lines(columns: &[hangtag::platform::db::Column]) -> Vec<String> {
    columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect()
}

#[actix_web::test]
async fn every_store_has_the_tables_the_program_describes() {
    for on in stores() {
        let app = TestApp::new(on);
        let found: Tables = catalogue(&app).await.0.into_iter().map(|(name, table)| (name, lines(&table.columns))).collect();
        let expected = described();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{on:?}");
        for (table, columns) in expected {
            assert_eq!(found[&table], columns, "{table} on {on:?}");
        }
    }
}

#[actix_web::test]
async fn both_stores_have_the_same_columns_and_keys() {
    if !stores().contains(&On::Postgres) {
        return;
    }
    let (lite, pg) = (TestApp::new(On::Sqlite), TestApp::new(On::Postgres));
    assert_eq!(catalogue(&lite).await, catalogue(&pg).await);
}

#[actix_web::test]
async fn big_tables_begin_with_the_garment() {
    const BIG: &[&str] = &["garment", "sale", "warranty", "holder", "claim_try", "contact", "scan_device", "scan_total", "garment_event"];
    let app = TestApp::new(On::Sqlite);
    let tables = catalogue(&app).await.0;
    for table in BIG {
        let keys = tables[*table].keys.iter();
        for key in keys.filter(|key| matches!(key.kind, KeyKind::Primary | KeyKind::Unique | KeyKind::UniqueWhere)) {
            assert!(key.columns.starts_with("garment_id"), "{table}: {key:?}");
        }
    }
}

/// The file that lists what was released: `sha256  path`, as `sha256sum` writes and checks it.
const FROZEN: &str = "migrations/frozen.sha256";

/// What is wrong with the released migrations below `root`.
fn thawed(root: &Path) -> Vec<String> {
    let list = std::fs::read_to_string(root.join(FROZEN)).unwrap();
    let frozen: BTreeMap<&str, &str> = list.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, file)| (file, sum)).collect();
    let mut wrong = Vec::new();
    for (file, sum) in &frozen {
        match std::fs::read(root.join(file)) {
            Ok(bytes) if sha256_hex(&bytes) == **sum => {}
            Ok(_) => wrong.push(format!("{file} was changed")),
            Err(_) => wrong.push(format!("{file} is gone")),
        }
    }
    // A folder of a released version takes no more files, and no number is put in between.
    let newest = frozen.keys().filter_map(|file| file.split('/').nth(2)).max().unwrap();
    let mut folders: Vec<PathBuf> = ["sqlite", "postgres"].iter().map(|tree| root.join("migrations").join(tree)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let file = entry.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let version = file.split('/').nth(2).unwrap().to_owned();
            if entry.is_dir() {
                folders.push(entry);
            } else if version.as_str() <= newest && !frozen.contains_key(file.as_str()) {
                wrong.push(format!("{file} was added"));
            }
        }
    }
    wrong.sort();
    wrong
}

#[test]
fn released_migrations_are_frozen() {
    let wrong = thawed(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(
        wrong.is_empty(),
        "{}.\nStores that ran these migrations will not run them again: put the files back as they were (git checkout), and make the change in a new \
         folder of both trees with the next number. See docs/migrations.md.",
        wrong.join("; ")
    );
}

#[test]
fn a_thawed_migration_is_noticed() {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            let place = to.join(entry.file_name());
            if entry.path().is_dir() { copy(&entry.path(), &place) } else { _ = std::fs::copy(entry.path(), place).unwrap() }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (root, migrations) = (folder.path(), folder.path().join("migrations"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"), &migrations);
    assert_eq!(thawed(root), Vec::<String>::new());
    let file = migrations.join("postgres/0005_quality/up.sql");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n")).unwrap();
    std::fs::remove_file(migrations.join("sqlite/0001_platform/down.sql")).unwrap();
    copy(&migrations.join("sqlite/0002_staff"), &migrations.join("sqlite/0002_more"));
    let expected = [
        "migrations/postgres/0005_quality/up.sql was changed",
        "migrations/sqlite/0001_platform/down.sql is gone",
        "migrations/sqlite/0002_more/down.sql was added",
        "migrations/sqlite/0002_more/up.sql was added",
    ];
    assert_eq!(thawed(root), expected);
}
