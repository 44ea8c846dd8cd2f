"""Writes workbooks with the same content as the others in the form that Excel, WPS and Google Sheets give them. They are imitations, written part by
part after what those programs write: python3 imitations.py FOLDER"""
import os, sys, zipfile

folder = sys.argv[1]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = ["批号", "颜色", "尺码", "再生比例", "到货日期", "数量", "单价", "合格", "备注"]


def parts(sheets, styles, strings, book_extra, app, sheet_state="hidden", book_name="xl/workbook.xml"):
    """The package around the sheets: (name, state, xml)."""
    folder_of_book, name_of_book = book_name.rsplit("/", 1)
    rels = "".join(f'<Relationship Id="rId{n}" Type="{REL}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1))
    rels += f'<Relationship Id="rId90" Type="{REL}/styles" Target="styles.xml"/><Relationship Id="rId91" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>'
    listed = "".join(f'<sheet name="{name}" sheetId="{n}"{state} r:id="rId{n}"/>' for n, (name, state, _) in enumerate(sheets, 1))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    made = {
        "[Content_Types].xml": head + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": head + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="{book_name}"/></Relationships>',
        book_name: head + f'<workbook xmlns="{MAIN}" xmlns:r="{REL}">{book_extra[0]}<sheets>{listed}</sheets>{book_extra[1]}</workbook>',
        f"{folder_of_book}/_rels/{name_of_book}.rels": head + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rels}</Relationships>',
        f"{folder_of_book}/styles.xml": head + styles,
        f"{folder_of_book}/sharedStrings.xml": head + strings,
    }
    for n, (_, _, xml) in enumerate(sheets, 1):
        made[f"{folder_of_book}/worksheets/sheet{n}.xml"] = head + xml
    if app:
        made["docProps/app.xml"] = head + f'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>{app}</Application></Properties>'
    return made


def write(name, made):
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in made.items():
            info = zipfile.ZipInfo(part, (2026, 2, 3, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)


def escape(text):
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


class Strings:
    def __init__(self):
        self.all = []

    def __call__(self, text):
        if text not in self.all:
            self.all.append(text)
        return self.all.index(text)


def styles(codes):
    """codes: for each style an id of a built-in format, or a code."""
    own = [code for code in codes if isinstance(code, str)]
    ids = [code if isinstance(code, int) else 176 + own.index(code) for code in codes]
    formats = "".join(f'<numFmt numFmtId="{176 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(own))
    xfs = "".join(f'<xf numFmtId="{i}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for i in ids)
    return f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(own)}">{formats}</numFmts><fonts count="1"><font><sz val="11"/></font></fonts><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="{len(ids)}">{xfs}</cellXfs></styleSheet>'


def cell(reference, style, inner="", kind=""):
    kind = f' t="{kind}"' if kind else ""
    return f'<c r="{reference}" s="{style}"{kind}>{inner}</c>' if inner else f'<c r="{reference}" s="{style}"/>'


def sheets(strings, row_extra, columns, tail, shared_formula):
    """The four sheets; styles: 0 General, 1 "FAB-"0000, 2 00000, 3 0%, 4 0.0%, 5 a day, 6 a day in Chinese, 7 day and time, 8 #,##0.00, 9 money, 10 accounts, 11 0.00%."""
    s = lambda ref, text, style=0: cell(ref, style, f"<v>{strings(text)}</v>", "s")
    n = lambda ref, value, style=0: cell(ref, style, f"<v>{value}</v>")
    b = lambda ref, value: cell(ref, 0, f"<v>{value}</v>", "b")
    row = lambda number, cells, extra="": f'<row r="{number}"{row_extra}{extra}>{"".join(cells)}</row>'
    head = lambda number: row(number, [s(f"{c}{number}", text) for c, text in zip("ABCDEFGHI", HEAD)])
    sheet = lambda rows, merges="", cols="": f'<worksheet xmlns="{MAIN}" xmlns:r="{REL}">{cols}<sheetData>{"".join(rows)}{tail}</sheetData>{merges}</worksheet>'
    total = f'<f{shared_formula}>F4*2</f><v>2469</v>'
    january = sheet([
        row(1, [s("A1", "2026年1月 到货单")] + [cell(f"{c}1", 0) for c in "BCDEFGHI"]),
        head(3),
        row(4, [n("A4", 117, 1), s("B4", "藏青"), s("C4", "2-4"), n("D4", "0.2", 3), n("E4", 46053, 5), n("F4", "1234.5", 8), n("G4", "12.5", 9), b("H4", 1), s("I4", "首批")]),
        row(5, [n("A5", 18, 2), cell("B5", 0), n("C5", 38), n("D5", "0.125", 4), n("E5", 46054, 6), cell("F5", 0, total), n("G5", "19.899999999999999"), b("H5", 0)]),
        row(6, [s("A6", "D-0017"), cell("B6", 0), s("C6", "M"), s("D6", "33.3%"), n("E6", "46055.430555555555", 7), n("F6", 7), n("G6", 5, 10), b("H6", 1)], ' hidden="1"'),
    ], '<mergeCells count="2"><mergeCell ref="A1:I1"/><mergeCell ref="B4:B6"/></mergeCells>', columns)
    february = sheet([head(1), row(2, [n("A2", 200, 1), s("B2", "米白"), s("C2", "XL"), n("D2", 1, 11), n("E2", 46081, 5), n("F2", "0.5"), n("G2", 0), b("H2", 1)])])
    old = sheet([head(1), row(2, [s("A2", "OLD-1"), s("B2", "黑"), s("C2", "S"), s("D2", "5%"), s("E2", "2025-12-01"), n("F2", 1), n("G2", 1), b("H2", 1)])])
    return [("说明", "", sheet([row(1, [s("A1", "请勿修改表头")])])), ("1月", "", january), ("2月", "", february), ("旧", ' state="hidden"', old)]


hidden = '<cols><col min="9" max="9" width="9" hidden="1" customWidth="1"/></cols>'
plain = lambda strings: "".join(f"<si><t>{escape(text)}</t></si>" for text in strings.all)

strings = Strings()
made = sheets(strings, ' spans="1:9" x14ac:dyDescent="0.25"', hidden, "", "")
# Excel declares the prefixes it uses, and writes runs and reading aids.
made = [(name, state, xml.replace("<worksheet ", '<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" ', 1)) for name, state, xml in made]
texts = plain(strings).replace("<si><t>藏青</t></si>", '<si><r><t>藏</t></r><r><rPr><b/></rPr><t xml:space="preserve">青</t></r><rPh sb="0" eb="1"><t>zang</t></rPh><phoneticPr fontId="1"/></si>')
table = f'<sst xmlns="{MAIN}" count="40" uniqueCount="{len(strings.all)}">{texts}</sst>'
codes = [0, '"FAB-"0000', "00000", 9, "0.0%", 14, '[$-804]yyyy"年"m"月"d"日";@', "yyyy/m/d h:mm;@", 4, '"¥"#,##0.00_);[Red]\\("¥"#,##0.00\\)', 44, 10]
write("excel-like.xlsx", parts(made, styles(codes), table, ("<workbookPr defaultThemeVersion=\"166925\"/>", '<calcPr calcId="191029"/>'), "Microsoft Excel"))

strings = Strings()
made = sheets(strings, "", hidden, "", ' t="shared" ref="F5:F5" si="0"')
table = f'<sst xmlns="{MAIN}" count="40" uniqueCount="{len(strings.all)}">{plain(strings)}</sst>'
codes = [0, '"FAB-"0000', "00000", 9, "0.0%_ ", 31, "yyyy\"年\"m\"月\"d\"日\"", "yyyy/m/d\\ h:mm", "#,##0.00_ ", "¥#,##0.00;¥\\-#,##0.00", "_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", 10]
write("wps-like.xlsx", parts(made, styles(codes), table, ("<workbookPr/>", '<calcPr calcId="144525"/>'), "WPS 表格"))

strings = Strings()
blank = "".join(f'<row r="{number}" ht="15.75" customHeight="1">' + "".join(cell(f"{c}{number}", 0) for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ") + "</row>" for number in range(900, 1001))
made = sheets(strings, ' ht="15.75" customHeight="1"', hidden, blank, "")
table = f'<sst xmlns="{MAIN}" count="40" uniqueCount="{len(strings.all)}">{plain(strings)}</sst>'
codes = [0, '"FAB-"0000', "00000", 9, "0.0%", "yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m/d/yyyy h:mm:ss", 4, "[$¥-804]#,##0.00", "_(\"¥\"* #,##0.00_);_(\"¥\"* \\(#,##0.00\\);_(\"¥\"* \"-\"??_);_(@_)", 10]
write("google-like.xlsx", parts(made, styles(codes), table, ("<workbookPr/>", "<definedNames/>"), None))
