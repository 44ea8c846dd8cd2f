//! Settings: one struct, every field documented; a TOML file, then `HANGTAG_*` environment variables, then flags.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::kernel::text::Lang;
use crate::kernel::{Error, Result};
use crate::platform::db::DatabaseUrl;

/// The settings file that is looked for beside the embedded store.
pub const SETTINGS_FILE: &str = "hangtag.toml";

/// What a deployment decides once. Numbers that business people change are policies in the store instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The store: `sqlite:///path` or `postgres://user@host/name`.
    pub database_url: String,
    /// Address to listen on.
    pub listen: String,
    /// Scheme and host that buyers reach, as printed on labels: `https://id.brand.cn`. No path, no trailing slash.
    pub public_url: String,
    /// The brand's name in Chinese, on cards and labels.
    pub brand_zh: String,
    /// The brand's name in English.
    pub brand_en: String,
    /// How a buyer reaches people: a telephone number, an address, opening hours. One line.
    pub help_zh: String,
    /// The same in English.
    pub help_en: String,
    /// IANA zone in which days begin and end.
    pub time_zone: chrono_tz::Tz,
    /// Language for those who ask for none.
    pub default_lang: Lang,
    /// Folder for keys, made label files and uploads that are being read. The folder of the embedded store when nothing is said.
    pub data_dir: PathBuf,
    /// Folder with label templates that replace or add to the built-in ones.
    pub labels_dir: Option<PathBuf>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Connections to the store.
    pub connections: u32,
    /// Threads that serve requests; 0 is one per core, at most four.
    pub workers: usize,
    /// `text` or `json` lines on standard error.
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite:///var/lib/hangtag/hangtag.db".into(),
            listen: "127.0.0.1:8080".into(),
            public_url: "http://127.0.0.1:8080".into(),
            brand_zh: "示例服饰".into(),
            brand_en: "Example Apparel".into(),
            help_zh: "请联系购买门店。".into(),
            help_en: "Please ask the shop where you bought it.".into(),
            time_zone: chrono_tz::Asia::Shanghai,
            default_lang: Lang::Zh,
            data_dir: PathBuf::new(),
            labels_dir: None,
            trusted_proxies: Vec::new(),
            connections: 8,
            workers: 0,
            log_format: LogFormat::Text,
        }
    }
}

impl Config {
    /// Reads the file (when none is named, the `hangtag.toml` beside the embedded store, if there is one), then the environment.
    ///
    /// # Errors
    /// A message that names the setting and where it came from.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let named = file.map(Path::to_owned);
        let first = Self::layered(named.as_deref())?;
        let folder = match first.database()? {
            DatabaseUrl::Sqlite(path) => path.parent().map(Path::to_owned),
            DatabaseUrl::Postgres(_) => None,
        };
        let beside = folder.as_ref().map(|folder| folder.join(SETTINGS_FILE)).filter(|file| named.is_none() && file.is_file());
        let mut config = if beside.is_some() { Self::layered(beside.as_deref())? } else { first };
        if config.data_dir.as_os_str().is_empty() {
            config.data_dir = folder.unwrap_or_else(|| "/var/lib/hangtag".into());
        }
        Ok(config)
    }

    fn layered(file: Option<&Path>) -> Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(Env::prefixed("HANGTAG_").ignore(&["config", "log", "test_all", "test_postgres"]))
            .extract()
            .map_err(|error| Error::broken(Box::new(error)))
    }

    /// The store the settings name.
    ///
    /// # Errors
    /// When the URL names none.
    pub fn database(&self) -> Result<DatabaseUrl> {
        self.database_url.parse().map_err(Error::broken)
    }

    /// Whether buyers come over TLS; decides the cookies' attributes.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What every label's address begins with, in capitals: `HTTPS://ID.BRAND.CN`.
    pub fn label_stem(&self) -> String {
        self.public_url.trim_end_matches('/').to_ascii_uppercase()
    }

    /// The brand's name in `lang`.
    pub fn brand(&self, lang: Lang) -> &str {
        lang.of(&self.brand_zh, &self.brand_en)
    }

    /// How to get help, in `lang`.
    pub fn help(&self, lang: Lang) -> &str {
        lang.of(&self.help_zh, &self.help_en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hangtag.toml");
        std::fs::write(&file, "databse_url = \"sqlite:///x\"").unwrap();
        let error = Config::read(Some(&file)).unwrap_err();
        assert!(format!("{:?}", std::error::Error::source(&error).unwrap()).contains("databse_url"));
        std::fs::write(&file, "listen = \"0.0.0.0:80\"\ntime_zone = \"Asia/Shanghai\"\ndefault_lang = \"en\"").unwrap();
        let config = Config::read(Some(&file)).unwrap();
        assert_eq!((config.listen.as_str(), config.default_lang), ("0.0.0.0:80", Lang::En));
    }
}
