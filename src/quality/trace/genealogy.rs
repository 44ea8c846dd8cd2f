//! The genealogy in memory: which lots were made of which, which batches were sewn out of which.
//!
//! Everything is an index into flat arrays (a lot, a batch, a party, a component each have a place), neighbours lie side by side, and a walk
//! is a loop over its own result: no recursion, so depth costs nothing, and a mark per lot, so a cycle that got past every check is walked
//! once. Marks carry the number of the walk, so that nothing is cleared between walks.

use std::collections::HashMap;

use crate::kernel::ids::UNITS_PER_BATCH;
use crate::kernel::saturating;

/// The rows a genealogy is made of, as the small tables hold them.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Lots: id, party.
    pub lots: Vec<(i64, i64)>,
    /// Lot, and a lot it was made of.
    pub parents: Vec<(i64, i64)>,
    /// Batches: number, factory.
    pub batches: Vec<(i64, i64)>,
    /// What went into which units.
    pub uses: Vec<UsePart>,
}

/// What follows the name of a component that a repair put in.
pub const REPAIRED: &str = " (repair)";

/// A row of `batch_lot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsePart {
    /// Number of the batch.
    pub batch_no: i64,
    /// What it became: `shell`, `lining`, `button`.
    pub component: String,
    /// Id of the lot.
    pub lot_id: i64,
    /// First unit, from 0.
    pub unit_from: i64,
    /// Unit after the last.
    pub unit_to: i64,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
}

/// Neighbours of each place, side by side (compressed sparse rows).
#[derive(Debug, Default)]
struct Rows<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Rows<T> {
    /// Of `count` places, from pairs of place and neighbour. The neighbours of a place keep the order of the pairs.
    fn new(count: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0u32; count + 1];
        for (place, _) in pairs {
            if let Some(start) = starts.get_mut(at(*place) + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut items = vec![T::default(); at(sum)];
        for (place, item) in pairs {
            if let Some(next) = next.get_mut(at(*place)) {
                if let Some(slot) = items.get_mut(at(*next)) {
                    *slot = *item;
                }
                *next += 1;
            }
        }
        Self { starts, items }
    }

    fn of(&self, place: u32) -> &[T] {
        let place = at(place);
        match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(from), Some(to)) => self.items.get(at(*from)..at(*to)).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Units `from` to `to` (exclusive) of a batch (its place).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The batch.
    pub batch: u32,
    /// First unit, from 0.
    pub from: u32,
    /// Unit after the last.
    pub to: u32,
}

impl Span {
    /// Whether it covers every unit a batch can have.
    pub const fn is_whole(&self) -> bool {
        self.from == 0 && self.to >= WHOLE
    }
}

/// The unit after the last a batch can have.
pub const WHOLE: u32 = 1 << crate::kernel::ids::UNIT_BITS;

/// A lot in a component of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// The component's place in [`Genealogy::component`].
    pub component: u32,
    /// The lot.
    pub lot: u32,
    /// First unit, from 0.
    pub from: u32,
    /// Unit after the last.
    pub to: u32,
    /// How much went in, in thousandths of the lot's unit.
    pub quantity_milli: Option<i64>,
}

/// A lot a walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The lot.
    pub lot: u32,
    /// Levels from where the walk began; 0 is a beginning.
    pub depth: u32,
    /// Place in the walk of the lot it was come to from; its own place for a beginning.
    pub via: u32,
}

/// Everything made out of some lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Down {
    /// The lots and everything made of them, nearest first.
    pub lots: Vec<Step>,
    /// The batches, in ascending order.
    pub batches: Vec<u32>,
    /// For each batch, the place in `lots` of the nearest lot in it; out of range for one that is there without any.
    pub through: Vec<u32>,
    /// The units, by batch and unit; overlapping and touching ones are one.
    pub spans: Vec<Span>,
}

/// The lots of one component of a batch or garment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// The component.
    pub component: u32,
    /// Its lots, by first unit.
    pub uses: Vec<Use>,
    /// More than one lot may be in the same unit: nobody recorded which.
    pub ambiguous: bool,
}

/// Everything a batch or a garment was made out of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Up {
    /// What went in directly, by component.
    pub fed: Vec<Fed>,
    /// The lots and everything they were made of, nearest first.
    pub lots: Vec<Step>,
}

/// Marks of walks, kept between them so that a walk allocates nothing but its answer.
#[derive(Debug, Default)]
pub struct Scratch {
    walk: u32,
    lot_seen: Vec<u32>,
    batch_whole: Vec<u32>,
    batch_bits: Vec<u64>,
    batch_through: Vec<u32>,
    partial: Vec<Span>,
}

impl Scratch {
    /// Ready for a walk over `genealogy`.
    fn begin(&mut self, genealogy: &Genealogy) -> u32 {
        let (lots, batches) = (genealogy.lot_ids.len(), genealogy.batch_nos.len());
        if self.walk == u32::MAX || self.lot_seen.len() != lots || self.batch_whole.len() != batches {
            *self = Self {
                walk: 0,
                lot_seen: vec![0; lots],
                batch_whole: vec![0; batches],
                batch_bits: vec![0; batches.div_ceil(64)],
                batch_through: vec![0; batches],
                partial: Vec::new(),
            };
        }
        self.walk += 1;
        self.walk
    }
}

/// The genealogy of every lot and batch.
#[derive(Debug, Default)]
pub struct Genealogy {
    lot_ids: Vec<i64>,
    lot_party: Vec<u32>,
    parents: Rows<u32>,
    children: Rows<u32>,
    party_ids: Vec<i64>,
    party_lots: Rows<u32>,
    party_batches: Rows<u32>,
    batch_nos: Vec<i64>,
    batch_factory: Vec<u32>,
    batch_uses: Rows<Use>,
    lot_spans: Rows<Span>,
    components: Vec<String>,
}

impl Genealogy {
    /// Of these rows, in any order. A row that points at something that is not there is left out: the store's foreign keys allow none.
    pub fn from_parts(parts: Parts) -> Self {
        let Parts { mut lots, parents, mut batches, mut uses } = parts;
        lots.sort_unstable();
        lots.dedup_by_key(|lot| lot.0);
        batches.sort_unstable();
        batches.dedup_by_key(|batch| batch.0);
        let mut party_ids: Vec<i64> = lots.iter().map(|lot| lot.1).chain(batches.iter().map(|batch| batch.1)).collect();
        party_ids.sort_unstable();
        party_ids.dedup();
        let lot_ids: Vec<i64> = lots.iter().map(|lot| lot.0).collect();
        let batch_nos: Vec<i64> = batches.iter().map(|batch| batch.0).collect();
        let party_of = |id: i64| place(party_ids.partition_point(|other| *other < id));
        let lot_party: Vec<u32> = lots.iter().map(|lot| party_of(lot.1)).collect();
        let batch_factory: Vec<u32> = batches.iter().map(|batch| party_of(batch.1)).collect();

        let mut up: Vec<(u32, u32)> =
            parents.iter().filter_map(|(lot, parent)| Some((place_in(&lot_ids, *lot)?, place_in(&lot_ids, *parent)?))).collect();
        up.sort_unstable();
        up.dedup();
        let down: Vec<(u32, u32)> = up.iter().map(|(lot, parent)| (*parent, *lot)).collect();

        uses.sort_by_key(|one| (one.batch_no, one.unit_from, one.lot_id));
        let mut components: Vec<String> = Vec::new();
        let mut names: HashMap<String, u32> = HashMap::new();
        let mut by_batch = Vec::with_capacity(uses.len());
        let mut by_lot = Vec::with_capacity(uses.len());
        for part in uses {
            let (Some(batch), Some(lot)) = (place_in(&batch_nos, part.batch_no), place_in(&lot_ids, part.lot_id)) else { continue };
            let next = place(components.len());
            let component = *names.entry(part.component).or_insert_with_key(|name| {
                components.push(name.clone());
                next
            });
            let (from, to) = (unit(part.unit_from), unit(part.unit_to));
            by_batch.push((batch, Use { component, lot, from, to, quantity_milli: part.quantity_milli }));
            by_lot.push((lot, Span { batch, from, to }));
        }
        let pairs = |of: &[u32]| of.iter().zip(0u32..).map(|(party, place)| (*party, place)).collect::<Vec<_>>();
        Self {
            parents: Rows::new(lot_ids.len(), &up),
            children: Rows::new(lot_ids.len(), &down),
            party_lots: Rows::new(party_ids.len(), &pairs(&lot_party)),
            party_batches: Rows::new(party_ids.len(), &pairs(&batch_factory)),
            batch_uses: Rows::new(batch_nos.len(), &by_batch),
            lot_spans: Rows::new(lot_ids.len(), &by_lot),
            lot_ids,
            lot_party,
            party_ids,
            batch_nos,
            batch_factory,
            components,
        }
    }

    /// The place of the lot with this id.
    pub fn lot(&self, id: i64) -> Option<u32> {
        place_in(&self.lot_ids, id)
    }

    /// The place of the batch with this number.
    pub fn batch(&self, no: i64) -> Option<u32> {
        place_in(&self.batch_nos, no)
    }

    /// The place of the party with this id. None for one that neither supplied a lot nor sewed a batch.
    pub fn party(&self, id: i64) -> Option<u32> {
        place_in(&self.party_ids, id)
    }

    /// The id of a lot.
    pub fn lot_id(&self, lot: u32) -> i64 {
        self.lot_ids.get(at(lot)).copied().unwrap_or_default()
    }

    /// The number of a batch.
    pub fn batch_no(&self, batch: u32) -> i64 {
        self.batch_nos.get(at(batch)).copied().unwrap_or_default()
    }

    /// The id of the party a lot came from.
    pub fn party_of_lot(&self, lot: u32) -> i64 {
        self.lot_party.get(at(lot)).and_then(|party| self.party_ids.get(at(*party))).copied().unwrap_or_default()
    }

    /// The id of the factory that sewed a batch.
    pub fn factory_of_batch(&self, batch: u32) -> i64 {
        self.batch_factory.get(at(batch)).and_then(|party| self.party_ids.get(at(*party))).copied().unwrap_or_default()
    }

    /// The name of a component.
    pub fn component(&self, component: u32) -> &str {
        self.components.get(at(component)).map_or("", String::as_str)
    }

    /// Whether it came in by a repair: what was wrong before was not its doing.
    pub fn is_repaired(&self, of: &Use) -> bool {
        self.component(of.component).ends_with(REPAIRED)
    }

    /// The lots a lot was made of.
    pub fn parents_of(&self, lot: u32) -> &[u32] {
        self.parents.of(lot)
    }

    /// The lots that came from a party.
    pub fn lots_of_party(&self, party: u32) -> &[u32] {
        self.party_lots.of(party)
    }

    /// The batches a party sewed.
    pub fn batches_of_party(&self, party: u32) -> &[u32] {
        self.party_batches.of(party)
    }

    /// What went into a batch, by first unit.
    pub fn uses_of(&self, batch: u32) -> &[Use] {
        self.batch_uses.of(batch)
    }

    /// Adds whole batches to an answer, whatever lots they were made of.
    pub fn add_batches(&self, down: &mut Down, batches: &[u32]) {
        let mut through: std::collections::BTreeMap<u32, u32> = down.batches.iter().copied().zip(down.through.iter().copied()).collect();
        let whole: std::collections::BTreeSet<u32> = batches.iter().copied().collect();
        down.spans.retain(|span| !whole.contains(&span.batch));
        for batch in whole {
            through.entry(batch).or_insert(u32::MAX);
            down.spans.push(Span { batch, from: 0, to: WHOLE });
        }
        down.spans.sort_unstable();
        (down.batches, down.through) = through.into_iter().unzip();
    }

    /// Lots and batches there are.
    pub fn size(&self) -> (usize, usize) {
        (self.lot_ids.len(), self.batch_nos.len())
    }

    /// These lots and everything made out of them.
    pub fn down(&self, from: &[u32], scratch: &mut Scratch) -> Down {
        let walk = scratch.begin(self);
        let lots = steps(&self.children, from, walk, &mut scratch.lot_seen);
        scratch.partial.clear();
        for (step, through) in lots.iter().zip(0u32..) {
            for span in self.lot_spans.of(step.lot) {
                let batch = at(span.batch);
                let Some(word) = scratch.batch_bits.get_mut(batch / 64) else { continue };
                let bit = 1u64 << (batch % 64);
                if *word & bit == 0 {
                    *word |= bit;
                    if let Some(slot) = scratch.batch_through.get_mut(batch) {
                        *slot = through;
                    }
                }
                if !span.is_whole() {
                    scratch.partial.push(*span);
                } else if let Some(whole) = scratch.batch_whole.get_mut(batch) {
                    *whole = walk;
                }
            }
        }
        scratch.partial.sort_unstable();
        let mut partial = scratch.partial.iter().copied().peekable();
        let (mut batches, mut through, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for (word, first) in scratch.batch_bits.iter_mut().zip((0u32..).step_by(64)) {
            let mut bits = std::mem::take(word);
            while bits != 0 {
                let batch = first + bits.trailing_zeros();
                bits &= bits - 1;
                batches.push(batch);
                through.push(scratch.batch_through.get(at(batch)).copied().unwrap_or_default());
                let whole = scratch.batch_whole.get(at(batch)) == Some(&walk);
                if whole {
                    spans.push(Span { batch, from: 0, to: WHOLE });
                }
                while let Some(span) = partial.next_if(|span| span.batch <= batch) {
                    if !whole {
                        join(&mut spans, span);
                    }
                }
            }
        }
        Down { lots, batches, through, spans }
    }

    /// A batch, or one unit of it, and everything it was made out of.
    pub fn up(&self, batch: u32, unit: Option<u32>, scratch: &mut Scratch) -> Up {
        let mut fed: Vec<Fed> = Vec::new();
        let within = |one: &&Use| unit.is_none_or(|unit| one.from <= unit && unit < one.to);
        for one in self.batch_uses.of(batch).iter().filter(within) {
            match fed.iter_mut().find(|fed| fed.component == one.component) {
                Some(fed) => fed.uses.push(*one),
                None => fed.push(Fed { component: one.component, uses: vec![*one], ambiguous: false }),
            }
        }
        for one in &mut fed {
            one.ambiguous = overlap(&one.uses);
        }
        fed.sort_by(|a, b| self.component(a.component).cmp(self.component(b.component)));
        let direct: Vec<u32> = fed.iter().flat_map(|fed| fed.uses.iter().map(|one| one.lot)).collect();
        let lots = self.made_of(&direct, scratch);
        Up { fed, lots }
    }

    /// These lots and everything they were made of, nearest first.
    pub fn made_of(&self, lots: &[u32], scratch: &mut Scratch) -> Vec<Step> {
        let walk = scratch.begin(self);
        steps(&self.parents, lots, walk, &mut scratch.lot_seen)
    }

    /// The last `most` lots of the way a walk took to one of its places, in walking order, and whether it is the whole way.
    pub fn path(steps: &[Step], to: u32, most: usize) -> (Vec<u32>, bool) {
        let mut path = Vec::new();
        let mut next = to;
        let mut whole = true;
        while let Some(step) = steps.get(at(next)) {
            if path.len() == most {
                whole = false;
                break;
            }
            path.push(step.lot);
            if step.via == next {
                break;
            }
            next = step.via;
        }
        path.reverse();
        (path, whole)
    }
}

/// Breadth first: the answer is its own queue.
fn steps(edges: &Rows<u32>, from: &[u32], walk: u32, seen: &mut [u32]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::with_capacity(from.len());
    let mut fresh = |lot: u32| seen.get_mut(at(lot)).is_some_and(|seen| std::mem::replace(seen, walk) != walk);
    for lot in from {
        if fresh(*lot) {
            steps.push(Step { lot: *lot, depth: 0, via: place(steps.len()) });
        }
    }
    let mut head = 0;
    while let Some(step) = steps.get(head).copied() {
        for lot in edges.of(step.lot) {
            if fresh(*lot) {
                steps.push(Step { lot: *lot, depth: step.depth + 1, via: place(head) });
            }
        }
        head += 1;
    }
    steps
}

/// Adds a span to those before it, which begin no later.
fn join(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.batch == span.batch && span.from <= last.to => last.to = last.to.max(span.to),
        _ => spans.push(span),
    }
}

/// Whether two different lots cover one unit. `uses` are sorted by first unit.
fn overlap(uses: &[Use]) -> bool {
    // While none has overlapped yet, whoever came before the last lot ended before the last lot began.
    let (mut lot, mut end) = (u32::MAX, 0);
    uses.iter().any(|one| {
        let meets = one.lot != lot && one.from < end;
        (lot, end) = if one.lot == lot { (lot, end.max(one.to)) } else { (one.lot, one.to) };
        meets
    })
}

fn place_in(sorted: &[i64], id: i64) -> Option<u32> {
    let at = sorted.partition_point(|other| *other < id);
    sorted.get(at).filter(|other| **other == id).map(|_| place(at))
}

fn place(index: usize) -> u32 {
    saturating(index)
}

fn at(place: u32) -> usize {
    saturating(place)
}

fn unit(number: i64) -> u32 {
    saturating(number.clamp(0, UNITS_PER_BATCH))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn use_of(batch_no: i64, component: &str, lot_id: i64, units: std::ops::Range<i64>) -> UsePart {
        UsePart { batch_no, component: component.to_owned(), lot_id, unit_from: units.start, unit_to: units.end, quantity_milli: None }
    }

    /// Cotton 1 → yarn 2 → cloth 3 and 4; batch 10 of cloth 3 for units 0–99 and cloth 4 for the rest; batch 11 of cloth 4 and button 5.
    fn small() -> Genealogy {
        Genealogy::from_parts(Parts {
            lots: vec![(5, 70), (4, 60), (3, 60), (2, 50), (1, 40)],
            parents: vec![(2, 1), (3, 2), (4, 2)],
            batches: vec![(11, 80), (10, 80)],
            uses: vec![
                use_of(11, "shell", 4, 0..UNITS_PER_BATCH),
                use_of(10, "shell", 4, 100..500),
                use_of(10, "shell", 3, 0..100),
                use_of(11, "button", 5, 0..300),
                use_of(11, "button", 5, 200..900),
            ],
        })
    }

    #[test]
    fn down_finds_batches_units_and_the_way() {
        let tree = small();
        let mut scratch = Scratch::default();
        let from = |id: i64| vec![tree.lot(id).unwrap()];
        let down = tree.down(&from(1), &mut scratch);
        assert_eq!(down.batches.iter().map(|batch| tree.batch_no(*batch)).collect::<Vec<_>>(), [10, 11]);
        assert_eq!(down.spans, [Span { batch: 0, from: 0, to: 500 }, Span { batch: 1, from: 0, to: WHOLE }]);
        let (way, whole) = Genealogy::path(&down.lots, down.through[0], 9);
        assert!(whole);
        assert_eq!(way.iter().map(|lot| tree.lot_id(*lot)).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(tree.down(&from(3), &mut scratch).spans, [Span { batch: 0, from: 0, to: 100 }]);
        assert_eq!(tree.down(&from(5), &mut scratch).spans, [Span { batch: 1, from: 0, to: 900 }]);
        assert_eq!(tree.down(&[], &mut scratch), Down::default());
        let mill = tree.lots_of_party(tree.party(60).unwrap());
        assert_eq!(tree.down(mill, &mut scratch).batches.len(), 2);
        let sewn = tree.batches_of_party(tree.party(80).unwrap());
        assert_eq!(sewn.len(), 2);
        let mut both = tree.down(&from(3), &mut scratch);
        tree.add_batches(&mut both, sewn);
        assert_eq!(both.spans, [Span { batch: 0, from: 0, to: WHOLE }, Span { batch: 1, from: 0, to: WHOLE }]);
        assert_eq!(both.through, [0, u32::MAX]);
    }

    #[test]
    fn up_knows_the_roll_of_a_unit() {
        let tree = small();
        let mut scratch = Scratch::default();
        let batch = tree.batch(10).unwrap();
        let lots = |unit: Option<u32>, scratch: &mut Scratch| {
            let up = tree.up(batch, unit, scratch);
            (up.fed[0].ambiguous, up.lots.iter().map(|step| (tree.lot_id(step.lot), step.depth)).collect::<Vec<_>>())
        };
        assert_eq!(lots(Some(99), &mut scratch), (false, vec![(3, 0), (2, 1), (1, 2)]));
        assert_eq!(lots(Some(100), &mut scratch), (false, vec![(4, 0), (2, 1), (1, 2)]));
        assert_eq!(lots(None, &mut scratch), (false, vec![(3, 0), (4, 0), (2, 1), (1, 2)]));
        assert!(tree.up(batch, Some(500), &mut scratch).fed.is_empty());
    }

    #[test]
    fn two_lots_in_one_unit_are_ambiguous() {
        let one = |lot: u32, from: u32, to: u32| Use { lot, from, to, ..Use::default() };
        assert!(!overlap(&[one(1, 0, 10), one(2, 10, 20), one(1, 20, 30)]));
        assert!(!overlap(&[one(1, 0, 10), one(1, 5, 20)]));
        assert!(overlap(&[one(1, 0, 10), one(2, 9, 20)]));
        assert!(overlap(&[one(1, 0, 30), one(1, 5, 8), one(2, 20, 40)]));
        assert!(overlap(&[one(1, 0, 30), one(2, 30, 40), one(1, 35, 50)]));
    }

    #[test]
    fn a_cycle_and_a_hundred_thousand_levels_are_walked_once() {
        let deep: i64 = 100_000;
        let mut parents: Vec<_> = (1..deep).map(|lot| (lot + 1, lot)).collect();
        parents.push((1, deep));
        let tree = Genealogy::from_parts(Parts {
            lots: (1..=deep).map(|lot| (lot, 1)).collect(),
            parents,
            batches: vec![(1, 2)],
            uses: vec![use_of(1, "shell", deep, 0..10)],
        });
        let mut scratch = Scratch::default();
        let down = tree.down(&[tree.lot(1).unwrap()], &mut scratch);
        assert_eq!((down.lots.len(), down.batches.len()), (100_000, 1));
        assert_eq!(down.lots.last().unwrap().depth, 99_999);
        assert_eq!(Genealogy::path(&down.lots, down.through[0], usize::MAX).0.len(), 100_000);
        assert_eq!(Genealogy::path(&down.lots, down.through[0], 3), (vec![99_997, 99_998, 99_999], false));
        assert_eq!(tree.up(0, None, &mut scratch).lots.len(), 100_000);
    }

    /// Lots, edges from later to earlier ones, uses: a genealogy without cycles.
    fn parts() -> impl Strategy<Value = Parts> {
        let edge = (2i64..40, 1i64..40).prop_map(|(lot, parent)| if parent < lot { (lot, parent) } else { (parent + 1, lot) });
        let fed =
            (1i64..12, 0usize..3, 1i64..40, 0i64..30, 1i64..20, any::<bool>()).prop_map(|(batch, component, lot, from, long, whole)| {
                let units = if whole { 0..UNITS_PER_BATCH } else { from..from + long };
                use_of(batch, ["shell", "lining", "button"][component], lot, units)
            });
        (proptest::collection::vec(edge, 0..60), proptest::collection::vec(fed, 0..40)).prop_map(|(parents, uses)| Parts {
            lots: (1..=41).map(|lot| (lot, lot % 5)).collect(),
            parents,
            batches: (1..=12).map(|batch| (batch, 100 + batch % 3)).collect(),
            uses,
        })
    }

    proptest! {
        /// I-19: a lot is in what a unit was made of if and only if the unit is in what was made of the lot.
        #[test]
        fn forward_and_backward_agree(parts in parts()) {
            let tree = Genealogy::from_parts(parts);
            let mut scratch = Scratch::default();
            let units = [0u32, 7, 20, 45, 100];
            let mut forward = BTreeSet::new();
            let mut forward_batches = BTreeSet::new();
            for lot in 0..41u32 {
                let down = tree.down(&[lot], &mut scratch);
                prop_assert!(down.batches.is_sorted() && down.spans.is_sorted());
                forward_batches.extend(down.batches.iter().map(|batch| (lot, *batch)));
                for span in &down.spans {
                    forward.extend(units.iter().filter(|unit| span.from <= **unit && **unit < span.to).map(|unit| (lot, span.batch, *unit)));
                }
                for through in &down.through {
                    let (path, _) = Genealogy::path(&down.lots, *through, usize::MAX);
                    prop_assert_eq!(path[0], lot);
                    prop_assert!(path.windows(2).all(|pair| tree.parents_of(pair[1]).contains(&pair[0])));
                }
            }
            let mut backward = BTreeSet::new();
            let mut backward_batches = BTreeSet::new();
            for batch in 0..12u32 {
                backward_batches.extend(tree.up(batch, None, &mut scratch).lots.iter().map(|step| (step.lot, batch)));
                for unit in units {
                    backward.extend(tree.up(batch, Some(unit), &mut scratch).lots.iter().map(|step| (step.lot, batch, unit)));
                }
            }
            prop_assert_eq!(forward, backward);
            prop_assert_eq!(forward_batches, backward_batches);
        }
    }
}
