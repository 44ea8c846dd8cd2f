//! Root cause: which lot, line or supplier has more claims than chance explains, how sure that is, and which combination is to blame.
//!
//! Everything here is pure: cells go in (claims counted, claims expected), answers come out, and the same input gives the same bytes on any
//! machine. An answer that the data do not carry is [`rules::Answer::TooLittle`] with its reason: a value, never an error and never a
//! score. [`rules`] detects, [`localise`] says which conjunction of facts or which lot stands behind what was detected.
//! `docs/root-cause.md` explains each number to a quality engineer; the doc comments give formula, units and source.

pub mod localise;
pub mod rules;

pub use rules::age::Ages;
pub use rules::delay::{Completeness, chain_ladder};
pub use rules::detect::{Level, Model, Settings as DetectSettings, Signal, detect};
pub use rules::multiplicity::{Method, adjust};
pub use rules::poisson::compare;
