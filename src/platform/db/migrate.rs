//! Embedded migrations, run under a lock so that two instances that start together do not run them twice.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::PgConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DatabaseUrl, codes, sqlite};
use crate::kernel::{Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as every instance uses the same.
const ADVISORY_LOCK: i64 = 0x0048_414e_4754_4147;

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Versions applied now, oldest first.
    pub applied: Vec<String>,
}

#[derive(QueryableByName)]
struct BrokenKey {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
}

/// Brings the store's tables up to this program.
///
/// # Errors
/// When the store cannot be reached or a migration fails; then nothing of that migration is kept.
pub fn migrate(url: &DatabaseUrl) -> Result<Migrated> {
    let applied = match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlite::establish_for_migrations(path)?;
            connection.exclusive_transaction(|c| -> Result<Vec<String>> {
                let applied = run(c, SQLITE)?;
                codes::fill_sqlite(c)?;
                if applied.is_empty() {
                    // Every row is looked at below: not at every start.
                    return Ok(applied);
                }
                let broken: Option<BrokenKey> =
                    diesel::sql_query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1").load(c)?.into_iter().next();
                match broken {
                    Some(row) => Err(Error::broken(format!("a row of {} would point at nothing after this migration", row.table))),
                    None => Ok(applied),
                }
            })?
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url).map_err(Error::broken)?;
            connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
            let applied = whole(&mut connection, |c| {
                let applied = run(c, POSTGRES)?;
                codes::fill_postgres(c)?;
                Ok(applied)
            });
            connection.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
            applied?
        }
    };
    Ok(Migrated { applied })
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

/// Those of these versions that this program does not have: a newer one applied them.
pub(super) fn unknown(versions: &[String]) -> Result<Vec<String>> {
    let known: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = SQLITE.migrations().map_err(Error::Broken)?;
    let is_known = |version: &String| known.iter().any(|one| one.name().version().to_string() == *version);
    Ok(versions.iter().filter(|version| !is_known(version)).cloned().collect())
}

/// Versions this program has and the store has not.
///
/// # Errors
/// When the store cannot be reached.
pub fn pending(url: &DatabaseUrl) -> Result<Vec<String>> {
    fn names<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
        connection: &mut C,
        migrations: EmbeddedMigrations,
    ) -> Result<Vec<String>> {
        let pending = connection.pending_migrations(migrations).map_err(Error::Broken)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    }
    match url {
        DatabaseUrl::Sqlite(path) => names(&mut sqlite::establish_for_migrations(path)?, SQLITE),
        DatabaseUrl::Postgres(url) => names(&mut PgConnection::establish(url).map_err(Error::broken)?, POSTGRES),
    }
}
