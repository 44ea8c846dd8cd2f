//! The 68 labelled cases and the null test.

use std::collections::BTreeSet;

use hangtag::quality::root_cause::localise::{Settings, answer};
use serde_json::{Value, json};

use super::timed;

const CASES: &str = include_str!("../../tests/vectors/localisation/cases.jsonl");

fn names(list: &Value) -> Vec<BTreeSet<(String, String)>> {
    let name = |suspect: &Value| {
        suspect.as_object().unwrap().iter().map(|(dim, value)| (dim.clone(), value.as_str().unwrap().to_owned())).collect()
    };
    list.as_array().unwrap().iter().map(name).collect()
}

/// Hits and misses, summed over cases.
#[derive(Clone, Copy, Default)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
    first: u32,
    third: u32,
    fifth: u32,
    cases: u32,
}

impl Score {
    fn add(&mut self, found: &Value, truth: &[BTreeSet<(String, String)>]) {
        let (causes, ranking) = (names(&found["causes"]), names(&found["ranking"]));
        let count = |length: usize| u32::try_from(length).unwrap();
        let right = count(causes.iter().filter(|cause| truth.contains(cause)).count());
        let within = |most: usize| u32::from(ranking.iter().take(most).any(|cause| truth.contains(cause)));
        self.right += right;
        self.wrong += count(causes.len()) - right;
        self.missed += count(truth.len()) - right;
        self.first += within(1);
        self.third += within(3);
        self.fifth += within(5);
        self.cases += 1;
    }

    fn f1(&self) -> f64 {
        f64::from(2 * self.right) / f64::from(2 * self.right + self.wrong + self.missed)
    }

    fn share(&self, of: u32) -> f64 {
        f64::from(of) / f64::from(self.cases)
    }
}

/// Every setting on all cases, and on the odd and the even lines apart.
pub fn settings() {
    let base = Settings::default();
    let table = [
        ("**default**: depth 3, 3 causes, further 0.5, level 0.05", base),
        ("depth 2", Settings { depth: 2, ..base }),
        ("depth 1", Settings { depth: 1, ..base }),
        ("1 cause", Settings { causes: 1, ..base }),
        ("2 causes", Settings { causes: 2, ..base }),
        ("further 0.35", Settings { further: 0.35, ..base }),
        ("further 0.7", Settings { further: 0.7, ..base }),
        ("level 0.01, 999 replicates", Settings { level: 0.01, work: usize::MAX, ..base }),
        ("level 0.1", Settings { level: 0.1, ..base }),
        ("99 replicates", Settings { replicates: 99, ..base }),
    ];
    println!(
        "| setting | F1 odd lines | even | all | right / wrong / missed | top-1 | top-3 | top-5 | ms a case, mean | of them computing | median | worst |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (name, settings) in table {
        let (mut halves, mut all, mut times, mut computing) = ([Score::default(); 2], Score::default(), Vec::new(), 0.0);
        for (at, line) in CASES.lines().enumerate() {
            let truth = names(&serde_json::from_str::<Value>(line).unwrap()["truth"]);
            let (wall, cpu, found) = timed(|| answer(line, &settings).unwrap());
            times.push(wall * 1e3);
            computing += cpu * 1e3;
            halves[at % 2].add(&found, &truth);
            all.add(&found, &truth);
        }
        times.sort_unstable_by(f64::total_cmp);
        println!(
            "| {name} | {:.3} | {:.3} | {:.3} | {} / {} / {} | {:.3} | {:.3} | {:.3} | {:.1} | {:.1} | {:.1} | {:.1} |",
            halves[0].f1(),
            halves[1].f1(),
            all.f1(),
            all.right,
            all.wrong,
            all.missed,
            all.share(all.first),
            all.share(all.third),
            all.share(all.fifth),
            times.iter().sum::<f64>() / f64::from(all.cases),
            computing / f64::from(all.cases),
            times[times.len() / 2],
            times[times.len() - 1],
        );
    }
}

/// How the claims of a case are thrown anew.
#[derive(Clone, Copy)]
enum Null {
    /// In proportion to exposure; the past stays as it was.
    Exposure,
    /// In proportion to exposure; no past is given.
    NoPast,
    /// In proportion to what the past lets expect.
    Past,
}

/// 1,020 permutations of each null: how often anything is named.
pub fn chance() {
    println!("\n| claims thrown | permutations | something named | share |\n|---|---|---|---|");
    for (name, null) in [
        ("in proportion to exposure, past kept", Null::Exposure),
        ("in proportion to exposure, no past given", Null::NoPast),
        ("in proportion to exposure × past rate", Null::Past),
    ] {
        let (mut runs, mut reports) = (0, 0);
        let mut state = 20_261_123;
        for line in CASES.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            for _ in 0..15 {
                let found = answer(&thrown(&case, null, &mut state).to_string(), &Settings::default()).unwrap();
                runs += 1;
                reports += u32::from(found["causes"] != json!([]) || found["inseparable"] != json!([]));
            }
        }
        println!("| {name} | {runs} | {reports} | {:.2} % |", f64::from(reports * 100) / f64::from(runs));
    }
}

fn thrown(case: &Value, null: Null, state: &mut u64) -> Value {
    let cells = case["cells"].as_array().unwrap();
    let sum = |field: &str| cells.iter().map(|cell| cell[field].as_f64().unwrap()).sum::<f64>();
    let rate = sum("hist_bad") / sum("hist_n");
    let chances = cells.iter().scan(0.0, |sum, cell| {
        let number = |field: &str| cell[field].as_f64().unwrap();
        let past = (number("hist_bad") + 20.0 * rate) / (number("hist_n") + 20.0);
        *sum += number("n") * if matches!(null, Null::Past) { past } else { 1.0 };
        Some(*sum)
    });
    let chances: Vec<f64> = chances.collect();
    let mut counts = vec![0u32; cells.len()];
    for _ in 0..cells.iter().map(|cell| cell["bad"].as_u64().unwrap()).sum() {
        let at = uniform(state) * chances[chances.len() - 1];
        counts[chances.partition_point(|sum| *sum <= at)] += 1;
    }
    let mut case = case.clone();
    for (cell, count) in case["cells"].as_array_mut().unwrap().iter_mut().zip(counts) {
        cell["bad"] = json!(count);
        if matches!(null, Null::NoPast) {
            cell["hist_bad"] = json!(0);
            cell["hist_n"] = json!(0);
        }
    }
    case
}

/// Uniform in [0, 1): a linear congruential generator (Knuth), its upper 32 bits.
pub fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    f64::from(u32::try_from(*state >> 32).unwrap()) / 4_294_967_296.0
}
