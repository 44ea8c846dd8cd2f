//! The store: one enum of two connections, two verbs, embedded migrations.
//!
//! - [`Store::read`] and [`Store::write`] run a sync closure on a blocking thread; nobody opens a transaction by hand.
//! - [`Store::read_inline`] is `read` for a handful of key look-ups on a page that must be fast: on SQLite it runs where it is called,
//!   because the hop to another thread costs more than the look-ups.
//! - SQLite writes go through one writer thread that commits whatever is queued in one go (`sqlite.rs`); PostgreSQL writes are
//!   serializable transactions, run again when the server says so (`postgres.rs`). A write closure may therefore run more than once.
//!
//! Queries are written once: `each!(db, |c| query.load(c))` is type-checked against both backends.

mod catalogue;
mod codes;
mod columns;
mod conflict;
mod copies;
mod doctor;
mod held;
mod literal;
mod migrate;
mod planned;
mod postgres;
pub mod schema;
pub mod search;
mod sqlite;
mod times;
mod url;

use std::any::Any;
use std::path::Path;
use std::sync::{Arc, Mutex};

use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

pub use catalogue::{Catalogue, Column, Difference, Key, KeyKind, Table};
pub use columns::{JsonText, known_text};
pub use conflict::{CHUNK_KEYS, chunk_rows, in_chunks, lie_close};
pub use copies::restore;
pub use doctor::{Finding, Says, examine};
use held::{Counted, Held};
pub use literal::Live;
pub use migrate::{Migrated, Standing, migrate, refuse_differences, standing};
pub use planned::{COPIED, FEW, Planned, planned};
pub use times::{At, Day};
pub use url::DatabaseUrl;

use crate::kernel::{Error, Result};
use crate::platform::locks::lock;

/// What closures of the store are given: a connection, and what is held in memory of its rows.
pub struct Db {
    /// The connection: see [`each!`](crate::each).
    pub connection: Connection,
    held: Held,
    /// The counts of what is held, once they were read in this transaction.
    counted: Counted,
}

/// A connection to either store.
pub enum Connection {
    /// The embedded store.
    Sqlite(SqliteConnection),
    /// PostgreSQL, or a distributed one.
    Pg(PgConnection),
}

/// Runs one query body on whichever connection it is. The body is type-checked for both.
#[macro_export]
macro_rules! each {
    ($db:expr, |$c:ident| $body:expr) => {
        match &mut $db.connection {
            $crate::platform::db::Connection::Sqlite($c) => $body,
            $crate::platform::db::Connection::Pg($c) => $body,
        }
    };
}

/// What a closure of [`Store::attempt_blocking`] makes of its write.
pub enum Attempt<T> {
    /// It stands.
    Keep(T),
    /// It leaves no trace.
    Undo(T),
}

/// Settings of a store that a deployment may change.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Reading connections (SQLite) or connections in all (PostgreSQL).
    pub connections: u32,
    /// SQLite: commit what is queued in one go. Only the measurement of what that brings switches it off.
    pub group_commit: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { connections: 8, group_commit: true }
    }
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    kind: Kind,
    held: Held,
}

enum Kind {
    Sqlite(sqlite::SqliteStore),
    Pg(postgres::PgStore),
}

impl Store {
    /// Opens the store the URL names. Neither makes nor migrates it: see [`migrate`].
    ///
    /// # Errors
    /// `StoreMissing`, `StoreNewer`, `StoreForeign` for a file; when it cannot be opened or lies on a network file system. PostgreSQL connects
    /// lazily: an unreachable server shows at first use, a newer store in [`migrate`] and [`standing`].
    pub fn open(url: &DatabaseUrl, options: &StoreOptions) -> Result<Self> {
        let held = Held::default();
        let kind = match url {
            DatabaseUrl::Sqlite(path) => Kind::Sqlite(sqlite::SqliteStore::open(path, options, &held)?),
            DatabaseUrl::Postgres(url) => Kind::Pg(postgres::PgStore::open(url, options, &held)?),
        };
        Ok(Self(Arc::new(Inner { kind, held })))
    }

    /// What a room holds in memory of this store's rows: one value for each type, made empty at first use, gone with the store.
    pub fn held<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.0.held.of()
    }

    /// Reads, on a blocking thread, from one consistent state.
    ///
    /// # Errors
    /// [`crate::kernel::Error::Busy`] when no connection came free within two seconds; whatever the closure returns.
    pub async fn read<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        blocking(move || store.read_blocking(body)).await
    }

    /// Reads a few rows by key from one consistent state, on the calling thread where the store is embedded.
    pub async fn read_inline<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        match &self.0.kind {
            Kind::Sqlite(store) => store.read_inline(body),
            Kind::Pg(_) => {
                let store = self.clone();
                blocking(move || match &store.0.kind {
                    Kind::Pg(pg) => pg.read_inline(body),
                    Kind::Sqlite(lite) => lite.read_inline(body),
                })
                .await
            }
        }
    }

    /// Writes: everything in the closure is committed together, and durably, before this returns; an `Err` leaves no trace.
    /// The closure may be run again, so it must not do anything but use the connection.
    ///
    /// # Errors
    /// [`crate::kernel::Error::Busy`] when the store is overloaded; whatever the closure returns.
    pub async fn write<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
    {
        match &self.0.kind {
            Kind::Sqlite(store) => store.write(body)?.await.map_err(|_| Error::broken("the writer has stopped"))?,
            Kind::Pg(_) => {
                let store = self.clone();
                blocking(move || store.write_blocking(body)).await
            }
        }
    }

    /// [`Store::read`] for code that is on a blocking thread already.
    pub fn read_blocking<T, F>(&self, body: F) -> Result<T>
    where
        F: FnOnce(&mut Db) -> Result<T>,
    {
        match &self.0.kind {
            Kind::Sqlite(store) => store.read(body),
            Kind::Pg(store) => store.read(body),
        }
    }

    /// [`Store::write`] for code that is on a blocking thread already.
    pub fn write_blocking<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
    {
        match &self.0.kind {
            Kind::Sqlite(store) => store.write(body)?.blocking_recv().map_err(|_| Error::broken("the writer has stopped"))?,
            Kind::Pg(store) => store.write(body),
        }
    }

    /// [`Store::write_blocking`] whose closure decides whether what it wrote stands: what it returns is handed on either way.
    pub fn attempt_blocking<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<Attempt<T>> + Send + 'static,
    {
        let undone = Arc::new(Mutex::new(None));
        let told = Arc::clone(&undone);
        let kept = self.write_blocking(move |db| match body(db)? {
            Attempt::Keep(value) => Ok(value),
            Attempt::Undo(value) => {
                *lock(&told) = Some(value);
                Err(crate::kernel::Error::broken("undone on purpose"))
            }
        });
        let undone = lock(&undone).take();
        undone.map_or(kept, Ok)
    }

    /// A count that changes with every commit to the embedded store, of whatever process; None for PostgreSQL, which has none.
    ///
    /// What was read after the count was, still stands while the count is the same. Commits of this process count before their writer is
    /// answered, those of another process within a twentieth of a second. Not to be called within a [`Store::read_inline`].
    #[expect(clippy::disallowed_methods, reason = "what cannot be counted is not kept, and read again")]
    pub fn changes(&self) -> Option<u64> {
        match &self.0.kind {
            Kind::Sqlite(store) => store.changes().ok(),
            Kind::Pg(_) => None,
        }
    }

    /// Copies the whole embedded store into a new file while it is in use (`VACUUM INTO`): everything that was committed when it began.
    ///
    /// # Errors
    /// When the file exists, or the store is PostgreSQL (use its own tools).
    pub fn backup_into(&self, file: &Path) -> Result<()> {
        match &self.0.kind {
            Kind::Sqlite(store) => store.backup_into(file),
            Kind::Pg(_) => Err(crate::kernel::Refusal::new(crate::kernel::Code::WrongState).with("state", "postgres").into()),
        }
    }
}

async fn blocking<T: Send + 'static>(body: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(body).await.map_err(Error::broken)?
}
