//! Repairs: agreed to in exact words, looked at by two, signed for; what is put in belongs to the garment's genealogy.

use hangtag::aftersales::cases;
use hangtag::aftersales::service_levels::{self, ClockState};
use hangtag::aftersales::settlements::{self, BalanceOf, Payer};
use hangtag::kernel::event::Subject;
use hangtag::platform::events;
use hangtag::platform::rooms::Thing;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::findings::multipart;
use crate::story;
use crate::support::goods::{Goods, policy};
use crate::support::personas::Persona;
use crate::support::{Answer, Request, TestApp};
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
    act(&agent, &repair, "receive", json!({ "received_on": "2026-06-15", "freight": "12.00", "reference": "SF-1" })).await.expect(200);
    act(&agent, &repair, "start", json!({})).await.expect(200);
    let unknown =
        act(&agent, &repair, "part", json!({ "component": "buttons", "lot": "NONE", "quantity_milli": 2_000 })).await.expect(422).json();
    assert_eq!(unknown["faults"][0]["field"], json!("lot"));
    let part = act(&agent, &repair, "part", json!({ "component": "Buttons", "lot": "BTN-NEW", "quantity_milli": 2_000, "cost": "1.20" }))
        .await
        .expect(200)
        .json();
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
    // The buttons have a warranty of their own, of ninety days, which the card tells as well.
    let card = app.send(crate::support::Request::get(&format!("/01/{}/21/{}?lang=en", goods.gtin, goods.serial(&app, 0))).html()).await;
    assert!(card.text().contains("Repaired") && card.text().contains("Warranty extended"), "{}", card.text());
    assert!(card.text().contains("(buttons): covered until"), "{}", card.text());
    let rights = agent.get(&format!("/api/v1/rights/{}", goods.serial(&app, 0))).await.expect(200).json();
    let warranties: Vec<&Value> = rights["rights"].as_array().unwrap().iter().filter(|right| right["rule"] == "WARRANTY").collect();
    let seen: Vec<_> = warranties.iter().map(|right| (&right["component"], &right["to"], &right["days_added"])).collect();
    assert_eq!(
        seen,
        [(&Value::Null, &json!("2027-06-17"), &json!(7)), (&json!("buttons"), &json!("2026-09-20"), &json!(0))],
        "{warranties:?}"
    );
    assert!(warranties[0]["words"]["zh"].as_str().unwrap().contains("7 天已经顺延"), "{}", warranties[0]);
    // Long after the garment's own warranty, what was mended later is still covered: only for that.
    let late = agent.get(&format!("/api/v1/rights/{}?on=2026-09-21", goods.serial(&app, 0))).await.expect(200).json();
    assert!(!late["rights"].to_string().contains("\"buttons\""));
});

/// The clocks of a case's repair: which, and how each stands.
async fn clocks(app: &TestApp, no: &str) -> Vec<(String, ClockState)> {
    let (no, now) = (no.to_owned(), app.state.clock.now());
    let all = app
        .look(move |db| {
            let case = cases::by_no(db, &no)?.unwrap().id;
            service_levels::of(db, case, now)
        })
        .await;
    all.into_iter().filter(|clock| clock.code.starts_with("repair.")).map(|clock| (clock.code, clock.state)).collect()
}

fn as_seen(clocks: &[(String, ClockState)]) -> Vec<(&str, ClockState)> {
    clocks.iter().map(|(code, state)| (code.as_str(), *state)).collect()
}

story!(what_the_workshop_finds_goes_to_the_case_its_clocks_and_the_ledger, |app| {
    use ClockState::{Met, Paused, Running};
    let goods = world(&app).await;
    let (agent, other, finance) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    let planner = app.persona(Role::Planner).await;
    let (maker, code) = app.party(hangtag::production::parties::Role::TrimMaker).await;
    let lot = json!({ "code": "BTN-NEW", "supplier": code, "kind": "button", "material": { "zh": "纽扣", "en": "Button" }, "quantity_milli": 1_000_000, "unit": "pcs" });
    planner.json("POST", "/api/v1/lots", &lot).await.expect(201);
    // It came as a return; that a part of it is repaired has clocks of its own all the same.
    let asked = json!({ "lines": [{ "serial": goods.serial(&app, 0), "reason": "button_off", "wanted": "refund" }] });
    let no = agent.json("POST", "/api/v1/cases", &asked).await.expect(201).json()["no"].as_str().unwrap().to_owned();
    let repair = format!("{no}.1");
    let line = || async { agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["lines"][0].clone() };
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    assert_eq!(as_seen(&clocks(&app, &no).await), [("repair.estimate", Running)]);

    // What was found is a finding on the garment, and the claim is confirmed.
    let wrong = act(&agent, &repair, "diagnose", json!({ "found": "no_such", "grade": "c" })).await.expect(422).json();
    assert_eq!(wrong["faults"][0]["field"], json!("found"));
    assert_eq!(line().await["inspected_on"], Value::Null, "and nothing is written");
    let found = json!({ "found": "button_missing", "grade": "c", "cause": "supplier_material", "note": "The shank broke" });
    let seen = act(&agent, &repair, "diagnose", found).await.expect(200).json();
    assert_eq!((&seen["state"], &seen["diagnosis"], &seen["covered"]), (&json!("triage"), &json!("The shank broke"), &json!(true)));
    let confirmed = line().await;
    assert_eq!(
        (&confirmed["found"], &confirmed["cause"], &confirmed["inspected_on"], &confirmed["quarantined"]),
        (&json!("button_missing"), &json!("supplier_material"), &json!("2026-06-15"), &json!(true)),
        "{confirmed}"
    );
    let logged = agent.get(&format!("/api/v1/findings?serial={}", goods.serial(&app, 0))).await.expect(200).json();
    assert_eq!(logged["items"].as_array().unwrap().len(), 1);

    // While the buyer thinks the quote over it is their turn.
    let quote = json!({ "plan": "Sew a button on", "price": "0", "currency": "CNY", "ready_on": "2026-06-20" });
    act(&agent, &repair, "quote", quote).await.expect(200);
    let case = || async { agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["state"].clone() };
    assert_eq!((as_seen(&clocks(&app, &no).await), case().await), (vec![("repair.estimate", Met)], json!("waiting_customer")));
    act(&agent, &repair, "accept", json!({ "quote_version": 1, "via": "phone" })).await.expect(200);
    assert_eq!(case().await, json!("in_progress"));
    assert_eq!(as_seen(&clocks(&app, &no).await)[1..], [("repair.pickup", Running)]);
    let here = json!({ "received_on": "2026-06-15", "freight": "12.00", "reference": "SF-1" });
    act(&agent, &repair, "receive", here).await.expect(200);
    assert_eq!(as_seen(&clocks(&app, &no).await)[1..], [("repair.pickup", Met), ("repair.complete", Running)]);
    // A quote that changes while it is here: our time stands still, and goes on.
    let quote = json!({ "plan": "Sew two buttons on", "price": "0", "currency": "CNY", "ready_on": "2026-06-20" });
    act(&agent, &repair, "quote", quote).await.expect(200);
    assert_eq!(as_seen(&clocks(&app, &no).await)[2..], [("repair.complete", Paused)]);
    act(&agent, &repair, "accept", json!({ "quote_version": 2, "via": "phone" })).await.expect(200);
    assert_eq!(as_seen(&clocks(&app, &no).await)[1..], [("repair.pickup", Met), ("repair.complete", Running)]);

    act(&agent, &repair, "start", json!({})).await.expect(200);
    let part = json!({ "component": "buttons", "lot": "BTN-NEW", "quantity_milli": 2_000, "cost": "1.20" });
    act(&agent, &repair, "part", part).await.expect(200);
    for (cost, field) in [
        (json!({ "kind": "repair_labour", "amount": "0" }), "amount"),
        (json!({ "kind": "repair_labour", "amount": "30.005" }), "amount"),
        (json!({ "kind": "repair_labour", "amount": "30", "occurred_on": "2027-06-15" }), "occurred_on"),
        (json!({ "kind": "refund", "amount": "30" }), "kind"),
    ] {
        assert_eq!(act(&agent, &repair, "cost", cost).await.expect(422).json()["faults"][0]["field"], json!(field));
    }
    act(&agent, &repair, "cost", json!({ "kind": "repair_labour", "amount": "30.00" })).await.expect(200);
    act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
    act(&other, &repair, "check", json!({ "passed": true })).await.expect(200);
    let sent = act(&agent, &repair, "send", json!({ "freight": "10", "reference": "SF-2" })).await.expect(200).json();
    assert_eq!(as_seen(&clocks(&app, &no).await)[2..], [("repair.complete", Met)]);
    let costs: Vec<(&str, &str, &str)> = sent["costs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cost| (cost["kind"].as_str().unwrap(), cost["amount"].as_str().unwrap(), cost["reference"].as_str().unwrap()))
        .collect();
    let expected = [
        ("logistics_in", "12.00", "SF-1"),
        ("repair_parts", "1.20", &repair),
        ("repair_labour", "30.00", &repair),
        ("logistics_out", "10.00", "SF-2"),
    ];
    assert_eq!(costs, expected);
    act(&agent, &repair, "hand", json!({ "handed_on": "2026-06-15" })).await.expect(200);
    act(&agent, &repair, "sign", json!({ "passed": true })).await.expect(200);
    assert_eq!(line().await["state"], json!("done"));

    // A verdict moves every cent of it to whoever answers for the button.
    let ledger = finance.get(&format!("/api/v1/ledger?case={no}")).await.expect(200).json();
    assert_eq!(ledger["items"].as_array().unwrap().len(), 4, "{ledger}");
    let (stamp, of) = (app.state.stamp("system"), no.clone());
    let balances = app
        .write(move |db| {
            let case = cases::by_no(db, &of)?.unwrap();
            let line = cases::lines(db, case.id)?[0].id;
            settlements::reallocate(db, &stamp, case.id, line, &[(Payer::Party(maker), 1_000_000)], stamp.id())?;
            settlements::balances(db, BalanceOf::Case(case.id))
        })
        .await;
    let minor: Vec<(Payer, i64)> = balances.into_iter().map(|one| (one.payer, one.money.minor)).collect();
    assert_eq!(minor, [(Payer::Brand, 0), (Payer::Party(maker), 5_320)]);
    for lang in ["zh-CN", "en"] {
        let page = agent.page(&format!("/repairs/{repair}?lang={lang}")).await.expect(200);
        assert!(page.text().contains("SF-2") && !page.text().contains(">repairs-"), "{}", page.text());
        let form = agent.page(&format!("/repairs/{repair}/cost?lang={lang}")).await.expect(200);
        assert!(form.text().contains("name=\"amount\"") && !form.text().contains(">repairs-"));
    }
});

story!(half_an_hour_where_the_buyer_is, |app| {
    use ClockState::{Met, Missed, Running};
    let goods = world(&app).await;
    for (unit, minutes, state) in [(0, 29, Met), (1, 31, Missed)] {
        let agent = app.persona(Role::Agent).await;
        let no = case(&app, &agent, &goods, unit).await;
        let repair = format!("{no}.1");
        agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1, "site": "on_site" })).await.expect(201);
        let quote = json!({ "plan": "Sew a button on", "price": "0", "currency": "CNY", "ready_on": "2026-06-20" });
        act(&agent, &repair, "quote", quote).await.expect(200);
        act(&agent, &repair, "accept", json!({ "quote_version": 1, "via": "phone" })).await.expect(200);
        act(&agent, &repair, "start", json!({})).await.expect(200);
        assert_eq!(as_seen(&clocks(&app, &no).await), [("repair.estimate", Met), ("repair.onsite_minor", Running)], "nothing is collected");
        app.state.clock.advance(chrono::Duration::minutes(minutes));
        let agent = app.persona(Role::Agent).await;
        act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
        assert_eq!(as_seen(&clocks(&app, &no).await)[1..], [("repair.onsite_minor", state)]);
    }
});

story!(what_is_not_repaired_is_told_and_leaves_no_clock, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let no = case(&app, &agent, &goods, 0).await;
    let repair = format!("{no}.1");
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    // Looked at and nothing found: nobody's fault, and no longer free.
    let seen = act(&agent, &repair, "diagnose", json!({ "grade": "b" })).await.expect(200).json();
    assert_eq!((&seen["covered"], &seen["under_kind"]), (&json!(false), &Value::Null));
    let line = || async { agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["lines"][0].clone() };
    assert_eq!((&line().await["cause"], &line().await["found"]), (&json!("no_fault"), &Value::Null));
    act(&agent, &repair, "decline", json!({ "reason": "All buttons are firm" })).await.expect(200);
    let refused = line().await;
    assert_eq!((&refused["state"], &refused["decided"]), (&json!("refused"), &json!("refuse")));
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&case["notes"][0]["audience"], &case["notes"][0]["body"]), (&json!("buyer"), &json!("All buttons are firm")));
    assert_eq!(as_seen(&clocks(&app, &no).await), [("repair.estimate", ClockState::Cancelled)]);
    assert_eq!(act(&agent, &repair, "diagnose", json!({ "grade": "b" })).await.expect(409).code(), "wrong_state");
    assert_eq!(act(&agent, &repair, "pay", json!({ "paid_ref": "R-1" })).await.expect(409).code(), "wrong_state", "nothing is owed");
});

/// Asks for help from the card; the address of the request's page.
async fn asks(app: &TestApp, goods: &Goods, unit: i64, reason: &str) -> String {
    let at = format!("/card/{}/{}/help", goods.gtin, goods.serial(app, unit));
    let key = format!("{unit:024}");
    let sent = app.send(multipart(&at, &[("csrf", ""), ("once", &key), ("reason", reason)], &[])).await.expect(303);
    sent.header("location").unwrap().strip_suffix("?sent").unwrap().to_owned()
}

/// The hash that a page asks the buyer to agree to.
fn hash_of(page: &Answer) -> String {
    page.text().split("name=\"hash\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

story!(the_buyer_agrees_on_the_status_page_in_its_exact_words, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let own = asks(&app, &goods, 0, "button_off").await;
    let no = own.split('/').nth(2).unwrap().to_owned();
    let repair = format!("{no}.1");
    let page = |lang: &'static str| app.send(Request::get(&format!("{own}?lang={lang}")).html());
    let answers = |hash: String, answer: &'static str, words: &'static str| {
        let fields = [("repair", repair.clone()), ("hash", hash), ("answer", answer.to_owned()), ("words", words.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request::form(&format!("{own}/repair?lang=en"), &fields).html();
        async { app.send(request).await }
    };
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    assert!(!page("en").await.expect(200).text().contains("I agree to this"), "nothing is quoted yet");
    let quote = |plan: &str| json!({ "plan": plan, "price": "0", "currency": "CNY", "ready_on": "2026-06-20" });
    act(&agent, &repair, "quote", quote("Sew a button on,\nand check the others")).await.expect(200);
    for (lang, words) in [("zh-CN", ["我同意", "免费", "等待您的回复"]), ("en", ["I agree to this", "free of charge", "It is your turn"])]
    {
        let shown = page(lang).await.expect(200);
        for word in words.iter().chain(&["Sew a button on,\nand check the others", "2026-06-20"]) {
            assert!(shown.text().contains(word), "{word} in {}", shown.text());
        }
        assert!(!shown.text().contains("<script") && !shown.text().contains(">help-"), "{}", shown.text());
    }
    let old = hash_of(&page("en").await);
    act(&agent, &repair, "quote", quote("Sew two buttons on")).await.expect(200);
    // The text that they read is gone: nothing is agreed to, and the new one stands there.
    let changed = answers(old.clone(), "accept", "").await.expect(409);
    assert!(changed.text().contains("We have changed the quote") && changed.text().contains("Sew two buttons on"), "{}", changed.text());
    assert_eq!(stands(&agent, &repair).await["state"], json!("quoted"));
    let new = hash_of(&changed);
    assert_eq!(new, stands(&agent, &repair).await["text_hash"]);
    answers(new.clone(), "perhaps", "").await.expect(422);
    let other = app
        .send(
            Request::form(&format!("/help/{no}/{}/repair", "0".repeat(32)), &[("repair", &repair), ("hash", &new), ("answer", "accept")])
                .html(),
        )
        .await;
    other.expect(404);
    // Pressed twice it is one agreement.
    for _ in 0..2 {
        answers(new.clone(), "accept", "").await.expect(303);
    }
    let agreed = stands(&agent, &repair).await;
    assert_eq!((&agreed["state"], &agreed["accepted_via"], &agreed["accepted_version"]), (&json!("accepted"), &json!("card"), &json!(2)));
    let after = page("en").await;
    assert!(after.text().contains("You agreed") && !after.text().contains("I agree to this"), "{}", after.text());
    assert_eq!(answers(new, "decline", "").await.expect(409).status.as_u16(), 409, "what is agreed to is not declined by an old page");

    // They have it back: not right is back to the bench, in their words; right is signed for, with a mark.
    let other = app.persona(Role::Agent).await;
    let signs = |fields: Vec<(&'static str, &'static str)>| {
        let fields: Vec<(&str, &str)> = [("repair", repair.as_str())].into_iter().chain(fields).collect();
        let request = Request::form(&format!("{own}/sign?lang=en"), &fields).html();
        async { app.send(request).await }
    };
    signs(vec![("answer", "good")]).await.expect(409);
    for round in ["once", "again"] {
        if round == "once" {
            act(&agent, &repair, "start", json!({})).await.expect(200);
        }
        act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
        act(&other, &repair, "check", json!({ "passed": true })).await.expect(200);
        act(&agent, &repair, "hand", json!({ "handed_on": "2026-06-15" })).await.expect(200);
        let shown = page("en").await.expect(200);
        assert!(shown.text().contains("It is right") && shown.text().contains("It is not right") && !shown.text().contains(">help-"));
        if round == "once" {
            signs(vec![("answer", "bad")]).await.expect(422);
            signs(vec![("answer", "bad"), ("words", "Li sees the thread")]).await.expect(303);
            let back = stands(&agent, &repair).await;
            assert_eq!((&back["state"], &back["rework"]), (&json!("repairing"), &json!(1)));
        } else {
            for _ in 0..2 {
                signs(vec![("answer", "good"), ("score", "5")]).await.expect(303);
            }
        }
    }
    let signed = stands(&agent, &repair).await;
    assert_eq!((&signed["state"], &signed["score"]), (&json!("done"), &json!(5)));
    let line = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&line["lines"][0]["state"], line.to_string().contains("Li sees the thread")), (&json!("done"), true));
    assert!(!signed["checks"].to_string().contains("Li"), "their words stand in their letter alone");
    assert_eq!((&signed["checks"][0]["kind"], &signed["checks"][2]["kind"]), (&json!("self"), &json!("buyer")));

    // Another one does not want it, and says what they would like: in a letter, and in no event.
    let own = asks(&app, &goods, 1, "button_off").await;
    let no = own.split('/').nth(2).unwrap().to_owned();
    let repair = format!("{no}.1");
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    act(&agent, &repair, "quote", quote("Sew a button on")).await.expect(200);
    let hash = stands(&agent, &repair).await["text_hash"].as_str().unwrap().to_owned();
    let fields = [("repair", repair.as_str()), ("hash", &hash), ("answer", "decline"), ("words", "Send Li a new one")];
    app.send(Request::form(&format!("{own}/repair"), &fields).html()).await.expect(303);
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&case["state"], &case["notes"][0]["body"]), (&json!("in_progress"), &json!("Send Li a new one")));
    let told = app.send(Request::get(&format!("{own}?lang=en")).html()).await;
    assert!(told.text().contains("You did not want this repair"), "{}", told.text());
    let id = stands(&agent, &repair).await["id"].as_str().unwrap().parse::<hangtag::kernel::Id>().unwrap();
    let facts = app.look(move |db| events::of(db, Subject::Thing("repair", id.0))).await;
    assert!(facts.iter().any(|fact| fact.kind == "repair.moved") && facts.iter().all(|fact| !fact.body.to_string().contains("Li")));
});

story!(a_repair_under_the_guarantee_extends_it_where_the_market_says_so, |app| {
    app.state.clock.advance(chrono::Duration::days(51));
    app.seed().await;
    let goods = app.goods(Some(policy("COVER", &[StartRule::Delivered])), 3).await;
    let shop = app.persona(Role::Retailer).await;
    for (unit, country) in [(0, "DE"), (1, "CN")] {
        let sale = json!({ "serial": goods.serial(&app, unit), "sold_on": "2026-08-01", "delivered_on": "2026-08-03", "country": country, "channel": "web" });
        shop.json("POST", "/api/v1/sales", &sale).await.expect(201);
    }
    for (unit, rule, kind, extended) in [(0, "EU-GUARANTEE", "legal_guarantee", true), (1, "CN-QUALITY", "legal_guarantee", false)] {
        let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
        let no = case(&app, &agent, &goods, unit).await;
        let repair = format!("{no}.1");
        let opened = agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201).json();
        assert_eq!((&opened["under_rule"], &opened["under_kind"], &opened["covered"]), (&json!(rule), &json!(kind), &json!(true)));
        let quote = json!({ "plan": "Sew a button on", "price": "0", "currency": "CNY", "ready_on": "2026-08-20" });
        act(&agent, &repair, "quote", quote).await.expect(200);
        act(&agent, &repair, "accept", json!({ "quote_version": 1, "via": "phone" })).await.expect(200);
        act(&agent, &repair, "start", json!({})).await.expect(200);
        act(&agent, &repair, "check", json!({ "passed": true })).await.expect(200);
        act(&other, &repair, "check", json!({ "passed": true })).await.expect(200);
        act(&agent, &repair, "hand", json!({ "handed_on": "2026-08-05" })).await.expect(200);
        let rights =
            || async { agent.get(&format!("/api/v1/rights/{}", goods.serial(&app, unit))).await.expect(200).json()["rights"].clone() };
        let of = |rights: &Value, rule: &str| rights.as_array().unwrap().iter().find(|right| right["rule"] == rule).cloned().unwrap();
        assert_eq!(of(&rights().await, rule)["is_extended"], json!(false), "not before the buyer has signed");
        act(&agent, &repair, "sign", json!({ "passed": true })).await.expect(200);
        let after = rights().await;
        assert_eq!(of(&after, rule)["is_extended"], json!(extended));
        if extended {
            assert_eq!(of(&after, rule)["to"], json!("2029-08-03"));
        }
        // Nothing was put in: what was reported says what was mended.
        assert!(after.as_array().unwrap().iter().any(|right| right["component"] == "buttons"), "{after}");
    }
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
