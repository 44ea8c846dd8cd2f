//! Which store: the URL says it, and an unknown one is refused rather than guessed at.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// `sqlite:///path/to/file` or `postgres://user@host/name`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server; the URL as libpq reads it.
    Postgres(String),
}

/// Why a URL names no store.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UrlError {
    /// Some other scheme.
    #[error("a database URL begins with sqlite:/// or postgres://; this one begins with {0:?}")]
    Scheme(String),
    /// `sqlite://` without an absolute path.
    #[error("sqlite:// needs an absolute path: sqlite:///var/lib/hangtag/hangtag.db")]
    RelativePath,
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let scheme = text.split_once("://").map_or(text, |(scheme, _)| scheme);
        match scheme {
            "sqlite" => {
                let path = text.strip_prefix("sqlite://").unwrap_or_default();
                if path.len() > 1 && path.starts_with('/') { Ok(Self::Sqlite(PathBuf::from(path))) } else { Err(UrlError::RelativePath) }
            }
            "postgres" | "postgresql" if text.contains("://") => Ok(Self::Postgres(text.to_owned())),
            other => Err(UrlError::Scheme(other.chars().take(20).collect())),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// As it can be given to `HANGTAG_DATABASE_URL` again, except that a password is shown as `…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                match rest.split_once('@') {
                    Some((who, host)) => match who.split_once(':') {
                        Some((user, _)) => write!(f, "{scheme}://{user}:…@{host}"),
                        None => write!(f, "{url}"),
                    },
                    None => write!(f, "{url}"),
                }
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_picks_the_store() {
        assert_eq!("sqlite:///a/b.db".parse(), Ok(DatabaseUrl::Sqlite("/a/b.db".into())));
        assert!(matches!("postgres://u@h/d".parse(), Ok(DatabaseUrl::Postgres(_))));
        for wrong in ["mysql://h/d", "/a/b.db", "sqlite:a.db", "sqlite://a.db", "sqlite:///", "postgres", ""] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: DatabaseUrl = "postgres://me:secret@h/d".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://me:…@h/d postgres://me:…@h/d");
    }
}
