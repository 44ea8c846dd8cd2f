//! Garments sold, by cell and the months of their sales, laid out to be gone through for one defect after another.

use std::collections::{BTreeMap, HashMap};

use super::counts::{CellKey, SaleMonths};
use crate::kernel::saturating;

/// Garments sold; of findings at the line, pieces made.
#[derive(Clone, Debug, Default)]
pub struct Exposed {
    /// Garments by the months of their sales.
    pub by_months: BTreeMap<SaleMonths, f64>,
    /// All garments.
    pub garments: u64,
    cells: Vec<ExposedCell>,
    /// Of one cell after another: the place of its months among `by_months`, and garments.
    sales: Vec<(u32, u32)>,
}

/// A cell with garments.
#[derive(Clone, Copy, Debug)]
pub struct ExposedCell {
    /// Which.
    pub key: CellKey,
    /// Place of whoever sold, where that is compared.
    pub retailer: Option<u32>,
    /// Garments.
    pub garments: u32,
    from: usize,
    to: usize,
}

impl Exposed {
    /// Of what was sold in each cell; `retailer` is the place of whoever sold.
    pub fn of<'a>(sold: impl Iterator<Item = (CellKey, &'a [(SaleMonths, u32)])> + Clone, retailer: impl Fn(i64) -> Option<u32>) -> Self {
        let mut exposed = Self::default();
        for (months, garments) in sold.clone().flat_map(|(_, months)| months) {
            *exposed.by_months.entry(*months).or_default() += f64::from(*garments);
            exposed.garments += u64::from(*garments);
        }
        let places: HashMap<SaleMonths, u32> = exposed.by_months.keys().copied().zip(0..).collect();
        for (key, months) in sold {
            let garments = months.iter().fold(0_u32, |sum, (_, garments)| sum.saturating_add(*garments));
            if garments > 0 {
                let from = exposed.sales.len();
                exposed.sales.extend(months.iter().filter_map(|(sale, garments)| Some((*places.get(sale)?, *garments))));
                exposed.cells.push(ExposedCell { key, retailer: retailer(key.1), garments, from, to: exposed.sales.len() });
            }
        }
        exposed
    }

    /// The cells that have garments, by key, each with its claims.
    pub fn with_claims<'a>(&'a self, claims: &'a BTreeMap<CellKey, u32>) -> impl Iterator<Item = (&'a ExposedCell, u32)> {
        let mut claims = claims.iter().peekable();
        self.cells.iter().map(move |cell| {
            // Both are in order.
            while claims.next_if(|(key, _)| **key < cell.key).is_some() {}
            (cell, claims.next_if(|(key, _)| **key == cell.key).map_or(0, |(_, count)| *count))
        })
    }

    /// The sales of a cell: the place of their months among `by_months`, and garments.
    pub fn sales_in(&self, cell: &ExposedCell) -> impl Iterator<Item = (usize, u32)> {
        let sales = self.sales.get(cell.from..cell.to).unwrap_or_default();
        sales.iter().map(|(place, garments)| (saturating(*place), *garments))
    }
}
