"""Writes the sample workbooks with openpyxl: python3 openpyxl_files.py FOLDER"""
import datetime, sys, os
import openpyxl
from openpyxl.styles import numbers

folder = sys.argv[1]
HEAD = ["批号", "颜色", "尺码", "再生比例", "到货日期", "数量", "单价", "合格", "备注"]


def put(sheet, row, values, formats={}):
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row, column)
        if value is not None:
            cell.value = value
        if column in formats:
            cell.number_format = formats[column]


# What can be read: see README.md.
book = openpyxl.Workbook()
cover = book.active
cover.title = "说明"
cover["A1"] = "请勿修改表头"
january = book.create_sheet("1月")
january["A1"] = "2026年1月 到货单"
january.merge_cells("A1:I1")
put(january, 3, HEAD)
put(january, 4, [117, "藏青", "2-4", 0.2, datetime.date(2026, 1, 31), 1234.5, 12.5, True, "首批"],
    {1: '"FAB-"0000', 4: "0%", 5: "yyyy-mm-dd", 6: "#,##0.00", 7: '"¥"#,##0.00'})
put(january, 5, [18, None, 38, 0.125, datetime.date(2026, 2, 1), 2469, 19.9, False, None],
    {1: "00000", 4: "0.0%", 5: '[$-804]yyyy"年"m"月"d"日"'})
put(january, 6, ["D-0017", None, "M", "33.3%", datetime.datetime(2026, 2, 2, 10, 20), 7, 5, True, None],
    {5: "m/d/yy h:mm", 7: "0.00_);(0.00)"})
january.merge_cells("B4:B6")
january.row_dimensions[6].hidden = True
january.column_dimensions["I"].hidden = True
february = book.create_sheet("2月")
put(february, 1, HEAD)
put(february, 2, [200, "米白", "XL", 1, datetime.date(2026, 2, 28), 0.5, 0, True, None],
    {1: '"FAB-"0000', 4: "0.00%", 5: numbers.BUILTIN_FORMATS[14]})
old = book.create_sheet("旧")
put(old, 1, HEAD)
put(old, 2, ["OLD-1", "黑", "S", "5%", "2025-12-01", 1, 1, True, None])
old.sheet_state = "hidden"
book.save(os.path.join(folder, "openpyxl.xlsx"))

# What must be refused, a row each.
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "1月"
put(sheet, 1, HEAD)
day = datetime.date(2026, 2, 4)
rows = [
    (["A-1", "白", day, None, None, 1], {3: "m-d"}),
    (["A-2", True, "M", None, None, 1], {}),
    ([2026033100001234, "白", "M", None, None, 1], {}),
    (["A-4", "白", 0.75, None, None, 1], {3: "# ?/?"}),
    ([202601123456, "白", "M", None, None, 1], {1: "0.00E+00"}),
    (["=\"A-\"&6", "白", "M", None, None, 1], {}),
    (["A-7", "白", "M", None, datetime.time(18, 0), 1], {5: "h:mm"}),
    (["A-8", "白", 120, None, None, 1], {3: "[>100]0;0.0"}),
    (["2.02601E+11", "白", "M", None, None, 1], {}),
    (["A-10", "白", "M", None, None, day], {6: "yyyy-mm-dd"}),
    (["A-11", "白", "M", 0.2, None, 1500000], {4: "0.00", 6: "0.0,"}),
    (["A-12", "白", 8, None, None, 1], {3: ";;;"}),
    ([day, "白", "M", None, None, 1], {1: "yyyy/m/d"}),
    (["A-14", "白", 5, None, None, 1], {3: "[DBNum1]0"}),
    (["A-15", "白", "M", None, "2026-03-31 至 2026-04-05", 1], {}),
    (["A-16", "白", "M", None, None, 0.2], {6: "0%"}),
]
for line, (values, formats) in enumerate(rows, 2):
    put(sheet, line, values, formats)
book.save(os.path.join(folder, "openpyxl-refused.xlsx"))
