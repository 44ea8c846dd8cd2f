//! Counting aside from the request: looks are gathered in memory, a task writes what has gathered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::rules::{Look, is_counted, period, steady_part};
use super::store::{self, Device, Seen};
use crate::kernel::serial::RootKey;
use crate::kernel::time::Clock;
use crate::kernel::{Error, GarmentId, Result};
use crate::platform::db::Store;
use crate::platform::locks::lock;
use crate::platform::policies::{self, Policy};

/// How often looks are written. Not more often, because each commit makes every reader map the file anew: at once a second, a tenth of what a
/// card costs with a million garments.
const PAUSE: Duration = Duration::from_secs(5);
/// Devices written in one commit, so that nobody waits long for the writer.
const WRITE: usize = 1_000;
/// Commits in a row, so that a rush of looks takes only a small part of the machine.
const ROUNDS: usize = 5;
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

    /// The key of a period: HMAC-SHA256(key, period).
    fn of_period(&self, period: i64) -> Result<PeriodKey> {
        let mut of_period = self.0.clone();
        of_period.update(&period.to_be_bytes());
        Ok(PeriodKey { period, key: Keyed::new_from_slice(&of_period.finalize().into_bytes()).map_err(Error::broken)? })
    }
}

#[derive(Clone)]
struct PeriodKey {
    period: i64,
    key: Keyed,
}

impl PeriodKey {
    /// What stands for a device that looks at a garment in the period: the first 8 bytes of HMAC-SHA256(key of the period, garment ‖ address ‖
    /// user agent).
    fn device(self, garment: GarmentId, look: &Look<'_>) -> Device {
        let mut device = self.key;
        device.update(&garment.0.to_be_bytes());
        device.update(&steady_part(look.address));
        device.update(look.user_agent.as_bytes());
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = device.finalize().into_bytes().into();
        Device(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// What is gathered until it is written.
#[derive(Default)]
struct Gathered {
    looks: HashMap<(GarmentId, Device), Seen>,
    /// The key of the latest look, kept because deriving it takes as long as using it.
    key: Option<PeriodKey>,
    /// Whether the task has ended.
    ended: bool,
}

impl Gathered {
    /// False when there is no room for it.
    fn add(&mut self, garment: GarmentId, device: Device, at: NaiveDateTime) -> bool {
        let is_full = self.looks.len() >= GATHER;
        match self.looks.entry((garment, device)) {
            Entry::Occupied(mut seen) => seen.get_mut().join(&Seen::at(at)),
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(vacant) => drop(vacant.insert(Seen::at(at))),
        }
        true
    }
}

/// Counts looks. Cheap to clone; every clone feeds the same task, which ends when the last clone is gone or [`Counter::stop`] is called.
#[derive(Clone)]
pub struct Counter {
    gathered: Arc<Mutex<Gathered>>,
    orders: mpsc::Sender<Order>,
    key: DeviceKey,
    clock: Clock,
    /// Days a device is remembered; the task keeps it up to date.
    days: Arc<AtomicI64>,
}

enum Order {
    Flush(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

impl Counter {
    /// Starts the task on the current runtime.
    pub fn start(store: Store, clock: Clock, key: DeviceKey) -> (Self, JoinHandle<()>) {
        let (orders, taken) = mpsc::channel(8);
        let days = Arc::new(AtomicI64::new(Policy::ScanDeviceDays.default()));
        let gathered = Arc::<Mutex<Gathered>>::default();
        let task = Task { store, clock: clock.clone(), days: days.clone(), gathered: gathered.clone(), purged_at: None };
        (Self { gathered, orders, key, clock, days }, tokio::spawn(task.run(taken)))
    }

    /// Counts a look at a garment's card, if it is a person's. Never waits, and wakes nobody up: the task comes by itself.
    pub fn count(&self, garment: GarmentId, look: &Look<'_>) {
        if !is_counted(look.method, look.user_agent, look.purposes) {
            return;
        }
        let at = self.clock.now();
        let period = period(at.and_utc().timestamp().div_euclid(86_400), self.days.load(Ordering::Relaxed));
        let known = lock(&self.gathered).key.clone().filter(|key| key.period == period);
        let key = match known.map_or_else(|| self.key.of_period(period), Ok) {
            Ok(key) => key,
            Err(error) => return tracing::error!(%error, "a look was not counted"),
        };
        let device = key.clone().device(garment, look);
        let mut gathered = lock(&self.gathered);
        gathered.key = Some(key);
        if gathered.ended || !gathered.add(garment, device, at) {
            tracing::debug!("a look was not counted");
        }
    }

    /// Writes what has gathered, and returns when it is written.
    pub async fn flush(&self) {
        self.ask(Order::Flush).await;
    }

    /// Writes what has gathered and ends the task: for the shutdown.
    pub async fn stop(&self) {
        self.ask(Order::Stop).await;
    }

    async fn ask(&self, order: fn(oneshot::Sender<()>) -> Order) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(order(done)).await.is_ok() {
            // The task answers, or has ended and has nothing left to write.
            let _ended = wait.await;
        }
    }
}

struct Task {
    store: Store,
    clock: Clock,
    days: Arc<AtomicI64>,
    gathered: Arc<Mutex<Gathered>>,
    purged_at: Option<NaiveDateTime>,
}

impl Task {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.look_up_days().await;
        let mut pause = tokio::time::interval(PAUSE);
        pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let is_last = !matches!(order, Some(Order::Flush(_)));
                    if is_last {
                        lock(&self.gathered).ended = true;
                    }
                    self.write_all().await;
                    if let Some(Order::Flush(done) | Order::Stop(done)) = order {
                        let _nobody_waits = done.send(());
                    }
                    if is_last {
                        return;
                    }
                },
                _ = pause.tick() => {
                    for _ in 0..ROUNDS {
                        if self.write().await < WRITE {
                            break;
                        }
                    }
                    self.forget().await;
                }
            }
        }
    }

    async fn write_all(&self) {
        while self.write().await > 0 {}
    }

    /// Writes some of what has gathered: how many devices. What the store cannot take just now stays gathered.
    async fn write(&self) -> usize {
        let looks: Arc<HashMap<_, _>> = {
            let mut gathered = lock(&self.gathered);
            let some: Vec<_> = gathered.looks.keys().take(WRITE).copied().collect();
            Arc::new(some.into_iter().filter_map(|key| gathered.looks.remove_entry(&key)).collect())
        };
        if looks.is_empty() {
            return 0;
        }
        let written = {
            let looks = looks.clone();
            self.store.write(move |db| store::record(db, &looks)).await
        };
        if let Err(error) = written {
            tracing::warn!(%error, looks = looks.len(), "looks could not be written");
            let mut gathered = lock(&self.gathered);
            for (key, seen) in looks.iter() {
                gathered.looks.entry(*key).and_modify(|later| later.join(seen)).or_insert(*seen);
            }
            return 0;
        }
        looks.len()
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
