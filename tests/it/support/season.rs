//! A little season: one style with its sku, one batch out of one lot, minted. Made through the rooms, as a planner would.

use hangtag::kernel::text::Both;
use hangtag::kernel::{BatchNo, GarmentId};
use hangtag::ownership::sales::{self, NewSale, Sound};
use hangtag::platform::rooms::made;
use hangtag::production::batches::{self, Batch, BatchSheet, LotUse};
use hangtag::production::composition::{Component, Fibre};
use hangtag::production::materials::{self, Lot, LotSheet};
use hangtag::production::parties::{self, Party, Role};
use hangtag::production::skus::SkuView;
use hangtag::production::styles::{Faq, Point, SafetyClass, SizeChart, Stages, StyleFacts, StyleView};
use hangtag::production::terms::WarrantyPolicy;
use serde_json::json;

use super::TestApp;

/// The GTIN of the season's sku.
pub const GTIN: &str = "09506000134352";

/// What was made.
pub struct Season {
    pub batch: BatchNo,
    /// Serials of the first units.
    pub serials: Vec<String>,
    /// Claim codes of the same units.
    pub claim_codes: Vec<String>,
    pub garments: Vec<GarmentId>,
}

pub fn both(zh: &str, en: &str) -> Both {
    Both { zh: zh.into(), en: en.into() }
}

impl TestApp {
    /// A season of ten garments under a GTIN.
    pub async fn season(&self) -> Season {
        self.season_with(Some(GTIN), false).await
    }

    /// A season of ten garments.
    pub async fn season_with(&self, gtin: Option<&'static str>, confidential: bool) -> Season {
        let (stamp, keys) = (self.state.stamp("staff:planner"), self.state.keys.clone());
        let made = self.state.store.write(move |db| {
            let party = |code: &str, zh: &str, en: &str, role| Party {
                code: code.into(),
                name_zh: zh.into(),
                name_en: en.into(),
                roles: vec![role],
                country: "CN".into(),
                city: "绍兴".into(),
                address_zh: "浙江省绍兴市柯桥区 1 号".into(),
                address_en: "1 Keqiao, Shaoxing, Zhejiang".into(),
                contact: "secret@example.com".into(),
                ..Party::default()
            };
            parties::create(db, &stamp, party("FAC-1", "华服一厂", "Huafu No. 1", Role::Factory))?;
            parties::create(db, &stamp, party("MILL-1", "柯桥面料厂", "Keqiao Mill", Role::Mill))?;
            let policy = json!({
                "code": "STD", "valid_from": "2026-01-01", "months": 12, "days": 0, "start_rules": ["delivered", "sold"],
                "coverage": both("面料、缝线、拉链的质量问题。", "Faults of fabric, seams and zips."),
                "exclusions": both("人为损坏、正常磨损。", "Damage by misuse, normal wear."),
            });
            made::<WarrantyPolicy>(db, &stamp, policy)?;
            let style = json!({
                "code": "SH-2601", "brand": "柯", "name": both("府绸长袖衬衫", "Poplin shirt"), "category": "衬衫", "confidential": confidential,
                "manufacturer": "FAC-1", "policy": "STD", "facts": facts(),
            });
            made::<StyleView>(db, &stamp, style)?;
            let sku = json!({
                "style": "SH-2601", "code": "SH-2601-WH-M", "gtin": gtin, "colour": both("白色", "White"), "size": "M", "size_label": "170/88A",
            });
            let sku = made::<SkuView>(db, &stamp, sku)?;
            materials::create(
                db,
                &stamp,
                LotSheet {
                    lot: Lot {
                        code: "LOT-1".into(),
                        material_zh: "全棉府绸".into(),
                        material_en: "Cotton poplin".into(),
                        quantity_milli: 1_000_000,
                        unit: "m".into(),
                        ..Lot::default()
                    },
                    supplier: "MILL-1".into(),
                    ..LotSheet::default()
                },
            )?;
            let batch = batches::create(
                db,
                &stamp,
                BatchSheet {
                    batch: Batch { code: "B-1".into(), planned: 10, ..Batch::default() },
                    sku: "SH-2601-WH-M".into(),
                    factory: "FAC-1".into(),
                    lots: vec![LotUse { component: "shell".into(), lot: "LOT-1".into(), ..LotUse::default() }],
                    ..BatchSheet::default()
                },
            )?;
            let no = batches::batch_by_code(db, "B-1")?.unwrap().no;
            let _sheet = (batch, sku);
            batches::mint(db, &stamp, no, 10, keys.serials.newest(), gtin)?;
            Ok(no)
        });
        let no = made.await.unwrap();
        let keys = self.state.keys.clone();
        let read = self.state.store.read(move |db| {
            let batch = batches::batch(db, no)?.unwrap();
            let garments: Vec<GarmentId> = (0..10).map(|unit| GarmentId::new(no, unit).unwrap()).collect();
            let serials = garments
                .iter()
                .map(|garment| batches::own_serial(&keys.serials, &batch, *garment).map(|of| of.serial))
                .collect::<Result<Vec<_>, _>>()?;
            let digits = gtin.and_then(batches::gtin14).unwrap_or(hangtag::kernel::serial::NO_GTIN);
            let codes = garments
                .iter()
                .map(|garment| keys.serials.claim_code(&digits, *garment, keys.serials.newest()).unwrap().grouped())
                .collect();
            Ok(Season { batch: no, serials, claim_codes: codes, garments })
        });
        read.await.unwrap()
    }

    /// Sells a garment of the season.
    pub async fn sell(&self, season: &Season, unit: usize, sold_on: &str) {
        let (stamp, zone) = (self.state.stamp("staff:planner"), self.state.config.time_zone);
        let sound = Sound {
            sold_on: sold_on.parse().unwrap(),
            delivered_on: None,
            promised_on: None,
            no_return_confirmed_on: None,
            order_no: String::new(),
            price: None,
            channel: "shop".into(),
            country: "CN".into(),
            city: String::new(),
        };
        let new = NewSale { garment: season.garments[unit], retailer: None, sound, source: "api", registered_at: None };
        self.state.store.write(move |db| sales::register(db, &stamp, zone, &new)).await.unwrap();
    }
}

fn facts() -> StyleFacts {
    StyleFacts {
        composition: vec![
            Component {
                name: both("面料", "Shell"),
                fibres: vec![
                    Fibre { name: both("棉", "cotton"), hundredths: 9_500 },
                    Fibre { name: both("氨纶", "elastane"), hundredths: 500 },
                ],
            },
            Component {
                name: both("里料", "Lining"), fibres: vec![Fibre { name: both("聚酯纤维", "polyester"), hundredths: 10_000 }]
            },
        ],
        care: ["wash-30-mild", "bleach-no", "tumble-no", "dry-line", "iron-110", "clean-no"].into_iter().map(str::to_owned).collect(),
        care_note: both("深色衣物请分开洗涤。", "Wash dark colours separately."),
        safety_class: Some(SafetyClass::B),
        product_standard: "FZ/T 81007-2022".into(),
        use_notes: both("避免长时间日晒。", "Keep out of strong sun."),
        stages: Stages { spin: "CN".into(), weave: "CN".into(), dye: "CN".into(), sew: "VN".into() },
        materials: both("长绒棉府绸，经预缩处理。", "Long-staple poplin, pre-shrunk."),
        origin: both("面料产自绍兴柯桥。", "The fabric comes from Keqiao."),
        faq: vec![Faq {
            question: both("会缩水吗？", "Does it shrink?"), answer: both("首次洗涤约 1%。", "About 1% at the first wash.")
        }],
        size_chart: Some(SizeChart {
            sizes: vec!["S".into(), "M".into(), "L".into()],
            points: vec![
                Point { name: both("胸围", "Chest"), mm: vec![1_020, 1_060, 1_105], tolerance_mm: Some(10) },
                Point { name: both("衣长", "Length"), mm: vec![710, 730, 750], tolerance_mm: None },
            ],
            how: both("平铺测量。", "Measured lying flat."),
        }),
        repair: both("门店提供免费补扣。", "Shops replace buttons for free."),
        take_back: both("可送回任一门店回收。", "Bring it back to any shop."),
        ..StyleFacts::default()
    }
}
