//! What the season's garments are made of: lots made of lots.

use chrono::{Days, NaiveDate};

use super::catalogue::both;
use super::season::{BAD_LOT, Maker};
use crate::kernel::Result;
use crate::kernel::text::Both;
use crate::platform::events::Stamp;
use crate::production::batches::LotUse;
use crate::production::materials::{self, Lot, LotKind, LotPart, LotSheet};

/// A cloth: what it is good for, mill, dye house, names zh and en, shades.
type Cloth = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// A lot: what it is good for, its code, and the day it was produced.
type Stock = (&'static str, String, NaiveDate);

/// Lots by what they are good for.
pub(super) struct Lots {
    pub(super) fabrics: Vec<Stock>,
    pub(super) trims: Vec<Stock>,
}

impl Lots {
    /// Those that were there on a day.
    pub(super) fn of(list: &[Stock], what: &str, on: NaiveDate) -> Vec<String> {
        list.iter().filter(|(kind, _, produced_on)| *kind == what && *produced_on <= on).map(|(_, code, _)| code.clone()).collect()
    }
}

impl Maker<'_> {
    /// Yarn, greige cloth spun of it, dyed fabric of that, and trims: lots made of lots, four levels deep.
    pub(super) fn lots(&mut self) -> Result<Lots> {
        (self.tell)("lots made of lots");
        let mut drafts: Vec<LotSheet> = Vec::new();
        let mut yarns = Vec::new();
        for n in 0..12 {
            let code = format!("FIB-{n:03}");
            drafts.push(lot(&code, "MILL-HR", LotKind::Fibre, both("新疆长绒棉", "Long-staple cotton"), 40_000, "kg", self.day(n)));
            let yarn = format!("YRN-{n:03}");
            let mut draft =
                lot(&yarn, "MILL-HR", LotKind::Yarn, both("精梳棉纱 40 支", "Combed cotton yarn Ne 40"), 18_000, "kg", self.day(10 + n));
            draft.parents = vec![part(&code, 20_000)];
            drafts.push(draft);
            yarns.push(yarn);
        }
        let cloths: [Cloth; 7] = [
            ("jersey", "MILL-JX", "DYE-QT", "汗布", "Single jersey", &["NV", "OW", "BR"]),
            ("poplin", "MILL-JX", "DYE-HB", "牛津纺", "Oxford cloth", &["LB", "WH"]),
            ("denim", "MILL-DN", "DYE-HB", "牛仔布 12 盎司", "Denim 12 oz", &["IN"]),
            ("wool", "MILL-WL", "DYE-HB", "双面呢", "Double-faced wool", &["CM", "CH"]),
            ("nylon", "MILL-DN", "DYE-QT", "20D 锦纶", "20D nylon", &["DG", "BK"]),
            ("uniform", "MILL-JX", "DYE-QT", "涤棉府绸", "Polyester-cotton poplin", &["PK", "SB"]),
            ("jersey", "MILL-JX", "DYE-HB", "汗布", "Single jersey", &["YE", "CW"]),
        ];
        let mut fabrics = Vec::new();
        for (place, (what, mill, dyer, zh, en, shades)) in cloths.into_iter().enumerate() {
            for n in 0..8i64 {
                let greige = format!("GRG-{place}{n:02}");
                let made = self.day(25 + n * 55);
                let mut cloth = lot(&greige, mill, LotKind::Greige, both(&format!("{zh}坯布"), &format!("{en}, greige")), 9_000, "m", made);
                cloth.parents = self.chance.one(&yarns).map(|yarn| part(yarn, 2_500)).into_iter().collect();
                drafts.push(cloth);
                for shade in shades {
                    let code = if *shade == "NV" && n == 1 { BAD_LOT.to_owned() } else { format!("FAB-{shade}-{:04}", 100 + n * 37) };
                    let dyed = made.checked_add_days(Days::new(9)).unwrap_or(made).min(self.today);
                    let mut fabric = lot(&code, dyer, LotKind::Fabric, both(zh, en), 4_200, "m", dyed);
                    fabric.lot.dye_lot = format!("{shade}{}", 2_600 + n);
                    fabric.parents = vec![part(&greige, 4_300)];
                    drafts.push(fabric);
                    fabrics.push((what, code, dyed));
                }
            }
        }
        let kinds: [(&str, &str, LotKind, &str, &str, &str); 5] = [
            ("button", "TRIM-YD", LotKind::Button, "四眼树脂扣", "Four-hole resin button", "pcs"),
            ("zip", "TRIM-KZ", LotKind::Zip, "3 号尼龙拉链", "No. 3 nylon zip", "pcs"),
            ("label", "TRIM-LB", LotKind::Label, "洗水唛", "Care label", "pcs"),
            ("thread", "MILL-HR", LotKind::Thread, "涤纶缝纫线", "Polyester sewing thread", "pcs"),
            ("down", "SUP-DN", LotKind::Filling, "90% 白鸭绒", "90 % white duck down", "kg"),
        ];
        let mut trims = Vec::new();
        for (what, supplier, kind, zh, en, unit) in kinds {
            for n in 0..10i64 {
                let code = format!("{}-{:03}", what.to_uppercase(), n + 1);
                let made = self.day(15 + n * 48);
                drafts.push(lot(&code, supplier, kind, both(zh, en), 60_000, unit, made));
                trims.push((what, code, made));
            }
        }
        let drafts: Vec<(Stamp, LotSheet)> =
            drafts.into_iter().map(|draft| (self.stamp("system", draft.lot.produced_on.unwrap_or(self.first)), draft)).collect();
        self.app.store.write_blocking(move |db| {
            for (stamp, draft) in &drafts {
                materials::create(db, stamp, draft.clone())?;
            }
            Ok(())
        })?;
        Ok(Lots { fabrics, trims })
    }
}

fn lot(code: &str, supplier: &str, kind: LotKind, material: Both, quantity: i64, unit: &str, produced_on: NaiveDate) -> LotSheet {
    let lot = Lot {
        code: code.into(),
        kind,
        material_zh: material.zh,
        material_en: material.en,
        quantity_milli: quantity * 1_000,
        unit: unit.into(),
        country: "CN".into(),
        produced_on: Some(produced_on),
        ..Lot::default()
    };
    LotSheet { lot, supplier: supplier.into(), ..LotSheet::default() }
}

pub(super) fn used(component: &str, lot: String, units: Option<String>, milli: i64) -> LotUse {
    LotUse { component: component.into(), lot, units, quantity_milli: Some(milli), ..LotUse::default() }
}

fn part(code: &str, quantity: i64) -> LotPart {
    LotPart { lot: code.into(), quantity_milli: Some(quantity * 1_000), ..LotPart::default() }
}
