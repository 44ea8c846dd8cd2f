//! The store and the web server, before any room.

use hangtag::each;
use hangtag::kernel::event::{EventKind, Subject};
use hangtag::kernel::{Code, Error};
use hangtag::platform::events;
use hangtag::platform::policies::{self, Policy};

use hangtag::platform::http::perm::Permission;

use crate::refusals::{Route, needs};
use crate::story;
use crate::support::Request;

/// Which of these tables and jobs somebody may see is decided row by row; the rooms' own tests show it.
pub const ROUTES: &[Route] = &[needs("GET", "/api/v1/jobs/{id}", Permission::SignedIn)];

story!(a_refused_write_leaves_no_trace, |app| {
    let stamp = app.house.stamp("system");
    let refused = app.house.store.write({
        let stamp = stamp.clone();
        move |db| {
            events::append(db, &stamp, EventKind::PartySaved, Subject::Thing("party", 7), &serde_json::json!({}))?;
            Err::<(), _>(Error::from(Code::Stale))
        }
    });
    assert_eq!(refused.await.unwrap_err().code(), Code::Stale);
    app.house
        .store
        .write(move |db| events::append(db, &stamp, EventKind::PartySaved, Subject::Thing("party", 8), &serde_json::json!({})))
        .await
        .unwrap();
    let facts = app
        .house
        .store
        .read(|db| Ok((events::of(db, Subject::Thing("party", 7))?.len(), events::of(db, Subject::Thing("party", 8))?.len())));
    assert_eq!(facts.await.unwrap(), (0, 1));
});

story!(writes_at_the_same_time_are_all_kept, |app| {
    let writes: Vec<_> = (0..200)
        .map(|_| {
            let house = app.house.clone();
            actix_web::rt::spawn(async move { house.store.write(|db| events::bump(db, "catalogue")).await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(app.house.store.read(|db| events::held_version(db, "catalogue")).await.unwrap(), 200);
});

story!(a_panic_in_a_write_is_refused_and_the_writer_goes_on, |app| {
    let panicked: Result<(), _> = app.house.store.write(|_| panic!("on purpose")).await;
    assert!(panicked.is_err());
    app.house.store.write(|db| events::bump(db, "catalogue")).await.unwrap();
});

story!(readers_cannot_write, |app| {
    let wrote = app.house.store.read(|db| {
        each!(db, |c| diesel::connection::SimpleConnection::batch_execute(c, "DELETE FROM policy"))?;
        Ok(())
    });
    assert!(wrote.await.is_err());
});

story!(policies_hold_from_their_time_on, |app| {
    let now = app.house.clock.now();
    let stamp = app.house.stamp("staff:admin");
    assert_eq!(app.house.store.read(move |db| policies::value(db, Policy::ClaimTries, now)).await.unwrap(), 5);
    app.house.store.write(move |db| policies::set(db, &stamp, Policy::ClaimTries, 3)).await.unwrap();
    assert_eq!(app.house.store.read(move |db| policies::value(db, Policy::ClaimTries, now)).await.unwrap(), 3);
    let earlier = now - chrono::Duration::hours(1);
    assert_eq!(app.house.store.read(move |db| policies::value(db, Policy::ClaimTries, earlier)).await.unwrap(), 5);
    let stamp = app.house.stamp("staff:admin");
    let refused = app.house.store.write(move |db| policies::set(db, &stamp, Policy::ClaimTries, 0)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
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
