//! What the story is about: a batch of each ware, made beside the season's and sold over its last months.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, TimeDelta};

use crate::demo::catalogue::{GARMENTS, Garment, PARTIES};
use crate::demo::goods::sku_code;
use crate::demo::season::{BAD_LOT, Maker, Plan, SoldOn};
use crate::demo::stock::{Lots, used};
use crate::kernel::money::Money;
use crate::kernel::{Error, GarmentId, Id, Result, saturating};
use crate::ownership::sales::{NewSale, Sound};
use crate::production::batches::LotUse;

/// A ware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ware {
    /// T-shirts with a white collar, of good cloth.
    Navy,
    /// The same batch, of the lot that bleeds.
    NavyBad,
    /// White shirts with buttons that break.
    Shirt,
    /// Coats whose smallest size is cut too narrow.
    Coat,
    /// Jackets, sold online and sent by parcel.
    Jacket,
    /// The one that went to Germany.
    JacketAbroad,
    /// Rompers whose snaps may come off.
    Baby,
    /// A key account's uniforms.
    Uniform,
}

/// A batch of the story: what, of which shade of cloth, colour and size by place, how many, sold from which unit on, how many, begun on which day.
struct Run {
    ware: Ware,
    style: &'static str,
    shade: &'static str,
    colour: usize,
    size: usize,
    units: i64,
    sold: std::ops::Range<i64>,
    day: i64,
}

/// The button lot that breaks.
pub(super) const BUTTON_LOT: &str = "BUTTON-006";
/// The one that is put in instead.
pub(super) const SPARE_BUTTONS: &str = "BUTTON-008";
/// Zips for the bench.
pub(super) const SPARE_ZIPS: &str = "ZIP-009";
/// The first unit of [`Ware::NavyBad`].
const FIRST_BAD: i64 = 80;

#[rustfmt::skip]
const RUNS: &[Run] = &[
    Run { ware: Ware::Navy,   style: "LS-T01", shade: "NV", colour: 0, size: 1, units: 420, sold: 40..380, day: 330 },
    Run { ware: Ware::Shirt,  style: "LS-S02", shade: "WH", colour: 1, size: 2, units: 160, sold: 0..120, day: 400 },
    Run { ware: Ware::Coat,   style: "LS-C04", shade: "CM", colour: 0, size: 0, units: 60,  sold: 0..30, day: 420 },
    Run { ware: Ware::Jacket, style: "LS-D03", shade: "IN", colour: 0, size: 2, units: 120, sold: 0..80, day: 430 },
    Run { ware: Ware::Baby,   style: "LS-K07", shade: "CW", colour: 1, size: 1, units: 80,  sold: 0..40, day: 410 },
];
/// When the uniforms were begun.
const UNIFORMS_DAY: i64 = 560;
/// Days since they were sold.
const UNIFORMS_SOLD: i64 = 24;

/// What was made and sold for the story, and is not yet told of.
pub(super) struct Shelf {
    sold: HashMap<Ware, Vec<SoldOn>>,
    spare: HashMap<Ware, Vec<GarmentId>>,
    batches: HashMap<Ware, String>,
    today: NaiveDate,
    /// Those that are given in exchange.
    pub(super) given: Vec<GarmentId>,
}

impl Shelf {
    /// Everything that was sold and is not yet told of.
    pub(super) fn all(&self) -> impl Iterator<Item = (Ware, SoldOn)> + '_ {
        self.sold.iter().flat_map(|(ware, sold)| sold.iter().map(|one| (*ware, *one)))
    }

    /// The latest that was sold at least so many days ago.
    pub(super) fn take(&mut self, ware: Ware, ago: i64) -> Result<GarmentId> {
        let until = self.today - TimeDelta::days(ago);
        let sold = self.sold.entry(ware).or_default();
        let latest = sold.iter().enumerate().filter(|(_, (_, on))| *on <= until).max_by_key(|(_, (_, on))| *on).map(|(place, _)| place);
        let place = latest.ok_or_else(|| Error::broken(format!("no {ware:?} was sold {ago} days ago")))?;
        Ok(sold.swap_remove(place).0)
    }

    /// One that was never sold, to be given in exchange.
    pub(super) fn spare(&mut self, ware: Ware) -> Result<GarmentId> {
        let spare = self.spare.get_mut(&ware).and_then(Vec::pop).ok_or_else(|| Error::broken(format!("no {ware:?} is left")))?;
        self.given.push(spare);
        Ok(spare)
    }

    /// Every one that was sold and is not yet told of.
    pub(super) fn rest(&self, ware: Ware) -> Vec<GarmentId> {
        self.sold.get(&ware).into_iter().flatten().map(|(garment, _)| *garment).collect()
    }

    /// The code of a ware's batch.
    pub(super) fn batch(&self, ware: Ware) -> &str {
        self.batches.get(&ware).map_or("", String::as_str)
    }
}

/// Makes the wares and sells them.
pub(super) fn stocked(maker: &mut Maker<'_>, plan: Plan, lots: &Lots, parties: &HashMap<&'static str, Id>) -> Result<Shelf> {
    let mut shelf = Shelf { sold: HashMap::new(), spare: HashMap::new(), batches: HashMap::new(), today: maker.today, given: Vec::new() };
    let mut sales: Vec<NewSale> = Vec::new();
    let sets = (plan.garments / 90).clamp(12, 2_000);
    let uniforms =
        Run { ware: Ware::Uniform, style: "LS-U06", shade: "SB", colour: 1, size: 1, units: sets + 24, sold: 0..sets, day: UNIFORMS_DAY };
    for (place, run) in (201..).zip(RUNS.iter().chain([&uniforms])) {
        let style = GARMENTS.iter().find(|style| style.code == run.style).ok_or_else(|| Error::broken("a style that was just there"))?;
        let (started_on, finished_on) = (maker.day(run.day), maker.day(run.day + 3));
        let colour = style.colours.get(run.colour).copied().unwrap_or_default();
        let size = style.sizes.get(run.size).copied().unwrap_or_default();
        let code = format!("B{}-{place}", started_on.format("%y%m"));
        let sku = sku_code(style, colour.1, size.0);
        let no = maker.run(
            &code,
            (place % 6 + 1, style.factory),
            sku,
            run.units,
            (started_on, finished_on),
            of_lots(style, run, lots, started_on),
        )?;
        maker.labels(&code, run.units, finished_on).make(maker.app)?;
        let first = finished_on + Days::new(14);
        let days = (maker.today - first).num_days() - 1;
        let many = run.sold.end - run.sold.start;
        for unit in 0..run.units {
            let Some(garment) = GarmentId::new(no, unit) else { continue };
            if !run.sold.contains(&unit) {
                shelf.spare.entry(run.ware).or_default().push(garment);
                continue;
            }
            let nth = unit - run.sold.start;
            let is_abroad = run.ware == Ware::Jacket && nth == 0;
            let sold_on = match run.ware {
                Ware::Uniform => maker.today - TimeDelta::days(UNIFORMS_SOLD),
                _ if is_abroad => maker.today - TimeDelta::days(8),
                _ => first + TimeDelta::days(nth * days / many),
            };
            let ware = match run.ware {
                Ware::Navy if unit >= FIRST_BAD => Ware::NavyBad,
                Ware::Jacket if is_abroad => Ware::JacketAbroad,
                ware => ware,
            };
            shelf.sold.entry(ware).or_default().push((garment, sold_on));
            sales.push(sale(maker, parties, garment, ware, style, sold_on, nth));
        }
        shelf.batches.insert(run.ware, code);
    }
    sales.sort_by_key(|sale| (sale.sound.sold_on, sale.garment));
    maker.register(&sales)?;
    Ok(shelf)
}

/// What goes into a run: of each part the first lot there was, which many others have as well, but for what the story is about.
fn of_lots(style: &'static Garment, run: &Run, lots: &Lots, started_on: NaiveDate) -> Vec<LotUse> {
    let mut uses = Vec::new();
    for (component, what) in style.parts {
        let is_shell = *component == "shell";
        let shade = format!("FAB-{}-", run.shade);
        let pool = Lots::of(if is_shell { &lots.fabrics } else { &lots.trims }, what, started_on);
        let first = pool.into_iter().find(|code| code != BAD_LOT && (!is_shell || code.starts_with(&shade)));
        let Some(lot) = first else { continue };
        match (run.ware, *component) {
            (Ware::Navy, "shell") => {
                uses.push(used("shell", lot, Some(format!("1-{FIRST_BAD}")), FIRST_BAD * 1_350));
                let bad = (run.units - FIRST_BAD) * 1_350;
                uses.push(used("shell", BAD_LOT.to_owned(), Some(format!("{}-{}", FIRST_BAD + 1, run.units)), bad));
            }
            (Ware::Shirt, "button") => uses.push(used(component, BUTTON_LOT.to_owned(), None, run.units * 8_000)),
            (_, "shell") => uses.push(used(component, lot, None, run.units * 1_350)),
            _ => uses.push(used(component, lot, None, run.units * 1_000)),
        }
    }
    uses
}

/// How the `nth` of a ware was sold.
fn sale(
    maker: &mut Maker<'_>,
    parties: &HashMap<&'static str, Id>,
    garment: GarmentId,
    ware: Ware,
    style: &Garment,
    sold_on: NaiveDate,
    nth: i64,
) -> NewSale {
    const SHOPS: &[&str] = &["SHOP-SH", "WEB", "SHOP-BJ", "SHOP-CD", "WEB", "SHOP-GZ", "SHOP-SG"];
    let shop = match ware {
        Ware::Uniform => "",
        Ware::Jacket | Ware::JacketAbroad => "WEB",
        _ => SHOPS.get(saturating::<usize>(nth) % SHOPS.len()).copied().unwrap_or_default(),
    };
    let is_online = shop == "WEB";
    let days = if ware == Ware::Uniform || is_online { 3 } else { 0 };
    let (country, city) = match (ware, shop) {
        (Ware::JacketAbroad, _) => ("DE", "Hamburg"),
        (_, "SHOP-SG") => ("SG", "Singapore"),
        (Ware::Uniform, _) => ("CN", "杭州"),
        _ => ("CN", PARTIES.iter().find(|who| who.code == shop).map_or("", |who| who.city)),
    };
    let (prefix, channel) = match (ware, is_online) {
        (Ware::Uniform, _) => ("K", "key_account"),
        (_, true) => ("W", "online"),
        (_, false) => ("S", "shop"),
    };
    let number = if ware == Ware::Uniform { 20_260_417 } else { maker.chance.below(100_000_000) };
    let sound = Sound {
        sold_on,
        delivered_on: Some(sold_on + TimeDelta::days(days)).filter(|day| *day <= maker.today),
        promised_on: None,
        no_return_confirmed_on: None,
        order_no: format!("{prefix}{number:08}"),
        price: Some(Money { minor: style.price_minor, currency: "CNY".into() }),
        channel: channel.into(),
        country: country.into(),
        city: city.into(),
    };
    NewSale { garment, retailer: parties.get(shop).copied(), sound, source: "import", registered_at: None }
}
