//! Copies of the embedded store: a backup made while it is in use, and one put back. Either is made under a name beside its own and renamed
//! once it is whole and on the disk: nothing half done ever bears the name, and what fails leaves nothing behind.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::{DatabaseUrl, migrate, sqlite};
use crate::kernel::{Error, Result, parsed};
use crate::platform::disk;

/// What SQLite keeps beside a file, by suffix. A write-ahead log is replayed into whatever file it finds itself beside.
const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// Room a migration may take beside the copy, bytes.
const MIGRATION_ROOM: u64 = 20_000_000;

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
        File::open(disk::folder_of(self.place))?.sync_all()?;
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

/// Refuses to begin a copy for which the disk has no room, with as much again as the log of a small migration takes.
pub(super) fn refuse_without_room(connection: &mut SqliteConnection, file: &Path) -> Result<()> {
    let size = "SELECT CAST((page_count - freelist_count) * page_size AS TEXT) AS line FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let size: Vec<Line> = diesel::sql_query(size).load(connection)?;
    let bytes: u64 =
        size.first().and_then(|row| parsed(&row.line)).ok_or_else(|| Error::broken("the store does not say how large it is"))?;
    disk::needs(file, bytes.saturating_add(MIGRATION_ROOM), disk::free(file)?)
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
    if let Some(trouble) = trouble(&arriving.part, file)? {
        return Err(Error::broken(format!("{} is not a sound backup: {trouble}", file.display())));
    }
    // Before it has its name, so that a migration that fails leaves nothing behind either.
    let applied = migrate::migrate_file(&arriving.part, false)?.applied;
    arriving.arrive()?;
    Ok(applied)
}

/// What speaks against a copy of `file` as a store of this program.
fn trouble(copy: &Path, file: &Path) -> Result<Option<String>> {
    let ask = |connection: &mut SqliteConnection, sql: &str| -> Result<Vec<String>> {
        let lines: Vec<Line> = diesel::sql_query(sql).load(connection)?;
        Ok(lines.into_iter().map(|line| line.line).collect())
    };
    let examine = || -> Result<Option<String>> {
        let mut connection = sqlite::establish(copy)?;
        let versions = migrate::sqlite_versions(&mut connection, file)?;
        if versions.is_empty() {
            return Ok(Some("it holds no store of this program".into()));
        }
        migrate::check_versions(&DatabaseUrl::Sqlite(file.to_owned()), &versions)?;
        // SQLite reads what is missing of the last page as zeros.
        let size = "SELECT CAST(page_count * page_size AS TEXT) AS line FROM pragma_page_count, pragma_page_size";
        if ask(&mut connection, size)? != [std::fs::metadata(copy)?.len().to_string()] {
            return Ok(Some("it is cut short".into()));
        }
        let damage = ask(&mut connection, "SELECT integrity_check AS line FROM pragma_integrity_check WHERE integrity_check <> 'ok'")?;
        let orphans =
            ask(&mut connection, "SELECT DISTINCT 'a row of ' || \"table\" || ' points at nothing' AS line FROM pragma_foreign_key_check")?;
        let found: Vec<_> = damage.into_iter().take(3).chain(orphans).collect();
        Ok((!found.is_empty()).then(|| found.join("; ")))
    };
    match examine() {
        Err(Error::Broken(source)) => Ok(Some(source.to_string())),
        other => other,
    }
}
