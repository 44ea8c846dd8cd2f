//! Every function against other people's: the vectors in `tests/vectors/statistics/`, each made with R, SciPy, statsmodels or from the
//! definition.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::age::{Ages, Cohort};
use super::answer::count;
use super::chance::Chance;
use super::delay::{Completeness, chain_ladder};
use super::multiplicity::{Method, adjust};
use super::regression::{Factor, Shrink};
use super::sampling::{self, Aql, Level, Ruling, Severity};
use super::sequential::{self, Lattice};
use super::shrinkage::{self, Gamma};
use super::survival::{self, Subject};
use super::tables::{self, Table};
use super::{Answer, Interval, binomial, control, dispersion, measures, mixture, poisson, regression, scan, shapley, stratified, weibull};

#[derive(Deserialize)]
struct Vector {
    id: String,
    group: String,
    input: Value,
    expected: Value,
    rel_tol: f64,
}

#[test]
fn statistics_vectors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/statistics");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let read = |path| serde_json::from_str::<Vec<Vector>>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let vectors: Vec<Vector> = files.into_iter().flat_map(read).collect();
    assert!(!vectors.is_empty(), "no vectors in {folder}");
    let mut faults = Vec::new();
    for vector in &vectors {
        let input = with_reference(&vector.input, &vectors);
        match computed(&vector.group, &input) {
            Some(found) => compare(vector, "", &vector.expected, &found, &mut faults),
            None => faults.push(format!("{}: group {} is not known", vector.id, vector.group)),
        }
    }
    assert!(faults.is_empty(), "{} faults in {} vectors\n{}", faults.len(), vectors.len(), faults.join("\n"));
}

/// The input, with that of the vector it refers to. A reference may name another treatment of data that are here: `x_nocc` has the data of
/// `x_cc`.
fn with_reference(input: &Value, vectors: &[Vector]) -> Value {
    let Some(id) = input.get("ref").and_then(Value::as_str) else { return input.clone() };
    let stem = |id: &str| id.rsplit_once('_').map_or(id, |(stem, _)| stem).to_owned();
    let other = vectors.iter().find(|one| one.id == id).or_else(|| vectors.iter().find(|one| stem(&one.id) == stem(id)));
    let mut merged = other.unwrap_or_else(|| panic!("no data for the reference {id}")).input.as_object().unwrap().clone();
    merged.extend(input.as_object().unwrap().clone());
    Value::Object(merged)
}

/// Walks what is expected; whatever was not computed is a fault.
fn compare(vector: &Vector, path: &str, expected: &Value, found: &Value, faults: &mut Vec<String>) {
    let mut fault = |text: String| faults.push(format!("{}{path}: {text}", vector.id));
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, expected) in expected {
                match found.get(key) {
                    Some(found) => compare(vector, &format!("{path}.{key}"), expected, found, faults),
                    None => faults.push(format!("{}{path}: {key} is not computed", vector.id)),
                }
            }
        }
        // A ranking: every node expected has its value, and no other node has more than the last of them.
        (Value::Array(expected), Value::Object(found)) => {
            for expected in expected {
                let node = expected["node"].as_str().unwrap_or_default();
                compare(vector, &format!("{path}.{node}"), &expected["llr"], &found[node], faults);
            }
            let least = expected.iter().filter_map(|one| number(&one["llr"])).fold(f64::INFINITY, f64::min);
            let better = found.values().filter(|llr| number(llr).is_some_and(|llr| llr > least)).count();
            if better >= expected.len() {
                faults.push(format!("{}{path}: {better} nodes above {least}", vector.id));
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() > found.len() {
                fault(format!("{} values instead of {}", found.len(), expected.len()));
            }
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(vector, &format!("{path}[{at}]"), expected, found, faults);
            }
        }
        _ => match (number(expected), number(found)) {
            (Some(want), Some(got)) => {
                let key = path.rsplit('.').next().unwrap_or_default();
                if !within(vector, key, want, got) {
                    fault(format!("{got} instead of {want} (relative {:e})", (got - want) / want));
                }
            }
            _ if expected == found => {}
            _ => fault(format!("{found} instead of {expected}")),
        },
    }
}

/// The tolerance of a figure: its vector's, unless the vector's note gives a figure its own.
fn within(vector: &Vector, key: &str, want: f64, got: f64) -> bool {
    if want == got {
        return true;
    }
    let (relative, absolute) = match (vector.group.as_str(), key) {
        ("gps_fit", "loglik") => return got >= want - 1e-4,
        ("llr_scan_search", "critical_llr_95") => (0.0, 0.02),
        ("llr_scan_search", "mc_p_of_llr_3") => (0.0, 0.003),
        ("fisher_exact", "p_two_sided" | "p_greater") => (1e-9, 0.0),
        ("eb_gamma_poisson", "loglik") => (1e-7, 0.0),
        ("aql_plan", "pa_at_aql") => (1e-10, 0.0),
        // Where nothing but rounding is left of a difference, it is measured against 1.
        _ => (vector.rel_tol, if want == 0.0 { 1e-12 } else { 0.0 }),
    };
    (got - want).abs() <= relative * want.abs() + absolute
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// A number for the found side: JSON has no infinity.
fn num(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { json!(if value > 0.0 { "Infinity" } else { "-Infinity" }) }
}

fn nums(values: impl IntoIterator<Item = f64>) -> Value {
    values.into_iter().map(num).collect()
}

fn known<T>(answer: Answer<T>) -> T {
    let lack = answer.lack();
    answer.known().unwrap_or_else(|| panic!("too little: {lack:?}"))
}

fn bounds(interval: Interval) -> Value {
    json!({ "lower": num(interval.lower), "upper": num(interval.upper) })
}

fn real(input: &Value, key: &str) -> f64 {
    number(&input[key]).unwrap_or_else(|| panic!("no number {key} in {input}"))
}

fn whole(value: &Value) -> u32 {
    let value = number(value).unwrap();
    assert!(value.fract() == 0.0 && value >= 0.0, "{value} is not a count");
    poisson::whole_from(value)
}

fn reals(input: &Value, key: &str) -> Vec<f64> {
    input[key].as_array().unwrap_or_else(|| panic!("no list {key}")).iter().map(|value| number(value).unwrap()).collect()
}

fn wholes(input: &Value, key: &str) -> Vec<u32> {
    input[key].as_array().unwrap_or_else(|| panic!("no list {key}")).iter().map(whole).collect()
}

fn texts<'a>(input: &'a Value, key: &str) -> Vec<&'a str> {
    input[key].as_array().unwrap_or_else(|| panic!("no list {key}")).iter().map(|value| value.as_str().unwrap()).collect()
}

fn pairs(input: &Value, counts: &str, exposures: &str) -> Vec<(u32, f64)> {
    wholes(input, counts).into_iter().zip(reals(input, exposures)).collect()
}

fn confidence(input: &Value) -> f64 {
    number(&input["conf"]).unwrap_or(0.95)
}

fn table_of(rows: &Value) -> Table {
    let cell = |row: usize, column: usize| whole(&rows[row][column]);
    Table { exposed: [cell(0, 0), cell(0, 1)], unexposed: [cell(1, 0), cell(1, 1)] }
}

fn tables_of(input: &Value) -> Vec<Table> {
    input["strata"].as_array().unwrap().iter().map(table_of).collect()
}

fn subjects_of(input: &Value) -> Vec<Subject> {
    let times = reals(input, "time");
    let or = |key: &str, otherwise: f64| if input[key].is_array() { reals(input, key) } else { vec![otherwise; times.len()] };
    let (entries, weights) = (or("entry", 0.0), or("weights", 1.0));
    let subject = |(((exit, event), entry), weight): (((&f64, f64), f64), f64)| Subject { entry, exit: *exit, event: event > 0.0, weight };
    times.iter().zip(reals(input, "event")).zip(entries).zip(weights).map(subject).collect()
}

/// What the rules find for a vector of a group. None for a group that is not known.
fn computed(group: &str, input: &Value) -> Option<Value> {
    Some(match group {
        "poisson_exact_ci" => {
            let rate = known(poisson::rate(whole(&input["x"]), real(input, "exposure"), confidence(input)));
            json!({ "rate": rate.rate, "lower": rate.interval.lower, "upper": rate.interval.upper })
        }
        "poisson_exact_p" => {
            let found = known(poisson::surprise(whole(&input["x"]), real(input, "exposure") * real(input, "rate0")));
            json!({ "p_greater": found.at_least, "p_two_sided_minlike": found.two_sided })
        }
        "poisson_tail" => {
            let (x, mean) = (whole(&input["x"]), real(input, "mu"));
            let found = known(poisson::surprise(x, mean));
            json!({ "p_ge": found.at_least, "mid_p": found.mid_p, "logpmf": poisson::ln_probability(x, mean),
                "log_p_ge": found.ln_at_least, "ln_p_ge": found.ln_at_least, "logsf": found.ln_at_least })
        }
        "poisson_rate_ratio_exact" => {
            let (first, second) = ((whole(&input["x1"]), real(input, "t1")), (whole(&input["x2"]), real(input, "t2")));
            let found = known(poisson::compare(first, second, confidence(input)));
            json!({ "ratio": num(found.ratio), "lower": found.interval.lower, "upper": num(found.interval.upper),
                "p_two_sided": found.two_sided, "p_greater": found.greater })
        }
        "clopper_pearson" => bounds(known(binomial::clopper_pearson(whole(&input["x"]), whole(&input["n"]), confidence(input)))),
        "proportion_ci" => {
            let (x, n, sure) = (whole(&input["x"]), whole(&input["n"]), confidence(input));
            json!({ "beta": bounds(known(binomial::clopper_pearson(x, n, sure))), "wilson": bounds(known(binomial::wilson(x, n, sure))),
                "jeffreys": bounds(known(binomial::jeffreys(x, n, sure))), "agresti_coull": bounds(known(binomial::agresti_coull(x, n, sure))) })
        }
        "binomial_exact_p" => {
            let found = known(binomial::surprise(whole(&input["x"]), whole(&input["n"]), real(input, "p0")));
            json!({ "p_greater": found.at_least, "p_two_sided_minlike": found.two_sided })
        }
        "fisher_exact" => {
            let found = as_published(&[table_of(&input["table"])], confidence(input));
            json!({ "p_two_sided": found.two_sided, "p_greater": found.greater, "cond_mle_or": num(found.odds_ratio),
                "lower": found.interval.lower, "upper": num(found.interval.upper) })
        }
        "cmh" => cmh(input),
        "homogeneity_of_odds" => {
            let found = known(stratified::equal_odds(&tables_of(input)));
            json!({ "statistic": found.breslow_day.chi_square, "p": found.breslow_day.p,
                "tarone_statistic": found.tarone.chi_square, "tarone_p": found.tarone.p })
        }
        "p_adjust" => p_adjust(input),
        "eb_gamma_poisson" => gamma_poisson(input),
        "gps_ebgm" => gps(input),
        "gps_fit" => json!({ "loglik": known(mixture::fit(&pairs(input, "n", "E"))).ln_likelihood }),
        "dispersion" => {
            let found = known(dispersion::dispersion(&pairs(input, "counts", "exposure")));
            json!({ "chisq": found.chi_square, "df": found.df, "p": found.p, "G": found.g, "phi": found.phi })
        }
        "kaplan_meier" | "nelson_aalen_left_truncated" => life_table(input),
        "logrank" => log_rank(input),
        "weibull_censored_mle" => weibull_fit(input),
        "poisson_regression" => poisson_regression(input),
        "aql_oc" => operating_characteristic(input),
        "aql_plan" => sampling_plan(input),
        "switching" => {
            let mut switching = sampling::Switching::default();
            let lots = texts(input, "lots");
            let after: Vec<_> = lots.into_iter().map(|lot| json!(switching.add(lot == "A"))).collect();
            assert_eq!(input["start"], "normal");
            json!({ "state_after": after })
        }
        "cusum" => {
            let steps = input.get("m").map_or(1, whole);
            // The vectors' chart alarms above h, ours at its threshold.
            let lattice = Lattice { steps, reference: whole(&input["k"]), threshold: whole(&input["h"]) + 1 };
            json!({ "arl": nums(reals(input, "mu").into_iter().map(|mean| known(lattice.run_length(mean)))) })
        }
        "sprt" => {
            let of = |key| real(input, key);
            let found = known(sequential::sprt(of("rate0"), of("rate1"), of("alpha"), of("beta"), whole(&input["x"]), of("T")));
            json!({ "upper": found.upper, "lower": found.lower, "llr": found.ln_ratio, "cusum_reference_k_per_unit": found.reference,
                "decision": found.decision })
        }
        "laney_p" => {
            let sizes = wholes(input, "n");
            let subgroups: Vec<(u32, u32)> = wholes(input, "defectives").into_iter().zip(sizes).collect();
            chart(&known(control::p_prime(&subgroups)), "p")
        }
        "laney_u" => chart(&known(control::u_prime(&pairs(input, "defects", "n"))), "u"),
        "llr_scan" => {
            let of = |key| real(input, key);
            let llr = if input.get("N").is_some() {
                scan::bernoulli(of("c"), of("n"), of("C"), of("N"))
            } else if input.get("C").is_some() {
                scan::conditional(of("c"), of("e"), of("C"), of("E"))
            } else {
                scan::unconditional(of("c"), of("e"))
            };
            json!({ "llr": llr })
        }
        "llr_scan_search" => scan_search(input),
        "warranty_age_rates" => age_rates(input),
        "reporting_delay" => {
            let rows: Vec<Vec<u32>> =
                input["cumulative"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().iter().map(whole).collect()).collect();
            let delay = known(chain_ladder(&rows, f64::INFINITY));
            let last = |row: &Vec<u32>| (*row.last().unwrap(), row.len() - 1);
            json!({ "ldf": delay.factors, "ultimate": nums(rows.iter().map(last).map(|(count, lag)| known(delay.ultimate(count, lag)))),
                "completeness": nums(rows.iter().map(last).map(|(_, lag)| delay.completeness.after(lag))) })
        }
        "shapley" => shapley_value(input),
        "inspection" => {
            let mut found = Map::new();
            if input.get("pieces").is_some() {
                let figures = known(measures::inspected(whole(&input["pieces"]), whole(&input["defective"]), whole(&input["defects"])));
                found.extend(
                    [("dhu", figures.dhu), ("percent_defective", figures.percent_defective), ("fpy", figures.first_pass_yield)].map(named),
                );
            }
            if input["fpy"].is_array() {
                found.extend([named(("rty", known(measures::rolled_yield(&reals(input, "fpy")))))]);
            }
            if input.get("dpu").is_some() {
                found.extend([named(("poisson_fpy", measures::yield_of_defects(real(input, "dpu"))))]);
            }
            Value::Object(found)
        }
        _ => return None,
    })
}

fn named((name, value): (&str, f64)) -> (String, Value) {
    (name.to_owned(), num(value))
}

/// R finds odds within ε^¼ only, and its published figures carry that error, which is larger than the vectors' tolerance. So they are
/// reproduced with R's tolerance, and the odds we report, found to the last digit, must lie within it.
fn as_published(strata: &[Table], confidence: f64) -> tables::Exact {
    let coarse = f64::EPSILON.powf(0.25);
    let published = known(tables::fisher_within(strata, confidence, coarse));
    let exact = known(tables::fisher_over(strata, confidence));
    let near = |one: f64, other: f64| one == other || (one - other).abs() < coarse || (1.0 / one - 1.0 / other).abs() < coarse;
    assert!(near(published.odds_ratio, exact.odds_ratio));
    assert!(near(published.interval.lower, exact.interval.lower) && near(published.interval.upper, exact.interval.upper));
    published
}

fn cmh(input: &Value) -> Value {
    let strata = tables_of(input);
    if input.get("correct").is_none() {
        let found = as_published(&strata, 0.95);
        let seen: u32 = strata.iter().map(|table| table.exposed[0]).sum();
        return json!({ "s": seen, "p": found.two_sided, "cond_or": num(found.odds_ratio), "lower": found.interval.lower,
            "upper": num(found.interval.upper) });
    }
    let found = known(stratified::odds_ratio(&strata, input["correct"].as_bool().unwrap(), 0.95));
    let sum = |cell: fn(&Table) -> u32| strata.iter().map(cell).sum::<u32>();
    let together =
        Table { exposed: [sum(|t| t.exposed[0]), sum(|t| t.exposed[1])], unexposed: [sum(|t| t.unexposed[0]), sum(|t| t.unexposed[1])] };
    let crude = known(stratified::odds_ratio(&[together], input["correct"].as_bool().unwrap(), 0.95));
    json!({ "statistic": found.chi_square, "p": found.p, "common_or": num(found.ratio), "lower": found.interval.lower,
        "upper": num(found.interval.upper), "crude_or": num(crude.ratio), "crude_p": crude.p })
}

fn p_adjust(input: &Value) -> Value {
    let p: Vec<Option<f64>> = input["p"].as_array().unwrap().iter().map(number).collect();
    let method = match input.get("method").and_then(Value::as_str).unwrap_or("BH") {
        "bonferroni" => Method::Bonferroni,
        "holm" => Method::Holm,
        "hochberg" => Method::Hochberg,
        "BH" | "fdr" => Method::BenjaminiHochberg,
        "BY" => Method::BenjaminiYekutieli,
        other => panic!("method {other} is not known"),
    };
    let adjusted = adjust(&p, method);
    let rejected = number(&input["q"]).map(|q| adjusted.iter().flatten().filter(|p| **p <= q).count());
    json!({ "adjusted": adjusted, "n_reject": rejected })
}

fn gamma_poisson(input: &Value) -> Value {
    let groups = pairs(input, "y", "exposure");
    let fit = known(shrinkage::fit(&groups));
    let prior = fit.prior;
    let each = |figure: &dyn Fn(u32, f64) -> f64| nums(groups.iter().map(|(y, e)| figure(*y, *e)));
    let mean = each(&|y, e| prior.given(y, e).mean());
    let quantile = |p: f64| each(&|y, e| prior.given(y, e).quantile(p));
    let shape = prior.shape().unwrap();
    json!({ "alpha": num(shape), "beta": num(shape / prior.mean()), "mean_rate": prior.mean(), "prior_mean": prior.mean(), "loglik": fit.ln_likelihood,
        "posterior_mean": mean, "post_mean": mean, "p05": quantile(0.05), "p95": quantile(0.95), "post_q05": quantile(0.05),
        "post_q95": quantile(0.95), "prob_rate_gt_2x_prior": each(&|y, e| prior.given(y, e).above(2.0 * prior.mean())),
        "prior_predictive_p_ge": each(&|y, e| prior.predicts_at_least(y, e)) })
}

fn gps(input: &Value) -> Value {
    let [a1, b1, a2, b2, share] = reals(input, "theta").try_into().unwrap();
    let prior = mixture::Mixture { share, first: Gamma { shape: a1, rate: b1 }, second: Gamma { shape: a2, rate: b2 } };
    let (n, e) = (whole(&input["n"]), real(input, "E"));
    let after = prior.given(n, e);
    json!({ "Qn": prior.responsible(n, e), "EBGM": after.geometric_mean(), "EB05": after.quantile(0.05), "EB95": after.quantile(0.95),
        "post_mean": after.mean() })
}

fn life_table(input: &Value) -> Value {
    let steps = known(survival::curve(&subjects_of(input)));
    let each = |figure: &dyn Fn(&survival::Step) -> f64| nums(steps.iter().map(figure));
    let (hazard, hazard_se) = (each(&|step| step.hazard), each(&|step| step.hazard_se));
    json!({ "t": each(&|step| step.time), "n_risk": each(&|step| step.at_risk), "n_event": each(&|step| step.events),
        "surv": each(&|step| step.survival), "greenwood_se": steps.iter().map(|step| step.survival_se).collect::<Vec<_>>(),
        "cumhaz_nelson_aalen": hazard, "cumhaz": hazard, "na_se_poisson": hazard_se, "std_chaz": hazard_se })
}

fn log_rank(input: &Value) -> Value {
    let groups = Factor::new("group", &texts(input, "group"));
    let place = |name: &&str| groups.levels.iter().position(|level| level == name).unwrap();
    let group: Vec<usize> = texts(input, "group").iter().map(place).collect();
    let found = known(survival::log_rank(&subjects_of(input), &group, groups.levels.len()));
    json!({ "chisq": found.chi_square, "obs": found.observed, "exp": found.expected, "p": found.p })
}

fn weibull_fit(input: &Value) -> Value {
    let law = known(weibull::fit(&subjects_of(input)));
    json!({ "shape": law.shape, "scale": law.scale, "loglik": law.ln_likelihood, "var_log_scale": law.variance_ln_scale,
        "var_log_sigma": law.variance_ln_sigma, "cov": law.covariance, "B10": law.quantile(0.1),
        "cond_prob_claim_40_to_52": law.claim_within(40.0, 12.0) })
}

fn poisson_regression(input: &Value) -> Value {
    let cells = pairs(input, "y", "units");
    // R named the variables `sup` and `line`.
    let names = [("supplier", "sup"), ("line", "line")];
    let factors: Vec<Factor> = names.iter().map(|(key, name)| Factor::new(name, &texts(input, key))).collect();
    let found = known(regression::fit(&cells, &factors, &Shrink::None));
    let mut coefficients = Map::from_iter([named(("(Intercept)", found.intercept.0))]);
    let mut errors = Map::from_iter([named(("(Intercept)", found.intercept.1))]);
    for effect in &found.effects {
        let factor = &factors[effect.factor];
        let name = format!("{}{}", factor.name, factor.levels[effect.level]);
        coefficients.extend([named((&name, effect.estimate))]);
        errors.extend([named((&name, effect.standard_error))]);
    }
    let mut answer = json!({ "coef": coefficients, "se": errors, "deviance": found.deviance, "null_deviance": found.null_deviance,
        "pearson_dispersion": found.dispersion, "loglik": found.ln_likelihood, "df": found.df });
    let adds = known(regression::drop_one(&cells, &factors));
    for ((key, name), adds) in names.iter().zip(adds) {
        let test = json!({ "lrt": adds.statistic, "LRT": adds.statistic, "df": adds.df, "p": adds.p });
        if input.get("drop").and_then(Value::as_str).is_some_and(|drop| drop == *key || drop == *name) {
            answer.as_object_mut().unwrap().extend(test.as_object().unwrap().clone());
        }
        answer[*key] = test.clone();
        answer[*name] = test;
    }
    answer
}

fn operating_characteristic(input: &Value) -> Value {
    let (n, accept) = (whole(&input["n"]), whole(&input["ac"]));
    let mut found = Map::new();
    if input.get("N").is_some() {
        let lot = whole(&input["N"]);
        let accepted = wholes(input, "defectives").into_iter().map(|bad| known(sampling::acceptance_of_lot(lot, n, accept, bad)));
        found.extend([("pa".to_owned(), nums(accepted))]);
    } else if input["p"].is_array() {
        found.extend([("pa".to_owned(), nums(reals(input, "p").into_iter().map(|p| sampling::acceptance(n, accept, p))))]);
    } else {
        let accepted = ["pa", "beta"].iter().find_map(|key| number(&input[*key])).unwrap_or(0.1);
        let quality = known(sampling::quality_accepted(n, accept, accepted));
        found.extend([named(("lq", quality)), named(("p", quality))]);
    }
    Value::Object(found)
}

fn sampling_plan(input: &Value) -> Value {
    if input.get("lot").is_none() {
        let least = sampling::plans().map(|(aql, n, accept)| sampling::acceptance(n, accept, aql.share())).fold(1.0, f64::min);
        return json!({ "min_pa": least });
    }
    let text = |key: &str| input[key].as_str().unwrap();
    let severity = match text("severity") {
        "normal" => Severity::Normal,
        "tightened" => Severity::Tightened,
        "reduced" => Severity::Reduced,
        other => panic!("severity {other}"),
    };
    let aql = Aql::named(text("aql")).unwrap();
    match sampling::plan(whole(&input["lot"]), Level::named(text("level")).unwrap(), aql, severity) {
        Ruling::Inspect(plan) => json!({ "code": plan.code, "plan_code": plan.plan_code, "n": plan.n, "ac": plan.accept, "re": plan.reject,
            "full": plan.full, "pa_at_aql": sampling::acceptance(plan.n, plan.accept, aql.share()) }),
        other => json!(other),
    }
}

fn chart(chart: &control::Chart, kind: &str) -> Value {
    let points: Vec<&control::Point> = chart.points.iter().flatten().collect();
    let each = |figure: &dyn Fn(&control::Point) -> f64| nums(points.iter().map(|point| figure(point)));
    let mut found = Map::new();
    found.extend([named((&format!("{kind}bar"), chart.centre)), named(("sigma_z", chart.sigma_z))]);
    found.extend([
        ("z".to_owned(), each(&|point| point.z)),
        (format!("ucl_{kind}"), each(&|point| point.chance.upper)),
        (format!("lcl_{kind}"), each(&|point| point.chance.lower)),
        ("ucl_laney".to_owned(), each(&|point| point.limits.upper)),
        ("lcl_laney".to_owned(), each(&|point| point.limits.lower)),
    ]);
    Value::Object(found)
}

fn scan_search(input: &Value) -> Value {
    let rows = input["cells"].as_array().unwrap();
    let dims: Vec<&String> = rows[0].as_object().unwrap().keys().filter(|key| *key != "c" && *key != "e").collect();
    let values = |row: &Value| dims.iter().map(|dim| row[*dim].as_str().unwrap().to_owned()).collect();
    let cells: Vec<scan::Cell> = rows.iter().map(|row| (values(row), real(row, "c"), real(row, "e"))).collect();
    let name = |node: &scan::Node| node.iter().map(|(dim, value)| format!("{}={value}", dims[*dim])).collect::<Vec<_>>().join("&");
    let ranked: Map<String, Value> = scan::conjunctions(&cells, 2).iter().map(|one| (name(&one.node), num(one.ln_ratio))).collect();
    // The greatest excess by chance: the same number of claims thrown over the cells by expectation.
    let mut chance = Chance::new(6);
    let claims: f64 = cells.iter().map(|cell| cell.1).sum();
    let mut thrown = cells.clone();
    let mut greatest: Vec<f64> = (0..40_000)
        .map(|_| {
            thrown.iter_mut().for_each(|cell| cell.1 = 0.0);
            for _ in 0..poisson::whole_from(claims) {
                let at = chance.pick(cells.iter().map(|cell| cell.2));
                thrown[at].1 += 1.0;
            }
            scan::conjunctions(&thrown, 2)[0].ln_ratio
        })
        .collect();
    greatest.sort_by(f64::total_cmp);
    let beyond = greatest.iter().filter(|llr| **llr >= 3.0).count();
    json!({ "ranked": ranked, "critical_llr_95": greatest[greatest.len() * 95 / 100],
        "mc_p_of_llr_3": count(beyond + 1) / count(greatest.len() + 1) })
}

fn age_rates(input: &Value) -> Value {
    let claims = input["claims_by_cohort_age"].as_array().unwrap().iter();
    let cohorts: Vec<Cohort> = claims
        .zip(reals(input, "units"))
        .map(|(row, units)| Cohort { units, claims: row.as_array().unwrap().iter().map(whole).collect() })
        .collect();
    let known_at_once = Completeness::at_once();
    let curve = known(known(Ages::of(&cohorts, &known_at_once)).curve(0));
    let ages = curve.ages();
    let expected = |cohort: &Cohort| curve.expected(cohort.units, cohort.claims.len(), &known_at_once);
    let mut found = json!({ "rate": nums(ages.iter().map(|at| at.rate)), "cum": nums(ages.iter().map(|at| at.cumulative)),
        "se_cum": nums(ages.iter().map(|at| at.standard_error)), "expected_to_date": nums(cohorts.iter().map(expected)),
        "smr": nums(cohorts.iter().map(|cohort| f64::from(cohort.claims.iter().sum::<u32>()) / expected(cohort))) });
    found[format!("expected_remaining_to_age{}", ages.len() - 1)] =
        nums(cohorts.iter().map(|cohort| curve.remaining(cohort.units, cohort.claims.len())));
    found
}

fn shapley_value(input: &Value) -> Value {
    let players = ["p", "rr"].iter().find_map(|key| input[*key].as_object()).unwrap();
    let values: Vec<f64> = players.values().map(|value| number(value).unwrap()).collect();
    let shares = match number(&input["base"]) {
        Some(base) => known(shapley::of_rate_ratios(base, &values)),
        None => known(shapley::of_causes(&values)),
    };
    let value: Map<String, Value> = players.keys().cloned().zip(shares.iter().map(|share| num(*share))).collect();
    json!({ "value": value, "total": shares.iter().sum::<f64>() })
}
