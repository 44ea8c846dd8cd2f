//! Sales: registered once, delivered, returned, sold again; by shops, from files.

use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::event::Subject;
use hangtag::kernel::{Code, GarmentId, Id};
use hangtag::ownership::holders::{self, Outcome, Secret};
use hangtag::ownership::sales::{self, NewSale, SaleStatus};
use hangtag::ownership::warranties::{self, WarrantyState};
use hangtag::platform::db::schema::{batch, batch_tally, garment, sale};
use hangtag::platform::events;
use hangtag::platform::imports::{ImportReport, Importer, Mode, News, Outcome as Ending, Pass, Progress, Source};
use hangtag::platform::rooms::{Sees, saved, seen as found};
use hangtag::production::batches;
use hangtag::production::parties::Role as Kind;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::{Value, json};

use crate::story;
use crate::support::goods::{Goods, day, policy};
use crate::support::{On, Request, TestApp, watch};
use crate::warranties::{sale_of, sell};

/// Sold and claimed garments of a batch, by retailer.
async fn tally(app: &TestApp, goods: &Goods) -> Vec<(i64, i64, i64)> {
    let no = goods.no.0;
    app.look(move |db| {
        Ok(each!(db, |c| batch_tally::table
            .filter(batch_tally::batch_no.eq(no))
            .order(batch_tally::party_id)
            .select((batch_tally::party_id, batch_tally::sold, batch_tally::claimed))
            .load(c))?)
    })
    .await
}

async fn refused(app: &TestApp, new: NewSale) -> Code {
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    app.state.store.write(move |db| sales::register(db, &stamp, zone, &new)).await.unwrap_err().code()
}

async fn rows(app: &TestApp) -> i64 {
    app.look(|db| Ok(each!(db, |c| sale::table.count().get_result(c))?)).await
}

fn document(goods: &Goods, app: &TestApp, unit: i64) -> Value {
    json!({
        "serial": goods.serial(app, unit), "sold_on": "2026-06-14", "order_no": format!("W-{unit}"),
        "price": { "minor": 39900, "currency": "CNY" }, "channel": "web", "country": "CN", "city": "杭州",
    })
}

story!(a_shop_registers_delivers_and_takes_back, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Delivered, StartRule::Sold])), 10).await;
    let (shop, code) = app.party(Kind::Retailer).await;
    let api = app.api_of_party(Role::Retailer, shop).await;
    let made = api.json("POST", "/api/v1/sales", &document(&goods, &app, 0)).await.expect(201);
    let serial = goods.serial(&app, 0);
    assert_eq!(made.header("location"), Some(format!("/api/v1/sales/{serial}").as_str()));
    let made = made.json();
    assert_eq!((made["retailer"].as_str(), made["seq"].as_i64(), made["status"].as_str()), (Some(code.as_str()), Some(1), Some("live")));
    assert_eq!((made["warranty"]["state"].as_str(), made["warranty"]["until"].as_str()), (Some("running"), Some("2027-06-14")));
    assert_eq!(tally(&app, &goods).await, [(shop.0, 1, 0)]);

    let delivered =
        api.json("POST", &format!("/api/v1/sales/{serial}/delivered"), &json!({ "delivered_on": "2026-06-15" })).await.expect(200).json();
    assert_eq!((delivered["delivered_on"].as_str(), delivered["warranty"]["until"].as_str()), (Some("2026-06-15"), Some("2027-06-15")));
    let again = api.json("POST", "/api/v1/sales", &document(&goods, &app, 0)).await.expect(409);
    assert_eq!(again.code(), "already_sold");
    let early = api.json("POST", &format!("/api/v1/sales/{serial}/returned"), &json!({ "returned_on": "2026-06-13" })).await.expect(422);
    assert_eq!((early.code().as_str(), early.json()["faults"][0]["field"].as_str()), ("invalid", Some("returned_on")));

    let ended =
        api.json("POST", &format!("/api/v1/sales/{serial}/returned"), &json!({ "returned_on": "2026-06-15" })).await.expect(200).json();
    assert_eq!((ended["status"].as_str(), ended["warranty"]["state"].as_str()), (Some("ended"), Some("ended")));
    assert_eq!(ended["warranty"]["reason"], "returned");
    assert_eq!(tally(&app, &goods).await, [(shop.0, 0, 0)]);
    let gone = api.json("POST", &format!("/api/v1/sales/{serial}/returned"), &json!({ "returned_on": "2026-06-15" })).await.expect(409);
    assert_eq!(gone.code(), "not_sold");

    // Sold again: a row of its own, with a warranty of its own.
    let mut resale = document(&goods, &app, 0);
    resale["sold_on"] = json!("2026-06-15");
    resale["order_no"] = json!("W-again");
    let resold = api.json("POST", "/api/v1/sales", &resale).await.expect(201).json();
    assert_eq!((resold["seq"].as_i64(), resold["warranty"]["until"].as_str()), (Some(2), Some("2027-06-15")));
    let all = api.get(&format!("/api/v1/sales/{serial}")).await.expect(200).json();
    let seqs: Vec<_> = all["sales"].as_array().unwrap().iter().map(|sale| sale["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [2, 1]);
    let id = goods.garment(0).0;
    let status: Vec<String> =
        app.look(move |db| Ok(each!(db, |c| garment::table.filter(garment::garment_id.eq(id)).select(garment::status).load(c))?)).await;
    assert_eq!(status, ["live"]);
    let facts = app.look(move |db| events::of(db, Subject::Garment(id))).await;
    assert!(facts.iter().all(|fact| !fact.body.contains("W-0") && !fact.body.contains("杭州")), "facts hold no order number");
});

story!(of_a_hundred_sales_at_once_exactly_one_stands, |app| {
    let goods = app.goods(None, 5).await;
    let tries: Vec<_> = (0..100)
        .map(|place: i64| {
            let state = app.state.clone();
            let mut new = sale_of(&goods, 0, "2026-06-14");
            new.sound.order_no = format!("W-{place}");
            actix_web::rt::spawn(async move {
                let (stamp, zone) = (state.stamp("system"), state.config.time_zone);
                state.store.write(move |db| sales::register(db, &stamp, zone, &new)).await
            })
        })
        .collect();
    let mut won = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(sale) => {
                assert_eq!(sale.seq, 1);
                won += 1;
            }
            Err(error) => assert!(matches!(error.code(), Code::AlreadySold | Code::Busy), "{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(rows(&app).await, 1);
    assert_eq!(tally(&app, &goods).await, [(0, 1, 0)]);
});

// On PostgreSQL each of them changes the row that counts the batch: whoever loses too often has its turn, and nobody is told to come again.
story!(sales_of_one_batch_at_the_same_time_are_all_counted, |app| {
    let goods = app.goods(None, 80).await;
    let shops: Vec<_> = (0..8)
        .map(|shop: i64| {
            let state = app.state.clone();
            let sales: Vec<_> = (0..10).map(|nth| sale_of(&goods, shop * 10 + nth, "2026-06-14")).collect();
            actix_web::rt::spawn(async move {
                for new in sales {
                    let (stamp, zone) = (state.stamp("system"), state.config.time_zone);
                    state.store.write(move |db| sales::register(db, &stamp, zone, &new)).await.unwrap();
                }
            })
        })
        .collect();
    for shop in shops {
        shop.await.unwrap();
    }
    assert_eq!(tally(&app, &goods).await, [(0, 80, 0)]);
    assert_eq!(rows(&app).await, 80);
});

story!(what_may_not_be_sold_is_refused_and_leaves_no_trace, |app| {
    let goods = app.goods(None, 10).await;
    assert_eq!(refused(&app, sale_of(&goods, 10, "2026-06-14")).await, Code::SerialUnknown);
    let (stamp, no) = (app.state.stamp("system"), goods.no);
    app.write(move |db| batches::void_units(db, &stamp, no, std::slice::from_ref(&(3..4)), "spoiled")).await;
    assert_eq!(refused(&app, sale_of(&goods, 3, "2026-06-14")).await, Code::SerialUnknown);
    assert_eq!(refused(&app, sale_of(&goods, 0, "2026-06-17")).await, Code::Invalid, "the day after tomorrow");
    sell(&app, sale_of(&goods, 0, "2026-06-16")).await;

    // A batch on hold: nothing of it is sold.
    let (stamp, code) = (app.state.stamp("system"), goods.code.clone());
    app.write(move |db| {
        let before: batches::BatchSheet = found(db, &code, Sees::ALL)?;
        let mut held = before.clone();
        held.batch.status = batches::BatchStatus::Hold;
        saved(held, db, &stamp, Some(&before))
    })
    .await;
    assert_eq!(refused(&app, sale_of(&goods, 1, "2026-06-14")).await, Code::WrongState);
    assert_eq!(rows(&app).await, 1);
});

story!(the_first_cartons_are_sold_while_the_last_are_sewn, |app| {
    // Sewn from 2026-05-17 to 2026-05-31, as every batch of the goods here.
    let goods = app.goods(None, 10).await;
    assert_eq!(refused(&app, sale_of(&goods, 0, "2026-05-16")).await, Code::Invalid, "before anything of it was made");
    sell(&app, sale_of(&goods, 0, "2026-05-17")).await;
    sell(&app, sale_of(&goods, 1, "2026-05-30")).await;
    // From a file too, and where nobody wrote down when it was begun or finished.
    let other = app.goods(None, 10).await;
    let no = other.no.0;
    app.write(move |db| {
        let nothing: Option<chrono::NaiveDate> = None;
        each!(db, |c| diesel::update(batch::table.filter(batch::no.eq(no)))
            .set((batch::started_on.eq(nothing), batch::finished_on.eq(nothing)))
            .execute(c))?;
        Ok(())
    })
    .await;
    let csv = |goods: &Goods, unit: i64, day: &str| format!("serial,sold_on\n{},{day}\n", goods.serial(&app, unit));
    assert_eq!(import(&app, &csv(&goods, 2, "2026-05-20"), Mode::Apply, None).await.added, 1);
    assert_eq!(import(&app, &csv(&other, 2, "2026-04-20"), Mode::Apply, None).await.added, 1);
    let early = import(&app, &csv(&goods, 3, "2026-05-16"), Mode::Apply, None).await;
    assert_eq!((early.outcome, early.faults[0].column.as_str()), (Ending::Refused, "sold_on"));
});

story!(the_api_names_what_is_wrong, |app| {
    let goods = app.goods(None, 10).await;
    let api = app.api(Role::Agent).await;
    let serial = goods.serial(&app, 0);
    let mut typo = serial.clone();
    let last = typo.pop();
    typo.push(if last == Some('A') { 'B' } else { 'A' });
    for (change, status, code, field) in [
        (json!({ "serial": typo }), 422, "serial_typo", ""),
        (json!({ "serial": "0K8JYHFBAF2GXMNFX4WA" }), 404, "serial_unknown", ""),
        (json!({ "serial": "" }), 422, "invalid", "serial"),
        (json!({ "gtin": "12345" }), 422, "invalid", "gtin"),
        (json!({ "gtin": "06901234567892" }), 404, "serial_unknown", ""),
        (json!({ "retailer": "NOBODY" }), 422, "invalid", "retailer"),
        (json!({ "delivered_on": "2026-06-01" }), 422, "invalid", "delivered_on"),
        (json!({ "price": { "minor": -1, "currency": "CNY" } }), 422, "invalid", "price.minor"),
        (json!({ "price": { "minor": 1, "currency": "QQQ" } }), 422, "invalid", "price.currency"),
        (json!({ "country": "QQ" }), 422, "invalid", "country"),
        (json!({ "country": "Europe" }), 422, "invalid", "country"),
        (json!({ "serial": format!("(01){}(21)", goods.gtin) }), 422, "invalid", "serial"),
        (json!({ "buyer": "王" }), 422, "invalid", "buyer"),
        (json!({ "sold_on": "yesterday" }), 422, "invalid", "sold_on"),
    ] {
        let mut body = document(&goods, &app, 0);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = api.json("POST", "/api/v1/sales", &body).await.expect(status);
        assert_eq!(answer.code(), code, "{change}");
        if !field.is_empty() {
            assert_eq!(answer.json()["faults"][0]["field"], field, "{change}");
        }
    }
    assert_eq!(rows(&app).await, 0);
    // The same key: the same answer, one sale. The same key for something else: refused.
    let post = |body: Value| Request::json("POST", "/api/v1/sales", &body).header("idempotency-key", "shop-42");
    let first = api.send(post(document(&goods, &app, 0))).await.expect(201).json();
    let second = api.send(post(document(&goods, &app, 0))).await.expect(201).json();
    assert_eq!(first, second);
    assert_eq!(api.send(post(document(&goods, &app, 1))).await.expect(422).code(), "key_reused");
    assert_eq!(rows(&app).await, 1);
    // By the whole address, as a scanner reads it.
    let mut scanned = document(&goods, &app, 1);
    scanned["serial"] = json!(format!("HTTPS://ID.BRAND.CN/01/{}/21/{}", goods.gtin, goods.serial(&app, 1)));
    api.json("POST", "/api/v1/sales", &scanned).await.expect(201);
    // By the element string, or an address with a slash behind it.
    for (unit, text) in [(2, format!("(01){}(21)", goods.gtin)), (3, format!("]d201{}21", goods.gtin))] {
        let mut scanned = document(&goods, &app, unit);
        scanned["serial"] = json!(format!("{text}{}", goods.serial(&app, unit)));
        api.json("POST", "/api/v1/sales", &scanned).await.expect(201);
    }
    let mut scanned = document(&goods, &app, 4);
    scanned["serial"] = json!(format!("https://id.brand.cn/01/{}/21/{}/", goods.gtin, goods.serial(&app, 4)));
    api.json("POST", "/api/v1/sales", &scanned).await.expect(201);
});

story!(a_price_has_the_decimals_of_its_currency_whoever_writes_it, |app| {
    let goods = app.goods(None, 10).await;
    let (_, shop) = app.party(Kind::Retailer).await;
    let api = app.api(Role::Agent).await;
    let agent = app.persona(Role::Agent).await;
    let minor = async |unit: i64| {
        let sale = api.get(&format!("/api/v1/sales/{}", goods.serial(&app, unit))).await.expect(200).json();
        let sale = sale["sales"].as_array().map_or(&sale, |sales| &sales[0]).clone();
        (
            sale["price"]["minor"].as_i64().unwrap(),
            sale["price"]["currency"].clone(),
            sale["price"]["amount"].clone(),
            sale["country"].clone(),
        )
    };
    let yen = |minor: i64, amount: &str| (minor, json!("JPY"), json!(amount), json!("JP"));

    let mut sent = document(&goods, &app, 0);
    sent["price"] = json!({ "minor": 5_900, "currency": " jpy" });
    sent["country"] = json!("日本");
    api.json("POST", "/api/v1/sales", &sent).await.expect(201);
    assert_eq!(minor(0).await, yen(5_900, "5900"));

    let serial = goods.serial(&app, 1);
    let fields = [("serial", serial.as_str()), ("sold_on", "2026-06-14"), ("retailer", &shop), ("currency", "JPY"), ("country", "Japan")];
    let filled = |price: &'static str| [&fields[..], &[("price", price)]].concat();
    let refused = agent.form("/sales/new", &filled("5900.5")).await.expect(422);
    assert!(refused.text().contains("this currency has none"), "{}", refused.text());
    agent.form("/sales/new", &filled("5,900")).await.expect(303);
    assert_eq!(minor(1).await, yen(5_900, "5900"));

    let file = format!(
        "serial,retailer_code,sold_on,price,currency,country\n{},{shop},2026-06-14,\"5,900.00\",日元,JPN\n{},{shop},2026-06-14,12.345,KWD,科威特\n",
        goods.serial(&app, 2),
        goods.serial(&app, 3)
    );
    assert_eq!(import(&app, &file, Mode::Apply, None).await.added, 2);
    assert_eq!(minor(2).await, yen(5_900, "5900"));
    assert_eq!(minor(3).await, (12_345, json!("KWD"), json!("12.345"), json!("KW")));
    let wrong = format!(
        "serial,retailer_code,sold_on,price,currency\n{},{shop},2026-06-14,1.5,JPY\n{},{shop},2026-06-14,1.5,QQQ\n",
        goods.serial(&app, 4),
        goods.serial(&app, 5)
    );
    let report = import(&app, &wrong, Mode::Apply, None).await;
    let found: Vec<_> = report.faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.code.as_str())).collect();
    assert_eq!(found, [(Some(2), "price", "too_many_decimals"), (Some(3), "currency", "unknown_name")]);

    let list = agent.page("/sales?from=2026-06-14").await.expect(200);
    assert!(list.text().contains(">5900<") && list.text().contains(">12.345<") && !list.text().contains("59.00"));
    let csv = agent.get("/sales.csv").await.expect(200);
    assert!(csv.text().contains(",5900,JPY,") && csv.text().contains(",12.345,KWD,"));
});

story!(a_retailer_sees_and_changes_only_its_own, |app| {
    let goods = app.goods(None, 10).await;
    let (one, _) = app.party(Kind::Retailer).await;
    let (other, other_code) = app.party(Kind::Retailer).await;
    let (mine, theirs) = (app.api_of_party(Role::Retailer, one).await, app.api_of_party(Role::Retailer, other).await);
    mine.json("POST", "/api/v1/sales", &document(&goods, &app, 0)).await.expect(201);
    theirs.json("POST", "/api/v1/sales", &document(&goods, &app, 1)).await.expect(201);
    let mut posing = document(&goods, &app, 2);
    posing["retailer"] = json!(other_code);
    assert_eq!(mine.json("POST", "/api/v1/sales", &posing).await.expect(422).code(), "invalid");
    let list = mine.get("/api/v1/sales").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(mine.get(&format!("/api/v1/sales?retailer={other_code}")).await.expect(200).json()["items"], json!([]));
    let not_mine = goods.serial(&app, 1);
    mine.get(&format!("/api/v1/sales/{not_mine}")).await.expect(404);
    for (what, day) in [("delivered", "delivered_on"), ("returned", "returned_on")] {
        let answer = mine.json("POST", &format!("/api/v1/sales/{not_mine}/{what}"), &json!({ day: "2026-06-15" })).await.expect(404);
        assert_eq!(answer.code(), "not_found");
    }
    let inspector = app.api(Role::Inspector).await;
    inspector.json("POST", "/api/v1/sales", &document(&goods, &app, 3)).await.expect(403);
    app.get("/api/v1/sales").await.expect(401);
});

story!(the_list_pages_by_day, |app| {
    let goods = app.goods(None, 30).await;
    for unit in 0..25 {
        sell(&app, sale_of(&goods, unit, if unit % 2 == 0 { "2026-06-10" } else { "2026-06-12" })).await;
    }
    let agent = app.api(Role::Agent).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = agent.get(&format!("/api/v1/sales?per_page=7&after={after}")).await.expect(200).json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|sale| (sale["sold_on"].as_str().unwrap().to_owned(), sale["serial"].as_str().unwrap().to_owned())),
        );
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|one, next| one.0 >= next.0));
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), 25);
    let of_a_day = agent.get("/api/v1/sales?from=2026-06-11&to=2026-06-13&per_page=500").await.expect(200).json();
    assert_eq!(of_a_day["items"].as_array().unwrap().len(), 12);
    assert_eq!(agent.get("/api/v1/sales?from=2026-06-13&to=2026-06-11").await.expect(422).code(), "invalid");
    assert_eq!(agent.get("/api/v1/sales?after=!!").await.expect(422).code(), "invalid");
});

story!(a_return_ends_the_holding_too, |app| {
    let goods = app.goods(Some(policy("ACT", &[StartRule::Activated])), 10).await;
    let (shop, _) = app.party(Kind::Retailer).await;
    let zone = app.state.config.time_zone;
    let garment = goods.garment(0);
    let claim = async |secret: &Secret| {
        let (stamp, state, code, today, secret) =
            (app.state.stamp("holder"), app.state.clone(), goods.claim_code(&app, 0), app.state.today(), secret.clone());
        app.write(move |db| holders::claim(db, &stamp, &state.keys.serials, garment, &code, today, &secret)).await
    };
    // Claimed before the shop reports the sale: counted under nobody, then under the shop, and the warranty starts with the sale.
    let secret = Secret::fresh();
    assert!(matches!(claim(&secret).await, Outcome::Held(_)));
    assert_eq!(tally(&app, &goods).await, [(0, 0, 1)]);
    sell(&app, NewSale { retailer: Some(shop), ..sale_of(&goods, 0, "2026-06-14") }).await;
    assert_eq!(tally(&app, &goods).await, [(0, 0, 0), (shop.0, 1, 1)]);
    let state = app.look(move |db| warranties::state(db, garment, day("2026-06-15"))).await;
    assert!(matches!(state, WarrantyState::Running { since, .. } if since == day("2026-06-15")));
    let stamp = app.state.stamp("system");
    let ended = app.write(move |db| sales::end_sale(db, &stamp, zone, garment, day("2026-06-15"))).await;
    assert_eq!(ended.status, SaleStatus::Ended);
    assert_eq!(tally(&app, &goods).await, [(0, 0, 0), (shop.0, 0, 0)]);
    let former = secret.clone();
    assert_eq!(app.look(move |db| holders::holder_of(db, garment, &former)).await, None);
    // The next buyer claims it with the same code.
    sell(&app, sale_of(&goods, 0, "2026-06-15")).await;
    assert!(matches!(claim(&Secret::fresh()).await, Outcome::Held(_)));
});

story!(people_register_on_a_page, |app| {
    let goods = app.goods(None, 10).await;
    let (_, code) = app.party(Kind::Retailer).await;
    let agent = app.persona(Role::Agent).await;
    assert!(agent.page("/sales").await.expect(200).text().contains("No sales yet."));
    let form = agent.page("/sales/new").await.expect(200);
    assert!(form.text().contains("value=\"2026-06-15\"") && form.text().contains(&code));
    let serial = goods.serial(&app, 0);
    let filled =
        [("serial", serial.as_str()), ("sold_on", "2026-06-14"), ("retailer", code.as_str()), ("price", "399"), ("order_no", "=1+1")];
    let done = agent.form("/sales/new", &filled).await.expect(303);
    let next = format!("/sales/new?done={serial}&sold_on=2026-06-14&retailer={code}");
    assert_eq!(done.header("location"), Some(next.as_str()));
    let next = agent.page(&next).await.expect(200);
    assert!(
        next.text().contains(&serial) && next.text().contains("value=\"2026-06-14\""),
        "the next of a queue starts where this one ended"
    );
    assert!(next.text().contains(&format!("value=\"{code}\" selected")) && !next.text().contains("value=\"399\""));
    let again = agent.form("/sales/new", &filled).await.expect(422);
    assert!(again.text().contains("This garment has a live sale already.") && again.text().contains("value=\"399\""));
    let unknown = agent.form("/sales/new", &[("serial", "0K8JYHFBAF2GXMNFX4WA"), ("sold_on", "2026-06-14")]).await.expect(422);
    assert!(unknown.text().contains("We did not issue this serial.") && unknown.text().contains("aria-invalid=\"true\""));
    let empty = agent.form("/sales/new", &[("serial", ""), ("sold_on", "")]).await.expect(422);
    assert_eq!(empty.text().matches("class=\"fault\"").count(), 2);

    let list = agent.page("/sales?from=2026-06-14").await.expect(200);
    assert!(list.text().contains(&serial) && list.text().contains(">399.00<") && list.text().contains(">CNY<"));
    let csv = agent.get("/sales.csv").await.expect(200);
    assert!(csv.text().starts_with('\u{feff}') && csv.text().contains("'=1+1") && csv.text().lines().count() == 2);
    let found = agent.page(&format!("/sales/find?serial=HTTPS://ID.BRAND.CN/01/{}/21/{serial}", goods.gtin)).await.expect(303);
    assert_eq!(found.header("location"), Some(format!("/sales/{serial}").as_str()));
    let lost = agent.page("/sales/find?serial=0K8JYHFBAF2GXMNFX4WA").await.expect(404);
    assert!(lost.text().contains("We did not issue this serial.") && lost.text().contains("value=\"0K8JYHFBAF2GXMNFX4WA\""));
    let one = agent.page(&format!("/sales/{serial}")).await.expect(200);
    assert!(one.text().contains("Covered until 2027-06-14.") && one.text().contains(&format!("href=\"/01/{}/21/{serial}\"", goods.gtin)));
    assert!(agent.page(&format!("/sales/{}", goods.serial(&app, 1))).await.expect(200).text().contains("has not been sold"));
    agent.form(&format!("/sales/{serial}/delivered"), &[("delivered_on", "2026-06-15")]).await.expect(303);
    let wrong = agent.form(&format!("/sales/{serial}/returned"), &[("returned_on", "2026-06-01")]).await.expect(422);
    assert!(wrong.text().contains("comes before"));
    agent.form(&format!("/sales/{serial}/returned"), &[("returned_on", "2026-06-15")]).await.expect(303);
    let zh = agent.page(&format!("/sales/{serial}?lang=zh-CN")).await.expect(200);
    assert!(zh.text().contains("已退回") && zh.text().contains("质保随那次销售一起结束"));
});

/// Runs an import of a CSV text, on a thread that may block.
async fn import(app: &TestApp, csv: &str, mode: Mode, party: Option<Id>) -> ImportReport {
    import_amid(app, csv, mode, party, |_| ()).await
}

/// The same, with something done whenever it says how far it is.
async fn import_amid(
    app: &TestApp,
    csv: &str,
    mode: Mode,
    party: Option<Id>,
    mut amid: impl FnMut(Progress) + Send + 'static,
) -> ImportReport {
    let path = app.folder.path().join("sales.csv");
    std::fs::write(&path, csv).unwrap();
    let (state, importer) = (app.state.clone(), Importer { stamp: app.state.stamp("staff:desk"), party });
    let run = move || {
        let mut source = Source::open(&path).unwrap();
        let mut told = |news: News<'_>| {
            if let News::Progress(now) = news {
                amid(now);
            }
        };
        sales::IMPORT.run(&state, &importer, &mut source, mode, &mut told).unwrap()
    };
    actix_web::rt::task::spawn_blocking(run).await.unwrap()
}

story!(a_file_of_sales_is_checked_whole_then_written, |app| {
    let goods = app.goods(Some(policy("FILE", &[StartRule::Delivered, StartRule::Sold])), 10).await;
    let others = app.goods(None, 10).await;
    let (shop, code) = app.party(Kind::Retailer).await;
    sell(&app, sale_of(&goods, 9, "2026-06-01")).await;
    let serial = |unit| goods.serial(&app, unit);
    let head = "序列号,GTIN,门店编码,销售日期,收货日期,订单号,成交价,币种,渠道,国家,城市\n";
    let faulty = format!(
        "{head}{},,{code},2026-06-10,,W1,399,,web,CN,杭州\n{},,NOBODY,2026-06-10,,W2,399,CNY,web,CN,杭州\n{},,,2026-06-10,2026-06-09,,,,,,\n{},,,2026-06-12,,,,,,,\n0K8JYHFBAF2GXMNFX4WA,,,2026-06-12,,,,,,,\n{},,,2026-05-01,,,,,,,\n{},,{code},2026-06-10,,,-1,,,,\n{},,,2026-06-11,,,,,,,\n",
        serial(0),
        serial(1),
        serial(2),
        serial(9),
        serial(3),
        serial(4),
        serial(0)
    );
    let report = import(&app, &faulty, Mode::Apply, None).await;
    assert_eq!(report.outcome, Ending::Refused);
    let found: Vec<_> = report.faults.iter().map(|fault| (fault.line.unwrap(), fault.column.as_str(), fault.code.as_str())).collect();
    let mut found = found.clone();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (3, "门店编码", "unknown_reference"),
            (4, "收货日期", "dates_out_of_order"),
            (5, "序列号", "already_sold"),
            (6, "序列号", "serial_unknown"),
            (7, "销售日期", "dates_out_of_order"),
            (8, "成交价", "below_zero"),
            (9, "序列号", "duplicate"),
        ]
    );
    assert_eq!(rows(&app).await, 1, "nothing of a faulty file is written");

    let sound = format!(
        "{head}{},,{code},2026-06-10,2026-06-12,W1,399,,web,CN,杭州\nhttps://id.brand.cn/01/{}/21/{},,{code},2026-06-11,,W2,399.50,CNY,shop,CN,\n{},{},,2026-06-12,,,,,,,\n",
        serial(0),
        goods.gtin,
        serial(1),
        others.serial(&app, 0),
        others.gtin
    );
    let dry = import(&app, &sound, Mode::DryRun, None).await;
    assert_eq!((dry.outcome, dry.added, rows(&app).await), (Ending::Checked, 3, 1));
    let done = import(&app, &sound, Mode::Apply, None).await;
    assert_eq!((done.outcome, done.added, done.unchanged), (Ending::Applied, 3, 0));
    assert_eq!(tally(&app, &goods).await, [(0, 1, 0), (shop.0, 2, 0)]);
    let garment = goods.garment(0);
    let state = app.look(move |db| warranties::state(db, garment, day("2026-06-15"))).await;
    assert!(matches!(state, WarrantyState::Running { since, until, .. } if (since, until) == (day("2026-06-12"), day("2027-06-12"))));
    // The same file again changes nothing, even after a return.
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    app.write(move |db| sales::end_sale(db, &stamp, zone, garment, day("2026-06-14"))).await;
    let again = import(&app, &sound, Mode::Apply, None).await;
    assert_eq!((again.outcome, again.added, again.unchanged), (Ending::Applied, 0, 3));
    // A file of ours says what came back; it takes nothing back, and makes no sale of what came back elsewhere.
    let told = |n: i64| format!("serial,retailer_code,sold_on,status\n{},{code},2026-06-10,已退回\n", serial(n));
    let returned = import(&app, &told(7), Mode::Apply, None).await;
    let found: Vec<_> = returned.faults.iter().map(|fault| (fault.column.as_str(), fault.code.as_str())).collect();
    assert_eq!((returned.outcome, found), (Ending::Refused, vec![("status", "not_sold")]));
    // A shop's own file: its own sales only, and under its name when it says nothing.
    let own = format!("serial,retailer_code,sold_on\n{},,2026-06-12\n", serial(5));
    assert_eq!(import(&app, &own, Mode::Apply, Some(shop)).await.added, 1);
    assert_eq!(tally(&app, &goods).await, [(0, 1, 0), (shop.0, 2, 0)]);
    let (other, _) = app.party(Kind::Retailer).await;
    let posing = format!("serial,retailer_code,sold_on\n{},{code},2026-06-12\n", serial(6));
    assert_eq!(import(&app, &posing, Mode::Apply, Some(other)).await.faults[0].code, "unknown_reference");
});

fn many(app: &TestApp, goods: &Goods, count: i64, retailer: &str) -> String {
    use std::fmt::Write;
    let mut csv = String::from("serial,gtin,retailer_code,sold_on,delivered_on,order_no,price,currency,channel,country,city\n");
    for unit in 0..count {
        writeln!(
            csv,
            "{},{},{retailer},2026-06-{:02},,W-{unit},399.00,CNY,web,CN,杭州",
            goods.serial(app, unit),
            goods.gtin,
            1 + unit % 14
        )
        .unwrap();
    }
    csv
}

story!(twenty_thousand_rows, |app| {
    let goods = app.goods(Some(policy("MANY", &[StartRule::Sold])), 20_000).await;
    let (shop, code) = app.party(Kind::Retailer).await;
    let report = import(&app, &many(&app, &goods, 20_000, &code), Mode::Apply, None).await;
    assert_eq!((report.outcome, report.added, report.fault_count), (Ending::Applied, 20_000, 0));
    assert_eq!(rows(&app).await, 20_000);
    assert_eq!(tally(&app, &goods).await, [(shop.0, 20_000, 0)]);
    let last = goods.garment(19_999);
    assert_eq!(app.look(move |db| events::of(db, Subject::Garment(last.0))).await.len(), 2);
});

/// A file of sales in an order that has nothing to do with their garments: the units of three batches, by strides. Without a GTIN beside them.
fn scattered(app: &TestApp, of: &[&Goods], each: i64, retailer: &str) -> (String, Vec<GarmentId>) {
    let mut csv = String::from("serial,retailer_code,sold_on,order_no\n");
    let all = each * i64::try_from(of.len()).unwrap();
    let places = (0..all).map(|n| n * 7_919 % all);
    let garments = places
        .map(|place| {
            let (goods, unit) = (of[usize::try_from(place / each).unwrap()], place % each);
            csv += &format!("{},{retailer},2026-06-{:02},W-{place}\n", goods.serial(app, unit), 1 + unit % 14);
            goods.garment(unit)
        })
        .collect();
    (csv, garments)
}

story!(sales_in_any_order_are_all_written, |app| {
    let goods = [
        app.goods(Some(policy("ONE", &[StartRule::Sold])), 2_000).await,
        app.goods(Some(policy("TWO", &[StartRule::Sold])), 2_000).await,
        app.goods(None, 2_000).await,
    ];
    let (shop, code) = app.party(Kind::Retailer).await;
    let (csv, _) = scattered(&app, &goods.each_ref(), 2_000, &code);
    let mut heard = Vec::new();
    let (told, hears) = std::sync::mpsc::channel();
    let report = import_amid(&app, &csv, Mode::Apply, None, move |now| told.send(now).unwrap()).await;
    heard.extend(hears);
    assert_eq!((report.outcome, report.rows_read, report.added, report.fault_count), (Ending::Applied, 6_000, 6_000, 0));
    let last = heard.last().unwrap();
    assert_eq!((last.pass, last.rows, last.bytes), (Pass::Applying, 6_000, last.of_bytes));
    assert!(heard.windows(2).all(|two| two[0].pass != two[1].pass || two[0].rows <= two[1].rows));
    for batch in &goods {
        assert_eq!(tally(&app, batch).await, [(shop.0, 2_000, 0)]);
        let one = batch.garment(1_999);
        let sold = app.look(move |db| sales::of_garment(db, one)).await;
        assert_eq!((sold.len(), sold[0].sold_on, sold[0].retailer), (1, day("2026-06-12"), Some(shop)));
        assert_eq!(app.look(move |db| events::of(db, Subject::Garment(one.0))).await.len(), 2);
    }
    let again = import(&app, &csv, Mode::Apply, None).await;
    assert_eq!((again.outcome, again.added, again.unchanged), (Ending::Applied, 0, 6_000));
});

story!(a_sale_made_by_another_while_a_file_is_written_stops_it_at_its_line, |app| {
    let goods = [app.goods(None, 2_000).await, app.goods(None, 2_000).await, app.goods(None, 2_000).await];
    let (shop, code) = app.party(Kind::Retailer).await;
    let (csv, garments) = scattered(&app, &goods.each_ref(), 2_000, &code);
    // Between the two passes somebody sells one of the garments of the second batch.
    let taken = goods[1].garment(17);
    let line = garments.iter().position(|garment| *garment == taken).unwrap() + 2;
    let (state, sale) = (app.state.clone(), sale_of(&goods[1], 17, "2026-06-13"));
    let mut sold = false;
    let report = import_amid(&app, &csv, Mode::Apply, None, move |now| {
        if now.pass == Pass::Checking && now.rows == 6_000 && !std::mem::replace(&mut sold, true) {
            let (stamp, zone, sale) = (state.stamp("api:shop"), state.config.time_zone, sale.clone());
            state.store.write_blocking(move |db| sales::register(db, &stamp, zone, &sale)).unwrap();
        }
    })
    .await;
    let faults: Vec<_> = report.faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.code.as_str())).collect();
    assert_eq!((report.outcome, faults), (Ending::Stopped, vec![(Some(u64::try_from(line).unwrap()), "serial", "already_sold")]));
    assert_eq!(report.faults[0].value.as_deref(), Some(goods[1].serial(&app, 17).as_str()));
    // Whole chunks are in, the one with the fault is not: it can be told from the first batch, which comes before it.
    assert_eq!(i64::try_from(report.added).unwrap() + 1, rows(&app).await);
    assert!((2_000..4_000).contains(&report.added), "{}", report.added);
    assert_eq!(tally(&app, &goods[0]).await, [(shop.0, 2_000, 0)]);
    // The garment comes back, and the same file completes what it began.
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    app.write(move |db| sales::end_sale(db, &stamp, zone, taken, day("2026-06-13"))).await;
    let without: String = csv.lines().filter(|row| !row.contains(&goods[1].serial(&app, 17))).map(|row| format!("{row}\n")).collect();
    let rest = import(&app, &without, Mode::Apply, None).await;
    assert_eq!((rest.outcome, rest.added, rest.unchanged), (Ending::Applied, 5_999 - report.added, report.added));
});

/// How fast a large file goes, said on standard error: `cargo test --release --test it a_million_rows -- --ignored --nocapture`.
#[actix_web::test]
#[ignore = "takes a minute and is about speed"]
async fn a_million_rows() {
    let app = TestApp::new(On::Sqlite);
    let goods = app.goods(Some(policy("MANY", &[StartRule::Sold])), 1_000_000).await;
    let (shop, code) = app.party(Kind::Retailer).await;
    let csv = many(&app, &goods, 1_000_000, &code);
    let start = std::time::Instant::now();
    let report = import(&app, &csv, Mode::Apply, None).await;
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!((report.outcome, report.added), (Ending::Applied, 1_000_000));
    assert_eq!(tally(&app, &goods).await, [(shop.0, 1_000_000, 0)]);
    eprintln!("1,000,000 rows checked and written in {seconds:.1} s: {:.0} rows/s", 1e6 / seconds);
}

/// Planning a statement costs several times what a sale does with it, and there is one writer for all.
#[actix_web::test]
async fn a_sale_plans_no_statement_anew() {
    let app = watch::watched();
    let season = app.season().await;
    app.sell(&season, 0, "2026-06-10").await;
    let watch::Seen { planned: kept, .. } = watch::seen(&app);
    app.sell(&season, 1, "2026-06-11").await;
    let watch::Seen { ran, planned } = watch::seen(&app);
    assert!(planned.is_empty(), "{planned:#?}");
    let anew: Vec<&String> = ran.iter().filter(|text| !kept.contains(text)).collect();
    assert!(!ran.is_empty() && anew.is_empty(), "{anew:#?}");
}
