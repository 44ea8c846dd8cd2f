//! How long garments are at risk, and what claims cost: from the store to signals, step by step and from the start.

use chrono::{Duration, NaiveDate};
use hangtag::aftersales::settlements::{self, Cost, LedgerKind, Payer};
use hangtag::inspection::findings::{self, About, NewFinding, Sound as FindingSound, Stage};
use hangtag::kernel::chance::Stream;
use hangtag::kernel::money::Money;
use hangtag::kernel::{BatchNo, GarmentId, Id};
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::db::{Store, StoreOptions};
use hangtag::quality::signals::{self, ClaimKind, SignalsAsk};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::signals::node;
use crate::story;
use crate::support::TestApp;
use crate::support::goods::day;
use crate::support::program::Program;
use crate::trace::{STORE, insert, known_world};

fn report_of(store: &Store, today: NaiveDate, ask: &SignalsAsk) -> Value {
    let (memory, ask) = (store.clone(), ask.clone());
    serde_json::to_value(store.read_blocking(move |db| signals::report(&memory, db, today, &ask)).unwrap()).unwrap()
}

fn asked(kind: ClaimKind, defect: &str) -> SignalsAsk {
    SignalsAsk { kind, defect: Some(defect.to_owned()) }
}

/// The answer of the process that counted step by step, which is that of one that holds nothing yet.
fn report(app: &TestApp, ask: &SignalsAsk) -> Value {
    let other = Store::open(&app.url, &StoreOptions { connections: 1, ..StoreOptions::default() }).unwrap();
    let (held, afresh) = (report_of(&app.state.store, app.state.today(), ask), report_of(&other, app.state.today(), ask));
    assert_eq!(held, afresh, "what was counted step by step is what is counted from the start");
    held
}

async fn sell(app: &TestApp, garment: GarmentId, on: NaiveDate) {
    let (stamp, zone) = (app.state.stamp("staff:shop"), app.state.config.time_zone);
    let sound = Sound {
        sold_on: on,
        delivered_on: None,
        promised_on: None,
        no_return_confirmed_on: None,
        // The very same sale would be one that is reported again.
        order_no: app.state.id().to_string(),
        price: None,
        channel: "shop".into(),
        country: "CN".into(),
        city: String::new(),
    };
    let new = NewSale { garment, retailer: None, sound, source: "api", registered_at: None };
    app.state.store.write(move |db| sales::register(db, &stamp, zone, &new)).await.unwrap();
}

async fn give_back(app: &TestApp, garment: GarmentId, on: NaiveDate) {
    let (stamp, zone) = (app.state.stamp("staff:shop"), app.state.config.time_zone);
    app.state.store.write(move |db| sales::end_sale(db, &stamp, zone, garment, on)).await.unwrap();
}

async fn claim(app: &TestApp, garment: GarmentId, on: NaiveDate) {
    let stamp = app.state.stamp("staff:shop");
    let sound = FindingSound {
        defect: "pilling".into(),
        severity: None,
        zone: String::new(),
        quantity: 1,
        stage: Stage::Buyer,
        note: String::new(),
        found_on: on,
    };
    let new = NewFinding { about: About::Garment(garment), sound };
    app.state.store.write(move |db| findings::log(db, &stamp, std::slice::from_ref(&new))).await.unwrap();
}

story!(a_garment_that_came_back_is_at_risk_no_more, |app| {
    known_world(&app).await;
    let of = |batch, unit| GarmentId::new(BatchNo(batch), unit).unwrap();
    let ask = asked(ClaimKind::Reported, "FADE-T");
    let before = report(&app, &ask);
    let expected = |report: &Value, lot: &str| node(report, lot)["expected"].as_f64().unwrap();
    // Two garments of each batch go home and come back in the month of their sale; the claim is on one that stayed.
    let sold = app.state.store.read(move |db| sales::latest(db, of(2, 0))).await.unwrap().unwrap().sold_on;
    for unit in [0, 1] {
        give_back(&app, of(2, unit), sold).await;
    }
    let after = report(&app, &ask);
    assert_eq!(after["exposed"], before["exposed"], "they were sold");
    assert!(expected(&after, "CLOTH-B") < expected(&before, "CLOTH-B"), "{} {}", before["detail"], after["detail"]);
    // Sold again they are at risk anew.
    insert(
        &app,
        &format!(
            "INSERT INTO sale (garment_id, seq, status, sold_on, channel, retailer_id, order_no, country, city, source, created_at, version) \
             VALUES ({}, 2, 'live', '2026-05-02', 'shop', {STORE}, '', 'CN', '', 'api', '2026-05-02 00:00:00', 1);\
             UPDATE batch_tally SET sold = sold + 1, changes = changes + 1 WHERE batch_no = 2 AND party_id = {STORE};",
            of(2, 0).0
        ),
    )
    .await;
    let again = report(&app, &ask);
    assert_eq!(again["exposed"].as_u64(), after["exposed"].as_u64().map(|exposed| exposed + 1));
    assert!(expected(&again, "CLOTH-B") > expected(&after, "CLOTH-B"), "{} {}", after["detail"], again["detail"]);
    let ended = app.state.store.read(move |db| sales::of_garment(db, of(2, 0))).await.unwrap();
    assert_eq!(ended.iter().map(|sale| sale.ended_on).collect::<Vec<_>>(), [Some(sold), None]);
});

story!(the_claims_of_a_shop_are_there_before_anybody_looks_at_signals, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    let of_the_shop = format!("/api/v1/signals/claims?defect=FADE-T&of=retailer:{STORE}");
    let first = desk.get(&of_the_shop).await.expect(200).json();
    let shown = report(&app, &asked(ClaimKind::Reported, "FADE-T"));
    assert!(shown["claims"].as_u64().unwrap() > 0, "{shown}");
    assert_eq!(desk.get(&of_the_shop).await.expect(200).json(), first);
});

story!(sold_returned_sold_again_and_claimed_in_any_order, |app| {
    let season = app.season().await;
    app.state.store.write(hangtag::inspection::defects::seed).await.unwrap();
    let (ask, today) = (asked(ClaimKind::Reported, "pilling"), app.state.today());
    for seed in 1..=4 {
        let mut chance = Stream::new(seed);
        let mut below = move |limit: u64| usize::try_from(chance.number() % limit).unwrap();
        let mut on = today - Duration::days(300);
        for _ in 0..40 {
            on = (on + Duration::days(i64::try_from(below(16)).unwrap())).min(today);
            let garment = season.garments[below(10)];
            let latest = app.state.store.read(move |db| sales::latest(db, garment)).await.unwrap();
            match (below(5), latest) {
                (0, _) => claim(&app, garment, on).await,
                (1, Some(sale)) if sale.ended_on.is_none() => give_back(&app, garment, on.max(sale.sold_on)).await,
                (_, None) => sell(&app, garment, on).await,
                (_, Some(sale)) if sale.ended_on.is_some_and(|ended| ended <= on) => {
                    // Given back and sold again between two looks: as many are sold as before.
                    sell(&app, garment, on).await;
                }
                (2, Some(sale)) if sale.ended_on.is_none() => {
                    let on = on.max(sale.sold_on);
                    give_back(&app, garment, on).await;
                    sell(&app, garment, on).await;
                }
                _ => {}
            }
            if below(3) == 0 {
                report(&app, &ask);
            }
        }
        let found = report(&app, &ask);
        assert!(found["claims"].as_u64().unwrap() > 0 && found["exposed"].as_u64().unwrap() > 10, "{found}");
    }
});

async fn post(app: &TestApp, case: Id, line: Id, kind: LedgerKind, minor: i64, currency: &str) -> Id {
    let cost = Cost {
        case,
        line: Some(line),
        kind,
        money: Money { minor, currency: currency.into() },
        occurred_on: day("2026-06-14"),
        payer: Payer::Brand,
        settlement: None,
        reference: String::new(),
    };
    let stamp = app.state.stamp("staff:desk");
    app.state.store.write(move |db| settlements::post(db, &stamp, &cost)).await.unwrap().id
}

story!(what_claims_cost_stands_beside_what_is_behind_them, |app| {
    let season = app.season().await;
    for unit in 0..5 {
        app.sell(&season, unit, "2026-05-10").await;
    }
    let of = |unit: usize| (season.garments[unit], Some(1), Some("pilling"));
    let case = app.case(&[of(0), of(1), (season.garments[2], Some(1), None)]).await;
    let ask = asked(ClaimKind::Confirmed, "pilling");
    let cny = |minor: i64| json!([{ "currency": "CNY", "cost_minor": minor, "excess_minor": 0, "excess_lower_minor": 0 }]);
    assert_eq!((&report(&app, &ask)["costs"], &report(&app, &ask)["claims"]), (&Value::Null, &json!(2)), "nothing was spent yet");

    let refund = post(&app, case.id, case.lines[0], LedgerKind::RepairLabour, 3_000, "CNY").await;
    post(&app, case.id, case.lines[0], LedgerKind::LogisticsIn, 1_200, "CNY").await;
    post(&app, case.id, case.lines[1], LedgerKind::ScrapLoss, 8_000, "CNY").await;
    // Of a line in which nothing was found, and what a party paid back: neither makes these claims dearer or cheaper.
    post(&app, case.id, case.lines[2], LedgerKind::Goodwill, 500, "CNY").await;
    post(&app, case.id, case.lines[1], LedgerKind::ChargebackRecovery, 4_000, "CNY").await;
    let found = report(&app, &ask);
    for costs in [&found["costs"], &found["defects"][0]["costs"], &found["detail"]["signal"]["costs"], &node(&found, "LOT-1")["costs"]] {
        assert_eq!(*costs, cny(12_200), "{found}");
    }
    // Nobody named a defect when they reported: all of it is a cost of reported claims, and of none of their defects.
    let reported = report(&app, &SignalsAsk::default());
    assert_eq!((&reported["costs"], &reported["claims"], &reported["defects"]), (&cny(12_700), &json!(3), &json!([])));

    // Taken back, in another currency, sold for again.
    let stamp = app.state.stamp("staff:desk");
    app.state
        .store
        .write(move |db| {
            let entry = settlements::entries_with_ids(db, &[refund])?.remove(0);
            settlements::reverse_entry(db, &stamp, &entry)
        })
        .await
        .unwrap();
    post(&app, case.id, case.lines[1], LedgerKind::ResaleRecovery, 2_000, "CNY").await;
    post(&app, case.id, case.lines[1], LedgerKind::RepairParts, 90, "EUR").await;
    let found = report(&app, &ask);
    let costs = &node(&found, "LOT-1")["costs"];
    assert_eq!(
        (&costs[0]["cost_minor"], &costs[1]["currency"], &costs[1]["cost_minor"]),
        (&json!(7_200), &json!("EUR"), &json!(90)),
        "{found}"
    );

    // The same beside the batches of a trace: of the lines of claims, whatever was found.
    let manager = app.persona(Role::SupplierManager).await;
    let trace = manager.get("/api/v1/trace/lots/LOT-1").await.expect(200).json();
    let costs = json!([{ "currency": "CNY", "cost_minor": 7_700 }, { "currency": "EUR", "cost_minor": 90 }]);
    assert_eq!((&trace["costs"], &trace["batches"][0]["costs"]), (&costs, &costs), "{trace}");
    assert!(manager.page("/trace/lot/LOT-1?lang=en").await.expect(200).text().contains("77.00 CNY; 0.90 EUR"));
    assert!(manager.get("/api/v1/trace/lots/LOT-1?format=csv&lang=en").await.expect(200).text().contains("77.00 CNY; 0.90 EUR"));
    let planner = app.persona(Role::Planner).await;
    assert!(!planner.get("/api/v1/trace/lots/LOT-1").await.expect(200).text().contains("cost_minor"));
    let party = app.look(|db| Ok(hangtag::production::parties::by_code(db, "MILL-1")?.unwrap().id)).await;
    let supplier = app.persona_of_party(Role::Supplier, party).await;
    assert!(!supplier.get("/api/v1/trace/lots/LOT-1").await.expect(200).text().contains("cost_minor"), "its costs are in its statement");

    // On the page, in files and at the terminal, for those who may read money.
    for (lang, title) in [("en", "Cost of the claims"), ("zh-CN", "索赔费用")] {
        let page = manager.page(&format!("/signals?kind=confirmed&defect=pilling&lang={lang}")).await.expect(200);
        assert!(page.text().contains(title) && page.text().contains("72.00 CNY; 0.90 EUR"), "{}", page.text());
    }
    let csv = manager.get("/api/v1/signals?kind=confirmed&format=csv&lang=en").await.expect(200);
    assert!(csv.text().contains("Cost of the claims,Cost above expected") && csv.text().contains("72.00 CNY; 0.90 EUR"), "{}", csv.text());
    let without = planner.get("/api/v1/signals?kind=confirmed&defect=pilling").await.expect(200);
    assert!(!without.text().contains("cost_minor") && without.text().contains("pilling"), "{}", without.text());
    let csv = planner.get("/api/v1/signals?kind=confirmed&format=csv&lang=en").await.expect(200);
    assert!(!csv.text().contains("72.00"), "{}", csv.text());
    let page = planner.page("/signals?kind=confirmed&defect=pilling&lang=en").await.expect(200);
    assert!(!page.text().contains("72.00"), "{}", page.text());
    if app.on == crate::support::On::Sqlite {
        let table = Program::in_folder(app.folder.path()).run(&["signals", "--kind", "confirmed"]).well().out;
        assert!(table.contains("72.00 CNY; 0.90 EUR"), "{table}");
    }
});
