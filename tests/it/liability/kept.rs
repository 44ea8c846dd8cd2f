//! What is kept from one version, file or garment to the next: evidence that was said, excess as it is stored, files of the form before, everything
//! known of a garment.

use hangtag::aftersales::cases;
use hangtag::kernel::{Code, Id};
use hangtag::platform::rooms::Thing;
use hangtag::production::materials::LotSheet;
use hangtag::production::parties::Role as Does;
use hangtag::quality::liability::rules::{StatementText, verify};
use hangtag::quality::liability::{self, Evidence, Role, VerdictAsk};
use hangtag::staff::accounts::Role as Works;
use serde_json::{Value, json};

use super::{claim, cost, of, proposed, shares, supplier};
use crate::findings::{jpeg, multipart};
use crate::story;
use crate::support::TestApp;
use crate::support::goods::Goods;
use crate::trace::insert;

/// What the program of format 2 wrote, byte for byte.
const BEFORE: &str = include_str!("../../files/statement-2.json");

#[test]
fn a_file_of_the_form_before_still_holds() {
    assert!(BEFORE.contains("hangtag-statement/2") && !BEFORE.contains("\"months\""));
    let verified = verify(BEFORE).unwrap();
    assert_eq!(verified.differs, []);
    assert!(BEFORE.contains(&format!("\"sha256\":\"{}\"", verified.sha256)));
    assert!(!StatementText::of_file(BEFORE).unwrap().lines.is_empty());
    let changed = BEFORE.replacen("\"seq\":1", "\"seq\":2", 1);
    assert!(changed != BEFORE && !verify(&changed).unwrap().differs.is_empty());
    // With the name of the form that is written now it is another file.
    assert!(!verify(&BEFORE.replacen("hangtag-statement/2", "hangtag-statement/3", 1)).unwrap().differs.is_empty());
}

story!(evidence_that_was_said_holds_until_it_is_withdrawn, |app| {
    let (goods, case) = claim(&app, Some("button_loose")).await;
    supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let manager = app.persona(Works::SupplierManager).await;
    let intact = json!({ "rule": "part_intact", "source": "R-2" });
    let ask = |more: Value| {
        let mut ask = json!({ "case": case.no, "reason": "looked at again" });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let manager = &manager;
        async move { manager.json("POST", "/api/v1/verdicts", &ask).await }
    };
    let plain = ask(json!({})).await.expect(201).json();
    let said = ask(json!({ "evidence": [intact] })).await.expect(201).json();
    assert_eq!(said["evidence"], json!([intact]));
    assert_ne!(said["shares"], plain["shares"], "it counts");
    let next = ask(json!({})).await.expect(201).json();
    assert_eq!((&next["seq"], &next["evidence"], &next["shares"]), (&json!(3), &json!([intact]), &said["shares"]), "said once, it holds");
    // Said again it is the same evidence; what nobody said cannot be withdrawn, and nothing is written.
    let again = ask(json!({ "evidence": [intact] })).await.expect(201).json();
    assert_eq!(again["evidence"], json!([intact]));
    let wrong = ask(json!({ "withdrawn": [{ "rule": "part_intact", "source": "R-3" }] })).await.expect(422).json();
    assert_eq!((&wrong["faults"][0]["field"], &wrong["faults"][0]["code"]), (&json!("withdrawn.0.rule"), &json!("unknown_reference")));
    let without = ask(json!({ "withdrawn": [intact] })).await.expect(201).json();
    assert_eq!((&without["seq"], &without["evidence"], &without["shares"]), (&json!(5), &json!([]), &plain["shares"]));
    assert_eq!(ask(json!({})).await.expect(201).json()["evidence"], json!([]), "withdrawn once, it is gone");
});

story!(the_form_of_a_contest_says_what_is_missing_and_refuses_nobody, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let manager = app.persona(Works::SupplierManager).await;
    let verdict = manager.json("POST", "/api/v1/verdicts", &json!({ "case": case.no })).await.expect(201).json();
    let code = verdict["code"].as_str().unwrap();
    manager.json("POST", &format!("/api/v1/verdicts/{code}/notify"), &json!({})).await.expect(200);
    let own = app.persona_of_party(Works::Supplier, buttons.id).await;
    for (lang, photo, report) in
        [("en", "Photos of the garment", "A test report"), ("zh-CN", "实物、零件或留样的照片", "检测报告或生产记录")]
    {
        let form = own.page(&format!("/verdicts/{code}/contest?lang={lang}")).await.expect(200);
        assert!(form.text().contains(photo) && form.text().contains(report), "{}", form.text());
    }
    // Nothing is denied by its format, and what is there is asked for no more.
    let csrf = own.csrf.clone().unwrap();
    own.send(multipart(&format!("/verdicts/{code}/files"), &[("csrf", &csrf), ("once", "a")], &[b"an old spreadsheet".to_vec()]))
        .await
        .expect(303);
    let form = own.page(&format!("/verdicts/{code}/contest?lang=en")).await.expect(200);
    assert!(form.text().contains("Photos of the garment") && !form.text().contains("A test report"), "{}", form.text());
    own.send(multipart(&format!("/verdicts/{code}/files"), &[("csrf", &csrf), ("once", "b")], &[jpeg(60, 40)])).await.expect(303);
    let form = own.page(&format!("/verdicts/{code}/contest?lang=en")).await.expect(200);
    assert!(!form.text().contains("not there yet"), "{}", form.text());
    own.json("POST", &format!("/api/v1/verdicts/{code}/contest"), &json!({ "reason": "sewn on badly" })).await.expect(200);
});

/// A lot of a party in some units of batches.
async fn lot(app: &TestApp, code: &str, party: &str, uses: &[(&Goods, i64, i64)]) {
    let document = json!({ "code": code, "supplier": party, "kind": "fabric", "material": { "zh": "料", "en": "Cloth" }, "quantity_milli": 100_000_000, "unit": "m" });
    let stamp = app.state.stamp("system");
    let made = app.write(move |db| hangtag::platform::rooms::made::<LotSheet>(db, &stamp, document.clone())).await;
    for (goods, from, to) in uses {
        let sql = format!(
            "INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to, quantity_milli) VALUES ({}, 'shell', {}, {from}, {to}, 1000)",
            goods.no.0,
            made.id().0
        );
        insert(app, &sql).await;
    }
}

story!(what_signals_know_of_a_lot_changes_a_verdict, |app| {
    app.seed().await;
    let mut goods = Vec::new();
    for _ in 0..8 {
        goods.push(app.goods(None, 200).await);
    }
    let (mill, (_, other)) = (app.party(Does::DyeHouse).await, app.party(Does::DyeHouse).await);
    let half = |place: usize, second: bool| if second { (&goods[place], 100, 4_194_304) } else { (&goods[place], 0, 100) };
    // The bad lot is half of four batches; its dyer has two that are not bad.
    lot(&app, "DYE-BAD", &mill.1, &[half(0, false), half(1, false), half(2, false), half(3, false)]).await;
    lot(&app, "DYE-1", &mill.1, &[half(0, true), half(1, true), half(4, false), half(5, false)]).await;
    lot(&app, "DYE-2", &other, &[half(2, true), half(3, true), half(6, false), half(7, false)]).await;
    lot(&app, "DYE-3", &other, &[half(4, true), half(6, true)]).await;
    lot(&app, "DYE-4", &mill.1, &[half(5, true), half(7, true)]).await;
    let mut rows = Vec::new();
    for goods in &goods {
        for unit in 0..200 {
            rows.push(format!(
                "({}, 1, 'live', '2026-02-01', 'shop', NULL, '', 'CN', '', 'api', '2026-02-01 00:00:00', 1)",
                goods.garment(unit).0
            ));
        }
    }
    let sale = "INSERT INTO sale (garment_id, seq, status, sold_on, channel, retailer_id, order_no, country, city, source, created_at, version) VALUES ";
    for some in rows.chunks(200) {
        insert(&app, &format!("{sale}{}", some.join(","))).await;
    }
    let mut found = Vec::new();
    for (place, goods) in goods.iter().enumerate() {
        let bad = if place < 4 { 15 } else { 1 };
        found.extend((1..=bad).chain(101..=101).map(|unit| (goods.garment(unit), Some(1), Some("fading"))));
    }
    app.case(&found).await;
    let one = app.case(&[(goods[0].garment(50), Some(1), Some("fading"))]).await;
    let good = app.case(&[(goods[6].garment(50), Some(1), Some("fading"))]).await;

    let manager = app.persona(Works::SupplierManager).await;
    // What the same claims come to without the excess: what the rules say of them alone.
    let mill_of = |all: Vec<(Role, Option<Id>, i64)>| -> i64 {
        all.into_iter().filter(|(role, ..)| *role == Role::Mill).map(|(.., micro)| micro).sum()
    };
    let alone = shares(&app, proposed(&app, of(&good)).await.unwrap().id).await;
    let again = |no: &str| {
        let (manager, ask) = (&manager, json!({ "case": no, "reason": "with what signals know" }));
        async move { manager.json("POST", "/api/v1/verdicts", &ask).await.expect(201).json() }
    };
    let id = |verdict: &Value| verdict["code"].as_str().unwrap().parse::<Id>().unwrap();
    assert_eq!(shares(&app, id(&again(&good.no).await)).await, alone, "of a lot that is as others are, nothing changes");
    let alone = mill_of(shares(&app, proposed(&app, of(&one)).await.unwrap().id).await);
    let with = again(&one.no).await;
    let of_mill = with["shares"].as_array().unwrap().iter().find(|share| share["role"] == "mill").unwrap_or(&Value::Null);
    assert_eq!((&of_mill["party"], &of_mill["lot"]), (&json!(mill.1), &json!("DYE-BAD")), "{with}");
    let micro = of_mill["micro"].as_i64().unwrap();
    // What is surely the lot's own: the ratio's lower bound, which signals say of it, and nothing beyond.
    let signals = manager.get("/api/v1/signals?kind=confirmed&defect=fading").await.expect(200).json();
    let first = &signals["detail"]["nodes"][0];
    assert_eq!((&first["node"]["code"], &first["verdict"]), (&json!("DYE-BAD"), &json!("explains")), "{signals}");
    let lower = 1.0 - first["ratio"]["lower"].as_f64().unwrap().recip();
    let [micro, alone] = [micro, alone].map(|micro| f64::from(i32::try_from(micro).unwrap()) / 1e6);
    assert!(lower > 0.5 && (micro - (lower + (1.0 - lower) * alone)).abs() < 0.01, "{micro} {alone} {lower}");
    assert_eq!(shares(&app, id(&with)).await.iter().map(|(.., micro)| micro).sum::<i64>(), 1_000_000);

    // It was read before the write: what has changed in between is seen there.
    let (state, line) = (app.state.clone(), one.lines[0]);
    let read = app
        .look(move |db| {
            let line = cases::line(db, line)?.unwrap();
            liability::read_excess(&state, db, line)
        })
        .await;
    assert!(read.excess.is_some());
    let now = read.clone();
    app.look(move |db| now.check(db)).await;
    proposed(&app, VerdictAsk { reason: "meanwhile".into(), ..of(&one) }).await.unwrap();
    let stale = app.state.store.write(move |db| read.check(db)).await;
    assert_eq!(stale.unwrap_err().code(), Code::Stale);
});

story!(everything_known_of_a_garment_has_its_repair_and_its_scans, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, hangtag::aftersales::settlements::LedgerKind::RepairParts, 1_234).await;
    proposed(&app, VerdictAsk { evidence: vec![Evidence { rule: "part_intact".into(), source: "R-2".into() }], ..of(&case) })
        .await
        .unwrap();
    let agent = app.persona(Works::Agent).await;
    let order = json!({ "case": case.no, "line": 1 });
    agent.json("POST", "/api/v1/repairs", &order).await.expect(201);
    let garment = goods.garment(0).0;
    app.sql(&format!(
        "INSERT INTO scan_total (garment_id, devices, times, first_at, last_at) VALUES ({garment}, 2, 5, '2026-06-11 08:00:00', '2026-06-13 08:00:00')"
    ))
    .await
    .unwrap();
    let manager = app.persona(Works::SupplierManager).await;
    let serial = goods.serial(&app, 0).replace('/', "%2F");
    let file = manager.get(&format!("/api/v1/garments/{serial}/dossier")).await.expect(200);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(file.body.to_vec())).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("garment.json").unwrap(), &mut text).unwrap();
    let known: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&known["format"], &known["scans"]["devices"], &known["scans"]["times"]),
        (&json!("hangtag-garment/2"), &json!(2), &json!(5))
    );
    let repair = &known["cases"][0]["repair"];
    assert_eq!((&repair["repair"]["code"], &repair["repair"]["state"]), (&json!(format!("{}.1", case.no)), &json!("triage")), "{repair}");
    assert!(!repair["events"].as_array().unwrap().is_empty() && known["cases"][0]["verdicts"].as_array().unwrap().len() == 1);
});
