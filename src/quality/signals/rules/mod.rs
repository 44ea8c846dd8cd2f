//! What a signal is made of: values in, values out.
//!
//! [`frame`] says which units had what in common, [`exposed`] how many were sold, [`counts`] how many claims fell on them, [`expectation`] how many should have by now, [`judge`]
//! who stands out and whether anybody else could be to blame.

pub mod counts;
pub mod expectation;
pub mod exposed;
pub mod frame;
pub mod judge;

#[cfg(test)]
mod tests;

/// A month as a number: years × 12 and months from 0, so that the difference of two is an age.
pub fn month_of(day: chrono::NaiveDate) -> i32 {
    use chrono::Datelike;
    day.year() * 12 + i32::try_from(day.month0()).map_or(0, |month| month)
}

/// The month of a text that begins with `2026-06`.
pub fn month_of_text(text: &str) -> Option<i32> {
    let (year, rest) = text.split_once('-')?;
    let month: i32 = crate::kernel::parsed(rest.get(..2)?)?;
    Some(crate::kernel::parsed::<i32>(year)? * 12 + month - 1)
}

/// A month as people write it: `2026-06`.
pub fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}
