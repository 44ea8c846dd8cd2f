//! Signing in, sessions, one-time links, tokens, accounts.

use std::sync::Arc;

use chrono::Duration;
use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::text::Lang;
use hangtag::kernel::time::Clock;
use hangtag::kernel::{Code, Id};
use hangtag::platform::db::schema::{account, party, session};
use hangtag::platform::keys::{KeyFile, Purpose};
use hangtag::platform::state::AppState;
use hangtag::staff::accounts::{self, Account, AccountState, Role};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::story;
use crate::support::personas::Persona;
use crate::support::{Answer, Request, TestApp};

const PASSWORD: &str = "olives on tuesday";

async fn somebody(app: &TestApp, login: &str, role: Role) -> accounts::Account {
    let draft = Account { login: login.into(), name: "Li Na".into(), roles: vec![role].into(), lang: Lang::En, ..Account::default() };
    accounts::add(&app.state, draft, Some(PASSWORD)).await.unwrap().0
}

fn sign_in(login: &str, password: &str) -> Request {
    Request::form("/sign-in", &[("login", login), ("password", password)]).html()
}

/// The session's token an answer sets.
fn token_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").expect("a cookie is set");
    cookie.strip_prefix("hangtag=").unwrap().split(';').next().unwrap().to_owned()
}

fn with(token: &str, request: Request) -> Request {
    request.header("cookie", &format!("hangtag={token}"))
}

async fn is_in(app: &TestApp, token: &str) -> bool {
    app.send(with(token, Request::get("/desk").html())).await.status.as_u16() == 200
}

story!(the_right_password_opens_a_session, |app| {
    somebody(&app, "li.na", Role::Inspector).await;
    let page = app.send(Request::get("/sign-in?back=/lots/A-1").html()).await.expect(200);
    assert!(page.text().contains(r#"name="back" value="/lots/A-1""#) && page.text().contains(r#"autocomplete="current-password""#));
    assert_eq!(page.header("cache-control"), Some("no-store"));

    let answer = app.send(sign_in(" Li.Na ", PASSWORD)).await.expect(303);
    assert_eq!(answer.header("location"), Some("/desk"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict; Path=/") && !cookie.contains("Secure"), "{cookie}");
    let desk = app.send(with(&token_of(&answer), Request::get("/desk").html())).await.expect(200);
    assert!(desk.text().contains("Hello, Li Na") && desk.text().contains("Inspector"), "{}", desk.text());
    // Who is in need not sign in.
    let again = app.send(with(&token_of(&answer), Request::get("/sign-in?back=/account").html())).await.expect(303);
    assert_eq!(again.header("location"), Some("/account"));

    let back =
        app.send(Request::form("/sign-in", &[("login", "li.na"), ("password", PASSWORD), ("back", "//evil.example")])).await.expect(303);
    assert_eq!(back.header("location"), Some("/desk"));
});

story!(every_wrong_sign_in_gets_the_same_answer, |app| {
    somebody(&app, "li.na", Role::Inspector).await;
    somebody(&app, "gone", Role::Inspector).await;
    accounts::disable(&app.state, "gone").await.unwrap();
    let invited = app.account(Role::Planner, None).await;
    let mut bodies = Vec::new();
    for (login, password) in
        [("li.na", "olives on wednesday"), ("nobody", PASSWORD), ("gone", PASSWORD), (invited.login.as_str(), PASSWORD), ("li.na", "")]
    {
        let answer = app.send(sign_in(login, password)).await.expect(401);
        assert!(answer.header("set-cookie").is_none());
        bodies.push(answer.text().replace(&format!("value=\"{login}\""), "value=\"\""));
    }
    assert!(bodies[0].contains("The name or the password is wrong."));
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
    assert!(!bodies[0].contains("olives"));
});

story!(an_address_may_try_ten_times_a_minute, |app| {
    let from = |peer: &str, login: &str| sign_in(login, "x").from(peer);
    for attempt in 0..10 {
        app.send(from("192.0.2.7", &format!("nobody-{attempt}"))).await.expect(401);
    }
    let refused = app.send(from("192.0.2.7", "nobody-10")).await.expect(429);
    assert!(refused.text().contains("Try again in 7 seconds"), "{}", refused.text());
    // A claim of another address is not believed, another address is.
    app.send(from("192.0.2.7", "nobody-11").header("x-forwarded-for", "192.0.2.8")).await.expect(429);
    app.send(from("192.0.2.8", "nobody-12")).await.expect(401);
    app.state.clock.advance(Duration::seconds(7));
    app.send(from("192.0.2.7", "nobody-13")).await.expect(401);
});

story!(an_account_may_be_tried_five_times_in_a_quarter_of_an_hour, |app| {
    somebody(&app, "li.na", Role::Inspector).await;
    for login in ["li.na", "does-not-exist"] {
        for attempt in 0..5 {
            app.send(sign_in(login, "x").from(&format!("192.0.2.{attempt}"))).await.expect(401);
        }
        app.send(sign_in(&login.to_uppercase(), PASSWORD).from("192.0.2.99")).await.expect(429);
    }
    app.state.clock.advance(Duration::minutes(3) + Duration::seconds(1));
    app.send(sign_in("li.na", PASSWORD)).await.expect(303);
});

story!(a_session_ends_when_it_idles, |app| {
    let person = app.persona(Role::Inspector).await;
    for _ in 0..4 {
        app.state.clock.advance(Duration::minutes(29));
        person.page("/desk").await.expect(200);
    }
    app.state.clock.advance(Duration::minutes(30));
    let answer = person.page("/desk").await.expect(303);
    assert_eq!(answer.header("location"), Some("/sign-in?back=/desk"));
    person.get("/api/v1/jobs/1").await.expect(401);
});

story!(a_session_ends_after_twelve_hours_however_busy, |app| {
    let person = app.persona(Role::Inspector).await;
    for _ in 0..35 {
        app.state.clock.advance(Duration::minutes(20));
        person.page("/desk").await.expect(200);
    }
    app.state.clock.advance(Duration::minutes(20));
    person.page("/desk").await.expect(303);
});

story!(looking_writes_at_most_once_a_minute, |app| {
    let person = app.persona(Role::Inspector).await;
    let seen =
        || app.state.store.read(|db| Ok(each!(db, |c| session::table.select(session::seen_at).get_result::<chrono::NaiveDateTime>(c))?));
    let start = seen().await.unwrap();
    app.state.clock.advance(Duration::seconds(59));
    person.page("/desk").await.expect(200);
    assert_eq!(seen().await.unwrap(), start);
    app.state.clock.advance(Duration::seconds(1));
    person.page("/desk").await.expect(200);
    assert_eq!(seen().await.unwrap(), start + Duration::seconds(60));
});

story!(a_form_without_its_token_changes_nothing, |app| {
    let person = app.persona(Role::Inspector).await;
    let other = app.persona(Role::Inspector).await;
    let form = |csrf: Option<&str>| {
        let mut fields = vec![("lang", "zh-CN")];
        fields.extend(csrf.map(|csrf| ("csrf", csrf)));
        Request::form("/account/lang", &fields)
    };
    for csrf in [None, Some(""), Some("0"), other.csrf.as_deref()] {
        assert_eq!(person.send_raw(form(csrf)).await.expect(403).code(), "cross_site", "{csrf:?}");
    }
    let own = person.csrf.as_deref();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "né"),
        ("origin", "https://é.example"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = form(own).header("host", "localhost").header(name, value);
        assert_eq!(person.send_raw(request).await.expect(403).code(), "cross_site", "{name}: {value}");
    }
    // JSON needs a type no form can send.
    let admin = app.persona(Role::Admin).await;
    let body = json!({ "login": "x.y", "name": "X", "roles": ["planner"] }).to_string().into_bytes();
    admin.send_raw(Request::new("POST", "/api/v1/accounts").header("content-type", "text/plain").body(body)).await.expect(415);
    person.send_raw(form(own).header("host", "localhost").header("origin", "http://localhost")).await.expect(303);
    assert!(person.page("/account").await.expect(200).text().contains("lang=\"zh-CN\""));
});

story!(signing_in_never_keeps_the_session_the_browser_came_with, |app| {
    somebody(&app, "li.na", Role::Inspector).await;
    // One the attacker planted, and one that was live.
    let planted = "a".repeat(64);
    let first = token_of(&app.send(with(&planted, sign_in("li.na", PASSWORD))).await.expect(303));
    assert_ne!(first, planted);
    assert!(!is_in(&app, &planted).await && is_in(&app, &first).await);
    let csrf = hangtag::staff::door::csrf_of(&first).unwrap();
    let second = token_of(&app.send(with(&first, sign_in("li.na", PASSWORD).with_csrf(&csrf))).await.expect(303));
    assert!(!is_in(&app, &first).await && is_in(&app, &second).await);
    // Only the hash is kept.
    let kept: Vec<String> = app.state.store.read(|db| Ok(each!(db, |c| session::table.select(session::hash).load(c))?)).await.unwrap();
    assert_eq!(kept, [accounts::session_hash(&second)]);
});

story!(signing_out_ends_the_session_and_clears_the_browser, |app| {
    let person = app.persona(Role::Inspector).await;
    let answer = person.form("/sign-out", &[]).await.expect(303);
    assert_eq!(answer.header("location"), Some("/sign-in"));
    assert!(answer.header("clear-site-data").unwrap().contains("\"cookies\""));
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    person.page("/desk").await.expect(303);
});

story!(disabling_closing_and_changed_rights_end_sessions_at_once, |app| {
    let admin = app.persona(Role::Admin).await;
    let disabled = app.persona(Role::Inspector).await;
    admin.form(&format!("/accounts/{}/disable", disabled.login), &[]).await.expect(303);
    disabled.page("/desk").await.expect(303);

    let promoted = app.persona(Role::Inspector).await;
    let form = [("name", "Promoted"), ("roles.planner", "on"), ("roles.inspector", "on"), ("lang", "en"), ("version", "1")];
    admin.form(&format!("/accounts/{}/edit", promoted.login), &form).await.expect(303);
    promoted.page("/desk").await.expect(303);

    let renamed = app.persona(Role::Inspector).await;
    let form = [("name", "New name"), ("roles.inspector", "on"), ("lang", "en"), ("version", "1")];
    admin.form(&format!("/accounts/{}/edit", renamed.login), &form).await.expect(303);
    renamed.page("/desk").await.expect(200);

    let supplier = app.persona(Role::Supplier).await;
    let program = app.api_of_party(Role::Supplier, supplier.party.unwrap()).await;
    supplier.page("/desk").await.expect(200);
    program.get("/api/v1/jobs/1").await.expect(404);
    close(&app, supplier.party.unwrap()).await;
    supplier.page("/desk").await.expect(303);
    assert_eq!(program.get("/api/v1/jobs/1").await.expect(401).code(), "bad_token");
});

async fn close(app: &TestApp, id: Id) {
    let closed = app.state.store.write(move |db| {
        Ok(each!(db, |c| diesel::update(party::table.filter(party::id.eq(id.0))).set(party::status.eq("closed")).execute(c))?)
    });
    assert_eq!(closed.await.unwrap(), 1);
}

story!(a_new_password_ends_every_other_session, |app| {
    let account = somebody(&app, "li.na", Role::Inspector).await;
    let here = token_of(&app.send(sign_in("li.na", PASSWORD)).await.expect(303));
    let there = token_of(&app.send(sign_in("li.na", PASSWORD)).await.expect(303));
    let person = app.holding("li.na".into(), account.id, None, &here);
    let form = |current: &'static str, password: &'static str, again: &'static str| {
        [("current", current), ("password", password), ("again", again)]
    };

    for (current, password, again, says) in [
        ("wrong password", "figs on wednesday", "figs on wednesday", "The name or the password is wrong."),
        (PASSWORD, "short", "short", "At least 12 characters."),
        (PASSWORD, "password123456", "password123456", "This password is too common."),
        (PASSWORD, "figs on wednesday", "figs on thursday", "The two passwords are not the same."),
    ] {
        let answer = person.form("/account/password", &form(current, password, again)).await.expect(422);
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
        assert!(!answer.text().contains(password) && !answer.text().contains(current));
    }
    app.state.clock.advance(Duration::minutes(15));
    let changed = person.form("/account/password", &form(PASSWORD, "figs on wednesday", "figs on wednesday")).await.expect(303);
    let now = token_of(&changed);
    assert!(!is_in(&app, &here).await && !is_in(&app, &there).await && is_in(&app, &now).await);
    app.state.clock.advance(Duration::minutes(15));
    app.send(sign_in("li.na", PASSWORD)).await.expect(401);
    app.send(sign_in("li.na", "figs on wednesday")).await.expect(303);
});

story!(people_see_and_end_their_own_sessions_only, |app| {
    let account = somebody(&app, "li.na", Role::Inspector).await;
    let here = token_of(&app.send(sign_in("li.na", PASSWORD)).await.expect(303));
    let there = token_of(&app.send(sign_in("li.na", PASSWORD)).await.expect(303));
    let stranger = app.persona(Role::Inspector).await;
    stranger.form("/account/sessions", &[("session", &accounts::session_hash(&there))]).await.expect(303);
    stranger.form("/account/sessions", &[("session", "others")]).await.expect(303);
    assert!(is_in(&app, &there).await);
    let person = app.holding("li.na".into(), account.id, None, &here);
    let page = person.page("/account").await.expect(200);
    assert_eq!(page.text().matches("name=\"session\"").count(), 2, "one other session, and all others");
    assert!(!page.text().contains(&here) && !page.text().contains(&there), "tokens are not shown");
    person.form("/account/sessions", &[("session", &accounts::session_hash(&there))]).await.expect(303);
    assert!(!is_in(&app, &there).await && is_in(&app, &here).await);
});

story!(a_password_hashed_more_cheaply_is_hashed_again_at_sign_in, |app| {
    use argon2::password_hash::PasswordHasher;
    let account = somebody(&app, "li.na", Role::Inspector).await;
    let params = argon2::Params::new(8192, 1, 1, None).unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: argon2::password_hash::phc::PasswordHash = cheap.hash_password(PASSWORD.as_bytes()).unwrap();
    let old = hash.to_string();
    app.state.store.write(move |db| accounts::rehash(db, account.id, &old)).await.unwrap();
    app.send(sign_in("li.na", PASSWORD)).await.expect(303);
    let kept: Option<String> = app
        .state
        .store
        .read(move |db| {
            Ok(each!(db, |c| account::table.filter(account::id.eq(account.id.0)).select(account::password_hash).get_result(c))?)
        })
        .await
        .unwrap();
    assert!(kept.unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    app.send(sign_in("li.na", PASSWORD)).await.expect(303);
});

// One-time links.

fn path_of(address: &str) -> &str {
    address.strip_prefix("http://localhost").unwrap()
}

story!(the_first_administrator_is_made_by_a_link_that_works_once, |app| {
    let stopped = accounts::first_link(&app.state).await.unwrap().unwrap();
    let link = accounts::first_link(&app.state).await.unwrap().unwrap();
    assert!(link.len() >= "http://localhost/set-up/".len() + 32);
    app.send(Request::get(path_of(&stopped)).html()).await.expect(410);
    for _ in 0..3 {
        let page = app.send(Request::get(path_of(&link)).html()).await.expect(200);
        assert!(page.text().contains("name=\"login\"") && page.text().contains("autocomplete=\"new-password\""));
    }
    let form = |login: &str, password: &str| {
        Request::form(path_of(&link), &[("login", login), ("name", "Wang Fang"), ("password", password), ("again", password)]).html()
    };
    let refused = app.send(form("王芳", PASSWORD)).await.expect(422);
    assert!(refused.text().contains("id=\"login-fault\"") && refused.text().contains("Wang Fang"), "{}", refused.text());
    app.send(form("wang.fang", "1234567890ab")).await.expect(422);
    app.send(form("wang.fang", "wang.fang2026")).await.expect(422);
    let answer = app.send(form("wang.fang", PASSWORD)).await.expect(303);
    assert!(is_in(&app, &token_of(&answer)).await);
    app.send(form("somebody.else", PASSWORD)).await.expect(410);
    app.send(Request::get(path_of(&link)).html()).await.expect(410);
    assert!(accounts::first_link(&app.state).await.unwrap().is_none());
    let all = accounts::list(&app.state).await.unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0].roles.has(Role::Admin) && all[0].state == AccountState::Active);
});

story!(a_link_runs_out_and_an_unknown_one_never_was, |app| {
    let link = accounts::first_link(&app.state).await.unwrap().unwrap();
    app.state.clock.advance(Duration::hours(24) - Duration::seconds(1));
    app.send(Request::get(path_of(&link)).html()).await.expect(200);
    app.state.clock.advance(Duration::seconds(1));
    app.send(Request::get(path_of(&link)).html()).await.expect(410);
    app.send(Request::get("/set-up/0123456789abcdef").html()).await.expect(410);
    // Guessing is slow.
    let statuses =
        futures_util::future::join_all((0..40).map(|guess| app.send(Request::get(&format!("/set-up/{guess}")).from("192.0.2.7")))).await;
    assert_eq!(statuses.iter().filter(|answer| answer.status.as_u16() == 429).count(), 20);
});

story!(an_invited_person_chooses_a_password_and_nobody_else_knows_it, |app| {
    let admin = app.persona(Role::Admin).await;
    let form = [("login", "li.na"), ("name", "李娜"), ("roles.inspector", "on"), ("lang", "zh-CN"), ("once", "k1")];
    let made = admin.form("/accounts/new", &form).await.expect(200);
    let link = made.text().split("value=\"http://localhost").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // The form sent twice makes one account, and shows no second link.
    let again = admin.form("/accounts/new", &form).await.expect(200);
    assert!(!again.text().contains("/set-up/"), "{}", again.text());
    assert_eq!(accounts::list(&app.state).await.unwrap().iter().filter(|account| account.login == "li.na").count(), 1);
    let other = [("login", "li.na"), ("name", "Other"), ("roles.planner", "on"), ("lang", "en"), ("once", "k2")];
    let taken = admin.form("/accounts/new", &other).await.expect(422);
    assert!(taken.text().contains("It exists already."), "{}", taken.text());

    let page = app.send(Request::get(&link).html()).await.expect(200);
    assert!(page.text().contains("李娜"));
    let answer = app.send(Request::form(&link, &[("password", PASSWORD), ("again", PASSWORD)])).await.expect(303);
    assert!(is_in(&app, &token_of(&answer)).await);
    app.send(Request::get(&link).html()).await.expect(410);

    // Lost: the old password holds until another is chosen; then every session ends.
    let renewed = admin.form("/accounts/li.na/link", &[]).await.expect(200);
    let link = renewed.text().split("value=\"http://localhost").nth(1).unwrap().split('"').next().unwrap().to_owned();
    app.send(sign_in("li.na", PASSWORD)).await.expect(303);
    app.send(Request::form(&link, &[("password", "figs on wednesday"), ("again", "figs on wednesday")])).await.expect(303);
    assert!(!is_in(&app, &token_of(&answer)).await);

    // Disabled: a link that was out stops too.
    let (_, link) = accounts::new_link(&app.state, "li.na").await.unwrap();
    accounts::disable(&app.state, "li.na").await.unwrap();
    app.send(Request::get(path_of(link.shown())).html()).await.expect(410);
    assert_eq!(accounts::new_link(&app.state, "li.na").await.unwrap_err().code(), Code::WrongState);
});

// Accounts.

story!(accounts_over_the_api, |app| {
    let logins = |answer: &Answer| {
        answer.json()["items"].as_array().unwrap().iter().map(|item| item["login"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let admin = app.persona(Role::Admin).await;
    let made =
        admin.json("POST", "/api/v1/accounts", &json!({ "login": "li.na", "name": "Li Na", "roles": ["inspector"] })).await.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/accounts/li.na"));
    assert!(made.json()["link"].as_str().unwrap().starts_with("http://localhost/set-up/"));
    let one = admin.get("/api/v1/accounts/li.na").await.expect(200).json();
    assert_eq!((&one["roles"], &one["version"], &one["state"]), (&json!(["inspector"]), &json!(1), &json!("invited")));
    let change = json!({ "name": "Li Na", "roles": ["planner", "inspector"], "lang": "zh-CN", "version": 1 });
    let changed = admin.json("PUT", "/api/v1/accounts/li.na", &change).await.expect(200).json();
    assert_eq!((&changed["roles"], &changed["version"]), (&json!(["planner", "inspector"]), &json!(2)));
    assert_eq!(admin.json("PUT", "/api/v1/accounts/li.na", &change).await.expect(409).code(), "stale");
    for (body, field) in [
        (json!({ "login": "x.y", "name": "", "roles": ["planner"] }), "name"),
        (json!({ "login": "王", "name": "X", "roles": ["planner"] }), "login"),
        (json!({ "login": "x.y", "name": "X", "roles": [] }), "roles"),
        (json!({ "login": "x.y", "name": "X", "roles": ["planner"], "admin": true }), "admin"),
        (json!({ "login": "x.y", "name": "X", "roles": ["planner"], "party": "NO-SUCH" }), "roles"),
        (json!({ "login": "x.y", "name": "X", "roles": ["supplier"] }), "party"),
        (json!({ "login": "x.y", "name": "X", "roles": ["supplier"], "party": "NO-SUCH" }), "party"),
    ] {
        let refused = admin.json("POST", "/api/v1/accounts", &body).await.expect(422);
        assert_eq!(refused.json()["faults"][0]["field"], field, "{}", refused.text());
    }
    admin.json("POST", "/api/v1/accounts/li.na/disable", &json!({})).await.expect(200);
    assert_eq!(admin.get("/api/v1/accounts/li.na").await.expect(200).json()["state"], "disabled");
    let of_state = |state: &str| format!("/api/v1/accounts?state={state}");
    assert_eq!(logins(&admin.get(&of_state("disabled")).await.expect(200)), ["li.na"]);
    admin.json("POST", "/api/v1/accounts/li.na/enable", &json!({})).await.expect(200);
    admin.get("/api/v1/accounts/no.one").await.expect(404);
    assert_eq!(logins(&admin.get(&of_state("invited")).await.expect(200)), [admin.login.clone(), "li.na".into()]);
    // A role is not another whose name begins alike.
    let of_role = |role: &str| format!("/api/v1/accounts?role={role}");
    assert_eq!(logins(&admin.get(&of_role("planner")).await.expect(200)), ["li.na"]);
    assert_eq!(logins(&admin.get(&of_role("supplier")).await.expect(200)), Vec::<String>::new());
    assert_eq!(logins(&admin.get("/api/v1/accounts?q=LI").await.expect(200)), ["li.na"]);
    let first = admin.get("/api/v1/accounts?per_page=1").await.expect(200);
    let next = admin.get(&format!("/api/v1/accounts?per_page=1&after={}", first.json()["next"].as_str().unwrap())).await.expect(200);
    assert_eq!([logins(&first), logins(&next)].concat(), [admin.login.clone(), "li.na".into()]);
});

story!(lists_are_taken_away_as_csv, |app| {
    let admin = app.persona(Role::Admin).await;
    key(&admin, json!({ "name": "=cmd|' /C calc'!A0", "roles": ["analyst"] })).await;
    let keys = admin.get("/api-keys.csv").await.expect(200);
    assert_eq!(keys.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        keys.text().contains("\u{FEFF}What it is for,Roles") && keys.text().contains("'=cmd") && keys.text().contains("2026-06-15 20:00"),
        "{}",
        keys.text()
    );
    let people = admin.get("/accounts.csv?lang=zh-CN").await.expect(200);
    assert!(
        people.text().contains("用户名,姓名") && people.text().contains("管理员") && people.text().contains("已邀请"),
        "{}",
        people.text()
    );
});

story!(an_administrator_is_always_left, |app| {
    let admin = app.persona(Role::Admin).await;
    let refused = admin.json("POST", &format!("/api/v1/accounts/{}/disable", admin.login), &json!({})).await.expect(409);
    assert_eq!(refused.code(), "wrong_state");
    let change = json!({ "name": "A", "roles": ["planner"], "lang": "en", "version": 1 });
    admin.json("PUT", &format!("/api/v1/accounts/{}", admin.login), &change).await.expect(409);
    let page = admin.form(&format!("/accounts/{}/disable", admin.login), &[]).await.expect(422);
    assert!(page.text().contains("Somebody must stay administrator"), "{}", page.text());
    let second = app.persona(Role::Admin).await;
    second.json("POST", &format!("/api/v1/accounts/{}/disable", admin.login), &json!({})).await.expect(200);
    admin.page("/desk").await.expect(303);
});

story!(a_supplier_is_bound_and_holds_no_other_role, |app| {
    let admin = app.persona(Role::Admin).await;
    let supplier = app.persona(Role::Supplier).await;
    let of_theirs = app.state.store.read(move |db| accounts::by_id(db, supplier.account.unwrap())).await.unwrap().unwrap();
    assert_eq!(of_theirs.party, supplier.party);
    let code = of_theirs.party_code.unwrap();
    for (roles, party) in [(vec!["supplier"], None), (vec!["supplier", "admin"], Some(&code)), (vec!["inspector"], Some(&code))] {
        let body = json!({ "login": "x.y", "name": "X", "roles": roles, "party": party });
        admin.json("POST", "/api/v1/accounts", &body).await.expect(422);
    }
    admin.json("POST", "/api/v1/accounts", &json!({ "login": "x.y", "name": "X", "roles": ["retailer"], "party": code })).await.expect(201);
    let unbound = json!({ "name": "S", "roles": ["supplier"], "lang": "en", "version": 1 });
    admin.json("PUT", &format!("/api/v1/accounts/{}", of_theirs.login), &unbound).await.expect(422);
});

// Keys and tokens.

/// A key issued by an administrator: its secret and id.
async fn key(admin: &Persona<'_>, body: Value) -> (String, String) {
    let issued = admin.json("POST", "/api/v1/api-keys", &body).await.expect(201).json();
    (issued["secret"].as_str().unwrap().to_owned(), issued["key"]["id"].as_str().unwrap().to_owned())
}

async fn exchange(app: &TestApp, secret: &str) -> Answer {
    app.send(Request::new("POST", "/api/v1/token").header("authorization", &format!("Bearer {secret}"))).await
}

async fn ask(app: &TestApp, token: &str) -> Answer {
    app.send(Request::get("/api/v1/accounts").header("authorization", &format!("Bearer {token}"))).await
}

story!(a_key_is_exchanged_for_a_token_until_it_is_revoked, |app| {
    let admin = app.persona(Role::Admin).await;
    let (secret, id) = key(&admin, json!({ "name": "ERP", "roles": ["admin"] })).await;
    assert!(secret.starts_with("htk_") && secret.len() == 68);
    let listed = admin.get("/api/v1/api-keys").await.expect(200);
    assert!(!listed.text().contains(&secret) && listed.json()["items"][0]["used_at"].is_null());
    // The key itself opens nothing.
    assert_eq!(ask(&app, &secret).await.expect(401).code(), "sign_in_needed");

    let exchanged = exchange(&app, &secret).await.expect(200).json();
    assert_eq!((&exchanged["token_type"], &exchanged["expires_in"]), (&json!("Bearer"), &json!(900)));
    let token = exchanged["token"].as_str().unwrap();
    ask(&app, token).await.expect(200);
    let by_json = app.send(Request::json("POST", "/api/v1/token", &json!({ "key": secret }))).await.expect(200);
    ask(&app, by_json.json()["token"].as_str().unwrap()).await.expect(200);
    assert!(!admin.get("/api/v1/api-keys").await.expect(200).json()["items"][0]["used_at"].is_null());
    for wrong in ["htk_", "htk_0000", "", &secret[4..], &secret.to_uppercase(), token] {
        exchange(&app, wrong).await.expect(401);
    }
    // A program cannot make another that outlives it.
    let program = app.api(Role::Admin).await;
    program.json("POST", "/api/v1/api-keys", &json!({ "name": "Second", "roles": ["admin"] })).await.expect(403);

    app.state.clock.advance(Duration::minutes(15) + Duration::seconds(29));
    ask(&app, token).await.expect(200);
    app.state.clock.advance(Duration::seconds(1));
    assert_eq!(ask(&app, token).await.expect(401).code(), "bad_token");

    let token = exchange(&app, &secret).await.expect(200).json()["token"].as_str().unwrap().to_owned();
    ask(&app, &token).await.expect(200);
    admin.send(Request::new("DELETE", &format!("/api/v1/api-keys/{id}"))).await.expect(200);
    ask(&app, &token).await.expect(401);
    exchange(&app, &secret).await.expect(401);
    admin.send(Request::new("DELETE", &format!("/api/v1/api-keys/{id}"))).await.expect(200);
});

story!(a_key_is_shown_once_on_its_page, |app| {
    let admin = app.persona(Role::Admin).await;
    let form = [("name", "ERP <b>"), ("roles.analyst", "on"), ("once", "k1")];
    let issued = admin.form("/api-keys/new", &form).await.expect(200);
    assert_eq!(issued.text().matches("htk_").count(), 1);
    assert!(issued.text().contains("ERP &#60;b&#62;") || issued.text().contains("ERP &lt;b&gt;"), "{}", issued.text());
    assert!(!admin.form("/api-keys/new", &form).await.expect(200).text().contains("htk_"));
    let refused = admin.form("/api-keys/new", &[("name", ""), ("once", "k2")]).await.expect(422);
    assert_eq!(refused.text().matches("class=\"fault\"").count(), 2, "{}", refused.text());
    let list = admin.page("/api-keys").await.expect(200);
    let place = format!("/api-keys/{}", list.text().split("href=\"/api-keys/").last().unwrap().split('"').next().unwrap());
    let page = admin.page(&place).await.expect(200);
    assert_eq!(page.text().matches(&format!("action=\"{place}/revoke\"")).count(), 1);
    admin.form(&format!("{place}/revoke"), &[]).await.expect(303);
    let page = admin.page(&place).await.expect(200);
    assert!(!page.text().contains("/revoke\"") && page.text().contains("2026-06-15 20:00"), "{}", page.text());
});

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        (0..=chunk.len()).for_each(|place| text.push(char::from(ALPHABET[usize::try_from(word >> (18 - 6 * place) & 63).unwrap()])));
    }
    text
}

/// A token as an attacker makes one: any header, any claims, any key.
fn forge(header: &str, claims: &str, secret: &[u8]) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", base64url(&mac.finalize().into_bytes()))
}

story!(forged_tokens_are_refused, |app| {
    let admin = app.persona(Role::Admin).await;
    let (secret, id) = key(&admin, json!({ "name": "ERP", "roles": ["admin"] })).await;
    let good = exchange(&app, &secret).await.expect(200).json()["token"].as_str().unwrap().to_owned();
    let (number, root) = &app.state.keys.tokens[0];
    let root = root.expose();
    let now = app.state.clock.now().and_utc().timestamp();
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": number.to_string() });
    let claims = json!({ "iss": "http://localhost", "aud": "hangtag/api", "sub": id, "iat": now, "nbf": now, "exp": now + 900 });
    // The forger's tools make a good token when nothing is forged: what is refused below is refused for what was changed.
    ask(&app, &forge(&header.to_string(), &claims.to_string(), root)).await.expect(200);
    ask(&app, &good).await.expect(200);

    let with = |base: &Value, field: &str, value: Value| {
        let mut changed = base.clone();
        changed[field] = value;
        changed.to_string()
    };
    let without = |base: &Value, field: &str| {
        let mut changed = base.clone();
        changed.as_object_mut().unwrap().remove(field);
        changed.to_string()
    };
    let (h, c) = (header.to_string(), claims.to_string());
    let parts: Vec<&str> = good.split('.').collect();
    let mut forged: Vec<(&str, String)> = vec![
        // No signature, another algorithm.
        ("none", format!("{}.{}.", base64url(with(&header, "alg", json!("none")).as_bytes()), parts[1])),
        ("None", format!("{}.{}.", base64url(with(&header, "alg", json!("None")).as_bytes()), parts[1])),
        ("none, signed", forge(&with(&header, "alg", json!("none")), &c, root)),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.{}", parts[2])),
        ("HS384", forge(&with(&header, "alg", json!("HS384")), &c, root)),
        ("HS512", forge(&with(&header, "alg", json!("HS512")), &c, root)),
        ("RS256", forge(&with(&header, "alg", json!("RS256")), &c, root)),
        ("ES256", forge(&with(&header, "alg", json!("ES256")), &c, root)),
        ("EdDSA", forge(&with(&header, "alg", json!("EdDSA")), &c, root)),
        ("hs256", forge(&with(&header, "alg", json!("hs256")), &c, root)),
        ("algorithm as a list", forge(&with(&header, "alg", json!(["HS256"])), &c, root)),
        ("no algorithm", forge(&without(&header, "alg"), &c, root)),
        // Another key.
        ("empty key", forge(&h, &c, b"")),
        ("guessed key", forge(&h, &c, b"secret")),
        ("key in hexadecimal", forge(&h, &c, root.iter().map(|byte| format!("{byte:02x}")).collect::<String>().as_bytes())),
        ("no key name", forge(&without(&header, "kid"), &c, root)),
        ("unknown key name", forge(&with(&header, "kid", json!("7")), &c, root)),
        ("key name with a path", forge(&with(&header, "kid", json!("../keys")), &c, root)),
        ("key name with SQL", forge(&with(&header, "kid", json!("0' OR '1'='1")), &c, root)),
        ("key name as a number", forge(&with(&header, "kid", json!(0)), &c, root)),
        ("key name with a zero", forge(&with(&header, "kid", json!("00")), &c, root)),
        ("key address", forge(&with(&header, "jku", json!("https://evil.example/keys")), &c, root)),
        ("own key", forge(&with(&header, "jwk", json!({ "kty": "oct", "k": base64url(b"secret") })), &c, b"secret")),
        ("own key, right signature", forge(&with(&header, "jwk", json!({ "kty": "oct", "k": base64url(root) })), &c, root)),
        ("certificate address", forge(&with(&header, "x5u", json!("https://evil.example/c")), &c, root)),
        ("certificate", forge(&with(&header, "x5c", json!(["MIIB"])), &c, root)),
        ("critical extension", forge(&with(&header, "crit", json!(["exp"])), &c, root)),
        ("unknown header", forge(&with(&header, "b64", json!(false)), &c, root)),
        ("other type", forge(&with(&header, "typ", json!("at+jwt")), &c, root)),
        ("no type", forge(&without(&header, "typ"), &c, root)),
        ("content type", forge(&with(&header, "cty", json!("JWT")), &c, root)),
        // Times.
        ("no exp", forge(&h, &without(&claims, "exp"), root)),
        ("exp as text", forge(&h, &with(&claims, "exp", json!((now + 900).to_string())), root)),
        ("exp as null", forge(&h, &with(&claims, "exp", json!(null)), root)),
        ("exp as a fraction", forge(&h, &with(&claims, "exp", json!(1e99)), root)),
        ("exp negative", forge(&h, &with(&claims, "exp", json!(-1)), root)),
        ("exp past", forge(&h, &with(&claims, "exp", json!(now - 30)), root)),
        ("no nbf", forge(&h, &without(&claims, "nbf"), root)),
        ("nbf as text", forge(&h, &with(&claims, "nbf", json!("0")), root)),
        ("nbf to come", forge(&h, &with(&claims, "nbf", json!(now + 31)), root)),
        ("no iat", forge(&h, &without(&claims, "iat"), root)),
        ("iat to come", forge(&h, &with(&claims, "iat", json!(now + 31)), root)),
        // Whose it is and what for.
        ("no issuer", forge(&h, &without(&claims, "iss"), root)),
        ("other issuer", forge(&h, &with(&claims, "iss", json!("https://evil.example")), root)),
        ("issuers as a list", forge(&h, &with(&claims, "iss", json!(["http://localhost", "https://evil.example"])), root)),
        ("no audience", forge(&h, &without(&claims, "aud"), root)),
        ("other audience", forge(&h, &with(&claims, "aud", json!("hangtag/set-up")), root)),
        ("audiences as a list", forge(&h, &with(&claims, "aud", json!(["hangtag/api"])), root)),
        ("no subject", forge(&h, &without(&claims, "sub"), root)),
        ("subject of nobody", forge(&h, &with(&claims, "sub", json!("0000000000000")), root)),
        ("subject with SQL", forge(&h, &with(&claims, "sub", json!("' OR 1=1 --")), root)),
        ("subject as a number", forge(&h, &with(&claims, "sub", json!(1)), root)),
        ("own rights", forge(&h, &with(&claims, "roles", json!(["admin"])), root)),
        // Not a token.
        ("claims swapped", format!("{}.{}.{}", parts[0], base64url(with(&claims, "exp", json!(now + 9_000_000)).as_bytes()), parts[2])),
        ("signature cut", good[..good.len() - 2].to_owned()),
        ("signature padded", format!("{good}=")),
        ("leading dot", format!(".{good}")),
        ("encrypted form", format!("{}....", parts[0])),
        ("header not JSON", forge("{", &c, root)),
        ("claims not JSON", forge(&h, "[]", root)),
        ("not base64", "%%%.%%%.%%%".into()),
        ("endless", format!("{good}{}", "A".repeat(4000))),
    ];
    // Every single bit of the signature counts.
    let last = parts[2].as_bytes()[0];
    forged.push((
        "first character of the signature",
        format!("{}.{}.{}{}", parts[0], parts[1], if last == b'A' { 'B' } else { 'A' }, &parts[2][1..]),
    ));
    assert!(forged.len() >= 60, "{}", forged.len());
    for (what, token) in &forged {
        let answer = ask(&app, token).await;
        assert_eq!(answer.status.as_u16(), 401, "{what}: {}", answer.text());
        assert_eq!(answer.code(), "bad_token", "{what}");
    }
});

story!(two_signing_keys_are_live_and_the_third_is_not, |app| {
    let admin = app.persona(Role::Admin).await;
    let (secret, _) = key(&admin, json!({ "name": "ERP", "roles": ["admin"] })).await;
    let first = exchange(&app, &secret).await.expect(200).json()["token"].as_str().unwrap().to_owned();
    let place = KeyFile::place(app.folder.path());
    let mut app = app;
    let rotate = |app: &mut TestApp| {
        let mut file = KeyFile::open(&place).unwrap();
        file.rotate(Purpose::Token, app.state.today()).unwrap();
        let keys = Arc::new(KeyFile::open(&place).unwrap().keys().unwrap());
        app.restart(AppState { keys, ..app.state.clone() });
    };
    rotate(&mut app);
    ask(&app, &first).await.expect(200);
    let second = exchange(&app, &secret).await.expect(200).json()["token"].as_str().unwrap().to_owned();
    assert_ne!(first.split('.').next(), second.split('.').next(), "the newest key signs");
    rotate(&mut app);
    ask(&app, &first).await.expect(401);
    ask(&app, &second).await.expect(200);
    app.state.clock.advance(Duration::minutes(16));
    ask(&app, &second).await.expect(401);
});

story!(nothing_secret_is_shown_by_debug, |app| {
    let account = somebody(&app, "li.na", Role::Admin).await;
    let token = token_of(&app.send(sign_in("li.na", PASSWORD)).await.expect(303));
    let person = app.holding("li.na".into(), account.id, None, &token);
    let (secret, _) = key(&person, json!({ "name": "ERP", "roles": ["admin"] })).await;
    let link = accounts::fresh_link(&app.state.config);
    let hash_of_key = hangtag::platform::http::sha256_hex(secret.as_bytes());
    let door = app.state.store.read(|db| accounts::door(db, "li.na")).await.unwrap().unwrap();
    let hash = door.password_hash.clone().unwrap();
    let keys = app.state.store.read(move |db| hangtag::staff::tokens::live_of_hash(db, &hash_of_key)).await.unwrap();
    let identity = hangtag::platform::http::Identity {
        actor: "staff:li.na".into(),
        name: "Li Na".into(),
        account: None,
        permissions: Default::default(),
        party: None,
        lang: None,
        csrf: person.csrf.clone(),
    };
    let shown = format!("{account:?} {door:?} {link:?} {keys:?} {identity:?} {:?}", app.state.keys);
    let address = link.shown().to_owned();
    let csrf = person.csrf.clone().unwrap();
    let root: String = app.state.keys.tokens[0].1.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    for hidden in [hash.as_str(), path_of(&address).rsplit('/').next().unwrap(), &secret, &secret[4..], &csrf, &root, &token, "$argon2"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
});

#[actix_web::test]
async fn over_tls_the_cookie_is_locked_to_its_host() {
    let app = TestApp::new(crate::support::On::Sqlite);
    somebody(&app, "li.na", Role::Inspector).await;
    let config = hangtag::platform::config::Config { public_url: "https://id.brand.cn".into(), ..(*app.state.config).clone() };
    let keys = KeyFile::open_or_create(&KeyFile::place(app.folder.path()), app.state.today()).unwrap().keys().unwrap();
    let mut app = app;
    app.restart(AppState::new(app.state.store.clone(), Clock::fixed(app.state.clock.now()), config, keys, 1));
    let answer = app.send(sign_in("li.na", PASSWORD)).await.expect(303);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-hangtag=") && cookie.ends_with("; HttpOnly; SameSite=Strict; Secure; Path=/"), "{cookie}");
    assert!(answer.header("strict-transport-security").is_some());
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    app.send(Request::get("/desk").html().header("cookie", &format!("__Host-hangtag={token}"))).await.expect(200);
    app.send(Request::get("/desk").html().header("cookie", &format!("hangtag={token}"))).await.expect(303);
}
