//! What is held in memory: the frame, the counts, and the answers made of them, each as long as what it was made of stands.
//!
//! A claim more is read by its number and counted by itself; another day, or more sold, brings new expectations; another genealogy or catalogue a
//! new frame. Nothing changed: one question of the versions, and the answer that is there.
//!
//! Every number of an answer depends on every claim of its defect: one more raises what is expected of all garments together, and so the ratio of each
//! lot. So the answer about the defect of a claim is worked out anew, whole, by whoever asks next, and is exact as of that moment; so are the sums over
//! all defects. What a claim says to *other* defects (how late claims are written down, the age curve that a defect with few claims borrows from all,
//! the month of the first claim) is taken in when their answers are worked out: after their next claim, the next sale, or the next day.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;

use chrono::{Datelike, Days, NaiveDate};

use super::rules::counts::{ALL_DEFECTS, CellKey, ClaimCounts, ClaimKind, Costs, CountedClaim, SaleMonths, Tallies};
use super::rules::expectation::{Expectation, Known, expectation};
use super::rules::exposed::Exposed;
use super::rules::frame::{Feature, Frame, Stretch};
use super::rules::judge::{self, Judged, Judgement};
use super::rules::month_of;
use super::store::{self, CLAIM_STAGES, FoundAbout, FoundOn, LINE_STAGES, SaleFacts, SourceVersions};
use super::{Answerable, ClaimsAsk};
use crate::aftersales::{cases, ledger};
use crate::kernel::{BatchNo, GarmentId, Id, Result, saturating};
use crate::platform::db::{Db, Store};
use crate::platform::events;
use crate::platform::locks::lock;
use crate::quality::trace;

/// The milliseconds of an id stand above its lowest 22 bits.
const MINUTE: i64 = 60_000 << 22;
/// Things touched since the last look, above which everything is read anew.
const MANY: usize = 20_000;

/// What signals hold of a store.
#[derive(Default)]
pub struct HeldSignals(Mutex<Option<State>>);

struct State {
    versions: SourceVersions,
    today: NaiveDate,
    frame: Frame,
    tallies: Tallies,
    /// Sales and ends of sales, by batch.
    sales_by_batch: HashMap<i64, i64>,
    no_fault: BTreeSet<i64>,
    /// What was sold, laid out for the answers.
    exposed: Exposed,
    answers: HashMap<(ClaimKind, String), Arc<Answered>>,
    together: HashMap<ClaimKind, Option<Together>>,
}

/// All defects together. Nobody asks who is behind all of them, and that is not worked out.
#[derive(Clone, Debug)]
pub struct Together {
    /// Claims that are counted.
    pub claims: u32,
    /// What they cost.
    pub costs: Costs,
    /// Claims that are counted nowhere, as their garment was never sold here.
    pub left_out: u32,
}

/// The answer about one defect.
#[derive(Debug)]
pub struct Answered {
    /// What was found.
    pub judged: Judged,
    /// What was expected, by which every cell was judged.
    pub expectation: Expectation,
    /// Claims of the running month and the one before.
    pub recent: u32,
    /// What all of them cost.
    pub costs: Costs,
    /// What those cost that a report may name, by place.
    pub costs_of: BTreeMap<u32, Costs>,
}

/// What a report is made of.
pub struct HeldFacts {
    /// What the answers name, by place.
    pub features: HashMap<u32, Feature>,
    /// The defects that have claims, each with its answer, by code.
    pub defects: Vec<(String, Arc<Answered>)>,
    /// All defects together.
    pub all: Option<Together>,
    /// The month of the first claim.
    pub first: Option<i32>,
    /// Garments sold, or pieces made.
    pub sold: u64,
    /// Garments that were looked at and nothing was found.
    pub no_fault: u64,
}

/// What is known as of today.
pub fn facts(store: &Store, db: &mut Db, today: NaiveDate, kind: ClaimKind) -> Result<HeldFacts> {
    with_state(store, db, today, |state| state.facts(kind))
}

/// A defect, the answer about it, and what is said of some.
pub type SomeOfDefect = (String, Arc<Answered>, Vec<(Answerable, Judgement)>);

/// The answers about every defect, each with what is said of those of these that have garments.
pub fn of_those(store: &Store, db: &mut Db, today: NaiveDate, kind: ClaimKind, those: &[Answerable]) -> Result<Vec<SomeOfDefect>> {
    with_state(store, db, today, |state| state.of_those(kind, those))
}

/// The same, and the claims and expected claims by month that it comes to: both of one state, for whoever holds the one against the other.
pub fn of_those_by_month(
    store: &Store,
    db: &mut Db,
    today: NaiveDate,
    kind: ClaimKind,
    those: &[Answerable],
) -> Result<(Vec<SomeOfDefect>, ByMonth)> {
    with_state(store, db, today, |state| (state.of_those(kind, those), state.by_month(kind, those)))
}

/// A claim behind a row.
pub struct ClaimBehind {
    /// The garment's number, or a batch's with a minus.
    pub subject: i64,
    /// Month of the claim.
    pub month: i32,
    /// Pieces.
    pub pieces: u32,
    /// What it cost.
    pub costs: Costs,
}

/// What a row is of, and every claim behind it. None for what garments do not have in common.
pub fn behind(store: &Store, db: &mut Db, today: NaiveDate, ask: &ClaimsAsk) -> Result<Option<(Feature, Vec<ClaimBehind>)>> {
    with_state(store, db, today, |state| {
        let place = state.frame.place_of_key(&ask.of)?;
        let feature = state.frame.feature(place)?.clone();
        let is_in = |(stretch, retailer): CellKey| match &feature {
            Feature::Retailer(id) => *id == retailer,
            _ => state.frame.features_of(stretch).contains(&place),
        };
        let own = state.tallies.in_cells(ask.kind).filter(|(_, claim, cell, _)| *claim.defect == *ask.defect && is_in(*cell));
        let one = |(subject, claim, ..): (i64, &CountedClaim, CellKey, SaleMonths)| ClaimBehind {
            subject,
            month: claim.month,
            pieces: claim.pieces,
            costs: claim.costs.clone(),
        };
        let found = own.map(one).collect();
        Some((feature, found))
    })
}

/// Claims and expected claims, of what as to which defect, by month.
pub type ByMonth = BTreeMap<(Answerable, Arc<str>), BTreeMap<i32, (u32, f64)>>;

fn with_state<T>(store: &Store, db: &mut Db, today: NaiveDate, ask: impl FnOnce(&mut State) -> T) -> Result<T> {
    let held = store.held::<HeldSignals>();
    let mut held = lock(&held.0);
    let versions = store::versions(db)?;
    let mut state = match held.take() {
        // A reader whose state is older than what is held is served by the newer.
        Some(state) if state.is_as_new(&versions) && state.today == today => state,
        Some(state) => state.renewed(store, db, versions, today)?,
        None => State::read(store, db, versions, today)?,
    };
    let answer = ask(&mut state);
    *held = Some(state);
    Ok(answer)
}

impl State {
    fn is_as_new(&self, now: &SourceVersions) -> bool {
        let held = &self.versions;
        held.genealogy >= now.genealogy && held.catalogue >= now.catalogue && held.sold == now.sold && held.event >= now.event
    }

    /// The places of those that garments have in common.
    fn places_of(&self, those: &[Answerable]) -> HashMap<u32, Answerable> {
        let feature = |one: &Answerable| match one {
            Answerable::Lot(id) => Feature::Lot(id.0),
            Answerable::Factory(id) => Feature::Factory(id.0),
            Answerable::Retailer(id) => Feature::Retailer(id.0),
        };
        those.iter().filter_map(|one| Some((self.frame.known_place(&feature(one))?, *one))).collect()
    }

    /// Which of these a cell belongs to.
    fn of_cell<'a>(&'a self, (stretch, retailer): CellKey, places: &'a HashMap<u32, Answerable>) -> impl Iterator<Item = Answerable> + 'a {
        let sold_by = self.frame.known_place(&Feature::Retailer(retailer));
        self.frame.features_of(stretch).iter().copied().chain(sold_by).filter_map(|place| places.get(&place).copied())
    }

    fn of_those(&mut self, kind: ClaimKind, those: &[Answerable]) -> Vec<SomeOfDefect> {
        let places = self.places_of(those);
        let of_defect = |(defect, answer): (String, Arc<Answered>)| {
            let some = answer.judged.all.iter().filter_map(|one| Some((*places.get(&one.place)?, one.clone()))).collect();
            (defect, answer, some)
        };
        self.answers_of(kind, &self.tallies.defects(kind)).into_iter().map(of_defect).collect()
    }

    fn by_month(&mut self, kind: ClaimKind, those: &[Answerable]) -> ByMonth {
        let places = self.places_of(those);
        let mut found = ByMonth::new();
        for (_, claim, cell, sale) in self.tallies.in_cells(kind).filter(|(_, claim, ..)| !claim.defect.is_empty()) {
            for of in self.of_cell(cell, &places) {
                found.entry((of, Arc::clone(&claim.defect))).or_default().entry(sale.of_claim(claim.month)).or_default().0 += claim.pieces;
            }
        }
        let defects: BTreeSet<String> = found.keys().map(|(_, defect)| defect.to_string()).collect();
        let answers: HashMap<String, Arc<Answered>> = self.answers_of(kind, &defects.into_iter().collect::<Vec<_>>()).into_iter().collect();
        let mut sold: HashMap<Answerable, Vec<&(SaleMonths, u32)>> = HashMap::new();
        for (cell, months) in &self.tallies.sold {
            for of in self.of_cell(*cell, &places) {
                sold.entry(of).or_default().extend(months);
            }
        }
        for ((of, defect), by_month) in &mut found {
            let Some(answer) = answers.get(&**defect) else { continue };
            for (sale, garments) in sold.get(of).into_iter().flatten() {
                for (month, each) in answer.expectation.months(*sale) {
                    by_month.entry(month).or_default().1 += f64::from(*garments) * each;
                }
            }
            by_month.retain(|_, (claims, expected)| *claims > 0 || *expected > 0.0);
        }
        found
    }

    /// Everything, from the store.
    fn read(store: &Store, db: &mut Db, versions: SourceVersions, today: NaiveDate) -> Result<Self> {
        let frame = frame(store, db)?;
        let mut state = Self {
            versions,
            today,
            sales_by_batch: store::sales_by_batch(db)?,
            frame,
            tallies: Tallies::default(),
            no_fault: BTreeSet::new(),
            exposed: Exposed::default(),
            answers: HashMap::new(),
            together: HashMap::new(),
        };
        state.read_sold(db, None)?;
        state.place_retailers();
        let claims = state.claims(db, None)?;
        for (subject, claims) in claims {
            state.tallies.replace(subject, claims);
        }
        state.lay_out();
        Ok(state)
    }

    /// What is held, and what has changed since.
    fn renewed(mut self, store: &Store, db: &mut Db, versions: SourceVersions, today: NaiveDate) -> Result<Self> {
        let is_parted = (self.versions.genealogy, self.versions.catalogue) != (versions.genealogy, versions.catalogue);
        let is_sold = self.versions.sold != versions.sold;
        if is_parted {
            let frame = frame(store, db)?;
            if !frame.is_parted_like(&self.frame) {
                return Self::read(store, db, versions, today);
            }
            self.frame = frame;
            self.place_retailers();
        }
        let mut garments: BTreeSet<GarmentId> = BTreeSet::new();
        let mut batches: BTreeSet<BatchNo> = BTreeSet::new();
        if is_sold {
            let now = store::sales_by_batch(db)?;
            let changed: Vec<i64> = now.iter().filter(|(no, sold)| self.sales_by_batch.get(no) != Some(sold)).map(|(no, _)| *no).collect();
            self.sales_by_batch = now;
            self.read_sold(db, Some(&changed))?;
            self.place_retailers();
            // A claim on a garment that was not sold yet may count now, and one on a garment that came back is of its sale until then.
            for no in changed {
                let (first, last) = GarmentId::range_of(BatchNo(no));
                garments.extend(self.tallies.subjects(first..last + 1).into_iter().map(GarmentId));
            }
        }
        if self.versions.event < versions.event {
            // HeldFacts of the last minutes once more: one that was slow to be written may have come in behind a later one.
            let touched = events::touched(db, self.versions.event - 2 * MINUTE, &["finding", "case"])?;
            if touched.len() > MANY {
                return Self::read(store, db, versions, today);
            }
            let of = |kind: &str| touched.iter().filter(|(of, _)| of == kind).map(|(_, id)| Id(*id)).collect::<Vec<_>>();
            let (found_on, whole) = store::subjects_of(db, &of("finding"))?;
            garments.extend(found_on);
            batches.extend(whole);
            garments.extend(cases::garments_of(db, &of("case"))?);
        }
        if !garments.is_empty() || !batches.is_empty() {
            let (garments, batches): (Vec<_>, Vec<_>) = (garments.into_iter().collect(), batches.into_iter().collect());
            for (subject, claims) in self.claims(db, Some((&garments, &batches)))? {
                for (kind, defect) in self.tallies.replace(subject, claims) {
                    self.answers.remove(&(kind, defect.to_string()));
                    self.together.remove(&kind);
                }
            }
        }
        if is_parted || is_sold {
            self.lay_out();
        }
        if is_parted || is_sold || self.today != today {
            self.answers.clear();
            self.together.clear();
        }
        (self.versions, self.today) = (versions, today);
        Ok(self)
    }

    /// Lays out what was sold.
    fn lay_out(&mut self) {
        let place = |retailer| self.frame.known_place(&Feature::Retailer(retailer));
        self.exposed = Exposed::of(self.tallies.sold.iter().map(|(cell, months)| (*cell, months.as_slice())), place);
    }

    /// Reads what was sold: of these batches, or of all.
    fn read_sold(&mut self, db: &mut Db, of: Option<&[i64]>) -> Result<()> {
        let place = |place: u32| self.frame.stretches().get(saturating::<usize>(place)).map(|one| (place, one));
        let stretches: Vec<(u32, &Stretch)> = match of {
            None => (0u32..).zip(self.frame.stretches()).collect(),
            Some(batches) => batches.iter().flat_map(|no| self.frame.of_batch(*no)).filter_map(place).collect(),
        };
        let sold = store::sold(db, &stretches)?;
        for (place, _) in &stretches {
            let before: Vec<CellKey> = self.tallies.sold.range((*place, i64::MIN)..=(*place, i64::MAX)).map(|(key, _)| *key).collect();
            for key in before {
                self.tallies.sold.remove(&key);
            }
        }
        self.tallies.sold.extend(sold);
        Ok(())
    }

    /// Who sold is something that garments have in common as well.
    fn place_retailers(&mut self) {
        let retailers: BTreeSet<i64> = self.tallies.sold.keys().map(|(_, retailer)| *retailer).collect();
        for retailer in retailers {
            self.frame.place(Feature::Retailer(retailer), "");
        }
    }

    /// The claims on these garments and batches, or on all, by what they are about (a batch's number with a minus); empty where there are none.
    fn claims(&mut self, db: &mut Db, of: Option<(&[GarmentId], &[BatchNo])>) -> Result<BTreeMap<i64, Vec<CountedClaim>>> {
        let said = cases::claims(db, of.map(|(garments, _)| garments))?;
        let found = match of {
            None => store::found(db, FoundAbout::All)?,
            Some((garments, batches)) => {
                let mut found = store::found(db, FoundAbout::Garments(garments))?;
                found.extend(store::found(db, FoundAbout::Batches(batches))?);
                found
            }
        };
        // One for each garment, kind and defect: the case's line wins over a finding, the first day over a later one.
        let mut first = FirstOf::new();
        // A code is kept once, however many claims have it.
        let mut codes: HashMap<String, Arc<str>> = HashMap::new();
        let mut keep = |garment, kind, defect: String, fact: (bool, NaiveDate, i32)| {
            let defect = Arc::clone(codes.entry(defect).or_insert_with_key(|code| Arc::from(code.as_str())));
            let known = first.entry((garment, kind, defect)).or_insert(fact);
            *known = (*known).min(fact);
        };
        for (kind, claims) in [(ClaimKind::Reported, said.reported), (ClaimKind::Confirmed, said.confirmed)] {
            for claim in claims {
                keep(claim.garment, kind, claim.defect, (false, claim.on, month_of(claim.on)));
            }
        }
        let mut by_subject: BTreeMap<i64, Vec<CountedClaim>> = BTreeMap::new();
        for one in found {
            let written = one.written.0;
            match (one.garment, one.batch) {
                (Some(garment), _) => {
                    let kind = if CLAIM_STAGES.contains(&one.stage) { ClaimKind::Reported } else { ClaimKind::Line };
                    keep(garment, kind, one.defect, (true, one.on, written));
                }
                (None, Some(batch)) if LINE_STAGES.contains(&one.stage) => {
                    let claim = self.of_batch(batch, &one, written);
                    by_subject.entry(-batch.0).or_default().push(claim);
                }
                _ => {}
            }
        }
        let mut garments: Vec<GarmentId> = first.keys().map(|(garment, ..)| *garment).collect();
        garments.dedup();
        let sales = store::sales_of(db, &garments)?;
        let mut costs = costs_of(db, of.is_some(), &said.lines)?;
        for ((garment, kind, defect), (_, on, written)) in first {
            let stretch = self.frame.stretch_of(garment.batch().0, garment.unit());
            let at = match kind {
                ClaimKind::Line => stretch.map(|stretch| ((stretch, 0), SaleMonths::default())),
                _ => stretch.zip(sale_at(&sales, garment, on)).map(|(stretch, sale)| ((stretch, sale.retailer), sale.months)),
            };
            let key = (garment, kind, defect);
            let costs = costs.remove(&key).unwrap_or_default();
            let claim = CountedClaim { kind, defect: key.2, at, month: month_of(on), written, pieces: 1, costs };
            by_subject.entry(garment.0).or_insert_with(|| Vec::with_capacity(1)).push(claim);
        }
        match of {
            None => self.no_fault = said.no_fault.into_iter().map(|(garment, _)| garment.0).collect(),
            Some((garments, batches)) => {
                for garment in garments {
                    self.no_fault.remove(&garment.0);
                    by_subject.entry(garment.0).or_default();
                }
                self.no_fault.extend(said.no_fault.into_iter().map(|(garment, _)| garment.0));
                for batch in batches {
                    by_subject.entry(-batch.0).or_default();
                }
            }
        }
        Ok(by_subject)
    }

    /// A finding on a whole batch: in its cell, unless its units are of different lots and nobody can tell which ones it was on.
    fn of_batch(&self, batch: BatchNo, found: &FoundOn, written: i32) -> CountedClaim {
        let stretches = self.frame.of_batch(batch.0);
        let only = (stretches.len() == 1).then_some(((stretches.start, 0), SaleMonths::default()));
        CountedClaim {
            kind: ClaimKind::Line,
            defect: found.defect.as_str().into(),
            at: only,
            month: month_of(found.on),
            written,
            pieces: saturating(found.pieces),
            costs: Costs::default(),
        }
    }

    fn facts(&mut self, kind: ClaimKind) -> HeldFacts {
        let defects = self.answers_of(kind, &self.tallies.defects(kind));
        if !self.together.contains_key(&kind) {
            self.together.insert(kind, self.all_together(kind));
        }
        let all = self.together.get(&kind).cloned().flatten();
        let sold = self.exposed_to(kind).garments;
        let places = defects.iter().flat_map(|(_, answer)| answer.judged.named());
        let features = places.filter_map(|place| Some((place, self.frame.feature(place)?.clone()))).collect();
        HeldFacts { features, defects, all, first: self.first(kind), sold, no_fault: saturating(self.no_fault.len()) }
    }

    fn first(&self, kind: ClaimKind) -> Option<i32> {
        let all = self.tallies.claims(kind, ALL_DEFECTS)?;
        all.months.iter().filter(|(_, count)| **count > 0).map(|((_, claim), _)| *claim).min()
    }

    /// From when to when claims of a kind are known; None before the first.
    fn known(&self, kind: ClaimKind) -> Option<Known> {
        Some(Known { first: self.first(kind)?, now: month_of(self.today), over: over(self.today) })
    }

    /// Garments that could be claimed; of findings at the line, pieces that were made.
    fn exposed_to(&self, kind: ClaimKind) -> Cow<'_, Exposed> {
        if kind != ClaimKind::Line {
            return Cow::Borrowed(&self.exposed);
        }
        let made: Vec<[(SaleMonths, u32); 1]> = self.frame.stretches().iter().map(|one| [(SaleMonths::default(), one.made)]).collect();
        Cow::Owned(Exposed::of((0_u32..).zip(&made).map(|(place, made)| ((place, 0), made.as_slice())), |_| None))
    }

    /// What was to be expected; None where no claim counts.
    fn expected(&self, kind: ClaimKind, counts: &ClaimCounts, exposed: &Exposed) -> Option<Expectation> {
        let known = self.known(kind)?;
        match kind {
            ClaimKind::Line => Some(Expectation::of_pieces(counts.total(), exposed.by_months.values().sum())),
            _ => expectation(&exposed.by_months, counts, self.tallies.claims(kind, ALL_DEFECTS)?, known),
        }
    }

    /// All defects together; None where no claim counts.
    fn all_together(&self, kind: ClaimKind) -> Option<Together> {
        let (counts, exposed) = (self.tallies.claims(kind, ALL_DEFECTS)?, self.exposed_to(kind));
        self.expected(kind, counts, &exposed)?;
        let claims = exposed.with_claims(&counts.cells).fold(0_u32, |sum, (_, count)| sum.saturating_add(count));
        Some(Together { claims, costs: sum_of(counts), left_out: counts.left_out })
    }

    /// The answers about these defects that have claims that count: those that are there, and new ones in the place of those that are not, as many at
    /// a time as the machine has processors.
    fn answers_of(&mut self, kind: ClaimKind, defects: &[String]) -> Vec<(String, Arc<Answered>)> {
        let missing: Vec<&String> = defects.iter().filter(|defect| !self.answers.contains_key(&(kind, (*defect).clone()))).collect();
        if !missing.is_empty() {
            let (next, state) = (AtomicUsize::new(0), &*self);
            let work = || {
                let mut found = Vec::new();
                while let Some(defect) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    found.extend(state.answered(kind, defect).map(|answer| ((kind, (*defect).clone()), Arc::new(answer))));
                }
                found
            };
            let others = available_parallelism().map_or(1, NonZero::get).min(missing.len()) - 1;
            let found: Vec<_> = std::thread::scope(|scope| {
                let others: Vec<_> = (0..others).map(|_| scope.spawn(work)).collect();
                let own = work();
                let theirs = others.into_iter().flat_map(|other| match other.join() {
                    Ok(answers) => answers,
                    Err(cause) => resume_unwind(cause),
                });
                theirs.chain(own).collect()
            });
            self.answers.extend(found);
        }
        let of = |defect: &String| Some((defect.clone(), Arc::clone(self.answers.get(&(kind, defect.clone()))?)));
        defects.iter().filter_map(of).collect()
    }

    /// Works out the answer about a defect.
    fn answered(&self, kind: ClaimKind, defect: &str) -> Option<Answered> {
        let (counts, exposed) = (self.tallies.claims(kind, defect)?, self.exposed_to(kind));
        let expectation = self.expected(kind, counts, &exposed)?;
        let judged = judge::judge(&self.frame, &judge::cells(&exposed, &counts.cells, &expectation));
        let shown = judged.named().collect();
        let retailer = |retailer| self.frame.known_place(&Feature::Retailer(retailer));
        Some(Answered {
            costs_of: judge::costs_of(&self.frame, &counts.costs, retailer, &shown),
            costs: sum_of(counts),
            judged,
            expectation,
            recent: counts.since(month_of(self.today) - 1),
        })
    }
}

/// What claims cost together.
fn sum_of(counts: &ClaimCounts) -> Costs {
    let mut costs = Costs::default();
    counts.costs.values().for_each(|one| costs.sum(one, true));
    costs
}

/// Of each garment, kind and defect the claim that counts: whether a finding says it rather than a case, the day, the month it was written down in.
type FirstOf = BTreeMap<(GarmentId, ClaimKind, Arc<str>), (bool, NaiveDate, i32)>;

/// What claims cost.
type CostsOf = HashMap<(GarmentId, ClaimKind, Arc<str>), Costs>;

/// What the lines cost, by the claims that they are: what was said, and what was found. Asked about `some` lines, only theirs is read.
fn costs_of(db: &mut Db, some: bool, lines: &[cases::ClaimLine]) -> Result<CostsOf> {
    let ids: Vec<Id> = if some { lines.iter().map(|line| line.id).collect() } else { Vec::new() };
    let mut by_line: HashMap<Id, Costs> = HashMap::new();
    for cost in ledger::costs_of_lines(db, some.then_some(ids.as_slice()))? {
        by_line.entry(cost.line).or_default().add(&cost.currency, cost.minor);
    }
    let mut costs = CostsOf::new();
    for line in lines {
        let Some(cost) = by_line.get(&line.id) else { continue };
        let said = (line.garment, ClaimKind::Reported, line.said.as_deref().unwrap_or_default().into());
        let found = line.found.as_deref().map(|found| (line.garment, ClaimKind::Confirmed, found.into()));
        for key in [Some(said), found].into_iter().flatten() {
            costs.entry(key).or_default().sum(cost, true);
        }
    }
    Ok(costs)
}

/// The sale under which a garment was when something was said of it: the last one before, or its first.
fn sale_at(sales: &[SaleFacts], garment: GarmentId, on: NaiveDate) -> Option<&SaleFacts> {
    let from = sales.partition_point(|sale| sale.garment < garment);
    let own = sales.get(from..)?.iter().take_while(|sale| sale.garment == garment);
    own.clone().filter(|sale| sale.sold_on <= on).last().or(own.into_iter().next())
}

fn frame(store: &Store, db: &mut Db) -> Result<Frame> {
    let genealogy = trace::held_genealogy(store, db)?;
    let batches = store::batches(db)?;
    Ok(Frame::of(&batches, &genealogy, &store::kinds(db)?))
}

/// The part of a day's month that is over when the day is.
fn over(today: NaiveDate) -> f64 {
    let first = today - Days::new(u64::from(today.day0()));
    let days = first.checked_add_months(chrono::Months::new(1)).map_or(30, |next| (next - first).num_days());
    f64::from(today.day()) / f64::from(saturating::<u32>(days.max(1)))
}
