//! What parties answer: within the working days that were agreed, in two rounds, by silence where that was agreed; with papers of any kind; and what
//! they are asked to pay in the end.

use hangtag::aftersales::service_levels::{self, ClockState};
use hangtag::aftersales::settlements::LedgerKind;
use hangtag::kernel::Code;
use hangtag::ownership::holders::{self, Secret};
use hangtag::production::parties::Role as Does;
use hangtag::quality::liability::{self, VerdictState};
use hangtag::staff::accounts::Role as Works;
use serde_json::{Value, json};

use super::{charged, claim, cost, finished, of, supplier};
use crate::findings::{jpeg, multipart};
use crate::parties::fields;
use crate::story;
use crate::support::personas::Persona;
use crate::support::{Request, TestApp};

async fn agreement(manager: &Persona<'_>, party: &str, days: i64, silence: bool) -> Value {
    let agreed = json!({ "party": party, "valid_from": "2026-01-01", "reply_days": days, "silence_accepts": silence, "document": "QA-1" });
    manager.json("POST", "/api/v1/supplier-agreements", &agreed).await.expect(201).json()
}

async fn told(manager: &Persona<'_>, case: &str) -> Value {
    let made = manager.json("POST", "/api/v1/verdicts", &json!({ "case": case, "reason": "again" })).await.expect(201).json();
    let uri = format!("/api/v1/verdicts/{}/notify", made["code"].as_str().unwrap());
    manager.send(Request::new("POST", &uri)).await.expect(200).json()
}

fn at(verdict: &Value, verb: &str) -> String {
    format!("/api/v1/verdicts/{}/{verb}", verdict["code"].as_str().unwrap())
}

/// Looks at who is silent, as `serve` does.
async fn swept(app: &TestApp) -> usize {
    let state = app.state.clone();
    tokio::task::spawn_blocking(move || liability::accept_all_silent(&state)).await.unwrap().unwrap()
}

/// Where the last clock of replies of a case stands.
async fn clock(app: &TestApp, case: hangtag::kernel::Id) -> ClockState {
    let now = app.state.clock.now();
    let clocks = app.look(move |db| service_levels::of(db, case, now)).await;
    clocks.into_iter().rfind(|clock| clock.code == "liability.reply").unwrap().state
}

/// Days go by.
fn later(app: &TestApp, days: i64) {
    app.state.clock.advance(chrono::Duration::days(days));
}

story!(an_agreement_says_how_long_and_whether_silence_accepts, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let manager = app.persona(Works::SupplierManager).await;
    let agreed = agreement(&manager, &buttons.code, 3, true).await;
    let twice = json!({ "party": buttons.code, "valid_from": "2026-06-01", "reply_days": 5, "document": "QA-2" });
    assert_eq!(fields(&manager.json("POST", "/api/v1/supplier-agreements", &twice).await.expect(422).json()), [("valid_from", "overlap")]);
    // Three working days after Monday the 15th, counted from the next day.
    let verdict = told(&manager, &case.no).await;
    assert_eq!(verdict["reply_by"], "2026-06-18");
    let notice = &verdict["notices"][0];
    assert_eq!((&notice["reply_days"], &notice["silence_accepts"], &notice["reply"]), (&json!(3), &json!(true), &json!("none")));
    let (own, other) = (app.persona_of_party(Works::Supplier, buttons.id).await, app.persona(Works::Supplier).await);
    let page = own.page(&format!("/verdicts/{}?lang=en", verdict["code"].as_str().unwrap())).await.expect(200);
    assert!(page.text().contains("18 Jun 2026") || page.text().contains("2026-06-18"), "the last day is there from the first");
    let waiting = own.page("/verdicts/replies?lang=zh-CN").await.expect(200);
    assert!(waiting.text().contains(&case.no) && waiting.text().contains("2026-06-18") && waiting.text().contains("逾期视为接受"));
    assert!(!other.page("/verdicts/replies").await.expect(200).text().contains(&case.no));
    other.get(&format!("/api/v1/supplier-agreements/{}", agreed["code"].as_str().unwrap())).await.expect(404);

    // What was told stays, whatever is agreed later.
    let code = agreed["code"].as_str().unwrap();
    let mut changed = agreed.clone();
    changed["silence_accepts"] = json!(false);
    manager.json("PUT", &format!("/api/v1/supplier-agreements/{code}"), &changed).await.expect(200);
    assert_eq!(swept(&app).await, 0);
    later(&app, 3);
    assert_eq!(swept(&app).await, 0, "its last day is not over");
    later(&app, 1);
    let own = app.persona_of_party(Works::Supplier, buttons.id).await;
    let late = own.json("POST", &at(&verdict, "contest"), &json!({ "reason": "x" })).await.expect(409).json();
    assert!(late["title"].as_str().unwrap().contains("2026-06-18"), "{late}");
    assert_eq!(swept(&app).await, 1);
    assert_eq!(swept(&app).await, 0, "once");
    let manager = app.persona(Works::SupplierManager).await;
    let now = manager.get(&format!("/api/v1/verdicts/{}", verdict["code"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&now["state"], &now["notices"][0]["reply"]), (&json!("accepted"), &json!("silent")));
});

story!(without_an_agreement_silence_never_accepts, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let manager = app.persona(Works::SupplierManager).await;
    let verdict = told(&manager, &case.no).await;
    assert_eq!(verdict["reply_by"], "2026-06-24", "seven working days");
    assert_eq!(verdict["notices"][0]["is_rough"], true, "no holidays of this year are known");
    later(&app, 60);
    assert_eq!(swept(&app).await, 0);
    assert!(app.sql("UPDATE verdict_notice SET silence_accepts = TRUE").await.is_err(), "nobody agreed to that");
    let lead = app.persona(Works::Admin).await;
    lead.json("POST", &at(&verdict, "decide"), &json!({ "reason": "no answer" })).await.expect(200);
});

story!(what_is_charged_for_a_garment_is_contested_twice_at_most, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let (manager, inspector) = (app.persona(Works::SupplierManager).await, app.persona(Works::Inspector).await);
    let own = app.persona_of_party(Works::Supplier, buttons.id).await;
    let mut last = Value::Null;
    for round in 1..=2 {
        let verdict = told(&manager, &case.no).await;
        assert_eq!(verdict["notices"][0]["rounds_left"], 3 - round);
        assert_eq!(clock(&app, case.id).await, ClockState::Running, "the level of replies runs beside what was agreed");
        own.json("POST", &at(&verdict, "contest"), &json!({ "reason": format!("round {round}") })).await.expect(200);
        assert_eq!(clock(&app, case.id).await, ClockState::Met, "it answered in time");
        let looked = json!({ "found": "hook_button_broken", "report": "as before" });
        inspector.json("POST", &at(&verdict, "inspect"), &looked).await.expect(200);
        assert_eq!(inspector.json("POST", &at(&verdict, "inspect"), &looked).await.expect(409).code(), "duplicate");
        last = verdict;
    }
    let third = told(&manager, &case.no).await;
    assert_eq!(third["notices"][0]["rounds_left"], 0);
    assert_eq!(own.json("POST", &at(&third, "contest"), &json!({ "reason": "x" })).await.expect(409).code(), "wrong_state");
    // The store holds it as well, whoever writes.
    let id: hangtag::kernel::Id = third["code"].as_str().unwrap().parse().unwrap();
    let line = case.lines[0].0;
    for round in ["1", "2", "3", "NULL"] {
        let sql = format!(
            "INSERT INTO verdict_reply (verdict_id, party_id, line_id, accepts, round, by_silence, reason, actor, at)
             VALUES ({}, {}, {line}, FALSE, {round}, FALSE, 'x', 'x', '2026-06-15 08:00:00')",
            id.0, buttons.id.0
        );
        assert!(app.sql(&sql).await.is_err(), "round {round}");
    }
    let of_another = format!(
        "INSERT INTO verdict_reply (verdict_id, party_id, line_id, accepts, round, by_silence, reason, actor, at)
         VALUES ({}, {}, {}, TRUE, NULL, FALSE, '', 'x', '2026-06-15 08:00:00')",
        id.0,
        buttons.id.0,
        line + 1
    );
    assert!(app.sql(&of_another).await.is_err(), "a line of another verdict");
    let same = format!("UPDATE verdict_inspection SET inspector = first_inspector WHERE line_id = {line}");
    assert!(app.sql(&same).await.is_err(), "whoever looked first does not look again");
    let why = own.get(&at(&last, "why")).await.expect(200).json();
    assert_eq!((why["replies"][0]["round"].as_i64(), why["second"].as_array().unwrap().len()), (Some(2), 2));
    for lang in ["zh-CN", "en"] {
        let page = own.page(&format!("/verdicts/{}?lang={lang}", last["code"].as_str().unwrap())).await.expect(200);
        assert!(!page.text().contains(">verdicts-") && page.text().contains("as before"));
    }
});

story!(papers_of_any_kind_come_with_a_contest_and_stay_with_their_party, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let agent = app.persona(Works::Agent).await;
    let csrf = agent.csrf.clone().unwrap();
    let photos = format!("/cases/{}/photos", case.no);
    agent.send(multipart(&photos, &[("csrf", &csrf), ("once", "a")], &[jpeg(60, 40)])).await.expect(303);
    let manager = app.persona(Works::SupplierManager).await;
    let verdict = told(&manager, &case.no).await;
    let code = verdict["code"].as_str().unwrap();
    let (own, other) = (app.persona_of_party(Works::Supplier, buttons.id).await, app.persona(Works::Supplier).await);
    assert_eq!(own.get(&at(&verdict, "files")).await.expect(200).json()["missing"], json!(["photo", "report"]));
    let page = own.page(&format!("/verdicts/{code}?lang=en")).await.expect(200);
    assert!(page.text().contains("id=\"missing\"") && page.text().contains("You can contest without it"));
    // The picture of the garment, made anew; nobody else's.
    let picture = page.text().split(&format!("/verdicts/{code}/photos/")).nth(1).unwrap().split(".jpg").next().unwrap().to_owned();
    let shown = own.get(&format!("/verdicts/{code}/photos/{picture}.jpg")).await.expect(200);
    assert_eq!(shown.header("content-type"), Some("image/jpeg"));
    other.get(&format!("/verdicts/{code}/photos/{picture}.jpg")).await.expect(404);
    own.get(&format!("/cases/{}/photos/{picture}.jpg", case.no)).await.expect(403);

    let uri = format!("/verdicts/{code}/files");
    let csrf = own.csrf.clone().unwrap();
    let papers = [jpeg(80, 60), b"%PDF-1.7 a report".to_vec(), b"an old spreadsheet".to_vec()];
    own.send(multipart(&uri, &[("csrf", &csrf), ("once", "b")], &papers)).await.expect(303);
    own.send(multipart(&uri, &[("csrf", &csrf), ("once", "c")], &papers)).await.expect(303);
    own.send(multipart(&uri, &[("csrf", &csrf), ("once", "d")], &[])).await.expect(422);
    let foreign = other.csrf.clone().unwrap();
    other.send(multipart(&uri, &[("csrf", &foreign), ("once", "e")], &papers)).await.expect(404);
    let finance = app.persona(Works::Finance).await;
    let theirs = finance.csrf.clone().unwrap();
    finance.send(multipart(&uri, &[("csrf", &theirs), ("once", "f")], &papers)).await.expect(403);
    let listed = own.get(&at(&verdict, "files")).await.expect(200).json();
    let kinds: Vec<&str> = listed["files"].as_array().unwrap().iter().map(|file| file["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &listed["missing"]), (vec!["photo", "pdf", "other"], &json!([])));
    for file in listed["files"].as_array().unwrap() {
        let href = file["href"].as_str().unwrap();
        let answer = own.get(href).await.expect(200);
        if file["kind"] != "photo" {
            assert!(answer.header("content-disposition").unwrap().starts_with("attachment"), "never shown as a page");
        }
        manager.get(href).await.expect(200);
        other.get(href).await.expect(404);
    }
});

story!(a_final_line_is_in_one_chargeback_that_stands, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 1_234).await;
    let verdict = finished(&app, of(&case)).await;
    assert_eq!(verdict.state, VerdictState::Final);
    let (manager, finance) = (app.persona(Works::SupplierManager).await, app.persona(Works::Finance).await);
    let asked = json!({ "party": buttons.code, "from": "2026-06-01", "to": "2026-06-30" });
    let statement = manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
    let statement_code = statement["code"].as_str().unwrap();
    let charge = json!({ "statement": statement_code });
    manager.json("POST", "/api/v1/chargebacks", &charge).await.expect(403);
    assert_eq!(
        fields(&finance.json("POST", "/api/v1/chargebacks", &json!({ "statement": "nope" })).await.expect(422).json()),
        [("statement", "unknown_reference")]
    );
    let made = finance.json("POST", "/api/v1/chargebacks", &charge).await.expect(201).json();
    assert_eq!((&made["amount"], &made["claims"], &made["state"]), (&json!("12.34"), &json!(1), &json!("draft")));
    assert_eq!(finance.json("POST", "/api/v1/chargebacks", &charge).await.expect(409).code(), "wrong_state", "nothing is left to charge");
    let code = made["code"].as_str().unwrap();
    let act = |verb: &str| format!("/api/v1/chargebacks/{code}/{verb}");
    let id: hangtag::kernel::Id = code.parse().unwrap();
    // I-29, whoever writes: once while it stands, and final lines alone.
    for (verdict, kind, live) in
        [(verdict.id.0, "claim", "TRUE"), (verdict.id.0, "correction", "TRUE"), (verdict.id.0 + 1, "claim", "FALSE")]
    {
        let sql = format!(
            "INSERT INTO chargeback_line (chargeback_id, place, party_id, verdict_id, kind, amount_minor, live) VALUES ({}, 7, {}, {verdict}, '{kind}', 1, {live})",
            id.0, buttons.id.0
        );
        assert!(app.sql(&sql).await.is_err(), "{sql}");
    }
    let (own, other) = (app.persona_of_party(Works::Supplier, buttons.id).await, app.persona(Works::Supplier).await);
    // I-3: a chargeback is in the currency of its statement.
    let columns = "party_id, statement_id, state, claims, amount_minor, reference, reason, created_by, created_at, version";
    for sql in [
        format!("INSERT INTO chargeback (id, currency, {columns}) SELECT id + 1, 'USD', {columns} FROM chargeback"),
        "UPDATE chargeback SET currency = 'USD'".to_owned(),
    ] {
        assert!(app.sql(&sql).await.is_err(), "{sql}");
    }
    own.get(&format!("/api/v1/chargebacks/{code}")).await.expect(404);
    finance.send(Request::new("POST", &act("issue"))).await.expect(200);
    own.get(&format!("/api/v1/chargebacks/{code}")).await.expect(200);
    other.get(&format!("/api/v1/chargebacks/{code}")).await.expect(404);
    finance.send(Request::new("POST", &act("acknowledge"))).await.expect(404);
    own.json("POST", &act("dispute"), &json!({ "reason": "the currency is wrong" })).await.expect(200);
    own.send(Request::new("POST", &act("acknowledge"))).await.expect(200);
    let void = format!("/api/v1/statements/{statement_code}/void");
    assert_eq!(manager.json("POST", &void, &json!({ "reason": "x" })).await.expect(409).code(), "wrong_state", "a chargeback stands on it");
    finance.json("POST", &act("void"), &json!({ "reason": "again" })).await.expect(200);
    let again = finance.json("POST", "/api/v1/chargebacks", &charge).await.expect(201).json();
    let settle = format!("/api/v1/chargebacks/{}/settle", again["code"].as_str().unwrap());
    assert_eq!(finance.json("POST", &settle, &json!({ "reference": "B-1" })).await.expect(409).code(), "wrong_state");
    finance.send(Request::new("POST", &settle.replace("settle", "issue"))).await.expect(200);
    assert_eq!(charged(&app, buttons.id).await, 1_234);
    assert_eq!(finance.json("POST", &settle, &json!({ "reference": "B-1" })).await.expect(200).json()["state"], "settled");
    assert_eq!(charged(&app, buttons.id).await, 0, "what was paid is in the ledger");
    for lang in ["zh-CN", "en"] {
        for page in [
            "/chargebacks",
            "/chargebacks/new",
            "/evidence",
            "/evidence/new",
            "/supplier-agreements",
            "/supplier-agreements/new",
            "/legal-holds",
        ] {
            let shown = app.persona(Works::Admin).await.page(&format!("{page}?lang={lang}")).await.expect(200);
            for word in [">chargebacks-", ">evidence-", ">supplier-agreements-", ">legal-holds-"] {
                assert!(!shown.text().contains(word), "{page} {word}");
            }
        }
    }
});

story!(a_legal_hold_keeps_everything_and_one_file_has_it, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 1_234).await;
    finished(&app, of(&case)).await;
    let (manager, lead) = (app.persona(Works::SupplierManager).await, app.persona(Works::Admin).await);
    let serial = goods.serial(&app, 0);
    let held = json!({ "serial": serial, "reason": "(2026) 1" });
    let hold = manager.json("POST", "/api/v1/legal-holds", &held).await.expect(201).json();
    assert_eq!(hold["serial"], json!(serial));
    manager.json("POST", "/api/v1/legal-holds", &held).await.expect(409);
    app.persona(Works::Supplier).await.json("POST", "/api/v1/legal-holds", &held).await.expect(403);
    let garment = goods.garment(0);
    // Whoever holds it cannot have what they left erased, and can once the hold is lifted.
    let (keys, code, secret, today) = (app.state.keys.clone(), goods.claim_code(&app, 0), Secret::fresh(), app.state.today());
    let (stamp, own) = (app.state.stamp("holder"), secret.clone());
    let held = app.write(move |db| holders::claim(db, &stamp, &keys.serials, garment, &code, today, &own)).await;
    assert!(matches!(held, holders::Outcome::Held(_)));
    let (stamp, own) = (app.state.stamp("holder"), secret.clone());
    let kept = app.state.store.write(move |db| holders::contact_erase(db, &stamp, garment, &own)).await;
    assert_eq!(kept.unwrap_err().code(), Code::WrongState);
    // Nor can whoever asked for help.
    app.sql(&format!(
        "UPDATE service_case SET state = 'cancelled', closed_at = '2026-06-15 08:00:00', secret_hash = '{}' WHERE id = {}",
        secret.hash(),
        case.id.0
    ))
    .await
    .unwrap();
    let (stamp, own, no) = (app.state.stamp("buyer"), secret.clone(), case.no.clone());
    let kept = app.state.store.write(move |db| hangtag::aftersales::cases::contact_erase(db, &stamp, &no, &own)).await;
    assert_eq!(kept.unwrap_err().code(), Code::WrongState);
    let lift = format!("/api/v1/legal-holds/{}/lift", hold["code"].as_str().unwrap());
    assert_eq!(manager.json("POST", &lift, &json!({ "reason": "x" })).await.expect(409).code(), "needs_another");

    let file = manager.get(&format!("/api/v1/garments/{}/dossier", serial.replace('/', "%2F"))).await.expect(200);
    assert_eq!(file.header("content-type"), Some("application/zip"));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(file.body.to_vec())).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("garment.json").unwrap(), &mut text).unwrap();
    let known: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&known["serial"], &known["cases"][0]["case"]), (&json!(serial), &json!(case.no)));
    assert_eq!(known["cases"][0]["verdicts"][0]["verdict"]["state"], "final");
    assert!(known["cases"][0]["ledger"].as_array().unwrap().len() >= 3 && known["events"].is_array());
    assert_eq!(lead.json("POST", &lift, &json!({ "reason": "settled" })).await.expect(200).json()["lifted_why"], "settled");
    let (stamp, own) = (app.state.stamp("holder"), secret.clone());
    app.write(move |db| holders::contact_erase(db, &stamp, garment, &own)).await;
    let (stamp, no) = (app.state.stamp("buyer"), case.no.clone());
    app.write(move |db| hangtag::aftersales::cases::contact_erase(db, &stamp, &no, &secret)).await;
    let again = format!(
        "INSERT INTO legal_hold (id, garment_id, reason, set_by, set_at, lifted_by, lifted_at, lifted_why) VALUES (1, {0}, 'x', 'a', '2026-06-15 08:00:00', 'a', '2026-06-15 08:00:00', '')",
        garment.0
    );
    assert!(app.sql(&again).await.is_err(), "whoever set it does not lift it");
});

story!(a_statement_says_how_often_a_lot_fails_and_its_corrections_name_what_they_correct, |app| {
    let (goods, case) = claim(&app, Some("fading")).await;
    let cloth = supplier(&app, &goods, Does::DyeHouse, "fabric", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 10_000).await;
    let other = app.goods(None, 20).await;
    supplier(&app, &other, Does::Mill, "fabric", Some(1_000)).await;
    let admin = app.persona(Works::Admin).await;
    for (goods, from, to) in [(&goods, 1, 20), (&other, 0, 20)] {
        for unit in from..to {
            let sale = json!({ "serial": goods.serial(&app, unit), "gtin": goods.gtin, "sold_on": "2026-06-10" });
            admin.json("POST", "/api/v1/sales", &sale).await.expect(201);
        }
    }
    for unit in 1..8 {
        app.case(&[(goods.garment(unit), Some(1), Some("fading"))]).await;
    }
    let test =
        json!({ "kind": "laboratory", "lot": cloth.lot, "measured": 2_500, "required": 4_000, "source": "SGS-1", "seen_on": "2026-06-14" });
    app.persona(Works::Inspector).await.json("POST", "/api/v1/evidence", &test).await.expect(201);
    finished(&app, of(&case)).await;
    let manager = app.persona(Works::SupplierManager).await;
    let asked = json!({ "party": cloth.code, "from": "2026-06-01", "to": "2026-06-30" });
    let first = manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
    let counts = first["counts"].as_array().unwrap();
    assert_eq!(
        (counts.len(), &counts[0]["lot"], &counts[0]["defect"], &counts[0]["claims"]),
        (1, &json!(cloth.lot), &json!("fading"), &json!(8))
    );
    let number = |name: &str| counts[0][name].as_i64().unwrap();
    assert!(
        number("expected_micro") > 0 && number("lower_micro") <= number("ratio_micro") && number("ratio_micro") <= number("upper_micro")
    );
    // The same by month, in the document, on the page and in the file: nothing is lost on the way.
    let months = first["months"].as_array().unwrap();
    let sum = |name: &str| months.iter().map(|month| month[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("claims"), sum("expected_micro")), (8, number("expected_micro")), "{first}");
    assert_eq!((&months[0]["lot"], &months[0]["month"], months.len()), (&json!(cloth.lot), &json!("2026-06"), 1));
    let file = manager.get(&format!("/api/v1/statements/{}/file", first["code"].as_str().unwrap())).await.expect(200);
    assert!(file.text().contains("hangtag-statement/3") && file.text().contains("\"months\":[{\"claims\":8,"));
    assert_eq!(hangtag::quality::liability::rules::verify(file.text()).unwrap().differs, []);
    let line = &first["lines"][0];
    assert_eq!((&line["share"], &line["ambiguous"], &line["amount"]), (&json!(1_000_000), &json!(false), &json!("100.00")));
    assert_eq!(line["reply_by"], "2026-06-24", "the deadline stands on the statement as well");
    for lang in ["zh-CN", "en"] {
        let page = manager.page(&format!("/statements/{}?lang={lang}", first["code"].as_str().unwrap())).await.expect(200);
        assert!(page.text().contains(&cloth.lot) && page.text().contains("2026-06</td>") && !page.text().contains(">statements-"));
    }
    // The period is over; what comes later is a correction in the next.
    finished(&app, liability::VerdictAsk { facts: vec!["customer_damage".into()], reason: "cut".into(), ..of(&case) }).await;
    let next = manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
    assert_eq!(
        (&next["lines"][0]["kind"], &next["lines"][0]["corrects"], &next["amount"]),
        (&json!("correction"), &first["code"], &json!("-100.00"))
    );
});

story!(what_a_repair_put_in_answers_from_then_on, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let first = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let later = supplier(&app, &app.goods(None, 1).await, Does::TrimMaker, "button", Some(1_000)).await;
    let earlier = app.case(&[(goods.garment(1), None, Some("hook_button_broken"))]).await;
    let lot = app.look(move |db| hangtag::production::materials::lots_of(db, later.id)).await[0].id;
    let (garment, id) = (goods.garment(0).0, app.state.id().0);
    let repair = format!(
        "INSERT INTO repair_order (id, code, case_id, line_id, garment_id, kind, site, state, covered, diagnosis, quote_version, plan, text_hash, paid_ref, extended_days, repairer, rework, created_at, version)
         VALUES ({id}, 'R-1', {}, {}, {garment}, 'repair', 'workshop', 'triage', FALSE, '', 0, '', '', '', 0, '', 0, '2026-06-11 08:00:00', 1)",
        earlier.id.0, earlier.lines[0].0
    );
    app.sql(&repair).await.unwrap();
    let part = |on: &str| {
        format!(
            "INSERT INTO repair_part (id, order_id, garment_id, component, lot_id, quantity_milli, actor, at) VALUES ({}, {id}, {garment}, 'button', {}, 1000, 'x', '{on} 08:00:00')",
            app.state.id().0,
            lot.0
        )
    };
    let manager = app.persona(Works::SupplierManager).await;
    let charged = |verdict: Value| verdict["shares"][0]["party"].as_str().unwrap().to_owned();
    // What was put in after it was said to be broken is not what was broken.
    app.sql(&part("2026-06-14")).await.unwrap();
    assert_eq!(charged(manager.json("POST", "/api/v1/verdicts", &json!({ "case": case.no })).await.expect(201).json()), first.code);
    app.sql(&part("2026-06-11")).await.unwrap();
    assert_eq!(charged(manager.json("POST", "/api/v1/verdicts", &json!({ "case": case.no })).await.expect(201).json()), later.code);
});
