//! Follow-ups are planned by themselves. Any number of processes may do it at once: each is a row of its own key.

use std::time::Duration;

use super::store::planning::{FollowUpsPlanned, is_due, plan};
use crate::kernel::Result;
use crate::ownership::holders::HolderKeys;
use crate::platform::rooms::Sweep;
use crate::platform::state::AppState;

/// What the program looks after by itself.
pub(super) const SWEEP: Sweep = Sweep { name: "follow-ups", every: Duration::from_mins(10), run: all };

/// Plans all there is to plan now.
fn all(app: &AppState) -> Result<()> {
    loop {
        let (stamp, today, keys) = (app.stamp("system"), app.today(), HolderKeys::derive(&app.keys.house)?);
        if !app.store.read_blocking(|db| is_due(db, stamp.at, today))?
            || app.store.write_blocking(move |db| plan(db, &stamp, &keys, today))? == FollowUpsPlanned::default()
        {
            return Ok(());
        }
    }
}
