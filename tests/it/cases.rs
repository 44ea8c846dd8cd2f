//! Cases: opened once per garment, worked on by acts, listed and found, kept whole by the database.

use diesel::connection::SimpleConnection;
use hangtag::aftersales::cases::{self, CaseAct, NewCase, NewLine};
use hangtag::aftersales::classes::{CaseCause, CaseChannel};
use hangtag::each;
use hangtag::kernel::text::Lang;
use hangtag::kernel::{Code, Error, GarmentId};
use hangtag::ownership::holders::{HolderKeys, Secret};
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::rooms::Thing;
use hangtag::production::batches::BatchSheet;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::findings::{jpeg, multipart};
use crate::story;
use crate::support::goods::Goods;
use crate::support::personas::Persona;
use crate::support::{Answer, Request, TestApp, watch};

/// Shipped catalogues, and a batch of ten.
async fn world(app: &TestApp) -> Goods {
    app.seed().await;
    app.goods(None, 10).await
}

/// A case about this garment.
pub fn new_case(app: &TestApp, garments: &[GarmentId], reason: &str) -> NewCase {
    let today = app.state.today();
    let line = |garment: &GarmentId| NewLine {
        garment: *garment,
        reason: reason.to_owned(),
        zone: "cuff_left".into(),
        words: "It came off in the bus".into(),
        wanted: None,
    };
    NewCase {
        numbers: cases::draw(today),
        today,
        keys: HolderKeys::derive(&app.state.keys.house).unwrap(),
        secret_hash: Secret::fresh().hash(),
        channel: CaseChannel::Phone,
        kind: None,
        priority: None,
        market: None,
        lang: Lang::En,
        order_no: String::new(),
        contact: None,
        lines: garments.iter().map(line).collect(),
        photos: Vec::new(),
        parent: None,
    }
}

/// Opens one, and gives its number.
pub async fn open(app: &TestApp, new: NewCase) -> Result<String, Error> {
    let stamp = app.state.stamp("staff:somebody");
    app.state.store.write(move |db| Ok(cases::open(db, &stamp, &new)?.0.no)).await
}

/// Sells a garment in Germany.
async fn sell(app: &TestApp, garment: GarmentId, sold_on: &str) {
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    let sound = Sound {
        sold_on: sold_on.parse().unwrap(),
        delivered_on: None,
        promised_on: None,
        no_return_confirmed_on: None,
        order_no: format!("W-{}", garment.unit()),
        price: None,
        channel: "web".into(),
        country: "DE".into(),
        city: String::new(),
    };
    let new = NewSale { garment, retailer: None, sound, source: "api", registered_at: None };
    app.write(move |db| sales::register(db, &stamp, zone, &new).map(drop)).await;
}

async fn act(who: &Persona<'_>, no: &str, act: Value) -> Answer {
    who.json("POST", &format!("/api/v1/cases/{no}/acts"), &act).await
}

pub async fn case(who: &Persona<'_>, no: &str) -> Value {
    who.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()
}

fn ask(serials: &[String], reason: &str) -> Value {
    let lines: Vec<Value> = serials.iter().map(|serial| json!({ "serial": serial, "reason": reason })).collect();
    json!({ "lines": lines })
}

/// What the first fault of a problem is about, and what it is.
fn fault(problem: &Value) -> (String, String) {
    let text = |name: &str| problem["faults"][0][name].as_str().unwrap_or_default().to_owned();
    (text("field"), text("code"))
}

/// What the desk looks at all day and what a buyer opens again and again: what changes seldom is not read for each of them.
#[actix_web::test]
async fn pages_of_a_case_are_few_statements_and_none_is_planned_again() {
    let app = watch::watched();
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mut pages = Vec::new();
    for unit in 0..3 {
        let opened = agent.json("POST", "/api/v1/cases", &ask(&[goods.serial(&app, unit)], "button_off")).await.expect(201).json();
        let status = opened["status"].as_str().unwrap().strip_prefix("http://localhost").unwrap().to_owned();
        pages.push((format!("/cases/{}", opened["no"].as_str().unwrap()), status));
    }
    for (place, (desk, buyer)) in pages.iter().enumerate() {
        for (page, who, most) in [(desk, Some(&agent), 30), (buyer, None, 20)] {
            watch::seen(&app);
            let answer = if let Some(agent) = who { agent.page(page).await } else { app.send(Request::get(page).html()).await };
            answer.expect(200);
            let watch::Seen { ran, planned } = watch::seen(&app);
            let ran: Vec<String> = ran.into_iter().filter(|text| text.starts_with("SELECT") && !text.contains("pragma_")).collect();
            // The first of each reads what is then held in memory.
            if place > 0 {
                assert!(planned.is_empty(), "{planned:#?}");
                assert!(ran.len() <= most, "{page}: {} statements: {ran:#?}", ran.len());
            }
        }
    }
}

story!(a_button_from_the_first_word_to_the_end, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    // By telephone, from a scan: a garment without a case leads to a new one.
    let scanned = agent.page(&format!("/cases/scan?q={}", goods.serial(&app, 0))).await.expect(303);
    let new = scanned.header("location").unwrap().to_owned();
    assert!(new.starts_with("/cases/new?serials="), "{new}");
    let form = agent.page(&new).await.expect(200);
    assert!(form.text().contains(&goods.serial(&app, 0)) && form.text().contains("A button came off or is loose"));
    let serial = goods.serial(&app, 0);
    let fields = [("serials", serial.as_str()), ("reason", "button_off"), ("channel", "phone"), ("words", "in the bus"), ("once", "o1")];
    let opened = agent.form("/cases/new", &fields).await.expect(303);
    let href = opened.header("location").unwrap().to_owned();
    let no = href.strip_prefix("/cases/").unwrap().to_owned();
    assert_eq!((no.len(), &no[..7]), (12, "260615-"), "the day and five characters");
    assert_eq!(agent.form("/cases/new", &fields).await.expect(303).header("location"), Some(href.as_str()), "sent twice, opened once");
    // A second report of it, and a scan, lead there.
    let again = [("serials", serial.as_str()), ("reason", "pilling"), ("channel", "mail"), ("once", "o2")];
    assert_eq!(agent.form("/cases/new", &again).await.expect(303).header("location"), Some(href.as_str()));
    assert_eq!(agent.page(&format!("/cases/scan?q={serial}")).await.expect(303).header("location"), Some(href.as_str()));
    assert_eq!(agent.page(&format!("/cases/scan?q={}", no.to_lowercase())).await.expect(303).header("location"), Some(href.as_str()));

    // One key decides: the page has it, and whoever decides has the case.
    let page = agent.page(&format!("{href}?lang=en")).await.expect(200);
    assert!(
        page.text().contains("value=\"repair\" accesskey=\"1\"")
            && page.text().contains("no lots recorded")
            && page.text().contains("no sale recorded")
    );
    let version = case(&agent, &no).await["version"].to_string();
    let decide = [("act", "decide"), ("line", "1"), ("outcome", "repair"), ("version", version.as_str()), ("once", "d1")];
    agent.form(&href, &decide).await.expect(303);
    let now = case(&agent, &no).await;
    assert_eq!((&now["state"], &now["owner"]), (&json!("in_progress"), &json!(agent.login)));
    assert_eq!(
        (&now["lines"][0]["decided"], &now["lines"][0]["state"], &now["kind"]),
        (&json!("repair"), &json!("decided"), &json!("repair"))
    );

    // It comes back, is looked at, and the finding is one of findings.
    let looked = json!({ "act": "inspect", "line": 1, "grade": "c", "found": "button_missing", "severity": "major" });
    let looked = act(&agent, &no, looked).await.expect(200).json();
    let line = &looked["lines"][0];
    assert_eq!((&line["grade"], &line["quarantined"], &line["found"]), (&json!("c"), &json!(true), &json!("button_missing")));
    let finding = agent.get(&format!("/api/v1/findings/{}", line["finding"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&finding["stage"], &finding["defect"]["code"]), (&json!("return"), &json!("button_missing")));
    assert_eq!(finding["subject"]["serial"], json!(serial));
    let unknown = act(&agent, &no, json!({ "act": "inspect", "line": 1, "grade": "c", "found": "gremlins" })).await.expect(422).json();
    assert_eq!(fault(&unknown), ("found".to_owned(), "unknown_reference".to_owned()));

    // A repair is resolved with its cause, closed when it is done, and opened again within the days for that.
    let wrong = act(&agent, &no, json!({ "act": "close" })).await.expect(409).json();
    let title = wrong["title"].as_str().unwrap();
    assert_eq!(wrong["code"], json!("wrong_state"));
    assert!(
        title.ends_with(
            "Possible from here: Waiting for the buyer, Waiting for a colleague, Waiting for a supplier, In transit, Resolved, Cancelled."
        ),
        "{title}"
    );
    let lacking = act(&agent, &no, json!({ "act": "resolve", "result": "A new button is on." })).await.expect(422).json();
    assert_eq!(fault(&lacking), ("cause".to_owned(), "missing".to_owned()));
    act(&agent, &no, json!({ "act": "resolve", "result": "A new button is on.", "cause": "workmanship" })).await.expect(200);
    assert_eq!(act(&agent, &no, json!({ "act": "close" })).await.expect(409).code(), "undecided");
    act(&agent, &no, json!({ "act": "done", "line": 1 })).await.expect(200);
    act(&agent, &no, json!({ "act": "reopen", "reason": "it came off again" })).await.expect(200);
    let again = case(&agent, &no).await;
    assert_eq!((&again["seq"], &again["state"], &again["lines"][0]["state"]), (&json!(2), &json!("in_progress"), &json!("open")));
    act(&agent, &no, json!({ "act": "decide", "line": 1, "outcome": "exchange" })).await.expect(200);
    act(&agent, &no, json!({ "act": "done" })).await.expect(200);
    act(&agent, &no, json!({ "act": "resolve", "result": "Another shirt." })).await.expect(200);
    app.state.clock.advance(chrono::Duration::days(8));
    let agent = app.persona(Role::Agent).await;
    assert_eq!(act(&agent, &no, json!({ "act": "reopen", "reason": "late" })).await.expect(409).code(), "too_late");
    let closed = act(&agent, &no, json!({ "act": "close" })).await.expect(200).json();
    assert_eq!((&closed["state"], &closed["allowed"]), (&json!("closed"), &json!([])));
    for over in
        [json!({ "act": "reopen", "reason": "x" }), json!({ "act": "take" }), json!({ "act": "decide", "line": 1, "outcome": "refund" })]
    {
        assert_eq!(act(&agent, &no, over).await.expect(409).code(), "wrong_state");
    }
    // The garment is free for another case, which begins anew.
    let next = agent.json("POST", "/api/v1/cases", &ask(std::slice::from_ref(&serial), "seam_open")).await.expect(201).json();
    assert_ne!(next["no"], json!(no));
    // Its history is its events, in words, and names nobody who is not of the house.
    for (lang, word) in [("en", "Outcome decided"), ("zh-CN", "处理结果已决定")] {
        let page = agent.page(&format!("{href}?lang={lang}")).await.expect(200);
        assert!(
            page.text().contains(word) && !page.text().contains(">cases-") && !page.text().contains("in_progress →"),
            "{}",
            page.text()
        );
    }
});

story!(two_people_at_one_case, |app| {
    let goods = world(&app).await;
    let (one, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let no = open(&app, new_case(&app, &[goods.garment(0)], "button_off")).await.unwrap();
    let version = case(&one, &no).await["version"].clone();
    act(&one, &no, json!({ "act": "take", "version": version })).await.expect(200);
    assert_eq!(act(&other, &no, json!({ "act": "take", "version": version })).await.expect(409).code(), "stale");
    assert_eq!(case(&one, &no).await["owner"], json!(one.login));
    // Handed over, and to a queue, where it is nobody's and new again.
    let inspector = app.persona(Role::Inspector).await;
    let unfit = act(&one, &no, json!({ "act": "assign", "owner": inspector.login })).await.expect(422).json();
    assert_eq!(fault(&unfit), ("owner".to_owned(), "unknown_reference".to_owned()));
    act(&one, &no, json!({ "act": "assign", "owner": other.login })).await.expect(200);
    let moved = act(&other, &no, json!({ "act": "move", "queue": "technical" })).await.expect(200).json();
    assert_eq!((&moved["owner"], &moved["queue"], &moved["state"]), (&Value::Null, &json!("technical"), &json!("new")));
    act(&inspector, &no, json!({ "act": "take" })).await.expect(403);
    // Waiting for the buyer, and from there straight to nowhere else.
    act(&one, &no, json!({ "act": "step", "to": "in_progress" })).await.expect(200);
    act(&one, &no, json!({ "act": "step", "to": "waiting_customer" })).await.expect(200);
    let wrong = act(&one, &no, json!({ "act": "step", "to": "in_transit" })).await.expect(409).json();
    let title = wrong["title"].as_str().unwrap();
    assert!(title.contains("Waiting for the buyer") && title.ends_with("Possible from here: In progress, Resolved, Cancelled."), "{title}");
    // Through the form: the page comes back with what is possible.
    let page = one.form(&format!("/cases/{no}?lang=en"), &[("act", "step"), ("to", "in_transit"), ("once", "s1")]).await.expect(409);
    assert!(page.text().contains("Waiting for the buyer"), "{}", page.text());
    for wrong in [
        json!({ "act": "fly" }),
        json!({ "act": "step", "to": "orbit" }),
        json!({ "act": "step" }),
        json!({ "act": "decide", "line": 1, "outcome": "refuse" }),
    ] {
        assert_eq!(act(&one, &no, wrong).await.expect(422).code(), "invalid");
    }
    assert_eq!(act(&one, &no, json!({ "act": "decide", "line": 9, "outcome": "repair" })).await.expect(404).code(), "not_found");
    assert_eq!(act(&one, "260615-00000", json!({ "act": "take" })).await.expect(404).code(), "not_found");
    // Notes, tasks: a supplier's note names one, a case with open tasks is not closed.
    let lacking = act(&one, &no, json!({ "act": "note", "audience": "supplier", "body": "Which thread was it?" })).await.expect(422).json();
    assert_eq!(fault(&lacking), ("party".to_owned(), "missing".to_owned()));
    act(&one, &no, json!({ "act": "note", "audience": "us", "body": "Ask the factory." })).await.expect(200);
    let tasked = act(&one, &no, json!({ "act": "task", "title": "Call the factory", "queue": "quality", "due_on": "2026-06-20" }))
        .await
        .expect(200)
        .json();
    act(&one, &no, json!({ "act": "decide", "line": 1, "outcome": "advice" })).await.expect(200);
    act(&one, &no, json!({ "act": "step", "to": "in_progress" })).await.expect(200);
    act(&one, &no, json!({ "act": "resolve", "result": "Sew it on.", "cause": "workmanship" })).await.expect(200);
    assert_eq!(case(&one, &no).await["lines"][0]["state"], json!("done"), "advice is done when it is given");
    assert_eq!(act(&one, &no, json!({ "act": "close" })).await.expect(409).code(), "tasks_open");
    let task = &tasked["tasks"][0]["id"];
    act(&one, &no, json!({ "act": "end_task", "task": task, "to": "done", "note": "it was one batch" })).await.expect(200);
    assert_eq!(act(&one, &no, json!({ "act": "end_task", "task": task, "to": "done" })).await.expect(409).code(), "wrong_state");
    act(&one, &no, json!({ "act": "close" })).await.expect(200);
});

story!(twenty_at_once_open_one_case, |app| {
    let goods = world(&app).await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (state, stamp, new) =
                (app.state.clone(), app.state.stamp("staff:somebody"), new_case(&app, &[goods.garment(3)], "seam_open"));
            actix_web::rt::spawn(async move { state.store.write(move |db| Ok(cases::open(db, &stamp, &new)?.0.no)).await })
        })
        .collect();
    let mut opened = Vec::new();
    for one in tries {
        match one.await.unwrap() {
            Ok(no) => opened.push(no),
            Err(error) => assert_eq!(error.code(), Code::CaseOpen, "{error}"),
        }
    }
    assert_eq!(opened.len(), 1);
    let facts = app.look({
        let garment = goods.garment(3).0;
        move |db| hangtag::platform::events::of(db, hangtag::kernel::event::Subject::Garment(garment))
    });
    assert_eq!(facts.await.iter().filter(|fact| fact.kind == "garment.help_asked").count(), 1);
});

story!(a_number_that_is_taken_is_drawn_again, |app| {
    let goods = world(&app).await;
    let first = new_case(&app, &[goods.garment(0)], "seam_open");
    let same = NewCase { numbers: first.numbers.clone(), ..new_case(&app, &[goods.garment(1)], "seam_open") };
    let (numbers, one) = (first.numbers.clone(), open(&app, first).await.unwrap());
    let other = open(&app, same).await.unwrap();
    assert_eq!((one, other), (numbers[0].clone(), numbers[1].clone()));
});

story!(what_cannot_be_asked_is_said_and_leaves_nothing, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let serial = |unit| goods.serial(&app, unit);
    let post = |body: Value| {
        let agent = &agent;
        async move { agent.json("POST", "/api/v1/cases", &body).await }
    };
    // Void serials are answered as those that were never issued; a slip of the keys is told apart.
    let (stamp, no) = (app.state.stamp("system"), goods.no);
    app.write(move |db| hangtag::production::batches::void_units(db, &stamp, no, &[9..10], "spoiled").map(drop)).await;
    let (void, foreign) =
        (post(ask(&[serial(9)], "hole")).await.expect(422).json(), post(ask(&["A7-Q/0001".into()], "hole")).await.expect(422).json());
    assert_eq!((fault(&void).1, fault(&void).0), ("serial_unknown".to_owned(), "lines.0.serial".to_owned()));
    assert!(["serial_unknown", "serial_typo"].contains(&fault(&foreign).1.as_str()), "{foreign}");
    // The same garment twice; a reason, a place that is none; nothing at all; very much.
    let twice = post(ask(&[serial(0), serial(1), serial(0)], "hole")).await.expect(409).json();
    assert_eq!(fault(&twice), ("lines.2.serial".to_owned(), "duplicate".to_owned()));
    let wrong = json!({ "lines": [{ "serial": serial(0), "reason": "bored", "zone": "elbow_patch", "wanted": null }], "market": "QQ" });
    let wrong = post(wrong).await.expect(422).json();
    let fields: Vec<&str> = wrong["faults"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["market", "lines.0.reason", "lines.0.zone"]);
    assert_eq!(fault(&post(json!({ "lines": [] })).await.expect(422).json()).0, "lines");
    post(json!({ "lines": [{ "serial": serial(0), "reason": "hole", "wanted": "gold" }] })).await.expect(422);
    // A contact without a purpose; a case it follows that is not there.
    let mut unasked = ask(&[serial(0)], "hole");
    unasked["contact"] = json!({ "phone": "13800138000" });
    assert_eq!(fault(&post(unasked).await.expect(422).json()), ("purposes".to_owned(), "missing".to_owned()));
    let mut orphan = ask(&[serial(0)], "hole");
    orphan["parent"] = json!("260101-00000");
    assert_eq!(fault(&post(orphan).await.expect(422).json()).0, "parent");
    // Given back, and not bought since.
    sell(&app, goods.garment(5), "2026-06-01").await;
    let (stamp, zone, garment, today) = (app.state.stamp("system"), app.state.config.time_zone, goods.garment(5), app.state.today());
    app.write(move |db| sales::end_sale(db, &stamp, zone, garment, today).map(drop)).await;
    let back = post(ask(&[serial(5)], "hole")).await.expect(409).json();
    assert_eq!(back["code"], json!("given_back"));
    sell(&app, goods.garment(5), "2026-06-15").await;
    let sold = post(ask(&[serial(5)], "hole")).await.expect(201).json();
    assert_eq!((&sold["market"], &sold["order_no"], &sold["lines"][0]["facts"]), (&json!("DE"), &json!("W-5"), &json!(["no_lots"])));
    // One that is in a case already, by its number for those who may know.
    let open = post(ask(&[serial(1), serial(5)], "hole")).await.expect(409).json();
    assert_eq!((&open["code"], fault(&open).0.as_str()), (&json!("case_open"), "lines.1.serial"));
    assert!(open["faults"][0]["reason"].as_str().unwrap().contains(sold["no"].as_str().unwrap()), "{open}");
    assert_eq!(agent.get("/api/v1/cases?state=all").await.json()["items"].as_array().unwrap().len(), 1, "nothing else was left");
    // A batch on hold is helped, and the desk sees it; what may hurt begins at the supervisor.
    let no = goods.no.0;
    app.write(move |db| Ok(each!(db, |c| c.batch_execute(&format!("UPDATE batch SET status = 'hold' WHERE no = {no}")))?)).await;
    let held = post(ask(&[serial(2)], "sharp")).await.expect(201).json();
    assert_eq!(held["lines"][0]["facts"], json!(["unsold", "held", "no_lots"]));
    assert_eq!((&held["severity"], &held["queue"], &held["priority"]), (&json!("critical"), &json!("supervisor"), &json!("urgent")));
});

story!(serials_from_elsewhere_are_helped_like_ours, |app| {
    app.seed().await;
    let agent = app.persona(Role::Agent).await;
    let goods = app.goods(None, 1).await;
    let (code, gtin) = (goods.code.clone(), goods.gtin.clone());
    let stamp = app.state.stamp("system");
    app.write(move |db| {
        let of = BatchSheet::with_codes(db, &[&code])?.pop().unwrap();
        let sheet: BatchSheet = serde_json::from_value(json!({
            "code": "OLD-1", "sku": of.sku, "factory": of.factory, "planned": 5, "origin": "foreign",
        }))
        .unwrap();
        hangtag::production::batches::create(db, &stamp, sheet)?;
        let no = hangtag::production::batches::batch_by_code(db, "OLD-1")?.unwrap().no;
        each!(db, |c| c.batch_execute(&format!(
            "INSERT INTO foreign_serial (serial, gtin, garment_id) VALUES ('a7-Q/0001', '{gtin}', {}); UPDATE batch SET minted = 1 WHERE no = {}",
            GarmentId::new(no, 0).unwrap().0,
            no.0
        )))?;
        Ok(())
    })
    .await;
    let opened = agent.json("POST", "/api/v1/cases", &ask(&["a7-Q/0001".into()], "label_wrong")).await.expect(201).json();
    let line = &opened["lines"][0];
    assert_eq!((&line["serial"], &line["facts"]), (&json!("a7-Q/0001"), &json!(["unsold", "foreign", "no_lots"])));
    assert_eq!(line["zone"], json!("label"), "where it usually is, as nobody said");
});

story!(two_thousand_garments_are_one_case, |app| {
    app.seed().await;
    let goods = app.goods(None, 2_000).await;
    let agent = app.persona(Role::Agent).await;
    let serials: Vec<String> = (0..2_000).map(|unit| goods.serial(&app, unit)).collect();
    let opened = agent.json("POST", "/api/v1/cases", &ask(&serials, "wrong_measure")).await.expect(201).json();
    assert_eq!((&opened["garments"], &opened["severity"]), (&json!(2_000), &json!("critical")));
    let no = opened["no"].as_str().unwrap();
    let listed = agent.get("/api/v1/cases").await.json();
    assert_eq!(
        (&listed["items"][0]["garments"], &listed["items"][0]["reason"]["en"]),
        (&json!(2_000), &json!("It does not measure what the size chart says"))
    );
    act(&agent, no, json!({ "act": "decide", "outcome": "exchange" })).await.expect(200);
    let page = agent.page(&format!("/cases/{no}?lang=en")).await.expect(200);
    assert!(page.text().contains("1900 more garments are not shown") || page.text().contains("1,900 more garments"), "the first hundred");
    // Pasted at the desk: each that is in it already is named, and nothing is opened.
    let pasted = serials.iter().take(3).cloned().collect::<Vec<_>>().join("\r\n");
    let again = agent
        .form("/cases/new?lang=en", &[("serials", &pasted), ("reason", "hole"), ("channel", "mail"), ("once", "p1")])
        .await
        .expect(422);
    assert!(again.text().contains("is being worked on already"));
});

story!(a_list_is_narrowed_and_searched, |app| {
    let goods = world(&app).await;
    let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let mut numbers = Vec::new();
    for (unit, reason) in [(0, "button_off"), (1, "too_small"), (2, "service"), (3, "care")] {
        numbers.push(open(&app, new_case(&app, &[goods.garment(unit)], reason)).await.unwrap());
        app.state.clock.advance(chrono::Duration::seconds(1));
    }
    let listed = |query: &'static str| {
        let agent = &agent;
        async move {
            let answer = agent.get(&format!("/api/v1/cases{query}")).await.expect(200).json();
            answer["items"].as_array().unwrap().iter().map(|one| one["no"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(listed("").await, numbers, "the oldest first");
    assert_eq!(listed("?kind=complaint").await, numbers[2..3]);
    act(&agent, &numbers[0], json!({ "act": "take" })).await.expect(200);
    act(&other, &numbers[1], json!({ "act": "decide", "line": 1, "outcome": "advice" })).await.expect(200);
    act(&other, &numbers[1], json!({ "act": "resolve", "result": "Take an L." })).await.expect(200);
    act(&agent, &numbers[3], json!({ "act": "cancel", "reason": "asked elsewhere" })).await.expect(200);
    assert_eq!(listed("?state=new").await, numbers[2..3]);
    assert_eq!(listed("?state=resolved").await, numbers[1..2]);
    assert_eq!(listed("?state=cancelled").await, numbers[3..]);
    assert_eq!(listed("?owner=-").await, numbers[2..3]);
    assert_eq!(listed("?state=all&decided=advice").await, numbers[1..2]);
    assert_eq!(listed("?state=all&decided=refund").await, Vec::<String>::new());
    // Who had a case before follows it, and finds it.
    act(&agent, &numbers[0], json!({ "act": "assign", "owner": other.login })).await.expect(200);
    let followed = case(&agent, &numbers[0]).await;
    assert_eq!((&followed["owner"], &followed["followers"]), (&json!(other.login), &json!([agent.login])));
    let found = agent.get(&format!("/api/v1/cases?followed={}", agent.login)).await.expect(200).json();
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["no"]), (1, &json!(numbers[0])));
    let nobodys = agent.get(&format!("/api/v1/cases?followed={}", other.login)).await.expect(200).json();
    assert_eq!(nobodys["items"], json!([]));
    let page = agent.page(&format!("/cases/{}?lang=en", numbers[0])).await.expect(200);
    assert!(page.text().contains(&format!("had it before: {}", agent.login)));
    act(&agent, &numbers[0], json!({ "act": "take" })).await.expect(200);
    assert_eq!(case(&agent, &numbers[0]).await["followers"], json!([other.login]), "whoever has it does not follow it");
    let mine = agent.page("/cases/mine").await.expect(303).header("location").unwrap().to_owned();
    let page = agent.page(&format!("{mine}&lang=en")).await.expect(200);
    assert!(page.text().contains(&numbers[0]) && !page.text().contains(&numbers[2]));
    assert_eq!(listed("?queue=finance").await, Vec::<String>::new());
    // A number as people say it, what is printed on the garment, and a text that is none of them.
    for q in [numbers[3].to_lowercase().replace('-', " "), goods.serial(&app, 3)] {
        let found = agent.get(&format!("/api/v1/cases?q={}", q.replace(' ', "%20"))).await.expect(200).json();
        assert_eq!(found["items"][0]["no"], json!(numbers[3]), "{q}");
    }
    assert_eq!(listed("?q=WEB-1").await, Vec::<String>::new());
    let first = agent.get("/api/v1/cases?state=all&per_page=3").await.expect(200).json();
    let next = agent.get(&format!("/api/v1/cases?state=all&per_page=3&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((next["items"][0]["no"].as_str(), next["items"].as_array().unwrap().len()), (Some(numbers[3].as_str()), 1));
    let file = agent.get("/cases.csv?state=all&lang=en").await.expect(200);
    assert_eq!(file.text().lines().count(), 5);
    for lang in ["zh-CN", "en"] {
        let page = agent.page(&format!("/cases?lang={lang}")).await.expect(200);
        assert!(!page.text().contains(">cases-") && page.text().contains(&numbers[0]));
        for path in ["/cases/scan", "/cases/new", "/reasons", "/reasons/button_off"] {
            let page = app.persona(Role::Admin).await.page(&format!("{path}?lang={lang}")).await.expect(200);
            assert!(!page.text().contains(">cases-") && !page.text().contains(">reasons-"), "{path}");
        }
    }
    // Nobody bound to a party knows of any.
    app.persona(Role::Supplier).await.get("/cases").await.expect(403);
});

story!(a_second_case_of_the_same_matter_goes_on_in_the_first, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let one = open(&app, new_case(&app, &[goods.garment(0)], "seam_open")).await.unwrap();
    let other = open(&app, new_case(&app, &[goods.garment(1), goods.garment(2)], "seam_open")).await.unwrap();
    act(&agent, &other, json!({ "act": "note", "audience": "us", "body": "Same order as the other." })).await.expect(200);
    for into in [other.as_str(), "260101-00000", "nonsense"] {
        assert_eq!(fault(&act(&agent, &other, json!({ "act": "merge", "into": into })).await.expect(422).json()).0, "into");
    }
    let merged = act(&agent, &other, json!({ "act": "merge", "into": one })).await.expect(200).json();
    assert_eq!(
        (&merged["state"], &merged["merged_into"], &merged["lines"][0]["state"]),
        (&json!("cancelled"), &json!(one), &json!("merged"))
    );
    let whole = case(&agent, &one).await;
    let serials: Vec<&Value> = whole["lines"].as_array().unwrap().iter().map(|line| &line["serial"]).collect();
    assert_eq!(serials, [&json!(goods.serial(&app, 0)), &json!(goods.serial(&app, 1)), &json!(goods.serial(&app, 2))]);
    assert_eq!(whole["lines"][2]["reported_on"], json!("2026-06-15"), "the same report, counted once");
    assert_eq!(act(&agent, &one, json!({ "act": "merge", "into": other })).await.expect(409).code(), "wrong_state");
});

story!(a_contact_is_masked_until_somebody_says_why, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mut asked = ask(&[goods.serial(&app, 0)], "pilling");
    asked["contact"] = json!({ "name": "王女士", "phone": "13800138000", "email": "wang@example.com" });
    asked["purposes"] = json!(["service"]);
    let opened = agent.json("POST", "/api/v1/cases", &asked).await.expect(201);
    assert!(!opened.text().contains("13800138000") && !opened.text().contains("王女士"));
    let no = opened.json()["no"].as_str().unwrap().to_owned();
    let page = agent.page(&format!("/cases/{no}?lang=en")).await.expect(200);
    assert!(page.text().contains("138****8000") && page.text().contains("w***@example.com") && !page.text().contains("13800138000"));
    let read = agent.form(&format!("/cases/{no}/contact?lang=en"), &[("why", "service")]).await.expect(200);
    assert!(read.text().contains("13800138000") && read.text().contains("Contact data read"));
    let read = agent.json("POST", &format!("/api/v1/cases/{no}/contact"), &json!({ "why": "recall" })).await.expect(200).json();
    assert_eq!(read["contact"]["name"], json!("王女士"));
    agent.json("POST", &format!("/api/v1/cases/{no}/contact"), &json!({ "why": "curiosity" })).await.expect(422);
    let inspector = app.persona(Role::Inspector).await;
    inspector.json("POST", &format!("/api/v1/cases/{no}/contact"), &json!({ "why": "service" })).await.expect(403);
    let page = inspector.page(&format!("/cases/{no}?lang=en")).await.expect(200);
    assert!(page.text().contains("138****8000") && !page.text().contains("Show it"));
    // No event has anything of a person.
    let facts = app.look(move |db| {
        let case = cases::by_no(db, &no)?.unwrap();
        hangtag::platform::events::of(db, hangtag::kernel::event::Subject::Thing("case", case.id.0))
    });
    let facts = facts.await;
    assert_eq!(facts.iter().filter(|fact| fact.kind == "account.contact_read").count(), 2);
    assert!(facts.iter().all(|fact| !fact.body.contains("1380013") && !fact.body.contains("王") && !fact.body.contains("wang")));
});

story!(photos_of_a_case_are_pictures_alone, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let no = open(&app, new_case(&app, &[goods.garment(0)], "hole")).await.unwrap();
    let csrf = agent.csrf.clone().unwrap();
    let uri = format!("/cases/{no}/photos");
    agent.send(multipart(&uri, &[("csrf", &csrf), ("once", "a")], &[jpeg(60, 40), jpeg(60, 40), jpeg(30, 20)])).await.expect(303);
    let photos = case(&agent, &no).await["photos"].clone();
    assert_eq!((photos.as_array().unwrap().len(), &photos[0]["width"]), (2, &json!(60)), "the same picture once");
    let href = photos[0]["href"].as_str().unwrap();
    assert!(agent.get(href).await.expect(200).body.starts_with(&[0xff, 0xd8]));
    agent.get(&format!("{href}?w=320")).await.expect(200);
    agent.get(&href.replace(&no, "260101-00000")).await.expect(404);
    app.send(Request::get(href)).await.expect(401);
    agent.send(multipart(&uri, &[("csrf", &csrf), ("once", "b")], &[b"GIF89a".to_vec()])).await.expect(422);
    agent.send(multipart(&uri, &[("csrf", &csrf), ("once", "c")], &[])).await.expect(422);
});

// The rooms that carry out what was decided.
story!(what_others_do_with_a_line_comes_back_to_its_case, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let no = open(&app, new_case(&app, &[goods.garment(0)], "fading")).await.unwrap();
    let (stamp, today, number) = (app.state.stamp("system"), app.state.today(), no.clone());
    let line = app.look(move |db| {
        let case = cases::by_no(db, &number)?.unwrap();
        Ok(cases::lines(db, case.id)?.remove(0).id)
    });
    let line = line.await;
    app.write(move |db| {
        cases::decide(db, &stamp, line, cases::LineDecision::Refund)?;
        cases::inspected(db, &stamp, line, today, None, None, cases::Condition::A)?;
        cases::conclude(db, &stamp, line, CaseCause::NoFault)?;
        cases::done(db, &stamp, line)?;
        assert_eq!(cases::done(db, &stamp, line).unwrap_err().code(), Code::WrongState);
        Ok(())
    })
    .await;
    let whole = case(&agent, &no).await;
    let line = &whole["lines"][0];
    assert_eq!((&line["state"], &line["decided"], &line["cause"]), (&json!("done"), &json!("refund"), &json!("no_fault")));
    assert_eq!((&line["inspected_on"], &line["found"], &line["quarantined"]), (&json!("2026-06-15"), &Value::Null, &json!(false)));
    // Something was carried out: it cannot be undone by cancelling.
    assert_eq!(act(&agent, &no, json!({ "act": "cancel", "reason": "no" })).await.expect(409).code(), "wrong_state");
    let today = app.state.today();
    let stamp = app.state.stamp("staff:nobody");
    let missing = app.state.store.write(move |db| cases::act(db, &stamp, today, &no, None, &CaseAct::Take {})).await;
    assert_eq!(missing.unwrap_err().code(), Code::Invalid, "who has no account takes nothing");
});

// I-6 and I-33, by raw SQL.
story!(the_database_itself_keeps_cases_whole, |app| {
    let goods = world(&app).await;
    let no = open(&app, new_case(&app, &[goods.garment(0)], "fading")).await.unwrap();
    let other = open(&app, new_case(&app, &[goods.garment(1)], "fading")).await.unwrap();
    let of = |no: &str| format!("(SELECT id FROM service_case WHERE no = '{no}')");
    let attempts = [
        // I-6: a garment in two open lines, by insert, by update, and by opening a line again.
        format!(
            "INSERT INTO case_line (id, case_id, line_no, garment_id, batch_no, state, reason_code, reason_class, zone, words, wanted, quarantined, reported_on, version) \
             VALUES (1, {}, 2, {}, {}, 'open', 'hole', 'defect', '', '', 'repair', FALSE, '2026-06-15', 1)",
            of(&no),
            goods.garment(1).0,
            goods.no.0
        ),
        format!("UPDATE case_line SET garment_id = {} WHERE case_id = {}", goods.garment(0).0, of(&other)),
        // I-33: an open case without a queue; one that is assigned to nobody.
        format!("UPDATE service_case SET queue = NULL WHERE no = '{no}'"),
        format!("UPDATE service_case SET queue = 'attic' WHERE no = '{no}'"),
        format!("UPDATE service_case SET state = 'assigned' WHERE no = '{no}'"),
        // What is over has an end, and what is not has none.
        format!("UPDATE service_case SET state = 'closed' WHERE no = '{no}'"),
        format!("UPDATE service_case SET closed_at = opened_at WHERE no = '{no}'"),
        format!("UPDATE case_line SET ended_at = '2026-06-15 12:00:00' WHERE case_id = {}", of(&no)),
        format!("UPDATE case_line SET state = 'decided' WHERE case_id = {}", of(&no)),
        format!("UPDATE case_line SET found_defect = 'fading' WHERE case_id = {}", of(&no)),
        format!("UPDATE case_line SET state = 'lost' WHERE case_id = {}", of(&no)),
        format!("UPDATE service_case SET merged_into = id WHERE no = '{no}'"),
        format!("UPDATE service_case SET no = '{no}' WHERE no = '{other}'"),
    ];
    for sql in attempts {
        let tried = sql.clone();
        let done = app.state.store.write(move |db| Ok(each!(db, |c| c.batch_execute(&tried))?)).await;
        assert!(done.is_err(), "{sql}");
    }
    let lines = app.look(move |db| {
        let mut states = Vec::new();
        for no in [no, other] {
            let case = cases::by_no(db, &no)?.unwrap();
            states.push((case.state, cases::lines(db, case.id)?.remove(0).state));
        }
        Ok(states)
    });
    assert_eq!(lines.await, [(cases::CaseState::New, cases::LineState::Open); 2]);
});

story!(an_inbox_is_in_the_order_of_deadlines_and_says_who_took_what_was_late, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    // A return has ten working days, a complaint an hour for the first word; each is listed once, by what is due first.
    let mut numbers = Vec::new();
    for (unit, reason) in [(0, "too_small"), (1, "service"), (2, "button_off")] {
        numbers.push(open(&app, new_case(&app, &[goods.garment(unit)], reason)).await.unwrap());
        app.state.clock.advance(chrono::Duration::seconds(1));
    }
    let listed = async |query: &str| {
        let answer = agent.get(&format!("/api/v1/cases{query}")).await.expect(200).json();
        answer["items"].as_array().unwrap().iter().map(|one| one["no"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = listed("?due=any").await;
    assert_eq!((all.len(), &all[0]), (3, &numbers[1]), "the complaint first: {all:?}");
    assert_eq!(listed("?due=overdue").await, Vec::<String>::new());
    assert_eq!(listed("?due=any&kind=repair").await, numbers[2..]);
    let first = agent.get("/api/v1/cases?due=any&per_page=2").await.expect(200).json();
    assert!(first["items"][0]["due_at"].is_string());
    let next = agent.get(&format!("/api/v1/cases?due=any&per_page=2&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((next["items"][0]["no"].as_str(), next["items"].as_array().unwrap().len()), (Some(all[2].as_str()), 1));
    let back =
        agent.get(&format!("/api/v1/cases?due=any&per_page=2&before={}", next["previous"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(back["items"], first["items"]);
    app.state.clock.advance(chrono::Duration::minutes(70));
    let agent = app.persona(Role::Agent).await;
    let late = agent.get("/api/v1/cases?due=overdue").await.expect(200).json();
    assert_eq!((late["items"].as_array().unwrap().len(), late["items"][0]["no"].as_str()), (1, Some(numbers[1].as_str())));
    for lang in ["zh-CN", "en"] {
        let page = agent.page(&format!("/cases?due=overdue&lang={lang}")).await.expect(200);
        assert!(page.text().contains(&numbers[1]) && !page.text().contains(&numbers[0]) && !page.text().contains(">cases-"), "{lang}");
    }
    // Who is told, and who took it.
    let state = app.state.clone();
    std::thread::spawn(move || hangtag::aftersales::service_levels::sweep(&state).unwrap()).join().unwrap();
    let clocks = async || {
        let found = agent.get(&format!("/api/v1/clocks?clock=complaint.contact&q={}", numbers[1])).await.expect(200).json();
        found["items"][0].clone()
    };
    let told = clocks().await;
    assert_eq!((&told["told"], &told["taken_by"]), (&json!("missed"), &Value::Null));
    act(&agent, &numbers[1], json!({ "act": "take" })).await.expect(200);
    assert_eq!(clocks().await["taken_by"], json!(format!("staff:{}", agent.login)));
    let page = agent.page(&format!("/cases/{}?lang=en", numbers[1])).await.expect(200);
    assert!(page.text().contains("taken up by"), "{}", page.text());
});

story!(what_is_over_is_closed_by_itself_when_nobody_may_open_it_again, |app| {
    let goods = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mut numbers = Vec::new();
    for unit in [0, 1] {
        let no = open(&app, new_case(&app, &[goods.garment(unit)], "too_small")).await.unwrap();
        act(&agent, &no, json!({ "act": "decide", "line": 1, "outcome": "refund" })).await.expect(200);
        numbers.push(no);
    }
    act(&agent, &numbers[0], json!({ "act": "done", "line": 1 })).await.expect(200);
    for no in &numbers {
        act(&agent, no, json!({ "act": "resolve", "result": "Your money is on its way." })).await.expect(200);
    }
    let closing = async || {
        let stamp = app.state.stamp("system");
        app.write(move |db| cases::close_over(db, &stamp, hangtag::kernel::Id(0), 10)).await.0
    };
    assert_eq!(closing().await, 0, "it may still be opened again");
    app.state.clock.advance(chrono::Duration::days(8));
    assert_eq!(closing().await, 1, "but not while something of it is still to be done");
    let agent = app.persona(Role::Agent).await;
    let states = (case(&agent, &numbers[0]).await["state"].clone(), case(&agent, &numbers[1]).await["state"].clone());
    assert_eq!(states, (json!("closed"), json!("resolved")));
});

// What a statement binds besides its list of keys takes room, too.
story!(lists_of_very_many_keys_leave_room_for_what_is_bound_besides, |app| {
    let goods = world(&app).await;
    open(&app, new_case(&app, &[goods.garment(3)], "too_small")).await.unwrap();
    let last = goods.garment(3).0;
    let garments: Vec<GarmentId> = (0..32_765).map(|n| GarmentId(1_000_000_000_000 + 3 * n)).chain([GarmentId(last)]).collect();
    let found = app.look(move |db| cases::live_of(db, &garments)).await;
    assert_eq!(found.len(), 1);
});
