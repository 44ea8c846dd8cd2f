//! Holders: claim, transfer, release, recovery, contact.

use chrono::Duration;
use diesel::prelude::*;
use hangtag::kernel::event::Subject;
use hangtag::kernel::text::Lang;
use hangtag::kernel::{Code, Error, GarmentId};
use hangtag::ownership::holders::{self, Contact, Holder, HolderKeys, Outcome, Purpose, Secret, TransferCode};
use hangtag::ownership::warranties::{self, WarrantyState};
use hangtag::platform::db::schema::{batch_tally, contact, holder};
use hangtag::platform::events;
use hangtag::production::batches;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use hangtag::{each, kernel};
use serde_json::json;

use crate::story;
use crate::support::goods::{Goods, policy};
use crate::support::{On, Request, TestApp};
use crate::warranties::{sale_of, sell};

/// A sealed part of a contact; none once it is erased.
type Part = Option<Vec<u8>>;

fn keys(app: &TestApp) -> HolderKeys {
    HolderKeys::derive(&app.state.keys.house).unwrap()
}

async fn claim(app: &TestApp, garment: GarmentId, typed: &str, secret: &Secret) -> kernel::Result<Outcome> {
    let (stamp, state, typed, secret) = (app.state.stamp("holder"), app.state.clone(), typed.to_owned(), secret.clone());
    let today = app.state.today();
    app.state.store.write(move |db| holders::claim(db, &stamp, &state.keys.serials, garment, &typed, today, &secret)).await
}

async fn held(app: &TestApp, goods: &Goods, unit: i64) -> (Holder, Secret) {
    let secret = Secret::fresh();
    match claim(app, goods.garment(unit), &goods.claim_code(app, unit), &secret).await.unwrap() {
        Outcome::Held(holder) => (holder, secret),
        other => panic!("the right code is right: {other:?}"),
    }
}

async fn is_holder(app: &TestApp, garment: GarmentId, secret: &Secret) -> bool {
    let secret = secret.clone();
    app.look(move |db| Ok(holders::holder_of(db, garment, &secret)?.is_some())).await
}

/// Claimed garments of a batch, over all retailers.
async fn claimed(app: &TestApp, goods: &Goods) -> i64 {
    let no = goods.no.0;
    let counts: Vec<i64> = app
        .look(move |db| Ok(each!(db, |c| batch_tally::table.filter(batch_tally::batch_no.eq(no)).select(batch_tally::claimed).load(c))?))
        .await;
    counts.into_iter().sum()
}

async fn kinds(app: &TestApp, garment: GarmentId) -> Vec<String> {
    app.look(move |db| events::of(db, Subject::Garment(garment.0))).await.into_iter().map(|fact| fact.kind).collect()
}

story!(of_a_hundred_claims_at_once_exactly_one_holds, |app| {
    let goods = app.goods(Some(policy("A", &[StartRule::Activated])), 5).await;
    sell(&app, sale_of(&goods, 0, "2026-06-10")).await;
    let (garment, code) = (goods.garment(0), goods.claim_code(&app, 0));
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let (state, code, today) = (app.state.clone(), code.clone(), app.state.today());
            actix_web::rt::spawn(async move {
                let (stamp, secret, inside) = (state.stamp("holder"), Secret::fresh(), state.clone());
                state.store.write(move |db| holders::claim(db, &stamp, &inside.keys.serials, garment, &code, today, &secret)).await
            })
        })
        .collect();
    let (mut won, mut lost) = (0, 0);
    for one in tries {
        match one.await.unwrap() {
            Ok(Outcome::Held(_)) => won += 1,
            Err(error) if matches!(error.code(), Code::AlreadyClaimed | Code::Busy) => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((won, lost), (1, 99));
    assert_eq!(claimed(&app, &goods).await, 1);
    let today = app.state.today();
    let state = app.look(move |db| warranties::state(db, garment, today)).await;
    assert!(matches!(state, WarrantyState::Running { since, .. } if since == today));
    assert_eq!(kinds(&app, garment).await, ["garment.sold", "garment.claimed", "garment.warranty_started"]);
});

story!(wrong_codes_are_counted_and_the_count_begins_anew_the_next_day, |app| {
    let goods = app.goods(None, 5).await;
    let (garment, right) = (goods.garment(0), goods.claim_code(&app, 0));
    let wrong = goods.claim_code(&app, 1);
    for left in (0..5).rev() {
        assert_eq!(claim(&app, garment, &wrong, &Secret::fresh()).await.unwrap(), Outcome::Wrong { left });
    }
    for code in [&wrong, &right] {
        assert_eq!(claim(&app, garment, code, &Secret::fresh()).await.unwrap_err().code(), Code::NoTriesLeft);
    }
    // Another garment is not concerned.
    held(&app, &goods, 1).await;
    // Midnight in Shanghai is four hours after noon in London.
    app.state.clock.advance(Duration::hours(3) + Duration::minutes(59));
    assert_eq!(claim(&app, garment, &right, &Secret::fresh()).await.unwrap_err().code(), Code::NoTriesLeft);
    app.state.clock.advance(Duration::minutes(1));
    assert_eq!(claim(&app, garment, &wrong, &Secret::fresh()).await.unwrap(), Outcome::Wrong { left: 4 });
    assert!(matches!(claim(&app, garment, &right, &Secret::fresh()).await.unwrap(), Outcome::Held(_)));
    assert_eq!(kinds(&app, garment).await, ["garment.claimed"], "wrong tries leave nothing but their count");
});

story!(tries_at_the_same_time_are_all_counted, |app| {
    let goods = app.goods(None, 5).await;
    let (garment, wrong) = (goods.garment(0), goods.claim_code(&app, 1));
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (state, code, today) = (app.state.clone(), wrong.clone(), app.state.today());
            actix_web::rt::spawn(async move {
                let (stamp, secret, inside) = (state.stamp("holder"), Secret::fresh(), state.clone());
                state.store.write(move |db| holders::claim(db, &stamp, &inside.keys.serials, garment, &code, today, &secret)).await
            })
        })
        .collect();
    let mut lefts = Vec::new();
    for one in tries {
        match one.await.unwrap() {
            Ok(Outcome::Wrong { left }) => lefts.push(left),
            Err(error) => assert!(matches!(error.code(), Code::NoTriesLeft | Code::Busy)),
            Ok(other) => panic!("a wrong code: {other:?}"),
        }
    }
    lefts.sort_unstable();
    assert_eq!(lefts, [0, 1, 2, 3, 4], "no more than five were let try, each counted by itself");
});

story!(whatever_is_wrong_with_a_code_the_answer_is_the_same, |app| {
    let goods = app.goods(None, 5).await;
    let void = goods.garment(3);
    let (stamp, no) = (app.state.stamp("system"), goods.no);
    app.write(move |db| batches::void_units(db, &stamp, no, std::slice::from_ref(&(3..4)), "spoiled")).await;
    let of_another = goods.claim_code(&app, 1);
    for (garment, typed) in [
        (goods.garment(0), of_another.as_str()),
        (goods.garment(0), "ABCDE-FGHJK"),
        // Right for its garment, which is void; and a garment that was never minted.
        (void, goods.claim_code(&app, 3).as_str()),
        (goods.garment(4_000), goods.claim_code(&app, 4_000).as_str()),
    ] {
        let left = match claim(&app, garment, typed, &Secret::fresh()).await.unwrap() {
            Outcome::Wrong { left } => left,
            other => panic!("{typed}: {other:?}"),
        };
        assert!((2..=4).contains(&left));
    }
    // What has not the form of a code is none, whatever it was typed for, and costs nothing.
    for typed in ["", "WRONG", "ABCDE-FGHJ", "ABCDE-FGHJKM", "ABCDE-FGHJ?", "领取码：ABC"] {
        for garment in [goods.garment(0), void, goods.garment(4_000)] {
            assert_eq!(claim(&app, garment, typed, &Secret::fresh()).await.unwrap(), Outcome::NoCode, "{typed}");
            assert_eq!(accept(&app, garment, typed, &Secret::fresh()).await.unwrap(), Outcome::NoCode, "{typed}");
        }
    }
    let of_void = claim(&app, void, &of_another, &Secret::fresh()).await.unwrap();
    assert_eq!(of_void, Outcome::Wrong { left: 3 }, "tries of a void serial are counted like others");
});

story!(the_secret_is_the_holding, |app| {
    let goods = app.goods(None, 5).await;
    let (holder, secret) = held(&app, &goods, 0).await;
    assert_eq!(holder.seq, 1);
    assert!(is_holder(&app, goods.garment(0), &secret).await);
    assert!(!is_holder(&app, goods.garment(0), &Secret::fresh()).await);
    assert!(!is_holder(&app, goods.garment(1), &secret).await);
    let stored: Vec<String> = app.look(|db| Ok(each!(db, |c| holder::table.select(holder::secret_hash).load(c))?)).await;
    assert_eq!(stored, [secret.hash()]);
    assert_ne!(stored[0], secret.expose());
    let again = claim(&app, goods.garment(0), &goods.claim_code(&app, 0), &Secret::fresh()).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyClaimed);
    let (same, garment) = (secret.clone(), goods.garment(0));
    assert_eq!(app.look(move |db| holders::recover(db, garment, &same)).await.seq, 1);
    // Given up: claimed anew by whoever has the code, and the old link is spent.
    let (stamp, gone) = (app.state.stamp("holder"), secret.clone());
    app.write(move |db| holders::release(db, &stamp, garment, &gone)).await;
    assert_eq!(claimed(&app, &goods).await, 0);
    let spent = secret.clone();
    let error = app.state.store.read(move |db| holders::recover(db, garment, &spent)).await.unwrap_err();
    assert_eq!(error.code(), Code::LinkSpent);
    assert_eq!(held(&app, &goods, 0).await.0.seq, 2);
    assert_eq!(claimed(&app, &goods).await, 1);
});

async fn offer(app: &TestApp, garment: GarmentId, secret: &Secret) -> TransferCode {
    let (stamp, keys, secret, code) = (app.state.stamp("holder"), keys(app), secret.clone(), TransferCode::fresh());
    let kept = code.clone();
    app.write(move |db| holders::transfer_offer(db, &stamp, &keys, garment, &secret, &code)).await;
    kept
}

async fn accept(app: &TestApp, garment: GarmentId, typed: &str, secret: &Secret) -> kernel::Result<Outcome> {
    let (stamp, keys, typed, secret, today) = (app.state.stamp("holder"), keys(app), typed.to_owned(), secret.clone(), app.state.today());
    app.state.store.write(move |db| holders::transfer_accept(db, &stamp, &keys, garment, &typed, today, &secret)).await
}

async fn save(app: &TestApp, garment: GarmentId, secret: &Secret, phone: &str, purposes: &[Purpose]) -> kernel::Result<()> {
    let (stamp, keys, secret, purposes) = (app.state.stamp("holder"), keys(app), secret.clone(), purposes.to_vec());
    let given = Contact { name: "王女士".into(), phone: phone.into(), email: "wang@example.com".into() };
    app.state.store.write(move |db| holders::contact_save(db, &stamp, &keys, garment, &secret, &given, &purposes, Lang::Zh)).await
}

story!(a_garment_is_passed_on_once, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, first) = held(&app, &goods, 0).await;
    save(&app, garment, &first, "13800138000", &[Purpose::Service]).await.unwrap();
    let replaced = offer(&app, garment, &first).await;
    let code = offer(&app, garment, &first).await;
    if replaced.as_str() != code.as_str() {
        assert_eq!(accept(&app, garment, replaced.as_str(), &Secret::fresh()).await.unwrap(), Outcome::Wrong { left: 4 });
    }
    let second = Secret::fresh();
    let Outcome::Held(holder) = accept(&app, garment, &code.grouped(), &second).await.unwrap() else { panic!("the right code is right") };
    assert_eq!(holder.seq, 2);
    assert!(is_holder(&app, garment, &second).await && !is_holder(&app, garment, &first).await);
    assert_eq!(claimed(&app, &goods).await, 1);
    // Nothing of the former holder is passed on, nor kept.
    let (inside, mine) = (keys(&app), second.clone());
    assert_eq!(app.look(move |db| holders::contact_of(db, &inside, garment, &mine)).await, None);
    let left: Vec<(Part, Part)> =
        app.look(|db| Ok(each!(db, |c| contact::table.select((contact::sealed_key, contact::sealed)).load(c))?)).await;
    assert_eq!(left, [(None, None)]);
    // The code is used up, and whoever gave the garment away cannot pass it on again.
    assert!(matches!(accept(&app, garment, code.as_str(), &Secret::fresh()).await.unwrap(), Outcome::Wrong { .. }));
    let (stamp, inside, gone) = (app.state.stamp("holder"), keys(&app), first.clone());
    let error = app
        .state
        .store
        .write(move |db| holders::transfer_offer(db, &stamp, &inside, garment, &gone, &TransferCode::fresh()))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
});

story!(a_transfer_code_runs_out, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, first) = held(&app, &goods, 0).await;
    let code = offer(&app, garment, &first).await;
    app.state.clock.advance(Duration::hours(72));
    assert!(matches!(accept(&app, garment, code.as_str(), &Secret::fresh()).await.unwrap(), Outcome::Wrong { .. }));
    let code = offer(&app, garment, &first).await;
    app.state.clock.advance(Duration::hours(72) - Duration::seconds(1));
    assert!(matches!(accept(&app, garment, code.as_str(), &Secret::fresh()).await.unwrap(), Outcome::Held(_)));
});

story!(two_who_enter_the_same_transfer_code_are_not_both_holders, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, first) = held(&app, &goods, 0).await;
    let code = offer(&app, garment, &first).await;
    let tries: Vec<_> = (0..5)
        .map(|_| {
            let (state, keys, code, today) = (app.state.clone(), keys(&app), code.clone(), app.state.today());
            actix_web::rt::spawn(async move {
                let (stamp, secret) = (state.stamp("holder"), Secret::fresh());
                state.store.write(move |db| holders::transfer_accept(db, &stamp, &keys, garment, code.as_str(), today, &secret)).await
            })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        won += i32::from(matches!(one.await.unwrap(), Ok(Outcome::Held(_))));
    }
    assert_eq!(won, 1);
});

story!(contact_is_asked_for_by_purpose_and_never_needed, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, secret) = held(&app, &goods, 0).await;
    assert_eq!(save(&app, garment, &secret, "13800138000", &[]).await.unwrap_err().code(), Code::Invalid);
    assert_eq!(save(&app, garment, &Secret::fresh(), "13800138000", &[Purpose::Recall]).await.unwrap_err().code(), Code::NotFound);
    save(&app, garment, &secret, "13800138000", &[Purpose::Recall, Purpose::Service, Purpose::Recall]).await.unwrap();
    let purposes = |opened: &holders::Opened| opened.1.iter().map(|consent| consent.purpose).collect::<Vec<_>>();
    let (inside, mine) = (keys(&app), secret.clone());
    let opened = app.look(move |db| holders::contact_of(db, &inside, garment, &mine)).await.unwrap();
    assert_eq!((opened.0.phone.as_str(), purposes(&opened)), ("13800138000", vec![Purpose::Service, Purpose::Recall]));
    // Taking one back is saving without it.
    save(&app, garment, &secret, "13800138000", &[Purpose::Recall]).await.unwrap();
    let (inside, mine) = (keys(&app), secret.clone());
    let opened = app.look(move |db| holders::contact_of(db, &inside, garment, &mine)).await.unwrap();
    assert_eq!(purposes(&opened), [Purpose::Recall]);
    // Facts say that something was saved and for what, never what.
    let facts = app.look(move |db| events::of(db, Subject::Garment(garment.0))).await;
    assert!(facts.iter().any(|fact| fact.kind == "garment.contact_sealed" && fact.body.contains("recall")));
    assert!(!facts.iter().any(|fact| fact.body.contains("1380013") || fact.body.contains("王") || fact.body.contains("wang")));
});

story!(a_holder_takes_everything_away, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, former) = held(&app, &goods, 0).await;
    save(&app, garment, &former, "13911112222", &[Purpose::Recall]).await.unwrap();
    app.state.clock.advance(Duration::hours(1));
    let code = offer(&app, garment, &former).await;
    let secret = Secret::fresh();
    app.state.clock.advance(Duration::hours(1));
    accept(&app, garment, code.as_str(), &secret).await.unwrap();
    save(&app, garment, &secret, "13800138000", &[Purpose::Service]).await.unwrap();
    let (inside, mine, now) = (keys(&app), secret.clone(), app.state.clock.now());
    let export = app.look(move |db| holders::export(db, &inside, garment, &mine, "HTTPS://ID.BRAND.CN/01/…", now)).await;
    let export = serde_json::to_value(&export).unwrap();
    assert_eq!(export["contact"]["phone"], "13800138000");
    assert_eq!(export["consents"][0]["purpose"], "service");
    assert_eq!(export["holder"]["seq"], 2);
    let text = export.to_string();
    assert!(!text.contains("13911112222"), "nothing of the former holder");
    assert!(!text.contains(&garment.0.to_string()), "our number of the garment is ours");
    let kinds: Vec<_> = export["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["garment.contact_erased", "garment.transferred", "garment.contact_sealed"]);
});

/// Every byte of the store's files.
fn bytes_of(app: &TestApp) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(app.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("hangtag.db") {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

fn has(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

story!(erasing_leaves_nothing_to_open, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let (_, secret) = held(&app, &goods, 0).await;
    save(&app, garment, &secret, "13800138000", &[Purpose::Service]).await.unwrap();
    let stored: Vec<(Part, Part)> =
        app.look(|db| Ok(each!(db, |c| contact::table.select((contact::sealed_key, contact::sealed)).load(c))?)).await;
    let (key, text) = (stored[0].0.clone().unwrap(), stored[0].1.clone().unwrap());
    if app.on == On::Sqlite {
        let before = bytes_of(&app);
        assert!(has(&before, &key) && has(&before, &text), "the sealed parts are in the file, so looking for them means something");
        assert!(!has(&before, b"13800138000") && !has(&before, "王女士".as_bytes()), "never in clear");
    }
    let (stamp, mine) = (app.state.stamp("holder"), secret.clone());
    app.write(move |db| holders::contact_erase(db, &stamp, garment, &mine)).await;
    let (inside, mine) = (keys(&app), secret.clone());
    assert_eq!(app.look(move |db| holders::contact_of(db, &inside, garment, &mine)).await, None);
    let left: Vec<(Part, Part, String)> =
        app.look(|db| Ok(each!(db, |c| contact::table.select((contact::sealed_key, contact::sealed, contact::consent)).load(c))?)).await;
    assert_eq!(left, [(None, None, "[]".to_owned())]);
    assert!(is_holder(&app, garment, &secret).await, "the holding itself stays");
    if app.on == On::Sqlite {
        // What the log held is gone with its next checkpoint, what the file held was overwritten.
        let hangtag::platform::db::DatabaseUrl::Sqlite(path) = &app.url else { panic!() };
        let mut own = diesel::sqlite::SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        diesel::connection::SimpleConnection::batch_execute(&mut own, "PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let after = bytes_of(&app);
        assert!(!has(&after, &key) && !has(&after, &text), "not even sealed");
        assert!(!has(&after, b"13800138000"));
    }
});

story!(staff_who_read_contact_are_recorded, |app| {
    let goods = app.goods(None, 5).await;
    let garment = goods.garment(0);
    let serial = goods.serial(&app, 0);
    let uri = format!("/api/v1/contacts/{serial}/read");
    let agent = app.api(Role::Agent).await;
    let why = json!({ "why": "service" });
    assert_eq!(agent.json("POST", &uri, &why).await.expect(404).code(), "not_found");
    let (_, secret) = held(&app, &goods, 0).await;
    save(&app, garment, &secret, "13800138000", &[Purpose::Service]).await.unwrap();
    let read = agent.json("POST", &uri, &why).await.expect(200).json();
    assert_eq!((read["contact"]["phone"].as_str(), read["consents"][0]["purpose"].as_str()), (Some("13800138000"), Some("service")));
    assert_eq!(agent.json("POST", &uri, &json!({ "why": "curiosity" })).await.expect(422).code(), "invalid");
    assert_eq!(agent.json("POST", &uri, &json!({ "why": "service", "note": "王" })).await.expect(422).code(), "invalid");
    let inspector = app.api(Role::Inspector).await;
    assert_eq!(inspector.json("POST", &uri, &why).await.expect(403).code(), "forbidden");
    app.send(Request::json("POST", &uri, &why)).await.expect(401);
    let facts = app.look(move |db| events::of(db, Subject::Garment(garment.0))).await;
    let reads: Vec<_> = facts.iter().filter(|fact| fact.kind == "account.contact_read").collect();
    assert_eq!(reads.len(), 1);
    assert!(reads[0].actor.starts_with("api:") && reads[0].body.contains("\"why\":\"service\""));
});

story!(an_error_of_the_store_is_no_answer_about_a_code, |app| {
    // A refused write leaves no trace: the count of tries lives only because a wrong code is not an error.
    let goods = app.goods(None, 5).await;
    let (garment, wrong, today) = (goods.garment(0), goods.claim_code(&app, 1), app.state.today());
    let (stamp, state) = (app.state.stamp("holder"), app.state.clone());
    let refused = app.state.store.write(move |db| {
        holders::claim(db, &stamp, &state.keys.serials, garment, &wrong, today, &Secret::fresh())?;
        Err::<(), _>(Error::from(Code::Stale))
    });
    assert_eq!(refused.await.unwrap_err().code(), Code::Stale);
    assert_eq!(claim(&app, garment, "ABCDE-FGHJK", &Secret::fresh()).await.unwrap(), Outcome::Wrong { left: 4 });
});
