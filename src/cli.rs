//! The command line: what an administrator, a planner or a script can do without a browser.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app;
use crate::config::{Config, LogFormat};
use crate::kernel::text::Lang;
use crate::kernel::time::{Clock, local_date};
use crate::kernel::{Error, Refusal, Result};
use crate::platform::db::{self, DatabaseUrl, Store, StoreOptions};
use crate::platform::http::House;
use crate::platform::keys::KeyFile;
use crate::platform::words::Words;

/// QR warranty cards, traceability and root cause for garments.
#[derive(Parser)]
#[command(name = "hangtag", version, about)]
struct Cli {
    /// Settings file (TOML). Environment variables HANGTAG_* override it.
    #[arg(long, global = true, env = "HANGTAG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the API.
    Serve,
    /// Bring the store's tables up to this program.
    Migrate,
    /// Copy the embedded store into a new file, while it is in use.
    Backup {
        /// The file to make; it must not exist.
        file: PathBuf,
    },
    /// Put a backup in the place of the embedded store. Refuses to overwrite one.
    Restore {
        /// A file made by `backup`.
        file: PathBuf,
    },
    /// Look for trouble: store, keys, policies, clock.
    Doctor,
    /// Print the API's description (OpenAPI 3.1, JSON).
    Openapi,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let config = Config::read(cli.config.as_deref())?;
    match cli.command {
        Command::Serve => {
            log_to_stderr(config.log_format);
            let url = config.database()?;
            db::migrate(&url)?;
            let house = house(config, &url)?;
            serve(&house)
        }
        Command::Migrate => {
            let migrated = db::migrate(&config.database()?)?;
            if migrated.applied.is_empty() {
                say("nothing to do");
            }
            migrated.applied.iter().for_each(|version| say(&format!("applied {version}")));
            Ok(())
        }
        Command::Backup { file } => {
            let url = config.database()?;
            Store::open(&url, &StoreOptions { connections: 1, ..StoreOptions::default() })?.backup_into(&file)?;
            say(&format!("{}", file.display()));
            Ok(())
        }
        Command::Restore { file } => restore(&config.database()?, &file),
        Command::Doctor => doctor(&config),
        Command::Openapi => {
            say(&app::openapi().to_pretty_json().map_err(Error::broken)?);
            Ok(())
        }
    }
}

/// The house of a configuration: its store open, its keys read.
fn house(config: Config, url: &DatabaseUrl) -> Result<House> {
    let store = Store::open(url, &StoreOptions { connections: config.connections, ..StoreOptions::default() })?;
    let mut node = [0u8; 2];
    getrandom::fill(&mut node).map_err(|error| Error::broken(error.to_string()))?;
    let clock = Clock::system();
    let today = local_date(clock.now(), config.time_zone);
    let keys = KeyFile::open_or_create(&KeyFile::place(&config.data_dir), today)?.keys()?;
    Ok(House::new(store, clock, config, keys, u16::from_le_bytes(node)))
}

/// Serves until the process is asked to stop.
fn serve(house: &House) -> Result<()> {
    let workers = match house.config.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from).min(4),
        workers => workers,
    };
    let listen = house.config.listen.clone();
    let (served, jobs_house) = (house.clone(), house.clone());
    actix_web::rt::System::new().block_on(async move {
        let server = actix_web::HttpServer::new(move || app::app(&served))
            .workers(workers)
            .client_request_timeout(std::time::Duration::from_secs(5))
            .shutdown_timeout(10)
            .bind(&listen)
            .map_err(|error| Error::broken(format!("cannot listen on {listen}: {error}")))?;
        for address in server.addrs() {
            tracing::info!(%address, "serving");
        }
        actix_web::rt::spawn(crate::platform::jobs::run_forever(jobs_house, app::works()));
        server.run().await.map_err(Error::from)
    })
}

fn restore(url: &DatabaseUrl, file: &Path) -> Result<()> {
    let DatabaseUrl::Sqlite(place) = url else {
        return Err(Error::broken("restore is for the embedded store; PostgreSQL has tools of its own"));
    };
    if place.exists() {
        return Err(Error::broken(format!("{} exists; move it away first", place.display())));
    }
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Beside its place first, so that a half-copied file never bears the store's name.
    let half = place.with_extension("restoring");
    std::fs::copy(file, &half)?;
    let copied = DatabaseUrl::Sqlite(half.clone());
    let sound =
        Store::open(&copied, &StoreOptions { connections: 1, ..StoreOptions::default() }).and_then(|store| db::examine(&store, &copied));
    let trouble = match sound {
        Ok(findings) => findings.into_iter().find(|finding| !finding.sound && finding.about != "migrations").map(|finding| finding.words),
        Err(error) => Some(in_words(&error)),
    };
    if let Some(trouble) = trouble {
        std::fs::remove_file(&half)?;
        return Err(Error::broken(format!("{} is not a sound backup: {trouble}", file.display())));
    }
    for suffix in ["restoring-wal", "restoring-shm"] {
        let left = place.with_extension(suffix);
        if left.exists() {
            std::fs::remove_file(left)?;
        }
    }
    std::fs::File::open(&half)?.sync_all()?;
    std::fs::rename(&half, place)?;
    let applied = db::migrate(url)?.applied;
    say(&format!("{} restored{}", place.display(), if applied.is_empty() { "" } else { " and migrated" }));
    Ok(())
}

fn doctor(config: &Config) -> Result<()> {
    let url = config.database()?;
    let store = Store::open(&url, &StoreOptions { connections: 1, ..StoreOptions::default() })?;
    let findings = db::examine(&store, &url)?;
    let mut sound = true;
    for finding in findings {
        sound &= finding.sound;
        say(&format!("{} {}: {}", if finding.sound { "ok  " } else { "BAD " }, finding.about, finding.words));
    }
    if sound { Ok(()) } else { Err(Error::broken("something needs attention")) }
}

/// Prints a line on standard output. A closed pipe is the reader's business.
fn say(line: &str) {
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
fn tell(line: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error in words, in the language of the terminal.
fn in_words(error: &Error) -> String {
    let words = Words::of(terminal_lang());
    match error {
        Error::Refused(refusal) => refusal_in_words(words, refusal),
        Error::Busy | Error::Retry => words.refusal(&Refusal::new(crate::kernel::Code::Busy)),
        Error::Broken(source) => {
            let mut text = source.to_string();
            let mut next = source.source();
            while let Some(cause) = next {
                text.push_str(": ");
                text.push_str(&cause.to_string());
                next = cause.source();
            }
            text
        }
    }
}

fn refusal_in_words(words: Words, refusal: &Refusal) -> String {
    let mut text = words.refusal(refusal);
    for fault in &refusal.faults {
        text.push_str("\n  ");
        if let Some(line) = fault.line {
            text.push_str(&format!("{} {line}, ", words.say("line")));
        }
        text.push_str(&format!("{}: {}", fault.field, words.fault(fault)));
    }
    text
}

fn complain(error: &Error) {
    tell(&format!("hangtag: {}", in_words(error)));
}

fn terminal_lang() -> Lang {
    ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| Lang::of_tag(&std::env::var(name).ok()?)).unwrap_or(Lang::En)
}

fn log_to_stderr(format: LogFormat) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("HANGTAG_LOG").unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    if let Err(error) = set {
        tell(&format!("hangtag: logging: {error}"));
    }
}
