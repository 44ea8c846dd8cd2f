//! Refunds, exchanges and credit: once for each sale, by whoever may; and the ledger, which is only added to.

use hangtag::aftersales::cases;
use hangtag::aftersales::settlements::{self, Cost, LedgerKind, Payer, SettlementAsk, SettlementKind, SettlementState, Sign};
use hangtag::kernel::money::Money;
use hangtag::kernel::{Code, Error, GarmentId, Id};
use hangtag::ownership::garments::{self, HoldKind};
use hangtag::ownership::holders::{self, Secret};
use hangtag::ownership::sales;
use hangtag::ownership::warranties::{self, WarrantyState};
use hangtag::platform::events::Stamp;
use hangtag::production::batches;
use hangtag::production::parties::Role as Does;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::parties::fields;
use crate::story;
use crate::support::cases::Case;
use crate::support::goods::{Goods, day, policy};
use crate::support::personas::Persona;
use crate::support::{Request, TestApp};

/// Sells a unit for so much, or for nobody knows how much.
async fn sold(app: &TestApp, goods: &Goods, unit: i64, price: Option<(i64, &str)>) -> GarmentId {
    let shop = app.persona(Role::Admin).await;
    let price = price.map(|(minor, currency)| json!({ "minor": minor, "currency": currency }));
    let sale = json!({ "serial": goods.serial(app, unit), "gtin": goods.gtin, "sold_on": "2026-06-10", "price": price });
    shop.json("POST", "/api/v1/sales", &sale).await.expect(201);
    goods.garment(unit)
}

fn ask(line: Id, amount_minor: Option<i64>) -> SettlementAsk {
    SettlementAsk { line, kind: SettlementKind::Refund, amount_minor, price: None, new_garment: None, reason: "纽扣脱落".into() }
}

fn stamp(app: &TestApp, who: &str) -> Stamp {
    app.state.stamp(who)
}

/// What the database itself says of statements that go around the program.
async fn refuses(app: &TestApp, sql: &str) {
    assert!(app.sql(sql).await.is_err(), "the store takes: {sql}");
}

/// Goods that were sold long ago were made before.
async fn made_before(app: &TestApp, goods: &Goods) {
    app.sql(&format!("UPDATE batch SET started_on = NULL, finished_on = '2024-12-01' WHERE no = {}", goods.no.0)).await.unwrap();
}

/// A case about one garment sold for 399.00.
async fn one(app: &TestApp) -> (Goods, Case) {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 5).await;
    let garment = sold(app, &goods, 0, Some((39_900, "CNY"))).await;
    let case = app.case(&[(garment, Some(1), Some("hook_button_broken"))]).await;
    (goods, case)
}

async fn act(who: &Persona<'_>, code: &str, verb: &str, body: &Value) -> crate::support::Answer {
    let request = if body.is_null() {
        Request::new("POST", &format!("/api/v1/settlements/{code}/{verb}"))
    } else {
        Request::json("POST", &format!("/api/v1/settlements/{code}/{verb}"), body)
    };
    who.send(request).await
}

story!(a_refund_is_asked_for_approved_paid_and_booked, |app| {
    let (goods, case) = one(&app).await;
    let (agent, finance) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    let asked = json!({ "case": case.no, "kind": "refund", "reason": "纽扣脱落" });
    finance.json("POST", "/api/v1/settlements", &asked).await.expect(403);
    let made = agent.json("POST", "/api/v1/settlements", &asked).await.expect(201).json();
    let code = made["code"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["amount"], &made["currency"], &made["state"], &made["needs_two"]),
        (&json!("399.00"), &json!("CNY"), &json!("authorised"), &json!(false))
    );
    assert_eq!(made["serial"].as_str(), Some(goods.serial(&app, 0).as_str()));
    let again = agent.json("POST", "/api/v1/settlements", &asked).await.expect(409).json();
    assert_eq!((&again["code"], again.to_string().contains(&code)), (&json!("already_settled"), true), "{again}");

    act(&agent, &code, "approve", &Value::Null).await.expect(403);
    act(&finance, &code, "submit", &Value::Null).await.expect(409);
    let approved = act(&finance, &code, "approve", &Value::Null).await.expect(200).json();
    assert_eq!(
        (&approved["state"], approved["approver"].as_str()),
        (&json!("approved"), Some(format!("staff:{}", finance.login).as_str()))
    );

    let payout = finance.json("POST", "/api/v1/payouts", &json!({ "currency": "CNY" })).await.expect(201).json();
    let href = format!("/api/v1/payouts/{}", payout["code"].as_str().unwrap());
    let file = finance.get(&format!("{href}?lang=en")).await.expect(200);
    let lines: Vec<_> = file.text().trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines, ["Settlement,Case,Account,Amount,Currency".to_owned(), format!("{code},{},,399.00,CNY", case.no)]);
    finance.json("POST", "/api/v1/payouts", &json!({})).await.expect(422);

    let failed = json!({ "reason": "账号不存在" });
    assert_eq!(act(&finance, &code, "failed", &failed).await.expect(200).json()["state"], "failed");
    assert_eq!(act(&finance, &code, "failed", &failed).await.expect(200).json()["state"], "failed", "said again");
    act(&finance, &code, "submit", &Value::Null).await.expect(200);
    let paid = json!({ "reference": "BANK-1", "paid_on": "2026-06-15" });
    let done = act(&finance, &code, "paid", &paid).await.expect(200).json();
    assert_eq!(act(&finance, &code, "paid", &paid).await.expect(200).json(), done, "said again, nothing more happens");
    assert_eq!(act(&finance, &code, "paid", &json!({ "reference": "BANK-2" })).await.expect(409).code(), "wrong_state");
    assert_eq!(act(&agent, &code, "void", &json!({ "reason": "x" })).await.expect(409).code(), "wrong_state");

    let ledger = finance.get("/api/v1/ledger").await.expect(200).json()["items"].clone();
    assert_eq!(ledger.as_array().unwrap().len(), 1, "{ledger}");
    let entry = &ledger[0];
    assert_eq!(
        (&entry["kind"], &entry["sign"], &entry["amount"], &entry["payer"], &entry["settlement"]),
        (&json!("refund"), &json!("debit"), &json!("399.00"), &json!("brand"), &json!(code))
    );
    let balances = finance.get(&format!("/api/v1/ledger/balances?case={}", case.no)).await.expect(200).json();
    assert_eq!(balances, json!([{ "payer": "brand", "balance": { "minor": 39900, "currency": "CNY", "amount": "399.00" } }]));
    for lang in ["zh-CN", "en"] {
        for page in
            [format!("/settlements/{code}"), "/settlements".into(), "/ledger".into(), "/ledger/new".into(), "/settlements/payout".into()]
        {
            let shown = finance.page(&format!("{page}?lang={lang}")).await.expect(200);
            assert!(!shown.text().contains(">settlements-") && !shown.text().contains(">ledger-"), "{page}");
        }
    }
    let csv = finance.get("/ledger.csv?lang=en").await.expect(200);
    assert!(csv.text().contains(",399.00,CNY,"), "{}", csv.text());
    assert!(finance.get("/ledger.xlsx").await.expect(200).body.starts_with(b"PK"));
});

story!(above_the_limit_two_others_approve, |app| {
    let goods = app.goods(None, 2).await;
    let garment = sold(&app, &goods, 0, Some((200_000, "CNY"))).await;
    let case = app.case(&[(garment, Some(1), None)]).await;
    let line = case.lines[0];
    let (author, first, second) = (stamp(&app, "staff:a"), stamp(&app, "staff:b"), stamp(&app, "staff:c"));
    let made = app.write(move |db| settlements::authorise(db, &author, &ask(line, None))).await;
    assert!(made.needs_two);
    let approve = |by: Stamp, of: settlements::Settlement| {
        let store = app.state.store.clone();
        async move { store.write(move |db| settlements::approve(db, &by, &of)).await }
    };
    assert_eq!(approve(stamp(&app, "staff:a"), made.clone()).await.unwrap_err().code(), Code::NeedsAnother);
    let once = approve(first.clone(), made.clone()).await.unwrap();
    assert_eq!((once.state, once.approver.as_deref()), (SettlementState::Authorised, Some("staff:b")));
    assert_eq!(approve(second.clone(), made).await.unwrap_err().code(), Code::Stale, "as it was read before");
    assert_eq!(approve(first, once.clone()).await.unwrap_err().code(), Code::NeedsAnother);
    assert_eq!(approve(second, once).await.unwrap().state, SettlementState::Approved);
});

story!(no_more_is_given_back_than_was_paid, |app| {
    let goods = app.goods(None, 4).await;
    let garment = sold(&app, &goods, 0, Some((5_900, "JPY"))).await;
    let case = app.case(&[(garment, Some(1), None)]).await;
    let agent = app.persona(Role::Agent).await;
    let asked = |amount: &str| json!({ "case": case.no, "kind": "refund", "amount": amount, "reason": "x" });
    let refused = agent.json("POST", "/api/v1/settlements", &asked("5901")).await.expect(409).json();
    assert_eq!((&refused["code"], refused.to_string().contains("5900 JPY")), (&json!("beyond_paid"), true), "{refused}");
    let refused = agent.json("POST", "/api/v1/settlements", &asked("0")).await.expect(422).json();
    assert_eq!(fields(&refused), [("amount", "out_of_range")]);
    let refused = agent.json("POST", "/api/v1/settlements", &asked("12.5")).await.expect(422).json();
    assert_eq!(fields(&refused), [("amount", "too_many_decimals")]);
    let made = agent.json("POST", "/api/v1/settlements", &asked("5,900")).await.expect(201).json();
    let reserved = move |app: &TestApp| {
        let store = app.state.store.clone();
        async move { store.read(move |db| Ok(sales::of_seq(db, garment, 1)?.unwrap().refund_reserved_minor)).await.unwrap() }
    };
    assert_eq!(reserved(&app).await, 5_900);
    act(&agent, made["code"].as_str().unwrap(), "void", &json!({ "reason": "金额有误" })).await.expect(200);
    assert_eq!(reserved(&app).await, 0);
    agent.json("POST", "/api/v1/settlements", &asked("4000")).await.expect(201);
    assert_eq!(reserved(&app).await, 4_000);
    // Around the program, the store itself keeps the rule.
    refuses(&app, &format!("UPDATE sale SET refund_reserved_minor = 5901 WHERE garment_id = {}", garment.0)).await;
    refuses(&app, &format!("UPDATE sale SET refund_reserved_minor = -1 WHERE garment_id = {}", garment.0)).await;
});

story!(a_sale_without_a_price_asks_for_it, |app| {
    let goods = app.goods(None, 2).await;
    let garment = sold(&app, &goods, 0, None).await;
    let case = app.case(&[(garment, Some(1), None), (goods.garment(1), None, None)]).await;
    let agent = app.persona(Role::Agent).await;
    let mut asked = json!({ "case": case.no, "line": 1, "kind": "credit", "reason": "x" });
    let refused = agent.json("POST", "/api/v1/settlements", &asked).await.expect(422).json();
    assert_eq!(fields(&refused), [("price_paid", "no_price")]);
    asked["price_paid"] = json!("299");
    assert_eq!(agent.json("POST", "/api/v1/settlements", &asked).await.expect(201).json()["amount"], "299.00");
    let sale = app.look(move |db| sales::of_seq(db, garment, 1)).await.unwrap();
    assert_eq!((sale.price_minor, sale.refund_reserved_minor), (Some(29_900), 29_900));
    asked["line"] = json!(2);
    assert_eq!(agent.json("POST", "/api/v1/settlements", &asked).await.expect(409).code(), "not_sold");
    asked["line"] = json!(3);
    assert_eq!(fields(&agent.json("POST", "/api/v1/settlements", &asked).await.expect(422).json()), [("line", "unknown_reference")]);
    asked["line"] = Value::Null;
    assert_eq!(fields(&agent.json("POST", "/api/v1/settlements", &asked).await.expect(422).json()), [("line", "missing")]);
    asked["case"] = json!("C-NONE");
    assert_eq!(fields(&agent.json("POST", "/api/v1/settlements", &asked).await.expect(422).json()), [("case", "unknown_reference")]);
});

story!(an_exchange_gives_another_garment_once, |app| {
    let goods = app.goods(None, 6).await;
    for unit in [0, 1, 2] {
        sold(&app, &goods, unit, Some((39_900, "CNY"))).await;
    }
    let case = app.case(&[(goods.garment(0), Some(1), None), (goods.garment(1), Some(1), None)]).await;
    let agent = app.persona(Role::Agent).await;
    let asked = |line: i64, unit: Option<i64>| {
        let serial = unit.map(|unit| goods.serial(&app, unit));
        json!({ "case": case.no, "line": line, "kind": "exchange", "new_serial": serial, "reason": "换一件" })
    };
    let wrong = |answer: crate::support::Answer| {
        let problem = answer.expect(422).json();
        fields(&problem).into_iter().map(|(field, code)| (field.to_owned(), code.to_owned())).collect::<Vec<_>>()
    };
    let one = |code: &str| vec![("new_serial".to_owned(), code.to_owned())];
    assert_eq!(wrong(agent.json("POST", "/api/v1/settlements", &asked(1, None)).await), one("missing"));
    assert_eq!(wrong(agent.json("POST", "/api/v1/settlements", &asked(1, Some(0))).await), one("duplicate"));
    assert_eq!(wrong(agent.json("POST", "/api/v1/settlements", &asked(1, Some(2))).await), one("already_sold"));
    let made = agent.json("POST", "/api/v1/settlements", &asked(1, Some(3))).await.expect(201).json();
    assert_eq!((&made["amount"], &made["new_serial"]), (&json!("0.00"), &json!(goods.serial(&app, 3))));
    assert_eq!(wrong(agent.json("POST", "/api/v1/settlements", &asked(2, Some(3))).await), one("already_sold"));
    agent.json("POST", "/api/v1/settlements", &asked(2, Some(4))).await.expect(201);
});

story!(an_exchange_is_sold_to_the_buyer_of_the_old_one, |app| {
    let (goods, case) = one(&app).await;
    let (agent, finance, shop) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await, app.persona(Role::Admin).await);
    let asked = |unit: i64| json!({ "case": case.no, "kind": "exchange", "new_serial": goods.serial(&app, unit), "reason": "换一件" });
    let refused = |answer: crate::support::Answer| {
        let problem = answer.json();
        (problem["faults"][0]["field"].as_str().unwrap().to_owned(), problem["faults"][0]["code"].as_str().unwrap().to_owned())
    };
    let new_serial = |code: &str| ("new_serial".to_owned(), code.to_owned());
    // Recalled, void, held back with its batch: none of them is given.
    let (no, stamp_of) = (goods.no, stamp(&app, "staff:manager"));
    app.write(move |db| garments::hold_units(db, &stamp_of, no, &[4..5], HoldKind::Recall, "RC-1")).await;
    assert_eq!(refused(agent.json("POST", "/api/v1/settlements", &asked(4)).await.expect(409)), new_serial("wrong_state"));
    let stamp_of = stamp(&app, "staff:manager");
    app.write(move |db| batches::void_units(db, &stamp_of, no, &[3..4], "torn").map(drop)).await;
    assert_eq!(refused(agent.json("POST", "/api/v1/settlements", &asked(3)).await), new_serial("serial_unknown"));
    app.sql(&format!("UPDATE batch SET status = 'hold' WHERE no = {}", no.0)).await.unwrap();
    assert_eq!(refused(agent.json("POST", "/api/v1/settlements", &asked(1)).await.expect(409)), new_serial("wrong_state"));
    app.sql(&format!("UPDATE batch SET status = 'open', origin = 'foreign' WHERE no = {}", no.0)).await.unwrap();
    let (line, given, by) = (case.lines[0], goods.garment(1), stamp(&app, "staff:a"));
    let foreign = SettlementAsk { kind: SettlementKind::Exchange, new_garment: Some(given), ..ask(line, None) };
    let foreign = app.state.store.write(move |db| settlements::authorise(db, &by, &foreign)).await.unwrap_err();
    assert!(format!("{foreign:?}").contains("NotOurStock"), "{foreign:?}");
    app.sql(&format!("UPDATE batch SET origin = 'own' WHERE no = {}", no.0)).await.unwrap();

    let made = agent.json("POST", "/api/v1/settlements", &asked(1)).await.expect(201).json();
    let code = made["code"].as_str().unwrap().to_owned();
    // It waits for its buyer: nobody else buys it, and made void it is free again.
    let sale = |unit: i64| json!({ "serial": goods.serial(&app, unit), "gtin": goods.gtin, "sold_on": "2026-06-15" });
    assert_eq!(shop.json("POST", "/api/v1/sales", &sale(1)).await.expect(409).code(), "wrong_state");
    act(&agent, &code, "void", &json!({ "reason": "另一件" })).await.expect(200);
    assert!(app.look(move |db| garments::holds(db, given)).await.is_empty());
    let made = agent.json("POST", "/api/v1/settlements", &asked(1)).await.expect(201).json();
    let code = made["code"].as_str().unwrap().to_owned();
    act(&finance, &code, "approve", &Value::Null).await.expect(200);
    act(&finance, &code, "submit", &Value::Null).await.expect(200);
    let (old, new) = (goods.garment(0), given);
    assert!(app.look(move |db| sales::latest(db, new)).await.is_none(), "not before it is handed over");
    act(&finance, &code, "paid", &json!({ "reference": "SF-77" })).await.expect(200);

    let sold = app.look(move |db| sales::latest(db, new)).await.unwrap();
    assert_eq!((sold.order_no.as_str(), sold.price_minor, sold.currency.as_deref()), ("W-1", Some(39_900), Some("CNY")));
    assert_eq!((sold.source.as_str(), sold.sold_on, sold.status.as_str()), ("exchange", day("2026-06-15"), "live"));
    let cover = |garment: GarmentId| app.look(move |db| warranties::state(db, garment, day("2026-06-15")));
    assert!(matches!(cover(new).await, WarrantyState::Running { until, .. } if until == day("2027-06-15")), "by its own policy");
    assert!(matches!(cover(old).await, WarrantyState::Ended { reason, .. } if reason == "exchanged"));
    // The old one is nobody's: neither claimed nor sold again.
    assert_eq!(app.look(move |db| sales::latest(db, old)).await.unwrap().status.as_str(), "ended");
    assert_eq!(shop.json("POST", "/api/v1/sales", &sale(0)).await.expect(409).code(), "wrong_state");
    let (keys, secret, typed, by) = (app.state.keys.clone(), Secret::fresh(), goods.claim_code(&app, 0), stamp(&app, "holder"));
    let claimed = app.state.store.write(move |db| holders::claim(db, &by, &keys.serials, old, &typed, day("2026-06-15"), &secret)).await;
    assert_eq!(claimed.unwrap_err().code(), Code::NotSold);
    let line = app.look(move |db| cases::line(db, line)).await.unwrap();
    assert_eq!((line.state, line.decided), (cases::LineState::Done, Some(cases::LineDecision::Exchange)));
    // The one who has it now may come back with it, for what it cost them.
    let again = app.case(&[(new, Some(1), None)]).await;
    let made =
        agent.json("POST", "/api/v1/settlements", &json!({ "case": again.no, "kind": "refund", "reason": "x" })).await.expect(201).json();
    assert_eq!(made["amount"], "399.00");
});

// Where the deployment wants that, what is given in exchange is covered as long as what it replaces was, and at least for a month.
story!(an_exchange_may_take_over_what_was_left_of_the_warranty, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Delivered, StartRule::Sold])), 8).await;
    let (agent, finance, admin) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await, app.persona(Role::Admin).await);
    made_before(&app, &goods).await;
    let set = json!({ "value": 1, "reason": "as the chambers agreed" });
    admin.json("PUT", "/api/v1/policy-values/exchange.inherit_warranty", &set).await.expect(200);
    // Sold ten months ago, and twelve months ago but for ten days.
    for (place, (sold_on, until)) in (0..).zip([("2025-08-15", "2026-08-15"), ("2025-06-25", "2026-07-15")]) {
        let sale = crate::warranties::sale_of(&goods, place, sold_on);
        crate::warranties::sell(&app, sale).await;
        let case = app.case(&[(goods.garment(place), Some(1), None)]).await;
        let given = goods.garment(place + 4);
        let asked = json!({ "case": case.no, "kind": "exchange", "new_serial": goods.serial(&app, place + 4), "reason": "换一件" });
        let code = agent.json("POST", "/api/v1/settlements", &asked).await.expect(201).json()["code"].as_str().unwrap().to_owned();
        for (verb, body) in [("approve", Value::Null), ("submit", Value::Null), ("paid", json!({ "reference": "SF-7" }))] {
            act(&finance, &code, verb, &body).await.expect(200);
        }
        let cover = || app.look(move |db| warranties::state(db, given, day("2026-06-15")));
        assert!(matches!(cover().await, WarrantyState::Running { until: last, .. } if last == day(until)), "{:?}", cover().await);
        // That it is delivered later makes it no longer; days in our hands do.
        let (stamp_of, zone) = (stamp(&app, "staff:desk"), app.state.config.time_zone);
        app.write(move |db| sales::deliver(db, &stamp_of, zone, given, day("2026-06-15"))).await;
        assert!(matches!(cover().await, WarrantyState::Running { until: last, .. } if last == day(until)), "{:?}", cover().await);
        let stamp_of = stamp(&app, "staff:desk");
        let longer = app.write(move |db| warranties::extend(db, &stamp_of, given, 1, 5)).await;
        assert_eq!(longer, Some(day(until) + chrono::Duration::days(5)));
    }
});

story!(what_was_taken_back_since_is_not_paid, |app| {
    let (_, case) = one(&app).await;
    let (agent, finance) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    let asked = json!({ "case": case.no, "kind": "refund", "reason": "x" });
    let made = agent.json("POST", "/api/v1/settlements", &asked).await.expect(201).json();
    let code = made["code"].as_str().unwrap();
    // While it is under way, its line is not taken back; refused by the desk, it is owed no more.
    let acts = format!("/api/v1/cases/{}/acts", case.no);
    assert_eq!(agent.json("POST", &acts, &json!({ "act": "take_back", "line": 1 })).await.expect(409).code(), "under_way");
    agent.json("POST", &acts, &json!({ "act": "decide", "line": 1, "outcome": "refuse", "reason": "worn" })).await.expect(200);
    assert_eq!(act(&finance, code, "approve", &Value::Null).await.expect(409).code(), "wrong_state");
    // Taken back after it was approved, it is not handed over with the rest.
    app.sql("UPDATE case_line SET state = 'open', ended_at = NULL").await.unwrap();
    act(&finance, code, "approve", &Value::Null).await.expect(200);
    app.sql("UPDATE case_line SET state = 'withdrawn'").await.unwrap();
    assert_eq!(finance.json("POST", "/api/v1/payouts", &json!({})).await.expect(422).code(), "invalid");
    act(&agent, code, "void", &json!({ "reason": "taken back" })).await.expect(200);
    let line = case.lines[0];
    assert_eq!(app.look(move |db| cases::line(db, line)).await.unwrap().state, cases::LineState::Withdrawn, "and stays over");
});

story!(of_a_hundred_settlements_of_one_garment_one_wins, |app| {
    let (_, case) = one(&app).await;
    let line = case.lines[0];
    let all = (0..100).map(|n| {
        let (store, stamp) = (app.state.store.clone(), stamp(&app, &format!("staff:{n}")));
        let kind = [SettlementKind::Refund, SettlementKind::Credit][n % 2];
        let ask = SettlementAsk { kind, ..ask(line, Some(20_000)) };
        async move { store.write(move |db| settlements::authorise(db, &stamp, &ask)).await }
    });
    let answers: Vec<Result<_, Error>> = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.into_iter().filter_map(Result::err) {
        // Who waited too long for one of four connections is told to come again.
        assert!(matches!(error.code(), Code::AlreadySettled | Code::Busy), "{error}");
    }
    let (garment, reserved, rows) = app
        .look(move |db| {
            let line = cases::line(db, line)?.unwrap();
            let sale = sales::of_seq(db, line.garment_id, 1)?.unwrap();
            Ok((line.garment_id, sale.refund_reserved_minor, settlements::of_line(db, line.id)?.len()))
        })
        .await;
    assert_eq!((reserved, rows), (20_000, 1));
    // The index, not the program.
    let copy = |id: i64, state: &str| {
        format!(
            "INSERT INTO settlement (id, case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, reason, author, needs_two, payout_ref, failure, created_at, version)
             VALUES ({id}, {}, {}, {}, 1, 'exchange', '{state}', 1, 'CNY', '', 'x', FALSE, '', '', '2026-06-15 00:00:00', 1)",
            case.id.0, line.0, garment.0
        )
        .replace("'exchange'", "'credit'")
    };
    refuses(&app, &copy(1, "authorised")).await;
    app.sql(&copy(2, "void")).await.unwrap();
    refuses(&app, "UPDATE settlement SET state = 'authorised' WHERE id = 2").await;
    refuses(&app, "UPDATE settlement SET approver = author WHERE state <> 'void'").await;
    refuses(&app, "UPDATE settlement SET state = 'approved' WHERE state = 'authorised'").await;
    refuses(&app, "UPDATE settlement SET amount_minor = 0 WHERE state = 'authorised'").await;
    refuses(&app, "UPDATE settlement SET kind = 'exchange', new_garment_id = garment_id WHERE state = 'authorised'").await;
    refuses(&app, "UPDATE settlement SET needs_two = TRUE, approver = 'y', state = 'approved' WHERE state = 'authorised'").await;
    refuses(
        &app,
        "UPDATE settlement SET needs_two = TRUE, approver = 'y', second_approver = 'y', state = 'approved' WHERE state = 'authorised'",
    )
    .await;
});

/// A cost of the brand's.
fn cost(case: &Case, kind: LedgerKind, minor: i64) -> Cost {
    Cost {
        case: case.id,
        line: Some(case.lines[0]),
        kind,
        money: Money { minor, currency: "CNY".into() },
        occurred_on: day("2026-06-15"),
        payer: Payer::Brand,
        settlement: None,
        reference: "SF-1".into(),
    }
}

async fn posted(app: &TestApp, cost: Cost) -> settlements::LedgerEntry {
    let stamp = stamp(app, "staff:finance");
    app.write(move |db| settlements::post(db, &stamp, &cost)).await
}

/// Balances of a case in minor units.
async fn balances(app: &TestApp, case: &Case) -> Vec<(Payer, i64)> {
    let id = case.id;
    let all = app.look(move |db| settlements::balances(db, settlements::BalanceOf::Case(id))).await;
    all.into_iter().map(|balance| (balance.payer, balance.money.minor)).collect()
}

story!(the_ledger_is_only_added_to, |app| {
    let (_, case) = one(&app).await;
    let entry = posted(&app, cost(&case, LedgerKind::LogisticsIn, 1_235)).await;
    let id = entry.id.0;
    for sql in [
        format!("UPDATE ledger_entry SET amount_minor = 1 WHERE id = {id}"),
        format!("UPDATE ledger_entry SET reference = 'x' WHERE id = {id}"),
        format!("DELETE FROM ledger_entry WHERE id = {id}"),
        "DELETE FROM ledger_entry".to_owned(),
    ] {
        refuses(&app, &sql).await;
    }
    let copy = |id: i64, sign: &str, amount: i64, of: i64| {
        format!(
            "INSERT INTO ledger_entry (id, case_id, kind, sign, amount_minor, currency, occurred_on, payer, reversal_of, reference, actor, at)
             VALUES ({id}, {}, 'logistics_in', '{sign}', {amount}, 'CNY', '2026-06-15', 'brand', {of}, '', 'x', '2026-06-15 00:00:00')",
            case.id.0
        )
    };
    refuses(&app, &copy(1, "debit", 1_235, id)).await;
    refuses(&app, &copy(1, "credit", 1_234, id)).await;
    refuses(&app, &copy(1, "credit", 0, id)).await;
    refuses(&app, &copy(1, "credit", 1_235, 77)).await;

    let finance = app.persona(Role::Finance).await;
    let who = &finance;
    let reverse = |code: String| async move { who.send(Request::new("POST", &format!("/api/v1/ledger/{code}/reverse"))).await };
    let taken = reverse(entry.id.to_string()).await.expect(200).json();
    assert_eq!((&taken["sign"], &taken["reversal_of"]), (&json!("credit"), &json!(entry.id.to_string())));
    assert_eq!(reverse(entry.id.to_string()).await.expect(409).code(), "already_reversed");
    assert_eq!(reverse(taken["code"].as_str().unwrap().to_owned()).await.expect(409).code(), "already_reversed");
    refuses(&app, &copy(1, "credit", 1_235, id)).await;
    assert_eq!(balances(&app, &case).await, [(Payer::Brand, 0)]);
});

story!(a_verdict_moves_every_cost_to_the_cent_and_back, |app| {
    let (_, case) = one(&app).await;
    let (mill, _) = app.party(Does::Mill).await;
    let (factory, _) = app.party(Does::Factory).await;
    for (kind, minor) in
        [(LedgerKind::RepairParts, 1_001), (LedgerKind::LogisticsIn, 7), (LedgerKind::ResaleRecovery, 100), (LedgerKind::Gift, 1)]
    {
        posted(&app, cost(&case, kind, minor)).await;
    }
    let (id, line, verdict) = (case.id, case.lines[0], Id(4711));
    let shares = vec![(Payer::Party(mill), 333_333), (Payer::Party(factory), 333_333), (Payer::Brand, 333_334)];
    let move_by = |shares: Vec<(Payer, u32)>, verdict: Id| {
        let (store, stamp) = (app.state.store.clone(), stamp(&app, "staff:lead"));
        async move { store.write(move |db| settlements::reallocate(db, &stamp, id, line, &shares, verdict)).await }
    };
    let before = balances(&app, &case).await;
    assert_eq!(before, [(Payer::Brand, 909)]);
    let wrong = move_by(vec![(Payer::Party(mill), 999_999)], verdict).await.unwrap_err();
    assert_eq!(wrong.code(), Code::Invalid);
    let added = move_by(shares.clone(), verdict).await.unwrap();
    let after = balances(&app, &case).await;
    assert_eq!(after.iter().map(|(_, minor)| minor).sum::<i64>(), 909, "nothing is lost: {after:?}");
    // 1001 = 334 + 334 + 333 (the brand's remainder is the smallest), 7 = 2 + 2 + 3, −100 = −33 −33 −34, 1 to the brand.
    let of = |payer: Payer| after.iter().find(|(who, _)| *who == payer).unwrap().1;
    assert_eq!((of(Payer::Party(mill)), of(Payer::Party(factory)), of(Payer::Brand)), (334 + 2 - 33, 333 + 2 - 33, 334 + 3 - 34 + 1));
    assert!(added.iter().all(|entry| entry.verdict_id == Some(verdict) && entry.moves_id.is_some()));
    assert_eq!(move_by(shares.clone(), verdict).await.unwrap(), [], "asked again, nothing more moves");
    posted(&app, cost(&case, LedgerKind::LogisticsOut, 900)).await;
    assert_eq!(move_by(shares.clone(), verdict).await.unwrap().len(), 4, "but what was posted since");
    let other = move_by(vec![(Payer::Brand, 1_000_000)], Id(4712)).await.unwrap_err();
    assert_eq!(other.code(), Code::WrongState);

    let back = stamp(&app, "staff:lead");
    let taken = app.write(move |db| settlements::reverse(db, &back, verdict)).await;
    assert_eq!(taken.len(), added.len() + 4);
    let none: Vec<_> = balances(&app, &case).await.into_iter().filter(|(_, minor)| *minor != 0).collect();
    assert_eq!(none, [(Payer::Brand, 1_809)]);
    let back = stamp(&app, "staff:lead");
    assert_eq!(app.write(move |db| settlements::reverse(db, &back, verdict)).await, []);
    move_by(vec![(Payer::Party(mill), 1_000_000)], Id(4712)).await.unwrap();
    let of_mill = app.look(move |db| settlements::balances(db, settlements::BalanceOf::Party(mill))).await;
    assert_eq!(of_mill[0].money.minor, 1_809);
    let signs: Vec<Sign> = app.look(|db| settlements::entries_of_verdicts(db, &[Id(4712)])).await.iter().map(|entry| entry.sign).collect();
    assert!(signs.contains(&Sign::Debit) && signs.contains(&Sign::Credit));
});

story!(what_takes_an_entry_back_takes_back_what_a_verdict_moved_of_it, |app| {
    let (_, case) = one(&app).await;
    let (mill, _) = app.party(Does::Mill).await;
    let entry = posted(&app, cost(&case, LedgerKind::RepairParts, 999)).await;
    let (id, line, by) = (case.id, case.lines[0], stamp(&app, "staff:lead"));
    let moved = app.write(move |db| settlements::reallocate(db, &by, id, line, &[(Payer::Party(mill), 1_000_000)], Id(1))).await;
    let (store, by, pair) = (app.state.store.clone(), stamp(&app, "staff:finance"), moved[1].clone());
    assert_eq!(store.write(move |db| settlements::reverse_entry(db, &by, &pair)).await.unwrap_err().code(), Code::WrongState);
    let by = stamp(&app, "staff:finance");
    app.write(move |db| settlements::reverse_entry(db, &by, &entry)).await;
    assert!(balances(&app, &case).await.iter().all(|(_, minor)| *minor == 0));
});

story!(a_covered_claim_costs_the_customer_nothing_and_compensation_has_a_cap, |app| {
    app.seed().await;
    let (_, case) = one(&app).await;
    let finance = app.persona(Role::Finance).await;
    let posting = |kind: &str, amount: &str, payer: &str| json!({ "occurred_on": "2026-06-15", "case": case.no, "kind": kind, "amount": amount, "payer": payer });
    let refused = finance.json("POST", "/api/v1/ledger", &posting("logistics_in", "12", "customer")).await.expect(409);
    assert_eq!(refused.code(), "covered_claim");
    let (line, by) = (case.lines[0], stamp(&app, "staff:quality"));
    app.write(move |db| cases::conclude(db, &by, line, hangtag::aftersales::classes::CaseCause::Misuse)).await;
    finance.json("POST", "/api/v1/ledger", &posting("logistics_in", "12", "customer")).await.expect(201);
    // Three times the price of 399. From 200 on, somebody else approves it.
    let alone = finance.json("POST", "/api/v1/ledger", &posting("compensation_cash", "200", "brand")).await.expect(409).json();
    assert_eq!((&alone["code"], alone.to_string().contains("200.00 CNY")), (&json!("needs_another"), true), "{alone}");
    let agent = app.persona(Role::Agent).await;
    let asked = |amount: Value| json!({ "case": case.no, "line": 1, "kind": "compensation", "amount": amount, "reason": "the coat beneath is stained" });
    for (amount, code) in [(Value::Null, "missing"), (json!("0"), "out_of_range")] {
        assert_eq!(fields(&agent.json("POST", "/api/v1/settlements", &asked(amount)).await.expect(422).json()), [("amount", code)]);
    }
    let beyond = agent.json("POST", "/api/v1/settlements", &asked(json!("1197.01"))).await.expect(409).json();
    assert_eq!((&beyond["code"], beyond.to_string().contains("1197.00")), (&json!("beyond_paid"), true), "{beyond}");
    let made = agent.json("POST", "/api/v1/settlements", &asked(json!("1000"))).await.expect(201).json();
    let code = made["code"].as_str().unwrap().to_owned();
    assert_eq!(agent.json("POST", "/api/v1/settlements", &asked(json!("1"))).await.expect(409).code(), "duplicate", "one at a time");
    act(&agent, &code, "approve", &Value::Null).await.expect(403);
    act(&finance, &code, "approve", &Value::Null).await.expect(200);
    act(&finance, &code, "submit", &Value::Null).await.expect(200);
    act(&finance, &code, "paid", &json!({ "reference": "BANK-9" })).await.expect(200);
    // It settles nothing: the line stands where it stood, nothing of the price is set aside, and a refund is asked for as ever.
    let (state, reserved) = app
        .look(move |db| {
            let line = cases::line(db, line)?.unwrap();
            Ok((line.state, sales::of_seq(db, line.garment_id, 1)?.unwrap().refund_reserved_minor))
        })
        .await;
    assert_eq!((state, reserved), (cases::LineState::Open, 0));
    let refused = finance.json("POST", "/api/v1/ledger", &posting("compensation_cash", "197.01", "brand")).await.expect(409).json();
    assert!(refused.to_string().contains("197.00"), "{refused}");
    finance.json("POST", "/api/v1/ledger", &posting("compensation_cash", "97", "brand")).await.expect(201);
    let made = agent.json("POST", "/api/v1/settlements", &asked(json!("100"))).await.expect(201).json();
    act(&agent, made["code"].as_str().unwrap(), "void", &json!({ "reason": "a voucher is wanted" })).await.expect(200);
    let refund = json!({ "case": case.no, "line": 1, "kind": "refund", "amount": "100", "reason": "x" });
    agent.json("POST", "/api/v1/settlements", &refund).await.expect(201);
    let wrong = finance.json("POST", "/api/v1/ledger", &posting("refund", "0", "party")).await.expect(422).json();
    assert_eq!(fields(&wrong), [("party", "missing")]);
    let mut ahead = posting("gift", "1", "brand");
    ahead["occurred_on"] = json!("2026-06-17");
    assert_eq!(fields(&finance.json("POST", "/api/v1/ledger", &ahead).await.expect(422).json()), [("occurred_on", "date_to_come")]);
});

// What covers a claim is every right its buyer has, not the warranty alone: that of the law, of a mended part, and what the desk grants.
story!(any_right_covers_a_claim, |app| {
    app.seed().await;
    // Sold with a warranty of a year that is over; what the market's law says lasts two.
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 4).await;
    made_before(&app, &goods).await;
    let finance = app.persona(Role::Finance).await;
    let mut lines = Vec::new();
    for unit in 0..4 {
        let sale = crate::warranties::sale_of(&goods, unit, "2025-01-10");
        let sound =
            sales::Sound { country: if unit == 0 { "DE" } else { "CN" }.into(), delivered_on: Some(day("2025-01-10")), ..sale.sound };
        crate::warranties::sell(&app, sales::NewSale { sound, ..sale }).await;
        let case = app.case(&[(goods.garment(unit), Some(1), None)]).await;
        app.sql(&format!("UPDATE service_case SET market = '{}' WHERE id = {}", if unit == 0 { "DE" } else { "CN" }, case.id.0))
            .await
            .unwrap();
        lines.push(case);
    }
    // The buttons of the second were mended in spring, and have a warranty of their own; it is the button that is off.
    app.sql(&format!(
        "UPDATE case_reason SET components = 'buttons' WHERE code = 'button_off';
        INSERT INTO garment_repair (garment_id, sale_seq, repair, component, done_on, days_added, covered_until)
        VALUES ({}, 1, 'R-1', 'buttons', '2026-05-01', 0, '2026-07-30'), ({}, 1, 'R-2', 'zip', '2026-05-01', 0, '2026-07-30')",
        goods.garment(1).0,
        goods.garment(2).0
    ))
    .await
    .unwrap();
    let post = |case: &Case| {
        let said = json!({ "occurred_on": "2026-06-15", "case": case.no, "kind": "repair_labour", "amount": "12", "payer": "customer" });
        let finance = &finance;
        async move { finance.json("POST", "/api/v1/ledger", &said).await }
    };
    for (case, about) in [(&lines[0], "the legal guarantee"), (&lines[1], "the mended part")] {
        assert_eq!(post(case).await.expect(409).code(), "covered_claim", "{about}");
    }
    // A part that nobody complains of covers nothing, until the desk grants it.
    post(&lines[2]).await.expect(201);
    let (line, by) = (lines[3].lines[0], stamp(&app, "staff:desk"));
    app.write(move |db| cases::decide(db, &by, line, cases::LineDecision::Goodwill)).await;
    assert_eq!(post(&lines[3]).await.expect(409).code(), "covered_claim", "goodwill");
});

// I-3, by raw SQL: from the sale to the ledger everything is of one currency.
story!(one_currency_from_the_sale_to_the_ledger, |app| {
    let (goods, case) = one(&app).await;
    let (line, by, garment) = (case.lines[0], stamp(&app, "staff:a"), goods.garment(0));
    let made = app.write(move |db| settlements::authorise(db, &by, &ask(line, Some(10_000)))).await;
    let other = app.goods(None, 1).await;
    let bare = sold(&app, &other, 0, Some((10_000, "USD"))).await;
    let insert = |id: i64, garment: GarmentId, currency: &str| {
        format!(
            "INSERT INTO settlement (id, case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, reason, author, needs_two, payout_ref, failure, created_at, version)
             VALUES ({id}, {}, {}, {}, 1, 'credit', 'authorised', 1, '{currency}', '', 'x', FALSE, '', '', '2026-06-15 00:00:00', 1)",
            case.id.0, line.0, garment.0
        )
    };
    refuses(&app, &insert(1, bare, "CNY")).await;
    app.sql(&insert(2, bare, "USD")).await.unwrap();
    refuses(&app, "UPDATE settlement SET currency = 'USD' WHERE currency = 'CNY'").await;
    refuses(&app, &format!("UPDATE sale SET currency = 'USD' WHERE garment_id = {}", garment.0)).await;
    refuses(&app, &format!("UPDATE sale SET currency = NULL WHERE garment_id = {}", garment.0)).await;
    let entry = |id: i64, currency: &str, more: &str, value: i64| {
        format!(
            "INSERT INTO ledger_entry (id, case_id, kind, sign, amount_minor, currency, occurred_on, payer, verdict_id, {more}, reference, actor, at)
             VALUES ({id}, {}, 'refund', 'debit', 1, '{currency}', '2026-06-15', 'brand', 7, {value}, '', 'x', '2026-06-15 00:00:00')",
            case.id.0
        )
    };
    refuses(&app, &entry(1, "USD", "settlement_id", made.id.0)).await;
    app.sql(&entry(1, "CNY", "settlement_id", made.id.0)).await.unwrap();
    refuses(&app, &entry(2, "USD", "moves_id", 1)).await;
    app.sql(&entry(2, "CNY", "moves_id", 1)).await.unwrap();
});

story!(people_do_it_with_forms, |app| {
    let (_, case) = one(&app).await;
    let (agent, finance) = (app.persona(Role::Agent).await, app.persona(Role::Finance).await);
    let again = agent.form("/settlements/new", &[("case", "C-X"), ("kind", "refund"), ("reason", "x"), ("once", "a")]).await.expect(422);
    assert!(again.text().contains("value=\"C-X\"") && again.text().contains("class=\"fault\""));
    let made = agent.form("/settlements/new", &[("case", &case.no), ("kind", "refund"), ("reason", "x"), ("once", "b")]).await.expect(303);
    let page = made.header("location").unwrap().to_owned();
    let shown = finance.page(&page).await.expect(200);
    assert!(shown.text().contains(&format!("{page}/approve")), "{}", shown.text());
    assert!(!agent.page(&page).await.expect(200).text().contains(&format!("{page}/approve")));
    finance.form(&format!("{page}/approve"), &[("once", "c")]).await.expect(303);
    finance.form(&format!("{page}/approve"), &[("once", "d")]).await.expect(422);
    let paid = finance.form("/settlements/payout", &[("currency", ""), ("once", "e")]).await.expect(303);
    let list = finance.page(paid.header("location").unwrap()).await.expect(200);
    assert!(list.text().contains(&case.no));
    finance.page(&format!("{page}/paid")).await.expect(200);
    finance.form(&format!("{page}/paid"), &[("reference", ""), ("paid_on", ""), ("once", "f")]).await.expect(422);
    finance.form(&format!("{page}/paid"), &[("reference", "B-1"), ("paid_on", "2026-06-20"), ("once", "g")]).await.expect(422);
    finance.form(&format!("{page}/paid"), &[("reference", "B-1"), ("paid_on", ""), ("once", "h")]).await.expect(303);
    let posted = [
        ("occurred_on", "2026-06-15"),
        ("case", case.no.as_str()),
        ("kind", "pickup"),
        ("amount", "12"),
        ("payer", "brand"),
        ("once", "i"),
    ];
    let entry = finance.form("/ledger/new", &posted).await.expect(303).header("location").unwrap().to_owned();
    finance.form(&format!("{entry}/reverse"), &[("once", "j")]).await.expect(303);
    let supplier = app.persona(Role::Supplier).await;
    supplier.page("/ledger").await.expect(403);
});
