//! What stands in the store, or was sent, and is nothing that may stand there: an error that the log names, or a fault, never another value in its place.

use hangtag::kernel::paging::seal;
use hangtag::production::parties;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::imports::work;
use crate::story;
use crate::support::goods::policy;
use crate::support::{Answer, Request, TestApp};

/// Writes what no release ever wrote.
async fn spoil(app: &TestApp, sql: &str) {
    app.sql(sql).await.unwrap();
}

#[track_caller]
fn broken(answer: Answer) {
    assert_eq!(answer.expect(500).code(), "broken");
}

story!(the_body_of_a_fact_that_cannot_be_read_is_no_empty_line, |app| {
    let (_, code) = app.party(parties::Role::Mill).await;
    let admin = app.persona(Role::Admin).await;
    admin.page(&format!("/parties/{code}")).await.expect(200);
    spoil(&app, "UPDATE event SET body = '{' WHERE subject_kind = 'party'").await;
    admin.page(&format!("/parties/{code}")).await.expect(500);
});

story!(a_style_whose_policy_is_not_there_has_not_the_houses_own, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 2).await;
    let shop = app.api(Role::Retailer).await;
    let sale = |unit| json!({ "serial": goods.serial(&app, unit), "sold_on": "2026-06-14" });
    shop.json("POST", "/api/v1/sales", &sale(0)).await.expect(201);
    spoil(&app, "UPDATE style SET policy_code = 'GONE'").await;
    broken(shop.json("POST", "/api/v1/sales", &sale(1)).await);
});

story!(serials_of_an_epoch_that_is_none_are_not_called_unknown, |app| {
    let goods = app.goods(None, 1).await;
    let desk = app.api(Role::SupplierManager).await;
    let address = format!("/api/v1/trace/garments/{}", goods.serial(&app, 0));
    desk.get(&address).await.expect(200);
    spoil(&app, "UPDATE batch SET minted_epoch = 77").await;
    broken(desk.get(&address).await);
    spoil(&app, "UPDATE batch SET minted_epoch = 0, minted_gtin = '12'").await;
    broken(desk.get(&address).await);
});

story!(a_link_on_nothing_has_a_name, |app| {
    app.goods(None, 1).await;
    let brand = app.api(Role::Admin).await;
    let styles = brand.get("/api/v1/styles").await.expect(200).json();
    let link = json!({ "level": "style", "code": styles["items"][0]["code"], "link_type": "gs1:pip", "href": "https://brand.cn/shirt", "title": "Shirt" });
    brand.json("POST", "/api/v1/links", &link).await.expect(201);
    spoil(&app, "UPDATE link SET subject_id = 1").await;
    broken(brand.get("/api/v1/links").await);
});

story!(a_key_that_cannot_be_read_is_not_as_good_as_none, |app| {
    let admin = app.api(Role::Admin).await;
    let new = json!({ "code": "MILL-9", "name": { "zh": "某厂", "en": "Some mill" }, "roles": ["mill"] });
    let request = || Request::json("POST", "/api/v1/parties", &new).header("idempotency-key", "键-1");
    let refused = admin.send(request()).await.expect(422).json();
    assert_eq!(refused["faults"][0]["field"], "Idempotency-Key");
    admin.get("/api/v1/parties/MILL-9").await.expect(404);
});

story!(the_token_of_another_list_begins_no_page, |app| {
    app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 1).await;
    let admin = app.api(Role::Admin).await;
    for key in ["TWELVE", "TWELVE\nx", ""] {
        let answer = admin.get(&format!("/api/v1/policies?after={}", seal(key))).await;
        if key.is_empty() {
            answer.expect(200);
        } else {
            answer.expect(422);
        }
    }
});

/// Hands in a file of a program and gives the job's report.
async fn handed_in(app: &TestApp, table: &str, content_type: &str, body: impl Into<Vec<u8>>) -> serde_json::Value {
    let program = app.api(Role::Planner).await;
    let address = format!("/api/v1/imports/{table}?dry_run=false");
    let queued = program.send(Request::new("POST", &address).header("content-type", content_type).body(body.into())).await.expect(202);
    work(app).await;
    program.get(queued.header("location").unwrap()).await.expect(200).json()["report"].clone()
}

story!(a_line_that_ends_early_says_nothing_of_the_rest, |app| {
    let head = "code,name_en,roles,country,city\n";
    handed_in(&app, "parties", "text/csv", format!("{head}M-1,One,mill,CN,Ningbo\nM-2,Two,mill,CN,Ningbo\n")).await;
    let report = handed_in(&app, "parties", "text/csv", format!("{head}M-1,First,mill\nM-2,Second,mill,,\n")).await;
    assert_eq!((report["outcome"].as_str(), report["changed"].as_u64()), (Some("applied"), Some(2)));
    let planner = app.api(Role::Planner).await;
    let one = planner.get("/api/v1/parties/M-1").await.expect(200).json();
    assert_eq!((&one["name"]["en"], &one["country"], &one["city"]), (&json!("First"), &json!("CN"), &json!("Ningbo")));
    let two = planner.get("/api/v1/parties/M-2").await.expect(200).json();
    assert_eq!((&two["name"]["en"], &two["country"], &two["city"]), (&json!("Second"), &json!(""), &json!("")));
});

story!(a_quantity_whose_format_shows_another_unit_is_refused, |app| {
    handed_in(&app, "parties", "text/csv", "code,name_en,roles\nM-1,One,mill\n").await;
    let workbook = |unit: &str, format: &str| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["lot", "supplier", "kind", "material", "quantity", "unit"]).unwrap();
        sheet.write_row(1, 0, ["L-1", "M-1", "fabric", "Poplin"]).unwrap().write(1, 5, unit).unwrap();
        sheet.write_with_format(1, 4, 1250.5, &rust_xlsxwriter::Format::new().set_num_format(format)).unwrap();
        book.save_to_buffer().unwrap()
    };
    let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    for (unit, format) in [("m", "0.0\"kg\""), ("kg", "0.0\"m\""), ("m", "0.0\"千米\""), ("m", "0.0\"00\"")] {
        let report = handed_in(&app, "lots", sheet, workbook(unit, format)).await;
        assert_eq!(report["faults"][0]["args"]["reason"], "shows-more", "{unit} {format}: {report}");
    }
    for (unit, format) in [("m", "#,##0.0\" m\""), ("米", "0.0\"米\""), ("kg", "0.0\"kg\"")] {
        let report = handed_in(&app, "lots", sheet, workbook(unit, format)).await;
        assert_eq!(report["outcome"], "applied", "{unit} {format}: {report}");
    }
    let lot = app.api(Role::Planner).await.get("/api/v1/lots/L-1").await.expect(200).json();
    assert_eq!((&lot["quantity_milli"], &lot["unit"]), (&json!(1_250_500), &json!("kg")));
});
