//! Root cause: which lot, line or supplier is to blame, and how sure that is.

pub mod localise;
