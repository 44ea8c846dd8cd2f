//! Signals from a large store: everything read at first, nothing changed since, one claim more.
//!
//! `cargo bench --bench signals -- [millions of garments sold]` (10 when left out; a tenth as many claims). The store is made in a temporary folder by
//! SQL: batches of 1,000 out of lots of lots, one in five with its cloth changed in the middle, one dye lot bad. Prints seconds, and the memory
//! the process came to.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement says what it measured and stops at what it did not expect")]

use std::time::Instant;

use chrono::{NaiveDate, TimeDelta};
use diesel::connection::SimpleConnection;
use hangtag::inspection::defects;
use hangtag::inspection::findings::{self, About, NewFinding, Sound, Stage};
use hangtag::kernel::{BatchNo, GarmentId, parsed};
use hangtag::platform::db::{Connection, DatabaseUrl, Db, Store, StoreOptions, migrate};
use hangtag::platform::events::Stamp;
use hangtag::quality::signals::{self, SignalReport, SignalsAsk};

const DEFECTS: [&str; 10] =
    ["seam_open", "button_loose", "pilling", "loose_thread", "size_mismatch", "zip_failure", "soil", "fading", "dye_bleed", "crocking"];

fn main() {
    let millions: i64 = std::env::args().skip(1).find_map(|word| parsed(&word)).unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("hangtag.db"));
    migrate(&url).unwrap();
    let store = Store::open(&url, &StoreOptions::default()).unwrap();
    let begun = Instant::now();
    store.write_blocking(defects::seed).unwrap();
    store.write_blocking(move |db| made(db, millions * 1_000)).unwrap();
    println!("made {millions} M garments, about {} k claims: {:.0} s; {} MB", millions * 100, begun.elapsed().as_secs_f64(), memory());
    let first = timed(&store, "everything read at first");
    println!(
        "  {} garments, {} claims, {} defects; first: {:?}",
        first.exposed,
        first.claims,
        first.defects.len(),
        first.defects.first().map(|one| (&one.defect, &one.named))
    );
    for _ in 0..3 {
        timed(&store, "nothing changed");
    }
    for (at, (defect, what)) in (7..).zip([("pilling", "one claim more"), ("dye_bleed", "one claim more of a defect that has a cause")]) {
        let stamp = Stamp { actor: "staff:bench".into(), at: day().and_hms_opt(9, 0, 0).unwrap() + TimeDelta::minutes(at), node: 1 };
        let sound = Sound {
            defect: defect.into(),
            severity: None,
            zone: String::new(),
            quantity: 1,
            stage: Stage::Buyer,
            note: String::new(),
            found_on: day(),
        };
        let new = NewFinding { about: About::Garment(GarmentId::new(BatchNo(5), at).unwrap()), sound };
        store.write_blocking(move |db| findings::log(db, &stamp, std::slice::from_ref(&new))).unwrap();
        timed(&store, what);
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn timed(store: &Store, what: &str) -> SignalReport {
    let (memory_of, begun) = (store.clone(), Instant::now());
    let ask = SignalsAsk { defect: Some("dye_bleed".into()), ..SignalsAsk::default() };
    let report = store.read_blocking(move |db| signals::report(&memory_of, db, day(), &ask)).unwrap();
    println!("{what}: {:.3} s; {} MB", begun.elapsed().as_secs_f64(), memory());
    report
}

/// The most memory the process ever had, MB.
fn memory() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    parsed::<u64>(line.trim().trim_end_matches(" kB")).map_or(0, |kb| kb / 1024)
}

/// So many batches of 1,000 garments, all sold.
fn made(db: &mut Db, batches: i64) -> hangtag::kernel::Result<()> {
    let Connection::Sqlite(connection) = &mut db.connection else { return Ok(()) };
    let numbers = |to: i64| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to})");
    let lots = (batches / 4).max(40);
    let at = "'2025-01-01 00:00:00'";
    // What is not asked here is made without: it would only make the making slower.
    let mut sql = "DROP INDEX sale_day; DROP INDEX sale_retailer; DROP INDEX sale_live;".to_owned();
    sql += &format!(
        "{} INSERT INTO party (id, code, name_zh, name_en, country, city, address_zh, address_en, contact, status, created_at, version, code_key) \
         SELECT i, 'P' || i, 'P' || i, 'P' || i, 'CN', '', '', '', '', 'active', {at}, 1, 'p' || i FROM n;",
        numbers(60)
    );
    sql += &format!(
        "INSERT INTO style (id, code, brand, name_zh, name_en, category, confidential, policy_code, facts, status, created_at, version, code_key) \
         SELECT i, 'S' || i, 'B', 'S' || i, 'S' || i, 'shirt', FALSE, 'P', '{{}}', 'active', {at}, 1, 's' || i FROM ({} SELECT i FROM n);\
         INSERT INTO sku (id, style_id, code, colour_zh, colour_en, size, size_label, created_at, version, code_key) \
         SELECT i, 1 + i % 50, 'K' || i, '色' || (i % 9), 'C' || (i % 9), 'Z' || (i % 6), '', {at}, 1, 'k' || i FROM ({} SELECT i FROM n);",
        numbers(50),
        numbers(600)
    );
    // Cloths (1 …), greiges (1,000,001 …), yarns (2,000,001 …), buttons (3,000,001 …).
    for (base, count, kind, party) in
        [(0, lots, "fabric", 1), (1_000_000, lots / 3, "greige", 11), (2_000_000, 200, "yarn", 21), (3_000_000, lots / 2, "button", 31)]
    {
        sql += &format!(
            "{} INSERT INTO lot (id, code, party_id, kind, material_zh, material_en, dye_lot, quantity_milli, unit, country, created_at, version, code_key) \
             SELECT {base} + i, '{kind}-' || i, {party} + i % 10, '{kind}', '', '', '', 1000000, 'm', 'CN', {at}, 1, '{kind}-' || i FROM n;",
            numbers(count)
        );
    }
    let (greiges, buttons) = (lots / 3, lots / 2);
    sql += &format!(
        "INSERT INTO lot_parent (lot_id, parent_id) SELECT id, 1000001 + (id * 7) % {greiges} FROM lot WHERE id < 1000000;\
         INSERT INTO lot_parent (lot_id, parent_id) SELECT id, 2000001 + (id * 5) % 200 FROM lot WHERE id BETWEEN 1000000 AND 1999999;\
         {} INSERT INTO batch (no, code, sku_id, factory_id, line, started_on, finished_on, planned, minted, origin, status, created_at, version, code_key) \
         SELECT i, 'B' || i, 1 + (i * 13) % 600, 41 + i % 12, 'L' || (i % 8), '2025-02-01', date('2025-02-01', '+' || (i % 500) || ' days'), 1000, 1000, 'own', 'released', {at}, 1, 'b' || i FROM n;",
        numbers(batches)
    );
    sql += &format!(
        "INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to) SELECT no, 'shell', 1 + (no * 11) % {lots}, 0, CASE WHEN no % 5 = 0 THEN 500 ELSE 4194304 END FROM batch;\
         INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to) SELECT no, 'shell', 1 + (no * 11 + 3) % {lots}, 500, 4194304 FROM batch WHERE no % 5 = 0;\
         INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to) SELECT no, 'button', 3000001 + (no * 3) % {buttons}, 0, 4194304 FROM batch;"
    );
    sql += &format!(
        "{} INSERT INTO sale (garment_id, seq, status, sold_on, channel, retailer_id, order_no, country, city, source, created_at, version) \
         SELECT (batch.no << 22) + i - 1, 1, 'live', date(batch.finished_on, '+' || (14 + (i * 37 + batch.no) % 120) || ' days'), 'shop', 53 + (i * 7 + batch.no) % 8, '', 'CN', '', 'api', {at}, 1 \
         FROM batch CROSS JOIN n WHERE date(batch.finished_on, '+' || (14 + (i * 37 + batch.no) % 120) || ' days') < '2026-11-01';\
         INSERT INTO batch_tally (batch_no, party_id, sold, claimed) SELECT garment_id >> 22, retailer_id, COUNT(*), 0 FROM sale GROUP BY 1, 2;",
        numbers(1_000)
    );
    // One garment in ten is claimed, of a defect and at an age that follow from its number; of cloth 3 one in five, and it bleeds.
    let defects: String = DEFECTS.iter().enumerate().map(|(at, code)| format!("WHEN {at} THEN '{code}' ")).collect();
    sql += &format!(
        "CREATE TEMP TABLE claimed AS SELECT garment_id, sold_on, garment_id % 1000003 * 2654435761 % 1000003 AS r FROM sale WHERE garment_id % 1000003 * 2654435761 % 1000003 % 9 = 0;\
         INSERT INTO finding (id, subject, garment_id, batch_no, lot_id, defect_code, severity, zone, quantity, stage, note, found_on, status, reason, created_by, created_at, version) \
         SELECT garment_id, 'garment', garment_id, garment_id >> 22, NULL, CASE (r / 9) % 10 {defects} END, 'minor', '', 1, 'buyer', '', date(sold_on, '+' || (r / 90 % 200) || ' days'), 'live', '', 'x', date(sold_on, '+' || (r / 90 % 200) || ' days') || ' 08:00:00', 1 \
         FROM claimed WHERE date(sold_on, '+' || (r / 90 % 200) || ' days') < '2026-11-20';\
         INSERT INTO finding (id, subject, garment_id, batch_no, lot_id, defect_code, severity, zone, quantity, stage, note, found_on, status, reason, created_by, created_at, version) \
         SELECT -garment_id, 'garment', garment_id, garment_id >> 22, NULL, 'dye_bleed', 'minor', '', 1, 'buyer', '', date(sold_on, '+30 days'), 'live', '', 'x', date(sold_on, '+30 days') || ' 08:00:00', 1 \
         FROM sale WHERE garment_id >> 22 IN (SELECT batch_no FROM batch_lot WHERE component = 'shell' AND lot_id = 3 AND unit_from = 0) AND garment_id % 5 = 1 AND date(sold_on, '+30 days') < '2026-11-20';\
         DROP TABLE claimed;\
         INSERT INTO held_version (name, version) VALUES ('genealogy', 1) ON CONFLICT (name) DO UPDATE SET version = version + 1;"
    );
    connection.batch_execute(&sql)?;
    Ok(())
}
