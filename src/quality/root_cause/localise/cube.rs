//! Counting: millions of claims by one and by two dimensions, in memory.
//!
//! Values are coded by position in a dictionary, so that counting is adding to an array. One-way counts are kept as claims come in; two-way
//! counts are made when they are asked for.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::likelihood::conditional;
use super::suspects::{Suspect, real};
use crate::kernel::{Code, Fault, Result, saturating};

/// Two-way counts of up to this many combinations are made in one array (16 bytes each: it should fit in a cache); larger ones group by group.
const DENSE: usize = 1 << 19;

/// Claims and exposure of one value or combination.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Claims.
    pub claims: u32,
    /// Exposure, in the unit it was added in.
    pub exposure: f64,
}

impl Count {
    fn add(&mut self, claims: u32, exposure: f64) {
        self.claims = self.claims.saturating_add(claims);
        self.exposure += exposure;
    }

    fn is_empty(&self) -> bool {
        self.claims == 0 && self.exposure == 0.0
    }
}

/// Two-way counts of a pair of dimensions, `first < second`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The first dimension.
    pub first: usize,
    /// The second dimension.
    pub second: usize,
    /// Every combination that occurs: code in the first, code in the second, count; ordered by one of the two codes, then the other.
    pub cells: Vec<(u32, u32, Count)>,
}

/// A value, or two together, with more claims than expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// Which.
    pub suspect: Suspect,
    /// What was counted.
    pub count: Count,
    /// Claims expected at the rate of all.
    pub expected: f64,
    /// Conditional Poisson log-likelihood ratio less description length, nats.
    pub score: f64,
}

/// Rows of coded values with claims and exposure.
#[derive(Clone, Debug, Default)]
pub struct Cube {
    columns: Vec<Vec<u32>>,
    rows: Vec<Count>,
    ones: Vec<Vec<Count>>,
}

impl Cube {
    /// An empty cube; `sizes` are the numbers of values of its dimensions.
    pub fn new(sizes: &[usize]) -> Self {
        Self {
            columns: vec![Vec::new(); sizes.len()],
            rows: Vec::new(),
            ones: sizes.iter().map(|&size| vec![Count::default(); size]).collect(),
        }
    }

    /// Adds a row (a claim, units put on the market …): one step per dimension.
    ///
    /// # Errors
    /// `Invalid` when there is not one known code per dimension; then nothing was added.
    pub fn add(&mut self, codes: &[u32], claims: u32, exposure: f64) -> Result<()> {
        if codes.len() != self.ones.len() {
            return Err(Fault::new("codes", Code::WrongSum).with("sum", codes.len()).with("expected", self.ones.len()).into());
        }
        for (at, (code, counts)) in codes.iter().zip(&self.ones).enumerate() {
            if place(*code) >= counts.len() {
                return Err(Fault::new(format!("codes.{at}"), Code::UnknownReference).with("value", code).into());
            }
        }
        for ((code, counts), column) in codes.iter().zip(&mut self.ones).zip(&mut self.columns) {
            column.push(*code);
            if let Some(count) = counts.get_mut(place(*code)) {
                count.add(claims, exposure);
            }
        }
        self.rows.push(Count { claims, exposure });
        Ok(())
    }

    /// Counts by one dimension, by code; empty for a dimension that is not there.
    pub fn one(&self, dim: usize) -> &[Count] {
        self.ones.get(dim).map_or(&[], Vec::as_slice)
    }

    /// Counts by every pair of dimensions, made by this many threads.
    pub fn pairs(&self, threads: usize) -> Vec<Pair> {
        let dims = self.ones.len();
        // The dimension with more values leads: rows are put in its order once, for all pairs it leads.
        let mut order: Vec<usize> = (0..dims).collect();
        order.sort_by_key(|&dim| std::cmp::Reverse(self.one(dim).len()));
        let work: Vec<(usize, usize)> =
            order.iter().enumerate().flat_map(|(at, &lead)| order.iter().skip(at + 1).map(move |&other| (lead, other))).collect();
        let sorted: Vec<OnceLock<Sorted>> = (0..dims).map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        let count = || {
            let mut own = Vec::new();
            while let Some(&(lead, other)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                own.push(self.pair(lead, other, &sorted));
            }
            own
        };
        let mut pairs: Vec<Pair> = std::thread::scope(|scope| {
            let counting: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(count)).collect();
            let counted = counting.into_iter().flat_map(|one| match one.join() {
                Ok(own) => own,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            counted.collect()
        });
        pairs.sort_by_key(|pair| (pair.first, pair.second));
        pairs
    }

    fn pair(&self, lead: usize, other: usize, sorted: &[OnceLock<Sorted>]) -> Pair {
        let turned = lead > other;
        let mut cells = Vec::new();
        let mut keep = |one: u32, two: u32, count: Count| cells.push(if turned { (two, one, count) } else { (one, two, count) });
        match sorted.get(lead) {
            Some(sorted) if self.one(lead).len().saturating_mul(self.one(other).len()) > DENSE => {
                self.grouped(sorted.get_or_init(|| self.sorted(lead)), other, &mut keep);
            }
            _ => self.dense(lead, other, &mut keep),
        }
        Pair { first: lead.min(other), second: lead.max(other), cells }
    }

    fn column(&self, dim: usize) -> &[u32] {
        self.columns.get(dim).map_or(&[], Vec::as_slice)
    }

    /// All combinations in one array.
    fn dense(&self, lead: usize, other: usize, keep: &mut impl FnMut(u32, u32, Count)) {
        let width = self.one(other).len();
        let mut counts = vec![Count::default(); self.one(lead).len() * width];
        for ((one, two), row) in self.column(lead).iter().zip(self.column(other)).zip(&self.rows) {
            if let Some(count) = counts.get_mut(place(*one) * width + place(*two)) {
                count.add(row.claims, row.exposure);
            }
        }
        for (one, group) in (0..).zip(counts.chunks(width.max(1))) {
            for (two, count) in (0..).zip(group).filter(|(_, count)| !count.is_empty()) {
                keep(one, two, *count);
            }
        }
    }

    /// Rows in the order of one dimension, by counting sort.
    fn sorted(&self, lead: usize) -> Sorted {
        let column = self.column(lead);
        let mut starts = vec![0usize; self.one(lead).len() + 1];
        for code in column {
            if let Some(start) = starts.get_mut(place(*code) + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut free = starts.clone();
        let mut rows = vec![0u32; column.len()];
        for (row, code) in (0u32..).zip(column) {
            if let Some(at) = free.get_mut(place(*code)) {
                if let Some(slot) = rows.get_mut(*at) {
                    *slot = row;
                }
                *at += 1;
            }
        }
        let counts = rows.iter().filter_map(|&row| self.rows.get(place(row)).copied()).collect();
        Sorted { starts, rows, counts }
    }

    /// Group by group: one array of the other dimension, emptied after each value of the leading one.
    fn grouped(&self, sorted: &Sorted, other: usize, keep: &mut impl FnMut(u32, u32, Count)) {
        let column = self.column(other);
        let mut counts = vec![Count::default(); self.one(other).len()];
        let mut seen: Vec<u32> = Vec::new();
        for (one, bounds) in (0u32..).zip(sorted.starts.windows(2)) {
            let &[from, to] = bounds else { continue };
            let rows = sorted.rows.get(from..to).unwrap_or_default();
            let added = sorted.counts.get(from..to).unwrap_or_default();
            // A large group has nearly all codes: then the whole array is looked through. A small one remembers which it has.
            let large = rows.len() >= counts.len() / 4;
            for (row, add) in rows.iter().zip(added) {
                let two = column.get(place(*row)).copied().unwrap_or_default();
                if let Some(count) = counts.get_mut(place(two)) {
                    if !large && count.is_empty() {
                        seen.push(two);
                    }
                    count.add(add.claims, add.exposure);
                }
            }
            if large {
                for (two, count) in (0..).zip(&mut counts) {
                    let count = std::mem::take(count);
                    if !count.is_empty() {
                        keep(one, two, count);
                    }
                }
                continue;
            }
            seen.sort_unstable();
            for two in seen.drain(..) {
                let count = counts.get_mut(place(two)).map(std::mem::take).unwrap_or_default();
                if !count.is_empty() {
                    keep(one, two, count);
                }
            }
        }
    }

    /// The values and pairs of values with the strongest excess, best first: the conditional Poisson scan ([`conditional`]) to depth 2 over
    /// prepared counts, at the rate of all. Where to look; what is to blame says [`scan`](super::scan) on the cells of those dimensions.
    pub fn leads(&self, pairs: &[Pair], most: usize) -> Vec<Lead> {
        let all = self.rows_total();
        let expected_all = all.exposure;
        let claims_all = f64::from(all.claims);
        let mut leads: Vec<Lead> = Vec::new();
        let mut bar = 0.0;
        let mut look = |count: Count, length: f64, suspect: &dyn Fn() -> Suspect| {
            let (claims, mean) = (f64::from(count.claims), count.exposure * claims_all / expected_all);
            let excess = claims - mean;
            // χ² bounds the likelihood ratio and needs no logarithm.
            if excess <= 0.0 || mean <= 0.0 || excess * excess * claims_all <= (bar + length) * mean * (claims_all - mean) {
                return;
            }
            let score = conditional(claims, count.exposure, claims_all, expected_all) - length;
            if score > bar {
                leads.push(Lead { suspect: suspect(), count, expected: mean, score });
                if leads.len() >= 2 * most.max(1) {
                    bar = keep(&mut leads, most);
                }
            }
        };
        let choice =
            |k: usize| real(self.ones.len()).ln() + if k == 2 { (real(self.ones.len().saturating_sub(1)) / 2.0).ln() } else { 0.0 };
        for (dim, counts) in self.ones.iter().enumerate() {
            let length = choice(1) + real(counts.len()).ln();
            for (code, count) in counts.iter().enumerate() {
                look(*count, length, &|| Suspect::Values(vec![(dim, code)]));
            }
        }
        for Pair { first, second, cells } in pairs {
            let length = choice(2) + real(self.one(*first).len()).ln() + real(self.one(*second).len()).ln();
            for (one, two, count) in cells {
                look(*count, length, &|| Suspect::Values(vec![(*first, place(*one)), (*second, place(*two))]));
            }
        }
        keep(&mut leads, most);
        leads
    }

    fn rows_total(&self) -> Count {
        self.one(0).iter().fold(Count::default(), |mut all, count| {
            all.add(count.claims, count.exposure);
            all
        })
    }
}

/// Rows in the order of the leading dimension.
struct Sorted {
    /// Where each of its values begins, and the end.
    starts: Vec<usize>,
    rows: Vec<u32>,
    counts: Vec<Count>,
}

/// Sorts and cuts; says the score below which nothing more can enter.
fn keep(leads: &mut Vec<Lead>, most: usize) -> f64 {
    leads.sort_by(|one, other| other.score.total_cmp(&one.score));
    leads.truncate(most);
    if leads.len() == most { leads.last().map_or(0.0, |lead| lead.score) } else { 0.0 }
}

fn place(code: u32) -> usize {
    saturating(code)
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    /// Rows at random in dimensions of which some pairs are counted in one array and some group by group.
    fn cube() -> (Cube, Vec<[u32; 3]>) {
        let mut cube = Cube::new(&[2_000, 3, 700]);
        let mut chance = Chance::new(5);
        let mut pick = |size: u32| {
            let at = chance.uniform() * chance.uniform() * f64::from(size);
            (0..size).find(|code| f64::from(code + 1) > at).unwrap()
        };
        let rows: Vec<[u32; 3]> = (0..5_000).map(|_| [2_000, 3, 700].map(&mut pick)).collect();
        for (at, codes) in (0u32..).zip(&rows) {
            cube.add(codes, at % 2, f64::from(at % 7)).unwrap();
        }
        (cube, rows)
    }

    #[test]
    fn both_ways_of_counting_agree_with_a_map() {
        let (cube, rows) = cube();
        for threads in [1, 3] {
            let pairs = cube.pairs(threads);
            assert_eq!(pairs.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
            for pair in &pairs {
                let mut expected = std::collections::BTreeMap::<(u32, u32), Count>::new();
                for (at, codes) in (0u32..).zip(&rows) {
                    expected.entry((codes[pair.first], codes[pair.second])).or_default().add(at % 2, f64::from(at % 7));
                }
                expected.retain(|_, count| !count.is_empty());
                let found = pair.cells.iter().map(|(one, two, count)| ((*one, *two), *count)).collect();
                assert_eq!(expected, found);
                assert_eq!(expected.len(), pair.cells.len());
            }
        }
        let claims: u32 = cube.one(2).iter().map(|count| count.claims).sum();
        assert_eq!(claims, 2_500);
    }

    #[test]
    fn a_row_that_does_not_fit_leaves_no_trace() {
        let mut cube = Cube::new(&[2, 2]);
        assert!(cube.add(&[0], 1, 1.0).is_err() && cube.add(&[0, 2], 1, 1.0).is_err());
        assert_eq!(cube.one(0), [Count::default(); 2]);
        assert!(cube.pairs(2)[0].cells.is_empty() && cube.leads(&[], 3).is_empty());
        assert!(Cube::new(&[]).pairs(1).is_empty());
    }

    #[test]
    fn a_planted_pair_leads() {
        let mut cube = Cube::new(&[5, 6, 7]);
        for at in 0..210u32 {
            let codes = [at % 5, at % 6, at % 7];
            let claims = if codes[0] == 3 && codes[2] == 4 { 40 } else { 4 };
            cube.add(&codes, claims, 100.0).unwrap();
        }
        let leads = cube.leads(&cube.pairs(2), 3);
        assert_eq!(leads[0].suspect, Suspect::Values(vec![(0, 3), (2, 4)]));
        assert!(leads.len() <= 3 && leads.windows(2).all(|two| two[0].score >= two[1].score));
    }
}
