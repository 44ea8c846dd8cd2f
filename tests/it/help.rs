//! Asking for help: from the card to a sent request, the page of it, withdrawing from the contract.

use std::io::Write;

use diesel::connection::SimpleConnection;
use hangtag::aftersales::cases;
use hangtag::each;
use hangtag::kernel::event::Subject;
use hangtag::kernel::text::Lang;
use hangtag::ownership::garments::{self, HoldKind};
use hangtag::platform::events;
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::production::batches;
use hangtag::production::parties::Role as PartyRole;
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::findings::{jpeg, multipart};
use crate::materials::load;
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

/// Somebody with a phone: they tap what stands on the page before them, and every tap is counted.
struct Phone<'a> {
    app: &'a TestApp,
    page: Answer,
    taps: usize,
    filled: Vec<(String, String)>,
}

impl<'a> Phone<'a> {
    async fn scans(app: &'a TestApp, uri: &str) -> Self {
        Self { app, page: page(app, uri, Lang::En, "").await.expect(200), taps: 0, filled: Vec::new() }
    }

    /// A link or a button that is a link, by its words.
    async fn follows(&mut self, words: &str) {
        let text = self.page.text();
        let before = &text[..text.find(&format!(">{words}</a>")).unwrap_or_else(|| panic!("{words} in {text}"))];
        let href = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().to_owned();
        self.page = page(self.app, &href, Lang::En, "").await.expect(200);
        self.taps += 1;
    }

    /// A choice of a form, by its words; what is folded away takes a tap to be seen.
    fn chooses(&mut self, words: &str) {
        let text = self.page.text();
        let before = &text[..text.find(&format!("<span>{words}</span>")).unwrap_or_else(|| panic!("{words} in {text}"))];
        let is_folded = before.matches("<details>").count() > before.matches("</details>").count();
        self.taps += usize::from(is_folded);
        let input = before.rsplit("<input").next().unwrap();
        let part = |name: &str| input.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.filled.push((part("name"), part("value")));
        self.taps += 1;
    }

    /// The button that sends the first form of the page.
    async fn sends(&mut self, words: &str) {
        let text = self.page.text().to_owned();
        let form = text.split("<form ").nth(1).unwrap().split("</form>").next().unwrap();
        assert!(form.contains(&format!("<button>{words}</button>")), "{form}");
        let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        for hidden in form.split("<input type=\"hidden\" name=\"").skip(1) {
            let value = hidden.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            self.filled.push((hidden.split('"').next().unwrap().to_owned(), value));
        }
        let fields: Vec<(&str, &str)> = self.filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let sent = self.app.send(multipart(&action, &fields, &[]).header("accept-language", "en")).await.expect(303);
        self.page = page(self.app, &goes_to(&sent), Lang::En, "").await.expect(200);
        self.taps += 1;
    }
}

story!(a_thumb_needs_three_taps, |app| {
    let season = world(&app).await;
    let mut phone = Phone::scans(&app, &base(&season, 0)).await;
    phone.follows("Something is wrong? Get help").await;
    phone.chooses("A button came off or is loose");
    phone.sends("Send it").await;
    assert_eq!(phone.taps, 3);
    assert!(phone.page.text().contains("It is with us"), "{}", phone.page.text());
    // What does not fit is as near; what is asked seldom is folded away, one tap further.
    for (unit, words, taps) in [(1, "Too small", 3), (2, "The parcel was damaged or wet", 4)] {
        let mut phone = Phone::scans(&app, &base(&season, unit)).await;
        phone.follows("Something is wrong? Get help").await;
        assert!(phone.page.text().split("<details").next().unwrap().matches("name=\"reason\"").count() <= 8, "few enough to be read");
        phone.chooses(words);
        phone.sends("Send it").await;
        assert_eq!(phone.taps, taps, "{words}");
    }
});

story!(what_is_offered_and_drawn_is_what_the_garment_has, |app| {
    let season = world(&app).await;
    let at = format!("{}/help", base(&season, 0));
    let form = |lang: Lang| page(&app, &at, lang, "");
    let is_a = |category: &'static str| {
        let (app, sql) = (&app, format!("UPDATE style SET category = '{category}'"));
        async move { app.sql(&sql).await.unwrap() }
    };
    let (button, zip, down, strap) = ("A button came off", "The zip does not work", "Down comes through", "A strap came off");
    for (category, shape, offered, left_out) in [
        ("T恤", "top", vec![], vec![button, zip, down, strap]),
        ("shirts", "shirt", vec![button], vec![zip, down, strap]),
        ("羽绒服", "jacket", vec![button, zip, down], vec![strap]),
        ("trousers", "trousers", vec![button, zip], vec![down, strap]),
        ("连衣裙", "dress", vec![zip, strap], vec![down]),
        ("intimate", "intimate", vec![strap], vec![button, zip, down]),
        ("uniforms", "uniform", vec![button, zip, "The reflective strip came off"], vec![down, strap]),
        // Nobody can say what it has: everything is offered.
        ("", "top", vec![button, zip, down, strap], vec![]),
    ] {
        is_a(category).await;
        for lang in Lang::ALL {
            let form = form(lang).await.expect(200);
            assert_sound(&form, lang);
            assert!(form.text().contains(&format!("class=\"shapes s-{shape}\"")), "{category}");
            assert_eq!(form.text().matches("<svg viewBox=\"0 0 200 240\"").count(), 2, "{category}");
            assert!(
                !form.text().contains("spot z-pocket_left") || matches!(shape, "shirt" | "jacket" | "trousers" | "uniform"),
                "{category}"
            );
        }
        let form = form(Lang::En).await;
        assert!(offered.iter().all(|words| form.text().contains(words)), "{category}: {}", form.text());
        assert!(left_out.iter().all(|words| !form.text().contains(words)), "{category}: {}", form.text());
    }
    // A T-shirt into whose batch buttons went has buttons; and so has one whose style says so.
    is_a("T恤").await;
    app.sql("UPDATE lot SET kind = 'button'").await.unwrap();
    assert!(form(Lang::En).await.text().contains(button));
    app.sql("UPDATE lot SET kind = 'fabric'; UPDATE batch_lot SET component = 'Zipper'").await.unwrap();
    assert!(form(Lang::En).await.text().contains(zip) && !form(Lang::En).await.text().contains(button));
    // The catalogue says which reason is about which part, and a deployment says otherwise.
    let admin = app.persona(Role::Admin).await;
    let mut reason = admin.get("/api/v1/reasons/button_off").await.expect(200).json();
    assert_eq!(reason["components"], json!("buttons"));
    reason["components"] = json!("wheels");
    assert_eq!(
        admin.json("PUT", "/api/v1/reasons/button_off", &reason).await.expect(422).json()["faults"][0]["field"],
        json!("components")
    );
    reason["components"] = json!("");
    admin.json("PUT", "/api/v1/reasons/button_off", &reason).await.expect(200);
    assert!(form(Lang::En).await.text().contains(button));
});

story!(the_desk_gets_the_address_of_the_buyers_page_once, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let fields = [("serials", season.serials[0].as_str()), ("reason", "button_off"), ("channel", "phone"), ("once", "o1")];
    let opened = agent.form("/cases/new?lang=en", &fields).await.expect(303);
    let (href, flash) = (goes_to(&opened), cookies(&opened));
    let set = opened.header("set-cookie").unwrap().to_owned();
    let (name, value) = agent.cookie();
    let look = |flash: &str| {
        let request = Request::get(&format!("{href}?lang=en")).html().header("cookie", &format!("{name}={value}; {flash}"));
        app.send(request)
    };
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict") && set.contains(&format!("Path={href}")), "{set}");
    let shown = look(&flash).await.expect(200);
    let address =
        shown.text().split("id=\"status\" class=\"code\" readonly value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let uri = &address[address.find("/help/").unwrap()..];
    assert!(page(&app, uri, Lang::En, "").await.expect(200).text().contains("Received"));
    // The browser forgets it with the first look, and the store never knew it.
    assert!(shown.header("set-cookie").unwrap().contains("Max-Age=0"), "{:?}", shown.header("set-cookie"));
    assert!(!agent.page(&format!("{href}?lang=en")).await.expect(200).text().contains("id=\"status-link\""));
    assert!(!look("opened=00000000000000000000000000000000").await.expect(200).text().contains("id=\"status-link\""));
    // By a program; sent again with its key it is the same address.
    let ask = json!({ "lines": [{ "serial": season.serials[1], "reason": "hole" }] });
    let mut told = Vec::new();
    for _ in 0..2 {
        let request = Request::json("POST", "/api/v1/cases", &ask).header("idempotency-key", "PO-1");
        let opened = agent.send(request).await.expect(201).json();
        told.push(opened["status"].as_str().unwrap().to_owned());
        assert!(opened["no"].is_string());
    }
    assert_eq!(told[0], told[1]);
    page(&app, &told[0][told[0].find("/help/").unwrap()..], Lang::En, "").await.expect(200);
});

story!(what_a_buyer_left_is_erased_whole, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let at = base(&season, 0);
    // Words and a picture, and no contact.
    let sent = send(&app, &at, &"a".repeat(24), "", &[("reason", "hole"), ("words", "my cat did it")], &[jpeg(40, 30)]).await.expect(303);
    let own = goes_to(&sent).replace("?sent", "");
    let no = own.split('/').nth(2).unwrap().to_owned();
    assert!(page(&app, &own, Lang::En, "").await.text().contains("Erase what I left"));
    let case = || async { agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json() };
    assert_eq!(case().await["photos"].as_array().unwrap().len(), 1);
    app.send(Request::form(&format!("{own}/take-back"), &[]).html()).await.expect(303);
    app.send(Request::form(&format!("{own}/erase"), &[]).html()).await.expect(303);
    let after = case().await;
    assert_eq!((&after["photos"], &after["lines"][0]["words"]), (&json!([]), &json!("")));
    assert_eq!(
        (&after["lines"][0]["reason"], &after["lines"][0]["defect"]),
        (&json!("hole"), &json!("fabric_torn")),
        "what happened stays"
    );
    assert!(!page(&app, &own, Lang::En, "").await.expect(200).text().contains("Erase what I left"));
    assert!(agent.page(&format!("/cases/{no}?lang=en")).await.text().contains("Erased at their request"));
});

story!(every_kind_of_garment_is_answered_clearly, |app| {
    let season = world(&app).await;
    let agent = app.persona(Role::Agent).await;
    let facts_of = |sent: Answer| {
        let no = goes_to(&sent).split('/').nth(2).unwrap().to_owned();
        let agent = &agent;
        async move { agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()["lines"][0]["facts"].to_string() }
    };
    // Void: answered as one that was never issued, whatever is asked.
    let (stamp, no) = (app.state.stamp("system"), season.batch);
    app.write(move |db| batches::void_units(db, &stamp, no, &[5..6], "torn").map(drop)).await;
    for path in ["help", "withdraw"] {
        page(&app, &format!("{}/{path}", base(&season, 5)), Lang::En, "").await.expect(404);
    }
    send(&app, &base(&season, 5), &"a".repeat(24), "", &[("reason", "hole")], &[]).await.expect(404);
    // Recalled: stop wearing it, and the free remedy comes first.
    let (stamp, garment) = (app.state.stamp("staff:manager"), season.garments[1]);
    app.write(move |db| garments::hold(db, &stamp, garment, HoldKind::Recall, "RC-1")).await;
    for (lang, words) in [(Lang::Zh, "请停止穿着"), (Lang::En, "please stop wearing it")] {
        let form = page(&app, &format!("{}/help", base(&season, 1)), lang, "").await.expect(200);
        assert_sound(&form, lang);
        assert!(form.text().contains(words), "{}", form.text());
        let first = form.text().split("<h2>").nth(1).unwrap().split("</h2>").next().unwrap().to_owned();
        assert!(first.contains(lang.of("召回", "Recall")), "{first}");
    }
    send(&app, &base(&season, 1), &"b".repeat(24), "", &[("reason", "hole")], &[]).await.expect(303);
    // Of a batch whose lots nobody recorded: heard, and the desk is told.
    let goods = app.goods(None, 3).await;
    let at = format!("/card/{}/{}", goods.gtin, goods.serial(&app, 0));
    page(&app, &format!("{at}/help"), Lang::En, "").await.expect(200);
    let sent = send(&app, &at, &"c".repeat(24), "", &[("reason", "hole")], &[]).await.expect(303);
    let facts = facts_of(sent).await;
    assert!(facts.contains("no_lots") && facts.contains("unsold"), "{facts}");
    // With a serial that somebody else gave it.
    let admin = app.api(Role::Admin).await;
    let sku = admin.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json()["sku"].clone();
    let (_, factory) = app.party(PartyRole::Factory).await;
    let batch = json!({ "code": "F", "sku": sku, "factory": factory, "planned": 9, "origin": "foreign" });
    admin.json("POST", "/api/v1/batches", &batch).await.expect(201);
    assert_eq!(load(&app, batches::GARMENTS, "serial,gtin,batch_code,unit\na7-Q,,F,\n", Mode::Apply).added, 1);
    let at = format!("/card/{}/a7-Q", goods.gtin);
    assert_sound(&page(&app, &format!("{at}/help"), Lang::En, "").await.expect(200), Lang::En);
    let sent = send(&app, &at, &"d".repeat(24), "", &[("reason", "hole")], &[]).await.expect(303);
    assert!(facts_of(sent).await.contains("foreign"));
    page(&app, &format!("{at}/withdraw"), Lang::En, "").await.expect(200);
});

story!(two_thousand_garments_of_one_order_from_a_file, |app| {
    app.seed().await;
    let goods = app.goods(None, 2_050).await;
    let (agent, table) = (app.persona(Role::Agent).await, hangtag::app::import_tables().get("case_garments").unwrap());
    let row = |unit: i64, order: &str, reason: &str| format!("{order},{},{reason},repair\n", goods.serial(&app, unit));
    let head = "订单号,序列号,原因,希望\n";
    let wrong = format!(
        "{head}{}{}{}PO-1,A7Q,hole,repair\n{}PO-1,{},hole,sing\n",
        row(0, "PO-1", "hole"),
        row(0, "PO-1", "hole"),
        row(1, "PO-1", "a hole in it"),
        row(2, "PO-1", ""),
        goods.serial(&app, 3),
    );
    let report = load(&app, table, &wrong, Mode::Apply);
    let faults: Vec<(u64, String)> = report.faults.iter().map(|fault| (fault.line.unwrap(), fault.code.clone())).collect();
    assert_eq!(report.outcome, Outcome::Refused);
    for expected in [(3, "duplicate"), (4, "unknown_reference"), (6, "missing"), (7, "not_one_of")] {
        assert!(faults.contains(&(expected.0, expected.1.to_owned())), "{expected:?} in {faults:?}");
    }
    assert!(faults.iter().any(|(line, _)| *line == 5), "no such serial: {faults:?}");
    assert_eq!(agent.get("/api/v1/cases?state=all").await.json()["items"], json!([]), "and nothing is written");

    let file: String = (0..2_000).map(|unit| row(unit, "PO-1", if unit < 1_000 { "hole" } else { "开线了" })).collect();
    let file = format!("{head}{file}{}", row(2_001, "PO-2", "pilling"));
    let looked = load(&app, table, &file, Mode::DryRun);
    assert_eq!((looked.added, looked.fault_count), (2_001, 0), "{:?}", looked.faults);
    assert_eq!(agent.get("/api/v1/cases?state=all").await.json()["items"], json!([]));
    let done = load(&app, table, &file, Mode::Apply);
    assert_eq!((done.outcome, done.added), (Outcome::Applied, 2_001), "{:?}", done.faults);
    let list = agent.get("/api/v1/cases?state=all").await.expect(200).json();
    let seen: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|case| (&case["order_no"], &case["garments"], &case["channel"])).collect();
    assert_eq!(seen.len(), 2, "{list}");
    assert!(seen.contains(&(&json!("PO-1"), &json!(2_000), &json!("mail"))) && seen.contains(&(&json!("PO-2"), &json!(1), &json!("mail"))));
    let no = list["items"].as_array().unwrap().iter().find(|case| case["order_no"] == "PO-1").unwrap()["no"].as_str().unwrap().to_owned();
    let case = agent.get(&format!("/api/v1/cases/{no}")).await.expect(200).json();
    assert_eq!((&case["severity"], &case["lines"][1_500]["reason"]), (&json!("critical"), &json!("seam_open")));
    // The same file again is no second case; another order's is told where the garment is.
    let again = load(&app, table, &file, Mode::Apply);
    assert_eq!((again.outcome, again.added, again.unchanged), (Outcome::Applied, 0, 2_001), "{:?}", again.faults);
    let other = load(&app, table, &format!("{head}{}", row(7, "PO-3", "hole")), Mode::Apply);
    assert_eq!((other.outcome, other.faults[0].code.as_str(), other.faults[0].line), (Outcome::Refused, "case_open", Some(2)));
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
    // What is found so is to read only, and why is said: what is on a parcel proves nothing.
    let found = find("web-1", "8000").await.expect(200);
    assert!(found.text().contains(&no) && found.text().contains("to read only") && !found.text().contains("/write"), "{}", found.text());
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
    // It is our turn, and our time counts again.
    let (of, now) = (no.clone(), app.state.clock.now());
    let clocks = app.look(move |db| {
        let case = cases::by_no(db, &of)?.unwrap().id;
        hangtag::aftersales::service_levels::of(db, case, now)
    });
    let stands_still = hangtag::aftersales::service_levels::ClockState::Paused;
    assert!(clocks.await.iter().all(|clock| clock.state != stands_still));
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
