//! Corrective and preventive measures: planned, implemented, checked by somebody else, with numbers that are counted.

use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::personas::Persona;
use crate::support::season::Season;
use crate::support::{Answer, TestApp};

/// Ten garments: four sold before 10 June, of which two came back with a loose button, and five after.
async fn world(app: &TestApp) -> Season {
    app.seed().await;
    let season = app.season().await;
    for (unit, on) in ["2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"].into_iter().enumerate() {
        app.sell(&season, unit, on).await;
    }
    for unit in 4..9 {
        app.sell(&season, unit, "2026-06-11").await;
    }
    season
}

/// A confirmed claim of a loose button on a garment, on this day.
async fn claim(app: &TestApp, season: &Season, unit: usize, on: &str) {
    let case = app.case(&[(season.garments[unit], Some(1), Some("button_loose"))]).await;
    app.sql(&format!("UPDATE case_line SET inspected_on = '{on}' WHERE id = {}", case.lines[0].0)).await.unwrap();
}

fn new(code: &str, owner: &str) -> Value {
    json!({
        "code": code, "title": "Buttons sewn on with four holes", "origin": "signal", "origin_ref": "button_loose", "defect_code": "button_loose",
        "lot": "LOT-1", "owner": owner, "due_on": "2026-06-20",
    })
}

async fn act(who: &Persona<'_>, code: &str, verb: &str, said: Value) -> Answer {
    who.json("POST", &format!("/api/v1/measures/{code}/{verb}"), &said).await
}

fn plan() -> Value {
    json!({ "whys": "It came off. The thread was cut. No lock stitch.", "action": "Lock stitch at the button machine", "due_on": "2026-06-18" })
}

story!(a_measure_is_checked_by_somebody_else_with_numbers, |app| {
    let season = world(&app).await;
    for unit in 0..2 {
        claim(&app, &season, unit, "2026-06-09").await;
    }
    let (owner, other) = (app.persona(Role::SupplierManager).await, app.persona(Role::SupplierManager).await);
    let made = owner.json("POST", "/api/v1/measures", &new("CAPA-1", &owner.login)).await.expect(201).json();
    assert_eq!(
        (&made["state"], &made["lot"], &made["created_by"]),
        (&json!("open"), &json!("LOT-1"), &json!(format!("staff:{}", owner.login)))
    );
    assert_eq!(owner.json("POST", "/api/v1/measures", &new("CAPA-1", &owner.login)).await.expect(409).code(), "duplicate");
    // Nothing is implemented that was not planned, and nothing checked that was not implemented.
    assert_eq!(
        act(&owner, "CAPA-1", "implement", json!({ "implemented_on": "2026-06-10", "check_on": "2026-06-15" })).await.expect(409).code(),
        "wrong_state"
    );
    assert_eq!(act(&other, "CAPA-1", "check", json!({ "works": true, "note": "x" })).await.expect(409).code(), "wrong_state");
    for lacks in ["whys", "action", "due_on"] {
        let mut said = plan();
        said.as_object_mut().unwrap().remove(lacks);
        assert_eq!(act(&owner, "CAPA-1", "plan", said).await.expect(422).json()["faults"][0]["field"], json!(lacks));
    }
    act(&owner, "CAPA-1", "plan", plan()).await.expect(200);
    let to_come =
        act(&owner, "CAPA-1", "implement", json!({ "implemented_on": "2026-06-16", "check_on": "2026-06-20" })).await.expect(422).json();
    assert_eq!(to_come["faults"][0]["code"], json!("date_to_come"));
    let turned =
        act(&owner, "CAPA-1", "implement", json!({ "implemented_on": "2026-06-10", "check_on": "2026-06-10" })).await.expect(422).json();
    assert_eq!(turned["faults"][0]["code"], json!("dates_out_of_order"));
    act(&owner, "CAPA-1", "implement", json!({ "implemented_on": "2026-06-10", "check_on": "2026-06-16" })).await.expect(200);
    assert_eq!(act(&owner, "CAPA-1", "check", json!({ "works": true, "note": "x" })).await.expect(409).code(), "needs_another");
    assert_eq!(act(&other, "CAPA-1", "check", json!({ "works": true, "note": "x" })).await.expect(409).code(), "too_early");
    app.state.clock.advance(chrono::Duration::days(1));
    let (owner_again, other) = (owner.login.clone(), app.persona(Role::SupplierManager).await);
    let program = app.api(Role::SupplierManager).await;
    assert_eq!(act(&program, "CAPA-1", "check", json!({ "works": true, "note": "x" })).await.expect(409).code(), "person_needed");
    // Six days before the change and six after it: two of four before, none of five after.
    let checked = act(&other, "CAPA-1", "check", json!({ "works": true, "note": "none since" })).await.expect(200).json();
    assert_eq!(
        (
            &checked["state"],
            &checked["before_sold"],
            &checked["before_claims"],
            &checked["after_sold"],
            &checked["after_claims"],
            &checked["checked_on"]
        ),
        (&json!("verified"), &json!(4), &json!(2), &json!(5), &json!(0), &json!("2026-06-16"))
    );
    // A verified one is not written over, and closed it stays closed.
    let read = other.get("/api/v1/measures/CAPA-1").await.expect(200).json();
    let mut changed = read.clone();
    changed["title"] = json!("Another");
    assert_eq!(other.json("PUT", "/api/v1/measures/CAPA-1", &changed).await.expect(409).code(), "wrong_state");
    act(&other, "CAPA-1", "close", json!({ "note": "done" })).await.expect(200);
    assert_eq!(act(&other, "CAPA-1", "plan", plan()).await.expect(409).code(), "wrong_state");
    for (lang, words) in [("en", "2 / 4 = 500.0 ‰"), ("zh-CN", "已验证有效")] {
        let shown = other.page(&format!("/measures/CAPA-1?lang={lang}")).await.expect(200);
        assert!(
            shown.text().contains(words) && shown.text().contains("/signals?defect=button_loose") && !shown.text().contains(">measures-"),
            "{}",
            shown.text()
        );
    }
    let found = other.get(&format!("/api/v1/measures?owner={owner_again}&state=closed")).await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(other.get("/measures.csv").await.expect(200).text().lines().count(), 2);
});

story!(one_that_did_not_help_is_planned_again, |app| {
    let season = world(&app).await;
    claim(&app, &season, 0, "2026-06-09").await;
    for unit in 4..7 {
        claim(&app, &season, unit, "2026-06-13").await;
    }
    let (owner, other) = (app.persona(Role::SupplierManager).await, app.persona(Role::SupplierManager).await);
    owner.json("POST", "/api/v1/measures", &new("CAPA-2", &owner.login)).await.expect(201);
    act(&owner, "CAPA-2", "plan", plan()).await.expect(200);
    act(&owner, "CAPA-2", "implement", json!({ "implemented_on": "2026-06-10", "check_on": "2026-06-15" })).await.expect(200);
    // One of four before, three of five after: nobody says that it helped.
    let rose = act(&other, "CAPA-2", "check", json!({ "works": true, "note": "fine" })).await.expect(409).json();
    assert_eq!(rose["code"], json!("rate_rose"));
    assert!(rose["title"].as_str().unwrap().contains("1 / 4") && rose["title"].as_str().unwrap().contains("3 / 5"), "{rose}");
    act(&other, "CAPA-2", "check", json!({ "works": false })).await.expect(422);
    let failed = act(&other, "CAPA-2", "check", json!({ "works": false, "note": "worse" })).await.expect(200).json();
    assert_eq!((&failed["state"], &failed["after_claims"]), (&json!("ineffective"), &json!(3)));
    let again = act(&owner, "CAPA-2", "plan", plan()).await.expect(200).json();
    assert_eq!((&again["state"], &again["checked_on"], &again["after_claims"]), (&json!("planned"), &Value::Null, &Value::Null));
    // The numbers of the check that failed stay in its history.
    assert!(owner.page("/measures/CAPA-2?lang=en").await.text().contains("Ineffective"));
});

story!(what_a_measure_names_must_be_there, |app| {
    world(&app).await;
    let owner = app.persona(Role::SupplierManager).await;
    let mill = app.any_party().await;
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    let with = |field: &str, value: Value| {
        let mut said = new("CAPA-3", &owner.login);
        said[field] = value;
        said
    };
    for (field, value, at) in [
        ("owner", json!("nobody"), "owner"),
        ("owner", json!(supplier.login), "owner"),
        ("defect_code", json!("no_such_defect"), "defect"),
        ("lot", json!("NONE"), "lot"),
        ("due_on", json!("soon"), "due_on"),
        ("origin", json!("whim"), "origin"),
    ] {
        let problem = owner.json("POST", "/api/v1/measures", &with(field, value)).await.expect(422).json();
        assert!(problem["faults"][0]["field"].as_str().unwrap().starts_with(at), "{field}: {problem}");
    }
    for origin in ["finding", "verdict", "recall"] {
        let mut said = with("origin", json!(origin));
        said["origin_ref"] = json!("NONE-1");
        let problem = owner.json("POST", "/api/v1/measures", &said).await.expect(422).json();
        assert_eq!(problem["faults"][0]["field"], json!("origin_ref"), "{origin}: {problem}");
    }
    let scope = json!({ "code": "RC-1", "title": "Buttons", "query": { "kind": "lot", "code": "LOT-1" } });
    owner.json("POST", "/api/v1/recall-scopes", &scope).await.expect(201);
    let mut said = with("origin", json!("recall"));
    said["origin_ref"] = json!("RC-1");
    owner.json("POST", "/api/v1/measures", &said).await.expect(201);
    assert!(owner.page("/measures/CAPA-3?lang=en").await.text().contains("/recalls/RC-1"));
    assert!(matches!(supplier.get("/api/v1/measures").await.status.as_u16(), 403 | 404));
    assert!(matches!(supplier.get("/api/v1/measures/CAPA-3").await.status.as_u16(), 403 | 404));
    // By form, in both languages.
    let page = owner.page("/measures/CAPA-3/plan?lang=zh-CN").await.expect(200);
    assert!(page.text().contains("五个为什么"));
    owner.form("/measures/CAPA-3/plan", &[("whys", "a"), ("action", "b"), ("due_on", "2026-06-30")]).await.expect(303);
});

story!(a_measure_is_held_by_the_database, |app| {
    let season = world(&app).await;
    claim(&app, &season, 0, "2026-06-09").await;
    let owner = app.persona(Role::SupplierManager).await;
    owner.json("POST", "/api/v1/measures", &new("CAPA-4", &owner.login)).await.expect(201);
    act(&owner, "CAPA-4", "plan", plan()).await.expect(200);
    act(&owner, "CAPA-4", "implement", json!({ "implemented_on": "2026-06-10", "check_on": "2026-06-15" })).await.expect(200);
    let numbers = |sold: i64, before: i64, after: i64| {
        format!("checked_on = '2026-06-15', before_sold = {sold}, before_claims = {before}, after_sold = 10, after_claims = {after}")
    };
    let by =
        |who: &str, state: &str, numbers: String| format!("UPDATE quality_measure SET state = '{state}', checked_by = '{who}', {numbers}");
    for (why, sql) in [
        ("checked by its owner", by(&format!("staff:{}", owner.login), "verified", numbers(10, 2, 1))),
        ("verified by nobody", "UPDATE quality_measure SET state = 'verified'".to_owned()),
        ("verified without anything sold before", by("staff:x", "verified", numbers(0, 0, 0))),
        ("verified though the rate rose", by("staff:x", "verified", numbers(10, 1, 2))),
        (
            "checked without numbers",
            "UPDATE quality_measure SET state = 'ineffective', checked_by = 'staff:x', checked_on = '2026-06-15'".to_owned(),
        ),
        ("implemented on no day", "UPDATE quality_measure SET implemented_on = NULL".to_owned()),
        ("of no state", "UPDATE quality_measure SET state = 'perhaps'".to_owned()),
        ("planned without a plan", "UPDATE quality_measure SET action = ''".to_owned()),
        ("of no defect", "UPDATE quality_measure SET defect_code = 'no_such_defect'".to_owned()),
    ] {
        assert!(app.sql(&sql).await.is_err(), "{why}");
    }
    app.sql(&by("staff:x", "verified", numbers(10, 2, 1))).await.unwrap();
});
