//! What a buyer is entitled to: asked of stored facts under stored rules, by API, in a terminal, as a part of a page.

use hangtag::aftersales::rights::{self, AnswerView, RightFacts, RightRule, SeenDefect};
use hangtag::inspection::findings::{self, About, NewFinding, Stage};
use hangtag::kernel::text::Lang;
use hangtag::ownership::garments::{self, HoldKind};
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::platform::words::Words;
use hangtag::production::batches;
use hangtag::production::parties::Role as PartyRole;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use hangtag::staff::calendars;
use serde_json::{Value, json};

use crate::materials::{load, seen};
use crate::parties::{fields, import};
use crate::story;
use crate::support::goods::{Goods, day, policy};
use crate::support::personas::Persona;
use crate::support::program::Program;
use crate::support::{On, TestApp};
use crate::warranties::{sale_of, sell};

/// As the project holiday-cn publishes it.
const YEAR: &str = include_str!("../vectors/working-time/holidays-cn-2026.json");

/// As the program does when it starts, and with China's days of rest.
async fn furnish(app: &TestApp) {
    app.seed().await;
    assert_eq!(import(app, calendars::IMPORT, YEAR, Mode::Apply).await.outcome, Outcome::Applied);
}

/// A unit sold on a day and delivered on another.
fn sold(goods: &Goods, unit: i64, sold_on: &str, delivered_on: Option<&str>, country: &str) -> NewSale {
    let sale = sale_of(goods, unit, sold_on);
    NewSale { sound: Sound { delivered_on: delivered_on.map(day), country: country.into(), ..sale.sound }, ..sale }
}

async fn asked(who: &Persona<'_>, serial: &str, more: &str) -> Value {
    who.get(&format!("/api/v1/rights/{serial}?{more}")).await.expect(200).json()
}

/// The rules of the rights that apply, in their order.
fn rules(answer: &Value) -> Vec<&str> {
    answer["rights"].as_array().unwrap().iter().map(|right| right["rule"].as_str().unwrap()).collect()
}

fn right<'a>(answer: &'a Value, rule: &str) -> &'a Value {
    answer["rights"].as_array().unwrap().iter().find(|right| right["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {answer}"))
}

story!(a_buyer_in_china_has_seven_days_that_roll_on_over_a_day_of_rest, |app| {
    furnish(&app).await;
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Delivered, StartRule::Sold])), 4).await;
    // Seven days end on Friday, 19 June: the Dragon Boat Festival; the Monday after is no day of rest.
    sell(&app, sold(&goods, 0, "2026-06-10", Some("2026-06-12"), "CN")).await;
    let (agent, serial) = (app.api(Role::Agent).await, goods.serial(&app, 0));
    let answer = asked(&agent, &serial, "on=2026-06-15").await;
    assert_eq!(rules(&answer), ["CN-RETURN", "CN-SEVEN-DAYS", "ALTERATION", "CN-QUALITY", "WARRANTY"]);
    let seven = right(&answer, "CN-SEVEN-DAYS");
    assert_eq!((&seven["from"], &seven["to"], &seven["state"]), (&json!("2026-06-12"), &json!("2026-06-22"), &json!("now")));
    assert_eq!((&seven["freight"], &seven["version"], &seven["remedies"]), (&json!("buyer"), &json!(1), &json!(["refund"])));
    assert!(seven["words"]["zh"].as_str().unwrap().starts_with("截至 2026-06-22（含当天）。"), "{seven}");
    assert!(seven["words"]["en"].as_str().unwrap().starts_with("Until 2026-06-22, that day included."), "{seven}");
    // The warranty is as it is stored.
    let warranty = right(&answer, "WARRANTY");
    assert_eq!((&warranty["from"], &warranty["to"], &warranty["freight"]), (&json!("2026-06-12"), &json!("2027-06-12"), &json!("company")));
    assert_eq!(warranty["needs"], json!(["defect", "inspection"]));
    // Today is the 15th; a day after the last it is over, and that is said.
    assert_eq!(asked(&agent, &serial, "").await["on"], "2026-06-15");
    let over = asked(&agent, &serial, "on=2026-06-23").await;
    assert_eq!(rules(&over), ["ALTERATION", "WARRANTY"]);
    let gone = over["not_now"].as_array().unwrap().iter().find(|lapse| lapse["rule"] == "CN-SEVEN-DAYS").unwrap();
    assert_eq!((&gone["why"], &gone["on"]), (&json!("over"), &json!("2026-06-22")));
    // The market of the order wins over the country of the sale.
    let german = asked(&agent, &serial, "on=2026-06-15&market=Germany").await;
    assert_eq!((&german["market"], rules(&german)[0]), (&json!("DE"), "EU-WITHDRAWAL"));
    assert_eq!(right(&german, "EU-WITHDRAWAL")["to"], "2026-06-26");
    let problem = agent.get(&format!("/api/v1/rights/{serial}?on=soon")).await.expect(422).json();
    assert_eq!(fields(&problem), [("on", "not_a_date")]);
    let problem = agent.get(&format!("/api/v1/rights/{serial}?market=Atlantis")).await.expect(422).json();
    assert_eq!(fields(&problem), [("market", "unknown_name")]);
    agent.get(&format!("/api/v1/rights/{serial}?on=2026-06-10")).await.expect(200);
});

story!(whatever_garment_is_asked_about_the_answer_is_clear, |app| {
    furnish(&app).await;
    let goods = app.goods(None, 6).await;
    let agent = app.api(Role::Agent).await;
    let unsold = asked(&agent, &goods.serial(&app, 0), "").await;
    assert_eq!((&unsold["standing"], rules(&unsold).len(), &unsold["sale"]), (&json!("unsold"), 0, &Value::Null));
    assert!(unsold["about"]["en"].as_str().unwrap().contains("register the sale first"));

    sell(&app, sold(&goods, 1, "2026-06-10", None, "")).await;
    let before = asked(&agent, &goods.serial(&app, 1), "on=2026-06-09").await;
    assert_eq!((&before["standing"], rules(&before).len()), (&json!("sold_later"), 0));
    // Neither the country nor the delivery is recorded: what holds everywhere, and what is not known of it.
    let open = asked(&agent, &goods.serial(&app, 1), "on=2026-06-11").await;
    assert_eq!((&open["market"], rules(&open)), (&Value::Null, vec!["WARRANTY", "ALTERATION"]));
    assert!(open["about"]["zh"].as_str().unwrap().contains("没有登记销售所在国家"));
    let alteration = right(&open, "ALTERATION");
    assert_eq!((&alteration["state"], &alteration["unknown"], &alteration["to"]), (&json!("unsure"), &json!(["delivery"]), &Value::Null));
    assert_eq!(alteration["at_least"], "2027-06-10");
    let china = asked(&agent, &goods.serial(&app, 1), "on=2026-06-11&market=CN").await;
    let seven = right(&china, "CN-SEVEN-DAYS");
    assert_eq!((&seven["state"], &seven["at_least"]), (&json!("unsure"), &json!("2026-06-17")));
    assert!(
        seven["words"]["en"]
            .as_str()
            .unwrap()
            .contains("7 days from delivery, which is not recorded. If it was delivered, then until 2026-06-17 at least."),
        "{seven}"
    );

    let (stamp, zone, garment) = (app.state.stamp("system"), app.state.config.time_zone, goods.garment(1));
    app.write(move |db| sales::end_sale(db, &stamp, zone, garment, day("2026-06-12")).map(drop)).await;
    let returned = asked(&agent, &goods.serial(&app, 1), "").await;
    assert_eq!((&returned["standing"], rules(&returned).len()), (&json!("returned"), 0));
    // Sold again, the rights begin anew.
    sell(&app, sold(&goods, 1, "2026-06-14", Some("2026-06-15"), "CN")).await;
    assert_eq!(right(&asked(&agent, &goods.serial(&app, 1), "").await, "CN-SEVEN-DAYS")["to"], "2026-06-22");

    // Unknown, void and mistyped serials are what they are everywhere.
    let (stamp, no) = (app.state.stamp("system"), goods.no);
    app.write(move |db| batches::void_units(db, &stamp, no, &[5..6], "torn").map(drop)).await;
    for (serial, code) in [(goods.serial(&app, 5), "serial_unknown"), (goods.serial(&app, 4_000), "serial_unknown")] {
        assert_eq!(agent.get(&format!("/api/v1/rights/{serial}")).await.expect(404).code(), code, "{serial}");
    }
    let typo = format!("{}{}", &goods.serial(&app, 2)[..19], if goods.serial(&app, 2).ends_with('0') { '1' } else { '0' });
    assert_eq!(agent.get(&format!("/api/v1/rights/{typo}")).await.expect(422).code(), "serial_typo");

    // A garment that came with a serial of its own.
    let admin = app.api(Role::Admin).await;
    let sku = admin.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json()["sku"].clone();
    let (_, factory) = app.party(PartyRole::Factory).await;
    let batch = json!({ "code": "F", "sku": sku, "factory": factory, "planned": 9, "origin": "foreign" });
    admin.json("POST", "/api/v1/batches", &batch).await.expect(201);
    assert_eq!(load(&app, batches::GARMENTS, "serial,gtin,batch_code,unit\na7-Q,,F,\n", Mode::Apply).added, 1);
    let sale = json!({ "serial": "a7-Q", "sold_on": "2026-06-14", "delivered_on": "2026-06-14", "country": "CN", "channel": "web" });
    admin.json("POST", "/api/v1/sales", &sale).await.expect(201);
    let foreign = asked(&agent, "a7-Q", "").await;
    assert_eq!((&foreign["serial"], rules(&foreign)[1]), (&json!("a7-Q"), "CN-SEVEN-DAYS"));

    // Suppliers and shops have no business here.
    let serial = goods.serial(&app, 1);
    for role in [Role::Supplier, Role::Retailer] {
        app.api(role).await.get(&format!("/api/v1/rights/{serial}")).await.expect(403);
    }
});

story!(a_finding_and_what_a_buyer_says_give_what_they_give, |app| {
    furnish(&app).await;
    let goods = app.goods(None, 2).await;
    sell(&app, sold(&goods, 0, "2026-06-01", Some("2026-06-01"), "CN")).await;
    let (agent, serial, garment) = (app.api(Role::Agent).await, goods.serial(&app, 0), goods.garment(0));
    assert_eq!(rules(&asked(&agent, &serial, "").await), ["ALTERATION", "WARRANTY"]);
    // What is said is looked at first; and a garment that is held for a recall is recalled.
    let stamp = app.state.stamp("staff:manager");
    app.write(move |db| garments::hold(db, &stamp, garment, HoldKind::Recall, "RC-1")).await;
    let said = app
        .look(move |db| {
            let facts = rights::facts(db, garment, day("2026-06-15"), None)?;
            let says = SeenDefect { code: "button_loose".into(), measured: None, seen_on: day("2026-06-15"), is_found: false };
            rights::RightsAnswer::of(db, RightFacts { defects: vec![says], ..facts })
        })
        .await;
    let first: Vec<&str> = said.rights.iter().map(|right| right.rule.as_str()).collect();
    assert_eq!(first[..3], ["RECALL", "NO-WORRY-BUTTON", "WARRANTY"], "and a recall is outside every window");
    for (lang, badge, words) in [(Lang::Zh, "没有期限", "运费由商家承担"), (Lang::En, "Without an end", "The brand pays the way")]
    {
        let part = rights::part(&said, Words::of(lang), true).unwrap();
        assert!(part.contains(badge) && part.contains(words) && !part.contains("rights-"), "{part}");
        let buyers = rights::part(&said, Words::of(lang), false).unwrap();
        assert!(buyers.contains(words) && !buyers.contains("<dl"), "{buyers}");
    }
    let stamp = app.state.stamp("staff:inspector");
    app.write(move |db| {
        let sound = findings::Sound {
            defect: "button_loose".into(),
            severity: None,
            zone: String::new(),
            quantity: 1,
            stage: Stage::Return,
            note: String::new(),
            found_on: day("2026-06-14"),
        };
        findings::log(db, &stamp, &[NewFinding { about: About::Garment(garment), sound }]).map(drop)
    })
    .await;
    let found = asked(&agent, &serial, "").await;
    assert_eq!(rules(&found), ["RECALL", "NO-WORRY-BUTTON", "WARRANTY", "ALTERATION"]);
    assert_eq!(right(&found, "NO-WORRY-BUTTON")["needs"], json!(["photos"]));
    assert_eq!(
        rules(&asked(&agent, &serial, "on=2026-06-13").await),
        ["RECALL", "ALTERATION", "WARRANTY"],
        "on that day nobody had seen it"
    );
});

story!(what_a_buyer_confirmed_at_the_purchase_is_kept_with_the_sale, |app| {
    furnish(&app).await;
    let goods = app.goods(None, 4).await;
    let admin = app.api(Role::Admin).await;
    let style = goods.code.replace("B-", "S-");
    let mut sheet = admin.get(&format!("/api/v1/styles/{style}")).await.expect(200).json();
    sheet["category"] = json!("内衣");
    sheet["confidential"] = json!(true);
    admin.json("PUT", &format!("/api/v1/styles/{style}"), &sheet).await.expect(200);
    let sale = |unit: i64, confirmed: Option<&str>| {
        json!({ "serial": goods.serial(&app, unit), "sold_on": "2026-06-13", "delivered_on": "2026-06-14", "country": "CN", "channel": "web",
            "no_return_confirmed_on": confirmed })
    };
    let problem = admin.json("POST", "/api/v1/sales", &sale(0, Some("2026-06-14"))).await.expect(422).json();
    assert_eq!(fields(&problem), [("no_return_confirmed_on", "dates_out_of_order")], "afterwards it binds nobody");
    let made = admin.json("POST", "/api/v1/sales", &sale(0, Some("2026-06-13"))).await.expect(201).json();
    assert_eq!(made["no_return_confirmed_on"], "2026-06-13");
    admin.json("POST", "/api/v1/sales", &sale(1, None)).await.expect(201);
    let file = format!(
        "serial,sold_on,delivered_on,country,channel,no_return_confirmed_on\n{},2026-06-13,2026-06-14,CN,web,2026-06-12\n{},2026-06-13,,CN,web,2026-06-14\n",
        goods.serial(&app, 2),
        goods.serial(&app, 3)
    );
    let report = load(&app, sales::IMPORT, &file, Mode::Apply);
    assert_eq!(seen(&report), [(3, "no_return_confirmed_on", "dates_out_of_order")]);
    let sound: String = file.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(load(&app, sales::IMPORT, &sound, Mode::Apply).added, 1);
    for (unit, confirmed) in [(0, Some("2026-06-13")), (1, None), (2, Some("2026-06-12"))] {
        let answer = asked(&admin, &goods.serial(&app, unit), "").await;
        let lapse = answer["not_now"].as_array().unwrap().iter().find(|lapse| lapse["rule"] == "CN-SEVEN-DAYS");
        assert_eq!(lapse.map(|lapse| lapse["on"].as_str().unwrap()), confirmed, "{unit}");
        assert_eq!(rules(&answer).contains(&"CN-SEVEN-DAYS"), confirmed.is_none());
        assert!(rules(&answer).contains(&"CN-QUALITY"), "what a defect gives is excluded by nothing");
        // The style is confidential: neither its name nor what it is stands there.
        assert_eq!(answer["what"]["en"], "Garment");
        assert!(!answer.to_string().contains("内衣") && !answer.to_string().contains("衬衫"), "{answer}");
    }
});

story!(a_rule_that_holds_is_ended_and_followed_never_changed, |app| {
    furnish(&app).await;
    let (admin, page) = (app.api(Role::Admin).await, app.persona(Role::Admin).await);
    let uri = "/api/v1/right-rules/CN-RETURN";
    let mut rule = admin.get(uri).await.expect(200).json();
    assert_eq!((&rule["days"], &rule["source"], &rule["version"]), (&json!(7), &json!("S0-13, S0-14, S1-6, S1-8"), &json!(1)));
    rule["days"] = json!(10);
    rule["freight"] = json!("company");
    let problem = admin.json("PUT", uri, &rule).await.expect(409).json();
    assert_eq!(fields(&problem), [("days", "in_use"), ("freight", "in_use")]);
    (rule["days"], rule["freight"], rule["valid_to"]) = (json!(7), json!("buyer"), json!("2026-06-01"));
    let problem = admin.json("PUT", uri, &rule).await.expect(422).json();
    assert_eq!(fields(&problem), [("valid_to", "dates_out_of_order")], "what was decided by it stands");
    rule["valid_to"] = json!("2026-06-30");
    assert_eq!(admin.json("PUT", uri, &rule).await.expect(200).json()["version"], 2);
    let next = json!({ "code": "CN-RETURN-15", "kind": "no_reason", "name": { "zh": "十五天退换货", "en": "Fifteen days" }, "market": "cn", "valid_from": "2026-07-01",
        "days": 15, "rest_days": "CN", "freight": "company", "remedies": ["refund", "exchange"], "source": "2026 年服务承诺" });
    let made = admin.json("POST", "/api/v1/right-rules", &next).await.expect(201).json();
    assert_eq!((&made["market"], &made["holds_from"], &made["counted_from"]), (&json!("CN"), &json!("sale"), &json!("delivery")));
    let goods = app.goods(None, 2).await;
    sell(&app, sold(&goods, 0, "2026-06-14", Some("2026-06-15"), "CN")).await;
    let on = asked(&admin, &goods.serial(&app, 0), "on=2026-06-20").await;
    assert!(rules(&on).contains(&"CN-RETURN") && !rules(&on).contains(&"CN-RETURN-15"));
    assert_eq!(right(&on, "CN-RETURN")["version"], 2);

    // What a rule cannot be is named, place by place.
    let wrong = json!({ "code": "ODD", "kind": "legal_guarantee", "name": { "en": "Odd" }, "valid_from": "2026-07-01", "valid_to": "2026-06-30", "days": 9,
        "counted_from": "warranty", "never_for": ["内衣"], "late_days": 3, "measured_over": 5, "defects": [], "remedies": ["repair"], "source": "x" });
    let problem = admin.json("POST", "/api/v1/right-rules", &wrong).await.expect(422).json();
    let mut named = fields(&problem);
    named.sort_unstable();
    assert_eq!(
        named,
        [
            ("counted_from", "does_not_apply"),
            ("days", "does_not_apply"),
            ("late_days", "does_not_apply"),
            ("measured_over", "does_not_apply"),
            ("never_for", "does_not_apply"),
            ("valid_to", "dates_out_of_order")
        ]
    );
    let unknown = json!({ "code": "ODD", "kind": "no_worry", "name": { "en": "Odd" }, "valid_from": "2026-07-01", "days": 9, "defects": ["no_such"], "remedies": ["repair"], "source": "x" });
    assert_eq!(fields(&admin.json("POST", "/api/v1/right-rules", &unknown).await.expect(422).json()), [("defects", "unknown_reference")]);

    // The list, the form and the page, in both languages.
    for (lang, title) in [("zh-CN", "权利规则"), ("en", "Rules of rights")] {
        let list = page.page(&format!("/rights?lang={lang}&kind=no_reason")).await.expect(200);
        assert!(list.text().contains(title) && list.text().contains("CN-SEVEN-DAYS") && !list.text().contains("EU-WITHDRAWAL"), "{lang}");
        for uri in ["/rights/new", "/rights/EU-GUARANTEE", "/rights/EU-GUARANTEE/edit"] {
            let shown = page.page(&format!("{uri}?lang={lang}")).await.expect(200);
            assert!(!shown.text().contains(">rights-") && !shown.text().contains(">error-"), "{uri} {lang}");
        }
    }
    let history = page.page("/rights/CN-RETURN").await.expect(200);
    assert!(history.text().contains("2026-06-30"), "who ended it, and when, stands there");

    // What is taken away is handed in again and changes nothing; in another store it says the same.
    for lang in ["zh-CN", "en"] {
        let file = page.get(&format!("/rights.csv?lang={lang}")).await.expect(200).text().to_owned();
        let again = import(&app, hangtag::app::import_tables().get("rights").unwrap(), &file, Mode::Apply).await;
        assert_eq!((again.outcome, again.added, again.changed), (Outcome::Applied, 0, 0), "{lang}: {:?}", again.faults);
        let other = TestApp::new(app.on);
        other.write(hangtag::inspection::defects::seed).await;
        let there = import(&other, hangtag::app::import_tables().get("rights").unwrap(), &file, Mode::Apply).await;
        assert_eq!((there.outcome, there.added), (Outcome::Applied, again.unchanged), "{lang}: {:?}", there.faults);
        let rows = |db: &mut _| {
            Ok(rights::rules(db)?
                .rows
                .iter()
                .map(|rule| RightRule { id: Default::default(), created_at: Default::default(), version: 0, ..rule.clone() })
                .collect::<Vec<_>>())
        };
        assert_eq!(other.look(rows).await, app.look(rows).await, "{lang}");
    }
    // A start of the program adds what is missing and touches nothing that is there.
    app.seed().await;
    assert_eq!(admin.get(uri).await.expect(200).json()["valid_to"], "2026-06-30");
});

#[actix_web::test]
async fn the_terminal_says_it_in_both_languages() {
    let app = TestApp::new(On::Sqlite);
    furnish(&app).await;
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Delivered])), 3).await;
    sell(&app, sold(&goods, 0, "2026-06-10", Some("2026-06-12"), "CN")).await;
    sell(&app, sold(&goods, 1, "2026-06-10", None, "")).await;
    let [serial, open, none] = [0, 1, 4_000].map(|unit| goods.serial(&app, unit));
    let mut told = String::new();
    for (lang, arguments) in [
        ("zh_CN.UTF-8", vec!["rights", &serial, "--on", "2026-06-20"]),
        ("en_GB.UTF-8", vec!["rights", &serial, "--on", "2026-06-20"]),
        ("zh_CN.UTF-8", vec!["rights", &open, "--on", "2026-08-12", "--market", "DE"]),
        ("en_GB.UTF-8", vec!["rights", &open, "--on", "2026-08-12", "--market", "Germany"]),
        ("en_GB.UTF-8", vec!["rights", &open, "--on", "2026-08-12"]),
    ] {
        let said = Program::in_folder(app.folder.path()).with("LANG", lang).run(&arguments).well();
        told.push_str(&format!("$ hangtag {}\n{}\n", arguments.join(" "), said.out));
    }
    insta::assert_snapshot!("rights", told.replace(&serial, "SERIAL").replace(&open, "OPEN"));
    let json = Program::in_folder(app.folder.path()).run(&["rights", &serial, "--on", "2026-06-20", "--json"]).well();
    let (keys, garment) = (serial.clone(), goods.garment(0));
    let view = app.look(move |db| Ok(AnswerView::of(keys, rights::answer(db, garment, day("2026-06-20"), None)?))).await;
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap(), serde_json::to_value(view).unwrap(), "as the API answers");
    for (arguments, complaint) in [
        (vec!["rights", &none], "We did not issue this serial"),
        (vec!["rights", &serial, "--on", "soon"], "on: "),
        (vec!["rights", &serial, "--market", "Atlantis"], "market: "),
    ] {
        let said = Program::in_folder(app.folder.path()).run(&arguments).badly();
        assert!(said.err.contains(complaint), "{said:?}");
    }
}
