//! Batches: what is refused and why, the lots they are made of, minting, void units, serials ours and from elsewhere, files, who sees which.

use hangtag::each;
use hangtag::kernel::event::Subject;
use hangtag::kernel::ids::UNITS_PER_BATCH;
use hangtag::kernel::serial::Serial;
use hangtag::kernel::{BatchNo, Error, GarmentId};
use hangtag::platform::db::schema;
use hangtag::platform::events;
use hangtag::platform::imports::{Mode, Outcome};
use hangtag::platform::rooms::{Sees, made, saved, seen as found};
use hangtag::production::batches::{self, Batch, BatchSheet, BatchStatus, LotUse, Origin};
use hangtag::production::serials::{self, Scanned};
use hangtag::production::skus::SkuView;
use hangtag::production::styles::StyleView;
use hangtag::staff::accounts::Role;
use proptest::prelude::*;
use serde_json::json;

use crate::materials::{draft as lot_draft, load, lot, party, seen, told};
use crate::story;
use crate::support::{Request, TestApp};

const GTIN: &str = "09506000134352";

/// A mill, a factory, two lots and two skus: `SKU` with a GTIN, `BARE` without.
async fn furnish(app: &TestApp) {
    party(app, "MILL").await;
    party(app, "FAC").await;
    lot(app, lot_draft("FAB-1")).await.unwrap();
    lot(app, lot_draft("FAB-2")).await.unwrap();
    let stamp = app.state.stamp("system");
    let made = app.state.store.write(move |db| {
        made::<StyleView>(db, &stamp, json!({"code": "ST", "brand": "B", "name": {"zh": "衬衫", "en": "Shirt"}, "category": "shirt"}))?;
        for (code, gtin) in [("SKU", Some(GTIN)), ("BARE", None)] {
            let sku = json!({"style": "ST", "code": code, "gtin": gtin, "colour": {"zh": "白", "en": "White"}, "size": "M", "size_label": "170/88A"});
            made::<SkuView>(db, &stamp, sku)?;
        }
        Ok(())
    });
    made.await.unwrap();
}

fn draft(code: &str, sku: &str) -> BatchSheet {
    let batch = Batch { code: code.into(), planned: 1000, ..Batch::default() };
    BatchSheet { batch, sku: sku.into(), factory: "FAC".into(), ..BatchSheet::default() }
}

/// The same, of so many garments.
fn of(mut batch: BatchSheet, planned: i64) -> BatchSheet {
    batch.batch.planned = planned;
    batch
}

fn foreign(code: &str, sku: &str) -> BatchSheet {
    let mut batch = draft(code, sku);
    batch.batch.origin = Origin::Foreign;
    batch
}

fn used(component: &str, lot: &str, units: &str) -> LotUse {
    LotUse {
        component: component.into(),
        lot: lot.into(),
        units: Some(units.into()).filter(|units: &String| !units.is_empty()),
        ..LotUse::default()
    }
}

async fn make(app: &TestApp, batch: BatchSheet) -> Result<BatchNo, Error> {
    let stamp = app.state.stamp("system");
    app.state.store.write(move |db| Ok(batches::create(db, &stamp, batch.clone())?.no)).await
}

async fn mint(app: &TestApp, no: BatchNo, count: i64, gtin: Option<&'static str>) -> Result<batches::Minted, Error> {
    let (stamp, epoch) = (app.state.stamp("system"), app.state.keys.serials.newest());
    app.state.store.write(move |db| batches::mint(db, &stamp, no, count, epoch, gtin)).await
}

async fn find(app: &TestApp, gtin: Option<&str>, text: &str) -> Result<Option<GarmentId>, Error> {
    let (keys, scanned) =
        (app.state.keys.clone(), gtin.map_or_else(|| Scanned::read("serial", text, None), |gtin| Ok(Scanned::label(gtin, text)))?);
    app.state.store.read(move |db| serials::find(db, &keys.serials, &scanned)).await
}

async fn serial(app: &TestApp, no: BatchNo, unit: i64) -> String {
    let keys = app.state.keys.clone();
    app.state
        .store
        .read(move |db| Ok(batches::serial_of(db, &keys.serials, GarmentId::new(no, unit).unwrap())?.unwrap().serial))
        .await
        .unwrap()
}

/// Rows of every table, to see what a write left.
async fn rows(app: &TestApp) -> Vec<i64> {
    use diesel::prelude::*;
    let counted = app.state.store.read(|db| {
        each!(db, |c| Ok(vec![
            schema::batch::table.count().get_result::<i64>(c)?,
            schema::batch_lot::table.count().get_result(c)?,
            schema::batch_void::table.count().get_result(c)?,
            schema::garment::table.count().get_result(c)?,
            schema::foreign_serial::table.count().get_result(c)?,
            schema::garment_event::table.count().get_result(c)?,
            schema::event::table.count().get_result(c)?,
        ]))
    });
    counted.await.unwrap()
}

story!(a_batch_is_made_out_of_lots, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    let mut body = json!({
        "code": "B/1", "sku": "SKU", "factory": "FAC", "line": "3", "planned": 1000,
        "started_on": "2026-03-16", "finished_on": "2026-03-27",
        "lots": [
            {"component": "Shell", "lot": "FAB-1", "units": "1-500", "quantity_milli": 640_500},
            {"component": "shell", "lot": "FAB-2", "units": "501-"},
            {"component": "pocket", "lot": "FAB-1"},
        ],
    });
    let made = planner.send(Request::json("POST", "/api/v1/batches", &body)).await.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/batches/B%2F1"));
    let shown = planner.get("/api/v1/batches/B%2F1").await.expect(200).json();
    let lots: Vec<_> = shown["lots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lot| (lot["component"].as_str().unwrap(), lot["lot"].as_str().unwrap(), lot["units"].as_str()))
        .collect();
    assert_eq!(lots, [("pocket", "FAB-1", None), ("shell", "FAB-1", Some("1-500")), ("shell", "FAB-2", Some("501-"))]);
    // Inside, units count from 0 and leave the end out.
    let inside = app.state.store.read(|db| {
        let no = batches::batch_by_code(db, "B/1")?.unwrap().no;
        Ok((no, batches::lots_of(db, no)?.into_iter().map(|used| used.units).collect::<Vec<_>>()))
    });
    assert_eq!(inside.await.unwrap(), (BatchNo(1), vec![0..UNITS_PER_BATCH, 0..500, 500..UNITS_PER_BATCH]));
    // The lot knows where it went.
    let lot = planner.get("/api/v1/lots/FAB-2").await.expect(200).json();
    assert_eq!((&lot["batches"][0]["batch"], &lot["batches"][0]["unit_first"]), (&json!("B/1"), &json!(501)));
    body["status"] = "hold".into();
    body["version"] = 1.into();
    body["lots"] = json!([{"component": "shell", "lot": "FAB-2"}]);
    let changed = planner.send(Request::json("PUT", "/api/v1/batches/B%2F1", &body)).await.expect(200).json();
    assert_eq!((&changed["status"], changed["lots"].as_array().unwrap().len()), (&json!("hold"), 1));
    assert_eq!(planner.send(Request::json("PUT", "/api/v1/batches/B%2F1", &body)).await.expect(409).code(), "stale");
    body["nonsense"] = 1.into();
    assert_eq!(
        planner.send(Request::json("PUT", "/api/v1/batches/B%2F1", &body)).await.expect(422).json()["faults"][0]["code"],
        "unknown_field"
    );
    // The number after the last, and lists by keyset.
    for (place, code) in ["B-2", "B-3", "B-4"].into_iter().enumerate() {
        assert_eq!(make(&app, draft(code, "SKU")).await.unwrap(), BatchNo(2 + i64::try_from(place).unwrap()));
    }
    let first = planner.get("/api/v1/batches?per_page=3&factory=FAC").await.expect(200).json();
    let rest =
        planner.get(&format!("/api/v1/batches?per_page=3&factory=FAC&after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    let codes = |page: &serde_json::Value| {
        page["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((codes(&first), codes(&rest)), (vec!["B-2".into(), "B-3".into(), "B-4".into()], vec!["B/1".into()]));
    assert_eq!(codes(&planner.get("/api/v1/batches?status=hold").await.expect(200).json()), ["B/1"]);
    assert_eq!(codes(&planner.get("/api/v1/batches?q=SHIRT").await.expect(200).json()).len(), 4);
    planner.get("/api/v1/batches?status=lost").await.expect(422);
});

story!(what_is_wrong_with_a_batch_is_named, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    let before = rows(&app).await;
    let told_of = async |body: serde_json::Value| {
        let refused = planner.send(Request::json("POST", "/api/v1/batches", &body)).await.expect(422).json();
        let text = |fault: &serde_json::Value, name: &str| fault[name].as_str().unwrap().to_owned();
        refused["faults"].as_array().unwrap().iter().map(|fault| text(fault, "field") + " " + &text(fault, "code")).collect::<Vec<_>>()
    };
    let used_of = |component: &str, lot: &str, units: &str| json!({"component": component, "lot": lot, "units": units});
    let mut wrong = json!({"code": "", "sku": "SKU", "factory": "FAC", "planned": 5, "status": "lost", "lots": [
        used_of("shell", "FAB-2", "0-5"), {"component": "lining", "lot": "FAB-2", "quantity_milli": -1}, used_of("lining", "FAB-1", "9-4194305"), {},
    ]});
    assert_eq!(
        told_of(wrong.clone()).await,
        [
            "code missing",
            "status not_one_of",
            "lots.0.units out_of_range",
            "lots.1.quantity_milli below_zero",
            "lots.2.units batch_too_large",
            "lots.3.component missing",
            "lots.3.lot missing"
        ]
    );
    // What each field says is right, and they do not fit together.
    let lots = [used_of("shell", "FAB-1", "1-500"), used_of("Shell", "FAB-1", "500-600"), used_of("shell", "FAB-2", "500-600")];
    for (field, value) in [("code", json!("B")), ("status", json!("open")), ("lots", json!(lots)), ("planned", json!(UNITS_PER_BATCH + 1))]
    {
        wrong[field] = value;
    }
    (wrong["started_on"], wrong["finished_on"]) = ("2026-03-02".into(), "2026-03-01".into());
    assert_eq!(told_of(wrong).await, ["finished_on dates_out_of_order", "planned batch_too_large", "lots.1.units duplicate"]);
    let mut below = draft("B", "SKU");
    below.batch.planned = -1;
    assert_eq!(told(make(&app, below).await).1, [("planned".into(), "below_zero".into())]);
    let nowhere = BatchSheet { factory: "NOBODY".into(), lots: vec![used("shell", "NO-LOT", "")], ..draft("B", "NO-SKU") };
    let (_, faults) = told(make(&app, nowhere).await);
    assert_eq!(faults.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["sku", "factory", "lots.0.lot"]);
    assert_eq!(rows(&app).await, before, "what is refused leaves no trace");
    make(&app, draft("B", "SKU")).await.unwrap();
    assert_eq!(told(make(&app, draft("B", "SKU")).await).0, "duplicate");
});

story!(minting_writes_one_row_whatever_the_size, |app| {
    furnish(&app).await;
    let no = make(&app, of(draft("B", "SKU"), UNITS_PER_BATCH)).await.unwrap();
    let before = rows(&app).await;
    let minted = mint(&app, no, 1_000_000, Some(GTIN)).await.unwrap();
    assert_eq!((minted.units, minted.gtin.as_deref()), (0..1_000_000, Some(GTIN)));
    let mut expected = before.clone();
    expected[6] += 1;
    assert_eq!(rows(&app).await, expected, "one batch row changed, one event added");
    // More for a reprint: the series goes on under its first GTIN.
    assert_eq!(
        mint(&app, no, 5, Some("04006381333931")).await.unwrap(),
        batches::Minted { units: 1_000_000..1_000_005, gtin: Some(GTIN.into()), epoch: minted.epoch }
    );
    for (count, code) in [(0, "invalid"), (-1, "invalid"), (UNITS_PER_BATCH - 1_000_004, "beyond_planned"), (i64::MAX, "beyond_planned")] {
        assert_eq!(told(mint(&app, no, count, Some(GTIN)).await).0, code, "{count}");
    }
    mint(&app, no, UNITS_PER_BATCH - 1_000_005, Some(GTIN)).await.unwrap();
    assert_eq!(told(mint(&app, no, 1, Some(GTIN)).await).0, "beyond_planned");
    // What has serials keeps its sku; what is held gets none.
    let stamp = app.state.stamp("system");
    let other_sku = app.state.store.write(move |db| {
        let before: BatchSheet = found(db, "B", Sees::ALL)?;
        saved(BatchSheet { sku: "BARE".into(), ..before.clone() }, db, &stamp, Some(&before))
    });
    assert_eq!(told(other_sku.await), ("in_use".into(), vec![("sku".into(), "in_use".into())]));
    for status in [BatchStatus::Hold, BatchStatus::Closed] {
        let mut held = draft(status.as_str(), "SKU");
        held.batch.status = status;
        let no = make(&app, held).await.unwrap();
        assert_eq!(told(mint(&app, no, 1, Some(GTIN)).await).0, "wrong_state");
    }
    let no = make(&app, foreign("F", "SKU")).await.unwrap();
    assert_eq!(told(mint(&app, no, 1, Some(GTIN)).await).0, "wrong_state");
    assert_eq!(told(mint(&app, BatchNo(99), 1, Some(GTIN)).await).0, "not_found");
});

story!(mints_at_the_same_time_share_no_unit, |app| {
    furnish(&app).await;
    let no = make(&app, draft("B", "SKU")).await.unwrap();
    let mints: Vec<_> = (0..12)
        .map(|_| {
            let (state, stamp) = (app.state.clone(), app.state.stamp("system"));
            let epoch = state.keys.serials.newest();
            actix_web::rt::spawn(async move { state.store.write(move |db| batches::mint(db, &stamp, no, 7, epoch, Some(GTIN))).await })
        })
        .collect();
    let mut starts = Vec::new();
    for mint in mints {
        starts.push(mint.await.unwrap().unwrap().units.start);
    }
    starts.sort_unstable();
    assert_eq!(starts, (0..12).map(|n| n * 7).collect::<Vec<_>>());
});

story!(void_units_are_a_bitmap, |app| {
    furnish(&app).await;
    let no = make(&app, of(draft("B", "SKU"), 100_000)).await.unwrap();
    mint(&app, no, 100_000, Some(GTIN)).await.unwrap();
    let void = |units: Vec<std::ops::Range<i64>>, reason: &'static str| {
        let stamp = app.state.stamp("staff:operator");
        app.state.store.write(move |db| batches::void_units(db, &stamp, no, &units, reason))
    };
    assert_eq!(void(vec![10..20, 500..501], "torn").await.unwrap(), 11);
    assert_eq!(void(vec![15..25], "torn again").await.unwrap(), 5);
    assert_eq!(void(vec![12..14], "told twice").await.unwrap(), 0);
    for (units, reason, field) in [
        (vec![99_999..100_001], "x", "units"),
        (vec![-1..3], "x", "units"),
        (vec![3..3], "x", "units"),
        (vec![], "x", "units"),
        (vec![1..2], " ", "reason"),
    ] {
        assert_eq!(told(void(units, reason).await).1[0].0, field);
    }
    let known = app.state.store.read(move |db| {
        let is_void = |db: &mut _, unit| batches::is_void(db, GarmentId::new(no, unit).unwrap());
        let facts = events::of(db, Subject::Thing("batch", no.0))?;
        Ok((is_void(db, 9)?, is_void(db, 24)?, is_void(db, 25)?, batches::voids_of(db, no)?.len(), facts.last().unwrap().body.clone()))
    });
    let (nine, twenty_four, twenty_five, count, fact) = known.await.unwrap();
    assert_eq!((nine, twenty_four, twenty_five, count), (false, true, false, 16));
    assert!(fact.contains("torn again") && fact.contains("16-25"), "people count from 1: {fact}");
    let issued = |unit| app.state.store.read(move |db| batches::is_issued(db, GarmentId::new(no, unit).unwrap()));
    assert_eq!((issued(0).await.unwrap(), issued(10).await.unwrap(), issued(100_000).await.unwrap()), (true, false, false));
});

story!(a_serial_leads_to_its_garment_and_back, |app| {
    furnish(&app).await;
    let no = make(&app, draft("B", "SKU")).await.unwrap();
    let bare = make(&app, draft("N", "BARE")).await.unwrap();
    mint(&app, no, 100, Some(GTIN)).await.unwrap();
    mint(&app, bare, 10, None).await.unwrap();
    let printed = serial(&app, no, 41).await;
    let garment = GarmentId::new(no, 41);
    let spoken = format!(" {}-{} ", &printed[..7].to_lowercase(), &printed[7..].replace('0', "O").replace('1', "l"));
    for text in [printed.as_str(), &spoken, &Serial::parse(&printed).unwrap().grouped()] {
        assert_eq!(find(&app, Some(GTIN), text).await.unwrap(), garment, "{text}");
        assert_eq!(find(&app, None, text).await.unwrap(), garment, "{text}");
        assert_eq!(find(&app, Some("9506000134352"), text).await.unwrap(), garment, "thirteen digits are the same GTIN");
    }
    let plain = serial(&app, bare, 3).await;
    assert_eq!(find(&app, None, &plain).await.unwrap(), GarmentId::new(bare, 3));
    assert_eq!(find(&app, Some("00000000000000"), &plain).await.unwrap(), GarmentId::new(bare, 3));
    // Another GTIN, a unit not minted, a void unit, a forgery: all the same nothing.
    let forged = app.state.keys.serials.mint(b"09506000134352", GarmentId::new(no, 100).unwrap()).to_string();
    let nowhere = app.state.keys.serials.mint(b"09506000134352", GarmentId::new(BatchNo(77), 0).unwrap()).to_string();
    let stamp = app.state.stamp("system");
    app.state.store.write(move |db| batches::void_units(db, &stamp, no, &[50..51], "torn")).await.unwrap();
    let void = serial(&app, no, 50).await;
    for (gtin, text) in [
        (Some("04006381333931"), &printed),
        (Some("no gtin"), &printed),
        (Some(GTIN), &plain),
        (Some(GTIN), &forged),
        (None, &forged),
        (Some(GTIN), &nowhere),
        (Some(GTIN), &void),
        (None, &void),
    ] {
        assert_eq!(find(&app, gtin, text).await.unwrap(), None, "{gtin:?} {text}");
    }
    // Only a wrong check character is called a typo.
    let last = printed.chars().last().unwrap();
    let typo = format!("{}{}", &printed[..19], if last == 'A' { 'B' } else { 'A' });
    assert_eq!(told(find(&app, Some(GTIN), &typo).await).0, "serial_typo");
    assert_eq!(told(find(&app, None, "").await).0, "invalid", "nothing is no mistyped serial");
    // The address of its label.
    let keys = app.state.keys.clone();
    let addresses = app.state.store.read(move |db| {
        let of =
            |db: &mut _, batch, unit| batches::address_of(db, "HTTPS://ID.BRAND.CN", &keys.serials, GarmentId::new(batch, unit).unwrap());
        Ok((of(db, no, 41)?, of(db, bare, 3)?, of(db, no, 100)?))
    });
    let expected = (Some(format!("HTTPS://ID.BRAND.CN/01/{GTIN}/21/{printed}")), Some(format!("HTTPS://ID.BRAND.CN/C/{plain}")), None);
    assert_eq!(addresses.await.unwrap(), expected);
});

const GARMENTS: &str = "serial,gtin,batch_code,unit\n";

story!(garments_come_with_serials_of_their_own, |app| {
    furnish(&app).await;
    make(&app, draft("OWN", "SKU")).await.unwrap();
    let no = make(&app, foreign("F", "SKU")).await.unwrap();
    let odd = r#"!""%&'()*+,-./:;<=>?"#;
    let csv = format!("{GARMENTS}a7,,F,\nA7,{GTIN},F,\n\"{odd}\",,F,\n00000000000000000001,,F,\n");
    let dry = load(&app, batches::GARMENTS, &csv, Mode::DryRun);
    assert_eq!((dry.outcome, dry.added, seen(&dry)), (Outcome::Checked, 4, vec![]));
    let done = load(&app, batches::GARMENTS, &csv, Mode::Apply);
    assert_eq!((done.outcome, done.added), (Outcome::Applied, 4));
    let before = rows(&app).await;
    let again = load(&app, batches::GARMENTS, &csv, Mode::Apply);
    assert_eq!((again.outcome, again.added, again.unchanged), (Outcome::Applied, 0, 4));
    assert_eq!(rows(&app).await, before, "the same file twice changes nothing");
    // Exactly as it stands on the label: case counts.
    let odd = odd.replace("\"\"", "\"");
    assert_eq!(find(&app, None, "a7").await.unwrap(), GarmentId::new(no, 0));
    assert_eq!(find(&app, Some(GTIN), "A7").await.unwrap(), GarmentId::new(no, 1));
    assert_eq!(find(&app, Some(GTIN), &odd).await.unwrap(), GarmentId::new(no, 2));
    // Where serials come from elsewhere, one that is not there is unknown; only one of our form can be mistyped.
    assert_eq!(find(&app, Some("04006381333931"), &odd).await.unwrap(), None);
    assert_eq!(find(&app, None, "0K8JYHFBAF2GXMNFX4WB").await.unwrap_err().code().as_str(), "serial_typo");
    let address = |garment: Option<GarmentId>| {
        let keys = app.state.keys.clone();
        app.state.store.read(move |db| Ok(batches::address_of(db, "https://id.brand.cn", &keys.serials, garment.unwrap())?.unwrap()))
    };
    let link = hangtag::kernel::gs1::DigitalLink::parse(&address(GarmentId::new(no, 2)).await.unwrap()).unwrap();
    assert_eq!((link.gtin().unwrap().as_str(), link.serial()), (GTIN, Some(odd.as_str())));
    // Each has its event, and a void one is gone.
    let stamp = app.state.stamp("system");
    app.state.store.write(move |db| batches::void_units(db, &stamp, no, &[0..1], "lost")).await.unwrap();
    assert_eq!(find(&app, None, "a7").await.unwrap(), None);
    let facts = app.state.store.read(move |db| events::of(db, Subject::Garment(GarmentId::new(no, 1).unwrap().0))).await.unwrap();
    assert_eq!((facts.len(), facts[0].kind.as_str()), (1, "garment.imported"));
    // What is wrong is named row by row, and nothing of the file is taken.
    let wrong = format!(
        "{GARMENTS}ok-1,,F,\n\
         a8,,OWN,\n\
         a9,,NOWHERE,\n\
         b1,09506000134353,F,\n\
         b2,04006381333931,F,\n\
         {},,F,\n\
         汉字,,F,\n\
         ok-1,,F,\n\
         c1,,F,7\n",
        "x".repeat(21)
    );
    let report = load(&app, batches::GARMENTS, &wrong, Mode::Apply);
    assert_eq!(report.outcome, Outcome::Refused);
    let found = seen(&report);
    for wanted in [
        (3, "batch_code", "wrong_state"),
        (4, "batch_code", "unknown_reference"),
        (5, "gtin", "check_digit"),
        (6, "gtin", "unknown_reference"),
        (7, "serial", "too_long"),
        (8, "serial", "malformed"),
        (9, "serial", "duplicate"),
        (10, "unit", "not_one_of"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    assert_eq!(find(&app, None, "ok-1").await.unwrap(), None);
    // The same serial in another batch is another garment only under another GTIN.
    make(&app, foreign("G", "SKU")).await.unwrap();
    let report = load(&app, batches::GARMENTS, &format!("{GARMENTS}A7,,G,\n"), Mode::Apply);
    assert_eq!(seen(&report), [(2, "serial", "duplicate")]);
});

story!(garments_may_say_which_unit_they_are, |app| {
    furnish(&app).await;
    let no = make(&app, foreign("F", "BARE")).await.unwrap();
    let csv = format!("{GARMENTS}s3,,F,3\ns1,,F,1\n");
    assert_eq!(load(&app, batches::GARMENTS, &csv, Mode::Apply).added, 2);
    assert_eq!(load(&app, batches::GARMENTS, &csv, Mode::Apply).unchanged, 2);
    assert_eq!(find(&app, None, "s3").await.unwrap(), GarmentId::new(no, 2));
    let clash =
        load(&app, batches::GARMENTS, &format!("{GARMENTS}s9,,F,3\ns8,,F,4\ns7,,F,4\ns6,,F,0\ns5,,F,4194305\ns1,,F,2\n"), Mode::Apply);
    let wanted = [
        (2, "unit", "duplicate"),
        (4, "unit", "duplicate"),
        (5, "unit", "out_of_range"),
        (6, "unit", "batch_too_large"),
        (7, "serial", "duplicate"),
    ];
    let found = seen(&clash);
    assert!(wanted.iter().all(|one| found.contains(one)), "{found:?}");
    // The next free unit is after the last one given out.
    assert_eq!(load(&app, batches::GARMENTS, &format!("{GARMENTS}t,,F,\n"), Mode::Apply).added, 1);
    assert_eq!(find(&app, None, "t").await.unwrap(), GarmentId::new(no, 3));
});

story!(many_garments_pass_through_in_chunks, |app| {
    furnish(&app).await;
    let no = make(&app, foreign("F", "SKU")).await.unwrap();
    let csv: String = std::iter::once(GARMENTS.to_owned()).chain((0..5_000).map(|n| format!("w-{n},,F,\n"))).collect();
    assert_eq!(load(&app, batches::GARMENTS, &csv, Mode::Apply).added, 5_000);
    assert_eq!(load(&app, batches::GARMENTS, &csv, Mode::Apply).unchanged, 5_000);
    let minted = app.state.store.read(move |db| Ok(batches::batch(db, no)?.unwrap().minted)).await.unwrap();
    assert_eq!((minted, find(&app, None, "w-4999").await.unwrap()), (5_000, GarmentId::new(no, 4_999)));
});

story!(files_of_batches_and_their_lots_are_loaded_once, |app| {
    furnish(&app).await;
    let csv =
        "批次,单品,工厂,开工日期,完工日期,计划数量,状态,来源\nB1,SKU,FAC,2026-03-01,2026-03-05,1200,进行中,\nB2,BARE,FAC,,,4194304,,外部\n";
    let done = load(&app, batches::BATCHES, csv, Mode::Apply);
    assert_eq!((done.outcome, done.added, seen(&done)), (Outcome::Applied, 2, vec![]));
    let lots = "batch_code,component,lot_code,units,quantity\nB1,大身,FAB-1,1-500,640.5\nB1,大身,FAB-2,501-1200,\nB2,shell,FAB-1,,\n";
    let done = load(&app, batches::BATCH_LOTS, lots, Mode::Apply);
    assert_eq!((done.outcome, done.added, seen(&done)), (Outcome::Applied, 3, vec![]));
    let before = rows(&app).await;
    assert_eq!(load(&app, batches::BATCHES, csv, Mode::Apply).unchanged, 2);
    assert_eq!(load(&app, batches::BATCH_LOTS, lots, Mode::Apply).unchanged, 3);
    assert_eq!(rows(&app).await, before);
    let moved = load(&app, batches::BATCH_LOTS, &lots.replace("1-500,640.5", "1-499,640.5"), Mode::Apply);
    assert_eq!((moved.changed, moved.unchanged), (1, 2));
    let changed = load(&app, batches::BATCHES, &csv.replace("1200,进行中", "1300,已放行"), Mode::Apply);
    assert_eq!((changed.changed, changed.unchanged), (1, 1));
    let kept: BatchSheet = app.look(|db| found(db, "B1", Sees::ALL)).await;
    assert_eq!((kept.planned, kept.status, kept.lots.len()), (1300, BatchStatus::Released, 2));
    let wrong = "batch_code,sku_code,factory_code,started_on,finished_on,planned\nB3,SKU,FAC,2026-03-05,2026-03-01,5\nB4,SKU,FAC,,,4194305\nB5,NO,NO,,,5\nB5,SKU,FAC,,,5\n";
    let report = load(&app, batches::BATCHES, wrong, Mode::Apply);
    let found = seen(&report);
    for wanted in [
        (2, "finished_on", "dates_out_of_order"),
        (3, "planned", "batch_too_large"),
        (4, "sku_code", "unknown_reference"),
        (5, "batch_code", "duplicate"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    let wrong = "batch_code,component,lot_code,units\nB1,大身,FAB-1,400-600\nB9,x,FAB-1,\nB1,x,NO,\nB1,y,FAB-1,1-5\nB1,y,FAB-1,5-9\nB1,z,FAB-1,9-5\n";
    let report = load(&app, batches::BATCH_LOTS, wrong, Mode::Apply);
    let found = seen(&report);
    for wanted in [
        (2, "units", "duplicate"),
        (3, "batch_code", "unknown_reference"),
        (4, "lot_code", "unknown_reference"),
        (6, "units", "duplicate"),
        (7, "units", "malformed"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    // What is taken away as a file says the same when it comes back.
    let planner = app.persona(Role::Planner).await;
    let taken = planner.get("/batches.csv").await.expect(200);
    assert_eq!(load(&app, batches::BATCHES, taken.text(), Mode::Apply).unchanged, 2);
    let book = planner.get("/batches.xlsx").await.expect(200);
    assert!(book.body.starts_with(b"PK"));
});

story!(a_suppliers_people_see_only_batches_of_its_lots, |app| {
    furnish(&app).await;
    let mill = party(&app, "MILL").await;
    party(&app, "OTHER").await;
    lot(&app, hangtag::production::materials::LotSheet { supplier: "OTHER".into(), ..lot_draft("ZIP") }).await.unwrap();
    let no =
        make(&app, BatchSheet { lots: vec![used("shell", "FAB-1", ""), used("zip", "ZIP", "")], ..draft("MINE", "SKU") }).await.unwrap();
    let other = make(&app, BatchSheet { lots: vec![used("zip", "ZIP", "")], ..draft("THEIRS", "SKU") }).await.unwrap();
    mint(&app, no, 5, Some(GTIN)).await.unwrap();
    mint(&app, other, 5, Some(GTIN)).await.unwrap();
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    let list = supplier.get("/api/v1/batches").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect::<Vec<_>>(), ["MINE"]);
    let mine = supplier.get("/api/v1/batches/MINE").await.expect(200).json();
    assert_eq!(mine["lots"].as_array().unwrap().iter().map(|lot| lot["lot"].as_str().unwrap()).collect::<Vec<_>>(), ["FAB-1"]);
    supplier.get("/api/v1/batches/THEIRS").await.expect(404);
    supplier.send(Request::get("/batches/MINE").html()).await.expect(200);
    supplier.send(Request::get("/batches/THEIRS").html()).await.expect(404);
    supplier.get(&format!("/api/v1/serials/{}", serial(&app, no, 0).await)).await.expect(200);
    supplier.get(&format!("/api/v1/serials/{}", serial(&app, other, 0).await)).await.expect(404);
    supplier.send(Request::get(&format!("/find?q={}", serial(&app, other, 0).await)).html()).await.expect(404);
    supplier.send(Request::get("/find?q=THEIRS").html()).await.expect(422);
    supplier.send(Request::get("/batches/MINE/edit").html()).await.expect(403);
});

story!(one_box_finds_whatever_is_printed_on_a_thing, |app| {
    furnish(&app).await;
    let no = make(&app, draft("B/1", "SKU")).await.unwrap();
    let bare = make(&app, draft("N", "BARE")).await.unwrap();
    make(&app, foreign("F", "SKU")).await.unwrap();
    mint(&app, no, 5, Some(GTIN)).await.unwrap();
    mint(&app, bare, 5, None).await.unwrap();
    load(&app, batches::GARMENTS, &format!("{GARMENTS}a/7,,F,\n"), Mode::Apply);
    let (own, plain) = (serial(&app, no, 2).await, serial(&app, bare, 1).await);
    let manager = app.persona(Role::SupplierManager).await;
    let trace = format!("/trace/garment/{own}?gtin={GTIN}");
    for (q, leads) in [
        ("B%2F1".to_owned(), "/batches/B%2F1".to_owned()),
        ("FAB-1".into(), "/lots/FAB-1".into()),
        (own.to_lowercase(), trace.clone()),
        (format!("HTTPS://ID.BRAND.CN/01/{GTIN}/21/{own}"), trace.clone()),
        (format!("https://id.brand.cn/C/{plain}"), format!("/trace/garment/{plain}")),
        (format!("https://id.brand.cn/01/{GTIN}/21/a%252F7"), format!("/trace/garment/a%2F7?gtin={GTIN}")),
        ("a%2F7".into(), format!("/trace/garment/a%2F7?gtin={GTIN}")),
    ] {
        let answer = manager.send(Request::get(&format!("/find?q={q}")).html()).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads.as_str()), "{q}");
    }
    // Who may not trace sees the unit on the page of its batch.
    let operator = app.persona(Role::LabelOperator).await;
    let answer = operator.send(Request::get(&format!("/find?q={own}")).html()).await.expect(303);
    assert_eq!(answer.header("location"), Some("/batches/B%2F1?unit=3"));
    manager.send(Request::get("/find").html()).await.expect(200);
    let nothing = manager.send(Request::get(&format!("/find?q=https://id.brand.cn/01/{GTIN}/21/{plain}")).html()).await.expect(404);
    assert!(nothing.text().contains("did not issue"));
    let none = manager.send(Request::get("/find?q=nonsense&lang=en").html()).await.expect(404);
    assert!(none.text().contains("did not issue"), "where serials come from elsewhere, it may be one of those");
    let typo = manager.send(Request::get("/find?q=0K8JYHFBAF2GXMNFX4WB&lang=zh-CN").html()).await.expect(422);
    assert!(typo.text().contains("对照标签核对"));
});

story!(batches_have_pages_in_both_languages, |app| {
    furnish(&app).await;
    let planner = app.persona(Role::Planner).await;
    assert!(planner.send(Request::get("/batches").html()).await.expect(200).text().contains("No batches yet"));
    planner.send(Request::get("/batches/new").html()).await.expect(200);
    let fields = [
        ("code", "B-1"),
        ("sku", "SKU"),
        ("factory", "FAC"),
        ("planned", "1,200"),
        ("status", "open"),
        ("origin", "own"),
        ("lots.0.component", ""),
        ("lots.2.component", "shell"),
        ("lots.2.lot", "FAB-1"),
        ("lots.2.units", "1～500"),
        ("lots.2.quantity_milli", "12.5"),
        ("once", "one"),
    ];
    let made = planner.send(Request::form("/batches/new", &fields).html()).await.expect(303);
    assert_eq!(made.header("location"), Some("/batches/B-1"));
    let mut wrong = fields.to_vec();
    wrong[0] = ("code", "B-2");
    wrong[8] = ("lots.2.lot", "NO-LOT");
    wrong[11] = ("once", "two");
    let refused = planner.send(Request::form("/batches/new", &wrong).html()).await.expect(422);
    assert!(refused.text().contains("NO-LOT") && refused.text().contains("id=\"lots.0.lot-fault\""), "{}", refused.text());
    let no = app.state.store.read(|db| Ok(batches::batch_by_code(db, "B-1")?.unwrap().no)).await.unwrap();
    let operator = app.persona(Role::LabelOperator).await;
    operator.send(Request::json("POST", "/api/v1/batches/B-1/mint", &json!({"count": 30}))).await.expect(200);
    planner.send(Request::json("POST", "/api/v1/batches/B-1/mint", &json!({"count": 30}))).await.expect(403);
    let page = operator.send(Request::get("/batches/B-1?unit=3").html()).await.expect(200);
    assert!(page.text().contains(&serial(&app, no, 2).await) && page.text().contains("/labels?batch=B-1"), "{}", page.text());
    assert!(!operator.send(Request::get("/batches/B-1").html()).await.expect(200).text().contains("/batches/B-1/edit"));
    operator.send(Request::form("/batches/B-1/voids", &[("units", "3, 7-9"), ("reason", "torn")]).html()).await.expect(303);
    let again = operator.send(Request::form("/batches/B-1/voids", &[("units", "31"), ("reason", "torn")]).html()).await.expect(422);
    assert!(again.text().contains("value=\"31\""));
    let page = planner.send(Request::get("/batches/B-1?lang=zh-CN").html()).await.expect(200);
    assert!(page.text().contains("3, 7-9") && page.text().contains("部分序列号已作废") && page.text().contains("衬衫"), "{}", page.text());
    let edit = planner.send(Request::get("/batches/B-1/edit").html()).await.expect(200);
    assert!(edit.text().contains("value=\"1-500\"") && edit.text().contains("name=\"lots.4.lot\""));
    let api =
        operator.send(Request::json("POST", "/api/v1/batches/B-1/voids", &json!({"units": ["7-10"], "reason": "lost"}))).await.expect(200);
    assert_eq!(api.json()["voided"], 1);
    planner.send(Request::form("/batches/B-1/voids", &[("units", "1"), ("reason", "torn")]).html()).await.expect(403);
});

story!(nobody_reaches_production_without_the_right, |app| {
    furnish(&app).await;
    let retailer = app.persona(Role::Retailer).await;
    for path in [
        "/lots",
        "/lots.csv",
        "/lots/FAB-1",
        "/batches",
        "/batches.csv",
        "/batches.xlsx",
        "/batches/B",
        "/find",
        "/api/v1/lots",
        "/api/v1/batches",
        "/api/v1/serials/x",
    ] {
        app.get(path).await.expect(401);
        retailer.get(path).await.expect(403);
    }
    let inspector = app.persona(Role::Inspector).await;
    for (method, path) in [
        ("POST", "/api/v1/lots"),
        ("PUT", "/api/v1/lots/FAB-1"),
        ("POST", "/api/v1/batches"),
        ("PUT", "/api/v1/batches/B"),
        ("POST", "/api/v1/batches/B/mint"),
        ("POST", "/api/v1/batches/B/voids"),
    ] {
        app.send(Request::json(method, path, &json!({}))).await.expect(401);
        inspector.send(Request::json(method, path, &json!({}))).await.expect(403);
    }
    for path in ["/lots/new", "/lots/FAB-1/edit", "/batches/new", "/batches/B/edit"] {
        inspector.get(path).await.expect(403);
        inspector.send(Request::form(path, &[])).await.expect(403);
    }
    inspector.send(Request::form("/batches/B/voids", &[])).await.expect(403);
});

proptest! {
    #[test]
    fn units_read_as_they_are_written(first in 0i64..UNITS_PER_BATCH, length in 1i64..UNITS_PER_BATCH) {
        let units = first..(first + length).min(UNITS_PER_BATCH);
        prop_assert_eq!(batches::read_units("units", &batches::units_text(&units)).unwrap(), units);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        if let Ok(units) = batches::read_units("units", &text) {
            prop_assert!(units.start >= 0 && units.start < units.end && units.end <= UNITS_PER_BATCH);
        }
    }
}
