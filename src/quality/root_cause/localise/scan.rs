//! The scan: rank all suspects, name the best, deflate, look again.

use super::baseline::Baseline;
use super::conditioning::{Separation, Verdict, relate, separation, weighted};
use super::likelihood::{Site, lift_over, now};
use super::significance::p_value;
use super::suspects::{Candidate, Suspect, real};
use super::table::Cell;

/// What a scan may do. The defaults are the ones that `docs/root-cause.md` reports on; none was fitted to a dimension or a value.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Values in one conjunction at most.
    pub depth: usize,
    /// Causes named at most.
    pub causes: usize,
    /// A further cause must gain at least this share of what the first gained.
    pub further: f64,
    /// A cause is named when its p is at most this; also the level of the conditional tests.
    pub level: f64,
    /// Monte-Carlo replicates of each test at most. A large table is given fewer (see [`Settings::work`]), but never under 99.
    pub replicates: usize,
    /// Visits to a cell of a suspect that one test may make: what bounds the time of an answer.
    pub work: usize,
    /// Suspects in the ranking.
    pub ranking: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { depth: 3, causes: 3, further: 0.5, level: 0.05, replicates: 999, work: 200_000, ranking: 10 }
    }
}

/// A suspect that the engine would put its name to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Who.
    pub suspect: Suspect,
    /// Claims in its cells.
    pub claims: f64,
    /// Claims expected there, at the level of the cells outside and with the other causes allowed for.
    pub expected: f64,
    /// How many times as many claims as expected, one ratio for all its cells.
    pub ratio: f64,
    /// Log-likelihood gained less description length, nats.
    pub score: f64,
    /// How unevenly its cells deviate: Pearson's `Σ (y − re)²/(re(1 + τre))` over its degrees of freedom. About 1: all alike, as one common
    /// cause would have it; far above: a part carries the excess. None for a single cell.
    pub unevenness: Option<f64>,
    /// The larger of the Monte-Carlo p against the others now and against the past.
    pub p: f64,
    /// What the other leading suspects are beside it.
    pub relations: Vec<(Suspect, Verdict)>,
}

/// Suspects of which one is to blame, and nobody can tell which.
#[derive(Clone, Debug, PartialEq)]
pub struct Tie {
    /// The one that the scan found.
    pub suspect: Suspect,
    /// Those that the same claims speak against as much, each with what would separate it from the first.
    pub rivals: Vec<(Suspect, Separation)>,
    /// As of a [`Cause`].
    pub p: f64,
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// Causes, in the order found. Empty when nothing stands out.
    pub causes: Vec<Cause>,
    /// Suspects by score, best first, before any was deflated.
    pub ranking: Vec<(Suspect, f64)>,
    /// What stands out but cannot be laid at one door.
    pub ties: Vec<Tie>,
    /// p of the first cause or tie, else of the best suspect; 1 when there is none.
    pub p: f64,
    /// Over-dispersion of innocent cells as fitted: variance `mean + spread × mean²`.
    pub spread: f64,
}

/// A candidate with what the scan found of it.
#[derive(Clone, Copy)]
struct Ranked<'a> {
    candidate: &'a Candidate,
    ratio: f64,
    score: f64,
}

/// Finds the causes of an excess of claims among candidates.
///
/// 1. Expectation: each cell's own past, shrunk ([`Baseline::of_past`]); the level is that of the cells outside the leading suspects, the
///    over-dispersion what they leave over ([`Baseline::settle`]).
/// 2. Score of a suspect: negative binomial likelihood ratio of one common ratio in its cells ([`lift`](super::likelihood::lift)), less its
///    description length. The best is suspected; its cells are deflated by its ratio and the rest is scanned again, while the score stays
///    above `further` times the first.
/// 3. Each of the suspected is tried with the others deflated, until one is acquitted. It must be worse than the others **now** (multinomial chance in proportion to exposure) **and** worse than its own **past** (with
///    over-dispersion): two Monte-Carlo tests, both at `level`, so together at most that (intersection–union, Berger 1982). Without any past
///    the second test runs on exposure, with over-dispersion, and is the only one.
/// 4. If a rival could not be told from it, nobody is blamed ([`separation`](super::conditioning::separation)).
pub fn scan(cells: &[Cell], candidates: &[Candidate], settings: &Settings, seed: u64) -> Explanation {
    let candidates: Vec<Candidate> = candidates.iter().filter(|candidate| touched(cells, candidate)).cloned().collect();
    let mut baseline = Baseline::of_past(cells);
    // Whatever looks suspicious at all is no witness to what innocent cells do.
    let any = Settings { further: 0.0, ..*settings };
    for _ in 0..2 {
        let suspected = deflate(&baseline, &candidates, best(&baseline, &candidates), &any);
        baseline.settle(&suspected.iter().map(|one| one.candidate.cells.as_slice()).collect::<Vec<_>>());
    }
    let ranked = rank(&baseline, &candidates);
    let trial = Trial { cells, candidates: &candidates, ranked: &ranked, settings, seed };
    let mut found = Explanation { p: 1.0, spread: baseline.spread(), ..Explanation::default() };
    found.ranking = ranked.iter().take(settings.ranking).map(|one| (one.candidate.suspect.clone(), one.score)).collect();
    let suspected = deflate(&baseline, &candidates, ranked.first().copied(), settings);
    for (at, &accused) in suspected.iter().enumerate() {
        let others: Vec<Ranked<'_>> = suspected.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| *one).collect();
        let mut rest = baseline.clone();
        for other in &others {
            rest.raise(&other.candidate.cells, other.ratio);
        }
        let p = trial.p(&rest, accused.candidate, &others);
        if at == 0 {
            found.p = p;
        }
        if p > settings.level {
            break;
        }
        let rivals = trial.rivals(&rest, accused);
        if rivals.is_empty() {
            found.causes.push(trial.cause(&rest, accused, p));
        } else {
            found.ties.push(Tie { suspect: accused.candidate.suspect.clone(), rivals, p });
        }
    }
    found
}

/// Sequential deflation: the best suspect, then the best of what it leaves over, while the score stays above the bar. Nobody is tried yet.
fn deflate<'a>(baseline: &Baseline, candidates: &'a [Candidate], first: Option<Ranked<'a>>, settings: &Settings) -> Vec<Ranked<'a>> {
    let mut left = baseline.clone();
    let mut found = Vec::new();
    let (mut next, mut bar) = (first, 0.0);
    while let Some(one) = next.take_if(|one| one.score > bar && found.len() < settings.causes) {
        bar = f64::max(bar, settings.further * one.score);
        left.raise(&one.candidate.cells, one.ratio);
        found.push(one);
        if found.len() < settings.causes {
            next = best(&left, candidates);
        }
    }
    found
}

fn touched(cells: &[Cell], candidate: &Candidate) -> bool {
    candidate.cells.iter().any(|&at| cells.get(at).is_some_and(|cell| cell.claims > 0))
}

/// All candidates by score, best first; of equals the shorter description, then the order in which they were given.
fn rank<'a>(baseline: &Baseline, candidates: &'a [Candidate]) -> Vec<Ranked<'a>> {
    let mut ranked = scored(baseline, candidates);
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
    ranked
}

/// The first of [`rank`].
fn best<'a>(baseline: &Baseline, candidates: &'a [Candidate]) -> Option<Ranked<'a>> {
    let scored = scored(baseline, candidates).into_iter();
    scored.reduce(|best, one| if one.score.total_cmp(&best.score).is_gt() { one } else { best })
}

fn scored<'a>(baseline: &Baseline, candidates: &'a [Candidate]) -> Vec<Ranked<'a>> {
    let nows: Vec<f64> = baseline.sites().iter().map(|site| now(*site)).collect();
    let score = |candidate: &'a Candidate| {
        let cells = &candidate.cells;
        let now_of = || baseline.at(cells).zip(cells.iter().filter_map(|&at| nows.get(at).copied()));
        let lift = lift_over(baseline.at(cells), now_of);
        Ranked { candidate, ratio: lift.ratio, score: lift.gain - candidate.length }
    };
    candidates.iter().map(score).collect()
}

/// What a suspect is tried with.
struct Trial<'a> {
    cells: &'a [Cell],
    candidates: &'a [Candidate],
    ranked: &'a [Ranked<'a>],
    settings: &'a Settings,
    seed: u64,
}

impl Trial<'_> {
    /// p against the past and, where there is one, against the others now; `baseline` has the other suspects deflated.
    fn p(&self, baseline: &Baseline, accused: &Candidate, others: &[Ranked<'_>]) -> f64 {
        // Throwing the claims into a cell costs about as much as ten visits to it.
        let visits = self.candidates.iter().map(|candidate| candidate.cells.len()).sum::<usize>() + 10 * self.cells.len();
        let replicates = (self.settings.work / visits.max(1)).clamp(99, self.settings.replicates.max(99));
        let test = |sites: &[Site]| p_value(sites, &accused.cells, self.candidates, replicates, self.seed);
        let against_past = test(baseline.sites());
        if against_past > self.settings.level || self.cells.iter().all(|cell| cell.past_exposure <= 0.0) {
            return against_past;
        }
        let mut now: Vec<Site> =
            self.cells.iter().map(|cell| Site { claims: f64::from(cell.claims), expected: cell.exposure, spread: 0.0 }).collect();
        for at in others.iter().flat_map(|other| &other.candidate.cells).filter(|at| accused.cells.binary_search(at).is_err()) {
            if let Some(site) = now.get_mut(*at) {
                *site = Site { claims: 0.0, expected: 0.0, spread: 0.0 };
            }
        }
        against_past.max(test(&now))
    }

    /// Suspects that nobody could tell from the accused, the shortest name of each.
    fn rivals(&self, baseline: &Baseline, accused: Ranked<'_>) -> Vec<(Suspect, Separation)> {
        let Candidate { suspect, cells, .. } = accused.candidate;
        let expected: f64 = baseline.at(cells).map(|site| site.expected).sum();
        let exposure: f64 = cells.iter().filter_map(|&at| self.cells.get(at)).map(|cell| cell.exposure).sum();
        let weighted = weighted(baseline.sites());
        let mut rivals: Vec<(Suspect, Separation)> = Vec::new();
        for rival in self.ranked.iter().filter(|one| one.ratio > 1.0).map(|one| one.candidate) {
            if rival.suspect.nested_with(suspect) || rivals.iter().any(|(known, _)| known.nested_with(&rival.suspect)) {
                continue;
            }
            if let Some(apart) = separation(&weighted, cells, &rival.cells, accused.ratio, expected / exposure) {
                rivals.push((rival.suspect.clone(), apart));
            }
        }
        rivals
    }

    fn cause(&self, baseline: &Baseline, accused: Ranked<'_>, p: f64) -> Cause {
        let Ranked { candidate: Candidate { suspect, cells, .. }, ratio, score } = accused;
        let pearson: f64 = baseline
            .at(cells)
            .map(|site| {
                let mean = ratio * site.expected;
                (site.claims - mean).powi(2) / (mean * (1.0 + site.spread * mean))
            })
            .sum();
        let weighted = weighted(baseline.sites());
        let rivals = self.ranked.iter().take(self.settings.ranking).map(|one| one.candidate);
        let relations = rivals
            .filter(|rival| !rival.suspect.nested_with(suspect))
            .map(|rival| (rival.suspect.clone(), relate(&weighted, cells, &rival.cells, self.settings.level).verdict))
            .collect();
        Cause {
            suspect: suspect.clone(),
            claims: baseline.at(cells).map(|site| site.claims).sum(),
            expected: baseline.at(cells).map(|site| site.expected).sum(),
            ratio,
            score,
            unevenness: (cells.len() > 1).then(|| pearson / real(cells.len() - 1)),
            p,
            relations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::suspects::lots;
    use super::*;

    fn cell(claims: u32, exposure: f64) -> Cell {
        Cell { claims, exposure, ..Cell::default() }
    }

    /// Twelve batches, each of its own fabric lot and of one of three zip lots; zip lots 0 and 1 come from supplier 15, 2 from 16. All
    /// batches with a zip of supplier 15 are bad.
    #[test]
    fn an_ancestor_is_found_in_the_lot_graph() {
        let cells: Vec<Cell> = (0..12).map(|at| if at % 3 < 2 { cell(60, 1_000.0) } else { cell(12, 1_000.0) }).collect();
        let made_of: Vec<Vec<usize>> = (0..12).map(|at| vec![at % 3, 3 + at]).collect();
        let mut behind = vec![Vec::new(); 17];
        behind[0] = vec![15];
        behind[1] = vec![15];
        behind[2] = vec![16];
        let found = scan(&cells, &lots(&made_of, &behind), &Settings::default(), 1);
        assert_eq!(found.causes.iter().map(|cause| &cause.suspect).collect::<Vec<_>>(), [&Suspect::Node(15)], "{found:?}");
        assert!((found.causes[0].ratio - 5.0).abs() < 0.3, "{found:?}");
        assert!(found.ties.is_empty());
    }

    #[test]
    fn two_lots_that_always_went_together_are_not_blamed() {
        let cells: Vec<Cell> = (0..12).map(|at| if at < 4 { cell(60, 1_000.0) } else { cell(12, 1_000.0) }).collect();
        let made_of: Vec<Vec<usize>> = (0..12).map(|at| if at < 4 { vec![0, 1] } else { vec![2 + at % 3, 5 + at % 2] }).collect();
        let found = scan(&cells, &lots(&made_of, &[]), &Settings::default(), 1);
        assert!(found.causes.is_empty(), "{found:?}");
        let tie = &found.ties[0];
        assert_eq!((&tie.suspect, &tie.rivals[0].0, tie.rivals.len()), (&Suspect::Node(0), &Suspect::Node(1), 1));
        assert!(tie.rivals[0].1.exposure > 10.0 && tie.rivals[0].1.exposure < 1_000.0, "{tie:?}");
    }

    #[test]
    fn nothing_to_scan_is_an_answer() {
        let nothing = Explanation { p: 1.0, ..Explanation::default() };
        assert_eq!(Explanation { spread: 0.0, ..scan(&[], &[], &Settings::default(), 1) }, nothing);
        let quiet = scan(&[cell(0, 10.0), cell(0, 20.0)], &lots(&[vec![0], vec![1]], &[]), &Settings::default(), 1);
        assert_eq!((quiet.causes.len(), quiet.ranking.len(), quiet.p), (0, 0, 1.0));
    }
}
