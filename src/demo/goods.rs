//! The catalogue of the season: parties, policies, styles, skus, as a planner enters them.

use serde_json::{Value, json};

use super::catalogue::{COVERS, GARMENTS, GTIN_RANGE, Garment, PARTIES, both};
use super::season::Maker;
use crate::kernel::gs1::check::check_digit;
use crate::kernel::{Error, Result};
use crate::platform::rooms::made;
use crate::production::parties::{self, Party};
use crate::production::skus::SkuView;
use crate::production::styles::StyleView;
use crate::production::terms::WarrantyPolicy;

impl Maker<'_> {
    pub(super) fn catalogue(&mut self) -> Result<()> {
        (self.tell)("parties, styles, skus");
        let (first, stamp) = (self.first, self.stamp("system", self.first));
        self.app.store.write_blocking(move |db| {
            for who in PARTIES {
                let party = Party {
                    code: who.code.into(),
                    name_zh: who.zh.into(),
                    name_en: who.en.into(),
                    roles: vec![who.role],
                    country: who.country.into(),
                    city: who.city.into(),
                    address_zh: who.address_zh.into(),
                    address_en: who.address_en.into(),
                    ..Party::default()
                };
                parties::create(db, &stamp, party)?;
            }
            for cover in COVERS {
                let policy = json!({
                    "code": cover.code, "valid_from": first, "months": cover.months, "days": cover.days, "start_rules": cover.start,
                    "coverage": both(cover.coverage.0, cover.coverage.1), "exclusions": both(cover.exclusions.0, cover.exclusions.1),
                });
                made::<WarrantyPolicy>(db, &stamp, policy)?;
            }
            let mut item = 0;
            for garment in GARMENTS {
                made::<StyleView>(db, &stamp, style(garment))?;
                for (colour_zh, colour_en) in garment.colours {
                    for (size, size_label) in garment.sizes {
                        item += 1;
                        let sku = json!({
                            "style": garment.code, "code": sku_code(garment, colour_en, size), "gtin": gtin(item)?,
                            "colour": { "zh": colour_zh, "en": colour_en }, "size": size, "size_label": size_label,
                        });
                        made::<SkuView>(db, &stamp, sku)?;
                    }
                }
            }
            Ok(())
        })
    }
}

pub(super) fn sku_code(garment: &Garment, colour_en: &str, size: &str) -> String {
    let colour: String = colour_en.chars().filter(char::is_ascii_alphabetic).take(4).collect::<String>().to_uppercase();
    format!("{}-{colour}-{size}", garment.code)
}

/// The `item`-th GTIN of the range for examples.
fn gtin(item: i64) -> Result<String> {
    let body = format!("{GTIN_RANGE}{item:05}");
    let digit = check_digit(body.as_bytes()).ok_or_else(|| Error::broken("a GTIN is digits"))?;
    Ok(format!("{body}{}", char::from(digit)))
}

fn style(garment: &Garment) -> Value {
    let fibre = |(zh, en, hundredths): &(&str, &str, i64)| json!({ "name": both(zh, en), "hundredths": hundredths });
    let component = |(zh, en, fibres): &(&str, &str, &[(&str, &str, i64)])| json!({ "name": both(zh, en), "fibres": fibres.iter().map(fibre).collect::<Vec<_>>() });
    json!({
        "code": garment.code,
        "brand": "岚山 LANSHAN",
        "name": both(garment.zh, garment.en),
        "category": garment.category,
        "confidential": garment.confidential,
        "manufacturer": "LANSHAN",
        "policy": garment.policy,
        "facts": {
            "composition": garment.composition.iter().map(component).collect::<Vec<_>>(),
            "care": garment.care,
            "safety_class": garment.safety.to_string(),
            "age_group": if garment.category == "infants" { "infant" } else { "adult" },
            "product_standard": garment.standard,
            "use_notes": both(
                "深色衣物首次洗涤可能轻微掉色，请单独洗涤；存放于干燥通风处。",
                "Dark colours may lose a little dye in the first wash: wash separately. Store dry and aired.",
            ),
            "origin": both("棉纱产自石家庄，面料织造与染整在浙江完成。", "Yarn from Shijiazhuang; woven, knitted and dyed in Zhejiang."),
            "repair": both(
                "纽扣、拉链、开线可在任一服务点免费修补。",
                "Buttons, zips and open seams are mended free of charge at any service point.",
            ),
            "take_back": both("门店回收旧衣，每件赠 20 元券。", "Our shops take worn garments back for a voucher of CNY 20."),
            "faq": [
                {
                    "question": both("可以机洗吗？", "May I machine-wash it?"),
                    "answer": both(
                        "请按本页的洗涤图标洗护；图标与衣内洗水唛一致。",
                        "Follow the symbols on this page; they are those of the care label inside.",
                    ),
                },
                {
                    "question": both("尺码不合适怎么办？", "What if the size does not fit?"),
                    "answer": both(
                        "签收后 7 天内，吊牌完好可免费换码一次。",
                        "Within 7 days of delivery and with the hang-tag on, we change the size once free of charge.",
                    ),
                },
            ],
            "public_name": if garment.confidential { both("贴身衣物", "Underwear") } else { both("", "") },
        },
    })
}
