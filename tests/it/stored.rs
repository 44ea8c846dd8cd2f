//! What stands in the store, or was sent, and is nothing that may stand there: an error that the log names, or a fault, never another value in its place.

use diesel::connection::SimpleConnection;
use hangtag::each;
use hangtag::kernel::paging::seal;
use hangtag::production::parties;
use hangtag::production::terms::StartRule;
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::story;
use crate::support::goods::policy;
use crate::support::{Answer, Request, TestApp};

/// Writes what no release ever wrote.
async fn spoil(app: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    app.write(move |db| Ok(each!(db, |c| c.batch_execute(&sql))?)).await;
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
