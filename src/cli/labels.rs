//! `labels lint | preview | make | print`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{open, say, tell, terminal_lang};
use crate::config::Config;
use crate::kernel::{Error, Result};
use crate::platform::words::Words;
use crate::production::labels::{Fonts, Format, Template, lint};
use crate::production::print_jobs::{self, LabelRequest, Made};

/// Who does it, in events.
const ACTOR: &str = "cli";

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
}

/// Runs one of them.
pub(super) fn run(config: Config, command: LabelsCommand) -> Result<()> {
    match command {
        LabelsCommand::Lint { names } => lint_all(&config, names),
        LabelsCommand::Preview { batch, template, out } => {
            let house = open(config)?;
            let request = LabelRequest { batch, template, claim_codes: true, ..LabelRequest::default() };
            hint_at_face(&request, house.config.default_lang);
            let (png, left_out) = print_jobs::preview(&house, &request)?;
            std::fs::write(&out, png)?;
            say_left_out(&left_out);
            say(&out.display().to_string());
            Ok(())
        }
        LabelsCommand::Make { batch, count, units, only_new, template, format, out, claim_codes, dpi } => {
            let format: Format = format.parse()?;
            let request = LabelRequest {
                batch,
                template,
                format: Some(format.name().to_owned()),
                count,
                units,
                only_new,
                claim_codes,
                dpi,
                ..LabelRequest::default()
            };
            let house = open(config)?;
            if format != Format::Csv {
                hint_at_face(&request, house.config.default_lang);
            }
            let bar = bar();
            let stamp = house.stamp(ACTOR);
            let made = print_jobs::make_at(&house, &stamp, &request, &out, &mut |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            })?;
            bar.finish_and_clear();
            tell_made(&made, &out);
            Ok(())
        }
    }
}

fn bar() -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} % {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Says so where the Latin template stands in for the Chinese one.
fn hint_at_face(request: &LabelRequest, lang: crate::kernel::text::Lang) {
    if request.template.is_none() && print_jobs::default_template(lang, Fonts::shared()).1 {
        tell(&Words::of(terminal_lang()).say("labels-no-face"));
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
    say(&words.say_with("labels-made-at", &pairs));
}

fn lint_all(config: &Config, names: Vec<String>) -> Result<()> {
    let folder = config.labels_dir.as_deref();
    let words = Words::of(terminal_lang());
    let names = if names.is_empty() { Template::names(folder) } else { names };
    let mut bad = 0;
    for name in names {
        let template = Template::load(&name, folder)?;
        let faults = lint(&template, Fonts::shared(), None);
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
