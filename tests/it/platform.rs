//! The store and the web server, before any room.

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::event::{EventKind, Subject};
use hangtag::kernel::{Code, Error};
use hangtag::platform::db::Db;
use hangtag::platform::events;
use hangtag::platform::policies::{self, Policy, SetPolicy};

use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::Request;

story!(a_refused_write_leaves_no_trace, |app| {
    let stamp = app.state.stamp("system");
    let refused = app.state.store.write({
        let stamp = stamp.clone();
        move |db| {
            events::append(db, &stamp, EventKind::PartySaved, Subject::Thing("party", 7), &serde_json::json!({}))?;
            Err::<(), _>(Error::from(Code::Stale))
        }
    });
    assert_eq!(refused.await.unwrap_err().code(), Code::Stale);
    app.state
        .store
        .write(move |db| events::append(db, &stamp, EventKind::PartySaved, Subject::Thing("party", 8), &serde_json::json!({})))
        .await
        .unwrap();
    let facts = app
        .state
        .store
        .read(|db| Ok((events::of(db, Subject::Thing("party", 7))?.len(), events::of(db, Subject::Thing("party", 8))?.len())));
    assert_eq!(facts.await.unwrap(), (0, 1));
});

story!(writes_at_the_same_time_are_all_kept, |app| {
    let writes: Vec<_> = (0..200)
        .map(|_| {
            let state = app.state.clone();
            actix_web::rt::spawn(async move { state.store.write(|db| db.bump("catalogue")).await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(app.state.store.read(|db| db.held_version("catalogue")).await.unwrap(), 200);
});

story!(a_write_that_fails_among_others_takes_back_only_itself, |app| {
    // Each way in which four writes that are committed together can fail or not.
    for fails in 0..16_u8 {
        let (number, is_wrong) = (move |place: u8| i64::from(fails) * 4 + i64::from(place) + 1_000, |place: u8| fails >> place & 1 == 1);
        let writes = (0..4).map(|place| {
            let (stamp, number, is_wrong) = (app.state.stamp("system"), number(place), is_wrong(place));
            app.state.store.write(move |db| {
                events::append(db, &stamp, EventKind::PartySaved, Subject::Thing("party", number), &serde_json::json!({}))?;
                if is_wrong { Err(Error::from(Code::Stale)) } else { Ok(()) }
            })
        });
        // Asked in this order: the four wait behind the first, and the embedded store takes them all at once when it may go on.
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let first = app.state.store.write(move |_| Ok(gate.recv().is_err()));
        let (first, outcomes, ()) =
            futures_util::future::join3(first, futures_util::future::join_all(writes), async move { drop(open) }).await;
        assert!(first.unwrap());
        let kept = app.state.store.read(move |db| {
            (0..4).map(|place| Ok(events::of(db, Subject::Thing("party", number(place)))?.len() == 1)).collect::<Result<Vec<_>, Error>>()
        });
        let expected: Vec<bool> = (0..4).map(|place| !is_wrong(place)).collect();
        assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), expected, "{fails:04b}");
        assert_eq!(kept.await.unwrap(), expected, "{fails:04b}");
    }
});

story!(a_panic_in_a_write_is_refused_and_the_writer_goes_on, |app| {
    let panicked: Result<(), _> = app.state.store.write(|_| panic!("on purpose")).await;
    assert!(panicked.is_err());
    app.state.store.write(|db| db.bump("catalogue")).await.unwrap();
});

story!(readers_cannot_write, |app| {
    let wrote = app.state.store.read(|db| {
        each!(db, |c| diesel::connection::SimpleConnection::batch_execute(c, "DELETE FROM policy"))?;
        Ok(())
    });
    assert!(wrote.await.is_err());
});

story!(policies_hold_from_their_time_on, |app| {
    let now = app.state.clock.now();
    let stamp = app.state.stamp("staff:admin");
    assert_eq!(app.state.store.read(move |db| policies::value(db, Policy::ClaimTries, now)).await.unwrap(), 5);
    app.state.store.write(move |db| policies::set(db, &stamp, Policy::ClaimTries, &SetPolicy::now(3, "a test"))).await.unwrap();
    assert_eq!(app.state.store.read(move |db| policies::value(db, Policy::ClaimTries, now)).await.unwrap(), 3);
    let earlier = now - chrono::Duration::hours(1);
    assert_eq!(app.state.store.read(move |db| policies::value(db, Policy::ClaimTries, earlier)).await.unwrap(), 5);
    let stamp = app.state.stamp("staff:admin");
    let refused =
        app.state.store.write(move |db| policies::set(db, &stamp, Policy::ClaimTries, &SetPolicy::now(0, "a test"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
});

story!(a_value_of_policy_keeps_who_set_it_since_when_and_why, |app| {
    let admin = app.api(Role::Admin).await;
    let codes = |list: &Value| list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = admin.get("/api/v1/policy-values").await.expect(200).json();
    assert_eq!(codes(&all), Policy::ALL.iter().map(|policy| policy.as_str()).collect::<Vec<_>>());
    let one = "/api/v1/policy-values/claim.tries_per_day";
    let set = admin.json("PUT", one, &json!({ "value": 3, "reason": "五次太多" })).await.expect(200).json();
    assert_eq!(
        (set["now"]["value"].as_i64(), set["now"]["reason"].as_str(), set["default"].as_i64()),
        (Some(3), Some("五次太多"), Some(5))
    );
    assert!(set["now"]["set_by"].as_str().unwrap().starts_with("api:"), "{set}");
    // One that begins later does not hold yet, and takes over from whatever was set in between.
    let later = (app.state.clock.now() + chrono::Duration::days(2)).format("%Y-%m-%dT%H:%M:%S").to_string();
    let set = admin.json("PUT", one, &json!({ "value": 9, "reason": "campaign", "valid_from": later })).await.expect(200).json();
    assert_eq!((set["now"]["value"].as_i64(), set["versions"].as_array().unwrap().len()), (Some(3), 2));
    let set = admin.json("PUT", one, &json!({ "value": 4, "reason": "until then" })).await.expect(200).json();
    assert_eq!(set["now"]["value"], 4);
    let then = app.state.clock.now() + chrono::Duration::days(3);
    assert_eq!(app.state.store.read(move |db| policies::value(db, Policy::ClaimTries, then)).await.unwrap(), 9);

    for (wrong, fields) in [
        (json!({ "value": 0, "reason": "x" }), vec![("value", "out_of_range")]),
        (json!({ "value": 101, "reason": " " }), vec![("value", "out_of_range"), ("reason", "missing")]),
        (json!({ "value": 3, "reason": "x", "valid_from": "2020-01-01T00:00:00" }), vec![("valid_from", "dates_out_of_order")]),
    ] {
        assert_eq!(crate::parties::fields(&admin.json("PUT", one, &wrong).await.expect(422).json()), fields);
    }
    assert_eq!(
        admin.json("PUT", "/api/v1/policy-values/none", &json!({ "value": 1, "reason": "x" })).await.expect(404).code(),
        "not_found"
    );

    let person = app.persona(Role::Admin).await;
    let list = person.page("/policy-values?lang=zh-CN").await.expect(200);
    assert!(list.text().contains("每个序列号每天可尝试领取码的次数") && list.text().contains("until then"), "{}", list.text());
    let again = person.form("/policy-values/claim.tries_per_day", &[("value", "many"), ("reason", "")]).await.expect(422);
    assert!(again.text().contains("value=\"many\"") && again.text().contains("aria-invalid=\"true\""));
    person.form("/policy-values/claim.tries_per_day", &[("value", "6"), ("reason", "desk")]).await.expect(303);
    let page = person.page("/policy-values/claim.tries_per_day").await.expect(200);
    assert!(page.text().contains("desk") && page.text().contains("campaign"));
});

story!(a_stored_value_that_is_no_number_within_its_bounds_is_no_default, |app| {
    let now = app.state.clock.now();
    for (version, value) in (1..).zip(["five", "-5", "101", "99999999999999999999", ""]) {
        let row = format!(
            "INSERT INTO policy (code, version, valid_from, value) VALUES ('claim.tries_per_day', {version}, '2026-01-0{version} 00:00:00', '{value}')"
        );
        let by_hand = move |db: &mut Db| {
            each!(db, |c| diesel::sql_query(&row).execute(c))?;
            db.bump("policies")
        };
        app.write(by_hand).await;
        assert!(app.state.store.read(move |db| policies::value(db, Policy::ClaimTries, now)).await.is_err(), "{value}");
    }
});

story!(a_language_is_remembered_when_a_person_chose_it, |app| {
    let ask = |uri: &str| Request::get(uri).html().header("accept-language", "en");
    let set = |answer: &crate::support::Answer| answer.header("set-cookie").map(str::to_owned);
    let chosen = app.send(ask("/?lang=zh-CN").header("sec-fetch-site", "same-origin")).await.expect(200);
    let cookie = set(&chosen).unwrap();
    assert!(cookie.starts_with("lang=zh-CN;") && cookie.contains("Max-Age="), "{cookie}");
    let after = app.send(ask("/").header("cookie", "lang=zh-CN")).await.expect(200);
    assert!(after.text().contains("lang=\"zh-CN\"") && set(&after).is_none());
    // What somebody was sent, what is remembered already, what a program asks for, and a page without a choice.
    for request in [
        ask("/?lang=zh-CN").header("sec-fetch-site", "cross-site"),
        ask("/?lang=zh-CN").header("sec-fetch-site", "none"),
        ask("/?lang=zh-CN").header("cookie", "lang=zh-CN"),
        Request::get("/?lang=zh-CN"),
        ask("/?lang=fr"),
        ask("/"),
    ] {
        assert_eq!(set(&app.send(request).await.expect(200)), None);
    }
});

story!(who_works_here_keeps_the_menu_when_something_fails, |app| {
    let planner = app.persona(hangtag::staff::accounts::Role::Planner).await;
    let page = planner.page("/no/such/place").await.expect(404);
    assert!(page.text().contains("href=\"/batches\"") && page.text().contains("href=\"/desk\""));
});

story!(unknown_addresses_get_a_problem_in_the_form_asked_for, |app| {
    let program = app.get("/no/such/place").await.expect(404);
    assert_eq!(program.code(), "not_found");
    assert_eq!(program.header("content-type"), Some("application/problem+json; charset=utf-8"));
    let person = app.send(Request::get("/no/such/place").html().header("accept-language", "zh-CN")).await.expect(404);
    assert!(person.text().contains("没有找到。") && person.text().contains("lang=\"zh-CN\""));
    for answer in [program, person] {
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
});
