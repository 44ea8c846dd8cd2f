//! Counting within units, shares, rates: values in, values out.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::Units;
use crate::kernel::saturating;

/// Units as people count them.
pub fn as_people_count(units: &Range<i64>) -> Units {
    Units { first: units.start + 1, last: units.end }
}

/// The units from 0 to `end` that are in none of tidy ranges.
pub fn others(ranges: &[Range<i64>], end: i64) -> Vec<Range<i64>> {
    let starts = std::iter::once(0).chain(ranges.iter().map(|range| range.end));
    let ends = ranges.iter().map(|range| range.start).chain([end]);
    starts.zip(ends).map(|(start, end)| start..end).filter(|range| range.start < range.end).collect()
}

/// Units in both of two tidy lists.
pub fn common(one: &[Range<i64>], other: &[Range<i64>]) -> i64 {
    one.iter().flat_map(|a| other.iter().map(move |b| (a.end.min(b.end) - a.start.max(b.start)).max(0))).sum()
}

/// Void units among ranges.
pub fn voids_in(voids: &RoaringBitmap, ranges: &[Range<i64>]) -> i64 {
    let unit = |number: i64| saturating::<u32>(number);
    let found: u64 = ranges.iter().map(|range| voids.range_cardinality(unit(range.start)..unit(range.end))).sum();
    saturating(found)
}

/// Pieces for every thousand made, to one decimal, half up. None when none was made.
pub fn per_thousand(pieces: i64, made: i64) -> Option<f64> {
    if made <= 0 {
        return None;
    }
    let tenths = (i128::from(pieces) * 20_000 + i128::from(made)) / (2 * i128::from(made));
    Some(f64::from(saturating::<i32>(tenths)) / 10.0)
}

/// Millionths of a whole by quantity, largest remainders first, so that they sum to exactly 1,000,000. None when a quantity is unknown or all are zero.
pub fn shares(quantities: &[Option<i64>]) -> Option<Vec<i64>> {
    const WHOLE: i128 = 1_000_000;
    let known: Vec<i128> = quantities.iter().map(|quantity| quantity.map(i128::from)).collect::<Option<_>>()?;
    let sum: i128 = known.iter().sum();
    if sum <= 0 {
        return None;
    }
    let mut shares: Vec<(i128, i128)> = known.iter().map(|quantity| (quantity * WHOLE / sum, quantity * WHOLE % sum)).collect();
    let mut left = WHOLE - shares.iter().map(|share| share.0).sum::<i128>();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(shares.get(*place).map(|share| share.1)));
    for place in order {
        if left == 0 {
            break;
        }
        if let Some(share) = shares.get_mut(place) {
            share.0 += 1;
            left -= 1;
        }
    }
    Some(shares.into_iter().map(|share| saturating(share.0)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_counted_within_ranges() {
        assert_eq!(common(&[0..8, 10..30], &[4..12, 29..99]), 4 + 2 + 1);
        assert_eq!(as_people_count(&(0..8)), Units { first: 1, last: 8 });
        assert_eq!(voids_in(&[1u32, 7, 8, 12].into_iter().collect(), &[0..8, 10..30]), 3);
    }

    #[test]
    fn rates_round_half_up() {
        assert_eq!(per_thousand(1, 0), None);
        assert_eq!(per_thousand(3, 1_000), Some(3.0));
        assert_eq!(per_thousand(1, 3_000), Some(0.3));
        assert_eq!(per_thousand(1, 20_000), Some(0.1));
        assert_eq!(per_thousand(0, 7), Some(0.0));
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_whole(quantities in proptest::collection::vec(0i64..i64::MAX / 64, 1..40)) {
            let known: Vec<_> = quantities.iter().copied().map(Some).collect();
            match shares(&known) {
                Some(shares) => prop_assert_eq!(shares.iter().sum::<i64>(), 1_000_000),
                None => prop_assert!(quantities.iter().all(|quantity| *quantity == 0)),
            }
        }
    }
}
