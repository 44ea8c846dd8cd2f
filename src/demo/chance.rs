//! Chance that is the same at every start: SplitMix64 (Steele, Lea, Flood 2014). Only for the demo; secrets come from the system.

/// A stream of numbers that look random.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `below - 1`; 0 when there is nothing below.
    pub(super) fn below(&mut self, below: i64) -> i64 {
        let below = u64::try_from(below).unwrap_or_default();
        i64::try_from(self.next().checked_rem(below).unwrap_or_default()).unwrap_or_default()
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
        let at = usize::try_from(self.below(i64::try_from(list.len()).unwrap_or_default())).ok()?;
        list.get(at)
    }
}
