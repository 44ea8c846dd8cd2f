//! Which rule to trust: seeded worlds in which the truth is known, and how many of the bad batches each rule finds and how much of what it
//! lists is false.
//!
//! `cargo test --release --lib root_cause::rules::simulation -- --ignored --nocapture` prints the tables of `docs/root-cause.md`, section
//! "Detection".
//!
//! A world has 2,000 batches started over 24 months, sizes log-normal, 2 claims per hundred units over the first twelve months of age,
//! claims reported late, and innocent differences between batches. Forty batches are three times as bad as they would be. A batch is
//! *truly* bad when its rate is above twice the average rate of all, whether it is one of the forty or was drawn so.

use super::age::{Ages, Cohort};
use super::answer::count;
use super::chance::Chance;
use super::control;
use super::delay::{Completeness, chain_ladder};
use super::detect::{Detection, Level, Model, Settings, Signal, detect};
use super::multiplicity::{self, Method};
use super::poisson;

const BATCHES: usize = 2000;
const BAD: usize = 40;
const MONTHS: usize = 24;
/// Months of age after which no more claims come.
const CURVE_ENDS: usize = 12;
const CLAIMS_PER_UNIT: f64 = 0.02;
/// Ages up to which a batch counts as young.
const YOUNG: usize = 4;

/// How innocent batches differ; the mean is 1 in each.
#[derive(Clone, Copy)]
enum Rates {
    /// As the rule's own model has it: gamma with a coefficient of variation of ½.
    Gamma,
    /// Log-normal with a coefficient of variation of 0.95.
    LogNormal,
    /// Pareto with index 2.5: a heavy tail, as when some batches have a cause of their own.
    Pareto,
}

/// Claims by month of age, as weights over the first twelve.
type Hazard = fn(f64) -> f64;

fn flat(_: f64) -> f64 {
    1.0
}

fn early(age: f64) -> f64 {
    (-age / 3.0).exp()
}

/// What the rules are told about age and delay.
#[derive(Clone, Copy)]
enum Told {
    /// This age curve, and this share of the outstanding claims reported each month; right or wrong.
    This(Hazard, f64),
    /// Nothing: both are estimated from the same data, bad batches among them.
    Estimated,
}

struct World {
    name: &'static str,
    rates: Rates,
    hazard: Hazard,
    reported: f64,
    told: Told,
}

const WORLDS: [World; 7] = [
    World { name: "as modelled", rates: Rates::Gamma, hazard: early, reported: 0.5, told: Told::This(early, 0.5) },
    World { name: "estimated", rates: Rates::Gamma, hazard: early, reported: 0.5, told: Told::Estimated },
    World { name: "wrong age curve", rates: Rates::Gamma, hazard: early, reported: 0.5, told: Told::This(flat, 0.5) },
    World { name: "slower reports", rates: Rates::Gamma, hazard: early, reported: 0.25, told: Told::This(early, 0.5) },
    World { name: "log-normal", rates: Rates::LogNormal, hazard: early, reported: 0.5, told: Told::This(early, 0.5) },
    World { name: "Pareto", rates: Rates::Pareto, hazard: early, reported: 0.5, told: Told::This(early, 0.5) },
    World { name: "Pareto, slow, estimated", rates: Rates::Pareto, hazard: early, reported: 0.25, told: Told::Estimated },
];

struct Batch {
    start: usize,
    units: f64,
    rate: f64,
    /// Age and lag, in months, of each claim known by now.
    claims: Vec<(usize, usize)>,
}

impl Batch {
    fn seen(&self) -> usize {
        MONTHS - self.start
    }

    fn known(&self) -> u32 {
        u32::try_from(self.claims.len()).unwrap()
    }
}

fn by_age(hazard: Hazard) -> Vec<f64> {
    let weights: Vec<f64> = (0..MONTHS).map(|age| if age < CURVE_ENDS { hazard(count(age)) } else { 0.0 }).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn reported_by(monthly: f64) -> Completeness {
    Completeness::of((1..=MONTHS).map(|months| 1.0 - (1.0 - monthly).powf(count(months))).collect()).known().unwrap()
}

fn make(world: &World, median: f64, chance: &mut Chance) -> Vec<Batch> {
    let hazard = by_age(world.hazard);
    let batch = |at: usize| {
        let start = chance.pick(std::iter::repeat_n(1.0, MONTHS));
        let units = (median * (0.8 * chance.normal()).exp()).ceil();
        let innocent = match world.rates {
            Rates::Gamma => chance.gamma(4.0) / 4.0,
            Rates::LogNormal => (0.8 * chance.normal() - 0.32).exp(),
            Rates::Pareto => 0.6 * chance.uniform().powf(-0.4),
        };
        let rate = if at < BAD { 3.0 * innocent } else { innocent };
        let mean = units * CLAIMS_PER_UNIT * rate * hazard.iter().take(MONTHS - start).sum::<f64>();
        let claims = (0..chance.poisson(mean)).filter_map(|_| {
            let age = chance.pick(hazard.iter().take(MONTHS - start).copied());
            let lag = (chance.uniform().ln() / (1.0 - world.reported).ln()).floor();
            let room = MONTHS - 1 - start - age;
            (lag <= count(room)).then(|| (age, (0..=room).rev().find(|whole| count(*whole) <= lag).unwrap()))
        });
        let claims = claims.collect();
        Batch { start, units, rate, claims }
    };
    (0..BATCHES).map(batch).collect()
}

/// Claims that each batch should have shown by now, up to a common factor.
fn expected(batches: &[Batch], told: Told) -> Vec<f64> {
    let raw: Vec<f64> = match told {
        Told::This(hazard, reported) => {
            let (hazard, known) = (by_age(hazard), reported_by(reported));
            let of =
                |batch: &Batch| (0..batch.seen()).zip(&hazard).map(|(age, rate)| rate * known.after(batch.seen() - 1 - age)).sum::<f64>();
            batches.iter().map(|batch| batch.units * of(batch)).collect()
        }
        Told::Estimated => {
            let known = delay(batches);
            let mut cohorts: Vec<Cohort> = (0..MONTHS).map(|start| Cohort { units: 0.0, claims: vec![0; MONTHS - start] }).collect();
            for batch in batches {
                cohorts[batch.start].units += batch.units;
                batch.claims.iter().for_each(|(age, _)| cohorts[batch.start].claims[*age] += 1);
            }
            let curve = Ages::of(&cohorts, &known).known().unwrap().curve(5).known().unwrap();
            batches.iter().map(|batch| curve.expected(batch.units, batch.seen(), &known)).collect()
        }
    };
    let scale = batches.iter().map(|batch| f64::from(batch.known())).sum::<f64>() / raw.iter().sum::<f64>();
    raw.into_iter().map(|expected| (scale * expected).max(1e-9)).collect()
}

/// The delay as the claims themselves tell it: by month in which they happened, how many were known after each lag.
fn delay(batches: &[Batch]) -> Completeness {
    let mut rows: Vec<Vec<u32>> = (0..MONTHS).map(|month| vec![0; MONTHS - month]).collect();
    for batch in batches {
        for (age, lag) in &batch.claims {
            rows[batch.start + age][*lag..].iter_mut().for_each(|known| *known += 1);
        }
    }
    chain_ladder(&rows, 2.0).known().unwrap().completeness
}

struct Facts {
    batches: Vec<Batch>,
    expected: Vec<f64>,
    found: Detection,
    signals: Vec<Signal>,
    truth: Vec<bool>,
}

impl Facts {
    fn of(world: &World, median: f64, seed: u64) -> Self {
        let batches = make(world, median, &mut Chance::new(seed));
        let expected = expected(&batches, world.told);
        let cells: Vec<(u32, f64)> = batches.iter().map(Batch::known).zip(expected.iter().copied()).collect();
        let found = detect(&cells, Model::Gamma, &Settings::default()).known().unwrap();
        let signals = found.signals.iter().map(|signal| signal.known().unwrap()).collect();
        let average = batches.iter().map(|batch| batch.rate).sum::<f64>() / count(BATCHES);
        let truth = batches.iter().map(|batch| batch.rate > 2.0 * average).collect();
        Self { batches, expected, found, signals, truth }
    }

    fn raw(&self) -> Vec<f64> {
        self.batches.iter().map(|batch| f64::from(batch.known()) / batch.units).collect()
    }

    fn pooled(&self) -> f64 {
        self.batches.iter().map(|batch| f64::from(batch.known())).sum::<f64>() / self.batches.iter().map(|batch| batch.units).sum::<f64>()
    }

    fn adjusted(&self, p: impl Fn(&Batch, f64) -> f64) -> Vec<bool> {
        let p: Vec<Option<f64>> = self.batches.iter().zip(&self.expected).map(|(batch, expected)| Some(p(batch, *expected))).collect();
        multiplicity::adjust(&p, Method::BenjaminiHochberg).into_iter().map(|p| p.unwrap() <= 0.1).collect()
    }

    fn signalled(&self, test: impl Fn(&Signal) -> bool) -> Vec<bool> {
        self.signals.iter().map(test).collect()
    }

    fn list(&self, share: f64) -> Vec<bool> {
        let bad: Vec<Option<f64>> = self.signals.iter().map(|signal| Some(signal.bad)).collect();
        multiplicity::list(&bad, share).chosen
    }
}

type Rule = (&'static str, fn(&Facts) -> Vec<bool>);

const RULES: [Rule; 9] = [
    ("raw rate above mean + 3 sd", |facts| {
        let raw = facts.raw();
        let mean = raw.iter().sum::<f64>() / count(raw.len());
        let sd = (raw.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / count(raw.len() - 1)).sqrt();
        raw.iter().map(|rate| *rate > mean + 3.0 * sd).collect()
    }),
    ("twice the average and 3 claims", |facts| {
        let twice = 2.0 * facts.pooled();
        facts.raw().iter().zip(&facts.batches).map(|(rate, batch)| *rate > twice && batch.known() >= 3).collect()
    }),
    ("u chart, 3 sigma", |facts| {
        let subgroups: Vec<(u32, f64)> = facts.batches.iter().map(|batch| (batch.known(), batch.units)).collect();
        let chart = control::u_prime(&subgroups).known().unwrap();
        chart.points.iter().map(|point| point.is_some_and(|point| point.value > point.chance.upper)).collect()
    }),
    ("exact Poisson on units, BH 10 %", |facts| {
        let pooled = facts.pooled();
        facts.adjusted(|batch, _| poisson::at_least(batch.known(), pooled * batch.units))
    }),
    ("exact Poisson on expected claims, BH 10 %", |facts| facts.adjusted(|batch, expected| poisson::at_least(batch.known(), expected))),
    ("predictive p, BH 10 %", |facts| facts.adjusted(|batch, expected| facts.found.fit.prior.predicts_at_least(batch.known(), expected))),
    ("lower 5 % point above 1.5", |facts| facts.signalled(|signal| signal.interval.lower > 1.5)),
    ("**Investigate**: Bayesian list, 30 %", |facts| facts.signalled(|signal| signal.level >= Level::Investigate)),
    ("**Hold**: P(RR > 2) above 0.8", |facts| facts.signalled(|signal| signal.level == Level::Hold)),
];

/// Truly bad ones, listed ones, and both.
#[derive(Clone, Copy, Default)]
struct Score {
    bad: usize,
    listed: usize,
    hit: usize,
}

impl Score {
    fn add(&mut self, facts: &Facts, listed: &[bool], of: impl Fn(&Batch) -> bool) {
        for ((_, truth), listed) in facts.batches.iter().zip(&facts.truth).zip(listed).filter(|((batch, _), _)| of(batch)) {
            self.bad += usize::from(*truth);
            self.listed += usize::from(*listed);
            self.hit += usize::from(*truth && *listed);
        }
    }

    fn power(&self) -> f64 {
        count(self.hit) / count(self.bad.max(1))
    }

    fn false_share(&self) -> f64 {
        count(self.listed - self.hit) / count(self.listed.max(1))
    }

    fn shown(&self) -> String {
        if self.listed == 0 { format!("{:.2} / –", self.power()) } else { format!("{:.2} / {:.2}", self.power(), self.false_share()) }
    }
}

fn print_row(name: &str, cells: &[String]) {
    println!("| {name} | {} |", cells.join(" | "));
}

fn print_head(first: &str, cells: &[String]) {
    print_row(first, cells);
    println!("|---|{}", "---|".repeat(cells.len()));
}

#[test]
#[ignore = "a study, not a check: prints the tables of docs/root-cause.md"]
fn power_and_false_share() {
    const REPLICATES: u64 = 12;
    const STATED: [f64; 6] = [0.05, 0.2, 0.4, 0.6, 0.8, 0.95];
    for (median, size) in [(270.0, 1), (1480.0, 2)] {
        let runs: Vec<Vec<Facts>> = WORLDS
            .iter()
            .zip(1..)
            .map(|(world, at)| (0..REPLICATES).map(|run| Facts::of(world, median, 30_000 + 1000 * at + 100 * size + run)).collect())
            .collect();
        let names: Vec<String> = WORLDS.iter().map(|world| world.name.to_owned()).collect();
        for (title, young) in [("all batches", false), ("batches of at most four months", true)] {
            println!("\nmedian {median} units, {title}: power / false share\n");
            print_head("rule", &names);
            for (name, rule) in RULES {
                let score = |runs: &Vec<Facts>| {
                    let mut score = Score::default();
                    runs.iter().for_each(|facts| score.add(facts, &rule(facts), |batch| !young || batch.seen() <= YOUNG));
                    score.shown()
                };
                print_row(name, &runs.iter().map(score).collect::<Vec<_>>());
            }
        }
        println!("\nmedian {median} units: false share found where so much was asked for\n");
        print_head("asked", &names);
        for share in [0.1, 0.2, 0.3, 0.4] {
            let found = |runs: &Vec<Facts>| {
                let mut score = Score::default();
                runs.iter().for_each(|facts| score.add(facts, &facts.list(share), |_| true));
                format!("{:.2}", score.false_share())
            };
            print_row(&format!("{share:.2}"), &runs.iter().map(found).collect::<Vec<_>>());
        }
        println!("\nmedian {median} units: share truly bad by the probability stated (number of batches)\n");
        print_head("stated", &names);
        for (from, to) in STATED.iter().zip(STATED.iter().skip(1).chain([&1.01])) {
            let found = |runs: &Vec<Facts>| {
                let pairs = || runs.iter().flat_map(|facts| facts.signals.iter().zip(&facts.truth));
                let inside: Vec<bool> = pairs().filter(|(signal, _)| (*from..*to).contains(&signal.bad)).map(|(_, truth)| *truth).collect();
                let bad = inside.iter().filter(|truth| **truth).count();
                format!("{:.2} ({})", count(bad) / count(inside.len().max(1)), inside.len())
            };
            print_row(&format!("{from:.2}–{:.2}", to.min(1.0)), &runs.iter().map(found).collect::<Vec<_>>());
        }
        println!("\nmedian {median} units: true ratios inside the 90 % interval; shape of the fitted distribution\n");
        print_head("", &names);
        let inside = |runs: &Vec<Facts>| {
            let ratios = runs.iter().flat_map(|facts| {
                let average = facts.batches.iter().map(|batch| batch.rate).sum::<f64>() / count(BATCHES);
                facts.batches.iter().zip(&facts.signals).map(move |(batch, signal)| {
                    let ratio = batch.rate / average;
                    signal.interval.lower <= ratio && ratio <= signal.interval.upper
                })
            });
            let (inside, all) = ratios.fold((0, 0), |(inside, all), one| (inside + usize::from(one), all + 1));
            format!("{:.3}", count(inside) / count(all))
        };
        print_row("coverage", &runs.iter().map(inside).collect::<Vec<_>>());
        let shape = |runs: &Vec<Facts>| format!("{:.1}", runs[0].found.fit.prior.shape().unwrap());
        print_row("shape", &runs.iter().map(shape).collect::<Vec<_>>());
    }
}

/// The promise of the list, on seeds of its own, where the model is right and where age and delay are estimated.
#[test]
fn the_list_keeps_its_promise() {
    for world in &WORLDS[..2] {
        let mut score = Score::default();
        for seed in 0..3 {
            let facts = Facts::of(world, 1480.0, 900 + seed);
            score.add(&facts, &facts.list(0.3), |_| true);
        }
        assert!(score.false_share() < 0.36, "{}: {}", world.name, score.shown());
        assert!(score.power() > 0.35, "{}: {}", world.name, score.shown());
    }
}
