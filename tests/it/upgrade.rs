//! A store and a program of different ages; a store that is not what it should be, or not there.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use hangtag::kernel::Code;
use hangtag::platform::db::{self, DatabaseUrl, Store, StoreOptions};

use crate::old;
use crate::support::program::Program;
use crate::support::{On, Place, TestApp, stores};

/// Changes a store behind the program's back.
fn alter(place: &Place, sql: &str) {
    match &place.url {
        DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap(),
        DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
    }
}

/// The real program on the store of a test.
pub fn program(place: &Place) -> Program {
    let (folder, url) = (place.folder.path(), place.url.to_string());
    Program::in_folder(folder).with("HANGTAG_DATABASE_URL", &url).with("HANGTAG_DATA_DIR", folder.to_str().unwrap())
}

/// The files of a folder that hold stores, by name.
fn stores_in(folder: &Path) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let mut all: Vec<_> = all.filter(|name| name.ends_with(".db")).collect();
    all.sort();
    all
}

/// The last version this program knows.
fn last_version() -> String {
    let tree = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite")).unwrap();
    let names = tree.map(|one| one.unwrap().file_name().into_string().unwrap());
    names.max().unwrap().split('_').next().unwrap().to_owned()
}

#[test]
fn a_newer_store_is_opened_by_no_command() {
    for on in stores() {
        let app = TestApp::new(on);
        alter(&app, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let (file, elsewhere) = (app.folder.path().join("parties.csv"), tempfile::tempdir().unwrap());
        std::fs::write(&file, "code,name_en,roles\nP-1,Somebody,mill\n").unwrap();
        let copy = elsewhere.path().join("copy.db");
        let (file, copy) = (file.to_str().unwrap(), copy.to_str().unwrap());
        let mut commands = vec![
            vec!["serve"],
            vec!["migrate"],
            vec!["import", "parties", file],
            vec!["import", "parties", file, "--dry-run"],
            vec!["user", "list"],
            vec!["user", "add", "somebody", "--role", "admin"],
            vec!["serial", "check", "0"],
            vec!["labels", "make", "--batch", "B-1", "--format", "csv", "--out", copy],
        ];
        if on == On::Sqlite {
            commands.push(vec!["backup", copy]);
        }
        for command in commands {
            let said = program(&app).run(&command).badly();
            let named = said.err.contains("newer program")
                && said.err.contains("version 9999")
                && said.err.contains(&format!("up to {}", last_version()));
            assert!(named && said.err.contains(env!("CARGO_PKG_VERSION")), "{on:?} {command:?}: {said:?}");
        }
        let said = program(&app).run(&["doctor"]).badly();
        assert!(said.out.contains("BAD  store: The store") && said.out.contains("version 9999"), "{on:?}: {said:?}");
        let chinese = program(&app).with("LANG", "zh_CN.UTF-8").run(&["doctor"]).badly();
        assert!(chinese.out.contains("更新版本的程序"), "{on:?}: {chinese:?}");
        assert!(elsewhere.path().read_dir().unwrap().next().is_none());
        let parties = db::standing(&app.url).unwrap_err();
        assert_eq!(parties.code(), Code::StoreNewer);
    }
}

#[test]
fn what_a_store_lacks_is_named_by_doctor_and_by_migrate() {
    for on in stores() {
        for (sql, named) in [
            ("ALTER TABLE sale DROP COLUMN city", "sale.city: missing (Text)."),
            (
                "ALTER TABLE sale ADD COLUMN colour BIGINT NOT NULL DEFAULT 0; ALTER TABLE sale DROP COLUMN order_no",
                "sale.order_no: missing",
            ),
            ("DROP INDEX sale_day", "sale (sold_on, garment_id, seq): missing (index)."),
            ("DROP INDEX sale_live", "sale (garment_id): missing (unique where)."),
            ("DROP TABLE claim_try", "claim_try: missing (table)."),
            ("CREATE UNIQUE INDEX mine ON sale (city)", "sale (city): not of this program (unique)."),
        ] {
            let app = TestApp::new(on);
            assert!(program(&app).run(&["migrate"]).well().out.contains("nothing to do"));
            alter(&app, sql);
            let doctor = program(&app).run(&["doctor"]).badly();
            assert!(doctor.out.contains("BAD  tables: ") && doctor.out.contains(named), "{on:?} {sql}: {doctor:?}");
            let migrate = program(&app).run(&["migrate"]).badly();
            assert!(migrate.err.contains(named) && !migrate.out.contains("nothing to do"), "{on:?} {sql}: {migrate:?}");
        }
        // The keys of folded codes are the program's own to make: it makes them again.
        let app = TestApp::new(on);
        alter(&app, "DROP INDEX lot_code_key_key");
        assert!(program(&app).run(&["doctor"]).badly().out.contains("lot (party_id, code_key): missing (unique)."), "{on:?}");
        program(&app).run(&["migrate"]).well();
        assert!(program(&app).run(&["doctor"]).out.contains("ok   tables: every table"), "{on:?}");
        // What somebody added for speed is said, and is no trouble.
        let app = TestApp::new(on);
        alter(&app, "CREATE INDEX mine ON sale (city); CREATE TABLE mine_too (id BIGINT)");
        let doctor = program(&app).run(&["doctor"]);
        assert!(
            doctor.out.contains("ok   more than ours: sale (city): not of this program (index). mine_too: not of this program (table)."),
            "{on:?}: {doctor:?}"
        );
        assert!(doctor.out.contains("ok   tables: every table"), "{on:?}: {doctor:?}");
        assert!(program(&app).run(&["migrate"]).well().out.contains("nothing to do"));
    }
}

#[test]
fn a_store_that_lacks_something_is_not_migrated() {
    for on in stores() {
        let app = old::store_of_0_1(on);
        alter(&app, "DROP INDEX sale_day");
        let error = db::migrate(&app.url).unwrap_err();
        assert_eq!(error.code(), Code::StoreDiffers, "{on:?}");
        assert_eq!(db::standing(&app.url).unwrap().versions.last().map(String::as_str), Some("0005"), "{on:?}");
        assert_eq!(stores_in(app.folder.path()).iter().filter(|name| name.contains("0005")).count(), 0, "{on:?}");
    }
}

#[test]
fn a_store_is_copied_before_it_is_migrated() {
    let app = old::store_of_0_1(On::Sqlite);
    let before = old::facts(&app.url);
    let said = program(&app).run(&["migrate"]).well();
    assert!(said.out.contains("applied 0006"), "{said:?}");
    let copies: Vec<_> = stores_in(app.folder.path()).into_iter().filter(|name| name.starts_with("hangtag-0005-")).collect();
    let [copy] = copies.as_slice() else { panic!("{copies:?}") };
    let copy = app.folder.path().join(copy);
    assert!(said.err.contains(&format!("kept at {}", copy.display())), "{said:?}");
    // The copy is the store as it was: the old program's, fact for fact.
    let of_copy = DatabaseUrl::Sqlite(copy.clone());
    assert_eq!(db::standing(&of_copy).unwrap().versions.last().map(String::as_str), Some("0005"));
    assert_eq!(old::facts(&of_copy), before);
    // Nothing to migrate: nothing to copy.
    assert!(program(&app).run(&["migrate"]).well().err.is_empty());
    assert_eq!(stores_in(app.folder.path()).iter().filter(|name| name.starts_with("hangtag-")).count(), 1);
    // An empty place has nothing to copy, and restoring has its copy already.
    let new = tempfile::tempdir().unwrap();
    let fresh = Program::in_folder(new.path());
    assert!(fresh.run(&["migrate"]).well().err.contains("Made a new store"));
    assert_eq!(stores_in(new.path()), ["hangtag.db"]);
    let other = tempfile::tempdir().unwrap();
    let restored = Program::in_folder(other.path());
    assert!(restored.run(&["restore", copy.to_str().unwrap()]).well().out.contains("restored and migrated"));
    assert_eq!(stores_in(other.path()), ["hangtag.db"]);
    let chinese = old::store_of_0_1(On::Sqlite);
    let said = program(&chinese).with("LANG", "zh_CN.UTF-8").run(&["user", "list"]).well();
    assert!(said.err.contains("升级前的副本保存在"), "{said:?}");
}

#[test]
fn without_a_copy_nothing_is_migrated() {
    let app = old::store_of_0_1(On::Sqlite);
    // Files of this process may not grow beyond what the store has, and it is not killed for trying: as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 64; exec {} migrate", env!("CARGO_BIN_EXE_hangtag"));
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env("HANGTAG_DATABASE_URL", app.url.to_string()).env("LANG", "en_GB.UTF-8").env_remove("LC_ALL");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Nothing was migrated, because no backup could be made at"), "{said}");
    assert_eq!(
        stores_in(app.folder.path()).into_iter().filter(|name| name.starts_with("hangtag-")).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    assert_eq!(db::standing(&app.url).unwrap().versions.last().map(String::as_str), Some("0005"));
    db::migrate(&app.url).unwrap();
}

#[test]
fn two_that_start_together_migrate_once() {
    let app = old::store_of_0_1(On::Sqlite);
    let applied: Vec<usize> = std::thread::scope(|scope| {
        let run = || scope.spawn(|| db::migrate(&app.url).unwrap().applied.len());
        let both = [run(), run()];
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(applied.iter().filter(|applied| **applied > 0).count(), 1, "one of them does it all: {applied:?}");
    assert_eq!(stores_in(app.folder.path()).iter().filter(|name| name.starts_with("hangtag-")).count(), 1);
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hangtag.db");
    SqliteConnection::establish(file.to_str().unwrap())
        .unwrap()
        .batch_execute("CREATE TABLE note (text); INSERT INTO note VALUES ('x')")
        .unwrap();
    let before = std::fs::read(&file).unwrap();
    for command in [&["migrate"][..], &["serve"], &["user", "list"], &["backup", "/nowhere/x.db"]] {
        let said = Program::in_folder(folder.path()).run(command).badly();
        assert!(said.err.contains("tables that are not ours"), "{command:?}: {said:?}");
    }
    assert!(Program::in_folder(folder.path()).run(&["doctor"]).badly().out.contains("tables that are not ours"));
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_mistyped_path_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let (file, place) = (folder.path().join("parties.csv"), folder.path().join("typo").join("hangtag.db"));
    std::fs::write(&file, "code,name_en,roles\nP-1,Somebody,mill\n").unwrap();
    let (file, url) = (file.to_str().unwrap(), format!("sqlite://{}", place.display()));
    let asks = [
        &["import", "parties", file][..],
        &["import", "parties", file, "--dry-run"],
        &["user", "list"],
        &["user", "add", "somebody", "--role", "admin"],
        &["serial", "check", "0"],
        &["labels", "preview", "--batch", "B-1", "--out", "/nowhere/x.png"],
        &["labels", "make", "--batch", "B-1", "--format", "csv", "--out", "/nowhere/x.csv"],
        &["backup", "/nowhere/x.db"],
        &["doctor"],
    ];
    for ask in asks {
        let said = Program::in_folder(folder.path()).with("HANGTAG_DATABASE_URL", &url).run(ask).badly();
        assert!(said.err.contains(&format!("There is no store at {}", place.display())), "{ask:?}: {said:?}");
        assert!(!place.parent().unwrap().exists(), "{ask:?}");
    }
    // In a folder that is there, what only asks makes none either; what fills a new deployment does, and says so.
    let program = Program::in_folder(folder.path());
    for ask in [&["import", "parties", file, "--dry-run"][..], &["user", "list"], &["serial", "check", "0"]] {
        program.run(ask).badly();
        assert_eq!(stores_in(folder.path()), Vec::<String>::new(), "{ask:?}");
    }
    let said = program.run(&["import", "parties", file]).well();
    assert!(said.err.contains(&format!("Made a new store at {}", program.store().display())), "{said:?}");
    assert!(!program.run(&["user", "list"]).well().err.contains("Made a new store"));
    // What stands after the path is no name of a file.
    let odd = Program::in_folder(folder.path()).with("HANGTAG_DATABASE_URL", &format!("sqlite://{}?mode=ro", program.store().display()));
    let said = odd.run(&["migrate"]).badly();
    assert!(said.err.contains("HANGTAG_DATABASE_URL") && said.err.contains("“mode=ro” would become part of the file's name"), "{said:?}");
    assert_eq!(stores_in(folder.path()), ["hangtag.db"]);
}

#[test]
fn an_empty_schema_is_not_filled_by_a_question() {
    if !stores().contains(&On::Postgres) {
        return;
    }
    let app = Place::new(On::Postgres);
    let said = program(&app).run(&["user", "list"]).badly();
    assert!(said.err.contains("There is no store at postgres"), "{said:?}");
    assert_eq!(db::standing(&app.url).unwrap().versions, Vec::<String>::new());
    assert!(program(&app).run(&["user", "add", "somebody", "--role", "admin"]).well().err.contains("Made a new store"));
}

#[test]
fn settings_are_told_in_the_language_of_the_terminal() {
    let app = TestApp::new(On::Sqlite);
    let doctor = |name: &str, value: &str, lang: &str| program(&app).with(name, value).with("LANG", lang).run(&["doctor"]);
    for (name, value) in
        [("HANGTAG_HELP_ZH", "4008001234"), ("HANGTAG_BRAND_EN", "361"), ("HANGTAG_BRAND_ZH", "true"), ("HANGTAG_HELP_EN", "[1e5, 007]")]
    {
        let said = doctor(name, value, "C");
        assert!(said.out.contains("ok   migrations: none pending"), "{name}={value}: {said:?}");
    }
    let said = doctor("HANGTAG_LISTN", "x", "en_GB.UTF-8").badly();
    assert_eq!(said.err, "hangtag: HANGTAG_LISTN: There is no such setting; the nearest is HANGTAG_LISTEN.\n");
    let said = doctor("HANGTAG_LISTN", "x", "zh_CN.UTF-8").badly();
    assert_eq!(said.err, "hangtag: HANGTAG_LISTN: 没有这项设置；最接近的是 HANGTAG_LISTEN。\n");
}

#[test]
fn doctor_says_how_much_room_there_is() {
    let app = TestApp::new(On::Sqlite);
    let said = program(&app).run(&["doctor"]);
    assert!(said.out.contains("ok   disk: ") && said.out.contains(&format!(" MB free at {}", app.folder.path().display())), "{said:?}");
}

#[test]
fn only_migrating_makes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("hangtag.db"));
    let error = Store::open(&url, &StoreOptions::default()).err().unwrap();
    assert_eq!(error.code(), Code::StoreMissing);
    assert_eq!(stores_in(folder.path()), Vec::<String>::new());
}
