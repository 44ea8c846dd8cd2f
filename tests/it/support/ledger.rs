//! Clients that write to the real program and keep a ledger of what they were told, and the checks a store must pass against it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use hangtag::kernel::time::Clock;
use hangtag::platform::http::sha256_hex;
use hangtag::platform::keys::KeyFile;
use hangtag::production::parties::Role as Kind;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use hangtag::staff::tokens::{self, ApiKey};
use serde_json::json;

use super::goods::{Goods, policy};
use super::program::{Client, Program};
use super::{On, TestApp};

/// Clients that write to a store at the same time.
pub const CLIENTS: usize = 8;
/// Garments a store may sell.
const UNITS: i64 = 1_000_000;

/// A number below `end`, by chance.
pub fn below(end: usize) -> usize {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    usize::try_from(u64::from_ne_bytes(bytes) % u64::try_from(end).unwrap()).unwrap()
}

/// Something asked of the server. `key` is its Idempotency-Key, and stands in every row it makes that has room for a text.
#[derive(Clone)]
pub struct Ask {
    pub kind: &'static str,
    pub path: &'static str,
    pub key: String,
    pub garment: i64,
    pub body: String,
}

/// An answer and what it answers.
pub type Answered = (Ask, (u16, String));

/// A store with garments to sell, made once and copied for every lane.
pub struct World {
    pub app: TestApp,
    pub goods: Goods,
    pub shops: Vec<String>,
    pub token: String,
}

impl World {
    pub async fn new() -> Self {
        let app = TestApp::at(On::Sqlite, Clock::system());
        let goods = app.goods(Some(policy("KILL", &[StartRule::Delivered, StartRule::Sold])), UNITS).await;
        let shops = vec![app.party(Kind::Retailer).await.1, app.party(Kind::Retailer).await.1];
        let maker = app.account(Role::Admin, None).await;
        let stamp = app.state.stamp("system");
        let new = ApiKey { name: "till".into(), roles: vec![Role::Admin].into(), ..ApiKey::default() };
        let key = app.write(move |db| tokens::insert(db, &stamp, new.clone(), &sha256_hex(b"till"), maker.id)).await.id;
        let (keys, state) = (app.state.keys.clone(), &app.state);
        let token = tokens::sign(&keys.tokens, &state.config.public_url, &key.to_string(), 24 * 60, state.clock.now()).unwrap();
        Self { app, goods, shops, token }
    }

    /// The program on a copy of the store in a folder of its own.
    pub fn copy(&self, folder: &Path) -> Program {
        let program = Program::in_folder(folder);
        self.app.state.store.backup_into(&program.store()).unwrap();
        std::fs::copy(KeyFile::place(self.app.folder.path()), KeyFile::place(folder)).unwrap();
        program
    }

    /// Something to be written about a unit: a sale (garment, sale, warranty, counts, two events), findings that belong together (each with
    /// its events), or a party (with its role and event).
    pub fn ask(&self, key: String, unit: i64) -> Ask {
        let (serial, today) = (self.goods.serial(&self.app, unit), self.app.state.today());
        let (kind, path, body) = match below(10) {
            0 => ("party", "/api/v1/parties", json!({ "code": key, "name": { "en": "Somebody" }, "roles": ["carrier"] })),
            1..=3 => {
                let finding =
                    |subject: &str| json!({ "subject": subject, "defect": "pilling", "quantity": 1, "stage": "final", "note": key });
                let findings = [finding(&serial), finding(&self.goods.code), finding(&serial)];
                ("findings", "/api/v1/findings/bulk", json!({ "findings": findings }))
            }
            _ => {
                let shop = self.shops.get(below(self.shops.len() + 1));
                let sale = json!({ "serial": serial, "sold_on": today, "retailer": shop, "order_no": key, "channel": "shop",
                    "price": { "minor": 39900, "currency": "CNY" } });
                ("sale", "/api/v1/sales", sale)
            }
        };
        Ask { kind, path, key, garment: self.goods.garment(unit).0, body: body.to_string() }
    }
}

/// When a client enters a write in the ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Enters {
    /// When it is answered, as an honest client does.
    Answered,
    /// When it is sent: the negative control.
    Sent,
}

/// Somebody who writes without pause, and remembers across kills.
pub struct Writer {
    pub number: usize,
    pub next: i64,
    pub enters: Enters,
    pub answered: Vec<Answered>,
    /// The write that was in the air when the server was killed.
    pub unanswered: Option<Ask>,
    /// What the ledger does not have yet.
    pub entries: Vec<Ask>,
    pub faults: Vec<String>,
    pub repeated: usize,
}

impl Writer {
    pub fn new(number: usize, enters: Enters) -> Self {
        Self { number, next: 0, enters, answered: Vec::new(), unanswered: None, entries: Vec::new(), faults: Vec::new(), repeated: 0 }
    }

    /// Writes until the connection breaks.
    pub fn work(&mut self, world: &World, client: &mut Client, count: &AtomicUsize) -> std::io::Result<()> {
        self.repeat(client)?;
        loop {
            self.step(world, client)?;
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Makes the next write.
    pub fn step(&mut self, world: &World, client: &mut Client) -> std::io::Result<()> {
        let unit = self.next * i64::try_from(CLIENTS).unwrap() + i64::try_from(self.number).unwrap();
        let ask = world.ask(format!("K-{}-{}", self.number, self.next), unit);
        self.next += 1;
        self.write(client, ask)
    }

    pub fn write(&mut self, client: &mut Client, ask: Ask) -> std::io::Result<()> {
        client.post(ask.path, &ask.key, &ask.body)?;
        if self.enters == Enters::Sent {
            self.entries.push(ask.clone());
        }
        self.unanswered = Some(ask.clone());
        let answer = client.answer()?;
        self.unanswered = None;
        if !matches!(answer.0, 200 | 201) {
            self.faults.push(format!("{} was answered {answer:?}", ask.key));
        }
        if self.enters == Enters::Answered {
            self.entries.push(ask.clone());
        }
        self.answered.push((ask, answer));
        Ok(())
    }

    /// Sends again what had no answer, and a few that had one: those are answered as the first time, letter by letter.
    pub fn repeat(&mut self, client: &mut Client) -> std::io::Result<()> {
        if let Some(ask) = self.unanswered.take().filter(|_| self.enters == Enters::Answered) {
            self.write(client, ask)?;
        }
        for _ in 0..2.min(self.answered.len()) {
            let (ask, first) = &self.answered[below(self.answered.len())];
            client.post(ask.path, &ask.key, &ask.body)?;
            let again = client.answer()?;
            if again != *first {
                self.faults.push(format!("{} was answered {first:?}, then {again:?}", ask.key));
            }
            self.repeated += 1;
        }
        Ok(())
    }
}

/// Something that holds of a store at every moment, or of a store and a ledger: the query finds whatever it does not hold of. `breaks` makes
/// it untrue: a check that finds nothing then checks nothing.
pub struct Rule {
    pub says: &'static str,
    pub offenders: &'static str,
    pub breaks: &'static str,
}

pub const fn rule(says: &'static str, offenders: &'static str, breaks: &'static str) -> Rule {
    Rule { says, offenders, breaks }
}

/// No write is half done.
pub const WHOLE: &[Rule] = &[
    rule(
        "a sale has its garment",
        "SELECT garment_id FROM sale EXCEPT SELECT garment_id FROM garment",
        "DELETE FROM garment WHERE garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "a garment has a sale or a finding",
        "SELECT garment_id FROM garment EXCEPT SELECT garment_id FROM sale EXCEPT SELECT garment_id FROM finding",
        "INSERT INTO garment SELECT max(garment_id) + 1, status, created_at, version FROM garment",
    ),
    rule(
        "a sale has its event",
        "SELECT garment_id, seq FROM sale EXCEPT SELECT garment_id, json_extract(body, '$.sale') FROM garment_event WHERE kind = 'garment.sold'",
        "DELETE FROM garment_event WHERE kind = 'garment.sold' AND garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "an event of a sale has its sale",
        "SELECT garment_id, json_extract(body, '$.sale') FROM garment_event WHERE kind = 'garment.sold' EXCEPT SELECT garment_id, seq FROM sale",
        "DELETE FROM sale WHERE garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "a sale has its warranty",
        "SELECT garment_id, seq, policy_id, sold_on FROM sale EXCEPT SELECT garment_id, sale_seq, policy_id, starts_on FROM warranty",
        "DELETE FROM warranty WHERE garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "a warranty has its sale",
        "SELECT garment_id, sale_seq FROM warranty EXCEPT SELECT garment_id, seq FROM sale",
        "DELETE FROM sale WHERE garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "a warranty that runs has its event, and the event its warranty",
        "SELECT garment_id FROM warranty WHERE status = 'running' AND garment_id NOT IN (SELECT garment_id FROM garment_event WHERE kind = 'garment.warranty_started')
         UNION ALL
         SELECT garment_id FROM garment_event WHERE kind = 'garment.warranty_started' AND garment_id NOT IN (SELECT garment_id FROM warranty)",
        "DELETE FROM garment_event WHERE kind = 'garment.warranty_started' AND garment_id = (SELECT max(garment_id) FROM sale)",
    ),
    rule(
        "every sale is counted",
        "SELECT garment_id >> 22, coalesce(retailer_id, 0), count(*) FROM sale GROUP BY 1, 2 EXCEPT SELECT batch_no, party_id, sold FROM batch_tally",
        "UPDATE batch_tally SET sold = sold - 1",
    ),
    rule(
        "nothing else is counted",
        "SELECT batch_no, party_id, sold FROM batch_tally EXCEPT SELECT garment_id >> 22, coalesce(retailer_id, 0), count(*) FROM sale GROUP BY 1, 2",
        "INSERT INTO batch_tally (batch_no, party_id, sold, claimed) SELECT batch_no, party_id + 1, 1, 0 FROM batch_tally ORDER BY party_id DESC LIMIT 1",
    ),
    rule(
        "a finding has its event",
        "SELECT id FROM finding EXCEPT SELECT subject_id FROM event WHERE kind = 'finding.logged'",
        "DELETE FROM event WHERE kind = 'finding.logged' AND id = (SELECT max(id) FROM event WHERE kind = 'finding.logged')",
    ),
    rule(
        "an event of a finding has its finding",
        "SELECT subject_id FROM event WHERE kind = 'finding.logged' EXCEPT SELECT id FROM finding",
        "DELETE FROM finding WHERE id = (SELECT max(id) FROM finding)",
    ),
    rule(
        "a finding on a garment stands in its history",
        "SELECT garment_id, count(*) FROM finding WHERE garment_id IS NOT NULL GROUP BY 1
         EXCEPT SELECT garment_id, count(*) FROM garment_event WHERE kind = 'garment.finding' GROUP BY 1",
        "DELETE FROM garment_event WHERE kind = 'garment.finding' AND id = (SELECT max(id) FROM garment_event WHERE kind = 'garment.finding')",
    ),
    rule(
        "a garment's history has no finding of its own",
        "SELECT garment_id, count(*) FROM garment_event WHERE kind = 'garment.finding' GROUP BY 1
         EXCEPT SELECT garment_id, count(*) FROM finding WHERE garment_id IS NOT NULL GROUP BY 1",
        "DELETE FROM finding WHERE id = (SELECT max(id) FROM finding WHERE garment_id IS NOT NULL)",
    ),
    rule(
        "findings logged together are together",
        "SELECT note FROM finding GROUP BY note HAVING count(*) <> 3",
        "DELETE FROM finding WHERE id = (SELECT max(id) FROM finding)",
    ),
    rule(
        "a party has its role",
        "SELECT id FROM party EXCEPT SELECT party_id FROM party_role",
        "DELETE FROM party_role WHERE party_id = (SELECT id FROM party WHERE code LIKE 'K-%' LIMIT 1)",
    ),
    rule(
        "a party has its event, and the event its party",
        "SELECT id FROM party WHERE id NOT IN (SELECT subject_id FROM event WHERE kind = 'party.saved')
         UNION ALL SELECT subject_id FROM event WHERE kind = 'party.saved' AND subject_id NOT IN (SELECT id FROM party)",
        "DELETE FROM event WHERE kind = 'party.saved' AND subject_id = (SELECT id FROM party WHERE code LIKE 'K-%' LIMIT 1)",
    ),
    rule(
        "what was written has its kept answer",
        "SELECT order_no FROM sale UNION SELECT note FROM finding UNION SELECT code FROM party WHERE code LIKE 'K-%' EXCEPT SELECT key FROM idempotency",
        "DELETE FROM idempotency WHERE key = (SELECT max(key) FROM idempotency)",
    ),
    rule(
        "a kept answer has what was written",
        "SELECT key FROM idempotency EXCEPT SELECT order_no FROM sale EXCEPT SELECT note FROM finding EXCEPT SELECT code FROM party",
        "DELETE FROM finding WHERE note = (SELECT max(note) FROM finding)",
    ),
    rule(
        "a sale is there once",
        "SELECT order_no FROM sale GROUP BY order_no HAVING count(*) > 1",
        "INSERT INTO sale (garment_id, seq, status, sold_on, delivered_on, promised_on, channel, retailer_id, order_no, price_minor,
         currency, country, city, policy_id, source, created_at, version)
         SELECT garment_id + 1, seq, status, sold_on, delivered_on, promised_on, channel, retailer_id, order_no, price_minor,
         currency, country, city, policy_id, source, created_at, version FROM sale ORDER BY garment_id DESC LIMIT 1",
    ),
];

/// Everything in the ledger is there.
pub const KEPT: &[Rule] = &[
    rule(
        "a sale was kept",
        "SELECT key, garment FROM entry WHERE kind = 'sale' EXCEPT SELECT order_no, garment_id FROM sale",
        "DELETE FROM sale WHERE order_no = (SELECT max(order_no) FROM sale)",
    ),
    rule(
        "findings were kept",
        "SELECT key FROM entry WHERE kind = 'findings' EXCEPT SELECT note FROM finding",
        "DELETE FROM finding WHERE note = (SELECT max(note) FROM finding)",
    ),
    rule(
        "a party was kept",
        "SELECT key FROM entry WHERE kind = 'party' EXCEPT SELECT code FROM party",
        "DELETE FROM party WHERE code = (SELECT max(code) FROM party WHERE code LIKE 'K-%')",
    ),
];

/// Nothing else is there; true once every write without an answer was sent again.
pub const NOTHING_ELSE: &[Rule] = &[rule(
    "nothing was added",
    "SELECT order_no FROM sale UNION SELECT note FROM finding UNION SELECT code FROM party WHERE code LIKE 'K-%' EXCEPT SELECT key FROM entry",
    "UPDATE sale SET order_no = 'K-nobody' WHERE garment_id = (SELECT max(garment_id) FROM sale)",
)];

#[derive(QueryableByName)]
pub struct Found {
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub found: String,
}

/// What the clients were told, in a file of its own that nobody kills.
pub struct Ledger {
    pub connection: SqliteConnection,
    pub store: PathBuf,
}

impl Ledger {
    pub fn beside(store: &Path) -> Self {
        let mut connection = SqliteConnection::establish(&store.with_file_name("ledger.db").to_string_lossy()).unwrap();
        connection
            .batch_execute("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; CREATE TABLE entry (key TEXT PRIMARY KEY, kind TEXT NOT NULL, garment BIGINT NOT NULL);")
            .unwrap();
        Self { connection, store: store.to_owned() }
    }

    pub fn enter(&mut self, asks: &[Ask]) {
        for some in asks.chunks(500) {
            let rows: Vec<_> = some.iter().map(|ask| format!("('{}', '{}', {})", ask.key, ask.kind, ask.garment)).collect();
            self.connection.batch_execute(&format!("INSERT INTO entry VALUES {}", rows.join(", "))).unwrap();
        }
    }

    pub fn ask(&mut self, sql: &str) -> Vec<String> {
        let found: Vec<Found> = diesel::sql_query(sql).load(&mut self.connection).unwrap();
        found.into_iter().map(|row| row.found).collect()
    }

    /// How many things the query finds.
    pub fn count(&mut self, sql: &str) -> usize {
        self.ask(&format!("SELECT CAST(count(*) AS TEXT) AS found FROM ({sql})"))[0].parse().unwrap()
    }

    /// Looks into the store for as long as `body` takes, and lets go of it: a store that somebody holds open is not recovered after a kill.
    pub fn with_store<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        self.connection.batch_execute(&format!("ATTACH '{}' AS store; BEGIN", self.store.display())).unwrap();
        let outcome = body(self);
        self.connection.batch_execute("ROLLBACK; DETACH store").unwrap();
        outcome
    }

    /// What does not hold.
    pub fn broken(&mut self, rules: &[&Rule]) -> Vec<String> {
        let counted: Vec<_> = rules.iter().map(|rule| (self.count(rule.offenders), rule.says)).collect();
        counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, says)| format!("{says}: not {count} of them")).collect()
    }

    /// What is wrong with the file itself.
    pub fn unsound(&mut self) -> Vec<String> {
        let mut words = self.ask("SELECT integrity_check AS found FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
        words.extend(self.ask("SELECT \"table\" AS found FROM pragma_foreign_key_check(NULL, 'store')"));
        words
    }
}

pub fn all<'a>(rules: &[&'a [Rule]]) -> Vec<&'a Rule> {
    rules.iter().flat_map(|some| some.iter()).collect()
}
