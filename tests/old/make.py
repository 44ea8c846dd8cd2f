#!/usr/bin/env python3
"""Makes a small store with a released program: make.py PROGRAM FOLDER. What it does is done by the program's own commands and its API.

FOLDER gets hangtag.db, keys, labels.csv (what was printed), hangtag.sql (the same facts for PostgreSQL) and facts.json (every row of every table). README.md says more."""
import csv, http.cookiejar, json, os, re, shutil, socket, sqlite3, struct, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request, zlib

program, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
work = os.path.join(tempfile.gettempdir(), "hangtag-old-store")
os.mkdir(work)
store = os.path.join(work, "hangtag.db")
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
base = f"http://127.0.0.1:{port}"
env = {name: value for name, value in os.environ.items() if not name.startswith("HANGTAG_")}
env.update(LANG="en_GB.UTF-8", HANGTAG_DATABASE_URL=f"sqlite://{store}", HANGTAG_PUBLIC_URL=base, HANGTAG_LISTEN=f"127.0.0.1:{port}", HANGTAG_LOG="warn")
PASSWORD = "the oldest store of them all"


def run(*arguments, given=None):
    done = subprocess.run([program, *arguments], env=env, input=given, capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


class Browser:
    def __init__(self, token=None):
        self.token, jar = token, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))

    def send(self, method, path, body=None, kind=None, key=None, ok=(200, 201)):
        headers = {"Origin": base, "Accept": "application/json" if path.startswith("/api/") else "text/html", "Accept-Language": "zh-CN",
                   "User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"}
        if self.token: headers["Authorization"] = f"Bearer {self.token}"
        if kind: headers["Content-Type"] = kind
        if key: headers["Idempotency-Key"] = key
        request = urllib.request.Request(base + path, data=body, headers=headers, method=method)
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        assert answer.status in ok, (method, path, answer.status, text[:600].decode("utf-8", "replace"))
        return text

    def json(self, method, path, value=None, **more):
        body = None if value is None else json.dumps(value).encode()
        text = self.send(method, path, body, "application/json" if body else None, **more)
        return json.loads(text) if text else None

    def form(self, page, action, fields, ok=(200,)):
        html = self.send("GET", page).decode()
        token = re.search(r'name="csrf" value="([^"]*)"', html)
        fields = {**fields, **({"csrf": token.group(1)} if token else {})}
        return self.send("POST", action, urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded", ok=ok).decode()


def png(side):
    rows = b"".join(b"\0" + bytes(value for x in range(side) for value in (x * 5 % 256, y * 3 % 256, (x ^ y) % 256)) for y in range(side))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


run("migrate")
roles = [part for role in ("admin", "planner", "label_operator", "inspector", "supplier_manager", "agent") for part in ("--role", role)]
run("user", "add", "boss", *roles, "--password-stdin", given=PASSWORD + "\n")
run("user", "add", "invited", "--role", "inspector")
server = subprocess.Popen([program, "serve"], env=env, stdout=subprocess.DEVNULL)
try:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    desk = Browser()
    desk.form("/sign-in", "/sign-in", {"login": "boss", "password": PASSWORD, "back": ""})
    issued = desk.json("POST", "/api/v1/api-keys", {"name": "ERP 仓库", "roles": ["admin", "planner", "label_operator", "inspector", "supplier_manager", "agent"]})
    token = Browser(issued["secret"]).json("POST", "/api/v1/token", {"key": issued["secret"]})["token"]
    api = Browser(token)
    both = lambda zh, en: {"zh": zh, "en": en}

    party = lambda code, zh, en, *roles, **more: api.json("POST", "/api/v1/parties", {"code": code, "name": both(zh, en), "roles": list(roles), **more})
    party("BRAND", "岚山服饰有限公司", "Lanshan Apparel", "brand", country="CN", city="上海", address=both("上海市静安区1号", "1 Jing'an, Shanghai"), contact="400-000-0000")
    party("MILL-甲", "甲纺织", "", "mill", "supplier", country="CN")
    party("DYE-1", "一染", "Dyer One", "dye_house", gln="6901234000009", country="CN", city="绍兴")
    party("FAC-1", "一厂", "Factory One", "factory", country="VN", city="Đà Nẵng")
    party("SHOP-1", "一店", "O'Neill \"One\" & Sons", "retailer", country="CN", city="上海")
    closed = party("OLD-1", "旧厂", "Closed", "factory")
    api.json("PUT", "/api/v1/parties/OLD-1", {"code": "OLD-1", "name": both("旧厂", "Closed"), "roles": ["factory"], "status": "closed", "version": closed["version"]})
    for day, months in (("2024-01-01", 6), ("2025-06-01", 12)):
        api.json("POST", "/api/v1/policies", {"code": "W-STD", "valid_from": day, "months": months, "days": 3, "start_rules": ["delivered", "sold", "activated"],
                                              "made_plus_months": 36, "coverage": both("面料、缝线。\n拉链。", "Fabric; seams.\nZips."), "exclusions": both("洗坏的", "")})
    cotton = {"name": both("棉", "Cotton"), "hundredths": 9500}
    elastane = {"name": both("氨纶", "Elastane"), "hundredths": 500}
    facts = {"composition": [{"name": both("面料", "Shell"), "fibres": [cotton, elastane]}], "care": ["wash-40"], "stages": {"sew": "VN", "weave": "CN"}, "safety_class": "B",
             "product_standard": "FZ/T 81007-2022", "origin": both("越南缝制", "Sewn in Viet Nam"), "faq": [{"question": both("缩水吗？", "Does it shrink?"), "answer": both("不到 2%。", "Under 2 %.")}]}
    api.json("POST", "/api/v1/styles", {"code": "ST-1", "brand": "岚山", "name": both("男式衬衫", "Shirt"), "category": "shirt", "manufacturer": "BRAND", "policy": "W-STD", "facts": facts})
    api.json("POST", "/api/v1/styles", {"code": "ST-2", "name": both("", "Secret coat"), "confidential": True})
    sku = api.json("POST", "/api/v1/skus", {"style": "ST-1", "code": "ST-1-M", "gtin": "6901234000016", "colour": both("白", "White"), "size": "M", "size_label": "170/88A"})
    sku = api.json("PUT", "/api/v1/skus/ST-1-M", {"style": "ST-1", "code": "ST-1-M", "gtin": "6901234000023", "colour": both("白", "White"), "size": "M", "size_label": "170/88A", "version": sku["version"]})
    api.json("POST", "/api/v1/skus", {"style": "ST-1", "code": "ST-1-S", "colour": both("藏青", "Navy"), "size": "S"})
    lot = lambda code, supplier, kind, quantity, unit, **more: api.json("POST", "/api/v1/lots", {"code": code, "supplier": supplier, "kind": kind, "material": both("纯棉府绸", "Cotton poplin"), "quantity_milli": quantity, "unit": unit, **more})
    lot("YARN-1", "MILL-甲", "yarn", 120_500, "kg", country="CN", produced_on="2025-03-01")
    lot("CLOTH-1", "DYE-1", "fabric", 900_250, "m", dye_lot="D-7788", received_on="2025-04-02", parents=[{"lot": "YARN-1", "quantity_milli": 100_000}])
    lot("BTN-1", "MILL-甲", "button", 5_000_000, "pcs")
    api.json("POST", "/api/v1/batches", {"code": "B-1", "sku": "ST-1-M", "factory": "FAC-1", "line": "3", "started_on": "2025-05-01", "finished_on": "2025-05-20", "planned": 60,
                                         "status": "released", "lots": [{"component": "shell", "lot": "CLOTH-1", "units": "1-40", "quantity_milli": 80_000}, {"component": "button", "lot": "BTN-1"}]})
    api.json("POST", "/api/v1/batches", {"code": "B-2", "sku": "ST-1-S", "factory": "FAC-1", "planned": 10})
    api.json("POST", "/api/v1/batches", {"code": "B-OLD", "sku": "ST-1-M", "factory": "FAC-1", "planned": 5, "origin": "foreign"})
    garments = os.path.join(work, "garments.csv")
    open(garments, "w").write("batch_code,serial,gtin\nB-OLD,OLD/0001,6901234000023\nB-OLD,OLD-0002,6901234000023\n")
    # The server writes to the same file: two programs may.
    run("import", "garments", garments)
    labels = os.path.join(work, "labels.csv")
    run("labels", "make", "--batch", "B-1", "--count", "40", "--format", "csv", "--claim-codes", "--out", labels)
    made = list(csv.DictReader(open(labels, encoding="utf-8-sig")))
    serial = lambda unit: made[unit]["serial"]
    code = lambda unit: made[unit]["claim_code"]
    api.json("POST", "/api/v1/batches/B-1/voids", {"units": ["39", "40"], "reason": "印坏了"})
    printer = api.json("POST", "/api/v1/printers", {"code": "P-1", "name": "一楼", "host": "127.0.0.1", "port": 9, "language": "zpl", "dpi": 300, "confirms": False})
    job = api.json("POST", "/api/v1/label-jobs", {"batch": "B-1", "printer": "P-1", "count": 45, "template": "hangtag-40x60-en"}, ok=(200, 201, 202))
    api.json("POST", "/api/v1/links", {"level": "style", "code": "ST-1", "link_type": "gs1:instructions", "href": "https://example.com/care?a=1&b=2", "title": "洗涤说明", "hreflang": "zh-CN"})
    api.json("POST", "/api/v1/links", {"level": "batch", "code": "B-1", "link_type": "gs1:pip", "href": "https://example.com/b1", "title": "Batch page", "media_type": "text/html", "is_default": True})
    sale = lambda unit, day, key=None, **more: api.json("POST", "/api/v1/sales", {"serial": serial(unit), "sold_on": day, **more}, key=key)
    sale(0, "2025-07-01", "order-1", delivered_on="2025-07-04", retailer="SHOP-1", order_no="SO 0001", channel="shop", price={"minor": 39900, "currency": "CNY"}, country="CN", city="上海")
    sale(1, "2025-07-02", retailer="SHOP-1")
    sale(2, "2025-07-03")
    sale(3, "2025-07-04", promised_on="2025-07-10")
    api.json("POST", f"/api/v1/sales/{serial(1)}/returned", {"returned_on": "2025-07-09"})
    sale(1, "2025-08-01", retailer="SHOP-1", order_no="again")
    api.json("POST", f"/api/v1/warranties/{serial(2)}/void", {"reason": "改制过"})
    gtin = "06901234000023"
    card = f"/card/{gtin}/{serial(0)}"
    buyer = Browser()
    buyer.send("GET", card)
    buyer.form(card + "/claim", card + "/claim", {"code": "AAAAAAAAAA"}, ok=(200, 422))
    buyer.form(card + "/claim", card + "/claim", {"code": code(0)})
    buyer.form(card + "/mine", card + "/mine/contact", {"phone": "13800138000", "service": "on", "recall": "on"}, ok=(200, 422))
    card = f"/card/{gtin}/{serial(3)}"
    second = Browser()
    second.form(card + "/claim", card + "/claim", {"code": code(3)})
    second.form(card + "/mine", card + "/mine/transfer", {})
    finding = lambda subject, **more: api.json("POST", "/api/v1/findings", {"subject": subject, "defect": "pilling", "stage": "final", **more})
    shown = finding(serial(0), note="领口，轻微")
    finding("B-1", kind="batch", quantity=3, severity="major", found_on="2025-05-18")
    finding("CLOTH-1", kind="lot", stage="incoming", quantity=12)
    gone = finding(serial(4))
    number = lambda one: (one.get("findings") or [one])[0]["id"]
    api.json("POST", f"/api/v1/findings/{number(gone)}/withdraw", {"reason": "看错了", "version": (gone.get("findings") or [gone])[0]["version"]})
    api.send("POST", f"/api/v1/findings/{number(shown)}/photos", png(96), "image/png")
    api.json("POST", "/api/v1/recall-scopes", {"code": "RC-1", "title": "褪色布", "query": {"kind": "lot", "code": "CLOTH-1"}})
    parties = "code,name_zh,roles\nBRAND,岚山服饰有限公司,brand\n".encode()
    api.send("POST", "/api/v1/imports/parties?file=parties.csv", parties, "text/csv", ok=(200, 201, 202))
    time.sleep(8)
finally:
    server.terminate()
    server.wait(20)

# The one table that neither a command nor the API of 0.1 writes.
c = sqlite3.connect(store)
c.execute("INSERT INTO policy (code, version, valid_from, value) VALUES ('transfer_hours', 1, '2025-01-01 00:00:00.000000', '48')")
c.commit()
# Small pages for a small file; then as the program leaves it.
for pragma in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 1024", "VACUUM", "PRAGMA journal_mode = WAL"):
    c.execute(pragma)
c.commit()

tables = [row[0] for row in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY rowid")]
facts, sql = {}, []


def literal(value, kind):
    if value is None: return "NULL"
    if kind == "BOOLEAN": return "TRUE" if value else "FALSE"
    if isinstance(value, bytes): return f"'\\x{value.hex()}'"
    if isinstance(value, (int, float)): return str(value)
    return "'" + value.replace("'", "''") + "'"


def plain(value, kind):
    if kind == "BOOLEAN": return bool(value)
    if isinstance(value, bytes): return {"hex": value.hex()}
    if kind == "TIMESTAMP":
        whole, _, part = (value or "").partition(".")
        return value and f"{whole}.{part:0<6}"
    return value


for table in tables:
    columns = [(row[1], row[2].upper()) for row in c.execute(f"PRAGMA table_info({table})")]
    rows = list(c.execute(f"SELECT {', '.join(name for name, _ in columns)} FROM {table}"))
    assert rows, f"{table} is empty"
    facts[table] = sorted(({name: plain(value, kind) for (name, kind), value in zip(columns, row)} for row in rows), key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=True))
    for row in rows:
        sql.append(f"INSERT INTO {table} ({', '.join(name for name, _ in columns)}) VALUES ({', '.join(literal(value, kind) for (_, kind), value in zip(columns, row))});")
c.close()
os.makedirs(folder, exist_ok=True)
shutil.copy(store, folder)
shutil.copy(os.path.join(work, "keys"), folder)
shutil.copy(labels, folder)
open(os.path.join(folder, "hangtag.sql"), "w").write("\n".join(sql) + "\n")
lines = [json.dumps(table) + ": [\n" + ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows) + "\n]" for table, rows in facts.items()]
open(os.path.join(folder, "facts.json"), "w").write("{\n" + ",\n".join(lines) + "\n}\n")
shutil.rmtree(work)
print({table: len(rows) for table, rows in facts.items()})
