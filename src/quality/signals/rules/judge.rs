//! Who stands out, how sure that is, and whether anybody else could be to blame.
//!
//! Two questions, two answers. How much worse is each lot, supplier, line …: shrunken ratios within each dimension ([`detect`]). What is to blame:
//! one scan over all of them at once, each beside its rivals ([`scan`]). Whoever was only seen in bad company is cleared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::counts::{CellKey, Costs};
use super::expectation::{Expectation, Expected};
use super::exposed::{Exposed, ExposedCell};
use super::frame::{Dimension, Frame};
use crate::choices;
use crate::kernel::saturating;
use crate::quality::root_cause::localise::{
    self, Adjusted, Baseline, Candidate, Explanation, Relation, Suspect, Weighed, relate, scan, weighted,
};
use crate::quality::root_cause::{DetectSettings, Level, Model, Signal, detect};

choices! {
    /// What is said of a lot, supplier, line … as to one defect.
    SignalVerdict {
        /// It explains the excess.
        Explains = "explains", "解释了偏高", "Explains it";
        /// It or another one, and nobody can tell which: nobody is blamed.
        Inseparable = "inseparable", "无法区分", "Inseparable";
        /// How bad the cause is depends on this one.
        Interaction = "interaction", "交互作用", "Interaction";
        /// It is worse by itself as well.
        Both = "both", "自身也偏高", "Worse as well";
        /// It was only seen together with the cause.
        Cleared = "cleared", "已排除", "Cleared";
        /// It may be worse, or chance.
        Watch = "watch", "可疑，尚无定论", "Perhaps";
        /// Nothing can be said yet.
        TooLittle = "too_little", "数据太少", "Too little yet";
        /// It is not worse than others.
        Quiet = "quiet", "正常", "Not worse";
    }
}

/// The settings of the scan: a cause is named at 1 % within a defect; whoever asks for several defects adjusts for that.
const SCAN: localise::Settings =
    localise::Settings { depth: 1, causes: 3, further: 0.5, level: 0.01, replicates: 999, work: 1 << 30, ranking: 10 };
/// Claims from which on somebody may be named: of fewer, one more or less would name somebody else.
const LEAST: u32 = 5;
/// The level of the tests of one beside another.
const BESIDE: f64 = 0.05;
/// With more cells than this, who sold is compared by itself and not beside the rest.
const MOST_CELLS: usize = 6_000;
/// Lots, suppliers, lines … that a report lists.
pub const LISTED: usize = 60;
/// How many simple methods name.
const NAMED: usize = 5;

/// A cell as it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedCell {
    /// Its stretch of units.
    pub stretch: u32,
    /// Place of whoever sold, where that is compared.
    pub retailer: Option<u32>,
    /// Garments, or pieces.
    pub sold: u32,
    /// Claims.
    pub claims: u32,
    /// Expected claims.
    pub expected: Expected,
}

/// Sums over cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Garments, or pieces.
    pub sold: u64,
    /// Claims.
    pub claims: u32,
    /// Claims expected by now, at the rate of all.
    pub expected: f64,
    /// Of those, lately.
    pub recent: f64,
    /// Claims expected in the long run.
    pub horizon: f64,
}

impl Sums {
    fn add(&mut self, cell: &JudgedCell) {
        self.sold += u64::from(cell.sold);
        self.claims = self.claims.saturating_add(cell.claims);
        self.expected += cell.expected.now;
        self.recent += cell.expected.recent;
        self.horizon += cell.expected.horizon;
    }

    /// The share of the claims in the long run that can be known by now.
    pub fn completeness(&self) -> Option<f64> {
        (self.horizon > 0.0).then(|| (self.expected / self.horizon).min(1.0))
    }
}

/// What is said of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Its place in the frame.
    pub place: u32,
    /// What was counted with it.
    pub sums: Sums,
    /// How much worse than the average of its dimension; none without exposure.
    pub signal: Option<Signal>,
    /// How much those of its dimension differ anyway: the shape of the gamma distribution of their ratios; none where they do not.
    pub shape: Option<f64>,
    /// The word.
    pub verdict: SignalVerdict,
    /// The one it is said beside: the cause that clears it, the one it cannot be told from.
    pub beside: Option<u32>,
    /// How many times as many claims among garments equal in that other one (Mantel–Haenszel).
    pub adjusted: Option<f64>,
    /// Garments to make with the one and without the other, so that they could be told apart.
    pub allocate: Option<f64>,
}

/// The answer about one defect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Over everything.
    pub sums: Sums,
    /// How often chance alone would make something look as bad.
    pub p: f64,
    /// Whoever carries the blame, or shares a suspicion that nobody can part: places, the strongest first.
    pub accused: Vec<u32>,
    /// One for each that has garments, the most suspicious first.
    pub all: Vec<Judgement>,
    /// What a rank by plain rates puts first: places.
    pub by_rate: Vec<u32>,
    /// What plain χ² puts first: places and χ².
    pub by_chi_square: Vec<(u32, f64)>,
}

impl Judged {
    /// The places that a report may name.
    pub fn named(&self) -> impl Iterator<Item = u32> + '_ {
        let listed = self.all.iter().take(LISTED).flat_map(|one| [Some(one.place), one.beside]).flatten();
        listed
            .chain(self.accused.iter().copied())
            .chain(self.by_rate.iter().copied())
            .chain(self.by_chi_square.iter().map(|(place, _)| *place))
    }
}

/// The cells of some sold garments and claims, as expected.
pub fn cells(exposed: &Exposed, claims: &BTreeMap<CellKey, u32>, expectation: &Expectation) -> Vec<JudgedCell> {
    let of_months: Vec<Expected> = exposed.by_months.keys().map(|sale| expectation.of(*sale)).collect();
    let cell = |(cell, claims): (&ExposedCell, u32)| {
        let mut expected = Expected::default();
        for (place, garments) in exposed.sales_in(cell) {
            let (each, garments) = (of_months.get(place).copied().unwrap_or_default(), f64::from(garments));
            expected.now += garments * each.now;
            expected.recent += garments * each.recent;
            expected.horizon += garments * each.horizon;
        }
        JudgedCell { stretch: cell.key.0, retailer: cell.retailer, sold: cell.garments, claims, expected }
    };
    exposed.with_claims(claims).map(cell).collect()
}

/// What the claims of some cost: of those places that are asked for.
pub fn costs_of(
    frame: &Frame,
    costs: &BTreeMap<CellKey, Costs>,
    retailer: impl Fn(i64) -> Option<u32>,
    shown: &BTreeSet<u32>,
) -> BTreeMap<u32, Costs> {
    let mut is_shown = vec![false; shown.last().map_or(0, |last| saturating::<usize>(*last) + 1)];
    for place in shown {
        if let Some(one) = is_shown.get_mut(saturating::<usize>(*place)) {
            *one = true;
        }
    }
    let mut sums: BTreeMap<u32, Costs> = BTreeMap::new();
    for (key, costs) in costs {
        for place in frame.features_of(key.0).iter().copied().chain(retailer(key.1)) {
            if is_shown.get(saturating::<usize>(place)).is_some_and(|one| *one) {
                sums.entry(place).or_default().sum(costs, true);
            }
        }
    }
    sums
}

/// The part of an amount above what was to be expected, where claims are so many times as many: rounded down, and nothing where they are not more.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1,000,000; NaN gives 0"
)]
pub fn above_expected(minor: i64, ratio: f64) -> i64 {
    let micro = ((1.0 - ratio.recip()) * 1e6).floor().clamp(0.0, 1e6) as u32;
    saturating(i128::from(minor.max(0)) * i128::from(micro) / 1_000_000)
}

/// Judges everything that the cells have in common.
pub fn judge(frame: &Frame, cells: &[JudgedCell]) -> Judged {
    let merged;
    // Who sold multiplies the cells: of a great many it is left out of the scan.
    let scanned = if cells.len() > MOST_CELLS {
        merged = without_retailers(cells);
        merged.as_slice()
    } else {
        cells
    };
    let (sums, total) = sums_of(frame, cells);
    let signals = signals_of(frame, &sums);
    let members = members_of(frame, scanned);
    let found = explain(frame, scanned, &members);
    let worse = sums.iter().filter(|(_, sums)| f64::from(sums.claims) > sums.expected).count();
    let beside = Beside::new(scanned, &members, &found, total, worse);
    let mut judged = Judged {
        sums: total,
        p: found.p,
        accused: beside.accused.iter().map(|one| one.place).collect(),
        by_rate: by_rate(&sums),
        by_chi_square: by_chi_square(&sums, total),
        all: Vec::with_capacity(sums.len()),
    };
    for (place, sums) in sums {
        let (signal, shape) = signals.get(&place).copied().unzip();
        let (verdict, by, adjusted, allocate) = beside.verdict(place, &sums, signal.as_ref());
        judged.all.push(Judgement { place, sums, signal, shape: shape.flatten(), verdict, beside: by, adjusted, allocate });
    }
    let rank = |one: &Judgement| {
        let named = judged.accused.iter().position(|place| *place == one.place).unwrap_or(usize::MAX);
        (named, one.verdict != SignalVerdict::Inseparable)
    };
    let lower = |one: &Judgement| one.signal.map_or(0.0, |signal| signal.interval.lower);
    judged.all.sort_by(|a, b| rank(a).cmp(&rank(b)).then(lower(b).total_cmp(&lower(a))).then(b.sums.claims.cmp(&a.sums.claims)));
    judged
}

/// The places a cell belongs to.
fn places<'a>(frame: &'a Frame, cell: &'a JudgedCell) -> impl Iterator<Item = u32> + 'a {
    frame.features_of(cell.stretch).iter().copied().chain(cell.retailer)
}

/// The sums of each place that has cells, ascending, and those of everything.
fn sums_of(frame: &Frame, cells: &[JudgedCell]) -> (Vec<(u32, Sums)>, Sums) {
    let (mut sums, mut total) = (vec![None; frame.size()], Sums::default());
    for cell in cells {
        total.add(cell);
        for place in places(frame, cell) {
            if let Some(sum) = sums.get_mut(saturating::<usize>(place)) {
                sum.get_or_insert_with(Sums::default).add(cell);
            }
        }
    }
    ((0..).zip(sums).filter_map(|(place, sums)| Some((place, sums?))).collect(), total)
}

/// Cells are in the order of their stretches.
fn without_retailers(cells: &[JudgedCell]) -> Vec<JudgedCell> {
    let mut merged: Vec<JudgedCell> = Vec::new();
    for cell in cells {
        match merged.last_mut().filter(|sum| sum.stretch == cell.stretch) {
            Some(sum) => {
                sum.sold = sum.sold.saturating_add(cell.sold);
                sum.claims = sum.claims.saturating_add(cell.claims);
                sum.expected.now += cell.expected.now;
                sum.expected.recent += cell.expected.recent;
                sum.expected.horizon += cell.expected.horizon;
            }
            None => merged.push(JudgedCell { retailer: None, ..cell.clone() }),
        }
    }
    merged
}

/// Places of one kind: claims counted, claims expected.
type Counted = Vec<(u32, (u32, f64))>;

/// Shrunken ratios, each within its own dimension: kinds of lots each by themselves, for a yarn differs from a button. With how much they differ anyway.
fn signals_of(frame: &Frame, sums: &[(u32, Sums)]) -> HashMap<u32, (Signal, Option<f64>)> {
    let mut groups: BTreeMap<(Dimension, &str), Counted> = BTreeMap::new();
    for (place, sums) in sums {
        if let Some(feature) = frame.feature(*place) {
            // A claim where nothing was expected is one that was expected least.
            let exposure = if sums.claims > 0 { sums.expected.max(1e-9) } else { sums.expected };
            groups.entry((feature.dimension(), frame.kind(*place))).or_default().push((*place, (sums.claims, exposure)));
        }
    }
    let mut found = HashMap::new();
    for group in groups.values() {
        let counts: Vec<(u32, f64)> = group.iter().map(|(_, count)| *count).collect();
        if let Some(detection) = detect(&counts, Model::Gamma, &DetectSettings::default()).known() {
            let shape = detection.fit.prior.shape().filter(|shape| shape.is_finite());
            found.extend(group.iter().zip(detection.signals).filter_map(|((place, _), signal)| Some((*place, (signal.known()?, shape)))));
        }
    }
    found
}

/// By place, the cells of each, ascending.
fn members_of(frame: &Frame, cells: &[JudgedCell]) -> Vec<Vec<usize>> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); frame.size()];
    for (at, cell) in cells.iter().enumerate() {
        for place in places(frame, cell) {
            if let Some(own) = members.get_mut(saturating::<usize>(place)) {
                own.push(at);
            }
        }
    }
    members
}

fn sites(cells: &[JudgedCell]) -> Vec<localise::Cell> {
    let exposure = |cell: &JudgedCell| if cell.claims > 0 { cell.expected.now.max(1e-9) } else { cell.expected.now };
    cells.iter().map(|cell| localise::Cell { claims: cell.claims, exposure: exposure(cell), ..localise::Cell::default() }).collect()
}

/// The scan over everything the cells have in common. Describing one costs choosing its dimension and itself among those of it.
fn explain(frame: &Frame, cells: &[JudgedCell], members: &[Vec<usize>]) -> Explanation {
    if cells.iter().map(|cell| cell.claims).sum::<u32>() < LEAST {
        let cells = sites(cells);
        return scan(&cells, &[], &SCAN, seed(&cells));
    }
    let mut sizes: BTreeMap<(Dimension, &str), f64> = BTreeMap::new();
    let group = |place: u32| frame.feature(place).map(|feature| (feature.dimension(), frame.kind(place)));
    let members = || (0_u32..).zip(members).filter(|(_, cells)| !cells.is_empty());
    for group in members().filter_map(|(place, _)| group(place)) {
        *sizes.entry(group).or_default() += 1.0;
    }
    let groups = f64::from(saturating::<u32>(sizes.len().max(1)));
    let candidate = |(place, cells): (u32, &Vec<usize>)| {
        let size = group(place).and_then(|group| sizes.get(&group)).copied().unwrap_or(1.0);
        Candidate { suspect: Suspect::Node(saturating(place)), cells: cells.clone(), length: groups.ln() + size.ln() }
    };
    let candidates: Vec<Candidate> = members().map(candidate).collect();
    let cells = sites(cells);
    scan(&cells, &candidates, &SCAN, seed(&cells))
}

/// A seed that is a function of the cells alone, so that the same facts give the same answer (FNV-1a).
fn seed(cells: &[localise::Cell]) -> u64 {
    let bits = cells.iter().flat_map(|cell| [u64::from(cell.claims), cell.exposure.to_bits()]);
    bits.fold(0xcbf2_9ce4_8422_2325, |hash, bits| (hash ^ bits).wrapping_mul(0x0000_0100_0000_01b3))
}

/// One that is accused, and what is suspected with it.
struct Accused<'a> {
    place: u32,
    /// Whom nobody can tell from it, with the garments that would.
    rivals: Vec<(u32, f64)>,
    cells: &'a [usize],
}

/// Everything beside whoever is accused.
struct Beside<'a> {
    accused: Vec<Accused<'a>>,
    members: &'a [Vec<usize>],
    /// How many are put beside them: those with more claims than expected.
    compared: f64,
    /// The cells as they are compared; none where nobody is accused.
    weighted: Vec<Weighed>,
}

fn place_of(suspect: &Suspect) -> u32 {
    match suspect {
        Suspect::Node(place) => saturating(*place),
        Suspect::Values(_) => u32::MAX,
    }
}

impl<'a> Beside<'a> {
    fn new(cells: &[JudgedCell], members: &'a [Vec<usize>], found: &Explanation, total: Sums, worse: usize) -> Self {
        let cells_of = |place: u32| members.get(saturating::<usize>(place)).map_or(&[][..], Vec::as_slice);
        // Exposure is in claims expected by now; a garment that is made now will be at risk for as long as the oldest.
        let garments = |exposure: f64| {
            let each = if total.sold > 0 { total.horizon / f64::from(saturating::<u32>(total.sold)) } else { 0.0 };
            if each > 0.0 { (exposure / each).ceil() } else { 0.0 }
        };
        let causes = found.causes.iter().map(|cause| (place_of(&cause.suspect), Vec::new()));
        let ties = found.ties.iter().map(|tie| {
            let rivals = tie.rivals.iter().map(|(rival, apart)| (place_of(rival), garments(apart.exposure))).collect();
            (place_of(&tie.suspect), rivals)
        });
        let accused: Vec<Accused<'a>> =
            causes.chain(ties).map(|(place, rivals)| Accused { place, rivals, cells: cells_of(place) }).collect();
        let weighted = if accused.is_empty() {
            Vec::new()
        } else {
            let mut baseline = Baseline::of_exposure(&sites(cells));
            baseline.settle(&accused.iter().map(|one| one.cells).collect::<Vec<_>>());
            weighted(baseline.sites())
        };
        Self { accused, members, compared: f64::from(saturating::<u32>(worse.max(1))), weighted }
    }

    /// The word for one, whom it is said beside, the adjusted ratio, and the garments that would part the two.
    fn verdict(&self, place: u32, sums: &Sums, signal: Option<&Signal>) -> (SignalVerdict, Option<u32>, Option<f64>, Option<f64>) {
        for one in &self.accused {
            if one.place == place {
                return match one.rivals.first() {
                    None => (SignalVerdict::Explains, None, None, None),
                    Some((rival, garments)) => (SignalVerdict::Inseparable, Some(*rival), None, Some(*garments)),
                };
            }
            if let Some((_, garments)) = one.rivals.iter().find(|(rival, _)| *rival == place) {
                return (SignalVerdict::Inseparable, Some(one.place), None, Some(*garments));
            }
        }
        let alone = alone(sums, signal);
        let own = self.members.get(saturating::<usize>(place)).map(Vec::as_slice).unwrap_or_default();
        // Nothing to clear it of, or nobody it was seen with.
        if own.is_empty() || f64::from(sums.claims) <= sums.expected {
            return (alone, None, None, None);
        }
        let relations = self.accused.iter().map(|one| (one.place, relate(&self.weighted, one.cells, own, BESIDE)));
        let words: Vec<(u32, Relation, Option<SignalVerdict>)> =
            relations.map(|(place, relation)| (place, relation, word(&relation, BESIDE / self.compared))).collect();
        // Whoever clears it comes before whoever does not.
        let cleared = words.iter().find(|(.., word)| *word == Some(SignalVerdict::Cleared));
        match cleared.or(words.first()) {
            Some((beside, relation, word)) => {
                (word.unwrap_or(alone), Some(*beside), relation.rival.ratio.filter(|ratio| ratio.is_finite()), None)
            }
            None => (alone, None, None, None),
        }
    }
}

/// What one is beside a cause. The cause shows among equals at [`BESIDE`]; of the many that are put beside it, one that shows as well must do so at
/// a level that allows for how many there are.
fn word(relation: &Relation, level: f64) -> Option<SignalVerdict> {
    let is_worse = |adjusted: &Adjusted, level: f64| adjusted.p <= level && adjusted.ratio.is_some_and(|ratio| ratio > 1.0);
    match (is_worse(&relation.suspect, BESIDE), is_worse(&relation.rival, level)) {
        (true, _) | (_, true) if relation.same_p <= level => Some(SignalVerdict::Interaction),
        (true, true) => Some(SignalVerdict::Both),
        (true, false) => Some(SignalVerdict::Cleared),
        (false, _) => None,
    }
}

/// What can be said of one without looking at any other.
fn alone(sums: &Sums, signal: Option<&Signal>) -> SignalVerdict {
    let bad = DetectSettings::default().ratio;
    match signal {
        None => SignalVerdict::TooLittle,
        Some(signal) if signal.level != Level::Quiet => SignalVerdict::Watch,
        // Half a claim was to come, or it may still be twice as bad or none at all.
        Some(signal) if sums.expected < 0.5 || (signal.interval.upper > bad && signal.interval.lower < 1.0 && signal.ratio > 1.0) => {
            SignalVerdict::TooLittle
        }
        Some(_) => SignalVerdict::Quiet,
    }
}

fn by_rate(sums: &[(u32, Sums)]) -> Vec<u32> {
    let rate = |sums: &Sums| f64::from(sums.claims) / f64::from(saturating::<u32>(sums.sold.max(1)));
    let mut ranked: Vec<(u32, f64)> = sums.iter().filter(|(_, sums)| sums.claims > 0).map(|(place, sums)| (*place, rate(sums))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.into_iter().take(NAMED).map(|(place, _)| place).collect()
}

/// χ² of claims with and without each against the shares of garments sold, of those that have more than their share.
fn by_chi_square(sums: &[(u32, Sums)], total: Sums) -> Vec<(u32, f64)> {
    let (all, claims) = (f64::from(saturating::<u32>(total.sold.max(1))), f64::from(total.claims));
    let chi_square = |sums: &Sums| {
        let expected = claims * f64::from(saturating::<u32>(sums.sold)) / all;
        let excess = f64::from(sums.claims) - expected;
        let rest = claims - expected;
        (excess > 0.0 && expected > 0.0 && rest > 0.0).then(|| excess * excess * (expected.recip() + rest.recip()))
    };
    let mut ranked: Vec<(u32, f64)> = sums.iter().filter_map(|(place, sums)| Some((*place, chi_square(sums)?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.truncate(NAMED);
    ranked
}
