//! Likelihood ratios of an excess inside a part of the table, and the search over all conjunctions by definition.
//!
//! The search here visits every conjunction and every cell: the definition, for tables of some hundred cells and as the check on the fast
//! engine.

use std::collections::BTreeMap;

use serde::Serialize;

use super::special::x_ln_ratio;

/// Excess of a node with `claims` against `expected`, given `all_claims` against `all_expected` over all: the conditional Poisson
/// log-likelihood ratio `c ln(c/e′) + (C−c) ln((C−c)/(C−e′))`, `e′ = e C / E` (Kulldorff 1997, *Communications in Statistics* 26:1481). 0
/// unless there is an excess.
pub fn conditional(claims: f64, expected: f64, all_claims: f64, all_expected: f64) -> f64 {
    let expected = expected * all_claims / all_expected;
    if claims > expected { x_ln_ratio(claims, expected) + x_ln_ratio(all_claims - claims, all_claims - expected) } else { 0.0 }
}

/// Excess of `claims` against `expected` when the expectation is known from elsewhere: `c ln(c/e) − (c − e)`. 0 unless there is an excess.
pub fn unconditional(claims: f64, expected: f64) -> f64 {
    if claims > expected { x_ln_ratio(claims, expected) - (claims - expected) } else { 0.0 }
}

/// Excess of `defectives` among `pieces`, given `all_defectives` among `all_pieces`: Kulldorff's Bernoulli log-likelihood ratio. 0 unless
/// the share inside is above the share outside.
pub fn bernoulli(defectives: f64, pieces: f64, all_defectives: f64, all_pieces: f64) -> f64 {
    let (outside, others) = (all_defectives - defectives, all_pieces - pieces);
    if defectives * others <= outside * pieces {
        return 0.0;
    }
    let of = |bad: f64, all: f64| x_ln_ratio(bad, all) + x_ln_ratio(all - bad, all);
    of(defectives, pieces) + of(outside, others) - of(all_defectives, all_pieces)
}

/// A part of a table: the cells that have these values, as (dimension, value) ascending by dimension.
pub type Node = Vec<(usize, String)>;

/// A node with its claims, its expectation and its excess.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Excess {
    /// The node.
    pub node: Node,
    /// Claims in it.
    pub claims: f64,
    /// Expected claims in it.
    pub expected: f64,
    /// [`conditional`] log-likelihood ratio.
    pub ln_ratio: f64,
}

/// A cell: its values, one a dimension, its claims and its expected claims.
pub type Cell = (Vec<String>, f64, f64);

/// Every conjunction of up to `depth` values that some cell has, by excess, the greatest first; equal ones by name.
pub fn conjunctions(cells: &[Cell], depth: usize) -> Vec<Excess> {
    let mut sums: BTreeMap<Node, (f64, f64)> = BTreeMap::new();
    let (mut claims, mut expected) = (0.0, 0.0);
    for (values, c, e) in cells {
        claims += c;
        expected += e;
        for node in nodes_of(values, depth) {
            let sum = sums.entry(node).or_default();
            sum.0 += c;
            sum.1 += e;
        }
    }
    let excess = |(node, (c, e))| Excess { node, claims: c, expected: e, ln_ratio: conditional(c, e, claims, expected) };
    let mut found: Vec<Excess> = sums.into_iter().map(excess).collect();
    found.sort_by(|a, b| b.ln_ratio.total_cmp(&a.ln_ratio));
    found
}

/// The non-empty selections of up to `depth` of a cell's values.
fn nodes_of(values: &[String], depth: usize) -> Vec<Node> {
    let mut nodes: Vec<Node> = vec![Vec::new()];
    for (dim, value) in values.iter().enumerate() {
        let deeper: Vec<Node> = nodes
            .iter()
            .filter(|node| node.len() < depth)
            .map(|node| node.iter().cloned().chain([(dim, value.clone())]).collect())
            .collect();
        nodes.extend(deeper);
    }
    nodes.retain(|node| !node.is_empty());
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_without_an_excess() {
        assert_eq!(conditional(3.0, 5.0, 100.0, 100.0), 0.0);
        assert_eq!(conditional(0.0, 0.0, 0.0, 0.0), 0.0);
        assert_eq!(unconditional(0.0, 0.0), 0.0);
        assert_eq!(bernoulli(0.0, 10.0, 5.0, 100.0), 0.0);
        assert!((bernoulli(5.0, 10.0, 5.0, 100.0) - (10.0 * 0.5_f64.ln() - 5.0 * 0.05_f64.ln() - 95.0 * 0.95_f64.ln())).abs() < 1e-12);
    }

    #[test]
    fn every_conjunction_once() {
        let cell = |a: &str, b: &str, c: f64| (vec![a.to_owned(), b.to_owned()], c, 1.0);
        let found = conjunctions(&[cell("x", "p", 9.0), cell("x", "q", 1.0), cell("y", "p", 1.0)], 2);
        assert_eq!(found.len(), 4 + 3);
        assert_eq!(found[0].node, [(0, "x".to_owned()), (1, "p".to_owned())]);
        assert_eq!(conjunctions(&[], 2), []);
    }
}
