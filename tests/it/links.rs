//! Links that a brand attaches.

use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::story;
use crate::support::Request;
use crate::support::season::GTIN;

story!(links_are_attached_listed_and_taken_away, |app| {
    let season = app.season().await;
    let brand = app.persona(Role::Admin).await;
    for (level, code) in
        [("style", "SH-2601"), ("sku", "SH-2601-WH-M"), ("lot", "LOT-1"), ("batch", "B-1"), ("garment", season.serials[0].as_str())]
    {
        let link = json!({ "level": level, "code": code, "link_type": "gs1:tutorial", "href": format!("https://brand.example/{level}"), "title": "How to wash", "hreflang": "en" });
        let made = brand.json("POST", "/api/v1/links", &link).await.expect(201);
        let view = made.json();
        assert_eq!(
            (view["level"].as_str(), view["code"].as_str(), view["link_type"].as_str()),
            (Some(level), Some(code), Some("gs1:tutorial"))
        );
        let address = made.header("location").unwrap().to_owned();
        assert_eq!(brand.get(&address).await.expect(200).json(), view);
        // The very same once more.
        assert_eq!(brand.json("POST", "/api/v1/links", &link).await.expect(409).code(), "duplicate");
    }
    let all = brand.get("/api/v1/links?per_page=2").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let next = brand.get(&format!("/api/v1/links?per_page=10&after={}", all["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(next["items"].as_array().unwrap().len(), 3);
    let of_garment = brand.get(&format!("/api/v1/links?level=garment&code={}", season.serials[0])).await.expect(200).json();
    let id = of_garment["items"][0]["id"].as_str().unwrap();
    // The most specific one is followed.
    let path = format!("/01/{GTIN}/21/{}?linkType=gs1:tutorial", season.serials[0]);
    assert_eq!(app.get(&path).await.expect(307).header("location"), Some("https://brand.example/garment"));
    brand.send(Request::new("DELETE", &format!("/api/v1/links/{id}"))).await.expect(204);
    assert_eq!(app.get(&path).await.expect(307).header("location"), Some("https://brand.example/batch"));
    brand.send(Request::new("DELETE", &format!("/api/v1/links/{id}"))).await.expect(404);
});

story!(wrong_links_are_refused_field_by_field_and_leave_no_trace, |app| {
    let _season = app.season().await;
    let brand = app.persona(Role::Admin).await;
    let good = json!({ "level": "style", "code": "SH-2601", "link_type": "gs1:faqs", "href": "https://brand.example/faq", "title": "FAQ" });
    for (field, value) in [
        ("level", json!("shelf")),
        ("code", json!("NONE")),
        ("link_type", json!("gs1:warranty")),
        ("link_type", json!("gs1:defaultLink")),
        ("href", json!("ftp://brand.example/")),
        ("href", json!("https://user:secret@brand.example/")),
        ("href", json!("https://brand.example/\u{7}")),
        ("href", json!(format!("https://brand.example/{}", "x".repeat(2_000)))),
        ("title", json!("")),
        ("hreflang", json!("english please")),
        ("media_type", json!("html")),
    ] {
        let mut link = good.clone();
        link[field] = value;
        let refused = brand.json("POST", "/api/v1/links", &link).await.expect(422).json();
        assert_eq!(refused["faults"][0]["field"], json!(field), "{refused}");
    }
    let mut unknown = good.clone();
    unknown["colour"] = json!("red");
    brand.json("POST", "/api/v1/links", &unknown).await.expect(422);
    assert_eq!(brand.get("/api/v1/links").await.expect(200).json()["items"], json!([]));
    // One default a level.
    for (href, status) in [("https://brand.example/a", 201), ("https://brand.example/b", 409)] {
        let mut link = good.clone();
        link["is_default"] = json!(true);
        link["href"] = json!(href);
        brand.json("POST", "/api/v1/links", &link).await.expect(status);
    }
});

story!(only_who_may_attach_links_sees_or_changes_them, |app| {
    app.get("/api/v1/links").await.expect(401);
    app.send(Request::json("POST", "/api/v1/links", &json!({}))).await.expect(401);
    app.send(Request::new("DELETE", "/api/v1/links/0000000000000")).await.expect(401);
    let inspector = app.persona(Role::Inspector).await;
    inspector.get("/api/v1/links").await.expect(403);
    inspector.get("/api/v1/links/0000000000000").await.expect(403);
    inspector.send(Request::new("DELETE", "/api/v1/links/0000000000000")).await.expect(403);
});

story!(links_are_attached_and_taken_away_on_pages_too, |app| {
    let season = app.season().await;
    let brand = app.persona(Role::Planner).await;
    assert!(brand.page("/links").await.expect(200).text().contains("No links have been attached yet."));
    let form = [("level", "garment"), ("code", season.serials[0].as_str()), ("gtin", ""), ("link_type", "https://gs1.org/voc/faqs")];
    let rest = [("href", "https://brand.example/faq"), ("title", "FAQ"), ("hreflang", ""), ("media_type", ""), ("context", "")];
    let refused = brand.form("/links/new", &form).await.expect(422);
    assert!(refused.text().contains(&season.serials[0]), "what was written stands in the form: {}", refused.text());
    let place = brand.form("/links/new", &[&form[..], &rest[..]].concat()).await.expect(303).header("location").unwrap().to_owned();
    let page = brand.page(&place).await.expect(200);
    assert!(page.text().contains(&season.serials[0]) && page.text().contains(GTIN) && page.text().contains("Frequently asked questions"));
    let file = brand.get("/links.csv?lang=en").await.expect(200);
    assert!(file.text().contains("gs1:faqs") && file.text().contains("2026-06-15 20:00"), "{}", file.text());
    // A code needs to say of what.
    assert_eq!(brand.get("/api/v1/links?code=SH-2601").await.expect(422).json()["faults"][0]["field"], "level");
    brand.form(&format!("{place}/remove"), &[]).await.expect(303);
    brand.page(&place).await.expect(404);
});

story!(a_list_by_id_leads_forwards_and_back, |app| {
    let _season = app.season().await;
    let brand = app.persona(Role::Admin).await;
    for at in 0..5 {
        let link = json!({ "level": "style", "code": "SH-2601", "link_type": "gs1:faqs", "href": format!("https://brand.example/{at}"), "title": "FAQ" });
        brand.json("POST", "/api/v1/links", &link).await.expect(201);
    }
    let hrefs = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|link| link["href"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let get = async |query: String| brand.get(&format!("/api/v1/links?per_page=2{query}")).await.expect(200).json();
    let first = get(String::new()).await;
    let second = get(format!("&after={}", first["next"].as_str().unwrap())).await;
    let last = get(format!("&after={}", second["next"].as_str().unwrap())).await;
    assert_eq!(
        [hrefs(&first), hrefs(&second), hrefs(&last)],
        ["0 1", "2 3", "4"].map(|at| { at.split(' ').map(|at| format!("https://brand.example/{at}")).collect::<Vec<_>>().join(" ") })
    );
    assert!(first.get("previous").is_none() && last.get("next").is_none());
    let back = get(format!("&before={}", last["previous"].as_str().unwrap())).await;
    assert_eq!(hrefs(&back), hrefs(&second));
    brand.get("/api/v1/links?after=bm90IGFuIGlk").await.expect(422);
});
