//! Counting aside from the request: a bounded queue, a task that writes what has gathered.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::NaiveDateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::rules::{Look, is_counted, period, steady_part};
use super::store;
use crate::kernel::serial::RootKey;
use crate::kernel::time::Clock;
use crate::kernel::{Error, GarmentId, Result};
use crate::platform::db::Store;
use crate::platform::policies::{self, Policy};

/// Looks that may wait; more are dropped.
const QUEUE: usize = 8_192;
/// How often looks are written.
const PAUSE: Duration = Duration::from_secs(1);
/// Devices written at a time, so that nobody waits long for the writer and a rush of looks takes only a small part of the machine.
const WRITE: usize = 1_000;
/// Devices that may be gathered, waiting for their turn; looks of more are dropped.
const GATHER: usize = 100_000;
/// How often remembered devices are looked over for those to forget.
const PURGE_EVERY: chrono::Duration = chrono::Duration::hours(6);

type Keyed = Hmac<Sha256>;

/// The key that hides devices. Every period has one of its own, derived from it.
#[derive(Clone)]
pub struct DeviceKey(Keyed);

impl DeviceKey {
    /// Derives it from a root key: HMAC-SHA256(root, "hangtag/scan/v1").
    ///
    /// # Errors
    /// Never with a root key's 32 bytes.
    pub fn derive(root: &RootKey) -> Result<Self> {
        let mut expand = Keyed::new_from_slice(root.expose()).map_err(Error::broken)?;
        expand.update(b"hangtag/scan/v1");
        Ok(Self(Keyed::new_from_slice(&expand.finalize().into_bytes()).map_err(Error::broken)?))
    }

    /// What stands for a device that looks at a garment in a period: 16 hexadecimal digits of
    /// HMAC-SHA256(HMAC-SHA256(key, period), garment ‖ address ‖ user agent).
    fn device(&self, period: i64, garment: GarmentId, look: &Look<'_>) -> Result<String> {
        let mut of_period = self.0.clone();
        of_period.update(&period.to_be_bytes());
        let mut device = Keyed::new_from_slice(&of_period.finalize().into_bytes()).map_err(Error::broken)?;
        device.update(&garment.0.to_be_bytes());
        device.update(&steady_part(look.address));
        device.update(look.user_agent.as_bytes());
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = device.finalize().into_bytes().into();
        Ok(format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h])))
    }
}

/// Counts looks. Cheap to clone; every clone feeds the same task, which ends when the last clone is gone or [`Counter::stop`] is called.
#[derive(Clone)]
pub struct Counter {
    queue: mpsc::Sender<Word>,
    key: DeviceKey,
    clock: Clock,
    /// Days a device is remembered; the task keeps it up to date.
    days: Arc<AtomicI64>,
}

enum Word {
    Seen { garment: GarmentId, device: String, at: NaiveDateTime },
    Flush(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

impl Counter {
    /// Starts the task on the current runtime.
    pub fn start(store: Store, clock: Clock, key: DeviceKey) -> (Self, JoinHandle<()>) {
        let (queue, words) = mpsc::channel(QUEUE);
        let days = Arc::new(AtomicI64::new(Policy::ScanDeviceDays.default()));
        let task = Task { store, clock: clock.clone(), days: days.clone(), gathered: HashMap::new(), purged_at: None };
        (Self { queue, key, clock, days }, tokio::spawn(task.run(words)))
    }

    /// Counts a look at a garment's card, if it is a person's. Never waits; drops it when the queue is full.
    pub fn count(&self, garment: GarmentId, look: &Look<'_>) {
        if !is_counted(look.method, look.user_agent, look.purposes) {
            return;
        }
        let at = self.clock.now();
        let today = at.and_utc().timestamp().div_euclid(86_400);
        match self.key.device(period(today, self.days.load(Ordering::Relaxed)), garment, look) {
            Ok(device) => {
                if self.queue.try_send(Word::Seen { garment, device, at }).is_err() {
                    tracing::debug!("a look was not counted: the queue is full");
                }
            }
            Err(error) => tracing::error!(%error, "a look was not counted"),
        }
    }

    /// Writes what has gathered, and returns when it is written.
    pub async fn flush(&self) {
        self.ask(Word::Flush).await;
    }

    /// Writes what has gathered and ends the task: for the shutdown.
    pub async fn stop(&self) {
        self.ask(Word::Stop).await;
    }

    async fn ask(&self, word: fn(oneshot::Sender<()>) -> Word) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(word(done)).await.is_ok() {
            // The task answers, or has ended and has nothing left to write.
            let _ended = wait.await;
        }
    }
}

struct Task {
    store: Store,
    clock: Clock,
    days: Arc<AtomicI64>,
    gathered: HashMap<(GarmentId, String), store::Seen>,
    purged_at: Option<NaiveDateTime>,
}

impl Task {
    async fn run(mut self, mut words: mpsc::Receiver<Word>) {
        self.look_up_days().await;
        let mut pause = tokio::time::interval(PAUSE);
        pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                word = words.recv() => match word {
                    Some(Word::Seen { garment, device, at }) => {
                        if self.gathered.len() < GATHER {
                            self.gathered.entry((garment, device)).and_modify(|seen| seen.again(at)).or_insert_with(|| store::Seen::at(at));
                        }
                    }
                    Some(Word::Flush(done)) => {
                        self.write_all().await;
                        let _nobody_waits = done.send(());
                    }
                    Some(Word::Stop(done)) => {
                        self.write_all().await;
                        let _nobody_waits = done.send(());
                        return;
                    }
                    None => {
                        self.write_all().await;
                        return;
                    }
                },
                _ = pause.tick() => {
                    self.write().await;
                    self.forget().await;
                }
            }
        }
    }

    async fn write_all(&mut self) {
        while self.write().await && !self.gathered.is_empty() {}
    }

    /// Writes some of what has gathered; false when the store cannot take it just now: it then stays gathered.
    async fn write(&mut self) -> bool {
        if self.gathered.is_empty() {
            return true;
        }
        let some: Vec<_> = self.gathered.keys().take(WRITE).cloned().collect();
        let looks: Arc<HashMap<_, _>> = Arc::new(some.into_iter().filter_map(|key| self.gathered.remove_entry(&key)).collect());
        let written = {
            let looks = looks.clone();
            self.store.write(move |db| store::record(db, &looks)).await
        };
        if let Err(error) = written {
            tracing::warn!(%error, looks = looks.len(), "looks could not be written");
            self.gathered.extend(looks.iter().map(|(key, seen)| (key.clone(), *seen)));
            return false;
        }
        true
    }

    async fn look_up_days(&self) {
        let now = self.clock.now();
        match self.store.read(move |db| policies::value(db, Policy::ScanDeviceDays, now)).await {
            Ok(days) => self.days.store(days, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "how long devices are remembered could not be read"),
        }
    }

    /// Deletes devices not seen for as long as policy says, some at a time.
    async fn forget(&mut self) {
        let now = self.clock.now();
        if self.purged_at.is_some_and(|at| now.signed_duration_since(at) < PURGE_EVERY) {
            return;
        }
        self.look_up_days().await;
        match self.store.write(move |db| store::purge(db, now)).await {
            // More to delete: go on at the next tick.
            Ok(deleted) if deleted >= store::PURGE_ROWS => {}
            Ok(_) => self.purged_at = Some(now),
            Err(error) => tracing::warn!(%error, "devices could not be forgotten"),
        }
    }
}
