//! The buyer's pages.

use std::io::Write;

use hangtag::kernel::GarmentId;
use hangtag::kernel::text::Lang;
use hangtag::platform::rooms::{Sees, seen};
use hangtag::production::corrections::correct;
use hangtag::production::skus::SkuView;

use crate::story;
use crate::support::season::{GTIN, Season};
use crate::support::{Answer, Request, TestApp, watch};

fn base(season: &Season, unit: usize) -> String {
    format!("/card/{GTIN}/{}", season.serials[unit])
}

async fn page(app: &TestApp, uri: &str, lang: Lang) -> Answer {
    app.send(Request::get(uri).html().header("accept-language", lang.tag())).await
}

/// The cookies an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let pairs: Vec<String> =
        answer.headers.get_all("set-cookie").map(|one| one.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
    pairs.join("; ")
}

/// What every public page keeps to.
fn assert_sound(answer: &Answer, lang: Lang) {
    let text = answer.text();
    assert!(!text.contains("<script") && !text.contains("javascript:") && !text.contains(" onclick"));
    assert!(text.contains(&format!("<html lang=\"{}\"", lang.tag())));
    assert!(text.contains("width=device-width") && text.contains("noindex"));
    assert_eq!(text.matches("<h1").count(), 1);
    assert!(!text.contains("src=\"http") && !text.contains("@import"), "one request");
    // A message nobody translated shows as its key.
    for prefix in [">card-", ">claim-", ">mine-", ">home-", ">unissued-", ">transfer-", ">link-"] {
        assert!(!text.contains(prefix), "{prefix} in {text}");
    }
}

fn brotli(body: &[u8]) -> usize {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    writer.write_all(body).unwrap();
    writer.into_inner().len()
}

story!(the_card_says_all_of_it_in_both_languages_within_its_budget, |app| {
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    for (lang, words) in [
        (
            Lang::Zh,
            [
                "府绸长袖衬衫",
                "质保至 2027年6月10日",
                "面料、缝线、拉链的质量问题。",
                "棉 95% 氨纶 5%",
                "越南",
                "FZ/T 81007-2022",
                "GB 18401-2010 B类",
                "会缩水吗？",
                "浙江省绍兴市柯桥区 1 号",
                "已售出",
            ],
        ),
        (
            Lang::En,
            [
                "Poplin shirt",
                "Covered until 10 June 2027",
                "Faults of fabric, seams and zips.",
                "95% cotton, 5% elastane",
                "Viet",
                "FZ/T 81007-2022",
                "GB 18401-2010 class B",
                "Does it shrink?",
                "1 Keqiao, Shaoxing, Zhejiang",
                "Sold",
            ],
        ),
    ] {
        let card = page(&app, &format!("/01/{GTIN}/21/{}", season.serials[0]), lang).await.expect(200);
        assert_sound(&card, lang);
        for word in words {
            assert!(card.text().contains(word), "{word} in {}", card.text());
        }
        assert!(!card.text().contains("genuine") && !card.text().contains("正品"));
        assert!(!card.text().contains("secret@example.com"));
        assert!(card.text().matches("<svg").count() >= 6, "a drawing for each care symbol");
        let headers: usize = card.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let bytes = brotli(&card.body) + headers;
        assert!(bytes <= 14 * 1024, "{bytes} bytes");
    }
});

story!(states_of_a_warranty_in_words, |app| {
    let season = app.season().await;
    assert!(page(&app, &base(&season, 0), Lang::En).await.text().contains("No sale registered yet"));
    app.sell(&season, 0, "2025-06-14").await;
    assert!(page(&app, &base(&season, 0), Lang::Zh).await.text().contains("质保已于"));
    app.sell(&season, 1, "2026-06-15").await;
    let today = page(&app, &base(&season, 1), Lang::En).await;
    assert!(today.text().contains("365 days left"), "{}", today.text());
});

story!(a_garment_is_claimed_once_and_its_holder_is_known_again, |app| {
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    let uri = format!("{}/claim", base(&season, 0));
    let form = page(&app, &uri, Lang::En).await.expect(200);
    assert_sound(&form, Lang::En);
    assert!(form.text().contains("name=\"code\""));
    // Wrong, with the tries left; the same whatever is wrong.
    for (code, left) in [("WRNGCODE12", "4 tries left today."), ("ABCDE-FGHJK", "3 tries left today.")] {
        let wrong = app.send(Request::form(&uri, &[("code", code), ("lang", "en")]).html()).await.expect(422);
        assert!(wrong.text().contains(left) && wrong.text().contains("aria-invalid"), "{}", wrong.text());
        assert!(wrong.headers.get("set-cookie").is_none());
    }
    let claimed = app.send(Request::form(&uri, &[("code", &season.claim_codes[0].to_lowercase())]).html()).await.expect(200);
    assert_sound(&claimed, Lang::En);
    assert!(claimed.text().contains("Recovery code") && claimed.text().contains("<path"));
    let cookie = cookies(&claimed);
    let attributes = claimed.header("set-cookie").unwrap().to_owned();
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));
    // Known by the cookie, and by nothing else.
    let mine = app.send(Request::get(&base(&season, 0)).html().header("cookie", &cookie)).await.expect(200);
    assert!(mine.text().contains("You hold this garment"));
    let other = page(&app, &base(&season, 0), Lang::En).await.expect(200);
    assert!(other.text().contains("Claimed by its holder") && other.text().contains("First claimed") && !other.text().contains("You hold"));
    let papers = app.send(Request::get(&format!("{}/mine", base(&season, 0))).html().header("cookie", &cookie)).await.expect(200);
    assert_sound(&papers, Lang::En);
    assert!(!papers.text().contains("Recovery code"), "shown once");
    page(&app, &format!("{}/mine", base(&season, 0)), Lang::En).await.expect(403);
    // Its holder is told that it is theirs, whether they send the page again or open it.
    for request in [Request::form(&uri, &[("code", &season.claim_codes[0])]), Request::get(&uri)] {
        let theirs = app.send(request.html().header("cookie", &cookie).header("accept-language", "en")).await.expect(200);
        assert!(theirs.text().contains("This garment is yours already") && !theirs.text().contains("Somebody holds"), "{}", theirs.text());
    }
    // Nobody can claim it again, not even with the right code.
    let again = app.send(Request::form(&uri, &[("code", &season.claim_codes[0])]).html()).await.expect(409);
    assert!(again.headers.get("set-cookie").is_none());
    page(&app, &uri, Lang::Zh).await.expect(200);
});

story!(what_stands_around_a_pasted_code_costs_no_try, |app| {
    let season = app.season().await;
    for (unit, around) in ["领取码：{}", "Claim code: {}。", "\u{200b}{}\u{feff}", "【领取码】{}", "claim code {}"].iter().enumerate()
    {
        let uri = format!("{}/claim", base(&season, unit));
        let code = around.replace("{}", &season.claim_codes[unit]);
        let claimed = app.send(Request::form(&uri, &[("code", code.as_str())]).html()).await.expect(200);
        assert!(claimed.headers.get("set-cookie").is_some(), "{code}");
    }
    let plain = season.claim_codes[5].replace('-', " ");
    app.send(Request::form(&format!("{}/claim", base(&season, 5)), &[("code", plain.as_str())]).html()).await.expect(200);
});

story!(tries_run_out_for_the_day, |app| {
    let season = app.season().await;
    let uri = format!("{}/claim", base(&season, 0));
    for _ in 0..5 {
        app.send(Request::form(&uri, &[("code", "0000000000")]).html()).await.expect(422);
    }
    app.send(Request::form(&uri, &[("code", &season.claim_codes[0])]).html()).await.expect(429);
});

story!(a_code_that_is_not_whole_costs_no_try, |app| {
    let season = app.season().await;
    let uri = format!("{}/claim", base(&season, 0));
    for code in ["ABC", "ABCDE-FGHJ", "", "ABCDE-FGHJK-M", "ABC", "ABC"] {
        let again = app.send(Request::form(&uri, &[("code", code)]).html().header("accept-language", "en")).await.expect(422);
        assert!(again.text().contains("not a whole code") && !again.text().contains("tries left"), "{code}");
    }
    app.send(Request::form(&uri, &[("code", &season.claim_codes[0])]).html()).await.expect(200);
});

story!(contact_is_optional_erasable_and_exportable, |app| {
    let season = app.season().await;
    let at = |rest: &str| format!("{}{rest}", base(&season, 0));
    let claimed = app.send(Request::form(&at("/claim"), &[("code", &season.claim_codes[0])]).html()).await.expect(200);
    let cookie = cookies(&claimed);
    let send = async |request: Request| app.send(request.html().header("cookie", &cookie).header("accept-language", "en")).await;
    let refused = send(Request::form(&at("/mine/contact"), &[("name", "Wang"), ("phone", "12"), ("recall", "yes")])).await.expect(422);
    assert!(refused.text().contains("5 to 20 digits") && refused.text().contains("value=\"Wang\""), "nothing typed is lost");
    assert!(refused.text().contains("name=\"recall\" value=\"yes\" checked"));
    send(Request::form(&at("/mine/contact"), &[("phone", "13800138000")])).await.expect(422);
    let saved = send(Request::form(&at("/mine/contact"), &[("phone", "13800138000"), ("recall", "yes")])).await.expect(200);
    assert!(saved.text().contains("We keep contact data of yours") && !saved.text().contains("13800138000"));
    let export = app.send(Request::get(&at("/mine/export")).header("cookie", &cookie)).await.expect(200);
    assert_eq!(export.json()["contact"]["phone"], "13800138000");
    assert!(export.header("content-disposition").unwrap().starts_with("attachment"));
    send(Request::form(&at("/mine/erase"), &[])).await.expect(200);
    assert_eq!(
        app.send(Request::get(&at("/mine/export")).header("cookie", &cookie)).await.expect(200).json()["contact"],
        serde_json::Value::Null
    );
    // Without the cookie: nothing of it.
    for (method, rest) in [("GET", "/mine/export"), ("GET", "/mine")] {
        app.send(Request::new(method, &at(rest)).html()).await.expect(403);
    }
    for rest in ["/mine/contact", "/mine/erase", "/mine/transfer", "/mine/release"] {
        app.send(Request::form(&at(rest), &[]).html()).await.expect(403);
    }
});

story!(a_garment_is_passed_on_and_its_key_restored, |app| {
    let season = app.season().await;
    let at = |rest: &str| format!("{}{rest}", base(&season, 0));
    let seller = cookies(&app.send(Request::form(&at("/claim"), &[("code", &season.claim_codes[0])]).html()).await.expect(200));
    let offer = app.send(Request::form(&at("/mine/transfer"), &[]).html().header("cookie", &seller)).await.expect(200);
    let code = offer.text().split("class=\"big code\"").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
    app.send(Request::form(&at("/transfer"), &[("code", "00000000")]).html()).await.expect(422);
    page(&app, &at("/transfer"), Lang::Zh).await.expect(200);
    let taken = app.send(Request::form(&at("/transfer"), &[("code", &code)]).html()).await.expect(200);
    let buyer = cookies(&taken);
    app.send(Request::get(&at("/mine")).html().header("cookie", &seller)).await.expect(403);
    app.send(Request::get(&at("/mine")).html().header("cookie", &buyer)).await.expect(200);
    app.send(Request::form(&at("/transfer"), &[("code", &code)]).html()).await.expect(422);
    // Another phone: looking changes nothing, the button restores.
    let key = buyer.split('=').nth(1).unwrap().to_owned();
    let look = app.send(Request::get(&format!("{}?key={key}", at("/recover"))).html()).await.expect(200);
    assert!(look.headers.get("set-cookie").is_none() && look.text().contains("Restore"));
    let restored = app.send(Request::form(&at("/recover"), &[("key", &key)]).html()).await.expect(303);
    assert_eq!(cookies(&restored), buyer);
    app.send(Request::form(&at("/recover"), &[("key", &"0".repeat(32))]).html()).await.expect(403);
    // Given up: nobody holds it.
    app.send(Request::form(&at("/mine/release"), &[]).html().header("cookie", &buyer)).await.expect(303);
    app.send(Request::get(&at("/mine")).html().header("cookie", &buyer)).await.expect(403);
});

story!(forms_of_other_sites_change_nothing, |app| {
    let season = app.season().await;
    let uri = format!("{}/claim", base(&season, 0));
    let foreign = Request::form(&uri, &[("code", &season.claim_codes[0])]).html().header("sec-fetch-site", "cross-site");
    app.send(foreign).await.expect(403);
    app.send(Request::form(&uri, &[("code", &season.claim_codes[0])]).html()).await.expect(200);
});

story!(a_serial_is_found_as_people_type_it, |app| {
    let season = app.season().await;
    for lang in Lang::ALL {
        let home = page(&app, "/", lang).await.expect(200);
        assert_sound(&home, lang);
    }
    let typed = season.serials[0]
        .to_lowercase()
        .chars()
        .enumerate()
        .map(|(at, c)| if at % 5 == 4 { format!("{c} ") } else { c.to_string() })
        .collect::<String>();
    let found = app.get(&format!("/find-serial?serial={}", typed.replace(' ', "+"))).await.expect(303);
    assert!(found.header("location").unwrap().starts_with(&format!("/01/{GTIN}/21/{}", season.serials[0])));
    // A slip of the finger is called so; what we never issued is called that.
    let mut slip = season.serials[0].clone().into_bytes();
    slip[5] = if slip[5] == b'7' { b'8' } else { b'7' };
    let slip = String::from_utf8(slip).unwrap();
    let typo = page(&app, &format!("/find-serial?serial={slip}"), Lang::En).await.expect(422);
    assert!(typo.text().contains("mistyped") && typo.text().contains(&slip));
    page(&app, "/find-serial?serial=", Lang::Zh).await.expect(422);
    assert!(typo.text().contains(&format!("value=\"{slip}\"")), "to be mended");
    let unknown = page(&app, &format!("/find-serial?serial={}", "0".repeat(20)), Lang::En).await.expect(404);
    assert_sound(&unknown, Lang::En);
    assert!(unknown.text().contains("We have not issued this code."));
});

story!(a_confidential_style_keeps_its_name_from_the_public, |app| {
    let season = app.season_with(Some(GTIN), true).await;
    for lang in Lang::ALL {
        for uri in [base(&season, 0), format!("/01/{GTIN}"), format!("{}/claim", base(&season, 0))] {
            let shown = page(&app, &uri, lang).await.expect(200);
            assert!(
                !shown.text().contains("Poplin shirt") && !shown.text().contains("府绸长袖衬衫") && !shown.text().contains("SH-2601"),
                "{uri}"
            );
        }
    }
    let linkset = app.get(&format!("/01/{GTIN}?linkType=linkset")).await.expect(200);
    assert!(!linkset.text().contains("Poplin"));
});

story!(phones_get_the_same_page_in_brotli, |app| {
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    let look = async |accept: &str| {
        let answer = app.send(Request::get(&base(&season, 0)).html().header("accept-encoding", accept)).await;
        let header = |name: &str| answer.headers.get_all(name).map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(", ");
        let (encoding, vary) = (header("content-encoding"), header("vary"));
        assert!(vary.contains("Accept-Encoding"), "{accept}: {vary}");
        (encoding, answer.body)
    };
    let (encoding, plain) = look("identity").await;
    assert_eq!(encoding, "");
    // Fresh, then as it is kept, then as it was kept in brotli.
    for _ in 0..3 {
        let (encoding, packed) = look("gzip, deflate, br, zstd").await;
        assert_eq!(encoding, "br");
        let mut page = Vec::new();
        std::io::copy(&mut brotli::Decompressor::new(packed.as_slice(), 4_096), &mut page).unwrap();
        assert!(page == plain && packed.len() * 2 < plain.len());
    }
    assert_eq!(look("gzip").await.0, "gzip");
    assert_eq!(look("br;q=0, identity").await.0, "");
});

story!(a_kept_page_is_never_older_than_the_store, |app| {
    let season = app.season().await;
    let look = async |cookie: &str| {
        let request = Request::get(&base(&season, 0)).html().header("accept-language", "en").header("cookie", cookie);
        app.send(request).await.text().to_owned()
    };
    let before = look("").await;
    assert!(before.contains("No sale registered yet"));
    assert_eq!(look("").await, before);
    app.sell(&season, 0, "2026-06-10").await;
    assert!(look("").await.contains("Covered until 10 June 2027"));
    // Another language is another page, and a holder's page is nobody else's.
    let claimed =
        app.send(Request::form(&format!("{}/claim", base(&season, 0)), &[("code", &season.claim_codes[0])]).html()).await.expect(200);
    let cookie = cookies(&claimed);
    assert!(look(&cookie).await.contains("You hold this garment"));
    assert!(!look("").await.contains("You hold this garment"));
    // The catalogue changes: so does every page of it.
    let stamp = app.state.stamp("staff:planner");
    app.state
        .store
        .write(move |db| {
            let before: SkuView = seen(db, "SH-2601-WH-M", Sees::ALL)?;
            let mut after = before.clone();
            (after.sku.colour_zh, after.sku.colour_en) = ("米白".into(), "Ivory".into());
            correct(after, db, &stamp, &before, "another dye house")
        })
        .await
        .unwrap();
    assert!(look("").await.contains("Ivory"));
    let _known: GarmentId = season.garments[0];
});

/// A bound LIMIT makes the embedded store plan a statement anew at every call; so would a statement that is not kept.
#[actix_web::test]
async fn a_card_is_a_few_statements_and_none_is_prepared_again() {
    let app = watch::watched();
    let season = app.season().await;
    for unit in 0..4 {
        app.sell(&season, unit, "2026-06-10").await;
    }
    for unit in 0..4 {
        watch::seen(&app);
        let uri = format!("/01/{GTIN}/21/{}", season.serials[unit]);
        assert!(app.send(Request::get(&uri).html()).await.status.is_success());
        let watch::Seen { ran, planned } = watch::seen(&app);
        let ran: Vec<String> = ran
            .into_iter()
            .filter(|text| text.starts_with("SELECT") && !text.contains("pragma_data_version") && !text.contains("held_version"))
            .collect();
        if unit > 0 {
            assert!(ran.iter().all(|text| !text.contains(" LIMIT ")), "{ran:#?}");
            assert!(planned.is_empty(), "{planned:#?}");
            assert!((1..=5).contains(&ran.len()), "{ran:#?}");
        }
    }
}
