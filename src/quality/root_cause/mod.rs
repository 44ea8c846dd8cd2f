//! Root cause: which lot, line or supplier has more claims than chance explains, and how sure that is.
//!
//! Everything here is pure: cells go in (claims counted, claims expected), answers come out, and the same input gives the same bytes on any
//! machine. An answer that the data do not carry is [`rules::Answer::TooLittle`] with its reason: a value, never an error and never a
//! score. `docs/root-cause.md` explains each number to a quality engineer; the doc comments of [`rules`] give formula, units and source.

pub mod rules;
