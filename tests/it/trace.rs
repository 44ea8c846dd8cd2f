//! Traces: up and down, on known and on random genealogies; what a supplier may know; files and pages.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::kernel::serial::Epoch;
use hangtag::kernel::{BatchNo, GarmentId, Id};
use hangtag::platform::db::Db;
use hangtag::production::batches;
use hangtag::quality::trace;
use hangtag::staff::accounts::Role;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::story;
use crate::support::{TestApp, stores};

/// Runs statements in one write.
pub async fn insert(app: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    app.state
        .store
        .write(move |db| {
            each!(db, |c| c.batch_execute(&sql))?;
            db.bump("genealogy")
        })
        .await
        .unwrap();
}

pub const MILL: i64 = 501;
pub const DYER: i64 = 502;
pub const TRIMMER: i64 = 503;
pub const FACTORY: i64 = 504;
pub const SHOP: i64 = 505;
pub const STORE: i64 = 506;

fn parties(from: &[(i64, &str, &str)]) -> String {
    from.iter()
        .map(|(id, code, country)| {
            format!(
                "INSERT INTO party (id, code, name_zh, name_en, country, city, address_zh, address_en, contact, status, created_at, version, code_key) \
                 VALUES ({id}, '{code}', '{code} 厂', '{code} Ltd', '{country}', 'City of {code}', '', '', '', 'active', '2026-01-01 00:00:00', 1, lower('{code}'));"
            )
        })
        .collect()
}

fn sku() -> &'static str {
    "INSERT INTO style (id, code, brand, name_zh, name_en, category, confidential, policy_code, facts, status, created_at, version, code_key) \
     VALUES (601, 'S-1', 'Brand', '校服衬衫', 'School shirt', 'shirt', FALSE, 'P', '{}', 'active', '2026-01-01 00:00:00', 1, 's-1');\
     INSERT INTO sku (id, style_id, code, colour_zh, colour_en, size, size_label, created_at, version, code_key) \
     VALUES (602, 601, 'S-1-W-M', '白', 'White', 'M', 'M', '2026-01-01 00:00:00', 1, 's-1-w-m');"
}

fn lot(id: i64, code: &str, party: i64, kind: &str) -> String {
    format!(
        "INSERT INTO lot (id, code, party_id, kind, material_zh, material_en, dye_lot, quantity_milli, unit, country, created_at, version, code_key) \
         VALUES ({id}, '{code}', {party}, '{kind}', '料 {code}', 'stuff {code}', 'D-{id}', 1000000, 'm', 'CN', '2026-01-01 00:00:00', 1, lower('{code}'));"
    )
}

fn batch(no: i64, code: &str) -> String {
    format!(
        "INSERT INTO batch (no, code, sku_id, factory_id, line, planned, minted, origin, status, created_at, version, code_key) \
         VALUES ({no}, '{code}', 602, {FACTORY}, 'L1', 500, 0, 'own', 'open', '2026-01-01 00:00:00', 1, lower('{code}'));"
    )
}

fn made_of(lot: i64, parent: i64) -> String {
    format!("INSERT INTO lot_parent (lot_id, parent_id) VALUES ({lot}, {parent});")
}

fn fed(batch: i64, component: &str, lot: i64, from: i64, to: i64, quantity: &str) -> String {
    format!(
        "INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to, quantity_milli) \
         VALUES ({batch}, '{component}', {lot}, {from}, {to}, {quantity});"
    )
}

fn sale(no: i64, unit: i64, retailer: i64) -> String {
    let garment = GarmentId::new(BatchNo(no), unit).unwrap().0;
    format!(
        "INSERT INTO sale (garment_id, seq, status, sold_on, channel, retailer_id, order_no, country, city, source, created_at, version) \
         VALUES ({garment}, 1, 'live', '2026-05-01', 'shop', {retailer}, '', 'CN', 'Shanghai', 'api', '2026-05-01 00:00:00', 1);"
    )
}

const WHOLE: i64 = 4_194_304;

/// Cotton → yarn → cloth A and cloth B. Batch 1: units 1–100 of cloth A, 101–200 of cloth B, two lots of buttons nobody told apart.
/// Batch 2: cloth B. Batch 3: nothing recorded. Some sold, some claimed, one void, three findings.
pub async fn known_world(app: &TestApp) {
    let mut sql = parties(&[
        (MILL, "MILL", "CN"),
        (DYER, "DYER", "CN"),
        (TRIMMER, "TRIM", "CN"),
        (FACTORY, "FACT", "CN"),
        (SHOP, "SHOP", "CN"),
        (STORE, "STORE", "DE"),
    ]);
    sql += sku();
    for (id, code, party, kind) in [
        (11, "COTTON", MILL, "fibre"),
        (12, "YARN", MILL, "yarn"),
        (13, "CLOTH-A", DYER, "fabric"),
        (14, "CLOTH-B", DYER, "fabric"),
        (15, "BTN-1", TRIMMER, "button"),
        (16, "BTN/2", TRIMMER, "button"),
    ] {
        sql += &lot(id, code, party, kind);
    }
    sql += &(made_of(12, 11) + &made_of(13, 12) + &made_of(14, 12));
    sql += &(batch(1, "B-1") + &batch(2, "B-2") + &batch(3, "B-3"));
    sql += &(fed(1, "shell", 13, 0, 100, "NULL") + &fed(1, "shell", 14, 100, 200, "NULL"));
    sql += &(fed(1, "button", 15, 0, WHOLE, "300000") + &fed(1, "button", 16, 0, WHOLE, "100000") + &fed(2, "shell", 14, 0, WHOLE, "NULL"));
    sql += &(sale(1, 5, SHOP) + &sale(1, 6, SHOP) + &sale(1, 150, SHOP) + &sale(1, 151, STORE) + &sale(2, 0, STORE) + &sale(2, 1, STORE));
    let held = GarmentId::new(BatchNo(1), 150).unwrap().0;
    sql += &format!(
        "INSERT INTO holder (garment_id, seq, status, secret_hash, claimed_at, version) VALUES ({held}, 1, 'live', 'x', '2026-05-02 00:00:00', 1);\
         INSERT INTO batch_tally (batch_no, party_id, sold, claimed) VALUES (1, {SHOP}, 3, 1), (1, {STORE}, 1, 0), (2, {STORE}, 2, 0);\
         INSERT INTO defect (code, name_zh, name_en, component, severity, suspect, repairable, retired, version) \
         VALUES ('FADE-T', '褪色', 'Fading', 'shell', 'major', 'supplier_material', FALSE, FALSE, 1);"
    );
    for (id, subject, garment, batch, lot, severity, quantity) in [
        (701, "garment", held.to_string(), "1", "NULL", "major", 1),
        (702, "batch", "NULL".into(), "2", "NULL", "critical", 3),
        (703, "lot", "NULL".into(), "NULL", "14", "minor", 1),
    ] {
        sql += &format!(
            "INSERT INTO finding (id, subject, garment_id, batch_no, lot_id, defect_code, severity, zone, quantity, stage, note, found_on, status, reason, created_by, created_at, version) \
             VALUES ({id}, '{subject}', {garment}, {batch}, {lot}, 'FADE-T', '{severity}', '', {quantity}, 'return', '', '2026-05-03', 'live', '', 'x', '2026-05-03 00:00:00', 1);"
        );
    }
    insert(app, &sql).await;
    let stamp = app.state.stamp("system");
    app.state
        .store
        .write(move |db| {
            for (no, count) in [(1, 200), (2, 50), (3, 10)] {
                batches::mint(db, &stamp, BatchNo(no), count, Epoch::FIRST, None)?;
            }
            batches::void_units(db, &stamp, BatchNo(1), &[120..121], "spoiled")?;
            Ok(())
        })
        .await
        .unwrap();
}

fn codes(lines: &Value, field: &str) -> Vec<String> {
    lines.as_array().unwrap().iter().map(|line| line[field].as_str().unwrap_or("?").to_owned()).collect()
}

async fn serial(app: &TestApp, no: i64, unit: i64) -> String {
    let keys = app.state.keys.clone();
    let garment = GarmentId::new(BatchNo(no), unit).unwrap();
    app.state.store.read(move |db| batches::serial_of(db, &keys.serials, garment)).await.unwrap().unwrap().serial
}

story!(a_lot_leads_to_batches_units_sales_and_findings, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    let cotton = desk.get("/api/v1/trace/lots/COTTON").await.expect(200).json();
    assert_eq!(codes(&cotton["batches"], "code"), ["B-1", "B-2"]);
    let totals = &cotton["totals"];
    for (name, expected) in [
        ("lots", 4),
        ("suppliers", 2),
        ("batches", 2),
        ("made", 250),
        ("labelled", 250),
        ("void", 1),
        ("sold", 6),
        ("claimed", 1),
        ("findings", 3),
        ("pieces", 5),
        ("critical", 1),
    ] {
        assert_eq!(totals[name], expected, "{name}");
    }
    assert_eq!(cotton["batches"][1]["path"], json!(["COTTON", "YARN", "CLOTH-B"]));
    assert_eq!(cotton["batches"][1]["per_thousand"], 60.0);
    assert_eq!(codes(&cotton["retailers"], "city"), ["City of SHOP", "City of STORE"]);
    assert_eq!(cotton["retailers"][0]["sold"], 3);
    assert_eq!(cotton["lots"][0]["dye_lot"], "D-11");

    let cloth = desk.get("/api/v1/trace/lots/CLOTH-A").await.expect(200).json();
    assert_eq!(cloth["batches"][0]["units"], json!([{ "first": 1, "last": 100 }]));
    assert_eq!(
        [&cloth["totals"]["made"], &cloth["totals"]["sold"], &cloth["totals"]["claimed"], &cloth["totals"]["findings"]],
        [100, 2, 0, 0]
    );
    let levels: Vec<_> =
        cloth["lots"].as_array().unwrap().iter().map(|lot| (lot["code"].as_str().unwrap(), lot["level"].as_i64().unwrap())).collect();
    assert_eq!(levels, [("CLOTH-A", 0), ("YARN", -1), ("COTTON", -2)]);

    let other = desk.get("/api/v1/trace/lots/CLOTH-B").await.expect(200).json();
    assert_eq!(other["batches"][0]["units"], json!([{ "first": 101, "last": 200 }]));
    assert_eq!([&other["totals"]["made"], &other["totals"]["sold"], &other["totals"]["claimed"], &other["totals"]["void"]], [150, 4, 1, 1]);
    assert_eq!(other["totals"]["findings"], 3);

    let factory = desk.get("/api/v1/trace/parties/FACT").await.expect(200).json();
    assert_eq!(codes(&factory["batches"], "code"), ["B-1", "B-2", "B-3"]);
    assert_eq!(desk.get("/api/v1/trace/parties/DYER").await.expect(200).json()["totals"]["made"], 250);
    for missing in ["lots/NONE", "parties/NONE", "batches/NONE", "findings/0000000000001", "findings/x"] {
        assert_eq!(desk.get(&format!("/api/v1/trace/{missing}")).await.expect(404).code(), "not_found");
    }
});

story!(a_garment_leads_to_its_own_roll_and_a_finding_to_its_suspects, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    for (unit, cloth) in [(5, "CLOTH-A"), (150, "CLOTH-B")] {
        let trace = desk.get(&format!("/api/v1/trace/garments/{}", serial(&app, 1, unit).await)).await.expect(200).json();
        assert_eq!(trace["subject"]["unit"], unit + 1);
        let [buttons, layout] = [&trace["components"][0], &trace["components"][1]];
        assert_eq!(
            (&layout["component"], &layout["ambiguous"], &layout["lots"][0]["lot"]),
            (&json!("shell"), &json!(false), &json!(cloth))
        );
        assert_eq!(layout["lots"][0]["supplier"]["code"], "DYER");
        assert_eq!(
            (&buttons["ambiguous"], &buttons["lots"][0]["share_micro"], &buttons["lots"][1]["share_micro"]),
            (&json!(true), &json!(750_000), &json!(250_000))
        );
        assert_eq!(codes(&trace["lots"], "code").iter().collect::<BTreeSet<_>>().len(), 5);
        assert_eq!(trace["totals"]["made"], 1);
    }
    let mut mistyped = serial(&app, 1, 5).await;
    let last = mistyped.pop().unwrap();
    mistyped.push(if last == '7' { '8' } else { '7' });
    assert_eq!(desk.get(&format!("/api/v1/trace/garments/{mistyped}")).await.expect(422).code(), "serial_typo");
    assert_eq!(desk.get("/api/v1/trace/garments/00000000000000000000").await.expect(404).code(), "serial_unknown");

    let finding = desk.get(&format!("/api/v1/trace/findings/{}", Id(701))).await.expect(200).json();
    assert_eq!((&finding["subject"]["kind"], &finding["subject"]["defect"]), (&json!("finding"), &json!("FADE-T")));
    assert_eq!((&finding["components"][1]["suspected"], &finding["components"][0]["suspected"]), (&json!(true), &json!(false)));
    assert_eq!(finding["components"][1]["lots"][0]["lot"], "CLOTH-B");
    assert_eq!(desk.get(&format!("/api/v1/trace/findings/{}", Id(702))).await.expect(200).json()["batches"][0]["code"], "B-2");
    assert_eq!(desk.get(&format!("/api/v1/trace/findings/{}", Id(703))).await.expect(200).json()["totals"]["batches"], 2);

    let batch = desk.get("/api/v1/trace/batches/B-1").await.expect(200).json();
    assert_eq!(batch["components"][1]["ambiguous"], false, "ranges tell the cloths apart");
    assert_eq!(batch["components"][1]["lots"][1]["units"], json!({ "first": 101, "last": 200 }));
    assert_eq!(batch["totals"]["sold"], 4);
    assert_eq!(desk.get("/api/v1/trace/batches/B-3").await.expect(200).json()["components"], json!([]));
});

story!(a_supplier_traces_its_own_lots_and_learns_nothing_of_others, |app| {
    known_world(&app).await;
    let dyer = app.persona_of_party(Role::Supplier, Id(DYER)).await;
    for hidden in ["lots/COTTON", "lots/BTN-1", "parties/MILL", "batches/B-3"] {
        assert_eq!(dyer.get(&format!("/api/v1/trace/{hidden}")).await.expect(404).code(), "not_found", "{hidden}");
    }
    let own = dyer.get("/api/v1/trace/lots/CLOTH-B").await.expect(200);
    for secret in ["COTTON", "YARN", "MILL", "FACT", "SHOP", "STORE"] {
        assert!(!own.text().contains(secret), "{secret}");
    }
    let own = own.json();
    assert_eq!(codes(&own["batches"], "code"), ["B-1", "B-2"]);
    assert_eq!((&own["totals"]["sold"], &own["totals"]["hidden_lots"]), (&json!(4), &json!(2)));
    let batch = dyer.get("/api/v1/trace/batches/B-1").await.expect(200);
    for secret in ["COTTON", "BTN", "TRIM", "FACT", "SHOP"] {
        assert!(!batch.text().contains(secret), "{secret}");
    }
    dyer.get("/api/v1/trace/parties/DYER").await.expect(200);
    dyer.get(&format!("/api/v1/trace/garments/{}", serial(&app, 1, 5).await)).await.expect(200);
    dyer.get(&format!("/api/v1/trace/garments/{}", serial(&app, 3, 5).await)).await.expect(404);
    let page = dyer.page("/trace/lot/CLOTH-B").await.expect(200);
    for secret in ["COTTON", "YARN", "MILL", "FACT", "SHOP"] {
        assert!(!page.text().contains(secret), "{secret} on the page");
    }
    let file = dyer.get("/api/v1/trace/lots/CLOTH-B?format=csv&table=lots").await.expect(200);
    assert!(file.text().contains("CLOTH-B") && !file.text().contains("YARN"));
    for (role, uri) in [(Role::LabelOperator, "/api/v1/trace/lots/COTTON"), (Role::LabelOperator, "/trace")] {
        app.persona(role).await.get(uri).await.expect(403);
    }
    app.get("/trace").await.expect(401);
});

story!(traces_are_pages_pictures_and_files, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    let serial = serial(&app, 1, 5).await;
    for uri in [
        "/trace/lot/COTTON",
        "/trace/party/DYER",
        "/trace/batch/B-1",
        "/trace/batch/B-3",
        "/trace/lot/BTN%2F2",
        &format!("/trace/garment/{serial}"),
        &format!("/trace/finding/{}", Id(701)),
    ] {
        for lang in ["zh-CN", "en"] {
            let page = desk.page(&format!("{uri}?lang={lang}")).await.expect(200);
            let text = page.text();
            assert!(text.contains("<svg class=\"graph") && text.contains("<desc"), "{uri}");
            assert!(!text.contains(" style=") && !text.contains(">trace-"), "{uri}: no inline style, every message said");
        }
    }
    let page = desk.page("/trace/lot/COTTON").await;
    assert!(page.text().contains("href=\"/trace/batch/B-2\"") && page.text().contains("<svg class=\"bars"));
    assert!(page.text().contains("/recalls/new?kind=lot&#38;code=COTTON") || page.text().contains("/recalls/new?kind=lot&code=COTTON"));

    let csv = desk.get("/api/v1/trace/lots/COTTON?format=csv&lang=en").await.expect(200);
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"trace-lot-COTTON-batches.csv\""));
    let lines: Vec<_> = csv.text().lines().collect();
    assert!(lines[0].starts_with("\u{feff}Batch,Style") && lines[1].starts_with("B-1,S-1,School shirt"), "{lines:?}");
    assert_eq!(lines.len(), 3);
    let xlsx = desk.get("/api/v1/trace/batches/B-1?format=xlsx&table=lots").await.expect(200);
    assert!(xlsx.body.starts_with(b"PK"));
    desk.get("/api/v1/trace/lots/NONE?format=csv").await.expect(404);

    let found = |q: String| {
        let desk = &desk;
        async move { desk.page(&format!("/trace?q={q}")).await }
    };
    for (q, to) in [
        ("COTTON".to_owned(), "/trace/lot/COTTON".to_owned()),
        ("B-1".into(), "/trace/batch/B-1".into()),
        ("DYER".into(), "/trace/party/DYER".into()),
        (serial.to_lowercase(), format!("/trace/garment/{serial}")),
        (format!("HTTPS://ID.BRAND.CN/C/{serial}"), format!("/trace/garment/{serial}")),
    ] {
        assert_eq!(found(q).await.expect(303).header("location"), Some(to.as_str()));
    }
    assert!(found("nobody".into()).await.expect(200).text().contains("nobody"));
    found(String::new()).await.expect(200);
});

story!(what_is_held_in_memory_follows_the_store, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    assert_eq!(desk.get("/api/v1/trace/lots/BTN-1").await.json()["totals"]["batches"], 1);
    insert(&app, &fed(3, "button", 15, 0, WHOLE, "NULL")).await;
    assert_eq!(desk.get("/api/v1/trace/lots/BTN-1").await.json()["totals"]["batches"], 2);
});

/// A random genealogy, cycles and all: lots 1–30, batches 1–10.
fn random_sql(runner: &mut TestRunner) -> String {
    let edges = proptest::collection::btree_set((1i64..=30, 1i64..=30).prop_filter("not itself", |(a, b)| a != b), 0..50);
    let uses = proptest::collection::btree_map((1i64..=10, 1i64..=30, 0i64..40), 1i64..30, 0..30);
    let (edges, uses) = (edges, uses).new_tree(runner).unwrap().current();
    let mut sql: String = edges.iter().map(|(lot, parent)| made_of(*lot, *parent)).collect();
    for ((batch, lot, from), long) in uses {
        sql += &fed(batch, "shell", lot, from, if long > 25 { WHOLE } else { from + long }, "NULL");
    }
    sql
}

fn tidy(mut spans: Vec<(i64, i64, i64)>) -> Vec<(i64, i64, i64)> {
    spans.sort_unstable();
    let mut tidied: Vec<(i64, i64, i64)> = Vec::new();
    for (batch, from, to) in spans {
        match tidied.last_mut() {
            Some(last) if last.0 == batch && from <= last.2 => last.2 = last.2.max(to),
            _ => tidied.push((batch, from, to)),
        }
    }
    tidied
}

fn memory_agrees_with_sql(db: &mut Db) {
    let tree = trace::Genealogy::from_parts(trace::parts(db).unwrap());
    let mut scratch = trace::Scratch::default();
    for id in 1..=30 {
        let down = tree.down(&[tree.lot(id).unwrap()], &mut scratch);
        let memory: Vec<_> = down.spans.iter().map(|span| (tree.batch_no(span.batch), i64::from(span.from), i64::from(span.to))).collect();
        assert_eq!(memory, tidy(trace::down_by_sql(db, id).unwrap()), "down from lot {id}");
    }
    for no in 1..=10 {
        let batch = tree.batch(no).unwrap();
        for unit in [None, Some(0u32), Some(17), Some(45)] {
            let up = tree.up(batch, unit, &mut scratch);
            let mut memory: Vec<_> = up.lots.iter().map(|step| tree.lot_id(step.lot)).collect();
            memory.sort_unstable();
            let units = unit.map_or(0..WHOLE, |unit| i64::from(unit)..i64::from(unit) + 1);
            assert_eq!(memory, trace::up_by_sql(db, no, &units).unwrap(), "up from batch {no} {unit:?}");
        }
    }
}

#[actix_web::test]
async fn memory_and_sql_agree_on_random_genealogies() {
    for on in stores() {
        let app = TestApp::new(on);
        let mut sql = parties(&[(MILL, "MILL", "CN"), (FACTORY, "FACT", "CN")]) + sku();
        sql.extend((1..=30).map(|id| lot(id, &format!("L-{id}"), MILL, "fabric")));
        sql.extend((1..=10).map(|no| batch(no, &format!("B-{no}"))));
        insert(&app, &sql).await;
        let mut runner = TestRunner::deterministic();
        for _ in 0..12 {
            insert(&app, &format!("DELETE FROM batch_lot; DELETE FROM lot_parent; {}", random_sql(&mut runner))).await;
            app.state
                .store
                .read(|db| {
                    memory_agrees_with_sql(db);
                    Ok(())
                })
                .await
                .unwrap();
        }
    }
}
