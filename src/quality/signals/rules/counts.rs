//! Counting: sold garments by cell and month, claims by cell and by month of sale and claim. A claim more or less is a step per count.

use std::collections::{BTreeMap, HashMap};

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

/// A claim as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedClaim {
    /// Which kind.
    pub kind: ClaimKind,
    /// Code of the defect; empty where nobody named one.
    pub defect: String,
    /// Its cell and month of sale; none where the day of the sale is not known, or the units are not told apart.
    pub at: Option<(CellKey, i32)>,
    /// Month of the claim.
    pub month: i32,
    /// Month in which it was written down here.
    pub written: i32,
    /// Pieces.
    pub pieces: u32,
}

/// Claims of one kind and defect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimCounts {
    /// By cell.
    pub cells: BTreeMap<CellKey, u32>,
    /// By month of sale and month of the claim.
    pub months: BTreeMap<(i32, i32), u32>,
    /// By month of the claim and month in which it was written down.
    pub written: BTreeMap<(i32, i32), u32>,
    /// Claims that are in no cell.
    pub left_out: u32,
}

impl ClaimCounts {
    /// Counts a claim, or takes it back.
    fn count(&mut self, claim: &CountedClaim, add: bool) {
        let Some((cell, sold)) = claim.at else {
            self.left_out = if add { self.left_out.saturating_add(claim.pieces) } else { self.left_out.saturating_sub(claim.pieces) };
            return;
        };
        step(&mut self.cells, cell, claim.pieces, add);
        step(&mut self.months, (sold, claim.month), claim.pieces, add);
        step(&mut self.written, (claim.month, claim.written), claim.pieces, add);
    }

    /// All of them that are in a cell.
    pub fn total(&self) -> u32 {
        self.cells.values().fold(0, |sum, count| sum.saturating_add(*count))
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
    /// Garments sold, by cell and month of sale.
    pub sold: BTreeMap<CellKey, Vec<(i32, u32)>>,
    /// Claims by what they are about: a garment's number, or a batch's with a minus.
    of: BTreeMap<i64, Vec<CountedClaim>>,
    counts: HashMap<(ClaimKind, String), ClaimCounts>,
}

/// The name under which all defects together are counted.
pub const ALL_DEFECTS: &str = "*";

impl Tallies {
    /// Takes in what is now known of a garment or batch, in the place of what was; says which defects that changes.
    pub fn replace(&mut self, subject: i64, claims: Vec<CountedClaim>) -> Vec<(ClaimKind, String)> {
        let before = if claims.is_empty() { self.of.remove(&subject) } else { self.of.insert(subject, claims.clone()) }.unwrap_or_default();
        if before == claims {
            return Vec::new();
        }
        for (list, add) in [(&before, false), (&claims, true)] {
            for claim in list {
                for defect in [claim.defect.as_str(), ALL_DEFECTS] {
                    self.counts.entry((claim.kind, defect.to_owned())).or_default().count(claim, add);
                }
            }
        }
        before.into_iter().chain(claims).map(|claim| (claim.kind, claim.defect)).collect()
    }

    /// The garments and batches (with a minus) of some numbers that something was counted of.
    pub fn subjects(&self, range: std::ops::Range<i64>) -> Vec<i64> {
        self.of.range(range).map(|(subject, _)| *subject).collect()
    }

    /// Claims of a kind and defect.
    pub fn claims(&self, kind: ClaimKind, defect: &str) -> Option<&ClaimCounts> {
        self.counts.get(&(kind, defect.to_owned()))
    }

    /// The defects of a kind that have claims, by code.
    pub fn defects(&self, kind: ClaimKind) -> Vec<String> {
        let has = |(of, defect): &&(ClaimKind, String)| *of == kind && !defect.is_empty() && defect != ALL_DEFECTS;
        let mut codes: Vec<String> =
            self.counts.iter().filter(|(key, counts)| has(key) && counts.total() > 0).map(|((_, defect), _)| defect.clone()).collect();
        codes.sort_unstable();
        codes
    }
}
