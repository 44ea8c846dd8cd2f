//! Copies of the embedded store: a backup made while it is in use, and one put back. Either is made under a name beside its own and renamed
//! once it is whole and on the disk: nothing half done ever bears the name, and what fails leaves nothing behind.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::{DatabaseUrl, migrate, sqlite};
use crate::kernel::{Error, Result};

/// What SQLite keeps beside a file, by suffix. A write-ahead log is replayed into whatever file it finds itself beside.
const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// A file on its way to its place, and gone again unless it arrives.
struct Arriving<'a> {
    part: PathBuf,
    place: &'a Path,
}

impl<'a> Arriving<'a> {
    /// Starts out beside `place`. What an interrupted copy left there is removed.
    fn at(place: &'a Path) -> Result<Self> {
        for there in std::iter::once(place.to_owned()).chain(companions(place)) {
            // A link that leads nowhere is there as well.
            if there.symlink_metadata().is_ok() {
                return Err(Error::broken(format!("{} exists; move it away first, or choose another place", there.display())));
            }
        }
        let arriving = Self { part: with_suffix(place, ".part"), place };
        arriving.clear();
        Ok(arriving)
    }

    /// Gives it its name, when it is on the disk; and waits until the name is on the disk too.
    fn arrive(self) -> Result<()> {
        File::open(&self.part)?.sync_all()?;
        std::fs::rename(&self.part, self.place)?;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    fn clear(&self) {
        for left in std::iter::once(self.part.clone()).chain(companions(&self.part)) {
            // Most of them are not there.
            let _gone = std::fs::remove_file(left);
        }
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn companions(path: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    COMPANIONS.iter().map(move |suffix| with_suffix(path, suffix))
}

/// Copies the store behind `connection` into a new file.
pub(super) fn backup(connection: &mut SqliteConnection, file: &Path) -> Result<()> {
    let arriving = Arriving::at(file)?;
    diesel::sql_query("VACUUM INTO $1")
        .bind::<diesel::sql_types::Text, _>(arriving.part.to_string_lossy().into_owned())
        .execute(connection)?;
    arriving.arrive()
}

/// Puts the backup `file` at `place`, where no store is, and brings it up to this program. Gives the migrations that were applied.
///
/// # Errors
/// When there is a store, or what is left of one; when the file is damaged, cut short, no store of ours, or a newer program's.
pub fn restore(file: &Path, place: &Path) -> Result<Vec<String>> {
    let of_file = |error| Error::broken(format!("{}: {error}", file.display()));
    if !std::fs::metadata(file).map_err(of_file)?.is_file() {
        return Err(Error::broken(format!("{} is not a file", file.display())));
    }
    if let Some(log) = companions(file).find(|one| one.metadata().is_ok_and(|about| about.len() > 0)) {
        return Err(Error::broken(format!("{} lies beside it: this is a store in use, not a backup of one", log.display())));
    }
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let arriving = Arriving::at(place)?;
    std::io::copy(&mut File::open(file).map_err(of_file)?, &mut File::create_new(&arriving.part)?)?;
    if let Some(trouble) = trouble(&arriving.part) {
        return Err(Error::broken(format!("{} is not a sound backup: {trouble}", file.display())));
    }
    // Before it has its name, so that a migration that fails leaves nothing behind either.
    let applied = migrate(&DatabaseUrl::Sqlite(arriving.part.clone()))?.applied;
    arriving.arrive()?;
    Ok(applied)
}

/// What speaks against a file as a store of this program.
fn trouble(file: &Path) -> Option<String> {
    let ask = |connection: &mut SqliteConnection, sql: &str| -> Result<Vec<String>> {
        let lines: Vec<Line> = diesel::sql_query(sql).load(connection)?;
        Ok(lines.into_iter().map(|line| line.line).collect())
    };
    let examine = || -> Result<Option<String>> {
        let mut connection = sqlite::establish(file)?;
        let table = "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name = '__diesel_schema_migrations'";
        let versions = match ask(&mut connection, table)?.as_slice() {
            [] => Vec::new(),
            _ => ask(&mut connection, "SELECT version AS line FROM __diesel_schema_migrations ORDER BY version")?,
        };
        if versions.is_empty() {
            return Ok(Some("it holds no store of this program".into()));
        }
        let newer = super::migrate::unknown(&versions)?;
        if !newer.is_empty() {
            return Ok(Some(format!("it is of a newer program, which changed the tables: {}", newer.join(", "))));
        }
        // SQLite reads what is missing of the last page as zeros.
        let size = "SELECT CAST(page_count * page_size AS TEXT) AS line FROM pragma_page_count, pragma_page_size";
        if ask(&mut connection, size)? != [std::fs::metadata(file)?.len().to_string()] {
            return Ok(Some("it is cut short".into()));
        }
        let damage = ask(&mut connection, "SELECT integrity_check AS line FROM pragma_integrity_check WHERE integrity_check <> 'ok'")?;
        let orphans =
            ask(&mut connection, "SELECT DISTINCT 'a row of ' || \"table\" || ' points at nothing' AS line FROM pragma_foreign_key_check")?;
        let found: Vec<_> = damage.into_iter().take(3).chain(orphans).collect();
        Ok((!found.is_empty()).then(|| found.join("; ")))
    };
    examine().unwrap_or_else(|error| match error {
        Error::Broken(source) => Some(source.to_string()),
        other => Some(other.to_string()),
    })
}
