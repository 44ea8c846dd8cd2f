//! The sweep: what has become due since the last look is told, and clocks follow their calendars. Any number of processes may run it at once: what
//! is told is a row of its own key, and each stretch is one write.

use std::time::Duration;

use super::store;
use crate::kernel::Result;
use crate::platform::state::AppState;

/// How often the index is asked.
const LOOK: Duration = Duration::from_secs(5);
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

/// Sweeps until the task is dropped.
pub async fn run_forever(app: AppState) {
    loop {
        let sweeping = app.clone();
        match tokio::task::spawn_blocking(move || sweep(&sweeping)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what is due was not looked at"),
            Err(error) => tracing::error!(%error, "looking at what is due panicked"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
