//! Styles, skus, GTINs, warranty policies: the API, the pages, files.

use chrono::NaiveDate;
use hangtag::kernel::Id;
use hangtag::kernel::event::Subject;
use hangtag::kernel::text::Lang;
use hangtag::platform::events;
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::production::styles::{self, LabelItem};
use hangtag::production::terms::{self, StartRule};
use hangtag::production::{composition, skus};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use super::parties::{fields, import, refuse, wrong};
use crate::story;
use crate::support::personas::Persona;
use crate::support::{Request, TestApp};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn brand() -> Value {
    json!({
        "code": "BR-01",
        "name": { "zh": "示例服饰有限公司", "en": "Example Apparel Ltd" },
        "roles": ["brand"],
        "country": "CN",
        "address": { "zh": "上海市延安路1号", "en": "1 Yan'an Rd, Shanghai" }
    })
}

fn policy() -> Value {
    json!({
        "code": "W-STD",
        "valid_from": "2026-01-01",
        "months": 12,
        "days": 0,
        "start_rules": ["delivered", "sold", "activated"],
        "made_plus_months": 36,
        "coverage": { "zh": "质量问题", "en": "Faults" },
        "exclusions": { "zh": "人为损坏", "en": "Misuse" }
    })
}

fn shirt() -> Value {
    json!({
        "code": "ST-2601",
        "brand": "示例",
        "name": { "zh": "男式牛津纺衬衫", "en": "Men's Oxford shirt" },
        "category": "shirt",
        "manufacturer": "BR-01",
        "policy": "W-STD",
        "facts": {
            "composition": [
                { "name": { "en": "lining" }, "fibres": [{ "name": { "en": "Polyester" }, "hundredths": 10000 }] },
                { "name": { "zh": "面料" }, "fibres": [{ "name": { "en": "spandex" }, "hundredths": 500 }, { "name": { "zh": "棉" }, "hundredths": 9500 }] }
            ],
            "care": ["clean-no", "iron-110", "wash-30-mild", "bleach-no"],
            "safety_class": "B",
            "product_standard": "GB/T 2660-2017",
            "use_notes": { "zh": "请存放在干燥处", "en": "Store in a dry place" },
            "stages": { "spin": "CN", "sew": "越南" },
            "certificates": [{ "name": "OEKO-TEX STANDARD 100", "issuer": "TESTEX", "valid_to": "2027-01-31" }],
            "faq": [{ "question": { "zh": "会缩水吗？", "en": "Does it shrink?" }, "answer": { "zh": "不会", "en": "No" } }],
            "size_chart": { "sizes": ["M", "L"], "points": [{ "name": { "zh": "胸围", "en": "Chest" }, "mm": [1000, 1040], "tolerance_mm": 10 }] },
            "no_reason_return": "yes"
        }
    })
}

fn medium() -> Value {
    json!({ "style": "ST-2601", "code": "ST-2601-WHT-M", "gtin": "6901234000016", "colour": { "zh": "白色", "en": "White" }, "size": "M", "size_label": "170/88A" })
}

/// A planner's program with brand and policy in the store.
async fn planner(app: &TestApp) -> Persona<'_> {
    let planner = app.api(Role::Planner).await;
    planner.json("POST", "/api/v1/parties", &brand()).await.expect(201);
    planner.json("POST", "/api/v1/policies", &policy()).await.expect(201);
    planner
}

/// The value at a path, replaced.
fn with(mut document: Value, path: &str, value: Value) -> Value {
    match document.pointer_mut(path) {
        Some(place) => *place = value,
        None => {
            let (parent, name) = path.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap()[name] = value;
        }
    }
    document
}

story!(a_style_is_made_read_and_changed, |app| {
    let planner = planner(&app).await;
    let made = planner.json("POST", "/api/v1/styles", &shirt()).await.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/styles/ST-2601"));
    let style = planner.get("/api/v1/styles/ST-2601").await.expect(200).json();
    assert_eq!(style, made.json());
    assert_eq!(style["manufacturer"], "BR-01");
    assert_eq!(style["facts"]["composition"][0]["name"], json!({ "zh": "里料", "en": "lining" }));
    assert_eq!(style["facts"]["composition"][1]["fibres"][0], json!({ "name": { "zh": "棉", "en": "cotton" }, "hundredths": 9500 }));
    assert_eq!(style["facts"]["care"], json!(["wash-30-mild", "bleach-no", "iron-110", "clean-no"]));
    assert_eq!(style["facts"]["stages"]["sew"], "VN");

    let change = with(with(shirt(), "/version", json!(1)), "/name/en", json!("Oxford shirt"));
    let changed = planner.json("PUT", "/api/v1/styles/ST-2601", &change).await.expect(200).json();
    assert_eq!((changed["name"]["en"].as_str(), changed["version"].as_i64()), (Some("Oxford shirt"), Some(2)));
    assert_eq!(planner.json("PUT", "/api/v1/styles/ST-2601", &change).await.expect(409).code(), "stale");
    assert_eq!(planner.json("PUT", "/api/v1/styles/NONE", &change).await.expect(404).code(), "not_found");
    assert_eq!(planner.json("POST", "/api/v1/styles", &shirt()).await.expect(409).code(), "duplicate");
    assert_eq!(
        planner.get("/api/v1/styles?q=oxford&manufacturer=BR-01&status=active").await.expect(200).json()["items"][0]["code"],
        "ST-2601"
    );
    assert_eq!(planner.get("/api/v1/styles?status=closed").await.expect(200).json()["items"], json!([]));
    assert_eq!(fields(&planner.get("/api/v1/styles?manufacturer=NONE").await.expect(422).json()), [("manufacturer", "unknown_reference")]);
    let id: Id = style["id"].as_str().unwrap().parse().unwrap();
    let facts = app.state.store.read(move |db| events::of(db, Subject::Thing("style", id.0))).await.unwrap();
    assert_eq!(facts.iter().map(|fact| fact.kind.as_str()).collect::<Vec<_>>(), ["style.saved", "style.saved"]);
});

story!(every_wrong_fact_of_a_style_is_named_and_nothing_is_left, |app| {
    let planner = planner(&app).await;
    let long = "x".repeat(2_001);
    let cases: &[(&str, Value, &str, &str)] = &[
        ("/facts/composition/0/fibres/0/hundredths", json!(9999), "facts.composition.0.fibres", "wrong_sum"),
        ("/facts/composition/1/fibres/0/hundredths", json!(501), "facts.composition.1.fibres", "wrong_sum"),
        ("/facts/composition/0/fibres/0/name", json!({ "en": "polyestre" }), "facts.composition.0.fibres.0.name", "unknown_name"),
        ("/facts/composition/0/fibres/0/name", json!({ "zh": "新纤维;", "en": "new" }), "facts.composition.0.fibres.0.name", "malformed"),
        ("/facts/composition/0/name", json!({ "zh": "面料" }), "facts.composition.1.name", "duplicate"),
        ("/facts/composition/0/name", json!({}), "facts.composition.0.name", "missing"),
        ("/facts/care", json!(["wash-31"]), "facts.care", "unknown_reference"),
        ("/facts/care", json!(["wash-30", "wash-40"]), "facts.care", "duplicate"),
        ("/facts/stages/dye", json!("Narnia"), "facts.stages.dye", "unknown_name"),
        ("/facts/stages/dye", json!("Korea"), "facts.stages.dye", "unknown_name"),
        ("/facts/age_group", json!("infant"), "facts.safety_class", "not_one_of"),
        ("/facts/safety_class", json!("D"), "facts.safety_class", "not_one_of"),
        ("/facts/recycled_hundredths", json!(10_001), "facts.recycled_hundredths", "out_of_range"),
        ("/facts/recycled_hundredths", json!(-1), "facts.recycled_hundredths", "below_zero"),
        ("/facts/use_notes/zh", json!(long), "facts.use_notes.zh", "too_long"),
        ("/facts/use_notes/zh", json!("a\u{0}b"), "facts.use_notes.zh", "control_character"),
        ("/facts/certificates/0/name", json!(""), "facts.certificates.0.name", "missing"),
        ("/facts/certificates/0/valid_to", json!("soon"), "facts.certificates.0.valid_to", "not_a_date"),
        ("/facts/faq/0/answer", json!({}), "facts.faq.0.answer", "missing"),
        ("/facts/size_chart/points/0/mm", json!([1000]), "facts.size_chart.points.0.mm", "wrong_sum"),
        ("/facts/size_chart/points/0/mm", json!([1000, -5]), "facts.size_chart.points.0.mm.1", "out_of_range"),
        ("/facts/size_chart/sizes", json!(["M", "M"]), "facts.size_chart.sizes.1", "duplicate"),
        ("/facts/fabric", json!("x"), "facts.fabric", "unknown_field"),
        ("/colour", json!("x"), "colour", "unknown_field"),
        ("/manufacturer", json!("NONE"), "manufacturer", "unknown_reference"),
        ("/policy", json!("NONE"), "policy", "unknown_reference"),
        ("/name", json!({ "zh": " " }), "name", "missing"),
        ("/code", json!("a b"), "code", "malformed"),
        ("/code", json!("x".repeat(41)), "code", "too_long"),
        ("/version", json!(1), "version", "unknown_field"),
    ];
    for (path, value, field, code) in cases {
        let problem = planner.json("POST", "/api/v1/styles", &with(shirt(), path, value.clone())).await.expect(422).json();
        assert!(fields(&problem).contains(&(field, code)), "{path} = {value}: {problem}");
    }
    let many: Vec<Value> = (0..51).map(|_| json!({ "name": "x" })).collect();
    let problem = planner.json("POST", "/api/v1/styles", &with(shirt(), "/facts/certificates", json!(many))).await.expect(422).json();
    assert_eq!(fields(&problem), [("facts.certificates", "out_of_range")]);
    let broken = Request::new("POST", "/api/v1/styles").header("content-type", "application/json").body(b"nonsense".to_vec());
    assert_eq!(planner.send(broken).await.expect(400).code(), "malformed");
    assert_eq!(planner.get("/api/v1/styles").await.expect(200).json()["items"], json!([]));
});

story!(a_gtin_that_is_replaced_never_dies, |app| {
    let planner = planner(&app).await;
    planner.json("POST", "/api/v1/styles", &shirt()).await.expect(201);
    let made = planner.json("POST", "/api/v1/skus", &medium()).await.expect(201).json();
    assert_eq!((made["gtin"].as_str(), &made["old_gtins"]), (Some("06901234000016"), &json!([])));
    let id: Id = made["id"].as_str().unwrap().parse().unwrap();
    let change = |gtin: Value, version: i64| with(with(medium(), "/gtin", gtin), "/version", json!(version));

    let changed = planner.json("PUT", "/api/v1/skus/ST-2601-WHT-M", &change(json!("06901234000023"), 1)).await.expect(200).json();
    assert_eq!((changed["gtin"].as_str(), &changed["old_gtins"]), (Some("06901234000023"), &json!(["06901234000016"])));
    for gtin in ["06901234000016", "06901234000023"] {
        let found = app.state.store.read_inline(move |db| skus::by_gtin(db, gtin)).await.unwrap().unwrap();
        assert_eq!(found.id, id);
        assert_eq!(planner.get(&format!("/api/v1/skus?gtin={gtin}")).await.expect(200).json()["items"][0]["code"], "ST-2601-WHT-M");
    }
    // Neither the present nor the former one may go to another sku.
    for gtin in ["6901234000016", "6901234000023"] {
        let other = with(with(medium(), "/code", json!("OTHER")), "/gtin", json!(gtin));
        assert_eq!(fields(&planner.json("POST", "/api/v1/skus", &other).await.expect(409).json()), [("gtin", "duplicate")]);
    }
    // It may come back to its own, and be taken away; either way both lead to the sku.
    planner.json("PUT", "/api/v1/skus/ST-2601-WHT-M", &change(json!("6901234000016"), 2)).await.expect(200);
    let without = planner.json("PUT", "/api/v1/skus/ST-2601-WHT-M", &change(Value::Null, 3)).await.expect(200).json();
    assert_eq!(without["gtin"], Value::Null);
    for gtin in ["06901234000016", "06901234000023"] {
        let found = app.state.store.read_inline(move |db| skus::by_gtin(db, gtin)).await.unwrap();
        assert_eq!(found.map(|sku| sku.id), Some(id), "{gtin}");
    }
    assert_eq!(planner.json("PUT", "/api/v1/skus/ST-2601-WHT-M", &change(Value::Null, 3)).await.expect(409).code(), "stale");
    let kinds = app.state.store.read(move |db| events::of(db, Subject::Thing("sku", id.0))).await.unwrap();
    assert_eq!(kinds.iter().filter(|fact| fact.kind == "sku.gtin_changed").count(), 3);
});

story!(every_wrong_field_of_a_sku_is_named, |app| {
    let planner = planner(&app).await;
    planner.json("POST", "/api/v1/styles", &shirt()).await.expect(201);
    let cases: &[(&str, Value, &str, &str)] = &[
        ("/gtin", json!("6901234000017"), "gtin", "check_digit"),
        ("/gtin", json!("690123400002"), "gtin", "check_digit"),
        ("/gtin", json!("12345"), "gtin", "not_a_gtin"),
        ("/gtin", json!("69012340000１6"), "gtin", "not_a_gtin"),
        ("/style", json!("NONE"), "style", "unknown_reference"),
        ("/code", json!(""), "code", "missing"),
        ("/size", json!("x".repeat(21)), "size", "too_long"),
        ("/size_label", json!("170\n88A"), "size_label", "control_character"),
        ("/colour/en", json!("x".repeat(61)), "colour.en", "too_long"),
        ("/price", json!(1), "price", "unknown_field"),
    ];
    for (path, value, field, code) in cases {
        let problem = planner.json("POST", "/api/v1/skus", &with(medium(), path, value.clone())).await.expect(422).json();
        assert!(fields(&problem).contains(&(field, code)), "{path} = {value}: {problem}");
    }
    assert_eq!(planner.get("/api/v1/skus").await.expect(200).json()["items"], json!([]));
    planner.json("POST", "/api/v1/skus", &medium()).await.expect(201);
    let twin = with(medium(), "/gtin", Value::Null);
    assert_eq!(fields(&planner.json("POST", "/api/v1/skus", &twin).await.expect(409).json()), [("code", "duplicate")]);
});

story!(a_policy_gets_versions_and_each_day_has_its_own, |app| {
    let planner = planner(&app).await;
    let next = with(with(policy(), "/valid_from", json!("2026-07-01")), "/months", json!(24));
    let made = planner.json("POST", "/api/v1/policies", &next).await.expect(201).json();
    assert_eq!(made["version"], 2);
    let at = |date: &str| {
        let (store, date) = (app.state.store.clone(), day(date));
        async move { store.read(move |db| terms::policy_at(db, "W-STD", date)).await.unwrap() }
    };
    assert_eq!(at("2025-12-31").await, None);
    let first = at("2026-06-30").await.unwrap();
    assert_eq!((first.version, first.months), (1, 12));
    assert_eq!(first.start_rules.0, [StartRule::Delivered, StartRule::Sold, StartRule::Activated]);
    let second = at("2026-07-01").await.unwrap();
    assert_eq!((second.version, second.months, second.made_plus_months), (2, 24, Some(36)));
    let by_id = app.state.store.read_inline(move |db| terms::policy(db, first.id)).await.unwrap();
    assert_eq!(by_id.unwrap().version, 1);
    // The policy is its newest version; the list has all of them.
    assert_eq!(planner.get("/api/v1/policies/W-STD").await.expect(200).json(), made);
    let versions = planner.get("/api/v1/policies?policy=w-std").await.expect(200).json();
    let versions: Vec<_> = versions["items"].as_array().unwrap().iter().map(|one| one["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [2, 1]);
    let next = planner.get("/api/v1/policies?per_page=1").await.expect(200).json()["next"].as_str().unwrap().to_owned();
    let last = planner.get(&format!("/api/v1/policies?per_page=1&after={next}")).await.expect(200).json();
    assert_eq!((&last["items"][0]["version"], last["next"].as_str()), (&json!(1), None));
    let back = last["previous"].as_str().unwrap();
    assert_eq!(planner.get(&format!("/api/v1/policies?per_page=1&before={back}")).await.expect(200).json()["items"][0], made);
    planner.get("/api/v1/policies/NONE").await.expect(404);

    let cases: &[(&str, Value, &str, &str)] = &[
        ("/valid_from", json!("2026-06-30"), "valid_from", "dates_out_of_order"),
        ("/months", json!(-1), "months", "out_of_range"),
        ("/months", json!(241), "months", "out_of_range"),
        ("/days", json!(4000), "days", "out_of_range"),
        ("/made_plus_months", json!(-1), "made_plus_months", "out_of_range"),
        ("/start_rules", json!([]), "start_rules", "missing"),
        ("/start_rules", json!(["sold", "sold"]), "start_rules.1", "duplicate"),
        ("/coverage/zh", json!("x".repeat(4_001)), "coverage.zh", "too_long"),
        ("/name", json!("x"), "name", "unknown_field"),
    ];
    for (path, value, field, code) in cases {
        let problem = planner.json("POST", "/api/v1/policies", &with(policy(), path, value.clone())).await.expect(422).json();
        assert!(fields(&problem).contains(&(field, code)), "{path} = {value}: {problem}");
    }
});

story!(the_card_finds_all_of_a_product_and_the_label_its_eight_items, |app| {
    let planner = planner(&app).await;
    planner.json("POST", "/api/v1/styles", &shirt()).await.expect(201);
    let sku = planner.json("POST", "/api/v1/skus", &medium()).await.expect(201).json();
    let id: Id = sku["id"].as_str().unwrap().parse().unwrap();
    let product = app.state.store.read_inline(move |db| skus::product(db, id, day("2026-06-15"))).await.unwrap().unwrap();
    assert_eq!(product.policy.as_ref().map(|policy| policy.months), Some(12));
    let items = styles::label_items(&product.style, product.sku.label_size(), product.maker.as_ref(), Lang::Zh);
    let texts: Vec<&str> = items.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "示例服饰有限公司；上海市延安路1号",
            "男式牛津纺衬衫",
            "170/88A",
            "里料：聚酯纤维 100%；面料：棉 95% 氨纶 5%",
            "最高洗涤温度30℃，缓和程序；不可漂白；熨斗底板最高温度110℃，蒸汽熨烫可能造成不可恢复的损伤；不可干洗",
            "GB/T 2660-2017",
            "GB 18401-2010 B类",
            "请存放在干燥处",
        ]
    );
    assert_eq!(styles::missing_items(&product.style, product.sku.label_size(), product.maker.as_ref()), []);
    let mut bare = product.style.clone();
    bare.facts = styles::StyleFacts::default();
    assert_eq!(
        styles::missing_items(&bare, product.sku.label_size(), None),
        [LabelItem::Manufacturer, LabelItem::Composition, LabelItem::Care, LabelItem::Standard, LabelItem::Safety]
    );
    assert_eq!(app.state.store.read_inline(|db| skus::product(db, Id(1), day("2026-06-15"))).await.unwrap(), None);
});

story!(a_confidential_style_is_seen_outside_only_by_its_maker, |app| {
    let planner = planner(&app).await;
    planner.json("POST", "/api/v1/styles", &shirt()).await.expect(201);
    let secret = with(with(with(shirt(), "/code", json!("SECRET")), "/confidential", json!(true)), "/manufacturer", Value::Null);
    planner.json("POST", "/api/v1/styles", &secret).await.expect(201);
    let sku = with(with(with(medium(), "/style", json!("SECRET")), "/code", json!("SECRET-M")), "/gtin", Value::Null);
    planner.json("POST", "/api/v1/skus", &sku).await.expect(201);
    let shop = app.any_party().await;
    let shop = app.persona_of_party(Role::Retailer, shop).await;
    let codes =
        |page: Value| page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(codes(shop.get("/api/v1/styles").await.expect(200).json()), ["ST-2601"]);
    assert_eq!(codes(shop.get("/api/v1/skus").await.expect(200).json()), Vec::<String>::new());
    assert_eq!(codes(planner.get("/api/v1/styles").await.expect(200).json()), ["SECRET", "ST-2601"]);
    for address in ["/api/v1/styles/SECRET", "/api/v1/skus/SECRET-M"] {
        assert_eq!(shop.get(address).await.expect(404).code(), "not_found");
    }
    shop.page("/styles/SECRET").await.expect(404);
    shop.page("/styles/ST-2601").await.expect(200);
});

story!(styles_and_policies_have_pages_in_both_languages, |app| {
    planner(&app).await;
    let person = app.persona(Role::Planner).await;
    assert!(person.page("/styles").await.expect(200).text().contains("There are no styles yet"));
    assert!(person.page("/styles/new?lang=zh-CN").await.expect(200).text().contains("最高洗涤温度30℃，缓和程序"));
    let wrong = [("code", "ST-1"), ("name.zh", "衬衫"), ("facts.composition", "面料：棉 95%，氨纶 6%"), ("facts.size_chart.sizes", "S")];
    let again = person.form("/styles/new", &wrong).await.expect(422);
    assert!(
        again.text().contains("Sums to 面料/shell: 95% + 6% = 101%; must be 100%.") && again.text().contains("面料：棉 95%，氨纶 6%"),
        "{}",
        again.text()
    );
    let form = [
        ("code", "ST-1"),
        ("name.zh", "衬衫"),
        ("manufacturer", "BR-01"),
        ("policy", "W-STD"),
        ("facts.composition", "面料：棉 95%，氨纶 5%"),
        ("facts.care.0", "wash-30-mild"),
        ("facts.care.4", "iron-110"),
        ("facts.safety_class", "B"),
        ("facts.age_group", "adult"),
        ("facts.product_standard", "GB/T 2660-2017"),
        ("facts.size_chart.sizes", "S, M"),
        ("facts.size_chart.points.0.name.zh", "胸围"),
        ("facts.size_chart.points.0.mm", "960 1000"),
        ("facts.faq.0.question.zh", "会缩水吗？"),
        ("facts.faq.0.answer.zh", "不会。"),
        ("status", "active"),
    ];
    let made = person.form("/styles/new", &form).await.expect(303);
    assert_eq!(made.header("location"), Some("/styles/ST-1"));
    let page = person.page("/styles/ST-1?lang=zh-CN").await.expect(200);
    for expected in
        ["标签上还缺 1 项内容", "<svg class=\"care\"", "面料：棉 95% 氨纶 5%", "12 个月", "这个款号还没有单品", "胸围", "会缩水吗？"]
    {
        assert!(page.text().contains(expected), "{expected}: {}", page.text());
    }
    let edit = person.page("/styles/ST-1/edit").await.expect(200);
    assert!(edit.text().contains("value=\"960, 1000\"") && edit.text().contains("value=\"wash-30-mild\" selected"));

    assert_eq!(person.page("/styles/ST-1/skus/new").await.expect(303).header("location"), Some("/skus/new?style=ST-1"));
    assert!(person.page("/skus/new?style=ST-1").await.expect(200).text().contains("name=\"style\" value=\"ST-1\""));
    let bad_sku = person.form("/skus/new", &[("style", "ST-1"), ("code", "ST-1-S"), ("gtin", "6901234000017")]).await.expect(422);
    assert!(bad_sku.text().contains("The check digit is wrong; it should be 6."));
    let sku = [("style", "ST-1"), ("code", "ST-1-S"), ("gtin", "6901234000016"), ("size_label", "165/84A")];
    assert_eq!(person.form("/skus/new", &sku).await.expect(303).header("location"), Some("/skus/ST-1-S"));
    assert!(person.page("/skus").await.expect(200).text().contains("href=\"/skus/ST-1-S\""));
    let change = [("style", "ST-1"), ("code", "ST-1-S"), ("gtin", "6901234000023"), ("size_label", "165/84A"), ("version", "1")];
    person.form("/skus/ST-1-S/edit", &change).await.expect(303);
    let page = person.page("/styles/ST-1").await.expect(200);
    assert!(page.text().contains("href=\"/skus/ST-1-S\"") && page.text().contains("Everything a label must say is there"));
    let page = person.page("/skus/ST-1-S").await.expect(200);
    assert!(page.text().contains("06901234000016") && page.text().contains("href=\"/styles/ST-1\""), "{}", page.text());

    let new = person.page("/policies/W-STD/edit").await.expect(200);
    assert!(new.text().contains("value=\"2026-06-15\"") && new.text().contains("value=\"delivered\" selected"));
    let nothing = person.form("/policies/new", &[("code", "W-2"), ("valid_from", "later")]).await.expect(422);
    assert!(nothing.text().contains("“later” is not a date"));
    let version = [
        ("code", "W-STD"),
        ("valid_from", "2026-06-15"),
        ("months", "6"),
        ("start_rules.0", "sold"),
        ("coverage.zh", "缝线"),
        ("version", "1"),
    ];
    person.form("/policies/W-STD/edit", &version).await.expect(303);
    let policies = person.page("/policies").await.expect(200);
    assert!(policies.text().contains("2026-06-15") && policies.text().contains("2026-01-01") && policies.text().contains("Delivery, Sale"));
    let page = person.page("/policies/W-STD").await.expect(200);
    assert!(page.text().contains("New version") && page.text().contains("/policies?policy=W-STD"), "{}", page.text());
});

const POLICIES: &str =
    "政策编码,生效日期,质保月数,起算规则,质保范围\nW-STD,2026-01-01,12,签收、销售,质量问题\nW-STD,2026-07-01,24,签收、销售,质量问题\n";
const STYLES: &str = "款号,品名,制造者,质保政策,纤维成分,洗涤符号,安全类别,执行标准,产地\n\
    ST-1,衬衫,BR-01,W-STD,面料：棉 95%，氨纶 5%；里料：涤纶 100%,wash-30-mild bleach-no,B类,GB/T 2660-2017,越南\n\
    ST-2,T恤,BR-01,,cotton 100%,,A,,\n";
const SKUS: &str =
    "单品编码,款号,条码,颜色,尺码,号型\nST-1-S,ST-1,6901234000016,白色,S,165/84A\nST-1-M,ST-1,6901234000023,白色,M,170/88A\n";

story!(files_of_products_are_checked_then_applied_and_change_nothing_the_second_time, |app| {
    planner(&app).await;
    let file = [(terms::IMPORT, POLICIES, 2), (styles::IMPORT, STYLES, 2), (skus::IMPORT, SKUS, 2)];
    for (table, text, rows) in file {
        // The policy of the stories before has another text.
        let text = text.replace("W-STD", "W-FILE");
        let checked = import(&app, table, &text, Mode::DryRun).await;
        assert_eq!((checked.outcome, checked.added), (Outcome::Checked, rows), "{checked:?}");
        let applied = import(&app, table, &text, Mode::Apply).await;
        assert_eq!((applied.outcome, applied.added), (Outcome::Applied, rows), "{applied:?}");
        let again = import(&app, table, &text, Mode::Apply).await;
        assert_eq!((again.added, again.changed, again.unchanged), (0, 0, rows), "{again:?}");
    }
    let style = app.state.store.read(|db| styles::by_code(db, "ST-1")).await.unwrap().unwrap();
    assert_eq!(composition::show(&style.facts.composition, Lang::En), "shell: 95% cotton, 5% elastane; lining: 100% polyester");
    assert_eq!((style.facts.stages.sew.as_str(), style.policy.as_str(), style.version), ("VN", "W-FILE", 1));

    // What a row leaves empty stays; a replaced GTIN stays as an alias.
    let changed = import(&app, styles::IMPORT, "code,brand\nST-1,示例\n", Mode::Apply).await;
    assert_eq!((changed.changed, changed.fault_count), (1, 0));
    let style = app.state.store.read(|db| styles::by_code(db, "ST-1")).await.unwrap().unwrap();
    assert_eq!((style.brand.as_str(), style.facts.product_standard.as_str(), style.version), ("示例", "GB/T 2660-2017", 2));
    let changed = import(&app, skus::IMPORT, "code,gtin\nST-1-S,6901234000030\n", Mode::Apply).await;
    assert_eq!((changed.changed, changed.fault_count), (1, 0));
    let sku = app.state.store.read(|db| skus::by_gtin(db, "06901234000016")).await.unwrap().unwrap();
    assert_eq!((sku.code.as_str(), sku.size_label.as_str()), ("ST-1-S", "165/84A"));

    // What is taken away as a file may be handed in again.
    let person = app.persona(Role::Planner).await;
    for lang in ["zh-CN", "en"] {
        for (address, table) in [("/styles.csv", styles::IMPORT), ("/skus.csv", skus::IMPORT)] {
            let file = person.get(&format!("{address}?lang={lang}")).await.expect(200);
            let report = import(&app, table, file.text(), Mode::DryRun).await;
            assert_eq!((wrong(&report), report.unchanged), (vec![], 2), "{}", file.text());
        }
    }
});

story!(every_bad_row_of_a_file_of_products_is_named_and_none_is_applied, |app| {
    planner(&app).await;
    import(&app, styles::IMPORT, "code,name\nST-1,Shirt\n", Mode::Apply).await;
    import(&app, skus::IMPORT, "code,style,gtin\nOLD,ST-1,6901234000016\n", Mode::Apply).await;
    let styles = "code,name_en,manufacturer,policy,composition,care,safety_class,age_group,sew_country,confidential,recycled\n\
        A,x,NONE,NONE,,,,,,,\n\
        B,x,,,\"cotton 95%, elastane 4%\",wash-99,D,elder,Narnia,perhaps,101%\n\
        C,,,,cottn 100%,wash-30 wash-40,,,,,\n\
        D,x,,,cotton,,B,infant,,,abc\n";
    let report = import(&app, styles::IMPORT, styles, Mode::Apply).await;
    let mut found = wrong(&report);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (2, "manufacturer", "unknown_reference"),
            (2, "policy", "unknown_reference"),
            (3, "age_group", "not_one_of"),
            (3, "care", "unknown_reference"),
            (3, "composition", "wrong_sum"),
            (3, "confidential", "not_one_of"),
            (3, "recycled", "out_of_range"),
            (3, "safety_class", "not_one_of"),
            (3, "sew_country", "unknown_name"),
            (4, "care", "duplicate"),
            (4, "composition", "unknown_name"),
            (5, "composition", "malformed"),
            (5, "recycled", "not_a_number"),
        ]
    );
    // What only the whole record shows: a name nowhere, an infant's class.
    let report = import(&app, styles::IMPORT, "code,safety_class,age_group\nE,B,infant\n", Mode::Apply).await;
    let mut found = wrong(&report);
    found.sort_unstable();
    assert_eq!(found, [(2, "name_zh", "missing"), (2, "safety_class", "not_one_of")]);

    let skus = "code,style,gtin\nS1,NONE,\nS2,,\nS3,ST-1,6901234000017\nS4,ST-1,6901234000016\nS5,ST-1,6901234000023\nS6,ST-1,06901234000023\nS7,ST-1,2000001000014\n";
    let report = import(&app, skus::IMPORT, skus, Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused);
    let mut found = wrong(&report);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (2, "style", "unknown_reference"),
            (3, "style", "missing"),
            (4, "gtin", "check_digit"),
            (5, "gtin", "duplicate"),
            (7, "gtin", "duplicate"),
            (8, "gtin", "restricted_gtin"),
        ]
    );
    let policies = "code,valid_from,months,days,start_rules\nW-STD,2025-12-31,6,,sold\nP,2026-01-01,,,sold\nQ,2026-01-01,x,1,bought\nR,2026-02-01,1,,sold\nR,2026-01-01,1,,sold\n";
    let report = import(&app, terms::IMPORT, policies, Mode::Apply).await;
    let mut found = wrong(&report);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (2, "valid_from", "dates_out_of_order"),
            (3, "months", "missing"),
            (4, "months", "not_a_number"),
            (4, "start_rules", "not_one_of"),
            (6, "valid_from", "dates_out_of_order"),
        ]
    );
    assert_eq!(app.state.store.read(|db| skus::by_code(db, "S5")).await.unwrap(), None);
    assert_eq!(app.state.store.read(|db| terms::policies(db, Some("R"))).await.unwrap(), []);
});

/// Requests that must be refused to who lacks the right.
const REFUSED: &[(&str, &str)] = &[
    ("GET", "/api/v1/styles"),
    ("GET", "/api/v1/styles/X"),
    ("POST", "/api/v1/styles"),
    ("PUT", "/api/v1/styles/X"),
    ("GET", "/api/v1/skus"),
    ("GET", "/api/v1/skus/X"),
    ("POST", "/api/v1/skus"),
    ("PUT", "/api/v1/skus/X"),
    ("GET", "/api/v1/policies"),
    ("GET", "/api/v1/policies/X"),
    ("POST", "/api/v1/policies"),
    ("GET", "/styles"),
    ("GET", "/styles.csv"),
    ("GET", "/styles/new"),
    ("POST", "/styles/new"),
    ("GET", "/styles/X"),
    ("GET", "/styles/X/edit"),
    ("POST", "/styles/X/edit"),
    ("GET", "/styles/X/skus/new"),
    ("GET", "/skus"),
    ("GET", "/skus/new"),
    ("POST", "/skus/new"),
    ("GET", "/skus.csv"),
    ("GET", "/skus/X"),
    ("GET", "/skus/X/edit"),
    ("POST", "/skus/X/edit"),
    ("GET", "/policies"),
    ("GET", "/policies/new"),
    ("POST", "/policies/new"),
];

story!(products_are_refused_to_who_lacks_the_right, |app| {
    refuse(&app, REFUSED).await;
});
