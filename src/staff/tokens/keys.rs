//! The keys tokens are signed with: a file of its owner alone, two live keys, the newest signs.
//!
//! A line a key, newest first: its name, a space, 64 hexadecimal digits. The file is looked at again at each use (its time, size and number),
//! so that a rotation by the command line holds at once in every running process.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::kernel::{Error, Result};
use crate::platform::http::random_token;

/// The file's name in the data folder.
const FILE: &str = "token.keys";

/// One signing key. Never shown.
pub struct Key {
    name: String,
    secret: Zeroizing<Vec<u8>>,
}

impl Key {
    fn fresh() -> (String, Zeroizing<String>) {
        (random_token::<4>(), Zeroizing::new(random_token::<32>()))
    }

    fn read(line: &str) -> Option<Self> {
        let (name, secret) = line.split_once(' ')?;
        let is_named = name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits: Vec<u8> =
            secret.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect::<Option<_>>()?;
        let secret: Vec<u8> = digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect();
        (is_named && digits.len() == 64).then(|| Self { name: name.to_owned(), secret: Zeroizing::new(secret) })
    }

    /// The name a token's header carries.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 secret bytes.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// The live keys.
#[derive(Debug)]
pub struct Keyring {
    newest: Key,
    before: Option<Key>,
}

impl Keyring {
    /// The key that signs.
    pub fn newest(&self) -> &Key {
        &self.newest
    }

    /// The live key of a name.
    pub fn find(&self, name: &str) -> Option<&Key> {
        std::iter::once(&self.newest).chain(&self.before).find(|key| key.name == name)
    }

    fn read(text: &str) -> Option<Self> {
        let mut keys = text.lines().map(Key::read);
        let ring = Self { newest: keys.next()??, before: keys.next().flatten() };
        keys.next().is_none().then_some(ring)
    }

    /// A ring in memory alone.
    #[cfg(test)]
    pub fn fresh() -> Self {
        let (name, secret) = Key::fresh();
        Self::read(&format!("{name} {}\n", *secret)).unwrap()
    }
}

/// What tells one state of the file from another.
type Mark = (i64, i64, u64, u64);

/// The key file of a house.
pub struct Keys {
    file: PathBuf,
    held: Mutex<Option<(Mark, Arc<Keyring>)>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Keys {
    /// The key file in a data folder; made when it is first needed.
    pub fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join(FILE), held: Mutex::new(None) }
    }

    /// The live keys. Called at start, it shows whether the house can issue tokens.
    ///
    /// # Errors
    /// When the file cannot be made or read, is damaged, or may be read by others than its owner.
    pub fn ring(&self) -> Result<Arc<Keyring>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.file.exists() {
            self.make()?;
        }
        let meta = fs::metadata(&self.file).map_err(|error| self.wrong(&error))?;
        let mark = (meta.mtime(), meta.mtime_nsec(), meta.len(), meta.ino());
        if let Some((known, ring)) = &*held {
            if *known == mark {
                return Ok(ring.clone());
            }
        }
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(self.wrong(&"others than its owner may read it; run: chmod 600"));
        }
        let text = Zeroizing::new(fs::read_to_string(&self.file).map_err(|error| self.wrong(&error))?);
        let ring = Arc::new(Keyring::read(&text).ok_or_else(|| self.wrong(&"it is damaged"))?);
        *held = Some((mark, ring.clone()));
        Ok(ring)
    }

    /// Makes a new key that signs from now on. The one before still verifies; the one before that is gone. Twice in a row, every token
    /// there is stops: that is what to do when a key leaks. Returns the new key's name.
    ///
    /// # Errors
    /// As [`Keys::ring`].
    pub fn rotate(&self) -> Result<String> {
        let ring = self.ring()?;
        let text = Zeroizing::new(fs::read_to_string(&self.file).map_err(|error| self.wrong(&error))?);
        let newest = text.lines().find(|line| line.starts_with(ring.newest.name())).unwrap_or_default();
        let (name, secret) = Key::fresh();
        let part = self.write_part(&Zeroizing::new(format!("{name} {}\n{newest}\n", *secret)))?;
        fs::rename(&part, &self.file).map_err(|error| self.wrong(&error))?;
        self.sync_folder()?;
        Ok(name)
    }

    /// Makes the file with one key. Whoever is second finds it made.
    fn make(&self) -> Result<()> {
        let (name, secret) = Key::fresh();
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(|error| self.wrong(&error))?;
        }
        let part = self.write_part(&Zeroizing::new(format!("{name} {}\n", *secret)))?;
        // A link appears whole or not at all, and never replaces a file.
        let linked = fs::hard_link(&part, &self.file);
        fs::remove_file(&part).map_err(|error| self.wrong(&error))?;
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(self.wrong(&error)),
            _ => self.sync_folder(),
        }
    }

    fn write_part(&self, text: &str) -> Result<PathBuf> {
        let part = self.file.with_extension(random_token::<8>());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(|error| self.wrong(&error))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| self.wrong(&error))?;
        Ok(part)
    }

    fn sync_folder(&self) -> Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.wrong(&error))
    }

    fn wrong(&self, why: &dyn fmt::Display) -> Error {
        Error::broken(format!("the key file {} cannot be used: {why}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::in_folder(folder.path());
        let name = keys.ring().unwrap().newest().name().to_owned();
        assert_eq!(fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keys::in_folder(folder.path()).ring().unwrap().newest().name(), name);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Keys::in_folder(folder.path()).ring().unwrap();
        fs::set_permissions(folder.path().join(FILE), fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Keys::in_folder(folder.path()).ring().unwrap_err();
        assert!(format!("{refused:?}").contains("chmod 600"), "{refused:?}");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        for text in [
            "",
            "x",
            "abcdef01 00",
            "abcdef01 zz\n",
            &format!("abcdef0g {}\n", "0".repeat(64)),
            &format!("abcdef01 {}\n\n\n", "0".repeat(64)),
        ] {
            assert!(Keyring::read(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn rotation_keeps_one_key_back_and_holds_in_running_processes() {
        let folder = tempfile::tempdir().unwrap();
        let (running, command) = (Keys::in_folder(folder.path()), Keys::in_folder(folder.path()));
        let first = running.ring().unwrap().newest().name().to_owned();
        let second = command.rotate().unwrap();
        let ring = running.ring().unwrap();
        assert_eq!((ring.newest().name(), ring.find(&first).is_some()), (second.as_str(), true));
        command.rotate().unwrap();
        let ring = running.ring().unwrap();
        assert!(ring.find(&second).is_some() && ring.find(&first).is_none());
        assert!(!format!("{ring:?}").contains(&fs::read_to_string(folder.path().join(FILE)).unwrap()[9..20]));
    }
}
