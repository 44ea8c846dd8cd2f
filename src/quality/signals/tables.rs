//! Signals as tables to take away.

use super::{ClaimCost, DefectSignal, NodeName, NodeSignal};
use crate::kernel::money::Money;
use crate::kernel::text::Lang;
use crate::platform::exports::Cell;
use crate::platform::words::Words;
use crate::production::materials::LotKind;

/// What one is called: its code and its name, whichever it has.
pub(super) fn called(node: &NodeName, lang: Lang) -> String {
    let name = node.name.get(lang);
    match (node.code.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => node.code.clone(),
        (false, false) => format!("{} {name}", node.code),
    }
}

/// What kind of thing it is: of lots the kind of lot.
pub(super) fn kind(node: &NodeName, lang: Lang) -> &'static str {
    LotKind::of(&node.lot_kind).map_or_else(|| node.dimension.word(lang), |kind| kind.word(lang))
}

/// An amount of each currency as people write it, those that come to nothing left out: `199.00 CNY; 20.00 EUR`.
pub(super) fn amounts(costs: &[ClaimCost], of: impl Fn(&ClaimCost) -> i64) -> String {
    let one = |cost: &ClaimCost| {
        let money = Money { minor: of(cost), currency: cost.currency.clone() };
        (money.minor != 0).then(|| format!("{} {}", money.amount(), money.currency))
    };
    costs.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// Titles of [`cost_cells`].
const COST_TITLES: [&str; 3] = ["signals-cost", "signals-excess", "signals-excess-lower"];

/// What claims cost, and what of it is above what was expected.
fn cost_cells(costs: &[ClaimCost]) -> [Cell; 3] {
    [amounts(costs, |cost| cost.cost_minor), amounts(costs, |cost| cost.excess_minor), amounts(costs, |cost| cost.excess_lower_minor)]
        .map(Cell::from)
}

fn titles(words: Words, keys: &[&str]) -> Vec<String> {
    keys.iter().chain(&COST_TITLES).map(|key| words.say(key).into_owned()).collect()
}

/// Titles of [`signal_rows`].
pub fn signal_titles(words: Words) -> Vec<String> {
    titles(
        words,
        &[
            "signals-defect",
            "signals-defect-name",
            "signals-claims",
            "signals-per-thousand",
            "signals-recent",
            "signals-recent-expected",
            "signals-rise",
            "signals-lower",
            "signals-upper",
            "signals-known-share",
            "signals-p",
            "signals-verdict",
            "signals-named",
        ],
    )
}

/// The defects of a report, a row each.
pub fn signal_rows(defects: &[DefectSignal], lang: Lang) -> Vec<Vec<Cell>> {
    let row = |one: &DefectSignal| {
        let named: Vec<String> = one.named.iter().map(|node| called(node, lang)).collect();
        let cells = vec![
            one.defect.as_str().into(),
            one.name.get(lang).into(),
            i64::from(one.claims).into(),
            one.per_thousand.into(),
            i64::from(one.recent).into(),
            one.recent_expected.into(),
            one.rise.map(|rise| rise.ratio).into(),
            one.rise.map(|rise| rise.lower).into(),
            one.rise.and_then(|rise| rise.upper).into(),
            one.known_share.into(),
            one.p.into(),
            one.verdict.word(lang).into(),
            named.join("; ").into(),
        ];
        cells.into_iter().chain(cost_cells(&one.costs)).collect()
    };
    defects.iter().map(row).collect()
}

/// Titles of [`node_rows`].
pub fn node_titles(words: Words) -> Vec<String> {
    titles(
        words,
        &[
            "signals-kind",
            "signals-code",
            "signals-name",
            "signals-exposed",
            "signals-claims",
            "signals-per-thousand",
            "signals-without-exposed",
            "signals-without-claims",
            "signals-without-per-thousand",
            "signals-expected",
            "signals-ratio",
            "signals-lower",
            "signals-upper",
            "signals-bad",
            "signals-known-share",
            "signals-verdict",
            "signals-beside",
            "signals-adjusted",
            "signals-allocate",
        ],
    )
}

/// What could be behind a defect, a row each.
pub fn node_rows(nodes: &[NodeSignal], lang: Lang) -> Vec<Vec<Cell>> {
    let whole = |count: u64| Cell::from(crate::kernel::saturating::<i64>(count));
    let row = |one: &NodeSignal| {
        let cells = vec![
            kind(&one.node, lang).into(),
            one.node.code.as_str().into(),
            one.node.name.get(lang).into(),
            whole(one.with.exposed),
            i64::from(one.with.claims).into(),
            one.with.per_thousand.into(),
            whole(one.without.exposed),
            i64::from(one.without.claims).into(),
            one.without.per_thousand.into(),
            one.expected.into(),
            one.ratio.map(|ratio| ratio.ratio).into(),
            one.ratio.map(|ratio| ratio.lower).into(),
            one.ratio.and_then(|ratio| ratio.upper).into(),
            one.bad.into(),
            one.known_share.into(),
            one.verdict.word(lang).into(),
            one.beside.as_ref().map(|node| called(node, lang)).into(),
            one.adjusted.into(),
            one.allocate.into(),
        ];
        cells.into_iter().chain(cost_cells(&one.costs)).collect()
    };
    nodes.iter().map(row).collect()
}
