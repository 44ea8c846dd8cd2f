//! Long work: it is queued in the store, survives a restart, and shows its progress to whoever looks.
//!
//! A job is run under a lease that its progress renews. When the process dies the lease runs out and the job is run again from the
//! start: work must be idempotent, as imports are.

mod http;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use http::routes;
pub use store::{Job, JobState, enqueue, find, recent};

use crate::kernel::{Error, Id, Result};
use crate::platform::state::AppState;

/// How long a job may go without news before another process takes it over.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often progress is written.
const NEWS: Duration = Duration::from_millis(500);
/// How often the queue is looked at when nothing announces a job.
const LOOK: Duration = Duration::from_secs(1);

/// One kind of long work.
pub trait Work: Send + Sync {
    /// Its name in the store.
    fn kind(&self) -> &'static str;

    /// Does it, and returns its report. Called on a blocking thread; calls `progress(done, total)` as it goes.
    ///
    /// # Errors
    /// A refusal or what broke: the job ends as failed, with the error as its report.
    fn run(&self, app: &AppState, job: &Job, progress: &mut dyn FnMut(u64, u64)) -> Result<Value>;
}

/// Every kind of work there is. `app.rs` makes the list.
pub type Works = Arc<[Box<dyn Work>]>;

/// The error of a failed job, as its report.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What the code's message names.
    #[serde(default)]
    pub args: BTreeMap<String, String>,
    /// The details, for the log's reader.
    pub detail: String,
}

impl Failure {
    fn of(error: &Error) -> Self {
        let given = match error {
            Error::Refused(refusal) => refusal.args.as_slice(),
            _ => &[],
        };
        let args = given.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
        Self { code: error.code().as_str().to_owned(), args, detail: error.to_string() }
    }
}

/// Runs the oldest job that waits, if there is one. True when there was.
pub fn run_one(app: &AppState, works: &Works) -> Result<bool> {
    let now = app.clock.now();
    let Some(job) = app.store.write_blocking(move |db| store::take(db, now, now + LEASE))? else {
        return Ok(false);
    };
    let id = job.id;
    let outcome = match works.iter().find(|work| work.kind() == job.kind) {
        None => Err(Error::broken(format!("no work of kind {}", job.kind))),
        Some(work) => {
            let mut told = std::time::Instant::now();
            work.run(app, &job, &mut |done, total| {
                if told.elapsed() < NEWS {
                    return;
                }
                told = std::time::Instant::now();
                let now = app.clock.now();
                if let Err(error) = app.store.write_blocking(move |db| store::progress(db, id, done, total, now, now + LEASE)) {
                    tracing::warn!(%error, %id, "progress was not written");
                }
            })
        }
    };
    let (state, report) = match outcome {
        Ok(report) => (JobState::Done, report),
        Err(error) => {
            if matches!(error, Error::Broken(_)) {
                tracing::error!(error = ?error, %id, "a job broke");
            }
            (JobState::Failed, serde_json::to_value(Failure::of(&error)).map_err(Error::broken)?)
        }
    };
    let now = app.clock.now();
    app.store.write_blocking(move |db| store::finish(db, id, state, &report, now))?;
    Ok(true)
}

/// Runs jobs until the task is dropped.
pub async fn run_forever(app: AppState, works: Works) {
    loop {
        let (app, works) = (app.clone(), works.clone());
        let ran = tokio::task::spawn_blocking(move || run_one(&app, &works)).await;
        match ran {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => tokio::time::sleep(LOOK).await,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the queue of jobs was not read");
                tokio::time::sleep(LOOK).await;
            }
            Err(error) => {
                // A panic: the job keeps its lease and is taken up again when it runs out.
                tracing::error!(%error, "a job panicked");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// How far a job is, in whole percent. None while the total is not known.
pub fn percent(done: i64, total: i64) -> Option<i64> {
    (total > 0).then(|| (done.saturating_mul(100) / total).clamp(0, 100))
}

/// The address at which a job's progress is asked for.
pub fn address(id: Id) -> String {
    format!("/api/v1/jobs/{id}")
}
