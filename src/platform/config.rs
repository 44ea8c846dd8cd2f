//! Settings: one table, every line documented; a TOML file, then `HANGTAG_*` environment variables, then flags.
//!
//! What a setting may be is said by the function that reads it, and that function gets the value as it was written: a text that looks like a
//! number, a boolean or a list is still that text. Everything that is wrong is named at once, with where it stands.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use tracing_subscriber::EnvFilter;

use crate::kernel::faults::Faults;
use crate::kernel::text::{self, Lang};
use crate::kernel::{Code, Error, Fault, Result, parsed, saturating};
use crate::platform::db::DatabaseUrl;

/// The settings file that is looked for beside the embedded store.
pub const SETTINGS_FILE: &str = "hangtag.toml";

/// What the environment variables begin with.
const PREFIX: &str = "HANGTAG_";
/// Variables that are read elsewhere: by the command line, by the log.
const ELSEWHERE: [&str; 2] = ["config", "log"];
/// Longest text of a setting, in characters.
const TEXT_MAX: usize = 200;

/// A value as somebody wrote it.
struct Given {
    /// The text, without the quotes of a TOML string.
    text: String,
    /// The items of a TOML list.
    items: Option<Vec<String>>,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $read:expr;)*) => {
        /// What a deployment decides once. Numbers that business people change are policies in the store instead.
        #[derive(Clone, Debug)]
        pub struct Config { $($(#[$doc])* pub $name: $type,)* }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Config {
            /// Every setting, as a file names it.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// Takes over the value of a setting.
            fn set(&mut self, name: &str, given: &Given) -> Result<(), Fault> {
                match name {
                    $(stringify!($name) => self.$name = $read(given)?,)*
                    unknown => {
                        let nearest = nearest(unknown);
                        return Err(Fault::new("", Code::SettingUnknown).with("nearest", nearest));
                    }
                }
                Ok(())
            }
        }
    };
}

settings! {
    /// The store: `sqlite:///path` or `postgres://user@host/name`.
    database_url: String = "sqlite:///var/lib/hangtag/hangtag.db".into(), database_url;
    /// Address to listen on: `127.0.0.1:8080`, `[::]:8080`, `localhost:0`.
    listen: String = "127.0.0.1:8080".into(), listen;
    /// Scheme and host that buyers reach, as printed on labels: `https://id.brand.cn`. No path.
    public_url: String = "http://127.0.0.1:8080".into(), public_url;
    /// The brand's name in Chinese, on cards and labels.
    brand_zh: String = "示例服饰".into(), line;
    /// The brand's name in English.
    brand_en: String = "Example Apparel".into(), line;
    /// How a buyer reaches people: a telephone number, an address, opening hours. One line.
    help_zh: String = "请联系购买门店。".into(), line;
    /// The same in English.
    help_en: String = "Please ask the shop where you bought it.".into(), line;
    /// IANA zone in which days begin and end.
    time_zone: chrono_tz::Tz = chrono_tz::Asia::Shanghai, zone;
    /// Language for those who ask for none.
    default_lang: Lang = Lang::Zh, |given: &Given| one_of(given, Lang::of_tag(&given.text), "zh-CN, en");
    /// Folder for keys, made label files and uploads that are being read. The folder of the embedded store when nothing is said.
    data_dir: PathBuf = PathBuf::new(), |given: &Given| Ok(PathBuf::from(&given.text));
    /// Folder with label templates that replace or add to the built-in ones.
    labels_dir: Option<PathBuf> = None, |given: &Given| Ok(Some(PathBuf::from(&given.text)).filter(|folder| !folder.as_os_str().is_empty()));
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: Vec<IpAddr> = Vec::new(), addresses;
    /// Connections to the store, 1 to 1,000.
    connections: u32 = 8, |given: &Given| number(given, 1, 1_000);
    /// Threads that serve requests, up to 256; 0 is one per core, at most four.
    workers: usize = 0, |given: &Given| number(given, 0, 256);
    /// `text` or `json` lines on standard error.
    log_format: LogFormat = LogFormat::Text, |given: &Given| one_of(given, LogFormat::of(&given.text), "text, json");
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl LogFormat {
    fn of(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Config {
    /// Reads the file (when none is named, the `hangtag.toml` beside the embedded store, if there is one), then the environment.
    ///
    /// # Errors
    /// [`Code::Invalid`] with every setting that is unknown or cannot be used, and where it stands.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        Self::read_with(file, || std::env::vars_os().collect())
    }

    fn read_with(file: Option<&Path>, environment: impl Fn() -> Vec<(OsString, OsString)>) -> Result<Self> {
        let first = Self::layered(file, environment())?;
        let folder = match first.database()? {
            DatabaseUrl::Sqlite(path) => path.parent().map(Path::to_owned),
            DatabaseUrl::Postgres(_) => None,
        };
        let beside = folder.as_ref().map(|folder| folder.join(SETTINGS_FILE)).filter(|beside| file.is_none() && beside.is_file());
        let mut config = if beside.is_some() { Self::layered(beside.as_deref(), environment())? } else { first };
        if config.data_dir.as_os_str().is_empty() {
            config.data_dir = folder.unwrap_or_else(|| "/var/lib/hangtag".into());
        }
        Ok(config)
    }

    fn layered(file: Option<&Path>, environment: Vec<(OsString, OsString)>) -> Result<Self> {
        let (mut config, mut faults) = (Self::default(), Faults::default());
        if let Some(file) = file {
            config.take_file(file, &mut faults)?;
        }
        for (name, value) in environment {
            config.take_variable(&name, value, &mut faults);
        }
        faults.unless_any(config)
    }

    fn take_variable(&mut self, name: &OsString, value: OsString, faults: &mut Faults) {
        let Some(variable) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { return };
        let setting = variable.trim_start_matches(PREFIX).to_ascii_lowercase();
        let at = |fault: Fault| Fault { field: variable.to_owned().into(), ..fault };
        let Ok(text) = value.into_string() else {
            return faults.note(at(refused("", "setting-utf8")));
        };
        if setting == "log" && EnvFilter::try_new(&text).is_err() {
            return faults.note(at(refused(&text, "setting-log")));
        }
        if ELSEWHERE.contains(&setting.as_str()) || setting.starts_with("test_") || is_of_the_cluster(&setting, &text) {
            return;
        }
        if let Err(mut fault) = self.set(&setting, &Given { text, items: None }) {
            for (name, value) in &mut fault.args {
                if *name == "nearest" {
                    *value = format!("{PREFIX}{}", value.to_ascii_uppercase()).into();
                }
            }
            faults.note(at(fault));
        }
    }

    fn take_file(&mut self, file: &Path, faults: &mut Faults) -> Result<()> {
        let of_file = |reason: &dyn std::fmt::Display| Fault::new(file.display().to_string(), Code::FileBroken).with("reason", reason);
        let bytes = std::fs::read(file).map_err(|error| of_file(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| of_file(&"setting-utf8"))?;
        let (table, errors) = DeTable::parse_recoverable(&text);
        let line_at = |place: usize| {
            let before = text.as_bytes().iter().take(place).filter(|byte| **byte == b'\n').count();
            saturating::<u64>(before).saturating_add(1)
        };
        let written = |span: std::ops::Range<usize>| text.get(span).unwrap_or_default();
        // What TOML finds wrong inside a value without quotes is no fault here: the value is the text as it stands.
        let unquoted: Vec<_> =
            table.get_ref().iter().map(|(_, value)| value.span()).filter(|span| !written(span.clone()).contains(['"', '\''])).collect();
        for error in &errors {
            let span = error.span().unwrap_or_default();
            if !unquoted.iter().any(|value| value.start <= span.start && span.end <= value.end && !value.is_empty()) {
                faults.note(of_file(&"setting-file-line").at_line(line_at(span.start)));
            }
        }
        for (key, value) in table.get_ref().iter() {
            let as_text = |value: &toml::Spanned<DeValue<'_>>| match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                _ => written(value.span()).to_owned(),
            };
            let items = match value.get_ref() {
                DeValue::Array(items) => Some(items.iter().map(as_text).collect()),
                _ => None,
            };
            let name = key.get_ref();
            if let Err(fault) = self.set(name, &Given { text: as_text(value), items }) {
                let field = format!("{name} ({})", file.display()).into();
                faults.note(Fault { field, ..fault }.at_line(line_at(key.span().start)));
            }
        }
        Ok(())
    }

    /// The store the settings name.
    ///
    /// # Errors
    /// When the URL names none.
    pub fn database(&self) -> Result<DatabaseUrl> {
        self.database_url.parse().map_err(|fault: Fault| Error::from(Fault { field: "HANGTAG_DATABASE_URL".into(), ..fault }))
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

/// What Kubernetes gives every pod beside a service of the name `hangtag`: not meant for us.
fn is_of_the_cluster(setting: &str, value: &str) -> bool {
    setting.starts_with("service_") || setting.starts_with("port_") || (setting == "port" && value.contains("://"))
}

/// What other programs call these settings.
const ELSEWHERE_CALLED: &[(&str, &str)] = &[
    ("address", "listen"),
    ("bind", "listen"),
    ("host", "listen"),
    ("port", "listen"),
    ("db", "database_url"),
    ("database", "database_url"),
    ("url", "public_url"),
    ("domain", "public_url"),
    ("tz", "time_zone"),
    ("threads", "workers"),
];

/// The setting that was meant: the one that other programs call so, or whose name is most like this one.
fn nearest(name: &str) -> &'static str {
    let words: Vec<String> = name.to_ascii_lowercase().split('_').map(str::to_owned).collect();
    let called = ELSEWHERE_CALLED.iter().find(|(other, _)| words.iter().any(|word| word == other));
    let is_like = |known: &&&str| strsim::jaro_winkler(known, &name.to_ascii_lowercase()) > 0.85;
    if let Some((_, known)) = called.filter(|_| !Config::NAMES.iter().any(|known| is_like(&known))) {
        return known;
    }
    let likeness = |known: &&&str| strsim::jaro_winkler(known, &name.to_ascii_lowercase());
    Config::NAMES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).copied().unwrap_or_default()
}

fn refused(value: &str, reason: &'static str) -> Fault {
    Fault::new("", Code::SettingRefused).with("value", value).with("reason", reason)
}

fn line(given: &Given) -> Result<String, Fault> {
    text::optional_line("", &given.text, TEXT_MAX)
}

fn database_url(given: &Given) -> Result<String, Fault> {
    given.text.parse::<DatabaseUrl>()?;
    Ok(given.text.clone())
}

fn number<N: TryFrom<u64>>(given: &Given, min: u64, max: u64) -> Result<N, Fault> {
    match parsed(given.text.trim()).filter(|number| (min..=max).contains(number)).map(N::try_from) {
        Some(Ok(number)) => Ok(number),
        _ => Err(refused(&given.text, "setting-number").with("min", min).with("max", max)),
    }
}

fn one_of<T>(given: &Given, found: Option<T>, allowed: &'static str) -> Result<T, Fault> {
    found.ok_or_else(|| Fault::new("", Code::NotOneOf).with("value", &given.text).with("allowed", allowed))
}

fn zone(given: &Given) -> Result<chrono_tz::Tz, Fault> {
    given.text.trim().parse().map_err(|_| refused(&given.text, "setting-zone"))
}

/// `host:port`; the host is looked up when the port is taken.
fn listen(given: &Given) -> Result<String, Fault> {
    let text = given.text.trim();
    let sound = text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        is_host(bare) && (bare == host) != bare.contains(':') && port.parse::<u16>().is_ok()
    });
    if sound { Ok(text.to_owned()) } else { Err(refused(&given.text, "setting-listen")) }
}

/// Scheme and host; a slash at the end is left away.
fn public_url(given: &Given) -> Result<String, Fault> {
    let text = given.text.trim().trim_end_matches('/');
    let sound = text.split_once("://").is_some_and(|(scheme, place)| {
        let (host, port) = place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
        (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
            && is_host(host)
            && !host.contains(':')
            && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
    });
    let Some((scheme, place)) = text.split_once("://").filter(|_| sound) else { return Err(refused(&given.text, "setting-public-url")) };
    Ok(format!("{}://{place}", scheme.to_ascii_lowercase()))
}

/// Whether a text may be the name or the address of a host.
fn is_host(text: &str) -> bool {
    !text.is_empty() && (text.parse::<IpAddr>().is_ok() || text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))
}

/// Addresses: a list of TOML, or a text that parts them by commas.
fn addresses(given: &Given) -> Result<Vec<IpAddr>, Fault> {
    let plain = |item: &str| item.trim().trim_matches(['"', '\'']).to_owned();
    let items = given.items.clone().unwrap_or_else(|| {
        let text = given.text.trim();
        let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        inside.split(',').map(plain).filter(|item| !item.is_empty()).collect()
    });
    items.iter().map(|item| item.parse().map_err(|_| refused(item, "setting-addresses"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::words::Words;

    const PLACE: (&str, &str) = ("HANGTAG_DATABASE_URL", "sqlite:///nowhere/hangtag.db");

    fn with(variables: &[(&str, &str)]) -> Result<Config> {
        Config::read_with(None, || [PLACE].iter().chain(variables).map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn in_file(text: &str) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(SETTINGS_FILE);
        std::fs::write(&file, text).unwrap();
        Config::read_with(Some(&file), Vec::new)
    }

    /// What is wrong, each in a sentence: place, line, words.
    fn faults(read: Result<Config>, lang: Lang) -> Vec<(String, Option<u64>, String)> {
        match read {
            Err(Error::Refused(refusal)) => {
                refusal.faults.iter().map(|fault| (fault.field.to_string(), fault.line, Words::of(lang).fault(fault))).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_taken_as_it_is_written() {
        for text in ["4008001234", "361", "007", "1e5", "true", "[1, 2]", "{a}", "0x1F", "1_000", "2026-01-01", "+86 400", "-", ""] {
            for name in ["help_zh", "help_en", "brand_zh", "brand_en"] {
                let config = with(&[(&format!("HANGTAG_{}", name.to_ascii_uppercase()), text)]).unwrap();
                let found = [&config.help_zh, &config.help_en, &config.brand_zh, &config.brand_en];
                assert!(found.iter().any(|found| found.as_str() == text), "{name} = {text}");
            }
        }
    }

    #[test]
    fn a_text_in_a_file_needs_no_quotes() {
        for text in
            ["4008001234", "361", "007", "1e5", "true", "[1, 2]", "[a, b]", "0x1F", "2026-01-01", "+86 400", "请联系门店", "岚山 Lanshan"]
        {
            let config = in_file(&format!("help_zh = {text} # as it is\nbrand_en = \"361\"\n")).unwrap();
            assert_eq!((config.help_zh.as_str(), config.brand_en.as_str()), (text, "361"));
        }
        let config = in_file("listen = \"0.0.0.0:80\"\ntime_zone = Asia/Shanghai\ndefault_lang = 'en'\nconnections = 20\ntrusted_proxies = [\"::1\", \"10.0.0.7\"]").unwrap();
        assert_eq!((config.listen.as_str(), config.default_lang, config.connections), ("0.0.0.0:80", Lang::En, 20));
        assert_eq!(config.trusted_proxies, [IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), IpAddr::from([10, 0, 0, 7])]);
    }

    #[test]
    fn an_unknown_setting_is_named_with_the_nearest() {
        let wrong = faults(with(&[("HANGTAG_LISTN", "x"), ("HANGTAG_PUBLIC", "https://id.brand.cn")]), Lang::En);
        let said = |nearest: &str| format!("There is no such setting; the nearest is {nearest}.");
        assert_eq!(wrong[0], ("HANGTAG_LISTN".into(), None, said("HANGTAG_LISTEN")));
        assert_eq!(wrong[1], ("HANGTAG_PUBLIC".into(), None, said("HANGTAG_PUBLIC_URL")));
        let wrong = faults(in_file("\nhelp_zh = 1\ndatabse_url = \"sqlite:///x\"\n[server]\nport = 1\n"), Lang::Zh);
        assert!(
            wrong[0].0.starts_with("databse_url (") && wrong[0].1 == Some(3) && wrong[0].2.contains("最接近的是 database_url"),
            "{wrong:?}"
        );
        assert!(wrong[1].0.starts_with("server ("), "{wrong:?}");
        // Read elsewhere, or set by a cluster; but a port that a person set is not.
        with(&[
            ("HANGTAG_LOG", "debug"),
            ("HANGTAG_CONFIG", "x"),
            ("HANGTAG_SERVICE_HOST", "10.0.0.1"),
            ("HANGTAG_PORT", "tcp://10.0.0.1:80"),
        ])
        .unwrap();
        assert_eq!(faults(with(&[("HANGTAG_PORT", "8080")]), Lang::En)[0].0, "HANGTAG_PORT");
        for (name, meant) in [
            ("ADDRESS", "LISTEN"),
            ("BIND_ADDRESS", "LISTEN"),
            ("PORT", "LISTEN"),
            ("DB", "DATABASE_URL"),
            ("BASE_URL", "PUBLIC_URL"),
            ("TZ", "TIME_ZONE"),
            ("WORKER", "WORKERS"),
        ] {
            assert_eq!(faults(with(&[(&format!("HANGTAG_{name}"), "x")]), Lang::En)[0].2, said(&format!("HANGTAG_{meant}")), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_with_what_can() {
        for (name, value, about) in [
            ("CONNECTIONS", "0", "a whole number from 1 to 1000"),
            ("CONNECTIONS", "many", "a whole number from 1 to 1000"),
            ("WORKERS", "-1", "a whole number from 0 to 256"),
            ("WORKERS", "99999999999999999999", "a whole number from 0 to 256"),
            ("TIME_ZONE", "Beijing", "Asia/Shanghai"),
            ("DEFAULT_LANG", "fr", "zh-CN, en"),
            ("LOG_FORMAT", "xml", "text, json"),
            ("LISTEN", "8080", "127.0.0.1:8080"),
            ("LISTEN", "::1:8080", "127.0.0.1:8080"),
            ("LISTEN", "0.0.0.0:70000", "127.0.0.1:8080"),
            ("TRUSTED_PROXIES", "10.0.0.7, proxy", "IP addresses"),
            ("PUBLIC_URL", "", "https://id.brand.cn"),
            ("PUBLIC_URL", "id.brand.cn", "https://id.brand.cn"),
            ("PUBLIC_URL", "ftp://id.brand.cn", "https://id.brand.cn"),
            ("PUBLIC_URL", "https://id.brand.cn?x=1", "https://id.brand.cn"),
            ("PUBLIC_URL", "https://id.brand.cn/shop", "https://id.brand.cn"),
            ("PUBLIC_URL", "https://user:pw@id.brand.cn", "https://id.brand.cn"),
            ("PUBLIC_URL", "https://id.品牌.cn", "https://id.brand.cn"),
            ("BRAND_EN", "a\nb", "control character"),
            ("LOG", "info=loud=x", "info,hangtag::cli=debug"),
            ("DATABASE_URL", "mysql://h/d", "sqlite:///"),
            ("DATABASE_URL", "sqlite:///srv/hangtag.db?mode=ro", "mode=ro"),
        ] {
            let variable = format!("HANGTAG_{name}");
            let wrong = faults(Config::read_with(None, || vec![(variable.clone().into(), value.into())]), Lang::En);
            assert!(wrong.len() == 1 && wrong[0].0 == variable && wrong[0].2.contains(about), "{variable}={value}: {wrong:?}");
            let chinese = faults(Config::read_with(None, || vec![(variable.clone().into(), value.into())]), Lang::Zh);
            assert!(!chinese[0].2.is_ascii(), "{chinese:?}");
        }
        for (name, value) in [
            ("LISTEN", "[::]:8080"),
            ("LISTEN", "localhost:0"),
            ("TRUSTED_PROXIES", "[\"10.0.0.7\"]"),
            ("TRUSTED_PROXIES", ""),
            ("WORKERS", "007"),
        ] {
            with(&[(&format!("HANGTAG_{name}"), value)]).unwrap();
        }
        assert_eq!(with(&[("HANGTAG_PUBLIC_URL", "HTTPS://ID.BRAND.CN:8443/")]).unwrap().public_url, "https://ID.BRAND.CN:8443");
    }

    #[test]
    fn a_file_that_cannot_be_read_says_where() {
        let wrong = faults(in_file("brand_zh = \"岚山\nhelp_zh = 1\n"), Lang::En);
        assert!(wrong.iter().any(|one| one.1 == Some(1) && one.2.contains("name = \"value\"")), "{wrong:?}");
        let twice = faults(in_file("help_zh = 1\nhelp_zh = 2\n"), Lang::En);
        assert!(twice.iter().any(|one| one.1 == Some(2)), "{twice:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let wrong = faults(Config::read_with(None, || vec![("HANGTAG_BRAND_ZH".into(), OsString::from_vec(vec![0xb0, 0xff]))]), Lang::En);
        assert_eq!(wrong[0].0, "HANGTAG_BRAND_ZH");
    }
}
