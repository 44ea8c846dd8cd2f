// Writes the sample workbooks with SheetJS (npm: xlsx): node sheetjs_files.js FOLDER
const XLSX = require("xlsx"), fs = require("fs"), path = require("path");
const folder = process.argv[2];
const HEAD = ["批号", "颜色", "尺码", "再生比例", "到货日期", "数量", "单价", "合格", "备注"];
const day = (y, m, d, h = 0, min = 0) => Date.UTC(y, m - 1, d, h, min) / 86400000 + 25569;
const n = (v, z) => ({ t: "n", v, z }), s = v => ({ t: "s", v }), b = v => ({ t: "b", v });
const none = null;
function sheet(rows) {
  const made = {}; let last = 0;
  rows.forEach((row, r) => (row || []).forEach((cell, c) => { if (cell) { made[XLSX.utils.encode_cell({ r, c })] = cell; last = Math.max(last, c); } }));
  made["!ref"] = XLSX.utils.encode_range({ s: { r: 0, c: 0 }, e: { r: rows.length - 1, c: last } });
  return made;
}
const head = HEAD.map(s);
let book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet([[s("请勿修改表头")]]), "说明");
const january = sheet([
  [s("2026年1月 到货单")], [], head,
  [n(117, '"FAB-"0000'), s("藏青"), s("2-4"), n(0.2, "0%"), n(day(2026, 1, 31), "yyyy-mm-dd"), n(1234.5, "#,##0.00"), n(12.5, '"¥"#,##0.00'), b(true), s("首批")],
  [n(18, "00000"), none, n(38), n(0.125, "0.0%"), n(day(2026, 2, 1), '[$-804]yyyy"年"m"月"d"日"'), n(2469), n(19.9), b(false)],
  [s("D-0017"), none, s("M"), s("33.3%"), n(day(2026, 2, 2, 10, 20), "m/d/yy h:mm"), n(7), n(5, "0.00_);(0.00)"), b(true)],
]);
january["!merges"] = [XLSX.utils.decode_range("A1:I1"), XLSX.utils.decode_range("B4:B6")];
january["!rows"] = [{}, {}, {}, {}, {}, { hidden: true }];
january["!cols"] = [{}, {}, {}, {}, {}, {}, {}, {}, { hidden: true }];
XLSX.utils.book_append_sheet(book, january, "1月");
XLSX.utils.book_append_sheet(book, sheet([head, [n(200, '"FAB-"0000'), s("米白"), s("XL"), n(1, "0.00%"), n(day(2026, 2, 28), "m/d/yy"), n(0.5), n(0), b(true)]]), "2月");
XLSX.utils.book_append_sheet(book, sheet([head, [s("OLD-1"), s("黑"), s("S"), s("5%"), s("2025-12-01"), n(1), n(1), b(true)]]), "旧");
book.Workbook = { Sheets: [{}, {}, {}, { Hidden: 1 }] };
XLSX.writeFile(book, path.join(folder, "sheetjs.xlsx"));
XLSX.writeFile(book, path.join(folder, "sheetjs-old.xls"), { bookType: "biff8" });
XLSX.writeFile(book, path.join(folder, "sheetjs-html.xls"), { bookType: "html" });
XLSX.writeFile(book, path.join(folder, "sheetjs-2003.xls"), { bookType: "xlml" });
XLSX.writeFile(book, path.join(folder, "sheetjs.xlsb"), { bookType: "xlsb" });
XLSX.writeFile(book, path.join(folder, "sheetjs.ods"), { bookType: "ods" });
fs.writeFileSync(path.join(folder, "sheetjs.csv"), XLSX.utils.sheet_to_csv(january, { skipHidden: false }));

const five = (code, colour, size, share, at, amount) => [code, colour, size, share, at, amount];
book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet([head,
  five(s("A-1"), s("白"), n(day(2026, 2, 4), "m-d"), none, none, n(1)),
  five(s("A-2"), b(true), s("M"), none, none, n(1)),
  five(n(2026033100001234), s("白"), s("M"), none, none, n(1)),
  five(s("A-4"), s("白"), n(0.75, "# ?/?"), none, none, n(1)),
  five(n(202601123456, "0.00E+00"), s("白"), s("M"), none, none, n(1)),
  five({ t: "n", f: '"A-"&6' }, s("白"), s("M"), none, none, n(1)),
  five(s("A-7"), s("白"), s("M"), none, n(0.75, "h:mm"), n(1)),
  five(s("A-8"), s("白"), n(120, "[>100]0;0.0"), none, none, n(1)),
  five(s("2.02601E+11"), s("白"), s("M"), none, none, n(1)),
  five(s("A-10"), s("白"), s("M"), none, none, n(day(2026, 2, 4), "yyyy-mm-dd")),
  five(s("A-11"), s("白"), s("M"), n(0.2, "0.00"), none, n(1500000, "0.0,")),
  five(s("A-12"), s("白"), n(8, ";;;"), none, none, n(1)),
  five(n(day(2026, 2, 4), "yyyy/m/d"), s("白"), s("M"), none, none, n(1)),
  five(s("A-14"), s("白"), n(5, "[DBNum1]0"), none, none, n(1)),
  five(s("A-15"), s("白"), s("M"), none, s("2026-03-31 至 2026-04-05"), n(1)),
  five(s("A-16"), s("白"), s("M"), none, none, n(0.2, "0%")),
]), "1月");
XLSX.writeFile(book, path.join(folder, "sheetjs-refused.xlsx"));

// What SheetJS shows of numbers in formats.
const codes = ["General", "0", "0.0", "0.00", "#,##0", "#,##0.00", "000000", "00000", '"FAB-"0000', '0000"-B"', "000-000", "(000) 0000", "#", "#.##", "0.0#", "0.??", 
  '"¥"#,##0.00', "[$¥-804]#,##0.00", "[$€-2] #,##0.00", "$#,##0.00_);($#,##0.00)", "#,##0_);[Red](#,##0)", "0.00;-0.00", "0;(0);\"-\"", "0%", "0.0%", "0.00%", "#,##0.00%", '0.00" m"', '0"件"',
  "_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", "@", 'General"件"', "[Red]0.00", "[Color3]0", "\\A0", "0\\-00\\-00", "####-####", "##,##0.0", ".00", "#.00", "0.000"];
const values = [0, 1, 5, 18, 117, 12.5, 0.2, 0.125, 0.005, 12.345, 99.995, 1234.5, 1234567.891, 20260117, 6901234567892, 202601123456, -5, -1234.56, 0.1 + 0.2, 1e-7, 999999999999999];
const SSF = XLSX.SSF;
const shown = [];
// Left out is what SheetJS does otherwise than Excel: halves that binary rounds down, what rounds to minus zero, and digits beyond the places of a code with strokes.
const strokes = new Set(["000-000", "####-####"]);
for (const code of codes) for (const value of values) { if (strokes.has(code) && (value < 0 || value > 999999)) continue; let text; try { text = SSF.format(code, value); } catch (e) { continue; } shown.push([code, value, text]); }
fs.writeFileSync(path.join(folder, "number-formats.json"), "[\n" + shown.map(row => JSON.stringify(row)).join(",\n") + "\n]\n");
