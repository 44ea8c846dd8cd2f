//! Root cause: how well and how fast causes are found, and how often chance is blamed.
//!
//! `cargo bench --bench root_cause` prints the tables of `docs/root-cause.md`. Milliseconds mean something only on a machine with nothing
//! else to do; the scores are the same everywhere.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints, and one that cannot be set up has nothing to measure"
)]

mod cube;
mod localisation;

use std::time::Instant;

fn main() {
    // `-- settings`, `-- chance` or `-- counting` for one of them.
    let asked = |name: &str| !std::env::args().skip(1).any(|one| !one.starts_with('-')) || std::env::args().any(|one| one == name);
    let tables: [(&str, fn()); 3] = [("settings", localisation::settings), ("chance", localisation::chance), ("counting", cube::counting)];
    for (_, table) in tables.into_iter().filter(|(name, _)| asked(name)) {
        table();
    }
}

/// Runs something; seconds it took, and seconds the process was computing meanwhile (0 where the system does not tell).
fn timed<T>(run: impl FnOnce() -> T) -> (f64, f64, T) {
    let (start, before) = (Instant::now(), computing());
    let made = run();
    (start.elapsed().as_secs_f64(), computing() - before, made)
}

/// User and system time of this process as Linux counts it, in hundredths.
fn computing() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
