//! Sending a print job to its printer, chunk by chunk.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::fill;
use super::rules;
use super::store::{self, Totals, WRITTEN};
use super::{Chunk, ChunkState, LabelRequest, PrintJob};
use crate::kernel::{BatchNo, Code, Error, Id, Result, saturating};
use crate::platform::policies::{self, Policy};
use crate::platform::state::AppState;
use crate::production::batches;
use crate::production::labels::{LabelLayout, Target, write_labels};
use crate::production::printers::{Printer, PrinterLink, Status, Stop};

/// How long a job may go without news before another process takes it over.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often news of a job are written down.
const NEWS: Duration = Duration::from_secs(2);
/// How often a busy printer is asked how far it is.
const POLL: Duration = Duration::from_millis(300);
/// How often the queue is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How patient this run is.
struct Patience {
    answer: Duration,
    confirm: Duration,
}

/// What one chunk came to.
enum Outcome {
    Printed,
    /// Sent whole to a printer that confirms nothing.
    Written,
    /// Nothing left; a person must look at the printer.
    NotSent(String),
    /// Perhaps printed, and why nobody knows.
    Unknown(String),
    /// The job was taken away: paused, called off, or run by somebody else.
    Taken,
}

/// Runs print jobs until the task is dropped: each on a thread of its own, so that a stuck printer holds up nobody else.
pub async fn run_forever(app: AppState) {
    loop {
        let (taker, now) = (app.clone(), app.clock.now());
        let taken = tokio::task::spawn_blocking(move || taker.store.write_blocking(move |db| store::take(db, now, now + LEASE))).await;
        match taken {
            Ok(Ok(Some(job))) => {
                let app = app.clone();
                drop(tokio::task::spawn_blocking(move || finish(&app, &job, &mut |_| {})));
            }
            Ok(Ok(None)) => tokio::time::sleep(LOOK).await,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the queue of print jobs was not read");
                tokio::time::sleep(LOOK).await;
            }
            Err(error) => {
                tracing::error!(%error, "taking a print job panicked");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Takes one waiting print job, or one whose runner fell silent, and runs it until it is over or paused. `watch` is told how far it is.
/// True when there was one.
pub fn run_one(app: &AppState, watch: &mut dyn FnMut(&Totals)) -> Result<bool> {
    let now = app.clock.now();
    let Some(job) = app.store.write_blocking(move |db| store::take(db, now, now + LEASE))? else { return Ok(false) };
    finish(app, &job, watch);
    Ok(true)
}

/// Runs this very job, which waits; as [`run_one`].
///
/// # Errors
/// [`Code::Stale`] when somebody else took it.
pub fn run_job(app: &AppState, id: Id, watch: &mut dyn FnMut(&Totals)) -> Result<()> {
    let now = app.clock.now();
    let job = app.store.write_blocking(move |db| store::take_this(db, id, now, now + LEASE))?;
    finish(app, &job, watch);
    Ok(())
}

fn finish(app: &AppState, job: &PrintJob, watch: &mut dyn FnMut(&Totals)) {
    if let Err(error) = run(app, job, watch) {
        tracing::error!(?error, id = %job.id, "a print job broke");
        pause(app, job, &super::words_of(&error));
    }
}

/// Puts a job aside with a reason, unless somebody moved it already.
fn pause(app: &AppState, job: &PrintJob, reason: &str) {
    let (stamp, job, reason) = (app.stamp("system"), job.clone(), reason.to_owned());
    let id = job.id;
    if let Err(error) = app.store.write_blocking(move |db| store::pause(db, &stamp, &job, &reason)) {
        tracing::warn!(%error, %id, "a print job was not put aside");
    }
}

fn run(app: &AppState, job: &PrintJob, watch: &mut dyn FnMut(&Totals)) -> Result<()> {
    let (id, no, of) = (job.id, job.batch_no, job.clone());
    let stamp = app.stamp("system");
    let at = stamp.at;
    // What an earlier run left in the air is nobody's to send again.
    let left = app.store.write_blocking(move |db| store::lose_sent(db, at, id))?;
    if left > 0 {
        pause(app, job, "interrupted");
        return Ok(());
    }
    let (printer, batch, patience) = app.store.read_blocking(move |db| {
        let seconds = |db: &mut _, policy| -> Result<Duration> { Ok(Duration::from_secs(saturating(policies::value(db, policy, at)?))) };
        let patience = Patience { answer: seconds(db, Policy::PrintAnswerSeconds)?, confirm: seconds(db, Policy::PrintConfirmSeconds)? };
        let printer = store::printer_of(db, &of)?;
        Ok((printer, batches::batch(db, no)?.ok_or(Code::NotFound)?, patience))
    })?;
    let request =
        LabelRequest { batch: batch.code, template: Some(job.template.clone()), claim_codes: job.claim_codes, ..LabelRequest::default() };
    let prepared = fill::prepare(app, &request, job.format, Some(saturating(printer.dpi)))?;
    loop {
        let totals = app.store.read_blocking(move |db| store::totals(db, id))?;
        watch(&totals);
        let Some(chunk) = app.store.read_blocking(move |db| store::next_chunk(db, id))? else { break };
        match print(app, job, &printer, &prepared.layout, no, &chunk, &patience)? {
            Outcome::Printed => settle(app, id, chunk.seq, ChunkState::Confirmed, "")?,
            Outcome::Written => {
                let seq = chunk.seq;
                app.store.write_blocking(move |db| store::note(db, id, seq, WRITTEN))?;
            }
            Outcome::NotSent(reason) => {
                pause(app, job, &reason);
                return Ok(());
            }
            Outcome::Unknown(reason) => {
                settle(app, id, chunk.seq, ChunkState::Unknown, &reason)?;
                pause(app, job, &reason);
                return Ok(());
            }
            Outcome::Taken => return Ok(()),
        }
    }
    let (done, job) = (app.stamp("system"), job.clone());
    let ended = app.store.write_blocking(move |db| store::print_done(db, &done, &job));
    watch(&app.store.read_blocking(move |db| store::totals(db, id))?);
    match ended {
        // Told to pause at the very end: nothing is left to be paused.
        Err(Error::Refused(refusal)) if refusal.code == Code::Stale => Ok(()),
        other => other,
    }
}

/// What became of a chunk, unless somebody else said so already.
fn settle(app: &AppState, id: Id, seq: i64, to: ChunkState, note: &str) -> Result<()> {
    let (at, note) = (app.clock.now(), note.to_owned());
    app.store.write_blocking(move |db| store::chunk_step(db, at, id, seq, ChunkState::Sent, to, &note)).map(drop)
}

fn print(
    app: &AppState,
    job: &PrintJob,
    printer: &Printer,
    layout: &LabelLayout,
    no: BatchNo,
    chunk: &Chunk,
    patience: &Patience,
) -> Result<Outcome> {
    let (id, seq) = (job.id, chunk.seq);
    let mut told = Instant::now();
    let mut beat = || {
        if told.elapsed() >= NEWS {
            told = Instant::now();
            let now = app.clock.now();
            if let Err(error) = app.store.write_blocking(move |db| store::renew(db, id, now, now + LEASE)) {
                tracing::warn!(%error, %id, "a lease was not renewed");
            }
        }
    };
    // The labels first: what cannot be drawn must not leave half.
    let (batch, void) =
        app.store.read_blocking(move |db| Ok((batches::batch(db, no)?.ok_or(Code::NotFound)?, batches::voids_of(db, no)?)))?;
    let runs = rules::without(&[chunk.units()], &void)?;
    let mut labels = Vec::new();
    let mut units = fill::units(&app.keys.serials, &batch, &runs, job.claim_codes)?;
    write_labels(job.format, layout, &mut units, Target::Stream(&mut labels), &mut |_| {})?;

    let port = u16::try_from(printer.port).map_err(Error::broken)?;
    let mut link = match PrinterLink::open(&printer.host, port, printer.language, patience.answer) {
        Ok(link) => link,
        Err(error) => {
            tracing::info!(%error, printer = printer.code, "a printer was not reached");
            return Ok(Outcome::NotSent("unreachable".to_owned()));
        }
    };
    if printer.confirms {
        // A printer that cannot print now is said to at once; one that is busy is waited for.
        match until_idle(&mut link, patience, patience.answer, &mut beat) {
            Ok(Ended::Idle) => {}
            Ok(Ended::Stopped(stops)) => return Ok(Outcome::NotSent(words(&stops))),
            Ok(Ended::Busy) => return Ok(Outcome::NotSent("busy".to_owned())),
            Ok(Ended::Silent) => return Ok(Outcome::NotSent("silent".to_owned())),
            Err(_) => return Ok(Outcome::NotSent("closed".to_owned())),
        }
    }
    // Durably sent before the first byte leaves, and only if the job is still ours.
    let (at, version) = (app.clock.now(), job.version);
    if !app.store.write_blocking(move |db| store::mark_sent(db, at, id, version, seq))? {
        return Ok(Outcome::Taken);
    }
    if link.send(&labels, patience.confirm, &mut beat).is_err() {
        return Ok(Outcome::Unknown("broke-off".to_owned()));
    }
    if !printer.confirms {
        return Ok(match link.finish(patience.answer, &mut beat) {
            Ok(()) => Outcome::Written,
            Err(_) => Outcome::Unknown("broke-off".to_owned()),
        });
    }
    Ok(match until_idle(&mut link, patience, patience.confirm, &mut beat) {
        Ok(Ended::Idle) => Outcome::Printed,
        Ok(Ended::Stopped(stops)) => Outcome::Unknown(words(&stops)),
        Ok(Ended::Busy) => Outcome::Unknown("not-finished".to_owned()),
        Ok(Ended::Silent) => Outcome::Unknown("silent".to_owned()),
        Err(_) => Outcome::Unknown("closed".to_owned()),
    })
}

/// How a wait for a printer ended.
enum Ended {
    Idle,
    Stopped(Vec<Stop>),
    Busy,
    Silent,
}

/// Asks until the printer says twice that it has nothing to do: a single answer may have overtaken the labels. Waits as long as it gets
/// on; when it does not, `stopped` if it says that it cannot print or says nothing, else as long as patience lasts.
fn until_idle(link: &mut PrinterLink, patience: &Patience, stopped: Duration, beat: &mut dyn FnMut()) -> std::io::Result<Ended> {
    let mut moved = Instant::now();
    let mut last: Option<Status> = None;
    let mut idle = 0;
    loop {
        let answer = link.ask(patience.answer)?;
        beat();
        idle = if answer.as_ref().is_some_and(Status::is_idle) { idle + 1 } else { 0 };
        if idle == 2 {
            return Ok(Ended::Idle);
        }
        if answer.is_some() && answer.as_ref().map(|now| now.waiting) != last.as_ref().map(|before| before.waiting) {
            moved = Instant::now();
        }
        let able = answer.as_ref().is_some_and(|status| status.stops.is_empty());
        if moved.elapsed() >= if able { patience.confirm } else { stopped } {
            return Ok(match answer {
                None => Ended::Silent,
                Some(status) if !status.stops.is_empty() => Ended::Stopped(status.stops),
                Some(_) => Ended::Busy,
            });
        }
        last = answer.or(last);
        std::thread::sleep(POLL);
    }
}

fn words(stops: &[Stop]) -> String {
    stops.iter().map(|stop| stop.as_str()).collect::<Vec<_>>().join(",")
}
