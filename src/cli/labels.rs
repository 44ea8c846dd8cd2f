//! `labels lint | preview | make | print`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use indicatif::ProgressBar;

use super::{bar_style, open, say, tell, terminal_lang};
use crate::kernel::{Code, Error, Fault, Result, saturating};
use crate::platform::config::Config;
use crate::platform::disk::{Readers, WholeFile};
use crate::platform::state::AppState;
use crate::platform::words::Words;
use crate::production::labels::{Fonts, Format, Template, lint};
use crate::production::print_jobs::{self, LabelRequest, Made, PrintJobState};
use crate::production::printers::{self, Language, Printer};

/// Who does it, in events.
const ACTOR: &str = "cli";

/// How often a job that a server runs is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What can be done with labels.
#[derive(Subcommand)]
pub(super) enum LabelsCommand {
    /// Find what will not scan or will not print, in the named templates or in all.
    Lint {
        /// Names of templates.
        names: Vec<String>,
    },
    /// Draw one label of a batch.
    Preview {
        /// Code of the batch.
        #[arg(long)]
        batch: String,
        /// Name of the template; the hang-tag when left out.
        #[arg(long)]
        template: Option<String>,
        /// The PNG file to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make label files of a batch; serials are minted as needed.
    Make {
        /// Code of the batch.
        #[arg(long)]
        batch: String,
        /// How many labels; all units of the batch when left out.
        #[arg(long)]
        count: Option<i64>,
        /// Which units instead, counted from 1: 501-1000.
        #[arg(long, conflicts_with = "count")]
        units: Option<String>,
        /// Only units that never had a label.
        #[arg(long)]
        only_new: bool,
        /// Name of the template; the hang-tag when left out.
        #[arg(long)]
        template: Option<String>,
        /// pdf, zpl, tspl, png, svg or csv.
        #[arg(long)]
        format: String,
        /// The file to write; for several PNG or SVG labels the folder.
        #[arg(long)]
        out: PathBuf,
        /// Print claim codes, for the place under the scratch film.
        #[arg(long)]
        claim_codes: bool,
        /// Dots per inch; the template's own when left out.
        #[arg(long)]
        dpi: Option<u16>,
    },
    /// Print labels of units that never had one. Ends with a list of what nobody knows to be printed, and then fails.
    Print {
        /// Code of the batch.
        #[arg(long)]
        batch: String,
        /// Code of a printer, or HOST:PORT.
        #[arg(long)]
        printer: String,
        /// How many labels; all units without a label when left out.
        #[arg(long)]
        count: Option<i64>,
        /// Name of the template; the hang-tag when left out.
        #[arg(long)]
        template: Option<String>,
        /// Print claim codes, for the place under the scratch film.
        #[arg(long)]
        claim_codes: bool,
        /// What a printer named HOST:PORT understands: zpl or tspl.
        #[arg(long, default_value = "zpl")]
        language: String,
        /// Resolution of a printer named HOST:PORT.
        #[arg(long, default_value_t = 300)]
        dpi: i64,
        /// The printer named HOST:PORT answers no questions.
        #[arg(long)]
        silent: bool,
    },
}

/// Runs one of them.
pub(super) fn run(config: Config, command: LabelsCommand) -> Result<()> {
    match command {
        LabelsCommand::Lint { names } => lint_all(&config, names),
        LabelsCommand::Preview { batch, template, out } => {
            let app = open(config)?;
            let request = LabelRequest { batch, template, claim_codes: true, ..LabelRequest::default() };
            let (png, left_out) = print_jobs::preview(&app, &request)?;
            let mut whole = WholeFile::at(&out, Readers::Anybody)?;
            whole.file().write_all(&png)?;
            whole.arrive()?;
            say_left_out(&left_out);
            say(&out.display().to_string());
            Ok(())
        }
        LabelsCommand::Make { batch, count, units, only_new, template, format, out, claim_codes, dpi } => {
            let format = Format::read("format", &format)?;
            let request = LabelRequest {
                batch,
                template,
                format: Some(format.as_str().to_owned()),
                count,
                units,
                only_new,
                claim_codes,
                dpi,
                ..LabelRequest::default()
            };
            let app = open(config)?;
            hint_at_claim_codes(claim_codes);
            let bar = bar();
            let stamp = app.stamp(ACTOR);
            let made = print_jobs::make_at(&app, &stamp, &request, &out, &mut |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })?;
            bar.finish_and_clear();
            tell_made(&made, &out);
            Ok(())
        }
        LabelsCommand::Print { batch, printer, count, template, claim_codes, language, dpi, silent } => {
            let app = open(config)?;
            let language = Language::of(&language)
                .ok_or_else(|| Error::from(Fault::new("language", Code::NotOneOf).with("value", language).with("allowed", "zpl, tspl")))?;
            let printer = printer_code(&app, &printer, language, dpi, !silent)?;
            let request = LabelRequest { batch, printer: Some(printer), count, template, claim_codes, ..LabelRequest::default() };
            hint_at_claim_codes(claim_codes);
            print(&app, &request)
        }
    }
}

fn bar() -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    bar.set_style(bar_style("{bar:40} {percent:>3} % {pos}/{len} {per_sec} {eta}"));
    bar
}

/// To leave the claim codes out is a choice; nobody should make it unawares.
fn hint_at_claim_codes(claim_codes: bool) {
    if !claim_codes {
        tell(&Words::of(terminal_lang()).say("labels-no-claim-codes"));
    }
}

fn say_left_out(left_out: &[String]) {
    if !left_out.is_empty() {
        tell(&Words::of(terminal_lang()).say1("labels-left-out", "fields", left_out.join(", ")));
    }
}

fn tell_made(made: &Made, out: &Path) {
    say_left_out(&made.left_out);
    let words = Words::of(terminal_lang());
    let pairs = [
        ("labels", made.summary.labels.to_string()),
        ("bytes", made.summary.bytes.to_string()),
        ("template", made.template.clone()),
        ("out", out.display().to_string()),
    ];
    // Labels that went to the terminal or through a pipe are not mixed with what is said of them.
    let aside = if out.is_file() || out.is_dir() { say } else { tell };
    aside(&words.say_with("labels-made-at", &pairs));
}

fn lint_all(config: &Config, names: Vec<String>) -> Result<()> {
    let folder = config.labels_dir.as_deref();
    let words = Words::of(terminal_lang());
    let names = if names.is_empty() { Template::names(folder) } else { names };
    let fonts = Fonts::beside(folder);
    let mut bad = 0;
    for name in names {
        let template = Template::load(&name, folder)?;
        let faults = lint(&template, &fonts, None);
        if faults.is_empty() {
            say(&format!("ok   {name}"));
            continue;
        }
        bad += 1;
        say(&format!("BAD  {name}"));
        faults.iter().for_each(|fault| say(&format!("     {}: {}", fault.field, words.fault(fault))));
    }
    if bad == 0 { Ok(()) } else { Err(Error::broken(words.say1("labels-lint-bad", "count", bad))) }
}

/// The code of a printer; one named by its address is added if it is not known.
fn printer_code(app: &AppState, named: &str, language: Language, dpi: i64, confirms: bool) -> Result<String> {
    let Some((host, port)) = named.rsplit_once(':') else {
        let known: Vec<String> = app.store.read_blocking(printers::all)?.into_iter().map(|printer| printer.code).collect();
        if known.iter().any(|code| code == named) {
            return Ok(named.to_owned());
        }
        let allowed = known.into_iter().chain(["HOST:PORT".to_owned()]).collect::<Vec<_>>().join(", ");
        return Err(Fault::new("printer", Code::NotOneOf).with("value", named).with("allowed", allowed).into());
    };
    let port: i64 = port.parse().map_err(|_| Error::from(Fault::new("printer", Code::NotANumber).with("value", named)))?;
    let stamp = app.stamp(ACTOR);
    let wanted = Printer {
        code: named.replace([':', '[', ']'], "-").trim_matches('-').to_owned(),
        name: String::new(),
        host: host.to_owned(),
        port,
        language,
        dpi,
        confirms,
        ..Printer::default()
    };
    let printer = app.store.write_blocking(move |db| {
        let known = printers::all(db)?.into_iter().find(|one| {
            (one.host.as_str(), one.port, one.language, one.dpi, one.confirms) == (wanted.host.as_str(), port, language, dpi, confirms)
        });
        known.map_or_else(|| printers::create(db, &stamp, wanted.clone()), Ok)
    })?;
    Ok(printer.code)
}

/// Prints, shows how far it is, and lists what nobody knows to be printed.
fn print(app: &AppState, request: &LabelRequest) -> Result<()> {
    let words = Words::of(terminal_lang());
    let bar = bar();
    let id = print_jobs::queue_print(app, &app.stamp(ACTOR), request)?;
    let show = |all: i64, done: i64| {
        bar.set_length(saturating(all));
        bar.set_position(saturating(done));
    };
    match print_jobs::run_job(app, id, &mut |totals| show(totals.all, totals.confirmed + totals.sent)) {
        // A server on the same store was quicker to take it.
        Err(Error::Refused(refusal)) if refusal.code == Code::Stale => {}
        other => other?,
    }
    let job = loop {
        let job = app.store.read_blocking(move |db| print_jobs::job_view(db, id))?;
        show(job.labels, job.made);
        if !matches!(job.state, PrintJobState::Queued | PrintJobState::Running) {
            break job;
        }
        std::thread::sleep(LOOK);
    };
    bar.finish_and_clear();
    if !job.message.is_empty() {
        tell(&printers::reasons(words, &job.message));
    }
    let open = print_jobs::unaccounted(app, id)?;
    if job.state == PrintJobState::Paused {
        tell(&words.say1("labels-print-waits", "page", format!("{}/labels/jobs/{id}", app.config.public_url)));
    }
    open.iter().for_each(|one| say(&format!("{}\t{}", one.unit, one.serial)));
    let queued = job.labels - job.made - job.unaccounted;
    let pairs = [("confirmed", job.made.to_string()), ("unaccounted", job.unaccounted.to_string()), ("queued", queued.to_string())];
    let summary = format!("{id}: {}", words.say_with("labels-print-summary", &pairs));
    if open.is_empty() && queued == 0 {
        say(&summary);
        return Ok(());
    }
    Err(Error::broken(summary))
}
