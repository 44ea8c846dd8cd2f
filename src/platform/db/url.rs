//! Which store: the URL says it, and an unknown one is refused rather than guessed at.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::kernel::{Code, Fault};

/// `sqlite:///path/to/file` or `postgres://user@host/name`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server; the URL as libpq reads it.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let refused = |reason: &'static str| Fault::new("", Code::SettingRefused).with("value", hidden(text)).with("reason", reason);
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        match scheme {
            "sqlite" => {
                if let Some((_, query)) = rest.split_once(['?', '#']) {
                    return Err(refused("store-url-query").with("query", query));
                }
                if !rest.starts_with('/') || rest.ends_with('/') {
                    return Err(refused("store-url-path"));
                }
                Ok(Self::Sqlite(PathBuf::from(rest)))
            }
            "postgres" | "postgresql" if !rest.is_empty() => Ok(Self::Postgres(text.to_owned())),
            _ => Err(refused("store-url-scheme")),
        }
    }
}

/// A URL without its password.
fn hidden(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.split_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{scheme}://{user}:…@{host}"),
        None => url.to_owned(),
    }
}

impl fmt::Display for DatabaseUrl {
    /// As it can be given to `HANGTAG_DATABASE_URL` again, except that a password is shown as `…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => f.write_str(&hidden(url)),
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
        for wrong in ["mysql://h/d", "/a/b.db", "sqlite:a.db", "sqlite://a.db", "sqlite:///", "sqlite:///a/", "postgres", "postgres://", ""]
        {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_sqlite_would_take_for_a_part_of_the_name_is_refused() {
        for wrong in ["sqlite:///a/b.db?mode=ro", "sqlite:///a/b.db?", "sqlite:///a/b.db#x"] {
            let fault = wrong.parse::<DatabaseUrl>().unwrap_err();
            assert!(fault.args.contains(&("reason", "store-url-query".into())), "{fault:?}");
        }
        let fault = "mysql://me:secret@h/d".parse::<DatabaseUrl>().unwrap_err();
        assert!(!format!("{fault:?}").contains("secret"));
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: DatabaseUrl = "postgres://me:secret@h/d".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://me:…@h/d postgres://me:…@h/d");
    }
}
