//! What stands in the store is what was meant: refused by a form, a file and a call alike.

use chrono::Duration;
use hangtag::inspection::{defects, findings};
use hangtag::kernel::event::Subject;
use hangtag::ownership::sales;
use hangtag::platform::events;
use hangtag::platform::imports::{ImportTable, Mode, Outcome};
use hangtag::production::parties::Role as Does;
use hangtag::production::{batches, materials, parties, styles};
use hangtag::staff::accounts::Role;
use hangtag::staff::calendars;
use serde_json::{Value, json};

use crate::materials::{load, party, seen};
use crate::parties::fields;
use crate::story;
use crate::support::TestApp;
use crate::support::goods::Goods;
use crate::support::personas::Persona;
use crate::warranties::{sale_of, sell};

const LOTS: &str = "lot_code,supplier_code,kind,material_en,quantity,unit,produced_on,received_on,parents";
const USES: &str = "batch_code,component,lot_code,units,quantity";

fn refused(app: &TestApp, table: ImportTable, csv: &str) -> Vec<(u64, String, String)> {
    let report = load(app, table, csv, Mode::Apply);
    assert_eq!(report.outcome, Outcome::Refused, "{csv}: {report:?}");
    seen(&report).into_iter().map(|(line, column, code)| (line, column.to_owned(), code.to_owned())).collect()
}

fn at(line: u64, column: &str, code: &str) -> Vec<(u64, String, String)> {
    vec![(line, column.to_owned(), code.to_owned())]
}

/// Lots of a mill, of which nothing was said but this.
fn lots(app: &TestApp, rows: &str) -> u64 {
    load(app, materials::IMPORT, &format!("{LOTS}\n{rows}"), Mode::Apply).added
}

async fn events_of(app: &TestApp, subject: &'static str, id: i64) -> usize {
    app.look(move |db| events::of(db, Subject::Thing(subject, id))).await.len()
}

/// The document of a thing as it may be put back.
async fn document(who: &Persona<'_>, uri: &str, read: &[&str]) -> Value {
    let mut document = who.get(uri).await.expect(200).json();
    read.iter().for_each(|field| drop(document.as_object_mut().unwrap().remove(*field)));
    document
}

const LOT_READS: &[&str] = &["id", "name", "supplier_name", "children", "batches"];

async fn id_of(who: &Persona<'_>, uri: &str) -> i64 {
    let text = who.get(uri).await.expect(200).json()["id"].as_str().unwrap().to_owned();
    text.parse::<hangtag::kernel::Id>().unwrap().0
}

/// A file of the batch up to its planned number and its last day, which are left to say.
async fn batch_file(who: &Persona<'_>, goods: &Goods) -> String {
    let batch = who.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json();
    let [sku, factory] = ["sku", "factory"].map(|field| batch[field].as_str().unwrap().to_owned());
    format!("batch_code,sku_code,factory_code,planned,finished_on\n{},{sku},{factory},", goods.code)
}

story!(a_finding_on_one_garment_is_of_one_piece, |app| {
    app.write(defects::seed).await;
    let goods = app.goods(None, 10).await;
    let (inspector, serial) = (app.persona(Role::Inspector).await, goods.serial(&app, 3));
    let of = |subject: &str, quantity: i64| json!({"subject": subject, "defect": "slub", "stage": "final", "quantity": quantity});
    for (subject, quantity, status) in
        [(&serial, 2, 422), (&serial, 5_000, 422), (&serial, 1, 201), (&goods.code, 11, 422), (&goods.code, 10, 201)]
    {
        inspector.json("POST", "/api/v1/findings", &of(subject, quantity)).await.expect(status);
    }
    let csv = format!("subject,defect,quantity,stage,found_on\n{serial},slub,5000,final,2026-06-10\n");
    assert_eq!(refused(&app, findings::IMPORT, &csv), at(2, "quantity", "out_of_range"));
    let none = format!("subject,defect,stage,found_on\n{serial},slub,final,2026-06-10\n");
    assert_eq!(load(&app, findings::IMPORT, &none, Mode::Apply).added, 1, "one, where nothing is said");
});

story!(a_correction_of_a_lot_counts_the_garments_that_are_made_of_it, |app| {
    app.write(defects::seed).await;
    let goods = app.goods(None, 100).await;
    let whole = app.goods(None, 40).await;
    party(&app, "MILL").await;
    assert_eq!(
        lots(&app, "YARN,MILL,yarn,Yarn,80,kg,,,\nFAB,MILL,fabric,Poplin,100,m,,,YARN:10\nFAB-2,MILL,fabric,Poplin,100,m,,,YARN\n"),
        3
    );
    let uses = format!(
        "{USES}\n{b},shell,FAB,11-30,\n{b},cuff,FAB,21-40,\n{b},pocket,FAB,91-200,\n{b},lining,FAB-2,1-5,\n{w},shell,FAB,,\n",
        b = goods.code,
        w = whole.code
    );
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses, Mode::Apply).added, 5);
    // Units 1, 10 and 31 to 32 of one batch, counted from 1, and one of the other.
    for unit in [0, 9, 30, 31] {
        sell(&app, sale_of(&goods, unit, "2026-06-10")).await;
    }
    sell(&app, sale_of(&whole, 7, "2026-06-10")).await;
    let inspector = app.persona(Role::Inspector).await;
    let found = |subject: String| json!({"subject": subject, "defect": "slub", "stage": "final"});
    for subject in [goods.code.clone(), goods.serial(&app, 50), goods.serial(&app, 10), whole.serial(&app, 0)] {
        inspector.json("POST", "/api/v1/findings", &found(subject)).await.expect(201);
    }
    let incoming = json!({"subject": "FAB-2", "defect": "slub", "stage": "incoming"});
    inspector.json("POST", "/api/v1/findings", &incoming).await.expect(201);
    let planner = app.persona(Role::Planner).await;
    let manager = app.persona(Role::SupplierManager).await;
    for (lot, moves) in [
        ("FAB", json!({"lots": 0, "batches": 2, "minted": 30 + 10 + 40, "sold": 3, "findings": 3})),
        ("FAB-2", json!({"lots": 0, "batches": 1, "minted": 5, "sold": 1, "findings": 2})),
        ("YARN", json!({"lots": 2, "batches": 2, "minted": 5 + 30 + 10 + 40, "sold": 4, "findings": 4})),
    ] {
        assert_eq!(planner.get(&format!("/api/v1/lots/{lot}/correct")).await.expect(200).json()["moves"], moves, "{lot}");
        let totals = manager.get(&format!("/api/v1/trace/lots/{lot}")).await.expect(200).json()["totals"].clone();
        assert_eq!(
            (&totals["made"], &totals["sold"], &totals["findings"]),
            (&moves["minted"], &moves["sold"], &moves["findings"]),
            "{lot}: {totals}"
        );
    }
});

story!(no_more_serials_than_garments_are_planned, |app| {
    let goods = app.goods(None, 10).await;
    let operator = app.persona(Role::LabelOperator).await;
    let uri = format!("/api/v1/batches/{}", goods.code);
    let mint = |count: i64| json!({ "count": count });
    let full = operator.json("POST", &format!("{uri}/mint"), &mint(1)).await.expect(409);
    assert_eq!((full.code().as_str(), fields(&full.json())), ("beyond_planned", vec![("count", "beyond_planned")]));
    assert!(full.text().contains("10 garments are planned and 10 have serials: 0 more"), "{}", full.text());
    // What is void is replaced.
    operator.json("POST", &format!("{uri}/voids"), &json!({"units": ["3-4"], "reason": "smeared"})).await.expect(200);
    operator.json("POST", &format!("{uri}/mint"), &mint(3)).await.expect(409);
    assert_eq!(operator.json("POST", &format!("{uri}/mint"), &mint(2)).await.expect(200).json()["unit_last"], 12);
    // The planned number is raised first, and not lowered below what is there.
    let head = batch_file(&operator, &goods).await;
    let planned = |count: i64| load(&app, batches::BATCHES, &format!("{head}{count},2026-05-31\n"), Mode::Apply);
    assert_eq!(planned(12).changed, 1);
    operator.json("POST", &format!("{uri}/mint"), &mint(3)).await.expect(409);
    assert_eq!(planned(10).changed, 1, "as many as are not void");
    assert_eq!(seen(&planned(9)), [(2, "planned", "in_use")]);
    assert_eq!(planned(12).changed, 1);
    operator.json("POST", &format!("{uri}/mint"), &mint(2)).await.expect(200);
    let minted = operator.get(&uri).await.expect(200).json();
    assert_eq!((&minted["minted"], &minted["void"]), (&json!(14), &json!(2)));
});

/// Goods of a batch that was finished on 2026-05-31, and a mill.
async fn sewn(app: &TestApp) -> Goods {
    party(app, "MILL").await;
    app.goods(None, 10).await
}

story!(what_comes_after_a_batch_is_finished_is_not_in_it, |app| {
    let goods = sewn(&app).await;
    let rows = "IN,MILL,fabric,Poplin,100,m,2026-05-01,2026-05-31,\nLATE,MILL,fabric,Poplin,100,m,2026-06-01,,\nCAME,MILL,fabric,Poplin,100,m,,2026-06-02,\nOPEN,MILL,fabric,Poplin,100,m,,,\n";
    assert_eq!(lots(&app, rows), 4);
    let uses = |lot: &str| format!("{USES}\n{},shell,{lot},,\n", goods.code);
    for late in ["LATE", "CAME"] {
        assert_eq!(refused(&app, batches::BATCH_LOTS, &uses(late)), at(2, "lot_code", "dates_out_of_order"));
    }
    for sound in ["IN", "OPEN"] {
        assert_eq!(load(&app, batches::BATCH_LOTS, &uses(sound), Mode::Apply).added, 1);
    }
    // The same of its form and its document.
    let planner = app.persona(Role::Planner).await;
    let uri = format!("/api/v1/batches/{}", goods.code);
    let batch = planner.get(&uri).await.expect(200).json();
    let own = |more: Value| {
        let mut lots = vec![json!({"component": "shell", "lot": "IN"}), json!({"component": "shell", "lot": "OPEN"})];
        lots.push(more);
        json!({"code": batch["code"], "sku": batch["sku"], "factory": batch["factory"], "planned": 10, "started_on": batch["started_on"],
            "finished_on": batch["finished_on"], "lots": lots, "version": batch["version"]})
    };
    let late = planner.json("PUT", &uri, &own(json!({"component": "lining", "lot": "LATE"}))).await.expect(422);
    assert_eq!(fields(&late.json()), [("lots.2.lot", "dates_out_of_order")]);
    let rows = format!("{}10,2026-05-30\n", batch_file(&planner, &goods).await);
    assert_eq!(refused(&app, batches::BATCHES, &rows), at(2, "finished_on", "dates_out_of_order"));
    // From the lot's side: what it learns may not be after those it went into.
    for (day, column) in [("2026-06-01,", "produced_on"), (",2026-06-01", "received_on")] {
        let csv = format!("{LOTS}\nOPEN,MILL,fabric,Poplin,100,m,{day},\n");
        assert_eq!(refused(&app, materials::IMPORT, &csv), at(2, column, "dates_out_of_order"));
    }
    let mut lot = document(&planner, "/api/v1/lots/OPEN", LOT_READS).await;
    lot["received_on"] = "2026-06-01".into();
    assert_eq!(fields(&planner.json("PUT", "/api/v1/lots/OPEN", &lot).await.expect(422).json()), [("received_on", "dates_out_of_order")]);
    let correction = json!({"reason": "misread", "to": lot});
    planner.json("POST", "/api/v1/lots/OPEN/correct", &correction).await.expect(422);
    lot["received_on"] = "2026-05-31".into();
    planner.json("PUT", "/api/v1/lots/OPEN", &lot).await.expect(200);
});

story!(a_day_that_has_come_is_not_ahead, |app| {
    let goods = sewn(&app).await;
    // Today is 2026-06-15, and somewhere it is tomorrow.
    for (day, is_sound) in [("2026-06-16", true), ("2026-06-17", false), ("2062-03-12", false)] {
        for (column, days) in [("produced_on", format!("{day},")), ("received_on", format!(",{day}"))] {
            let csv = format!("{LOTS}\nL-{column}-{day},MILL,fabric,Poplin,5,m,{days},\n");
            if is_sound {
                assert_eq!(load(&app, materials::IMPORT, &csv, Mode::Apply).added, 1, "{csv}");
            } else {
                assert_eq!(refused(&app, materials::IMPORT, &csv), at(2, column, "date_to_come"));
            }
        }
    }
    let planner = app.persona(Role::Planner).await;
    let lot = |day: &str| json!({"code": "API", "supplier": "MILL", "kind": "fabric", "material": {"en": "P"}, "quantity_milli": 5, "unit": "m", "received_on": day});
    let ahead = planner.json("POST", "/api/v1/lots", &lot("2062-03-12")).await.expect(422);
    assert_eq!(fields(&ahead.json()), [("received_on", "date_to_come")]);
    assert!(ahead.text().contains("2062-03-12 lies too far ahead: the latest day possible is 2026-06-16"), "{}", ahead.text());
    planner.json("POST", "/api/v1/lots", &lot("2026-06-15")).await.expect(201);
    let form = [
        ("code", "F"),
        ("supplier", "MILL"),
        ("kind", "fabric"),
        ("material.zh", "布"),
        ("quantity_milli", "5"),
        ("unit", "m"),
        ("produced_on", "2036-06-15"),
    ];
    assert!(planner.form("/lots/new?lang=zh-CN", &form).await.expect(422).text().contains("最晚只能是 2026-06-16"));
    // A batch is planned: for a season to come, not for one after that.
    let sku = planner.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json();
    let batch = |code: &str, days: &str| {
        format!(
            "batch_code,sku_code,factory_code,planned,started_on,finished_on\n{code},{},{},5,{days}\n",
            sku["sku"].as_str().unwrap(),
            sku["factory"].as_str().unwrap()
        )
    };
    assert_eq!(load(&app, batches::BATCHES, &batch("NEXT", "2027-01-04,2027-02-01"), Mode::Apply).added, 1);
    assert_eq!(refused(&app, batches::BATCHES, &batch("FAR", "2028-05-01,")), at(2, "started_on", "date_to_come"));
    assert_eq!(refused(&app, batches::BATCHES, &batch("FAR", "2027-05-01,2029-04-01")), at(2, "finished_on", "date_to_come"));
});

story!(more_used_than_there_is_is_said_and_not_refused, |app| {
    let goods = sewn(&app).await;
    assert_eq!(
        lots(&app, "YARN,MILL,yarn,Yarn,100,kg,,,\nFAB,MILL,fabric,Poplin,100,m,,,YARN:60\nFAB-2,MILL,fabric,Poplin,100,m,,,YARN:60\n"),
        3
    );
    let planner = app.persona(Role::Planner).await;
    let told = |page: crate::support::Answer, words: &str| assert!(page.text().contains(words), "{words}: {}", page.text());
    assert!(!planner.page("/lots/FAB").await.expect(200).text().contains("Recorded as used"));
    told(planner.page("/lots/YARN").await.expect(200), "Recorded as used beyond what was received");
    let uses = format!("{USES}\n{},shell,FAB,,40\n{},lining,FAB-2,,500\n", goods.code, goods.code);
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses, Mode::Apply).added, 2);
    told(planner.page("/lots/FAB").await.expect(200), "60 m");
    told(planner.page("/lots/FAB-2?lang=zh-CN").await.expect(200), "登记用量超出收货数量");
    let page = planner.page(&format!("/batches/{}", goods.code)).await.expect(200);
    assert!(page.text().contains("FAB-2: 500 / 100 m") && !page.text().contains("FAB: 40 / 100 m"), "{}", page.text());
});

/// Time goes by: a party that was closed is then closed for whatever is new.
fn later(app: &TestApp) {
    app.state.clock.advance(Duration::minutes(1));
}

story!(a_closed_party_is_used_for_nothing_new, |app| {
    let goods = sewn(&app).await;
    for code in ["OFF", "FAC"] {
        party(&app, code).await;
    }
    assert_eq!(lots(&app, "OLD,OFF,fabric,Poplin,5,m,,,\n"), 1);
    let planner = app.persona(Role::Planner).await;
    let batch = planner.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json();
    let (sku, style) = (batch["sku"].as_str().unwrap().to_owned(), batch["sku"].as_str().unwrap().trim_end_matches("-M").to_owned());
    let sewn_by =
        |code: &str, factory: &str, planned: i64| format!("batch_code,sku_code,factory_code,planned\n{code},{sku},{factory},{planned}\n");
    assert_eq!(load(&app, batches::BATCHES, &sewn_by("B-OLD", "OFF", 5), Mode::Apply).added, 1);
    let status = |word: &str| load(&app, parties::IMPORT, &format!("code,status\nOFF,{word}\n"), Mode::Apply).changed;
    assert_eq!(status("closed"), 1);
    later(&app);
    // New ones, and others that name it now.
    assert_eq!(refused(&app, materials::IMPORT, &format!("{LOTS}\nNEW,OFF,fabric,Poplin,5,m,,,\n")), at(2, "supplier_code", "closed"));
    assert_eq!(refused(&app, batches::BATCHES, &sewn_by("B-NEW", "off", 5)), at(2, "factory_code", "closed"));
    assert_eq!(load(&app, batches::BATCHES, &sewn_by("B-2", "FAC", 5), Mode::Apply).added, 1);
    assert_eq!(refused(&app, batches::BATCHES, &sewn_by("B-2", "OFF", 5)), at(2, "factory_code", "closed"));
    assert_eq!(refused(&app, styles::IMPORT, &format!("code,manufacturer\n{style},OFF\n")), at(2, "manufacturer", "closed"));
    let lot = json!({"code": "API", "supplier": "OFF", "kind": "fabric", "material": {"en": "P"}, "quantity_milli": 5, "unit": "m"});
    let refusal = planner.json("POST", "/api/v1/lots", &lot).await.expect(422);
    assert_eq!(fields(&refusal.json()), [("supplier", "closed")]);
    assert!(refusal.text().contains("“OFF” is closed and is used for nothing new"), "{}", refusal.text());
    let form = [("code", "F"), ("supplier", "OFF"), ("kind", "fabric"), ("material.zh", "布"), ("quantity_milli", "5"), ("unit", "m")];
    assert!(planner.form("/lots/new?lang=zh-CN", &form).await.expect(422).text().contains("“OFF”已停用"));
    let sale = json!({"serial": goods.serial(&app, 1), "sold_on": "2026-06-10", "retailer": "OFF"});
    let agent = app.persona(Role::Agent).await;
    assert_eq!(fields(&agent.json("POST", "/api/v1/sales", &sale).await.expect(422).json()), [("retailer", "closed")]);
    let csv = format!("serial,sold_on,retailer\n{},2026-06-10,OFF\n", goods.serial(&app, 1));
    assert_eq!(refused(&app, sales::IMPORT, &csv), at(2, "retailer", "closed"));
    let admin = app.persona(Role::Admin).await;
    let account = json!({"login": "mill.off", "name": "Mill", "roles": ["supplier"], "party": "OFF", "lang": "en"});
    assert_eq!(fields(&admin.json("POST", "/api/v1/accounts", &account).await.expect(422).json()), [("party", "closed")]);
    let key = json!({"name": "mill", "roles": ["supplier"], "party": "OFF"});
    assert_eq!(fields(&admin.json("POST", "/api/v1/api-keys", &key).await.expect(422).json()), [("party", "closed")]);
    // What it did before is kept, and may change.
    assert_eq!(load(&app, materials::IMPORT, &format!("{LOTS}\nOLD,OFF,fabric,Poplin,7,m,,,\n"), Mode::Apply).changed, 1);
    assert_eq!(load(&app, batches::BATCHES, &sewn_by("B-OLD", "OFF", 6), Mode::Apply).changed, 1);
    assert_eq!(status("active"), 1);
    assert_eq!(load(&app, batches::BATCHES, &sewn_by("B-NEW", "off", 5), Mode::Apply).added, 1);
    // A party that comes closed from another store brings what it did there: both are one write.
    let stamp = app.state.stamp("cli");
    let gone = parties::Party {
        code: "GONE".into(),
        name_en: "Gone".into(),
        roles: vec![Does::Mill],
        status: parties::Status::Closed,
        ..Default::default()
    };
    app.write(move |db| {
        parties::create(db, &stamp, gone.clone())?;
        materials::create(db, &stamp, materials::LotSheet { supplier: "GONE".into(), ..crate::materials::draft("G-1") })
    })
    .await;
});

story!(a_calendar_is_one_in_whatever_letters, |app| {
    let file = |rows: &str| format!("calendar,day,kind,name_en\n{rows}");
    let twice = "CN,2026-10-01,off,A\ncn,2026-10-01,work,B\n";
    assert_eq!(refused(&app, calendars::IMPORT, &file(twice)), at(3, "day", "duplicate"));
    let rows = "CN,2026-10-01,off,A\ncn,2026-10-02,off,B\nＣＮ,2026-10-03,off,C\n";
    assert_eq!(load(&app, calendars::IMPORT, &file(rows), Mode::Apply).added, 3);
    assert_eq!(load(&app, calendars::IMPORT, &file("cn,2026-10-01,off,A\n"), Mode::Apply).unchanged, 1);
    let admin = app.persona(Role::Admin).await;
    let days = admin.get("/api/v1/calendars?calendar=cn").await.expect(200).json();
    let named: Vec<_> = days["items"].as_array().unwrap().iter().map(|day| day["calendar"].as_str().unwrap()).collect();
    assert_eq!(named, ["CN", "CN", "CN"]);
    assert_eq!(app.look(|db| calendars::days(db, "ｃｎ")).await.iter().count(), 3);
    // A day that is there is not silently said to be something else.
    let said = |calendar: &'static str, day: &'static str, kind: &'static str, name: &'static str| {
        [("calendar", calendar), ("day", day), ("kind", kind), ("name.zh", ""), ("name.en", name)]
    };
    let there = admin.form("/calendars", &said("cn", "2026-10-01", "work", "A")).await.expect(422);
    assert!(there.text().contains("The calendar has this day already, as a day off"), "{}", there.text());
    admin.form("/calendars", &said("CN", "2026-10-01", "off", "Another name")).await.expect(422);
    admin.form("/calendars", &said("cn", "2026-10-01", "off", "A")).await.expect(303);
    let uri = "/api/v1/calendars/cn/2026-10-04";
    assert_eq!(admin.json("PUT", uri, &json!({"kind": "off"})).await.expect(200).json()["calendar"], "CN");
    admin.form("/calendars/cn/2026-10-01/remove", &[]).await.expect(303);
    admin.form("/calendars", &said("cn", "2026-10-01", "work", "A")).await.expect(303);
    assert_eq!(app.look(|db| calendars::days(db, "CN")).await.iter().count(), 4);
});

story!(a_quantity_has_one_limit_whoever_writes_it, |app| {
    let goods = sewn(&app).await;
    let planner = app.persona(Role::Planner).await;
    let most = 999_999_999_999_999_i64;
    let lot = |code: &str, milli: i64| json!({"code": code, "supplier": "MILL", "kind": "fabric", "material": {"en": "P"}, "quantity_milli": milli, "unit": "m"});
    planner.json("POST", "/api/v1/lots", &lot("BIG", most)).await.expect(201);
    for (milli, code) in [(most + 1, "out_of_range"), (1_000_000_000_000_000_000, "out_of_range"), (-1, "below_zero")] {
        let wrong = planner.json("POST", "/api/v1/lots", &lot("NO", milli)).await.expect(422);
        assert_eq!(fields(&wrong.json()), [("quantity_milli", code)], "{milli}");
    }
    // What is taken is given away and taken again, digit for digit.
    let list = planner.get("/lots.csv?lang=en").await.expect(200).text().to_owned();
    assert!(list.contains("999999999999.999"), "{list}");
    assert_eq!(load(&app, materials::IMPORT, &list, Mode::Apply).unchanged, 1);
    // And beyond it nothing is: in a file, a form, a cell of parents, a use.
    let over = "1000000000000";
    assert_eq!(refused(&app, materials::IMPORT, &format!("{LOTS}\nF,MILL,fabric,P,{over},m,,,\n")), at(2, "quantity", "out_of_range"));
    assert_eq!(refused(&app, materials::IMPORT, &format!("{LOTS}\nF,MILL,fabric,P,1,m,,,BIG:{over}\n")), at(2, "parents", "out_of_range"));
    assert_eq!(
        refused(&app, batches::BATCH_LOTS, &format!("{USES}\n{},shell,BIG,,{over}\n", goods.code)),
        at(2, "quantity", "out_of_range")
    );
    let form = [("code", "F"), ("supplier", "MILL"), ("kind", "fabric"), ("material.zh", "布"), ("quantity_milli", over), ("unit", "m")];
    assert!(planner.form("/lots/new", &form).await.expect(422).text().contains("999999999999.999"));
});

story!(what_changes_nothing_leaves_nothing, |app| {
    let goods = sewn(&app).await;
    assert_eq!(lots(&app, "YARN,MILL,yarn,Yarn,80,kg,,,\nFAB,MILL,fabric,Poplin,100,m,2026-03-01,,YARN:10\n"), 2);
    assert_eq!(
        load(&app, batches::BATCH_LOTS, &format!("{USES}\n{},shell,FAB,1-5,7\n{},lining,YARN,,\n", goods.code, goods.code), Mode::Apply)
            .added,
        2
    );
    let planner = app.persona(Role::Planner).await;
    // A correction is refused: no event, no new version.
    let (uri, lot) = ("/api/v1/lots/FAB", id_of(&planner, "/api/v1/lots/FAB").await);
    let mut to = document(&planner, uri, LOT_READS).await;
    to["parents"] = json!([{"lot": "yarn", "quantity_milli": 10_000}]);
    let (before, version) = (events_of(&app, "lot", lot).await, to["version"].clone());
    let body = |to: &Value| json!({"reason": "nothing", "to": to});
    assert_eq!(planner.json("POST", &format!("{uri}/correct"), &body(&to)).await.expect(422).code(), "nothing_changes");
    let form = [
        ("code", "FAB"),
        ("supplier", "mill"),
        ("kind", "fabric"),
        ("material.en", "Poplin"),
        ("quantity_milli", "100"),
        ("unit", "m"),
        ("produced_on", "2026-03-01"),
        ("parents", "YARN:10"),
        ("version", "1"),
        ("reason", "nothing"),
    ];
    let page = planner.form("/lots/FAB/correct?lang=zh-CN", &form).await.expect(422);
    assert!(page.text().contains("没有任何变化"), "{}", page.text());
    // A save of what is there is done already.
    assert_eq!(planner.json("PUT", uri, &to).await.expect(200).json()["version"], version);
    planner.form("/lots/FAB/edit", &form[..9]).await.expect(303);
    assert_eq!(events_of(&app, "lot", lot).await, before);
    to["dye_lot"] = "D-1".into();
    assert_ne!(planner.json("PUT", uri, &to).await.expect(200).json()["version"], version);
    // The same of the other things that are corrected, and of one that is not.
    let batch = planner.get(&format!("/api/v1/batches/{}", goods.code)).await.expect(200).json();
    let (style, sku) = (batch["sku"].as_str().unwrap().trim_end_matches("-M").to_owned(), batch["sku"].as_str().unwrap().to_owned());
    let lots: Vec<Value> = batch["lots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|used| {
            let said = ["component", "lot", "units", "quantity_milli"].into_iter().filter(|name| !used[name].is_null());
            said.map(|name| (name.to_owned(), used[name].clone())).collect::<serde_json::Map<_, _>>().into()
        })
        .collect();
    let batch = json!({"code": batch["code"], "sku": sku, "factory": batch["factory"], "planned": 10, "started_on": batch["started_on"],
        "finished_on": batch["finished_on"], "lots": lots, "version": batch["version"]});
    let style_uri = format!("/api/v1/styles/{style}");
    let style = document(&planner, &style_uri, &["id"]).await;
    let party_uri = "/api/v1/parties/MILL";
    let mill = document(&planner, party_uri, &["id"]).await;
    let sku_uri = format!("/api/v1/skus/{sku}");
    let known = planner.get(&sku_uri).await.expect(200).json();
    let sku =
        json!({"code": known["code"], "style": known["style"], "gtin": known["gtin"], "size": known["size"], "version": known["version"]});
    for (uri, document) in
        [(format!("/api/v1/batches/{}", goods.code), batch), (style_uri, style), (sku_uri, sku), (party_uri.to_owned(), mill)]
    {
        let saved = planner.json("PUT", &uri, &document).await.expect(200).json();
        assert_eq!(saved["version"], document["version"], "{uri}");
        if uri != party_uri {
            assert_eq!(
                planner.json("POST", &format!("{uri}/correct"), &body(&document)).await.expect(422).code(),
                "nothing_changes",
                "{uri}"
            );
        }
    }
});

story!(what_sold_garments_are_made_of_is_added_to_by_a_correction, |app| {
    let goods = sewn(&app).await;
    assert_eq!(
        lots(
            &app,
            "COTTON,MILL,fibre,Cotton,80,kg,,,\nFAB,MILL,fabric,Poplin,100,m,,,\nBTN,MILL,button,Button,100,pcs,,,\nZIP,MILL,zip,Zip,100,pcs,,,\n"
        ),
        4
    );
    let uses = |row: &str| format!("{USES}\n{},{row}\n", goods.code);
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses("shell,FAB,,"), Mode::Apply).added, 1);
    sell(&app, sale_of(&goods, 4, "2026-06-10")).await;
    // The fifth is sold: what the others are made of may still be learnt, its own by a correction.
    assert_eq!(refused(&app, batches::BATCH_LOTS, &uses("buttons,BTN,,")), at(2, "lot_code", "in_use"));
    assert_eq!(refused(&app, batches::BATCH_LOTS, &uses("buttons,BTN,5,")), at(2, "lot_code", "in_use"));
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses("buttons,BTN,6-,"), Mode::Apply).added, 1);
    assert_eq!(load(&app, batches::BATCH_LOTS, &uses("shell,FAB,,60"), Mode::Apply).changed, 1, "how much went in is told of no garment");
    let planner = app.persona(Role::Planner).await;
    let uri = format!("/api/v1/batches/{}", goods.code);
    let batch = planner.get(&uri).await.expect(200).json();
    let mut to = json!({"code": batch["code"], "sku": batch["sku"], "factory": batch["factory"], "planned": 10, "started_on": batch["started_on"],
    "finished_on": batch["finished_on"], "version": batch["version"], "lots": [
        {"component": "shell", "lot": "FAB", "quantity_milli": 60_000}, {"component": "buttons", "lot": "BTN", "units": "6-"}, {"component": "zip", "lot": "ZIP", "units": "6-10"},
    ]});
    to["version"] = planner.json("PUT", &uri, &to).await.expect(200).json()["version"].clone();
    to["lots"].as_array_mut().unwrap().push(json!({"component": "zip", "lot": "ZIP", "units": "1-5"}));
    let held = planner.json("PUT", &uri, &to).await.expect(409);
    assert_eq!(fields(&held.json()), [("lots", "in_use")]);
    assert!(held.text().contains("garments sold: 1"), "{}", held.text());
    planner.json("POST", &format!("{uri}/correct"), &json!({"reason": "the zips were forgotten", "to": to})).await.expect(200);
    // The same one step up: of what their cloth was made.
    let made_of = format!("{LOTS}\nFAB,MILL,fabric,Poplin,100,m,,,COTTON:5\n");
    assert_eq!(refused(&app, materials::IMPORT, &made_of), at(2, "parents", "in_use"));
    let mut lot = document(&planner, "/api/v1/lots/FAB", LOT_READS).await;
    lot["parents"] = json!([{"lot": "COTTON", "quantity_milli": 5_000}]);
    assert_eq!(fields(&planner.json("PUT", "/api/v1/lots/FAB", &lot).await.expect(409).json()), [("parents", "in_use")]);
    planner.json("POST", "/api/v1/lots/FAB/correct", &json!({"reason": "the spinner wrote late", "to": lot})).await.expect(200);
});
