//! Cases, settlements and verdicts under SIGKILL, on both stores: clients take garments from the sale to the final verdict and remember what they
//! were told; after every kill each garment is exactly where its client left it, or one step further where a step had no answer. Events, reserved
//! money and the ledger agree with the rows at every moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hangtag::kernel::Id;
use hangtag::kernel::time::Clock;
use hangtag::platform::db::DatabaseUrl;
use hangtag::platform::http::sha256_hex;
use hangtag::platform::keys::KeyFile;
use hangtag::production::parties::Role as Does;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use hangtag::staff::tokens::{self, ApiKey};
use serde_json::{Value, json};

use crate::liability::supplier;
use crate::support::goods::{Goods, policy};
use crate::support::ledger::{Found, Rule, below, rule};
use crate::support::program::{Client, Program};
use crate::support::{On, TestApp, stores};

/// Stores of a kind that are killed side by side, and kills of each.
const LANES: usize = 2;
const KILLS: usize = 50;
/// Clients of a store.
const CLIENTS: usize = 3;
/// Longest wait for a server to answer anything at all.
const PATIENCE: Duration = Duration::from_secs(120);
/// What is spent on a garment besides its refund, and what it was sold for, in minor units.
const SPENT: i64 = 1_234;
const PRICE: i64 = 39_900;

/// Who asks: the places of their tokens.
const DESK: usize = 0;
const LEAD: usize = 1;
const MILL: usize = 2;

/// A store of its own with garments whose buttons are of one lot, and tokens for three programs.
struct World {
    app: TestApp,
    goods: Goods,
    tokens: [String; 3],
}

impl World {
    async fn new(on: On) -> Self {
        let app = TestApp::at(on, Clock::system());
        app.seed().await;
        let goods = app.goods(Some(policy("KILL", &[StartRule::Sold])), 100_000).await;
        let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
        let maker = app.account(Role::Admin, None).await.id;
        let token = async |name: &str, role: Role, party: Option<String>| {
            let (stamp, hash) = (app.state.stamp("system"), sha256_hex(name.as_bytes()));
            let new = ApiKey { name: name.into(), roles: vec![role].into(), party_code: party, ..ApiKey::default() };
            let key: Id = app.write(move |db| tokens::insert(db, &stamp, new.clone(), &hash, maker)).await.id;
            let state = &app.state;
            tokens::sign(&state.keys.tokens, &state.config.public_url, &key.to_string(), 24 * 60, state.clock.now()).unwrap()
        };
        let tokens = [
            token("desk", Role::Admin, None).await,
            token("lead", Role::Admin, None).await,
            token("mill", Role::Supplier, Some(buttons.code)).await,
        ];
        Self { app, goods, tokens }
    }

    /// The program on this store, with its keys in a folder of its own.
    fn program(&self, folder: &Path) -> (Program, DatabaseUrl) {
        let program = Program::in_folder(folder);
        std::fs::copy(KeyFile::place(self.app.folder.path()), KeyFile::place(folder)).unwrap();
        match &self.app.url {
            // A file that the test holds open would not be recovered as after a crash.
            DatabaseUrl::Sqlite(_) => {
                self.app.state.store.backup_into(&program.store()).unwrap();
                let url = DatabaseUrl::Sqlite(program.store());
                (program, url)
            }
            DatabaseUrl::Postgres(server) => {
                let program = program.with("HANGTAG_DATABASE_URL", server).with("HANGTAG_DATA_DIR", &folder.to_string_lossy());
                (program, DatabaseUrl::Postgres(server.clone()))
            }
        }
    }
}

/// A connection to the store beside the program, for as long as one looks.
enum Look {
    File(SqliteConnection),
    Server(PgConnection),
}

impl Look {
    fn into(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(file) => Self::File(SqliteConnection::establish(&file.to_string_lossy()).unwrap()),
            DatabaseUrl::Postgres(server) => Self::Server(PgConnection::establish(server).unwrap()),
        }
    }

    fn ask(&mut self, sql: &str) -> Vec<String> {
        let found: Vec<Found> = match self {
            Self::File(file) => diesel::sql_query(sql).load(file),
            Self::Server(server) => diesel::sql_query(sql).load(server),
        }
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
        found.into_iter().map(|row| row.found).collect()
    }

    fn run(&mut self, sql: &str) {
        match self {
            Self::File(file) => file.batch_execute(sql),
            Self::Server(server) => server.batch_execute(sql),
        }
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// What does not hold.
    fn broken(&mut self) -> Vec<String> {
        RULES.iter().filter(|rule| self.offends(rule)).map(|rule| rule.says.to_owned()).collect()
    }

    fn offends(&mut self, rule: &Rule) -> bool {
        self.ask(&format!("SELECT CAST(count(*) AS TEXT) AS found FROM ({}) offenders", rule.offenders)) != ["0"]
    }

    /// Where every case stands: what was found, its settlement, its verdict, what brand and party bear.
    fn cases(&mut self) -> BTreeMap<String, String> {
        let borne = |payer: &str| {
            format!(
                "CAST(coalesce((SELECT sum(CASE sign WHEN 'debit' THEN amount_minor ELSE -amount_minor END) FROM ledger_entry e
                 WHERE e.case_id = c.id AND e.payer = '{payer}'), 0) AS TEXT)"
            )
        };
        let sql = format!(
            "SELECT c.no || '=' || coalesce(l.found_defect, '') || ' ' || coalesce((SELECT s.state FROM settlement s WHERE s.case_id = c.id), '')
             || ' ' || coalesce((SELECT v.state FROM verdict v WHERE v.case_id = c.id), '') || ' ' || {} || ' ' || {} AS found
             FROM service_case c JOIN case_line l ON l.case_id = c.id",
            borne("brand"),
            borne("party"),
        );
        self.ask(&sql).into_iter().map(|row| row.split_once('=').map(|(no, at)| (no.to_owned(), at.to_owned())).unwrap()).collect()
    }
}

/// The steps of a garment.
const STEPS: usize = 12;

/// Where a case stands after so many steps of its garment, as [`Look::cases`] says it.
fn stands(steps: usize) -> String {
    let found = if steps >= 3 { "hook_button_broken" } else { "" };
    let settlement =
        ["authorised", "approved", "submitted"].get(steps.wrapping_sub(5)).copied().unwrap_or(if steps >= 8 { "paid" } else { "" });
    let verdict = ["proposed", "notified", "accepted", "final"].get(steps.wrapping_sub(9)).copied().unwrap_or_default();
    let borne = if steps >= 8 {
        SPENT + PRICE
    } else if steps >= 4 {
        SPENT
    } else {
        0
    };
    let (brand, party) = if steps == STEPS { (0, borne) } else { (borne, 0) };
    format!("{found} {settlement} {verdict} {brand} {party}")
}

/// Holds of the store at every moment.
const RULES: &[Rule] = &[
    rule(
        "a case has its event, its line and the garment's event",
        "SELECT id FROM service_case WHERE id NOT IN (SELECT subject_id FROM event WHERE kind = 'case.opened') OR id NOT IN (SELECT case_id FROM case_line)
         UNION ALL SELECT garment_id FROM case_line WHERE garment_id NOT IN (SELECT garment_id FROM garment_event WHERE kind = 'garment.help_asked')",
        "DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE kind = 'case.opened')",
    ),
    rule(
        "an event of a case has its case",
        "SELECT id FROM event WHERE kind = 'case.opened' AND subject_id NOT IN (SELECT id FROM service_case)",
        "INSERT INTO event SELECT id + 1, at, kind, actor, subject_kind, subject_id + 1, body FROM event
         WHERE id = (SELECT max(id) FROM event WHERE kind = 'case.opened')",
    ),
    rule(
        "what is set aside of a price is what is settled of it",
        "SELECT garment_id FROM sale WHERE refund_reserved_minor <> coalesce((SELECT sum(amount_minor) FROM settlement s
         WHERE s.garment_id = sale.garment_id AND s.sale_seq = sale.seq AND s.state <> 'void'), 0)",
        "UPDATE sale SET refund_reserved_minor = refund_reserved_minor - 1 WHERE refund_reserved_minor > 0",
    ),
    rule(
        "a settlement is as far as its events",
        "SELECT id FROM settlement s WHERE
         (SELECT count(*) FROM event WHERE subject_id = s.id AND kind = 'settlement.authorised') <> 1
         OR (SELECT count(*) FROM event WHERE subject_id = s.id AND kind = 'settlement.approved') <> CASE WHEN state = 'authorised' THEN 0 ELSE 1 END
         OR (SELECT count(*) FROM event WHERE subject_id = s.id AND kind = 'settlement.submitted') <> CASE WHEN state IN ('submitted', 'paid') THEN 1 ELSE 0 END
         OR (SELECT count(*) FROM event WHERE subject_id = s.id AND kind = 'settlement.paid') <> CASE WHEN state = 'paid' THEN 1 ELSE 0 END",
        "DELETE FROM event WHERE kind = 'settlement.paid'",
    ),
    rule(
        "a refund is booked once when it is paid, and never before",
        "SELECT id FROM settlement s WHERE (SELECT count(*) FROM ledger_entry e WHERE e.settlement_id = s.id AND e.kind = 'refund' AND e.moves_id IS NULL)
         <> CASE WHEN state = 'paid' THEN 1 ELSE 0 END",
        "UPDATE settlement SET state = 'submitted', paid_on = NULL WHERE state = 'paid'",
    ),
    rule(
        "a verdict is as far as its events",
        "SELECT id FROM verdict v WHERE
         (SELECT count(*) FROM event WHERE subject_id = v.id AND kind = 'verdict.proposed') <> 1
         OR (SELECT count(*) FROM event WHERE subject_id = v.id AND kind = 'verdict.accepted') <> CASE WHEN state IN ('accepted', 'final') THEN 1 ELSE 0 END
         OR (SELECT count(*) FROM event WHERE subject_id = v.id AND kind = 'verdict.final') <> CASE WHEN state = 'final' THEN 1 ELSE 0 END",
        "DELETE FROM event WHERE kind = 'verdict.final'",
    ),
    rule(
        "moving costs makes none and loses none",
        "SELECT v.case_id FROM verdict v JOIN ledger_entry e ON e.case_id = v.case_id WHERE v.state = 'final' AND e.payer = 'brand'
         GROUP BY v.case_id HAVING sum(CASE sign WHEN 'debit' THEN amount_minor ELSE -amount_minor END) <> 0",
        "UPDATE verdict SET state = 'final', final_on = '2026-01-01' WHERE state = 'proposed'",
    ),
];

/// Somebody who takes one garment after another through all its steps, and remembers across kills.
struct Walker {
    number: usize,
    garments: i64,
    /// Steps of the garment that were answered.
    steps: usize,
    case: String,
    settlement: String,
    verdict: String,
    /// Whether the next step is in the air.
    unanswered: bool,
    /// Cases whose garments went all the way.
    ended: Vec<String>,
    answered: usize,
    /// Steps that were put off.
    busy: usize,
    faults: Vec<String>,
}

impl Walker {
    fn new(number: usize) -> Self {
        let (case, settlement, verdict) = Default::default();
        Self {
            number,
            garments: 0,
            steps: 0,
            case,
            settlement,
            verdict,
            unanswered: false,
            ended: Vec::new(),
            answered: 0,
            busy: 0,
            faults: Vec::new(),
        }
    }

    fn key(&self) -> String {
        format!("K-{}-{}-{}", self.number, self.garments, self.steps)
    }

    /// Who asks what in the next step.
    fn ask(&self, world: &World) -> (usize, String, Value) {
        let unit = self.garments * i64::try_from(CLIENTS).unwrap() + i64::try_from(self.number).unwrap();
        let (serial, today) = (world.goods.serial(&world.app, unit), world.app.state.today());
        let settling = |verb: &str| format!("/api/v1/settlements/{}/{verb}", self.settlement);
        let judging = |verb: &str| format!("/api/v1/verdicts/{}/{verb}", self.verdict);
        match self.steps {
            0 => {
                let sale =
                    json!({ "serial": serial, "sold_on": today, "order_no": self.key(), "price": { "minor": PRICE, "currency": "CNY" } });
                (DESK, "/api/v1/sales".into(), sale)
            }
            1 => (DESK, "/api/v1/cases".into(), json!({ "lines": [{ "serial": serial, "reason": "button_off" }] })),
            2 => {
                let look = json!({ "act": "inspect", "line": 1, "grade": "c", "found": "hook_button_broken" });
                (DESK, format!("/api/v1/cases/{}/acts", self.case), look)
            }
            3 => {
                let cost = json!({ "case": self.case, "line": 1, "kind": "repair_parts", "amount": "12.34", "currency": "CNY", "occurred_on": today });
                (DESK, "/api/v1/ledger".into(), cost)
            }
            4 => (DESK, "/api/v1/settlements".into(), json!({ "case": self.case, "kind": "refund", "reason": "broken" })),
            5 => (LEAD, settling("approve"), json!({})),
            6 => (LEAD, settling("submit"), json!({})),
            7 => (LEAD, settling("paid"), json!({ "reference": self.key() })),
            8 => (DESK, "/api/v1/verdicts".into(), json!({ "case": self.case, "line": 1 })),
            9 => (DESK, judging("notify"), json!({})),
            10 => (MILL, judging("accept"), json!({})),
            _ => (LEAD, judging("finish"), json!({})),
        }
    }

    /// Takes the next step, or the one that had no answer once more.
    fn step(&mut self, world: &World, server: SocketAddr) -> std::io::Result<()> {
        let (who, path, body) = self.ask(world);
        // A connection of its own: one that waits for its turn is hung up on.
        let mut client = Client::connect(server, &world.tokens[who])?;
        let was_unanswered = std::mem::replace(&mut self.unanswered, true);
        client.post(&path, &self.key(), &body.to_string())?;
        let (status, said) = client.answer()?;
        self.unanswered = false;
        if status == 503 {
            // Busy, and nothing was written by this: the same is asked again.
            (self.busy, self.unanswered) = (self.busy + 1, was_unanswered);
            return Ok(());
        }
        if !matches!(status, 200 | 201) {
            self.faults.push(format!("{} {path}: {status} {said}", self.key()));
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        match self.steps {
            1 => self.case = text("no"),
            4 => self.settlement = text("code"),
            8 => self.verdict = text("code"),
            _ => {}
        }
        (self.steps, self.answered) = (self.steps + 1, self.answered + 1);
        if self.steps == STEPS {
            self.ended.push(std::mem::take(&mut self.case));
            (self.steps, self.garments) = (0, self.garments + 1);
        }
        Ok(())
    }

    fn disagrees(&self, cases: &BTreeMap<String, String>) -> Vec<String> {
        let whole = stands(STEPS);
        let ended =
            self.ended.iter().filter(|no| cases.get(*no) != Some(&whole)).map(|no| format!("{no} is {:?}, not {whole}", cases.get(no)));
        let mut faults: Vec<_> = ended.collect();
        if self.steps >= 2 {
            let may = [Some(self.steps), self.unanswered.then_some(self.steps + 1)].map(|steps| steps.map(stands));
            let is = cases.get(&self.case).cloned();
            if !may.contains(&is) || is.is_none() {
                faults.push(format!("{} is {is:?} after {} steps (and one in the air: {})", self.case, self.steps, self.unanswered));
            }
        }
        faults
    }
}

/// How it went.
#[derive(Debug, Default)]
struct Tale {
    kills: usize,
    amid: usize,
    answered: usize,
    garments: usize,
    busy: usize,
    faults: Vec<String>,
}

/// Serves, walks, kills, looks; again and again, on one store.
fn kill_again_and_again(world: &World, kills: usize) -> Tale {
    let folder = tempfile::tempdir().unwrap();
    let (program, url) = world.program(folder.path());
    let mut walkers: Vec<_> = (0..CLIENTS).map(Walker::new).collect();
    let mut tale = Tale::default();
    for _ in 0..kills {
        let server = program.serve();
        let (count, dying) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let (count, dying, address) = (&count, &dying, server.address);
            for walker in &mut walkers {
                scope.spawn(move || {
                    while walker.step(world, address).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    if !dying.load(Ordering::SeqCst) {
                        walker.faults.push(format!("{}: the server hung up or refused", walker.key()));
                    }
                });
            }
            let (enough, start) = (5 + below(20), Instant::now());
            while count.load(Ordering::Relaxed) < enough && start.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(u64::try_from(below(8_000)).unwrap()));
            dying.store(true, Ordering::SeqCst);
            tale.faults.extend(server.kill());
        });
        tale.kills += 1;
        tale.amid += usize::from(walkers.iter().any(|walker| walker.unanswered));
        tale.faults.extend(looked(&url, &mut walkers));
    }
    // Once more, to send again what had no answer: nothing is then further than its client knows.
    let server = program.serve();
    for walker in &mut walkers {
        while walker.unanswered {
            walker.step(world, server.address).unwrap();
        }
    }
    tale.faults.extend(server.kill());
    tale.faults.extend(looked(&url, &mut walkers));
    let known: usize = walkers.iter().map(|walker| walker.ended.len() + usize::from(walker.steps >= 2)).sum();
    let there = Look::into(&url).cases().len();
    if known != there {
        tale.faults.push(format!("{there} cases are there, {known} are known"));
    }
    // A server for tests may do without the disk; everything else must be well.
    let examined = program.run(&["doctor"]);
    tale.faults.extend(examined.out.lines().filter(|line| line.starts_with("BAD") && !line.contains("fsync: off")).map(str::to_owned));
    assert!(examined.out.contains("shares are a whole"), "{examined:?}");
    tale.answered = walkers.iter().map(|walker| walker.answered).sum();
    tale.busy = walkers.iter().map(|walker| walker.busy).sum();
    tale.garments = walkers.iter().map(|walker| walker.ended.len()).sum();
    tale
}

/// What is wrong with the store.
fn looked(url: &DatabaseUrl, walkers: &mut [Walker]) -> Vec<String> {
    let mut look = Look::into(url);
    let cases = look.cases();
    let mut faults = look.broken();
    for walker in walkers {
        faults.extend(walker.disagrees(&cases));
        faults.append(&mut walker.faults);
    }
    faults
}

#[actix_web::test]
async fn cases_money_and_verdicts_are_as_was_answered_in_a_hundred_kills_of_each_store() {
    for on in stores() {
        let start = Instant::now();
        let mut worlds = Vec::new();
        for _ in 0..LANES {
            worlds.push(World::new(on).await);
        }
        let tales: Vec<Tale> = std::thread::scope(|scope| {
            let lanes: Vec<_> = worlds.iter().map(|world| scope.spawn(|| kill_again_and_again(world, KILLS))).collect();
            lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
        });
        let sum = |of: fn(&Tale) -> usize| tales.iter().map(of).sum::<usize>();
        let (kills, amid, answered, garments) =
            (sum(|tale| tale.kills), sum(|tale| tale.amid), sum(|tale| tale.answered), sum(|tale| tale.garments));
        eprintln!(
            "{on:?}: {kills} kills, {amid} of them amid writes; {answered} steps answered, {garments} garments went all the way; {:.0} s",
            start.elapsed().as_secs_f64()
        );
        assert_eq!(tales.iter().flat_map(|tale| &tale.faults).collect::<Vec<_>>(), Vec::<&String>::new());
        assert!(sum(|tale| tale.busy) * 20 <= answered, "too often busy: {tales:?}");
        // Or the loop was idle.
        assert!(kills >= 100 && amid >= kills * 3 / 4 && answered >= kills * 4 && garments >= kills / 4, "{tales:?}");
    }
}

#[actix_web::test]
async fn every_check_of_these_kills_can_fail() {
    for on in stores() {
        let world = World::new(on).await;
        let folder = tempfile::tempdir().unwrap();
        let (program, url) = world.program(folder.path());
        let server = program.serve();
        // One garment all the way, one to a proposed verdict.
        let mut walker = Walker::new(0);
        while walker.answered < STEPS + 9 {
            walker.step(&world, server.address).unwrap_or_else(|_| panic!("{:?}", walker.faults));
        }
        let mut look = Look::into(&url);
        assert_eq!((look.broken(), walker.disagrees(&look.cases())), (Vec::new(), Vec::new()));
        for rule in RULES {
            look.run(&format!("BEGIN; {}", rule.breaks));
            assert!(look.offends(rule), "{}: not found out", rule.says);
            look.run("ROLLBACK");
        }
        // A client that believes it is further than it was told is found out, and one that lags behind.
        for steps in [walker.steps - 1, walker.steps + 1] {
            let believes = Walker { steps, case: walker.case.clone(), ..Walker::new(0) };
            assert_ne!(believes.disagrees(&look.cases()), Vec::<String>::new(), "{steps}");
        }
        drop(look);
        assert_eq!(server.kill(), Vec::<String>::new());
    }
}
