//! What holds of every room whose things have documents: a document goes back as it was read, and saving tells what changed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::text::Lang;
use hangtag::platform::db::schema::event;
use hangtag::platform::imports::Mode;
use hangtag::platform::words::Words;
use hangtag::production::materials::LotKind;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::parties::import;
use crate::story;
use crate::support::TestApp;
use crate::support::personas::Persona;

/// The rooms whose things are changed by a document, as the program serves them, without those whose change is an act with a reason of its own.
fn rooms() -> Vec<String> {
    let changed = hangtag::app::routes().into_iter().filter(|route| route.method == "PUT");
    let rooms = changed.filter_map(|route| Some(route.path.strip_suffix("/{code}")?.to_owned()));
    let mut rooms: Vec<String> = rooms.filter(|room| room != "/api/v1/policy-values").collect();
    rooms.sort();
    rooms
}

/// The code of the first of a list, of what a deployment starts with.
async fn first(_: &TestApp, who: &crate::support::personas::Persona<'_>, room: &str) -> String {
    who.get(&format!("/api/v1/{room}")).await.expect(200).json()["items"][0]["code"].as_str().unwrap().to_owned()
}

/// One of everything: a season has most.
async fn one_of_each(app: &TestApp) -> BTreeMap<String, String> {
    app.season().await;
    app.seed().await;
    let admin = app.persona(Role::Admin).await;
    admin
        .json("POST", "/api/v1/printers", &json!({ "code": "P-1", "language": "zpl", "dpi": 203, "host": "printer.lan", "port": 9_100 }))
        .await
        .expect(201);
    let parent = json!({
        "code": "YARN-1", "supplier": "MILL-1", "kind": "yarn", "material": { "zh": "棉纱", "en": "Cotton yarn" }, "quantity_milli": 900_000, "unit": "kg",
    });
    admin.json("POST", "/api/v1/lots", &parent).await.expect(201);
    let mut lot = admin.get("/api/v1/lots/LOT-1").await.expect(200).json();
    lot["parents"] = json!([{ "lot": "YARN-1", "quantity_milli": 5_000 }]);
    admin.json("PUT", "/api/v1/lots/LOT-1", &lot).await.expect(200);
    let measure = json!({
        "code": "CAPA-1", "title": "Lock stitch", "origin": "signal", "origin_ref": "button_loose", "defect_code": "button_loose", "lot": "LOT-1",
        "owner": admin.login, "due_on": "2026-06-20",
    });
    admin.json("POST", "/api/v1/measures", &measure).await.expect(201);
    let hours = json!({ "zh": "周一至周六", "en": "Monday to Saturday" });
    let place = json!({ "code": "CN", "address": { "zh": "上海市浦东新区 1 号", "en": "1 Pudong Road" }, "hours": hours });
    admin.json("POST", "/api/v1/return-addresses", &place).await.expect(201);
    let agreed = json!({ "party": "MILL-1", "valid_from": "2026-01-01", "reply_days": 5, "silence_accepts": true, "document": "QA-1" });
    let agreed = admin.json("POST", "/api/v1/supplier-agreements", &agreed).await.expect(201).json();
    // Of one that has garments nothing is changed by a save.
    let sku = json!({ "style": "SH-2601", "code": "SH-2601-BK-S", "colour": { "zh": "黑", "en": "Black" }, "size": "S", "size_label": "165/84A" });
    admin.json("POST", "/api/v1/skus", &sku).await.expect(201);
    let of = |room: &str, code: &str| (format!("/api/v1/{room}"), code.to_owned());
    BTreeMap::from([
        of("accounts", &admin.login),
        of("batches", "B-1"),
        of("defects", "seam_open"),
        of("lots", "LOT-1"),
        of("measures", "CAPA-1"),
        of("parties", "FAC-1"),
        of("policies", "STD"),
        of("printers", "P-1"),
        of("reasons", "button_off"),
        of("return-addresses", "CN"),
        of("skus", "SH-2601-BK-S"),
        of("styles", "SH-2601"),
        of("supplier-agreements", agreed["code"].as_str().unwrap()),
        of("right-rules", &first(app, &admin, "right-rules").await),
        of("service-levels", &first(app, &admin, "service-levels").await),
        of("working-hours", &first(app, &admin, "working-hours").await),
    ])
}

story!(a_document_goes_back_as_it_was_read, |app| {
    let (codes, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    assert_eq!(rooms(), codes.keys().cloned().collect::<Vec<_>>());
    for (room, code) in codes {
        let one = format!("{room}/{code}");
        let read = admin.get(&one).await.expect(200).json();
        let answer = admin.json("PUT", &one, &read).await;
        assert_eq!(answer.status.as_u16(), 200, "{one}: {}", answer.text());
        assert_eq!(answer.json(), read, "{one}: what says what is there changes nothing");
        assert_eq!(admin.get(&one).await.json(), read);
        // What is only read is left alone, whatever it says; what the thing has not at all is refused.
        let mut other = read.clone();
        other["id"] = json!("0000000000000");
        assert_eq!(admin.json("PUT", &one, &other).await.expect(200).json(), read);
        other["colour_of_the_moon"] = json!("white");
        let refused = admin.json("PUT", &one, &other).await.expect(422).json();
        assert_eq!(
            (&refused["faults"][0]["field"], &refused["faults"][0]["code"]),
            (&json!("colour_of_the_moon"), &json!("unknown_field"))
        );
    }
});

/// Something else for a field of each room: where, and what.
fn changes() -> BTreeMap<&'static str, (&'static str, Value)> {
    BTreeMap::from([
        ("accounts", ("/lang", json!("zh-CN"))),
        ("batches", ("/planned", json!(12))),
        ("defects", ("/severity", json!("minor"))),
        ("lots", ("/quantity_milli", json!(1_250_500))),
        ("parties", ("/city", json!("杭州"))),
        ("policies", ("/months", json!(24))),
        ("printers", ("/dpi", json!(300))),
        ("measures", ("/due_on", json!("2026-07-01"))),
        ("reasons", ("/rank", json!(15))),
        ("return-addresses", ("/hours/en", json!("Monday to Friday"))),
        ("right-rules", ("/valid_to", json!("2099-12-31"))),
        ("service-levels", ("/warn_percent", json!(60))),
        ("working-hours", ("/works_makeup", json!(false))),
        ("skus", ("/size_label", json!("175/92A"))),
        ("styles", ("/category", json!("上衣"))),
        ("supplier-agreements", ("/document", json!("QA-2"))),
    ])
}

/// The newest fact about anything but a garment.
async fn newest_fact(app: &TestApp) -> Value {
    let body: Vec<String> =
        app.look(|db| Ok(each!(db, |c| event::table.order(event::id.desc()).limit(1).select(event::body).load(c))?)).await;
    serde_json::from_str(&body[0]).unwrap()
}

/// The cells of the newest line of a page's history.
fn newest(page: &str) -> String {
    let history = page.rsplit("<h2>").next().unwrap();
    history.split("<tbody>").nth(1).and_then(|rows| rows.split("</tr>").next()).unwrap_or_default().to_owned()
}

async fn history_of(admin: &Persona<'_>, room: &str, code: &str, lang: &str) -> String {
    // The rules of rights have their pages where the rights are.
    let room = if room == "right-rules" { "rights" } else { room };
    newest(admin.page(&format!("/{room}/{code}?lang={lang}")).await.expect(200).text())
}

story!(every_room_tells_what_a_save_changed, |app| {
    let (codes, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    for (api, code) in codes {
        let room = api.trim_start_matches("/api/v1/");
        let (at, to) = changes().remove(room).unwrap_or_else(|| panic!("something to change of {room}"));
        let one = format!("{api}/{code}");
        let mut document = admin.get(&one).await.expect(200).json();
        let from = document.pointer(at).unwrap().clone();
        assert_ne!(from, to, "{room}");
        *document.pointer_mut(at).unwrap() = to.clone();
        admin.json("PUT", &one, &document).await.expect(200);
        let field = at.trim_start_matches('/').replace('/', ".");
        let fact = newest_fact(&app).await;
        assert_eq!(fact["changes"], json!({ field.as_str(): { "from": from, "to": to } }), "{room}");
        for lang in ["en", "zh-CN"] {
            let line = history_of(&admin, room, &code, lang).await;
            assert!(line.contains(" → "), "{room} {lang}: {line}");
            assert!(!line.contains(&field) || field == "dpi", "{room} {lang}: {line}");
        }
    }
});

story!(what_is_of_a_person_stays_out_of_the_history, |app| {
    let (_, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    for (one, at, to) in [("parties/FAC-1", "contact", "0571-1234 5678"), (&*format!("accounts/{}", admin.login), "name", "Li Na")] {
        let mut document = admin.get(&format!("/api/v1/{one}")).await.expect(200).json();
        document[at] = json!(to);
        admin.json("PUT", &format!("/api/v1/{one}"), &document).await.expect(200);
        assert_eq!(newest_fact(&app).await["changes"], json!({ at: {} }));
        let line = history_of(&admin, one.split('/').next().unwrap(), one.split('/').nth(1).unwrap(), "en").await;
        assert!(line.contains(if at == "name" { "Name" } else { "Contact" }) && !line.contains(to), "{line}");
    }
});

story!(roles_and_compositions_read_as_people_write_them, |app| {
    let (_, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    let mut party = admin.get("/api/v1/parties/MILL-1").await.expect(200).json();
    party["roles"] = json!(["mill", "dye_house"]);
    admin.json("PUT", "/api/v1/parties/MILL-1", &party).await.expect(200);
    assert!(history_of(&admin, "parties", "MILL-1", "en").await.contains("Roles Mill → Mill, Dye house"));
    let lot = json!({
        "code": "LOT-9", "supplier": "MILL-1", "kind": "fabric", "material": { "en": "Poplin" }, "quantity_milli": 1_000, "unit": "m",
        "parents": [{ "lot": "YARN-1", "quantity_milli": 5_000 }],
    });
    let mut lot = admin.json("POST", "/api/v1/lots", &lot).await.expect(201).json();
    lot["parents"] = json!([{ "lot": "YARN-1", "quantity_milli": 7_500 }]);
    admin.json("PUT", "/api/v1/lots/LOT-9", &lot).await.expect(200);
    let line = history_of(&admin, "lots", "LOT-9", "en").await;
    assert!(line.contains("YARN-1:5 → YARN-1:7.5"), "{line}");
    let mut style = admin.get("/api/v1/styles/SH-2601").await.expect(200).json();
    let shell = |cotton: i64| {
        json!([{ "name": { "zh": "面料", "en": "shell" }, "fibres": [
        { "name": { "zh": "棉", "en": "cotton" }, "hundredths": cotton }, { "name": { "zh": "氨纶", "en": "elastane" }, "hundredths": 10_000 - cotton },
    ] }])
    };
    style["facts"]["composition"] = shell(9_500);
    let style = admin.json("PUT", "/api/v1/styles/SH-2601", &style).await.expect(200).json();
    let mut other = style.clone();
    other["facts"]["composition"] = shell(9_700);
    admin.json("PUT", "/api/v1/styles/SH-2601", &other).await.expect(200);
    let line = history_of(&admin, "styles", "SH-2601", "en").await;
    assert!(line.contains("95% cotton, 5% elastane → shell: 97% cotton, 3% elastane"), "{line}");
    let line = history_of(&admin, "styles", "SH-2601", "zh-CN").await;
    assert!(line.contains("棉 97%") && !line.contains("cotton"), "{line}");
});

story!(a_form_that_others_overtook_says_where_it_differs, |app| {
    let (_, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    let mut party = admin.get("/api/v1/parties/FAC-1").await.expect(200).json();
    party["city"] = json!("杭州");
    admin.json("PUT", "/api/v1/parties/FAC-1", &party).await.expect(200);
    let form = |version: &'static str| {
        [
            ("version", version),
            ("code", "FAC-1"),
            ("name.zh", "华服一厂"),
            ("name.en", "Huafu No. 1"),
            ("roles.factory", "on"),
            ("country", "CN"),
            ("city", "宁波"),
            ("address.zh", "浙江省绍兴市柯桥区 1 号"),
            ("address.en", "1 Keqiao, Shaoxing, Zhejiang"),
            ("contact", "secret@example.com"),
            ("status", "active"),
        ]
    };
    let again = admin.form("/parties/FAC-1/edit?lang=en", &form("1")).await.expect(422);
    assert!(again.text().contains("Saved now: 杭州") && again.text().contains("value=\"宁波\""), "{}", again.text());
    assert_eq!(again.text().matches("Saved now:").count(), 1);
    assert!(again.text().contains("name=\"version\" value=\"2\""));
    admin.form("/parties/FAC-1/edit", &form("2")).await.expect(303);
    assert_eq!(admin.get("/api/v1/parties/FAC-1").await.json()["city"], "宁波");
});

story!(a_form_sent_before_keeps_what_stands_in_it, |app| {
    let admin = app.persona(Role::Admin).await;
    let form = |name: &'static str| {
        [("once", "k-1"), ("code", "P-7"), ("name", name), ("language", "zpl"), ("dpi", "203"), ("host", "printer.lan"), ("port", "9100")]
    };
    admin.form("/printers/new", &form("Cellar")).await.expect(303);
    admin.form("/printers/new", &form("Cellar")).await.expect(303);
    let again = admin.form("/printers/new?lang=en", &form("Attic")).await.expect(422);
    assert!(again.text().contains("This form was sent once before") && again.text().contains("value=\"Attic\""), "{}", again.text());
    assert!(!again.text().contains("value=\"k-1\"") && !again.text().contains("Idempotency-Key"));
});

story!(a_form_in_the_other_language_keeps_what_stands_in_it, |app| {
    let admin = app.persona(Role::Admin).await;
    let form = [
        ("show", "again"),
        ("code", "P-9"),
        ("name", "Attic"),
        ("language", "zpl"),
        ("dpi", "203"),
        ("host", "printer.lan"),
        ("port", "9100"),
    ];
    let shown = admin.form("/printers/new?lang=zh-CN&shown", &form).await.expect(200);
    assert!(shown.text().contains("value=\"Attic\"") && shown.text().contains("lang=\"zh-CN\""));
    assert!(shown.text().contains("formaction=\"/printers/new?lang=en&amp;shown\""));
    admin.get("/api/v1/printers/P-9").await.expect(404);
    let faulty = [("show", "again"), ("code", ""), ("name", "Attic")];
    let shown = admin.form("/printers/new?lang=en&shown", &faulty).await.expect(200);
    assert!(shown.text().contains("value=\"Attic\"") && shown.text().contains("Needed."));
    // Where something was done, the other language leads to what it was done with.
    admin
        .json("POST", "/api/v1/printers", &json!({ "code": "P-1", "language": "zpl", "dpi": 203, "host": "127.0.0.1", "port": 1 }))
        .await
        .expect(201);
    let asked = admin.form("/printers/P-1/status?lang=en", &[]).await;
    assert!(asked.text().contains("href=\"/printers/P-1?lang=zh-CN\""), "{}", asked.text());
});

story!(a_list_of_choices_is_whole_and_in_the_readers_language, |app| {
    let table = hangtag::app::import_tables().get("lots").unwrap();
    let report = import(&app, table, "code,supplier_code,kind,material_zh,quantity,unit\nL-1,X,cloth of gold,布,5,m\n", Mode::DryRun);
    let report = report.await;
    let fault = report.faults.iter().find(|fault| fault.code == "not_one_of").unwrap();
    for lang in Lang::ALL {
        let said = fault.word(Words::of(lang));
        for kind in LotKind::ALL {
            assert!(said.contains(kind.word(lang)), "{said}");
        }
        assert!(!said.contains('…') && !said.contains(" 纱线"), "{said}");
    }
    assert!(fault.word(Words::of(Lang::En)).is_ascii() || fault.word(Words::of(Lang::En)).matches(['“', '”']).count() == 2);
    // A program is told what a program writes.
    let admin = app.persona(Role::Admin).await;
    let document = json!({ "code": "X-1", "name": { "en": "X" }, "roles": ["mills"], "country": "CN" });
    let refused = admin.json("POST", "/api/v1/parties?lang=en", &document).await.expect(422).json();
    assert!(refused["faults"][0]["reason"].as_str().unwrap().contains("dye_house"), "{refused}");
});

story!(days_out_of_order_are_named_as_their_fields, |app| {
    let (_, admin) = (one_of_each(&app).await, app.persona(Role::Admin).await);
    let mut lot = admin.get("/api/v1/lots/LOT-1").await.expect(200).json();
    lot["produced_on"] = json!("2026-03-02");
    lot["received_on"] = json!("2026-03-01");
    for (lang, said) in
        [("en", "Received 2026-03-01 comes before Produced 2026-03-02."), ("zh-CN", "到货日期 2026-03-01 早于 生产日期 2026-03-02。")]
    {
        let refused = admin.json("PUT", &format!("/api/v1/lots/LOT-1?lang={lang}"), &lot).await.expect(422).json();
        assert_eq!(refused["faults"][0]["reason"], said);
    }
});

story!(a_day_of_a_calendar_goes_back_as_it_was_read, |app| {
    let admin = app.persona(Role::Admin).await;
    let day = json!({ "kind": "off", "name": { "zh": "节", "en": "Holiday" } });
    let made = admin.json("PUT", "/api/v1/calendars/CN/2026-10-01", &day).await.expect(200).json();
    let again = admin.json("PUT", "/api/v1/calendars/CN/2026-10-01", &made).await.expect(200).json();
    assert_eq!(again, made);
});
