//! Pieces of a trace: the walk, and the counts, on a genealogy as large as the budget says: 200,000 lots on 8 levels, 20,000 batches of 500
//! garments (10 million). `cargo bench --bench trace` prints medians; nothing here asserts a time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and stops at what it did not expect"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::platform::db::{DatabaseUrl, Db, Store, StoreOptions, migrate};
use hangtag::quality::trace::{self, Genealogy, Parts, Scratch, UsePart};

const LOTS: i64 = 200_000;
const LEVELS: i64 = 8;
const BATCHES: i64 = 20_000;
const SHOPS: i64 = 40;

/// Numbers that look random and are the same at every run (a linear congruential generator; Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % most.unsigned_abs()).unwrap()
    }
}

/// Each lot has two parents on the level above; each batch is fed by four lots of the last level, one of them for half its units.
fn parts() -> Parts {
    let mut chance = Chance(7);
    let per_level = LOTS / LEVELS;
    let lots = (1..=LOTS).map(|lot| (lot, 1_000_000 + lot % 500)).collect();
    let mut parents = Vec::new();
    for lot in per_level + 1..=LOTS {
        let above = ((lot - 1) / per_level - 1) * per_level;
        parents.extend([1, 2].map(|_| (lot, above + 1 + chance.below(per_level))));
    }
    let last = LOTS - per_level;
    let mut uses = Vec::new();
    for batch_no in 1..=BATCHES {
        for (place, component) in ["shell", "lining", "button", "zip"].into_iter().enumerate() {
            let unit_to = if place == 3 { 250 } else { 4_194_304 };
            let lot_id = last + 1 + chance.below(per_level);
            uses.push(UsePart { batch_no, component: component.into(), lot_id, unit_from: 0, unit_to, quantity_milli: None });
        }
    }
    Parts { lots, parents, batches: (1..=BATCHES).map(|no| (no, 2_000_000 + no % 50)).collect(), uses }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

fn timed<T>(runs: usize, mut work: impl FnMut(usize) -> T) -> f64 {
    median(
        (0..runs)
            .map(|run| {
                let start = Instant::now();
                black_box(work(run));
                start.elapsed()
            })
            .collect(),
    )
}

/// A store with nothing but the counts of every batch by retailer.
fn tallied(folder: &std::path::Path) -> Store {
    let url = DatabaseUrl::Sqlite(folder.join("trace.db"));
    migrate(&url).unwrap();
    let store = Store::open(&url, &StoreOptions::default()).unwrap();
    store
        .write_blocking(|db: &mut Db| {
            let sql = format!(
                "INSERT INTO party (id, code, name_zh, name_en, country, city, address_zh, address_en, contact, status, created_at, version) \
                 VALUES (1, 'F', 'F', 'F', 'CN', '', '', '', '', 'active', '2026-01-01 00:00:00', 1);\
                 INSERT INTO style (id, code, brand, name_zh, name_en, category, confidential, policy_code, facts, status, created_at, version) \
                 VALUES (1, 'S', '', '', '', '', FALSE, '', '{{}}', 'active', '2026-01-01 00:00:00', 1);\
                 INSERT INTO sku (id, style_id, code, colour_zh, colour_en, size, size_label, created_at, version) VALUES (1, 1, 'K', '', '', '', '', '2026-01-01 00:00:00', 1);\
                 WITH RECURSIVE n(no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < {BATCHES}) \
                 INSERT INTO batch (no, code, sku_id, factory_id, line, planned, minted, origin, status, created_at, version) \
                 SELECT no, 'B-' || no, 1, 1, '', 500, 500, 'own', 'closed', '2026-01-01 00:00:00', 1 FROM n;\
                 INSERT INTO batch_tally (batch_no, party_id, sold, claimed) \
                 SELECT no, 1 + (no * 7 + k.k * 13) % {SHOPS}, 100, 40 FROM batch, (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) k;"
            );
            each!(db, |c| c.batch_execute(&sql))?;
            Ok(())
        })
        .unwrap();
    store
}

fn main() {
    let rows = parts();
    let build = timed(3, |_| Genealogy::from_parts(rows.clone()));
    let tree = Genealogy::from_parts(rows);
    let mut scratch = Scratch::default();
    // A lot of the third level, as cotton of one ginner: its thread reaches hundreds to thousands of batches.
    for (name, first) in [("level 1", 0), ("level 4", 3), ("level 8", 7)] {
        let first = u32::try_from(first * (LOTS / LEVELS)).unwrap();
        let sizes: Vec<usize> = (0..101u32).map(|at| tree.down(&[first + at * 97], &mut scratch).batches.len()).collect();
        let down = timed(101, |run| tree.down(&[first + u32::try_from(run).unwrap() * 97], &mut scratch));
        println!("down from {name}: {down:.3} ms, {} batches in the middle", {
            let mut s = sizes;
            s.sort_unstable();
            s[50]
        });
    }
    let up = timed(101, |run| tree.up(u32::try_from(run).unwrap() * 31, None, &mut scratch));
    println!("up from a batch: {up:.3} ms; building the genealogy: {build:.0} ms");

    let folder = tempfile::tempdir().unwrap();
    let store = tallied(folder.path());
    for wanted in [200usize, 2_000, 20_000] {
        let numbers: Vec<i64> = (1..=BATCHES).step_by(20_000 / wanted).collect();
        let list = numbers.clone();
        let counts = store
            .read_blocking(|db| {
                Ok(timed(21, |_| {
                    let mut by_retailer = std::collections::HashMap::<i64, (i64, i64)>::new();
                    for tally in trace::tallies(db, &list).unwrap() {
                        let sum = by_retailer.entry(tally.party_id).or_default();
                        *sum = (sum.0 + tally.sold, sum.1 + tally.claimed);
                    }
                    by_retailer.len()
                }))
            })
            .unwrap();
        println!("counts by retailer of {wanted} batches, from the store: {counts:.2} ms");
    }
}
