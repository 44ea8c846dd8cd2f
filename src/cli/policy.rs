//! `policy list | set`: the values of policy.

use chrono::NaiveDate;
use clap::Subcommand;

use super::{say, tell, terminal_lang};
use crate::kernel::time::{local_midnight, local_minute};
use crate::kernel::{Code, Fault, Result};
use crate::platform::policies::{self, Policy, SetPolicy};
use crate::platform::state::AppState;
use crate::platform::words::Words;

/// What can be done with the values of policy.
#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// List them: code, value, since when, what it means.
    List,
    /// Set one.
    Set {
        /// Its code: claim.tries_per_day, session.idle_minutes …
        code: String,
        /// The value.
        value: i64,
        /// Why; it is kept with the value.
        #[arg(long)]
        reason: String,
        /// From the beginning of which day on it holds (2026-03-31); at once when left out.
        #[arg(long)]
        from: Option<NaiveDate>,
    },
}

/// Runs one of them.
pub(super) fn run(app: &AppState, command: PolicyCommand) -> Result<()> {
    let words = Words::of(terminal_lang());
    let (now, zone) = (app.clock.now(), app.config.time_zone);
    match command {
        PolicyCommand::List => {
            for policy in app.store.read_blocking(|db| policies::all(db, now))? {
                let since = policy.now.valid_from.map_or_else(|| "-".to_owned(), |at| local_minute(at, zone));
                say(&format!("{}\t{}\t{since}\t{}", policy.code, policy.now.value, policy.about.get(words.lang())));
            }
        }
        PolicyCommand::Set { code, value, reason, from } => {
            let which = Policy::of(&code).ok_or_else(|| {
                let known: Vec<_> = Policy::ALL.iter().map(|policy| policy.as_str()).collect();
                Fault::new("code", Code::NotOneOf).with("value", &code).with("allowed", known.join(", "))
            })?;
            let wanted = SetPolicy { value, reason, valid_from: from.map(|day| local_midnight(day, zone)) };
            let stamp = app.stamp("cli");
            let set = app.store.write_blocking(move |db| policies::set(db, &stamp, which, &wanted))?;
            let holds = set.versions.iter().max_by_key(|version| version.version).and_then(|version| version.valid_from);
            let said = [("code", code), ("value", value.to_string()), ("from", holds.map(|at| local_minute(at, zone)).unwrap_or_default())];
            tell(&words.say_with("policy-values-set", &said));
        }
    }
    Ok(())
}
