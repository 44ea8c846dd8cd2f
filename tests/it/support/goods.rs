//! Garments to sell and claim: a policy, a style, a sku, a factory and a minted batch, made through the rooms' own functions.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::NaiveDate;
use hangtag::kernel::serial::{Epoch, Gtin14};
use hangtag::kernel::{BatchNo, GarmentId, Id};
use hangtag::platform::db::Db;
use hangtag::platform::rooms::{Thing, made};
use hangtag::production::skus::SkuView;
use hangtag::production::styles::StyleView;
use hangtag::production::terms::{StartRule, StartRules, WarrantyPolicy};
use hangtag::production::{batches, parties};

use super::TestApp;

/// Above what a season calls its own.
static COUNT: AtomicU32 = AtomicU32::new(101);

/// A minted batch.
pub struct Goods {
    pub no: BatchNo,
    pub code: String,
    pub gtin: String,
}

impl Goods {
    pub fn garment(&self, unit: i64) -> GarmentId {
        GarmentId::new(self.no, unit).unwrap()
    }

    fn gtin14(&self) -> Gtin14 {
        self.gtin.as_bytes().try_into().unwrap()
    }

    pub fn serial(&self, app: &TestApp, unit: i64) -> String {
        app.state.keys.serials.mint_under(Epoch::FIRST, &self.gtin14(), self.garment(unit)).unwrap().to_string()
    }

    pub fn claim_code(&self, app: &TestApp, unit: i64) -> String {
        app.state.keys.serials.claim_code(&self.gtin14(), self.garment(unit), Epoch::FIRST).unwrap().grouped()
    }
}

/// `text` as a day.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A policy of twelve months from these starts, valid since 2020.
pub fn policy(code: &str, starts: &[StartRule]) -> WarrantyPolicy {
    WarrantyPolicy {
        code: code.to_owned(),
        valid_from: day("2020-01-01"),
        months: 12,
        start_rules: StartRules(starts.to_vec()),
        coverage_zh: "缝线、纽扣、拉链".into(),
        coverage_en: "Seams, buttons, zips".into(),
        exclusions_zh: "正常磨损".into(),
        exclusions_en: "Normal wear".into(),
        ..WarrantyPolicy::default()
    }
}

/// A GTIN of its own, with its check digit.
fn gtin(number: u32) -> String {
    let body = format!("0690000{number:06}");
    let sum: u32 = body.chars().enumerate().map(|(place, digit)| digit.to_digit(10).unwrap() * if place % 2 == 0 { 3 } else { 1 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

impl TestApp {
    /// Puts in what a deployment starts with.
    pub async fn seed(&self) {
        self.write(hangtag::app::seed).await;
    }

    /// Runs a write.
    pub async fn write<T: Send + 'static>(&self, body: impl Fn(&mut Db) -> hangtag::kernel::Result<T> + Send + 'static) -> T {
        self.state.store.write(body).await.unwrap()
    }

    /// Runs a read.
    pub async fn look<T: Send + 'static>(&self, body: impl FnOnce(&mut Db) -> hangtag::kernel::Result<T> + Send + 'static) -> T {
        self.state.store.read(body).await.unwrap()
    }

    /// A party of a role, with its code.
    pub async fn party(&self, role: parties::Role) -> (Id, String) {
        let stamp = self.state.stamp("system");
        let code = format!("{}-{}", role.as_str().to_uppercase(), COUNT.fetch_add(1, Ordering::Relaxed)).replace('_', "-");
        let party = parties::Party {
            code: code.clone(),
            name_zh: "某某".into(),
            name_en: "Some".into(),
            roles: vec![role],
            ..parties::Party::default()
        };
        let made = self.write(move |db| parties::create(db, &stamp, party.clone())).await;
        (made.id, code)
    }

    /// A minted batch of `units` garments, sewn from 2026-05-17 and finished fifteen days ago (2026-05-31), of a style under this policy (or none).
    pub async fn goods(&self, policy: Option<WarrantyPolicy>, units: i64) -> Goods {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let (_, factory) = self.party(parties::Role::Factory).await;
        let (stamp, gtin, code, style) = (self.state.stamp("system"), gtin(number), format!("B-{number}"), format!("S-{number}"));
        let finished = self.state.today() - chrono::Days::new(15);
        let goods = Goods { no: BatchNo(0), code: code.clone(), gtin: gtin.clone() };
        let no = self
            .write(move |db| {
                let policy_code = policy.as_ref().map(|policy| policy.code.clone());
                if let Some(policy) = &policy {
                    policy.clone().save(db, &stamp, None)?;
                }
                let named = serde_json::json!({ "zh": "衬衫", "en": "Shirt" });
                made::<StyleView>(db, &stamp, serde_json::json!({ "code": style, "name": named, "policy": policy_code }))?;
                let sku = serde_json::json!({ "style": style, "code": format!("{style}-M"), "gtin": gtin, "size": "M" });
                made::<SkuView>(db, &stamp, sku)?;
                let batch: batches::BatchSheet = serde_json::from_value(serde_json::json!({
                    "code": code, "sku": format!("{style}-M"), "factory": factory, "planned": units, "started_on": finished - chrono::Days::new(14), "finished_on": finished,
                }))
                .unwrap();
                let no = batches::create(db, &stamp, batch)?.no;
                batches::mint(db, &stamp, no, units, Epoch::FIRST, Some(&gtin))?;
                Ok(no)
            })
            .await;
        Goods { no, ..goods }
    }
}
