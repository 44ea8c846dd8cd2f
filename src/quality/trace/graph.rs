//! What a picture of a trace shows: a readable choice of its lots and batches, in columns from suppliers to retailers.
//!
//! The batches with most findings come first, then the ways to them, then what else fits; the rest of a column is a number.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::genealogy::Genealogy;
use super::walk::{Facts, Walked};
use super::{BatchLine, Kind, Trace};
use crate::kernel::saturating;
use crate::kernel::text::Both;

/// Boxes of one column.
const PER_COLUMN: usize = 7;
/// Levels of lots on each side of the beginning.
const LEVELS: i64 = 4;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Parties the lots came from.
    Suppliers,
    /// Lots at a level: below zero what it was made of, above zero what was made of it.
    Lots(i64),
    /// Batches.
    Batches,
    /// Who sold them.
    Retailers,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub layer: Layer,
    /// How many more there are than boxes.
    pub more: usize,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    /// A party, by id.
    Supplier(i64),
    /// A lot, by place.
    Lot(u32),
    /// A batch, by number.
    Batch(i64),
    /// A retailer, by id; 0: none named.
    Retailer(i64),
}

/// A box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub thing: Thing,
    /// Its column.
    pub column: usize,
    /// Code. Absent: the caller may not know, or there is no name.
    pub code: Option<String>,
    /// What it is called.
    pub name: Both,
    /// Garments sold (retailers) or pieces found (batches); 0 is not shown.
    pub count: i64,
    /// Where the trace began.
    pub is_subject: bool,
}

/// What a picture shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// From left to right.
    pub columns: Vec<Column>,
    /// In the order they stand in their columns.
    pub nodes: Vec<Node>,
    /// From a box to one further right, by place in `nodes`.
    pub edges: Vec<(usize, usize)>,
}

/// Chooses what a picture shows.
pub(super) fn build(
    tree: &Genealogy,
    walked: &Walked,
    facts: &Facts,
    trace: &Trace,
    levels: &[(u32, i64)],
    paths: &HashMap<i64, (Vec<u32>, bool)>,
) -> Graph {
    let mut batches: Vec<&BatchLine> = trace.batches.iter().collect();
    batches.sort_by_key(|batch| (std::cmp::Reverse((batch.pieces, batch.made)), batch.no));
    let more_batches = batches.len().saturating_sub(PER_COLUMN);
    batches.truncate(PER_COLUMN);
    let lots = choose_lots(walked, levels, paths, &batches);

    let mut layers: BTreeMap<Layer, (Vec<Node>, usize)> = BTreeMap::new();
    for (lot, level) in &lots {
        let known = facts.lots.get(&tree.lot_id(*lot)).filter(|lot| facts.may_know(lot.party_id));
        layers.entry(Layer::Lots(*level)).or_default().0.push(Node {
            thing: Thing::Lot(*lot),
            column: 0,
            code: known.map(|lot| lot.code.clone()),
            name: known.map(|lot| lot.material.clone()).unwrap_or_default(),
            count: 0,
            is_subject: walked.kind == Kind::Lot && *level == 0,
        });
    }
    // What is further away than the columns reach is counted in the furthest.
    let (least, most) = lots.values().fold((0, 0), |(least, most), level| (*level.min(&least), *level.max(&most)));
    for (lot, level) in levels {
        if !lots.contains_key(lot)
            && let Some(layer) = layers.get_mut(&Layer::Lots((*level).clamp(least, most)))
        {
            layer.1 += 1;
        }
    }
    let sewn_by: Option<i64> = walked.party;
    let mut supplied: BTreeMap<i64, usize> = BTreeMap::new();
    for lot in lots.keys() {
        *supplied.entry(tree.party_of_lot(*lot)).or_default() += 1;
    }
    if let Some(party) = sewn_by {
        *supplied.entry(party).or_default() += 1;
    }
    let suppliers = supplied.into_iter().filter(|(party, _)| facts.may_know(*party)).map(|(party, lots)| (lots, party));
    layers.insert(
        Layer::Suppliers,
        first_of(suppliers, |party| {
            let known = facts.parties.get(&party);
            Node {
                thing: Thing::Supplier(party),
                column: 0,
                code: known.map(|party| party.code.clone()),
                name: known.map(|party| party.name.clone()).unwrap_or_default(),
                count: 0,
                is_subject: walked.party == Some(party),
            }
        }),
    );
    let batch_nodes = batches.iter().map(|batch| Node {
        thing: Thing::Batch(batch.no),
        column: 0,
        code: Some(batch.code.clone()),
        name: batch.style_name.clone(),
        count: batch.pieces,
        is_subject: matches!(walked.kind, Kind::Batch | Kind::Garment),
    });
    layers.insert(Layer::Batches, (batch_nodes.collect(), more_batches));
    let shown: HashSet<i64> = batches.iter().map(|batch| batch.no).collect();
    let mut sold: BTreeMap<i64, i64> = BTreeMap::new();
    let tallies = || facts.tallies.iter().filter(|tally| shown.contains(&tally.batch_no) && tally.sold > 0 && facts.bound.is_none());
    for tally in tallies() {
        *sold.entry(tally.party_id).or_default() += tally.sold;
    }
    layers.insert(
        Layer::Retailers,
        first_of(sold.iter().map(|(party, sold)| (*sold, *party)), |party| {
            let known = facts.parties.get(&party);
            Node {
                thing: Thing::Retailer(party),
                column: 0,
                code: known.map(|party| party.code.clone()),
                name: known.map(|party| party.name.clone()).unwrap_or_default(),
                count: sold.get(&party).copied().unwrap_or_default(),
                is_subject: false,
            }
        }),
    );
    layers.retain(|_, (nodes, _)| !nodes.is_empty());

    let mut graph = Graph::default();
    for (column, (layer, (nodes, more))) in layers.into_iter().enumerate() {
        graph.columns.push(Column { layer, more });
        graph.nodes.extend(nodes.into_iter().map(|node| Node { column, ..node }));
    }
    let place: HashMap<Thing, usize> = graph.nodes.iter().enumerate().map(|(place, node)| (node.thing, place)).collect();
    let mut edges: Vec<(Thing, Thing)> = Vec::new();
    for lot in lots.keys() {
        edges.push((Thing::Supplier(tree.party_of_lot(*lot)), Thing::Lot(*lot)));
        edges.extend(tree.parents_of(*lot).iter().map(|parent| (Thing::Lot(*parent), Thing::Lot(*lot))));
    }
    for batch in &batches {
        let to = Thing::Batch(batch.no);
        let direct: Vec<u32> = if walked.fed.is_empty() {
            tree.batch(batch.no).map(|place| tree.uses_of(place).iter().map(|one| one.lot).collect()).unwrap_or_default()
        } else {
            walked.fed.iter().flat_map(|fed| fed.uses.iter().map(|one| one.lot)).collect()
        };
        let shown: Vec<u32> = direct.into_iter().filter(|lot| lots.contains_key(lot)).collect();
        if shown.is_empty() {
            // The lot in it is beyond the columns: from the last lot of the way that is not.
            let last = paths.get(&batch.no).and_then(|(path, _)| path.iter().rev().find(|lot| lots.contains_key(lot)));
            edges.extend(last.map(|lot| (Thing::Lot(*lot), to)));
        }
        edges.extend(shown.into_iter().map(|lot| (Thing::Lot(lot), to)));
        if let Some(party) = sewn_by {
            let sewn = tree.batch(batch.no).is_some_and(|place| tree.factory_of_batch(place) == party);
            edges.extend(sewn.then_some((Thing::Supplier(party), to)));
        }
    }
    edges.extend(tallies().map(|tally| (Thing::Batch(tally.batch_no), Thing::Retailer(tally.party_id))));
    edges.sort_unstable();
    edges.dedup();
    graph.edges = edges.iter().filter_map(|(from, to)| Some((*place.get(from)?, *place.get(to)?))).collect();
    graph
}

/// Lots to show, with their levels: the ways to the batches first, then the nearest whose way is shown.
fn choose_lots(
    walked: &Walked,
    levels: &[(u32, i64)],
    paths: &HashMap<i64, (Vec<u32>, bool)>,
    batches: &[&BatchLine],
) -> BTreeMap<u32, i64> {
    let level_of: HashMap<u32, i64> = levels.iter().copied().collect();
    let mut chosen: BTreeMap<u32, i64> = BTreeMap::new();
    let mut counts: HashMap<i64, usize> = HashMap::new();
    let mut choose = |lot: u32, chosen: &mut BTreeMap<u32, i64>| {
        let Some(level) = level_of.get(&lot).copied().filter(|level| level.abs() <= LEVELS) else { return };
        let count = counts.entry(level).or_default();
        if *count < PER_COLUMN && chosen.insert(lot, level).is_none() {
            *count += 1;
        }
    };
    for batch in batches {
        for lot in paths.get(&batch.no).map(|(path, _)| path.as_slice()).unwrap_or_default() {
            choose(*lot, &mut chosen);
        }
    }
    for steps in [&walked.up, &walked.down.lots] {
        for step in steps {
            let via = steps.get(saturating::<usize>(step.via)).map(|step| step.lot);
            if step.depth == 0 || via.is_some_and(|via| chosen.contains_key(&via)) {
                choose(step.lot, &mut chosen);
            }
        }
    }
    chosen
}

/// The largest, as boxes, and how many there are besides.
fn first_of(sized: impl Iterator<Item = (impl Ord + Copy, i64)>, node: impl Fn(i64) -> Node) -> (Vec<Node>, usize) {
    let mut sized: Vec<_> = sized.collect();
    sized.sort_by_key(|(size, id)| (std::cmp::Reverse(*size), *id));
    (sized.iter().take(PER_COLUMN).map(|(_, id)| node(*id)).collect(), sized.len().saturating_sub(PER_COLUMN))
}
