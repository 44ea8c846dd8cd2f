//! Localisation on labelled real faults, under chance, and from the command line.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use hangtag::quality::root_cause::localise::{Settings, answer};
use serde_json::{Value, json};

const CASES: &str = include_str!("../vectors/localisation/cases.jsonl");

/// The default settings with as few replicates as will do for a test.
fn settings() -> Settings {
    Settings { replicates: 99, ..Settings::default() }
}

fn names(list: &Value) -> Vec<String> {
    let name = |suspect: &Value| {
        let terms: BTreeSet<String> =
            suspect.as_object().unwrap().iter().map(|(dim, value)| format!("{dim}={}", value.as_str().unwrap())).collect();
        terms.into_iter().collect::<Vec<_>>().join("&")
    };
    list.as_array().unwrap().iter().map(name).collect()
}

/// The cases small enough for a test without optimisation; the whole table is in `cargo bench --bench root_cause`.
fn small(most: usize) -> impl Iterator<Item = Value> {
    let cases = CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    cases.filter(move |case| case["cells"].as_array().unwrap().len() <= most)
}

#[test]
fn real_faults_are_found() {
    let (mut cases, mut right, mut named, mut true_ones, mut in_five) = (0, 0, 0, 0, 0);
    for mut case in small(300) {
        let truth = names(&case["truth"]);
        case.as_object_mut().unwrap().remove("truth");
        let found = answer(&case.to_string(), &settings()).unwrap();
        let (causes, ranking) = (names(&found["causes"]), names(&found["ranking"]));
        cases += 1;
        right += causes.iter().filter(|cause| truth.contains(cause)).count();
        named += causes.len();
        true_ones += truth.len();
        in_five += usize::from(ranking.iter().take(5).any(|cause| truth.contains(cause)));
        assert!(ranking.len() >= 5, "{}", case["case"]);
    }
    assert!(cases > 50);
    assert!(2 * right * 100 >= 65 * (named + true_ones), "{right} right, {named} named, {true_ones} true");
    assert!(in_five * 100 >= 95 * cases, "{in_five} of {cases}");
}

/// Claims thrown at random in proportion to exposure, the past kept as it was: nobody is to blame.
#[test]
fn chance_is_rarely_blamed() {
    let mut state: u64 = 20_260_402;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 32).unwrap()) / 4_294_967_296.0
    };
    let (mut runs, mut reports) = (0, 0);
    for case in small(60) {
        let exposure: Vec<f64> = case["cells"].as_array().unwrap().iter().map(|cell| cell["n"].as_f64().unwrap()).collect();
        let claims: u64 = case["cells"].as_array().unwrap().iter().map(|cell| cell["bad"].as_u64().unwrap()).sum();
        let all: f64 = exposure.iter().sum();
        for _ in 0..4 {
            let mut thrown = vec![0u64; exposure.len()];
            for _ in 0..claims {
                let mut at = uniform() * all;
                let cell = exposure.iter().position(|n| {
                    at -= n;
                    at < 0.0
                });
                thrown[cell.unwrap_or(0)] += 1;
            }
            let mut permuted = case.clone();
            for (cell, claims) in permuted["cells"].as_array_mut().unwrap().iter_mut().zip(thrown) {
                cell["bad"] = json!(claims);
            }
            let found = answer(&permuted.to_string(), &settings()).unwrap();
            runs += 1;
            reports += usize::from(!names(&found["causes"]).is_empty() || !found["inseparable"].as_array().unwrap().is_empty());
        }
    }
    assert!(runs >= 60 && reports * 10 <= runs, "{reports} of {runs}");
}

/// Zip lot Z7 and button lot B3 only ever met in the same garments.
fn two_lots_always_together() -> Value {
    let mut cells =
        vec![json!({ "k": ["Z7", "B3", "L1"], "bad": 90, "n": 1000 }), json!({ "k": ["Z7", "B3", "L2"], "bad": 80, "n": 1000 })];
    for (zip, button) in [("Z1", "B1"), ("Z1", "B2"), ("Z2", "B1"), ("Z2", "B2"), ("Z3", "B1"), ("Z3", "B2")] {
        for line in ["L1", "L2"] {
            cells.push(json!({ "k": [zip, button, line], "bad": 10, "n": 1000 }));
        }
    }
    json!({ "case": "together", "dims": ["zip", "button", "line"], "cells": cells })
}

#[test]
fn what_always_went_together_is_not_blamed_but_told_how_to_separate() {
    let found = answer(&two_lots_always_together().to_string(), &Settings::default()).unwrap();
    assert_eq!(found["causes"], json!([]));
    let tie = &found["inseparable"][0];
    let mut suspects = names(&tie["suspects"]);
    suspects.sort_unstable();
    assert_eq!(suspects, ["button=B3", "zip=Z7"], "{found}");
    // 170 claims where 20 were expected: a ratio of 8.5, so a garment with the one and without the other tells 0.01 × (8.5 ln 8.5 − 7.5)
    // nats, and 1.92 are needed.
    assert_eq!(tie["allocate"], json!([{ "with": { "button": "B3" }, "without": { "zip": "Z7" }, "exposure": 18.0 }]));
    // One batch with the zip and another button is enough to tell.
    let mut more = two_lots_always_together();
    let apart = [json!({ "k": ["Z7", "B1", "L1"], "bad": 85, "n": 1000 }), json!({ "k": ["Z1", "B3", "L1"], "bad": 10, "n": 1000 })];
    more["cells"].as_array_mut().unwrap().extend(apart);
    let found = answer(&more.to_string(), &Settings::default()).unwrap();
    assert_eq!((names(&found["causes"]), found["inseparable"].clone()), (vec!["zip=Z7".to_owned()], json!([])), "{found}");
}

#[test]
fn too_little_is_an_answer() {
    for cells in [json!([]), json!([{ "k": ["a"], "bad": 0, "n": 0 }]), json!([{ "k": ["a"], "bad": 1, "n": 1 }])] {
        let line = json!({ "case": "little", "dims": ["lot"], "cells": cells }).to_string();
        let found = answer(&line, &settings()).unwrap();
        assert_eq!((found["causes"].clone(), found["inseparable"].clone(), found["p"].clone()), (json!([]), json!([]), json!(1.0)));
    }
}

#[test]
fn the_command_answers_every_line_and_says_what_is_wrong_with_which() {
    let good = two_lots_always_together().to_string();
    let lines = [
        good.as_str(),
        r#"{"case":"torn","dims":["lot"],"cells":[{"k":["a"],"bad":-1,"n":5}]}"#,
        r#"{"case":"short","dims":["lot","line"],"cells":[{"k":["a"],"bad":1,"n":0}]}"#,
        "not json",
        "",
        good.as_str(),
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_hangtag"))
        .args(["root-cause", "explain", "-"])
        .env("LC_ALL", "en")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let answers: Vec<Value> = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 5);
    // The same input, the same answer.
    assert_eq!(answers[0], answers[4]);
    assert_eq!(answers[0]["case"], "together");
    for (answer, line, place) in [(&answers[1], 2, "cells.0.bad"), (&answers[2], 3, "cells.0.k"), (&answers[3], 4, "case")] {
        assert_eq!(answer["line"], line);
        assert!(answer["error"].as_str().unwrap().contains(place), "{answer}");
    }
    let said = String::from_utf8(output.stderr).unwrap();
    for text in ["Line 2, cells.0.bad", "Line 3, cells.0.k", "Line 3, cells.0.n", "Line 4, case"] {
        assert!(said.contains(text), "{text} not in: {said}");
    }
}
