#!/usr/bin/env bash
# Chinese, Japanese and Korean date cells: dates for some readers, numbers for others, and after one pass through a library numbers for all.
#
# Versions: XlsxWriter 3.3.1 as the writer; openpyxl 3.1.5, pandas 2.3.3, python-calamine 0.9.1, exceljs 4.4.0, SheetJS 0.20.3 (npm @e965/xlsx).
#
# The rule: ECMA-376 part 1, 18.8.30 (numFmt). A number format below 164 may stand in a workbook as its number alone. Beside those that all know
# (14 is a date) it lists others by language: 27 to 36 and 50 to 58 are dates and times in Chinese (simplified and traditional), Japanese and
# Korean. In simplified Chinese 31 is year, month and day in characters, 57 year and month, 58 month and day.
#
# What happens to 1 December 2025 in four cells, with 14, 31, 57 and 58:
#   - calamine and SheetJS read four dates. openpyxl, and so pandas unless told otherwise, and exceljs read one date and 45992 three times: pandas
#     reads one file in two ways, by its engine.
#   - exceljs writes the workbook it has read with 14 kept and the other three formats gone; so does SheetJS when it is asked to keep number
#     formats (cellNF); only cellDates saves them. From then on every reader has 45992: what said that it is a date is no longer in the file.
#     openpyxl, which does not know the formats either, keeps their numbers.
#
# Why it matters here: lists of lots and inspections come from factories whose Excel is Chinese, where year-month-day in characters is among the
# date formats on offer. A buyer's script on the way (split, merge, add a column) makes five-digit numbers of some dates of a column while
# those typed as 2025/12/1 stay dates, and nothing complains. A bare number in a column of dates must be refused with the reason, never taken
# for a date by guessing; and who reads such files must know these formats by number.
#
# Fails when any of this reads otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

npm install --ignore-scripts --no-audit --no-fund --loglevel=error exceljs@4.4.0 @e965/xlsx@0.20.3 >install.log 2>&1 || { cat install.log; exit 1; }
{ python3 -m venv venv && venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps numpy==2.4.6 pandas==2.3.3 \
    python-dateutil==2.9.0.post0 pytz==2025.2 six==1.17.0 tzdata==2025.2 openpyxl==3.1.5 et_xmlfile==2.0.0 python-calamine==0.9.1 \
    xlsxwriter==3.3.1; } >install.log 2>&1 || { cat install.log; exit 1; }

cat >write.py <<'PY'
from datetime import date

import openpyxl
import xlsxwriter

with xlsxwriter.Workbook("factory.xlsx") as book:
    sheet = book.add_worksheet()
    for column, number in enumerate((14, 31, 57, 58)):
        sheet.write(0, column, f"format {number}")
        sheet.write_datetime(1, column, date(2025, 12, 1), book.add_format({"num_format": number}))

openpyxl.load_workbook("factory.xlsx").save("by-openpyxl.xlsx")
PY
venv/bin/python write.py

cat >read.py <<'PY'
import sys
import warnings

warnings.simplefilter("ignore")
import openpyxl
import pandas
from python_calamine import CalamineWorkbook


def show(values):
    return " ".join(f"{value:g}" if isinstance(value, (int, float)) else str(value)[:10] for value in values)


for path in sys.argv[1:]:
    print(path, "openpyxl", show(list(openpyxl.load_workbook(path).worksheets[0].values)[1]))
    print(path, "pandas", show(pandas.read_excel(path, dtype=object).iloc[0]))
    print(path, "pandas-calamine", show(pandas.read_excel(path, dtype=object, engine="calamine").iloc[0]))
    print(path, "calamine", show(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1]))
PY
cat >pass.cjs <<'JS'
const exceljs = require("exceljs"), sheetjs = require("@e965/xlsx");
const show = (values) => values.map((value) => (value instanceof Date ? value.toISOString().slice(0, 10) : String(value))).join(" ");
(async () => {
  const book = new exceljs.Workbook();
  await book.xlsx.readFile("factory.xlsx");
  await book.xlsx.writeFile("by-exceljs.xlsx");
  sheetjs.writeFile(sheetjs.readFile("factory.xlsx", { cellNF: true }), "by-sheetjs.xlsx");
  sheetjs.writeFile(sheetjs.readFile("factory.xlsx", { cellDates: true }), "by-sheetjs-dates.xlsx");
  for (const path of process.argv.slice(2)) {
    const read = new exceljs.Workbook();
    await read.xlsx.readFile(path);
    console.log(path, "exceljs", show(read.worksheets[0].getRow(2).values.slice(1)));
    const { Sheets, SheetNames } = sheetjs.readFile(path, { cellDates: true, UTC: true });
    console.log(path, "sheetjs", show(sheetjs.utils.sheet_to_json(Sheets[SheetNames[0]], { header: 1, UTC: true })[1]));
  }
})();
JS
files=(factory.xlsx by-openpyxl.xlsx by-exceljs.xlsx by-sheetjs.xlsx)
node pass.cjs "${files[@]}" by-sheetjs-dates.xlsx >found
venv/bin/python read.py "${files[@]}" >>found

four="2025-12-01 2025-12-01 2025-12-01 2025-12-01"
one="2025-12-01 45992 45992 45992"
failed=0
expect() { # file, reader, what it was
    local found
    found=$(sed -n "s/^$1 $2 //p" found)
    if [ "$found" = "$3" ]; then printf '  %-16s %s\n' "$2" "$found"; else printf '  %-16s %s   CHANGED: it was %s\n' "$2" "$found" "$3"; failed=1; fi
}
for file in "${files[@]}"; do
    case $file in factory.xlsx | by-openpyxl.xlsx) knowing=$four ;; *) knowing=$one ;; esac
    echo "$file: formats 14, 31, 57, 58"
    for reader in openpyxl pandas exceljs; do expect "$file" "$reader" "$one"; done
    for reader in calamine pandas-calamine sheetjs; do expect "$file" "$reader" "$knowing"; done
done
echo "by-sheetjs-dates.xlsx: formats 14, 31, 57, 58"
expect by-sheetjs-dates.xlsx sheetjs "$four"
exit "$failed"
