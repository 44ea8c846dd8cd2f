//! The deployment's secret keys: one text file beside the store, readable by its owner alone.
//!
//! A line is `<purpose> <number> <64 hexadecimal digits> <day it was made>`. Purposes:
//! - `serial`: the roots of serials and claim codes, one per epoch (0 to 31). The newest mints, all verify; a lost one makes its labels worthless.
//! - `house`: the root of everything that must open for ever (sealed contacts) or is derived for a while (devices that scan). One line.
//! - `token`: secrets of API tokens. The two newest are live.
//!
//! Rotation adds a line; no line is ever removed by the program. Losing this file loses every label and every contact: back it up apart from the store.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::kernel::serial::{Epoch, Keyring, RootKey};
use crate::kernel::text::hex;
use crate::kernel::{Code, Error, Refusal, Result, parsed, saturating};
use crate::platform::disk::{Readers, WholeFile};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Serials and claim codes.
    Serial,
    /// Contacts and devices.
    House,
    /// API tokens.
    Token,
}

impl Purpose {
    const ALL: [Purpose; 3] = [Purpose::Serial, Purpose::House, Purpose::Token];

    /// Its name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::House => "house",
            Self::Token => "token",
        }
    }

    /// Its purpose of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// The keys as the program uses them. Shows nothing of them.
#[derive(Debug)]
pub struct Keys {
    /// Serials and claim codes.
    pub serials: Keyring,
    /// The root for contacts and devices.
    pub house: RootKey,
    /// Secrets of API tokens with their numbers, newest first, at most two.
    pub tokens: Vec<(i64, RootKey)>,
}

/// One line of the file.
struct Line {
    purpose: Purpose,
    number: i64,
    key: RootKey,
    made_on: NaiveDate,
}

/// The key file.
pub struct KeyFile {
    path: PathBuf,
    lines: Vec<Line>,
}

impl KeyFile {
    /// Where the file lies in a data folder.
    pub fn place(data_dir: &Path) -> PathBuf {
        data_dir.join("keys")
    }

    /// Reads the file, or makes it with one key of each purpose when there is none.
    ///
    /// # Errors
    /// When others than its owner may read it, when a line is damaged, when it cannot be read or made.
    pub fn open_or_create(path: &Path, today: NaiveDate) -> Result<Self> {
        if path.exists() {
            return Self::open(path);
        }
        let lines = Purpose::ALL
            .into_iter()
            .map(|purpose| Ok(Line { purpose, number: 0, key: fresh()?, made_on: today }))
            .collect::<Result<_>>()?;
        let file = Self { path: path.to_owned(), lines };
        file.save()?;
        Ok(file)
    }

    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = std::fs::File::open(path).map_err(|error| Error::broken(format!("the key file {}: {error}", path.display())))?;
        refuse_readable_by_others(path, &file)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            // The line itself is a secret: the message names only its number.
            let damaged = || Error::broken(format!("the key file {}, line {}: damaged", path.display(), at + 1));
            lines.push(read_line(line).ok_or_else(damaged)?);
        }
        Ok(Self { path: path.to_owned(), lines })
    }

    /// Adds a key of a purpose, with the next number, and saves. Returns the number.
    ///
    /// # Errors
    /// Refuses a second `house` key, which would make contacts unreadable, and a 33rd serial epoch.
    pub fn rotate(&mut self, purpose: Purpose, today: NaiveDate) -> Result<i64> {
        let number = self.of(purpose).map(|line| line.number + 1).max().unwrap_or_default();
        if (purpose == Purpose::House && number > 0) || (purpose == Purpose::Serial && number > 31) {
            return Err(Refusal::new(Code::WrongState).with("state", format!("{}-keys", purpose.as_str())).into());
        }
        self.lines.push(Line { purpose, number, key: fresh()?, made_on: today });
        self.save()?;
        Ok(number)
    }

    /// The keys for use.
    ///
    /// # Errors
    /// When a purpose has none.
    pub fn keys(&self) -> Result<Keys> {
        let serials = self
            .of(Purpose::Serial)
            .map(|line| {
                let epoch = Epoch::of(line.number).ok_or_else(|| Error::broken("a serial epoch is 0 to 31"))?;
                Ok((epoch, line.key.clone()))
            })
            .collect::<Result<Vec<_>>>()?;
        let house = self.of(Purpose::House).next().ok_or_else(|| Error::broken("the key file has no house key"))?.key.clone();
        let mut tokens: Vec<_> = self.of(Purpose::Token).map(|line| (line.number, line.key.clone())).collect();
        tokens.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        tokens.truncate(2);
        if tokens.is_empty() {
            return Err(Error::broken("the key file has no token key"));
        }
        Ok(Keys { serials: Keyring::new(serials)?, house, tokens })
    }

    /// Which keys there are: purpose, number, day.
    pub fn inventory(&self) -> impl Iterator<Item = (Purpose, i64, NaiveDate)> + '_ {
        self.lines.iter().map(|line| (line.purpose, line.number, line.made_on))
    }

    fn of(&self, purpose: Purpose) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.purpose == purpose)
    }

    /// Writes beside the file and renames, so that a power cut leaves the old or the new, whole.
    fn save(&self) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut text =
            String::from("# Secret keys of Hangtag. Back this file up apart from the store; without it no label can be verified.\n");
        for line in &self.lines {
            let key = hex(line.key.expose());
            let _infallible = writeln!(text, "{} {} {key} {}", line.purpose.as_str(), line.number, line.made_on);
        }
        let mut whole = WholeFile::at(&self.path, Readers::Owner)?;
        whole.file().write_all(text.as_bytes())?;
        whole.arrive()?;
        Ok(())
    }
}

fn fresh() -> Result<RootKey> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::broken(error.to_string()))?;
    Ok(RootKey::new(bytes))
}

fn read_line(line: &str) -> Option<Line> {
    let mut parts = line.split_whitespace();
    let purpose = Purpose::of(parts.next()?)?;
    let number = parsed(parts.next()?)?;
    let hex = parts.next().filter(|hex| hex.len() == 64 && hex.is_ascii())?;
    let mut bytes = [0u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = saturating(pair.iter().try_fold(0, |byte, digit| Some(byte << 4 | char::from(*digit).to_digit(16)?))?);
    }
    let made_on = parsed(parts.next()?)?;
    parts.next().is_none().then_some(Line { purpose, number, key: RootKey::new(bytes), made_on })
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path, file: &std::fs::File) -> Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::broken(format!(
        "the key file {} may be read by others (mode {mode:o}); chmod 600 it, and ask yourself who has",
        path.display()
    )))
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_path: &Path, _file: &std::fs::File) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 15).unwrap()
    }

    #[test]
    fn a_key_file_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = KeyFile::place(folder.path());
        let made = KeyFile::open_or_create(&path, today()).unwrap().keys().unwrap();
        let read = KeyFile::open_or_create(&path, today()).unwrap().keys().unwrap();
        assert_eq!(made.house.expose(), read.house.expose());
        assert_eq!(format!("{read:?}").matches(&format!("{:02x}", read.house.expose()[0])).count(), 0, "nothing of a key is shown");
    }

    #[test]
    fn rotation_adds_and_keeps() {
        let folder = tempfile::tempdir().unwrap();
        let path = KeyFile::place(folder.path());
        let mut file = KeyFile::open_or_create(&path, today()).unwrap();
        assert_eq!(file.rotate(Purpose::Serial, today()).unwrap(), 1);
        assert_eq!(file.rotate(Purpose::Token, today()).unwrap(), 1);
        assert_eq!(file.rotate(Purpose::Token, today()).unwrap(), 2);
        assert!(file.rotate(Purpose::House, today()).is_err());
        let keys = KeyFile::open(&path).unwrap().keys().unwrap();
        assert_eq!(keys.serials.epochs().count(), 2);
        assert_eq!(keys.tokens.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 1]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = KeyFile::place(folder.path());
        KeyFile::open_or_create(&path, today()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(KeyFile::open(&path).is_err());
    }

    #[test]
    fn a_damaged_line_is_named_but_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = KeyFile::place(folder.path());
        KeyFile::open_or_create(&path, today()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("token 0 ", "token 0 zz")).unwrap();
        let Err(Error::Broken(source)) = KeyFile::open(&path) else { panic!("opened") };
        assert!(source.to_string().contains("line 4") && !source.to_string().contains("zz"));
    }
}
