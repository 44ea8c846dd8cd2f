//! Counting: sold garments by cell and month, claims by cell and by month of sale and claim. A claim more or less is a step per count.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::choices;

choices! {
    /// Which claims are counted. They are never mixed.
    #[derive(Default)]
    ClaimKind {
        /// What buyers and shops say is wrong: early.
        #[default]
        Reported = "reported", "报告的索赔", "Reported";
        /// What was found when the garment was looked at: sure.
        Confirmed = "confirmed", "确认的索赔", "Confirmed";
        /// What was found before the sale, out of all pieces made.
        Line = "line", "产线发现", "Found at the line";
    }
}

/// A stretch of units, and who sold them (0: none named; always for what is found at the line).
pub type CellKey = (u32, i64);

/// The months of a sale: a garment is at risk of claims from the one to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaleMonths {
    /// In which it was sold.
    pub sold: i32,
    /// In which it came back, where it did.
    pub ended: Option<i32>,
}

impl SaleMonths {
    /// The month that a claim of some month is counted in: what was said after it had come back is of the month in which it did.
    pub fn of_claim(&self, month: i32) -> i32 {
        self.ended.map_or(month, |ended| ended.min(month))
    }

    /// Whether a garment was at risk in a month.
    pub fn holds(&self, month: i32) -> bool {
        self.sold <= month && self.ended.is_none_or(|ended| month <= ended)
    }
}

/// What claims cost: minor units by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs(Vec<([u8; 3], i64)>);

impl Costs {
    /// Adds minor units of a currency; a code that is none is left out.
    pub fn add(&mut self, currency: &str, minor: i64) {
        if let Ok(code) = <[u8; 3]>::try_from(currency.as_bytes()) {
            self.step(code, minor);
        }
    }

    /// Adds others to these, or takes them away.
    pub fn sum(&mut self, others: &Self, add: bool) {
        for (currency, minor) in &others.0 {
            self.step(*currency, if add { *minor } else { minor.saturating_neg() });
        }
    }

    fn step(&mut self, currency: [u8; 3], minor: i64) {
        match self.0.binary_search_by_key(&currency, |one| one.0) {
            Ok(at) => {
                let left = self.0.get_mut(at).map(|one| {
                    one.1 = one.1.saturating_add(minor);
                    one.1
                });
                if left == Some(0) {
                    self.0.remove(at);
                }
            }
            Err(at) if minor != 0 => self.0.insert(at, (currency, minor)),
            Err(_) => {}
        }
    }

    /// Whether they come to nothing.
    pub const fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// The most of a currency.
    pub fn largest(&self) -> i64 {
        self.0.iter().map(|(_, minor)| *minor).max().unwrap_or_default()
    }

    /// Each currency with its minor units, by code.
    pub fn each(&self) -> impl Iterator<Item = (String, i64)> + '_ {
        self.0.iter().map(|(code, minor)| (String::from_utf8_lossy(code).into_owned(), *minor))
    }
}

/// A claim as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedClaim {
    /// Which kind.
    pub kind: ClaimKind,
    /// Code of the defect; empty where nobody named one.
    pub defect: Arc<str>,
    /// Its cell and the months of its sale; none where the day of the sale is not known, or the units are not told apart.
    pub at: Option<(CellKey, SaleMonths)>,
    /// Month of the claim.
    pub month: i32,
    /// Month in which it was written down here.
    pub written: i32,
    /// Pieces.
    pub pieces: u32,
    /// What it cost so far.
    pub costs: Costs,
}

/// Claims of one kind and defect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimCounts {
    /// By cell.
    pub cells: BTreeMap<CellKey, u32>,
    /// By month of sale and month of the claim; what was said of a garment after it had come back is of the month in which it did.
    pub months: BTreeMap<(i32, i32), u32>,
    /// By month of the claim and month in which it was written down.
    pub written: BTreeMap<(i32, i32), u32>,
    /// What they cost, by cell; a cell whose claims cost nothing is not there.
    pub costs: BTreeMap<CellKey, Costs>,
    /// Claims that are in no cell.
    pub left_out: u32,
    total: u32,
}

impl ClaimCounts {
    /// Counts a claim, or takes it back.
    fn count(&mut self, claim: &CountedClaim, add: bool) {
        let Some((cell, sale)) = claim.at else {
            self.left_out = if add { self.left_out.saturating_add(claim.pieces) } else { self.left_out.saturating_sub(claim.pieces) };
            return;
        };
        self.total = if add { self.total.saturating_add(claim.pieces) } else { self.total.saturating_sub(claim.pieces) };
        step(&mut self.cells, cell, claim.pieces, add);
        let month = sale.of_claim(claim.month);
        step(&mut self.months, (sale.sold, month), claim.pieces, add);
        step(&mut self.written, (claim.month, claim.written), claim.pieces, add);
        if !claim.costs.is_nothing() {
            let costs = self.costs.entry(cell).or_default();
            costs.sum(&claim.costs, add);
            if costs.is_nothing() {
                self.costs.remove(&cell);
            }
        }
    }

    /// All of them that are in a cell.
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// Those of the months from one on.
    pub fn since(&self, month: i32) -> u32 {
        self.months.iter().filter(|((_, claim), _)| *claim >= month).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

fn step<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K, by: u32, add: bool) {
    let count = counts.entry(key).or_default();
    *count = if add { count.saturating_add(by) } else { count.saturating_sub(by) };
}

/// Everything that was counted.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    /// Garments sold, by cell and months of the sale; one that came back and was sold again is there twice.
    pub sold: BTreeMap<CellKey, Vec<(SaleMonths, u32)>>,
    /// Claims by what they are about: a garment's number, or a batch's with a minus.
    of: BTreeMap<i64, Vec<CountedClaim>>,
    counts: HashMap<ClaimKind, HashMap<Arc<str>, ClaimCounts>>,
}

/// The name under which all defects together are counted.
pub const ALL_DEFECTS: &str = "*";

impl Tallies {
    /// Takes in what is now known of a garment or batch, in the place of what was; says which defects that changes.
    pub fn replace(&mut self, subject: i64, claims: Vec<CountedClaim>) -> Vec<(ClaimKind, Arc<str>)> {
        let before = self.of.remove(&subject).unwrap_or_default();
        let mut changed = Vec::new();
        if before != claims {
            for (list, add) in [(&before, false), (&claims, true)] {
                for claim in list {
                    self.count(claim, add);
                    changed.push((claim.kind, Arc::clone(&claim.defect)));
                }
            }
        }
        if !claims.is_empty() {
            self.of.insert(subject, claims);
        }
        changed
    }

    fn count(&mut self, claim: &CountedClaim, add: bool) {
        let of_kind = self.counts.entry(claim.kind).or_default();
        for defect in [&*claim.defect, ALL_DEFECTS] {
            match of_kind.get_mut(defect) {
                Some(counts) => counts.count(claim, add),
                None => of_kind.entry(defect.into()).or_default().count(claim, add),
            }
        }
    }

    /// The garments and batches (with a minus) of some numbers that something was counted of.
    pub fn subjects(&self, range: std::ops::Range<i64>) -> Vec<i64> {
        self.of.range(range).map(|(subject, _)| *subject).collect()
    }

    /// Every claim of a kind that is in a cell: what it is about, the claim, its cell and the months of its sale.
    pub fn in_cells(&self, kind: ClaimKind) -> impl Iterator<Item = (i64, &CountedClaim, CellKey, SaleMonths)> {
        let all = self.of.iter().flat_map(|(subject, claims)| claims.iter().map(|claim| (*subject, claim)));
        let of_kind = all.filter(move |(_, claim)| claim.kind == kind);
        of_kind.filter_map(|(subject, claim)| claim.at.map(|(cell, sale)| (subject, claim, cell, sale)))
    }

    /// Claims of a kind and defect.
    pub fn claims(&self, kind: ClaimKind, defect: &str) -> Option<&ClaimCounts> {
        self.counts.get(&kind)?.get(defect)
    }

    /// The defects of a kind that have claims, by code.
    pub fn defects(&self, kind: ClaimKind) -> Vec<String> {
        let has = |(defect, counts): &(&Arc<str>, &ClaimCounts)| !defect.is_empty() && ***defect != *ALL_DEFECTS && counts.total() > 0;
        let mut codes: Vec<String> =
            self.counts.get(&kind).into_iter().flatten().filter(has).map(|(defect, _)| defect.to_string()).collect();
        codes.sort_unstable();
        codes
    }
}
