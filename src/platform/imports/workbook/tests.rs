//! Workbooks of the programs people use, and those that nobody should send. The files lie in `tests/files/spreadsheets`, with a page on how each was
//! made; one content in all of them, and one reading.

use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use diesel::{Connection as _, SqliteConnection};

use rust_xlsxwriter::{Format, Formula, Workbook as Written};

use super::super::*;
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::{money, text};
use crate::platform::db::{Connection, Db};

pub(super) const GOODS: Columns = Columns {
    table: "goods",
    title: ("到货", "Goods"),
    columns: &[
        Column::required("code", &["批号"], &["Lot"], ("", ""), "FAB-0117"),
        Column::optional("colour", &["颜色"], &["Colour"], ("", ""), "藏青"),
        Column::optional("size", &["尺码"], &["Size"], ("", ""), "M"),
        Column::optional("share", &["再生比例"], &["Recycled"], ("", ""), "20"),
        Column::optional("came_on", &["到货日期"], &["Came"], ("", ""), "2026-01-31"),
        Column::required("quantity", &["数量"], &["Quantity"], ("", ""), "12.5"),
        Column::optional("price", &["单价"], &["Price"], ("", ""), "12.50"),
        Column::optional("passed", &["合格"], &["Passed"], ("", ""), "是"),
        Column::optional("note", &["备注"], &["Note"], ("", ""), ""),
    ],
};

/// Reads every row into a line of text.
#[derive(Default)]
struct Reading(Vec<String>);

impl Import for Reading {
    type Record = String;

    fn columns(&self) -> &'static Columns {
        const { &GOODS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<String> {
        let code = row.code("code");
        let colour = row.optional_text("colour", 40);
        let size = row.optional_text("size", 40);
        let share = row.optional("share", |field, text| money::read_decimal(field, text.trim_end_matches('%'), 2));
        let came_on = row.optional_date("came_on");
        let quantity = row.take("quantity", Takes::Number, |field, cell| money::read_decimal(field, cell, 3));
        let price = row.optional_money("price", "CNY");
        let passed = row.optional_take("passed", Takes::Flag, read_flag).map(Option::unwrap_or_default);
        let note = row.optional_take("note", Takes::Prose, |field, cell| text::paragraph(field, cell, 80));
        let code = code?;
        row.unique("code", &code);
        let said = |value: Option<String>| value.unwrap_or_default();
        Some(format!(
            "{code}|{}|{}|{}|{}|{}|{}|{}|{}",
            said(colour?),
            said(size?),
            said(share?.map(|share| share.to_string())),
            said(came_on?.map(|day| day.to_string())),
            quantity?,
            said(price?.map(|price| price.to_string())),
            passed?,
            said(note?)
        ))
    }

    fn check(&mut self, _db: &mut Db, chunk: &[Entry<String>]) -> Result<Checked> {
        self.0.extend(chunk.iter().map(|entry| entry.record.clone()));
        let bad = chunk.iter().filter(|entry| entry.record.starts_with("BAD"));
        Ok(Checked {
            faults: bad.map(|entry| entry.fault("code", Code::UnknownReference).with("value", "?")).collect(),
            ..Checked::default()
        })
    }

    fn apply(&mut self, _db: &mut Db, chunk: &[Entry<String>]) -> Result<Applied> {
        Ok(Applied { added: u64::try_from(chunk.len()).unwrap(), ..Applied::default() })
    }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/spreadsheets").join(name)).unwrap()
}

fn read(bytes: impl Into<Vec<u8>>) -> (Vec<String>, ImportReport) {
    let mut source = Source::new("goods", Cursor::new(bytes.into())).unwrap().in_zone(chrono_tz::Asia::Shanghai);
    through(&mut source, Mode::Apply)
}

fn through(source: &mut Source, mode: Mode) -> (Vec<String>, ImportReport) {
    let reading = Arc::new(Mutex::new(Reading::default()));
    let mut db = Db::alone(Connection::Sqlite(SqliteConnection::establish(":memory:").unwrap()));
    let report = run(Place::Within(&mut db), source, &reading, mode, &mut |_| {}).unwrap();
    let lines = std::mem::take(&mut reading.lock().unwrap().0);
    (lines, report)
}

/// Line, column and reason of each fault; the code where there is no reason.
fn faults(report: &ImportReport) -> Vec<(u64, &str, &str)> {
    let why = |fault: &ImportFault| fault.args.get("reason").map_or(fault.code.clone(), Clone::clone);
    report.faults.iter().map(|fault| (fault.line.unwrap_or(0), fault.column.as_str(), &*why(fault).leak())).collect()
}

fn notes(report: &ImportReport) -> Vec<String> {
    let said = |note: &ImportNote| {
        let args: Vec<_> = note.args.values().map(String::as_str).collect();
        format!("{}{}: {}", note.sheet.as_ref().map(|sheet| format!("{sheet} ")).unwrap_or_default(), note.code, args.join("; "))
    };
    report.notes.iter().map(said).collect()
}

fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    match Source::new("goods.xls", Cursor::new(bytes.into())) {
        Err(Error::Refused(refusal)) => refusal.args.iter().find(|(name, _)| *name == "reason").unwrap().1.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("taken"),
    }
}

const GOODS_READ: [&str; 4] = [
    "FAB-0117|藏青|2-4|2000|2026-01-31|1234500|1250|true|首批",
    "00018|藏青|38|1250|2026-02-01|2469000|1990|false|",
    "D-0017|藏青|M|3330|2026-02-02|7000|500|true|",
    "FAB-0200|米白|XL|10000|2026-02-28|500|0|true|",
];

/// The same content as rust_xlsxwriter writes it.
fn by_rust_xlsxwriter() -> Vec<u8> {
    let mut book = Written::new();
    let form = |code: &str| Format::new().set_num_format(code);
    let head: Vec<&str> = GOODS.columns.iter().map(|column| column.zh[0]).collect();
    book.add_worksheet().set_name("说明").unwrap().write(0, 0, "请勿修改表头").unwrap();
    let sheet = book.add_worksheet().set_name("1月").unwrap();
    sheet.merge_range(0, 0, 0, 8, "2026年1月 到货单", &Format::new()).unwrap();
    sheet.write_row(2, 0, head.clone()).unwrap();
    sheet.write_with_format(3, 0, 117, &form("\"FAB-\"0000")).unwrap().merge_range(3, 1, 5, 1, "藏青", &Format::new()).unwrap();
    sheet.write(3, 2, "2-4").unwrap().write_with_format(3, 3, 0.2, &form("0%")).unwrap();
    sheet.write_with_format(3, 4, 46_053, &form("yyyy-mm-dd")).unwrap().write_with_format(3, 5, 1_234.5, &form("#,##0.00")).unwrap();
    sheet.write_with_format(3, 6, 12.5, &form("[$¥-804]#,##0.00")).unwrap().write(3, 7, true).unwrap().write(3, 8, "首批").unwrap();
    sheet
        .write_with_format(4, 0, 18, &form("00000"))
        .unwrap()
        .write(4, 2, 38)
        .unwrap()
        .write_with_format(4, 3, 0.125, &form("0.0%"))
        .unwrap();
    sheet.write_with_format(4, 4, 46_054, &form("[$-804]yyyy\"年\"m\"月\"d\"日\"")).unwrap();
    sheet.write_formula(4, 5, Formula::new("=F4*2").set_result("2469")).unwrap().write(4, 6, 19.9).unwrap().write(4, 7, false).unwrap();
    sheet.write(5, 0, "D-0017").unwrap().write(5, 2, "M").unwrap().write(5, 3, "33.3%").unwrap();
    sheet.write_with_format(5, 4, 46_055.430_555_555_555, &form("m/d/yy h:mm")).unwrap().write(5, 5, 7).unwrap();
    sheet.write_with_format(5, 6, 5, &form("0.00_);(0.00)")).unwrap().write(5, 7, true).unwrap();
    sheet.set_row_hidden(5).unwrap().set_column_hidden(8).unwrap();
    let sheet = book.add_worksheet().set_name("2月").unwrap();
    sheet.write_row(0, 0, head.clone()).unwrap();
    sheet.write_with_format(1, 0, 200, &form("\"FAB-\"0000")).unwrap().write(1, 1, "米白").unwrap().write(1, 2, "XL").unwrap();
    sheet.write_with_format(1, 3, 1, &form("0.00%")).unwrap().write_with_format(1, 4, 46_081, &form("m/d/yy")).unwrap();
    sheet.write(1, 5, 0.5).unwrap().write(1, 6, 0).unwrap().write(1, 7, true).unwrap();
    let sheet = book.add_worksheet().set_name("旧").unwrap().set_hidden(true);
    sheet.write_row(0, 0, head).unwrap().write_row(1, 0, ["OLD-1", "黑", "S", "5%", "2025-12-01", "1", "1", "是"]).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn every_program_s_workbook_reads_as_a_person_sees_it() {
    let kept = ["openpyxl.xlsx", "sheetjs.xlsx", "libreoffice.xlsx", "excel-like.xlsx", "wps-like.xlsx", "google-like.xlsx"];
    let files = kept.into_iter().map(|name| (name, sample(name))).chain([("rust_xlsxwriter", by_rust_xlsxwriter())]);
    for (name, bytes) in files {
        let (rows, report) = read(bytes);
        assert_eq!((faults(&report), report.outcome), (vec![], Outcome::Applied), "{name}");
        assert_eq!(rows, GOODS_READ, "{name}");
        assert_eq!(
            notes(&report),
            [
                "sheets: 1月, 2月",
                "sheets-left: 说明, 旧",
                "1月 above-header: 1",
                "1月 hidden-rows: 6",
                "1月 hidden-columns: 备注 (I)",
                "1月 merged: B4:B6"
            ],
            "{name}"
        );
    }
}

#[test]
fn what_a_program_writes_as_csv_reads_alike_but_for_what_csv_cannot_say() {
    let (rows, report) = read(sample("sheetjs.csv"));
    // A currency sign that was a format is part of the text here; nothing says that the colour was merged; and a day in American order is no day.
    assert_eq!(faults(&report), [(4, "单价", "not_a_number"), (6, "到货日期", "not_a_date")]);
    assert_eq!(rows, ["00018||38|1250|2026-02-01|2469000|1990|false|"]);
}

#[test]
fn what_does_not_show_what_it_holds_is_refused_with_the_reason() {
    let written = [
        (2, "尺码", "is-date"),
        (3, "颜色", "is-boolean"),
        (4, "批号", "digits-lost"),
        (5, "尺码", "number-format"),
        (6, "批号", "number-format"),
        (7, "批号", "no-result"),
        (8, "到货日期", "is-time"),
        (9, "尺码", "number-format"),
        (10, "批号", "digits-lost"),
        (11, "数量", "is-date"),
        (12, "数量", "number-format"),
        (13, "尺码", "number-format"),
        (14, "批号", "is-date"),
        (15, "尺码", "number-format"),
        (16, "到货日期", "not_a_date"),
        (17, "数量", "not_a_number"),
    ];
    for (name, passed) in [("openpyxl-refused.xlsx", [].as_slice()), ("sheetjs-refused.xlsx", &[]), ("libreoffice-refused.xlsx", &[7, 15])]
    {
        let (_, report) = read(sample(name));
        // LibreOffice computed the formula, and does not write Chinese numerals.
        let wanted: Vec<_> = written.iter().copied().filter(|(line, ..)| !passed.contains(line)).collect();
        assert_eq!(faults(&report), wanted, "{name}");
        assert_eq!((report.outcome, report.added), (Outcome::Refused, 0));
    }
}

#[test]
fn files_that_are_called_excel_are_named_for_what_they_are() {
    for (name, reason) in [
        ("sheetjs-html.xls", "web-page"),
        ("sheetjs-2003.xls", "xml"),
        ("sheetjs-old.xls", "old-excel"),
        ("sheetjs.xlsb", "binary-workbook"),
        ("sheetjs.ods", "open-document"),
    ] {
        assert_eq!(refusal(sample(name)), reason, "{name}");
    }
    for (beginning, reason) in [
        ("\u{FEFF}\r\n <!DOCTYPE HTML><html>", "web-page"),
        ("<table border=1><tr><td>批号", "web-page"),
        ("MIME-Version: 1.0\r\nX-Document-Type: Workbook", "web-page"),
        ("<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">", "web-page"),
        ("<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook>", "xml"),
        ("%PDF-1.7\n", "pdf"),
        ("{\\rtf1\\ansi", "not-a-table"),
        ("GIF89a", "picture"),
        ("Rar!\u{1a}\u{7}", "archive"),
    ] {
        assert_eq!(refusal(beginning), reason, "{beginning}");
    }
    let utf16: Vec<u8> = "\u{FEFF}<html><table>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refusal(utf16), "web-page");
    assert_eq!(refusal([0x1F, 0x8B, 8, 0].as_slice()), "archive");
    assert_eq!(refusal([0x09, 0x04, 0x06, 0x00, 0x00].as_slice()), "old-excel");
    for (part, reason) in [("Index/Document.iwa", "numbers"), ("word/document.xml", "not-xlsx"), ("a.csv", "not-xlsx")] {
        assert_eq!(refusal(zipped(&[(part, b"x")])), reason, "{part}");
    }
}

pub(super) fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The workbook with one part replaced.
fn altered(bytes: Vec<u8>, part: &str, with: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        parts.push((name.clone(), if name == part { with(text) } else { text }));
    }
    let parts: Vec<_> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zipped(&parts)
}

/// A workbook of one sheet with headings and what `fill` writes from its second row on.
fn book(headings: &[&str], fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Written::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, headings.iter().copied()).unwrap();
    fill(sheet);
    book.save_to_buffer().unwrap()
}

#[test]
fn a_stored_zero_of_a_program_that_does_not_compute_is_no_result() {
    let made = book(&["code", "quantity"], |sheet| {
        sheet.write(1, 0, "A-1").unwrap().write_formula(1, 1, "=1+1").unwrap();
        sheet.write(2, 0, "A-2").unwrap().write_formula(2, 1, Formula::new("=1+1").set_result("2")).unwrap();
    });
    let (_, report) = read(made.clone());
    assert_eq!((faults(&report), report.faults[0].value.as_deref()), (vec![(2, "quantity", "no-result")], Some("=1+1")));
    // Computed and saved, the same zero is a zero.
    let computed = altered(made, "xl/workbook.xml", |xml| xml.replace(" fullCalcOnLoad=\"1\"", ""));
    let (rows, report) = read(computed);
    assert_eq!((faults(&report), rows.len()), (vec![], 2));
}

#[test]
fn a_formula_may_have_nothing_for_its_result() {
    let made = book(&["code", "quantity", "colour", "size"], |sheet| {
        sheet.write(1, 0, "A-1").unwrap().write(1, 1, 1).unwrap().write(1, 2, "x").unwrap().write(1, 3, "x").unwrap();
    });
    let with = |cell: &str| {
        altered(made.clone(), "xl/worksheets/sheet1.xml", |xml| {
            let start = xml.find("<c r=\"C2\"").unwrap();
            let end = xml.find("<c r=\"D2\"").unwrap();
            format!("{}{cell}{}", xml.get(..start).unwrap(), xml.get(end..).unwrap())
        })
    };
    for (cell, wanted) in [
        ("<c r=\"C2\" t=\"str\"><f>IF(1,\"\")</f><v></v></c>", Ok("")),
        ("<c r=\"C2\" t=\"str\"><f>B2</f><v>a &lt;b&gt; _x5927_&#22269;</v></c>", Ok("a <b> 大国")),
        ("<c r=\"C2\" t=\"inlineStr\"><is><r><t>a</t></r><rPh><t>x</t></rPh><r><t>b</t></r></is></c>", Ok("ab")),
        ("<c r=\"C2\"><f>IF(1,\"\")</f></c>", Err("no-result")),
        ("<c r=\"C2\"><f>1</f><v/></c>", Err("no-result")),
        ("<c r=\"C2\"><f t=\"shared\" si=\"0\"/></c>", Err("no-result")),
        ("<c r=\"C2\" t=\"e\"><f>NA()</f><v>#N/A</v></c>", Err("cell-error")),
        ("<c r=\"C2\" t=\"d\"><v>2026-03-31T00:00:00</v></c>", Err("is-date")),
        ("<c r=\"C2\" t=\"b\"><v>0</v></c>", Err("is-boolean")),
        ("<x:c xmlns:x=\"y\" r=\"C2\"><x:v>1500</x:v></x:c>", Ok("1500")),
    ] {
        let (rows, report) = read(with(cell));
        match wanted {
            Ok(text) => assert_eq!(rows, [format!("A-1|{text}|x|||1000||false|")], "{cell}"),
            Err(why) => assert_eq!(faults(&report), [(2, "colour", why)], "{cell}"),
        }
    }
}

#[test]
fn sheets_are_chosen_as_a_person_would() {
    let sheet = |book: &mut Written, name: &str, hidden: bool, rows: &[&[&str]]| {
        let sheet = book.add_worksheet().set_name(name).unwrap().set_hidden(hidden);
        for (line, row) in (0u32..).zip(rows) {
            sheet.write_row(line, 0, row.iter().copied()).unwrap();
        }
    };
    let made = |sheets: &[(&str, bool, &[&[&str]])]| {
        let mut book = Written::new();
        sheets.iter().for_each(|(name, hidden, rows)| sheet(&mut book, name, *hidden, rows));
        if let Ok(first) = book.worksheet_from_index(sheets.iter().position(|(_, hidden, _)| !hidden).unwrap()) {
            first.set_active(true);
        }
        read(book.save_to_buffer().unwrap())
    };
    let codes = |rows: &[String]| rows.iter().map(|row| row.split('|').next().unwrap().to_owned()).collect::<Vec<_>>();
    const HEAD: &[&str] = &["code", "quantity"];

    // An empty sheet is not worth a word; a workbook of nothing else is an empty file.
    let (rows, report) = made(&[("leer", false, &[]), ("三月", false, &[HEAD, &["V", "1"]])]);
    assert_eq!((codes(&rows), notes(&report)), (vec!["V".to_owned()], vec![]));
    assert_eq!(faults(&made(&[("leer", false, &[])]).1), [(0, "", "empty")]);
    // A hidden sheet is not preferred, even when it has the table's own name.
    let (rows, report) = made(&[("到货", true, &[HEAD, &["H", "1"]]), ("三月", false, &[HEAD, &["V", "1"]])]);
    assert_eq!((codes(&rows), notes(&report)), (vec!["V".to_owned()], vec!["sheets-left: 到货".to_owned()]));
    // Where nothing visible is the table, the hidden sheet is, and is named.
    let (rows, report) = made(&[("说明", false, &[&["read me"]]), ("数据", true, &[HEAD, &["H", "1"]])]);
    assert_eq!(
        (codes(&rows), notes(&report)),
        (vec!["H".to_owned()], vec!["hidden-sheet: 数据".to_owned(), "sheets-left: 说明".to_owned()])
    );
    // Beside a sheet of the table's name, one with other headings is another table; without, it is named as faulty.
    let other: &[&[&str]] = &[&["code", "quantity", "roles"], &["X", "1", "mill"]];
    let (rows, report) = made(&[("Goods", false, &[HEAD, &["A", "1"]]), ("Parties", false, other)]);
    assert_eq!((codes(&rows), notes(&report)), (vec!["A".to_owned()], vec!["sheets-left: Parties".to_owned()]));
    let (_, report) = made(&[("1", false, &[HEAD, &["A", "1"]]), ("2", false, other)]);
    assert_eq!((faults(&report), report.faults[0].sheet.as_deref()), (vec![(1, "roles", "unknown_field")], Some("2")));
    // Faults of a room, doubles and broken rows name their sheet, and lines are those of the sheet.
    let (_, report) =
        made(&[("1", false, &[HEAD, &["A", "1"], &["B", "1"]]), ("2", false, &[HEAD, &["BAD", "1"], &["B", "1"], &["C", "x"]])]);
    let placed: Vec<_> = report.faults.iter().map(|fault| (fault.sheet.as_deref(), fault.line, fault.code.as_str())).collect();
    assert_eq!(
        placed,
        [(Some("2"), Some(2), "unknown_reference"), (Some("2"), Some(3), "duplicate"), (Some("2"), Some(4), "not_a_number")]
    );
    assert_eq!(report.faults[1].args["line"], "3 (1)");
    let row = report.fault_rows(crate::platform::words::Words::of(crate::kernel::text::Lang::En)).next().unwrap();
    assert_eq!(row[1..4], ["2", "2", "code"]);
    // What no sheet has is named of the one that comes nearest.
    let (_, report) = made(&[("a", false, &[&["note"]]), ("b", false, &[&["code", "note", "size"], &["A", "x", "M"]])]);
    assert_eq!((faults(&report), report.faults[0].sheet.as_deref()), (vec![(1, "quantity", "column_missing")], None));
}

#[test]
fn the_header_is_found_below_titles_and_nothing_is_stepped_over() {
    let above = |file: &str| {
        let (rows, report) = read(file);
        (
            rows.len(),
            faults(&report).into_iter().map(|(line, column, why)| format!("{line} {column} {why}")).collect::<Vec<_>>(),
            notes(&report),
        )
    };
    let none = Vec::<String>::new;
    assert_eq!(above("批号,数量\nA,1\n"), (1, none(), none()));
    assert_eq!(above("2026年1月 到货单,\n制表：张伟,2026-02-01\n\n批号,数量\nA,1\n"), (1, none(), vec!["above-header: 1–2".to_owned()]));
    // Semicolons and tabs below a title.
    assert_eq!(above("Goods, January\ncode;quantity\nA;1\n"), (1, none(), vec!["above-header: 1".to_owned()]));
    // A header of two rows: the lower says all that the upper does.
    assert_eq!(above("批号,数量,,\n批号,数量,颜色,尺码\nA,1,白,M\n"), (1, none(), vec!["above-header: 1".to_owned()]));
    // A header that lacks a column is not left for a later one: the rows between would be lost.
    assert_eq!(above("批号,颜色\nA,白\n批号,数量\nB,1\n"), (0, vec!["1 quantity column_missing".to_owned()], none()));
    assert_eq!(
        above("批号,数量\nA,1\n批号,数量,颜色,尺码\nB,1,白,M\n").1,
        ["3  too_many_cells", "3  too_many_cells", "3 数量 not_a_number", "4  too_many_cells", "4  too_many_cells"]
    );
    // Below the first twenty rows there is no header.
    let titles = "x\n".repeat(20);
    assert_eq!(above(&format!("{titles}批号,数量\nA,1\n")).0, 0);
    // Only what the best row lacks is named, not what stands in the title.
    assert_eq!(above("到货单\n批号,颜色\nA,白\n").1, ["2 quantity column_missing"]);
}

#[test]
fn a_number_is_taken_as_it_is_shown_or_not_at_all() {
    let shows = |column: u16, value: f64, code: &str| {
        let made = book(&["code", "quantity", "price"], |sheet| {
            sheet.write_row(1, 0, ["A", "1"]).unwrap();
            sheet.write_with_format(1, column, value, &Format::new().set_num_format(code)).unwrap();
        });
        let (rows, report) = read(made);
        rows.first().cloned().ok_or_else(|| faults(&report).first().map(|fault| fault.2.to_owned()).unwrap())
    };
    let taken = |quantity: &str, price: &str| Ok(format!("A|||||{quantity}|{price}|false|"));
    for (code, value, quantity) in
        [("#,##0.0_ ", 12.5, "12500"), ("_ * #,##0_ ", 3.0, "3000"), ("+0;-0;\"-\"", 0.0, "0"), ("[Blue]0", 7.0, "7000")]
    {
        assert_eq!(shows(1, value, code), taken(quantity, ""), "{code}");
    }
    for code in ["0.0\"万\"", "0\"00\"", "0\"打\"", "0\"kg\"", "0\"千米\"", "\"<\"0", "0\"-10\"", "0\"M\"", "\"约\"0", "¥0"] {
        assert_eq!(shows(1, 5.0, code), Err("shows-more".to_owned()), "{code}");
    }
    // A price here is one in yuan.
    for code in ["¥#,##0.00", "[$¥-804]0", "[$CNY] 0.00", "0\"元\"", "[$RMB]\\ 0"] {
        assert_eq!(shows(2, 399.0, code), taken("1000", "39900"), "{code}");
    }
    for code in ["[$€-407]\\ #,##0.00", "[$¥-411]#,##0", "[$US$]0.00", "[$$-409]0.00", "0.0\"万元\"", "0\"00元\"", "0.00\"/m\""] {
        assert_eq!(shows(2, 399.0, code), Err("shows-more".to_owned()), "{code}");
    }
}

#[test]
fn merged_cells_show_their_value_everywhere() {
    let made = book(&["code", "quantity", "colour", "size"], |sheet| {
        let plain = Format::new();
        sheet.merge_range(1, 2, 3, 2, "藏青", &plain).unwrap();
        sheet.merge_range(4, 2, 5, 3, "白", &plain).unwrap();
        for (line, code) in (1u32..).zip(["A", "B", "C", "D", "E"]) {
            sheet.write(line, 0, code).unwrap().write(line, 1, 1).unwrap();
        }
        // A row that has nothing but the value of a range is a row; those below it that have nothing of their own are not.
        sheet.merge_range(6, 2, 8, 2, "灰", &plain).unwrap();
        sheet.write(7, 0, "F").unwrap().write(7, 1, 1).unwrap();
    });
    let (rows, report) = read(made);
    // Rows of one colour have it, all of them; columns are different facts, and nothing is made up for a second one.
    let merged_across = [(5, "size", "merged-across"), (6, "size", "merged-across")];
    assert_eq!(faults(&report), [&merged_across[..], &[(7, "code", "missing"), (7, "quantity", "missing")]].concat());
    assert_eq!(rows, ["A|藏青||||1000||false|", "B|藏青||||1000||false|", "C|藏青||||1000||false|", "F|灰||||1000||false|"]);
    assert_eq!(notes(&report), ["merged: C2:C4, C5:D6, C7:C9"]);
    // A heading over two columns is the first one's, and what stands under the second has none.
    let made = book(&["code", "quantity"], |sheet| {
        sheet.merge_range(0, 2, 0, 3, "colour", &Format::new()).unwrap();
        sheet.write_row(1, 0, ["A", "1", "白"]).unwrap();
    });
    assert_eq!(read(made).0, ["A|白||||1000||false|"]);
    let overlapping = altered(sample("excel-like.xlsx"), "xl/worksheets/sheet2.xml", |xml| {
        xml.replace("<mergeCells count=\"2\">", &format!("<mergeCells>{}", "<mergeCell ref=\"A1:XFD1048576\"/>".repeat(50)))
    });
    assert_eq!(faults(&read(overlapping).1).first().map(|fault| fault.2), Some("damaged"));
}

#[test]
fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let made = book(&["code", "quantity", "came_on"], |sheet| {
        sheet.write(1, 0, "A").unwrap().write(1, 1, 1).unwrap().write_number_with_format(1, 2, 44_650.0, &day).unwrap();
    });
    assert_eq!(read(made.clone()).0, ["A||||2022-03-30|1000||false|"]);
    // Both spellings of the truth are in use, and a date written as text needs no count.
    for yes in ["1", "true"] {
        let says = |xml: String| xml.replace("<workbookPr", &format!("<workbookPr date1904=\"{yes}\""));
        let since_1904 = altered(made.clone(), "xl/workbook.xml", says);
        assert_eq!(read(since_1904.clone()).0, ["A||||2026-03-31|1000||false|"]);
        let iso = altered(since_1904, "xl/worksheets/sheet1.xml", |xml| {
            let cell = xml.split("<c ").find(|cell| cell.contains("44650")).unwrap().split("</c>").next().unwrap();
            xml.replace(cell, "r=\"C2\" t=\"d\"><v>2026-01-05T00:00:00</v>")
        });
        assert_eq!(read(iso).0, ["A||||2026-01-05|1000||false|"]);
    }
    // A day that lost its format on the way is a number, and no number is taken for a day.
    let bare = book(&["code", "quantity", "came_on"], |sheet| {
        sheet.write(1, 0, "A").unwrap().write(1, 1, 1).unwrap().write(1, 2, 45_992).unwrap();
    });
    assert_eq!(faults(&read(bare).1), [(2, "came_on", "not_a_date")]);
}

#[test]
fn times_with_a_zone_are_days_of_the_deployment() {
    let (rows, report) =
        read("code,quantity,came_on\nA,1,2026-07-15T18:30:00Z\nB,1,2026-07-15 23:00\nC,1,2026-03-31 至 2026-04-05\nD,1,2026-03-31 (Tue)\n");
    assert_eq!(rows, ["A||||2026-07-16|1000||false|", "B||||2026-07-15|1000||false|"]);
    assert_eq!(faults(&report), [(4, "came_on", "not_a_date"), (5, "came_on", "not_a_date")]);
}

#[test]
fn csv_of_a_spreadsheet_tells_what_it_made_of_sizes_and_numbers() {
    let (rows, report) =
        read("code,quantity,size,note\nA,1,2月4日,2月4日\nB,1,4-Feb,\nFeb-04,1,M,\nC,1,2-4,\n2.02601E+11,1,M,\nD,1.5E+15,M,\n");
    assert_eq!(
        faults(&report),
        [
            (2, "size", "looks-dated"),
            (3, "size", "looks-dated"),
            (4, "code", "looks-dated"),
            (6, "code", "digits-lost"),
            (7, "quantity", "digits-lost")
        ]
    );
    assert_eq!(rows, ["C||2-4|||1000||false|"]);
    // In a workbook the same text is one that somebody wrote as text.
    let made = book(&["code", "quantity", "size"], |sheet| {
        sheet.write(1, 0, "A").unwrap().write(1, 1, 1).unwrap().write(1, 2, "4-Feb").unwrap();
    });
    assert_eq!(read(made).0, ["A||4-Feb|||1000||false|"]);
}

#[test]
fn a_mark_inside_a_cell_is_not_lost() {
    let (rows, report) = read("code,quantity,note\nA,1,\"5\\\" zip\"\nB,1,\"5\" zip\"\nC,1,\"5\"\" zip\"\nD,1,5\" zip\n");
    assert_eq!(faults(&report), [(2, "note", "stray-quote"), (3, "note", "stray-quote")]);
    assert_eq!(rows, ["C|||||1000||false|5\" zip", "D|||||1000||false|5\" zip"]);
}

#[test]
fn a_guessed_encoding_is_shown_with_a_sample() {
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode("code,quantity,note\nA,1,plain\nB,1,Müller Söhne\n");
    let (rows, report) = read(bytes.into_owned());
    assert_eq!(
        (rows[1].as_str(), notes(&report)),
        ("B|||||1000||false|Müller Söhne", vec!["encoding-doubted: windows-1252; 3; Müller Söhne".to_owned()])
    );
    // Chinese headings decide where the guess would go elsewhere.
    let (bytes, _, _) = encoding_rs::GBK.encode("code,数量,颜色\nA,1,Müller\n");
    assert_eq!(notes(&read(bytes.into_owned()).1), ["encoding: gb18030; 1; 数量"]);
    assert_eq!(notes(&read("code,quantity,note\nA,1,面料\n").1), Vec::<String>::new());
    let (bytes, _, _) = encoding_rs::KOI8_R.encode("code,quantity,note\nA,1,Ивановский текстильный комбинат\n");
    assert_eq!(refusal(bytes.into_owned()), "unknown-encoding");
}

#[test]
fn huge_and_hostile_files_end_in_a_sentence() {
    let outcome = |bytes: Vec<u8>| match Source::new("goods.xlsx", Cursor::new(bytes)) {
        Err(Error::Refused(refusal)) => refusal.args.iter().find(|(name, _)| *name == "reason").unwrap().1.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(mut source) => {
            let (_, report) = through(&mut source, Mode::DryRun);
            faults(&report).last().map_or_else(|| format!("{} rows", report.rows_read), |(.., why)| (*why).to_owned())
        }
    };
    // 16,384 columns, as a workbook and as a text.
    let wide = book(&["code", "quantity"], |sheet| {
        sheet.write(1, 0, "A").unwrap().write(1, 16_383, 1).unwrap();
    });
    assert_eq!(outcome(wide), "too-many-columns");
    assert_eq!(outcome(format!("code,quantity{}\nA,1\n", ",x".repeat(16_382)).into_bytes()), "too-many-columns");
    // Columns that only have a colour are no columns.
    let coloured = book(&["code", "quantity"], |sheet| {
        sheet.write(1, 0, "A").unwrap().write(1, 1, 1).unwrap();
        sheet.write_blank(1, 16_383, &Format::new().set_bold()).unwrap();
    });
    assert_eq!(outcome(coloured), "1 rows");
    // A row of ten megabytes.
    assert_eq!(outcome(format!("code,quantity\nA,{}\n", "1".repeat(10 << 20)).into_bytes()), "open-quote");
    let long = altered(sample("excel-like.xlsx"), "xl/sharedStrings.xml", |xml| xml.replace("首批", &"长".repeat(10 << 20)));
    assert_eq!(outcome(long), "too-large");
    // An archive that unpacks to two and a half gigabytes, and one that does not say so.
    let mut part = zip::ZipWriter::new(Cursor::new(Vec::new()));
    part.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    (0..16).for_each(|_| part.write_all(&vec![b'<'; 1 << 20]).unwrap());
    let part = part.finish().unwrap().into_inner();
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("[Content_Types].xml", zip::write::SimpleFileOptions::default()).unwrap();
    for number in 0..150 {
        let mut one = zip::ZipArchive::new(Cursor::new(part.clone())).unwrap();
        bomb.raw_copy_file_rename(one.by_index(0).unwrap(), format!("xl/worksheets/sheet{number}.xml")).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    assert_eq!(outcome(bomb), "too-large");
    // More parts than a workbook has.
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut many = zip::ZipWriter::new(Cursor::new(Vec::new()));
    (0..20_100).for_each(|number| many.start_file(format!("p{number}"), stored).unwrap());
    assert_eq!(outcome(many.finish().unwrap().into_inner()), "too-large");
    // Tags within tags without end.
    let deep = altered(sample("excel-like.xlsx"), "xl/worksheets/sheet3.xml", |xml| xml.replace("<sheetData>", &"<a>".repeat(2 << 20)));
    assert_eq!(outcome(deep), "damaged");
    // Texts that unpack without end, a sheet of very many cells, and one whose rows go backwards.
    let texts = altered(sample("excel-like.xlsx"), "xl/sharedStrings.xml", |xml| {
        xml.replace("</sst>", &format!("{}</sst>", format!("<si><t>{}</t></si>", "x".repeat(30_000)).repeat(2_900)))
    });
    assert_eq!(outcome(texts), "too-large");
    let rows: String = (4..40_004)
        .map(|line| format!("<row r=\"{line}\"><c r=\"A{line}\"><v>{line}</v></c><c r=\"F{line}\"><v>1</v></c></row>"))
        .collect();
    let many =
        altered(sample("excel-like.xlsx"), "xl/worksheets/sheet3.xml", |xml| xml.replace("</sheetData>", &format!("{rows}</sheetData>")));
    assert_eq!(outcome(many), "40004 rows");
    let backwards = altered(sample("excel-like.xlsx"), "xl/worksheets/sheet3.xml", |xml| {
        xml.replace("</sheetData>", "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData>")
    });
    assert_eq!(outcome(backwards), "damaged");
}
