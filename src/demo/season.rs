//! A season from its first day to its last: what is made, in which order, and what a script is told of it.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};

use super::catalogue::Garment;
use super::chance::Chance;
use super::holidays;
use super::people;
use super::pictures;
use super::story::{self, Aftermath};
use crate::kernel::text::Lang;
use crate::kernel::{Error, GarmentId, Result, saturating};
use crate::platform::events::Stamp;
use crate::platform::state::AppState;

/// Units of the batch that is large enough to try 100,000 labels on.
pub(super) const BIG_BATCH: i64 = 120_000;
/// The dye lot that bleeds.
pub(super) const BAD_LOT: &str = "FAB-NV-0417";
/// Days the season spans.
const DAYS: u64 = 540;

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
    /// What happened after the sale, and who may sign in to it; None where nobody asked for it.
    pub after: Option<Aftermath>,
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
    /// With what happened after the sale: people, cases, repairs, verdicts, statements.
    pub story: bool,
    /// The language of the people who may sign in.
    pub lang: Lang,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            garments: saturating(super::GARMENTS),
            sold_per_million: 400_000,
            no_fault: false,
            seed: 0x4861_6e67,
            story: true,
            lang: Lang::Zh,
        }
    }
}

/// A garment, and the day it was sold.
pub(super) type SoldOn = (GarmentId, NaiveDate);

/// Something that a buyer, a shop or an inspector saw on a sold garment.
pub(super) struct Seen {
    pub(super) garment: GarmentId,
    pub(super) style: &'static Garment,
    pub(super) found_on: NaiveDate,
    pub(super) defect: &'static str,
    /// Whether its shell is of the bad lot.
    pub(super) bad: bool,
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
    let stamp = season.stamp(people::LEAD, season.first);
    app.store.write_blocking(move |db| holidays::announced(db, &stamp))?;
    std::thread::scope(|threads| {
        // Passwords are hashed slowly, pictures drawn, and labels written by themselves while the rest is made.
        let people = plan.story.then(|| threads.spawn(move || -> Result<_> { Ok((people::sign_up(app, plan.lang)?, pictures::album()?)) }));
        let lots = season.lots()?;
        let made = season.batches(plan, &lots)?;
        let labels = season.labels_of(&made);
        let labels = threads.spawn(move || labels.iter().try_for_each(|labels| labels.make(app)));
        let (mut sold, mut bad) = season.sales(&made)?;
        let to_claim = season.holders(&garments(&sold))?;
        let seen = season.findings(&made, &sold, if plan.no_fault { &[] } else { &bad })?;
        let after = match people {
            None => None,
            Some(people) => {
                let people = people.join().map_err(|_| Error::broken("signing people up panicked"))??;
                let taken = to_claim.as_ref().map(|(garment, _)| *garment);
                Some(story::tell(&mut season, plan, &lots, (&mut sold, &mut bad), &seen, taken, people)?)
            }
        };
        labels.join().map_err(|_| Error::broken("labels panicked"))??;
        let big_batch = made.iter().max_by_key(|batch| batch.units).map(|batch| batch.code.clone()).unwrap_or_default();
        Ok(Season {
            batches: made.into_iter().map(|batch| batch.code).collect(),
            big_batch,
            bad_lot: if plan.no_fault { String::new() } else { BAD_LOT.to_owned() },
            sold: garments(&sold),
            sold_of_bad_lot: garments(&bad),
            to_claim,
            after,
        })
    })
}

fn garments(of: &[SoldOn]) -> Vec<GarmentId> {
    of.iter().map(|(garment, _)| *garment).collect()
}

/// Who makes it.
pub(super) struct Maker<'a> {
    pub(super) app: &'a AppState,
    pub(super) first: NaiveDate,
    pub(super) today: NaiveDate,
    pub(super) chance: Chance,
    pub(super) tell: &'a mut dyn FnMut(&str),
}

impl Maker<'_> {
    /// The day so many after the season's first, never of the future.
    pub(super) fn day(&self, days: i64) -> NaiveDate {
        let days = saturating::<u64>(days);
        self.first.checked_add_days(Days::new(days)).unwrap_or(self.today).min(self.today)
    }

    /// A stamp of ten in the morning of a day in China, never of the future.
    pub(super) fn stamp(&self, actor: &str, day: NaiveDate) -> Stamp {
        let at = day.and_time(NaiveTime::MIN) + TimeDelta::hours(2);
        Stamp { actor: actor.to_owned(), at: at.min(self.app.clock.now()), node: self.app.node }
    }
}
