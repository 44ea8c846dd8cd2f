//! Facts that other things stand on: no file, form or call changes them, and a correction does, with its reason.

use hangtag::inspection::defects;
use hangtag::kernel::BatchNo;
use hangtag::kernel::event::Subject;
use hangtag::platform::events;
use hangtag::platform::imports::{ImportTable, Mode, Outcome};
use hangtag::platform::rooms::{Sees, Thing, made, seen as seen_in_store};
use hangtag::production::terms::StartRule;
use hangtag::production::{batches, materials, skus, styles, terms};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::materials::{load, party, seen};
use crate::story;
use crate::support::goods::{day, policy};
use crate::support::personas::Persona;
use crate::support::{Answer, Request, TestApp};
use crate::warranties::sell;

const GTIN: &str = "09506000134352";
const LOTS: &str = "lot_code,supplier_code,kind,material_en,quantity,unit,dye_lot,country,produced_on,received_on,parents";
const LOT: &str = "L-1,MILL-A,fabric,Poplin,100,m,D1,CN,2026-02-01,2026-03-01,YARN-1:50";

/// Two mills, two factories, two styles; yarn, cloth of it and a batch of that, not minted yet.
async fn furnish(app: &TestApp) -> BatchNo {
    for code in ["MILL-A", "MILL-B", "FAC-1", "FAC-2"] {
        party(app, code).await;
    }
    let stamp = app.state.stamp("system");
    app.write(move |db| {
        defects::seed(db)?;
        for (style, name) in [("SHIRT", "衬衫"), ("TROUSERS", "长裤")] {
            made::<styles::StyleView>(db, &stamp, json!({"code": style, "name": {"zh": name}}))?;
        }
        for (code, gtin, size) in [("SKU-M", Some(GTIN), "M"), ("SKU-L", None, "L")] {
            let sku = json!({"style": "SHIRT", "code": code, "gtin": gtin, "colour": {"zh": "白"}, "size": size});
            made::<skus::SkuView>(db, &stamp, sku)?;
        }
        Ok(())
    })
    .await;
    let lots = format!("{LOTS}\nYARN-1,MILL-A,yarn,Yarn,80,kg,,,,,\n{LOT}\nL-2,MILL-A,fabric,Twill,100,m,,,,,\n");
    assert_eq!(load(app, materials::IMPORT, &lots, Mode::Apply).added, 3);
    let batch = "batch_code,sku_code,factory_code,line,planned,started_on\nB-1,SKU-M,FAC-1,3,100,2026-03-10\n";
    assert_eq!(load(app, batches::BATCHES, batch, Mode::Apply).added, 1);
    let uses = "batch_code,component,lot_code,units,quantity\nB-1,shell,L-1,1-50,60\n";
    assert_eq!(load(app, batches::BATCH_LOTS, uses, Mode::Apply).added, 1);
    app.look(|db| Ok(batches::batch_by_code(db, "B-1")?.unwrap().no)).await
}

async fn mint(app: &TestApp, no: BatchNo, count: i64) {
    let (stamp, epoch) = (app.state.stamp("system"), app.state.keys.serials.newest());
    app.write(move |db| batches::mint(db, &stamp, no, count, epoch, Some(GTIN))).await;
}

/// Line and column of each fact that a file would take, all of them because something stands on it.
fn taken(app: &TestApp, table: ImportTable, csv: &str) -> Vec<(u64, String)> {
    for mode in [Mode::DryRun, Mode::Apply] {
        let report = load(app, table, csv, mode);
        assert_eq!(report.outcome, Outcome::Refused, "{csv}: {report:?}");
        assert!(report.faults.iter().all(|fault| fault.code == "in_use" && !fault.args["count"].is_empty()), "{report:?}");
    }
    let report = load(app, table, csv, Mode::DryRun);
    seen(&report).into_iter().map(|(line, column, _)| (line, column.to_owned())).collect()
}

fn at(line: u64, columns: &[&str]) -> Vec<(u64, String)> {
    columns.iter().map(|column| (line, (*column).to_owned())).collect()
}

/// The fields of a refusal.
fn fields(answer: &Answer) -> Vec<String> {
    answer.json()["faults"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
}

async fn history(app: &TestApp, subject: &'static str, id: i64) -> Vec<(String, Value)> {
    let facts = app.look(move |db| events::of(db, Subject::Thing(subject, id))).await;
    facts.into_iter().map(|fact| (fact.kind, serde_json::from_str(&fact.body).unwrap())).collect()
}

async fn version(who: &Persona<'_>, uri: &str) -> Value {
    who.get(uri).await.expect(200).json()["version"].clone()
}

story!(a_file_changes_nothing_of_a_lot_that_others_stand_on, |app| {
    furnish(&app).await;
    let with = |line: &str| format!("{LOTS}\n{line}\n");
    for (line, columns) in [
        ("L-1,MILL-A,fabric,Poplin,100,pcs,D1,CN,2026-02-01,2026-03-01,YARN-1:50", &["unit"][..]),
        ("L-1,MILL-A,button,Button,100,m,D1,CN,2026-02-01,2026-03-01,YARN-1:50", &["kind", "material_zh"]),
        ("L-1,MILL-A,fabric,Poplin,100,m,D2,VN,2026-02-02,2026-03-01,", &["dye_lot", "country", "produced_on", "parents"]),
        ("L-1,MILL-A,fabric,Poplin,100,m,,,,2026-03-01,YARN-1", &["dye_lot", "country", "produced_on", "parents"]),
        ("L-1,MILL-A,fabric,Poplin,59.999,m,D1,CN,2026-02-01,2026-03-01,YARN-1:50", &["quantity"]),
        ("YARN-1,MILL-A,fibre,Yarn,80,t,,,,,", &["kind", "unit"]),
    ] {
        assert_eq!(taken(&app, materials::IMPORT, &with(line)), at(2, columns), "{line}");
    }
    // What moves nothing is free, and what nobody had said may be filled in.
    let free = "L-1,MILL-A,fabric,Poplin,60,m,D1,CN,2026-02-01,2026-03-05,YARN-1:50; L-2";
    assert_eq!(load(&app, materials::IMPORT, &with(free), Mode::Apply).changed, 1);
    let more = "YARN-1,MILL-A,yarn,Yarn,80,kg,D9,CN,2026-01-01,,";
    assert_eq!(load(&app, materials::IMPORT, &with(more), Mode::Apply).changed, 1);
    // What nothing stands on is free.
    let other = "batch_code,component,lot_code\nB-1,shell,L-9\n";
    assert_eq!(load(&app, materials::IMPORT, &with("L-9,MILL-A,fabric,Poplin,9,m,,,,,"), Mode::Apply).added, 1);
    assert_eq!(load(&app, materials::IMPORT, &with("L-9,MILL-A,button,Button,9,pcs,,,,,"), Mode::Apply).changed, 1);
    assert_eq!(load(&app, batches::BATCH_LOTS, other, Mode::Apply).added, 1);
    taken(&app, materials::IMPORT, &with("L-9,MILL-A,zip,Button,9,pcs,,,,,"));
});

story!(a_form_and_a_call_change_nothing_of_a_lot_that_others_stand_on, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    let uri = "/api/v1/lots/YARN-1";
    let mut yarn = json!({"code": "YARN-9", "supplier": "MILL-B", "kind": "fabric", "material": {"en": "Cloth"}, "quantity_milli": 80_000, "unit": "m", "version": 1});
    let refused = planner.json("PUT", uri, &yarn).await.expect(409);
    assert_eq!(
        (refused.code().as_str(), fields(&refused)),
        ("in_use", ["code", "supplier", "kind", "material", "unit"].map(str::to_owned).to_vec())
    );
    assert!(refused.text().contains("lots made of it: 1"), "{}", refused.text());
    for (field, value) in [("code", "yarn-1"), ("supplier", "mill-a"), ("kind", "yarn"), ("unit", "kg")] {
        yarn[field] = value.into();
    }
    yarn["material"] = json!({"en": "Yarn"});
    planner.json("PUT", uri, &yarn).await.expect(200);
    // A finding holds a lot as well; and lets it go when it was a mistake.
    let inspector = app.persona(Role::Inspector).await;
    let found = inspector
        .json("POST", "/api/v1/findings", &json!({"subject": "L-2", "defect": "slub", "stage": "incoming"}))
        .await
        .expect(201)
        .json();
    let form = |unit: &'static str, once: &'static str| {
        [
            ("code", "L-2"),
            ("supplier", "MILL-A"),
            ("kind", "fabric"),
            ("material.en", "Twill"),
            ("quantity_milli", "100"),
            ("unit", unit),
            ("version", "1"),
            ("once", once),
        ]
    };
    let refused = planner.form("/lots/L-2/edit", &form("kg", "a")).await.expect(422);
    assert!(refused.text().contains("findings on it: 1"), "{}", refused.text());
    let withdraw = json!({"reason": "wrong lot", "version": 1});
    inspector.json("POST", &format!("/api/v1/findings/{}/withdraw", found["id"].as_str().unwrap()), &withdraw).await.expect(200);
    planner.form("/lots/L-2/edit", &form("kg", "b")).await.expect(303);
});

story!(a_lot_is_corrected_with_a_reason, |app| {
    let no = furnish(&app).await;
    mint(&app, no, 10).await;
    let planner = app.persona(Role::Planner).await;
    // It is said beforehand what it moves: for yarn, what was made of the cloth made of it.
    let preview = planner.get("/api/v1/lots/L-1/correct").await.expect(200).json();
    assert_eq!(preview["moves"], json!({"lots": 0, "batches": 1, "minted": 10, "sold": 0, "findings": 0}));
    assert!(preview["held"].as_array().unwrap().contains(&json!("supplier")));
    let preview = planner.get("/api/v1/lots/YARN-1/correct").await.expect(200).json();
    assert_eq!(preview["moves"], json!({"lots": 1, "batches": 1, "minted": 10, "sold": 0, "findings": 0}));
    assert_eq!(
        planner.get("/api/v1/lots/L-2/correct").await.expect(200).json(),
        json!({"moves": {"lots": 0, "batches": 0, "minted": 0, "sold": 0, "findings": 0}, "held": []})
    );

    let uri = "/api/v1/lots/L-1/correct";
    let to = json!({
        "code": "L-1", "supplier": "MILL-B", "kind": "fabric", "material": {"en": "Poplin"}, "dye_lot": "D1", "quantity_milli": 100_000, "unit": "yd",
        "country": "CN", "produced_on": "2026-02-01", "received_on": "2026-03-01", "parents": [{"lot": "YARN-1", "quantity_milli": 50_000}], "version": 1,
    });
    let body = |reason: &str| json!({"reason": reason, "to": to});
    assert_eq!(fields(&planner.json("POST", uri, &body(" ")).await.expect(422)), ["reason"]);
    planner.json("POST", uri, &json!({"to": to})).await.expect(422);
    let once = || Request::json("POST", uri, &body("delivery note mixed up")).header("idempotency-key", "c1");
    let done = planner.send(once()).await.expect(200).json();
    assert_eq!((&done["supplier"], &done["unit"], &done["version"]), (&json!("MILL-B"), &json!("yd"), &json!(2)));
    assert_eq!(planner.send(once()).await.expect(200).json(), done, "asked twice, done once");
    assert_eq!(planner.json("POST", uri, &body("delivery note mixed up")).await.expect(409).code(), "stale");
    let lot = app.look(|db| Ok(materials::lot_called(db, "L-1", None)?.unwrap().id.0)).await;
    let facts = history(&app, "lot", lot).await;
    assert_eq!(facts.len(), 2, "one event, in the same write");
    let (kind, fact) = facts.last().unwrap();
    assert_eq!(kind, "lot.corrected");
    assert_eq!(fact["changes"], json!({"supplier": {"from": "MILL-A", "to": "MILL-B"}, "unit": {"from": "m", "to": "yd"}}));
    assert_eq!((&fact["reason"], &fact["moves"]["minted"]), (&json!("delivery note mixed up"), &json!(10)));
    // The garments are now traced to the other mill; every other rule still holds.
    let manager = app.persona(Role::SupplierManager).await;
    assert_eq!(manager.get("/api/v1/trace/parties/MILL-B").await.expect(200).json()["batches"].as_array().unwrap().len(), 1);
    let mut worse = to.clone();
    worse["version"] = 2.into();
    worse["supplier"] = "NOBODY".into();
    worse["unit"] = "".into();
    planner.json("POST", uri, &json!({"reason": "x", "to": worse})).await.expect(422);
    worse["supplier"] = "MILL-B".into();
    worse["unit"] = "yd".into();
    worse["quantity_milli"] = 1.into();
    assert_eq!(
        fields(&planner.json("POST", uri, &json!({"reason": "x", "to": worse})).await.expect(409)),
        ["quantity_milli"],
        "60 are recorded as used"
    );

    // By its page.
    let page = planner.page("/lots/L-1").await.expect(200);
    assert!(
        page.text().contains("/lots/L-1/correct")
            && page.text().contains("Lot corrected")
            && page.text().contains("delivery note mixed up")
    );
    let page = planner.page("/lots/L-1/correct?lang=zh-CN").await.expect(200);
    assert!(page.text().contains("已有序列号的单件：10"), "{}", page.text());
    let form = [
        ("code", "L-1"),
        ("supplier", "MILL-A"),
        ("kind", "fabric"),
        ("material.en", "Poplin"),
        ("dye_lot", "D1"),
        ("quantity_milli", "100"),
        ("unit", "m"),
        ("country", "CN"),
        ("produced_on", "2026-02-01"),
        ("received_on", "2026-03-01"),
        ("parents", "YARN-1:50"),
        ("version", "2"),
    ];
    let refused = planner.form("/lots/L-1/correct", &form).await.expect(422);
    assert!(
        refused.text().contains("Garments with serials: 10") && refused.text().contains("action=\"/lots/L-1/correct\""),
        "{}",
        refused.text()
    );
    planner.form("/lots/L-1/correct", &[&form[..], &[("reason", "it was right")]].concat()).await.expect(303);
    assert_eq!(planner.get("/api/v1/lots/L-1").await.expect(200).json()["unit"], "m");

    // Nobody bound to a party corrects anything.
    let mill = party(&app, "MILL-A").await;
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    for uri in [uri, "/api/v1/batches/B-1/correct", "/api/v1/skus/SKU-M/correct", "/api/v1/styles/SHIRT/correct"] {
        supplier.json("POST", uri, &body("mine")).await.expect(403);
        supplier.get(uri).await.expect(403);
    }
});

story!(a_minted_batch_is_what_its_garments_are, |app| {
    let no = furnish(&app).await;
    const HEAD: &str = "batch_code,sku_code,factory_code,line,planned,started_on,finished_on";
    let with = |line: &str| format!("{HEAD}\n{line}\n");
    // Before it is minted, all of it may still change.
    assert_eq!(load(&app, batches::BATCHES, &with("B-1,SKU-L,FAC-2,4,50,2026-03-11,"), Mode::Apply).changed, 1);
    assert_eq!(load(&app, batches::BATCHES, &with("B-1,SKU-M,FAC-1,3,100,2026-03-10,"), Mode::Apply).changed, 1);
    mint(&app, no, 10).await;
    assert_eq!(taken(&app, batches::BATCHES, &with("B-1,SKU-M,FAC-2,3,100,2026-03-10,")), at(2, &["factory_code"]));
    assert_eq!(taken(&app, batches::BATCHES, &with("B-1,SKU-L,FAC-1,3,100,2026-03-10,")), at(2, &["sku_code"]));
    assert_eq!(taken(&app, batches::BATCHES, &with("B-1,SKU-M,FAC-1,3,5,2026-03-10,")), at(2, &["planned"]));
    assert_eq!(
        taken(&app, batches::BATCHES, "batch_code,sku_code,factory_code,planned,origin\nB-1,SKU-M,FAC-1,100,foreign\n"),
        at(2, &["origin"])
    );
    // Its lots: more may be told, nothing is taken away.
    let uses = |line: &str| format!("batch_code,component,lot_code,units,quantity\n{line}\n");
    assert_eq!(taken(&app, batches::BATCH_LOTS, &uses("B-1,shell,L-1,1-40,60")), at(2, &["units"]));
    assert_eq!(taken(&app, batches::BATCH_LOTS, &uses("B-1,shell,L-1,1-50,61")), at(2, &["quantity"]));
    assert_eq!(taken(&app, batches::BATCH_LOTS, &uses("B-1,shell,L-1,1-50,")), at(2, &["quantity"]));
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses("B-1,shell,L-2,51-,"), Mode::Apply).added, 1);
    // Line and days are free until something was sold or found.
    assert_eq!(load(&app, batches::BATCHES, &with("B-1,SKU-M,FAC-1,5,10,2026-03-09,2026-03-20"), Mode::Apply).changed, 1);
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    let sale = crate::warranties::sale_of(&crate::support::goods::Goods { no, code: "B-1".into(), gtin: GTIN.into() }, 0, "2026-06-10");
    app.write(move |db| hangtag::ownership::sales::register(db, &stamp, zone, &sale)).await;
    assert_eq!(
        taken(&app, batches::BATCHES, &with("B-1,SKU-M,FAC-1,6,10,2026-03-08,2026-03-21")),
        at(2, &["line", "started_on", "finished_on"])
    );
    // The same by form and call; a correction does it, but gives no serial back.
    let planner = app.persona(Role::Planner).await;
    let uri = "/api/v1/batches/B-1";
    let mut to = json!({
        "code": "B-2", "sku": "SKU-L", "factory": "FAC-2", "line": "5", "planned": 10, "started_on": "2026-03-09", "finished_on": "2026-03-20",
        "lots": [{"component": "shell", "lot": "L-2", "units": "51-"}], "version": version(&planner, uri).await,
    });
    assert_eq!(fields(&planner.json("PUT", uri, &to).await.expect(409)), ["code", "sku", "factory", "lots"]);
    let form = [
        ("code", "B-1"),
        ("sku", "SKU-M"),
        ("factory", "FAC-2"),
        ("line", "5"),
        ("planned", "10"),
        ("started_on", "2026-03-09"),
        ("finished_on", "2026-03-20"),
        ("lots.0.component", "shell"),
        ("lots.0.lot", "L-1"),
        ("lots.0.units", "1-50"),
        ("lots.0.quantity_milli", "60"),
        ("lots.1.component", "shell"),
        ("lots.1.lot", "L-2"),
        ("lots.1.units", "51-"),
        ("version", to["version"].as_i64().unwrap().to_string().leak()),
    ];
    let refused = planner.form("/batches/B-1/edit", &form).await.expect(422);
    assert!(refused.text().contains("garments that have serials: 10"), "{}", refused.text());
    assert_eq!(
        planner.get(&format!("{uri}/correct")).await.expect(200).json()["moves"],
        json!({"lots": 0, "batches": 0, "minted": 10, "sold": 1, "findings": 0})
    );
    let mut fewer = to.clone();
    fewer["planned"] = 9.into();
    assert_eq!(
        fields(&planner.json("POST", &format!("{uri}/correct"), &json!({"reason": "x", "to": fewer})).await.expect(409)),
        ["planned"]
    );
    to["code"] = "B-1".into();
    to["sku"] = "SKU-M".into();
    let done = planner.json("POST", &format!("{uri}/correct"), &json!({"reason": "sewn elsewhere", "to": to})).await.expect(200).json();
    assert_eq!((&done["factory"], done["lots"].as_array().unwrap().len()), (&json!("FAC-2"), 1));
    let facts = history(&app, "batch", no.0).await;
    let (kind, fact) = facts.last().unwrap();
    assert_eq!((kind.as_str(), &fact["reason"], &fact["moves"]["sold"]), ("batch.corrected", &json!("sewn elsewhere"), &json!(1)));
    assert_eq!(fact["changes"]["factory"], json!({"from": "FAC-1", "to": "FAC-2"}));
    assert_eq!(fact["changes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["factory", "lots"]);
    planner.page("/batches/B-1/correct").await.expect(200);
});

story!(a_sku_and_a_style_are_what_was_sold, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 10).await;
    let planner = app.persona(Role::Planner).await;
    let sku = app
        .look({
            let code = goods.code.clone();
            move |db| Ok(seen_in_store::<batches::BatchSheet>(db, &code, Sees::ALL)?.sku)
        })
        .await;
    let style = sku.trim_end_matches("-M").to_owned();
    planner.json("POST", "/api/v1/styles", &json!({"code": "TROUSERS", "name": {"zh": "长裤"}})).await.expect(201);
    // To another style, another size: not once garments have serials.
    let csv = format!("code,style,size\n{sku},TROUSERS,L\n");
    assert_eq!(taken(&app, skus::IMPORT, &csv), at(2, &["style", "size"]));
    let uri = format!("/api/v1/skus/{sku}");
    let to = json!({"code": sku, "style": "TROUSERS", "gtin": goods.gtin, "size": "M", "version": 1});
    assert_eq!(fields(&planner.json("PUT", &uri, &to).await.expect(409)), ["style"]);
    let form = [("style", style.as_str()), ("code", "OTHER"), ("gtin", goods.gtin.as_str()), ("size", "M"), ("version", "1")];
    assert!(planner.form(&format!("/skus/{sku}/edit"), &form).await.expect(422).text().contains("batches that use it: 1"));
    // A style keeps its name once something was sold; its policy may change, and the sale keeps its own.
    let named = format!("code,name_zh\n{style},长裤\n");
    assert_eq!(load(&app, styles::IMPORT, &named, Mode::DryRun).changed, 1, "nothing is sold yet");
    let warranty = sell(&app, crate::warranties::sale_of(&goods, 0, "2026-06-10")).await;
    assert_eq!(taken(&app, styles::IMPORT, &named), at(2, &["name_zh"]));
    assert_eq!(taken(&app, styles::IMPORT, &format!("code,name_zh\n{style},\n")).len(), 1, "nor is it erased");
    let other = policy("OTHER", &[StartRule::Sold]);
    let stamp = app.state.stamp("system");
    app.write(move |db| other.clone().save(db, &stamp, None)).await;
    assert_eq!(load(&app, styles::IMPORT, &format!("code,policy,brand,category\n{style},other,示例,shirt\n"), Mode::Apply).changed, 1);
    let garment = goods.garment(0);
    let after = app.look(move |db| Ok(hangtag::ownership::sales::latest(db, garment)?.unwrap())).await;
    assert_eq!(after.policy, warranty.policy, "the terms of the day it was sold");
    let uri_style = format!("/api/v1/styles/{style}");
    let mut fields_of = planner.get(&uri_style).await.expect(200).json();
    fields_of.as_object_mut().unwrap().remove("id");
    fields_of["name"]["zh"] = "长裤".into();
    assert_eq!(fields(&planner.json("PUT", &uri_style, &fields_of).await.expect(409)), ["name"]);
    // Corrections.
    let preview = planner.get(&format!("{uri}/correct")).await.expect(200).json();
    assert_eq!((&preview["moves"]["minted"], &preview["moves"]["sold"], &preview["moves"]["batches"]), (&json!(10), &json!(1), &json!(1)));
    planner.json("POST", &format!("{uri_style}/correct"), &json!({"reason": "named wrongly", "to": fields_of})).await.expect(200);
    planner.json("POST", &format!("{uri}/correct"), &json!({"reason": "", "to": to})).await.expect(422);
    let done = planner
        .json("POST", &format!("{uri}/correct"), &json!({"reason": "filed under the wrong style", "to": to}))
        .await
        .expect(200)
        .json();
    assert_eq!(done["style"], "TROUSERS");
    let id = app
        .look({
            let sku = sku.clone();
            move |db| Ok(skus::by_code(db, &sku)?.unwrap().id)
        })
        .await;
    let facts = history(&app, "sku", id.0).await;
    let (kind, fact) = facts.last().unwrap();
    assert_eq!(
        (kind.as_str(), &fact["changes"]["style"]["to"], &fact["reason"]),
        ("sku.corrected", &json!("TROUSERS"), &json!("filed under the wrong style"))
    );
    let page = planner.page(&format!("/skus/{sku}/correct")).await.expect(200);
    assert!(page.text().contains("Garments sold: 1") && page.text().contains("value=\"TROUSERS\""), "{}", page.text());
    let again = [("code", sku.as_str()), ("style", style.as_str()), ("gtin", goods.gtin.as_str()), ("size", "M"), ("version", "2")];
    planner.form(&format!("/skus/{sku}/correct"), &again).await.expect(422);
    planner.form(&format!("/skus/{sku}/correct"), &[&again[..], &[("reason", "it was right")]].concat()).await.expect(303);
    let page = planner.page(&format!("/styles/{style}/correct")).await.expect(200);
    assert!(page.text().contains("Garments sold: 1"), "{}", page.text());
    let _used = day("2026-06-10");
});

story!(what_a_file_does_not_speak_of_stays_and_an_empty_cell_erases, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    // Lots: the required columns only. What nothing stands on may be erased by an empty cell.
    let full = format!("{LOTS}\nFREE,MILL-A,fabric,Poplin,100,m,D1,CN,2026-02-01,2026-03-01,YARN-1\n");
    assert_eq!(load(&app, materials::IMPORT, &full, Mode::Apply).added, 1);
    let bare = "lot_code,supplier_code,kind,quantity,unit\nFREE,MILL-A,fabric,120,m\n";
    assert_eq!(load(&app, materials::IMPORT, bare, Mode::Apply).changed, 1);
    let lot = planner.get("/api/v1/lots/FREE").await.expect(200).json();
    let held = ["dye_lot", "country", "produced_on", "received_on"].map(|field| lot[field].as_str().unwrap_or_default().to_owned());
    assert_eq!(
        (held.join(" "), &lot["material"]["en"], &lot["quantity_milli"]),
        ("D1 CN 2026-02-01 2026-03-01".into(), &json!("Poplin"), &json!(120_000))
    );
    assert_eq!(lot["parents"].as_array().unwrap().len(), 1);
    let erased = format!("{LOTS}\nFREE,MILL-A,fabric,Poplin,120,m,,,,,\n");
    assert_eq!(load(&app, materials::IMPORT, &erased, Mode::DryRun).changed, 1, "and the dry run says so");
    assert_eq!(load(&app, materials::IMPORT, &erased, Mode::Apply).changed, 1);
    let lot = planner.get("/api/v1/lots/FREE").await.expect(200).json();
    assert_eq!((&lot["dye_lot"], &lot["produced_on"], lot["parents"].as_array().unwrap().len()), (&json!(""), &json!(null), 0));
    let nameless = "lot_code,supplier_code,kind,quantity,unit,material_en\nFREE,MILL-A,fabric,120,m,\n";
    assert_eq!(
        seen(&load(&app, materials::IMPORT, nameless, Mode::Apply)),
        [(2, "material_zh", "missing")],
        "what is needed is not erased"
    );
    assert_eq!(
        seen(&load(&app, materials::IMPORT, "lot_code,supplier_code,kind,quantity,unit\nNEW,MILL-A,fabric,120,m\n", Mode::Apply)),
        [(2, "material_zh", "missing")]
    );
    // Batches.
    const HEAD: &str = "batch_code,sku_code,factory_code,planned";
    let full = format!("{HEAD},line,started_on,finished_on,status\nB-9,SKU-M,FAC-1,10,3,2026-03-01,2026-03-09,hold\n");
    assert_eq!(load(&app, batches::BATCHES, &full, Mode::Apply).added, 1);
    assert_eq!(load(&app, batches::BATCHES, &format!("{HEAD}\nB-9,SKU-M,FAC-1,20\n"), Mode::Apply).changed, 1);
    let batch = planner.get("/api/v1/batches/B-9").await.expect(200).json();
    assert_eq!(
        (&batch["line"], &batch["started_on"], &batch["finished_on"], &batch["status"], &batch["planned"]),
        (&json!("3"), &json!("2026-03-01"), &json!("2026-03-09"), &json!("hold"), &json!(20))
    );
    assert_eq!(load(&app, batches::BATCHES, &format!("{HEAD},line,finished_on,status\nB-9,SKU-M,FAC-1,20,,,\n"), Mode::Apply).changed, 1);
    let batch = planner.get("/api/v1/batches/B-9").await.expect(200).json();
    assert_eq!(
        (&batch["line"], &batch["finished_on"], &batch["started_on"], &batch["status"]),
        (&json!(""), &json!(null), &json!("2026-03-01"), &json!("hold")),
        "a status is always something"
    );
    let early = format!("{HEAD},finished_on\nB-9,SKU-M,FAC-1,20,2026-02-01\n");
    assert_eq!(seen(&load(&app, batches::BATCHES, &early, Mode::Apply)), [(2, "finished_on", "dates_out_of_order")], "beside what stays");
    // Lots of batches.
    let uses = |text: &str| load(&app, batches::BATCH_LOTS, text, Mode::Apply);
    assert_eq!(uses("batch_code,component,lot_code,units,quantity\nB-9,shell,L-1,1-5,7\n").added, 1);
    assert_eq!(uses("batch_code,component,lot_code\nB-9,shell,L-1\n").unchanged, 1);
    assert_eq!(uses("batch_code,component,lot_code,units,quantity\nB-9,shell,L-1,1-5,\n").changed, 1);
    // Parties, styles, skus, policies.
    let load = |table, text: String| load(&app, table, &text, Mode::Apply);
    assert_eq!(load(hangtag::production::parties::IMPORT, "code,name_zh,roles,city,contact\nP,单位,mill,杭州,王\n".into()).added, 1);
    assert_eq!(load(hangtag::production::parties::IMPORT, "code,name_en\nP,Party\n".into()).changed, 1);
    let shown = planner.get("/api/v1/parties/P").await.expect(200).json();
    assert_eq!((&shown["city"], &shown["name"]["zh"]), (&json!("杭州"), &json!("单位")));
    assert_eq!(load(hangtag::production::parties::IMPORT, "code,city\nP,\n".into()).changed, 1);
    assert_eq!(planner.get("/api/v1/parties/P").await.expect(200).json()["city"], "");
    assert_eq!(seen(&load(hangtag::production::parties::IMPORT, "code,roles\nP,\n".into())), [(2, "roles", "missing")]);
    assert_eq!(load(styles::IMPORT, "code,brand,safety_class,recycled,status\nSHIRT,示例,B,20%,停用\n".into()).changed, 1);
    assert_eq!(load(styles::IMPORT, "code,brand,safety_class,recycled,status\nSHIRT,,,,\n".into()).changed, 1);
    let style = planner.get("/api/v1/styles/SHIRT").await.expect(200).json();
    assert_eq!((&style["brand"], &style["facts"]["safety_class"], &style["status"]), (&json!(""), &json!(null), &json!("closed")));
    assert_eq!(load(skus::IMPORT, "code,gtin\nSKU-M,\n".into()).changed, 1);
    assert_eq!(planner.get("/api/v1/skus/SKU-M").await.expect(200).json()["old_gtins"], json!([GTIN]));
    let terms = "code,valid_from,months,start_rules,coverage_zh,made_plus_months\nW,2026-01-01,12,sold,缝线,36\n";
    assert_eq!(load(terms::IMPORT, terms.into()).added, 1);
    assert_eq!(load(terms::IMPORT, "code,valid_from,months,start_rules\nW,2026-01-01,12,sold\n".into()).unchanged, 1);
    assert_eq!(load(terms::IMPORT, "code,valid_from,months,start_rules\nW,2026-07-01,24,sold\n".into()).added, 1);
    let newest = planner.get("/api/v1/policies/W").await.expect(200).json();
    assert_eq!((&newest["months"], &newest["coverage"]["zh"], &newest["made_plus_months"]), (&json!(24), &json!("缝线"), &json!(36)));
});
