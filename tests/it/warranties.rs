//! Warranties: under the policy of the day of sale, started by its rules, never ending earlier.

use hangtag::kernel::Code;
use hangtag::kernel::event::Subject;
use hangtag::kernel::money::Money;
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::ownership::warranties::{self, WaitsFor, WarrantyState};
use hangtag::platform::events;
use hangtag::platform::policies::{self, Policy, SetPolicy};
use hangtag::platform::rooms::Thing;
use hangtag::production::terms::{StartRule, WarrantyPolicy};
use hangtag::staff::accounts::Role;
use serde_json::json;

use crate::story;
use crate::support::TestApp;
use crate::support::goods::{Goods, day, policy};

/// A sale of a unit on a day, with nothing else said.
pub fn sale_of(goods: &Goods, unit: i64, sold_on: &str) -> NewSale {
    NewSale {
        garment: goods.garment(unit),
        retailer: None,
        sound: Sound {
            sold_on: day(sold_on),
            delivered_on: None,
            promised_on: None,
            no_return_confirmed_on: None,
            order_no: format!("W-{unit}"),
            price: Some(Money { minor: 39_900, currency: "CNY".into() }),
            channel: "web".into(),
            country: "CN".into(),
            city: "杭州".into(),
        },
        source: "api",
        registered_at: None,
    }
}

/// Registers it.
pub async fn sell(app: &TestApp, new: NewSale) -> sales::Sale {
    let (stamp, zone) = (app.state.stamp("system"), app.state.config.time_zone);
    app.write(move |db| sales::register(db, &stamp, zone, &new)).await
}

async fn state(app: &TestApp, goods: &Goods, unit: i64, today: &str) -> WarrantyState {
    let (garment, today) = (goods.garment(unit), day(today));
    app.look(move |db| warranties::state(db, garment, today)).await
}

story!(the_policy_version_of_the_day_of_sale_holds_for_ever, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 10).await;
    let stamp = app.state.stamp("system");
    let later = WarrantyPolicy { valid_from: day("2026-06-10"), months: 24, ..policy("TWELVE", &[StartRule::Sold]) };
    app.write(move |db| later.clone().save(db, &stamp, None)).await;
    sell(&app, sale_of(&goods, 0, "2026-06-09")).await;
    sell(&app, sale_of(&goods, 1, "2026-06-10")).await;
    let WarrantyState::Running { until: first, .. } = state(&app, &goods, 0, "2026-06-15").await else { panic!() };
    let WarrantyState::Running { until: second, .. } = state(&app, &goods, 1, "2026-06-15").await else { panic!() };
    assert_eq!((first, second), (day("2027-06-09"), day("2028-06-10")));
    // A version added afterwards, valid in the past of the sale's registration, changes nothing.
    let stamp = app.state.stamp("system");
    let newer = WarrantyPolicy { valid_from: day("2026-06-10"), months: 1, ..policy("TWELVE", &[StartRule::Sold]) };
    app.write(move |db| newer.clone().save(db, &stamp, None)).await;
    assert!(matches!(state(&app, &goods, 1, "2026-06-15").await, WarrantyState::Running { until, .. } if until == day("2028-06-10")));
});

story!(a_style_without_a_policy_has_the_houses_days, |app| {
    let goods = app.goods(None, 10).await;
    sell(&app, sale_of(&goods, 0, "2026-06-15")).await;
    assert_eq!(
        state(&app, &goods, 0, "2026-06-16").await,
        WarrantyState::Running { since: day("2026-06-15"), until: day("2027-06-15"), days_left: 364 }
    );
    app.state.clock.advance(chrono::Duration::minutes(1));
    let stamp = app.state.stamp("staff:admin");
    app.write(move |db| policies::set(db, &stamp, Policy::ServiceDays, &SetPolicy::now(0, "a test"))).await;
    app.state.clock.advance(chrono::Duration::minutes(1));
    sell(&app, sale_of(&goods, 1, "2026-06-15")).await;
    assert_eq!(state(&app, &goods, 1, "2026-06-16").await, WarrantyState::None);
    // The first sale's delivery is worked out with the days of its own day.
    let (stamp, zone, garment) = (app.state.stamp("system"), app.state.config.time_zone, goods.garment(0));
    app.write(move |db| sales::deliver(db, &stamp, zone, garment, day("2026-06-16"))).await;
    assert!(matches!(state(&app, &goods, 0, "2026-06-16").await, WarrantyState::Running { until, .. } if until == day("2027-06-16")));
});

story!(a_delivery_starts_a_waiting_warranty_and_never_shortens_one, |app| {
    let goods = app.goods(Some(policy("DELIVERED", &[StartRule::Delivered])), 10).await;
    let zone = app.state.config.time_zone;
    sell(&app, sale_of(&goods, 0, "2026-06-10")).await;
    assert_eq!(state(&app, &goods, 0, "2026-06-15").await, WarrantyState::Waiting { waits_for: WaitsFor::Delivery });
    let garment = goods.garment(0);
    for (delivered, ends) in [("2026-06-14", "2027-06-14"), ("2026-06-12", "2027-06-14"), ("2026-06-15", "2027-06-15")] {
        let stamp = app.state.stamp("system");
        app.write(move |db| sales::deliver(db, &stamp, zone, garment, day(delivered))).await;
        let WarrantyState::Running { since, until, .. } = state(&app, &goods, 0, "2026-06-15").await else { panic!() };
        assert_eq!((since, until), (day(delivered), day(ends)), "{delivered}");
    }
    let stamp = app.state.stamp("system");
    let early = app.state.store.write(move |db| sales::deliver(db, &stamp, zone, garment, day("2026-06-09"))).await.unwrap_err();
    assert_eq!(early.code(), Code::Invalid);
    let facts = app.look(move |db| events::of(db, Subject::Garment(garment.0))).await;
    let kinds: Vec<_> = facts.iter().map(|fact| fact.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "garment.sold",
            "garment.delivered",
            "garment.warranty_started",
            "garment.delivered",
            "garment.warranty_started",
            "garment.delivered",
            "garment.warranty_started"
        ]
    );
});

story!(the_end_is_never_later_than_so_long_after_making, |app| {
    let capped = WarrantyPolicy { made_plus_months: Some(6), ..policy("CAPPED", &[StartRule::Sold]) };
    let goods = app.goods(Some(capped), 10).await;
    sell(&app, sale_of(&goods, 0, "2026-06-15")).await;
    assert!(matches!(state(&app, &goods, 0, "2026-06-15").await, WarrantyState::Running { until, .. } if until == day("2026-11-30")));
});

story!(a_warranty_is_void_with_a_reason, |app| {
    let goods = app.goods(Some(policy("V", &[StartRule::Sold])), 10).await;
    sell(&app, sale_of(&goods, 0, "2026-06-10")).await;
    let (agent, serial) = (app.api(Role::Agent).await, goods.serial(&app, 0));
    let before = agent.get(&format!("/api/v1/warranties/{serial}")).await.expect(200).json();
    assert_eq!(before["warranty"]["state"], "running");
    assert_eq!(before["says"], "Covered until 2027-06-10. 360 more days after today.");
    let uri = format!("/api/v1/warranties/{serial}/void");
    assert_eq!(agent.json("POST", &uri, &json!({ "reason": "" })).await.expect(422).code(), "invalid");
    let void = agent.json("POST", &uri, &json!({ "reason": "Dyed by its owner." })).await.expect(200).json();
    assert_eq!(
        (void["warranty"]["state"].as_str(), void["says"].as_str()),
        (Some("void"), Some("The warranty is void. Dyed by its owner."))
    );
    assert_eq!(agent.json("POST", &uri, &json!({ "reason": "Again." })).await.expect(409).code(), "wrong_state");
    let unsold = format!("/api/v1/warranties/{}/void", goods.serial(&app, 1));
    assert_eq!(agent.json("POST", &unsold, &json!({ "reason": "No sale." })).await.expect(409).code(), "not_sold");
});

// I-13, by SQL around the program.
story!(the_database_itself_keeps_one_warranty_of_a_sale, |app| {
    let goods = app.goods(Some(policy("TWELVE", &[StartRule::Sold])), 2).await;
    sell(&app, sale_of(&goods, 0, "2026-06-10")).await;
    let garment = goods.garment(0).0;
    for wrong in [
        format!("UPDATE warranty SET ends_on = '2026-06-09' WHERE garment_id = {garment}"),
        format!("UPDATE warranty SET status = 'lost' WHERE garment_id = {garment}"),
        format!(
            "INSERT INTO warranty (garment_id, sale_seq, status, start_basis, reason, version) VALUES ({garment}, 1, 'waiting', '', '', 1)"
        ),
    ] {
        assert!(app.sql(&wrong).await.is_err(), "the store takes: {wrong}");
    }
    assert!(matches!(state(&app, &goods, 0, "2026-06-15").await, WarrantyState::Running { until, .. } if until == day("2027-06-10")));
});

// I-16 and I-17, by SQL around the program: a serial from elsewhere is one garment's for ever. Ours have no row.
story!(the_database_itself_keeps_a_serial_with_its_garment, |app| {
    let goods = app.goods(None, 2).await;
    let row = |serial: &str, unit: i64| {
        format!("INSERT INTO foreign_serial (serial, gtin, garment_id) VALUES ('{serial}', '{}', {})", goods.gtin, goods.garment(unit).0)
    };
    app.sql(&row("a7-Q", 0)).await.unwrap();
    assert!(app.sql(&row("a7-Q", 1)).await.is_err(), "two garments of one serial");
    app.sql(&row("a7-R", 1)).await.unwrap();
    assert!(app.sql("UPDATE foreign_serial SET serial = 'a7-Q' WHERE serial = 'a7-R'").await.is_err(), "one serial becomes another's");
});
