//! What a figure can be: a number, or the reason why the data do not give one.

use serde::Serialize;

/// A figure, or what is missing for it. Too little data is a value: it is shown, never scored and never raised as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<T> {
    /// The figure.
    Known(T),
    /// There is none, and why.
    TooLittle(Lack),
}

/// Why the data do not give a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Nothing was exposed: no units, no expected claims.
    #[error("nothing was exposed")]
    NoExposure,
    /// Nothing happened: no claim, no defect, no event.
    #[error("nothing happened")]
    NoEvents,
    /// Fewer groups, points or degrees of freedom than the method needs.
    #[error("too few groups")]
    TooFew,
    /// What would be estimated does not vary in the data (every event at the last moment seen, one table possible only).
    #[error("nothing varies")]
    NoSpread,
    /// Two factors always go together: no data tell them apart.
    #[error("the factors always go together")]
    Inseparable,
    /// A level has no event at all, so that its effect has no finite estimate; shrinkage gives one.
    #[error("a level without any event")]
    Separated,
    /// The search for the best fit did not settle.
    #[error("the fit did not settle")]
    Unsettled,
    /// An input is not a number of its range: a negative or infinite exposure, a share outside 0..=1, columns of unequal length.
    #[error("an input outside its range")]
    OutOfRange,
}

impl<T> Answer<T> {
    /// The figure, if there is one.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::TooLittle(_) => None,
        }
    }

    /// What is missing, if it is.
    pub fn lack(&self) -> Option<Lack> {
        match self {
            Self::Known(_) => None,
            Self::TooLittle(lack) => Some(*lack),
        }
    }

    /// The same answer about something computed from it.
    pub fn map<U>(self, each: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Known(value) => Answer::Known(each(value)),
            Self::TooLittle(lack) => Answer::TooLittle(lack),
        }
    }

    /// For `?` inside the rules.
    pub(super) fn or_lack(self) -> Result<T, Lack> {
        match self {
            Self::Known(value) => Ok(value),
            Self::TooLittle(lack) => Err(lack),
        }
    }
}

impl<T> From<Result<T, Lack>> for Answer<T> {
    fn from(outcome: Result<T, Lack>) -> Self {
        match outcome {
            Ok(value) => Self::Known(value),
            Err(lack) => Self::TooLittle(lack),
        }
    }
}

/// Two bounds of something, in its own unit. The upper one may be infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl Interval {
    /// Both bounds through the same function, which must not fall.
    #[must_use]
    pub fn map(self, each: impl Fn(f64) -> f64) -> Self {
        Self { lower: each(self.lower), upper: each(self.upper) }
    }
}

/// How many, as a number to calculate with.
pub(super) fn count(how_many: usize) -> f64 {
    u32::try_from(how_many).map_or(f64::INFINITY, f64::from)
}

/// An exposure, a time, a weight: finite and not negative.
pub(super) fn at_least_zero(value: f64) -> Result<f64, Lack> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(Lack::OutOfRange) }
}

/// An exposure that can be divided by: finite and above zero.
pub(super) fn exposed(value: f64) -> Result<f64, Lack> {
    if at_least_zero(value)? > 0.0 { Ok(value) } else { Err(Lack::NoExposure) }
}

/// A probability strictly between 0 and 1.
pub(super) fn inside_unit(value: f64) -> Result<f64, Lack> {
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(Lack::OutOfRange) }
}
