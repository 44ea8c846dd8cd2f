//! The sweep: what has become due since the last look is told, and clocks follow their calendars. Any number of processes may run it at once: what
//! is told is a row of its own key, and each stretch is one write.

use std::time::Duration;

use super::store;
use crate::kernel::Result;
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
