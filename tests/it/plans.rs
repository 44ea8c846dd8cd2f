//! How the embedded store means to answer what the hot paths ask: by key, never by reading a big table from end to end.
//!
//! Every statement of a whole request is caught, on whatever thread it runs, and explained. SQLite plans by the shape of the tables as long as
//! nobody has counted their rows (`ANALYZE`), so that a plan over a few rows is the plan over millions. What the query builder has no word for
//! is raw SQL; those texts and their plans are golden files.

use std::collections::BTreeSet;

use hangtag::aftersales::cases;
use hangtag::aftersales::classes::{CaseChannel, CaseKind, CaseSeverity, Priority};
use hangtag::aftersales::service_levels::{self, About, Moment, happened};
use hangtag::inspection::defects;
use hangtag::kernel::Id;
use hangtag::ownership::scans::{Counter, DeviceKey, Look};
use hangtag::quality::trace;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::findings::{jpeg, multipart};
use crate::support::personas::Persona;
use crate::support::season::{GTIN, Season};
use crate::support::watch::{plan, seen, watched};
use crate::support::{Answer, Request, TestApp};

/// Tables that grow with garments, lots, requests or findings.
const BIG: &[&str] = &[
    "batch_lot",
    "case_contact",
    "case_line",
    "case_note",
    "case_photo",
    "case_task",
    "claim_try",
    "clock",
    "clock_escalation",
    "clock_event",
    "contact",
    "event",
    "finding",
    "foreign_serial",
    "garment",
    "garment_event",
    "holder",
    "idempotency",
    "label_chunk",
    "lot",
    "lot_parent",
    "photo",
    "sale",
    "scan_device",
    "scan_total",
    "service_case",
    "session",
    "warranty",
];

/// The words of a statement, without quotes and marks.
fn words(sql: &str) -> Vec<&str> {
    sql.split(|one: char| !(one.is_alphanumeric() || one == '_' || one == '.' || one == '=')).filter(|word| !word.is_empty()).collect()
}

/// The big table a step of a plan names, by its own name or the one it has in this statement.
fn big_table<'a>(sql: &'a str, name: &'a str) -> Option<&'static str> {
    let of = |name: &str| BIG.iter().copied().find(|table| *table == name);
    let words = words(sql);
    let named_so = words.windows(3).find_map(|three| {
        let table = of(three[0])?;
        let is_alias = three[1] == name || (three[1].eq_ignore_ascii_case("as") && three[2] == name);
        is_alias.then_some(table)
    });
    of(name).or(named_so)
}

/// Steps that read a big table from end to end. A page of a list goes along an index, or along the key, and ends at its LIMIT: that is
/// no such step unless the rows must be sorted first.
fn faults(app: &TestApp, sql: &str) -> Vec<String> {
    let steps = plan(app, sql);
    let ends = words(sql).contains(&"LIMIT") && !steps.iter().any(|step| step.contains("USE TEMP B-TREE FOR ORDER BY"));
    let bad = |step: &&String| {
        let mut words = step.split(' ');
        let (verb, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        big_table(sql, name).is_some() && ((verb == "SCAN" && !ends) || step.contains("AUTOMATIC"))
    };
    steps.iter().filter(bad).map(|step| format!("{step}\n    in {sql}\n    {steps:#?}")).collect()
}

/// What a path asked that has a plan.
fn asked(app: &TestApp) -> BTreeSet<String> {
    let is_query = |sql: &String| ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| sql.starts_with(verb));
    seen(app).ran.into_iter().filter(is_query).filter(|sql| !sql.contains("pragma_")).collect()
}

/// Asserts that what was asked since the last time touches these tables, and reads no big one from end to end.
#[track_caller]
fn by_key(app: &TestApp, path: &str, tables: &[&str]) {
    let asked = asked(app);
    for table in tables {
        assert!(asked.iter().any(|sql| words(sql).contains(table)), "{path} does not ask {table}: {asked:#?}");
    }
    let faults: Vec<_> = asked.iter().flat_map(|sql| faults(app, sql)).collect();
    assert!(faults.is_empty(), "{path}: {}", faults.join("\n"));
}

/// A season with a second batch, half of it out of a lot that was made out of another.
async fn world() -> (TestApp, Season) {
    let app = watched();
    app.state.store.write(defects::seed).await.unwrap();
    let season = app.season().await;
    let planner = app.api(Role::Admin).await;
    let lot = |code: &str, parents: Value| json!({ "code": code, "supplier": "MILL-1", "kind": "fabric", "material": { "en": "Poplin" }, "quantity_milli": 5000, "unit": "m", "parents": parents });
    planner.json("POST", "/api/v1/lots", &lot("LOT-2", json!([{ "lot": "LOT-1" }]))).await.expect(201);
    planner.json("POST", "/api/v1/lots", &lot("LOT-3", json!([{ "lot": "LOT-2" }]))).await.expect(201);
    let batch = json!({ "code": "B-2", "sku": "SH-2601-WH-M", "factory": "FAC-1", "planned": 10, "lots": [
        { "component": "shell", "lot": "LOT-3", "units": "1-5" }, { "component": "shell", "lot": "LOT-1", "units": "6-" }] });
    planner.json("POST", "/api/v1/batches", &batch).await.expect(201);
    planner.json("POST", "/api/v1/batches/B-2/mint", &json!({ "count": 10 })).await.expect(200);
    seen(&app);
    (app, season)
}

fn sale(season: &Season, unit: usize) -> Value {
    json!({ "serial": season.serials[unit], "sold_on": "2026-06-14", "order_no": format!("W-{unit}") })
}

async fn post(who: &Persona<'_>, uri: &str, key: &str, body: &Value) -> Answer {
    who.send(Request::json("POST", uri, body).header("idempotency-key", key)).await
}

#[actix_web::test]
async fn what_a_buyer_does_is_answered_by_key() {
    let (app, season) = world().await;
    app.sell(&season, 0, "2026-06-10").await;
    seen(&app);
    app.send(Request::get(&format!("/01/{GTIN}/21/{}", season.serials[0])).html()).await.expect(200);
    by_key(&app, "a card", &["sale", "warranty", "holder", "batch"]);
    app.send(Request::get(&format!("/C/{}", season.serials[1])).html()).await;
    by_key(&app, "a card by its serial alone", &["batch"]);
    app.send(Request::get(&format!("/01/{GTIN}/21/ANOTHERS-0001")).html()).await.expect(404);
    by_key(&app, "a serial from elsewhere", &["foreign_serial"]);
    let base = format!("/card/{GTIN}/{}", season.serials[0]);
    app.send(Request::form(&format!("{base}/claim"), &[("code", "WRONGCODE1")]).html()).await.expect(422);
    by_key(&app, "a wrong claim code", &["claim_try"]);
    let claimed = app.send(Request::form(&format!("{base}/claim"), &[("code", &season.claim_codes[0])]).html()).await.expect(200);
    by_key(&app, "a claim", &["claim_try", "holder", "garment_event", "batch_tally", "warranty"]);
    let cookie = claimed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let holder = async |request: Request| app.send(request.html().header("cookie", &cookie)).await;
    holder(Request::get(&base)).await.expect(200);
    by_key(&app, "a holder's card", &["holder", "garment_event"]);
    holder(Request::form(&format!("{base}/mine/contact"), &[("phone", "13800138000"), ("recall", "yes")])).await.expect(200);
    holder(Request::get(&format!("{base}/mine/export"))).await.expect(200);
    holder(Request::form(&format!("{base}/mine/transfer"), &[])).await;
    holder(Request::form(&format!("{base}/mine/erase"), &[])).await.expect(200);
    holder(Request::form(&format!("{base}/mine/release"), &[("sure", "yes")])).await;
    by_key(&app, "what a holder may do", &["contact", "holder"]);
    let (counter, counting) =
        Counter::start(app.state.store.clone(), app.state.clock.clone(), DeviceKey::derive(&app.state.keys.house).unwrap());
    let look =
        Look { method: "GET", user_agent: "Mozilla/5.0 (iPhone) Safari/604.1", purposes: &[], address: "203.0.113.7".parse().unwrap() };
    for garment in &season.garments {
        counter.count(*garment, &look);
    }
    counter.stop().await;
    counting.await.unwrap();
    by_key(&app, "counting scans", &["scan_device", "scan_total"]);
}

#[actix_web::test]
async fn sales_are_registered_and_listed_by_key() {
    let (app, season) = world().await;
    let (_, shop) = app.party(hangtag::production::parties::Role::Retailer).await;
    let desk = app.api(Role::Agent).await;
    seen(&app);
    for unit in 0..6 {
        post(&desk, "/api/v1/sales", &format!("k-{unit}"), &sale(&season, unit)).await.expect(201);
    }
    by_key(&app, "a sale", &["idempotency", "sale", "garment", "warranty", "garment_event", "batch_tally", "holder"]);
    post(&desk, "/api/v1/sales", "k-0", &sale(&season, 0)).await.expect(201);
    by_key(&app, "a sale sent again", &["idempotency"]);
    let one = format!("/api/v1/sales/{}", season.serials[0]);
    desk.get(&one).await.expect(200);
    by_key(&app, "a garment's sales", &["sale", "warranty"]);
    desk.json("POST", &format!("{one}/delivered"), &json!({ "delivered_on": "2026-06-15" })).await.expect(200);
    desk.json("POST", &format!("{one}/returned"), &json!({ "returned_on": "2026-06-15" })).await.expect(200);
    by_key(&app, "a delivery and a return", &["sale", "warranty", "garment", "batch_tally"]);
    let next = desk.get("/api/v1/sales?per_page=2").await.expect(200).json()["next"].as_str().unwrap().to_owned();
    for ask in ["", "from=2026-06-01", "to=2026-06-15", "from=2026-06-01&to=2026-06-15", &format!("retailer={shop}")] {
        for page in ["", &format!("&after={next}")] {
            desk.get(&format!("/api/v1/sales?{ask}{page}&per_page=2")).await.expect(200);
            by_key(&app, &format!("sales, {ask}{page}"), &["sale"]);
        }
    }
    desk.get("/sales.csv").await.expect(200);
    by_key(&app, "the sales as a file", &["sale"]);
}

#[actix_web::test]
async fn findings_are_logged_and_listed_by_key() {
    let (app, season) = world().await;
    let inspector = app.api(Role::Inspector).await;
    let finding = |subject: &str| json!({ "subject": subject, "defect": "pilling", "stage": "final" });
    seen(&app);
    for (at, subject) in [season.serials[0].as_str(), season.serials[1].as_str(), "B-1", "LOT-1"].into_iter().enumerate() {
        post(&inspector, "/api/v1/findings", &format!("k-{at}"), &finding(subject)).await.expect(201);
    }
    by_key(&app, "a finding", &["finding", "event", "garment", "garment_event", "foreign_serial", "lot"]);
    let page = inspector.get("/api/v1/findings?per_page=2").await.expect(200).json();
    let (next, id) = (page["next"].as_str().unwrap(), page["items"][0]["id"].as_str().unwrap());
    inspector.get(&format!("/api/v1/findings/{id}")).await.expect(200);
    by_key(&app, "one finding", &["finding", "photo"]);
    for ask in [
        String::new(),
        "batch=B-1".into(),
        "lot=LOT-1".into(),
        format!("serial={}", season.serials[0]),
        "supplier=MILL-1".into(),
        "defect=pilling".into(),
        "severity=major".into(),
        "stage=final".into(),
        "status=all".into(),
        "from=2026-06-01&to=2026-06-15".into(),
    ] {
        for page in [String::new(), format!("&after={next}")] {
            inspector.get(&format!("/api/v1/findings?{ask}{page}&per_page=2")).await.expect(200);
            by_key(&app, &format!("findings, {ask}{page}"), &["finding"]);
        }
    }
}

#[actix_web::test]
async fn traces_and_counts_are_answered_by_key() {
    let (app, season) = world().await;
    let manager = app.api(Role::SupplierManager).await;
    app.sell(&season, 0, "2026-06-10").await;
    let finding = json!({ "subject": season.serials[0], "defect": "pilling", "stage": "return" });
    let id = manager.json("POST", "/api/v1/findings", &finding).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    // The genealogy is read whole once a version; from then on it is at hand.
    manager.get("/api/v1/trace/lots/LOT-1").await.expect(200);
    seen(&app);
    for (path, tables) in [
        ("lots/LOT-1".to_owned(), &["batch_tally", "finding", "lot"][..]),
        ("lots/LOT-3".to_owned(), &["sale", "holder", "finding"]),
        ("parties/MILL-1".to_owned(), &["batch_tally", "finding", "lot"]),
        ("batches/B-1".to_owned(), &["batch_tally", "finding", "lot"]),
        ("batches/B-2".to_owned(), &["batch_tally", "lot"]),
        (format!("garments/{}", season.serials[0]), &["finding", "lot"]),
        (format!("findings/{id}"), &["finding", "lot"]),
    ] {
        manager.get(&format!("/api/v1/trace/{path}")).await.expect(200);
        by_key(&app, &format!("trace of {path}"), tables);
        let (kind, what) = path.split_once('/').unwrap();
        let one = match kind {
            "parties" => "party",
            "batches" => "batch",
            other => other.trim_end_matches('s'),
        };
        manager.page(&format!("/trace/{one}/{what}")).await.expect(200);
        by_key(&app, &format!("page of {path}"), &[]);
    }
    for page in [format!("/find?q={}", season.serials[0]), "/find?q=B-1".into(), "/find?q=LOT-1".into()] {
        manager.page(&page).await;
        by_key(&app, &page, &[]);
    }
    for page in ["/batches", "/batches/B-1", "/lots", "/lots/LOT-1", "/api/v1/batches?per_page=1", "/api/v1/lots?per_page=1"] {
        manager.page(page).await.expect(200);
        by_key(&app, page, &["batch"][..usize::from(page.contains("batch"))]);
    }
}

/// What the query builder has no word for: text and plan, as they were looked at by a person.
#[actix_web::test]
async fn raw_sql_is_as_it_was_reviewed() {
    let (app, season) = world().await;
    let batch = season.batch.0;
    app.look(move |db| {
        trace::down_by_sql(db, 1)?;
        trace::up_by_sql(db, batch, &(0..10))
    })
    .await;
    let manager = app.api(Role::SupplierManager).await;
    manager.get("/api/v1/trace/lots/LOT-3").await.expect(200);
    let planner = app.api(Role::Planner).await;
    let lot = json!({ "code": "LOT-4", "supplier": "MILL-1", "kind": "fabric", "material": { "en": "Poplin" }, "quantity_milli": 5000, "unit": "m",
        "parents": [{ "lot": "LOT-3" }] });
    let made = planner.json("POST", "/api/v1/lots", &lot).await.expect(201).json();
    let mut again = lot.clone();
    again["version"] = made["version"].clone();
    again["parents"] = json!([{ "lot": "LOT-2" }]);
    planner.json("PUT", "/api/v1/lots/LOT-4", &again).await.expect(200);
    // The builder quotes every name, so what quotes none was written by hand.
    let raw: Vec<_> = asked(&app).into_iter().filter(|sql| !sql.contains('`')).collect();
    assert!([trace::DOWN_SQL, trace::UP_SQL].iter().all(|text| raw.iter().any(|sql| sql.trim_end() == text.trim_end())), "{raw:#?}");
    assert_eq!(raw.iter().flat_map(|sql| faults(&app, sql)).collect::<Vec<_>>(), Vec::<String>::new());
    let told = raw.iter().map(|sql| format!("{}\n--\n{}\n", sql.trim_end(), plan(&app, sql).join("\n")));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

/// The watch itself: what reads a big table from end to end is found out, whatever the table is called there.
#[actix_web::test]
async fn a_scan_is_found_out() {
    use diesel::prelude::*;
    use hangtag::each;
    use hangtag::platform::db::schema::{holder, sale};

    let (app, _) = world().await;
    for bad in [
        "SELECT * FROM sale WHERE order_no = ?",
        "SELECT s.city FROM warranty w JOIN sale AS s ON s.order_no = w.reason WHERE w.garment_id = ?",
        "SELECT w.reason FROM warranty w WHERE w.ends_on > ?",
        "SELECT count(*) FROM garment_event",
        "SELECT * FROM sale ORDER BY city LIMIT ?",
        "UPDATE holder SET status = 'ended' WHERE secret_hash = ?",
        "DELETE FROM scan_device WHERE times > ?",
        "SELECT * FROM lot_parent AS one JOIN lot_parent AS two ON two.quantity_milli = one.quantity_milli WHERE one.lot_id = ?",
    ] {
        assert_eq!(faults(&app, bad).len(), 1, "{bad}: {:#?}", plan(&app, bad));
    }
    for good in [
        "SELECT * FROM sale WHERE garment_id = ?",
        "SELECT * FROM sale ORDER BY sold_on DESC, garment_id DESC, seq DESC LIMIT ?",
        "SELECT * FROM finding ORDER BY id DESC LIMIT ?",
        "SELECT * FROM party WHERE city = ?",
    ] {
        assert_eq!(faults(&app, good), Vec::<String>::new());
    }
    // As it comes from the query builder, through the store, on another thread.
    seen(&app);
    app.look(|db| {
        let _rows: Vec<(i64, i64)> = each!(db, |c| sale::table
            .inner_join(holder::table.on(holder::garment_id.eq(sale::garment_id)))
            .filter(sale::city.eq("杭州"))
            .select((sale::garment_id, holder::seq))
            .load(c))?;
        Ok(())
    })
    .await;
    let found: Vec<_> = asked(&app).iter().flat_map(|sql| faults(&app, sql)).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[actix_web::test]
async fn what_is_asked_about_a_garment_is_answered_by_key() {
    let (app, season) = world().await;
    app.seed().await;
    app.sell(&season, 0, "2026-06-10").await;
    seen(&app);
    let at = format!("/card/{GTIN}/{}", season.serials[0]);
    app.send(Request::get(&format!("{at}/help")).html()).await.expect(200);
    by_key(&app, "the form that asks for help", &["case_line", "sale"]);
    let fields = [
        ("csrf", ""),
        ("once", "0123456789abcdef01234567"),
        ("reason", "button_off"),
        ("phone", "13800138000"),
        ("order_no", "W-1"),
        ("service", "yes"),
    ];
    let sent = app.send(multipart(&format!("{at}/help"), &fields, &[jpeg(30, 20)])).await.expect(303);
    by_key(&app, "a request", &["service_case", "case_line", "case_photo", "case_contact", "garment_event", "idempotency"]);
    let mine = sent.header("location").unwrap().to_owned();
    app.send(Request::get(&mine).html()).await.expect(200);
    by_key(&app, "the page of a request", &["service_case", "case_line", "case_note", "case_photo"]);
    app.send(Request::form("/help", &[("order_no", "W-1"), ("tail", "8000")]).html()).await.expect(200);
    by_key(&app, "a request by its order", &["service_case"]);
    let no = mine.split('/').nth(2).unwrap();
    let desk = app.api(Role::Agent).await;
    for list in ["", "?state=new", "?state=resolved", "?state=closed", "?state=all", "?queue=desk", "?owner=-", "?q=W-1"] {
        desk.get(&format!("/api/v1/cases{list}")).await.expect(200);
        by_key(&app, &format!("the list of cases{list}"), &["service_case"]);
    }
    desk.get(&format!("/api/v1/cases?q={}", season.serials[0])).await.expect(200);
    by_key(&app, "the cases of a serial", &["service_case", "case_line"]);
    let stamp = app.state.stamp("system");
    app.write(move |db| cases::close_over(db, &stamp, Id(0), 10)).await;
    by_key(&app, "cases that are over", &["service_case"]);
    post(&desk, &format!("/api/v1/cases/{no}/acts"), "c1", &json!({ "act": "decide", "line": 1, "outcome": "repair" })).await.expect(200);
    by_key(&app, "a decision", &["service_case", "case_line", "case_note", "case_task", "event"]);
}

#[actix_web::test]
async fn what_is_due_is_found_by_key() {
    let app = watched();
    app.write(service_levels::seed).await;
    let desk = app.api(Role::Agent).await;
    let about = About {
        case: Id(1),
        no: "C-1",
        kind: CaseKind::Complaint,
        severity: CaseSeverity::General,
        priority: Priority::Urgent,
        channel: CaseChannel::Chat,
        market: "CN",
    };
    seen(&app);
    for moment in [Moment::Opened, Moment::Waiting, Moment::Working, Moment::Reclassified, Moment::Contacted] {
        let stamp = app.state.stamp("system");
        app.write(move |db| happened(db, &stamp, &about, moment)).await;
    }
    by_key(&app, "what happens to a case", &["clock", "clock_event"]);
    let now = app.state.clock.now();
    app.look(move |db| service_levels::of(db, Id(1), now)).await;
    by_key(&app, "the clocks of a case", &["clock", "clock_event"]);
    app.state.clock.advance(chrono::Duration::days(30));
    let sweeping = |app: &TestApp| {
        let state = app.state.clone();
        std::thread::spawn(move || service_levels::sweep(&state).unwrap()).join().unwrap()
    };
    assert!(sweeping(&app).told > 0);
    by_key(&app, "the sweep", &["clock", "clock_event", "clock_escalation"]);
    app.state.clock.advance(chrono::Duration::days(-30));
    let own = json!({ "kind": "off" });
    app.api(Role::Admin).await.json("PUT", "/api/v1/calendars/DESK/2026-06-16", &own).await.expect(200);
    seen(&app);
    assert!(sweeping(&app).moved > 0);
    by_key(&app, "a change of calendar", &["clock", "clock_event", "calendar_version"]);
    let next = desk.get("/api/v1/clocks?per_page=1").await.expect(200).json()["next"].as_str().unwrap().to_owned();
    for ask in
        ["", "standing=overdue", "standing=soon", "standing=later", "clock=complaint.resolve", "kind=complaint", "priority=urgent", "q=C-1"]
    {
        for page in ["", &format!("&after={next}"), &format!("&before={next}")] {
            desk.get(&format!("/api/v1/clocks?{ask}{page}&per_page=1")).await.expect(200);
            by_key(&app, &format!("what is due, {ask}{page}"), &["clock"]);
        }
    }
    for due in ["overdue", "soon", "later", "any", "any&owner=-", "any&queue=desk"] {
        desk.get(&format!("/api/v1/cases?due={due}&per_page=1")).await.expect(200);
        by_key(&app, &format!("cases by their deadlines, {due}"), &["service_case", "clock"]);
    }
    let stamp = app.state.stamp("system");
    app.write(move |db| service_levels::reckon(db, &stamp, "complaint.resolve", Id(0), 10)).await;
    by_key(&app, "a change of a level", &["clock", "clock_event"]);
    // Nothing due is known from the index alone.
    let sql = "SELECT id FROM clock WHERE ended_at IS NULL AND due_at IS NOT NULL AND due_at < ? ORDER BY due_at, id LIMIT ?";
    assert!(plan(&app, sql)[0].starts_with("SEARCH clock USING INDEX clock_due "), "{:?}", plan(&app, sql));
}
