//! The command line: what an administrator, a planner or a script can do without a browser.

mod demo;
mod export;
mod import;
mod labels;
mod policy;
mod rights;
mod root_cause;
mod signals;
mod statement;
mod store;
mod tools;
mod user;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use indicatif::ProgressStyle;
use store::May;

use crate::aftersales::service_levels;
use crate::app;
use crate::kernel::text::Lang;
use crate::kernel::time::{Clock, local_date};
use crate::kernel::{Code, Error, Refusal, Result};
use crate::ownership::scans::{Counter, DeviceKey};
use crate::platform::config::{Config, LogFormat};
use crate::platform::db::{self, DatabaseUrl, Store, StoreOptions};
use crate::platform::keys::KeyFile;
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::batches;

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
    /// Make an embedded store with a believable season in it, and serve it.
    Demo {
        /// Print one line of JSON when it serves: url, database, cards, batches, accounts …
        #[arg(long)]
        json: bool,
        /// Folder for the store; a new one in the temporary folder when left out.
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Port to serve on; 0 lets the system pick one.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Garments made in all.
        #[arg(long, default_value_t = crate::demo::GARMENTS)]
        garments: u64,
        /// The same season without the dye lot that bleeds: nothing is to be found in it.
        #[arg(long)]
        no_fault: bool,
    },
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
    /// The secret keys.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// People who may sign in.
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Load tables from CSV or XLSX files: all of them are checked together, and nothing is written unless all are clean.
    Import(import::ImportArgs),
    /// Write every table that can be imported into files, to import them into another store.
    Export(export::ExportArgs),
    /// The values of policy: periods, tries, limits.
    Policy {
        #[command(subcommand)]
        command: policy::PolicyCommand,
    },
    /// Labels: check templates, look at one, make files, print.
    Labels {
        #[command(subcommand)]
        command: labels::LabelsCommand,
    },
    /// What the buyer of a garment is entitled to: every right, until when, who pays the way, under which rule.
    Rights(rights::RightsArgs),
    /// Root cause: which lot, line or supplier carries an excess of claims.
    RootCause {
        #[command(subcommand)]
        command: root_cause::RootCauseCommand,
    },
    /// Signals: which defects came to be more, and who is behind them, from what is stored.
    Signals(signals::SignalsArgs),
    /// Statements: what a party is charged with, made and worked out again.
    Statement {
        #[command(subcommand)]
        command: statement::StatementCommand,
    },
    /// GS1 Digital Links.
    Gs1 {
        #[command(subcommand)]
        command: Gs1Command,
    },
    /// Serials.
    Serial {
        #[command(subcommand)]
        command: SerialCommand,
    },
    /// Print the API's description (OpenAPI 3.1, JSON).
    Openapi,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Add a key: serial (the next epoch mints with it) or token.
    Rotate {
        /// serial or token.
        purpose: String,
    },
}

#[derive(Subcommand)]
enum Gs1Command {
    /// Read Digital Link URIs from standard input, one a line; write one JSON object a line.
    Parse,
}

#[derive(Subcommand)]
enum SerialCommand {
    /// Say what a serial names.
    Check {
        /// As it stands on the label; spaces, hyphens and case do not matter.
        serial: String,
    },
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
            let listener = listen(&config.listen)?;
            let app = opened(config, &url, May::Make)?;
            warn_of_differences(&url)?;
            invite_first(&app)?;
            serve(&app, listener, || {})
        }
        Command::Demo { json, dir, port, garments, no_fault } => demo::run(json, dir, port, garments, no_fault),
        Command::Migrate => store::migrate(&config),
        Command::Backup { file } => store::backup(&config, &file),
        Command::Restore { file } => store::restore(&config, &file),
        Command::Doctor => store::doctor(&config),
        Command::Keys { command: KeysCommand::Rotate { purpose } } => store::rotate(&config, &purpose),
        Command::Gs1 { command: Gs1Command::Parse } => tools::gs1_parse(),
        Command::Serial { command: SerialCommand::Check { serial } } => tools::serial_check(&open(config)?, &serial),
        Command::Import(args) if args.dry_run => import::run(&open(config)?, &args),
        Command::Import(args) => import::run(&open_or_begin(config)?, &args),
        Command::Export(args) => export::run(open(config)?, &args),
        Command::Labels { command } => labels::run(config, command),
        Command::Rights(args) => rights::run(&open(config)?, &args),
        Command::RootCause { command } => root_cause::run(command),
        Command::Signals(args) => signals::run(&open(config)?, &args),
        Command::Statement { command } => statement::run(config, command),
        Command::Policy { command } => policy::run(&open(config)?, command),
        Command::User { command: command @ user::UserCommand::Add { .. } } => user::run(&open_or_begin(config)?, command),
        Command::User { command } => user::run(&open(config)?, command),
        Command::Openapi => {
            say(&app::openapi().to_pretty_json().map_err(Error::broken)?);
            Ok(())
        }
    }
}

/// The house for a command that works on a store: nothing served, none made.
fn open(config: Config) -> Result<AppState> {
    let url = config.database()?;
    opened(config, &url, May::Open)
}

/// The house for a command that a deployment may begin with.
fn open_or_begin(config: Config) -> Result<AppState> {
    let url = config.database()?;
    opened(config, &url, May::Begin)
}

/// A store that lacks something serves what it can, but not silently.
fn warn_of_differences(url: &DatabaseUrl) -> Result<()> {
    match db::refuse_differences(url, &db::standing(url)?.differences) {
        Err(Error::Refused(refusal)) => {
            tracing::error!("{}", refusal_in_words(Words::of(terminal_lang()), &refusal));
            Ok(())
        }
        other => other,
    }
}

fn opened(config: Config, url: &DatabaseUrl, may: May) -> Result<AppState> {
    store::bring_up(url, may)?;
    let app = app(config, url)?;
    app.store.write_blocking(crate::app::seed)?;
    Ok(app)
}

/// The house of a configuration: its store open, its keys read.
fn app(config: Config, url: &DatabaseUrl) -> Result<AppState> {
    let store = Store::open(url, &StoreOptions { connections: config.connections, ..StoreOptions::default() })?;
    let mut node = [0u8; 2];
    getrandom::fill(&mut node).map_err(|error| Error::broken(error.to_string()))?;
    let clock = Clock::system();
    let today = local_date(clock.now(), config.time_zone);
    let place = KeyFile::place(&config.data_dir);
    if !place.exists() && !store.read_blocking(batches::epochs_in_use)?.is_empty() {
        // Fresh keys would disown every label there is.
        return Err(Error::broken(format!(
            "serials were minted with keys that are not at {}; put the copy of the key file there",
            place.display()
        )));
    }
    let keys = KeyFile::open_or_create(&place, today)?.keys()?;
    Ok(AppState::new(store, clock, config, keys, u16::from_le_bytes(node)))
}

/// Serves until the process is asked to stop. `listener` is bound already, so that a port in use is said before anything else is done;
/// `ready` is called once requests are answered.
fn serve(app: &AppState, listener: std::net::TcpListener, ready: impl FnOnce() + 'static) -> Result<()> {
    let workers = match app.config.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from).min(4),
        workers => workers,
    };
    let (served, jobs_house) = (app.clone(), app.clone());
    let devices = DeviceKey::derive(&app.keys.house)?;
    actix_web::rt::System::new().block_on(async move {
        let (counter, _counting) = Counter::start(jobs_house.store.clone(), jobs_house.clock.clone(), devices);
        let looks = counter.clone();
        let server = actix_web::HttpServer::new(move || app::app(&served, Some(looks.clone())))
            .workers(workers)
            .client_request_timeout(std::time::Duration::from_secs(5))
            .shutdown_timeout(10)
            .listen(listener)?;
        for address in server.addrs() {
            tracing::info!(%address, "serving");
        }
        actix_web::rt::spawn(crate::production::print_jobs::run_forever(jobs_house.clone()));
        actix_web::rt::spawn(service_levels::run_forever(jobs_house.clone()));
        actix_web::rt::spawn(crate::aftersales::surveys::run_forever(jobs_house.clone()));
        actix_web::rt::spawn(crate::platform::jobs::run_forever(jobs_house, app::works()));
        let running = server.run();
        ready();
        let outcome = running.await.map_err(Error::from);
        counter.stop().await;
        outcome
    })
}

/// Prints the one-time link that makes the first administrator, when there is nobody yet.
fn invite_first(app: &AppState) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Some(link) = runtime.block_on(crate::staff::accounts::first_link(app))? {
        tell(&format!("Nobody has an account yet. Make the first administrator within a day at\n  {link}"));
    }
    Ok(())
}

/// Takes the port before anything else is done.
fn listen(address: &str) -> Result<std::net::TcpListener> {
    std::net::TcpListener::bind(address).map_err(|error| Error::broken(format!("cannot listen on {address}: {error}")))
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
        Error::Busy | Error::Retry => words.refusal(&Refusal::new(Code::Busy)),
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
    // One thing that is wrong is one sentence.
    let one = refusal.code == Code::Invalid && refusal.faults.len() == 1;
    let mut text = if one { String::new() } else { words.refusal(refusal) };
    for fault in &refusal.faults {
        if !one {
            text.push_str("\n  ");
        }
        let line = fault.line.map(|line| format!("{} {line}", words.say("line")));
        text.push_str(&format!("{}{}", place([line, Some(fault.field.clone().into_owned())]), words.fault(fault)));
    }
    text
}

/// Where something is wrong, with a colon behind it; nothing where that is nowhere in particular.
fn place<const N: usize>(parts: [Option<String>; N]) -> String {
    let said = parts.into_iter().flatten().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { format!("{}: ", said.join(", ")) }
}

fn complain(error: &Error) {
    tell(&format!("hangtag: {}", in_words(error)));
}

fn terminal_lang() -> Lang {
    ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| Lang::of_tag(std::env::var_os(name)?.to_str()?)).unwrap_or(Lang::En)
}

/// How a bar of progress looks.
fn bar_style(template: &str) -> ProgressStyle {
    match ProgressStyle::with_template(template) {
        Ok(style) => style,
        Err(_) => ProgressStyle::default_bar(),
    }
}

fn log_to_stderr(format: LogFormat) {
    use tracing_subscriber::EnvFilter;
    // What is no directive it says itself, and leaves out.
    let filter = EnvFilter::new(std::env::var("HANGTAG_LOG").as_deref().map_or("info,actix_server=warn", |said| said));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    if let Err(error) = set {
        tell(&format!("hangtag: logging: {error}"));
    }
}
