//! What was acknowledged is kept: the real program, killed without warning in the middle of writes, again and again.
//!
//! Clients write through the API and keep a ledger of what was answered. After every kill the store must hold all of it, whole: no write
//! half done, whether it was answered or not, and a write that is sent again is answered as the first time and adds nothing. A client that
//! enters its writes when it *sends* them must be caught by the same checks, or the loop would prove nothing.
//!
//! A killed process takes nothing with it that the system has: what a power cut would take depends on `synchronous=FULL`, which a test of its
//! own reads from the writer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hangtag::each;

use crate::support::ledger::{CLIENTS, Enters, KEPT, Ledger, NOTHING_ELSE, WHOLE, World, Writer, all, below};
use crate::support::program::Client;
use crate::support::{On, TestApp};

/// Stores that are killed side by side.
const LANES: usize = 4;
/// Kills of each.
const KILLS: usize = 52;
/// Longest wait for a server to answer anything at all.
const PATIENCE: Duration = Duration::from_secs(120);

/// How it went.
#[derive(Debug, Default)]
struct Tale {
    kills: usize,
    /// Kills that left at least one write without an answer.
    amid: usize,
    answered: usize,
    repeated: usize,
    /// Writes without an answer when the server was killed, and how many of them were in the store all the same.
    unanswered: usize,
    landed: usize,
    /// Entries of the ledger that the store has not.
    lost: usize,
    faults: Vec<String>,
}

impl Tale {
    fn and(mut self, other: Self) -> Self {
        self.kills += other.kills;
        self.amid += other.amid;
        self.answered += other.answered;
        self.repeated += other.repeated;
        self.unanswered += other.unanswered;
        self.landed += other.landed;
        self.lost += other.lost;
        self.faults.extend(other.faults);
        self
    }
}

/// Serves, writes, kills, looks; again and again, on one store.
fn kill_again_and_again(world: &World, kills: usize, enters: Enters) -> Tale {
    let folder = tempfile::tempdir().unwrap();
    let program = world.copy(folder.path());
    let mut ledger = Ledger::beside(&program.store());
    let mut writers: Vec<_> = (0..CLIENTS).map(|number| Writer::new(number, enters)).collect();
    let mut tale = Tale::default();
    for _ in 0..kills {
        let server = program.serve();
        tale.faults.extend(look(&mut ledger, &writers, &mut tale.landed));
        let (count, dying) = (AtomicUsize::new(0), AtomicBool::new(false));
        let complaints = std::thread::scope(|scope| {
            let (count, dying, address) = (&count, &dying, server.address);
            for writer in &mut writers {
                scope.spawn(move || {
                    let mut client = Client::connect(address, &world.token).unwrap();
                    let end = writer.work(world, &mut client, count).unwrap_err();
                    if !dying.load(Ordering::SeqCst) {
                        writer.faults.push(format!("a live server hung up: {end}"));
                    }
                });
            }
            // Some writes are answered, some time passes: wherever the server is then.
            let (enough, start) = (4 + below(40), Instant::now());
            while count.load(Ordering::Relaxed) < enough && start.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(u64::try_from(below(6_000)).unwrap()));
            dying.store(true, Ordering::SeqCst);
            server.kill()
        });
        tale.kills += 1;
        tale.faults.extend(complaints);
        let in_the_air = writers.iter().filter(|writer| writer.unanswered.is_some()).count();
        tale.unanswered += in_the_air;
        tale.amid += usize::from(in_the_air > 0);
        for writer in &mut writers {
            ledger.enter(&std::mem::take(&mut writer.entries));
            tale.faults.append(&mut writer.faults);
        }
    }
    // Once more, to send again what had no answer; then everything is as the ledger says.
    let server = program.serve();
    tale.faults.extend(look(&mut ledger, &writers, &mut tale.landed));
    for writer in &mut writers {
        let mut client = Client::connect(server.address, &world.token).unwrap();
        writer.repeat(&mut client).unwrap();
        ledger.enter(&std::mem::take(&mut writer.entries));
        tale.faults.append(&mut writer.faults);
    }
    tale.faults.extend(server.kill());
    let examined = program.run(&["doctor"]);
    if !examined.success {
        tale.faults.push(format!("{examined:?}"));
    }
    let last = ledger.with_store(|ledger| {
        tale.lost = KEPT.iter().map(|rule| ledger.count(rule.offenders)).sum();
        ledger.broken(&all(&[WHOLE, KEPT, if enters == Enters::Answered { NOTHING_ELSE } else { &[] }]))
    });
    tale.faults.extend(last);
    tale.answered = writers.iter().map(|writer| writer.answered.len()).sum();
    tale.repeated = writers.iter().map(|writer| writer.repeated).sum();
    tale
}

/// What is wrong with the store after a kill. Counts what had no answer and landed.
fn look(ledger: &mut Ledger, writers: &[Writer], landed: &mut usize) -> Vec<String> {
    let unsure: Vec<_> = writers.iter().filter_map(|writer| writer.unanswered.as_ref()).map(|ask| format!("'{}'", ask.key)).collect();
    ledger.with_store(|ledger| {
        *landed += ledger.count(&format!("SELECT key FROM idempotency WHERE key IN ({})", unsure.join(", ")));
        let mut faults = ledger.unsound();
        faults.extend(ledger.broken(&all(&[WHOLE, KEPT])));
        faults
    })
}

#[actix_web::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_done_in_two_hundred_kills() {
    let (world, start) = (World::new().await, Instant::now());
    let tale = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(|| kill_again_and_again(&world, KILLS, Enters::Answered))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).fold(Tale::default(), Tale::and)
    });
    eprintln!(
        "{} kills, {} of them amid writes; {} writes answered, {} sent again; {} in the air when killed, of which {} had landed; {:.0} s",
        tale.kills,
        tale.amid,
        tale.answered,
        tale.repeated,
        tale.unanswered,
        tale.landed,
        start.elapsed().as_secs_f64()
    );
    assert_eq!((tale.lost, &tale.faults), (0, &Vec::new()));
    // Or the loop was idle.
    assert!(tale.kills >= 200 && tale.amid >= tale.kills * 3 / 4, "{tale:?}");
    assert!(tale.answered >= tale.kills * 4 && tale.unanswered >= tale.kills && tale.repeated >= tale.kills, "{tale:?}");
}

#[actix_web::test]
async fn a_client_that_trusts_what_it_sent_is_caught() {
    let world = World::new().await;
    let tale = kill_again_and_again(&world, 12, Enters::Sent);
    eprintln!("negative control: {} kills, {} of {} writes in the air lost", tale.kills, tale.lost, tale.unanswered);
    assert!(tale.lost > 0, "{tale:?}");
    // The store was honest all the while: all that is wrong is what the client believed.
    assert!(tale.faults.iter().all(|fault| KEPT.iter().any(|rule| fault.starts_with(rule.says))), "{tale:?}");
}

#[actix_web::test]
async fn every_check_of_the_kill_loop_can_fail() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let program = world.copy(folder.path());
    let (mut ledger, mut writer) = (Ledger::beside(&program.store()), Writer::new(0, Enters::Answered));
    let server = program.serve();
    let mut client = Client::connect(server.address, &world.token).unwrap();
    // By chance a sale, findings or a party: until there are two of each.
    let mut unit = 0;
    while ["sale", "findings", "party"].iter().any(|kind| writer.entries.iter().filter(|ask| ask.kind == *kind).count() < 2) {
        let ask = world.ask(format!("K-0-{unit}"), unit);
        writer.write(&mut client, ask).unwrap();
        unit += 1;
    }
    assert_eq!(writer.faults, Vec::<String>::new());
    ledger.enter(&writer.entries);
    let rules = all(&[WHOLE, KEPT, NOTHING_ELSE]);
    ledger.with_store(|ledger| {
        assert_eq!((ledger.unsound(), ledger.broken(&rules)), (Vec::new(), Vec::new()));
        for rule in &rules {
            ledger.connection.batch_execute(&format!("SAVEPOINT one; {}", rule.breaks)).unwrap();
            assert!(ledger.count(rule.offenders) > 0, "{}: not found out", rule.says);
            ledger.connection.batch_execute("ROLLBACK TO one; RELEASE one").unwrap();
        }
        let damages = [
            "DELETE FROM warranty_policy",
            "PRAGMA ignore_check_constraints = ON; UPDATE sale SET seq = -seq; PRAGMA ignore_check_constraints = OFF",
        ];
        for damage in damages {
            ledger.connection.batch_execute(&format!("SAVEPOINT one; {damage}")).unwrap();
            assert_ne!(ledger.unsound(), Vec::<String>::new(), "{damage}");
            ledger.connection.batch_execute("ROLLBACK TO one; RELEASE one").unwrap();
        }
    });
    assert_eq!(server.kill(), Vec::<String>::new());
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

#[actix_web::test]
async fn the_writer_waits_for_the_disk() {
    let app = TestApp::new(On::Sqlite);
    for (pragma, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let ask = move |db: &mut hangtag::platform::db::Db| {
            let sql = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
            let rows: Vec<Setting> = each!(db, |c| diesel::sql_query(&sql).load(c))?;
            Ok(rows.into_iter().map(|row| row.value).collect::<Vec<_>>())
        };
        // Within a write: this is the connection that writes. 2 is FULL.
        assert_eq!(app.write(ask).await, [wanted], "{pragma}");
    }
}
