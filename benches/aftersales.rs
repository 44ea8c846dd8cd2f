//! After-sales at scale, beside what is asked of the same store in the same run: what is due among a million clocks, the inbox among a million
//! cases, a case with photos opened and shown, a statement of many lines made and worked out again.
//!
//! `cargo bench --bench aftersales -- [cases] [lines of the statement]` (1,000,000 and 100,000 when left out). `BENCH_POSTGRES=postgres://USER@HOST/DATABASE`
//! names an empty database to run on instead of a SQLite file in a temporary folder. Lines are made by the rooms' own functions; most cases and
//! clocks are copies of one, made by SQL. Prints medians of 21 turns, in milliseconds.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement says what it measured and stops at what it did not expect"
)]

use std::time::Instant;

use actix_web::dev::Service;
use actix_web::test::{TestRequest, init_service, read_body};
use chrono::{Days, NaiveDate};
use diesel::connection::SimpleConnection;
use hangtag::aftersales::cases::{self, Condition, NewCase, NewLine};
use hangtag::aftersales::classes::CaseChannel;
use hangtag::aftersales::service_levels;
use hangtag::aftersales::settlements::{self, Cost, LedgerKind, Payer};
use hangtag::each;
use hangtag::inspection::findings::photo::{self, Picture};
use hangtag::kernel::money::Money;
use hangtag::kernel::serial::Epoch;
use hangtag::kernel::text::Lang;
use hangtag::kernel::time::Clock;
use hangtag::kernel::{BatchNo, GarmentId, Id, Result, parsed, saturating};
use hangtag::ownership::holders::HolderKeys;
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::config::Config;
use hangtag::platform::db::{Connection, DatabaseUrl, Db, Store, StoreOptions, migrate};
use hangtag::platform::http::{random_token, sha256_hex};
use hangtag::platform::keys::KeyFile;
use hangtag::platform::rooms::made;
use hangtag::platform::state::AppState;
use hangtag::production::batches::{self, BatchSheet};
use hangtag::production::materials::LotSheet;
use hangtag::production::parties::{self, Party, Role as Does};
use hangtag::production::skus::SkuView;
use hangtag::production::styles::StyleView;
use hangtag::quality::liability::{self, StatementAsk, VerdictAsk};
use hangtag::staff::accounts::{self, Account, Credential, Role, Roles, session_hash};
use serde_json::json;
use sha2::{Digest, Sha256};

const GTIN: &str = "09506000134352";
/// Sales made in one write.
const AT_ONCE: i64 = 1_000;
/// Lines of a case.
const OF_A_CASE: usize = 20;

fn main() {
    let numbers: Vec<i64> = std::env::args().skip(1).filter_map(|word| parsed(&word)).collect();
    let number = |at: usize, usual: i64| numbers.get(at).copied().unwrap_or(usual);
    measure(number(0, 1_000_000), number(1, 100_000));
}

fn measure(many: i64, lines: i64) {
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("BENCH_POSTGRES") {
        Ok(server) => DatabaseUrl::Postgres(server),
        Err(_) => DatabaseUrl::Sqlite(folder.path().join("hangtag.db")),
    };
    migrate(&url).unwrap();
    let store = Store::open(&url, &StoreOptions::default()).unwrap();
    let clock = Clock::fixed(today().and_hms_opt(2, 0, 0).unwrap());
    let config =
        Config { public_url: "http://localhost".into(), data_dir: folder.path().into(), default_lang: Lang::En, ..Config::default() };
    let keys = KeyFile::open_or_create(&KeyFile::place(folder.path()), today()).unwrap().keys().unwrap();
    let state = AppState::new(store, clock, config, keys, 1);
    let house = House { state, folder };
    house.furnish(lines + 10);
    let begun = Instant::now();
    let party = house.state.store.read_blocking(|db| Ok(parties::by_code(db, "TRIM")?.unwrap().id)).unwrap();
    let opened = house.judged(lines);
    println!("made {lines} lines with cost and a final verdict: {:.0} s; {} MB", begun.elapsed().as_secs_f64(), memory());
    let begun = Instant::now();
    house.copied(opened, many);
    println!("copied {many} open cases and as many clocks: {:.0} s", begun.elapsed().as_secs_f64());
    house.pages(many);
    house.due();
    house.statement(party, lines);
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, 15).unwrap()
}

/// The most memory the process ever had, MB.
fn memory() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    parsed::<u64>(line.trim().trim_end_matches(" kB")).map_or(0, |kb| kb / 1024)
}

/// The middle one of 21 turns, in milliseconds.
fn median(mut turns: Vec<f64>) -> f64 {
    turns.sort_by(f64::total_cmp);
    turns[turns.len() / 2]
}

struct House {
    state: AppState,
    /// Holds the store's file.
    folder: tempfile::TempDir,
}

impl House {
    fn write<T: Send + 'static>(&self, body: impl Fn(&mut Db) -> Result<T> + Send + 'static) -> T {
        self.state.store.write_blocking(body).unwrap()
    }

    /// Suppliers, one batch out of two lots, every garment of it sold.
    fn furnish(&self, garments: i64) {
        self.write(hangtag::app::seed);
        let stamp = self.state.stamp("system");
        self.write(move |db| {
            for (code, role) in [("FAC", Does::Factory), ("TRIM", Does::TrimMaker), ("MILL", Does::Mill)] {
                let party = Party { code: code.into(), name_zh: code.into(), name_en: code.into(), roles: vec![role], ..Party::default() };
                parties::create(db, &stamp, party)?;
            }
            let name = json!({ "zh": "某", "en": "Some" });
            made::<StyleView>(db, &stamp, json!({ "code": "S", "name": name, "category": "衬衫", "manufacturer": "FAC" }))?;
            made::<SkuView>(db, &stamp, json!({ "style": "S", "code": "K", "gtin": GTIN, "colour": name, "size": "M", "size_label": "170/88A" }))?;
            for (code, supplier, kind) in [("BTN", "TRIM", "button"), ("CLOTH", "MILL", "fabric")] {
                let lot = json!({ "code": code, "supplier": supplier, "kind": kind, "material": name, "quantity_milli": 1_000_000, "unit": "pcs" });
                made::<LotSheet>(db, &stamp, lot)?;
            }
            let uses = json!([{ "component": "button", "lot": "BTN" }, { "component": "shell", "lot": "CLOTH" }]);
            made::<BatchSheet>(db, &stamp, json!({ "code": "B", "sku": "K", "factory": "FAC", "planned": garments, "lots": uses }))?;
            let no = batches::batch_by_code(db, "B")?.unwrap().no;
            batches::mint(db, &stamp, no, garments, Epoch::FIRST, Some(GTIN))?;
            Ok(())
        });
        let (no, zone) = (self.batch(), self.state.config.time_zone);
        for from in (0..garments).step_by(1_000) {
            let stamp = self.state.stamp("system");
            self.write(move |db| {
                for unit in from..(from + AT_ONCE).min(garments) {
                    let sound = Sound {
                        sold_on: today() - Days::new(5),
                        delivered_on: None,
                        promised_on: None,
                        no_return_confirmed_on: None,
                        order_no: String::new(),
                        price: Some(Money { minor: 39_900, currency: "CNY".into() }),
                        channel: "shop".into(),
                        country: "CN".into(),
                        city: String::new(),
                    };
                    let sale =
                        NewSale { garment: GarmentId::new(no, unit).unwrap(), retailer: None, sound, source: "api", registered_at: None };
                    sales::register(db, &stamp, zone, &sale)?;
                }
                Ok(())
            });
        }
    }

    fn batch(&self) -> BatchNo {
        self.state.store.read_blocking(|db| Ok(batches::batch_by_code(db, "B")?.unwrap().no)).unwrap()
    }

    fn new_case(&self, lines: Vec<NewLine>, photos: Vec<Picture>) -> NewCase {
        NewCase {
            numbers: cases::draw(today()),
            today: today(),
            keys: HolderKeys::derive(&self.state.keys.house).unwrap(),
            secret_hash: sha256_hex(b"x"),
            channel: CaseChannel::Card,
            kind: None,
            priority: None,
            market: None,
            lang: Lang::En,
            order_no: String::new(),
            contact: None,
            lines,
            photos,
            parent: None,
        }
    }

    /// Cases of many lines, each line looked at, paid for and judged. Gives the last of them.
    fn judged(&self, lines: i64) -> Id {
        let no = self.batch();
        let mut last = Id(0);
        for from in (0..lines).step_by(OF_A_CASE) {
            let to = (from + saturating::<i64>(OF_A_CASE)).min(lines);
            let asked = (from..to).map(|unit| line(no, unit, "button_off")).collect();
            let (new, stamp) = (self.new_case(asked, Vec::new()), self.state.stamp("staff:desk"));
            let (lead, mill) = (self.state.stamp("staff:lead"), self.state.stamp("staff:mill"));
            last = self.write(move |db| {
                let (case, lines) = cases::open(db, &stamp, &new)?;
                for line in lines {
                    cases::inspected(db, &stamp, line.id, today(), Some("hook_button_broken"), None, Condition::C)?;
                    let cost = Cost {
                        case: case.id,
                        line: Some(line.id),
                        kind: LedgerKind::RepairParts,
                        money: Money { minor: 1_234, currency: "CNY".into() },
                        occurred_on: today(),
                        payer: Payer::Brand,
                        settlement: None,
                        reference: String::new(),
                    };
                    settlements::post(db, &stamp, &cost)?;
                    let verdict = liability::propose(db, &stamp, today(), &VerdictAsk { line: line.id, ..VerdictAsk::default() })?;
                    let told = liability::notify(db, &stamp, today(), &verdict)?;
                    let party = parties::by_code(db, "TRIM")?.unwrap().id;
                    let accepted = liability::reply(db, &mill, today(), &told, (party, true, ""))?;
                    liability::finish(db, &lead, today(), &accepted)?;
                }
                Ok(case.id)
            });
        }
        last
    }

    /// Copies a case and its clocks until there are so many.
    fn copied(&self, of: Id, many: i64) {
        let is_file = matches!(self.state.store.read_blocking(|db| Ok(matches!(db.connection, Connection::Sqlite(_)))), Ok(true));
        let numbers = if is_file {
            format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT i FROM n)")
        } else {
            format!("(SELECT i FROM generate_series(1, {many}) n(i))")
        };
        let minutes = |what: &str| {
            if is_file { format!("datetime({what}, '+' || n.i || ' minutes')") } else { format!("{what} + n.i * interval '1 minute'") }
        };
        // Far from every id that was given out.
        let base = 1_i64 << 60;
        let sql = format!(
            "INSERT INTO service_case (id, no, kind, state, severity, priority, channel, market, lang, order_no, queue, result, seq, secret_hash, opened_by,
             opened_at, touched_at, version)
             SELECT {base} + n.i, 'X-' || n.i, kind, 'new', severity, priority, channel, market, lang, order_no,
             CASE n.i % 3 WHEN 0 THEN 'desk' WHEN 1 THEN 'technical' ELSE 'logistics' END, result, seq, secret_hash,
             opened_by, opened_at, touched_at, 1 FROM {numbers} n, service_case WHERE service_case.id = {};
             INSERT INTO clock (id, case_id, case_no, part_id, code, seq, kind, severity, priority, level_code, level_version, calendar_no, target, unit,
             warn_percent, escalate_percent, started_at, state, due_at, next_at, told, version)
             SELECT {base} + n.i, {base} + n.i, 'X-' || n.i, 0, code, seq, kind, severity, priority, level_code, level_version, calendar_no, target, unit,
             warn_percent, escalate_percent, started_at, 'running', {}, {}, 0, 1
             FROM {numbers} n, (SELECT * FROM clock WHERE case_id = {} AND state = 'running' ORDER BY id LIMIT 1) one;
             INSERT INTO clock_event (clock_id, no, at, change, moment, target, unit, calendar_no, actor)
             SELECT {base} + n.i, 1, at, change, moment, target, unit, calendar_no, actor FROM {numbers} n, (SELECT * FROM clock_event WHERE no = 1
             AND clock_id = (SELECT MIN(id) FROM clock WHERE case_id = {} AND state = 'running')) one;",
            of.0,
            minutes("due_at"),
            minutes("next_at"),
            of.0,
            of.0,
        );
        self.write(move |db| Ok(each!(db, |c| c.batch_execute(&sql))?));
        // A server looks at tables that grow; these grew a thousandfold at once, and it plans by what it saw last.
        self.write(move |db| Ok(each!(db, |c| c.batch_execute("ANALYZE"))?));
    }

    /// Pages of the desk beside the card, one after another through the whole application.
    fn pages(&self, many: i64) {
        let stamp = self.state.stamp("system");
        let token = random_token::<32>();
        let (hash, now) = (session_hash(&token), self.state.clock.now());
        self.write(move |db| {
            let draft =
                Account { login: "agent".into(), name: "Agent".into(), roles: Roles::from(vec![Role::Agent]), ..Account::default() };
            let account = accounts::insert(db, &stamp, draft, &Credential::Link(sha256_hex(b"link")))?;
            accounts::insert_session(db, account.id, &hash, now)
        });
        let (no, garments) = (self.batch(), 1);
        let photos: Vec<Picture> = (0..3).map(|_| taken()).collect();
        let mut opening = Vec::new();
        let mut number = String::new();
        let unit = self.state.store.read_blocking(move |db| Ok(batches::batch(db, no)?.unwrap().minted)).unwrap() - garments - 5;
        for turn in 0..5 {
            let (new, stamp) = (self.new_case(vec![line(no, unit + turn, "seam_open")], photos.clone()), self.state.stamp("holder"));
            let begun = Instant::now();
            number = self.write(move |db| Ok(cases::open(db, &stamp, &new)?.0.no));
            opening.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        println!("a case with three photos opened, decoded before: {:.1} ms", median(opening));
        let serial =
            self.state.keys.serials.mint_under(Epoch::FIRST, GTIN.as_bytes().try_into().unwrap(), GarmentId::new(no, unit).unwrap());
        let card = format!("/card/{GTIN}/{}", serial.unwrap());
        let pages = [
            ("a card (baseline)", card),
            (&*format!("inbox of 50 out of {many}"), "/cases".to_owned()),
            ("inbox of one queue", "/cases?queue=logistics".to_owned()),
            ("a case with three photos", format!("/cases/{number}")),
            ("what is due, as a page", "/clocks?standing=overdue".to_owned()),
        ];
        actix_web::rt::System::new().block_on(self.asked(&pages, &token));
    }

    /// Asks for each page in turn, as an agent who is signed in.
    async fn asked(&self, pages: &[(&str, String)], token: &str) {
        let app = init_service(hangtag::app::app(&self.state, None)).await;
        for (what, uri) in pages {
            let mut turns = Vec::new();
            for _ in 0..21 {
                let request = TestRequest::get()
                    .uri(uri)
                    .insert_header(("accept", "text/html"))
                    .insert_header(("cookie", format!("hangtag={token}")));
                let begun = Instant::now();
                let answer = app.call(request.to_request()).await.unwrap();
                assert_eq!(answer.status().as_u16(), 200, "{uri}");
                let bytes = read_body(answer).await.len();
                turns.push(begun.elapsed().as_secs_f64() * 1e3);
                assert!(bytes > 0);
            }
            println!("{what}: {:.2} ms", median(turns));
        }
    }

    fn due(&self) {
        let now = self.state.clock.now();
        let turns = |body: &dyn Fn(&mut Db) -> Result<usize>| {
            let mut all = Vec::new();
            for _ in 0..21 {
                let begun = Instant::now();
                let found = self.state.store.read_blocking(|db| body(db)).unwrap();
                all.push((begun.elapsed().as_secs_f64() * 1e3, found));
            }
            (median(all.iter().map(|one| one.0).collect()), all[0].1)
        };
        let (ms, found) = turns(&|db| Ok(service_levels::due_before(db, now + Days::new(1), now + Days::new(1), None, 50)?.len()));
        println!("what is due, the first {found}: {ms:.2} ms");
    }

    fn statement(&self, party: Id, lines: i64) {
        let ask = StatementAsk { party, from: today() - Days::new(14), to: today() + Days::new(14), currency: "CNY".into() };
        let stamp = self.state.stamp("staff:lead");
        let begun = Instant::now();
        let made = self.write(move |db| liability::make_statement(db, &stamp, &ask));
        println!(
            "a statement of {} lines made: {:.2} s; {} MB in {}",
            made.claims,
            begun.elapsed().as_secs_f64(),
            memory(),
            self.folder.path().display()
        );
        assert_eq!(made.claims, lines);
        let begun = Instant::now();
        let verified = liability::rules::verify(&made.bundle).unwrap();
        println!("worked out again: {:.2} s; {} MB of text", begun.elapsed().as_secs_f64(), made.bundle.len() / 1_000_000);
        assert!(verified.differs.is_empty());
        let begun = Instant::now();
        let parsed: serde_json::Value = serde_json::from_str(&made.bundle).unwrap();
        let again = serde_json::to_string(&parsed).unwrap();
        println!(
            "read, written and hashed alone (baseline): {:.2} s, {} bytes",
            begun.elapsed().as_secs_f64(),
            Sha256::digest(again.as_bytes()).len()
        );
    }
}

fn line(batch: BatchNo, unit: i64, reason: &str) -> NewLine {
    NewLine {
        garment: GarmentId::new(batch, unit).unwrap(),
        reason: reason.into(),
        zone: String::new(),
        words: String::new(),
        wanted: None,
    }
}

/// A photo as a telephone takes it, made smaller as it is stored.
fn taken() -> Picture {
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(1_600, 1_200, |x, y| {
        image::Rgb([x % 251, y % 241, (x * y) % 239].map(|part| u8::try_from(part).unwrap()))
    });
    picture.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    photo::clean(&jpeg).unwrap()
}
