//! The whole way of six claims over HTTP, each by the people whose work it is: asked for, looked at, evidence written down, judged, told, answered,
//! made final, and stated.

use hangtag::kernel::Id;
use hangtag::production::parties::Role as Does;
use hangtag::quality::liability::rules::verify;
use hangtag::staff::accounts::Role as Works;
use serde_json::{Value, json};

use super::{Supplier, charged, supplier};
use crate::parties::fields;
use crate::story;
use crate::support::goods::Goods;
use crate::support::personas::Persona;
use crate::support::program::Program;
use crate::support::{Request, TestApp};

/// Everybody who has something to do with a claim.
struct Desk<'a> {
    app: &'a TestApp,
    agent: Persona<'a>,
    inspector: Persona<'a>,
    manager: Persona<'a>,
    lead: Persona<'a>,
    finance: Persona<'a>,
}

async fn desk(app: &TestApp) -> Desk<'_> {
    app.seed().await;
    Desk {
        app,
        agent: app.persona(Works::Agent).await,
        inspector: app.persona(Works::Inspector).await,
        manager: app.persona(Works::SupplierManager).await,
        lead: app.persona(Works::Admin).await,
        finance: app.persona(Works::Finance).await,
    }
}

impl Desk<'_> {
    /// A garment is sold, somebody says this is wrong with it, it comes back, and this is found (nothing where it is empty). It cost something.
    async fn claim(&self, goods: &Goods, unit: i64, reason: &str, found: &str) -> String {
        let sold = json!({ "serial": goods.serial(self.app, unit), "gtin": goods.gtin, "sold_on": "2026-06-10", "price": { "minor": 39_900, "currency": "CNY" } });
        self.lead.json("POST", "/api/v1/sales", &sold).await.expect(201);
        let asked = json!({ "channel": "phone", "lines": [{ "serial": goods.serial(self.app, unit), "reason": reason }] });
        let no = self.agent.json("POST", "/api/v1/cases", &asked).await.expect(201).json()["no"].as_str().unwrap().to_owned();
        let mut looked = json!({ "act": "inspect", "line": 1, "grade": "c" });
        if !found.is_empty() {
            looked["found"] = json!(found);
        }
        self.agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &looked).await.expect(200);
        let cost = json!({ "case": no, "kind": "repair_parts", "amount": "50.00", "occurred_on": "2026-06-14" });
        self.finance.json("POST", "/api/v1/ledger", &cost).await.expect(201);
        no
    }

    async fn record(&self, record: Value) -> Value {
        self.inspector.json("POST", "/api/v1/evidence", &record).await.expect(201).json()
    }

    async fn judged(&self, case: &str, reason: &str) -> Value {
        let asked = json!({ "case": case, "reason": reason });
        self.manager.json("POST", "/api/v1/verdicts", &asked).await.expect(201).json()
    }

    async fn step(&self, who: &Persona<'_>, verdict: &Value, verb: &str, said: Value, status: u16) -> Value {
        let uri = format!("/api/v1/verdicts/{}/{verb}", verdict["code"].as_str().unwrap());
        who.json("POST", &uri, &said).await.expect(status).json()
    }

    async fn at_once(&self, who: &Persona<'_>, verdict: &Value, verb: &str, status: u16) -> Value {
        let uri = format!("/api/v1/verdicts/{}/{verb}", verdict["code"].as_str().unwrap());
        who.send(Request::new("POST", &uri)).await.expect(status).json()
    }

    /// The party accepts what it is told, and it becomes final.
    async fn accepted(&self, party: Id, verdict: &Value) -> Value {
        let theirs = self.app.persona_of_party(Works::Supplier, party).await;
        self.at_once(&self.manager, verdict, "notify", 200).await;
        assert_eq!(self.at_once(&theirs, verdict, "accept", 200).await["state"], "accepted");
        self.at_once(&self.lead, verdict, "finish", 200).await
    }

    /// The statement of a party for June, as `statement make` writes it.
    async fn statement(&self, party: &str) -> (Value, String) {
        let asked = json!({ "party": party, "from": "2026-06-01", "to": "2026-06-30" });
        let made = self.manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
        let file = self.manager.get(&format!("/api/v1/statements/{}/file", made["code"].as_str().unwrap())).await.expect(200);
        let verified = verify(file.text()).unwrap();
        assert_eq!((verified.differs, json!(verified.sha256)), (vec![], made["sha256"].clone()));
        (made, file.text().to_owned())
    }
}

fn shares(verdict: &Value) -> Vec<(&str, Option<&str>, i64)> {
    let all = verdict["shares"].as_array().unwrap();
    all.iter().map(|share| (share["role"].as_str().unwrap(), share["party"].as_str(), share["micro"].as_i64().unwrap())).collect()
}

async fn lots(app: &TestApp, goods: &Goods) -> (Supplier, Supplier) {
    (supplier(app, goods, Does::TrimMaker, "button", Some(1_000)).await, supplier(app, goods, Does::DyeHouse, "fabric", Some(1_000)).await)
}

story!(a_broken_button_is_its_makers, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (buttons, _) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "button_off", "button_missing").await;
    // It came off, and nobody has looked at the part: nobody is charged, and what would tell is named.
    let open = desk.judged(&case, "").await;
    assert_eq!((&open["basis"], &open["needs"]), (&json!("unresolved"), &json!(["part_inspection"])));
    desk.record(json!({ "kind": "part", "result": "fails", "case": case, "source": "R-1", "seen_on": "2026-06-14" })).await;
    let verdict = desk.judged(&case, "").await;
    assert_eq!((&verdict["clause"], &verdict["cause"]), (&json!("part_broken"), &json!("supplier_material")));
    assert_eq!(shares(&verdict), [("trims", Some(buttons.code.as_str()), 1_000_000)]);
    assert_eq!(verdict["shares"][0]["lot"], json!(buttons.lot));
    desk.accepted(buttons.id, &verdict).await;
    assert_eq!(charged(&app, buttons.id).await, 5_000);
    let (statement, file) = desk.statement(&buttons.code).await;
    assert_eq!((&statement["amount"], &statement["claims"]), (&json!("50.00"), &json!(1)));

    // Anybody works it out again, in an empty folder.
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("statement.json");
    std::fs::write(&place, &file).unwrap();
    let program = Program::in_folder(folder.path());
    assert_eq!(program.run(&["statement", "verify", place.to_str().unwrap()]).well().out.trim(), statement["sha256"].as_str().unwrap());
    std::fs::write(&place, file.replacen("5000", "5001", 1)).unwrap();
    program.run(&["statement", "verify", place.to_str().unwrap()]).badly();
});

story!(a_button_that_is_whole_was_sewn_on_badly, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "button_off", "button_missing").await;
    desk.record(json!({ "kind": "part", "result": "meets", "case": case, "source": "R-1", "seen_on": "2026-06-14" })).await;
    let verdict = desk.judged(&case, "").await;
    assert_eq!((&verdict["clause"], &verdict["cause"]), (&json!("part_intact"), &json!("workmanship")));
    assert_eq!(shares(&verdict)[0].0, "factory");
});

story!(a_dyed_uniform_is_the_dye_houses_once_a_laboratory_says_so, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (_, cloth) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "colour_ran", "dye_bleed").await;
    let open = desk.judged(&case, "").await;
    assert_eq!((&open["basis"], &open["needs"]), (&json!("unresolved"), &json!(["lab_test"])));
    assert_eq!(shares(&open), [("unresolved", None, 1_000_000)]);
    // The value of the lot counts for everything made of it.
    let wrong = json!({ "kind": "laboratory", "lot": cloth.lot, "measured": 2_500, "source": "SGS-1", "seen_on": "2026-06-14" });
    assert_eq!(fields(&desk.inspector.json("POST", "/api/v1/evidence", &wrong).await.expect(422).json()), [("required", "missing")]);
    let test =
        json!({ "kind": "laboratory", "lot": cloth.lot, "measured": 2_500, "required": 4_000, "source": "SGS-1", "seen_on": "2026-06-14" });
    let recorded = desk.record(test).await;
    assert_eq!(recorded["result"], "fails");
    let verdict = desk.judged(&case, "").await;
    assert_eq!((&verdict["clause"], &verdict["facts"]), (&json!("laboratory"), &json!(["fabric_defect", "lab_below_spec"])));
    assert_eq!(shares(&verdict), [("mill", Some(cloth.code.as_str()), 1_000_000)]);
    desk.accepted(cloth.id, &verdict).await;
    assert_eq!(charged(&app, cloth.id).await, 5_000);
    // A record that was a mistake says nothing from then on.
    let withdraw = format!("/api/v1/evidence/{}/withdraw", recorded["code"].as_str().unwrap());
    desk.inspector.json("POST", &withdraw, &json!({ "reason": "another lot" })).await.expect(200);
    assert_eq!(desk.judged(&case, "the test was of another lot").await["basis"], "unresolved");
    assert_eq!(charged(&app, cloth.id).await, 0);
});

story!(a_wrong_wash_is_no_suppliers, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (_, cloth) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "fading", "fading").await;
    desk.record(
        json!({ "kind": "laboratory", "lot": cloth.lot, "measured": 4_500, "required": 4_000, "source": "SGS-2", "seen_on": "2026-06-14" }),
    )
    .await;
    desk.record(json!({ "kind": "wash_log", "result": "fails", "case": case, "source": "W-9", "seen_on": "2026-06-14", "note": "95 °C" }))
        .await;
    let verdict = desk.judged(&case, "").await;
    assert_eq!((&verdict["clause"], &verdict["cause"]), (&json!("wash"), &json!("misuse")));
    assert_eq!(shares(&verdict), [("customer", None, 1_000_000)]);
    assert_eq!(desk.at_once(&desk.manager, &verdict, "notify", 409).await["code"], "wrong_state");
    let decided = desk.step(&desk.lead, &verdict, "decide", json!({ "reason": "washed at 95 °C" }), 200).await;
    desk.at_once(&desk.lead, &decided, "finish", 200).await;
    assert_eq!(charged(&app, cloth.id).await, 0);
});

story!(a_wet_parcel_is_its_carriers, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    lots(&app, &goods).await;
    let (carrier, code) = app.party(Does::Carrier).await;
    let case = desk.claim(&goods, 0, "parcel_damaged", "wet_in_transit").await;
    let nameless = json!({ "kind": "transport", "result": "fails", "case": case, "source": "SF-1", "seen_on": "2026-06-12" });
    assert_eq!(fields(&desk.inspector.json("POST", "/api/v1/evidence", &nameless).await.expect(422).json()), [("party", "missing")]);
    let open = desk.judged(&case, "").await;
    assert_eq!((&open["needs"], shares(&open)), (&json!(["carrier_name"]), vec![("carrier", None, 1_000_000)]));
    desk.record(json!({ "kind": "transport", "result": "fails", "case": case, "party": code, "source": "SF-1", "seen_on": "2026-06-12" }))
        .await;
    let verdict = desk.judged(&case, "").await;
    assert_eq!((&verdict["clause"], &verdict["cause"]), (&json!("delivery"), &json!("carrier")));
    assert_eq!(shares(&verdict), [("carrier", Some(code.as_str()), 1_000_000)]);
    desk.accepted(carrier, &verdict).await;
    assert_eq!(desk.statement(&code).await.0["amount"], "50.00");
});

story!(a_contest_is_looked_at_again_and_won, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (buttons, _) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "fastener_broken", "hook_button_broken").await;
    let first = desk.judged(&case, "").await;
    desk.at_once(&desk.manager, &first, "notify", 200).await;
    let theirs = app.persona_of_party(Works::Supplier, buttons.id).await;
    desk.step(&theirs, &first, "contest", json!({ "reason": "纽扣完好，是缝线问题" }), 200).await;
    // Nobody decides before somebody else looked.
    let early = desk.step(&desk.lead, &first, "decide", json!({ "reason": "as it was" }), 409).await;
    assert!(
        early["title"].as_str().unwrap().contains("再次检验")
            || early["title"].as_str().unwrap().contains("复检")
            || early["title"].as_str().unwrap().contains("again"),
        "{early}"
    );
    let report = json!({ "found": "button_missing", "report": "the button is whole, its thread was never locked" });
    assert_eq!(desk.step(&desk.agent, &first, "inspect", report.clone(), 409).await["code"], "another_inspector");
    desk.step(&desk.inspector, &first, "inspect", report, 200).await;
    desk.record(json!({ "kind": "part", "result": "meets", "case": case, "source": "R-2", "seen_on": "2026-06-15" })).await;
    let second = desk.judged(&case, "second inspection").await;
    assert_eq!((&second["seq"], &second["clause"]), (&json!(2), &json!("part_intact")));
    let decided = desk.step(&desk.lead, &second, "decide", json!({ "reason": "sewn on badly" }), 200).await;
    desk.at_once(&desk.lead, &decided, "finish", 200).await;
    assert_eq!(charged(&app, buttons.id).await, 0);
    let why = desk.manager.get(&format!("/api/v1/verdicts/{}/why", second["code"].as_str().unwrap())).await.expect(200).json();
    let moved: i64 = why["since"].as_array().unwrap().iter().filter_map(|moved| moved["money"]["trims"].as_i64()).sum();
    assert_eq!(moved, -5_000, "{why}");
    assert_eq!(why["second"][0]["confirms"], false);
});

story!(a_contest_is_looked_at_again_and_lost, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (buttons, _) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "fastener_broken", "hook_button_broken").await;
    let first = desk.judged(&case, "").await;
    desk.at_once(&desk.manager, &first, "notify", 200).await;
    let theirs = app.persona_of_party(Works::Supplier, buttons.id).await;
    desk.step(&theirs, &first, "contest", json!({ "reason": "not ours" }), 200).await;
    desk.step(&desk.inspector, &first, "inspect", json!({ "found": "hook_button_broken", "report": "the shank is broken" }), 200).await;
    let second = desk.judged(&case, "second inspection confirms").await;
    assert_eq!(shares(&second), [("trims", Some(buttons.code.as_str()), 1_000_000)]);
    assert!(second["evidence"].as_array().unwrap().iter().any(|one| one["rule"] == "second_inspection_confirms"));
    let decided = desk.step(&desk.lead, &second, "decide", json!({ "reason": "broken, as it was found" }), 200).await;
    desk.at_once(&desk.lead, &decided, "finish", 200).await;
    assert_eq!(charged(&app, buttons.id).await, 5_000);
    let (statement, file) = desk.statement(&buttons.code).await;
    assert_eq!((&statement["amount"], &statement["claims"]), (&json!("50.00"), &json!(1)));
    assert!(!file.contains(&desk.agent.login));
});

story!(who_looks_again_at_the_case_itself_has_looked_again, |app| {
    let (desk, goods) = (desk(&app).await, app.goods(None, 5).await);
    let (buttons, _) = lots(&app, &goods).await;
    let case = desk.claim(&goods, 0, "fastener_broken", "hook_button_broken").await;
    let first = desk.judged(&case, "").await;
    desk.at_once(&desk.manager, &first, "notify", 200).await;
    let theirs = app.persona_of_party(Works::Supplier, buttons.id).await;
    desk.step(&theirs, &first, "contest", json!({ "reason": "not ours" }), 200).await;
    let look = json!({ "act": "inspect", "line": 1, "grade": "c", "found": "hook_button_broken" });
    let uri = format!("/api/v1/cases/{case}/acts");
    desk.agent.json("POST", &uri, &look).await.expect(200);
    desk.step(&desk.lead, &first, "decide", json!({ "reason": "the same person looked" }), 409).await;
    app.persona(Works::Agent).await.json("POST", &uri, &look).await.expect(200);
    let decided = desk.step(&desk.lead, &first, "decide", json!({ "reason": "as it was found, twice" }), 200).await;
    desk.at_once(&desk.lead, &decided, "finish", 200).await;
    assert_eq!(charged(&app, buttons.id).await, 5_000);
});
