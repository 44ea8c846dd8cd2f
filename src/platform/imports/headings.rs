//! Which row of a table is its header: titles, dates of printing and empty lines may stand above it.

use std::ops::ControlFlow;

use super::cell::RawRow;
use super::notes::{ImportNote, Note, Stretches};
use super::reading::Reading;
use super::sheet::Columns;
use super::table::EachRow;
use crate::kernel::error::Result;

/// Rows, not counting empty ones, among which the header is looked for.
pub(super) const HEADER_WITHIN: usize = 20;

/// What counts as a heading of a table, wherever headings are looked for.
#[derive(Clone, Copy)]
pub(super) struct Headings<'a> {
    pub(super) columns: &'a Columns,
    pub(super) reading: &'a Reading,
}

impl Headings<'_> {
    /// The place of the column that a heading stands for.
    pub(super) fn find(self, heading: &str) -> Option<usize> {
        self.reading.place(self.columns, heading)
    }

    /// Whether a sheet of this name is meant for the table.
    pub(super) fn is_sheet(self, name: &str) -> bool {
        self.columns.is_sheet(name)
    }

    /// Whether these places are those of every column that a file must have, among others.
    fn has_needed(self, known: &[usize]) -> bool {
        let fills = |place, name| self.reading.fills(place, name);
        let mut columns = self.columns.columns.iter().enumerate();
        columns.all(|(place, column)| !column.required || known.contains(&place) || fills(place, column.name))
    }
}

/// The first rows of a table as a header is looked for among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// Whether the header has every column that a file must have.
    pub(super) complete: bool,
    /// How many of its headings are columns of the table.
    pub(super) known: usize,
    /// Whether it has no heading besides.
    pub(super) pure: bool,
}

/// The header among the first rows that are not empty, and how it fits.
///
/// It is the first row that has every needed column and most of the known ones. But a row above it that is itself a header, by two known
/// headings, is not stepped over, because the rows between would be lost without a word: then that one is the header, and what it lacks is
/// named. Only the upper row of a header of two rows, directly above and with no heading of its own that the lower lacks, is.
pub(super) fn header(headings: Headings<'_>, rows: &[RawRow]) -> Option<(usize, Fit)> {
    let known: Vec<Vec<usize>> = rows.iter().map(|row| known(headings, row)).collect();
    let complete: Vec<bool> = known.iter().map(|known| headings.has_needed(known)).collect();
    let most = |whole: bool| {
        let fitting = known.iter().zip(&complete).filter(|(_, complete)| **complete || !whole).map(|(known, _)| known.len()).max()?;
        known.iter().zip(&complete).position(|(known, complete)| known.len() == fitting && (*complete || !whole))
    };
    let best = most(true).or_else(|| most(false))?;
    let of_best = known.get(best)?;
    let above = known.iter().take(best).enumerate().position(|(place, above)| {
        let upper_of_two = place + 1 == best && above.iter().all(|column| of_best.contains(column));
        above.len() >= 2 && !upper_of_two
    });
    let place = above.unwrap_or(best);
    let pure = rows.get(place)?.cells().iter().filter(|cell| !cell.is_blank()).all(|cell| headings.find(cell.text.trim()).is_some());
    Some((place, Fit { complete: *complete.get(place)?, known: known.get(place)?.len(), pure }))
}

/// The columns that the cells of a row are headings of, each once.
fn known(headings: Headings<'_>, row: &RawRow) -> Vec<usize> {
    let mut known: Vec<usize> = row.cells().iter().filter_map(|cell| headings.find(cell.text.trim())).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// Hands on the rows of a table from its header on, which it marks; the first rows wait until the header among them is known.
pub(super) struct FromHeader<'a, 'e> {
    headings: Headings<'a>,
    waiting: Vec<RawRow>,
    found: bool,
    each: &'a mut EachRow<'e>,
    /// Lines above the header that were not empty.
    above: Stretches,
}

impl<'a, 'e> FromHeader<'a, 'e> {
    pub(super) fn new(headings: Headings<'a>, each: &'a mut EachRow<'e>) -> Self {
        Self { headings, waiting: Vec::new(), found: false, each, above: Stretches::default() }
    }

    /// Takes the next row that is not empty.
    pub(super) fn row(&mut self, row: &RawRow) -> Result<ControlFlow<()>> {
        if self.found {
            return (self.each)(row);
        }
        self.waiting.push(row.clone());
        if self.waiting.len() < HEADER_WITHIN { Ok(ControlFlow::Continue(())) } else { self.release() }
    }

    /// Hands on what still waits at the end of the table.
    pub(super) fn end(&mut self) -> Result<()> {
        self.release().map(drop)
    }

    fn release(&mut self) -> Result<ControlFlow<()>> {
        self.found = true;
        let mut rows = std::mem::take(&mut self.waiting);
        let Some((place, _)) = header(self.headings, &rows) else {
            return Ok(ControlFlow::Continue(()));
        };
        rows.drain(..place).for_each(|row| self.above.push(row.line()));
        if let Some(header) = rows.first_mut() {
            header.make_header();
        }
        for row in &rows {
            if (self.each)(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The note on what stands above the header.
    pub(super) fn note_above(&self) -> Option<ImportNote> {
        (!self.above.is_empty()).then(|| ImportNote::new(Note::AboveHeader).with("lines", &self.above))
    }
}
