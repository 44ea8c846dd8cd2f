//! The pages in a real browser. One store is enough here: what the stores answer is tested elsewhere.

use std::collections::BTreeSet;

use hangtag::kernel::text::Lang;
use hangtag::platform::config::Config;
use hangtag::platform::state::AppState;
use hangtag::staff::accounts::{self, Account, Role, Roles};
use serde_json::json;

use crate::support::browser::{Browser, Served, Tab};
use crate::support::season::GTIN;
use crate::support::{On, TestApp};

/// What every page of ours keeps to, however it was reached.
#[track_caller]
fn assert_fits(tab: &Tab<'_>, what: &str) {
    assert!(tab.overflow() <= 0.0, "{what} is {} pixels wider than its window", tab.overflow());
    assert!(!tab.text("h1").is_empty(), "{what} has a heading");
}

#[actix_web::test]
async fn a_buyer_reads_claims_and_passes_on_without_scripts() {
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::new(On::Sqlite);
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    let served = Served::start(&app.state);
    let label = format!("{}/01/{GTIN}/21/{}", served.url, season.serials[0]);
    let papers = format!("{}/card/{GTIN}/{}/mine", served.url, season.serials[0]);

    let phone = browser.tab("zh-CN,zh;q=0.9");
    phone.scripts(false);
    phone.size(320, 640);
    let visit = phone.open(&label);
    assert_eq!((visit.status, visit.requests, visit.complaints), (200, 1, vec![]));
    assert_eq!(phone.run("document.documentElement.lang"), "zh-CN");
    assert!(phone.text("#warranty").contains("2027年6月10日"), "{}", phone.text("#warranty"));
    assert_fits(&phone, "the card");
    let light = phone.run("getComputedStyle(document.body).backgroundColor");
    phone.media("screen", "dark");
    assert_ne!(phone.run("getComputedStyle(document.body).backgroundColor"), light, "dark where the phone is");
    for lang in ["zh-CN", "en"] {
        phone.text_size(200);
        phone.open(&format!("{label}?lang={lang}"));
        assert_eq!(phone.run("getComputedStyle(document.body).fontSize"), "32px");
        assert_fits(&phone, "the card at twice the size of text");
        assert_eq!(phone.open(&label).requests, 1);
        assert_eq!(phone.run("document.documentElement.lang"), "zh-CN", "an address that one was sent is no choice");
    }
    phone.text_size(100);
    // On paper: everything there is to read, nothing there is to press.
    assert!(phone.shows(".act") && !phone.shows("details p"));
    phone.size(794, 1123);
    phone.media("print", "dark");
    assert_fits(&phone, "the printed card");
    assert!(!phone.shows(".act") && phone.shows("summary") && phone.shows("details p"));
    assert_eq!(phone.run("getComputedStyle(document.querySelector('h2')).color"), "rgb(0, 0, 0)", "ink on paper, whatever the phone likes");
    phone.media("screen", "light");
    phone.size(320, 640);

    // A language once chosen stays chosen: the address of the label has none.
    phone.open(&label);
    assert_eq!(phone.run("document.documentElement.lang"), "zh-CN");
    assert_eq!(phone.press("header a[hreflang=en]").requests, 1);
    assert_eq!(phone.open(&label).status, 200);
    assert!(phone.text("#warranty").contains("Covered until 10 June 2027"));

    phone.press(".act .button");
    assert_fits(&phone, "the claim");
    phone.fill("input[name=code]", "AAAAA-AAAAA");
    assert_eq!(phone.press("main button").status, 422);
    assert!(phone.shows("[role=alert]"));
    assert_fits(&phone, "the claim refused");
    phone.fill("input[name=code]", &season.claim_codes[0]);
    let visit = phone.press("main button");
    assert_eq!((visit.status, visit.complaints), (200, vec![]));
    assert!(phone.shows(".qr svg"), "the recovery code");
    assert_eq!(phone.text("h1"), "Your garment's papers");
    assert_fits(&phone, "the holder's papers");
    phone.open(&label);
    assert!(phone.text(".act").contains("You hold this garment"));

    phone.open(&papers);
    assert_eq!(phone.press("form[action$='/mine/transfer'] button").status, 200);
    assert_fits(&phone, "the papers with a transfer code");
    let code = phone.text(".big.code");
    let friend = browser.tab("en");
    friend.scripts(false);
    assert_eq!(friend.open(&papers).status, 403, "not the friend's yet");
    assert_fits(&friend, "the papers of somebody else");
    friend.open(&label);
    friend.press(".act a");
    friend.fill("input[name=code]", &code);
    assert_eq!(friend.press("main button").status, 200);
    assert!(friend.shows(".qr svg"));
    assert_eq!((friend.open(&papers).status, phone.open(&papers).status), (200, 403));
}

#[actix_web::test]
async fn an_inspector_signs_in_and_is_led_to_work() {
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::new(On::Sqlite);
    let roles = Roles::from(vec![Role::Inspector]);
    let draft = Account { login: "chen".into(), name: "Chen".into(), roles, lang: Lang::En, ..Account::default() };
    accounts::add(&app.state, draft, Some("a line of four words")).await.unwrap();
    let served = Served::start(&app.state);
    let tab = browser.tab("zh-CN");
    tab.scripts(false);
    assert_eq!(tab.open(&format!("{}/findings/new", served.url)).status, 200);
    assert_fits(&tab, "the door");
    tab.fill("#login", "chen");
    tab.fill("#password", "a line of five words");
    assert_eq!(tab.press("main button").status, 401);
    assert!(tab.shows("[role=alert]"));
    assert_eq!(tab.run("document.querySelector('#login').value"), "chen", "nothing typed is lost");
    tab.fill("#password", "a line of four words");
    assert_eq!(tab.press("main button").status, 200);
    let (place, title) = (tab.run("location.pathname"), tab.text("h1"));
    assert_eq!((place.as_str(), title.as_str()), (Some("/findings/new"), "Log a finding"), "where they wanted to go, in their language");
    assert_eq!(tab.press("form[action^='/sign-out'] button").status, 200);
    assert_eq!(tab.run("location.pathname"), "/sign-in");
}

#[actix_web::test]
async fn every_page_of_every_menu_fits_a_phone_and_a_desk() {
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::new(On::Sqlite);
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    app.state.store.write(hangtag::inspection::defects::seed).await.unwrap();
    let inspector = app.api(Role::Inspector).await;
    let finding = json!({ "subject": season.serials[0], "defect": "pilling", "stage": "final" });
    inspector.json("POST", "/api/v1/findings", &finding).await.expect(201);
    let served = Served::start(&app.state);
    let mut seen = BTreeSet::new();
    for role in Role::ALL {
        let persona = app.persona(*role).await;
        let (name, value) = persona.cookie();
        let tab = browser.tab("en");
        tab.cookie(&served.url, name, value);
        assert_eq!(tab.open(&format!("{}/desk", served.url)).status, 200);
        let menu = tab.run("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href'))");
        let menu: Vec<String> = serde_json::from_value(menu).unwrap();
        assert!(!menu.is_empty(), "{role:?} has somewhere to go");
        for path in ["/desk", "/account"].into_iter().map(str::to_owned).chain(menu) {
            tab.size(390, 844);
            let visit = tab.open(&format!("{}{path}", served.url));
            assert_eq!((visit.status, visit.complaints), (200, vec![]), "{path} for {role:?}");
            assert_fits(&tab, &format!("{path} for {role:?} on a phone"));
            tab.size(1280, 800);
            assert_fits(&tab, &format!("{path} for {role:?} at a desk"));
            seen.insert(path);
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[actix_web::test]
async fn the_harness_would_notice() {
    // The other stories find nothing wrong; this one shows that they would.
    let Some(browser) = Browser::start() else { return };
    let app = TestApp::new(On::Sqlite);
    let served = Served::start(&AppState { config: Config::default().into(), ..app.state.clone() });
    let tab = browser.tab("en");
    tab.open(&served.url);
    assert!(tab.overflow() <= 0.0);
    tab.run("document.querySelector('h1').style.width = '800px'");
    assert!(tab.overflow() > 300.0);
    let visit = tab.open(&format!("{}/nowhere", served.url));
    assert_eq!((visit.status, visit.complaints.len()), (404, 1));
    let style = "document.head.append(Object.assign(document.createElement('style'), { textContent: 'b{color:red}' }))";
    tab.run(&format!("document.querySelector('main a').onclick = () => {{ {style} }}"));
    let refused = tab.press("main a").complaints;
    assert!(refused.iter().any(|complaint| complaint.contains("Content Security Policy")), "{refused:?}");
}
