//! PostgreSQL behind the same two verbs: reads see one state, writes are serializable and run again when the server asks for it. A write that
//! lost to others several times waits for its turn: those that lose run one after another, on every node.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};

use super::held::Held;
use super::{Connection, Db, StoreOptions};
use crate::kernel::{Error, Result};

/// Longest wait for a connection.
const WAIT: Duration = Duration::from_secs(2);
/// Times a write is run beside all others before it waits for its turn.
const BESIDE_OTHERS: u32 = 3;
/// Times it is run in its turn before its asker is told to come back. Only writes that have not lost yet run beside it then.
const IN_TURN: u32 = 20;
/// The advisory lock whose holder has its turn, the same for every program on a database.
const TURN: i64 = 0x4861_6e67_7461_6701;

/// A pool of connections to a server.
pub(super) struct PgStore {
    pool: Pool<Manager>,
}

/// Hands out [`Db`], so that a pooled connection is what the closures take.
struct Manager(ConnectionManager<PgConnection>, Held);

impl diesel::r2d2::ManageConnection for Manager {
    type Connection = Db;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Db, Self::Error> {
        self.0.connect().map(|connection| Db::new(Connection::Pg(connection), &self.1))
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), Self::Error> {
        match &mut db.connection {
            Connection::Pg(connection) => self.0.is_valid(connection),
            Connection::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        match &mut db.connection {
            Connection::Pg(connection) => self.0.has_broken(connection),
            Connection::Sqlite(_) => false,
        }
    }
}

#[derive(Debug)]
struct Settings;

impl CustomizeConnection<Db, diesel::r2d2::Error> for Settings {
    fn on_acquire(&self, db: &mut Db) -> Result<(), diesel::r2d2::Error> {
        crate::each!(db, |c| c
            .batch_execute("SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; SET TIME ZONE 'UTC'"))
        .map_err(diesel::r2d2::Error::QueryError)
    }
}

impl PgStore {
    pub(super) fn open(url: &str, options: &StoreOptions, held: &Held) -> Result<Self> {
        let pool = Pool::builder()
            .max_size(options.connections.max(3))
            .min_idle(Some(1))
            .connection_timeout(WAIT)
            .test_on_check_out(true)
            .connection_customizer(Box::new(Settings))
            .build_unchecked(Manager(ConnectionManager::new(with_keepalives(url)), held.clone()));
        Ok(Self { pool })
    }

    fn take(&self) -> Result<PooledConnection<Manager>> {
        self.pool.get().map_err(|error| {
            tracing::warn!(%error, "no connection to the store");
            Error::Busy
        })
    }

    pub(super) fn read_inline<T>(&self, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut db = self.take()?;
        db.begins(true);
        body(&mut db)
    }

    pub(super) fn read<T>(&self, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut db = self.take()?;
        execute(&mut db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        db.begins(true);
        let guard = RollBack(&mut db);
        let outcome = body(&mut *guard.0);
        drop(guard);
        outcome
    }

    pub(super) fn write<T>(&self, body: impl Fn(&mut Db) -> Result<T>) -> Result<T> {
        let mut pause = Duration::from_millis(2);
        for _ in 0..BESIDE_OTHERS {
            let outcome = write_once(&mut *self.take()?, &body);
            let Err(Error::Retry) = outcome else { return outcome };
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
        }
        let mut db = self.take()?;
        execute(&mut db, &format!("SELECT pg_advisory_lock({TURN})"))?;
        let turn = Turn(&mut db);
        for _ in 0..IN_TURN {
            let outcome = write_once(&mut *turn.0, &body);
            let Err(Error::Retry) = outcome else { return outcome };
        }
        Err(Error::Busy)
    }
}

fn write_once<T>(db: &mut Db, body: impl Fn(&mut Db) -> Result<T>) -> Result<T> {
    execute(db, "BEGIN ISOLATION LEVEL SERIALIZABLE")?;
    db.begins(false);
    let guard = RollBack(db);
    let outcome = body(&mut *guard.0)?;
    execute(&mut *guard.0, "COMMIT")?;
    Ok(outcome)
}

/// Gives the turn to the next, a panic included. A connection that broke has lost it already.
struct Turn<'a>(&'a mut Db);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _broken_connections_are_dropped_by_the_pool = execute(self.0, &format!("SELECT pg_advisory_unlock({TURN})"));
    }
}

/// Ends the transaction whatever happens, a panic included. After COMMIT it is a no-op with a warning nobody sees.
struct RollBack<'a>(&'a mut Db);

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        let _broken_connections_are_dropped_by_the_pool = execute(self.0, "ROLLBACK");
    }
}

fn execute(db: &mut Db, sql: &str) -> Result<()> {
    crate::each!(db, |c| c.batch_execute(sql))?;
    Ok(())
}

/// A server that went away silently must not hold a thread for hours.
fn with_keepalives(url: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}connect_timeout=2&keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3&tcp_user_timeout=30000")
}
