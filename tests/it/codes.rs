//! Codes: one in other letters is the same, a lot's is its supplier's, and stores written before that was so.

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::inspection::{defects, findings};
use hangtag::platform::db::{DatabaseUrl, Db, migrate};
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::platform::rooms::made;
use hangtag::production::{batches, materials, parties, skus, styles};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::materials::{draft, load, lot, party, seen};
use crate::parties::import;
use crate::story;
use crate::support::personas::Persona;
use crate::support::{Request, TestApp};

const LOTS: &str = "lot_code,supplier_code,kind,material_en,quantity,unit";

/// Mills, a factory and a sku.
async fn furnish(app: &TestApp) {
    for code in ["MILL-A", "MILL-B", "FAC"] {
        party(app, code).await;
    }
    let stamp = app.state.stamp("system");
    app.write(move |db| {
        defects::seed(db)?;
        made::<styles::StyleView>(db, &stamp, json!({"code": "ST", "name": {"zh": "衬衫"}}))?;
        made::<skus::SkuView>(db, &stamp, json!({"style": "ST", "code": "ST-M", "size": "M"}))?;
        Ok(())
    })
    .await;
}

/// The fields and codes of a refusal.
fn faults(answer: &Value) -> Vec<(&str, &str)> {
    answer["faults"].as_array().unwrap().iter().map(|fault| (fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

/// The codes of a list.
async fn listed(who: &Persona<'_>, uri: &str) -> Vec<String> {
    let page = who.get(uri).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

story!(two_suppliers_may_use_one_lot_code, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    let first = load(&app, materials::IMPORT, &format!("{LOTS}\n20260301,MILL-A,fabric,Poplin,100,m\n"), Mode::Apply);
    assert_eq!(first.added, 1);
    load(&app, batches::BATCHES, "batch_code,sku_code,factory_code,planned\nB-1,ST-M,FAC,100\nB-2,ST-M,FAC,100\n", Mode::Apply);
    let used = load(&app, batches::BATCH_LOTS, "batch_code,component,lot_code\nB-1,shell,20260301\n", Mode::Apply);
    assert_eq!(used.added, 1);
    // While one supplier uses it, the code is enough.
    assert_eq!(planner.get("/api/v1/lots/20260301").await.expect(200).json()["name"], "20260301");
    let second = load(&app, materials::IMPORT, &format!("{LOTS}\n20260301,MILL-B,button,Button,5000,pcs\n"), Mode::Apply);
    assert_eq!((second.outcome, second.added, second.changed), (Outcome::Applied, 1, 0));
    assert_eq!(listed(&planner, "/api/v1/lots").await, ["20260301@MILL-A", "20260301@MILL-B"]);
    let first_page = planner.get("/api/v1/lots?per_page=1").await.expect(200).json();
    assert_eq!(
        listed(&planner, &format!("/api/v1/lots?per_page=1&after={}", first_page["next"].as_str().unwrap())).await,
        ["20260301@MILL-B"]
    );

    // Where the code alone is not enough, the program asks.
    let asked = planner.get("/api/v1/lots/20260301").await.expect(409);
    assert_eq!((asked.code().as_str(), asked.text().contains("MILL-A, MILL-B")), ("ambiguous", true));
    for (name, kind) in [("20260301@MILL-A", "fabric"), ("20260301%40mill-b", "button")] {
        assert_eq!(planner.get(&format!("/api/v1/lots/{name}")).await.expect(200).json()["kind"], kind);
        planner.page(&format!("/lots/{name}")).await.expect(200);
        planner.page(&format!("/lots/{name}/edit")).await.expect(200);
    }
    assert_eq!(planner.page("/lots/20260301").await.expect(303).header("location"), Some("/lots?q=20260301"));
    assert_eq!(planner.page("/find?q=20260301").await.expect(303).header("location"), Some("/lots?q=20260301"));
    assert!(planner.page("/lots?q=20260301").await.expect(200).text().contains("/lots/20260301%40MILL-B"));
    // The batch names the one it is made of, and may be sent back as it is.
    let sheet = planner.get("/api/v1/batches/B-1").await.expect(200).json();
    assert_eq!(sheet["lots"][0]["lot"], "20260301@MILL-A");
    let batch =
        |lot: &str| json!({"code": "B-3", "sku": "ST-M", "factory": "FAC", "planned": 5, "lots": [{"component": "shell", "lot": lot}]});
    let refused = planner.json("POST", "/api/v1/batches", &batch("20260301")).await.expect(422).json();
    assert_eq!(faults(&refused), [("lots.0.lot", "ambiguous")]);
    planner.json("POST", "/api/v1/batches", &batch("20260301@MILL-B")).await.expect(201);

    // Files: a column for the supplier, or the name.
    let uses = "batch_code,component,lot_code\nB-2,shell,20260301\n";
    let report = load(&app, batches::BATCH_LOTS, uses, Mode::Apply);
    assert_eq!(seen(&report), [(2, "lot_code", "ambiguous")]);
    let uses = "batch_code,component,lot_code,supplier_code\nB-2,shell,20260301,MILL-A\nB-2,buttons,20260301@MILL-B,\n";
    assert_eq!(load(&app, batches::BATCH_LOTS, uses, Mode::Apply).added, 2);
    assert_eq!(load(&app, batches::BATCH_LOTS, uses, Mode::Apply).unchanged, 2);
    let twice = "batch_code,component,lot_code,supplier_code\nB-2,shell,20260301,mill-a\nB-2,shell,20260301@MILL-A,\n";
    assert_eq!(seen(&load(&app, batches::BATCH_LOTS, twice, Mode::Apply)), [(3, "units", "duplicate")]);
    let parents = |parent: &str| format!("{LOTS},parents\nDYED,MILL-B,fabric,Dyed,90,m,{parent}\n");
    assert_eq!(seen(&load(&app, materials::IMPORT, &parents("20260301"), Mode::Apply)), [(2, "parents", "ambiguous")]);
    assert_eq!(load(&app, materials::IMPORT, &parents("20260301@MILL-A:80"), Mode::Apply).added, 1);
    assert_eq!(planner.get("/api/v1/lots/DYED").await.expect(200).json()["parents"][0]["lot"], "20260301@MILL-A");
    let found = |supplier: &str| format!("subject,supplier_code,defect,stage,found_on\n20260301,{supplier},slub,incoming,2026-06-01\n");
    assert_eq!(seen(&load(&app, findings::IMPORT, &found(""), Mode::Apply)), [(2, "subject", "ambiguous")]);
    assert_eq!(load(&app, findings::IMPORT, &found("MILL-B"), Mode::Apply).added, 1);
    // Two in one file, one the parent of the other.
    let both = format!("{LOTS},parents\nX-1,MILL-A,yarn,Yarn,9,kg,\nX-1,MILL-B,fabric,Cloth,9,m,X-1@MILL-A\n");
    assert_eq!(load(&app, materials::IMPORT, &both, Mode::Apply).added, 2);
    assert_eq!(load(&app, materials::IMPORT, &both, Mode::Apply).unchanged, 2);
    // What is taken away as a file says the same when it comes back.
    let taken = planner.get("/lots.csv").await.expect(200);
    let back = load(&app, materials::IMPORT, taken.text(), Mode::Apply);
    assert_eq!((back.outcome, back.unchanged, seen(&back)), (Outcome::Applied, 5, vec![]));

    // Findings, traces and the search tell them apart.
    let inspector = app.persona(Role::Inspector).await;
    let finding = |subject: &str| json!({"subject": subject, "defect": "slub", "stage": "incoming"});
    let refused = inspector.json("POST", "/api/v1/findings", &finding("20260301")).await.expect(422).json();
    assert_eq!(faults(&refused), [("subject", "ambiguous")]);
    let made = inspector.json("POST", "/api/v1/findings", &finding("20260301@MILL-A")).await.expect(201).json();
    assert_eq!(made["subject"]["lot"], "20260301@MILL-A");
    let choice = inspector.page("/findings/new?subject=20260301").await.expect(422);
    assert!(choice.text().contains("subject=20260301%40MILL-A"), "{}", choice.text());
    let manager = app.persona(Role::SupplierManager).await;
    assert_eq!(manager.get("/api/v1/trace/lots/20260301").await.expect(409).code(), "ambiguous");
    let trace = manager.get("/api/v1/trace/lots/20260301@MILL-A").await.expect(200).json();
    assert_eq!((&trace["subject"]["code"], trace["batches"].as_array().unwrap().len()), (&json!("20260301@MILL-A"), 2));
    assert!(manager.get("/api/v1/trace/parties/MILL-A").await.expect(200).text().contains("20260301@MILL-A"));
    assert_eq!(manager.page("/trace/lot/20260301").await.expect(303).header("location"), Some("/trace?q=20260301"));
    let search = manager.page("/trace?q=20260301").await.expect(200);
    assert!(search.text().contains("20260301@MILL-A") && search.text().contains("20260301@MILL-B"), "{}", search.text());

    // A supplier's people have one lot of that code: their own.
    let mill = party(&app, "MILL-B").await;
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    assert_eq!(supplier.get("/api/v1/lots/20260301").await.expect(200).json()["kind"], "button");
    supplier.get("/api/v1/lots/20260301@MILL-A").await.expect(404);
    // Each supplier's own code is still unique.
    assert_eq!(
        crate::materials::told(lot(&app, materials::LotSheet { supplier: "MILL-A".into(), ..draft("20260301") }).await).0,
        "duplicate"
    );
});

story!(one_code_in_other_letters_is_one_thing, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    // Lots: from a file, and looked up.
    assert_eq!(load(&app, materials::IMPORT, &format!("{LOTS}\nFAB0117,MILL-A,fabric,Poplin,100,m\n"), Mode::Apply).added, 1);
    for code in ["ＦＡＢ０１１７", "fab0117", "FAB\u{200b}0117"] {
        let report = load(&app, materials::IMPORT, &format!("{LOTS}\n{code},mill-a,fabric,Poplin,100,m\n"), Mode::Apply);
        assert_eq!((report.added, report.changed, report.unchanged), (0, 0, 1), "{code}");
    }
    let twice =
        load(&app, materials::IMPORT, &format!("{LOTS}\nＦＡＢ2,MILL-A,fabric,Poplin,1,m\nfab2,MILL-A,fabric,Poplin,1,m\n"), Mode::Apply);
    assert_eq!(seen(&twice), [(3, "lot_code", "duplicate")]);
    for code in ["fab0117", "%EF%BC%A6AB0117"] {
        assert_eq!(planner.get(&format!("/api/v1/lots/{code}")).await.expect(200).json()["code"], "FAB0117", "as it was written");
    }
    assert_eq!(listed(&planner, "/api/v1/lots?q=%EF%BD%86ab01").await, ["FAB0117"]);
    assert_eq!(listed(&planner, "/api/v1/lots?supplier=mill-a").await, ["FAB0117"]);
    // A dye lot keeps nothing that nobody sees.
    let dyed = format!("{LOTS},dye_lot\nFAB0117,MILL-A,fabric,Poplin,100,m,D\u{200b}22\n");
    assert_eq!(load(&app, materials::IMPORT, &dyed, Mode::Apply).changed, 1);
    assert_eq!(planner.get("/api/v1/lots/FAB0117").await.expect(200).json()["dye_lot"], "D22");
    // Batches, their lots, parties, styles, skus, policies, defects.
    let batch =
        json!({"code": "B-2026-015", "sku": "st-m", "factory": "ｆａｃ", "planned": 5, "lots": [{"component": "shell", "lot": "fab0117"}]});
    let made = planner.json("POST", "/api/v1/batches", &batch).await.expect(201).json();
    assert_eq!((&made["sku"], &made["factory"], &made["lots"][0]["lot"]), (&json!("ST-M"), &json!("FAC"), &json!("FAB0117")));
    let again = json!({"code": "b-2026-015", "sku": "ST-M", "factory": "FAC", "planned": 5});
    assert_eq!(planner.json("POST", "/api/v1/batches", &again).await.expect(409).code(), "duplicate");
    assert_eq!(planner.get("/api/v1/batches/b-2026-015").await.expect(200).json()["code"], "B-2026-015");
    assert_eq!(planner.page("/find?q=b-2026-015").await.expect(303).header("location"), Some("/batches/B-2026-015"));
    let file = "batch_code,sku_code,factory_code,planned\nＢ-2026-015,st-m,fac,5\n";
    assert_eq!(load(&app, batches::BATCHES, file, Mode::Apply).unchanged, 1);
    for (uri, body) in [
        ("/api/v1/parties", json!({"code": "mill-a", "name": {"zh": "甲"}, "roles": ["mill"]})),
        ("/api/v1/styles", json!({"code": "ＳＴ", "name": {"zh": "裤"}})),
        ("/api/v1/skus", json!({"style": "ST", "code": "st-m"})),
    ] {
        let refused = planner.json("POST", uri, &body).await.expect(409).json();
        assert_eq!((&refused["code"], faults(&refused)), (&json!("duplicate"), vec![("code", "duplicate")]), "{uri}");
    }
    for (table, file) in [
        (parties::IMPORT, "code,name_zh,roles\nmill-a,MILL-A 厂,\"mill,factory\"\n"),
        (styles::IMPORT, "code,name_zh\nst,衬衫\n"),
        (skus::IMPORT, "code,style,size\nst-m,st,M\n"),
    ] {
        let report = import(&app, table, file, Mode::Apply).await;
        assert_eq!((report.added, report.changed, report.unchanged), (0, 0, 1), "{report:?}");
    }
    let policy = |code: &str, day: &str| json!({"code": code, "valid_from": day, "months": 12, "days": 0, "start_rules": ["sold"]});
    planner.json("POST", "/api/v1/policies", &policy("W-STD", "2026-01-01")).await.expect(201);
    let next = planner.json("POST", "/api/v1/policies", &policy("w-std", "2026-02-01")).await.expect(201).json();
    assert_eq!((&next["code"], &next["version"]), (&json!("W-STD"), &json!(2)));
    assert_eq!(planner.get("/api/v1/parties/mill-b").await.expect(200).json()["code"], "MILL-B");
    let manager = app.persona(Role::SupplierManager).await;
    for (uri, code) in [("parties/mill-a", "MILL-A"), ("batches/b-2026-015", "B-2026-015"), ("lots/fab0117", "FAB0117")] {
        assert_eq!(manager.get(&format!("/api/v1/trace/{uri}")).await.expect(200).json()["subject"]["code"], code);
    }
    let inspector = app.persona(Role::Inspector).await;
    let made = inspector
        .json("POST", "/api/v1/findings", &json!({"subject": "b-2026-015", "defect": "Seam_Open", "stage": "final"}))
        .await
        .expect(201);
    assert_eq!(made.json()["defect"]["code"], "seam_open");
});

/// Leaves the codes as a store has them that was written before they were folded.
fn as_before(db: &mut Db) -> hangtag::kernel::Result<()> {
    let tables = ["party", "style", "sku", "lot", "batch", "warranty_policy"];
    let sql: String = tables.iter().map(|table| format!("DROP INDEX {table}_code_key_key; UPDATE {table} SET code_key = '';")).collect();
    Ok(each!(db, |c| c.batch_execute(&sql))?)
}

story!(a_store_written_before_codes_were_folded_is_folded_when_it_is_migrated, |app| {
    furnish(&app).await;
    lot(&app, materials::LotSheet { supplier: "MILL-A".into(), ..draft("ＦＡＢ-1") }).await.unwrap();
    let count = |db: &mut Db| Ok((materials::lot_called(db, "fab-1", None)?.is_some(), parties::by_code(db, "mill-a")?.is_some()));
    app.write(as_before).await;
    assert_eq!(app.look(count).await, (false, false));
    migrate(&app.url).unwrap();
    assert_eq!(app.look(count).await, (true, true));
    assert_eq!(migrate(&app.url).unwrap().applied, Vec::<String>::new());

    // Codes that are one from now on: each is named, and nothing is folded.
    app.write(|db| {
        as_before(db)?;
        let sql = "UPDATE party SET code = 'mill-a' WHERE code = 'MILL-B'";
        Ok(each!(db, |c| c.batch_execute(sql))?)
    })
    .await;
    let refused = migrate(&app.url).unwrap_err();
    let told = std::error::Error::source(&refused).unwrap().to_string();
    assert!(told.contains("party: MILL-A and mill-a"), "{told}");
    assert_eq!(app.look(count).await, (false, false), "nothing of it is kept");
});

story!(a_start_does_not_wait_for_who_writes, |app| {
    // A file has one writer at a time, whoever it is.
    let DatabaseUrl::Postgres(url) = &app.url else { continue };
    let impatient = DatabaseUrl::Postgres(format!("{url}%20-clock_timeout%3D5s"));
    app.write(move |db| {
        each!(db, |c| c.batch_execute("LOCK TABLE party, style, sku, lot, batch, warranty_policy IN ROW EXCLUSIVE MODE"))?;
        migrate(&impatient).map(|_| ())
    })
    .await;
});

story!(what_a_person_may_not_use_is_not_asked_for, |app| {
    furnish(&app).await;
    lot(&app, materials::LotSheet { supplier: "MILL-A".into(), ..draft("L") }).await.unwrap();
    let planner = app.persona(Role::Planner).await;
    planner.send(Request::get("/lots/L@NOBODY").html()).await.expect(404);
    planner.get("/api/v1/lots/L@").await.expect(404);
    planner.get("/api/v1/lots/L@MILL-A@MILL-B").await.expect(404);
});
