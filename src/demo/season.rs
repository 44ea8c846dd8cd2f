//! A season: catalogue, lots made of lots, batches, sales over eighteen months, holders, people.

use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use super::catalogue::{COVERS, GARMENTS, GTIN_RANGE, Garment, PARTIES, both};
use super::chance::Chance;
use crate::inspection::findings::{self, About, NewFinding, Stage};
use crate::kernel::gs1::check::check_digit;
use crate::kernel::money::Money;
use crate::kernel::text::Both;
use crate::kernel::{BatchNo, Error, GarmentId, Id, Result, saturating};
use crate::ownership::holders::{self, Secret};
use crate::ownership::sales::{self, NewSale, Sound};
use crate::platform::events::Stamp;
use crate::platform::rooms::made;
use crate::platform::state::AppState;
use crate::production::batches::{self, Batch, BatchSheet, BatchStatus, LotUse};
use crate::production::labels::{Format, Target};
use crate::production::materials::{self, Lot, LotKind, LotPart, LotSheet};
use crate::production::parties::{self, Party};
use crate::production::print_jobs::{self, LabelRequest};
use crate::production::skus::SkuView;
use crate::production::styles::StyleView;
use crate::production::terms::WarrantyPolicy;

/// Units of the batch that is large enough to try 100,000 labels on.
const BIG_BATCH: i64 = 120_000;
/// The dye lot that bleeds.
pub(super) const BAD_LOT: &str = "FAB-NV-0417";
/// Days the season spans.
const DAYS: u64 = 540;
/// Sales one write registers.
const CHUNK: usize = 2_000;

/// Defects that any season has.
const EVERYDAY: &[&str] =
    &["seam_open", "button_loose", "pilling", "loose_thread", "size_mismatch", "zip_failure", "soil", "fading", "dye_bleed"];
/// Defects of a dye that was not fixed.
const BLEEDING: &[&str] = &["dye_bleed", "fading", "crocking"];

/// What was made.
pub struct Season {
    /// Codes of the batches.
    pub batches: Vec<String>,
    /// The big one.
    pub big_batch: String,
    /// The lot to blame; empty where none is.
    pub bad_lot: String,
    /// Sold garments, in the order of their sale.
    pub sold: Vec<GarmentId>,
    /// Of those, the ones whose shell is of the bad lot.
    pub sold_of_bad_lot: Vec<GarmentId>,
    /// Lately sold and not claimed, with the code under its film: for trying it out.
    pub to_claim: Option<(GarmentId, String)>,
}

/// How large a season.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Garments made in all; the big batch alone has 120,000.
    pub garments: i64,
    /// How many of a million garments of the small batches are sold. The big batch has just begun to sell.
    pub sold_per_million: i64,
    /// Without the dye lot that bleeds: the same season, and nobody to blame in it.
    pub no_fault: bool,
    /// Which of many seasons: each is as believable as the first, and none like another.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { garments: saturating(super::GARMENTS), sold_per_million: 400_000, no_fault: false, seed: 0x4861_6e67 }
    }
}

/// A garment, and the day it was sold.
type SoldOn = (GarmentId, NaiveDate);

/// A batch as the season's sales see it.
struct Made {
    no: BatchNo,
    code: String,
    units: i64,
    /// Units that had a label, from the first on: only those are sold.
    labelled: i64,
    finished_on: NaiveDate,
    price: i64,
    /// Units whose shell is of the bad lot, from 0, end left out.
    bad: std::ops::Range<i64>,
    share: i64,
}

/// Fills an empty store with a season that ends today. `tell` is told what is being made.
///
/// # Errors
/// When the store or a room refuses something: a fault of the demo's data.
pub fn make(app: &AppState, plan: Plan, tell: &mut dyn FnMut(&str)) -> Result<Season> {
    let today = app.today();
    let first = today.checked_sub_days(Days::new(DAYS + 90)).ok_or_else(|| Error::broken("the calendar is too short"))?;
    let mut season = Maker { app, first, today, chance: Chance::new(plan.seed), tell };
    season.catalogue()?;
    let lots = season.lots()?;
    let made = season.batches(plan, &lots)?;
    let (sold, sold_of_bad_lot) = season.sales(&made)?;
    let garments = |of: &[SoldOn]| of.iter().map(|(garment, _)| *garment).collect::<Vec<GarmentId>>();
    let to_claim = season.holders(&garments(&sold))?;
    season.findings(&sold, if plan.no_fault { &[] } else { &sold_of_bad_lot })?;
    let big_batch = made.iter().max_by_key(|batch| batch.units).map(|batch| batch.code.clone()).unwrap_or_default();
    Ok(Season {
        batches: made.into_iter().map(|batch| batch.code).collect(),
        big_batch,
        bad_lot: if plan.no_fault { String::new() } else { BAD_LOT.to_owned() },
        sold: garments(&sold),
        sold_of_bad_lot: garments(&sold_of_bad_lot),
        to_claim,
    })
}

struct Maker<'a> {
    app: &'a AppState,
    first: NaiveDate,
    today: NaiveDate,
    chance: Chance,
    tell: &'a mut dyn FnMut(&str),
}

/// A cloth: what it is good for, mill, dye house, names zh and en, shades.
type Cloth = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// A lot: what it is good for, its code, and the day it was produced.
type Stock = (&'static str, String, NaiveDate);

/// Lots by what they are good for.
struct Lots {
    fabrics: Vec<Stock>,
    trims: Vec<Stock>,
}

impl Lots {
    /// Those that were there on a day.
    fn of(list: &[Stock], what: &str, on: NaiveDate) -> Vec<String> {
        list.iter().filter(|(kind, _, produced_on)| *kind == what && *produced_on <= on).map(|(_, code, _)| code.clone()).collect()
    }
}

impl Maker<'_> {
    fn day(&self, days: i64) -> NaiveDate {
        let days = saturating::<u64>(days);
        self.first.checked_add_days(Days::new(days)).unwrap_or(self.today).min(self.today)
    }

    /// A stamp of ten in the morning of a day in China, never of the future.
    fn stamp(&self, actor: &str, day: NaiveDate) -> Stamp {
        let at = day.and_time(NaiveTime::MIN) + chrono::Duration::hours(2);
        Stamp { actor: actor.to_owned(), at: at.min(self.app.clock.now()), node: self.app.node }
    }

    fn catalogue(&mut self) -> Result<()> {
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

    /// Yarn, greige cloth spun of it, dyed fabric of that, and trims: lots made of lots, four levels deep.
    fn lots(&mut self) -> Result<Lots> {
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

    fn batches(&mut self, plan: Plan, lots: &Lots) -> Result<Vec<Made>> {
        (self.tell)("batches");
        let mut left = (plan.garments - BIG_BATCH).max(0);
        let mut made = Vec::new();
        let mut number = 0i64;
        let average = (left / 48).clamp(60, 200_000);
        let mut turn = 0usize;
        while left > 0 || number == 0 {
            let Some(garment) = GARMENTS.get(turn % GARMENTS.len()) else { break };
            turn += 1;
            number += 1;
            let units = (average * self.chance.between(40, 170) / 100).clamp(24, left.max(24));
            left -= units;
            let started = 60 + number * 9 % 430;
            made.push(self.batch(plan, garment, number, units, started, lots)?);
        }
        if let Some(shirt) = GARMENTS.first() {
            made.push(self.batch(plan, shirt, number + 1, BIG_BATCH, 470, lots)?);
        }
        Ok(made)
    }

    fn batch(&mut self, plan: Plan, garment: &'static Garment, number: i64, units: i64, started: i64, lots: &Lots) -> Result<Made> {
        let (started_on, finished_on) = (self.day(started), self.day(started + 3 + units / 4_000));
        let colour = self.chance.one(garment.colours).copied().unwrap_or_default();
        let size = self.chance.one(garment.sizes).copied().unwrap_or_default();
        let is_big = units == BIG_BATCH;
        let is_navy_shirt = garment.code == "LS-T01" && (is_big || self.chance.once_in_a_million(600_000));
        let is_navy_shirt = is_navy_shirt && Lots::of(&lots.fabrics, "jersey", started_on).iter().any(|code| code == BAD_LOT);
        let colour = if is_navy_shirt { garment.colours.first().copied().unwrap_or(colour) } else { colour };
        let mut uses = Vec::new();
        let mut bad = 0..0;
        for (component, what) in garment.parts {
            let pool = Lots::of(if *component == "shell" { &lots.fabrics } else { &lots.trims }, what, started_on);
            let pool: Vec<String> = pool.into_iter().filter(|code| code != BAD_LOT).collect();
            let Some(one) = self.chance.one(&pool).cloned() else { continue };
            if *component != "shell" {
                uses.push(used(component, one, None, units * 1_000));
                continue;
            }
            // Rolls change within a run: the first part of one lot, the rest of another.
            let change = units * self.chance.between(35, 65) / 100;
            let second = if is_navy_shirt { BAD_LOT.to_owned() } else { self.chance.one(&pool).cloned().unwrap_or_else(|| one.clone()) };
            if second == one || change < 1 {
                uses.push(used("shell", one, None, units * 1_350));
                continue;
            }
            // The big batch only took what was left of the bad lot.
            let end = if is_big { change + 15_000 } else { units };
            if is_navy_shirt {
                bad = change..end;
            }
            uses.push(used("shell", one.clone(), Some(format!("1-{change}")), change * 1_350));
            uses.push(used("shell", second, Some(format!("{}-{end}", change + 1)), (end - change) * 1_350));
            if end < units {
                let third = self.chance.one(&pool).filter(|code| **code != one).cloned().unwrap_or(one);
                uses.push(used("shell", third, Some(format!("{}-{units}", end + 1)), (units - end) * 1_350));
            }
        }
        let code = format!("B{}-{number:03}", started_on.format("%y%m"));
        let batch = Batch {
            code: code.clone(),
            line: format!("{}", number % 6 + 1),
            started_on: Some(started_on),
            finished_on: Some(finished_on),
            planned: units,
            status: BatchStatus::Released,
            ..Batch::default()
        };
        let (sku, factory) = (sku_code(garment, colour.1, size.0), garment.factory.into());
        let batch = BatchSheet { batch, sku, factory, lots: uses, ..BatchSheet::default() };
        let (planned, minted) = (self.stamp("system", started_on), self.stamp("staff:operator", finished_on));
        let epoch = self.app.keys.serials.newest();
        let no = self.app.store.write_blocking(move |db| {
            let made = batches::create(db, &planned, batch.clone())?;
            batches::mint(db, &minted, made.no, units, epoch, made.gtin.as_deref())?;
            Ok(made.no)
        })?;
        // The label operator has half of the big batch still to print.
        let labelled = if is_big { units / 2 } else { units };
        self.labels(&code, labelled, finished_on)?;
        let share = if is_big { plan.sold_per_million / 10 } else { plan.sold_per_million };
        Ok(Made { no, code, units, labelled, finished_on, price: garment.price_minor, bad, share })
    }

    /// Labels as rows for a printing house, which nobody keeps.
    fn labels(&self, batch: &str, count: i64, on: NaiveDate) -> Result<()> {
        let rows = LabelRequest {
            batch: batch.to_owned(),
            format: Some(Format::Csv.as_str().to_owned()),
            count: Some(count),
            claim_codes: true,
            ..LabelRequest::default()
        };
        print_jobs::make(self.app, &self.stamp("staff:operator", on), &rows, Target::Stream(&mut std::io::sink()), &mut |_, _| ())?;
        Ok(())
    }

    fn sales(&mut self, made: &[Made]) -> Result<(Vec<SoldOn>, Vec<SoldOn>)> {
        (self.tell)("sales over eighteen months");
        let retailers: Vec<(Id, &'static str)> = self.app.store.read_blocking(|db| {
            let mut found = Vec::new();
            for who in PARTIES.iter().filter(|who| who.role == parties::Role::Retailer) {
                if let Some(party) = parties::by_code(db, who.code)? {
                    found.push((party.id, who.code));
                }
            }
            Ok(found)
        })?;
        let mut all: Vec<(NewSale, bool)> = Vec::new();
        for batch in made {
            for unit in 0..batch.labelled {
                if !self.chance.once_in_a_million(batch.share) {
                    continue;
                }
                let Some(garment) = GarmentId::new(batch.no, unit) else { continue };
                let since = (self.today - batch.finished_on).num_days();
                // Most sell in the first months; nothing sells before it is made.
                let after = self.chance.between(14, 240).min(self.chance.between(14, 300));
                if after >= since {
                    continue;
                }
                let sold_on = batch.finished_on + chrono::Duration::days(after);
                let (retailer, code) = self.chance.one(&retailers).copied().map_or((None, ""), |(id, code)| (Some(id), code));
                let online = code == "WEB";
                let delivered_on = if online { sold_on + chrono::Duration::days(self.chance.between(1, 5)) } else { sold_on };
                let sound = Sound {
                    sold_on,
                    delivered_on: Some(delivered_on).filter(|day| *day <= self.today),
                    promised_on: None,
                    no_return_confirmed_on: None,
                    order_no: format!("{}{:08}", if online { "W" } else { "S" }, self.chance.below(100_000_000)),
                    price: Some(Money { minor: batch.price, currency: "CNY".into() }),
                    channel: if online { "online" } else { "shop" }.into(),
                    country: if code == "SHOP-SG" { "SG" } else { "CN" }.into(),
                    city: PARTIES.iter().find(|who| who.code == code).map(|who| who.city).unwrap_or_default().into(),
                };
                all.push((NewSale { garment, retailer, sound, source: "import", registered_at: None }, batch.bad.contains(&unit)));
            }
        }
        all.sort_by_key(|(sale, _)| (sale.sound.sold_on, sale.garment));
        let zone = self.app.config.time_zone;
        for chunk in all.chunks(CHUNK) {
            let chunk: Vec<NewSale> = chunk.iter().map(|(sale, _)| sale.clone()).collect();
            let Some(last) = chunk.last().map(|sale| sale.sound.sold_on) else { continue };
            let stamp = self.stamp("api:web-shop", last);
            self.app.store.write_blocking(move |db| {
                let examined = sales::examine(db, &stamp, zone, &chunk)?;
                if let Some((_, refusal)) = examined.refused.into_iter().next() {
                    return Err(refusal.into());
                }
                sales::register_examined(db, &stamp, &examined.ready)
            })?;
        }
        let of = |(sale, _): &(NewSale, bool)| (sale.garment, sale.sound.sold_on);
        Ok((all.iter().map(of).collect(), all.iter().filter(|(_, bad)| *bad).map(of).collect()))
    }

    /// Some buyers scratched the film and claimed their garment. Gives one that nobody claimed yet.
    fn holders(&mut self, sold: &[GarmentId]) -> Result<Option<(GarmentId, String)>> {
        (self.tell)("holders");
        let chosen: Vec<GarmentId> = sold.iter().rev().filter(|_| self.chance.once_in_a_million(150_000)).copied().take(400).collect();
        let open = sold.iter().rev().find(|garment| !chosen.contains(garment)).copied();
        let (app, today) = (self.app.clone(), self.today);
        let stamp = self.stamp("holder", self.today);
        let secrets: Vec<(GarmentId, Secret)> = chosen.into_iter().map(|garment| (garment, Secret::fresh())).collect();
        self.app.store.write_blocking(move |db| {
            for (garment, secret) in &secrets {
                let Some(batch) = batches::batch(db, garment.batch())? else { continue };
                let Some(code) = claim_code(&app, &batch, *garment)? else { continue };
                let _claimed = holders::claim(db, &stamp, &app.keys.serials, *garment, &code, today, secret)?;
            }
            let Some(garment) = open else { return Ok(None) };
            let batch = batches::batch(db, garment.batch())?;
            Ok(batch.map(|batch| claim_code(&app, &batch, garment)).transpose()?.flatten().map(|code| (garment, code)))
        })
    }
}

impl Maker<'_> {
    /// What came back: a little of everything, and too much that bleeds from one dye lot. Most of what fails fails within the first months, and
    /// what was sold lately has most of it still before it.
    fn findings(&mut self, sold: &[SoldOn], bad: &[SoldOn]) -> Result<()> {
        (self.tell)(if bad.is_empty() { "findings, with nobody to blame" } else { "findings, with one dye lot to blame" });
        let mut news: Vec<(NaiveDate, NewFinding)> = Vec::new();
        for (garments, per_million, defects) in [(sold, 10_000, EVERYDAY), (bad, 110_000, BLEEDING)] {
            for (garment, sold_on) in garments {
                if !self.chance.once_in_a_million(per_million) {
                    continue;
                }
                let Some(defect) = self.chance.one(defects) else { continue };
                let age = self.chance.between(3, 420).min(self.chance.between(3, 420));
                let stage = if self.chance.once_in_a_million(500_000) { Stage::Return } else { Stage::Buyer };
                let found_on = *sold_on + chrono::Duration::days(age);
                if found_on > self.today {
                    continue;
                }
                let sound = findings::Sound {
                    defect: (*defect).to_owned(),
                    severity: None,
                    zone: String::new(),
                    quantity: 1,
                    stage,
                    note: String::new(),
                    found_on,
                };
                news.push((found_on, NewFinding { about: About::Garment(*garment), sound }));
            }
        }
        news.sort_by_key(|(found_on, _)| *found_on);
        let days: Vec<(Stamp, Vec<NewFinding>)> = news
            .chunk_by(|one, next| one.0 == next.0)
            .filter_map(|day| {
                let (found_on, _) = day.first()?;
                Some((self.stamp("staff:inspector", *found_on), day.iter().map(|(_, new)| new.clone()).collect()))
            })
            .collect();
        self.app.store.write_blocking(move |db| {
            crate::app::seed(db)?;
            days.iter().try_for_each(|(stamp, news)| findings::log(db, stamp, news).map(drop))
        })
    }
}

/// The code under the scratch film of a garment.
fn claim_code(app: &AppState, batch: &batches::Batch, garment: GarmentId) -> Result<Option<String>> {
    let (gtin, epoch) = batches::made_with(batch.no, batch.minted_gtin.as_deref(), batch.minted_epoch)?;
    Ok(app.keys.serials.claim_code(&gtin, garment, epoch).map(|code| code.grouped()))
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

fn used(component: &str, lot: String, units: Option<String>, milli: i64) -> LotUse {
    LotUse { component: component.into(), lot, units, quantity_milli: Some(milli), ..LotUse::default() }
}

fn part(code: &str, quantity: i64) -> LotPart {
    LotPart { lot: code.into(), quantity_milli: Some(quantity * 1_000), ..LotPart::default() }
}

fn sku_code(garment: &Garment, colour_en: &str, size: &str) -> String {
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
