//! What the page of a batch shows beside what every page shows.

use askama::Template;
use roaring::RoaringBitmap;

use super::BatchSheet;
use super::rules::units_text;
use crate::platform::http::{FormState, Layout};
use crate::platform::rooms::Listing;

/// Ranges of void units a page lists.
const VOIDS_SHOWN: usize = 20;

/// A unit somebody asked for.
pub(super) struct UnitLine {
    pub unit: i64,
    pub serial: String,
    pub address: String,
    pub is_void: bool,
}

/// Looking up a unit's serial, and making serials void.
#[derive(Template)]
#[template(path = "production/batches/units.html")]
pub(super) struct UnitsSection {
    pub layout: Layout,
    pub batch: BatchSheet,
    /// Void units as people read them.
    pub voids: String,
    /// The unit asked for.
    pub asked: Option<i64>,
    /// What was found of it.
    pub line: Option<UnitLine>,
    /// The form for void units.
    pub form: FormState,
}

/// Void units as ranges counted from 1, the first twenty.
pub(super) fn voids_text(void: &RoaringBitmap) -> String {
    let mut ranges: Vec<std::ops::Range<i64>> = Vec::new();
    for unit in void.iter().map(i64::from) {
        match ranges.last_mut() {
            Some(range) if range.end == unit => range.end += 1,
            _ => ranges.push(unit..unit + 1),
        }
        if ranges.len() > VOIDS_SHOWN {
            break;
        }
    }
    let more = if ranges.len() > VOIDS_SHOWN { " …" } else { "" };
    ranges.truncate(VOIDS_SHOWN);
    ranges.iter().map(units_text).collect::<Vec<_>>().join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn void_units_read_as_ranges() {
        assert_eq!(voids_text(&RoaringBitmap::new()), "");
        assert_eq!(voids_text(&(4..9).chain([20]).collect()), "5-9, 21");
        assert!(voids_text(&(0..100).step_by(2).collect()).ends_with(" …"));
    }
}
