//! The demo's story: every state of a case, the right party charged, a statement that holds, and what a script is told. Embedded store only.

use std::collections::BTreeSet;

use hangtag::aftersales::cases::CaseState;
use hangtag::demo::{self, Plan, Season};
use hangtag::quality::liability::rules::{StatementCount, verify};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::support::personas::Persona;
use crate::support::program::Program;
use crate::support::{On, TestApp};

async fn told(app: &TestApp, plan: Plan) -> Season {
    let state = app.state.clone();
    tokio::task::spawn_blocking(move || demo::make(&state, plan, &mut |_| {})).await.unwrap().unwrap()
}

/// Every row of a list.
async fn all(who: &Persona<'_>, list: &str) -> Vec<Value> {
    let (mut rows, mut ask) = (Vec::new(), format!("/api/v1/{list}"));
    loop {
        let page = who.get(&ask).await.expect(200).json();
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => ask = format!("/api/v1/{list}{}after={next}", if list.contains('?') { '&' } else { '?' }),
            None => return rows,
        }
    }
}

fn texts(rows: &[Value], name: &str) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row[name].as_str().map(str::to_owned)).collect()
}

#[actix_web::test]
async fn a_story_is_told_to_its_ends() {
    let app = TestApp::new(On::Sqlite);
    let season = told(&app, Plan { garments: 123_000, ..Plan::default() }).await;
    let after = season.after.as_ref().unwrap();
    let (admin, manager) = (app.api(Role::Admin).await, app.api(Role::SupplierManager).await);

    // A case in every state, some of them late; many of them from cards, in both languages.
    let cases = all(&admin, "cases?state=all").await;
    assert_eq!(cases.len(), after.cases);
    let states: BTreeSet<String> = CaseState::ALL.iter().map(|state| state.as_str().to_owned()).collect();
    assert_eq!(texts(&cases, "state"), states);
    let clocks = all(&admin, "clocks").await;
    assert!(clocks.iter().any(|clock| clock["state"] == "missed") && clocks.iter().any(|clock| clock["state"] == "running"), "{clocks:?}");

    // Money was moved: to the dye house at less than the whole, to the maker of buttons, to the carrier, and none for the wrong wash.
    let verdicts = all(&manager, "verdicts").await;
    let states = texts(&verdicts, "state");
    for state in ["final", "contested", "notified", "superseded"] {
        assert!(states.contains(state), "{state}: {states:?}");
    }
    let ledger = all(&admin, "ledger").await;
    let charged: BTreeSet<String> = ledger.iter().filter_map(|entry| entry["party"].as_str().map(str::to_owned)).collect();
    for party in ["DYE-QT", "TRIM-YD", "CAR-JY", "FAC-NB"] {
        assert!(charged.contains(party), "{party}: {charged:?}");
    }
    let washed = verdicts.iter().find(|verdict| verdict["defect"].is_null()).unwrap();
    assert_eq!((&washed["state"], &washed["cause"]), (&json!("final"), &json!("no_fault")));

    // No deadline rests on a year whose holidays nobody announced.
    assert!(clocks.iter().all(|clock| clock["unofficial_years"] == json!("")), "{clocks:?}");

    // One contest was lost: whoever contested is charged as before; and one was won: the version they contested gave way to one that
    // charges somebody else.
    let contested = |verdict: &Value| -> Option<String> {
        let all = verdict["notices"].as_array()?;
        all.iter().find(|notice| notice["reply"] == "contested").map(|notice| notice["party"].as_str().unwrap_or_default().to_owned())
    };
    let share = |verdict: &Value, party: &str| -> i64 {
        let all = verdict["shares"].as_array().unwrap().iter().filter(|share| share["party"] == party);
        all.map(|share| share["micro"].as_i64().unwrap()).sum()
    };
    let mut ends = BTreeSet::new();
    for verdict in &verdicts {
        let one = manager.get(&format!("/api/v1/verdicts/{}", verdict["code"].as_str().unwrap())).await.expect(200).json();
        let Some(party) = contested(&one) else { continue };
        let newest = verdicts.iter().filter(|other| (&other["case"], &other["line"]) == (&one["case"], &one["line"]));
        let newest = newest.max_by_key(|other| other["seq"].as_i64()).unwrap();
        let newest = manager.get(&format!("/api/v1/verdicts/{}", newest["code"].as_str().unwrap())).await.expect(200).json();
        // Whoever wins is left with next to nothing.
        let (before, now) = (share(&one, &party), share(&newest, &party));
        ends.insert(match newest["state"].as_str() {
            Some("final") if now == before => "lost",
            Some("final") if now * 10 < before => "won",
            _ => "open",
        });
    }
    assert_eq!(ends, BTreeSet::from(["lost", "won", "open"]));

    // A recall is under way, and whoever has one of its garments is told by its card.
    let recalls = all(&admin, "recall-scopes").await;
    assert_eq!(recalls.len(), 1, "{recalls:?}");
    let returns = all(&admin, "returns").await;
    assert!(returns.iter().any(|order| order["kind"] == "recall"), "{returns:?}");

    // Buyers sent pictures, and they are pictures.
    let mut pictures = 0;
    for case in &cases {
        let one = admin.get(&format!("/api/v1/cases/{}", case["no"].as_str().unwrap())).await.expect(200).json();
        for photo in one["photos"].as_array().unwrap() {
            let jpeg = admin.get(photo["href"].as_str().unwrap()).await.expect(200);
            assert_eq!((jpeg.header("content-type"), &jpeg.body[..3]), (Some("image/jpeg"), &[0xFF, 0xD8, 0xFF][..]));
            pictures += 1;
        }
    }
    assert!(pictures > 5, "{pictures}");

    // What was learnt is acted on: a laboratory's value, a measure, a chargeback that the dye house reads; and buyers say how it was.
    for list in ["evidence", "measures", "chargebacks", "surveys", "return-addresses"] {
        assert!(!all(&admin, list).await.is_empty(), "{list}");
    }

    // The dye house's statement holds, and the lower bound leaves a part of most claims with the brand.
    let verified = verify(&after.statement.bundle).unwrap();
    assert_eq!((verified.sha256.as_str(), verified.differs.len()), (after.statement.sha256.as_str(), 0));
    let statement: Value = serde_json::from_str(&after.statement.bundle).unwrap();
    assert_eq!(statement["statement"]["party"]["code"], json!("DYE-QT"), "{statement}");
    assert!(after.statement.claims >= 4 && after.statement.amount_minor > 0);
    // Of what evidence leaves open, the mill has the lot's own excess at its lower bound, and nothing beyond.
    let lines = statement["statement"]["lines"].as_array().unwrap();
    let alone = lines
        .iter()
        .filter(|line| line["claim"]["evidence"].as_array().unwrap().len() == 1 && line["claim"]["facts"] == json!(["fabric_defect"]));
    let mut at_the_bound = 0;
    for line in alone {
        let excess = |name: &str| line["excess"][name].as_u64().unwrap();
        let count = StatementCount {
            claims: u32::try_from(excess("observed")).unwrap(),
            expected_micro: excess("expected_micro"),
            shape_micro: Some(excess("shape_micro")),
            ..StatementCount::default()
        };
        let lower = count.worked_out().lower_micro;
        let without = line["without"].as_array().unwrap().iter().find(|one| one["left_out"]["evidence"].is_object()).unwrap();
        let mill = without["shares"]["mill"].as_u64().unwrap();
        // 1 − 1 / lower, to a millionth.
        assert!((1_000_000 - mill).abs_diff(1_000_000_000_000 / lower) <= 1, "{line}");
        at_the_bound += 1;
    }
    assert!(at_the_bound > 0, "{statement}");

    // Whoever holds the card that a script is given may ask, and nobody has.
    let held = after.held.garment;
    let open = app.state.store.read(move |db| hangtag::aftersales::cases::live_of(db, &[held])).await.unwrap();
    assert!(open.is_empty());
    let one = admin.get(&format!("/api/v1/cases/{}", after.open_case)).await.expect(200).json();
    assert_eq!(one["state"], json!("in_progress"));
}

#[actix_web::test]
async fn without_the_fault_the_story_charges_no_dye_house() {
    let app = TestApp::new(On::Sqlite);
    let season = told(&app, Plan { garments: 123_000, no_fault: true, ..Plan::default() }).await;
    let after = season.after.unwrap();
    let admin = app.api(Role::Admin).await;
    let ledger = all(&admin, "ledger").await;
    let charged: BTreeSet<String> = ledger.iter().filter_map(|entry| entry["party"].as_str().map(str::to_owned)).collect();
    assert!(!charged.contains("DYE-QT") && charged.contains("TRIM-YD"), "{charged:?}");
    assert_eq!(verify(&after.statement.bundle).unwrap().differs.len(), 0);
}

#[test]
fn a_script_is_told_where_to_ask_and_what_to_verify() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::in_folder(folder.path());
    let (said, _demo) = program.demo(&["--garments", "3000"]);
    let statement = said["statement"].as_str().unwrap();
    assert!(program.run(&["statement", "verify", statement]).well().out.len() >= 64);
    let (no, url) = (said["open_case"]["no"].as_str().unwrap(), said["open_case"]["url"].as_str().unwrap());
    assert!(url.ends_with(&format!("/cases/{no}")), "{said}");
    assert!(
        said["case_card"]["cookie"].as_str().unwrap().contains('=') && said["case_card"]["code"].as_str().unwrap().len() >= 10,
        "{said}"
    );
    assert!(said["case_card"]["url"].as_str().unwrap().starts_with(said["url"].as_str().unwrap()), "{said}");
    assert!(said["accounts"].as_array().unwrap().iter().any(|account| account["user"] == "supplier"), "{said}");
    let bytes = std::fs::read_to_string(statement).unwrap();
    std::fs::write(statement, bytes.replacen("\"amount_minor\":", "\"amount_minor\":1", 1)).unwrap();
    program.run(&["statement", "verify", statement]).badly();
}
