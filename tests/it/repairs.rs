//! Repairs: agreed to in exact words, looked at by two, signed for; what is put in belongs to the garment's genealogy.

use hangtag::platform::rooms::Thing;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::goods::{Goods, policy};
use crate::support::personas::Persona;
use crate::support::{Answer, TestApp};
use hangtag::production::terms::StartRule;

/// A batch of ten under twelve months of warranty, the first garment of it sold on 10 June.
async fn world(app: &TestApp) -> Goods {
    app.seed().await;
    let goods = app.goods(Some(policy("COVER", &[StartRule::Delivered])), 10).await;
    let shop = app.persona(Role::Retailer).await;
    for unit in [0, 1] {
        let sale = json!({ "serial": goods.serial(app, unit), "sold_on": "2026-06-10", "delivered_on": "2026-06-10", "price": { "minor": 19_900, "currency": "CNY" } });
        shop.json("POST", "/api/v1/sales", &sale).await.expect(201);
    }
    goods
}

/// A case about this unit; its number.
async fn case(app: &TestApp, agent: &Persona<'_>, goods: &Goods, unit: i64) -> String {
    let asked = json!({ "lines": [{ "serial": goods.serial(app, unit), "reason": "button_off" }] });
    let opened = agent.json("POST", "/api/v1/cases", &asked).await.expect(201).json();
    opened["no"].as_str().unwrap().to_owned()
}

async fn act(who: &Persona<'_>, repair: &str, verb: &str, said: Value) -> Answer {
    who.json("POST", &format!("/api/v1/repairs/{repair}/{verb}"), &said).await
}

async fn stands(who: &Persona<'_>, repair: &str) -> Value {
    who.get(&format!("/api/v1/repairs/{repair}")).await.expect(200).json()
}

story!(a_button_is_sewn_on_and_the_days_are_added, |app| {
    let goods = world(&app).await;
    let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let planner = app.persona(Role::Planner).await;
    let (_, mill) = app.party(hangtag::production::parties::Role::TrimMaker).await;
    let lot = json!({ "code": "BTN-NEW", "supplier": mill, "kind": "button", "material": { "zh": "纽扣", "en": "Button" }, "quantity_milli": 1_000_000, "unit": "pcs" });
    planner.json("POST", "/api/v1/lots", &lot).await.expect(201);
    let no = case(&app, &agent, &goods, 0).await;
    let opened = agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201).json();
    let repair = format!("{no}.1");
    assert_eq!(
        (&opened["code"], &opened["state"], &opened["covered"], &opened["serial"]),
        (&json!(repair), &json!("triage"), &json!(true), &json!(goods.serial(&app, 0)))
    );
    assert_eq!(agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["lines"][0]["decided"], json!("repair"));
    assert_eq!(
        agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(409).code(),
        "duplicate",
        "one repair of a line"
    );

    // A covered repair has no price; the buyer agrees to the quote that holds, and to no other.
    let quote = |plan: &str, price: &str| json!({ "plan": plan, "price": price, "currency": "CNY", "ready_on": "2026-06-20" });
    assert_eq!(act(&agent, &repair, "quote", quote("Sew a button on", "20")).await.expect(409).code(), "covered_claim");
    assert_eq!(act(&agent, &repair, "start", json!({})).await.expect(409).code(), "wrong_state");
    act(&agent, &repair, "quote", quote("Sew a button on", "0")).await.expect(200);
    act(&agent, &repair, "quote", quote("Sew two buttons on", "0")).await.expect(200);
    let old = act(&agent, &repair, "accept", json!({ "quote_version": 1, "via": "phone" })).await.expect(409).json();
    assert_eq!(old["code"], json!("quote_changed"));
    assert!(old["title"].as_str().unwrap().contains("quote 2"), "{old}");
    let agreed = act(&agent, &repair, "accept", json!({ "quote_version": 2, "via": "phone" })).await.expect(200).json();
    assert_eq!(
        (&agreed["state"], &agreed["accepted_version"], agreed["quotes"].as_array().unwrap().len()),
        (&json!("accepted"), &json!(2), 2)
    );
    assert_eq!(agreed["text_hash"].as_str().unwrap().len(), 64);

    act(&agent, &repair, "receive", json!({ "received_on": "2027-06-16" })).await.expect(422);
    act(&agent, &repair, "receive", json!({ "received_on": "2026-06-15" })).await.expect(200);
    act(&agent, &repair, "start", json!({})).await.expect(200);
    let unknown =
        act(&agent, &repair, "part", json!({ "component": "buttons", "lot": "NONE", "quantity_milli": 2_000 })).await.expect(422).json();
    assert_eq!(unknown["faults"][0]["field"], json!("lot"));
    let part =
        act(&agent, &repair, "part", json!({ "component": "Buttons", "lot": "BTN-NEW", "quantity_milli": 2_000 })).await.expect(200).json();
    assert_eq!((&part["parts"][0]["lot"], &part["parts"][0]["component"]), (&json!("BTN-NEW"), &json!("buttons")));

    // The repairer looks first, then somebody else; a check that fails leads back to the bench.
    act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
    assert_eq!(act(&agent, &repair, "check", json!({ "passed": true })).await.expect(409).code(), "needs_another");
    assert_eq!(act(&other, &repair, "check", json!({ "passed": false })).await.expect(422).json()["faults"][0]["field"], json!("note"));
    let failed = act(&other, &repair, "check", json!({ "passed": false, "note": "one is loose" })).await.expect(200).json();
    assert_eq!((&failed["state"], &failed["rework"]), (&json!("repairing"), &json!(1)));
    act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
    assert_eq!(act(&other, &repair, "check", json!({ "passed": true })).await.expect(200).json()["state"], json!("ready"));
    app.state.clock.advance(chrono::Duration::days(7));
    // Sessions do not last a week.
    let agent = app.persona(Role::Agent).await;
    act(&agent, &repair, "send", json!({})).await.expect(200);
    act(&agent, &repair, "hand", json!({ "handed_on": "2026-06-22" })).await.expect(200);
    let signed = act(&agent, &repair, "sign", json!({ "passed": true, "score": 5 })).await.expect(200).json();
    assert_eq!((&signed["state"], &signed["extended_days"], &signed["score"]), (&json!("done"), &json!(7), &json!(5)));
    assert_eq!(signed["checks"].as_array().unwrap().len(), 5);

    // Twelve months from 10 June, and the seven days in our hands.
    let sales = agent.get(&format!("/api/v1/sales/{}", goods.serial(&app, 0))).await.expect(200).json();
    assert_eq!(sales["sales"][0]["warranty"]["until"], json!("2027-06-17"));
    assert_eq!(agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["lines"][0]["state"], json!("done"));
    // The garment is made of that lot now, and the lot leads to it and to no other.
    let manager = app.persona(Role::SupplierManager).await;
    let up = manager.get(&format!("/api/v1/trace/garments/{}", goods.serial(&app, 0))).await.expect(200).json();
    assert!(up["lots"].to_string().contains("BTN-NEW"), "{}", up["lots"]);
    let down = manager.get("/api/v1/trace/lots/BTN-NEW").await.expect(200).json();
    assert_eq!(down["batches"][0]["units"], json!([{ "first": 1, "last": 1 }]));
    // The card tells its buyer.
    let card = app.send(crate::support::Request::get(&format!("/01/{}/21/{}?lang=en", goods.gtin, goods.serial(&app, 0))).html()).await;
    assert!(card.text().contains("Repaired") && card.text().contains("Warranty extended"), "{}", card.text());
});

story!(what_has_a_price_does_not_leave_unpaid, |app| {
    let goods = world(&app).await;
    let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let no = case(&app, &agent, &goods, 1).await;
    agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "conclude", "line": 1, "cause": "misuse" })).await.expect(200);
    let opened = agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1, "site": "on_site" })).await.expect(201).json();
    assert_eq!(opened["covered"], json!(false));
    let repair = format!("{no}.1");
    act(&agent, &repair, "quote", json!({ "plan": "Mend the tear", "price": "39.50", "currency": "CNY", "ready_on": "2026-06-20" }))
        .await
        .expect(200);
    assert_eq!(
        act(&agent, &repair, "quote", json!({ "plan": "Mend", "price": "39.505", "currency": "CNY", "ready_on": "2026-06-20" }))
            .await
            .expect(422)
            .json()["faults"][0]["field"],
        json!("price")
    );
    act(&agent, &repair, "accept", json!({ "quote_version": 1, "via": "shop" })).await.expect(200);
    act(&agent, &repair, "start", json!({})).await.expect(200);
    act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
    act(&other, &repair, "check", json!({ "passed": true })).await.expect(200);
    assert_eq!(act(&agent, &repair, "hand", json!({ "handed_on": "2026-06-15" })).await.expect(409).code(), "unpaid");
    act(&agent, &repair, "pay", json!({ "paid_ref": "R-77" })).await.expect(200);
    act(&agent, &repair, "hand", json!({ "handed_on": "2026-06-15" })).await.expect(200);
    // The buyer is not content: back to the bench, and nothing is added to the warranty.
    let back = act(&agent, &repair, "sign", json!({ "passed": false, "note": "the seam shows" })).await.expect(200).json();
    assert_eq!((&back["state"], &back["handed_on"], &back["extended_days"]), (&json!("repairing"), &Value::Null, &json!(0)));
    act(&agent, &repair, "beyond", json!({ "reason": "The cloth is too thin" })).await.expect(200);
    assert_eq!(act(&agent, &repair, "sign", json!({ "passed": true })).await.expect(409).code(), "wrong_state");
    assert_eq!(stands(&agent, &repair).await["diagnosis"], json!("The cloth is too thin"));
});

story!(a_repair_is_kept_whole_by_the_database, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let no = case(&app, &agent, &goods, 0).await;
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    for wrong in [
        "UPDATE repair_order SET covered = TRUE, price_minor = 1, currency = 'CNY'",
        "UPDATE repair_order SET state = 'repairing'",
        "UPDATE repair_order SET accepted_version = 3",
        "UPDATE repair_order SET state = 'lost'",
        "UPDATE repair_order SET received_on = '2026-06-20', handed_on = '2026-06-19'",
        "INSERT INTO repair_order SELECT id + 1, code || 'x', case_id, line_id, garment_id, sale_seq, kind, site, state, covered, diagnosis, quote_version, plan, price_minor, currency, ready_on, text_hash, accepted_version, accepted_via, accepted_at, paid_ref, received_on, handed_on, extended_days, repairer, rework, score, created_at, version FROM repair_order",
    ] {
        assert!(app.sql(wrong).await.is_err(), "{wrong}");
    }
    let (dyer, _) = app.party(hangtag::production::parties::Role::DyeHouse).await;
    let supplier = app.persona_of_party(Role::Supplier, dyer).await;
    supplier.get("/api/v1/repairs").await.expect(403);
    let inspector = app.persona(Role::Inspector).await;
    inspector.get(&format!("/api/v1/repairs/{no}.1")).await.expect(200);
    inspector.json("POST", &format!("/api/v1/repairs/{no}.1/start"), &json!({})).await.expect(403);
    for lang in ["zh-CN", "en"] {
        let page = agent.page(&format!("/repairs/{no}.1?lang={lang}")).await.expect(200);
        assert!(page.text().contains(&no) && !page.text().contains(">repairs-"));
        let form = agent.page(&format!("/repairs/{no}.1/quote?lang={lang}")).await.expect(200);
        assert!(form.text().contains("name=\"plan\"") && !form.text().contains(">repairs-"));
        assert!(agent.page(&format!("/repairs?lang={lang}")).await.expect(200).text().contains(&no));
    }
    assert_eq!(<hangtag::aftersales::repairs::RepairOrder as Thing>::SUBJECT, "repair");
});
