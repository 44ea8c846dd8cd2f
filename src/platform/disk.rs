//! Where files lie, and how much room a disk has.

use std::path::Path;

use crate::kernel::{Code, Error, Refusal, Result};

/// Room that is left alone: with less than this free, an administrator is told. Bytes.
pub const RESERVE: u64 = 100_000_000;

/// The folder a file lies in: the current one for a name alone.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Free bytes for this user on the disk that holds `place`, or its nearest folder that exists.
pub fn free(place: &Path) -> Result<u64> {
    let there = place.ancestors().find(|one| one.exists()).unwrap_or(Path::new("."));
    let about = rustix::fs::statvfs(there).map_err(|error| Error::broken(std::io::Error::from(error)))?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// In MB (a million bytes), rounded down.
pub const fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

/// Refuses to begin what needs more room than there is.
///
/// # Errors
/// [`Code::NoRoom`] with what is needed and what is free.
pub fn needs(place: &Path, needed: u64, free: u64) -> Result<()> {
    if needed <= free {
        return Ok(());
    }
    let refusal = Refusal::new(Code::NoRoom).with("place", place.display());
    Err(refusal.with("needed", megabytes(needed).saturating_add(1)).with("free", megabytes(free)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_says_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(folder.path()).unwrap() > 0);
        assert!(free(&folder.path().join("not/there/yet.db")).unwrap() > 0);
    }

    #[test]
    fn what_does_not_fit_is_not_begun() {
        let place = Path::new("/srv/hangtag.db");
        needs(place, 5_000_000, 5_000_000).unwrap();
        let Err(Error::Refused(refusal)) = needs(place, 5_000_001, 5_000_000) else { panic!() };
        assert_eq!(refusal.to_string(), "no_room place=/srv/hangtag.db needed=6 free=5");
    }
}
