//! Files on their way in: parcels, what changes shown before it is written, columns that are not ours, who may hand in what.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};
use std::path::PathBuf;

use hangtag::app::import_tables;
use hangtag::kernel::text::Lang;
use hangtag::platform::imports::things::{self, Noun};
use hangtag::platform::imports::{
    ChangeKind, Columns, Importer, Outcome, Parcel, ParcelFile, ParcelReport, Reading, in_order, nearest, recognise, template_csv,
    template_xlsx, uploads,
};
use hangtag::platform::jobs;
use hangtag::platform::policies::{self, Policy};
use hangtag::platform::words::Words;
use hangtag::staff::accounts::Role;

use crate::story;
use crate::support::{Answer, Request, TestApp};

const PARTIES: &str = "编码,中文名称,角色\nMILL-1,华纺一厂,面料厂\n";
const LOTS: &str = "lot,supplier,kind,material,quantity,unit\nFAB-1,MILL-1,fabric,Poplin,100,m\n";

/// Files as a browser sends them.
pub fn files(csrf: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Request {
    let mut body = Vec::new();
    for (name, value) in [("csrf", csrf)].iter().chain(fields) {
        body.extend(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for (name, bytes) in files {
        let head = format!("content-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv");
        body.extend(format!("--edge\r\n{head}\r\n\r\n").bytes().chain(bytes.iter().copied()).chain(*b"\r\n"));
    }
    body.extend(*b"--edge--\r\n");
    Request::new("POST", "/imports").header("content-type", "multipart/form-data; boundary=edge").html().body(body)
}

/// Does all the work that waits.
pub async fn work(app: &TestApp) {
    let (state, works) = (app.state.clone(), hangtag::app::works());
    tokio::task::spawn_blocking(move || while jobs::run_one(&state, &works).unwrap() {}).await.unwrap();
}

pub fn place(answer: &Answer) -> String {
    let place = answer.header("location").unwrap().to_owned();
    assert!(place.starts_with("/imports/0"), "{place}");
    place
}

/// What lies among the files handed in, without what is kept of changes.
fn lying(app: &TestApp) -> Vec<PathBuf> {
    let all = std::fs::read_dir(uploads(&app.state)).into_iter().flatten().map(|file| file.unwrap().path());
    all.filter(|path| path.is_file()).collect()
}

pub fn write(app: &TestApp, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = app.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A parcel of files as the command line makes it: written, or only checked.
pub async fn parcel(app: &TestApp, given: Vec<(&str, PathBuf, Reading)>, dry_run: bool) -> ParcelReport {
    let tables = import_tables();
    let mut files: Vec<ParcelFile> = given
        .into_iter()
        .map(|(table, path, reading)| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            ParcelFile { table: tables.find(table).unwrap(), name, path, reading }
        })
        .collect();
    in_order(&mut files, &tables, |file| file.table.columns.table);
    let state = app.state.clone();
    let run = move || {
        let importer = Importer { stamp: state.stamp("staff:planner"), party: None };
        let parcel = Parcel::new(&state, importer, &tables, files);
        if dry_run { parcel.check(&mut |_, _, _| {}) } else { parcel.write(&mut |_, _, _| {}) }
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap()
}

/// What is wrong with each file of a parcel: line, column, sentence.
pub fn said(report: &ParcelReport, lang: Lang) -> Vec<(Option<u64>, String, String)> {
    let faults = report.files.iter().flat_map(|file| &file.faults);
    faults.map(|fault| (fault.line, fault.place(lang).to_owned(), fault.word(Words::of(lang)))).collect()
}

story!(files_that_need_one_another_are_one_parcel, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    // The lots name a party that only the other file brings; in whatever order they come, they are checked together.
    let sent = planner.send(files(&csrf, &[], &[("lots.csv", LOTS.as_bytes()), ("往来.csv", PARTIES.as_bytes())])).await.expect(303);
    let one = place(&sent);
    assert!(planner.page(&one).await.expect(200).text().contains("http-equiv"), "live while it is worked on");
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(!page.text().contains("http-equiv") && page.text().contains("Sound, not written yet"), "{}", page.text());
    planner.get("/api/v1/lots/FAB-1").await.expect(404);
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    assert!(planner.page(&one).await.expect(200).text().contains("Every row of every file is in"));
    planner.get("/api/v1/lots/FAB-1").await.expect(200);
    assert_eq!(lying(&app), Vec::<PathBuf>::new(), "what is written need not be kept");
    // Pressed twice, it is written once, and the page says that it is; nothing else can be done with it, in words that say why.
    assert_eq!(place(&planner.form(&format!("{one}/apply"), &[]).await.expect(303)), one);
    assert!(planner.page(&one).await.expect(200).text().contains("Every row of every file is in"));
    for again in ["again", "discard"] {
        let refused = planner.form(&format!("{one}/{again}"), &[]).await.expect(409);
        assert!(refused.text().contains("It was written already"), "{}", refused.text());
    }
    assert!(planner.page("/imports").await.expect(200).text().contains("Written"));
});

story!(nothing_is_written_unless_every_file_is_clean, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let bad = LOTS.replace("100", "-1");
    let both = [("lots.csv", bad.as_bytes()), ("parties.csv", PARTIES.as_bytes()), ("notes.pdf", b"%PDF-1.7 not a table".as_slice())];
    let one = place(&planner.send(files(&csrf, &[], &both)).await.expect(303));
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Needs mending") && page.text().contains("it is a PDF"), "{}", page.text());
    assert!(planner.page("/imports").await.expect(200).text().contains("Needs mending"), "never queued for ever");
    planner.form(&format!("{one}/apply"), &[]).await.expect(409);
    assert_eq!(lying(&app).len(), 2, "of what is no table nothing is kept");
    let csv = planner.page(&format!("{one}/faults.csv")).await.expect(200);
    assert!(csv.text().contains("lots.csv,,2,quantity,'-1,"), "{}", csv.text());
    // A mended file of the same name takes the place of the one before, wherever it is handed in; the stranger is taken out.
    let mended = planner.send(files(&csrf, &[], &[("lots.csv", LOTS.as_bytes())])).await.expect(303);
    assert_eq!(place(&mended), one);
    assert_eq!(lying(&app).len(), 2);
    planner.form(&format!("{one}/files/3/remove"), &[]).await.expect(303);
    work(&app).await;
    assert!(planner.page(&one).await.expect(200).text().contains("Sound, not written yet"));
    planner.get("/api/v1/parties/MILL-1").await.expect(404);
    // A file of another name handed in beside it is a parcel of its own, unless it is handed in on the parcel's page.
    let other = planner.send(files(&csrf, &[], &[("more.csv", PARTIES.as_bytes())])).await.expect(303);
    assert_ne!(place(&other), one);
    let id = one.rsplit('/').next().unwrap();
    let more = planner.send(files(&csrf, &[("parcel", id)], &[("others.csv", "code,name_zh,roles\nMILL-2,二厂,mill\n".as_bytes())])).await;
    assert_eq!(place(&more.expect(303)), one);
    work(&app).await;
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    planner.get("/api/v1/parties/MILL-2").await.expect(200);
    // Thrown away: nothing of it stays.
    planner.form(&format!("{}/discard", place(&other)), &[]).await.expect(303);
    assert_eq!(lying(&app), Vec::<PathBuf>::new());
    // Somebody else's parcel is not there.
    let inspector = app.persona(Role::Inspector).await;
    inspector.page(&one).await.expect(404);
    inspector.form(&format!("{one}/discard"), &[]).await.expect(404);
});

story!(a_parcel_that_fails_half_way_leaves_nothing_and_is_written_again, |app| {
    let parties = write(&app, "parties.csv", PARTIES);
    let lots = write(&app, "lots.csv", LOTS.replace("MILL-1", "MILL-9"));
    let report = parcel(&app, vec![("lots", lots, Reading::default()), ("parties", parties.clone(), Reading::default())], false).await;
    let ended: Vec<_> = report.files.iter().map(|file| (file.table.as_str(), file.outcome, file.dry_run)).collect();
    assert_eq!(ended, [("parties", Outcome::Checked, false), ("lots", Outcome::Refused, false)]);
    assert_eq!(said(&report, Lang::En), [(Some(2), "supplier".into(), "“MILL-9” does not exist.".into())]);
    let again = parcel(&app, vec![("parties", parties, Reading::default())], true).await;
    assert_eq!((again.files[0].added, again.files[0].dry_run), (1, true), "nothing was written");
});

story!(a_big_file_is_written_chunk_by_chunk_after_the_small_ones, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    // More than one write takes, of lots whose supplier only the parcel brings.
    let (material, dye_lot) = ("全".repeat(120), "缸".repeat(60));
    let rows: String = (0..2_100).map(|n| format!("L{n},MILL-1,fabric,{material},1,m,{dye_lot}\n")).collect();
    let lots = format!("lot,supplier,kind,material,quantity,unit,dye lot\n{rows}");
    assert!(lots.len() > 1 << 20);
    let sent = planner.send(files(&csrf, &[], &[("lots.csv", lots.as_bytes()), ("parties.csv", PARTIES.as_bytes())])).await.expect(303);
    let one = place(&sent);
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Sound, not written yet"), "{}", page.text());
    let changes = planner.page(&format!("{one}/changes?format=csv")).await.expect(200);
    let new: BTreeSet<&str> = changes.text().lines().filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(new.len(), 1 + 1 + 2_100, "all of them are in the file to take away");
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    planner.get("/api/v1/lots/L2099").await.expect(200);
    // Written once more, as after a crash on the way, it changes nothing.
    let sent = planner.send(files(&csrf, &[], &[("lots.csv", lots.as_bytes()), ("parties.csv", PARTIES.as_bytes())])).await.expect(303);
    work(&app).await;
    let page = planner.page(&place(&sent)).await.expect(200);
    assert!(page.text().contains("2,100") && !page.text().contains("What would change"), "{}", page.text());
});

story!(what_changes_is_shown_before_it_is_written, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let first =
        write(&app, "parties.csv", "code,name_zh,name_en,roles,country\nMILL-1,华纺一厂,Mill 1,mill,CN\nMILL-2,二厂,Mill 2,mill,CN\n");
    assert_eq!(parcel(&app, vec![("parties", first, Reading::default())], false).await.outcome, Outcome::Applied);
    let second = "code,name_en,country,roles\nMILL-1,Mill One,VN,mill\nMILL-2,Mill 2,CN,mill\nMILL-3,New,CN,mill\n";
    let one = place(&planner.send(files(&csrf, &[], &[("parties.csv", second.as_bytes())])).await.expect(303));
    work(&app).await;
    let page = planner.page(&format!("{one}?lang=en")).await.expect(200);
    for shown in ["What would change", "<del>Mill 1</del>", "Mill One", "Name (English)", "<del>CN</del>", "MILL-3"] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    let csv = planner.page(&format!("{one}/changes?format=csv&lang=en")).await.expect(200);
    let rows: BTreeSet<&str> = csv.text().trim_start_matches('\u{FEFF}').lines().collect();
    let told = [
        "file,line,record,kind,field,old,new",
        "parties.csv,2,MILL-1,changed,Country,CN,VN",
        "parties.csv,2,MILL-1,changed,Name (English),Mill 1,Mill One",
        "parties.csv,4,MILL-3,new,Code,,MILL-3",
        "parties.csv,4,MILL-3,new,Country,,CN",
        "parties.csv,4,MILL-3,new,Name (English),,New",
        "parties.csv,4,MILL-3,new,Roles,,面料厂 Mill",
        "parties.csv,4,MILL-3,new,Status,,在用 Active",
    ];
    assert_eq!(rows, BTreeSet::from(told));
    for said in ["</span> Code: MILL-3; Name (English): New; ", "; Roles: 面料厂 Mill", "; Country: CN", "; Status: 在用 Active"] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    planner.page(&format!("{one}/changes?format=xlsx")).await.expect(200);
    // After writing, the same is told as done; a job that is taken up again after it had told so tells it once more.
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    assert!(planner.page(&one).await.expect(200).text().contains("What changed"));
});

story!(a_suppliers_own_list_is_mapped_in_the_page, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let list = "Facility Name,Address,Country,Sector,lat,lng\n\"Hop Lun Ltd.\",\"12 Mill Rd, Dhaka\",BD,Apparel,23.8,90.4\nArtistic,Karachi,PK,Apparel,24.9,67.0\nNowhere,X,Atlantis,Apparel,0,0\n";
    let one = place(&planner.send(files(&csrf, &[], &[("suppliers.csv", list.as_bytes())])).await.expect(303));
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Not recognised") && page.text().contains("name=\"map.0\""), "{}", page.text());
    assert!(page.text().contains("<option value=\"name_en\" selected>"), "the guess stands there already");
    let map = [
        ("table", "parties"),
        ("map.0", "name_en"),
        ("map.1", "address_en"),
        ("map.2", "country"),
        ("map.3", ""),
        ("map.4", ""),
        ("map.5", ""),
        ("codes", "slug"),
        ("set.roles", "factory"),
    ];
    planner.form(&format!("{one}/files/1"), &map).await.expect(303);
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Atlantis") && page.text().contains("Needs mending"), "every unreadable row is named: {}", page.text());
    // The mended list is read as the one before was, without a word.
    let mended = list.replace("Atlantis", "VN");
    assert_eq!(place(&planner.send(files(&csrf, &[], &[("suppliers.csv", mended.as_bytes())])).await.expect(303)), one);
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("HOP-LUN-LTD"), "the made code is told: {}", page.text());
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    let party = planner.get("/api/v1/parties/HOP-LUN-LTD.").await.expect(200).json();
    assert_eq!((party["name"]["en"].as_str(), party["roles"][0].as_str()), (Some("Hop Lun Ltd."), Some("factory")));
    // Next season's list, under another name: the same parties, found again.
    let next = place(&planner.send(files(&csrf, &[], &[("next.csv", mended.as_bytes())])).await.expect(303));
    work(&app).await;
    assert!(planner.page(&next).await.expect(200).text().contains("Sound, not written yet"));
    let again = planner.page(&format!("{next}/changes")).await.expect(200);
    assert_eq!(again.text().lines().count(), 1, "{}", again.text());
    // A column that the table does not have is refused, and a rule that is none.
    for wrong in [[("table", "parties"), ("map.0", "colour")], [("table", "parties"), ("codes", "F {n}")]] {
        planner.form(&format!("{next}/files/1"), &wrong).await.expect(422);
    }
});

story!(codes_are_made_by_a_rule_and_found_again, |app| {
    let list = "name,address,country,sector,OS ID\nMill A,Road 1,CN,Apparel,cn2021 x\nMill B,Road 2,VN,Apparel,vn 77\n";
    let reading = |rule: &str| Reading {
        ignore_unknown: true,
        set: BTreeMap::from([("roles".to_owned(), "mill".to_owned())]),
        codes: Some(rule.parse().unwrap()),
        ..Reading::default()
    };
    for (rule, codes) in [("F-{n}", ["F-1", "F-2"]), ("from:OS ID", ["CN2021-X", "VN-77"]), ("slug", ["MILL-A", "MILL-B"])] {
        let path = write(&app, "list.csv", list);
        let report = parcel(&app, vec![("parties", path.clone(), reading(rule))], false).await;
        assert_eq!((report.outcome, report.files[0].added), (Outcome::Applied, 2), "{:?}", said(&report, Lang::En));
        let made: Vec<_> = report.files[0].changes.iter().map(|change| (change.key.as_str(), change.kind)).collect();
        assert_eq!(made, codes.map(|code| (code, ChangeKind::Added)));
        let again = parcel(&app, vec![("parties", path, reading(rule))], true).await;
        assert_eq!((again.files[0].unchanged, again.files[0].added), (2, 0));
    }
    // Unknown columns are ignored on request only; two rows that make one code are named.
    let path = write(&app, "list.csv", list);
    let strict = parcel(&app, vec![("parties", path, Reading { ignore_unknown: false, ..reading("slug") })], true).await;
    assert_eq!(said(&strict, Lang::En).len(), 2, "{:?}", said(&strict, Lang::En));
    let path = write(&app, "list.csv", list.replace("Mill B", "Mill A"));
    let twice = parcel(&app, vec![("parties", path, reading("slug"))], true).await;
    assert_eq!(said(&twice, Lang::Zh), [(Some(3), "编码".into(), "与第 2 行重复。".into())]);
});

story!(a_code_that_looks_like_a_date_goes_in_when_somebody_says_so, |app| {
    const PARTY: &str = "code,name_en,roles\nMar-10,10-Mar,mill\n";
    let path = write(&app, "list.csv", PARTY);
    let refused = parcel(&app, vec![("parties", path.clone(), Reading::default())], true).await;
    let said_so = |lang, what: &[&str]| {
        let said = said(&refused, lang);
        assert_eq!(said.len(), 2);
        assert!(said.iter().all(|(line, _, word)| *line == Some(2) && what.iter().all(|what| word.contains(what))), "{said:?}");
    };
    said_so(Lang::En, &["as text", "XLSX", "How this file is read", "--as-written"]);
    said_so(Lang::Zh, &["设为文本", "XLSX", "这个文件如何读取", "--as-written"]);
    // Only in the column that was named, and it is noted.
    let reading = Reading { as_written: BTreeSet::from(["code".to_owned()]), ..Reading::default() };
    let half = parcel(&app, vec![("parties", path, reading)], true).await;
    assert_eq!(said(&half, Lang::En)[0].1, "name_en");
    assert!(half.files[0].notes[0].word(Words::of(Lang::En)).ends_with("under: code."), "{:?}", half.files[0].notes);

    // On the page the box stands beside the columns that have such cells, and nowhere else.
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let one = place(&planner.send(files(&csrf, &[], &[("parties.csv", PARTY.as_bytes())])).await.expect(303));
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    let boxes: Vec<&str> =
        page.text().match_indices("name=\"as.").map(|(at, _)| page.text()[at + 9..].split('"').next().unwrap()).collect();
    assert_eq!(boxes, ["code", "name_en"]);
    let meant = [("table", "parties"), ("map.0", "code"), ("map.1", "name_en"), ("map.2", "roles"), ("as.code", "1"), ("as.name_en", "1")];
    planner.form(&format!("{one}/files/1"), &meant).await.expect(303);
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Sound, not written yet") && page.text().contains("taken as it stands"), "{}", page.text());
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    assert_eq!(planner.get("/api/v1/parties/Mar-10").await.expect(200).json()["name"]["en"], "10-Mar");
    // A rule that makes codes makes none of what a spreadsheet made a date of.
    let list = write(&app, "made.csv", "name,Nr\nMill A,10-Mar\nMill B,2.02601E+11\n");
    let reading = Reading {
        map: BTreeMap::from([("name".to_owned(), "name_en".to_owned()), ("Nr".to_owned(), String::new())]),
        set: BTreeMap::from([("roles".to_owned(), "mill".to_owned())]),
        codes: Some("from:Nr".parse().unwrap()),
        ..Reading::default()
    };
    let made = parcel(&app, vec![("parties", list, reading)], true).await;
    let lines: Vec<_> = said(&made, Lang::En).into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, [Some(2), Some(3)], "{:?}", said(&made, Lang::En));
});

story!(messages_speak_of_the_columns_as_people_know_them, |app| {
    let check = async |table: &str, text: &str| {
        let path = write(&app, "file.csv", text);
        parcel(&app, vec![(table, path, Reading::default())], true).await
    };
    // A header that is none of ours: the nearest is named, by its title in the reader's language.
    let near = check("skus", "单品编码,款号,颜色名\nA,B,白\n").await;
    assert_eq!(said(&near, Lang::Zh)[0], (Some(1), "颜色名".into(), "没有这一列，是不是“颜色”？".into()));
    let lacking = check("lots", "lot,kind,quantity,unit\nA,fabric,1,m\n").await;
    assert_eq!(said(&lacking, Lang::Zh), [(Some(1), "供应商编码".into(), "缺少“供应商编码”列。".into())]);
    assert_eq!(said(&lacking, Lang::En), [(Some(1), "Supplier".into(), "The column “Supplier” is missing.".into())]);
    // A file of another table is known for what it is.
    let other = check("batches", "单品编码,款号,尺码\nA,B,M\n").await;
    assert_eq!(other.files[0].faults.len(), 1);
    assert!(said(&other, Lang::Zh)[0].2.contains("它看起来是“单品”文件"), "{:?}", said(&other, Lang::Zh));
    assert!(said(&other, Lang::En)[0].2.contains("it looks like a file of Skus"), "{:?}", said(&other, Lang::En));
    let other = check("skus", "code,name_en,roles\nA,B,mill\n").await;
    assert!(said(&other, Lang::En)[0].2.contains("it looks like a file of Parties"), "{:?}", said(&other, Lang::En));
    // What a new record lacks is named by the column's title, not by the field's name in code.
    let fresh = check("skus", "Sku\nNEW-1\n").await;
    assert!(said(&fresh, Lang::En).iter().any(|(_, place, _)| place == "Style"), "{:?}", said(&fresh, Lang::En));
    assert!(said(&fresh, Lang::Zh).iter().any(|(_, place, _)| place == "款号"), "{:?}", said(&fresh, Lang::Zh));
    // What fits no table is nearest to one.
    let tables = import_tables();
    let found = recognise(&write(&app, "list.csv", "name,address,country,sector,lat,lng\nA,B,C,D,1,2\n"), &tables.0).unwrap();
    assert!(found.table.is_none());
    assert_eq!(nearest(&found.headers, &tables.0).map(|table| table.columns.table), Some("parties"));
});

/// Columns that name a thing which other tables name too.
const NAMED: &[(&str, &str, Noun)] = &[
    ("styles", "code", things::STYLE),
    ("skus", "style", things::STYLE),
    ("skus", "code", things::SKU),
    ("batches", "sku", things::SKU),
    ("lots", "code", things::LOT),
    ("batch_lots", "lot_code", things::LOT),
    ("batches", "code", things::BATCH),
    ("batch_lots", "batch_code", things::BATCH),
    ("garments", "batch_code", things::BATCH),
    ("garments", "serial", things::SERIAL),
    ("sales", "serial", things::SERIAL),
    ("skus", "gtin", things::GTIN),
    ("garments", "gtin", things::GTIN),
    ("sales", "gtin", things::GTIN),
    ("findings", "gtin", things::GTIN),
    ("policies", "code", things::POLICY),
    ("styles", "policy", things::POLICY),
];

#[test]
fn a_thing_has_one_title_and_every_name_of_it_is_understood_wherever_it_is_named() {
    let tables = import_tables();
    let fold = |text: &str| text.to_lowercase().replace([' ', '.'], "");
    for (table, name, thing) in NAMED {
        let columns: &Columns = tables.find(table).unwrap().columns;
        let column = columns.column(name).unwrap();
        for lang in Lang::ALL {
            assert_eq!(column.title(lang), thing.title(lang), "{table}.{name}");
        }
        let understood: Vec<String> = column.spellings().map(fold).collect();
        for called in thing.names() {
            assert!(understood.contains(&fold(called)), "{table}.{name} does not answer to {called}");
        }
    }
    // Both ways people say "code of a party" are understood wherever one is named.
    for (table, name) in
        [("parties", "code"), ("lots", "supplier"), ("batches", "factory"), ("sales", "retailer"), ("styles", "manufacturer")]
    {
        let column = tables.find(table).unwrap().columns.column(name).unwrap();
        let understood: Vec<&str> = column.spellings().collect();
        assert!(["编码", "编号"].iter().all(|end| understood.iter().any(|name| name.ends_with(end))), "{table}.{name}: {understood:?}");
    }
    for table in tables.0.iter() {
        assert_eq!(table.columns.ambiguous(), Vec::<&str>::new(), "{}", table.columns.table);
    }
}

story!(the_examples_of_all_templates_fit_together, |app| {
    app.write(hangtag::inspection::defects::seed).await;
    let tables = import_tables();
    for (lang, ending) in [(Lang::Zh, "xlsx"), (Lang::En, "csv")] {
        let example =
            |columns: &Columns| if ending == "xlsx" { template_xlsx(columns, lang) } else { template_csv(columns, lang) }.unwrap();
        let given: Vec<_> = tables
            .0
            .iter()
            .rev()
            .map(|table| {
                let path = write(&app, &format!("{}.{ending}", table.columns.table), example(table.columns));
                (table.columns.table, path, Reading::default())
            })
            .collect();
        let checked = parcel(&app, given.clone(), true).await;
        assert_eq!((checked.outcome, said(&checked, Lang::En)), (Outcome::Checked, vec![]), "{lang:?}");
        let written = parcel(&app, given.clone(), false).await;
        assert_eq!((written.outcome, said(&written, Lang::En)), (Outcome::Applied, vec![]));
        let again = parcel(&app, given, true).await;
        assert!(again.files.iter().all(|file| file.added == 0), "{again:?}");
    }
});

story!(the_template_set_is_one_file_for_whoever_may_import_it, |app| {
    let planner = app.persona(Role::Planner).await;
    let answer = planner.get("/api/v1/imports/templates?lang=zh-CN").await.expect(200);
    let zip = zip::ZipArchive::new(Cursor::new(answer.body.to_vec())).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert!(names.contains(&"01-parties.xlsx".to_owned()) && names.iter().all(|name| !name.contains("findings")), "{names:?}");
    let csrf = planner.csrf.clone().unwrap();
    let one = place(&planner.send(files(&csrf, &[], &[("templates.zip", &answer.body)])).await.expect(303));
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("Sound, not written yet"), "{}", page.text());
});

/// Files in one ZIP.
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

story!(a_zip_of_files_is_the_files_in_it, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let season = zipped(&[("lots.csv", LOTS.as_bytes()), ("往来.csv", PARTIES.as_bytes())]);
    let one = place(&planner.send(files(&csrf, &[], &[("season.zip", &season)])).await.expect(303));
    assert_eq!(lying(&app).len(), 2, "the files in it, and not the ZIP beside them");
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    for said in ["lots.csv", "往来.csv", "Sound, not written yet"] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    // One of them handed in alone takes the place of the one before; what is no table is refused by itself, under its own name.
    let mended = LOTS.replace("Poplin", "Twill");
    let more = zipped(&[("lots.csv", mended.as_bytes()), ("notes.pdf", b"%PDF-1.7")]);
    assert_eq!(place(&planner.send(files(&csrf, &[], &[("more.zip", &more)])).await.expect(303)), one);
    work(&app).await;
    let page = planner.page(&one).await.expect(200);
    assert!(page.text().contains("notes.pdf") && page.text().contains("it is a PDF"), "{}", page.text());
    assert_eq!(lying(&app).len(), 2);
    planner.form(&format!("{one}/files/4/remove"), &[]).await.expect(303);
    work(&app).await;
    planner.form(&format!("{one}/apply"), &[]).await.expect(303);
    work(&app).await;
    assert_eq!(planner.get("/api/v1/lots/FAB-1").await.expect(200).json()["material"]["en"], "Twill");
    assert_eq!(lying(&app), Vec::<PathBuf>::new());
    // All of one chosen table; and for a program.
    let two = zipped(&[("may.csv", LOTS.as_bytes()), ("june.csv", LOTS.replace("FAB-1", "FAB-2").as_bytes())]);
    let both = place(&planner.send(files(&csrf, &[("table", "lots")], &[("lots.zip", &two)])).await.expect(303));
    work(&app).await;
    assert!(planner.page(&both).await.expect(200).text().contains("june.csv"));
    let program = app.api(Role::Planner).await;
    program
        .send(Request::new("POST", "/api/v1/imports/lots?dry_run=false").header("content-type", "application/zip").body(two))
        .await
        .expect(202);
    work(&app).await;
    program.get("/api/v1/lots/FAB-2").await.expect(200);
});

story!(a_zip_that_is_not_taken_says_which_file_and_leaves_nothing, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let nested = zipped(&[("inner.csv", PARTIES.as_bytes())]);
    for (member, bytes, said) in [
        ("../lots.csv", LOTS.as_bytes(), "“../lots.csv” in it is not the plain name of a file"),
        ("season/lots.csv", LOTS.as_bytes(), "without folders"),
        ("more.zip", nested.as_slice(), "“more.zip” in it is a ZIP of files itself"),
    ] {
        let bundle = zipped(&[("parties.csv", PARTIES.as_bytes()), (member, bytes)]);
        let page = planner.send(files(&csrf, &[], &[("season.zip", &bundle)])).await.expect(422);
        assert!(page.text().contains(said) && page.text().contains("season.zip"), "{member}: {}", page.text());
    }
    // What it unpacks to counts, before it is unpacked.
    let stamp = app.state.stamp("staff:admin");
    app.write(move |db| policies::set(db, &stamp, Policy::ImportMegabytes, &policies::SetPolicy::now(1, "a small disk"))).await;
    let large = zipped(&[("parties.csv", &vec![b'x'; 2 << 20])]);
    assert!(large.len() < 1 << 16);
    assert!(planner.send(files(&csrf, &[], &[("season.zip", &large)])).await.expect(413).text().contains("1 MB"));
    assert_eq!(lying(&app), Vec::<PathBuf>::new());
});

story!(our_own_lists_import_again_unchanged, |app| {
    app.write(hangtag::inspection::defects::seed).await;
    let tables = import_tables();
    let given: Vec<_> = tables
        .0
        .iter()
        .map(|table| {
            (
                table.columns.table,
                write(&app, &format!("{}.csv", table.columns.table), template_csv(table.columns, Lang::En).unwrap()),
                Reading::default(),
            )
        })
        .collect();
    assert_eq!(parcel(&app, given, false).await.outcome, Outcome::Applied);
    // Codes and names that a spreadsheet would run as formulas.
    let odd = [
        ("parties", "code,name_zh,name_en,roles,country,contact\nP-9,-九号染厂,@Nine dye,mill,CN,+86 575 1234\n"),
        ("styles", "code,name_zh,name_en\n-ST9,-5度羽绒服,+5 Jacket\n"),
        ("skus", "code,style,colour_zh,size\nK9,-ST9,-白,+3\n"),
    ];
    let given = odd.map(|(table, text)| (table, write(&app, &format!("odd-{table}.csv"), text), Reading::default())).to_vec();
    assert_eq!(parcel(&app, given, false).await.outcome, Outcome::Applied);
    let planner = app.persona(Role::Planner).await;
    let agent = app.persona(Role::Agent).await;
    let mut tried = Vec::new();
    for table in tables.0.iter().map(|table| table.columns.table) {
        for (who, lang) in [(&planner, "zh-CN"), (&planner, "en"), (&agent, "en")] {
            for ending in ["csv", "xlsx"] {
                let answer = who.page(&format!("/{table}.{ending}?lang={lang}")).await;
                if answer.status.as_u16() != 200 {
                    continue;
                }
                let path = write(&app, &format!("{table}.{lang}.{ending}"), &answer.body);
                let report = parcel(&app, vec![(table, path, Reading::default())], true).await;
                let file = &report.files[0];
                assert_eq!((said(&report, Lang::En), &file.changes), (vec![], &vec![]), "{table}.{ending} {lang}");
                assert!(file.unchanged > 0, "{table}.{ending} {lang}");
                tried.push(format!("{table}.{ending}"));
            }
        }
    }
    tried.sort();
    tried.dedup();
    for list in ["parties.csv", "styles.csv", "skus.csv", "lots.csv", "lots.xlsx", "batches.csv", "batches.xlsx"] {
        assert!(tried.contains(&list.to_owned()), "{list} of {tried:?}");
    }
});

story!(who_may_not_import_leaves_nothing_behind, |app| {
    // No right to any table: refused before the body is read.
    let analyst = app.persona(Role::Analyst).await;
    analyst.send(files(analyst.csrf.as_deref().unwrap(), &[], &[("parties.csv", PARTIES.as_bytes())])).await.expect(403);
    analyst.page("/imports").await.expect(403);
    let program = app.api(Role::Analyst).await;
    let body = |path: &str| Request::new("POST", path).header("content-type", "text/csv").body(PARTIES.as_bytes().to_vec());
    program.send(body("/api/v1/imports/parties")).await.expect(403);
    // A right to another table only.
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.as_deref().unwrap();
    planner
        .send(files(csrf, &[("table", "findings")], &[("f.csv", b"subject,defect,stage,found\nA,b,final,2026-01-01\n")]))
        .await
        .expect(403);
    // Not from our own page.
    planner.send(files("wrong", &[], &[("parties.csv", PARTIES.as_bytes())])).await.expect(403);
    // Nothing that is a table.
    planner.send(files(csrf, &[], &[("a.pdf", b"%PDF-1.7")])).await.expect(422);
    assert!(planner.send(files(csrf, &[], &[])).await.expect(422).text().contains("Needed"));
    // The second file is refused with the first: somebody else's parcel.
    let ours = place(&planner.send(files(csrf, &[], &[("parties.csv", PARTIES.as_bytes())])).await.expect(303));
    let one = lying(&app).len();
    let inspector = app.persona(Role::Inspector).await;
    let id = ours.rsplit('/').next().unwrap();
    inspector.send(files(inspector.csrf.as_deref().unwrap(), &[("parcel", id)], &[("f.csv", b"subject,defect\nA,b\n")])).await.expect(404);
    assert_eq!((one, lying(&app).len()), (1, 1));
});

story!(nobody_fills_the_disk_with_what_waits, |app| {
    let stamp = app.state.stamp("staff:admin");
    app.write(move |db| policies::set(db, &stamp, Policy::ImportMegabytes, &policies::SetPolicy::now(1, "a small disk"))).await;
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let rows =
        |count: usize| format!("code,name_zh,roles\n{}", (0..count).map(|n| format!("P{n:09},某某纺织厂,mill\n")).collect::<String>());
    let half = rows(18_000);
    assert!((500_000..1_000_000).contains(&half.len()));
    let one = place(&planner.send(files(&csrf, &[], &[("a.csv", half.as_bytes())])).await.expect(303));
    let refused = planner.send(files(&csrf, &[], &[("b.csv", half.as_bytes())])).await.expect(413);
    assert!(refused.text().contains("1 MB"), "{}", refused.text());
    assert_eq!(lying(&app).len(), 1);
    // A program's body counts as well; another person is not held up.
    let program = app.api(Role::Planner).await;
    let body = Request::new("POST", "/api/v1/imports/parties").header("content-type", "text/csv").body(rows(40_000).into_bytes());
    assert_eq!(program.send(body).await.expect(413).code(), "quota_full");
    let other = app.persona(Role::Planner).await;
    let csrf_of_other = other.csrf.clone().unwrap();
    other.send(files(&csrf_of_other, &[], &[("c.csv", half.as_bytes())])).await.expect(303);
    // What is thrown away makes room.
    planner.form(&format!("{one}/discard"), &[]).await.expect(303);
    planner.send(files(&csrf, &[], &[("b.csv", half.as_bytes())])).await.expect(303);
});

story!(a_file_of_a_program_is_checked_or_written_by_itself, |app| {
    let program = app.api(Role::Planner).await;
    let send = |path: &str| Request::new("POST", path).header("content-type", "text/csv").body(PARTIES.as_bytes().to_vec());
    let queued = program.send(send("/api/v1/imports/parties?file=p.csv")).await.expect(202);
    assert!(!queued.text().contains(app.folder.path().to_str().unwrap()), "no path of the machine in an answer");
    work(&app).await;
    let job = program.get(queued.header("location").unwrap()).await.expect(200).json();
    assert_eq!(
        (job["report"]["outcome"].as_str(), job["report"]["added"].as_u64(), job["report"]["file"].as_str()),
        (Some("checked"), Some(1), Some("p.csv"))
    );
    let written = program.send(send("/api/v1/imports/parties?dry_run=false")).await.expect(202);
    work(&app).await;
    let job = program.get(written.header("location").unwrap()).await.expect(200).json();
    assert_eq!(job["report"]["outcome"].as_str(), Some("applied"));
    program.get("/api/v1/parties/MILL-1").await.expect(200);
});

story!(files_handed_in_long_ago_are_swept_out, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let hand_in = async |name: &str| place(&planner.send(files(&csrf, &[], &[(name, PARTIES.as_bytes())])).await.expect(303));
    let first = hand_in("parties.csv").await;
    work(&app).await;
    assert!(planner.page(&first).await.expect(200).text().contains("/apply"));
    let old = lying(&app).remove(0);
    let handed_in = |days: i64| {
        let day = app.state.clock.now().and_utc() - chrono::Duration::days(days);
        std::fs::File::options().write(true).open(&old).unwrap().set_modified(day.into()).unwrap();
    };
    handed_in(29);
    hand_in("others.csv").await;
    assert!(old.exists());
    handed_in(31);
    hand_in("third.csv").await;
    assert!(!old.exists());
    // What it said stays; it cannot be written any more.
    let page = planner.page(&first).await.expect(200);
    assert!(page.text().contains("parties.csv") && !page.text().contains("/apply"));
    planner.form(&format!("{first}/apply"), &[]).await.expect(409);
});
