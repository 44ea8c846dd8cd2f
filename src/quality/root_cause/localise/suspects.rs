//! Suspects: everything that could carry the blame, each with the cells that belong to it.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;

/// One thing that could be the cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// All of these values together: (dimension, value) by code, dimensions ascending.
    Values(Vec<(usize, usize)>),
    /// A node of the lot graph: a lot, or whoever is behind it (dye house, mill, supplier).
    Node(usize),
}

impl Suspect {
    /// Whether one of the two says the same as the other and something more: then the choice is one of parsimony, not of rivalry.
    pub fn nested_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Values(mine), Self::Values(theirs)) => {
                let within = |small: &[(usize, usize)], large: &[(usize, usize)]| small.iter().all(|term| large.contains(term));
                within(mine, theirs) || within(theirs, mine)
            }
            _ => self == other,
        }
    }
}

/// A suspect with what the scan needs to know of it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Who.
    pub suspect: Suspect,
    /// Positions of its cells, ascending, each once.
    pub cells: Vec<usize>,
    /// Length of its description in nats: the price of naming it among all that could be named. See [`conjunctions`] and [`lots`].
    pub length: f64,
}

/// Every conjunction of up to `depth` values that occurs in the table, shorter ones first.
///
/// Its description length is `ln C(D, k) + Σ ln (values of dimension j)`: which `k` of the `D` dimensions, then which value of each, all
/// equally likely (the two-part code of Rissanen 1978). It makes a longer conjunction earn what it adds.
pub fn conjunctions(table: &Table, depth: usize) -> Vec<Candidate> {
    let sizes = table.sizes();
    let mut found = Vec::new();
    let mut chosen: Vec<Vec<usize>> = vec![Vec::new()];
    for taken in 1..=depth.min(sizes.len()) {
        chosen = chosen
            .iter()
            .flat_map(|dims| {
                let from = dims.last().map_or(0, |last| last + 1);
                (from..sizes.len()).map(move |dim| [dims.as_slice(), &[dim]].concat())
            })
            .collect();
        let choice = (0..taken).map(|k| (real(sizes.len() - k) / real(k + 1)).ln()).sum::<f64>();
        for dims in &chosen {
            let value = dims.iter().filter_map(|&dim| sizes.get(dim)).map(|&size| real(size).ln()).sum::<f64>();
            found.extend(groups(table, dims).map(|(suspect, cells)| Candidate { suspect, cells, length: choice + value }));
        }
    }
    found
}

/// Cells grouped by their values in some dimensions.
fn groups(table: &Table, dims: &[usize]) -> impl Iterator<Item = (Suspect, Vec<usize>)> {
    let mut keyed: Vec<(Vec<usize>, usize)> =
        table.rows().iter().enumerate().map(|(at, row)| (dims.iter().filter_map(|&dim| row.get(dim).copied()).collect(), at)).collect();
    keyed.sort_unstable();
    keyed
        .chunk_by(|one, next| one.0 == next.0)
        .map(|group| {
            let values = group.first().map(|(key, _)| dims.iter().copied().zip(key.iter().copied()).collect()).unwrap_or_default();
            (Suspect::Values(values), group.iter().map(|(_, at)| *at).collect())
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// Every node of the lot graph that a cell belongs to.
///
/// `made_of` gives per cell the nodes it was made of directly (one zip lot, n fabric rolls …), `behind` per node those it comes from (a dye
/// lot from a greige lot, a lot from its mill); both by position. A cell belongs to a node **once**, along however many paths it is reached,
/// for claims are counted by set membership, not by path. Cycles do no harm. The description length is `ln (nodes)`.
pub fn lots(made_of: &[Vec<usize>], behind: &[Vec<usize>]) -> Vec<Candidate> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (cell, direct) in made_of.iter().enumerate() {
        let mut reached = BTreeSet::new();
        let mut open = direct.clone();
        while let Some(node) = open.pop() {
            if reached.insert(node) {
                open.extend(behind.get(node).into_iter().flatten());
            }
        }
        for node in reached {
            members.entry(node).or_default().push(cell);
        }
    }
    let length = real(members.len().max(1)).ln();
    members.into_iter().map(|(node, cells)| Candidate { suspect: Suspect::Node(node), cells, length }).collect()
}

/// A count as a real number; exact far beyond any table that fits in memory.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::super::table::Cell;
    use super::*;

    #[test]
    fn conjunctions_are_those_that_occur() {
        let key = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        let cell = Cell { claims: 1, exposure: 1.0, ..Cell::default() };
        let rows = vec![(key(&["a", "x"]), cell), (key(&["a", "y"]), cell), (key(&["b", "x"]), cell)];
        let table = Table::new(key(&["d", "e"]), rows).unwrap();
        let found = conjunctions(&table, 3);
        let cells: Vec<_> = found.iter().map(|candidate| candidate.cells.clone()).collect();
        assert_eq!(cells, [vec![0, 1], vec![2], vec![0, 2], vec![1], vec![0], vec![1], vec![2]]);
        let lengths: Vec<_> = found.iter().map(|candidate| (candidate.length.exp()).round()).collect();
        assert_eq!(lengths, [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]);
        assert!(found[0].suspect.nested_with(&found[4].suspect) && !found[0].suspect.nested_with(&found[2].suspect));
    }

    #[test]
    fn a_claim_counts_once_per_node_whatever_the_path() {
        // Cell 0 is made of lots 0 and 1, both of mill 2, which belongs to group 3; cell 1 of lot 1 alone. Node 3 points back at 2.
        let found = lots(&[vec![0, 1], vec![1]], &[vec![2], vec![2], vec![3], vec![2]]);
        let cells: Vec<_> = found.iter().map(|candidate| (candidate.suspect.clone(), candidate.cells.clone())).collect();
        let both = vec![0, 1];
        assert_eq!(
            cells,
            [(Suspect::Node(0), vec![0]), (Suspect::Node(1), both.clone()), (Suspect::Node(2), both.clone()), (Suspect::Node(3), both)]
        );
    }
}
