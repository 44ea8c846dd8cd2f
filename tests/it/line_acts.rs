//! One act for many lines of a case: all or none, each refused line named; many are long work that goes on where it was broken off.

use hangtag::aftersales::cases;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::cases::{new_case, open};
use crate::ends::{garments, world};
use crate::imports::work;
use crate::parties::fields;
use crate::story;
use crate::support::TestApp;
use crate::support::goods::Goods;
use crate::support::personas::Persona;

/// So many sold garments in one case, about which this was decided.
async fn uniforms(app: &TestApp, agent: &Persona<'_>, count: i64, decided: &str) -> (Goods, String) {
    let goods = world(app, count, count).await;
    let no = open(app, new_case(app, &garments(&goods, 0, count), "button_off")).await.unwrap();
    agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "decide", "outcome": decided })).await.expect(200);
    (goods, no)
}

/// What is under way for the lines of a case: by kind, how many.
async fn under_way(app: &TestApp, no: &str, kind: cases::LineWork) -> usize {
    let no = no.to_owned();
    let all = app.look(move |db| {
        let case = cases::by_no(db, &no)?.unwrap().id;
        cases::under_way(db, case)
    });
    all.await.iter().filter(|(_, one)| *one == kind).count()
}

story!(one_act_for_chosen_lines_is_for_all_of_them_or_none, |app| {
    let agent = app.persona(Role::Agent).await;
    let (_, no) = uniforms(&app, &agent, 6, "repair").await;
    let send = |ask: Value| {
        let agent = &agent;
        async move { agent.json("POST", "/api/v1/line-acts", &ask).await }
    };
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 3 })).await.expect(201);
    // Each line that is refused is named with why, and nothing is opened for the others.
    let problem = send(json!({ "case": no, "act": "repair", "lines": [1, 2, 3] })).await.expect(409).json();
    assert_eq!(fields(&problem), [("lines.3", "duplicate")], "{problem}");
    assert_eq!(under_way(&app, &no, cases::LineWork::Repair).await, 1);
    let problem = send(json!({ "case": no, "act": "return", "lines": [2, 3], "reason": "we grant it" })).await.expect(409).json();
    assert_eq!(fields(&problem), [("lines.3", "under_way")], "{problem}");
    assert_eq!(under_way(&app, &no, cases::LineWork::Return).await, 0);
    for (ask, faults) in [
        (json!({ "case": no, "act": "repair", "lines": [1, 77] }), ("lines.77", "unknown_reference")),
        (json!({ "case": no, "act": "credit" }), ("lines", "missing")),
        (json!({ "case": no, "act": "refund", "lines": [1] }), ("reason", "missing")),
        (json!({ "case": "260101-00000", "act": "repair" }), ("case", "unknown_reference")),
    ] {
        let problem = send(ask.clone()).await.expect(422).json();
        assert_eq!(fields(&problem), [faults], "{ask}");
    }
    // Two chosen ones; then every other about which that was decided.
    let begun = send(json!({ "case": no, "act": "repair", "lines": [1, 2], "kind": "care", "site": "factory" })).await.expect(201).json();
    assert_eq!(begun, json!({ "begun": 2, "job": null }));
    let one = agent.get(&format!("/api/v1/repairs/{no}.2")).await.expect(200).json();
    assert_eq!((&one["kind"], &one["site"], &one["state"]), (&json!("care"), &json!("factory"), &json!("triage")));
    assert_eq!(send(json!({ "case": no, "act": "repair" })).await.expect(201).json()["begun"], 3);
    assert_eq!(under_way(&app, &no, cases::LineWork::Repair).await, 6);
    app.persona(Role::Inspector).await.json("POST", "/api/v1/line-acts", &json!({ "case": no, "act": "repair" })).await.expect(403);
});

story!(the_same_by_a_form, |app| {
    let agent = app.persona(Role::Agent).await;
    let (_, no) = uniforms(&app, &agent, 3, "refund").await;
    for lang in ["zh-CN", "en"] {
        let case = agent.page(&format!("/cases/{no}?lang={lang}")).await.expect(200);
        assert!(case.text().contains(&format!("/line-acts/new?case={no}")), "the case leads there");
        let page = agent.page(&format!("/line-acts/new?case={no}&lang={lang}")).await.expect(200);
        assert!(page.text().contains(&no) && !page.text().contains(">line-acts-"), "{lang}");
    }
    let again = agent.form("/line-acts/new", &[("case", &no), ("act", "refund"), ("lines", "1, 3"), ("once", "a")]).await.expect(422);
    assert!(again.text().contains("value=\"1, 3\"") && again.text().contains("class=\"fault\""), "{}", again.text());
    let filled = [("case", no.as_str()), ("act", "refund"), ("lines", "1, 3"), ("reason", "全部褪色"), ("once", "b")];
    let sent = agent.form("/line-acts/new", &filled).await.expect(303);
    assert_eq!(sent.header("location"), Some(format!("/cases/{no}").as_str()));
    assert_eq!(under_way(&app, &no, cases::LineWork::Settlement).await, 2);
    let listed = agent.get(&format!("/api/v1/settlements?q={no}")).await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
});

story!(a_hundred_and_more_are_long_work, |app| {
    let agent = app.persona(Role::Agent).await;
    let (_, no) = uniforms(&app, &agent, 110, "refund").await;
    // One of them is in somebody's hands already: nothing is opened, and it is named.
    agent.json("POST", "/api/v1/repairs", &json!({ "case": no, "line": 104 })).await.expect(201);
    agent
        .json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "decide", "line": 104, "outcome": "refund" }))
        .await
        .expect(200);
    let ask = json!({ "case": no, "act": "return", "reason": "we grant it" });
    let sent = agent.json("POST", "/api/v1/line-acts", &ask).await.expect(202);
    let job = sent.header("location").unwrap().to_owned();
    work(&app).await;
    let done = agent.get(&job).await.expect(200).json();
    assert_eq!((&done["state"], &done["report"]["begun"]), (&json!("done"), &json!(0)), "{done}");
    let named = &done["report"]["refused"];
    assert_eq!((named.as_array().unwrap().len(), &named[0]["line"], &named[0]["code"]), (1, &json!(104), &json!("under_way")));
    assert_eq!(under_way(&app, &no, cases::LineWork::Return).await, 0);
    let id = job.rsplit('/').next().unwrap();
    for (lang, words) in [("zh-CN", "其余各件也没有办理"), ("en", "Nothing was opened for the others")] {
        let page = agent.page(&format!("/line-acts/{id}?lang={lang}")).await.expect(200);
        assert!(
            page.text().contains(words) && page.text().contains("<td>104</td>") && !page.text().contains(">line-acts-"),
            "{}",
            page.text()
        );
    }
    // Without it, all the others; asked again, only what is left.
    agent.json("POST", &format!("/api/v1/repairs/{no}.104/decline"), &json!({ "reason": "not ours" })).await.expect(200);
    let filled = [("case", no.as_str()), ("act", "return"), ("reason", "we grant it"), ("once", "c")];
    let sent = agent.form("/line-acts/new", &filled).await.expect(303);
    work(&app).await;
    let page = agent.page(&format!("{}?lang=en", sent.header("location").unwrap())).await.expect(200);
    assert!(page.text().contains("Opened for 109 garments"), "{}", page.text());
    assert_eq!(under_way(&app, &no, cases::LineWork::Return).await, 109);
    let nothing = agent.json("POST", "/api/v1/line-acts", &ask).await.expect(422).json();
    assert_eq!(fields(&nothing), [("lines", "missing")]);
});
