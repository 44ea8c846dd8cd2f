//! Returns: from the request to what the buyer gets, by programs and by pages; what is refused, and what becomes of the garment.

use hangtag::aftersales::cases;
use hangtag::aftersales::classes::Wish;
use hangtag::aftersales::returns::{self, ReturnState};
use hangtag::aftersales::service_levels::{self, ClockState};
use hangtag::kernel::{Code, Id};
use hangtag::ownership::garments::{self, HoldKind};
use hangtag::ownership::holders::{self, Outcome, Secret};
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::ownership::warranties::{self, WarrantyState};
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::imports::work;
use crate::parties::fields;
use crate::story;
use crate::support::TestApp;
use crate::support::goods::{Goods, day, policy};
use crate::support::personas::Persona;
use crate::warranties::{sale_of, sell};

async fn run(app: &TestApp, sql: String) {
    app.sql(&sql).await.unwrap();
}

/// A case with a line for each unit, about a loose button.
async fn case(app: &TestApp, no: &str, goods: &Goods, units: &[i64]) -> Vec<Id> {
    app.seed().await;
    let (case, at) = (app.state.id().0, app.state.clock.now());
    let mut sql = format!(
        "INSERT INTO case_reason (code, class, name_zh, name_en, defect_code, categories, zones, rank, retired, version)
         VALUES ('test_button', 'defect', '扣子', 'Button', 'button_loose', '', '', 1, false, 1) ON CONFLICT DO NOTHING;
         INSERT INTO service_case (id, no, kind, state, severity, priority, channel, market, lang, order_no, queue, result, seq, secret_hash,
           opened_by, opened_at, touched_at, version)
         VALUES ({case}, '{no}', 'return', 'new', 'general', 'normal', 'card', 'CN', 'en', '', 'desk', '', 1, '', 'holder', '{at}', '{at}', 1);"
    );
    let mut lines = Vec::new();
    for (place, unit) in (1..).zip(units) {
        let (id, garment) = (app.state.id(), goods.garment(*unit));
        sql.push_str(&format!(
            "INSERT INTO case_line (id, case_id, line_no, garment_id, batch_no, sale_seq, state, reason_code, reason_class, defect_code, zone, words, wanted,
               quarantined, reported_on, version)
             VALUES ({}, {case}, {place}, {}, {}, 1, 'open', 'test_button', 'defect', 'button_loose', '', '', 'refund', false, '2026-06-15', 1);",
            id.0, garment.0, goods.no.0
        ));
        lines.push(id);
    }
    run(app, sql).await;
    lines
}

/// Notes that the garment of a line was looked at.
async fn inspected(app: &TestApp, line: Id, day: &str) {
    run(app, format!("UPDATE case_line SET inspected_on = '{day}', grade = 'b' WHERE id = {}", line.0)).await;
}

fn sold(goods: &Goods, unit: i64) -> NewSale {
    let sale = sale_of(goods, unit, "2026-06-10");
    NewSale { sound: Sound { delivered_on: Some(day("2026-06-12")), ..sale.sound }, ..sale }
}

async fn furnished(app: &TestApp, units: i64) -> Goods {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Delivered])), units).await;
    for unit in 0..units {
        sell(app, sold(&goods, unit)).await;
    }
    goods
}

async fn act(who: &Persona<'_>, order: &Value, act: Value, status: u16) -> Value {
    who.json("POST", &format!("/api/v1/returns/{}/act", order["id"].as_str().unwrap()), &act).await.expect(status).json()
}

async fn requested(who: &Persona<'_>, (case, line): (&str, i64), rule: &str) -> Value {
    who.json("POST", "/api/v1/returns", &json!({ "case": case, "line": line, "rule": rule })).await.expect(201).json()
}

async fn claim(app: &TestApp, goods: &Goods, unit: i64) -> Result<Outcome, Code> {
    let (stamp, keys, garment, code) =
        (app.state.stamp("holder"), app.state.keys.clone(), goods.garment(unit), goods.claim_code(app, unit));
    let today = app.state.today();
    let claimed = app.state.store.write(move |db| {
        let secret = Secret::fresh();
        holders::claim(db, &stamp, &keys.serials, garment, &code, today, &secret)
    });
    claimed.await.map_err(|error| error.code())
}

story!(a_garment_comes_back_is_inspected_and_can_be_sold_again, |app| {
    let goods = furnished(&app, 2).await;
    let line = case(&app, "260615-000C1", &goods, &[0]).await[0];
    assert!(matches!(claim(&app, &goods, 0).await, Ok(Outcome::Held(_))));
    let agent = app.api(Role::Agent).await;
    let refused = agent.json("POST", "/api/v1/returns", &json!({ "case": "260615-000C1", "rule": "EU-WITHDRAWAL" })).await.expect(409);
    assert_eq!(refused.code(), "no_right");
    let problem = agent.json("POST", "/api/v1/returns", &json!({ "case": "260615-000C1" })).await.expect(422).json();
    assert_eq!(fields(&problem), [("note", "missing")], "goodwill has a reason");
    let order = requested(&agent, ("260615-000C1", 1), "NO-WORRY-BUTTON").await;
    assert_eq!(
        (&order["state"], &order["kind"], &order["freight"], &order["rule_version"]),
        (&json!("requested"), &json!("no_worry"), &json!("company"), &json!(1))
    );
    assert_eq!(order["case_no"], "260615-000C1");
    assert_eq!(
        agent.json("POST", "/api/v1/returns", &json!({ "case": "260615-000C1", "rule": "CN-RETURN" })).await.expect(409).code(),
        "duplicate"
    );

    let problem = act(&agent, &order, json!({ "act": "received" }), 409).await;
    assert_eq!(problem["code"], "wrong_state", "{problem}");
    act(&agent, &order, json!({ "act": "ask_more", "note": "a photo of the button" }), 200).await;
    act(&agent, &order, json!({ "act": "answered" }), 200).await;
    let order = act(&agent, &order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    assert_eq!((&order["state"], &order["inbound"]), (&json!("awaiting_inbound"), &json!("parcel")));
    act(&agent, &order, json!({ "act": "sent", "waybill": "SF-1" }), 200).await;
    let problem = act(&agent, &order, json!({ "act": "received", "on": "2026-06-16" }), 422).await;
    assert_eq!(fields(&problem), [("on", "out_of_range")]);
    act(&agent, &order, json!({ "act": "received" }), 200).await;
    // The gate: nobody accepts what nobody looked at.
    let problem = act(&agent, &order, json!({ "act": "accept", "report": "as new" }), 422).await;
    assert_eq!(fields(&problem), [("inspected_on", "not_inspected")]);
    inspected(&app, line, "2026-06-15").await;
    let problem = act(&agent, &order, json!({ "act": "accept", "report": " " }), 422).await;
    assert_eq!(fields(&problem), [("report", "missing")]);
    let order = act(&agent, &order, json!({ "act": "accept", "report": "as new" }), 200).await;
    assert_eq!((&order["state"], &order["report"]), (&json!("accepted"), &json!("as new")));

    // The sale has ended, the holder with it; nobody claims it until it is sold again.
    let garment = goods.garment(0);
    let last = app.look(move |db| sales::latest(db, garment)).await.unwrap();
    assert_eq!(last.status.as_str(), "ended");
    assert_eq!(claim(&app, &goods, 0).await, Err(Code::NotSold));
    act(&agent, &order, json!({ "act": "settle" }), 200).await;
    let order = act(&agent, &order, json!({ "act": "settled", "outcome": "refund" }), 200).await;
    assert_eq!((&order["state"], &order["outcome"], order["ended_at"].is_string()), (&json!("settled"), &json!("refund"), true));
    act(&agent, &order, json!({ "act": "withdraw" }), 409).await;
    sell(
        &app,
        NewSale {
            sound: Sound { order_no: "W-again".into(), sold_on: day("2026-06-15"), delivered_on: None, ..sold(&goods, 0).sound },
            ..sold(&goods, 0)
        },
    )
    .await;
    assert!(matches!(claim(&app, &goods, 0).await, Ok(Outcome::Held(_))));
    // Whoever has no business here has none.
    app.api(Role::Supplier).await.get("/api/v1/returns").await.expect(403);
});

story!(a_refusal_that_is_contested_is_looked_at_by_somebody_else, |app| {
    let goods = furnished(&app, 1).await;
    let line = case(&app, "260615-000C2", &goods, &[0]).await[0];
    let (one, other) = (app.api(Role::Agent).await, app.api(Role::Agent).await);
    let order = requested(&one, ("260615-000C2", 1), "CN-RETURN").await;
    assert_eq!((&order["kind"], &order["freight"]), (&json!("no_fault"), &json!("buyer")));
    for step in [json!({ "act": "approve", "inbound": "shop" }), json!({ "act": "received" }), json!({ "act": "inspect" })] {
        act(&one, &order, step, 200).await;
    }
    inspected(&app, line, "2026-06-15").await;
    act(&one, &order, json!({ "act": "refuse", "report": "worn" }), 200).await;
    // The buyer still has it: the sale stands.
    let garment = goods.garment(0);
    assert_eq!(app.look(move |db| sales::latest(db, garment)).await.unwrap().status.as_str(), "live");
    act(&one, &order, json!({ "act": "inspect" }), 409).await;
    act(&one, &order, json!({ "act": "dispute", "note": "it was worn when it came" }), 200).await;
    assert_eq!(act(&one, &order, json!({ "act": "refuse", "report": "still worn" }), 409).await["code"], "another_inspector");
    // Nor does anybody say so again who has not looked again.
    let problem = act(&other, &order, json!({ "act": "refuse", "report": "worn" }), 422).await;
    assert_eq!(fields(&problem), [("inspected_on", "not_inspected")]);
    let (stamp, today) = (app.state.stamp("staff:inspector"), app.state.today());
    app.write(move |db| cases::inspected(db, &stamp, line, today, None, None, cases::Condition::B)).await;
    let order = act(&other, &order, json!({ "act": "refuse", "report": "worn, as was found" }), 200).await;
    assert_eq!(order["report"], "worn, as was found");
    act(&one, &order, json!({ "act": "give_back", "waybill": "SF-2" }), 200).await;
    assert_eq!(act(&one, &order, json!({ "act": "close" }), 200).await["state"], "closed_refused");
    assert_eq!(app.look(move |db| sales::latest(db, garment)).await.unwrap().status.as_str(), "live");
});

story!(without_the_goods_a_person_decides_and_nobody_sells_the_garment_again, |app| {
    let goods = furnished(&app, 1).await;
    case(&app, "260615-000C3", &goods, &[0]).await;
    let (program, person) = (app.api(Role::Agent).await, app.persona(Role::Agent).await);
    let order = requested(&program, ("260615-000C3", 1), "NO-WORRY-BUTTON").await;
    act(&program, &order, json!({ "act": "approve" }), 200).await;
    let ask = json!({ "act": "returnless", "origin": "platform_forced", "outcome": "refund", "note": "photo shows it" });
    assert_eq!(act(&program, &order, ask, 409).await["code"], "person_needed");
    act(&program, &order, json!({ "act": "settled", "outcome": "refund" }), 409).await;
    let uri = format!("/returns/{}/act", order["id"].as_str().unwrap());
    let lacking = person.form(&uri, &[("act", "returnless"), ("origin", "platform_forced"), ("note", "photo shows it")]).await.expect(422);
    assert!(lacking.text().contains("class=\"fault\""), "what the buyer gets is needed");
    person
        .form(&uri, &[("act", "returnless"), ("origin", "platform_forced"), ("outcome", "refund"), ("note", "photo shows it")])
        .await
        .expect(303);
    let order = program.get(&format!("/api/v1/returns/{}", order["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&order["state"], &order["returnless_origin"]), (&json!("settled"), &json!("platform_forced")));
    assert_eq!(order["returnless_by"], format!("staff:{}", person.login));
    let garment = goods.garment(0);
    assert!(matches!(app.look(move |db| warranties::state(db, garment, day("2026-06-15"))).await, WarrantyState::Void { .. }));
    assert_eq!(claim(&app, &goods, 0).await, Err(Code::NotSold));
});

story!(what_was_worn_next_to_the_skin_is_never_sold_again, |app| {
    let goods = furnished(&app, 2).await;
    let lines = case(&app, "260615-000C4", &goods, &[0, 1]).await;
    let admin = app.api(Role::Admin).await;
    run(&app, format!("UPDATE style SET category = '内衣' WHERE code = '{}'", goods.code.replace("B-", "S-"))).await;
    let order = requested(&admin, ("260615-000C4", 1), "NO-WORRY-BUTTON").await;
    for step in [json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })] {
        act(&admin, &order, step, 200).await;
    }
    inspected(&app, lines[0], "2026-06-15").await;
    act(&admin, &order, json!({ "act": "accept", "report": "seal broken", "partly": true, "amount": "100" }), 200).await;
    let again = json!({ "serial": goods.serial(&app, 0), "sold_on": "2026-06-15" });
    let problem = admin.json("POST", "/api/v1/sales", &again).await.expect(409).json();
    assert_eq!((&problem["code"], fields(&problem)), (&json!("wrong_state"), vec![("serial", "wrong_state")]), "{problem}"); // A recalled garment is not sold either; but whoever has one claims it, and reads of it.
    let fresh = app.goods(None, 1).await;
    for garment in [goods.garment(1), fresh.garment(0)] {
        let stamp = app.state.stamp("staff:manager");
        app.write(move |db| garments::hold(db, &stamp, garment, HoldKind::Recall, "RC-1")).await;
    }
    let sale = json!({ "serial": fresh.serial(&app, 0), "sold_on": "2026-06-15" });
    assert_eq!(admin.json("POST", "/api/v1/sales", &sale).await.expect(409).code(), "wrong_state");
    assert!(matches!(claim(&app, &goods, 1).await, Ok(Outcome::Held(_))));
});

story!(what_nobody_sends_lapses_and_the_pages_say_what_may_be_done, |app| {
    let goods = furnished(&app, 3).await;
    case(&app, "260615-000C5", &goods, &[0, 1, 2]).await;
    let (agent, person) = (app.api(Role::Agent).await, app.persona(Role::Agent).await);
    let mut orders = Vec::new();
    for line in 1..=3 {
        orders.push(requested(&agent, ("260615-000C5", line), "CN-RETURN").await);
    }
    for order in &orders[..2] {
        act(&agent, order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    }
    act(&agent, &orders[1], json!({ "act": "sent", "waybill": "SF-9" }), 200).await;
    for (lang, title) in [("zh-CN", "退货"), ("en", "Returns")] {
        let list = person.page(&format!("/returns?lang={lang}")).await.expect(200);
        assert!(
            list.text().contains(title) && list.text().contains("260615-000C5") && list.text().contains(&goods.serial(&app, 2)),
            "{lang}"
        );
        for order in &orders {
            let page = person.page(&format!("/returns/{}?lang={lang}", order["id"].as_str().unwrap())).await.expect(200);
            assert!(!page.text().contains(">returns-") && page.text().contains("<form"), "{lang}");
        }
    }
    let found = person.page("/returns?q=SF-9").await.expect(200);
    assert!(found.text().contains("SF-9") && !found.text().contains(&goods.serial(&app, 2)));
    // A form that was read before somebody else moved on is not taken.
    let uri = format!("/returns/{}/act", orders[2]["id"].as_str().unwrap());
    person.form(&uri, &[("act", "ask_more"), ("note", "a photo"), ("version", "1")]).await.expect(303);
    person.form(&uri, &[("act", "reject"), ("note", "late"), ("version", "1")]).await.expect(422);
    app.state.clock.advance(chrono::Duration::days(13));
    let stamp = app.state.stamp("system");
    assert_eq!(app.write(move |db| returns::lapse(db, &stamp)).await, 0);
    app.state.clock.advance(chrono::Duration::days(2));
    // The token of before has run out.
    app.api(Role::Agent).await.json("POST", "/api/v1/returns/lapse", &json!({})).await.expect(202);
    work(&app).await;
    let mut states = Vec::new();
    for order in &orders {
        let id: Id = order["id"].as_str().unwrap().parse().unwrap();
        states.push(app.look(move |db| returns::by_id(db, id)).await.state);
    }
    assert_eq!(states, [ReturnState::Lapsed, ReturnState::InTransit, ReturnState::NeedInfo]);
});

/// A case of a return as the desk opens it, about these units, with its clocks running: its number and its lines.
async fn opened(app: &TestApp, goods: &Goods, units: &[i64]) -> (String, Vec<Id>) {
    app.seed().await;
    let garments: Vec<_> = units.iter().map(|unit| goods.garment(*unit)).collect();
    let mut new = crate::cases::new_case(app, &garments, "button_off");
    new.lines.iter_mut().for_each(|line| line.wanted = Some(Wish::Refund));
    let no = crate::cases::open(app, new).await.unwrap();
    // What the brand's promise names.
    run(app, "UPDATE case_line SET defect_code = 'button_loose'".to_owned()).await;
    let number = no.clone();
    let lines = app.look(move |db| {
        let case = cases::by_no(db, &number)?.unwrap();
        cases::lines(db, case.id)
    });
    (no, lines.await.into_iter().map(|line| line.id).collect())
}

/// How the clocks of a case stand, the last run of each: of the case itself, or of one of its lines.
async fn clocks(app: &TestApp, no: &str, part: Id) -> Vec<(String, ClockState)> {
    let (no, now) = (no.to_owned(), app.state.clock.now());
    let all = app.look(move |db| {
        let case = cases::by_no(db, &no)?.unwrap();
        service_levels::of(db, case.id, now)
    });
    let mut last = std::collections::BTreeMap::new();
    for clock in all.await.into_iter().filter(|clock| clock.part == part) {
        last.insert(clock.code, clock.state);
    }
    last.into_iter().collect()
}

fn is(clocks: &[(&str, ClockState)]) -> Vec<(String, ClockState)> {
    clocks.iter().map(|(code, state)| ((*code).to_owned(), *state)).collect()
}

/// The line of a case as a program reads it, and its case.
async fn line_of(who: &Persona<'_>, no: &str, line: usize) -> (Value, Value) {
    let case = who.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    (case["lines"][line].clone(), case)
}

async fn look_at(who: &Persona<'_>, no: &str, found: Option<&str>) {
    let looked = json!({ "act": "inspect", "line": 1, "grade": "c", "found": found });
    who.json("POST", &format!("/api/v1/cases/{no}/acts"), &looked).await.expect(200);
}

async fn settlement(who: &Persona<'_>, no: &str, kind: &str, amount: Option<&str>) -> crate::support::Answer {
    let asked = json!({ "case": no, "line": 1, "kind": kind, "amount": amount, "reason": "纽扣脱落" });
    who.json("POST", "/api/v1/settlements", &asked).await
}

async fn money(who: &Persona<'_>, code: &str, verb: &str, body: Value) -> Value {
    who.json("POST", &format!("/api/v1/settlements/{code}/{verb}"), &body).await.expect(200).json()
}

use ClockState::{Cancelled, Met, Running};

story!(a_return_moves_its_line_and_its_clocks_to_the_end, |app| {
    let goods = furnished(&app, 1).await;
    let (no, lines) = opened(&app, &goods, &[0]).await;
    let (agent, finance, line) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await, lines[0]);
    let order = requested(&agent, (&no, 1), "NO-WORRY-BUTTON").await;
    let (now, case) = line_of(&agent, &no, 0).await;
    assert_eq!((&now["state"], &case["kind"]), (&json!("open"), &json!("return")));
    assert_eq!(clocks(&app, &no, Id(0)).await, is(&[("case.resolve", Running), ("return.review", Running)]));
    // Nothing is given for what nobody has seen.
    assert_eq!(settlement(&agent, &no, "refund", None).await.expect(409).code(), "wrong_state");
    act(&agent, &order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    let (now, case) = line_of(&agent, &no, 0).await;
    assert_eq!((&now["state"], &now["decided"], &case["state"]), (&json!("decided"), &json!("refund"), &json!("in_progress")));
    assert_eq!(clocks(&app, &no, Id(0)).await, is(&[("case.resolve", Running), ("return.review", Met)]));
    assert_eq!(clocks(&app, &no, line).await, is(&[("return.pickup", Running)]));
    act(&agent, &order, json!({ "act": "sent", "waybill": "SF-1" }), 200).await;
    act(&agent, &order, json!({ "act": "received" }), 200).await;
    assert_eq!(
        clocks(&app, &no, line).await,
        is(&[("refund.statutory", Running), ("return.inspect", Running), ("return.pickup", Met), ("return.settle", Running)])
    );
    look_at(&agent, &no, Some("button_missing")).await;
    let (now, _) = line_of(&agent, &no, 0).await;
    assert!(now["finding"].is_string(), "what is found is logged where findings are: {now}");
    assert_eq!(settlement(&agent, &no, "refund", None).await.expect(409).code(), "wrong_state", "not before the inspection decides");
    act(&agent, &order, json!({ "act": "accept", "report": "the button is gone" }), 200).await;
    let made = settlement(&agent, &no, "refund", None).await.expect(201).json();
    assert_eq!(made["amount"], "399.00");
    let code = made["code"].as_str().unwrap();
    let uri = format!("/api/v1/returns/{}", order["id"].as_str().unwrap());
    assert_eq!(agent.get(&uri).await.expect(200).json()["state"], "settling");
    act(&agent, &order, json!({ "act": "settle" }), 200).await;
    assert_eq!(
        clocks(&app, &no, line).await,
        is(&[
            ("refund.payout", Running),
            ("refund.statutory", Running),
            ("return.inspect", Met),
            ("return.pickup", Met),
            ("return.settle", Running)
        ])
    );
    money(&finance, code, "approve", json!({})).await;
    money(&finance, code, "submit", json!({})).await;
    assert_eq!(line_of(&agent, &no, 0).await.0["state"], "decided", "what is on its way has not arrived");
    act(&agent, &order, json!({ "act": "settled", "outcome": "refund" }), 409).await;
    let undone = json!({ "act": "close" });
    assert_eq!(agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &undone).await.expect(409).code(), "wrong_state");
    money(&finance, code, "paid", json!({ "reference": "BANK-1" })).await;
    let (now, _) = line_of(&agent, &no, 0).await;
    assert_eq!((&now["state"], now["ended_at"].is_string()), (&json!("done"), true));
    let order = agent.get(&uri).await.expect(200).json();
    assert_eq!((&order["state"], &order["outcome"]), (&json!("settled"), &json!("refund")));
    assert!(clocks(&app, &no, line).await.iter().all(|(_, state)| *state == Met), "{:?}", clocks(&app, &no, line).await);
    // Said by hand as well, it is as it was.
    act(&agent, &order, json!({ "act": "settled", "outcome": "refund" }), 200).await;
    act(&agent, &order, json!({ "act": "settled", "outcome": "exchange" }), 409).await;
    let acts = format!("/api/v1/cases/{no}/acts");
    agent.json("POST", &acts, &json!({ "act": "resolve", "result": "Your money is back.", "cause": "workmanship" })).await.expect(200);
    assert_eq!(agent.json("POST", &acts, &json!({ "act": "close" })).await.expect(200).json()["state"], "closed");
});

story!(a_refusal_ends_the_line_with_its_report_and_a_dispute_opens_it_again, |app| {
    let goods = furnished(&app, 1).await;
    let (no, lines) = opened(&app, &goods, &[0]).await;
    let (one, other, line) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await, lines[0]);
    let order = requested(&one, (&no, 1), "CN-RETURN").await;
    for step in [json!({ "act": "approve", "inbound": "shop" }), json!({ "act": "received" })] {
        act(&one, &order, step, 200).await;
    }
    look_at(&one, &no, None).await;
    act(&one, &order, json!({ "act": "refuse", "report": "worn for weeks" }), 200).await;
    let (now, case) = line_of(&one, &no, 0).await;
    assert_eq!((&now["state"], &now["decided"]), (&json!("refused"), &json!("refuse")));
    assert!(case["notes"].as_array().unwrap().iter().any(|note| note["audience"] == "buyer" && note["body"] == "worn for weeks"));
    assert_eq!(settlement(&one, &no, "refund", None).await.expect(409).code(), "wrong_state");
    act(&one, &order, json!({ "act": "dispute", "note": "it came so" }), 200).await;
    assert_eq!(line_of(&one, &no, 0).await.0["state"], "open");
    assert!(clocks(&app, &no, line).await.contains(&("return.inspect".to_owned(), Running)), "somebody else looks, on the clock again");
    act(&one, &order, json!({ "act": "accept", "report": "well" }), 409).await;
    look_at(&other, &no, Some("button_missing")).await;
    act(&other, &order, json!({ "act": "accept", "report": "it came so" }), 200).await;
    let made = settlement(&one, &no, "refund", None).await.expect(201).json();
    let voided = money(&one, made["code"].as_str().unwrap(), "void", json!({ "reason": "credit is wanted" })).await;
    assert_eq!(voided["state"], "void");
    // Void: decided anew, and the return is where the inspection left it.
    let (now, _) = line_of(&one, &no, 0).await;
    assert_eq!((&now["state"], &now["decided"]), (&json!("open"), &Value::Null));
    let state = clocks(&app, &no, line).await.into_iter().find(|(code, _)| code == "refund.payout").unwrap().1;
    assert_eq!(state, Cancelled);
    let made = settlement(&one, &no, "credit", None).await.expect(201).json();
    assert_eq!(made["kind"], "credit");
    assert_eq!(line_of(&one, &no, 0).await.0["decided"], "credit");
});

story!(what_is_accepted_in_part_is_refunded_in_part, |app| {
    let goods = furnished(&app, 1).await;
    let (no, _) = opened(&app, &goods, &[0]).await;
    let (one, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let order = requested(&one, (&no, 1), "NO-WORRY-BUTTON").await;
    for step in [json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })] {
        act(&one, &order, step, 200).await;
    }
    look_at(&one, &no, Some("button_missing")).await;
    let part = |amount: Value| json!({ "act": "accept", "report": "worn, the button is gone", "partly": true, "amount": amount });
    for (amount, code) in
        [(Value::Null, "missing"), (json!("0"), "out_of_range"), (json!("399"), "out_of_range"), (json!("x"), "not_a_number")]
    {
        let problem = act(&one, &order, part(amount), 422).await;
        assert_eq!(fields(&problem), [("amount", code)]);
    }
    let whole = json!({ "act": "accept", "report": "r", "amount": "5" });
    assert_eq!(fields(&act(&one, &order, whole, 422).await), [("amount", "does_not_apply")]);
    let accepted = act(&one, &order, part(json!("100.00")), 200).await;
    assert_eq!((&accepted["state"], &accepted["accepted_minor"]), (&json!("partly_accepted"), &json!(10_000)));
    let beyond = settlement(&one, &no, "refund", Some("100.01")).await.expect(409).json();
    assert_eq!(beyond["code"], "beyond_accepted");
    assert!(
        beyond.to_string().contains("100.00 CNY") && beyond.to_string().contains("299.00"),
        "what may be given, and what is left: {beyond}"
    );
    assert_eq!(settlement(&one, &no, "exchange", None).await.expect(409).code(), "beyond_accepted");
    let made = settlement(&one, &no, "refund", None).await.expect(201).json();
    assert_eq!(made["amount"], "100.00");
    // The rest takes another inspection, by somebody else, of what is not being paid yet.
    act(&one, &order, json!({ "act": "dispute", "note": "it came so" }), 409).await;
    money(&one, made["code"].as_str().unwrap(), "void", json!({ "reason": "contested" })).await;
    act(&one, &order, json!({ "act": "dispute", "note": "it came so" }), 200).await;
    assert_eq!(act(&one, &order, json!({ "act": "accept", "report": "well" }), 409).await["code"], "another_inspector");
    look_at(&one, &no, Some("button_missing")).await;
    assert_eq!(act(&other, &order, json!({ "act": "accept", "report": "well" }), 409).await["code"], "another_inspector");
    look_at(&other, &no, Some("button_missing")).await;
    act(&other, &order, json!({ "act": "refuse", "report": "worn" }), 409).await;
    act(&other, &order, json!({ "act": "accept", "report": "it came so" }), 200).await;
    assert_eq!(settlement(&one, &no, "refund", None).await.expect(201).json()["amount"], "399.00");
});

// A part was paid; the buyer contests the rest, somebody else looks, and what is left is given: never more than that, by the database.
story!(what_was_paid_in_part_is_settled_further, |app| {
    let goods = furnished(&app, 1).await;
    let (no, lines) = opened(&app, &goods, &[0]).await;
    let (one, other, finance) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    let order = requested(&one, (&no, 1), "NO-WORRY-BUTTON").await;
    for step in [json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })] {
        act(&one, &order, step, 200).await;
    }
    look_at(&one, &no, Some("button_missing")).await;
    let part = |amount: &str| json!({ "act": "accept", "report": "worn", "partly": true, "amount": amount });
    act(&one, &order, part("100.00"), 200).await;
    let pay = |code: String| {
        let finance = &finance;
        async move {
            money(finance, &code, "approve", json!({})).await;
            money(finance, &code, "submit", json!({})).await;
            money(finance, &code, "paid", json!({ "reference": format!("BANK-{code}") })).await
        }
    };
    let first = settlement(&one, &no, "refund", None).await.expect(201).json()["code"].as_str().unwrap().to_owned();
    pay(first.clone()).await;
    assert_eq!(line_of(&one, &no, 0).await.0["state"], "done");
    // Nothing more is given for it as it is, nor does it come back twice; its buyer may contest what was found.
    assert_eq!(settlement(&one, &no, "refund", None).await.expect(409).code(), "wrong_state");
    for lang in ["zh-CN", "en"] {
        let page = one.page(&format!("/returns/{}?lang={lang}", order["id"].as_str().unwrap())).await.expect(200);
        assert!(page.text().contains("value=\"dispute\""), "{lang}");
    }
    let contested = act(&one, &order, json!({ "act": "dispute", "note": "it came so" }), 200).await;
    assert_eq!((&contested["state"], contested["ended_at"].is_null()), (&json!("inspecting"), true));
    assert_eq!(line_of(&one, &no, 0).await.0["state"], "open");
    look_at(&other, &no, Some("button_missing")).await;
    // No less than what was given already.
    assert_eq!(fields(&act(&other, &order, part("99.99"), 422).await), [("amount", "out_of_range")]);
    act(&other, &order, part("300.00"), 200).await;
    let beyond = settlement(&one, &no, "refund", Some("200.01")).await.expect(409).json();
    assert_eq!((&beyond["code"], beyond.to_string().contains("200.00 CNY")), (&json!("beyond_accepted"), true), "{beyond}");
    assert_eq!(settlement(&one, &no, "credit", None).await.expect(409).code(), "already_settled", "a sale is settled in one way");
    let second = settlement(&one, &no, "refund", None).await.expect(201).json();
    assert_eq!((&second["amount"], &second["further_of"]), (&json!("200.00"), &json!(first)));
    assert_eq!(settlement(&one, &no, "refund", None).await.expect(409).code(), "already_settled", "one at a time");
    // Void, it may be asked for again; paid, the return is over once more.
    money(&one, second["code"].as_str().unwrap(), "void", json!({ "reason": "another account" })).await;
    let second = settlement(&one, &no, "refund", None).await.expect(201).json()["code"].as_str().unwrap().to_owned();
    pay(second.clone()).await;
    let (line, _) = line_of(&one, &no, 0).await;
    let order = one.get(&format!("/api/v1/returns/{}", order["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&line["state"], &order["state"], &order["accepted"]), (&json!("done"), &json!("settled"), &json!("300.00 CNY")));
    let garment = goods.garment(0);
    assert_eq!(app.look(move |db| sales::of_seq(db, garment, 1)).await.unwrap().refund_reserved_minor, 30_000);
    // The store itself: each goes on with one, of its sale and kind, that was paid; and never beyond the price.
    let columns = "case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, reason, author, needs_two, payout_ref, failure, created_at, version";
    let id = |code: &str| code.parse::<Id>().unwrap().0;
    let copy = |place: i64, kind: &str, of: &str| {
        let values = columns.replace("kind", &format!("'{kind}'")).replace("state", "'authorised'");
        format!(
            "INSERT INTO settlement (id, further_of, {columns}) SELECT id + {place}, {of}, {values} FROM settlement WHERE id = {}",
            id(&second)
        )
    };
    let line = lines[0].0;
    for sql in [
        copy(1, "refund", &id(&first).to_string()),
        copy(1, "credit", &id(&second).to_string()),
        copy(1, "refund", "NULL"),
        copy(1, "refund", &format!("(SELECT id FROM settlement WHERE state = 'void' AND line_id = {line})")),
        format!("UPDATE sale SET refund_reserved_minor = 39901 WHERE garment_id = {}", garment.0),
    ] {
        assert!(app.sql(&sql).await.is_err(), "the store takes: {sql}");
    }
    app.sql(&copy(1, "refund", &id(&second).to_string())).await.unwrap();
});

// S0-22 and S2-42: an exchange is on the clock from the inspection on, or from the photos where the goods stay, until it is sent.
story!(an_exchange_is_on_the_clock_until_it_is_sent, |app| {
    let goods = furnished(&app, 2).await;
    let spare = app.goods(None, 2).await;
    app.seed().await;
    let mut seen = Vec::new();
    for (unit, is_back) in [(0, true), (1, false)] {
        let mut new = crate::cases::new_case(&app, &[goods.garment(unit)], "button_off");
        new.lines[0].wanted = Some(Wish::Exchange);
        let no = crate::cases::open(&app, new).await.unwrap();
        let (agent, finance) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await);
        let order =
            agent.json("POST", "/api/v1/returns", &json!({ "case": no, "line": 1, "note": "we grant it" })).await.expect(201).json();
        let steps: &[Value] = if is_back {
            &[json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })]
        } else {
            &[json!({ "act": "approve" })]
        };
        for step in steps {
            act(&agent, &order, step.clone(), 200).await;
        }
        let code = if is_back { "exchange.ship" } else { "exchange.returnless.ship" };
        let clock = |app: &TestApp| {
            let (no, now, store) = (no.clone(), app.state.clock.now(), app.state.store.clone());
            async move {
                let all = store.read(move |db| {
                    let case = cases::by_no(db, &no)?.unwrap();
                    service_levels::of(db, case.id, now)
                });
                all.await.unwrap().into_iter().find(|clock| clock.code == code)
            }
        };
        assert!(clock(&app).await.is_none(), "{code} does not run before");
        app.state.clock.advance(chrono::Duration::minutes(7));
        let began = app.state.clock.now();
        if is_back {
            look_at(&agent, &no, None).await;
            act(&agent, &order, json!({ "act": "accept", "report": "well" }), 200).await;
        } else {
            let kept = json!({ "act": "returnless", "origin": "own", "outcome": "exchange", "note": "the photos show it" });
            act(&agent, &order, kept, 200).await;
        }
        let running = clock(&app).await.unwrap();
        assert_eq!((running.state, running.started_at, running.ended_at), (Running, began, None), "{code}");
        app.state.clock.advance(chrono::Duration::minutes(11));
        let asked = json!({ "case": no, "line": 1, "kind": "exchange", "new_serial": spare.serial(&app, unit), "reason": "换一件" });
        let made = agent.json("POST", "/api/v1/settlements", &asked).await.expect(201).json();
        let made = made["code"].as_str().unwrap();
        money(&finance, made, "approve", json!({})).await;
        money(&finance, made, "submit", json!({})).await;
        assert_eq!(clock(&app).await.unwrap().state, Running, "{code}: what is packed is not sent");
        app.state.clock.advance(chrono::Duration::minutes(3));
        money(&finance, made, "paid", json!({ "reference": "SF-5" })).await;
        let met = clock(&app).await.unwrap();
        assert_eq!((met.state, met.ended_at), (Met, Some(app.state.clock.now())), "{code}");
        seen.push((running.due_at.unwrap() - began).num_hours());
    }
    // Photos give 48 hours; the inspection until the close of the next working day.
    assert_eq!(seen[1], 48);
    assert!((1..=48).contains(&seen[0]), "{seen:?}");
});

story!(what_the_buyer_keeps_ends_its_line, |app| {
    let goods = furnished(&app, 3).await;
    let (no, lines) = opened(&app, &goods, &[0, 1, 2]).await;
    let agent = app.persona(Role::Agent).await;
    let mut orders = Vec::new();
    for line in 1..=3 {
        orders.push(requested(&agent, (&no, line), "CN-RETURN").await);
    }
    for order in &orders[..2] {
        act(&agent, order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    }
    act(&agent, &orders[0], json!({ "act": "withdraw" }), 200).await;
    act(&agent, &orders[2], json!({ "act": "reject", "note": "worn for a year" }), 200).await;
    app.state.clock.advance(chrono::Duration::days(15));
    let stamp = app.state.stamp("system");
    assert_eq!(app.write(move |db| returns::lapse(db, &stamp)).await, 1);
    let agent = app.persona(Role::Agent).await;
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    let states: Vec<_> = case["lines"].as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["withdrawn", "withdrawn", "refused"]);
    assert_eq!(clocks(&app, &no, lines[0]).await, is(&[("return.pickup", Cancelled)]));
    assert_eq!(clocks(&app, &no, lines[2]).await, []);
});

story!(a_return_has_its_clocks_whatever_its_case_is_about, |app| {
    let goods = furnished(&app, 1).await;
    app.seed().await;
    let no = crate::cases::open(&app, crate::cases::new_case(&app, &[goods.garment(0)], "button_off")).await.unwrap();
    let number = no.clone();
    let line = app.look(move |db| {
        let case = cases::by_no(db, &number)?.unwrap();
        Ok(cases::lines(db, case.id)?.remove(0).id)
    });
    let (agent, line) = (app.persona(Role::Agent).await, line.await);
    let order = requested(&agent, (&no, 1), "CN-RETURN").await;
    act(&agent, &order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    act(&agent, &order, json!({ "act": "received" }), 200).await;
    let running = is(&[("refund.statutory", Running), ("return.inspect", Running), ("return.pickup", Met), ("return.settle", Running)]);
    assert_eq!(clocks(&app, &no, line).await, running);
    // That the case becomes urgent does not take them away.
    let rated = json!({ "act": "rate", "kind": "repair", "severity": "general", "priority": "urgent" });
    agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &rated).await.expect(200);
    assert_eq!(clocks(&app, &no, line).await, running);
});

story!(what_is_destroyed_has_a_ground_a_weight_and_evidence, |app| {
    let goods = furnished(&app, 1).await;
    let (no, _) = opened(&app, &goods, &[0]).await;
    let agent = app.persona(Role::Agent).await;
    let order = requested(&agent, (&no, 1), "NO-WORRY-BUTTON").await;
    for step in [json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })] {
        act(&agent, &order, step, 200).await;
    }
    let destroy = |weight: i64, document: &str| json!({ "act": "destroy", "ground": "hygiene", "weight_g": weight, "document": document });
    act(&agent, &order, destroy(310, "WB-7"), 409).await;
    look_at(&agent, &no, Some("button_missing")).await;
    act(&agent, &order, json!({ "act": "accept", "report": "soiled" }), 200).await;
    assert_eq!(fields(&act(&agent, &order, destroy(310, " "), 422).await), [("document", "missing")]);
    assert_eq!(fields(&act(&agent, &order, destroy(0, "WB-7"), 422).await), [("weight_g", "out_of_range")]);
    let photo = json!({ "act": "destroy", "ground": "hygiene", "weight_g": 310, "photo": order["id"] });
    assert_eq!(fields(&act(&agent, &order, photo, 422).await), [("photo", "unknown_reference")]);
    let page = agent.page(&format!("/returns/{}?lang=en", order["id"].as_str().unwrap())).await.expect(200);
    assert!(page.text().contains("Destroy what came back") && !page.text().contains(">returns-"));
    let uri = format!("/returns/{}/act", order["id"].as_str().unwrap());
    agent.form(&uri, &[("act", "destroy"), ("ground", ""), ("weight_g", "310"), ("document", "WB-7")]).await.expect(422);
    agent.form(&uri, &[("act", "destroy"), ("ground", "hygiene"), ("weight_g", "310"), ("document", "WB-7")]).await.expect(303);
    let gone = agent.get(&format!("/api/v1/returns/{}", order["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(
        (&gone["state"], &gone["destroyed_on"], &gone["destroyed_ground"], &gone["destroyed_weight_g"], &gone["destroyed_document"]),
        (&json!("accepted"), &json!("2026-06-15"), &json!("hygiene"), &json!(310), &json!("WB-7"))
    );
    act(&agent, &order, destroy(310, "WB-8"), 409).await;
    let again = json!({ "serial": goods.serial(&app, 0), "sold_on": "2026-06-15" });
    let admin = app.persona(Role::Admin).await;
    assert_eq!(admin.json("POST", "/api/v1/sales", &again).await.expect(409).code(), "wrong_state");
    assert_eq!(claim(&app, &goods, 0).await, Err(Code::NotSold));
    // Its buyer has their money all the same; and the store keeps what was said of it whole.
    settlement(&agent, &no, "refund", None).await.expect(201);
    assert!(app.sql("UPDATE return_order SET destroyed_weight_g = NULL").await.is_err());
    assert!(app.sql("UPDATE return_order SET destroyed_document = ''").await.is_err());
});

story!(what_a_return_costs_is_posted_with_its_steps, |app| {
    let goods = furnished(&app, 2).await;
    let (no, lines) = opened(&app, &goods, &[0, 1]).await;
    let (agent, finance) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    // One under a right by which its buyer pays the way, of a claim that is covered; one that is ours.
    let order = requested(&agent, (&no, 1), "NO-WORRY-BUTTON").await;
    act(&agent, &order, json!({ "act": "approve", "inbound": "pickup" }), 200).await;
    act(&agent, &order, json!({ "act": "received" }), 200).await;
    let cost = |kind: &str, amount: &str, reference: &str| json!({ "act": "cost", "kind": kind, "amount": amount, "reference": reference });
    for (amount, code) in [("12.345", "too_many_decimals"), ("0", "out_of_range"), ("x", "not_a_number")] {
        assert_eq!(fields(&act(&agent, &order, cost("inbound", amount, ""), 422).await), [("amount", code)]);
    }
    let after = act(&agent, &order, cost("inbound", "12.00", "SF-3"), 200).await;
    assert_eq!(after["state"], "received", "it stands where it stood");
    look_at(&agent, &no, Some("button_missing")).await;
    act(&agent, &order, json!({ "act": "accept", "report": "gone" }), 200).await;
    act(&agent, &order, cost("inspection", "3.50", ""), 200).await;
    let uri = format!("/returns/{}/act", order["id"].as_str().unwrap());
    agent.form(&uri, &[("act", "cost"), ("cost", ""), ("amount", "2")]).await.expect(422);
    agent.form(&uri, &[("act", "cost"), ("cost", "handling"), ("amount", "")]).await.expect(422);
    agent.form(&uri, &[("act", "cost"), ("cost", "handling"), ("amount", "2")]).await.expect(303);
    act(&agent, &order, cost("destruction", "0.80", "WB-7"), 200).await;
    let made = settlement(&agent, &no, "refund", None).await.expect(201).json();
    let code = made["code"].as_str().unwrap();
    money(&finance, code, "approve", json!({})).await;
    money(&finance, code, "submit", json!({})).await;
    let goods_cost = json!({ "reference": "B-1", "goods_cost": "5" });
    finance.json("POST", &format!("/api/v1/settlements/{code}/paid"), &goods_cost).await.expect(422);
    money(&finance, code, "paid", json!({ "reference": "B-1", "freight": "1.00" })).await;
    let ledger = finance.get(&format!("/api/v1/ledger?case={no}")).await.expect(200).json();
    let mut costs: Vec<_> = ledger["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {} {}", text("kind"), text("amount"), text("payer"), entry["line"], text("reference"))
        })
        .collect();
    costs.sort();
    assert_eq!(
        costs,
        [
            "destruction 0.80 brand 1 WB-7",
            "handling 2.00 brand 1 ",
            "inspection_lab 3.50 brand 1 ",
            "logistics_out 1.00 brand 1 B-1",
            "pickup 12.00 brand 1 SF-3",
            "refund 399.00 brand 1 B-1",
        ]
    );
    // A verdict moves them all.
    let (mill, _) = app.party(hangtag::production::parties::Role::Mill).await;
    let (by, line) = (app.state.stamp("staff:lead"), lines[0]);
    let moved = app.write(move |db| {
        let case = cases::line(db, line)?.unwrap().case_id;
        let all = [(hangtag::aftersales::settlements::Payer::Party(mill), 1_000_000)];
        hangtag::aftersales::settlements::reallocate(db, &by, case, line, &all, Id(7))?;
        hangtag::aftersales::settlements::balances(db, hangtag::aftersales::settlements::BalanceOf::Party(mill))
    });
    assert_eq!(moved.await[0].money.minor, 41_830);
    // A buyer who changed their mind pays the way, if the right says so and nothing is wrong with it.
    app.sql(&format!("UPDATE case_line SET reason_class = 'change_of_mind', defect_code = NULL WHERE id = {}", lines[1].0)).await.unwrap();
    let order = requested(&agent, (&no, 2), "CN-RETURN").await;
    act(&agent, &order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    act(&agent, &order, json!({ "act": "received" }), 200).await;
    act(&agent, &order, cost("inbound", "9", ""), 200).await;
    let balances = finance.get(&format!("/api/v1/ledger/balances?case={no}")).await.expect(200).json();
    assert!(balances.as_array().unwrap().iter().any(|one| one["payer"] == "customer" && one["balance"]["minor"] == 900), "{balances}");
});
