//! The sweep: what has become due since the last look is told, and clocks follow their calendars. Any number of processes may run it at once: what
//! is told is a row of its own key, and each stretch is one write.

use std::time::Duration;

use serde_json::{Value, json};

use super::store;
use crate::kernel::{Id, Result, saturating};
use crate::platform::jobs::{Job, Work};
use crate::platform::rooms::Sweep;
use crate::platform::state::AppState;

/// How often the index is asked.
pub(super) const SWEEP: Sweep = Sweep { name: "clocks", every: Duration::from_secs(5), run: |app| sweep(app).map(drop) };
/// Clocks written at a time.
const STRETCH: i64 = 200;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Clocks that were read anew.
    pub clocks: usize,
    /// Steps of escalations that were told.
    pub told: usize,
    /// Deadlines that moved with a calendar.
    pub moved: usize,
}

/// Does all there is to do now.
///
/// # Errors
/// When the store cannot be written; what was done until then stands.
pub fn sweep(app: &AppState) -> Result<Swept> {
    let mut swept = Swept::default();
    // Deadlines move before anybody is told that they passed.
    for week in app.store.read_blocking(store::weeks_behind)? {
        loop {
            let (stamp, week) = (app.stamp("system"), week.clone());
            let (clocks, moved) = app.store.write_blocking(move |db| store::follow(db, &stamp, &week, STRETCH))?;
            swept = Swept { clocks: swept.clocks + clocks, moved: swept.moved + moved, ..swept };
            if clocks == 0 {
                break;
            }
        }
    }
    let now = app.clock.now();
    while app.store.read_blocking(|db| store::has_to_tell(db, now))? {
        let stamp = app.stamp("system");
        let (clocks, told) = app.store.write_blocking(move |db| store::fire(db, &stamp, STRETCH))?;
        swept = Swept { clocks: swept.clocks + clocks, told: swept.told + told, ..swept };
    }
    Ok(swept)
}

/// The kind of long work that holds open clocks against levels that changed.
pub(super) const RECKON_WORK: &str = "service_levels.reckon";

/// Holds every open clock of some codes against the levels as they are now, a stretch at a time. Its report says how many were looked at and how
/// many deadlines moved; each that did is told at its case.
pub(super) struct ReckonWork;

impl Work for ReckonWork {
    fn kind(&self) -> &'static str {
        RECKON_WORK
    }

    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value> {
        let (mut looked, mut moved) = (0, 0);
        let codes = job.input.get("clocks").and_then(Value::as_array).cloned().unwrap_or_default();
        for code in codes.iter().filter_map(Value::as_str) {
            let mut after = Id(0);
            loop {
                let (stamp, code) = (app.stamp(&job.created_by), code.to_owned());
                let (clocks, deadlines, last) = app.store.write_blocking(move |db| store::reckon(db, &stamp, &code, after, STRETCH))?;
                (looked, moved) = (looked + clocks, moved + deadlines);
                progress(saturating(looked), 0);
                let Some(last) = last else { break };
                after = last;
            }
        }
        Ok(json!({ "clocks": looked, "moved": moved }))
    }
}
