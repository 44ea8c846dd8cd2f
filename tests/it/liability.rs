//! Verdicts and statements: who answers for a claim, moved to the cent, told, contested, decided, and worked out again from one file.

mod answers;
mod kept;
mod loops;

use hangtag::aftersales::cases;
use hangtag::aftersales::classes::CaseCause;
use hangtag::aftersales::settlements::{self, BalanceOf, Cost, LedgerKind, Payer};
use hangtag::kernel::money::Money;
use hangtag::kernel::{Code, Id};
use hangtag::platform::events::Stamp;
use hangtag::platform::rooms::Thing;
use hangtag::production::materials::LotSheet;
use hangtag::production::parties::Role as Does;
use hangtag::quality::liability::rules::{StatementText, verify};
use hangtag::quality::liability::starter::starter;
use hangtag::quality::liability::{self, Evidence, LineVerdict, Role, StatementAsk, VerdictAsk, VerdictBasis, VerdictState};
use hangtag::staff::accounts::Role as Works;
use serde_json::{Value, json};

use crate::parties::fields;
use crate::story;
use crate::support::cases::Case;
use crate::support::goods::{Goods, day};
use crate::support::program::Program;
use crate::support::{Request, TestApp};
use crate::trace::insert;

/// A party, and a lot of it that went into every unit of the goods.
pub struct Supplier {
    pub id: Id,
    pub code: String,
    lot: String,
}

pub async fn supplier(app: &TestApp, goods: &Goods, role: Does, kind: &str, quantity: Option<i64>) -> Supplier {
    let (id, code) = app.party(role).await;
    let lot = format!("LOT-{code}");
    let document = json!({ "code": lot, "supplier": code, "kind": kind, "material": { "zh": "料", "en": "Stuff" }, "quantity_milli": 100_000_000, "unit": "pcs" });
    let stamp = app.state.stamp("system");
    let made = app.write(move |db| hangtag::platform::rooms::made::<LotSheet>(db, &stamp, document.clone())).await;
    let quantity = quantity.map_or("NULL".to_owned(), |quantity| quantity.to_string());
    let sql = format!(
        "INSERT INTO batch_lot (batch_no, component, lot_id, unit_from, unit_to, quantity_milli) VALUES ({}, '{kind}', {}, 0, 4194304, {quantity})",
        goods.no.0,
        made.id().0
    );
    insert(app, &sql).await;
    Supplier { id, code, lot }
}

fn by(app: &TestApp, who: &str) -> Stamp {
    app.state.stamp(who)
}

/// A cost of a case's first line.
async fn cost(app: &TestApp, case: &Case, kind: LedgerKind, minor: i64) {
    let cost = Cost {
        case: case.id,
        line: Some(case.lines[0]),
        kind,
        money: Money { minor, currency: "CNY".into() },
        occurred_on: day("2026-06-14"),
        payer: Payer::Brand,
        settlement: None,
        reference: String::new(),
    };
    let stamp = by(app, "staff:finance");
    app.write(move |db| settlements::post(db, &stamp, &cost)).await;
}

async fn proposed(app: &TestApp, ask: VerdictAsk) -> Result<LineVerdict, hangtag::kernel::Error> {
    let (stamp, today) = (by(app, "staff:quality"), app.state.today());
    app.state.store.write(move |db| liability::propose(db, &stamp, today, &ask)).await
}

/// Has a verdict reckoned, decided by somebody else and made final.
async fn finished(app: &TestApp, ask: VerdictAsk) -> LineVerdict {
    let verdict = proposed(app, ask).await.unwrap();
    let (stamp, today) = (by(app, "staff:lead"), app.state.today());
    app.write(move |db| {
        let told = match liability::notify(db, &stamp, today, &verdict) {
            Ok(told) => told,
            Err(error) if error.code() == Code::WrongState => verdict.clone(),
            Err(error) => return Err(error),
        };
        let after = today + chrono::Days::new(60);
        let decided = liability::decide(db, &stamp, after, &told, "as reckoned")?;
        liability::finish(db, &stamp, today, &decided)
    })
    .await
}

async fn charged(app: &TestApp, party: Id) -> i64 {
    app.look(move |db| settlements::balances(db, BalanceOf::Party(party))).await.iter().map(|balance| balance.money.minor).sum()
}

async fn shares(app: &TestApp, id: Id) -> Vec<(Role, Option<Id>, i64)> {
    let all = app.look(move |db| liability::shares_of(db, &[id])).await.remove(&id).unwrap();
    all.into_iter().map(|share| (share.role, share.party_id, share.micro)).collect()
}

/// Goods of which one garment was sold, with a case about it and what was found.
async fn claim(app: &TestApp, found: Option<&str>) -> (Goods, Case) {
    app.seed().await;
    let goods = app.goods(None, 20).await;
    let admin = app.persona(Works::Admin).await;
    let sale = json!({ "serial": goods.serial(app, 0), "gtin": goods.gtin, "sold_on": "2026-06-10", "price": { "minor": 39_900, "currency": "CNY" } });
    admin.json("POST", "/api/v1/sales", &sale).await.expect(201);
    let case = app.case(&[(goods.garment(0), Some(1), found)]).await;
    if found.is_none() {
        app.sql(&format!("UPDATE case_line SET inspected_on = '2026-06-14' WHERE id = {}", case.lines[0].0)).await.unwrap();
    }
    (goods, case)
}

fn of(case: &Case) -> VerdictAsk {
    VerdictAsk { line: case.lines[0], ..VerdictAsk::default() }
}

story!(a_broken_button_is_charged_to_its_maker_to_the_cent, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let cloth = supplier(&app, &goods, Does::Mill, "fabric", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 1_234).await;
    cost(&app, &case, LedgerKind::LogisticsIn, 900).await;
    cost(&app, &case, LedgerKind::ResaleRecovery, 34).await;
    let verdict = proposed(&app, of(&case)).await.unwrap();
    assert_eq!(
        (verdict.state, verdict.basis, verdict.cause, verdict.ambiguous),
        (VerdictState::Proposed, VerdictBasis::Evidence, CaseCause::SupplierMaterial, false)
    );
    assert_eq!(shares(&app, verdict.id).await, [(Role::Trims, Some(buttons.id), 1_000_000)]);
    assert_eq!(charged(&app, buttons.id).await, 0, "nobody is charged before it is final");
    let verdict = finished(&app, VerdictAsk { reason: "again".into(), ..of(&case) }).await;
    assert_eq!((verdict.seq, verdict.state), (2, VerdictState::Final));
    assert_eq!((charged(&app, buttons.id).await, charged(&app, cloth.id).await), (2_100, 0));
    let line = case.lines[0];
    assert_eq!(app.look(move |db| cases::line(db, line)).await.unwrap().cause, Some(CaseCause::SupplierMaterial));

    // A cost that comes later is moved when the statement is made.
    cost(&app, &case, LedgerKind::LogisticsOut, 1_100).await;
    let ask = StatementAsk { party: buttons.id, from: day("2026-06-01"), to: day("2026-06-30"), currency: "CNY".into() };
    let (stamp, asked) = (by(&app, "staff:lead"), ask.clone());
    let statement = app.write(move |db| liability::make_statement(db, &stamp, &asked)).await;
    assert_eq!((statement.amount_minor, statement.claims), (3_200, 1));
    let verified = verify(&statement.bundle).unwrap();
    assert_eq!((verified.differs, verified.sha256), (vec![], statement.sha256.clone()));
    assert_eq!(charged(&app, buttons.id).await, statement.amount_minor);
    let text = StatementText::of_file(&statement.bundle).unwrap();
    assert_eq!(text.lines[0].parts[0].lot.as_deref(), Some(buttons.lot.as_str()));
    assert!(!statement.bundle.contains(&cloth.code));

    // Once charged, it is in no other statement.
    let (stamp, asked) = (by(&app, "staff:lead"), ask.clone());
    let again = app.write(move |db| liability::make_statement(db, &stamp, &asked)).await;
    assert_eq!((again.amount_minor, again.claims), (0, 0));
    assert!(verify(&again.bundle).unwrap().differs.is_empty());
    let copy = format!(
        "INSERT INTO statement_line (statement_id, place, party_id, verdict_id, kind, amount_minor, live) VALUES ({}, 7, {}, {}, 'claim', 1, TRUE)",
        again.id.0, buttons.id.0, verdict.id.0
    );
    assert!(app.sql(&copy).await.is_err());

    // Something is found since: the new version takes the old one's moves back, and the next statement corrects.
    let part = Evidence { rule: "part_intact".into(), source: "R-2".into() };
    let next = finished(
        &app,
        VerdictAsk { evidence: vec![part], facts: vec!["customer_damage".into()], reason: "second inspection".into(), ..of(&case) },
    )
    .await;
    assert_eq!((next.basis, next.cause, next.seq), (VerdictBasis::Gate, CaseCause::Misuse, 3));
    assert_eq!(charged(&app, buttons.id).await, 0);
    let (stamp, asked) = (by(&app, "staff:lead"), ask);
    let correction = app.write(move |db| liability::make_statement(db, &stamp, &asked)).await;
    assert_eq!((correction.amount_minor, correction.claims), (-3_200, 1));
    assert!(verify(&correction.bundle).unwrap().differs.is_empty());
});

story!(cloth_without_a_test_charges_nobody_and_names_the_test, |app| {
    let (goods, case) = claim(&app, Some("fading")).await;
    let mill = supplier(&app, &goods, Does::DyeHouse, "fabric", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 10_000).await;
    let verdict = proposed(&app, of(&case)).await.unwrap();
    assert_eq!((verdict.basis, verdict.needs.as_str(), verdict.cause), (VerdictBasis::Unresolved, "lab_test", CaseCause::Undetermined));
    assert_eq!(shares(&app, verdict.id).await, [(Role::Unresolved, None, 1_000_000)]);
    let quality = app.persona(Works::SupplierManager).await;
    let told = quality.send(Request::new("POST", &format!("/api/v1/verdicts/{}/notify", verdict.id))).await.expect(409);
    assert_eq!(told.code(), "wrong_state");
    let tested = finished(&app, VerdictAsk { facts: vec!["lab_below_spec".into()], reason: "laboratory".into(), ..of(&case) }).await;
    assert_eq!((tested.basis, tested.clause.as_str()), (VerdictBasis::Gate, "laboratory"));
    assert_eq!(charged(&app, mill.id).await, 10_000);
    let washed =
        finished(&app, VerdictAsk { facts: vec!["lab_meets_spec".into(), "wash_violated".into()], reason: "wash".into(), ..of(&case) })
            .await;
    assert_eq!((washed.cause, charged(&app, mill.id).await), (CaseCause::Misuse, 0));
});

story!(lots_of_several_parties_are_parted_by_quantity_and_never_put_on_one, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let one = supplier(&app, &goods, Does::TrimMaker, "button", Some(2_000)).await;
    let other = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 1_000).await;
    let verdict = finished(&app, of(&case)).await;
    assert!(verdict.ambiguous);
    assert_eq!(shares(&app, verdict.id).await, [(Role::Trims, Some(one.id), 666_667), (Role::Trims, Some(other.id), 333_333)]);
    assert_eq!((charged(&app, one.id).await, charged(&app, other.id).await), (667, 333));
    app.sql(&format!("UPDATE batch_lot SET quantity_milli = NULL WHERE batch_no = {}", goods.no.0)).await.unwrap();
    let unknown = proposed(&app, VerdictAsk { reason: "no quantities".into(), ..of(&case) }).await.unwrap();
    assert_eq!((unknown.needs.as_str(), shares(&app, unknown.id).await), ("lot_quantities", vec![(Role::Trims, None, 1_000_000)]));
    assert_eq!((charged(&app, one.id).await, charged(&app, other.id).await), (0, 0));
    app.sql(&format!("DELETE FROM batch_lot WHERE batch_no = {}", goods.no.0)).await.unwrap();
    let gone = proposed(&app, VerdictAsk { reason: "no lots".into(), ..of(&case) }).await.unwrap();
    assert_eq!(gone.needs, "lots");
});

story!(what_was_not_looked_at_has_no_verdict_and_no_defect_is_nobodys_fault, |app| {
    let (_, case) = claim(&app, None).await;
    let verdict = finished(&app, of(&case)).await;
    assert_eq!((verdict.clause.as_str(), verdict.cause), ("no_fault_found", CaseCause::NoFault));
    app.sql(&format!("UPDATE case_line SET inspected_on = NULL WHERE id = {}", case.lines[0].0)).await.unwrap();
    let error = proposed(&app, VerdictAsk { reason: "x".into(), ..of(&case) }).await.unwrap_err();
    assert_eq!(error.code(), Code::WrongState);
});

story!(a_supplier_reads_accepts_and_contests_what_is_its_own, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 5_000).await;
    let manager = app.persona(Works::SupplierManager).await;
    let lead = app.persona(Works::Admin).await;
    let (own, other) = (app.persona_of_party(Works::Supplier, buttons.id).await, app.persona(Works::Supplier).await);
    let asked = json!({ "case": case.no });
    own.json("POST", "/api/v1/verdicts", &asked).await.expect(403);
    let wrong = json!({ "case": case.no, "evidence": [{ "rule": "hearsay", "source": "x" }] });
    assert_eq!(fields(&manager.json("POST", "/api/v1/verdicts", &wrong).await.expect(422).json()), [("evidence", "unknown_reference")]);
    let made = manager.json("POST", "/api/v1/verdicts", &asked).await.expect(201).json();
    let code = made["code"].as_str().unwrap().to_owned();
    let at = |verb: &str| format!("/api/v1/verdicts/{code}/{verb}");
    own.get(&format!("/api/v1/verdicts/{code}")).await.expect(404);
    assert_eq!(manager.send(Request::new("POST", &at("finish"))).await.expect(409).code(), "wrong_state");
    assert_eq!(lead.json("POST", &at("decide"), &json!({ "reason": "x" })).await.expect(409).code(), "wrong_state", "it was not told");
    let told = manager.send(Request::new("POST", &at("notify"))).await.expect(200).json();
    assert_eq!((&told["state"], &told["reply_by"]), (&json!("notified"), &json!("2026-06-24")));

    let seen = own.get(&format!("/api/v1/verdicts/{code}")).await.expect(200).json();
    assert_eq!(seen["shares"][0]["party"].as_str(), Some(buttons.code.as_str()));
    assert_eq!(seen["proposed_by"], "");
    other.get(&format!("/api/v1/verdicts/{code}")).await.expect(404);
    other.send(Request::new("POST", &at("accept"))).await.expect(404);
    lead.send(Request::new("POST", &at("accept"))).await.expect(404);
    assert_eq!(own.get("/api/v1/verdicts").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(other.get("/api/v1/verdicts").await.expect(200).json()["items"].as_array().unwrap().len(), 0);
    own.json("POST", &at("contest"), &json!({})).await.expect(422);
    let page = own.page(&format!("/verdicts/{code}")).await.expect(200);
    assert!(page.text().contains(&format!("/verdicts/{code}/contest")) && !page.text().contains("/decide"));
    own.form(&format!("/verdicts/{code}/contest"), &[("reason", "检测报告合格"), ("once", "a")]).await.expect(303);
    assert_eq!(own.send(Request::new("POST", &at("accept"))).await.expect(409).code(), "wrong_state");

    let looked = json!({ "found": "hook_button_broken", "report": "复检：扣脚断裂" });
    assert_eq!(lead.json("POST", &at("decide"), &json!({ "reason": "x" })).await.expect(409).code(), "wrong_state", "nobody looked again");
    let inspector = app.persona(Works::Inspector).await;
    own.json("POST", &at("inspect"), &looked).await.expect(403);
    inspector.json("POST", &at("inspect"), &looked).await.expect(200);
    // It is reckoned anew with what the supplier showed, and decided by somebody else; the difference says what moved.
    let anew = json!({ "case": case.no, "evidence": [{ "rule": "part_intact", "source": "R-7" }], "reason": "复检" });
    let second = manager.json("POST", "/api/v1/verdicts", &anew).await.expect(201).json();
    let second_code = second["code"].as_str().unwrap();
    assert_eq!(
        manager.json("POST", &format!("/api/v1/verdicts/{second_code}/decide"), &json!({ "reason": "x" })).await.expect(409).code(),
        "needs_another"
    );
    lead.json("POST", &format!("/api/v1/verdicts/{second_code}/decide"), &json!({ "reason": "复检维持" })).await.expect(200);
    let why = manager.get(&format!("/api/v1/verdicts/{second_code}/why")).await.expect(200).json();
    assert_eq!(why["since"].as_array().unwrap().len(), 2, "what the supplier showed, and that the second look confirms: {why}");
    assert_eq!(why["without"].as_array().unwrap().len(), 3, "a fact and two pieces of evidence: {why}");
    let finished = lead.send(Request::new("POST", &format!("/api/v1/verdicts/{second_code}/finish"))).await.expect(200).json();
    assert_eq!(finished["state"], "final");

    let asked = json!({ "party": buttons.code, "from": "2026-06-01", "to": "2026-06-30" });
    let statement = manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
    assert_eq!((&statement["amount"], &statement["claims"]), (&json!("50.00"), &json!(1)));
    let at = format!("/api/v1/statements/{}", statement["code"].as_str().unwrap());
    let file = own.get(&format!("{at}/file")).await.expect(200);
    assert!(verify(file.text()).unwrap().differs.is_empty());
    other.get(&at).await.expect(404);
    other.get(&format!("{at}/file")).await.expect(404);
    assert_eq!(other.get("/api/v1/statements").await.expect(200).json()["items"], json!([]));
    let backwards = json!({ "party": buttons.code, "from": "2026-06-30", "to": "2026-06-01" });
    assert_eq!(fields(&manager.json("POST", "/api/v1/statements", &backwards).await.expect(422).json()), [("to", "dates_out_of_order")]);
    for lang in ["zh-CN", "en"] {
        for page in ["/verdicts", "/statements", "/verdicts/new", "/statements/new", "/liability-rules", "/liability-rules/new"] {
            let shown = manager.page(&format!("{page}?lang={lang}")).await.expect(200);
            for word in [">verdicts-", ">statements-", ">liability-rules-"] {
                assert!(!shown.text().contains(word), "{page}");
            }
        }
        own.page(&format!("{}?lang={lang}", at.replace("/api/v1", ""))).await.expect(200);
        own.page(&format!("/verdicts/{second_code}?lang={lang}")).await.expect(200);
    }
    manager.json("POST", &format!("{at}/void"), &json!({ "reason": "x" })).await.expect(200);
    let again = manager.json("POST", "/api/v1/statements", &asked).await.expect(201).json();
    assert_eq!(again["claims"], 1, "what was void may be charged again");
});

story!(a_reply_after_its_day_is_refused, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let verdict = proposed(&app, of(&case)).await.unwrap();
    let (stamp, today) = (by(&app, "staff:quality"), app.state.today());
    let told = app.write(move |db| liability::notify(db, &stamp, today, &verdict)).await;
    let (store, stamp, late) = (app.state.store.clone(), by(&app, "staff:mill"), told.clone());
    let last = told.reply_by.unwrap();
    let error = store
        .write(move |db| liability::reply(db, &stamp, last + chrono::Days::new(1), &late, (buttons.id, false, "x")))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::WrongState);
    let stamp = by(&app, "staff:mill");
    let accepted = app.write(move |db| liability::reply(db, &stamp, last, &told, (buttons.id, true, ""))).await;
    assert_eq!(accepted.state, VerdictState::Accepted);
});

story!(rule_tables_take_two_people, |app| {
    let (first, second) = (app.persona(Works::SupplierManager).await, app.persona(Works::Admin).await);
    assert_eq!(
        first.get("/api/v1/liability-rules/active").await.expect(409).code(),
        "wrong_state",
        "nobody is judged by what nobody approved"
    );
    let mut rules = serde_json::to_value(starter()).unwrap();
    let sent = |rules: &Value| json!({ "rules": rules.to_string(), "reason": "新协议" });
    app.seed().await;
    assert_eq!(
        fields(&first.json("POST", "/api/v1/liability-rules", &sent(&rules)).await.expect(409).json()),
        [("rules.version", "duplicate")]
    );
    rules["version"] = json!("2026-07");
    rules["gates"][0]["outcome"]["charge"]["no_fault"] = json!(999_999);
    let wrong = first.json("POST", "/api/v1/liability-rules", &sent(&rules)).await.expect(422).json();
    assert_eq!(fields(&wrong), [("rules.gates.0.outcome.charge", "wrong_sum")]);
    rules["gates"][0]["outcome"]["charge"]["no_fault"] = json!(1_000_000);
    first.json("POST", "/api/v1/liability-rules", &sent(&rules)).await.expect(201);
    first.json("POST", "/api/v1/liability-rules", &sent(&rules)).await.expect(409);
    let approve = "/api/v1/liability-rules/2026-07/approve";
    assert_eq!(first.send(Request::new("POST", approve)).await.expect(409).code(), "needs_another");
    assert_eq!(app.look(liability::active).await.version, "starter-1");
    second.send(Request::new("POST", approve)).await.expect(200);
    assert_eq!(app.look(liability::active).await.version, "2026-07");
    assert_eq!(second.send(Request::new("POST", approve)).await.expect(409).code(), "wrong_state");
    rules["version"] = json!("2026-08");
    first.json("POST", "/api/v1/liability-rules", &sent(&rules)).await.expect(201);
    second.send(Request::new("POST", "/api/v1/liability-rules/2026-08/approve")).await.expect(200);
    assert_eq!(first.get("/api/v1/liability-rules/2026-07").await.expect(200).json()["state"], "retired");
    assert!(app.sql("UPDATE liability_rules SET state = 'active'").await.is_err());
    assert!(app.sql("UPDATE liability_rules SET approved_by = proposed_by").await.is_err());
});

story!(the_store_keeps_what_a_verdict_must_be, |app| {
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    let verdict = proposed(&app, of(&case)).await.unwrap();
    let id = verdict.id.0;
    for sql in [
        format!("INSERT INTO verdict_share (verdict_id, place, role, payer, micro) VALUES ({id}, 9, 'brand', 'brand', 0)"),
        format!("INSERT INTO verdict_share (verdict_id, place, role, payer, micro) VALUES ({id}, 9, 'brand', 'brand', 1000001)"),
        format!("INSERT INTO verdict_share (verdict_id, place, role, payer, micro) VALUES ({id}, 9, 'mill', 'party', 1)"),
        format!("UPDATE verdict SET state = 'final' WHERE id = {id}"),
        format!("UPDATE verdict SET state = 'superseded' WHERE id = {id}"),
        format!("UPDATE verdict SET decided_by = proposed_by WHERE id = {id}"),
        format!("UPDATE verdict SET seq = 0 WHERE id = {id}"),
    ] {
        assert!(app.sql(&sql).await.is_err(), "the store takes: {sql}");
    }
    let second = proposed(&app, VerdictAsk { reason: "x".into(), ..of(&case) }).await.unwrap();
    assert!(app.sql(&format!("UPDATE verdict SET state = 'proposed', superseded_on = NULL WHERE id = {id}")).await.is_err(), "{second:?}");
    assert_eq!(app.look(liability::unsound).await, []);
    // I-26: what is told stays, and no share is ever changed.
    let second_id = second.id.0;
    let extra = format!("INSERT INTO verdict_share (verdict_id, place, role, payer, micro) VALUES ({second_id}, 9, 'brand', 'brand', 1)");
    for sql in [
        format!("UPDATE verdict_share SET micro = 999999 WHERE verdict_id = {second_id}"),
        format!("DELETE FROM verdict_share WHERE verdict_id = {second_id}"),
        format!("INSERT INTO verdict_share (verdict_id, place, role, payer, micro) VALUES ({id}, 9, 'brand', 'brand', 1)"),
        format!("UPDATE verdict SET bundle = '{{}}' WHERE id = {second_id}"),
    ] {
        assert!(app.sql(&sql).await.is_err(), "the store takes: {sql}");
    }
    app.sql(&extra).await.unwrap();
    assert_eq!(app.look(liability::unsound).await, [second.id]);
    let finish = format!("UPDATE verdict SET state = 'final', final_on = '2026-06-15' WHERE id = {second_id}");
    assert!(app.sql(&finish).await.is_err(), "shares that are no whole");
});

/// The file is worked out again by the program itself, in an empty folder, without a store.
#[actix_web::test]
async fn a_statement_is_verified_in_an_empty_folder() {
    let app = TestApp::new(crate::support::On::Sqlite);
    let (goods, case) = claim(&app, Some("hook_button_broken")).await;
    let buttons = supplier(&app, &goods, Does::TrimMaker, "button", Some(1_000)).await;
    cost(&app, &case, LedgerKind::RepairParts, 1_234).await;
    finished(&app, of(&case)).await;
    let ask = StatementAsk { party: buttons.id, from: day("2026-06-01"), to: day("2026-06-30"), currency: "CNY".into() };
    let stamp = by(&app, "staff:lead");
    let statement = app.write(move |db| liability::make_statement(db, &stamp, &ask)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.json");
    std::fs::write(&file, &statement.bundle).unwrap();
    let program = Program::in_folder(folder.path());
    let said = program.run(&["statement", "verify", file.to_str().unwrap()]).well();
    assert_eq!(said.out.trim(), statement.sha256);
    for (from, to) in [("1234", "1235"), ("trims", "mills"), ("\n", " \n")] {
        std::fs::write(&file, statement.bundle.replacen(from, to, 1)).unwrap();
        program.run(&["statement", "verify", file.to_str().unwrap()]).badly();
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is made");
}
