//! The path for which the product exists, through HTTP and with nothing put into the store by hand: from the first tap on a card, over the desk,
//! the workshop and the ledger, to a statement that somebody else works out again in an empty folder. What each room refuses is told in its own
//! file; here one season lives through eight stories, and the money is counted at the end.

use hangtag::kernel::BatchNo;
use hangtag::production::batches;
use hangtag::quality::liability;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::findings::{jpeg, multipart};
use crate::story;
use crate::support::goods::Goods;
use crate::support::personas::Persona;
use crate::support::program::Program;
use crate::support::{Request, TestApp};

const SHIRT: &str = "06900000000014";
const TUNIC: &str = "06900000000021";
const PERIOD: [&str; 2] = ["2026-06-01", "2026-06-30"];

/// Who supplies, carries and sells; what they made of it.
struct House<'a> {
    app: &'a TestApp,
    shirts: Goods,
    tunics: Goods,
    /// Every supplier's own door: it sees what is its own.
    trims: Persona<'a>,
    dyer: Persona<'a>,
    carrier: Persona<'a>,
}

async fn made(who: &Persona<'_>, uri: &str, document: Value) -> Value {
    who.json("POST", uri, &document).await.expect(201).json()
}

/// A batch of ten, minted, whose lots are these.
async fn batch(app: &TestApp, code: &str, gtin: &str, category: &str, lots: Value) -> Goods {
    let planner = app.persona(Role::Admin).await;
    let name = |zh: &str, en: &str| json!({ "zh": zh, "en": en });
    let style =
        json!({ "code": format!("S-{code}"), "name": name("款式", "Style"), "category": category, "manufacturer": "FAC", "policy": "STD" });
    made(&planner, "/api/v1/styles", style).await;
    let sku = json!({ "style": format!("S-{code}"), "code": format!("K-{code}"), "gtin": gtin, "colour": name("浅粉", "Light pink"), "size": "M", "size_label": "170/88A" });
    made(&planner, "/api/v1/skus", sku).await;
    made(&planner, "/api/v1/batches", json!({ "code": code, "sku": format!("K-{code}"), "factory": "FAC", "planned": 10, "lots": lots }))
        .await;
    planner.json("POST", &format!("/api/v1/batches/{code}/mint"), &json!({ "count": 10 })).await.expect(200);
    let of = code.to_owned();
    let no: BatchNo = app.look(move |db| Ok(batches::batch_by_code(db, &of)?.unwrap().no)).await;
    Goods { no, code: code.to_owned(), gtin: gtin.to_owned() }
}

impl<'a> House<'a> {
    async fn new(app: &'a TestApp) -> Self {
        app.seed().await;
        let planner = app.persona(Role::Admin).await;
        for (code, role) in
            [("FAC", "factory"), ("TRIM", "trim_maker"), ("MILL", "mill"), ("DYE", "dye_house"), ("CAR", "carrier"), ("SHOP", "retailer")]
        {
            let party = json!({ "code": code, "name": { "zh": "某单位", "en": "Somebody" }, "roles": [role], "country": "CN" });
            made(&planner, "/api/v1/parties", party).await;
        }
        let policy = json!({
            "code": "STD", "valid_from": "2026-01-01", "months": 12, "days": 0, "start_rules": ["delivered", "sold"],
            "coverage": { "zh": "缝线、纽扣。", "en": "Seams, buttons." }, "exclusions": { "zh": "正常磨损。", "en": "Normal wear." },
        });
        made(&planner, "/api/v1/policies", policy).await;
        for (code, supplier, kind, parents) in [
            ("GREY", "MILL", "fabric", json!([])),
            ("DYED", "DYE", "fabric", json!([{ "lot": "GREY" }])),
            ("BTN", "TRIM", "button", json!([])),
            ("BTN-NEW", "TRIM", "button", json!([])),
        ] {
            let lot = json!({
                "code": code, "supplier": supplier, "kind": kind, "material": { "zh": "料", "en": "Stuff" },
                "quantity_milli": 1_000_000, "unit": "pcs", "parents": parents,
            });
            made(&planner, "/api/v1/lots", lot).await;
        }
        let shirts =
            batch(app, "SHIRTS", SHIRT, "衬衫", json!([{ "component": "shell", "lot": "GREY" }, { "component": "button", "lot": "BTN" }]))
                .await;
        let tunics = batch(app, "TUNICS", TUNIC, "工装", json!([{ "component": "shell", "lot": "DYED" }])).await;
        let party = |code: &'static str| app.look(move |db| Ok(hangtag::production::parties::by_code(db, code)?.unwrap().id));
        let (trims, dyer, carrier) = (party("TRIM").await, party("DYE").await, party("CAR").await);
        Self {
            app,
            shirts,
            tunics,
            trims: app.persona_of_party(Role::Supplier, trims).await,
            dyer: app.persona_of_party(Role::Supplier, dyer).await,
            carrier: app.persona_of_party(Role::Supplier, carrier).await,
        }
    }

    /// Sold on 10 June in this country for this price, and delivered two days later.
    async fn sold(&self, goods: &Goods, unit: i64, country: &str, price: (i64, &str)) -> String {
        let serial = goods.serial(self.app, unit);
        let sale = json!({
            "serial": serial, "sold_on": "2026-06-10", "delivered_on": "2026-06-12", "country": country, "retailer": "SHOP", "channel": "online",
            "order_no": format!("W-{}-{unit}", goods.code), "price": { "minor": price.0, "currency": price.1 },
        });
        made(&self.app.persona(Role::Admin).await, "/api/v1/sales", sale).await;
        serial
    }

    /// Three taps from the card to a sent request: the number of the case and the page of it.
    async fn asks_for_help(&self, goods: &Goods, unit: i64, reason: &str, wanted: &str) -> (String, String) {
        let at = format!("/card/{}/{}", goods.gtin, goods.serial(self.app, unit));
        let card = self.app.send(Request::get(&at).html()).await.expect(200);
        assert!(card.text().contains(&format!("href=\"{at}/help\"")));
        let form = self.app.send(Request::get(&format!("{at}/help?lang=en")).html()).await.expect(200);
        let once = form.text().split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("csrf", ""), ("once", once), ("reason", reason), ("wanted", wanted), ("phone", "13800138000"), ("service", "yes")];
        let sent = self.app.send(multipart(&format!("{at}/help"), &fields, &[jpeg(60, 40)])).await.expect(303);
        let mine = sent.header("location").unwrap().strip_suffix("?sent").unwrap().to_owned();
        (mine.split('/').nth(2).unwrap().to_owned(), mine)
    }

    /// What the page of a request says.
    async fn told(&self, mine: &str) -> String {
        self.app.send(Request::get(&format!("{mine}?lang=en")).html()).await.expect(200).text().to_owned()
    }

    /// Something the desk does with a case.
    async fn desk(&self, no: &str, act: Value) -> Value {
        let agent = self.app.persona(Role::Agent).await;
        agent.json("POST", &format!("/api/v1/cases/{no}/acts"), &act).await.expect(200).json()
    }

    async fn looked_at(&self, no: &str, found: Option<&str>) {
        self.desk(no, json!({ "act": "inspect", "line": 1, "grade": if found.is_some() { "c" } else { "a" }, "found": found })).await;
    }

    async fn case(&self, no: &str) -> Value {
        self.app.persona(Role::Agent).await.get(&format!("/api/v1/cases/{no}")).await.expect(200).json()
    }

    /// A cost of a case's first line, borne by the brand until a verdict says otherwise.
    async fn costs(&self, no: &str, kind: &str, amount: &str, currency: &str) {
        let cost = json!({ "case": no, "line": 1, "kind": kind, "amount": amount, "currency": currency, "occurred_on": "2026-06-15" });
        made(&self.app.persona(Role::Finance).await, "/api/v1/ledger", cost).await;
    }

    /// A verdict reckoned of a case's first line.
    async fn reckoned(&self, no: &str, said: Value) -> Value {
        let mut ask = json!({ "case": no, "line": 1 });
        ask.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        made(&self.app.persona(Role::SupplierManager).await, "/api/v1/verdicts", ask).await
    }

    /// A step of a verdict by somebody who has not done any before.
    async fn step(&self, verdict: &Value, verb: &str, said: Value) -> Value {
        let lead = self.app.persona(Role::Admin).await;
        lead.json("POST", &format!("/api/v1/verdicts/{}/{verb}", verdict["code"].as_str().unwrap()), &said).await.expect(200).json()
    }

    /// Somebody else looks again at what is contested.
    async fn looked_again(&self, verdict: &Value, found: &str, report: &str) {
        let inspector = self.app.persona(Role::Inspector).await;
        let uri = format!("/api/v1/verdicts/{}/inspect", verdict["code"].as_str().unwrap());
        inspector.json("POST", &uri, &json!({ "found": found, "report": report })).await.expect(200);
    }

    /// Told, accepted at the supplier's own door, final.
    async fn accepted_and_final(&self, verdict: &Value, door: &Persona<'_>) {
        self.step(verdict, "notify", json!({})).await;
        door.send(Request::new("POST", &format!("/api/v1/verdicts/{}/accept", verdict["code"].as_str().unwrap()))).await.expect(200);
        assert_eq!(self.step(verdict, "finish", json!({})).await["state"], "final");
    }

    /// What every payer bears of a case, as `payer code amount`.
    async fn borne(&self, no: &str) -> Vec<String> {
        let finance = self.app.persona(Role::Finance).await;
        let all = finance.get(&format!("/api/v1/ledger/balances?case={no}")).await.expect(200).json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let line = |one: &Value| {
            let who = if one["party"].is_string() { text(&one["party"]) } else { text(&one["payer"]) };
            format!("{who} {} {}", text(&one["balance"]["amount"]), text(&one["balance"]["currency"]))
        };
        all.as_array().unwrap().iter().filter(|one| one["balance"]["minor"] != 0).map(line).collect()
    }

    /// A refund of a case, approved and paid by finance.
    async fn refunded(&self, no: &str) -> String {
        let (agent, finance) = (self.app.persona(Role::Agent).await, self.app.persona(Role::Finance).await);
        let asked = made(&agent, "/api/v1/settlements", json!({ "case": no, "kind": "refund", "reason": "returned" })).await;
        let at = format!("/api/v1/settlements/{}", asked["code"].as_str().unwrap());
        finance.send(Request::new("POST", &format!("{at}/approve"))).await.expect(200);
        made(&finance, "/api/v1/payouts", json!({ "currency": asked["currency"] })).await;
        let paid = finance.json("POST", &format!("{at}/paid"), &json!({ "reference": "BANK-1" })).await.expect(200).json();
        assert_eq!(paid["state"], "paid");
        assert_eq!(
            agent.json("POST", "/api/v1/settlements", &json!({ "case": no, "kind": "refund", "reason": "again" })).await.status.as_u16(),
            409
        );
        let line = self.case(no).await["lines"][0].clone();
        assert_eq!((&line["state"], &line["decided"]), (&json!("done"), &json!("refund")), "what is paid is done");
        asked["amount"].as_str().unwrap().to_owned()
    }

    /// The buyer is told, and it is over for good.
    async fn closed(&self, no: &str, result: &str) {
        self.desk(no, json!({ "act": "resolve", "result": result })).await;
        assert_eq!(self.desk(no, json!({ "act": "close" })).await["state"], "closed");
    }

    /// Comes back under a rule, is looked at and found as it should be.
    async fn comes_back(&self, no: &str, rule: &str) -> Value {
        self.comes_back_with(no, rule, None).await
    }

    /// Comes back under a rule, is looked at, and this was found.
    async fn comes_back_with(&self, no: &str, rule: &str, found: Option<&str>) -> Value {
        let agent = self.app.persona(Role::Agent).await;
        let order = made(&agent, "/api/v1/returns", json!({ "case": no, "rule": rule })).await;
        let act = |act: Value| {
            let (agent, uri) = (&agent, format!("/api/v1/returns/{}/act", order["id"].as_str().unwrap()));
            async move { agent.json("POST", &uri, &act).await.expect(200).json() }
        };
        act(json!({ "act": "approve", "inbound": "parcel" })).await;
        act(json!({ "act": "sent", "waybill": "SF-1" })).await;
        act(json!({ "act": "received" })).await;
        self.looked_at(no, found).await;
        act(json!({ "act": "accept", "report": "as new" })).await
    }

    /// A statement of a party, and its file read again by the program in an empty folder of another machine.
    async fn stated(&self, party: &str, door: &Persona<'_>) -> (String, i64) {
        let ask = json!({ "party": party, "from": PERIOD[0], "to": PERIOD[1] });
        let made = made(&self.app.persona(Role::SupplierManager).await, "/api/v1/statements", ask).await;
        let file = door.get(&format!("/api/v1/statements/{}/file", made["code"].as_str().unwrap())).await.expect(200);
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("statement.json");
        std::fs::write(&at, &file.body).unwrap();
        let elsewhere = Program::in_folder(folder.path());
        let said = elsewhere.run(&["statement", "verify", at.to_str().unwrap()]).well();
        assert_eq!(said.out.trim(), made["sha256"].as_str().unwrap());
        let one_byte = file.text().replacen("CNY", "CNZ", 1);
        assert_ne!(one_byte, file.text());
        std::fs::write(&at, one_byte).unwrap();
        elsewhere.run(&["statement", "verify", at.to_str().unwrap()]).badly();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        (made["amount"].as_str().unwrap().to_owned(), made["claims"].as_i64().unwrap())
    }
}

/// A button fell off: repaired with a button of another lot, the first lot's maker pays every cent.
async fn a_repaired_button(house: &House<'_>) {
    let serial = house.sold(&house.shirts, 0, "CN", (39_900, "CNY")).await;
    let (no, mine) = house.asks_for_help(&house.shirts, 0, "button_off", "repair").await;
    assert!(house.told(&mine).await.contains("Received"));
    house.desk(&no, json!({ "act": "take" })).await;
    house.looked_at(&no, Some("hook_button_broken")).await;
    let (one, other) = (house.app.persona(Role::Agent).await, house.app.persona(Role::Agent).await);
    made(&one, "/api/v1/repairs", json!({ "case": no, "line": 1 })).await;
    let at = format!("/api/v1/repairs/{no}.1");
    let act = |who, verb: &'static str, said: Value| {
        let (who, uri): (&Persona<'_>, _) = (who, format!("{at}/{verb}"));
        async move { who.json("POST", &uri, &said).await.expect(200).json() }
    };
    act(&one, "quote", json!({ "plan": "Sew a button on", "price": "0", "currency": "CNY", "ready_on": "2026-06-20" })).await;
    act(&one, "accept", json!({ "quote_version": 1, "via": "phone" })).await;
    act(&one, "receive", json!({ "received_on": "2026-06-15" })).await;
    act(&one, "start", json!({})).await;
    act(&one, "part", json!({ "component": "button", "lot": "BTN-NEW", "quantity_milli": 1_000 })).await;
    act(&one, "check", json!({ "passed": true })).await;
    act(&other, "check", json!({ "passed": true })).await;
    act(&one, "send", json!({})).await;
    act(&one, "hand", json!({ "handed_on": "2026-06-15" })).await;
    assert_eq!(act(&one, "sign", json!({ "passed": true, "score": 5 })).await["state"], "done");
    house.costs(&no, "repair_labour", "12.34", "CNY").await;
    house.costs(&no, "logistics_in", "9.00", "CNY").await;
    assert_eq!(house.borne(&no).await, ["brand 21.34 CNY"]);

    let verdict = house.reckoned(&no, json!({})).await;
    assert_eq!(
        (&verdict["shares"][0]["party"], &verdict["shares"][0]["lot"]),
        (&json!("TRIM"), &json!("BTN")),
        "not the lot that mended it"
    );
    house.accepted_and_final(&verdict, &house.trims).await;
    assert_eq!(house.borne(&no).await, ["TRIM 21.34 CNY"]);
    house.desk(&no, json!({ "act": "resolve", "result": "A new button is on.", "cause": "supplier_material" })).await;
    assert_eq!(house.desk(&no, json!({ "act": "close" })).await["state"], "closed");
    assert!(house.told(&mine).await.contains("A new button is on."));
    let manager = house.app.persona(Role::SupplierManager).await;
    let genealogy = manager.get(&format!("/api/v1/trace/garments/{serial}")).await.expect(200).json()["lots"].to_string();
    assert!(["GREY", "BTN", "BTN-NEW"].iter().all(|lot| genealogy.contains(&format!("\"{lot}\""))), "{genealogy}");
}

/// A dyed tunic faded, the laboratory says why; the dye house contests and loses.
async fn a_contest_that_is_lost(house: &House<'_>) {
    house.sold(&house.tunics, 0, "CN", (15_900, "CNY")).await;
    let (no, _) = house.asks_for_help(&house.tunics, 0, "fading", "refund").await;
    house.comes_back_with(&no, "CN-QUALITY", Some("fading")).await;
    assert_eq!(house.refunded(&no).await, "159.00");
    let open = house.reckoned(&no, json!({})).await;
    assert_eq!((&open["basis"], &open["needs"]), (&json!("unresolved"), &json!(["lab_test"])), "{open}");
    let verdict = house.reckoned(&no, json!({ "facts": ["lab_below_spec"], "reason": "laboratory" })).await;
    assert_eq!(verdict["shares"][0]["party"], json!("DYE"));
    house.step(&verdict, "notify", json!({})).await;
    let contest = format!("/api/v1/verdicts/{}/contest", verdict["code"].as_str().unwrap());
    house.trims.json("POST", &contest, &json!({ "reason": "x" })).await.expect(404);
    house.dyer.json("POST", &contest, &json!({ "reason": "our own test meets it" })).await.expect(200);
    house.looked_again(&verdict, "fading", "faded as it was found").await;
    let again = house.reckoned(&no, json!({ "facts": ["lab_below_spec"], "reason": "second inspection" })).await;
    house.step(&again, "decide", json!({ "reason": "confirmed by a second laboratory" })).await;
    assert_eq!(house.step(&again, "finish", json!({})).await["state"], "final");
    assert_eq!(house.borne(&no).await, ["DYE 159.00 CNY"]);
}

/// A wrong wash is no supplier's fault.
async fn a_wrong_wash(house: &House<'_>) {
    house.sold(&house.tunics, 1, "CN", (15_900, "CNY")).await;
    let (no, _) = house.asks_for_help(&house.tunics, 1, "fading", "refund").await;
    house.looked_at(&no, Some("fading")).await;
    house.costs(&no, "inspection_lab", "80.00", "CNY").await;
    let verdict = house.reckoned(&no, json!({ "facts": ["lab_meets_spec", "wash_violated"] })).await;
    assert_eq!(verdict["clause"], "wash");
    house.step(&verdict, "decide", json!({ "reason": "the wash log shows 90 °C" })).await;
    house.step(&verdict, "finish", json!({})).await;
    assert_eq!(house.borne(&no).await, ["customer 80.00 CNY"]);
    assert_eq!(house.case(&no).await["lines"][0]["cause"], "misuse");
    house.desk(&no, json!({ "act": "decide", "line": 1, "outcome": "refuse", "reason": "Washed at 90 °C" })).await;
}

/// Somebody would rather not keep it, within seven days.
async fn a_return_without_a_reason(house: &House<'_>) {
    let serial = house.sold(&house.shirts, 1, "CN", (39_900, "CNY")).await;
    let (no, _) = house.asks_for_help(&house.shirts, 1, "changed_mind", "refund").await;
    house.comes_back(&no, "CN-SEVEN-DAYS").await;
    assert_eq!(house.refunded(&no).await, "399.00");
    assert_eq!(house.borne(&no).await, ["brand 399.00 CNY"], "it is our own risk");
    house.closed(&no, "399.00 is on its way.").await;
    // It can be sold again, and is somebody else's then.
    let sale = json!({ "serial": serial, "sold_on": "2026-06-15", "order_no": "W-again" });
    made(&house.app.persona(Role::Admin).await, "/api/v1/sales", sale).await;
}

/// A buyer in Europe withdraws, in two steps and without a reason.
async fn a_withdrawal(house: &House<'_>) {
    house.sold(&house.shirts, 2, "DE", (4_990, "EUR")).await;
    let at = format!("/card/{SHIRT}/{}/withdraw", house.shirts.serial(house.app, 2));
    house.app.send(Request::get(&at).html()).await.expect(200);
    let fields = [("once", "aaaaaaaaaaaaaaaaaaaaaaaa"), ("name", "Li"), ("email", "li@example.com"), ("service", "yes")];
    let second = house.app.send(Request::form(&format!("{at}?lang=en"), &fields).html()).await.expect(200);
    assert!(second.text().contains("Confirm the withdrawal"));
    let sure: Vec<_> = fields.into_iter().chain([("confirm", "yes")]).collect();
    let received = house.app.send(Request::form(&format!("{at}?lang=en"), &sure).html()).await.expect(303);
    let receipt = received.header("location").unwrap();
    assert!(house.told(receipt).await.contains("2026-06-15 20:00:00"), "to the second");
    let no = receipt.split('/').nth(2).unwrap();
    house.comes_back(no, "EU-WITHDRAWAL").await;
    assert_eq!(house.refunded(no).await, "49.90");
    assert_eq!(house.borne(no).await, ["brand 49.90 EUR"]);
    house.closed(no, "49.90 is on its way.").await;
}

/// The parcel was wet when it came.
async fn a_parcel_damage(house: &House<'_>) {
    house.sold(&house.shirts, 3, "CN", (39_900, "CNY")).await;
    let (no, _) = house.asks_for_help(&house.shirts, 3, "parcel_damaged", "refund").await;
    house.comes_back_with(&no, "CN-QUALITY", Some("wet_in_transit")).await;
    assert_eq!(house.refunded(&no).await, "399.00");
    let verdict = house.reckoned(&no, json!({ "facts": ["damaged_on_delivery"], "carrier": "CAR" })).await;
    assert_eq!((&verdict["clause"], &verdict["shares"][0]["party"]), (&json!("delivery"), &json!("CAR")));
    house.accepted_and_final(&verdict, &house.carrier).await;
    assert_eq!(house.borne(&no).await, ["CAR 399.00 CNY"]);
    assert_eq!(house.case(&no).await["lines"][0]["cause"], "carrier");
}

/// A button was cut off, as a second look shows: the trim maker contests and wins.
async fn a_contest_that_is_won(house: &House<'_>) {
    house.sold(&house.shirts, 4, "CN", (39_900, "CNY")).await;
    let (no, _) = house.asks_for_help(&house.shirts, 4, "button_off", "refund").await;
    house.looked_at(&no, Some("hook_button_broken")).await;
    house.costs(&no, "repair_parts", "3.00", "CNY").await;
    let verdict = house.reckoned(&no, json!({})).await;
    assert_eq!(verdict["shares"][0]["party"], "TRIM");
    house.step(&verdict, "notify", json!({})).await;
    let contest = format!("/api/v1/verdicts/{}/contest", verdict["code"].as_str().unwrap());
    house.trims.json("POST", &contest, &json!({ "reason": "the thread was cut" })).await.expect(200);
    house.looked_again(&verdict, "cut", "the thread was cut with scissors").await;
    let again = house.reckoned(&no, json!({ "facts": ["customer_damage"], "reason": "second inspection" })).await;
    house.step(&again, "decide", json!({ "reason": "the thread was cut" })).await;
    house.step(&again, "finish", json!({})).await;
    assert_eq!(house.borne(&no).await, ["customer 3.00 CNY"]);
}

story!(a_season_from_the_first_tap_to_statements_that_anybody_can_work_out_again, |app| {
    let house = House::new(&app).await;
    a_repaired_button(&house).await;
    a_contest_that_is_lost(&house).await;
    a_wrong_wash(&house).await;
    a_return_without_a_reason(&house).await;
    a_withdrawal(&house).await;
    a_parcel_damage(&house).await;
    a_contest_that_is_won(&house).await;

    // Every cent is where the verdicts put it, and nowhere else.
    let stated =
        [house.stated("TRIM", &house.trims).await, house.stated("DYE", &house.dyer).await, house.stated("CAR", &house.carrier).await];
    assert_eq!(stated, [("21.34", 1), ("159.00", 1), ("399.00", 1)].map(|(amount, claims)| (amount.to_owned(), claims)));
    let balance = |party: &'static str| {
        let finance = app.persona(Role::Finance);
        async move {
            finance.await.get(&format!("/api/v1/ledger/balances?party={party}")).await.expect(200).json()[0]["balance"]["amount"].clone()
        }
    };
    assert_eq!([balance("TRIM").await, balance("DYE").await, balance("CAR").await], ["21.34", "159.00", "399.00"]);
    assert_eq!(app.look(liability::unsound).await, []);
});
