//! Units of a batch in ranges: from 0, ends left out.

use std::ops::Range;

/// Ranges in order, overlapping and touching ones joined, cut at `end`, empty ones left out.
pub fn tidy(mut ranges: Vec<Range<i64>>, end: i64) -> Vec<Range<i64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut tidied: Vec<Range<i64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        let range = range.start.max(0)..range.end.min(end);
        if range.start >= range.end {
            continue;
        }
        match tidied.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => tidied.push(range),
        }
    }
    tidied
}

/// Units in ranges.
pub fn count(ranges: &[Range<i64>]) -> i64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_and_cut() {
        assert_eq!(tidy(vec![10..20, 0..5, 5..8, 15..40, 50..60, 7..7], 30), [0..8, 10..30]);
        assert_eq!(count(&[0..8, 10..30]), 28);
    }
}
