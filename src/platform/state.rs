//! The state of the application: what every handler and job is handed.

use std::sync::Arc;

use crate::kernel::Id;
use crate::kernel::time::{Clock, local_date};
use crate::platform::config::Config;
use crate::platform::db::Store;
use crate::platform::events::Stamp;
use crate::platform::keys::Keys;
use crate::platform::limits::Limits;

/// What every handler and job is handed: the store, the clock, the settings. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// The secret keys.
    pub keys: Arc<Keys>,
    /// This process, for ids.
    pub node: u16,
    /// How often things may be tried.
    pub limits: Arc<Limits>,
}

impl AppState {
    /// On this store, with fresh counters.
    pub fn new(store: Store, clock: Clock, config: Config, keys: Keys, node: u16) -> Self {
        let limits = Arc::new(Limits::new(&clock));
        Self { store, clock, config: Arc::new(config), keys: Arc::new(keys), node, limits }
    }

    /// A stamp of now for `actor`.
    pub fn stamp(&self, actor: &str) -> Stamp {
        Stamp { actor: actor.to_owned(), at: self.clock.now(), node: self.node }
    }

    /// Today in the brand's zone.
    pub fn today(&self) -> chrono::NaiveDate {
        local_date(self.clock.now(), self.config.time_zone)
    }

    /// A fresh id.
    pub fn id(&self) -> Id {
        Id::fresh(self.clock.now(), self.node)
    }
}
