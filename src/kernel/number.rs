//! Numbers of another type, and out of texts.

use std::str::FromStr;

use num_traits::{Bounded, Zero};

/// A whole number in another type: what does not fit is the nearest that does.
pub fn saturating<To: Bounded>(number: impl Copy + PartialOrd + Zero + TryInto<To>) -> To {
    match number.try_into() {
        Ok(number) => number,
        Err(_) if number < Zero::zero() => To::min_value(),
        Err(_) => To::max_value(),
    }
}

/// The number, id or moment that a text is. None when it is none: whoever asks says what that means.
#[expect(clippy::disallowed_methods, reason = "the one place where a text may be no number")]
pub fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_the_nearest_that_does() {
        assert_eq!((saturating::<u8>(255_i64), saturating::<u8>(256_i64), saturating::<u8>(-1_i64)), (255, 255, 0));
        assert_eq!((saturating::<i32>(i64::MIN), saturating::<i64>(u64::MAX), saturating::<i64>(7_usize)), (i32::MIN, i64::MAX, 7));
    }
}
