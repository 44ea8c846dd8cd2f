//! Parties: the API, the pages, files.

use hangtag::platform::imports::{ImportReport, ImportTable, Importer, Mode, Outcome, Source};
use hangtag::platform::state::AppState;
use hangtag::production::parties::{self, Role as Does};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::{Request, TestApp};

/// Reads a file as the import desk does.
pub async fn import(app: &TestApp, table: ImportTable, text: &str, mode: Mode) -> ImportReport {
    let (state, text): (AppState, Vec<u8>) = (app.state.clone(), text.as_bytes().to_vec());
    let reading = move || {
        let importer = Importer { stamp: state.stamp("staff:planner"), party: None };
        let mut source = Source::new("file.csv", std::io::Cursor::new(text)).unwrap();
        table.run(&state, &importer, &mut source, mode, &mut |_| {}).unwrap()
    };
    std::thread::spawn(reading).join().unwrap()
}

/// What an import found wrong: line, column, code.
pub fn wrong(report: &ImportReport) -> Vec<(u64, &str, &str)> {
    report.faults.iter().map(|fault| (fault.line.unwrap_or_default(), fault.column.as_str(), fault.code.as_str())).collect()
}

/// The fields a problem document names.
pub fn fields(problem: &Value) -> Vec<(&str, &str)> {
    problem["faults"].as_array().unwrap().iter().map(|fault| (fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

fn mill() -> Value {
    json!({
        "code": "HF-01",
        "name": { "zh": "华纺一厂", "en": "Huafang Mill No. 1" },
        "roles": ["mill", "supplier"],
        "gln": "6901234000009",
        "country": "cn",
        "city": "绍兴",
        "address": { "zh": "绍兴市柯桥区1号", "en": "1 Keqiao, Shaoxing" },
        "contact": "0575-8000 0000"
    })
}

story!(a_party_is_made_read_and_changed, |app| {
    let planner = app.api(Role::Planner).await;
    let made = planner.json("POST", "/api/v1/parties", &mill()).await.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/parties/HF-01"));
    let party = planner.get("/api/v1/parties/HF-01").await.expect(200).json();
    assert_eq!(party, made.json());
    assert_eq!(
        (party["country"].as_str(), &party["roles"], party["version"].as_i64()),
        (Some("CN"), &json!(["supplier", "mill"]), Some(1))
    );

    let mut change = mill();
    change["version"] = json!(1);
    change["city"] = json!("杭州");
    change["roles"] = json!(["factory"]);
    let changed = planner.json("PUT", "/api/v1/parties/HF-01", &change).await.expect(200).json();
    assert_eq!((changed["city"].as_str(), &changed["roles"], changed["version"].as_i64()), (Some("杭州"), &json!(["factory"]), Some(2)));
    assert_eq!(planner.json("PUT", "/api/v1/parties/HF-01", &change).await.expect(409).code(), "stale");
    assert_eq!(planner.json("PUT", "/api/v1/parties/NONE", &change).await.expect(404).code(), "not_found");
    let by_role = planner.get("/api/v1/parties?role=factory").await.expect(200).json();
    assert_eq!(by_role["items"][0]["code"], "HF-01");
    assert_eq!(planner.get("/api/v1/parties?role=mill").await.expect(200).json()["items"], json!([]));
});

story!(asking_twice_with_one_key_makes_one_party, |app| {
    let planner = app.api(Role::Planner).await;
    let ask = || Request::json("POST", "/api/v1/parties", &mill()).header("idempotency-key", "k1");
    let first = planner.send(ask()).await.expect(201).json();
    assert_eq!(planner.send(ask()).await.expect(201).json(), first);
    assert_eq!(planner.json("POST", "/api/v1/parties", &mill()).await.expect(409).code(), "duplicate");
});

story!(every_wrong_field_of_a_party_is_named_and_nothing_is_left, |app| {
    let planner = app.api(Role::Planner).await;
    let bad = json!({
        "code": "no spaces",
        "name": { "zh": "a\u{7}b" , "en": "x".repeat(121) },
        "roles": [],
        "gln": "6901234000008",
        "country": "Atlantis",
        "contact": "x".repeat(241),
        "address": { "en": "two\nlines" }
    });
    let problem = planner.json("POST", "/api/v1/parties", &bad).await.expect(422).json();
    assert_eq!(
        fields(&problem),
        [
            ("code", "malformed"),
            ("name.zh", "control_character"),
            ("name.en", "too_long"),
            ("roles", "missing"),
            ("gln", "check_digit"),
            ("country", "unknown_name"),
            ("address.en", "control_character"),
            ("contact", "too_long"),
        ]
    );
    let mut unknown = mill();
    unknown["phone"] = json!("1");
    assert_eq!(fields(&planner.json("POST", "/api/v1/parties", &unknown).await.expect(422).json()), [("phone", "unknown_field")]);
    let mut nameless = mill();
    nameless["name"] = json!({});
    assert_eq!(fields(&planner.json("POST", "/api/v1/parties", &nameless).await.expect(422).json()), [("name", "missing")]);
    let mut versioned = mill();
    versioned["version"] = json!(1);
    assert_eq!(fields(&planner.json("POST", "/api/v1/parties", &versioned).await.expect(422).json()), [("version", "unknown_field")]);
    assert_eq!(planner.get("/api/v1/parties").await.expect(200).json()["items"], json!([]));

    planner.json("POST", "/api/v1/parties", &mill()).await.expect(201);
    let mut same_gln = mill();
    same_gln["code"] = json!("HF-02");
    assert_eq!(fields(&planner.json("POST", "/api/v1/parties", &same_gln).await.expect(409).json()), [("gln", "duplicate")]);
    assert_eq!(fields(&planner.json("PUT", "/api/v1/parties/HF-01", &mill()).await.expect(422).json()), [("version", "missing")]);
    assert_eq!(planner.get("/api/v1/parties?role=king").await.expect(422).code(), "invalid");
});

story!(parties_come_in_pages_and_are_found, |app| {
    let planner = app.api(Role::Planner).await;
    for number in 0..5 {
        let party = json!({ "code": format!("P/{number}"), "name": { "en": format!("Party_{number} 100%") }, "roles": ["carrier"] });
        planner.json("POST", "/api/v1/parties", &party).await.expect(201);
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = planner.get(&format!("/api/v1/parties?per_page=2&after={after}")).await.expect(200).json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|party| party["code"].as_str().unwrap().starts_with("P/"))
                .map(|party| party["code"].clone()),
        );
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(json!(seen), json!(["P/0", "P/1", "P/2", "P/3", "P/4"]));
    assert_eq!(planner.get("/api/v1/parties?q=PARTY_3%20100%25").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(planner.get("/api/v1/parties?q=PARTY%253").await.expect(200).json()["items"], json!([]));
    assert_eq!(planner.get("/api/v1/parties/P%2F3").await.expect(200).json()["code"], "P/3");
    assert_eq!(planner.get("/api/v1/parties?after=!").await.expect(422).code(), "invalid");
});

story!(somebody_bound_to_a_party_sees_only_that_party, |app| {
    let planner = app.api(Role::Planner).await;
    planner.json("POST", "/api/v1/parties", &mill()).await.expect(201);
    let own = app.any_party().await;
    let shop = app.persona_of_party(Role::Retailer, own).await;
    let seen = shop.get("/api/v1/parties").await.expect(200).json();
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
    assert_eq!(seen["items"][0]["id"], own.to_string());
    assert_eq!(shop.get("/api/v1/parties/HF-01").await.expect(404).code(), "not_found");
    shop.page("/parties/HF-01").await.expect(404);
});

story!(parties_have_pages_in_both_languages, |app| {
    let planner = app.persona(Role::Planner).await;
    assert!(planner.page("/parties").await.expect(200).text().contains("There are no parties yet"));
    let wrong_form = [("code", "HF-01"), ("name.zh", "华纺<一厂>"), ("roles.mill", "on"), ("gln", "6901234000008"), ("status", "active")];
    let again = planner.form("/parties/new", &wrong_form).await.expect(422);
    let text = again.text();
    assert!(text.contains("The check digit is wrong; it should be 9.") && text.contains("aria-invalid=\"true\""));
    assert!(text.contains("华纺&#60;一厂&#62;") && text.contains("name=\"roles.mill\" checked"), "{text}");
    let form = [
        ("code", "HF-01"),
        ("name.zh", "华纺一厂"),
        ("roles.mill", "on"),
        ("gln", "6901234000009"),
        ("status", "active"),
        ("country", "中国"),
    ];
    let made = planner.form("/parties/new", &form).await.expect(303);
    assert_eq!(made.header("location"), Some("/parties/HF-01"));
    let page = planner.page("/parties/HF-01?lang=zh-CN").await.expect(200);
    assert!(page.text().contains("华纺一厂") && page.text().contains("面料厂") && page.text().contains("中国"));
    let edit = planner.page("/parties/HF-01/edit").await.expect(200);
    assert!(edit.text().contains("value=\"6901234000009\"") && edit.text().contains("name=\"version\" value=\"1\""));
    let change = [("code", "HF-01"), ("name.zh", "华纺二厂"), ("roles.mill", "on"), ("status", "closed"), ("version", "1")];
    planner.form("/parties/HF-01/edit", &change).await.expect(303);
    let stale = planner.form("/parties/HF-01/edit", &change).await.expect(422);
    assert!(stale.text().contains("Somebody else has saved this since you opened it"));
    let list = planner.page("/parties?role=mill&q=%E5%8D%8E%E7%BA%BA").await.expect(200);
    assert!(list.text().contains("华纺二厂") && list.text().contains("Closed"));
});

const FILE: &str = "单位编码,名称,角色,GLN,国家,城市,联系方式,状态\nHF-01,华纺一厂,面料厂、供应商,6901234000009,中国,绍兴,+86 575 8000,在用\nSF,顺丰,承运商,,CN,,,\n";

story!(a_file_of_parties_is_checked_then_applied_and_changes_nothing_the_second_time, |app| {
    let checked = import(&app, parties::IMPORT, FILE, Mode::DryRun).await;
    assert_eq!((checked.outcome, checked.added, checked.fault_count), (Outcome::Checked, 2, 0), "{checked:?}");
    assert_eq!(app.state.store.read(|db| parties::by_code(db, "HF-01")).await.unwrap(), None);
    let applied = import(&app, parties::IMPORT, FILE, Mode::Apply).await;
    assert_eq!((applied.outcome, applied.added), (Outcome::Applied, 2));
    let again = import(&app, parties::IMPORT, FILE, Mode::Apply).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 2));
    let party = app.state.store.read(|db| parties::by_code(db, "HF-01")).await.unwrap().unwrap();
    assert_eq!((party.roles, party.country.as_str(), party.version), (vec![Does::Supplier, Does::Mill], "CN", 1));
    // What a row leaves empty stays.
    let changed = import(&app, parties::IMPORT, "code,city\nHF-01,杭州\n", Mode::Apply).await;
    assert_eq!((changed.changed, changed.fault_count), (1, 0));
    let party = app.state.store.read(|db| parties::by_code(db, "HF-01")).await.unwrap().unwrap();
    assert_eq!((party.city.as_str(), party.gln.as_deref(), party.version), ("杭州", Some("6901234000009"), 2));
    // What is taken away as a file may be handed in again.
    let planner = app.persona(Role::Planner).await;
    for lang in ["zh-CN", "en"] {
        let file = planner.get(&format!("/parties.csv?lang={lang}")).await.expect(200);
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        let report = import(&app, parties::IMPORT, file.text(), Mode::DryRun).await;
        assert_eq!((wrong(&report), report.unchanged), (vec![], 2));
    }
});

story!(a_code_that_a_spreadsheet_would_run_comes_back_as_it_was, |app| {
    let planner = app.persona(Role::Planner).await;
    for code in ["-P9", "P9"] {
        let party = json!({ "code": code, "name": { "en": "=Minus" }, "roles": ["mill"], "contact": "+86 575 8000" });
        app.api(Role::Planner).await.json("POST", "/api/v1/parties", &party).await.expect(201);
    }
    for lang in ["zh-CN", "en"] {
        let file = planner.get(&format!("/parties.csv?lang={lang}")).await.expect(200);
        assert!(file.text().contains("'-P9") && file.text().contains("'=Minus") && file.text().contains("'+86 575 8000"));
        let report = import(&app, parties::IMPORT, file.text(), Mode::DryRun).await;
        assert_eq!((wrong(&report), report.unchanged, report.rows_read), (vec![], 2, 2));
    }
});

story!(every_bad_row_of_a_file_of_parties_is_named, |app| {
    import(&app, parties::IMPORT, FILE, Mode::Apply).await;
    let file = "code,name,roles,gln,country,status\n\
        A 1,x,mill,,,\n\
        A-2,,mill,,,\n\
        A-3,x,,,,\n\
        A-4,x,wizard,6901234000008,Atlantis,gone\n\
        A-5,x,mill,6901234000009,,\n\
        A-6,x,mill,,,\n\
        A-6,y,mill,,,\n\
        ,z,mill,,,\n";
    let report = import(&app, parties::IMPORT, file, Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused);
    let mut found = wrong(&report);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (2, "code", "malformed"),
            (3, "name_zh", "missing"),
            (4, "roles", "missing"),
            (5, "country", "unknown_name"),
            (5, "gln", "check_digit"),
            (5, "roles", "not_one_of"),
            (5, "status", "not_one_of"),
            (6, "gln", "duplicate"),
            (8, "code", "duplicate"),
            (9, "code", "missing"),
        ]
    );
    assert_eq!(app.state.store.read(|db| parties::by_code(db, "A-6")).await.unwrap(), None);
});

/// Requests that must be refused to who lacks the right.
const REFUSED: &[(&str, &str)] = &[
    ("GET", "/api/v1/parties"),
    ("GET", "/api/v1/parties/X"),
    ("POST", "/api/v1/parties"),
    ("PUT", "/api/v1/parties/X"),
    ("GET", "/parties"),
    ("GET", "/parties.csv"),
    ("GET", "/parties/new"),
    ("POST", "/parties/new"),
    ("GET", "/parties/X"),
    ("GET", "/parties/X/edit"),
    ("POST", "/parties/X/edit"),
];

story!(parties_are_refused_to_who_lacks_the_right, |app| {
    refuse(&app, REFUSED).await;
});

/// Nobody is asked to sign in, a supplier is forbidden; and who may only read may not change.
pub async fn refuse(app: &TestApp, requests: &[(&str, &str)]) {
    let (supplier, inspector) = (app.persona(Role::Supplier).await, app.persona(Role::Inspector).await);
    let request = |method: &str, uri: &str| match (method, uri.starts_with("/api/")) {
        ("GET", _) => Request::get(uri),
        ("POST", false) => Request::form(uri, &[]),
        _ => Request::json(method, uri, &json!({})),
    };
    for (method, uri) in requests {
        assert_eq!(app.send(request(method, uri)).await.expect(401).code(), "sign_in_needed", "{method} {uri}");
        assert_eq!(supplier.send(request(method, uri)).await.expect(403).code(), "forbidden", "{method} {uri}");
        if *method != "GET" || uri.ends_with("/edit") || uri.ends_with("/new") {
            assert_eq!(inspector.send(request(method, uri)).await.expect(403).code(), "forbidden", "{method} {uri}");
        }
    }
}
