//! Follow-ups are planned by themselves. Any number of processes may do it at once: each is a row of its own key.

use std::time::Duration;

use super::store::planning::{FollowUpsPlanned, plan};
use crate::kernel::Result;
use crate::ownership::holders::HolderKeys;
use crate::platform::state::AppState;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(600);

/// Plans all there is to plan now.
fn all(app: &AppState) -> Result<()> {
    loop {
        let (stamp, today, keys) = (app.stamp("system"), app.today(), HolderKeys::derive(&app.keys.house)?);
        if app.store.write_blocking(move |db| plan(db, &stamp, &keys, today))? == FollowUpsPlanned::default() {
            return Ok(());
        }
    }
}

/// Plans until the task is dropped.
pub async fn run_forever(app: AppState) {
    loop {
        let planning = app.clone();
        match tokio::task::spawn_blocking(move || all(&planning)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "follow-ups were not planned"),
            Err(error) => tracing::error!(%error, "planning follow-ups panicked"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
