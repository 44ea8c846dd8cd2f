//! From a lot to every batch and every retailer, on a genealogy as large as the budget says: 200,000 lots on 8 levels, 20,000 batches of 500
//! garments (10 million). Few bales become many cloths: a lot of the first level is in nearly every batch, one of the last in a handful.
//! The same by recursion in the store is the check, and the baseline.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::ops::Range;
use std::path::Path;

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::platform::db::{DatabaseUrl, Db, Store, StoreOptions, migrate};
use hangtag::quality::trace::{self, Genealogy, Scratch};

use crate::{median, millis};

const LOTS: i64 = 200_000;
/// Lots of each level, from fibre to cloth.
const LEVELS: [i64; 8] = [100, 400, 1_500, 6_000, 20_000, 40_000, 60_000, 72_000];
const BATCHES: i64 = 20_000;
const SHOPS: i64 = 40;
/// Lots traced.
const SAMPLE: usize = 201;

/// Medians, in milliseconds.
pub struct Traced {
    /// A lot of any level, to its batches.
    pub batches: f64,
    /// The same by recursion in the store.
    pub batches_by_sql: f64,
    /// Those batches' sold garments by retailer.
    pub counts: f64,
    /// How many batches that was.
    pub found: f64,
    /// A lot of the first level, which is in nearly everything.
    pub widest: f64,
    /// Those batches' sold garments by retailer.
    pub widest_counts: f64,
    /// How many batches that was.
    pub widest_found: f64,
    /// Reading the genealogy when it has changed.
    pub reading: f64,
}

/// Numbers that look random and are the same at every run (a linear congruential generator; Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % most.unsigned_abs()).unwrap()
    }
}

/// Ids of the lots of a level.
fn lots_of(level: usize) -> Range<i64> {
    let first = 1 + LEVELS[..level].iter().sum::<i64>();
    first..first + LEVELS[level]
}

/// Each lot has two parents on the level above; each batch is fed by four lots of the last level, one of them for half its units.
fn fill(store: &Store) {
    let mut chance = Chance(7);
    let mut parents = BTreeSet::new();
    for level in 1..LEVELS.len() {
        for lot in lots_of(level) {
            parents.extend([1, 2].map(|_| format!("({lot}, {})", lots_of(level - 1).start + chance.below(LEVELS[level - 1]))));
        }
    }
    let last = lots_of(LEVELS.len() - 1).start;
    let mut uses = Vec::new();
    for batch in 1..=BATCHES {
        for component in ["shell", "lining", "button", "zip"] {
            let units = if component == "zip" { 250 } else { 4_194_304 };
            uses.push(format!("({batch}, '{component}', {}, 0, {units})", last + chance.below(LEVELS[LEVELS.len() - 1])));
        }
    }
    let insert = |into: &str, rows: &[String]| {
        rows.chunks(500).map(|rows| format!("INSERT INTO {into} VALUES {};", rows.join(","))).collect::<String>()
    };
    let now = "'2026-01-01 00:00:00'";
    let sql = format!(
        "WITH RECURSIVE n(no) AS (SELECT 0 UNION ALL SELECT no + 1 FROM n WHERE no < 600) \
         INSERT INTO party (id, code, name_zh, name_en, country, city, address_zh, address_en, contact, status, created_at, version, code_key) \
         SELECT no + 1, 'P-' || no, '', '', 'CN', '', '', '', '', 'active', {now}, 1, 'p-' || no FROM n;\
         INSERT INTO style (id, code, brand, name_zh, name_en, category, confidential, policy_code, facts, status, created_at, version, code_key) \
         VALUES (1, 'S', '', '', '', '', FALSE, '', '{{}}', 'active', {now}, 1, 's');\
         INSERT INTO sku (id, style_id, code, colour_zh, colour_en, size, size_label, created_at, version, code_key) VALUES (1, 1, 'K', '', '', '', '', {now}, 1, 'k');\
         WITH RECURSIVE n(no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < {BATCHES}) \
         INSERT INTO batch (no, code, sku_id, factory_id, line, planned, minted, origin, status, created_at, version, code_key) \
         SELECT no, 'B-' || no, 1, 501 + no % 50, '', 500, 500, 'own', 'closed', {now}, 1, 'b-' || no FROM n;\
         INSERT INTO batch_tally (batch_no, party_id, sold, claimed) \
         SELECT no, 1 + (no * 7 + k.k * 13) % {SHOPS}, 100, 40 FROM batch, (SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) k;\
         WITH RECURSIVE n(no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < {LOTS}) \
         INSERT INTO lot (id, code, party_id, kind, material_zh, material_en, dye_lot, quantity_milli, unit, country, created_at, version, code_key) \
         SELECT no, 'L-' || no, 1 + no % 500, 'fabric', '', '', '', 0, 'm', 'CN', {now}, 1, 'l-' || no FROM n;{}{}",
        insert("lot_parent (lot_id, parent_id)", &parents.into_iter().collect::<Vec<_>>()),
        insert("batch_lot (batch_no, component, lot_id, unit_from, unit_to)", &uses),
    );
    store
        .write_blocking(move |db: &mut Db| {
            each!(db, |c| c.batch_execute(&sql))?;
            Ok(())
        })
        .unwrap();
}

/// Measures traces.
pub fn trace(folder: &Path) -> Traced {
    let url = DatabaseUrl::Sqlite(folder.join("trace.db"));
    migrate(&url).unwrap();
    let store = Store::open(&url, &StoreOptions::default()).unwrap();
    fill(&store);
    store
        .read_blocking(|db| {
            let read = |db: &mut Db| Genealogy::from_parts(trace::parts(db).unwrap());
            let reading = median((0..3).map(|_| millis(|| black_box(read(db)))).collect());
            let tree = read(db);
            let mut scratch = Scratch::default();
            let mut chance = Chance(11);
            let mut sample = |level: usize| lots_of(level).start + chance.below(LEVELS[level]);
            let any: Vec<i64> = (0..SAMPLE).map(|place| sample(place % LEVELS.len())).collect();
            let first: Vec<i64> = (0..SAMPLE).map(|_| sample(0)).collect();
            let mut down = |lot: i64| {
                tree.down(&[tree.lot(lot).unwrap()], &mut scratch).batches.iter().map(|batch| tree.batch_no(*batch)).collect::<Vec<_>>()
            };

            let (mut batches, mut by_sql, mut counts, mut found) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            for lot in &any {
                let mut numbers = Vec::new();
                batches.push(millis(|| numbers = down(*lot)));
                counts.push(millis(|| black_box(by_retailer(db, &numbers))));
                found.push(numbers.len() as f64);
                if by_sql.len() < 31 {
                    let mut rows = Vec::new();
                    by_sql.push(millis(|| rows = trace::down_by_sql(db, *lot).unwrap()));
                    let expected: BTreeSet<i64> = rows.iter().map(|row| row.0).collect();
                    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), expected, "lot {lot}: the walk and the store disagree");
                }
            }
            let (mut widest, mut widest_counts, mut widest_found) = (Vec::new(), Vec::new(), Vec::new());
            for lot in &first {
                let mut numbers = Vec::new();
                widest.push(millis(|| numbers = down(*lot)));
                if widest_counts.len() < 31 {
                    widest_counts.push(millis(|| black_box(by_retailer(db, &numbers))));
                }
                widest_found.push(numbers.len() as f64);
            }
            Ok(Traced {
                batches: median(batches),
                batches_by_sql: median(by_sql),
                counts: median(counts),
                found: median(found),
                widest: median(widest),
                widest_counts: median(widest_counts),
                widest_found: median(widest_found),
                reading,
            })
        })
        .unwrap()
}

fn by_retailer(db: &mut Db, numbers: &[i64]) -> HashMap<i64, (i64, i64)> {
    let mut sums = HashMap::<i64, (i64, i64)>::new();
    for tally in trace::tallies(db, numbers).unwrap() {
        let sum = sums.entry(tally.party_id).or_default();
        *sum = (sum.0 + tally.sold, sum.1 + tally.claimed);
    }
    sums
}
