//! Where files lie, and how much room a disk has.

use std::fs::{File, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::kernel::{Code, Error, Refusal, Result};

/// Room that is left alone: with less than this free, an administrator is told. Bytes.
pub const RESERVE: u64 = 100_000_000;

/// The folder a file lies in: the current one for a name alone.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that appears whole or not at all: it is written beside its place and given its name once it is on the disk. Whoever gives it up before
/// leaves what was there as it was.
///
/// A link is followed, so that what it leads to is replaced and not the link. What is there and is no file, such as a pipe or a device, is written
/// into: given a file's name, `/dev/null` would be gone for every program on the machine.
pub struct WholeFile(Way);

enum Way {
    Beside { part: NamedTempFile, place: PathBuf },
    Into(File),
}

/// Who may read a file that is made, before the user's own mask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody whom the mask lets.
    Anybody,
    /// Its owner alone.
    Owner,
}

impl WholeFile {
    /// Begins one for `place`.
    ///
    /// # Errors
    /// The system's, when nothing can be written there.
    pub fn at(place: &Path, readers: Readers) -> io::Result<Self> {
        if place.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            return Ok(Self(Way::Into(File::options().write(true).open(place)?)));
        }
        let place = if place.is_symlink() { place.canonicalize()? } else { place.to_owned() };
        let mut part = Builder::new();
        #[cfg(unix)]
        if readers == Readers::Anybody {
            part.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
        }
        Ok(Self(Way::Beside { part: part.tempfile_in(folder_of(&place))?, place }))
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        match &mut self.0 {
            Way::Beside { part, .. } => part.as_file_mut(),
            Way::Into(file) => file,
        }
    }

    /// Gives it its name, and waits until that is on the disk too.
    ///
    /// # Errors
    /// The system's; what was there is there still.
    pub fn arrive(self) -> io::Result<()> {
        let Way::Beside { part, place } = self.0 else { return Ok(()) };
        part.as_file().sync_all()?;
        part.persist(&place)?;
        File::open(folder_of(&place))?.sync_all()
    }
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
    use std::io::{Read, Write};

    use super::*;

    /// Writes a text to a place, whole.
    fn write(place: &Path, text: &str) -> io::Result<()> {
        let mut whole = WholeFile::at(place, Readers::Anybody)?;
        whole.file().write_all(text.as_bytes())?;
        whole.arrive()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("labels.pdf");
        write(&place, "first").unwrap();
        let mut given_up = WholeFile::at(&place, Readers::Anybody).unwrap();
        given_up.file().write_all(b"half").unwrap();
        drop(given_up);
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "first");
        write(&place, "second").unwrap();
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "second");
        assert_eq!(names(folder.path()), ["labels.pdf"]);
        assert!(write(folder.path(), "a folder").is_err());
        assert!(write(&folder.path().join("not/there"), "text").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_into_and_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || {
                let mut text = String::new();
                File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
                text
            }
        });
        write(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(!pipe.metadata().unwrap().is_file());
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_read_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("keys");
        let whole = WholeFile::at(&place, Readers::Owner).unwrap();
        whole.arrive().unwrap();
        assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

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
