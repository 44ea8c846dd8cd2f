//! Returns: from the request to what the buyer gets, by programs and by pages; what is refused, and what becomes of the garment.

use diesel::connection::SimpleConnection;
use hangtag::aftersales::returns::{self, ReturnState};
use hangtag::each;
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
    app.write(move |db| Ok(each!(db, |c| c.batch_execute(&sql))?)).await;
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

async fn requested(who: &Persona<'_>, line: Id, rule: &str) -> Value {
    who.json("POST", "/api/v1/returns", &json!({ "line": line, "rule": rule })).await.expect(201).json()
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
    let line = case(&app, "C-1", &goods, &[0]).await[0];
    assert!(matches!(claim(&app, &goods, 0).await, Ok(Outcome::Held(_))));
    let agent = app.api(Role::Agent).await;
    let refused = agent.json("POST", "/api/v1/returns", &json!({ "line": line, "rule": "EU-WITHDRAWAL" })).await.expect(409);
    assert_eq!(refused.code(), "no_right");
    let problem = agent.json("POST", "/api/v1/returns", &json!({ "line": line })).await.expect(422).json();
    assert_eq!(fields(&problem), [("note", "missing")], "goodwill has a reason");
    let order = requested(&agent, line, "NO-WORRY-BUTTON").await;
    assert_eq!(
        (&order["state"], &order["kind"], &order["freight"], &order["rule_version"]),
        (&json!("requested"), &json!("no_worry"), &json!("company"), &json!(1))
    );
    assert_eq!(order["case_no"], "C-1");
    assert_eq!(agent.json("POST", "/api/v1/returns", &json!({ "line": line, "rule": "CN-RETURN" })).await.expect(409).code(), "duplicate");

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
    let line = case(&app, "C-2", &goods, &[0]).await[0];
    let (one, other) = (app.api(Role::Agent).await, app.api(Role::Agent).await);
    let order = requested(&one, line, "CN-RETURN").await;
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
    let order = act(&other, &order, json!({ "act": "refuse", "report": "worn, as was found" }), 200).await;
    assert_eq!(order["report"], "worn, as was found");
    act(&one, &order, json!({ "act": "give_back", "waybill": "SF-2" }), 200).await;
    assert_eq!(act(&one, &order, json!({ "act": "close" }), 200).await["state"], "closed_refused");
    assert_eq!(app.look(move |db| sales::latest(db, garment)).await.unwrap().status.as_str(), "live");
});

story!(without_the_goods_a_person_decides_and_nobody_sells_the_garment_again, |app| {
    let goods = furnished(&app, 1).await;
    let line = case(&app, "C-3", &goods, &[0]).await[0];
    let (program, person) = (app.api(Role::Agent).await, app.persona(Role::Agent).await);
    let order = requested(&program, line, "NO-WORRY-BUTTON").await;
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
    let lines = case(&app, "C-4", &goods, &[0, 1]).await;
    let admin = app.api(Role::Admin).await;
    run(&app, format!("UPDATE style SET category = '内衣' WHERE code = '{}'", goods.code.replace("B-", "S-"))).await;
    let order = requested(&admin, lines[0], "NO-WORRY-BUTTON").await;
    for step in [json!({ "act": "approve", "inbound": "parcel" }), json!({ "act": "received" })] {
        act(&admin, &order, step, 200).await;
    }
    inspected(&app, lines[0], "2026-06-15").await;
    act(&admin, &order, json!({ "act": "accept", "report": "seal broken", "partly": true }), 200).await;
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
    let lines = case(&app, "C-5", &goods, &[0, 1, 2]).await;
    let (agent, person) = (app.api(Role::Agent).await, app.persona(Role::Agent).await);
    let mut orders = Vec::new();
    for line in &lines {
        orders.push(requested(&agent, *line, "CN-RETURN").await);
    }
    for order in &orders[..2] {
        act(&agent, order, json!({ "act": "approve", "inbound": "parcel" }), 200).await;
    }
    act(&agent, &orders[1], json!({ "act": "sent", "waybill": "SF-9" }), 200).await;
    for (lang, title) in [("zh-CN", "退货"), ("en", "Returns")] {
        let list = person.page(&format!("/returns?lang={lang}")).await.expect(200);
        assert!(list.text().contains(title) && list.text().contains("C-5") && list.text().contains(&goods.serial(&app, 2)), "{lang}");
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
