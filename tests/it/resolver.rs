//! The resolver, against every check of GS1's own conformance suite (GS1-Conformant Resolver 1.2, by its checks' names) and the linkset
//! schema's rules, and against what the house adds to them.

use hangtag::public::links::LINK_TYPES;
use serde_json::{Value, json};

use crate::story;
use crate::support::season::{GTIN, Season};
use crate::support::{Answer, Request, TestApp};
use hangtag::staff::accounts::Role;

/// The suite's own requests: a GET as curl sends it, from another origin, that follows nothing.
async fn curl(app: &TestApp, uri: &str) -> Answer {
    app.send(Request::get(uri).header("accept", "*/*").header("origin", "https://ref.gs1.org")).await
}

async fn curl_for(app: &TestApp, uri: &str, accept: &str) -> Answer {
    app.send(Request::get(uri).header("accept", accept)).await
}

const ORIGIN: &str = "http://localhost";

fn location(answer: &Answer) -> &str {
    answer.header("location").unwrap_or_default()
}

/// The rules of GS1's linkset schema.
fn assert_valid_linkset(document: &Value) {
    let contexts = document["linkset"].as_array().expect("an array of link contexts");
    assert!(!contexts.is_empty());
    assert_eq!(document.as_object().unwrap().len(), 1);
    for context in contexts {
        let context = context.as_object().unwrap();
        let anchor = context["anchor"].as_str().unwrap();
        assert!(anchor.starts_with("http://") || anchor.starts_with("https://"), "{anchor}");
        assert!(context["itemDescription"].as_str().is_some());
        for (name, links) in context.iter().filter(|(name, _)| !matches!(name.as_str(), "anchor" | "itemDescription")) {
            let local = name.strip_prefix("https://ref.gs1.org/voc/").unwrap_or_else(|| panic!("{name} is a link type"));
            let links = links.as_array().unwrap();
            assert!(!links.is_empty(), "{name}");
            for link in links {
                let link = link.as_object().unwrap();
                assert!(link["href"].as_str().is_some_and(|href| href.contains("://")));
                assert!(link["title"].as_str().is_some_and(|title| !title.is_empty()));
                for (key, value) in link {
                    let is_text = value.is_string();
                    let is_list = value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
                    match key.as_str() {
                        "href" | "title" | "type" => assert!(is_text, "{key}"),
                        "hreflang" | "context" => assert!(is_list, "{key}"),
                        other => panic!("{other} is not a member of a link"),
                    }
                }
                if local == "defaultLink" {
                    assert_eq!(link.len(), 2, "a default link has address and title alone");
                }
            }
        }
    }
}

/// Every check of the suite on one address; returns how many checks there were.
async fn suite(app: &TestApp, path: &str) -> usize {
    let dl = format!("{ORIGIN}{path}");
    let mut checks = 0;
    let mut check = |id: &str, holds: bool| {
        assert!(holds, "{id} on {path}");
        checks += 1;
    };
    // isURL, isHttps, tlsOK and httpVersion are matters of where it is deployed.
    check("validDL", hangtag::kernel::gs1::DigitalLink::parse(&dl.replace("http://localhost", "https://id.example.com")).is_ok());
    check("plausibleDL", path.starts_with("/01/"));

    let file = curl_for(app, "/.well-known/gs1resolver", "application/json").await.expect(200);
    let described = file.json();
    check(
        "rdFile",
        described["resolverRoot"] == ORIGIN
            && described["supportedPrimaryKeys"] == json!(["01"])
            && described["supportedLinkType"] == json!([{ "namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:" }])
            && file.header("access-control-allow-origin") == Some("*"),
    );

    let plain = curl(app, path).await;
    let asked_options = app.send(Request::new("OPTIONS", path)).await;
    for answer in [&plain, &asked_options] {
        check("corsCheck", answer.header("access-control-allow-origin") == Some("*"));
        let methods = answer.header("access-control-allow-methods").unwrap_or_default();
        check("methodsCheck", ["GET", "HEAD", "OPTIONS"].iter().all(|method| methods.contains(method)));
        let link = answer.header("link").unwrap_or_default();
        check("linkOnRedirect", link.split("\",").any(|one| format!("{one}\"").contains("rel=\"linkset\"")));
        check("legacyLinkHeaders", !link.contains("rel=\"gs1:"));
    }
    check("HEAD", app.send(Request::new("HEAD", path).header("accept", "*/*")).await.status == plain.status);

    let beyond = curl(app, &format!("{path}/foo")).await;
    check("reportWith400", beyond.status.as_u16() == 400);
    check("noErrorWith200", beyond.status.as_u16() != 200 && beyond.header("access-control-allow-origin") == Some("*"));

    let slash = curl(app, &format!("{path}/")).await;
    check("trailingSlash", slash.status == plain.status && location(&slash) == location(&plain));

    let passed = curl(app, &format!("{path}?foo=bar")).await;
    check("qsPassedOn", location(&passed).contains("foo=bar"));

    let by_type = curl(app, &format!("{path}?linkType=linkset")).await;
    check("ltLinksetNoRedirect", by_type.status.as_u16() == 200);
    check("ltAllNoRedirect", curl(app, &format!("{path}?linkType=all")).await.status.as_u16() == 200);
    let by_accept = curl_for(app, path, "application/linkset+json").await;
    let both = curl_for(app, &format!("{path}?linkType=all"), "application/linkset+json").await;
    check("ltAcceptHeader", by_accept.status.as_u16() == 200 && both.status.as_u16() == 200);
    check("vary", by_accept.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("accept")));
    check("declaredContentType", by_accept.header("content-type") == Some("application/linkset+json"));
    check(
        "linksetJsonldCheck",
        by_accept
            .header("link")
            .unwrap_or_default()
            .split(',')
            .any(|one| one.contains("rel=\"http://www.w3.org/ns/json-ld#context\"") && one.contains("type=\"application/ld+json\"")),
    );
    let document = by_accept.json();
    assert_valid_linkset(&document);
    check("validLinkset", document == by_type.json() && document == both.json());

    // The suite walks up from the address it was given, two segments at a time, and looks for contexts whose anchor is exactly that.
    let mut current = dl.clone();
    let mut seen: Vec<String> = Vec::new();
    let mut defaults = 0;
    while current.matches('/').count() >= 4 {
        for context in document["linkset"].as_array().unwrap().iter().filter(|context| context["anchor"] == json!(current)) {
            for (name, links) in context.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("https://")) {
                let kind = name.replace("https://ref.gs1.org/voc/", "gs1:");
                if seen.contains(&kind) {
                    continue;
                }
                seen.push(kind.clone());
                let links = links.as_array().unwrap();
                if kind == "gs1:defaultLink" {
                    defaults += 1;
                    check("singleDefaulLink", links.len() == 1);
                    check("defaultTarget", links[0]["href"] == json!(location(&plain)));
                    continue;
                }
                check_links(app, path, &kind, links, &mut check).await;
            }
        }
        let shorter = current.rsplitn(3, '/').nth(2).unwrap().to_owned();
        current = shorter;
    }
    check("defaultLinkExists", defaults == 1);
    check("linkTypesDefined", seen.iter().all(|kind| kind == "gs1:defaultLink" || LINK_TYPES.iter().any(|known| known.curie() == *kind)));
    check("specificLinkTypeNotFound", curl(app, &format!("{path}?linkType=gs1:nosuchlt")).await.status.as_u16() == 404);
    checks
}

/// One check per link: a single one is led to; several are told apart by what the suite sends, or answered with 300 where they are the same.
async fn check_links(app: &TestApp, path: &str, kind: &str, links: &[Value], check: &mut impl FnMut(&str, bool)) {
    if let [one] = links {
        for written in
            [kind.to_owned(), kind.replace("gs1:", "https%3A%2F%2Fwww.gs1.org%2Fvoc%2F"), kind.replace("gs1:", "https://ref.gs1.org/voc/")]
        {
            let answer = curl(app, &format!("{path}?linkType={written}")).await;
            check(&format!("loFor {kind}"), answer.status.as_u16() == 307 && one["href"] == json!(location(&answer)));
        }
        return;
    }
    let attributes = |link: &Value| (link["type"].clone(), link["hreflang"].clone(), link["context"].clone());
    for link in links {
        let is_alike = links.iter().filter(|other| attributes(other) == attributes(link)).count() > 1;
        let mut query = format!("linkType={kind}");
        if let Some(context) = link["context"][0].as_str() {
            query += &format!("&context={context}");
        }
        // The suite has sent the rest as headers, and in earlier versions in the query.
        let mut by_query = query.clone();
        let mut by_header = Request::get(&format!("{path}?{query}"));
        by_query += &format!("&mediaType={}", link["type"].as_str().unwrap_or("undefined"));
        if let Some(media) = link["type"].as_str() {
            by_header = by_header.header("accept", media);
        }
        if let Some(lang) = link["hreflang"][0].as_str() {
            by_query += &format!("&lang={lang}");
            by_header = by_header.header("accept-language", lang);
        }
        for answer in [app.send(by_header).await, curl(app, &format!("{path}?{by_query}")).await] {
            if is_alike {
                check(&format!("loFor {kind}: 300"), answer.status.as_u16() == 300);
            } else {
                check(&format!("loFor {kind} {link}"), answer.status.as_u16() == 307 && link["href"] == json!(location(&answer)));
            }
        }
    }
}

/// Attaches what the suite's own model linkset has, and a passport of one garment.
async fn attach_model(app: &TestApp, season: &Season) {
    let brand = app.persona(Role::Admin).await;
    let certificates = [
        ("https://brand.example/certificates", "text/html", "", ""),
        ("https://brand.example/certificates/fr", "text/html", "fr", ""),
        ("https://brand.example/zero", "text/html", "", ""),
        ("https://brand.example/001.pdf", "application/pdf", "", ""),
        ("https://brand.example/002.pdf", "application/pdf", "en", ""),
        ("https://brand.example/003.pdf", "application/pdf", "en", "LK"),
    ];
    for (href, media_type, hreflang, context) in certificates {
        let link = json!({ "level": "style", "code": "SH-2601", "link_type": "gs1:certificationInfo", "href": href, "title": "Certificate",
            "media_type": media_type, "hreflang": hreflang, "context": context });
        brand.json("POST", "/api/v1/links", &link).await.expect(201);
    }
    let passport = json!({ "level": "garment", "code": season.serials[1], "link_type": "https://gs1.org/voc/dpp", "href": "https://brand.example/dpp/7132mlkG?v=1", "title": "DPP", "media_type": "application/vc" });
    brand.json("POST", "/api/v1/links", &passport).await.expect(201);
}

story!(the_conformance_suite_passes_on_a_gtin_a_batch_and_a_serial, |app| {
    let season = app.season().await;
    let gtin = format!("/01/{GTIN}");
    let serial = format!("/01/{GTIN}/21/{}", season.serials[1]);
    let bare = suite(&app, &gtin).await;
    assert!(bare >= 37, "{bare} checks");
    assert!(suite(&app, &serial).await >= 38);
    attach_model(&app, &season).await;
    for path in
        [gtin.clone(), serial, format!("{gtin}/10/B-1"), format!("{gtin}/10/KL8G"), format!("{gtin}/22/2A/10/B-1/21/{}", season.serials[0])]
    {
        assert!(suite(&app, &path).await >= 38, "{path}");
    }
});

story!(a_browser_gets_the_page_itself_and_a_program_is_redirected_to_it, |app| {
    let season = app.season().await;
    let path = format!("/01/{GTIN}/21/{}", season.serials[0]);
    let page = app.send(Request::get(&path).html()).await.expect(200);
    assert!(page.text().contains("Poplin shirt") && page.header("content-type") == Some("text/html; charset=utf-8"));
    let redirect = curl(&app, &path).await.expect(307);
    let own = location(&redirect).strip_prefix(ORIGIN).unwrap().to_owned();
    assert_eq!(own, format!("/card/{GTIN}/{}", season.serials[0]));
    let led = app.send(Request::get(&own).html()).await.expect(200);
    assert!(led.text().contains("Poplin shirt"));
    // HEAD and repeated looks are the same, and write nothing.
    app.send(Request::new("HEAD", &path).html()).await.expect(200);
    let product = app.send(Request::get(&format!("/01/{GTIN}")).html()).await.expect(200);
    assert!(product.text().contains("Have it in your hand?"));
});

story!(what_is_not_ours_is_refused_and_never_walks_up_from_a_serial, |app| {
    let season = app.season().await;
    let unknown = format!("/01/{GTIN}/21/UNKNOWN");
    for (path, status) in [
        ("/01/09506000134353".to_owned(), 400),
        ("/01/9506000134352".to_owned(), 400),
        (format!("/01/{GTIN}/21"), 400),
        (format!("/01/{GTIN}/21/"), 400),
        (format!("/01/{GTIN}/10/A/22/B"), 400),
        (format!("/01/{GTIN}?10=ABC"), 400),
        (format!("/01/{GTIN}/21/a%00b"), 400),
        ("/01/00000000000017".to_owned(), 404),
        (unknown.clone(), 404),
        (format!("/01/{GTIN}/21/{}", "0".repeat(20)), 404),
        (format!("/01/{GTIN}//"), 400),
    ] {
        let program = curl(&app, &path).await.expect(status);
        assert_eq!(program.header("access-control-allow-origin"), Some("*"), "{path}");
        assert!(program.header("location").is_none());
        let person = app.send(Request::get(&path).html().header("accept-language", "zh-CN")).await.expect(status);
        assert!(person.text().contains("lang=\"zh-CN\""), "{path}");
        assert_eq!(person.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    let page = app.send(Request::get(&unknown).html()).await.expect(404);
    assert!(page.text().contains("That cannot be a serial"));
    // A serial of ours under another GTIN, and a void one: the same answer.
    let stamp = app.state.stamp("staff:label");
    let no = season.batch;
    app.state.store.write(move |db| hangtag::production::batches::void_units(db, &stamp, no, &[3..4], "spoiled")).await.unwrap();
    let void = app.send(Request::get(&format!("/01/{GTIN}/21/{}", season.serials[3])).html()).await.expect(404);
    assert!(void.text().contains("Not issued by us") && !void.text().contains("Poplin"));
    curl(&app, &format!("/01/{GTIN}/21/{}?linkType=linkset", season.serials[3])).await.expect(404);
    app.send(Request::get(&format!("/01/{GTIN}/21/{}", season.serials[2])).html()).await.expect(200);
});

story!(a_damaged_address_is_explained_in_the_language_of_who_scanned_it, |app| {
    let zh = app.send(Request::get("/01/123/21/x").html().header("accept-language", "zh-CN")).await.expect(400);
    assert!(zh.text().contains("网址不完整") && zh.text().contains("不是 (01) 的有效值") && !zh.text().contains("shorter"));
    assert!(zh.text().contains("action=\"/find-serial\""), "there is a way on");
    let program = app.send(Request::get("/01/123/21/x").header("accept-language", "zh-CN")).await.expect(400).json();
    assert_eq!((program["code"].as_str(), program["title"].as_str().unwrap().contains("有效值")), (Some("not_a_digital_link"), true));
});

story!(who_tries_serials_is_slowed_and_an_issued_label_always_opens, |app| {
    let season = app.season().await;
    let guess = |n: usize| format!("{n:019}");
    let checked = |body: String| {
        // A body and the check character that makes it a serial somebody might have been given.
        let all = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().map(|last| format!("{body}{last}"));
        all.into_iter().find(|serial| hangtag::kernel::serial::Serial::parse(serial).is_ok()).unwrap()
    };
    let mut answers = Vec::new();
    for n in 0..32 {
        let serial = checked(guess(n));
        let uri = match n % 3 {
            0 => format!("/01/{GTIN}/21/{serial}"),
            1 => format!("/C/{serial}"),
            _ => format!("/card/{GTIN}/{serial}"),
        };
        let request = Request::get(&uri).from("192.0.2.7");
        let request = if n % 2 == 0 { request.html() } else { request };
        answers.push(app.send(request).await.status.as_u16());
    }
    assert_eq!(answers, [vec![404; 30], vec![429; 2]].concat());
    let from = |uri: String, peer: &str| Request::get(&uri).html().from(peer);
    app.send(from(format!("/01/{GTIN}/21/{}", season.serials[0]), "192.0.2.7")).await.expect(200);
    app.send(from(format!("/01/{GTIN}/21/{}", checked(guess(0))), "192.0.2.8")).await.expect(404);
    // A slip of the keys is no guess.
    app.send(from(format!("/01/{GTIN}/21/UNKNOWN"), "192.0.2.7")).await.expect(404);
});

story!(an_address_is_read_in_any_case_of_its_serial_and_percent_encoded, |app| {
    let season = app.season().await;
    let serial = &season.serials[0];
    let first = format!("%{:02X}{}", serial.as_bytes()[0], &serial[1..]);
    for path in [format!("/01/{GTIN}/21/{}", serial.to_lowercase()), format!("/01/{GTIN}/21/{first}"), format!("/01/{GTIN}/21/{serial}/")] {
        let answer = curl(&app, &path).await.expect(307);
        assert_eq!(location(&answer), format!("{ORIGIN}/card/{GTIN}/{serial}"), "{path}");
    }
});

story!(garments_without_a_gtin_have_an_address_that_is_no_digital_link, |app| {
    let season = app.season_with(None, false).await;
    for path in [format!("/C/{}", season.serials[0]), format!("/c/{}", season.serials[0].to_lowercase())] {
        let page = app.send(Request::get(&path)).await.expect(200);
        assert!(page.text().contains("Poplin shirt") && page.header("access-control-allow-origin") == Some("*"));
    }
    app.get(&format!("/C/{}", "0".repeat(20))).await.expect(404);
    app.get("/c/MP_verify_abc.txt").await.expect(404);
    std::fs::create_dir_all(app.folder.path().join("verify")).unwrap();
    std::fs::write(app.folder.path().join("verify/MP_verify_abc.txt"), "abc").unwrap();
    let file = app.get("/c/MP_verify_abc.txt").await.expect(200);
    assert_eq!((file.text(), file.header("content-type")), ("abc", Some("text/plain; charset=utf-8")));
    for hidden in ["/c/..%2Fkeys.txt", "/c/.txt", "/c/a.b.txt"] {
        app.get(hidden).await.expect(404);
    }
});

story!(the_brand_may_put_another_page_in_the_cards_place, |app| {
    let season = app.season().await;
    let brand = app.persona(Role::Admin).await;
    let path = |unit: usize| format!("/01/{GTIN}/21/{}", season.serials[unit]);
    let attach = async |level: &str, code: &str, href: &str| {
        let link = json!({ "level": level, "code": code, "link_type": "gs1:homepage", "href": href, "title": "Ours", "is_default": true });
        brand.json("POST", "/api/v1/links", &link).await.expect(201).json()["id"].as_str().unwrap().to_owned()
    };
    let style = attach("style", "SH-2601", "https://brand.example/style").await;
    for uri in [format!("/01/{GTIN}"), path(0), path(1)] {
        for request in [Request::get(&uri).html(), Request::get(&uri)] {
            assert_eq!(location(&app.send(request).await.expect(307)), "https://brand.example/style");
        }
    }
    // The more specific level wins, garment by garment.
    attach("lot", "LOT-1", "https://brand.example/lot").await;
    attach("garment", &season.serials[1], "https://brand.example/mine").await;
    assert_eq!(location(&app.send(Request::get(&path(0)).html()).await), "https://brand.example/lot");
    assert_eq!(location(&curl(&app, &path(1)).await), "https://brand.example/mine");
    assert_eq!(location(&app.send(Request::get(&path(1)).html()).await), "https://brand.example/mine");
    assert_eq!(location(&curl(&app, &format!("/01/{GTIN}")).await), "https://brand.example/style");
    assert!(suite(&app, &path(1)).await >= 38);
    // The card itself stays where it is, and comes back when the link goes.
    app.send(Request::get(&format!("/card/{GTIN}/{}", season.serials[1])).html()).await.expect(200);
    brand.send(Request::new("DELETE", &format!("/api/v1/links/{style}"))).await.expect(204);
    app.send(Request::get(&format!("/01/{GTIN}")).html()).await.expect(200);
});

story!(anchors_name_the_host_that_was_asked, |app| {
    let season = app.season().await;
    let path = format!("/01/{GTIN}/21/{}?linkType=linkset", season.serials[0]);
    let of = async |request: Request| app.send(request).await.expect(200).json()["linkset"][0]["anchor"].as_str().unwrap().to_owned();
    assert!(of(Request::get(&path).header("host", "ID.Example.CN:8443")).await.starts_with("http://id.example.cn:8443/01/"));
    assert!(of(Request::get(&path).header("host", "a\"b")).await.starts_with("http://localhost/01/"));
});
