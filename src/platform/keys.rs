//! The file that holds the root keys of serials.
//!
//! Text, one line per epoch: number, 64 hexadecimal digits, the day it was made. Lines that begin with `#` are notes. Only its owner may
//! read or write it (mode 0600): whoever has a root key can mint serials, so a file that others may read is refused, not used.
//! An epoch is never taken out while a garment with its serials is under warranty.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use zeroize::Zeroizing;

use crate::kernel::Error;
use crate::kernel::serial::{Epoch, Keyring, RootKey};

/// Why the keys cannot be had. Says the file and, where there is one, the line; never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is a file of this name already.
    #[error("{0} is there already; it is never written over")]
    Exists(PathBuf),
    /// Somebody else may read or write it.
    #[error("{path} may be read or written by others (mode {mode:o}); run chmod 600 on it, and rotate if others had access")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A line is not an epoch, a key and a day.
    #[error("{path}, line {line}: not an epoch (0 to 31), a key of 64 hexadecimal digits and a day")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// No key, or two for one epoch.
    #[error("{0} has no key, or two keys for one epoch")]
    Epochs(PathBuf),
    /// All 32 epochs are used.
    #[error("{0} has used all 32 epochs")]
    LastEpoch(PathBuf),
    /// A rotation is under way, or one broke off.
    #[error("{0} is there: another rotation is under way, or one broke off; if none is, remove it")]
    Busy(PathBuf),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(getrandom::Error),
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl From<KeyFileError> for Error {
    fn from(error: KeyFileError) -> Self {
        Self::broken(error)
    }
}

type Result<T> = std::result::Result<T, KeyFileError>;

struct Entry {
    epoch: Epoch,
    key: RootKey,
    made: NaiveDate,
}

/// Makes the file with a first key. It must not be there.
///
/// # Errors
/// [`KeyFileError::Exists`], `Random`, `Io`.
pub fn create(path: &Path, today: NaiveDate) -> Result<()> {
    let entry = Entry { epoch: Epoch::FIRST, key: fresh_key()?, made: today };
    let file = open_new(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::Io { path: path.to_owned(), source },
    })?;
    write_all(path, file, &[entry])?;
    sync_folder(path)
}

/// The keys of the file.
///
/// # Errors
/// `OpenToOthers`, `Line`, `Epochs`, `Io`.
pub fn load(path: &Path) -> Result<Keyring> {
    let roots = read(path)?.into_iter().map(|entry| (entry.epoch, entry.key));
    Keyring::new(roots).map_err(|_| KeyFileError::Epochs(path.to_owned()))
}

/// Adds a key for the next epoch, which mints from the next [`load`] on. The file is replaced whole or not at all.
///
/// # Errors
/// Those of [`load`], and `LastEpoch`, `Busy`, `Random`.
pub fn rotate(path: &Path, today: NaiveDate) -> Result<Epoch> {
    let beside = path.with_added_extension("new");
    // The new file is the lock as well: two rotations at once cannot both make it.
    let file = open_new(&beside).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => KeyFileError::Busy(beside.clone()),
        _ => KeyFileError::Io { path: beside.clone(), source },
    })?;
    let rotated = write_rotated(path, &beside, file, today);
    if rotated.is_err() {
        // The first error is the one to tell; a file left behind is found as Busy.
        let _ = fs::remove_file(&beside);
    }
    rotated
}

fn write_rotated(path: &Path, beside: &Path, file: File, today: NaiveDate) -> Result<Epoch> {
    let mut entries = read(path)?;
    let newest = entries.iter().map(|entry| entry.epoch).max().ok_or_else(|| KeyFileError::Epochs(path.to_owned()))?;
    let epoch = newest.next().ok_or_else(|| KeyFileError::LastEpoch(path.to_owned()))?;
    entries.push(Entry { epoch, key: fresh_key()?, made: today });
    write_all(beside, file, &entries)?;
    fs::rename(beside, path).map_err(at(path))?;
    sync_folder(path)?;
    Ok(epoch)
}

fn read(path: &Path) -> Result<Vec<Entry>> {
    refuse_open_to_others(path)?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at(path))?);
    let mut entries: Vec<Entry> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = entry(line).ok_or_else(|| KeyFileError::Line { path: path.to_owned(), line: index + 1 })?;
        if entries.iter().any(|other| other.epoch == entry.epoch) {
            return Err(KeyFileError::Epochs(path.to_owned()));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split_ascii_whitespace();
    let epoch = Epoch::new(words.next()?.parse().ok()?)?;
    let key = words.next()?;
    let made = words.next()?.parse().ok()?;
    let mut bytes = Zeroizing::new([0_u8; 32]);
    if words.next().is_some() || key.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(key.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(Entry { epoch, key: RootKey::new(*bytes), made })
}

fn write_all(path: &Path, mut file: File, entries: &[Entry]) -> Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(256 + entries.len() * 96));
    text.push_str("# Root keys of serials: epoch, key, day made. Keep it secret, keep a copy of it, never take a line out.\n");
    for entry in entries {
        text.push_str(&entry.epoch.number().to_string());
        text.push(' ');
        for byte in entry.key.expose() {
            text.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(u32::from(digit), 16)));
        }
        text.push(' ');
        text.push_str(&entry.made.to_string());
        text.push('\n');
    }
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(path))
}

fn fresh_key() -> Result<RootKey> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut()).map_err(KeyFileError::Random)?;
    Ok(RootKey::new(*bytes))
}

fn open_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A rename is only sure to last once its folder is on disk.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(path))?;
    let _ = folder;
    Ok(())
}

fn refuse_open_to_others(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
        }
    }
    let _ = metadata;
    Ok(())
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> KeyFileError + use<> {
    let path = path.to_owned();
    move |source| KeyFileError::Io { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::serial::NO_GTIN;
    use crate::kernel::{BatchNo, GarmentId};

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 31).unwrap()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn keys_last_and_rotate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serial.keys");
        create(&path, day()).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        assert!(matches!(create(&path, day()), Err(KeyFileError::Exists(_))));

        let garment = GarmentId::new(BatchNo(1), 0).unwrap();
        let before = load(&path).unwrap();
        let old = before.mint(&NO_GTIN, garment);
        assert_eq!(load(&path).unwrap().mint(&NO_GTIN, garment), old);

        let second = rotate(&path, day()).unwrap();
        let after = load(&path).unwrap();
        assert_eq!((after.newest(), second.number()), (second, 1));
        assert_eq!(after.open(&NO_GTIN, &old), Some(garment));
        let new = after.mint(&NO_GTIN, garment);
        assert_ne!(new, old);
        assert_eq!(before.open(&NO_GTIN, &new), None);
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

        for _ in 2..32 {
            rotate(&path, day()).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(matches!(rotate(&path, day()), Err(KeyFileError::LastEpoch(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(load(&path).unwrap().epochs().count(), 32);
    }

    #[test]
    fn a_file_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serial.keys");
        create(&path, day()).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            set_mode(&path, mode);
            let error = load(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::OpenToOthers { mode: told, .. } if told == mode));
            assert!(error.to_string().contains("chmod 600"));
            assert!(rotate(&path, day()).is_err());
        }
        set_mode(&path, 0o400);
        assert!(load(&path).is_ok());
    }

    #[test]
    fn broken_files_name_the_line_and_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serial.keys");
        let key = "0f".repeat(32);
        for (text, said) in [
            (format!("# note\n0 {key} 2026-03-31\n32 {key} 2026-03-31\n"), "line 3"),
            (format!("0 {} 2026-03-31\n", key.replace('f', "g")), "line 1"),
            (format!("0 {key}0 2026-03-31\n"), "line 1"),
            (format!("0 {key} yesterday\n"), "line 1"),
            (format!("0 {key} 2026-03-31 more\n"), "line 1"),
            (format!("0 {key} 2026-03-31\n0 {key} 2026-03-31\n"), "two keys"),
            (String::new(), "no key"),
        ] {
            let _ = fs::remove_file(&path);
            open_new(&path).unwrap().write_all(text.as_bytes()).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains(&key), "{error}");
            assert!(rotate(&path, day()).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "a failed rotation changes nothing");
        }
        assert!(matches!(load(&folder.path().join("none")), Err(KeyFileError::Io { .. })));
    }

    #[test]
    fn only_one_rotation_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serial.keys");
        create(&path, day()).unwrap();
        fs::write(folder.path().join("serial.keys.new"), "").unwrap();
        assert!(matches!(rotate(&path, day()), Err(KeyFileError::Busy(_))));
        assert_eq!(load(&path).unwrap().newest(), Epoch::FIRST);
    }
}
