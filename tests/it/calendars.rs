//! Calendars: by file in every form, by API, by page; taken away and handed in again.

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::Code;
use hangtag::kernel::calendar::read_json;
use hangtag::kernel::event::Subject;
use hangtag::platform::db::schema::calendar;
use hangtag::platform::events;
use hangtag::platform::imports::{ImportReport, Mode, Outcome, Source};
use hangtag::staff::accounts::Role;
use hangtag::staff::calendars::{IMPORT, days};
use serde_json::json;

use crate::parties::{fields, import, wrong};
use crate::story;

/// As the project holiday-cn publishes it.
const YEAR: &str = include_str!("../vectors/working-time/holidays-cn-2026.json");

fn counts(report: &ImportReport) -> (Outcome, u64, u64, u64) {
    (report.outcome, report.added, report.changed, report.unchanged)
}

story!(a_national_year_is_imported_from_its_json, |app| {
    let wanted = read_json(YEAR).unwrap();
    let all = u64::try_from(wanted.iter().count()).unwrap();
    assert_eq!(counts(&import(&app, IMPORT, YEAR, Mode::DryRun).await), (Outcome::Checked, all, 0, 0));
    assert_eq!(app.look(|db| days(db, "CN")).await.iter().count(), 0, "a dry run writes nothing");
    assert_eq!(counts(&import(&app, IMPORT, YEAR, Mode::Apply).await), (Outcome::Applied, all, 0, 0));
    assert_eq!(counts(&import(&app, IMPORT, YEAR, Mode::Apply).await), (Outcome::Applied, 0, 0, all), "the same again changes nothing");
    // What deadlines are reckoned on is what the file says.
    assert_eq!(app.look(|db| days(db, "CN")).await, wanted);

    // What is taken away is handed in again, in either language; and into an empty store it says the same.
    let admin = app.persona(Role::Admin).await;
    for lang in ["zh-CN", "en"] {
        let file = admin.get(&format!("/calendars.csv?lang={lang}")).await.expect(200).text().to_owned();
        assert_eq!(counts(&import(&app, IMPORT, &file, Mode::Apply).await), (Outcome::Applied, 0, 0, all), "{lang}");
        let other = crate::support::TestApp::new(app.on);
        assert_eq!(counts(&import(&other, IMPORT, &file, Mode::Apply).await), (Outcome::Applied, all, 0, 0), "{lang}");
        assert_eq!(other.look(|db| days(db, "CN")).await, wanted, "{lang}");
    }
    for (lang, none) in [("zh-CN", "没有符合的日期"), ("en", "No such day")] {
        let page = admin.page(&format!("/calendars?lang={lang}&year=2026&per_page=5")).await.expect(200);
        assert!(page.text().contains("元旦") && page.text().contains("rel=\"next\"") && !page.text().contains(">calendars-"), "{lang}");
        assert!(admin.page(&format!("/calendars?lang={lang}&year=1999")).await.expect(200).text().contains(none));
    }
});

story!(a_file_of_days_is_checked_whole, |app| {
    let file = "日历,日期,类型,名称\nCN,2026-10-01,休息,国庆节\nCN,2026/10/1,班,\nCN,,off,x\nCN,2026-10-02,maybe,x\n";
    let report = import(&app, IMPORT, file, Mode::Apply).await;
    assert_eq!(wrong(&report), [(3, "日期", "duplicate"), (4, "日期", "missing"), (5, "类型", "not_one_of")]);
    assert_eq!(app.look(|db| days(db, "CN")).await.iter().count(), 0);
    let file = "calendar,day,kind,name_zh,name_en\nCN,2026-10-01,off,国庆节,National Day\nOWN,2026-10-01,work,盘点,Stock-taking\n";
    assert_eq!(counts(&import(&app, IMPORT, file, Mode::Apply).await), (Outcome::Applied, 2, 0, 0));
    // What a file does not speak of stays.
    let file = "calendar,day,kind\nCN,2026-10-01,work\nOWN,2026-10-01,work\n";
    assert_eq!(counts(&import(&app, IMPORT, file, Mode::Apply).await), (Outcome::Applied, 0, 1, 1));
    let admin = app.api(Role::Admin).await;
    let listed = admin.get("/api/v1/calendars").await.expect(200).json();
    assert_eq!(listed["items"][0]["name"], json!({ "zh": "国庆节", "en": "National Day" }));
    assert_eq!((&listed["items"][0]["kind"], &listed["items"][0]["source"]), (&json!("work"), &json!("file.csv")));
    assert_eq!(admin.get("/api/v1/calendars?calendar=OWN").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
    let first = admin.get("/api/v1/calendars?per_page=1").await.expect(200).json();
    let next = admin.get(&format!("/api/v1/calendars?per_page=1&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&next["items"][0]["calendar"], &next["next"]), (&json!("OWN"), &serde_json::Value::Null));
    assert_eq!(admin.get("/api/v1/calendars?year=soon").await.expect(422).code(), "invalid");
});

story!(json_that_is_no_calendar_says_where, |app| {
    let broken = [
        (YEAR.replacen("2026-01-01", "2026-02-30", 1), Code::Invalid),
        (YEAR.replacen("2026-01-02", "2026-01-01", 1), Code::Invalid),
        ("{\"hello\": 1}".to_owned(), Code::Invalid),
        ("{".to_owned(), Code::Invalid),
    ];
    for (file, code) in broken {
        let error = Source::new("2026.json", std::io::Cursor::new(file.clone().into_bytes())).err().unwrap();
        assert_eq!(error.code(), code, "{file}");
    }
    assert_eq!(app.look(|db| days(db, "CN")).await.iter().count(), 0);
});

story!(a_day_is_said_by_the_api_and_leaves_a_fact, |app| {
    let admin = app.api(Role::Admin).await;
    let day = json!({ "kind": "off", "name": { "zh": "厂庆", "en": "Founders' day" } });
    let saved = admin.json("PUT", "/api/v1/calendars/OWN/2026-05-08", &day).await.expect(200).json();
    assert_eq!(saved, json!({ "calendar": "OWN", "day": "2026-05-08", "kind": "off", "name": day["name"], "source": "api" }));
    assert_eq!(admin.json("PUT", "/api/v1/calendars/OWN/2026-05-08", &day).await.expect(200).json(), saved);
    let wrong = admin
        .json("PUT", "/api/v1/calendars/O%20N/2026-02-30", &json!({ "kind": "off", "name": { "zh": "长".repeat(61) } }))
        .await
        .expect(422);
    assert_eq!(fields(&wrong.json()), [("calendar", "malformed"), ("name.zh", "too_long"), ("day", "not_a_date")]);
    assert_eq!(admin.send(crate::support::Request::new("DELETE", "/api/v1/calendars/OWN/2026-05-08")).await.expect(200).json(), saved);
    admin.send(crate::support::Request::new("DELETE", "/api/v1/calendars/OWN/2026-05-08")).await.expect(404);
    let facts = app
        .look(|db| {
            let id: i64 = each!(db, |c| calendar::table.select(calendar::id).first(c))?;
            events::of(db, Subject::Thing("calendar", id))
        })
        .await;
    let kinds: Vec<_> = facts.iter().map(|fact| fact.kind.as_str()).collect();
    assert_eq!(kinds, ["calendar.saved", "calendar.saved"], "what changed nothing leaves nothing");
    assert!(facts[0].body.contains("Founders' day") && facts[1].body.contains("removed"), "{facts:?}");
});

story!(a_day_is_said_on_the_page, |app| {
    let admin = app.persona(Role::Admin).await;
    let whole = [("calendar", "CN"), ("day", "2026-10-01"), ("kind", "off"), ("name.zh", "国庆节"), ("name.en", "")];
    let saved = admin.form("/calendars", &whole).await.expect(303);
    assert_eq!(saved.header("location"), Some("/calendars?calendar=CN"));
    let page = admin.page("/calendars?calendar=CN&lang=zh-CN").await.expect(200);
    assert!(page.text().contains("2026-10-01") && page.text().contains("国庆节") && page.text().contains("休息"));
    let again = admin.form("/calendars", &[("calendar", "CN"), ("day", "soon"), ("kind", "")]).await.expect(422);
    assert!(again.text().contains("aria-invalid=\"true\"") && again.text().contains("value=\"soon\""), "{}", again.text());
    admin.form("/calendars/CN/2026-10-01/remove", &[]).await.expect(303);
    assert_eq!(app.look(|db| days(db, "CN")).await.iter().count(), 0);
    // Who may not change it reads it, and is offered no form.
    let inspector = app.persona(Role::Inspector).await;
    assert!(!inspector.page("/calendars").await.expect(200).text().contains("method=\"post\" action=\"/calendars\""));
});
