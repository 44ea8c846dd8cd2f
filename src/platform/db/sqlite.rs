//! The embedded store: WAL, `synchronous=FULL`, one writer that commits in groups, query-only readers.
//!
//! Why one writer: deferred transactions lost 45–96 % of concurrent writes to "database is locked" whatever the busy timeout, and
//! `synchronous=NORMAL` lost acknowledged writes in 38 of 40 power cuts. FULL costs a flush per commit; taking everything that is
//! queued into one commit pays that flush once for all of them. It never waits for more to arrive.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection as _, QueryDsl, QueryResult, RunQueryDsl};
use tokio::sync::oneshot;

use super::held::Held;
use super::{Connection, Db, StoreOptions};
use crate::kernel::{Code, Error, Refusal, Result};
use crate::platform::disk;
use crate::platform::locks::lock;

/// Writes one commit may carry.
const GROUP_MAX: usize = 512;
/// Writes that may wait before the next is turned away with 503.
const QUEUE_MAX: usize = 8_192;
/// Longest wait for a reader.
const READ_WAIT: Duration = Duration::from_secs(2);
/// How long a commit of another process may go unnoticed by [`SqliteStore::changes`].
const NOTICE: Duration = Duration::from_millis(50);

/// The embedded store.
pub(super) struct SqliteStore {
    path: PathBuf,
    number: u64,
    held: Held,
    writer: SyncSender<Box<dyn Queued>>,
    readers: Mutex<Vec<Db>>,
    freed: Condvar,
    /// Commits that kept something, those of other processes included once they were noticed.
    changes: Arc<AtomicU64>,
}

static STORES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// This thread's own reader, for `read_inline`.
    static INLINE_READER: RefCell<Option<InlineReader>> = const { RefCell::new(None) };
}

/// A thread's own reader.
struct InlineReader {
    /// The store it belongs to.
    store: u64,
    db: Db,
    /// When it last asked for the data version, and what that was.
    asked: Option<(Instant, i64)>,
}

diesel::table! {
    /// SQLite's own: a number that changes when another connection, of whatever process, has committed.
    pragma_data_version (data_version) {
        data_version -> BigInt,
    }
}

impl SqliteStore {
    pub(super) fn open(path: &Path, options: &StoreOptions, held: &Held) -> Result<Self> {
        if !path.exists() {
            return Err(Refusal::new(Code::StoreMissing).with("place", path.display()).into());
        }
        super::migrate::refuse_newer(path)?;
        refuse_network_file_system(path)?;
        let writer = open_writer(path)?;
        let readers = (0..options.connections.max(1)).map(|_| open_reader(path, held)).collect::<Result<Vec<_>>>()?;
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let group = if options.group_commit { GROUP_MAX } else { 1 };
        let changes = Arc::new(AtomicU64::new(0));
        let (counted, writer) = (changes.clone(), Db::new(Connection::Sqlite(writer), held));
        std::thread::Builder::new().name("writer".into()).spawn(move || write_loop(writer, &receiver, group, &counted))?;
        Ok(Self {
            path: path.to_owned(),
            number: STORES.fetch_add(1, Ordering::Relaxed),
            held: held.clone(),
            writer: sender,
            readers: Mutex::new(readers),
            freed: Condvar::new(),
            changes,
        })
    }

    pub(super) fn read<T>(&self, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        let mut db = self.take_reader()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| in_one_state(&mut db, body)));
        match outcome {
            Ok(outcome) => {
                self.give_back(db);
                outcome
            }
            Err(_) => {
                // The connection may be in the middle of anything: open another in its place.
                self.give_back(open_reader(&self.path, &self.held)?);
                Err(Error::broken("a read panicked"))
            }
        }
    }

    pub(super) fn read_inline<T>(&self, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
        self.with_inline_reader(|reader| in_one_state(&mut reader.db, body))
    }

    /// How many commits there were. Whoever reads it, then rows, and finds it unchanged later, knows that the rows still stand; a commit
    /// of another process is noticed within [`NOTICE`].
    pub(super) fn changes(&self) -> Result<u64> {
        self.with_inline_reader(|reader| {
            if reader.asked.is_none_or(|(at, _)| at.elapsed() >= NOTICE) {
                let Connection::Sqlite(connection) = &mut reader.db.connection else { return Ok(()) };
                let versions: Vec<i64> = pragma_data_version::table.select(pragma_data_version::data_version).load(connection)?;
                let version = versions.into_iter().next().ok_or_else(|| Error::broken("SQLite does not say its data version"))?;
                if reader.asked.is_some_and(|(_, before)| before != version) {
                    // Perhaps our own writer's, which counts itself: counting twice forgets a little early and does no harm.
                    self.changes.fetch_add(1, Ordering::AcqRel);
                }
                reader.asked = Some((Instant::now(), version));
            }
            Ok(())
        })?;
        Ok(self.changes.load(Ordering::Acquire))
    }

    fn with_inline_reader<T>(&self, body: impl FnOnce(&mut InlineReader) -> Result<T>) -> Result<T> {
        INLINE_READER.with(|reader| {
            let Ok(mut reader) = reader.try_borrow_mut() else {
                return Err(Error::broken("an inline read within an inline read"));
            };
            // Taken out: one that a body panics with may be in the middle of anything, and is not used again.
            let mut own = match reader.take().filter(|own| own.store == self.number) {
                Some(own) => own,
                None => InlineReader { store: self.number, db: open_reader(&self.path, &self.held)?, asked: None },
            };
            let outcome = body(&mut own);
            *reader = Some(own);
            outcome
        })
    }

    /// Queues a write; the receiver yields its outcome once it is durable.
    pub(super) fn write<T, F>(&self, body: F) -> Result<oneshot::Receiver<Result<T>>>
    where
        T: Send + 'static,
        F: Fn(&mut Db) -> Result<T> + Send + 'static,
    {
        let (reply, outcome) = oneshot::channel();
        let queued = Box::new(Waiting { body, outcome: None, reply });
        match self.writer.try_send(queued) {
            Ok(()) => Ok(outcome),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Error::broken("the writer has stopped")),
        }
    }

    pub(super) fn backup_into(&self, file: &Path) -> Result<()> {
        super::copies::backup(&mut establish(&self.path)?, file)
    }

    fn take_reader(&self) -> Result<Db> {
        let deadline = Instant::now() + READ_WAIT;
        let mut readers = lock(&self.readers);
        loop {
            if let Some(db) = readers.pop() {
                return Ok(db);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Busy);
            }
            (readers, _) = match self.freed.wait_timeout(readers, left) {
                Ok(waited) => waited,
                Err(poisoned) => poisoned.into_inner(),
            };
        }
    }

    fn give_back(&self, db: Db) {
        lock(&self.readers).push(db);
        self.freed.notify_one();
    }
}

/// A write waiting for its turn, whatever it returns.
trait Queued: Send {
    /// Runs it; true when its changes are to be kept.
    fn run(&mut self, db: &mut Db) -> bool;
    /// Answers whoever waits. `commit` is how the commit went.
    fn settle(self: Box<Self>, commit: Result<(), &str>);
}

struct Waiting<T, F> {
    body: F,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Queued for Waiting<T, F>
where
    T: Send,
    F: Fn(&mut Db) -> Result<T> + Send,
{
    fn run(&mut self, db: &mut Db) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.body)(db))).map_err(|_| Error::broken("a write panicked")).flatten();
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn settle(self: Box<Self>, commit: Result<(), &str>) {
        let outcome = match (self.outcome, commit) {
            (Some(Ok(_)), Err(reason)) => Err(Error::broken(format!("not committed: {reason}"))),
            (Some(outcome), _) => outcome,
            (None, _) => Err(Error::broken("the write was not run")),
        };
        // Nobody waits any more when the client went away: the write stands all the same.
        let _gone = self.reply.send(outcome);
    }
}

fn write_loop(mut db: Db, queue: &Receiver<Box<dyn Queued>>, group_max: usize, changes: &AtomicU64) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < group_max {
            match queue.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        if commit_group(&mut db, &mut group).is_ok() {
            // Before anybody is answered: who has an answer and looks again must find the count changed.
            changes.fetch_add(1, Ordering::AcqRel);
            group.into_iter().for_each(|write| write.settle(Ok(())));
        } else {
            // Something broke the whole transaction (disk full, say): give each write its own.
            for mut write in group {
                let outcome = commit_group(&mut db, std::slice::from_mut(&mut write)).map_err(|error| {
                    tracing::error!(%error, "a write was not committed");
                    error.to_string()
                });
                changes.fetch_add(1, Ordering::AcqRel);
                write.settle(outcome.as_ref().copied().map_err(String::as_str));
            }
        }
    }
}

fn commit_group(db: &mut Db, group: &mut [Box<dyn Queued>]) -> Result<()> {
    let outcome = (|| {
        control(db, "BEGIN IMMEDIATE")?;
        let mut kept = false;
        for write in group.iter_mut() {
            // A savepoint guards the writes before this one. Where there is none to guard it would only cost: SQLite keeps a copy of each page
            // that is changed under it, and walks all of them when a statement with a savepoint of its own ends.
            if kept {
                control(db, "SAVEPOINT one")?;
            }
            db.begins(false);
            match (write.run(db), kept) {
                (true, true) => control(db, "RELEASE one")?,
                (true, false) => kept = true,
                (false, true) => {
                    control(db, "ROLLBACK TO one")?;
                    control(db, "RELEASE one")?;
                }
                (false, false) => {
                    control(db, "ROLLBACK")?;
                    control(db, "BEGIN IMMEDIATE")?;
                }
            }
        }
        control(db, if kept { "COMMIT" } else { "ROLLBACK" })
    })();
    if outcome.is_err() {
        // May have been rolled back by SQLite itself.
        let _already_closed = control(db, "ROLLBACK");
    }
    outcome
}

/// Runs a body in a read transaction: what it reads is of one state, and the file is locked once for all of it.
fn in_one_state<T>(db: &mut Db, body: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    control(db, "BEGIN")?;
    db.begins(true);
    let outcome = body(db);
    if let Err(error) = control(db, "COMMIT") {
        // May have been rolled back by SQLite itself.
        let _already_closed = control(db, "ROLLBACK");
        return Err(error);
    }
    outcome
}

/// A statement about transactions, planned once for each connection.
#[derive(Clone, Copy)]
struct Control(&'static str);

impl QueryFragment<Sqlite> for Control {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

/// Kept by its text.
impl QueryId for Control {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Control {}

fn control(db: &mut Db, statement: &'static str) -> Result<()> {
    if let Connection::Sqlite(connection) = &mut db.connection {
        Control(statement).execute(connection)?;
    }
    Ok(())
}

/// A connection with what every one of ours has.
pub(super) fn establish(path: &Path) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(Error::broken)?;
    // First of all, so that the settings below wait for a lock instead of failing.
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;")?;
    Ok(connection)
}

fn open_writer(path: &Path) -> Result<SqliteConnection> {
    let mut connection = establish(path)?;
    connection
        .batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

fn open_reader(path: &Path, held: &Held) -> Result<Db> {
    let mut connection = establish(path)?;
    // The file is mapped as far as it reaches: a page that is not costs a call of the system each time it is looked at. The limit is that of
    // `.cargo/config.toml`; a SQLite compiled elsewhere maps 2 GB.
    connection.batch_execute(
        "PRAGMA query_only = ON; PRAGMA cache_size = -4000; PRAGMA mmap_size = 1099511627776; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(Db::new(Connection::Sqlite(connection), held))
}

/// Opens the file for migrations: foreign keys off, because a rebuilt table would cascade, and SQLite ignores the setting inside a transaction.
pub(super) fn establish_for_migrations(path: &Path) -> Result<SqliteConnection> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    refuse_network_file_system(path)?;
    let mut connection = open_writer(path)?;
    connection.batch_execute("PRAGMA foreign_keys = OFF")?;
    Ok(connection)
}

/// WAL needs shared memory that network file systems do not give; files there break silently.
fn refuse_network_file_system(path: &Path) -> Result<()> {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else {
        return Ok(());
    };
    match network_file_system(&mounts, &disk::folder_of(path).canonicalize()?) {
        Some(kind) => Err(Error::broken(format!(
            "{} lies on a network file system ({kind}); SQLite loses data there. Use a local disk, or PostgreSQL.",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// The type of the file system `folder` is on, when it is one of the network's.
fn network_file_system(mounts: &str, folder: &Path) -> Option<String> {
    const NETWORK: [&str; 14] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "9p",
        "ceph",
        "glusterfs",
        "lustre",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
    ];
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (Some(point), Some((_, after))) = (line.split(' ').nth(4), line.split_once(" - ")) else { continue };
        let kind = after.split(' ').next().unwrap_or_default();
        let point = point.replace("\\040", " ");
        if folder.starts_with(&point) && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), kind));
        }
    }
    best.map(|(_, kind)| kind).filter(|kind| NETWORK.contains(kind)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n30 22 0:40 / /mnt/share rw - nfs4 host:/x rw\n31 30 0:41 / /mnt/share/disk rw - ext4 /dev/vdb rw";

    #[test]
    fn network_file_systems_are_known_by_their_mount() {
        assert_eq!(network_file_system(MOUNTS, Path::new("/mnt/share/data")).as_deref(), Some("nfs4"));
        assert_eq!(network_file_system(MOUNTS, Path::new("/mnt/share/disk/data")), None);
        assert_eq!(network_file_system(MOUNTS, Path::new("/var/lib")), None);
        // A name alone lies where the program stands.
        assert_eq!(disk::folder_of(Path::new("hangtag.db")), Path::new("."));
    }
}
