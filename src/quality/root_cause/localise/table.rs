//! The cells a localisation starts from: dimensions, their values, and what happened in each combination.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::kernel::{Code, Fault, Refusal, Result, saturating};

/// More dimensions than anybody can read in an answer; it bounds the number of conjunctions.
pub const MOST_DIMENSIONS: usize = 32;

/// What happened in one combination of values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Claims now, a count.
    pub claims: u32,
    /// Exposure now: units at risk, or better the claims they are expected to make.
    pub exposure: f64,
    /// Claims of an earlier time that serves as comparison; 0 when there is none.
    pub past_claims: u32,
    /// Exposure of that earlier time, in the unit of `exposure`; 0 when there is none.
    pub past_exposure: f64,
}

/// Cells with their values coded by position in a dictionary. Rows and dictionaries are sorted, so the order in which cells arrive
/// changes nothing in an answer.
#[derive(Clone, Debug)]
pub struct Table {
    dims: Vec<String>,
    values: Vec<Vec<String>>,
    rows: Vec<Vec<usize>>,
    cells: Vec<Cell>,
}

impl Table {
    /// Codes the cells. Cells with the same values are added up.
    ///
    /// # Errors
    /// `Invalid`, with a fault per wrong place: a dimension named twice or nameless, more than [`MOST_DIMENSIONS`], a cell with more or
    /// fewer values than dimensions, an exposure that is negative or infinite, claims where nothing was exposed.
    pub fn new(dims: Vec<String>, cells: Vec<(Vec<String>, Cell)>) -> Result<Self> {
        Refusal::unless_empty(faults(&dims, &cells))?;
        let mut sums: BTreeMap<Vec<String>, Cell> = BTreeMap::new();
        for (key, cell) in cells {
            let sum = sums.entry(key).or_default();
            sum.claims = sum.claims.saturating_add(cell.claims);
            sum.exposure += cell.exposure;
            sum.past_claims = sum.past_claims.saturating_add(cell.past_claims);
            sum.past_exposure += cell.past_exposure;
        }
        let values = column_values(dims.len(), sums.keys());
        let code = |key: &[String]| key.iter().zip(&values).map(|(value, known)| known.partition_point(|one| one < value)).collect();
        let rows = sums.keys().map(|key| code(key)).collect();
        Ok(Self { cells: sums.into_values().collect(), rows, dims, values })
    }

    /// Names of the dimensions, in the order they were given.
    pub fn dims(&self) -> &[String] {
        &self.dims
    }

    /// How many values each dimension takes.
    pub fn sizes(&self) -> Vec<usize> {
        self.values.iter().map(Vec::len).collect()
    }

    /// Per cell, the code of its value in each dimension.
    pub fn rows(&self) -> &[Vec<usize>] {
        &self.rows
    }

    /// The cells, beside their [`rows`](Self::rows).
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Name of a dimension and of one of its values.
    pub fn name(&self, dim: usize, value: usize) -> Option<(&str, &str)> {
        Some((self.dims.get(dim)?, self.values.get(dim)?.get(value)?))
    }

    /// A seed that is a function of the input alone (the first 8 bytes of a SHA-256 over it), so that a report is reproducible.
    pub fn seed(&self) -> u64 {
        let mut hash = Sha256::new();
        let mut text = |text: &str| {
            hash.update(saturating::<u64>(text.len()).to_be_bytes());
            hash.update(text);
        };
        self.dims.iter().for_each(|dim| text(dim));
        for (row, cell) in self.rows.iter().zip(&self.cells) {
            for (value, known) in row.iter().zip(&self.values) {
                text(known.get(*value).map_or("", String::as_str));
            }
            text(&format!("{} {} {} {}", cell.claims, cell.exposure, cell.past_claims, cell.past_exposure));
        }
        hash.finalize().iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
    }
}

fn column_values<'a>(dims: usize, keys: impl Iterator<Item = &'a Vec<String>>) -> Vec<Vec<String>> {
    let mut values = vec![Vec::new(); dims];
    for key in keys {
        for (column, value) in values.iter_mut().zip(key) {
            column.push(value.clone());
        }
    }
    for column in &mut values {
        column.sort_unstable();
        column.dedup();
    }
    values
}

fn faults(dims: &[String], cells: &[(Vec<String>, Cell)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if dims.is_empty() {
        faults.push(Fault::new("dims", Code::Missing));
    }
    if dims.len() > MOST_DIMENSIONS {
        faults.push(Fault::new("dims", Code::OutOfRange).with("min", 1).with("max", MOST_DIMENSIONS));
    }
    for (at, dim) in dims.iter().enumerate() {
        if dim.is_empty() {
            faults.push(Fault::new(format!("dims.{at}"), Code::Missing));
        }
        if dims.iter().take(at).any(|earlier| earlier == dim) {
            faults.push(Fault::new(format!("dims.{at}"), Code::Duplicate).with("field", dim));
        }
    }
    for (at, (key, cell)) in cells.iter().enumerate() {
        let mut fault = |field: &str, code| faults.push(Fault::new(format!("cells.{at}.{field}"), code));
        match key.len().cmp(&dims.len()) {
            std::cmp::Ordering::Less => fault("k", Code::Missing),
            std::cmp::Ordering::Greater => fault("k", Code::TooManyCells),
            std::cmp::Ordering::Equal => {}
        }
        for (field, claims, exposure) in [("n", cell.claims, cell.exposure), ("hist_n", cell.past_claims, cell.past_exposure)] {
            if exposure < 0.0 {
                fault(field, Code::BelowZero);
            } else if !exposure.is_finite() {
                fault(field, Code::NotANumber);
            } else if claims > 0 && exposure == 0.0 {
                fault(field, Code::Missing);
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(claims: u32, exposure: f64) -> Cell {
        Cell { claims, exposure, ..Cell::default() }
    }

    fn key(values: &[&str]) -> Vec<String> {
        values.iter().map(|&value| value.to_owned()).collect()
    }

    #[test]
    fn the_order_of_cells_changes_neither_table_nor_seed() {
        let cells = vec![(key(&["a", "x"]), cell(1, 10.0)), (key(&["b", "y"]), cell(2, 20.0)), (key(&["a", "x"]), cell(3, 5.0))];
        let there = Table::new(key(&["d", "e"]), cells.clone()).unwrap();
        let back = Table::new(key(&["d", "e"]), cells.into_iter().rev().collect()).unwrap();
        assert_eq!(there.cells(), [cell(4, 15.0), cell(2, 20.0)]);
        assert_eq!((there.rows(), there.cells(), there.seed()), (back.rows(), back.cells(), back.seed()));
        assert_eq!(there.name(1, 1), Some(("e", "y")));
    }

    #[test]
    fn every_wrong_place_is_named() {
        let cells = vec![(key(&["a"]), cell(0, 1.0)), (key(&["a", "x"]), cell(1, 0.0)), (key(&["a", "x", "z"]), cell(0, -1.0))];
        let refused = Table::new(key(&["d", "d"]), cells).unwrap_err().to_string();
        for place in ["dims.1: duplicate", "cells.0.k: missing", "cells.1.n: missing", "cells.2.k: too_many_cells", "cells.2.n: below_zero"]
        {
            assert!(refused.contains(place), "{place} not in {refused}");
        }
    }
}
