//! Chance that is the same at every start, for the demo.

use crate::kernel::chance::Stream;
use crate::kernel::saturating;

/// A stream of choices that look random.
pub(super) struct Chance(Stream);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Stream::new(seed))
    }

    /// 0 to `below - 1`; 0 when there is nothing below.
    pub(super) fn below(&mut self, below: i64) -> i64 {
        let below = saturating::<u64>(below);
        saturating(self.0.number().checked_rem(below).unwrap_or_default())
    }

    /// `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low + 1)
    }

    /// True in `share` of a million cases.
    pub(super) fn once_in_a_million(&mut self, share: i64) -> bool {
        self.below(1_000_000) < share
    }

    /// One of a list; None of an empty one.
    pub(super) fn one<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = saturating::<usize>(self.below(saturating(list.len())));
        list.get(at)
    }
}
