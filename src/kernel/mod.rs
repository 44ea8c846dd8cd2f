//! Pure values and rules: no I/O, no clock, no database, no HTTP.
//!
//! Everything here is values in, values out, so every other wing may use it and it uses nothing but itself.

pub mod calendar;
pub mod care;
pub mod chance;
pub mod choices;
pub mod components;
pub mod countries;
pub mod error;
pub mod event;
pub mod faults;
pub mod gs1;
pub mod ids;
pub mod machine;
pub mod money;
pub mod names;
pub mod number;
pub mod paging;
pub mod qr;
pub mod serial;
pub mod text;
pub mod time;
pub mod units;

pub use error::{Code, Error, Fault, Refusal, Result};
pub use faults::Faults;
pub use ids::{BatchNo, GarmentId, Id};
pub use number::{parsed, saturating};
