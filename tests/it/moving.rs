//! A season moved to another store: everything exported, imported where nothing is, and the same facts stand there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use hangtag::app::import_tables;
use hangtag::demo::{self, Plan};
use hangtag::inspection::findings::{self, About, NewFinding, Stage};
use hangtag::kernel::text::Lang;
use hangtag::kernel::{BatchNo, GarmentId};
use hangtag::ownership::{holders, sales};
use hangtag::platform::exports::Format;
use hangtag::platform::imports::{Importer, Mode, Outcome, Parcel, ParcelFile, ParcelReport, Reading, Source, TableExport};
use hangtag::platform::keys::{KeyFile, Purpose};
use hangtag::platform::state::AppState;
use hangtag::platform::words::Words;
use hangtag::production::batches::{self, SerialOf};
use hangtag::production::print_jobs;
use hangtag::staff::accounts::Role;
use hangtag::staff::calendars;
use serde_json::{Value, json};

use crate::materials::load;
use crate::story;
use crate::support::program::Program;
use crate::support::season::GTIN;
use crate::support::{TestApp, noon};

/// Files by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Everything that can be imported, as files.
async fn exported(app: &TestApp, format: Format, lang: Lang) -> Files {
    let export = TableExport { app: app.state.clone(), format, lang };
    let (bytes, _) = app.state.store.read(move |db| export.zip(db, &import_tables(), Vec::new())).await.unwrap();
    unpacked(bytes)
}

fn unpacked(bytes: Vec<u8>) -> Files {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Files::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

/// Hands files in as one parcel and writes it, each as the table its headers name.
async fn imported(app: &TestApp, files: &Files) -> ParcelReport {
    let folder = app.folder.path().join("parcel");
    let _gone = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (state, tables) = (app.state.clone(), import_tables());
    let file = |(name, bytes): (&String, &Vec<u8>)| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let table = hangtag::platform::imports::recognise(&path, &tables.0).unwrap().table;
        ParcelFile {
            table: table.unwrap_or_else(|| panic!("{name} is not recognised")),
            name: name.clone(),
            path,
            reading: Reading::default(),
        }
    };
    let files: Vec<ParcelFile> = files.iter().map(file).collect();
    let run = move || {
        let importer = Importer { stamp: state.stamp("staff:planner"), party: None };
        Parcel::new(&state, importer, &tables, files).write(&mut |_, _, _| {}).unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn wrong(report: &ParcelReport) -> Vec<String> {
    let of_file = |file: &hangtag::platform::imports::ImportReport| {
        let said = |fault: &hangtag::platform::imports::ImportFault| {
            format!("{} {:?} {}: {}", file.file, fault.line, fault.place(Lang::En), fault.word(Words::of(Lang::En)))
        };
        file.faults.iter().map(said).collect::<Vec<_>>()
    };
    report.files.iter().flat_map(of_file).collect()
}

/// The application after its key file changed.
fn with_keys_of_file(app: &mut TestApp) {
    let keys = KeyFile::open(&KeyFile::place(app.folder.path())).unwrap().keys().unwrap();
    let AppState { store, clock, config, .. } = app.state.clone();
    app.restart(AppState::new(store, clock, (*config).clone(), keys, 1));
}

/// Another place with nothing but the keys of this one.
async fn other_place(app: &TestApp) -> TestApp {
    let mut other = TestApp::new(app.on);
    std::fs::copy(KeyFile::place(app.folder.path()), KeyFile::place(other.folder.path())).unwrap();
    with_keys_of_file(&mut other);
    // As the program does when it starts.
    other.seed().await;
    other
}

/// A file without the column of this title; what differs in two stores though the facts are the same.
fn without(bytes: &[u8], title: &str) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{FEFF}');
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<Vec<String>> = rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let place = rows[0].iter().position(|head| head == title).unwrap();
    rows.into_iter().map(|row| row.into_iter().enumerate().filter(|(at, _)| *at != place).map(|(_, cell)| cell).collect()).collect()
}

fn assert_same_files(one: &Files, other: &Files) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in one {
        assert_eq!(std::str::from_utf8(bytes), std::str::from_utf8(&other[name]), "{name}");
    }
}

/// What the API says of everything, list by list, without ids, versions and when and how something came in.
async fn documents(app: &TestApp, claimed: &BTreeSet<String>) -> BTreeMap<&'static str, Vec<Value>> {
    const LISTS: &[&str] = &["parties", "policies", "styles", "skus", "lots", "batches", "sales", "defects", "findings", "calendars"];
    let admin = app.api(Role::Admin).await;
    let mut all = BTreeMap::new();
    for list in LISTS {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let page = admin.get(&format!("/api/v1/{list}?per_page=500{after}")).await.expect(200).json();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        items.retain(|item| item["status"] != "ended");
        for item in &mut items {
            for name in ["id", "created_at", "version", "source", "logged_at", "logged_by"] {
                item.as_object_mut().unwrap().remove(name);
            }
            // A warranty may begin with a claim, and claims stay where they are.
            if item["serial"].as_str().is_some_and(|serial| claimed.contains(serial)) {
                item.as_object_mut().unwrap().remove("warranty");
            }
        }
        all.insert(*list, items);
    }
    all
}

/// A demo season and what it has nothing of: serials of a second key, void units, half a batch labelled, serials from elsewhere, a batch on
/// hold with garments sold before, units made void after they were sold and a finding was made, a GTIN that was replaced, terms that were replaced, a size chart and certificates, equal findings, a calendar, a sale that ended.
async fn grand_season(app: &mut TestApp) -> demo::Season {
    let state = app.state.clone();
    let plan = Plan { garments: 121_500, story: false, ..Plan::default() };
    let season = tokio::task::spawn_blocking(move || demo::make(&state, plan, &mut |_| {})).await.unwrap().unwrap();
    KeyFile::open(&KeyFile::place(app.folder.path())).unwrap().rotate(Purpose::Serial, noon().date()).unwrap();
    with_keys_of_file(app);
    let admin = app.api(Role::Admin).await;
    let sku =
        |code: &str, gtin: Value, version: i64| json!({ "style": "ST-M", "code": code, "gtin": gtin, "size": "M", "version": version });
    let facts = json!({
        "certificates": [{ "name": "OEKO-TEX | 100", "issuer": "\"H\"", "number": "", "valid_to": "2027-03-31" }, { "name": "GOTS" }],
        "faq": [{ "question": { "zh": "会缩水吗？", "en": "" }, "answer": { "zh": "约 1%。\n不会更多。", "en": "=1%" } }],
        "size_chart": {
            "sizes": ["M", "L"], "how": { "zh": "平铺", "en": "" },
            "points": [{ "name": { "zh": "胸围", "en": "Chest" }, "mm": [1_000, 1_050], "tolerance_mm": 10 }, { "name": { "zh": "长", "en": "" }, "mm": [7, 8] }],
        },
    });
    let style = json!({ "code": "ST-M", "name": { "zh": "衬衫", "en": "-Shirt" }, "policy": "STANDARD", "facts": facts });
    let new = [
        ("styles", style),
        ("skus", json!({ "style": "ST-M", "code": "ST-M-M", "gtin": "06901234000016", "size": "M" })),
        ("policies", json!({ "code": "STANDARD", "valid_from": "2026-06-15", "months": 18, "start_rules": ["sold"] })),
        (
            "defects",
            json!({ "code": "zip_teeth", "name": { "zh": "掉齿", "en": "" }, "component": "trim", "severity": "major", "suspect": "trim_maker" }),
        ),
        ("batches", json!({ "code": "B-OLD", "sku": "ST-M-M", "factory": "FAC-NB", "planned": 10 })),
        ("batches", json!({ "code": "B-HELD", "sku": "ST-M-M", "factory": "FAC-NB", "planned": 10 })),
        ("batches", json!({ "code": "F", "sku": "ST-M-M", "factory": "FAC-NB", "planned": 9, "origin": "foreign" })),
        (
            "batches",
            json!({ "code": "B-NONE", "sku": "ST-M-M", "factory": "FAC-NB", "planned": 10, "lots": [{ "component": "shell", "lot": "FAB-NV-0100" }] }),
        ),
    ];
    for (list, document) in new {
        admin.send(crate::support::Request::json("POST", &format!("/api/v1/{list}"), &document)).await.expect(201);
    }
    let mint = |code: &'static str, epoch| {
        let stamp = app.state.stamp("staff:operator");
        app.state.store.write(move |db| {
            let batch = batches::batch_by_code(db, code)?.unwrap();
            batches::mint(db, &stamp, batch.no, 10, epoch, Some("06901234000016"))
        })
    };
    mint("B-OLD", app.state.keys.serials.epochs().next().unwrap()).await.unwrap();
    mint("B-HELD", app.state.keys.serials.newest()).await.unwrap();
    load(app, batches::GARMENTS, "serial,gtin,batch_code,unit\na/7,,F,1\nA7,,F,3\nb-8,06901234000016,F,2\n", Mode::Apply);
    // The sku has another GTIN since: the labels with the old one stay good.
    for gtin in ["06901234000030", "06901234000023"] {
        let known = admin.get("/api/v1/skus/ST-M-M").await.expect(200).json();
        let version = known["version"].as_i64().unwrap();
        let correction = sku("ST-M-M", json!(gtin), version);
        admin.send(crate::support::Request::json("PUT", "/api/v1/skus/ST-M-M", &correction)).await.expect(200);
    }
    sell(app, &[("B-OLD", 1), ("B-HELD", 0), ("B-HELD", 4), ("F", 1)]).await;
    let status =
        load(app, batches::BATCHES, "batch_code,sku_code,factory_code,planned,status\nB-HELD,ST-M-M,FAC-NB,10,hold\n", Mode::Apply);
    assert_eq!(status.changed, 1);
    load(app, calendars::IMPORT, "calendar,day,kind,name_zh\nCN,2026-10-01,off,国庆节\nCN,2026-10-10,work,\n", Mode::Apply);
    let (stamp, zone, sold) = (app.state.stamp("staff:agent"), app.state.config.time_zone, season.sold.clone());
    let extra = move |db: &mut hangtag::platform::db::Db| {
        let old = batches::batch_by_code(db, "B-OLD")?.unwrap();
        let foreign = batches::batch_by_code(db, "F")?.unwrap();
        sales::end_sale(db, &stamp, zone, *sold.last().unwrap(), noon().date())?;
        let sound = findings::Sound {
            defect: "zip_teeth".into(),
            severity: None,
            zone: String::new(),
            // More than one would be no finding of a garment.
            quantity: 1,
            stage: Stage::Final,
            note: "两行\nsecond".into(),
            found_on: noon().date(),
        };
        let garment = |no, unit| About::Garment(GarmentId::new(no, unit).unwrap());
        let about = [About::Batch(old.no), About::Batch(old.no), garment(old.no, 0), garment(old.no, 1), garment(foreign.no, 1)];
        let news: Vec<NewFinding> = about.into_iter().map(|about| NewFinding { about, sound: sound.clone() }).collect();
        findings::log(db, &stamp, &news)?;
        batches::void_units(db, &stamp, old.no, &[1..3, 9..10], "spoiled")?;
        batches::void_units(db, &stamp, foreign.no, &[1..2], "spoiled")?;
        Ok(())
    };
    app.state.store.write(extra).await.unwrap();
    let retired = json!({ "version": 1, "code": "zip_teeth", "name": { "zh": "掉齿", "en": "" }, "component": "trim", "severity": "major", "suspect": "trim_maker", "retired": true });
    let retired = crate::support::Request::json("PUT", "/api/v1/defects/zip_teeth", &retired);
    app.api(Role::Admin).await.send(retired).await.expect(200);
    season
}

/// Sells units of batches.
async fn sell(app: &TestApp, units: &'static [(&'static str, i64)]) {
    let (stamp, zone) = (app.state.stamp("staff:agent"), app.state.config.time_zone);
    let sound = |unit: i64| sales::Sound {
        sold_on: "2026-06-14".parse().unwrap(),
        delivered_on: None,
        promised_on: None,
        no_return_confirmed_on: None,
        order_no: format!("H-{unit}"),
        price: None,
        channel: "web".into(),
        country: "CN".into(),
        city: String::new(),
    };
    let sold = move |db: &mut hangtag::platform::db::Db| {
        for (code, unit) in units {
            let garment = GarmentId::new(batches::batch_by_code(db, code)?.unwrap().no, *unit).unwrap();
            let new = sales::NewSale { garment, retailer: None, sound: sound(*unit), source: "desk", registered_at: None };
            sales::register(db, &stamp, zone, &new)?;
        }
        Ok(())
    };
    app.state.store.write(sold).await.unwrap();
}

/// The same place an hour later.
async fn other_place_later(app: &TestApp) -> TestApp {
    let other = other_place(app).await;
    other.state.clock.advance(chrono::Duration::hours(1));
    other
}

async fn serial_of(app: &TestApp, garment: GarmentId) -> SerialOf {
    let keys = app.state.keys.clone();
    app.state.store.read(move |db| batches::serial_of(db, &keys.serials, garment)).await.unwrap().unwrap()
}

story!(a_season_moved_to_an_empty_store_says_the_same, |app| {
    let mut app = app;
    let season = grand_season(&mut app).await;
    let first = exported(&app, Format::Csv, Lang::En).await;
    assert_eq!(first.len(), import_tables().0.len());
    let other = other_place_later(&app).await;
    let report = imported(&other, &first).await;
    assert_eq!((report.outcome, wrong(&report)), (Outcome::Applied, Vec::new()));
    assert_same_files(&first, &exported(&other, Format::Csv, Lang::En).await);
    let stopped = other.api(Role::Admin).await.get("/api/v1/sales?q=H-").await.expect(200).json();
    assert_eq!(stopped["items"].as_array().unwrap().len(), 4, "of a batch on hold, of void units");

    let sold = season.sold.clone();
    let claimed: BTreeSet<GarmentId> = app
        .state
        .store
        .read(move |db| sold.iter().filter_map(|one| holders::live(db, *one).map(|live| live.map(|_| *one)).transpose()).collect())
        .await
        .unwrap();
    assert!(claimed.len() > 50);
    let mut serials = BTreeSet::new();
    for garment in &claimed {
        serials.insert(serial_of(&app, *garment).await.serial);
    }
    let (here, there) = (documents(&app, &serials).await, documents(&other, &serials).await);
    for (list, documents) in &here {
        assert!(!documents.is_empty(), "{list}");
        assert_eq!(documents.len(), there[list].len(), "{list}");
        documents.iter().zip(&there[list]).for_each(|(one, other)| assert_eq!(one, other, "{list}"));
    }

    // Handed in once more nothing changes, and the program goes on where the other left off.
    let again = imported(&other, &first).await;
    assert_eq!((again.outcome, again.files.iter().map(|file| file.added + file.changed).sum::<u64>()), (Outcome::Applied, 0), "{again:#?}");
    let next = async |app: &TestApp| {
        let stamp = app.state.stamp("staff:planner");
        let made = app.state.store.write(move |db| {
            let document = json!({ "code": "B-NEXT", "sku": "ST-M-M", "factory": "FAC-NB", "planned": 10 });
            Ok(hangtag::platform::rooms::made::<batches::BatchSheet>(db, &stamp, document)?.no)
        });
        made.await.unwrap()
    };
    assert_eq!(next(&app).await, next(&other).await);

    // What buyers and the desk are told.
    let bought = season.sold.iter().copied().filter(|garment| !claimed.contains(garment));
    let bought: Vec<GarmentId> = bought.take(40).step_by(8).chain([GarmentId::new(BatchNo(1), 0).unwrap()]).collect();
    let (desk, elsewhere) = (app.api(Role::Admin).await, other.api(Role::Admin).await);
    for garment in &bought {
        let of = serial_of(&app, *garment).await;
        assert_eq!(of, serial_of(&other, *garment).await);
        let card = of.card_href();
        let (one, two) = (app.get(&card).await, other.get(&card).await);
        assert_eq!((one.status, one.text()), (two.status, two.text()), "{card}");
        let trace = format!("/api/v1/trace/garments/{}", of.serial);
        assert_eq!(desk.get(&trace).await.expect(200).json()["components"], elsewhere.get(&trace).await.expect(200).json()["components"]);
    }
    for asked in ["lots/FIB-000", "lots/YRN-003", "lots/FAB-NV-0417", "batches/B-OLD", "parties/FAC-NB"] {
        let (one, two) = (
            desk.get(&format!("/api/v1/trace/{asked}")).await.expect(200).json(),
            elsewhere.get(&format!("/api/v1/trace/{asked}")).await.expect(200).json(),
        );
        assert!(one["totals"]["made"].as_i64().is_some_and(|made| made > 0), "{asked}");
        for name in ["lots", "suppliers", "batches", "made", "labelled", "void", "sold", "findings", "pieces", "critical"] {
            assert_eq!(one["totals"][name], two["totals"][name], "{asked} {name}");
        }
    }
    // Labels with a GTIN that was replaced, and serials from elsewhere, still lead to their garments; void ones do not.
    for (serial, status) in [("a%2F7?gtin=06901234000016", 200), ("A7?gtin=06901234000016", 200), ("b-8?gtin=06901234000016", 404)] {
        assert_eq!(desk.get(&format!("/api/v1/serials/{serial}")).await.status.as_u16(), status, "{serial}");
        assert_eq!(elsewhere.get(&format!("/api/v1/serials/{serial}")).await.status.as_u16(), status, "{serial}");
    }
});

story!(what_stops_sales_stops_all_but_those_that_came_with_the_batch, |app| {
    let season = app.season().await;
    sell(&app, &[("B-1", 3), ("B-1", 4)]).await;
    let (stamp, no) = (app.state.stamp("staff:operator"), season.batch);
    app.state.store.write(move |db| batches::void_units(db, &stamp, no, &[4..6], "spoiled")).await.unwrap();
    const HELD: &str = "batch_code,sku_code,factory_code,planned,status\nB-1,SH-2601-WH-M,FAC-1,10,hold\n";
    assert_eq!(load(&app, batches::BATCHES, HELD, Mode::Apply).changed, 1);
    let files = exported(&app, Format::Csv, Lang::Zh).await;
    let other = other_place_later(&app).await;
    let report = imported(&other, &files).await;
    assert_eq!((report.outcome, wrong(&report)), (Outcome::Applied, Vec::new()));
    let sale = other.api(Role::Admin).await.get(&format!("/api/v1/sales/{}", season.serials[3])).await.expect(200).json();
    assert_eq!(sale["sales"][0]["created_at"], "2026-06-15T12:00:00", "{sale}");

    // An hour before the batch came here its sales could be registered elsewhere; from then on the hold and the void hold.
    let row = |unit: usize, more: &str| {
        format!("serial,sold_on{more}", more = if more.is_empty() { "" } else { ",registered_at" })
            + &format!("\n{},2026-06-14{}{more}\n", season.serials[unit], if more.is_empty() { "" } else { "," })
    };
    for (place, unit, registered, found) in [
        (&other, 2, "", ("serial", "wrong_state")),
        (&other, 5, "", ("serial", "serial_unknown")),
        (&other, 2, "2026-06-15T13:00:00", ("serial", "wrong_state")),
        (&other, 5, "2026-06-15 13:00:00.0", ("serial", "serial_unknown")),
        (&other, 2, "2026-06-15T13:00:01Z", ("registered_at", "out_of_range")),
        (&other, 2, "2026-06-12T12:00:00Z", ("sold_on", "out_of_range")),
        (&other, 2, "yesterday", ("registered_at", "not_a_date")),
        // A batch that was made here came from nowhere.
        (&app, 2, "2026-06-15T12:00:00", ("serial", "wrong_state")),
        (&app, 5, "2026-06-15T12:00:00", ("serial", "serial_unknown")),
    ] {
        let report = load(place, sales::IMPORT, &row(unit, registered), Mode::Apply);
        assert_eq!(crate::materials::seen(&report), [(2, found.0, found.1)], "{unit} {registered}");
    }
    // A shop's own file brings nothing from elsewhere.
    let party = other.any_party().await;
    let of_a_shop = |unit: usize| {
        let mut source = Source::new("file.csv", Cursor::new(row(unit, "2026-06-15T12:30:00").into_bytes())).unwrap();
        let importer = Importer { stamp: other.state.stamp("staff:shop"), party: Some(party) };
        let run = || sales::IMPORT.run(&other.state, &importer, &mut source, Mode::Apply, &mut |_| {});
        std::thread::scope(|scope| scope.spawn(run).join()).unwrap().unwrap()
    };
    assert_eq!(crate::materials::seen(&of_a_shop(2)), [(2, "serial", "wrong_state")]);
    // What is registered already stays as it was.
    let again = load(
        &other,
        sales::IMPORT,
        std::str::from_utf8(&files[files.keys().find(|name| name.contains("sales")).unwrap()]).unwrap(),
        Mode::Apply,
    );
    assert_eq!((again.unchanged, again.notes.len()), (2, 1), "{again:?}");
    let late = load(&other, sales::IMPORT, &row(2, "2026-06-15T12:30:00"), Mode::Apply);
    assert_eq!(late.added, 1, "{late:?}");
});

story!(no_number_of_a_file_uses_up_the_numbers_of_batches, |app| {
    app.season().await;
    let head = "batch_code,sku_code,factory_code,planned,number\n";
    let row = |code: &str, number: i64| format!("{head}{code},SH-2601-WH-M,FAC-1,5,{number}\n");
    for number in [16_777_215, 1 + (1 << 20) + 1] {
        let report = load(&app, batches::BATCHES, &row("FAR", number), Mode::Apply);
        assert_eq!(crate::materials::seen(&report), [(2, "number", "malformed")]);
        let said = [Lang::Zh, Lang::En].map(|lang| report.faults[0].word(Words::of(lang)));
        assert!(said[0].contains("目前为 1") && said[1].contains("(here 1)"), "{said:?}");
    }
    // A season whose batches are not in the order of their numbers, with gaps, goes in; and numbering goes on after it.
    let file = format!("{head}C,SH-2601-WH-M,FAC-1,5,700000\nA,SH-2601-WH-M,FAC-1,5,31\nB,SH-2601-WH-M,FAC-1,5,7\n");
    assert_eq!(load(&app, batches::BATCHES, &file, Mode::Apply).added, 3);
    assert_eq!(load(&app, batches::BATCHES, &row("FAR", 700_000 + (1 << 20)), Mode::Apply).added, 1);
    let next = load(&app, batches::BATCHES, "batch_code,sku_code,factory_code,planned\nNEXT,SH-2601-WH-M,FAC-1,5\n", Mode::Apply);
    assert_eq!(next.added, 1);
    let no = app.state.store.read(|db| Ok(batches::batch_by_code(db, "NEXT")?.unwrap().no)).await.unwrap();
    assert_eq!(no, BatchNo(700_000 + (1 << 20) + 1));
    // Nor does the unit of a garment from elsewhere use up, and count as made, all before it.
    let foreign = "batch_code,sku_code,factory_code,planned,origin\nF,SH-2601-WH-M,FAC-1,5,foreign\n";
    assert_eq!(load(&app, batches::BATCHES, foreign, Mode::Apply).added, 1);
    let garments = |unit: i64| format!("serial,gtin,batch_code,unit\na-1,,F,12\na-2,,F,{unit}\n");
    let far = load(&app, batches::GARMENTS, &garments(4_000_000), Mode::Apply);
    assert_eq!(crate::materials::seen(&far), [(3, "unit", "out_of_range")]);
    assert_eq!(load(&app, batches::GARMENTS, &garments(1_000), Mode::Apply).added, 2);
});

story!(labels_made_elsewhere_are_not_made_again, |app| {
    let season = app.season().await;
    let (state, stamp) = (app.state.clone(), app.state.stamp("staff:operator"));
    let request = print_jobs::LabelRequest { batch: "B-1".into(), format: Some("csv".into()), count: Some(4), ..Default::default() };
    let again = print_jobs::LabelRequest { only_new: true, count: Some(6), ..request.clone() };
    let make = move |state: AppState, request: print_jobs::LabelRequest| {
        let (stamp, mut out) = (stamp.clone(), Vec::new());
        let target = hangtag::production::labels::Target::Stream(&mut out);
        print_jobs::make(&state, &stamp, &request, target, &mut |_, _| ()).unwrap();
        String::from_utf8(out).unwrap()
    };
    let made = {
        let make = make.clone();
        tokio::task::spawn_blocking(move || make(state, request)).await.unwrap()
    };
    assert!(made.contains(&season.serials[3]) && !made.contains(&season.serials[4]));
    let other = other_place(&app).await;
    assert_eq!(imported(&other, &exported(&app, Format::Csv, Lang::Zh).await).await.outcome, Outcome::Applied);
    let state = other.state.clone();
    let more = tokio::task::spawn_blocking(move || make(state, again)).await.unwrap();
    assert!(season.serials[..4].iter().all(|serial| !more.contains(serial)) && more.contains(&season.serials[4]), "{more}");
});

story!(workbooks_bring_back_the_same, |app| {
    app.seed().await;
    let season = app.season().await;
    app.sell(&season, 3, "2026-06-10").await;
    let (english, book) = (exported(&app, Format::Csv, Lang::En).await, exported(&app, Format::Xlsx, Lang::Zh).await);
    let other = other_place(&app).await;
    let report = imported(&other, &book).await;
    assert_eq!((report.outcome, wrong(&report)), (Outcome::Applied, Vec::new()));
    assert_same_files(&english, &exported(&other, Format::Csv, Lang::En).await);
});

story!(serials_come_in_only_where_their_keys_and_their_number_are, |app| {
    app.season().await;
    let files = exported(&app, Format::Csv, Lang::En).await;
    let of = |files: &Files, table: &str| files.iter().find(|(name, _)| name.contains(table)).map(|(name, _)| name.clone()).unwrap();
    // Other keys.
    let stranger = TestApp::new(app.on);
    let report = imported(&stranger, &files).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(wrong(&report).iter().any(|said| said.contains("First serial") && said.contains("key file")), "{:?}", wrong(&report));
    assert_eq!(stranger.api(Role::Admin).await.get("/api/v1/parties").await.json()["items"], json!([]), "nothing of any file");
    // A number that is taken.
    let other = other_place(&app).await;
    let mut some: Files = files.clone();
    some.retain(|name, _| {
        ["parties", "policies", "styles", "skus", "lots"].iter().any(|table| name.contains(table)) && !name.contains("batch_lots")
    });
    assert_eq!(imported(&other, &some).await.outcome, Outcome::Applied);
    assert_eq!(
        load(&other, batches::BATCHES, "batch_code,sku_code,factory_code,planned\nMINE,SH-2601-WH-M,FAC-1,5\n", Mode::Apply).added,
        1
    );
    let report = imported(&other, &files).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(wrong(&report)[0].contains("Batch number in serials"), "{:?}", wrong(&report));
    // Without its number the batch gets another one, and the serials say so.
    let mut unnumbered = files.clone();
    let batches_file = of(&files, "-batches.");
    let text = String::from_utf8(files[&batches_file].clone()).unwrap();
    unnumbered.insert(batches_file, text.replace("Batch number in serials", "Void").into_bytes());
    let report = imported(&other, &unnumbered).await;
    assert!(wrong(&report).iter().any(|said| said.contains("batch number 1") && said.contains("number 2 here")), "{:?}", wrong(&report));
    // Two batches of one number; one out of range.
    let head = "batch_code,sku_code,factory_code,planned,number\n";
    let twice = load(&other, batches::BATCHES, &format!("{head}X,SH-2601-WH-M,FAC-1,5,7\nY,SH-2601-WH-M,FAC-1,5,7\n"), Mode::Apply);
    assert_eq!(crate::materials::seen(&twice), [(3, "number", "duplicate")]);
    let beyond = load(&other, batches::BATCHES, &format!("{head}X,SH-2601-WH-M,FAC-1,5,16777216\n"), Mode::Apply);
    assert_eq!(crate::materials::seen(&beyond), [(2, "number", "out_of_range")]);
    // Of a batch that is here the number is only read; one that has serials here keeps them.
    let same = load(&app, batches::BATCHES, &format!("{head}B-1,SH-2601-WH-M,FAC-1,10,99\n"), Mode::Apply);
    assert_eq!((same.unchanged, same.notes.len()), (1, 1), "{:?}", same.notes);
    let serial = serial_of(&app, GarmentId::new(BatchNo(1), 0).unwrap()).await.serial;
    let second = serial_of(&app, GarmentId::new(BatchNo(1), 1).unwrap()).await.serial;
    for (row, column) in [
        (format!("B-1,11,{GTIN},{serial},,"), "minted"),
        (format!("B-1,10,{GTIN},{second},,"), "first_serial"),
        (format!("B-1,10,,{serial},,"), "first_serial"),
        (format!("B-1,10,{GTIN},,,"), "first_serial"),
        (format!("B-1,10,{GTIN},{serial},11,"), "void"),
        (format!("B-1,10,{GTIN},{serial},,3-x"), "labelled"),
        (format!("NONE,10,{GTIN},{serial},,"), "batch_code"),
    ] {
        let report = load(&app, print_jobs::IMPORT, &format!("batch_code,minted,gtin,first_serial,void,labelled\n{row}\n"), Mode::Apply);
        let faults = crate::materials::seen(&report);
        assert!(matches!(faults.as_slice(), [(2, found, _)] if *found == column), "{row}: {faults:?}");
    }
});

story!(the_whole_parcel_is_for_the_brands_own_people_who_see_all_of_it, |app| {
    let season = app.season().await;
    app.sell(&season, 3, "2026-06-10").await;
    const PARCEL: &str = "/api/v1/imports/parcel?lang=en";
    for role in [Role::Inspector, Role::LabelOperator, Role::Retailer, Role::Supplier, Role::Finance] {
        app.persona(role).await.get(PARCEL).await.expect(403);
    }
    let party = app.any_party().await;
    app.persona_of_party(Role::Retailer, party).await.get(PARCEL).await.expect(403);
    let planner = app.persona(Role::Planner).await;
    let page = planner.page("/imports").await.expect(200);
    assert!(page.text().contains("/api/v1/imports/parcel"), "{}", page.text());
    assert!(!app.persona(Role::Inspector).await.page("/imports").await.expect(200).text().contains("imports/parcel"));
    let answer = planner.get(PARCEL).await.expect(200);
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"parcel.zip\""));
    assert_eq!(unpacked(answer.body), exported(&app, Format::Csv, Lang::En).await);
    planner.get("/api/v1/imports/parcel?format=pdf").await.expect(422);
});

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn zipped_note() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("season/note.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// On SQLite, as the command line has it.
#[actix_web::test]
async fn a_season_is_moved_by_two_commands() {
    let app = TestApp::new(crate::support::On::Sqlite);
    let season = app.season().await;
    app.sell(&season, 3, "2026-06-10").await;
    app.sell(&season, 4, "2026-06-11").await;
    let (stamp, zone, returned) = (app.state.stamp("staff:agent"), app.state.config.time_zone, season.garments[4]);
    app.state.store.write(move |db| sales::end_sale(db, &stamp, zone, returned, noon().date())).await.unwrap();
    let here = Program::in_folder(app.folder.path());
    let work = tempfile::tempdir().unwrap();
    let place = |name: &str| work.path().join(name).display().to_string();

    let said = here.run(&["export", &place("out")]).well();
    assert!(
        said.out.contains("sales: one row") && said.err.contains("sales: one row was left out") && said.err.contains("key file"),
        "{said:?}"
    );
    let files = names(&work.path().join("out"));
    assert_eq!(files.len(), import_tables().0.len());
    // What is there is not written over, and nothing is left of what could not be written whole.
    std::fs::create_dir(work.path().join("half")).unwrap();
    std::fs::write(work.path().join("half").join(&files[5]), "mine").unwrap();
    assert!(here.run(&["export", &place("half")]).badly().err.contains("exists"));
    assert_eq!(names(&work.path().join("half")), [files[5].clone()]);
    here.run(&["export", &place("some"), "lots", "parties", "--format", "xlsx"]).well();
    assert_eq!(names(&work.path().join("some")), ["01-parties.xlsx", "02-lots.xlsx"]);
    assert!(here.run(&["export", &place("none"), "lot"]).badly().err.contains("lots"));
    here.run(&["export", &place("all.zip")]).well();
    here.run(&["export", &place("all.zip")]).badly();
    let zip = unpacked(std::fs::read(place("all.zip")).unwrap());
    assert!(zip.iter().all(|(name, bytes)| std::fs::read(work.path().join("out").join(name)).unwrap() == *bytes));
    assert_eq!(names(work.path()), ["all.zip", "half", "out", "some"]);

    let bundle = place("all.zip");
    let import = ["import", bundle.as_str()];
    // Without the keys nothing comes in.
    let keyless = tempfile::tempdir().unwrap();
    let refused = Program::in_folder(keyless.path()).run(&import).badly();
    assert!(refused.err.contains("key file"), "{refused:?}");
    let moved = tempfile::tempdir().unwrap();
    std::fs::copy(KeyFile::place(app.folder.path()), KeyFile::place(moved.path())).unwrap();
    let there = Program::in_folder(moved.path());
    let said = there.run(&import).well();
    assert!(files.iter().all(|name| said.out.contains(name.as_str())), "{said:?}");
    assert_eq!(names(&moved.path().join("uploads")), Vec::<String>::new(), "what was unpacked is gone");
    // Unpacked by hand it is the same parcel; what is no parcel is named with the file in it.
    let paths: Vec<String> = files.iter().map(|name| place("out") + "/" + name).collect();
    let by_hand: Vec<&str> = ["import", "--dry-run"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let said = there.run(&by_hand).well();
    assert!(said.out.lines().all(|line| line.contains(" 0 new, 0 changed")), "{said:?}");
    std::fs::write(work.path().join("note.zip"), zipped_note()).unwrap();
    let refused = there.run(&["import", &place("note.zip")]).badly();
    assert!(refused.err.contains("note.zip") && refused.err.contains("“season/note.csv”"), "{refused:?}");
    let said = there.run(&["serial", "check", &season.serials[3]]).well();
    assert!(said.out.contains("B-1"), "{said:?}");
    there.run(&["export", &place("back")]).well();
    let read = |folder: &str| -> Files {
        files.iter().map(|name| (name.clone(), std::fs::read(PathBuf::from(place(folder)).join(name)).unwrap())).collect()
    };
    assert_same_files(&read("out"), &read("back"));

    // A code that a spreadsheet would have made a date of, and that is one all the same.
    std::fs::write(work.path().join("parties.csv"), "code,name_en,roles\nMar-10,Mill,mill\n").unwrap();
    assert!(there.run(&["import", &place("parties.csv")]).badly().err.contains("--as-written"));
    there.run(&["import", &place("parties.csv"), "--as-written", "code"]).well();
    assert!(there.run(&["import", &place("parties.csv"), "--as-written", "colour"]).badly().err.contains("colour"));
    // A season with one moves on with the same word, which holds for the files that have the column.
    there.run(&["export", &place("again.zip")]).well();
    let third = tempfile::tempdir().unwrap();
    std::fs::copy(KeyFile::place(app.folder.path()), KeyFile::place(third.path())).unwrap();
    let third = Program::in_folder(third.path());
    assert!(third.run(&["import", &place("again.zip")]).badly().err.contains("--as-written"));
    third.run(&["import", &place("again.zip"), "--as-written", "code"]).well();
}

/// A file that one column was taken out of brings back less, and that is seen: no column of things is there for nothing.
#[actix_web::test]
async fn no_column_is_lost() {
    let app = TestApp::new(crate::support::On::Sqlite);
    let season = app.season().await;
    app.sell(&season, 3, "2026-06-10").await;
    let files = exported(&app, Format::Csv, Lang::En).await;
    for (table, title) in [
        ("-styles.", "Questions buyers ask"),
        ("-styles.", "Points"),
        ("-batches.", "Planned"),
        ("-batch_lots.", "Component"),
        ("-sales.", "Channel"),
        ("-serials.", "First serial"),
    ] {
        let name = files.keys().find(|name| name.contains(table)).unwrap();
        let mut less = files.clone();
        let mut csv = csv::Writer::from_writer(Vec::new());
        without(&files[name], title).iter().for_each(|row| csv.write_record(row).unwrap());
        less.insert(name.clone(), csv.into_inner().unwrap());
        let other = other_place(&app).await;
        let report = tokio::task::spawn_blocking({
            let (state, folder) = (other.state.clone(), other.folder.path().to_owned());
            move || {
                let tables = import_tables();
                let files = tables.0.iter().zip(less).map(|(table, (name, bytes))| {
                    let path = folder.join(&name);
                    std::fs::write(&path, bytes).unwrap();
                    ParcelFile { table: *table, name, path, reading: Reading::default() }
                });
                let importer = Importer { stamp: state.stamp("staff:planner"), party: None };
                Parcel::new(&state, importer, &tables, files.collect()).write(&mut |_, _, _| {}).unwrap()
            }
        })
        .await
        .unwrap();
        let lost = report.outcome != Outcome::Applied || exported(&other, Format::Csv, Lang::En).await[name] != files[name];
        assert!(lost, "{table} {title}");
    }
}
