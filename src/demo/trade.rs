//! The season after the factory: sales over eighteen months, holders, and what came back.

use std::collections::HashMap;

use super::catalogue::{Garment, PARTIES};
use super::runs::Made;
use super::season::{Maker, Seen, SoldOn};
use crate::inspection::findings::{self, About, NewFinding, Stage};
use crate::kernel::money::Money;
use crate::kernel::{BatchNo, GarmentId, Id, Result};
use crate::ownership::holders::{self, Secret};
use crate::ownership::sales::{self, NewSale, Sound};
use crate::platform::events::Stamp;
use crate::platform::state::AppState;
use crate::production::{batches, parties};

/// Sales one write registers.
const CHUNK: usize = 2_000;

/// Defects that any season has.
const EVERYDAY: &[&str] =
    &["seam_open", "button_loose", "pilling", "loose_thread", "size_mismatch", "zip_failure", "soil", "fading", "dye_bleed"];
/// Defects of a dye that was not fixed.
const BLEEDING: &[&str] = &["dye_bleed", "fading", "crocking"];

impl Maker<'_> {
    pub(super) fn sales(&mut self, made: &[Made]) -> Result<(Vec<SoldOn>, Vec<SoldOn>)> {
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
        self.register(&all.iter().map(|(sale, _)| sale.clone()).collect::<Vec<_>>())?;
        let of = |(sale, _): &(NewSale, bool)| (sale.garment, sale.sound.sold_on);
        Ok((all.iter().map(of).collect(), all.iter().filter(|(_, bad)| *bad).map(of).collect()))
    }

    /// Registers sales, in the order of their days.
    pub(super) fn register(&self, all: &[NewSale]) -> Result<()> {
        let zone = self.app.config.time_zone;
        for chunk in all.chunks(CHUNK) {
            let chunk = chunk.to_vec();
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
        Ok(())
    }

    /// Some buyers scratched the film and claimed their garment. Gives one that nobody claimed yet.
    pub(super) fn holders(&mut self, sold: &[GarmentId]) -> Result<Option<(GarmentId, String)>> {
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

    /// What came back: a little of everything, and too much that bleeds from one dye lot. Most of what fails fails within the first months, and
    /// what was sold lately has most of it still before it.
    pub(super) fn findings(&mut self, made: &[Made], sold: &[SoldOn], bad: &[SoldOn]) -> Result<Vec<Seen>> {
        (self.tell)(if bad.is_empty() { "findings, with nobody to blame" } else { "findings, with one dye lot to blame" });
        let styles: HashMap<BatchNo, &'static Garment> = made.iter().map(|batch| (batch.no, batch.style)).collect();
        let mut seen: Vec<(Seen, Stage)> = Vec::new();
        for (garments, per_million, defects, is_bad) in [(sold, 10_000, EVERYDAY, false), (bad, 110_000, BLEEDING, true)] {
            for (garment, sold_on) in garments {
                if !self.chance.once_in_a_million(per_million) {
                    continue;
                }
                let Some(defect) = self.chance.one(defects).copied() else { continue };
                let age = self.chance.between(3, 420).min(self.chance.between(3, 420));
                let stage = if self.chance.once_in_a_million(500_000) { Stage::Return } else { Stage::Buyer };
                let found_on = *sold_on + chrono::Duration::days(age);
                let Some(style) = styles.get(&garment.batch()).copied().filter(|_| found_on <= self.today) else { continue };
                seen.push((Seen { garment: *garment, style, found_on, defect, bad: is_bad }, stage));
            }
        }
        seen.sort_by_key(|(seen, _)| seen.found_on);
        let new = |(seen, stage): &(Seen, Stage)| NewFinding {
            about: About::Garment(seen.garment),
            sound: findings::Sound {
                defect: seen.defect.to_owned(),
                severity: None,
                zone: String::new(),
                quantity: 1,
                stage: *stage,
                note: String::new(),
                found_on: seen.found_on,
            },
        };
        let days: Vec<(Stamp, Vec<NewFinding>)> = seen
            .chunk_by(|one, next| one.0.found_on == next.0.found_on)
            .filter_map(|day| {
                let (first, _) = day.first()?;
                Some((self.stamp("staff:inspector", first.found_on), day.iter().map(new).collect()))
            })
            .collect();
        self.app.store.write_blocking(move |db| {
            crate::app::seed(db)?;
            days.iter().try_for_each(|(stamp, news)| findings::log(db, stamp, news).map(drop))
        })?;
        Ok(seen.into_iter().map(|(seen, _)| seen).collect())
    }
}

/// The code under the scratch film of a garment.
pub(super) fn claim_code(app: &AppState, batch: &batches::Batch, garment: GarmentId) -> Result<Option<String>> {
    let (gtin, epoch) = batches::made_with(batch.no, batch.minted_gtin.as_deref(), batch.minted_epoch)?;
    Ok(app.keys.serials.claim_code(&gtin, garment, epoch).map(|code| code.grouped()))
}
