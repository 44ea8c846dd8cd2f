//! A backup made while the store is written to, and put back: whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use hangtag::platform::keys::KeyFile;

use crate::support::ledger::{Enters, KEPT, Ledger, WHOLE, World, Writer, all};
use crate::support::program::{Client, Program};

/// Everything in a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let each = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|one| one.path().is_file());
    each.map(|one| (one.file_name().into_string().unwrap(), std::fs::read(one.path()).unwrap())).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file changed by SQL.
fn alter(file: &Path, sql: &str) {
    SqliteConnection::establish(text(file)).unwrap().batch_execute(sql).unwrap();
}

#[actix_web::test]
async fn a_backup_made_amid_writes_has_all_that_was_acknowledged_before_it() {
    let world = World::new().await;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = world.copy(folder.path());
    let copy = elsewhere.path().join("monday.db");
    let server = program.serve();
    let mut writers: Vec<_> = (0..4).map(|number| Writer::new(number, Enters::Answered)).collect();
    let count = AtomicUsize::new(0);
    let wait_for = |more: usize| {
        let enough = count.load(Ordering::SeqCst) + more;
        while count.load(Ordering::SeqCst) < enough {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // Every writer looks up what it was told before the backup begins: that must be in it.
    let (begin, noticed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let before: Vec<usize> = std::thread::scope(|scope| {
        let address = server.address;
        let (world, count, begin, noticed) = (&world, &count, &begin, &noticed);
        let running: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                scope.spawn(move || {
                    let mut client = Client::connect(address, &world.token).unwrap();
                    let mut before = None;
                    loop {
                        if begin.load(Ordering::SeqCst) && before.is_none() {
                            before = Some(writer.entries.len());
                            noticed.fetch_add(1, Ordering::SeqCst);
                        }
                        if writer.step(world, &mut client).is_err() {
                            return before.expect("killed after the backup");
                        }
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        wait_for(60);
        begin.store(true, Ordering::SeqCst);
        while noticed.load(Ordering::SeqCst) < 4 {
            std::thread::sleep(Duration::from_millis(1));
        }
        program.run(&["backup", text(&copy)]).well();
        wait_for(20);
        assert_eq!(server.kill(), Vec::<String>::new());
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(writers.iter().all(|writer| writer.faults.is_empty()));
    assert!(before.iter().sum::<usize>() >= 60, "{before:?}");
    assert_eq!(files(elsewhere.path()).keys().collect::<Vec<_>>(), ["monday.db"], "nothing but the backup is left there");

    // Another machine, with the copy of the store and, kept apart, of the keys.
    let new = tempfile::tempdir().unwrap();
    let restored = Program::in_folder(new.path());
    let said = restored.run(&["restore", text(&copy)]).well();
    assert!(said.out.contains("restored") && said.out.contains("the keys are not at"), "{said:?}");
    let doctor = restored.run(&["doctor"]).badly();
    assert!(doctor.out.contains("BAD  keys"), "{doctor:?}");
    let unkeyed = restored.run(&["serve"]).badly();
    assert!(unkeyed.err.contains("put the copy of the key file there"), "{unkeyed:?}");
    assert!(!KeyFile::place(new.path()).exists(), "no fresh keys in the place of those that are needed");
    std::fs::copy(KeyFile::place(folder.path()), KeyFile::place(new.path())).unwrap();
    let doctor = restored.run(&["doctor"]).well();
    assert!(!doctor.out.contains("BAD") && doctor.out.contains("ok   journal: wal"), "{doctor:?}");

    let mut ledger = Ledger::beside(&restored.store());
    for (writer, before) in writers.iter().zip(&before) {
        ledger.enter(&writer.entries[..*before]);
    }
    ledger.with_store(|ledger| {
        assert_eq!((ledger.unsound(), ledger.broken(&all(&[WHOLE, KEPT]))), (Vec::new(), Vec::new()));
    });
    // It serves: a garment that was sold before the backup has its card, and the sale is not made twice.
    let server = restored.serve();
    let (sale, answer) = writers.iter().flat_map(|writer| &writer.answered).find(|(ask, _)| ask.kind == "sale").unwrap();
    let serial = serde_json::from_str::<serde_json::Value>(&sale.body).unwrap()["serial"].as_str().unwrap().to_owned();
    let mut client = Client::connect(server.address, &world.token).unwrap();
    let (status, card) = client.page(&format!("/card/{}/{serial}", world.goods.gtin)).unwrap();
    assert!(status == 200 && card.contains("Covered until"), "{status} {card}");
    client.post(sale.path, &sale.key, &sale.body).unwrap();
    assert_eq!(client.answer().unwrap(), *answer);
    assert_eq!(server.kill(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_backup_overwrites_nothing_and_leaves_no_half() {
    let world = World::new().await;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = world.copy(folder.path());
    let copy = elsewhere.path().join("monday.db");
    std::fs::write(&copy, "something else").unwrap();
    let refused = program.run(&["backup", text(&copy)]).badly();
    assert!(refused.err.contains("monday.db exists"), "{refused:?}");
    assert_eq!(files(elsewhere.path()), BTreeMap::from([("monday.db".to_owned(), b"something else".to_vec())]));
    // What a backup that was interrupted left behind is in nobody's way.
    std::fs::remove_file(&copy).unwrap();
    std::fs::write(elsewhere.path().join("monday.db.part"), "SQLite format 3, half of it").unwrap();
    program.run(&["backup", text(&copy)]).well();
    assert_eq!(files(elsewhere.path()).keys().collect::<Vec<_>>(), ["monday.db"]);
    program.run(&["backup", text(&elsewhere.path().join("no/such/folder/monday.db"))]).badly();
    let empty = tempfile::tempdir().unwrap();
    let nothing = Program::in_folder(empty.path()).run(&["backup", text(&elsewhere.path().join("tuesday.db"))]).badly();
    assert!(nothing.err.contains("There is no store at"), "{nothing:?}");
    assert_eq!((files(empty.path()).len(), files(elsewhere.path()).len()), (0, 1));
}

#[actix_web::test]
async fn a_restore_overwrites_nothing_and_takes_only_whole_backups_of_ours() {
    let world = World::new().await;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let there = world.copy(folder.path());
    let sound = elsewhere.path().join("sound.db");
    there.run(&["backup", text(&sound)]).well();
    let bytes = std::fs::read(&sound).unwrap();

    // In the place of a store, or of what is left of one: a log that lies there would be replayed into the restored file.
    let before = files(folder.path());
    assert!(there.run(&["restore", text(&sound)]).badly().err.contains("hangtag.db exists"));
    assert_eq!(files(folder.path()), before);
    let new = tempfile::tempdir().unwrap();
    let program = Program::in_folder(new.path());
    std::fs::write(new.path().join("hangtag.db-wal"), "a log").unwrap();
    assert!(program.run(&["restore", text(&sound)]).badly().err.contains("hangtag.db-wal exists"));
    assert_eq!(files(new.path()).keys().collect::<Vec<_>>(), ["hangtag.db-wal"]);
    std::fs::remove_file(new.path().join("hangtag.db-wal")).unwrap();

    let made = |name: &str, bytes: &[u8]| {
        let file = elsewhere.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let cut = |at: usize| made(&format!("cut at {at}.db"), &bytes[..at]);
    let altered = |name: &str, sql: &str| {
        let file = made(name, &bytes);
        alter(&file, sql);
        file
    };
    let mut scratched = bytes.clone();
    // The beginning of its second page.
    scratched[4_096..4_200].fill(0xA5);
    let in_use = made("in use.db", &bytes);
    made("in use.db-wal", b"a log");
    let stranger = elsewhere.path().join("stranger.db");
    alter(&stranger, "CREATE TABLE note (text)");
    let bad = [
        (cut(bytes.len() / 2), "not a sound backup"),
        (cut(bytes.len() - 4_096), "not a sound backup"),
        // What lies on its last page decides how that is said.
        (cut(bytes.len() - 1), "not a sound backup"),
        (cut(50), "not a sound backup"),
        (made("scratched.db", &scratched), "not a sound backup"),
        (made("empty.db", b""), "no store of this program"),
        (made("letter.db", "Dear Sir or Madam, ".repeat(400).as_bytes()), "not a sound backup"),
        (stranger, "stranger.db holds tables that are not ours"),
        (altered("newer.db", "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')"), "newer.db is of a newer program"),
        (altered("bare.db", "DELETE FROM __diesel_schema_migrations"), "bare.db holds tables that are not ours"),
        (altered("orphan.db", "PRAGMA foreign_keys = OFF; DELETE FROM sku"), "a row of batch points at nothing"),
        (in_use, "a store in use"),
        (elsewhere.path().join("nowhere.db"), "nowhere.db: No such file"),
        (elsewhere.path().to_owned(), "is not a file"),
    ];
    for (file, reason) in bad {
        let refused = program.run(&["restore", text(&file)]);
        assert!(!refused.success && refused.err.contains(reason), "{}: {refused:?}", file.display());
        assert_eq!(files(new.path()), BTreeMap::new(), "{}", file.display());
    }
    // What a restore that was interrupted left behind is in nobody's way, and the backup may be a file that nobody may write.
    std::fs::write(new.path().join("hangtag.db.part"), "half").unwrap();
    let mut locked = std::fs::metadata(&sound).unwrap().permissions();
    locked.set_readonly(true);
    std::fs::set_permissions(&sound, locked).unwrap();
    program.run(&["restore", text(&sound)]).well();
    assert_eq!(files(new.path()).keys().collect::<Vec<_>>(), ["hangtag.db"]);
    assert!(!std::fs::metadata(program.store()).unwrap().permissions().readonly());
    assert!(program.run(&["restore", text(&sound)]).badly().err.contains("exists"));
}
