//! How many claims garments of each month of sale should have made and reported by now.
//!
//! Ages are whole months, month of the claim less month of the sale. A garment is at risk at an age only as far as claims of that month could
//! be known: not before the first claim was recorded here (sales may have been loaded from earlier years), and of the running month only the
//! part that is over, times the share of a month's claims that is written down by now. One that came back is at risk up to the month in which it did.

use std::collections::BTreeMap;

use super::counts::{ClaimCounts, SaleMonths};
use crate::choices;
use crate::kernel::saturating;
use crate::quality::root_cause::{Ages, Completeness, chain_ladder};

/// Claims from which on a curve of their own is drawn.
pub const OWN_CURVE: u32 = 30;
/// Claims that neighbouring ages are pooled to.
const POOLED: u32 = 5;
/// Months of age that are told apart; what is older is as old as that.
const OLDEST: usize = 240;
/// Claims, and months in which claims were written down, from which on the delay of writing down is measured.
const DELAY_FROM: (u32, usize) = (50, 4);
/// Months later than which a claim is taken for one that was loaded from earlier records, not for one that came late.
const LATEST: i32 = 6;
/// The last factor of the delay rests on one month: it is cut here.
const LAST_FACTOR: f64 = 2.0;

choices! {
    /// What an age curve was drawn from.
    CurveBasis {
        /// The claims of the defect itself.
        Own = "own", "该缺陷自身的索赔", "the defect's own claims";
        /// The claims of all defects, at this one's level: there are too few of its own.
        All = "all", "全部缺陷的索赔（该缺陷自身太少）", "the claims of all defects, as there are too few of this one";
        /// None: every month of age counts alike, as there are too few claims at all.
        Flat = "flat", "各月龄同等计算（索赔总数太少）", "no curve: every month of age counts alike, as there are too few claims at all";
        /// None: pieces do not grow older at the line.
        Pieces = "pieces", "按件数计算", "pieces, which do not grow older at the line";
    }
}

/// From when to when claims are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// The month of the first claim here.
    pub first: i32,
    /// The running month.
    pub now: i32,
    /// The part of it that is over, 0 to 1.
    pub over: f64,
}

/// What one garment sold in a month, and perhaps given back in another, should have claimed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// Known by now.
    pub now: f64,
    /// Of that, in the running month and the one before.
    pub recent: f64,
    /// Known once it is as old as the oldest ever was; of one that came back, what it was at risk of until then.
    pub horizon: f64,
}

/// [`Expected`] by the months of a sale.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    by_months: BTreeMap<SaleMonths, Expected>,
    /// Claims of a garment at each age.
    rates: Vec<f64>,
    /// The share of a month's claims that is known now, from the running month back to the first.
    shares: Vec<f64>,
    now: i32,
    /// What the ages' rates come from.
    pub basis: CurveBasis,
}

impl Expectation {
    /// Of a garment by the months of its sale; nothing for months of no sale.
    pub fn of(&self, sale: SaleMonths) -> Expected {
        self.by_months.get(&sale).copied().unwrap_or_default()
    }

    /// What a garment should have claimed that is known now, by month, from its first at risk.
    pub fn months(&self, sale: SaleMonths) -> impl Iterator<Item = (i32, f64)> + '_ {
        let at_risk = (sale.sold..).zip(&self.rates).take_while(move |(then, _)| sale.holds(*then) && *then <= self.now);
        at_risk.filter_map(|(then, rate)| Some((then, rate * self.shares.get(saturating::<usize>(self.now - then))?)))
    }

    /// For pieces: each counts alike.
    pub fn of_pieces(claims: u32, pieces: f64) -> Self {
        let rate = if pieces > 0.0 { f64::from(claims) / pieces } else { 0.0 };
        let each = Expected { now: rate, recent: 0.0, horizon: rate };
        Self {
            by_months: BTreeMap::from([(SaleMonths::default(), each)]),
            rates: Vec::new(),
            shares: Vec::new(),
            now: 0,
            basis: CurveBasis::Pieces,
        }
    }
}

/// The share of a month's claims that is written down by now, from how late claims were written down so far. Everything at once where too
/// little is known of that: with fewer than 50 claims, or when they were written down in fewer than four months (then they were loaded, not
/// reported one by one).
pub fn completeness(counts: &ClaimCounts, known: Known) -> Completeness {
    let late = counts.written.iter().filter(|((claim, written), count)| **count > 0 && (0..=LATEST).contains(&(written - claim)));
    let mut by_origin: BTreeMap<i32, BTreeMap<i32, u32>> = BTreeMap::new();
    let (mut claims, mut months) = (0u32, std::collections::BTreeSet::new());
    for ((claim, written), count) in late {
        *by_origin.entry(*claim).or_default().entry(written - claim).or_default() += count;
        claims = claims.saturating_add(*count);
        months.insert(*written);
    }
    let begins = months.first().copied().unwrap_or(known.now);
    if claims < DELAY_FROM.0 || months.len() < DELAY_FROM.1 {
        return Completeness::at_once();
    }
    let row = |(origin, by_lag): (&i32, &BTreeMap<i32, u32>)| {
        let mut sum = 0u32;
        (0..=(known.now - origin).min(LATEST))
            .map(|lag| {
                sum = sum.saturating_add(by_lag.get(&lag).copied().unwrap_or_default());
                sum
            })
            .collect::<Vec<u32>>()
    };
    let rows: Vec<Vec<u32>> = by_origin.iter().filter(|(origin, _)| **origin >= begins).map(row).collect();
    chain_ladder(&rows, LAST_FACTOR).known().map_or_else(Completeness::at_once, |delay| delay.completeness)
}

/// The rate of claims at each age, and the age after the last that anybody was at risk at.
struct Rates(Vec<f64>);

/// Claims and garments at risk by age.
fn at_risk(
    sold: &BTreeMap<SaleMonths, f64>,
    claims: &BTreeMap<(i32, i32), u32>,
    known: Known,
    share: &impl Fn(i32) -> f64,
) -> (Vec<f64>, Vec<f64>) {
    let oldest = sold.keys().next().map_or(0, |first| saturating::<usize>((known.now - first.sold).max(0)).min(OLDEST));
    let (mut at_age, mut units) = (vec![0.0; oldest + 1], vec![0.0; oldest + 1]);
    for (sale, garments) in sold {
        for (age, units) in (0i32..).zip(units.iter_mut()) {
            let then = sale.sold + age;
            if then >= known.first && then <= known.now && sale.holds(then) {
                *units += garments * share(known.now - then);
            }
        }
    }
    for ((month, claim), count) in claims {
        let age = saturating::<usize>((claim.min(&known.now) - month).max(0)).min(oldest);
        if let Some(sum) = at_age.get_mut(age) {
            *sum += f64::from(*count);
        }
    }
    (at_age, units)
}

/// The rate at each age; ages at which nobody was at risk have that of the one before (of the first, before it).
fn rates(claims: &[f64], units: &[f64], fewest: u32) -> Option<Rates> {
    let seen: Vec<(usize, f64, f64)> = claims
        .iter()
        .zip(units)
        .enumerate()
        .filter(|(_, (_, units))| **units > 0.0)
        .map(|(age, (claims, units))| (age, *claims, *units))
        .collect();
    let ages = Ages::counted(seen.iter().map(|one| one.1).collect(), seen.iter().map(|one| one.2).collect()).known()?;
    let curve = ages.curve(fewest).known()?;
    let mut rates = vec![None; units.len()];
    for ((age, ..), at) in seen.iter().zip(curve.ages()) {
        if let Some(rate) = rates.get_mut(*age) {
            *rate = Some(at.rate);
        }
    }
    let mut last = rates.iter().flatten().copied().next()?;
    let filled = rates.into_iter().map(|rate| {
        last = rate.unwrap_or(last);
        last
    });
    Some(Rates(filled.collect()))
}

/// What garments should have claimed of one defect. `sold` are garments by the months of their sale, `own` the claims of the defect, `all` those of all
/// defects. None without any claim or any garment at risk.
///
/// Fallbacks, each said by [`Expectation::basis`]: fewer than [`OWN_CURVE`] claims of the defect take the shape of all defects' curve at their own
/// level; fewer than as many of all take one rate for all ages.
pub fn expectation(sold: &BTreeMap<SaleMonths, f64>, own: &ClaimCounts, all: &ClaimCounts, known: Known) -> Option<Expectation> {
    let late = completeness(all, known);
    let share = |lag: i32| late.after(saturating::<usize>(lag.max(0))) * if lag <= 0 { known.over } else { 1.0 };
    let own_total = own.total();
    if own_total == 0 {
        return None;
    }
    let basis = match (own_total, all.total()) {
        (own, _) if own >= OWN_CURVE => CurveBasis::Own,
        (_, all) if all >= OWN_CURVE => CurveBasis::All,
        _ => CurveBasis::Flat,
    };
    let of = if basis == CurveBasis::All { all } else { own };
    let (claims, units) = at_risk(sold, &of.months, known, &share);
    let Rates(rates) = rates(&claims, &units, if basis == CurveBasis::Flat { u32::MAX } else { POOLED })?;
    let mut by_months: BTreeMap<SaleMonths, Expected> = BTreeMap::new();
    for sale in sold.keys() {
        let mut expected = Expected::default();
        let at_risk = (sale.sold..).zip(&rates).take_while(|(then, _)| sale.holds(*then));
        for (then, rate) in at_risk {
            if then > known.now {
                expected.horizon += rate;
            } else if then >= known.first {
                let by_now = rate * share(known.now - then);
                expected.now += by_now;
                expected.horizon += rate;
                expected.recent += if then >= known.now - 1 { by_now } else { 0.0 };
            }
        }
        by_months.insert(*sale, expected);
    }
    // At the level of the defect itself: what is expected of all garments together is what came.
    let sum: f64 = sold.iter().map(|(sale, garments)| garments * by_months.get(sale).map_or(0.0, |one| one.now)).sum();
    if sum <= 0.0 {
        return None;
    }
    let level = f64::from(own_total) / sum;
    for one in by_months.values_mut() {
        *one = Expected { now: one.now * level, recent: one.recent * level, horizon: one.horizon * level };
    }
    let shares = (0..=(known.now - known.first).max(0)).map(share).collect();
    Some(Expectation { by_months, rates: rates.into_iter().map(|rate| rate * level).collect(), shares, now: known.now, basis })
}
