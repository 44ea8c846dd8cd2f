//! Scans: distinct devices are counted aside, machines are not, nothing that identifies anybody is kept.

use chrono::Duration;
use diesel::prelude::*;
use hangtag::each;
use hangtag::kernel::GarmentId;
use hangtag::ownership::scans::{self, Counter, DeviceKey, Look, Summary};
use hangtag::platform::db::schema::scan_device;
use hangtag::platform::policies::{self, Policy, SetPolicy};

use crate::story;
use crate::support::TestApp;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.47";
const GARMENT: GarmentId = GarmentId(1 << 22 | 7);

fn counter(app: &TestApp) -> Counter {
    let key = DeviceKey::derive(&app.state.keys.house).unwrap();
    Counter::start(app.state.store.clone(), app.state.clock.clone(), key).0
}

fn look<'a>(address: &str, user_agent: &'a str) -> Look<'a> {
    Look { method: "GET", user_agent, purposes: &[], address: address.parse().unwrap() }
}

async fn summary(app: &TestApp, garment: GarmentId) -> Option<Summary> {
    app.look(move |db| scans::summary(db, garment)).await
}

async fn devices(app: &TestApp) -> Vec<(i64, String)> {
    app.look(|db| Ok(each!(db, |c| scan_device::table.select((scan_device::garment_id, scan_device::device)).load(c))?)).await
}

story!(distinct_devices_are_counted_over_several_writes, |app| {
    let counter = counter(&app);
    let first_at = app.state.clock.now();
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.count(GARMENT, &look("203.0.113.7", WECHAT));
    counter.flush().await;
    app.state.clock.advance(Duration::hours(2));
    let last_at = app.state.clock.now();
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.count(GARMENT, &look("2001:db8:1:2::aaaa", PHONE));
    counter.count(GARMENT, &look("2001:db8:1:2::bbbb", PHONE));
    counter.count(GarmentId(GARMENT.0 + 1), &look("203.0.113.7", PHONE));
    counter.flush().await;
    assert_eq!(summary(&app, GARMENT).await, Some(Summary { devices: 3, times: 6, first_at, last_at }));
    assert_eq!(summary(&app, GarmentId(GARMENT.0 + 1)).await.unwrap().devices, 1);
    assert_eq!(summary(&app, GarmentId(GARMENT.0 + 2)).await, None);
    // One device at two garments has two names, and no name tells an address.
    let names = devices(&app).await;
    assert_eq!(names.len(), 4);
    assert!(names.iter().all(|(_, name)| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let distinct: std::collections::BTreeSet<_> = names.iter().map(|(_, name)| name).collect();
    assert_eq!(distinct.len(), 4);
});

story!(machines_and_heads_are_not_counted, |app| {
    let counter = counter(&app);
    for agent in ["curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Mozilla/5.0 (compatible; WeChat-Preview/1.0)", ""] {
        counter.count(GARMENT, &look("203.0.113.7", agent));
    }
    counter.count(GARMENT, &Look { method: "HEAD", ..look("203.0.113.7", PHONE) });
    counter.count(GARMENT, &Look { purposes: &["prefetch"], ..look("203.0.113.7", PHONE) });
    counter.flush().await;
    assert_eq!(summary(&app, GARMENT).await, None);
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.stop().await;
    assert_eq!(summary(&app, GARMENT).await.unwrap().times, 1, "what was waiting is written at the end");
    counter.count(GARMENT, &look("203.0.113.8", PHONE));
    counter.flush().await;
    assert_eq!(summary(&app, GARMENT).await.unwrap().times, 1, "after the end nothing is counted and nobody waits");
});

story!(a_device_is_forgotten_after_its_days, |app| {
    let counter = counter(&app);
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.flush().await;
    let before = devices(&app).await;
    app.state.clock.advance(Duration::days(45));
    counter.count(GARMENT, &look("203.0.113.8", PHONE));
    counter.flush().await;
    app.state.clock.advance(Duration::days(46));
    let now = app.state.clock.now();
    assert_eq!(app.write(move |db| scans::purge(db, now)).await, 1);
    let left = devices(&app).await;
    assert_eq!(left.len(), 1);
    assert!(!left.contains(&before[0]));
    // The key has changed since: the same device has another name, and counts anew. Totals stay.
    counter.count(GARMENT, &look("203.0.113.7", PHONE));
    counter.flush().await;
    assert!(!devices(&app).await.contains(&before[0]));
    assert_eq!(summary(&app, GARMENT).await.unwrap().devices, 3);
    let stamp = app.state.stamp("staff:admin");
    app.write(move |db| policies::set(db, &stamp, Policy::ScanDeviceDays, &SetPolicy::now(1, "a test"))).await;
    app.state.clock.advance(Duration::days(2));
    let now = app.state.clock.now();
    app.write(move |db| scans::purge(db, now)).await;
    assert_eq!(devices(&app).await, []);
    assert_eq!(summary(&app, GARMENT).await.unwrap().devices, 3);
});

story!(a_flood_never_holds_up_whoever_looks, |app| {
    let counter = counter(&app);
    for number in 0..20_000_u32 {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string();
        counter.count(GARMENT, &look(&address, PHONE));
    }
    counter.flush().await;
    let counted = summary(&app, GARMENT).await.unwrap();
    assert!(counted.devices >= 1 && counted.devices <= 20_000 && counted.devices == counted.times);
});
