//! Embedded migrations, run under a lock so that two instances that start together do not run them twice.
//!
//! A store that is of a newer program, or not what its migrations made, is left alone. An embedded store is copied before it is changed.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::PgConnection;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection, QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::catalogue::{Catalogue, Difference};
use super::{DatabaseUrl, codes, copies, sqlite};
use crate::kernel::time::Clock;
use crate::kernel::{Code, Error, Fault, Refusal, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as every instance uses the same.
const ADVISORY_LOCK: i64 = 0x0048_414e_4754_4147;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Versions applied now, oldest first.
    pub applied: Vec<String>,
    /// The copy of the embedded store as it was before. None when nothing was to be done, or there was nothing to copy.
    pub backup: Option<PathBuf>,
    /// Whether there was no store before.
    pub made: bool,
}

/// What a store says of itself, and how it stands to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Versions applied to it, oldest first. Empty for a store that is not there yet.
    pub versions: Vec<String>,
    /// Versions this program has and the store has not.
    pub pending: Vec<String>,
    /// How its tables differ from what its versions make of an empty store.
    pub differences: Vec<Difference>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// Brings the store's tables up to this program.
///
/// # Errors
/// [`Code::StoreNewer`], [`Code::StoreForeign`], [`Code::StoreDiffers`] (only when there is something to migrate), [`Code::BackupFailed`],
/// [`Code::NoRoom`]; then, and when a migration fails, the store is as it was.
pub fn migrate(url: &DatabaseUrl) -> Result<Migrated> {
    match url {
        DatabaseUrl::Sqlite(path) => migrate_file(path, true),
        DatabaseUrl::Postgres(server) => {
            let mut connection = PgConnection::establish(server).map_err(Error::broken)?;
            connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
            let outcome = (|| {
                let versions = postgres_versions(&mut connection)?;
                pending_and_sound(url, &versions, || Catalogue::of_postgres(&mut connection))?;
                let applied = whole(&mut connection, |c| {
                    let applied = run(c, POSTGRES)?;
                    codes::fill_postgres(c)?;
                    Ok(applied)
                })?;
                Ok(Migrated { applied, backup: None, made: versions.is_empty() })
            })();
            connection.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
            outcome
        }
    }
}

/// Brings a file up to this program; `keep` is whether a copy of it is made before.
pub(super) fn migrate_file(path: &Path, keep: bool) -> Result<Migrated> {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    // Looked at before anything of ours is set in the file.
    refuse_newer(path)?;
    let mut connection = sqlite::establish_for_migrations(path)?;
    connection.exclusive_transaction(|c| -> Result<Migrated> {
        let versions = sqlite_versions(c, path)?;
        let pending = pending_and_sound(&url, &versions, || Catalogue::of_sqlite(c))?;
        // Whoever else writes waits for this transaction, so that the copy has all that was committed before.
        let backup = match versions.last() {
            Some(version) if keep && !pending.is_empty() => Some(keep_copy(path, version)?),
            _ => None,
        };
        let applied = run(c, SQLITE)?;
        codes::fill_sqlite(c)?;
        if !applied.is_empty() {
            // Every row is looked at: not at every start.
            let broken: Vec<Line> = diesel::sql_query("SELECT \"table\" AS line FROM pragma_foreign_key_check LIMIT 1").load(c)?;
            if let Some(row) = broken.first() {
                return Err(Error::broken(format!("a row of {} would point at nothing after this migration", row.line)));
            }
        }
        Ok(Migrated { applied, backup, made: versions.is_empty() })
    })
}

/// What there is to migrate in a store of these versions, when it may be done.
fn pending_and_sound(url: &DatabaseUrl, versions: &[String], found: impl FnOnce() -> Result<Catalogue>) -> Result<Vec<String>> {
    check_versions(url, versions)?;
    let pending = pending_of(versions)?;
    if !pending.is_empty() && !versions.is_empty() {
        refuse_differences(url, &Catalogue::made_by(versions)?.differences(&found()?))?;
    }
    Ok(pending)
}

/// Refuses a store whose tables are not what its migrations made; what gets in nobody's way is let pass.
///
/// # Errors
/// [`Code::StoreDiffers`] with what differs.
pub fn refuse_differences(url: &DatabaseUrl, differences: &[Difference]) -> Result<()> {
    let faults: Vec<Fault> = differences.iter().filter(|one| !one.harmless).map(|one| one.fault.clone()).collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(Refusal { faults, ..Refusal::new(Code::StoreDiffers).with("place", url) }.into())
}

/// Copies a store that is about to be changed: beside it, by its name, its version and the time. Kept until somebody removes it.
fn keep_copy(path: &Path, version: &str) -> Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let copy = path.with_file_name(format!("{stem}-{version}-{}{ending}", Clock::system().now().format("%Y%m%dT%H%M%SZ")));
    let mut reader = sqlite::establish(path)?;
    copies::refuse_without_room(&mut reader, &copy)?;
    copies::backup(&mut reader, &copy).map_err(|error| {
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Refusal::new(Code::BackupFailed).with("place", copy.display()).with("reason", reason)
    })?;
    Ok(copy)
}

/// All of `body` or nothing of it.
#[expect(clippy::disallowed_methods, reason = "there is no store yet whose write could do it")]
fn whole<T>(connection: &mut PgConnection, body: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
    connection.transaction(body)
}

fn run<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(connection: &mut C, migrations: EmbeddedMigrations) -> Result<Vec<String>> {
    let applied = connection.run_pending_migrations(migrations).map_err(Error::Broken)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// This program's migrations of the embedded store, oldest first; those of the other have the same names.
pub(super) fn embedded() -> Result<Vec<Box<dyn Migration<Sqlite>>>> {
    let mut all: Vec<Box<dyn Migration<Sqlite>>> = SQLITE.migrations().map_err(Error::Broken)?;
    all.sort_by_key(|one| one.name().version().to_string());
    Ok(all)
}

fn own() -> Result<Vec<String>> {
    Ok(embedded()?.iter().map(|one| one.name().version().to_string()).collect())
}

fn pending_of(versions: &[String]) -> Result<Vec<String>> {
    let all = embedded()?;
    let pending = all.iter().filter(|one| !versions.contains(&one.name().version().to_string()));
    Ok(pending.map(|one| one.name().to_string()).collect())
}

/// The newest of these versions that this program does not have: a newer one applied it.
fn newer(versions: &[String]) -> Result<Option<String>> {
    let own = own()?;
    Ok(versions.iter().filter(|version| !own.contains(version)).max().cloned())
}

/// Refuses versions that this program does not have.
pub(super) fn check_versions(url: &DatabaseUrl, versions: &[String]) -> Result<()> {
    match newer(versions)? {
        None => Ok(()),
        Some(store) => Err(Refusal::new(Code::StoreNewer)
            .with("place", url)
            .with("store", store)
            .with("program", env!("CARGO_PKG_VERSION"))
            .with("own", own()?.last().cloned().unwrap_or_default())
            .into()),
    }
}

/// Refuses a file that is of a newer program or of another; one that is not there is no trouble.
pub(super) fn refuse_newer(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let versions = sqlite_versions(&mut sqlite::establish(path)?, path)?;
    check_versions(&DatabaseUrl::Sqlite(path.to_owned()), &versions)
}

const VERSIONS: &str = "SELECT version AS line FROM __diesel_schema_migrations ORDER BY version";

/// The versions a file says it has. A file with tables of somebody else's is refused: they would stand beside ours.
pub(super) fn sqlite_versions(connection: &mut SqliteConnection, path: &Path) -> Result<Vec<String>> {
    let tables = "SELECT name AS line FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let tables: Vec<Line> = diesel::sql_query(tables).load(connection)?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    if !tables.iter().any(|table| table.line == "__diesel_schema_migrations") {
        return Err(Refusal::new(Code::StoreForeign).with("place", path.display()).into());
    }
    let versions: Vec<Line> = diesel::sql_query(VERSIONS).load(connection)?;
    if versions.is_empty() && tables.len() > 1 {
        return Err(Refusal::new(Code::StoreForeign).with("place", path.display()).into());
    }
    Ok(versions.into_iter().map(|row| row.line).collect())
}

fn postgres_versions(connection: &mut PgConnection) -> Result<Vec<String>> {
    let there = "SELECT table_name::text AS line FROM information_schema.tables \
        WHERE table_schema = current_schema() AND table_name = '__diesel_schema_migrations'";
    let there: Vec<Line> = diesel::sql_query(there).load(connection)?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let versions: Vec<Line> = diesel::sql_query(VERSIONS).load(connection)?;
    Ok(versions.into_iter().map(|row| row.line).collect())
}

/// How a store stands to this program. Changes nothing; a store that is not there has no versions.
///
/// # Errors
/// [`Code::StoreNewer`], [`Code::StoreForeign`]; when the store cannot be reached.
pub fn standing(url: &DatabaseUrl) -> Result<Standing> {
    let (versions, found) = match url {
        DatabaseUrl::Sqlite(path) if !path.exists() => (Vec::new(), Catalogue::default()),
        DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlite::establish(path)?;
            (sqlite_versions(&mut connection, path)?, Catalogue::of_sqlite(&mut connection)?)
        }
        DatabaseUrl::Postgres(server) => {
            let mut connection = PgConnection::establish(server).map_err(Error::broken)?;
            (postgres_versions(&mut connection)?, Catalogue::of_postgres(&mut connection)?)
        }
    };
    check_versions(url, &versions)?;
    let differences = Catalogue::made_by(&versions)?.differences(&found);
    Ok(Standing { pending: pending_of(&versions)?, versions, differences })
}
