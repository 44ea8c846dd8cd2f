//! After a case is resolved: what its buyer says of it, who is before the supervisor at once, and who is asked again.

use chrono::Duration;
use hangtag::aftersales::surveys;
use hangtag::ownership::holders::HolderKeys;
use hangtag::platform::policies::{self, Policy, SetPolicy};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::personas::Persona;
use crate::support::season::{GTIN, Season};
use crate::support::{Answer, Request, TestApp};

async fn world(app: &TestApp) -> Season {
    app.seed().await;
    let season = app.season().await;
    for unit in 0..4 {
        app.sell(&season, unit, "2026-06-10").await;
    }
    season
}

/// A request of the card, with a telephone and what it may be used for: the place of its page.
async fn asked(app: &TestApp, season: &Season, unit: usize, purpose: &str) -> String {
    let at = format!("/card/{GTIN}/{}/help", season.serials[unit]);
    let fields = [("csrf", ""), ("once", ""), ("reason", "button_off"), ("phone", "138 0013 8000"), (purpose, "yes")];
    let sent = app.send(crate::findings::multipart(&at, &fields, &[])).await.expect(303);
    sent.header("location").unwrap().strip_suffix("?sent").unwrap().to_owned()
}

fn number(mine: &str) -> String {
    mine.split('/').nth(2).unwrap().to_owned()
}

async fn act(who: &Persona<'_>, no: &str, act: Value) -> Answer {
    who.json("POST", &format!("/api/v1/cases/{no}/acts"), &act).await
}

/// Takes a case and resolves it.
async fn resolved(who: &Persona<'_>, no: &str) {
    act(who, no, json!({ "act": "take" })).await.expect(200);
    act(who, no, json!({ "act": "decide", "outcome": "advice" })).await.expect(200);
    act(who, no, json!({ "act": "resolve", "result": "A new button is in the parcel.", "cause": "workmanship" })).await.expect(200);
}

async fn page(app: &TestApp, uri: &str, lang: &str) -> Answer {
    app.send(Request::get(uri).html().header("accept-language", lang)).await
}

async fn score(app: &TestApp, mine: &str, fields: &[(&str, &str)]) -> Answer {
    app.send(Request::form(&format!("{mine}/score"), fields).html().header("accept-language", "en")).await
}

async fn stands(who: &Persona<'_>, no: &str) -> Value {
    who.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()
}

story!(a_buyer_answers_once_on_their_own_page, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mine = asked(&app, &season, 0, "service").await;
    let no = number(&mine);
    assert!(!page(&app, &mine, "en").await.expect(200).text().contains("How was it?"), "nothing is asked before it is resolved");
    score(&app, &mine, &[("score", "5")]).await.expect(409);
    resolved(&agent, &no).await;
    for (lang, words) in [("zh-CN", "这次处理得怎么样"), ("en", "How was it?")] {
        let shown = page(&app, &mine, lang).await.expect(200);
        assert!(shown.text().contains(words) && !shown.text().contains("<script") && !shown.text().contains(">help-"), "{}", shown.text());
    }
    // What is no score is said beside it, and nothing is written.
    let none: [&[(&str, &str)]; 4] = [&[("score", "6")], &[("score", "")], &[("score", "good")], &[("score", "4"), ("declined", "on")]];
    for fields in none {
        let wrong = score(&app, &mine, fields).await.expect(422);
        assert!(wrong.text().contains("score-fault"), "{fields:?} {}", wrong.text());
    }
    // Whoever has not the secret has no page.
    score(&app, &format!("/help/{no}/{}", "0".repeat(32)), &[("score", "1")]).await.expect(404);
    score(&app, &format!("/help/{no}/x"), &[("score", "1")]).await.expect(404);
    assert_eq!(agent.get("/api/v1/surveys").await.expect(200).json()["items"], json!([]));

    // The very form sent twice is one answer; another is refused, and so is taking it back.
    let said = [("score", "5"), ("words", "快，而且客气"), ("once", "aaaaaaaaaaaaaaaaaaaaaaaa")];
    for _ in 0..2 {
        assert_eq!(score(&app, &mine, &said).await.expect(303).header("location"), Some(mine.as_str()));
    }
    let second = score(&app, &mine, &[("score", "1")]).await.expect(409);
    assert!(second.text().contains("answered already") && second.text().contains("5 out of 5"), "{}", second.text());
    score(&app, &mine, &[("declined", "on")]).await.expect(409);
    let answers = agent.get("/api/v1/surveys").await.expect(200).json();
    let found = &answers["items"][0];
    assert_eq!(answers["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["case"], &found["score"], &found["via"], &found["agent"], &found["channel"], &found["reason_class"], &found["words"]),
        (&json!(no), &json!(5), &json!("card"), &json!(agent.login), &json!("card"), &json!("defect"), &json!("快，而且客气"))
    );
    assert_eq!(stands(&agent, &no).await["state"], json!("resolved"), "a good score changes nothing");
    // The history says that they answered, and not in which words.
    let of = agent.page(&format!("/surveys/{no}.1?lang=en")).await.expect(200);
    assert!(of.text().contains("The buyer said how satisfied they are"));
    let told = no.clone();
    let facts = app
        .look(move |db| {
            let case = hangtag::aftersales::cases::by_no(db, &told)?.unwrap().id;
            hangtag::platform::events::of(db, hangtag::kernel::event::Subject::Thing("case", case.0))
        })
        .await;
    let answered: Vec<_> = facts.iter().filter(|fact| fact.kind == "survey.answered").collect();
    assert_eq!(answered.len(), 1);
    let body = answered[0].document().unwrap();
    assert!(body["score"] == json!(5) && !body.to_string().contains("客气"), "{body}");

    // Erased with the rest once the case is over: the score stays.
    act(&agent, &no, json!({ "act": "close" })).await.expect(200);
    app.send(Request::form(&format!("{mine}/erase"), &[]).html()).await.expect(303);
    let left = agent.get(&format!("/api/v1/surveys/{no}.1")).await.expect(200).json();
    assert_eq!((&left["score"], &left["words"]), (&json!(5), &json!("")));
    // A supplier sees nothing of it.
    let (mill, _) = app.party(hangtag::production::parties::Role::Mill).await;
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    for uri in ["/api/v1/surveys", "/api/v1/follow-ups", "/api/v1/satisfaction"] {
        assert!(matches!(supplier.get(uri).await.status.as_u16(), 403 | 404), "{uri}");
    }
});

story!(an_answer_is_unique_and_never_changed_by_the_database, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mine = asked(&app, &season, 0, "service").await;
    let no = number(&mine);
    resolved(&agent, &no).await;
    score(&app, &mine, &[("score", "4"), ("words", "fine")]).await.expect(303);
    let row = |change: &str, keep: &str| {
        format!(
            "INSERT INTO survey (id, code, case_id, seq, score, declined, words, via, answered_by, agent, channel, reason_class, resolved_at, answered_at, version)
             SELECT 7, 'X', {keep} FROM survey WHERE code = '{no}.1' {change}"
        )
    };
    let rest = "declined, words, via, answered_by, agent, channel, reason_class, resolved_at, answered_at, version";
    for (why, sql) in [
        ("one answer for each time", row("", &format!("case_id, seq, score, {rest}"))),
        ("a score of 6", row("", &format!("case_id, seq + 1, 6, {rest}"))),
        ("neither a score nor declined", row("", &format!("case_id, seq + 1, NULL, {rest}"))),
        (
            "by telephone under no name",
            row(
                "",
                "case_id, seq + 1, score, declined, words, 'phone', 'buyer', agent, channel, reason_class, resolved_at, answered_at, version",
            ),
        ),
        (
            "by the buyer under a name",
            row(
                "",
                "case_id, seq + 1, score, declined, words, 'card', 'staff:li.na', agent, channel, reason_class, resolved_at, answered_at, version",
            ),
        ),
        ("another score", "UPDATE survey SET score = 5".to_owned()),
        ("another case", "UPDATE survey SET seq = 2".to_owned()),
        ("other words", "UPDATE survey SET words = 'better'".to_owned()),
        ("gone", "DELETE FROM survey".to_owned()),
    ] {
        assert!(app.sql(&sql).await.is_err(), "{why}");
    }
    app.sql("UPDATE survey SET words = ''").await.unwrap();
    // A hundred at once: one wins.
    let mine = asked(&app, &season, 1, "service").await;
    resolved(&agent, &number(&mine)).await;
    let sends = (0..20).map(|place| {
        let (app, mine) = (&app, mine.clone());
        async move { score(app, &mine, &[("score", if place % 2 == 0 { "5" } else { "4" })]).await.status.as_u16() }
    });
    let mut status = futures_util::future::join_all(sends).await;
    status.sort_unstable();
    // A try of so many at once may also be asked to wait.
    assert_eq!(status.iter().filter(|status| **status == 303).count(), 1, "{status:?}");
    assert!(status.iter().all(|status| matches!(status, 303 | 409 | 429)), "{status:?}");
});

story!(who_is_dissatisfied_is_before_the_supervisor_at_once, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mine = asked(&app, &season, 0, "service").await;
    let no = number(&mine);
    resolved(&agent, &no).await;
    score(&app, &mine, &[("score", "2"), ("words", "又掉了")]).await.expect(303);
    let case = stands(&agent, &no).await;
    assert_eq!(
        (&case["state"], &case["queue"], &case["owner"], &case["priority"], &case["seq"]),
        (&json!("in_progress"), &json!("supervisor"), &Value::Null, &json!("urgent"), &json!(2))
    );
    // Resolved again, they are asked again, once.
    assert!(!page(&app, &mine, "en").await.text().contains("How was it?"));
    resolved(&agent, &no).await;
    score(&app, &mine, &[("score", "3")]).await.expect(303);
    assert_eq!(stands(&agent, &no).await["state"], json!("resolved"));
    // Once it is closed it cannot be opened again: somebody is asked to call today.
    let mine = asked(&app, &season, 1, "service").await;
    let closed = number(&mine);
    resolved(&agent, &closed).await;
    act(&agent, &closed, json!({ "act": "close" })).await.expect(200);
    score(&app, &mine, &[("score", "1")]).await.expect(303);
    assert_eq!(stands(&agent, &closed).await["state"], json!("closed"));
    let due = agent.get("/api/v1/follow-ups").await.expect(200).json();
    assert_eq!(due["items"].as_array().unwrap().len(), 1);
    let one = &due["items"][0];
    assert_eq!(
        (&one["kind"], &one["queue"], &one["due_on"], &one["case"], &one["serial"]),
        (&json!("low_score"), &json!("supervisor"), &json!("2026-06-15"), &json!(closed), &json!(season.serials[1]))
    );
    // Resolved longer ago than it may be opened again, but not than it may be answered: the same.
    let mine = asked(&app, &season, 2, "service").await;
    resolved(&agent, &number(&mine)).await;
    app.state.clock.advance(Duration::days(10));
    score(&app, &mine, &[("score", "1")]).await.expect(303);
    let agent = app.persona(Role::Agent).await;
    assert_eq!(agent.get("/api/v1/follow-ups?kind=low_score").await.json()["items"].as_array().unwrap().len(), 2);
    // Too late to answer.
    let mine = asked(&app, &season, 3, "service").await;
    resolved(&agent, &number(&mine)).await;
    app.state.clock.advance(Duration::days(14) + Duration::seconds(1));
    for (lang, words) in [("en", "The time to answer is over"), ("zh-CN", "评价时间已过")] {
        assert!(page(&app, &mine, lang).await.expect(200).text().contains(words));
    }
    assert!(score(&app, &mine, &[("score", "1")]).await.expect(409).text().contains("14 days"));
    // Of all: 2, 3, 1, 1.
    let admin = app.persona(Role::Agent).await;
    let measure = admin.get("/api/v1/satisfaction").await.expect(200).json();
    assert_eq!(
        (&measure["all"]["answers"], &measure["all"]["satisfied"], &measure["all"]["share_micro"]),
        (&json!(4), &json!(0), &json!(0))
    );
});

story!(somebody_of_the_desk_answers_for_a_buyer_under_their_own_name, |app| {
    let season = world(&app).await;
    let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    let mut numbers = Vec::new();
    for unit in 0..3 {
        let no = number(&asked(&app, &season, unit, "service").await);
        resolved(&agent, &no).await;
        numbers.push(no);
    }
    let new = |no: &str, score: Value| json!({ "case": no, "score": score, "words": "She is content" });
    let program = app.api(Role::Agent).await;
    assert_eq!(program.json("POST", "/api/v1/surveys", &new(&numbers[0], json!(5))).await.expect(409).code(), "person_needed");
    for (said, field) in [
        (new(&numbers[0], json!(6)), "score"),
        (new(&numbers[0], Value::Null), "score"),
        (new("260101-00000", json!(5)), "case"),
        (json!({ "case": numbers[0], "score": 5, "declined": true }), "declined"),
    ] {
        let problem = other.json("POST", "/api/v1/surveys", &said).await.expect(422).json();
        assert_eq!(problem["faults"][0]["field"], json!(field), "{problem}");
    }
    let made = other.json("POST", "/api/v1/surveys", &new(&numbers[0], json!(5))).await.expect(201).json();
    assert_eq!(
        (&made["via"], &made["answered_by"], &made["agent"]),
        (&json!("phone"), &json!(format!("staff:{}", other.login)), &json!(agent.login))
    );
    assert_eq!(other.json("POST", "/api/v1/surveys", &new(&numbers[0], json!(4))).await.expect(409).code(), "already_answered");
    other.json("POST", "/api/v1/surveys", &json!({ "case": numbers[1], "declined": true })).await.expect(201);
    other.form("/surveys/new", &[("case", &numbers[2]), ("score", "3"), ("words", "")]).await.expect(303);
    // Above the list stands the measure, with what it is, and who had the cases.
    for (lang, words) in [("en", "Satisfied: answers of 4 or 5"), ("zh-CN", "满意率：4 分和 5 分")] {
        let shown = agent.page(&format!("/surveys?lang={lang}")).await.expect(200);
        assert!(shown.text().contains(words) && shown.text().contains("50 %") && shown.text().contains(&agent.login), "{}", shown.text());
        assert!(!shown.text().contains(">surveys-"));
    }
    let only = |query: &str| format!("/api/v1/surveys?{query}");
    for (query, many) in [
        ("score=5", 1),
        ("score=none", 1),
        ("score=1", 0),
        ("agent=nobody", 0),
        ("channel=card", 3),
        ("channel=phone", 0),
        ("class=defect", 3),
        ("from=2026-06-15&to=2026-06-15", 3),
        ("from=2026-06-16", 0),
    ] {
        let found = agent.get(&only(query)).await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), many, "{query}");
    }
    agent.get(&only("score=7")).await.expect(422);
    let measure = agent.get("/api/v1/satisfaction?from=2026-06-15").await.expect(200).json();
    let all = json!({ "answers": 2, "satisfied": 1, "declined": 1, "share_micro": 500_000 });
    assert_eq!((&measure["all"], &measure["by_agent"][&agent.login], &measure["by_class"]["defect"]), (&all, &all, &all));
    let csv = agent.get("/surveys.csv").await.expect(200);
    assert_eq!(csv.text().lines().count(), 4);
});

/// A repair of the first line of a case, from quote to signature on this day.
async fn repaired(app: &TestApp, no: &str, on: &str) {
    let (agent, other) = (app.persona(Role::Agent).await, app.persona(Role::Agent).await);
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 1 })).await.expect(201);
    let at = |verb: &str| format!("/api/v1/repairs/{no}.1/{verb}");
    agent
        .json("POST", &at("quote"), &json!({ "plan": "Sew it on", "price": "0", "currency": "CNY", "ready_on": "2026-06-20" }))
        .await
        .expect(200);
    agent.json("POST", &at("accept"), &json!({ "quote_version": 1, "via": "phone" })).await.expect(200);
    agent.json("POST", &at("start"), &json!({})).await.expect(200);
    for who in [&agent, &other] {
        who.json("POST", &at("check"), &json!({ "passed": true })).await.expect(200);
    }
    agent.json("POST", &at("hand"), &json!({ "handed_on": on })).await.expect(200);
    agent.json("POST", &at("sign"), &json!({ "passed": true })).await.expect(200);
}

async fn is_due(app: &TestApp) -> bool {
    let (now, today) = (app.state.clock.now(), app.state.today());
    app.look(move |db| surveys::is_due(db, now, today)).await
}

async fn plan(app: &TestApp) -> surveys::FollowUpsPlanned {
    let (stamp, today, keys) = (app.state.stamp("system"), app.state.today(), HolderKeys::derive(&app.state.keys.house).unwrap());
    app.write(move |db| surveys::plan(db, &stamp, &keys, today)).await
}

story!(who_agreed_is_asked_after_a_repair, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let (yes, no) = (number(&asked(&app, &season, 0, "follow_up").await), number(&asked(&app, &season, 1, "service").await));
    for one in [&yes, &no] {
        repaired(&app, one, "2026-06-15").await;
    }
    // Two days each, planned once; without consent it is kept that they are not asked.
    assert!(is_due(&app).await, "a read says that there is something to plan");
    assert_eq!(plan(&app).await, surveys::FollowUpsPlanned { planned: 2, declined: 2, missed: 0 });
    assert!(!is_due(&app).await, "and then nobody asks the writer");
    assert_eq!(plan(&app).await, surveys::FollowUpsPlanned::default());
    assert_eq!(agent.get("/api/v1/follow-ups").await.json()["items"], json!([]), "none is due today");
    let planned = agent.get("/api/v1/follow-ups?shown=planned").await.json();
    let days: Vec<&Value> = planned["items"].as_array().unwrap().iter().map(|one| &one["due_on"]).collect();
    assert_eq!(days, [&json!("2026-06-22"), &json!("2026-07-15")]);
    assert_eq!(agent.get("/api/v1/follow-ups?shown=over").await.json()["items"].as_array().unwrap().len(), 2);

    app.state.clock.advance(Duration::days(7));
    let agent = app.persona(Role::Agent).await;
    let due = agent.get("/api/v1/follow-ups").await.json();
    let code = due["items"][0]["code"].as_str().unwrap().to_owned();
    assert_eq!((due["items"].as_array().unwrap().len(), &due["items"][0]["case"]), (1, &json!(yes)));
    for (lang, words) in [("en", "Undo collar and cuffs"), ("zh-CN", "解开领扣")] {
        let shown = agent.page(&format!("/follow-ups/{code}?lang={lang}")).await.expect(200);
        assert!(shown.text().contains(words) && !shown.text().contains(">follow-ups-"), "{}", shown.text());
    }
    let at = |verb: &str| format!("/api/v1/follow-ups/{code}/{verb}");
    agent.json("POST", &at("done"), &json!({ "result": "splendid" })).await.expect(422);
    agent.json("POST", &at("decline"), &json!({})).await.expect(422);
    // Wrong again: a case that follows, about the same garment.
    let done = agent.json("POST", &at("done"), &json!({ "result": "again", "note": "it is loose again" })).await.expect(200).json();
    let next = done["next_case"].as_str().unwrap();
    assert_eq!((&done["state"], &done["result"]), (&json!("done"), &json!("again")));
    let case = stands(&agent, next).await;
    assert_eq!(
        (&case["lines"][0]["serial"], &case["channel"], &case["state"]),
        (&json!(season.serials[0]), &json!("phone"), &json!("new"))
    );
    agent.json("POST", &at("done"), &json!({ "result": "fine" })).await.expect(409);
    // The other one nobody does: it is missed after a while, and may still be done.
    app.state.clock.advance(Duration::days(23 + 15));
    assert_eq!(plan(&app).await.missed, 1);
    let agent = app.persona(Role::Agent).await;
    let missed = agent.get("/api/v1/follow-ups?shown=all").await.json();
    let missed = missed["items"].as_array().unwrap().iter().find(|one| one["state"] == json!("missed")).unwrap().clone();
    let code = missed["code"].as_str().unwrap();
    agent.json("POST", &format!("/api/v1/follow-ups/{code}/done"), &json!({ "result": "fine" })).await.expect(200);
    // The desk plans one of its own.
    let new = json!({ "case": no, "line": 1, "due_on": "2026-09-01", "note": "Before the winter" });
    agent.json("POST", "/api/v1/follow-ups", &new).await.expect(201);
    let wrong =
        agent.json("POST", "/api/v1/follow-ups", &json!({ "case": no, "line": 9, "due_on": "2026-09-01" })).await.expect(422).json();
    assert_eq!(wrong["faults"][0]["field"], json!("line"));
});

story!(follow_ups_are_as_policy_says_and_held_by_the_database, |app| {
    let season = world(&app).await;
    let stamp = app.state.stamp("staff:admin");
    app.write(move |db| policies::set(db, &stamp, Policy::FollowUpRepairFirst, &SetPolicy::now(3, "sooner")).map(drop)).await;
    let no = number(&asked(&app, &season, 0, "follow_up").await);
    repaired(&app, &no, "2026-06-15").await;
    plan(&app).await;
    let agent = app.persona(Role::Agent).await;
    let planned = agent.get("/api/v1/follow-ups?shown=planned").await.json();
    assert_eq!(planned["items"][0]["due_on"], json!("2026-06-18"));
    let copied = |columns: &str| {
        format!(
        "INSERT INTO follow_up (id, code, kind, source_id, days, case_id, line_id, garment_id, queue, due_on, state, result, note, next_case_id, ended_by, ended_at, created_at, version)
         SELECT {columns}, case_id, line_id, garment_id, queue, due_on, state, result, note, next_case_id, ended_by, ended_at, created_at, version FROM follow_up WHERE days = 3"
    )
    };
    for (why, sql) in [
        ("twice", copied("7, 'X', kind, source_id, days")),
        ("of no kind", copied("7, 'X', 'whim', source_id, 9")),
        ("done without a result", "UPDATE follow_up SET state = 'done', ended_at = created_at".to_owned()),
        ("a result without being done", "UPDATE follow_up SET result = 'fine'".to_owned()),
        ("over without a time", "UPDATE follow_up SET state = 'missed'".to_owned()),
        (
            "goes on though all is well",
            "UPDATE follow_up SET state = 'done', result = 'fine', ended_at = created_at, next_case_id = case_id".to_owned(),
        ),
    ] {
        assert!(app.sql(&sql).await.is_err(), "{why}");
    }
});

// S0-17: what the desk asks stands on the buyer's page, who answers it there; the clocks stand still in between.
story!(a_question_of_the_desk_is_answered_on_the_buyers_page, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mine = asked(&app, &season, 0, "service").await;
    let other = asked(&app, &season, 1, "service").await;
    let order = agent.json("POST", "/api/v1/returns", &json!({ "case": number(&mine), "note": "goodwill" })).await.expect(201).json();
    let order = order["id"].as_str().unwrap();
    let uri = format!("/api/v1/returns/{order}");
    let asks = json!({ "act": "ask_more", "note": "Which button is it, from the collar down?" });
    agent.json("POST", &format!("{uri}/act"), &asks).await.expect(200);
    assert_eq!(stands(&agent, &number(&mine)).await["state"], json!("waiting_customer"));
    let clock = || {
        let (no, now) = (number(&mine), app.state.clock.now());
        let app = &app;
        async move {
            let all = app.look(move |db| {
                let case = hangtag::aftersales::cases::by_no(db, &no)?.unwrap().id;
                hangtag::aftersales::service_levels::of(db, case, now)
            });
            all.await.into_iter().find(|clock| clock.code == "case.resolve").unwrap().state
        }
    };
    use hangtag::aftersales::service_levels::ClockState;
    assert_eq!(clock().await, ClockState::Paused);
    for (lang, title) in [("en", "A question before we go on"), ("zh-CN", "还需要您补充")] {
        let shown = page(&app, &mine, lang).await.expect(200);
        assert!(shown.text().contains(title) && shown.text().contains("from the collar down?"), "{}", shown.text());
        assert!(shown.text().contains("/answer\"") && !shown.text().contains(">help-"), "{lang}");
    }
    let send = |mine: String, answer: &'static str| {
        let (app, order) = (&app, order.to_owned());
        async move {
            let fields = [("question", order.as_str()), ("answer", answer)];
            app.send(Request::form(&format!("{mine}/answer"), &fields).html().header("accept-language", "en")).await
        }
    };
    // Nothing at all; a question of another case; nobody's page.
    assert!(send(mine.clone(), " ").await.expect(422).text().contains("aria-invalid"));
    assert_eq!(agent.get(&uri).await.expect(200).json()["state"], "need_info", "and nothing is written");
    send(other, "the third").await.expect(404);
    send(format!("/help/{}/{}", number(&mine), "0".repeat(32)), "the third").await.expect(404);
    send(mine.clone(), "The third from above").await.expect(303);
    assert_eq!(agent.get(&uri).await.expect(200).json()["state"], "requested");
    let case = stands(&agent, &number(&mine)).await;
    assert_eq!(case["state"], json!("in_progress"));
    let letters: Vec<&Value> =
        case["notes"].as_array().unwrap().iter().filter(|note| note["audience"] == "buyer").map(|note| &note["body"]).collect();
    assert!(letters.contains(&&json!("The third from above")) && letters.contains(&&json!("Which button is it, from the collar down?")));
    assert_eq!(clock().await, ClockState::Running);
    let shown = page(&app, &mine, "en").await.expect(200);
    assert!(!shown.text().contains("/answer\""), "it is answered");
    send(mine, "The fourth, rather").await.expect(409);
});

story!(a_buyer_reads_where_to_send_it_and_says_that_it_is_on_its_way, |app| {
    let season = world(&app).await;
    let (agent, admin) = (app.persona(Role::Agent).await, app.persona(Role::Admin).await);
    let mine = asked(&app, &season, 0, "service").await;
    let case = stands(&agent, &number(&mine)).await;
    let other = asked(&app, &season, 1, "service").await;
    assert_eq!(case["market"], json!("CN"));
    let order = agent.json("POST", "/api/v1/returns", &json!({ "case": number(&mine), "note": "goodwill" })).await.expect(201).json();
    let parcel = order["id"].as_str().unwrap();
    assert!(!page(&app, &mine, "en").await.text().contains("Sending it back"), "nothing is sent before it is approved");
    agent.json("POST", &format!("/api/v1/returns/{parcel}/act"), &json!({ "act": "approve", "inbound": "parcel" })).await.expect(200);
    assert!(page(&app, &mine, "en").await.text().contains("We will write to you where to send it"));
    let place = |code: &str, zh: &str, en: &str| {
        json!({ "code": code, "address": { "zh": zh, "en": en }, "hours": { "zh": "周一至周六", "en": "Monday to Saturday" },
            "enclose": { "zh": "附上写有工单号的纸条", "en": "Enclose a note with the number" } })
    };
    admin.json("POST", "/api/v1/return-addresses", &place("*", "别处", "Elsewhere")).await.expect(201);
    assert!(page(&app, &mine, "en").await.text().contains("Elsewhere"));
    admin.json("POST", "/api/v1/return-addresses", &place("CN", "上海市浦东新区 1 号", "1 Pudong Road")).await.expect(201);
    for wrong in [place("Nowhere land", "x", "x"), place("DE", "", "")] {
        admin.json("POST", "/api/v1/return-addresses", &wrong).await.expect(422);
    }
    agent.json("POST", "/api/v1/return-addresses", &place("DE", "x", "x")).await.expect(403);
    for (lang, words) in
        [("en", ["1 Pudong Road", "Monday to Saturday", "Enclose a note"]), ("zh-CN", ["浦东新区", "周一至周六", "附上写有工单号的纸条"])]
    {
        let shown = page(&app, &mine, lang).await.expect(200);
        assert!(words.iter().all(|words| shown.text().contains(words)) && !shown.text().contains(">help-"), "{}", shown.text());
    }
    let send = |mine: String, parcel: String, waybill: &'static str| {
        let app = &app;
        async move {
            let fields = [("parcel", parcel.as_str()), ("waybill", waybill)];
            app.send(Request::form(&format!("{mine}/sent"), &fields).html().header("accept-language", "en")).await
        }
    };
    // A number that is none; another one's parcel; nobody's.
    assert!(send(mine.clone(), parcel.to_owned(), " ").await.expect(422).text().contains("aria-invalid"));
    send(other, parcel.to_owned(), "SF-1").await.expect(404);
    send(format!("/help/{}/{}", number(&mine), "0".repeat(32)), parcel.to_owned(), "SF-1").await.expect(404);
    send(mine.clone(), parcel.to_owned(), "SF-1").await.expect(303);
    let now = agent.get(&format!("/api/v1/returns/{parcel}")).await.expect(200).json();
    assert_eq!((&now["state"], &now["waybill"]), (&json!("in_transit"), &json!("SF-1")));
    let shown = page(&app, &mine, "en").await.expect(200);
    assert!(shown.text().contains("on its way to us") && shown.text().contains("SF-1") && !shown.text().contains("/sent\""));
    send(mine.clone(), parcel.to_owned(), "SF-2").await.expect(409);
});

story!(an_exchange_is_followed_up_for_the_new_garment_until_they_want_to_be_forgotten, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let mine = asked(&app, &season, 0, "follow_up").await;
    let no = number(&mine);
    let told = no.clone();
    let (case, line) = app
        .look(move |db| {
            let case = hangtag::aftersales::cases::by_no(db, &told)?.unwrap().id;
            Ok((case, hangtag::aftersales::cases::lines(db, case)?[0].id))
        })
        .await;
    // How it comes to be paid is told with settlements.
    let (old, new, id) = (season.garments[0].0, season.garments[7].0, app.state.id().0);
    let paid = format!(
        "INSERT INTO settlement (id, case_id, line_id, garment_id, sale_seq, kind, state, amount_minor, currency, new_garment_id, reason, author, approver,
           needs_two, payout_ref, failure, paid_on, created_at, version)
         VALUES ({id}, {}, {}, {old}, 1, 'exchange', 'paid', 0, 'CNY', {new}, 'x', 'staff:a', 'staff:b', FALSE, 'R-1', '', '2026-06-15', '2026-06-15 08:00:00', 1)",
        case.0, line.0
    );
    app.sql(&paid).await.unwrap();
    assert_eq!(plan(&app).await, surveys::FollowUpsPlanned { planned: 2, declined: 0, missed: 0 });
    let planned = agent.get("/api/v1/follow-ups?shown=planned&kind=exchange").await.json();
    let rows: Vec<(&Value, &Value)> = planned["items"].as_array().unwrap().iter().map(|one| (&one["due_on"], &one["serial"])).collect();
    let serial = json!(season.serials[7]);
    assert_eq!(rows, [(&json!("2026-07-15"), &serial), (&json!("2026-09-13"), &serial)]);
    // Whoever has their contact erased is not asked any more.
    resolved(&agent, &no).await;
    act(&agent, &no, json!({ "act": "close" })).await.expect(200);
    app.send(Request::form(&format!("{mine}/erase"), &[]).html()).await.expect(303);
    assert_eq!(agent.get("/api/v1/follow-ups?shown=planned").await.json()["items"], json!([]));
    let over = agent.get("/api/v1/follow-ups?shown=over").await.json();
    assert!(
        over["items"].as_array().unwrap().iter().all(|one| one["state"] == json!("declined")) && over["items"][1].is_object(),
        "{over}"
    );
    assert_eq!(plan(&app).await, surveys::FollowUpsPlanned::default(), "and none is planned anew");
});
