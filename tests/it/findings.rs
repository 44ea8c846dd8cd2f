//! Findings: logging, lists, who sees what, photos, the catalogue, files.

use hangtag::inspection::{defects, findings};
use hangtag::kernel::{GarmentId, Id};
use hangtag::platform::imports::{Importer, Mode, Outcome, Source};
use hangtag::platform::rooms::made;
use hangtag::production::skus::SkuView;
use hangtag::production::styles::StyleView;
use hangtag::production::{batches, materials, parties};
use hangtag::staff::accounts::Role;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::story;
use crate::support::personas::Persona;
use crate::support::{Answer, Request, TestApp};

const GTIN: &str = "09506000134352";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Parties, and the serial of unit 7 of batch B-1.
struct World {
    mill: Id,
    buttons: Id,
    other: Id,
    factory: Id,
    serial: String,
}

/// Batch B-1 of the mill's cloth and the button maker's buttons, batch B-2 of somebody else's cloth, both sewn by one factory.
async fn world(app: &TestApp) -> World {
    let (stamp, keys) = (app.state.stamp("system"), app.state.keys.clone());
    let built = app.state.store.write(move |db| {
        defects::seed(db)?;
        let mut party = |code: &str, role: &str| {
            let party = parties::Party {
                code: code.into(),
                name_zh: code.into(),
                name_en: code.into(),
                roles: vec![parties::Role::of(role).unwrap()],
                ..parties::Party::default()
            };
            Ok::<_, hangtag::kernel::Error>(parties::create(db, &stamp, party)?.id)
        };
        let (mill, buttons) = (party("MILL", "mill")?, party("BUTTONS", "trim_maker")?);
        let (other, factory) = (party("OTHER", "mill")?, party("FACTORY", "factory")?);
        for (code, supplier, kind) in [("FAB-1", "MILL", "fabric"), ("FAB-2", "OTHER", "fabric"), ("BUT-1", "BUTTONS", "button")] {
            let draft =
                json!({"code": code, "supplier": supplier, "kind": kind, "material_zh": "料", "quantity_milli": 1_000_000, "unit": "m"});
            materials::create(db, &stamp, read(draft))?;
        }
        made::<StyleView>(db, &stamp, json!({"code": "ST", "name": {"zh": "衬衫", "en": "Shirt"}}))?;
        made::<SkuView>(db, &stamp, json!({"style": "ST", "code": "SKU", "gtin": GTIN, "size": "M"}))?;
        let lot = |component: &str, lot: &str| json!({"component": component, "lot": lot});
        for (code, lots) in [("B-1", vec![lot("shell", "FAB-1"), lot("buttons", "BUT-1")]), ("B-2", vec![lot("shell", "FAB-2")])] {
            let draft = json!({"code": code, "sku": "SKU", "factory": "FACTORY", "planned": 100, "lots": lots});
            batches::create(db, &stamp, read(draft))?;
        }
        let no = batches::batch_by_code(db, "B-1")?.unwrap().no;
        batches::mint(db, &stamp, no, 100, keys.serials.newest(), Some(GTIN))?;
        let serial = batches::serial_of(db, &keys.serials, GarmentId::new(no, 6).unwrap())?.unwrap().serial;
        Ok((mill, buttons, other, factory, serial))
    });
    let (mill, buttons, other, factory, serial) = built.await.unwrap();
    World { mill, buttons, other, factory, serial }
}

fn draft(subject: &str, defect: &str) -> Value {
    json!({"subject": subject, "defect": defect, "stage": "inline"})
}

/// Logs a finding and gives its id.
async fn logged(who: &Persona<'_>, body: &Value) -> String {
    who.json("POST", "/api/v1/findings", body).await.expect(201).json()["id"].as_str().unwrap().to_owned()
}

fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer.json()["faults"].as_array().unwrap().iter().map(|fault| (text(&fault["field"]), text(&fault["code"]))).collect()
}

async fn count(app: &TestApp) -> i64 {
    let filter = findings::FindingFilter::default();
    app.state.store.read(move |db| Ok(findings::counts(db, &filter)?.findings)).await.unwrap()
}

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x % 251, y % 241, 90].map(|shade| u8::try_from(shade).unwrap())))
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new(&mut bytes).encode_image(&picture(width, height)).unwrap();
    bytes
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&picture(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// A JPEG as a phone makes it: lying on its side (orientation 6), with its place in the EXIF.
fn phone_jpeg(width: u32, height: u32) -> Vec<u8> {
    let plain = jpeg(width, height);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPSLatitude 30.2741 N Huawei");
    let mut all = plain[..2].to_vec();
    all.extend_from_slice(&[0xff, 0xe1]);
    all.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    all.extend_from_slice(&exif);
    all.extend_from_slice(&plain[2..]);
    all
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

async fn upload(who: &Persona<'_>, id: &str, kind: &str, bytes: Vec<u8>) -> Answer {
    who.send(Request::new("POST", &format!("/api/v1/findings/{id}/photos")).header("content-type", kind).body(bytes)).await
}

/// A form with files, as a browser sends it.
pub fn multipart(uri: &str, fields: &[(&str, &str)], photos: &[Vec<u8>]) -> Request {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    for (number, photo) in photos.iter().enumerate() {
        let head = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"{number}.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(photo);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    Request::new("POST", uri).header("content-type", "multipart/form-data; boundary=edge").html().body(body)
}

story!(a_finding_names_a_garment_a_batch_or_a_lot, |app| {
    let world = world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let address = format!("HTTPS://ID.EXAMPLE.CN/01/{GTIN}/21/{}", world.serial);
    for (subject, kind) in [("B-1", "batch"), ("FAB-1", "lot"), (world.serial.as_str(), "garment"), (address.as_str(), "garment")] {
        let made = inspector.json("POST", "/api/v1/findings", &draft(subject, "seam_open")).await.expect(201);
        let body = made.json();
        assert_eq!(body["subject"]["kind"], kind, "{subject}");
        assert_eq!((body["severity"].as_str(), body["quantity"].as_i64()), (Some("major"), Some(1)), "as the catalogue has it");
        assert_eq!(made.header("location").unwrap(), format!("/api/v1/findings/{}", body["id"].as_str().unwrap()));
        if kind == "garment" {
            assert_eq!((body["subject"]["unit"].as_i64(), body["subject"]["batch"].as_str()), (Some(7), Some("B-1")));
        }
    }
    let garment = app.state.store.read(|db| Ok(batches::batch_by_code(db, "B-1")?.unwrap().no)).await.unwrap();
    let garment = GarmentId::new(garment, 6).unwrap();
    let facts = app.state.store.read(move |db| hangtag::platform::events::of(db, hangtag::kernel::event::Subject::Garment(garment.0)));
    let kinds: Vec<_> = facts.await.unwrap().into_iter().map(|fact| fact.kind).collect();
    assert_eq!(kinds, ["garment.finding", "garment.finding"]);
});

story!(what_is_wrong_is_named_and_leaves_no_trace, |app| {
    let world = world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let wrong = json!({"subject": "B-1", "defect": "", "stage": "moon", "quantity": 0, "severity": "huge", "zone": "elbow", "found_on": "2027-01-01"});
    let answer = inspector.json("POST", "/api/v1/findings", &wrong).await.expect(422);
    let fields: Vec<_> = faults(&answer).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["defect", "severity", "zone", "quantity", "stage", "found_on"]);
    let mut typo = world.serial.clone();
    let last = if typo.ends_with('0') { "1" } else { "0" };
    typo.replace_range(19..20, last);
    for (subject, defect, expected) in [
        ("NO-SUCH", "seam_open", ("subject", "unknown_reference")),
        (typo.as_str(), "seam_open", ("subject", "serial_typo")),
        ("B-1", "no_such_defect", ("defect", "unknown_reference")),
        ("https://example.com/about", "seam_open", ("subject", "not_a_digital_link")),
    ] {
        let answer = inspector.json("POST", "/api/v1/findings", &draft(subject, defect)).await.expect(422);
        assert_eq!(faults(&answer), [(expected.0.to_owned(), expected.1.to_owned())], "{subject}");
    }
    let many = json!({"findings": [draft("B-1", "seam_open"), draft("B-9", "seam_open"), draft("B-1", "nothing")]});
    let answer = inspector.json("POST", "/api/v1/findings/bulk", &many).await.expect(422);
    assert_eq!(faults(&answer), [("findings.1.subject".to_owned(), "unknown_reference".to_owned())]);
    inspector.json("POST", "/api/v1/findings/bulk", &json!({"findings": []})).await.expect(422);
    assert_eq!(count(&app).await, 0);
});

story!(a_handheld_may_send_again_what_it_is_not_sure_of, |app| {
    world(&app).await;
    let handheld = app.api(Role::Inspector).await;
    let many = json!({"findings": [draft("B-1", "seam_open"), draft("FAB-1", "slub"), draft("B-2", "pilling")]});
    let send = || Request::json("POST", "/api/v1/findings/bulk", &many).header("idempotency-key", "gathered-1");
    let first = handheld.send(send()).await.expect(200).json();
    let second = handheld.send(send()).await.expect(200).json();
    assert_eq!(first, second);
    assert_eq!(first["findings"].as_array().unwrap().len(), 3);
    assert_eq!(count(&app).await, 3);
    let other =
        Request::json("POST", "/api/v1/findings/bulk", &json!({"findings": [draft("B-1", "cut")]})).header("idempotency-key", "gathered-1");
    assert_eq!(handheld.send(other).await.expect(422).code(), "key_reused");
});

story!(a_mistake_is_withdrawn_with_a_reason_and_counts_no_more, |app| {
    world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let id = logged(&inspector, &draft("B-1", "seam_open")).await;
    let uri = format!("/api/v1/findings/{id}/withdraw");
    assert_eq!(faults(&inspector.json("POST", &uri, &json!({"reason": " ", "version": 1})).await.expect(422))[0].0, "reason");
    assert_eq!(inspector.json("POST", &uri, &json!({"reason": "wrong batch", "version": 7})).await.expect(409).code(), "stale");
    let gone = inspector.json("POST", &uri, &json!({"reason": "wrong batch", "version": 1})).await.expect(200).json();
    assert_eq!((gone["status"].as_str(), gone["reason"].as_str()), (Some("withdrawn"), Some("wrong batch")));
    assert_eq!(inspector.json("POST", &uri, &json!({"reason": "again", "version": 2})).await.expect(409).code(), "wrong_state");
    let ids =
        async |query: &str| inspector.get(&format!("/api/v1/findings{query}")).await.expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!((ids("").await, ids("?status=withdrawn").await, ids("?status=all").await), (0, 1, 1));
    let page = inspector.page(&format!("/findings/{id}")).await.expect(200);
    assert!(page.text().contains("Withdrawn: wrong batch"));
});

story!(a_list_is_narrowed_paged_and_taken_away, |app| {
    let world = world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    for (subject, defect, stage) in [
        ("B-1", "seam_open", "inline"),
        ("B-2", "pilling", "final"),
        ("FAB-1", "slub", "incoming"),
        (world.serial.as_str(), "needle_left", "final"),
    ] {
        let quantity = if subject == world.serial { 1 } else { 2 };
        logged(&inspector, &json!({"subject": subject, "defect": defect, "stage": stage, "quantity": quantity, "note": "=1+1"})).await;
    }
    for (query, expected) in [
        ("batch=B-1", 2),
        ("lot=FAB-1", 3),
        ("lot=FAB-2", 1),
        ("supplier=OTHER", 1),
        ("supplier=FACTORY", 3),
        ("supplier=NOBODY", 0),
        ("defect=pilling", 1),
        ("severity=critical", 1),
        ("stage=final", 2),
        ("from=2026-06-16", 0),
        ("to=2026-06-15", 4),
        ("serial=", 4),
    ] {
        let items = inspector.get(&format!("/api/v1/findings?{query}")).await.expect(200).json();
        assert_eq!(items["items"].as_array().unwrap().len(), expected, "{query}");
    }
    assert_eq!(
        inspector.get(&format!("/api/v1/findings?serial={}", world.serial)).await.expect(200).json()["items"].as_array().unwrap().len(),
        1
    );
    inspector.get("/api/v1/findings?from=2026-06-16&to=2026-06-01").await.expect(422);
    let refused = inspector.get("/api/v1/findings?colour=red").await.expect(422).json();
    assert_eq!((&refused["faults"][0]["field"], &refused["faults"][0]["code"]), (&"colour".into(), &"unknown_field".into()));
    inspector.get("/findings.csv?colour=red").await.expect(422);
    inspector.get("/findings?batch=B-1&colour=red").await.expect(200);
    let first = inspector.get("/api/v1/findings?per_page=3").await.expect(200).json();
    let after = first["next"].as_str().unwrap();
    let second = inspector.get(&format!("/api/v1/findings?per_page=3&after={after}")).await.expect(200).json();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["items"][0]["defect"]["code"], "seam_open", "the oldest comes last");
    let csv = inspector.get("/findings.csv?batch=B-1").await.expect(200);
    assert!(csv.text().contains("'=1+1") && csv.text().contains("needle_left"));
    assert!(inspector.get("/findings.xlsx").await.expect(200).body.starts_with(b"PK"));
    let page = inspector.page("/findings?stage=final").await.expect(200);
    assert!(page.text().contains("Needle left inside") && !page.text().contains(">Slub</a>"));
});

story!(a_supplier_sees_its_own_lots_and_their_batches_and_no_names, |app| {
    let world = world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let on_batch = logged(&inspector, &draft("B-1", "seam_open")).await;
    let on_other = logged(&inspector, &draft("B-2", "pilling")).await;
    let on_lot = logged(&inspector, &draft("FAB-1", "slub")).await;
    let photo = upload(&inspector, &on_batch, "image/jpeg", jpeg(60, 40)).await.expect(201).json();
    let href = photo["href"].as_str().unwrap();
    for (party, expected) in [(world.mill, 2), (world.buttons, 1), (world.other, 1), (world.factory, 2)] {
        let supplier = app.persona_of_party(Role::Supplier, party).await;
        let list = supplier.get("/api/v1/findings").await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), expected);
        assert!(items.iter().all(|item| item.get("logged_by").is_none()));
    }
    let mill = app.persona_of_party(Role::Supplier, world.mill).await;
    let buttons = app.persona_of_party(Role::Supplier, world.buttons).await;
    mill.get(&format!("/api/v1/findings/{on_batch}")).await.expect(200);
    mill.get(&format!("/api/v1/findings/{on_other}")).await.expect(404);
    buttons.get(&format!("/api/v1/findings/{on_lot}")).await.expect(404);
    buttons.get("/api/v1/findings?lot=FAB-2").await.expect(200);
    mill.get(href).await.expect(200);
    app.persona_of_party(Role::Supplier, world.other).await.get(href).await.expect(404);
    let page = mill.page(&format!("/findings/{on_batch}")).await.expect(200);
    assert!(!page.text().contains(&inspector.login), "no inspector's name");
    assert!(!mill.get("/findings.csv").await.expect(200).text().contains(&inspector.login));
    mill.json("POST", "/api/v1/findings", &draft("B-1", "seam_open")).await.expect(403);
    app.send(Request::get(href)).await.expect(401);
});

story!(a_photo_is_kept_as_a_picture_and_nothing_else, |app| {
    world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let id = logged(&inspector, &draft("B-1", "seam_open")).await;
    let given = phone_jpeg(400, 200);
    assert!(holds(&given, b"GPSLatitude"));
    let made = upload(&inspector, &id, "image/jpeg", given.clone()).await.expect(201);
    let photo = made.json();
    assert_eq!((photo["width"].as_i64(), photo["height"].as_i64()), (Some(200), Some(400)), "turned upright");
    let shown = inspector.get(photo["href"].as_str().unwrap()).await.expect(200);
    assert_eq!(shown.header("content-type"), Some("image/jpeg"));
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(shown.header("content-security-policy"), Some("sandbox"));
    assert!(shown.header("cache-control").unwrap().starts_with("private"));
    assert!(shown.body.starts_with(&[0xff, 0xd8]) && shown.body.ends_with(&[0xff, 0xd9]));
    assert!(!holds(&shown.body, b"GPSLatitude") && !holds(&shown.body, b"Exif") && !holds(&shown.body, b"Huawei"));
    assert_eq!(photo["sha256"], hangtag::platform::http::sha256_hex(&shown.body));
    let tag = shown.header("etag").unwrap();
    inspector.send(Request::get(photo["href"].as_str().unwrap()).header("if-none-match", tag)).await.expect(304);

    let mut polyglot = png(900, 300);
    polyglot.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
    let photo = upload(&inspector, &id, "image/png", polyglot).await.expect(201).json();
    let href = photo["href"].as_str().unwrap();
    assert!(!holds(&inspector.get(href).await.body, b"<script>"));
    let small = inspector.get(&format!("{href}?w=320")).await.expect(200);
    let header = findings::photo::sniff(&small.body).unwrap();
    assert_eq!((header.width, header.height), (320, 107));
    inspector.get(&format!("{href}?w=4000")).await.expect(422);
    // The same picture again is not kept twice.
    upload(&inspector, &id, "image/jpeg", given).await.expect(201);
    assert_eq!(inspector.get(&format!("/api/v1/findings/{id}")).await.json()["photos"].as_array().unwrap().len(), 2);
});

story!(what_is_no_sound_photo_is_refused, |app| {
    world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let id = logged(&inspector, &draft("B-1", "seam_open")).await;
    let mut bomb = png(2, 2);
    bomb[16..20].copy_from_slice(&40_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&20_000u32.to_be_bytes());
    let (cut_jpeg, cut_png) = (jpeg(200, 200), png(200, 200));
    let cases: [(&str, Vec<u8>, u16, &str); 7] = [
        ("image/png", bomb, 422, "image_too_large"),
        ("image/jpeg", cut_jpeg[..cut_jpeg.len() / 2].to_vec(), 422, "file_broken"),
        ("image/png", cut_png[..cut_png.len() / 2].to_vec(), 422, "file_broken"),
        ("image/jpeg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), 422, "not_an_image"),
        ("image/jpeg", b"GIF89a\x01\x00\x01\x00".to_vec(), 422, "not_an_image"),
        ("text/plain", jpeg(20, 20), 415, "unsupported_media"),
        ("image/jpeg", [jpeg(20, 20), vec![0; findings::photo::BYTES_MAX]].concat(), 413, "body_too_large"),
    ];
    for (kind, bytes, status, code) in cases {
        assert_eq!(upload(&inspector, &id, kind, bytes).await.expect(status).code(), code);
    }
    upload(&inspector, "0000000000000", "image/jpeg", jpeg(20, 20)).await.expect(404);
    for width in 20..26 {
        upload(&inspector, &id, "image/jpeg", jpeg(width, 20)).await.expect(201);
    }
    let answer = upload(&inspector, &id, "image/jpeg", jpeg(30, 30)).await.expect(422);
    assert_eq!(faults(&answer), [("photos".to_owned(), "out_of_range".to_owned())]);
    assert_eq!(inspector.get(&format!("/api/v1/findings/{id}")).await.json()["photos"].as_array().unwrap().len(), 6);
});

story!(an_inspector_logs_with_a_form_and_goes_on, |app| {
    let world = world(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let csrf = inspector.csrf.clone().unwrap();
    let start = inspector.page("/findings/new").await.expect(200);
    assert!(start.text().contains("autofocus") && start.text().contains("data-scan"));
    let nothing = inspector.page("/findings/new?subject=NO-SUCH").await.expect(404);
    assert!(nothing.text().contains("NO-SUCH") && nothing.text().contains("role=\"alert\""));
    let form = inspector.page(&format!("/findings/new?subject={}", world.serial)).await.expect(200);
    for part in ["name=\"defect\" value=\"seam_open\"", "name=\"zone\" value=\"closure\"", "capture=", "<svg", "unit 7"] {
        assert!(form.text().contains(part), "{part}");
    }
    assert!(!form.text().contains("style=\""), "the policy would drop it");
    let fields = [
        ("csrf", csrf.as_str()),
        ("once", "key-1"),
        ("subject", world.serial.as_str()),
        ("kind", "garment"),
        ("gtin", GTIN),
        ("defect", "button_loose"),
        ("severity", ""),
        ("zone", "closure"),
        ("quantity", "1"),
        ("stage", "warehouse"),
        ("found_on", "2026-06-15"),
        ("note", "third from the top"),
    ];
    let photos = [phone_jpeg(300, 200), png(50, 50)];
    let done = inspector.send(multipart("/findings/new", &fields, &photos)).await.expect(303);
    let again = inspector.send(multipart("/findings/new", &fields, &photos)).await.expect(303);
    assert_eq!(done.header("location"), again.header("location"), "pressed twice, logged once");
    assert_eq!(count(&app).await, 1);
    let next = inspector.page(done.header("location").unwrap()).await.expect(200);
    assert!(
        next.text().contains("Another on this batch")
            && next.text().contains("/findings/new?subject=B-1&amp;kind=batch&amp;stage=warehouse")
            || next.text().contains("/findings/new?subject=B-1&#38;kind=batch&#38;stage=warehouse"),
        "{}",
        next.text()
    );
    let id = done.header("location").unwrap().rsplit_once('=').unwrap().1.to_owned();
    let page = inspector.page(&format!("/findings/{id}")).await.expect(200);
    assert!(page.text().contains("Loose button") && page.text().contains("Closure") && page.text().matches("<img").count() == 2);
    // The stage is remembered, and what is logged often comes first.
    let form = inspector.page("/findings/new?subject=B-1").await.expect(200);
    assert!(form.text().contains("value=\"warehouse\" selected") && form.text().contains("Often logged"));

    let mut wrong = fields;
    wrong[1].1 = "key-2";
    wrong[8].1 = "none";
    let answer = inspector.send(multipart("/findings/new", &wrong, &[])).await.expect(422);
    assert!(answer.text().contains("third from the top") && answer.text().contains("aria-invalid"));
    let answer = inspector
        .send(multipart(
            "/findings/new",
            &[("csrf", &csrf), ("subject", "B-1"), ("defect", "cut"), ("stage", "final")],
            &[b"<svg/>".to_vec()],
        ))
        .await;
    assert!(answer.expect(422).text().contains("Not an image"));
    let seven: Vec<Vec<u8>> = (20..27).map(|width| jpeg(width, 20)).collect();
    inspector.send(multipart("/findings/new", &fields, &seven)).await.expect(422);
    inspector.send(multipart("/findings/new", &fields[1..], &photos)).await.expect(403);
    assert_eq!(count(&app).await, 1);
    let more = [("csrf", csrf.as_str()), ("once", "key-3")];
    inspector.send(multipart(&format!("/findings/{id}/photos"), &more, &[jpeg(33, 44)])).await.expect(303);
    assert_eq!(inspector.get(&format!("/api/v1/findings/{id}")).await.json()["photos"].as_array().unwrap().len(), 3);
    let gone = inspector.form(&format!("/findings/{id}/withdraw"), &[("version", "1"), ("reason", "wrong garment")]).await.expect(303);
    assert_eq!(gone.header("location").unwrap(), format!("/findings/{id}"));
});

story!(the_catalogue_is_edited_and_never_overwritten, |app| {
    world(&app).await;
    let (admin, inspector) = (app.persona(Role::Admin).await, app.persona(Role::Inspector).await);
    let list = inspector.get("/api/v1/defects?per_page=500").await.expect(200).json();
    assert!(list["items"].as_array().unwrap().len() >= 55);
    let sewing = inspector.get("/api/v1/defects?component=sewing&q=OPEN").await.expect(200).json();
    assert_eq!((sewing["items"][0]["code"].as_str(), sewing["items"].as_array().unwrap().len()), (Some("seam_open"), 1));
    let draft = |version: Option<i64>| {
        let mut draft = json!({"code": "seam_open", "name": {"zh": "开线", "en": "Seam came undone"}, "component": "sewing", "severity": "critical", "suspect": "factory", "repairable": true, "retired": false});
        if let Some(version) = version {
            draft["version"] = version.into();
        }
        draft
    };
    inspector.json("PUT", "/api/v1/defects/seam_open", &draft(Some(1))).await.expect(403);
    admin.json("PUT", "/api/v1/defects/seam_open", &draft(None)).await.expect(422);
    admin.json("PUT", "/api/v1/defects/seam_open", &draft(Some(9))).await.expect(409);
    admin.json("PUT", "/api/v1/defects/no_such", &draft(Some(1))).await.expect(404);
    admin.json("PUT", "/api/v1/defects/seam_open", &draft(Some(1))).await.expect(200);
    let mut other = draft(Some(2));
    other["code"] = "seam_undone".into();
    assert_eq!(admin.json("PUT", "/api/v1/defects/seam_open", &other).await.expect(409).code(), "in_use");
    other["code"] = "Seam undone".into();
    other.as_object_mut().unwrap().remove("version");
    assert_eq!(faults(&admin.json("POST", "/api/v1/defects", &other).await.expect(422))[0].0, "code");
    app.state.store.write(defects::seed).await.unwrap();
    let kept = app.state.store.read(defects::by_code).await.unwrap().remove("seam_open").unwrap();
    assert_eq!((kept.name_en.as_str(), kept.version), ("Seam came undone", 2));
    let page = inspector.page("/defects/seam_open").await.expect(200);
    assert!(page.text().contains("Seam came undone") && page.text().contains(&admin.login), "what happened to it, and to no other");
    assert!(!inspector.page("/defects/slub").await.expect(200).text().contains(&admin.login));
    let new = [("code", "pocket_torn"), ("name.en", "Torn pocket"), ("component", "sewing"), ("severity", "minor"), ("suspect", "factory")];
    admin.form("/defects/new", &new).await.expect(303);
    assert!(admin.form("/defects/new", &new).await.expect(422).text().contains("exists"));
    assert!(inspector.page("/defects").await.expect(200).text().contains("Torn pocket"));
    let retired = [
        ("code", "pocket_torn"),
        ("name.en", "Torn pocket"),
        ("component", "sewing"),
        ("severity", "minor"),
        ("suspect", "factory"),
        ("retired", "yes"),
        ("version", "1"),
    ];
    admin.form("/defects/pocket_torn/edit", &retired).await.expect(303);
    let answer =
        inspector.json("POST", "/api/v1/findings", &json!({"subject": "B-1", "defect": "pocket_torn", "stage": "final"})).await.expect(422);
    assert_eq!(faults(&answer)[0].0, "defect");
    assert!(inspector.get("/defects.csv").await.expect(200).text().contains("pocket_torn"));
});

story!(a_file_of_findings_is_checked_then_loaded_once, |app| {
    world(&app).await;
    let load = |text: &'static str, mode: Mode| {
        let mut source = Source::new("findings.csv", std::io::Cursor::new(text.as_bytes())).unwrap();
        let importer = Importer { stamp: app.state.stamp("system"), party: None };
        let state = app.state.clone();
        tokio::task::spawn_blocking(move || findings::IMPORT.run(&state, &importer, &mut source, mode, &mut |_| {}).unwrap())
    };
    let good = "对象,缺陷代码,环节,发现日期,数量,部位\nB-1,seam_open,终检,2026-06-01,3,前下摆\nFAB-1,slub,来料,2026-05-02,,\n";
    assert_eq!(load(good, Mode::DryRun).await.unwrap().outcome, Outcome::Checked);
    assert_eq!(count(&app).await, 0);
    assert_eq!(load(good, Mode::Apply).await.unwrap().added, 2);
    let second = load(good, Mode::Apply).await.unwrap();
    assert_eq!((second.added, second.unchanged), (0, 2));
    let bad = "subject,defect,stage,found_on\nB-9,seam_open,final,2026-06-01\nB-1,nothing,final,2026-06-01\nB-1,cut,moon,2026-06-01\nB-1,cut,final,2027-01-01\n";
    let report = load(bad, Mode::Apply).await.unwrap();
    assert_eq!(report.outcome, Outcome::Refused);
    let lines: Vec<_> = report.faults.iter().filter_map(|fault| fault.line).collect();
    assert!([2, 3, 4, 5].iter().all(|line| lines.contains(line)), "{lines:?}");
    assert_eq!(count(&app).await, 2);
});

/// A batch and a lot of one number: 50 garments sewn from 2026-03-20, 100 metres woven on 2026-02-01.
async fn namesakes(app: &TestApp) {
    world(app).await;
    let stamp = app.state.stamp("system");
    let made = app.state.store.write(move |db| {
        let lot = json!({"code": "20260301", "supplier": "MILL", "kind": "fabric", "material_zh": "料", "quantity_milli": 99_500, "unit": "m", "produced_on": "2026-02-01"});
        materials::create(db, &stamp, read(lot))?;
        let batch = json!({"code": "20260301", "sku": "SKU", "factory": "FACTORY", "planned": 50, "started_on": "2026-03-20"});
        batches::create(db, &stamp, read(batch))?;
        Ok(())
    });
    made.await.unwrap();
}

story!(the_stage_says_whether_a_lot_or_a_batch_is_meant, |app| {
    namesakes(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let at = |stage: &str| json!({"subject": "20260301", "defect": "slub", "stage": stage, "found_on": "2026-04-01"});
    for (stage, kind) in [("incoming", "lot"), ("inline", "batch"), ("final", "batch"), ("return", "batch")] {
        let made = inspector.json("POST", "/api/v1/findings", &at(stage)).await.expect(201).json();
        assert_eq!(made["subject"]["kind"], kind, "{stage}");
    }
    let mut named = at("inline");
    named["kind"] = "lot".into();
    assert_eq!(inspector.json("POST", "/api/v1/findings", &named).await.expect(201).json()["subject"]["kind"], "lot");
    // What comes in is never a batch.
    assert_eq!(
        faults(
            &inspector
                .json("POST", "/api/v1/findings", &json!({"subject": "B-1", "defect": "slub", "stage": "incoming"}))
                .await
                .expect(422)
        ),
        [("stage".to_owned(), "not_one_of".to_owned())]
    );
    // A file says the same.
    let load = |text: String| crate::materials::load(&app, findings::IMPORT, &text, Mode::Apply);
    let done = load("subject,defect,stage,found_on\n20260301,barre,incoming,2026-03-05\n20260301,barre,final,2026-04-05\n".into());
    assert_eq!((done.outcome, done.added), (Outcome::Applied, 2));
    let of = async |query: &str| inspector.get(&format!("/api/v1/findings?defect=barre&{query}")).await.expect(200).json();
    assert_eq!(of("lot=20260301").await["items"][0]["subject"]["kind"], "lot");
    assert_eq!(of("batch=20260301").await["items"][0]["subject"]["kind"], "batch");
    let wrong = load("subject,defect,stage,found_on\nB-1,barre,incoming,2026-04-05\n".into());
    assert_eq!(crate::materials::seen(&wrong), [(2, "stage", "not_one_of")]);
    // The form asks which.
    let asked = inspector.page("/findings/new?subject=20260301").await.expect(422);
    for kind in ["lot", "batch"] {
        assert!(asked.text().contains(&format!("/findings/new?subject=20260301&#38;kind={kind}")), "{kind}: {}", asked.text());
        inspector.page(&format!("/findings/new?subject=20260301&kind={kind}")).await.expect(200);
    }
});

story!(nobody_finds_more_than_there_is_or_before_it_was_made, |app| {
    namesakes(&app).await;
    let inspector = app.persona(Role::Inspector).await;
    let of = |kind: &str, quantity: i64, found_on: &str| json!({"subject": "20260301", "kind": kind, "defect": "slub", "stage": if kind == "lot" { "incoming" } else { "final" }, "quantity": quantity, "found_on": found_on});
    for (body, field) in [
        (of("batch", 51, "2026-04-01"), "quantity"),
        (of("batch", 50, "2026-03-19"), "found_on"),
        (of("lot", 101, "2026-04-01"), "quantity"),
        (of("lot", 100, "2026-01-31"), "found_on"),
        (of("lot", 100, "2026-06-16"), "found_on"),
    ] {
        assert_eq!(faults(&inspector.json("POST", "/api/v1/findings", &body).await.expect(422))[0].0, field, "{body}");
    }
    inspector.json("POST", "/api/v1/findings", &of("batch", 50, "2026-03-20")).await.expect(201);
    inspector.json("POST", "/api/v1/findings", &of("lot", 100, "2026-02-01")).await.expect(201);
    let before = count(&app).await;
    let file = "subject,defect,stage,found_on,quantity\n20260301,slub,final,2026-04-01,5000\n20260301,slub,incoming,2026-01-01,1\n";
    let report = crate::materials::load(&app, findings::IMPORT, file, Mode::Apply);
    assert_eq!(crate::materials::seen(&report), [(2, "quantity", "out_of_range"), (3, "found_on", "dates_out_of_order")]);
    let csrf = inspector.csrf.clone().unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("subject", "20260301"),
        ("kind", "batch"),
        ("defect", "slub"),
        ("stage", "final"),
        ("quantity", "5000"),
        ("found_on", "2026-04-01"),
        ("once", "o"),
    ];
    inspector.send(multipart("/findings/new", &fields, &[])).await.expect(422);
    // Everything that is wrong is marked at once: what lacks, and what cannot be of this batch.
    let mut lacking = fields;
    lacking[3].1 = "";
    lacking[6].1 = "2025-01-01";
    let answer = inspector.send(multipart("/findings/new?lang=en", &lacking, &[])).await.expect(422);
    let marked =
        |name: &str| answer.text().split(&format!("name=\"{name}\"")).nth(1).unwrap().split('>').next().unwrap().contains("aria-invalid");
    assert!(answer.text().contains("Needed.") && marked("quantity") && marked("found_on"), "{}", answer.text());
    assert_eq!(count(&app).await, before);
    // What nobody planned or minted may hold any number.
    let stamp = app.state.stamp("system");
    app.write(move |db| batches::create(db, &stamp, read(json!({"code": "OPEN", "sku": "SKU", "factory": "FACTORY", "planned": 0})))).await;
    inspector
        .json("POST", "/api/v1/findings", &json!({"subject": "open", "defect": "SLUB", "stage": "final", "quantity": 500}))
        .await
        .expect(201);
});

story!(the_script_is_served_for_ever_under_its_hash, |app| {
    let href = hangtag::platform::http::assets::STAFF_MODULE.href();
    let script = app.get(href).await.expect(200);
    assert!(script.header("cache-control").unwrap().contains("immutable"));
    assert!(script.header("content-type").unwrap().starts_with("text/javascript"));
    app.get("/assets/staff-0000000000000000.js").await.expect(404);
});
