//! The statistics of root cause, one noun a file: values in, values out; no clock, no database, no chance.
//!
//! | question | files |
//! |---|---|
//! | what should have been claimed by now | [`age`], [`delay`], [`cells`] |
//! | which cells stand out | [`detect`] on [`shrinkage`], [`mixture`], [`dispersion`], [`multiplicity`] |
//! | how surprising is one count | [`poisson`], [`binomial`], [`tables`], [`scan`] |
//! | is it this factor or its rival | [`stratified`], [`regression`], [`shapley`] |
//! | is it getting worse | [`control`], [`sequential`] |
//! | how long do units last, what is still to come | [`survival`], [`weibull`] |
//! | what to inspect, and how it went | [`sampling`], [`measures`] |
//!
//! Each function says its formula, its units and its source. `tests/vectors/statistics/` holds each of them to other people's results.

pub mod age;
mod answer;
pub mod binomial;
pub mod cells;
pub mod control;
pub mod delay;
pub mod detect;
pub mod dispersion;
mod matrix;
pub mod measures;
pub mod mixture;
pub mod multiplicity;
mod optimise;
pub mod poisson;
pub mod regression;
pub mod sampling;
pub mod scan;
pub mod sequential;
pub mod shapley;
pub mod shrinkage;
mod special;
pub mod stratified;
pub mod survival;
pub mod tables;
pub mod weibull;

pub use answer::{Answer, Interval, Lack};

#[cfg(test)]
mod chance;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod vectors;
