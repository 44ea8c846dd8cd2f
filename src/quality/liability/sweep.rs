//! Silence: who agreed that saying nothing accepts, and said nothing until their last day was over, has accepted. Any number of processes may look at
//! once: a reply is a row of its own key.

use super::store::contests::accept_silent;
use crate::kernel::Result;
use crate::platform::state::AppState;

/// Replies written at a time.
const STRETCH: i64 = 200;

/// Accepts for all who are silent today. How many.
///
/// # Errors
/// When the store cannot be written; what was done until then stands.
pub fn accept_all_silent(app: &AppState) -> Result<usize> {
    let mut all = 0;
    loop {
        let (stamp, today) = (app.stamp("system"), app.today());
        let accepted = app.store.write_blocking(move |db| accept_silent(db, &stamp, today, STRETCH))?;
        all += accepted;
        if accepted == 0 {
            return Ok(all);
        }
    }
}
