//! Asking for help: from the card to a sent request, the page of it, withdrawing from the contract.

use std::io::Write;

use diesel::connection::SimpleConnection;
use hangtag::aftersales::cases;
use hangtag::each;
use hangtag::kernel::event::Subject;
use hangtag::kernel::text::Lang;
use hangtag::platform::events;
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::findings::{jpeg, multipart};
use crate::story;
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

fn base(season: &Season, unit: usize) -> String {
    format!("/card/{GTIN}/{}", season.serials[unit])
}

/// A page as a phone asks for it, with what its browser keeps.
async fn page(app: &TestApp, uri: &str, lang: Lang, cookie: &str) -> Answer {
    app.send(Request::get(uri).html().header("accept-language", lang.tag()).header("cookie", cookie)).await
}

/// The cookies an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let pairs: Vec<&str> = answer.headers.get_all("set-cookie").map(|one| one.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

fn once(answer: &Answer) -> String {
    answer.text().split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn goes_to(answer: &Answer) -> String {
    answer.header("location").unwrap().to_owned()
}

/// Sends the form of a garment; `key` is the form's own.
async fn send(app: &TestApp, at: &str, key: &str, cookie: &str, fields: &[(&str, &str)], photos: &[Vec<u8>]) -> Answer {
    let all: Vec<(&str, &str)> = [("csrf", ""), ("once", key)].into_iter().chain(fields.iter().copied()).collect();
    app.send(multipart(&format!("{at}/help"), &all, photos).header("cookie", cookie).header("accept-language", "en")).await
}

/// What every public page keeps to.
fn assert_sound(answer: &Answer, lang: Lang) {
    let text = answer.text();
    assert!(!text.contains("<script") && !text.contains(" style=") && !text.contains(" onclick"));
    assert!(text.contains(&format!("<html lang=\"{}\"", lang.tag())) && text.contains("noindex"));
    assert_eq!(text.matches("<h1").count(), 1, "{text}");
    for prefix in [">help-", ">card-", ">mine-", ">cases-", ">holders-"] {
        assert!(!text.contains(prefix), "{prefix} in {text}");
    }
    let mut ids: Vec<&str> = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    writer.write_all(&answer.body).unwrap();
    let bytes = writer.into_inner().len();
    assert!(bytes <= 14 * 1024, "{bytes} bytes");
}

story!(three_taps_from_the_card_to_a_sent_request, |app| {
    let season = world(&app).await;
    let at = base(&season, 0);
    // The first tap is on the card.
    for (lang, words) in [(Lang::Zh, "纽扣掉了或松了"), (Lang::En, "A button came off or is loose")] {
        assert!(page(&app, &at, lang, "").await.expect(200).text().contains(&format!("href=\"{at}/help\"")));
        let form = page(&app, &format!("{at}/help"), lang, "").await.expect(200);
        assert_sound(&form, lang);
        assert!(form.text().contains(words) && form.text().contains("z-cuff_left") && !form.text().contains("value=\"withdrawal\""));
    }
    let form = page(&app, &format!("{at}/help"), Lang::En, "").await;
    // The second on what is wrong, the third sends it.
    let key = once(&form);
    let sent = send(&app, &at, &key, "", &[("reason", "button_off")], &[]).await.expect(303);
    let (mine, cookie) = (goes_to(&sent), cookies(&sent));
    assert!(mine.starts_with("/help/260615-") && mine.ends_with("?sent"), "{mine}");
    for lang in Lang::ALL {
        let told = page(&app, &mine, lang, "").await.expect(200);
        assert_sound(&told, lang);
        assert!(told.text().contains(lang.of("已收到", "Received")) && told.text().contains(mine.strip_suffix("?sent").unwrap()));
    }
    // Pressed twice it is one request; from its own browser a second one leads to the first, from any other it is told no more.
    assert_eq!(goes_to(&send(&app, &at, &key, "", &[("reason", "button_off")], &[]).await.expect(303)), mine);
    let own = send(&app, &at, &"b".repeat(24), &cookie, &[("reason", "pilling")], &[]).await.expect(303);
    assert_eq!(goes_to(&own), mine.strip_suffix("?sent").unwrap());
    assert_eq!(goes_to(&page(&app, &format!("{at}/help"), Lang::En, &cookie).await.expect(303)), mine.strip_suffix("?sent").unwrap());
    let no = mine.split('/').nth(2).unwrap();
    for other in
        [send(&app, &at, &"c".repeat(24), "", &[("reason", "pilling")], &[]).await, page(&app, &format!("{at}/help"), Lang::En, "").await]
    {
        let other = other.expect(409);
        assert!(other.text().contains("being worked on already") && !other.text().contains(no));
        assert_sound(&other, Lang::En);
    }
    assert_eq!(goes_to(&page(&app, &format!("/help/{no}"), Lang::En, &cookie).await.expect(303)), mine.strip_suffix("?sent").unwrap());
    assert_eq!(goes_to(&page(&app, &format!("/help/{no}"), Lang::En, "").await.expect(303)), "/help");
    page(&app, &format!("/help/{no}/{}", "0".repeat(32)), Lang::En, "").await.expect(404);
    page(&app, &format!("/help/{no}/x"), Lang::En, "").await.expect(404);
    // The desk has it; the garment's history says that help was asked for, and the store has neither secret nor words in an event.
    let agent = app.persona(Role::Agent).await;
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&case["kind"], &case["channel"], &case["lines"][0]["wanted"]), (&json!("repair"), &json!("card"), &json!("repair")));
    assert_eq!(case["opened_by"], json!("buyer"));
    let garment = season.garments[0].0;
    let facts = app.look(move |db| events::of(db, Subject::Garment(garment))).await;
    assert_eq!(facts.last().unwrap().kind, "garment.help_asked");
    assert!(page(&app, &at, Lang::En, "").await.text().contains("Help was asked for"));
});

story!(photos_words_and_a_contact_are_kept_for_the_desk_alone, |app| {
    let season = world(&app).await;
    let at = base(&season, 1);
    let fields = [
        ("reason", "seam_open"),
        ("zone", "cuff_left"),
        ("wanted", "exchange"),
        ("words", "左袖开线，王女士"),
        ("name", "王女士"),
        ("phone", "138 0013 8000"),
        ("email", ""),
        ("order_no", "WEB-1"),
        ("service", "yes"),
    ];
    // What is wrong stands beside its field, and what was written comes back.
    let wrong = send(&app, &at, &"a".repeat(24), "", &[("reason", ""), ("words", "hello"), ("phone", "call me")], &[]).await.expect(422);
    assert!(wrong.text().contains("hello") && wrong.text().contains("id=\"reason-fault\""));
    let wrong = send(&app, &at, &"a".repeat(24), "", &[("reason", "hole"), ("phone", "call me")], &[]).await.expect(422);
    assert!(wrong.text().contains("value=\"call me\"") && wrong.text().matches("class=\"fault\"").count() == 2, "the number, and what for");
    let gif = send(&app, &at, &"a".repeat(24), "", &[("reason", "hole")], &[b"GIF89a".to_vec()]).await.expect(422);
    assert_sound(&gif, Lang::En);
    for wanted in ["withdraw", "gold"] {
        let odd = send(&app, &at, &"d".repeat(24), "", &[("reason", "nonsense"), ("wanted", wanted)], &[]).await.expect(422);
        assert_sound(&odd, Lang::En);
    }
    let sent = send(&app, &at, &"e".repeat(24), "", &fields, &[jpeg(40, 30)]).await.expect(303);
    let mine = goes_to(&sent);
    let no = mine.split('/').nth(2).unwrap().to_owned();
    let told = page(&app, &mine, Lang::En, "").await.expect(200);
    assert!(told.text().contains("A seam has come open") && !told.text().contains("8000"), "the page shows nothing of a person");
    let agent = app.persona(Role::Agent).await;
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&case["lines"][0]["words"], &case["lines"][0]["zone"]), (&json!("左袖开线，王女士"), &json!("cuff_left")));
    assert_eq!((&case["order_no"], case["photos"].as_array().unwrap().len()), (&json!("WEB-1"), 1));
    // Found again by the order's number and the end of the telephone number, and by nothing less.
    let find = |order: &'static str, tail: &'static str| {
        let app = &app;
        async move { app.send(Request::form("/help?lang=en", &[("order_no", order), ("tail", tail)]).html()).await }
    };
    assert!(find("web-1", "8000").await.expect(200).text().contains(&no));
    let (wrong, unknown) = (find("WEB-1", "8001").await.expect(404), find("WEB-2", "8000").await.expect(404));
    let bare = |answer: &Answer| answer.text().replace("WEB-1", "").replace("WEB-2", "");
    assert_eq!(bare(&wrong), bare(&unknown), "whatever is wrong, the answer is the same");
    assert_eq!(bare(&find("WEB-2", "").await.expect(404)), bare(&unknown));
    for _ in 0..4 {
        find("WEB-1", "0000").await;
    }
    find("WEB-1", "8000").await.expect(429);
    // Erased when they want it, and not before it is answered.
    let own = mine.strip_suffix("?sent").unwrap();
    let early = app.send(Request::form(&format!("{own}/erase"), &[]).html().header("accept-language", "en")).await.expect(409);
    assert!(early.text().contains("marked “New”"), "{}", early.text());
    agent
        .json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "note", "audience": "buyer", "body": "Please send a photo." }))
        .await
        .expect(200);
    agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "step", "to": "in_progress" })).await.expect(200);
    agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &json!({ "act": "step", "to": "waiting_customer" })).await.expect(200);
    let turn = page(&app, own, Lang::En, "").await.expect(200);
    assert!(turn.text().contains("It is your turn") && turn.text().contains("Please send a photo."));
    let write = |fields: &[(&str, &str)], photos: &[Vec<u8>]| {
        let request = multipart(&format!("{own}/write"), fields, photos).header("accept-language", "en");
        app.send(request)
    };
    write(&[("csrf", ""), ("once", "w1"), ("words", "")], &[]).await.expect(422);
    let letter = [("csrf", ""), ("once", "w2"), ("words", "Here it is, 138 0013 8000")];
    for _ in 0..2 {
        write(&letter, &[jpeg(50, 20)]).await.expect(303);
    }
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.json();
    assert_eq!(
        (&case["state"], case["notes"].as_array().unwrap().len(), case["photos"].as_array().unwrap().len()),
        (&json!("in_progress"), 2, 2)
    );
    app.send(Request::form(&format!("{own}/take-back"), &[]).html()).await.expect(303);
    app.send(Request::form(&format!("{own}/take-back"), &[]).html()).await.expect(409);
    write(&[("csrf", ""), ("once", "w3"), ("words", "late")], &[]).await.expect(409);
    app.send(Request::form(&format!("{own}/erase"), &[]).html()).await.expect(303);
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.json();
    assert_eq!((&case["lines"][0]["words"], &case["notes"][1]["body"]), (&json!(""), &json!("")));
    assert!(agent.page(&format!("/cases/{no}?lang=en")).await.text().contains("Erased at their request"));
    assert!(!page(&app, own, Lang::En, "").await.expect(200).text().contains("Erase what I left"));
});

story!(two_phones_at_once, |app| {
    let season = world(&app).await;
    let at = base(&season, 2);
    // One form, sent by two phones in the same instant: one request, and both are led to it.
    let key = "f".repeat(24);
    let sends = (0..2).map(|_| send(&app, &at, &key, "", &[("reason", "hole")], &[]));
    let places: Vec<String> = futures_util::future::join_all(sends).await.into_iter().map(|answer| goes_to(&answer.expect(303))).collect();
    assert_eq!(places[0], places[1]);
    // Two forms of two phones: one wins.
    let at = base(&season, 3);
    let keys = ["1".repeat(24), "2".repeat(24)];
    let sends = keys.iter().map(|key| send(&app, &at, key, "", &[("reason", "hole")], &[]));
    let mut status: Vec<u16> = futures_util::future::join_all(sends).await.into_iter().map(|answer| answer.status.as_u16()).collect();
    status.sort_unstable();
    assert_eq!(status, [303, 409]);
});

story!(a_garment_that_changed_hands_in_between, |app| {
    let season = world(&app).await;
    let at = base(&season, 0);
    let claimed = app.send(Request::form(&format!("{at}/claim"), &[("code", &season.claim_codes[0])]).html()).await.expect(200);
    let seller = cookies(&claimed);
    let sent = send(&app, &at, &"a".repeat(24), &seller, &[("reason", "zip_broken")], &[]).await.expect(303);
    let (mine, of_case) = (goes_to(&sent), cookies(&sent));
    let offered = app.send(Request::form(&format!("{at}/mine/transfer?lang=en"), &[]).html().header("cookie", &seller)).await.expect(200);
    let code = offered.text().split("<p class=\"big code\" translate=\"no\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let taken = app.send(Request::form(&format!("{at}/transfer"), &[("code", &code)]).html()).await.expect(200);
    let buyer = cookies(&taken);
    // The new holder learns that something is under way and nothing of it; the former keeps their own page.
    let told = page(&app, &format!("{at}/help"), Lang::En, &buyer).await.expect(409);
    assert!(!told.text().contains(mine.split('/').nth(2).unwrap()));
    assert_eq!(goes_to(&page(&app, &format!("{at}/help"), Lang::En, &of_case).await.expect(303)), mine.strip_suffix("?sent").unwrap());
    page(&app, &mine, Lang::En, &buyer).await.expect(200);
});

story!(what_is_no_garment_to_ask_about_is_said, |app| {
    let season = world(&app).await;
    // A slip of the keys, a serial of nobody, a void one.
    let serial = &season.serials[5];
    let slip = if serial.ends_with('0') { format!("{}1", &serial[..19]) } else { format!("{}0", &serial[..19]) };
    for at in [format!("/card/{GTIN}/{slip}"), format!("/card/{GTIN}/00000000000000000000")] {
        page(&app, &format!("{at}/help"), Lang::En, "").await.expect(404);
        send(&app, &at, &"a".repeat(24), "", &[("reason", "hole")], &[]).await.expect(404);
        page(&app, &format!("{at}/withdraw"), Lang::En, "").await.expect(404);
    }
    // Never sold as far as we know: it is heard, and told what it may need.
    let unsold = page(&app, &format!("{}/help", base(&season, 6)), Lang::En, "").await.expect(200);
    assert!(unsold.text().contains("We have no record of the sale"));
    send(&app, &base(&season, 6), &"a".repeat(24), "", &[("reason", "hole")], &[]).await.expect(303);
    // On hold.
    let no = season.batch.0;
    app.write(move |db| Ok(each!(db, |c| c.batch_execute(&format!("UPDATE batch SET status = 'hold' WHERE no = {no}")))?)).await;
    assert!(page(&app, &format!("{}/help", base(&season, 0)), Lang::En, "").await.expect(200).text().contains("do not wear"));
    // Given back.
    let (stamp, zone, garment, today) = (app.state.stamp("system"), app.state.config.time_zone, season.garments[0], app.state.today());
    app.write(move |db| hangtag::ownership::sales::end_sale(db, &stamp, zone, garment, today).map(drop)).await;
    for answer in [
        page(&app, &format!("{}/help", base(&season, 0)), Lang::En, "").await,
        send(&app, &base(&season, 0), &"a".repeat(24), "", &[("reason", "hole")], &[]).await,
    ] {
        assert!(answer.expect(409).text().contains("was given back"));
    }
});

/// The second step of a withdrawal, confirmed.
async fn withdraw(app: &TestApp, at: &str, key: &str, cookie: &str, more: &[(&str, &str)]) -> Answer {
    let fields: Vec<(&str, &str)> = [("once", key), ("confirm", "yes")].into_iter().chain(more.iter().copied()).collect();
    app.send(Request::form(&format!("{at}/withdraw?lang=en"), &fields).html().header("cookie", cookie)).await
}

story!(a_withdrawal_is_two_steps_and_has_a_receipt, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let at = base(&season, 0);
    for lang in Lang::ALL {
        let first = page(&app, &format!("{at}/withdraw"), lang, "").await.expect(200);
        assert_sound(&first, lang);
        assert!(!first.text().contains("name=\"confirm\"") && !first.text().contains("name=\"reason\""), "no reason is asked");
    }
    // The first step writes nothing.
    let fields =
        [("name", "Li"), ("order_no", "WEB-9"), ("email", "li@example.com"), ("service", "yes"), ("once", "ffffffffffffffffffffffff")];
    let second = app.send(Request::form(&format!("{at}/withdraw?lang=en"), &fields).html()).await.expect(200);
    assert!(second.text().contains("Confirm the withdrawal") && second.text().contains("li@example.com"));
    let wrong = app.send(Request::form(&format!("{at}/withdraw?lang=en"), &[("email", "li"), ("confirm", "yes")]).html()).await.expect(422);
    assert_sound(&wrong, Lang::En);
    assert_eq!(agent.get("/api/v1/cases?state=all").await.json()["items"], json!([]));
    // The second is received to the second, however often it is sent; what comes later does not change the receipt.
    let received = withdraw(&app, &at, "ffffffffffffffffffffffff", "", &fields[..4]).await.expect(303);
    let receipt = goes_to(&received);
    app.state.clock.advance(chrono::Duration::seconds(61));
    let again = withdraw(&app, &at, "ffffffffffffffffffffffff", "", &fields[..4]).await.expect(303);
    assert_eq!(goes_to(&again), receipt);
    let shown = page(&app, &receipt, Lang::En, "").await.expect(200);
    assert_sound(&shown, Lang::En);
    assert!(shown.text().contains("2026-06-15 20:00:00 (Asia/Shanghai)"), "{}", shown.text());
    let no = receipt.split('/').nth(2).unwrap();
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!(
        (&case["kind"], &case["order_no"], &case["lines"][0]["wanted"]),
        (&json!("withdrawal"), &json!("WEB-9"), &json!("withdraw"))
    );
    assert_eq!(case["withdrawn_at"], case["opened_at"]);

    // After a return was opened: of one's own browser it becomes the withdrawal.
    let at = base(&season, 1);
    let sent = send(&app, &at, &"a".repeat(24), "", &[("reason", "changed_mind")], &[]).await.expect(303);
    let (mine, cookie) = (goes_to(&sent), cookies(&sent));
    app.state.clock.advance(chrono::Duration::seconds(60));
    let received = withdraw(&app, &at, &"b".repeat(24), &cookie, &[("name", "Li")]).await.expect(303);
    let own = mine.strip_suffix("?sent").unwrap();
    assert_eq!(goes_to(&received), format!("{own}/receipt"));
    let no = mine.split('/').nth(2).unwrap();
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.json();
    assert_eq!((&case["kind"], &case["lines"][0]["wanted"]), (&json!("withdrawal"), &json!("withdraw")));
    assert_ne!(case["withdrawn_at"], case["opened_at"]);
    assert_eq!(case["notes"][0]["body"], json!("Li"), "what they say about themselves is for the desk");
    // From the page of the request it is declared too; twice is once.
    let at = base(&season, 2);
    let own = goes_to(&send(&app, &at, &"c".repeat(24), "", &[("reason", "too_small")], &[]).await.expect(303)).replace("?sent", "");
    assert!(page(&app, &own, Lang::En, "").await.text().contains(&format!("{own}/withdraw")));
    assert_sound(&page(&app, &format!("{own}/withdraw"), Lang::En, "").await.expect(200), Lang::En);
    for _ in 0..2 {
        let done = app.send(Request::form(&format!("{own}/withdraw"), &[("confirm", "yes")]).html()).await.expect(303);
        page(&app, &goes_to(&done), Lang::En, "").await.expect(200);
    }
    page(&app, &format!("{own}/receipt"), Lang::Zh, "").await.expect(200);

    // By somebody else it is received as well: it has a receipt of its own, and gives nothing of the other request away.
    let other = withdraw(&app, &at, &"d".repeat(24), "", &[("name", "Zhao"), ("order_no", "WEB-7")]).await.expect(200);
    assert!(other.text().contains("Receipt number") && !other.text().contains(own.split('/').nth(2).unwrap()));
    let case = agent.get(&format!("/api/v1/cases/{}", own.split('/').nth(2).unwrap())).await.json();
    assert_eq!(case["notes"][0]["body"], json!("Zhao · WEB-7"));
    // A name alone is enough, and nothing at all is as well.
    for (unit, fields) in [(3, vec![("name", "Sun")]), (7, Vec::new())] {
        withdraw(&app, &base(&season, unit), &format!("{unit:024}"), "", &fields).await.expect(303);
    }
    // What is over has nothing to be withdrawn in.
    app.send(Request::form(&format!("{own}/take-back"), &[]).html()).await.expect(303);
    app.send(Request::form(&format!("{own}/withdraw?lang=en"), &[("confirm", "yes")]).html()).await.expect(409);
});

story!(nobody_floods_the_desk, |app| {
    let season = world(&app).await;
    let mut last = 0;
    for try_no in 0..25 {
        last = send(&app, &base(&season, 0), &format!("{try_no:024}"), "", &[("reason", "")], &[]).await.status.as_u16();
    }
    assert_eq!(last, 429);
    let found = app.look(|db| Ok(cases::by_no(db, "260615-00000")?.is_some()));
    assert!(!found.await);
});
