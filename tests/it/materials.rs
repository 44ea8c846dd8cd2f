//! Lots: what is refused and why, what they are made of, files of them, and who sees which.

use std::io::Cursor;

use hangtag::kernel::event::Subject;
use hangtag::kernel::{Error, Id, Refusal};
use hangtag::platform::events;
use hangtag::platform::imports::{ImportReport, ImportTable, Importer, Mode, Outcome, Source};
use hangtag::platform::rooms::{ListQuery, Listing, Sees, saved, seen as found};
use hangtag::production::materials::{self, Lot, LotPart, LotSheet};
use hangtag::production::parties::{self, Party, Role as PartyRole};
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::{Request, TestApp};

/// A party of a code, made if it is not there.
pub async fn party(app: &TestApp, code: &str) -> Id {
    let (stamp, code) = (app.state.stamp("system"), code.to_owned());
    let made = app.state.store.write(move |db| {
        if let Some(party) = parties::by_code(db, &code)? {
            return Ok(party.id);
        }
        let party = Party {
            code: code.clone(),
            name_zh: format!("{code} 厂"),
            name_en: format!("{code} Ltd"),
            roles: vec![PartyRole::Mill, PartyRole::Factory],
            country: "CN".into(),
            ..Party::default()
        };
        Ok(parties::create(db, &stamp, party)?.id)
    });
    made.await.unwrap()
}

pub fn draft(code: &str) -> LotSheet {
    let lot = Lot {
        code: code.into(),
        material_zh: "全棉府绸".into(),
        material_en: "Cotton poplin".into(),
        quantity_milli: 1_250_500,
        unit: "m".into(),
        ..Lot::default()
    };
    LotSheet { lot, supplier: "MILL".into(), ..LotSheet::default() }
}

fn of(code: &str, parents: &[&str]) -> LotSheet {
    let parents = parents.iter().map(|lot| LotPart { lot: (*lot).into(), ..LotPart::default() }).collect();
    LotSheet { parents, ..draft(code) }
}

/// The same, produced on a day of March.
fn made_on(day: u32, lot: LotSheet) -> LotSheet {
    let produced_on = chrono::NaiveDate::from_ymd_opt(2026, 3, day);
    LotSheet { lot: Lot { produced_on, ..lot.lot.clone() }, ..lot }
}

pub async fn lot(app: &TestApp, draft: LotSheet) -> Result<LotSheet, Error> {
    let stamp = app.state.stamp("system");
    app.state.store.write(move |db| materials::create(db, &stamp, draft.clone())).await
}

/// Puts a lot in the place of the one of this code.
async fn change(app: &TestApp, code: &'static str, lot: LotSheet) -> Result<LotSheet, Error> {
    let stamp = app.state.stamp("system");
    let changed = app.state.store.write(move |db| {
        let before: LotSheet = found(db, code, Sees::ALL)?;
        saved(lot.clone(), db, &stamp, Some(&before))
    });
    changed.await
}

async fn sheet(app: &TestApp, code: &'static str) -> LotSheet {
    app.look(move |db| found(db, code, Sees::ALL)).await
}

async fn count(app: &TestApp) -> usize {
    let all = ListQuery::searching(&app.state, String::new());
    app.look(move |db| Ok(LotSheet::list(db, &all, Sees::ALL, &all.window())?.len())).await
}

/// What a refusal says: its code, and field and code of each fault.
pub fn told<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (String, Vec<(String, String)>) {
    match outcome {
        Err(Error::Refused(refusal)) => {
            let Refusal { code, faults, .. } = *refusal;
            (code.as_str().into(), faults.iter().map(|fault| (fault.field.to_string(), fault.code.as_str().to_owned())).collect())
        }
        other => panic!("{other:?}"),
    }
}

/// Reads a file into a table.
pub fn load(app: &TestApp, table: ImportTable, csv: &str, mode: Mode) -> ImportReport {
    let mut source = Source::new("file.csv", Cursor::new(csv.as_bytes().to_vec())).unwrap();
    let importer = Importer { stamp: app.state.stamp("staff:planner"), party: None };
    // As a job does: on a thread that may block.
    std::thread::scope(|scope| scope.spawn(|| table.run(&app.state, &importer, &mut source, mode, &mut |_| {})).join()).unwrap().unwrap()
}

/// Line, column and code of each fault.
pub fn seen(report: &ImportReport) -> Vec<(u64, &str, &str)> {
    report.faults.iter().map(|fault| (fault.line.unwrap_or_default(), fault.column.as_str(), fault.code.as_str())).collect()
}

fn body(code: &str) -> Value {
    json!({"code": code, "supplier": "MILL", "kind": "fabric", "material": {"zh": "府绸"}, "quantity_milli": 5, "unit": "m"})
}

story!(a_lot_is_made_shown_and_changed, |app| {
    party(&app, "MILL").await;
    let planner = app.persona(Role::Planner).await;
    planner.send(Request::json("POST", "/api/v1/lots", &body("YARN/1"))).await.expect(201);
    let mut fabric = body("FAB-1");
    fabric["parents"] = json!([{"lot": "YARN/1", "quantity_milli": 120_500}]);
    fabric["produced_on"] = "2026-03-01".into();
    fabric["received_on"] = "2026-03-02".into();
    let made = planner.send(Request::json("POST", "/api/v1/lots", &fabric)).await.expect(201);
    assert_eq!(made.header("location"), Some("/api/v1/lots/FAB-1"));
    assert_eq!(made.json()["parents"][0]["lot"], "YARN/1");
    let yarn = planner.get("/api/v1/lots/YARN%2F1").await.expect(200).json();
    assert_eq!((&yarn["children"][0]["lot"], &yarn["children"][0]["quantity_milli"]), (&json!("FAB-1"), &json!(120_500)));
    // The same request again under its key answers the same and makes nothing new.
    let once = || Request::json("POST", "/api/v1/lots", &body("FAB-2")).header("idempotency-key", "k1");
    planner.send(once()).await.expect(201);
    planner.send(once()).await.expect(201);
    // A change names the version it read.
    fabric["quantity_milli"] = 7.into();
    assert_eq!(planner.send(Request::json("PUT", "/api/v1/lots/FAB-1", &fabric)).await.expect(422).json()["faults"][0]["field"], "version");
    fabric["version"] = 1.into();
    planner.send(Request::json("PUT", "/api/v1/lots/FAB-1", &fabric)).await.expect(200);
    assert_eq!(planner.send(Request::json("PUT", "/api/v1/lots/FAB-1", &fabric)).await.expect(409).code(), "stale");
    // Every save left its event, and moved the version of what is held in memory.
    let history = app.state.store.read(|db| {
        let lot = materials::lot_called(db, "FAB-1", None)?.unwrap();
        Ok((events::of(db, Subject::Thing("lot", lot.id.0))?.len(), db.held_version("genealogy")?))
    });
    assert_eq!(history.await.unwrap(), (2, 4));
});

story!(what_is_wrong_with_a_lot_is_named, |app| {
    party(&app, "MILL").await;
    let planner = app.persona(Role::Planner).await;
    let told_of = async |body: Value| {
        let refused = planner.send(Request::json("POST", "/api/v1/lots", &body)).await.expect(422).json();
        let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
        refused["faults"].as_array().unwrap().iter().map(|fault| text(fault, "field") + " " + &text(fault, "code")).collect::<Vec<_>>()
    };
    let wrong = json!({"code": "A B", "supplier": "MILL", "kind": "cheese", "quantity_milli": -1, "unit": "\u{7}", "country": "XX"});
    assert_eq!(
        told_of(wrong).await,
        [
            "code malformed",
            "kind not_one_of",
            "material missing",
            "quantity_milli below_zero",
            "unit control_character",
            "country unknown_name"
        ]
    );
    assert_eq!(
        told_of(json!({})).await,
        ["code missing", "supplier missing", "kind missing", "material missing", "quantity_milli missing", "unit missing"]
    );
    let mut twice = body("x");
    twice["parents"] = json!([{"lot": "A"}, {"lot": "a", "quantity_milli": -1}, {}, {"lot": "B", "colour": "red"}]);
    assert_eq!(
        told_of(twice.clone()).await,
        ["parents.1.quantity_milli below_zero", "parents.2.lot missing", "parents.3.colour unknown_field"]
    );
    twice["parents"] = json!([{"lot": "A"}, {"lot": "a"}]);
    (twice["produced_on"], twice["received_on"]) = ("2026-03-02".into(), "2026-03-01".into());
    assert_eq!(told_of(twice).await, ["parents.1.lot duplicate", "received_on dates_out_of_order"]);
    let (code, faults) = told(lot(&app, LotSheet { supplier: "NOBODY".into(), ..of("L", &["NO-LOT"]) }).await);
    assert_eq!(code, "invalid");
    assert_eq!(faults, [("supplier".into(), "unknown_reference".into()), ("parents.0.lot".into(), "unknown_reference".into())]);
    lot(&app, draft("L")).await.unwrap();
    assert_eq!(told(lot(&app, draft("L")).await), ("duplicate".into(), vec![("code".into(), "duplicate".into())]));
    // A lot is not made of what was produced after it.
    lot(&app, made_on(9, draft("LATE"))).await.unwrap();
    assert_eq!(told(lot(&app, made_on(8, of("EARLY", &["LATE"]))).await).1, [("produced_on".into(), "dates_out_of_order".into())]);
    // Nothing of what was refused is there.
    assert_eq!(count(&app).await, 2);
});

story!(no_lot_is_within_itself, |app| {
    party(&app, "MILL").await;
    assert_eq!(told(lot(&app, of("SELF", &["SELF"])).await).0, "cycle");
    lot(&app, draft("A")).await.unwrap();
    lot(&app, of("B", &["A"])).await.unwrap();
    lot(&app, of("C", &["B"])).await.unwrap();
    let closed = change(&app, "A", of("A", &["C"])).await;
    let Err(Error::Refused(refusal)) = &closed else { panic!("{closed:?}") };
    assert_eq!((refusal.code.as_str(), refusal.args[0].1.as_ref()), ("cycle", "A → C → B → A"));
    let untouched = sheet(&app, "A").await;
    assert_eq!((untouched.parents.len(), untouched.lot.version), (0, 1));
});

const HEADER: &str = "lot_code,supplier_code,kind,material_zh,quantity,unit,parents\n";

story!(a_file_of_lots_is_loaded_once, |app| {
    party(&app, "MILL").await;
    // A child may stand before its parent; headers and kinds in either language.
    let csv = "批号,供应商,类别,物料,数量,单位,来源批,生产日期\n\
               FAB-1,MILL,面料,府绸,1250.5,m,YARN-1:120.5；YARN-2,2026-03-05\n\
               YARN-1,MILL,yarn,纱,300,kg,,2026-03-01\n\
               YARN-2,MILL,Yarn,纱,200,kg,,2026/3/1\n";
    let dry = load(&app, materials::IMPORT, csv, Mode::DryRun);
    assert_eq!((dry.outcome, dry.added, seen(&dry)), (Outcome::Checked, 3, vec![]));
    assert!(app.state.store.read(|db| materials::lot_called(db, "FAB-1", None)).await.unwrap().is_none());
    let done = load(&app, materials::IMPORT, csv, Mode::Apply);
    assert_eq!((done.outcome, done.added, done.unchanged), (Outcome::Applied, 3, 0));
    assert_eq!(
        sheet(&app, "FAB-1").await.parents.iter().map(|part| (part.lot.as_str(), part.quantity_milli)).collect::<Vec<_>>(),
        [("YARN-1", Some(120_500)), ("YARN-2", None)]
    );
    let events = || app.state.store.read(|db| Ok(each_event(db)));
    let before = events().await.unwrap();
    let again = load(&app, materials::IMPORT, csv, Mode::Apply);
    assert_eq!((again.outcome, again.added, again.changed, again.unchanged), (Outcome::Applied, 0, 0, 3));
    assert_eq!(events().await.unwrap(), before);
    let moved = load(&app, materials::IMPORT, &csv.replace("YARN-1:120.5；", ""), Mode::Apply);
    assert_eq!((moved.changed, moved.unchanged), (1, 2));
    // What is taken away as a file says the same when it comes back.
    let planner = app.persona(Role::Planner).await;
    let taken = planner.get("/lots.csv").await.expect(200);
    let back = load(&app, materials::IMPORT, taken.text(), Mode::Apply);
    assert_eq!((back.outcome, back.unchanged, seen(&back)), (Outcome::Applied, 3, vec![]));
});

fn each_event(db: &mut hangtag::platform::db::Db) -> i64 {
    use diesel::prelude::*;
    hangtag::each!(db, |c| hangtag::platform::db::schema::event::table.count().get_result(c)).unwrap()
}

story!(a_bad_file_of_lots_changes_nothing, |app| {
    party(&app, "MILL").await;
    lot(&app, of("OLD", &[])).await.unwrap();
    lot(&app, of("OLDER", &["OLD"])).await.unwrap();
    let csv = format!(
        "{HEADER}A,MILL,fabric,布,-5,m,\n\
         B,NOBODY,fabric,布,5,m,\n\
         C,MILL,cheese,,5,m,\n\
         D,MILL,fabric,布,5,m,D\n\
         D,MILL,fabric,布,5,m,\n\
         E,MILL,fabric,布,1.2345,m,\n"
    );
    let report = load(&app, materials::IMPORT, &csv, Mode::Apply);
    assert_eq!(report.outcome, Outcome::Refused);
    let found = seen(&report);
    for wanted in [
        (2, "quantity", "below_zero"),
        (3, "supplier_code", "unknown_reference"),
        (4, "kind", "not_one_of"),
        (5, "parents", "cycle"),
        (6, "lot_code", "duplicate"),
        (7, "quantity", "too_many_decimals"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
    }
    // Parents that are nowhere; a cycle through the file; a cycle through file and store.
    let report = load(&app, materials::IMPORT, &format!("{HEADER}A,MILL,fabric,布,5,m,NOWHERE\n"), Mode::Apply);
    assert_eq!(seen(&report), [(2, "parents", "unknown_reference")]);
    let report = load(
        &app,
        materials::IMPORT,
        &format!("{HEADER}A,MILL,fabric,布,5,m,B\nB,MILL,fabric,布,5,m,C\nC,MILL,fabric,布,5,m,A\n"),
        Mode::Apply,
    );
    assert_eq!(seen(&report), [(2, "parents", "cycle")]);
    let report =
        load(&app, materials::IMPORT, &format!("{HEADER}OLD,MILL,fabric,全棉府绸,5,m,NEW\nNEW,MILL,fabric,布,5,m,OLDER\n"), Mode::Apply);
    assert_eq!(seen(&report), [(2, "parents", "cycle")]);
    assert!(report.faults[0].args["path"].contains("OLDER"), "{:?}", report.faults);
    assert_eq!(count(&app).await, 2);
});

story!(lots_of_a_file_are_held_together_with_those_of_the_store, |app| {
    party(&app, "MILL").await;
    party(&app, "DYER").await;
    let head = "lot_code,supplier_code,kind,material_zh,quantity,unit,produced_on,parents\n";
    let row = |code: &str, supplier: &str, day: &str, parents: &str| format!("{code},{supplier},fabric,布,5,m,{day},{parents}\n");
    let file = |rows: &[String]| format!("{head}{}", rows.concat());
    let first = [row("GREY", "MILL", "2026-03-01", ""), row("DYED", "DYER", "2026-04-01", "GREY")];
    assert_eq!(load(&app, materials::IMPORT, &file(&first), Mode::Apply).added, 2);
    // The day of one moves behind that of what the store says was made of it, and of what the file does.
    let late = file(&[
        row("grey", "MILL", "2026-05-01", ""),
        row("CUT", "DYER", "2026-04-02", "ＧＲＥＹ"),
        row("SEWN", "DYER", "2026-04-03", "CUT"),
    ]);
    let report = load(&app, materials::IMPORT, &late, Mode::Apply);
    let wrong = [(2, "produced_on", "in_use"), (2, "produced_on", "dates_out_of_order"), (3, "produced_on", "dates_out_of_order")];
    assert_eq!(seen(&report), wrong);
    assert!(report.faults[1].args["later"].starts_with("DYED "), "{:?}", report.faults);
    // A code of two suppliers, one in the store and one further down, must be said with its supplier; in whatever letters.
    let twice = |parent: &str| file(&[row("CUT", "DYER", "", parent), row("GREY", "DYER", "", "")]);
    let report = load(&app, materials::IMPORT, &twice("GREY"), Mode::Apply);
    assert_eq!(seen(&report), [(2, "parents", "ambiguous")]);
    assert_eq!(report.faults[0].args["suppliers"], "DYER, MILL");
    assert_eq!(seen(&load(&app, materials::IMPORT, &twice("GREY@NOBODY"), Mode::Apply)), [(2, "parents", "unknown_reference")]);
    assert_eq!(load(&app, materials::IMPORT, &twice("grey@mill"), Mode::Apply).added, 2);
    assert_eq!(sheet(&app, "CUT").await.parents[0].lot, "GREY@MILL");
});

story!(a_chain_of_ten_thousand_lots_is_no_deeper_than_one, |app| {
    party(&app, "MILL").await;
    // The youngest first, so that parents are met chunks later; closing it at the end is found.
    let row = |n: u32, parent: &str| format!("L{n},MILL,fabric,布,5,m,{parent}\n");
    let chain: String = (0..10_000).rev().map(|n| row(n, &if n == 0 { String::new() } else { format!("L{}", n - 1) })).collect();
    let closed = chain.replace("L0,MILL,fabric,布,5,m,\n", "L0,MILL,fabric,布,5,m,L9999\n");
    let report = load(&app, materials::IMPORT, &format!("{HEADER}{closed}"), Mode::Apply);
    assert_eq!((report.outcome, report.faults[0].code.as_str(), report.fault_count), (Outcome::Refused, "cycle", 1));
    let report = load(&app, materials::IMPORT, &format!("{HEADER}{chain}"), Mode::Apply);
    assert_eq!((report.outcome, report.added, seen(&report)), (Outcome::Applied, 10_000, vec![]));
    let edges = app.state.store.read(|db| {
        let lots: Vec<Id> = (1..10_000)
            .step_by(7)
            .map(|n| Ok(materials::lot_called(db, &format!("L{n}"), None)?.unwrap().id))
            .collect::<Result<_, Error>>()?;
        Ok((lots.len(), materials::parents_of(db, &lots)?.len()))
    });
    let (asked, found) = edges.await.unwrap();
    assert_eq!(asked, found);
    // By hand too: the whole chain is walked, without running out of stack.
    let closing = of("L0", &["L9999"]);
    let closing = LotSheet { lot: Lot { material_zh: "布".into(), material_en: String::new(), ..closing.lot.clone() }, ..closing };
    assert_eq!(told(change(&app, "L0", closing).await).0, "cycle");
});

story!(a_suppliers_people_see_only_its_own_lots, |app| {
    let mill = party(&app, "MILL").await;
    party(&app, "OTHER").await;
    lot(&app, draft("MINE")).await.unwrap();
    lot(&app, LotSheet { supplier: "OTHER".into(), ..of("THEIRS", &["MINE"]) }).await.unwrap();
    let supplier = app.persona_of_party(Role::Supplier, mill).await;
    let list = supplier.get("/api/v1/lots").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().iter().map(|lot| lot["code"].as_str().unwrap()).collect::<Vec<_>>(), ["MINE"]);
    let mine = supplier.get("/api/v1/lots/MINE").await.expect(200).json();
    assert_eq!(mine["children"], json!([]), "what others made of it is theirs");
    assert_eq!(supplier.get("/api/v1/lots/THEIRS").await.expect(404).code(), "not_found");
    supplier.send(Request::get("/lots/THEIRS").html()).await.expect(404);
    supplier.send(Request::get("/lots/MINE").html()).await.expect(200);
    let csv = supplier.get("/lots.csv").await.expect(200);
    assert!(csv.text().contains("MINE") && !csv.text().contains("THEIRS"));
    supplier.send(Request::json("POST", "/api/v1/lots", &body("NEW"))).await.expect(403);
    let manager = app.persona(Role::SupplierManager).await;
    assert_eq!(manager.get("/api/v1/lots").await.expect(200).json()["items"].as_array().unwrap().len(), 2);
});

story!(lots_have_pages_in_both_languages, |app| {
    party(&app, "MILL").await;
    let planner = app.persona(Role::Planner).await;
    let empty = planner.send(Request::get("/lots").html()).await.expect(200);
    assert!(empty.text().contains("No lots yet"));
    // What must be said is left open: neither 0 m nor a kind that nobody chose.
    let blank = planner.send(Request::get("/lots/new").html()).await.expect(200);
    assert!(blank.text().contains("name=\"quantity_milli\" value=\"\""), "{}", blank.text());
    assert!(blank.text().contains("<option value=\"\" selected>—</option>"), "{}", blank.text());
    let left_open = [("code", "FAB#1"), ("supplier", "MILL"), ("material.zh", "府绸"), ("quantity_milli", ""), ("kind", ""), ("unit", "m")];
    let refused = planner.send(Request::form("/lots/new", &left_open).html()).await.expect(422);
    assert_eq!(refused.text().matches("<p class=\"fault\">Needed.").count(), 2, "{}", refused.text());
    let fields = [
        ("code", "FAB#1"),
        ("supplier", "MILL"),
        ("kind", "fabric"),
        ("material.zh", "府绸"),
        ("quantity_milli", "12.5"),
        ("unit", "m"),
        ("produced_on", "2026-03-01"),
        ("once", "one"),
    ];
    let made = planner.send(Request::form("/lots/new", &fields).html()).await.expect(303);
    assert_eq!(made.header("location"), Some("/lots/FAB%231"));
    let page = planner.send(Request::get("/lots/FAB%231?lang=zh-CN").html()).await.expect(200);
    assert!(
        page.text().contains("府绸") && page.text().contains("12.5 m") && page.text().contains("/trace/lot/FAB%231"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("物料批已保存"));
    // A form with faults comes back as it was filled in, with the reason beside the field.
    let mut wrong = fields.to_vec();
    wrong[4] = ("quantity_milli", "-1");
    wrong[7] = ("once", "two");
    let refused = planner.send(Request::form("/lots/new", &wrong).html()).await.expect(422);
    assert!(
        refused.text().contains("FAB#1") && refused.text().contains("Below zero") && refused.text().contains("aria-invalid"),
        "{}",
        refused.text()
    );
    let edit = planner.send(Request::get("/lots/FAB%231/edit").html()).await.expect(200);
    assert!(edit.text().contains("value=\"12.5\""));
    let mut better = fields.to_vec();
    better[4] = ("quantity_milli", "13");
    better[7] = ("version", "1");
    planner.send(Request::form("/lots/FAB%231/edit", &better).html()).await.expect(303);
    planner.send(Request::form("/lots/FAB%231/edit", &better).html()).await.expect(422);
    let found = planner.send(Request::get("/lots?q=fab%23&kind=fabric&supplier=MILL").html()).await.expect(200);
    assert!(found.text().contains("FAB#1"));
    let none = planner.send(Request::get("/lots?q=%25").html()).await.expect(200);
    assert!(none.text().contains("Nothing matches"), "a percent sign is itself");
});
