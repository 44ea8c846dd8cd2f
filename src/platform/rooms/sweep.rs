//! What a room looks after by itself while the program serves: again and again, in however many processes.

use std::time::Duration;

use crate::kernel::Result;
use crate::platform::state::AppState;

/// Something to be done again and again. Several processes may do it at once: it must not matter how often, nor by whom, it is done.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// What it is called in the log.
    pub name: &'static str,
    /// How long it rests in between.
    pub every: Duration,
    /// Does all there is to do now. Called on a blocking thread.
    pub run: fn(&AppState) -> Result<()>,
}

impl Sweep {
    /// Sweeps until the task is dropped.
    pub async fn run_forever(self, app: AppState) {
        loop {
            let sweeping = app.clone();
            match tokio::task::spawn_blocking(move || (self.run)(&sweeping)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, sweep = self.name, "not everything was looked after"),
                Err(error) => tracing::error!(%error, sweep = self.name, "a sweep panicked"),
            }
            tokio::time::sleep(self.every).await;
        }
    }
}
