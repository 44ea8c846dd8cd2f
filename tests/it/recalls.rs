//! Recall scopes: saved whole, never changed, compared with today.

use hangtag::kernel::Id;
use hangtag::ownership::garments::{self, HoldKind};
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::story;
use crate::support::Request;
use crate::trace::{DYER, insert, known_world};

story!(a_scope_is_saved_compared_and_taken_away, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    let asked = json!({ "code": "RC-1", "title": "Fading cloth", "query": { "kind": "lot", "code": "CLOTH-B" } });
    let request = || Request::json("POST", "/api/v1/recall-scopes", &asked).header("idempotency-key", "k1");
    let saved = desk.send(request()).await.expect(201);
    assert_eq!(saved.header("location"), Some("/api/v1/recall-scopes/RC-1"));
    let saved = saved.json();
    assert_eq!((&saved["counts"]["made"], &saved["counts"]["sold"], &saved["counts"]["batches"]), (&json!(150), &json!(4), &json!(2)));
    assert_eq!(desk.send(request()).await.expect(201).json(), saved, "asked again, answered again");
    assert_eq!(desk.json("POST", "/api/v1/recall-scopes", &asked).await.expect(409).code(), "duplicate");

    let one = desk.get("/api/v1/recall-scopes/RC-1").await.expect(200).json();
    assert_eq!(one["batches"][0], json!({ "batch": "B-1", "no": 1, "units": [{ "first": 101, "last": 200 }] }));
    assert_eq!((&one["today"]["same"], &one["hash"]), (&json!(true), &one["today"]["hash"]));

    let units = desk.get("/api/v1/recall-scopes/RC-1/units?format=csv&lang=en").await.expect(200);
    assert_eq!(units.text().lines().count(), 3);
    assert!(units.text().lines().nth(1).unwrap().starts_with("B-1,101,200,100,"), "{}", units.text());
    let garments = desk.get("/api/v1/recall-scopes/RC-1/garments").await.expect(200);
    let lines: Vec<_> = garments.text().lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[1].starts_with("B-1,151,") && lines[1].ends_with(",2026-05-01,SHOP,CN,Shanghai"), "{lines:?}");
    assert!(desk.get("/api/v1/recall-scopes/RC-1/garments?format=xlsx").await.expect(200).body.starts_with(b"PK"));

    insert(&app, "INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to) VALUES (3, 'shell', 14, 0, 5)").await;
    let today = desk.get("/api/v1/recall-scopes/RC-1").await.expect(200).json();
    assert_eq!((&today["today"]["same"], &today["today"]["added"], &today["hash"]), (&json!(false), &json!(["B-3"]), &one["hash"]));
    for lang in ["zh-CN", "en"] {
        let page = desk.page(&format!("/recalls/RC-1?lang={lang}")).await.expect(200);
        assert!(page.text().contains("B-3") && page.text().contains(one["hash"].as_str().unwrap()) && !page.text().contains(">recalls-"));
        assert!(desk.page(&format!("/recalls?lang={lang}")).await.expect(200).text().contains("RC-1"));
    }
    assert_eq!(desk.get("/api/v1/recall-scopes").await.json()["items"].as_array().unwrap().len(), 1);
});

story!(what_is_wrong_with_a_scope_is_said, |app| {
    known_world(&app).await;
    let desk = app.persona(Role::SupplierManager).await;
    let wrong = json!({ "code": "a b", "title": "", "query": { "kind": "lot", "code": "NONE" } });
    let problem = desk.json("POST", "/api/v1/recall-scopes", &wrong).await.expect(422).json();
    let fields: Vec<_> = problem["faults"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["code", "title"]);
    let missing = json!({ "code": "RC-2", "title": "x", "query": { "kind": "lot", "code": "NONE" } });
    let problem = desk.json("POST", "/api/v1/recall-scopes", &missing).await.expect(422).json();
    assert_eq!((&problem["faults"][0]["field"], &problem["faults"][0]["code"]), (&json!("query.code"), &json!("unknown_reference")));
    let form = |code: &str| {
        [
            ("code", code.to_owned()),
            ("title", "T".to_owned()),
            ("query.kind", "lot".to_owned()),
            ("query.code", "CLOTH-A".to_owned()),
            ("once", "o1".to_owned()),
        ]
    };
    let fields = |form: &[(&'static str, String); 5]| form.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>();
    let send = |code: &'static str| {
        let (desk, fields) = (&desk, fields(&form(code)));
        async move { desk.form("/recalls/new", &fields.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>()).await }
    };
    let again = send("a b").await.expect(422);
    assert!(again.text().contains("value=\"a b\"") && again.text().contains("class=\"fault\""));
    assert_eq!(send("RC-3").await.expect(303).header("location"), Some("/recalls/RC-3"));
    desk.page("/recalls/new?kind=lot&code=CLOTH-A").await.expect(200);
    desk.get("/api/v1/recall-scopes/NONE").await.expect(404);

    let dyer = app.persona_of_party(Role::Supplier, Id(DYER)).await;
    dyer.get("/api/v1/recall-scopes/RC-3").await.expect(404);
    dyer.get("/recalls").await.expect(404);
    dyer.json("POST", "/api/v1/recall-scopes", &missing).await.expect(403);
});

story!(the_garments_of_a_recall_are_not_sold_while_it_holds_them, |app| {
    let goods = app.goods(None, 6).await;
    let desk = app.persona(Role::SupplierManager).await;
    let asked = json!({ "code": "RC-9", "title": "Needle found", "query": { "kind": "batch", "code": goods.code } });
    desk.json("POST", "/api/v1/recall-scopes", &asked).await.expect(201);
    let admin = app.persona(Role::Admin).await;
    let sale = |unit: i64| json!({ "serial": goods.serial(&app, unit), "sold_on": "2026-06-15" });
    admin.json("POST", "/api/v1/sales", &sale(0)).await.expect(201);
    let act = |verb: &'static str| {
        let desk = &desk;
        async move { desk.json("POST", &format!("/api/v1/recall-scopes/RC-9/{verb}"), &json!({})).await }
    };
    let held = act("hold").await.expect(200).json();
    assert_eq!(held["held_since"], "2026-06-15T12:00:00");
    // A row for a range, however many garments, and none for each.
    let (ranges, garments): (i64, i64) = app
        .look(|db| {
            use diesel::prelude::*;
            let count = |table: &str| diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("(SELECT count(*) FROM {table})"));
            Ok(hangtag::each!(db, |c| diesel::select((count("unit_hold"), count("garment_hold"))).get_result(c))?)
        })
        .await;
    assert_eq!((ranges, garments), (1, 0));
    let refused = admin.json("POST", "/api/v1/sales", &sale(1)).await.expect(409).json();
    assert_eq!(refused["code"], "wrong_state");
    assert_eq!(act("hold").await.expect(200).json()["held_since"], held["held_since"], "held already");
    // The buyer of one that was sold has the rights of a recall, and may claim it.
    let (of, units) = (goods.garment(0), goods.garment(5));
    assert_eq!(app.look(move |db| garments::holds(db, of)).await, [HoldKind::Recall]);
    assert_eq!(app.look(move |db| garments::holds_of(db, &[of, units])).await.len(), 2);
    for lang in ["zh-CN", "en"] {
        let page = desk.page(&format!("/recalls/RC-9?lang={lang}")).await.expect(200);
        assert!(page.text().contains("/recalls/RC-9/release") && !page.text().contains(">recalls-"), "{lang}");
    }
    // It takes two: whoever holds them does not release them, by a form or a program.
    assert_eq!(act("release").await.expect(409).code(), "needs_another");
    desk.form("/recalls/RC-9/release", &[("once", "r0")]).await.expect(409);
    assert_eq!(app.look(move |db| garments::holds(db, of)).await, [HoldKind::Recall]);
    let lead = app.persona(Role::SupplierManager).await;
    lead.form("/recalls/RC-9/release", &[("once", "r1")]).await.expect(303);
    assert!(app.look(move |db| garments::holds(db, of)).await.is_empty());
    admin.json("POST", "/api/v1/sales", &sale(1)).await.expect(201);
    assert_eq!(act("release").await.expect(200).json().get("held_since"), Some(&serde_json::Value::Null));
    desk.json("POST", "/api/v1/recall-scopes/NONE/hold", &json!({})).await.expect(404);
    app.persona(Role::Inspector).await.json("POST", "/api/v1/recall-scopes/RC-9/hold", &json!({})).await.expect(403);
});
