//! Labels of real batches, into files and out of printers that misbehave.

use std::collections::BTreeSet;

use hangtag::kernel::{Code, Error, Result};
use hangtag::platform::http::House;
use hangtag::production::batches::{self, BatchDraft};
use hangtag::production::labels::Target;
use hangtag::production::print_jobs::{self, LabelRequest};
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::story;
use crate::support::{TestApp, has_tool};

const GTIN: &str = "09506000134352";

/// A batch of a shirt with all that a label says.
async fn batch(app: &TestApp, code: &str, planned: i64) {
    let planner = app.api(Role::Planner).await;
    let party = json!({ "code": "FAC-1", "name": { "zh": "宁波山岚服饰", "en": "Ningbo Shanlan Garments" }, "roles": ["factory"], "country": "CN",
        "city": "宁波", "address": { "zh": "宁波市科欣路 128 号", "en": "128 Kexin Road, Ningbo" } });
    planner.json("POST", "/api/v1/parties", &party).await.expect(201);
    let style = json!({ "code": "LS-T01", "brand": "Shanlan", "name": { "zh": "短袖衫", "en": "T-shirt" }, "manufacturer": "FAC-1", "facts": {
        "composition": [{ "fibres": [{ "name": { "en": "cotton", "zh": "棉" }, "hundredths": 10000 }] }],
        "care": ["wash-30-mild", "bleach-no", "dry-line", "iron-150", "clean-no"], "safety_class": "B", "product_standard": "GB/T 22849-2024" } });
    planner.json("POST", "/api/v1/styles", &style).await.expect(201);
    let sku = json!({ "style": "LS-T01", "code": "LS-T01-NV-M", "gtin": GTIN, "colour": { "zh": "藏青", "en": "Navy" }, "size": "M", "size_label": "170/88A" });
    planner.json("POST", "/api/v1/skus", &sku).await.expect(201);
    let draft = BatchDraft { code: code.into(), sku: "LS-T01-NV-M".into(), factory: "FAC-1".into(), planned, ..BatchDraft::default() };
    let stamp = app.house.stamp("staff:planner");
    app.house.store.write(move |db| batches::create(db, &stamp, &draft)).await.unwrap();
}

fn asked(format: &str) -> LabelRequest {
    LabelRequest { batch: "B-1".into(), template: Some("hangtag-40x60-en".into()), format: Some(format.into()), ..LabelRequest::default() }
}

/// What the command line does, on a thread where it may block.
async fn make(app: &TestApp, request: LabelRequest) -> Result<Vec<u8>> {
    blocking(app, move |house| {
        let mut out = Vec::new();
        print_jobs::make(house, &house.stamp("cli"), &request, Target::Stream(&mut out), &mut |_, _| {}).map(|_| out)
    })
    .await
}

async fn blocking<T: Send + 'static>(app: &TestApp, body: impl FnOnce(&House) -> T + Send + 'static) -> T {
    let house = app.house.clone();
    tokio::task::spawn_blocking(move || body(&house)).await.unwrap()
}

async fn units(app: &TestApp, request: LabelRequest) -> Vec<i64> {
    rows(&make(app, request).await.unwrap()).into_iter().map(|row| row.2).collect()
}

async fn faults(app: &TestApp, request: LabelRequest) -> Vec<(String, Code)> {
    match make(app, request).await.unwrap_err() {
        Error::Refused(refusal) => refusal.faults.iter().map(|fault| (fault.field.to_string(), fault.code)).collect(),
        other => panic!("{other:?}"),
    }
}

/// Rows of a label CSV: serial, address and number of each unit.
fn rows(csv: &[u8]) -> Vec<(String, String, i64)> {
    let text = std::str::from_utf8(csv).unwrap().trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().take(8).collect::<Vec<_>>(), ["serial", "uri", "gtin", "style", "size", "colour", "batch", "unit"]);
    reader.records().map(std::result::Result::unwrap).map(|row| (row[0].to_owned(), row[1].to_owned(), row[7].parse().unwrap())).collect()
}

async fn minted(app: &TestApp) -> i64 {
    app.house.store.read(|db| batches::batch_by_code(db, "B-1")).await.unwrap().unwrap().minted
}

story!(a_file_has_every_planned_unit_once_and_each_serial_is_issued, |app| {
    batch(&app, "B-1", 5_000).await;
    let csv = make(&app, asked("csv")).await.unwrap();
    let rows = rows(&csv);
    assert_eq!((rows.len(), minted(&app).await), (5_000, 5_000));
    assert_eq!(rows.iter().map(|row| &row.0).collect::<BTreeSet<_>>().len(), 5_000);
    for (serial, uri, unit) in [&rows[0], &rows[4_999]] {
        assert_eq!(uri, &format!("HTTP://LOCALHOST/01/{GTIN}/21/{serial}"));
        let (keys, serial) = (app.house.keys.clone(), serial.clone());
        let garment = app.house.store.read(move |db| batches::find_serial(db, &keys.serials, Some(GTIN), &serial)).await.unwrap().unwrap();
        assert_eq!(garment.unit() + 1, *unit);
    }
    // The same again is the same file; nothing more is minted.
    assert_eq!(make(&app, asked("csv")).await.unwrap(), csv);
    assert_eq!(minted(&app).await, 5_000);
});

story!(counts_ranges_and_voids_decide_which_units_get_labels, |app| {
    batch(&app, "B-1", 10).await;
    assert_eq!(units(&app, LabelRequest { count: Some(3), ..asked("csv") }).await, [1, 2, 3]);
    assert_eq!(minted(&app).await, 3);
    let (stamp, no) = (app.house.stamp("staff:op"), hangtag::kernel::BatchNo(1));
    app.house.store.write(move |db| batches::void_units(db, &stamp, no, &[1..2], "spoiled")).await.unwrap();
    assert_eq!(units(&app, LabelRequest { count: Some(3), ..asked("csv") }).await, [1, 3, 4]);
    assert_eq!(units(&app, LabelRequest { units: Some("2-5".into()), ..asked("csv") }).await, [3, 4, 5]);
    assert_eq!(units(&app, LabelRequest { only_new: true, ..asked("csv") }).await, [6, 7, 8, 9, 10]);
    assert_eq!(units(&app, LabelRequest { only_new: true, count: Some(2), ..asked("csv") }).await, [11, 12]);
    assert_eq!(units(&app, asked("csv")).await, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

story!(what_is_wrong_is_named_and_mints_nothing, |app| {
    batch(&app, "B-1", 10).await;
    assert_eq!(faults(&app, LabelRequest { batch: "B-2".into(), ..asked("pdf") }).await, [("batch".into(), Code::UnknownReference)]);
    assert_eq!(faults(&app, LabelRequest { template: Some("none".into()), ..asked("pdf") }).await, [("template".into(), Code::UnknownReference)]);
    assert_eq!(faults(&app, asked("doc")).await, [("format".into(), Code::NotOneOf)]);
    assert_eq!(faults(&app, LabelRequest { count: Some(0), ..asked("pdf") }).await, [("count".into(), Code::OutOfRange)]);
    assert_eq!(faults(&app, LabelRequest { count: Some(4_194_305), ..asked("pdf") }).await, [("count".into(), Code::OutOfRange)]);
    assert_eq!(faults(&app, LabelRequest { units: Some("9-3".into()), ..asked("pdf") }).await, [("units".into(), Code::OutOfRange)]);
    assert_eq!(minted(&app).await, 0);
});

story!(every_format_is_made_and_a_phone_reads_it, |app| {
    batch(&app, "B-1", 3).await;
    let expected: Vec<String> = rows(&make(&app, asked("csv")).await.unwrap()).into_iter().map(|row| row.1).collect();
    for (format, begins) in [("pdf", &b"%PDF-"[..]), ("zpl", b""), ("tspl", b"SIZE")] {
        let file = make(&app, LabelRequest { claim_codes: true, ..asked(format) }).await.unwrap();
        assert!(file.starts_with(begins) && file.len() > 500, "{format}");
    }
    let folder = app.folder.path().join("out");
    let request = LabelRequest { claim_codes: true, ..asked("png") };
    let (to, again) = (folder.clone(), request.clone());
    let made = blocking(&app, move |house| print_jobs::make_at(house, &house.stamp("cli"), &again, &to, &mut |_, _| {})).await;
    assert_eq!(made.unwrap().summary.labels, 3);
    // A second time it would mix with the first.
    let to = folder.clone();
    let made = blocking(&app, move |house| print_jobs::make_at(house, &house.stamp("cli"), &request, &to, &mut |_, _| {})).await;
    assert_eq!(made.unwrap_err().code(), Code::Invalid);
    if has_tool("zbarimg") {
        for (place, uri) in (1..).zip(&expected) {
            let file = folder.join(format!("{place:06}.png"));
            let read = std::process::Command::new("zbarimg").args(["-q", "--raw"]).arg(&file).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), uri);
        }
    }
});
