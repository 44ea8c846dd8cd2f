//! Cells as JSON lines, for whoever brings cells of their own: one case a line in, one answer a line out.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::explain;
use super::scan::{Explanation, Settings};
use super::suspects::Suspect;
use super::table::{Cell, Table};
use crate::kernel::{Code, Fault, Result};

/// One case as it stands on a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    dims: Vec<String>,
    cells: Vec<Row>,
    /// What labelled benchmarks carry. Read past, never looked at.
    #[serde(rename = "truth", default)]
    _truth: IgnoredAny,
}

/// One cell as it stands on a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    k: Vec<String>,
    bad: u32,
    n: f64,
    #[serde(default)]
    hist_bad: u32,
    #[serde(default)]
    hist_n: f64,
}

/// Answers one line: `{"case", "dims", "cells": [{"k", "bad", "n", "hist_bad", "hist_n"}]}` (the last two may be left out) becomes
/// `{"case", "causes", "ranking", "inseparable", "p", "evidence"}`. A suspect is `{dimension: value, …}`.
///
/// # Errors
/// `Invalid` with the place (`cells.3.n`) and the reason for every fault.
pub fn answer(line: &str, settings: &Settings) -> Result<Value> {
    let mut json = serde_json::Deserializer::from_str(line);
    let malformed = |field: String, reason: String| {
        let field = if field == "." { "case".to_owned() } else { field };
        Fault::new(field, Code::Malformed).with("reason", reason)
    };
    let case: Case = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string().replace('[', ".").replace(']', "");
        malformed(field, error.into_inner().to_string())
    })?;
    json.end().map_err(|error| malformed(".".to_owned(), error.to_string()))?;
    let cell = |row: Row| (row.k, Cell { claims: row.bad, exposure: row.n, past_claims: row.hist_bad, past_exposure: row.hist_n });
    let table = Table::new(case.dims, case.cells.into_iter().map(cell).collect())?;
    Ok(written(case.case, &table, &explain(&table, settings)))
}

fn written(case: String, table: &Table, found: &Explanation) -> Value {
    let name = |suspect: &Suspect| named(table, suspect);
    let ties = found.ties.iter().map(|tie| {
        let separate = tie.rivals.iter().map(|(rival, apart)| {
            json!({ "with": name(&tie.suspect), "without": name(rival), "exposure": apart.exposure.ceil() })
        });
        let rivals = tie.rivals.iter().map(|(rival, _)| name(rival));
        json!({ "suspects": std::iter::once(name(&tie.suspect)).chain(rivals).collect::<Vec<_>>(), "allocate": separate.collect::<Vec<_>>(), "p": tie.p })
    });
    let evidence = found.causes.iter().map(|cause| {
        let beside = cause.relations.iter().map(|(rival, verdict)| json!({ "rival": name(rival), "verdict": verdict.as_str() }));
        json!({
            "cause": name(&cause.suspect), "claims": cause.claims, "expected": rounded(cause.expected), "ratio": rounded(cause.ratio),
            "score": rounded(cause.score), "unevenness": cause.unevenness.map(rounded), "p": cause.p, "beside": beside.collect::<Vec<_>>(),
        })
    });
    json!({
        "case": case,
        "causes": found.causes.iter().map(|cause| name(&cause.suspect)).collect::<Vec<_>>(),
        "ranking": found.ranking.iter().map(|(suspect, _)| name(suspect)).collect::<Vec<_>>(),
        "inseparable": ties.collect::<Vec<_>>(),
        "p": found.p,
        "evidence": evidence.collect::<Vec<_>>(),
    })
}

/// Three decimals: more would say more than the data do.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn named(table: &Table, suspect: &Suspect) -> Value {
    match suspect {
        Suspect::Values(terms) => {
            let names = terms.iter().filter_map(|&(dim, value)| table.name(dim, value));
            Value::Object(names.map(|(dim, value)| (dim.to_owned(), Value::from(value))).collect::<Map<_, _>>())
        }
        Suspect::Node(node) => json!({ "node": node }),
    }
}
