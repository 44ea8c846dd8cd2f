//! The machinery through its public face, with a little room of lots in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::sqlite::SqliteConnection;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde::Serialize;

use super::*;
use crate::kernel::error::{Code, Error, Fault, Refusal, Result};
use crate::kernel::money;
use crate::kernel::text::{self, Lang};
use crate::platform::db::{Connection, Db};
use crate::platform::exports::inert;
use crate::platform::words::Words;

const LOTS: Columns = Columns {
    table: "lots",
    title: ("物料批", "Lots"),
    columns: &[
        Column::required("lot_code", &["物料批号", "批号"], &["Lot", "Lot no."], ("批的编号", "What the lot is called"), "FAB-0117"),
        Column::optional("gtin", &["商品条码"], &["GTIN"], ("14 位", "14 digits"), "06901234567892"),
        Column::optional("received_on", &["到货日期"], &["Received"], ("到货的日期", "The day it came"), "2026-03-31"),
        Column::required("quantity", &["数量"], &["Qty"], ("米", "Metres"), "12.5"),
        Column::optional("price", &["单价"], &["Price"], ("元", "In yuan"), "199.50"),
        Column::optional("note", &["备注"], &["Note"], ("", "Anything"), "roll 7"),
    ],
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Lot {
    code: String,
    gtin: Option<String>,
    received_on: Option<chrono::NaiveDate>,
    quantity: i64,
    price: Option<i64>,
    note: Option<String>,
}

#[derive(Default)]
struct Room {
    there: BTreeMap<String, Lot>,
    lines: Vec<u64>,
    read: Vec<Lot>,
    keep: bool,
    largest: usize,
    writes: usize,
    unknown: Option<&'static str>,
    refuse_write: Option<usize>,
}

impl Import for Room {
    type Record = Lot;

    fn columns(&self) -> &'static Columns {
        const { &LOTS }
    }

    fn read(&mut self, row: &mut Row<'_>) -> Option<Lot> {
        let code = row.code("lot_code");
        let gtin = row.optional_text("gtin", 14);
        let received_on = row.optional_date("received_on");
        let quantity = row.take("quantity", Takes::Number, |field, cell| money::read_decimal(field, cell, 3));
        let price = row.optional_money("price", "CNY");
        let note = row.optional_take("note", Takes::Prose, |field, cell| text::paragraph(field, cell, 80));
        let code = code?;
        row.unique("lot_code", &code);
        Some(Lot { code, gtin: gtin?, received_on: received_on?, quantity: quantity?, price: price?, note: note? })
    }

    fn check(&mut self, _: &mut Db, chunk: &[Entry<Lot>]) -> Result<Checked> {
        self.largest = self.largest.max(chunk.len());
        let mut checked = Checked::default();
        for entry in chunk {
            if self.keep {
                self.lines.push(entry.line);
                self.read.push(entry.record.clone());
            }
            if self.unknown.is_some_and(|code| code == entry.record.code) {
                checked.faults.push(entry.fault("lot_code", Code::UnknownReference).with("value", &entry.record.code));
            }
            checked.would.compare(entry.line, &entry.record.code, self.there.get(&entry.record.code), &entry.record)?;
        }
        Ok(checked)
    }

    fn apply(&mut self, _: &mut Db, chunk: &[Entry<Lot>]) -> Result<Applied> {
        self.largest = self.largest.max(chunk.len());
        self.writes += 1;
        if self.refuse_write == Some(self.writes) {
            return Err(Refusal::new(Code::Stale).into());
        }
        let mut applied = Applied::default();
        for entry in chunk {
            if !self.keep && self.there.len() >= 10_000 {
                applied.add(entry.line, &entry.record.code, || &entry.record)?;
                continue;
            }
            let there = self.there.insert(entry.record.code.clone(), entry.record.clone());
            applied.compare(entry.line, &entry.record.code, there.as_ref(), &entry.record)?;
        }
        Ok(applied)
    }
}

fn keeping() -> Room {
    Room { keep: true, ..Room::default() }
}

fn source(bytes: impl Into<Vec<u8>>) -> Result<Source> {
    Source::new("lots.csv", Cursor::new(bytes.into()))
}

/// Runs an import of rows that are kept nowhere but in itself, and gives it back.
fn through<I: Import + Default>(import: &mut I, source: &mut Source, mode: Mode, tell: &mut dyn FnMut(News<'_>)) -> ImportReport {
    let mut db = Db::alone(Connection::Sqlite(SqliteConnection::establish(":memory:").unwrap()));
    let shared = Arc::new(Mutex::new(std::mem::take(import)));
    let report = run(Place::Within(&mut db), source, &shared, mode, tell).unwrap();
    *import = Arc::into_inner(shared).unwrap().into_inner().unwrap();
    report
}

fn dry(bytes: impl Into<Vec<u8>>) -> (Room, ImportReport) {
    let mut room = keeping();
    let report = through(&mut room, &mut source(bytes).unwrap(), Mode::DryRun, &mut |_| {});
    (room, report)
}

fn apply(room: &mut Room, bytes: impl Into<Vec<u8>>) -> ImportReport {
    through(room, &mut source(bytes).unwrap(), Mode::Apply, &mut |_| {})
}

fn reason(error: Error) -> String {
    let Error::Refused(refusal) = error else { panic!("not a refusal") };
    assert_eq!(refusal.code, Code::FileBroken);
    refusal.args.iter().find(|(name, _)| *name == "reason").unwrap().1.to_string()
}

fn seen(report: &ImportReport) -> Vec<(Option<u64>, &str, Code)> {
    report.faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.code().unwrap())).collect()
}

fn lot(code: &str, quantity: i64) -> Lot {
    Lot { code: code.to_owned(), gtin: None, received_on: None, quantity, price: None, note: None }
}

#[test]
fn every_encoding_reads_the_same() {
    let text = "物料批号,数量,备注\n面料-一,12.5,藏青色斜纹\nB/2,３,\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<_>>();
    let files = [
        text.as_bytes().to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        gbk.into_owned(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ];
    for (place, file) in files.into_iter().enumerate() {
        let (room, report) = dry(file);
        assert_eq!(report.faults, [], "file {place}");
        assert_eq!(room.read, [Lot { note: Some("藏青色斜纹".into()), ..lot("面料-一", 12_500) }, lot("B/2", 3_000)], "file {place}");
    }
}

#[test]
fn a_character_split_between_two_pieces_is_whole() {
    for pad in 0..4 {
        let rows = (0..9_000).map(|n| format!("面料批次{n},1\n")).collect::<String>();
        let text = format!("批号,数量\n{}A,1\n{rows}", "x".repeat(pad));
        let (gb, _, _) = encoding_rs::GB18030.encode(&text);
        for file in [text.clone().into_bytes(), gb.into_owned()] {
            let (room, report) = dry(file);
            assert_eq!((report.fault_count, report.rows_read), (0, 9_001));
            assert!(room.read.iter().skip(1).enumerate().all(|(n, lot)| lot.code == format!("面料批次{n}")));
        }
    }
}

#[test]
fn bad_bytes_in_a_utf8_file_name_their_cells() {
    let file = [
        b"\xE6\x89\xB9\xE5\x8F\xB7,\xE6\x95\xB0\xE9\x87\x8F,note\nA,1,\xE5\xA5\xBD\xE5\xA5\xBD\xE5\xA5\xBD\xE5\xA5\xBD\nB,2,x".as_slice(),
        b"\xFF\nC,3,ok\n",
    ];
    let (room, report) = dry(file.concat());
    assert_eq!(seen(&report), [(Some(3), "note", Code::Malformed)]);
    assert_eq!(report.faults[0].word(Words::of(Lang::Zh)), "格式不对：含有无法识别的字符，请把文件重新保存为 UTF-8。");
    assert_eq!(room.lines, [2, 4]);
}

#[test]
fn delimiters_are_found_on_the_header() {
    for delimiter in [",", ";", "\t"] {
        let file = format!("\"Lot no.\"{delimiter}Qty{delimiter}\"Note\"\nA{delimiter}1.5{delimiter}\"x,y;z\"\n");
        let (room, report) = dry(file);
        assert_eq!(report.faults, [], "{delimiter:?}");
        assert_eq!(room.read, [Lot { note: Some("x,y;z".into()), ..lot("A", 1_500) }]);
    }
    let (room, report) = dry("sep=;\r\nlot_code;quantity\r\nA;1\r\n");
    assert_eq!((report.fault_count, room.lines), (0, vec![3]));
    assert_eq!(dry("lot_code;quantity").1.faults, []);
}

#[test]
fn headers_match_however_they_are_written() {
    assert_eq!(LOTS.ambiguous(), [""; 0]);
    for header in ["lot_code,quantity", "LOT CODE,Quantity", " Lot No ,QTY", "物料批号*,数量：", "ＬＯＴ＿ＣＯＤＥ,Ｑｔｙ"]
    {
        assert_eq!(dry(format!("{header}\nA,1\n")).1.faults, [], "{header}");
    }
}

#[test]
fn wrong_headers_are_all_named() {
    let (_, report) = dry("Lot,批号,Colour,数 量\nA,B,red,1\n");
    assert_eq!(seen(&report), [(Some(1), "批号", Code::Duplicate), (Some(1), "Colour", Code::UnknownField)]);
    let (_, report) = dry("\n\n数量,备注\n1,x\n");
    assert_eq!(seen(&report), [(Some(3), "lot_code", Code::ColumnMissing)]);
    // An unknown column does not keep the rows from being checked.
    let (_, report) = dry("Lot,Qty,Colour\nA,x,red\n");
    assert_eq!(seen(&report), [(Some(1), "Colour", Code::UnknownField), (Some(2), "Qty", Code::NotANumber)]);
}

#[test]
fn lines_are_those_of_the_file() {
    for end in ["\n", "\r\n", "\r"] {
        let file = ["lot_code,quantity,note", "", "A,1,\"one", "two", "", "three\"", "", "", "B,2,", ",,", "C,3,\"x\"", "D,0,\"\"\"\""];
        let (room, report) = dry(file.join(end));
        assert_eq!(report.faults, []);
        assert_eq!(room.lines, [3, 9, 11, 12], "{end:?}");
        assert_eq!(room.read[0].note.as_deref(), Some("one\ntwo\n\nthree"));
        assert_eq!(room.read[3].note.as_deref(), Some("\""));
    }
}

#[test]
fn every_bad_cell_is_reported_and_nothing_written() {
    let long = "x".repeat(5_000);
    let file = format!(
        "批号,数量,Received,价格,单价,Note\nA,-1,2026-02-30,,1.999,\nA B,1,,,,\n,x,,,,a\u{7}b\nC,1.0005,31/03/2026,,\"1,5\",{long}\nD,1,,,\"1,299.00\",,extra\nE,1,,,,fine\nE,2,,,,\nF,7,,,,\n"
    );
    let mut room = Room { unknown: Some("F"), ..keeping() };
    let report = apply(&mut room, file);
    assert_eq!(
        seen(&report),
        [
            (Some(1), "价格", Code::UnknownField),
            (Some(2), "Received", Code::NotADate),
            (Some(2), "数量", Code::BelowZero),
            (Some(2), "单价", Code::TooManyDecimals),
            (Some(3), "批号", Code::Malformed),
            (Some(4), "Note", Code::ControlCharacter),
            (Some(4), "批号", Code::Missing),
            (Some(4), "数量", Code::NotANumber),
            (Some(5), "Note", Code::TooLong),
            (Some(5), "Received", Code::NotADate),
            (Some(5), "数量", Code::TooManyDecimals),
            (Some(5), "单价", Code::Malformed),
            (Some(6), "", Code::TooManyCells),
            (Some(8), "批号", Code::Duplicate),
            (Some(9), "批号", Code::UnknownReference),
        ]
    );
    assert_eq!((report.outcome, report.rows_read, report.fault_count), (Outcome::Refused, 8, 15));
    assert_eq!((report.added, room.writes, room.there.len()), (0, 0, 0));
    assert_eq!(report.faults[1].value.as_deref(), Some("2026-02-30"));
    assert_eq!(report.faults[8].value.as_deref().map(|value| value.chars().count()), Some(121));
    assert_eq!(report.faults[13].args.get("line").map(String::as_str), Some("7"));
    assert_eq!(report.faults[14].value.as_deref(), Some("F"));
}

#[test]
fn numbers_that_mean_others_elsewhere_are_refused() {
    let reason = |delimiter: &str, number: &str| {
        let (room, report) = dry(format!("lot_code{delimiter}quantity\nA{delimiter}\"{number}\"\n"));
        match report.faults.first() {
            None => room.read[0].quantity.to_string(),
            Some(fault) => fault.args.get("reason").map_or_else(|| fault.code.clone(), Clone::clone),
        }
    };
    // Where semicolons part the cells, a comma is likely to be the decimal sign, and a point to part thousands.
    for number in ["1,250", "0,750", "12,5", "1.250"] {
        assert_eq!(reason(";", number), "decimal-comma", "{number}");
    }
    for (number, milli) in [("12.5", "12500"), ("1250", "1250000"), ("0.750", "750"), ("1,234,567", "1234567000"), ("1,250.00", "1250000")]
    {
        assert_eq!(reason(";", number), milli, "{number}");
    }
    for (number, milli) in [("1,250", "1250000"), ("1.250", "1250"), (".5", "500"), ("1.", "1000")] {
        assert_eq!((reason(",", number), reason("\t", number)), (milli.into(), milli.into()), "{number}");
    }
    for number in ["0,750", "12,5", "1,5,000", "1234,567", "1.5,000"] {
        assert_eq!(reason(",", number), "ambiguous-number", "{number}");
    }
}

#[test]
fn what_a_failed_formula_left_is_no_value() {
    let (_, report) = dry("lot_code,quantity,note\n#N/A,1,\nB,#DIV/0!,x\nC,1,Err:502\nD,1,#1 quality\n");
    let why: Vec<_> = report.faults.iter().map(|fault| (fault.line, fault.args["reason"].as_str())).collect();
    assert_eq!(why, [(Some(2), "cell-error"), (Some(3), "cell-error"), (Some(4), "cell-error")]);
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut room = keeping();
    let file = "lot_code,quantity\nA,1\nB,2\n";
    let first = apply(&mut room, file);
    assert_eq!((first.outcome, first.added, first.changed, first.unchanged), (Outcome::Applied, 2, 0, 0));
    let second = apply(&mut room, file);
    assert_eq!((second.outcome, second.added, second.changed, second.unchanged), (Outcome::Applied, 0, 0, 2));
    let third = through(&mut room, &mut source("lot_code,quantity\nA,1\nB,3\nC,1\n").unwrap(), Mode::DryRun, &mut |_| {});
    let told: Vec<_> = third.changes.iter().map(|change| (change.line, change.key.as_str(), change.kind, change.fields.clone())).collect();
    let quantity = |old: &str, new: &str| vec![FieldChange { field: "quantity".into(), old: old.into(), new: new.into() }];
    let (changed, added) = (quantity("2000", "3000"), quantity("", "1000"));
    assert_eq!(told, [(3, "B", ChangeKind::Changed, changed), (4, "C", ChangeKind::Added, added)]);
    assert_eq!((third.outcome, third.added, third.changed, third.unchanged, third.dry_run), (Outcome::Checked, 1, 1, 1, true));
    assert_eq!(room.there.len(), 2);
}

#[test]
fn a_refused_chunk_stops_and_the_file_completes_it_later() {
    let rows = (0..5_000).map(|n| format!("L{n},1\n")).collect::<String>();
    let file = format!("lot_code,quantity\n{rows}");
    let mut room = Room { refuse_write: Some(2), ..keeping() };
    let report = apply(&mut room, file.as_str());
    assert_eq!((report.outcome, report.added, room.there.len()), (Outcome::Stopped, 2_000, 2_000));
    assert_eq!(seen(&report), [(Some(2_002), "", Code::Stale)]);
    let report = apply(&mut room, file.as_str());
    assert_eq!((report.outcome, report.added, report.unchanged, room.there.len()), (Outcome::Applied, 3_000, 2_000, 5_000));
}

#[test]
fn an_open_quote_is_named_and_bounded() {
    let (_, report) = dry("lot_code,quantity,note\nA,1,\nB,2,\"never closed\nC,3,\n");
    assert_eq!(seen(&report), [(Some(3), "", Code::FileBroken)]);
    let rows = (0..300_000).map(|n| format!("L{n},1\n")).collect::<String>();
    let (_, report) = dry(format!("lot_code,quantity\nA,1\n\"B,2\n{rows}"));
    assert_eq!(seen(&report), [(Some(3), "", Code::FileBroken)]);
    assert_eq!(report.faults[0].args["reason"], Reason::OpenQuote.as_str());
}

#[test]
fn what_is_no_table_says_what_it_is() {
    assert_eq!(reason(source("").err().unwrap()), "empty");
    assert_eq!(reason(source(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice()).err().unwrap()), "picture");
    assert_eq!(reason(source(b"\0\x01\x02\x03".as_slice()).err().unwrap()), "not-a-table");
    assert_eq!(reason(source("%PDF-1.7\n%....").err().unwrap()), "pdf");
    let ole = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    assert_eq!(reason(source([ole.as_slice(), &[0; 600]].concat()).err().unwrap()), "old-excel");
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(reason(source([ole.as_slice(), &[0; 65_520], &name].concat()).err().unwrap()), "password");
    assert_eq!(reason(source(zipped(&[("word/document.xml", b"<w/>")])).err().unwrap()), "not-xlsx");
    let (_, report) = dry("\u{FEFF}\n\n");
    assert_eq!(seen(&report), [(None, "", Code::FileBroken)]);
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn a_workbook() -> Vec<u8> {
    let date = Format::new().set_num_format("yyyy/m/d");
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "Some other sheet").unwrap();
    let sheet = book.add_worksheet().set_name("物料批").unwrap();
    for (place, header) in (0u16..).zip(["物料批号", "商品条码", "到货日期", "数量", "单价", "备注"]) {
        sheet.write_string(1, place, header).unwrap();
    }
    let day = ExcelDateTime::from_ymd(2026, 3, 31).unwrap();
    sheet.write_string(2, 0, "A").unwrap().write_number(2, 1, 6_901_234_567_892_f64).unwrap();
    sheet.write_datetime_with_format(2, 2, &day, &date).unwrap();
    sheet.write_number(2, 3, 12.5).unwrap().write_number(2, 4, 199.5).unwrap().write_string(2, 5, "藏青").unwrap();
    sheet.write_number(4, 0, 20_260_117.0).unwrap().write_string(4, 1, "06901234567892").unwrap();
    sheet.write_string(4, 2, "2026年4月1日").unwrap().write_number(4, 3, 0.1 + 0.2).unwrap().write_string(4, 5, "true").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_reads_as_the_same_csv() {
    let csv = "物料批号,商品条码,到货日期,数量,单价,备注\nA,6901234567892,2026-03-31,12.5,199.5,藏青\n\n20260117,06901234567892,2026-04-01,0.3,,true\n";
    let (from_csv, _) = dry(csv);
    let (from_xlsx, report) = dry(a_workbook());
    assert_eq!(report.faults, []);
    assert_eq!(from_xlsx.read, from_csv.read);
    assert_eq!(from_xlsx.lines, [3, 5]);
}

#[test]
fn cells_that_lost_something_are_faults() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (place, header) in (0u16..).zip(["lot_code", "quantity", "gtin", "note"]) {
        sheet.write_string(0, place, header).unwrap();
    }
    sheet.write_number(1, 0, 999_999_999_999_999.0).unwrap().write_number(1, 1, 1.0).unwrap();
    sheet.write_number(2, 0, 1e15).unwrap().write_number(2, 1, 1.0).unwrap();
    sheet.write_string(3, 0, "C").unwrap().write_number(3, 1, 1.0).unwrap();
    sheet.write_formula(3, 3, rust_xlsxwriter::Formula::new("=NA()").set_result("#N/A")).unwrap();
    let (room, report) = dry(book.save_to_buffer().unwrap());
    assert_eq!(room.read.first().map(|lot| lot.code.as_str()), Some("999999999999999"));
    assert_eq!(seen(&report), [(Some(3), "lot_code", Code::Malformed), (Some(4), "note", Code::Malformed)]);
    assert_eq!(report.faults[0].args["reason"], "digits-lost");
    assert_eq!((report.faults[1].args["reason"].as_str(), report.faults[1].value.as_deref()), ("cell-error", Some("#N/A")));
}

#[test]
fn a_truncated_workbook_is_broken_wherever_it_is_cut() {
    let whole = a_workbook();
    for cut in (4..whole.len()).step_by(97) {
        assert_eq!(reason(source(&whole[..cut]).err().unwrap()), "damaged", "cut at {cut}");
    }
}

/// The workbook with one part replaced.
fn altered(part: &str, with: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(a_workbook())).unwrap();
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

#[test]
fn hostile_workbooks_are_refused() {
    let sheet = "xl/worksheets/sheet2.xml";
    let texts = "xl/sharedStrings.xml";
    // What is announced is not believed, and takes no room.
    let announced = altered(texts, |xml| xml.replace("uniqueCount=\"", "uniqueCount=\"99999999999"));
    assert_eq!(dry(announced).1.faults, []);
    let endless = altered(sheet, |xml| xml.replace("<sheetData>", &format!("<sheetData><row>{}</row>", "x".repeat(2 << 20))));
    assert_eq!(reason(source(endless).err().unwrap()), "too-large");
    let bomb = altered(texts, |xml| xml.replace("</sst>", &format!("{}</sst>", "<si><t>bomb</t></si>".repeat(7 << 20))));
    assert!(bomb.len() < 1 << 20);
    assert_eq!(reason(source(bomb).err().unwrap()), "too-large");
    for (row, place, why) in [(2_000_000, "A", "too-large"), (3, "ZZZ", "too-many-columns"), (3, "AAAAAAAAAAAA", "damaged")] {
        let file = altered(sheet, |xml| xml.replace("r=\"A3\"", &format!("r=\"{place}{row}\"")));
        let (_, report) = dry(file);
        assert_eq!((report.fault_count, report.faults[0].args["reason"].as_str()), (1, why), "{place}{row}");
    }
    let cut = altered(sheet, |xml| xml.get(..xml.len() * 3 / 4).unwrap().to_owned());
    let (_, report) = dry(cut);
    assert_eq!(report.faults.last().unwrap().args["reason"], "damaged");
}

#[test]
fn templates_read_back_without_a_fault() {
    for lang in Lang::ALL {
        let (csv, report) = dry(template_csv(&LOTS, lang).unwrap());
        assert_eq!((report.faults, report.rows_read), (vec![], 1));
        let (xlsx, report) = dry(template_xlsx(&LOTS, lang).unwrap());
        assert_eq!((report.faults, report.rows_read), (vec![], 1));
        assert_eq!(csv.read, xlsx.read);
        assert_eq!(columns_markdown(&LOTS, lang).lines().count(), 2 + LOTS.columns.len());
    }
}

#[test]
fn a_report_keeps_and_shows_its_faults() {
    let rows = "=cmd(),x\n".repeat(1_500);
    let (_, report) = dry(format!("lot_code,quantity\n{rows}"));
    assert_eq!((report.fault_count, report.faults.len()), (3_000, FAULTS_KEPT));
    let again: ImportReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(again, report);
    let first = report.fault_rows(Words::of(Lang::Zh)).next().unwrap();
    assert_eq!(first, ["lots.csv", "", "2", "lot_code", "=cmd()", "格式不对：只能用字母、数字和 - _ . / #。"]);
    for lang in Lang::ALL {
        assert!(Reason::ALL.iter().all(|reason| Words::of(lang).knows(&format!("reason-{}", reason.as_str()))));
    }
    let (_, twice) = dry("lot_code,quantity
A,1
B,1
A,2
");
    assert_eq!(twice.faults[0].word(Words::of(Lang::En)), "The same stands on line 2 already.");
    let said: Vec<_> = source("")
        .err()
        .map(|error| match error {
            Error::Refused(refusal) => Lang::ALL.map(|lang| Words::of(lang).refusal(&refusal)),
            other => panic!("{other:?}"),
        })
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(said, ["文件无法读取：文件是空的。", "The file cannot be read: the file is empty."]);
}

/// A CSV file of any length that is never anywhere whole.
struct Generated {
    rows: u64,
    next: u64,
    ready: Cursor<Vec<u8>>,
}

impl Generated {
    const ROW: u64 = 30;

    fn new(rows: u64) -> Self {
        Self { rows, next: 0, ready: Cursor::new(Vec::new()) }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.ready.read(buffer)?;
            if count > 0 || self.next > self.rows {
                return Ok(count);
            }
            let row =
                if self.next == 0 { "lot_code,quantity,received_on".to_owned() } else { format!("L{:012},12.5,2026-03-31", self.next) };
            self.ready = Cursor::new(format!("{row:29}\n").into_bytes());
            self.next += 1;
        }
    }
}

impl Seek for Generated {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match to {
            SeekFrom::Start(0) => {
                *self = Self::new(self.rows);
                Ok(0)
            }
            SeekFrom::End(0) => Ok((self.rows + 1) * Self::ROW),
            _ => Err(std::io::ErrorKind::Unsupported.into()),
        }
    }
}

#[test]
fn a_million_rows_pass_through_in_chunks() {
    let mut room = Room::default();
    let mut told = Vec::new();
    let mut file = Source::new("sales.csv", Generated::new(1_000_000)).unwrap();
    let mut changes = 0;
    let report = through(&mut room, &mut file, Mode::Apply, &mut |news| match news {
        News::Progress(progress) => told.push(progress),
        News::Changes(more) => changes += more.len(),
    });
    assert_eq!((report.changes.len(), changes), (CHANGES_KEPT, 1_000_000));
    assert_eq!(report.faults, []);
    assert_eq!((report.outcome, report.rows_read, report.added), (Outcome::Applied, 1_000_000, 1_000_000));
    assert_eq!((room.largest, room.writes), (CHUNK, 500));
    assert_eq!(told.len(), 2 * 501);
    assert!(told.iter().all(|progress| progress.bytes <= progress.of_bytes));
    assert_eq!(told.last().map(|progress| (progress.rows, progress.of_rows)), Some((1_000_000, Some(1_000_000))));
}

fn survives(bytes: Vec<u8>) {
    match source(bytes) {
        Err(error) => assert!(matches!(error, Error::Refused(_)), "{error:?}"),
        Ok(mut source) => {
            let mut room = Room::default();
            let report = through(&mut room, &mut source, Mode::Apply, &mut |_| {});
            assert_eq!(report.fault_count > 0, report.outcome != Outcome::Applied);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        survives(bytes);
    }

    #[test]
    fn random_tables_never_panic(text in "(lot_code,quantity,note|批号;数量)(\r\n|\n)([A-Z0-9,;\"\t.面料\r\n\u{0}\u{7}-]{0,200})") {
        survives(text.into_bytes());
    }

    #[test]
    fn random_damage_to_a_workbook_never_panics(hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = a_workbook();
        for (place, byte) in hits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        survives(bytes);
    }

    #[test]
    fn random_damage_inside_a_sheet_never_panics(hits in proptest::collection::vec((any::<prop::sample::Index>(), "[<>/\"0-9A-Z&=r ]{1,3}"), 1..6)) {
        let bytes = altered("xl/worksheets/sheet2.xml", |mut xml| {
            for (place, with) in &hits {
                let place = place.index(xml.len());
                if xml.is_char_boundary(place) && xml.is_char_boundary(place + 1) {
                    xml.replace_range(place..=place, with);
                }
            }
            xml
        });
        survives(bytes);
    }

    #[test]
    fn what_is_written_as_csv_is_read_back(rows in proptest::collection::vec(("[A-Z]{1,8}", "'{0,2}[=+@\t-]?[^\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\r\u{FFFD}]{0,40}"), 1..20)) {
        // As ours are written: without the mark, letters of scripts that do not meet in one text are taken for Chinese;
        // without the apostrophe, a text's own one before a sign that starts a formula is taken for it.
        let mut csv = csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
        csv.write_record(["lot_code", "quantity", "note"]).unwrap();
        for (place, (code, note)) in rows.iter().enumerate() {
            csv.write_record([&format!("{code}{place}"), "1", &*inert(note)]).unwrap();
        }
        let (room, report) = dry(csv.into_inner().unwrap());
        prop_assert_eq!(report.fault_count, 0);
        let notes: Vec<_> = room.read.iter().map(|lot| lot.note.clone().unwrap_or_default()).collect();
        let wanted: Vec<_> = rows.iter().map(|(_, note)| note.trim().to_owned()).collect();
        prop_assert_eq!(notes, wanted);
    }
}

#[test]
fn a_row_read_into_nothing_is_not_lost() {
    #[derive(Default)]
    struct Silent;
    impl Import for Silent {
        type Record = ();
        fn columns(&self) -> &'static Columns {
            const { &LOTS }
        }
        fn read(&mut self, _: &mut Row<'_>) -> Option<()> {
            None
        }
        fn check(&mut self, _: &mut Db, _: &[Entry<()>]) -> Result<Checked> {
            Ok(Checked::default())
        }
        fn check_whole(&mut self, _: &mut Db) -> Result<Vec<Fault>> {
            Ok(vec![Fault::new("lot_code", Code::Cycle).at_line(2)])
        }
        fn apply(&mut self, _: &mut Db, _: &[Entry<()>]) -> Result<Applied> {
            Ok(Applied::default())
        }
    }
    let report = through(&mut Silent, &mut source("批号,数量\nA,1\n").unwrap(), Mode::Apply, &mut |_| {});
    assert_eq!(seen(&report), [(Some(2), "", Code::Malformed), (Some(2), "批号", Code::Cycle)]);
    // What only the whole file shows is not said of half a file.
    let report = through(&mut Silent, &mut source("批号,数量\nA,1\n\"B,1\n").unwrap(), Mode::DryRun, &mut |_| {});
    assert_eq!(seen(&report), [(Some(2), "", Code::Malformed), (Some(3), "", Code::FileBroken)]);
}
