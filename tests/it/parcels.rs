//! What stands in the store is what was meant: files that contradict each other, what changed between showing and writing, codes that were
//! made, text encodings that were guessed.

use std::collections::BTreeMap;
use std::path::Path;

use hangtag::app::import_tables;
use hangtag::kernel::text::Lang;
use hangtag::platform::imports::{ImportReport, Importer, Mode, News, Outcome, Parcel, ParcelFile, Pass, Reading, Source};
use hangtag::platform::words::Words;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::imports::{files, parcel, place, said, work, write};
use crate::materials::load;
use crate::story;
use crate::support::program::Program;
use crate::support::{Request, TestApp};

const LOT: &str = "lot,supplier,kind,material,quantity,unit\n";

/// Files of one table, written as one parcel.
async fn together(app: &TestApp, table: &'static str, texts: [&str; 2]) -> (Outcome, Vec<(Option<u64>, String, String)>) {
    let given = [("a.csv", texts[0]), ("b.csv", texts[1])].map(|(name, text)| (table, write(app, name, text), Reading::default()));
    let report = parcel(app, given.to_vec(), false).await;
    (report.outcome, said(&report, Lang::En))
}

async fn party(app: &TestApp, code: &str) -> Value {
    app.api(Role::Admin).await.get(&format!("/api/v1/parties/{code}")).await.expect(200).json()
}

fn elsewhere(file: &str, line: u64) -> String {
    format!("{file}, line {line}, says something else here of the same record. Keep one of the two.")
}

story!(two_files_of_a_parcel_do_not_contradict_each_other, |app| {
    app.season().await;
    let lot = |code: &str, quantity: &str| format!("{LOT}{code},MILL-1,fabric,Poplin,{quantity},m\n");
    let ten = lot("X-1", "10");
    let found = together(&app, "lots", [&ten, &lot("X-1", "20")]).await;
    assert_eq!(found, (Outcome::Refused, vec![(Some(2), "quantity".into(), elsewhere("a.csv", 2))]));
    app.api(Role::Admin).await.get("/api/v1/lots/X-1").await.expect(404);
    // The same in other letters and with another number of decimals is the same.
    assert_eq!(together(&app, "lots", [&ten, &lot("x-1", "10.00")]).await, (Outcome::Applied, vec![]));
    // What one file says without changing anything the other may not change either.
    let found = together(&app, "lots", [&ten, &lot("X-1", "30")]).await;
    assert_eq!(found, (Outcome::Refused, vec![(Some(2), "quantity".into(), elsewhere("a.csv", 2))]));
    let found = together(&app, "lots", [&lot("X-1", "30"), &ten]).await;
    assert_eq!(found, (Outcome::Refused, vec![(Some(2), "quantity".into(), elsewhere("a.csv", 2))]));
    // Two files that say different columns of one record say it together.
    let roles = "code,name_en,roles\nP-1,One,mill\n";
    assert_eq!(together(&app, "parties", [roles, "code,city\nP-1,Ningbo\n"]).await, (Outcome::Applied, vec![]));
    assert_eq!(party(&app, "P-1").await["city"], "Ningbo");
    // Of a text each file speaks of, one blank and one filled in say different things.
    let found = together(&app, "parties", ["code,city\nP-1,\n", "code,city\nP-1,Ningbo\n"]).await;
    assert_eq!(found, (Outcome::Refused, vec![(Some(2), "city".into(), elsewhere("a.csv", 2))]));
});

story!(nor_where_only_the_store_tells_what_they_speak_of, |app| {
    let season = app.season().await;
    let found = together(&app, "calendars", ["calendar,day,kind\nCN,2026-10-01,off\n", "calendar,day,kind\nCN,2026-10-01,work\n"]).await;
    assert_eq!(found, (Outcome::Refused, vec![(Some(2), "kind".into(), elsewhere("a.csv", 2))]));
    // A lot under two of its names; a garment by its serial alone and with its GTIN.
    let uses = |lot: &str, quantity: u32| format!("batch,component,lot,quantity\nB-1,shell,{lot},{quantity}\n");
    let found = together(&app, "batch_lots", [&uses("LOT-1", 5), &uses("LOT-1@MILL-1", 6)]).await;
    assert_eq!(found.0, Outcome::Refused);
    assert!(found.1.contains(&(Some(2), "quantity".into(), elsewhere("a.csv", 2))), "{found:?}");
    assert_eq!(together(&app, "batch_lots", [&uses("LOT-1", 5), &uses("LOT-1@MILL-1", 5)]).await, (Outcome::Applied, vec![]));
    let sold = |day: &str| format!("serial,sold_on\n{},{day}\n", season.serials[0]);
    let found = together(&app, "sales", [&sold("2026-06-10"), &sold("2026-06-11")]).await;
    assert_eq!(found.0, Outcome::Refused);
    assert!(found.1.contains(&(Some(2), "sold_on".into(), elsewhere("a.csv", 2))), "{found:?}");
    assert_eq!(together(&app, "sales", [&sold("2026-06-10"), &sold("2026-06-10")]).await, (Outcome::Applied, vec![]));
});

story!(what_is_written_is_what_was_shown, |app| {
    let planner = app.persona(Role::Planner).await;
    let csrf = planner.csrf.clone().unwrap();
    let parties = import_tables().find("parties").unwrap();
    let first = "code,name_en,roles,city\nHF-01,One,mill,Alpha\nHF-02,Two,mill,Alpha\n";
    assert_eq!(load(&app, parties, first, Mode::Apply).added, 2);
    let correct = async |code: &str, city: &str| {
        let was = party(&app, code).await;
        let mut now = json!({ "code": code, "name": was["name"], "roles": ["mill"], "version": was["version"] });
        now["city"] = city.into();
        planner.send(Request::json("PUT", &format!("/api/v1/parties/{code}"), &now)).await.expect(200);
    };
    let beta = "code,city\nHF-01,Beta\nHF-02,Alpha\n";
    let one = place(&planner.send(files(&csrf, &[], &[("p.csv", beta.as_bytes())])).await.expect(303));
    let press = async || {
        planner.form(&format!("{one}/apply"), &[]).await.expect(303);
        work(&app).await;
        planner.page(&format!("{one}?lang=en")).await.expect(200).text().to_owned()
    };
    work(&app).await;
    assert!(planner.page(&one).await.expect(200).text().contains("<del>Alpha</del>"));
    // A colleague writes something else there: it is shown again, and nothing is written.
    correct("HF-01", "Gamma").await;
    let page = press().await;
    for shown in ["Nothing was written: somebody has changed", "<del>Gamma</del>", "Sound, not written yet"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(party(&app, "HF-01").await["city"], "Gamma");
    // So too where the file would have changed nothing.
    correct("HF-02", "Delta").await;
    let page = press().await;
    assert!(page.contains("<del>Delta</del>") && page.contains("Nothing was written"), "{page}");
    // What does not touch it stops nothing, and what is shown again is written when it is confirmed.
    load(&app, parties, "code,name_en,roles\nHF-03,Three,mill\n", Mode::Apply);
    let page = press().await;
    assert!(page.contains("Every row of every file is in") && !page.contains("Nothing was written"), "{page}");
    assert_eq!((&party(&app, "HF-01").await["city"], &party(&app, "HF-02").await["city"]), (&json!("Beta"), &json!("Alpha")));
    // A record that was shown as new and is there by now is shown again, too.
    let two = place(&planner.send(files(&csrf, &[], &[("n.csv", b"code,name_en,roles\nN-1,Mine,mill\n")])).await.expect(303));
    work(&app).await;
    load(&app, parties, "code,name_en,roles\nN-1,Theirs,mill\n", Mode::Apply);
    planner.form(&format!("{two}/apply"), &[]).await.expect(303);
    work(&app).await;
    let page = planner.page(&two).await.expect(200);
    assert!(page.text().contains("<del>Theirs</del>") && page.text().contains("Nothing was written"), "{}", page.text());
    assert_eq!(party(&app, "N-1").await["name"]["en"], "Theirs");
});

story!(what_changes_between_check_and_writing_is_not_overwritten, |app| {
    let parties = import_tables().find("parties").unwrap();
    load(&app, parties, "code,name_en,roles,city\nHF-01,One,mill,Alpha\n", Mode::Apply);
    let path = write(&app, "p.csv", "code,city\nHF-01,Beta\n");
    let (state, thread) = (app.state.clone(), path.clone());
    let meddle = move || {
        let importer = Importer { stamp: state.stamp("staff:colleague"), party: None };
        let colleagues = |city: &str| {
            let text = format!("code,city\nHF-01,{city}\n");
            let mut source = Source::new("c.csv", std::io::Cursor::new(text.into_bytes())).unwrap();
            parties.run(&state, &importer, &mut source, Mode::Apply, &mut |_| {}).unwrap();
        };
        // One file by itself, between its two passes; then a parcel, between its check and its writing.
        let mut once = false;
        let mut source = Source::open(&thread).unwrap();
        let alone = parties.run(&state, &importer, &mut source, Mode::Apply, &mut |news| {
            if matches!(news, News::Progress(now) if now.pass == Pass::Checking) && !std::mem::replace(&mut once, true) {
                colleagues("Gamma");
            }
        });
        let file = ParcelFile { table: parties, name: "p.csv".into(), path: thread, reading: Reading::default() };
        let parcel = Parcel::new(&state, importer.clone(), &import_tables(), vec![file]);
        let mut once = false;
        let whole = parcel.write(&mut |_, _, _| {
            if !std::mem::replace(&mut once, true) {
                colleagues("Delta");
            }
        });
        (alone.unwrap(), whole.unwrap())
    };
    let (alone, whole) = tokio::task::spawn_blocking(meddle).await.unwrap();
    let words = Words::of(Lang::En);
    assert_eq!((alone.outcome, alone.faults[0].line), (Outcome::Stopped, Some(2)));
    assert_eq!(alone.faults[0].word(words), "It has been changed since it was checked.");
    assert_eq!((whole.outcome, whole.files[0].dry_run), (Outcome::Checked, true));
    assert!(whole.files[0].notes[0].word(words).starts_with("Nothing was written: what this would change"), "{whole:?}");
    assert_eq!(whole.files[0].changes[0].fields[0].old, "Delta");
    assert_eq!(party(&app, "HF-01").await["city"], "Delta");
});

story!(a_made_code_takes_over_nobody, |app| {
    let parties = import_tables().find("parties").unwrap();
    load(&app, parties, "code,name_en,name_zh,roles,country\nHF-01,Hua Fang,华纺,mill,CN\n", Mode::Apply);
    let list = async |rule: &str, text: &str| {
        let reading = Reading {
            map: BTreeMap::from([("Facility Name".to_owned(), "name_en".to_owned())]),
            ignore_unknown: true,
            set: BTreeMap::from([("roles".to_owned(), "factory".to_owned())]),
            codes: Some(rule.parse().unwrap()),
            ..Reading::default()
        };
        let report = parcel(&app, vec![("parties", write(&app, "list.csv", text), reading)], false).await;
        (report.outcome, said(&report, Lang::En))
    };
    let taken = |line: u64, code: &str, there: &str, here: &str| {
        let why = format!(
            "The code {code} made for this row is already that of a record with “{there}”, where the row has “{here}”. Give the file a column of codes, or make them by another rule."
        );
        (Outcome::Refused, vec![(Some(line), "Code".to_owned(), why)])
    };
    assert_eq!(list("slug", "Facility Name,Country\nHF 01,VN\n").await, taken(2, "HF-01", "Hua Fang", "HF 01"));
    assert_eq!(list("from:ID", "Facility Name,Country,ID\nSaigon,VN,HF 01\n").await, taken(2, "HF-01", "Hua Fang", "Saigon"));
    // The source itself is the code; the same name in other letters is the same.
    assert_eq!(list("from:ID", "Facility Name,Country,ID\nHua Fang Textile,CN,hf-01\n").await, (Outcome::Applied, vec![]));
    assert_eq!(list("from:ID", "Facility Name,Country,ID\nHUA FANG (Textile),VN,HF 01\n").await, (Outcome::Applied, vec![]));
    // Numbers follow the rows: one that is put before moves all others.
    let rows = "Hua Fang,CN\nSaigon Knit,VN\n";
    assert_eq!(list("F-{n}", &format!("Facility Name,Country\n{rows}")).await, (Outcome::Applied, vec![]));
    assert_eq!(list("F-{n}", "Facility Name,Country\nHua Fang,TR\nSaigon Knit,VN\nAnkara,TR\n").await, (Outcome::Applied, vec![]));
    let (outcome, faults) = list("F-{n}", &format!("Facility Name,Country\nNew Mill,TR\n{rows}")).await;
    assert_eq!((outcome, faults.len()), (Outcome::Refused, 3), "{faults:?}");
    assert_eq!(faults[0], taken(2, "F-1", "Hua Fang", "New Mill").1[0]);
    assert_eq!(party(&app, "F-1").await["name"]["en"], "Hua Fang");
});

/// A file of parties in some encoding, written unseen or only checked.
async fn encoded(app: &TestApp, bytes: &[u8], encoding: Option<&str>, dry_run: bool) -> ImportReport {
    let reading = Reading { encoding: encoding.map(str::to_owned), ..Reading::default() };
    parcel(app, vec![("parties", write(app, "e.csv", bytes), reading)], dry_run).await.files.remove(0)
}

story!(nothing_is_written_on_a_doubtful_encoding_unseen, |app| {
    let words = Words::of(Lang::En);
    // Mac Roman, which nobody can tell from others.
    let mac = b"code,name_en,roles,country\nM1,M\x9Fller S\x9Ahne,mill,DE\n";
    let report = encoded(&app, mac, None, false).await;
    assert_eq!((report.outcome, report.faults[0].line), (Outcome::Refused, Some(2)));
    let said = report.faults[0].word(words);
    assert!(said.contains("several are possible") && said.contains("--encoding"), "{said}");
    assert!(!said.contains("Müller") && said.contains("hne”"), "what it would read is shown: {said}");
    let seen = encoded(&app, mac, None, true).await;
    assert_eq!(seen.outcome, Outcome::Checked);
    assert!(seen.notes[0].word(words).contains("several are possible"), "{:?}", seen.notes);
    assert_eq!(encoded(&app, mac, Some("macintosh"), false).await.outcome, Outcome::Applied);
    assert_eq!(party(&app, "M1").await["name"]["en"], "Müller Söhne");
    let wrong = encoded(&app, mac, Some("mac latin"), false).await;
    assert_eq!((wrong.outcome, wrong.faults[0].column.as_str()), (Outcome::Refused, "encoding"));
    // A heading that is read right proves the encoding, and so do two judges of one mind.
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let proven = encoded(&app, &gbk("编码,中文名称,角色\nG1,棉,面料厂\n"), None, false).await;
    assert_eq!((proven.outcome, &proven.faults), (Outcome::Applied, &vec![]));
    assert!(proven.notes[0].word(words).contains("it was read as gb18030"), "{:?}", proven.notes);
    assert_eq!(party(&app, "G1").await["name"]["zh"], "棉");
    // Two encodings in one file are refused at the line, seen or not.
    let mixed = [b"code,name_zh,roles,city\nK1,".as_slice(), "乙厂纺织,mill,温州\n".as_bytes(), &gbk("K2,丙厂纺织,mill,温州\n")].concat();
    for dry_run in [true, false] {
        let report = encoded(&app, &mixed, None, dry_run).await;
        assert_eq!((report.outcome, report.faults[0].line), (Outcome::Refused, Some(3)));
        assert!(report.faults[0].word(words).contains("another text encoding than line 2"), "{:?}", report.faults);
    }
    app.api(Role::Admin).await.get("/api/v1/parties/K1").await.expect(404);
});

story!(headers_may_say_more_than_a_name, |app| {
    load(&app, import_tables().find("parties").unwrap(), "code,name_en,roles\nMILL-1,Mill,mill\n", Mode::Apply);
    let lots = import_tables().find("lots").unwrap();
    let head = "批号 Lot,Supplier（必填）,类别 Kind,Material,Quantity (m),Unit*\n";
    let report = load(&app, lots, &format!("{head}A-1,MILL-1,fabric,Poplin,10,米\nA-2,MILL-1,fabric,Poplin,10,kg\n"), Mode::DryRun);
    let found: Vec<_> = report.faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.value.as_deref())).collect();
    assert_eq!(found, [(Some(3), "Unit*", Some("kg"))], "the header says metres");
    // Twice the same column, and a cell under none: by the letters that the spreadsheet shows.
    let words = Words::of(Lang::En);
    let twice = load(&app, lots, &head.replace("Unit*", "数量"), Mode::DryRun);
    assert!(twice.faults.iter().any(|fault| fault.word(words).contains("more than once: E, F")), "{:?}", twice.faults);
    let beyond = load(&app, lots, &format!("{}A-1,MILL-1,fabric,Poplin,10,m,,note\n", head.replace('\n', ",,\n")), Mode::DryRun);
    assert!(beyond.faults.iter().any(|fault| fault.word(words).starts_with("Column H has no header")), "{:?}", beyond.faults);
});

#[test]
fn the_terminal_says_what_it_wrote_and_takes_folders() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::in_folder(folder.path());
    let list = folder.path().join("list");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    std::fs::create_dir(&list).unwrap();
    assert!(program.run(&["import", &path(&list)]).badly().err.contains("a folder without files"));
    std::fs::write(list.join("01.csv"), "code,name_en,roles,city\nP-1,Somebody,mill,Alpha\n").unwrap();
    std::fs::write(list.join("02.csv"), format!("{LOT}L-1,P-1,fabric,Poplin,10,m\n")).unwrap();
    std::fs::write(list.join(".DS_Store"), b"\0").unwrap();
    let said = program.run(&["import", &path(&list)]).well();
    assert!(said.out.contains("P-1: new: Code: P-1; Name (English): Somebody"), "{said:?}");
    assert!(said.out.contains("L-1: new: ") && said.out.contains("Quantity: 10"), "{said:?}");
    std::fs::write(list.join("01.csv"), "code,city\nP-1,Beta\n").unwrap();
    let said = program.run(&["import", &path(&list)]).well();
    assert!(said.out.contains("P-1: City: “Alpha” → “Beta”"), "{said:?}");
    // Nothing is written on a guess; named, it is.
    let mac = list.join("mac.csv");
    std::fs::write(&mac, b"code,name_en,roles\nM1,M\x9Fller,mill\n").unwrap();
    let said = program.run(&["import", "parties", &path(&mac)]).badly();
    assert!(said.err.contains("--encoding"), "{said:?}");
    let said = program.run(&["import", "parties", &path(&mac), "--encoding", "macintosh"]).well();
    assert!(said.out.contains("Name (English): Müller"), "{said:?}");
    program.run(&["import", "parties", &path(&mac), "--encoding", "klingon"]).badly();
}

story!(a_finding_keeps_its_number, |app| {
    app.season().await;
    app.state.store.write(hangtag::inspection::defects::seed).await.unwrap();
    let findings = import_tables().find("findings").unwrap();
    let row = |id: &str, note: &str| format!("B-1,slub,1,final,2026-06-10,{note},{id}\n");
    let file = |rows: &[String]| format!("subject,defect,quantity,stage,found_on,note,id\n{}", rows.concat());
    let one = file(&[row("0ANV3W500787D", "first")]);
    assert_eq!(load(&app, findings, &one, Mode::Apply).added, 1);
    let listed = app.api(Role::Admin).await.get("/api/v1/findings").await.expect(200).json();
    assert_eq!(listed["items"][0]["id"], "0ANV3W500787D");
    assert_eq!(load(&app, findings, &one, Mode::Apply).unchanged, 1);
    // What is no number tells equal rows apart as before, and is none.
    assert_eq!(load(&app, findings, &file(&[row("A-1", "two"), row("A-2", "two")]), Mode::Apply).added, 2);
    for taken in [file(&[row("0ANV3W500787D", "other")]), file(&[row("0ANV3W500788E", "a"), row("0ANV3W500788E", "b")])] {
        let report = load(&app, findings, &taken, Mode::Apply);
        let found: Vec<_> = report.faults.iter().map(|fault| (fault.column.as_str(), fault.code.as_str())).collect();
        assert_eq!((report.outcome, found), (Outcome::Refused, vec![("id", "duplicate")]));
    }
});
