//! The two steps of a trace: the walk through the genealogy held in memory, then the facts about what it came to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::genealogy::{Down, Fed, Genealogy, Scratch, Span, Step, WHOLE};
use super::graph::{self, Graph};
use super::store::{self, BatchFacts, FindingCount, LotFacts, PartyFacts, Tally};
use super::{
    BatchLine, Compared, Component, ComponentLot, DefectLine, Kind, LOTS_SHOWN, LotLine, PartyLine, Place, Query, Subject, Totals, Trace,
    rules,
};
use crate::kernel::text::Both;
use crate::kernel::units::{count, tidy};
use crate::kernel::{Code, Error, GarmentId, Id, Result, saturating};
use crate::platform::db::{Db, Store};
use crate::platform::locks::lock;
use crate::production::materials::{self, Lot};

/// Lots of a path that are named; of a longer one the last.
const PATH_SHOWN: usize = 16;

/// The genealogy of a store, in memory.
#[derive(Default)]
pub struct Held {
    current: Mutex<Option<(i64, Arc<Genealogy>)>>,
    loading: Mutex<()>,
    scratches: Mutex<Vec<Scratch>>,
}

impl Held {
    fn fresh(&self, version: i64) -> Option<Arc<Genealogy>> {
        let current = lock(&self.current);
        // A reader whose state is older than what is held is served by the newer.
        current.as_ref().filter(|(held, _)| *held >= version).map(|(_, genealogy)| Arc::clone(genealogy))
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = lock(&self.scratches).pop().unwrap_or_default();
        let outcome = work(&mut scratch);
        lock(&self.scratches).push(scratch);
        outcome
    }
}

/// The genealogy as it is now: the one held in memory while its version stands, read again when it has changed.
pub fn genealogy(store: &Store, db: &mut Db) -> Result<Arc<Genealogy>> {
    let held = store.held::<Held>();
    let version = db.held_version("genealogy")?;
    if let Some(genealogy) = held.fresh(version) {
        return Ok(genealogy);
    }
    let _one_reads_for_all = lock(&held.loading);
    if let Some(genealogy) = held.fresh(version) {
        return Ok(genealogy);
    }
    let genealogy = Arc::new(Genealogy::from_parts(store::parts(db)?));
    *lock(&held.current) = Some((version, Arc::clone(&genealogy)));
    Ok(genealogy)
}

/// Where a walk began and what it came to.
pub(super) struct Walked {
    pub(super) kind: Kind,
    /// The party whose trace it is, for a party.
    pub(super) party: Option<i64>,
    /// What the beginning, or the batch, was made of; beginnings are at depth 0.
    pub(super) up: Vec<Step>,
    /// What went into the batch or garment directly.
    pub(super) fed: Vec<Fed>,
    /// What was made of it.
    pub(super) down: Down,
    unit: Option<i64>,
    code: String,
    finding: Option<store::FindingFacts>,
}

impl Walked {
    /// Every lot with its level, the nearest first.
    pub(super) fn levels(&self) -> Vec<(u32, i64)> {
        let up = self.up.iter().map(|step| (step.lot, -i64::from(step.depth)));
        let down = self.down.lots.iter().filter(|step| step.depth > 0 || self.up.is_empty()).map(|step| (step.lot, i64::from(step.depth)));
        let mut levels: Vec<_> = up.chain(down).collect();
        levels.sort_by_key(|(_, level)| level.abs());
        // In a genealogy without cycles no lot is on both sides; were there one, it is listed once, at its nearest level.
        let mut seen = HashSet::with_capacity(levels.len());
        levels.retain(|(lot, _)| seen.insert(*lot));
        levels
    }
}

/// The lot of a name: for a caller bound to a party its own one first. Whether that caller may know of another's is seen after the walk; of
/// several others', none is told.
fn lot_called(db: &mut Db, name: &str, bound: Option<Id>) -> Result<Option<Lot>> {
    match (materials::lot_called(db, name, bound)?, bound) {
        (None, Some(_)) => materials::lot_called(db, name, None).or_else(|error| match error.code() {
            Code::Ambiguous => Ok(None),
            _ => Err(error),
        }),
        (found, _) => Ok(found),
    }
}

fn walk(db: &mut Db, held: &Held, tree: &Genealogy, query: &Query, bound: Option<Id>) -> Result<Walked> {
    let missing = || Error::from(Code::NotFound);
    let mut finding = None;
    let (kind, code, at) = match query {
        Query::Lot(name) => {
            let lot = lot_called(db, name, bound)?.ok_or_else(missing)?;
            let mut names = materials::names(db, [(lot.id, lot.code.as_str(), lot.party_id)])?;
            (Kind::Lot, names.remove(&lot.id).unwrap_or(lot.code), At::Lot(lot.id.0))
        }
        Query::Party(code) => {
            let (id, code) = store::party_of_code(db, code)?.ok_or_else(missing)?;
            (Kind::Party, code, At::Party(id))
        }
        Query::Batch(code) => {
            let (no, code) = store::batch_of_code(db, code)?.ok_or_else(missing)?;
            (Kind::Batch, code, At::Batch(no, None))
        }
        Query::Garment(garment, serial) => (Kind::Garment, serial.clone(), At::Batch(garment.batch().0, Some(garment.unit()))),
        Query::Finding(id) => {
            let found = store::finding(db, id.0)?.ok_or_else(missing)?;
            let at = match (found.subject.as_str(), found.garment_id.map(GarmentId), found.batch_no, found.lot_id) {
                ("garment", Some(garment), ..) => At::Batch(garment.batch().0, Some(garment.unit())),
                ("batch", _, Some(no), _) => At::Batch(no, None),
                (_, _, _, Some(lot)) => At::Lot(lot),
                _ => return Err(Error::broken("a finding about nothing")),
            };
            finding = Some(found);
            (Kind::Finding, id.to_string(), at)
        }
    };
    let mut walked = Walked { kind, party: None, up: Vec::new(), fed: Vec::new(), down: Down::default(), unit: None, code, finding };
    held.with_scratch(|scratch| {
        match at {
            At::Lot(id) => {
                let lot = [tree.lot(id).ok_or_else(missing)?];
                walked.up = tree.made_of(&lot, scratch);
                walked.down = tree.down(&lot, scratch);
            }
            At::Party(id) => {
                walked.party = Some(id);
                if let Some(party) = tree.party(id) {
                    let lots = tree.lots_of_party(party);
                    walked.up = tree.made_of(lots, scratch);
                    walked.down = tree.down(lots, scratch);
                    tree.add_batches(&mut walked.down, tree.batches_of_party(party));
                }
            }
            At::Batch(no, unit) => {
                let batch = tree.batch(no).ok_or_else(missing)?;
                let place = unit.map(saturating::<u32>);
                let up = tree.up(batch, place, scratch);
                (walked.up, walked.fed, walked.unit) = (up.lots, up.fed, unit);
                let (from, to) = place.map_or((0, WHOLE), |unit| (unit, unit + 1));
                walked.down =
                    Down { lots: Vec::new(), batches: vec![batch], through: vec![u32::MAX], spans: vec![Span { batch, from, to }] };
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok(walked)
}

enum At {
    Lot(i64),
    Party(i64),
    Batch(i64, Option<i64>),
}

/// Whether a caller bound to `party` may know of it: its own lot, itself, a batch with a lot of its own somewhere up, or one it sewed.
fn is_visible(tree: &Genealogy, walked: &Walked, party: i64) -> bool {
    if let Some(own) = walked.party {
        return own == party;
    }
    let is_own = |step: &Step| tree.party_of_lot(step.lot) == party;
    if !walked.down.lots.is_empty() {
        return walked.up.iter().any(|step| step.depth == 0 && is_own(step));
    }
    walked.up.iter().any(is_own) || walked.down.batches.iter().any(|batch| tree.factory_of_batch(*batch) == party)
}

/// A batch and the units of it that a trace came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedBatch {
    /// Number.
    pub no: i64,
    /// Code.
    pub code: String,
    /// The units that have serials, from 0, ends left out; tidy.
    pub units: Vec<Range<i64>>,
}

fn units_of(spans: &[Span], minted: i64) -> Vec<Range<i64>> {
    tidy(spans.iter().map(|span| i64::from(span.from)..i64::from(span.to)).collect(), minted)
}

fn spans_of<'a>(tree: &Genealogy, down: &'a Down) -> HashMap<i64, &'a [Span]> {
    down.spans.chunk_by(|a, b| a.batch == b.batch).filter_map(|some| Some((tree.batch_no(some.first()?.batch), some))).collect()
}

/// The batches and units a trace comes to, by number: what a recall is made of.
///
/// # Errors
/// [`Code::NotFound`] when there is nothing to begin at.
pub fn affected(store: &Store, db: &mut Db, query: &Query) -> Result<Vec<AffectedBatch>> {
    let (held, tree) = (store.held::<Held>(), genealogy(store, db)?);
    let walked = walk(db, &held, &tree, query, None)?;
    let spans = spans_of(&tree, &walked.down);
    let numbers: Vec<i64> = walked.down.batches.iter().map(|batch| tree.batch_no(*batch)).collect();
    let facts = store::batches(db, &numbers)?;
    let units = |no: i64, minted: i64| units_of(spans.get(&no).copied().unwrap_or_default(), minted);
    Ok(facts.into_iter().map(|batch| AffectedBatch { no: batch.no, units: units(batch.no, batch.minted), code: batch.code }).collect())
}

/// What is known about everything a walk came to.
pub(super) struct Facts {
    /// By id.
    pub(super) lots: HashMap<i64, LotFacts>,
    /// By id.
    pub(super) parties: HashMap<i64, PartyFacts>,
    /// Of the units the walk came to.
    pub(super) tallies: Vec<Tally>,
    /// The party the caller is bound to.
    pub(super) bound: Option<i64>,
}

impl Facts {
    /// Whether the caller may know what is this party's.
    pub(super) fn may_know(&self, party: i64) -> bool {
        self.bound.is_none_or(|bound| bound == party)
    }

    fn party(&self, id: i64) -> Option<PartyLine> {
        let facts = self.parties.get(&id).filter(|_| self.may_know(id))?;
        Some(PartyLine { code: facts.code.clone(), name: facts.name.clone() })
    }

    fn lot(&self, id: i64) -> Option<&LotFacts> {
        self.lots.get(&id).filter(|lot| self.may_know(lot.party_id))
    }
}

/// A trace, and the picture of it.
///
/// # Errors
/// [`Code::NotFound`] when there is nothing to begin at, or nothing the caller may know of.
pub fn trace(store: &Store, db: &mut Db, query: &Query, bound: Option<Id>) -> Result<(Trace, Graph)> {
    let (held, tree) = (store.held::<Held>(), genealogy(store, db)?);
    let walked = walk(db, &held, &tree, query, bound)?;
    let bound = bound.map(|id| id.0);
    if bound.is_some_and(|party| !is_visible(&tree, &walked, party)) {
        return Err(Code::NotFound.into());
    }
    let numbers: Vec<i64> = walked.down.batches.iter().map(|batch| tree.batch_no(*batch)).collect();
    let batches = store::batches(db, &numbers)?;
    let counted = Counted::read(db, &tree, &walked, &batches)?;
    let levels = walked.levels();
    let paths: HashMap<i64, (Vec<u32>, bool)> = walked
        .down
        .batches
        .iter()
        .zip(&walked.down.through)
        .map(|(batch, through)| (tree.batch_no(*batch), Genealogy::path(&walked.down.lots, *through, PATH_SHOWN)))
        .collect();
    let facts = facts(db, &tree, &walked, &levels, &paths, &batches, counted.tallies.clone(), bound)?;
    let lot_findings = store::findings_of_lots(db, &lots_with_own_findings(&tree, &walked, &levels, &facts))?;
    let lines: Vec<BatchLine> = batches.iter().map(|batch| batch_line(&tree, &facts, &counted, &paths, batch)).collect();
    let trace = Trace {
        subject: subject(&tree, &facts, &walked, &batches),
        totals: totals(&tree, &facts, &levels, &lines, &counted, &lot_findings),
        components: components(&tree, &facts, &walked),
        lots: levels.iter().take(LOTS_SHOWN).map(|(lot, level)| lot_line(&tree, &facts, *lot, *level)).collect(),
        batches: lines,
        compared: counted.compared(),
        retailers: places(&facts),
        defects: defects(db, counted.findings.iter().chain(&lot_findings))?,
        costs: Vec::new(),
    };
    let graph = graph::build(&tree, &walked, &facts, &trace, &levels, &paths);
    Ok((trace, graph))
}

/// A lot's findings count for whoever may know the lot. Above a batch or garment they are not its own: the same cotton is in many.
fn lots_with_own_findings(tree: &Genealogy, walked: &Walked, levels: &[(u32, i64)], facts: &Facts) -> Vec<i64> {
    let direct = |level: i64| if walked.fed.is_empty() { level >= 0 } else { level == 0 };
    levels
        .iter()
        .filter(|(lot, level)| direct(*level) && facts.may_know(tree.party_of_lot(*lot)))
        .map(|(lot, _)| tree.lot_id(*lot))
        .collect()
}

/// Counts within the units of each batch.
struct Counted {
    units: HashMap<i64, Vec<Range<i64>>>,
    labelled: HashMap<i64, i64>,
    void: HashMap<i64, i64>,
    tallies: Vec<Tally>,
    sold: HashMap<i64, (i64, i64)>,
    findings: Vec<FindingCount>,
    found: HashMap<i64, (i64, i64)>,
    /// Made and found: within the units, and outside them in the same batches.
    within: (i64, i64),
    outside: (i64, i64),
    /// Batches that have both.
    mixed: i64,
}

impl Counted {
    fn read(db: &mut Db, tree: &Genealogy, walked: &Walked, batches: &[BatchFacts]) -> Result<Self> {
        let spans = spans_of(tree, &walked.down);
        let numbers: Vec<i64> = batches.iter().map(|batch| batch.no).collect();
        let mut units = HashMap::with_capacity(batches.len());
        let (mut whole, mut partial) = (Vec::new(), Vec::new());
        for batch in batches {
            let own = units_of(spans.get(&batch.no).copied().unwrap_or_default(), batch.minted);
            if count(&own) == batch.minted {
                whole.push(batch.no)
            } else {
                partial.push(batch.no)
            }
            units.insert(batch.no, own);
        }
        let mut tallies = store::tallies(db, &whole)?;
        let mut findings = store::findings_of_batches(db, &whole)?;
        let (mut within, mut outside, mut mixed) = ((0, 0), (0, 0), 0);
        let minted: HashMap<i64, i64> = batches.iter().map(|batch| (batch.no, batch.minted)).collect();
        for no in partial {
            let own = units.get(&no).map(Vec::as_slice).unwrap_or_default();
            if !walked.down.lots.is_empty() && !own.is_empty() {
                let others = rules::others(own, minted.get(&no).copied().unwrap_or_default());
                for (side, ranges) in [(&mut within, own), (&mut outside, others.as_slice())] {
                    side.0 += count(ranges);
                    for range in ranges {
                        side.1 += store::findings_of_units(db, no, range, false)?.iter().map(|count| count.quantity).sum::<i64>();
                    }
                }
                mixed += 1;
            }
            for (range, is_first) in own.iter().zip([true].into_iter().chain(std::iter::repeat(false))) {
                tallies.extend(store::tally_units(db, no, range)?);
                // What is found on the whole batch may be on any of its units; on one garment it is not known to be.
                findings.extend(store::findings_of_units(db, no, range, is_first && walked.unit.is_none())?);
            }
        }
        let labels = store::labelled(db, &numbers)?;
        let voids = store::voids(db, &numbers)?;
        let (mut labelled, mut void) = (HashMap::new(), HashMap::new());
        for batch in batches {
            let own = units.get(&batch.no).map(Vec::as_slice).unwrap_or_default();
            let count = match labels.get(&batch.no) {
                Some(ranges) => rules::common(&tidy(ranges.clone(), batch.minted), own),
                None => count(own),
            };
            labelled.insert(batch.no, count);
            void.insert(batch.no, voids.get(&batch.no).map_or(0, |voids| rules::voids_in(voids, own)));
        }
        let mut sold: HashMap<i64, (i64, i64)> = HashMap::new();
        for tally in &tallies {
            let sum = sold.entry(tally.batch_no).or_default();
            *sum = (sum.0 + tally.sold, sum.1 + tally.claimed);
        }
        let mut found: HashMap<i64, (i64, i64)> = HashMap::new();
        for count in &findings {
            let sum = found.entry(count.batch_no.unwrap_or_default()).or_default();
            *sum = (sum.0 + count.findings, sum.1 + count.quantity);
        }
        Ok(Self { units, labelled, void, tallies, sold, findings, found, within, outside, mixed })
    }

    fn compared(&self) -> Option<Compared> {
        let ((made, pieces), (other_made, other_pieces)) = (self.within, self.outside);
        let per_thousand = rules::per_thousand(pieces, made)?;
        let other_per_thousand = rules::per_thousand(other_pieces, other_made)?;
        Some(Compared { batches: self.mixed, made, pieces, per_thousand, other_made, other_pieces, other_per_thousand })
    }
}

#[expect(clippy::too_many_arguments, reason = "one reading of everything a walk came to")]
fn facts(
    db: &mut Db,
    tree: &Genealogy,
    walked: &Walked,
    levels: &[(u32, i64)],
    paths: &HashMap<i64, (Vec<u32>, bool)>,
    batches: &[BatchFacts],
    tallies: Vec<Tally>,
    bound: Option<i64>,
) -> Result<Facts> {
    let listed = levels.iter().take(LOTS_SHOWN).map(|(lot, _)| *lot);
    let on_paths = paths.values().flat_map(|(path, _)| path.iter().copied());
    let fed = walked.fed.iter().flat_map(|fed| fed.uses.iter().map(|one| one.lot));
    let mut ids: Vec<i64> = listed.chain(on_paths).chain(fed).map(|lot| tree.lot_id(lot)).collect();
    ids.sort_unstable();
    ids.dedup();
    let lots = store::lots(db, &ids)?;
    let mut parties: Vec<i64> = lots.values().map(|lot| lot.party_id).chain(batches.iter().map(|batch| batch.factory_id)).collect();
    parties.extend(tallies.iter().map(|tally| tally.party_id).chain(walked.party));
    parties.sort_unstable();
    parties.dedup();
    Ok(Facts { lots, parties: store::parties(db, &parties)?, tallies, bound })
}

fn subject(tree: &Genealogy, facts: &Facts, walked: &Walked, batches: &[BatchFacts]) -> Subject {
    let style = || batches.first().map(|batch| batch.style_name.clone());
    let material = || walked.up.first().and_then(|step| facts.lot(tree.lot_id(step.lot))).map(|lot| lot.material.clone());
    let name = match walked.party {
        Some(party) => facts.parties.get(&party).map(|party| party.name.clone()),
        None if walked.down.lots.is_empty() => style(),
        None => material(),
    };
    Subject {
        kind: walked.kind,
        code: walked.code.clone(),
        name: name.unwrap_or_default(),
        unit: walked.unit.map(|unit| unit + 1),
        defect: walked.finding.as_ref().map(|finding| finding.defect.clone()),
        component: walked.finding.as_ref().map(|finding| finding.component.clone()),
    }
}

fn components(tree: &Genealogy, facts: &Facts, walked: &Walked) -> Vec<Component> {
    let suspect = walked.finding.as_ref().map(|finding| finding.component.as_str());
    let component = |fed: &Fed| {
        let name = tree.component(fed.component);
        let shares = fed.ambiguous.then(|| rules::shares(&fed.uses.iter().map(|one| one.quantity_milli).collect::<Vec<_>>())).flatten();
        let lots = fed.uses.iter().enumerate().map(|(place, one)| {
            let lot = facts.lot(tree.lot_id(one.lot));
            let whole = Span { batch: 0, from: one.from, to: one.to }.is_whole();
            ComponentLot {
                lot: lot.map(|lot| lot.code.clone()),
                material: lot.map(|lot| lot.material.clone()),
                supplier: facts.party(tree.party_of_lot(one.lot)),
                units: (!whole).then(|| rules::as_people_count(&(i64::from(one.from)..i64::from(one.to)))),
                share_micro: shares.as_ref().and_then(|shares| shares.get(place).copied()),
            }
        });
        Component { component: name.to_owned(), ambiguous: fed.ambiguous, suspected: suspect == Some(name), lots: lots.collect() }
    };
    walked.fed.iter().map(component).collect()
}

fn lot_line(tree: &Genealogy, facts: &Facts, lot: u32, level: i64) -> LotLine {
    let id = tree.lot_id(lot);
    let known = facts.lot(id);
    LotLine {
        level,
        code: known.map(|lot| lot.code.clone()),
        kind: facts.lots.get(&id).map(|lot| lot.kind.clone()).unwrap_or_default(),
        material: known.map(|lot| lot.material.clone()),
        dye_lot: known.map(|lot| lot.dye_lot.clone()).unwrap_or_default(),
        supplier: facts.party(tree.party_of_lot(lot)),
    }
}

fn batch_line(tree: &Genealogy, facts: &Facts, counted: &Counted, paths: &HashMap<i64, (Vec<u32>, bool)>, batch: &BatchFacts) -> BatchLine {
    let units = counted.units.get(&batch.no).map(Vec::as_slice).unwrap_or_default();
    let made = count(units);
    let (sold, claimed) = counted.sold.get(&batch.no).copied().unwrap_or_default();
    let (findings, pieces) = counted.found.get(&batch.no).copied().unwrap_or_default();
    let path = paths.get(&batch.no).map_or_else(Vec::new, |(path, whole)| {
        let cut = (!whole).then(|| Some("…".to_owned()));
        cut.into_iter().chain(path.iter().map(|lot| facts.lot(tree.lot_id(*lot)).map(|lot| lot.code.clone()))).collect()
    });
    BatchLine {
        code: batch.code.clone(),
        no: batch.no,
        style: batch.style.clone(),
        style_name: batch.style_name.clone(),
        sku: batch.sku.clone(),
        factory: facts.party(batch.factory_id),
        line: if facts.may_know(batch.factory_id) { batch.line.clone() } else { String::new() },
        finished_on: batch.finished_on,
        status: batch.status.clone(),
        units: units.iter().map(rules::as_people_count).collect(),
        minted: batch.minted,
        made,
        labelled: counted.labelled.get(&batch.no).copied().unwrap_or_default(),
        void: counted.void.get(&batch.no).copied().unwrap_or_default(),
        sold,
        claimed,
        findings,
        pieces,
        per_thousand: rules::per_thousand(pieces, made),
        path,
        costs: Vec::new(),
    }
}

fn totals(
    tree: &Genealogy,
    facts: &Facts,
    levels: &[(u32, i64)],
    lines: &[BatchLine],
    counted: &Counted,
    lot_findings: &[FindingCount],
) -> Totals {
    let whole = |count: usize| saturating(count);
    let suppliers: HashSet<i64> = levels.iter().map(|(lot, _)| tree.party_of_lot(*lot)).filter(|party| facts.may_know(*party)).collect();
    let sum = |of: fn(&BatchLine) -> i64| lines.iter().map(of).sum::<i64>();
    let found = || counted.findings.iter().chain(lot_findings);
    Totals {
        lots: whole(levels.len()),
        hidden_lots: whole(levels.iter().filter(|(lot, _)| !facts.may_know(tree.party_of_lot(*lot))).count()),
        suppliers: whole(suppliers.len()),
        batches: whole(lines.len()),
        made: sum(|line| line.made),
        labelled: sum(|line| line.labelled),
        void: sum(|line| line.void),
        sold: sum(|line| line.sold),
        claimed: sum(|line| line.claimed),
        findings: found().map(|count| count.findings).sum(),
        pieces: found().map(|count| count.quantity).sum(),
        critical: found().filter(|count| count.severity == "critical").map(|count| count.findings).sum(),
    }
}

/// By retailer; for a bound caller by country alone.
fn places(facts: &Facts) -> Vec<Place> {
    let mut sums: BTreeMap<(i64, &str, &str), (i64, i64)> = BTreeMap::new();
    for tally in &facts.tallies {
        let party = facts.parties.get(&tally.party_id);
        let (country, city) = party.map_or(("", ""), |party| (party.country.as_str(), party.city.as_str()));
        let key = if facts.may_know(tally.party_id) { (tally.party_id, country, city) } else { (0, country, "") };
        let sum = sums.entry(key).or_default();
        *sum = (sum.0 + tally.sold, sum.1 + tally.claimed);
    }
    let mut places: Vec<Place> = sums
        .into_iter()
        .filter(|(_, counts)| *counts != (0, 0))
        .map(|((party, country, city), (sold, claimed))| Place {
            retailer: facts.party(party),
            country: country.to_owned(),
            city: city.to_owned(),
            sold,
            claimed,
        })
        .collect();
    places.sort_by_key(|place| std::cmp::Reverse((place.sold, place.claimed)));
    places
}

fn defects<'a>(db: &mut Db, counts: impl Iterator<Item = &'a FindingCount>) -> Result<Vec<DefectLine>> {
    let mut sums: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for count in counts {
        let sum = sums.entry((count.defect.clone(), count.severity.clone())).or_default();
        *sum = (sum.0 + count.findings, sum.1 + count.quantity);
    }
    let codes: Vec<String> = sums.keys().map(|(code, _)| code.clone()).collect();
    let names: HashMap<String, Both> = store::defect_names(db, &codes)?;
    let mut lines: Vec<DefectLine> = sums
        .into_iter()
        .map(|((code, severity), (findings, pieces))| DefectLine {
            name: names.get(&code).cloned().unwrap_or_default(),
            code,
            severity,
            findings,
            pieces,
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.pieces, line.findings)));
    Ok(lines)
}
