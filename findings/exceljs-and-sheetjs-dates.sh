#!/usr/bin/env bash
# Two spellings of a date in a workbook that SheetJS writes, and exceljs reads four years early or as July 1905.
#
# Versions: SheetJS 0.20.3 (npm @e965/xlsx), exceljs 4.4.0.
#
# The rule: ECMA-376 part 1. 18.2.28 (workbookPr): date1904 is an xsd:boolean, so that "1" and "true" are the same; then days count from 1904, 1,462
# days later. 18.18.11 (ST_CellType): a cell of type d has its date in ISO 8601, whatever the workbook counts from.
#
# What happens:
#   - SheetJS writes date1904="true" (LibreOffice spells it so too, Excel writes "1"). exceljs takes "1" only and counts from 1900: 5 January 2026
#     is 4 January 2022. The same file with "1" in that place it reads right.
#   - With cellDates, SheetJS writes cells of type d. exceljs takes the text for a number, which ends at the first hyphen: 2026. Under
#     a date format that is 18 July 1905, for every day of 2026; without one it is the number 2026.
#   - What comes back is a real date each time. SheetJS reads its own files right. (Of cells of type d exceljs has a report, for workbooks
#     saved as Strict Open XML; ordinary ones have them too.)
#
# Why it matters here: four years are longer than the warranty. A date of production or of sale moves to before the style was designed, and a claim
# in time is out of time; or every lot of a year was made on one day. An importer must read an xsd:boolean as such and cells of type d as
# dates, and should ask about a lot that is years older than its style.
#
# Fails when any of this reads otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

npm install --ignore-scripts --no-audit --no-fund --loglevel=error exceljs@4.4.0 @e965/xlsx@0.20.3 jszip@3.10.1 >install.log 2>&1 ||
    { cat install.log; exit 1; }

cat >look.cjs <<'JS'
const exceljs = require("exceljs"), jszip = require("jszip"), sheetjs = require("@e965/xlsx");

const days = [new Date(Date.UTC(2026, 0, 5)), new Date(Date.UTC(2026, 10, 30))];
const show = (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : JSON.stringify(value));
let failed = false;

function written(since1904, cellDates, dateNF) {
  const sheet = sheetjs.utils.aoa_to_sheet([days], { UTC: true, date1904: since1904, cellDates, dateNF });
  const book = sheetjs.utils.book_new();
  sheetjs.utils.book_append_sheet(book, sheet, "lots");
  book.Workbook = { WBProps: { date1904: since1904 } };
  return sheetjs.write(book, { type: "buffer", cellDates });
}

async function expect(what, file, ofSheetjs, ofExceljs) {
  const read = sheetjs.read(file, { cellDates: true, UTC: true });
  const theirs = sheetjs.utils.sheet_to_json(read.Sheets.lots, { header: 1, UTC: true })[0].map(show).join(" ");
  const book = new exceljs.Workbook();
  await book.xlsx.load(file);
  const found = book.getWorksheet("lots").getRow(1).values.slice(1).map(show).join(" ");
  console.log(what);
  for (const [name, got, was] of [["sheetjs", theirs, ofSheetjs], ["exceljs", found, ofExceljs]]) {
    console.log(`  ${name} reads ${got}${got === was ? "" : `   CHANGED: it was ${was}`}`);
    failed ||= got !== was;
  }
}

async function part(file, name) {
  return (await jszip.loadAsync(file)).file(name).async("string");
}

async function respelled(file) {
  const zip = await jszip.loadAsync(file);
  const text = await zip.file("xl/workbook.xml").async("string");
  zip.file("xl/workbook.xml", text.replace('date1904="true"', 'date1904="1"'));
  return zip.generateAsync({ type: "nodebuffer" });
}

(async () => {
  const right = "2026-01-05 2026-11-30";
  await expect("days from 1900", written(false, false, "yyyy-mm-dd"), right, right);

  const since1904 = written(true, false, "yyyy-mm-dd");
  console.log((await part(since1904, "xl/workbook.xml")).match(/<workbookPr[^>]*>/)[0]);
  await expect("days from 1904, as written", since1904, right, "2022-01-04 2022-11-29");
  await expect('days from 1904, date1904="1"', await respelled(since1904), right, right);

  const iso = written(false, true, "yyyy-mm-dd");
  console.log((await part(iso, "xl/worksheets/sheet1.xml")).match(/<c r="A1".*?<\/c>/)[0]);
  await expect("cells of type d under a date format", iso, right, "1905-07-18 1905-07-18");
  await expect("cells of type d under General", written(false, true, "General"), right, "2026 2026");
  process.exit(failed ? 1 : 0);
})();
JS
node look.cjs
